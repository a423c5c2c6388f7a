"""The plots of the benchmark: scaling studies, methods beside each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .measure import Report

__all__ = ["draw"]


def draw(report: Report, folder: Path) -> list[str]:
    """PNG files into the folder; their names."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    made = []
    for name, plot in report.series.items():
        figure, axes = plt.subplots(figsize=(5.5, 4), layout="constrained")
        for label, (x, y) in plot["lines"].items():
            order = sorted(range(len(x)), key=x.__getitem__)
            axes.loglog([x[k] for k in order], [y[k] for k in order], "o-", label=label)
        axes.set(xlabel=plot["xlabel"], ylabel=plot["ylabel"])
        axes.grid(alpha=0.3, which="both")
        axes.legend(frameon=False)
        figure.savefig(folder / f"{name}.png", dpi=150)
        plt.close(figure)
        made.append(f"{name}.png")
    compared = [r for r in report.rows if r["table"].startswith("R, ")]
    tables = list(dict.fromkeys(r["table"] for r in compared))
    if tables:
        figure, grid = plt.subplots(
            len(tables), figsize=(7, 1.9 * len(tables) + 0.4), layout="constrained", squeeze=False
        )
        for axes, table in zip(grid[:, 0], tables):
            rows = [r for r in compared if r["table"] == table]
            names, medians = [r["method"] for r in rows], [r["median_ms"] for r in rows]
            errors = [
                [m - r["low_ms"] for m, r in zip(medians, rows)],
                [r["high_ms"] - m for m, r in zip(medians, rows)],
            ]
            axes.barh(names, medians, xerr=errors, color=["C1" if n == "chentsov" else "C0" for n in names])
            axes.set(xscale="log", title=table, xlabel="ms (median, range)")
            axes.invert_yaxis()
        figure.savefig(folder / "methods.png", dpi=150)
        plt.close(figure)
        made.append("methods.png")
    return made
