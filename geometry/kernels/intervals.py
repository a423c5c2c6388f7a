"""Ranges of the values of a program, from the ranges of its inputs: plain interval arithmetic on nodes."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping

from .constants import CONSTANTS
from .program import Node, Program

__all__ = ["Interval", "ranges", "range_of", "coarse", "WHOLE"]

Interval = tuple[float, float]
WHOLE: Interval = (-math.inf, math.inf)
_LEAST = math.nextafter(0.0, 1.0)
_WITHOUT_ROUNDING = frozenset(
    {"number", "constant", "input", "row", "mean", "select", "min", "max", "abs", "sign", "sin", "cos", "tanh", "erf"}
    | {"logistic"}
)


def coarse(low: float, high: float) -> Interval:
    """The interval widened to powers of two, signs kept: calls with similar ranges share their code.

    >>> coarse(0.0, 0.9), coarse(-3.0, 5.0)
    ((0.0, 1.0), (-4.0, 8.0))
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return WHOLE
    return (_down(low), -_down(-high))


def _down(value: float) -> float:
    """The power of two (or zero) next below, or the least machine number."""
    if value == 0:
        return 0.0
    mantissa, exponent = math.frexp(abs(value))
    if value > 0:
        return math.ldexp(0.5, exponent)
    if mantissa != 0.5 and exponent == sys.float_info.max_exp:
        return -sys.float_info.max
    return -math.ldexp(0.5 if mantissa == 0.5 else 1.0, exponent)


def ranges(program: Program, inputs: Mapping[str, Interval]) -> dict[Node, Interval]:
    """An interval for every node that contains its exact values (and its computed ones, up to rounding)."""
    out: dict[Node, Interval] = {}
    for node in program.nodes():
        out[node] = range_of(node, [out[a] for a in node.args], inputs)
    return out


def range_of(node: Node, args: list[Interval], inputs: Mapping[str, Interval]) -> Interval:
    """The interval of one node, from those of its arguments."""
    low, high = _range(node, args, inputs)
    if math.isnan(low) or math.isnan(high):
        return WHOLE
    return (low, high) if node.op in _WITHOUT_ROUNDING else (_outward(low, -math.inf), _outward(high, math.inf))


def _outward(end: float, towards: float) -> float:
    """An end of an interval past what rounding (of sums and of the C library) may have moved it; zero stays."""
    if end == 0 or math.isinf(end):
        return end
    return math.nextafter(end + math.copysign(abs(end) * 2.0**-50, towards), towards)


