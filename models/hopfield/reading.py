"""What the geometry of a network says in the language of statistics."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import sympy as sp
from chentsov.geometry.exact.errors import InputError

if TYPE_CHECKING:
    from .network import Hopfield

__all__ = ["StatisticalReading", "statistical_reading"]


@dataclass(frozen=True)
class StatisticalReading:
    """The exponential family p(x|u) = Π h(x_i) exp(λ x_i u_i − A(λu_i)) whose Fisher metric the network carries.

    Attributes:
        name: the family in words.
        variables: the observed x_i.
        support: the values each x_i takes.
        density: p(x|u).
        coordinates: the u_i.
        gain: λ; the natural parameters are λu_i.
        factor: the metric of the network is C_i/λ times the Fisher metric of neuron i, given here neuron by neuron.

    >>> from chentsov.models.hopfield import Hopfield
    >>> reading = Hopfield(2, "tanh", resistance=1, capacitance=1, current=0).statistical_reading()
    >>> from chentsov.geometry.exact import canonical
    >>> reading.name, reading.support, canonical(reading.mean(0) - sp.tanh(reading.coordinates[0]))
    ('two independent spins ±1', (-1, 1), 0)
    """

    name: str
    variables: tuple[sp.Symbol, ...]
    support: tuple[int, ...]
    density: sp.Expr
    coordinates: tuple[sp.Symbol, ...]
    gain: sp.Expr
    factor: tuple[sp.Expr, ...]

    def expectation(self, function: sp.Expr) -> sp.Expr:
        """E[f(x)], the sum over all states."""
        states = product(self.support, repeat=len(self.variables))
        terms = ((self.density * function).subs(dict(zip(self.variables, state))) for state in states)
        return sp.Add(*terms)

    def mean(self, i: int) -> sp.Expr:
        """E[x_i], which is the rate v_i of neuron i."""
        return self.expectation(self.variables[i])

    def fisher_metric(self) -> sp.ImmutableMatrix:
        """E[∂_i log p ∂_j log p], by summing over all states."""
        scores = [sp.log(self.density).diff(u) for u in self.coordinates]
        n = len(scores)
        return sp.ImmutableMatrix(n, n, lambda i, j: self.expectation(scores[i] * scores[j]))


_NUMBERS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}


def statistical_reading(network: Hopfield) -> StatisticalReading:
    """The reading of a network with logistic neurons (0/1 variables) or tanh neurons (±1 spins)."""
    act, n = network.activation, network.size
    x = tuple(sp.Symbol(f"x{i + 1}", integer=True) for i in range(n))
    count = _NUMBERS.get(n, str(n))
    arguments = [act.gain * u for u in network.coordinates]
    if act.name == "logistic":
        weight = [sp.exp(a * b) / (1 + sp.exp(a)) for a, b in zip(arguments, x)]
        name, support = f"{count} independent Bernoulli variables", (0, 1)
    elif act.name in ("tanh", "hyperbolic"):
        weight = [sp.exp(a * b) / (2 * sp.cosh(a)) for a, b in zip(arguments, x)]
        name, support = f"{count} independent spins ±1", (-1, 1)
    else:
        raise InputError(
            f"no exponential family is known whose mean is the {act.name} function; "
            "there is one for logistic (Bernoulli variables) and tanh (±1 spins)"
        )
    name = name.replace("variables", "variable").replace("spins", "spin") if n == 1 else name
    factor = tuple(c / act.gain for c in network.capacitances)
    return StatisticalReading(name, x, support, sp.Mul(*weight), network.coordinates, act.gain, factor)
