"""Pictures of the two-weight neuron: panels by name, one page of one loss, and the pages of all losses side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .plots import DECADES, MISSING, colour_scale, draw_path, heat_map, new_figure

if TYPE_CHECKING:
    import xarray as xr
    from chentsov.models.neuron import TwoWeightNeuron
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["PANELS", "Run", "all_figures", "neuron_figure", "panel_figure", "title_of"]

_CLASSES = ("#4477aa", "#ee6677")  # targets 0 and 1


def title_of(model: TwoWeightNeuron) -> str:
    """The loss, slope and data in a line."""
    assert model.data is not None
    return f"{model.name[0].upper()}{model.name[1:]}   ·   slope {model.slope}   ·   {model.data.source}"


@dataclass(frozen=True)
class Run:
    """A neuron with what was computed of it.

    Attributes:
        model: the neuron, with its data.
        grid: loss, metric, fisher_trace, ntk_trace and ricci_scalar over (theta_1, theta_2).
        path: what `TwoWeightNeuron.train` returns.
        compared: all that are drawn beside each other, this one too; their surfaces share their colour scales.
    """

    model: TwoWeightNeuron
    grid: xr.Dataset
    path: xr.Dataset
    compared: tuple[Run, ...] = ()

    @property
    def title(self) -> str:
        """The loss, slope and data."""
        return title_of(self.model)

    @property
    def loss_title(self) -> str:
        """The loss with its order."""
        return self.model.subloss_of_outputs.title


# -- panels ------------------------------------------------------------------------------------------------------------


def _field(run: Run, quantity: str, indices: tuple[int, ...]) -> xr.DataArray:
    return run.grid[quantity].isel(dict(zip("ij", indices))).transpose("theta_1", "theta_2")


def _surface(quantity: str, label: str, *indices: int) -> Callable[[Axes, Run], bool]:
    """A quantity over the weights, with the path of training on top."""

    def draw(ax: Axes, run: Run) -> bool:
        field = _field(run, quantity, indices)
        # one scale a quantity, whatever the loss: what may be negative is signed even where it is not
        signed = quantity == "ricci_scalar" or len(set(indices)) > 1
        fields = [_field(r, quantity, indices).values.ravel() for r in run.compared or (run,)]
        # losses beside each other differ tenfold; on a linear scale only the largest would show its valley
        decades = 10.0 if quantity == "loss" and run.compared else DECADES
        holes = heat_map(ax, field, label, scale=colour_scale(np.concatenate(fields), signed, decades))
        frame = (ax.get_xlim(), ax.get_ylim())
        draw_path(ax, run.path["theta_1"].values, run.path["theta_2"].values)
        ax.set(xlim=frame[0], ylim=frame[1])
        end = [float(run.path[d][-1]) for d in field.dims]
        if not all(low <= e <= high for e, (low, high) in zip(end, frame)):
            note = f"ends outside, at ({end[0]:.3g}, {end[1]:.3g})"
            ax.text(0.02, 0.02, note, transform=ax.transAxes, fontsize=8, bbox={"color": "white", "alpha": 0.8})
        if min(field.shape) > 1:
            ax.set_aspect((frame[0][1] - frame[0][0]) / (frame[1][1] - frame[1][0]))
        return holes

    return draw


def _along(quantities: Mapping[str, tuple[str, str]], title: str) -> Callable[[Axes, Run], bool]:
    """Quantities against the step, on linear axes; a second one has its own scale on the right."""

    def draw(ax: Axes, run: Run) -> bool:
        handles: list[Any] = []
        for side, (name, (label, colour)) in zip(
            (ax, ax.twinx()) if len(quantities) > 1 else (ax,), quantities.items()
        ):
            style = "--" if handles else "-"  # both are seen where one lies on the other
            handles += side.plot(run.path["step"], run.path[name], style, color=colour, label=label, linewidth=1.8)
            side.set_ylabel(label, color=colour)
            side.tick_params(axis="y", colors=colour)
        ax.set(title=title, xlabel="step")
        ax.grid(alpha=0.25)
        if len(handles) > 1:
            ax.legend(handles=handles, frameon=False, fontsize=9)
        return False

    return draw


def _logarithmic(ax: Axes, run: Run) -> bool:
    """Loss, traces and −R along training, on one logarithmic scale."""
    curves = (
        ("loss", r"$\mathcal{L}$", "#4477aa", "-"),
        ("fisher_trace", r"$\mathrm{tr}\,g$", "#228833", "-"),
        ("ntk_trace", r"$\mathrm{tr}\,\Lambda/N$", "#ccbb44", "--"),
        ("ricci_scalar", r"$-R$", "#ee6677", "-"),
    )
    steps = run.path["step"].values
    drawn: list[Any] = []
    for name, label, colour, style in curves:
        values = run.path[name].values * (-1 if name == "ricci_scalar" else 1)
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
    return False


def _data(ax: Axes, run: Run) -> bool:
    """The rows, in the colour of the side of ½ that their target is on."""
    data = run.model.data
    assert data is not None
    for target, colour in enumerate(_CLASSES):
        chosen = (data.t > 0.5) == target
        label = f"target {'above' if target else 'up to'} ½" if set(np.unique(data.t)) - {0, 1} else f"target {target}"
        ax.plot(data.x[chosen], data.y[chosen], "o", color=colour, markeredgecolor="white", markersize=5, label=label)
    ax.set(title="data", xlabel="$x$", ylabel="$y$")
    ax.set_aspect("equal")
    ax.legend(frameon=True, framealpha=0.9, fontsize=9, loc="upper right")
    return False


def _frame(column: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """An axis over [0, 1], or further where there are rows outside, with a margin about these."""
    low, high = float(column.min()), float(column.max())
    margin = (high - low) / 20
    return np.linspace(low - margin if low < 0 else 0.0, high + margin if high > 1 else 1.0, 201)


def _output(ax: Axes, run: Run) -> bool:
    """f over the inputs at the last weights of training, with the rows on top."""
    import xarray as xr
    from chentsov.geometry.kernels import compile

    data, model = run.model.data, run.model
    assert data is not None
    x, y = (_frame(column) for column in (data.x, data.y))
    weights = [float(run.path[c.name][-1]) for c in model.coordinates]
    f = compile(model.output, (*model.coordinates, *model.inputs))(*weights, x[:, None], y[None, :])
    field = xr.DataArray(f, {"x": x, "y": y}, ("x", "y"), name="output")
    mesh = ax.pcolormesh(x, y, field.values.T, cmap="RdBu_r", vmin=0, vmax=1, shading="nearest", rasterized=True)
    figure = ax.get_figure()
    assert figure is not None
    figure.colorbar(mesh, ax=ax, pad=0.02, aspect=24, label="$f(x, y)$")
    if f.min() < 0.5 < f.max():
        ax.contour(x, y, field.values.T, levels=[0.5], colors="0.15", linewidths=1.0, linestyles="--")
    _data(ax, run)
    right, rows = run.path.attrs["predicted_right"], run.path.attrs["rows"]
    ax.set(title=f"output after {run.path.attrs['steps']} steps: {right} of {rows} rows right")
    ax.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    return False


_FISHER, _KERNEL, _RICCI = r"$\mathrm{tr}\,g$", r"$\mathrm{tr}\,\Lambda/N$", "$R$"

#: Name -> what draws it on axes; it returns whether cells had no number.
PANELS: dict[str, Callable[[Axes, Run], bool]] = {
    "data": _data,
    "output": _output,
    "loss": _surface("loss", r"loss $\mathcal{L}$"),
    "g_11": _surface("metric", "metric $g_{11}$", 0, 0),
    "g_12": _surface("metric", "metric $g_{12}$", 0, 1),
    "g_22": _surface("metric", "metric $g_{22}$", 1, 1),
    "fisher_trace": _surface("fisher_trace", r"Fisher trace $\mathrm{tr}\,g$"),
    "ntk_trace": _surface("ntk_trace", r"NTK trace $\mathrm{tr}\,\Lambda / N$"),
    "ricci_scalar": _surface("ricci_scalar", "Ricci scalar $R$"),
    "traces": _along({"fisher_trace": (_FISHER, "#228833"), "ntk_trace": (_KERNEL, "#aa3377")}, "traces in training"),
    "curvature": _along({"ricci_scalar": (_RICCI, "#ee6677")}, "Ricci scalar in training"),
    "training": _logarithmic,
}

_SURFACES = ("loss", "g_11", "g_12", "g_22", "fisher_trace", "ntk_trace", "ricci_scalar")


# -- pages -------------------------------------------------------------------------------------------------------------


def panel_figure(name: str, run: Run) -> Figure:
    """One panel, large."""
    figure = new_figure(8.4, 7)
    holes = PANELS[name](figure.subplots(), run)
    if name in _SURFACES:
        _legend(figure, holes, run)
    figure.suptitle(run.title, fontsize=11)
    return figure


def neuron_figure(run: Run) -> Figure:
    """Loss, the three metric components, both traces and R over the weights, and their course during training."""
    return _page([[(name, run) for name in _SURFACES[:4]], [(name, run) for name in (*_SURFACES[4:], "training")]],
                 run.title)  # fmt: skip


def all_figures(runs: Mapping[str, Run]) -> dict[str, Figure]:
    """The thesis's figures of section 5.2 and appendix C, by file name: {name of a loss: its run} in.

    The data set (5.2), the loss surfaces with the path (5.3), the output at the last weights of the last loss (5.4),
    and for each loss the surfaces of I, tr I, tr Λ and R (5.5–5.7, C.1–C.3) and the traces and R in training
    (5.8–5.10).
    """
    every = tuple(runs.values())
    runs = {name: replace(run, compared=every) for name, run in runs.items()}
    first, last = next(iter(runs.values())), list(runs.values())[-1]
    pages = {
        "data": panel_figure("data", first),
        "losses": _page([[("loss", run) for run in runs.values()]], first.title.split("   ·   ", 1)[1], by_loss=True),
        "output": panel_figure("output", last),
    }
    for name, run in runs.items():
        surfaces = _SURFACES[1:]
        pages[f"surfaces-{name}"] = _page(
            [[(n, run) for n in surfaces[:3]], [(n, run) for n in surfaces[3:]]], run.title
        )
        pages[f"training-{name}"] = _page([[(n, run) for n in ("traces", "curvature", "training")]], run.title)
    return pages


def _page(rows: Sequence[Sequence[tuple[str, Run]]], title: str, by_loss: bool = False) -> Figure:
    """Panels in rows, with one legend; `by_loss` puts the losses over the panels."""
    down, across = len(rows), len(rows[0])
    width, height = 4.25 * across, 4 * down + (0.5 if down == 1 else 0)
    figure = new_figure(width, height, layout=None)
    # Inches from the edges and between the panels. Constrained layout measures every label for it, which takes longer
    # than to draw them.
    gaps = {"left": 0.65 / width, "right": 1 - 0.25 / width, "bottom": 0.95 / height, "top": 1 - 0.75 / height}
    panel = (height - 1.7 - 0.95 * (down - 1)) / down
    axes = figure.subplots(
        down, across, squeeze=False, gridspec_kw={**gaps, "wspace": 0.9 / 3.35, "hspace": 0.95 / panel}
    )
    holes, surfaces, run = False, False, rows[0][0][1]
    for ax, (name, run) in zip(axes.flat, (panel for row in rows for panel in row)):
        holes |= PANELS[name](ax, run)
        surfaces |= name in _SURFACES
        if name not in (*_SURFACES, "output"):  # as wide as those that have a colour bar
            x, y, w, h = ax.get_position().bounds
            ax.set_position((x, y, 0.83 * w, h))
        if by_loss:
            ax.set_title(run.loss_title)
    if surfaces:
        _legend(figure, holes, run)
    figure.suptitle(title, fontsize=14)
    return figure


def _legend(figure: Figure, holes: bool, run: Run) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    trained = str(run.path.attrs["optimizer"]).replace("-", " ").replace("adam", "Adam")
    handles: list[Any] = [
        Line2D([], [], color="0.35", linewidth=2, label=trained),
        Line2D([], [], marker="o", linestyle="", color="white", markeredgecolor="black", markersize=6, label="start"),
        Line2D([], [], marker="*", linestyle="", color="gold", markeredgecolor="black", markersize=12, label="end"),
    ]
    if holes:
        handles.append(Patch(**MISSING, label="no number (see the status variable)"))
    place: Any = "outside lower center" if figure.get_constrained_layout() else "lower center"
    figure.legend(handles=handles, loc=place, ncols=len(handles), frameon=False)
