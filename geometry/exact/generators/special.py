"""Gamma and its relatives, the zeta functions, polylogarithms and Lambert's W.

Shifts of the argument by an integer are reduced by recurrence to the generator met first:
``loggamma(x + n) = loggamma(x) + sum log(x + k)``, and the derivatives of this for ``polygamma``. Gauss's
multiplication formula (for 2 and 3) and the reflection formula are used where the others of their functions are known.
"""

from __future__ import annotations

from math import factorial
from typing import Any

import sympy as sp

from ..elements import Element
from ..errors import UnsupportedFunction
from ..field import DifferentialField
from ..functions import zeta_derivative
from ..positivity import proven_real, proven_sign
from ..rules import converts
from ..sampling import Samples, numbers
from .arithmetic import number_element
from .base import Generator
from .exponential import Exponential, exponential
from .logarithm import Logarithm, logarithm
from .opaque import opaque_application
from .roots import factors, single_generator
from .trigonometric import cosine_and_sine

_LONGEST_SHIFT = 64


class Polygamma(Generator):
    """``polygamma(order, argument)``; order -1 is ``loggamma``."""

    def __init__(self, order: int, argument: Element):
        self.order, self.argument = order, argument

    def expression(self) -> sp.Expr:
        z = self.argument.as_expr()
        return sp.loggamma(z) if self.order < 0 else sp.polygamma(self.order, z)

    def derivative(self, field: DifferentialField, symbol: sp.Symbol) -> Element:
        rate = self.argument.diff(symbol)
        return rate * polygamma(field, self.order + 1, self.argument) if rate else field.zero

    def sign(self, field: DifferentialField) -> int | None:
        """Of even order from 2 on, for positive arguments; of odd order, for real ones."""
        if self.order % 2 and self.order > 0:
            return 1 if proven_real(self.argument) else None
        return -1 if self.order > 0 and proven_sign(self.argument) == 1 else None

    def is_real(self, field: DifferentialField) -> bool:
        return proven_sign(self.argument) == 1 or self.order >= 0 and proven_real(self.argument)

    def value(self, samples: Samples, point: int) -> Any:
        z = samples.value(self.argument, point)
        if z is None or abs(z) > 1e6:
            return None
        return numbers.loggamma(z) if self.order < 0 else numbers.polygamma(self.order, z)

    def power_base(self, coefficient: Element, as_given: bool) -> tuple[sp.Expr, Element] | None:
        """Γ(z), for whole powers."""
        if self.order != -1 or not coefficient.is_rational or not coefficient.rational().is_integer:
            return None
        return sp.gamma(self.argument.as_expr()), self.argument.field.generator_element(self.number)


def polygamma(field: DifferentialField, order: int, z: Element) -> Element:
    """``polygamma(order, z)``, for order -1 ``loggamma(z)``."""
    known = _known_polygamma(field, order, z)
    if known is None:
        known = _by_reflection(field, order, z)
    if known is None:
        known = _by_multiplication(field, order, z)
    if known is not None:
        return known
    if z.is_rational:  # a number: its fractional part in (0, 1] is the base
        base_point = z.rational() - sp.ceiling(z.rational()) + 1
        if abs(z.rational() - base_point) <= _LONGEST_SHIFT and base_point != z.rational():
            base_element = field(base_point)
            return polygamma(field, order, base_element) + _shift(
                field, order, base_element, int(z.rational() - base_point)
            )
    return field.open(Polygamma(order, z))


def _known_polygamma(field: DifferentialField, order: int, z: Element) -> Element | None:
    """At a special point, or by a shift from a known generator."""
    special = _special_value(field, order, z)
    if special is not None:
        return special
    for generator in field.generators:
        if isinstance(generator, Polygamma) and generator.order == order:
            shift = _whole(z - generator.argument)
            if shift is not None:
                return field.generator_element(generator.number) + _shift(field, order, generator.argument, shift)
    return None


def _whole(difference: Element) -> int | None:
    """The element as an integer, where it is one that is not too large."""
    if difference.is_rational and difference.rational().is_integer and abs(difference.rational()) <= _LONGEST_SHIFT:
        return int(difference.rational())
    return None


