"""What people hand in, as SymPy expressions: numbers and expressions are taken, text never is."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy as sp

from .errors import InputError

__all__ = ["read", "read_number"]


def read(value: Any, where: str = "the expression") -> Any:
    """The value as SymPy has it.

    SymPy's own reading of a string evaluates it as a program. So text is refused here, and so is an object
    that SymPy would read by its text.

    Raises:
        ValueError: text, or an object that is no expression; it says how text is read.

    >>> read(2), read(sp.Symbol("x") + 1)
    (2, x + 1)
    >>> read("x + 1")
    Traceback (most recent call last):
        ...
    chentsov.geometry.exact.errors.InputError: the expression is the text 'x + 1': read it with chentsov.parsing.parse_expression, which evaluates nothing
    """
    try:
        return sp.sympify(value, strict=True)
    except sp.SympifyError:
        if isinstance(value, (str, bytes)):
            raise InputError(
                f"{where} is the text {_short(value)}: read it with chentsov.parsing.parse_expression, which evaluates nothing"
            ) from None
        raise InputError(f"{where} is {_short(value)}, which is no expression") from None


def read_number(value: Any, where: str = "the number") -> Any:
    """A number; a numeral as text ("0.3", "2/7") is exact.

    Raises:
        ValueError: other text, or what is no expression.

    >>> read_number("0.3"), read_number(2)
    (3/10, 2)
    """
    if not isinstance(value, str):
        return read(value, where)
    try:
        return sp.Rational(Fraction(value))
    except (ValueError, ZeroDivisionError):
        raise InputError(f"{where} is the text {_short(value)}, which is no finite number") from None


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
