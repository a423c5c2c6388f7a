"""The known mistakes between a metric and its curvature, in the order in which they are tried."""

from __future__ import annotations

from functools import cache

from .connection_mistakes import lower_mistakes, raise_mistakes
from .curvature_mistakes import contract_mistakes, curve_mistakes, trace_mistakes
from .input_mistakes import invert_mistakes, misread_axes, prepare_mistakes
from .laplacian_mistakes import laplace_mistakes
from .mistake import Mistake

__all__ = ["formula_mistakes"]


@cache
def formula_mistakes() -> tuple[Mistake, ...]:
    """Every mistake that replaces a formula between the metric and its curvature."""
    groups = (
        laplace_mistakes, misread_axes, lower_mistakes, raise_mistakes, curve_mistakes, trace_mistakes,
        contract_mistakes,
        invert_mistakes, prepare_mistakes,
    )  # fmt: skip
    return tuple(m for group in groups for m in group())
