"""Values of elements at sample points, and what they say about signs.

Branches of roots and logarithms are locally constant; which of them holds is a question about the
sign of real functions, not about algebra.  It is answered by the assumptions on the symbols where
these prove it, and else by values at fixed points that obey the assumptions: symbols without
assumptions are real, of either sign and of very different sizes.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import mpmath
import sympy as sp
from flint import fmpz_mpoly

if TYPE_CHECKING:
    from .elements import Element
    from .field import DifferentialField

POINTS = 40
DIGITS = 34
_NEGLIGIBLE = mpmath.mpf(10) ** -18

numbers = mpmath.MPContext()
numbers.dps = DIGITS


class Samples:
    """The sample points of a field and the values of its generators there."""

    def __init__(self, field: DifferentialField):
        self.field = field
        self._generators: dict[tuple[int, int], Any] = {}

    def forget(self) -> None:
        """Drop all values, after a refinement changed the meaning of generators."""
        self._generators.clear()

    def value(self, element: Element, point: int) -> Any:
        """The value at a sample point, ``None`` where it is undefined or lost to cancellation."""
        element = self.field.lift(element)
        den = self._polynomial(element.den, element, point)
        num = self._polynomial(element.num, element, point)
        return None if num is None or not den else num / den

    def values(self, element: Element) -> list[Any]:
        """The values at all points where they are defined."""
        return [v for k in range(POINTS) if (v := self.value(element, k)) is not None]

    def generator(self, number: int, point: int) -> Any:
        """The value of a generator at a sample point."""
        key = (number, point)
        if key not in self._generators:
            self._generators[key] = None
            try:
                value = self.field.generators[number].value(self, point)
                if value is not None and not numbers.isnan(value) and not numbers.isinf(value):
                    self._generators[key] = value
            except (ValueError, ZeroDivisionError, OverflowError, TypeError, NotImplementedError, AttributeError):
                pass
            except mpmath.libmp.NoConvergence:
                pass
        return self._generators[key]

    def _polynomial(self, p: fmpz_mpoly, element: Element, point: int) -> Any:
        order = element.stage.order
        total, size = numbers.mpf(0), numbers.mpf(0)
        for monomial, coefficient in p.terms():
            term = numbers.mpf(int(coefficient))
            for number, exponent in zip(order, monomial):
                if exponent:
                    value = self.generator(number, point)
                    if value is None:
                        return None
                    term = term * value ** int(exponent)
            total += term
            size += abs(term)
        if size and abs(total) < size * _NEGLIGIBLE:
            return None
        return total


def is_real(value: Any) -> bool:
    return abs(numbers.im(value)) <= abs(value) * _NEGLIGIBLE


def sample_symbol(symbol: sp.Expr, point: int) -> Any:
    """A number that obeys the assumptions on a symbol (or an undefined function, or a mean)."""
    if symbol.is_number:
        return numbers.mpmathify(sp.N(symbol, DIGITS))
    name = sp.srepr(symbol) if symbol.is_Symbol else str(symbol)
    draw = random.Random(f"{name}|{point}")
    size = draw.uniform(0.05, 4) if point % 3 else 10 ** draw.uniform(-4, 6)
    if symbol.is_integer:
        value = numbers.mpf(draw.randint(1, 12))
    else:
        value = numbers.mpf(size)
    if symbol.is_nonnegative:
        pass
    elif symbol.is_nonpositive:
        value = -value
    elif draw.random() < 0.5:
        value = -value
    if symbol.is_imaginary:
        value = value * numbers.j
    return value


def sign(element: Element) -> int | None:
    """+1 or -1 if the element has this sign wherever it is real, else ``None``."""
    proven = proven_sign(element)
    if proven is not None:
        return proven
    found: set[int] = set()
    for value in element.field.samples.values(element):
        if not is_real(value):
            continue
        found.add(1 if numbers.re(value) > 0 else -1)
        if len(found) > 1:
            return None
    return found.pop() if found else None


def proven_sign(element: Element) -> int | None:
    """The sign if it follows from the terms: all of one sign, even powers of real numbers or positive ones."""
    element = element.field.lift(element)
    signs = {_sign_of_terms(p, element) for p in (element.num, element.den)}
    if None in signs:
        return None
    return -1 if signs == {1, -1} else 1


def _sign_of_terms(p: fmpz_mpoly, element: Element) -> int | None:
    generators = [element.field.generators[k] for k in element.stage.order]
    signs = set()
    for monomial, coefficient in p.terms():
        term = 1 if coefficient > 0 else -1
        for generator, exponent in zip(generators, monomial):
            if not exponent:
                continue
            known = generator.sign(element.field)
            if known is not None:
                term *= known ** int(exponent % 2)
            elif exponent % 2 or not generator.is_real(element.field):
                return None
        signs.add(term)
        if len(signs) > 1:
            return None
    return signs.pop() if signs else None


def holds(left: Element, right_values: Any, only_where_real: bool = False) -> bool:
    """Whether ``left`` agrees with the values ``right_values(point)`` at all sample points."""
    samples, agreed = left.field.samples, 0
    for point in range(POINTS):
        a, b = samples.value(left, point), right_values(point)
        if a is None or b is None or (only_where_real and not is_real(b)):
            continue
        if abs(a - b) > (abs(a) + abs(b)) * numbers.mpf(10) ** -12:
            return False
        agreed += 1
    return agreed >= 3
