"""Functions in double-double arithmetic: the exponential and the logarithm by their series, sine and cosine by theirs,
and the others from these.

Each is within what `PAIR_ULPS` allows it of the function at the pair it is given; no number where parts of it would
underflow or overflow. The bound of sine, cosine and tangent counts the reduction of the angle apart: an error of
`REDUCTION` of the angle.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import partial

import sympy as sp
from flint import arb

from ..program import Node
from . import inverse
from .double_double import LN2, DoubleDouble, exactly, in_parts
from .logarithms import split_exponent
from .pieces import ROUND, Pair, integer_below

__all__ = ["FUNCTIONS", "PAIR_ULPS", "REDUCTION", "name_of"]

#: The errors of functions in units of the error that `bounds` allows an operation: well above their own.
PAIR_ULPS: dict[str, float] = {
    **dict.fromkeys(["exp", "expm1", "log", "log1p", "sin", "cos", "tan", "sinh", "cosh", "tanh"], 256.0),
    **dict.fromkeys(["asin", "acos", "atan", "asinh", "acosh", "atanh", "softplus"], 1024.0),
    "polygamma": 1024.0,
    "loggamma": 1024.0,
    "pow": 2.0**18,  # the exponent, up to 710, has a relative error
    "gamma": 2.0**18,
}
REDUCTION = 2.0**-118
_ANGLE_LIMIT = 1.0e5
_SHIFTED = Fraction(40)  # past which sixteen terms of the asymptotic series are exact to 2^-110
_SMALL, _LARGE = 2.0**-900, 2.0**900


_HALF_PI = in_parts(lambda: arb.pi() / 2, 36, 4)


def _series(d: DoubleDouble, z: Pair, coefficients: list[Fraction], paired: int) -> Pair:
    """c0 + z (c1 + ...), the first terms as pairs."""
    plain = [float(c) for c in coefficients[paired:]]
    out = (d.w.horner(z[0], plain), d.w.const(0.0))
    for c in reversed(coefficients[:paired]):
        out = d.add(d.mul(out, z), d.number(c))
    return out


def _halved(d: DoubleDouble, x: Pair, factor: float) -> Pair:
    """x times a power of two."""
    return d.w.exact("mul", x[0], d.w.const(factor)), d.w.exact("mul", x[1], d.w.const(factor))


def _one(d: DoubleDouble) -> Pair:
    return d.number(Fraction(1))


def _less(d: DoubleDouble, x: Pair, y: Pair) -> Pair:
    return d.add(x, d.negative(y))


def _where(d: DoubleDouble, mask: str, x: Pair) -> Pair:
    """x, and no number elsewhere."""
    nan = d.w.const(math.nan)
    return d.select(mask, x, (nan, nan))


def _moderate(d: DoubleDouble, x: Pair, y: Pair) -> Pair:
    """y where x is zero, or its parts are of sizes that lose nothing."""
    w = d.w
    size = w.intrinsic("fabs", x[0])
    fine = w.both(w.compare("ole", w.const(_SMALL), size), w.compare("ole", size, w.const(_LARGE)))
    zero = w.compare("oeq", size, w.const(0.0))
    return d.select(zero, y, _where(d, fine, y))


def expm1(d: DoubleDouble, x: Pair) -> Pair:
    """The series of the reduced argument where nothing is reduced, and e^x - 1, which loses two bits, elsewhere."""
    p, shifted, whole = d.reduced_exp(x)
    far = d.add(d.raised(d.add(p, _one(d)), whole), d.number(Fraction(-1)))
    near = d.w.compare("oeq", shifted, d.w.const(ROUND))
    return _moderate(d, x, d.select(near, p, far))


def _log(d: DoubleDouble, u: Pair, f: Pair | None = None, small: str | None = None) -> Pair:
    """log u = k ln 2 + 2 atanh(f/(2 + f)), f = u/2^k - 1; f is given where `small` holds, and k is 0."""
    w = d.w
    positive = w.compare("ogt", u[0], w.const(0.0))
    k, _ = split_exponent(w, w.select(positive, u[0], w.const(1.0)))
    if small is not None:
        k = w.select(small, w.const(0.0), k)
    whole = integer_below(w, w.exact("add", k, w.const(ROUND)))
    minus = w.int_op("sub", w.int_const(0), whole)
    inner = d.add(d.raised(u, minus), d.number(Fraction(-1)))
    if f is not None and small is not None:
        inner = d.select(small, f, inner)
    s = d.div(inner, d.add(inner, d.number(Fraction(2))))
    series = _series(d, d.mul(s, s), [Fraction(2, 2 * j + 1) for j in range(24)], 12)
    out = d.mul(s, series)
    for part in reversed(LN2):
        # k has 11 bits and each part but the last 40: the products are exact
        out = d.add((w.exact("mul", k, w.const(part)), w.const(0.0)), out)
    return _where(d, positive, out)


def log(d: DoubleDouble, x: Pair) -> Pair:
    return _moderate(d, x, _where(d, d.w.compare("ogt", x[0], d.w.const(0.0)), _log(d, x)))


def log1p(d: DoubleDouble, x: Pair) -> Pair:
    small = d.w.compare("olt", d.w.intrinsic("fabs", x[0]), d.w.const(0.25))
    return _moderate(d, x, _log(d, d.add(x, _one(d)), x, small))


def softplus(d: DoubleDouble, x: Pair) -> Pair:
    """max(x, 0) + log(1 + e^-|x|)."""
    w = d.w
    a = d.abs(x)
    rest = log1p(d, d.exp(d.negative(a)))
    zero = (w.const(0.0), w.const(0.0))
    rest = d.select(w.compare("ogt", x[0], w.const(600.0)), zero, rest)
    return d.add(d.select(w.compare("ogt", x[0], w.const(0.0)), x, zero), rest)


def _sine_and_cosine(d: DoubleDouble, x: Pair) -> tuple[Pair, Pair, str]:
    """Of x less n quarter turns, and n; no numbers past the limit."""
    w = d.w
    fine = w.compare("olt", w.intrinsic("fabs", x[0]), w.const(_ANGLE_LIMIT))
    r = _where(d, fine, x)
    shifted = w.fma(w.select(fine, x[0], w.const(0.0)), w.const(2 / math.pi), w.const(ROUND))
    n = w.exact("sub", shifted, w.const(ROUND))
    for part in _HALF_PI:
        r = d.add(r, (w.exact("mul", n, w.const(-part)), w.const(0.0)))
    z = d.mul(r, r)
    sine = d.mul(r, _series(d, z, [Fraction((-1) ** k, math.factorial(2 * k + 1)) for k in range(16)], 8))
    cosine = _series(d, z, [Fraction((-1) ** k, math.factorial(2 * k)) for k in range(16)], 9)
    return sine, cosine, integer_below(w, shifted)


def _turned(d: DoubleDouble, x: Pair, quarter: int) -> Pair:
    w = d.w
    sine, cosine, turns = _sine_and_cosine(d, x)
    q = w.int_op("add", turns, w.int_const(quarter))
    odd = w.let(f"trunc {w.vector.integer} {q} to {w.vector.mask}")
    value = d.select(odd, cosine, sine)
    sign = w.int_op("shl", w.int_op("and", q, w.int_const(2)), w.int_const(62))
    high, low = (w.from_bits(w.int_op("xor", w.bits_of(part), sign)) for part in value)
    return _moderate(d, x, (high, low))


def sin(d: DoubleDouble, x: Pair) -> Pair:
    return _turned(d, x, 0)


def cos(d: DoubleDouble, x: Pair) -> Pair:
    return _turned(d, x, 1)


def tan(d: DoubleDouble, x: Pair) -> Pair:
    w = d.w
    sine, cosine, turns = _sine_and_cosine(d, x)
    odd = w.let(f"trunc {w.vector.integer} {turns} to {w.vector.mask}")
    above, below = d.select(odd, d.negative(cosine), sine), d.select(odd, sine, cosine)
    return _moderate(d, x, d.div(above, below))


def _like(d: DoubleDouble, value: Pair, x: Pair) -> Pair:
    """With the sign of x, of an odd function's value at |x|."""
    return _moderate(d, x, d.select(d.w.compare("olt", x[0], d.w.const(0.0)), d.negative(value), value))


