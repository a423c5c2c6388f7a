"""One system, three names: gradient flow, natural gradient, mirror descent.

For symmetric W the network is u̇ = −grad_g E (A. Halder, K. Caluya, B. Travacca, S. Moura, IEEE TNNLS 31, 2020,
arXiv:1908.01270). In its two charts the same vector field reads

    u̇ = −g(u)⁻¹ ∂_uE          natural gradient in the states,
    v̇ = −g*(v)⁻¹ ∂_vE         natural gradient in the rates, g* = C/σ′,
    (∂ψ)˙ = −∂_uE             mirror descent: η = ∂ψ(u) = Cσ(u) moves along the plain gradient by u,
    u̇ = −C⁻¹ ∂_vE             mirror descent in the rates, with the mirror map σ⁻¹.

With a step h they part at second order; the mirror step never leaves the image of σ as the plain step of the rates
does.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
from chentsov.geometry.exact.errors import InputError

from .network import Hopfield
from .numeric import HopfieldNumbers

__all__ = ["descents", "mirror_step", "natural_gradient_step"]


def descents(network: Hopfield) -> dict[str, tuple[sp.Expr, ...]]:
    """u̇ by each of the four readings, as expressions in u; they are one vector field.

    Raises:
        ValueError: W is not symmetric; σ⁻¹ has no closed form.

    >>> network = Hopfield(2, "tanh", current=0)
    >>> read, field = descents(network), network.manifold.field
    >>> all(field(a) == field(b) for other in read.values() for a, b in zip(other, network.components))
    True
    """
    network.check_symmetric()
    u, v, act, c = network.coordinates, network.rate_symbols, network.activation, network.capacitances
    slopes = [act.slope_of(x) for x in u]
    by_state = [sp.diff(network.energy, x) for x in u]
    back = dict(zip(v, network.rates))
    by_rate = [sp.diff(network.energy_in_rates, r).subs(back, simultaneous=True) for r in v]
    eta_dot = [-e for e in by_state]
    return {
        "natural gradient in the states": tuple(-e / (k * s) for e, k, s in zip(by_state, c, slopes)),
        "natural gradient in the rates": tuple(-e * s / k / s for e, k, s in zip(by_rate, c, slopes)),  # u̇ = v̇/σ′
        "mirror descent": tuple(e / sp.diff(k * act.of(x), x) for e, k, x in zip(eta_dot, c, u)),
        "mirror descent in the rates": tuple(-e / k for e, k in zip(by_rate, c)),
    }


def natural_gradient_step(network: HopfieldNumbers, u: Any, step: float) -> np.ndarray:
    """u − h g⁻¹ ∂_uE, one explicit step."""
    u = network.states(u)
    _check_step(step)
    return u + step * network.velocity(u)


def mirror_step(network: HopfieldNumbers, u: Any, step: float) -> np.ndarray:
    """The u′ that minimises ⟨∂_uE(u), u′⟩ + D(u′, u)/h with the Bregman divergence of ψ: Cσ(u′) = Cσ(u) − h ∂_uE(u).

    Raises:
        ValueError: a step that would leave the image of σ, where the minimum does not exist; the largest that does not
            is named.

    >>> pair = HopfieldNumbers.of_arrays(np.array([[0.0, 2.0], [2.0, 0.0]]), "tanh")
    >>> u = np.array([0.5, -0.2])
    >>> gaps = [np.abs(mirror_step(pair, u, h) - natural_gradient_step(pair, u, h)).max() for h in (0.02, 0.01)]
    >>> bool(3.9 < gaps[0] / gaps[1] < 4.1)                                       # they part at second order
    True
    """
    u = network.states(u)
    _check_step(step)
    act = network.activation
    if act.inverse is None:
        raise InputError(f"the inverse of {act.name} has no closed form: no mirror step")
    speed = act.numeric["slope"](u) * network.velocity(u)  # −∂_uE/C
    target = network.rates(u) + step * speed
    low, high = act.ends
    if not np.all((target > low) & (target < high)):
        room = np.where(speed > 0, high - network.rates(u), network.rates(u) - low) / np.maximum(np.abs(speed), 1e-300)
        raise InputError(
            f"a step of {step:g} leaves the image of {act.name}: the largest is below {float(np.min(room)):.6g}"
        )
    return act.numeric["inverse"](target)


def _check_step(step: float) -> None:
    if not (np.isfinite(step) and step > 0):
        raise InputError(f"a step is a positive number, not {step}")
