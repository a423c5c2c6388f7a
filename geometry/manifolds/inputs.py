"""Reading what people hand in, and saying clearly what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sympy as sp

from ..exact.decimals import with_exact_numbers
from ..exact.errors import InputError

__all__ = [
    "ManifoldError",
    "SingularMetricError",
    "read_array",
    "read_coordinates",
    "read_expression",
    "read_metric",
]


class ManifoldError(InputError):
    """Something that does not define a manifold; the message says what, where, and the remedy."""


class SingularMetricError(ManifoldError):
    """The determinant of the metric vanishes identically."""


def read_coordinates(coordinates: Any) -> tuple[sp.Symbol, ...]:
    """The coordinates as a tuple of distinct symbols."""
    if isinstance(coordinates, sp.Symbol):
        coordinates = (coordinates,)
    if isinstance(coordinates, sp.MatrixBase):
        coordinates = list(coordinates)
    if isinstance(coordinates, str) or not isinstance(coordinates, Iterable):
        raise ManifoldError(
            f"coordinates must be SymPy symbols, not {coordinates!r}; write e.g. x, y = sympy.symbols('x y')"
        )
    found = tuple(coordinates)
    if not found:
        raise ManifoldError("a manifold needs at least one coordinate")
    for position, symbol in enumerate(found):
        if not isinstance(symbol, sp.Symbol):
            raise ManifoldError(f"coordinate {position} is {symbol!r}, which is not a SymPy Symbol")
    repeated = sorted({s.name for s in found if found.count(s) > 1})
    if repeated:
        raise ManifoldError(f"repeated coordinate: {', '.join(repeated)}")
    names = [s.name for s in found]
    doubled = sorted({n for n in names if names.count(n) > 1})
    if doubled:
        raise ManifoldError(f"two different coordinates have the same name {', '.join(doubled)} (other assumptions)")
    return found


def read_expression(value: Any, where: str) -> sp.Expr:
    """A finite SymPy expression; strings are refused, because they would have to be evaluated."""
    if isinstance(value, str):
        raise ManifoldError(f"{where} is the string {value!r}; hand in a SymPy expression")
    try:
        expression = sp.sympify(value, strict=True)
    except (sp.SympifyError, TypeError):
        raise ManifoldError(f"{where} is {value!r}, which is not a SymPy expression") from None
    if not isinstance(expression, sp.Expr):
        raise ManifoldError(f"{where} is {value!r}, which is not a scalar expression")
    if expression.has(sp.nan, sp.zoo, sp.oo, -sp.oo):
        raise ManifoldError(f"{where} is {expression}, which is not finite")
    return with_exact_numbers(expression)


def read_array(values: Any, dim: int, rank: int, what: str) -> sp.ImmutableDenseNDimArray:
    """An array of `rank` indices, each of `dim` values."""
    if isinstance(values, sp.MatrixBase) and rank == 1 and 1 in values.shape:
        values = list(values)
    if strings := [v for v in sp.flatten(values) if isinstance(v, str)] if isinstance(values, (list, tuple)) else []:
        raise ManifoldError(f"{what} holds the string {strings[0]!r}; hand in SymPy expressions")
    try:
        array = sp.ImmutableDenseNDimArray(values.tolist() if hasattr(values, "tolist") else values)
    except (ValueError, TypeError, sp.SympifyError) as problem:
        raise ManifoldError(f"{what} cannot be read as an array: {problem}") from None
    if array.shape != (dim,) * rank:
        raise ManifoldError(f"{what} has shape {tuple(array.shape)}; here it must be {(dim,) * rank}")
    return sp.ImmutableDenseNDimArray(
        [read_expression(v, f"an entry of {what}") for v in sp.flatten(array.tolist())], array.shape
    )


def read_metric(metric: Any, coordinates: Sequence[sp.Symbol]) -> sp.ImmutableMatrix:
    """The metric as a square matrix of expressions of the right size."""
    if hasattr(metric, "tolist") and not isinstance(metric, sp.MatrixBase):
        metric = metric.tolist()
    if isinstance(metric, sp.MatrixExpr):
        metric = metric.as_explicit()
    try:
        if isinstance(metric, Mapping):
            raise TypeError
        rows = metric.tolist() if isinstance(metric, sp.MatrixBase) else [list(row) for row in metric]
    except TypeError:
        what = f"a {type(metric).__name__} without rows" if isinstance(metric, (list, tuple)) else type(metric).__name__
        raise ManifoldError(f"the metric must be a square matrix or a list of rows, not {what}") from None
    if len({len(row) for row in rows}) > 1:
        raise ManifoldError(f"the rows of the metric have different lengths: {[len(row) for row in rows]}")
    shape = (len(rows), len(rows[0]) if rows else 0)
    if shape[0] != shape[1]:
        raise ManifoldError(f"the metric is not square: its shape is {shape}")
    if shape[0] != len(coordinates):
        names = ", ".join(s.name for s in coordinates)
        raise ManifoldError(
            f"the metric is {shape[0]}×{shape[1]}, but there are {len(coordinates)} coordinates ({names})"
        )
    return sp.ImmutableMatrix(
        [[read_expression(v, f"metric component g[{i}, {j}]") for j, v in enumerate(row)] for i, row in enumerate(rows)]
    )
