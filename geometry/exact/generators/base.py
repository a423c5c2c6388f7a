"""What a generator is: a name in the polynomial ring, its meaning and its derivatives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import sympy as sp

if TYPE_CHECKING:
    from ..elements import Element
    from ..field import DifferentialField


class Generator(ABC):
    """One generator of a field.  ``number`` is its place in the order of opening."""

    number: int = -1

    @abstractmethod
    def expression(self) -> sp.Expr:
        """The generator as a SymPy expression."""

    @abstractmethod
    def derivative(self, field: DifferentialField, symbol: sp.Symbol) -> Element:
        """Its derivative by a coordinate, an element of the (possibly grown) field."""

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
