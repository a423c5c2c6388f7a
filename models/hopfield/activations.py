"""The activations that a Hopfield network takes: the increasing ones of the table, and one's own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..activations import ACTIVATIONS as _ALL
from ..activations import Activation, IncreasingActivation, U, V, read_activation

__all__ = ["ACTIVATIONS", "Activation", "IncreasingActivation", "U", "V", "activation"]

#: The rows of the table whose geometry is written down; "hyperbolic" is tanh(λu) with the gain λ as a symbol.
ACTIVATIONS: dict[str, IncreasingActivation] = {
    name: row for name, row in _ALL.items() if isinstance(row, IncreasingActivation)
}


def activation(which: Any, *, gain: Any = 1) -> IncreasingActivation:
    """The activation of that name, or made of an increasing SymPy expression in one real symbol.

    Args:
        which: a name in the table of activations, an `Activation`, or a SymPy expression.
        gain: λ > 0 in σ(λu); for "hyperbolic" it takes the place of the symbol λ.

    Raises:
        ValueError: an unknown name; a function that is not strictly increasing (a point is named).

    >>> activation("probit").slope_of(0), activation("arctan", gain=2).of(U)
    (sqrt(2)/(2*sqrt(pi)), atan(2*u))
    """
    if isinstance(which, str):
        if which == "hyperbolic" and gain != 1:
            return replace(ACTIVATIONS["tanh"].with_gain(gain), name="hyperbolic")
        which = read_activation(which)
    if isinstance(which, IncreasingActivation):
        return which.with_gain(gain)
    from .own_activation import activation_from

    made = activation_from(which.value if isinstance(which, Activation) else which)
    named = replace(made, name=which.name) if isinstance(which, Activation) else made
    return named.with_gain(gain)
