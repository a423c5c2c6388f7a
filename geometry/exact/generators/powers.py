"""Powers with exponents of large denominator: a generator for the power itself.

A root of degree 1000 would make x**0.357 an algebraic number of that degree, and factors of ``t**357 + 1`` of what is
``x**0.357 + 1``.  So ``P = f**e`` is opened as it stands, with ``f P' = e f' P``, for e between 0 and 1.  The exponents
of one base form a lattice, ``Z + e_1 Z + e_2 Z + ...``; a further exponent is a short combination of known ones or
opens a generator.  Long relations, such as ``P**1000 = f**357``, are put in where a polynomial has terms whose
exponents differ by an integer (``Stage.merge``).
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import sympy as sp

from ..elements import Element
from ..field import DifferentialField
from ..positivity import proven_sign
from ..sampling import Samples, numbers
from .base import Generator
from .roots import Root, factors, root, single_generator
from .signs import support

# Exponents up to this denominator are roots; combinations of exponents have coefficients up to this size.
LARGEST_ROOT, _COEFFICIENT = 12, 4


class Power(Generator):
    """``base**exponent``, the principal value, with a rational exponent between 0 and 1."""

    def __init__(self, base: Element, exponent: Fraction):
        self.base, self.exponent = base, exponent

    def expression(self) -> sp.Expr:
        return sp.Pow(self.base.as_expr(), sp.Rational(self.exponent))

    def root(self, field: DifferentialField, degree: int) -> Element | None:
        return rational_power(field, self.base, self.exponent / degree)

    def derivative(self, field: DifferentialField, symbol: sp.Symbol) -> Element:
        rate = self.base.diff(symbol)
        exponent = field(sp.Rational(self.exponent))
        return exponent * rate / self.base * field.generator_element(self.number) if rate else rate

    def value(self, samples: Samples, point: int) -> Any:
        base = samples.value(self.base, point)
        ratio = numbers.mpf(self.exponent.numerator) / self.exponent.denominator
        return None if base is None else numbers.power(base, ratio)

    def sign(self, field: DifferentialField) -> int | None:
        return proven_sign(self.base) if proven_sign(self.base) == 1 else None

    def is_real(self, field: DifferentialField) -> bool:
        return self.sign(field) == 1

    def as_power(self) -> tuple[Element, Fraction]:
        return self.base, self.exponent


def rational_power(field: DifferentialField, base: Element, exponent: Fraction) -> Element:
    """``base**exponent``, split over the positive factors of the base.

    >>> import sympy as sp
    >>> x = sp.Symbol("x", positive=True)
    >>> K = DifferentialField((x,))
    >>> K(x ** sp.Rational(35, 100)) * K(x ** sp.Rational(65, 100)) == x
    True
    >>> print(K(x ** sp.Rational(357, 1000)).diff(x))
    357/(1000*x**(643/1000))
    """
    if exponent.denominator <= LARGEST_ROOT:
        return root(field, base, exponent.denominator) ** exponent.numerator
    where = support(field, base)
    if where is not None:  # as in `root`
        return (where if exponent > 0 else 1 / where) * rational_power(field, base + 1 - where, exponent)
    result, leftover = field.one, field.one
    for factor, multiplicity in factors(field, base):
        if proven_sign(factor) == 1:
            result = result * base_power(field, factor, exponent * multiplicity)
        else:
            leftover = field.canonical(leftover * factor**multiplicity)
    return result if leftover == 1 else result * base_power(field, leftover, exponent)


def base_power(field: DifferentialField, base: Element, exponent: Fraction) -> Element:
    """A power of a base that is not split further; of a positive power generator by its own base."""
    whole, exponent = divmod(exponent, 1)
    if not exponent:
        return base**whole
    if exponent.denominator <= LARGEST_ROOT:
        return base**whole * root(field, base, exponent.denominator) ** exponent.numerator
    number = single_generator(base)
    inner = None if number is None else field.generators[number]
    if isinstance(inner, Power):
        return base**whole * rational_power(field, inner.base, inner.exponent * exponent)
    if isinstance(inner, Root) and inner.scale == 1:
        return base**whole * rational_power(field, inner.argument, exponent / inner.degree)
    known = [g for g in field.generators if isinstance(g, Power) and g.base == base]
    for coefficients in sorted(
        product(range(-_COEFFICIENT, _COEFFICIENT + 1), repeat=min(len(known), 3)), key=lambda m: sum(map(abs, m))
    ):
        rest = exponent - sum(m * g.exponent for m, g in zip(coefficients, known))
        if rest.denominator == 1:
            result = base ** (whole + int(rest))
            for m, g in zip(coefficients, known):
                result = result * field.generator_element(g.number) ** m
            return result
    new = Power(base, exponent)
    field.has_powers = True
    return base**whole * field.open(new)
