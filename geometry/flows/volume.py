"""The logarithm of a small volume that is carried along a trajectory, measured without its compressibility.

Two ways that share nothing with κ and little with each other. The cloud: neighbours on both sides along an
orthonormal frame are integrated for one output interval; the determinant of their central differences is how the
volume grew, up to O(distance²). The variational equation Ṁ = J(u) M: the same with the Jacobian matrix. In both the
frame is made orthonormal again after every interval (Benettin et al., Meccanica 15, 1980), so that a volume may
shrink by hundreds of orders of magnitude without its edges collapsing onto one direction.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import sympy as sp
from chentsov.geometry.manifolds import ManifoldError

from .compiled_field import compile_field
from .evaluation import single_point
from .lanes import integrate_lanes

if TYPE_CHECKING:
    from .flow import Flow

__all__ = ["measure_log_volume"]


def measure_log_volume(
    flow: Flow,
    position: np.ndarray,
    times: np.ndarray,
    constants: Mapping[sp.Symbol, float],
    *,
    method: str = "cloud",
    distance: float = 1e-4,
) -> np.ndarray:
    """log of the Lebesgue volume of a small parallelepiped carried by the flow, 0 at the first time.

    Args:
        flow: the flow.
        position: its trajectory at the times, (t, dim).
        times: the times.
        constants: a number for every constant.
        method: "cloud" or "variational".
        distance: of the neighbours of the cloud.
    """
    if method not in ("cloud", "variational"):
        raise ManifoldError(f"unknown way to measure a volume {method!r}: choose 'cloud' or 'variational'")
    if not 0 < distance < 1:
        raise ManifoldError(f"the distance of the neighbours is {distance}; it must be between 0 and 1")
    carry = _cloud(flow, constants, distance) if method == "cloud" else _variation(flow, constants)
    frame = np.eye(flow.dim)
    total = np.zeros(times.size)
    for k in range(times.size - 1):
        carried = carry(position[k], frame, times[k : k + 2])
        frame, upper = np.linalg.qr(carried)
        total[k + 1] = total[k] + np.sum(np.log(np.abs(np.diag(upper))))
    return total


def _cloud(flow: Flow, constants: Mapping[sp.Symbol, float], distance: float):
    field = compile_field(flow.components, flow.coordinates, tuple(constants))
    parameters = np.array(list(constants.values()))

    def carry(point: np.ndarray, frame: np.ndarray, interval: np.ndarray) -> np.ndarray:
        # Richardson: two distances remove the O(distance²) of the central difference.
        offsets = np.concatenate([s * distance * frame.T for s in (1.0, -1.0, 0.5, -0.5)])
        ends = integrate_lanes(field, point + offsets, interval, parameters, rtol=1e-13, atol=1e-15, threads=1)[0][
            :, -1
        ]
        far, near = ((ends[a] - ends[b]).T for a, b in _halves(flow.dim))
        return (4.0 * near / distance - far / (2.0 * distance)) / 3.0

    return carry


def _halves(n: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    return (slice(0, n), slice(n, 2 * n)), (slice(2 * n, 3 * n), slice(3 * n, 4 * n))


def _variation(flow: Flow, constants: Mapping[sp.Symbol, float]):
    from scipy.integrate import solve_ivp

    n = flow.dim
    # The field and its Jacobian matrix in one compiled function.
    field = compile_field([*flow.components, *flow.jacobian], flow.coordinates, tuple(constants))
    both = single_point(field, n + n * n, n + n * n, np.array(list(constants.values())))

    def right(_: float, y: np.ndarray) -> np.ndarray:
        values = both(y[:n])
        return np.concatenate([values[:n], (values[n:].reshape(n, n) @ y[n:].reshape(n, n)).ravel()])

    def carry(point: np.ndarray, frame: np.ndarray, interval: np.ndarray) -> np.ndarray:
        state = np.concatenate([point, frame.ravel()])
        solution = solve_ivp(right, tuple(interval), state, method="DOP853", rtol=1e-12, atol=1e-14)
        return solution.y[n:, -1].reshape(n, n)

    return carry
