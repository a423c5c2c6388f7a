"""The cells of a grid: machine code first, more digits where it takes them.

With a tolerance, every number comes with a bound. Cells whose bound misses it are computed in double-double
arithmetic, again with a bound; what is still open goes to balls of rising precision.

Without a tolerance, only the cells without a finite number are looked at again: in ball arithmetic they
get their number after all (an overflow on the way), or the reason why there is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

import numpy as np
import sympy as sp
from flint import arb, ctx

from ..kernels.ball import BallProgram, as_ball
from ..kernels.kernel import Kernel
from ..kernels.lower import lower
from .axes import Axis

__all__ = ["Cells", "certified", "proven_numbers", "SINGULAR", "OUTSIDE", "LIMIT"]

SINGULAR, OUTSIDE, LIMIT = 1, 2, 3
_LIST_COST = 3  # of a cell in a list to one in a grid, whose exponentials are hoisted
_WORTH_A_TIER = 0.01  # share of open cells from which double-doubles are tried for sums alone
_VECTOR = 8  # cells that are computed together along the last axis of a grid
_PRECISIONS = (128, 512, 2048)
_BALLS = Lock()  # the precision of ball arithmetic is one for all threads
_HOPELESS = 200  # cells without a number in a row, after which a block is given up
_MOST_EXAMINED = 4096  # cells without a number that are looked at one by one when no tolerance is asked for


def certified(values: np.ndarray, bounds: np.ndarray, rtol: float) -> np.ndarray:
    """Where |computed - exact| <= bound proves a relative error of at most rtol: bound <= rtol (|computed| - bound)."""
    with np.errstate(invalid="ignore", over="ignore"):
        return np.isfinite(values) & (bounds * (1 + rtol) <= rtol * np.abs(values) * (1 - 2.0**-40))


def proven_numbers(kernel: Kernel, arrays: Sequence[np.ndarray], rtol: float) -> tuple[np.ndarray, np.ndarray, int]:
    """Machine numbers with their bounds; double-doubles where these miss the tolerance, first for sums over rows only, then throughout.

    Returns:
        Values, a row an expression; which of them are still not proven; how many cells took double-doubles.
    """
    values, bounds = kernel.bounded(*arrays, rtol=rtol)
    unproven = ~certified(values, bounds, rtol)
    counts = []
    for arithmetic, least in (("sums", _WORTH_A_TIER * values[0].size), ("refined", 0)):
        open_cells = np.asarray(unproven.any(axis=0))
        counts.append(int(open_cells.sum()))
        if counts[-1] > least:
            where, points, mask = _gathered(open_cells, arrays)
            found, bounds = kernel.bounded(*points, where=mask, **{arithmetic: True})
            part = (slice(None), *where)
            better = unproven[part] & certified(found, bounds, rtol)
            values[part] = np.where(better, found, values[part])
            unproven[part] &= ~better
    return values, np.asarray(unproven), counts[0]


def _gathered(
    open_cells: np.ndarray, arrays: Sequence[np.ndarray]
) -> tuple[tuple, list[np.ndarray], np.ndarray | None]:
    """Where to compute again: the smallest grid around the open cells, with a mask, or a list of them, whichever costs less.

    Returns an index into the block, the arguments there, and the mask (None for a list).
    """
    lines = [
        np.flatnonzero(open_cells.any(axis=tuple(k for k in range(open_cells.ndim) if k != d)))
        for d in range(open_cells.ndim)
    ]
    if open_cells.ndim == 0:
        return (), list(arrays), None
    mask = open_cells[np.ix_(*lines)]
    opened = np.add.reduceat(mask, range(0, mask.shape[-1], _VECTOR), axis=-1) > 0
    if _LIST_COST * mask.sum() < _VECTOR * opened.sum() + sum(map(len, lines)):
        return np.nonzero(open_cells), [np.broadcast_to(a, open_cells.shape)[open_cells] for a in arrays], None
    points = [a[np.ix_(*(lines[d] if a.shape[d] > 1 else [0] for d in range(a.ndim)))] for a in arrays]
    return np.ix_(*lines), points, mask


class Cells:
    """Evaluates blocks of a grid, and settles cells one by one."""

    def __init__(
        self,
        kernel: Kernel,
        axes: Sequence[Axis],
        constants: Mapping[sp.Symbol, Any],
        metric: Any,
        rtol: float | None,
        data: Mapping[Any, Any],
    ) -> None:
        self.kernel, self.axes, self.constants, self.metric, self.rtol = kernel, axes, constants, metric, rtol
        self.data = data
        self.refined = 0  # cells that took double-double arithmetic
        self.recomputed = 0  # cells that took balls
        self._balls: BallProgram | None = None
        self._determinant: BallProgram | None = None

    def evaluate(self, part: tuple[slice, ...]) -> tuple[np.ndarray, np.ndarray]:
        """Values (one row an expression) and status of a block."""
        arrays = self._arrays(part)
        if self.rtol is None:
            values = np.stack([np.broadcast_to(v, self._shape(arrays)) for v in self.kernel(*arrays)])
            unproven = ~np.isfinite(values)
        else:
            values, unproven, refined = proven_numbers(self.kernel, arrays, self.rtol)
            self.refined += refined
        status = np.zeros(values.shape[1:], np.int8)
        with _BALLS:
            self._settle(values, status, unproven, part)
        return values, status

    def _arrays(self, part: tuple[slice, ...]) -> list[np.ndarray]:
        n = len(self.axes)
        return [
            a.values[s].reshape([-1 if d == k else 1 for d in range(n)])
            for k, (a, s) in enumerate(zip(self.axes, part))
        ]

    def _shape(self, arrays: list[np.ndarray]) -> tuple[int, ...]:
        return np.broadcast_shapes(*(a.shape for a in arrays))

    def _settle(self, values: np.ndarray, status: np.ndarray, unproven: np.ndarray, part: tuple[slice, ...]) -> None:
        """A number, or NaN and the reason, for every cell with an unproven number.

        Cells are taken in a scattered order. When the first ones of a block all turn out to have no number
        (the metric is singular everywhere, say), the rest are given up unexamined: NaN, with the reason that
        the others have in common, or the limit of precision.
        """
        where = np.random.default_rng(0).permutation(np.argwhere(unproven.any(axis=0)))
        codes: set[int] = set()
        for count, index in enumerate(where):
            cell = tuple(index)
            most = _MOST_EXAMINED if self.rtol is None else len(where)
            if count >= most or (count >= _HOPELESS and 0 not in codes):
                rest = tuple(where[count:].T)
                values[(slice(None), *rest)] = np.where(
                    unproven[(slice(None), *rest)], np.nan, values[(slice(None), *rest)]
                )
                status[rest] = codes.pop() if len(codes) == 1 and 0 not in codes else LIMIT
                return
            point = {a.symbol: float(a.values[s][i]) for a, s, i in zip(self.axes, part, cell)}
            values[(slice(None), *cell)], status[cell] = self.settle(point)
            codes.add(int(status[cell]))
            self.recomputed += 1

    # one cell, in balls -------------------------------------------------------------------------------
    def settle(self, point: Mapping[sp.Symbol, float]) -> tuple[list[float], int]:
        """The outputs at a point, each rounded from a ball that is narrow enough, or NaN; and the status."""
        tolerance = self.rtol if self.rtol is not None else 2.0 ** -(20 if self.kernel.dtype == np.float32 else 45)
        out: list[float | None] = [None] * len(self.kernel.program.outputs)
        code = 0
        old = ctx.prec
        try:
            for precision in _PRECISIONS:
                ctx.prec = precision
                balls = self._at(point)
                for k, ball in enumerate(balls):
                    if out[k] is None and ball.is_finite() and _narrow(ball, tolerance):
                        out[k] = float(ball.mid())
                if None not in out:
                    break
            else:
                code = self._reason(point, balls)
        finally:
            ctx.prec = old
        limit = float(np.finfo(self.kernel.dtype).max)
        numbers = [float("nan") if v is None or abs(v) > limit else v for v in out]
        if not code and any(v is not None and abs(v) > limit for v in out):
            code = LIMIT
        return numbers, code

    def _at(self, point: Mapping[sp.Symbol, float]) -> list[arb]:
        if self._balls is None:
            self._balls = BallProgram(self.kernel.program, self.kernel._data)
        return self._balls(self._ball_values(self.kernel.program.inputs, point))

    def _ball_values(self, inputs: Sequence[str], point: Mapping[sp.Symbol, float]) -> dict[str, arb]:
        symbols = [*(a.symbol for a in self.axes), *self.constants]
        return {key: as_ball(point[s] if s in point else self.constants[s]) for key, s in zip(inputs, symbols)}

    def _reason(self, point: Mapping[sp.Symbol, float], balls: Sequence[arb]) -> int:
        """Why there is no number: the determinant is zero to all digits, the formula has no value, or neither is certain."""
        if self.metric is not None:
            if self._determinant is None:
                free = [*(a.symbol for a in self.axes), *self.constants]
                program = lower([sp.Matrix(self.metric).det(method="berkowitz")], free)
                self._determinant = BallProgram(
                    program, {k: v for k, v in self.kernel._data.items() if k in program.rows}
                )
            (determinant,) = self._determinant(self._ball_values(self._determinant.program.inputs, point))
            if determinant.is_finite() and determinant.contains(0):
                return SINGULAR
        if any(b.is_nan() or not b.is_finite() for b in balls):
            return OUTSIDE
        return LIMIT


def _narrow(ball: arb, tolerance: float) -> bool:
    """Whether every number in the ball is the midpoint to the tolerance (half of it is left for rounding)."""
    if ball.is_zero():
        return True
    middle = abs(ball.mid())
    return bool(middle > 0 and ball.rad() <= middle * arb(tolerance) / 2)
