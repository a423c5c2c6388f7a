"""Floats as exact numbers: one reading of a decimal for the whole package.

A float stands for the shortest decimal that gives it: 0.1 is 1/10 and 7.0000001 is 70000001/10000000, never a "simple
number nearby". Whoever wrote the number down meant that decimal, and reading it back gives the same float, bit by bit.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from .errors import InputError

__all__ = ["shortest_decimal", "with_exact_numbers"]

_DOUBLE = 53
_LARGEST_EXPONENT = 10_000  # of two, of a float outside the range of doubles


def shortest_decimal(number: Any) -> sp.Rational:
    """The shortest decimal that rounds to a float, exactly.

    Args:
        number: a finite `float`, a NumPy float, or a SymPy or mpmath one of any precision.

    Raises:
        InputError: NaN, an infinity, or a number beyond 2^±10000.

    >>> shortest_decimal(0.1), shortest_decimal(7.0000001), shortest_decimal(sp.Float("1.25e-3"))
    (1/10, 70000001/10000000, 1/800)
    """
    if isinstance(number, (float, np.float32, np.float16)):
        text = repr(float(number))  # binary32 and binary16 are doubles as well
    elif isinstance(number, np.floating):
        text = np.format_float_scientific(number, unique=True)  # a long double has more digits than a double
    else:
        text = _shortest(sp.Float(number))
    try:
        return sp.Rational(Fraction(text))
    except ValueError:
        raise InputError(f"{number} is no finite number") from None


def _shortest(number: sp.Float) -> str:
    if not number.is_finite:
        return str(number)
    value, precision = number._mpf_, number._prec
    _, mantissa, exponent, _ = value
    if precision == _DOUBLE and mantissa:
        double = float(number)
        if mpmath.libmp.from_float(double) == value:
            return repr(double)
    if abs(exponent) > _LARGEST_EXPONENT:
        raise InputError(f"a number about 2^{exponent} is too large or too small; scale the variables")
    for digits in range(1, precision + 1):
        text = mpmath.libmp.to_str(value, digits, strip_zeros=False)
        if mpmath.libmp.from_str(text, precision, "n") == value:
            break
    return text


def with_exact_numbers(expression: sp.Basic) -> sp.Basic:
    """The expression with every float in it replaced by its shortest decimal.

    >>> x = sp.Symbol("x")
    >>> with_exact_numbers(0.1 * x**0.5), with_exact_numbers(sp.Pow(2, 0.5, evaluate=False))
    (sqrt(x)/10, sqrt(2))

    Raises:
        InputError: a float in it is beyond 2^±10000.
    """
    floats = expression.atoms(sp.Float)
    return expression.xreplace({f: shortest_decimal(f) for f in floats}) if floats else expression
