"""The box of parameters that a grid spans: where what serves the whole grid is tried out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import sympy as sp

from ..exact.reading import match_symbols, read_number
from ..exact.tables import read_axis
from .inputs import ManifoldError

__all__ = ["corners"]

Point = dict[sp.Symbol, sp.Expr]


def corners(symbols: Sequence[sp.Symbol], axes: Any, constants: Mapping[Any, Any]) -> list[Point]:
    """The corners of the grid, and its middle last; every symbol has a number at each of them.

    Raises:
        ManifoldError: a symbol without values, or values that are none.

    >>> x, a = sp.symbols("x a")
    >>> corners((x, a), {x: [0.0, 1.0, 4.0]}, {a: 2})
    [{x: 0, a: 2}, {x: 4, a: 2}, {x: 2, a: 2}]
    """
    on_axes = match_symbols(axes, symbols, "axes", ManifoldError)
    held = match_symbols(constants, symbols, "constants", ManifoldError)
    ends: dict[sp.Symbol, list[sp.Expr]] = {}
    for s, values in on_axes.items():
        axis = np.atleast_1d(read_axis(values, f"axis {s}", ManifoldError))
        ends[s] = [read_number(v, f"axis {s}", ManifoldError) for v in sorted({float(axis.min()), float(axis.max())})]
    for s, value in held.items():
        ends[s] = [read_number(value, f"the constant {s}", ManifoldError)]
    if missing := [s.name for s in symbols if s not in ends]:
        raise ManifoldError(f"give a number for {', '.join(missing)} in `constants` or an axis")
    points = [dict(zip(ends, values)) for values in product(*ends.values())]
    return [*points, {s: sp.Add(*values) / len(values) for s, values in ends.items()}]
