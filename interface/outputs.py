"""Results as files, whole or not at all."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.files import reason, write_whole

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

#: The endings of pictures.
PICTURES = (".png", ".svg", ".pdf")

__all__ = [
    "PICTURES",
    "OutputError",
    "save_bytes",
    "save_figure",
    "save_netcdf",
    "save_table",
    "save_text",
    "writable_folder",
]


class OutputError(InputError):
    """A result cannot be written where it was asked for."""


def writable_folder(path: str | Path) -> Path:
    """The folder, made if need be, once a file has been seen to fit into it; so that work starts only if it can be
    kept.

    Raises :class:`OutputError` for a path that is a file, that cannot be made or that cannot be written to.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (OSError, ValueError) as error:
        raise OutputError(f"cannot write to '{folder}': {reason(error)}") from error
    return folder


def save_bytes(content: bytes, path: str | Path) -> None:
    """The content as a file. Raises :class:`OutputError` where it cannot be written; then nothing is left behind."""
    try:
        write_whole(path, content)
    except (OSError, ValueError) as error:
        raise OutputError(f"cannot write '{os.fspath(path)}': {reason(error)}") from error


def save_text(text: str, path: str | Path) -> None:
    """A text in UTF-8."""
    save_bytes(text.encode(), path)


def save_netcdf(dataset: xr.Dataset, path: str | Path) -> None:
    """A dataset as a compressed NetCDF-4 file.

    It is made in memory: on a full disk the HDF5 library would end the process.
    """
    encoding = {
        name: {"zlib": True, "complevel": 1}
        for name, v in dataset.data_vars.items()
        if v.dtype.kind in "fiu" and v.ndim
    }
    made = io.BytesIO()
    dataset.to_netcdf(made, engine="h5netcdf", encoding=encoding)
    save_bytes(made.getvalue(), path)


def save_table(dataset: xr.Dataset, path: str | Path) -> None:
    """A row a cell, as CSV or Parquet by the suffix; components of tensors are rows of their own.

    Raises :class:`OutputError` where the library for Parquet is missing.
    """
    table = dataset.to_dataframe().reset_index()
    if Path(path).suffix.lower() != ".parquet":
        save_text(table.to_csv(index=False), path)
        return
    try:
        save_bytes(table.to_parquet(index=False), path)
    except ImportError:
        raise OutputError("a .parquet file needs pyarrow: pip install pyarrow, or choose .csv") from None


def save_figure(figure: Figure, path: str | Path, dpi: int = 130) -> None:
    """A figure; the kind of file follows from the suffix (PNG without one)."""
    made, kind = io.BytesIO(), Path(path).suffix[1:].lower() or "png"
    packing: dict[str, Any] = (
        {"pil_kwargs": {"compress_level": 3}} if kind == "png" else {}
    )  # half the time, a tenth more bytes
    figure.savefig(made, format=kind, dpi=dpi, **packing)
    save_bytes(made.getvalue(), path)