def _by_reflection(field: DifferentialField, order: int, z: Element) -> Element | None:
    """psi_n(1 - w) = (-1)^n (psi_n(w) + pi d^n cot(pi w)/dw^n), if the function is known at w = 1 - z (DLMF 5.15.6)."""
    w = 1 - z
    if z.is_rational and z.rational() in (1, sp.S.Half) or _known_polygamma(field, order, w) is None:
        return None
    if order < 0:  # log(pi/sin(pi z)) - loggamma(1 - z), for 0 < z < 1
        if proven_sign(z) != 1 or proven_sign(w) != 1:
            return None
        _, sine = cosine_and_sine(field, field(sp.pi) * z)
        return logarithm(field, field(sp.pi) / sine) - polygamma(field, order, w)
    t = sp.Dummy()
    slope = sp.expand_trig(sp.diff(sp.cot(t), t, order)).xreplace({sp.cot(t): sp.cos(t) / sp.sin(t)})
    cosine, sine = cosine_and_sine(field, field(sp.pi) * w)
    names = {sp.cos(t): sp.Dummy(), sp.sin(t): sp.Dummy()}
    rational = sp.together(slope.xreplace(names))
    value = _substituted(rational, {names[sp.cos(t)]: cosine, names[sp.sin(t)]: sine}, field)
    return (-1) ** order * (polygamma(field, order, w) + field(sp.pi) ** (order + 1) * value)


def _substituted(rational: sp.Expr, values: dict[sp.Symbol, Element], field: DifferentialField) -> Element:
    """A rational function at elements."""
    parts = []
    for polynomial in sp.fraction(rational):
        total = field.zero
        for monomial, coefficient in sp.Poly(polynomial, *values).terms():
            term = field(coefficient)
            for value, exponent in zip(values.values(), monomial):
                term = term * value**exponent
            total = total + term
        parts.append(total)
    return parts[0] / parts[1]


def _by_multiplication(field: DifferentialField, order: int, z: Element) -> Element | None:
    """psi_n(m w) = m^(-n-1) sum_k psi_n(w + k/m), and log m for n = 0 (DLMF 5.15.7), with all but one known."""
    for m in (2, 3):
        parts = [_known_polygamma(field, order, (z + k) / m) for k in range(m)]
        if None not in parts and _in_range(order, z):
            return _sum_of_parts(field, order, z, m, parts)
        whole = _known_polygamma(field, order, m * z)
        parts = [_known_polygamma(field, order, z + sp.Rational(k, m)) for k in range(1, m)]
        if whole is not None and None not in parts and _in_range(order, z):
            rest = _sum_of_parts(field, order, m * z, m, [field.zero, *parts])
            return (whole - rest) * m ** max(order + 1, 0)
    return None


def _in_range(order: int, z: Element) -> bool:
    """Whether the formula holds with principal logarithms."""
    return order >= 0 or proven_sign(z) == 1


def _sum_of_parts(field: DifferentialField, order: int, z: Element, m: int, parts: list[Any]) -> Element:
    total = field.zero
    for part in parts:
        total = total + part
    if order > 0:
        return total / m ** (order + 1)
    if order == 0:
        return total / m + field(sp.log(m))
    pi = field(sp.pi)
    return total + (z - sp.S.Half) * field(sp.log(m)) - (m - 1) * logarithm(field, 2 * pi) / 2


def _shift(field: DifferentialField, order: int, z: Element, n: int) -> Element:
    """``polygamma(order, z + n) - polygamma(order, z)``."""
    if n < 0:
        return -_shift(field, order, z + n, -n)
    total = field.zero
    for k in range(n):
        if order < 0:
            total = total + logarithm(field, z + k)
        else:
            total = total + (-1) ** order * factorial(order) / (z + k) ** (order + 1)
    return total


def _special_value(field: DifferentialField, order: int, z: Element) -> Element | None:
    """At 1 and 1/2: loggamma 0 and log(pi)/2; digamma -gamma and -gamma - 2 log 2; else zeta values."""
    if not z.is_rational or z.rational() not in (1, sp.S.Half):
        return None
    half = z.rational() != 1
    if order < 0:
        return logarithm(field, field(sp.pi)) / 2 if half else field.zero
    if order == 0:
        return -field(sp.EulerGamma) - (2 * field(sp.log(2)) if half else 0)
    scale = (-1) ** (order + 1) * factorial(order) * (2 ** (order + 1) - 1 if half else 1)
    return scale * field(sp.zeta(order + 1))


@converts(sp.loggamma)
def _loggamma(field: DifferentialField, expression: sp.Expr) -> Element:
    return polygamma(field, -1, field(expression.args[0]))


@converts(sp.polygamma)
def _polygamma(field: DifferentialField, expression: sp.Expr) -> Element:
    order = expression.args[0]
    if not (order.is_Integer and order >= 0):
        raise UnsupportedFunction(f"polygamma of order {order}: the order must be an integer, 0 or more")
    return polygamma(field, int(order), field(expression.args[1]))


@converts(sp.digamma, sp.trigamma)
def _digamma(field: DifferentialField, expression: sp.Expr) -> Element:
    return polygamma(field, 1 if isinstance(expression, sp.trigamma) else 0, field(expression.args[0]))


