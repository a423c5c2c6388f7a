"""Values of elements at sample points that obey the assumptions on the symbols.

Symbols without assumptions are real, of either sign and of very different sizes.  Values refute and never prove:
a sign is decided in ``positivity``.  What they choose between is the branches of functions of numbers, where one
value says all, and of roots that are not real.
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
        return numbers.mpmathify(sp.N(symbol, numbers.dps))
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
