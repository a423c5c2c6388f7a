"""The one table of activations: what a unit makes of the number that reaches it.

A row is a formula in the symbol ``U``; networks of all kinds take a row by its name, and so do the command line and the
docs. Where σ increases it is the derivative of a convex function Ψ = ∫σ, and the row of such an activation has what the
Hopfield geometry needs in forms that keep their digits where σ saturates: the slope σ′ (the metric), the logarithmic
derivative of the slope σ″/σ′ (the first Koszul form is half of it), the primitive Ψ, the inverse σ⁻¹ and the conjugate
Ψ*(v) = uv − Ψ(u) with v = σ(u), which is a primitive of σ⁻¹.

>>> u = sp.Symbol("u", real=True)
>>> read_activation("silu").of(u), read_activation(sp.sin).of(u), read_activation(u**3).of(2 * u)
(u*σ(u), sin(u), 8*u**3)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp
from chentsov.geometry.exact import logistic
from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.exact.reading import read, read_expression, read_made, short
from chentsov.geometry.kernels.algebras import NumPy
from chentsov.geometry.kernels.interpreter import Straight

__all__ = ["ACTIVATIONS", "Activation", "IncreasingActivation", "U", "V", "read_activation"]

U = sp.Symbol("u", real=True)
V = sp.Symbol("v", real=True)


@dataclass(frozen=True)
class Activation:
    """A function of one real number.

    Attributes:
        name: what it is called.
        value: φ(u) in the symbol ``U``; every other symbol is a constant.
    """

    name: str
    value: sp.Expr

    def of(self, u: Any) -> sp.Expr:
        """φ(u)."""
        return self.value.subs(U, u)


@dataclass(frozen=True)
class IncreasingActivation(Activation):
    """An increasing function σ with what belongs to it.

    Attributes:
        slope: σ′(u) > 0.
        bend: σ″/σ′, the logarithmic derivative of the slope.
        primitive: Ψ(u) with Ψ′ = σ.
        inverse: σ⁻¹(v) in the symbol ``V``, or None where no closed form is known.
        conjugate: Ψ*(v) = uv − Ψ(u) at u = σ⁻¹(v), or None.
        image: the open interval of values.
        gain: λ, where the function is one of λu.

    >>> u = sp.Symbol("u", real=True)
    >>> ACTIVATIONS["tanh"].of(u), ACTIVATIONS["tanh"].with_gain(3).slope_of(u)
    (tanh(u), 3/cosh(3*u)**2)
    """

    slope: sp.Expr
    bend: sp.Expr
    primitive: sp.Expr
    inverse: sp.Expr | None
    conjugate: sp.Expr | None
    image: tuple[sp.Expr, sp.Expr]
    gain: sp.Expr = sp.S.One

    @property
    def ends(self) -> tuple[float, float]:
        """The ends of the image, infinite where it has none in numbers.

        >>> ACTIVATIONS["logistic"].ends, ACTIVATIONS["softplus"].ends
        ((0.0, 1.0), (0.0, inf))
        """
        low, high = map(read, self.image)
        return float(low) if low.is_finite else -math.inf, float(high) if high.is_finite else math.inf

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

    def with_gain(self, gain: Any) -> IncreasingActivation:
        """σ(λu), λ > 0: slope λσ′(λu), bend λ(σ″/σ′)(λu), primitive Ψ(λu)/λ, inverse σ⁻¹(v)/λ, conjugate Ψ*/λ.

        Raises:
            ValueError: the gain is not positive.
        """
        gain = read_expression(gain, "the gain")
        if gain.is_positive is False or (gain.is_number and not gain > 0):
            raise InputError(f"the gain is {gain}; it must be positive, or the activation would not increase")
        if gain == 1:
            return self
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

    def __getstate__(self) -> dict[str, Any]:
        """Without the numeric functions, which are made again where they are needed."""
        return {k: v for k, v in self.__dict__.items() if k != "numeric"}

    @cached_property
    def numeric(self) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
        """σ, σ′, σ″/σ′, Ψ, σ⁻¹ and Ψ* as NumPy functions.

        Their names are "value", "slope", "bend", "primitive", "inverse" and "conjugate".

        Raises:
            ValueError: the gain is a symbol.
        """
        free = self.value.free_symbols - {U}
        if free:
            raise InputError(f"the activation holds {', '.join(sorted(map(str, free)))}: substitute a number first")
        return _Parts(self)

    def subs(self, values: Any) -> IncreasingActivation:
        """With numbers in place of symbols (a symbolic gain, parameters of an own activation)."""
        changed: dict[str, Any] = {
            k: None if (e := getattr(self, k)) is None else e.subs(values)
            for k in ("value", "slope", "bend", "primitive", "inverse", "conjugate", "gain")
        }
        return replace(self, image=tuple(read(b).subs(values) for b in self.image), **changed)


class _Parts(dict):
    """The parts of an activation as functions, each made when it is first asked for."""

    def __init__(self, activation: IncreasingActivation) -> None:
        super().__init__()
        self.activation = activation

    def __missing__(self, what: str) -> Callable[[np.ndarray], np.ndarray]:
        self[what] = _vectorised(getattr(self.activation, what), V if what in ("inverse", "conjugate") else U)
        return self[what]


def _vectorised(expression: sp.Expr, argument: sp.Symbol = U) -> Callable[[np.ndarray], np.ndarray]:
    function = Straight.of([expression], [argument], NumPy())

    def evaluate(u: np.ndarray) -> np.ndarray:
        u = np.asarray(u, dtype=float)
        with np.errstate(all="ignore"):
            (value,) = function([u])
        # A formula without u (the slope of a straight line) comes back as one number.
        return value if np.shape(value) == u.shape else np.broadcast_to(value, u.shape).astype(float)

    return evaluate


def _dilogarithm(z: sp.Expr) -> sp.Expr:
    """Li₂(z), made as it stands: SymPy would compare z with special points, which takes longer than the import."""
    return sp.polylog(2, z, evaluate=False)


_TANH = IncreasingActivation(
    "tanh",
    value=sp.tanh(U),
    slope=1 / sp.cosh(U) ** 2,
    bend=-2 * sp.tanh(U),
    primitive=sp.log(sp.cosh(U)),
    inverse=(sp.log(1 + V) - sp.log(1 - V)) / 2,
    conjugate=((1 + V) * sp.log(1 + V) + (1 - V) * sp.log(1 - V)) / 2,
    image=(-sp.S.One, sp.S.One),
)

_ROWS: tuple[Activation, ...] = (
    IncreasingActivation(
        "logistic",
        value=logistic(U),
        slope=logistic(U) * logistic(-U),
        bend=-sp.tanh(U / 2),
        primitive=sp.log(1 + sp.exp(U)),
        inverse=sp.log(V) - sp.log(1 - V),
        conjugate=V * sp.log(V) + (1 - V) * sp.log(1 - V),
        image=(sp.S.Zero, sp.S.One),
    ),
    _TANH,
    IncreasingActivation(
        "arctan",
        value=sp.atan(U),
        slope=1 / (1 + U**2),
        bend=-2 * U / (1 + U**2),
        primitive=U * sp.atan(U) - sp.log(1 + U**2) / 2,
        inverse=sp.tan(V),
        conjugate=-sp.log(sp.cos(V)),
        image=(-sp.pi / 2, sp.pi / 2),
    ),
    IncreasingActivation(
        "softplus",
        value=sp.log(1 + sp.exp(U)),
        slope=logistic(U),
        bend=logistic(-U),
        primitive=-_dilogarithm(-sp.exp(U)),
        inverse=sp.log(sp.exp(V) - 1),
        conjugate=V * sp.log(sp.exp(V) - 1) + _dilogarithm(1 - sp.exp(V)),
        image=(sp.S.Zero, sp.oo),
    ),
    IncreasingActivation(
        "erf",
        value=sp.erf(U),
        slope=2 * sp.exp(-(U**2)) / sp.sqrt(sp.pi),
        bend=-2 * U,
        primitive=U * sp.erf(U) + sp.exp(-(U**2)) / sp.sqrt(sp.pi),
        inverse=sp.erfinv(V),
        conjugate=-sp.exp(-(sp.erfinv(V) ** 2)) / sp.sqrt(sp.pi),
        image=(-sp.S.One, sp.S.One),
    ),
    IncreasingActivation(
        "algebraic",
        value=U / sp.sqrt(1 + U**2),
        slope=(1 + U**2) ** sp.Rational(-3, 2),
        bend=-3 * U / (1 + U**2),
        primitive=sp.sqrt(1 + U**2),
        inverse=V / sp.sqrt(1 - V**2),
        conjugate=-sp.sqrt(1 - V**2),
        image=(-sp.S.One, sp.S.One),
    ),
    # tanh(λu) with the gain λ as a symbol
    replace(_TANH.with_gain(sp.Symbol("lambda", positive=True)), name="hyperbolic"),
    Activation("identity", U),
    Activation("probit", (1 + sp.erf(U / sp.sqrt(2))) / 2),
    Activation("relu", sp.Max(U, 0)),
    Activation("leaky_relu", sp.Max(U, U / 100)),
    Activation("silu", U * logistic(U)),
    Activation("gelu", U * (1 + sp.erf(U / sp.sqrt(2))) / 2),
)

#: Every activation that has a name.
ACTIVATIONS: dict[str, Activation] = {row.name: row for row in _ROWS}


def read_activation(given: Any) -> Activation:
    """The activation of that name, or one's own.

    Args:
        given: a name of `ACTIVATIONS`; an `Activation`; an expression in one symbol (the one real symbol that is not
            declared positive, if there are parameters); or a function SymPy -> SymPy.

    Raises:
        ValueError: an unknown name, no function of one number, or a value that is no finite real expression.
    """
    if isinstance(given, str):
        name = given.strip().replace("-", "_").replace(" ", "_")
        if name not in ACTIVATIONS:
            raise InputError(
                f"unknown activation '{given[:60]}': choose one of {', '.join(ACTIVATIONS)}, "
                "or hand in a function or an expression"
            )
        return ACTIVATIONS[name]
    if isinstance(given, Activation):
        return given
    if isinstance(given, sp.Expr):
        return Activation(str(given), given.subs(argument_of(given), U))
    if not callable(given):
        raise InputError(f"an activation is a name, a function or an expression in one symbol, not {short(given)}")
    value = read_made(given, [U], "the activation")
    if not isinstance(value, sp.Expr) or value.has(sp.nan, sp.oo, -sp.oo, sp.zoo) or value.is_real is False:
        raise InputError(f"the activation makes {value!s:.60} of u; a real expression is needed")
    return Activation(getattr(given, "__name__", str(value)), value)


def argument_of(expression: sp.Expr) -> sp.Symbol:
    """The one symbol that is the argument; further ones are parameters, and are declared positive."""
    free = sorted(expression.free_symbols, key=lambda s: s.name)
    candidates = [s for s in free if not s.is_positive]
    if len(free) == 1:
        return free[0]
    if len(candidates) != 1:
        raise InputError(
            f"the activation {expression} holds {[str(s) for s in free]}: one real symbol is its argument, "
            "and parameters must be declared positive"
        )
    return candidates[0]
