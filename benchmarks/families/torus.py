"""The Ising model on finite tori: counting states, a 200 × 200 grid of metric and curvature, and where R peaks.

    python benchmarks/families/torus.py

The last column compares the peak of |R| without field with the peak of the specific heat of the same torus, the
usual finite-size estimate of the transition, and with the transition of the infinite lattice, 0.440687.
"""

from __future__ import annotations

import time

import numpy as np
from chentsov.models.gibbs import IsingTorus
from chentsov.models.gibbs.torus import CRITICAL_COUPLING


def specific_heat_peak(torus: IsingTorus) -> float:
    """b where b² I_bb without field is largest."""
    low, high = 0.2, 0.8
    for _ in range(5):
        b = np.linspace(low, high, 61)
        heat = b**2 * torus.on_grid({"b": b, "h": [0.0]})["metric"].sel(i="b", j="b").values[:, 0]
        k = int(np.argmax(heat))
        low, high = b[max(k - 2, 0)], b[min(k + 2, b.size - 1)]
    return float(b[k])


def main() -> None:
    print(f"infinite lattice: b_c = {CRITICAL_COUPLING:.6f}")
    for width, length in ((4, 4), (4, 6), (4, 8), (4, 12), (4, 16), (5, 5), (6, 6), (6, 8)):
        torus = IsingTorus(width, length)
        start = time.process_time()
        torus.states
        counted = time.process_time()
        grid = torus.on_grid({"b": np.linspace(0.05, 0.9, 200), "h": np.linspace(-0.5, 0.5, 200)})
        done = time.process_time()
        generator, worst = np.random.default_rng(1), 0.0
        for i, j in generator.integers(200, size=(10, 2)):
            truth = float(torus.at(float(grid.b[i]), float(grid.h[j]), 30)["ricci_scalar"])
            worst = max(worst, abs(float(grid["ricci_scalar"][i, j]) / truth - 1))
        peak, height = torus.maximum_of_curvature(points=121)
        print(
            f"{width}×{length:<2} counted {counted - start:6.2f} s, grid {done - counted:5.2f} s, worst error {worst:.0e}; "
            f"|R| per spin {height:6.2f} at b = {peak:.4f}, specific heat peaks at {specific_heat_peak(torus):.4f}"
        )


if __name__ == "__main__":
    main()
