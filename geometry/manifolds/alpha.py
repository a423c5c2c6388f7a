"""The α-geometry of a metric and a cubic tensor: connections, curvature, duality.

    Γ^(α)_{ij,k} = Γ^LC_{ij,k} − (α/2) T_ijk,     ∂_k g_ij = Γ^(α)_{ki,j} + Γ^(−α)_{kj,i}

(S. Amari and H. Nagaoka, Methods of Information Geometry, AMS 2000, ch. 2–3; S. Lauritzen,
Statistical manifolds, 1987).  Written once, for every manifold that knows T.
"""

from __future__ import annotations

from abc import abstractmethod
from itertools import product
from typing import Any

import sympy as sp
from sympy import ImmutableDenseNDimArray as Array

from ..exact.reading import read
from .flat_coordinates import FlatCoordinates, affine_coordinates
from .local import Element, total
from .riemannian import RiemannianManifold
from .vanishing import Verdict, vanish

__all__ = ["AlphaManifold"]


class AlphaManifold(RiemannianManifold):
    """A Riemannian manifold with a totally symmetric cubic tensor T, and the connections ∇^(α) that the two define."""

    @abstractmethod
    def _amari(self, i: int, j: int, k: int) -> Element:
        """T_ijk."""

    def _amari_raised(self, r: int, i: int, j: int) -> Element:
        """T^r_ij."""
        key = ("amari_raised", r, *sorted((i, j)))
        known = self.local.components
        if key not in known:
            known[key] = self.local.contract(lambda s: (self.local.inverse(r, s), self._amari(s, i, j)))
        return known[key]

    def _alpha_christoffel(self, alpha: Element, i: int, j: int, k: int) -> Element:
        return self.local.christoffel(i, j, k) - alpha * self._amari_raised(i, j, k) / 2

    @property
    def amari_chentsov(self) -> Array:
        """T_ijk = E[s_i s_j s_k], totally symmetric."""
        return self._array("amari_chentsov", 3, self._amari)

    def alpha_connection(self, alpha: Any) -> Array:
        """Γ^(α)i_jk, indexed [i, j, k]: α = 1 the exponential, −1 the mixture, 0 the Levi-Civita connection."""
        a = self.field(read(alpha, "alpha"))
        n = range(self.dim)
        entries = [self._alpha_christoffel(a, i, j, k).as_expr() for i, j, k in product(n, repeat=3)]
        return Array(entries, (self.dim,) * 3)

    def alpha_connection_first(self, alpha: Any) -> Array:
        """Γ^(α)_{ij,k} with the lowered index last, indexed [i, j, k]."""
        a = self.field(read(alpha, "alpha"))
        n = range(self.dim)
        entries = [
            (self.local.christoffel_first(k, i, j) - a * self._amari(i, j, k) / 2).as_expr()
            for i, j, k in product(n, repeat=3)
        ]
        return Array(entries, (self.dim,) * 3)

    def _alpha_riemann(self, a: Element, i: int, j: int, k: int, l: int) -> Element:
        """R^(α)i_jkl from the connection by definition."""
        gamma = lambda *index: self._alpha_christoffel(a, *index)
        x = self.coordinates
        value = gamma(i, j, l).diff(x[k]) - gamma(i, j, k).diff(x[l])
        for m in range(self.dim):
            value = value + gamma(i, k, m) * gamma(m, j, l) - gamma(i, l, m) * gamma(m, j, k)
        return value

    def affine_coordinates(self, alpha: Any) -> FlatCoordinates:
        """Coordinates in which Γ^(α) vanishes, where there are any; see `flat_coordinates.affine_coordinates`."""
        return affine_coordinates(self, alpha)

    def alpha_riemann(self, alpha: Any) -> Array:
        """R^(α)i_jkl = ∂_kΓ^(α)i_jl − ∂_lΓ^(α)i_jk + Γ^(α)i_km Γ^(α)m_jl − Γ^(α)i_lm Γ^(α)m_jk."""
        a = self.field(read(alpha, "alpha"))
        n = self.dim
        entries: dict[tuple[int, ...], Element] = {}
        for i, j, k, l in product(range(n), repeat=4):
            if k < l:
                entries[i, j, k, l] = self._alpha_riemann(a, i, j, k, l)
                entries[i, j, l, k] = -entries[i, j, k, l]
            elif k == l:
                entries[i, j, k, l] = self.field.zero
        return Array([entries[index].as_expr() for index in product(range(n), repeat=4)], (n,) * 4)

    def alpha_ricci_scalar(self, alpha: Any) -> sp.Expr:
        """R^(α) = g^jl R^(α)i_jil = R − (α²/4)(T_ijk T^ijk − τ_i τ^i), τ_i = g^jk T_ijk.

        The term linear in α is g^jl(∇_i T^i_jl − ∇_l T^i_ij), which vanishes since T is totally symmetric.
        """
        a = self.field(read(alpha, "alpha"))
        return (self.local.ricci_scalar() - a * a * self._cubic_excess() / 4).as_expr()

    def _cubic_excess(self) -> Element:
        """T_ijk T^ijk − τ_i τ^i."""
        known = self.local.components
        if ("cubic_excess",) not in known:
            n = range(self.dim)
            raised = self._amari_raised
            excess = self.field.zero
            # T_ijk T^ijk = T^r_is T^s_rk g^ik: contract the pair of raised tensors with the inverse metric.
            pair = {
                (i, k): total(self.field, (raised(r, i, s) * raised(s, k, r) for r in n for s in n))
                for i in n
                for k in n
                if i <= k
            }
            trace = [total(self.field, (raised(r, r, i) for r in n)) for i in n]
            for i in n:
                for k in n:
                    h = self.local.inverse(i, k)
                    if h:
                        excess = excess + h * (pair[min(i, k), max(i, k)] - trace[i] * trace[k])
            known[("cubic_excess",)] = excess
        return known[("cubic_excess",)]

    def check_duality(self, alpha: Any) -> Verdict:
        """Whether ∇^(α) and ∇^(−α) are dual: ∂_k g_ij = Γ^(α)_{ki,j} + Γ^(−α)_{kj,i}, exactly."""
        plus, minus = self.alpha_connection_first(alpha), self.alpha_connection_first(-read(alpha, "alpha"))
        n = range(self.dim)
        return vanish(
            self.local.metric_derivative(i, j, k) - self.field(plus[k, i, j]) - self.field(minus[k, j, i])
            for i, j, k in product(n, repeat=3)
        )
