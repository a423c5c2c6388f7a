"""Cost and memory against the number of rows and the size of the grid."""

from __future__ import annotations

import argparse
import tracemalloc

import numpy as np
from chentsov.models.neuron import TwoWeightNeuron, decision_boundary, weight_axes

from .measure import Report, interleaved
from .sections import neuron_kernel, ours

__all__ = ["rows_section", "size_section", "memory_section"]


def _slope(x: list[int], seconds: list[float]) -> float:
    """The exponent p of seconds ~ x^p."""
    return float(np.polyfit(np.log(x), np.log(seconds), 1)[0])


def rows_section(report: Report, args: argparse.Namespace) -> None:
    axis, counts = np.linspace(-3, 3, 32 if args.quick else 64), [200, 2000, 20_000, 200_000]
    runs = {}
    for rows in counts:
        kernel, _ = neuron_kernel("mean power 2", rows)
        runs[f"{rows} rows"] = ours(kernel, axis)
    times = interleaved(runs, min(5, args.repeats))
    medians = [float(np.median(times[f"{rows} rows"])) for rows in counts]
    report.table(f"cost against the number of rows, {axis.size} x {axis.size}", times, ours="200 rows")
    for rows, t in zip(counts, medians):
        print(f"  {rows:>7} rows: {1e9 * t / rows / axis.size**2:.3f} ns a cell and row")
    report.curve("rows", "mean power 2", counts, medians, xlabel="data rows", ylabel="seconds")
    report.bar("exponent of the cost in the number of rows (linear: 1)", _slope(counts[1:], medians[1:]), "<=", 1.1)


def size_section(report: Report, args: argparse.Namespace) -> None:
    sizes = [64, 128, 256] if args.quick else [64, 128, 256, 512, 1024]
    kernel, _ = neuron_kernel("mean power 2", args.rows)
    times = interleaved({f"{n} x {n}": ours(kernel, np.linspace(-3, 3, n)) for n in sizes}, min(5, args.repeats))
    medians = [float(np.median(t)) for t in times.values()]
    report.table(f"cost against the size of the grid, {args.rows} rows", times, ours="64 x 64")
    report.curve("size", "mean power 2", [n * n for n in sizes], medians, xlabel="cells", ylabel="seconds")
    report.bar(
        "exponent of the cost in the number of cells (linear: 1)", _slope([n * n for n in sizes], medians), "<=", 1.1
    )


def memory_section(report: Report, args: argparse.Namespace) -> None:
    """Memory beyond data and result: the most that a call has allocated at a time (tracemalloc sees NumPy's arrays, and there are no others)."""
    cases = [(200, 64), (200, 512), (20_000, 64), (20_000, 256)] + ([] if args.quick else [(200, 2048), (200_000, 64)])
    print(
        f"\nmemory of one on_grid call, beyond the data and the result\n{'rows':>10}{'grid':>14}{'N x P x 8':>14}{'allocated':>12}   (MiB)"
    )
    beyond = []
    for rows, points in cases:
        data = decision_boundary(rows, 0)
        neuron = TwoWeightNeuron(data=data)
        neuron.on_grid(weight_axes(16))
        tracemalloc.start()
        result = neuron.on_grid(weight_axes(points))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        extra = (peak - result.nbytes) / 2**20
        beyond.append(extra)
        print(f"{rows:>10}{f'{points} x {points}':>14}{rows * points * 8 / 2**20:>14.1f}{extra:>12.1f}", flush=True)
    report.curve(
        "memory",
        "allocated",
        [r * p for r, p in cases],
        beyond,
        xlabel="rows x points of an axis",
        ylabel="MiB beyond data and result",
    )
    report.curve(
        "memory",
        "a table of rows x points",
        [r * p for r, p in cases],
        [r * p * 8 / 2**20 for r, p in cases],
        xlabel="",
        ylabel="",
    )
    report.bar("memory beyond the result, at most (MiB)", max(beyond), "<=", 150)
