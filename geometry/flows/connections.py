"""exp, log, distances, transport, balls and means of a manifold, for one pair of points or for arrays of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp
from chentsov.geometry.manifolds import ManifoldError
from chentsov.geometry.manifolds.closed_distances import ClosedDistance, closed_distance
from chentsov.geometry.manifolds.closed_geodesics import closed_exponential
from chentsov.geometry.manifolds.geodesics import geodesic

from ..exact.reading import match_point, match_symbols, read_count, read_expression, read_float, read_symbols, short
from ..exact.tables import read_reals
from ..kernels import compile
from ..kernels.ball import HighPrecision
from .compiled_field import compile_field
from .enclosures import NoCertificate, enclose, enclose_connection, middle_and_error
from .lanes import ENDINGS, FINISHED, LEFT_DOMAIN, flags, integrate_lanes
from .shooting import CONJUGATE, LOST, MINIMAL, NOT_CERTIFIED, STATUSES, Connections, Space, connect, connect_all, norms

if TYPE_CHECKING:
    import xarray as xr
    from chentsov.geometry.manifolds import RiemannianManifold

__all__ = [
    "GeodesicBall",
    "distance",
    "exponential",
    "frechet_mean",
    "geodesic_ball",
    "geodesic_between",
    "geodesics",
    "logarithm",
    "transport",
    "with_distances",
]

SHOOTING, CERTIFIED = "shooting with Jacobi fields", "balls: Picard's iteration, and Krawczyk's test"
_ENDS = np.array([0.0, 1.0])
_MEAN_STEPS, _MEAN_TOLERANCE = 200, 1e-11  # of the descent to a mean, the latter as a length


# -- arrays of points ------------------------------------------------------------------------------------------


def read_points(manifold: RiemannianManifold, given: Any, what: str) -> np.ndarray:
    """Points or vectors as an array (..., n): arrays whose last axis is the coordinates, or {coordinate: array}.

    Raises:
        ManifoldError: no numbers, the wrong number of them, or some that are not finite.
    """
    names = ", ".join(c.name for c in manifold.coordinates)
    if isinstance(given, Mapping) and not hasattr(given, "dims"):
        found = match_point(given, manifold.coordinates, what, ManifoldError)
        columns = [read_reals(v, f"the {what}: {c}", ManifoldError) for c, v in found.items()]
        try:
            array = np.stack(np.broadcast_arrays(*columns), axis=-1)
        except ValueError:
            raise ManifoldError(f"the {what}: the arrays of {names} have shapes that do not broadcast") from None
    else:
        array = read_reals(given, f"the {what}", ManifoldError)
    if array.ndim == 0 or array.shape[-1] != manifold.dim:
        raise ManifoldError(
            f"the {what} has shape {array.shape}; its last axis must hold {manifold.dim} numbers, one for each of "
            f"{names}"
        )
    if not np.isfinite(array).all():
        raise ManifoldError(f"the {what} is not finite: {short(array[~np.isfinite(array)][0])} is no coordinate")
    return array


def _batched(*arrays: np.ndarray) -> tuple[tuple[int, ...], list[np.ndarray]]:
    """The common shape without the last axis, and the arrays as rows."""
    try:
        shape = np.broadcast_shapes(*(a.shape[:-1] for a in arrays))
    except ValueError:
        shapes = " and ".join(str(a.shape) for a in arrays)
        raise ManifoldError(f"arrays of shapes {shapes} do not broadcast") from None
    spread = [np.broadcast_to(a, (*shape, a.shape[-1])) for a in arrays]
    return shape, [np.ascontiguousarray(a.reshape(-1, a.shape[-1])) for a in spread]


def _labelled(
    manifold: RiemannianManifold, shape: tuple[int, ...], values: np.ndarray, name: str,
    attributes: Mapping[str, Any], **columns: Any,
) -> xr.DataArray:  # fmt: skip
    """Rows of numbers or vectors in the shape of the batch; the columns become coordinates of it."""
    import xarray as xr

    dims = [f"axis_{k}" for k in range(len(shape))] if len(shape) > 1 else ["pair"][: len(shape)]
    vectors = values.ndim == 2
    coordinates: dict[str, tuple[Any, Any, Any]] = {
        k: (dims, np.asarray(v).reshape(shape), attrs) for k, (v, attrs) in columns.items()
    }
    if vectors:
        coordinates["coordinate"] = ("coordinate", [c.name for c in manifold.coordinates], {})
    return xr.DataArray(
        values.reshape((*shape, *values.shape[1:])), dims=[*dims, *(["coordinate"] if vectors else [])],
        coords=coordinates, name=name, attrs=dict(attributes),
    )  # fmt: skip


def _refuse_indefinite(space: Space, points: np.ndarray) -> None:
    """Raise where the metric has both signs at every one of the points."""
    inside = space.inside(points)
    if not inside.any():
        return
    metric = space.metric(points[inside])
    finite = metric[np.isfinite(metric).all(axis=(1, 2))]
    if not len(finite):
        return
    values = np.linalg.eigvalsh(finite)
    if ((values[:, 0] < 0) & (values[:, -1] > 0)).all():
        signs = "".join("−" if v < 0 else "+" for v in values[0])
        raise ManifoldError(
            f"the metric has the signature ({signs}), so points have no distance: ask `geodesic` for a time-like, null "
            "or space-like geodesic, or `length` for the length of a space-like curve"
        )


# -- one geodesic or many ---------------------------------------------------------------------------------------


def exponential(
    manifold: RiemannianManifold, p: Any, v: Any, *, constants: Mapping[Any, Any] | None = None, data: Any = None,
    rtol: float | None = None,
) -> xr.DataArray:  # fmt: skip
    """exp_p(v): where the geodesic from p with velocity v is at t = 1.

    Args:
        manifold: the manifold.
        p: points, an array (..., n) or {coordinate: array}.
        v: velocities, likewise; the two broadcast.
        constants: a number for every constant.
        data: row symbol -> numbers, for a metric of averages over data rows.
        rtol: prove every coordinate right to this part of the largest one, by balls (about a second each).

    Returns:
        DataArray (..., coordinate) with the coordinate `ending`; NaN where a geodesic of several ended early. Where the
        metric is a product of lines, constant and hyperbolic parts it is a formula, says `attrs["method"]`. With
        `rtol`, the coordinate `error` instead, a proven bound; NaN where there is no proof, and `reason` says why.

    Raises:
        ManifoldError: what is handed in cannot be read; a single geodesic ends early, or is not proven.
    """
    shape, (starts, velocities) = _batched(read_points(manifold, p, "point"), read_points(manifold, v, "velocity"))
    space = Space(manifold, constants, data, (starts,))
    if rtol is not None:
        return _enclosed_ends(space, shape, starts, velocities, _tolerance(rtol))
    closed = None if space.field.data is not None else closed_exponential(manifold, space.constants)
    ends = np.full(starts.shape, np.nan) if closed is None else closed(starts, velocities)
    beyond = np.isnan(ends).any(axis=1) & space.inside(starts) & (closed is not None)  # as the formula knows
    left = ~beyond & ~(space.inside(starts) & space.inside(ends))
    ending, reached = np.where(beyond, LEFT_DOMAIN, FINISHED), np.where(beyond, np.nan, 1.0)
    if left.any():
        ends[left], ending[left], reached[left] = _shot(space, starts[left], velocities[left])
    method = "closed form" if not left.any() else "DOP853" if left.all() else "closed form; DOP853"
    if not shape and ending[0] != FINISHED:
        manifold.domain.check(dict(zip(manifold.coordinates, starts[0].tolist())), "the start")
        when = f"at t = {reached[0]:g}, before 1" if np.isfinite(reached[0]) else "before t = 1"
        raise ManifoldError(f"the geodesic from {starts[0].tolist()} ends {when}: it {ENDINGS[int(ending[0])]}")
    return _labelled(manifold, shape, ends, "exp", {"method": method}, ending=(ending, flags(ENDINGS)))


_NOT_REPRESENTABLE = "a double cannot hold the number to this tolerance"


def _tolerance(rtol: Any) -> float:
    found = read_float(rtol, "rtol", ManifoldError)
    if not 0 < found < 1:
        raise ManifoldError(f"rtol lies between 0 and 1, not at {found:g}")
    return found


def _enclosed_ends(
    space: Space, shape: tuple[int, ...], starts: np.ndarray, velocities: np.ndarray, rtol: float
) -> xr.DataArray:
    ends, errors = np.full(starts.shape, np.nan), np.full(starts.shape, np.nan)
    reasons = [""] * len(starts)
    for row, (p, v) in enumerate(zip(starts, velocities)):
        space.domain.check({**dict(zip(space.manifold.coordinates, p.tolist())), **space.constants}, "the start")
        try:
            end, error = np.array([middle_and_error(b) for b in enclose(space, p, v, rtol)[: space.dim]]).T
            if error.max() > rtol * np.abs(end).max():
                raise NoCertificate(_NOT_REPRESENTABLE)
        except NoCertificate as problem:
            reasons[row] = str(problem)
            continue
        ends[row], errors[row] = end, error
    if not shape and reasons[0]:
        raise ManifoldError(f"the geodesic from {starts[0].tolist()} is not proven: {reasons[0]}")
    found = _labelled(space.manifold, shape, ends, "exp", {"method": CERTIFIED}, reason=(reasons, {}))
    return found.assign_coords(error=(found.dims, errors.reshape(found.shape)))


def _enclosed_connections(space: Space, p: np.ndarray, q: np.ndarray, found: Connections, rtol: float) -> list[str]:
    """Replace the geodesics that were found by enclosures, and say why where there is none."""
    reasons = [""] * len(p)
    for row in np.flatnonzero(np.isfinite(found.distance) & (found.distance > 0)):
        try:
            velocity, length = enclose_connection(space, p[row], q[row], found.velocity[row], rtol)
            distance, error = middle_and_error(length)
            if error > rtol * distance:
                raise NoCertificate(_NOT_REPRESENTABLE)
        except NoCertificate as problem:
            reasons[row], found.status[row] = str(problem), NOT_CERTIFIED
            found.velocity[row], found.distance[row], found.error[row] = np.nan, np.nan, np.nan
            continue
        found.velocity[row] = [middle_and_error(b)[0] for b in velocity]
        found.distance[row], found.error[row] = distance, error
    return reasons


def _shot(space: Space, starts: np.ndarray, velocities: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ends at t = 1, how the geodesics ended, and the last times reached."""
    positions, _, ending, reached = space.shoot(starts, velocities, _ENDS)
    ends = positions[:, -1]
    ending[(ending == FINISHED) & ~space.inside(ends)] = LEFT_DOMAIN
    ending[~space.inside(starts)] = LEFT_DOMAIN
    ends[ending != FINISHED] = np.nan
    return ends, ending, reached


