"""The empirical Fisher metric as an immersed manifold: the road to networks with many weights.

Per-row losses ℓ_n(θ) of N data rows are one map θ ↦ ℓ(θ)/√N into R^N, and the metric
g_ij = (1/N) Σ_n ∂_iℓ_n ∂_jℓ_n is its pull-back. The Gauss equation then needs first and second
derivatives of ℓ only, where the intrinsic formulas need third ones. Inner products in R^N are
`Mean`s over the rows, so nothing depends on N.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp
from chentsov.geometry.exact import DifferentialField, Mean
from chentsov.geometry.exact.kinks import derivative
from chentsov.geometry.kernels.jets import Jet, row_jet

from ..exact.tables import one_length, read_columns
from .gauss import (
    PointCurvature,
    ReducedCurvature,
    curvature_of_image,
    curvature_of_vectors,
    derivatives,
    full_seconds,
    point_and_constants,
    point_beside,
)
from .immersed import ImmersedGeometry
from .inputs import ManifoldError, read_coordinates, read_expression
from .local import Element, component
from .riemannian import RiemannianManifold

__all__ = ["EmpiricalGeometry", "EmpiricalManifold", "RowMap"]

# Up to so many parameters a metric that is singular everywhere is refused at once; the determinant
# of a large matrix of means is worked out only if something exact is asked for.
_FEW = 4
_FEW_WEIGHTS = 3  # up to so many parameters, moments in one fused loop over the rows beat a QR of them


class EmpiricalGeometry(ImmersedGeometry):
    """Vectors are functions of a data row; ⟨u, v⟩ is the mean of u v over the rows.

    Args:
        field: the field of the components.
        coordinates: the parameters θ^i.
        loss: ℓ(θ; row), an expression.
        variables: the symbols of a row.
    """

    def __init__(
        self, field: DifferentialField, coordinates: Sequence[sp.Symbol], loss: sp.Expr, variables: Sequence[sp.Symbol]
    ) -> None:
        self.loss, self.variables = loss, tuple(variables)
        super().__init__(field, coordinates)

    @component
    def tangent(self, i: int) -> sp.Expr:
        return derivative(self.loss, self.coordinates[i])

    def second(self, i: int, j: int) -> sp.Expr:
        return self._second(min(i, j), max(i, j))

    @component
    def _second(self, i: int, j: int) -> sp.Expr:
        return derivative(self.tangent(i), self.coordinates[j])

    def inner(self, u: sp.Expr, v: sp.Expr) -> Element:
        return self.field(Mean(u * v, self.variables))


class RowMap:
    """Φ: θ ↦ (φ_a(θ; row))/√N, a ≤ A, over N rows; its derivatives in numbers are compiled once.

    Args:
        functions: φ_a, expressions.
        coordinates, constants, variables: θ, further symbols, and those of a row.
    """

    def __init__(
        self,
        functions: Sequence[sp.Expr],
        coordinates: Sequence[sp.Symbol],
        constants: Sequence[sp.Symbol],
        variables: Sequence[sp.Symbol],
    ) -> None:
        self.count, self.dim, self.variables = len(functions), len(coordinates), tuple(variables)
        self.first, self.second = derivatives(functions, coordinates, (*coordinates, *constants, *variables))

    def __call__(self, values: Sequence[float] | np.ndarray, data: Mapping[Any, Any]) -> tuple[np.ndarray, np.ndarray]:
        """∂_iΦ (A N × P) and ∂_i∂_jΦ (P × P × A N).

        Args:
            values: of the coordinates and the constants.
            data: row symbol (or its name) -> numbers, one a row.
        """
        read = read_columns(data, self.variables, error=ManifoldError)
        rows, columns = one_length(read, error=ManifoldError), list(read.values())

        def table(function: Any) -> np.ndarray:
            with np.errstate(all="ignore"):
                found = [np.broadcast_to(np.asarray(f, dtype=float), rows) for f in function(*values, *columns)]
            return rows**-0.5 * np.stack(found).reshape(-1, self.count * rows)

        return table(self.first).T, full_seconds(table(self.second), self.dim)


class EmpiricalManifold(RiemannianManifold):
    """Parameters θ with g_ij = E_D[∂_iℓ ∂_jℓ], for a loss (or log-density) ℓ of one data row.

    Args:
        loss: ℓ(θ; row).
        variables: the symbols of a row.
        coordinates: θ.
        chain: f, L′ and L″, where ℓ = L(f) depends on θ through one f: R over grids then takes the derivatives of f, of
            which fewer differ from zero. It is taken as it is given.
        constants, domain, name, source: as for `RiemannianManifold`.

    Raises:
        ManifoldError: a parameter is also a variable, or the loss does not depend on the data.
        SingularMetricError: the gradients span too small a space whatever the data are.

    >>> import sympy as sp
    >>> a, b, x, t = sp.symbols("a b x t", real=True)
    >>> net = EmpiricalManifold((a*sp.tanh(b*x) - t)**2/2, (x, t), (a, b))
    >>> net.metric[0, 0], net.structure
    (E_D[(a*tanh(b*x) - t)**2*tanh(b*x)**2], 'immersed')
    """

    def __init__(
        self,
        loss: Any,
        variables: Sequence[sp.Symbol],
        coordinates: Sequence[sp.Symbol],
        *,
        chain: tuple[sp.Expr, sp.Expr, sp.Expr] | None = None,
        constants: Iterable[sp.Symbol] | None = None,
        domain: Any = (),
        name: str | None = None,
        source: str | None = None,
    ) -> None:
        self._start(read_coordinates(coordinates), name, source, domain=domain)
        self.variables = read_coordinates(variables)
        self.loss = read_expression(loss, "the loss")
        self.chain = chain
        shared = sorted(s.name for s in set(self.variables) & set(self.coordinates))
        if shared:
            raise ManifoldError(f"{', '.join(shared)} cannot be a parameter and a variable of the data at once")
        if not self.loss.free_symbols & set(self.variables):
            raise ManifoldError("the loss does not depend on the data, so the metric has rank one at most")
        self._check_constants(constants)
        if self.dim <= _FEW:
            _ = self.local

    @cached_property
    def local(self) -> EmpiricalGeometry:  # type: ignore[override]
        """The exact geometry; of many parameters it is built when an exact quantity is first asked for."""
        geometry = EmpiricalGeometry(self.field, self.coordinates, self.loss, self.variables)
        self._check_regular(geometry)
        return geometry

    @property
    def structure(self) -> str:
        """ "immersed"."""
        return EmpiricalGeometry.structure

    @cached_property
    def constants(self) -> tuple[sp.Symbol, ...]:
        """The symbols of the loss that are neither parameters nor data."""
        free = self.loss.free_symbols - set(self.coordinates) - set(self.variables)
        return tuple(sorted(free, key=lambda s: s.name))  # type: ignore[attr-defined]

    @property
    def many_weights(self) -> bool:
        """Whether numbers come from a QR of the rows instead of moments."""
        return self.dim > _FEW_WEIGHTS

    @cached_property
    def metric_as_it_stands(self) -> sp.ImmutableMatrix:
        """g_ij as means of products of gradients, not brought into canonical form."""
        gradient = [derivative(self.loss, x) for x in self.coordinates]
        upper = {(i, j): Mean(gradient[i] * gradient[j], self.variables) for i in range(self.dim) for j in range(i + 1)}
        return sp.ImmutableMatrix(self.dim, self.dim, lambda i, j: upper[max(i, j), min(i, j)])

    def jet(self, first_order: bool = False) -> Jet:
        """Of many weights, the derivatives of ℓ row by row; else those of the metric."""
        return self._row_jet if self.many_weights else super().jet(first_order)

    @cached_property
    def _row_jet(self) -> Jet:
        return row_jet(self.loss, self.coordinates, self.variables, self.chain)

    def _defining_expressions(self) -> list[sp.Expr]:
        return [Mean(self.loss, self.variables)]

    def curvature_at(  # type: ignore[override]
        self, point: Any, data: Mapping[Any, Any], constants: Mapping[Any, Any] | None = None
    ) -> PointCurvature:
        """The curvature at a point in numbers, for any number of weights: QR of the per-row gradients.

        Args:
            point: the weights, in order or by symbol or name.
            data: row symbol (or its name) -> numbers, one a row.
            constants: values of the constants.

        Raises:
            ManifoldError: missing or ragged data, fewer independent rows than weights, or numbers that are not finite.
        """
        return curvature_of_vectors(*self._map(point_and_constants(self, point, constants), data))

    def reduced_curvature_at(
        self, point: Any, data: Mapping[Any, Any], constants: Mapping[Any, Any] | None = None
    ) -> ReducedCurvature:
        """R at a point with null directions divided out, also where the metric is singular.

        Args:
            point, data, constants: as for `curvature_at`.

        Returns:
            R of the image of θ ↦ ℓ(θ)/√N, with its rank and the gap that it was decided by. With as many independent
            gradients as rows the image is open in R^N, and R = 0; a rank that is not decidable gives NaN and a reason.

        Raises:
            ManifoldError: missing or ragged data, or numbers that are not finite.

        >>> import sympy as sp
        >>> a, b, c, x, t = sp.symbols("a b c x t", real=True)
        >>> net = EmpiricalManifold((sp.tanh(a*x + b) + c*x**2 - t)**2, (x, t), (a, b, c))
        >>> few, many = ({"x": [0.1 * k for k in range(n)], "t": [1.0] * n} for n in (3, 5))
        >>> [net.reduced_curvature_at([0.5, 0.2, 0.3], rows).rank for rows in (few, many)]
        [3, 3]
        >>> net.reduced_curvature_at([0.5, 0.2, 0.3], few).ricci_scalar
        0.0
        """
        values = np.array(point_and_constants(self, point, constants))
        aside = values.copy()
        aside[: self.dim] = point_beside(values[: self.dim], np.random.default_rng(0))
        return curvature_of_image(*self._map(values, data), lambda: self._map(aside, data)[0])

    @cached_property
    def _map(self) -> RowMap:
        return RowMap([self.loss], self.coordinates, self.constants, self.variables)
