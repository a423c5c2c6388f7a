"""Undefined functions as jets: the function and its partial derivatives are generators."""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from ..elements import Element
from ..errors import UnsupportedFunction
from ..field import DifferentialField
from ..rules import converts
from ..sampling import Samples, sample_symbol
from .base import Generator


class Jet(Generator):
    """A partial derivative, of order ``orders[k]`` in argument k, of an undefined function."""

    def __init__(self, function: type, arguments: tuple[Element, ...], orders: tuple[int, ...]):
        self.function, self.arguments, self.orders = function, arguments, orders

    def expression(self) -> sp.Expr:
        values = [a.as_expr() for a in self.arguments]
        if not any(self.orders):
            return self.function(*values)
        plain = all(isinstance(v, sp.Symbol) for v in values) and len(set(values)) == len(values)
        places = values if plain else [sp.Dummy(f"xi_{k + 1}") for k in range(len(values))]
        derivative = sp.Derivative(self.function(*places), *[(p, n) for p, n in zip(places, self.orders) if n])
        return derivative if plain else sp.Subs(derivative, tuple(places), tuple(values))

    def derivative(self, field: DifferentialField, symbol: sp.Symbol) -> Element:
        total = field.zero
        for k, argument in enumerate(self.arguments):
            rate = argument.diff(symbol)
            if rate:
                orders = tuple(n + (i == k) for i, n in enumerate(self.orders))
                total = total + jet(field, self.function, self.arguments, orders) * rate
        return total

    def value(self, samples: Samples, point: int) -> Any:
        """An undefined function takes any value that its assumptions allow."""
        return sample_symbol(self.expression(), point)

    def sign(self, field: DifferentialField) -> int | None:
        expression = self.expression()
        return 1 if expression.is_nonnegative else -1 if expression.is_nonpositive else None

    def is_real(self, field: DifferentialField) -> bool:
        return not self.expression().is_imaginary


def jet(field: DifferentialField, function: type, arguments: tuple[Element, ...], orders: tuple[int, ...]) -> Element:
    """The generator of a partial derivative of an undefined function."""
    for generator in field.generators:
        if isinstance(generator, Jet) and generator.function == function and generator.orders == orders:
            if generator.arguments == arguments:
                return field.generator_element(generator.number)
    return field.open(Jet(function, arguments, orders))


@converts(AppliedUndef)
def _function(field: DifferentialField, expression: AppliedUndef) -> Element:
    arguments = tuple(field(a) for a in expression.args)
    return jet(field, expression.func, arguments, (0,) * len(arguments))


@converts(sp.Derivative)
def _derivative(field: DifferentialField, expression: sp.Derivative) -> Element:
    inner = expression.expr
    if isinstance(inner, AppliedUndef) and all(v in inner.args for v in expression.variables):
        arguments = tuple(field(a) for a in inner.args)
        if len(set(inner.args)) == len(inner.args) and all(isinstance(a, sp.Symbol) for a in inner.args):
            orders = tuple(expression.variables.count(a) for a in inner.args)
            return jet(field, inner.func, arguments, orders)
    done = expression.doit()
    if done != expression:
        return field(done)
    around = field
    if not set(expression.variables) <= set(field.coordinates):  # as under a mean, whose row symbols alone matter
        around = DifferentialField(tuple(dict.fromkeys(expression.variables)))
    value = around(inner)
    for symbol in expression.variables:
        value = value.diff(symbol)
    return value if around is field else field(value.as_expr())


@converts(sp.Subs)
def _subs(field: DifferentialField, expression: sp.Subs) -> Element:
    inner = expression.expr
    if isinstance(inner, sp.Derivative) and isinstance(inner.expr, AppliedUndef):
        places = inner.expr.args
        if all(isinstance(p, sp.Symbol) for p in places) and len(set(places)) == len(places):
            values = dict(zip(expression.variables, expression.point))
            arguments = tuple(field(values.get(p, p)) for p in places)
            orders = tuple(inner.variables.count(p) for p in places)
            return jet(field, inner.expr.func, arguments, orders)
    done = expression.doit()
    if not isinstance(done, sp.Subs):
        return field(done)
    around = DifferentialField(tuple(expression.variables))
    value = around(inner).as_expr().xreplace(dict(zip(expression.variables, expression.point)))
    if value.has(sp.Subs):
        raise UnsupportedFunction(f"no rule gives the derivative {expression}; declare one with register_rule")
    return field(value)
