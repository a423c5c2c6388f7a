"""gamma and log gamma of positive numbers by Stirling's series past 7, to which the argument is moved step by step.

log Gamma(t) = (t - 1/2) log t - t + log(2 pi)/2 + sum_k B_2k/(2k (2k - 1) t^(2k-1)), and Gamma(x) is Gamma(x + n)
over x (x + 1) ... (x + n - 1). Both are carried as pairs. Beside 1 and 2, where log gamma vanishes, it is
(x - 1)(x - 2) times a fitted function.
"""

from __future__ import annotations

from functools import cache

from .exponentials import exp_of_pair
from .logarithms import log
from .pieces import Pair, add_pairs, fast_two_sum, fitted, fma_lost, mended, negative, two_sum
from .polygamma import bernoulli
from .powers import wide_log
from .text import Writer

__all__ = ["NEAR", "gamma", "loggamma", "near_roots"]

_STIRLING = 7.0  # from which fifteen terms of the series are exact to 2^-60
NEAR = (0.75, 2.5)
_HALF_LOG_2PI = (0.9189385332046728, -3.878294158067242e-17)


@cache
def near_roots() -> list[float]:
    """log Gamma(x)/((x - 1)(x - 2)) in t, |t| <= 1, over the interval `NEAR`."""
    middle, half = sum(NEAR) / 2, (NEAR[1] - NEAR[0]) / 2
    return fitted(
        lambda t: (middle + half * t).lgamma() / ((middle + half * t - 1) * (middle + half * t - 2)), -1, 1, 31
    )


def _moved(w: Writer, x: str) -> tuple[Pair, Pair]:
    """x + n past 7 and the product of what it passed, as pairs."""
    one, zero = w.const(1.0), w.const(0.0)
    t: Pair = (x, zero)
    product: Pair = (one, zero)
    for _ in range(int(_STIRLING)):
        small = w.compare("olt", t[0], w.const(_STIRLING))
        p, lost = fma_lost(w, product[0], t[0])
        lost = w.fma(product[1], t[0], w.fma(product[0], t[1], lost))
        product = w.select(small, p, product[0]), w.select(small, lost, product[1])
        high, rest = two_sum(w, t[0], w.select(small, one, zero))
        t = high, w.exact("add", t[1], rest)
    return t, product


def _log_of_stirling(w: Writer, t: Pair) -> Pair:
    inverse = w.div(w.const(1.0), t[0])
    log_t, lost = wide_log(w, t[0])
    lost = w.fma(t[1], inverse, lost)
    less, gone = two_sum(w, t[0], w.const(-0.5))
    gone = w.exact("add", gone, t[1])
    main, rest = fma_lost(w, less, log_t)
    rest = w.fma(less, lost, w.fma(gone, log_t, rest))
    z = w.mul(inverse, inverse)
    series = w.mul(inverse, w.horner(z, [bernoulli(2 * k) / (2 * k * (2 * k - 1)) for k in range(1, 16)]))
    total = add_pairs(w, (main, rest), (negative(w, t[0]), w.exact("sub", series, t[1])))
    return add_pairs(w, total, (w.const(_HALF_LOG_2PI[0]), w.const(_HALF_LOG_2PI[1])))


def gamma(w: Writer, x: str) -> str:
    """Of arguments that are not positive, or next to zero, by the C library."""
    fine = w.both(w.compare("ogt", x, w.const(1e-300)), w.compare("olt", x, w.const(200.0)))
    inner = w.select(fine, x, w.const(1.0))
    t, product = _moved(w, inner)
    high, low = _log_of_stirling(w, t)
    inverse = w.div(w.const(1.0), product[0])
    rest = w.fma(negative(w, inverse), product[0], w.const(1.0))
    rest = w.fma(negative(w, inverse), product[1], rest)
    return mended(w, fine, exp_of_pair(w, high, low, (inverse, w.mul(rest, inverse))), "tgamma", [x])


def loggamma(w: Writer, x: str) -> str:
    """No number of negative arguments, where the principal branch is not real."""
    small, large = w.compare("olt", x, w.const(1e-200)), w.compare("ogt", x, w.const(1e300))
    inner = w.select(small, w.const(1.0), w.select(large, w.const(1.0), x))
    t, product = _moved(w, inner)
    less, lost = wide_log(w, product[0])
    lost = w.exact("add", lost, w.div(product[1], product[0]))
    high, low = add_pairs(w, _log_of_stirling(w, t), (negative(w, less), negative(w, lost)))
    far = w.exact("add", high, low)
    middle, half = sum(NEAR) / 2, (NEAR[1] - NEAR[0]) / 2
    u = w.mul(w.exact("sub", x, w.const(middle)), w.const(1 / half))
    first, *others = near_roots()
    series = fast_two_sum(w, w.const(first), w.mul(u, w.horner(u, others)))
    less_two, gone = two_sum(w, x, w.const(-2.0))
    less_one = w.exact("sub", x, w.const(1.0))
    root, lost = fma_lost(w, less_one, less_two)
    lost = w.fma(less_one, gone, lost)
    near, rest = fma_lost(w, root, series[0])
    near = w.exact("add", near, w.fma(root, series[1], w.fma(lost, series[0], rest)))
    inside = w.both(w.compare("oge", x, w.const(NEAR[0])), w.compare("ole", x, w.const(NEAR[1])))
    # to the last place, -log x next to zero and x (log x - 1) at the other end
    plain = log(w, x)
    out = w.select(small, negative(w, plain), w.select(inside, near, far))
    return w.select(large, w.exact("mul", x, w.exact("sub", plain, w.const(1.0))), out)
