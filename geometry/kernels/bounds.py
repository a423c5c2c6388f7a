r"""A running error bound beside every value: a transformation of programs.

For each node n the transformation knows c, k, A and d with

    |computed n - exact n|  <=  c |computed n|  +  k A  +  d eta,

c and k plain numbers (multiples of the unit roundoff u), A a node computed beside n, eta the least
subnormal number. Positive quantities keep a relative bound (A absent) through products, quotients and sums
of equal sign, at no cost in the kernel; a node A appears where signs mix: for a + b it is |a| + |b|, and
it then follows products as |computed| >= |n| does. So the code over rows at most doubles. After a mean,
where there is one value a cell, the sharper rules |a| E_b + |b| E_a + E_a E_b are used.

The bounds hold for the operations as emitted: each is rounded once (fused operations round less often), a
sum over rows is accumulated in runs, own functions err by at most the units checked in the tests. First
order is made rigorous by inflating: every step adds a relative 2^-20 of the bound (2^-8 in float32), which
covers the products of errors as long as c stays below a quarter of that; beyond, the node counts as unknown. What
has no rule has no bound, which sends its cells to ball arithmetic.

Overflow needs one more care. A value that overflows makes its own bound infinite (c |computed|), but some operations
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
from .functions import FUNCTIONS
from .intervals import Interval, ranges
from .native.double_functions import PAIR_ULPS, REDUCTION
from .native.emit import CAREFUL_RUN
from .native.run import ROW_BLOCK
from .program import LEAVES, Node, Program, nearest, walk
from .schedule import MASKS
from .slopes import MARGIN, REACH, RULES, Writer

__all__ = [
    "with_bounds",
    "rows_of",
    "without_rule",
    "Bounds",
    "Bound",
    "UNKNOWN",
    "PAIR_UNIT",
    "SMALLEST_DIVISOR",
    "SMALLEST_RADICAND",
    "Apart",
]

PAIR_UNIT = 2.0**-101  # the relative error of a double-double operation: 32 u^2
SMALLEST_DIVISOR = 2.0**-500  # of double-doubles, so that what underflows in a quotient is 2^-568 at most
SMALLEST_RADICAND = 2.0**-960  # the residual of the root, u^2 of this, is no subnormal number
# The relative error of own functions, in units of u.
_ULPS = {row.name: row.ulps for row in FUNCTIONS.values() if row.ulps is not None}


@dataclass(frozen=True)
class Bound:
    c: float
    k: float = 0.0
    a: Node | None = None
    d: float = 0.0  # in units of eta
    covers: bool = True  # whether A >= |computed n|, so that products of bounds are bounds of products


Apart = Callable[[Node, Node], bool]

UNKNOWN = Bound(math.inf)
_EXACT = Bound(0.0)


def with_bounds(
    program: Program,
    inputs: Mapping[str, Interval],
    rows: Mapping[str, int],
    bits: int,
    apart: Apart = lambda a, b: False,
) -> tuple[Program, frozenset[Node]]:
    """The program with one more output for each: a bound on its absolute error (infinite where none is known).

    With it, the nodes of the program as it was: with bits = 128, those to be computed in double-double.

    Args:
        program: arranged, as it will be emitted.
        inputs: the range of every input and row variable.
        rows: table -> number of rows.
        bits: 64, 32, or 128 for double-double arithmetic on machine doubles.
        apart: whether two functions of the data are never both different from zero in a row.
    """
    work = Bounds(program, inputs, rows, bits, apart)
    own = frozenset(n for n in work.bound if n.op not in ("number", "constant", "input", "row"))
    return Program(
        program.graph, (*program.outputs, *(work.total(o) for o in program.outputs)), program.inputs, program.rows
    ), own


def without_rule(program: Program) -> list[str]:
    """The operations that only balls certify; without such, a bound is infinite only where digits are lost."""
    own = (*LEAVES, *LEAVES_FROM_OUTSIDE, *MASKS, "mean", "logistic")  # the last is written with exponentials
    return sorted(
        {n.op for n in program.nodes() if not (n.op in own or n.op in RULES or hasattr(Bounds, f"rule_{n.op}"))}
    )


class Bounds:
    def __init__(
        self,
        program: Program,
        inputs: Mapping[str, Interval],
        rows: Mapping[str, int],
        bits: int,
        apart: Apart = lambda a, b: False,
    ) -> None:
        self.graph = program.graph
        self.apart = apart
        self.only_rows = _only_rows(program)
        self.rows = rows
        self.row_tables = program.rows
        self.bits = bits
        # the rounding error of one operation, relative and where it underflows
        self.u, self.eta = {64: (2.0**-53, 2.0**-1074), 32: (2.0**-24, 2.0**-126), 128: (PAIR_UNIT, 2.0**-1068)}[bits]
        # products of errors are at most inflate - 1 of the bound while relative errors stay below largest_c
        self.inflate, self.largest_c = (1 + 2.0**-8, 2.0**-10) if bits == 32 else (1 + 2.0**-20, 2.0**-22)
        self.ulps = PAIR_ULPS if bits == 128 else _ULPS
        self.range = ranges(program, inputs)
        self.over_rows = rows_of(program)
        self.bound: dict[Node, Bound] = {}
        self.required: dict[Node, list[Node]] = {}  # what must hold for the bound of a node to do so
        self.largest = {64: 2.0**1023, 32: 2.0**127, 128: 2.0**1023}[bits]
        self.prepare(program)
        for node in program.nodes():
            if node.op not in MASKS:
                self.bound[node] = self.usable(node, self._rule(node))

    def prepare(self, program: Program) -> None:
        """What a derived analysis wants to know before the rules are applied."""

    def usable(self, node: Node, made: Bound) -> Bound:
        apart = self.distance(node)
        if made.a is None and made.d and apart > 0 and made.d * self.eta / apart < self.u * 2.0**-12:
            made = Bound(
                made.c + made.d * self.eta / apart
            )  # far from zero, an underflow on the way is a relative error
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
        for node in walk((output, bound)):
            for condition in self.required.get(node, ()):
                tables = sorted(self.over_rows[node])
                if not tables:
                    met = condition
                else:
                    missed = self.raw("select", condition, self.number(0.0), self.number(1.0))
                    for table in tables:
                        missed = self.graph.node("mean", (missed,), table)
                    met = self.graph.node("lt", (missed, self.number(0.5**60)))
                bound = self.graph.node("select", (met, bound, self.graph.constant("oo")))
        return bound

    def _as_a(self, node: Node) -> tuple[float, Node]:
        """The bound, apart from d, as k A with A >= |node|."""
        b = self.bound[node]
        return (b.c, self.absolute(node)) if b.a is None else (b.c + b.k, b.a)

    def _cheap(self, *nodes: Node) -> bool:
        """Whether the rules of the row loops apply: everything over rows, every A at least the value."""
        return any(self.over_rows[n] for n in nodes) and all(self.bound[n].covers for n in nodes)

    # rules -------------------------------------------------------------------------------------------
    def _rule(self, node: Node) -> Bound:
        op, u = node.op, self.u
        if op == "number":
            if math.isinf(nearest(node.value)):  # type: ignore[arg-type]
                return UNKNOWN
            exact = _exactly(node.value, self.bits)  # type: ignore[arg-type]
            return _EXACT if exact else Bound(u, d=1.0)
        if op == "constant":
            return Bound(u) if math.isfinite(self.range[node][1]) else UNKNOWN
        if op in ("input", "row"):
            return Bound(u, d=1.0) if self.bits == 32 else _EXACT
        if any(a.op not in MASKS and self.bound[a] is UNKNOWN for a in node.args) and node.value != "guard":
            return UNKNOWN
        if op == "mean":
            return self.rule_mean(node)
        rule = getattr(self, f"rule_{op}", None)
        return rule(node) if rule is not None else self.rule_function(node) if op in RULES else UNKNOWN

    def rule_add(self, node: Node) -> Bound:
        a, b = node.args
        x, y = self.bound[a], self.bound[b]
        d = x.d + y.d
        if x is _EXACT and y is _EXACT:
            return Bound(self.u)
        if (
            x.a is None
            and y.a is None
            and ((self.nonnegative(a) and self.nonnegative(b)) or (self.range[a][1] <= 0 and self.range[b][1] <= 0))
        ):
            return Bound(max(x.c, y.c) * self.inflate + self.u, d=d)
        if x.a is None and y.a is None and self._one_is_zero(a, b):
            return Bound(max(x.c, y.c), d=d)
        if self._cheap(a, b):
            (k1, a1), (k2, a2) = self._as_a(a), self._as_a(b)
            return Bound(self.u, max(k1, k2), self.raw("add", a1, a2), d)
        return Bound(self.u, 1.0, self.raw("add", self.error(a), self.error(b)), covers=False)

    def _one_is_zero(self, a: Node, b: Node) -> bool:
        """Whether a and b have factors from the data alone of which one is zero in each row: t p + (1 - t) q with t = 0
        or 1.
        """
        return self.bits != 32 and any(self.apart(s, t) for s in _zero_factors(a) for t in _zero_factors(b))

    def rule_mul(self, node: Node) -> Bound:
        a, b = node.args
        x, y = self.bound[a], self.bound[b]
        scaling = next((n for n in (a, b) if n.op == "number" and _power_of_two(n.value)), None)  # type: ignore[arg-type]
        exactly_scaled = scaling is not None and self.magnitude(node) <= self.largest
        rounding = 0.0 if exactly_scaled else self.u
        d = (
            _finite_product(self.magnitude(a), y.d)
            + _finite_product(self.magnitude(b), x.d)
            + 1.0
            + x.d * y.d * self.eta
        )
        c = (x.c + y.c) * self.inflate + rounding
        if x.a is None and y.a is None and math.isfinite(d):
            if node.value == "unit" and b.op == "reciprocal" and a in b.args[0].args:
                # e/(1 + e) errs by no more than e, and by three operations
                c = x.c * self.inflate + 6 * self.u
            return Bound(c, d=d)
        if self._cheap(a, b):
            if x.a is None or y.a is None:
                plain, (k, big) = (a, self._as_a(b)) if x.a is None else (b, self._as_a(a))
                return Bound(
                    self.bound[plain].c * self.inflate + rounding,
                    k * self.inflate,
                    self.raw("mul", big, self.absolute(plain)),
                    d,
                )
            (k1, a1), (k2, a2) = self._as_a(a), self._as_a(b)
            return Bound(rounding, (k1 + k2) * self.inflate, self.raw("mul", a1, a2), d)
        ea, eb = self.error(a), self.error(b)
        size_a, size_b = self.absolute(a), self.absolute(b)
        cross = self.raw("add", self.raw("mul", self.raw("add", size_a, ea), eb), self.raw("mul", size_b, ea))
        return Bound(rounding, 1.0, cross, 1.0, covers=False)

    rule_product = rule_mul

    def rule_power(self, node: Node) -> Bound:
        (a,), n = node.args, int(node.value)  # type: ignore[call-overload]
        if n < 0:
            return UNKNOWN  # quotients stand in their place (`arrange`)
        x = self.bound[a]
        steps = n
        size = self.magnitude(a)
        try:
            growth = size ** (n - 1)
        except OverflowError:
            growth = math.inf
        d = _finite_product(n * growth, x.d) + steps * max(1.0, growth)
        if x.a is None and math.isfinite(d):
            return Bound((n * x.c) * self.inflate + steps * self.u, d=d)
        if self._cheap(a):
            k, big = self._as_a(a)
            return Bound(steps * self.u, n * k * self.inflate, self.graph_power(big, n), d)
        # |x|^n - exact: n (|a| + E)^(n-1) E
        e = self.error(a)
        return Bound(
            steps * self.u,
            float(n),
            self.raw("mul", self.graph_power(self.raw("add", self.absolute(a), e), n - 1), e),
            float(steps),
            covers=False,
        )

    def graph_power(self, node: Node, n: int) -> Node:
        if n == 1:
            return node
        made = self.graph.node("power", (node,), n)
        self.over_rows.setdefault(made, self.over_rows[node])
        self.range.setdefault(made, (0.0, math.inf))
        return made

    def rule_div(self, node: Node) -> Bound:
        a, b = node.args
        return self._quotient(node, a, b, self.u)

    def rule_reciprocal(self, node: Node) -> Bound:
        (b,) = node.args
        if self.bits != 128:  # two neighbouring cells share one division, by the product of their divisors
            root = math.sqrt(self.largest) / 2
            self.require_apart(node, b, 1 / root)
            if self.magnitude(b) > root:
                self.require(node, "lt", self.raw("abs", b), self.number(root))
        return self._quotient(node, None, b, 4 * self.u)

    def _quotient(self, node: Node, a: Node | None, b: Node, rounding: float) -> Bound:
        x = self.bound[a] if a is not None else Bound(0.0)
        y = self.bound[b]
        apart = self.distance(b)
        self.require_finite(node, b)
        own = 1.0  # what underflows in the division itself, in units of eta
        if self.bits == 128:  # the residual a - q b underflows by eta, and is divided by b
            self.require_apart(node, b, SMALLEST_DIVISOR)
            own += 1 / max(apart, SMALLEST_DIVISOR)
        if y.a is None and x.a is None and not (y.d or x.d):
            return Bound((x.c + y.c) * self.inflate + rounding, d=own)
        if y.a is None and x.a is None and apart > 0:
            top = self.magnitude(a) if a is not None else 1.0
            d = own + _finite_product(1 / apart, x.d) + _finite_product(top / apart / apart, y.d)
            return Bound((x.c + y.c) * self.inflate + rounding, d=d * self.inflate)
        # E_q = (E_a + |q| E_b) / (|b| - E_b), nothing if the divisor's ball reaches zero
        eb = self.error(b)
        ea = self.error(a) if a is not None else self.number(0.0)
        room = self.raw("add", self.absolute(b), self.times(-1.0, eb))
        above = self.raw("add", ea, self.raw("mul", self.absolute(node), eb))
        positive = self.graph.node("lt", (self.number(0.0), room))
        value = self.raw("div", above, room)
        guarded = self.graph.node("select", (positive, value, self.graph.constant("oo")))
        self.over_rows.setdefault(guarded, self.over_rows[node])
        self.range.setdefault(guarded, (0.0, math.inf))
        return Bound(rounding, self.inflate, guarded, own, covers=False)

    def rule_mean(self, node: Node) -> Bound:
        (a,) = node.args
        x = self.bound[a]
        summing = self.summing(str(node.value))
        d = 2 * x.d + 2.0
        if x.a is None and (self.nonnegative(a) or self.range[a][1] <= 0):
            return Bound(x.c * self.inflate + summing, d=d)
        if not x.covers:
            whole = self.raw("add", self.error(a), self.times(summing, self.absolute(a)))
            return Bound(2 * self.u, (1 + 2 * summing) * self.inflate, self._mean_of(whole, node), 2.0, covers=False)
        k, big = self._as_a(a)
        if a.op == "mul" and x.a is None and len(a.args) == 2:
            # |row factor| is a table: take the modulus there, not of the product
            big = self.raw("mul", self.absolute(a.args[0]), self.absolute(a.args[1]))
        return Bound(2 * self.u, (k + summing) * self.inflate * (1 + 2 * summing), self._mean_of(big, node), d)

    def summing(self, table: str, bits: int | None = None) -> float:
        """The error of a sum over rows, in units of the sum of moduli: additions that a term goes through."""
        block = min(self.rows[table], ROW_BLOCK)
        if (bits or self.bits) == 128:
            additions = min(block, CAREFUL_RUN) + block // CAREFUL_RUN + self.rows[table] // ROW_BLOCK + 4
        else:
            additions = min(block, CAREFUL_RUN) + 6
        return _rounded_up(additions) * (PAIR_UNIT if bits == 128 else self.u)

    def _mean_of(self, integrand: Node, like: Node) -> Node:
        made = self.graph.node("mean", (integrand,), like.value)
        self.over_rows.setdefault(made, self.over_rows[like])
        self.range.setdefault(made, (0.0, math.inf))
        return made

    def rule_sqrt(self, node: Node) -> Bound:
        (a,) = node.args
        x = self.bound[a]
        if self.bits == 128:  # the residual a - root^2 must not underflow
            self.require_apart(node, a, SMALLEST_RADICAND)
        if x.a is None and (not x.d or self.range[a][0] > 0):
            extra = x.d * self.eta / self.range[a][0] if x.d else 0.0
            return Bound((x.c + extra) * self.inflate + self.u)
        return Bound(self.u, 1.0, self.raw("div", self.error(a), node), covers=False)

    def rule_exp(self, node: Node) -> Bound:
        (a,) = node.args
        x = self.bound[a]
        own = self.ulps["exp"] * self.u
        wide = x.c * self.magnitude(a) + x.d * self.eta + (x.k * self._sup(x.a) if x.a is not None else 0.0)
        if wide <= self.largest_c:
            return Bound(wide * self.inflate + own, d=4.0)
        return self._by_slopes(node, own)

    def rule_exp_product(self, node: Node) -> Bound:
        """The product's own rounding is made good to second order; that of its factors counts."""
        size = math.prod(max(self.magnitude(a), 1.0) for a in node.args)
        wide = (
            size * (sum(self.bound[a].c for a in node.args) + 64 * self.u**2 * len(node.args))
            + sum(self.bound[a].d for a in node.args) * self.eta * size
        )
        if wide > self.largest_c:
            return UNKNOWN
        return Bound(wide * self.inflate + (self.ulps["exp"] + 2) * self.u, d=4.0)

    def _sup(self, node: Node) -> float:
        """An upper bound of a node A, from the ranges of what it is made of."""
        if node.op == "add":
            return sum(self._sup(n) for n in node.args)
        if node.op == "abs":
            return self.magnitude(node.args[0])
        if node.op == "mul":
            return math.prod(self._sup(n) for n in node.args)
        if node.op == "number":
            return abs(nearest(node.value))  # type: ignore[arg-type]
        return self.magnitude(node)

    def rule_abs(self, node: Node) -> Bound:
        return self.bound[node.args[0]]

    def rule_select(self, node: Node) -> Bound:
        mask, a, b = node.args
        if node.value == "guard":
            return self.bound[a]
        if node.value != "smooth" and not self._decided(mask):
            return UNKNOWN
        if node.value == "smooth":
            for compared in mask.args:
                self.require_finite(node, compared)
        x, y = self.bound[a], self.bound[b]
        if x.a is None and y.a is None:
            return Bound(max(x.c, y.c), d=max(x.d, y.d))
        return Bound(0.0, 1.0, self.raw("max", self.error(a), self.error(b)), covers=False)

    def _decided(self, mask: Node) -> bool:
        """Whether a comparison is between numbers without error."""
        if mask.op in MASKS:
            return all(self._decided(m) for m in mask.args)
        b = self.bound[mask]
        return b.c == 0 and b.a is None and b.d == 0

    def rule_function(self, node: Node) -> Bound:
        """Of a function of the table, by its own error and the slopes of `slopes`."""
        rule, found = RULES[node.op], [self._of_argument(node, a) for a in node.args]
        if node.op not in self.ulps:
            return UNKNOWN
        own = self.ulps[node.op] * self.u
        if node.op == "loggamma" and self.bits == 128:
            # the logarithm of x (x + 1) ... (x + n - 1) is taken away, near the zeros from the same number
            self.require(node, "lt", self.number(0.0), node.args[0])
            return self._with_floor(self._by_slopes(node, own), 256 * own)
        if rule.needs is not None:
            self.require(node, "lt", self.number(0.0), rule.needs(Writer(self), node.args))
        if all(x.a is None for x in found) and not self._reduces(node):
            spans = [self.range[a] for a in node.args]
            c, d = sum(x.c for x in found), sum(x.d for x in found)
            c = _finite_product(rule.growth(*spans), c) if c else 0.0
            d = _finite_product(rule.steepest(*spans), d) if d else 0.0
            if c <= self.largest_c and d < math.inf:
                for a in node.args:
                    self.require_finite(node, a)
                return Bound(c * self.inflate + own, d=d * self.inflate + 4.0)
        return self._by_slopes(node, own)

    def _of_argument(self, node: Node, argument: Node) -> Bound:
        """Exponents that are numbers of the formula are not rounded (`native.operations`)."""
        return _EXACT if node.op == "pow" and argument.op in LEAVES else self.bound[argument]

    def _reduces(self, node: Node) -> bool:
        """Whether the reduction of an angle, in double-doubles, is an error of its own."""
        return self.bits == 128 and node.op in ("sin", "cos", "tan") and self.magnitude(node.args[0]) > 0.78

    def _by_slopes(self, node: Node, own: float) -> Bound:
        """|f'| at the computed argument times the argument's error, while that lies within the radius."""
        error, inside = None, None
        for a, (slope, radius) in zip(node.args, RULES[node.op].slopes(Writer(self), node.args, node)):
            x = self._of_argument(node, a)
            if self._reduces(node):
                e = self.raw("add", self.error(a), self.number(REDUCTION))
            elif not x.c and x.a is None and not x.d:
                continue
            else:
                e = self.error(a)
            part = self.raw("mul", slope, e)
            error = part if error is None else self.raw("add", error, part)
            if radius is not None:
                near = self.raw("lt", self.times(REACH, e), radius)
                inside = near if inside is None else self.raw("and", inside, near)
        if error is None:
            return Bound(own, d=4.0)
        if inside is not None:
            error = self.raw("select", inside, error, self.graph.constant("oo"))
        return Bound(own, MARGIN, error, 4.0, covers=False)

    def rule_polygamma(self, node: Node) -> Bound:
        """For x > 0. Of an order from 1, |x psi_(m+1)(x)| < (m + 1) |psi_m(x)|, as n!/(x + k)^(n+1) summed over k shows
        term by term. The digamma function is computed as a sum of terms of at most 6 + |psi|, and has a zero.
        """
        (a,), order = node.args, int(node.value)  # type: ignore[call-overload]
        x = self.bound[a]
        if order > 8 or "polygamma" not in self.ulps:
            return UNKNOWN
        self.require(node, "lt", self.number(0.0), a)
        own = self.ulps["polygamma"] * self.u
        if x.a is None and not x.d and order and self.range[a][0] > 0:
            self.require_finite(node, a)
            return Bound((order + 1) * x.c * self.inflate + own, d=4.0)
        return self._by_slopes(node, own) if order else self._with_floor(self._by_slopes(node, own), 6 * own)

    def _with_floor(self, bound: Bound, absolute: float) -> Bound:
        """The bound with an absolute error besides."""
        if bound.a is None:
            return Bound(bound.c, absolute, self.number(1.0), bound.d, covers=False)
        more = self.raw("add", self.times(bound.k, bound.a), self.number(absolute))
        return Bound(bound.c, 1.0, more, bound.d, covers=False)


