"""Families built on the Gaussian integral and its powers."""

from __future__ import annotations

import sympy as sp

from .record import Family, family

R = sp.Rational
oo = sp.oo
REAL = (-oo, oo)
POSITIVE = (0, oo)
AMARI = "Amari & Nagaoka, Methods of Information Geometry (2000)"


@family
def normal() -> Family:
    """Mean μ and standard deviation σ: the hyperbolic plane with R = −1."""
    m, x = sp.symbols("mu x", real=True)
    s = sp.Symbol("sigma", positive=True)
    return Family(
        "normal", "normal family", {x: REAL}, (m, s), {m: REAL, s: POSITIVE},
        density=sp.exp(-((x - m) ** 2) / (2 * s**2)) / (sp.sqrt(2 * sp.pi) * s),
        closed_forms={
            "metric": [[s**-2, 0], [0, 2 / s**2]], "ricci_scalar": sp.S.NegativeOne,
            "amari_chentsov": {(0, 0, 1): 2 / s**3, (1, 1, 1): 8 / s**3},
        },
        source=AMARI + ", ch. 2", sample={m: R(1, 3), s: R(7, 5)},
    )  # fmt: skip


@family
def log_normal() -> Family:
    """log x is normal: the same geometry, since x -> log x is sufficient."""
    m = sp.Symbol("mu", real=True)
    s, x = sp.symbols("sigma x", positive=True)
    return Family(
        "log_normal", "log-normal family", {x: (0, oo)}, (m, s), {m: REAL, s: POSITIVE},
        density=sp.exp(-((sp.log(x) - m) ** 2) / (2 * s**2)) / (sp.sqrt(2 * sp.pi) * s * x),
        closed_forms={"metric": [[s**-2, 0], [0, 2 / s**2]], "ricci_scalar": sp.S.NegativeOne},
        source=AMARI, sample={m: R(1, 3), s: R(7, 5)},
    )  # fmt: skip


@family
def multivariate_normal(d: int = 2) -> Family:
    """Means μ_i and covariances s_ij (i ≤ j): ds² = dμᵀΣ⁻¹dμ + ½ tr(Σ⁻¹dΣ Σ⁻¹dΣ), R = −d(d + 1)²/4."""
    if d < 1:
        raise ValueError(f"the dimension of a normal vector must be at least 1, not {d}")
    mu = sp.symbols(f"mu1:{d + 1}", real=True)
    xs = sp.symbols(f"x1:{d + 1}", real=True)
    index = [(i, j) for i in range(d) for j in range(i, d)]
    s = {ij: sp.Symbol(f"s{ij[0] + 1}{ij[1] + 1}", real=True, positive=True if ij[0] == ij[1] else None) for ij in index}
    cov = sp.Matrix(d, d, lambda i, j: s[min(i, j), max(i, j)])
    det = sp.expand(cov.det(method="berkowitz"))
    away = sp.Matrix([x - m for x, m in zip(xs, mu)])
    square = (away.T * cov.adjugate() * away)[0] / det
    unit = {ij: sp.Matrix(d, d, lambda a, b: int((min(a, b), max(a, b)) == ij)) for ij in index}
    precision = cov.adjugate() / det
    sigma_block = [[sp.trace(precision * unit[p] * precision * unit[q]) / 2 for q in index] for p in index]
    n = d + len(index)
    metric = [
        [precision[i, j] if i < d and j < d else sigma_block[i - d][j - d] if i >= d and j >= d else 0 for j in range(n)]
        for i in range(n)
    ]
    sample = {m: R(i + 1, 3) for i, m in enumerate(mu)}
    sample |= {v: R(3 + i, 2) if i == j else R(1, 4 + i + j) for (i, j), v in s.items()}
    return Family(
        "multivariate_normal", f"normal family in {d} dimensions", {x: REAL for x in xs}, (*mu, *s.values()),
        {**{m: REAL for m in mu}, **{v: POSITIVE if i == j else REAL for (i, j), v in s.items()}},
        log_density=-square / 2 - sp.log(det) / 2 - R(d, 2) * sp.log(2 * sp.pi),
        closed_forms={"metric": metric, "ricci_scalar": -R(d * (d + 1) ** 2, 4)},
        source="Skovgaard, A Riemannian geometry of the multivariate normal model, Scand. J. Statist. 11 (1984)",
        condition="Σ positive definite", sample=sample,
    )  # fmt: skip


@family
def inverse_gaussian() -> Family:
    """First-passage times with mean μ and shape λ: g = diag(λ/μ³, 1/(2λ²)), R = −1."""
    m, lam, x = sp.symbols("mu lambda x", positive=True)
    return Family(
        "inverse_gaussian", "inverse Gaussian family", {x: (0, oo)}, (m, lam), {m: POSITIVE, lam: POSITIVE},
        density=sp.sqrt(lam / (2 * sp.pi * x**3)) * sp.exp(-lam * (x - m) ** 2 / (2 * m**2 * x)),
        closed_forms={"metric": [[lam / m**3, 0], [0, 1 / (2 * lam**2)]], "ricci_scalar": sp.S.NegativeOne},
        source="Tweedie, Statistical properties of inverse Gaussian distributions, Ann. Math. Statist. 28 (1957); curvature by differentiation", sample={m: R(3, 2), lam: R(4, 5)},
    )  # fmt: skip


@family
def rayleigh() -> Family:
    """The length of a plane Gaussian vector of scale σ; I = 4/σ²."""
    s, x = sp.symbols("sigma x", positive=True)
    return Family(
        "rayleigh", "Rayleigh family", {x: (0, oo)}, (s,), {s: POSITIVE},
        density=x / s**2 * sp.exp(-(x**2) / (2 * s**2)),
        closed_forms={"metric": [[4 / s**2]]},
        source="Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 1 (1994), ch. 18", sample={s: R(4, 3)},
    )  # fmt: skip


@family
def maxwell() -> Family:
    """The length of a Gaussian vector in space of scale a; I = 6/a²."""
    a, x = sp.symbols("a x", positive=True)
    return Family(
        "maxwell", "Maxwell family", {x: (0, oo)}, (a,), {a: POSITIVE},
        density=sp.sqrt(2 / sp.pi) * x**2 / a**3 * sp.exp(-(x**2) / (2 * a**2)),
        closed_forms={"metric": [[6 / a**2]]},
        source="Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 1 (1994), ch. 18", sample={a: R(4, 3)},
    )  # fmt: skip


@family
def generalised_normal() -> Family:
    """p ∝ exp(−|(x − μ)/α|^β), shape β fixed and > 1/2: Laplace for β = 1, normal for β = 2."""
    m, x = sp.symbols("mu x", real=True)
    a, b = sp.symbols("alpha beta", positive=True)
    scale = b * (b - 1) * sp.gamma(1 - 1 / b) / sp.gamma(1 / b)
    return Family(
        "generalised_normal", "generalised normal family", {x: REAL}, (m, a), {m: REAL, a: POSITIVE, b: (sp.S.One, oo)},
        density=b / (2 * a * sp.gamma(1 / b)) * sp.exp(-((sp.Abs(x - m) / a) ** b)),
        closed_forms={"metric": [[scale / a**2, 0], [0, b / a**2]], "ricci_scalar": -2 / b},
        source="Nadarajah, A generalized normal distribution, J. Appl. Statist. 32 (2005)",
        sample={m: R(1, 3), a: R(7, 5), b: R(5, 2)},
    )  # fmt: skip
