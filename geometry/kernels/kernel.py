"""`compile`: formulas in, a broadcasting function on arrays out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from ..exact.errors import InputError
from ..exact.reading import read, read_number, short
from ..exact.tables import by_name, one_length, read_columns, read_reals
from .algebras import NumPy
from .arrange import arrange
from .bounds import with_bounds
from .contraction import Contraction
from .intervals import coarse
from .lower import lower, symbol_keys, with_constants
from .native.double_double import SUPPORTED
from .native.run import Machine, aligned_empty, default_threads
from .program import GATE, TOLERANCE, Node, Program, nearest, walk
from .schedule import schedule
from .sensitivity import with_adjoint_bounds
from .separate import headroom, separate

if TYPE_CHECKING:
    from .looped import Looped

__all__ = ["compile", "Kernel", "read_constant"]

# The exponents that separated exponentials may meet: two denominators 1 + e may still be multiplied.
_HEADROOM = {"float64": 340.0, "float32": 40.0}


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
    return Kernel(expressions, arguments, data=data, constants=constants, dtype=dtype, backend=backend, threads=threads)


class Kernel:
    """A compiled formula; see `compile`. Print `program`, or `explain()` for what became of it."""

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
        self.dtype = _dtype(dtype)
        if backend not in ("native", "numba", "numpy"):
            raise InputError(
                f"unknown back end {backend!r}: choose 'native', 'numba' or 'numpy' (balls: evaluate_ball)"
            )
        self.backend = backend
        if threads is not None and (
            isinstance(threads, bool) or not isinstance(threads, (int, np.integer)) or threads < 1
        ):
            raise InputError(f"threads = {threads!r}: a whole number, at least one, is needed")
        self.threads = default_threads() if threads is None else int(threads)
        flat, self._shape = _flattened(expressions)
        symbols = _symbols(flat, [*arguments, *(constants or {})])
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
        self._data = _rows(self._row_tables(), data, self.dtype)
        self._data_spans = {k: _range(v) for k, v in self._data.items()}
        self._separated: dict[tuple, bool] = {}
        self._plans: dict[tuple, Any] = {}
        self._last: tuple | None = None

    @cached_property
    def program(self) -> Program:
        """The whole computation as assignments; of contractions that run as loops, written out.

        Constants that no machine number is (π, 1/3) stand in it as they are.
        """
        return with_constants(lower(self._flat, self._symbols), self._exact)

    def __call__(self, *arrays: Any, out: np.ndarray | None = None) -> Any:
        """Evaluate at arrays that broadcast; with `out`, into that array (components first)."""
        prepared = [_array(a, name, self.dtype) for a, name in zip(arrays, self._argument_keys)]
        if len(arrays) != len(self._argument_keys):
            raise InputError(
                f"{len(arrays)} arrays for {len(self._argument_keys)} arguments ({', '.join(self._argument_keys)})"
            )
        shape = _broadcast({k: a.shape for k, a in zip(self._argument_keys, prepared)})
        size = len(self._flat) * math.prod(shape)
        _refuse_if_too_large(size * self.dtype.itemsize)
        target = self._target(out, shape)
        if out is not None:  # an argument that lies in the memory to be filled is read before
            prepared = [a.copy() if np.may_share_memory(a, out) else a for a in prepared]
        if target.size:
            with np.errstate(all="ignore"):
                if self._looped is not None and self.backend != "numpy":
                    self._evaluate_with_loops(prepared, shape, target)
                elif self.backend == "numpy":
                    self._reference(prepared, target)
                else:
                    self._native(prepared, shape, target)
        return self._shaped(target, shape)

    def __getstate__(self) -> dict[str, Any]:
        """Without the machine code, which is made (or read from the cache) again where it is needed."""
        return {**self.__dict__, "_plans": {}, "_last": None}

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
        if self._last is None or self._last not in self._plans:
            axes = len(self._argument_keys)
            pattern = {k: frozenset({n}) for n, k in enumerate(self._argument_keys)} | {
                k: frozenset() for k in self._constants
            }
            separated = True
            plan = schedule(arrange(separate(self.program, pattern, axes), pattern, axes), pattern, axes)
        else:
            _, (axes, items), separated, _ = self._last
            pattern, plan = dict(items), self._plans[self._last].plan
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
        program = arrange(separate(self.program, pattern, 0, separated=False), pattern, 0)
        plan = schedule(program, pattern, 0)
        nodes = {n: str(n.value) for n in plan.program.nodes() if n.op in ("input", "row")}
        columns: dict[Node, Any] = {n: self._data[k] for n, k in nodes.items() if n.op == "row"}
        columns |= {n: self.dtype.type(self._constants[k]) for n, k in nodes.items() if k in self._constants}
        inputs = {k: n for n, k in nodes.items() if n.op == "input"}
        return scalar_function(plan, self.dtype, columns, [inputs.get(k) for k in self._argument_keys])

    def pointwise(self) -> Callable[..., np.ndarray]:
        """The formula as a function of numbers, for integrators and the like: (x, y, ...) -> the values, one an expression.

        What a call on arrays prepares anew each time is prepared once, so that a call takes microseconds. The function
        keeps its own memory: one thread may call it at a time.

        >>> x = sp.Symbol("x")
        >>> f = compile([x**2, sp.exp(x)], [x]).pointwise()
        >>> f(3.0)[0] == 9.0, f(0.0)[1] == 1.0
        (True, True)
        """
        from .native.run import ROW_BLOCK, Point

        if self._looped is not None or self.backend != "native" or any(v.size > ROW_BLOCK for v in self._data.values()):
            return lambda *numbers: np.hstack([np.ravel(v) for v in self(*numbers)])
        pattern: dict[str, frozenset[int]] = {k: frozenset() for k in (*self._argument_keys, *self._constants)}
        values = {k: np.zeros((), self.dtype) for k in self._argument_keys}
        values |= {k: np.asarray(v, self.dtype) for k, v in self._constants.items()}
        machine = self._machine(pattern, 0, values, "plain")
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
        prepared = [_array(a, name, np.dtype("float64")) for a, name in zip(arrays, self._argument_keys)]
        shape = _broadcast({k: a.shape for k, a in zip(self._argument_keys, prepared)})
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
                self._native([a.astype(self.dtype, copy=False) for a in prepared], shape, target, mode, extra)
        values, bounds = target[:count], target[count:]
        if mode != "bounded":  # the low parts are dropped
            bounds += np.abs(values) * 2.0**-53
            if where is not None:
                left_out = ~np.broadcast_to(where, shape)
                values[:, left_out], bounds[:, left_out] = np.nan, np.inf
        return values, bounds

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

        columns = _rows({v.name: "rows" for _, c in wanted for v in c.jet.variables}, data, np.dtype("float64"))
        rest = make([self._flat[k] for k in others], self.arguments, None, self.dtype) if others else None
        return rest, Looped(wanted, self.arguments, make, columns, self.threads), others

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
    def _reference(self, arrays: list[np.ndarray], target: np.ndarray) -> None:
        from .reference import evaluate

        values = dict(zip(self._argument_keys, arrays)) | {
            k: np.asarray(v, self.dtype) for k, v in self._constants.items()
        }
        for k, value in enumerate(evaluate(self.program, values, self._data, self.dtype)):
            target[k] = value

    def _native(
        self,
        arrays: list[np.ndarray],
        shape: tuple[int, ...],
        target: np.ndarray,
        mode: str = "plain",
        extra: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        names = [*self._argument_keys, *(extra or {})]
        extents, loops, thin = _collapsed(shape, [*arrays, *(extra or {}).values()])
        values = dict(zip(names, thin)) | {k: np.asarray(v, self.dtype) for k, v in self._constants.items()}
        pattern = dict(zip(names, loops)) | {k: frozenset() for k in self._constants}
        machine = self._machine(pattern, len(extents), values, mode)
        if machine is None:
            target[...] = np.nan
            return
        plan = machine.plan
        tables = {t: len(extents) + k for k, t in enumerate(plan.tables)}
        rows = {
            tables[t]: len(next(iter(self._data[key] for key, u in self.program.rows.items() if u == t)))
            for t in plan.tables
        }
        given = {node: (values if node.op == "input" else self._data)[str(node.value)] for node in plan.leaves}
        wanted = [n for n in dict.fromkeys(plan.program.outputs) if n.op not in ("number", "constant")]
        views = [target[k : k + 1].reshape(extents) for k in range(len(target))]
        into: dict[Node, np.ndarray] = {}
        if isinstance(machine, Machine) and extents:
            for node, view in zip(plan.program.outputs, views):
                if node in wanted and len(plan.home[node]) == len(extents):
                    into.setdefault(node, view)
            found = machine.run(extents, given, rows, wanted, self.threads, into)
        else:
            found = machine.run(extents, given, rows, wanted, self.threads)
        made = dict(zip(wanted, found))
        for node, flat in zip(plan.program.outputs, views):
            if into.get(node) is flat:
                continue
            if node in made:
                home = plan.home[node]
                flat[...] = made[node].reshape([extents[a] if a in home else 1 for a in range(len(extents))])
            else:
                flat[...] = NumPy(self.dtype).leaf(node)

    def _machine(
        self, pattern: dict[str, frozenset[int]], axes: int, values: Mapping[str, np.ndarray], mode: str
    ) -> Machine | None:
        spans = {k: (0.0, 1.0) if k in (TOLERANCE, GATE) else _range(v) for k, v in values.items()} | self._data_spans
        shape = (axes, tuple(pattern.items()))
        room = (shape, tuple(spans.items()))
        if room not in self._separated:
            if len(self._separated) > 1000:
                self._separated.clear()
            self._separated[room] = headroom(self.program, spans, pattern, axes) < _HEADROOM[self.dtype.name]
        separated = self._separated[room]
        coarsened = {k: coarse(*span) for k, span in spans.items()} if mode != "plain" else {}
        key = (mode, shape, separated, tuple(coarsened.items()))
        self._last = key
        if key not in self._plans:
            program = _refinable(self.program) if mode == "refined" else self.program
            program = arrange(
                separate(program, pattern, axes, separated=separated, written=mode != "plain"), pattern, axes
            )
            own: frozenset[Node] = frozenset()
            if mode != "plain":
                rows = {t: self._data[k].size for k, t in self.program.rows.items()}
                sharp = (
                    with_adjoint_bounds(program, coarsened, rows, TOLERANCE, self._apart, mode == "sums")
                    if mode != "refined" and self.dtype == np.float64
                    else None
                )
                if sharp is None and mode == "sums":
                    self._plans[key] = None
                    return None
                if sharp is not None:
                    program, own = sharp
                elif mode == "refined":
                    program, own = with_bounds(program, coarsened, rows, 128, self._apart)
                else:
                    program, _ = with_bounds(program, coarsened, rows, 8 * self.dtype.itemsize, self._apart)
            plan = schedule(
                program, pattern, axes, own, mode == "bounded", GATE if mode in ("sums", "refined") else None
            )
            if self.backend == "numba" and mode == "plain":
                from .numba_run import NumbaMachine

                self._plans[key] = NumbaMachine(plan, self.dtype)
            else:
                self._plans[key] = Machine(plan, self.dtype)
        return self._plans[key]  # type: ignore[return-value]

    def _apart(self, a: Node, b: Node) -> bool:
        """Whether, in every row of the data, one of two functions of the data is zero."""
        machine = NumPy(self.dtype)

        def value(node: Node) -> Any:
            if node.op == "row":
                return self._data[str(node.value)]
            return (
                machine.leaf(node) if node.op == "number" else machine.operation(node)(*[value(x) for x in node.args])
            )

        tables = {self.program.rows[str(n.value)] for n in walk((a, b)) if n.op == "row"}
        return len(tables) == 1 and bool(np.all((value(a) == 0) | (value(b) == 0)))

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


def _refinable(program: Program) -> Program:
    """The program with NaN for the outputs that double-double arithmetic cannot compute."""
    fine: dict[Node, bool] = {}
    for node in program.nodes():
        fine[node] = (node.op in SUPPORTED or node.op == "logistic") and all(fine[a] for a in node.args)
    nan = program.graph.constant("nan")
    return Program(program.graph, tuple(o if fine[o] else nan for o in program.outputs), program.inputs, program.rows)


def _dtype(dtype: Any) -> np.dtype:
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = np.dtype(object)
    if found.name not in ("float64", "float32") or not found.isnative:
        raise InputError(f"dtype {dtype!r}: kernels run in float64 or float32")
    return found


def _flattened(expressions: Any) -> tuple[list[sp.Expr], Any]:
    """Scalar expressions, and the shape to give the result: None, a tuple of components, or list."""
    if isinstance(expressions, (sp.MatrixBase, sp.NDimArray)):
        shape: Any = tuple(int(n) for n in expressions.shape)
        flat = list(sp.flatten(expressions.tolist())) if shape else [expressions[()]]
    elif isinstance(expressions, (list, tuple, sp.Tuple)):
        flat, shape = list(expressions), list
    elif isinstance(expressions, np.ndarray):
        flat, shape = list(expressions.ravel()), tuple(expressions.shape)
    else:
        flat, shape = [expressions], None
    flat = [e if isinstance(e, Contraction) else read(e) for e in flat]
    for e in flat:
        if not isinstance(e, (sp.Expr, Contraction)):
            raise InputError(f"not an expression to evaluate: {e!r} ({type(e).__name__})")
    if not flat:
        raise InputError("no expressions to compile: the list is empty")
    return flat, shape


def _symbols(expressions: Sequence[sp.Expr], names: Sequence[sp.Symbol | str]) -> list[sp.Symbol]:
    """Symbols for names: the one of that name in the expressions, with its assumptions."""
    free: dict[str, sp.Symbol] = {}
    twice = set()
    for s in {s for e in expressions for s in e.free_symbols}:
        twice.update({s.name} & set(free))
        free[s.name] = s
    out = []
    for name in names:
        if isinstance(name, sp.Symbol):
            out.append(name)
        elif isinstance(name, str):
            if name in twice:
                raise InputError(f"two symbols of the expressions have the name {name!r}: give the symbol itself")
            out.append(free.get(name, sp.Symbol(name)))
        else:
            raise InputError(f"an argument must be a SymPy symbol or its name, not {name!r}")
    return out


def read_constant(symbol: sp.Symbol, value: Any) -> float | sp.Expr:
    """The value of a constant: a float if it is a machine number, else (π, 1/3, 2^1100) as it is.

    Raises:
        ValueError: no real finite number.
    """
    if isinstance(value, (str, bytes, np.ma.core.MaskedConstant)):
        value = read_number(value, f"the constant {symbol} must be a real number; its value")
    try:
        exact = value
        if isinstance(value, (int, np.integer)):
            exact = sp.Integer(int(value))
        elif isinstance(value, (Fraction, Decimal, sp.Float)):
            exact = sp.Rational(value)
        if not isinstance(exact, sp.Expr):
            number = float(value)
            if math.isfinite(number):
                return number
        elif exact.is_Rational:
            number = nearest(Fraction(int(exact.p), int(exact.q)))
            return (
                number if math.isfinite(number) and Fraction(number) == Fraction(int(exact.p), int(exact.q)) else exact
            )
        elif math.isfinite(float(exact)):
            return exact
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"the constant {symbol} must be a real number, not {short(value)}") from None
    raise InputError(f"the constant {symbol} is not a finite number: {short(value)}")


def _array(value: Any, name: str, dtype: np.dtype) -> np.ndarray:
    return read_reals(value, name, dtype=dtype, hidden=np.nan)  # what a mask hides is no number


def _rows(tables: Mapping[str, str], data: Any, dtype: np.dtype) -> dict[str, np.ndarray]:
    """The columns of the data, checked: all there, one-dimensional, finite, as long as each other."""
    columns = read_columns(by_name(data), list(tables), dtype=dtype)
    for table in set(tables.values()):
        one_length({key: columns[key] for key in tables if tables[key] == table})
    return columns


def _broadcast(shapes: Mapping[str, tuple[int, ...]]) -> tuple[int, ...]:
    """The shape that arrays broadcast to, however large."""
    rank = max((len(s) for s in shapes.values()), default=0)
    out = []
    for lengths in zip(*((1,) * (rank - len(s)) + s for s in shapes.values())):
        longer = set(lengths) - {1}
        if len(longer) > 1:
            listed = ", ".join(f"{k}: {s}" for k, s in shapes.items())
            raise InputError(f"the arguments do not broadcast against one another ({listed})")
        out.append(longer.pop() if longer else 1)
    return tuple(out)


def _refuse_if_too_large(needed: int) -> None:
    from .memory import available

    if needed < 1 << 24:
        return
    limit = available()
    if needed > limit:
        raise InputError(
            f"the result needs {needed / 2**30:.1f} GiB and about {limit / 2**30:.1f} GiB are free; "
            f"evaluate it in parts, or use on_grid with chunks="
        )


def _range(array: np.ndarray) -> tuple[float, float]:
    if not array.size:
        return (0.0, 0.0)
    low, high = float(np.min(array)), float(np.max(array))
    return (low, high) if np.isfinite(low) and np.isfinite(high) else (-np.inf, np.inf)


def _collapsed(
    shape: tuple[int, ...], arrays: Sequence[np.ndarray]
) -> tuple[tuple[int, ...], list[frozenset[int]], list[np.ndarray]]:
    """Fewest axes: those of length one dropped, neighbours that every argument treats alike merged.

    Returns the lengths, the axes each argument depends on, and the arguments over their own axes only.
    """
    full = [a.reshape((1,) * (len(shape) - a.ndim) + a.shape) for a in arrays]
    uses = [frozenset(k for k, a in enumerate(full) if a.shape[d] > 1) for d in range(len(shape))]
    groups: list[list[int]] = []
    for d, n in enumerate(shape):
        if n == 1:
            continue
        if groups and uses[groups[-1][-1]] == uses[d]:
            groups[-1].append(d)
        else:
            groups.append([d])
    extents = tuple(math.prod(shape[d] for d in group) for group in groups)
    loops = [frozenset(g for g, group in enumerate(groups) if k in uses[group[0]]) for k in range(len(full))]
    thin = [np.ascontiguousarray(a).reshape([extents[g] for g in sorted(loops[k])]) for k, a in enumerate(full)]
    return extents, loops, thin
