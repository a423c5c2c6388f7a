"""``chentsov explore``: a stored study as a page to look around in."""

from __future__ import annotations

from pathlib import Path

import typer

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    app.command("explore")(explore)


def explore(
    study: Path = typer.Argument(..., help="A study: a .nc file or .zarr store that a command or on_grid has written."),
    output: Path | None = typer.Option(
        None, help="The page; it opens without a server or network.", show_default="NAME.html beside NAME.nc"
    ),
) -> None:
    """Write a page to look around in: surface, slices, path, values with their certified digits (extra [explore])."""
    from chentsov.explore import explorer_page, read_study
    from chentsov.outputs import save_text
    from chentsov.reports import Report

    page = explorer_page(read_study(study))
    target = output if output is not None else study.with_suffix(".html")
    save_text(page, target)
    Report().line(f"written: {target} ({len(page) / 1e6:.1f} MB); open it in a browser")
