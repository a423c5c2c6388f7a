"""Kernels at arrays of xarray: dimensions broadcast by name, coordinates come along."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..exact.errors import InputError

__all__ = ["labelled"]


def labelled(kernel: Callable[..., Any], arrays: Sequence[Any]) -> Any:
    """The kernel's result with the dimensions of its arguments; components of an array of formulas come first.

    Raises:
        InputError: a dimension whose sizes or coordinates differ.

    >>> import sympy as sp, xarray as xr
    >>> from chentsov.geometry.kernels import compile
    >>> x, y = sp.symbols("x y")
    >>> u = xr.DataArray([1.0, 2.0], dims="u")
    >>> compile(x * y, [x, y])(u, xr.DataArray([3.0, 4.0, 5.0], dims="v")).dims
    ('u', 'v')
    """
    import xarray as xr

    given = [a if isinstance(a, xr.DataArray) else xr.DataArray(np.asarray(a)) for a in arrays]
    try:
        aligned = xr.align(*given, join="exact", copy=False)
    except ValueError as reason:
        raise InputError(f"the arrays do not fit together: {str(reason).splitlines()[0]}") from None
    dims = tuple(dict.fromkeys(d for a in aligned for d in a.dims))
    plain = [
        a.transpose(*(d for d in dims if d in a.dims)).values.reshape([a.sizes.get(d, 1) for d in dims])
        for a in aligned
    ]
    coords: dict[Any, Any] = {}
    for a in aligned:
        coords |= {k: v for k, v in a.coords.items() if set(v.dims) <= set(dims)}

    def named(values: Any) -> Any:
        array = np.asarray(values)
        inner = [f"component_{k}" for k in range(array.ndim - len(dims))]
        return xr.DataArray(array, dims=(*inner, *dims), coords=coords)

    found = kernel(*plain)
    return [named(v) for v in found] if isinstance(found, list) else named(found)
