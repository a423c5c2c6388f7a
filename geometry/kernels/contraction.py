r"""Curvature from the jet of a metric, point by point.

The closed form of R in the components is a quotient with det(g)^2 below, and it cancels where the metric
is ill-conditioned. These contractions work in an orthogonal frame instead: g = L D L^T with L unit lower
triangular, the frame e_a = (L^{-1})_a^i d_i has g(e_a, e_b) = D_a delta_ab, and D may have either sign.

- Of a Hessian metric, R = 1/2 sum_c sum_{a<b} (T_abc^2 - T_aac T_bbc) / (D_a D_b D_c) in the frame: the terms
  a = b, which cancel, never appear, and no second derivative of g is needed.
- Of any other, R_ijkm = (what is free of Γ) + g^pq (Γ_p,jk Γ_q,im - Γ_p,jm Γ_q,ik), and R is the sum over pairs
  i > j, k > m, where nothing cancels by antisymmetry alone.

A `Contraction` is what `compile` accepts in the place of an expression. Up to dimension 6 it is written out and
optimised with the rest of the program; beyond, the jet is lowered and the indices run in compiled loops
(`loops`). Tested against the exact core's closed forms and in balls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import sympy as sp

from ..exact.errors import InputError
from .jets import QUANTITIES, Given, Jet, general_jet, hessian_jet
from .program import Graph, Node

__all__ = ["Contraction", "contracted", "hessian_ricci_scalar", "general_ricci_scalar"]

Table = dict[tuple[int, ...], Node]


@dataclass(frozen=True, eq=False)
class Contraction:
    """One component of a tensor that is contracted from a jet; R itself has no index."""

    jet: Jet
    quantity: str
    index: tuple[int, ...] = ()

    @property
    def free_symbols(self) -> set[sp.Basic]:
        return self.jet.free_symbols


def contracted(jet: Jet, quantity: str) -> Contraction | np.ndarray:
    """R as one contraction, a tensor as an array of them; components that are equal by symmetry are one object.

    Raises:
        ValueError: a quantity that is not contracted from a jet.

    >>> x = sp.symbols("x:2")
    >>> jet = hessian_jet(2, lambda i, j: sp.Integer(i == j), lambda i, j, k: sp.Integer(0))
    >>> contracted(jet, "christoffel").shape
    (2, 2, 2)
    """
    if quantity not in QUANTITIES:
        raise InputError(f"{quantity!r} is not contracted from a jet; these are: {', '.join(QUANTITIES)}")
    rank = QUANTITIES[quantity]
    if not rank:
        return Contraction(jet, quantity)
    out = np.empty((jet.dimension,) * rank, object)
    for index in product(range(jet.dimension), repeat=rank):
        symmetric = (*index[:-2], *sorted(index[-2:])) if rank < 4 else index
        out[index] = Contraction(jet, quantity, index) if symmetric == index else out[symmetric]
    return out


def hessian_ricci_scalar(
    dimension: int, metric: Callable[[int, int], sp.Expr], cubic: Callable[[int, int, int], sp.Expr]
) -> Contraction:
    """R of a Hessian metric from g_ij and T_ijk = d_k g_ij (called with i <= j <= k).

    >>> from chentsov.geometry.kernels import compile
    >>> a, b = sp.symbols("a b")                     # the log-partition of the normal family, R = -1
    >>> psi, x = a**2 / (4 * b) - sp.log(b) / 2, (a, b)
    >>> R = hessian_ricci_scalar(2, lambda i, j: psi.diff(x[i], x[j]), lambda i, j, k: psi.diff(x[i], x[j], x[k]))
    >>> round(float(compile(R, x)(2.0, 3.0)), 12)
    -1.0
    """
    return Contraction(hessian_jet(dimension, metric, cubic), "ricci_scalar")


def general_ricci_scalar(
    dimension: int,
    metric: Callable[[int, int], sp.Expr],
    first: Callable[[int, int, int], sp.Expr],
    second: Callable[[int, int, int, int], sp.Expr],
) -> Contraction:
    """R from g_ij (i <= j), d_k g_ij = first(i, j, k) and d_k d_l g_ij = second(i, j, k, l) (k <= l)."""
    return Contraction(general_jet(dimension, metric, first, second), "ricci_scalar")


def written_out(jet: Jet, quantity: str, g: Graph, nodes: Sequence[Node]) -> Table:
    """Every component of a quantity as a node, from the nodes of the jet's expressions."""
    given = jet.given(g, nodes)
    frame, weights = _orthogonal_frame(g, jet.dimension, given.metric)
    if jet.structure == "hessian" and quantity == "ricci_scalar":
        return {(): _hessian_scalar(g, jet.dimension, given, frame, weights)}
    tensors = _Tensors(g, jet.dimension, given, _inverse(g, jet.dimension, frame, weights))
    return {
        "christoffel": tensors.christoffel,
        "riemann_lowered": tensors.riemann_lowered,
        "riemann": tensors.riemann,
        "ricci": tensors.ricci,
        "ricci_scalar": tensors.ricci_scalar,
    }[quantity]()


