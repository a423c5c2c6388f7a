"""Ball arithmetic: a program evaluated with python-flint's `arb`, where every result encloses the truth.

Numbers of a program are exact rationals and enter as such (never as rounded floats); binary inputs are
exact as well. So the ball of a result contains the exact value of the formula at the given inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from numbers import Rational
from typing import Any

import numpy as np
import sympy as sp
from flint import arb, ctx, fmpq

from ..exact.errors import InputError
from .functions import FUNCTIONS
from .lower import lower, symbol_keys
from .program import ARITHMETIC, Node, Program

__all__ = ["evaluate_ball", "BallProgram", "as_ball"]

_CONSTANTS: dict[str, Callable[[], arb]] = {
    "pi": arb.pi,
    "E": arb.const_e,
    "EulerGamma": arb.const_euler,
    "Catalan": arb.const_catalan,
    "GoldenRatio": lambda: (1 + arb(5).sqrt()) / 2,
    "resolution": arb,
    "oo": arb.pos_inf,
    "-oo": arb.neg_inf,
    "nan": arb.nan,
}


def evaluate_ball(
    expression: sp.Expr,
    values: Mapping[sp.Symbol, Any] | None = None,
    precision: int = 128,
    *,
    data: Mapping[sp.Symbol, Sequence[Any]] | None = None,
) -> arb:
    """A ball that contains the value of an expression.

    Args:
        expression: SymPy, of any functions that kernels know.
        values: symbol -> int, Fraction, float (taken as the exact binary number), SymPy number or `arb`.
        precision: working precision in bits.
        data: row symbol -> numbers, for every `Mean`.

    Raises:
        ValueError: a symbol has no value.
        UnsupportedFunction: an unknown function, by name.

    >>> x = sp.Symbol("x")
    >>> ball = evaluate_ball(sp.exp(x) / 3, {x: Fraction(1, 2)}, 100)
    >>> ball.str(15, radius=False)
    '0.549573756900043'
    """
    values, data = dict(values or {}), dict(data or {})
    program = lower([expression], list(values))
    keys = symbol_keys([*values, *data])
    old = ctx.prec
    ctx.prec = precision
    try:
        run = BallProgram(program, {_row_key(program, s, keys): v for s, v in data.items()})
        return run({k: as_ball(v) for k, v in zip(program.inputs, values.values())})[0]
    finally:
        ctx.prec = old


def _row_key(program: Program, symbol: sp.Symbol, keys: Mapping[sp.Symbol, str]) -> str:
    return symbol.name if symbol.name in program.rows else keys[symbol]


def as_ball(value: Any) -> arb:
    """An exact number as a ball without radius (irrational SymPy numbers: at the current precision)."""
    if isinstance(value, arb):
        return value
    if isinstance(value, (int, float)):
        return arb(value)
    if isinstance(value, (Fraction, Rational)):
        return arb(fmpq(int(value.numerator), int(value.denominator)))
    if isinstance(value, sp.Expr):
        if value.is_Rational:
            return arb(fmpq(int(value.p), int(value.q)))
        return evaluate_ball(value, {}, ctx.prec)
    return arb(float(value))


class BallProgram:
    """A program over data, to be evaluated at many points; what depends on the data alone is kept.

    Values are object arrays with one axis a data table, of length one where the rows do not matter.
    """

    def __init__(self, program: Program, data: Mapping[str, Any]) -> None:
        missing = set(program.rows) - set(data)
        if missing:
            raise InputError(f"no data for the row variables {', '.join(sorted(missing))}")
        self.program = program
        self.order = list(program.nodes())
        self.tables = sorted(set(program.rows.values()))
        self.rows = {key: self._column(key, data[key]) for key in program.rows}
        self.length = {table: self.rows[key].size for key, table in program.rows.items()}
        self.varies = walk_up(self.order)
        self.kept: dict[Node, Any] = {}
        self.kept_precision = 0

    def _column(self, key: str, values: Sequence[Any]) -> np.ndarray:
        shape = [1] * len(self.tables)
        shape[self.tables.index(self.program.rows[key])] = -1
        column = np.empty(len(values), object)
        column[:] = [as_ball(_plain(v)) for v in values]
        return column.reshape(shape)

    def __call__(self, values: Mapping[str, arb]) -> list[arb]:
        """The outputs at the current precision (`flint.ctx.prec`)."""
        if ctx.prec != self.kept_precision:
            self.kept, self.kept_precision = {}, ctx.prec
        found: dict[Node, Any] = {}
        for node in self.order:
            store = found if node in self.varies else self.kept
            if node not in store:
                store[node] = self._value(node, values, found)
        return [_single(found[o] if o in found else self.kept[o]) for o in self.program.outputs]

    def _value(self, node: Node, values: Mapping[str, arb], found: Mapping[Node, Any]) -> Any:
        if node.op == "input":
            return values[str(node.value)]
        if node.op == "row":
            return self.rows[str(node.value)]
        args = [found[a] if a in found else self.kept[a] for a in node.args]
        if node.op == "mean":
            (integrand,), table = args, str(node.value)
            axis = self.tables.index(table)
            if not isinstance(integrand, np.ndarray) or integrand.shape[axis] == 1:
                return integrand
            return integrand.sum(axis=axis, keepdims=True) / self.length[table]
        if not any(isinstance(a, np.ndarray) for a in args):
            return operation(node, args)
        if node.op in ("add", "mul", "product", "power", "div", "reciprocal"):
            return operation(node, args)  # Python's operators, element by element
        grids = np.broadcast_arrays(*(a if isinstance(a, np.ndarray) else _boxed(a, len(self.tables)) for a in args))
        out = np.empty(grids[0].shape, object)
        flat = out.reshape(-1)
        for n, entries in enumerate(zip(*(g.reshape(-1) for g in grids))):
            flat[n] = operation(node, list(entries))
        return out


def walk_up(order: Sequence[Node]) -> set[Node]:
    """The nodes that depend on an input."""
    out: set[Node] = set()
    for node in order:
        if node.op == "input" or any(a in out for a in node.args):
            out.add(node)
    return out


def _boxed(value: Any, axes: int) -> np.ndarray:
    out = np.empty((1,) * axes, object)
    out.reshape(-1)[0] = value
    return out


def _single(value: Any) -> arb:
    return value.reshape(-1)[0] if isinstance(value, np.ndarray) else value


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def operation(node: Node, args: list[Any]) -> Any:
    """One operation of a program on balls. A comparison that the balls cannot decide gives NaN."""
    op = node.op
    if op == "number":
        return arb(fmpq(node.value.numerator, node.value.denominator))  # type: ignore[attr-defined]
    if op == "constant":
        return _CONSTANTS[str(node.value)]()
    if op in ARITHMETIC:
        return ARITHMETIC[op](*args)
    if op == "power":
        return args[0] ** node.value
    if op == "select":
        chosen, a, b = args
        return arb.nan() if chosen is None else a if chosen else b
    if op in ("lt", "le", "eq", "ne", "and", "or", "not"):
        return _truth(op, args)
    function = FUNCTIONS[op].ball
    return function(*args) if node.value is None else function(*args, node.value)


def _truth(op: str, args: list[Any]) -> bool | None:
    """True, False, or None where the balls overlap."""
    if op == "not":
        return None if args[0] is None else not args[0]
    if op in ("and", "or"):
        if any(a is (op == "or") for a in args):
            return op == "or"
        return None if None in args else op == "and"
    a, b = args
    if op == "lt":
        return True if a < b else False if a >= b else None
    if op == "le":
        return True if a <= b else False if a > b else None
    equal = True if (a.is_exact() and b.is_exact() and a == b) else False if a != b else None
    return equal if op == "eq" or equal is None else not equal
