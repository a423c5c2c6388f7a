"""What kind of manifold it is: exact answers, because zero is recognised exactly in the field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .local import Element, LocalGeometry
from .tensors import DOWN, Tensor

if TYPE_CHECKING:
    from .riemannian import RiemannianManifold

__all__ = ["constant_curvature", "is_conformally_flat", "is_constant", "is_einstein", "is_flat", "is_ricci_flat"]


def is_constant(local: LocalGeometry, element: Element) -> bool:
    """Whether a function of the coordinates is a constant."""
    return all(element.diff(x).is_zero for x in local.coordinates)


def is_flat(local: LocalGeometry) -> bool:
    """R_ijkl = 0."""
    return all(local.riemann_lowered(*q).is_zero for q in local.independent_riemann())


def is_ricci_flat(local: LocalGeometry) -> bool:
    """R_ij = 0."""
    return all(local.ricci(i, j).is_zero for i in range(local.dim) for j in range(i + 1))


def is_einstein(local: LocalGeometry) -> bool:
    """R_ij = (R/n) g_ij with a constant R (which follows from the rest only for n ≥ 3)."""
    n, scalar = local.dim, local.ricci_scalar()
    if not is_constant(local, scalar):
        return False
    return n < 3 or all(local.ricci(i, j) * n == scalar * local.metric(i, j) for i in range(n) for j in range(i + 1))


def constant_curvature(local: LocalGeometry) -> Element | None:
    """The constant K with R_ijkl = K (g_ik g_jl − g_il g_jk), or None."""
    n, g = local.dim, local.metric
    if n == 1:
        return local.field.zero
    k = local.ricci_scalar() / (n * (n - 1))
    if not is_constant(local, k):
        return None
    for a, b, c, d in local.independent_riemann():
        if not local.riemann_lowered(a, b, c, d) == k * (g(a, c) * g(b, d) - g(a, d) * g(b, c)):
            return None
    return k


def is_conformally_flat(manifold: RiemannianManifold) -> bool:
    """The Weyl tensor vanishes (n ≥ 4), or ∇_k P_ij − ∇_j P_ik does (n = 3, Cotton 1899); always so for n ≤ 2."""
    local = manifold.local
    if local.dim == 3:
        slope = Tensor(manifold, (DOWN, DOWN), local.schouten).covariant_derivative()
        return (slope - slope.transposed(0, 2, 1)).is_zero()
    return local.dim < 3 or all(local.weyl(*q).is_zero for q in local.independent_riemann())
