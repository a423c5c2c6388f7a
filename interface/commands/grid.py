"""``chentsov grid``: a quantity of a manifold on a grid, as NetCDF and as a picture."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.exact.reading import read_number

from .shared import (
    CONSTANTS,
    COORDINATES,
    EMBEDDING,
    METRIC,
    NAME,
    POSITIVE,
    POTENTIAL,
    manifold_from,
    names_in,
)

if TYPE_CHECKING:
    import xarray as xr
    from chentsov.geometry.manifolds import RiemannianManifold
    from chentsov.reports import Report

__all__ = ["read_axis", "register"]

MOST_CELLS = 200_000_000


def register(app: typer.Typer) -> None:
    app.command("grid")(grid)


def grid(
    name: str | None = NAME,
    metric: str | None = METRIC,
    potential: str | None = POTENTIAL,
    embedding: str | None = EMBEDDING,
    coordinates: str | None = COORDINATES,
    positive: str = POSITIVE,
    constants: str = CONSTANTS,
    axis: list[str] = typer.Option([], help="coordinate=first:last:points; may be repeated. [default: 0.1:3:64 each]"),
    constant: list[str] = typer.Option([], help="name=value, e.g. a=2; may be repeated. Every constant needs one."),
    quantity: list[str] = typer.Option(["ricci_scalar"], help="What to evaluate; may be repeated."),
    rtol: float | None = typer.Option(None, help="Certify every number to this relative tolerance."),
    dtype: str = typer.Option("float64", help="float64 or float32."),
    chunks: str = typer.Option(
        "auto", help="Blocks of a store: 'auto', cells a block, or coordinate=points,… (only with a .zarr output)."
    ),
    scheduler: str | None = typer.Option(
        None, help="Address of a dask.distributed scheduler, tcp://…; without one, threads of this machine."
    ),
    compression: str | None = typer.Option(
        None, help="Of a new store: lz4 or zstd; without it, the numbers as they are."
    ),
    resume: bool = typer.Option(False, "--resume", help="Go on with a .zarr output that an earlier call began."),
    output: Path = typer.Option(
        Path("."),
        help="A file by its ending (.nc, .csv, .parquet), a store (.zarr: any size, may be resumed), "
        "or a folder for grid.nc, and grid.png of the scalars over two axes.",
    ),
) -> None:
    """Evaluate closed forms on a grid of coordinates."""
    from chentsov.reports import Report

    if rtol is not None and not 0 < rtol < 1:
        raise InputError(f"the relative tolerance must lie between 0 and 1, not {rtol}")
    if dtype not in ("float64", "float32"):
        raise InputError(f"unknown dtype '{dtype}': choose float64 or float32")
    ending = output.suffix.lower()
    if ending not in ("", ".nc", ".csv", ".parquet", ".zarr") and not output.is_dir():
        raise InputError(f"unknown kind of output '{ending}': choose .nc, .csv, .parquet, .zarr, or a folder")
    stored = ending == ".zarr"
    if not stored and (scheduler or resume or compression or chunks != "auto"):
        raise InputError(
            "--chunks, --scheduler, --compression and --resume belong to a store: give --output a name that ends in "
            ".zarr"
        )
    if stored and output.exists() and not resume:
        raise InputError(f"'{output}' exists: go on with it by --resume, or choose another name")
    report = Report()
    with report.stage("derive"):
        manifold = manifold_from(
            name,
            metric,
            potential,
            embedding,
            coordinates,
            positive,
            [*names_in(constants), *(text.partition("=")[0].strip() for text in constant)],
        )
        known = manifold.quantities()
        if unknown := [q for q in quantity if q not in known]:
            raise InputError(f"unknown quantity '{unknown[0]}': known are {', '.join(known)}")
        axes = _axes(manifold, axis, None if stored else MOST_CELLS)
        options: dict[str, Any] = {"constants": _constants(manifold, constant), "rtol": rtol, "dtype": dtype}
        if stored:
            lazy = manifold.on_grid(axes, quantity, chunks=_chunks(chunks), **options)
    if stored:
        _store(report, lazy, output, scheduler=scheduler, compression=compression)
        return
    _evaluate_and_write(report, manifold, axes, quantity, options, output, ending)


def _evaluate_and_write(
    report: Report,
    manifold: RiemannianManifold,
    axes: Mapping[str, Any],
    quantities: Sequence[str],
    options: Mapping[str, Any],
    output: Path,
    ending: str,
) -> None:
    from chentsov.outputs import save_figure, save_netcdf, save_table, writable_folder

    folder = writable_folder(output.parent if ending else output)
    with report.stage("evaluate") as advance:
        result = manifold.on_grid(axes, quantities, progress=advance, **options)
    _show(report, manifold, result)
    with report.stage("write"):
        written = [output if ending else folder / "grid.nc"]
        (save_netcdf if written[0].suffix.lower() == ".nc" else save_table)(result, written[0])
        if not ending and (figure := _figure(manifold, result)):
            save_figure(figure, folder / "grid.png")
            written.append(folder / "grid.png")
    report.timetable()
    report.line(f"written: {', '.join(map(str, written))}")


def _store(report: Report, lazy: xr.Dataset, output: Path, **options: str | None) -> None:
    from chentsov import store

    try:
        with report.stage("evaluate and store", count="cells") as advance:
            stored = store(lazy, output, progress=advance, **options)  # type: ignore[arg-type]
    except KeyboardInterrupt:
        report.line(f"{output} keeps the finished blocks; the same call with --resume goes on")
        raise
    report.line(f"{stored.status.size} cells, of which {int((stored.status != 0).sum())} have no number")
    report.timetable()
    report.line(f"written: {output}")


def _chunks(text: str) -> Any:
    """What --chunks says: "auto", a number, or coordinate=points pairs."""
    try:
        if "=" not in text:
            return text if text == "auto" else int(text)
        return {name.strip(): int(points) for name, points in (pair.split("=") for pair in text.split(","))}
    except ValueError:
        raise InputError(f"--chunks is 'auto', cells a block, or coordinate=points,…, not '{text[:60]}'") from None


def read_axis(text: str) -> tuple[str, Any]:
    """``name=first:last:points`` (or ``name=value``) as a name and an array.

    >>> read_axis("t=0:1:3")
    ('t', array([0. , 0.5, 1. ]))

    Raises ValueError for anything else, an empty axis, or one that is not finite.
    """
    import numpy as np

    name, equals, numbers = (part.strip() for part in text.partition("="))
    parts = numbers.split(":")
    if not equals or not name or len(parts) not in (1, 3):
        raise InputError(f"an axis is written coordinate=first:last:points, e.g. theta=0.1:3:100, not '{text[:60]}'")
    try:
        first, last = float(parts[0]), float(parts[1] if len(parts) == 3 else parts[0])
        points = int(parts[2]) if len(parts) == 3 else 1
    except ValueError:
        raise InputError(f"the axis '{text[:60]}' is not made of numbers") from None
    if not (np.isfinite(first) and np.isfinite(last)):
        raise InputError(f"the grid is not finite: axis {name} runs from {first} to {last}")
    if points < 1:
        raise InputError(f"the grid is empty: axis {name} has {points} points")
    if points > MOST_CELLS:
        raise InputError(f"the grid is too large: axis {name} has {points} points, at most {MOST_CELLS} are taken")
    return name, np.linspace(first, last, points) if points > 1 else np.array([first])


def _axes(manifold: RiemannianManifold, texts: list[str], most: int | None) -> dict[str, Any]:
    names = [c.name for c in manifold.coordinates]
    given: dict[str, Any] = {}
    for name, values in map(read_axis, texts):
        if name not in names:
            raise InputError(f"'{name[:60]}' is not a coordinate: they are {', '.join(names)}")
        if name in given:
            raise InputError(f"the axis {name} is given twice")
        given[name] = values
    axes = {
        n: given[n] if n in given else read_axis(f"{n}=0.1:3:64" if len(names) <= 2 else f"{n}=1")[1] for n in names
    }
    cells = math.prod(len(a) for a in axes.values())
    if most is not None and cells > most:
        raise InputError(
            f"the grid is too large: {cells} cells, at most {most} in one file; a store holds more: --output NAME.zarr"
        )
    return axes


def _constants(manifold: RiemannianManifold, texts: list[str]) -> dict[str, Any]:
    """name -> exact number; every constant of the metric exactly once."""
    names = [c.name for c in manifold.constants]
    values: dict[str, Any] = {}
    for text in texts:
        name, _, number = (part.strip() for part in text.partition("="))
        if name not in names:
            raise InputError(f"'{name[:60]}' is not a constant of this metric: they are {', '.join(names) or 'none'}")
        if name in values:
            raise InputError(f"the constant {name} is given twice")
        try:
            values[name] = read_number(number, f"the constant {name}")
        except InputError:
            raise InputError(f"a constant is written name=number, not '{text[:60]}'") from None
    if missing := [n for n in names if n not in values]:
        raise InputError(
            f"the constant{'s' * (len(missing) > 1)} {', '.join(missing)} {'has' if len(missing) == 1 else 'have'} no "
            f"value: add {' '.join(f'--constant {n}=…' for n in missing)}"
        )
    return values


def _show(report: Report, manifold: RiemannianManifold, result: xr.Dataset) -> None:
    import numpy as np
    from chentsov.reports import number

    rows = []
    for name in (n for n in manifold.quantities() if n in result):
        values = result[name].values
        finite = values[np.isfinite(values)]
        ends = (number(float(finite.min())), number(float(finite.max()))) if finite.size else ("-", "-")
        rows.append((name, " × ".join(str(n) for n in values.shape), *ends, str(values.size - finite.size)))
    report.line(f"{manifold!r}")
    report.table(("quantity", "shape", "least", "greatest", "missing"), rows, right=(2, 3, 4))


def _figure(manifold: RiemannianManifold, result: xr.Dataset) -> Any:
    """Heat maps of the scalars over the two axes that have more than one point; None if there are not two."""
    from chentsov.plots import heat_map, new_figure

    wide = [c.name for c in manifold.coordinates if result.sizes[c.name] > 1]
    scalars = [n for n, q in manifold.quantities().items() if n in result and q.rank == 0]
    if len(wide) != 2 or not scalars:
        return None
    figure = new_figure(5.2 * len(scalars), 4.4)
    for ax, name in zip(figure.subplots(1, len(scalars), squeeze=False).flat, scalars):
        field = result[name].squeeze(drop=True).transpose(*wide)
        heat_map(ax, field, f"{manifold.quantities()[name].long_name} ${manifold.quantities()[name].latex}$")
    figure.suptitle(manifold.name or "")
    return figure
