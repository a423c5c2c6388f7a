"""asin, acos, atan and atan2: to a small argument, a polynomial there, and the multiple of pi/4 put back as a pair."""

from __future__ import annotations

import math
from functools import cache

from .pieces import Pair, fast_two_sum, fitted, negative, quotient_pair, two_sum
from .text import Writer

__all__ = ["acos", "asin", "atan", "atan2"]

_PIO2 = (math.pi / 2, 6.123233995736766e-17)  # pi/2 as a pair


@cache
def _asin_series() -> list[float]:
    """(asin(s)/s - 1)/s^2 in z = s^2 <= 1/4."""
    return fitted(lambda z: (z.sqrt().asin() / z.sqrt() - 1) / z, 0.0, 0.2501, 13)


@cache
def _atan_series() -> list[float]:
    """(atan(u)/u - 1)/u^2 in z = u^2 <= tan(pi/8)^2."""
    return fitted(lambda z: (z.sqrt().atan() / z.sqrt() - 1) / z, 0.0, 0.1717, 12)


def _half_angle(w: Writer, x: str) -> tuple[str, Pair, str]:
    """(|x| > 1/2, what is near asin of the reduced argument s as a pair, |x|): s = |x|, or sqrt((1 - |x|)/2)."""
    a = w.intrinsic("fabs", x)
    large = w.compare("ogt", a, w.const(0.5))
    z = w.exact("mul", w.exact("sub", w.const(1.0), a), w.const(0.5))
    root = w.intrinsic("sqrt", z)
    rest = w.fma(negative(w, root), root, z)
    positive = w.compare("ogt", root, w.const(0.0))
    lost = w.select(positive, w.div(rest, w.exact("add", root, root)), w.const(0.0))
    s, low = w.select(large, root, a), w.select(large, lost, w.const(0.0))
    z = w.select(large, z, w.mul(a, a))
    return large, (s, w.fma(w.mul(s, z), w.horner(z, _asin_series()), low)), a


def _chosen(w: Writer, mask: str, a: Pair, b: Pair) -> Pair:
    return w.select(mask, a[0], b[0]), w.select(mask, a[1], b[1])


def _constant(w: Writer, multiple: float) -> Pair:
    return w.const(multiple * _PIO2[0]), w.const(multiple * _PIO2[1])


def _less(w: Writer, base: Pair, part: Pair) -> Pair:
    """base - part, |base| >= |part| or base = 0."""
    high, lost = fast_two_sum(w, base[0], negative(w, part[0]))
    return high, w.exact("add", lost, w.exact("sub", base[1], part[1]))


def asin(w: Writer, x: str) -> str:
    large, (s, tail), _ = _half_angle(w, x)
    doubled = w.exact("mul", s, w.const(2.0)), w.exact("mul", tail, w.const(2.0))
    high, low = _chosen(w, large, _less(w, _constant(w, 1.0), doubled), (s, tail))
    return w.intrinsic("copysign", w.exact("add", high, low), x)


def acos(w: Writer, x: str) -> str:
    large, (s, tail), _ = _half_angle(w, x)
    below = w.compare("olt", x, w.const(0.0))
    doubled = w.exact("mul", s, w.const(2.0)), w.exact("mul", tail, w.const(2.0))
    signed = w.intrinsic("copysign", s, x), w.select(below, negative(w, tail), tail)
    middle = _less(w, _constant(w, 1.0), signed)
    outer = _chosen(w, below, _less(w, _constant(w, 2.0), doubled), doubled)
    high, low = _chosen(w, large, outer, middle)
    return w.exact("add", high, low)


def _angle(w: Writer, y: str, x: str) -> Pair:
    """atan(y/x) for y, x >= 0 as a pair: of y/x, of (y - x)/(y + x) and pi/4, or of -x/y and pi/2."""
    steep = w.compare("ogt", y, w.mul(x, w.const(1 + math.sqrt(2))))
    middle = w.compare("ogt", y, w.mul(x, w.const(math.sqrt(2) - 1)))
    zero = w.const(0.0)
    difference, total = two_sum(w, y, negative(w, x)), two_sum(w, y, x)
    above = _chosen(w, steep, (negative(w, x), zero), _chosen(w, middle, difference, (y, zero)))
    below = _chosen(w, steep, (y, zero), _chosen(w, middle, total, (x, zero)))
    u, lost = quotient_pair(w, above, below)
    z = w.mul(u, u)
    tail = w.fma(w.mul(u, z), w.horner(z, _atan_series()), lost)
    base = _chosen(w, steep, _constant(w, 1.0), _chosen(w, middle, _constant(w, 0.5), (zero, zero)))
    high, rest = fast_two_sum(w, base[0], u)
    return w.select(middle, high, u), w.exact("add", w.select(middle, rest, zero), w.exact("add", base[1], tail))


def atan(w: Writer, x: str) -> str:
    a = w.intrinsic("fabs", x)
    capped = w.select(w.compare("ogt", a, w.const(2.0**100)), w.const(2.0**100), a)
    high, low = _angle(w, capped, w.const(1.0))
    small = w.compare("olt", a, w.const(2.0**-28))
    return w.intrinsic("copysign", w.select(small, a, w.exact("add", high, low)), x)


def atan2(w: Writer, y: str, x: str) -> str:
    """The angle of (x, y), both scaled where their sum or a reciprocal would leave the range."""
    a, b = w.intrinsic("fabs", y), w.intrinsic("fabs", x)
    most = w.select(w.compare("ogt", a, b), a, b)
    scale = w.select(w.compare("ogt", most, w.const(2.0**500)), w.const(2.0**-500), w.const(1.0))
    scale = w.select(w.compare("olt", most, w.const(2.0**-500)), w.const(2.0**500), scale)
    infinite = w.compare("oeq", most, w.const(math.inf))
    tall, wide = (w.select(w.compare("oeq", v, w.const(math.inf)), w.const(1.0), w.const(0.0)) for v in (a, b))
    a = w.select(infinite, tall, w.exact("mul", a, scale))
    b = w.select(infinite, wide, w.exact("mul", b, scale))
    nothing = w.compare("oeq", most, w.const(0.0))
    high, low = _angle(w, a, w.select(nothing, w.const(1.0), b))
    left = w.compare("olt", w.intrinsic("copysign", w.const(1.0), x), w.const(0.0))
    high, low = _chosen(w, left, _less(w, _constant(w, 2.0), (high, low)), (high, low))
    angle = w.intrinsic("copysign", w.exact("add", high, low), y)
    return w.select(w.compare("uno", x, y), w.exact("add", x, y), angle)
