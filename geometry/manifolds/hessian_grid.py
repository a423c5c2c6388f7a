"""Where on a grid the potential is not convex: no number there, and the status says why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from ..kernels.ball import BallProgram, as_ball, precision
from ..kernels.lower import lower

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Convexity", "is_positive_definite", "mask_where_not_convex"]

_PRECISIONS = (128, 512, 2048, 8192)
_MARGIN = 1e-6  # of a pivot to the entry it came from, above which rounding cannot have made its sign


def is_positive_definite(metric: np.ndarray, margin: float = 0.0) -> np.ndarray:
    """For matrices in the first two axes, cell by cell: whether all pivots of Gaussian elimination are positive.

    With a margin: whether they are larger than this part of the entries that they came from.

    >>> is_positive_definite(np.array([[[2.0, 1.0], [1.0, 2.0]], [[1.0, 2.0], [2.0, 1.0]]]))
    array([ True, False])
    """
    rest = np.array(metric, dtype=float)
    good = np.ones(rest.shape[2:], dtype=bool)
    with np.errstate(all="ignore"):
        for k in range(rest.shape[0]):
            pivot = rest[k, k]
            good &= pivot > margin * np.abs(metric[k, k])
            for i in range(k + 1, rest.shape[0]):
                rest[i, k + 1 :] -= rest[i, k] / pivot * rest[k, k + 1 :]
    return good


class Convexity:
    """Whether the Hessian of a potential is positive definite at a point, by Gaussian elimination in balls.

    >>> x, y = sp.symbols("x y")
    >>> convex = Convexity(sp.Matrix([[1, 0], [0, x]]), {x: None, y: 0}, {})
    >>> convex({"x": 1e-300}), convex({"x": -1e-300}), convex({"x": 0.0})
    (True, False, False)
    """

    def __init__(self, metric: sp.Matrix, values: Mapping[sp.Symbol, Any], data: Mapping[Any, Any]) -> None:
        self.dim, self.values = metric.rows, dict(values)
        program = lower([metric[i, j] for i in range(self.dim) for j in range(i + 1)], list(self.values))
        named = {getattr(k, "name", str(k)): column for k, column in data.items()}
        self.run = BallProgram(program, {key: named[key] for key in program.rows})

    def __call__(self, point: Mapping[str, Any]) -> bool | None:
        """True or False as proven, at coordinates given by name; None where no precision tells."""
        for bits in _PRECISIONS:
            with precision(bits):
                given = {s: point.get(s.name, v) for s, v in self.values.items()}
                entries = self.run({k: as_ball(v) for k, v in zip(self.run.program.inputs, given.values())})
                answer = _positive_definite(self.dim, entries)
            if answer is not None:
                return answer
        return None


def _positive_definite(dim: int, entries: Sequence[Any]) -> bool | None:
    """Of the lower triangle of a symmetric matrix in balls; a pivot that is proven zero or negative decides."""
    rest = {(i, j): entries[i * (i + 1) // 2 + j] for i in range(dim) for j in range(i + 1)}
    for k in range(dim):
        pivot = rest[k, k]
        if not pivot > 0:
            return False if pivot <= 0 else None
        for i in range(k + 1, dim):
            for j in range(k + 1, i + 1):
                rest[i, j] -= rest[i, k] * rest[j, k] / pivot
    return True


def mask_where_not_convex(
    result: xr.Dataset,
    metric: xr.DataArray,
    names: list[str],
    convexity: Callable[[], Convexity],
) -> xr.Dataset:
    """The dataset with NaN, and the status "potential not convex", in the cells where that is proven.

    Args:
        convexity: makes what decides at a point; it is asked where the numbers of the metric leave a doubt.
    """
    status = result["status"]
    axes = status.dims
    values = metric.transpose(*[d for d in metric.dims if d not in axes], *axes).values
    wrong = np.isfinite(values).all(axis=(0, 1)) & ~is_positive_definite(values, _MARGIN)
    convex = convexity() if wrong.any() else None
    for cell in np.argwhere(wrong):
        assert convex is not None
        point = {str(d): float(result[d].values[i]) for d, i in zip(axes, cell)}
        wrong[tuple(cell)] = convex(point) is False
    masked: dict[str, Any] = {}
    for name in names:
        variable = result[name]
        at = np.broadcast_to(wrong, variable.shape)  # the axes of the grid come last
        masked[name] = variable.copy(data=np.where(at, np.nan, variable.values).astype(variable.dtype))
    meanings = status.attrs["flag_meanings"].split()
    code = status.attrs["flag_values"][meanings.index("potential_not_convex")]
    codes = status.copy(data=np.where(wrong & (status.values == 0), code, status.values).astype(status.dtype))
    return result.assign(masked).assign(status=codes)
