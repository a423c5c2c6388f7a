"""Data rows: inputs with targets, for networks of any size, and the labelled points of the plane of the thesis."""

from __future__ import annotations

import csv
from array import array as packed
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.exact.reading import read_count
from chentsov.geometry.exact.tables import read_reals

__all__ = ["DataError", "LabelledPoints", "Rows", "decision_boundary"]

#: Rows beyond which data are not made: a column of so many takes 0.8 GB.
MOST_ROWS = 100_000_000

Column = np.ndarray[Any, np.dtype[np.float64]]


class DataError(InputError):
    """Data that the model cannot be built on: says which row and what is wrong with it."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of numbers by columns: inputs first, then targets.

    Args:
        columns: one-dimensional, of equal length, finite, of two rows or more. They are copied to float64.
        source: where the rows come from, kept as provenance.

    Raises:
        DataError: columns of different lengths or not one-dimensional, fewer than two rows, a value that is not finite.
    """

    columns: tuple[Column, ...]
    source: str = "given"

    def __len__(self) -> int:
        return len(self.columns[0])

    def __repr__(self) -> str:
        return f"<{len(self)} rows of {len(self.columns)} numbers: {self.source}>"

    @classmethod
    def read(cls, data: Any, targets: Any = None, *, names: Sequence[str], inputs: int) -> Rows:
        """Rows from what people have.

        Args:
            data: inputs (rows × inputs) if `targets` (rows × outputs) are given, or the pair of both; an array with
                inputs and targets side by side; a mapping, data frame or dataset that has a column for every name;
                `Rows` or `LabelledPoints`.
            names: of the columns, inputs first.
            inputs: how many of them are inputs.

        Raises:
            DataError: something else, another shape, fewer than two rows, or a number that is not finite.

        >>> Rows.read([[0.0], [1.0]], [1.0, 0.0], names=["x", "t"], inputs=1)
        <2 rows of 2 numbers: given>
        """
        if isinstance(data, (Rows, LabelledPoints)) and targets is None:
            if len(data.columns) != len(names):
                raise DataError(f"the data have {len(data.columns)} columns; {len(names)} are needed: {_some(names)}")
            return cls(tuple(data.columns), data.source)
        if targets is None and hasattr(data, "keys"):
            named = {str(getattr(k, "name", k)): data[k] for k in data.keys()}
            missing = [n for n in names if n not in named]
            if missing:
                raise DataError(
                    f"the data have no column {_some(missing)}; they have {_some(list(named))}: rename them, or "
                    "hand in the pair (inputs, targets)"
                )
            columns = [read_reals(named[n], f"column {n}", DataError) for n in names]
            shapes = {c.shape for c in columns}
            if len(shapes) > 1 or columns[0].ndim != 1:
                raise DataError(
                    f"the columns of the data must be one-dimensional and of one length, not {sorted(shapes)}"
                )
            table = np.array(columns).T
            return cls._checked(table[:, :inputs], table[:, inputs:])
        if isinstance(data, (str, Path)):
            raise DataError(
                f"data are numbers, not the name of a file: hand in what pandas.read_csv({str(data)!r:.60}) reads"
            )
        if targets is None and isinstance(data, (tuple, list)) and len(data) == 2:
            data, targets = data
        if targets is None:
            table = read_reals(data, "the data", DataError)
            if table.ndim != 2 or table.shape[1] != len(names):
                raise DataError(
                    f"data are a pair (inputs, targets), columns by name, or an array with the columns {_some(names)}; "
                    f"the array has the shape {table.shape}"
                )
            return cls._checked(table[:, :inputs], table[:, inputs:])
        arrays = []
        for what, given, width in (("inputs", data, inputs), ("targets", targets, len(names) - inputs)):
            array = read_reals(given, f"the {what}", DataError)
            if array.ndim == 1 and width == 1:
                array = array[:, None]
            if array.ndim != 2 or array.shape[1] != width:
                raise DataError(f"the {what} must have the shape (rows, {width}), not {array.shape}")
            arrays.append(array)
        return cls._checked(arrays[0], arrays[1])

    @classmethod
    def _checked(cls, inputs: Column, targets: Column, source: str = "given") -> Rows:
        for what, array in (("inputs", inputs), ("targets", targets)):
            if not np.isfinite(array).all():
                row = int(np.argwhere(~np.isfinite(array))[0, 0])
                raise DataError(f"the {what} hold a number that is not finite in row {row}")
            if (np.abs(array) > LARGEST).any():
                row = int(np.argwhere(np.abs(array) > LARGEST)[0, 0])
                raise DataError(f"the {what} hold a number beyond {LARGEST:g} in row {row}: rescale the data")
        if len(inputs) != len(targets):
            raise DataError(f"there are {len(inputs)} rows of inputs and {len(targets)} of targets")
        if len(inputs) < 2:
            raise DataError(f"the data have {len(inputs)} row(s); at least 2 are needed")
        columns = np.concatenate([inputs, targets], axis=1).T.copy()
        columns.flags.writeable = False
        return cls(tuple(columns), source)

    def check_rank(self, inputs: int, bias: bool) -> None:
        """Raise DataError unless the inputs (with the constant 1, if there is a bias) span the weights."""
        table = np.array([*self.columns[:inputs], *([np.ones(len(self))] if bias else [])])
        sizes = np.abs(table).max(axis=1)
        rank = int(np.linalg.matrix_rank(table / np.where(sizes > 0, sizes, 1)[:, None])) if sizes.all() else 0
        if rank < len(table):
            what = "inputs and the constant 1 of the bias" if bias else "inputs"
            raise DataError(
                f"the {what} of the data span fewer than {len(table)} dimensions, so the metric is singular: "
                "add rows in other directions, or leave out an input"
            )


