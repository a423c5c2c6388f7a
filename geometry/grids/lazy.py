"""Studys that are computed when they are looked at: an `xarray.Dataset` over dask arrays.

A block of cells is one task, which computes all quantities of the block together; the arrays of the dataset pick their
components from it. The formulas travel once a worker, not once a block.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..exact.errors import InputError
from .blocks import Blocks
from .study import Study, picked

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Origin", "lazy_dataset", "origin"]


class MissingExtra(InputError, ImportError):
    """A package that an extra of this one brings is not installed."""


def lazy_dataset(study: Study, blocks: Blocks) -> xr.Dataset:
    """The study's dataset, nothing of it computed yet.

    Raises:
        MissingExtra: dask is not installed.
    """
    try:
        import dask.array as da
        from dask.delayed import delayed
    except ImportError:
        raise MissingExtra("chunks= needs dask: install it with  pip install 'chentsov[scale]'") from None

    token = uuid.uuid4().hex  # dask takes arrays of one name for one array
    source = delayed(Origin(study, blocks), name=f"study-{token}", traverse=False)
    letters = tuple(range(1, len(blocks.shape) + 1))
    starts = [da.from_array(np.arange(n), chunks=max(n, 1), name=f"blocks-{n}-{token}") for n in blocks.counts]
    starts = [s.rechunk(1) for s in starts]
    numbers = da.blockwise(
        _compute,
        (0, *letters),
        source,
        None,
        *(x for pair in zip(starts, ((letter,) for letter in letters)) for x in pair),
        new_axes={0: study.count + 1},
        adjust_chunks={
            letter: tuple(min(size, n - k * size) for k in range(count))
            for letter, n, size, count in zip(letters, blocks.shape, blocks.sizes, blocks.counts)
        },
        dtype=np.result_type(study.dtype, np.float32),
        name=f"numbers-{token}",
        concatenate=True,
        meta=np.empty((0,) * (len(letters) + 1), study.dtype),
    )
    arrays = {
        name: da.map_blocks(
            picked,
            numbers,
            variable,
            drop_axis=0,
            new_axis=list(range(len(variable.shape))),
            chunks=((*((n,) for n in variable.shape), *numbers.chunks[1:])),
            dtype=study.dtype,
            name=f"{name}-{token}",
            meta=np.empty((0,) * (len(variable.shape) + len(letters)), study.dtype),
        )
        for name, variable in study.variables.items()
    }
    status = da.map_blocks(
        _status,
        numbers,
        drop_axis=0,
        chunks=numbers.chunks[1:],
        dtype=np.int8,
        name=f"status-{token}",
        meta=np.empty((0,) * len(letters), np.int8),
    )
    return study.labelled(arrays, status)


class Origin(NamedTuple):
    """What a lazy dataset is made from."""

    study: Study
    blocks: Blocks


def origin(dataset: xr.Dataset) -> Origin | None:
    """The study and the blocks behind a dataset that is still as `on_grid(chunks=…)` returned it; None for any
    other.
    """
    status = getattr(getattr(dataset, "status", None), "data", None)
    name = str(getattr(status, "name", ""))
    if status is None or not name.startswith("status-"):
        return None
    token = name.removeprefix("status-")
    layers = getattr(status.dask, "layers", {})
    layer = layers.get(f"study-{token}")
    if layer is None:
        return None
    (found,) = layer.values()
    found = getattr(found, "value", found)
    names = {str(k): getattr(v.data, "name", None) for k, v in dataset.data_vars.items()}
    whole = {**{n: f"{n}-{token}" for n in found.study.variables}, "status": name}
    return found if names == whole else None


def _compute(source: Origin, *index: np.ndarray) -> np.ndarray:
    """Values and, in the last row, the status of a block."""
    part = source.blocks.part([int(np.ravel(k)[0]) for k in index])
    values, status = source.study.evaluate(part)
    return np.concatenate([values, status[None].astype(values.dtype)])


def _status(numbers: np.ndarray) -> np.ndarray:
    return numbers[-1].astype(np.int8)
