"""The geodesic between two points: shooting with Jacobi fields, continued from one end to the other.

The map v ↦ exp_p(v) is inverted along a path from p to q: while its end point moves, Newton's method follows it with
the Jacobi fields that the integrator carries along as derivative (Davidenko 1953; E. Allgower & K. Georg, Numerical
Continuation Methods, 1990). Most pairs take one step; where a step fails it is shortened. All pairs are in flight at
once, each at its own place, and what they ask for is integrated together on the lanes of `lanes`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp
from chentsov.geometry.manifolds.box import corners
from chentsov.geometry.manifolds.statistical_numbers import nodes_of, serving_rows

from .evaluation import constant_values
from .geodesic_field import geodesic_field
from .lanes import FINISHED, integrate_lanes

if TYPE_CHECKING:
    from chentsov.geometry.manifolds import RiemannianManifold

__all__ = ["STATUSES", "Connections", "Space", "connect", "connect_all"]

# What became of a pair of points.
MINIMAL, FOUND, CONJUGATE, LEAVES, LOST, OUTSIDE, NO_METRIC, NOT_CERTIFIED = 0, 1, 2, 3, 4, 5, 6, 7
STATUSES = {
    MINIMAL: "a shortest geodesic",
    FOUND: "a geodesic; that it is the shortest is not proven",
    CONJUGATE: "a geodesic beyond a conjugate point: it is not the shortest",
    LEAVES: "the geodesic leaves the domain",
    LOST: "no geodesic inside the domain was found",
    OUTSIDE: "a point lies outside the domain",
    NO_METRIC: "the metric at a point is not positive definite",
    NOT_CERTIFIED: "a geodesic was found, and no enclosure of it to the tolerance",
}

_COARSE, _FINE, _FINEST = 1e-7, 1e-12, 1e-13  # relative tolerances of the integrator
_NEAR = 0.1  # how near, as a length, an end point must come to where it is sent before it is sent on
_THERE = 1e-12  # how near it must come in the end
_CLOSE = 1e-3  # from here on Newton's method works at the fine tolerance
_SHORTEST = 2.0**-14  # step of the continuation
_ROUNDS, _CORRECTIONS = 400, 8
_DIRECTIONS = 16  # from which other geodesics are looked for
_LENGTHS = (0.5, 1.0, 2.0)  # of guesses, relative to the straight line in the chart
_SAME = 1e-6  # relative difference of velocities below which two geodesics are one
_STEPS = 20_000  # of the integrator;
_COARSE_STEPS = 300  # of an attempt, which is no good where it takes more
_CHECKS = 17  # times at which a geodesic must lie in the domain
_BOUND = 1e300


class Space:
    """A manifold with numbers for its constants, ready for geodesics by the thousand.

    Args:
        manifold: the manifold.
        constants: a number for each constant, by symbol or name.
        data: row symbol -> numbers, for a metric of averages over data rows.
        points: arrays (..., n) that quadrature nodes must serve, where the metric is a sum over such.

    Raises:
        ManifoldError: a constant or a column is missing.
        QuadratureError: no one set of nodes serves all of the points.
    """

    def __init__(
        self, manifold: RiemannianManifold, constants: Mapping[Any, Any] | None = None, data: Any = None,
        points: Sequence[np.ndarray] = (),
    ) -> None:  # fmt: skip
        self.manifold, self.dim = manifold, manifold.dim
        self.constants = constant_values(manifold.constants, constants)
        if data is None and (nodes := nodes_of(manifold)) is not None:
            data = self._rows(nodes, points)
        self.field = geodesic_field(manifold, self.constants, data)
        self.parameters = np.array(list(self.constants.values()))
        self.domain = manifold.domain
        above_zero = {c.lhs for c in self.domain.conditions if isinstance(c, sp.StrictGreaterThan) and c.rhs == 0}
        self.positive = np.array([bool(x.is_positive) or x in above_zero for x in manifold.coordinates])

    def _rows(self, nodes: Any, points: Sequence[np.ndarray]) -> dict[sp.Symbol, Any]:
        """Quadrature nodes that serve the box about the points."""
        flat = np.concatenate([p.reshape(-1, self.dim) for p in points]) if len(points) else np.empty((0, self.dim))
        if not len(flat):
            return dict(nodes.rows)
        box = {c: [flat[:, i].min(), flat[:, i].max()] for i, c in enumerate(self.manifold.coordinates)}
        symbols = (*nodes.density.coordinates, *nodes.density.constants)
        return serving_rows(nodes, corners(symbols, box, self.constants))

    def inside(self, points: np.ndarray) -> np.ndarray:
        """Which of the points (..., n) are finite and lie in the domain."""
        columns = {c: points[..., i] for i, c in enumerate(self.manifold.coordinates)}
        held = {s: np.float64(v) for s, v in self.constants.items()}
        with np.errstate(all="ignore"):
            found = np.broadcast_to(self.domain.inside({**columns, **held}), points.shape[:-1])
        return found & np.isfinite(points).all(axis=-1)

    def metric(self, points: np.ndarray) -> np.ndarray:
        """g_ij at points (count, n)."""
        with np.errstate(all="ignore"):
            return self.field.metric_at(points, self.parameters)

    @cached_property
    def charts(self) -> list[Chart]:
        """Coordinates in which a straight line may be a good way: with logarithms of what is positive, and as given."""
        plain = Chart(np.zeros(self.dim, bool))
        return [Chart(self.positive), plain] if self.positive.any() else [plain]

    def shoot(
        self, points: np.ndarray, velocities: np.ndarray, times: np.ndarray, rtol: float = _FINE
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Geodesics: positions and velocities (count, times, n), endings, and the last times reached."""
        states, ending, reached, _ = self._integrate(self.field.plain, np.hstack([points, velocities]), times, rtol)
        return states[..., : self.dim], states[..., self.dim :], ending, reached

    def shoot_varied(
        self, points: np.ndarray, velocities: np.ndarray, times: np.ndarray, rtol: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Geodesics (count, times, n), and the derivatives ∂x^i/∂v^a of their points (count, times, n, n)."""
        count, n = points.shape
        fields = np.zeros((count, 2 * n * n))
        fields[:, n * n :: n + 1] = 1.0
        states, *_ = self._integrate(self.field.varied, np.hstack([points, velocities, fields]), times, rtol)
        jacobi = states[..., 2 * n : 2 * n + n * n].reshape(count, len(times), n, n)
        return states[..., :n], np.swapaxes(jacobi, 2, 3)

    def carry(
        self, points: np.ndarray, velocities: np.ndarray, vectors: np.ndarray, times: np.ndarray, rtol: float = _FINE
    ) -> tuple[np.ndarray, np.ndarray]:
        """Vectors transported along geodesics (count, times, n), and the endings."""
        starts = np.hstack([points, velocities, vectors])
        states, ending, *_ = self._integrate(self.field.carrying, starts, times, rtol)
        return states[..., 2 * self.dim :], ending

    def _integrate(self, field: Callable, starts: np.ndarray, times: np.ndarray, rtol: float) -> Any:
        with np.errstate(all="ignore"):
            return integrate_lanes(
                field, starts, times, self.parameters, rtol=rtol, atol=rtol * 1e-3, bound=_BOUND,
                most_steps=_COARSE_STEPS if rtol == _COARSE else _STEPS, controlled=2 * self.dim,
            )  # fmt: skip


@dataclass(frozen=True)
class Chart:
    """Coordinates, some of them replaced by their logarithms."""

    logarithmic: np.ndarray

    def of(self, points: np.ndarray) -> np.ndarray:
        """The coordinates of points."""
        with np.errstate(all="ignore"):
            return np.where(self.logarithmic, np.log(np.where(self.logarithmic, points, 1.0)), points)

    def points(self, coordinates: np.ndarray) -> np.ndarray:
        """The points of coordinates."""
        with np.errstate(over="ignore"):
            return np.where(self.logarithmic, np.exp(np.where(self.logarithmic, coordinates, 0.0)), coordinates)

    def slopes(self, points: np.ndarray) -> np.ndarray:
        """The derivative of each coordinate."""
        with np.errstate(all="ignore"):
            return np.where(self.logarithmic, 1 / points, 1.0)


@dataclass
class Connections:
    """Geodesics between pairs of points: velocity at the first (count, n), length, bound of its error, status."""

    velocity: np.ndarray
    distance: np.ndarray
    error: np.ndarray
    status: np.ndarray


def norms(metric: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """√g(v, v); NaN where that is negative."""
    with np.errstate(all="ignore"):
        return np.sqrt(np.einsum("nij,ni,nj->n", metric, vectors, vectors))


def connect(space: Space, p: np.ndarray, q: np.ndarray, guess: np.ndarray | None = None) -> Connections:
    """Geodesics from points p to points q, arrays (count, n).

    Args:
        space: the manifold with its constants.
        p, q: the ends.
        guess: velocities to begin with (NaN for none), such as those of pairs nearby.
    """
    count, n = p.shape
    found = Connections(
        np.full((count, n), np.nan), np.full(count, np.nan), np.full(count, np.nan), np.full(count, LOST)
    )
    inside = space.inside(p) & space.inside(q)
    found.status[~inside] = OUTSIDE
    definite = np.zeros(count, bool)
    definite[inside] = _definite(space.metric(p[inside])) & _definite(space.metric(q[inside]))
    found.status[inside & ~definite] = NO_METRIC
    same = definite & (p == q).all(axis=1)
    found.velocity[same], found.distance[same], found.error[same], found.status[same] = 0.0, 0.0, 0.0, MINIMAL
    left = np.flatnonzero(definite & ~same)
    for backwards in (False, True):
        for chart in space.charts if left.size else ():
            ends = (q[left], p[left]) if backwards else (p[left], q[left])
            start = guess[left] if guess is not None and not backwards and chart is space.charts[0] else None
            velocities = _Continuation(space, chart, *ends, start).run()
            got = np.isfinite(velocities).all(axis=1)
            if backwards:
                velocities[got] = _turned(space, ends[0][got], velocities[got])
                got = np.isfinite(velocities).all(axis=1)
            _judge(space, p, q, left[got], velocities[got], found)
            left = left[~got]
    _try_directions(space, p, q, np.flatnonzero(np.isin(found.status, (CONJUGATE, LEAVES, LOST))), found)
    return found


def _try_directions(space: Space, p: np.ndarray, q: np.ndarray, rows: np.ndarray, found: Connections) -> None:
    """Where no shortest geodesic may have been found, the shortest of those that Newton's method finds from directions
    all around p: several join two points beyond the cut locus.
    """
    if not rows.size:
        return
    straight = norms(space.metric(p[rows]), q[rows] - p[rows])
    lengths = np.where(np.isfinite(found.distance[rows]), found.distance[rows], straight)
    others = _from_directions(space, p[rows], q[rows], lengths)
    rank = np.where(others.status == FOUND, others.distance, np.inf).reshape(-1, _DIRECTIONS)
    best = np.argmin(rank, axis=1)
    better = np.isfinite(rank.min(axis=1))
    chosen, to = (np.arange(rows.size) * _DIRECTIONS + best)[better], rows[better]
    for name in ("velocity", "distance", "error", "status"):
        getattr(found, name)[to] = getattr(others, name)[chosen]


def _from_directions(space: Space, p: np.ndarray, q: np.ndarray, lengths: np.ndarray) -> Connections:
    """What Newton's method finds from directions all around p, with guesses of these lengths: so many rows a pair."""
    n = space.dim
    angles = 2 * np.pi * np.arange(_DIRECTIONS) / _DIRECTIONS
    units = np.random.default_rng(0).normal(size=(_DIRECTIONS, n)) if n != 2 else np.stack(
        [np.cos(angles), np.sin(angles)], axis=1
    )  # fmt: skip
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    frames = np.swapaxes(np.linalg.inv(np.linalg.cholesky(space.metric(p))), 1, 2)
    guesses = np.einsum("r,rij,kj->rki", lengths, frames, units).reshape(-1, n)
    starts, ends = np.repeat(p, _DIRECTIONS, axis=0), np.repeat(q, _DIRECTIONS, axis=0)
    velocities = _Continuation(space, space.charts[-1], starts, ends, guesses, only=True).run()
    arrived = np.flatnonzero(np.isfinite(velocities).all(axis=1))
    none = np.full(len(starts), np.nan)
    others = Connections(velocities.copy(), none, none.copy(), np.full(len(starts), LOST))
    _judge(space, starts, ends, arrived, velocities[arrived], others)
    return others


def connect_all(space: Space, p: np.ndarray, images: np.ndarray) -> tuple[np.ndarray, Connections]:
    """The geodesics from a point to any of several, each once, the shortest first, and to which of them each goes."""
    away = np.flatnonzero(space.inside(images) & (images != p).any(axis=1))
    if not (away.size and space.inside(p) and _definite(space.metric(p[None]))[0]):
        return away[:0], connect(space, p[None][:0], p[None][:0])
    starts = np.broadcast_to(p, images[away].shape).copy()
    parts, owners = [connect(space, starts, images[away])], [away]
    straight = norms(space.metric(starts), images[away] - p)
    for factor in _LENGTHS:
        parts.append(_from_directions(space, starts, images[away], factor * straight))
        owners.append(np.repeat(away, _DIRECTIONS))
    velocity, lengths, error, status = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("velocity", "distance", "error", "status")
    )
    owner = np.concatenate(owners)
    order = [k for k in np.argsort(lengths) if status[k] in (FOUND, CONJUGATE) and np.isfinite(lengths[k])]
    kept: list[int] = []
    for k in order:
        near = [j for j in kept if owner[j] == owner[k] and abs(lengths[j] - lengths[k]) <= _SAME * lengths[k]]
        if all(np.abs(velocity[j] - velocity[k]).max() > _SAME * np.abs(velocity[k]).max() for j in near):
            kept.append(k)
    return owner[kept], Connections(velocity[kept], lengths[kept], error[kept], status[kept])


