"""Trajectories of a flow: one with everything measured along it, or many at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp
import xarray as xr
from chentsov.geometry.manifolds import ManifoldError
from chentsov.geometry.manifolds.geodesics import LastStep
from chentsov.geometry.manifolds.hessian_volumes import VOLUMES, log_density

from ..exact.reading import match_point
from ..exact.tables import read_reals, read_times
from .compiled_field import compile_field
from .evaluation import constant_values
from .fields import PlainField, RowField
from .lanes import (
    BLEW_UP,
    ENDINGS,
    FINISHED,
    LEFT_DOMAIN,
    SINGULAR,
    STEP_TOO_SMALL,
    TOO_MANY_STEPS,
    flags,
    integrate_lanes,
)
from .volume import measure_log_volume

if TYPE_CHECKING:
    from .flow import Flow

__all__ = ["trajectories", "trajectory"]


def trajectory(
    flow: Flow,
    start: Any,
    t: Any,
    constants: Mapping[Any, Any] | None = None,
    *,
    data: Any = None,
    volumes: Any = None,
    measure: str | None = None,
    distance: float = 1e-4,
    rtol: float = 1e-10,
    atol: float = 1e-12,
    bound: float = 1e12,
    most_steps: int = 1_000_000,
) -> xr.Dataset:
    """The trajectory from ``start``, integrated with DOP853 on a compiled right-hand side.

    Args:
        flow: the flow.
        start: u^i(0): a sequence, or a mapping from coordinates (symbols or names).
        t: the output times, or a number T for 201 times from 0 to T.
        constants: values of the constants, by symbol or name.
        data: the rows that the field averages over: row symbol (or name) -> numbers, a table, or an array. A gradient
            flow is then solved from g u̇ = −∂E point by point, never written out.
        volumes: names or densities whose compressibility is followed; default: those that exist, with data none.
        measure: "cloud" or "variational" also measures the logarithm of a small volume that is carried along, by
            neighbours at ``distance`` or by the variational equation: it must equal ∫κ dt.
        rtol, atol: tolerances of the integrator.
        bound: a trajectory that leaves the cube of this half-width has blown up; it ends there.
        most_steps: of the integrator; a trajectory that takes more (towards a time without end) ends there.

    Returns:
        Dataset over ``t`` with ``position``, ``velocity`` (t × coordinate), ``compressibility`` and ``accumulated``
        = ∫κ dt (t × volume), ``energy`` where the flow has a potential, ``log_volume`` (t × volume) where measured.
        After an early end the values are NaN; ``attrs["ending"]`` and ``attrs["reached"]`` say what happened and when.

    Raises:
        ManifoldError: a start of the wrong length, a missing constant, times that do not rise or fall; data that are
            missing, ragged or not finite, or a measured volume of a flow over data.

    >>> import sympy as sp, chentsov as ch
    >>> x, y = sp.symbols("x y", real=True)
    >>> plane = ch.RiemannianManifold([[1, 0], [0, 1]], (x, y))
    >>> path = ch.Flow.gradient(plane, x**2 + y**2/2).trajectory([1, 1], 1.0, volumes=["primal"], measure="variational")
    >>> bool(abs(path.accumulated[-1, 0] + 3) < 1e-12 and abs(path.log_volume[-1, 0] + 3) < 1e-9)
    True
    """
    from scipy.integrate import solve_ivp

    point = _point(flow, start)
    times = read_times(t, 201, ManifoldError)
    values = constant_values(flow.constants, constants)
    flow.manifold.domain.check({**dict(zip(flow.coordinates, point.tolist())), **values}, "the start")
    chosen = _volumes(flow, volumes)
    field = _field(flow, chosen, measure, values, data)
    dim, count = flow.dim, len(chosen)
    right = field.right_hand_side(dim + count)

    def leaves(_: float, y: np.ndarray) -> float:
        return bound - np.max(np.abs(y[:dim]))

    leaves.terminal = True  # type: ignore[attr-defined]
    outside = flow.manifold.domain.at_points(flow.coordinates, values)
    first = right(np.concatenate([point, np.zeros(count)]))
    if field.trouble == SINGULAR:
        raise ManifoldError(
            f"the metric is singular at the start {point.tolist()}, so that the gradient −g⁻¹ ∂E is none there: start "
            "where it is regular, with more independent rows than coordinates"
        )
    if not np.all(np.isfinite(first)):
        raise ManifoldError(f"the field is not finite at the start {point.tolist()}")
    with np.errstate(all="ignore"):
        solution = solve_ivp(
            lambda _, y: right(y), (times[0], times[-1]), np.concatenate([point, np.zeros(count)]),
            method="DOP853", dense_output=True, events=[leaves, outside, LastStep(most_steps)], rtol=rtol, atol=atol,
        )  # fmt: skip
    met = [code for code, events in zip((BLEW_UP, LEFT_DOMAIN, TOO_MANY_STEPS), solution.t_events) if len(events)]
    stopped = STEP_TOO_SMALL if field.trouble is None else field.trouble
    ending = FINISHED if solution.status == 0 else met[0] if solution.status == 1 else stopped
    reached = float(times[-1] if ending == FINISHED else solution.t[-1])
    states = np.full((times.size, dim + count), np.nan)
    before = (times - times[0]) * np.sign(times[-1] - times[0]) <= abs(solution.t[-1] - times[0])
    states[before] = solution.sol(times[before]).T
    position = states[:, :dim]
    good = np.isfinite(position).all(axis=1)
    names = [c.name for c in flow.coordinates]
    labels = [v if isinstance(v, str) else sp.sstr(v) for v in chosen]
    along = np.full((times.size, field.wanted), np.nan)
    along[good] = field.along(states[good])
    found: dict[str, Any] = {
        "position": (("t", "coordinate"), position),
        "velocity": (("t", "coordinate"), along[:, :dim]),
        "compressibility": (("t", "volume"), along[:, dim : dim + count], {"long_name": "phase-space compressibility"}),
        "accumulated": (("t", "volume"), states[:, dim:], {"long_name": "integral of the compressibility"}),
    }
    if flow.potential is not None:
        found["energy"] = ("t", along[:, -1].copy(), {"long_name": "energy"})
    if measure is not None:
        plain = measure_log_volume(flow, position[good], times[good], values, method=measure, distance=distance)
        logs = along[:, dim + count : dim + 2 * count]
        measured = np.full((times.size, count), np.nan)
        measured[good] = plain[:, None] + (logs - logs[:1])[good]
        found["log_volume"] = (("t", "volume"), measured, {"long_name": f"logarithm of a small volume ({measure})"})
    return xr.Dataset(
        found,
        coords={"t": ("t", times, {"long_name": "time"}), "coordinate": names, "volume": labels},
        attrs={
            "flow": repr(flow), "method": "DOP853", "rtol": rtol, "atol": atol,
            "ending": ENDINGS[ending],
            "finished": int(ending == FINISHED), "reached": reached,
        },
    )  # fmt: skip


def _field(
    flow: Flow, volumes: Sequence[Any], measure: str | None, constants: Mapping[sp.Symbol, float], data: Any
) -> PlainField | RowField:
    """What gives the velocity, the compressibilities, the densities of volumes to measure, and the energy."""
    over_rows = bool(flow.rows)
    if not over_rows and data is not None:
        raise ManifoldError("the field averages over no data: leave `data` out")
    if over_rows and data is None:
        names = ", ".join(s.name for s in flow.rows)
        raise ManifoldError(
            f"the field averages over rows of {names}: give data={{{flow.rows[0].name!r}: values, ...}}"
        )
    if over_rows and measure is not None:
        raise ManifoldError("a volume is not measured along a flow over data: leave `measure` out")
    kappas = [flow.compressibility_formula(v) for v in volumes]
    densities = [log_density(flow.manifold, v) for v in volumes] if measure is not None else []
    energy = [] if flow.potential is None else [flow.potential]
    if over_rows:
        return RowField(flow, [*kappas, *energy], data, constants)
    return PlainField(flow, [*kappas, *densities], energy, constants)


def trajectories(
    flow: Flow,
    starts: Any,
    t: Any,
    constants: Mapping[Any, Any] | None = None,
    *,
    rtol: float = 1e-8,
    atol: float = 1e-10,
    bound: float = 1e12,
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> xr.Dataset:
    """Trajectories from many starts at once, compiled and vectorised over the starts.

    Args:
        flow: the flow.
        starts: array (count, dim).
        t: the output times, or a number T for the two times 0 and T.
        constants, rtol, atol, bound: as for `trajectory`.
        threads: how many cores to use; default all.
        progress: called as progress(starts done, starts in all).

    Raises:
        ManifoldError: starts of another shape, or a field that averages over data.

    Returns:
        Dataset with ``position`` (start × t × coordinate), ``ending`` (a code, spelled out in its attributes),
        ``reached`` and ``steps`` (start).

    >>> import sympy as sp, chentsov as ch
    >>> x = sp.Symbol("x", real=True)
    >>> line = ch.RiemannianManifold([[1]], [x])
    >>> paths = ch.Flow(line, [x**2]).trajectories([[-1.0], [2.0]], 1.0)
    >>> paths.ending.values.tolist(), round(float(paths.reached[1]), 6), round(float(paths.position[0, -1, 0]), 6)
    ([0, 1], 0.5, -0.5)
    """
    points = np.asarray(starts, dtype=float)
    if points.ndim != 2 or points.shape[1] != flow.dim:
        raise ManifoldError(f"starts have shape {points.shape}; (count, {flow.dim}) is needed")
    if flow.rows:
        names = ", ".join(s.name for s in flow.rows)
        raise ManifoldError(
            f"the field averages over rows of {names}: integrate one by one, with trajectory(…, data=…)"
        )
    times = read_times(t, 2, ManifoldError)
    values = constant_values(flow.constants, constants)
    field = compile_field(flow.components, flow.coordinates, tuple(values))
    states, ending, reached, steps = integrate_lanes(
        field, points, times, np.array(list(values.values())), rtol=rtol, atol=atol, bound=bound,
        threads=threads, progress=progress,
    )  # fmt: skip
    _leave(flow, times, values, states, ending, reached)
    return xr.Dataset(
        {
            "position": (("start", "t", "coordinate"), states),
            "ending": ("start", ending, flags(ENDINGS)),
            "reached": ("start", reached, {"long_name": "last time reached"}),
            "steps": ("start", steps, {"long_name": "steps tried"}),
        },
        coords={"t": times, "coordinate": [c.name for c in flow.coordinates]},
        attrs={"flow": repr(flow), "method": "DOP853 on lanes", "rtol": rtol, "atol": atol},
    )


def _leave(
    flow: Flow,
    times: np.ndarray,
    constants: Mapping[Any, Any],
    states: np.ndarray,
    ending: np.ndarray,
    reached: np.ndarray,
) -> None:
    """End trajectories at the first of the output times at which they lie outside the domain."""
    domain = flow.manifold.domain
    if not domain:
        return
    columns = {c: states[..., i] for i, c in enumerate(flow.coordinates)}
    held = {s: np.float64(v) for s, v in constants.items()}
    with np.errstate(invalid="ignore"):
        out = ~np.broadcast_to(domain.inside({**columns, **held}), states.shape[:2]) & np.isfinite(states).all(axis=2)
    gone = np.logical_or.accumulate(out, axis=1)
    left = gone.any(axis=1)
    states[gone] = np.nan
    ending[left] = LEFT_DOMAIN
    last = np.maximum(np.argmax(gone, axis=1) - 1, 0)
    reached[left] = times[last[left]]


def _point(flow: Flow, start: Any) -> np.ndarray:
    if isinstance(start, Mapping):
        start = list(match_point(start, flow.coordinates, "start", ManifoldError).values())
    point = np.ravel(read_reals(start, "the start must hold numbers", ManifoldError))
    if point.shape != (flow.dim,):
        names = ", ".join(c.name for c in flow.coordinates)
        raise ManifoldError(f"the start has {point.size} values; this flow has {flow.dim} coordinates ({names})")
    if not np.all(np.isfinite(point)):
        raise ManifoldError(f"the start is not finite: {point.tolist()}")
    return point


def _volumes(flow: Flow, volumes: Any) -> list[Any]:
    if volumes is None and flow.rows:
        return []
    if volumes is not None:
        return [volumes] if isinstance(volumes, (str, sp.Expr)) else list(volumes)
    return [v for v in VOLUMES if v != "dual" or flow.manifold.structure == "hessian"]
