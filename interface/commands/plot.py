"""``chentsov plot``: pictures of a stored study, or of a manifold directly."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import typer
from chentsov.description import Description
from chentsov.geometry.exact.errors import InputError

from .shared import AXIS, CONSTANT, DATA, RTOL, check_rtol, read_grid, read_pair, read_table, with_description

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    app.command("plot")(with_description(plot))


def plot(
    description: Description,
    axis: list[str] = AXIS,
    constant: list[str] = CONSTANT,
    quantity: list[str] = typer.Option(
        [], help="What to draw; may be repeated. [default: ricci_scalar; of a stored study, its scalars]"
    ),
    data: Path | None = DATA,
    rtol: float | None = RTOL,
    kind: str = typer.Option(
        "auto", help="heat, contours, lines or vectors; auto: lines over one axis, heat maps over two."
    ),
    at: list[str] = typer.Option([], help="name=value: hold this axis at the nearest point; may be repeated."),
    path: Path | None = typer.Option(
        None, help="A .csv or .nc file with columns by the names of the axes, drawn on top. [default: the path in a "
        "stored study]"
    ),
    field: str | None = typer.Option(None, help='A field of vectors on top, its components by \',\': "-y, x".'),
    limits: str | None = typer.Option(
        None, help="low:high of every colour scale, so that pictures can be compared. [default: those of the numbers]"
    ),
    title: str | None = typer.Option(None, help="Over the picture. [default: the manifold and its constants]"),
    output: Path = typer.Option(Path("plot.png"), help="The picture: .png, .svg or .pdf."),
) -> None:  # fmt: skip
    """Draw a stored study (NAME is a .nc file or .zarr store), or a manifold: heat maps, contours, lines, vectors."""
    from chentsov.explore import read_study
    from chentsov.outputs import PICTURES, save_figure, writable_folder
    from chentsov.plots_grid import picture
    from chentsov.reports import Report

    if output.suffix.lower() not in PICTURES:
        raise InputError(f"a picture is written as {', '.join(PICTURES)}, not '{output.suffix[:40]}'")
    check_rtol(rtol)
    report = Report()
    names: list[str] | None = quantity or None
    if description.name is not None and Path(description.name).suffix.lower() in (".nc", ".zarr"):
        if axis or constant or rtol or data:
            raise InputError("--axis, --constant, --data and --rtol belong to a manifold; a stored study has its own")
        study = read_study(description.name)
    else:
        names = names or ["ricci_scalar"]
        with report.stage("evaluate") as advance:
            manifold, axes, options = read_grid(description, axis, constant, names, data)
            study = manifold.on_grid(axes, names, rtol=rtol, progress=advance, **options)
    writable_folder(output.parent)
    trail = None if path is None else read_table(path)
    held = dict(read_pair(text, "--at") for text in at)
    figure = picture(
        study, names, kind, at=held, path=trail, limits=_limits(limits), title=title,
        vectors=None if field is None else partial(_vectors, field),
    )  # fmt: skip
    save_figure(figure, output)
    report.line(f"written: {output}")


def _limits(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        low, high = map(float, text.split(":"))
    except ValueError:
        raise InputError(f"colour limits are written low:high, e.g. -1:1, not '{text[:40]}'") from None
    return low, high


def _vectors(text: str, axes: Mapping[str, Any]) -> Any:
    """The components of a field that is given as text, over the two axes of the picture."""
    from chentsov.geometry.kernels import compile
    from chentsov.parsing import parse_list, parse_names

    symbols = parse_names(" ".join(axes))
    components = parse_list(text, symbols)
    if len(components) != 2:
        raise InputError(f"a field of vectors over {', '.join(axes)} has two components by ',', not {len(components)}")
    x, y = axes.values()
    return compile(list(components), symbols)(x[:, None], y[None, :])
