"""Sine and cosine as a pair with ``s**2 = 1 - c**2``, on a basis of angles."""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..combinations import rational_combination
from ..elements import Element
from ..field import DifferentialField
from ..rules import converts
from ..sampling import Samples, is_real, numbers
from .base import Generator


class Cosine(Generator):
    def __init__(self, angle: Element):
        self.angle = angle
        self.sine: Sine

    def expression(self) -> sp.Expr:
        return sp.cos(self.angle.as_expr())

    def derivative(self, field: DifferentialField, symbol: sp.Symbol) -> Element:
        return -self.angle.diff(symbol) * field.generator_element(self.sine.number)

    def value(self, samples: Samples, point: int) -> Any:
        angle = samples.value(self.angle, point)
        return None if angle is None or abs(angle) > 1e12 else numbers.cos(angle)

    def is_real(self, field: DifferentialField) -> bool:
        return all(is_real(v) for v in field.samples.values(self.angle))


class Sine(Generator):
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


def cosine_and_sine(field: DifferentialField, angle: Element) -> tuple[Element, Element]:
    """``cos`` and ``sin`` of an element."""
    known: list[Cosine] = field.families.setdefault(Cosine, [])  # type: ignore[assignment]
    if angle.is_zero:
        return field.one, field.zero
    combination = rational_combination(field, angle, [c.angle for c in known])
    if combination is None:
        sign = 1 if angle.num.leading_coefficient() > 0 else -1
        new = Cosine(angle * sign)
        c = field.open(new)
        s = field.open(Sine(new), 2, 1 - c * c)
        known.append(new)
        return c, sign * s
    c, s = field.one, field.zero
    for generator, q in zip(known, combination):
        if not q:
            continue
        if q.denominator != 1:
            _halve(field, generator, q.denominator)
        c1, s1 = _multiple(field, generator, int(q * q.denominator))
        c, s = c * c1 - s * s1, s * c1 + c * s1
    return c, s


def _multiple(field: DifferentialField, generator: Cosine, n: int) -> tuple[Element, Element]:
    """de Moivre: cos(n a), sin(n a) as polynomials in cos(a), sin(a)."""
    c1, s1 = field.generator_element(generator.number), field.generator_element(generator.sine.number)
    c, s = field.one, field.zero
    for _ in range(abs(n)):
        c, s = c * c1 - s * s1, s * c1 + c * s1
    return (c, s) if n >= 0 else (c, -s)


def _halve(field: DifferentialField, generator: Cosine, n: int) -> None:
    """Replace the angle ``a`` of a pair by ``a/n``."""
    from .roots import restore_tower

    c, s = _multiple(field, generator, n)
    field.refine({generator.number: c, generator.sine.number: s})
    generator.angle = generator.angle / n
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
    c, s = cosine_and_sine(field, field(expression.args[0]))
    return s / c if isinstance(expression, sp.tan) else c / s