def _connected(
    manifold: RiemannianManifold,
    p: Any,
    q: Any,
    constants: Mapping[Any, Any] | None,
    data: Any,
    rtol: float | None = None,
) -> tuple[tuple[int, ...], Connections]:
    shape, (starts, ends) = _batched(read_points(manifold, p, "point p"), read_points(manifold, q, "point q"))
    space = Space(manifold, constants, data, (starts, ends))
    _refuse_indefinite(space, starts)
    found = connect(space, starts, ends)
    reasons = [""] if rtol is None else _enclosed_connections(space, starts, ends, found, _tolerance(rtol))
    if not shape and not np.isfinite(found.distance[0]):
        _refuse(space, starts[0], ends[0], int(found.status[0]), reasons[0])
    return shape, found


def _refuse(space: Space, p: np.ndarray, q: np.ndarray, status: int, reason: str = "") -> None:
    """Say why there is no geodesic between a single pair of points."""
    for what, point in (("the point p", p), ("the point q", q)):
        space.domain.check({**dict(zip(space.manifold.coordinates, point.tolist())), **space.constants}, what)
    raise ManifoldError(f"no geodesic from {p.tolist()} to {q.tolist()}: {reason or STATUSES[status]}")


def logarithm(
    manifold: RiemannianManifold, p: Any, q: Any, *, constants: Mapping[Any, Any] | None = None, data: Any = None,
    rtol: float | None = None,
) -> xr.DataArray:  # fmt: skip
    """log_p(q): the velocity at p of the geodesic that is at q when t = 1.

    Args:
        manifold: the manifold.
        p, q: points, arrays (..., n) or {coordinate: array}, that broadcast.
        constants, data: as for `exponential`.
        rtol: prove that there is a geodesic here, and its length to this tolerance, by balls (seconds each).

    Returns:
        DataArray (..., coordinate) with the coordinates `distance`, `error` (a bound of its error) and `status`; NaN
        where there is none, and `status` says why.

    Raises:
        ManifoldError: what is handed in cannot be read; there is none between a single pair; the metric is indefinite.
    """
    shape, found = _connected(manifold, p, q, constants, data, rtol)
    return _labelled(
        manifold, shape, found.velocity, "log", {"method": SHOOTING if rtol is None else CERTIFIED},
        distance=(found.distance, {}), error=(found.error, {}), status=(found.status, flags(STATUSES)),
    )  # fmt: skip