#: Numbers beyond which data are refused: their products are no doubles any more.
LARGEST = 1e100


def _some(names: Sequence[str]) -> str:
    return ", ".join(map(str, names[:6])) + (", …" if len(names) > 6 else "")


@dataclass(frozen=True, eq=False)
class LabelledPoints:
    """Inputs (x, y) with a target t in [0, 1], one row each; at least two rows.

    Args:
        x, y, t: one-dimensional, of equal length. They are copied to float64.
        source: where the rows come from, kept as provenance.

    Raises:
        DataError: columns of different lengths or not one-dimensional, fewer than two rows, a value
            that is not finite, a target outside [0, 1].

    >>> LabelledPoints([0.1, 0.7], [0.8, 0.2], [1, 0])
    <2 labelled points, 1 of them with target above 1/2: given>
    """

    x: Column
    y: Column
    t: Column
    source: str = "given"

    def __post_init__(self) -> None:
        columns = {}
        for name in ("x", "y", "t"):
            if np.ma.is_masked(getattr(self, name)):
                raise DataError(f"column {name} of the data is masked in places; leave those rows out")
            try:
                column = np.array(getattr(self, name), dtype=np.float64)
            except (TypeError, ValueError) as error:
                raise DataError(f"column {name} of the data is not numeric: {error}") from error
            if column.ndim != 1:
                raise DataError(f"column {name} of the data has {column.ndim} dimensions; one is needed")
            columns[name] = column
        lengths = {name: len(column) for name, column in columns.items()}
        if len(set(lengths.values())) != 1:
            raise DataError(
                "the columns of the data differ in length: " + ", ".join(f"{k} has {v}" for k, v in lengths.items())
            )
        if lengths["x"] < 2:
            raise DataError(f"the data have {lengths['x']} row(s); at least 2 are needed")
        for name, column in columns.items():
            if not np.isfinite(column).all():
                row = int(np.flatnonzero(~np.isfinite(column))[0])
                raise DataError(f"the data hold {column[row]} in row {row}, column {name}; every value must be finite")
            if (np.abs(column) > LARGEST).any():
                row = int(np.flatnonzero(np.abs(column) > LARGEST)[0])
                raise DataError(
                    f"the data hold {column[row]:g} in row {row}, column {name}; beyond {LARGEST:g} rescale them"
                )
        outside = np.flatnonzero((columns["t"] < 0) | (columns["t"] > 1))
        if outside.size:
            row = int(outside[0])
            raise DataError(f"the target in row {row} is {columns['t'][row]:g}; targets must lie in [0, 1]")
        for name, column in columns.items():
            column.flags.writeable = False
            object.__setattr__(self, name, column)

    def __len__(self) -> int:
        return len(self.x)

    @property
    def columns(self) -> tuple[Column, ...]:
        """x, y and t."""
        return self.x, self.y, self.t

    def __repr__(self) -> str:
        return (
            f"<{len(self)} labelled points, {int((self.t > 0.5).sum())} of them with target above 1/2: {self.source}>"
        )

    @property
    def spans_the_plane(self) -> bool:
        """Are there two inputs that are not on one line through the origin (beyond rounding)?"""
        size = max(float(np.abs(self.x).max()), float(np.abs(self.y).max()))
        if size == 0:
            return False
        x, y = self.x / size, self.y / size
        far = int(np.argmax(np.hypot(x, y)))
        products = x[far] * y, y[far] * x
        tolerance = 4 * np.finfo(float).eps * (abs(products[0]) + abs(products[1]))
        return bool((abs(products[0] - products[1]) > tolerance).any())

    @classmethod
    def read_csv(cls, path: str | Path) -> LabelledPoints:
        """Rows from a CSV file: columns x, y, t, with or without a header line of these names (in any order).

        Raises:
            DataError: no such file, a row with the wrong number of fields, a field that is not a number.
        """
        path = Path(path)
        numbers = packed("d")  # a line at a time: a file may be large
        try:
            if path.is_char_device() or path.is_block_device():
                raise DataError(f"cannot read the data file '{path}': it is a device, which has no end")
            with path.open(newline="", encoding="utf-8-sig") as file:
                order, first = (0, 1, 2), True
                for line, row in enumerate(csv.reader(file), 1):
                    fields = [f.strip() for f in row]
                    if not any(fields):
                        continue
                    header, first = [f.lower() for f in fields] if first else [], False
                    if sorted(header) == ["t", "x", "y"]:
                        order = (header.index("x"), header.index("y"), header.index("t"))
                        continue
                    numbers.extend(_three_numbers(fields, order, line, path))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise DataError(f"cannot read the data file '{path}': {reason}") from error
        x, y, t = np.frombuffer(numbers).reshape(-1, 3).T if numbers else np.empty((3, 0))
        return cls(x, y, t, source=f"file {path.name}")


