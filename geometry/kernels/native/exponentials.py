"""exp, expm1, and the quotients of them: logistic and tanh.

x = n ln 2 + r with |r| <= ln(2)/2; on that range the Taylor series of exp to degree 13 is exact to 2^-57, so
the plain 1/k! serve as well as fitted numbers and can be read; then the exponent is put back. exp rounds as it
goes (1 unit in the last place). The quotients would add up the errors of numerator and divisor, so they
take the exponential as a pair, and the residual of the division is put right: about 0.6 units.
"""

from __future__ import annotations

import math

from . import estimates
from .pieces import (
    LN2_HI,
    LN2_LO,
    ROUND,
    Pair,
    clamped,
    fast_two_sum,
    fma_lost,
    integer_below,
    minus_abs,
    quotient_pair,
    two_to,
)
from .text import Writer

__all__ = ["exp", "exp_of_pair", "exp_pair", "expm1", "expm1_over", "logistic", "quotient", "reduced", "tanh"]

_LOG2E = 1.4426950408889634


def reduced(w: Writer, x: str) -> tuple[str, str, str]:
    """x = n ln 2 + r + lost: the sum whose low bits hold n, r, and what rounding lost of r."""
    shifted = w.fma(x, w.const(_LOG2E), w.const(ROUND))
    minus = w.exact("mul", w.exact("sub", shifted, w.const(ROUND)), w.const(-1.0))
    first = w.fma(minus, w.const(LN2_HI), x)  # exact
    r = w.fma(minus, w.const(LN2_LO), first)
    lost = w.fma(minus, w.const(LN2_LO), w.exact("sub", first, r))
    return shifted, r, lost


def _tail(w: Writer, r: str, lost: str | None = None, degree: int = 13) -> str:
    """exp(r) - 1 - r (plus what r lost)."""
    series = w.horner(r, [1 / math.factorial(k) for k in range(2, degree + 1)])
    return w.mul(w.mul(r, r), series) if lost is None else w.fma(w.mul(r, r), series, lost)


def _scaled(w: Writer, value: str, shifted: str) -> str:
    """value 2^n, in two halves: n reaches 1039 and -1097, past both ends of the exponent's range."""
    if estimates.fits(w):
        return estimates.scaled(w, value, w.exact("sub", shifted, w.const(ROUND)))
    n = integer_below(w, shifted)
    half = w.int_op("ashr", n, w.int_const(1))
    return w.exact("mul", w.exact("mul", value, two_to(w, half)), two_to(w, w.int_op("sub", n, half)))


def exp(w: Writer, x: str) -> str:
    shifted, r, _ = reduced(w, clamped(w, x, -760.0, 720.0))
    value = w.fma(w.mul(r, r), w.horner(r, [1 / math.factorial(k) for k in range(2, 14)]), r)
    return _scaled(w, w.exact("add", value, w.const(1.0)), shifted)


def exp_pair(w: Writer, x: str) -> Pair:
    """exp(x), x <= 0, to about 2^-56."""
    shifted, r, lost = reduced(w, clamped(w, x, -760.0, 0.0))
    high, rest = fast_two_sum(w, w.const(1.0), r)
    high, low = fast_two_sum(w, high, w.exact("add", rest, _tail(w, r, lost)))
    return _scaled(w, high, shifted), _scaled(w, low, shifted)


def exp_of_pair(w: Writer, x: str, low: str, factor: Pair | None = None) -> str:
    """exp(x + low) times a factor of moderate size, rounded once."""
    clipped = clamped(w, x, -760.0, 720.0)
    low = w.select(w.compare("oeq", clipped, x), low, w.const(0.0))
    shifted, r, lost = reduced(w, clipped)
    high, rest = fast_two_sum(w, w.const(1.0), r)
    high, rest = fast_two_sum(w, high, w.exact("add", rest, _tail(w, r, lost)))
    rest = w.fma(high, low, rest)
    if factor is not None:
        p, gone = fma_lost(w, high, factor[0])
        high, rest = p, w.fma(rest, factor[0], w.fma(high, factor[1], gone))
    return _scaled(w, w.exact("add", high, rest), shifted)


def expm1_over(w: Writer, x: str, k: int) -> Pair:
    """(e^x - 1)/2^k = h (r + tail) + h - 2^-k with h = 2^(n-k), in range as far as this is."""
    shifted, r, lost = reduced(w, clamped(w, x, -700.0, 720.0))
    n, v = integer_below(w, shifted), w.vector
    smin = f"@llvm.smin.{v.suffix.replace('f', 'i')}"
    w.declared.add(f"declare {v.integer} {smin}({v.integer}, {v.integer})")
    capped = w.let(f"call {v.integer} {smin}({v.integer} {n}, {v.integer} {w.int_const(1023 + k)})")
    h = two_to(w, w.int_op("sub", capped, w.int_const(k)))
    leading, rest = fast_two_sum(w, w.exact("sub", h, w.const(2.0**-k)), w.exact("mul", h, r))
    return leading, w.fma(h, _tail(w, r, lost, 14), rest)


def expm1(w: Writer, x: str) -> str:
    high, low = expm1_over(w, x, 1)
    out = w.exact("mul", w.exact("add", high, low), w.const(2.0))
    out = w.select(w.compare("ogt", x, w.const(709.782712893384)), w.const(math.inf), out)
    tiny = w.compare("olt", w.intrinsic("fabs", x), w.const(2.0**-60))  # half a subnormal number loses a bit
    return w.select(tiny, x, out)


def quotient(w: Writer, above: Pair, below: Pair) -> str:
    """Of two pairs, rounded once."""
    q, lost = quotient_pair(w, above, below)
    return w.exact("add", q, lost)


def logistic(w: Writer, x: str) -> str:
    """1/(1 + e) or e/(1 + e) with e = exp(-|x|), which never overflows."""
    e, lost = exp_pair(w, minus_abs(w, x))
    below, rest = fast_two_sum(w, w.const(1.0), e)
    under = w.compare("olt", x, w.const(0.0))
    above = w.select(under, e, w.const(1.0)), w.select(under, lost, w.const(0.0))
    return quotient(w, above, (below, w.exact("add", rest, lost)))


def tanh(w: Writer, x: str) -> str:
    """E/(E + 2) with E = expm1(2 |x|), halved above and below."""
    a = w.intrinsic("fabs", x)
    capped = w.select(w.compare("ogt", a, w.const(22.0)), w.const(22.0), a)
    high, low = fast_two_sum(w, *expm1_over(w, w.exact("mul", capped, w.const(2.0)), 1))
    # 1 + high: either may be the larger one
    below = w.exact("add", high, w.const(1.0))
    part = w.exact("sub", below, w.const(1.0))
    lost = w.exact("add", w.exact("sub", w.const(1.0), w.exact("sub", below, part)), w.exact("sub", high, part))
    t = quotient(w, (high, low), (below, w.exact("add", lost, low)))
    t = w.select(w.compare("olt", a, w.const(2.0**-30)), a, t)
    return w.intrinsic("copysign", t, x)