class _Tensors:
    """The tensors of a jet in coordinates."""

    def __init__(self, g: Graph, dimension: int, given: Given, inverse: dict[tuple[int, int], Node]) -> None:
        self.g, self.n, self.given = g, range(dimension), given
        self.inverse = {(i, j): inverse[min(i, j), max(i, j)] for i in self.n for j in self.n}
        self.low = {(m, j, k): given.low(m, min(j, k), max(j, k)) for m in self.n for j in self.n for k in self.n}

    def christoffel(self) -> Table:
        g, out = self.g, Table()
        for i, j, k in product(self.n, repeat=3):
            out[i, j, k] = (
                out[i, k, j] if k < j else g.add(*(g.mul(self.inverse[i, r], self.low[r, j, k]) for r in self.n))
            )
        return out

    def _pairs(self) -> Table:
        """R_ijkm for i > j and k > m."""
        g, low, raised = self.g, self.low, self.christoffel()
        out = Table()
        for i in self.n:
            for j in range(i):
                for k in self.n:
                    for m in range(k):
                        if (k, m, i, j) in out:
                            out[i, j, k, m] = out[k, m, i, j]
                            continue
                        turned = g.add(
                            *(
                                g.sub(g.mul(low[r, j, k], raised[r, i, m]), g.mul(low[r, j, m], raised[r, i, k]))
                                for r in self.n
                            )
                        )
                        out[i, j, k, m] = g.add(self.given.curved(i, j, k, m), turned)
        return out

    def ricci_scalar(self) -> Table:
        g, h = self.g, self.inverse
        terms = []
        for (i, j, k, m), value in self._pairs().items():
            # each stands for 2 x 2 orders of its indices
            minor = g.sub(g.mul(h[i, k], h[j, m]), g.mul(h[i, m], h[j, k]))
            terms.append(g.mul(g.number(2), minor, value))
        return {(): g.add(*terms) if terms else g.number(0)}

    def riemann_lowered(self) -> Table:
        g, pairs, out = self.g, self._pairs(), Table()
        for i, j, k, m in product(self.n, repeat=4):
            if i == j or k == m:
                out[i, j, k, m] = g.number(0)
            else:
                value = pairs[max(i, j), min(i, j), max(k, m), min(k, m)]
                out[i, j, k, m] = value if (i > j) == (k > m) else g.neg(value)
        return out

    def riemann(self) -> Table:
        g, lowered = self.g, self.riemann_lowered()
        return {
            (i, j, k, m): g.add(*(g.mul(self.inverse[i, r], lowered[r, j, k, m]) for r in self.n))
            for i, j, k, m in product(self.n, repeat=4)
        }

    def ricci(self) -> Table:
        g, lowered, out = self.g, self.riemann_lowered(), Table()
        for j, m in product(self.n, repeat=2):
            out[j, m] = (
                out[m, j]
                if m < j
                else g.add(*(g.mul(self.inverse[i, k], lowered[i, j, k, m]) for i, k in product(self.n, repeat=2)))
            )
        return out


def _hessian_scalar(g: Graph, n: int, given: Given, frame: list[list[Node]], weights: list[Node]) -> Node:
    t = _in_frame(g, n, frame, lambda i, j, k: g.mul(g.number(2), given.low(i, j, k)))
    inverse = [g.power(w, -1) for w in weights]
    terms = []
    for c in range(n):
        for b in range(n):
            for a in range(b):
                square = g.power(t[_sorted(a, b, c)], 2)
                other = g.mul(t[_sorted(a, a, c)], t[_sorted(b, b, c)])
                if square is not other:
                    terms.append(g.mul(inverse[a], inverse[b], inverse[c], g.sub(square, other)))
    return g.mul(_half(g), g.add(*terms)) if terms else g.number(0)


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
        weights.append(
            _resolved(
                g,
                g.sub(metric(j, j), g.add(*(g.mul(lower[j][k], lower[j][k], weights[k]) for k in range(j)))),
                metric(j, j),
            )
        )
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
    return {
        (i, j): g.add(*(g.mul(frame[a][i], frame[a][j], g.power(weights[a], -1)) for a in range(j, n)))
        for i in range(n)
        for j in range(i, n)
    }


def _in_frame(
    g: Graph, n: int, frame: list[list[Node]], t: Callable[[int, int, int], Node]
) -> dict[tuple[int, int, int], Node]:
    """T_abc = E_a^i E_b^j E_c^k T_ijk, one index after the other; the frame is lower triangular."""
    one = {
        (a, j, k): g.add(*(g.mul(frame[a][i], t(i, j, k)) for i in range(a + 1)))
        for a in range(n)
        for j in range(n)
        for k in range(j, n)
    }
    two = {}
    for a in range(n):
        for b in range(n):
            for k in range(n):
                two[a, b, k] = g.add(*(g.mul(frame[b][j], one[a, min(j, k), max(j, k)]) for j in range(b + 1)))
    return {
        (a, b, c): g.add(*(g.mul(frame[c][k], two[a, b, k]) for k in range(c + 1)))
        for a in range(n)
        for b in range(a, n)
        for c in range(b, n)
    }
