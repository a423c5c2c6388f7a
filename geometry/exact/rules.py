"""From SymPy to the field: one conversion rule for each class of expression."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import sympy as sp

if TYPE_CHECKING:
    from .elements import Element
    from .field import DifferentialField

Conversion = Callable[["DifferentialField", Any], "Element"]
_CONVERSIONS: dict[type, Conversion] = {}


def converts(*classes: type) -> Callable[[Conversion], Conversion]:
    """Declare a function as the conversion rule of SymPy classes."""

    def declare(rule: Conversion) -> Conversion:
        for cls in classes:
            _CONVERSIONS[cls] = rule
        return rule

    return declare


def conversion_of(cls: type) -> Conversion | None:
    """The rule of a class or of its nearest base class that has one."""
    if not _loaded:
        _load()
    for base in cls.__mro__:
        if base in _CONVERSIONS:
            return _CONVERSIONS[base]
    return None


_KINDS = (
    "arithmetic exponential signs trigonometric logarithm opaque arctangent special incomplete bessel undefined formal"
)
_loaded: list[bool] = []


def _load() -> None:
    from importlib import import_module

    _loaded.append(True)
    for name in _KINDS.split():
        import_module(f"{__package__}.generators.{name}")


def register_rule(function: type, derivative: Callable[..., sp.Expr]) -> None:
    """Declare the partial derivatives of a further function.

    ``derivative(k, *arguments)`` returns, as a SymPy expression, the derivative by argument number k
    (counted from 1).

    >>> import sympy as sp
    >>> from chentsov.geometry.exact import DifferentialField, register_rule
    >>> class softplus(sp.Function): pass
    >>> register_rule(softplus, lambda k, u: 1 / (1 + sp.exp(-u)))
    >>> x = sp.Symbol("x", real=True)
    >>> DifferentialField((x,))(softplus(3 * x)).diff(x).as_expr().subs(x, 0)
    3/2
    """
    from .generators.opaque import DERIVATIVES

    DERIVATIVES[function] = derivative
