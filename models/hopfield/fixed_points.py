"""Where a network comes to rest: fixed points, found from many starts, with their stability and their basins.

A fixed point solves u = R (Wσ(u) + J). Newton's method runs from many starts at once: the ends of trajectories (which
find the stable ones), the corners, and points spread evenly through the box in which every bounded orbit ends up
(which find the saddles). What converges is polished, told apart, and classified by the spectrum of its Jacobian.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from chentsov.geometry.exact.errors import InputError
from scipy.stats import qmc

if TYPE_CHECKING:
    from .numeric import HopfieldNumbers

__all__ = ["find_basins", "find_fixed_points"]

STABLE, UNSTABLE, SADDLE, DEGENERATE = "stable", "unstable", "saddle", "degenerate"


def find_fixed_points(
    network: HopfieldNumbers,
    *,
    starts: np.ndarray | None = None,
    count: int = 2048,
    radius: float | None = None,
    tolerance: float = 1e-11,
) -> xr.Dataset:
    """Fixed points of a network with their energy, spectrum and kind.

    Args:
        network: the network in numbers.
        starts: further starts, (m, n).
        count: how many evenly spread starts to use.
        radius: half-width of the box to search; needed where σ is unbounded.
        tolerance: on the residual |C u̇| relative to its terms.

    Returns:
        Dataset over ``point``: ``position`` (point × neuron), ``rates``, ``spectrum`` (point × mode, largest real part
        first), ``kind`` ("stable", "saddle", "unstable", or "degenerate" where an eigenvalue is zero to rounding),
        ``energy`` (symmetric weights). The list is what the search found; it is complete only if the search was.

    >>> import numpy as np
    >>> from chentsov.models.hopfield import HopfieldNumbers
    >>> flip_flop = HopfieldNumbers.of_arrays(np.array([[0.0, 2.0], [2.0, 0.0]]), "tanh")
    >>> found = find_fixed_points(flip_flop, count=64)
    >>> found.kind.values.tolist(), found.position.values[1].round(12).tolist()
    (['stable', 'saddle', 'stable'], [0.0, 0.0])
    """
    n, box = network.size, _box(network, radius)
    spread = qmc.Sobol(n, scramble=True, rng=20190516).random(_power_of_two(count)) * 2 - 1
    cloud = [spread * box, np.zeros((1, n))]
    if n <= 12:
        corners = np.array(np.meshgrid(*[[-1.0, 1.0]] * n, indexing="ij")).reshape(n, -1).T
        cloud.append(corners * box)
    if starts is not None:
        cloud.append(np.atleast_2d(network.states(starts)))
    first = np.concatenate(cloud)
    ends = network.trajectories(first[: min(len(first), 512)], 30.0, rtol=1e-6, atol=1e-8).position.values[:, -1]
    found = _newton(network, np.concatenate([first, ends[np.isfinite(ends).all(1)]]), tolerance)
    points = _distinct(found)
    spectrum = network.spectrum(points)
    data: dict = {
        "position": (("point", "neuron"), points),
        "rates": (("point", "neuron"), network.rates(points)),
        "spectrum": (("point", "mode"), spectrum),
        "kind": ("point", [_kind(s) for s in spectrum]),
    }
    if network.is_symmetric:
        data["energy"] = ("point", network.energy(points))
    return xr.Dataset(data, coords={"neuron": np.arange(1, n + 1)}, attrs={"starts": len(first)})


def find_basins(
    network: HopfieldNumbers,
    starts: np.ndarray | None = None,
    *,
    count: int = 1024,
    radius: float | None = None,
    fixed: xr.Dataset | None = None,
    rounds: int = 4,
    tolerance: float = 1e-4,
    progress: Callable[[int, int], object] | None = None,
) -> xr.Dataset:
    """Which fixed point each start comes to.

    Args:
        network: the network in numbers.
        starts: initial states (m, n); by default ``count`` of them, spread evenly in the box that holds all fixed
            points.
        count: how many.
        radius: half-width of that box; needed where σ is unbounded.
        fixed: the fixed points, if they are known.
        rounds: each round takes four times as long as the one before for the starts that have not arrived.
        tolerance: how near to a stable fixed point, relative to its size, counts as arrived.
        progress: called as progress(starts done, starts in all) during each round.

    Returns:
        The dataset of `find_fixed_points` with ``start`` (start × neuron), ``basin`` (start; the number of the fixed
        point, −1 where none was reached) and ``share`` (point), the part of all starts that came there.

    >>> import numpy as np
    >>> from chentsov.models.hopfield import AssociativeMemory
    >>> memory = AssociativeMemory([[1, 1, 1, -1, -1, -1, 1, -1]])
    >>> found = memory.network.basins(count=64)
    >>> shares = found.share.values[found.kind.values == "stable"]           # the pattern and its negative
    >>> shares.size, float(shares.sum()), bool((found.basin >= 0).all())
    (2, 1.0, True)
    """
    box = _box(network, radius)
    if fixed is None:
        fixed = find_fixed_points(network, radius=radius, count=512)
    if starts is None:
        first = (qmc.Sobol(network.size, scramble=True, rng=1984).random(_power_of_two(count)) * 2 - 1)[:count] * box
    else:
        first = np.atleast_2d(network.states(starts))
    stable = np.flatnonzero(fixed["kind"].values == STABLE)
    places = fixed["position"].values[stable]
    basin, here, left = np.full(len(first), -1), first.copy(), np.arange(len(first))
    time = 10.0 * float(np.max(network.resistance * network.capacitance))
    for _ in range(rounds):
        if not left.size or not stable.size:
            break
        here[left] = network.trajectories(here[left], time, rtol=1e-6, atol=1e-8, progress=progress).position[:, -1]
        distance = np.abs(here[left][:, None] - places).max(-1) / (1 + np.abs(places).max(-1))
        nearest = np.argmin(distance, axis=1)
        arrived = distance[np.arange(left.size), nearest] < tolerance
        basin[left[arrived]] = stable[nearest[arrived]]
        left = left[~arrived & np.isfinite(here[left]).all(1)]
        time *= 4
    share = np.array([np.mean(basin == k) for k in range(fixed.sizes["point"])])
    return fixed.assign(start=(("start", "neuron"), first), basin=("start", basin), share=("point", share))


def _box(network: HopfieldNumbers, radius: float | None) -> np.ndarray:
    """Half-widths of the box in which every bounded orbit ends up."""
    box = network.radius() if radius is None else np.full(network.size, float(radius))
    if not np.all(np.isfinite(box)):
        raise InputError(
            f"{network.activation.name} is unbounded, so there is no box that must hold the fixed points: give radius="
        )
    return np.maximum(box, 1e-3)


def _power_of_two(count: int) -> int:
    return 1 << max(0, int(count) - 1).bit_length()


def _newton(network: HopfieldNumbers, u: np.ndarray, tolerance: float) -> np.ndarray:
    eye = np.diag(1 / network.resistance)
    size = network.resistance * (np.abs(network.weights).sum(1) + np.abs(network.current)) + 1.0
    for _ in range(60):
        force = network.capacitance * network.velocity(u)
        matrix = network.capacitance[:, None] * network.jacobian(u)
        # A nearly singular Jacobian would throw the iterate far away: steps are cut to the size of the system.
        step = np.linalg.solve(matrix - 1e-14 * eye, -force[..., None])[..., 0]
        length = np.max(np.abs(step) / size, axis=1, keepdims=True)
        u = u + step * np.minimum(1.0, 1.0 / np.maximum(length, 1e-300))
    terms = (
        np.abs(u) / network.resistance + np.abs(network.rates(u)) @ np.abs(network.weights.T) + np.abs(network.current)
    )
    residual = np.abs(network.capacitance * network.velocity(u))
    good = np.all(np.isfinite(u), axis=1) & np.all(residual <= tolerance * (terms + 1e-3), axis=1)
    found = u[good]
    found[np.abs(found) < 1e-13] = 0.0  # what rounding leaves of a zero
    return found


def _distinct(points: np.ndarray) -> np.ndarray:
    """One representative of each cluster, in lexicographic order."""
    kept: list[np.ndarray] = []
    for point in points:
        if not any(np.all(np.abs(point - other) <= 1e-7 * (1 + np.abs(other))) for other in kept):
            kept.append(point)
    array = np.array(kept).reshape(len(kept), points.shape[1])
    return array[np.lexsort(array.round(9).T[::-1])]


def _kind(spectrum: np.ndarray) -> str:
    real = np.real(spectrum)
    if np.any(np.abs(real) <= 1e-9 * np.max(np.abs(spectrum))):
        return DEGENERATE
    if np.all(real < 0):
        return STABLE
    return UNSTABLE if np.all(real > 0) else SADDLE
