"""Arctangents and arcsines: one angle each, related by the addition formula.

The tangent of ``asin z`` is z/sqrt(1 - z²). Where a further angle has the tangent of the sum or difference of two known
ones, of the double or the half of one, or the reciprocal tangent, it is written by them, whatever the branches are:

    atan a + atan b = atan((a + b)/(1 - a b)) + pi sign(a) (1 - sign(1 - a b))/2,    atan a + atan(1/a) = pi sign(a)/2.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ..elements import Element
from ..field import DifferentialField
from ..positivity import proven_real
from ..rules import converts
from .opaque import Opaque, opaque_application
from .roots import root
from .signs import sign_element

_MOST_PAIRED = 8  # of the youngest known angles, sums are looked at


def arctangent(field: DifferentialField, tangent: Element) -> Element | None:
    """The angle with a tangent, by known ones; ``None`` where they do not tell."""
    known = list(_known(field))
    for a, angle in known:
        if a == tangent:
            return angle
        if a == -tangent:
            return -angle
        if a * tangent == 1:
            return _half_turn(field, a) - angle
        if a * tangent == -1:
            return angle - _half_turn(field, a)
        if a * (1 - tangent**2) == 2 * tangent:  # the double angle is known
            return (angle + _turns(field, tangent, tangent)) / 2
        if a * (1 - tangent**2) == -2 * tangent:
            return (_turns(field, tangent, tangent) - angle) / 2
    signed = [(s * a, s * angle) for a, angle in known[-_MOST_PAIRED:] for s in (1, -1)]
    for k, (a, first) in enumerate(signed):
        for b, second in signed[k:]:
            if a != -b and tangent * (1 - a * b) == a + b:
                return first + second - _turns(field, a, b)
    return None


def _known(field: DifferentialField) -> Iterator[tuple[Element, Element]]:
    """The tangents of the known angles, and the angles."""
    for generator in list(field.generators):
        if isinstance(generator, Opaque) and generator.function in (sp.atan, sp.asin):
            z = generator.arguments[0]
            if not z.is_zero and proven_real(z):
                yield (
                    z if generator.function is sp.atan else _tangent(field, z),
                    field.generator_element(generator.number),
                )


def _tangent(field: DifferentialField, sine: Element) -> Element:
    return sine / root(field, 1 - sine**2, 2)


def _half_turn(field: DifferentialField, a: Element) -> Element:
    return field(sp.pi) * sign_element(field, a) / 2


def _turns(field: DifferentialField, a: Element, b: Element) -> Element:
    """How far atan a + atan b is beyond the arctangent of its tangent: 0, pi or -pi."""
    rest = 1 - a * b
    if rest.is_zero:
        return field.zero
    return _half_turn(field, a) * (1 - sign_element(field, rest))


@converts(sp.atan, sp.asin)
def _arctangent(field: DifferentialField, expression: sp.Function) -> Element:
    z = field(expression.args[0])
    if proven_real(z) and not z.is_zero and any(True for _ in _known(field)):
        one = isinstance(expression, sp.asin) and (z**2 == 1)
        angle = None if one else arctangent(field, _tangent(field, z) if isinstance(expression, sp.asin) else z)
        if angle is not None:
            return angle
    return opaque_application(field, expression)
