"""What the elementary functions are made of: sums without loss, powers of two, scalar calls.

A *pair* (high, low) is an unevaluated sum of two machine numbers. The functions carry one to their last
operation, so that this is where the only rounding of note happens.
"""

from __future__ import annotations

import struct

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
