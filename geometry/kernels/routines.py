"""Numeric routines that no library has in the form the table of functions needs: NumPy, real and complex balls."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from flint import acb, acb_series, arb, arb_series, ctx

__all__ = ["cut", "from_balls", "scipy_function", "series", "taylor_of_series"]


def scipy_function(name: str) -> Callable[..., Any]:
    """A routine of `scipy.special`, imported when it is first called."""

    def call(*args: Any) -> Any:
        import scipy.special

        return getattr(scipy.special, name)(*args)

    return call


def part(name: str, k: int) -> Callable[..., Any]:
    """One of the results of a routine of `scipy.special` that has several."""
    return lambda x: scipy_function(name)(x)[k]


def from_balls(routine: Callable[..., arb]) -> Callable[..., Any]:
    """A NumPy routine from one on real balls: every value right to one unit, at some microseconds each.

    Values that no precision up to 1,000 bits settles (poles, arguments outside the domain) are NaN.
    """

    def one(*args: Any) -> float:
        exact = [arb(a) if isinstance(a, int) else arb(float(a)) for a in args]
        before = ctx.prec
        try:
            for ctx.prec in (80, 240, 1000):
                ball = routine(*exact)
                if ball.is_finite() and (ball.rel_accuracy_bits() > 60 or ball.is_exact()):
                    return float(ball.mid())
        finally:
            ctx.prec = before
        return math.nan

    return np.vectorize(one, otypes=[float])


# -- complex balls -----------------------------------------------------------------------------------


def cut(routine: Callable[..., acb], crossed: Callable[[acb], bool]) -> Callable[..., acb]:
    """The routine for integrands: NaN where the last argument's ball may meet the branch cut."""
    nothing = acb(arb.nan())
    return lambda *args: nothing if crossed(args[-1]) else routine(*args)


def below(end: Any) -> Callable[[acb], bool]:
    """Whether a ball may meet the real half-line (−∞, end]."""
    return lambda z: bool(z.imag.contains(0)) and not z.real > end


def above(end: Any) -> Callable[[acb], bool]:
    """Whether a ball may meet the real half-line [end, ∞)."""
    return lambda z: bool(z.imag.contains(0)) and not z.real < end


def cut_of_broken_order(routine: Callable[..., acb]) -> Callable[..., acb]:
    """The same for z^n times an entire function: cut along (−∞, 0] unless the order n is a whole number."""
    entire_or_cut = cut(routine, below(0))
    return lambda n, z: routine(n, z) if n.is_exact() and n.real.is_integer() else entire_or_cut(n, z)


def outside(z: acb) -> bool:
    """Whether a ball may meet the real numbers of modulus one and more."""
    return bool(z.imag.contains(0)) and not abs(z.real) < 1


def upright(z: acb) -> bool:
    """Whether a ball may meet the imaginary numbers of modulus one and more."""
    return bool(z.real.contains(0)) and not abs(z.imag) < 1


# -- Taylor expansions of real balls -------------------------------------------------------------------


def increasing(routine: Callable[[arb], arb], above: float = -math.inf) -> Callable[[arb], arb]:
    """A function that increases above a number, where its routine gives up balls of huge numbers: by their ends."""

    def call(u: arb) -> arb:
        value = routine(u)
        if value.is_finite() or not u.is_finite() or not u > above:
            return value
        return routine(arb(u.lower())).union(routine(arb(u.upper())))

    return call


def series(method: str) -> Callable[[arb, int], list[arb]]:
    """(a, n) -> f(a), f′(a), …, f⁽ⁿ⁾(a), from a method of `arb_series`."""

    def derivatives(a: arb, order: int) -> list[arb]:
        expansion = getattr(arb_series([a, arb(1)], prec=order + 1), method)()
        return [expansion[k] * math.factorial(k) for k in range(order + 1)]

    return derivatives


def taylor_of_series(method: str) -> Callable[[arb], tuple[arb, arb, arb]]:
    """a -> f(a), f′(a), f″(a), from a method of `arb_series`."""
    expand = series(method)
    return lambda a: tuple(expand(a, 2))  # type: ignore[return-value]


# -- the logistic function and its primitive -----------------------------------------------------------


def logistic(u: Any) -> Any:
    """σ(u) = 1/(1 + e⁻ᵘ) on arrays, to full relative accuracy in both tails."""
    e = np.exp(-np.abs(u))
    p = 1 / (1 + e)
    return np.where(u >= 0, p, e * p)