def gamma(field: DifferentialField, z: Element) -> Element:
    """Gamma(z) = exp(loggamma(z)), or pi/(sin(pi z) Gamma(1 - z)) where that is known."""
    if _known_polygamma(field, -1, z) is None and _known_polygamma(field, -1, 1 - z) is not None:
        _, sine = cosine_and_sine(field, field(sp.pi) * z)
        return field(sp.pi) / (sine * gamma(field, 1 - z))
    return exponential(field, polygamma(field, -1, z))


@converts(sp.gamma)
def _gamma(field: DifferentialField, expression: sp.Expr) -> Element:
    return gamma(field, field(expression.args[0]))


@converts(sp.factorial)
def _factorial(field: DifferentialField, expression: sp.Expr) -> Element:
    return gamma(field, field(expression.args[0]) + 1)


@converts(sp.binomial)
def _binomial(field: DifferentialField, expression: sp.Expr) -> Element:
    n, k = (field(a) for a in expression.args)
    return gamma(field, n + 1) / (gamma(field, k + 1) * gamma(field, n - k + 1))


@converts(sp.beta)
def _beta(field: DifferentialField, expression: sp.Expr) -> Element:
    a, b = (field(e) for e in (expression.args if len(expression.args) == 2 else expression.args * 2))
    return gamma(field, a) * gamma(field, b) / gamma(field, a + b)


@converts(sp.harmonic)
def _harmonic(field: DifferentialField, expression: sp.Expr) -> Element:
    if len(expression.args) != 1 and expression.args[1] != 1:
        return opaque_application(field, expression)
    return polygamma(field, 0, field(expression.args[0]) + 1) + field(sp.EulerGamma)


@converts(sp.zeta)
def _zeta(field: DifferentialField, expression: sp.Expr) -> Element:
    """Hurwitz zeta of integer order is a polygamma: zeta(m+1, a) = (-1)^(m+1) polygamma(m, a)/m!."""
    s = expression.args[0]
    if len(expression.args) == 1 or expression.args[1] == 1:
        return number_element(field, expression) if s.is_number else riemann_zeta(field, 0, field(s))
    if s.is_Integer and s >= 2:
        m = int(s) - 1
        return (-1) ** (m + 1) * polygamma(field, m, field(expression.args[1])) / factorial(m)
    return opaque_application(field, expression)


# -- Riemann's zeta function --------------------------------------------------------------------


class RiemannZeta(Generator):
    """``zeta`` and its derivatives by the argument, of the given order; no algebraic relation between them is known."""

    def __init__(self, order: int, argument: Element):
        self.order, self.argument = order, argument

    def expression(self) -> sp.Expr:
        return zeta_derivative(self.order, self.argument.as_expr())

    def derivative(self, field: DifferentialField, symbol: sp.Symbol) -> Element:
        rate = self.argument.diff(symbol)
        return rate * riemann_zeta(field, self.order + 1, self.argument) if rate else field.zero

    def is_real(self, field: DifferentialField) -> bool:
        return proven_real(self.argument)

    def value(self, samples: Samples, point: int) -> Any:
        s = samples.value(self.argument, point)
        return None if s is None or s == 1 or abs(s) > 100 else numbers.zeta(s, 1, self.order)


def riemann_zeta(field: DifferentialField, order: int, s: Element) -> Element:
    """The derivative of zeta of an order at ``s``."""
    for generator in field.generators:
        if isinstance(generator, RiemannZeta) and generator.order == order and generator.argument == s:
            return field.generator_element(generator.number)
    return field.open(RiemannZeta(order, s))


@converts(zeta_derivative)
def _zeta_derivative(field: DifferentialField, expression: sp.Expr) -> Element:
    return riemann_zeta(field, int(expression.args[0]), field(expression.args[1]))


# -- polylogarithm ------------------------------------------------------------------------------


class Polylogarithm(Generator):
    """``polylog(order, argument)``, with z d/dz lowering the order."""

    def __init__(self, order: Element, argument: Element):
        self.order, self.argument = order, argument

    def expression(self) -> sp.Expr:
        return sp.polylog(self.order.as_expr(), self.argument.as_expr())

    def derivative(self, field: DifferentialField, symbol: sp.Symbol) -> Element:
        if self.order.diff(symbol):
            raise UnsupportedFunction(f"the derivative of {self.expression()} by its order has no closed form")
        rate = self.argument.diff(symbol)
        return rate / self.argument * polylogarithm(field, self.order - 1, self.argument) if rate else field.zero

    def value(self, samples: Samples, point: int) -> Any:
        s, z = samples.value(self.order, point), samples.value(self.argument, point)
        return None if s is None or z is None or abs(z) > 100 or abs(s) > 50 else numbers.polylog(s, z)


