"""Riemannian and pseudo-Riemannian manifolds in one chart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp
from chentsov.geometry.exact import DifferentialField
from chentsov.geometry.exact.generators.signs import jump
from chentsov.geometry.kernels.jets import Jet, general_jet, hessian_jet
from sympy import ImmutableDenseNDimArray as Array

from . import classification, conformal, forms, frames, geodesics, jacobi, newman_penrose, operators
from . import length as curves
from .chart import Chart
from .coordinates import ChartMap, rescaled
from .coordinates import product as product_manifold
from .curvature import detect_structure
from .flat_coordinates import FlatCoordinates, flat_coordinates
from .forms import Form
from .frames import Frame
from .gauss import PointCurvature, point_and_constants
from .index_notation import in_index_notation
from .inputs import ManifoldError, SingularMetricError, read_coordinates, read_metric
from .invariants import CurvatureInvariants
from .killing import KillingFields, killing_fields
from .length import CurveLength
from .local import Element, LocalGeometry
from .newman_penrose import NullTetrad
from .quantities import CONFORMAL, CUBIC, GAUSSIAN, RIEMANNIAN_QUANTITIES, Quantity
from .submanifolds import SpaceTimeSplit, Submanifold
from .tensors import Tensor, as_tensor
from .vanishing import Verdict, vanish
from .volumes import Volume, volume

__all__ = ["RiemannianManifold"]


_SMALL = 4  # dimension up to which the determinant is worked out at once


class RiemannianManifold(Chart):
    """A chart with a metric: everything that follows from g_ij, exactly and on demand.

    Components are SymPy expressions in a canonical form, so two that are equal look
    equal and a zero is 0. Nothing is computed before it is asked for; what has been
    computed is kept.

    Args:
        metric: g_ij, a square symmetric array of SymPy expressions; or a line element, ``dr**2 + r**2*dphi**2``.
        coordinates: the symbols x^i. Every other symbol is a constant.
        constants: the constants, if they are to be declared; then any other symbol is an error.
        domain: inequalities between coordinates and constants, such as ``[x**2 + y**2 < 1]``, or {symbol: (lower,
            upper)}; beside the assumptions of the symbols they say where there are numbers at all.
        name: what to call the manifold.
        source: where the metric comes from.

    Raises:
        ManifoldError: the metric is not square, not symmetric or of the wrong size, or a
            coordinate is repeated or not a symbol (a ValueError).
        SingularMetricError: the determinant vanishes identically.
        UnsupportedFunction: the metric holds a function without a derivative rule.

    >>> import sympy as sp
    >>> t, p = sp.symbols("t p")
    >>> a = sp.Symbol("a", positive=True)
    >>> sphere = RiemannianManifold([[a**2, 0], [0, a**2*sp.sin(t)**2]], (t, p))
    >>> sphere.ricci_scalar, sphere.structure
    (2/a**2, 'general')
    """

    def __init__(
        self,
        metric: Any,
        coordinates: Sequence[sp.Symbol],
        *,
        constants: Iterable[sp.Symbol] | None = None,
        domain: Any = (),
        name: str | None = None,
        source: str | None = None,
    ) -> None:
        self._start(read_coordinates(coordinates), name, source, domain=domain)
        self._given_metric = read_metric(metric, self.coordinates)
        self._check_constants(constants)
        elements = [[self.field(v) for v in row] for row in self._given_metric.tolist()]
        self._check_symmetry(elements)
        self._check_continuity(self._given_metric, elements)
        self._adopt(detect_structure(self.field, self.coordinates, elements))
        _ = self.domain

    @classmethod
    def from_elements(
        cls,
        field: DifferentialField,
        coordinates: Sequence[sp.Symbol],
        metric: Sequence[Sequence[Element]],
        *,
        domain: Any = (),
        name: str | None = None,
        source: str | None = None,
    ) -> RiemannianManifold:
        """The manifold whose g_ij are elements of a field with these coordinates already."""
        manifold = RiemannianManifold.__new__(RiemannianManifold)
        manifold._start(read_coordinates(coordinates), name, source, field, domain)
        manifold._check_symmetry(metric)
        manifold._adopt(detect_structure(field, manifold.coordinates, metric))
        return manifold

    # -- for subclasses: start, say what the expressions are, adopt a local geometry --------

    _given_metric: sp.ImmutableMatrix | None = None
    _invariants: CurvatureInvariants | None = None
    local: LocalGeometry

    def _adopt(self, local: LocalGeometry) -> None:
        """Take a local geometry over, unless its metric is singular."""
        self._check_regular(local)
        self.local = local

    @staticmethod
    def _check_regular(local: LocalGeometry) -> None:
        if local.dim > _SMALL and local.regular_somewhere():
            return
        if local.determinant().is_zero:
            raise SingularMetricError(
                "the metric is singular everywhere: its determinant is identically zero, so it has no inverse; "
                "drop coordinates on which nothing depends, or pull it back to a submanifold"
            )

    def _defining_expressions(self) -> Iterable[sp.Expr]:
        return list(self.metric)

    # -- input checks ------------------------------------------------------------------

    def _check_symmetry(self, elements: Sequence[Sequence[Element]]) -> None:
        for i in range(self.dim):
            for j in range(i):
                if vanish([elements[i][j] - elements[j][i]]) is False:
                    raise ManifoldError(
                        f"the metric is not symmetric: g[{i}, {j}] − g[{j}, {i}] = "
                        f"{(elements[i][j] - elements[j][i]).as_expr()}"
                    )

    def _check_continuity(self, metric: sp.ImmutableMatrix, elements: Sequence[Sequence[Element]]) -> None:
        """Refuse a ``Piecewise`` or step that jumps; what is stated with signs, or inside a mean, may."""
        for i, row in enumerate(elements):
            for j, element in enumerate(row):
                given = metric[i, j]
                if given.has(sp.Piecewise, sp.Heaviside) and (found := jump(element)) is not None:
                    where, size = found
                    raise ManifoldError(
                        f"g[{i}, {j}] = {given} jumps by {size} at {where.lhs} = {where.rhs}, where it is no metric; "
                        "take the branch that holds on your domain"
                    )

    # -- what it is -------------------------------------------------------------------------

    @property
    def structure(self) -> str:
        """ "general", "hessian" (∂_k g_ij totally symmetric in these coordinates) or "immersed"."""
        return self.local.structure

    def quantities(self) -> dict[str, Quantity]:
        """Name -> `Quantity` for everything that `expression_of` knows."""
        known = dict(RIEMANNIAN_QUANTITIES)
        if self.structure == "hessian":
            known["cubic"] = CUBIC
        if self.dim == 2:
            known["gaussian_curvature"] = GAUSSIAN
        return known | {name: q for name, (least, q) in CONFORMAL.items() if self.dim >= least}

    # -- the metric and its connection -----------------------------------------------------------

    @property
    def metric(self) -> sp.ImmutableMatrix:
        """g_ij, as it was handed in, or in canonical form where it was derived."""
        if self._given_metric is not None:
            return self._given_metric
        return sp.ImmutableMatrix(self._array("metric", 2, self.local.metric).tolist())

    @property
    def inverse_metric(self) -> sp.ImmutableMatrix:
        """g^ij."""
        return sp.ImmutableMatrix(self._array("inverse_metric", 2, self.local.inverse).tolist())

    @property
    def determinant(self) -> sp.Expr:
        """det g."""
        return self._component("determinant", (), self.local.determinant)

    @property
    def volume_density(self) -> sp.Expr:
        """√|det g|."""
        det = self.determinant
        return sp.sqrt(-det if det.is_negative else det if det.is_positive else sp.Abs(det))

    def metric_derivative(self, i: int, j: int, k: int) -> sp.Expr:
        """∂_k g_ij."""
        return self._component("metric_derivative", (min(i, j), max(i, j), k), self.local.metric_derivative)

    def metric_second_derivative(self, i: int, j: int, k: int, l: int) -> sp.Expr:
        """∂_k ∂_l g_ij."""
        index = (min(i, j), max(i, j), min(k, l), max(k, l))
        return self._component("metric_second_derivative", index, self.local.metric_second_derivative)

    def jet(self, first_order: bool = False) -> Jet:
        """g_ij with the derivatives that its structure needs for the curvature, or for the connection alone."""
        metric, first = self.metric, self.metric_derivative
        if self.structure == "hessian":
            return hessian_jet(self.dim, lambda i, j: metric[i, j], first)
        second = None if first_order else self.metric_second_derivative
        return general_jet(self.dim, lambda i, j: metric[i, j], first, second)

    @property
    def christoffel_first(self) -> Array:
        """Γ_{k,ij} = ½ (∂_i g_kj + ∂_j g_ki − ∂_k g_ij), indexed [k, i, j]."""
        return self._array("christoffel_first", 3, self.local.christoffel_first)

    @property
    def christoffel(self) -> Array:
        """Γ^i_jk = g^im Γ_{m,jk}, indexed [i, j, k]."""
        return self._array("christoffel", 3, self.local.christoffel)

    @property
    def cubic(self) -> Array:
        """T_ijk = ∂_k g_ij, totally symmetric; only where the structure is "hessian".

        Raises:
            ManifoldError: the metric is not Hessian in these coordinates.
        """
        if self.structure != "hessian":
            raise ManifoldError("the metric is not Hessian in these coordinates: ∂_k g_ij is not totally symmetric")
        return self._array("cubic", 3, self.local.metric_derivative)

    # -- curvature ---------------------------------------------------------------------------------

    @property
    def riemann(self) -> Array:
        """R^i_jkl = ∂_k Γ^i_jl − ∂_l Γ^i_jk + Γ^i_km Γ^m_jl − Γ^i_lm Γ^m_jk, indexed [i, j, k, l]."""
        return self._array("riemann", 4, self.local.riemann)

    @property
    def riemann_lowered(self) -> Array:
        """R_ijkl = g_im R^m_jkl."""
        return self._array("riemann_lowered", 4, self.local.riemann_lowered)

    @property
    def ricci(self) -> Array:
        """R_jl = R^i_jil."""
        return self._array("ricci", 2, self.local.ricci)

    @property
    def ricci_scalar(self) -> sp.Expr:
        """R = g^jl R_jl; the unit 2-sphere has R = 2."""
        return self._component("ricci_scalar", (), self.local.ricci_scalar)

    @property
    def gaussian_curvature(self) -> sp.Expr:
        """K = R/2 of a surface.

        Raises:
            ManifoldError: the manifold is not two-dimensional.
        """
        if self.dim != 2:
            raise ManifoldError(f"Gaussian curvature belongs to surfaces; this manifold has dimension {self.dim}")
        return self._component("gaussian_curvature", (), lambda: self.local.ricci_scalar() / 2)

    @property
    def einstein(self) -> Array:
        """G_ij = R_ij − ½ R g_ij."""
        return self._array("einstein", 2, self.local.einstein)

    @property
    def weyl(self) -> Array:
        """C_ijkl, the trace-free part of R_ijkl; zero below dimension 4."""
        return self._array("weyl", 4, self.local.weyl)

    @property
    def schouten(self) -> Array:
        """P_ij = (R_ij − R g_ij/(2(n−1)))/(n−2), from dimension 3 on."""
        return self._array("schouten", 2, conformal.schouten(self).element)

    @property
    def cotton(self) -> Array:
        """C_ijk = ∇_k P_ij − ∇_j P_ik, from dimension 3 on; see `conformal`."""
        return self._array("cotton", 3, conformal.cotton(self).element)

    @property
    def bach(self) -> Array:
        """B_ij = ∇^k C_ijk + P^kl C_ikjl, from dimension 4 on; see `conformal`."""
        return self._array("bach", 2, conformal.bach(self).element)

    @property
    def invariants(self) -> CurvatureInvariants:
        """Scalars of the curvature and its derivative, such as ``invariants.riemann_gradient_squared``."""
        if self._invariants is None:
            self._invariants = CurvatureInvariants(self)
        return self._invariants

    @property
    def kretschmann(self) -> sp.Expr:
        """R_ijkl R^ijkl."""
        return self._component("kretschmann", (), self.local.kretschmann)

    def riemann_component(self, i: int, j: int, k: int, l: int) -> sp.Expr:
        """R^i_jkl alone, without the other components."""
        return self.component("riemann", i, j, k, l)

    def _element_of(self, name: str) -> Callable[..., Element] | None:
        if name in CONFORMAL:
            return getattr(conformal, name)(self).element
        return self.local.quantity(name)

    # -- what kind of manifold it is: True and False are proven, `Undecided` is neither ----------------

    def is_flat(self) -> Verdict:
        """Whether the Riemann tensor vanishes identically.

        This and the answers below are True where that is proven, False where a point refutes it, and else
        `Undecided`, which says at how many points it vanished to how many digits.
        """
        return classification.is_flat(self.local)

    def is_ricci_flat(self) -> Verdict:
        """Whether the Ricci tensor vanishes identically."""
        return classification.is_ricci_flat(self.local)

    def is_einstein(self) -> Verdict:
        """Whether R_ij = k g_ij with a constant k."""
        return classification.is_einstein(self.local)

    def is_conformally_flat(self) -> Verdict:
        """Whether the metric is a function times a flat one."""
        return classification.is_conformally_flat(self)

    def has_constant_curvature(self) -> Verdict:
        """Whether all sectional curvatures are one constant."""
        return classification.constant_curvature(self.local)[0]

    def constant_curvature(self) -> sp.Expr | None:
        """The constant K with R_ijkl = K (g_ik g_jl − g_il g_jk), or None where there is none.

        Raises:
            UndecidedError: it is neither proven nor refuted that the curvature is constant.
        """
        verdict, k = classification.constant_curvature(self.local)
        return self._component("constant_curvature", (), lambda: k) if verdict else None

    def sectional_curvature(self, u: Any, v: Any) -> sp.Expr:
        """K(u, v) = R_ijkl u^i v^j u^k v^l / (|u|²|v|² − ⟨u, v⟩²) of the plane of two vectors (components u^i, v^i).

        Raises:
            ManifoldError: the vectors span no plane, or one on which the metric degenerates.
        """
        return operators.sectional_curvature(self, u, v).as_expr()

    def curvature_at(
        self, point: Any, constants: Mapping[Any, Any] | None = None, *, data: Mapping[Any, Any] | None = None
    ) -> PointCurvature:
        """Metric, Ricci tensor and R at a point, in numbers: of the closed forms where they come at once, else of the
        jet.

        Args:
            point: the coordinates, in order or by symbol or name.
            constants: a number for every constant.
            data: rows for the means in the metric, {row symbol: column}.

        Returns:
            The curvature; without an immersion the mean curvature is NaN.

        Raises:
            ManifoldError: a number is missing, or there is no curvature at the point; the message says why.

        >>> x, y = sp.symbols("x y", real=True)
        >>> bowl = RiemannianManifold([[2 + sp.sin(x) * sp.cos(y), sp.exp(-y) / 9], [sp.exp(-y) / 9, 3 + x**2]], (x, y))
        >>> round(bowl.curvature_at({"x": 0, "y": 0}).ricci_scalar, 4)
        -0.3247
        """
        values = point_and_constants(self, point, constants)
        axes = {c: [v] for c, v in zip(self.coordinates, values, strict=False)}
        options = {"data": data} if data else {}
        found = self.on_grid(axes, ("metric", "ricci", "ricci_scalar"), constants=constants, **options)
        if status := int(found["status"].item()):
            why = (
                found["status"].attrs["flag_meanings"].split()[list(found["status"].attrs["flag_values"]).index(status)]
            )
            raise ManifoldError(f"there is no curvature at this point: {why.replace('_', ' ')}")
        metric, ricci = (found[n].transpose("i", "j", ...).values.reshape(self.dim, -1) for n in ("metric", "ricci"))
        condition = float(np.sqrt(np.linalg.cond(metric)))
        if not condition < np.inf:  # where a closed form may go on, as that of polar coordinates does
            raise ManifoldError("the metric is singular at this point")
        return PointCurvature(metric, ricci, float(found["ricci_scalar"].item()), float("nan"), condition)

    # -- differential operators -----------------------------------------------------------------------

    def tensor(self, components: Any, indices: Sequence[Any] | None = None) -> Tensor:
        """A tensor field: a quantity by its name, or components with the position of each index.

        >>> import sympy as sp
        >>> x, y = sp.symbols("x y", positive=True)
        >>> m = RiemannianManifold([[1/y**2, 0], [0, 1/y**2]], (x, y))
        >>> m.tensor("ricci").raised(0).components
        [[-1, 0], [0, -1]]
        >>> m.tensor([x, y], ["up"]).lowered(0)[0]
        x/y**2
        """
        if not isinstance(components, str):
            return as_tensor(self, components, indices)
        known = {n: q for n, q in self.quantities().items() if len(q.indices) == q.rank}
        if components not in known:
            raise ManifoldError(f"unknown tensor {components!r}; known are {', '.join(known)}")
        element = self._element_of(components)
        if element is None:
            return as_tensor(self, self.expression_of(components), known[components].indices)
        return Tensor(self, known[components].indices, element)

    def gradient(self, f: Any) -> Array:
        """(grad f)^i = g^ij ∂_j f."""
        return operators.gradient(self, f).components

    def hessian(self, f: Any) -> Array:
        """∇_i∇_j f = ∂_i∂_j f − Γ^k_ij ∂_k f."""
        return operators.hessian(self, f).components

    def divergence(self, X: Any) -> sp.Expr:
        """∇_i X^i of a vector field, given by its components X^i or as a Tensor."""
        return operators.divergence(self, X).as_expr()

    def laplacian(self, f: Any) -> sp.Expr:
        """Δf = (1/√|g|) ∂_i(√|g| g^ij ∂_j f)."""
        return operators.laplacian(self, f).as_expr()

    def curl(self, X: Any) -> Array:
        """(curl X)^i = ε^ijk ∇_j X_k of a vector field in three dimensions; see `forms.curl`."""
        return forms.curl(self, X).components

    def form(self, components: Any, degree: int | None = None) -> Form:
        """A differential form: a function, {(x, y): f} for f dx∧dy, or antisymmetric components; see `forms.form`.

        >>> import sympy as sp
        >>> r, t = sp.symbols("r t", positive=True)
        >>> plane = RiemannianManifold([[1, 0], [0, r**2]], (r, t))
        >>> plane.form({t: r**2}).d(), plane.differential(r).star(), plane.levi_civita[0, 1]
        (2*r*dr∧dt, r*dt, r)
        """
        return forms.form(self, components, degree)

    def differential(self, f: Any) -> Form:
        """df, a 1-form; of a coordinate dx^i."""
        return forms.differential(self, f)

    def frame(self, vectors: Any = None) -> Frame:
        """A frame e_a with its structure equations: of these vectors, or the coordinate ones made orthonormal."""
        return frames.frame(self, vectors)

    def null_tetrad(self, vectors: Any = None) -> NullTetrad:
        """A null tetrad l, n, m, m̄ of a Lorentzian manifold with its Newman–Penrose scalars; see `newman_penrose`."""
        return newman_penrose.null_tetrad(self, vectors)

    def petrov_type(self) -> str:
        """The Petrov type "O", "N", "III", "D", "II" or "I" of a general point, decided exactly without a tetrad."""
        return newman_penrose.petrov_type(self)

    @property
    def levi_civita(self) -> Form:
        """ε_{i₁…i_n} with lower indices, the volume form: √|g| times the sign of the permutation."""
        return forms.volume_form(self)

    def covariant_derivative(self, T: Any, indices: Sequence[Any] | None = None) -> Tensor:
        """∇T; the index of the derivative is the last. `indices` says where the indices of plain components stand."""
        return as_tensor(self, T, indices).covariant_derivative()

    def lie_derivative(self, X: Any, T: Any = None, indices: Sequence[Any] | None = None) -> Tensor:
        """L_X T along a vector field X; without T, of the metric."""
        tensor = self.tensor("metric") if T is None else as_tensor(self, T, indices)
        return tensor.lie_derivative(X)

    def index(self, text: str, **tensors: Any) -> Tensor:
        """A tensor by index notation, such as ``index("R_abcd R^abcd")``; see `index_notation.in_index_notation`.

        >>> import sympy as sp
        >>> t, p = sp.symbols("t p")
        >>> a = sp.Symbol("a", positive=True)
        >>> sphere = RiemannianManifold([[a**2, 0], [0, a**2*sp.sin(t)**2]], (t, p))
        >>> sphere.index("R_abcd R^abcd")[()], sphere.index("R_ab - 1/2 g_ab R").is_zero()
        (4/a**4, True)
        >>> sphere.index("∇_a T^b - ∇^b T_a", T=sphere.tensor([0, 1], ["up"]))[0, 1]
        2*cos(t)/sin(t)
        """
        return in_index_notation(self, text, tensors)

    def killing_equation(self, X: Any) -> Array:
        """∇_i X_j + ∇_j X_i."""
        return operators.killing_form(self, X).components

    def is_killing(self, X: Any) -> Verdict:
        """Whether X generates isometries: an exact answer."""
        return operators.killing_form(self, X).is_zero()

    def killing_fields(self, degree: int = 1, functions: Sequence[Any] | None = None) -> KillingFields:
        """Killing fields that are polynomials in the coordinates, or in functions of one's own; see `killing`."""
        return killing_fields(self, degree, functions)

    # -- other charts and manifolds ---------------------------------------------------------------------

    def change_coordinates(
        self, new: Sequence[sp.Symbol], relations: Any, name: str | None = None
    ) -> RiemannianManifold:
        """The same manifold in new coordinates.

        Args:
            new: the new coordinates y.
            relations: each old coordinate as an expression in the new ones, {x^i: x^i(y)} or in order.
            name: a name for the result; that of this manifold by default.

        Raises:
            ManifoldError: a relation is missing or the wrong way round, or the Jacobian is singular.

        >>> import sympy as sp
        >>> x, y, p = sp.symbols("x y p", real=True)
        >>> r = sp.Symbol("r", positive=True)
        >>> plane = RiemannianManifold([[1, 0], [0, 1]], (x, y))
        >>> plane.change_coordinates((r, p), {x: r*sp.cos(p), y: r*sp.sin(p)}).metric.tolist()
        [[1, 0], [0, r**2]]
        """
        chart = ChartMap(self, new, relations)
        if not chart.is_change:
            raise ManifoldError(
                f"a change of coordinates needs {self.dim} new coordinates, not {len(chart.new)}; use pull_back for a "
                "submanifold"
            )
        return chart.manifold(name)

    def pull_back(self, new: Sequence[sp.Symbol], relations: Any, name: str | None = None) -> RiemannianManifold:
        """The submanifold x^i = x^i(y) with the induced metric."""
        return ChartMap(self, new, relations).manifold(name)

    def submanifold(self, new: Sequence[sp.Symbol], relations: Any) -> Submanifold:
        """The submanifold x^i = x^i(y) with its second fundamental form in this space; see `submanifolds`."""
        return Submanifold(ChartMap(self, new, relations))

    def split(self, time: Any) -> SpaceTimeSplit:
        """The 3+1 split of a space-time by a coordinate: lapse, shift, extrinsic curvature; see `submanifolds`."""
        return SpaceTimeSplit(self, time)

    def product(self, other: RiemannianManifold, name: str | None = None) -> RiemannianManifold:
        """The product manifold with the sum of the metrics."""
        return product_manifold(self, other, name)

    def rescaled(self, factor: Any, name: str | None = None) -> RiemannianManifold:
        """The metric multiplied by a constant or by a function (conformal change)."""
        return rescaled(self, factor, name)

    # -- numbers ------------------------------------------------------------------------------------------

    def on_grid(
        self, axes: Any, quantities: Sequence[str] = ("ricci_scalar",), *, distance_to: Any = None, **options: Any
    ) -> Any:
        """The quantities on the grid spanned by `axes`, and the distance of each cell to a point.

        Args:
            axes, quantities, options: see `chentsov.geometry.grids.on_grid`.
            distance_to: the point; the result then has `distance`, `distance_error` and `distance_status`.

        >>> import sympy as sp
        >>> x, y = sp.symbols("x y", positive=True)
        >>> m = RiemannianManifold([[1/y**2, 0], [0, 1/y**2]], (x, y))
        >>> m.on_grid({x: 1, y: [1, 2, 4]}, distance_to=[1, 1]).distance.values.ravel().round(6).tolist()
        [0.0, 0.693147, 1.386294]
        """
        return self._with_distances(super().on_grid(axes, quantities, **options), axes, distance_to, options)

    def _with_distances(self, dataset: Any, axes: Any, point: Any, options: Mapping[str, Any]) -> Any:
        if point is None:
            return dataset
        from chentsov.geometry.flows import with_distances

        return with_distances(self, dataset, axes, point, options)

    def flat_coordinates(self) -> FlatCoordinates:
        """Functions in which the metric is constant, where it is flat: of a family those that stabilise the variance.

        See `flat_coordinates.flat_coordinates`.
        """
        return flat_coordinates(self)

    def volume(self, region: Any = None, **options: Any) -> Volume:
        """∫ √|det g| over a region {coordinate: (lower, upper)}, by default the domain; see `volumes.volume`.

        >>> import sympy as sp
        >>> t, p = sp.symbols("t p", real=True)
        >>> a = sp.Symbol("a", positive=True)
        >>> sphere = RiemannianManifold([[a**2, 0], [0, a**2*sp.sin(t)**2]], (t, p))
        >>> sphere.volume({t: (0, sp.pi), p: (0, 2*sp.pi)}).expression
        4*pi*a**2
        """
        return volume(self, region, **options)

    # -- curves -------------------------------------------------------------------------------------------

    def length(self, curve: Any, parameter: sp.Symbol, interval: Sequence[Any], **options: Any) -> CurveLength:
        """∫ √(g_ij ẋ^i ẋ^j) dt: in closed form where one is found, else a number with a bound of its error.

        See `length.length` for the options (``constants``, ``data``, ``time_limit``).

        >>> import sympy as sp
        >>> u, t = sp.symbols("u t", real=True)
        >>> v = sp.Symbol("v", positive=True)
        >>> m = RiemannianManifold([[1/v**2, 0], [0, 1/v**2]], (u, v))
        >>> m.length([0, sp.exp(t)], t, (0, 3)).expression
        3
        >>> bent = m.length([t, 1 + t**4], t, (0, 1), time_limit=0)
        >>> round(float(bent), 12), bent.error < 1e-15, bent.expression
        (1.258916664201, True, None)
        """
        return curves.length(self, curve, parameter, interval, **options)

    def geodesic_equations(self, parameter: sp.Symbol | None = None) -> list[sp.Eq]:
        """ẍ^i + Γ^i_jk ẋ^j ẋ^k = 0 for the functions x^i(s)."""
        return geodesics.geodesic_equations(self, parameter)

    def jacobi_equations(self, parameter: sp.Symbol | None = None) -> list[sp.Eq]:
        """D²J/ds² + R(J, ẋ)ẋ = 0 for the functions J_x(s) along a curve x(s)."""
        return jacobi.jacobi_equations(self, parameter)

    def jacobi_field(
        self, point: Any, velocity: Any, field: Any, derivative: Any, t: Any, constants: Any = None, **options: Any
    ) -> Any:
        """The Jacobi field J along a geodesic with J(0) and DJ/dt(0), in numbers; see `jacobi.jacobi_field`."""
        return jacobi.jacobi_field(self, point, velocity, field, derivative, t, constants, **options)

    def geodesic(self, point: Any, velocity: Any = None, t: Any = None, *, to: Any = None, **options: Any) -> Any:
        """The geodesic from `point` with initial `velocity`, or the one from `point` to the point `to` (t from 0 to 1).

        See `geodesics.geodesic` for the options (``constants``, ``data``, …).

        >>> import sympy as sp
        >>> x, y = sp.symbols("x y", positive=True)
        >>> m = RiemannianManifold([[1/y**2, 0], [0, 1/y**2]], (x, y))
        >>> path = m.geodesic([1, 1], [0, 1], 1.0)
        >>> round(float(path.position[-1, 1]), 6)                # e: up the half-plane with unit speed
        2.718282
        >>> middle = m.geodesic([1, 1], to=[1, 4], t=[0, 0.5, 1]).position[1]
        >>> middle.values.round(6).tolist()
        [1.0, 2.0]
        """
        if (velocity is None) == (to is None):
            raise ManifoldError(
                "a geodesic begins with a velocity, or goes to a point: give `velocity` or `to`, one of them"
            )
        if to is None:
            if t is None:
                raise ManifoldError("say how far the geodesic goes: t is missing")
            return geodesics.geodesic(self, point, velocity, t, **options)
        from chentsov.geometry.flows import geodesic_between

        return geodesic_between(self, point, to, t, **options)

    def geodesics(self, p: Any, to: Any, **options: Any) -> Any:
        """All geodesics from p to a point that are found, the shortest first; of periodic coordinates also around.

        See `flows.geodesics` for the options (``periods``, ``windings``, ``constants``, ``data``).
        """
        from chentsov.geometry.flows import geodesics as all_geodesics

        return all_geodesics(self, p, to, **options)

    def exp(self, p: Any, v: Any, **options: Any) -> Any:
        """exp_p(v), the end at t = 1 of the geodesic from p with velocity v; of arrays (..., n), many at once.

        See `flows.exponential` for the options (``constants``, ``data``).

        >>> import sympy as sp
        >>> x, y = sp.symbols("x y", positive=True)
        >>> m = RiemannianManifold([[1/y**2, 0], [0, 1/y**2]], (x, y))
        >>> m.exp([1, 1], [[0, 1], [0, -1]]).values.round(6).tolist()
        [[1.0, 2.718282], [1.0, 0.367879]]
        """
        from chentsov.geometry.flows import exponential

        return exponential(self, p, v, **options)

    def log(self, p: Any, q: Any, **options: Any) -> Any:
        """log_p(q), the velocity at p of the geodesic that is at q when t = 1; of arrays (..., n), many at once.

        See `flows.logarithm` for the result and the options (``constants``, ``data``).

        >>> import sympy as sp
        >>> x, y = sp.symbols("x y", positive=True)
        >>> m = RiemannianManifold([[1/y**2, 0], [0, 1/y**2]], (x, y))
        >>> bool(abs(m.log([1, 1], [1, 2])[1] - sp.log(2)) < 1e-12)
        True
        """
        from chentsov.geometry.flows import logarithm

        return logarithm(self, p, q, **options)

    def distance(self, p: Any, q: Any, **options: Any) -> Any:
        """The length of the geodesic from p to q, with a bound of its error; of arrays (..., n), many at once.

        See `flows.distance` for the result and the options (``constants``, ``data``).

        >>> import sympy as sp
        >>> x, y = sp.symbols("x y", positive=True)
        >>> m = RiemannianManifold([[1/y**2, 0], [0, 1/y**2]], (x, y))
        >>> round(float(m.distance([1, 1], [3, 1])), 10)                              # 2 arsinh 1
        1.762747174
        """
        from chentsov.geometry.flows import distance

        return distance(self, p, q, **options)

    def transport(self, v: Any, along: Any, **options: Any) -> Any:
        """The vector v, transported parallel along the geodesic between two points, or along a curve.

        See `flows.transport`.

        >>> import sympy as sp
        >>> t, p = sp.symbols("t p", real=True)
        >>> sphere = RiemannianManifold([[1, 0], [0, sp.sin(t)**2]], (t, p))
        >>> around = ([sp.pi/3, p], p, (0, 2*sp.pi))                     # the circle turns vectors by 2π(1 − cos 60°)
        >>> round(float(sphere.transport([1, 0], around)[0]), 6)
        -1.0
        """
        from chentsov.geometry.flows import transport

        return transport(self, v, along, **options)

    def geodesic_ball(self, p: Any, r: Any, **options: Any) -> Any:
        """The points that geodesics of length r from p reach, with a `plot`; see `flows.geodesic_ball`."""
        from chentsov.geometry.flows import geodesic_ball

        return geodesic_ball(self, p, r, **options)

    def frechet_mean(self, points: Any, weights: Any = None, **options: Any) -> Any:
        """The point with the least Σ w_i d(m, x_i)²; see `flows.frechet_mean`."""
        from chentsov.geometry.flows import frechet_mean

        return frechet_mean(self, points, weights, **options)
