"""Studies past one machine's memory: blocks of cells computed anywhere and kept in a Zarr store that can be resumed.

A block is one opaque task: it computes all quantities of its cells and writes them. "The chunk exists" is no proof that
a block is finished (it may be half written, or belong to nothing but NaN), so each block has a record, which is written
after its numbers: a hash of their CRC-32 and of what was asked. A block counts as done when it has a record and its
numbers still agree with it. The store's attributes hold the hash of the question, so that another study's numbers are
never taken for this one's.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import platform
import shutil
import uuid
import warnings
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..exact.errors import InputError
from .blocks import Blocks
from .labels import versions
from .lazy import MissingExtra, origin
from .study import Study, picked

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["StoreError", "store"]

_QUESTION, _RECORDS = "chentsov_question", "chentsov_records"
PATIENCE = "5s"  # within which a scheduler answers
_MOST_TRIES = 5  # of a block whose worker is lost, or whose file


class StoreError(InputError):
    """A store that cannot be used as it is asked for; what it holds is kept."""


def store(
    dataset: xr.Dataset | Study,
    path: str | os.PathLike[str],
    *,
    chunks: Any = None,
    scheduler: Any = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    compression: str | None = None,
) -> xr.Dataset:
    """Compute a lazy grid block by block into a Zarr store; go on where an earlier call was interrupted.

    Whatever ends the work (a killed process, a full disk, Ctrl-C), the same call goes on: finished blocks are checked
    against their records and kept, all others are computed. A finished store opens with ``xarray.open_zarr``.

    Args:
        dataset: what ``on_grid(…, chunks=…)`` or `sweep` returned.
        path: a folder, or the address of an object store that fsspec knows.
        chunks: of a `Study` that brings none; see `on_grid`.
        scheduler: None for threads of this process, the address of a `dask.distributed` scheduler ("tcp://…"), or a
            `distributed.Client`.
        workers: threads of this process (by default one more than processors).
        progress: called as ``progress(cells done, cells in all)``.
        compression: None, "lz4" or "zstd" (both with the bytes of the numbers shuffled), for a new store. The digits
            of smooth quantities shrink to about two thirds; where the kernel is quick, packing takes longer than it.

    Returns:
        The stored dataset, opened lazily.

    Raises:
        StoreError: a dataset that is not as `on_grid` returned it, a store that holds something else, a place that
            cannot be written, no room left, a scheduler that does not answer or workers of another version.
        MissingExtra: a library of the extra ``[scale]`` is missing.

    >>> import tempfile, sympy as sp, chentsov as ch
    >>> t, p = sp.symbols("t p")
    >>> sphere = ch.RiemannianManifold([[1, 0], [0, sp.sin(t)**2]], (t, p))
    >>> grid = sphere.on_grid({"t": [0.5, 1.0, 1.5], "p": [0.0, 1.0]}, chunks={"t": 1})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     done = ch.store(grid, f"{folder}/sphere.zarr")
    ...     float(done.ricci_scalar.mean())
    2.0
    """
    try:
        import xarray as xr
        import zarr  # noqa: F401  (xarray's own message names no remedy)
    except ImportError as missing:
        raise MissingExtra(f"stores need {missing.name}: install it with  pip install 'chentsov[scale]'") from None

    if isinstance(dataset, Study):
        names = [d.name for d in dataset.dimensions]
        study, blocks = dataset, Blocks.of(dataset.shape, "auto" if chunks is None else chunks, names, dataset.count)
    else:
        found = origin(dataset)
        if found is None:
            raise StoreError(
                "only a lazy dataset as on_grid(chunks=…) returned it can be stored block by block: give on_grid the "
                "axes and quantities that are wanted (for any other dataset there is its own to_zarr)"
            )
        study, blocks = found
    if compression not in (None, "lz4", "zstd"):
        raise InputError(f"compression = {compression!r}: None, 'lz4' or 'zstd'")
    try:
        address = os.fspath(path)
    except TypeError:
        address = ""
    if not address or not isinstance(address, str):
        raise StoreError(f"a store is a path or an address, not {path!r:.60}")
    with _plain_errors(address), _client_of(scheduler) as client:
        _prepare(study, blocks, address, compression)
        open_blocks = list(_unfinished(study, blocks, address, progress))
        run = _by_threads if client is None else _by_workers
        done = blocks.cells - sum(_size(blocks, index) for index in open_blocks)
        for index in run(study, blocks, address, open_blocks, workers if client is None else client):
            done += _size(blocks, index)
            if progress is not None:
                progress(done, blocks.cells)
        return xr.open_zarr(address)


def _size(blocks: Blocks, index: tuple[int, ...]) -> int:
    return int(np.prod([s.stop - s.start for s in blocks.part(index)], dtype=object))


# -- the store ---------------------------------------------------------------------------------------------------------


def _prepare(study: Study, blocks: Blocks, address: str, compression: str | None) -> None:
    """Make the store, at once or not at all; or see that it is this study's."""
    import zarr

    plain = "://" not in address
    identity = f"{study.question}-{'x'.join(map(str, blocks.sizes))}"
    if not plain or not _is_empty(Path(address)):
        try:
            attributes = dict(zarr.open_group(address, mode="r").attrs)
        except (FileNotFoundError, ValueError, KeyError):
            attributes = {}
            if plain and _is_broken(Path(address) / "zarr.json"):
                raise StoreError(
                    f"{address}/zarr.json, which says what the store holds, is broken: put it back from a copy, or "
                    "remove the store"
                ) from None
        held = attributes.get(_QUESTION)
        if held == identity:
            _restore_axes(study, address)
            return
        if held is not None:
            raise StoreError(
                f"{address} holds another grid (other formulas, axes, data, chunks or options): choose another store, "
                "or remove it"
            )
        if plain:
            raise StoreError(f"{address} is not empty and holds no grid of ours: choose another place")
    if not plain:
        _template(study, blocks, address, identity, compression)
        return
    target = Path(address).absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    host = platform.node()
    for left in target.parent.glob(f".{target.name}-{host}-*.new"):  # by a process that was killed here
        if not _runs(left.name.split("-")[-2]):
            shutil.rmtree(left, ignore_errors=True)
    beside = target.with_name(f".{target.name}-{host}-{os.getpid()}-{uuid.uuid4().hex}.new")
    try:
        _template(study, blocks, str(beside), identity, compression)
        os.replace(beside, target)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        _prepare(study, blocks, address, compression)  # another process was quicker: see whether it means the same
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _runs(process: str) -> bool:
    """Whether a process of this machine is alive."""
    try:
        os.kill(int(process), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        pass
    return True


def _restore_axes(study: Study, address: str) -> None:
    """Write the values of the axes again where a file of theirs was harmed."""
    import zarr

    group: Any = zarr.open_group(address, mode="r+")
    for axis in study.dimensions:
        if axis.values.dtype.kind not in "fiu":
            continue
        try:
            whole = np.array_equal(np.asarray(group[axis.name][...]), axis.values)
        except Exception:  # whatever a codec makes of changed bytes
            whole = False
        if not whole:
            group[axis.name][...] = axis.values


def _is_broken(record: Path) -> bool:
    """Whether there is such a file of metadata, and it is no JSON."""
    try:
        json.loads(record.read_bytes())
    except OSError:
        return False
    except ValueError:
        return True
    return False


def _is_empty(path: Path) -> bool:
    return not path.exists() or path.is_dir() and not any(path.iterdir())


def _template(study: Study, blocks: Blocks, address: str, identity: str, compression: str | None) -> None:
    import xarray as xr
    import zarr
    from zarr.codecs import BloscCodec

    from .labels import status_attributes

    outer = xr.Dataset(coords=study.coordinates(), attrs={k: _storable(v) for k, v in study.attributes.items()})
    with warnings.catch_warnings():  # texts in version 3 of the format are read by zarr-python alone, as yet
        warnings.simplefilter("ignore")
        outer.to_zarr(address, mode="w", zarr_format=3, consolidated=False)
    group = zarr.open_group(address, mode="r+")

    def packed(name: Any) -> list[Any]:
        return [] if name is None else [BloscCodec(cname=name, clevel=1, shuffle="shuffle")]

    for name, variable in [*study.variables.items(), ("status", None)]:
        shape = variable.shape if variable is not None else ()
        attributes = dict(variable.attributes) if variable is not None else status_attributes()
        group.create_array(
            name,
            shape=(*shape, *blocks.shape),
            chunks=(*shape, *blocks.sizes),
            dtype=study.dtype if variable is not None else np.dtype(np.int8),
            fill_value=np.nan if variable is not None else 0,
            dimension_names=study.dims(name),
            attributes={k: _storable(v) for k, v in attributes.items()},
            compressors=packed(compression if variable is not None else "lz4"),
        )
    records = group.create_group(_RECORDS)
    records.create_array(
        "digest",
        shape=(*blocks.counts, 32),
        chunks=(*(1 for _ in blocks.counts), 32),
        dtype=np.uint8,
        fill_value=0,
        compressors=[],
    )
    group.attrs[_QUESTION] = identity
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        zarr.consolidate_metadata(address)


def _storable(value: Any) -> Any:
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


@lru_cache(maxsize=4)
def _open(address: str) -> Any:
    import zarr

    group: Any = zarr.open_group(address, mode="r+")
    kept = {"write_empty_chunks": True}  # a block of nothing but NaN is a block
    return (
        {name: array.with_config(kept) for name, array in group.arrays()},
        group[_RECORDS]["digest"].with_config(kept),
    )


def _digest(arrays: list[np.ndarray], question: str) -> np.ndarray:
    """Of the numbers of a block and of what was asked for them alone."""
    sums = [zlib.crc32(np.ascontiguousarray(array).data) for array in arrays]
    return np.frombuffer(hashlib.sha256(repr((question, sums)).encode()).digest(), np.uint8)


def _compute_and_write(study: Study, blocks: Blocks, address: str, index: tuple[int, ...]) -> tuple[int, ...]:
    """The task of one block."""
    arrays, records = _open(address)
    part = blocks.part(index)
    values, status = study.evaluate(part)
    numbers = {name: picked(values, variable) for name, variable in study.variables.items()} | {"status": status}
    for name, array in numbers.items():
        _write(arrays[name], (..., *part), array)
    _write(records, (*index, slice(None)), _digest(list(numbers.values()), study.question_of(part)))
    return index


def _write(array: Any, where: tuple[Any, ...], numbers: np.ndarray) -> None:
    """Into a Zarr array; again, where a process that starts on the same store took the half-written file away."""
    for left in reversed(range(_MOST_TRIES)):
        try:
            array[where] = numbers
            return
        except FileNotFoundError:
            if not left:
                raise


def _unfinished(
    study: Study, blocks: Blocks, address: str, progress: Callable[[int, int], None] | None
) -> Iterator[tuple[int, ...]]:
    """The blocks without a record, or whose numbers do not agree with it."""
    _open.cache_clear()
    if "://" not in address:
        for half in Path(address).rglob("*.partial"):  # of a write that was killed
            half.unlink(missing_ok=True)
    arrays, records = _open(address)
    done = 0
    for index in blocks:
        part = blocks.part(index)
        try:
            record = np.asarray(records[(*index, slice(None))])
            whole = bool(record.any())
            if whole:
                numbers = [np.asarray(arrays[n][(..., *part)]) for n in (*study.variables, "status")]
                whole = np.array_equal(record, _digest(numbers, study.question_of(part)))
        except Exception:  # whatever a codec makes of changed bytes
            whole = False
        if whole:
            done += _size(blocks, index)
            if progress is not None:
                progress(done, blocks.cells)
        else:
            yield index


# -- who computes ------------------------------------------------------------------------------------------------------


def _by_threads(
    study: Study, blocks: Blocks, address: str, indices: list[tuple[int, ...]], workers: Any
) -> Iterator[tuple[int, ...]]:
    """On threads of this process, a few blocks at a time; an interrupt waits for the blocks that are being written."""
    crew = workers or (os.cpu_count() or 1) + 1  # one more, which computes while another waits for the disk
    with ThreadPoolExecutor(crew) as pool:
        yield from _in_flight(
            lambda index: pool.submit(_compute_and_write, study, blocks, address, index), indices, 2 * crew
        )


def _in_flight(
    submit: Callable[[tuple[int, ...]], Future], indices: list[tuple[int, ...]], most: int
) -> Iterator[tuple[int, ...]]:
    waiting = iter(indices)
    running: set[Future] = set()
    try:
        while True:
            while len(running) < most and (index := next(waiting, None)) is not None:
                running.add(submit(index))
            if not running:
                return
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                yield future.result()
    finally:
        for future in running:
            future.cancel()


def _by_workers(
    study: Study, blocks: Blocks, address: str, indices: list[tuple[int, ...]], client: Any
) -> Iterator[tuple[int, ...]]:
    """On the workers of a scheduler; the study goes to each of them once."""
    from distributed import CancelledError, KilledWorker, as_completed

    if not indices:
        return
    if "://" not in address:
        address = os.path.abspath(address)
    waiting, tries = list(reversed(indices)), Counter[tuple[int, ...]]()
    place: dict[Any, tuple[int, ...]] = {}
    sent = client.scatter(study, broadcast=True, hash=False)

    def submit() -> Any:
        index = waiting.pop()
        future = client.submit(
            _compute_and_write, sent, blocks, address, index, pure=False, retries=3, key=f"block-{uuid.uuid4().hex}"
        )
        place[future.key] = index
        return future

    crew = max(1, sum(client.nthreads().values()))
    running = as_completed([submit() for _ in range(min(2 * crew, len(waiting)))])
    for future in running:
        index = place.pop(future.key)
        try:
            future.result()
        except (CancelledError, KilledWorker):  # the study, or the answer, was on a worker that is gone
            tries[index] += 1
            if tries[index] > _MOST_TRIES:
                raise StoreError(
                    f"the block {index} lost its worker {tries[index]} times: look at the workers' logs (memory?), "
                    "then call again; finished blocks are kept"
                ) from None
            waiting.append(index)
            sent = client.scatter(study, broadcast=True, hash=False)
        else:
            yield index
        while waiting and running.count() < 2 * crew:
            running.add(submit())


@contextmanager
def _client_of(scheduler: Any) -> Iterator[Any]:
    """The client of a scheduler that answers and has workers of this version; None for None."""
    if scheduler is None:
        yield None
        return
    try:
        from distributed import Client
    except ImportError:
        raise MissingExtra("a scheduler needs distributed: install it with  pip install 'chentsov[scale]'") from None

    if not isinstance(scheduler, (str, Client)):
        raise StoreError(
            f"scheduler = {scheduler!r}: the address of a dask scheduler, tcp://…, or a distributed.Client"
        )
    try:
        client = Client(scheduler, timeout=PATIENCE) if isinstance(scheduler, str) else scheduler
    except (OSError, TimeoutError, ValueError) as error:
        raise StoreError(f"no scheduler answers at {scheduler}: {str(error).splitlines()[0]}") from None
    try:
        if not client.nthreads():
            raise StoreError(f"the scheduler {scheduler} has no workers: start some, dask worker ADDRESS")
        _check_workers(client)
        yield client
    finally:
        if client is not scheduler:
            client.close()


def _check_workers(client: Any) -> None:
    """All workers have this version of the package."""
    mine = versions()["chentsov"]
    for worker, theirs in client.run(_worker_version, on_error="return").items():
        if theirs != mine:
            what = f"has chentsov {theirs}" if isinstance(theirs, str) else "has no chentsov"
            raise StoreError(f"the worker {worker} {what}, and here is {mine}: install the same version there")


def _worker_version() -> str:
    return versions()["chentsov"]


@contextmanager
def _plain_errors(address: str) -> Iterator[None]:
    """What the system says, as one sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreError(
                f"no space left for {address}: make room and call again; finished blocks are kept"
            ) from error
        culprit = f" ({error.filename})" if error.filename and str(error.filename) != address else ""
        reason = (error.strerror or str(error)).lower()
        raise StoreError(f"{address} cannot be used as a store: {reason}{culprit}") from error
    except ImportError as error:
        if isinstance(error, MissingExtra):
            raise
        raise MissingExtra(
            f"{address} needs a library that is missing: pip install {error.name or 'fsspec'}"
        ) from error