def ball_logistic(u: arb) -> arb:
    e = (-abs(u)).exp()
    if u >= 0:
        return 1 / (1 + e)
    return e / (1 + e) if u < 0 else 1 / (1 + (-u).exp())


def complex_logistic(u: acb) -> acb:
    return 1 / (1 + (-u).exp())


def taylor_logistic(a: arb) -> tuple[arb, arb, arb]:
    # Both σ and 1 − σ as values of their own: no digit is lost where σ rounds to 1.
    s, complement = 1 / (1 + (-a).exp()), 1 / (1 + a.exp())
    slope = s * complement
    return s, slope, slope * (complement - s)


def softplus(u: Any) -> Any:
    """log(1 + eᵘ) on arrays."""
    return np.maximum(u, 0) + np.log1p(np.exp(-np.abs(u)))


def ball_softplus(u: arb) -> arb:
    if u > 0:
        return u + (-u).exp().log1p()
    return u.exp().log1p()


def taylor_softplus(a: arb) -> tuple[arb, arb, arb]:
    s, slope, _ = taylor_logistic(a)
    return ball_softplus(a), s, slope


def complex_softplus(u: acb, analytic: bool = False) -> acb:
    return u + (1 + (-u).exp()).log(analytic=analytic) if u.real > 0 else (1 + u.exp()).log(analytic=analytic)


def log_cosh(x: Any) -> Any:
    """log cosh x on arrays: near zero without cancellation, far out without overflow."""
    a = np.abs(np.asarray(x))
    near = np.log1p(2.0 * np.sinh(0.5 * np.minimum(a, 1.0)) ** 2)
    return np.where(a < 1.0, near, a + np.log1p(np.exp(-2.0 * a)) - np.log(a.dtype.type(2.0)))


def ball_log_cosh(x: arb) -> arb:
    half = (x / 2).sinh()
    return (2 * half * half).log1p()


# -- real functions with a static order ------------------------------------------------------------------


def polygamma(x: Any, order: int) -> Any:
    """ψ⁽ᵐ⁾(x) on arrays."""
    import scipy.special

    return scipy.special.psi(x) if order == 0 else scipy.special.polygamma(order, x)


def loggamma(x: Any) -> Any:
    """log Γ(x), x > 0; below, the principal branch is not real (SciPy's is log |Γ|). No digit is lost near 1 and 2."""
    from .native.gamma import NEAR, near_roots

    x = np.asarray(x)
    low, high = NEAR
    near = np.clip(x, low, high)
    series = np.polynomial.polynomial.polyval((2 * near - low - high) / (high - low), near_roots())
    far = np.where(x > 0, scipy_function("gammaln")(x), np.nan)
    return np.where(x == near, (near - 1) * (near - 2) * series, far)


def lambertw(x: Any) -> Any:
    """The principal branch, x >= -1/e."""
    value = scipy_function("lambertw")(x)
    return np.where(np.imag(value) == 0, np.real(value), np.nan)


def _where_scipy(
    routine: Callable[..., Any], known: Callable[..., Any], balls: Callable[..., arb]
) -> Callable[..., Any]:
    """SciPy's numbers of the arguments that it knows, and of the others those of balls."""

    def call(s: Any, x: Any) -> Any:
        s, x = np.broadcast_arrays(np.asarray(s, float), np.asarray(x, float))
        with np.errstate(all="ignore"):
            out, rest = np.asarray(routine(s, x)), ~known(s, x)
        if rest.any():
            out = np.array(out)
            out[rest] = from_balls(balls)(s[rest], x[rest])
        return out

    return call


uppergamma = _where_scipy(
    lambda s, x: scipy_function("gammaincc")(s, x) * scipy_function("gamma")(s),
    lambda s, x: (s > 0) & (s < 170) & (x >= 0),
    lambda s, x: x.gamma_upper(s),
)
lowergamma = _where_scipy(
    lambda s, x: scipy_function("gammainc")(s, x) * scipy_function("gamma")(s),
    lambda s, x: (s > 0) & (s < 170) & (x >= 0),
    lambda s, x: x.gamma_lower(s),
)
expint = _where_scipy(
    lambda s, x: scipy_function("expn")(np.where(s == np.floor(s), s, 0.0), x),
    lambda s, x: (s == np.floor(s)) & (s >= 0) & (s < 1000) & (x > 0),
    lambda s, x: x.expint(s),
)


def sinc(x: Any) -> Any:
    """sin(x)/x on arrays."""
    return np.sinc(np.asarray(x) / np.pi)


