"""Where on a grid the potential is not convex: no number there, and the status says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from ..kernels.ball import BallProgram, as_ball, precision
from ..kernels.kernel import Kernel, compile
from ..kernels.lower import lower

__all__ = ["Convexity", "WhereConvex", "is_positive_definite"]

_PRECISIONS = (128, 512, 2048, 8192)
_NOT_CONVEX = 4  # see grids.labels
_MOST_MINORS = 4  # dimensions up to which leading minors are written out
_MARGIN = 1e-6  # of a pivot to the entry it came from, above which rounding cannot have made its sign


def is_positive_definite(metric: np.ndarray, margin: float = 0.0) -> np.ndarray:
    """For matrices in the first two axes, cell by cell: whether all pivots of Gaussian elimination are positive.

    With a margin: whether they are larger than this part of the entries that they came from.

    >>> is_positive_definite(np.array([[[2.0, 1.0], [1.0, 2.0]], [[1.0, 2.0], [2.0, 1.0]]]))
    array([ True, False])
    """
    rest = np.array(metric, dtype=float)
    good = np.ones(rest.shape[2:], dtype=bool)
    with np.errstate(all="ignore"):
        for k in range(rest.shape[0]):
            pivot = rest[k, k]
            good &= pivot > margin * np.abs(metric[k, k])
            for i in range(k + 1, rest.shape[0]):
                rest[i, k + 1 :] -= rest[i, k] / pivot * rest[k, k + 1 :]
    return good


class Convexity:
    """Whether the Hessian of a potential is positive definite at a point, by Gaussian elimination in balls.

    >>> x, y = sp.symbols("x y")
    >>> convex = Convexity(sp.Matrix([[1, 0], [0, x]]), {x: None, y: 0}, {})
    >>> convex({"x": 1e-300}), convex({"x": -1e-300}), convex({"x": 0.0})
    (True, False, False)
    """

    def __init__(self, metric: sp.Matrix, values: Mapping[sp.Symbol, Any], data: Mapping[Any, Any]) -> None:
        self.dim, self.values = metric.rows, dict(values)
        program = lower([metric[i, j] for i in range(self.dim) for j in range(i + 1)], list(self.values))
        named = {getattr(k, "name", str(k)): column for k, column in data.items()}
        self.run = BallProgram(program, {key: named[key] for key in program.rows})

    def __call__(self, point: Mapping[str, Any]) -> bool | None:
        """True or False as proven, at coordinates given by name; None where no precision tells."""
        for bits in _PRECISIONS:
            with precision(bits):
                given = {s: point.get(s.name, v) for s, v in self.values.items()}
                entries = self.run({k: as_ball(v) for k, v in zip(self.run.program.inputs, given.values())})
                answer = _positive_definite(self.dim, entries)
            if answer is not None:
                return answer
        return None


def _positive_definite(dim: int, entries: Sequence[Any]) -> bool | None:
    """Of the lower triangle of a symmetric matrix in balls; a pivot that is proven zero or negative decides."""
    rest = {(i, j): entries[i * (i + 1) // 2 + j] for i in range(dim) for j in range(i + 1)}
    for k in range(dim):
        pivot = rest[k, k]
        if not pivot > 0:
            return False if pivot <= 0 else None
        for i in range(k + 1, dim):
            for j in range(k + 1, i + 1):
                rest[i, j] -= rest[i, k] * rest[j, k] / pivot
    return True


def _leading_minors(metric: sp.Matrix) -> list[sp.Expr]:
    names = sp.Matrix(metric.rows, metric.cols, lambda i, j: sp.Symbol(f"g{max(i, j)}{min(i, j)}"))
    entries = dict(zip(names, metric))
    return [names[:k, :k].det(method="berkowitz").xreplace(entries) for k in range(1, metric.rows + 1)]


def _proven_signs(kernel: Kernel, points: Sequence[np.ndarray]) -> np.ndarray:
    """Cell by cell the smallest of the signs of the expressions, 0 where it is not proven."""
    signs = np.zeros(points[0].shape)
    for refined in (False, True):
        open_cells = signs == 0
        if open_cells.any():
            values, bounds = kernel.bounded(*(p[open_cells] for p in points), refined=refined)
            signs[open_cells] = np.where(np.abs(values) > bounds, np.sign(values), 0).min(axis=0)
    return signs


class WhereConvex:
    """Of a block of cells those in which the potential is convex: no number elsewhere, and the status says why.

    A step of `on_grid` (see `grids.study.Step`). What the machine numbers of the metric leave in doubt is decided by
    leading minors with error bounds, then in balls, and where these leave it open the numbers stay.

    Args:
        metric: the Hessian of the potential.
        values: symbol -> its number, None for those on an axis.
        data: row symbol -> column.
    """

    cells, attributes, question = None, {}, ("convex",)  # type: ignore[var-annotated]

    def __init__(self, metric: sp.Matrix, values: Mapping[sp.Symbol, Any], data: Mapping[Any, Any]) -> None:
        self.metric, self.values, self.data = metric, dict(values), dict(data)
        self._made: dict[tuple[sp.Symbol, ...], tuple[Kernel, Kernel | None]] = {}

    def _kernels(self, symbols: tuple[sp.Symbol, ...]) -> tuple[Kernel, Kernel | None]:
        """Of the metric's entries, and of its leading minors where these are few."""
        if symbols not in self._made:
            used = set().union(*(e.free_symbols for e in self.metric))
            held = {s: v for s, v in self.values.items() if s in used and s not in symbols and v is not None}

            def kernel(expressions: Sequence[sp.Expr]) -> Kernel:
                return compile(list(expressions), list(symbols), constants=held, data=self.data or None)

            few = self.metric.rows <= _MOST_MINORS
            self._made[symbols] = kernel(self.metric), kernel(_leading_minors(self.metric)) if few else None
        return self._made[symbols]

    def over(self, metric: sp.Matrix, data: Mapping[Any, Any]) -> WhereConvex:
        """The same of a metric that is written differently, over other rows."""
        return WhereConvex(metric, self.values, data)

    def __call__(
        self, symbols: Sequence[sp.Symbol], arrays: Sequence[np.ndarray], values: np.ndarray, status: np.ndarray
    ) -> None:
        n = range(self.metric.rows)
        places = [np.broadcast_to(a, status.shape) for a in arrays]
        entries, minors = self._kernels(tuple(symbols))
        numbers = np.array([np.broadcast_to(v, status.shape) for v in entries(*arrays)])
        metric = numbers.reshape(len(n), len(n), *status.shape)
        wrong = np.isfinite(metric).all(axis=(0, 1)) & ~is_positive_definite(metric, _MARGIN)
        open_cells = wrong.copy()
        if wrong.any() and minors is not None:
            signs = _proven_signs(minors, [p[open_cells] for p in places])
            wrong[open_cells] = signs < 1
            open_cells[open_cells] = signs == 0
        if not wrong.any():
            return
        convex = Convexity(self.metric, self.values, self.data)
        for cell in map(tuple, np.argwhere(open_cells)):
            wrong[cell] = convex({s.name: float(a[cell]) for s, a in zip(symbols, places)}) is False
        values[:, wrong] = np.nan
        status[wrong & (status == 0)] = _NOT_CONVEX
