"""Where rules are registered: how SymPy is read into a field, how functions differentiate, how elements are written.

This file stands below the field, which looks the rules up here; the kinds of generators and the writer stand above it
and put theirs in. They are loaded at the first look.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

import sympy as sp

if TYPE_CHECKING:
    from .elements import Element
    from .field import DifferentialField

Conversion = Callable[["DifferentialField", Any], "Element"]
Writer = Callable[["Element", bool], sp.Expr]

#: The partial derivatives that `register_rule` declared.
DERIVATIVES: dict[type, Callable[..., sp.Expr]] = {}

_CONVERSIONS: dict[type, Conversion] = {}
_WRITERS: list[Writer] = []
_loaded: list[bool] = []
_KINDS = (
    "arithmetic exponential signs trigonometric logarithm opaque arctangent special incomplete bessel undefined formal"
)


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


def writes(writer: Writer) -> Writer:
    """Declare the function that writes elements as SymPy expressions."""
    _WRITERS.append(writer)
    return writer


def writer() -> Writer:
    """What writes elements."""
    if not _loaded:
        _load()
    return _WRITERS[0]


def _load() -> None:
    _loaded.append(True)
    for name in _KINDS.split():
        import_module(f"{__package__}.generators.{name}")
    import_module(f"{__package__}.writing")


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
    DERIVATIVES[function] = derivative
