"""Sums and products arranged for evaluation: by domain first, then by what they share.

A product of factors from different domains is multiplied within each domain before the domains meet, so
that the part that depends on fewer loops is hoisted whole. Within a domain, pairs that occur more than once
are computed once (`share`). Nothing is ever expanded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from .counts import operations
from .program import Graph, Node, Program
from .schedule import domains
from .share import Item, share

__all__ = ["arrange", "explain"]


def arrange(program: Program, pattern: Mapping[str, frozenset[int]], axes: int) -> Program:
    """The program with nested sums and products; `mul` and `add` may have one domain an argument from now on."""
    return _Arrangement(program, domains(program, pattern, axes)).result()


def explain(before: Program, after: Program) -> str:
    """Operations before and after, and how many divisions and common pairs that is."""
    divisions = [
        sum((n.op == "power" and n.value < 0) or n.op in ("div", "reciprocal", "reciprocal_root") for n in p.nodes())
        for p in (before, after)
    ]
    counts = [operations(p.nodes()) for p in (before, after)]
    return (
        f"{counts[0]} operations -> {counts[1]} with common pairs of factors and terms computed once; "
        f"divisions {divisions[0]} -> {divisions[1]}"
    )


class _Arrangement:
    def __init__(self, program: Program, where: dict[Node, frozenset[int]]) -> None:
        self.program = program
        self.where = where
        self.graph = Graph()
        self.new: dict[Node, Node] = {}
        self.reciprocals = self._count_reciprocals()
        self.shared: dict[str, list[list[Item]]] = {"mul": [], "add": []}
        self.built: dict[tuple[str, int], Node] = {}
        self.plans: dict[Node, list[tuple[frozenset[int], list[Item], list[Item]]]] = {}
        for node in program.nodes():
            if node.op in ("mul", "add"):
                self.plans[node] = self._plan(node)
        for op in ("mul", "add"):
            self._share(op)

    # what a product or sum consists of, domain by domain ---------------------------------------------
    def _count_reciprocals(self) -> Counter[Node]:
        count: Counter[Node] = Counter()
        for node in self.program.nodes():
            for part in node.args if node.op == "mul" else (node,):
                if part.op == "power" and part.value < 0:
                    count[part.args[0]] += 1
        return count

    def _plan(self, node: Node) -> list[tuple[frozenset[int], list[Item], list[Item]]]:
        groups: dict[frozenset[int], tuple[list[Item], list[Item]]] = {}
        for part in node.args:
            above, below = groups.setdefault(self.where[part], ([], []))
            if node.op == "mul" and part.op == "power":
                base, n = part.args[0], int(part.value)
                if n > 0:
                    above.append((base, n))
                elif self.reciprocals[base] > 1:
                    above.append((("reciprocal", base), -n))
                else:
                    below.append((base, -n))
            else:
                above.append((part, 1))
        order = sorted(groups.items(), key=lambda g: (len(g[0]), sorted(g[0])))
        return [(d, a, b) for d, (a, b) in order]

    def _share(self, op: str) -> None:
        """Pull out what several products (sums) have in common."""
        lists = [
            items
            for node, plan in self.plans.items()
            if node.op == op
            for _, above, below in plan
            for items in (above, below)
        ]
        pairs = share(
            [items for items in lists if len(items) > 1], lambda base: _order((base, 1))[:2], lambda k: (op, k)
        )
        self.shared[op] = [[(a, 1), (b, 1)] for a, b in pairs]

    # rebuilding ------------------------------------------------------------------------------------
    def result(self) -> Program:
        for node in self.program.nodes():
            self.new[node] = self._build(node)
        outputs = tuple(self.new[o] for o in self.program.outputs)
        return Program(self.graph, outputs, self.program.inputs, self.program.rows)

    def _build(self, node: Node) -> Node:
        if node.op in ("mul", "add"):
            total = None
            for _, above, below in self.plans[node]:
                part = self._joined(node.op, above)
                if below:
                    one = self.graph.number(1)
                    part = self.graph.node("div", (one if part is None else part, self._joined("mul", below)))  # type: ignore[arg-type]
                total = part if total is None else self.graph.node(node.op, (part, total))  # type: ignore[arg-type]
            assert total is not None
            return total
        if node.op == "power":
            base, n = node.args[0], int(node.value)
            if n > 0:
                return self._power(self.new[base], n)
            if self.reciprocals[base] > 1:
                return self._power(self._reciprocal(base), -n)
            return self.graph.node("div", (self.graph.number(1), self._power(self.new[base], -n)))
        return self.graph.node(node.op, tuple(self.new[a] for a in node.args), node.value)

    def _joined(self, op: str, items: Sequence[Item]) -> Node | None:
        total = None
        for base, n in sorted(items, key=_order):
            part = self._power(self._item(base), n)
            total = part if total is None else self.graph.node(op, (total, part))
        return total

    def _item(self, base: object) -> Node:
        if isinstance(base, Node):
            return self.new[base]
        assert isinstance(base, tuple)
        kind, what = base
        if kind == "reciprocal":
            return self._reciprocal(what)
        if base not in self.built:
            made = self._joined(kind, self.shared[kind][what])
            assert made is not None
            self.built[base] = made
        return self.built[base]

    def _reciprocal(self, base: Node) -> Node:
        return self.graph.node("div", (self.graph.number(1), self.new[base]))

    def _power(self, base: Node, n: int) -> Node:
        return base if n == 1 else self.graph.node("power", (base,), n)


def _order(item: Item) -> tuple[int, int, int]:
    base, n = item
    if isinstance(base, Node):
        return (0, base.index, n)
    assert isinstance(base, tuple)
    kind, what = base
    return (1, what.index, n) if kind == "reciprocal" else (2, what, n)
