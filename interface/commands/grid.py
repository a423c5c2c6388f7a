"""``chentsov grid``: a quantity of a manifold on a grid, as NetCDF and as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from chentsov.description import Description
from chentsov.geometry.exact.errors import InputError

from .shared import AXIS, CONSTANT, DATA, RTOL, check_rtol, read_grid, with_description

if TYPE_CHECKING:
    import xarray as xr
    from chentsov.geometry.manifolds import RiemannianManifold
    from chentsov.reports import Report

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    app.command("grid")(with_description(grid))


def grid(
    description: Description,
    axis: list[str] = AXIS,
    constant: list[str] = CONSTANT,
    quantity: list[str] = typer.Option(["ricci_scalar"], help="What to evaluate; may be repeated."),
    data: Path | None = DATA,
    rtol: float | None = RTOL,
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
    seconds: float | None = typer.Option(None, help="Time limit; without one, as long as it takes."),
    output: Path = typer.Option(
        Path("."),
        help="A file by its ending (.nc, .csv, .parquet), a store (.zarr: any size, may be resumed), "
        "or a folder for grid.nc, and grid.png of the scalars over two axes.",
    ),
) -> None:
    """Evaluate closed forms on a grid of coordinates."""
    from chentsov.geometry.exact import TimeBudget
    from chentsov.reports import Report

    check_rtol(rtol)
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
    with TimeBudget(seconds, "grid", interrupt=True):
        with report.stage("derive"):
            manifold, axes, options = read_grid(description, axis, constant, quantity, data, limited=not stored)
            options |= {"rtol": rtol, "dtype": dtype}
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
    from chentsov.plots_grid import picture, wide_axes

    folder = writable_folder(output.parent if ending else output)
    with report.stage("evaluate") as advance:
        result = manifold.on_grid(axes, quantities, progress=advance, **options)
    _show(report, manifold, result)
    with report.stage("write"):
        written = [output if ending else folder / "grid.nc"]
        (save_netcdf if written[0].suffix.lower() == ".nc" else save_table)(result, written[0])
        scalars = [n for n, q in manifold.quantities().items() if n in result and q.rank == 0]
        if not ending and scalars and len(wide_axes(result)) in (1, 2):
            save_figure(picture(result, scalars), folder / "grid.png")
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
