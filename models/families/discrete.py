"""Counting families: coins, dice, trials until success, rare events."""

from __future__ import annotations

import sympy as sp
from chentsov.geometry.exact.errors import InputError

from .record import Family, family

R = sp.Rational
oo = sp.oo
UNIT = (0, 1)
POSITIVE = (0, oo)

MIYAMOTO = (
    "Miyamoto, Meneghetti, Pinele & Costa, On closed-form expressions for the Fisher–Rao distance, arXiv:2304.14885"
)


@family
def bernoulli() -> Family:
    """A coin: P(x = 1) = θ; I = 1/(θ(1 − θ))."""
    t = sp.Symbol("theta", positive=True)
    x = sp.Symbol("x")
    return Family(
        "bernoulli", "Bernoulli family", {x: (0, 1, "discrete")}, (t,), {t: UNIT},
        density=t**x * (1 - t) ** (1 - x),
        closed_forms={"metric": [[1 / (t * (1 - t))]], "amari_chentsov": {(0, 0, 0): (1 - 2 * t) / (t * (1 - t)) ** 2}},
        source=MIYAMOTO, sample={t: R(1, 3)},
    )  # fmt: skip


@family
def binomial() -> Family:
    """n tosses of a coin, counted; I = n/(θ(1 − θ))."""
    t = sp.Symbol("theta", positive=True)
    n = sp.Symbol("n", positive=True, integer=True)
    x = sp.Symbol("x")
    return Family(
        "binomial", "binomial family", {x: (0, n, "discrete")}, (t,), {t: UNIT, n: POSITIVE},
        density=sp.binomial(n, x) * t**x * (1 - t) ** (n - x),
        closed_forms={"metric": [[n / (t * (1 - t))]],
            "amari_chentsov": {(0, 0, 0): n * (1 - 2 * t) / (t * (1 - t)) ** 2}},
        source=MIYAMOTO, sample={t: R(1, 3), n: 5},
    )  # fmt: skip


def _simplex(k: int) -> tuple[tuple[sp.Symbol, ...], sp.Expr]:
    if k < 2:
        raise InputError(f"a family of categories needs at least 2 of them, not {k}")
    p = sp.symbols(f"p1:{k}", positive=True)
    return p, 1 - sp.Add(*p)


def _simplex_metric(p, last):
    n = len(p)
    return [[1 / last + (1 / p[i] if i == j else 0) for j in range(n)] for i in range(n)]


@family
def categorical(k: int = 3) -> Family:
    """k outcomes with probabilities p_1, …, p_{k−1} and the rest: a part of the sphere of radius 2."""
    p, last = _simplex(k)
    n = k - 1
    xs = sp.symbols(f"x1:{k}")  # x_i = 1 for outcome i, all 0 for the last one
    variables, left, density = {}, sp.S.One, sp.S.One
    for x, q in zip(xs, p):
        variables[x] = (0, left, "discrete")
        density *= q**x
        left -= x
    return Family(
        "categorical", f"categorical family with {k} outcomes", variables, p, {s: UNIT for s in p},
        density=density * last**left,
        closed_forms={"metric": _simplex_metric(p, last), "ricci_scalar": R(n * (n - 1), 4)},
        source="Amari & Nagaoka, Methods of Information Geometry (2000), ch. 2: part of the sphere of radius 2",
        conditions=(last > 0,),
        sample={s: R(1, 2 * n) + R(i, 20 * n) for i, s in enumerate(p)},
    )  # fmt: skip


@family
def multinomial(k: int = 3) -> Family:
    """n trials with k outcomes: the sphere of radius 2√n, R = (k − 1)(k − 2)/(4n)."""
    p, last = _simplex(k)
    n = sp.Symbol("n", positive=True, integer=True)
    xs = sp.symbols(f"x1:{k}")
    rest = n - sp.Add(*xs)
    density = sp.factorial(n) / sp.factorial(rest) * last**rest
    variables = {}
    left = n
    for x, q in zip(xs, p):
        density *= q**x / sp.factorial(x)
        variables[x] = (0, left, "discrete")
        left -= x
    d = k - 1
    return Family(
        "multinomial", f"multinomial family with {k} outcomes", variables, p, {**{s: UNIT for s in p}, n: POSITIVE},
        density=density,
        closed_forms={
            "metric": [[n * e for e in row] for row in _simplex_metric(p, last)],
            "ricci_scalar": R(d * (d - 1), 4) / n,
        },
        source=MIYAMOTO, conditions=(last > 0,),
        sample={**{s: R(1, 2 * d) + R(i, 20 * d) for i, s in enumerate(p)}, n: 3},
    )  # fmt: skip


@family
def poisson() -> Family:
    """Rare events at rate λ; I = 1/λ."""
    lam = sp.Symbol("lambda", positive=True)
    x = sp.Symbol("x")
    return Family(
        "poisson", "Poisson family", {x: (0, oo, "discrete")}, (lam,), {lam: POSITIVE},
        density=sp.exp(-lam) * lam**x / sp.factorial(x),
        closed_forms={"metric": [[1 / lam]], "amari_chentsov": {(0, 0, 0): lam**-2}},
        source=MIYAMOTO, sample={lam: R(5, 2)},
    )  # fmt: skip


@family
def geometric() -> Family:
    """Failures before the first success: P(x) = θ(1 − θ)^x, x = 0, 1, …; I = 1/(θ²(1 − θ))."""
    t = sp.Symbol("theta", positive=True)
    x = sp.Symbol("x")
    return Family(
        "geometric", "geometric family", {x: (0, oo, "discrete")}, (t,), {t: UNIT},
        density=t * (1 - t) ** x,
        closed_forms={"metric": [[1 / (t**2 * (1 - t))]]},
        source=MIYAMOTO, sample={t: R(2, 5)},
    )  # fmt: skip


@family
def negative_binomial() -> Family:
    """Failures before the r-th success, r fixed (a real number is allowed); I = r/(θ²(1 − θ))."""
    t, r = sp.symbols("theta r", positive=True)
    x = sp.Symbol("x")
    return Family(
        "negative_binomial", "negative binomial family", {x: (0, oo, "discrete")}, (t,), {t: UNIT, r: POSITIVE},
        log_density=sp.loggamma(x + r) - sp.loggamma(r) - sp.loggamma(x + 1) + r * sp.log(t) + x * sp.log(1 - t),
        closed_forms={"metric": [[r / (t**2 * (1 - t))]]},
        source=MIYAMOTO, sample={t: R(2, 5), r: R(7, 2)},
    )  # fmt: skip
