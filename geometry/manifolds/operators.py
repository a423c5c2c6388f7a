"""Differential operators on functions, vector fields and tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .inputs import ManifoldError, read_expression
from .local import Element, total
from .tensors import DOWN, UP, Tensor, vector_field

if TYPE_CHECKING:
    from .riemannian import RiemannianManifold

__all__ = [
    "divergence",
    "gradient",
    "hessian",
    "killing_form",
    "laplacian",
    "sectional_curvature",
]


def _function(manifold: RiemannianManifold, function: Any) -> Element:
    return manifold.field(read_expression(function, "the function"))


# -- functions and vector fields -----------------------------------------------------------


def gradient(manifold: RiemannianManifold, function: Any) -> Tensor:
    """(grad f)^i = g^ij ∂_j f."""
    f, local = _function(manifold, function), manifold.local
    slopes = [f.diff(x) for x in manifold.coordinates]
    return Tensor(manifold, (UP,), lambda i: local.contract(lambda j: (local.inverse(i, j), slopes[j])))


def hessian(manifold: RiemannianManifold, function: Any) -> Tensor:
    """∇_i∇_j f = ∂_i∂_j f − Γ^k_ij ∂_k f."""
    f, local, x = _function(manifold, function), manifold.local, manifold.coordinates
    slopes = [f.diff(c) for c in x]

    def element(i: int, j: int) -> Element:
        if i > j:
            return tensor.element(j, i)
        return slopes[i].diff(x[j]) - local.contract(
            lambda k: (slopes[k], local.christoffel(k, i, j) if slopes[k] else slopes[k])
        )

    tensor = Tensor(manifold, (DOWN, DOWN), element)
    return tensor


def divergence(manifold: RiemannianManifold, vector: Any) -> Element:
    """∇_i X^i = ∂_i X^i + X^i ∂_i log √|g|."""
    field, local = vector_field(manifold, vector), manifold.local
    components = [field.element(i) for i in range(manifold.dim)]
    spread = total(manifold.field, (c.diff(x) for c, x in zip(components, manifold.coordinates)))
    if not any(components):
        return spread
    det = local.determinant()
    growth = total(manifold.field, (c * det.diff(x) for c, x in zip(components, manifold.coordinates) if c))
    return spread + growth / (2 * det) if growth else spread


def laplacian(manifold: RiemannianManifold, function: Any) -> Element:
    """Δf = (1/√|g|) ∂_i(√|g| g^ij ∂_j f)."""
    return divergence(manifold, gradient(manifold, function))


def sectional_curvature(manifold: RiemannianManifold, first: Any, second: Any) -> Element:
    """K(u, v) = R_ijkl u^i v^j u^k v^l / (|u|²|v|² − ⟨u, v⟩²)."""
    from .curvature import pairs

    u, v = (vector_field(manifold, w).element for w in (first, second))
    local, field = manifold.local, manifold.field
    bivector = {p: b for p in pairs(manifold.dim) if (b := u(p[0]) * v(p[1]) - u(p[1]) * v(p[0]))}
    g = local.metric

    def area(p: tuple[int, int], q: tuple[int, int]) -> Element:
        return g(p[0], q[0]) * g(p[1], q[1]) - g(p[0], q[1]) * g(p[1], q[0])

    products = [(p, q, a * b) for p, a in bivector.items() for q, b in bivector.items()]
    norm = total(field, (b * area(p, q) for p, q, b in products))
    if norm.is_zero:
        raise ManifoldError("the two vectors do not span a plane on which the metric is regular: |u|²|v|² = ⟨u, v⟩²")
    return total(field, (b * local.riemann_lowered(*p, *q) for p, q, b in products)) / norm


def killing_form(manifold: RiemannianManifold, vector: Any) -> Tensor:
    """(L_X g)_ij = ∇_i X_j + ∇_j X_i, zero for an isometry."""
    return Tensor(manifold, (DOWN, DOWN), manifold.local.metric).lie_derivative(vector)
