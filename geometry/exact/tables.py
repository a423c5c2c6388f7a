"""The door for arrays: real numbers in NumPy's form, and columns of data by name.

Lists, NumPy and masked arrays, pandas and xarray objects are read through what they publish (``keys``, ``[]``,
``__array__``); none of these libraries is asked for by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from .errors import InputError
from .reading import Kind, nearest, read_float, short, short_list

__all__ = ["by_name", "one_length", "read_axis", "read_columns", "read_reals", "read_times"]


def read_reals(
    value: Any, where: str, error: Kind = InputError, dtype: Any = np.float64, *, hidden: float | None = None
) -> np.ndarray:
    """An array of real numbers of a dtype, of any shape; it may hold NaN and infinities.

    Args:
        value: a number, a nested list, an array of any library.
        where: what it is, for the message.
        dtype: float64 or float32.
        hidden: what stands for entries that a mask hides; without it they are refused.

    Raises:
        InputError: text, complex numbers, objects that are no numbers, ragged lists, masked entries, and whole or long
            numbers that a double does not hold.

    >>> read_reals([[1, 2], [3, sp.Rational(1, 2)]], "the table")
    array([[1. , 2. ],
           [3. , 0.5]])
    """
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        if hidden is None or value.dtype.kind != "f":
            at = tuple(int(n) for n in np.argwhere(np.ma.getmaskarray(value))[0])
            raise error(f"{where}: the entry {at} of a masked array is masked; fill it, or leave it out")
        value = value.filled(hidden)
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, OverflowError):
        raise error(f"{where}: the rows of a nested list must have one length") from None
    kind = array.dtype.kind
    if kind == "O":
        numbers = [read_float(v, f"{where}: real numbers are needed, but an entry", error) for v in array.ravel()]
        exact = [v for v in array.ravel() if isinstance(v, (int, sp.Integer))]
        if lost := [v for v in exact if int(float(v)) != v]:
            raise error(f"{where}: no double holds {short(lost[0], 24)} exactly; hand in a float")
        return np.array(numbers, dtype=dtype).reshape(array.shape)
    if kind not in "fiub":
        named = {"c": "complex numbers", "U": "text", "S": "text", "M": "dates", "m": "spans of time"}
        raise error(f"{where}: an array of real numbers is needed, not {named.get(kind, array.dtype)}")
    if kind in "iu" and array.itemsize > 4 or array.dtype == np.longdouble != np.float64:
        as_doubles = array.astype(np.float64)
        with np.errstate(all="ignore"):
            lost = (as_doubles.astype(array.dtype) != array) & (array == array)
        if lost.any():
            held = array.ravel()[int(np.argmax(lost.ravel()))]
            raise error(f"{where}: no double holds {held} exactly; hand in floats (numpy.float64)")
    return array.astype(dtype, copy=False)


def read_axis(values: Any, where: str, error: Kind = InputError) -> np.ndarray:
    """The values of an axis of a grid: finite doubles on one line and not empty, or a single one without dimension.

    Fractions and decimals become the nearest double, as in a program's text; integers are held exactly or refused.

    >>> read_axis([0.5, 1], "axis x"), read_axis(2, "axis x").ndim
    (array([0.5, 1. ]), 0)
    """
    array = read_reals(values, where, error)
    if array.ndim > 1:
        raise error(
            f"{where}: one-dimensional values are needed, not shape {array.shape}; the grid is spanned by its axes"
        )
    if not array.size:
        raise error(f"the grid is empty: {where} has no points")
    bad = ~np.isfinite(array)
    if bad.any():
        at = int(np.argmax(bad)) if array.ndim else 0
        raise error(f"the grid is not finite: {where} holds {array.ravel()[at]} at position {at}")
    return array


def read_times(t: Any, moments: int, error: Kind = InputError) -> np.ndarray:
    """The values of a parameter along a curve: those given, or so many from 0 to a number.

    Raises:
        InputError: fewer than two, or some that are not finite, or neither rise nor fall.

    >>> read_times(2, 3), read_times([1, 0], 3)
    (array([0., 1., 2.]), array([1., 0.]))
    """
    values = read_reals(t, "t", error)
    times = np.linspace(0.0, float(values), moments) if values.ndim == 0 else values
    steps = np.diff(times)
    if times.size < 2 or not np.isfinite(times).all() or not ((steps > 0).all() or (steps < 0).all()):
        raise error("t must be a non-zero number, or at least two times that are finite and rise or fall strictly")
    return times


def read_columns(
    data: Any, rows: Sequence[sp.Symbol | str], what: str = "data", error: Kind = InputError, dtype: Any = np.float64
) -> dict[str, np.ndarray]:
    """{name of a row variable: its column}, all finite, of one length and not empty.

    Args:
        data: a mapping by symbol or name, a pandas DataFrame, an xarray Dataset, or an array of rows × columns whose
            columns are in the order of `rows`.
        rows: the row variables, symbols or names; further columns are left alone.

    Raises:
        InputError: a column that is missing, given twice, ragged, empty, not one-dimensional or not finite.

    >>> x, t = sp.symbols("x t")
    >>> read_columns({"x": [1, 2], t: [0, 1]}, (x, t))
    {'x': array([1., 2.]), 't': array([0., 1.])}
    """
    names = [getattr(r, "name", r) for r in rows]
    if not names:
        return {}
    given = by_name(data, what, error, names)
    columns: dict[str, np.ndarray] = {}
    for name in names:
        if name not in given:
            raise error(
                f"no data for the row variable {name}: {what} has no column for {name} ({nearest(name, given)}); "
                f"pass {what}={{{name!r}: values, ...}}"
            )
        column = read_reals(given[name], f"{what} of {name}", error, dtype)
        if column.ndim != 1 or not column.size:
            raise error(f"{what} of {name}: one-dimensional and not empty is needed, not shape {column.shape}")
        if not np.isfinite(column).all():
            row = int(np.argmin(np.isfinite(column)))
            raise error(f"{what} of {name} is not finite: row {row} is not a finite number ({column[row]})")
        columns[name] = np.ascontiguousarray(column)
    return columns


def one_length(columns: Mapping[str, np.ndarray], what: str = "data", error: Kind = InputError) -> int:
    """The number of rows that all the columns have."""
    first, *others = columns
    for name in others:
        if columns[name].size != columns[first].size:
            raise error(
                f"the columns of {what} must be of one length: {name} has {columns[name].size} rows, "
                f"{first} has {columns[first].size}"
            )
    return columns[first].size


def by_name(
    data: Any, what: str = "data", error: Kind = InputError, names: Sequence[str] | None = None
) -> dict[str, Any]:
    """{name of a column: the column as it was given}; a table without names needs the `names` of its columns.

    >>> by_name({sp.Symbol("x"): [1, 2]})
    {'x': [1, 2]}
    """
    if data is None:
        return {}
    if hasattr(data, "data_vars") and hasattr(data, "coords"):  # an xarray Dataset: its coordinates are columns too
        data = {k: data[k] for k in (*data.data_vars, *data.coords)}
    if hasattr(data, "keys") and hasattr(data, "__getitem__") and not hasattr(data, "dims"):
        found: dict[str, Any] = {}
        mapping = isinstance(data, Mapping)
        for key in data.keys():
            name = getattr(key, "name", key)
            if not isinstance(name, str) or (not mapping and np.asarray(data[key]).dtype.kind not in "fiub"):
                continue  # in a table there may be columns that belong to no symbol: labels, dates, numbered ones
            if name in found:
                raise error(f"{what}: the column {name} is given twice, by symbol and by name")
            found[name] = data[key]
        return found
    if isinstance(data, (str, bytes)) or np.ndim(data) == 0 or names is None:
        raise error(f"{what} must map each row variable to its column of numbers, not {short(data)}")
    table = read_reals(data, what, error)
    if table.ndim == 1 and len(names) == 1:
        table = table[:, None]
    if table.ndim != 2 or table.shape[1] != len(names):
        raise error(
            f"{what} of shape {table.shape}: a table without names needs one column for each of "
            f"{short_list(list(names))}, in this order"
        )
    return dict(zip(names, table.T))
