"""Arrays of numbers m 2^e with a bound on their error: machine numbers that neither overflow nor underflow.

The exponent is an integer of its own, so that the weights of saturated rows, e^-1000 and e^-3000 say, keep their
digits beside one another. |exact - m 2^e| <= error 2^e holds for every operation: each adds its own rounding, and what
an operation needs and does not have (a divisor away from zero, a comparison that the errors decide) makes the bound
infinite or NaN. A library's elementary functions count with `_FUNCTION` units, several times what they err by.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from .algebras import Algebra, Operation
from .constants import CONSTANTS
from .functions import Function
from .program import Node

__all__ = ["SCALED", "Scaled"]

_U = 2.0**-53
_FUNCTION = 8 * _U
_TINY = 2.0**-1000  # more than what underflows beside mantissas
_EXACT_SHIFT = 800  # bits by which a double-double of ordinary size is shifted without loss
_LOWEST = -(1 << 40)  # the exponent of an exact zero
_FARTHEST = 2200  # bits by which a number is shifted at most: nothing of it is left
_LARGEST = 2.0**20  # arguments of exponentials; k log 2 is exact to 2^-85 below
_LOG2 = (float.fromhex("0x1.62e42fee00000p-1"), float.fromhex("0x1.a39ef35793c76p-33"))


def _shifted(m: Any, bits: Any) -> Any:
    return np.ldexp(m, np.minimum(np.maximum(bits, -_FARTHEST), _FARTHEST))


def _two_sum(a: Any, b: Any) -> tuple[Any, Any]:
    """a + b as a machine number and what is left (Knuth)."""
    m = a + b
    t = m - a
    return m, (a - (m - t)) + (b - t)


def _two_product(a: Any, b: Any) -> tuple[Any, Any]:
    """a b as a machine number and what is left (Dekker); for mantissas, which do not overflow when they are split."""
    m = a * b
    high_a, high_b = (c - (c - v) for v, c in ((a, a * 134217729.0), (b, b * 134217729.0)))
    low_a, low_b = a - high_a, b - high_b
    return m, ((high_a * high_b - m) + high_a * low_b + low_a * high_b) + low_a * low_b


def _sum_of_three(a: Any, b: Any, c: Any) -> tuple[Any, Any]:
    """Their sum as a machine number, and a bound on what is lost: zero where it is exact."""
    s, first = _two_sum(b, c)
    s, second = _two_sum(a, s)
    return s, (np.abs(first) + np.abs(second)) * (1 + 2.0**-50)


class Scaled:
    """Numbers m 2^e, each with a bound on its error in units of 2^e; the arrays broadcast.

    Machine numbers, and sums and products of such alone, are (m + low) 2^e: double-doubles, since an error in the
    argument of an exponential is as large as the argument. They are exact where a double-double holds them, as the
    determinant of two rows on one line is. What is computed from them otherwise has no `low`.

    >>> a = Scaled.of(1e-300) * Scaled.of(1e-300)
    >>> float((a / a).numbers()[0]), float(a.numbers()[0])
    (1.0, 0.0)
    """

    __slots__ = ("m", "e", "error", "low")
    __array_ufunc__ = None

    def __init__(self, m: Any, e: Any, error: Any, low: Any = None) -> None:
        self.m, self.e, self.error, self.low = m, e, error, low

    @classmethod
    def of(cls, values: Any) -> Scaled:
        """Machine numbers, which are exact."""
        m, e = np.frexp(np.asarray(values, float))
        return cls(m, np.where(m == 0, _LOWEST, e.astype(np.int64)), np.zeros_like(m), np.zeros_like(m))

    @classmethod
    def rational(cls, value: Fraction) -> Scaled:
        """An exact number, as a double-double."""
        e = value.numerator.bit_length() - value.denominator.bit_length()
        m = float(value / Fraction(2) ** e)
        rest = value / Fraction(2) ** e - Fraction(m)
        exponent = np.int64(e if value else _LOWEST)
        return cls(np.float64(m), exponent, np.float64(2 * _U * abs(rest)), np.float64(rest))

    def _mapped(self, change: Callable[[Any], Any]) -> Scaled:
        """With all arrays changed in one way."""
        return Scaled(*(part if part is None else change(part) for part in (self.m, self.e, self.error, self.low)))

    def normal(self) -> Scaled:
        """The same with mantissas in [1/2, 1)."""
        m, k = np.frexp(self.m)
        lost = m == 0
        k = np.where(lost, 0, k)
        e = np.where(lost & (self.error == 0), _LOWEST, self.e + k)
        return Scaled(m, e, _shifted(self.error, -k), None if self.low is None else _shifted(self.low, -k))

    def rounded(self) -> Scaled:
        """Without `low`, which adds to the error."""
        return self if self.low is None else Scaled(self.m, self.e, self.error + np.abs(self.low))

    def numbers(self) -> tuple[Any, Any]:
        """Machine numbers (infinite or 0 past their range), and bounds on their errors."""
        a = self.rounded()
        with np.errstate(over="ignore"):
            error = _shifted(a.error * (1 + 2.0**-20) + _U * np.abs(a.m), a.e) + 2.0**-1074
            return _shifted(a.m, a.e), error

    def argument(self) -> tuple[Any, Any, Any]:
        """x of e^x, what is to be added to it, and a bound on the error of their sum; no number, and an infinite error,
        where x is past 2^20.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            x, error = _shifted(self.m, self.e), _shifted(self.error * (1 + 2.0**-20), self.e) + 2.0**-1074
            low = np.float64(0.0) if self.low is None else _shifted(self.low, self.e)
            known = np.abs(x) + error < _LARGEST
        return np.where(known, x, 0.0), np.where(known, low, 0.0), np.where(known, error, np.inf)

    def is_past(self, dtype: Any) -> Any:
        """Whether a number other than zero is certainly past the largest or below the smallest that a type holds."""
        info, m = np.finfo(dtype), np.abs(self.m)
        known = (m > self.error) & np.isfinite(self.error)
        least, most = (
            self.e + np.log2(m - self.error, where=known, out=np.zeros_like(m)),
            self.e + np.log2(m + self.error),
        )
        return known & ((least > info.maxexp) | (most < info.minexp - info.nmant - 2))

    def sum(self) -> Scaled:
        """Over the last axis."""
        a = self.rounded()
        e = np.max(a.e, axis=-1, keepdims=True)
        shift = np.broadcast_to(a.e, np.shape(a.m)) - e
        m, count = _shifted(a.m, shift), np.shape(a.m)[-1]
        error = (_shifted(a.error, shift) + count * _U * np.abs(m)).sum(axis=-1) * (1 + count * _U) + count * _TINY
        return Scaled(m.sum(axis=-1), e[..., 0], error).normal()

    def whole(self, shape: tuple[int, ...]) -> Scaled:
        """As arrays of this shape."""
        return self._mapped(lambda part: np.broadcast_to(part, shape))

    def at(self, rows: np.ndarray) -> Scaled:
        """Of whole arrays, cells x rows, the entries of one row a cell, or of several."""
        cells = np.arange(len(rows)) if rows.ndim == 1 else np.arange(len(rows))[:, None]
        return self._mapped(lambda part: part[cells, rows])

    def along_rows(self) -> Scaled:
        """With a last axis of length one."""
        return self._mapped(lambda part: np.asarray(part)[..., None])

    def largest(self, rows: np.ndarray | None = None) -> Scaled:
        """A number between plus and minus the largest modulus of any row (or of some) in each cell."""
        chosen = (self if rows is None else self.at(rows)).rounded()
        with np.errstate(divide="ignore"):
            size = np.max(np.log2(np.abs(chosen.m) + chosen.error) + chosen.e, axis=-1, initial=_LOWEST)
        e = np.ceil(np.where(np.isfinite(size), size, 0)).astype(np.int64) + 1
        return Scaled(np.zeros(e.shape), e, np.where(size < np.inf, 1.0, np.inf))

    def zero_where(self, mask: Any) -> Scaled:
        """With exact zeros in some places."""
        return self._mapped(lambda part: np.where(mask, _LOWEST if part is self.e else 0.0, part))

    def log2(self) -> Any:
        """The binary logarithm of the modulus, roughly."""
        with np.errstate(divide="ignore"):
            return np.log2(np.abs(self.m)) + self.e

    def __add__(self, other: Any) -> Scaled:
        other = _scaled(other)
        e = np.maximum(self.e, other.e)
        first, second = self.e - e, other.e - e
        if self.low is None or other.low is None:
            a, b = self.rounded(), other.rounded()
            m = _shifted(a.m, first) + _shifted(b.m, second)
            error = _shifted(a.error, first) + _shifted(b.error, second)
            return Scaled(m, e, error + (_U * np.abs(m) + _TINY)).normal()
        m, rest = _two_sum(_shifted(self.m, first), _shifted(other.m, second))
        low, left = _sum_of_three(rest, _shifted(self.low, first), _shifted(other.low, second))
        error = _shifted(self.error, first) + _shifted(other.error, second) + left
        exact = ((first > -_EXACT_SHIFT) | (self.m == 0)) & ((second > -_EXACT_SHIFT) | (other.m == 0))
        error = error + np.where(exact, 0.0, _TINY)
        m, low = _two_sum(m, low)
        return Scaled(m, e, error, low).normal()

    def __mul__(self, other: Any) -> Scaled:
        other = _scaled(other)
        if self.low is None or other.low is None:
            a, b = self.rounded(), other.rounded()
            size = np.abs(a.m)
            m, error = a.m * b.m, size * b.error + (np.abs(b.m) + b.error) * a.error
            return Scaled(m, a.e + b.e, error + (_U * np.abs(m) + _TINY))
        m, rest = _two_product(self.m, other.m)
        (one, left), (two, right) = _two_product(self.m, other.low), _two_product(self.low, other.m)
        low, lost = _sum_of_three(rest, one, two)
        lost = lost + np.abs(left) + np.abs(right) + np.abs(self.low * other.low)
        size = np.abs(self.m)
        error = 2 * (size * other.error + (np.abs(other.m) + other.error) * self.error + lost)
        return Scaled(m, self.e + other.e, error + np.where((m == 0) | (np.abs(m) > _TINY), 0.0, _TINY), low)

    def __truediv__(self, other: Any) -> Scaled:
        a, b = self.rounded(), _scaled(other).rounded()
        with np.errstate(all="ignore"):
            m, size = a.m / b.m, np.abs(b.m) - b.error
            error = (a.error + np.abs(m) * b.error) / size * (1 + 2.0**-40) + (_U * np.abs(m) + _TINY)
        return Scaled(m, a.e - b.e, np.where(size > 0, error, np.inf))

    def __neg__(self) -> Scaled:
        return Scaled(-self.m, self.e, self.error, None if self.low is None else -self.low)

    def __sub__(self, other: Any) -> Scaled:
        return self + -_scaled(other)

    def __rtruediv__(self, other: Any) -> Scaled:
        return _scaled(other) / self

    def __pow__(self, n: int) -> Scaled:
        if n < 0:
            return 1 / self**-n
        half = self ** (n // 2) if n > 1 else None
        return self if half is None else half * half * self if n % 2 else half * half

    __radd__, __rmul__ = __add__, __mul__


def _scaled(value: Any) -> Scaled:
    return value if isinstance(value, Scaled) else Scaled.rational(Fraction(value))


# -- functions --------------------------------------------------------------------------------------------------------


def _relative(m: Any, e: Any, error: Any) -> Scaled:
    """Numbers with a relative error, which is small or makes the bound infinite."""
    return Scaled(m, e, np.where(error < 2.0**-10, np.abs(m) * (error * (1 + 2.0**-8) + _FUNCTION), np.inf)).normal()


def _power_of_e(x: Any, low: Any) -> tuple[Any, Any]:
    """e^(x + low) as m 2^k for |x| < 2^20: with x = k log 2 + r, r is off by 2^-53 of itself and less."""
    k = np.rint(x / _LOG2[0])
    return np.exp((x - k * _LOG2[0]) - k * _LOG2[1]) * (1 + low), k.astype(np.int64)


def _exp(a: Scaled) -> Scaled:
    x, low, error = a.argument()
    return _relative(*_power_of_e(x, low), error)


def _logistic(a: Scaled) -> Scaled:
    x, low, error = a.argument()
    m, k = _power_of_e(-np.abs(x), np.where(x < 0, low, -low))
    below = 1 + _shifted(m, k)
    return _relative(np.where(x < 0, m, 1.0) / below, np.where(x < 0, k, 0), error + 4 * _U)


def _softplus(a: Scaled) -> Scaled:
    """x + log(1 + e^-x), or log(1 + e^x), which is e^x to machine precision below -40."""
    x, low, error = a.argument()
    m, k = _power_of_e(-np.abs(x), np.where(x < 0, low, -low))
    far = x < -40
    value = np.where(far, m, np.maximum(x, 0) + np.log1p(_shifted(m, k)))
    # its logarithmic derivative is at most 1
    return _relative(value, np.where(far, k, 0), error + np.abs(low) + 4 * _U)


def _tanh(a: Scaled) -> Scaled:
    x, low, error = a.argument()
    value = np.tanh(x)
    return Scaled(value, np.int64(0), error + np.abs(low) + _FUNCTION * np.abs(value)).normal()


def _sqrt(a: Scaled) -> Scaled:
    a = a.rounded().normal()
    odd = a.e % 2
    with np.errstate(invalid="ignore", divide="ignore"):
        m = np.sqrt(np.ldexp(a.m, odd))
        error = np.ldexp(a.error, odd) / m * (1 + 2.0**-40) + _U * m
    return Scaled(
        m, (a.e - odd) // 2, np.where(a.m > a.error, error, np.where((a.m == 0) & (a.error == 0), 0.0, np.inf))
    )


def _abs(a: Scaled) -> Scaled:
    a = a.rounded()
    return Scaled(np.abs(a.m), a.e, a.error)


def _sign(a: Scaled) -> Scaled:
    a = a.rounded()
    known = (np.abs(a.m) > a.error) | (a.error == 0)
    return Scaled(np.sign(a.m), np.int64(0), np.where(known, 0.0, np.inf))


class _ScaledNumbers(Algebra):
    """Functions of neurons, and arithmetic; others are not known here."""

    boxed = False
    name = "routine on scaled numbers"
    _FUNCTIONS: Mapping[str, Callable[[Scaled], Scaled]] = {
        "exp": _exp,
        "logistic": _logistic,
        "softplus": _softplus,
        "tanh": _tanh,
        "sqrt": _sqrt,
        "abs": _abs,
        "sign": _sign,
    }

    def leaf(self, node: Node) -> Scaled:
        if node.op == "constant":
            value = CONSTANTS[str(node.value)].float64
            return Scaled(*np.frexp(value), _U)
        return Scaled.rational(Fraction(node.value))

    def routine(self, function: Function) -> Operation | None:
        return self._FUNCTIONS.get(function.name)

    def power(self, exponent: int) -> Operation:
        return lambda a: a**exponent

    def logic(self, op: str) -> Operation | None:
        return None


#: The algebra of `Scaled` numbers.
SCALED = _ScaledNumbers()