def sinh(d: DoubleDouble, x: Pair) -> Pair:
    e = expm1(d, d.abs(x))
    return _like(d, _halved(d, d.add(e, d.div(e, d.add(e, _one(d)))), 0.5), x)


def cosh(d: DoubleDouble, x: Pair) -> Pair:
    e = d.exp(d.abs(x))
    return _halved(d, d.add(e, d.div(_one(d), e)), 0.5)


def tanh(d: DoubleDouble, x: Pair) -> Pair:
    """e/(e + 2), e = expm1 of twice the argument; past 80 it is 1 to 2^-230."""
    w = d.w
    a = d.abs(x)
    far = w.compare("ogt", a[0], w.const(80.0))
    a = d.select(far, d.number(Fraction(80)), a)
    e = expm1(d, _halved(d, a, 2.0))
    return _like(d, d.div(e, d.add(e, d.number(Fraction(2)))), x)


def atan(d: DoubleDouble, x: Pair) -> Pair:
    """An angle a to machine precision, and (x cos a - sin a)/(cos a + x sin a), the tangent of what is missing."""
    w = d.w
    a: Pair = (inverse.atan(w, x[0]), w.const(0.0))
    sine, cosine = sin(d, a), cos(d, a)
    missing = d.div(_less(d, d.mul(x, cosine), sine), d.add(cosine, d.mul(x, sine)))
    return _moderate(d, x, d.add(a, missing))


