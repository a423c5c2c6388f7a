"""SymPy expressions as functions of complex balls, for quadrature, normalisation checks and sample points.

They are programs run in complex ball arithmetic (`kernels.algebras`), written out as one Python function. Every
operation heeds the ``analytic`` flag, so that ``acb.integral`` may trust the enclosures it gets.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import sympy as sp
from flint import acb, arb, fmpq

from ..exact.reading import read, read_number
from ..kernels.algebras import ANALYTIC, BALLS, COMPLEX
from ..kernels.arrange import arrange
from ..kernels.ball import precision
from ..kernels.interpreter import Straight
from ..kernels.lower import lower
from ..kernels.program import Program
from ..kernels.stable import complementary

__all__ = ["Tape", "as_sympy", "exact", "precision"]

Ball = Any  # an acb, or an arb on a real tape


class Tape:
    """Several expressions as one function of balls: ``acb``, or ``arb`` if ``real``.

    >>> import sympy as sp
    >>> x = sp.Symbol("x")
    >>> round(float(Tape([sp.exp(x) / 2], [x])([acb(0)])[0].real), 3)
    0.5
    """

    def __init__(self, expressions: Sequence[sp.Expr], arguments: Sequence[sp.Symbol], real: bool = False) -> None:
        self.real = real
        forms = [_complemented(read(e)) for e in expressions]
        program = lower(forms, list(arguments), stabilise=False, algebra=BALLS if real else COMPLEX)
        self.program: Program = arrange(program, {key: frozenset() for key in program.inputs}, 0)

    @cached_property
    def plain(self) -> Straight:
        """The function of real balls, or the one of complex balls that need not be analytic."""
        return Straight(self.program, BALLS if self.real else COMPLEX)

    @cached_property
    def analytic(self) -> Straight:
        """The function of complex balls for integrands: not finite where it is not analytic."""
        return Straight(self.program, ANALYTIC)

    def __call__(self, arguments: Sequence[Ball], analytic: bool = False) -> list[Ball]:
        return (self.analytic if analytic and not self.real else self.plain)(arguments)


def _complemented(e: sp.Expr) -> sp.Expr:
    return e.replace(lambda part: part.is_Add, complementary) if e.has(sp.erf, sp.erfc) else e


def exact(value) -> acb:
    """A number (int, float, string, SymPy number) as a ball, without rounding where it can be."""
    number = sp.Rational(value) if isinstance(value, (float, sp.Float)) else read_number(value, "the value")
    if number.is_Rational:
        return acb(arb(fmpq(int(number.p), int(number.q))))
    return Tape([number], [])([])[0]


def as_sympy(ball: acb | arb, digits: int) -> sp.Float:
    """The midpoint of a ball as a SymPy Float of ``digits`` digits."""
    real = ball.real if isinstance(ball, acb) else ball
    return sp.Float(real.mid().str(digits + 5, radius=False, more=True), digits)
