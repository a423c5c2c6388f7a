"""What the geometry of a network says in the language of statistics.

An activation σ is a mean function if some exponential family in one natural parameter θ has the mean cσ(θ/c) for a
scale c > 0; then the metric of the network is a multiple of its Fisher metric. Whether there is one is a question
about the Laplace transform exp A of a positive measure, A′ = cσ(θ/c), and some of the answers are theorems:

1. If σ has a bounded image, the family has a bounded support, so exp A is an entire function of order at most one.
   Where A is entire as well, exp A has no zero and A is linear (Hadamard): an entire σ with a bounded image, such as
   erf and the probit, is no mean function. Where σ is not meromorphic (arctan, u/√(1 + u²)), neither is A′ = (exp
   A)′/exp A.
2. For softplus exp A = exp(−c² Li₂(−z)) with z = e^{θ/c} is periodic in Im θ, so that its measure would live on a
   lattice, and be the sequence of its power series in z. That has radius of convergence 1 and is regular at z = 1,
   which no series without negative coefficients is (Vivanti–Pringsheim).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import sympy as sp
from chentsov.geometry.exact import logistic
from chentsov.geometry.exact.errors import InputError

from .activations import IncreasingActivation, U

if TYPE_CHECKING:
    from .network import Hopfield

__all__ = ["MeanFunction", "StatisticalReading", "mean_function", "statistical_reading"]


@dataclass(frozen=True)
class MeanFunction:
    """Whether an activation is the mean function of an exponential family.

    Attributes:
        exists: True and False are proven, None is neither.
        family: the family in words, "" where there is none.
        reason: the proof in a sentence.
    """

    exists: bool | None
    family: str
    reason: str


_LATTICE = (
    "exp A = exp(−c² Li₂(−e^{θ/c})) would be a power series in e^{θ/c} with coefficients that are not negative, but "
    "such a series has its nearest singularity on the positive axis (Vivanti–Pringsheim), and this one has it at −1"
)
_ENTIRE = "its image is bounded and it is entire, so exp A would be entire of order one without a zero, and A linear"
_BRANCH = (
    "its image is bounded, so exp A would be entire, but A′ = (exp A)′/exp A is not meromorphic: it branches at u = ±i"
)
_RULES: dict[str, MeanFunction] = {
    "logistic": MeanFunction(True, "Bernoulli", "A = log(1 + e^θ)"),
    "tanh": MeanFunction(True, "spin ±1", "A = log cosh θ"),
    "hyperbolic": MeanFunction(True, "spin ±1", "A = log cosh θ"),
    "softplus": MeanFunction(False, "", _LATTICE),
    "erf": MeanFunction(False, "", _ENTIRE),
    "arctan": MeanFunction(False, "", _BRANCH),
    "algebraic": MeanFunction(False, "", _BRANCH),
}
#: Functions of θ whose multiples are mean functions too: f -> the family of mean f(θ).
_FORMS: tuple[tuple[sp.Expr, str, str], ...] = (
    (U, "normal of variance 1", "A = θ²/2"),
    (sp.exp(U), "Poisson", "A = e^θ"),
    (sp.sinh(U), "Skellam (difference of two Poisson variables of mean ½)", "A = cosh θ"),
    (logistic(U), "Bernoulli", "A = log(1 + e^θ)"),
    (sp.tanh(U), "spin ±1", "A = log cosh θ"),
    (1 / (1 + sp.exp(-U)), "Bernoulli", "A = log(1 + e^θ)"),
)
_ENTIRE_FUNCTIONS = (sp.exp, sp.sinh, sp.cosh, sp.sin, sp.cos, sp.erf, sp.erfc, sp.erfi)


def mean_function(activation: IncreasingActivation) -> MeanFunction:
    """Which exponential family an activation is the mean function of, or why there is none.

    >>> from chentsov.models.hopfield import activation
    >>> mean_function(activation(sp.exp(2*U))).family, mean_function(activation("probit")).exists
    ('Poisson', False)
    """
    if activation.name in _RULES:
        return _RULES[activation.name]
    value = activation.value
    constant, rest = value.as_independent(U, as_Add=True)
    for form, family, reason in _FORMS:
        scale, gain = sp.Wild("scale", exclude=[U]), sp.Wild("gain", exclude=[U])
        found = rest.match(scale * form.subs(U, gain * U)) if form != U else rest.match(scale * U)
        if found and all(v.is_positive for v in found.values()):
            return MeanFunction(True, family, f"{reason}, shifted and scaled" if constant or scale != 1 else reason)
    if all(map(math.isfinite, activation.ends)) and _is_entire(value):
        return MeanFunction(False, "", _ENTIRE)
    return MeanFunction(None, "", "no family is known, and none of the theorems here excludes one")


def _is_entire(expression: sp.Expr) -> bool:
    """Whether an expression is made of entire functions by sums, products and natural powers."""
    if not expression.has(U) or expression == U:
        return True
    if isinstance(expression, sp.Pow) and expression.base != sp.E:
        return bool(expression.exp.is_Integer and expression.exp.is_positive) and _is_entire(expression.base)
    inner = isinstance(expression, (sp.Add, sp.Mul, sp.Pow, *_ENTIRE_FUNCTIONS))
    return inner and all(map(_is_entire, expression.args))


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
        verdict = mean_function(act)
        if verdict.exists:
            raise InputError(
                f"the {act.name} function is the mean of a {verdict.family} variable ({verdict.reason}), whose states "
                "are too many to sum over; a density is written for logistic (Bernoulli variables) and tanh (±1 spins)"
            )
        none = "there is none: " if verdict.exists is False else ""
        raise InputError(
            f"no exponential family is known whose mean is the {act.name} function; {none}{verdict.reason}. "
            "There is one for logistic (Bernoulli variables) and tanh (±1 spins)"
        )
    name = name.replace("variables", "variable").replace("spins", "spin") if n == 1 else name
    factor = tuple(c / act.gain for c in network.capacitances)
    return StatisticalReading(name, x, support, sp.Mul(*weight), network.coordinates, act.gain, factor)
