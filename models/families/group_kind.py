"""Location–scale and power families: the geometry is that of a group, with R constant in the plane."""

from __future__ import annotations

import sympy as sp

from .record import Family, family

R = sp.Rational
oo = sp.oo
REAL = (-oo, oo)
POSITIVE = (0, oo)
OLLER = "Oller, Information metric for extreme value and logistic probability distributions, Sankhya A 49 (1987)"


@family
def weibull() -> Family:
    """Shape k and scale λ: R = −12/π²."""
    k, lam, x = sp.symbols("k lambda x", positive=True)
    euler = 1 - sp.EulerGamma
    return Family(
        "weibull", "Weibull family", {x: (0, oo)}, (k, lam), {k: POSITIVE, lam: POSITIVE},
        density=k / lam * (x / lam) ** (k - 1) * sp.exp(-((x / lam) ** k)),
        closed_forms={
            "metric": [[(sp.pi**2 / 6 + euler**2) / k**2, -euler / lam], [-euler / lam, k**2 / lam**2]],
            "ricci_scalar": -12 / sp.pi**2,
        },
        source=OLLER, sample={k: R(5, 2), lam: R(2, 3)},
    )  # fmt: skip


@family
def gumbel() -> Family:
    """Largest values, location μ and scale b: R = −12/π²."""
    m, x = sp.symbols("mu x", real=True)
    b = sp.Symbol("b", positive=True)
    euler = 1 - sp.EulerGamma
    z = (x - m) / b
    return Family(
        "gumbel", "Gumbel family", {x: REAL}, (m, b), {m: REAL, b: POSITIVE},
        density=sp.exp(-z - sp.exp(-z)) / b,
        closed_forms={
            "metric": [[b**-2, -euler / b**2], [-euler / b**2, (sp.pi**2 / 6 + euler**2) / b**2]],
            "ricci_scalar": -12 / sp.pi**2,
        },
        source=OLLER, sample={m: -R(3, 2), b: R(2, 3)},
    )  # fmt: skip


@family
def pareto() -> Family:
    """Power law above the bound t: not regular, since the support moves; g = E[s s] has R = −2."""
    t, a, x = sp.symbols("t a x", positive=True)
    return Family(
        "pareto", "Pareto family", {x: (t, oo)}, (t, a), {t: POSITIVE, a: POSITIVE},
        density=a * t**a / x ** (a + 1),
        closed_forms={"metric": [[a**2 / t**2, 0], [0, a**-2]], "ricci_scalar": -sp.Integer(2)},
        source="Li, Sun & Peng, Fisher-Rao geometry and Jeffreys prior for Pareto distribution, arXiv:1907.06006",
        sample={t: R(3, 2), a: R(5, 2)},
    )  # fmt: skip


@family
def laplace() -> Family:
    """Two-sided exponential with a kink at μ: g = 1/b² on both, but −E[∂∂ℓ] misses the kink."""
    m, x = sp.symbols("mu x", real=True)
    b = sp.Symbol("b", positive=True)
    return Family(
        "laplace", "Laplace family", {x: REAL}, (m, b), {m: REAL, b: POSITIVE},
        density=sp.exp(-sp.Abs(x - m) / b) / (2 * b),
        closed_forms={"metric": [[b**-2, 0], [0, b**-2]], "ricci_scalar": -sp.Integer(2)},
        source="Kotz, Kozubowski & Podgórski, The Laplace Distribution and Generalizations (2001), ch. 2",
        sample={m: R(1, 3), b: R(7, 5)},
    )  # fmt: skip


@family
def logistic() -> Family:
    """Location μ and scale s: R = −18/(3 + π²)."""
    m, x = sp.symbols("mu x", real=True)
    s = sp.Symbol("s", positive=True)
    e = sp.exp(-(x - m) / s)
    return Family(
        "logistic", "logistic family", {x: REAL}, (m, s), {m: REAL, s: POSITIVE},
        density=e / (s * (1 + e) ** 2),
        closed_forms={
            "metric": [[1 / (3 * s**2), 0], [0, (3 + sp.pi**2) / (9 * s**2)]], "ricci_scalar": -18 / (3 + sp.pi**2),
        },
        source=OLLER, sample={m: R(1, 3), s: R(7, 5)},
    )  # fmt: skip


@family
def cauchy() -> Family:
    """Location μ and scale γ: g = ½γ⁻² on both, R = −4, although no moment exists; all ∇^(α) agree with Levi-Civita."""
    m, x = sp.symbols("mu x", real=True)
    g = sp.Symbol("gamma", positive=True)
    return Family(
        "cauchy", "Cauchy family", {x: REAL}, (m, g), {m: REAL, g: POSITIVE},
        density=g / (sp.pi * (g**2 + (x - m) ** 2)),
        closed_forms={
            "metric": [[1 / (2 * g**2), 0], [0, 1 / (2 * g**2)]], "ricci_scalar": -sp.Integer(4), "amari_chentsov": {},
        },
        source="Mitchell, Statistical manifolds of univariate elliptic distributions, Int. Statist. Rev. 56 (1988)",
        sample={m: R(1, 3), g: R(7, 5)},
    )  # fmt: skip


@family
def student_t() -> Family:
    """Location μ and scale σ with ν degrees of freedom fixed: R = −(ν + 3)/ν."""
    m, x = sp.symbols("mu x", real=True)
    s, nu = sp.symbols("sigma nu", positive=True)
    head = sp.gamma((nu + 1) / 2) / (sp.gamma(nu / 2) * sp.sqrt(nu * sp.pi) * s)
    return Family(
        "student_t", "Student t family", {x: REAL}, (m, s), {m: REAL, s: POSITIVE, nu: POSITIVE},
        density=head * (1 + ((x - m) / s) ** 2 / nu) ** (-(nu + 1) / 2),
        closed_forms={
            "metric": [[(nu + 1) / ((nu + 3) * s**2), 0], [0, 2 * nu / ((nu + 3) * s**2)]],
            "ricci_scalar": -(nu + 3) / nu,
        },
        source="Mitchell, Statistical manifolds of univariate elliptic distributions, Int. Statist. Rev. 56 (1988)",
        sample={m: R(1, 3), s: R(7, 5), nu: R(9, 2)},
    )  # fmt: skip


@family
def freund() -> Family:
    """Two components that load each other when one fails: lifetimes x, y with rates before and after; R = 3/2."""
    a1, b1, a2, b2, x, y = sp.symbols("a1 b1 a2 b2 x y", positive=True)
    total = a1 + a2
    diagonal = [1 / (a1 * total), a2 / (b1**2 * total), 1 / (a2 * total), a1 / (b2**2 * total)]
    return Family(
        "freund", "Freund bivariate exponential family", {}, (a1, b1, a2, b2), {s: POSITIVE for s in (a1, b1, a2, b2)},
        pieces=(
            (a1 * b2 * sp.exp(-b2 * y - (total - b2) * x), {x: (0, oo), y: (x, oo)}),
            (a2 * b1 * sp.exp(-b1 * x - (total - b1) * y), {y: (0, oo), x: (y, oo)}),
        ),
        closed_forms={
            "metric": [[diagonal[i] if i == j else 0 for j in range(4)] for i in range(4)], "ricci_scalar": R(3, 2),
        },
        source="Arwini & Dodson, LNM 1953 (2008), ch. 4",
        sample={a1: R(7, 10), b1: R(13, 10), a2: R(2, 5), b2: R(11, 5)},
    )  # fmt: skip
