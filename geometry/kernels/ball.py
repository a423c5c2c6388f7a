"""Ball arithmetic: a program evaluated with python-flint's `arb`, where every result encloses the truth.

Numbers of a program are exact rationals and enter as such (never as rounded floats); binary inputs are
exact as well. So the ball of a result contains the exact value of the formula at the given inputs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from numbers import Rational
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from flint import arb, ctx, fmpq

from .algebras import BALLS
from .interpreter import Evaluator, Straight
from .lower import lower, symbol_keys
from .program import Program

__all__ = ["BallProgram", "HighPrecision", "as_ball", "evaluate_ball", "precision"]


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Run the enclosed block with flint's working precision set to ``bits``."""
    before = ctx.prec
    ctx.prec = bits
    try:
        yield
    finally:
        ctx.prec = before


def evaluate_ball(
    expression: sp.Expr,
    values: Mapping[sp.Symbol, Any] | None = None,
    bits: int = 128,
    *,
    data: Mapping[sp.Symbol, Sequence[Any]] | None = None,
) -> arb:
    """A ball that contains the value of an expression.

    Args:
        expression: SymPy, of any functions that the table has.
        values: symbol -> int, Fraction, float (taken as the exact binary number), SymPy number or `arb`.
        bits: working precision.
        data: row symbol -> numbers, for every `Mean`.

    Raises:
        ValueError: a symbol has no value.
        UnsupportedFunction: an unknown function, by name.

    >>> x = sp.Symbol("x")
    >>> ball = evaluate_ball(sp.exp(x) / 3, {x: Fraction(1, 2)}, 100)
    >>> ball.str(15, radius=False)
    '0.549573756900043'
    """
    values, data = dict(values or {}), dict(data or {})
    program = lower([expression], list(values), algebra=BALLS)
    keys = symbol_keys([*values, *data])
    with precision(bits):
        run = BallProgram(program, {_row_key(program, s, keys): v for s, v in data.items()})
        return run({k: as_ball(v) for k, v in zip(program.inputs, values.values())})[0]


def _row_key(program: Program, symbol: sp.Symbol, keys: Mapping[sp.Symbol, str]) -> str:
    return symbol.name if symbol.name in program.rows else keys[symbol]


def as_ball(value: Any) -> arb:
    """An exact number as a ball without radius (irrational SymPy numbers: at the current precision)."""
    if isinstance(value, arb):
        return value
    if isinstance(value, (int, float)):
        return arb(value)
    if isinstance(value, (Fraction, Rational)):
        return arb(fmpq(int(value.numerator), int(value.denominator)))
    if isinstance(value, mpmath.mpf):
        return from_mpf(value)
    if isinstance(value, sp.Expr):
        if value.is_Rational:
            return arb(fmpq(int(value.p), int(value.q)))
        return evaluate_ball(value, {}, ctx.prec)
    return arb(float(value))


class BallProgram(Evaluator):
    """A program over data in real balls, to be evaluated at many points at the current precision (`flint.ctx.prec`)."""

    def __init__(self, program: Program, data: Mapping[str, Sequence[Any] | np.ndarray]) -> None:
        super().__init__(program, BALLS, {key: _column(data[key]) for key in program.rows if key in data})


def _column(values: Sequence[Any] | np.ndarray) -> np.ndarray:
    column = np.empty(len(values), object)
    column[:] = [as_ball(v.item() if hasattr(v, "item") else v) for v in values]
    return column


def from_mpf(value: mpmath.mpf) -> arb:
    """The number itself, without a radius."""
    sign, mantissa, exponent, _ = mpmath.mpf(value)._mpf_
    if not mantissa:
        return arb(0) if value == 0 else arb.nan() if value != value else arb.pos_inf() if value > 0 else arb.neg_inf()
    with precision(int(mantissa).bit_length() + 8):
        return arb((-int(mantissa) if sign else int(mantissa), int(exponent)))


def to_mpf(ball: arb) -> mpmath.mpf:
    """The midpoint; NaN for a ball without one."""
    if not ball.is_finite():
        return mpmath.nan if ball.is_nan() else mpmath.inf if ball > 0 else -mpmath.inf if ball < 0 else mpmath.nan
    mantissa, exponent = ball.mid().man_exp()
    return mpmath.ldexp(mpmath.mpf(int(mantissa)), int(exponent))


class HighPrecision:
    """Expressions as a function of numbers, to as many digits as asked for.

    The working precision rises until every value is known to the precision asked for, relative to itself. One that at
    last is not told from zero is zero; one that no precision settles (a pole, a place where it is not real) is NaN.

    >>> x = sp.Symbol("x")
    >>> with mpmath.workdps(30):
    ...     print(HighPrecision([(sp.cos(x) - 1) / x**2], [x])(mpmath.mpf(10) ** -12)[0])
    -0.499999999999999999999999958333
    """

    def __init__(self, expressions: Sequence[sp.Expr], symbols: Sequence[sp.Symbol]) -> None:
        self.function = Straight.of(expressions, symbols, BALLS)

    def balls(self, values: Sequence[Any], bits: int) -> list[arb]:
        """The values at exact arguments, as balls with so many right bits."""
        found: list[arb] = []
        for working in (bits + 20, 2 * bits + 60, 8 * bits + 200):
            with precision(working):
                found = self.function([as_ball(v) for v in values])
                if all(b.is_exact() or b.rel_accuracy_bits() >= bits for b in found):
                    break
        return [_settled(b, bits) for b in found]

    def __call__(self, *values: Any) -> list[mpmath.mpf]:
        """The values in mpmath's working precision."""
        return [to_mpf(b) for b in self.balls(values, mpmath.mp.prec + 4)]


def _settled(ball: arb, bits: int) -> arb:
    if ball.is_exact() or ball.rel_accuracy_bits() >= bits:
        return ball
    return arb(0) if ball.contains(0) and ball.rad() <= arb(2) ** -bits else arb.nan()
