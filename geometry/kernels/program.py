"""The intermediate form of the compiler: a small typed graph that a person can print and read.

A program is a directed acyclic graph of `Node`s. Equal nodes are one object (hash-consing), so a
common subexpression is shared from the moment it is written down. Numbers are exact (`Fraction`);
they are rounded by a back end, never before.

What a node depends on is its *domain*: a set of loops, each either an axis of the grid or the rows
of a data table. A loop is named by a small integer, the axes first.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

__all__ = ["Node", "Graph", "Program", "walk", "LEAVES", "OPERATIONS", "FLOOR", "GATE", "LIMIT", "TOLERANCE", "nearest"]

#: What has a value of its own, whatever the inputs.
LEAVES = ("number", "constant")

#: Inputs of certified programs, besides the arguments.
TOLERANCE, GATE, LIMIT, FLOOR = "\0tolerance", "\0gate", "\0limit", "\0floor"

# Operation -> how it prints. `input` and `row` are the leaves that take numbers from outside.
OPERATIONS: dict[str, str] = {
    "number": "{value}",
    "constant": "{value}",
    "input": "{value}",
    "row": "{value}",
    "add": "+",
    "mul": "*",
    "product": "*",
    "power": "{0}^{value}",
    "mean": "mean over {value} of {0}",
    "select": "{1} if {0} else {2}",
}


def nearest(value: Fraction) -> float:
    """The float64 nearest to a rational number, or infinity."""
    try:
        return value.numerator / value.denominator
    except OverflowError:
        return math.inf if value > 0 else -math.inf


@dataclass(frozen=True, eq=False)
class Node:
    """One value: an operation on other values, with an optional static parameter."""

    op: str
    args: tuple[Node, ...]
    value: Any
    index: int

    def __repr__(self) -> str:
        return f"<{self.index}: {describe(self)}>"


def describe(node: Node) -> str:
    """One line of a program listing, arguments by number.

    >>> g = Graph()
    >>> describe(g.mul(g.input("x"), g.number(2)))
    '2 * x'
    """
    names = [str(a.value) if a.op in ("number", "constant", "input", "row") else f"v{a.index}" for a in node.args]
    form = OPERATIONS.get(node.op)
    if form in ("+", "*"):
        return f" {form} ".join(names)
    if form is None:
        shown = names if node.value is None else [str(node.value), *names]
        return f"{node.op}({', '.join(shown)})"
    return form.format(*names, value=node.value)


class Graph:
    """Builds nodes; the same operation on the same arguments is the same node.

    >>> g = Graph()
    >>> x = g.input("x")
    >>> g.call("exp", x) is g.call("exp", x)
    True
    >>> g.add(x, g.number(1), g.number(-1)) is x
    True
    """

    def __init__(self) -> None:
        self._known: dict[tuple, Node] = {}

    def node(self, op: str, args: Sequence[Node] = (), value: object = None) -> Node:
        key = (op, tuple(a.index for a in args), value)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = Node(op, tuple(args), value, len(self._known))
        return found

    # leaves -------------------------------------------------------------------------------------
    def number(self, value: int | Fraction) -> Node:
        return self.node("number", (), Fraction(value))

    def constant(self, name: str) -> Node:
        """An irrational constant by the name SymPy gives it: pi, E, EulerGamma, Catalan, GoldenRatio."""
        return self.node("constant", (), name)

    def input(self, name: str) -> Node:
        return self.node("input", (), name)

    def row(self, name: str) -> Node:
        return self.node("row", (), name)

    # arithmetic ---------------------------------------------------------------------------------
    def add(self, *terms: Node) -> Node:
        """A sum, flattened, with its rational part collected and like terms joined."""
        constant = Fraction(0)
        coefficients: dict[Node, Fraction] = {}
        pending = list(reversed(terms))
        while pending:
            term = pending.pop()
            if term.op == "add":
                pending.extend(reversed(term.args))
            elif term.op == "number":
                constant += term.value
            else:
                scale, rest = self._split_number(term)
                coefficients[rest] = coefficients.get(rest, Fraction(0)) + scale
        parts = [self.mul(self.number(c), n) for n, c in coefficients.items() if c]
        parts.sort(key=lambda n: n.index)
        if constant or not parts:
            parts.insert(0, self.number(constant))
        return parts[0] if len(parts) == 1 else self.node("add", parts)

    def mul(self, *factors: Node) -> Node:
        """A product, flattened, with its rational part collected and equal bases joined."""
        constant = Fraction(1)
        exponents: dict[Node, int] = {}
        pending = list(reversed(factors))
        while pending:
            factor = pending.pop()
            if factor.op == "mul":
                pending.extend(reversed(factor.args))
            elif factor.op == "number":
                constant *= factor.value
            elif factor.op == "power":
                base = factor.args[0]
                exponents[base] = exponents.get(base, 0) + factor.value
            else:
                exponents[factor] = exponents.get(factor, 0) + 1
        if constant == 0:
            return self.number(0)
        parts = [self.power(base, n) for base, n in exponents.items() if n]
        parts.sort(key=lambda n: n.index)
        if constant != 1 or not parts:
            parts.insert(0, self.number(constant))
        return parts[0] if len(parts) == 1 else self.node("mul", parts)

    def power(self, base: Node, exponent: int) -> Node:
        if exponent == 0:
            return self.number(1)
        if exponent == 1:
            return base
        if base.op == "number" and (exponent > 0 or base.value):
            return self.number(base.value**exponent)
        if base.op == "power":
            return self.power(base.args[0], base.value * exponent)
        if base.op == "sqrt" and exponent % 2 == 0:
            return self.power(base.args[0], exponent // 2)
        return self.node("power", (base,), exponent)

    def neg(self, a: Node) -> Node:
        return self.mul(self.number(-1), a)

    def sub(self, a: Node, b: Node) -> Node:
        return self.add(a, self.neg(b))

    def div(self, a: Node, b: Node) -> Node:
        return self.mul(a, self.power(b, -1))

    def call(self, name: str, *args: Node, value: object = None) -> Node:
        return self.node(name, args, value)

    def mean(self, integrand: Node, table: str) -> Node:
        """Average over the rows of a table; a rational factor is pulled out."""
        scale, rest = self._split_number(integrand)
        return self.mul(self.number(scale), self.node("mean", (rest,), table))

    def _split_number(self, node: Node) -> tuple[Fraction, Node]:
        if node.op == "mul" and node.args[0].op == "number":
            rest = node.args[1:]
            scale: Fraction = node.args[0].value
            return scale, rest[0] if len(rest) == 1 else self.node("mul", rest)
        return Fraction(1), node


def walk(roots: Iterable[Node]) -> Iterator[Node]:
    """Every node below the roots once, arguments before the node that uses them."""
    seen: set[Node] = set()
    stack: list[tuple[Node, bool]] = [(r, False) for r in reversed(list(roots))]
    while stack:
        node, ready = stack.pop()
        if ready:
            yield node
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((a, False) for a in reversed(node.args) if a not in seen)


@dataclass(frozen=True)
class Program:
    """Outputs over inputs. `rows` maps a row variable to the table it belongs to.

    Printing a program lists its assignments in the order in which they can be evaluated:

    >>> g = Graph()
    >>> x = g.input("x")
    >>> print(Program(g, (g.call("exp", g.mul(g.number(2), x)),), ("x",), {}))
    program(x)
      v2 = 2 * x
      v3 = exp(v2)
      return v3
    """

    graph: Graph = field(repr=False)
    outputs: tuple[Node, ...]
    inputs: tuple[str, ...]
    rows: dict[str, str]

    def nodes(self) -> Iterator[Node]:
        return walk(self.outputs)

    def __str__(self) -> str:
        lines = [f"program({', '.join(self.inputs)})"]
        lines += [f"  over rows of {name}: {table}" for name, table in self.rows.items()]
        for node in self.nodes():
            if node.op not in ("number", "constant", "input", "row"):
                lines.append(f"  v{node.index} = {describe(node)}")
        names = [
            str(n.value) if n.op in ("number", "constant", "input", "row") else f"v{n.index}" for n in self.outputs
        ]
        return "\n".join([*lines, f"  return {', '.join(names)}"])

    def rewritten(self, rule) -> Program:
        """The same program with every node rebuilt bottom-up by `rule(graph, node, new_args)`."""
        graph = Graph()
        new: dict[Node, Node] = {}
        for node in self.nodes():
            new[node] = rule(graph, node, tuple(new[a] for a in node.args))
        return Program(graph, tuple(new[o] for o in self.outputs), self.inputs, self.rows)


def rebuild(graph: Graph, node: Node, args: tuple[Node, ...]) -> Node:
    """The node itself over new arguments: what a rewriting rule does where it has nothing to say."""
    if node.op == "add":
        return graph.add(*args)
    if node.op == "mul":
        return graph.mul(*args)
    if node.op == "power":
        return graph.power(args[0], node.value)
    if node.op == "mean":
        return graph.mean(args[0], str(node.value))
    return graph.node(node.op, args, node.value)
