"""To and from other programs: EinsteinPy's tensors and plain SymPy arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

from .inputs import ManifoldError
from .riemannian import RiemannianManifold

__all__ = ["from_arrays", "from_einsteinpy", "to_arrays", "to_einsteinpy"]


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
