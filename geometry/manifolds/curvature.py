"""Curvature from the fewest derivatives that the structure of a metric allows.

All formulas are for R_ijkl = g_im R^m_jkl in the conventions of
`chentsov.geometry.conventions`. The Riemann tensor is kept as the symmetric
operator that it is on bivectors: with the index pairs P = (i<j), Q = (k<l),

    G^PQ = g^ik g^jl − g^il g^jk,      M^P_Q = G^PA R_AQ = R^ij_kl,

the Ricci scalar is 2 tr M, Kretschmann's invariant is 4 tr M², and constant curvature K
means M = K·1 (Petrov 1954; Besse, Einstein Manifolds, 1.108).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import sympy as sp
from chentsov.geometry.exact import DifferentialField

from .local import Element, LocalGeometry, component, total
from .symmetries import riemannian

__all__ = ["Curvature", "GeneralGeometry", "HessianGeometry", "detect_structure", "pairs"]

Pair = tuple[int, int]


def pairs(dim: int) -> list[Pair]:
    """The index pairs i < j."""
    return list(combinations(range(dim), 2))


class Curvature(LocalGeometry):
    """Everything that follows from R_ijkl, whatever it was made of."""

    # -- Riemann -------------------------------------------------------------------------

    def riemann_lowered(self, i: int, j: int, k: int, l: int) -> Element:
        """R_ijkl, brought to its independent component by the symmetries of the tensor."""
        sign, representative = riemannian((i, j, k, l))
        if not sign:
            return self.field.zero
        value = self._riemann_lowered(*representative)
        return value if sign > 0 else -value

    @component
    def _riemann_lowered(self, i: int, j: int, k: int, l: int) -> Element:
        if i < k < l < j:  # the first Bianchi identity, where the two other components are at hand
            others = [("_riemann_lowered", i, l, k, j), ("_riemann_lowered", i, k, l, j)]
            if all(key in self.components for key in others):
                return self.components[others[0]] - self.components[others[1]]
        return self.riemann_pair(i, j, k, l)

    @component
    def riemann(self, i: int, j: int, k: int, l: int) -> Element:
        """R^i_jkl = g^im R_mjkl."""
        if k == l:
            return self.field.zero
        if k > l:
            return -self.riemann(i, j, l, k)
        return self.contract(lambda m: (self.inverse(i, m), self.riemann_lowered(m, j, k, l)))

    def inverse_minor(self, p: Pair, q: Pair) -> Element:
        """G^PQ = g^ik g^jl − g^il g^jk."""
        return self._inverse_minor(*min(p, q), *max(p, q))

    @component
    def _inverse_minor(self, i: int, j: int, k: int, l: int) -> Element:
        h = self.inverse
        return h(i, k) * h(j, l) - h(i, l) * h(j, k)

    @component
    def curvature_operator(self, p: Pair, q: Pair) -> Element:
        """M^P_Q = R^ij_kl, the Riemann tensor as an operator on bivectors."""
        return total(
            self.field,
            (g * r for a in pairs(self.dim) if (r := self.riemann_lowered(*a, *q)) and (g := self.inverse_minor(p, a))),
        )

    # -- Ricci ---------------------------------------------------------------------------

    def ricci(self, j: int, l: int) -> Element:
        """R_jl = g^ik R_ijkl."""
        return self._ricci(min(j, l), max(j, l))

    @component
    def _ricci(self, j: int, l: int) -> Element:
        n = range(self.dim)
        if self.dim == 2:
            return self.ricci_scalar() * self.metric(j, l) / 2
        terms = ((self.inverse(i, k), i, k) for i in n for k in n if i != j and k != l)
        return total(self.field, (h * self.riemann_lowered(i, j, k, l) for h, i, k in terms if h))

    @component
    def ricci_mixed(self, i: int, j: int) -> Element:
        """R^i_j = g^ik R_kj."""
        return self.contract(lambda k: (self.inverse(i, k), self.ricci(k, j)))

    @component
    def ricci_scalar(self) -> Element:
        """R = 2 G^PQ R_PQ."""
        if self.dim == 2:
            return 2 * self.riemann_lowered(0, 1, 0, 1) / self.determinant()
        terms = ((p, q) for p in pairs(self.dim) for q in pairs(self.dim) if p <= q)
        return 2 * total(
            self.field,
            (
                (1 if p == q else 2) * g * self.riemann_lowered(*p, *q)
                for p, q in terms
                if (g := self.inverse_minor(p, q))
            ),
        )

    # -- derived tensors --------------------------------------------------------------------

    @component
    def kretschmann(self) -> Element:
        """R_ijkl R^ijkl = 4 tr M²."""
        m, all_pairs = self.curvature_operator, pairs(self.dim)
        squares = (m(p, p) ** 2 for p in all_pairs if m(p, p))
        crossed = (2 * m(p, q) * m(q, p) for p, q in combinations(all_pairs, 2) if m(p, q) and m(q, p))
        return 4 * (total(self.field, squares) + total(self.field, crossed))

    @component
    def einstein(self, i: int, j: int) -> Element:
        """G_ij = R_ij − ½ R g_ij."""
        if i > j:
            return self.einstein(j, i)
        return self.ricci(i, j) - self.ricci_scalar() * self.metric(i, j) / 2

    @component
    def schouten(self, i: int, j: int) -> Element:
        """P_ij = (R_ij − R g_ij / (2(n−1))) / (n−2)."""
        if i > j:
            return self.schouten(j, i)
        n = self.dim
        return (self.ricci(i, j) - self.ricci_scalar() * self.metric(i, j) / (2 * (n - 1))) / (n - 2)

    def weyl(self, i: int, j: int, k: int, l: int) -> Element:
        """C_ijkl = R_ijkl − (g ∧ P)_ijkl, zero below dimension 4."""
        sign, representative = riemannian((i, j, k, l))
        if self.dim < 4 or not sign:
            return self.field.zero
        value = self._weyl(*representative)
        return value if sign > 0 else -value

    @component
    def _weyl(self, i: int, j: int, k: int, l: int) -> Element:
        g, p = self.metric, self.schouten
        return self.riemann_lowered(i, j, k, l) - (
            g(i, k) * p(j, l) + g(j, l) * p(i, k) - g(i, l) * p(j, k) - g(j, k) * p(i, l)
        )

    def independent_riemann(self) -> Iterator[tuple[int, int, int, int]]:
        """The index quadruples i < j, k < l, (i, j) ≤ (k, l) that the pair symmetries leave."""
        for p in pairs(self.dim):
            for q in pairs(self.dim):
                if p <= q:
                    yield (*p, *q)


class GeneralGeometry(Curvature):
    """A metric without further structure: R from g, ∂g and ∂²g."""

    structure = "general"

    def riemann_pair(self, i: int, j: int, k: int, l: int) -> Element:
        """R_ijkl = ½(∂_j∂_k g_il + ∂_i∂_l g_jk − ∂_i∂_k g_jl − ∂_j∂_l g_ik) + g^rs(Γ_{r,jk}Γ_{s,il} − Γ_{r,jl}Γ_{s,ik}).

        The second kind of Christoffel symbols is never differentiated (Weinberg 1972, eq. 6.6.2).
        """
        d, first, second = self.metric_second_derivative, self.christoffel_first, self.christoffel
        linear = (d(i, l, j, k) + d(j, k, i, l) - d(j, l, i, k) - d(i, k, j, l)) / 2
        return (
            linear
            + self.contract(lambda s: (first(s, i, l), second(s, j, k)))
            - self.contract(lambda s: (first(s, i, k), second(s, j, l)))
        )


class HessianGeometry(Curvature):
    """A metric that is a Hessian in these coordinates, g_ij = ∂_i∂_jφ: R from g and T_ijk = ∂_k g_ij.

    The second derivatives of g cancel in R_ijkl, and Γ_{k,ij} = ½ T_ijk
    (Shima, The Geometry of Hessian Structures, 2007, sec. 2.2).
    """

    structure = "hessian"

    def cubic(self, i: int, j: int, k: int) -> Element:
        """T_ijk = ∂_i∂_j∂_kφ."""
        return self._metric_derivative(*sorted((i, j, k)))

    def metric_derivative(self, i: int, j: int, k: int) -> Element:
        return self.cubic(i, j, k)

    def christoffel_first(self, k: int, i: int, j: int) -> Element:
        return self.cubic(i, j, k) / 2

    def cubic_raised(self, r: int, i: int, j: int) -> Element:
        """T^r_ij = g^rs T_sij."""
        return self._cubic_raised(r, min(i, j), max(i, j))

    @component
    def _cubic_raised(self, r: int, i: int, j: int) -> Element:
        return self.contract(lambda s: (self.inverse(r, s), self.cubic(s, i, j)))

    @component
    def _christoffel(self, i: int, j: int, k: int) -> Element:
        return self.cubic_raised(i, j, k) / 2

    @component
    def cubic_trace(self, s: int) -> Element:
        """τ_s = g^ij T_ijs."""
        return total(self.field, (self.cubic_raised(i, i, s) for i in range(self.dim)))

    def riemann_pair(self, i: int, j: int, k: int, l: int) -> Element:
        """R_ijkl = ¼ g^rs (T_ilr T_jks − T_ikr T_jls)."""
        t, raised = self.cubic, self.cubic_raised
        if self.dim == 2:  # one component, without the inverse: the 3×3 determinant of Duistermaat (2001)
            return -self._determinant_of_jets() / (4 * self.determinant())
        return (
            self.contract(lambda r: (t(i, l, r), raised(r, j, k)))
            - self.contract(lambda r: (t(i, k, r), raised(r, j, l)))
        ) / 4

    def _determinant_of_jets(self) -> Element:
        """det [(g11, g12, g22); (T111, T112, T122); (T112, T122, T222)]."""
        g, t = self.metric, self.cubic
        a, b, c, d = t(0, 0, 0), t(0, 0, 1), t(0, 1, 1), t(1, 1, 1)
        return g(0, 0) * (b * d - c * c) - g(0, 1) * (a * d - b * c) + g(1, 1) * (a * c - b * b)

    @component
    def _ricci(self, j: int, l: int) -> Element:
        """R_jl = ¼ (T^rs_j T_rsl − τ^r T_rjl)."""
        if self.dim == 2:
            return self.ricci_scalar() * self.metric(j, l) / 2
        n, raised = range(self.dim), self.cubic_raised
        crossed = (a * b for r in n for s in n if (a := raised(r, s, j)) and (b := raised(s, r, l)))
        traced = (a * b for r in n if (a := self.cubic_trace(r)) and (b := raised(r, j, l)))
        return (total(self.field, crossed) - total(self.field, traced)) / 4

    @component
    def ricci_scalar(self) -> Element:
        """R = ¼ (|T|² − |τ|²)."""
        if self.dim == 2:
            det = self.determinant()
            return -self._determinant_of_jets() / (2 * det * det)
        n = range(self.dim)
        mixed = total(
            self.field,
            (h * (2 - (j == l)) * r for j in n for l in n[j:] if (h := self.inverse(j, l)) and (r := self.ricci(j, l))),
        )
        return mixed


def detect_structure(
    field: DifferentialField, coordinates: Sequence[sp.Symbol], metric: Sequence[Sequence[Element]]
) -> Curvature:
    """The geometry that needs the fewest derivatives: Hessian where ∂_k g_ij is totally symmetric.

    The test is exact: differences of elements of the field, compared with zero.
    """
    candidate = GeneralGeometry(field, coordinates, metric)
    d, n = candidate.metric_derivative, range(candidate.dim)
    symmetric = all(d(i, j, k) == d(j, k, i) == d(i, k, j) for i in n for j in n[i:] for k in n[j:] if not i == j == k)
    if not symmetric:
        return candidate
    hessian = HessianGeometry(field, coordinates, metric)
    hessian.components.update(candidate.components)
    return hessian
