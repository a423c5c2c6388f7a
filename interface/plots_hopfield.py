"""The picture of a two-neuron network: phase portrait, basins, the three compressibilities, the theorem at work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .plots import free_corner, heat_map, new_figure

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["basins_figure", "hopfield_figure"]

_COLOURS = {"primal": "#4477aa", "riemannian": "#228833", "dual": "#ee6677"}
_MARKS = {"stable": ("o", "white"), "saddle": ("X", "gold"), "unstable": ("s", "tomato"), "degenerate": ("D", "violet")}
_ZERO = "0.15"  # the colour of the line where a compressibility changes its sign


def hopfield_figure(result: xr.Dataset, title: str) -> Figure:
    """Six panels from the dataset that ``chentsov hopfield`` writes."""
    figure = new_figure(15.6, 9.2)
    axes = figure.subplots(2, 3)
    _portrait(axes[0, 0], result)
    _basins(axes[0, 1], result)
    _along(axes[0, 2], result)
    for ax, volume in zip(axes[1], ("primal", "riemannian", "dual")):
        field = result["compressibility"].sel(volume=volume).transpose("u1", "u2")
        heat_map(ax, field, f"compressibility, {volume} volume")
        if float(field.min()) < 0 < float(field.max()):
            ax.contour(result["u1"], result["u2"], field.T, levels=[0.0], colors=_ZERO, linewidths=1.0, linestyles="--")
        _fixed_points(ax, result, small=True)
        ax.set(xlabel="$u_1$", ylabel="$u_2$", xlim=_ends(result, "u1"), ylim=_ends(result, "u2"))
    figure.suptitle(title)
    return figure


def basins_figure(result: xr.Dataset, title: str) -> Figure:
    """Of any number of neurons: the share of each stable fixed point, and the starts seen along two neurons."""
    figure = new_figure(11.5, 4.8)
    left, right = figure.subplots(1, 2)
    stable = np.flatnonzero(result["kind"].values == "stable")
    labels = [*map(str, stable), "none"]
    shares = [*result["share"].values[stable], float(np.mean(result["basin"].values < 0))]
    colours = [f"C{k % 10}" for k in range(len(stable))] + ["0.7"]
    left.bar(labels, shares, color=colours)
    left.set(title="where the starts come to rest", xlabel="stable fixed point", ylabel="share of the starts")
    start, basin = result["start"].values, result["basin"].values
    second = min(1, start.shape[1] - 1)
    for colour, k in zip(colours, [*stable, -1]):
        here = start[basin == k]
        right.scatter(here[:, 0], here[:, second], s=6, color=colour, linewidths=0)
    right.set(title="starts by basin", xlabel="$u_1$", ylabel=f"$u_{second + 1}$")
    figure.suptitle(title)
    return figure


def _frame(ax: Axes, result: xr.Dataset, title: str) -> None:
    ax.set(title=title, xlabel="$u_1$", ylabel="$u_2$", xlim=_ends(result, "u1"), ylim=_ends(result, "u2"))


def _ends(result: xr.Dataset, name: str) -> tuple[float, float]:
    return float(result[name][0]), float(result[name][-1])


def _portrait(ax: Axes, result: xr.Dataset) -> None:
    u1, u2 = result["u1"].values, result["u2"].values
    if "energy" in result:
        energy = result["energy"].transpose("u1", "u2").values.T
        # Levels by quantiles: near the minima and far away alike there is something to see.
        levels = np.unique(np.quantile(energy, np.linspace(0.0, 0.98, 22)))
        if levels.size > 2:
            ax.contourf(u1, u2, energy, levels=levels, cmap="Blues_r", extend="max", alpha=0.85)
            ax.contour(u1, u2, energy, levels=levels, colors="white", linewidths=0.5, linestyles="solid")
    velocity = result["velocity"].transpose("neuron", "u2", "u1").values
    step = max(1, len(u1) // 64)
    ax.streamplot(
        u1[::step], u2[::step], velocity[0, ::step, ::step], velocity[1, ::step, ::step],
        color="0.25", linewidth=0.6, density=1.1, arrowsize=0.8,
    )  # fmt: skip
    path = result["path"].values
    ax.plot(path[:, 0], path[:, 1], color="black", linewidth=3.0)
    ax.plot(path[:, 0], path[:, 1], color="orange", linewidth=1.6)
    ax.plot(*path[0], "o", color="orange", markeredgecolor="black", markersize=6, zorder=6)
    _frame(ax, result, "phase portrait" + (" and energy" if "energy" in result else ""))
    _fixed_points(ax, result)


def _fixed_points(ax: Axes, result: xr.Dataset, small: bool = False) -> None:
    """A mark at every resting state; one that lies outside stands at the edge, with an arrow in its direction."""
    corners = np.array([_ends(result, "u1"), _ends(result, "u2")])
    middle, half = corners.mean(axis=1), np.ptp(corners, axis=1) / 2
    seen: set[str] = set()
    for point, kind in zip(result["fixed_point"].values, result["fixed_point_kind"].values):
        mark, colour = _MARKS[str(kind)]
        away = float(np.max(np.abs(point - middle) / half))
        label = str(kind) + (", outside" if away > 1 else "")
        if away > 1:
            inner, outer = (middle + share * (point - middle) / away for share in (0.88, 0.98))
            ax.annotate("", outer, inner, arrowprops={"arrowstyle": "->", "linewidth": 1.2}, zorder=6)
            point = inner
        named = label if label not in seen and not small else None
        seen.add(label)
        size = 4 if small else 8
        ax.plot(*point, mark, color=colour, markeredgecolor="black", markersize=size, label=named, zorder=6)
    if seen and not small:
        ax.legend(loc=free_corner(ax, result["path"].values), fontsize=8, framealpha=0.9)


def _basins(ax: Axes, result: xr.Dataset) -> None:
    from matplotlib.colors import ListedColormap

    basin = result["basin"].transpose("basin_u1", "basin_u2").values.T
    labels = sorted(int(k) for k in np.unique(basin))
    palette = ["0.8", "#88ccee", "#ddcc77", "#cc6677", "#44aa99", "#aa4499", "#999933", "#332288", "#117733"]
    colours = ["0.8" if k < 0 else palette[1 + k % (len(palette) - 1)] for k in labels]
    index = np.searchsorted(labels, basin)
    ax.pcolormesh(
        result["basin_u1"], result["basin_u2"], index, cmap=ListedColormap(colours), vmin=-0.5, vmax=len(labels) - 0.5,
        shading="nearest", rasterized=True,
    )  # fmt: skip
    _frame(ax, result, "basins of attraction" + (" (grey: not at rest)" if labels and labels[0] < 0 else ""))
    _fixed_points(ax, result)


def _along(ax: Axes, result: xr.Dataset) -> None:
    t = result["t"].values
    handles: list[Any] = []
    for volume, colour in _COLOURS.items():
        handles += ax.plot(
            t, result["accumulated"].sel(volume=volume), color=colour, linewidth=1.8, label=f"∫κ dt, {volume}"
        )
        ax.plot(
            t[:: max(1, len(t) // 12)],
            result["log_volume"].sel(volume=volume)[:: max(1, len(t) // 12)],
            "o",
            color=colour,
            markersize=4,
        )
    handles += ax.plot([], [], "o", color="0.4", markersize=4, label="log-volume of a cloud")
    ax.set(title="along the orange trajectory", xlabel="$t$", ylabel="change of log-volume")
    if "path_energy" in result:
        other = ax.twinx()
        handles += other.plot(t, result["path_energy"], color="black", linestyle=":", linewidth=1.5, label="energy")
        other.set_ylabel("energy")
    ax.legend(handles=handles, fontsize=8, framealpha=0.9)
    ax.grid(alpha=0.25)
