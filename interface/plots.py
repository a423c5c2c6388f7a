"""Heat maps of a quantity over two coordinates: colour scales that stay readable over decades, missing cells marked."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from chentsov.geometry.exact.errors import InputError

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "draw_path",
    "MISSING", "SIGNED", "ColourScale", "axis_label", "colour_scale", "fixed_scale", "free_corner", "heat_map",
    "new_figure",
]  # fmt: skip

#: Quantities whose sign is what one looks for: their scale is symmetric about zero, whatever the values.
SIGNED = frozenset({"ricci_scalar", "gaussian_curvature", "alpha_ricci_scalar", "compressibility"})
DECADES = 100.0  # spread of magnitudes from which a scale is logarithmic
MISSING: dict[str, Any] = {
    "facecolor": "0.85",
    "edgecolor": "0.5",
    "hatch": "////",
    "linewidth": 0,
}  # cells without a number
DEEPEST = 1e-6  # how far a logarithmic scale goes below its largest value, unless half of the cells are smaller


class ColourScale:
    """How the values of one heat map become colours: `norm`, `colour_map`, and the `ticks` of its bar."""

    def __init__(self, norm: Any, colour_map: str, ticks: list[float] | None, kind: str):
        self.norm, self.colour_map, self.ticks, self.kind = norm, colour_map, ticks, kind


def colour_scale(values: Any, signed: bool | None = None, decades: float = DECADES) -> ColourScale:
    """Linear, logarithmic or signed logarithmic, by the spread of the finite values.

    A logarithmic one begins where the largest magnitude is `decades` times the smallest.

    A `signed` scale is symmetric about zero, which is white. None: it is one where values of both signs occur.

    >>> [colour_scale(v).kind for v in ([1, 2, 3], [1e-4, 1e-3, 2], [-1e3, 1e-2, 5], [-2, 1])]
    ['linear', 'logarithmic', 'signed logarithmic', 'linear']
    >>> scale = colour_scale([-3, -1], signed=True)
    >>> scale.colour_map, float(scale.norm(0.0))
    ('RdBu_r', 0.5)
    """
    from matplotlib.colors import LogNorm, Normalize, SymLogNorm

    finite = np.asarray(values, dtype=np.float64)
    finite = finite[np.isfinite(finite)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    signed = low < 0 < high if signed is None else signed
    if low == high and not (signed and low):
        pad = abs(low) / 2 or 1.0
        return ColourScale(Normalize(low - pad, low + pad), "RdBu_r" if signed else "viridis", None, "linear")
    sizes = np.abs(finite[finite != 0])
    largest = float(sizes.max())
    few, half = np.quantile(sizes, (0.02, 0.5))
    smallest = float(max(few, min(largest * DEEPEST, half), largest * 1e-300))
    spread = largest / smallest > decades
    if signed:
        if not spread:
            return ColourScale(Normalize(-largest, largest), "RdBu_r", None, "linear")
        above = _decades(smallest, largest, most=3)
        return ColourScale(
            SymLogNorm(smallest, linscale=0.5, vmin=-largest, vmax=largest),
            "RdBu_r",
            [-v for v in reversed(above)] + [0.0] + above,
            "signed logarithmic",
        )
    colours = "viridis" if low >= 0 else "magma"
    if not spread:
        return ColourScale(Normalize(low, high), colours, None, "linear")
    if low >= 0:
        return ColourScale(LogNorm(smallest, high, clip=True), colours, _decades(smallest, high), "logarithmic")
    return ColourScale(
        SymLogNorm(smallest, vmin=low, vmax=-smallest, clip=True),
        colours,
        [-v for v in reversed(_decades(smallest, -low))],
        "signed logarithmic",
    )


def fixed_scale(low: float, high: float, signed: bool = False) -> ColourScale:
    """The scale from `low` to `high`, which values outside have the end colours of.

    Raises:
        InputError: no interval.

    >>> fixed_scale(-1, 1).kind
    'linear'
    """
    from matplotlib.colors import Normalize

    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError(f"colour limits are two numbers that rise, not {low:g} and {high:g}")
    return ColourScale(Normalize(low, high, clip=True), "RdBu_r" if signed else "viridis", None, "linear")


def _decades(low: float, high: float, most: int = 6) -> list[float]:
    """Powers of ten within [low, high], thinned to at most `most`."""
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    step = max(1, math.ceil((last - first + 1) / most))
    return [10.0**k for k in range(last, first - 1, -step)][::-1]


def _decade_label(value: float) -> str:
    """±10^k, or 0."""
    if value == 0:
        return "$0$"
    return f"${'-' if value < 0 else ''}10^{{{round(math.log10(abs(value)))}}}$"


def axis_label(name: str) -> str:
    """A coordinate's name as mathematics.

    >>> axis_label("theta_1"), axis_label("u")
    ('$\\\\theta_{1}$', '$u$')
    """
    import sympy as sp
    from chentsov.geometry.exact.notation import latex

    return f"${latex(sp.Symbol(name))}$"


def new_figure(width: float, height: float, layout: Literal["constrained"] | None = "constrained") -> Figure:
    """A figure of its own, without any window or global state."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout=layout)  # type: ignore[arg-type]
    FigureCanvasAgg(figure)
    return figure


