"""Scalars made of the curvature and its derivative, from the fewest components that the symmetries leave.

The Riemann tensor is the symmetric operator M^P_Q = R^ij_kl on bivectors, and so is each ∇_e R. A full contraction of
two of them is 4 tr(M N), so that in four dimensions ∇_e R_ijkl ∇^e R^ijkl takes 84 components instead of 1024.
"""

from __future__ import annotations

from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING

import sympy as sp

from .forms import volume_form
from .inputs import ManifoldError
from .local import Element
from .tensors import DOWN, Tensor

if TYPE_CHECKING:
    from .riemannian import RiemannianManifold

__all__ = ["CurvatureInvariants"]

Operator = dict[tuple[tuple[int, int], tuple[int, int]], Element]


class CurvatureInvariants:
    """Scalar invariants of a manifold; each is derived when it is asked for.

    >>> import sympy as sp
    >>> from chentsov.geometry.manifolds import RiemannianManifold
    >>> t, p = sp.symbols("t p", real=True)
    >>> r, m, h = sp.symbols("r m theta", positive=True)
    >>> hole = RiemannianManifold(sp.diag(-(1 - 2*m/r), 1/(1 - 2*m/r), r**2, r**2*sp.sin(h)**2), (t, r, h, p))
    >>> sp.factor(hole.invariants.riemann_gradient_squared)
    720*m**2*(-2*m + r)/r**9
    >>> hole.invariants.weyl_squared, hole.invariants.euler, hole.invariants.pontryagin
    (48*m**2/r**6, 48*m**2/r**6, 0)
    """

    def __init__(self, manifold: RiemannianManifold) -> None:
        self.manifold = manifold

    @cached_property
    def ricci_squared(self) -> sp.Expr:
        """R_ij R^ij."""
        return self._ricci_squared.as_expr()

    @cached_property
    def _ricci_squared(self) -> Element:
        local, n = self.manifold.local, range(self.manifold.dim)
        mixed = local.ricci_mixed
        return local.total(a * mixed(j, i) for i in n for j in n if (a := mixed(i, j)) and mixed(j, i))

    @cached_property
    def weyl_squared(self) -> sp.Expr:
        """C_ijkl C^ijkl = R_ijkl R^ijkl − 4 R_ij R^ij/(n−2) + 2 R²/((n−1)(n−2)); zero below dimension 4."""
        n, local = self.manifold.dim, self.manifold.local
        if n < 4:
            return sp.S.Zero
        scalar = local.ricci_scalar()
        return (
            local.kretschmann() - self._ricci_squared * 4 / (n - 2) + scalar * scalar * 2 / ((n - 1) * (n - 2))
        ).as_expr()

    @cached_property
    def euler(self) -> sp.Expr:
        """R_ijkl R^ijkl − 4 R_ij R^ij + R², the density of Gauss, Bonnet and Chern: on a closed four-dimensional
        manifold its integral is 32 π² χ.
        """
        local = self.manifold.local
        scalar = local.ricci_scalar()
        return (local.kretschmann() - 4 * self._ricci_squared + scalar * scalar).as_expr()

    @cached_property
    def pontryagin(self) -> sp.Expr:
        """½ ε_ij^mn R_mnkl R^ijkl in four dimensions (Chern–Pontryagin).

        Raises:
            ManifoldError: another dimension than four.
        """
        if self.manifold.dim != 4:
            raise ManifoldError(f"the Pontryagin density has four dimensions; this manifold has {self.manifold.dim}")
        # ½ ε_ijmn R^mn_kl R^ijkl: over pairs, 4 ε_PA M^A_Q R^PQ with R^PQ = M^P_B G^BQ
        local, volume = self.manifold.local, volume_form(self.manifold)
        m, h, p = local.curvature_operator, local.inverse_minor, self._pairs
        raised = {(b, q): local.total(m(b, c) * h(c, q) for c in p if m(b, c) and h(c, q)) for b in p for q in p}
        terms = (
            e * m(a, q) * raised[b, q] for b in p for a in p if (e := volume.element(*b, *a)) for q in p
            if m(a, q) and raised[b, q]
        )  # fmt: skip
        return (4 * local.total(terms)).as_expr()

    @cached_property
    def riemann_gradient_squared(self) -> sp.Expr:
        """∇_e R_ijkl ∇^e R^ijkl (Karlhede, Lindström & Åman, Gen. Rel. Grav. 14, 569, 1982)."""
        local, n = self.manifold.local, range(self.manifold.dim)
        if self.manifold.dim == 2:  # ∇_e R_ijkl = ½ ∂_eR (g_ik g_jl − g_il g_jk)
            return self.scalar_gradient_squared
        along = [self._gradient_operator(e) for e in n]
        terms = []
        for e, f in product(n, n):
            if e <= f and (h := local.inverse(e, f)):
                trace = local.total(a * b for (p, q), a in along[e].items() if (b := along[f].get((q, p))))
                terms.append(h * trace * (1 if e == f else 2))
        return (4 * local.total(terms)).as_expr()

    @cached_property
    def ricci_gradient_squared(self) -> sp.Expr:
        """∇_k R_ij ∇^k R^ij."""
        return squared(Tensor(self.manifold, (DOWN, DOWN), self.manifold.local.ricci).covariant_derivative()).as_expr()

    @cached_property
    def scalar_gradient_squared(self) -> sp.Expr:
        """∂_i R ∂^i R."""
        return squared(self.manifold.differential(self.manifold.ricci_scalar)).as_expr()

    @property
    def _pairs(self) -> list[tuple[int, int]]:
        n = self.manifold.dim
        return [(i, j) for i in range(n) for j in range(i + 1, n)]

    def _gradient_operator(self, e: int) -> Operator:
        """(∇_e R)^P_Q = G^PA ∇_e R_AQ, of which those that are not zero."""
        local, pairs, slope = self.manifold.local, self._pairs, self._slope
        lowered = {(a, q): slope.element(*min(a, q), *max(a, q), e) for a in pairs for q in pairs}
        found: Operator = {}
        for p, q in product(pairs, pairs):
            value = local.total(g * lowered[a, q] for a in pairs if lowered[a, q] and (g := local.inverse_minor(p, a)))
            if value:
                found[p, q] = value
        return found

    @cached_property
    def _slope(self) -> Tensor:
        return self.manifold.tensor("riemann_lowered").covariant_derivative()


def squared(tensor: Tensor) -> Element:
    """T_{i…} T^{i…}, the full contraction of a tensor with itself."""
    raised = tensor
    for slot in range(tensor.rank):
        raised = raised.raised(slot) if tensor.indices[slot] is DOWN else raised.lowered(slot)
    keys = product(range(tensor.dim), repeat=tensor.rank)
    local = tensor.manifold.local
    return local.total(t * r for k in keys if (t := tensor.element(*k)) and (r := raised.element(*k)))
