"""sinh and cosh from the same two series; asinh, acosh and atanh from one logarithm."""

from __future__ import annotations

import math

from .exponentials import reduced
from .logarithms import log_sum
from .pieces import Pair, fast_two_sum, fma_lost, integer_below, minus_abs, negative, quotient_pair, two_sum, two_to
from .text import Writer

__all__ = ["acosh", "asinh", "atanh", "cosh", "sinh"]

_END = 710.6  # past the range: here n is 1025, and the results overflow
_FAR = 2.0**30  # where x^2 + 1 is x^2


def _halves(w: Writer, x: str) -> tuple[str, Pair, Pair, str, Pair]:
    """|x| = n ln 2 + r; p = (2^n + 2^-n)/4 and q = (2^n - 2^-n)/4 as pairs; cosh(r) - 1; sinh(r) as r and the rest.

    cosh(x) = 2 (p cosh(r) + q sinh(r)) and sinh(x) = 2 (q cosh(r) + p sinh(r)) take no division, and leave the range
    where they should.
    """
    v, a = w.vector, w.intrinsic("fabs", x)
    shifted, r, lost = reduced(w, w.select(w.compare("ogt", a, w.const(_END)), w.const(_END), a))
    n = integer_below(w, shifted)
    smax = f"@llvm.smax.{v.suffix.replace('f', 'i')}"
    w.declared.add(f"declare {v.integer} {smax}({v.integer}, {v.integer})")
    below = w.int_op("sub", w.int_const(-2), n)
    below = w.let(f"call {v.integer} {smax}({v.integer} {below}, {v.integer} {w.int_const(-1000)})")
    up, down = two_to(w, w.int_op("sub", n, w.int_const(2))), two_to(w, below)
    z = w.mul(r, r)
    even = w.mul(z, w.horner(z, [1 / math.factorial(2 * k) for k in range(1, 8)]))
    odd = w.fma(w.mul(r, z), w.horner(z, [1 / math.factorial(2 * k + 1) for k in range(1, 7)]), lost)
    return a, fast_two_sum(w, up, down), fast_two_sum(w, up, negative(w, down)), even, (r, odd)


def sinh(w: Writer, x: str) -> str:
    a, (p, _), (q, gone), even, (r, odd) = _halves(w, x)
    product, lost = fma_lost(w, p, r)
    high, rest = fast_two_sum(w, q, product)
    low = w.exact("add", w.exact("add", lost, gone), w.fma(p, odd, w.mul(q, even)))
    out = w.exact("mul", w.exact("add", high, w.exact("add", rest, low)), w.const(2.0))
    return _signed(w, out, a, x)


def cosh(w: Writer, x: str) -> str:
    _, (p, gone), (q, _), even, (r, odd) = _halves(w, x)
    rest = w.fma(q, r, w.fma(q, odd, w.fma(p, even, gone)))
    return w.exact("mul", w.exact("add", p, rest), w.const(2.0))


def _signed(w: Writer, value: str, a: str, x: str) -> str:
    return w.intrinsic("copysign", w.select(w.compare("olt", a, w.const(2.0**-28)), a, value), x)


def asinh(w: Writer, x: str) -> str:
    """log(1 + a + a^2/(1 + sqrt(1 + a^2))), a = |x|; log 2a far out."""
    a = w.intrinsic("fabs", x)
    far = w.compare("ogt", a, w.const(_FAR))
    near = w.select(far, w.const(1.0), a)
    square = w.mul(near, near)
    root = w.intrinsic("sqrt", w.exact("add", square, w.const(1.0)))
    more = w.div(square, w.exact("add", root, w.const(1.0)))
    v, lost = fast_two_sum(w, near, more)
    return _signed(w, log_sum(w, v, lost, far, a), a, x)


def acosh(w: Writer, x: str) -> str:
    """log(1 + t + sqrt(t (t + 2))), t = x - 1; log 2x far out."""
    far = w.compare("ogt", x, w.const(_FAR))
    near = w.select(far, w.const(2.0), x)
    t, lost = two_sum(w, near, w.const(-1.0))
    square, more = fma_lost(w, t, t)
    square, rest = two_sum(w, w.exact("mul", t, w.const(2.0)), square)
    square = w.exact("add", square, w.exact("add", rest, more))
    v, gone = two_sum(w, w.intrinsic("sqrt", square), t)
    out = log_sum(w, v, w.exact("add", gone, lost), far, x)
    return w.select(w.compare("oge", x, w.const(1.0)), out, w.const(math.nan))


def atanh(w: Writer, x: str) -> str:
    """log(1 + 2a/(1 - a))/2, a = |x|."""
    a = w.intrinsic("fabs", x)
    end = w.compare("oge", a, w.const(1.0))
    inner = w.select(end, w.const(0.5), a)
    below = fast_two_sum(w, w.const(1.0), minus_abs(w, inner))
    v, lost = quotient_pair(w, (w.exact("mul", inner, w.const(2.0)), w.const(0.0)), below)
    never = w.compare("ogt", inner, w.const(1.0))
    out = w.exact("mul", log_sum(w, v, lost, never, a), w.const(0.5))
    out = w.select(w.compare("oeq", a, w.const(1.0)), w.const(math.inf), out)
    return _signed(w, w.select(w.compare("ogt", a, w.const(1.0)), w.const(math.nan), out), a, x)
