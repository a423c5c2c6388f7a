"""A single unit: weights that enter through one number z = s (θ·x + b) alone, so that its manifold is Hessian.

With w(z) = (∂ℓ/∂z)² the metric is g_ij = E_D[w x_i x_j], and T_ijk = ∂_k g_ij = E_D[w′ x_i x_j x_k] is totally
symmetric, whatever activation and loss are. In the frame in which g is the identity, with x_n → u_n, a row adds
w′_n u_n ⊗ u_n ⊗ u_n to T, and R = ¼(|T|² − |τ|²) becomes

    R = (1/4N²) [Σ_nm w′_n w′_m (u_n·u_m)³ − |Σ_n w′_n |u_n|² u_n|²],

which needs no array of three indices: a unit with hundreds of inputs takes a product of two matrices.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp
from chentsov.geometry.exact import Mean
from chentsov.geometry.exact.kinks import derivative
from chentsov.geometry.kernels.jets import Jet
from chentsov.geometry.kernels.rows import normal_parts
from chentsov.geometry.manifolds import ManifoldError, RiemannianManifold
from chentsov.geometry.manifolds.curvature import HessianGeometry
from chentsov.geometry.manifolds.gauss import PointCurvature, TangentFrame
from chentsov.geometry.manifolds.inputs import read_coordinates, read_metric

__all__ = ["UnitManifold", "curvature_of_unit"]

# Rows of a block of the matrix u_n·u_m.
_BLOCK = 1024


class UnitManifold(RiemannianManifold):
    """The weights of a unit, g_ij = E_D[w(z) x_i x_j]: Hessian by construction.

    Args:
        weight: w(z) of a row.
        inputs: x_i = ∂z/∂θ_i of a row.
        rows: the symbols of a row.
        coordinates: θ_i.
        at: (point, data, constants) -> curvature there.
    """

    def __init__(
        self, weight: sp.Expr, inputs: Sequence[sp.Expr], rows: Sequence[sp.Symbol], coordinates: Sequence[sp.Symbol],
        at: Callable[[Any, Mapping[Any, Any], Mapping[Any, Any] | None], PointCurvature], *, name: str, source: str,
    ) -> None:  # fmt: skip
        self._start(read_coordinates(coordinates), name, source)
        self.weight, self.inputs, self.rows = weight, tuple(inputs), tuple(rows)
        metric = [[Mean(weight * a * b, self.rows) for b in inputs] for a in inputs]
        self._given_metric = read_metric(metric, self.coordinates)
        self._at = at

    @cached_property
    def local(self) -> HessianGeometry:  # type: ignore[override]
        """The exact geometry, built when something exact is first asked for."""
        rows = [[self.field(entry) for entry in row] for row in self.metric.tolist()]
        geometry = HessianGeometry(self.field, self.coordinates, rows)
        self._check_regular(geometry)
        return geometry

    @property
    def structure(self) -> str:
        """ "hessian"."""
        return HessianGeometry.structure

    def metric_derivative(self, i: int, j: int, k: int) -> sp.Expr:
        """T_ijk = ∂_k g_ij = E_D[w′ x_i x_j x_k]."""
        i, j, k = sorted((i, j, k))
        return derivative(self.metric[i, j], self.coordinates[k])

    def jet(self, first_order: bool = False) -> Jet:
        """g_ij and T_ijk, with w, w′ and x."""
        along = derivative(self.weight, self.coordinates[0])
        slope = sp.Add(*(term / self.inputs[0] for term in sp.Add.make_args(along)))
        return replace(super().jet(first_order), weights=(self.weight, slope, self.inputs), variables=self.rows)

    def curvature_at(  # type: ignore[override]
        self, point: Any, data: Mapping[Any, Any], constants: Mapping[Any, Any] | None = None
    ) -> PointCurvature:
        """The curvature at a point in numbers, for any number of weights and data rows."""
        return self._at(point, data, constants)


def curvature_of_unit(inputs: np.ndarray, first: np.ndarray, second: np.ndarray) -> PointCurvature:
    """The curvature of a unit from its rows.

    Args:
        inputs: s x of every row (and s in the column of a bias), N × P.
        first, second: ∂ℓ/∂z and ∂²ℓ/∂z² of every row.

    Raises:
        ManifoldError: numbers that are not finite, or fewer independent rows than weights.

    >>> x = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    >>> round(curvature_of_unit(x, np.array([1.0, 2.0, 1.0]), np.array([0.5, 0.0, 1.0])).ricci_scalar, 12)
    -0.148148148148
    """
    rows, dim = inputs.shape
    tangents = first[:, None] * inputs / np.sqrt(rows)
    if not (np.isfinite(tangents).all() and np.isfinite(second).all()):
        raise ManifoldError("the loss or its derivatives are not finite at this point")
    frame = TangentFrame(tangents)
    u = np.linalg.solve(frame.triangle.T, inputs.T).T
    weights = 2 * first * second / rows  # w′/N
    lengths = np.einsum("ni,ni->n", u, u)
    trace = u.T @ (weights * lengths)
    ricci = -(u.T * (weights * (u @ trace))) @ u
    for start in range(0, rows, _BLOCK):
        block = slice(start, start + _BLOCK)
        products = u[block] @ u.T
        ricci += (u[block].T * weights[block]) @ products**2 @ (weights[:, None] * u)
    ricci /= 4
    _, bend = normal_parts(second * lengths / np.sqrt(rows), frame.vectors)
    return frame.curvature(ricci, np.trace(ricci), bend)
