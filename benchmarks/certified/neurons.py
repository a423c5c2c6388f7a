"""Saturated units: R of a two-weight neuron with large weights, and its right values.

These come from the formula of Cauchy and Binet, which adds up triples of rows and cancels nothing within one:
with D = det [(g_11, g_12, g_22); (T_111, T_112, T_122); (T_112, T_122, T_222)] and R = -D/(2 det(g)^2),

    det g = sum_{n<m} w_n w_m |x_n, x_m|^2,   D = sum_{n<m<l} det(w, w'x, w'y)_{nml} det(x^2, xy, y^2)_{nml},

w = (dl/dz)^2, z = slope (theta . x), in balls of rising precision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from operator import add
from typing import Any

import numpy as np
from chentsov.models import TwoWeightNeuron
from flint import arb, ctx

__all__ = ["NeuronCase", "draw_neuron"]

_BITS = (128, 512, 2048, 8192)
_SLOPE = 5
_ORDINARY = arb("1e-290"), arb("1e290")


@dataclass(frozen=True)
class NeuronCase:
    """R of the neuron over a few rows, on a grid of its weights."""

    loss: str
    order: int
    data: dict[str, np.ndarray]
    u: np.ndarray
    v: np.ndarray
    rtol: float

    quantity = "ricci_scalar"

    def __str__(self) -> str:
        rows = {k: column.tolist() for k, column in self.data.items()}
        return f"{self.loss} of order {self.order} over {rows}"

    def grid(self) -> Any:
        """The engine's numbers and statuses."""
        axes = {"theta_1": self.u, "theta_2": self.v}
        return TwoWeightNeuron(self.loss, self.order, _SLOPE, data=self.data).on_grid(axes, rtol=self.rtol)

    def reference(self) -> _Triples:
        return _Triples(self)


class _Triples:
    """Right values by pairs and triples of rows."""

    def __init__(self, case: NeuronCase) -> None:
        self.case = case

    def __call__(self, point: tuple[float, float]) -> arb | str:
        before = ctx.prec
        try:
            for bits in _BITS:
                ctx.prec = bits
                value = self._curvature(*map(arb, point))
                if value.is_finite() and value.rad() <= abs(value.mid()) * (self.case.rtol / 1000):
                    return value
            return "undecided"
        finally:
            ctx.prec = before

    slow = __call__

    def is_regular(self, point: tuple[float, float]) -> bool:
        """Wherever R is a machine number of ordinary size, however small the weights of the rows."""
        value = self(point)
        return not isinstance(value, str) and _ORDINARY[0] < abs(value) < _ORDINARY[1]

    def _curvature(self, a: arb, b: arb) -> arb:
        x, y, t = ([arb(float(v)) for v in self.case.data[k]] for k in "xyt")
        jets = [self._weight(_SLOPE * (a * p + b * q), target) for p, q, target in zip(x, y, t)]
        n, w, slope = range(len(x)), [jet[0] for jet in jets], [jet[1] for jet in jets]
        det = _sum(w[i] * w[j] * (x[i] * y[j] - x[j] * y[i]) ** 2 for i, j in combinations(n, 2))
        total = _sum(
            _det3([(w[k], slope[k] * x[k], slope[k] * y[k]) for k in triple])
            * _det3([(x[k] * x[k], x[k] * y[k], y[k] * y[k]) for k in triple])
            for triple in combinations(n, 3)
        )
        # each weight holds slope^2/N, each of its derivatives one slope more: slope^8/N^3 over (slope^4/N^2)^2
        return -total * len(x) / (2 * det * det)

    def _weight(self, z: arb, t: arb) -> tuple[arb, arb]:
        """(dl/dz)^2 and its derivative, with 1 - f as a value of its own."""
        f, rest = 1 / (1 + (-z).exp()), 1 / (1 + z.exp())
        miss, step, p = (1 - t) * f - t * rest, f * rest, self.case.order
        if self.case.loss == "cross_entropy":
            return miss * miss, 2 * miss * step
        first = p * miss ** (p - 1) * step
        second = p * (p - 1) * miss ** (p - 2) * step * step + p * miss ** (p - 1) * step * (rest - f)
        return first * first, 2 * first * second


def _sum(terms: Any) -> arb:
    return reduce(add, terms)


def _det3(rows: Sequence[tuple[arb, arb, arb]]) -> arb:
    (a, b, c), (d, e, f), (g, h, i) = rows
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)


def draw_neuron(random: np.random.Generator, side: int) -> NeuronCase:
    """A neuron over 4 to 9 rows of any scale, with weights that leave it linear, or saturate it up to e^(-10^5)."""
    count = int(random.integers(4, 10))
    data = {k: random.uniform(-1, 1, count) for k in "xy"}
    if random.random() < 0.2:
        data = {k: np.round(column, 1) for k, column in data.items()}  # rows on common lines, and twice
    scale = 10.0 ** random.integers(-6, 7) if random.random() < 0.3 else 1.0
    extent = random.choice([3.0, 30.0, 200.0, 1e4]) / scale
    axes = []
    for _ in "uv":
        sizes = random.choice([1, -1], side) * extent * 10.0 ** random.uniform(-6, 0, side)
        axis = np.where(random.random(side) < 0.7, random.uniform(-extent, extent, side), sizes)
        axes.append(np.unique(np.append(axis, 0.0)))
    loss = str(random.choice(["mean_power", "mean_power", "cross_entropy"]))
    order = int(random.choice([2, 4, 6])) if loss == "mean_power" else 2
    columns = {k: scale * column for k, column in data.items()} | {"t": (random.random(count) < 0.5) * 1.0}
    return NeuronCase(loss, order, columns, *axes, rtol=10.0 ** -random.integers(3, 12))
