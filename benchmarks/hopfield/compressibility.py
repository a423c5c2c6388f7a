"""κ and −ΔE of two neurons on a 512 × 512 grid up to ±40: agreement, accuracy, speed against SymPy's lambdify.

    python benchmarks/hopfield/compressibility.py

Speed is CPU time of one core, the best of several runs. Accuracy is measured against 40 digits on a sample that holds
the cells with the strongest cancellation.
"""

from __future__ import annotations

import argparse
import json
import os
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import mpmath
import numpy as np
import sympy as sp
from chentsov.geometry.exact import logistic
from chentsov.geometry.kernels import compile
from chentsov.models.hopfield import Hopfield
from chentsov.models.hopfield.square import compressibility_on_square, laplacian_on_square

WEIGHTS, RESISTANCE, CAPACITANCE, CURRENT = [[1.25, -0.75], [-0.75, 1.5]], [1, 1.5], [1, 0.75], [0.25, -0.5]


def best(function, repeat: int = 15):
    seconds, value = np.inf, None
    for _ in range(repeat):
        start = time.process_time()
        value = function()
        seconds = min(seconds, time.process_time() - start)
    return seconds, value


def in_40_digits(network: Hopfield, u: np.ndarray) -> np.ndarray:
    expression = network.compressibility().replace(logistic, lambda x: 1 / (1 + sp.exp(-x)))
    function = sp.lambdify(network.coordinates, expression, "mpmath")
    with mpmath.workdps(40):
        return np.array([float(function(*map(mpmath.mpf, map(float, row)))) for row in u])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=512)
    parser.add_argument("--extent", type=float, default=40.0)
    arguments = parser.parse_args()
    side = np.linspace(-arguments.extent, arguments.extent, arguments.points)
    across, upward = np.meshgrid(side, side, indexing="ij")
    for name in ("logistic", "tanh"):
        network = Hopfield(WEIGHTS, name, RESISTANCE, CAPACITANCE, CURRENT)
        numbers = network.numbers()
        kappa_expression = network.compressibility()
        laplacian_expression = -network.manifold.laplacian(network.energy)
        plain = [e.replace(logistic, lambda x: 1 / (1 + sp.exp(-x))) for e in (kappa_expression, laplacian_expression)]
        memory = [np.empty(across.shape), np.empty(across.shape)]
        fresh, _ = best(lambda: compressibility_on_square(numbers, side, side))
        ours, kappa = best(lambda: compressibility_on_square(numbers, side, side, out=memory[0]))
        ours_laplacian, laplacian = best(lambda: laplacian_on_square(numbers, side, side, out=memory[1]))
        kernel = compile(kappa_expression, network.coordinates)
        general, kappa_general = best(lambda: kernel(side[:, None], side[None, :]))
        with np.errstate(all="ignore"):
            functions = [sp.lambdify(network.coordinates, e, "numpy") for e in plain]
            (theirs, kappa_theirs), (theirs_laplacian, laplacian_theirs) = (
                best(lambda f=f: f(across, upward), 5) for f in functions
            )
            theirs_broadcast, _ = best(lambda: functions[0](side[:, None], side[None, :]), 5)
        relative = np.abs(kappa + laplacian) / np.abs(kappa)
        # The cells in which the terms cancel most, and an even sample.
        order = np.argsort(np.abs(kappa), axis=None)
        sample = np.concatenate([order[:200], order[:: max(1, order.size // 300)]])
        rows, columns = np.unravel_index(sample, kappa.shape)
        exact = in_40_digits(network, np.stack([side[rows], side[columns]], axis=1))

        def error(values: np.ndarray) -> float:
            with np.errstate(all="ignore"):
                return float(np.nanmax(np.abs(values[rows, columns] / exact - 1)))

        print(json.dumps({
            "activation": name, "points": arguments.points, "extent": arguments.extent,
            "kappa_and_minus_laplacian_largest_relative_difference": float(np.max(relative)),
            "finite_cells": {"ours": float(np.isfinite(laplacian).mean()), "lambdify": float(np.isfinite(laplacian_theirs).mean())},
            "largest_relative_error": {
                "ours": error(kappa), "ours_laplacian": error(-laplacian), "chentsov.compile": error(kappa_general),
                "lambdify": error(kappa_theirs), "lambdify_laplacian": error(laplacian_theirs),
            },
            "milliseconds": {
                "ours": ours * 1e3, "ours_in_fresh_memory": fresh * 1e3, "ours_laplacian": ours_laplacian * 1e3, "chentsov.compile": general * 1e3,
                "lambdify": theirs * 1e3, "lambdify_broadcast": theirs_broadcast * 1e3, "lambdify_laplacian": theirs_laplacian * 1e3,
            },
            "lambdify_over_ours": theirs / ours, "lambdify_broadcast_over_ours": theirs_broadcast / ours,
            "laplacian_lambdify_over_ours": theirs_laplacian / ours_laplacian,
        }, indent=1))  # fmt: skip


if __name__ == "__main__":
    main()
