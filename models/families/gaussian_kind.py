"""Families built on the Gaussian integral and its powers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp
from chentsov.geometry.exact.errors import InputError

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
        raise InputError(f"the dimension of a normal vector must be at least 1, not {d}")
    v = _vector(d)
    half_traces = [[sp.trace(v.inverse * e * v.inverse * f) / 2 for f in v.units] for e in v.units]
    return Family(
        "multivariate_normal", f"normal family in {d} dimensions", {x: REAL for x in v.variables}, v.coordinates,
        v.domain,
        log_density=-v.square / 2 - sp.log(v.determinant) / 2 - R(d, 2) * sp.log(2 * sp.pi),
        closed_forms={"metric": v.blocks(v.inverse, half_traces), "ricci_scalar": -R(d * (d + 1) ** 2, 4)},
        source="Skovgaard, A Riemannian geometry of the multivariate normal model, Scand. J. Statist. 11 (1984)",
        conditions=v.positive_definite, sample=v.sample,
    )  # fmt: skip


@family
def multivariate_t(d: int = 2) -> Family:
    """Location μ and scatter Σ, ν degrees of freedom fixed; with c = (ν + d)/(ν + d + 2) the metric is
    c dμᵀΣ⁻¹dμ + (c/2) tr(Σ⁻¹dΣ Σ⁻¹dΣ) − tr(Σ⁻¹dΣ)²/(2(ν + d + 2)), that of the normal family for ν → ∞."""
    if d < 1:
        raise InputError(f"the dimension of a t-distributed vector must be at least 1, not {d}")
    v = _vector(d)
    nu = sp.Symbol("nu", positive=True)
    c = (nu + d) / (nu + d + 2)

    def scatter(e: sp.Matrix, f: sp.Matrix) -> sp.Expr:
        p, q = v.inverse * e, v.inverse * f
        return c / 2 * sp.trace(p * q) - sp.trace(p) * sp.trace(q) / (2 * (nu + d + 2))

    head = sp.loggamma((nu + d) / 2) - sp.loggamma(nu / 2) - R(d, 2) * sp.log(nu * sp.pi) - sp.log(v.determinant) / 2
    return Family(
        "multivariate_t", f"t family in {d} dimensions", {x: REAL for x in v.variables}, v.coordinates,
        {**v.domain, nu: POSITIVE},
        log_density=head - (nu + d) / 2 * sp.log(1 + v.square / nu),
        closed_forms={"metric": v.blocks(c * v.inverse, [[scatter(e, f) for f in v.units] for e in v.units])},
        source="Lange, Little & Taylor, Robust statistical modeling using the t distribution, J. Amer. Statist. Assoc. "
               "84 (1989)",
        conditions=v.positive_definite, sample={**v.sample, nu: R(7, 2)},
    )  # fmt: skip


@dataclass(frozen=True)
class _Vector:
    """Symbols of a random vector with location μ and scatter Σ."""

    variables: tuple[sp.Symbol, ...]
    location: tuple[sp.Symbol, ...]
    scatter: Mapping[tuple[int, int], sp.Symbol]

    @property
    def coordinates(self) -> tuple[sp.Symbol, ...]:
        return (*self.location, *self.scatter.values())

    @property
    def domain(self) -> dict[sp.Symbol, tuple]:
        return {
            **{m: REAL for m in self.location},
            **{v: POSITIVE if i == j else REAL for (i, j), v in self.scatter.items()},
        }

    @property
    def sample(self) -> dict[sp.Symbol, sp.Expr]:
        sample = {m: R(i + 1, 3) for i, m in enumerate(self.location)}
        return sample | {v: R(3 + i, 2) if i == j else R(1, 4 + i + j) for (i, j), v in self.scatter.items()}

    @property
    def matrix(self) -> sp.Matrix:
        d = len(self.location)
        return sp.Matrix(d, d, lambda i, j: self.scatter[min(i, j), max(i, j)])

    @property
    def positive_definite(self) -> tuple[sp.Basic, ...]:
        """Σ is positive definite: its leading minors are positive (that of size one by declaration)."""
        minors = (self.matrix[:k, :k].det(method="berkowitz") for k in range(2, len(self.location) + 1))
        return tuple(sp.expand(minor) > 0 for minor in minors)

    @property
    def determinant(self) -> sp.Expr:
        return sp.expand(self.matrix.det(method="berkowitz"))

    @property
    def inverse(self) -> sp.Matrix:
        return self.matrix.adjugate() / self.determinant

    @property
    def square(self) -> sp.Expr:
        """(x − μ)ᵀ Σ⁻¹ (x − μ)."""
        away = sp.Matrix([x - m for x, m in zip(self.variables, self.location)])
        return (away.T * self.matrix.adjugate() * away)[0] / self.determinant

    @property
    def units(self) -> list[sp.Matrix]:
        """∂Σ/∂s_ij."""
        return [self.matrix.diff(v) for v in self.scatter.values()]

    def blocks(self, location: sp.Matrix, scatter: list[list[sp.Expr]]) -> list[list[sp.Expr]]:
        """A metric without a part that mixes location and scatter."""
        return sp.diag(location, sp.Matrix(scatter)).tolist()


def _vector(d: int) -> _Vector:
    index = [(i, j) for i in range(d) for j in range(i, d)]
    scatter = {(i, j): sp.Symbol(f"s{i + 1}{j + 1}", real=True, positive=True if i == j else None) for i, j in index}
    return _Vector(sp.symbols(f"x1:{d + 1}", real=True), sp.symbols(f"mu1:{d + 1}", real=True), scatter)


@family
def inverse_gaussian() -> Family:
    """First-passage times with mean μ and shape λ: g = diag(λ/μ³, 1/(2λ²)), R = −1."""
    m, lam, x = sp.symbols("mu lambda x", positive=True)
    return Family(
        "inverse_gaussian", "inverse Gaussian family", {x: (0, oo)}, (m, lam), {m: POSITIVE, lam: POSITIVE},
        density=sp.sqrt(lam / (2 * sp.pi * x**3)) * sp.exp(-lam * (x - m) ** 2 / (2 * m**2 * x)),
        closed_forms={"metric": [[lam / m**3, 0], [0, 1 / (2 * lam**2)]], "ricci_scalar": sp.S.NegativeOne},
        source="Tweedie, Statistical properties of inverse Gaussian distributions, Ann. Math. Statist. 28 (1957); "
               "curvature by differentiation", sample={m: R(3, 2), lam: R(4, 5)},
    )  # fmt: skip


@family
def rayleigh() -> Family:
    """The length of a plane Gaussian vector of scale σ; I = 4/σ²."""
    s, x = sp.symbols("sigma x", positive=True)
    return Family(
        "rayleigh", "Rayleigh family", {x: (0, oo)}, (s,), {s: POSITIVE},
        density=x / s**2 * sp.exp(-(x**2) / (2 * s**2)),
        closed_forms={"metric": [[4 / s**2]]},
        source="Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 1 (1994), ch. 18",
        sample={s: R(4, 3)},
    )  # fmt: skip


@family
def maxwell() -> Family:
    """The length of a Gaussian vector in space of scale a; I = 6/a²."""
    a, x = sp.symbols("a x", positive=True)
    return Family(
        "maxwell", "Maxwell family", {x: (0, oo)}, (a,), {a: POSITIVE},
        density=sp.sqrt(2 / sp.pi) * x**2 / a**3 * sp.exp(-(x**2) / (2 * a**2)),
        closed_forms={"metric": [[6 / a**2]]},
        source="Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 1 (1994), ch. 18",
        sample={a: R(4, 3)},
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
