"""Absolute values: ``|u| = sign(u) u`` with locally constant signs, ``sign(u)**2 = 1``."""

from __future__ import annotations

from functools import reduce
from typing import Any

import sympy as sp

from ..elements import Element
from ..errors import UnsupportedFunction
from ..factoring import factored
from ..field import DifferentialField
from ..rules import converts
from ..sampling import Samples, is_real, numbers, proven_sign, sign
from .base import Generator


class Sign(Generator):
    """``sign(argument)`` of an argument that takes both signs; a real function, not zero anywhere."""

    def __init__(self, argument: Element):
        self.argument = argument

    def expression(self) -> sp.Expr:
        return sp.sign(self.argument.as_expr())

    def derivative(self, field: DifferentialField, symbol: sp.Symbol) -> Element:
        return field.zero

    def value(self, samples: Samples, point: int) -> Any:
        value = samples.value(self.argument, point)
        return None if value is None else numbers.sign(numbers.re(value))

    def is_real(self, field: DifferentialField) -> bool:
        return True


class Branch(Generator):
    """The sign ``first/second`` of two functions whose squares are equal, where it is not constant."""

    def __init__(self, first: sp.Expr, first_square: Element, second: Element):
        self.first, self.first_square, self.second = first, first_square, second

    def expression(self) -> sp.Expr:
        return self.first / self.second.as_expr()

    def derivative(self, field: DifferentialField, symbol: sp.Symbol) -> Element:
        return field.zero

    def value(self, samples: Samples, point: int) -> Any:
        square, second = samples.value(self.first_square, point), samples.value(self.second, point)
        return None if square is None or second is None else numbers.nint(numbers.re(numbers.sqrt(square) / second))

    def is_real(self, field: DifferentialField) -> bool:
        return True


def sign_element(field: DifferentialField, element: Element) -> Element:
    """``sign(element)``, a product of the signs of its factors."""
    if element.is_zero:
        return field.zero
    element = field.lift(element)
    stage = element.stage
    proven = proven_sign(element)
    if proven is not None:
        return field.integer(proven)
    values = field.samples.values(element)
    if sum(map(is_real, values)) * 4 < len(values):  # tiny imaginary parts may make a few look real
        raise UnsupportedFunction(
            f"the absolute value or sign of {element} is asked for, which is not real for real values of its symbols; "
            "declare the symbols positive where they are"
        )
    definite = sign(element)
    if definite is not None:
        return field.integer(definite)
    result = field.one
    for polynomial in (element.num, element.den):
        content, factors = factored(polynomial)
        if int(content) < 0:
            result = -result
        for factor, multiplicity in factors:
            if int(multiplicity) % 2:
                result = result * _sign_of_factor(field, field.lift(Element(field, factor, stage.constant(1), stage)))
    return result


def _sign_of_factor(field: DifferentialField, factor: Element) -> Element:
    definite = sign(factor)
    if definite is not None:
        return field.integer(definite)
    single = factor.stage.generators_in(factor.num)
    if len(single) == 1 and isinstance(field.generators[single[0]], (Sign, Branch)) and factor.den.is_one():
        return factor  # the sign of a sign
    for generator in field.generators:
        if not isinstance(generator, Sign) or field.is_dropped(generator.number):
            continue
        if generator.argument == factor:
            return field.generator_element(generator.number)
        if generator.argument == -factor:
            return -field.generator_element(generator.number)
    return field.open(Sign(factor), 2, field.one)


def absolute_value(field: DifferentialField, element: Element) -> Element:
    """``|element|``."""
    return element * sign_element(field, element)


@converts(sp.Abs)
def _abs(field: DifferentialField, expression: sp.Abs) -> Element:
    return absolute_value(field, field(expression.args[0]))


@converts(sp.sign)
def _sign(field: DifferentialField, expression: sp.sign) -> Element:
    return sign_element(field, field(expression.args[0]))


@converts(sp.Max, sp.Min)
def _extremum(field: DifferentialField, expression: sp.Max | sp.Min) -> Element:
    """max(a, b) = (a + b + |a - b|)/2."""
    direction = 1 if isinstance(expression, sp.Max) else -1

    def pair(a: Element, b: Element) -> Element:
        return (a + b + direction * absolute_value(field, a - b)) / 2

    return reduce(pair, [field(a) for a in expression.args])
