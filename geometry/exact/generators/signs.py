"""Absolute values: ``|u| = sign(u) u`` with locally constant signs, ``sign(u)**2 = 1``."""

from __future__ import annotations

from functools import reduce
from operator import mul
from typing import Any

import sympy as sp

from ..conjugates import conjugate_product
from ..elements import Element
from ..errors import UnsupportedFunction
from ..factoring import factored
from ..field import DifferentialField
from ..positivity import is_number, pieces, proven_real, proven_sign, sign_generators, sign_of_number
from ..rules import converts
from ..sampling import Samples, is_real, numbers, sample_symbol
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
    """``sign(element)``, a product of the signs of its factors.

    A factor that holds signs itself is looked at on each piece of the domain where they are constant, because it
    may vanish on some of them: sign(max(0, x)) is 1 for x > 0 and 0 for x < 0.
    """
    if element.is_zero:
        return field.zero
    element = field.canonical(element)
    stage = element.stage
    if not proven_real(element):
        values = field.samples.values(element)
        if sum(map(is_real, values)) * 4 < len(values):  # tiny imaginary parts may make a few look real
            raise UnsupportedFunction(
                f"the absolute value or sign of {element} is asked for, which is not real for real values of its "
                "symbols; declare the symbols positive where they are"
            )
    result = field.one
    for polynomial in (element.num, element.den):
        content, factors = factored(polynomial)
        if int(content) < 0:
            result = -result
        for factor, multiplicity in factors:
            part = field.lift(Element(field, factor, stage.constant(1), stage))
            if sign_generators(part):
                sign = _sign_by_pieces(field, part)
                result = result * (sign if int(multiplicity) % 2 else sign * sign)
            elif int(multiplicity) % 2:
                result = result * _sign_of_factor(field, part)
    return result


def indicator(field: DifferentialField, signs: dict[int, int]) -> Element:
    """1 where the generators ``signs`` have the given values, 0 elsewhere: a product of idempotents (1 ± s)/2."""
    result = field.one
    for number, value in signs.items():
        result = result * (1 + value * field.generator_element(number)) / 2
    return result


def support(field: DifferentialField, element: Element) -> Element | None:
    """1 where an element is not zero and 0 where it is; None for one that vanishes on no whole piece of the domain."""
    if element.is_zero or not sign_generators(field.canonical(element)):
        return None
    parts = list(pieces(field.canonical(element)))
    if not any(value.is_zero for _, value in parts):
        return None
    total = field.zero
    for signs, value in parts:
        if not value.is_zero:
            total = total + indicator(field, signs)
    return total


def _sign_by_pieces(field: DifferentialField, factor: Element) -> Element:
    """The sign of what holds signs: the sum over the pieces of the domain, or a constant where all agree."""
    parts = [(signs, sign_element(field, value)) for signs, value in pieces(factor)]
    first = parts[0][1]
    if all(sign == first for _, sign in parts):
        return first
    total = field.zero
    for signs, sign in parts:
        total = total + indicator(field, signs) * sign
    return total


def _sign_of_factor(field: DifferentialField, factor: Element) -> Element:
    definite = proven_sign(factor)
    if definite is None and is_number(factor):
        definite = sign_of_number(factor)
    if definite is not None:
        return field.integer(definite)
    relation = factor.stage.algebraic_in(factor.num)
    if relation is not None and relation.degree == 2:  # a + b w by its norm, so that both have one sign generator
        conjugate = Element(field, conjugate_product(factor.stage, factor.num, relation), factor.den, factor.stage)
        definite = proven_sign(conjugate)
        if definite is not None and not (norm := factor * conjugate).is_zero:
            return definite * sign_element(field, norm)
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


@converts(sp.Heaviside)
def _heaviside(field: DifferentialField, expression: sp.Heaviside) -> Element:
    """(1 + sign u)/2, away from the kink."""
    _check_pieces(field, expression)
    argument = field(expression.args[0])
    return field(expression.args[1]) if argument.is_zero else (1 + sign_element(field, argument)) / 2


