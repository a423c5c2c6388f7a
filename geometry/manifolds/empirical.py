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
from .gauss import PointCurvature, curvature_of_vectors, derivatives, full_seconds, point_and_constants
from .immersed import ImmersedGeometry
from .inputs import ManifoldError, read_coordinates, read_expression
from .local import Element, component
from .riemannian import RiemannianManifold

__all__ = ["EmpiricalGeometry", "EmpiricalManifold"]

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


class EmpiricalManifold(RiemannianManifold):
    """Parameters θ with g_ij = E_D[∂_iℓ ∂_jℓ], for a loss (or log-density) ℓ of one data row.

    Args:
        loss: ℓ(θ; row).
        variables: the symbols of a row.
        coordinates: θ.
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
        constants: Iterable[sp.Symbol] | None = None,
        domain: Any = (),
        name: str | None = None,
        source: str | None = None,
    ) -> None:
        self._start(read_coordinates(coordinates), name, source, domain=domain)
        self.variables = read_coordinates(variables)
        self.loss = read_expression(loss, "the loss")
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

    def jet(self, first_order: bool = False) -> Jet:
        """Of many weights, the derivatives of ℓ row by row; else those of the metric."""
        if self.many_weights:
            return row_jet(self.loss, self.coordinates, self.variables)
        return super().jet(first_order)

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
        read = read_columns(data, self.variables, error=ManifoldError)
        rows, columns = one_length(read, error=ManifoldError), list(read.values())
        values = point_and_constants(self, point, constants)
        tangents, seconds = derivatives(
            [self.loss], self.coordinates, (*self.coordinates, *self.constants, *self.variables)
        )

        def table(function: Any) -> np.ndarray:
            with np.errstate(all="ignore"):
                return np.stack(
                    [np.broadcast_to(np.asarray(f, dtype=float), rows) for f in function(*values, *columns)]
                )

        scale = rows**-0.5
        return curvature_of_vectors(scale * table(tangents).T, scale * full_seconds(table(seconds), self.dim))
