"""Roots, by their relation ``w**n = u``."""

from __future__ import annotations

import sympy as sp

from ..elements import Element
from ..field import DifferentialField
from .base import Generator


class Root(Generator):
    """The principal root ``radicand**(1/degree)`` of a polynomial radicand."""

    def __init__(self, radicand: Element, degree: int):
        self.radicand, self.degree = radicand, degree

    def expression(self) -> sp.Expr:
        return self.radicand.as_expr() ** sp.Rational(1, self.degree)

    def derivative(self, field: DifferentialField, symbol: sp.Symbol) -> Element:
        return self.radicand.diff(symbol) / (self.degree * self.radicand) * field.generator_element(self.number)


def root(field: DifferentialField, radicand: Element, degree: int) -> Element:
    """The principal ``degree``-th root of an element."""
    if degree == 1 or radicand.is_zero or radicand == 1:
        return radicand
    known: list[Root] = field.families.setdefault(Root, [])  # type: ignore[assignment]
    radicand = field.lift(radicand)
    stage = radicand.stage
    # u = p/q: the n-th root is (p q^(n-1))^(1/n) / q
    polynomial = stage.product(radicand.num, radicand.den ** (degree - 1))
    outer = field.element(stage.constant(1), radicand.den, stage)
    content, factors = polynomial.factor()
    inner = stage.constant(int(content))
    for factor, multiplicity in factors:
        outside, inside = divmod(int(multiplicity), degree)
        outer = outer * field.element(factor**outside, stage.constant(1), stage)
        inner = inner * factor**inside
    inner_element = field.element(stage.reduce(inner), stage.constant(1), stage)
    if inner_element == 1:
        return outer
    for generator in known:
        if generator.degree == degree and generator.radicand == inner_element:
            return outer * field.generator_element(generator.number)
    new = Root(inner_element, degree)
    known.append(new)
    return outer * field.open(new, degree, inner_element)
