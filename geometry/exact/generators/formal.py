"""Integrals and sums that stay formal: one generator each, differentiated under the sign."""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..elements import Element
from ..field import DifferentialField
from ..rules import converts
from ..sampling import Samples
from .base import Generator


class Formal(Generator):
    """An integral or sum with no closed form; no relation to other generators is known."""

    def __init__(self, given: sp.Expr):
        self.given = given

    def expression(self) -> sp.Expr:
        return self.given

    def derivative(self, field: DifferentialField, symbol: sp.Symbol) -> Element:
        """Differentiation under the sign, with Leibniz' boundary terms for limits that vary."""
        return field(self.given.diff(symbol))

    def value(self, samples: Samples, point: int) -> Any:
        return None

    def sign(self, field: DifferentialField) -> int | None:
        return 1 if self.given.is_nonnegative else -1 if self.given.is_nonpositive else None

    def is_real(self, field: DifferentialField) -> bool:
        return bool(self.given.is_extended_real)


@converts(sp.Integral, sp.Sum)
def _formal(field: DifferentialField, expression: sp.Expr) -> Element:
    for generator in field.generators:
        if isinstance(generator, Formal) and generator.given == expression:
            return field.generator_element(generator.number)
    return field.open(Formal(expression))
