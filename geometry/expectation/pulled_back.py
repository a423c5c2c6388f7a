"""Expectations of derived models: reparametrised, restricted to a submodel, or repeated independently.

With θ = θ(u), s_a = ∂_aθ^i s_i and ∂_a∂_bℓ = ∂_a∂_bθ^i s_i + ∂_aθ^i ∂_bθ^j ∂_i∂_jℓ, so all tensors
follow from those of the larger model by the chain rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

import sympy as sp

from .density import Density, Piece, Variable
from .moments import Expectation, Functions


class PulledBack(Expectation):
    """The model θ = θ(u) inside a model whose expectations are known."""

    def __init__(self, base: Expectation, new: Sequence[sp.Symbol], relations: Mapping[sp.Symbol, sp.Expr]) -> None:
        rules = dict(relations)
        pieces = [_substituted(p, rules) for p in base.density.pieces]
        point: dict[sp.Symbol, sp.Expr] = {}
        super().__init__(Density(tuple(pieces), tuple(new)), point)
        self.base = base
        self.route = base.route
        self.rules = rules
        self._first = [[self.field(rules[x]).diff(u) for u in new] for x in base.density.coordinates]
        self._known: dict[tuple, Any] = {}

    @property
    def nodes(self) -> Any:
        return self.base.nodes

    def _carried(self, name: str, *indices: int) -> Any:
        key = (name, *indices)
        if key not in self._known:
            value = getattr(self.base, name)(*indices)
            self._known[key] = self.field(value.subs(self.rules, simultaneous=True))
        return self._known[key]

    def _second(self, i: int, a: int, b: int) -> Any:
        return self._first[i][a].diff(self.density.coordinates[b])

    def _sum(self, rank: int, term: Callable[..., Any]) -> Any:
        total = self.field.zero
        for index in product(range(len(self._first)), repeat=rank):
            value = term(*index)
            if value is not None:
                total = total + value
        return total

    def _mean(self, functions: Functions) -> sp.Expr | None:
        return None

    def score_mean(self, a: int) -> sp.Expr:
        return self._sum(1, lambda i: self._first[i][a] * self._carried("score_mean", i)).as_expr()

    def metric(self, a: int, b: int) -> sp.Expr:
        return self._metric(a, b).as_expr()

    def _metric(self, a: int, b: int) -> Any:
        j = self._first
        return self._sum(
            2,
            lambda i, k: (
                j[i][a] * j[k][b] * self._carried("metric", max(i, k), min(i, k)) if j[i][a] and j[k][b] else None
            ),
        )

    def cubic(self, a: int, b: int, c: int) -> sp.Expr:
        j = self._first
        return self._sum(
            3,
            lambda i, k, l: (
                j[i][a] * j[k][b] * j[l][c] * self._carried("cubic", *sorted((i, k, l)))
                if j[i][a] and j[k][b] and j[l][c]
                else None
            ),
        ).as_expr()

    def exponential_connection(self, a: int, b: int, c: int) -> sp.Expr:
        j = self._first

        def term(i, k, l):
            return (
                j[i][a] * j[k][b] * j[l][c] * self._carried("exponential_connection", min(i, k), max(i, k), l)
                if j[i][a] and j[k][b] and j[l][c]
                else None
            )

        bent = self._sum(
            2, lambda i, l: self._second(i, a, b) * j[l][c] * self._carried("metric", max(i, l), min(i, l))
        )
        return (bent + self._sum(3, term)).as_expr()

    def negative_hessian(self, a: int, b: int) -> sp.Expr:
        j = self._first
        bent = self._sum(1, lambda i: self._second(i, a, b) * self._carried("score_mean", i))
        straight = self._sum(
            2, lambda i, k: j[i][a] * j[k][b] * self._carried("negative_hessian", max(i, k), min(i, k))
        )
        return (straight - bent).as_expr()

    def hessian_covariance(self, a: int, b: int, c: int, d: int) -> sp.Expr:
        j, second = self._first, self._second

        def crossed(i, k, l):  # Cov(∂_i∂_kℓ, s_l)
            connection = self._carried("exponential_connection", min(i, k), max(i, k), l)
            return connection * (j[i][a] * j[k][b] * second(l, c, d) + j[i][c] * j[k][d] * second(l, a, b))

        total = self._sum(
            2, lambda i, k: second(i, a, b) * second(k, c, d) * self._carried("metric", max(i, k), min(i, k))
        )
        total = total + self._sum(3, crossed)
        total = total + self._sum(
            4,
            lambda i, k, l, m: (
                j[i][a] * j[k][b] * j[l][c] * j[m][d] * self._carried("hessian_covariance", i, k, l, m)
                if j[i][a] and j[k][b] and j[l][c] and j[m][d]
                else None
            ),
        )
        return total.as_expr()


class Copies(Expectation):
    """n independent observations: everything that is additive is n times as large."""

    def __init__(self, base: Expectation, n: sp.Expr) -> None:
        super().__init__(base.density, base.point)
        self.base, self.n, self.route = base, n, base.route

    @property
    def nodes(self) -> Any:
        return self.base.nodes

    def _times(self, value: sp.Expr) -> sp.Expr:
        return (self.field(self.n) * self.field(value)).as_expr()

    def _mean(self, functions: Functions) -> sp.Expr | None:
        return None

    def score_mean(self, i: int) -> sp.Expr:
        return self._times(self.base.score_mean(i))

    def metric(self, i: int, j: int) -> sp.Expr:
        return self._times(self.base.metric(i, j))

    def cubic(self, i: int, j: int, k: int) -> sp.Expr:
        return self._times(self.base.cubic(i, j, k))

    def exponential_connection(self, i: int, j: int, k: int) -> sp.Expr:
        return self._times(self.base.exponential_connection(i, j, k))

    def negative_hessian(self, i: int, j: int) -> sp.Expr:
        return self._times(self.base.negative_hessian(i, j))

    def hessian_covariance(self, i: int, j: int, k: int, l: int) -> sp.Expr:
        return self._times(self.base.hessian_covariance(i, j, k, l))


def _substituted(piece: Piece, rules: Mapping[sp.Symbol, sp.Expr]) -> Piece:
    variables = tuple(
        Variable(
            v.symbol,
            v.lower.subs(rules, simultaneous=True),
            v.upper.subs(rules, simultaneous=True),
            v.discrete,
            v.values,
        )
        for v in piece.variables
    )
    return Piece(piece.log_density.subs(rules, simultaneous=True), variables)
