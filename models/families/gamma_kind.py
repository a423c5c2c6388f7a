"""Families built on gamma and beta integrals: waiting times, proportions, correlated pairs."""

from __future__ import annotations

import sympy as sp
from chentsov.geometry.exact.errors import InputError

from .record import Family, family

R = sp.Rational
oo = sp.oo
POSITIVE = (0, oo)
ARWINI = "Arwini & Dodson, Information Geometry: Near Randomness and Near Independence, LNM 1953 (2008)"


def trigamma(z: sp.Expr) -> sp.Expr:
    """ψ′."""
    return sp.polygamma(1, z)


@family
def exponential() -> Family:
    """Waiting times with rate λ; I = 1/λ²."""
    lam, x = sp.symbols("lambda x", positive=True)
    return Family(
        "exponential", "exponential family of waiting times", {x: (0, oo)}, (lam,), {lam: POSITIVE},
        density=lam * sp.exp(-lam * x),
        closed_forms={"metric": [[lam**-2]], "amari_chentsov": {(0, 0, 0): -2 / lam**3}},
        source="Amari & Nagaoka, Methods of Information Geometry (2000), ch. 2", sample={lam: R(3, 2)},
    )  # fmt: skip


@family
def gamma() -> Family:
    """Shape κ and mean m, which are orthogonal: g = diag(ψ′(κ) − 1/κ, κ/m²)."""
    k, m, x = sp.symbols("kappa m x", positive=True)
    t = trigamma(k)
    return Family(
        "gamma", "gamma family", {x: (0, oo)}, (k, m), {k: POSITIVE, m: POSITIVE},
        log_density=k * sp.log(k / m) - sp.loggamma(k) + (k - 1) * sp.log(x) - k * x / m,
        closed_forms={
            "metric": [[t - 1 / k, 0], [0, k / m**2]],
            "ricci_scalar": (t + k * sp.polygamma(2, k)) / (2 * (k * t - 1) ** 2),
        },
        source=ARWINI, sample={k: R(3, 2), m: R(4, 5)},
    )  # fmt: skip


@family
def inverse_gamma() -> Family:
    """1/x is gamma distributed: shape a, scale b."""
    a, b, x = sp.symbols("a b x", positive=True)
    return Family(
        "inverse_gamma", "inverse gamma family", {x: (0, oo)}, (a, b), {a: POSITIVE, b: POSITIVE},
        log_density=a * sp.log(b) - sp.loggamma(a) - (a + 1) * sp.log(x) - b / x,
        closed_forms={
            "metric": [[trigamma(a), -1 / b], [-1 / b, a / b**2]],
            "ricci_scalar": (trigamma(a) + a * sp.polygamma(2, a)) / (2 * (a * trigamma(a) - 1) ** 2),
        },
        source="isometric to the gamma family by x -> 1/x; " + ARWINI, sample={a: R(5, 2), b: R(4, 5)},
    )  # fmt: skip


@family
def chi_square() -> Family:
    """ν degrees of freedom; I = ψ′(ν/2)/4."""
    nu, x = sp.symbols("nu x", positive=True)
    return Family(
        "chi_square", "chi-square family", {x: (0, oo)}, (nu,), {nu: POSITIVE},
        log_density=(nu / 2 - 1) * sp.log(x) - x / 2 - nu / 2 * sp.log(2) - sp.loggamma(nu / 2),
        closed_forms={"metric": [[trigamma(nu / 2) / 4]], "amari_chentsov": {(0, 0, 0): sp.polygamma(2, nu / 2) / 8}},
        source="derivatives of log Γ(ν/2); Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 1 (1994), "
               "ch. 18",
        sample={nu: R(7, 2)},
    )  # fmt: skip


@family
def beta() -> Family:
    """Proportions with exponents a, b; the log-partition is the logarithm of Euler's beta function."""
    a, b, x = sp.symbols("a b x", positive=True)
    A, B, C = trigamma(a), trigamma(b), trigamma(a + b)
    A2, B2, C2 = (sp.polygamma(2, z) for z in (a, b, a + b))
    det = A * B - C * (A + B)
    return Family(
        "beta", "beta family", {x: (0, 1)}, (a, b), {a: POSITIVE, b: POSITIVE},
        log_density=(a - 1) * sp.log(x) + (b - 1) * sp.log(1 - x) + sp.loggamma(a + b) - sp.loggamma(a)
        - sp.loggamma(b),
        closed_forms={
            "metric": [[A - C, -C], [-C, B - C]],
            "ricci_scalar": A2 * B2 * C2 * (A / A2 + B / B2 - C / C2) / (2 * det**2),
        },
        source="Le Brigant & Puechmorel, The Fisher-Rao geometry of beta distributions applied to the study of "
               "canonical moments, arXiv:1904.08247",
        sample={a: 2, b: 3},
    )  # fmt: skip


@family
def dirichlet(k: int = 3) -> Family:
    """k proportions with sum 1; g_ij = δ_ij ψ′(a_i) − ψ′(Σa)."""
    if k < 2:
        raise InputError(f"a Dirichlet family needs at least 2 proportions, not {k}")
    a = sp.symbols(f"a1:{k + 1}", positive=True)
    xs = sp.symbols(f"x1:{k}", positive=True)
    total = sp.Add(*a)
    last = 1 - sp.Add(*xs)
    variables, left = {}, sp.S.One
    for x in xs:
        variables[x] = (0, left)
        left -= x
    log_p = sp.loggamma(total) - sp.Add(*(sp.loggamma(e) for e in a))
    log_p += sp.Add(*((e - 1) * sp.log(x) for e, x in zip(a, (*xs, last))))
    return Family(
        "dirichlet", f"Dirichlet family on {k} proportions", variables, a, {e: POSITIVE for e in a},
        log_density=log_p,
        closed_forms={
            "metric": [[(trigamma(a[i]) if i == j else 0) - trigamma(total) for j in range(k)] for i in range(k)]
        },
        source="Le Brigant, Preston & Puechmorel, Fisher-Rao geometry of Dirichlet distributions, Differential Geom. "
               "Appl. 74 (2021) 101702",
        sample={e: R(3 + 2 * i, 2) for i, e in enumerate(a)},
    )  # fmt: skip


@family
def mckay() -> Family:
    """McKay's bivariate gamma family on 0 < x < y with exponents a₁, a₂ and rate c."""
    a1, c, a2, x, y = sp.symbols("a1 c a2 x y", positive=True)
    return Family(
        "mckay", "McKay bivariate gamma family", {x: (0, oo), y: (x, oo)}, (a1, c, a2),
        {a1: POSITIVE, c: POSITIVE, a2: POSITIVE},
        log_density=(a1 + a2) * sp.log(c) + (a1 - 1) * sp.log(x) + (a2 - 1) * sp.log(y - x) - c * y
        - sp.loggamma(a1) - sp.loggamma(a2),
        closed_forms={"metric": [[trigamma(a1), -1 / c, 0], [-1 / c, (a1 + a2) / c**2, -1 / c],
                [0, -1 / c, trigamma(a2)]]},
        source=ARWINI + ", ch. 4", sample={a1: R(13, 10), c: R(6, 5), a2: R(9, 10)},
    )  # fmt: skip
