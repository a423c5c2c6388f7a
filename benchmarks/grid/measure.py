"""Measuring: interleaved runs, errors against balls, and the report."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from chentsov.geometry.kernels.ball import BallProgram
from flint import arb, ctx

__all__ = ["Report", "interleaved", "truth_at", "worst_error"]

Run = Callable[[], Any]

_QUICK = 1.0  # seconds


def interleaved(runs: dict[str, Run], repeats: int) -> dict[str, np.ndarray]:
    """Wall seconds of every run, `repeats` rounds through all of them; one round first that does not count.

    A quick method is called once more, not counted, right before each call that is: else it would pay for the
    state in which a slow one leaves caches, memory and sleeping threads.
    """
    times: dict[str, list[float]] = {name: [] for name in runs}
    quick: set[str] = set()
    for round_ in range(repeats + 1):
        for name, run in runs.items():
            if name in quick:
                run()
            start = time.perf_counter()
            run()
            spent = time.perf_counter() - start
            if round_:
                times[name].append(spent)
            elif spent < _QUICK:
                quick.add(name)
    return {name: np.array(t) for name, t in times.items()}


def truth_at(kernel: Any, axis: np.ndarray, count: int = 200) -> tuple[np.ndarray, list[arb]]:
    """Random cells and the corners, with R there in balls of 200 bits."""
    rng, last = np.random.default_rng(1), axis.size - 1
    cells = np.concatenate([[[0, 0], [0, last], [last, 0], [last, last]], rng.integers(0, axis.size, (count, 2))])
    program = BallProgram(kernel.program, kernel._data)
    old, ctx.prec = ctx.prec, 200
    try:
        return cells, [
            program(dict(zip(kernel.program.inputs, (arb(float(axis[i])), arb(float(axis[j]))))))[0] for i, j in cells
        ]
    finally:
        ctx.prec = old


def worst_error(values: np.ndarray, cells: np.ndarray, truth: list[arb]) -> float:
    errors = []
    for (i, j), ball in zip(cells, truth):
        value = float(values[i, j])
        errors.append(float(abs((arb(value) - ball) / ball)) if np.isfinite(value) else np.inf)
    return max(errors)


class Report:
    """Tables on the screen, all figures in a file, and what the plots show."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.bars: list[tuple[str, str, float, float, bool]] = []
        self.series: dict[str, dict[str, Any]] = {}

    def table(
        self, title: str, times: dict[str, np.ndarray], errors: dict[str, float] | None = None, ours: str = "chentsov"
    ) -> None:
        print(f"\n{title}\n{'':<34}{'median ms':>11}{'range':>20}{'x ours':>9}{'worst rel. error':>18}")
        base = np.median(times[ours])
        for name, t in times.items():
            error = (errors or {}).get(name)
            median, low, high = (1e3 * v for v in (np.median(t), t.min(), t.max()))
            print(
                f"{name:<34}{median:>11.2f}{f'{low:.2f} ... {high:.2f}':>20}{np.median(t) / base:>9.2f}{'' if error is None else f'{error:.1e}':>18}",
                flush=True,
            )
            self.rows.append(
                {
                    "table": title,
                    "method": name,
                    "median_ms": median,
                    "low_ms": low,
                    "high_ms": high,
                    "ratio": np.median(t) / base,
                    "error": error,
                }
            )

    def bar(self, what: str, value: float, relation: str, limit: float) -> None:
        """A figure that the project set itself: printed with its limit, and summed up at the end."""
        met = value <= limit if relation == "<=" else value >= limit
        self.bars.append((what, relation, value, limit, met))
        print(f"  {what}: {value:.2f} (bar {relation} {limit:g}): {'met' if met else 'missed'}")

    def curve(self, plot: str, name: str, x: Any, y: Any, *, xlabel: str, ylabel: str) -> None:
        """A line of a plot."""
        made = self.series.setdefault(plot, {"xlabel": xlabel, "ylabel": ylabel, "lines": {}})
        made["lines"][name] = (list(map(float, x)), list(map(float, y)))

    def summary(self) -> None:
        if self.bars:
            print("\nbars")
            for what, relation, value, limit, met in self.bars:
                print(f"  {'met   ' if met else 'MISSED'} {what:<58}{value:>10.2f} {relation} {limit:g}")

    def write(self, folder: Path) -> None:
        """grid.csv, bars.csv and one plot a scaling study, into a folder."""
        from .plots import draw

        folder.mkdir(parents=True, exist_ok=True)
        tables = {
            "grid.csv": self.rows,
            "bars.csv": [dict(zip(("what", "relation", "value", "limit", "met"), b)) for b in self.bars],
        }
        for name, rows in tables.items():
            if rows:
                with (folder / name).open("w", newline="") as file:
                    writer = csv.DictWriter(file, list(rows[0]))
                    writer.writeheader()
                    writer.writerows(rows)
        plots = draw(self, folder)
        print(f"\nwritten: {folder}: {', '.join([n for n, rows in tables.items() if rows] + plots)}")