def _definite(metric: np.ndarray) -> np.ndarray:
    finite = np.isfinite(metric).all(axis=(1, 2))
    with np.errstate(all="ignore"):
        scale = np.sqrt(np.abs(np.einsum("nii->ni", metric)))
        unit = np.where(finite[:, None, None], metric / scale[:, :, None] / scale[:, None, :], 0.0)
    usable = np.isfinite(unit).all(axis=(1, 2))
    unit[~usable] = 0.0
    return usable & finite & (np.linalg.eigvalsh(unit)[:, 0] > 0)


def _turned(space: Space, starts: np.ndarray, velocities: np.ndarray) -> np.ndarray:
    """The velocities at the other ends, backwards."""
    _, ahead, *_ = space.shoot(starts, velocities, np.array([0.0, 1.0]))
    return -ahead[:, -1]


def _judge(
    space: Space, p: np.ndarray, q: np.ndarray, rows: np.ndarray, velocities: np.ndarray, found: Connections
) -> None:
    """Length, error and status of geodesics, from a last integration at a finer tolerance.

    What is integrated is nearly a geodesic and ends nearly at q. Its own length, with what is missing at the end along
    it, differs from the distance by the square of the errors only, and those along it do not grow (first variation).
    """
    if not rows.size:
        return
    times = np.linspace(0.0, 1.0, _CHECKS)
    positions, ahead, ending, _ = space.shoot(p[rows], velocities, times, _FINEST)
    count, n = velocities.shape
    metric = space.metric(positions.reshape(-1, n)).reshape(count, _CHECKS, n, n)
    with np.errstate(all="ignore"):
        speeds = np.sqrt(np.einsum("ntij,nti,ntj->nt", metric, ahead, ahead))
    missing, last = q[rows] - positions[:, -1], metric[:, -1]
    off = norms(last, missing)
    with np.errstate(all="ignore"):
        rest = np.einsum("nij,ni,nj->n", last, missing, ahead[:, -1]) / speeds[:, -1]
        lengths = np.trapezoid(speeds, times, axis=1) + rest
        drift = np.ptp(speeds, axis=1)
        error = off**2 * (10 + 1 / lengths) + drift + 40 * _FINEST * lengths
    arrived = (ending == FINISHED) & (np.maximum(error, off) <= 1e-6 * np.maximum(lengths, 1e-3))
    inside = space.inside(positions).all(axis=1)
    found.status[rows[arrived & ~inside]] = LEAVES
    good = arrived & inside
    _, jacobi = space.shoot_varied(p[rows[good]], velocities[good], times, _COARSE)
    with np.errstate(all="ignore"):
        beyond = (np.linalg.det(np.nan_to_num(jacobi[:, 1:])) < 0).any(axis=1)
    kept = rows[good]
    found.velocity[kept], found.distance[kept], found.error[kept] = velocities[good], lengths[good], error[good]
    found.status[kept] = np.where(beyond, CONJUGATE, FOUND)


