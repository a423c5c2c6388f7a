"""The Fisher trace of a large network by layer products, beside JAX's gradients of every row (`vmap(grad)`).

    python -m benchmarks.networks [--rows 5000] [--width 128] [--runs 5]

Both run on the same processor with the same JAX, interleaved; the medians and their ratio are printed, and how far the
traces are apart, in float32 and in float64.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import jax
import numpy as np
from chentsov.models import NumericNetwork


def by_rows(network: NumericNetwork, batch: int) -> Callable[..., float]:
    """E |∇ℓ|² by JAX's gradient of every row, a batch of rows at a time."""
    functions = network._functions

    def subloss(weights, x, t):
        return functions.losses(functions.forward(weights, x[None])[0], t[None])[0]

    def total(weights, x, t):
        gradients = jax.vmap(jax.grad(subloss), (None, 0, 0))(weights, x, t)
        return sum((g * g).sum() for g in jax.tree.leaves(gradients))

    compiled = functions.compiled(total)
    return lambda w, x, t: (
        float(sum(compiled(w, x[k : k + batch], t[k : k + batch]) for k in range(0, len(x), batch))) / len(x)
    )


def median(function: Callable[[], float], runs: int) -> tuple[float, float]:
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        value = function()
        times.append(time.perf_counter() - start)
    return float(np.median(times)), value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    draw = np.random.default_rng(0)
    for dtype in ("float32", "float64"):
        network = NumericNetwork((784, arguments.width, arguments.width, 10), dtype=dtype)
        weights = network.initial()
        x, labels = network.read_rows(draw.random((arguments.rows, 784)), draw.integers(0, 10, arguments.rows))
        best = None
        for batch in (10, 50, 250):  # the best batch of JAX's is the one to beat
            rows = by_rows(network, batch)
            rows(weights, x, labels)
            seconds, value = median(lambda rows=rows: rows(weights, x, labels), arguments.runs)
            if best is None or seconds < best[0]:
                best = (seconds, value, batch)
        assert best is not None
        network.fisher_trace(weights, x, labels)
        ours, trace = median(lambda: network.fisher_trace(weights, x, labels), arguments.runs)
        print(
            f"{dtype}: {network.size()} weights, {arguments.rows} rows: layer products {1e3 * ours:.1f} ms, vmap(grad) in "
            f"batches of {best[2]} {1e3 * best[0]:.0f} ms, {best[0] / ours:.0f} times as long; the traces are "
            f"{abs(trace - best[1]) / trace:.1e} apart",
            flush=True,
        )


if __name__ == "__main__":
    main()
