"""What the elementary functions are made of: sums without loss, powers of two, scalar calls.

A *pair* (high, low) is an unevaluated sum of two machine numbers. The functions carry one to their last
operation, so that this is where the only rounding of note happens.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from flint import arb, arb_mat, ctx

from .text import Writer

__all__ = [
    "Pair",
    "LN2_HI",
    "LN2_LO",
    "ROUND",
    "clamped",
    "two_to",
    "integer_below",
    "bits",
    "two_sum",
    "fast_two_sum",
    "negative",
    "minus_abs",
    "add_pairs",
    "fitted",
    "fma_lost",
    "mended",
    "quotient_pair",
    "scalar_calls",
]

Pair = tuple[str, str]

LN2_HI, LN2_LO = 6.93147180369123816490e-01, 1.90821492927058770002e-10  # ln 2, the first part in 33 bits
ROUND = 1.5 * 2.0**52  # adding it leaves the nearest integer in the low bits


def bits(x: float) -> int:
    return struct.unpack("<q", struct.pack("<d", x))[0]


def clamped(w: Writer, x: str, low: float, high: float) -> str:
    """Into [low, high]; NaN passes, because every comparison with it is false."""
    x = w.select(w.compare("ogt", x, w.const(high)), w.const(high), x)
    return w.select(w.compare("olt", x, w.const(low)), w.const(low), x)


def two_to(w: Writer, n: str) -> str:
    """2^n from the integer n in [-1022, 1023]."""
    biased = w.int_op("add", n, w.int_const(1023))
    return w.from_bits(w.int_op("shl", biased, w.int_const(52)))


def integer_below(w: Writer, shifted: str) -> str:
    """The integer in the low bits of a number that `ROUND` was added to."""
    return w.int_op("sub", w.bits_of(shifted), w.int_const(bits(ROUND)))


def negative(w: Writer, x: str) -> str:
    return w.let(f"fneg {w.vector.type} {x}")


def minus_abs(w: Writer, x: str) -> str:
    return negative(w, w.intrinsic("fabs", x))


def two_sum(w: Writer, a: str, b: str) -> Pair:
    """a + b and what rounding lost of it."""
    s = w.exact("add", a, b)
    part = w.exact("sub", s, a)
    return s, w.exact("add", w.exact("sub", a, w.exact("sub", s, part)), w.exact("sub", b, part))


def fast_two_sum(w: Writer, a: str, b: str) -> Pair:
    """The same where |a| >= |b| or a = 0."""
    s = w.exact("add", a, b)
    return s, w.exact("sub", b, w.exact("sub", s, a))


def add_pairs(w: Writer, a: Pair, b: Pair) -> Pair:
    """Of pairs of any signs, to about 2^-104 of the moduli."""
    high, lost = two_sum(w, a[0], b[0])
    return fast_two_sum(w, high, w.exact("add", lost, w.exact("add", a[1], b[1])))


def fma_lost(w: Writer, a: str, b: str) -> Pair:
    """a b and what rounding lost of it."""
    p = w.exact("mul", a, b)
    return p, w.fma(a, b, negative(w, p))


def quotient_pair(w: Writer, above: Pair, below: Pair) -> Pair:
    """above/below, and the residual above - q below, divided."""
    inverse = w.div(w.const(1.0), below[0])
    q = w.exact("mul", above[0], inverse)
    minus = negative(w, q)
    rest = w.exact("add", w.fma(minus, below[0], above[0]), w.fma(minus, below[1], above[1]))
    return q, w.mul(rest, inverse)


def fitted(function: Callable[[arb], arb], low: float, high: float, degree: int) -> list[float]:
    """The coefficients of the polynomial that is equal to a function at the Chebyshev points of [low, high].

    For a function that is analytic beyond the interval this is within a few units of the best polynomial.

    >>> fitted(lambda x: 2 + x * x, 0.0, 1.0, 2)
    [2.0, 0.0, 1.0]
    """
    before, ctx.prec = ctx.prec, 400
    try:
        n = degree + 1
        angles = [arb(2 * k + 1) / (2 * n) for k in range(n)]
        middle, half = (arb(low) + arb(high)) / 2, (arb(high) - arb(low)) / 2
        nodes = [middle + half * (arb.pi() * angle).cos() for angle in angles]
        powers = arb_mat(n, n, [node**k for node in nodes for k in range(n)])
        found = powers.solve(arb_mat(n, 1, [function(node) for node in nodes]))
        return [float(found[k, 0].mid()) if abs(found[k, 0]) > 1e-60 else 0.0 for k in range(n)]
    finally:
        ctx.prec = before


def mended(w: Writer, fine: str, value: str, function: str, args: list[str]) -> str:
    """The value where `fine` holds; elsewhere that of a C function, lane by lane, which is called only if it is needed.

    It stands in the first block of a routine, and what follows it in another.
    """
    v = w.vector
    w.line(f"  br i1 {w.all(fine)}, label %mended, label %slow")
    w.label("slow")
    chosen = w.select(fine, value, scalar_calls(w, function, args))
    w.line("  br label %mended")
    w.label("mended")
    return w.let(f"phi {v.type} [ {value}, %entry ], [ {chosen}, %slow ]")


def scalar_calls(w: Writer, function: str, args: list[str]) -> str:
    """One call of a C function a lane."""
    v = w.vector
    w.declared.add(f"declare double @{function}({', '.join(['double'] * len(args))})")
    if v.lanes == 1:
        return w.let(f"call double @{function}({', '.join(f'double {a}' for a in args)})")
    out = "poison"
    for lane in range(v.lanes):
        scalars = [w.let(f"extractelement {v.type} {a}, i32 {lane}") for a in args]
        value = w.let(f"call double @{function}({', '.join(f'double {s}' for s in scalars)})")
        out = w.let(f"insertelement {v.type} {out}, double {value}, i32 {lane}")
    return out
