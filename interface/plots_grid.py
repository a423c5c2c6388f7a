"""Pictures of any dataset that `on_grid` makes: heat maps, contours, lines, fields of vectors, with a path on top.

Everything is read from the dataset: names, symbols and reasons travel with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.exact.reading import nearest
from chentsov.geometry.grids import labels

from .outputs import PICTURES
from .plots import MISSING, SIGNED, ColourScale, axis_label, colour_scale, draw_path, fixed_scale, heat_map, new_figure

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["KINDS", "is_study", "picture", "reasons", "title_of_study", "wide_axes"]

KINDS = ("auto", "heat", "contours", "lines", "vectors")
_MOST_PANELS = 16
_MOST_LINES = 8
_MOST_ARROWS = 24  # a side


def is_study(dataset: Any) -> bool:
    """Whether a dataset is one of ours: quantities over named coordinates, with the conventions they were made in."""
    return "conventions" in getattr(dataset, "attrs", {}) or "capacitance" in getattr(dataset, "attrs", {})


def wide_axes(dataset: xr.Dataset) -> list[str]:
    """The coordinates with more than one value that fields are drawn over; counts (steps, neurons) if nothing else.

    >>> import xarray as xr
    >>> wide_axes(xr.Dataset({"R": (("u", "i"), [[1.0, 2.0], [1.0, 2.0]])}, {"u": [0.0, 1.0], "i": ["u", "v"]}))
    ['u']
    """
    kinds = {str(d): dataset[d].dtype.kind for d, n in dataset.sizes.items() if n > 1 and d in dataset.coords}
    return [d for d, kind in kinds.items() if kind == "f"] or [d for d, kind in kinds.items() if kind in "iu"]


def picture(
    dataset: xr.Dataset,
    quantities: Sequence[str] | str | None = None,
    kind: str = "auto",
    *,
    at: Mapping[str, float] | None = None,
    path: Any = None,
    limits: tuple[float, float] | None = None,
    vectors: Any = None,
    title: str | None = None,
) -> Figure:
    """The quantities of a study over one or two of its axes, a panel each.

    Args:
        dataset: what `on_grid` returns, or what was stored of it.
        quantities: names of variables; all scalars, or else all variables, if left out.
        kind: "heat", "contours", "lines" or "vectors"; "auto" draws lines over one axis and heat maps over two.
        at: axis -> value, of which the nearest point is taken, so that one or two axes are left.
        path: columns by the names of the two axes, drawn on top; "path_NAME" of the dataset itself if left out.
        limits: the ends of every colour scale, so that pictures can be compared.
        vectors: arrows on top: a variable with two components, or a function of the values along both axes.
        title: over the picture; the manifold and its constants if left out.

    Raises:
        InputError: an unknown name, or more than two axes.

    >>> import sympy as sp, chentsov as ch
    >>> a, b = sp.symbols("a b", positive=True)
    >>> cone = ch.RiemannianManifold([[1, 0], [0, 1 + a**2]], (a, b))
    >>> figure = picture(cone.on_grid({a: [1, 2, 3], b: [1, 2]}, ["ricci_scalar", "determinant"]))
    >>> [ax.get_title() for ax in figure.axes][:2]
    ['Ricci scalar $R$', 'determinant of the metric $\\\\det g$']
    """
    if kind not in KINDS:
        raise InputError(f"unknown kind of picture '{kind!s:.40}': choose one of {', '.join(KINDS)}")
    sliced = _slice(dataset, at or {})
    if kind == "vectors" and vectors is None:
        vectors = next((n for n, v in sliced.data_vars.items() if _is_field(sliced, v)), None)
        if vectors is None:
            raise InputError("no variable has two components over two axes: give the field by --field")
    panels = _panels(sliced, quantities)
    shown = {d for _, _, field in panels for d in field.dims}
    axes = [d for d in wide_axes(sliced) if d in shown]
    if len(axes) not in (1, 2):
        left = ", ".join(axes) or "none"
        raise InputError(
            f"a picture is drawn over one or two axes of more than one point, not {len(axes)} ({left}): hold others "
            "fixed by --at name=value"
        )
    drawn = kind if kind != "auto" else "heat" if len(axes) == 2 else "lines"
    if drawn != "lines" and len(axes) != 2:
        raise InputError(f"a picture of kind '{drawn}' needs two axes of more than one point, not {', '.join(axes)}")
    columns = min(len(panels), 3 if len(panels) != 4 else 2)
    rows = -(-len(panels) // columns)
    figure = new_figure(5.2 * columns, 4.3 * rows)
    plots = list(figure.subplots(rows, columns, squeeze=False).flat)
    trail = _trail(sliced, path, axes) if len(axes) == 2 and drawn != "lines" else None
    holes = False
    for ax in plots[len(panels) :]:
        ax.set_axis_off()
    for ax, (name, label, field) in zip(plots, panels):
        field = field.transpose(*(d for d in axes if d in field.dims))
        if drawn == "lines" or field.ndim == 1:
            _lines(ax, field, label)
            continue
        scale = fixed_scale(*limits, signed=name in SIGNED) if limits else None
        if drawn == "contours":
            holes |= _contours(ax, field, label, name in SIGNED, scale)
        else:
            holes |= heat_map(ax, field.rename(name), label, scale=scale)
        frame = ax.get_xlim(), ax.get_ylim()
        if vectors is not None:
            _arrows(ax, sliced, axes, vectors)
        if trail is not None:
            draw_path(ax, *trail)
        ax.set(xlim=frame[0], ylim=frame[1])
    figure.suptitle(title_of_study(dataset, sliced) if title is None else title, fontsize=11)
    if holes:
        from matplotlib.patches import Patch

        why = reasons(sliced)
        label = "no number" + (f": {', '.join(f'{n} {reason}' for reason, n in why.items())}" if why else "")
        figure.legend(handles=[Patch(**MISSING, label=label)], loc="outside lower center", frameon=False)
    return figure


def reasons(dataset: xr.Dataset) -> dict[str, int]:
    """Reason -> how many cells have no number for it, the most frequent first; from the flags of `status`."""
    status = dataset.get("status")
    return {} if status is None or "flag_meanings" not in status.attrs else labels.reasons(status)


def _slice(dataset: xr.Dataset, at: Mapping[str, float]) -> xr.Dataset:
    known = wide_axes(dataset)
    for name in at:
        if name not in dataset.dims:
            raise InputError(f"'{name!s:.40}' is no axis of this dataset ({nearest(str(name), known)})")
    named = {d: v for d, v in at.items() if dataset[d].dtype.kind in "fiu"}
    other = {d: v for d, v in at.items() if d not in named}
    try:
        chosen = dataset.sel(named, method="nearest").sel({d: str(v) for d, v in other.items()})
    except KeyError as missing:
        raise InputError(f"the dataset has nothing at {missing}") from None
    return chosen.squeeze(drop=False)


def _panels(dataset: xr.Dataset, quantities: Sequence[str] | str | None) -> list[tuple[str, str, xr.DataArray]]:
    """Name, label and field of every panel: scalars, and tensors a component each."""
    wide = wide_axes(dataset)
    fields = {str(n): v for n, v in dataset.data_vars.items() if n != "status" and set(v.dims) & set(wide)}
    fields = {n: v for n, v in fields.items() if v.dtype.kind in "fiub"}
    if quantities is None:
        most = max((sum(d in wide for d in v.dims) for v in fields.values()), default=0)
        scalars = [n for n, v in fields.items() if len(v.dims) == min(most, 2) and set(v.dims) <= set(wide)]
        names = scalars[:_MOST_PANELS] or list(fields)[:1]
    else:
        names = [quantities] if isinstance(quantities, str) else list(quantities)
    if not names:
        raise InputError("the dataset has no quantity over an axis of more than one point")
    found = []
    for name in names:
        if name not in fields:
            if str(name).endswith(PICTURES):
                raise InputError(f"plot() takes quantities and returns a figure: .savefig({name!r:.60}) keeps it")
            raise InputError(f"'{name!s:.40}' is not drawn from this dataset ({nearest(str(name), fields)})")
        field = fields[name]
        inner = [d for d in field.dims if d not in wide]
        for index in product(*(range(field.sizes[d]) for d in inner)):
            part = field.isel(dict(zip(inner, index)))
            found.append((name, _label(name, field, inner, index), part))
    if len(found) > _MOST_PANELS:
        raise InputError(f"{len(found)} components are too many for a picture: choose one of them by --at i=NAME")
    return found


def _label(name: str, field: xr.DataArray, inner: Sequence[Any], index: Sequence[int]) -> str:
    attributes = field.attrs
    symbol = f" ${attributes['latex']}$" if attributes.get("latex") else ""
    text = f"{attributes.get('long_name', name.replace('_', ' '))}{symbol}"
    marks = [str(field[d].values[k]) if d in field.coords else str(k) for d, k in zip(inner, index)]
    return text + (f", {', '.join(axis_label(m) for m in marks)}" if marks else "")


def _lines(ax: Axes, field: xr.DataArray, label: str) -> None:
    """Values against the first axis; one line for some of the points of a second one."""
    across = str(field.dims[0])
    x = field[across].values
    if field.ndim == 1:
        ax.plot(x, field.values, linewidth=1.8)
    else:
        other = str(field.dims[1])
        chosen = np.unique(np.linspace(0, field.sizes[other] - 1, min(_MOST_LINES, field.sizes[other])).astype(int))
        from matplotlib import colormaps

        colours = colormaps["viridis"](np.linspace(0, 0.9, len(chosen)))
        for k, colour in zip(chosen, colours):
            value = float(field[other].values[k])
            ax.plot(x, field.values[:, k], color=colour, linewidth=1.6, label=f"{axis_label(other)} = {value:.3g}")
        ax.legend(fontsize=8, frameon=False)
    for k in np.flatnonzero(~np.isfinite(field.values if field.ndim == 1 else field.values.min(axis=1))):
        ax.axvline(x[k], color="0.85", linewidth=2, zorder=0)
    ax.set(xlabel=axis_label(across), title=label)
    ax.set_xlim(float(x.min()), float(x.max()))
    ax.grid(alpha=0.25)


def _contours(ax: Axes, field: xr.DataArray, label: str, signed: bool, scale: ColourScale | None) -> bool:
    """Lines of equal value at quantiles; where the sign is what one looks for, the zero line is black."""
    across, upward = (str(d) for d in field.dims)
    values = np.asarray(field.values, dtype=float).T
    finite = values[np.isfinite(values)]
    scale = scale or colour_scale(values, signed or None)
    levels = np.unique(np.quantile(finite, np.linspace(0.03, 0.97, 14))) if finite.size else np.array([])
    x, y = field[across].values, field[upward].values
    if levels.size > 1 and finite.min() < finite.max():
        drawn = ax.contour(x, y, np.ma.masked_invalid(values), levels=levels, norm=scale.norm, cmap=scale.colour_map)
        ax.clabel(drawn, fontsize=7, fmt=lambda v: f"{v:.3g}")
        if finite.min() < 0 < finite.max():
            ax.contour(x, y, np.ma.masked_invalid(values), levels=[0.0], colors="black", linewidths=1.2)
    missing = ~np.isfinite(values)
    if missing.any():
        ax.contourf(x, y, missing.astype(float), levels=[0.5, 1.5], colors=[MISSING["facecolor"]],
                    hatches=[MISSING["hatch"]])  # fmt: skip
    ax.set(title=label, xlabel=axis_label(across), ylabel=axis_label(upward))
    return bool(missing.any())


def _is_field(dataset: xr.Dataset, variable: xr.DataArray) -> bool:
    wide = [d for d in variable.dims if d in wide_axes(dataset)]
    inner = [d for d in variable.dims if d not in wide]
    return len(wide) == 2 and len(inner) == 1 and variable.sizes[inner[0]] == 2


def _arrows(ax: Axes, dataset: xr.Dataset, axes: Sequence[str], vectors: Any) -> None:
    """Unit arrows on a coarse mesh, dark with a light edge: seen on any colour."""
    if isinstance(vectors, str):
        if vectors not in dataset or not _is_field(dataset, dataset[vectors]):
            raise InputError(f"'{vectors[:40]}' is no field of two components over two axes")
        variable = dataset[vectors]
        (inner,) = (d for d in variable.dims if d not in axes)
        components = [variable.isel({inner: k}).transpose(*axes).values for k in (0, 1)]
    else:
        components = vectors({d: dataset[d].values for d in axes})
    x, y = (dataset[d].values for d in axes)
    steps = [max(1, len(v) // _MOST_ARROWS) for v in (x, y)]
    u, v = (np.broadcast_to(c, (len(x), len(y)))[:: steps[0], :: steps[1]].T for c in components)
    size = np.hypot(u, v)
    with np.errstate(all="ignore"):
        u, v = (np.where(size > 0, c / size, 0) for c in (u, v))
    here = (x[:: steps[0]], y[:: steps[1]])
    colours: dict[str, Any] = {"facecolor": "black", "edgecolor": "white", "linewidth": 0.5}
    ax.quiver(*here, u, v, **colours, scale=28, width=0.004, pivot="mid", zorder=2)


def _trail(dataset: xr.Dataset, path: Any, axes: Sequence[str]) -> tuple[Any, Any] | None:
    """The two columns of a path: of what was given, or of the dataset itself."""
    if path is None:
        names = [f"path_{name}" for name in axes]
        return tuple(dataset[n].values for n in names) if all(n in dataset for n in names) else None  # type: ignore[return-value]
    missing = [name for name in axes if name not in path]
    if missing:
        raise InputError(f"the path has no column {missing[0]}; it needs {' and '.join(axes)}")
    a, b = (np.asarray(path[name], dtype=float) for name in axes)
    return a, b


def title_of_study(dataset: xr.Dataset, sliced: xr.Dataset | None = None) -> str:
    """The manifold or model and its constants; of a slice, where the other axes are held."""
    attributes = dataset.attrs
    name = next((str(attributes[k]) for k in ("model", "manifold_name", "title", "manifold") if attributes.get(k)), "")
    constants = [str(attributes["constants"])] if attributes.get("constants") else []
    held = []
    if sliced is not None:
        points = {d: sliced[d] for d in dataset.dims if d in sliced.coords and not sliced[d].dims}
        held = [f"{d} = {float(value):.4g}" for d, value in points.items() if value.dtype.kind in "fiu"]
    return "   ·   ".join(part for part in (name, ", ".join([*constants, *held])) if part)
