"""Right values in balls, by an evaluator of its own: SymPy's expression, node by node, at twice the precision and more.

It shares with the engine neither the lowering nor the table of functions; what it does not have (special functions),
mpmath computes (`attack`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from operator import add, mul
from typing import Any

import sympy as sp
from flint import arb, ctx, fmpq

__all__ = ["Balls", "NoValue", "NoRoutine"]

_BITS = (128, 256, 1024, 4096, 16384)


class NoRoutine(ValueError):
    """A function that is not one of the elementary ones."""


class NoValue(ValueError):
    """The formula has no real value at the point."""


def _within(routine: Callable[[arb], arb], bad: Callable[[arb], bool]) -> Callable[[arb], arb]:
    def call(u: arb) -> arb:
        if bad(u):
            raise NoValue
        return routine(u)

    return call


def _inverse(u: arb) -> arb:
    if u.is_zero():
        raise NoValue
    return 1 / u


def _whole(u: arb, n: int) -> arb:
    if n < 0:
        return _inverse(_whole(u, -n))
    if n == 1:
        return u
    half = _whole(u, n // 2)
    return half * half * u if n % 2 else half * half


def _power(u: arb, e: arb) -> arb:
    if u < 0:
        raise NoValue
    if u.is_zero():
        if e > 0:
            return arb(0)
        raise NoValue
    return (u.log() * e).exp()


def _off_zero(value: Callable[[arb], arb]) -> Callable[..., arb]:
    """A function that is constant on both sides of zero, and not asked for on it."""
    return lambda u, *_: value(u) if u > 0 or u < 0 else arb.nan()


_FUNCTIONS: dict[type, Callable[..., arb]] = {
    sp.exp: arb.exp,
    sp.log: _within(arb.log, lambda u: u <= 0),
    sp.sin: arb.sin,
    sp.cos: arb.cos,
    sp.tan: arb.tan,
    sp.sinh: arb.sinh,
    sp.cosh: arb.cosh,
    sp.tanh: arb.tanh,
    sp.asin: _within(arb.asin, lambda u: abs(u) > 1),
    sp.acos: _within(arb.acos, lambda u: abs(u) > 1),
    sp.atan: arb.atan,
    sp.asinh: arb.asinh,
    sp.acosh: _within(arb.acosh, lambda u: u < 1),
    sp.atanh: _within(arb.atanh, lambda u: abs(u) >= 1),
    sp.erf: arb.erf,
    sp.erfc: arb.erfc,
    sp.Abs: abs,
    sp.floor: arb.floor,
    sp.ceiling: arb.ceil,
    sp.Min: lambda *a: reduce(arb.min, a),
    sp.Max: lambda *a: reduce(arb.max, a),
    sp.DiracDelta: _off_zero(lambda u: arb(0)),
    sp.Heaviside: _off_zero(lambda u: arb(int(u > 0))),
}
_CONSTANTS: dict[sp.Basic, Callable[[], arb]] = {sp.pi: arb.pi, sp.E: arb.const_e}


class Balls:
    """Expressions of two symbols as functions that give a ball for each.

    With `smooth`, signs have no value on their kinks (they come from derivatives there).
    """

    def __init__(self, expressions: Sequence[sp.Expr], symbols: Sequence[sp.Symbol], smooth: bool) -> None:
        self.symbols, self.smooth = list(symbols), smooth
        self.steps: list[tuple[Callable[..., arb], list[int]]] = []
        self.places: dict[sp.Basic, int] = {s: k for k, s in enumerate(symbols)}
        self.outputs = [self._place(e) for e in expressions]

    def _place(self, e: sp.Basic) -> int:
        if e not in self.places:
            operation, parts = self._operation(e)
            places = [self._place(p) for p in parts]
            self.steps.append((operation, places))
            self.places[e] = len(self.symbols) + len(self.steps) - 1
        return self.places[e]

    def _operation(self, e: Any) -> tuple[Callable[..., arb], Sequence[Any]]:
        if e.is_Rational:
            number = fmpq(int(e.p), int(e.q))
            return lambda: arb(number), ()
        if e in _CONSTANTS:
            return _CONSTANTS[e], ()
        if e.is_Add or e.is_Mul:
            return lambda *terms: reduce(add if e.is_Add else mul, terms), e.args
        if isinstance(e, sp.Pow):
            if e.exp.is_Integer:
                return lambda u: _whole(u, int(e.exp)), [e.base]
            if e.exp == sp.S.Half:
                return _within(arb.sqrt, lambda u: u < 0), [e.base]
            if e.exp == -sp.S.Half:
                return _within(arb.rsqrt, lambda u: u <= 0), [e.base]
            return _power, e.args
        if isinstance(e, sp.sign):
            return _off_zero(arb.sgn) if self.smooth else arb.sgn, e.args
        if type(e) in _FUNCTIONS:
            return _FUNCTIONS[type(e)], e.args
        raise NoRoutine(type(e).__name__)

    def at(self, point: Sequence[float], finish: Callable[[list[arb]], arb], rtol: float) -> arb | None:
        """What `finish` makes of the values, to the tolerance; None where no precision tells.

        Raises:
            NoValue: some part of the formulas has no real value there.
        """
        before = ctx.prec
        try:
            for bits in _BITS:
                ctx.prec = bits
                values = [arb(p) for p in point]
                for operation, places in self.steps:
                    values.append(operation(*[values[k] for k in places]))
                value = finish([values[k] for k in self.outputs])
                if value.is_finite() and (value.is_zero() or value.rad() <= abs(value.mid()) * rtol):
                    return value
            # what cannot be told from zero with a thousand digits, and is less than any machine number
            return arb(0) if value.is_finite() and abs(value) < arb(2) ** -5000 else None
        finally:
            ctx.prec = before
