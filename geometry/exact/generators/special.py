"""Gamma and its relatives, the zeta functions, polylogarithms and Lambert's W.

Shifts of the argument by an integer are reduced by recurrence to the generator met first:
``loggamma(x + n) = loggamma(x) + sum log(x + k)``, and the derivatives of this for ``polygamma``.
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
from .exponential import exponential
from .logarithm import logarithm
from .opaque import opaque_application

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


def polygamma(field: DifferentialField, order: int, z: Element) -> Element:
    """``polygamma(order, z)``, for order -1 ``loggamma(z)``."""
    special = _special_value(field, order, z)
    if special is not None:
        return special
    for generator in field.generators:
        if not isinstance(generator, Polygamma) or generator.order != order:
            continue
        difference = z - generator.argument
        if difference.is_rational and difference.rational().is_integer and abs(difference.rational()) <= _LONGEST_SHIFT:
            base = field.generator_element(generator.number)
            return base + _shift(field, order, generator.argument, int(difference.rational()))
    if z.is_rational:  # a number: its fractional part in (0, 1] is the base
        base_point = z.rational() - sp.ceiling(z.rational()) + 1
        if abs(z.rational() - base_point) <= _LONGEST_SHIFT and base_point != z.rational():
            base_element = field(base_point)
            return polygamma(field, order, base_element) + _shift(
                field, order, base_element, int(z.rational() - base_point)
            )
    return field.open(Polygamma(order, z))


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
    """Gamma(z) = exp(loggamma(z))."""
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
    return field.open(Polylogarithm(order, z))


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


@converts(sp.LambertW)
def _lambert(field: DifferentialField, expression: sp.Expr) -> Element:
    if len(expression.args) > 1 and expression.args[1] != 0:
        raise UnsupportedFunction(f"{expression}: only the principal branch of LambertW is supported")
    z = field(expression.args[0])
    for generator in field.generators:
        if isinstance(generator, LambertW) and generator.argument == z:
            return field.generator_element(generator.number)
    return field.open(LambertW(z, field))
