"""Jacobi fields: how geodesics spread, D²J/ds² + R(J, ẋ)ẋ = 0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from ..exact.reading import read_values
from ..exact.tables import read_times
from .geodesics import curve_of, read_numbers
from .inputs import ManifoldError

if TYPE_CHECKING:
    import xarray as xr

    from .riemannian import RiemannianManifold

__all__ = ["jacobi_equations", "jacobi_field"]


def jacobi_equations(manifold: RiemannianManifold, parameter: sp.Symbol | None = None) -> list[sp.Eq]:
    """D²J^i/ds² + R^i_jkl ẋ^j J^k ẋ^l = 0 with D the covariant derivative along x(s); functions x^i(s) and J_x^i(s).

    Raises:
        ManifoldError: the parameter is a coordinate or constant.
    """
    s, curve = curve_of(manifold, parameter)
    n = range(manifold.dim)
    field = [sp.Function(f"J_{x.name}")(s) for x in manifold.coordinates]
    dot = [curve[x].diff(s) for x in manifold.coordinates]
    gamma, riemann = manifold.christoffel, manifold.riemann

    def along(v: list[sp.Expr]) -> list[sp.Expr]:
        """Dv/ds = v̇^i + Γ^i_jk v^j ẋ^k."""
        return [
            v[i].diff(s) + sum((gamma[i, j, k].subs(curve, simultaneous=True) * v[j] * dot[k] for j in n for k in n
                                if gamma[i, j, k] != 0), sp.S.Zero)
            for i in n
        ]  # fmt: skip

    second = along(along(field))
    bend = [
        sum((riemann[i, j, k, l].subs(curve, simultaneous=True) * dot[j] * field[k] * dot[l]
             for j in n for k in n for l in n if riemann[i, j, k, l] != 0), sp.S.Zero)
        for i in n
    ]  # fmt: skip
    return [sp.Eq(a + b, 0) for a, b in zip(second, bend)]


def jacobi_field(
    manifold: RiemannianManifold,
    point: Any,
    velocity: Any,
    field: Any,
    derivative: Any,
    t: Any,
    constants: Mapping[Any, Any] | None = None,
    *,
    rtol: float = 1e-10,
    atol: float = 1e-12,
) -> xr.Dataset:
    """The Jacobi field along a geodesic with J(0) and DJ/dt(0) given, by the equation of variation of the geodesics.

    Args:
        manifold: the manifold.
        point, velocity: the start of the geodesic, in order or by coordinate.
        field, derivative: J^i(0) and (DJ/dt)^i(0).
        t: the values of the parameter, or the last of 101 from 0.
        constants: values of the constants.
        rtol, atol: tolerances of the integrator (DOP853).

    Returns:
        xarray.Dataset along `t` with `position`, `velocity`, `field` and `derivative` (t × coordinate), and `square`,
        which is ⟨J, J⟩.

    Raises:
        ManifoldError: a value is missing or not finite, or the geodesic leaves the chart.

    >>> import sympy as sp
    >>> from chentsov.geometry.manifolds import RiemannianManifold
    >>> x, y = sp.symbols("x y", positive=True)
    >>> plane = RiemannianManifold([[1/y**2, 0], [0, 1/y**2]], (x, y))
    >>> spread = plane.jacobi_field([1, 1], [0, 1], [0, 0], [1, 0], 2.0)      # |J| = sinh t where K = −1
    >>> round(float(spread.square[-1])**0.5, 8)
    3.62686041
    """
    import xarray as xr
    from chentsov.geometry.kernels import compile
    from scipy.integrate import solve_ivp

    x, n, dim = manifold.coordinates, range(manifold.dim), manifold.dim
    values = read_values(constants, manifold.constants, "constants", ManifoldError)
    given = {"point": point, "velocity": velocity, "field": field, "derivative": derivative}
    start = {what: read_numbers(x, value, what) for what, value in given.items()}
    manifold.domain.check({**dict(zip(x, map(sp.Rational, start["point"].tolist()))), **values}, "the start")
    times = read_times(t, 101, ManifoldError)
    v, w, d = ([sp.Dummy(f"{letter}{i}", real=True) for i in n] for letter in "vwd")
    gamma = manifold.christoffel
    force = [sp.Add(*(-gamma[i, j, k] * v[j] * v[k] for j in n for k in n)) for i in n]
    change = [sp.Add(*(f.diff(x[k]) * w[k] + f.diff(v[k]) * d[k] for k in n)) for f in force]
    turn = [sp.Add(*(gamma[i, j, k] * w[j] * v[k] for j in n for k in n)) for i in n]  # DJ = J̇ + Γ J ẋ
    square = sp.Add(*(manifold.metric[i, j] * w[i] * w[j] for i in n for j in n))
    symbols = (*x, *v, *w, *d)
    right = compile([*v, *force, *d, *change], symbols, constants=values).pointwise()
    extra = compile([*turn, square], (*x, *v, *w), constants=values).pointwise()
    turned = extra(*start["point"], *start["velocity"], *start["field"])[:dim]
    first = np.concatenate([start["point"], start["velocity"], start["field"], start["derivative"] - turned])
    inside = manifold.domain.at_points(x, values)
    with np.errstate(all="ignore"):
        if not np.all(np.isfinite(right(*first))):
            raise ManifoldError(f"the connection is not finite at the starting point {start['point'].tolist()}")
        solution = solve_ivp(
            lambda _, y: np.array(right(*y)), (times[0], times[-1]), first,
            method="DOP853", t_eval=times, rtol=rtol, atol=atol, events=[inside],
        )  # fmt: skip
    if solution.status != 0 or not np.all(np.isfinite(solution.y)):
        last = solution.t_events[0][0] if solution.status == 1 else solution.t[-1] if solution.t.size else times[0]
        raise ManifoldError(f"the geodesic leaves the chart or its domain near t = {last:g}: {solution.message}")
    parts = solution.y.T.reshape(len(times), 4, dim)
    others = np.array([extra(*row[: 3 * dim]) for row in solution.y.T])
    names = ("t", "coordinate")
    return xr.Dataset(
        {
            "position": (names, parts[:, 0]),
            "velocity": (names, parts[:, 1]),
            "field": (names, parts[:, 2]),
            "derivative": (names, parts[:, 3] + others[:, :dim]),
            "square": ("t", others[:, dim], {"long_name": "squared length of the Jacobi field"}),
        },
        coords={"t": times, "coordinate": [c.name for c in x]},
        attrs={"manifold": repr(manifold), "method": "DOP853", "rtol": rtol, "atol": atol},
    )
