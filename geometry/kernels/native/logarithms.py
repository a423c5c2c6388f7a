"""log, log1p and softplus.

x = 2^k m with m in [sqrt(1/2), sqrt 2), and log m = 2 atanh s, s = f/(2 + f), f = m - 1:
f - f^2/2 + s (f^2/2 + series in s^2). The leading part k ln 2 + f is kept as a pair, so that the last
addition is the only one that rounds.
"""

from __future__ import annotations

import math

from .exponentials import exp_pair
from .pieces import LN2_HI, LN2_LO, Pair, bits, fast_two_sum, minus_abs, two_sum
from .text import Writer

__all__ = ["log", "log1p", "log_sum", "softplus", "split_exponent"]


def split_exponent(w: Writer, x: str) -> Pair:
    """k and m - 1 of a positive finite number 2^k m, subnormals included."""
    small = w.compare("olt", x, w.const(2.0**-1022))
    scaled = w.select(small, w.exact("mul", x, w.const(2.0**54)), x)
    raw = w.bits_of(scaled)
    offset = w.int_op("sub", raw, w.int_const(bits(math.sqrt(0.5))))
    k = w.int_op("ashr", offset, w.int_const(52))
    m = w.from_bits(w.int_op("sub", raw, w.int_op("shl", k, w.int_const(52))))
    exponent = w.let(f"sitofp {w.vector.integer} {k} to {w.vector.type}")
    exponent = w.exact("sub", exponent, w.select(small, w.const(54.0), w.const(0.0)))
    return exponent, w.exact("sub", m, w.const(1.0))


def _log_pair(w: Writer, x: str, more: str | None = None) -> Pair:
    """log of a positive finite number, of 2^more times it."""
    exponent, f = split_exponent(w, x)
    if more is not None:
        exponent = w.exact("add", exponent, more)
    s = w.div(f, w.exact("add", f, w.const(2.0)))
    z = w.mul(s, s)
    series = w.mul(z, w.horner(z, [2 / (2 * j + 1) for j in range(1, 12)]))
    half = w.mul(w.mul(f, f), w.const(0.5))
    inner = w.fma(s, w.exact("add", half, series), w.mul(exponent, w.const(LN2_LO)))
    leading, lost = fast_two_sum(w, w.exact("mul", exponent, w.const(LN2_HI)), f)
    return leading, w.exact("sub", lost, w.exact("sub", half, inner))


def log(w: Writer, x: str) -> str:
    high, low = _log_pair(w, x)
    out = w.exact("add", high, low)
    out = w.select(w.compare("oeq", x, w.const(math.inf)), w.const(math.inf), out)
    out = w.select(w.compare("oeq", x, w.const(0.0)), w.const(-math.inf), out)
    return w.select(w.compare("uge", x, w.const(0.0)), w.select(w.compare("uno", x, x), x, out), w.const(math.nan))


def _log1p_pair(w: Writer, u: str, lost: str, more: str | None = None) -> Pair:
    """log(u + lost) for |lost| far below |u|, of 2^more times it."""
    high, low = _log_pair(w, u, more)
    return high, w.exact("add", low, w.div(lost, u))


def log1p(w: Writer, x: str) -> str:
    u, lost = two_sum(w, w.const(1.0), x)
    high, low = _log1p_pair(w, u, lost)
    out = w.exact("add", high, low)
    out = w.select(w.compare("oeq", u, w.const(math.inf)), u, out)
    out = w.select(w.compare("oeq", u, w.const(0.0)), w.const(-math.inf), out)
    out = w.select(w.compare("olt", u, w.const(0.0)), w.const(math.nan), out)
    out = w.select(w.compare("uno", x, x), x, out)
    return w.select(w.compare("oeq", x, w.const(0.0)), x, out)


def log_sum(w: Writer, v: str, lost: str, far: str, x: str) -> str:
    """log(1 + v + lost), v >= 0; where `far` holds, log 2x instead."""
    u, rest = two_sum(w, w.const(1.0), v)
    zero = w.const(0.0)
    u, rest = w.select(far, x, u), w.select(far, zero, w.exact("add", rest, lost))
    high, low = _log1p_pair(w, u, rest, w.select(far, w.const(1.0), zero))
    out = w.exact("add", high, low)
    fine = w.compare("olt", u, w.const(math.inf))  # neither infinite nor no number
    return w.select(fine, out, u)


def softplus(w: Writer, x: str) -> str:
    """log(1 + e^x) = max(x, 0) + log1p(exp(-|x|))."""
    e, e_low = exp_pair(w, minus_abs(w, x))
    u, lost = fast_two_sum(w, w.const(1.0), e)
    high, low = _log1p_pair(w, u, w.exact("add", lost, e_low))
    positive = w.select(w.compare("olt", x, w.const(0.0)), w.const(0.0), x)
    total, rest = two_sum(w, positive, high)
    out = w.exact("add", total, w.exact("add", rest, low))
    return w.select(w.compare("oeq", x, w.const(math.inf)), x, out)