def taylor_sinc(a: arb) -> tuple[arb, arb, arb]:
    """f, (cos − f)/x, −f − 2f′/x."""
    f = a.sinc()
    if a.is_zero():
        return f, arb(0), arb(-1) / 3
    slope = (a.cos() - f) / a
    return f, slope, -f - 2 * slope / a


def real_below(routine: Callable[[acb], acb], end: float) -> Callable[[arb], arb]:
    """A function of complex balls that is real below a number, on real balls."""
    return lambda u: routine(acb(u)).real if u < end else arb.nan()


def airy_slope(method: str) -> Callable[[Any], Any]:
    """Ai′ or Bi′ on balls of both kinds."""
    return lambda u: getattr(u, method)(derivative=1)


def taylor_airy_slope(method: str) -> Callable[[arb], tuple[arb, arb, arb]]:
    """f′, x f, f + x f′ of a solution of f″ = x f."""

    def expand(a: arb) -> tuple[arb, arb, arb]:
        f, slope = getattr(a, method)(), getattr(a, method)(derivative=1)
        return slope, a * f, f + a * slope

    return expand


def ball_hyper(*args: Any) -> Any:
    """pFq on balls of both kinds, of p numerators, denominators, the argument, and p; real ones below the cut at 1."""
    *parameters, z, p = args
    above, below = parameters[:p], parameters[p:]
    if len(above) > len(below) and isinstance(z, arb) and not z < 1:
        return z * arb.nan()
    return z.hypgeom(above, below)


def hyper(*args: Any) -> Any:
    """pFq on arrays: SciPy's for 0F1, 1F1 and 2F1, balls for the others."""
    *parameters, z, p = args
    kind = {(0, 1): "hyp0f1", (1, 1): "hyp1f1", (2, 1): "hyp2f1"}.get((p, len(parameters) - p))
    if kind is None:
        return from_balls(lambda *balls: ball_hyper(*balls, p))(*parameters, z)
    return scipy_function(kind)(*parameters, z)


def ball_polygamma(x: arb, order: int) -> arb:
    if order == 0:
        return x.digamma()
    sign = 1 if order % 2 else -1
    if x < 0:  # ψ_n(x) = (−1)ⁿ ψ_n(1 − x) − π dⁿ/dxⁿ cot(πx)
        return -sign * ball_polygamma(1 - x, order) - arb.pi() * arb(order).fac() * _cotangent(x, order)
    return sign * arb(order).fac() * arb(order + 1).zeta(x)


def _cotangent(x: arb, order: int) -> arb:
    """The Taylor coefficient of cot(πx)."""
    old, ctx.cap = ctx.cap, max(ctx.cap, order + 1)
    try:
        angle = arb_series([arb.pi() * x, arb.pi()], order + 1)
        return (angle.cos() / angle.sin())[order] if angle.sin()[0] != 0 else arb.nan()
    finally:
        ctx.cap = old


def complex_polygamma(x: acb, order: int) -> acb:
    if x.imag.is_zero() and x.real <= 0 and x.real.is_integer():
        return acb(arb.nan())
    return x.polygamma(acb(order))


def taylor_polygamma(a: arb, order: int) -> tuple[arb, arb, arb]:
    return tuple(acb(a).polygamma(acb(order + k)).real for k in range(3))  # type: ignore[return-value]


_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)


def zeta(s: Any, order: Any = 0) -> Any:
    """ζ^(k)(s) for s > 0 by Euler–Maclaurin summation (DLMF 25.2.9), differentiated as truncated Taylor series in s."""
    s = np.asarray(s, float)
    k, n = int(order), 20

    def times(a: list, b: list) -> list:
        return [sum(a[i] * b[m - i] for i in range(m + 1)) for m in range(k + 1)]

    def power(base: float, shift: Any = 0.0) -> list:  # base^(shift − s − ε)
        log = np.log(base)
        return [base ** (shift - s) * (-log) ** m / math.factorial(m) for m in range(k + 1)]

    def padded(*head: Any) -> list:
        return [*head, *[0.0] * k][: k + 1]

    total = [sum(parts) for parts in zip(*(power(float(j)) for j in range(n - 1, 1, -1)))]
    total = [t + one for t, one in zip(total, padded(1.0))]
    pole = [(-1) ** m / (s - 1) ** (m + 1) for m in range(k + 1)]
    rising = padded(s, 1.0)
    last = power(float(n))
    rest = [a * n + b / 2 for a, b in zip(times(pole, last), last)]
    factorial = 2.0
    for j, bernoulli in enumerate(_BERNOULLI, start=1):
        term = times(rising, power(float(n), 1.0 - 2 * j))
        rest = [r + bernoulli / factorial * t for r, t in zip(rest, term)]
        for shift in (2 * j - 1, 2 * j):
            rising = times(rising, padded(s + shift, 1.0))
        factorial *= (2 * j + 1) * (2 * j + 2)
    out = math.factorial(k) * (total[k] + rest[k])
    return np.where(s > 0, out, np.nan)


