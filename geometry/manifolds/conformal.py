"""What a conformal change sees: the tensors of Schouten, Cotton and Bach.

    P_ij = (R_ij − R g_ij/(2(n−1)))/(n−2),     C_ijk = ∇_k P_ij − ∇_j P_ik,     B_ij = ∇^k C_ijk + P^kl C_ikjl

with Weyl's C_ikjl in the last term. In three dimensions the Cotton tensor vanishes exactly where the metric is a
function times a flat one (Cotton 1899); in four the Bach tensor of λ²g is λ⁻² times that of g, free of trace and of
divergence, and zero where a multiple of g is an Einstein metric (Bach, Math. Z. 9, 110, 1921).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .inputs import ManifoldError
from .local import Element
from .tensors import DOWN, Tensor

if TYPE_CHECKING:
    from .riemannian import RiemannianManifold

__all__ = ["bach", "cotton", "schouten"]


def schouten(manifold: RiemannianManifold) -> Tensor:
    """P_ij, indexed [i, j].

    Raises:
        ManifoldError: below three dimensions, where it is not defined.
    """
    _check_dimension(manifold, 3, "Schouten")
    return Tensor(manifold, (DOWN, DOWN), manifold.local.schouten)


def cotton(manifold: RiemannianManifold) -> Tensor:
    """C_ijk = ∇_k P_ij − ∇_j P_ik, antisymmetric in j, k and free of traces; indexed [i, j, k].

    Raises:
        ManifoldError: below three dimensions.
    """
    _check_dimension(manifold, 3, "Cotton")
    slope = schouten(manifold).covariant_derivative()

    def element(i: int, j: int, k: int) -> Element:
        if j < k:
            return slope.element(*sorted((i, j)), k) - slope.element(*sorted((i, k)), j)
        return manifold.field.zero if j == k else -tensor.element(i, k, j)

    tensor = Tensor(manifold, (DOWN, DOWN, DOWN), element)
    return tensor


def bach(manifold: RiemannianManifold) -> Tensor:
    """B_ij = ∇^k C_ijk + P^kl C_ikjl, symmetric and free of trace; indexed [i, j].

    Raises:
        ManifoldError: below four dimensions.
    """
    _check_dimension(manifold, 4, "Bach")
    n, local = range(manifold.dim), manifold.local
    slope = cotton(manifold).covariant_derivative()
    raised = schouten(manifold).raised(0).raised(1)

    def element(i: int, j: int) -> Element:
        if i > j:
            return tensor.element(j, i)
        parts = [h * slope.element(i, j, k, l) for k in n for l in n if (h := local.inverse(k, l))]
        parts += [p * local.weyl(i, k, j, l) for k in n for l in n if (p := raised.element(k, l))]
        return local.total(parts)

    tensor = Tensor(manifold, (DOWN, DOWN), element)
    return tensor


def _check_dimension(manifold: RiemannianManifold, least: int, name: str) -> None:
    if manifold.dim < least:
        raise ManifoldError(f"the {name} tensor exists from dimension {least} on; this manifold has {manifold.dim}")
