r"""From the components of a metric and their derivatives to its Ricci scalar, point by point.

The closed form of R in the components is a quotient with det(g)^2 below, and it cancels where the metric
is ill-conditioned. These contractions work in an orthogonal frame instead: g = L D L^T with L unit lower
triangular, the frame e_a = (L^{-1})_a^i d_i has g(e_a, e_b) = D_a delta_ab, and D may have either sign.

- `hessian_ricci_scalar`: d_k g_ij = T_ijk totally symmetric. Then R_ijkl = 1/4 g^rs (T_ilr T_jks - T_ikr T_jls)
  and, in the frame, R = 1/2 sum_c sum_{a<b} (T_abc^2 - T_aac T_bbc) / (D_a D_b D_c): the terms a = b, which
  cancel, never appear, and no second derivative of g is needed.
- `general_ricci_scalar`: from g, dg and d^2g,
  R_ijkl = 1/2 (d_j d_k g_il + d_i d_l g_jk - d_i d_k g_jl - d_j d_l g_ik) + g^mn (G_m,jk G_n,il - G_m,jl G_n,ik).

A `Contraction` is what `compile` accepts in the place of an expression: expressions to lower, and what to
do with their nodes. Tested against the exact core's closed forms and in balls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

import sympy as sp

from .program import Graph, Node

__all__ = ["Contraction", "hessian_ricci_scalar", "general_ricci_scalar"]


@dataclass(frozen=True)
class Contraction:
    """Expressions, and the scalar that arithmetic on their values gives."""

    name: str
    expressions: tuple[sp.Expr, ...]
    build: Callable[[Graph, Sequence[Node]], Node]

    @property
    def free_symbols(self) -> set[sp.Basic]:
        return set().union(*(e.free_symbols for e in self.expressions))


def hessian_ricci_scalar(dimension: int, metric: Callable[[int, int], sp.Expr], cubic: Callable[[int, int, int], sp.Expr]) -> Contraction:
    """R of a Hessian metric from g_ij and T_ijk = d_k g_ij (called with i <= j <= k).

    >>> from chentsov.geometry.kernels import compile
    >>> a, b = sp.symbols("a b")                     # the log-partition of the normal family, R = -1
    >>> psi, x = a**2 / (4 * b) - sp.log(b) / 2, (a, b)
    >>> R = hessian_ricci_scalar(2, lambda i, j: psi.diff(x[i], x[j]), lambda i, j, k: psi.diff(x[i], x[j], x[k]))
    >>> round(float(compile(R, x)(2.0, 3.0)), 12)
    -1.0
    """
    pairs = list(combinations_with_replacement(range(dimension), 2))
    triples = list(combinations_with_replacement(range(dimension), 3))
    given = (*(metric(*p) for p in pairs), *(cubic(*t) for t in triples))

    def build(g: Graph, nodes: Sequence[Node]) -> Node:
        by_pair = dict(zip(pairs, nodes))
        by_triple = dict(zip(triples, nodes[len(pairs):]))
        frame, weights = _orthogonal_frame(g, dimension, lambda i, j: by_pair[min(i, j), max(i, j)])
        t = _in_frame(g, dimension, frame, lambda i, j, k: by_triple[_sorted(i, j, k)])
        inverse = [g.power(w, -1) for w in weights]
        terms = []
        for c in range(dimension):
            for b in range(dimension):
                for a in range(b):
                    square = g.power(t[_sorted(a, b, c)], 2)
                    product = g.mul(t[_sorted(a, a, c)], t[_sorted(b, b, c)])
                    if square is not product:
                        terms.append(g.mul(inverse[a], inverse[b], inverse[c], g.sub(square, product)))
        return g.mul(_half(g), g.add(*terms)) if terms else g.number(0)

    return Contraction("ricci_scalar of a Hessian metric", given, build)


def general_ricci_scalar(dimension: int, metric: Callable[[int, int], sp.Expr], first: Callable[[int, int, int], sp.Expr],
                         second: Callable[[int, int, int, int], sp.Expr]) -> Contraction:
    """R from g_ij (i <= j), d_k g_ij = first(i, j, k) and d_k d_l g_ij = second(i, j, k, l) (k <= l)."""
    n = range(dimension)
    pairs = list(combinations_with_replacement(n, 2))
    firsts = [(*p, k) for p in pairs for k in n]
    seconds = [(*p, *q) for p in pairs for q in pairs]
    given = (*(metric(*p) for p in pairs), *(first(*q) for q in firsts), *(second(*q) for q in seconds))

    def build(g: Graph, nodes: Sequence[Node]) -> Node:
        table = dict(zip([*pairs, *firsts, *seconds], nodes))

        def g0(i: int, j: int) -> Node:
            return table[min(i, j), max(i, j)]

        def g1(i: int, j: int, k: int) -> Node:
            return table[min(i, j), max(i, j), k]

        def g2(i: int, j: int, k: int, m: int) -> Node:
            return table[min(i, j), max(i, j), min(k, m), max(k, m)]

        frame, weights = _orthogonal_frame(g, dimension, g0)
        inverse = _inverse(g, dimension, frame, weights)
        half = _half(g)
        gamma = {(m, j, k): g.mul(half, g.add(g1(m, j, k), g1(m, k, j), g.neg(g1(j, k, m)))) for m in n for j in n for k in n if j <= k}

        def low(m: int, j: int, k: int) -> Node:
            return gamma[m, min(j, k), max(j, k)]

        def up(m: int, j: int, k: int) -> Node:
            return g.add(*(g.mul(inverse[min(m, r), max(m, r)], low(r, j, k)) for r in n))

        raised = {(m, j, k): up(m, j, k) for m in n for j in n for k in n if j <= k}
        terms = []
        for i in n:
            for j in range(i):
                for k in n:
                    for m in range(k):
                        # R_ijkm with both pairs ordered; each stands for 2 x 2 index orders
                        curved = g.mul(half, g.add(g2(i, m, j, k), g2(j, k, i, m), g.neg(g2(j, m, i, k)), g.neg(g2(i, k, j, m))))
                        turned = g.add(*(g.sub(g.mul(low(r, j, k), raised[r, min(i, m), max(i, m)]),
                                               g.mul(low(r, j, m), raised[r, min(i, k), max(i, k)])) for r in n))
                        minor = g.sub(g.mul(inverse[min(i, k), max(i, k)], inverse[min(j, m), max(j, m)]),
                                      g.mul(inverse[min(i, m), max(i, m)], inverse[min(j, k), max(j, k)]))
                        terms.append(g.mul(g.number(2), minor, g.add(curved, turned)))
        return g.add(*terms) if terms else g.number(0)

    return Contraction("ricci_scalar from the metric's jet", given, build)


def _sorted(i: int, j: int, k: int) -> tuple[int, int, int]:
    a, b, c = sorted((i, j, k))
    return (a, b, c)


def _half(g: Graph) -> Node:
    from fractions import Fraction

    return g.number(Fraction(1, 2))


def _orthogonal_frame(g: Graph, n: int, metric: Callable[[int, int], Node]) -> tuple[list[list[Node]], list[Node]]:
    """(L^{-1}, D) of g = L D L^T."""
    lower: list[list[Node]] = [[g.number(0)] * n for _ in range(n)]
    weights: list[Node] = []
    for j in range(n):
        weights.append(_resolved(g, g.sub(metric(j, j), g.add(*(g.mul(lower[j][k], lower[j][k], weights[k]) for k in range(j)))), metric(j, j)))
        lower[j][j] = g.number(1)
        for i in range(j + 1, n):
            rest = g.sub(metric(i, j), g.add(*(g.mul(lower[i][k], lower[j][k], weights[k]) for k in range(j))))
            lower[i][j] = g.mul(rest, g.power(weights[j], -1))
    inverse: list[list[Node]] = [[g.number(int(i == j)) for j in range(n)] for i in range(n)]
    for i in range(n):
        for j in range(i):
            inverse[i][j] = g.neg(g.add(*(g.mul(lower[i][k], inverse[k][j]) for k in range(j, i))))
    return inverse, weights


def _resolved(g: Graph, weight: Node, diagonal: Node) -> Node:
    """D_j, or NaN where rounding leaves too little of it: the metric is singular, as far as machine numbers tell."""
    if weight is diagonal:
        return weight
    least = g.mul(g.constant("resolution"), g.call("abs", diagonal))
    return g.call("select", g.call("lt", least, g.call("abs", weight)), weight, g.constant("nan"), value="guard")


def _inverse(g: Graph, n: int, frame: list[list[Node]], weights: list[Node]) -> dict[tuple[int, int], Node]:
    """g^ij = sum_a (L^{-1})_ai (L^{-1})_aj / D_a."""
    return {(i, j): g.add(*(g.mul(frame[a][i], frame[a][j], g.power(weights[a], -1)) for a in range(j, n))) for i in range(n) for j in range(i, n)}


def _in_frame(g: Graph, n: int, frame: list[list[Node]], t: Callable[[int, int, int], Node]) -> dict[tuple[int, int, int], Node]:
    """T_abc = E_a^i E_b^j E_c^k T_ijk, one index after the other; the frame is lower triangular."""
    one = {(a, j, k): g.add(*(g.mul(frame[a][i], t(i, j, k)) for i in range(a + 1))) for a in range(n) for j in range(n) for k in range(j, n)}
    two = {}
    for a in range(n):
        for b in range(n):
            for k in range(n):
                two[a, b, k] = g.add(*(g.mul(frame[b][j], one[a, min(j, k), max(j, k)]) for j in range(b + 1)))
    return {(a, b, c): g.add(*(g.mul(frame[c][k], two[a, b, k]) for k in range(c + 1)))
            for a in range(n) for b in range(a, n) for c in range(b, n)}
