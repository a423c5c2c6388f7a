"""The Fisher trace of a large network by layer products, beside JAX's gradients of every row (`vmap(grad)`), and R of
small ones beside JAX.

    python -m benchmarks.networks [--sections trace curvature digits] [--rows 5000] [--width 128] [--runs 3]

Both run on the same processor with the same JAX, interleaved; the medians and their ratio are printed, and how far the
numbers are apart: of the traces in float32 and in float64, of R from fifty digits, on slices and along training.

`vmap(grad)` has two readings, each with its best batch: the gradients that `jit(vmap(grad))` returns, squared; and the
sum of squares inside the `jit`, where the compiler sees that no gradient needs to be written, and writes none. Every
way has to multiply the rows by the first layer's weights, so that product alone, timed with them, says how many times
faster than either any way can be on this machine.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial

import jax
import numpy as np
from chentsov.models import NumericNetwork

from .curvature import SLICES, compare, digits, seconds

SECTIONS = ("trace", "curvature", "digits")
BATCHES = (10, 50, 250)


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
    """The trace of 784-width-width-10 in both precisions."""
    draw = np.random.default_rng(0)
    for dtype in ("float32", "float64"):
        network = NumericNetwork((784, width, width, 10), dtype=dtype)
        weights = network.initial()
        x, labels = network.read_rows(draw.random((rows, 784)), draw.integers(0, 10, rows))
        product = network._functions.compiled(lambda x, w: x @ w.T)
        timed: dict[str, Callable[[], object]] = {
            "layer products": lambda: network.fisher_trace(weights, x, labels),
            "the first product alone": lambda: product(x, weights[0][0]).block_until_ready(),
        }
        for name, made in (("gradients formed, then squared", formed), ("squares inside the jit", by_rows)):
            ways = {batch: made(network, batch) for batch in BATCHES}
            for way in ways.values():
                way(weights, x, labels)
            best = min(BATCHES, key=lambda batch: seconds(lambda: ways[batch](weights, x, labels)))
            timed[f"vmap(grad), {name}, batches of {best}"] = partial(ways[best], weights, x, labels)
        timed["vmap(grad), squares inside the jit, all rows"] = partial(by_rows(network, rows), weights, x, labels)
        found = [way() for way in timed.values()]
        taken: dict[str, list[float]] = {name: [] for name in timed}
        for _ in range(runs):
            for name, way in timed.items():
                taken[name].append(seconds(way))
        medians = {name: 1e3 * float(np.median(values)) for name, values in taken.items()}
        ours, least, plain, fused, _ = medians.values()
        apart = max(abs(float(found[0]) / float(other) - 1) for other in found[2:])
        print(f"{dtype}: {network.size()} weights, {rows} rows; the traces are {apart:.1e} apart")
        for name, value in medians.items():
            print(f"  {name:62s} {value:9.1f} ms, {value / ours:6.1f} times the layer products")
        print(
            f"  no way can be more than {plain / least:.0f} times as fast as the first reading, and {fused / least:.1f} "
            "times as the second: the first product alone takes that long",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sections", nargs="+", choices=SECTIONS, default=SECTIONS)
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--points", type=int, default=40, help="of a side of the slice")
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    if "trace" in arguments.sections:
        traces(arguments.rows, arguments.width, arguments.runs)
    if "curvature" in arguments.sections:
        for widths, rows in SLICES:
            print(compare(widths, rows, arguments.points, arguments.runs), flush=True)
    if "digits" in arguments.sections:
        for widths, rows in SLICES:
            print(digits(widths, rows, 5 if rows < 500 else 1), flush=True)


if __name__ == "__main__":
    main()
