"""The empirical Fisher metric as an immersed manifold: the road to networks with many weights.

Per-row losses ℓ_n(θ) of N data rows are one map θ ↦ ℓ(θ)/√N into R^N, and the metric
g_ij = (1/N) Σ_n ∂_iℓ_n ∂_jℓ_n is its pull-back. The Gauss equation then needs first and second
derivatives of ℓ only, where the intrinsic formulas need third ones. Inner products in R^N are
`Mean`s over the rows, so nothing depends on N.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sympy as sp

from chentsov.geometry.exact import DifferentialField
from chentsov.geometry.expectation import Mean

from .immersed import ImmersedGeometry
from .inputs import ManifoldError, read_coordinates, read_expression
from .local import Element, component
from .riemannian import RiemannianManifold

__all__ = ["EmpiricalGeometry", "EmpiricalManifold"]


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
        return sp.diff(self.loss, self.coordinates[i])

    def second(self, i: int, j: int) -> sp.Expr:
        return self._second(min(i, j), max(i, j))

    @component
    def _second(self, i: int, j: int) -> sp.Expr:
        return sp.diff(self.tangent(i), self.coordinates[j])

    def inner(self, u: sp.Expr, v: sp.Expr) -> Element:
        return self.field(Mean(u * v, self.variables))


class EmpiricalManifold(RiemannianManifold):
    """Parameters θ with g_ij = E_D[∂_iℓ ∂_jℓ], for a loss (or log-density) ℓ of one data row.

    Args:
        loss: ℓ(θ; row).
        variables: the symbols of a row.
        coordinates: θ.
        constants, name, source: as for `RiemannianManifold`.

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
        name: str | None = None,
        source: str | None = None,
    ) -> None:
        self._start(read_coordinates(coordinates), name, source)
        self.variables = read_coordinates(variables)
        self.loss = read_expression(loss, "the loss")
        shared = sorted(s.name for s in set(self.variables) & set(self.coordinates))
        if shared:
            raise ManifoldError(f"{', '.join(shared)} cannot be a parameter and a variable of the data at once")
        if not self.loss.free_symbols & set(self.variables):
            raise ManifoldError("the loss does not depend on the data, so the metric has rank one at most")
        self._check_constants(constants)
        self._adopt(EmpiricalGeometry(self.field, self.coordinates, self.loss, self.variables))

    def _defining_expressions(self) -> list[sp.Expr]:
        return [Mean(self.loss, self.variables)]