@converts(sp.Piecewise)
def _piecewise(field: DifferentialField, expression: sp.Piecewise) -> Element:
    """The sum of the branches, each times the idempotent that is 1 where its condition is the first to hold."""
    _check_pieces(field, expression)
    total, left = field.zero, field.one
    for branch, condition in expression.args:
        here = left * _truth(field, condition)
        if here:
            total, left = total + here * field(branch), left - here
    if any(not value.is_zero for _, value in pieces(left)):
        raise UnsupportedFunction(
            f"{expression} is not defined where none of its conditions holds; end it with a branch (value, True)"
        )
    return total


def _check_pieces(field: DifferentialField, expression: sp.Expr) -> None:
    if not field.pieces:
        raise UnsupportedFunction(
            f"{type(expression).__name__} is a different function on each piece of the domain (in {expression}); take "
            "the branch that holds on yours, or read it by pieces, with DifferentialField(..., pieces=True)"
        )


def jump(element: Element) -> tuple[sp.Expr, sp.Expr] | None:
    """A point (as an equation ``symbol = value``) where the element jumps, and by how much, if one is found.

    On the two sides of u = 0 the element p + q sign(u) differs by 2 q, which is looked at where a symbol solves u = 0.
    """
    field = element.field
    element = field.canonical(element)
    stage = element.stage
    for number in sign_generators(element):
        argument = getattr(field.generators[number], "argument", None)
        if argument is None:
            continue
        half = field.element(element.num.derivative(stage.position[number]), element.den, stage).as_expr()
        u = argument.as_expr()
        for symbol in sorted(u.free_symbols, key=str):
            slope = sp.diff(u, symbol)
            place = -u.subs(symbol, 0) / slope if symbol not in slope.free_symbols else sp.nan
            values = {s: sp.Float(sample_symbol(s, 1), 30) for s in (u.free_symbols | half.free_symbols) - {symbol}}
            at = place.xreplace(values)
            size = (2 * half).xreplace({symbol: at}).xreplace(values).n(20)
            allowed = (
                not (symbol.is_nonnegative and at < 0 or symbol.is_nonpositive and at > 0) if at.is_real else False
            )
            if allowed and size.is_number and size.is_finite and abs(size) > 1e-15:
                return sp.Eq(symbol, place), 2 * half
    return None


def _truth(field: DifferentialField, condition: Any) -> Element:
    """1 where a condition holds and 0 where it does not, away from where its two sides meet."""
    if condition in (sp.true, sp.false):
        return field.integer(int(condition == sp.true))
    if isinstance(condition, sp.Not):
        return 1 - _truth(field, condition.args[0])
    if isinstance(condition, sp.And):
        return reduce(mul, (_truth(field, part) for part in condition.args))
    if isinstance(condition, sp.Or):
        return 1 - reduce(mul, (1 - _truth(field, part) for part in condition.args))
    if isinstance(condition, (sp.Eq, sp.Ne)):
        same = (field(condition.lhs) - field(condition.rhs)).is_zero
        return field.integer(int(same == isinstance(condition, sp.Eq)))
    if isinstance(condition, (sp.Gt, sp.Ge, sp.Lt, sp.Le)):
        difference = field(condition.gts) - field(condition.lts)
        if difference.is_zero:
            return field.integer(int(isinstance(condition, (sp.Ge, sp.Le))))
        return (1 + sign_element(field, difference)) / 2
    raise UnsupportedFunction(f"the condition {condition} is no comparison; write it with <, <=, ==, &, |, ~")


@converts(sp.Max, sp.Min)
def _extremum(field: DifferentialField, expression: sp.Max | sp.Min) -> Element:
    """max(a, b) = (a + b + |a - b|)/2."""
    direction = 1 if isinstance(expression, sp.Max) else -1

    def pair(a: Element, b: Element) -> Element:
        return (a + b + direction * absolute_value(field, a - b)) / 2

    return reduce(pair, [field(a) for a in expression.args])
