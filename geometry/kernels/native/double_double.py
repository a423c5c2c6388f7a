"""Double-double arithmetic on vectors: a value is an unevaluated sum of two machine numbers.

About 32 digits, at some twenty machine operations an operation; for the cells whose bound in plain
arithmetic misses the tolerance. The algorithms and their error bounds (in units of u^2, u = 2^-53) are those
of Joldes, Muller and Popescu, "Tight and rigorous error bounds for basic building blocks of double-word
arithmetic", ACM TOMS 44 (2017): sum 3, product 5, quotient 15, and 25/8 for the root (Lefevre, Louvet, Muller,
Picot, Rideau 2023). `bounds` allows 32 for each.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from flint import arb, ctx

from ..constants import CONSTANTS
from ..program import nearest
from .pieces import ROUND, Pair, clamped, integer_below, two_to
from .text import Writer

__all__ = ["DoubleDouble", "LN2", "Pair", "SUPPORTED", "exact_constant", "exactly", "in_parts", "split"]

#: What can be computed this way, besides the functions of `double_functions`.
SUPPORTED = frozenset(
    {
        "number",
        "constant",
        "input",
        "row",
        "add",
        "mul",
        "product",
        "power",
        "div",
        "reciprocal",
        "sqrt",
        "exp",
        "exp_product",
        "abs",
        "select",
        "mean",
        "lt",
        "le",
        "eq",
        "ne",
        "and",
        "or",
        "not",
    }
)

_HALVINGS = 5  # of the argument of the exponential series: |r| < 0.011
_TERMS = 13  # of the series: r^13 / 14! < 2^-120
_PAIRED_TERMS = 7  # of these as pairs; the others, r^7 / 8! < 2^-61 of the sum, as plain numbers


def split(value: Fraction) -> tuple[float, float]:
    """The two machine numbers nearest to a rational number, one after the other.

    >>> split(Fraction(1, 3))
    (0.3333333333333333, 1.850371707708594e-17)
    """
    high = nearest(value)
    if math.isinf(high):
        return high, 0.0
    rest = value - Fraction(high)
    return high, rest.numerator / rest.denominator


class DoubleDouble:
    """Emits operations on pairs."""

    def __init__(self, writer: Writer) -> None:
        self.w = writer

    def number(self, value: Fraction) -> Pair:
        high, low = split(value)
        return self.w.const(high), self.w.const(low)

    def two_sum(self, a: str, b: str) -> Pair:
        w = self.w
        s = w.exact("add", a, b)
        b_part = w.exact("sub", s, a)
        lost_a = w.exact("sub", a, w.exact("sub", s, b_part))
        return s, w.exact("add", lost_a, w.exact("sub", b, b_part))

    def fast_two_sum(self, a: str, b: str) -> Pair:
        w = self.w
        s = w.exact("add", a, b)
        return s, w.exact("sub", b, w.exact("sub", s, a))

    def add(self, x: Pair, y: Pair) -> Pair:
        w = self.w
        s, lost = self.two_sum(x[0], y[0])
        t, rest = self.two_sum(x[1], y[1])
        s, lost = self.fast_two_sum(s, w.exact("add", lost, t))
        return self.fast_two_sum(s, w.exact("add", lost, rest))

    def accumulate(self, total: Pair, x: Pair) -> Pair:
        """total + x without normalising: over n terms the low parts lose n^2 u^2 of the sum of moduli; see `normal`."""
        high, lost = self.two_sum(total[0], x[0])
        return high, self.w.exact("add", total[1], self.w.exact("add", lost, x[1]))

    def scaled(self, x: Pair, factor: str) -> Pair:
        """x times a machine number, not normalised: the product, and what it lost."""
        w = self.w
        p = w.exact("mul", x[0], factor)
        return p, w.fma(x[1], factor, w.fma(x[0], factor, w.let(f"fneg {w.vector.type} {p}")))

    def normal(self, x: Pair) -> Pair:
        return self.two_sum(*x)

    def negative(self, x: Pair) -> Pair:
        w = self.w
        return tuple(w.let(f"fneg {w.vector.type} {part}") for part in x)  # type: ignore[return-value]

    def mul(self, x: Pair, y: Pair) -> Pair:
        w = self.w
        p = w.exact("mul", x[0], y[0])
        lost = w.fma(x[0], y[0], w.let(f"fneg {w.vector.type} {p}"))
        cross = w.fma(x[0], y[1], w.exact("mul", x[1], y[0]))
        return self.fast_two_sum(p, w.exact("add", lost, cross))

    def div(self, x: Pair, y: Pair) -> Pair:
        w = self.w
        q = w.exact("div", x[0], y[0])
        minus_q = w.let(f"fneg {w.vector.type} {q}")
        # x - q y: the leading part without rounding, the rest to first order
        rest = w.fma(minus_q, y[0], x[0])
        rest = w.exact("add", rest, w.fma(minus_q, y[1], x[1]))
        # the correction to first order: q / x is 1 / y, where x is 1
        return self.fast_two_sum(
            q, w.exact("mul", rest, q) if x == self.number(Fraction(1)) else w.exact("div", rest, y[0])
        )

    def sqrt(self, x: Pair) -> Pair:
        w = self.w
        root = w.intrinsic("sqrt", x[0])
        rest = w.exact("add", w.fma(w.let(f"fneg {w.vector.type} {root}"), root, x[0]), x[1])
        positive = w.compare("ogt", root, w.const(0.0))
        correction = w.select(positive, w.exact("div", rest, w.exact("add", root, root)), w.const(0.0))
        return self.fast_two_sum(root, correction)

    def power(self, x: Pair, n: int) -> Pair:
        out: Pair | None = None
        square, k = x, n
        while k:
            if k & 1:
                out = square if out is None else self.mul(out, square)
            k >>= 1
            if k:
                square = self.mul(square, square)
        assert out is not None
        return out

    def abs(self, x: Pair) -> Pair:
        return self.select(self.w.compare("olt", x[0], self.w.const(0.0)), self.negative(x), x)

    def select(self, mask: str, x: Pair, y: Pair) -> Pair:
        return self.w.select(mask, x[0], y[0]), self.w.select(mask, x[1], y[1])

    def exp(self, x: Pair) -> Pair:
        p, _, whole = self.reduced_exp(x)
        return self.raised(self.add(p, self.number(Fraction(1))), whole)

    def reduced_exp(self, x: Pair) -> tuple[Pair, str, str]:
        """expm1 of r = x - n ln 2, and n: in the low bits of a number, and as an integer.

        By (1 + p)^2 - 1 = 2 p + p^2, five times, from the series of p = expm1(r / 32).
        """
        w = self.w
        high = clamped(w, x[0], -760.0, 720.0)
        low = w.select(w.compare("oeq", high, x[0]), x[1], w.const(0.0))
        shifted = w.fma(high, w.const(1 / math.log(2)), w.const(ROUND))
        n = w.exact("sub", shifted, w.const(ROUND))
        r = (high, low)
        for part in LN2:
            # n has 11 bits and each part but the last 40: the products are exact
            r = self.add(r, (w.exact("mul", n, w.const(-part)), w.const(0.0)))
        scale = 2.0**-_HALVINGS
        r = (w.exact("mul", r[0], w.const(scale)), w.exact("mul", r[1], w.const(scale)))
        plain = w.horner(r[0], [1 / math.factorial(k) for k in range(_PAIRED_TERMS + 1, _TERMS + 1)])
        series = (plain, w.const(0.0))
        for k in range(_PAIRED_TERMS, 0, -1):
            series = self.add(self.mul(series, r), self.number(Fraction(1, math.factorial(k))))
        p = self.mul(series, r)
        for _ in range(_HALVINGS):
            p = self.add((w.exact("add", p[0], p[0]), w.exact("add", p[1], p[1])), self.mul(p, p))
        return p, shifted, integer_below(w, shifted)

    def raised(self, x: Pair, whole: str) -> Pair:
        """x 2^whole, in two halves."""
        w = self.w
        half = w.int_op("ashr", whole, w.int_const(1))
        first, second = two_to(w, half), two_to(w, w.int_op("sub", whole, half))
        return tuple(w.exact("mul", w.exact("mul", part, first), second) for part in x)  # type: ignore[return-value]


def exact_constant(name: str) -> Fraction:
    """An irrational constant of programs to 250 bits."""
    return exactly(CONSTANTS[name].arb)


def exactly(value: Callable[[], arb]) -> Fraction:
    """A number to 250 bits."""
    old = ctx.prec
    ctx.prec = 260
    try:
        mantissa, exponent = value().mid().man_exp()
    finally:
        ctx.prec = old
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def in_parts(value: Callable[[], arb], bits: int, count: int) -> tuple[float, ...]:
    """A number as a sum of so many machine numbers, all but the last of so many bits."""
    rest, parts = exactly(value), []
    for _ in range(count - 1):
        unit = Fraction(2) ** (math.frexp(nearest(rest))[1] - bits)
        parts.append(nearest(rest // unit * unit))
        rest -= Fraction(parts[-1])
    return (*parts, nearest(rest))


LN2 = in_parts(arb.const_log2, 40, 4)
