"""`compile`: formulas in, a broadcasting function on arrays out."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from ..exact.errors import InputError
from ..exact.reading import short
from .algebras import NumPy
from .arrange import arrange
from .bounds import rows_of
from .contraction import Contraction
from .labelled import labelled
from .lower import lower, symbol_keys, with_constants
from .native.noted import Noted
from .native.run import Machine, aligned_empty, default_threads
from .numba_source import NUMBA
from .planning import Planner
from .program import FLOOR, GATE, LIMIT, TOLERANCE, Node, Program
from .reading import (
    PROMISES,
    Guard,
    broadcast,
    collapsed,
    flattened,
    read_array,
    read_constant,
    read_dtype,
    read_rows,
    read_symbols,
    refuse_broken_promises,
    refuse_if_too_large,
    sign_of,
)
from .schedule import schedule
from .separate import separate

if TYPE_CHECKING:
    from .looped import Looped

__all__ = ["compile", "Kernel"]

_MANY = 1 << 12  # numbers that are not read once more to see whether they are what they were declared to be


def compile(
    expressions: Any,
    arguments: Sequence[sp.Symbol | str],
    *,
    data: Mapping[sp.Symbol | str, Any] | None = None,
    constants: Mapping[sp.Symbol | str, Any] | None = None,
    dtype: Any = "float64",
    backend: str = "native",
    threads: int | None = None,
) -> Kernel:
    r"""A function that evaluates SymPy expressions on arrays, in machine code.

    Numbers are as machine arithmetic gives them: where terms cancel, digits are lost unseen (`Kernel.bounded` gives
    error bounds beside them, and `evaluate_ball` an enclosure).

    Arguments broadcast against one another as in NumPy. What depends on one argument only is evaluated
    for that argument's own values, not for every combination, so give a grid as broadcastable axes
    (``theta1[:, None], theta2[None, :]``), not as a mesh.

    Args:
        expressions: an expression; or a list, matrix or array of them. Each `Mean` averages over `data`.
        arguments: the symbols that are called with, in order.
        data: row symbol -> 1-D numbers, one entry a row.
        constants: further symbols -> numbers.
        dtype: "float64" or "float32".
        backend: "native" (vector code of our own, through numba's LLVM), "numba" (a parallel numba function:
            portable, seconds to compile), or "numpy" (the reference; slow, and short enough to read).
        threads: how many; by default the environment's ``CHENTSOV_THREADS``, or every processor.

    Returns:
        A `Kernel`. One expression gives one array of the broadcast shape; a matrix or array of
        expressions gives an array with the components first; a list gives a list.

    Raises:
        ValueError: unknown symbols, missing or ragged data, arrays that are no real numbers.
        UnsupportedFunction: a function that no back end can evaluate, by name.

    >>> import numpy as np
    >>> x, y = sp.symbols("x y")
    >>> f = compile(sp.exp(x + y), [x, y])
    >>> f(np.array([0.0, 1.0])[:, None], np.array([0.0, -1.0, 2.0])).round(3)
    array([[ 1.   ,  0.368,  7.389],
           [ 2.718,  1.   , 20.086]])
    """
    kernel = Kernel(
        expressions, arguments, data=data, constants=constants, dtype=dtype, backend=backend, threads=threads
    )
    kernel.refuse_huge_constants()
    kernel.promises = tuple(s for s in kernel.arguments if any(getattr(s, f"is_{p}") for p in PROMISES))
    return kernel


class Kernel:
    """A compiled formula; see `compile`. Print `program`, or `explain()` for what became of it."""

    #: Arguments whose numbers must be what the symbols were declared to be.
    promises: tuple[sp.Symbol, ...] = ()

    def __init__(
        self,
        expressions: Any,
        arguments: Sequence[sp.Symbol | str],
        *,
        data: Mapping | None,
        constants: Mapping | None,
        dtype: Any,
        backend: str,
        threads: int | None,
    ) -> None:
        self.dtype = read_dtype(dtype)
        if backend not in ("native", "numba", "numpy"):
            raise InputError(
                f"unknown back end {backend!r}: choose 'native', 'numba' or 'numpy' (balls: evaluate_ball)"
            )
        self.backend = backend
        self.doubts: dict[float, float] = {}  # rtol -> the share of cells that crude bounds left open
        if threads is not None and (
            isinstance(threads, bool) or not isinstance(threads, (int, np.integer)) or threads < 1
        ):
            raise InputError(f"threads = {threads!r}: a whole number, at least one, is needed")
        self.threads = default_threads() if threads is None else int(threads)
        flat, self._shape = flattened(expressions)
        symbols = read_symbols(flat, [*arguments, *(constants or {})])
        self.arguments = symbols[: len(arguments)]
        if len(set(symbols)) < len(symbols):
            raise InputError(f"a symbol is given twice among arguments and constants: {', '.join(map(str, symbols))}")
        self._flat, self._symbols = flat, symbols
        keys = symbol_keys(symbols)
        self._argument_keys = [keys[s] for s in self.arguments]
        given = {keys[s]: read_constant(s, v) for s, v in zip(symbols[len(arguments) :], (constants or {}).values())}
        self._exact = {key: v for key, v in given.items() if not isinstance(v, float)}
        self._constants = {key: v for key, v in given.items() if isinstance(v, float)}
        self._looped = (
            self._with_loops(data or {}) if any(isinstance(e, Contraction) and e.jet.looped for e in flat) else None
        )
        self._data = read_rows(self._row_tables(), data, self.dtype)

    def refuse_huge_constants(self) -> None:
        """Machine numbers alone cannot go through a constant past their range (the balls of a certified grid can).

        Raises:
            ValueError: such a constant, by its name.
        """
        for symbol, key in symbol_keys(self._symbols).items():
            if key in self._exact and abs(self._exact[key]) > sys.float_info.max:
                value = short(self._exact[key], 24)
                raise InputError(f"the constant {symbol} is too large, no machine number holds it: {value}")

    @cached_property
    def program(self) -> Program:
        """The whole computation as assignments; of contractions that run as loops, written out.

        Constants that no machine number is (π, 1/3) stand in it as they are.
        """
        return with_constants(lower(self._flat, self._symbols), self._exact)

    @cached_property
    def _portable(self) -> Program:
        """The computation in the functions that numba has."""
        return with_constants(lower(self._flat, self._symbols, algebra=NUMBA), self._exact)

    @cached_property
    def planner(self) -> Planner:
        """What chooses and keeps the compiled plans."""
        portable = self._portable if self.backend == "numba" else None
        return Planner(self.program, portable, self._data, self.dtype, self._guards)

    @cached_property
    def _guards(self) -> dict[str, Guard]:
        """Arguments that the formula reads -> what their numbers must not be, as a comparison with zero."""
        if self.backend != "native" or self._looped is not None:
            return {}
        read = {str(n.value) for n in self.program.nodes() if n.op == "input"}
        signs = {key: sign_of(s) for s, key in zip(self.arguments, self._argument_keys) if s in self.promises}
        return {key: ((sign, 0.0),) for key, sign in signs.items() if sign is not None and key in read}

    def __call__(self, *arrays: Any, out: np.ndarray | None = None) -> Any:
        """Evaluate at arrays that broadcast; with `out`, into that array (components first).

        Arrays of xarray broadcast by the names of their dimensions, and the result has them.
        """
        if any(hasattr(a, "dims") and hasattr(a, "coords") for a in arrays):
            return labelled(self, arrays)
        return self._evaluate(arrays, out)

    def noting(self, *arrays: Any, out: np.ndarray | None = None) -> tuple[Any, Noted]:
        """The same, and which of "overflow" and "underflow" occurred on the way, in some cell.

        >>> x = sp.Symbol("x")
        >>> f = compile(2 + x / sp.sqrt(1 + x**2), [x])
        >>> f.noting(1e200)[1], f.noting(1e100)[1]
        ({'overflow'}, set())
        """
        noted: Noted = set()
        return self._evaluate(arrays, out, noted), noted

    def _evaluate(self, arrays: Sequence[Any], out: np.ndarray | None, noted: Noted | None = None) -> Any:
        prepared = [read_array(a, name, self.dtype) for a, name in zip(arrays, self._argument_keys)]
        if len(arrays) != len(self._argument_keys):
            raise InputError(
                f"{len(arrays)} arrays for {len(self._argument_keys)} arguments ({', '.join(self._argument_keys)})"
            )
        self._keep_promises(prepared, later=True)
        shape = broadcast({k: a.shape for k, a in zip(self._argument_keys, prepared)})
        size = len(self._flat) * math.prod(shape)
        refuse_if_too_large(size * self.dtype.itemsize)
        target = self._target(out, shape)
        if out is not None:  # an argument that lies in the memory to be filled is read before
            prepared = [a.copy() if np.may_share_memory(a, out) else a for a in prepared]
        if target.size:
            with np.errstate(all="ignore"):
                if self._looped is not None and self.backend != "numpy":
                    self._evaluate_with_loops(prepared, shape, target)
                elif self.backend == "numpy":
                    self._reference(prepared, target, noted)
                else:
                    guarded = np.zeros(1, np.uint8)
                    self._native(prepared, shape, _rows(target), noted=noted, guarded=guarded)
                    if guarded[0] or self._guards and self._guards.keys() - self.planner.last.guarded:
                        self._keep_promises(prepared)
        return self._shaped(target, shape)

    def _keep_promises(self, arrays: Sequence[np.ndarray], later: bool = False) -> None:
        """Refuse numbers that their symbols were declared not to be; of many numbers, what machine code notes `later`
        is left to it.
        """
        asked = [
            (s, a)
            for s, key, a in zip(self.arguments, self._argument_keys, arrays)
            if s in self.promises and not (later and a.size > _MANY and key in self._guards)
        ]
        if asked:
            refuse_broken_promises(*zip(*asked))

    def __getstate__(self) -> dict[str, Any]:
        """Without the machine code, which is made (or read from the cache) again where it is needed."""
        return {k: v for k, v in self.__dict__.items() if k != "planner"}

    @cached_property
    def operations(self) -> int:
        """Of a cell, those over rows of data once a row."""
        rows = {table: self._data[key].size for key, table in self.program.rows.items()}
        return sum(math.prod(rows[t] for t in tables) for tables in rows_of(self.program).values())

    @property
    def looped(self) -> bool:
        """Whether contractions run as loops (`looped`); these have no error bounds."""
        return self._looped is not None

    def listing(self) -> str:
        """What is computed, as text: the program; of contractions that run as loops, what they are made from."""
        if self._looped is None:
            return str(self.program)
        rest, loops, _ = self._looped
        return "\n".join(
            [*([rest.listing()] if rest is not None else []), *(f"{jet}\n{jet.kernel.listing()}" for jet in loops.jets)]
        )

    def explain(self) -> str:
        """What every pass of the compiler did, the program, and where the last call placed its parts.

        Before the first call, every argument is taken to run along an axis of its own.

        >>> x, y = sp.symbols("x y")
        >>> print(compile(sp.exp(x + y) / (1 + x**2), [x, y]).explain())  # doctest: +ELLIPSIS
        structure:
          closed forms, as they are given
        stable forms:
          nothing to rewrite
        common subexpressions:
          6 operations written out -> 6 when each is computed once
        symmetry:
          1 results asked for, 1 computed
        exponentials by axis:
          over axis0 x axis1: 1 exp -> none
          over axis0: none -> 1 exp
          over axis1: none -> 1 exp
        ...
        """
        from .explain import explain_formula, explain_plan
        from .native.machine import host

        if self._looped is not None:
            rest, loops, _ = self._looped
            return "\n".join(
                [
                    *([rest.explain()] if rest is not None else []),
                    *(f"structure:\n  {jet.explain()}\n{jet.kernel.explain()}" for jet in loops.jets),
                ]
            )
        if self.planner.last_key is None or self.planner.last is None:
            axes = len(self._argument_keys)
            pattern = {k: frozenset({n}) for n, k in enumerate(self._argument_keys)} | {
                k: frozenset() for k in self._constants
            }
            separated = True
            plan = schedule(arrange(separate(self.program, pattern, axes), pattern, axes), pattern, axes)
        else:
            _, (axes, items), separated, _ = self.planner.last_key
            pattern, plan = dict(items), self.planner.last.plan
        stages = explain_plan(self.program, separated, pattern, axes, plan, 8 * self.dtype.itemsize, host()[2])
        return f"{explain_formula(self._flat, self.program)}\n{stages}\n\n{self.program}\n\n{plan}"

    def jit(self) -> Any:
        """The formula as a numba function of numbers, to be called inside your own numba functions.

        It takes the arguments in order and returns a number, or a tuple of them for several expressions.
        Constants and data rows are frozen into it.

        Raises:
            UnsupportedFunction: a function that numba cannot compile, by name.

        >>> x = sp.Symbol("x")
        >>> round(compile(sp.exp(-x)**2, [x]).jit()(0.5), 6)
        0.367879
        """
        from .numba_run import scalar_function

        pattern: dict[str, frozenset[int]] = {k: frozenset() for k in (*self._argument_keys, *self._constants)}
        program = arrange(separate(self._portable, pattern, 0, separated=False), pattern, 0)
        plan = schedule(program, pattern, 0)
        nodes = {n: str(n.value) for n in plan.program.nodes() if n.op in ("input", "row")}
        columns: dict[Node, Any] = {n: self._data[k] for n, k in nodes.items() if n.op == "row"}
        columns |= {n: self.dtype.type(self._constants[k]) for n, k in nodes.items() if k in self._constants}
        inputs = {k: n for n, k in nodes.items() if n.op == "input"}
        return scalar_function(plan, self.dtype, columns, [inputs.get(k) for k in self._argument_keys])

    def pointwise(self) -> Callable[..., np.ndarray]:
        """The formula as a function of numbers, for integrators and the like: (x, y, ...) -> one value an expression.

        What a call on arrays prepares anew each time is prepared once, so that a call takes microseconds. The function
        keeps its own memory: one thread may call it at a time.

        >>> x = sp.Symbol("x")
        >>> f = compile([x**2, sp.exp(x)], [x]).pointwise()
        >>> bool(f(3.0)[0] == 9.0), bool(f(0.0)[1] == 1.0)
        (True, True)
        """
        from .native.run import ROW_BLOCK, Point

        if self._looped is not None or self.backend != "native" or any(v.size > ROW_BLOCK for v in self._data.values()):
            return lambda *numbers: np.hstack([np.ravel(v) for v in self(*numbers)])
        pattern: dict[str, frozenset[int]] = {k: frozenset() for k in (*self._argument_keys, *self._constants)}
        values = {k: np.zeros((), self.dtype) for k in self._argument_keys}
        values |= {k: np.asarray(v, self.dtype) for k, v in self._constants.items()}
        machine = self.planner.machine(pattern, 0, values, "plain")
        assert isinstance(machine, Machine)
        plan = machine.plan
        rows = {
            k: next(self._data[key].size for key, u in self.program.rows.items() if u == t)
            for k, t in enumerate(plan.tables)
        }
        given = {n: (values if n.op == "input" else self._data)[str(n.value)] for n in plan.leaves}
        point = Point(machine, {n: np.array(a) for n, a in given.items()}, rows)
        leaves = {str(n.value): n for n in plan.leaves if n.op == "input"}
        inputs = [(k, leaves[key]) for k, key in enumerate(self._argument_keys) if key in leaves]
        outputs = plan.program.outputs
        fixed = np.array([NumPy(self.dtype).leaf(n) if n.op in ("number", "constant") else np.nan for n in outputs])
        stored = [(k, n) for k, n in enumerate(outputs) if n.op not in ("number", "constant")]

        def call(*numbers: float) -> np.ndarray:
            tables = point.run({node: numbers[k] for k, node in inputs})
            out = fixed.copy()
            for k, node in stored:
                out[k] = tables[node].flat[0]
            return out

        return call

    def bounded(
        self,
        *arrays: Any,
        rtol: float = 0.0,
        sums: bool = False,
        refined: bool = False,
        where: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Values and bounds on their absolute errors, each with one row an expression.

        A bound is sound: the exact value of the formula, at the inputs as they are, is no further away. It is
        infinite where nothing is known (the kernel contains a function without an error rule). For float32 the
        rounding of inputs to float32 is part of the error. Given `rtol`, no work is spent on bounds sharper than
        this relative error takes.

        With `refined`, the computation is in double-double arithmetic (about 32 digits); NaN for expressions
        with functions that it does not have. With `sums`, only the means over rows and what follows them are;
        NaN where there are no means. With `where` (a mask of the broadcast shape) the other cells may be
        left out; their bounds are infinite.
        """
        prepared = [read_array(a, name, np.dtype("float64")) for a, name in zip(arrays, self._argument_keys)]
        shape = broadcast({k: a.shape for k, a in zip(self._argument_keys, prepared)})
        count = len(self._flat)
        target = np.empty((2 * count, *shape), self.dtype)
        extra = {TOLERANCE: np.asarray(rtol, self.dtype)}
        mode = "refined" if refined else "sums" if sums else "bounded"
        if mode != "bounded":
            extra[GATE] = (
                np.ones((1,) * len(shape)) if where is None else np.broadcast_to(where, shape).astype(self.dtype)
            )
        if self._looped is not None:  # loops come without bounds
            target[count:] = np.inf
            if mode != "bounded":
                target[:count] = np.nan
            elif target.size:
                self._evaluate_with_loops([a.astype(self.dtype, copy=False) for a in prepared], shape, target[:count])
        elif target.size:
            with np.errstate(all="ignore"):
                self._native([a.astype(self.dtype, copy=False) for a in prepared], shape, _rows(target), mode, extra)
        values, bounds = target[:count], target[count:]
        if mode != "bounded":  # the low parts are dropped
            with np.errstate(invalid="ignore", over="ignore"):
                bounds += np.abs(values) * 2.0**-53
            if where is not None:
                left_out = ~np.broadcast_to(where, shape)
                values[:, left_out], bounds[:, left_out] = np.nan, np.inf
        return values, bounds

    def proven(self, *arrays: Any, rtol: float, atol: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Values, whether each is proven to have a relative error of at most `rtol` or an absolute one of at most
        `atol`, and whether it is known to exist, because its bound is finite; each with one row an expression.

        The bounds are those of `bounded`; they do not leave the processor.

        >>> x = sp.Symbol("x")
        >>> values, proven, exist = compile([sp.exp(x) - 1], [x]).proven(np.array([1.0, 1e-10]), rtol=1e-12)
        >>> proven.tolist(), exist.tolist()
        ([[True, True]], [[True, True]])
        """
        prepared, shape, values = self._for_tolerance(arrays)
        proofs = np.zeros((2, *values.shape), np.uint8)
        if self._looped is not None:  # loops come without bounds
            if values.size:
                self._evaluate_with_loops(prepared, shape, values)
        elif values.size:
            tables = [row for table in (values, *proofs) for row in _rows(table)]
            with np.errstate(all="ignore"):
                self._native(prepared, shape, tables, "proven", self._asked(rtol, atol))
        proven, exist = proofs.view(bool)
        return values, proven, exist

    def doubted(self, *arrays: Any, rtol: float) -> tuple[np.ndarray, np.ndarray | None] | None:
        """Values, and where bounds that cost a few operations a cell leave open whether the relative error is at most
        `rtol`: a mask, or None for nowhere. None in all for what has no such bounds: means over rows, float32.

        >>> x = sp.Symbol("x")
        >>> compile([sp.exp(x) - 1], [x]).doubted(np.array([1.0, 1e-10]), rtol=1e-12)[1]
        """
        if self._looped is not None or self.program.rows or self.dtype != np.float64:
            return None
        prepared, shape, values = self._for_tolerance(arrays)
        if not values.size:
            return values, None
        asked, outside = self._asked(rtol, 0.0), np.zeros(1, np.uint8)
        with np.errstate(all="ignore"):
            found = self._native(prepared, shape, _rows(values), "quick", asked, guarded=outside)
            if outside[0]:  # of the range of a sample
                found = self._native(prepared, shape, _rows(values), "quick", asked, sampled=False)
        if all(table is None for table in found):
            return values, None
        doubts = np.zeros(values.shape, bool)
        extents = collapsed(shape, prepared)[0]
        for row, table in zip(_rows(doubts), found):
            if table is not None:
                row.reshape(extents)[...] = table
        return values, doubts

    def _for_tolerance(self, arrays: Sequence[Any]) -> tuple[list[np.ndarray], tuple[int, ...], np.ndarray]:
        """Arguments read, the shape that they broadcast to, and memory for values."""
        read = [read_array(a, name, np.dtype("float64")) for a, name in zip(arrays, self._argument_keys)]
        shape = broadcast({k: a.shape for k, a in zip(self._argument_keys, read)})
        values = aligned_empty((len(self._flat), *shape), self.dtype)
        return [a.astype(self.dtype, copy=False) for a in read], shape, values

    def _asked(self, rtol: float, atol: float) -> dict[str, np.ndarray]:
        """The inputs of certified programs: |computed - exact| <= bound proves a relative error of at most rtol where
        bound <= rtol/(1 + rtol) |computed|.
        """
        asked = {TOLERANCE: rtol, LIMIT: rtol / (1 + rtol) * (1 - 2.0**-40), FLOOR: atol}
        return {k: np.asarray(v, self.dtype) for k, v in asked.items()}

    # contractions as loops ----------------------------------------------------------------------------
    def _with_loops(self, data: Mapping) -> tuple[Kernel | None, Looped, list[int]]:
        """A kernel for what is no loop, the loops, and the rows of the result that the kernel fills."""
        from .looped import Looped

        wanted = [(k, e) for k, e in enumerate(self._flat) if isinstance(e, Contraction) and e.jet.looped]
        others = [k for k in range(len(self._flat)) if k not in {j for j, _ in wanted}]
        keys = symbol_keys(self._symbols)
        held = self._constants | self._exact
        constants = {s: held[keys[s]] for s in self._symbols[len(self.arguments) :]}

        def make(
            expressions: Sequence[Any], arguments: Sequence[sp.Symbol], rows: Mapping | None, dtype: Any = "float64"
        ) -> Kernel:
            return Kernel(
                list(expressions),
                arguments,
                data=data if rows is None else rows,
                constants=constants,
                dtype=dtype,
                backend="native",
                threads=self.threads,
            )

        columns = read_rows({v.name: "rows" for _, c in wanted for v in c.jet.variables}, data, np.dtype("float64"))
        rest = make([self._flat[k] for k in others], self.arguments, None, self.dtype) if others else None
        question = (tuple(constants.items()), self.threads)
        return rest, Looped(wanted, self.arguments, make, columns, self.threads, question), others

    def _evaluate_with_loops(self, arrays: list[np.ndarray], shape: tuple[int, ...], target: np.ndarray) -> None:
        assert self._looped is not None
        rest, loops, others = self._looped
        if rest is not None:
            for k, values in zip(others, rest(*arrays)):
                target[k] = values
        loops([a.astype(float, copy=False) for a in arrays], shape, target)

    def _row_tables(self) -> dict[str, str]:
        """Row variable -> the table it belongs to."""
        if self._looped is None:
            return self.program.rows
        rest, loops, _ = self._looped
        tables = dict(rest._row_tables()) if rest is not None else {}
        for jet in loops.jets:
            tables |= jet.kernel._row_tables() | {v.name: "rows" for v in jet.jet.variables}
        return tables

    # the two back ends --------------------------------------------------------------------------------
    def _reference(self, arrays: list[np.ndarray], target: np.ndarray, noted: Noted | None) -> None:
        from .reference import evaluate

        values = dict(zip(self._argument_keys, arrays)) | {
            k: np.asarray(v, self.dtype) for k, v in self._constants.items()
        }
        note: Any = None if noted is None else (lambda kind, _: noted.add(kind))
        how: Any = "ignore" if noted is None else "call"
        with np.errstate(over=how, under=how, call=note):
            for k, value in enumerate(evaluate(self.program, values, self._data, self.dtype)):
                target[k] = value

    def _native(
        self,
        arrays: list[np.ndarray],
        shape: tuple[int, ...],
        target: Sequence[np.ndarray],
        mode: str = "plain",
        extra: Mapping[str, np.ndarray] | None = None,
        noted: Noted | None = None,
        guarded: np.ndarray | None = None,
        sampled: bool = True,
    ) -> list[np.ndarray | None]:
        """Fill the target with the first outputs; the others, as tables over the axes that they depend on."""
        names = [*self._argument_keys, *(extra or {})]
        extents, loops, thin = collapsed(shape, [*arrays, *(extra or {}).values()])
        values = dict(zip(names, thin)) | {k: np.asarray(v, self.dtype) for k, v in self._constants.items()}
        pattern = dict(zip(names, loops)) | {k: frozenset() for k in self._constants}
        machine = self.planner.machine(pattern, len(extents), values, mode, sampled)
        if machine is None:
            for flat in target:
                flat[...] = np.nan
            return []
        plan = machine.plan
        tables = {t: len(extents) + k for k, t in enumerate(plan.tables)}
        rows = {
            tables[t]: len(next(iter(self._data[key] for key, u in self.program.rows.items() if u == t)))
            for t in plan.tables
        }
        given = {node: (values if node.op == "input" else self._data)[str(node.value)] for node in plan.leaves}
        wanted = [n for n in dict.fromkeys(plan.program.outputs) if n.op not in ("number", "constant")]
        views = [np.reshape(flat, extents) for flat in target]
        into: dict[Node, np.ndarray] = {}
        if isinstance(machine, Machine) and extents:
            for node, view in zip(plan.program.outputs, views):
                if node in wanted and len(plan.home[node]) == len(extents):
                    into.setdefault(node, view)
            found = machine.run(extents, given, rows, wanted, self.threads, into, noted, guarded)
        elif isinstance(machine, Machine):
            found = machine.run(extents, given, rows, wanted, self.threads, noted=noted, guarded=guarded)
        else:
            found = machine.run(extents, given, rows, wanted, self.threads)
        made = dict(zip(wanted, found))
        for node, flat in zip(plan.program.outputs, views):
            if into.get(node) is flat:
                continue
            if node not in made:
                flat[...] = NumPy(self.dtype).leaf(node)
            elif made[node] is None:  # true nowhere
                flat[...] = 0
            else:
                home = plan.home[node]
                flat[...] = made[node].reshape([extents[a] if a in home else 1 for a in range(len(extents))])
        rest = plan.program.outputs[len(views) :]
        homes = [[extents[a] if a in plan.home[n] else 1 for a in range(len(extents))] for n in rest]
        return [None if made[n] is None else made[n].reshape(home) for n, home in zip(rest, homes)]

    # shapes -------------------------------------------------------------------------------------------
    def _target(self, out: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray:
        full = (len(self._flat), *shape)
        if out is None:
            return aligned_empty(full, self.dtype)
        wanted = (
            shape
            if self._shape is None
            else (*(self._shape if isinstance(self._shape, tuple) else (len(self._flat),)), *shape)
        )
        if (
            not isinstance(out, np.ndarray)
            or out.shape != wanted
            or out.dtype != self.dtype
            or not out.flags.c_contiguous
            or not out.flags.writeable
        ):
            raise InputError(f"out= must be a writeable C-contiguous {self.dtype} array of shape {wanted}")
        return out.reshape(full)

    def _shaped(self, target: np.ndarray, shape: tuple[int, ...]) -> Any:
        if self._shape is None:
            return target[0] if shape else target[0][()]
        if isinstance(self._shape, tuple):
            return target.reshape(*self._shape, *shape)
        return [row if shape else row[()] for row in target]


def _rows(table: np.ndarray) -> list[np.ndarray]:
    """Its rows, as views even where they are single numbers."""
    return [table[k : k + 1] for k in range(len(table))]
