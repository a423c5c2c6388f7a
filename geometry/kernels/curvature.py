"""The curvature of a metric, written once for every kind of number.

A component here is anything that has +, −, ·, / and knows whether it is zero for certain (`bool`): an element of a
differential field (`manifolds.local`), a node of a program (`contraction`), a ball or a rational number. What a
binding supplies is the jet of the metric: g_ij, its derivatives, g^ij and det g. Nothing is computed before it is
asked for, and every finished component stays, so a long computation that is interrupted resumes where it stopped.

All formulas are for R_ijkl = g_im R^m_jkl in the conventions of `chentsov.geometry.conventions`. The Riemann tensor
is kept as the symmetric operator that it is on bivectors: with the index pairs P = (i<j), Q = (k<l),

    G^PQ = g^ik g^jl − g^il g^jk,      M^P_Q = G^PA R_AQ = R^ij_kl,

the Ricci scalar is 2 tr M, Kretschmann's invariant is 4 tr M², and constant curvature K means M = K·1 (Petrov 1954;
Besse, Einstein Manifolds, 1.108). Three structures of a metric need fewer derivatives the more is known:
`GeneralCurvature` g, ∂g and ∂²g, `HessianCurvature` g and ∂g, `GaussCurvature` first and second derivatives of an
immersion. In many dimensions the same sums run as compiled loops (`loops`), and those over data rows as matrix
products (`rows`); the validator's own pipeline stays apart on purpose.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce, wraps
from itertools import combinations
from operator import mul
from typing import Any, TypeVar

from .symmetries import riemannian

__all__ = [
    "Component",
    "Curvature",
    "FramedCurvature",
    "GaussCurvature",
    "GeneralCurvature",
    "HessianCurvature",
    "QUANTITIES",
    "SPECIAL_QUANTITIES",
    "component",
    "pairs",
]

Component = Any  # has + − · / and a truth value that is False only for a certain zero
Pair = tuple[int, int]
F = TypeVar("F", bound=Callable[..., Any])


#: What a metric gives, with the number of indices; each is a method of `Curvature` (see `Curvature.quantity`).
QUANTITIES = {
    "metric": 2,
    "inverse_metric": 2,
    "determinant": 0,
    "volume_density": 0,
    "christoffel": 3,
    "christoffel_first": 3,
    "riemann": 4,
    "riemann_lowered": 4,
    "ricci": 2,
    "ricci_scalar": 0,
    "einstein": 2,
    "weyl": 4,
    "kretschmann": 0,
}

#: What only surfaces and only Hessian metrics have.
SPECIAL_QUANTITIES = {"gaussian_curvature": 0, "cubic": 3}


def component(method: F) -> F:
    """Remember each component that `method(self, *indices)` returns."""
    name = method.__name__

    @wraps(method)
    def remembered(self: Curvature, *indices: Any) -> Any:
        key = (name, *indices)
        known = self.components
        if key not in known:
            known[key] = method(self, *indices)
        return known[key]

    return remembered  # type: ignore[return-value]


def pairs(dim: int) -> list[Pair]:
    """The index pairs i < j."""
    return list(combinations(range(dim), 2))


class Curvature(ABC):
    """The connection, and everything that follows from R_ijkl, whatever it was made of.

    Args:
        dim: the number of coordinates.
        zero: the zero of the components.
        metric: g_ij as a square symmetric array; only i <= j is read.
    """

    structure: str

    def __init__(self, dim: int, zero: Component, metric: Sequence[Sequence[Component]]) -> None:
        self.dim, self.zero = dim, zero
        self.components: dict[tuple[Any, ...], Any] = {}
        for i in range(dim):
            for j in range(i, dim):
                self.components["metric", i, j] = metric[i][j]

    # -- what a binding and a structure supply ------------------------------------------------

    @abstractmethod
    def _metric_derivative(self, i: int, j: int, k: int) -> Component:
        """∂_k g_ij for i <= j."""

    @abstractmethod
    def _metric_second_derivative(self, i: int, j: int, k: int, l: int) -> Component:
        """∂_k ∂_l g_ij for i <= j, k <= l."""

    @abstractmethod
    def inverse(self, i: int, j: int) -> Component:
        """g^ij."""

    @abstractmethod
    def determinant(self) -> Component:
        """det g."""

    @abstractmethod
    def riemann_pair(self, i: int, j: int, k: int, l: int) -> Component:
        """R_ijkl for i < j, k < l and (i, j) ≤ (k, l)."""

    def quantity(self, name: str) -> Callable[..., Component] | None:
        """The component function of a quantity by its name, or None."""
        return getattr(self, {"inverse_metric": "inverse", "cubic": "metric_derivative"}.get(name, name), None)

    def total(self, terms: Iterable[Component]) -> Component:
        """The sum of the terms."""
        result = self.zero
        for term in terms:
            result = result + term
        return result

    # -- the metric and the Levi-Civita connection ------------------------------------------------

    def metric(self, i: int, j: int) -> Component:
        """g_ij."""
        return self.components["metric", min(i, j), max(i, j)]

    def metric_derivative(self, i: int, j: int, k: int) -> Component:
        """∂_k g_ij."""
        return self._metric_derivative(min(i, j), max(i, j), k)

    def metric_second_derivative(self, i: int, j: int, k: int, l: int) -> Component:
        """∂_k ∂_l g_ij."""
        return self._metric_second_derivative(min(i, j), max(i, j), min(k, l), max(k, l))

    def christoffel_first(self, k: int, i: int, j: int) -> Component:
        """Γ_{k,ij} = ½ (∂_i g_kj + ∂_j g_ki − ∂_k g_ij)."""
        return self._christoffel_first(k, min(i, j), max(i, j))

    @component
    def _christoffel_first(self, k: int, i: int, j: int) -> Component:
        d = self.metric_derivative
        if k == i:
            return d(k, k, j) / 2 if k != j else d(k, k, k) / 2
        if k == j:
            return d(k, k, i) / 2
        return (d(k, j, i) + d(k, i, j) - d(i, j, k)) / 2

    def christoffel(self, i: int, j: int, k: int) -> Component:
        """Γ^i_jk = g^im Γ_{m,jk}."""
        return self._christoffel(i, min(j, k), max(j, k))

    @component
    def _christoffel(self, i: int, j: int, k: int) -> Component:
        return self.contract(lambda m: (self.inverse(i, m), self.christoffel_first(m, j, k)))

    def contract(self, factors: Callable[[int], tuple[Component, Component]]) -> Component:
        """Σ_m a_m b_m for `factors(m) = (a_m, b_m)`; the second factor of a zero is dropped."""
        return self.total((a * b for a, b in map(factors, range(self.dim)) if a and b))

    # -- Riemann -------------------------------------------------------------------------

    def riemann_lowered(self, i: int, j: int, k: int, l: int) -> Component:
        """R_ijkl, brought to its independent component by the symmetries of the tensor."""
        sign, representative = riemannian((i, j, k, l))
        if not sign:
            return self.zero
        value = self._riemann_lowered(*representative)
        return value if sign > 0 else -value

    @component
    def _riemann_lowered(self, i: int, j: int, k: int, l: int) -> Component:
        if i < k < l < j:  # the first Bianchi identity, where the two other components are at hand
            others = [("_riemann_lowered", i, l, k, j), ("_riemann_lowered", i, k, l, j)]
            if all(key in self.components for key in others):
                return self.components[others[0]] - self.components[others[1]]
        return self.riemann_pair(i, j, k, l)

    @component
    def riemann(self, i: int, j: int, k: int, l: int) -> Component:
        """R^i_jkl = g^im R_mjkl."""
        if k == l:
            return self.zero
        if k > l:
            return -self.riemann(i, j, l, k)
        return self.contract(lambda m: (self.inverse(i, m), self.riemann_lowered(m, j, k, l)))

    def inverse_minor(self, p: Pair, q: Pair) -> Component:
        """G^PQ = g^ik g^jl − g^il g^jk."""
        return self._inverse_minor(*min(p, q), *max(p, q))

    @component
    def _inverse_minor(self, i: int, j: int, k: int, l: int) -> Component:
        h = self.inverse
        return h(i, k) * h(j, l) - h(i, l) * h(j, k)

    @component
    def curvature_operator(self, p: Pair, q: Pair) -> Component:
        """M^P_Q = R^ij_kl, the Riemann tensor as an operator on bivectors."""
        return self.total(
            (g * r for a in pairs(self.dim) if (r := self.riemann_lowered(*a, *q)) and (g := self.inverse_minor(p, a))),
        )

    # -- Ricci ---------------------------------------------------------------------------

    def ricci(self, j: int, l: int) -> Component:
        """R_jl = g^ik R_ijkl."""
        return self._ricci(min(j, l), max(j, l))

    @component
    def _ricci(self, j: int, l: int) -> Component:
        n = range(self.dim)
        if self.dim == 2:
            return self.ricci_scalar() * self.metric(j, l) / 2
        terms = ((self.inverse(i, k), i, k) for i in n for k in n if i != j and k != l)
        return self.total((h * self.riemann_lowered(i, j, k, l) for h, i, k in terms if h))

    @component
    def ricci_mixed(self, i: int, j: int) -> Component:
        """R^i_j = g^ik R_kj."""
        return self.contract(lambda k: (self.inverse(i, k), self.ricci(k, j)))

    @component
    def ricci_scalar(self) -> Component:
        """R = 2 G^PQ R_PQ."""
        if self.dim == 2:
            return 2 * self.riemann_lowered(0, 1, 0, 1) / self.determinant()
        terms = ((p, q) for p in pairs(self.dim) for q in pairs(self.dim) if p <= q)
        return 2 * self.total(
            (
                (1 if p == q else 2) * g * self.riemann_lowered(*p, *q)
                for p, q in terms
                if (g := self.inverse_minor(p, q))
            ),
        )

    def gaussian_curvature(self) -> Component:
        """K = R/2 of a surface."""
        return self.ricci_scalar() / 2

    # -- derived tensors --------------------------------------------------------------------

    @component
    def kretschmann(self) -> Component:
        """R_ijkl R^ijkl = 4 tr M²."""
        m, all_pairs = self.curvature_operator, pairs(self.dim)
        squares = (m(p, p) ** 2 for p in all_pairs if m(p, p))
        crossed = (2 * m(p, q) * m(q, p) for p, q in combinations(all_pairs, 2) if m(p, q) and m(q, p))
        return 4 * (self.total(squares) + self.total(crossed))

    @component
    def einstein(self, i: int, j: int) -> Component:
        """G_ij = R_ij − ½ R g_ij."""
        if i > j:
            return self.einstein(j, i)
        return self.ricci(i, j) - self.ricci_scalar() * self.metric(i, j) / 2

    @component
    def schouten(self, i: int, j: int) -> Component:
        """P_ij = (R_ij − R g_ij / (2(n−1))) / (n−2)."""
        if i > j:
            return self.schouten(j, i)
        n = self.dim
        return (self.ricci(i, j) - self.ricci_scalar() * self.metric(i, j) / (2 * (n - 1))) / (n - 2)

    def weyl(self, i: int, j: int, k: int, l: int) -> Component:
        """C_ijkl = R_ijkl − (g ∧ P)_ijkl, zero below dimension 4."""
        sign, representative = riemannian((i, j, k, l))
        if self.dim < 4 or not sign:
            return self.zero
        value = self._weyl(*representative)
        return value if sign > 0 else -value

    @component
    def _weyl(self, i: int, j: int, k: int, l: int) -> Component:
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


class FramedCurvature(Curvature):
    """g⁻¹ and det g by g = L D Lᵀ, in any components that can be divided."""

    def _resolved(self, weight: Component, diagonal: Component) -> Component:
        """D_j, of which g_jj is the largest part."""
        return weight

    @component
    def frame(self) -> tuple[list[list[Component]], list[Component]]:
        """(L⁻¹, D) of g = L D Lᵀ."""
        n, one = range(self.dim), self.zero + 1
        lower = [[self.zero] * self.dim for _ in n]
        weights: list[Component] = []
        for j in n:
            rest = self.metric(j, j) - self.total(lower[j][k] * (lower[j][k] * weights[k]) for k in range(j))
            weights.append(self._resolved(rest, self.metric(j, j)))
            for i in n[j + 1 :]:
                rest = self.metric(i, j) - self.total(lower[i][k] * (lower[j][k] * weights[k]) for k in range(j))
                lower[i][j] = rest / weights[j]
        inverse = [[one if i == j else self.zero for j in n] for i in n]
        for i in n:
            for j in range(i):
                inverse[i][j] = -self.total([lower[i][j], *(lower[i][k] * inverse[k][j] for k in range(j + 1, i))])
        return inverse, weights

    def inverse(self, i: int, j: int) -> Component:
        return self._inverse(min(i, j), max(i, j))

    @component
    def _inverse(self, i: int, j: int) -> Component:
        """g^ij = Σ_a (L⁻¹)_ai (L⁻¹)_aj / D_a."""
        rows, weights = self.frame()
        return self.total(rows[a][i] * rows[a][j] / weights[a] for a in range(j, self.dim))

    @component
    def determinant(self) -> Component:
        first, *others = self.frame()[1]
        return reduce(mul, others, first)


class GeneralCurvature(Curvature):
    """A metric without further structure: R from g, ∂g and ∂²g."""

    structure = "general"

    def riemann_pair(self, i: int, j: int, k: int, l: int) -> Component:
        """R_ijkl = ½(∂_j∂_k g_il + ∂_i∂_l g_jk − ∂_i∂_k g_jl − ∂_j∂_l g_ik) + g^rs(Γ_{r,jk}Γ_{s,il} −
        Γ_{r,jl}Γ_{s,ik}).

        The second kind of Christoffel symbols is never differentiated (Weinberg 1972, eq. 6.6.2).
        """
        d, first, second = self.metric_second_derivative, self.christoffel_first, self.christoffel
        linear = (d(i, l, j, k) + d(j, k, i, l) - d(j, l, i, k) - d(i, k, j, l)) / 2
        return (
            linear
            + self.contract(lambda s: (first(s, i, l), second(s, j, k)))
            - self.contract(lambda s: (first(s, i, k), second(s, j, l)))
        )


class HessianCurvature(Curvature):
    """A metric that is a Hessian in these coordinates, g_ij = ∂_i∂_jφ: R from g and T_ijk = ∂_k g_ij.

    The second derivatives of g cancel in R_ijkl, and Γ_{k,ij} = ½ T_ijk
    (Shima, The Geometry of Hessian Structures, 2007, sec. 2.2).
    """

    structure = "hessian"

    def cubic(self, i: int, j: int, k: int) -> Component:
        """T_ijk = ∂_i∂_j∂_kφ."""
        return self._metric_derivative(*sorted((i, j, k)))

    def metric_derivative(self, i: int, j: int, k: int) -> Component:
        return self.cubic(i, j, k)

    def christoffel_first(self, k: int, i: int, j: int) -> Component:
        return self.cubic(i, j, k) / 2

    def cubic_raised(self, r: int, i: int, j: int) -> Component:
        """T^r_ij = g^rs T_sij."""
        return self._cubic_raised(r, min(i, j), max(i, j))

    @component
    def _cubic_raised(self, r: int, i: int, j: int) -> Component:
        return self.contract(lambda s: (self.inverse(r, s), self.cubic(s, i, j)))

    @component
    def _christoffel(self, i: int, j: int, k: int) -> Component:
        return self.cubic_raised(i, j, k) / 2

    @component
    def cubic_trace(self, s: int) -> Component:
        """τ_s = g^ij T_ijs."""
        return self.total(self.cubic_raised(i, i, s) for i in range(self.dim))

    def riemann_pair(self, i: int, j: int, k: int, l: int) -> Component:
        """R_ijkl = ¼ g^rs (T_ilr T_jks − T_ikr T_jls)."""
        t, raised = self.cubic, self.cubic_raised
        if self.dim == 2:  # one component, without the inverse: the 3×3 determinant of Duistermaat (2001)
            return -self._determinant_of_jets() / (4 * self.determinant())
        return (
            self.contract(lambda r: (t(i, l, r), raised(r, j, k)))
            - self.contract(lambda r: (t(i, k, r), raised(r, j, l)))
        ) / 4

    def _determinant_of_jets(self) -> Component:
        """det [(g11, g12, g22); (T111, T112, T122); (T112, T122, T222)]."""
        g, t = self.metric, self.cubic
        a, b, c, d = t(0, 0, 0), t(0, 0, 1), t(0, 1, 1), t(1, 1, 1)
        return g(0, 0) * (b * d - c * c) - g(0, 1) * (a * d - b * c) + g(1, 1) * (a * c - b * b)

    @component
    def _ricci(self, j: int, l: int) -> Component:
        """R_jl = ¼ (T^rs_j T_rsl − τ^r T_rjl)."""
        if self.dim == 2:
            return self.ricci_scalar() * self.metric(j, l) / 2
        n, raised = range(self.dim), self.cubic_raised
        crossed = (a * b for r in n for s in n if (a := raised(r, s, j)) and (b := raised(s, r, l)))
        traced = (a * b for r in n if (a := self.cubic_trace(r)) and (b := raised(r, j, l)))
        return (self.total(crossed) - self.total(traced)) / 4

    @component
    def ricci_scalar(self) -> Component:
        """R = ¼ (|T|² − |τ|²)."""
        if self.dim == 2:
            det = self.determinant()
            return -self._determinant_of_jets() / (2 * det * det)
        n = range(self.dim)
        return self.total(
            h * (2 - (j == l)) * r for j in n for l in n[j:] if (h := self.inverse(j, l)) and (r := self.ricci(j, l))
        )

    def ricci_scalar_in_frame(self, frame: Sequence[Sequence[Component]], weights: Sequence[Component]) -> Component:
        """R = ½ Σ_c Σ_{a<b} (T_abc² − T_aac T_bbc) / (D_a D_b D_c), T in the frame e_a = E_a^i ∂_i, g(e_a, e_b) = D_a
        δ_ab.

        The terms a = b, which cancel, never appear: for rounded numbers this is the better form.

        Args:
            frame: E, lower triangular.
            weights: D.
        """
        n = range(self.dim)
        one = {
            (a, j, k): self.total(frame[a][i] * self.cubic(i, j, k) for i in n[: a + 1])
            for a in n
            for j in n
            for k in n[j:]
        }
        two = {
            (a, b, k): self.total(frame[b][j] * one[a, min(j, k), max(j, k)] for j in n[: b + 1])
            for a in n for b in n[a:] for k in n
        }  # fmt: skip
        t: dict[tuple[int, ...], Component] = {
            (a, b, c): self.total(frame[c][k] * two[a, b, k] for k in n[: c + 1])
            for a in n
            for b in n[a:]
            for c in n[b:]
        }
        inverse = [1 / w for w in weights]

        def term(a: int, b: int, c: int) -> Component:
            first, second, third = (t[tuple(sorted(i))] for i in ((a, b, c), (a, a, c), (b, b, c)))
            return inverse[a] * inverse[b] * inverse[c] * (first * first - second * third)

        # c = a: T_aba² − T_aaa T_bba, and likewise c = b; no two of the index pairs coincide.
        return self.total(term(a, b, c) for c in n for b in n for a in n[:b]) / 2


class GaussCurvature(Curvature):
    """An immersion Φ, g_ij = ⟨∂_iΦ, ∂_jΦ⟩: R_ijkl = ⟨II_ik, II_jl⟩ − ⟨II_il, II_jk⟩ from first and second derivatives
    of Φ.

    With Γ_{k,ij} = ⟨∂_i∂_jΦ, ∂_kΦ⟩ the normal parts have the products
    ⟨II_ij, II_kl⟩ = ⟨∂_i∂_jΦ, ∂_k∂_lΦ⟩ − g^rs Γ_{r,ij} Γ_{s,kl} (do Carmo, Riemannian Geometry, ch. 6).
    No third derivative of Φ occurs, though the metric holds first ones already.
    A binding says what the vectors are: `tangent`, `second` and `inner`.
    """

    structure = "immersed"

    @abstractmethod
    def tangent(self, i: int) -> Any:
        """∂_iΦ."""

    @abstractmethod
    def second(self, i: int, j: int) -> Any:
        """∂_i∂_jΦ."""

    @abstractmethod
    def inner(self, u: Any, v: Any) -> Component:
        """⟨u, v⟩ in the ambient space."""

    @component
    def _christoffel_first(self, k: int, i: int, j: int) -> Component:
        return self.inner(self.second(i, j), self.tangent(k))

    @component
    def _metric_derivative(self, i: int, j: int, k: int) -> Component:
        return self.christoffel_first(j, i, k) + self.christoffel_first(i, j, k)

    def normal_product(self, i: int, j: int, k: int, l: int) -> Component:
        """⟨II_ij, II_kl⟩."""
        return self._normal_product(*sorted([(min(i, j), max(i, j)), (min(k, l), max(k, l))]))

    @component
    def _normal_product(self, p: Pair, q: Pair) -> Component:
        tangential = self.contract(lambda r: (self.christoffel_first(r, *p), self.christoffel(r, *q)))
        return self.inner(self.second(*p), self.second(*q)) - tangential

    def riemann_pair(self, i: int, j: int, k: int, l: int) -> Component:
        """R_ijkl = ⟨II_ik, II_jl⟩ − ⟨II_il, II_jk⟩."""
        return self.normal_product(i, k, j, l) - self.normal_product(i, l, j, k)
