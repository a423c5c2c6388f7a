"""Whether functions vanish identically: proven, refuted at a point, or undecided.

An element of the field that is zero is zero. One that is not may still vanish: by a relation between algebraic numbers,
which the size of a ball proves (`algebraic`), or by one between special functions that the field does not know. So
"no" is said only with a point at which a ball of the numerator excludes zero; where
none does, the answer is :class:`Undecided`. Points at which a function that is made use of is not real, as
√x at −1, lie outside the domain, and count only where there is no other.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import log2, prod
from typing import Any

import sympy as sp
from chentsov.geometry.exact import Mean
from chentsov.geometry.exact.errors import ChentsovError
from chentsov.geometry.exact.sampling import Samples, numbers, sample_symbol
from flint import acb, arb

from ..kernels.ball import evaluate_ball, precision
from .algebraic import Algebraic, algebraic, bits_to_separate
from .local import Element

__all__ = ["Undecided", "UndecidedError", "Verdict", "every", "sample_point", "vanish"]

_POINTS, _BITS, _DIGITS = 16, 240, 30
_UNKNOWN = (Mean, sp.core.function.AppliedUndef, sp.Derivative, sp.Subs, sp.Integral, sp.Sum)


class UndecidedError(ChentsovError, ValueError):
    """An undecided answer was taken for yes or no; the message says what is known."""


@dataclass(frozen=True)
class Undecided:
    """Neither proven nor refuted: it vanished, to so many digits, at every point that was looked at.

    The digits are those of its size against its largest term. Taken for a yes or no it raises `UndecidedError`.

    >>> Undecided(16, 60)
    Undecided: neither proven nor refuted; it vanished at 16 points to 60 digits
    >>> if Undecided(16, 60):
    ...     print("flat")
    Traceback (most recent call last):
        ...
    chentsov.geometry.manifolds.vanishing.UndecidedError: undecided: neither proven nor refuted; it vanished at 16 \
