"""What AVX-512 has instructions for: scaling by a power of two, and estimates.

1/sqrt(x) is from the processor's estimate of 14 bits, refined twice by Newton's method. A square root and a division
of eight numbers take some 35 cycles there, the estimate and two refinements less than ten; the result is within one
unit in the last place. Elsewhere, and in float32, the plain instructions are used.
(The same for 1/x gains nothing in a sum over rows: the divider works while the multipliers do.)
"""

from __future__ import annotations

import math

from .machine import has_avx512
from .pieces import negative
from .text import Writer

__all__ = ["reciprocal_root", "fits", "scaled"]


def fits(w: Writer) -> bool:
    """Whether the instructions exist for these vectors."""
    return w.vector.bits == 64 and w.vector.lanes == 8 and has_avx512()


def scaled(w: Writer, x: str, n: str) -> str:
    """x 2^n for a whole number n, rounded once."""
    t, name = w.vector.type, "@llvm.x86.avx512.mask.scalef.pd.512"
    w.declared.add(f"declare {t} {name}({t}, {t}, {t}, i8, i32)")
    return w.let(f"call {t} {name}({t} {x}, {t} {n}, {t} zeroinitializer, i8 -1, i32 4)")


def _estimate(w: Writer, x: str) -> str:
    t = w.vector.type
    w.declared.add(f"declare {t} @llvm.x86.avx512.rsqrt14.pd.512({t}, {t}, i8)")
    return w.let(f"call {t} @llvm.x86.avx512.rsqrt14.pd.512({t} {x}, {t} zeroinitializer, i8 -1)")


def reciprocal_root(w: Writer, x: str) -> str:
    """1/sqrt(x) for every x; y (1 + e/2 + 3 e^2/8) with e = 1 - x y^2."""
    first = y = _estimate(w, x)
    for last in (False, True):
        e = w.fma(negative(w, w.mul(x, y)), y, w.const(1.0))
        factor = w.const(0.5) if last else w.fma(e, w.const(0.375), w.const(0.5))
        y = w.fma(w.mul(y, e), factor, y)
    for special in (0.0, math.inf):
        y = w.select(w.compare("oeq", x, w.const(special)), first, y)
    return y
