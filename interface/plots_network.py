"""The traces of trained networks against the epoch: means over runs with one standard deviation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .plots import new_figure

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

__all__ = ["traces_figure"]

_FISHER, _KERNEL = "#228833", "#aa3377"
# On the left axis the Fisher metrics, empirical and true; on the right one the kernel.
_CURVES = (
    (0, "fisher_trace", r"$\mathrm{tr}\,I$", _FISHER, "-"),
    (0, "true_fisher_trace", r"$\mathrm{tr}\,F$ (true)", _FISHER, ":"),
    (1, "ntk_trace", r"$\mathrm{tr}\,\Lambda/N$", _KERNEL, "-"),
)


def traces_figure(study: xr.Dataset) -> Figure:
    """A panel a loss: tr I and tr F (where there is one) on the left axis, tr Λ/N on the right, means over the runs,
    bands of one standard deviation.

    `study` has fisher_trace, true_fisher_trace and ntk_trace over (loss_function, seed, epoch).
    """
    losses = study["loss_function"].values
    columns = min(3, len(losses))
    rows = -(-len(losses) // columns)
    figure = new_figure(4.8 * columns, 3.4 * rows)
    axes = figure.subplots(rows, columns, squeeze=False)
    for ax in axes.flat[len(losses) :]:
        ax.set_axis_off()
    for panel, loss in zip(axes.flat, losses):
        handles, sides, tops = [], (panel, panel.twinx()), [0.0, 0.0]
        for side, name, label, colour, style in _CURVES:
            runs, ax = study[name].sel(loss_function=loss), sides[side]
            if not np.isfinite(runs).any():
                continue
            mean, deviation = runs.mean("seed").values, runs.std("seed").values
            epochs = study["epoch"].values
            handles += ax.plot(epochs, mean, style, color=colour, label=label, linewidth=1.8)
            ax.fill_between(epochs, mean - deviation, mean + deviation, color=colour, alpha=0.2, linewidth=0)
            tops[side] = max(tops[side], np.nanmax(mean + deviation))
        for ax, top, label, colour in zip(sides, tops, (r"$\mathrm{tr}\,I$", _CURVES[-1][2]), (_FISHER, _KERNEL)):
            ax.set_ylabel(label, color=colour)
            ax.tick_params(axis="y", colors=colour)
            ax.set_ylim(0, 1.08 * top if top > 0 else 1)
        panel.set(title=str(loss), xlabel="epoch")
        panel.set_xlim(0, max(int(study["epoch"].values[-1]), 1))
        panel.legend(handles=handles, frameon=False, fontsize=9)
    seeds = study.sizes["seed"]
    figure.suptitle(
        f"network {study.attrs['network']} on {study.attrs['rows']} images: mean of {seeds} run{'s' * (seeds > 1)}"
        + (", shaded: one standard deviation" if seeds > 1 else "")
    )
    return figure
