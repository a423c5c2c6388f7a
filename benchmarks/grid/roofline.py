"""The roofline: operations and bytes a cell of the neuron's kernel, and what the machine gives."""

from __future__ import annotations

import argparse
import ctypes
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from chentsov.geometry.kernels.counts import cost
from chentsov.geometry.kernels.native.machine import host

from . import methods
from .measure import Report, interleaved
from .sections import neuron_kernel, ours

__all__ = ["roofline_section", "sum_operations"]


def machine() -> dict[str, float] | None:
    """Peak flops, divisions and bytes written a second, measured now; None without a C compiler."""
    library = methods.library("roofline.c", [])
    if library is None:
        return None
    target = np.empty(1 << 24)
    library.multiply_adds.restype = library.divisions.restype = ctypes.c_double
    threads = methods.threads()
    pointer = ctypes.c_void_p(target.ctypes.data)
    n = 2_000_000
    return {
        "flops": 2 * 8 * 12 * n * threads / _best(lambda: library.multiply_adds(ctypes.c_long(n))),
        "divisions": 8 * 4 * n / 4 * threads / _best(lambda: library.divisions(ctypes.c_long(n // 4))),
        "bytes": target.nbytes / _best(lambda: library.fill(pointer, ctypes.c_long(target.size), ctypes.c_double(1.0))),
    }


def _best(run: Callable[[], Any]) -> float:
    times = []
    for _ in range(4):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times[1:])


def sum_operations(kernel: Any) -> tuple[int, float]:
    """Of the innermost loop, a (cell x row): flops (an addition to a sum is one) and divisions (two cells share one)."""
    plan = kernel.planner.last.plan
    stage = max((s for s in plan.stages if s.kind == "sum"), key=lambda s: len(s.domain))
    divisions = sum(n.op in ("reciprocal", "div") for n in stage.body)
    shared = sum(n.op == "reciprocal" for n in stage.body) / 2
    return sum(cost(n) for n in stage.body) - divisions + len(stage.results) + 3 * int(
        2 * shared
    ) // 2, divisions - shared


def roofline_section(report: Report, args: argparse.Namespace) -> None:
    peaks = machine()
    print(f"\nroofline ({host()[0]}, {8 * host()[2]}-bit vectors, {methods.threads()} threads)")
    if peaks is None:
        print("  no C compiler: the machine's peaks are not measured")
        return
    print(
        f"  peak: {peaks['flops'] / 1e9:.1f} Gflop/s in fused multiply-adds, {peaks['divisions'] / 1e9:.2f} G divisions/s, {peaks['bytes'] / 1e9:.1f} GB/s written"
    )
    axis = np.linspace(-3, 3, args.points)
    print(
        f"  {'loss':<16}{'flops':>7}{'div':>6}{'ns a (cell x row)':>20}{'Gflop/s':>10}{'of peak':>9}{'of divider':>12}{'bytes a cell':>14}{'of memory':>11}"
    )
    for loss in args.losses:
        kernel, _ = neuron_kernel(loss, args.rows)
        seconds = float(np.median(interleaved({"x": ours(kernel, axis)}, args.repeats)["x"]))
        flops, divisions = sum_operations(kernel)
        work = args.rows * axis.size**2
        print(
            f"  {loss:<16}{flops:>7}{divisions:>6.1f}{1e9 * seconds / work:>20.3f}{flops * work / seconds / 1e9:>10.1f}{flops * work / seconds / peaks['flops']:>9.0%}"
            f"{divisions * work / seconds / peaks['divisions']:>12.0%}{8:>14}{8 * axis.size**2 / seconds / peaks['bytes']:>11.1%}"
        )
        report.rows.append(
            {
                "table": "roofline",
                "method": loss,
                "median_ms": 1e3 * seconds,
                "low_ms": None,
                "high_ms": None,
                "ratio": flops * work / seconds / peaks["flops"],
                "error": None,
            }
        )
    print(
        "  a product and a sum that do not fuse count half: the peak is of fused ones, so about two thirds of it can be had"
    )
