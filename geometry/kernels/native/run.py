"""Running the stages of a schedule: tables, strips of the grid on several threads, blocks of rows.

Stages that do not depend on the first axis are run once. The others are run strip by strip along it,
each strip by one thread through all of its stages, so that what one stage stores is still in the cache
when the next one reads it. Many rows are taken a block at a time; memory then depends neither on
(rows) x (axis points) nor on (rows) x (cells).
"""

from __future__ import annotations

import ctypes
import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np

from ..algebras import NumPy
from ..program import LEAVES, Node
from ..reading import Guard
from ..schedule import MASKS, Schedule, Stage
from . import cache as disk
from .emit import block_lanes, emit
from .machine import Library, assemble, host
from .noted import Noted, clear, collect

__all__ = ["Machine", "Point", "aligned_empty", "default_threads", "native_functions", "in_threads", "ROW_BLOCK"]

ROW_BLOCK = 4096
_CHUNK_CELLS = 1 << 18
_KEEP_BYTES = 64 * 1024 * 1024
_SERIAL_WORK = 30_000  # points of a stage below which threads cost more than they give


def default_threads() -> int:
    """CHENTSOV_THREADS, or the processors this process may use."""
    chosen = os.environ.get("CHENTSOV_THREADS")
    if chosen:
        return max(1, int(chosen))
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


