"""What kind of manifold it is: proven, refuted at a point, or undecided (see `vanishing`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .local import Element, LocalGeometry
from .tensors import DOWN, Tensor
from .vanishing import Verdict, every, vanish

if TYPE_CHECKING:
    from .riemannian import RiemannianManifold

__all__ = ["constant_curvature", "is_conformally_flat", "is_constant", "is_einstein", "is_flat", "is_ricci_flat"]


def is_constant(local: LocalGeometry, element: Element) -> Verdict:
    """Whether a function of the coordinates is a constant."""
    return vanish(element.diff(x) for x in local.coordinates)


def is_flat(local: LocalGeometry) -> Verdict:
    """R_ijkl = 0."""
    return vanish(local.riemann_lowered(*q) for q in local.independent_riemann())


def is_ricci_flat(local: LocalGeometry) -> Verdict:
    """R_ij = 0."""
    return vanish(local.ricci(i, j) for i in range(local.dim) for j in range(i + 1))


def is_einstein(local: LocalGeometry) -> Verdict:
    """R_ij = (R/n) g_ij with a constant R (which follows from the rest only for n ≥ 3)."""
    n, scalar = local.dim, local.ricci_scalar()
    constant = is_constant(local, scalar)
    if n < 3 or constant is False:
        return constant
    traceless = (local.ricci(i, j) * n - scalar * local.metric(i, j) for i in range(n) for j in range(i + 1))
    return every((constant, vanish(traceless)))


def constant_curvature(local: LocalGeometry) -> tuple[Verdict, Element]:
    """Whether R_ijkl = K (g_ik g_jl − g_il g_jk) with a constant K, and that K."""
    n, g = local.dim, local.metric
    if n == 1:
        return True, local.field.zero
    k = local.ricci_scalar() / (n * (n - 1))
    constant = is_constant(local, k)
    if constant is False:
        return False, k
    rest = (
        local.riemann_lowered(a, b, c, d) - k * (g(a, c) * g(b, d) - g(a, d) * g(b, c))
        for a, b, c, d in local.independent_riemann()
    )
    return every((constant, vanish(rest))), k


def is_conformally_flat(manifold: RiemannianManifold) -> Verdict:
    """The Weyl tensor vanishes (n ≥ 4), or ∇_k P_ij − ∇_j P_ik does (n = 3, Cotton 1899); always so for n ≤ 2."""
    local = manifold.local
    if local.dim == 3:
        slope = Tensor(manifold, (DOWN, DOWN), local.schouten).covariant_derivative()
        return (slope - slope.transposed(0, 2, 1)).is_zero()
    return local.dim < 3 or vanish(local.weyl(*q) for q in local.independent_riemann())