points to 60 digits. Ask `answer is True` or `answer is False`
    """

    points: int
    digits: int

    def __str__(self) -> str:
        if not self.points:
            return "undecided: neither proven nor refuted; it has a value at none of the points that were looked at"
        return f"undecided: neither proven nor refuted; it vanished at {self.points} points to {self.digits} digits"

    def __repr__(self) -> str:
        return str(self).capitalize()

    def __bool__(self) -> bool:
        raise UndecidedError(f"{self}. Ask `answer is True` or `answer is False`")


Verdict = bool | Undecided  # True and False are proven


def every(verdicts: Iterable[Verdict]) -> Verdict:
    """Whether all hold: False with the first that does not, undecided if that is the worst of them."""
    worst: Verdict = True
    for verdict in verdicts:
        if verdict is False:
            return False
        if isinstance(verdict, Undecided) and (not isinstance(worst, Undecided) or verdict.points < worst.points):
            worst = verdict
    return worst


def vanish(elements: Iterable[Element]) -> Verdict:
    """Whether all elements vanish identically."""
    return every(_vanishes(e) for e in elements)


def _vanishes(element: Element) -> Verdict:
    if element.is_zero:
        return True
    element = element.field.lift(element)
    if _vanishes_by_size(element):
        return True
    vanished, digits, outside = 0, math.inf, False
    with precision(_BITS), numbers.workdps(2 * _DIGITS):
        samples = Samples(element.field)
        for number in range(_POINTS):
            values = _values(element, samples, number)
            if values is None:
                continue
            total, largest = _numerator(element, values)
            if not total.is_finite():
                continue
            real = all(value.imag.contains(0) for value in values.values())
            if not total.contains(0):
                if real:
                    return False
                outside = True
            if not real:
                continue
            vanished += 1
            digits = min(digits, -float((abs(total).upper() / largest).log() / arb(10).log()))
    if outside and not vanished:
        return False
    return Undecided(vanished, 0 if math.isinf(digits) else int(digits))


def _vanishes_by_size(element: Element) -> bool:
    """Whether each coefficient of the numerator, a polynomial in algebraic numbers, is proven to be zero."""
    field, order = element.field, element.stage.order
    written = {k: field.generator_expression(k) for k in element.stage.generators_in(element.num)}
    known = {k: bound for k, e in written.items() if not e.free_symbols and (bound := algebraic(e)) is not None}
    coefficients: dict[tuple[int, ...], list[tuple[int, dict[int, int]]]] = {}
    for monomial, factor in element.num.terms():
        powers = {k: int(e) for k, e in zip(order, monomial) if e and k in known}
        rest = tuple(0 if k in known else int(e) for k, e in zip(order, monomial))
        coefficients.setdefault(rest, []).append((int(factor), powers))
    return bool(known) and all(_number_is_zero(terms, written, known) for terms in coefficients.values())


def _number_is_zero(
    terms: list[tuple[int, dict[int, int]]], written: dict[int, sp.Expr], known: dict[int, Algebraic]
) -> bool:
    """Whether Σ c Π α_k^e_k is proven to be zero, for algebraic α_k."""
    bound = None
    for factor, powers in terms:
        term = prod((known[k] ** e for k, e in powers.items()), start=Algebraic(log2(abs(factor))))
        bound = term if bound is None else bound + term
    assert bound is not None
    wanted = bits_to_separate(bound)
    if wanted is None:
        return False
    bits = wanted + int(bound.size) + 64
    with precision(bits):
        values: dict[int, acb] = {}
        for k in {k for _, powers in terms for k in powers}:
            if (ball := _ball(written[k], {}, bits)) is None:
                return False
            values[k] = ball
        total = acb(0)
        for factor, powers in terms:
            total += factor * prod((values[k] ** e for k, e in powers.items()), start=acb(1))
        return bool(abs(total).upper() < arb(2) ** -wanted)


def _numerator(element: Element, values: dict[int, acb]) -> tuple[acb, arb]:
    """The numerator, and the size of its largest term."""
    total, largest = acb(0), arb(0)
    for monomial, coefficient in element.num.terms():
        term = acb(int(coefficient))
        for number, exponent in zip(element.stage.order, monomial):
            if exponent:
                term *= values[number] ** int(exponent)
        total += term
        largest = largest.max(abs(term).upper())
    return total, largest


def _values(element: Element, samples: Samples, point: int) -> dict[int, acb] | None:
    """The generators of the numerator as balls, at a point that obeys the assumptions; None where one has no value."""
    field, found = element.field, {}
    for number in element.stage.generators_in(element.num):
        expression = field.generator_expression(number)
        names = {e: sp.Dummy() for e in sorted(expression.atoms(*_UNKNOWN), key=sp.count_ops, reverse=True)}
        plain = expression.xreplace(names)
        known = {name: e for e, name in names.items()}
        inputs: dict[sp.Symbol, Any] = {s: _sample(known.get(s, s), point) for s in plain.free_symbols}
        value = _ball(plain, inputs)
        if value is None:  # no routine in balls, or no real number
            approximate = samples.generator(number, point)
            if approximate is None:
                return None
            value = acb(_wide(approximate.real), _wide(approximate.imag))
        found[number] = value
    return found


def sample_point(symbols: Iterable[sp.Symbol], number: int) -> dict[sp.Symbol, Fraction]:
    """A rational point that obeys the assumptions on the symbols."""
    return {s: _sample(s, number) for s in symbols}


def _sample(symbol: sp.Expr, point: int) -> Fraction:
    value = sample_symbol(symbol, point)
    return Fraction(*map(int, (sp.Rational(str(value)).p, sp.Rational(str(value)).q)))


def _ball(expression: sp.Expr, values: dict[sp.Symbol, Any], bits: int = _BITS) -> acb | None:
    try:
        ball = evaluate_ball(expression, values, bits)
    except (ChentsovError, ArithmeticError):
        return None
    return acb(ball) if ball.is_finite() else None


def _wide(value: Any) -> arb:
    """A number that was computed with twice as many digits as are taken to be right."""
    ball = arb(numbers.nstr(value, 2 * _DIGITS))
    return ball + arb(0, abs(ball).upper() * arb(10) ** -_DIGITS)