def _distance(d: DoubleDouble, a: Pair) -> tuple[Pair, Pair]:
    """1 - |x| and 1 + |x|; no number where the first is so small that its root would lose parts."""
    rest = _less(d, _one(d), a)
    return _where(d, d.w.compare("oge", rest[0], d.w.const(_SMALL)), rest), d.add(a, _one(d))


def asin(d: DoubleDouble, x: Pair) -> Pair:
    below, above = _distance(d, d.abs(x))
    return atan(d, d.div(x, d.sqrt(d.mul(below, above))))


def acos(d: DoubleDouble, x: Pair) -> Pair:
    below, above = _distance(d, d.abs(x))
    negative = d.w.compare("olt", x[0], d.w.const(0.0))
    top, bottom = d.select(negative, above, below), d.select(negative, below, above)
    return _halved(d, atan(d, d.sqrt(d.div(top, bottom))), 2.0)


def asinh(d: DoubleDouble, x: Pair) -> Pair:
    a = d.abs(x)
    square = d.mul(a, a)
    more = d.div(square, d.add(d.sqrt(d.add(square, _one(d))), _one(d)))
    return _like(d, log1p(d, d.add(a, more)), x)


def acosh(d: DoubleDouble, x: Pair) -> Pair:
    t = _less(d, x, _one(d))
    t = _where(d, d.w.compare("oge", t[0], d.w.const(_SMALL)), t)
    root = d.sqrt(d.mul(t, d.add(t, d.number(Fraction(2)))))
    return log1p(d, d.add(t, root))


def atanh(d: DoubleDouble, x: Pair) -> Pair:
    a = d.abs(x)
    below, _ = _distance(d, a)
    return _like(d, _halved(d, log1p(d, d.div(_halved(d, a, 2.0), below)), 0.5), x)


def pow(d: DoubleDouble, x: Pair, y: Pair) -> Pair:
    return _moderate(d, x, d.exp(_moderate(d, y, d.mul(y, log(d, x)))))


def _bernoulli(n: int) -> Fraction:
    value = sp.bernoulli(n)
    return Fraction(int(value.p), int(value.q))


