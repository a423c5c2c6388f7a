"""The right-hand side of one trajectory, with what else is wanted along it: a formula, or averages over rows of data.

Over data, a field −g⁻¹ ∂E is never written out: at each point the metric and the slopes of E are averaged in one loop
over the rows, and g X = −∂E is solved, with the metric scaled to a unit diagonal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp
from chentsov.geometry.manifolds import ManifoldError
from chentsov.geometry.manifolds.recipes import metric_of

from ..exact import UnsupportedFunction
from ..exact.tables import one_length, read_columns
from ..kernels import compile
from ..kernels.algebras import resolution
from .evaluation import evaluate
from .lanes import SINGULAR, TOO_MANY_STEPS

if TYPE_CHECKING:
    from .flow import Flow

__all__ = ["PlainField", "RowField"]

#: Evaluations of a field over data after which a trajectory is given up: near a singular metric steps get ever smaller.
MOST_EVALUATIONS = 100_000


class PlainField:
    """The field of a flow, further expressions and the energy, compiled.

    Args:
        flow: the flow.
        others: expressions that are wanted besides the velocity.
        energy: the potential, or nothing.
        constants: a number for every constant.
    """

    trouble: int | None = None

    def __init__(
        self,
        flow: Flow,
        others: Sequence[sp.Expr],
        energy: Sequence[sp.Expr],
        constants: Mapping[sp.Symbol, float],
    ) -> None:
        self.flow, self.constants, self.slow = flow, constants, list(energy)
        inner = [*flow.components, *others]
        self.wanted = len(inner) + len(energy)
        try:
            self.kernel, self.slow = compile([*inner, *energy], flow.coordinates, constants=constants, threads=1), []
        except UnsupportedFunction:  # of the energy alone: it is not needed to go on
            self.kernel = compile(inner, flow.coordinates, constants=constants, threads=1)
        self.kernel.promises = ()  # the domain is watched along the way

    def right_hand_side(self, count: int) -> Callable[[np.ndarray], np.ndarray]:
        """y -> the first `count` values at the point that y begins with."""
        at, dim = self.kernel.pointwise(), self.flow.dim
        return lambda y: at(*y[:dim])[:count]

    def along(self, states: np.ndarray) -> np.ndarray:
        """Velocity, the others and the energy at many states: states × wanted."""
        points = np.ascontiguousarray(states[:, : self.flow.dim])
        values = np.stack([np.broadcast_to(v, len(points)) for v in self.kernel(*points.T)], axis=1)
        if not self.slow:
            return values
        return np.hstack([values, evaluate(self.slow, self.flow.coordinates, points, self.constants)])


class RowField:
    """The field of a flow, and further expressions along it, averaged over rows.

    Args:
        flow: the flow.
        others: expressions that are wanted besides the velocity.
        data: the rows, as for `on_grid`.
        constants: a number for every constant.

    Attributes:
        trouble: the code of why there is no velocity, once there was none.

    Raises:
        ManifoldError: a column that is missing, ragged, or not finite.
    """

    def __init__(self, flow: Flow, others: Sequence[sp.Expr], data: Any, constants: Mapping[sp.Symbol, float]) -> None:
        self.dim, self.solved = flow.dim, flow.follows_gradient
        columns = read_columns(data, flow.rows, error=ManifoldError)
        one_length(columns, error=ManifoldError)
        field = list(flow.components) if not self.solved else list(flow.slopes)
        self.upper = np.triu_indices(self.dim)
        metric = metric_of(flow.manifold)
        entries = [metric[i, j] for i, j in zip(*self.upper)] if self.solved else []
        self.trouble: int | None = None
        self.kernel = compile(
            [*field, *others, *entries], flow.coordinates, data=columns, constants=constants, threads=1
        )
        self.wanted = self.dim + len(others)

    def _completed(self, values: np.ndarray) -> np.ndarray:
        """Velocity and the others from the values of the kernel at points: points × wanted."""
        found = np.array(values[:, : self.wanted])
        if not self.solved:
            return found
        metric = np.empty((len(values), self.dim, self.dim))
        i, j = self.upper
        metric[:, i, j] = metric[:, j, i] = values[:, self.wanted :]
        with np.errstate(all="ignore"):
            scale = np.sqrt(np.einsum("nii->ni", metric))
            unit = metric / scale[:, :, None] / scale[:, None, :]
            lost = ~np.isfinite(unit).all((1, 2))
            unit[lost] = np.eye(self.dim)
            lost |= ~(np.linalg.eigvalsh(unit)[:, 0] > resolution(64))
            unit[lost] = np.eye(self.dim)
            velocity = -np.linalg.solve(unit, (found[:, : self.dim] / scale)[..., None])[..., 0] / scale
        if lost.any():
            self.trouble = SINGULAR
        velocity[lost] = np.nan
        found[:, : self.dim] = velocity
        return found

    def right_hand_side(self, count: int) -> Callable[[np.ndarray], np.ndarray]:
        """y -> the first `count` values at the point that y begins with."""
        at, left = self.kernel.pointwise(), iter(range(MOST_EVALUATIONS))

        def right(y: np.ndarray) -> np.ndarray:
            if next(left, None) is None:
                self.trouble = TOO_MANY_STEPS
                return np.full(count, np.nan)
            return self._completed(at(*y[: self.dim])[None])[0, :count]

        return right

    def along(self, states: np.ndarray) -> np.ndarray:
        """Velocity and the others at many points: points × wanted."""
        values = self.kernel(*np.ascontiguousarray(states[:, : self.dim].T))
        return self._completed(np.stack([np.broadcast_to(v, len(states)) for v in values], axis=1))
