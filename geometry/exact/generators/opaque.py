"""Functions known by their derivatives alone: each application opens a generator.

The derivative comes from a declared rule or from SymPy's ``fdiff``.
"""

from __future__ import annotations

from typing import Any, Callable

import sympy as sp

from ..elements import Element
from ..errors import UnsupportedFunction
from ..field import DifferentialField
from ..sampling import Samples, numbers
from .base import Generator

DERIVATIVES: dict[type, Callable[..., sp.Expr]] = {}


class Opaque(Generator):
    """``function(*arguments)`` with partial derivatives from a rule."""

    def __init__(self, function: type, arguments: tuple[Element, ...]):
        self.function, self.arguments = function, arguments

    def expression(self) -> sp.Expr:
        return self.function(*(a.as_expr() for a in self.arguments))

    def derivative(self, field: DifferentialField, symbol: sp.Symbol) -> Element:
        total = field.zero
        for k, argument in enumerate(self.arguments, start=1):
            rate = argument.diff(symbol)
            if rate:
                total = total + field(self._partial(k)) * rate
        return total

    def _partial(self, k: int) -> sp.Expr:
        arguments = tuple(a.as_expr() for a in self.arguments)
        rule = DERIVATIVES.get(self.function)
        if rule is not None:
            partial = rule(k, *arguments)
        else:
            try:
                partial = self.function(*arguments).fdiff(k)
            except (sp.function.ArgumentIndexError, AttributeError, NotImplementedError):
                partial = None
        if partial is None or (isinstance(partial, sp.Basic) and partial.has(sp.Derivative, sp.Subs)):
            raise UnsupportedFunction(
                f"{self.function.__name__} has no rule for the derivative by its argument number {k} "
                f"(in {self.expression()}); declare one with register_rule({self.function.__name__}, derivative)"
            )
        return partial

    def value(self, samples: Samples, point: int) -> Any:
        arguments = [samples.value(a, point) for a in self.arguments]
        if any(a is None or abs(a) > 1e6 for a in arguments):
            return None
        value = sp.N(self.function(*map(_to_sympy, arguments)), numbers.dps)
        return numbers.mpmathify(value) if value.is_number else None

    def sign(self, field: DifferentialField) -> int | None:
        expression = self.expression()
        return 1 if expression.is_nonnegative else -1 if expression.is_nonpositive else None

    def is_real(self, field: DifferentialField) -> bool:
        return bool(self.expression().is_extended_real)


def _to_sympy(value: Any) -> sp.Expr:
    re, im = numbers.re(value), numbers.im(value)
    return sp.Float(re, numbers.dps) + (sp.I * sp.Float(im, numbers.dps) if im else 0)


def opaque(field: DifferentialField, expression: sp.Function) -> Element:
    """The generator of an application of a function."""
    function, arguments = expression.func, tuple(field(a) for a in expression.args)
    known: list[Opaque] = field.families.setdefault(Opaque, [])  # type: ignore[assignment]
    for generator in known:
        if generator.function == function and all(a == b for a, b in zip(generator.arguments, arguments)):
            return field.generator_element(generator.number)
    new = Opaque(function, arguments)
    known.append(new)
    return field.open(new)
