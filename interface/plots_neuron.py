"""The picture of the two-weight neuron: every quantity over its weights, with the training path on top."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .plots import MISSING, heat_map, new_figure

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["neuron_figure"]

_OUTLINE = 3.2  # width of the dark rim that keeps the path visible on any colour


def _draw_path(ax: Axes, path: xr.Dataset) -> None:
    a, b = path["theta_1"].values, path["theta_2"].values
    ax.plot(a, b, color="black", linewidth=_OUTLINE, zorder=3, solid_capstyle="round")
    ax.plot(a, b, color="white", linewidth=1.4, zorder=4, solid_capstyle="round")
    ax.plot(a[:1], b[:1], "o", color="white", markeredgecolor="black", markersize=6, zorder=5)
    ax.plot(a[-1:], b[-1:], "*", color="gold", markeredgecolor="black", markersize=12, zorder=5)


def _draw_curves(ax: Axes, path: xr.Dataset) -> None:
    """Loss, traces and −R along training, on one logarithmic scale."""
    curves = (
        ("loss", r"$\mathcal{L}$", "#4477aa", "-"),
        ("fisher_trace", r"$\mathrm{tr}\,g$", "#228833", "-"),
        ("ntk_trace", r"$\mathrm{tr}\,\Lambda/N$", "#ccbb44", "--"),
        ("ricci_scalar", r"$-R$", "#ee6677", "-"),
    )
    steps = path["step"].values
    drawn: list[Any] = []
    for name, label, colour, style in curves:
        values = path[name].values * (-1 if name == "ricci_scalar" else 1)
        if (values > 0).any():
            drawn += ax.plot(
                steps, np.where(values > 0, values, np.nan), style, color=colour, label=label, linewidth=1.8
            )
    ax.set(title="along the training path", xlabel="step", yscale="log")
    if len(steps) > 2:
        ax.set_xscale("symlog", linthresh=1, linscale=0.3)
        ax.set_xlim(0, steps[-1])
    ax.grid(alpha=0.25)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    if drawn:
        ax.legend(frameon=False, fontsize=9, ncols=2)


def neuron_figure(grid: xr.Dataset, path: xr.Dataset, title: str) -> Figure:
    """Loss, the three metric components, both traces and R over the weights, and their course during training.

    `grid` holds loss, metric, fisher_trace, ntk_trace and ricci_scalar over (theta_1, theta_2); `path` what
    `TwoWeightNeuron.train` returns.
    """
    metric = grid["metric"]
    panels = [
        (grid["loss"], r"loss $\mathcal{L}$"),
        (metric.isel(i=0, j=0), r"metric $g_{11}$"),
        (metric.isel(i=0, j=1), r"metric $g_{12}$"),
        (metric.isel(i=1, j=1), r"metric $g_{22}$"),
        (grid["fisher_trace"], r"Fisher trace $\mathrm{tr}\,g$"),
        (grid["ntk_trace"], r"NTK trace $\mathrm{tr}\,\Lambda / N$"),
        (grid["ricci_scalar"], r"Ricci scalar $R$"),
    ]
    figure = new_figure(17, 8)
    axes = list(figure.subplots(2, 4).flat)
    holes = False
    for ax, (field, name) in zip(axes, panels):
        limits = (grid["theta_1"].values, grid["theta_2"].values)
        holes |= heat_map(ax, field.transpose("theta_1", "theta_2"), name)
        frame = (ax.get_xlim(), ax.get_ylim())
        _draw_path(ax, path)
        ax.set(xlim=frame[0], ylim=frame[1])
        if len(limits[0]) > 1 and len(limits[1]) > 1:
            ax.set_aspect((frame[0][1] - frame[0][0]) / (frame[1][1] - frame[1][0]))
    _draw_curves(axes[-1], path)
    _legend(figure, holes)
    figure.suptitle(title, fontsize=14)
    return figure


def _legend(figure: Figure, holes: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [
        Line2D([], [], color="0.35", linewidth=2, label="gradient descent"),
        Line2D([], [], marker="o", linestyle="", color="white", markeredgecolor="black", markersize=6, label="start"),
        Line2D([], [], marker="*", linestyle="", color="gold", markeredgecolor="black", markersize=12, label="end"),
    ]
    if holes:
        handles.append(Patch(**MISSING, label="no number (see the status variable)"))
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False)
