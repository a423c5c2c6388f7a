"""How to compute a quantity on a grid: its closed form, or a contraction of the metric's jet.

A closed form without means is exact and, for most metrics, short: it is lowered as it is. It is not used

- where means over data occur: the closed form of R is then a quotient of sums of products of means, which
  costs digits. R is contracted point by point, with the fewest derivatives that the structure of the metric allows;
- where the metric has very many derivatives that are not zero: its closed form would fill a book.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..exact import Mean
from ..exact.reading import read
from ..kernels.contraction import contracted
from ..kernels.jets import QUANTITIES, Jet, general_jet, hessian_jet, row_jet
from ..manifolds.empirical import EmpiricalManifold

__all__ = ["recipe", "geometry_of", "metric_of"]

_FEW_WEIGHTS = 3  # up to so many parameters, moments in one fused loop over the rows beat a QR of them
_MOST_DERIVATIVES = 100  # first derivatives of the metric up to which a closed form is asked for


def geometry_of(source: Any) -> Any:
    """The manifold of a source: itself, or the one it carries."""
    return getattr(source, "manifold", source)


def recipe(source: Any, name: str) -> Any:
    """An expression, a contraction, or an array of either, for a named quantity."""
    if name in QUANTITIES:
        manifold = geometry_of(source)
        jet = _jet(manifold, name)
        if jet is not None:
            return contracted(jet, name)
    if name == "metric" and _many_weights(geometry_of(source)):
        return metric_of(source)
    return source.expression_of(name)


def metric_of(source: Any) -> Any:
    """The metric as a matrix of expressions, or None; of many weights as it stands, since a canonical form takes long and gains nothing."""
    manifold = geometry_of(source)
    if not _many_weights(manifold):
        return getattr(manifold, "metric", None)
    gradient = [sp.diff(manifold.loss, x) for x in manifold.coordinates]
    return sp.Matrix(
        manifold.dim, manifold.dim, lambda i, j: Mean(gradient[min(i, j)] * gradient[max(i, j)], manifold.variables)
    )


def _many_weights(manifold: Any) -> bool:
    return isinstance(manifold, EmpiricalManifold) and manifold.dim > _FEW_WEIGHTS


def _jet(manifold: Any, name: str) -> Jet | None:
    """The derivatives to contract, or None where the closed form is the better way."""
    if _many_weights(manifold):
        return row_jet(manifold.loss, manifold.coordinates, manifold.variables)
    metric = getattr(manifold, "metric", None)
    if metric is None:
        return None
    averaged = any(read(e).has(Mean) for e in metric)
    if averaged and (name == "ricci_scalar" or manifold.dim > 2):
        pass
    elif name in vars(manifold) or _derivatives(manifold) <= _MOST_DERIVATIVES:  # worked out already, or soon
        return None
    first = manifold.metric_derivative
    if manifold.structure == "hessian":
        return hessian_jet(manifold.dim, lambda i, j: metric[i, j], first)
    x = manifold.coordinates
    return general_jet(manifold.dim, lambda i, j: metric[i, j], first, lambda i, j, k, m: sp.diff(first(i, j, k), x[m]))


def _derivatives(manifold: Any) -> int:
    """How many ∂_k g_ij, i <= j, are not zero on sight."""
    n = range(manifold.dim)
    return sum(x in manifold.metric[i, j].free_symbols for i in n for j in n if i <= j for x in manifold.coordinates)
