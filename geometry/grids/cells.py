"""The cells of a grid: machine code first, more digits where it takes them.

With a tolerance, every number comes with a bound. Cells whose bound misses it are computed in double-double
arithmetic, again with a bound; what is still open goes to balls of rising precision. A number that its type cannot
hold to the tolerance (it overflows, or is so small that digits are missing) is none, and says so.

Zero has no relative error. Where a number vanishes identically without the formula knowing (R of two rows of data),
it is 0 (`Cells.vanishes`). A zero at single points takes an absolute tolerance, which may be asked for.

A status is a statement, and proven like a number: "singular metric" that the determinant is zero, "outside the
domain" that an operation has no real value at its arguments, all of them. What is neither a number nor proven to be
none is at the limit of precision.

Without a tolerance, machine numbers stand as they are, but for the cells that are looked at again: those without a
finite number, and, where the processor noted that numbers overflowed or underflowed on the way, those whose error bound
is large, or, where the formula has no bound, in which it happened. In balls they get their number after all, or the
reason why there is none.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from threading import Lock
from typing import Any

import numpy as np
import sympy as sp
from flint import acb, arb

from ..kernels.algebras import COMPLEX, NumPy
from ..kernels.ball import BallProgram, as_ball, determinant, number_of, precision, rounded, vanishes
from ..kernels.functions import FUNCTIONS
from ..kernels.interpreter import Evaluator
from ..kernels.kernel import Kernel
from ..kernels.lower import lower
from ..kernels.native.run import aligned_empty
from ..kernels.pivots import PivotedRows
from ..kernels.program import LEAVES, Node, walk
from ..kernels.running import without_rule
from ..kernels.schedule import MASKS
from ..manifolds.domain import Domain
from .axes import Axis
from .continuation import Continuation
from .labels import LIMIT, NOT_CONVEX, NOT_REPRESENTABLE, OUTSIDE, SINGULAR

__all__ = ["Cells", "certified", "proven_numbers", "SINGULAR", "OUTSIDE", "LIMIT", "NOT_CONVEX", "NOT_REPRESENTABLE"]

_LIST_COST = 3  # of a cell in a list to one in a grid, whose exponentials are hoisted
_WORTH_A_TIER = 0.01  # share of open cells from which double-doubles are tried for sums alone
_MANY = 1 << 14  # cells from which crude bounds are tried first
_DOUBTFUL = 0.2  # share of cells that these may leave open; where it was more, they are not tried again
_VECTOR = 8  # cells that are computed together along the last axis of a grid
_PRECISIONS = (128, 512, 2048, 8192, 32768)
_ALWAYS = 3  # of them, which are always tried; the fourth of formulas without slow functions, the last of quick ones
_QUICK = frozenset(
    "exp log sqrt log1p expm1 logistic softplus sin cos tanh tan sinh cosh asin acos atan asinh acosh atanh "
    "abs sign floor ceil min max heaviside".split()
)
_SLOW = frozenset("polylog hurwitz zeta polygamma".split())  # a tenth of a second and more in the fourth precision
_IN_VAIN = 8  # cells that a higher one may fail before it is left out
_FEW_ROWS = 8  # of data, up to which it is asked whether a quantity vanishes identically
_TRACED = 1 << 14  # cells whose values are kept for all nodes at a time
_NEVER_ZERO = frozenset({"mul", "product", "power", "div", "reciprocal"})  # unless an argument is
_POSITIVE = frozenset({"exp", "exp_product", "erfc", "gamma"})
_KINKS = frozenset({"abs", "sign", "floor", "ceil", "min", "max", "heaviside", "select"})
BALLS = Lock()  # the precision of ball arithmetic is one for all threads
_PATIENCE = 1 << 21  # bits of precision, cell by cell, without a number, after which a block is given up
TRUSTED = 1e-6  # relative error bound up to which machine numbers are not doubted, where no tolerance is asked for
_SAMPLE = 256  # doubtful cells that are looked at before the others are
# Cells of a block that are looked at one by one when no tolerance is asked for: at least, at most, and operations times
# bits of precision for all of them.
_LEAST_EXAMINED, _MOST_EXAMINED, _MOST_WORK = 64, 4096, 1 << 30


def _sharper(ball: arb, other: arb) -> arb:
    """Of two enclosures of one number the narrower one."""
    return other if other.is_finite() and (not ball.is_finite() or other.rad() < ball.rad()) else ball


def certified(values: np.ndarray, bounds: np.ndarray, rtol: float, atol: float = 0.0) -> np.ndarray:
    """Where |computed - exact| <= bound proves a relative error of at most rtol, or an absolute one of at most atol.

    The first is so where bound <= rtol (|computed| - bound).
    """
    limit = np.abs(values)
    with np.errstate(invalid="ignore", over="ignore"):
        limit *= rtol / (1 + rtol) * (1 - 2.0**-40)
        if atol:
            np.maximum(limit, atol, out=limit)
        proven = bounds <= limit
    proven &= np.isfinite(values)
    return proven


def proven_numbers(
    kernel: Kernel, arrays: Sequence[np.ndarray], rtol: float, atol: float = 0.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Machine numbers with their bounds; double-doubles where these miss the tolerance.

    These are first of sums over rows only, then of everything.

    Returns:
        Values, a row an expression; which of them are still not proven; which are known to exist, because some bound is
        finite; how many cells took double-doubles.
    """
    values, unproven, exist = _first_proofs(kernel, arrays, rtol, atol)
    if not unproven.any():
        return values, unproven, exist, 0
    counts = []
    for arithmetic, least in (("sums", _WORTH_A_TIER * values[0].size), ("refined", 0)):
        open_cells = np.asarray(unproven.any(axis=0))
        counts.append(int(open_cells.sum()))
        if counts[-1] > least:
            where, points, mask = _gathered(open_cells, arrays)
            found, bounds = kernel.bounded(*points, where=mask, **{arithmetic: True})
            part = (slice(None), *where)
            better = unproven[part] & certified(found, bounds, rtol, atol)
            values[part] = np.where(better, found, values[part])
            unproven[part] &= ~better
            exist[part] |= bounds < np.inf
    return values, np.asarray(unproven), np.asarray(exist), counts[0]


