r"""Error bounds of values computed from means over data, where they may be crude: one majorant a value.

A mean of w t, where t is a function of the data alone, errs by kappa E_D[A |t|], A >= |w|; for all means that share w
the table max |t| serves, so one more mean bounds them all. Behind the means every value v has a majorant A_v >= |v|
with |error of v| <= k A_v, k a plain number that hardly grows:

    A_(x+y) = A_x + A_y,    A_(x y) = M_x A_y + A_x |y|,    A_(1/x) = A_x / x^2,    where M_x >= |x| + k A_x.

These are first-order bounds without cancellation. The running bounds of `running` are sharper, and three times as long.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from .bounds import PAIR_UNIT, UNKNOWN, Bound, Bounds
from .program import Node, Program, nearest
from .running import Apart, Running

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


class Majorants:
    """Running bounds up to the means, majorants after them.

    Args:
        work: of the program, in float64; every node gets its bound.
        apart: whether two functions of the data are never both different from zero in a row.
        sums: whether means, and what is computed from them, are double-doubles.
    """

    def __init__(self, program: Program, work: Bounds, apart: Apart, sums: bool = False) -> None:
        self.work, self.running, self.sums = work, Running(work, apart), sums
        self.follows = from_means(program)
        self.factored = {n: _factor(n.args[0], work.only_rows) for n in program.nodes() if n.op == "mean"}
        self.envelopes: dict[tuple[Node, str], Node] = {}
        work.follow(program, self.rule)

    # means ------------------------------------------------------------------------------------------
    def _of_mean(self, node: Node) -> Bound:
        w = self.work
        plain = self.running.rule(node)
        a = node.args[0]
        if plain is UNKNOWN or self.follows[a] or (plain.a is None and plain.c < w.largest_c) or not w.bound[a].covers:
            return plain
        parts = self.factored[node]
        if parts.table is not None and w.bound[parts.table].a is not None:
            return plain
        return Bound(0.0, self.relative(node), self._envelope(node), plain.d)

    def relative(self, node: Node) -> float:
        """kappa: the error of the mean in units of E_D[A |t|]."""
        parts = self.factored[node]
        k, _ = self.work.as_majorant(parts.shared)
        return (k + self.of_products(node)) * self.work.inflate

    def of_products(self, node: Node) -> float:
        """The part of kappa that is not the shared factor's: the table's error, the product's and the summation's."""
        w = self.work
        parts = self.factored[node]
        if self.sums:
            return 2 * w.summing(str(node.value), 128)
        table = 0.0 if parts.table is None else w.bound[parts.table].c + w.u
        return (table + w.summing(str(node.value))) * w.inflate + 4 * w.u

    def _envelope(self, node: Node) -> Node:
        """E_D[A max |t|] over the means with this one's shared factor."""
        w = self.work
        shared, table = self.factored[node].shared, str(node.value)
        if (shared, table) not in self.envelopes:
            _, size = w.as_majorant(shared)
            tables = [p.table for m, p in self.factored.items() if p.shared is shared and m.value == node.value]
            most: Node | None = None
            for t in dict.fromkeys(tables):
                modulus = w.number(1.0) if t is None else w.absolute(t)
                most = modulus if most is None else w.raw("max", most, modulus)
            assert most is not None
            integrand = size if most.op == "number" else w.raw("mul", size, most)
            self.envelopes[shared, table] = w.mean_of(integrand, node)
        return self.envelopes[shared, table]

    # after the means: majorants ---------------------------------------------------------------------
    def rule(self, node: Node) -> Bound:
        """The bound of a node whose arguments have theirs."""
        if node.op == "mean":
            return self._of_mean(node)
        if self.work.over_rows[node] or not self.follows.get(node, True) or node.op not in ARITHMETIC:
            return self.running.rule(node)
        values = node.args[1:2] if node.op == "select" else node.args
        if node.op == "select" and node.value != "guard" or any(self.work.bound[a] is UNKNOWN for a in values):
            return self.running.rule(node)
        made = getattr(self, f"_majorant_{node.op}")(node, *(self.major(a) for a in values))
        return made if made.k + made.c <= _LARGEST_K else UNKNOWN

    def _reach(self, node: Node, size: Node) -> Node:
        """M: what the exact value, or any between it and the computed one, does not exceed."""
        w = self.work
        return w.raw("add", w.absolute(node), w.times(2 * _LARGEST_K, size))

    def major(self, node: Node) -> tuple[float, Node]:
        """(k, A) of a value; an error that is known as a number of its own is made to fit."""
        w = self.work
        if node.op == "number" and w.bound[node].c == 0:
            return 0.0, w.number(abs(nearest(node.value)))
        b = w.bound[node]
        if b.covers and not b.d and b.c + b.k <= _LARGEST_K:
            return w.as_majorant(node)
        if node.op == "mean" and b.covers and b.c + b.k <= _LARGEST_K:
            k, size = w.as_majorant(node)
            return k, self._floor(size)
        return 2.0**-30, w.raw("add", w.absolute(node), w.times(2.0**30, w.error(node)))

    def _floor(self, node: Node) -> Node:
        """With so much added that k A covers what underflows."""
        return self.work.raw("add", node, self.work.number(_FLOOR))

    def _majorant_add(self, node: Node, x: tuple[float, Node], y: tuple[float, Node]) -> Bound:
        return Bound(self.work.u, max(x[0], y[0]), self.work.raw("add", x[1], y[1]))

    def _majorant_mul(self, node: Node, x: tuple[float, Node], y: tuple[float, Node]) -> Bound:
        w = self.work
        for number, (k, size) in ((node.args[0], y), (node.args[1], x)):
            if number.op == "number" and w.bound[number].c == 0:
                return Bound(
                    w.u,
                    k,
                    self._floor(w.raw("mul", size, w.number(abs(nearest(number.value))))),
                )
        a, b = node.args
        one = w.raw("mul", self._reach(a, x[1]), y[1])
        return Bound(
            w.u,
            max(x[0], y[0]),
            self._floor(w.raw("add", one, w.raw("mul", x[1], w.absolute(b)))),
        )

    _majorant_product = _majorant_mul

    def _majorant_power(self, node: Node, x: tuple[float, Node]) -> Bound:
        w = self.work
        n = int(node.value)
        slope = w.times(float(n), w.graph_power(self._reach(node.args[0], x[1]), n - 1))
        return Bound(n * w.u, x[0], self._floor(w.raw("mul", slope, x[1])))

    def _majorant_div(self, node: Node, x: tuple[float, Node], y: tuple[float, Node]) -> Bound:
        w = self.work
        a, b = node.args
        size = w.absolute(node)
        # |error| <= k (A_a + |q| A_b) / |b|, while the divisor's error is a small part of it
        if a.op == "number" and a.value == 1:
            whole = w.raw("mul", size, w.raw("mul", size, y[1]))
        else:
            whole = w.raw("div", w.raw("add", x[1], w.raw("mul", size, y[1])), w.absolute(b))
        return Bound(self.rounding(node), max(x[0], y[0]) * (1 + 2.0**-5), self._divided(b, y, whole))

    def _majorant_reciprocal(self, node: Node, y: tuple[float, Node]) -> Bound:
        w = self.work
        size = w.absolute(node)
        return Bound(
            self.rounding(node),
            y[0] * (1 + 2.0**-5),
            self._divided(node.args[0], y, w.raw("mul", size, w.raw("mul", size, y[1]))),
        )

    def _divided(self, divisor: Node, y: tuple[float, Node], size: Node) -> Node:
        """The majorant of a quotient: infinite where the divisor's error is more than a hundredth of it."""
        w = self.work
        small = w.raw("lt", w.times(100 * y[0], y[1]), w.absolute(divisor))
        return w.raw("select", small, self._floor(size), w.graph.constant("oo"))

    def _majorant_sqrt(self, node: Node, x: tuple[float, Node]) -> Bound:
        return Bound(self.work.u, x[0], self._floor(self.work.raw("div", x[1], node)))

    def _majorant_select(self, node: Node, x: tuple[float, Node]) -> Bound:
        return Bound(0.0, *x)

    def _majorant_abs(self, node: Node, x: tuple[float, Node]) -> Bound:
        return Bound(0.0, *x)

    def rounding(self, node: Node) -> float:
        """rho_v u, the relative rounding error of the operation itself."""
        unit = PAIR_UNIT if self.sums else self.work.u
        if node.op in ("select", "abs"):
            return 0.0
        if node.op == "power":
            return int(node.value) * unit  # type: ignore[call-overload]
        return 4 * unit if node.op == "reciprocal" else unit

    # derived values, with their bounds ----------------------------------------------------------------
    def derive(self, op: str, *args: Node, value: object = None) -> Node:
        return self.work.add(self.work.graph.node(op, args, value), self.rule)

    def exact(self, value: int | Fraction) -> Node:
        return self.work.add(self.work.graph.number(value), self.rule)

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
