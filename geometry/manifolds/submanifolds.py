"""Submanifolds of a curved space: second fundamental form, the equations of Gauss and Codazzi, and the 3+1 split.

With e_a = ∂x/∂y^a the second fundamental form II_ab is the normal part of ∇_{e_a} e_b; of a hypersurface with unit
normal n, n·n = ε = ±1, it is K_ab = n·∇_{e_a} e_b = −e_b·∇_{e_a} n (the sign of Misner, Thorne & Wheeler 1973,
sec. 21.5), and

    Gauss:     R̂_abcd = R_abcd + ε (K_ac K_bd − K_ad K_bc),
    Codazzi:   D_c K_bd − D_d K_bc = n_i R^i_jkl e_b^j e_c^k e_d^l.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any

import sympy as sp
from chentsov.geometry.exact import DifferentialField, determinant
from sympy import ImmutableDenseNDimArray as Array

from .inputs import ManifoldError, read_symbols
from .local import Element, total
from .roots import sign_at, smooth_root
from .tensors import DOWN, Tensor
from .vanishing import Verdict, vanish

if TYPE_CHECKING:
    from .coordinates import ChartMap
    from .riemannian import RiemannianManifold

__all__ = ["SpaceTimeSplit", "Submanifold"]


class Submanifold:
    """The image of y ↦ x(y) in a manifold; made by `manifold.submanifold`.

    Args:
        chart: that map, with fewer y than x.

    Raises:
        ManifoldError: as many y as x.

    >>> import sympy as sp
    >>> from chentsov.geometry.manifolds import RiemannianManifold
    >>> x, y = sp.symbols("x y", real=True)
    >>> z, c = sp.symbols("z c", positive=True)
    >>> space = RiemannianManifold(sp.eye(3) / z**2, (x, y, z))             # hyperbolic
    >>> horosphere = space.submanifold((x, y), {x: x, y: y, z: c})
    >>> horosphere.manifold.is_flat(), horosphere.mean_curvature, horosphere.is_umbilical()
    (True, 2, True)
    """

    def __init__(self, chart: ChartMap) -> None:
        self.ambient, self.chart = chart.source, chart
        if chart.is_change:
            raise ManifoldError("a submanifold has fewer coordinates than the space around it; use change_coordinates")
        self.manifold = chart.manifold()
        self._known: dict[tuple[Any, ...], Element] = {}

    @property
    def codimension(self) -> int:
        """How many dimensions are missing."""
        return self.ambient.dim - self.manifold.dim

    # -- any codimension -------------------------------------------------------------------------------

    def vector_element(self, i: int, a: int, b: int) -> Element:
        """II^i_ab = ∂_a∂_b x^i + Γ^i_jk ∂_a x^j ∂_b x^k − Γ̂^c_ab ∂_c x^i."""
        a, b = sorted((a, b))
        if (i, a, b) not in self._known:
            j, n = self.chart.jacobian_elements, range(self.ambient.dim)
            terms = [j[i][a].diff(self.chart.new[b])]
            terms += [
                self.chart.carry(g) * j[k][a] * j[l][b] for k in n for l in n
                if j[k][a] and j[l][b] and (g := self.ambient.component("christoffel", i, k, l))
            ]  # fmt: skip
            inner = self.manifold.local.christoffel
            terms += [-inner(c, a, b) * j[i][c] for c in range(self.manifold.dim) if j[i][c]]
            self._known[i, a, b] = total(self.chart.field, terms)
        return self._known[i, a, b]

    @property
    def second_fundamental_form(self) -> Array:
        """II^i_ab, the normal part of ∇_{e_a} e_b with its components in the space around, indexed [i, a, b]."""
        n, m = self.ambient.dim, self.manifold.dim
        entries = [self.vector_element(*key).as_expr() for key in product(range(n), range(m), range(m))]
        return Array(entries, (n, m, m))

    @property
    def mean_curvature_vector(self) -> tuple[sp.Expr, ...]:
        """H^i = g^ab II^i_ab."""
        return tuple(self._mean(i).as_expr() for i in range(self.ambient.dim))

    def _mean(self, i: int) -> Element:
        m, h = range(self.manifold.dim), self.manifold.local.inverse
        return total(self.chart.field, (h(a, b) * self.vector_element(i, a, b) for a in m for b in m if h(a, b)))

    def is_minimal(self) -> Verdict:
        """Whether H = 0: proven, refuted at a point, or `Undecided`."""
        return vanish(self._mean(i) for i in range(self.ambient.dim))

    def is_totally_geodesic(self) -> Verdict:
        """Whether II = 0, so that geodesics of the submanifold are geodesics of the space around."""
        n, m = range(self.ambient.dim), range(self.manifold.dim)
        return vanish(self.vector_element(i, a, b) for i in n for a in m for b in m if a <= b)

    # -- hypersurfaces ------------------------------------------------------------------------------------

    @cached_property
    def _normal(self) -> tuple[list[Element], int]:
        """n_i with lower index, and ε = n·n."""
        if self.codimension != 1:
            raise ManifoldError(
                f"a unit normal and K_ab belong to hypersurfaces; this submanifold has codimension {self.codimension}: "
                "take second_fundamental_form"
            )
        j, n, field = self.chart.jacobian_elements, range(self.ambient.dim), self.chart.field
        minors = [determinant([row for k, row in enumerate(j) if k != i]) * (-1) ** i for i in n]
        inverse = self._ambient_inverse
        norm = total(field, (inverse(i, k) * minors[i] * minors[k] for i in n for k in n if minors[i] and minors[k]))
        if norm.is_zero:
            raise ManifoldError("this hypersurface is null: its normal has length zero, and there is no K_ab")
        sign = next((s for point in range(12) if (s := sign_at(norm, point))), 1)
        length = smooth_root(norm, sign)
        return [m / length for m in minors], sign

    def _ambient_inverse(self, i: int, k: int) -> Element:
        return self.chart.carry(self.ambient.component("inverse_metric", i, k))

    @property
    def normal(self) -> tuple[sp.Expr, ...]:
        """n^i, the unit normal; its side is that of the order of the coordinates."""
        lowered, n = self._normal[0], range(self.ambient.dim)
        parts = [
            total(self.chart.field, (self._ambient_inverse(i, k) * lowered[k] for k in n if lowered[k])) for i in n
        ]
        return tuple(p.as_expr() for p in parts)

    @property
    def normal_sign(self) -> int:
        """ε = n·n, −1 for a space-like hypersurface in a space-time."""
        return self._normal[1]

    @cached_property
    def extrinsic_curvature(self) -> Tensor:
        """K_ab = n·∇_{e_a} e_b, a tensor on the hypersurface."""
        lowered = self._normal[0]

        def element(a: int, b: int) -> Element:
            return total(self.chart.field, (n * self.vector_element(i, a, b) for i, n in enumerate(lowered) if n))

        return Tensor(self.manifold, (DOWN, DOWN), element)

    @property
    def mean_curvature(self) -> sp.Expr:
        """g^ab K_ab, the sum of the principal curvatures."""
        return self.extrinsic_curvature.contracted(0, 1)[()]

    def is_umbilical(self) -> Verdict:
        """Whether K_ab is a multiple of the metric."""
        m, k, h = self.manifold.dim, self.extrinsic_curvature, self.manifold.tensor("metric")
        return (k * m - h * self.mean_curvature).is_zero()

    def gauss(self) -> Tensor:
        """R̂_abcd − ε (K_ac K_bd − K_ad K_bc) − R_ijkl e_a^i e_b^j e_c^k e_d^l, zero by the equation of Gauss."""
        k, sign = self.extrinsic_curvature.element, self.normal_sign
        around = self._pulled(self.ambient.tensor("riemann_lowered"), None)

        def element(a: int, b: int, c: int, d: int) -> Element:
            bent = (k(a, c) * k(b, d) - k(a, d) * k(b, c)) * sign
            return self.manifold.local.riemann_lowered(a, b, c, d) - bent - around(a, b, c, d)

        return Tensor(self.manifold, (DOWN,) * 4, element)

    def codazzi(self) -> Tensor:
        """D_c K_bd − D_d K_bc − n_i R^i_jkl e_b^j e_c^k e_d^l, zero by the equation of Codazzi; indexed [b, c, d]."""
        slope = self.extrinsic_curvature.covariant_derivative().element
        around = self._pulled(self.ambient.tensor("riemann"), self._normal[0])
        return Tensor(self.manifold, (DOWN,) * 3, lambda b, c, d: slope(b, d, c) - slope(b, c, d) - around(b, c, d))

    def _pulled(self, tensor: Tensor, first: Sequence[Element] | None) -> Any:
        """Components with e_a in every slot, or with ``first`` in the first one."""
        j, n = self.chart.jacobian_elements, range(self.ambient.dim)

        def element(*indices: int) -> Element:
            rows = [[j[i][a] for i in n] for a in indices]
            rows = [list(first), *rows] if first is not None else rows
            terms = []
            for key in product(*([i for i, f in enumerate(row) if f] for row in rows)):
                if value := tensor[key]:
                    term = self.chart.carry(value)
                    for row, i in zip(rows, key):
                        term = term * row[i]
                    terms.append(term)
            return total(self.chart.field, terms)

        return element

    def __repr__(self) -> str:
        return f"<Submanifold of codimension {self.codimension} in {self.ambient!r}>"


class SpaceTimeSplit:
    """The 3+1 split of a space-time by the hypersurfaces of one coordinate; made by `manifold.split`.

    ds² = −N² dt² + γ_ij (dx^i + N^i dt)(dx^j + N^j dt) and K_ij = (D_i N_j + D_j N_i − ∂_t γ_ij)/(2N), as in MTW,
    eqs. 21.40 and 21.67.

    Args:
        manifold: the space-time.
        time: its coordinate t.

    Raises:
        ManifoldError: no such coordinate; hypersurfaces t = const that are null.

    >>> import sympy as sp
    >>> from chentsov.geometry.manifolds import RiemannianManifold
    >>> t, p = sp.symbols("t p", real=True)
    >>> r, m, h = sp.symbols("r m theta", positive=True)
    >>> hole = RiemannianManifold(sp.diag(-(1 - 2*m/r), 1/(1 - 2*m/r), r**2, r**2*sp.sin(h)**2), (t, r, h, p))
    >>> split = hole.split(t)
    >>> split.lapse, split.shift, split.extrinsic_curvature.is_zero(), split.hamiltonian
    (sqrt(-2*m + r)/sqrt(r), (0, 0, 0), True, 0)
    """

    def __init__(self, manifold: RiemannianManifold, time: Any) -> None:
        (time,) = read_symbols(time, "time", "t", ManifoldError)
        if time not in manifold.coordinates:
            raise ManifoldError(
                f"{time} is no coordinate of this manifold: {', '.join(map(str, manifold.coordinates))}"
            )
        self.manifold, self.time = manifold, time
        self._at = manifold.coordinates.index(time)
        self._rest = [k for k in range(manifold.dim) if k != self._at]
        if manifold.local.inverse(self._at, self._at).is_zero:
            raise ManifoldError(f"the hypersurfaces of constant {time} are null: there is no 3+1 split by them")
        space = [manifold.coordinates[k] for k in self._rest]
        field = DifferentialField(space, pieces=True)
        rows = [[field(manifold.metric[i, j]) for j in self._rest] for i in self._rest]
        self.space = manifold.from_elements(field, space, rows, domain=manifold.domain)

    @cached_property
    def _lapse(self) -> Element:
        return smooth_root(self.space.field(-1 / self.manifold.component("inverse_metric", self._at, self._at)))

    @property
    def lapse(self) -> sp.Expr:
        """N = (−g^tt)^−½."""
        return self._lapse.as_expr()

    @cached_property
    def _shift(self) -> Tensor:
        lowered = [self.manifold.metric[self._at, k] for k in self._rest]
        return self.space.tensor(lowered, ["down"])

    @property
    def shift(self) -> tuple[sp.Expr, ...]:
        """N^i = γ^ij g_tj."""
        return tuple(self._shift.raised(0).tolist())

    @cached_property
    def extrinsic_curvature(self) -> Tensor:
        """K_ij = (D_i N_j + D_j N_i − ∂_t γ_ij)/(2N), on the space."""
        slope, space, time = self._shift.covariant_derivative().element, self.space, self.time

        def element(i: int, j: int) -> Element:
            rate = space.field(sp.diff(space.metric[i, j], time))
            return (slope(i, j) + slope(j, i) - rate) / (2 * self._lapse)

        return Tensor(space, (DOWN, DOWN), element)

    @property
    def hamiltonian(self) -> sp.Expr:
        """R̂ + (tr K)² − K_ij K^ij = 2 G(n, n), which is 16π times the energy density; zero in vacuum."""
        k = self.extrinsic_curvature
        trace = k.contracted(0, 1).element()
        square = (k * k).contracted(0, 2).contracted(0, 1).element()
        return (self.space.local.ricci_scalar() + trace**2 - square).as_expr()

    @property
    def momentum(self) -> tuple[sp.Expr, ...]:
        """D_j (K^j_i − δ^j_i tr K) = −G(n, e_i); zero in vacuum."""
        k, g = self.extrinsic_curvature, self.space.tensor("metric")
        divergence = (k - g * k.contracted(0, 1)[()]).covariant_derivative().contracted(0, 2)
        return tuple(divergence.tolist())
