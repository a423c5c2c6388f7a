"""`python -m benchmarks.functions`: our elementary functions beside NumPy's and the C library's.

Worst and mean error in units in the last place over the full range, and nanoseconds an element on one
thread. NumPy calls its own vector routines or the C library; what it lacks (logistic, softplus) is
written as people write it. The bar is 1.5 units.

    python -m benchmarks.functions [--points 20000] [--repeats 7] [--dtype float64 float32] [--out DIR]
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from chentsov.geometry.kernels import compile

from .accuracy import FUNCTIONS, X, errors, points, truth

BAR = 1.5


def nanoseconds(run: Callable[..., Any], argument: np.ndarray, repeats: int) -> float:
    """Median of `repeats` runs into memory that is there already, after one that does not count."""
    times, target = [], np.empty_like(argument)
    with np.errstate(all="ignore"):
        for _ in range(repeats + 1):
            start = time.perf_counter()
            run(argument, out=target)
            times.append(time.perf_counter() - start)
    return 1e9 * float(np.median(times[1:])) / argument.size


def study(dtype: str, count: int, repeats: int) -> list[dict[str, Any]]:
    rows = []
    line = np.linspace(0.01, 20.0, 1 << 18).astype(dtype)
    for f in FUNCTIONS:
        arguments = points(f.low, f.high, count, np.dtype(dtype))
        exact = truth(f, arguments)
        kernel = compile(f.formula, [X], dtype=dtype, threads=1)
        own = errors(kernel(arguments), exact)
        with np.errstate(all="ignore"):
            other = errors(f.numpy(arguments), exact)
        rows.append(
            {
                "dtype": dtype,
                "function": f.name,
                "points": len(arguments),
                "worst": own.max(),
                "mean": own.mean(),
                "at": float(arguments[np.argmax(own)]),
                "numpy_worst": other.max(),
                "numpy_mean": other.mean(),
                "ns": nanoseconds(kernel, line, repeats),
                "numpy_ns": nanoseconds(f.numpy, line, repeats),
            }
        )
    return rows


def show(rows: list[dict[str, Any]]) -> None:
    print(f"\n{rows[0]['dtype']}: units in the last place, and nanoseconds an element (one thread)")
    print(
        f"{'function':<10}{'points':>8}{'worst':>8}{'mean':>8}{'ns':>7}{'NumPy worst':>14}{'mean':>8}{'ns':>7}   our worst at"
    )
    for r in rows:
        print(
            f"{r['function']:<10}{r['points']:>8}{r['worst']:>8.2f}{r['mean']:>8.3f}{r['ns']:>7.2f}{r['numpy_worst']:>14.3g}{r['numpy_mean']:>8.3g}{r['numpy_ns']:>7.2f}   {r['at']!r}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.functions", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--points", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--dtype", nargs="+", default=["float64", "float32"], choices=["float64", "float32"])
    parser.add_argument("--out", type=Path, help="a folder for functions.csv")
    args = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for dtype in args.dtype:
        rows += (found := study(dtype, args.points, args.repeats))
        show(found)
    worst = max(rows, key=lambda r: r["worst"])
    print(
        f"\nlargest error: {worst['worst']:.2f} units ({worst['function']}, {worst['dtype']}); bar {BAR}: {'met' if worst['worst'] <= BAR else 'missed'}"
    )
    if args.out:
        args.out.mkdir(parents=True, exist_ok=True)
        with (args.out / "functions.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        print(f"written: {args.out / 'functions.csv'}")


if __name__ == "__main__":
    main()
