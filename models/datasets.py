"""Labelled points of the plane: the rows (x, y, t) that a two-input neuron learns from."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from chentsov.geometry.exact.errors import InputError

__all__ = ["DataError", "LabelledPoints", "decision_boundary"]

Column = np.ndarray[Any, np.dtype[np.float64]]


class DataError(InputError):
    """Data that the model cannot be built on: says which row and what is wrong with it."""


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
        outside = np.flatnonzero((columns["t"] < 0) | (columns["t"] > 1))
        if outside.size:
            row = int(outside[0])
            raise DataError(f"the target in row {row} is {columns['t'][row]:g}; targets must lie in [0, 1]")
        for name, column in columns.items():
            column.flags.writeable = False
            object.__setattr__(self, name, column)

    def __len__(self) -> int:
        return len(self.x)

    def __repr__(self) -> str:
        return (
            f"<{len(self)} labelled points, {int((self.t > 0.5).sum())} of them with target above 1/2: {self.source}>"
        )

    @property
    def spans_the_plane(self) -> bool:
        """Are there two inputs that are not on one line through the origin (beyond rounding)?"""
        far = int(np.argmax(np.hypot(self.x, self.y)))
        products = self.x[far] * self.y, self.y[far] * self.x
        tolerance = 4 * np.finfo(float).eps * (abs(products[0]) + abs(products[1]))
        return bool((abs(products[0] - products[1]) > tolerance).any())

    @classmethod
    def read_csv(cls, path: str | Path) -> LabelledPoints:
        """Rows from a CSV file: columns x, y, t, with or without a header line of these names (in any order).

        Raises:
            DataError: no such file, a row with the wrong number of fields, a field that is not a number.
        """
        path = Path(path)
        try:
            if path.is_char_device() or path.is_block_device():
                raise DataError(f"cannot read the data file '{path}': it is a device, which has no end")
            with path.open(newline="", encoding="utf-8-sig") as file:
                lines = [
                    (n, [f.strip() for f in row])
                    for n, row in enumerate(csv.reader(file), 1)
                    if any(f.strip() for f in row)
                ]
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise DataError(f"cannot read the data file '{path}': {reason}") from error
        order = [0, 1, 2]
        if lines and sorted(f.lower() for f in lines[0][1]) == ["t", "x", "y"]:
            header = [f.lower() for f in lines.pop(0)[1]]
            order = [header.index(name) for name in "xyt"]
        rows = []
        for number, fields in lines:
            if len(fields) != 3:
                raise DataError(f"line {number} of '{path}' has {len(fields)} field(s); three are needed: x, y, t")
            try:
                if any("_" in field for field in fields):  # Python reads 1_0 as 10
                    raise ValueError
                rows.append([float(fields[k]) for k in order])
            except ValueError:
                raise DataError(f"line {number} of '{path}' is not three numbers: {', '.join(fields)[:60]}") from None
        columns = np.array(rows, dtype=float).reshape(-1, 3).T
        x, y, t = columns
        return cls(x, y, t, source=f"file {path.name}")


def decision_boundary(n: int = 200, seed: int = 0) -> LabelledPoints:
    """n points uniform in the unit square, with target 1 where y > x and 0 elsewhere (thesis, section 5.2.2).

    >>> points = decision_boundary(100, seed=1)
    >>> bool(((points.y > points.x) == points.t).all())
    True

    Raises :class:`DataError` for n < 2 or a seed that is not a non-negative integer.
    """
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 2:
        raise DataError(f"the data need at least 2 rows, not {n}")
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise DataError(f"the seed must be a non-negative integer, not {seed}")
    x, y = np.random.default_rng(seed).random((2, n))
    return LabelledPoints(x, y, (y > x).astype(float), source=f"decision boundary, {n} rows, seed {seed}")
