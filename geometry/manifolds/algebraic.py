"""Algebraic numbers that vanish: proven by a bound on how small one that does not can be.

Let E be a polynomial with integer coefficients in roots of numbers, cosines and sines of rational multiples of π. If
m E is an algebraic integer of degree at most D whose conjugates are at most m H, then E = 0 or
|E| ≥ 1/(m^D H^(D-1)), since the product of the conjugates of m E, an integer, is at least 1 (Liouville). A ball that is
narrower than that and contains zero is zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, lcm, log2, prod

import sympy as sp

__all__ = ["Algebraic", "algebraic", "bits_to_separate"]

_MOST_BITS = 1 << 16


@dataclass(frozen=True)
class Algebraic:
    """What is known of an algebraic number α without computing it.

    Attributes:
        size: an upper bound, at least 1, of the moduli of its conjugates, as a logarithm of base 2.
        divisor: m, for which m α is an algebraic integer.
        roots: what it is built from: each root by its expression, with its degree.
        order: of the roots of unity that it is built from.
    """

    size: float = 0.0
    divisor: int = 1
    roots: frozenset[tuple[sp.Expr, int]] = frozenset()
    order: int = 1

    def __add__(self, other: Algebraic) -> Algebraic:
        return self._with(other, max(self.size, other.size) + 1, lcm(self.divisor, other.divisor))

    def __mul__(self, other: Algebraic) -> Algebraic:
        return self._with(other, self.size + other.size, self.divisor * other.divisor)

    def __pow__(self, n: int) -> Algebraic:
        return Algebraic(n * self.size, self.divisor**n, self.roots, self.order)

    def _with(self, other: Algebraic, size: float, divisor: int) -> Algebraic:
        return Algebraic(size, divisor, self.roots | other.roots, lcm(self.order, other.order))

    @property
    def degree(self) -> int:
        return prod(degree for _, degree in self.roots) * int(sp.totient(self.order))


def algebraic(number: sp.Expr) -> Algebraic | None:
    """The bounds of a number; None where it is not seen to be algebraic.

    >>> algebraic(sp.cbrt(7 + 5 * sp.sqrt(2))).degree, algebraic(sp.cos(sp.pi / 7)).degree, algebraic(sp.pi)
    (6, 6, None)
    """
    if isinstance(number, sp.Rational):
        above, below = abs(int(number.p)), int(number.q)
        return Algebraic(max(0.0, log2(above) - log2(below)) if above else 0.0, below)
    if number is sp.I:
        return Algebraic(order=4)
    if isinstance(number, (sp.Add, sp.Mul)):
        parts = [part for a in number.args if (part := algebraic(a)) is not None]
        return _joined(parts, isinstance(number, sp.Add)) if len(parts) == len(number.args) else None
    if isinstance(number, sp.Pow) and isinstance(number.exp, sp.Rational) and number.exp > 0:
        base, (n, k) = algebraic(number.base), (int(number.exp.p), int(number.exp.q))
        if base is None:
            return None
        # m^k α is an algebraic integer, and so is its k-th root, m times that of α
        own = base.roots | ({(sp.Pow(number.base, sp.Rational(1, k)), k)} if k > 1 else frozenset())
        return Algebraic(base.size / k, base.divisor, own, base.order) ** n
    if isinstance(number, (sp.cos, sp.sin)) and isinstance(turn := number.args[0] / (2 * sp.pi), sp.Rational):
        return Algebraic(0.0, 2, order=int(turn.q) if isinstance(number, sp.cos) else lcm(4, int(turn.q)))
    return None


def _joined(parts: Iterable[Algebraic], add: bool) -> Algebraic:
    first, *rest = parts
    for part in rest:
        first = first + part if add else first * part
    return first


def bits_to_separate(number: Algebraic) -> int | None:
    """n for which the number is 0 or larger than 2^-n; None where n would be too large to work with."""
    bits = number.degree * (log2(number.divisor) + number.size) + 2
    return ceil(bits) if bits < _MOST_BITS else None
