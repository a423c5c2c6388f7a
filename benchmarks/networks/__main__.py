"""The Fisher trace of a large network by layer products, beside JAX's gradients of every row (`vmap(grad)`), and R of
small ones beside JAX.

    python -m benchmarks.networks [--sections trace curvature] [--rows 5000] [--width 128] [--runs 3]

Both run on the same processor with the same JAX, interleaved; the medians and their ratio are printed, and how far the
numbers are apart: of the traces in float32 and in float64, of R from fifty digits.

Gradients of all rows at once are what the formula says; in batches that stay in the cache they are several times
faster, and the best batch is printed beside. Every way has to multiply the rows by the first layer's weights, so that
product alone, timed with them, says how many times faster than the best batch any way can be on this machine.
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


def formed(network: NumericNetwork, batch: int) -> Callable[..., float]:
    """The same from gradients that are formed: `jit(vmap(grad))`, and then the squares of what it returns."""
    functions = network._functions

    def subloss(weights, x, t):
        return functions.losses(functions.forward(weights, x[None])[0], t[None])[0]

    per_row = functions.compiled(jax.vmap(jax.grad(subloss), (None, 0, 0)))
    square = functions.compiled(lambda g: (g * g).sum())

    def total(w, x, t):
        parts = (per_row(w, x[k : k + batch], t[k : k + batch]) for k in range(0, len(x), batch))
        return sum(float(square(g)) for part in parts for g in jax.tree.leaves(part)) / len(x)

    return total


def traces(rows: int, width: int, runs: int) -> None:
    """The trace of 784-width-width-10 in both precisions.

    Within one `jit` the compiler sees that no gradient needs to be written: the sum of squares is fused with it. Formed
    gradients are what `jit(vmap(grad))` returns.
    """
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
        batch, (_, best) = min(ways.items(), key=lambda item: item[1][0])
        product = network._functions.compiled(lambda x, w: x @ w.T)
        whole, kept = by_rows(network, rows), formed(network, batch)
        timed = {
            "layer products": lambda: network.fisher_trace(weights, x, labels),
            "the first product alone": lambda: product(x, weights[0][0]).block_until_ready(),
            f"vmap(grad) in batches of {batch}": lambda: best(weights, x, labels),
            "vmap(grad), its gradients formed": lambda: kept(weights, x, labels),
            "vmap(grad) of all rows": lambda: whole(weights, x, labels),
        }
        apart = abs(timed["layer products"]() / timed[f"vmap(grad) in batches of {batch}"]() - 1)
        for way in timed.values():
            way()
        taken: dict[str, list[float]] = {name: [] for name in timed}
        for _ in range(runs):
            for name, way in timed.items():
                taken[name].append(seconds(way))
        medians = {name: 1e3 * float(np.median(values)) for name, values in taken.items()}
        ours, least, theirs, *_ = medians.values()
        print(f"{dtype}: {network.size()} weights, {rows} rows; the traces are {apart:.1e} apart")
        for name, value in medians.items():
            print(f"  {name:32s} {value:9.1f} ms, {value / ours:6.1f} times the layer products")
        print(f"  any way is at most {theirs / least:.1f} times faster than the best batch of vmap(grad)", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sections", nargs="+", choices=("trace", "curvature"), default=("trace", "curvature"))
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--points", type=int, default=40, help="of a side of the slice")
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    if "trace" in arguments.sections:
        traces(arguments.rows, arguments.width, arguments.runs)
    if "curvature" in arguments.sections:
        for widths, rows in SLICES:
            print(compare(widths, rows, arguments.points, arguments.runs, checked=3 if rows < 500 else 1), flush=True)


if __name__ == "__main__":
    main()