@cache
def _pool(workers: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(workers, thread_name_prefix="chentsov")


os.register_at_fork(after_in_child=_pool.cache_clear) if hasattr(os, "register_at_fork") else None


def in_threads(threads: int, function: Callable[..., Any], *arguments: Sequence[Any]) -> Iterable[Any]:
    """`map` on several threads."""
    return (
        map(function, *arguments) if threads == 1 or len(arguments[0]) < 2 else _pool(threads).map(function, *arguments)
    )


class Machine:
    """A schedule in machine code.

    Args:
        guards: inputs -> comparisons; whether a number fulfils one is noted while it is read.
    """

    def __init__(self, plan: Schedule, dtype: np.dtype, guards: Mapping[str, Guard] | None = None) -> None:
        self.plan = plan
        self.dtype = dtype
        bits = 8 * dtype.itemsize
        _, _, register_bytes = host()
        self.block = block_lanes(register_bytes * 8 // bits)
        asked = {n: (guards or {}).get(str(n.value)) for n in plan.leaves if n.op == "input"}
        self.assembly = emit(plan, bits, register_bytes, {n: g for n, g in asked.items() if g is not None})
        self.guarded = {str(n.value) for n, g in asked.items() if g is not None}  # what is compared where it is read
        self.functions = _functions(self.assembly, [k for k, s in enumerate(plan.stages) if s.kind != "host"])
        self.steps = _steps(plan)
        self.along = frozenset(s.cells[-1] for s in plan.stages if s.cells)  # loops that vectors run along
        self._spare: list[dict[Node, np.ndarray]] = []  # tables of finished calls: fresh memory costs page faults

    def type_of(self, node: Node) -> np.dtype:
        """Of the table of a node: truth values take a byte."""
        return np.dtype(np.uint8) if node.op in MASKS else self.dtype

    def borrow(self) -> dict[Node, np.ndarray]:
        try:
            return self._spare.pop()
        except IndexError:
            return {}

    def give_back(self, buffers: dict[Node, np.ndarray]) -> None:
        if len(self._spare) < 2 and sum(b.nbytes for b in buffers.values()) < _KEEP_BYTES:
            self._spare.append(buffers)

    def run(
        self,
        extents: Sequence[int],
        values: Mapping[Node, np.ndarray],
        rows: Mapping[int, int],
        outputs: Sequence[Node],
        threads: int,
        into: Mapping[Node, np.ndarray] | None = None,
        noted: Noted | None = None,
        guarded: np.ndarray | None = None,
    ) -> list[Any]:
        """Evaluate: the results, of truth values None where none is true.

        Args:
            extents: the length of every axis.
            values: input and row nodes -> contiguous arrays over their own loops.
            rows: loop number of a table -> its number of rows.
            outputs: which stored values to return, each over its own loops.
            into: arrays that are to hold the results of nodes that depend on every axis.
            noted: what is told of overflows and underflows on the way.
            guarded: one byte, set where a guard's comparison was fulfilled.
        """
        plan, block = self.plan, self.block
        lengths = {k: n for k, n in enumerate(extents)} | dict(rows)
        results: dict[Node, Any] = dict(into or {})
        for node in outputs:
            if node not in results:
                shape = [lengths[k] for k in plan.home[node]]
                results[node] = None if node.op in MASKS else np.empty(shape, self.dtype)
        # chunks keep the tables between stages in the cache; without such tables they are only overhead
        between = [
            n
            for n, home in plan.home.items()
            if len(home) == len(extents) and n not in values and n not in (into or {}) and n.op not in MASKS
        ]
        for low, high in _chunks(extents, block, _CHUNK_CELLS if between or plan.tables else 64 * _CHUNK_CELLS):
            sizes = dict(lengths)
            if extents:
                sizes[0] = high - low
            direct = {n: a[low:high] for n, a in (into or {}).items() if n not in values and n not in plan.pairs}
            work = _Chunk(self, sizes, values, (low, high), threads, direct, noted, guarded)
            work.run()
            for node in outputs:
                home = plan.home[node]
                made = work.buffers[node]
                if node in direct and made is direct[node]:
                    continue
                made = made[tuple(slice(0, sizes[k]) for k in home)]
                if node.op in MASKS and results[node] is None:
                    if not made.view(bool).any():
                        continue
                    results[node] = np.zeros([lengths[k] for k in home], np.uint8)
                if 0 in home:
                    results[node][low:high] = made
                else:
                    results[node][...] = made
            self.give_back({n: b for n, b in work.buffers.items() if n not in values and b is not direct.get(n)})
        return [results[n] for n in outputs]


class Point:
    """A schedule without axes that is run again and again: its tables are laid out once.

    Args:
        machine: made for no axes.
        values: input and row nodes -> arrays; those of the inputs are 0-dimensional.
        rows: loop number of a table -> its number of rows, at most `ROW_BLOCK`.
    """

    def __init__(self, machine: Machine, values: Mapping[Node, np.ndarray], rows: Mapping[int, int]) -> None:
        self.chunk = _Chunk(machine, dict(rows), values, (0, 0), 1, {})
        self.chunk.buffers = {}  # the tables are kept: none is borrowed
        self.chunk.run()
        calls = list(dict.fromkeys(k for main, before in machine.steps for k in (*before, main)))
        # the tables stay where they are, and with them every argument of a stage's function
        self.calls = [self.chunk._bound(k, *self.chunk._whole(machine.plan.stages[k])) for k in calls]

    def run(self, inputs: Mapping[Node, float]) -> Mapping[Node, np.ndarray]:
        """The tables of every stored node; they are overwritten by the next run."""
        buffers = self.chunk.buffers
        for node, value in inputs.items():
            buffers[node][...] = value
        for function, arguments in self.calls:
            function(*arguments)
        return buffers


def native_functions(assembly: str, names: Sequence[str]) -> list[Any]:
    """The addresses of functions of a module, compiled now or taken from the disk; the code is kept for good."""
    library = _library(assembly, names[0])
    _LIBRARIES.append(library)
    return [library.address(name) for name in names]


_LIBRARIES: list[Library] = []


def _library(assembly: str, function: str) -> Library:
    import llvmlite

    cpu, features, _ = host()
    key = disk.key_of(assembly, cpu, features, llvmlite.__version__)
    code = disk.fetch(key)
    if code is not None:
        try:
            library = Library(code)
            library.address(function)
            return library
        except Exception:  # a foreign or outdated entry: rebuild
            pass
    code = assemble(assembly)
    disk.store(key, code)
    return Library(code)


def _functions(assembly: str, stages: Sequence[int]) -> dict[int, Callable[..., None]]:
    if not stages:
        return {}
    library = _library(assembly, f"stage_{stages[0]}")
    signature = ctypes.CFUNCTYPE(
        None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_double
    )
    out: dict[int, Callable[..., None]] = {}
    for k in stages:
        function: Any = signature(library.address(f"stage_{k}"))
        function.library = library  # the code lives as long as the function
        out[k] = function
    return out


def _steps(plan: Schedule) -> list[tuple[int, list[int]]]:
    """Stages that end in cells, in order, each with the row-wise stages it needs first."""
    first_rows = plan.axes
    maker = {n: k for k, s in enumerate(plan.stages) for n in s.results}
    row_wise = {k for k, s in enumerate(plan.stages) if any(loop >= first_rows for loop in s.cells)}

    def needs(k: int) -> set[int]:
        found: set[int] = set()
        for node in plan.stages[k].inputs:
            j = maker.get(node)
            if j is not None and j in row_wise and j not in found:
                found |= {j} | needs(j)
        return found

    return [(k, sorted(needs(k))) for k in range(len(plan.stages)) if k not in row_wise]


def _chunks(extents: Sequence[int], block: int, most: int) -> list[tuple[int, int]]:
    if not extents:
        return [(0, 0)]
    cells = math.prod(extents)
    length = extents[0]
    if cells <= most * 2:
        return [(0, length)]
    each = max(1, most // max(1, cells // length))
    if len(extents) == 1:
        each = max(block, each // block * block)
    return [(k, min(length, k + each)) for k in range(0, length, each)]


def aligned_empty(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """An array that starts on a cache line: a vector that crosses two lines loads at half the speed."""
    size = math.prod(shape) * dtype.itemsize
    raw = np.empty(size + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + size].view(dtype).reshape(shape)


def _added(x: tuple[np.ndarray, np.ndarray], y: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The sum of two double-doubles (with low parts zero: the sum, and what it rounded away)."""
    s = x[0] + y[0]
    part = s - x[0]
    low = (x[0] - (s - part)) + (y[0] - part) + x[1] + y[1]
    high = s + low
    return high, low - (high - s)


class _Chunk:
    """One range of the first axis, with its tables."""

    def __init__(
        self,
        machine: Machine,
        sizes: dict[int, int],
        values: Mapping[Node, np.ndarray],
        span: tuple[int, int],
        threads: int,
        direct: Mapping[Node, np.ndarray],
        noted: Noted | None = None,
        guarded: np.ndarray | None = None,
    ) -> None:
        self.guarded = np.zeros(1, np.uint8) if guarded is None else guarded
        self.machine, self.plan, self.sizes, self.threads = machine, machine.plan, sizes, threads
        self.values, self.span, self.noted = values, span, noted
        self.buffers = machine.borrow()
        self.direct = direct  # where results can be written to at once
        self.low: dict[Node, np.ndarray] = {}  # the low parts of double-doubles
        self.ready: set[Node] = set()  # nodes whose buffer has the size of this chunk
        self.row_loops = [loop for loop in sizes if loop >= self.plan.axes]

    def run(self) -> None:
        plan = self.plan
        if not any(self.sizes[r] > ROW_BLOCK for r in self.row_loops):
            self._prepare({r: (0, self.sizes[r]) for r in self.row_loops})
            calls = [k for main, before in self.machine.steps for k in (*before, main)]
            calls = list(dict.fromkeys(calls))
            self._run_calls(calls)
            return
        for main, before in self.machine.steps:
            stage = plan.stages[main]
            if stage.kind != "sum":
                self._prepare(self._first_blocks())
                self._run_calls([main])
                continue
            totals: dict[Node, tuple[np.ndarray, np.ndarray]] = {}
            assert stage.table is not None
            for start in range(0, self.sizes[stage.table], ROW_BLOCK):
                part = (start, min(self.sizes[stage.table], start + ROW_BLOCK))
                self._prepare({**{r: (0, self.sizes[r]) for r in self.row_loops}, stage.table: part})
                self._run_calls([*before, main])
                for node in stage.results:
                    made = (self.buffers[node], self.low.get(node, np.zeros(1)))
                    totals[node] = _added(totals[node], made) if node in totals else (made[0].copy(), made[1].copy())
            for node, (high, low) in totals.items():
                self.buffers[node] = high
                if node in self.low:
                    self.low[node] = low

    def _first_blocks(self) -> dict[int, tuple[int, int]]:
        return {r: (0, min(ROW_BLOCK, self.sizes[r])) for r in self.row_loops}

    # tables ---------------------------------------------------------------------------------------
    def _prepare(self, parts: dict[int, tuple[int, int]]) -> None:
        """Tables for these rows; what has no rows is kept from before."""
        plan, block = self.plan, self.machine.block
        self.parts = parts
        self.pointers: dict[int, np.ndarray] = {}  # of each stage, for these tables
        self.capacity = {}
        for loop, size in self.sizes.items():
            length = parts[loop][1] - parts[loop][0] if loop in parts else size
            vectorised = loop >= plan.axes or loop == plan.axes - 1 or loop in self.machine.along
            self.capacity[loop] = max(length, block) if vectorised else length
        columns: dict[Node, np.ndarray] = {}
        for loop, group in plan.packed.items():
            side_by_side = aligned_empty((self.capacity[loop], len(group)), self.machine.dtype)
            columns |= {node: side_by_side[:, place] for node, place in group.items()}
        for node, home in plan.home.items():
            row_wise = any(loop in parts for loop in home)
            if node in self.ready and not row_wise:
                continue
            self.ready.add(node)
            shape = tuple(self.capacity[k] for k in home)
            if node in columns:
                self.buffers[node] = columns[node]
                if node in self.values:
                    columns[node][:] = self._input(self.values[node], home, shape)
            elif node in self.values:
                self.buffers[node] = self._input(self.values[node], home, shape)
            elif node in self.direct and self.direct[node].shape == shape:
                self.buffers[node] = self.direct[node]
            elif (
                node not in self.buffers
                or self.buffers[node].shape != shape
                or (node in plan.pairs and node not in self.low)
            ):
                self.buffers[node] = aligned_empty(shape, self.machine.type_of(node))
                if node in plan.pairs:
                    self.low[node] = aligned_empty(shape, self.machine.dtype)
        order = [self.capacity.get(k, 1) for k in range(plan.axes + len(plan.tables))]
        self.capacities = np.array(order or [1], np.int64)

    def _input(self, array: np.ndarray, home: tuple[int, ...], shape: tuple[int, ...]) -> np.ndarray:
        """The part of an input that this chunk reads, lengthened to whole vectors by repeating its end."""
        pick = []
        for loop in home:
            if loop in self.parts:
                pick.append(slice(*self.parts[loop]))
            elif loop == 0:
                pick.append(slice(*self.span))
            else:
                pick.append(slice(None))
        part = array[tuple(pick)]
        missing = [(0, want - have) for want, have in zip(shape, part.shape)]
        if any(m for _, m in missing):
            part = np.pad(part, missing, mode="edge")
        return np.ascontiguousarray(part, self.machine.dtype)

    # calls ----------------------------------------------------------------------------------------
    def _run_calls(self, calls: list[int]) -> None:
        """Stages without the first axis once; the rest strip by strip, fused."""
        stages = self.plan.stages
        local = [k for k in calls if 0 in stages[k].cells and self.plan.axes]
        for k in calls:
            if k not in local:
                self._call(k, *self._whole(stages[k]))
        if not local:
            return
        length = self.capacity[0]
        strips = self._strips(length, local)
        if len(strips) == 1 or self.threads == 1:
            for low, high in strips:
                for k in local:
                    self._call(k, low, high)
            return
        queue = iter(strips)

        def worker() -> None:
            for low, high in queue:  # next() on a list iterator is atomic
                for k in local:
                    self._call(k, low, high)

        helpers = [_pool(self.threads).submit(worker) for _ in range(min(self.threads, len(strips)) - 1)]
        try:
            worker()
        finally:
            for h in helpers:
                h.result()

    def _whole(self, stage: Stage) -> tuple[int, int]:
        return (0, self.capacity[stage.split]) if stage.split is not None else (0, 1)

    def _strips(self, length: int, local: list[int]) -> list[tuple[int, int]]:
        stages = self.plan.stages
        work = max(math.prod(self.capacity[loop] for loop in stages[k].domain) for k in local)
        if self.threads == 1 or work < _SERIAL_WORK:
            return [(0, length)]
        # when the first axis is the one that vectors run along, strips are whole vectors
        along = any(stages[k].cells[-1] == 0 for k in local)
        unit = self.machine.block if along else 1
        count = max(1, min(self.threads * 4, length // unit))
        edges = [length * k // count // unit * unit for k in range(count)] + [length]
        return [(a, b) for a, b in zip(edges, edges[1:]) if b > a]

    def _call(self, k: int, low: int, high: int) -> None:
        function, arguments = self._bound(k, low, high)
        if self.noted is None:
            function(*arguments)
            return
        clear()
        function(*arguments)
        collect(self.noted)

    def _bound(self, k: int, low: int, high: int) -> tuple[Callable[..., None], tuple[Any, ...]]:
        """What a stage is run by: a function and its arguments."""
        stage = self.plan.stages[k]
        if stage.kind == "host":
            return self._host, (stage, low, high)
        if k not in self.pointers:
            self.pointers[k] = self._pointers(stage)
        rows, weight = 0, 0.0
        if stage.table is not None:
            start, stop = self.parts[stage.table]
            rows, weight = (
                stop - start,
                float(self.sizes[stage.table]) if self.plan.pairs else 1.0 / self.sizes[stage.table],
            )
        addresses = self.pointers[k].ctypes.data, self.capacities.ctypes.data
        return self.machine.functions[k], (*addresses, low, high, rows, weight)

    def _pointers(self, stage: Stage) -> np.ndarray:
        """Where the tables of a stage lie, in the order in which its function takes them."""
        nodes = (*stage.inputs, *stage.results)
        arrays = [*(self.buffers[n] for n in nodes), *(self.low[n] for n in nodes if n in self.plan.pairs)]
        arrays.append(self.guarded)
        return np.array([a.__array_interface__["data"][0] for a in arrays], np.uintp)

    def _host(self, stage: Stage, low: int, high: int) -> None:
        """A function that only SciPy has, over whole tables."""
        (node,) = stage.results
        operation = NumPy(self.machine.dtype).operation(node)
        span: tuple[slice, ...] = ()
        if stage.split is not None:
            span = tuple(slice(low, high) if k == stage.split else slice(None) for k in stage.domain)
        args = []
        for a in node.args:
            if a.op in LEAVES:
                args.append(NumPy(self.machine.dtype).leaf(a))
                continue
            part = self._aligned(self.buffers[a], self.plan.home[a], stage.domain)
            args.append(part[tuple(s if n > 1 else slice(None) for s, n in zip(span, part.shape))])
        made = self.buffers[node][span] = operation(*args)
        if self.noted is not None:
            found = {"overflow": np.isinf(made), "underflow": made == 0}  # as far as the results tell
            self.noted.update(what for what, where in found.items() if where.any())

    def _aligned(self, array: np.ndarray, home: tuple[int, ...], domain: tuple[int, ...]) -> np.ndarray:
        return array.reshape([array.shape[home.index(k)] if k in home else 1 for k in domain])
