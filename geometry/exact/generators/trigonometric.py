"""Sine and cosine as a pair with ``s**2 = 1 - c**2``, on a basis of angles."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy as sp

from ..budget import suspended
from ..combinations import rational_combination
from ..elements import Element
from ..field import DifferentialField
from ..positivity import proven_real, sign_generators
from ..ranges import Range
from ..rules import converts
from ..sampling import Samples, numbers
from .base import Generator, Variable
from .opaque import Opaque
from .roots import real_and_imaginary, restore_tower, root


class Cosine(Generator):
    def __init__(self, angle: Element):
        self.angle = angle
        self.tangent_given = False
        self.sine: Sine

    def expression(self) -> sp.Expr:
        return sp.cos(self.angle.as_expr())

    def derivative(self, field: DifferentialField, symbol: sp.Symbol) -> Element:
        return -self.angle.diff(symbol) * field.generator_element(self.sine.number)

    def value(self, samples: Samples, point: int) -> Any:
        angle = samples.value(self.angle, point)
        return None if angle is None or abs(angle) > 1e12 else numbers.cos(angle)

    def is_real(self, field: DifferentialField) -> bool:
        return proven_real(self.angle)

    def range(self, field: DifferentialField) -> Range:
        return (Fraction(-1), Fraction(1)) if self.is_real(field) else (None, None)


class Sine(Generator):
    formal = False

    def __init__(self, cosine: Cosine):
        self.cosine = cosine
        cosine.sine = self

    def expression(self) -> sp.Expr:
        return sp.sin(self.cosine.angle.as_expr())

    def derivative(self, field: DifferentialField, symbol: sp.Symbol) -> Element:
        return self.cosine.angle.diff(symbol) * field.generator_element(self.cosine.number)

    def value(self, samples: Samples, point: int) -> Any:
        angle = samples.value(self.cosine.angle, point)
        return None if angle is None or abs(angle) > 1e12 else numbers.sin(angle)

    def is_real(self, field: DifferentialField) -> bool:
        return self.cosine.is_real(field)

    def range(self, field: DifferentialField) -> Range:
        return self.cosine.range(field)


def cosine_and_sine(field: DifferentialField, angle: Element) -> tuple[Element, Element]:
    """``cos`` and ``sin`` of an element."""
    angle = field.canonical(angle)
    real, imaginary = real_and_imaginary(field, angle)
    if imaginary is not None:
        from .exponential import exponential

        (c, s), e = cosine_and_sine(field, real), exponential(field, imaginary)
        hyperbolic_c, hyperbolic_s, i = (e + 1 / e) / 2, (e - 1 / e) / 2, field(sp.I)
        return c * hyperbolic_c - i * s * hyperbolic_s, s * hyperbolic_c + i * c * hyperbolic_s
    angle, rest = field.split(angle)
    if rest and angle:
        (c, s), (c1, s1) = cosine_and_sine(field, angle), cosine_and_sine(field, rest)
    else:
        angle, c, s = _without_known_angles(field, angle + rest)
        c1, s1 = _by_basis(field, angle)
    return c * c1 - s * s1, s * c1 + c * s1


def _without_known_angles(field: DifferentialField, angle: Element) -> tuple[Element, Element, Element]:
    """Split off multiples of pi whose cosine is algebraic, and of atan and asin, up to signs: rest, cos, sin."""
    c, s, rest = field.one, field.zero, field.lift(angle)
    if not angle.den.is_constant():
        return angle, c, s
    order, below = angle.stage.order, int(angle.den.leading_coefficient())
    signs = set(sign_generators(angle))
    for monomial, coefficient in angle.num.terms():
        held = [k for k, e in zip(order, monomial) if e]
        plain = [k for k in held if k not in signs]
        if len(plain) != 1 or sum(monomial) != len(held):
            continue
        q = sp.Rational(int(coefficient), below)
        known = _known_angle(field, plain[0], q)
        if known is not None:
            sign = field.one
            for k in held:
                sign = sign * field.generator_element(k) if k in signs else sign
            c1, s1 = known[0], sign * known[1]
            c, s = c * c1 - s * s1, s * c1 + c * s1
            rest = rest - field(q) * sign * field.generator_element(plain[0])
    return rest, c, s


def _known_angle(field: DifferentialField, number: int, q: sp.Rational) -> tuple[Element, Element] | None:
    generator = field.generators[number]
    if isinstance(generator, Variable) and generator.symbol is sp.pi:
        cosine, sine = sp.cos(q * sp.pi), sp.sin(q * sp.pi)
        return None if cosine.has(sp.cos, sp.sin) or sine.has(sp.cos, sp.sin) else (field(cosine), field(sine))
    if isinstance(generator, Opaque) and generator.function in (sp.atan, sp.asin) and q.is_integer:
        z = generator.arguments[0]
        if generator.function is sp.asin:
            c, s = root(field, 1 - z * z, 2), z
        else:
            c = root(field, 1 + z * z, 2).inverse()
            s = z * c
        total_c, total_s = field.one, field.zero
        for _ in range(abs(int(q))):
            total_c, total_s = total_c * c - total_s * s, total_s * c + total_c * s
        return total_c, total_s if q > 0 else -total_s
    return None


def _by_basis(field: DifferentialField, angle: Element) -> tuple[Element, Element]:
    """Cosine and sine by the angles whose pairs are known; a further pair for an independent angle."""
    known = [g.cosine for g in field.generators if isinstance(g, Sine)]
    if angle.is_zero:
        return field.one, field.zero
    c, s = field.one, field.zero
    combination = rational_combination(angle, [c.angle for c in known])
    if combination is None and (turned := _by_a_turn(field, angle, known)) is not None:
        combination, (c, s) = turned
    if combination is None:
        sign = 1 if field.lift(angle).num.leading_coefficient() > 0 else -1
        new = Cosine(angle * sign)
        with suspended():
            c = field.open(new)
            s = field.open(Sine(new), 2, 1 - c * c)
        return c, sign * s
    for generator, q in zip(known, combination):
        if not q:
            continue
        if q.denominator != 1:
            _halve(field, generator, q.denominator)
        c1, s1 = _multiple(field, generator, int(q * q.denominator))
        c, s = c * c1 - s * s1, s * c1 + c * s1
    return c, s


def _by_a_turn(
    field: DifferentialField, angle: Element, known: list[Cosine]
) -> tuple[list[Fraction], tuple[Element, Element]] | None:
    """An angle by the known ones and a multiple of pi with an algebraic cosine, as pi (2b - 1)/b by pi (b - 1)/b."""
    turn = next((g.number for g in field.generators if isinstance(g, Variable) and g.symbol is sp.pi), None)
    if turn is None:
        return None
    half_turn, angles = field.generator_element(turn), [k.angle for k in known]
    if rational_combination(half_turn, angles) is not None:  # the basis would be dependent
        return None
    found = rational_combination(angle, [*angles, half_turn])
    if found is None:
        return None
    *combination, q = found
    pair = _known_angle(field, turn, sp.Rational(q.numerator, q.denominator))
    return None if pair is None else (combination, pair)


def _multiple(field: DifferentialField, generator: Cosine, n: int) -> tuple[Element, Element]:
    """de Moivre: cos(n a), sin(n a) as polynomials in cos(a), sin(a)."""
    c1, s1 = field.generator_element(generator.number), field.generator_element(generator.sine.number)
    c, s = field.one, field.zero
    for _ in range(abs(n)):
        c, s = c * c1 - s * s1, s * c1 + c * s1
    return (c, s) if n >= 0 else (c, -s)


def _halve(field: DifferentialField, generator: Cosine, n: int) -> None:
    """Replace the angle ``a`` of a pair by ``a/n``."""
    c, s = _multiple(field, generator, n)
    finer = generator.angle / n
    with suspended():
        field.refine({generator.number: c, generator.sine.number: s})
        generator.angle = finer
        restore_tower(field)


@converts(sp.cos, sp.sec)
def _cos(field: DifferentialField, expression: sp.Expr) -> Element:
    c, _ = cosine_and_sine(field, field(expression.args[0]))
    return c if isinstance(expression, sp.cos) else c.inverse()


@converts(sp.sin, sp.csc)
def _sin(field: DifferentialField, expression: sp.Expr) -> Element:
    _, s = cosine_and_sine(field, field(expression.args[0]))
    return s if isinstance(expression, sp.sin) else s.inverse()


@converts(sp.tan, sp.cot)
def _tan(field: DifferentialField, expression: sp.Expr) -> Element:
    angle = field(expression.args[0])
    c, s = cosine_and_sine(field, angle)
    for generator in field.generators:
        if isinstance(generator, Cosine):
            generator.tangent_given |= generator.angle in (angle, -angle)
    return s / c if isinstance(expression, sp.tan) else c / s
