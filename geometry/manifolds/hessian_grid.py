"""Where on a grid the potential is not convex: no number there, and the status says why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["NOT_CONVEX", "is_positive_definite", "mask_where_not_convex"]

#: The status of a cell in which the Hessian of the potential is not positive definite.
NOT_CONVEX = 4


def is_positive_definite(metric: np.ndarray) -> np.ndarray:
    """For matrices in the first two axes, cell by cell: whether all pivots of Gaussian elimination are positive.

    >>> is_positive_definite(np.array([[[2.0, 1.0], [1.0, 2.0]], [[1.0, 2.0], [2.0, 1.0]]]))
    array([ True, False])
    """
    rest = np.array(metric, dtype=float)
    good = np.ones(rest.shape[2:], dtype=bool)
    with np.errstate(all="ignore"):
        for k in range(rest.shape[0]):
            pivot = rest[k, k]
            good &= pivot > 0
            for i in range(k + 1, rest.shape[0]):
                rest[i, k + 1 :] -= rest[i, k] / pivot * rest[k, k + 1 :]
    return good


def mask_where_not_convex(result: xr.Dataset, metric: xr.DataArray, names: list[str]) -> xr.Dataset:
    """The dataset with NaN, and the status "not convex", where the metric has a number and is not positive definite."""
    status = result["status"]
    axes = status.dims
    values = metric.transpose(*[d for d in metric.dims if d not in axes], *axes).values
    wrong = np.isfinite(values).all(axis=(0, 1)) & ~is_positive_definite(values)
    masked: dict[str, Any] = {}
    for name in names:
        variable = result[name]
        at = np.broadcast_to(wrong, variable.shape)  # the axes of the grid come last
        masked[name] = variable.copy(data=np.where(at, np.nan, variable.values).astype(variable.dtype))
    result = result.assign(masked)
    codes = status.copy(data=np.where(wrong & (status.values == 0), NOT_CONVEX, status.values).astype(status.dtype))
    codes.attrs = dict(status.attrs)
    codes.attrs["flag_values"] = np.append(status.attrs["flag_values"], np.int8(NOT_CONVEX)).astype(np.int8)
    codes.attrs["flag_meanings"] = f"{status.attrs['flag_meanings']} potential_not_convex"
    return result.assign(status=codes)