def _three_numbers(fields: Sequence[str], order: Sequence[int], line: int, path: Path) -> list[float]:
    if len(fields) != 3:
        raise DataError(
            f"line {line} of '{path}' has {len(fields)} field(s); three are needed: x, y, t"
            + (" (more inputs: ch.models.Neuron in Python)" if len(fields) > 3 else "")
        )
    try:
        if any("_" in field for field in fields):  # Python reads 1_0 as 10
            raise ValueError
        return [float(fields[k]) for k in order]
    except ValueError:
        header = " (a header names the columns x, y, t)" if line == 1 else ""
        raise DataError(f"line {line} of '{path}' is not three numbers: {', '.join(fields)[:60]}{header}") from None


def decision_boundary(n: int = 200, seed: int = 0) -> LabelledPoints:
    """n points uniform in the unit square, with target 1 where y > x and 0 elsewhere (thesis, section 5.2.2).

    >>> points = decision_boundary(100, seed=1)
    >>> bool(((points.y > points.x) == points.t).all())
    True

    Raises :class:`DataError` for n < 2 or a seed that is not a non-negative integer.
    """
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 2:
        raise DataError(f"the data need at least 2 rows, not {n}")
    read_count(n, "the number of rows", most=MOST_ROWS)
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise DataError(f"the seed must be a non-negative integer, not {seed}")
    x, y = np.random.default_rng(seed).random((2, n))
    return LabelledPoints(x, y, (y > x).astype(float), source=f"decision boundary, {n} rows, seed {seed}")
