r"""Curvature from the jet of a metric, point by point.

The closed form of R in the components is a quotient with det(g)^2 below, and it cancels where the metric
is ill-conditioned. These contractions work in an orthogonal frame instead: g = L D L^T with L unit lower
triangular, the frame e_a = (L^{-1})_a^i d_i has g(e_a, e_b) = D_a delta_ab, and D may have either sign. The formulas
are those of `curvature`, over the nodes of a program.

A `Contraction` is what `compile` accepts in the place of an expression. Up to dimension 6 it is written out and
optimised with the rest of the program; beyond, the jet is lowered and the indices run in compiled loops
(`loops`). Tested against the exact core's closed forms and in balls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import sympy as sp

from ..exact.errors import InputError
from .curvature import (
    QUANTITIES,
    SPECIAL_QUANTITIES,
    FramedCurvature,
    GaussCurvature,
    GeneralCurvature,
    HessianCurvature,
    component,
)
from .jets import Jet, general_jet, hessian_jet
from .program import Graph, Node

__all__ = [
    "Contraction",
    "InProgram",
    "Value",
    "contracted",
    "general_ricci_scalar",
    "hessian_ricci_scalar",
    "in_program",
]


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
    known = QUANTITIES | SPECIAL_QUANTITIES
    if quantity not in known:
        raise InputError(f"{quantity!r} is not contracted from a jet; these are: {', '.join(known)}")
    rank = known[quantity]
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


class Value:
    """A node as a number: what the formulas of `curvature` take for a component."""

    __slots__ = ("graph", "node")

    def __init__(self, graph: Graph, node: Node) -> None:
        self.graph, self.node = graph, node

    def __bool__(self) -> bool:
        """False for what is certainly zero."""
        return not (self.node.op == "number" and self.node.value == 0)

    def _node(self, other: Value | int) -> Node:
        return other.node if isinstance(other, Value) else self.graph.number(other)

    def __add__(self, other: Value | int) -> Value:
        return Value(self.graph, self.graph.add(self.node, self._node(other)))

    def __neg__(self) -> Value:
        return Value(self.graph, self.graph.neg(self.node))

    def __sub__(self, other: Value | int) -> Value:
        return Value(self.graph, self.graph.sub(self.node, self._node(other)))

    def __mul__(self, other: Value | int) -> Value:
        return Value(self.graph, self.graph.mul(self.node, self._node(other)))

    def __truediv__(self, other: Value | int) -> Value:
        return Value(self.graph, self.graph.div(self.node, self._node(other)))

    def __rtruediv__(self, other: int) -> Value:
        return Value(self.graph, self.graph.div(self._node(other), self.node))

    def __pow__(self, exponent: int) -> Value:
        return Value(self.graph, self.graph.power(self.node, exponent))

    __radd__, __rmul__ = __add__, __mul__


class InProgram(FramedCurvature):
    """The curvature formulas in the nodes of a program; final classes say what the jet supplies.

    Args:
        jet: whose components the nodes are.
        graph: where to build.
        nodes: those of `jet.expressions`.
    """

    def __init__(self, jet: Jet, graph: Graph, nodes: Sequence[Node]) -> None:
        self.graph, n = graph, range(jet.dimension)
        keys = jet.components if jet.structure != "rows" else map(frozenset, jet.moments)
        self.jet = {key: Value(graph, node) for key, node in zip(keys, nodes)}
        super().__init__(jet.dimension, Value(graph, graph.number(0)), [[self._at(i, j) for j in n] for i in n])

    def _at(self, i: int, j: int) -> Value:
        return self.jet[min(i, j), max(i, j)]

    def node(self, quantity: str, index: tuple[int, ...]) -> Node:
        """One component of a quantity."""
        return self.quantity(quantity)(*index).node  # type: ignore[misc]

    def total(self, terms: Iterable[Value]) -> Value:
        nodes = [t.node for t in terms]
        return Value(self.graph, self.graph.add(*nodes)) if nodes else self.zero

    def _metric_derivative(self, i: int, j: int, k: int) -> Value:
        return self.jet[i, j, k]

    def _metric_second_derivative(self, i: int, j: int, k: int, l: int) -> Value:
        return self.jet[i, j, k, l]

    def _resolved(self, weight: Value, diagonal: Value) -> Value:
        """D_j, or NaN where rounding leaves too little of it: the metric is singular, as far as machines tell."""
        g, node, whole = self.graph, weight.node, diagonal.node
        if node is whole:
            return weight
        least = g.mul(g.constant("resolution"), g.call("abs", whole))
        guard = g.call("lt", least, g.call("abs", node))
        return Value(g, g.call("select", guard, node, g.constant("nan"), value="guard"))

    def volume_density(self) -> Value:
        """√|det g|."""
        return Value(self.graph, self.graph.call("sqrt", self.graph.call("abs", self.determinant().node)))


class _General(InProgram, GeneralCurvature):
    pass


class _Hessian(InProgram, HessianCurvature):
    @component
    def ricci_scalar(self) -> Value:
        return self.ricci_scalar_in_frame(*self.frame())

    def riemann_pair(self, i: int, j: int, k: int, l: int) -> Value:
        if self.dim == 2:
            return self.ricci_scalar() * self.determinant() / 2
        return super().riemann_pair(i, j, k, l)


class _Rows(GaussCurvature, InProgram):
    """Vectors are named by their indices; their products are means over the rows."""

    def _at(self, i: int, j: int) -> Value:
        return self.inner((i,), (j,))

    def tangent(self, i: int) -> tuple[int, ...]:
        return (i,)

    def second(self, i: int, j: int) -> tuple[int, ...]:
        return (min(i, j), max(i, j))

    def inner(self, u: tuple[int, ...], v: tuple[int, ...]) -> Value:
        return self.jet[frozenset((u, v))]


def in_program(jet: Jet, graph: Graph, nodes: Sequence[Node]) -> InProgram:
    """The curvature of a jet, written out on demand from the nodes of its expressions."""
    structures: dict[str, type[InProgram]] = {"general": _General, "hessian": _Hessian, "rows": _Rows}
    return structures[jet.structure](jet, graph, nodes)
