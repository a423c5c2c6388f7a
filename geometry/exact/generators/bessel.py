"""Bessel functions: all orders nu + n are combinations of a pair of neighbours.

The pair (B_nu, B_{nu+1}) generates the field: the recurrence gives the other orders and the
derivatives stay in it.  With signs (a, b) for I: (1, 1), J and Y: (-1, 1) below, K: (-1, -1),

    B_nu'     = a B_{nu+1} + (nu/z) B_nu
    B_{nu+1}' = c B_nu - ((nu+1)/z) B_{nu+1}
    B_{nu+2}  = (B_nu c - (2(nu+1)/z) B_{nu+1}) / a

(NIST Digital Library of Mathematical Functions, 10.6 and 10.29.)  The Wronskians
I_nu K_{nu+1} + I_{nu+1} K_nu = 1/z and J_{nu+1} Y_nu - J_nu Y_{nu+1} = 2/(pi z) relate the pairs of one
argument. The pair of the orders -1/2 and 1/2 is elementary, and K is even in its order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from ..elements import Element
from ..errors import InputError, UnsupportedFunction
from ..field import DifferentialField
from ..positivity import proven_real, proven_sign
from ..rules import converts
from ..sampling import Samples, numbers
from .base import Generator
from .exponential import exponential
from .roots import root
from .trigonometric import cosine_and_sine

# B' = a B_{nu+1} + (nu/z) B_nu,  B_{nu+1}' = c B_nu - ((nu+1)/z) B_{nu+1}
_SIGNS: dict[type, tuple[int, int]] = {
    sp.besseli: (1, 1),
    sp.besselk: (-1, -1),
    sp.besselj: (-1, 1),
    sp.bessely: (-1, 1),
}
_PARTNERS = {sp.besseli: sp.besselk, sp.besselk: sp.besseli, sp.besselj: sp.bessely, sp.bessely: sp.besselj}
_VALUES: dict[type, Callable[..., Any]] = {
    sp.besseli: numbers.besseli,
    sp.besselk: numbers.besselk,
    sp.besselj: numbers.besselj,
    sp.bessely: numbers.bessely,
}
_LONGEST_SHIFT = 64


class Bessel(Generator):
    """One member, ``offset`` 0 or 1, of the pair of a function, base order and argument."""

    def __init__(self, pair: BesselPair, offset: int):
        self.pair, self.offset = pair, offset

    def expression(self) -> sp.Expr:
        return self.pair.function((self.pair.order + self.offset).as_expr(), self.pair.argument.as_expr())

    def sign(self, field: DifferentialField) -> int | None:
        """I of an order from 0 on and K of any real order are positive for positive arguments."""
        if proven_sign(self.pair.argument) != 1 or self.pair.function not in (sp.besseli, sp.besselk):
            return None
        order = self.pair.order + self.offset
        if self.pair.function is sp.besselk:
            return 1 if proven_real(order) else None
        return 1 if order.is_zero or proven_sign(order) == 1 else None

    def is_real(self, field: DifferentialField) -> bool:
        order, argument = self.pair.order, self.pair.argument
        entire = self.pair.function in (sp.besseli, sp.besselj) and order.is_rational and order.rational().is_integer
        return proven_real(argument) if entire else proven_sign(argument) == 1 and proven_real(order)

    def derivative(self, field: DifferentialField, symbol: sp.Symbol) -> Element:
        pair = self.pair
        if pair.order.diff(symbol):
            raise UnsupportedFunction(f"the derivative of {self.expression()} by its order has no closed form")
        rate = pair.argument.diff(symbol)
        if rate.is_zero:
            return field.zero
        up, down = _SIGNS[pair.function]
        if self.offset == 0:
            return rate * (up * pair.member(field, 1) + pair.order / pair.argument * pair.member(field, 0))
        return rate * (down * pair.member(field, 0) - (pair.order + 1) / pair.argument * pair.member(field, 1))

    def value(self, samples: Samples, point: int) -> Any:
        order, z = samples.value(self.pair.order + self.offset, point), samples.value(self.pair.argument, point)
        if order is None or z is None or abs(z) > 1e4:
            return None
        return _VALUES[self.pair.function](order, z)


class BesselPair:
    """The two neighbours that all orders are reduced to."""

    def __init__(self, field: DifferentialField, function: type, order: Element, argument: Element):
        self.function, self.order, self.argument = function, order, argument
        self.members: list[Callable[[], Element]] = []
        if order.is_rational and order.rational() == -sp.S.Half:
            self.members = [lambda n=n: _elementary(field, function, n, argument) for n in (-1, 1)]  # type: ignore[misc]
            return
        partner = self._partner(field)
        for offset in (0, 1):
            if offset == 1 and partner is not None:
                self.members.append(lambda: self._from_wronskian(field, partner))
            else:
                number = field.open(Bessel(self, offset)).field.generators[-1].number
                self.members.append(lambda number=number: field.generator_element(number))  # type: ignore[misc]

    def member(self, field: DifferentialField, offset: int) -> Element:
        """B_{order + offset}, by the recurrence."""
        if offset in (0, 1):
            return self.members[offset]()
        up, down = _SIGNS[self.function]
        lower, upper = self.member(field, 0), self.member(field, 1)
        order = self.order
        if offset > 1:
            for _ in range(offset - 1):
                lower, upper = upper, up * (down * lower - 2 * (order + 1) / self.argument * upper)
                order = order + 1
            return upper
        for _ in range(-offset):
            # B_{nu-1} from B_nu' written both ways
            lower, upper = down * (up * upper + 2 * order / self.argument * lower), lower
            order = order - 1
        return lower

    def _partner(self, field: DifferentialField) -> BesselPair | None:
        for pair in field.families.get(Bessel, []):  # type: ignore[attr-defined]
            if (
                pair.function is _PARTNERS[self.function]
                and pair.argument == self.argument
                and pair.order == self.order
            ):
                return pair
        return None

    def _from_wronskian(self, field: DifferentialField, partner: BesselPair) -> Element:
        own, first, second = self.members[0](), partner.member(field, 0), partner.member(field, 1)
        if self.function in (sp.besseli, sp.besselk):
            return (1 / self.argument - own * second) / first
        constant = 2 / (field(sp.pi) * self.argument)
        if self.function is sp.besselj:
            return (constant + own * second) / first
        return (own * second - constant) / first


def _elementary(field: DifferentialField, function: type, twice: int, z: Element) -> Element:
    """The function of order 1/2 or -1/2 (DLMF 10.16.1 and 10.39.1-2); ``twice`` is 1 or -1."""
    if function is sp.besselk:
        return root(field, field(sp.pi) / 2, 2) / root(field, z, 2) * exponential(field, -z)
    scale = root(field, 2 / field(sp.pi), 2) / root(field, z, 2)
    if function is sp.besseli:
        e = exponential(field, z)
        return scale * (e - twice / e) / 2
    c, s = cosine_and_sine(field, z)
    if function is sp.besselj:
        return scale * (s if twice == 1 else c)
    return scale * (-c if twice == 1 else s)


@converts(*_SIGNS)
def _bessel(field: DifferentialField, expression: sp.Expr) -> Element:
    function = expression.func
    order, argument = (field(a) for a in expression.args)
    if argument.is_zero:
        raise InputError(f"{expression} is not defined at zero")
    if function is sp.besselk and _is_reflected(order):
        order = -order
    pairs: list[BesselPair] = field.families.setdefault(Bessel, [])  # type: ignore[assignment]
    for pair in pairs:
        if pair.function is function and pair.argument == argument:
            offset = order - pair.order
            if offset.is_rational and offset.rational().is_integer and abs(offset.rational()) <= _LONGEST_SHIFT:
                return pair.member(field, int(offset.rational()))
    base = order
    if order.is_rational and abs(order.rational()) <= _LONGEST_SHIFT:
        base = order - int(sp.floor(order.rational()))
        base = base - 1 if base == sp.S.Half else base
    pair = BesselPair(field, function, base, argument)
    pairs.append(pair)
    return pair.member(field, int((order - base).rational()))


def _is_reflected(order: Element) -> bool:
    """Whether -order is the better one of the two: one that leads with a positive sign, or has a small
    fractional part.
    """
    if order.is_rational:
        return order.rational() - sp.floor(order.rational()) > sp.S.Half
    return int(order.num.leading_coefficient()) < 0
