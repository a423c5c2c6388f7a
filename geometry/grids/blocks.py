"""Grids in blocks: how a grid is cut, and its numbers in memory, block by block."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from ..exact.errors import InputError

__all__ = ["Blocks", "ChunkError", "Part", "fill", "question_hash"]

Part = tuple[slice, ...]

#: Cells of a block in memory; numbers of an automatic chunk (32 MiB), and its cells at the least.
CELLS, NUMBERS, LEAST_CELLS = 1 << 20, 1 << 22, 1 << 14


class ChunkError(InputError):
    """Chunks that do not fit the grid."""


@dataclass(frozen=True)
class Blocks:
    """A grid cut into blocks of equal sizes, smaller ones at the far ends.

    Args:
        shape: points of each axis.
        sizes: points of a block along each axis.

    >>> blocks = Blocks.of((5, 10), 20, ("x", "y"))
    >>> blocks.sizes, blocks.counts, blocks.part((2, 0))
    ((2, 10), (3, 1), (slice(4, 5, None), slice(0, 10, None)))
    >>> Blocks.of((5, 10), {"y": 4}, ("x", "y")).sizes
    (5, 4)
    """

    shape: tuple[int, ...]
    sizes: tuple[int, ...]

    @classmethod
    def of(cls, shape: Sequence[int], chunks: Any, names: Sequence[str], numbers: int = 1) -> Blocks:
        """The blocks that somebody asks for.

        Args:
            chunks: None (about a million cells a block), "auto" (about four million numbers a block), a number of cells
                a block, or a mapping axis -> points of a block (-1 for all; axes that are not named are not cut).
            numbers: of a cell.

        Raises:
            ChunkError: it is none of these, or names an axis that the grid has not.
        """
        if chunks is None:
            chunks = CELLS
        if isinstance(chunks, str) and chunks == "auto":
            chunks = max(NUMBERS // max(numbers, 1), LEAST_CELLS)
        if isinstance(chunks, Mapping):
            wanted = {getattr(k, "name", k): v for k, v in chunks.items()}
            for name, size in wanted.items():
                if name not in names:
                    raise ChunkError(f"chunks: the grid has no axis {name!r}; its axes are {', '.join(names)}")
                if not _whole(size) or size < 1 and size != -1:
                    raise ChunkError(f"chunks[{name!r}] = {size!r}: a positive number of points, or -1 for all")
            sizes = [int(wanted.get(name, -1)) for name in names]
            return cls(tuple(shape), tuple(n if size == -1 else min(size, n) for size, n in zip(sizes, shape)))
        if not _whole(chunks) or chunks < 1:
            raise ChunkError(
                f"chunks = {chunks!r}: a positive number of cells a block, 'auto', or {{axis: points of a block}}"
            )
        sizes, room = [], int(chunks)
        for n in reversed(shape):  # the last axes whole, as long as there is room
            sizes.append(max(1, min(n, room)))
            room //= max(n, 1)
        return cls(tuple(shape), tuple(reversed(sizes)))

    @property
    def counts(self) -> tuple[int, ...]:
        """Blocks along each axis."""
        return tuple(-(-n // size) for n, size in zip(self.shape, self.sizes))

    @property
    def cells(self) -> int:
        """Cells of the whole grid."""
        return math.prod(self.shape)

    def __len__(self) -> int:
        return math.prod(self.counts)

    def __iter__(self) -> Iterator[tuple[int, ...]]:
        return product(*(range(n) for n in self.counts))

    def part(self, index: Sequence[int]) -> Part:
        """The slices of a block."""
        return tuple(slice(k * size, min((k + 1) * size, n)) for k, size, n in zip(index, self.sizes, self.shape))


def _whole(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def fill(
    evaluate: Callable[[Part], tuple[np.ndarray, np.ndarray]],
    count: int,
    blocks: Blocks,
    dtype: np.dtype,
    progress: Callable[[int, int], None] | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Values (count, *shape) and status (*shape) in memory, block by block."""
    values = np.empty((count, *blocks.shape), dtype)
    status = np.zeros(blocks.shape, np.int8)
    done = 0
    for index in blocks:
        part = blocks.part(index)
        values[(slice(None), *part)], status[part] = evaluate(part)
        done += int(status[part].size)
        if progress is not None:
            progress(done, blocks.cells)
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
