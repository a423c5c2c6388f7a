"""sin, cos and tan: the argument less a multiple of pi/2 (in three parts), two polynomials, and the quadrant.

What they do with the same argument is written alike, so that LLVM does it once.
"""

from __future__ import annotations

import math
from functools import cache

from .exponentials import quotient
from .pieces import ROUND, Pair, fast_two_sum, fitted, integer_below, mended, negative
from .text import Writer

__all__ = ["TRIG_LIMIT", "sincos", "tan"]

# pi/2 in three parts, the first two of 36 bits: their products with a quadrant number are exact.
_PIO2 = (1.5707963267923333, 2.5633441515839558e-12, 1.0562999066987428e-23)
TRIG_LIMIT = 1.0e5  # from which the C library is asked, which knows next to multiples of pi/2 fewer digits


@cache
def _tails() -> tuple[list[float], list[float]]:
    """sin(r)/r - 1 over z and cos(r) - 1 + z/2 over z^2, as polynomials in z = r^2 up to (pi/4)^2, to 2^-57."""
    most = 0.6169  # a little more than (pi/4)^2
    sine = fitted(lambda z: (z.sqrt().sin() / z.sqrt() - 1) / z, 0.0, most, 5)
    return sine, fitted(lambda z: (z.sqrt().cos() - 1 + z / 2) / z**2, 0.0, most, 5)


def _quadrant(w: Writer, x: str) -> tuple[str, str, Pair, Pair]:
    """Whether |x| is below the limit; the number of quarter turns; sine and cosine of the rest, as pairs."""
    fine = w.compare("olt", w.intrinsic("fabs", x), w.const(TRIG_LIMIT))
    x = w.select(fine, x, w.const(0.0))
    shifted = w.fma(x, w.const(2 / math.pi), w.const(ROUND))
    minus = w.exact("mul", w.exact("sub", shifted, w.const(ROUND)), w.const(-1.0))
    first = w.fma(minus, w.const(_PIO2[0]), x)  # exact
    r = w.fma(minus, w.const(_PIO2[1]), first)
    low = w.fma(minus, w.const(_PIO2[2]), w.fma(minus, w.const(_PIO2[1]), w.exact("sub", first, r)))
    z = w.mul(r, r)
    sine_tail = w.horner(z, _tails()[0])
    sine = r, w.fma(w.mul(r, z), sine_tail, low)
    cosine_tail = w.horner(z, _tails()[1])
    half = w.mul(z, w.const(0.5))
    one_minus = w.exact("sub", w.const(1.0), half)
    lost = w.fma(w.mul(r, w.const(-1.0)), low, w.exact("sub", w.exact("sub", w.const(1.0), one_minus), half))
    cosine = one_minus, w.fma(w.mul(z, z), cosine_tail, lost)
    return fine, integer_below(w, shifted), sine, cosine


def sincos(w: Writer, x: str, quarter: int, libm: str) -> str:
    """sin(x + quarter pi/2). Arguments past the limit, and no numbers, go to the C library lane by lane."""
    v = w.vector
    fine, turns, sine, cosine = _quadrant(w, x)
    q = w.int_op("add", turns, w.int_const(quarter))
    odd = w.let(f"trunc {v.integer} {q} to {v.mask}")
    value = w.select(odd, w.exact("add", *cosine), w.exact("add", *sine))
    sign = w.int_op("shl", w.int_op("and", q, w.int_const(2)), w.int_const(62))
    out = w.from_bits(w.int_op("xor", w.bits_of(value), sign))
    if not quarter:
        out = w.select(w.compare("oeq", x, w.const(0.0)), x, out)
    return mended(w, fine, out, libm, [x])


def tan(w: Writer, x: str) -> str:
    """sin/cos, or -cos/sin after an odd number of quarter turns."""
    v = w.vector
    fine, turns, sine, cosine = _quadrant(w, x)
    odd = w.let(f"trunc {v.integer} {turns} to {v.mask}")
    sine, cosine = fast_two_sum(w, *sine), fast_two_sum(w, *cosine)
    above = w.select(odd, negative(w, cosine[0]), sine[0]), w.select(odd, negative(w, cosine[1]), sine[1])
    below = w.select(odd, sine[0], cosine[0]), w.select(odd, sine[1], cosine[1])
    out = quotient(w, above, below)
    tiny = w.compare("olt", w.intrinsic("fabs", x), w.const(2.0**-28))
    return mended(w, fine, w.select(tiny, x, out), "tan", [x])
