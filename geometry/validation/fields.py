"""Wrong metrics as fields of matrices, and their jets by differences (fourth order, to some ten digits)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import sympy as sp

from .cases import Case
from .pipeline import Array, Jets

__all__ = ["Field", "Reading", "field_of", "numeric_jets"]

Field = Callable[[Array], Array]


@dataclass(frozen=True)
class Reading:
    """A wrong metric, or wrong points: ``field`` is a metric as a function of rows, ``points`` changes the rows."""

    name: str
    sentence: str
    remedy: str
    field: Field
    points: Callable[[Array], Array] | None = None
    weight: float = 1.0


def numeric_jets(field: Field, rows: Array, order: int = 2, h: float = 2.0**-9) -> Jets:
    """g, ∂g, ∂²g at some rows, by fourth-order differences of a field that takes any number of rows.

    >>> jets = numeric_jets(lambda x: x[..., :1, None] ** 3 * np.eye(1), np.array([[2.0]]))
    >>> np.round([jets.g.item(), jets.dg.item(), jets.ddg.item()], 8).tolist()
    [8.0, 12.0, 12.0]
    """
    count, n = rows.shape
    g = np.asarray(field(rows), dtype=float)
    if order == 0:
        return Jets(g, np.zeros((*g.shape, n)), np.zeros((*g.shape, n, n)))
    e = h * np.eye(n)
    along = {(k, s): s * e[k] for k in range(n) for s in (-2, -1, 1, 2)}
    across = {(k, l, a, b, m): m * (a * e[k] + b * e[l]) for k, l in combinations(range(n), 2)
              for a in (1, -1) for b in (1, -1) for m in (1, 2)}  # fmt: skip
    moves: dict[Any, Any] = {**along, **across}
    moved = np.concatenate([rows + step for step in moves.values()])
    values = dict(zip(moves, np.asarray(field(moved), dtype=float).reshape(len(moves), count, n, n)))
    dg, ddg = np.empty((*g.shape, n)), np.empty((*g.shape, n, n))
    for k in range(n):
        f = {s: values[k, s] for s in (-2, -1, 1, 2)}
        dg[..., k] = (8 * (f[1] - f[-1]) - (f[2] - f[-2])) / (12 * h)
        ddg[..., k, k] = (16 * (f[1] + f[-1]) - (f[2] + f[-2]) - 30 * g) / (12 * h * h)
    for k, l in combinations(range(n), 2):
        corner = {m: sum(a * b * values[k, l, a, b, m] for a in (1, -1) for b in (1, -1)) / (4 * (m * h) ** 2)
                  for m in (1, 2)}  # fmt: skip
        ddg[..., k, l] = ddg[..., l, k] = (4 * corner[1] - corner[2]) / 3
    return Jets(g, dg, ddg)


def field_of(case: Case, metric: Any, **changes: Any) -> Field:
    """The metric with these entries (and data, constants, …) as a function of rows."""
    found: Field = replace(case, metric=sp.ImmutableMatrix(metric), **changes).metric_function()
    return found
