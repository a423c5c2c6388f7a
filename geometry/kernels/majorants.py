r"""Error bounds of values computed from means over data, where they may be crude: one majorant a value.

A mean of w t, where t is a function of the data alone, errs by kappa E_D[A |t|], A >= |w|; for all means that share w
the table max |t| serves, so one more mean bounds them all. Behind the means every value v has a majorant A_v >= |v|
with |error of v| <= k A_v, k a plain number that hardly grows:

    A_(x+y) = A_x + A_y,    A_(x y) = M_x A_y + A_x |y|,    A_(1/x) = A_x / x^2,    where M_x >= |x| + k A_x.

These are first-order bounds without cancellation. The running bounds of `bounds` are sharper, and three times as long.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from .bounds import UNKNOWN, Apart, Bound, Bounds
from .intervals import Interval, range_of
from .program import Node, Program, nearest

__all__ = ["Majorants", "Factored", "ARITHMETIC", "from_means"]

#: Operations with a majorant rule, and with a derivative in `sensitivity`.
ARITHMETIC = frozenset({"add", "mul", "product", "power", "div", "reciprocal", "sqrt", "select", "abs"})
_FLOOR = 2.0**-900  # with so much added, k A covers what underflows
_LARGEST_K = 2.0**-24


@dataclass(frozen=True)
class Factored:
    """The integrand of a mean as `shared` (what means have in common) times `table` (of the data alone)."""

    shared: Node
    table: Node | None

    def times(self, work: Bounds, coefficient: Node) -> Node:
        return coefficient if self.table is None else work.raw("mul", coefficient, self.table)

    def times_modulus(self, work: Bounds, coefficient: Node) -> Node:
        return coefficient if self.table is None else work.raw("mul", coefficient, work.absolute(self.table))


def from_means(program: Program) -> dict[Node, bool]:
    """Whether a node is a mean, or computed from one."""
    found: dict[Node, bool] = {}
    for node in program.nodes():
        found[node] = node.op == "mean" or any(found[a] for a in node.args)
    return found


class Majorants(Bounds):
    """Running bounds up to the means, majorants after them."""

    def __init__(self, program: Program, inputs: Mapping[str, Interval], rows: Mapping[str, int], apart: Apart) -> None:
        self.inputs = inputs
        self.follows = from_means(program)
        self.factored: dict[Node, Factored] = {}
        self.envelopes: dict[tuple[Node, str], Node] = {}
        super().__init__(program, inputs, rows, 64, apart)

    def prepare(self, program: Program) -> None:
        for node in program.nodes():
            if node.op == "mean":
                self.factored[node] = _factor(node.args[0], self.only_rows)

    # means ------------------------------------------------------------------------------------------
    def rule_mean(self, node: Node) -> Bound:
        plain = super().rule_mean(node)
        a = node.args[0]
        if (
            plain is UNKNOWN
            or self.follows[a]
            or (plain.a is None and plain.c < self.largest_c)
            or not self.bound[a].covers
        ):
            return plain
        parts = self.factored[node]
        if parts.table is not None and self.bound[parts.table].a is not None:
            return plain
        return Bound(0.0, self.relative(node), self._envelope(node), plain.d)

    def relative(self, node: Node) -> float:
        """kappa: the error of the mean in units of E_D[A |t|]."""
        parts = self.factored[node]
        k, _ = self._as_a(parts.shared)
        return (k + self.of_products(node)) * self.inflate

    def of_products(self, node: Node) -> float:
        """The part of kappa that is not the shared factor's: the table's error, the product's and the summation's."""
        parts = self.factored[node]
        table = 0.0 if parts.table is None else self.bound[parts.table].c + self.u
        return (table + self.summing(str(node.value))) * self.inflate + 4 * self.u

    def _envelope(self, node: Node) -> Node:
        """E_D[A max |t|] over the means with this one's shared factor."""
        shared, table = self.factored[node].shared, str(node.value)
        if (shared, table) not in self.envelopes:
            _, size = self._as_a(shared)
            tables = [p.table for m, p in self.factored.items() if p.shared is shared and m.value == node.value]
            most: Node | None = None
            for t in dict.fromkeys(tables):
                modulus = self.number(1.0) if t is None else self.absolute(t)
                most = modulus if most is None else self.raw("max", most, modulus)
            assert most is not None
            integrand = size if most.op == "number" else self.raw("mul", size, most)
            self.envelopes[shared, table] = self._mean_of(integrand, node)
        return self.envelopes[shared, table]

    # after the means: majorants ---------------------------------------------------------------------
    def _rule(self, node: Node) -> Bound:
        if self.over_rows[node] or not self.follows.get(node, True) or node.op not in ARITHMETIC:
            return super()._rule(node)
        values = node.args[1:2] if node.op == "select" else node.args
        if node.op == "select" and node.value != "guard" or any(self.bound[a] is UNKNOWN for a in values):
            return super()._rule(node)
        made = getattr(self, f"_majorant_{node.op}")(node, *(self.major(a) for a in values))
        return made if made.k + made.c <= _LARGEST_K else UNKNOWN

    def _reach(self, node: Node, size: Node) -> Node:
        """M: what the exact value, or any between it and the computed one, does not exceed."""
        return self.raw("add", self.absolute(node), self.times(2 * _LARGEST_K, size))

    def major(self, node: Node) -> tuple[float, Node]:
        """(k, A) of a value; an error that is known as a number of its own is made to fit."""
        if node.op == "number" and self.bound[node].c == 0:
            return 0.0, self.number(abs(nearest(node.value)))
        b = self.bound[node]
        if b.covers and not b.d and b.c + b.k <= _LARGEST_K:
            return self._as_a(node)
        if node.op == "mean" and b.covers and b.c + b.k <= _LARGEST_K:
            k, size = self._as_a(node)
            return k, self._floor(size)
        return 2.0**-30, self.raw("add", self.absolute(node), self.times(2.0**30, self.error(node)))

    def _floor(self, node: Node) -> Node:
        """With so much added that k A covers what underflows."""
        return self.raw("add", node, self.number(_FLOOR))

    def _majorant_add(self, node: Node, x: tuple[float, Node], y: tuple[float, Node]) -> Bound:
        return Bound(self.u, max(x[0], y[0]), self.raw("add", x[1], y[1]))

    def _majorant_mul(self, node: Node, x: tuple[float, Node], y: tuple[float, Node]) -> Bound:
        for number, (k, size) in ((node.args[0], y), (node.args[1], x)):
            if number.op == "number" and self.bound[number].c == 0:
                return Bound(self.u, k, self._floor(self.raw("mul", size, self.number(abs(nearest(number.value))))))
        a, b = node.args
        one = self.raw("mul", self._reach(a, x[1]), y[1])
        return Bound(
            self.u, max(x[0], y[0]), self._floor(self.raw("add", one, self.raw("mul", x[1], self.absolute(b))))
        )

    _majorant_product = _majorant_mul

    def _majorant_power(self, node: Node, x: tuple[float, Node]) -> Bound:
        n = int(node.value)
        slope = self.times(float(n), self.graph_power(self._reach(node.args[0], x[1]), n - 1))
        return Bound(n * self.u, x[0], self._floor(self.raw("mul", slope, x[1])))

    def _majorant_div(self, node: Node, x: tuple[float, Node], y: tuple[float, Node]) -> Bound:
        a, b = node.args
        size = self.absolute(node)
        # |error| <= k (A_a + |q| A_b) / |b|, while the divisor's error is a small part of it
        if a.op == "number" and a.value == 1:
            whole = self.raw("mul", size, self.raw("mul", size, y[1]))
        else:
            whole = self.raw("div", self.raw("add", x[1], self.raw("mul", size, y[1])), self.absolute(b))
        return Bound(self.rounding(node), max(x[0], y[0]) * (1 + 2.0**-5), self._divided(b, y, whole))

    def _majorant_reciprocal(self, node: Node, y: tuple[float, Node]) -> Bound:
        size = self.absolute(node)
        return Bound(
            self.rounding(node),
            y[0] * (1 + 2.0**-5),
            self._divided(node.args[0], y, self.raw("mul", size, self.raw("mul", size, y[1]))),
        )

    def _divided(self, divisor: Node, y: tuple[float, Node], size: Node) -> Node:
        """The majorant of a quotient: infinite where the divisor's error is more than a hundredth of it."""
        small = self.raw("lt", self.times(100 * y[0], y[1]), self.absolute(divisor))
        return self.raw("select", small, self._floor(size), self.graph.constant("oo"))

    def _majorant_sqrt(self, node: Node, x: tuple[float, Node]) -> Bound:
        return Bound(self.u, x[0], self._floor(self.raw("div", x[1], node)))

    def _majorant_select(self, node: Node, x: tuple[float, Node]) -> Bound:
        return Bound(0.0, *x)

    def _majorant_abs(self, node: Node, x: tuple[float, Node]) -> Bound:
        return Bound(0.0, *x)

    def rounding(self, node: Node) -> float:
        """rho_v u, the relative rounding error of the operation itself."""
        if node.op in ("select", "abs"):
            return 0.0
        if node.op == "power":
            return int(node.value) * self.u
        return 4 * self.u if node.op == "reciprocal" else self.u

    # derived values, with their bounds ----------------------------------------------------------------
    def derive(self, op: str, *args: Node, value: object = None) -> Node:
        node = self.graph.node(op, args, value)
        if node not in self.bound:
            self.over_rows[node] = frozenset()
            self.range[node] = range_of(node, [self.range[a] for a in args], self.inputs)
            self.bound[node] = self.usable(node, self._rule(node))
        return node

    def exact(self, value: int | Fraction) -> Node:
        node = self.graph.number(value)
        if node not in self.bound:
            self.over_rows[node] = frozenset()
            self.range[node] = range_of(node, [], self.inputs)
            self.bound[node] = self.usable(node, self._rule(node))
        return node

    def product(self, a: Node, b: Node) -> Node:
        if a.op == "number" and a.value == 1:
            return b
        if b.op == "number" and b.value == 1:
            return a
        if a.op == b.op == "number":
            return self.exact(a.value * b.value)
        return self.derive("mul", a, b)

    def negative(self, a: Node) -> Node:
        return self.product(a, self.exact(-1))


def _factor(integrand: Node, only_rows: Mapping[Node, bool]) -> Factored:
    if integrand.op in ("mul", "product") and len(integrand.args) == 2:
        a, b = integrand.args
        if only_rows[b] and not only_rows[a]:
            return Factored(a, b)
        if only_rows[a] and not only_rows[b]:
            return Factored(b, a)
    return Factored(integrand, None)