def _past(d: DoubleDouble, x: Pair, start: Pair, step: Callable[[Pair, Pair], Pair]) -> tuple[Pair, Pair]:
    """x moved past `_SHIFTED` by ones, and what the steps have made of `start`; no number of x that is not positive."""
    w, t = d.w, d.w.vector.type
    fine = w.compare("ogt", x[0], w.const(_SMALL))
    x = d.select(fine, x, d.number(_SHIFTED))
    before, head, body, done = (w.fresh(stem) for stem in ("before", "shift", "step", "series"))
    w.line(f"  br label {before}")
    w.label(before[1:])
    w.line(f"  br label {head}")
    w.label(head[1:])
    names = [[(w.fresh("t"), w.fresh("t")) for _ in range(2)] for _ in range(2)]
    for pairs, value in zip(names, (x, start)):
        for (old, new), part in zip(pairs, value):
            w.line(f"  {old} = phi {t} [ {part}, {before} ], [ {new}, {body} ]")
    at, made = (names[0][0][0], names[0][1][0]), (names[1][0][0], names[1][1][0])
    small = w.compare("olt", at[0], w.const(float(_SHIFTED)))
    w.line(f"  br i1 {w.any(small)}, label {body}, label {done}")
    w.label(body[1:])
    following = d.add(at, _one(d)), step(made, at)
    for pairs, stepped, held in zip(names, following, (at, made)):
        for (_, new), part in zip(pairs, d.select(small, stepped, held)):
            w.line(f"  {new} = bitcast {t} {part} to {t}")
    w.line(f"  br label {head}")
    w.label(done[1:])
    return _where(d, fine, at), made


def polygamma(d: DoubleDouble, x: Pair, order: int) -> Pair:
    """As `polygamma.polygamma`, past 40; the digamma function with the logarithm in the place of the first term."""
    m, zero = order, d.number(Fraction(0))

    def step(total: Pair, t: Pair) -> Pair:
        return d.add(total, d.div(d.number(Fraction(math.factorial(m))), d.power(t, m + 1)))

    t, total = _past(d, x, zero, step)
    r = d.div(_one(d), t)
    z = d.mul(r, r)
    terms = [_bernoulli(2 * k) * math.factorial(2 * k + m - 1) / math.factorial(2 * k) for k in range(1, 17)]
    rest = d.add(d.mul(z, _series(d, z, terms, 9)), d.mul(d.number(Fraction(math.factorial(m), 2)), r))
    if m == 0:
        return _less(d, _log(d, t), d.add(rest, total))
    value = d.add(total, d.mul(d.power(r, m), d.add(rest, d.number(Fraction(math.factorial(m - 1))))))
    return value if m % 2 else d.negative(value)


def _stirling(d: DoubleDouble, x: Pair) -> tuple[Pair, Pair]:
    """log Gamma(x + n), and Gamma(x + n)/Gamma(x)."""
    t, product = _past(d, x, _one(d), d.mul)
    r = d.div(_one(d), t)
    terms = [_bernoulli(2 * k) / (2 * k * (2 * k - 1)) for k in range(1, 17)]
    series = d.mul(r, _series(d, d.mul(r, r), terms, 9))
    main = d.mul(d.add(t, d.number(Fraction(-1, 2))), _log(d, t))
    constant = d.number(exactly(lambda: (2 * arb.pi()).log() / 2))
    return d.add(_less(d, main, t), d.add(series, constant)), product


def loggamma(d: DoubleDouble, x: Pair) -> Pair:
    far, product = _stirling(d, x)
    return _moderate(d, x, _less(d, far, _log(d, product)))


def gamma(d: DoubleDouble, x: Pair) -> Pair:
    far, product = _stirling(d, x)
    return _moderate(d, x, d.div(d.exp(far), product))


#: By the name of the operation.
FUNCTIONS: dict[str, Callable[..., Pair]] = {
    f.__name__: f  # type: ignore[attr-defined]
    for f in (acos, acosh, asin, asinh, atan, atanh, cos, cosh, expm1, gamma, log, log1p, loggamma, pow, sin, sinh)
    + (softplus, tan, tanh)
} | {f"polygamma{m}": partial(polygamma, order=m) for m in range(9)}


def name_of(node: Node) -> str:
    """What `FUNCTIONS` calls the operation of a node."""
    return node.op if node.value is None else f"{node.op}{node.value}"
