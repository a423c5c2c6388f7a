"""Derivatives of the neuron's metric, from the definition and the rows alone: no part of the symbolic engine.

This is the second opinion that the cross-check feeds to EinsteinPy, so it shares no formula with
``models/neuron.py``: losses are written as functions of z, and differentiated numerically at many digits of FLINT's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import mpmath
from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.kernels.ball import precision, to_mpf
from flint import arb

if TYPE_CHECKING:
    from .neuron import TwoWeightNeuron

__all__ = ["metric_jet"]

Jet = dict[tuple[int, int], dict[tuple[int, ...], Any]]


def _subloss(neuron: TwoWeightNeuron, target: arb) -> Callable[[arb], arb]:
    """ℓ as a function of z, at a fixed target."""
    order = _exactly(neuron.order)
    power = int(float(order)) if order.is_integer() else order

    def output(z: arb) -> arb:
        return 1 / (1 + (-z).exp())

    if neuron.loss_name == "mean_power":
        return lambda z: abs(output(z) - target) ** power
    if neuron.loss_name == "lp_norm":
        return lambda z: (abs(output(z) - target) ** power) ** (1 / order)
    return lambda z: -target * output(z).log() - (1 - target) * (1 - output(z)).log()


def _exactly(number: Any) -> arb:
    """A float (by its binary value) or a rational number."""
    if hasattr(number, "p") and hasattr(number, "q"):
        return arb(int(number.p)) / int(number.q)
    return arb(float(number))


def metric_jet(neuron: TwoWeightNeuron, point: Sequence[Any], digits: int) -> Jet:
    """g_ij, ∂_k g_ij and ∂_k ∂_l g_ij of E_D[∂_iℓ ∂_jℓ] at a point, to about `digits` digits."""
    if neuron.slope.free_symbols:
        raise InputError(f"the slope {neuron.slope} is not a number: no derivative can be computed numerically")
    assert neuron.data is not None
    # A saturated row has ∂ℓ/∂z ~ e^{−|z|} beside ℓ ~ 1: that many digits more, and three for each difference quotient.
    steepest = abs(float(neuron.slope)) * float(max(abs(neuron.data.x).max(), abs(neuron.data.y).max()))
    saturation = steepest * sum(abs(float(v)) for v in point) / 2.3
    with precision(int(3.33 * (4 * digits + 30 + 1.5 * saturation))):
        step = arb(10) ** (-digits)
        slope = _exactly(neuron.slope)
        theta = [_exactly(v) for v in point]
        # E_D[w^(k) x^a y^b] by (k, b), where a + b = k + 2
        moments = {(k, b): arb(0) for k in range(3) for b in range(k + 3)}
        for x, y, t in zip(*([arb(float(v)) for v in c] for c in (neuron.data.x, neuron.data.y, neuron.data.t))):
            z = slope * (theta[0] * x + theta[1] * y)
            ell = _subloss(neuron, t)
            far, near, middle, next_, last = (ell(z + k * step) for k in (-2, -1, 0, 1, 2))
            # central differences; their errors are of order step² = 10^(−2 digits)
            d1 = (next_ - near) / (2 * step)
            d2 = (next_ - 2 * middle + near) / step**2
            d3 = (last - 2 * next_ + 2 * near - far) / (2 * step**3)
            for k, weight in enumerate((d1 * d1, 2 * d1 * d2, 2 * (d2 * d2 + d1 * d3))):  # arb's ** is NaN about 0
                for b in range(k + 3):
                    moments[k, b] += weight * x ** (k + 2 - b) * y**b
        # ∂^k g_ij = s^(2 + k) E_D[w^(k) x^a y^b], where b counts the indices that are 1
        with mpmath.workdps(digits + 10):  # mpmath rounds what it is given to its own precision
            found = {(k, b): to_mpf(slope ** (2 + k) * m / len(neuron.data)) for (k, b), m in moments.items()}
        indices = ((), (0,), (1,), (0, 0), (0, 1), (1, 1))
        return {(i, j): {c: found[len(c), i + j + sum(c)] for c in indices} for i, j in ((0, 0), (0, 1), (1, 1))}
