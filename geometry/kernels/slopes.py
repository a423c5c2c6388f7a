r"""How an argument's error reaches the value of a function: the rules of the table's functions, for `bounds`.

For a computed argument x with |x - exact x| <= E, by the mean value theorem,

    |f(x) - f(exact x)|  <=  E max |f'|  over the segment between them.

A rule gives |f'| at the computed argument, and a *radius*: within a 256th of it, |f'| grows by less than `MARGIN` (a
bound of |f''/f'| shows that; it is written beside each rule where it is not the distance from a singularity). Where E
is larger the bound is infinite. An argument with a relative error that is small everywhere costs nothing in the kernel:
|x f'(x)| <= growth |f(x)| over the argument's range makes it a relative error of the value.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .intervals import Interval
from .program import Node

if TYPE_CHECKING:
    from .bounds import Bounds

__all__ = ["RULES", "Rule", "MARGIN", "REACH", "Writer"]

MARGIN = 1.02
REACH = 256.0
#: Nodes of |f'| and of the radius (None: any) for each argument, from the arguments and the value.
_Slopes = Callable[["Writer", tuple[Node, ...], Node], list[tuple[Node, Node | None]]]


def _never(*_: Interval) -> float:
    return math.inf


@dataclass(frozen=True)
class Rule:
    """Of one function.

    Attributes:
        slopes: |f'| and radius for each argument, written into the program.
        growth: of the ranges of the arguments, a bound of |x f'(x)| / |f(x)|, or infinity.
        steepest: of the range, a bound of |f'|: what an absolute error of the argument, from underflow, becomes.
        needs: a number that has to be positive, whatever the arguments' errors, for the value to be meant at all.
    """

    slopes: _Slopes
    growth: Callable[..., float] = _never
    steepest: Callable[..., float] = _never
    needs: Callable[[Writer, tuple[Node, ...]], Node] | None = None


class Writer:
    """Writes moduli and positive numbers beside the values, with the rounding errors left to `MARGIN`."""

    def __init__(self, work: Bounds) -> None:
        self.work = work

    def number(self, value: float) -> Node:
        return self.work.number(value)

    def abs(self, a: Node) -> Node:
        return self.work.absolute(a)

    def sum(self, a: Node, b: Node | float) -> Node:
        return self.work.raw("add", a, self.number(b) if isinstance(b, float) else b)

    def difference(self, a: Node | float, b: Node) -> Node:
        return self.sum(self.times(b, -1.0), a)

    def times(self, a: Node, b: Node | float) -> Node:
        return self.work.raw("mul", a, self.number(b) if isinstance(b, float) else b)

    def over(self, a: Node | float, b: Node) -> Node:
        return self.work.raw("div", self.number(a) if isinstance(a, float) else a, b)

    def root(self, a: Node) -> Node:
        return self.work.raw("sqrt", a)

    def least(self, a: Node, b: Node | float) -> Node:
        return self.work.raw("min", a, self.number(b) if isinstance(b, float) else b)

    def choice(self, mask: Node, a: Node, b: Node) -> Node:
        return self.work.raw("select", mask, a, b)

    def of(self, op: str, a: Node) -> Node:
        return self.work.raw(op, a)


def _unary(slope: Callable[..., Node], radius: Callable[..., Node] | None = None) -> _Slopes:
    """From |f'| and the radius as functions of x and f(x)."""

    def rule(w: Writer, args: tuple[Node, ...], f: Node) -> list[tuple[Node, Node | None]]:
        return [(slope(w, args[0], f), None if radius is None else radius(w, args[0], f))]

    return rule


def _size(x: Interval) -> float:
    return max(abs(x[0]), abs(x[1])) * (1 + 2.0**-20)


def _one(w: Writer, *_: Node) -> Node:
    return w.number(1.0)


def _exp(x: float) -> float:
    return math.exp(x) if x < 700 else math.inf


def _apart_from_one(w: Writer, x: Node, _: Node) -> Node:
    """1 - |x|: 1/(1 - x^2) and its root change by |f''/f'| <= 1/(1 - |x|)."""
    return w.difference(1.0, w.abs(x))


def _unit(w: Writer, x: Node) -> Node:
    """1 - x^2, with no digits lost at the ends."""
    return w.times(w.difference(1.0, x), w.sum(x, 1.0))


