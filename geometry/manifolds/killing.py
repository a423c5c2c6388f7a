"""Killing fields found: vector fields X with L_X g = 0 whose components are polynomials in given functions.

The ansatz is linear in its coefficients, and so is Killing's equation: the coefficients of each monomial of
(L_X g)_jk, brought to a common denominator, are linear equations over the rational numbers, solved exactly. How many
independent fields there can be at all is bounded from above at a sample point, where X and ∇X determine a Killing field
and L_X R = 0 constrains them (K. Nomizu, Ann. Math. 72, 105, 1960).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import comb
from typing import TYPE_CHECKING, Any

import sympy as sp
from chentsov.geometry.exact import ChentsovError
from flint import arb, fmpq_mat, fmpz_mat

from ..kernels.ball import evaluate_ball, precision
from .inputs import ManifoldError, read_expression
from .local import Element
from .operators import killing_form
from .tensors import UP, Tensor
from .vanishing import sample_point

if TYPE_CHECKING:
    from .riemannian import RiemannianManifold

__all__ = ["KillingFields", "killing_fields"]

MOST_UNKNOWNS = 600
_BITS = 200


@dataclass(frozen=True)
class KillingFields:
    """What the search found.

    Attributes:
        fields: independent Killing fields, as vector fields.
        at_most: how many independent ones there can be at all (proven).
    """

    fields: tuple[Tensor, ...]
    at_most: int

    @property
    def is_complete(self) -> bool:
        """Whether there are provably no others."""
        return len(self.fields) == self.at_most

    def __len__(self) -> int:
        return len(self.fields)

    def __iter__(self) -> Any:
        return iter(self.fields)

    def __repr__(self) -> str:
        listed = "; ".join(str(list(x.components)) for x in self.fields)
        return f"<{len(self)} Killing fields, at most {self.at_most}: {listed}>"


def killing_fields(
    manifold: RiemannianManifold, degree: int = 1, functions: Sequence[Any] | None = None
) -> KillingFields:
    """Killing fields X^i = Σ c_α m_α with rational c_α, where m_α are the monomials of a degree in the functions.

    Args:
        manifold: the manifold.
        degree: the highest degree of a monomial.
        functions: what the monomials are made of: the coordinates by default. Constants of the metric may be among
            them, where coefficients depend on them; on the unit sphere sin φ, cos φ and cot θ serve.

    Raises:
        ManifoldError: more than 600 unknown coefficients.

    >>> import sympy as sp
    >>> from chentsov.geometry.manifolds import RiemannianManifold
    >>> t, p = sp.symbols("theta phi", positive=True)
    >>> sphere = RiemannianManifold([[1, 0], [0, sp.sin(t)**2]], (t, p))
    >>> found = sphere.killing_fields(2, [sp.sin(p), sp.cos(p), sp.cot(t)])
    >>> len(found), found.is_complete
    (3, True)
    >>> sphere.killing_fields(1)
    <1 Killing fields, at most 3: [0, 1]>
    """
    field, n = manifold.field, range(manifold.dim)
    given = manifold.coordinates if functions is None else functions
    base = [field(read_expression(f, "a function of the ansatz")) for f in given]
    if (unknowns := comb(len(base) + degree, degree) * manifold.dim) > MOST_UNKNOWNS:
        raise ManifoldError(
            f"{unknowns} unknown coefficients are too many; at most {MOST_UNKNOWNS}: lower the degree, or give fewer "
            "functions"
        )
    monomials = [field.one]
    for k in range(1, degree + 1):
        for factors in combinations_with_replacement(base, k):
            value = factors[0]
            for f in factors[1:]:
                value = value * f
            monomials.append(value)
    monomials = [monomials[k] for k in _pivots(_relations(manifold, [[m] for m in monomials]))]
    x, g, slope = manifold.coordinates, manifold.local.metric, manifold.local.metric_derivative
    ansatz = [(m, i) for m in monomials for i in n]
    columns = []
    for m, i in ansatz:
        d = [m.diff(c) for c in x]
        columns.append([m * slope(j, k, i) + g(i, k) * d[j] + g(i, j) * d[k] for j in n for k in n if j <= k])
    found = []
    for solution in _null_space(_relations(manifold, columns)):
        parts = [field.zero for _ in n]
        for c, (m, i) in zip(solution, ansatz):
            if c:
                parts[i] = parts[i] + m * sp.Rational(int(c.p), int(c.q))
        found.append(Tensor(manifold, (UP,), lambda i, parts=tuple(parts): parts[i]))
    assert all(killing_form(manifold, f).is_zero() is True for f in found)
    return KillingFields(tuple(found), _most(manifold))


# -- linear relations over the rational numbers -----------------------------------------------------------


def _relations(manifold: RiemannianManifold, columns: Sequence[Sequence[Element]]) -> fmpq_mat:
    """The reduced rows of Σ_k c_k columns[k][s] = 0 for every s, an equation for each monomial."""
    field, rows = manifold.field, set()
    for slot in range(len(columns[0])):
        elements = [field.canonical(column[slot]) for column in columns]
        stage = field.stage
        elements = [field.lift(e, stage) for e in elements]
        common = stage.constant(1)
        for e in elements:
            common = common * (e.den / common.gcd(e.den))
        equations: dict[tuple[int, ...], list[int]] = {}
        for k, e in enumerate(elements):
            for monomial, coefficient in stage.settle(e.num * (common / e.den)).terms():
                equations.setdefault(tuple(monomial), [0] * len(columns))[k] = int(coefficient)
        rows |= {tuple(row) for row in equations.values()}
    if not rows:
        return fmpq_mat(1, len(columns))
    return fmpq_mat(fmpz_mat([list(row) for row in sorted(rows)])).rref()[0]


def _pivots(reduced: fmpq_mat) -> list[int]:
    found = []
    for row in range(reduced.nrows()):
        pivot = next((k for k in range(reduced.ncols()) if reduced[row, k]), None)
        if pivot is not None:
            found.append(pivot)
    return found


def _null_space(reduced: fmpq_mat) -> list[list[Any]]:
    pivots, found = _pivots(reduced), []
    for free in (k for k in range(reduced.ncols()) if k not in pivots):
        vector = [reduced[0, 0] * 0] * reduced.ncols()
        vector[free] = reduced[0, 0] * 0 + 1
        for row, pivot in enumerate(pivots):
            vector[pivot] = -reduced[row, free]
        found.append(vector)
    return found


# -- how many there can be -----------------------------------------------------------------------------------


def _most(manifold: RiemannianManifold) -> int:
    """n(n+1)/2 less the rank of L_X R = 0 in X^m and F_ab = ∇_a X_b = −F_ba at a sample point, from below by balls."""
    dim, n, local = manifold.dim, range(manifold.dim), manifold.local
    whole = dim * (dim + 1) // 2
    slope = manifold.tensor("riemann_lowered").covariant_derivative()
    pairs = [(a, b) for a in n for b in n if a < b]
    equations = []
    for a, b, c, d in local.independent_riemann():
        row = [slope.element(a, b, c, d, m) for m in n]
        for p, q in pairs:  # the terms of ∇_aX^m R_mbcd + ∇_bX^m R_amcd + … that hold F_pq, where ∇_aX^m = g^mk F_ak
            value = manifold.field.zero
            for spot, index in enumerate((a, b, c, d)):
                for low, other, sign in ((p, q, 1), (q, p, -1)):
                    if index == low:
                        for m in n:
                            indices = [a, b, c, d]
                            indices[spot] = m
                            if (h := local.inverse(m, other)) and (r := local.riemann_lowered(*indices)):
                                value = value + h * r * sign
            row.append(value)
        equations.append(row)
    best = 0
    for number in range(3):
        point = sample_point([*manifold.coordinates, *manifold.constants], number)
        try:
            with precision(_BITS):
                rows = [[_ball(e, point) for e in row] for row in equations]
                best = max(best, _rank_from_below(rows))
        except (ChentsovError, ArithmeticError, TypeError, ValueError):
            continue
    return whole - best


def _ball(element: Element, point: dict[sp.Symbol, Any]) -> arb:
    if not element:
        return arb(0)
    ball = evaluate_ball(element.as_expr(), point, _BITS)
    if not ball.is_finite():
        raise ArithmeticError("no value at this point")
    return ball


def _rank_from_below(rows: list[list[arb]]) -> int:
    """How many pivots of an elimination are certainly not zero."""
    rank = 0
    while rows and rows[0]:
        place = [(abs(v).lower(), r, c) for r, row in enumerate(rows) for c, v in enumerate(row)]
        size, r, c = max(place, key=lambda p: float(p[0]))
        if not size > 0:
            break
        top = rows.pop(r)
        rows = [[v - row[c] / top[c] * w for k, (v, w) in enumerate(zip(row, top)) if k != c] for row in rows]
        rank += 1
    return rank
