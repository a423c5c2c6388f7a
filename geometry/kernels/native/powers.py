"""x^y = exp(y log x), with a logarithm to 2^-64: its error is multiplied by up to 745."""

from __future__ import annotations

import math

from .exponentials import exp_of_pair
from .logarithms import split_exponent
from .pieces import LN2_HI, LN2_LO, Pair, add_pairs, fast_two_sum, fma_lost, mended, quotient_pair
from .text import Writer

__all__ = ["pow", "wide_log"]


def wide_log(w: Writer, x: str) -> Pair:
    """log of a positive finite number: k ln 2 + 2s + s^3 (2/3 + ...), s = f/(2 + f), the first three terms as pairs."""
    exponent, f = split_exponent(w, x)
    s, s_low = quotient_pair(w, (f, w.const(0.0)), fast_two_sum(w, w.const(2.0), f))
    z, z_low = fma_lost(w, s, s)
    z_low = w.fma(w.mul(s, w.const(2.0)), s_low, z_low)
    series = w.mul(z, w.horner(z, [2 / (2 * j + 1) for j in range(2, 13)]))
    t, t_low = fast_two_sum(w, w.const(2 / 3), series)
    t_low = w.exact("add", t_low, w.const(3.700743415417188e-17))  # 2/3 less its machine number
    cube, cube_low = fma_lost(w, z, t)
    cube_low = w.fma(z, t_low, w.fma(z_low, t, cube_low))
    p, p_low = fma_lost(w, s, cube)
    p_low = w.fma(s, cube_low, w.fma(s_low, cube, p_low))
    two = w.const(2.0)
    doubled = w.exact("mul", s, two), w.exact("mul", s_low, two)
    high, low = add_pairs(w, doubled, (p, p_low))
    leading, lost = fast_two_sum(w, w.exact("mul", exponent, w.const(LN2_HI)), high)
    # a sum with k = 0 is the series alone
    return fast_two_sum(w, leading, w.exact("add", lost, w.fma(exponent, w.const(LN2_LO), low)))


def pow(w: Writer, x: str, y: str, y_low: str | None = None) -> str:
    """x^(y + y_low). Where x is not positive and finite, or y huge or no number, the C library decides (x^y)."""
    positive, finite = w.compare("ogt", x, w.const(0.0)), w.compare("olt", x, w.const(math.inf))
    moderate = w.compare("olt", w.intrinsic("fabs", y), w.const(2.0**70))
    fine = w.both(w.both(positive, finite), moderate)
    base, exponent = w.select(fine, x, w.const(1.0)), w.select(fine, y, w.const(1.0))
    high, low = wide_log(w, base)
    p, lost = fma_lost(w, exponent, high)
    lost = w.fma(exponent, low, lost)
    if y_low is not None:
        lost = w.fma(y_low, high, lost)
    return mended(w, fine, exp_of_pair(w, p, lost), "pow", [x, y])