def _inside(bound: Callable[[float], float]) -> Callable[[Interval], float]:
    return lambda x: bound(1 - _size(x) ** 2) if _size(x) < 1 else math.inf


def _acosh_slope(w: Writer, x: Node, _: Node) -> Node:
    return w.over(1.0, w.times(w.root(w.sum(x, -1.0)), w.root(w.sum(x, 1.0))))


def _atan_slope(w: Writer, x: Node, _: Node) -> Node:
    """1/(1 + x^2) <= 2/(1 + |x|)^2, and no number on the way leaves the range; |f''/f'| <= 2.5/(1 + |x|)."""
    q = w.over(1.0, w.sum(w.abs(x), 1.0))
    return w.times(w.times(q, q), 2.0)


def _of_digamma(w: Writer, x: Node) -> Node:
    """1/x + 1 + sqrt(x) >= |psi(x)|, x > 0: psi(x) = psi(x + 1) - 1/x, -0.58 < psi(x + 1) < log(x + 1)."""
    return w.sum(w.sum(w.over(1.0, x), w.root(x)), 1.0)


def _gamma_growth(x: Interval) -> float:
    return 1 + x[1] * (1 + math.log1p(x[1])) if x[0] > 0 and x[1] < 1e6 else math.inf


def _pow(w: Writer, args: tuple[Node, ...], f: Node) -> list[tuple[Node, Node | None]]:
    """|y f/x| and |f log x|; these change with x by |y - 1|/x and with y by log x."""
    x, y = args
    size, exponent = w.abs(f), w.abs(y)
    by_x = w.times(size, w.over(exponent, x)), w.over(x, w.sum(exponent, 1.0))
    logarithm = w.sum(w.abs(w.of("log", x)), 1.0)
    return [by_x, (w.times(size, logarithm), w.over(1.0, logarithm))]


def _pow_growth(x: Interval, y: Interval) -> float:
    return _size(y) * max(1.0, *(abs(math.log(end)) + 1 for end in x)) if 0 < x[0] and x[1] < math.inf else math.inf


def _atan2(w: Writer, args: tuple[Node, ...], _: Node) -> list[tuple[Node, Node | None]]:
    """The gradient is at most 2/(|x| + |y|). The cut is not crossed while x stays positive, or y keeps its sign."""
    y, x = args
    r = w.sum(w.abs(x), w.abs(y))
    right = w.work.graph.node("lt", (w.number(0.0), x))
    slope, half = w.over(2.0, r), w.times(r, 0.5)
    by_y = w.choice(right, half, w.times(w.abs(y), 0.5))
    return [(slope, by_y), (slope, w.choice(right, w.times(x, 0.5), half))]


def _off_the_cut(w: Writer, args: tuple[Node, ...]) -> Node:
    """Of y = 0, x < 0 machines give pi or -pi by the sign of the zero."""
    return w.work.raw("max", w.abs(args[0]), args[1])


def _only_positive(w: Writer, args: tuple[Node, ...]) -> Node:
    return args[0]


def _polygamma(w: Writer, args: tuple[Node, ...], f: Node) -> list[tuple[Node, Node | None]]:
    """(m + 1) |psi_m|/x, and 1/x + 1/x^2 for m = 0; of the radius x/(m + 2)."""
    (x,) = args
    order = int(f.value)
    inverse = w.over(1.0, x)
    slope = w.times(w.times(w.abs(f), float(order + 1)), inverse) if order else w.times(inverse, w.sum(inverse, 1.0))
    return [(slope, w.times(x, 1 / (order + 2)))]


def _bounded(slope: float) -> Callable[[Interval], float]:
    return lambda _: slope


