"""Exponentials, with a basis of exponents that keeps them independent.

Exponentials of ``A_1, ..., A_m`` are algebraically independent when no rational combination of the
exponents is a constant or a logarithm.  So the field keeps a list of exponents that is linearly
independent over Q; a further exponent is either a combination of these, ``A = sum q_j A_j``, and its
exponential the product of the ``exp(A_j)**q_j`` (where a fractional ``q_j`` refines the generator to
``exp(A_j/n)``), or it opens a generator.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy as sp

from ..budget import suspended
from ..combinations import rational_combination
from ..elements import Element
from ..exponents import exponential_expression
from ..field import DifferentialField
from ..functions import logistic
from ..positivity import proven_real, proven_sign
from ..ranges import Range
from ..rules import converts
from ..sampling import Samples, numbers
from ..spelling import spelled
from .base import Generator
from .powers import LARGEST_ROOT, base_power, rational_power
from .roots import real_and_imaginary, restore_tower


class Exponential(Generator):
    """``exp(exponent)``."""

    def __init__(self, exponent: Element):
        self.exponent = exponent

    def expression(self) -> sp.Expr:
        return exponential_expression(self.exponent.field, self.exponent)

    def derivative(self, field: DifferentialField, symbol: sp.Symbol) -> Element:
        return self.exponent.diff(symbol) * field.generator_element(self.number)

    def value(self, samples: Samples, point: int) -> Any:
        exponent = samples.value(self.exponent, point)
        return None if exponent is None or abs(exponent) > 1e7 else numbers.exp(exponent)

    def sign(self, field: DifferentialField) -> int | None:
        return 1 if self.is_real(field) else None

    def is_real(self, field: DifferentialField) -> bool:
        return proven_real(self.exponent)

    @property
    def logarithm(self) -> Element:
        """The logarithm of this generator, where it is real."""
        return self.exponent

    def root(self, field: DifferentialField, degree: int) -> Element | None:
        return power(field, self, Fraction(1, degree)) if self.is_real(field) else None

    def range(self, field: DifferentialField) -> Range:
        if not self.is_real(field):
            return None, None
        sign = proven_sign(self.exponent)
        return Fraction(1 if sign == 1 else 0), Fraction(1) if sign == -1 else None


def exponential(field: DifferentialField, exponent: Element) -> Element:
    """``exp`` of an element."""
    from .trigonometric import cosine_and_sine

    if exponent.is_zero:
        return field.one
    exponent, rest = field.split(field.canonical(exponent))
    if rest and exponent:
        return exponential(field, exponent) * exponential(field, rest)
    exponent, angle = real_and_imaginary(field, exponent + rest)
    if angle is not None:
        c, s = cosine_and_sine(field, angle)
        return exponential(field, exponent) * (c + field(sp.I) * s)
    exponent, factor = _without_logarithms(field, exponent)
    if exponent.is_zero:
        return factor
    known = [g for g in field.generators if isinstance(g, Exponential)]
    inverses = _inverses(field)
    basis = [e.exponent for e in known] + [field.generator_element(g.number) for g in inverses]
    combination = rational_combination(exponent, basis)
    if combination is None:
        sign = 1 if field.lift(exponent).num.leading_coefficient() > 0 else -1
        new = Exponential(exponent * sign)
        return factor * field.open(new) ** sign
    for generator, q in zip(known, combination):
        if q:
            factor = factor * power(field, generator, q)
    for generator, q in zip(inverses, combination[len(known) :]):
        if q:
            factor = factor * rational_power(field, generator.exponential, q)
    return factor


def power(field: DifferentialField, generator: Exponential, q: Fraction) -> Element:
    """A rational power of an exponential generator; refines it when needed."""
    if q.denominator > LARGEST_ROOT:
        return base_power(field, field.generator_element(generator.number), q)
    if q.denominator != 1:
        n = q.denominator
        finer = generator.exponent / n
        with suspended():
            field.refine({generator.number: field.generator_element(generator.number) ** n})
            generator.exponent = finer
            restore_tower(field)
        q = q * n
    return field.generator_element(generator.number) ** int(q)


def _inverses(field: DifferentialField) -> list[Any]:
    """The generators whose exponential is in the field already: logarithms and values of Lambert's W."""
    return [g for g in field.generators if hasattr(g, "exponential")]


def _without_logarithms(field: DifferentialField, exponent: Element) -> tuple[Element, Element]:
    """Split ``exponent = rest + sum r_i log(u_i)`` with rational r_i; returns rest and prod u_i**r_i."""
    factor, rest = field.one, field.lift(exponent)
    if not exponent.den.is_constant():
        return exponent, factor
    inverses = {g.number: g for g in _inverses(field)}
    order, below = exponent.stage.order, int(exponent.den.leading_coefficient())
    for monomial, coefficient in exponent.num.terms():
        if sum(monomial) != 1:
            continue
        number = next(k for k, e in zip(order, monomial) if e)
        if number in inverses:
            q = sp.Rational(int(coefficient), below)
            rest = rest - field(q) * field.generator_element(number)
            factor = factor * rational_power(field, inverses[number].exponential, Fraction(int(q.p), int(q.q)))
    return rest, factor


@converts(sp.exp)
def _exp(field: DifferentialField, expression: sp.exp) -> Element:
    argument = field(expression.args[0])
    spelled(field, "exp", argument)
    return exponential(field, argument)


@converts(sp.E.__class__)
def _e(field: DifferentialField, expression: sp.Expr) -> Element:
    return exponential(field, field.one)


@converts(logistic)
def _logistic(field: DifferentialField, expression: sp.Expr) -> Element:
    argument = field(expression.args[0])
    e = exponential(field, argument)
    spelled(field, "logistic", argument)
    return e / (1 + e)


@converts(sp.sinh, sp.cosh, sp.sech, sp.csch)
def _hyperbolic(field: DifferentialField, expression: sp.Expr) -> Element:
    argument = field(expression.args[0])
    e = exponential(field, argument)
    spelled(field, "hyperbolic", argument)
    if isinstance(expression, (sp.cosh, sp.sech)):
        value = (e + 1 / e) / 2
    else:
        value = (e - 1 / e) / 2
    return value if isinstance(expression, (sp.cosh, sp.sinh)) else 1 / value


@converts(sp.tanh, sp.coth)
def _tanh(field: DifferentialField, expression: sp.Expr) -> Element:
    argument = field(expression.args[0])
    e = exponential(field, 2 * argument)
    spelled(field, "tanh", argument)
    value = (e - 1) / (e + 1)
    return value if isinstance(expression, sp.tanh) else 1 / value
