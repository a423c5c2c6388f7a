"""Exponentials of sums over different axes become products of exponentials of one axis each.

exp(a(i) + b(j)) over a P x P grid is P^2 exponentials; as exp(a(i)) exp(b(j)) it is 2 P of them and one
product a cell. The same for the logistic function and softplus, which are functions of one exponential:
with e = exp(-v), logistic(v) = 1/(1+e) and logistic(-v) = e/(1+e), each to full relative accuracy.

A product of exponentials can overflow where the exponential of the sum does not. `headroom` bounds the
exponents that a given call can meet; where they might leave the range, the program is built with
`separated=False`, which uses exp(-|v|) and never overflows.

Where an exponent is a product of given numbers, s a x say, its rounding error (|s a x| times that of the
result) is computed along and made good: `exp_product`. The quotient 1/(1+e) is of the operation `reciprocal`: a number
of moderate size, by the headroom, so that neighbouring cells may share one division (see `emit`). The products made
here are of the operation `product`: a multiplication that is not merged with its neighbours, so that e and e/(1+e) are
computed once wherever they occur ("unit": it is known to lie in [0, 1]).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from .constants import CONSTANTS
from .counts import listed, spread
from .program import Graph, Node, Program, nearest, rebuild
from .schedule import domains, loop_names

__all__ = ["separate", "explain", "headroom", "split_exponents"]


def separate(
    program: Program,
    pattern: Mapping[str, frozenset[int]],
    axes: int,
    *,
    separated: bool = True,
    written: bool = False,
    roots: bool = True,
) -> Program:
    """The program with exponentials split by domain, and the reciprocals of roots as one operation where `roots` says
    so.

    A logistic function whose argument does not split stays a function, unless it is to be `written` with
    exponentials (for the back ends and bounds that have rules for those only).
    """
    old = domains(program, pattern, axes)
    new: dict[Node, frozenset[int]] = {}

    def domain(node: Node) -> frozenset[int]:
        if node not in new:
            new[node] = frozenset().union(*(domain(a) for a in node.args)) if node.args else frozenset()
        return new[node]

    def splits(g: Graph, u: Node) -> bool:
        """Whether u is a sum of terms that all depend on less than u does."""
        return separated and all(domain(term) != domain(u) for term in _terms(g, u))

    def exponential(g: Graph, u: Node) -> Node:
        if not splits(g, u):
            return g.call("exp", u)
        groups: dict[frozenset[int], list[Node]] = {}
        for term in _terms(g, u):
            groups.setdefault(domain(term), []).append(term)
        scalars = groups.pop(frozenset(), [])
        parts = sorted(groups.values(), key=lambda terms: (len(domain(terms[0])), terms[0].index))
        parts[0] = parts[0] + scalars
        out = factor(g, parts[0])
        for terms in parts[1:]:
            out = g.node("product", (out, factor(g, terms)))
        return out

    def factor(g: Graph, terms: list[Node]) -> Node:
        """exp of the terms of one domain; of a product of given numbers, without its rounding error."""
        if len(terms) == 1 and terms[0].op == "mul" and all(a.op in ("number", "input", "row") for a in terms[0].args):
            return g.call("exp_product", *terms[0].args)
        return g.call("exp", g.add(*terms))

    def rule(g: Graph, node: Node, args: tuple[Node, ...]) -> Node:
        if node.op == "exp":
            made = exponential(g, args[0])
        elif node.op == "logistic":
            made = _logistic(g, args[0])
        elif node.op == "softplus" and splits(g, args[0]):
            made = g.call("log1p", exponential(g, args[0]))
        elif node.op == "power" and args[0].op == "sqrt" and node.value < 0 and roots:  # type: ignore[operator]
            made = g.power(g.call("reciprocal_root", *args[0].args), -node.value)  # type: ignore[operator]
        else:
            made = rebuild(g, node, args)
        new.setdefault(made, old[node] if node.op in ("input", "row", "mean") else domain(made))
        if node.op == "mean":
            for part in made.args or (made,):
                if part.op == "mean":
                    new[part] = old[node]
            new[made] = old[node]
        return made

    def _logistic(g: Graph, u: Node) -> Node:
        flipped = _negated(g, u)
        positive = _leading_sign(g, u) > 0
        v, minus_v = (u, flipped) if positive else (flipped, u)
        if splits(g, v):
            e = exponential(g, minus_v)
            p = g.call("reciprocal", g.add(g.number(1), e))
            return p if positive else g.node("product", (e, p), "unit")
        if not written:
            return g.call("logistic", u)
        e = g.call("exp", g.neg(g.call("abs", v)))
        below = g.add(g.number(1), e)
        larger, smaller = g.node("div", (g.number(1), below)), g.node("div", (e, below))
        nonnegative = g.call("le", g.number(0), v)
        # "smooth": both branches agree where v = 0, so a rounding error of v does no harm there
        return g.call("select", nonnegative, *((larger, smaller) if positive else (smaller, larger)), value="smooth")

    return program.rewritten(rule)


def explain(before: Program, after: Program, pattern: Mapping[str, frozenset[int]], axes: int, separated: bool) -> str:
    """Over which loops exponentials, logistic functions and the like ran before, and run now."""
    names = loop_names(before, axes)
    old, new = (spread(p.nodes(), domains(p, pattern, axes), names) for p in (before, after))
    if not separated:
        return "not separated: the exponents of this call are so large that factors could overflow"
    changed = [loops for loops in {**old, **new} if old.get(loops) != new.get(loops)]
    if not changed:
        return "no exponential of a sum over different loops"
    return "\n".join(
        f"over {loops}: {listed(old.get(loops, Counter()))} -> {listed(new.get(loops, Counter()))}"
        for loops in sorted(changed, key=lambda k: (-k.count(" x "), k))
    )


def _terms(g: Graph, u: Node) -> tuple[Node, ...]:
    """The terms of a sum, products with a sum multiplied out."""
    if u.op == "add":
        return tuple(t for a in u.args for t in _terms(g, a))
    if u.op == "mul":
        sums = [a for a in u.args if a.op == "add"]
        if len(sums) == 1 and len(sums[0].args) <= 16:
            rest = [a for a in u.args if a is not sums[0]]
            return tuple(t for a in sums[0].args for t in _terms(g, g.mul(*rest, a)))
    return (u,)


def _negated(g: Graph, u: Node) -> Node:
    return g.add(*(g.neg(t) for t in _terms(g, u))) if u.op == "add" else g.neg(u)


def _leading_sign(g: Graph, u: Node) -> int:
    """The sign of the coefficient of the term that was made first: opposite for u and -u."""
    signed = []
    for term in _terms(g, u):
        if term.op == "number":
            continue
        coefficient, rest = g._split_number(term)
        signed.append((rest.index, coefficient))
    if not signed:
        return 1
    return 1 if min(signed)[1] > 0 else -1


def headroom(
    program: Program, ranges: Mapping[str, tuple[float, float]], pattern: Mapping[str, frozenset[int]], axes: int
) -> float:
    """A bound on sum |part| over every exponential that `separate` would split; infinity if there is none."""
    exponents = split_exponents(program, pattern, axes)
    bound: dict[Node, float] = {}
    for node in program.nodes():
        bound[node] = _magnitude(node, bound, ranges)
    return max((bound[e] for e in exponents), default=0.0)


def split_exponents(program: Program, pattern: Mapping[str, frozenset[int]], axes: int) -> list[Node]:
    """The arguments of exponentials that `separate` may split: sums over parts of different domains."""
    where = domains(program, pattern, axes)
    return [
        u
        for node in program.nodes()
        if node.op in ("exp", "logistic", "softplus")
        for u in node.args
        if len({where[t] for t in u.args}) > 1 and "add" in (u.op, *(t.op for t in u.args if u.op == "mul"))
    ]


def _magnitude(node: Node, bound: Mapping[Node, float], ranges: Mapping[str, tuple[float, float]]) -> float:
    inf = float("inf")
    below = [bound[a] for a in node.args]
    if node.op == "number":
        return abs(nearest(node.value))  # type: ignore[arg-type]
    if node.op in ("input", "row"):
        low, high = ranges[str(node.value)]
        return max(abs(low), abs(high))
    if node.op == "constant":
        value = CONSTANTS[str(node.value)].float64
        return abs(value) if value == value else inf
    if node.op == "add":
        return sum(below)
    if node.op == "mul":
        product = 1.0
        for b in below:
            product = product * b if b else 0.0
        return product
    if node.op == "power":
        try:
            return below[0] ** node.value if node.value > 0 else inf  # type: ignore[operator]
        except OverflowError:
            return inf
    if node.op in ("logistic", "sin", "cos", "tanh", "sign", "erf"):
        return 1.0
    if node.op in ("abs", "mean"):
        return below[0]
    if node.op == "sqrt":
        return max(below[0], 1.0)
    return inf
