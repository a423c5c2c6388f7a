"""Differential forms: d, ∧, ⋆, interior product, Lie derivative, and what they are made of.

A p-form is a tensor with p lower indices that changes its sign when two of them are exchanged; only the components of
increasing indices are worked out. Conventions (Nakahara 2003, ch. 5 and 7; Frankel 2012, ch. 2 and 14):

    (α ∧ β)_{i₁…} = Σ over shuffles ± α β,      (dα)_{i₀…i_p} = Σ_k (−1)^k ∂_{i_k} α_{…î_k…},
    (i_X α)_{j…} = X^i α_{ij…},                 (⋆α)_{j…} = (1/p!) α^{i₁…i_p} ε_{i₁…i_p j…},   ε_{1…n} = √|g|.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import sympy as sp
from chentsov.geometry.exact import determinant

from .inputs import ManifoldError, read_array, read_expression
from .local import Element, total
from .roots import negative_directions, smooth_root
from .tensors import DOWN, Tensor, sorted_sign, vector_field

if TYPE_CHECKING:
    from .riemannian import RiemannianManifold

__all__ = ["Form", "curl", "differential", "form", "volume_form"]


class Form(Tensor):
    """A differential form; made by `manifold.form`, `manifold.differential` and from other forms.

    Args:
        manifold: where it lives.
        degree: p.
        element: increasing indices -> component, as an element of the manifold's field.

    >>> import sympy as sp
    >>> from chentsov.geometry.manifolds import RiemannianManifold
    >>> x, y, z = sp.symbols("x y z", real=True)
    >>> space = RiemannianManifold(sp.eye(3), (x, y, z))
    >>> dx, dy, dz = (space.differential(c) for c in (x, y, z))
    >>> alpha = x*y * dx + z * dy
    >>> alpha.d(), alpha ^ dx
    (-x*dx∧dy - dy∧dz, -z*dx∧dy)
    >>> alpha.d().d().is_zero(), (dx ^ dy).star() == dz, alpha.interior([0, 1, 0])[()]
    (True, True, z)
    """

    def __init__(self, manifold: RiemannianManifold, degree: int, element: Callable[..., Element]) -> None:
        super().__init__(manifold, (DOWN,) * degree, element)

    def __reduce__(self) -> tuple[Any, ...]:
        return form, (self.manifold, self.increasing(), self.rank)

    @property
    def degree(self) -> int:
        """p, the number of indices."""
        return self.rank

    def element(self, *indices: int) -> Element:
        """A component as an element of the field, by the sign of the permutation that sorts its indices."""
        sign, increasing = sorted_sign(indices)
        if not sign:
            return self.manifold.field.zero
        value = super().element(*increasing)
        return value if sign > 0 else -value

    def increasing(self) -> dict[tuple[int, ...], sp.Expr]:
        """{increasing indices: component} of the components that are not zero."""
        return {i: self[i] for i in combinations(range(self.dim), self.rank) if self.element(*i)}

    # -- algebra -------------------------------------------------------------------------------------

    def __add__(self, other: Any) -> Any:
        return self._as_form(other, super().__add__(other))

    def __sub__(self, other: Any) -> Any:
        return self._as_form(other, super().__sub__(other))

    def __neg__(self) -> Form:
        return Form(self.manifold, self.rank, lambda *i: -self.element(*i))

    def __mul__(self, other: Any) -> Any:
        """The product with a function (a form again), or the tensor product."""
        return self._as_form(other, super().__mul__(other))

    __rmul__ = __mul__

    def _as_form(self, other: Any, result: Tensor) -> Tensor:
        keeps = result.rank == self.rank and (isinstance(other, Form) or not isinstance(other, Tensor))
        return Form(self.manifold, self.rank, result.element) if keeps else result

    def __xor__(self, other: Any) -> Form:
        return self.wedge(other)

    def wedge(self, other: Form) -> Form:
        """α ∧ β, also written ``alpha ^ beta``; α ∧ β = (−1)^{pq} β ∧ α.

        Raises:
            ManifoldError: no form, or one of another manifold.
        """
        if not isinstance(other, Form) or other.manifold is not self.manifold:
            raise ManifoldError("∧ takes two forms on the same manifold; `manifold.form` makes one of components")
        p, q = self.rank, other.rank

        def element(*indices: int) -> Element:
            terms = []
            for chosen in combinations(range(p + q), p):
                rest = [s for s in range(p + q) if s not in chosen]
                if (a := self.element(*(indices[s] for s in chosen))) and (
                    b := other.element(*(indices[s] for s in rest))
                ):
                    terms.append(a * b if sorted_sign((*chosen, *rest))[0] > 0 else -(a * b))
            return total(self.manifold.field, terms)

        return Form(self.manifold, p + q, element)

    # -- calculus --------------------------------------------------------------------------------------

    def d(self) -> Form:
        """The exterior derivative dα; ddα = 0."""
        x = self.manifold.coordinates

        def element(*indices: int) -> Element:
            slopes = (self.element(*indices[:k], *indices[k + 1 :]).diff(x[i]) for k, i in enumerate(indices))
            return total(self.manifold.field, (-s if k % 2 else s for k, s in enumerate(slopes)))

        return Form(self.manifold, self.rank + 1, element)

    def interior(self, vector: Any) -> Form:
        """i_X α, the contraction of the first index with a vector field; zero of a function."""
        flow = vector_field(self.manifold, vector)
        if not self.rank:
            return Form(self.manifold, 0, lambda: self.manifold.field.zero)

        def element(*indices: int) -> Element:
            terms = ((flow.element(i), self.element(i, *indices)) for i in range(self.dim))
            return total(self.manifold.field, (a * b for a, b in terms if a and b))

        return Form(self.manifold, self.rank - 1, element)

    def lie_derivative(self, vector: Any) -> Form:
        """L_X α, a form again; equal to d i_X α + i_X dα (Cartan)."""
        return Form(self.manifold, self.rank, super().lie_derivative(vector).element)

    def star(self) -> Form:
        """⋆α, a form of degree n − p; ⋆⋆α = (−1)^{p(n−p)} sgn(det g) α.

        The orientation is that of the coordinates in their order; √|g| is a smooth function, sin θ for √(sin²θ).
        """
        volume, n, p, local = volume_form(self.manifold), self.dim, self.rank, self.manifold.local
        raised: dict[tuple[int, ...], Element] = {}

        def up(*indices: int) -> Element:
            """α^{i₁…i_p} from minors of g⁻¹."""
            if indices not in raised:
                columns = [c for c in combinations(range(n), p) if self.element(*c)]
                raised[indices] = total(
                    self.manifold.field,
                    (
                        self.element(*c) * minor
                        for c in columns
                        if (minor := _minor(self.manifold, local.inverse, indices, c))
                    ),
                )
            return raised[indices]

        def element(*indices: int) -> Element:
            rest = tuple(i for i in range(n) if i not in indices)
            value = up(*rest)
            return value * volume.element(*rest, *indices) if value else value

        return Form(self.manifold, n - p, element)

    def codifferential(self) -> Form:
        """δα with (δα)_{j…} = −∇^i α_{ij…}, the adjoint of d; the Laplacian of forms is dδ + δd."""
        n, p = self.dim, self.rank
        if not p:
            return self.interior([0] * n)
        sign = (-1) ** (n * (p + 1) + 1) * determinant_sign(self.manifold)
        dual = self.star().d().star()
        return dual if sign > 0 else -dual

    # -- display -----------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        names = [f"d{x.name}" for x in self.manifold.coordinates]
        if not self.rank:
            return str(self[()])
        basis = {i: sp.Symbol("∧".join(names[k] for k in i), commutative=False) for i in self.increasing()}
        return str(sp.Add(*(value * basis[i] for i, value in self.increasing().items())))


def _minor(manifold: RiemannianManifold, matrix: Callable[..., Element], rows: Sequence[int], columns: Any) -> Element:
    return determinant([[matrix(i, j) for j in columns] for i in rows]) if rows else manifold.field.one


def form(manifold: RiemannianManifold, components: Any, degree: int | None = None) -> Form:
    """A form from its components.

    Args:
        manifold: where it lives.
        components: a function (degree 0); {indices: component} with coordinates or their numbers as indices, so that
            {(r, t): q} is q dr∧dt; an array that is antisymmetric; or a Tensor with lower indices.
        degree: needed where it cannot be told from the components (an empty mapping).

    Raises:
        ManifoldError: components that are not antisymmetric, or indices that there are not.
    """
    if isinstance(components, Mapping):
        return _form_of_mapping(manifold, components, degree)
    if isinstance(components, Tensor):
        if components.manifold is not manifold:
            raise ManifoldError("this tensor lives on another manifold")
        for slot in range(components.rank):
            components = components.lowered(slot)
        tensor = components
    elif isinstance(components, (list, tuple, sp.NDimArray, sp.MatrixBase)):
        rank, inner = 0, components.tolist() if hasattr(components, "tolist") else components
        while isinstance(inner, (list, tuple)) and len(inner):
            rank, inner = rank + 1, inner[0]
        array = read_array(components, manifold.dim, rank, "the form")
        tensor = Tensor(manifold, (DOWN,) * rank, lambda *i: manifold.field(array[i]))
    else:
        value = manifold.field(read_expression(components, "the form"))
        return Form(manifold, 0, lambda: value)
    if degree is not None and degree != tensor.rank:
        raise ManifoldError(f"these components make a form of degree {tensor.rank}, not {degree}")
    for slot in range(tensor.rank - 1):
        order = list(range(tensor.rank))
        order[slot : slot + 2] = slot + 1, slot
        if (tensor + tensor.transposed(*order)).is_zero() is False:
            raise ManifoldError(f"these components are not antisymmetric in slots {slot} and {slot + 1}: no form")
    return Form(manifold, tensor.rank, tensor.element)


def _form_of_mapping(manifold: RiemannianManifold, given: Mapping[Any, Any], degree: int | None) -> Form:
    place = {x: k for k, x in enumerate(manifold.coordinates)}
    found: dict[tuple[int, ...], Element] = {}
    for key, value in given.items():
        listed = key if isinstance(key, tuple) else (key,)
        indices: tuple[Any, ...] = tuple(place.get(i, i) for i in listed)
        if any(isinstance(i, bool) or not isinstance(i, int) or not 0 <= i < manifold.dim for i in indices):
            raise ManifoldError(f"{key} is no index of a form here: use coordinates, or numbers below {manifold.dim}")
        if degree is None:
            degree = len(indices)
        if len(indices) != degree:
            raise ManifoldError(f"{key} has {len(indices)} indices in a form of degree {degree}")
        sign, increasing = sorted_sign(indices)
        if sign:
            term = manifold.field(read_expression(value, f"the component {key}"))
            found[increasing] = found.get(increasing, manifold.field.zero) + (term if sign > 0 else -term)
    if degree is None:
        raise ManifoldError("an empty mapping does not say its degree: give degree=")
    return Form(manifold, degree, lambda *i: found.get(i, manifold.field.zero))


def differential(manifold: RiemannianManifold, function: Any) -> Form:
    """df, a 1-form; of a coordinate dx^i."""
    return form(manifold, function).d()


def determinant_sign(manifold: RiemannianManifold) -> int:
    """The sign of det g."""
    return -1 if negative_directions(manifold.local) % 2 else 1


def volume_form(manifold: RiemannianManifold) -> Form:
    """√|g| dx¹∧…∧dxⁿ, whose components are the Levi-Civita tensor ε_{i₁…i_n}."""
    known = manifold.local.components
    if ("volume_form",) not in known:
        known[("volume_form",)] = smooth_root(manifold.local.determinant(), determinant_sign(manifold))
    return Form(manifold, manifold.dim, lambda *_: known[("volume_form",)])


def curl(manifold: RiemannianManifold, vector: Any) -> Tensor:
    """curl X = (⋆dX♭)♯ in three dimensions, (curl X)^i = ε^ijk ∇_j X_k.

    Raises:
        ManifoldError: the manifold is not three-dimensional; there dX♭ = `form(X♭).d()` says the same.
    """
    if manifold.dim != 3:
        raise ManifoldError(
            f"the curl of a vector field is a vector field in three dimensions only, not in {manifold.dim}: take the "
            "2-form manifold.form(X).d()"
        )
    return form(manifold, vector_field(manifold, vector)).d().star().raised(0)
