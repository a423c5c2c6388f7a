"""Many trajectories at once: Dormand–Prince 8(5,3) on lanes that advance at their own pace.

Eight trajectories share one block of memory, ``y[component, lane]``, so every operation of the method is one vector
instruction over the lanes. Each lane keeps its own time and its own step; a lane that has reached the end writes its
state and takes the next start from the queue, so no lane waits for a slower one.

The method, its error estimate and its step control are those of Hairer, Nørsett & Wanner, *Solving Ordinary
Differential Equations I*, II.5 and II.10 (the same that `scipy.integrate.DOP853` uses). Output times are met by
shortening the step, so no interpolation error enters the results.

The parts are the tableau (numbers), the queue of starts (`take_starts`), the guess of a first step (`first_steps`), a
step of all lanes (`try_step`) and the controller (`control`). They are inner functions, for these are written into the
loop when it is compiled, while calls between functions cost two to four times the time, and tuples of arrays a fifth.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from typing import Any

import numba
import numpy as np
from scipy.integrate import DOP853

LANES = 8

# How a trajectory ended.
FINISHED, BLEW_UP, STEP_TOO_SMALL, TOO_MANY_STEPS, LEFT_DOMAIN, SINGULAR = 0, 1, 2, 3, 4, 5
ENDINGS = {
    FINISHED: "reached the last time",
    BLEW_UP: "blew up: a component left the bound",
    STEP_TOO_SMALL: "the step fell below the spacing of floating-point times",
    TOO_MANY_STEPS: "used up the allowed number of steps",
    LEFT_DOMAIN: "left the domain of the manifold",
    SINGULAR: "came where the metric is singular, as far as machine numbers tell",
}


def flags(meanings: Mapping[int, str]) -> dict[str, Any]:
    """CF flags of codes whose meanings are sentences."""
    return {"flag_values": sorted(meanings), "flag_meanings": "; ".join(meanings[k] for k in sorted(meanings))}


# The tableau: weights of the stages, of the step, and of its two error estimates.
_A = np.ascontiguousarray(DOP853.A)
_B = np.ascontiguousarray(DOP853.B)
_E3 = np.ascontiguousarray(DOP853.E3[:-1])
_E5 = np.ascontiguousarray(DOP853.E5[:-1])
_STAGES = int(DOP853.n_stages)

# field(y, p, out, lanes): component i of lane l is y[LANES·i + l]. The number of lanes comes as an argument although it
# is a constant: a loop of unknown length is what the compiler turns into vector instructions.
FIELD_SIGNATURE = numba.void(numba.float64[::1], numba.float64[::1], numba.float64[::1], numba.int64)
_Field = numba.types.FunctionType(FIELD_SIGNATURE)
_SAFETY, _SHRINK, _GROW, _EXPONENT = 0.9, 0.2, 10.0, -1.0 / 8.0


@numba.njit(
    numba.void(
        _Field,
        numba.float64[:, ::1],
        numba.float64[::1],
        numba.float64[::1],
        numba.float64,
        numba.float64,
        numba.float64,
        numba.int64,
        numba.int64,
        numba.float64[:, :, ::1],
        numba.int64[::1],
        numba.float64[::1],
        numba.int64[::1],
    ),
    cache=True,
    nogil=True,
    error_model="numpy",
    fastmath={"contract"},
)
def _integrate_lanes(
    field, starts, times, parameters, rtol, atol, bound, most_steps, controlled, states, ending, reached, steps
):
    """All starts, eight at a time. The inner functions are parts of the loop at the end; compiling writes them in."""
    lanes = LANES
    count, dim = starts.shape
    flat = np.zeros(dim * lanes)
    flat_trial = np.empty(dim * lanes)
    flat_stages = np.zeros((_STAGES + 1, dim * lanes))
    y = flat.reshape(dim, lanes)
    trial = flat_trial.reshape(dim, lanes)
    stages = flat_stages.reshape(_STAGES + 1, dim, lanes)
    step = np.zeros(lanes)  # the step about to be tried
    natural = np.zeros(lanes)  # the step the error control would take, before an output time cut it short
    time = np.zeros(lanes)
    owner = np.full(lanes, -1)  # which start a lane carries; -1: idle
    goal = np.zeros(lanes, np.int64)  # index of the output time a lane is heading for
    fresh = np.ones(lanes, np.bool_)  # the derivative at y is not known yet
    rejected = np.zeros(lanes, np.bool_)
    tries = np.zeros(lanes, np.int64)
    advance = np.empty(lanes)
    third = np.empty(lanes)
    fifth = np.empty(lanes)
    error3 = np.empty(lanes)
    error5 = np.empty(lanes)
    span = times[times.size - 1] - times[0]
    direction = 1.0 if span >= 0 else -1.0

    def take_starts(queue, busy):
        """Idle lanes take the next starts of the queue, but for those that are out of bounds: (queue, busy)."""
        for lane in range(lanes):
            while owner[lane] < 0 and queue < count:
                start = queue
                queue += 1
                finite = True
                for i in range(dim):
                    states[start, 0, i] = starts[start, i]
                    if not abs(starts[start, i]) <= bound:
                        finite = False
                reached[start] = times[0]
                if not finite:
                    ending[start] = BLEW_UP
                elif times.size > 1:
                    owner[lane] = start
                    busy += 1
                    for i in range(dim):
                        y[i, lane] = starts[start, i]
                    time[lane] = times[0]
                    goal[lane] = 1
                    fresh[lane] = True
                    rejected[lane] = False
                    tries[lane] = 0
        return queue, busy

    def first_steps():
        """First derivative and first step of the newcomers."""
        field(flat, parameters, flat_stages[1], lanes)
        for lane in range(lanes):
            if not (fresh[lane] and owner[lane] >= 0):
                step[lane] = 0.0
                continue
            d0 = 0.0
            d1 = 0.0
            for i in range(dim):
                stages[0, i, lane] = stages[1, i, lane]
            for i in range(controlled):
                scale = atol + rtol * abs(y[i, lane])
                d0 += (y[i, lane] / scale) ** 2
                d1 += (stages[0, i, lane] / scale) ** 2
            d0 = math.sqrt(d0 / controlled)
            d1 = math.sqrt(d1 / controlled)
            first = 1e-6 if d0 < 1e-5 or d1 < 1e-5 else 0.01 * d0 / d1
            step[lane] = min(first, abs(span))
        for i in range(dim):
            for lane in range(lanes):
                trial[i, lane] = y[i, lane] + direction * step[lane] * stages[0, i, lane]
        field(flat_trial, parameters, flat_stages[1], lanes)
        for lane in range(lanes):
            if not (fresh[lane] and owner[lane] >= 0):
                continue
            d1 = 0.0
            d2 = 0.0
            for i in range(controlled):
                scale = atol + rtol * abs(y[i, lane])
                d1 += (stages[0, i, lane] / scale) ** 2
                d2 += ((stages[1, i, lane] - stages[0, i, lane]) / scale) ** 2
            d1 = math.sqrt(d1 / controlled)
            d2 = math.sqrt(d2 / controlled) / step[lane]
            steepest = max(d1, d2)
            second = max(1e-6, step[lane] * 1e-3) if steepest <= 1e-15 else (0.01 / steepest) ** (1.0 / 8.0)
            natural[lane] = min(100.0 * step[lane], second, abs(span))
            fresh[lane] = False

    def try_step():
        """One step of every lane, cut short where an output time is near, and the squares of its error estimates."""
        for lane in range(lanes):
            if owner[lane] < 0:
                step[lane] = 0.0
                continue
            left = abs(times[goal[lane]] - time[lane])
            step[lane] = direction * min(natural[lane], left)
        for stage in range(1, _STAGES):
            first_weight = _A[stage, 0]
            for k in range(dim * lanes):
                flat_trial[k] = first_weight * flat_stages[0, k]
            for before in range(1, stage):
                weight = _A[stage, before]
                if weight != 0.0:
                    for k in range(dim * lanes):
                        flat_trial[k] += weight * flat_stages[before, k]
            for i in range(dim):
                for lane in range(lanes):
                    trial[i, lane] = y[i, lane] + step[lane] * trial[i, lane]
            field(flat_trial, parameters, flat_stages[stage], lanes)
        error3[:] = 0.0
        error5[:] = 0.0
        for i in range(dim):
            advance[:] = 0.0
            for stage in range(_STAGES):
                for lane in range(lanes):
                    advance[lane] += _B[stage] * stages[stage, i, lane]
            for lane in range(lanes):
                trial[i, lane] = y[i, lane] + step[lane] * advance[lane]
        for i in range(controlled):
            third[:] = 0.0
            fifth[:] = 0.0
            for stage in range(_STAGES):
                for lane in range(lanes):
                    third[lane] += _E3[stage] * stages[stage, i, lane]
                    fifth[lane] += _E5[stage] * stages[stage, i, lane]
            for lane in range(lanes):
                scale = atol + rtol * max(abs(y[i, lane]), abs(trial[i, lane]))
                error3[lane] += (third[lane] / scale) ** 2
                error5[lane] += (fifth[lane] / scale) ** 2
        field(flat_trial, parameters, flat_stages[_STAGES], lanes)

    def control(busy):
        """Accept or reject each lane's step, choose the next one, free the lanes that have ended: how many are busy."""
        for lane in range(lanes):
            start = owner[lane]
            if start < 0:
                continue
            tries[lane] += 1
            e3, e5, size = error3[lane], error5[lane], abs(step[lane])
            error = 0.0 if e5 == 0.0 and e3 == 0.0 else size * e5 / math.sqrt((e5 + 0.01 * e3) * controlled)
            over = -1
            if error < 1.0:
                whole = size >= abs(times[goal[lane]] - time[lane])
                time[lane] = times[goal[lane]] if whole else time[lane] + step[lane]
                for i in range(dim):
                    y[i, lane] = trial[i, lane]
                    stages[0, i, lane] = stages[_STAGES, i, lane]
                    if not abs(y[i, lane]) <= bound:
                        over = BLEW_UP
                factor = _GROW if error == 0.0 else min(_GROW, _SAFETY * error**_EXPONENT)
                if rejected[lane]:
                    factor = min(1.0, factor)
                rejected[lane] = False
                # A step cut short says little about the steps to come: never let it shrink them.
                natural[lane] = max(natural[lane], size * factor) if whole else size * factor
                if over < 0:
                    reached[start] = time[lane]
                if over < 0 and whole:
                    for i in range(dim):
                        states[start, goal[lane], i] = y[i, lane]
                    goal[lane] += 1
                    if goal[lane] == times.size:
                        over = FINISHED
            else:
                rejected[lane] = True
                factor = max(_SHRINK, _SAFETY * error**_EXPONENT) if error < np.inf else _SHRINK
                natural[lane] = size * factor
            if over < 0 and natural[lane] < 10.0 * np.spacing(abs(time[lane])):
                over = STEP_TOO_SMALL
            if over < 0 and tries[lane] >= most_steps:
                over = TOO_MANY_STEPS
            if over >= 0:
                ending[start] = over
                steps[start] = tries[lane]
                owner[lane] = -1
                busy -= 1
                for i in range(dim):
                    y[i, lane] = 0.0
        return busy

    queue = 0
    busy = 0
    while True:
        queue, busy = take_starts(queue, busy)
        if busy == 0:
            return
        newcomers = False
        for lane in range(lanes):
            newcomers = newcomers or (fresh[lane] and owner[lane] >= 0)
        if newcomers:
            first_steps()
        try_step()
        busy = control(busy)


