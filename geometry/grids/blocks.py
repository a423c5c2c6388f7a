"""Grids in blocks: bounded memory, progress, and going on after an interruption.

With a folder, the numbers live in two files on disk and a manifest lists the blocks that are finished. "The
block is there" is no proof that it is finished (a block may be all NaN, a file half written), so only the
manifest counts; it is written beside and renamed after the numbers have reached the disk. The manifest also
holds a hash of the question, so that numbers of another grid are never taken for this one's.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..exact.errors import InputError

__all__ = ["fill", "parts", "question_hash"]

Part = tuple[slice, ...]
Evaluate = Callable[[Part], tuple[np.ndarray, np.ndarray]]


def parts(shape: Sequence[int], cells: int) -> Iterator[Part]:
    """Slices along the first axis of about so many cells each.

    >>> list(parts((5, 10), 20))
    [(slice(0, 2, None), slice(None, None, None)), (slice(2, 4, None), slice(None, None, None)), (slice(4, 5, None), slice(None, None, None))]
    """
    if not shape:
        yield ()
        return
    row = int(np.prod(shape[1:], dtype=object))
    each = max(1, cells // max(row, 1))
    for start in range(0, shape[0], each):
        yield (slice(start, min(shape[0], start + each)), *(slice(None) for _ in shape[1:]))


def fill(
    evaluate: Evaluate,
    count: int,
    shape: tuple[int, ...],
    dtype: np.dtype,
    cells: int,
    progress: Callable[[int, int], None] | None,
    store: str | os.PathLike[str] | None,
    question: str,
) -> tuple[np.ndarray, np.ndarray]:
    """Values (count, *shape) and status (*shape), block by block; in memory, or in the folder `store`."""
    blocks = list(parts(shape, cells))
    total = int(np.prod(shape, dtype=object))
    folder = None if store is None else _Folder(Path(store), question, count, shape, dtype, len(blocks))
    values = np.empty((count, *shape), dtype) if folder is None else folder.values
    status = np.zeros(shape, np.int8) if folder is None else folder.status
    done = 0
    for number, part in enumerate(blocks):
        if folder is None or number not in folder.finished:
            found, status[part] = evaluate(part)
            with np.errstate(over="ignore"):
                values[(slice(None), *part)] = found
            if folder is not None:
                folder.finish(number)
        done += int(status[part].size)
        if progress is not None:
            progress(done, total)
    return values, status


def question_hash(*pieces: Any) -> str:
    """A hash of everything that the numbers depend on: arrays by their bytes, the rest by its text."""
    digest = hashlib.sha256()
    for piece in pieces:
        if isinstance(piece, np.ndarray):
            digest.update(str((piece.dtype, piece.shape)).encode() + np.ascontiguousarray(piece).tobytes())
        else:
            digest.update(repr(piece).encode() + b"\0")
    return digest.hexdigest()


class _Folder:
    """Numbers on disk with the list of finished blocks."""

    def __init__(
        self, path: Path, question: str, count: int, shape: tuple[int, ...], dtype: np.dtype, blocks: int
    ) -> None:
        self.path = path
        self.manifest = {"question": question, "blocks": blocks, "finished": []}
        try:
            path.mkdir(parents=True, exist_ok=True)
            old = self._read()
            if old is None and any(path.iterdir()):
                raise InputError(f"{path} is not empty and holds no grid of ours: choose another folder for store=")
            if old is not None and (old.get("question"), old.get("blocks")) != (question, blocks):
                raise InputError(
                    f"{path} holds the blocks of another grid (other formulas, axes, data or options): choose another folder, or remove it"
                )
            fresh = old is None or not all((path / name).exists() for name in ("values.npy", "status.npy"))
            mode: Any = "w+" if fresh else "r+"
            self.values = np.lib.format.open_memmap(path / "values.npy", mode, dtype, (count, *shape))
            self.status = np.lib.format.open_memmap(path / "status.npy", mode, np.dtype(np.int8), shape)
            if not fresh and old is not None:
                self.manifest = old
            self._write()
        except OSError as error:
            raise InputError(f"the folder {path} cannot be used to store the grid: {error.strerror or error}") from None
        self.finished = set(self.manifest["finished"])  # type: ignore[call-overload]

    def finish(self, number: int) -> None:
        self.values.flush()
        self.status.flush()
        self.finished.add(number)
        self.manifest["finished"] = sorted(self.finished)
        self._write()

    def _read(self) -> dict[str, Any] | None:
        try:
            found = json.loads((self.path / "manifest.json").read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def _write(self) -> None:
        handle, beside = tempfile.mkstemp(dir=self.path, prefix=".manifest-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(self.manifest, file)
        os.replace(beside, self.path / "manifest.json")