class _Continuation:
    """Pairs on their way: of each the share of the way that is done, the velocity there, and the next attempt."""

    def __init__(
        self,
        space: Space,
        chart: Chart,
        p: np.ndarray,
        q: np.ndarray,
        guess: np.ndarray | None = None,
        only: bool = False,
    ) -> None:
        self.only = only  # to be given up where the guess leads nowhere
        self.space, self.chart, self.p, self.q = space, chart, p, q
        self.start, self.way = chart.of(p), chart.of(q) - chart.of(p)
        count, n = p.shape
        self.done = np.zeros(count)  # share of the way
        self.stride = np.ones(count)
        self.velocity = np.zeros((count, n))  # at the share that is done, with its end point and derivative
        self.end = self.start.copy()
        self.slope = np.einsum("ni,ij->nij", chart.slopes(p), np.eye(n))
        self.goal = np.ones(count)  # what is attempted
        self.trial = np.full((count, n), np.nan)
        self.attempt = np.zeros(count, int)
        self.away = np.full(count, np.inf)  # the length that was left at the attempt before
        self.result = np.full((count, n), np.nan)
        self.active = np.isfinite(self.start).all(axis=1) & np.isfinite(self.way).all(axis=1)
        self._aim(np.arange(count))
        if guess is not None:
            known = np.isfinite(guess).all(axis=1)
            self.trial[known] = guess[known]

    def run(self) -> np.ndarray:
        """Velocities at p, NaN where there is none."""
        for _ in range(_ROUNDS):
            rows = np.flatnonzero(self.active)
            if not rows.size:
                break
            fine = (self.away[rows] < _CLOSE) & (self.goal[rows] == 1)
            for group, rtol in ((rows[fine], _FINE), (rows[~fine], _COARSE)):
                if group.size:
                    self._advance(group, rtol)
        return self.result

    def _target(self, rows: np.ndarray) -> np.ndarray:
        return self.start[rows] + self.goal[rows, None] * self.way[rows]

    def _aim(self, rows: np.ndarray) -> None:
        """The next attempt of those that have come to a new place, or must take a shorter stride."""
        self.goal[rows] = np.minimum(1.0, self.done[rows] + self.stride[rows])
        self.trial[rows] = self.velocity[rows] + _solve(self.slope[rows], self._target(rows) - self.end[rows])
        self.attempt[rows] = 0
        self.away[rows] = np.inf

    def _advance(self, rows: np.ndarray, rtol: float) -> None:
        positions, jacobi = self.space.shoot_varied(self.p[rows], self.trial[rows], np.array([0.0, 1.0]), rtol)
        x, chart = positions[:, -1], self.chart
        slope = chart.slopes(x)[:, :, None] * jacobi[:, -1]
        target = self._target(rows)
        end = chart.of(x)
        missing = target - end
        goal = chart.points(target)
        unit = self.space.metric(goal) / chart.slopes(goal)[:, :, None] / chart.slopes(goal)[:, None, :]
        away = norms(unit, missing)
        whole = self.goal[rows] == 1
        usable = np.isfinite(away) & np.isfinite(slope).all(axis=(1, 2))
        before, first = self.away[rows], self.attempt[rows] == 0
        begun = norms(unit, target - self.end[rows])
        better = usable & np.where(first, away < np.maximum(0.7 * begun, 0.5), away < 0.5 * before)
        stalled = usable & whole & ~first & (before < 1e-7) & (away >= 0.5 * before)
        arrived = whole & usable & (rtol == _FINE) & ((away < _THERE) | stalled)
        self.result[rows[arrived]] = self.trial[rows[arrived]] + _solve(slope[arrived], missing[arrived])
        self.active[rows[arrived]] = False
        on = usable & better & ~whole & (away < _NEAR)
        at = rows[on]
        self.done[at], self.velocity[at], self.end[at] = self.goal[at], self.trial[at], end[on]
        self.slope[at], self.stride[at] = slope[on], 3 * self.stride[at]
        self._aim(at)
        again = better & ~arrived & ~on & (self.attempt[rows] < _CORRECTIONS)
        at = rows[again]
        self.trial[at] += _solve(slope[again], missing[again])
        self.away[at] = away[again]
        self.attempt[at] += 1
        failed = ~(arrived | on | again)
        at = rows[failed]
        self.stride[at] = (self.goal[at] - self.done[at]) / 4
        self.active[at] = (self.stride[at] > _SHORTEST) & (not self.only)
        self._aim(at[self.active[at]])


def _solve(matrices: np.ndarray, right: np.ndarray) -> np.ndarray:
    """M⁻¹ b for each; NaN where M is singular."""
    good = np.isfinite(matrices).all(axis=(1, 2)) & np.isfinite(right).all(axis=1)
    with np.errstate(all="ignore"):
        good[good] = np.linalg.det(matrices[good] / np.abs(matrices[good]).max(axis=(1, 2), keepdims=True)) != 0
    found = np.full_like(right, np.nan)
    found[good] = np.linalg.solve(matrices[good], right[good][..., None])[..., 0]
    return found
