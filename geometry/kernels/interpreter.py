"""Programs run in an algebra: the one loop over nodes, and the same written out as a Python function.

`run` evaluates nodes one by one. `Evaluator` does so at many points, over data, and keeps what depends on the data
alone. `Straight` is the program as a function without a loop, for where a call a node is too slow (inside quadrature).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from ..exact.errors import InputError
from .algebras import INFIX, Algebra
from .lower import lower
from .program import LEAVES, Node, Program
from .stable import stable_logarithms

__all__ = ["Evaluator", "Straight", "run", "walk_up"]


def run(order: Iterable[Node], algebra: Algebra, values: MutableMapping[Node, Any]) -> None:
    """Give every node of the order its value; those that have one (inputs, what was found before) keep it.

    >>> import sympy as sp
    >>> from .algebras import NumPy
    >>> from .lower import lower
    >>> x = sp.Symbol("x")
    >>> program = lower([sp.exp(x) / 2], [x])
    >>> values = {node: 0.0 for node in program.nodes() if node.op == "input"}
    >>> run(program.nodes(), NumPy(), values)
    >>> float(values[program.outputs[0]])
    0.5
    """
    for node in order:
        if node not in values:
            if node.op in LEAVES:
                values[node] = algebra.leaf(node)
            else:
                values[node] = algebra.operation(node)(*[values[a] for a in node.args])


def walk_up(order: Sequence[Node]) -> set[Node]:
    """The nodes that depend on an input."""
    out: set[Node] = set()
    for node in order:
        if node.op == "input" or any(a in out for a in node.args):
            out.add(node)
    return out


class Evaluator:
    """A program over data, to be evaluated at many points; what depends on the data alone is kept.

    Data tables are axes of their own, behind those of the inputs; of length one where the rows do not matter.
    """

    def __init__(self, program: Program, algebra: Algebra, data: Mapping[str, np.ndarray]) -> None:
        missing = set(program.rows) - set(data)
        if missing:
            raise InputError(f"no data for the row variables {', '.join(sorted(missing))}")
        self.program, self.algebra = program, algebra
        order = list(program.nodes())
        self.tables = sorted(set(program.rows.values()))
        self.rows = {key: self._column(key, data[key]) for key in program.rows}
        self.length = {table: self.rows[key].size for key, table in program.rows.items()}
        varies = walk_up(order)
        self.steady = [n for n in order if n not in varies]
        self.inputs = [n for n in order if n.op == "input"]
        self.moving = [n for n in order if n in varies and n.op != "input"]
        self.operations = {n: self._operation(n) for n in order if n.op not in (*LEAVES, "input", "row")}
        self.kept: dict[Node, Any] = {}
        self.version: Any = self

    def _column(self, key: str, values: np.ndarray) -> np.ndarray:
        shape = [1] * len(self.tables)
        shape[self.tables.index(self.program.rows[key])] = -1
        return values.reshape(shape)

    def __call__(self, values: Mapping[str, Any]) -> list[Any]:
        """The outputs, at inputs that are numbers or arrays over the axes of a grid."""
        found = self.trace(values)
        return [self._without_rows(found[o]) for o in self.program.outputs]

    def trace(self, values: Mapping[str, Any]) -> dict[Node, Any]:
        """The values of all nodes; of those over rows with an axis a table."""
        if self.version != self.algebra.version():
            self.kept, self.version = {}, self.algebra.version()
            for node in self.steady:
                if node.op in LEAVES:
                    self.kept[node] = self.algebra.leaf(node)
                elif node.op == "row":
                    self.kept[node] = self.rows[str(node.value)]
                else:
                    self.kept[node] = self.operations[node](*[self.kept[a] for a in node.args])
        found = dict(self.kept)
        for node in self.inputs:
            value = values[str(node.value)]
            found[node] = value.reshape(value.shape + (1,) * len(self.tables)) if _is_array(value) else value
        operations = self.operations
        for node in self.moving:
            found[node] = operations[node](*[found[a] for a in node.args])
        return found

    def _operation(self, node: Node) -> Callable[..., Any]:
        if node.op == "mean":
            table = str(node.value)
            axis, length = self.tables.index(table) - len(self.tables), self.length[table]
            return lambda a: (
                a.sum(axis=axis, keepdims=True) / length if _is_array(a) and a.ndim and a.shape[axis] == length else a
            )
        plain = self.algebra.operation(node)
        if not self.algebra.boxed or node.op in INFIX or node.op == "reciprocal" or not self.tables:
            return plain
        return _entrywise(plain)

    def _without_rows(self, value: Any) -> Any:
        if not _is_array(value) or not value.ndim or not self.tables:
            return value
        if self.algebra.boxed and value.ndim == len(self.tables):
            return value.reshape(-1)[0]
        return value.reshape(value.shape[: value.ndim - len(self.tables)])


def _is_array(value: Any) -> bool:
    return hasattr(value, "reshape")


def _entrywise(operation: Callable[..., Any]) -> Callable[..., Any]:
    """The operation on numbers, on object arrays that broadcast."""

    def call(*args: Any) -> Any:
        if not any(isinstance(a, np.ndarray) for a in args):
            return operation(*args)
        grids = np.broadcast_arrays(*(a if isinstance(a, np.ndarray) else _boxed(a) for a in args))
        out = np.empty(grids[0].shape, object)
        flat = out.reshape(-1)
        for n, entries in enumerate(zip(*(g.reshape(-1) for g in grids))):
            flat[n] = operation(*entries)
        return out

    return call


def _boxed(value: Any) -> np.ndarray:
    out = np.empty((), object)
    out[()] = value
    return out


class Straight:
    """A program without data as one Python function of its inputs, in order.

    Its source holds the numbers of nodes only, no names that came from outside; constants are made once a precision.

    >>> import sympy as sp
    >>> from flint import arb
    >>> from .algebras import BALLS
    >>> from .lower import lower
    >>> x = sp.Symbol("x")
    >>> Straight(lower([2 * sp.sin(x), x**2], [x]), BALLS)([arb(0)])
    [0, 0]
    """

    def __init__(self, program: Program, algebra: Algebra) -> None:
        self.algebra = algebra
        order = list(program.nodes())
        self.constants = [n for n in order if n.op in LEAVES]
        places = {key: f"x{k}" for k, key in enumerate(program.inputs)}
        names = {n: places[str(n.value)] if n.op == "input" else f"r{n.index}" for n in order}
        lines = ["def run(given, constants):"]
        if places:
            lines.append(f"    {', '.join(places.values())}, = given")
        if self.constants:
            lines.append(f"    {', '.join(names[n] for n in self.constants)}, = constants")
        calls: dict[str, Any] = {}
        for node in order:
            if node.op in LEAVES or node.op == "input":
                continue
            args = [names[a] for a in node.args]
            if node.op in INFIX:
                value = f" {INFIX[node.op]} ".join(args)
            elif node.op == "power" and node.value == 2:
                value = f"{args[0]} * {args[0]}"
            else:
                calls[f"f{node.index}"] = algebra.operation(node)
                value = f"f{node.index}({', '.join(args)})"
            lines.append(f"    {names[node]} = {value}")
        lines.append(f"    return [{', '.join(names[o] for o in program.outputs)}]")
        exec("\n".join(lines), calls)
        self.program, self.function = program, calls["run"]
        self.prepared: dict[Any, list[Any]] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy writes its function again."""
        return Straight, (self.program, self.algebra)

    @classmethod
    def of(cls, expressions: Sequence[sp.Expr], symbols: Sequence[sp.Symbol], algebra: Algebra) -> Straight:
        """Expressions as a function of the symbols' values: ``lambdify`` in an algebra.

        >>> import sympy as sp
        >>> from .algebras import NumPy
        >>> x = sp.Symbol("x")
        >>> Straight.of([sp.log(1 + sp.exp(x))], [x], NumPy())([np.array([0.0, 1000.0])])[0].round(3).tolist()
        [0.693, 1000.0]
        """
        forms = [e if algebra.boxed else stable_logarithms(e) for e in expressions]
        return cls(lower(forms, list(symbols), stabilise=False, algebra=algebra), algebra)

    def __call__(self, arguments: Iterable[Any]) -> list[Any]:
        version = self.algebra.version()
        constants = self.prepared.get(version)
        if constants is None:
            constants = self.prepared[version] = [self.algebra.leaf(n) for n in self.constants]
        return self.function(arguments, constants)
