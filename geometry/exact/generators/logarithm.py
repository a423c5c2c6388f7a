"""Logarithms, split where that is legitimate.

``log`` of a rational function is split over its irreducible factors as far as their signs are
proven: ``log(2*x/(1 + y**2)) = log(2) + log(x) - log(1 + y**2)`` for positive x.  Even powers of real
factors give ``log|f|``.  What is left, of unknown sign, is one logarithm, unless it depends on known
ones: an identity between logarithms is used when it holds wherever they are real.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import sympy as sp

from ..combinations import solve
from ..elements import Element
from ..errors import InputError
from ..field import DifferentialField
from ..positivity import proven_real, proven_sign, signs_where_positive
from ..rules import converts
from ..sampling import Samples, numbers
from .base import Generator
from .powers import Power
from .roots import Root, factors, imaginary_unit, root, single_generator
from .signs import Sign, absolute_value

_HIGHEST_POWER = 12


class Logarithm(Generator):
    """``log(argument)``."""

    real_with_its_element = True
    is_logarithm = True

    def __init__(self, argument: Element):
        self.argument = argument
        self.given: tuple[sp.Expr, Element] | None = None

    def expression(self) -> sp.Expr:
        return sp.log(self.argument.as_expr())

    def derivative(self, field: DifferentialField, symbol: sp.Symbol) -> Element:
        return self.argument.diff(symbol) / self.argument

    def value(self, samples: Samples, point: int) -> Any:
        argument = samples.value(self.argument, point)
        return None if argument is None else numbers.log(argument)

    def is_real(self, field: DifferentialField) -> bool:
        return proven_sign(self.argument) == 1

    def sign(self, field: DifferentialField) -> int | None:
        sign = proven_sign(self.argument - 1) if self.argument != 1 else None
        return sign if sign == 1 or self.is_real(field) else None

    @property
    def exponential(self) -> Element:
        """What ``exp`` of this generator is."""
        return self.argument

    def power_base(self, coefficient: Element, as_given: bool) -> tuple[sp.Expr, Element] | None:
        """The argument, or the one that was given."""
        logarithm = self.argument.field.generator_element(self.number)
        if as_given and self.given is not None and isinstance(self.given[0], sp.log):
            return self.given[0].args[0], logarithm + self.given[1]
        return self.argument.as_expr(), logarithm


def logarithm(field: DifferentialField, argument: Element) -> Element:
    """The principal ``log`` of an element."""
    if argument.is_zero:
        raise InputError("the logarithm of an expression that is exactly zero")
    argument = field.canonical(argument)
    memory: list[tuple[Element, Element]] = field.families.setdefault(Logarithm, [])  # type: ignore[assignment]
    for known, result in memory:
        if known == argument:
            return result
    result = _split_logarithm(field, argument)
    memory.append((argument, result))
    return result


def _split_logarithm(field: DifferentialField, u: Element) -> Element:
    total, rest, leftover = field.zero, 1, []
    for factor, exponent in factors(field, u):
        number = single_generator(factor)
        generator = None if number is None else field.generators[number]
        definite = proven_sign(factor)
        if definite == 1 and generator is not None and hasattr(generator, "logarithm"):
            total = total + exponent * generator.logarithm
        elif isinstance(generator, Power):
            total = total + field(sp.Rational(exponent * generator.exponent)) * logarithm(field, generator.base)
        elif isinstance(generator, Root) and generator.scale == 1:
            total = total + field(sp.Rational(exponent, generator.degree)) * logarithm(field, generator.argument)
        elif definite is not None:
            if exponent % 2:
                rest *= definite
            total = total + exponent * _real_logarithm(field, factor * definite)
        else:
            leftover.append((factor, exponent))
    total, leftover = _absolute_values(field, total, leftover)
    argument = field.integer(rest)
    for factor, exponent in leftover:
        even = int(exponent / 2) * 2  # f^e = |f|^even f^(e - even), where e - even is 0, 1 or -1
        if even and proven_real(factor):
            total = total + even * _real_logarithm(field, absolute_value(field, factor))
            exponent -= even
        argument = argument * factor**exponent
    if argument == 1:
        return total
    if argument == -1:
        return total + imaginary_unit(field) * field.variable(sp.pi)
    return total + _general_logarithm(field, argument)


def _absolute_values(
    field: DifferentialField, total: Element, leftover: list[tuple[Element, int]]
) -> tuple[Element, list[tuple[Element, int]]]:
    """Take out ``sign(f) f = |f|`` where both are there with odd exponents."""
    rest = list(leftover)
    for sign_factor, parity in leftover:
        number = single_generator(sign_factor)
        generator = None if number is None else field.generators[number]
        if parity % 2 == 0 or not isinstance(generator, Sign):
            continue
        for entry in rest:
            if entry[1] % 2 and entry[0] in (generator.argument, -generator.argument):
                rest.remove(entry)
                rest.remove((sign_factor, parity))
                if entry[0] != generator.argument:
                    rest.append((field.integer(-1), 1))
                total = total + entry[1] * _real_logarithm(field, absolute_value(field, entry[0]))
                break
    return total, rest


def _real_logarithm(field: DifferentialField, argument: Element) -> Element:
    """The logarithm of a positive irreducible factor."""
    if argument == 1:
        return field.zero
    for generator in field.generators:
        if isinstance(generator, Logarithm) and generator.argument == argument:
            return field.generator_element(generator.number)
    return _general_logarithm(field, argument)


def _general_logarithm(field: DifferentialField, argument: Element) -> Element:
    """A known logarithm, a combination of known ones, or a new generator."""
    known = [g for g in field.generators if isinstance(g, Logarithm)]
    for generator in known:
        if generator.argument == argument:
            return field.generator_element(generator.number)
    for generator in known:
        for partner, direction in ((argument * generator.argument, -1), (argument / generator.argument, 1)):
            # (a + b w)(a - b w) is free of the root w
            if _is_algebraic(argument) and not _is_algebraic(partner):
                if proven_sign(partner) == 1:  # then both are real in the same places
                    return logarithm(field, partner) + direction * field.generator_element(generator.number)
    signed = _holds_sign(field, argument)
    basis = [g for g in known if signed or not _holds_sign(field, g.argument)]
    relation = _multiplicative_relation(field, argument, [g.argument for g in basis])
    parts = [(g, q) for g, q in zip(basis, relation or []) if q]
    if parts and _is_principal(argument, parts):
        candidate = field.zero
        for generator, q in parts:
            candidate = candidate + field(sp.Rational(q)) * field.generator_element(generator.number)
        return candidate
    if not argument.den.is_one() and argument.num.is_constant():
        return -_general_logarithm(field, argument.inverse())  # log(1/f) = -log(f) wherever it is real
    return field.open(Logarithm(argument))


def _is_principal(argument: Element, parts: list[tuple[Logarithm, Fraction]]) -> bool:
    """Whether ``log(u) = sum q_j log(u_j)`` wherever it is real, given that ``u = ± prod u_j**q_j``.

    Both sides have the same real part, and where u > 0 the imaginary part on the right is pi times the sum of the
    q_j with u_j < 0.
    """
    degree = math.lcm(*(q.denominator for _, q in parts))
    if degree * max(abs(q) for _, q in parts) > _HIGHEST_POWER:
        return False
    ratio = argument**degree
    for generator, q in parts:
        ratio = ratio / generator.argument ** int(q * degree)
    for pattern in signs_where_positive(argument, [g.argument for g, _ in parts]):
        negative = sum(q for (_, q), sign in zip(parts, pattern) if sign < 0)
        occurs = not ratio.is_rational or (negative * degree) % 2 == bool(ratio.rational() < 0)
        if negative and occurs:
            return False
    return True


def _holds_sign(field: DifferentialField, element: Element) -> bool:
    stage = field.lift(element).stage
    return any(isinstance(field.generators[k], Sign) for k in stage.generators_in(element.num))


def _is_algebraic(element: Element) -> bool:
    return element.field.lift(element).stage.algebraic_in(element.num) is not None


def _multiplicative_relation(field: DifferentialField, u: Element, basis: list[Element]) -> list[Fraction] | None:
    """Rational q_j with ``u = prod basis_j**q_j`` up to sign, from the exponents of irreducible factors."""
    if not basis or _is_algebraic(u):
        return None
    table: list[tuple[Element, list[Fraction]]] = []
    for column, element in enumerate((*basis, u)):
        for factor, exponent in factors(field, field.lift(element)):
            number = single_generator(factor)
            if factor == -1 or number is not None and isinstance(field.generators[number], Sign):
                continue
            for known, row in table:
                if known == factor or known == -factor:
                    row[column] += exponent
                    break
            else:
                row = [Fraction(0)] * (len(basis) + 1)
                row[column] = Fraction(exponent)
                table.append((factor, row))
    return solve([row for _, row in table], Fraction(0)) if table else None


@converts(sp.log)
def _log(field: DifferentialField, expression: sp.log) -> Element:
    value = logarithm(field, field(expression.args[0]))
    _note_given(field, expression, value)
    return value


def _note_given(field: DifferentialField, expression: sp.Expr, value: Element) -> None:
    """Remember that ``expression = L + rest`` with one logarithm L of a polynomial that is no single generator."""
    value = field.lift(value)
    for number in value.stage.generators_in(value.num):
        generator = field.generators[number]
        if isinstance(generator, Logarithm) and generator.given is None and len(generator.argument.num) > 1:
            rest = value - field.generator_element(number)
            shorter = rest or not isinstance(expression, sp.log)
            if shorter and number not in rest.stage.generators_in(rest.num, rest.den):
                generator.given = (expression, rest)


@converts(sp.asinh)
def _asinh(field: DifferentialField, expression: sp.asinh) -> Element:
    """asinh z = log(z + sqrt(z^2 + 1))."""
    z = field(expression.args[0])
    if z.num.leading_coefficient() < 0:
        return -field(sp.asinh((-z).as_expr()))
    value = logarithm(field, z + root(field, z * z + 1, 2))
    _note_given(field, expression, value)
    return value


@converts(sp.acosh)
def _acosh(field: DifferentialField, expression: sp.acosh) -> Element:
    """acosh z = log(z + sqrt(z - 1) sqrt(z + 1))."""
    z = field(expression.args[0])
    value = logarithm(field, z + root(field, z - 1, 2) * root(field, z + 1, 2))
    _note_given(field, expression, value)
    return value


@converts(sp.atanh, sp.acoth)
def _atanh(field: DifferentialField, expression: sp.atanh) -> Element:
    """atanh z = (log(1 + z) - log(1 - z))/2."""
    z = field(expression.args[0])
    if isinstance(expression, sp.acoth):
        z = z.inverse()
    return (logarithm(field, 1 + z) - logarithm(field, 1 - z)) / 2