def distance(
    manifold: RiemannianManifold, p: Any, q: Any, *, constants: Mapping[Any, Any] | None = None, data: Any = None,
    rtol: float | None = None,
) -> xr.DataArray | sp.Expr:  # fmt: skip
    """The length of the shortest geodesic from p to q: in closed form where the metric has one, else by `logarithm`.

    Args:
        manifold: the manifold.
        p, q: points, arrays (..., n) or {coordinate: array}, that broadcast; or expressions, for a formula.
        constants, data: as for `exponential`.
        rtol: prove every number right to this tolerance: a closed form in balls, or that of `logarithm`, the length of
            a geodesic that is proven to exist (that it is the shortest is not).

    Returns:
        DataArray (...) with the coordinates `error` and `status`; `float` makes a number of a single one, and
        `attrs["method"]` says where it comes from. Of points that hold symbols, a SymPy expression.

    Raises:
        ManifoldError: what is handed in cannot be read; there is no geodesic between a single pair; the metric is
            indefinite; symbols are given, and there is no closed form.
    """
    closed = None if data else closed_distance(manifold)
    if _holds_symbols(p) or _holds_symbols(q):
        return _formula(manifold, closed, p, q)
    shape, (starts, ends) = _batched(read_points(manifold, p, "point p"), read_points(manifold, q, "point q"))
    space = Space(manifold, constants, data, (starts, ends))
    _refuse_indefinite(space, starts)
    count, methods = len(starts), []
    values, error, status = np.full(count, np.nan), np.full(count, np.nan), np.full(count, LOST)
    if closed is not None:
        values, error = _of_closed_form(closed, space, starts, ends)
        if rtol is not None:
            values[~(error <= _tolerance(rtol) * np.abs(values))] = np.nan
        status[np.isfinite(values)] = MINIMAL
        methods = [f"closed form: {closed.provenance}"] if np.isfinite(values).any() else []
    left, reasons = ~np.isfinite(values), [""]
    if left.any():
        found = connect(space, starts[left], ends[left])
        if rtol is not None:
            reasons = _enclosed_connections(space, starts[left], ends[left], found, _tolerance(rtol))
        values[left], error[left], status[left] = found.distance, found.error, found.status
        longer = status == CONJUGATE  # the length of a geodesic, and no distance
        values[longer], error[longer] = np.nan, np.nan
        methods.append(SHOOTING if rtol is None else CERTIFIED)
    if not shape and not np.isfinite(values[0]):
        _refuse(space, starts[0], ends[0], int(status[0]), reasons[0])
    return _labelled(
        manifold, shape, values, "distance", {"method": "; ".join(methods)},
        error=(error, {}), status=(status, flags(STATUSES)),
    )  # fmt: skip