#: By the name of the operation.
RULES: dict[str, Rule] = {
    "exp": Rule(_unary(lambda w, x, f: f, _one), lambda x: _size(x), lambda x: _exp(x[1])),
    "expm1": Rule(_unary(lambda w, x, f: w.sum(w.abs(f), 1.0), _one), lambda x: 1 + _size(x), lambda x: _exp(x[1])),
    "log": Rule(_unary(lambda w, x, f: w.over(1.0, x), lambda w, x, f: x)),
    "log1p": Rule(
        _unary(lambda w, x, f: w.over(1.0, w.sum(x, 1.0)), lambda w, x, f: w.sum(x, 1.0)),
        lambda x: 1.0 if x[0] >= 0 else math.inf,  # x / (1 + x) <= log1p(x)
        lambda x: 1.0 if x[0] >= 0 else math.inf,
    ),
    # softplus' is at most 1, and at most softplus: e/(1 + e) <= log(1 + e)
    "softplus": Rule(_unary(lambda w, x, f: w.least(f, 1.0), _one), lambda x: 1 + _size(x), _bounded(1.0)),
    "sin": Rule(_unary(_one), lambda x: 1.0 if _size(x) <= 1.57 else math.inf, _bounded(1.0)),
    "cos": Rule(_unary(_one)),
    "tan": Rule(
        _unary(lambda w, x, f: w.sum(w.times(f, f), 1.0), lambda w, x, f: w.over(1.0, w.sum(w.abs(f), 1.0))),
        lambda x: 1.6 if _size(x) <= 0.78 else math.inf,  # 2x / sin 2x
        lambda x: 2.0 if _size(x) <= 0.78 else math.inf,
    ),
    "tanh": Rule(_unary(_one), _bounded(1.0), _bounded(1.0)),
    "sinh": Rule(_unary(lambda w, x, f: w.sum(w.abs(f), 1.0), _one), lambda x: 1 + _size(x), lambda x: _exp(_size(x))),
    "cosh": Rule(_unary(lambda w, x, f: f, _one), lambda x: _size(x), lambda x: _exp(_size(x))),
    "asin": Rule(
        _unary(lambda w, x, f: w.over(1.0, w.root(_unit(w, x))), _apart_from_one),
        _inside(lambda rest: 1.01 / math.sqrt(rest)),
        _inside(lambda rest: 1.01 / math.sqrt(rest)),
    ),
    "acos": Rule(_unary(lambda w, x, f: w.over(1.0, w.root(_unit(w, x))), _apart_from_one)),
    "atan": Rule(_unary(_atan_slope, lambda w, x, f: w.sum(w.abs(x), 1.0)), _bounded(1.0), _bounded(1.0)),
    # 1/sqrt(1 + x^2) <= sqrt(2)/(1 + |x|)
    "asinh": Rule(
        _unary(lambda w, x, f: w.over(1.42, w.sum(w.abs(x), 1.0)), lambda w, x, f: w.sum(w.abs(x), 1.0)),
        _bounded(1.0),
        _bounded(1.0),
    ),
    "acosh": Rule(_unary(_acosh_slope, lambda w, x, f: w.sum(x, -1.0))),
    "atanh": Rule(
        _unary(lambda w, x, f: w.over(1.0, _unit(w, x)), _apart_from_one),
        _inside(lambda rest: 1.01 / rest),
        _inside(lambda rest: 1.01 / rest),
    ),
    "erf": Rule(_unary(lambda w, x, f: w.number(1.13)), _bounded(1.0), _bounded(1.13)),
    # |erfc'/erfc| <= 2 |x| + 1.5: Mill's ratio, 1/(x + sqrt(x^2 + 2)) below erfc(x) exp(x^2) sqrt(pi)/2
    "erfc": Rule(
        _unary(
            lambda w, x, f: w.times(f, w.sum(w.times(w.abs(x), 2.0), 1.5)),
            lambda w, x, f: w.over(1.0, w.sum(w.abs(x), 1.0)),
        ),
        lambda x: (2 * _size(x) + 1.5) * _size(x),
        _bounded(1.13),
    ),
    "pow": Rule(_pow, _pow_growth),
    "atan2": Rule(_atan2, lambda y, x: 1.0, needs=_off_the_cut),
    "gamma": Rule(
        _unary(lambda w, x, f: w.times(w.abs(f), _of_digamma(w, x)), lambda w, x, f: w.over(1.0, _of_digamma(w, x))),
        _gamma_growth,
        needs=_only_positive,
    ),
    "loggamma": Rule(_unary(lambda w, x, f: _of_digamma(w, x), lambda w, x, f: x), needs=_only_positive),
    "polygamma": Rule(_polygamma),
}
