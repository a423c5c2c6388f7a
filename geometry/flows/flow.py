"""Vector fields on a manifold: gradient flows, compressibility, trajectories.

How a flow u̇ = X(u) compresses a volume ρ du is one number at each point, κ = (1/ρ) ∂_i(ρ X^i) (Liouville): along a
trajectory the logarithm of a small volume changes by ∫κ dt. On a Hessian manifold three volumes are natural, and for
a gradient flow X = −grad E each compressibility is a Laplacian of the energy (S. Goto, arXiv:1904.12734, 2019, for
the neural networks; derived anew in `docs/goto.md`):

    κ_riemannian = −ΔE,   κ_primal = −tr ∇*dE,   κ_dual = −tr ∇dE,   2 κ_riemannian = κ_primal + κ_dual.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sympy as sp
from chentsov.geometry.exact import Mean
from chentsov.geometry.exact.kinks import derivative
from chentsov.geometry.manifolds import ManifoldError, RiemannianManifold
from chentsov.geometry.manifolds.hessian_volumes import log_density_slopes
from chentsov.geometry.manifolds.inputs import read_array, read_expression
from chentsov.geometry.manifolds.local import Element, total
from chentsov.geometry.manifolds.recipes import closed_form_pays, metric_of
from chentsov.geometry.manifolds.vanishing import Verdict, vanish

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Flow"]


def _cofactors(metric: sp.Matrix) -> tuple[sp.Matrix, sp.Expr]:
    """The adjugate and the determinant, neither of them multiplied out."""
    n = metric.rows
    minors: dict[tuple[tuple[int, ...], tuple[int, ...]], sp.Expr] = {((), ()): sp.S.One}

    def minor(rows: tuple[int, ...], columns: tuple[int, ...]) -> sp.Expr:
        if (rows, columns) not in minors:
            minors[rows, columns] = sp.Add(
                *(
                    (-1) ** k * metric[rows[0], c] * minor(rows[1:], (*columns[:k], *columns[k + 1 :]))
                    for k, c in enumerate(columns)
                )
            )
        return minors[rows, columns]

    every = tuple(range(n))
    without = lambda i: (*every[:i], *every[i + 1 :])
    return sp.Matrix(n, n, lambda i, j: (-1) ** (i + j) * minor(without(j), without(i))), minor(every, every)


class Flow:
    """The flow of a vector field X^i(u) on a manifold.

    Args:
        manifold: a `RiemannianManifold`; where its metric is Hessian the dual volume exists too.
        components: X^i, one SymPy expression a coordinate; None for −grad E of the potential.
        potential: E, if the flow is −grad E; checked exactly.
        name: what to call it.

    Raises:
        ManifoldError: the wrong number of components, or a potential of which this is not the gradient flow.

    >>> import sympy as sp, chentsov as ch
    >>> x, y = sp.symbols("x y", real=True)
    >>> w = sp.Symbol("w")
    >>> plane = ch.RiemannianManifold([[1, 0], [0, 1]], (x, y))
    >>> spiral = Flow(plane, [-x - w*y, w*x - y])
    >>> spiral.is_gradient(), spiral.curl[0, 1], spiral.compressibility()
    (False, 2*w, -2)
    >>> Flow.gradient(plane, (x**2 + y**2)/2).components
    (-x, -y)
    """

    def __init__(
        self,
        manifold: RiemannianManifold,
        components: Sequence[Any] | None,
        *,
        potential: Any = None,
        name: str | None = None,
    ) -> None:
        self.manifold = manifold
        self.name = name
        self._cache: dict[tuple, Any] = {}
        self.potential: sp.Expr | None = None if potential is None else read_expression(potential, "the potential")
        self._given = None if components is None else read_array(components, manifold.dim, 1, "the vector field")
        if self._given is None and self.potential is None:
            raise ManifoldError("a flow is given by its components, or by a potential")
        if self._given is not None and self.potential is not None:
            self._check_potential()

    @cached_property
    def components(self) -> tuple[sp.Expr, ...]:
        """X^i."""
        if self._given is not None:
            return tuple(self._given)
        if self._minors is None:
            return tuple(-c for c in self.manifold.gradient(self.potential))
        adjugate, determinant = self._minors
        return tuple(-c / determinant for c in adjugate * sp.Matrix(self.slopes))

    @cached_property
    def _minors(self) -> tuple[sp.Matrix, sp.Expr] | None:
        """Adjugate and determinant of the metric, where canonical forms of g⁻¹ would be long."""
        if closed_form_pays(self.manifold, "inverse_metric"):
            return None
        return _cofactors(sp.Matrix(self.manifold.metric))

    @property
    def follows_gradient(self) -> bool:
        """Whether the field is −grad E by construction, so that g X = −∂E can be solved point by point."""
        return self._given is None

    @cached_property
    def slopes(self) -> tuple[sp.Expr, ...]:
        """∂_iE."""
        if self.potential is None:
            raise ManifoldError("this flow was made without a potential")
        return tuple(derivative(self.potential, x) for x in self.coordinates)

    @cached_property
    def rows(self) -> tuple[sp.Symbol, ...]:
        """The symbols of the data rows that the field averages over."""
        parts = [self.potential, metric_of(self.manifold)] if self._given is None else [*self._given, self.potential]
        means = set().union(*(p.atoms(Mean) for p in parts if p is not None))
        return tuple(dict.fromkeys(v for m in sorted(means, key=str) for v in m.variables))

    @cached_property
    def _elements(self) -> list[Element]:
        return [self.manifold.field(c) for c in self.components]

    @classmethod
    def gradient(cls, manifold: RiemannianManifold, potential: Any, *, name: str | None = None) -> Flow:
        """The gradient flow u̇ = −grad E, along which E falls: dE/dt = −|u̇|²."""
        return cls(manifold, None, potential=potential, name=name)

    def _check_potential(self) -> None:
        assert self.potential is not None
        energy = self.manifold.field(self.potential)
        for i, x in enumerate(self.coordinates):
            if vanish([self._lowered(i) + energy.diff(x)]) is False:
                what = "is a gradient flow, but of another potential" if self.is_gradient() else "is no gradient flow"
                raise ManifoldError(
                    f"X is not −grad E of the given potential (component {x}): it {what}. "
                    "Leave the potential out, or see `curl` for what stands in the way"
                )

    # -- the field ----------------------------------------------------------------------------

    @property
    def coordinates(self) -> tuple[sp.Symbol, ...]:
        """The coordinates of the manifold."""
        return self.manifold.coordinates

    @property
    def dim(self) -> int:
        """The dimension."""
        return self.manifold.dim

    @cached_property
    def constants(self) -> tuple[sp.Symbol, ...]:
        """Every symbol of the field, the potential or the metric that is no coordinate."""
        fields = [e for e in (*(self._given or ()), self.potential) if e is not None]
        free = set(self.manifold.constants).union(*(e.free_symbols for e in fields))
        return tuple(sorted(free - set(self.coordinates), key=lambda s: s.name))

    def _lowered(self, i: int) -> Element:
        key = ("lowered", i)
        if key not in self._cache:
            metric = self.manifold.local.metric
            terms = (metric(i, j) * x for j, x in enumerate(self._elements) if x and metric(i, j))
            self._cache[key] = total(self.manifold.field, terms)
        return self._cache[key]

    @property
    def lowered(self) -> tuple[sp.Expr, ...]:
        """X_i = g_ij X^j; in a Hessian manifold also η̇_i, the velocity in dual coordinates."""
        return tuple(self._lowered(i).as_expr() for i in range(self.dim))

    @cached_property
    def jacobian(self) -> sp.ImmutableMatrix:
        """∂X^i/∂u^j, indexed [i, j]."""
        rows = [[x.diff(u).as_expr() for u in self.coordinates] for x in self._elements]
        return sp.ImmutableMatrix(rows)

    # -- is it a gradient? -----------------------------------------------------------------------

    def _curl(self, i: int, j: int) -> Element:
        return self._lowered(j).diff(self.coordinates[i]) - self._lowered(i).diff(self.coordinates[j])

    @cached_property
    def curl(self) -> sp.ImmutableMatrix:
        """The exterior derivative of the lowered field, ∂_i X_j − ∂_j X_i."""
        upper = {(i, j): self._curl(i, j).as_expr() for i in range(self.dim) for j in range(i + 1, self.dim)}
        return sp.ImmutableMatrix(
            self.dim, self.dim, lambda i, j: 0 if i == j else upper[i, j] if i < j else -upper[j, i]
        )

    def is_gradient(self) -> Verdict:
        """Whether X is (locally, hence on a simply connected chart globally) −grad E of some E: proven, or
        `Undecided`.
        """
        return vanish(self._curl(i, j) for i in range(self.dim) for j in range(i + 1, self.dim))

    def check_gradient(self) -> None:
        """Raise ManifoldError, naming a component of the curl, where the flow is no gradient flow."""
        for i in range(self.dim):
            for j in range(i + 1, self.dim):
                element = self._curl(i, j)
                if vanish([element]) is False:
                    a, b = self.coordinates[i], self.coordinates[j]
                    raise ManifoldError(
                        f"this is no gradient flow: ∂X_{b}/∂{a} − ∂X_{a}/∂{b} = {element.as_expr()} is not zero. What "
                        "exists without an energy: trajectories, fixed points and their stability, the "
                        "compressibilities, and 2κ_riemannian = κ_primal + κ_dual"
                    )

    # -- rates ---------------------------------------------------------------------------------------

    def compressibility_element(self, volume: Any = "riemannian") -> Element:
        """The compressibility as an element of the manifold's field, for exact comparisons without writing it out."""
        key = ("compressibility", volume)
        if key not in self._cache:
            slopes = log_density_slopes(self.manifold, volume)
            spread = (x.diff(u) for x, u in zip(self._elements, self.coordinates))
            growth = (x * s for x, s in zip(self._elements, slopes) if x and s)
            self._cache[key] = total(self.manifold.field, [*spread, *growth])
        return self._cache[key]

    def compressibility(self, volume: Any = "riemannian") -> sp.Expr:
        """κ = (1/ρ) ∂_i(ρ X^i) = ∂_iX^i + X^i ∂_i log ρ, the rate at which the flow expands the volume ρ du.

        Args:
            volume: "primal" (ρ = 1), "riemannian" (√det g), "dual" (det g, the Lebesgue measure of dual coordinates),
                or a density ρ as a SymPy expression.
        """
        return self.compressibility_element(volume).as_expr()

    def compressibility_formula(self, volume: Any = "riemannian") -> sp.Expr:
        """The compressibility for evaluation: its closed form, or plain derivatives where that would be long."""
        plain = volume in ("primal", "riemannian") or isinstance(volume, sp.Expr)
        if self._minors is None or not (plain or self.manifold.structure == "hessian" and volume == "dual"):
            return self.compressibility(volume)
        power = {"primal": 0, "riemannian": sp.S.Half, "dual": 1}.get(volume) if isinstance(volume, str) else None
        log_density = sp.log(volume) if power is None else power * sp.log(self._minors[1])
        return sp.Add(*(sp.diff(c, u) + c * sp.diff(log_density, u) for c, u in zip(self.components, self.coordinates)))

    def rate(self, function: Any) -> sp.Expr:
        """df/dt = X^i ∂_i f along the flow."""
        return self._rate(self.manifold.field(read_expression(function, "the function"))).as_expr()

    def _rate(self, f: Element) -> Element:
        return total(self.manifold.field, (x * f.diff(u) for x, u in zip(self._elements, self.coordinates) if x))

    @property
    def speed_squared(self) -> sp.Expr:
        """|u̇|² = g_ij X^i X^j."""
        return self._speed_squared().as_expr()

    def _speed_squared(self) -> Element:
        return total(self.manifold.field, (self._lowered(i) * x for i, x in enumerate(self._elements) if x))

    def dissipates(self) -> Verdict:
        """Whether dE/dt = −|u̇|² holds identically, so that E is a Lyapunov function.

        Raises:
            ManifoldError: the flow has no potential.
        """
        if self.potential is None:
            raise ManifoldError("this flow was made without a potential, so there is no energy to follow")
        return vanish([self._rate(self.manifold.field(self.potential)) + self._speed_squared()])

    # -- numbers -----------------------------------------------------------------------------------------

    def trajectory(self, start: Any, t: Any, constants: Mapping[Any, Any] | None = None, **options: Any) -> xr.Dataset:
        """One trajectory with energy, compressibilities and their integrals; see `trajectories.trajectory`.

        Where the field averages over rows (a loss over data), `data=` gives them.
        """
        from .trajectories import trajectory

        return trajectory(self, start, t, constants, **options)

    def trajectories(
        self, starts: Any, t: Any, constants: Mapping[Any, Any] | None = None, **options: Any
    ) -> xr.Dataset:
        """Many trajectories at once, compiled; see `trajectories.trajectories`."""
        from .trajectories import trajectories

        return trajectories(self, starts, t, constants, **options)

    def __repr__(self) -> str:
        names = ", ".join(s.name for s in self.coordinates)
        title = f"{self.name}: " if self.name else ""
        kind = "gradient flow" if self.potential is not None else "flow"
        return f"<{title}{kind} in ({names})>"
