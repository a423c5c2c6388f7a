"""Reading the axes of a grid: which coordinate takes which values, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from ..exact.errors import InputError
from ..exact.reading import match_symbols, short
from ..exact.tables import read_axis
from ..kernels.reading import read_constant

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
        raise InputError(f"axes must be a mapping {{coordinate: values}}, not {short(given)}")
    names = [c.name for c in coordinates]
    if len(set(names)) < len(names):
        raise InputError(f"two coordinates share a name ({', '.join(names)}): the dimensions of the result would clash")
    on_axes = match_symbols(given, coordinates, "axes", stranger="'{name}' is not a coordinate")
    held = {getattr(k, "name", k): v for k, v in constants.items()}
    axes: list[Axis] = []
    fixed: dict[sp.Symbol, Any] = {}
    for symbol in coordinates:
        if symbol in on_axes and symbol.name in held:
            raise InputError(f"the coordinate {symbol} is given twice, among the axes and among the constants")
        if symbol in on_axes:
            given_here = on_axes[symbol]
            if _is_one_number(given_here):  # exact, as a constant is
                fixed[symbol] = read_constant(symbol, given_here, "coordinate")
            elif (values := read_axis(given_here, f"axis {symbol}")).ndim:
                _check_name(symbol.name)
                axes.append(Axis(symbol, values))
            else:
                fixed[symbol] = float(values)
        elif symbol.name in held:
            fixed[symbol] = held[symbol.name]
    missing = [s for s in coordinates if s not in on_axes and s.name not in held]
    return axes, fixed | dict.fromkeys(missing)


def _is_one_number(value: Any) -> bool:
    """An exact number that stands alone; whole numbers among them."""
    return isinstance(value, (sp.Expr, Fraction, Decimal, int)) and not isinstance(value, bool)


def _check_name(name: str) -> None:
    """A dimension of a dataset (and of its file) needs a name that nothing else in it has."""
    if not name.strip() or "/" in name:
        raise InputError(
            f"the coordinate {name!r} cannot name a dimension of a dataset; give it another name, for example "
            "manifold.change_coordinates with a Symbol of letters and digits"
        )
