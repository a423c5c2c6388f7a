"""Scalar expressions along a curve: many values at once, compiled where the functions allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numba
import numpy as np
import sympy as sp
from chentsov.geometry.exact.reading import read_float, read_values
from chentsov.geometry.manifolds import ManifoldError

from ..kernels.ball import HighPrecision
from .compiled_field import UncompiledFunction, compile_field
from .lanes import FIELD_SIGNATURE, LANES

__all__ = ["constant_values", "evaluate", "single_point", "sweep"]


@numba.njit(
    numba.void(
        numba.types.FunctionType(FIELD_SIGNATURE), numba.float64[:, ::1], numba.float64[::1], numba.float64[:, ::1]
    ),
    cache=True,
)
def sweep(field, points, parameters, values):
    """values[row] = field(points[row]): a lane function at many points."""
    y = np.empty(points.shape[1] * LANES)
    out = np.empty(values.shape[1] * LANES)
    for low in range(0, points.shape[0], LANES):
        for lane in range(LANES):
            row = min(low + lane, points.shape[0] - 1)
            for i in range(points.shape[1]):
                y[LANES * i + lane] = points[row, i]
        field(y, parameters, out, LANES)
        for lane in range(min(LANES, points.shape[0] - low)):
            for i in range(values.shape[1]):
                values[low + lane, i] = out[LANES * i + lane]


def evaluate(
    expressions: Sequence[sp.Expr],
    coordinates: Sequence[sp.Symbol],
    points: np.ndarray,
    constants: Mapping[sp.Symbol, Any],
) -> np.ndarray:
    """Values of the expressions at points of shape (..., dim), as an array (..., len(expressions)).

    >>> import sympy as sp
    >>> x = sp.Symbol("x")
    >>> evaluate([x**2, sp.exp(x)], [x], np.array([[0.0], [3.0]]), {})[:, 0].tolist()
    [0.0, 9.0]
    """
    points = np.ascontiguousarray(points, dtype=np.float64)
    flat = points.reshape(-1, len(coordinates))
    values = np.empty((len(flat), len(expressions)))
    symbols = tuple(constants)
    try:
        field = compile_field(expressions, coordinates, symbols)
    except UncompiledFunction:
        # No compiled form (polylogarithms and their like): balls, point by point.
        slow = HighPrecision(expressions, [*coordinates, *symbols])
        for row, point in enumerate(flat):
            values[row] = [float(v.mid()) for v in slow.balls([*map(float, point), *constants.values()], 53)]
    else:
        sweep(field, flat, np.array([float(constants[s]) for s in symbols]), values)
    return values.reshape(*points.shape[:-1], len(expressions))


def single_point(field: Any, outputs: int, count: int, parameters: np.ndarray) -> Any:
    """A lane function of so many outputs as an ordinary function of one point: y (dim,) -> the first `count` values."""
    into: dict[int, np.ndarray] = {}

    def right(y: np.ndarray) -> np.ndarray:
        block = into.get(y.size)
        if block is None:
            block = into[y.size] = np.zeros(y.size * LANES)
        block[::LANES] = y
        out = np.empty(outputs * LANES)
        field(block, parameters, out, 1)
        return out[: count * LANES : LANES]

    return right


def constant_values(symbols: Sequence[sp.Symbol], given: Mapping[Any, Any] | None) -> dict[sp.Symbol, float]:
    """A finite number for every constant, from a mapping by symbol or name.

    Raises:
        ManifoldError: one is missing or not finite, or a name is not known.
    """
    stranger = "the mapping holds {name}, which the flow does not"
    exact = read_values(given, symbols, "constants", ManifoldError, stranger=stranger)
    return {s: read_float(v, f"the constant {s}", ManifoldError) for s, v in exact.items()}