def integrate_lanes(
    field: Callable,
    starts: np.ndarray,
    times: np.ndarray,
    parameters: np.ndarray,
    *,
    rtol: float = 1e-8,
    atol: float = 1e-10,
    bound: float = 1e12,
    most_steps: int = 1_000_000,
    controlled: int | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Integrate u̇ = X(u) from every row of ``starts``; compiled, vectorised, on all cores.

    Parameters
    ----------
    field : a compiled lane function of signature ``FIELD_SIGNATURE`` (see `compile_field`)
    starts : array (count, dim);  times : array (moments,), monotone, the first being the time of the starts
    parameters : values of the constants, in the order the field was compiled with
    controlled : how many components, from the first, the control of the error looks at (default: all); the others,
        such as variations of a trajectory, are carried along
    progress : called as progress(starts done, starts in all), from one thread at a time

    Returns
    -------
    states : array (count, moments, dim), NaN after a trajectory ended early
    ending : array (count,), a key of ``ENDINGS``
    reached : array (count,), the last time reached;  steps : array (count,), steps tried
    """
    starts = np.ascontiguousarray(starts, dtype=np.float64)
    times = np.ascontiguousarray(times, dtype=np.float64)
    parameters = np.ascontiguousarray(parameters, dtype=np.float64)
    count, dim = starts.shape
    states = np.full((count, times.size, dim), np.nan)
    ending = np.zeros(count, dtype=np.int64)
    reached = np.full(count, times[0])
    steps = np.zeros(count, dtype=np.int64)

    reporting, done = threading.Lock(), [0]

    def share(part: slice) -> None:
        _integrate_lanes(
            field, starts[part], times, parameters, rtol, atol, bound, most_steps, controlled or dim,
            states[part], ending[part], reached[part], steps[part],
        )  # fmt: skip
        if progress is not None:
            with reporting:
                done[0] += part.stop - part.start
                progress(done[0], count)

    workers = threads or numba.get_num_threads()
    # Shares of a few hundred starts keep the cores evenly busy; the loop above holds no GIL.
    size = max(LANES, min(512, -(-count // workers)))
    parts = [slice(low, min(low + size, count)) for low in range(0, count, size)]
    if len(parts) <= 1 or workers == 1:
        for part in parts:
            share(part)
    else:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(share, parts))
    return states, ending, reached, steps
