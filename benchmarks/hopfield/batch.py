"""Ten thousand starts of an eight-neuron network to t = 20 at rtol 1e-8: the lanes against a loop over solve_ivp.

    python benchmarks/hopfield/batch.py [--loop 400]

The loop runs over a part of the starts (its time is proportional to their number; ``--loop 10000`` runs all), with
SciPy's DOP853, the same tolerances and a vectorised NumPy right-hand side. Times are wall times; end points are
compared for every start that the loop has run.
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np
from chentsov.models.hopfield import HopfieldNumbers
from scipy.integrate import solve_ivp
from scipy.special import expit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=10_000)
    parser.add_argument("--neurons", type=int, default=8)
    parser.add_argument("--loop", type=int, default=400)
    arguments = parser.parse_args()
    draw = np.random.default_rng(20190516)
    n = arguments.neurons
    weights = draw.normal(size=(n, n))
    network = HopfieldNumbers.of_arrays(weights + weights.T, "logistic", current=draw.normal(size=n))
    starts = draw.normal(size=(arguments.starts, n)) * 2
    network.trajectories(starts[:8], 0.1)  # compile
    seconds = {}
    for threads in (1, None):
        best = np.inf
        for _ in range(5):
            begin = time.perf_counter()
            batch = network.trajectories(starts, 20.0, rtol=1e-8, atol=1e-10, threads=threads)
            best = min(best, time.perf_counter() - begin)
        seconds["one core" if threads == 1 else "all cores"] = best

    current = network.current

    def right(_: float, u: np.ndarray) -> np.ndarray:
        return network.weights @ expit(u) - u + current

    ends = batch.position.values[:, -1]
    apart = 0.0
    begin = time.perf_counter()
    for row in range(arguments.loop):
        solution = solve_ivp(right, (0.0, 20.0), starts[row], method="DOP853", rtol=1e-8, atol=1e-10)
        apart = max(apart, float(np.max(np.abs(solution.y[:, -1] - ends[row]) / (1 + np.abs(ends[row])))))
    loop = (time.perf_counter() - begin) / arguments.loop * arguments.starts
    print(json.dumps({
        "starts": arguments.starts, "neurons": n, "seconds": seconds, "loop_seconds": loop, "loop_measured_on": arguments.loop,
        "faster": {k: loop / v for k, v in seconds.items()}, "largest_relative_difference_of_end_points": apart,
        "steps_a_trajectory": float(batch.steps.mean()), "all_finished": bool((batch.ending == 0).all()),
    }, indent=1))  # fmt: skip


if __name__ == "__main__":
    main()
