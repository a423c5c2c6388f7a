"""Ranges of the values of a program, from the ranges of its inputs: plain interval arithmetic on nodes."""

from __future__ import annotations

import math
from collections.abc import Mapping

from .program import Node, Program

__all__ = ["Interval", "ranges", "range_of", "coarse", "WHOLE"]

Interval = tuple[float, float]
WHOLE: Interval = (-math.inf, math.inf)


def coarse(low: float, high: float) -> Interval:
    """The interval widened to powers of two, signs kept: calls with similar ranges share their code.

    >>> coarse(0.0, 0.9), coarse(-3.0, 5.0)
    ((0.0, 1.0), (-4.0, 8.0))
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return WHOLE
    return (_down(low), -_down(-high))


def _down(value: float) -> float:
    """The power of two (or zero) next below."""
    if value == 0:
        return 0.0
    mantissa, exponent = math.frexp(abs(value))
    if value > 0:
        return math.ldexp(0.5, exponent)
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
    return WHOLE if math.isnan(low) or math.isnan(high) else (low, high)


def _range(node: Node, args: list[Interval], inputs: Mapping[str, Interval]) -> Interval:
    op = node.op
    if op == "number":
        try:
            value = node.value.numerator / node.value.denominator  # type: ignore[attr-defined]
        except OverflowError:
            return WHOLE
        return (math.nextafter(value, -math.inf), math.nextafter(value, math.inf)) if value else (0.0, 0.0)
    if op in ("input", "row"):
        return inputs[str(node.value)]
    if node.value == "resolution":
        return (0.0, 1.0)
    if op == "constant":
        return (
            (0.5, 4.0)
            if node.value in ("pi", "E", "EulerGamma", "Catalan", "GoldenRatio", "TribonacciConstant")
            else WHOLE
        )
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
    if op == "logistic":
        return (0.0, 1.0)
    if op == "softplus":
        return (0.0, max(args[0][1], 0.0) + 1.0)
    if op == "polygamma" and args[0][0] > 0 and int(node.value) >= 1:  # type: ignore[call-overload]
        return (0.0, math.inf) if int(node.value) % 2 else (-math.inf, 0.0)  # type: ignore[call-overload]
    if op in ("log", "log1p"):
        shift = 1.0 if op == "log1p" else 0.0
        return (_log(args[0][0] + shift), _log(args[0][1] + shift))
    return WHOLE


def _times(a: Interval, b: Interval) -> Interval:
    products = [0.0 if p == 0 or q == 0 else p * q for p in a for q in b]
    return (min(products), max(products))


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
        ends = (a[0] ** n, a[1] ** n)
    except OverflowError:
        return WHOLE if n % 2 else (0.0, math.inf)
    if n % 2:
        return ends
    return (0.0 if a[0] <= 0 <= a[1] else min(ends), max(ends))


def _exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def _log(x: float) -> float:
    return math.log(x) if 0 < x < math.inf else (math.inf if x > 0 else -math.inf)
