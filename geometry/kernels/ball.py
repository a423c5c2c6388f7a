"""Ball arithmetic: a program evaluated with python-flint's `arb`, where every result encloses the truth.

Numbers of a program are exact rationals and enter as such (never as rounded floats); binary inputs are
exact as well. So the ball of a result contains the exact value of the formula at the given inputs.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from fractions import Fraction
from functools import cache, partial
from numbers import Rational
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from flint import arb, arb_mat, ctx, fmpq

from .algebras import BALLS
from .functions import FUNCTIONS
from .interpreter import Evaluator, Straight
from .lower import lower, symbol_keys
from .program import Program

__all__ = [
    "BallProgram",
    "HighPrecision",
    "as_ball",
    "determinant",
    "evaluate_ball",
    "number_of",
    "precision",
    "rounded",
    "vanishes",
]

_MOST_EXPANDED = 10  # dimensions up to which determinants are expanded by minors
_SHADOW_BITS = 8192


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


def number_of(ball: arb, rtol: float, atol: float = 0.0) -> arb | None:
    """The number that a ball stands for to the tolerance (half of it is left for rounding), or None.

    Zero has no relative error: a ball around it stands for none, unless it is exact or lies within `atol`.

    >>> number_of(arb(1, 1e-20), 1e-10), number_of(arb(0, 1e-20), 1e-10), number_of(arb(0, 1e-20), 1e-10, 1e-12)
    (1.00000000000000, None, 0)
    """
    if not ball.is_finite():
        return None
    near = ball.is_zero() or ball.rad() <= abs(ball.mid()) * rtol / 2 or (atol and ball.rad() <= arb(atol) / 2)
    return ball.mid() if near else None


def rounded(number: arb, rtol: float, atol: float = 0.0, dtype: Any = np.float64) -> float:
    """The machine number, NaN where the type holds none that is the number to the tolerance.

    >>> rounded(arb(1) / 3, 1e-10), rounded(arb(2) ** 2000, 1e-10), rounded(arb(2) ** -1073, 0.3, 0.0)
    (0.3333333333333333, nan, 1e-323)
    """
    value = float(number)
    if abs(value) > float(np.finfo(dtype).max):
        return math.nan
    if abs(value) >= sys.float_info.min:
        return value
    error = abs(arb(value) - number)
    return value if error <= abs(number) * rtol / 2 or error <= atol / 2 else math.nan


def determinant(dim: int, triangle: Sequence[arb]) -> arb:
    """The determinant of a symmetric matrix, given by its lower triangle."""
    rows = [[triangle[max(i, j) * (max(i, j) + 1) // 2 + min(i, j)] for j in range(dim)] for i in range(dim)]
    if dim > _MOST_EXPANDED:
        return arb_mat(rows).det()

    @cache
    def minor(row: int, columns: tuple[int, ...]) -> arb:  # expanded by its first row, so that zeros stay exact
        terms = (
            (-1) ** k * rows[row][c] * minor(row + 1, columns[:k] + columns[k + 1 :])
            for k, c in enumerate(columns)
            if not rows[row][c].is_zero()
        )
        return sum(terms, arb(0)) if columns else arb(1)

    return minor(0, tuple(range(dim)))


def vanishes(run: BallProgram, of: Callable[[list[arb]], arb]) -> bool:
    """Whether a rational function of the outputs is zero everywhere, as one of the inputs and of values of functions.

    Random numbers stand for both: what is zero then is no cancellation of saturated functions (1 + e^-1000 - 1).
    Zeros that need a relation between functions (sin^2 + cos^2 = 1) are not found.
    """

    def is_zero(seed: int) -> bool:
        random = np.random.default_rng(seed)
        shadow = copy(run)
        shadow.kept, shadow.version = {}, shadow
        shadow.operations = {
            node: partial(_random_entries, random) if node.op in FUNCTIONS and node.op not in ("sqrt", "abs") else call
            for node, call in run.operations.items()
        }
        with precision(_SHADOW_BITS):
            ball = of(shadow({key: arb(random.uniform(0.5, 2.0)) for key in run.program.inputs}))
            return ball.is_finite() and ball.contains(0)

    return all(map(is_zero, range(2)))


def _random_entries(random: np.random.Generator, *arguments: Any) -> Any:
    """A random number for each entry that the arguments broadcast to."""
    shape = np.broadcast_shapes(*(a.shape if isinstance(a, np.ndarray) else () for a in arguments))
    if not any(isinstance(a, np.ndarray) for a in arguments):
        return arb(random.uniform(0.5, 2.0))
    out = np.empty(shape, object)
    out.reshape(-1)[:] = [arb(v) for v in random.uniform(0.5, 2.0, out.size)]
    return out


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
