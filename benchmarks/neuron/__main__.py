"""The thesis's experiment many times over: every seed and loss trained by default, with loss, traces and R on the path.

    python -m benchmarks.neuron [--seeds 12] [--optimizer gradient-descent]

Prints, for each run, its steps, how many rows are still predicted wrong and R at the end, and the time of all runs.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from chentsov.models import TwoWeightNeuron, decision_boundary

BAR = 20.0  # seconds for 12 seeds and three losses, on two quiet cores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--optimizer", default="gradient-descent")
    arguments = parser.parse_args()
    start, short = time.perf_counter(), 0
    print(f"{'loss':14} {'seed':>4} {'steps':>6} {'wrong':>5} {'R at the end':>13}")
    for loss in TwoWeightNeuron.LOSSES:
        neuron = TwoWeightNeuron(loss)
        for seed in range(arguments.seeds):
            path = neuron.train(optimizer=arguments.optimizer, data=decision_boundary(200, seed))
            assert all(np.isfinite(path[name]).all() for name in ("loss", "fisher_trace", "ntk_trace", "ricci_scalar"))
            wrong = path.attrs["rows"] - path.attrs["predicted_right"]
            short += wrong > 0
            print(
                f"{loss:14} {seed:4} {path.attrs['steps']:6} {wrong:5} {float(path.ricci_scalar[-1]):13.5g}", flush=True
            )
    seconds = time.perf_counter() - start
    runs = 3 * arguments.seeds
    print(
        f"{runs} runs in {seconds:.1f} s (bar: {BAR * runs / 36:.0f} s); {short} end with rows that are predicted wrong"
    )


if __name__ == "__main__":
    main()
