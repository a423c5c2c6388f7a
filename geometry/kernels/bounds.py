r"""Error bounds of the nodes of a program, and how bounds are written as nodes beside the values.

For each node n there are c, k, A and d with

    |computed n - exact n|  <=  c |computed n|  +  k A  +  d eta,

c and k plain numbers (multiples of the unit roundoff u), A a node computed beside n, eta the least
subnormal number. They come from rules: those of `running` for every operation, those of `majorants` behind means,
and the adjoints of `sensitivity`, each of which writes with what stands here.

Overflow needs care. A value that overflows makes its own bound infinite (c |computed|), but some operations
lead back from infinity to finite numbers: 1/inf, tanh(inf), exp(-inf). Their rules *require* a finite operand: either
its range says so, or the bound of every output that follows from it is infinite in the cells where it is not. In
the same way double-double quotients and roots require operands whose rounding errors do not underflow.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from .counts import LEAVES_FROM_OUTSIDE
from .intervals import Interval, range_of, ranges
from .native.emit import CAREFUL_RUN
from .native.run import ROW_BLOCK
from .program import Node, Program, walk
from .schedule import MASKS

__all__ = ["Bounds", "Bound", "Rule", "UNKNOWN", "PAIR_UNIT", "rows_of"]

PAIR_UNIT = 2.0**-101  # the relative error of a double-double operation: 32 u^2


@dataclass(frozen=True)
class Bound:
    c: float
    k: float = 0.0
    a: Node | None = None
    d: float = 0.0  # in units of eta
    covers: bool = True  # whether A >= |computed n|, so that products of bounds are bounds of products


#: From a node, whose arguments have their bounds, to its own.
Rule = Callable[[Node], Bound]

UNKNOWN = Bound(math.inf)


class Bounds:
    """The bounds found so far, with the ranges of the nodes, and what must hold for them.

    Args:
        program: arranged, as it will be emitted.
        inputs: the range of every input and row variable.
        rows: table -> number of rows.
        bits: 64, 32, or 128 for double-double arithmetic on machine doubles.
    """

    def __init__(self, program: Program, inputs: Mapping[str, Interval], rows: Mapping[str, int], bits: int) -> None:
        self.graph, self.inputs = program.graph, inputs
        self.only_rows = _only_rows(program)
        self.rows = rows
        self.bits = bits
        # the rounding error of one operation, relative and where it underflows
        self.u, self.eta = {64: (2.0**-53, 2.0**-1074), 32: (2.0**-24, 2.0**-126), 128: (PAIR_UNIT, 2.0**-1068)}[bits]
        # products of errors are at most inflate - 1 of the bound while relative errors stay below largest_c
        self.inflate, self.largest_c = (1 + 2.0**-8, 2.0**-10) if bits == 32 else (1 + 2.0**-20, 2.0**-22)
        self.range = ranges(program, inputs)
        self.over_rows = rows_of(program)
        self.bound: dict[Node, Bound] = {}
        self.required: dict[Node, list[Node]] = {}  # what must hold for the bound of a node to do so
        self.largest = {64: 2.0**1023, 32: 2.0**127, 128: 2.0**1023}[bits]

    def follow(self, program: Program, rule: Rule) -> None:
        """A bound for every node of the program, in order."""
        for node in program.nodes():
            if node.op not in MASKS:
                self.bound[node] = self._usable(node, rule(node))

    def add(self, node: Node, rule: Rule) -> Node:
        """A further node, of one number a cell, with its bound."""
        if node not in self.bound:
            self.over_rows[node] = frozenset()
            self.range[node] = range_of(node, [self.range[a] for a in node.args], self.inputs)
            self.bound[node] = self._usable(node, rule(node))
        return node

    def _usable(self, node: Node, made: Bound) -> Bound:
        apart = self.distance(node)
        if made.a is None and made.d and apart > 0 and made.d * self.eta / apart < self.u * 2.0**-12:
            # far from zero, an underflow on the way is a relative error
            made = Bound(made.c + made.d * self.eta / apart)
        return made if made.c <= self.largest_c and math.isfinite(made.k) and math.isfinite(made.d) else UNKNOWN

    # pieces ------------------------------------------------------------------------------------------
    def magnitude(self, node: Node) -> float:
        low, high = self.range[node]
        return max(abs(low), abs(high)) * (1 + 2.0**-20)

    def distance(self, node: Node) -> float:
        """How far from zero the exact value is at least."""
        low, high = self.range[node]
        return low if low > 0 else -high if high < 0 else 0.0

    def nonnegative(self, node: Node) -> bool:
        return self.range[node][0] >= 0

    def absolute(self, node: Node) -> Node:
        return node if self.nonnegative(node) else self.raw("abs", node)

    def raw(self, op: str, *args: Node) -> Node:
        made = self.graph.node(op, args)
        self.over_rows.setdefault(made, frozenset().union(*(self.over_rows.get(a, frozenset()) for a in args)))
        self.range.setdefault(made, (0.0, math.inf))
        return made

    def number(self, value: float) -> Node:
        return self.graph.number(Fraction(value))

    def underflow(self, d: float) -> Node:
        """d eta or more: in float64 no less than 2^-1000, for machines are slow with subnormal numbers."""
        return self.number(max(d * self.eta * self.inflate, self.eta if self.bits == 32 else 2.0**-1000))

    def times(self, k: float, node: Node) -> Node:
        return node if k == 1.0 else self.raw("mul", node, self.number(k))

    def error(self, node: Node) -> Node:
        """The whole bound as one node."""
        b = self.bound[node]
        if b is UNKNOWN:
            return self.graph.constant("oo")
        terms = []
        if b.c:
            terms.append(self.times(b.c * self.inflate, self.absolute(node)))
        if b.a is not None:
            terms.append(self.times(b.k * self.inflate, b.a))
        if b.d:
            terms.append(self.underflow(b.d))
        out = self.number(0.0)
        for n, t in enumerate(terms):
            out = t if n == 0 else self.raw("add", out, t)
        return out

    def total(self, node: Node) -> Node:
        """The bound of an output, infinite where a requirement of what it is made of is not met."""
        if self.bound[node] is UNKNOWN:
            return self.graph.constant("oo")
        return self.where_met(node, self.times(1 + 2.0**-10, self.error(node)))

    # requirements ------------------------------------------------------------------------------------
    def require(self, node: Node, relation: str, a: Node, b: Node) -> None:
        condition = self.graph.node(relation, (a, b))
        if condition not in self.required.setdefault(node, []):
            self.required[node].append(condition)

    def require_finite(self, node: Node, operand: Node) -> None:
        """The rule of `node` holds for a finite operand only."""
        if self.magnitude(operand) > self.largest and operand.op not in LEAVES_FROM_OUTSIDE:
            self.require(node, "lt", self.raw("abs", operand), self.graph.constant("oo"))

    def require_apart(self, node: Node, operand: Node, least: float) -> None:
        """The rule of `node` holds for an operand of at least this modulus."""
        if self.distance(operand) < least:
            self.require(node, "lt", self.number(least), self.raw("abs", operand))

    def where_met(self, output: Node, bound: Node) -> Node:
        """The bound, or infinity where something required is missing; rows are asked one by one."""
        asked = {
            (condition, tuple(sorted(self.over_rows[node]))): None
            for node in walk((output, bound))
            for condition in self.required.get(node, ())
        }
        for condition, tables in asked:
            met = condition
            if tables:
                missed = self.raw("select", condition, self.number(0.0), self.number(1.0))
                for table in tables:
                    missed = self.graph.node("mean", (missed,), table)
                met = self.graph.node("lt", (missed, self.number(0.5**60)))
            bound = self.graph.node("select", (met, bound, self.graph.constant("oo")))
        return bound

    def as_majorant(self, node: Node) -> tuple[float, Node]:
        """The bound, apart from d, as k A with A >= |node|."""
        b = self.bound[node]
        return (b.c, self.absolute(node)) if b.a is None else (b.c + b.k, b.a)

    def graph_power(self, node: Node, n: int) -> Node:
        if n == 1:
            return node
        made = self.graph.node("power", (node,), n)
        self.over_rows.setdefault(made, self.over_rows[node])
        self.range.setdefault(made, (0.0, math.inf))
        return made

    def summing(self, table: str, bits: int | None = None) -> float:
        """The error of a sum over rows, in units of the sum of moduli: additions that a term goes through."""
        block = min(self.rows[table], ROW_BLOCK)
        if (bits or self.bits) == 128:
            additions = min(block, CAREFUL_RUN) + block // CAREFUL_RUN + self.rows[table] // ROW_BLOCK + 4
        else:
            additions = min(block, CAREFUL_RUN) + 6
        return _rounded_up(additions) * (PAIR_UNIT if bits == 128 else self.u)

    def mean_of(self, integrand: Node, like: Node) -> Node:
        made = self.graph.node("mean", (integrand,), like.value)
        self.over_rows.setdefault(made, self.over_rows[like])
        self.range.setdefault(made, (0.0, math.inf))
        return made


def _only_rows(program: Program) -> dict[Node, bool]:
    """Whether a node is a function of the data alone."""
    out: dict[Node, bool] = {}
    for node in program.nodes():
        out[node] = node.op in ("row", "number") or (
            bool(node.args) and node.op != "mean" and all(out[a] for a in node.args)
        )
    return out


def rows_of(program: Program) -> dict[Node, frozenset[str]]:
    """The tables over whose rows the value of a node varies."""
    out: dict[Node, frozenset[str]] = {}
    for node in program.nodes():
        if node.op == "row":
            out[node] = frozenset({program.rows[str(node.value)]})
        else:
            union = frozenset().union(*(out[a] for a in node.args))
            out[node] = union - {str(node.value)} if node.op == "mean" else union
    return out


def _rounded_up(count: int) -> int:
    """To a multiple of a power of two about an eighth as large: data of similar length share their code."""
    step = 2 ** max(0, count.bit_length() - 3)
    return -(-count // step) * step
