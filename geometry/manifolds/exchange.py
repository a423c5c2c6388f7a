"""To and from other programs: EinsteinPy's tensors, sympy.diffgeom, geomstats, and plain SymPy arrays.

Closed forms in other languages are written by `kernels.source`, functions of other array libraries made by `lambdify`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sympy as sp

from ..exact.reading import read_values
from .inputs import ManifoldError
from .recipes import recipe
from .riemannian import RiemannianManifold

if TYPE_CHECKING:
    from .chart import Chart

__all__ = [
    "from_arrays", "from_diffgeom", "from_einsteinpy", "to_arrays", "to_diffgeom", "to_einsteinpy", "to_geomstats",
]  # fmt: skip


def from_einsteinpy(metric: Any, constants: Sequence[sp.Symbol] | None = None) -> RiemannianManifold:
    """The manifold of an EinsteinPy `MetricTensor`; a contravariant one is inverted.

    Raises:
        ManifoldError: the argument is no MetricTensor of two lower or two upper indices.

    >>> from einsteinpy.symbolic.predefined import Schwarzschild
    >>> from_einsteinpy(Schwarzschild(c=1)).is_ricci_flat()
    True
    """
    try:
        symbols, array, config = tuple(metric.syms), metric.tensor(), metric.config
    except (AttributeError, TypeError):
        raise ManifoldError(f"expected an EinsteinPy MetricTensor, not {type(metric).__name__}") from None
    matrix = sp.ImmutableMatrix(array.tolist())
    name = getattr(metric, "name", None)
    if config == "ll":
        return RiemannianManifold(matrix, symbols, constants=constants, name=name)
    if config == "uu":
        dual = RiemannianManifold(matrix, symbols, constants=constants)
        return RiemannianManifold(dual.inverse_metric, symbols, constants=constants, name=name)
    raise ManifoldError(f"a metric has two lower ('ll') or two upper indices ('uu'), not {config!r}")


def to_einsteinpy(manifold: RiemannianManifold) -> Any:
    """The metric as an EinsteinPy `MetricTensor` with lower indices."""
    from einsteinpy.symbolic import MetricTensor

    return MetricTensor(
        sp.Array(manifold.metric.tolist()), list(manifold.coordinates), config="ll", name=manifold.name or "metric"
    )


def from_arrays(metric: Any, coordinates: Sequence[sp.Symbol], **options: Any) -> RiemannianManifold:
    """The manifold of a plain SymPy (or nested) array g_ij."""
    return RiemannianManifold(metric, coordinates, **options)


def to_arrays(manifold: RiemannianManifold, names: Sequence[str] = ("metric",)) -> dict[str, Any]:
    """Quantities by name as mutable SymPy arrays (expressions for scalars), for use elsewhere.

    >>> import sympy as sp
    >>> x, y = sp.symbols("x y", positive=True)
    >>> arrays = to_arrays(RiemannianManifold([[1/y**2, 0], [0, 1/y**2]], (x, y)), ["metric", "ricci_scalar"])
    >>> arrays["metric"], arrays["ricci_scalar"]
    ([[y**(-2), 0], [0, y**(-2)]], -2)
    """
    arrays = {}
    for name in names:
        value = manifold.expression_of(name)
        is_array = isinstance(value, (sp.MatrixBase, sp.NDimArray))
        arrays[name] = sp.MutableDenseNDimArray(value.tolist()) if is_array else value
    return arrays


def from_diffgeom(metric: Any, **options: Any) -> RiemannianManifold:
    """The manifold of a symmetric form of sympy.diffgeom, in the coordinate system that it is written in.

    Raises:
        ManifoldError: no symmetric form of rank two, or one in several coordinate systems.

    >>> from sympy.diffgeom.rn import R2_p
    >>> from sympy.diffgeom import TensorProduct as Product
    >>> r, theta = R2_p.coord_functions()
    >>> dr, dtheta = R2_p.base_oneforms()
    >>> from_diffgeom(Product(dr, dr) + r**2 * Product(dtheta, dtheta)).metric
    Matrix([
    [1,        0],
    [0, rho**2]])
    """
    from sympy.diffgeom import BaseScalarField, CoordSystem, twoform_to_matrix

    systems = metric.atoms(CoordSystem) if isinstance(metric, sp.Basic) else set()
    if len(systems) != 1:
        raise ManifoldError(
            f"expected a form of sympy.diffgeom in one coordinate system, not {type(metric).__name__} in {len(systems)}"
        )
    (system,) = systems
    try:
        matrix = twoform_to_matrix(metric)
    except (ValueError, TypeError) as error:
        raise ManifoldError(f"this form of sympy.diffgeom is no metric: {error}") from None
    symbols = tuple(system.args[2])
    rules = {BaseScalarField(system, k): s for k, s in enumerate(symbols)}
    return RiemannianManifold(sp.ImmutableMatrix(matrix).xreplace(rules), symbols, **options)


def to_diffgeom(manifold: RiemannianManifold) -> Any:
    """The metric as a symmetric form of sympy.diffgeom, on a manifold and in a coordinate system of their own.

    >>> from sympy.diffgeom import metric_to_Ricci_components
    >>> x, y = sp.symbols("x y", positive=True)
    >>> half_plane = RiemannianManifold([[1/y**2, 0], [0, 1/y**2]], (x, y))
    >>> metric_to_Ricci_components(to_diffgeom(half_plane))
    [[-1/y**2, 0], [0, -1/y**2]]
    """
    from sympy.diffgeom import CoordSystem, Manifold, Patch, TensorProduct

    patch = Patch("U", Manifold(manifold.name or "M", manifold.dim))
    system = CoordSystem("chart", patch, list(manifold.coordinates))
    rules = dict(zip(manifold.coordinates, system.coord_functions()))
    forms = system.base_oneforms()
    g = manifold.expression_of("metric")
    terms = [
        g[i, j].xreplace(rules) * TensorProduct(forms[i], forms[j])
        for i in range(manifold.dim)
        for j in range(manifold.dim)
    ]
    return sp.Add(*terms)


@contextmanager
def _old_names_of_numpy() -> Iterator[None]:
    """geomstats 2.8 imports NumPy's `trapz`, which is called `trapezoid` since NumPy 2: the old name, for an import."""
    import numpy as np

    lent = not hasattr(np, "trapz")
    if lent:
        np.trapz = np.trapezoid  # type: ignore[attr-defined]
    try:
        yield
    finally:
        if lent:
            del np.trapz  # type: ignore[attr-defined]


