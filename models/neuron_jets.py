"""Derivatives of the neuron's metric, from the definition and the rows alone: no part of the symbolic engine.

This is the second opinion that the cross-check feeds to EinsteinPy, so it shares no formula with
``models/neuron.py``: losses are written as functions of z, and differentiated numerically at many digits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from chentsov.geometry.exact.errors import InputError

if TYPE_CHECKING:
    from .neuron import TwoWeightNeuron

__all__ = ["metric_jet"]

Jet = dict[tuple[int, int], dict[tuple[int, ...], Any]]


def _subloss(neuron: TwoWeightNeuron, target: Any) -> Callable[[Any], Any]:
    """ℓ as a function of z, at a fixed target, in mpmath."""
    from mpmath import mp

    order = _exactly(neuron.order)

    def output(z: Any) -> Any:
        return 1 / (1 + mp.exp(-z))

    if neuron.loss_name == "mean_power":
        return lambda z: abs(output(z) - target) ** order
    if neuron.loss_name == "lp_norm":
        return lambda z: (abs(output(z) - target) ** order) ** (1 / order)
    return lambda z: -target * mp.log(output(z)) - (1 - target) * mp.log(1 - output(z))


def _exactly(number: Any) -> Any:
    """A float (by its binary value) or a rational number, in mpmath."""
    from mpmath import mp

    if hasattr(number, "p") and hasattr(number, "q"):
        return mp.mpf(int(number.p)) / int(number.q)
    return mp.mpf(float(number))


def metric_jet(neuron: TwoWeightNeuron, point: Sequence[Any], digits: int) -> Jet:
    """g_ij, ∂_k g_ij and ∂_k ∂_l g_ij of E_D[∂_iℓ ∂_jℓ] at a point, to about `digits` digits."""
    from mpmath import mp

    if neuron.slope.free_symbols:
        raise InputError(f"the slope {neuron.slope} is not a number: no derivative can be computed numerically")
    assert neuron.data is not None
    # A saturated row has ∂ℓ/∂z ~ e^{−|z|} beside ℓ ~ 1: that many digits more, and three for each difference quotient.
    steepest = abs(float(neuron.slope)) * float(max(abs(neuron.data.x).max(), abs(neuron.data.y).max()))
    saturation = steepest * sum(abs(float(v)) for v in point) / 2.3
    with mp.workdps(int(4 * digits + 30 + 1.5 * saturation)):
        step = mp.mpf(10) ** (-digits)
        slope = _exactly(neuron.slope)
        theta = [_exactly(v) for v in point]
        xs, ys = ([mp.mpf(float(v)) for v in column] for column in (neuron.data.x, neuron.data.y))
        weights: tuple[list[Any], list[Any], list[Any]] = ([], [], [])  # w, w′ and w″ of every row
        for x, y, t in zip(xs, ys, neuron.data.t):
            z = slope * (theta[0] * x + theta[1] * y)
            ell = _subloss(neuron, mp.mpf(float(t)))
            far, near, middle, next_, last = (ell(z + k * step) for k in (-2, -1, 0, 1, 2))
            # central differences; their errors are of order step² = 10^(−2 digits)
            d1 = (next_ - near) / (2 * step)
            d2 = (next_ - 2 * middle + near) / step**2
            d3 = (last - 2 * next_ + 2 * near - far) / (2 * step**3)
            for column, value in zip(weights, (d1**2, 2 * d1 * d2, 2 * (d2**2 + d1 * d3))):
                column.append(value)
        # ∂^k g_ij = s^(2 + k) E_D[w^(k) x^a y^b], where b counts the indices that are 1
        moments = {}
        for k, column in enumerate(weights):
            for b in range(k + 3):
                monomials = [x ** (k + 2 - b) * y**b for x, y in zip(xs, ys)]
                moments[k, b] = slope ** (2 + k) * mp.fdot(column, monomials) / len(neuron.data)
        indices = ((), (0,), (1,), (0, 0), (0, 1), (1, 1))
        return {(i, j): {c: moments[len(c), i + j + sum(c)] for c in indices} for i, j in ((0, 0), (0, 1), (1, 1))}
