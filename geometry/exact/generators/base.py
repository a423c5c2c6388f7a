"""What a generator is: a name in the polynomial ring, its meaning and its derivatives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import sympy as sp

from ..ranges import NEGATIVE, POSITIVE, REAL, Range
from ..sampling import sample_symbol

if TYPE_CHECKING:
    from ..elements import Element
    from ..field import DifferentialField
    from ..sampling import Samples


class Generator(ABC):
    """One generator of a field.  ``number`` is its place in the order of opening."""

    number: int = -1
    real_with_its_element = False  # whether an element that holds it once is real only where it is real itself
    # Of an algebraic generator: whether its powers stay in polynomials of functions (see ``stages``).
    formal: bool = True
    is_logarithm = False

    @abstractmethod
    def expression(self) -> sp.Expr:
        """The generator as a SymPy expression."""

    @abstractmethod
    def derivative(self, field: DifferentialField, symbol: sp.Symbol) -> Element:
        """Its derivative by a coordinate, an element of the (possibly grown) field."""

    @abstractmethod
    def value(self, samples: Samples, point: int) -> Any:
        """Its value at a sample point, ``None`` where it has none."""

    def sign(self, field: DifferentialField) -> int | None:
        """+1 or -1 if this sign is proven, else ``None``."""
        return None

    def is_real(self, field: DifferentialField) -> bool:
        """Whether it is proven to be real."""
        return False

    def range(self, field: DifferentialField) -> Range:
        """An interval that holds its real values."""
        return {1: POSITIVE, -1: NEGATIVE, None: REAL}[self.sign(field)]

    def as_power(self) -> tuple[Element, Fraction] | None:
        """The base and the rational exponent if this is a power."""
        return None

    def root(self, field: DifferentialField, degree: int) -> Element | None:
        """The principal root of prime degree if that is a power of something else, ``exp(x/2)`` for ``exp(x)``."""
        return None

    def power_base(self, coefficient: Element, as_given: bool) -> tuple[sp.Expr, Element] | None:
        """b and log b = this + rest if ``exp(coefficient * log b)`` is written as a power of b."""
        return None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.expression()})"


class Variable(Generator):
    """A coordinate or a constant symbol, or a transcendental number such as pi."""

    def __init__(self, symbol: sp.Expr):
        self.symbol = symbol

    def expression(self) -> sp.Expr:
        return self.symbol

    def derivative(self, field: DifferentialField, symbol: sp.Symbol) -> Element:
        return field.one if symbol == self.symbol else field.zero

    def value(self, samples: Samples, point: int) -> Any:
        return sample_symbol(self.symbol, point)

    def sign(self, field: DifferentialField) -> int | None:
        return 1 if self.symbol.is_nonnegative else -1 if self.symbol.is_nonpositive else None

    def is_real(self, field: DifferentialField) -> bool:
        return not self.symbol.is_imaginary

    def range(self, field: DifferentialField) -> Range:
        if self.symbol.is_integer and self.symbol.is_positive:
            return Fraction(1), None
        return super().range(field)
