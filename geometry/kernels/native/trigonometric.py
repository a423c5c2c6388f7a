"""sin and cos: the argument less a multiple of pi/2 (in three parts), Taylor series, and the quadrant."""

from __future__ import annotations

import math

from .pieces import ROUND, integer_below, scalar_calls
from .text import Writer

__all__ = ["sincos"]

# pi/2 in three parts, the first two of 36 bits: their products with a quadrant number are exact.
_PIO2 = (1.5707963267923333, 2.5633441515839558e-12, 1.0562999066987428e-23)
_TRIG_LIMIT = 1.0e5


def sincos(w: Writer, x: str, quarter: int, libm: str) -> str:
    """sin(x + quarter pi/2). Arguments past the limit, and no numbers, go to the C library lane by lane."""
    v = w.vector
    wild = w.compare("uge", w.intrinsic("fabs", x), w.const(_TRIG_LIMIT))
    if v.lanes > 1:
        reduce = f"@llvm.vector.reduce.or.v{v.lanes}i1"
        w.declared.add(f"declare i1 {reduce}({v.mask})")
        any_wild = w.let(f"call i1 {reduce}({v.mask} {wild})")
    else:
        any_wild = wild
    w.line(f"  br i1 {any_wild}, label %slow, label %fast")
    w.label("slow")
    slow = scalar_calls(w, libm, [x])
    w.line(f"  ret {v.type} {slow}")
    w.label("fast")
    shifted = w.fma(x, w.const(2 / math.pi), w.const(ROUND))
    n = w.exact("sub", shifted, w.const(ROUND))
    minus = w.exact("mul", n, w.const(-1.0))
    first = w.fma(minus, w.const(_PIO2[0]), x)  # exact
    r = w.fma(minus, w.const(_PIO2[1]), first)
    low = w.fma(minus, w.const(_PIO2[2]), w.fma(minus, w.const(_PIO2[1]), w.exact("sub", first, r)))
    z = w.mul(r, r)
    sine_tail = w.horner(z, [(-1) ** k / math.factorial(2 * k + 1) for k in range(1, 10)])
    sine = w.exact("add", r, w.fma(w.mul(r, z), sine_tail, low))
    cosine_tail = w.horner(z, [(-1) ** k / math.factorial(2 * k) for k in range(2, 11)])
    half = w.mul(z, w.const(0.5))
    one_minus = w.exact("sub", w.const(1.0), half)
    lost = w.fma(w.mul(r, w.const(-1.0)), low, w.exact("sub", w.exact("sub", w.const(1.0), one_minus), half))
    cosine = w.exact("add", one_minus, w.fma(w.mul(z, z), cosine_tail, lost))
    q = w.int_op("add", integer_below(w, shifted), w.int_const(quarter))
    odd = w.let(f"trunc {v.integer} {q} to {v.mask}")
    value = w.select(odd, cosine, sine)
    sign = w.int_op("shl", w.int_op("and", q, w.int_const(2)), w.int_const(62))
    out = w.from_bits(w.int_op("xor", w.bits_of(value), sign))
    return out if quarter else w.select(w.compare("oeq", x, w.const(0.0)), x, out)
