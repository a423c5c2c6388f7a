"""sinh and cosh from one exponential; asinh, acosh and atanh from one logarithm."""

from __future__ import annotations

import math

from .exponentials import expm1_over, quotient
from .logarithms import log_sum
from .pieces import Pair, fast_two_sum, fma_lost, minus_abs, quotient_pair, two_sum
from .text import Writer

__all__ = ["acosh", "asinh", "atanh", "cosh", "sinh"]

_END = 710.4758600739439  # of the range: beyond, half an exponential overflows
_FAR = 2.0**30  # where x^2 + 1 is x^2


def _exponential(w: Writer, x: str) -> tuple[str, Pair, Pair]:
    """|x|, (e^|x| - 1)/4 and e^|x| as pairs; the last may overflow where the hyperbolic functions do not."""
    a = w.intrinsic("fabs", x)
    part = fast_two_sum(w, *expm1_over(w, a, 2))
    whole = w.exact("mul", part[0], w.const(4.0))
    e, lost = two_sum(w, whole, w.const(1.0))
    finite = w.compare("olt", e, w.const(math.inf))
    low = w.exact("add", lost, w.exact("mul", part[1], w.const(4.0)))
    return a, part, (e, w.select(finite, low, w.const(0.0)))


def sinh(w: Writer, x: str) -> str:
    """p + p/e for p = (e^|x| - 1)/2, e = e^|x|."""
    a, part, e = _exponential(w, x)
    finite = w.compare("olt", e[0], w.const(math.inf))
    q = w.select(finite, quotient(w, part, e), w.const(0.0))
    out = w.exact("mul", w.exact("add", part[0], w.exact("add", part[1], q)), w.const(2.0))
    out = w.select(w.compare("ogt", a, w.const(_END)), w.const(math.inf), out)
    out = w.select(w.compare("olt", a, w.const(2.0**-28)), a, out)
    return w.intrinsic("copysign", out, x)


def cosh(w: Writer, x: str) -> str:
    """(e + 1/e)/2."""
    a, part, e = _exponential(w, x)
    high, rest = two_sum(w, part[0], w.const(0.25))
    inverse = w.div(w.const(0.25), e[0])
    inverse = w.fma(w.mul(inverse, w.mul(inverse, w.const(-4.0))), e[1], inverse)
    total, lost = two_sum(w, high, inverse)
    out = w.exact("add", total, w.exact("add", lost, w.exact("add", rest, part[1])))
    out = w.exact("mul", out, w.const(2.0))
    return w.select(w.compare("ogt", a, w.const(_END)), w.const(math.inf), out)


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