def polylogarithm(field: DifferentialField, order: Element, z: Element) -> Element:
    """``polylog(order, z)``; elementary for the orders 1, 0, -1, ..."""
    if order.is_rational and order.rational().is_integer and order.rational() <= 1:
        n = int(order.rational())
        if n == 1:
            return -logarithm(field, 1 - z)
        if n >= -_LONGEST_SHIFT:
            return _negative_polylogarithm(field, -n, z)
    for generator in field.generators:
        if isinstance(generator, Polylogarithm) and generator.order == order and generator.argument == z:
            return field.generator_element(generator.number)
    known = _dilogarithm(field, order, z)
    return field.open(Polylogarithm(order, z)) if known is None else known


def _dilogarithm(field: DifferentialField, order: Element, z: Element) -> Element | None:
    """Li_2 by its value at 1 - z, z/(z - 1) or 1/z, where that is known and all logarithms are real (DLMF
    25.12.3-6).
    """
    if not order.is_rational or order.rational() != 2 or z in (0, 1):
        return None
    sixth = field(sp.pi) ** 2 / 6
    for generator in field.generators:
        if not isinstance(generator, Polylogarithm) or generator.order != order:
            continue
        known = field.generator_element(generator.number)
        if generator.argument == 1 - z and proven_sign(z) == 1 and proven_sign(1 - z) == 1:
            return sixth - logarithm(field, z) * logarithm(field, 1 - z) - known
        if generator.argument == z / (z - 1) and proven_sign(1 - z) == 1:
            return -(logarithm(field, 1 - z) ** 2) / 2 - known
        if generator.argument == 1 / z and proven_sign(z) == -1:
            return -sixth - logarithm(field, -z) ** 2 / 2 - known
    return None


def _negative_polylogarithm(field: DifferentialField, n: int, z: Element) -> Element:
    """polylog(-n, z) = sum_k k! S(n+1, k+1) (z/(1-z))^(k+1) (-1)^(n+k), S of the second kind."""
    u = 1 / (1 - z)
    total = field.zero
    for k in range(n + 1):
        stirling = int(sp.functions.combinatorial.numbers.stirling(n + 1, k + 1))
        total = total + (-1) ** (n + k) * factorial(k) * stirling * u ** (k + 1)
    return total - (1 if n == 0 else 0)


@converts(sp.polylog)
def _polylog(field: DifferentialField, expression: sp.Expr) -> Element:
    return polylogarithm(field, field(expression.args[0]), field(expression.args[1]))


# -- Lambert's W --------------------------------------------------------------------------------


class LambertW(Generator):
    """The solution W of ``W exp(W) = argument`` on the principal branch."""

    def __init__(self, argument: Element, field: DifferentialField):
        self.argument, self.field = argument, field

    def expression(self) -> sp.Expr:
        return sp.LambertW(self.argument.as_expr())

    def derivative(self, field: DifferentialField, symbol: sp.Symbol) -> Element:
        w = field.generator_element(self.number)
        return self.argument.diff(symbol) / self.argument * w / (1 + w)

    def sign(self, field: DifferentialField) -> int | None:
        return 1 if proven_sign(self.argument) == 1 else None

    def is_real(self, field: DifferentialField) -> bool:
        return self.sign(field) == 1

    def value(self, samples: Samples, point: int) -> Any:
        z = samples.value(self.argument, point)
        return None if z is None else numbers.lambertw(z)

    @property
    def exponential(self) -> Element:
        return self.argument / self.field.generator_element(self.number)

    @property
    def logarithm(self) -> Element:
        """log W = log z - W, for z > 0."""
        return logarithm(self.field, self.argument) - self.field.generator_element(self.number)


@converts(sp.LambertW)
def _lambert(field: DifferentialField, expression: sp.Expr) -> Element:
    if len(expression.args) > 1 and expression.args[1] != 0:
        raise UnsupportedFunction(f"{expression}: only the principal branch of LambertW is supported")
    z = field(expression.args[0])
    for generator in field.generators:
        if isinstance(generator, LambertW) and generator.argument == z:
            return field.generator_element(generator.number)
    for w in _logarithms_of_parts(field, z):
        if z == w * exponential(field, w) and proven_sign(1 + w) == 1:
            return w
    return field.open(LambertW(z, field))


def _logarithms_of_parts(field: DifferentialField, z: Element) -> list[Element]:
    """The candidates w for z = w exp(w): the logarithms in it, and that of its exponential factor."""
    z = field.lift(z)
    exponent, found = field.zero, []
    for factor, power in factors(field, z):
        number = single_generator(factor)
        generator = None if number is None else field.generators[number]
        if isinstance(generator, Exponential):
            exponent = exponent + power * generator.exponent
    for number in z.stage.generators_in(z.num):
        if isinstance(field.generators[number], Logarithm):
            found.append(field.generator_element(number))
    return [w for w in (exponent, *found) if w]