def _zeta_coefficients(s: Any, order: int) -> Any:
    kind = arb_series if isinstance(s, arb) else acb_series
    before, ctx.cap = ctx.cap, max(ctx.cap, order + 1)
    try:
        return kind([s, 1], order + 1).zeta()
    finally:
        ctx.cap = before


def ball_zeta(s: Any, order: int = 0) -> Any:
    """ζ^(k) of a real or a complex ball; of no value at arguments so large that the series would take minutes."""
    if not abs(s) < 2**64:
        return s * arb.nan()
    return _zeta_coefficients(s, order)[order] * arb(order).fac()


def taylor_zeta(a: arb, order: int = 0) -> tuple[arb, arb, arb]:
    found = _zeta_coefficients(a, order + 2)
    return tuple(found[order + k] * arb(order + k).fac() for k in range(3))


def polylog(order: Any, z: Any) -> Any:
    """Li_s(z) for z < 1: for s = 2 Spence's function and, near zero, where 1 − z would lose digits, the series."""
    if np.ndim(order) or float(order) != 2:
        return _polylog_by_balls(order, z)
    import scipy.special

    z = np.asarray(z, dtype=float)
    near = np.where(np.abs(z) < 0.5, z, 0.0)
    found = np.zeros_like(near)
    for k in range(54, 0, -1):
        found = found * near + 1.0 / k**2
    return np.where(np.abs(z) < 0.5, found * near, scipy.special.spence(1.0 - z))


def ball_polylog(s: arb, z: arb) -> arb:
    return z.polylog(s)


_polylog_by_balls = from_balls(ball_polylog)


# -- jets of elementary functions (f, f′, f″) ----------------------------------------------------------------


def taylor_asinh(a: arb) -> tuple[arb, arb, arb]:
    w = 1 / (1 + a * a).sqrt()
    return a.asinh(), w, -a * w**3


def taylor_acosh(a: arb) -> tuple[arb, arb, arb]:
    w = 1 / (a * a - 1).sqrt()
    return a.acosh(), w, -a * w**3


def taylor_atanh(a: arb) -> tuple[arb, arb, arb]:
    w = 1 / (1 - a * a)
    return a.atanh(), w, 2 * a * w * w


def taylor_tanh(a: arb) -> tuple[arb, arb, arb]:
    t, sech = a.tanh(), a.sech()
    return t, sech * sech, -2 * t * sech * sech


def taylor_log_cosh(a: arb) -> tuple[arb, arb, arb]:
    t, slope, _ = taylor_tanh(a)
    return ball_log_cosh(a), t, slope


def taylor_sinh(a: arb) -> tuple[arb, arb, arb]:
    s, c = a.sinh_cosh()
    return s, c, s


def taylor_cosh(a: arb) -> tuple[arb, arb, arb]:
    s, c = a.sinh_cosh()
    return c, s, c


def taylor_expm1(a: arb) -> tuple[arb, arb, arb]:
    e = a.exp()
    return a.expm1(), e, e


def taylor_log1p(a: arb) -> tuple[arb, arb, arb]:
    w = 1 / (1 + a)
    return a.log1p(), w, -w * w


def sign(a: arb) -> arb:
    """±1 or 0; NaN where the ball does not tell, as at every kink."""
    if a.is_zero():
        return arb(0)
    return arb(1) if a > 0 else arb(-1) if a < 0 else arb.nan()


def ball_heaviside(a: arb, at_zero: arb) -> arb:
    return at_zero if a.is_zero() else arb(1) if a > 0 else arb(0) if a < 0 else arb.nan()


def taylor_abs(a: arb) -> tuple[arb, arb, arb]:
    s = sign(a)
    return abs(a), s if not a.is_zero() else arb.nan(), arb(0)


def taylor_sign(a: arb) -> tuple[arb, arb, arb]:
    return sign(a), arb(0), arb(0)


def taylor_sqrt(a: arb) -> tuple[arb, arb, arb]:
    root = a.sqrt()
    slope = 1 / (2 * root)
    return root, slope, -slope / (2 * a)
