"""How soon a number comes: R and Christoffel symbols of random dense metrics, from the metric to three cells.

    python -m benchmarks.first_numbers [--most 6]

Each line is a metric that nobody has seen before: dimension and kind, the road that was taken, and the seconds from the
metric's expressions to R, to certified R and to the Christoffel symbols, compilation included. The last two columns
compare a million cells of R by the road taken with the other one, where a closed form comes within ten seconds.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp
from chentsov.geometry.exact import Mean
from chentsov.geometry.exact.budget import TimeBudgetExceeded, time_limit
from chentsov.geometry.kernels import compile
from chentsov.geometry.kernels.contraction import Contraction, contracted
from chentsov.geometry.manifolds import RiemannianManifold
from chentsov.geometry.manifolds.recipes import recipe

X = sp.symbols("x1:7", real=True)
ROW = sp.Symbol("a", real=True)
KINDS: dict[str, Callable[..., sp.Expr]] = {
    "polynomial": lambda p, q: p * q + p**2,
    "trigonometric": lambda p, q: sp.sin(p) * sp.cos(q),
    "exponential": lambda p, q: sp.exp(p - q / 2),
    "means": lambda p, q: Mean(sp.tanh(ROW * p) * sp.tanh(ROW * q), (ROW,)),
}


def metric(kind: str, dim: int, seed: int) -> sp.Matrix:
    """Every entry holds two coordinates; positive near the origin."""
    dice, g = random.Random(seed), sp.zeros(dim)
    for i in range(dim):
        for j in range(i, dim):
            p, q = dice.sample(X[:dim], 2)
            g[i, j] = g[j, i] = sp.Rational(dice.randint(1, 9), 50) * KINDS[kind](p, q) + (3 if i == j else 0)
    return g


def seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def first(kind: str, dim: int, seed: int) -> dict[str, Any]:
    """The times of one metric."""
    g = metric(kind, dim, seed)
    options: dict[str, Any] = {"data": {ROW: np.linspace(-2, 2, 20)}} if kind == "means" else {}
    axes = {X[0]: [0.1, 0.2, 0.3], **dict.fromkeys(X[1:dim], 0.25)}
    ask = lambda name, **more: RiemannianManifold(g, X[:dim]).on_grid(axes, [name], **options, **more)
    out = {
        "R": seconds(lambda: ask("ricci_scalar")),
        "certified R": seconds(lambda: ask("ricci_scalar", rtol=1e-9)),
        "Christoffel": seconds(lambda: ask("christoffel")),
    }
    manifold = RiemannianManifold(g, X[:dim])
    taken = recipe(manifold, "ricci_scalar")
    out["road"] = "jets" if isinstance(taken, Contraction) else "closed form"
    other: Any = None
    if out["road"] == "closed form":
        other = contracted(manifold.jet(), "ricci_scalar")
    elif kind != "means" and dim < 4 and kind != "trigonometric":
        try:
            with time_limit(10.0):
                other = manifold.ricci_scalar
        except TimeBudgetExceeded:
            other = None
    cells = np.random.default_rng(0).uniform(-0.3, 0.3, (dim, 1 << 18))

    def sweep(formula: Any) -> float:
        kernel = compile(formula, X[:dim], **options)
        kernel(*cells[:, :8])
        return 4 * seconds(lambda: kernel(*cells))

    out["taken"] = sweep(taken) if kind != "means" else float("nan")
    out["other"] = sweep(other) if other is not None else float("nan")
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--most", type=int, default=6, help="the largest dimension")
    most = parser.parse_args().most
    first("polynomial", 2, 0)  # imports
    columns = ("R", "certified R", "Christoffel", "taken", "other")
    print(f"{'n':>2} {'kind':14} {'road':12}" + "".join(f"{c:>13}" for c in columns))
    late = 0
    for dim in range(2, most + 1):
        for kind in KINDS:
            found = first(kind, dim, dim)
            late += found["R"] > 2
            print(f"{dim:2} {kind:14} {found['road']:12}" + "".join(f"{found[c]:13.3f}" for c in columns), flush=True)
    print(f"R later than two seconds: {late}")


if __name__ == "__main__":
    main()
