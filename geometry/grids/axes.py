"""Reading the axes of a grid: which coordinate takes which values, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from ..exact.errors import InputError

__all__ = ["Axis", "read_axes"]


@dataclass(frozen=True)
class Axis:
    """The values that one coordinate runs through."""

    symbol: sp.Symbol
    values: np.ndarray

    @property
    def name(self) -> str:
        return self.symbol.name


def read_axes(
    given: Mapping[Any, Any], coordinates: Sequence[sp.Symbol], constants: Mapping[Any, Any]
) -> tuple[list[Axis], dict[sp.Symbol, Any]]:
    """The axes in the order of the coordinates, and the coordinates that are held fixed.

    A coordinate may be given one number instead of an array, or a value among the constants: then it is
    held fixed and gets no dimension.

    Raises:
        ValueError: a key that is no coordinate, a coordinate without values, values that are not real finite
            numbers on one line, two coordinates of one name.

    >>> a, b = sp.symbols("a b")
    >>> axes, fixed = read_axes({"a": [1.0, 2.0], b: 3}, (a, b), {})
    >>> axes[0].name, axes[0].values, fixed
    ('a', array([1., 2.]), {b: 3.0})
    """
    if not isinstance(given, Mapping):
        raise InputError(f"axes must be a mapping {{coordinate: values}}, not {type(given).__name__}")
    names = [c.name for c in coordinates]
    if len(set(names)) < len(names):
        raise InputError(f"two coordinates share a name ({', '.join(names)}): the dimensions of the result would clash")
    by_name = {_name(k): v for k, v in given.items()}
    unknown = [n for n in by_name if n not in names]
    if unknown:
        raise InputError(f"{unknown[0]!r} is not a coordinate: they are {', '.join(names)}")
    constant = {_name(k): v for k, v in constants.items()}
    axes: list[Axis] = []
    fixed: dict[sp.Symbol, Any] = {}
    for symbol in coordinates:
        if symbol.name in by_name:
            values = _values(symbol.name, by_name[symbol.name])
            if values.ndim:
                axes.append(Axis(symbol, values))
            else:
                fixed[symbol] = float(values)
        elif symbol.name in constant:
            fixed[symbol] = constant[symbol.name]
    missing = [n for n in names if n not in by_name and n not in constant]
    return axes, fixed | {s: None for s in coordinates if s.name in missing}


def _name(key: Any) -> str:
    return key.name if isinstance(key, sp.Symbol) else str(key)


def _values(name: str, given: Any) -> np.ndarray:
    try:
        values = np.asarray(given)
    except ValueError:
        raise InputError(f"axis {name}: not a list of numbers") from None
    if values.dtype == object:
        try:
            values = np.array([float(v) for v in values.ravel()]).reshape(values.shape)
        except (TypeError, ValueError):
            raise InputError(
                f"axis {name}: real numbers are needed, not objects such as {values.ravel()[0]!r}"
            ) from None
    if values.dtype.kind not in "fiub":
        raise InputError(f"axis {name}: real numbers are needed, not {values.dtype}")
    if values.ndim > 1:
        raise InputError(
            f"axis {name}: one-dimensional values are needed, not shape {values.shape}; the grid is spanned by its axes"
        )
    values = values.astype(np.float64)
    if not values.size:
        raise InputError(f"the grid is empty: axis {name} has no points")
    bad = ~np.isfinite(values)
    if bad.any():
        where = int(np.argmax(bad)) if values.ndim else 0
        raise InputError(f"the grid is not finite: axis {name} holds {values.ravel()[where]} at position {where}")
    return values
