"""The curvature formulas on arrays: a component is a row over many cells."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np

from .curvature import QUANTITIES, SPECIAL_QUANTITIES, Curvature

__all__ = ["components"]


class _Row(np.ndarray):
    """Numbers over cells; whether all of them are zero is not asked."""

    def __bool__(self) -> bool:
        return True


class _OnCells(Curvature):
    def __init__(
        self,
        metric: np.ndarray,
        inverse: np.ndarray,
        determinant: np.ndarray,
        lowered: Callable[..., np.ndarray] | None,
    ) -> None:
        self._lowered, self._inverse, self._determinant = lowered, inverse.view(_Row), determinant.view(_Row)
        super().__init__(len(metric), np.zeros(metric.shape[2]).view(_Row), [list(row) for row in metric.view(_Row)])

    def riemann_pair(self, i: int, j: int, k: int, l: int) -> np.ndarray:
        assert self._lowered is not None, "this quantity follows from the metric alone"
        return self._lowered(i, j, k, l).view(_Row)

    def inverse(self, i: int, j: int) -> np.ndarray:
        return self._inverse[i, j]

    def determinant(self) -> np.ndarray:
        return self._determinant

    def volume_density(self) -> np.ndarray:
        return np.sqrt(np.abs(self._determinant))

    def _metric_derivative(self, i: int, j: int, k: int) -> np.ndarray:
        raise NotImplementedError("the connection of a batch is contracted by its own loops")

    _metric_second_derivative = _metric_derivative  # type: ignore[assignment]


def components(
    quantity: str,
    metric: np.ndarray,
    inverse: np.ndarray,
    determinant: np.ndarray,
    lowered: Callable[..., np.ndarray] | None,
) -> np.ndarray:
    """A quantity that follows from g, g⁻¹, det g and R_ijkl: components (all indices, the last one fastest) x cells.

    Args:
        metric: n x n x cells, and so is the inverse.
        determinant: over the cells.
        lowered: i < j, k < l -> R_ijkl over the cells; None for what follows from the metric alone.

    >>> g = np.eye(2)[:, :, None] * [1.0, 4.0]                       # round spheres, R_0101 = det g / r²
    >>> components("einstein", g, 1 / g[0, 0] * np.eye(2)[:, :, None], g[0, 0] ** 2, lambda *index: g[0, 0]).tolist()
    [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]
    """
    found = _OnCells(metric, inverse, determinant, lowered).quantity(quantity)
    rank = (QUANTITIES | SPECIAL_QUANTITIES)[quantity]
    indices = product(range(len(metric)), repeat=rank)
    return np.stack([np.asarray(found(*index)) for index in indices])  # type: ignore[misc]
