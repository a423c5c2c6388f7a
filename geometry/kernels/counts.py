"""Counting operations: what the explanations of the passes compare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from .program import Node, Program

__all__ = ["cost", "operations", "written_out", "functions", "spread", "LEAVES_FROM_OUTSIDE"]

LEAVES_FROM_OUTSIDE = ("number", "constant", "input", "row")
_ARITHMETIC = frozenset(
    {
        "add",
        "mul",
        "product",
        "div",
        "power",
        "mean",
        "select",
        "reciprocal",
        "lt",
        "le",
        "eq",
        "ne",
        "and",
        "or",
        "not",
    }
)


def cost(node: Node) -> int:
    """Machine operations of a node: a sum of n terms has n − 1, a power by squaring about log2, a function is one.

    >>> from chentsov.geometry.kernels.program import Graph
    >>> g = Graph()
    >>> cost(g.power(g.input("x"), 5)), cost(g.add(g.input("x"), g.input("y"), g.number(1)))
    (3, 2)
    """
    if node.op in LEAVES_FROM_OUTSIDE:
        return 0
    if node.op in ("add", "mul", "product"):
        return len(node.args) - 1
    if node.op == "power":
        n = abs(int(node.value))
        return n.bit_length() - 1 + n.bit_count() - 1 + (int(node.value) < 0)
    return 1


def operations(nodes: Iterable[Node]) -> int:
    return sum(cost(n) for n in nodes)


def written_out(program: Program) -> int:
    """Operations if nothing were shared."""
    total: dict[Node, int] = {}
    for node in program.nodes():
        total[node] = cost(node) + sum(total[a] for a in node.args)
    return sum(total[o] for o in program.outputs)


def functions(nodes: Iterable[Node]) -> Counter[str]:
    """How often each function is called."""
    return Counter(n.op for n in nodes if n.op not in _ARITHMETIC and n.op not in LEAVES_FROM_OUTSIDE)


def spread(
    nodes: Iterable[Node], where: Mapping[Node, frozenset[int]], names: Mapping[int, str]
) -> dict[str, Counter[str]]:
    """Loops -> the function calls that run over them."""
    out: dict[str, Counter[str]] = {}
    for node in nodes:
        for op in functions([node]):
            out.setdefault(over(where[node], names), Counter())[op] += 1
    return out


def over(domain: frozenset[int], names: Mapping[int, str]) -> str:
    """Loops by name: "once", "axis0", "axis0 x data0"."""
    return " x ".join(names[k] for k in sorted(domain)) or "once"


def listed(count: Counter[str]) -> str:
    """Calls as text: "2 exp, 1 sqrt"."""
    return ", ".join(f"{n} {op}" for op, n in sorted(count.items())) or "none"
