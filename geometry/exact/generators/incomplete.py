"""Incomplete gamma functions, exponential integrals and Airy functions, by the recurrences that relate them.

    gamma(s + 1, z) = s gamma(s, z) - z^s e^-z,
    Gamma(s + 1, z) = s Gamma(s, z) + z^s e^-z,
    gamma + Gamma = Gamma(s),
    n E_{n+1}(z) = e^-z - z E_n(z),    Ei(-z) = -E_1(z) for z > 0,    Ai Bi' - Ai' Bi = 1/pi

(DLMF 8.8.1, 8.8.2, 8.2.3, 8.19.12, 6.5.2, 9.2.7).  Orders that differ by integers are reduced to the one met first,
integers to 1 (to 0 and below for Gamma).
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..elements import Element
from ..errors import UnsupportedFunction
from ..field import DifferentialField
from ..positivity import proven_real, proven_sign
from ..rules import converts
from ..sampling import Samples, numbers
from .base import Generator
from .exponential import exponential
from .logarithm import logarithm
from .opaque import Opaque, opaque_application
from .special import gamma

_LONGEST_SHIFT = 64


class IncompleteGamma(Generator):
    """``lowergamma(order, argument)`` (side -1) or ``uppergamma(order, argument)`` (side 1)."""

    def __init__(self, side: int, order: Element, argument: Element):
        self.side, self.order, self.argument = side, order, argument

    def expression(self) -> sp.Expr:
        function = sp.uppergamma if self.side > 0 else sp.lowergamma
        return function(self.order.as_expr(), self.argument.as_expr())

    def derivative(self, field: DifferentialField, symbol: sp.Symbol) -> Element:
        if self.order.diff(symbol):
            raise UnsupportedFunction(f"the derivative of {self.expression()} by its order has no closed form")
        rate = self.argument.diff(symbol)
        return -self.side * rate / self.argument * _weight(field, self.order, self.argument) if rate else field.zero

    def value(self, samples: Samples, point: int) -> Any:
        s, z = samples.value(self.order, point), samples.value(self.argument, point)
        if s is None or z is None or abs(z) > 1e4 or abs(s) > 1e4:
            return None
        return numbers.gammainc(s, z) if self.side > 0 else numbers.gammainc(s, 0, z)

    def sign(self, field: DifferentialField) -> int | None:
        positive = proven_sign(self.argument) == 1 and (self.side > 0 or proven_sign(self.order) == 1)
        return 1 if positive and proven_real(self.order) else None

    def is_real(self, field: DifferentialField) -> bool:
        return self.sign(field) == 1


def _weight(field: DifferentialField, s: Element, z: Element) -> Element:
    """z^s e^-z."""
    return exponential(field, s * logarithm(field, z) - z)


def incomplete_gamma(field: DifferentialField, side: int, s: Element, z: Element) -> Element:
    """The lower or upper function, by the first of its orders modulo 1, or by the other side where that is known."""
    if s == 1:
        return exponential(field, -z) if side > 0 else 1 - exponential(field, -z)
    base = None
    if s.is_rational:
        fraction = s.rational() - sp.ceiling(s.rational()) + 1  # in (0, 1]
        base = field(fraction if fraction != 1 or s.rational() > 0 else 0)
    for generator in field.generators:
        if isinstance(generator, IncompleteGamma) and generator.argument == z and base is None:
            difference = s - generator.order
            if difference.is_rational and difference.rational().is_integer:
                base = generator.order
    base = s if base is None else base
    shift = int((s - base).rational())
    if abs(shift) > _LONGEST_SHIFT:
        base, shift = s, 0
    value, order = _at_base(field, side, base, z), base
    for _ in range(abs(shift)):
        if shift > 0:
            value, order = order * value + side * _weight(field, order, z), order + 1
        else:
            order = order - 1
            value = (value - side * _weight(field, order, z)) / order
    return value


def _at_base(field: DifferentialField, side: int, s: Element, z: Element) -> Element:
    if s == 1:
        return exponential(field, -z) if side > 0 else 1 - exponential(field, -z)
    if s.is_zero and side > 0 and proven_sign(z) == 1:
        return exponential_integral(field, 1, z)
    for generator in field.generators:
        if isinstance(generator, IncompleteGamma) and generator.argument == z and generator.order == s:
            known = field.generator_element(generator.number)
            return known if generator.side == side else gamma(field, s) - known
    return field.open(IncompleteGamma(side, s, z))


@converts(sp.lowergamma, sp.uppergamma)
def _incomplete(field: DifferentialField, expression: sp.Function) -> Element:
    s, z = (field(a) for a in expression.args)
    if z.is_zero:
        return gamma(field, s) if isinstance(expression, sp.uppergamma) else field.zero
    return incomplete_gamma(field, 1 if isinstance(expression, sp.uppergamma) else -1, s, z)


def exponential_integral(field: DifferentialField, n: int, z: Element) -> Element:
    """E_n(z) of an integer order n."""
    if n <= 0:
        value = exponential(field, -z) / z  # E_0
        for k in range(-n):  # E_{-k-1} = (e^-z + (k + 1) E_{-k})/z
            value = (exponential(field, -z) + (k + 1) * value) / z
        return value
    value = opaque_application(field, sp.expint(1, z.as_expr(), evaluate=False))
    for k in range(1, n):
        value = (exponential(field, -z) - z * value) / k
    return value


@converts(sp.expint)
def _expint(field: DifferentialField, expression: sp.expint) -> Element:
    order, z = expression.args
    if order.is_Integer and abs(order) <= _LONGEST_SHIFT:
        return exponential_integral(field, int(order), field(z))
    s, argument = field(order), field(z)
    return exponential(field, (s - 1) * logarithm(field, argument)) * incomplete_gamma(field, 1, 1 - s, argument)


@converts(sp.Ei)
def _ei(field: DifferentialField, expression: sp.Ei) -> Element:
    z = field(expression.args[0])
    return -exponential_integral(field, 1, -z) if proven_sign(z) == -1 else opaque_application(field, expression)


@converts(sp.li)
def _li(field: DifferentialField, expression: sp.li) -> Element:
    return field(sp.Ei(sp.log(expression.args[0])))


_AIRY = (sp.airyai, sp.airyaiprime, sp.airybi, sp.airybiprime)


@converts(*_AIRY)
def _airy(field: DifferentialField, expression: sp.Function) -> Element:
    """A generator, or the last of the four by the Wronskian."""
    z = field(expression.args[0])
    known = {
        g.function: field.generator_element(g.number)
        for g in field.generators
        if isinstance(g, Opaque) and g.function in _AIRY and g.arguments == (z,)
    }
    if expression.func in known or len(known) < 3:
        return opaque_application(field, expression)
    wronskian = 1 / field(sp.pi)  # Ai Bi′ − Ai′ Bi
    if expression.func in (sp.airyai, sp.airybiprime):
        factor = known[sp.airybiprime if expression.func == sp.airyai else sp.airyai]
        return (wronskian + known[sp.airyaiprime] * known[sp.airybi]) / factor
    factor = known[sp.airybi if expression.func == sp.airyaiprime else sp.airyaiprime]
    return (known[sp.airyai] * known[sp.airybiprime] - wronskian) / factor
