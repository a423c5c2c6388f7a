"""Geodesics: the equations, and their numerical solution."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp
from chentsov.geometry.exact import Mean

from ..exact.reading import read_float, read_point, read_symbols, read_values
from ..exact.tables import read_times
from .inputs import ManifoldError
from .recipes import metric_of, recipe

if TYPE_CHECKING:
    from .riemannian import RiemannianManifold

__all__ = ["LastStep", "averages_over_data", "curve_of", "geodesic", "geodesic_equations", "read_numbers"]

_NULL = 1e-12  # g(ẋ, ẋ) is zero where it is less than this part of the moduli of its terms;
_STAYS_NULL = 1e-6  # along a geodesic that began so, less than this part


class LastStep:
    """An event of `solve_ivp` at the end of the last step that is allowed: it is asked once after each of them."""

    terminal = True

    def __init__(self, steps: int) -> None:
        self.left, self.end = steps, np.inf

    def __call__(self, time: float, _: np.ndarray) -> float:
        self.left -= 1
        if self.left == -1:  # (the start is asked as well)
            self.end = time
        return self.end - time


def curve_of(
    manifold: RiemannianManifold, parameter: sp.Symbol | None = None
) -> tuple[sp.Symbol, dict[sp.Symbol, sp.Expr]]:
    """The parameter s of a curve, and {coordinate: its function x^i(s)}.

    Raises:
        ManifoldError: the parameter is a coordinate or constant.
    """
    (s,) = read_symbols(sp.Symbol("s", real=True) if parameter is None else parameter, "parameter", "t", ManifoldError)
    if s in manifold.coordinates or s in manifold.constants:
        raise ManifoldError(
            f"the parameter {s.name} is a coordinate or constant of the manifold; choose another symbol"
        )
    return s, {x: sp.Function(x.name)(s) for x in manifold.coordinates}


def geodesic_equations(manifold: RiemannianManifold, parameter: sp.Symbol | None = None) -> list[sp.Eq]:
    """ẍ^i + Γ^i_jk ẋ^j ẋ^k = 0, one equation a coordinate, as functions of the parameter."""
    s, curve = curve_of(manifold, parameter)
    n, gamma = range(manifold.dim), manifold.christoffel
    dot = [curve[x].diff(s) for x in manifold.coordinates]
    equations = []
    for i, x in enumerate(manifold.coordinates):
        force = sum(
            (
                (1 if j == k else 2) * gamma[i, j, k].subs(curve, simultaneous=True) * dot[j] * dot[k]
                for j in n
                for k in n[j:]
                if gamma[i, j, k] != 0
            ),
            sp.S.Zero,
        )
        equations.append(sp.Eq(curve[x].diff(s, 2) + force, 0))
    return equations


def geodesic(
    manifold: RiemannianManifold,
    point: Any,
    velocity: Any,
    t: Any,
    constants: Mapping[Any, Any] | None = None,
    data: Mapping[Any, Any] | None = None,
    rtol: float = 1e-10,
    atol: float = 1e-12,
    most_steps: int = 100_000,
) -> Any:
    """The geodesic from `point` with initial `velocity`, integrated with DOP853.

    Args:
        manifold: the manifold.
        point: x^i(0): a sequence, or a mapping from coordinates (symbols or names).
        velocity: ẋ^i(0), likewise.
        t: the values of the affine parameter, rising or falling from the first; a number T means 101 values from 0 to
            T.
        constants: values of the constants, by symbol or name.
        data: row symbol -> numbers, for a metric of averages over data rows.
        rtol, atol: tolerances of the integrator.
        most_steps: how many it may take.

    Returns:
        xarray.Dataset along `t` with `position` and `velocity` (t × coordinate), and the `speed` √|g(ẋ, ẋ)|, negative
        where the geodesic is time-like, which a geodesic keeps; `attrs["speed_drift"]` says how well it did, and
        `attrs["kind"]` whether it is "space-like", "time-like" or "null".

    Raises:
        ManifoldError: a value is missing or not finite, the curve leaves the chart (with the place), or it is too long.
    """
    import xarray as xr
    from scipy.integrate import solve_ivp

    start = read_numbers(manifold.coordinates, point, "point")
    push = read_numbers(manifold.coordinates, velocity, "velocity")
    values = read_values(constants, manifold.constants, "constants", ManifoldError)
    manifold.domain.check({**dict(zip(manifold.coordinates, map(sp.Rational, start.tolist()))), **values}, "the start")
    times = read_times(t, 101, ManifoldError)
    right, speed = _right_hand_side(manifold, values, data)
    dim = manifold.dim
    inside = manifold.domain.at_points(manifold.coordinates, values)
    with np.errstate(all="ignore"):
        if not np.all(np.isfinite(right(0.0, np.concatenate([start, push])))):
            raise ManifoldError(f"the metric or its connection is not finite at the starting point {start.tolist()}")
        solution = solve_ivp(
            right,
            (times[0], times[-1]),
            np.concatenate([start, push]),
            method="DOP853",
            t_eval=times,
            rtol=rtol,
            atol=atol,
            events=[inside, LastStep(most_steps)],
        )
    if solution.status == 1 and solution.t_events[1].size:
        raise ManifoldError(
            f"the geodesic takes more than {most_steps} steps and has come to t = {solution.t_events[1][0]:g} of "
            f"{times[-1]:g}: ask for a shorter one, or allow more by most_steps="
        )
    if solution.status == 1:
        raise ManifoldError(
            f"the geodesic leaves the domain at t = {solution.t_events[0][0]:g}, at "
            f"{solution.y_events[0][0][:dim].tolist()}"
        )
    if not solution.success or not np.all(np.isfinite(solution.y)):
        where = solution.y[:dim, -1].tolist() if solution.y.size else start.tolist()
        last = solution.t[-1] if solution.t.size else times[0]
        raise ManifoldError(
            f"the geodesic leaves the chart or meets a singularity near t = {last:g}, at {where}: {solution.message}"
        )
    x, v = solution.y[:dim].T, solution.y[dim:].T
    squares, sizes = np.array([speed(*a, *b) for a, b in zip(x, v)], dtype=float).T
    null = abs(squares[0]) <= _NULL * sizes[0]
    squares[np.abs(squares) <= (_STAYS_NULL if null else _NULL) * sizes] = 0.0
    speeds = np.sign(squares) * np.sqrt(np.abs(squares))
    names = [c.name for c in manifold.coordinates]
    drift = float(np.max(np.abs(speeds - speeds[0])))
    kind = {1: "space-like", -1: "time-like", 0: "null"}[int(np.sign(squares[0]))]
    return xr.Dataset(
        {
            "position": (("t", "coordinate"), x),
            "velocity": (("t", "coordinate"), v),
            "speed": ("t", speeds, {"long_name": "speed, negative where time-like"}),
        },
        coords={"t": ("t", times, {"long_name": "affine parameter"}), "coordinate": names},
        attrs={
            "manifold": repr(manifold), "kind": kind, "speed_drift": drift,
            "method": "DOP853", "rtol": rtol, "atol": atol,
        },
    )  # fmt: skip


def averages_over_data(metric: Iterable[sp.Expr], data: Any) -> bool:
    """Whether a metric averages over rows.

    Raises:
        ManifoldError: it does, and there are none.
    """
    rows = sorted({v.name for e in metric for m in e.atoms(Mean) for v in m.variables})
    if rows and not data:
        raise ManifoldError(
            f"the metric holds averages over data: give the rows in `data`, one array for each of {', '.join(rows)}"
        )
    return bool(rows)


def read_numbers(symbols: Sequence[sp.Symbol], values: Any, what: str) -> np.ndarray:
    """A number for each of the symbols, as an array."""
    numbers = read_point(values, symbols, what, ManifoldError)
    return np.array([read_float(v, f"the {what}: {s}", ManifoldError) for s, v in numbers.items()])


def _right_hand_side(
    manifold: RiemannianManifold, values: dict[sp.Symbol, Any], data: Mapping[Any, Any] | None
) -> tuple[Any, Any]:
    """(t, y) -> ẏ for y = (x, ẋ), and (x, ẋ) -> g(ẋ, ẋ) with the sum of the moduli of its terms."""
    from chentsov.geometry.kernels import compile

    dim, n = manifold.dim, range(manifold.dim)
    gamma, g = recipe(manifold, "christoffel"), metric_of(manifold)
    independent = [(i, j, k) for i in n for j in n for k in n[j:] if gamma[i, j, k] != 0]
    averages_over_data(g, data)
    options: dict[str, Any] = {"constants": values, "data": data or {}}
    symbols = [gamma[index] for index in independent] or [sp.S.Zero]
    christoffel = compile(symbols, manifold.coordinates, **options).pointwise()
    metric = compile(list(g), manifold.coordinates, **options).pointwise()
    i, j, k = np.array(independent or [(0, 0, 0)]).T
    factor = np.where(j == k, -1.0, -2.0)

    def right(_: float, y: np.ndarray) -> np.ndarray:
        v = y[dim:]
        return np.concatenate([v, np.bincount(i, factor * christoffel(*y[:dim]) * v[j] * v[k], dim)])

    def speed(*y: float) -> tuple[float, float]:
        terms = metric(*y[:dim]).reshape(dim, dim) * np.outer(y[dim:], y[dim:])
        return float(terms.sum()), float(np.abs(terms).sum())

    return right, speed
