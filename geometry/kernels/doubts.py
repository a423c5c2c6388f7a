"""Crude bounds of a few operations a cell, for closed forms: cells that they prove take little more than their numbers.

One majorant A >= |v| serves for a value and its error, as in the row loops of `running`: with |error of v| <= k A_v,

    A_(x + y) = A_x + A_y,    A_(x y) = A_x A_y,    A_(x^n) = A_x^n,    A_(x/y) = (A_x + |x/y| A_y)/|y|,

the last while the error of y is less than a hundredth of it. They forget that the errors of a small factor weigh
little; the running bounds have more to say about the cells that are left open.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from .bounds import UNKNOWN, Bound, Bounds
from .intervals import Interval
from .program import LIMIT, Node, Program
from .running import Running
from .schedule import MASKS

__all__ = ["with_doubts"]

_FLOOR = 2.0**-900  # with so much added, k A covers what underflows


def with_doubts(program: Program, inputs: Mapping[str, Interval], rows: Mapping[str, int]) -> Program:
    """The program with one more output for each: where it is left open whether its relative error is small.

    With the input `LIMIT` for rtol/(1 + rtol), proven is where k A + d eta < (LIMIT - c) |v|. For float64.
    """
    work = Bounds(program, inputs, rows, 64)
    work.follow(program, _Crude(work).rule)
    limit = program.graph.input(LIMIT)
    outputs = (*program.outputs, *(_doubt(work, o, limit) for o in program.outputs))
    return Program(program.graph, outputs, program.inputs, program.rows)


def _doubt(work: Bounds, node: Node, limit: Node) -> Node:
    """Whether the bound of an output is not less than `limit` times its modulus."""
    b, infinity = work.bound[node], work.graph.constant("oo")
    if b is UNKNOWN:
        return work.graph.node("eq", (infinity, infinity))
    rest, above = work.number(0.0), work.inflate * (1 + 2.0**-10)
    if b.a is not None:
        rest = work.times(b.k * above, b.a)
    if b.d:
        rest = work.underflow(b.d) if b.a is None else work.raw("add", rest, work.underflow(b.d))
    size = work.raw("abs", node)
    share = work.raw("add", limit, work.number(-b.c * above)) if b.c else limit
    small = work.graph.node("lt", (work.where_met(node, rest), work.raw("mul", size, share)))
    return work.graph.node("not", (work.graph.node("and", (small, work.graph.node("lt", (size, infinity)))),))


class _Crude:
    """The rules of the row loops everywhere; where they do not reach (underflow, quotients), majorants as well."""

    def __init__(self, work: Bounds) -> None:
        self.work, self.running = work, Running(work, everywhere=True)

    def rule(self, node: Node) -> Bound:
        made, w = self.running.rule(node), self.work
        if made is UNKNOWN or not all(a.op in MASKS or w.bound[a].covers for a in node.args):
            return made
        if node.op in ("mul", "product") and not math.isfinite(made.d):
            (k1, a1), (k2, a2) = map(self._majorant, node.args)
            return Bound(w.u, (k1 + k2) * w.inflate, w.raw("mul", a1, a2), 1.0)
        if node.op == "power" and not math.isfinite(made.d):
            (k, a), n = self._majorant(node.args[0]), int(node.value)  # type: ignore[call-overload]
            # what underflows on the way is a power of a number below one
            return Bound(n * w.u, n * k * w.inflate, w.graph_power(a, n), float(n))
        if node.op in ("div", "reciprocal") and not made.covers:
            return self._quotient(node, made.c)
        return made

    def _majorant(self, node: Node) -> tuple[float, Node]:
        """(k, A) with |error of the node| <= k A, what underflows on the way included."""
        w, b = self.work, self.work.bound[node]
        k, a = w.as_majorant(node)
        return (max(k, w.u), w.raw("add", a, w.number(_FLOOR))) if b.d else (k, a)

    def _quotient(self, node: Node, rounding: float) -> Bound:
        w, a, b = self.work, node.args[0], node.args[-1]
        k, below = self._majorant(b)
        w.require(node, "lt", w.times(100 * k, below), w.absolute(b))
        size = w.absolute(node)
        if node.op == "reciprocal" or a.op == "number" and a.value == 1:  # |q| A_b/|b|: a majorant, as A_b >= |b|
            return Bound(rounding, k * (1 + 2.0**-5), w.raw("mul", w.raw("mul", size, size), below), 1.0)
        more, above = self._majorant(a)
        whole = w.raw("div", w.raw("add", above, w.raw("mul", size, below)), w.absolute(b))
        return Bound(rounding, max(k, more) * (1 + 2.0**-5), whole, 1.0)
