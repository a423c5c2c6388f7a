r"""From the jets of a metric to its curvature: stages as data, so that a mistake is a stage with one thing replaced.

The stages, with g_ij,k = ∂_k g_ij stored as ``dg[..., i, j, k]``:

* ``invert``:      (g, ∂g) → (g⁻¹, ∂g⁻¹)
* ``lower``:       Γ_{i,jk} = ½ (∂_j g_ik + ∂_k g_ij − ∂_i g_jk), linear in ∂g
* ``raise_first``: Γ^i_jk = g^im Γ_{m,jk}, linear in g⁻¹ and in Γ_{m,jk}
* ``linear``, ``quadratic``: R^i_jkl = (∂_k Γ^i_jl − ∂_l Γ^i_jk) + (Γ^i_km Γ^m_jl − Γ^i_lm Γ^m_jk)
* ``contract``:    Ric_jl = R^i_jil
* ``trace``:       R = g^jl Ric_jl
* ``laplace``:     Δf = g^ij ∂_i∂_j f − g^ij Γ^k_ij ∂_k f

Most of them are a `Sum` of contractions, whose derivative is the product rule; so a mistaken Γ brings its own, equally
mistaken, ∂Γ, as it does in a program that differentiates its own Christoffel function. g⁻¹ (and g) stand at several
``places``, each of which can be given another matrix.

The arrays may hold float64, long double or ``arb`` balls (dtype object). Leading axes are points, or mistakes and
points: many mistakes of an early stage go through a later one in one call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np

__all__ = ["QUANTITIES", "Jets", "Pipeline", "Run", "ShortSum", "Sum", "contraction", "determinant", "true_inverse"]

Array = Any


def contraction(indices: str, *arrays: Array) -> Array:
    """``einsum`` with the leading axes understood: ``contraction("im,mjk->ijk", a, b)``.

    An index of the result that occurs in no array is one that the values do not depend on.
    """
    spelled, missing = _with_points(indices)
    ones = (np.ones(arrays[0].shape[-1], arrays[0].dtype),) if missing else ()
    return np.einsum(spelled, *arrays, *(ones * missing))


@cache
def _with_points(indices: str) -> tuple[str, int]:
    inputs, output = indices.split("->")
    missing = [letter for letter in output if letter not in inputs]
    parts = ["..." + part for part in inputs.split(",")] + missing
    return ",".join(parts) + "->..." + output, len(missing)


class Sum:
    """The multilinear map Σ c · einsum: ``Sum((0.5, "ikj->ijk"), …)``."""

    def __init__(self, *terms: tuple[float, str]):
        self.terms = terms

    def operands(self, parts: Sequence[str], arrays: Sequence[Array]) -> Sequence[Array]:
        """The arrays of one term, as they are contracted."""
        return arrays

    def __call__(self, *arrays: Array) -> Array:
        total: Array = 0
        for c, indices in self.terms:
            parts = indices.split("->")[0].split(",")
            total = total + c * contraction(indices, *self.operands(parts, arrays))
        return total

    def slope(self, arrays: tuple[Array, ...], slopes: tuple[Array, ...]) -> Array:
        """Its derivative, where the arrays have these slopes (the derivative is their last axis)."""
        total: Array = 0
        for c, indices in self.terms:
            inputs, output = indices.split("->")
            parts = inputs.split(",")
            for at in range(len(arrays)):
                moved = [part + "z" * (k == at) for k, part in enumerate(parts)]
                operands = self.operands(moved, [slopes[k] if k == at else a for k, a in enumerate(arrays)])
                total = total + c * contraction(f"{','.join(moved)}->{output}z", *operands)
        return total


class ShortSum(Sum):
    """A sum of contractions in which one summed index leaves out a value: the first (0) or the last (−1)."""

    def __init__(self, letter: str, missing: int, *terms: tuple[float, str]):
        super().__init__(*terms)
        self.letter, self.missing = letter, missing

    def operands(self, parts: Sequence[str], arrays: Sequence[Array]) -> Sequence[Array]:
        at = next(k for k, part in enumerate(parts) if self.letter in part)
        axis = parts[at].index(self.letter) - len(parts[at])
        kept = np.ones(arrays[at].shape[axis])
        kept[self.missing] = 0
        return [a * kept.reshape(-1, *[1] * (-axis - 1)) if k == at else a for k, a in enumerate(arrays)]


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


def true_inverse(g: Array, dg: Array) -> tuple[Array, Array]:
    """g⁻¹ and ∂_k g^ij = −g^ia g^bj ∂_k g_ab."""
    x = inverse(g)
    return x, -contraction("ia,abk,bj->ijk", x, dg, x)


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
    "sectional_curvature": 2,
}

#: Where g⁻¹ stands, and where g: each place can be given another matrix and its derivative.
PLACES = {"christoffel": True, "trace": True, "squares": True, "laplacian": True, "lowering": False, "einstein": False}


@dataclass(frozen=True)
class Pipeline:
    """The stages from jets to curvature; ``Pipeline()`` is the true one."""

    prepare: Callable[[Jets], Jets] = lambda jets: jets
    invert: Callable[[Array, Array], tuple[Array, Array]] = true_inverse
    # Place -> what stands there instead of g⁻¹ (or g), as a function of (g, ∂g).
    places: Mapping[str, Callable[[Array, Array], tuple[Array, Array]]] = field(default_factory=dict)
    lower: Sum = Sum((0.5, "ikj->ijk"), (0.5, "ijk->ijk"), (-0.5, "jki->ijk"))
    raise_first: Sum = Sum((1, "im,mjk->ijk"))
    linear: Sum = Sum((1, "ijlk->ijkl"), (-1, "ijkl->ijkl"))
    quadratic: Sum = Sum((1, "ikm,mjl->ijkl"), (-1, "ilm,mjk->ijkl"))
    contract: Sum = Sum((1, "ijil->jl"))
    trace: Sum = Sum((1, "jl,jl->"))
    laplace: Callable[[Array, Array, Jets], Array] = true_laplace
    output: Callable[[Array, int], Array] = _identity_output
    # Another quantity handed back than the one asked for.
    returned: Callable[[Run], Array] | None = None
    # Full replacement of a quantity's formula, seen by all that follows: name -> function of this run.
    formulas: Mapping[str, Callable[[Run], Array]] = field(default_factory=dict)

    def run(self, jets: Jets) -> Run:
        """All intermediate quantities at the given jets, each computed when first asked for."""
        return Run(self, self.prepare(jets))


class Run:
    """One pipeline at some points: every quantity by name, lazily."""

    def __init__(self, pipeline: Pipeline, jets: Jets, known: Mapping[str, Array] | None = None):
        self.pipeline = pipeline
        self.jets = jets
        self._known: dict[str, Array] = dict(known or {})

    @property
    def dim(self) -> int:
        return self.jets.dim

    @property
    def known(self) -> Mapping[str, Array]:
        """What has been computed so far, by name."""
        return self._known

    def output(self, quantity: str) -> Array:
        """The quantity as the program would return it."""
        returned = self.pipeline.returned
        return self.pipeline.output(self[quantity] if returned is None else returned(self), self.dim)

    def __getitem__(self, name: str) -> Array:
        if name not in self._known:
            replaced = self.pipeline.formulas.get(name)
            self._known[name] = replaced(self) if replaced else self.computed(name)
        return self._known[name]

    def computed(self, name: str) -> Array:
        """The quantity by the formula of the pipeline, whatever replaces it."""
        return getattr(self, "_" + name)()

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

    def at(self, place: str) -> tuple[Array, Array]:
        """The matrix that stands at a place, g⁻¹ or g, and its derivative."""
        if place not in self.pipeline.places:
            inverses: tuple[Array, Array] = self["inverses"]
            return inverses if PLACES[place] else (self.jets.g, self.jets.dg)
        name = "at " + place
        if name not in self._known:
            self._known[name] = self.pipeline.places[place](self.jets.g, self.jets.dg)
        found: tuple[Array, Array] = self._known[name]
        return found

    def _determinant(self) -> Array:
        return determinant(self.jets.g)

    def _christoffel_first(self) -> Array:
        return self.pipeline.lower(self.jets.dg)

    def _christoffel_first_derivative(self) -> Array:
        """∂_l Γ_{i,jk} as [..., i, j, k, l]."""
        return self.pipeline.lower.slope((self.jets.dg,), (self.jets.ddg,))

    def _christoffel(self) -> Array:
        return self.pipeline.raise_first(self.at("christoffel")[0], self["christoffel_first"])

    def _christoffel_derivative(self) -> Array:
        """∂_l Γ^i_jk as [..., i, j, k, l]."""
        x, dx = self.at("christoffel")
        values, slopes = (x, self["christoffel_first"]), (dx, self["christoffel_first_derivative"])
        return self.pipeline.raise_first.slope(values, slopes)

    def _riemann(self) -> Array:
        gamma = self["christoffel"]
        return self.pipeline.linear(self["christoffel_derivative"]) + self.pipeline.quadratic(gamma, gamma)

    def _riemann_lowered(self) -> Array:
        return contraction("im,mjkl->ijkl", self.at("lowering")[0], self["riemann"])

    def _ricci(self) -> Array:
        return self.pipeline.contract(self["riemann"])

    def _ricci_scalar(self) -> Array:
        return self.pipeline.trace(self.at("trace")[0], self["ricci"])

    def _gaussian_curvature(self) -> Array:
        return self["ricci_scalar"] / 2

    def _einstein(self) -> Array:
        return self["ricci"] - self["ricci_scalar"][..., None, None] * self.at("einstein")[0] / 2

    def _kretschmann(self) -> Array:
        x = self.at("squares")[0]
        raised = contraction("ja,iakl->ijkl", x, self["riemann"])
        raised = contraction("kb,ijbl->ijkl", x, raised)
        raised = contraction("lc,ijkc->ijkl", x, raised)
        return contraction("ijkl,ijkl->", self["riemann_lowered"], raised)

    def _sectional_curvature(self) -> Array:
        """K of the planes of two coordinate vectors, R_ijij / (g_ii g_jj − g_ij²) at [i, j]; 0 on the diagonal."""
        g = self.jets.g
        areas = contraction("ii,jj->ij", g, g) - g * g
        eye = np.eye(self.dim, dtype=bool)
        areas = np.where(eye, 1, areas)
        return np.where(eye, 0 * g, contraction("ijij->ij", self["riemann_lowered"]) / areas)

    def _weyl(self) -> Array:
        n, g, ricci, scalar = self.dim, self.jets.g, self["ricci"], self["ricci_scalar"]
        if n < 3:
            return 0 * self["riemann_lowered"]
        mixed = Sum((1, "ik,jl->ijkl"), (-1, "il,jk->ijkl"), (-1, "jk,il->ijkl"), (1, "jl,ik->ijkl"))
        pure = Sum((1, "ik,jl->ijkl"), (-1, "il,jk->ijkl"))
        scalar = scalar[..., None, None, None, None]
        return self["riemann_lowered"] - mixed(ricci, g) / (n - 2) + scalar * pure(g, g) / ((n - 1) * (n - 2))

    def _laplacian(self) -> Array:
        return self.pipeline.laplace(self.at("laplacian")[0], self["christoffel"], self.jets)


def determinant(g: Array, signed: bool = True) -> Array:
    """det of the last two axes, by the first row; of balls by python-flint. Not ``signed`` it is the permanent."""
    if g.dtype == object:
        from flint import arb_mat

        flat = g.reshape(-1, *g.shape[-2:])
        return np.array([arb_mat(m.tolist()).det() for m in flat], dtype=object).reshape(g.shape[:-2])
    n = g.shape[-1]
    if n == 1:
        return g[..., 0, 0]
    total = 0
    for j in range(n):
        minor = np.delete(np.delete(g, 0, axis=-2), j, axis=-1)
        total = total + (-1) ** (j * signed) * g[..., 0, j] * determinant(minor, signed)
    return total
