"""Hessian manifolds: a metric that is the Hessian of a potential in affine coordinates.

One convex function ψ carries the whole geometry: g_ij = ∂_i∂_jψ, T_ijk = ∂_i∂_j∂_kψ, the flat connection ∇ of the
coordinates, the flat connection ∇* of the dual coordinates η_i = ∂_iψ, and the canonical divergence between points
(H. Shima, *The Geometry of Hessian Structures*, World Scientific 2007; S. Amari & H. Nagaoka, *Methods of
Information Geometry*, AMS 2000).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Any

import sympy as sp
from sympy import ImmutableDenseNDimArray as Array

from ..exact.reading import read
from .curvature import HessianGeometry
from .hessian_operators import HessianOperators
from .inputs import ManifoldError, read_coordinates, read_expression
from .legendre import LegendreTransform
from .legendre_implicit import implicit_inverse
from .local import Element, total
from .quantities import Quantity

__all__ = ["HessianManifold"]


class SeparableGeometry(HessianGeometry):
    """ψ = Σ ψ_i(x^i), so that g is diagonal: a product of lines, whose determinant is never multiplied out.

    (As one canonical fraction it would have a number of terms exponential in the dimension.)
    """

    def inverse(self, i: int, j: int) -> Element:
        key = ("separable_inverse", i)
        if i != j:
            return self.field.zero
        if key not in self.components:
            self.components[key] = 1 / self.metric(i, i)
        return self.components[key]


class HessianManifold(HessianOperators):
    """The Hessian structure of a potential ψ in affine coordinates θ: g_ij = ∂_i∂_jψ.

    Args:
        potential: ψ(θ). Only its derivatives matter for the metric; its value enters divergences and dual potentials.
        coordinates: the affine coordinates θ^i. Every other symbol is a constant.
        dual_coordinates: the gradient η_i = ∂_iψ in a form of one's own, checked against the potential. With
            ``potential=None`` the manifold is made from the gradient alone (its Jacobian must be symmetric), which
            serves where ψ has no closed form.
        constants, domain, name, source: as for `RiemannianManifold`.

    Raises:
        ManifoldError: no potential and no gradient; the gradient is not that of the potential, or not curl-free.
        SingularMetricError: the Hessian is singular everywhere.

    >>> import sympy as sp
    >>> x, y = sp.symbols("x y", real=True)
    >>> siegel = HessianManifold(-sp.log(y - x**2/2), (x, y))
    >>> siegel.ricci_scalar, siegel.hessian_sectional_constant, siegel.dual_potential
    (-1/2, 1, -eta1**2/(2*eta2) + log(-1/eta2) - 1)
    >>> siegel.dual().dual() is siegel
    True
    """

    def __init__(
        self,
        potential: Any,
        coordinates: Sequence[sp.Symbol],
        *,
        dual_coordinates: Sequence[Any] | None = None,
        constants: Iterable[sp.Symbol] | None = None,
        domain: Any = (),
        name: str | None = None,
        source: str | None = None,
    ) -> None:
        self._start(read_coordinates(coordinates), name, source, domain=domain)
        self._dual: HessianManifold | None = None
        self._given_potential = None if potential is None else read_expression(potential, "the potential")
        self._gradient = self._read_gradient(dual_coordinates)
        self._check_constants(constants)
        rows = [[self._slope(i, j) for j in range(self.dim)] for i in range(self.dim)]
        self._check_symmetry(rows)
        separable = all(not rows[i][j] for i in range(self.dim) for j in range(i))
        if separable and all(rows[i][i] for i in range(self.dim)):
            self.local = SeparableGeometry(self.field, self.coordinates, rows)
        else:
            self._adopt(HessianGeometry(self.field, self.coordinates, rows))

    def _slope(self, i: int, j: int) -> Element:
        """∂_jη_i; without work where the given η_i does not hold x_j."""
        given = self._expressions.get(("dual_coordinates", i))
        if given is not None and self.coordinates[j] not in given.free_symbols:
            return self.field.zero
        return self._gradient[i].diff(self.coordinates[j])

    def _read_gradient(self, given: Sequence[Any] | None) -> list[Element]:
        derived: list[Element] | None = None
        if self._given_potential is not None:
            psi = self.field(self._given_potential)
            derived = [psi.diff(x) for x in self.coordinates]
        if given is None:
            if derived is None:
                raise ManifoldError("a Hessian manifold needs a potential, or the gradient of one in dual_coordinates")
            return derived
        gradient = [read_expression(e, f"dual coordinate {i}") for i, e in enumerate(given)]
        if len(gradient) != len(self.coordinates):
            raise ManifoldError(f"{len(gradient)} dual coordinates for {len(self.coordinates)} coordinates")
        elements = [self.field(e) for e in gradient]
        for i, x in enumerate(self.coordinates):
            if derived is not None and not elements[i] == derived[i]:
                raise ManifoldError(f"dual coordinate {i} is {gradient[i]}, but ∂ψ/∂{x} = {derived[i].as_expr()}")
        self._expressions.update({("dual_coordinates", i): e for i, e in enumerate(gradient)})
        return elements

    # -- what it is ----------------------------------------------------------------------------

    def _defining_expressions(self) -> tuple[sp.Expr, ...]:
        return self.dual_coordinates if self._given_potential is None else (self._given_potential,)

    @property
    def potential(self) -> sp.Expr:
        """ψ(θ).

        Raises:
            ManifoldError: the manifold was made from a gradient, without a potential.
        """
        if self._given_potential is None:
            raise ManifoldError("this manifold was made from its gradient alone: there is no closed form of ψ to show")
        return self._given_potential

    @property
    def dual_coordinates(self) -> tuple[sp.Expr, ...]:
        """η_i = ∂_iψ, the coordinates in which the dual connection is flat, as functions of θ."""
        return tuple(self._component("dual_coordinates", (i,), lambda i: self._gradient[i]) for i in range(self.dim))

    def quantities(self) -> dict[str, Quantity]:
        """Those of every Riemannian manifold, and what the potential adds."""
        known = super().quantities()
        for q in _HESSIAN_QUANTITIES:
            known[q.name] = q
        return known

    # -- Koszul forms ----------------------------------------------------------------------------

    @property
    def koszul_alpha(self) -> Array:
        """The first Koszul form α_i = ∂_i log √det g = ½ g^jk T_ijk."""
        return self._array("koszul_alpha", 1, self._alpha)

    @property
    def koszul_beta(self) -> Array:
        """The second Koszul form β_ij = ∂_jα_i; β = λg makes the Hessian structure an Einstein one (Shima, ch. 3)."""
        return self._array("koszul_beta", 2, self._beta)

    def _alpha(self, i: int) -> Element:
        return self.local.cubic_trace(i) / 2

    def _beta(self, i: int, j: int) -> Element:
        return self._alpha(min(i, j)).diff(self.coordinates[max(i, j)])

    # -- Hessian curvature -------------------------------------------------------------------------

    @property
    def quartic(self) -> Array:
        """∂_i∂_j∂_k∂_lψ."""
        return self._array("quartic", 4, self._quartic)

    def _quartic(self, i: int, j: int, k: int, l: int) -> Element:
        i, j, k, l = sorted((i, j, k, l))
        key = ("quartic", i, j, k, l)
        known = self.local.components
        if key not in known:
            known[key] = self.local.cubic(i, j, k).diff(self.coordinates[l])
        return known[key]

    @property
    def hessian_curvature(self) -> Array:
        """Q_ijkl = ½ ∂_i∂_j∂_k∂_lψ − ½ g^rs T_ikr T_jls (Shima 2007, prop. 3.1).

        Q_ijkl = Q_kjil = Q_ilkj = Q_jilk, and the Riemann tensor is ½ (Q_ijkl − Q_jikl).
        """
        return self._array("hessian_curvature", 4, self._hessian_curvature)

    def _hessian_curvature(self, i: int, j: int, k: int, l: int) -> Element:
        i, k = sorted((i, k))
        j, l = sorted((j, l))
        (i, k), (j, l) = sorted(((i, k), (j, l)))
        key = ("hessian_curvature", i, j, k, l)
        known, local = self.local.components, self.local
        if key not in known:
            square = local.contract(lambda r: (local.cubic(i, k, r), local.cubic_raised(r, j, l)))
            known[key] = (self._quartic(i, j, k, l) - square) / 2
        return known[key]

    def hessian_sectional_curvature(self, direction: Any) -> sp.Expr:
        """q(ξ) = Q_ijkl ξ^ij… ξ^kl… contracted as ⟨Q̂ξ, ξ⟩/⟨ξ, ξ⟩ with (Q̂ξ)_ik = Q_ijkl ξ^jl.

        Args:
            direction: a symmetric matrix ξ^ij, or a vector X, which stands for ξ = X ⊗ X.

        Raises:
            ManifoldError: the wrong size, a matrix that is not symmetric, or a direction of length zero.
        """
        n, k_ = range(self.dim), self.field
        xi = self._symmetric_direction(direction)
        g, q = self.local.metric, self._hessian_curvature
        pairs = [(i, k) for i in n for k in n if xi[i][k]]
        top = total(k_, (q(i, j, k, l) * xi[i][k] * xi[j][l] for i, k in pairs for j, l in pairs))
        norm = total(k_, (g(i, j) * g(k, l) * xi[i][k] * xi[j][l] for i, k in pairs for j, l in pairs))
        if norm.is_zero:
            raise ManifoldError("the direction has length zero, so it has no Hessian sectional curvature")
        return (top / norm).as_expr()

    def _symmetric_direction(self, direction: Any) -> list[list[Element]]:
        values = sp.Array(direction.tolist() if hasattr(direction, "tolist") else direction)
        n = self.dim
        if values.shape in ((n,), (n, 1), (1, n)):
            x = [self.field(v) for v in sp.flatten(values.tolist())]
            return [[a * b for b in x] for a in x]
        if values.shape != (n, n):
            raise ManifoldError(
                f"the direction has shape {tuple(values.shape)}; a vector of {n} or a {n}×{n} matrix is needed"
            )
        xi = [[self.field(values[i, j]) for j in range(n)] for i in range(n)]
        if any(not xi[i][j] == xi[j][i] for i in range(n) for j in range(i)):
            raise ManifoldError(
                "the direction must be a symmetric matrix: Hessian sectional curvature is defined on those"
            )
        return xi

    @cached_property
    def hessian_sectional_constant(self) -> sp.Expr | None:
        """c where Q_ijkl = (c/2)(g_ij g_kl + g_il g_kj) holds with one constant c, else None; then K = −c/4."""
        n, g = range(self.dim), self.local.metric
        model = lambda i, j, k, l: (g(i, j) * g(k, l) + g(i, l) * g(k, j)) / 2
        c = self._hessian_curvature(0, 0, 0, 0) / model(0, 0, 0, 0) if g(0, 0) else None
        if c is None or any(c.diff(x) for x in self.coordinates):
            return None
        indices = ((i, j, k, l) for i in n for k in n[i:] for j in n for l in n[j:])
        if all(self._hessian_curvature(*index) == c * model(*index) for index in indices):
            return c.as_expr()
        return None

    # -- the α-family of connections -----------------------------------------------------------------

    def alpha_connection(self, alpha: Any) -> Array:
        """Γ^(α)i_jk = ½(1 − α) g^im T_mjk: α = 1 the flat ∇, 0 Levi-Civita, −1 the flat dual ∇*; [i, j, k]."""
        weight = self.field((1 - read(alpha, "alpha")) / 2)
        n = range(self.dim)
        entries = [(weight * self.local.cubic_raised(i, j, k)).as_expr() for i in n for j in n for k in n]
        return Array(entries, (self.dim,) * 3)

    @property
    def primal_connection(self) -> Array:
        """Γ^i_jk of the flat connection ∇: zero in these coordinates."""
        return self.alpha_connection(1)

    @property
    def dual_connection(self) -> Array:
        """Γ*^i_jk = g^im T_mjk of the flat connection ∇*, whose affine coordinates are η."""
        return self.alpha_connection(-1)

    def alpha_ricci_scalar(self, alpha: Any) -> sp.Expr:
        """R^(α) = (1 − α²) R: the curvature of ∇^(α) is (1 − α²) times that of Levi-Civita."""
        alpha = self.field(read(alpha, "alpha"))
        return ((1 - alpha * alpha) * self.local.ricci_scalar()).as_expr()

    # -- Legendre duality ------------------------------------------------------------------------------

    @cached_property
    def legendre(self) -> LegendreTransform:
        """The Legendre transform θ ↔ η: in closed form where it inverts, numerically everywhere."""
        return LegendreTransform(self)

    @property
    def dual_symbols(self) -> tuple[sp.Symbol, ...]:
        """The symbols η_i that name the dual coordinates."""
        return self.legendre.symbols

    @property
    def dual_potential(self) -> sp.Expr:
        """φ(η) = θ·η − ψ(θ) in closed form, in `dual_symbols`.

        Raises:
            ManifoldError: no closed form was found; `legendre.conjugate` evaluates it numerically.
        """
        return self.legendre.potential

    @property
    def dual_potential_in_coordinates(self) -> sp.Expr:
        """φ(η(θ)) = θ·∂ψ − ψ as a function of θ; always available."""
        parts = [x * e for x, e in zip(self.coordinates, self.dual_coordinates)]
        return sp.Add(*parts) - self.potential

    def dual(self) -> HessianManifold:
        """The manifold of the dual potential φ in the dual coordinates η; the dual of the dual is this one.

        Where the Legendre transform has no closed form, θ(η) is a function that is known by its equation (see
        `legendre_implicit`): everything stays exact in terms of it, and `sympy.N` gives numbers to any precision.
        """
        if self._dual is None:
            closed = self.legendre.is_closed
            inverse = self.legendre.inverse if closed else implicit_inverse(self, self.dual_symbols)
            theta = [inverse[x] for x in self.coordinates]
            product = sp.Add(*(s * t for s, t in zip(self.dual_symbols, theta)))
            potential = self.dual_potential if closed else product - self.potential.subs(inverse, simultaneous=True)
            name = f"dual of {self.name}" if self.name else None
            if closed:
                other = HessianManifold(potential, self.dual_symbols, dual_coordinates=theta, name=name)
            else:
                # ∂φ = θ holds by the equation that defines θ(η), not by a rule of the field.
                other = HessianManifold(None, self.dual_symbols, dual_coordinates=theta, name=name)
                other._given_potential = potential
            other._dual = self
            back = dict(zip(self.dual_symbols, self.dual_coordinates))
            other.legendre = LegendreTransform.known(other, back, self)
            self._dual = other
        return self._dual

    def bregman(self, p: Any, q: Any) -> sp.Expr:
        """The canonical divergence D(p‖q) = ψ(p) − ψ(q) − ∂ψ(q)·(p − q), points given by affine coordinates.

        Zero for p = q, positive otherwise where ψ is convex; of an exponential family it is the Kullback–Leibler
        divergence of q from p in the order KL(q‖p).

        >>> import sympy as sp
        >>> x, y = sp.symbols("x y")
        >>> HessianManifold((x**2 + y**2)/2, (x, y)).bregman((1, 2), (0, 0))
        5/2
        """
        p, q = self._point(p, "p"), self._point(q, "q")
        at_p, at_q = dict(zip(self.coordinates, p)), dict(zip(self.coordinates, q))
        psi = self.potential
        slope = sp.Add(*(e.subs(at_q, simultaneous=True) * (a - b) for e, a, b in zip(self.dual_coordinates, p, q)))
        return psi.subs(at_p, simultaneous=True) - psi.subs(at_q, simultaneous=True) - slope


def _of(name: str, long_name: str, latex: str, rank: int) -> Quantity:
    return Quantity(name, long_name, latex, "1" if rank == 0 else "", rank, attrgetter(name))


def _dual_coordinates(manifold: HessianManifold) -> Array:
    return Array(manifold.dual_coordinates)


_HESSIAN_QUANTITIES = (
    _of("cubic", "cubic tensor", "T_{ijk}", 3),
    _of("quartic", "fourth derivatives of the potential", r"\psi_{ijkl}", 4),
    Quantity("dual_coordinates", "dual coordinates", r"\eta_i", "", 1, _dual_coordinates),
    _of("koszul_alpha", "first Koszul form", r"\alpha_i", 1),
    _of("koszul_beta", "second Koszul form", r"\beta_{ij}", 2),
    _of("hessian_curvature", "Hessian curvature tensor", "Q_{ijkl}", 4),
)
