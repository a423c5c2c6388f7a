"""Files written beside their place and renamed into it: whole, or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

__all__ = ["OutputError", "save_figure", "save_netcdf", "save_text", "writable_folder", "write_beside"]


class OutputError(ValueError):
    """A result cannot be written where it was asked for."""


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def writable_folder(path: str | Path) -> Path:
    """The folder, made if need be, once a file has been seen to fit into it; so that work starts only if it can be kept.

    Raises :class:`OutputError` for a path that is a file, that cannot be made or that cannot be written to.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".chentsov-", dir=folder)
        os.close(handle)
        os.unlink(name)
    except (OSError, ValueError) as error:
        reason = _reason(error) if isinstance(error, OSError) else str(error)
        raise OutputError(f"cannot write to '{folder}': {reason}") from error
    return folder


@contextmanager
def write_beside(path: str | Path) -> Iterator[Path]:
    """A temporary path in the same folder; renamed to `path` if the block ends well, removed if it does not.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with write_beside(f"{folder}/a.txt") as temporary:
    ...         _ = temporary.write_text("whole")
    ...     Path(f"{folder}/a.txt").read_text()
    'whole'
    """
    target = Path(path)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.stem}-", suffix=target.suffix, dir=target.parent)
        os.close(handle)
    except (OSError, ValueError) as error:
        reason = _reason(error) if isinstance(error, OSError) else str(error)
        raise OutputError(f"cannot write '{target}': {reason}") from error
    temporary = Path(name)
    try:
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)  # mkstemp makes files for their owner alone
        os.replace(temporary, target)
    except OSError as error:
        raise OutputError(f"cannot write '{target}': {_reason(error)}") from error
    finally:
        temporary.unlink(missing_ok=True)


def save_netcdf(dataset: xr.Dataset, path: str | Path) -> None:
    """A dataset as a compressed NetCDF-4 file."""
    encoding = {
        name: {"zlib": True, "complevel": 1}
        for name, v in dataset.data_vars.items()
        if v.dtype.kind in "fiu" and v.ndim
    }
    with write_beside(path) as temporary:
        dataset.to_netcdf(temporary, engine="h5netcdf", encoding=encoding)


def save_figure(figure: Figure, path: str | Path, dpi: int = 130) -> None:
    """A figure; the kind of file follows from the suffix."""
    with write_beside(path) as temporary:
        figure.savefig(temporary, dpi=dpi)


def save_text(text: str, path: str | Path) -> None:
    """A text in UTF-8."""
    with write_beside(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
