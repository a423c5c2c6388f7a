"""The Fisher trace of a large network by layer products, beside JAX's gradients of every row (`vmap(grad)`), and R of
small ones beside JAX.

    python -m benchmarks.networks [--sections trace curvature] [--rows 5000] [--width 128] [--runs 5]

Both run on the same processor with the same JAX, interleaved; the medians and their ratio are printed, and how far the
numbers are apart: of the traces in float32 and in float64, of R from fifty digits.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import jax
import numpy as np
from chentsov.models import NumericNetwork

from .curvature import SLICES, compare, seconds


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
        sum(float(compiled(w, x[k : k + batch], t[k : k + batch])) for k in range(0, len(x), batch)) / len(x)
    )


def traces(rows: int, width: int, runs: int) -> None:
    """The trace of 784-width-width-10 in both precisions."""
    draw = np.random.default_rng(0)
    for dtype in ("float32", "float64"):
        network = NumericNetwork((784, width, width, 10), dtype=dtype)
        weights = network.initial()
        x, labels = network.read_rows(draw.random((rows, 784)), draw.integers(0, 10, rows))
        ways = {}
        for batch in (10, 50, 250):  # the best batch of JAX's is the one to beat
            way = by_rows(network, batch)
            way(weights, x, labels)
            ways[batch] = (seconds(lambda: way(weights, x, labels)), way)
        batch, (_, way) = min(ways.items(), key=lambda item: item[1][0])
        other = way(weights, x, labels)
        trace = network.fisher_trace(weights, x, labels)
        ours, theirs = [], []
        for _ in range(runs):
            ours.append(seconds(lambda: network.fisher_trace(weights, x, labels)))
            theirs.append(seconds(lambda: way(weights, x, labels)))
        one, two = float(np.median(ours)), float(np.median(theirs))
        print(
            f"{dtype}: {network.size()} weights, {rows} rows: layer products {1e3 * one:.1f} ms, vmap(grad) in batches of "
            f"{batch} {1e3 * two:.0f} ms, {two / one:.0f} times as long; the traces are {abs(trace / other - 1):.1e} apart",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sections", nargs="+", choices=("trace", "curvature"), default=("trace", "curvature"))
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--points", type=int, default=40, help="of a side of the slice")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    if "trace" in arguments.sections:
        traces(arguments.rows, arguments.width, arguments.runs)
    if "curvature" in arguments.sections:
        for widths, rows in SLICES:
            print(compare(widths, rows, arguments.points, arguments.runs, checked=3), flush=True)


if __name__ == "__main__":
    main()
