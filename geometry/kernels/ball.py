"""Ball arithmetic: a program evaluated with python-flint's `arb`, where every result encloses the truth.

Numbers of a program are exact rationals and enter as such (never as rounded floats); binary inputs are
exact as well. So the ball of a result contains the exact value of the formula at the given inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from numbers import Rational
from typing import Any

import sympy as sp
from flint import arb, ctx, fmpq

from .functions import FUNCTIONS
from .lower import lower, symbol_keys
from .program import Node, Program

__all__ = ["evaluate_ball", "BallProgram", "as_ball"]

_CONSTANTS: dict[str, Callable[[], arb]] = {
    "pi": arb.pi, "E": arb.const_e, "EulerGamma": arb.const_euler, "Catalan": arb.const_catalan,
    "GoldenRatio": lambda: (1 + arb(5).sqrt()) / 2, "oo": arb.pos_inf, "-oo": arb.neg_inf, "nan": arb.nan,
}


def evaluate_ball(expression: sp.Expr, values: Mapping[sp.Symbol, Any] | None = None, precision: int = 128, *,
                  data: Mapping[sp.Symbol, Sequence[Any]] | None = None) -> arb:
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
    """A program over data, to be evaluated at many points; what depends on the data alone is kept."""

    def __init__(self, program: Program, data: Mapping[str, Sequence[Any]]) -> None:
        self.program = program
        missing = set(program.rows) - set(data)
        if missing:
            raise ValueError(f"no data for the row variables {', '.join(sorted(missing))}")
        self.rows = {key: [as_ball(_plain(v)) for v in column] for key, column in data.items()}
        self.fixed: dict[tuple[Node, Any], arb] = {}
        self.fixed_precision = 0
        self.order = list(program.nodes())
        self.tables = _tables_below(program)
        self.varies = self._variable_nodes()

    def _variable_nodes(self) -> set[Node]:
        out: set[Node] = set()
        for node in self.order:
            if node.op == "input" or any(a in out for a in node.args):
                out.add(node)
        return out

    def __call__(self, values: Mapping[str, arb]) -> list[arb]:
        """The outputs at the current precision (`flint.ctx.prec`)."""
        if ctx.prec != self.fixed_precision:
            self.fixed, self.fixed_precision = {}, ctx.prec
        known: dict[tuple[Node, Any], arb] = {}
        for node in self.order:
            if not self.tables[node]:
                self._node(node, values, known, {})
        return [self._node(o, values, known, {}) for o in self.program.outputs]

    def _node(self, node: Node, values: Mapping[str, arb], known: dict, rows: dict[str, int]) -> arb:
        where = tuple((t, rows[t]) for t in self.tables[node])
        store = known if node in self.varies else self.fixed
        if (node, where) in store:
            return store[node, where]
        if node.op == "mean":
            table = str(node.value)
            count = len(self.rows[next(k for k, t in self.program.rows.items() if t == table)])
            total = arb(0)
            for n in range(count):
                total += self._node(node.args[0], values, known, {**rows, table: n})
            out = total / count
        elif node.op == "row":
            out = self.rows[str(node.value)][rows[self.program.rows[str(node.value)]]]
        elif node.op == "input":
            out = values[str(node.value)]
        else:
            out = operation(node, [self._node(a, values, known, rows) for a in node.args])
        store[node, where] = out
        return out


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _tables_below(program: Program) -> dict[Node, tuple[str, ...]]:
    """For every node, the tables whose rows it still depends on."""
    out: dict[Node, tuple[str, ...]] = {}
    for node in program.nodes():
        if node.op == "row":
            out[node] = (program.rows[str(node.value)],)
        else:
            union = set().union(*(out[a] for a in node.args)) - ({str(node.value)} if node.op == "mean" else set())
            out[node] = tuple(sorted(union))
    return out


def operation(node: Node, args: list[Any]) -> Any:
    """One operation of a program on balls. A comparison that the balls cannot decide gives NaN."""
    op = node.op
    if op == "number":
        return arb(fmpq(node.value.numerator, node.value.denominator))  # type: ignore[attr-defined]
    if op == "constant":
        return _CONSTANTS[str(node.value)]()
    if op == "add":
        return sum(args[1:], args[0])
    if op in ("mul", "product"):
        out = args[0]
        for a in args[1:]:
            out = out * a
        return out
    if op == "div":
        return args[0] / args[1]
    if op == "reciprocal":
        return 1 / args[0]
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
