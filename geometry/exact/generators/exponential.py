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

from ..combinations import rational_combination
from ..elements import Element
from ..field import DifferentialField
from ..functions import logistic
from ..rules import converts
from ..sampling import Samples, is_real, numbers
from .base import Generator


class Exponential(Generator):
    """``exp(exponent)``."""

    def __init__(self, exponent: Element):
        self.exponent = exponent

    def expression(self) -> sp.Expr:
        return sp.exp(self.exponent.as_expr())

    def derivative(self, field: DifferentialField, symbol: sp.Symbol) -> Element:
        return self.exponent.diff(symbol) * field.generator_element(self.number)

    def value(self, samples: Samples, point: int) -> Any:
        exponent = samples.value(self.exponent, point)
        return None if exponent is None or abs(exponent) > 1e7 else numbers.exp(exponent)

    def sign(self, field: DifferentialField) -> int | None:
        return 1 if self.is_real(field) else None

    def is_real(self, field: DifferentialField) -> bool:
        """Exponents are real unless they hold the imaginary unit or the logarithm of a negative number."""
        return all(is_real(v) for v in field.samples.values(self.exponent))


class _Exponents(list[Exponential]):
    """The exponentials of a field in the order of opening."""


def exponential(field: DifferentialField, exponent: Element) -> Element:
    """``exp`` of an element."""
    known: _Exponents = field.families.setdefault(Exponential, _Exponents())  # type: ignore[assignment]
    if exponent.is_zero:
        return field.one
    exponent, factor = _without_logarithms(field, exponent)
    if exponent.is_zero:
        return factor
    combination = rational_combination(field, exponent, [e.exponent for e in known])
    if combination is None:
        sign = 1 if exponent.num.leading_coefficient() > 0 else -1
        new = Exponential(exponent * sign)
        opened = field.open(new)
        known.append(new)
        return factor * opened**sign
    for generator, q in zip(known, combination):
        if q:
            factor = factor * power(field, generator, q)
    return factor


def power(field: DifferentialField, generator: Exponential, q: Fraction) -> Element:
    """A rational power of an exponential generator; refines it when needed."""
    if q.denominator != 1:
        from .roots import restore_tower

        n = q.denominator
        field.refine({generator.number: field.generator_element(generator.number) ** n})
        generator.exponent = generator.exponent / n
        restore_tower(field)
        q = q * n
    return field.generator_element(generator.number) ** int(q)


def _without_logarithms(field: DifferentialField, exponent: Element) -> tuple[Element, Element]:
    """Split ``exponent = rest + sum r_i log(u_i)`` with rational r_i; returns rest, prod u_i**r_i."""
    from .logarithm import Logarithm
    from .roots import root

    factor = field.one
    if not exponent.den.is_constant():
        return exponent, factor
    stage = exponent.stage
    logs = {
        stage.position[k]: field.generators[k]
        for k in stage.generators_in(exponent.num)
        if isinstance(field.generators[k], Logarithm)
    }
    if not logs:
        return exponent, factor
    rest = exponent
    for monomial, coefficient in exponent.num.terms():
        position = next((i for i, e in enumerate(monomial) if e), None)
        if position in logs and sum(monomial) == 1:
            q = sp.Rational(int(coefficient), int(exponent.den.leading_coefficient()))
            generator = logs[position]
            rest = rest - field(q) * field.generator_element(generator.number)
            factor = factor * root(field, generator.argument, q.q) ** int(q.p)
    return rest, factor


@converts(sp.exp)
def _exp(field: DifferentialField, expression: sp.exp) -> Element:
    return exponential(field, field(expression.args[0]))


@converts(sp.E.__class__)
def _e(field: DifferentialField, expression: sp.Expr) -> Element:
    return exponential(field, field.one)


@converts(logistic)
def _logistic(field: DifferentialField, expression: sp.Expr) -> Element:
    e = exponential(field, field(expression.args[0]))
    return e / (1 + e)


@converts(sp.sinh, sp.csch)
def _sinh(field: DifferentialField, expression: sp.Expr) -> Element:
    e = exponential(field, field(expression.args[0]))
    value = (e - e.inverse()) / 2
    return value if isinstance(expression, sp.sinh) else value.inverse()


@converts(sp.cosh, sp.sech)
def _cosh(field: DifferentialField, expression: sp.Expr) -> Element:
    e = exponential(field, field(expression.args[0]))
    value = (e + e.inverse()) / 2
    return value if isinstance(expression, sp.cosh) else value.inverse()


@converts(sp.tanh, sp.coth)
def _tanh(field: DifferentialField, expression: sp.Expr) -> Element:
    e = exponential(field, 2 * field(expression.args[0]))
    value = (e - 1) / (e + 1)
    return value if isinstance(expression, sp.tanh) else value.inverse()
