"""A number that is known by a closed form, or by a ball that contains it, or both."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import sympy as sp
from flint import arb

from ..exact.reading import short

__all__ = ["EnclosedNumber"]


@dataclass(frozen=True)
class EnclosedNumber:
    """A number with its closed form and a bound of its error; ``float()`` gives the number.

    Attributes:
        expression: the closed form, or None where there is none.
        value: the number; NaN where symbols have no value.
        error: |value − the number| is at most this; NaN likewise.

    >>> EnclosedNumber.of(arb(2).sqrt()).error < 1e-15
    True
    """

    kind: ClassVar[str] = "number"

    expression: sp.Expr | None
    value: float
    error: float

    @classmethod
    def of(cls, ball: arb, expression: sp.Expr | None = None, slack: float = 0.0, **others: Any) -> Self:
        """The middle of a ball, as a double, with how far the ball reaches from it, and so much more."""
        value = float(ball.mid())
        off = abs(ball - value).upper()
        return cls(expression, value, (math.nextafter(float(off), math.inf) if off > 0 else 0.0) + slack, **others)

    @classmethod
    def without_value(cls, expression: sp.Expr) -> Self:
        """A closed form that holds symbols."""
        return cls(expression, math.nan, math.nan)

    def __float__(self) -> float:
        return self.value

    def __repr__(self) -> str:
        number = "" if math.isnan(self.value) else f"{self.value!r} ± {self.error:.1e}"
        closed = "" if self.expression is None else short(self.expression, 200)
        return f"<{self.kind} {' = '.join(filter(None, (closed, number)))}>"
