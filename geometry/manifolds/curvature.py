"""The curvature formulas over a differential field, and which of them a metric allows."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp
from chentsov.geometry.exact import DifferentialField
from chentsov.geometry.kernels.curvature import GeneralCurvature, HessianCurvature, pairs

from .local import Element, LocalGeometry

__all__ = ["GeneralGeometry", "HessianGeometry", "detect_structure", "pairs"]


class GeneralGeometry(LocalGeometry, GeneralCurvature):
    """A metric without further structure: R from g, ∂g and ∂²g."""


class HessianGeometry(LocalGeometry, HessianCurvature):
    """A metric that is a Hessian in these coordinates: R from g and T_ijk = ∂_k g_ij."""


def detect_structure(
    field: DifferentialField, coordinates: Sequence[sp.Symbol], metric: Sequence[Sequence[Element]]
) -> LocalGeometry:
    """The geometry that needs the fewest derivatives: Hessian where ∂_k g_ij is totally symmetric.

    The test is exact: differences of elements of the field, compared with zero.
    """
    candidate = GeneralGeometry(field, coordinates, metric)
    d, n = candidate.metric_derivative, range(candidate.dim)
    symmetric = all(d(i, j, k) == d(j, k, i) == d(i, k, j) for i in n for j in n[i:] for k in n[j:] if not i == j == k)
    if not symmetric:
        return candidate
    hessian = HessianGeometry(field, coordinates, metric)
    hessian.components.update(candidate.components)
    return hessian
