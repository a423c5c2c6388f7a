"""Contractions that run as loops: the jets of a block of cells by a kernel, then `loops` over them.

A block holds as many cells as fit a few megabytes, so that memory depends neither on the size of the grid nor
(per row of data) on anything else. Components that are zero are left out; equal ones are computed once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
import sympy as sp

from ..exact.reading import read
from .contraction import Contraction
from .curvature import QUANTITIES, SPECIAL_QUANTITIES
from .jets import Jet
from .loops import contract
from .native.bilinear import WIDE
from .rows import of_rows

if TYPE_CHECKING:
    from .kernel import Kernel

__all__ = ["Looped"]

_BLOCK_BYTES = 1 << 24
_RANK = QUANTITIES | SPECIAL_QUANTITIES
_Compiled = tuple[list[sp.Expr], dict[tuple[int, ...], int], "Kernel"]
#: What jets over rows were compiled to, by arguments and constants: the data are arguments of the kernel.
_compiled: WeakKeyDictionary[Jet, dict[Any, _Compiled]] = WeakKeyDictionary()


class Looped:
    """Evaluates contractions on blocks of cells.

    Args:
        wanted: contractions with the row of the result that each one fills.
        arguments: the symbols that are called with.
        make: expressions, arguments, data -> a kernel for them.
        data: row symbol -> column.
        threads: how many.
        question: what the kernels that are made depend on besides.
    """

    def __init__(
        self,
        wanted: Sequence[tuple[int, Contraction]],
        arguments: Sequence[sp.Symbol],
        make: Callable[..., Kernel],
        data: Mapping[str, np.ndarray],
        threads: int,
        question: Any,
    ) -> None:
        self.threads = threads
        own: dict[Jet, list[tuple[int, Contraction]]] = {}
        for k, c in wanted:
            own.setdefault(c.jet, []).append((k, c))
        self.jets = [_JetLoops(jet, asked, arguments, make, data, question) for jet, asked in own.items()]

    def __call__(self, arrays: Sequence[np.ndarray], shape: tuple[int, ...], target: np.ndarray) -> None:
        """Fill the rows of `target` from arrays that broadcast to `shape`."""
        full = [a.reshape((1,) * (len(shape) - a.ndim) + a.shape) for a in arrays]
        for jet in self.jets:
            room = np.empty(0)  # that of the first block serves the others: fresh memory costs page faults
            for part in _blocks(shape, jet.cells):
                inside = [a[_own(part, a)] for a in full]
                lengths = tuple(s.stop - s.start for s in part)
                if room.size < (needed := jet.room(lengths)):
                    room = np.empty(needed)
                found = jet(inside, lengths, room[:needed], self.threads)
                for row, values in found:
                    target[row : row + 1].reshape(shape)[part] = values

    def __str__(self) -> str:
        return "\n".join(str(jet) for jet in self.jets)


class _JetLoops:
    def __init__(
        self,
        jet: Jet,
        wanted: list[tuple[int, Contraction]],
        arguments: Sequence[sp.Symbol],
        make: Callable[..., Kernel],
        data: Mapping[str, np.ndarray],
        question: Any,
    ) -> None:
        self.jet, self.wanted = jet, wanted
        self.columns = [np.asarray(data[v.name], float) for v in jet.variables]
        kept = _compiled.setdefault(jet, {}) if jet.variables else {}
        key = (tuple(arguments), question)
        if key not in kept:
            kept[key] = _compile(jet, arguments, make)
        self.distinct, self.row, self.kernel = kept[key]
        length = self.columns[0].size if self.columns else 1
        outputs = sum(jet.dimension ** _RANK[q] for q in {c.quantity for _, c in wanted})
        self.cells = max(1 if self.columns else WIDE, _BLOCK_BYTES // (8 * (len(self.distinct) * length + outputs)))

    def __str__(self) -> str:
        return self.explain()

    def explain(self) -> str:
        """What is contracted from what, and how many cells at a time."""
        names = list(dict.fromkeys(c.quantity for _, c in self.wanted))
        return (
            f"{self.jet.explain(names)}; {len(self.distinct)} components are different and not zero, for "
            f"{self.cells} cells at a time"
        )

    def room(self, shape: tuple[int, ...]) -> int:
        """How many numbers the jets of a block are."""
        return max(len(self.distinct), 1) * math.prod(shape) * (self.columns[0].size if self.columns else 1)

    def __call__(
        self, arrays: Sequence[np.ndarray], shape: tuple[int, ...], room: np.ndarray, threads: int
    ) -> Iterator[tuple[int, np.ndarray]]:
        cells, n, jet = math.prod(shape), self.jet.dimension, self.jet
        if self.columns:
            values = room.reshape(max(len(self.distinct), 1), *shape, self.columns[0].size)
            self.kernel(*(a[..., None] for a in arrays), *self.columns, out=values)
            flat: np.ndarray = values.reshape(len(values), cells, -1)
        else:
            values = room.reshape(max(len(self.distinct), 1), *shape)
            self.kernel(*arrays, out=values)
            flat = values.reshape(len(values), cells)
            if cells < WIDE:
                flat = np.pad(flat, ((0, 0), (0, WIDE - cells)), mode="edge")
        for quantity in dict.fromkeys(c.quantity for _, c in self.wanted):
            out = (
                of_rows(n, quantity, flat, self.row, threads, jet.chain is not None)
                if self.columns
                else contract(n, jet.structure, quantity, flat, self.row, threads)
            )
            for row, c in self.wanted:
                if c.quantity == quantity:
                    position = sum(i * n**k for k, i in enumerate(reversed(c.index)))
                    yield row, out[position, :cells].reshape(shape)


def _compile(jet: Jet, arguments: Sequence[sp.Symbol], make: Callable[..., Kernel]) -> _Compiled:
    """The components that are different and not zero, where each index finds its own, and their kernel."""
    components, *outer = jet.chain or (jet.components,)
    simplified = {k: read(e) for k, e in components.items()}
    distinct = list(dict.fromkeys(e for e in simplified.values() if e != 0))
    row = {e: k for k, e in enumerate(distinct)}
    places = {index: row.get(e, -1) for index, e in simplified.items()}
    distinct += [read(e) for e in outer]
    kernel = make(distinct or [sp.Integer(0)], [*arguments, *jet.variables], {} if jet.variables else None)
    return distinct, places, kernel


def _own(part: tuple[slice, ...], array: np.ndarray) -> tuple[slice, ...]:
    """The part of an array that has length one where it does not vary."""
    return tuple(s if n > 1 else slice(None) for s, n in zip(part, array.shape))


def _blocks(shape: tuple[int, ...], cells: int) -> Iterator[tuple[slice, ...]]:
    """Parts of at most so many cells each (one cell at least).

    >>> [tuple((s.start, s.stop) for s in part) for part in _blocks((3, 4), 8)]
    [((0, 2), (0, 4)), ((2, 3), (0, 4))]
    """
    if not shape:
        yield ()
        return
    inner = math.prod(shape[1:])
    each = max(1, cells // max(inner, 1))
    for start in range(0, shape[0], each):
        here = slice(start, min(shape[0], start + each))
        for rest in _blocks(shape[1:], max(1, cells // each)):
            yield (here, *rest)