def _holds_symbols(point: Any) -> bool:
    values = point.values() if isinstance(point, Mapping) else point if isinstance(point, (list, tuple)) else ()
    return any(isinstance(v, sp.Expr) and v.free_symbols for v in values)


def _formula(manifold: RiemannianManifold, closed: ClosedDistance | None, p: Any, q: Any) -> sp.Expr:
    if closed is None:
        raise ManifoldError("no closed form of the distance is known here: give points in numbers")
    images = dict(match_point(p, manifold.coordinates, "point p", ManifoldError))
    second = match_point(q, manifold.coordinates, "point q", ManifoldError)
    images |= {closed.others[x]: e for x, e in second.items()}
    read = {s: read_expression(e, f"the coordinate {s.name}", ManifoldError) for s, e in images.items()}
    return closed.expression.subs(read, simultaneous=True)


def _of_closed_form(
    closed: ClosedDistance, space: Space, p: np.ndarray, q: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Distances with bounds of their rounding errors; NaN where the form does not hold."""
    symbols = [*space.manifold.coordinates, *closed.others.values()]
    constants = dict(space.constants)
    kernel = compile([closed.expression, *closed.valid], symbols, constants=constants)
    kernel.promises = ()
    (values, *valid), (error, *_) = kernel.bounded(*np.ascontiguousarray(np.hstack([p, q]).T))
    good = space.inside(p) & space.inside(q) & (np.asarray(valid) > 0).all(axis=0)
    same = good & (p == q).all(axis=1)  # the bound of a root is infinite at zero
    values[same], error[same] = 0.0, 0.0
    values[~good], error[~good] = np.nan, np.nan
    balls = HighPrecision([closed.expression], [*symbols, *constants])
    for row in np.flatnonzero(good & np.isinf(error)):  # a function without a rule for its error
        (ball,) = balls.balls([*p[row].tolist(), *q[row].tolist(), *constants.values()], 100)
        off = abs(ball - float(values[row])).upper() if ball.is_finite() else np.nan
        error[row] = float(off)
    return values, error


def with_distances(
    manifold: RiemannianManifold, dataset: xr.Dataset, axes: Mapping[Any, Any], point: Any, options: Mapping[str, Any]
) -> xr.Dataset:
    """A result of `on_grid` with the distance of each cell to a point: `distance`, `distance_error`, `distance_status`.

    Raises:
        ManifoldError: the point cannot be read, or the grid is not in memory.
    """
    if options.get("chunks") is not None or options.get("store") is not None:
        raise ManifoldError("distances are for grids in memory: leave `chunks` and `store` out")
    values = match_symbols(axes, manifold.coordinates, "the axes", ManifoldError, known=manifold.constants)
    names = [c.name for c in manifold.coordinates]
    grid = [d for d in dataset["status"].dims if d in names]
    columns = [dataset[n].values if n in grid else read_reals(values[c], n) for n, c in zip(names, values)]
    columns = [c.reshape([-1 if d == n else 1 for d in grid]) for n, c in zip(names, columns)]
    cells = np.stack(np.broadcast_arrays(*columns), axis=-1)
    held = {k: options[k] for k in ("constants", "data") if k in options}
    start = read_points(manifold, point, "point")
    if start.ndim != 1:
        raise ManifoldError(f"distances on a grid are to one point, not to an array of shape {start.shape}")
    found = distance(manifold, np.broadcast_to(start, cells.shape), cells, **held)
    numbers = {"distance": found, "distance_error": found["error"], "distance_status": found["status"]}
    attributes = {"distance_status": flags(STATUSES), "distance": {"long_name": "distance", **found.attrs}}
    return dataset.assign({n: (grid, v.values, attributes.get(n, {})) for n, v in numbers.items()})


def geodesic_between(manifold: RiemannianManifold, p: Any, q: Any, t: Any = None, **options: Any) -> xr.Dataset:
    """The geodesic from p (t = 0) to q (t = 1), at times t in between; see `geodesics.geodesic`.

    Raises:
        ManifoldError: p and q are one point, or there is no geodesic between them.
    """
    held = {k: options[k] for k in ("constants", "data") if k in options}
    velocity = logarithm(manifold, p, q, **held)
    if velocity.ndim != 1:
        raise ManifoldError("a geodesic joins one pair of points: use `log` and `exp` for arrays of them")
    if not velocity.any():
        raise ManifoldError("p and q are the same point: the geodesic between them has no direction")
    times = np.linspace(0.0, 1.0, 101) if t is None else t
    path = geodesic(manifold, read_points(manifold, p, "point p").tolist(), velocity.values.tolist(), times, **options)
    status = int(velocity.status)
    ends = {"distance": float(velocity.distance), "error": float(velocity.error), "status": STATUSES[status]}
    return path.assign_attrs(ends)


def geodesics(
    manifold: RiemannianManifold, p: Any, q: Any, *, periods: Mapping[Any, Any] | None = None, windings: Any = 1,
    constants: Mapping[Any, Any] | None = None, data: Any = None,
) -> xr.DataArray:  # fmt: skip
    """The geodesics from p to q that are found, the shortest first: more than one beyond the cut locus.

    Newton's method begins from directions all around p at several lengths, for q and for each of its images; that none
    is missing is not proven, nor that the first is the shortest.

    Args:
        manifold: the manifold.
        p, q: points.
        periods: {coordinate: period} of those that come back to the same points, such as angles: 2π. (The chart does
            not say so; without it, points that differ by a period are different points.)
        windings: how many periods forwards and backwards the images of q lie.
        constants, data: as for `exponential`.

    Returns:
        DataArray (geodesic, coordinate) of velocities at p, with the coordinates `distance` (the length), `error`,
        `status`, and `winding` (geodesic × coordinate), the periods that were added to q.

    Raises:
        ManifoldError: what is handed in cannot be read; p and q are one point and nothing is periodic; the metric is
            indefinite; no geodesic is found.

    >>> import sympy as sp, chentsov as ch
    >>> h, u = sp.symbols("h u", real=True)
    >>> cylinder = ch.RiemannianManifold([[1, 0], [0, 1]], (h, u))
    >>> found = cylinder.geodesics([0, 0], [0, 2], periods={u: 6})
    >>> found.distance.values.round(9).tolist(), found.sel(coordinate="u").values.round(9).tolist()
    ([2.0, 4.0, 8.0], [2.0, -4.0, 8.0])
    """
    import xarray as xr

    start, end = read_points(manifold, p, "point p"), read_points(manifold, q, "point q")
    if start.ndim != 1 or end.ndim != 1:
        raise ManifoldError("all geodesics are looked for between one pair of points, not between arrays of them")
    count = read_count(windings, "windings", least=0, error=ManifoldError)
    known = match_symbols(periods or {}, manifold.coordinates, "periods", ManifoldError)
    steps = np.zeros(manifold.dim)
    for x, value in known.items():
        steps[manifold.coordinates.index(x)] = read_float(value, f"the period of {x}", ManifoldError)
    ranges = [range(-count, count + 1) if step else range(1) for step in steps]
    shifts = np.array(list(product(*ranges)), dtype=int)
    images = end + shifts * steps
    space = Space(manifold, constants, data, (start, images))
    _refuse_indefinite(space, start[None])
    rows, found = connect_all(space, start, images)
    if not rows.size:
        first = connect(space, start[None], end[None])
        if np.array_equal(start, end):
            raise ManifoldError("p and q are the same point: only a closed geodesic joins it to itself")
        _refuse(space, start, end, int(first.status[0]))
    names = [c.name for c in manifold.coordinates]
    return xr.DataArray(
        found.velocity,
        dims=["geodesic", "coordinate"],
        coords={
            "coordinate": names,
            "distance": ("geodesic", found.distance),
            "error": ("geodesic", found.error),
            "status": ("geodesic", found.status, flags(STATUSES)),
            "winding": (("geodesic", "coordinate"), shifts[rows]),
        },
        name="log",
        attrs={"method": "shooting with Jacobi fields from all directions"},
    )


def transport(
    manifold: RiemannianManifold, v: Any, along: Any, *, constants: Mapping[Any, Any] | None = None, data: Any = None
) -> xr.DataArray:
    """The vector v, transported parallel along a curve from its beginning.

    Args:
        manifold: the manifold.
        v: components v^i at the beginning of the curve.
        along: a pair of points (p, q), for the geodesic between them (arrays of pairs are allowed); a result of
            `geodesic`; or (curve, parameter, (a, b)), the curve as for `length`.
        constants, data: as for `exponential`.

    Returns:
        DataArray (..., coordinate): the vector at the end; along a result of `geodesic`, at each of its times.

    Raises:
        ManifoldError: what is handed in cannot be read, or the curve ends early.
    """
    space = Space(manifold, constants, data)
    vector = read_points(manifold, v, "vector")
    if hasattr(along, "data_vars"):
        times = np.array(along["t"], dtype=float)
        start = [along[k].values[:1] for k in ("position", "velocity")]
        moved, ending = space.carry(start[0], start[1], vector.reshape(1, -1), times)
        _refuse_early(ending)
        return _labelled(manifold, (times.size,), moved[0], "transport", {}).rename(pair="t").assign_coords(t=times)
    if isinstance(along, Sequence) and len(along) == 3:
        curve, parameter, interval = along
        moved = _along_curve(manifold, vector, curve, parameter, interval, space)
        return _labelled(manifold, (), moved[None], "transport", {})
    if not isinstance(along, Sequence) or len(along) != 2:
        raise ManifoldError(
            "a vector is transported along a pair of points (p, q), a result of `geodesic`, or (curve, parameter, "
            "(a, b))"
        )
    velocity = logarithm(manifold, *along, constants=constants, data=data)
    shape, (starts, ahead, vectors) = _batched(read_points(manifold, along[0], "point p"), velocity.values, vector)
    moved, ending = space.carry(starts, ahead, vectors, _ENDS)
    if not shape:
        _refuse_early(ending)
    return _labelled(manifold, shape, moved[:, -1], "transport", {})


def _refuse_early(ending: np.ndarray) -> None:
    if ending[0] != FINISHED:
        raise ManifoldError(f"the geodesic ends before the vector has come to its end: it {ENDINGS[int(ending[0])]}")


def _along_curve(
    manifold: RiemannianManifold, vector: np.ndarray, curve: Any, parameter: Any, interval: Any, space: Space
) -> np.ndarray:
    """ẇ^i = −Γ^i_jk ẋ^j w^k along x(t); the time is a component of the field."""
    (t,) = read_symbols(parameter, "parameter", "t", ManifoldError)
    given = match_point(curve, manifold.coordinates, "curve", ManifoldError)
    images = {x: read_expression(e, f"the curve: {x}", ManifoldError) for x, e in given.items()}
    a, b = (read_float(e, "an end of the interval", ManifoldError) for e in interval)
    n, gamma = range(manifold.dim), manifold.christoffel
    w = [sp.Dummy(f"w{k}") for k in n]
    slopes = [images[x].diff(t) for x in manifold.coordinates]
    pulled = [
        -sp.Add(*(gamma[i, j, k].subs(images, simultaneous=True) * slopes[j] * w[k] for j in n for k in n)) for i in n
    ]
    field = compile_field([sp.S.One, *pulled], [t, *w], tuple(space.constants))
    starts = np.array([[a, *vector]])
    states, ending, *_ = integrate_lanes(
        field, starts, np.array([0.0, b - a]), space.parameters, rtol=1e-12, atol=1e-15
    )
    if ending[0] != FINISHED:
        raise ManifoldError(f"the connection is not finite along the curve: it {ENDINGS[int(ending[0])]}")
    return states[0, -1, 1:]


# -- balls and means -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class GeodesicBall:
    """The points that geodesics from a centre reach.

    Attributes:
        manifold: where.
        centre: the point.
        radius: r.
        velocities: at the centre, of the geodesics that come to the boundary at t = 1 (direction × coordinate).
        boundary: Dataset with the `position` of each direction at radii from 0 to r (direction × radius × coordinate);
            `angle` in an orthonormal frame at the centre, of surfaces.
    """

    manifold: RiemannianManifold
    centre: np.ndarray
    radius: float
    velocities: np.ndarray
    boundary: xr.Dataset

    def plot(self, ax: Any = None, **options: Any) -> Any:
        """The boundary and its centre in the chart, with circles inside and some rays; the axes are returned.

        Raises:
            ManifoldError: the manifold is no surface.
        """
        if self.manifold.dim != 2:
            raise ManifoldError(
                f"a geodesic ball is drawn on surfaces; this manifold has dimension {self.manifold.dim}"
            )
        import matplotlib.pyplot as plt

        axes = plt.subplots()[1] if ax is None else ax
        position = self.boundary.position.values
        for ray in position[:: max(1, len(position) // 16)]:
            axes.plot(*ray.T, color="0.8", linewidth=0.8)
        steps = position.shape[1] - 1
        for k in range(1, 5):
            axes.plot(*position[:, k * steps // 4].T, color="C0", linewidth=1.6 if k == 4 else 0.8, **options)
        axes.plot(*self.centre, "o", color="C3")
        axes.set_xlabel(f"${sp.latex(self.manifold.coordinates[0])}$")
        axes.set_ylabel(f"${sp.latex(self.manifold.coordinates[1])}$")
        return axes


def geodesic_ball(
    manifold: RiemannianManifold, p: Any, r: Any, *, constants: Mapping[Any, Any] | None = None, data: Any = None,
    directions: int = 180, radii: int = 17,
) -> GeodesicBall:  # fmt: skip
    """The ball of radius r about p: geodesics in all directions of an orthonormal frame.

    Args:
        manifold: the manifold.
        p: the centre.
        r: the radius.
        constants, data: as for `exponential`.
        directions: how many; of surfaces evenly spaced, in more dimensions drawn at random (of a line both).
        radii: how many points along each.

    Raises:
        ManifoldError: no point, a radius that is not positive, or a metric that is not definite at p.
    """
    import xarray as xr

    radius = read_float(r, "the radius", ManifoldError)
    if not radius > 0:
        raise ManifoldError(f"the radius of a ball is positive, not {radius:g}")
    count = read_count(directions, "directions", least=2, error=ManifoldError)
    shares = np.linspace(0.0, 1.0, read_count(radii, "radii", least=2, error=ManifoldError))
    centre = read_points(manifold, p, "centre")
    if centre.ndim != 1:
        raise ManifoldError(f"a ball has one centre, not an array of shape {centre.shape}")
    space = Space(manifold, constants, data, (centre,))
    manifold.domain.check({**dict(zip(manifold.coordinates, centre.tolist())), **space.constants}, "the centre")
    _refuse_indefinite(space, centre[None])
    metric = space.metric(centre[None])[0]
    if not (np.isfinite(metric).all() and np.linalg.eigvalsh(metric)[0] > 0):
        raise ManifoldError(f"the metric is not positive definite at the centre {centre.tolist()}")
    frame = np.linalg.inv(np.linalg.cholesky(metric)).T  # its columns are orthonormal
    angles = np.linspace(0.0, 2 * np.pi, count + 1)
    if manifold.dim == 2:
        units = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    elif manifold.dim == 1:
        units = np.array([[1.0], [-1.0]])
    else:
        drawn = np.random.default_rng(0).normal(size=(count, manifold.dim))
        units = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    velocities = radius * units @ frame.T
    starts = np.broadcast_to(centre, velocities.shape)
    positions, _, ending, reached = space.shoot(starts, velocities, shares)
    positions[~space.inside(positions)] = np.nan
    coords = {"radius": radius * shares, "coordinate": [c.name for c in manifold.coordinates]}
    if manifold.dim == 2:
        coords["angle"] = ("direction", angles)
    boundary = xr.Dataset(
        {
            "position": (("direction", "radius", "coordinate"), positions),
            "ending": ("direction", ending, flags(ENDINGS)),
            "reached": ("direction", radius * reached, {"long_name": "radius reached"}),
        },
        coords=coords,
    )
    return GeodesicBall(manifold, centre, radius, velocities, boundary)


def frechet_mean(
    manifold: RiemannianManifold, points: Any, weights: Any = None, *, constants: Mapping[Any, Any] | None = None,
    data: Any = None,
) -> xr.DataArray:  # fmt: skip
    """The point m with the least Σ w_i d(m, x_i)², by descent along Σ w_i log_m(x_i) (Karcher 1977).

    Args:
        manifold: the manifold.
        points: an array (count, n), or {coordinate: array}.
        weights: one number, at least 0, for each point; by default equal ones.
        constants, data: as for `exponential`.

    Returns:
        DataArray (coordinate); its attributes hold the `variance` Σ w_i d² (weights of sum one), the `residual`
        |Σ w_i log_m(x_i)|, and how many `steps` were taken. It is the only such point where the curvature is not
        positive, or the points lie in a small ball; elsewhere it is a local one.

    Raises:
        ManifoldError: weights that are negative, all zero or of another number; points between which there is no
            geodesic; the descent does not come to an end.

    >>> import sympy as sp, chentsov as ch
    >>> x, y = sp.symbols("x y", positive=True)
    >>> plane = ch.RiemannianManifold([[1/x**2, 0], [0, 1/y**2]], (x, y))
    >>> plane.frechet_mean([[1, 1], [4, 1], [2, 8]]).values.round(6).tolist()       # the geometric means
    [2.0, 2.0]
    """
    given = read_points(manifold, points, "points")
    given = given.reshape(-1, manifold.dim)
    space = Space(manifold, constants, data, (given,))
    shares = _weights(weights, len(given))
    _refuse_indefinite(space, given)
    chart = space.charts[0]
    centre = chart.points((shares[:, None] * chart.of(given)).sum(axis=0))
    if not space.inside(centre):
        centre = given[np.argmax(shares)].copy()
    length, stride = np.inf, 1.0
    used = shares > 0
    for step in range(_MEAN_STEPS):
        found = connect(space, np.broadcast_to(centre, given[used].shape).copy(), given[used])
        if not np.isfinite(found.distance).all():
            bad = int(np.flatnonzero(~np.isfinite(found.distance))[0])
            raise ManifoldError(
                f"no mean: from {centre.tolist()} to the point {given[used][bad].tolist()}: "
                f"{STATUSES[int(found.status[bad])]}"
            )
        mean = shares[used] @ found.velocity
        before, length = length, float(norms(space.metric(centre[None]), mean[None])[0])
        variance = float(shares[used] @ found.distance**2)
        if length <= _MEAN_TOLERANCE * max(1.0, np.sqrt(variance)):
            attributes = {"variance": variance, "residual": length, "steps": step}
            return _labelled(manifold, (), centre[None], "mean", attributes)
        if length > 0.9 * before:
            stride /= 2
        ends, ending, _ = _shot(space, centre[None], stride * mean[None])
        if ending[0] != FINISHED:
            raise ManifoldError(f"no mean: the descent from {centre.tolist()} {ENDINGS[int(ending[0])]}")
        centre = ends[0]
    raise ManifoldError(f"no mean: after {_MEAN_STEPS} steps the descent still moves by {length:.3g}")


def _weights(weights: Any, count: int) -> np.ndarray:
    if weights is None:
        return np.full(count, 1 / count)
    found = read_reals(weights, "the weights", ManifoldError)
    if found.shape != (count,):
        raise ManifoldError(f"{count} points need {count} weights, one each, not an array of shape {found.shape}")
    if not np.isfinite(found).all() or (found < 0).any() or not found.sum() > 0:
        raise ManifoldError("weights are finite and at least 0, and not all of them 0")
    return found / found.sum()
