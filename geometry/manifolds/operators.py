"""Differential operators on functions, vector fields and tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sympy as sp

from .inputs import ManifoldError, read_array, read_expression
from .local import Element, total
from .tensors import DOWN, UP, Tensor

if TYPE_CHECKING:
    from .riemannian import RiemannianManifold

__all__ = [
    "as_tensor",
    "covariant_derivative",
    "divergence",
    "gradient",
    "hessian",
    "killing_form",
    "laplacian",
    "lie_derivative",
    "sectional_curvature",
    "vector_field",
]


def as_tensor(manifold: RiemannianManifold, value: Any, indices: Any = None) -> Tensor:
    """`value` as a tensor: a Tensor stays, a function is a scalar, components need `indices`."""
    if isinstance(value, Tensor):
        if value.manifold is not manifold:
            raise ManifoldError("this tensor lives on another manifold")
        if indices is not None:
            raise ManifoldError("a Tensor has declared its index positions already; leave `indices` out")
        return value
    if indices is None:
        if isinstance(value, (list, tuple, sp.NDimArray, sp.MatrixBase)):
            raise ManifoldError("components need their index positions, e.g. indices=['up', 'down']")
        indices = ()
    return Tensor.from_components(manifold, value, indices)


def vector_field(manifold: RiemannianManifold, vector: Any) -> Tensor:
    """A vector field from a Tensor with one upper index or from its components X^i."""
    if isinstance(vector, Tensor):
        if vector.rank != 1:
            raise ManifoldError(f"a vector field has one index; this tensor has {vector.rank}")
        return as_tensor(manifold, vector).raised(0)
    return Tensor.from_components(manifold, read_array(vector, manifold.dim, 1, "the vector field"), (UP,))


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


# -- tensors ------------------------------------------------------------------------------


def covariant_derivative(tensor: Tensor) -> Tensor:
    """(∇T)_{…k} = ∂_k T + Σ_up Γ^i_mk T^m − Σ_down Γ^m_ik T_m; the new index is the last."""
    manifold = tensor.manifold
    local, field = manifold.local, manifold.field

    def element(*indices: int) -> Element:
        *old, k = indices
        terms = [tensor.element(*old).diff(manifold.coordinates[k])]
        for slot, position in enumerate(tensor.indices):
            for m in range(manifold.dim):
                up = position is UP
                gamma = local.christoffel(old[slot], m, k) if up else local.christoffel(m, old[slot], k)
                if gamma and (t := tensor.element(*old[:slot], m, *old[slot + 1 :])):
                    terms.append(gamma * t if up else -gamma * t)
        return total(field, terms)

    return Tensor(manifold, (*tensor.indices, DOWN), element)


def lie_derivative(tensor: Tensor, vector: Any) -> Tensor:
    """L_X T = X^m ∂_m T − Σ_up T^m ∂_m X^i + Σ_down T_m ∂_i X^m."""
    manifold = tensor.manifold
    flow = vector_field(manifold, vector)
    x, n = manifold.coordinates, range(manifold.dim)

    def element(*indices: int) -> Element:
        value = tensor.element(*indices)
        terms = [f * value.diff(x[m]) for m in n if (f := flow.element(m))]
        for slot, position in enumerate(tensor.indices):
            for m in n:
                up = position is UP
                slope = flow.element(indices[slot]).diff(x[m]) if up else flow.element(m).diff(x[indices[slot]])
                if slope and (t := tensor.element(*indices[:slot], m, *indices[slot + 1 :])):
                    terms.append(-slope * t if up else slope * t)
        return total(manifold.field, terms)

    return Tensor(manifold, tensor.indices, element)


def killing_form(manifold: RiemannianManifold, vector: Any) -> Tensor:
    """(L_X g)_ij = ∇_i X_j + ∇_j X_i, zero for an isometry."""
    return lie_derivative(Tensor(manifold, (DOWN, DOWN), manifold.local.metric), vector)
