"""Divergences, Laplacians, geodesics and convexity of a Hessian manifold."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy as sp

from ..exact import determinant
from ..exact.reading import match_point, read_values
from .curvature import HessianGeometry
from .hessian_grid import WhereConvex
from .hessian_volumes import log_density_slopes
from .inputs import ManifoldError, read_expression
from .legendre import LegendreTransform
from .local import total
from .riemannian import RiemannianManifold
from .tensors import vector_field

__all__ = ["HessianOperators"]

FORMS = ("affine", "riemannian", "dual")


class HessianOperators(RiemannianManifold):
    """The operators of a Hessian manifold; see `HessianManifold`."""

    local: HessianGeometry

    @property
    @abstractmethod
    def dual_coordinates(self) -> tuple[sp.Expr, ...]:
        """η_i = ∂_iψ as functions of the affine coordinates."""

    @property
    @abstractmethod
    def dual_symbols(self) -> tuple[sp.Symbol, ...]:
        """The names of the dual coordinates."""

    @property
    @abstractmethod
    def legendre(self) -> LegendreTransform:
        """The map between affine and dual coordinates."""

    def divergence(self, X: Any, volume: Any = "riemannian") -> sp.Expr:
        """(1/ρ) ∂_i(ρ X^i) for the volume "primal" (ρ = 1), "riemannian" (√det g), "dual" (det g) or any density ρ."""
        field = vector_field(self, X)
        parts = [field.element(i) for i in range(self.dim)]
        slopes = log_density_slopes(self, volume)
        spread = (p.diff(x) for p, x in zip(parts, self.coordinates))
        growth = (p * s for p, s in zip(parts, slopes) if p and s)
        return total(self.field, [*spread, *growth]).as_expr()

    def laplacian(self, f: Any, form: str = "riemannian") -> sp.Expr:
        """Δf as the trace of the second derivative in one of the three connections.

        * "affine": tr ∇df = g^ij ∂_i∂_jf;
        * "dual": tr ∇*df = g_ij ∂^i∂^jf in dual coordinates = g^ij ∂_i∂_jf − 2α^k ∂_kf;
        * "riemannian" (Laplace–Beltrami): their mean, g^ij ∂_i∂_jf − α^k ∂_kf.

        The divergence of grad f for the primal volume is the *dual* Laplacian and for the dual volume the *affine* one.

        >>> import sympy as sp
        >>> from chentsov.geometry.manifolds.hessian import HessianManifold
        >>> x, y = sp.symbols("x y", real=True)
        >>> siegel = HessianManifold(-sp.log(y - x**2/2), (x, y))
        >>> siegel.laplacian(siegel.potential), siegel.laplacian(x)
        (1/2, 0)
        """
        if form not in FORMS:
            raise ManifoldError(f"unknown form {form!r} of the Laplacian: choose {', '.join(FORMS)}")
        n, local = range(self.dim), self.local
        value = self.field(read_expression(f, "the function"))
        slopes = [value.diff(x) for x in self.coordinates]
        terms = [
            local.inverse(i, j) * (2 - (i == j)) * slopes[i].diff(self.coordinates[j])
            for i in n for j in n[i:] if local.inverse(i, j)
        ]  # fmt: skip
        weight = FORMS.index(form)
        if weight:
            # α^k ∂_kf with α_k = ½ g^ij T_ijk
            terms += [
                -local.inverse(k, m) * local.cubic_trace(m) * slopes[k] * weight / 2
                for k in n for m in n if slopes[k] and local.inverse(k, m)
            ]  # fmt: skip
        return total(self.field, terms).as_expr()

    # -- geodesics of the two flat connections ---------------------------------------------------

    def primal_geodesic(self, p: Any, q: Any = None, t: Any = sp.Symbol("t"), *, velocity: Any = None) -> tuple:
        """θ(t) = p + t (q − p): straight in the affine coordinates, from p (t = 0) to q (t = 1).

        Instead of the end point q a velocity at p may be given.
        """
        p, v = self._point(p, "the start"), self._direction(p, q, velocity)
        t = read_expression(t, "the parameter t")
        return tuple(a + t * b for a, b in zip(p, v))

    def dual_geodesic(self, p: Any, q: Any = None, t: Any = sp.Symbol("t"), *, velocity: Any = None) -> Any:
        """The curve that is straight in the dual coordinates: η(t) = η(p) + t (η(q) − η(p)), returned as θ(t).

        Closed form where the Legendre transform inverts; otherwise t must hold numbers, and the result is an array
        of shape (len(t), dim), by Newton's method.

        >>> import sympy as sp
        >>> from chentsov.geometry.manifolds.hessian import HessianManifold
        >>> x, t = sp.Symbol("x", real=True), sp.Symbol("t")
        >>> HessianManifold(sp.exp(x), [x]).dual_geodesic([0], [sp.log(3)], t)
        (log(2*t + 1),)
        """
        start = self._point(p, "the start")
        here = dict(zip(self.coordinates, start))
        eta = [e.subs(here, simultaneous=True) for e in self.dual_coordinates]
        if q is not None and velocity is None:
            there = dict(zip(self.coordinates, self._point(q, "the end")))
            push = [e.subs(there, simultaneous=True) - a for e, a in zip(self.dual_coordinates, eta)]
        else:
            push = list(self.metric.subs(here) * sp.Matrix(self._direction(p, q, velocity)))
        if self.legendre.is_closed:
            t = read_expression(t, "the parameter t")
            line = {s: sp.simplify(a + t * b) for s, a, b in zip(self.dual_symbols, eta, push)}
            return tuple(self.legendre.inverse[x].subs(line, simultaneous=True) for x in self.coordinates)
        try:
            times = np.atleast_1d(np.asarray(t, dtype=float))
            base, slope = np.array([float(e) for e in eta]), np.array([float(e) for e in push])
        except (TypeError, ValueError):
            raise ManifoldError(
                "the Legendre transform has no closed form here, so a dual geodesic needs numbers: hand in t as an "
                "array, and points and constants as numbers"
            ) from None
        return self.legendre.conjugate(base + times[:, None] * slope, start=[float(a) for a in start])[0]

    def _direction(self, p: Any, q: Any, velocity: Any) -> tuple[sp.Expr, ...]:
        if (q is None) == (velocity is None):
            raise ManifoldError("a geodesic needs its end point q or its velocity, one of the two")
        if velocity is not None:
            return self._point(velocity, "the velocity")
        return tuple(b - a for a, b in zip(self._point(p, "the start"), self._point(q, "the end")))

    # -- where the potential is convex ---------------------------------------------------------------

    def convexity_conditions(self) -> tuple[sp.Expr, ...]:
        """The leading principal minors of g; ψ is strictly convex where all of them are positive (Sylvester)."""
        rows = [[self.local.metric(i, j) for j in range(self.dim)] for i in range(self.dim)]
        return tuple(determinant([row[:k] for row in rows[:k]]).as_expr() for k in range(1, self.dim + 1))

    def is_convex_at(self, point: Any, constants: Mapping[Any, Any] | None = None) -> bool:
        """Whether g is real and positive definite at a point."""
        return self._lowest_eigenvalue(point, constants) > 0

    def check_convex(self, point: Any, constants: Mapping[Any, Any] | None = None) -> None:
        """Raise ManifoldError, with the lowest eigenvalue, where ψ is not convex."""
        lowest = self._lowest_eigenvalue(point, constants)
        if not lowest > 0:
            place = ", ".join(f"{x} = {v}" for x, v in zip(self.coordinates, self._point(point, "the point")))
            what = "is not real and finite" if np.isnan(lowest) else f"has the eigenvalue {lowest:.6g}"
            raise ManifoldError(
                f"the potential is not convex at {place}: its Hessian {what}. Choose a point of the convex domain, "
                "where all of `convexity_conditions()` are positive"
            )

    def _lowest_eigenvalue(self, point: Any, constants: Mapping[Any, Any] | None) -> float:
        values = dict(zip(self.coordinates, self._point(point, "the point")))
        values |= read_values(constants, self.constants, "constants", ManifoldError)
        entries = [
            complex(sp.N(e, 30)) if not e.has(sp.zoo, sp.nan) else complex("nan") for e in self.metric.subs(values)
        ]
        g = np.array(entries).reshape(self.dim, self.dim)
        if not np.all(np.isfinite(g)) or np.any(np.abs(g.imag) > 1e-14 * np.abs(g).max()):
            return float("nan")
        return float(np.linalg.eigvalsh(g.real)[0])

    def on_grid(self, axes: Any, quantities: Any = ("ricci_scalar",), *, convex: bool = True, **options: Any) -> Any:
        """The quantities on a grid, as `RiemannianManifold.on_grid`; NaN with a status where ψ is not convex.

        Args:
            axes, quantities, options: see `chentsov.geometry.grids.on_grid`.
            convex: False keeps the numbers there too, for the indefinite metrics of thermodynamics.

        >>> import sympy as sp
        >>> from chentsov.geometry.manifolds.hessian import HessianManifold
        >>> x, y = sp.symbols("x y", real=True)
        >>> grid = HessianManifold((x**2 + y**2)/2 + x*y**2/2, (x, y)).on_grid({x: [-2.0, 0.0], y: 0.0})
        >>> grid.ricci_scalar.values.ravel().tolist(), grid.status.values.ravel().tolist()
        ([nan, 0.5], [4, 0])
        """
        steps = list(options.pop("steps", ()))
        if convex:
            held = {getattr(k, "name", str(k)): v for k, v in {**(options.get("constants") or {}), **axes}.items()}
            single = {name: v for name, v in held.items() if np.ndim(v) == 0}
            values = {s: single.get(s.name) for s in (*self.coordinates, *self.constants)}
            steps.append(WhereConvex(self.metric, values, options.get("data") or {}))
        return super().on_grid(axes, quantities, steps=steps, **options)

    def _point(self, values: Any, what: str) -> tuple[sp.Expr, ...]:
        if not isinstance(values, Mapping) and hasattr(values, "__len__") and len(values) != self.dim:
            raise ManifoldError(f"{what} has {len(values)} coordinates; this manifold has {self.dim}")
        found = match_point(values, self.coordinates, what.removeprefix("the "), ManifoldError)
        return tuple(read_expression(v, f"{what}: {x}") for x, v in found.items())
