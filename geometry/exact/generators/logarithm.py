"""Logarithms."""

from __future__ import annotations

import sympy as sp

from ..elements import Element
from ..field import DifferentialField
from ..rules import converts
from .base import Generator


class Logarithm(Generator):
    """``log(argument)``."""

    def __init__(self, argument: Element):
        self.argument = argument

    def expression(self) -> sp.Expr:
        return sp.log(self.argument.as_expr())

    def derivative(self, field: DifferentialField, symbol: sp.Symbol) -> Element:
        return self.argument.diff(symbol) / self.argument


def logarithm(field: DifferentialField, argument: Element) -> Element:
    """``log`` of an element."""
    known: list[Logarithm] = field.families.setdefault(Logarithm, [])  # type: ignore[assignment]
    if argument == 1:
        return field.zero
    for generator in known:
        if generator.argument == argument:
            return field.generator_element(generator.number)
    new = Logarithm(argument)
    known.append(new)
    return field.open(new)


@converts(sp.log)
def _log(field: DifferentialField, expression: sp.log) -> Element:
    return logarithm(field, field(expression.args[0]))
