"""How to compute a quantity on a grid: its closed form, or the cheapest contraction of the metric's jet.

A closed form without means is exact and short: it is lowered as it is. Where means over data occur, the
closed form of R is a quotient of sums of products of means, which costs digits; then R is contracted from
the components point by point, with the fewest derivatives that the structure of the metric allows.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..expectation import Mean
from ..kernels.contraction import Contraction, general_ricci_scalar, hessian_ricci_scalar

__all__ = ["recipe", "geometry_of"]

_MOST_UNROLLED = 8  # dimensions up to which a contraction is written out


def geometry_of(source: Any) -> Any:
    """The manifold of a source: itself, or the one it carries."""
    return getattr(source, "manifold", source)


def recipe(source: Any, name: str) -> Any:
    """An expression, an array of expressions, or a `Contraction`, for a named quantity."""
    if name == "ricci_scalar":
        contraction = _contracted(geometry_of(source))
        if contraction is not None:
            return contraction
    return source.expression_of(name)


def _contracted(manifold: Any) -> Contraction | None:
    metric = getattr(manifold, "metric", None)
    if metric is None or not any(sp.sympify(e).has(Mean) for e in metric) or manifold.dim > _MOST_UNROLLED:
        return None
    if manifold.structure == "hessian":
        return hessian_ricci_scalar(manifold.dim, lambda i, j: metric[i, j], manifold.metric_derivative)
    x = manifold.coordinates
    first = manifold.metric_derivative
    return general_ricci_scalar(manifold.dim, lambda i, j: metric[i, j], first, lambda i, j, k, m: sp.diff(first(i, j, k), x[m]))
