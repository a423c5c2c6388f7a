"""How many digits plain grids have: makes docs/accuracy.md.

    python -m benchmarks.accuracy

For every named manifold: R on a grid of 9 points an axis around the sample point (0.7 to 1.3 times its coordinates), once as machine
numbers give it and once certified to 1e-13, cell by cell.
"""

from __future__ import annotations

import datetime
import sys
import warnings
from pathlib import Path

import chentsov as ch
import numpy as np
from chentsov.geometry.exact.errors import UnsupportedFunction
from chentsov.models.registry import catalogue

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 60.0  # seconds for one manifold


def around(value, points=9):
    """Some points about a sample's coordinate."""
    value = float(value)
    return np.linspace(0.7 * value, 1.3 * value, points) if value else np.linspace(-0.3, 0.3, points)


def row(entry):
    """Name, cells with a number on both grids, the largest and the median relative error of the plain one."""
    sample = {str(symbol): value for symbol, value in entry.sample.items()}
    names = [str(c) for c in entry.coordinates]
    axes = {name: around(sample[name]) if k < 2 else float(sample[name]) for k, name in enumerate(names)}
    constants = {name: value for name, value in sample.items() if name not in names}
    with warnings.catch_warnings(), ch.TimeBudget(LIMIT):
        warnings.simplefilter("ignore")
        plain = entry.on_grid(axes, ["ricci_scalar"], constants=constants).ricci_scalar.values
        proven = entry.on_grid(axes, ["ricci_scalar"], constants=constants, rtol=1e-13).ricci_scalar.values
    both = np.isfinite(plain) & np.isfinite(proven)
    size = np.maximum(np.abs(proven[both]), 1e-300)
    error = np.where(proven[both] == plain[both], 0.0, np.abs(plain[both] - proven[both]) / size)
    return both, error


def main():
    lines, exact, general = [], [], []
    for entry in catalogue():
        if len(entry.coordinates) < 2:
            continue
        try:
            both, error = row(entry)
        except UnsupportedFunction:  # a function of one's own stands for the profile
            general.append(entry.key)
            continue
        except ch.TimeBudgetExceeded:
            lines.append(f"| `{entry.key}` | not within {LIMIT:g} s | – | – |")
            continue
        if error.size == both.size and not error.any():
            exact.append(entry.key)
            continue
        worst, median = (f"{error.max():.1e}", f"{np.median(error):.1e}") if error.size else ("–", "–")
        lines.append(f"| `{entry.key}` | {both.sum()} of {both.size} | {worst} | {median} |")
        print(lines[-1], file=sys.stderr, flush=True)
    page = f"""# Accuracy

Made by `python -m benchmarks.accuracy` on {datetime.date.today()}. For every named manifold with two coordinates or more: the Ricci
scalar on a grid of 9 points an axis about its sample point (two axes; 0.7 to 1.3 times its coordinates), as machine numbers give it,
against the same cells certified to 1e-13 by error bounds and balls. Without a tolerance nothing is promised
([what plain grids promise](kernels.md#without-a-tolerance)); this is what they have.

| manifold | cells with a number on both | largest relative error | median |
| --- | --- | --- | --- |
{chr(10).join(lines)}

No number on both: the certified grid says "precision limit". R vanishes there, and a zero that no closed form shows has no relative
precision.

Right to the last bit in every cell, most of them because R is constant or its closed form is short: {", ".join(f"`{k}`" for k in exact)}.

Left out, since a free function stands in their metric: {", ".join(f"`{k}`" for k in general)}.
"""
    (ROOT / "docs" / "accuracy.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
