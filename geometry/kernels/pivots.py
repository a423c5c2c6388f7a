r"""R of a metric that is a sum over rows, where few rows carry all the weight.

Of g_ij = E[w x_i x_j] and T_ijk = E[w' x_i x_j x_k] (a single unit, whose weights enter through one number z) saturated
rows have weights like e^-|z|: those of the next rows are smaller by many powers of ten. If there were only as many rows
as coordinates, R would be zero, so R is as small as the weight of the next row, and in the given coordinates all that
is larger cancels.

It does not in coordinates in which those first rows, the pivots, are unit vectors. R is the same in all linear
coordinates; with x_n = Σ_i ξ_ni x_{p_i} and D_i = √w_{p_i},

    g_ij / D_i D_j      =  δ_ij + Σ_n w_n ξ_ni ξ_nj / D_i D_j,
    T_ijk / D_i D_j D_k =  δ_ijk w'_{p_i}/D_i³ + Σ_n w'_n ξ_ni ξ_nj ξ_nk / D_i D_j D_k     (n no pivot),

and in the frame that makes the first the identity, T_aab and T_abb are sums of small terms alone. All numbers are
`Scaled`, with bounds on their errors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import sympy as sp

from ..exact.errors import UnsupportedFunction
from .contraction import Contraction
from .curvature import FramedCurvature, HessianCurvature
from .interpreter import run
from .lower import lower
from .scaled import SCALED, Scaled

__all__ = ["PivotedRows"]

_TOGETHER = 1 << 15  # rows of cells that are worked on together
_FEW_ROWS = 16  # that are taken one by one at first


class PivotedRows:
    """R of a single unit over rows of data, at many points.

    Args:
        contraction: R, contracted from a jet with weights.
        symbols: the arguments and constants of the jet, in order.
        rows: row symbol -> numbers.

    Raises:
        UnsupportedFunction: the weights hold a function that scaled numbers do not have.
    """

    def __init__(self, contraction: Contraction, symbols: Sequence[sp.Symbol], rows: Mapping[str, np.ndarray]) -> None:
        assert contraction.jet.weights is not None
        weight, slope, inputs = contraction.jet.weights
        variables = contraction.jet.variables
        self.program = lower([weight, slope, *inputs], [*symbols, *variables], algebra=SCALED)
        self.order = list(self.program.nodes())
        for node in self.order:
            if node.args:
                SCALED.operation(node)
        keys = self.program.inputs
        self.arguments = keys[: len(symbols)]
        self.rows = {key: Scaled.of(rows[s.name]) for key, s in zip(keys[len(symbols) :], variables)}
        self.count = len(next(iter(rows.values())))
        self.dim = contraction.jet.dimension

    @classmethod
    def of(cls, output: Any, symbols: Sequence[sp.Symbol], rows: Mapping[str, np.ndarray]) -> PivotedRows | None:
        """That of an output which is such an R; None for others."""
        if not isinstance(output, Contraction) or output.quantity != "ricci_scalar" or output.jet.weights is None:
            return None
        try:
            return cls(output, symbols, rows)
        except UnsupportedFunction:
            return None

    def __call__(self, points: Sequence[Any], few: bool = False, threads: int = 1) -> Scaled:
        """R at points, given by the values of the arguments and constants in order.

        Args:
            points: arrays of one length, or numbers.
            few: take the rows with the largest weights one by one, and all others as one bound.
            threads: how many work.
        """
        length = max((np.size(p) for p in points), default=1)
        parts = np.array_split(np.arange(length), -(-length * self.count // _TOGETHER))
        with ThreadPoolExecutor(threads) as pool:
            found = list(
                pool.map(lambda part: self._at([np.broadcast_to(p, length)[part] for p in points], few), parts)
            )
        return Scaled(*(np.concatenate(parts) for parts in zip(*((f.m, f.e, f.error) for f in found))))

    @np.errstate(all="ignore")
    def _at(self, points: Sequence[np.ndarray], few: bool) -> Scaled:
        given = dict(zip(self.arguments, (Scaled.of(p[:, None]) for p in points))) | self.rows
        values = {n: given[str(n.value)] for n in self.order if n.op == "input"}
        run(self.order, SCALED, values)
        cells = (len(points[0]), self.count)
        weight, slope, *inputs = (values[o].whole(cells) for o in self.program.outputs)
        pivots = self._pivots(weight, inputs)
        roots = [SCALED.operation_named("sqrt")(weight.at(p)) for p in pivots]
        slopes = [slope.at(p) for p in pivots]
        columns = [[x.at(p) for x in inputs] for p in pivots]
        rows, left = self._chosen(weight, pivots) if few else (np.arange(self.count), np.arange(0))
        tails = [v.largest(left) * self.count if few else Scaled.of(0.0) for v in (weight, slope)]
        bounds = [x.largest() for x in inputs]
        if few:
            weight, slope, *inputs = (v.at(rows) for v in (weight, slope, *inputs))
        is_pivot = rows == np.array(pivots)[:, :, None]
        weight, slope = (v.zero_where(is_pivot.any(axis=0)) for v in (weight, slope))
        scaled, most = [], []
        for minors, root in zip(_cofactors(columns), roots):
            unit = 1 / minors[0] / root
            # the determinant first, which is exactly zero where rows lie on one line
            along = sum((x * minor.along_rows() for x, minor in zip(inputs, minors[1:])), Scaled.of(0.0))
            scaled.append((along * unit.along_rows()).zero_where(is_pivot.any(axis=0)))
            most.append(sum((x * minor for x, minor in zip(bounds, minors[1:])), Scaled.of(0.0)) * unit)
        n = range(self.dim)
        metric: dict[tuple[int, ...], Scaled] = {}
        cubic: dict[tuple[int, ...], Scaled] = {}
        for i, j in combinations_with_replacement(n, 2):
            pair, product = scaled[i] * scaled[j], most[i] * most[j]
            metric[i, j] = (weight * pair).sum() + tails[0] * product
            for k in n[j:]:
                cubic[i, j, k] = (slope * pair * scaled[k]).sum() + tails[1] * product * most[k]
        for i in n:
            metric[i, i] = 1 + metric[i, i]
            cubic[i, i, i] = slopes[i] / roots[i] ** 3 + cubic[i, i, i]
        return _Jet(metric, cubic, self.dim).ricci_scalar() * self.count

    def _chosen(self, weight: Scaled, pivots: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """The rows with the largest weights, pivots among them, and the others."""
        size = weight.log2()
        for p in pivots:
            np.put_along_axis(size, p[:, None], np.inf, axis=1)
        few = min(_FEW_ROWS, self.count)
        order = np.argpartition(-size, few - 1, axis=1)
        return order[:, :few], order[:, few:]

    def _pivots(self, weight: Scaled, inputs: Sequence[Scaled]) -> list[np.ndarray]:
        """The rows, one a coordinate, that span the most: each has the largest √w |x| outside those before."""
        left = np.stack([x.numbers()[0] for x in inputs], axis=-1)
        pivots: list[np.ndarray] = []
        for _ in inputs:
            size = np.linalg.norm(left, axis=-1)
            chosen = np.argmax(weight.log2() + 2 * np.log2(size), axis=-1)
            pivots.append(chosen)
            own = np.take_along_axis(left, chosen[:, None, None], axis=1)
            own = own / np.linalg.norm(own, axis=-1, keepdims=True)
            left = left - own * (left * own).sum(axis=-1, keepdims=True)
            for p in pivots:
                np.put_along_axis(left, p[:, None, None], 0.0, axis=1)
        return pivots


def _cofactors(columns: Sequence[Sequence[Scaled]]) -> list[list[Scaled]]:
    """Of the matrix with these columns: its determinant and, for each i, by what a vector is multiplied for its i-th
    coordinate (Cramer's rule).
    """
    n, size = range(len(columns)), _determinant(columns)

    def minor(i: int, k: int) -> Scaled:
        others = [[c for m, c in enumerate(column) if m != k] for j, column in enumerate(columns) if j != i]
        return _determinant(others) * (-1) ** (i + k)

    return [[size, *(minor(i, k) for k in n)] for i in n]


def _determinant(rows: Sequence[Sequence[Scaled]]) -> Scaled:
    """By its first row."""
    if not rows:
        return Scaled.of(1.0)
    first, *rest = rows
    terms = (
        entry * _determinant([[*row[:k], *row[k + 1 :]] for row in rest]) * (-1) ** k for k, entry in enumerate(first)
    )
    return sum(terms, Scaled.of(0.0))


class _Jet(FramedCurvature, HessianCurvature):
    """A metric near the identity, and T, in scaled numbers."""

    def __init__(
        self, metric: Mapping[tuple[int, ...], Scaled], cubic: Mapping[tuple[int, ...], Scaled], dim: int
    ) -> None:
        self.jet = cubic
        super().__init__(dim, Scaled.of(0.0), [[metric[min(i, j), max(i, j)] for j in range(dim)] for i in range(dim)])

    def _metric_derivative(self, i: int, j: int, k: int) -> Scaled:
        return self.jet[i, j, k]

    def _metric_second_derivative(self, i: int, j: int, k: int, l: int) -> Scaled:
        raise NotImplementedError("a Hessian metric needs no second derivatives")

    def ricci_scalar(self) -> Scaled:
        return self.ricci_scalar_in_frame(*self.frame())
