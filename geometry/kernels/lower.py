"""From SymPy to a program: every node of the formula becomes a node of the graph, exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import sympy as sp

from ..exact import Mean, UnsupportedFunction, with_named_derivatives
from ..exact.decimals import shortest_decimal
from ..exact.errors import InputError
from ..exact.reading import read
from .constants import constant_name
from .contraction import Contraction, InProgram, in_program
from .functions import Function, by_class
from .jets import Jet
from .program import FLOOR, GATE, LIMIT, TOLERANCE, Graph, Node, Program, rebuild, walk
from .stable import stable

if TYPE_CHECKING:
    from .algebras import Algebra

__all__ = ["Lowering", "defined", "lower"]

_RELATIONS = {
    sp.Lt: ("lt", 0, 1),
    sp.Le: ("le", 0, 1),
    sp.Gt: ("lt", 1, 0),
    sp.Ge: ("le", 1, 0),
    sp.Eq: ("eq", 0, 1),
    sp.Ne: ("ne", 0, 1),
}


def lower(
    expressions: Sequence[sp.Expr | Contraction],
    inputs: Sequence[sp.Symbol],
    *,
    stabilise: bool = True,
    algebra: Algebra | None = None,
) -> Program:
    """A program that computes the expressions from the inputs (and from data rows inside a `Mean`).

    Args:
        expressions: scalar SymPy expressions, or contractions of such.
        inputs: the symbols that are given numbers from outside, in the order of the call.
        stabilise: rewrite into stable forms first (`stable.py`).
        algebra: whose routines will run it: functions that it lacks are written by their definitions. Without one, the
            functions are those of machine code.

    Raises:
        ValueError: a symbol is neither an input nor a variable of the `Mean` it stands in.
        UnsupportedFunction: the formula contains something that has no numeric meaning here.

    >>> x, y = sp.symbols("x y")
    >>> print(lower([sp.sqrt(x) / y**2], [x, y]))
    program(x, y)
      v2 = sqrt(x)
      v3 = y^-2
      v4 = v2 * v3
      return v4
    """
    items = [e if isinstance(e, Contraction) else read(e) for e in expressions]
    translate = Lowering.prepare(stabilise, algebra)
    jets = dict.fromkeys(e.jet for e in items if isinstance(e, Contraction))
    tables = _tables(
        [*(part for jet in jets for part in jet.expressions), *(e for e in items if isinstance(e, sp.Expr))]
    )
    clash = set(inputs) & set(tables)
    if clash:
        names = ", ".join(sorted(map(str, clash)))
        raise InputError(f"{names}: both an argument and a variable that a Mean averages over; rename one of them")
    work = Lowering(inputs, tables, imaginary=algebra is not None and algebra.imaginary)

    made: dict[Jet, InProgram] = {}

    def output(e: sp.Expr | Contraction) -> Node:
        if isinstance(e, Contraction):
            if e.jet not in made:
                made[e.jet] = in_program(e.jet, work.graph, [output(part) for part in e.jet.expressions])
            return made[e.jet].node(e.quantity, e.index)
        return work.lower(translate(with_named_derivatives(e)), frozenset())

    for s in inputs:
        work.graph.input(work.keys[s])
    outputs = tuple(output(e) for e in items)
    keys = {s: work.keys[s] for s in inputs}
    rows = {work.keys[s]: t for s, t in tables.items()}
    return Program(work.graph, outputs, tuple(keys.values()), rows)


def with_constants(program: Program, values: Mapping[str, sp.Expr]) -> Program:
    """The program with exact numbers in the place of some inputs; these keep their names in `program.inputs`.

    >>> x, a = sp.symbols("x a")
    >>> print(with_constants(lower([x - a], [x, a]), {"a": sp.pi / 2}))
    program(x, a)
      v6 = -1/2 * pi
      v8 = x + v6
      return v8
    """
    roots = {key: lower([value], []).outputs[0] for key, value in values.items()}

    def rule(graph: Graph, node: Node, args: tuple[Node, ...]) -> Node:
        if node.op != "input" or node.value not in roots:
            return rebuild(graph, node, args)
        new: dict[Node, Node] = {}
        for part in walk([roots[str(node.value)]]):
            new[part] = rebuild(graph, part, tuple(new[a] for a in part.args))
        return new[roots[str(node.value)]]

    return program.rewritten(rule) if roots else program


def symbol_keys(symbols: Sequence[sp.Symbol]) -> dict[sp.Symbol, str]:
    """A distinct printable key for each symbol: its name, numbered where two symbols share one."""
    keys: dict[sp.Symbol, str] = {}
    used: set[str] = {TOLERANCE, GATE, LIMIT, FLOOR}
    for s in symbols:
        key, n = s.name, 1
        while key in used:
            n += 1
            key = f"{s.name}#{n}"
        used.add(key)
        keys[s] = key
    return keys


def _tables(expressions: Sequence[sp.Expr]) -> dict[sp.Symbol, str]:
    """Row symbol -> the table it belongs to. Symbols that one Mean averages over share their rows."""
    groups: list[set[sp.Symbol]] = []
    for expression in expressions:
        for mean in _means(expression):
            joined = set(mean.variables)
            for group in [g for g in groups if g & joined]:
                joined |= group
                groups.remove(group)
            groups.append(joined)
    out = {}
    for k, group in enumerate(sorted(groups, key=lambda g: min(s.name for s in g))):
        for s in sorted(group, key=lambda s: s.name):
            out[s] = f"data{k}"
    return out


def _means(e: sp.Basic):
    for part in sp.preorder_traversal(e):
        if isinstance(part, Mean):
            yield part


def defined(expression: sp.Expr, known: Callable[[Function], bool]) -> sp.Expr:
    """The expression with the functions that are not known written by their definitions.

    >>> x = sp.Symbol("x")
    >>> defined(sp.sech(x), lambda function: function.native is not None)
    1/cosh(x)
    """
    while True:
        kinds = {type(f) for f in expression.atoms(sp.Function)}
        rows = [by_class[kind] for kind in kinds if kind in by_class]
        missing = [row for row in rows if row.definition is not None and not known(row)]
        if not missing:
            return expression
        for row in missing:
            expression = expression.replace(row.sympy, row.definition)


class Lowering:
    """Builds the nodes of expressions in one graph."""

    @staticmethod
    def prepare(stabilise: bool, algebra: Algebra | None) -> Callable[[sp.Expr], sp.Expr]:
        """What is done to an expression before its nodes are built."""
        known = algebra.knows if algebra is not None else lambda function: function.native is not None
        memo: dict[sp.Basic, sp.Basic] = {}
        return lambda e: defined(stable(defined(e, known), memo) if stabilise else e, known)

    def __init__(
        self, inputs: Sequence[sp.Symbol], tables: Mapping[sp.Symbol, str], *, imaginary: bool = False
    ) -> None:
        self.graph = Graph()
        self.imaginary = imaginary
        self.tables = tables
        self.inputs = set(inputs)
        self.keys = symbol_keys([*inputs, *tables])
        self._memo: dict[tuple[sp.Basic, frozenset], Node] = {}

    def lower(self, e: sp.Basic, open_tables: frozenset) -> Node:
        """`open_tables`: the tables whose rows an enclosing Mean runs over."""
        key = (e, open_tables)
        if key not in self._memo:
            self._memo[key] = self._lower(e, open_tables)
        return self._memo[key]

    def _lower(self, e: sp.Basic, scope: frozenset) -> Node:
        g = self.graph
        if isinstance(e, sp.Symbol):
            return self._symbol(e, scope)
        if isinstance(e, sp.Number):
            return self._number(e)
        if isinstance(e, sp.NumberSymbol):
            return self._constant(e)
        if e is sp.I and self.imaginary:
            return g.constant("I")
        if isinstance(e, sp.Add):
            return g.add(*(self.lower(a, scope) for a in e.args))
        if isinstance(e, sp.Mul):
            return g.mul(*(self.lower(a, scope) for a in e.args))
        if isinstance(e, sp.Pow):
            return self._power(e, scope)
        if isinstance(e, Mean):
            return self._mean(e, scope)
        if isinstance(e, sp.Piecewise):
            return self._piecewise(e, scope)
        if isinstance(e, (sp.core.relational.Relational, sp.logic.boolalg.Boolean)):
            return self._condition(e, scope)
        return self._function(e, scope)

    def _symbol(self, e: sp.Symbol, scope: frozenset) -> Node:
        if e in self.inputs:
            return self.graph.input(self.keys[e])
        if e in self.tables:
            if self.tables[e] in scope:
                return self.graph.row(self.keys[e])
            raise InputError(
                f"{e} stands outside the Mean that averages over it; give it as an argument under another name"
            )
        known = ", ".join(sorted(self.keys.values())) or "none"
        raise InputError(
            f"unknown symbol {e.name!r}: it is no argument and no constant (known: {known}); "
            f"give it a value through the arguments, constants= or data="
        )

    def _number(self, e: sp.Number) -> Node:
        if e.is_Rational:
            return self.graph.number(Fraction(int(e.p), int(e.q)))
        if e.is_Float and e.is_finite:
            exact = shortest_decimal(e)
            return self.graph.number(Fraction(int(exact.p), int(exact.q)))
        return self._constant(e)

    def _constant(self, e: sp.Expr) -> Node:
        name = constant_name(e)
        if name is None:
            raise UnsupportedFunction(f"the constant {e} has no numeric value here; substitute a number for it")
        return self.graph.constant(name)

    def _power(self, e: sp.Pow, scope: frozenset) -> Node:
        g = self.graph
        base, exponent = e.args
        if exponent.is_Integer:
            return g.power(self.lower(base, scope), int(exponent))
        if exponent.is_Rational and exponent.q == 2:
            return g.power(g.call("sqrt", self.lower(base, scope)), int(exponent.p))
        if base == sp.E:
            return g.call("exp", self.lower(exponent, scope))
        return g.call("pow", self.lower(base, scope), self.lower(exponent, scope))

    def _mean(self, e: sp.Expr, scope: frozenset) -> Node:
        (table,) = {self.tables[v] for v in e.variables}
        if table in scope:
            raise InputError(f"{e}: a Mean inside a Mean over the same rows ({', '.join(map(str, e.variables))})")
        return self.graph.mean(self.lower(e.expression, scope | {table}), table)

    def _piecewise(self, e: sp.Piecewise, scope: frozenset) -> Node:
        g = self.graph
        out = g.constant("nan")
        for value, condition in reversed(e.args):
            if condition == sp.true:
                out = self.lower(value, scope)
            elif condition != sp.false:
                out = g.call("select", self.lower(condition, scope), self.lower(value, scope), out)
        return out

    def _condition(self, e: sp.Basic, scope: frozenset) -> Node:
        g = self.graph
        for kind, (name, a, b) in _RELATIONS.items():
            if isinstance(e, kind):
                return g.call(name, self.lower(e.args[a], scope), self.lower(e.args[b], scope))
        if e in (sp.true, sp.false):
            return g.call("le", g.number(0), g.number(0 if e == sp.true else -1))
        if isinstance(e, (sp.And, sp.Or)):
            parts = [self.lower(a, scope) for a in e.args]
            out = parts[0]
            for p in parts[1:]:
                out = g.call("and" if isinstance(e, sp.And) else "or", out, p)
            return out
        if isinstance(e, sp.Not):
            return g.call("not", self.lower(e.args[0], scope))
        raise UnsupportedFunction(f"the condition {e} has no numeric form; write it with <, <=, ==, &, |, ~")

    def _step(self, u: Node, at_zero: Node) -> Node:
        """Heaviside's function; of no number it is no number."""
        g, zero = self.graph, self.graph.number(0)
        below = g.call("select", g.call("lt", u, zero), zero, g.call("select", g.call("eq", u, zero), at_zero, u))
        return g.call("select", g.call("lt", zero, u), g.number(1), below)

    def _zeta(self, e: sp.Basic, scope: frozenset) -> Node:
        """ζ(s), Hurwitz's ζ(s, a), or a derivative of ζ of the order that comes first."""
        if not isinstance(e, sp.zeta):
            return self.graph.call("zeta", self.lower(e.args[1], scope), value=int(e.args[0]))
        if len(e.args) > 1 and e.args[1] != 1:
            return self.graph.call("hurwitz", *(self.lower(a, scope) for a in e.args))
        return self.graph.call("zeta", self.lower(e.args[0], scope), value=0)

    def _function(self, e: sp.Basic, scope: frozenset) -> Node:
        g = self.graph
        if isinstance(e, sp.hyper):
            parts = [self.lower(a, scope) for a in (*e.ap, *e.bq, e.argument)]
            return g.call("hyper", *parts, value=len(e.ap))
        record = by_class.get(type(e))
        if record is None:
            raise UnsupportedFunction(
                f"{type(e).__name__}: no numeric routine for {e}; rewrite it in elementary functions "
                f"(expression.rewrite(...)), or substitute its value as an argument"
            )
        if record.name == "polygamma":
            order = e.args[0]
            if not (order.is_Integer and order >= 0):
                raise UnsupportedFunction(
                    f"polygamma: the order of {e} is not a non-negative integer; give it a number"
                )
            return g.call("polygamma", self.lower(e.args[1], scope), value=int(order))
        if record.name == "zeta":
            return self._zeta(e, scope)
        args = [self.lower(a, scope) for a in e.args]
        if record.name == "heaviside" and not self.imaginary:
            return self._step(*args)
        if record.name in ("min", "max"):
            out = args[0]
            for a in args[1:]:
                out = g.call(record.name, out, a)
            return out
        if record.name == "log" and len(args) == 2:
            return g.div(g.call("log", args[0]), g.call("log", args[1]))
        if len(args) != len(record.domain):
            raise UnsupportedFunction(
                f"{e}: {type(e).__name__} has a numeric routine for {len(record.domain)} arguments, not for {len(args)}"
            )
        return g.call(record.name, *args)
