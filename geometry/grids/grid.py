"""`on_grid`: quantities of a manifold over a grid of coordinate values, as a labelled dataset."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from copy import copy
from decimal import Decimal
from functools import cached_property, lru_cache, partial
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from ..exact.errors import InputError
from ..exact.notation import latex
from ..exact.reading import match_symbols
from ..exact.tables import by_name
from ..kernels.ball import evaluate_ball
from ..kernels.contraction import Contraction
from ..kernels.kernel import Kernel
from ..kernels.memory import available
from ..kernels.reading import read_constant
from ..kernels.running import without_rule
from ..manifolds.domain import Domain
from ..manifolds.recipes import (
    closed_form,
    geometry_of,
    jet_entries,
    kinks_of,
    metric_of,
    recipe,
    second_recipe,
    symbols_of_metric,
)
from .axes import Axis, read_axes
from .blocks import Blocks, fill, question_hash
from .cells import BALLS, Cells
from .labels import KINK, LIMIT, NOT_REPRESENTABLE, OUTSIDE, provenance, quantity_attributes
from .lazy import lazy_dataset
from .study import Dimension, Step, Study, Variable

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["GridStudy", "absolute_tolerance", "on_grid", "tolerance"]


def on_grid(
    source: Any,
    axes: Mapping[Any, Any],
    quantities: Sequence[str] | str = ("ricci_scalar",),
    constants: Mapping[Any, Any] | None = None,
    data: Mapping[Any, Any] | None = None,
    rtol: float | None = None,
    dtype: Any = "float64",
    progress: Callable[[int, int], None] | None = None,
    *,
    threads: int | None = None,
    chunks: int | str | Mapping[Any, int] | None = None,
    store: str | os.PathLike[str] | None = None,
    atol: float | None = None,
    steps: Sequence[Step] = (),
) -> xr.Dataset:
    """Quantities over the grid that the axes span.

    Args:
        source: anything with `.coordinates` and `.expression_of(name)`, a manifold or a model.
        axes: coordinate (symbol or name) -> values; a single number holds the coordinate fixed.
        quantities: names that `expression_of` knows.
        constants: every other symbol -> its number.
        data: row symbol -> 1-D numbers, for the means over data.
        rtol: if given, every number is proven right to this relative tolerance; what cannot be proven is NaN,
            and `status` says why. Without it, numbers are as machine arithmetic gives them: where terms cancel (a
            nearly singular metric) digits are lost, and nothing says how many.
        dtype: "float64" or "float32".
        progress: called as `progress(cells done, cells in all)`.
        threads: how many; by default all processors.
        chunks: cells a block, "auto" (about four million numbers), or axis -> points of a block: the result is then a
            lazy dataset over dask arrays, whose blocks are computed when they are looked at (needs the extra
            `[scale]`).
        store: a Zarr store that keeps the numbers, see `chentsov.store`; the same call with the same store goes on
            where it was interrupted. The result is read from it, lazily.
        atol: with `rtol`, an absolute error that is allowed as well. Without it, a value is 0 only where it is zero
            exactly, or vanishes identically, as a rational function of the inputs and of the functions in it.
        steps: what looks at each block after the kernel; for manifolds with conditions of their own.

    Returns:
        A Dataset: one variable a quantity, over the axes; tensors have dimensions i, j, ... before them,
        labelled by the coordinates. `status` (0 where all is well) tells why a cell has no number.

    Raises:
        ValueError: unknown coordinates, constants or quantities; an empty or non-finite grid; data that are
            missing, ragged or not finite; a result that memory cannot hold; chunks that do not fit the grid.

    >>> import sympy as sp
    >>> from chentsov.geometry.manifolds import RiemannianManifold
    >>> t, p = sp.symbols("t p")
    >>> sphere = RiemannianManifold([[1, 0], [0, sp.sin(t)**2]], (t, p))
    >>> grid = on_grid(sphere, {t: [0.5, 1.0], p: [0.0, 1.0, 2.0]}, ["ricci_scalar", "metric"])
    >>> dict(grid.sizes), float(grid.ricci_scalar[0, 0])
    ({'t': 2, 'p': 3, 'i': 2, 'j': 2}, 2.0)
    >>> grid.metric.sel(i="p", j="p", p=0.0).values.round(4)
    array([0.2298, 0.7081])
    """
    study = GridStudy(source, axes, quantities, constants, data, rtol, dtype, threads, atol, steps)
    wanted = "auto" if chunks is None and store is not None else chunks
    if wanted in (None, "auto") and study.cells_a_block is not None:
        wanted = study.cells_a_block
    blocks = Blocks.of(study.shape, wanted, [d.name for d in study.dimensions], study.count)
    if store is not None:
        from .store import store as write

        return write(lazy_dataset(study, blocks), store, progress=progress)
    if chunks is not None:
        return lazy_dataset(study, blocks)
    _refuse_if_too_large(study.count, study.shape, dtype)
    values, status = fill(study.evaluate, study.count, blocks, study.dtype, progress)
    found = study.dataset(values, status)
    found.attrs |= {"cells_in_double_double": study.cells.refined, "cells_in_balls": study.cells.recomputed}
    return found


_FEW_CELLS, _LONG_PROGRAM = 64, 150  # cells and operations
_MOST_INTERPRETED = 2_000_000  # operations, those over rows for each of them
_MOST_KINKS_PROVEN, _KINK_BITS = 256, 512  # cells of a block, and the precision of the proof
_SMALL = 1 << 20  # bytes, for which there is room


class GridStudy(Study):
    """Quantities of one manifold over the grid that axes span; for the arguments see `on_grid`."""

    def __init__(
        self,
        source: Any,
        axes: Mapping[Any, Any],
        quantities: Sequence[str] | str,
        constants: Mapping[Any, Any] | None = None,
        data: Mapping[Any, Any] | None = None,
        rtol: float | None = None,
        dtype: Any = "float64",
        threads: int | None = None,
        atol: float | None = None,
        steps: Sequence[Step] = (),
    ) -> None:
        names = _quantity_names(quantities)
        self.steps = tuple(steps)
        constants, data = constants or {}, by_name(data)
        coordinates = tuple(source.coordinates)
        self.axes, fixed = read_axes(axes, coordinates, constants)
        recipes = {name: recipe(source, name) for name in names}
        indices = "ij" if any(map(_is_array, recipes.values())) else ""  # the others give way to a coordinate
        if taken := [a.name for a in self.axes if a.name in ("status", *names, *indices)]:
            raise InputError(
                f"the coordinate {taken[0]!r} has the name of a variable or index of the result; rename it, for "
                f"example by manifold.change_coordinates with the Symbol {taken[0] + '_1'!r}"
            )
        flat, slots = _flattened(recipes)
        contractions = {n for n, own in slots.items() if any(isinstance(flat[k], Contraction) for k in own)}
        held = {s: v for s, v in fixed.items() if v is not None} | _by_symbol(source, constants or {})
        fixed = _all_constants(flat, self.axes, fixed, constants or {}, data or {}, source)
        if rtol is not None:
            rtol = tolerance(rtol, dtype)
        domain = _domain(source)
        domain.check({s: v for s, v in {**held, **fixed}.items() if s not in coordinates}, "the constants")
        matters = _matters(source, flat, domain)
        held = {s: v for s, v in held.items() if s not in coordinates or s in matters}
        atol = absolute_tolerance(atol, rtol)
        # a certified float32 is a certified float64, rounded
        kernel = _kernel(flat, self.axes, fixed, data, dtype if rtol is None else "float64", threads)
        self.count, self.dtype = len(flat), np.dtype(dtype)
        self.dimensions = [
            Dimension(a.name, a.values, {"long_name": a.name, "latex": latex(a.symbol)}) for a in self.axes
        ]
        few = _interpreted(kernel, math.prod(a.values.size for a in self.axes))
        if few and rtol is None:
            kernel = copy(kernel)
            kernel.backend = "numpy"
        self.cells = _kind_of_cells(kernel, few, rtol)(
            kernel,
            self.axes,
            fixed,
            None if kernel.looped else metric_of(source),
            rtol / 2 if rtol is not None and self.dtype == np.float32 else rtol,
            data or {},
            atol / 2 if atol is not None and self.dtype == np.float32 else atol,
            partial(_second_forms, source, slots, len(flat), contractions),
            held,
            domain,
            partial(jet_entries, source, names),
            rtol is None
            and not kernel.looped
            and not kernel._data
            and getattr(geometry_of(source), "is_continued", False),
        )
        self.held, self.kinks = held, _kinks(source, self.axes, held, data, threads)
        self.rtol, self.atol = rtol, atol
        self.variables = {
            name: Variable(
                tuple(int(n) for n in recipes[name].shape) if _is_array(recipes[name]) else (),
                tuple(slots[name]),
                quantity_attributes(source, name),
            )
            for name in names
        }
        self.labels = [c.name for c in coordinates]
        self.attributes = provenance(
            source, names, fixed, data or {}, {"rtol": rtol, "atol": atol, "dtype": str(self.dtype)}
        )
        for step in self.steps:
            self.attributes |= step.attributes

    @cached_property
    def question(self) -> str:
        """A hash of everything that the numbers depend on."""
        kernel, domain = self.cells.kernel, self.cells.domain
        return question_hash(
            kernel.listing(),
            kernel.dtype.name,
            str(self.dtype),
            self.rtol,
            self.atol,
            sorted((str(s), str(v)) for s, v in self.cells.held.items()),
            self.variables,
            self.labels,
            domain.listing(),
            self.kinks and self.kinks.listing(),
            None if kernel.looped else str(self.cells.metric),
            *(a.values for a in self.axes),
            *(kernel._data[k] for k in sorted(kernel._data)),
            *(q for step in self.steps for q in step.question),
        )

    @property
    def cells_a_block(self) -> int | None:
        """How many cells a block should have; None if it does not matter."""
        return min((step.cells for step in self.steps if step.cells is not None), default=None)

    def evaluate(self, part: tuple[slice, ...]) -> tuple[np.ndarray, np.ndarray]:
        """Numbers (an expression a row) and status of a block."""
        found, codes = self.cells.evaluate(part)
        if self.kinks is not None:
            arrays = self.cells.arrays(part)
            on = np.broadcast_to(self.kinks(*arrays)[0] > 0, codes.shape) & (codes != OUTSIDE)
            if self.rtol is not None and not self.kinks.program.rows and on.sum() <= _MOST_KINKS_PROVEN:
                on = on & ~self._beside_a_kink(arrays, on)
            found[:, on], codes[on] = np.nan, KINK
        for step in self.steps:
            step([a.symbol for a in self.axes], self.cells.arrays(part), found, codes)
        return self._rounded(found, codes), codes

    def _beside_a_kink(self, arrays: Sequence[np.ndarray], on: np.ndarray) -> np.ndarray:
        """Of the cells that machine numbers put on a kink, those that balls prove to lie beside it."""
        assert self.kinks is not None
        (indicator,) = self.kinks._flat
        symbols = [a.symbol for a in self.axes]
        constants = {s: v for s, v in self.held.items() if s in indicator.free_symbols and s not in symbols}
        beside = np.zeros_like(on)
        for cell in np.argwhere(on):
            point = [np.broadcast_to(a, on.shape)[tuple(cell)].item() for a in arrays]
            with BALLS:
                ball = evaluate_ball(indicator, {**dict(zip(symbols, point)), **constants}, _KINK_BITS)
            beside[tuple(cell)] = ball.is_zero()
        return beside

    def _rounded(self, values: np.ndarray, status: np.ndarray) -> np.ndarray:
        """In the type of the result; a number that it cannot hold (to the tolerance) is none, and says so."""
        if values.dtype == self.dtype:  # infinities have been settled with the cells
            return values
        with np.errstate(over="ignore", invalid="ignore"):
            rounded = values.astype(self.dtype, copy=False)
            lost = np.isinf(rounded)
            if self.rtol is not None:
                error = np.abs(rounded - values)
                lost |= (error > self.rtol / 2 * np.abs(values)) & (error > (self.atol or 0.0) / 2)
        if lost.any():
            rounded[lost] = np.nan
            status[lost.any(axis=0) & (status == 0)] = NOT_REPRESENTABLE
        return rounded


def _kernel(
    flat: Sequence[Any],
    axes: Sequence[Axis],
    constants: Mapping[sp.Symbol, Any],
    data: Mapping[str, Any],
    dtype: Any,
    threads: int | None,
) -> Kernel:
    """The kernel of the expressions; without data that of an equal question is used again, with its compiled plans."""
    symbols = tuple(a.symbol for a in axes)
    if not data and all(isinstance(e, sp.Expr) for e in flat):
        try:
            values = tuple((s, type(v), v) for s, v in constants.items())
            return _kernel_without_data(tuple(flat), symbols, values, dtype, threads)
        except TypeError:  # a value without a hash: the kernel reads it, or says what is wrong
            pass
    return Kernel(flat, symbols, data=data, constants=constants, dtype=dtype, backend="native", threads=threads)


@lru_cache(maxsize=64, typed=True)
def _kernel_without_data(
    flat: tuple[sp.Expr, ...],
    symbols: tuple[sp.Symbol, ...],
    constants: tuple[tuple[sp.Symbol, type, Any], ...],
    dtype: Any,
    threads: int | None,
) -> Kernel:
    values = {s: v for s, _, v in constants}
    return Kernel(flat, symbols, data={}, constants=values, dtype=dtype, backend="native", threads=threads)


def _interpreted(kernel: Kernel, cells: int) -> bool:
    """Whether a formula is so long, and the cells so few, that to compile it would take longer than to interpret it."""
    if kernel.looped or cells > _FEW_CELLS:
        return False
    long = sum(1 for _ in kernel.program.nodes()) > _LONG_PROGRAM
    return long and cells * kernel.operations < _MOST_INTERPRETED


def _kind_of_cells(kernel: Kernel, few: bool, rtol: float | None) -> type[Cells]:
    if kernel.looped:
        return _Unexamined if rtol is None else Cells
    contracted = any(isinstance(e, Contraction) for e in kernel._flat)
    doubted = (
        contracted
        and kernel.dtype == np.float64
        and rtol is None
        and not kernel.program.rows
        and not without_rule(kernel.program)
    )
    if few and (doubted or rtol is not None):
        return _InBalls
    return _Doubted if doubted else Cells


class _Doubted(Cells):
    """Cells of a contraction without a tolerance, which loses digits unseen where the metric is nearly singular."""

    def _numbers(self, arrays: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        return self._doubted(arrays)


class _InBalls(Cells):
    """Few cells of a long formula: balls at once, since its error bounds would take long to compile."""

    def _numbers(self, arrays: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        return self._proven(arrays)[:2]

    def _proven(self, arrays: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
        shape = (len(self.kernel.program.outputs), *self._shape(arrays))
        return np.full(shape, np.nan), np.ones(shape, bool), np.zeros(shape, bool), 0


class _Unexamined(Cells):
    """Cells of a contraction in many dimensions: what has no number is not examined in balls, which would take seconds
    a cell.
    """

    def _settle(self, values: np.ndarray, status: np.ndarray, unproven: np.ndarray, part: tuple[slice, ...]) -> None:
        values[unproven] = np.nan
        status[unproven.any(axis=0)] = LIMIT


def _matters(source: Any, flat: Sequence[Any], domain: Domain) -> set[sp.Symbol]:
    """The symbols that quantities, metric or conditions contain: where the others are held fixed is of no
    consequence.
    """
    return symbols_of_metric(source).union(*(e.free_symbols for e in (*flat, *domain.conditions)))


def _domain(source: Any) -> Domain:
    """That of a manifold or model; of anything else, the assumptions of its coordinates."""
    found = next(
        (d for s in (source, geometry_of(source)) if isinstance(d := getattr(s, "domain", None), Domain)), None
    )
    return found if found is not None else Domain(source.coordinates)


def _quantity_names(quantities: Sequence[str] | str) -> list[str]:
    names = [quantities] if isinstance(quantities, str) else list(quantities)
    if not names:
        raise InputError("no quantities are asked for; for example quantities=('ricci_scalar',)")
    for name in names:
        if not isinstance(name, str):
            raise InputError(f"a quantity is asked for by its name, not by {name!r}")
    return list(dict.fromkeys(names))


def tolerance(rtol: Any, dtype: Any) -> float:
    """A relative tolerance as it was given, if numbers of that type can have it.

    Raises:
        InputError: they cannot.
    """
    try:
        value = float(rtol)
    except (TypeError, ValueError):
        raise InputError(f"rtol must be a number, not {rtol!r}") from None
    least = 4 * np.finfo(np.dtype(dtype)).eps
    if not least <= value < 1:
        raise InputError(
            f"rtol = {value}: a relative tolerance lies between {least:.1e} (the numbers are {np.dtype(dtype)}) and 1"
        )
    return value


def absolute_tolerance(atol: Any, rtol: float | None) -> float | None:
    if atol is None:
        return None
    try:
        value = float(atol)
    except (TypeError, ValueError):
        raise InputError(f"atol must be a number, not {atol!r}") from None
    if rtol is None:
        raise InputError("atol is a tolerance of certified numbers: give rtol as well")
    if not 0 < value < math.inf:
        raise InputError(f"atol = {value}: an absolute tolerance is a positive finite number")
    return value


def _flattened(recipes: Mapping[str, Any]) -> tuple[list[Any], dict[str, list[int]]]:
    """Distinct scalar expressions (a symmetric tensor's components once), and where each quantity finds its own."""
    flat: list[Any] = []
    place: dict[Any, int] = {}
    slots: dict[str, list[int]] = {}
    for name, what in recipes.items():
        entries = [what] if isinstance(what, Contraction) or not _is_array(what) else _entries(what)
        slots[name] = []
        for e in entries:
            key = id(e) if isinstance(e, Contraction) else e
            if key not in place:
                place[key] = len(flat)
                flat.append(e)
            slots[name].append(place[key])
    return flat, slots


def _by_symbol(source: Any, constants: Mapping[Any, Any]) -> dict[sp.Symbol, Any]:
    """The values of the constants of a manifold, whether a quantity contains them or not."""
    by_name = {k.name if isinstance(k, sp.Symbol) else str(k): v for k, v in constants.items()}
    return {s: read_constant(s, by_name[s.name]) for s in getattr(source, "constants", ()) if s.name in by_name}


def _second_forms(
    source: Any, slots: Mapping[str, Sequence[int]], count: int, contractions: Collection[str]
) -> list[Any]:
    """For every scalar expression another way to its number, or NaN: the contraction, or of that the closed form."""
    out: list[Any] = [sp.nan] * count
    for name, places in slots.items():
        what = closed_form(source, name) if name in contractions else second_recipe(source, name)
        if what is not None:
            for place, e in zip(places, _entries(what) if _is_array(what) else [what]):
                out[place] = e
    return out


def _kinks(
    source: Any,
    axes: Sequence[Axis],
    held: Mapping[sp.Symbol, Any],
    data: Mapping[Any, Any] | None,
    threads: int | None,
) -> Kernel | None:
    """What is positive in the cells on a kink of the metric; None where it has none."""
    indicator = kinks_of(source)
    symbols = [a.symbol for a in axes]
    if indicator == 0 or not indicator.free_symbols <= {*symbols, *held}:
        return None
    constants = {s: v for s, v in held.items() if s in indicator.free_symbols and s not in symbols}
    return Kernel(
        [indicator], symbols, data=data, constants=constants, dtype="float64", backend="native", threads=threads
    )


def _is_array(what: Any) -> bool:
    return isinstance(what, (sp.MatrixBase, sp.NDimArray, np.ndarray))


def _entries(what: Any) -> list[Any]:
    return [what[index] for index in product(*(range(int(n)) for n in what.shape))]


def _all_constants(
    flat: Sequence[Any],
    axes: Sequence[Axis],
    fixed: dict[sp.Symbol, Any],
    constants: Mapping[Any, Any],
    data: Mapping[Any, Any],
    source: Any,
) -> dict[sp.Symbol, Any]:
    """A number for every symbol that no axis and no data give; an unused coordinate needs none."""
    free = set().union(*(e.free_symbols for e in flat))
    known = [*free, *source.coordinates, *getattr(source, "constants", ())]
    given = match_symbols(constants, known, "constants", stranger="{name!r} is no constant of this manifold")
    values = {s.name: v for s, v in given.items()}
    rows = {k.name if isinstance(k, sp.Symbol) else str(k) for k in data}
    out: dict[sp.Symbol, Any] = {}
    on_axes = {a.symbol for a in axes}
    for symbol in sorted(free - on_axes, key=lambda s: s.name):
        if symbol in fixed and fixed[symbol] is not None:
            out[symbol] = fixed[symbol]
        elif symbol in fixed:
            raise InputError(
                f"the axis of the coordinate {symbol} is missing: give it values, or one number to hold it fixed"
            )
        elif symbol.name in values:
            out[symbol] = given[symbol] if symbol in given else values[symbol.name]
        elif symbol.name in rows:
            raise InputError(f"{symbol} is a row variable that stands outside a mean")
        else:
            raise InputError(f"the constant {symbol} has no value: pass constants={{{symbol.name!r}: number}}")
    read = {symbol: read_constant(symbol, value) for symbol, value in {**given, **out}.items()}
    return {s: read[s] if isinstance(value, (str, Decimal)) else value for s, value in out.items()}


def _refuse_if_too_large(count: int, shape: tuple[int, ...], dtype: Any) -> None:
    try:
        size = np.dtype(dtype).itemsize
    except TypeError:
        return  # the kernel says what is wrong with it
    needed = count * math.prod(shape) * size
    if needed < _SMALL:
        return
    free = available()
    if needed > 0.8 * free:
        raise InputError(
            f"the grid needs {needed / 2**30:.1f} GiB ({count} numbers a cell, {' x '.join(map(str, shape))} cells), "
            f"more than the {0.8 * free / 2**30:.1f} GiB that it may take of the {free / 2**30:.1f} GiB that are free: "
            "ask for fewer quantities at once, use dtype='float32', or keep the result on disk with store='a folder'"
        )