def to_geomstats(manifold: Chart, constants: Mapping[Any, Any] | None = None) -> Any:
    """The metric as a `RiemannianMetric` of geomstats on R^n, with closed forms in place of its derivatives.

    Metric, inverse, its derivatives, Christoffel symbols and Riemann tensor are compiled; exponential and logarithm are
    geomstats's solvers of the geodesic equation. Its indices run as geomstats has them: ∂_k g_ij at [i, j, k], Γ^i_jk
    at [i, j, k], R^l_ijk at [i, j, k, l].

    Args:
        manifold: any chart.
        constants: a number for every constant.

    Raises:
        ManifoldError: geomstats is not installed or cannot be imported, or a constant has no value.
    """
    try:
        with _old_names_of_numpy():
            import geomstats.backend as gs
            from geomstats.geometry.euclidean import Euclidean
            from geomstats.geometry.riemannian_metric import RiemannianMetric
            from geomstats.numerics.geodesic import ExpODESolver, LogODESolver
            from geomstats.numerics.ivp import GSIVPIntegrator
    except ModuleNotFoundError as error:
        raise ManifoldError(f"this needs {error.name}: install it with  pip install geomstats") from None
    except ImportError as error:
        reason = (error.msg or "it is not whole").split(" (")[0]
        raise ManifoldError(
            f"this geomstats does not go with this NumPy or SciPy ({reason}): choose versions of them that do"
        ) from None

    from ..kernels import compile

    values = read_values(constants, manifold.constants, "constants", ManifoldError)
    n = manifold.dim
    g = sp.Array(recipe(manifold, "metric").tolist())
    expressions = {
        "metric": g,
        "cometric": recipe(manifold, "inverse_metric"),
        "slopes": sp.Array([sp.diff(e, x) for e in sp.flatten(g.tolist()) for x in manifold.coordinates], (n, n, n)),
        "christoffel": recipe(manifold, "christoffel"),
        "riemann": sp.permutedims(sp.Array(recipe(manifold, "riemann").tolist()), (1, 2, 3, 0)),
    }
    kernels = {
        name: compile(sp.flatten(e.tolist()), manifold.coordinates, constants=values) for name, e in expressions.items()
    }

    def at(name: str, point: Any) -> Any:
        array = gs.to_numpy(point) if hasattr(gs, "to_numpy") else point
        columns = kernels[name](*(array[..., k] for k in range(n)))
        rank = len(expressions[name].shape)
        return gs.array(gs.stack([gs.array(c) for c in columns], axis=-1).reshape((*array.shape[:-1], *(n,) * rank)))

    class ChentsovMetric(RiemannianMetric):  # type: ignore[misc]
        def __init__(self, space: Any) -> None:
            super().__init__(space)
            self.exp_solver = ExpODESolver(space, GSIVPIntegrator(n_steps=100, step_type="rk4"))
            self.log_solver = LogODESolver(space)

        def metric_matrix(self, base_point: Any = None) -> Any:
            return at("metric", base_point)

        def cometric_matrix(self, base_point: Any = None) -> Any:
            return at("cometric", base_point)

        def inner_product_derivative_matrix(self, base_point: Any = None) -> Any:
            return at("slopes", base_point)

        def christoffels(self, base_point: Any = None) -> Any:
            return at("christoffel", base_point)

        def riemann_tensor(self, base_point: Any = None) -> Any:
            return at("riemann", base_point)

    space = Euclidean(n, equip=False)
    space.equip_with_metric(ChentsovMetric)
    return space.metric
