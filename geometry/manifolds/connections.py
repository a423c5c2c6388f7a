"""Connections of one's own: with torsion, not compatible with the metric, or those of a frame.

    ∇_k V^i = ∂_k V^i + Γ^i_mk V^m  (the index of the derivative is the last),
    T^i_jk = Γ^i_kj − Γ^i_jk,       R^i_jkl = ∂_k Γ^i_jl − ∂_l Γ^i_jk + Γ^i_mk Γ^m_jl − Γ^i_ml Γ^m_jk

(Schouten, Ricci-Calculus, 1954, ch. III; Hehl et al., Rev. Mod. Phys. 48, 393, 1976). With T = 0 and ∇g = 0 it is
Levi-Civita's, for which the manifold has formulas of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import TYPE_CHECKING, Any

import sympy as sp

from .inputs import ManifoldError, read_array
from .local import Element, total
from .tensors import DOWN, UP, Tensor, as_tensor

if TYPE_CHECKING:
    from .frames import Frame
    from .riemannian import RiemannianManifold

__all__ = ["Connection"]


class Connection:
    """A linear connection on a manifold.

    Args:
        manifold: where it lives.
        coefficients: Γ^i_jk indexed [i, j, k], the last the index of the derivative; or (i, j, k) -> element.

    >>> import sympy as sp
    >>> from chentsov.geometry.manifolds import Connection, RiemannianManifold
    >>> space = RiemannianManifold(sp.eye(3), sp.symbols("x y z", real=True))
    >>> s = sp.Symbol("s", real=True)
    >>> twisted = Connection.with_torsion(space, space.levi_civita * s)
    >>> twisted.is_metric(), twisted.torsion[0, 1, 2], twisted.ricci_scalar       # R − ¼ T_ijk T^ijk
    (True, s, -3*s**2/2)
    """

    def __init__(self, manifold: RiemannianManifold, coefficients: Any) -> None:
        self.manifold = manifold
        if callable(coefficients):
            self._compute: Callable[..., Element] = coefficients
        else:
            array = read_array(coefficients, manifold.dim, 3, "the connection")
            self._compute = lambda *i: manifold.field(array[i])
        self._known: dict[tuple[int, int, int], Element] = {}

    @classmethod
    def levi_civita(cls, manifold: RiemannianManifold) -> Connection:
        """The one without torsion that keeps the metric."""
        return cls(manifold, manifold.local.christoffel)

    @classmethod
    def with_torsion(cls, manifold: RiemannianManifold, torsion: Any) -> Connection:
        """The one connection that keeps the metric and has the torsion T^i_jk (components, or a Tensor).

        Γ_ijk = {i, jk} + K_ijk with the contortion K_ijk = −½ (T_ijk + T_jki − T_kij).

        Raises:
            ManifoldError: T^i_jk is not antisymmetric in j, k.
        """
        if not isinstance(torsion, Tensor):
            torsion = as_tensor(manifold, torsion, (UP, DOWN, DOWN))
        if torsion.rank != 3:
            raise ManifoldError(f"a torsion T^i_jk has three indices; this tensor has {torsion.rank}")
        torsion = torsion.lowered(0).lowered(1).lowered(2)
        if (torsion + torsion.transposed(0, 2, 1)).is_zero() is False:
            raise ManifoldError("a torsion T^i_jk is antisymmetric in j and k; this one is not")
        t = torsion.element

        def contortion(i: int, j: int, k: int) -> Element:
            return -(t(i, j, k) + t(j, k, i) - t(k, i, j)) / 2

        mixed = Tensor(manifold, (DOWN, DOWN, DOWN), contortion).raised(0)
        return cls(manifold, lambda i, j, k: manifold.local.christoffel(i, j, k) + mixed.element(i, j, k))

    @classmethod
    def of_frame(cls, frame: Frame) -> Connection:
        """The connection for which the vectors of a frame are parallel (Weitzenböck): Γ^i_jk = e_a^i ∂_k θ^a_j.

        Its curvature is zero, and its torsion is that of the frame.
        """
        manifold, forms, x = frame.manifold, frame.coframe, frame.manifold.coordinates

        def element(i: int, j: int, k: int) -> Element:
            parts = ((row[i], form.element(j)) for row, form in zip(frame.elements, forms))
            return total(manifold.field, (e * theta.diff(x[k]) for e, theta in parts if e and theta))

        return cls(manifold, element)

    def element(self, i: int, j: int, k: int) -> Element:
        """Γ^i_jk as an element of the manifold's field."""
        key = (i, j, k)
        if key not in self._known:
            self._known[key] = self._compute(i, j, k)
        return self._known[key]

    def __getitem__(self, indices: tuple[int, int, int]) -> sp.Expr:
        """Γ^i_jk."""
        return self.element(*indices).as_expr()

    # -- what it does ------------------------------------------------------------------------------------

    @property
    def torsion(self) -> Tensor:
        """T^i_jk = Γ^i_kj − Γ^i_jk, the components of ∇_X Y − ∇_Y X − [X, Y]."""
        return Tensor(self.manifold, (UP, DOWN, DOWN), lambda i, j, k: self.element(i, k, j) - self.element(i, j, k))

    @property
    def curvature(self) -> Tensor:
        """R^i_jkl, the components of ∇_k∇_l − ∇_l∇_k − ∇_[k,l] on vectors."""
        x, field, n = self.manifold.coordinates, self.manifold.field, range(self.manifold.dim)
        gamma = self.element

        def element(i: int, j: int, k: int, l: int) -> Element:
            if k >= l:
                return field.zero if k == l else -tensor.element(i, j, l, k)
            terms = [gamma(i, j, l).diff(x[k]), -gamma(i, j, k).diff(x[l])]
            terms += [gamma(i, m, k) * gamma(m, j, l) for m in n if gamma(i, m, k) and gamma(m, j, l)]
            terms += [-gamma(i, m, l) * gamma(m, j, k) for m in n if gamma(i, m, l) and gamma(m, j, k)]
            return total(field, terms)

        tensor = Tensor(self.manifold, (UP, DOWN, DOWN, DOWN), element)
        return tensor

    @property
    def ricci(self) -> Tensor:
        """R_jl = R^i_jil; with torsion it need not be symmetric."""
        return self.curvature.contracted(0, 2)

    @property
    def ricci_scalar(self) -> sp.Expr:
        """g^jl R_jl."""
        return self.ricci.contracted(0, 1)[()]

    @property
    def nonmetricity(self) -> Tensor:
        """Q_ijk = ∇_k g_ij."""
        return self.covariant_derivative(self.manifold.tensor("metric"))

    def is_metric(self) -> Any:
        """Whether ∇g = 0: proven, refuted at a point, or `Undecided`."""
        return self.nonmetricity.is_zero()

    def covariant_derivative(self, tensor: Any, indices: Any = None) -> Tensor:
        """∇T; the index of the derivative is the last and is down."""
        return as_tensor(self.manifold, tensor, indices).covariant_derivative(self.element)

    @property
    def coefficients(self) -> sp.ImmutableDenseNDimArray:
        """Γ^i_jk as an array."""
        n = self.manifold.dim
        entries = [self[i, j, k] for i, j, k in product(range(n), repeat=3)]
        return sp.ImmutableDenseNDimArray(entries, (n, n, n))
