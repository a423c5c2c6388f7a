"""``chentsov cache``: the compiled kernels kept on disk."""

from __future__ import annotations

import typer

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    app.command("cache")(cache)


def cache(clear: bool = typer.Option(False, "--clear", help="Remove every file of it.")) -> None:
    """Show where compiled kernels are kept and how much room they take; or clear them.

    The environment variable CHENTSOV_CACHE names another folder, or switches the cache off ("off").
    """
    from chentsov.geometry.kernels.native import cache as disk

    where = disk.folder()
    if where is None:
        typer.echo("the cache is switched off (CHENTSOV_CACHE)")
        return
    if clear:
        typer.echo(f"removed {disk.clear()} files from {where}")
        return
    sizes = [(path.suffix == ".bin", size) for path, size in disk.entries()]
    typer.echo(
        f"{sum(kernel for kernel, _ in sizes)} kernels ({len(sizes)} files), {sum(n for _, n in sizes) / 2**20:.1f} "
        f"MiB of at most {disk.LIMIT_BYTES / 2**20:.0f} MiB, in {where}"
    )