def _first_proofs(
    kernel: Kernel, arrays: Sequence[np.ndarray], rtol: float, atol: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values, which of them machine arithmetic leaves unproven, and which are known to exist: by crude bounds where
    there are many cells, and by sharper ones in those that are then open, if they are few.
    """
    many = math.prod(np.broadcast_shapes(*(np.shape(a) for a in arrays))) >= _MANY
    found = (
        kernel.doubted(*arrays, rtol=rtol) if many and not atol and kernel.doubts.get(rtol, 0.0) < _DOUBTFUL else None
    )
    if found is None:
        values, proven, exist = kernel.proven(*arrays, rtol=rtol, atol=atol)
        return values, ~proven, exist
    values, doubts = found
    if doubts is None:
        return values, np.zeros(values.shape, bool), np.broadcast_to(np.True_, values.shape)
    kernel.doubts[rtol] = float(doubts.mean())
    if kernel.doubts[rtol] > _DOUBTFUL:
        values, proven, exist = kernel.proven(*arrays, rtol=rtol)
        return values, ~proven, exist
    where, points, _ = _gathered(np.asarray(doubts.any(axis=0)), arrays)
    again, proven, exist_there = kernel.proven(*points, rtol=rtol)
    part, exist = (slice(None), *where), ~doubts
    values[part] = np.where(doubts[part], again, values[part])
    exist[part] |= exist_there
    doubts[part] &= ~proven
    return values, doubts, exist


def _gathered(
    open_cells: np.ndarray, arrays: Sequence[np.ndarray]
) -> tuple[tuple, list[np.ndarray], np.ndarray | None]:
    """Where to compute again: the smallest grid around the open cells, with a mask, or a list of them, whichever costs
    less.

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
        atol: float | None = None,
        second_forms: Callable[[], Sequence[Any]] | None = None,
        held: Mapping[sp.Symbol, Any] | None = None,
        domain: Domain | None = None,
        jet_entries: Callable[[], Sequence[Any]] | None = None,
        continued: bool = False,
    ) -> None:
        self.continued = continued  # whether the formulas stand for functions that are analytic where they are 0/0
        self.domain, self.jet_entries = domain if domain is not None else Domain(()), jet_entries
        self.kernel, self.axes, self.constants, self.metric, self.rtol = kernel, axes, constants, metric, rtol
        self.data, self.atol, self.second_forms = data, atol, second_forms
        self.held = {**(held or {}), **constants}  # of the metric as well, of which a quantity may contain a part only
        self.tolerance = rtol if rtol is not None else 2.0 ** -(20 if kernel.dtype == np.float32 else 45)
        self.refined = 0  # cells that took double-double arithmetic
        self.recomputed = 0  # cells that took balls
        self._zero: dict[int, bool] = {}  # which outputs vanish identically
        self._start = _PRECISIONS[0]  # the precision that the last cell took
        called = frozenset() if kernel.looped else frozenset(n.op for n in kernel.program.nodes()) & set(FUNCTIONS)
        most = _ALWAYS if kernel.looped or called & _SLOW else len(_PRECISIONS) - bool(called - _QUICK)
        self._ladder = list(_PRECISIONS[:most])
        self._in_vain = 0  # cells that the highest precision left as they were

    def __getstate__(self) -> dict[str, Any]:
        """Without the programs in balls, which are made again where they are needed."""
        made_again = ("_balls", "_metric", "_second", "_jet", "_continuation", "_pivoted")
        return {k: v for k, v in self.__dict__.items() if k not in made_again}

    @cached_property
    def _balls(self) -> BallProgram:
        return BallProgram(self.kernel.program, self.kernel._data)

    @cached_property
    def _continuation(self) -> Continuation:
        return Continuation(self._balls.program)

    @cached_property
    def _second(self) -> BallProgram | None:
        """The expressions by another way, for cells in which the first is 0/0."""
        return None if self.second_forms is None else self._beside(self.second_forms())

    @cached_property
    def _metric(self) -> BallProgram | None:
        """The lower triangle of the metric."""
        if self.metric is None:
            return None
        return self._beside([self.metric[i, j] for i in range(self.metric.rows) for j in range(i + 1)])

    @cached_property
    def _jet(self) -> BallProgram | None:
        """The metric and its derivatives, as far as the quantities take them."""
        entries = () if self.jet_entries is None else self.jet_entries()
        return self._beside(entries) if entries else None

    def _beside(self, expressions: Sequence[Any]) -> BallProgram | None:
        """What else is evaluated in a cell; None where it contains something without a value."""
        free = [*(a.symbol for a in self.axes), *self.held]
        rows = self.kernel._data
        unknown = set().union(*(e.free_symbols for e in expressions)) - set(free)
        if any(s.name not in rows for s in unknown):
            return None
        program = lower(expressions, free)
        return BallProgram(program, {k: v for k, v in rows.items() if k in program.rows})

    def evaluate(self, part: tuple[slice, ...]) -> tuple[np.ndarray, np.ndarray]:
        """Values (one row an expression) and status of a block; cells outside the domain have no number."""
        arrays = self.arrays(part)
        outside = self._outside(arrays)
        if self.rtol is None:
            values, unproven = self._numbers(arrays)
            exist = None
        else:
            values, unproven, exist, refined = self._proven(arrays)
            self.refined += refined
        status = np.zeros(self._shape(arrays), np.int8)
        if outside.any():
            outside = np.broadcast_to(outside, status.shape)
            unproven &= ~outside
            values[:, outside], status[outside] = np.nan, OUTSIDE
        if unproven.any() and self._pivoted is not None:
            self._by_pivots(values, status, unproven, arrays)
        if unproven.any():
            with BALLS:
                if exist is not None:
                    self._put_zeros(values, unproven, exist)
                self._settle(values, status, unproven, part)
        return values, status

    @cached_property
    def _pivoted(self) -> tuple[int, PivotedRows] | None:
        """The output that is R of a single unit, if there is one, and how it is found where few rows have weight."""
        kernel = self.kernel
        if kernel.looped or kernel._exact or kernel.dtype != np.float64:
            return None
        found = (PivotedRows.of(e, kernel._symbols, kernel._data) for e in kernel._flat)
        return next(((k, rows) for k, rows in enumerate(found) if rows is not None), None)

    def _by_pivots(
        self, values: np.ndarray, status: np.ndarray, unproven: np.ndarray, arrays: list[np.ndarray]
    ) -> None:
        """R where it is proven in this way, or proven to be none that its type can hold."""
        assert self._pivoted is not None
        k, rows = self._pivoted
        for few in (True, False):
            where = unproven[k].copy()
            if not where.any():
                return
            points = [np.broadcast_to(a, where.shape)[where] for a in arrays]
            scalar = rows([*points, *self.kernel._constants.values()], few, self.kernel.threads)
            numbers, bounds = scalar.numbers()
            proven = certified(numbers, bounds, self.rtol or TRUSTED, self.atol or 0.0)
            lost = ~proven & scalar.is_past(self.kernel.dtype)
            values[k][where] = np.where(lost, np.nan, np.where(proven, numbers, values[k][where]))
            status[where] = np.where(lost, NOT_REPRESENTABLE, 0)
            unproven[k][where] = ~proven & ~lost

    def _put_zeros(self, values: np.ndarray, unproven: np.ndarray, exist: np.ndarray) -> None:
        """0 where a number that exists but is not proven belongs to an output that vanishes everywhere."""
        for k, zero in enumerate(unproven & exist):
            if zero.any() and self.vanishes(k):
                values[k][zero], unproven[k][zero] = 0.0, False

    def _proven(self, arrays: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
        return proven_numbers(self.kernel, arrays, self.rtol, self.atol or 0.0)  # type: ignore[arg-type]

    def _numbers(self, arrays: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Machine numbers, of which no tolerance is asked, and which of them have to be looked at again."""
        values = aligned_empty((len(self.kernel._flat), *self._shape(arrays)), self.kernel.dtype)
        with np.errstate(over="ignore"):
            noted = self.kernel.noting(*arrays, out=values)[1]
        for k in self._zeros:
            exist = (
                known
                if (known := np.isfinite(values[k])).all()
                else proven_numbers(self.careful, arrays, TRUSTED)[2][k]
            )
            values[k] = np.where(known | exist, 0.0, np.nan)
        if self.kernel.dtype == np.float32:
            noted.discard("underflow")  # results may be as small as float32 holds them
            if any(np.abs(a).max(initial=0) > np.finfo(np.float32).max for a in arrays):
                noted.add("overflow")
        if not noted or self.kernel.looped:
            return values, ~np.isfinite(values)
        return self._doubted(arrays, values)

    def _doubted(self, arrays: list[np.ndarray], values: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The same where digits may have been lost: numbers with a large error bound are open.

        Those in whose cell something overflowed or underflowed lose their number, which is found again or not; the
        others keep it for the time being (`_settle`). Of formulas without bounds these cells alone are open.
        """
        noted, every = values is not None, np.ones(self._shape(arrays), bool)
        if values is not None and self.kernel.backend == "numpy":  # few cells of a long formula
            return np.full_like(values, np.nan), np.broadcast_to(every, values.shape)
        if values is None or not without_rule(self.careful.program):
            values, doubtful, exist, _ = proven_numbers(self.careful, arrays, TRUSTED)
            with BALLS:
                self._put_zeros(values, doubtful, exist)
            cells = np.asarray(doubtful.any(axis=0))
            lost = cells if noted and cells.sum() <= _MOST_EXAMINED else self._left_the_range(arrays, cells)
            return np.where(doubtful & lost, np.nan, values), doubtful | ~np.isfinite(values)
        if self.careful is not self.kernel:
            values = np.stack([np.broadcast_to(v, self._shape(arrays)) for v in self.careful(*arrays)])
        lost = self._left_the_range(arrays, every)
        return np.where(lost, np.nan, values), lost | ~np.isfinite(values)

    @cached_property
    def _zeros(self) -> list[int]:
        """The outputs over a few rows of data that vanish identically, as R of two rows does: they would be noise."""
        rows = self.kernel._data.values()
        if self.kernel.looped or not rows or max(map(len, rows)) > _FEW_ROWS:
            return []
        with BALLS:
            return [k for k in range(len(self.kernel.program.outputs)) if self.vanishes(k)]

    @cached_property
    def careful(self) -> Kernel:
        """The kernel in float64."""
        if self.kernel.dtype == np.float64:
            return self.kernel
        return Kernel(
            self.kernel._flat,
            self.kernel.arguments,
            data=self.data,
            constants=self.constants,
            dtype="float64",
            backend="native",
            threads=self.kernel.threads,
        )

    def _left_the_range(self, arrays: list[np.ndarray], cells: np.ndarray) -> np.ndarray:
        """In which of the cells a number on the way is infinite, or is subnormal or zero though what made it is not."""
        kernel, lost = self.careful, np.zeros_like(cells)
        index = np.argwhere(cells)
        points = [np.broadcast_to(a, cells.shape)[cells] for a in arrays]
        at_once = max(1, _TRACED // max(map(len, kernel._data.values()), default=1))
        run = Evaluator(kernel.program, NumPy(), {key: kernel._data[key] for key in kernel.program.rows})
        for where in np.array_split(np.arange(len(index)), math.ceil(len(index) / at_once) or 1):
            given = dict(zip(kernel._argument_keys, (p[where] for p in points))) | kernel._constants
            lost[tuple(index[where].T)] = np.zeros(where.size, bool) | _leaves_the_range(run, given)
        return lost

    def _outside(self, arrays: list[np.ndarray]) -> np.ndarray:
        """Which cells of a block lie outside the domain; an array that broadcasts to the block."""
        if not self.domain:
            return np.asarray(False)
        held = {s: np.float64(v) for s, v in self.held.items()}
        axes = {a.symbol: values for a, values in zip(self.axes, arrays)}
        return ~self.domain.inside({**held, **axes})

    def arrays(self, part: tuple[slice, ...]) -> list[np.ndarray]:
        """The axes' values in a block, each along its own dimension."""
        n = len(self.axes)
        return [
            a.values[s].reshape([-1 if d == k else 1 for d in range(n)])
            for k, (a, s) in enumerate(zip(self.axes, part))
        ]

    def _shape(self, arrays: list[np.ndarray]) -> tuple[int, ...]:
        return np.broadcast_shapes(*(a.shape for a in arrays))

    def _settle(self, values: np.ndarray, status: np.ndarray, unproven: np.ndarray, part: tuple[slice, ...]) -> None:
        """A number, or NaN and the reason, for every cell with an unproven number.

        Without a tolerance, a bound may say too much: where a sample of the doubtful machine numbers is right, they
        stay.
        """
        finite = np.isfinite(values).all(axis=0) & unproven.any(axis=0)
        if self.rtol is None and finite.any():
            chosen = np.zeros_like(finite)
            chosen[tuple(np.random.default_rng(0).permutation(np.argwhere(finite))[:_SAMPLE].T)] = True
            before = values.copy()
            self._examine(values, status, unproven & chosen, part)
            with np.errstate(invalid="ignore"):
                right = np.abs(before - values) <= TRUSTED * np.abs(values)
            unproven = unproven & ~chosen
            if (right | ~unproven).all(axis=0)[chosen].all():
                unproven = unproven & ~finite
        self._examine(values, status, unproven, part)

    def _examine(self, values: np.ndarray, status: np.ndarray, unproven: np.ndarray, part: tuple[slice, ...]) -> None:
        """A number, or NaN and the reason, for cells one by one.

        Cells are taken in a scattered order. When the first ones of a block all turn out to have no number, after some
        effort the rest are given up unexamined: NaN, at the limit of precision.
        """
        where = np.random.default_rng(0).permutation(np.argwhere(unproven.any(axis=0)))
        found, effort = False, 0
        for count, index in enumerate(where):
            cell = tuple(index)
            if (self.rtol is None and self._is_enough(count, effort)) or (effort > _PATIENCE and not found):
                rest = tuple(where[count:].T)
                values[(slice(None), *rest)] = np.where(
                    unproven[(slice(None), *rest)], np.nan, values[(slice(None), *rest)]
                )
                status[rest] = LIMIT
                return
            values[(slice(None), *cell)], status[cell], bits = self.settle(self._point(part, cell))
            found, effort = found or not status[cell], effort + bits
            self.recomputed += 1

    def _is_enough(self, cells: int, bits: int) -> bool:
        """Whether so many cells, which took so many bits of precision in all, are what a plain grid may examine."""
        if cells < _LEAST_EXAMINED:
            return False
        return cells >= _MOST_EXAMINED or bits * self.kernel.operations > _MOST_WORK

    def _point(self, part: tuple[slice, ...], cell: Sequence[int]) -> dict[sp.Symbol, float]:
        return {a.symbol: float(a.values[s][i]) for a, s, i in zip(self.axes, part, cell)}

    # one cell, in balls -------------------------------------------------------------------------------
    def settle(self, point: Mapping[sp.Symbol, float]) -> tuple[list[float], int, int]:
        """The outputs at a point, each rounded from a ball that is narrow enough, or NaN; the status; the bits
        it took.
        """
        out: list[arb | None] = [None] * len(self.kernel.program.outputs)
        code, effort = LIMIT, 0
        bits: int | None = self._start
        while bits is not None:
            effort += bits
            with precision(bits):
                values = self._ball_values(self._balls.program.inputs, point)
                balls = self._balls(values)
                if not all(b.is_finite() for b in balls):
                    second = self._second_at(point, values, bits)
                else:  # what may be zero is zero at sight in the other form, perhaps
                    doubtful = bits != self._start and any(b.contains(0) and not b.is_zero() for b in balls)
                    second = self._second if doubtful else None
                if second is not None:
                    others = second(self._ball_values(second.program.inputs, point))
                    balls = [_sharper(b, other) for b, other in zip(balls, others)]
                for k, ball in enumerate(balls):
                    if out[k] is None:
                        out[k] = self._settled(ball)
                    if out[k] is None and ball.is_finite() and ball.contains(0) and self.vanishes(k):
                        out[k] = arb(0)
                if None not in out:
                    self._start, code = self._needed(bits, balls), 0
                    break
                rest = [ball for known, ball in zip(out, balls) if known is None]
                if not all(ball.is_finite() for ball in rest):
                    code = self._reason(point, values, bits)
                    if code != LIMIT:
                        break
                bits = self._next(bits)
        if code == LIMIT and self.continued:
            with precision(_PRECISIONS[0]):
                others = self._continuation(self._ball_values(self._balls.program.inputs, point))
            out = [other if ball is None else ball for ball, other in zip(out, others)]
            code = LIMIT if None in out else 0
        numbers = [math.nan if ball is None else self._rounded(ball) for ball in out]
        if not code and any(math.isnan(v) for v in numbers):
            code = NOT_REPRESENTABLE
        return numbers, code, effort

    def _second_at(self, point: Mapping[sp.Symbol, float], values: Mapping[str, arb], bits: int) -> BallProgram | None:
        """The second form, where the first has no value for another reason than the lowest precision."""
        wait = bits == _PRECISIONS[0] and self._reason(point, values, bits) == LIMIT
        return None if wait else self._second

    def _settled(self, ball: arb) -> arb | None:
        """The number that a ball stands for, or None."""
        known = number_of(ball, self.tolerance, self.atol or 0.0)
        if known is None and self.rtol is None and ball.contains(0) and ball.rad() < sys.float_info.min:
            return arb(0)  # as far as machine numbers tell
        return known

    def _rounded(self, number: arb) -> float:
        """The machine number, NaN where it is not the number to the tolerance."""
        return rounded(number, self.tolerance, self.atol or 0.0, self.kernel.dtype)

    def _needed(self, bits: int, balls: Sequence[arb]) -> int:
        """The precision that would have done, where the next cell starts: neighbours are alike."""
        wanted = 2 - math.log2(self.tolerance)
        spare = min((b.rel_accuracy_bits() - wanted for b in balls if not b.contains(0)), default=0)
        return next((p for p in _PRECISIONS[:2] if p >= bits - spare), bits)

    def _next(self, bits: int) -> int | None:
        """The next precision to try, None after the last; those that have been in vain again and again are left out."""
        if bits >= self._ladder[-1]:
            self._in_vain += 1
            if self._in_vain >= _IN_VAIN and len(self._ladder) > _ALWAYS:
                self._ladder.pop()
                self._in_vain = 0
            self._start = _PRECISIONS[0]
            return None
        return next(b for b in self._ladder if b > bits)

    def vanishes(self, k: int) -> bool:
        """Whether output k is zero everywhere; the determinant of the metric, if k is -1.

        See `kernels.ball.vanishes`; a formula with kinks, which may vanish in places, is not asked.
        """
        if k not in self._zero:
            run = self._balls if k >= 0 else self._metric
            assert run is not None
            outputs = [run.program.outputs[k]] if k >= 0 else run.program.outputs
            smooth = not any(n.op in _KINKS for output in outputs for n in _valued(output))
            of = (lambda balls: balls[k]) if k >= 0 else partial(determinant, self.metric.rows)
            self._zero[k] = smooth and vanishes(run, of)
        return self._zero[k]

    def _determinant(self, point: Mapping[sp.Symbol, float]) -> arb:
        run = self._metric
        assert run is not None
        return determinant(self.metric.rows, run(self._ball_values(run.program.inputs, point)))

    def _ball_values(self, inputs: Sequence[str], point: Mapping[sp.Symbol, float]) -> dict[str, arb]:
        symbols = [
            *(a.symbol for a in self.axes),
            *(self.constants if inputs is self._balls.program.inputs else self.held),
        ]
        return {key: as_ball(point[s] if s in point else self.held[s]) for key, s in zip(inputs, symbols)}

    def _reason(self, point: Mapping[sp.Symbol, float], values: Mapping[str, arb], bits: int) -> int:
        """What is proven at the current precision: that the metric is singular, or that the formula, or the metric with
        the derivatives that it takes, has no value.
        """
        if self._metric is not None:
            size = self._determinant(point)
            if size.is_finite() and size.contains(0):
                return SINGULAR if size.is_zero() or self.vanishes(-1) else LIMIT
        if has_no_value(self._balls, values):
            return OUTSIDE
        jet = self._jet
        lost = jet is not None and has_no_value(jet, self._ball_values(jet.program.inputs, point))
        return OUTSIDE if lost else LIMIT


def _leaves_the_range(run: Evaluator, given: Mapping[str, Any]) -> Any:
    """At which inputs a node is infinite, or is subnormal or zero though what made it is not.

    In single rows of data the latter does no harm.
    """
    rows, out = tuple(range(-len(run.tables), 0)), np.zeros((), bool)
    with np.errstate(all="ignore"):
        found = run.trace({key: np.float64(value) for key, value in given.items()})
        for node, value in found.items():
            if node.op in (*LEAVES, *MASKS, "input", "row", "select"):
                continue
            size = np.abs(value)
            bad = np.isinf(size)
            if all(n == 1 for n in np.shape(value)[-len(rows) :] if rows):
                bad = bad | ((0 < size) & (size < sys.float_info.min))
                if node.op in _NEVER_ZERO:
                    bad = bad | (size == 0) & np.all(np.broadcast_arrays(*(found[a] != 0 for a in node.args)), axis=0)
                elif node.op in _POSITIVE:
                    bad = bad | (size == 0)
            out = out | (bad.any(axis=rows) if rows and bad.ndim else bad)
    return out


def _valued(output: Node) -> Iterator[Node]:
    """The nodes that a value is computed from; the conditions of guards, and of branches that agree, only choose."""
    for node in walk([output]):
        if node.op == "select" and node.value in ("guard", "smooth"):
            yield from (n for a in node.args[1:] for n in _valued(a))
            return
    yield from walk([output])


def has_no_value(run: BallProgram, values: Mapping[str, arb]) -> bool:
    """Whether some output provably has no real value at these inputs.

    A function of finite balls has none where it has an imaginary part at every point of them, nor has what is
    computed from it. A pole is an exact zero that is divided by, or a function that is not finite at exact arguments;
    what is computed from one has no value as long as no factor may be zero (0/0 is no statement) and no other pole
    meets.
    """
    found = run.trace(values)
    lost: dict[Node, bool] = {}  # whether there is a pole, which a zero may meet
    for node in run.program.nodes():
        if node.op in (*LEAVES, "input", "row", "select"):
            continue
        below = [a for a in node.args if a in lost]
        if any(not lost[a] for a in below):
            lost[node] = False
        elif below:
            others = [v for a in node.args if a not in lost for v in _entries(found[a])]
            may_vanish = node.op in ("mul", "product") and any(isinstance(v, arb) and v.contains(0) for v in others)
            known = all(isinstance(v, arb) and v.is_finite() for v in others)
            if len(below) == 1 and known and not may_vanish and not (node.op == "div" and node.args[1] in lost):
                lost[node] = True
        elif node.op != "mean" and any(isinstance(v, arb) and not v.is_finite() for v in _entries(found[node])):
            arguments = (found[a] if isinstance(found[a], np.ndarray) else _box(found[a]) for a in node.args)
            cases = list(zip(*(g.reshape(-1) for g in np.broadcast_arrays(*arguments))))
            if any(_is_imaginary(node, case) for case in cases):
                lost[node] = False
            elif any(_is_pole(node, case) for case in cases):
                lost[node] = True
    return any(o in lost for o in run.program.outputs)


def _box(value: Any) -> np.ndarray:
    out = np.empty((), object)
    out[()] = value
    return out


def _entries(value: Any) -> Iterable[Any]:
    return value.reshape(-1) if isinstance(value, np.ndarray) else (value,)


def _is_imaginary(node: Node, arguments: Sequence[Any]) -> bool:
    """Whether the value of a function has an imaginary part at every point of finite balls."""
    value = _complex_value(node, arguments)
    return value is not None and value.is_finite() and not value.imag.contains(0)


def _is_pole(node: Node, arguments: Sequence[Any]) -> bool:
    """Whether an operation divides by an exact zero what is none, or a function is not finite at exact arguments."""
    if node.op in ("div", "reciprocal", "reciprocal_root") or (node.op == "power" and int(node.value) < 0):  # type: ignore[call-overload]
        return bool(arguments[-1].is_zero()) and not (node.op == "div" and arguments[0].contains(0))
    value = _complex_value(node, arguments)
    # (the exponential of a huge number is past what balls can hold, and no pole)
    exact = all(a.is_exact() and abs(a) < 2**32 for a in arguments)
    return exact and value is not None and not value.is_finite()


def _complex_value(node: Node, arguments: Sequence[Any]) -> acb | None:
    known = node.op in FUNCTIONS and FUNCTIONS[node.op].acb is not None
    if not known or not all(isinstance(a, arb) and a.is_finite() for a in arguments):
        return None
    return COMPLEX.operation(node)(*(acb(a) for a in arguments))
