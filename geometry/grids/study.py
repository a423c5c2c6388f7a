"""What every grid has, however its cells are computed: shape, quantities, labels, and a way to evaluate a block."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import sympy as sp

from .labels import status_attributes

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Dimension", "Step", "Study", "Variable"]

_INDEX_NAMES = "ijklmnpqrs"


@dataclass(frozen=True)
class Variable:
    """A quantity of a result: the shape of its components, and where each of them stands among the expressions."""

    shape: tuple[int, ...]
    slots: tuple[int, ...]
    attributes: Mapping[str, str]


@dataclass(frozen=True)
class Dimension:
    """An axis of a result: its name, the values that it runs through, and what describes them."""

    name: str
    values: np.ndarray
    attributes: Mapping[str, str]


class Step(Protocol):
    """What looks at the numbers of a block after the kernel, for manifolds with conditions of their own.

    Attributes:
        cells: how many cells a block should have where nobody says so; None if it does not matter.
        attributes: provenance that it adds.
        question: what the numbers depend on through it.
    """

    cells: int | None
    attributes: Mapping[str, Any]
    question: tuple[Any, ...]

    def __call__(
        self, symbols: Sequence[sp.Symbol], arrays: Sequence[np.ndarray], values: np.ndarray, status: np.ndarray
    ) -> None:
        """Change the numbers (an expression a row) and the status of a block in place.

        The arrays are the values of the axes' symbols; they broadcast to the shape of the status.
        """


class Study(ABC):
    """A question about many cells, each of which can be answered by itself; it can be sent to another process.

    Attributes:
        dimensions: the axes of the grid.
        variables: the quantities by name.
        count: scalar expressions a cell.
        dtype: of the numbers.
        labels: names of the coordinates, which label the components of tensors.
        attributes: provenance, for the result.
    """

    dimensions: Sequence[Dimension]
    variables: Mapping[str, Variable]
    count: int
    dtype: np.dtype
    labels: Sequence[str]
    attributes: Mapping[str, Any]

    @property
    @abstractmethod
    def question(self) -> str:
        """A hash of everything that the numbers depend on."""

    @abstractmethod
    def evaluate(self, part: tuple[slice, ...]) -> tuple[np.ndarray, np.ndarray]:
        """Numbers (an expression a row) and status of a block of cells."""

    def question_of(self, part: tuple[slice, ...]) -> str:
        """A hash of what the numbers of a block depend on beyond `question`."""
        return ""

    @property
    def shape(self) -> tuple[int, ...]:
        """Cells along each axis."""
        return tuple(d.values.size for d in self.dimensions)

    def dims(self, name: str) -> tuple[str, ...]:
        """The dimensions of a quantity (or of "status"): those of its components, then those of the grid."""
        grid = [d.name for d in self.dimensions]
        free = [n for n in _INDEX_NAMES if n not in grid] + [f"index_{k}" for k in range(12)]
        rank = len(self.variables[name].shape) if name in self.variables else 0
        return (*free[:rank], *grid)

    def coordinates(self) -> dict[str, Any]:
        """The coordinates of the result, as `xarray.Dataset` takes them."""
        out: dict[str, Any] = {d.name: (d.name, d.values, dict(d.attributes)) for d in self.dimensions}
        for name, variable in self.variables.items():
            lengths = zip(self.dims(name), variable.shape)
            out |= {dim: (dim, list(self.labels)) for dim, n in lengths if n == len(self.labels)}
        return out

    def labelled(self, numbers: Mapping[str, Any], status: Any) -> xr.Dataset:
        """The dataset of arrays that are shaped already."""
        import xarray as xr

        from . import accessor  # noqa: F401  # the dataset has .chentsov

        variables = {
            name: (self.dims(name), numbers[name], dict(variable.attributes))
            for name, variable in self.variables.items()
        }
        variables["status"] = (self.dims("status"), status, status_attributes())
        return xr.Dataset(variables, coords=self.coordinates(), attrs=dict(self.attributes))

    def dataset(self, values: np.ndarray, status: np.ndarray) -> xr.Dataset:
        """The dataset of all numbers, given an expression a row (views of them, where that can be)."""
        return self.labelled({n: picked(values, v) for n, v in self.variables.items()}, status)


def picked(values: np.ndarray, variable: Variable) -> np.ndarray:
    """A quantity's components out of the rows of all expressions."""
    first, last = variable.slots[0], variable.slots[-1]
    consecutive = variable.slots == tuple(range(first, last + 1))
    rows = values[first : last + 1] if consecutive else values[list(variable.slots)]
    return rows.reshape((*variable.shape, *values.shape[1:]))
