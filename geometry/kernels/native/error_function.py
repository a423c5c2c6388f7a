"""erf by its Taylor series near zero, and erfc(x) = exp(-x^2) w(x) with w fitted in t = (x - 4)/(x + 4)."""

from __future__ import annotations

import math
from functools import cache

from flint import arb

from .exponentials import exp_of_pair
from .pieces import Pair, fast_two_sum, fitted, fma_lost, negative, quotient_pair
from .text import Writer

__all__ = ["erf", "erfc"]

_NEAR = 0.75
_CENTRE = 4.0
_SLOPE = 2 / math.sqrt(math.pi)
_END = 27.5  # where erfc is zero


@cache
def _near() -> list[float]:
    """erf(x)/x - c in z = x^2, c = 2/sqrt(pi) rounded."""
    return fitted(lambda z: z.sqrt().erf() / z.sqrt() - arb(_SLOPE), 0.0, _NEAR**2 * 1.001, 11)


@cache
def _far() -> list[float]:
    """(1 + 2x) exp(x^2) erfc(x) in t, |t| <= 1."""

    def scaled(t: arb) -> arb:
        x = _CENTRE * (1 + t) / (1 - t)
        return (1 + 2 * x) * (x * x).exp() * x.erfc()

    low = (_NEAR - _CENTRE) / (_NEAR + _CENTRE)
    high = (_END - _CENTRE) / (_END + _CENTRE)
    return fitted(scaled, low, high, 22)


def _of_small(w: Writer, x: str) -> Pair:
    """erf, |x| <= 3/4."""
    p, lost = fma_lost(w, x, w.const(_SLOPE))
    return p, w.fma(x, w.horner(w.mul(x, x), _near()), lost)


def _of_large(w: Writer, a: str) -> str:
    """erfc, a >= 3/4."""
    a = w.select(w.compare("olt", a, w.const(_NEAR)), w.const(_NEAR), a)
    a = w.select(w.compare("ogt", a, w.const(_END)), w.const(_END), a)
    t = w.div(w.exact("sub", a, w.const(_CENTRE)), w.exact("add", a, w.const(_CENTRE)))
    first, *others = _far()
    series = fast_two_sum(w, w.const(first), w.mul(t, w.horner(t, others)))
    below = fast_two_sum(w, w.exact("mul", a, w.const(2.0)), w.const(1.0))
    square, lost = fma_lost(w, a, a)
    return exp_of_pair(w, negative(w, square), negative(w, lost), quotient_pair(w, series, below))


def erf(w: Writer, x: str) -> str:
    a = w.intrinsic("fabs", x)
    near = w.exact("add", *_of_small(w, a))
    far = w.exact("sub", w.const(1.0), _of_large(w, a))
    return w.intrinsic("copysign", w.select(w.compare("ole", a, w.const(_NEAR)), near, far), x)


def erfc(w: Writer, x: str) -> str:
    high, low = _of_small(w, x)
    one, lost = fast_two_sum(w, w.const(1.0), negative(w, high))
    near = w.exact("add", one, w.exact("sub", lost, low))
    far = _of_large(w, w.intrinsic("fabs", x))
    far = w.select(w.compare("olt", x, w.const(0.0)), w.exact("sub", w.const(2.0), far), far)
    out = w.select(w.compare("ole", w.intrinsic("fabs", x), w.const(_NEAR)), near, far)
    return w.select(w.compare("uno", x, x), x, out)
