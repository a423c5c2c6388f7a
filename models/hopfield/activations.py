"""Activation functions: what a neuron makes of its potential, and the geometry that comes with it.

An increasing function σ is the derivative of a convex one, Ψ = ∫σ. Everything the Hopfield geometry needs is here in
closed form, in forms that keep their digits where σ saturates: the slope σ′ (the metric), the logarithmic derivative
of the slope σ″/σ′ (the first Koszul form is half of it), the primitive Ψ, the inverse σ⁻¹ and the conjugate
Ψ*(v) = uv − Ψ(u) with v = σ(u), which is a primitive of σ⁻¹.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp
from chentsov.geometry.exact import logistic
from chentsov.geometry.exact.decimals import with_exact_numbers
from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.exact.reading import read
from chentsov.geometry.kernels.algebras import NumPy
from chentsov.geometry.kernels.interpreter import Straight
from chentsov.geometry.kernels.lower import lower
from chentsov.geometry.kernels.stable import stable_logarithms

__all__ = ["ACTIVATIONS", "Activation", "activation"]

U = sp.Symbol("u", real=True)
V = sp.Symbol("v", real=True)


@dataclass(frozen=True)
class Activation:
    """An increasing function σ with what belongs to it.

    Attributes:
        name: what it is called.
        value: σ(u) in the symbol ``U``.
        slope: σ′(u) > 0.
        bend: σ″/σ′, the logarithmic derivative of the slope.
        primitive: Ψ(u) with Ψ′ = σ.
        inverse: σ⁻¹(v) in the symbol ``V``, or None where no closed form is known.
        conjugate: Ψ*(v) = uv − Ψ(u) at u = σ⁻¹(v), or None.
        image: the open interval of values.

    >>> import sympy as sp
    >>> u = sp.Symbol("u", real=True)
    >>> activation("tanh").of(u), activation("tanh", gain=3).slope_of(u)
    (tanh(u), 3/cosh(3*u)**2)
    """

    name: str
    value: sp.Expr
    slope: sp.Expr
    bend: sp.Expr
    primitive: sp.Expr
    inverse: sp.Expr | None
    conjugate: sp.Expr | None
    image: tuple[sp.Expr, sp.Expr]
    gain: sp.Expr = sp.S.One

    def of(self, u: Any) -> sp.Expr:
        """σ(u)."""
        return self.value.subs(U, u)

    def slope_of(self, u: Any) -> sp.Expr:
        """σ′(u)."""
        return self.slope.subs(U, u)

    def bend_of(self, u: Any) -> sp.Expr:
        """σ″(u)/σ′(u)."""
        return self.bend.subs(U, u)

    def primitive_of(self, u: Any) -> sp.Expr:
        """Ψ(u)."""
        return self.primitive.subs(U, u)

    def inverse_of(self, v: Any) -> sp.Expr:
        """σ⁻¹(v).

        Raises:
            ValueError: no closed form is known.
        """
        if self.inverse is None:
            raise InputError(f"the inverse of {self.name} has no closed form: work in the coordinates u")
        return self.inverse.subs(V, v)

    def conjugate_of(self, v: Any) -> sp.Expr:
        """Ψ*(v), a primitive of σ⁻¹.

        Raises:
            ValueError: no closed form is known.
        """
        if self.conjugate is None:
            raise InputError(f"the conjugate of {self.name} has no closed form: work in the coordinates u")
        return self.conjugate.subs(V, v)

    def with_gain(self, gain: Any) -> Activation:
        """σ(λu), λ > 0: slope λσ′(λu), bend λ(σ″/σ′)(λu), primitive Ψ(λu)/λ, inverse σ⁻¹(v)/λ, conjugate Ψ*/λ.

        Raises:
            ValueError: the gain is not positive.
        """
        gain = with_exact_numbers(read(gain, "the gain"))
        if gain == 1:
            return self
        if gain.is_positive is False or (gain.is_number and not gain > 0):
            raise InputError(f"the gain is {gain}; it must be positive, or the activation would not increase")
        return replace(
            self,
            value=self.value.subs(U, gain * U),
            slope=gain * self.slope.subs(U, gain * U),
            bend=gain * self.bend.subs(U, gain * U),
            primitive=self.primitive.subs(U, gain * U) / gain,
            inverse=None if self.inverse is None else self.inverse / gain,
            conjugate=None if self.conjugate is None else self.conjugate / gain,
            gain=gain * self.gain,
        )

    @cached_property
    def numeric(self) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
        """σ, σ′, σ″/σ′ and Ψ as NumPy functions: "value", "slope", "bend", "primitive".

        Raises:
            ValueError: the gain is a symbol.
        """
        free = self.value.free_symbols - {U}
        if free:
            raise InputError(f"the activation holds {', '.join(sorted(map(str, free)))}: substitute a number first")
        return _Parts(self)

    def subs(self, values: Any) -> Activation:
        """With numbers in place of symbols (a symbolic gain, parameters of an own activation)."""
        changed: dict[str, Any] = {
            k: None if (e := getattr(self, k)) is None else e.subs(values)
            for k in ("value", "slope", "bend", "primitive", "inverse", "conjugate", "gain")
        }
        return replace(self, image=tuple(read(b).subs(values) for b in self.image), **changed)


class _Parts(dict):
    """The parts of an activation as functions, each made when it is first asked for."""

    def __init__(self, activation: Activation) -> None:
        super().__init__()
        self.activation = activation

    def __missing__(self, what: str) -> Callable[[np.ndarray], np.ndarray]:
        self[what] = _vectorised(getattr(self.activation, what))
        return self[what]


def _vectorised(expression: sp.Expr) -> Callable[[np.ndarray], np.ndarray]:
    numbers = NumPy()
    function = Straight(lower([stable_logarithms(expression)], [U], stabilise=False, algebra=numbers), numbers)

    def evaluate(u: np.ndarray) -> np.ndarray:
        u = np.asarray(u, dtype=float)
        with np.errstate(all="ignore"):
            (value,) = function([u])
        # A formula without u (the slope of a straight line) comes back as one number.
        return value if np.shape(value) == u.shape else np.broadcast_to(value, u.shape).astype(float)

    return evaluate


def _logistic() -> Activation:
    return Activation(
        "logistic",
        value=logistic(U),
        slope=logistic(U) * logistic(-U),
        bend=-sp.tanh(U / 2),
        primitive=sp.log(1 + sp.exp(U)),
        inverse=sp.log(V) - sp.log(1 - V),
        conjugate=V * sp.log(V) + (1 - V) * sp.log(1 - V),
        image=(sp.S.Zero, sp.S.One),
    )


def _tanh() -> Activation:
    return Activation(
        "tanh",
        value=sp.tanh(U),
        slope=1 / sp.cosh(U) ** 2,
        bend=-2 * sp.tanh(U),
        primitive=sp.log(sp.cosh(U)),
        inverse=(sp.log(1 + V) - sp.log(1 - V)) / 2,
        conjugate=((1 + V) * sp.log(1 + V) + (1 - V) * sp.log(1 - V)) / 2,
        image=(-sp.S.One, sp.S.One),
    )


def _arctan() -> Activation:
    return Activation(
        "arctan",
        value=sp.atan(U),
        slope=1 / (1 + U**2),
        bend=-2 * U / (1 + U**2),
        primitive=U * sp.atan(U) - sp.log(1 + U**2) / 2,
        inverse=sp.tan(V),
        conjugate=-sp.log(sp.cos(V)),
        image=(-sp.pi / 2, sp.pi / 2),
    )


def _softplus() -> Activation:
    return Activation(
        "softplus",
        value=sp.log(1 + sp.exp(U)),
        slope=logistic(U),
        bend=logistic(-U),
        primitive=-sp.polylog(2, -sp.exp(U)),
        inverse=sp.log(sp.exp(V) - 1),
        conjugate=V * sp.log(sp.exp(V) - 1) + sp.polylog(2, 1 - sp.exp(V)),
        image=(sp.S.Zero, sp.oo),
    )


def _erf() -> Activation:
    return Activation(
        "erf",
        value=sp.erf(U),
        slope=2 * sp.exp(-(U**2)) / sp.sqrt(sp.pi),
        bend=-2 * U,
        primitive=U * sp.erf(U) + sp.exp(-(U**2)) / sp.sqrt(sp.pi),
        inverse=sp.erfinv(V),
        conjugate=-sp.exp(-(sp.erfinv(V) ** 2)) / sp.sqrt(sp.pi),
        image=(-sp.S.One, sp.S.One),
    )


def _algebraic() -> Activation:
    return Activation(
        "algebraic",
        value=U / sp.sqrt(1 + U**2),
        slope=(1 + U**2) ** sp.Rational(-3, 2),
        bend=-3 * U / (1 + U**2),
        primitive=sp.sqrt(1 + U**2),
        inverse=V / sp.sqrt(1 - V**2),
        conjugate=-sp.sqrt(1 - V**2),
        image=(-sp.S.One, sp.S.One),
    )


def _hyperbolic() -> Activation:
    return replace(_tanh().with_gain(sp.Symbol("lambda", positive=True)), name="hyperbolic")


#: The activations that have a name; "hyperbolic" is tanh(λu) with the gain λ as a symbol.
ACTIVATIONS: dict[str, Callable[[], Activation]] = {
    "logistic": _logistic,
    "tanh": _tanh,
    "arctan": _arctan,
    "softplus": _softplus,
    "erf": _erf,
    "algebraic": _algebraic,
    "hyperbolic": _hyperbolic,
}


def activation(which: Any, *, gain: Any = 1) -> Activation:
    """The activation of that name, or made of an increasing SymPy expression in one real symbol.

    Args:
        which: a name in ``ACTIVATIONS``, an `Activation`, or a SymPy expression.
        gain: λ > 0 in σ(λu); for "hyperbolic" it takes the place of the symbol λ.

    Raises:
        ValueError: an unknown name; an expression that is not strictly increasing (a point is named).
    """
    if isinstance(which, str):
        if which not in ACTIVATIONS:
            raise InputError(
                f"unknown activation {which!r}: choose {', '.join(ACTIVATIONS)}, or hand in an increasing SymPy expression"
            )
        if which == "hyperbolic" and gain != 1:
            return replace(_tanh().with_gain(gain), name="hyperbolic")
        return ACTIVATIONS[which]().with_gain(gain)
    if isinstance(which, Activation):
        return which.with_gain(gain)
    from .own_activation import activation_from

    return activation_from(which).with_gain(gain)