def free_corner(ax: Axes, path: np.ndarray[Any, Any]) -> Any:
    """The corner of a panel for a legend: farthest from the start of a path, and from the rest of it.

    >>> ax = new_figure(3, 3).subplots()
    >>> _ = ax.set(xlim=(0, 1), ylim=(0, 1))
    >>> free_corner(ax, np.array([[0.9, 0.9], [0.5, 0.5], [0.1, 0.5]]))
    'lower left'
    """
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    points = (np.asarray(path, dtype=float) - [left, low]) / [right - left, high - low]
    places = {"upper right": (1, 1), "upper left": (0, 1), "lower left": (0, 0), "lower right": (1, 0)}

    def room(corner: tuple[int, int]) -> tuple[bool, bool, float]:
        far = np.hypot(*(points - corner).T)
        return bool(far[0] > 0.5), bool(np.nanmin(far) > 0.4), float(far[0])

    return max(places, key=lambda name: room(places[name]))


def _edges(centres: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Cell borders halfway between the centres."""
    if len(centres) == 1:
        return np.array([centres[0] - 0.5, centres[0] + 0.5])
    middle = (centres[1:] + centres[:-1]) / 2
    return np.concatenate([[2 * centres[0] - middle[0]], middle, [2 * centres[-1] - middle[-1]]])


def heat_map(
    ax: Axes, values: xr.DataArray, title: str, signed: bool | None = None, scale: ColourScale | None = None
) -> bool:
    """Draw a two-dimensional field with a colour bar of its own; its dimensions are (horizontal, vertical).

    The scale is `signed` (see `colour_scale`) for what is named in `SIGNED`, unless told otherwise; a `scale` that is
    given serves pictures that are to be compared. Cells without a number are hatched. Returns whether there are any.
    """
    from matplotlib.patches import Rectangle
    from matplotlib.ticker import NullLocator

    across, upward = (str(d) for d in values.dims)
    field = np.asarray(values.values, dtype=np.float64).T
    scale = scale or colour_scale(field, True if signed is None and values.name in SIGNED else signed)
    missing = ~np.isfinite(field)
    if missing.any():
        ax.add_patch(Rectangle((0, 0), 1, 1, transform=ax.transAxes, zorder=0, **MISSING))
    mesh = ax.pcolormesh(
        _edges(values[across].values),
        _edges(values[upward].values),
        np.ma.masked_array(field, missing),
        norm=scale.norm,
        cmap=scale.colour_map,
        rasterized=True,
        zorder=1,
    )
    figure = ax.get_figure()
    assert figure is not None
    bar = figure.colorbar(mesh, ax=ax, pad=0.02, aspect=24)
    if scale.ticks:
        bar.set_ticks(scale.ticks, labels=[_decade_label(v) for v in scale.ticks])
        bar.ax.yaxis.set_minor_locator(NullLocator())
    bar.outline.set_visible(False)
    ax.set(title=title, xlabel=axis_label(across), ylabel=axis_label(upward))
    return bool(missing.any())


def draw_path(ax: Axes, a: Any, b: Any) -> None:
    """A path that can be seen on any colour, from its start (a dot) to its end (a star)."""
    ax.plot(a, b, color="black", linewidth=3.2, zorder=3, solid_capstyle="round")
    ax.plot(a, b, color="white", linewidth=1.4, zorder=4, solid_capstyle="round")
    ax.plot(a[:1], b[:1], "o", color="white", markeredgecolor="black", markersize=6, zorder=5)
    ax.plot(a[-1:], b[-1:], "*", color="gold", markeredgecolor="black", markersize=12, zorder=5)