def _only_rows(program: Program) -> dict[Node, bool]:
    """Whether a node is a function of the data alone."""
    out: dict[Node, bool] = {}
    for node in program.nodes():
        out[node] = node.op in ("row", "number") or (
            bool(node.args) and node.op != "mean" and all(out[a] for a in node.args)
        )
    return out


def _zero_factors(node: Node) -> list[Node]:
    """The factors of a product that are data, or data and an exact number added: computed, they are zero where they are
    exactly zero.
    """
    if (
        node.op == "row"
        or node.op == "add"
        and all(a.op == "row" or a.op == "number" and _exactly(a.value, 64) for a in node.args)
    ):
        return [node]
    return [f for a in node.args for f in _zero_factors(a)] if node.op in ("mul", "product") else []


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


def _exactly(value: Fraction, bits: int) -> bool:
    """Whether a rational number is a machine number."""
    digits = 24 if bits == 32 else 53
    d, n = value.denominator, abs(value.numerator)
    if d & (d - 1) or d.bit_length() > 100 or n.bit_length() > 120:
        return False
    return n == 0 or (n >> ((n & -n).bit_length() - 1)).bit_length() <= digits


def _power_of_two(value: Fraction) -> bool:
    n, d = abs(value.numerator), value.denominator
    return n > 0 and not n & (n - 1) and not d & (d - 1) and max(n, d).bit_length() < 60


def _finite_product(a: float, b: float) -> float:
    return 0.0 if b == 0 else a * b
