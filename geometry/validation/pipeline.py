r"""From the jets of a metric to its curvature, one replaceable stage a formula.

The stages, with g_ij,k = ∂_k g_ij stored as ``dg[..., i, j, k]``:

* ``invert``:     (g, ∂g) → (g⁻¹, ∂g⁻¹)
* ``lower``:      Γ_{i,jk} = ½ (∂_j g_ik + ∂_k g_ij − ∂_i g_jk), linear in ∂g
* ``raise_first``: Γ^i_jk = g^im Γ_{m,jk}, linear in g⁻¹ and in Γ_{m,jk}
* ``curve``:      R^i_jkl = ∂_k Γ^i_jl − ∂_l Γ^i_jk + Γ^i_km Γ^m_jl − Γ^i_lm Γ^m_jk
* ``contract``:   Ric_jl = R^i_jil
* ``trace``:      R = g^jl Ric_jl
* ``laplace``:    Δf = g^ij ∂_i∂_j f − g^ij Γ^k_ij ∂_k f

As ``lower`` is linear and ``raise_first`` bilinear, ∂Γ is the product rule applied to the same
stages; so a mistaken Γ brings its own, equally mistaken, ∂Γ, as it does in a program that
differentiates its own Christoffel function.  A *mistake* of the validator is nothing but a
pipeline with one stage replaced.

The arrays may hold float64, long double or ``arb`` balls (dtype object); leading axes are
points.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np

__all__ = ["QUANTITIES", "Jets", "Pipeline", "combination", "contraction", "product"]

Array = Any


def contraction(indices: str, *arrays: Array) -> Array:
    """``einsum`` with the leading point axes understood: ``contraction("im,mjk->ijk", a, b)``."""
    return np.einsum(_with_points(indices), *arrays)


@cache
def _with_points(indices: str) -> str:
    inputs, output = indices.split("->")
    return ",".join("..." + part for part in inputs.split(",")) + "->..." + output


def combination(*terms: tuple[float, str]) -> Callable[[Array], Array]:
    """The linear map Σ c · (transposed array): ``combination((0.5, "ikj->ijk"), …)``."""

    def apply(array: Array) -> Array:
        return sum(c * contraction(indices, array) for c, indices in terms)

    return apply


def product(*terms: tuple[float, str]) -> Callable[..., Array]:
    """The multilinear map Σ c · einsum of several arrays."""

    def apply(*arrays: Array) -> Array:
        return sum(c * contraction(indices, *arrays) for c, indices in terms)

    return apply


@dataclass(frozen=True)
class Jets:
    """The metric and its derivatives at points; optionally the jets of a function f.

    ``g[..., i, j]``, ``dg[..., i, j, k]`` = ∂_k g_ij, ``ddg[..., i, j, k, l]`` = ∂_k ∂_l g_ij.
    """

    g: Array
    dg: Array
    ddg: Array
    f: Array = None
    df: Array = None
    ddf: Array = None

    @property
    def dim(self) -> int:
        return self.g.shape[-1]

    def scaled(self, factor: Any) -> Jets:
        """The jets of factor · g."""
        return replace(self, g=self.g * factor, dg=self.dg * factor, ddg=self.ddg * factor)


def _solve_objects(g: Array) -> Array:
    from flint import arb_mat

    flat = g.reshape(-1, *g.shape[-2:])
    out = np.empty_like(flat)
    for p, matrix in enumerate(flat):
        inverse = arb_mat(matrix.tolist()).inv()
        for i in range(g.shape[-1]):
            for j in range(g.shape[-1]):
                out[p, i, j] = inverse[i, j]
    return out.reshape(g.shape)


def inverse(g: Array) -> Array:
    """g⁻¹ in the arithmetic of g; long double by two Newton steps from the float64 inverse."""
    if g.dtype == object:
        return _solve_objects(g)
    # Rows and columns are scaled to a unit diagonal first: units then cost no digits.
    scale = np.sqrt(np.abs(np.einsum("...ii->...i", g)))
    scale = np.where(scale > 0, scale, 1.0).astype(g.dtype)
    unit = g / scale[..., :, None] / scale[..., None, :]
    with np.errstate(all="ignore"):
        try:
            x = np.linalg.inv(unit.astype(np.float64)).astype(g.dtype)
        except np.linalg.LinAlgError:
            return np.full_like(g, np.nan)
        if g.dtype != np.float64:
            two = 2 * np.eye(g.shape[-1], dtype=g.dtype)
            for _ in range(2):
                x = contraction("ij,jk->ik", x, two - contraction("ij,jk->ik", unit, x))
    return x / scale[..., :, None] / scale[..., None, :]


_LAST_INVERSES: list[tuple[Array, Array]] = []


def _inverse_once(g: Array) -> Array:
    """`inverse`, remembered for the few arrays that thousands of mistakes share."""
    for known, x in _LAST_INVERSES:
        if known is g:
            return x
    x = inverse(g)
    _LAST_INVERSES.append((g, x))
    del _LAST_INVERSES[:-8]
    return x


def true_inverse(g: Array, dg: Array) -> tuple[Array, Array]:
    """g⁻¹ and ∂_k g^ij = −g^ia g^bj ∂_k g_ab."""
    x = _inverse_once(g)
    return x, -contraction("ia,abk,bj->ijk", x, dg, x)


true_lower = combination((0.5, "ikj->ijk"), (0.5, "ijk->ijk"), (-0.5, "jki->ijk"))
true_raise = product((1, "im,mjk->ijk"))
true_linear = combination((1, "ijlk->ijkl"), (-1, "ijkl->ijkl"))
true_quadratic = product((1, "ikm,mjl->ijkl"), (-1, "ilm,mjk->ijkl"))


def true_curve(gamma: Array, dgamma: Array) -> Array:
    return true_linear(dgamma) + true_quadratic(gamma, gamma)


def true_contract(riemann: Array, ginv: Array, g: Array) -> Array:
    return contraction("ijil->jl", riemann)


def true_trace(ricci: Array, ginv: Array, riemann: Array, g: Array) -> Array:
    return contraction("jl,jl->", ginv, ricci)


def true_laplace(ginv: Array, gamma: Array, jets: Jets) -> Array:
    second = contraction("ij,ij->", ginv, jets.ddf)
    return second - contraction("ij,kij,k->", ginv, gamma, jets.df)


def _identity_output(output: Array, n: int) -> Array:
    return output


# Name -> rank (the number of index axes of the result).
QUANTITIES: dict[str, int] = {
    "metric": 2,
    "inverse_metric": 2,
    "determinant": 0,
    "metric_derivative": 3,
    "christoffel_first": 3,
    "christoffel": 3,
    "riemann": 4,
    "riemann_lowered": 4,
    "ricci": 2,
    "ricci_scalar": 0,
    "gaussian_curvature": 0,
    "einstein": 2,
    "weyl": 4,
    "kretschmann": 0,
    "laplacian": 0,
}


@dataclass(frozen=True)
class Pipeline:
    """The stages from jets to curvature; ``Pipeline()`` is the true one."""

    prepare: Callable[[Jets], Jets] = lambda jets: jets
    invert: Callable[[Array, Array], tuple[Array, Array]] = true_inverse
    lower: Callable[[Array], Array] = true_lower
    raise_first: Callable[[Array, Array], Array] = true_raise
    curve: Callable[[Array, Array], Array] = true_curve
    contract: Callable[[Array, Array, Array], Array] = true_contract
    trace: Callable[[Array, Array, Array, Array], Array] = true_trace
    laplace: Callable[[Array, Array, Jets], Array] = true_laplace
    output: Callable[[Array, int], Array] = _identity_output
    # Another quantity handed back than the one asked for.
    returned: Callable[[Run], Array] | None = None
    # Full replacement of a quantity's formula, seen by all that follows: name -> function of this run.
    formulas: dict[str, Callable[[Run], Array]] = field(default_factory=dict)

    def run(self, jets: Jets) -> Run:
        """All intermediate quantities at the given jets, each computed when first asked for."""
        return Run(self, self.prepare(jets))


class Run:
    """One pipeline at some points: every quantity by name, lazily."""

    def __init__(self, pipeline: Pipeline, jets: Jets):
        self.pipeline = pipeline
        self.jets = jets
        self._known: dict[str, Array] = {}

    @property
    def dim(self) -> int:
        return self.jets.dim

    def output(self, quantity: str) -> Array:
        """The quantity as the program would return it."""
        returned = self.pipeline.returned
        return self.pipeline.output(self[quantity] if returned is None else returned(self), self.dim)

    def __getitem__(self, name: str) -> Array:
        if name not in self._known:
            replaced = self.pipeline.formulas.get(name)
            self._known[name] = replaced(self) if replaced else getattr(self, "_" + name)()
        return self._known[name]

    def _metric(self) -> Array:
        return self.jets.g

    def _metric_derivative(self) -> Array:
        return self.jets.dg

    def _metric_second_derivative(self) -> Array:
        return self.jets.ddg

    def _inverses(self) -> tuple[Array, Array]:
        return self.pipeline.invert(self.jets.g, self.jets.dg)

    def _inverse_metric(self) -> Array:
        return self["inverses"][0]

    def _determinant(self) -> Array:
        g = self.jets.g
        if g.dtype == object:
            from flint import arb_mat

            flat = g.reshape(-1, *g.shape[-2:])
            values = np.array([arb_mat(m.tolist()).det() for m in flat], dtype=object)
            return values.reshape(g.shape[:-2])
        return _determinant(g)

    def _christoffel_first(self) -> Array:
        return self.pipeline.lower(self.jets.dg)

    def _christoffel(self) -> Array:
        return self.pipeline.raise_first(self["inverse_metric"], self["christoffel_first"])

    def _christoffel_derivative(self) -> Array:
        """∂_l Γ^i_jk as [..., i, j, k, l], by the product rule on the stages."""
        ginv, dginv = self["inverses"]
        lower, raise_first = self.pipeline.lower, self.pipeline.raise_first
        slices = [
            raise_first(dginv[..., l], self["christoffel_first"]) + raise_first(ginv, lower(self.jets.ddg[..., l]))
            for l in range(self.dim)
        ]
        return np.stack(slices, axis=-1)

    def _riemann(self) -> Array:
        return self.pipeline.curve(self["christoffel"], self["christoffel_derivative"])

    def _riemann_lowered(self) -> Array:
        return contraction("im,mjkl->ijkl", self.jets.g, self["riemann"])

    def _ricci(self) -> Array:
        return self.pipeline.contract(self["riemann"], self["inverse_metric"], self.jets.g)

    def _ricci_scalar(self) -> Array:
        return self.pipeline.trace(self["ricci"], self["inverse_metric"], self["riemann"], self.jets.g)

    def _gaussian_curvature(self) -> Array:
        return self["ricci_scalar"] / 2

    def _einstein(self) -> Array:
        return self["ricci"] - self["ricci_scalar"][..., None, None] * self.jets.g / 2

    def _kretschmann(self) -> Array:
        x = self["inverse_metric"]
        raised = contraction("ja,iakl->ijkl", x, self["riemann"])
        raised = contraction("kb,ijbl->ijkl", x, raised)
        raised = contraction("lc,ijkc->ijkl", x, raised)
        return contraction("ijkl,ijkl->", self["riemann_lowered"], raised)

    def _weyl(self) -> Array:
        n, g, ricci, scalar = self.dim, self.jets.g, self["ricci"], self["ricci_scalar"]
        if n < 3:
            return 0 * self["riemann_lowered"]
        mixed = product((1, "ik,jl->ijkl"), (-1, "il,jk->ijkl"), (-1, "jk,il->ijkl"), (1, "jl,ik->ijkl"))
        pure = product((1, "ik,jl->ijkl"), (-1, "il,jk->ijkl"))
        scalar = scalar[..., None, None, None, None]
        return self["riemann_lowered"] - mixed(ricci, g) / (n - 2) + scalar * pure(g, g) / ((n - 1) * (n - 2))

    def _laplacian(self) -> Array:
        return self.pipeline.laplace(self["inverse_metric"], self["christoffel"], self.jets)


def _determinant(g: Array) -> Array:
    n = g.shape[-1]
    if n == 1:
        return g[..., 0, 0]
    total = 0
    for j in range(n):
        minor = np.delete(np.delete(g, 0, axis=-2), j, axis=-1)
        total = total + (-1) ** j * g[..., 0, j] * _determinant(minor)
    return total