def _range(node: Node, args: list[Interval], inputs: Mapping[str, Interval]) -> Interval:
    op = node.op
    if op == "number":
        try:
            value = node.value.numerator / node.value.denominator  # type: ignore[attr-defined]
        except OverflowError:
            return WHOLE
        return (math.nextafter(value, -math.inf), math.nextafter(value, math.inf)) if node.value else (0.0, 0.0)
    if op in ("input", "row"):
        return inputs[str(node.value)]
    if node.value == "resolution":
        return (0.0, 1.0)
    if op == "constant":
        value = CONSTANTS[str(node.value)].float64
        return (math.nextafter(value, -math.inf), math.nextafter(value, math.inf)) if math.isfinite(value) else WHOLE
    if op == "add":
        return (sum(a for a, _ in args), sum(b for _, b in args))
    if op in ("mul", "product"):
        out = args[0]
        for a in args[1:]:
            out = _times(out, a)
        return (max(out[0], 0.0), min(out[1], 1.0)) if node.value == "unit" else out
    if op == "div":
        return _times(args[0], _inverse(args[1]))
    if op == "reciprocal":
        return _inverse(args[0])
    if op == "power":
        return _power(args[0], int(node.value))  # type: ignore[call-overload]
    if op == "mean":
        return args[0]
    if op == "sqrt":
        return (math.sqrt(max(args[0][0], 0.0)), math.sqrt(max(args[0][1], 0.0)))
    if op == "reciprocal_root":
        low, high = (math.sqrt(max(end, 0.0)) for end in args[0])
        return (1 / high if high else 0.0, 1 / low if low else math.inf)
    if op == "exp_product":
        product = args[0]
        for a in args[1:]:
            product = _times(product, a)
        return (_exp(product[0]), _exp(product[1]))
    if op == "exp":
        return (_exp(args[0][0]), _exp(args[0][1]))
    if op == "abs":
        least, most = args[0]
        return (0.0 if least <= 0 <= most else min(abs(least), abs(most)), max(abs(least), abs(most)))
    if op == "select" and node.value == "guard":
        return args[1]
    if op == "select":
        return (min(args[1][0], args[2][0]), max(args[1][1], args[2][1]))
    if op in ("min", "max"):
        pick = min if op == "min" else max
        return (pick(args[0][0], args[1][0]), pick(args[0][1], args[1][1]))
    if op in ("sin", "cos", "tanh", "erf", "sign"):
        return (-1.0, 1.0)
    if op == "cosh":
        return (1.0, max(_cosh(end) for end in args[0]))
    if op == "sinh":
        return tuple(math.copysign(_cosh(end), end) if end else 0.0 for end in args[0])  # type: ignore[return-value]
    if op in ("asinh", "atan"):  # no larger than their arguments
        return (min(args[0][0], 0.0), max(args[0][1], 0.0))
    if op == "logistic":
        return (0.0, 1.0)
    if op == "softplus":
        return (0.0, max(args[0][1], 0.0) + 1.0)
    if op == "polygamma" and args[0][0] > 0 and int(node.value) >= 1:  # type: ignore[call-overload]
        return (0.0, math.inf) if int(node.value) % 2 else (-math.inf, 0.0)  # type: ignore[call-overload]
    if op in ("asin", "acos", "atan2"):
        return {"asin": (-1.6, 1.6), "acos": (0.0, 3.2), "atan2": (-3.2, 3.2)}[op]
    if op in ("acosh", "erfc"):
        return (0.0, 2.0 if op == "erfc" else math.inf)
    if op == "gamma" and args[0][0] > 0:
        return (0.0, math.inf)
    if op == "pow" and args[0][0] >= 0:
        return _real_power(*args)
    if op == "log":
        return (_log(args[0][0]), _log(args[0][1]))
    if op == "log1p":
        return tuple(math.log1p(end) if -1 < end < math.inf else _log(end) for end in args[0])  # type: ignore[return-value]
    return WHOLE


def _times(a: Interval, b: Interval) -> Interval:
    products = [0.0 if p == 0 or q == 0 else _product(p, q) for p in a for q in b]
    return (min(products), max(products))


def _product(p: float, q: float) -> float:
    """Of numbers that are not zero, never zero."""
    return p * q or math.copysign(_LEAST, p) * math.copysign(1.0, q)  # an end of an interval, moved outward later


def _inverse(a: Interval) -> Interval:
    if a[0] > 0 or a[1] < 0:
        return (1 / a[1], 1 / a[0])
    if a[0] == 0 and a[1] > 0:
        return (1 / a[1], math.inf)
    if a[1] == 0 and a[0] < 0:
        return (-math.inf, 1 / a[0])
    return WHOLE


def _power(a: Interval, n: int) -> Interval:
    if n < 0:
        return _inverse(_power(a, -n))
    try:
        low, high = (end**n or (math.copysign(_LEAST, end if n % 2 else 1.0) if end else 0.0) for end in a)
    except OverflowError:
        return WHOLE if n % 2 else (0.0, math.inf)
    if n % 2:
        return (low, high)
    return (0.0 if a[0] <= 0 <= a[1] else min(low, high), max(low, high))


def _real_power(x: Interval, y: Interval) -> Interval:
    """x^y, x >= 0: monotonic in each."""
    if x[0] == 0 or x[1] == math.inf:
        return (0.0, math.inf)
    exponents = [p * q for p in (math.log(x[0]), math.log(x[1])) for q in y]
    if not all(map(math.isfinite, exponents)):
        return (0.0, math.inf)
    lost = max(map(abs, exponents)) * 2.0**-45
    return (_exp(min(exponents) - lost), _exp(max(exponents) + lost))


def _exp(x: float) -> float:
    try:
        return math.exp(x) or _LEAST  # an upper end is never zero; a lower one is moved below
    except OverflowError:
        return math.inf


def _cosh(x: float) -> float:
    return (_exp(abs(x)) + 1.0) / 2


def _log(x: float) -> float:
    return math.log(x) if 0 < x < math.inf else (math.inf if x > 0 else -math.inf)
