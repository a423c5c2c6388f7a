"""Densities that are no families of the catalogue: group families, truncated ones, sums as normalisers, slow ones."""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp
from chentsov import StatisticalManifold

__all__ = ["DENSITIES", "REFUSED"]

oo = sp.oo
x, mu, alpha = sp.symbols("x mu alpha", real=True)
y, s, a, b, c, k, lam, nu = sp.symbols("y sigma a b c k lambda nu", positive=True)
j = sp.Symbol("j", integer=True, nonnegative=True)
m = sp.Symbol("m", integer=True, nonnegative=True)
z = (x - mu) / s


def density(p: sp.Expr, ranges: dict, coordinates: tuple, **options: object) -> Callable[[], StatisticalManifold]:
    return lambda: StatisticalManifold.from_density(p, ranges, coordinates, **options)


def bump(u: sp.Expr) -> sp.Expr:
    return sp.exp(-(u**2) / 2) / sp.sqrt(2 * sp.pi)


def below(u: sp.Expr) -> sp.Expr:
    return (1 + sp.erf(u / sp.sqrt(2))) / 2


_COUNTS = sp.Sum(lam**m / sp.factorial(m) ** nu, (m, 0, oo))

DENSITIES = {
    "Davis": density(
        b**nu * y ** (-1 - nu) / ((sp.exp(b / y) - 1) * sp.gamma(nu) * sp.zeta(nu)),
        {y: (0, oo)},
        (b, nu),
        domain={nu: (2, 6)},
    ),
    "raised cosine": density((1 + sp.cos(sp.pi * z)) / (2 * s), {x: (mu - s, mu + s)}, (mu, s)),
    "log-Cauchy": density(s / (sp.pi * y * (s**2 + (sp.log(y) - mu) ** 2)), {y: (0, oo)}, (mu, s)),
    "Conway–Maxwell–Poisson": density(lam**j / sp.factorial(j) ** nu / _COUNTS, {j: (0, oo, "discrete")}, (lam, nu)),
    "truncated normal": density(bump(z) / s / (below((1 - mu) / s) - below(-mu / s)), {x: (0, 1)}, (mu, s)),
    "half-truncated normal": density(bump(z) / s / below(mu / s), {x: (0, oo)}, (mu, s)),
    "skew normal": density(2 * bump(z) / s * below(alpha * z), {x: (-oo, oo)}, (mu, s, alpha)),
    "Weibull": density(k / lam * (y / lam) ** (k - 1) * sp.exp(-((y / lam) ** k)), {y: (0, oo)}, (k, lam)),
    "Kumaraswamy": density(a * b * y ** (a - 1) * (1 - y**a) ** (b - 1), {y: (0, 1)}, (a, b)),
    "Burr": density(c * k * y ** (c - 1) / (1 + y**c) ** (k + 1), {y: (0, oo)}, (c, k)),
    "Burr with a scale": density(
        c * k / s * (y / s) ** (c - 1) / (1 + (y / s) ** c) ** (k + 1), {y: (0, oo)}, (c, k, s)
    ),
    "beta-binomial, n = 10": density(
        sp.binomial(10, j) * sp.beta(j + a, 10 - j + b) / sp.beta(a, b), {j: (0, 10, "discrete")}, (a, b)
    ),
}

REFUSED = {
    "uniform on (a, c)": density(1 / (c - a), {x: (a, c)}, (a, c)),
    "uniform on (θ, θ + 1)": density(sp.S.One, {x: (mu, mu + 1)}, (mu,)),
    "a rounded constant": density(0.3989422804014327 * sp.exp(-((x - mu) ** 2) / 2), {x: (-oo, oo)}, (mu,)),
}
