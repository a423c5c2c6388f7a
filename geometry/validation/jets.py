"""Second-order jets of SymPy expressions in ball arithmetic.

A 2-jet at a point holds a value, its gradient and its Hessian.  Sums, products
and compositions of jets follow the chain rule; no expression is ever
differentiated symbolically, so the numbers made here are a second derivation,
independent of the symbolic engine.  Every number is an ``arb`` ball: an
interval that is proved to hold the true value (F. Johansson, "Arb: efficient
arbitrary-precision midpoint-radius interval arithmetic", IEEE Trans. Comput.
66, 2017).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import flint
import sympy as sp
from flint import acb, arb, arb_series, fmpq

from ..exact.decimals import shortest_decimal
from ..exact.errors import InputError
from ..exact.reading import read

__all__ = ["Jet", "JetEvaluator", "UnsupportedExpression", "exact_number"]


class UnsupportedExpression(InputError):
    """An expression that the jet arithmetic cannot evaluate."""


def exact_number(value: Any) -> fmpq:
    """The rational number that ``value`` is, exactly; a float means its binary value.

    >>> exact_number(0.375), exact_number("1/3")
    (3/8, 1/3)
    """
    if isinstance(value, fmpq):
        return value
    if isinstance(value, sp.Basic):
        if value.is_Float:
            value = float(value)
        elif value.is_Rational:
            value = Fraction(int(value.p), int(value.q))
        else:
            raise InputError(f"{value} is not a rational number")
    if hasattr(value, "item") and not isinstance(value, (Fraction, str)):
        value = value.item()
    fraction = Fraction(value)
    return fmpq(fraction.numerator, fraction.denominator)


class Jet:
    """Value, gradient and Hessian (upper triangle, row by row) of one function at one point.

    A jet whose ``first`` is None is a constant.
    """

    __slots__ = ("value", "first", "second")

    def __init__(self, value: arb, first: list[arb] | None = None, second: list[arb] | None = None):
        self.value = value
        self.first = first
        self.second = second

    def __add__(self, other: Jet) -> Jet:
        if self.first is None:
            return Jet(self.value + other.value, other.first, other.second)
        if other.first is None:
            return Jet(self.value + other.value, self.first, self.second)
        assert self.second is not None and other.second is not None
        return Jet(
            self.value + other.value,
            [a + b for a, b in zip(self.first, other.first)],
            [a + b for a, b in zip(self.second, other.second)],
        )

    def scaled(self, factor: arb) -> Jet:
        """The jet times a constant."""
        if self.first is None:
            return Jet(self.value * factor)
        assert self.second is not None
        return Jet(self.value * factor, [a * factor for a in self.first], [a * factor for a in self.second])

    def __mul__(self, other: Jet) -> Jet:
        if self.first is None:
            return other.scaled(self.value)
        if other.first is None:
            return self.scaled(other.value)
        assert self.second is not None and other.second is not None
        u, v, du, dv = self.value, other.value, self.first, other.first
        n = len(du)
        second, at = [], 0
        for i in range(n):
            for j in range(i, n):
                second.append(u * other.second[at] + v * self.second[at] + du[i] * dv[j] + du[j] * dv[i])
                at += 1
        return Jet(u * v, [u * b + v * a for a, b in zip(du, dv)], second)

    def through(self, taylor: Callable[[arb], tuple[arb, arb, arb]]) -> Jet:
        """The composition with a function of one variable given by (f, f′, f″)."""
        f, f1, f2 = taylor(self.value)
        if self.first is None:
            return Jet(f)
        assert self.second is not None
        du = self.first
        n = len(du)
        second, at = [], 0
        for i in range(n):
            for j in range(i, n):
                second.append(f1 * self.second[at] + f2 * (du[i] * du[j]))
                at += 1
        return Jet(f, [f1 * a for a in du], second)


# --- functions of one variable: (f, f', f'') at a ball -----------------------------------------

Taylor = Callable[[arb], tuple[arb, arb, arb]]


def _from_series(method: str) -> Taylor:
    def taylor(a: arb) -> tuple[arb, arb, arb]:
        series = getattr(arb_series([a, arb(1)], prec=3), method)()
        return series[0], series[1], 2 * series[2]

    return taylor


def _polygamma(order: int) -> Taylor:
    def taylor(a: arb) -> tuple[arb, arb, arb]:
        return tuple(acb(a).polygamma(acb(order + k)).real for k in range(3))  # type: ignore[return-value]

    return taylor


def _logistic(a: arb) -> tuple[arb, arb, arb]:
    # Both σ and 1 − σ as values of their own: no digit is lost where σ rounds to 1.
    s, complement = 1 / (1 + (-a).exp()), 1 / (1 + a.exp())
    slope = s * complement
    return s, slope, slope * (complement - s)


def _asinh(a: arb) -> tuple[arb, arb, arb]:
    w = 1 / (1 + a * a).sqrt()
    return a.asinh(), w, -a * w**3


def _acosh(a: arb) -> tuple[arb, arb, arb]:
    w = 1 / (a * a - 1).sqrt()
    return a.acosh(), w, -a * w**3


def _atanh(a: arb) -> tuple[arb, arb, arb]:
    w = 1 / (1 - a * a)
    return a.atanh(), w, 2 * a * w * w


def _tanh(a: arb) -> tuple[arb, arb, arb]:
    t, sech = a.tanh(), a.sech()
    return t, sech * sech, -2 * t * sech * sech


def _sinh(a: arb) -> tuple[arb, arb, arb]:
    s, c = a.sinh_cosh()
    return s, c, s


def _cosh(a: arb) -> tuple[arb, arb, arb]:
    s, c = a.sinh_cosh()
    return c, s, c


def _absolute(a: arb) -> tuple[arb, arb, arb]:
    sign = _sign(a)
    return a * sign, sign, arb(0)


def _sign(a: arb) -> arb:
    if a.is_zero():
        return arb(0)
    return arb(1) if a > 0 else arb(-1) if a < 0 else arb.nan()


_UNARY: dict[str, Taylor] = {
    **{name: _from_series(name) for name in ("exp", "log", "sin", "cos", "tan", "asin", "acos", "atan", "gamma")},
    "erf": _from_series("erf"),
    "erfc": _from_series("erfc"),
    "erfi": _from_series("erfi"),
    "loggamma": _from_series("lgamma"),
    "LambertW": _from_series("lambertw"),
    "zeta": _from_series("zeta"),
    "digamma": _polygamma(0),
    "trigamma": _polygamma(1),
    "logistic": _logistic,
    "sinh": _sinh,
    "cosh": _cosh,
    "tanh": _tanh,
    "asinh": _asinh,
    "acosh": _acosh,
    "atanh": _atanh,
    "Abs": _absolute,
    "sign": lambda a: (_sign(a), arb(0), arb(0)),
}

# Values of functions of (index, argument); their derivatives come from SymPy's rule for them.
_INDEXED: dict[str, Callable[[arb, arb], arb]] = {
    "besseli": lambda nu, a: a.bessel_i(nu),
    "besselj": lambda nu, a: a.bessel_j(nu),
    "besselk": lambda nu, a: a.bessel_k(nu),
    "bessely": lambda nu, a: a.bessel_y(nu),
    "polygamma": lambda m, a: acb(a).polygamma(acb(m)).real,
    "zeta": lambda s, a: s.zeta(a),
    "uppergamma": lambda s, a: arb.gamma_upper(a, s),
    "lowergamma": lambda s, a: arb.gamma_lower(a, s),
    "polylog": lambda s, a: acb(a).polylog(acb(s)).real,
    "expint": lambda s, a: arb.expint(a, s),
}

_CONSTANTS: dict[Any, Callable[[], arb]] = {
    sp.pi: lambda: arb.pi(),
    sp.E: lambda: arb.const_e(),
    sp.EulerGamma: lambda: arb.const_euler(),
    sp.Catalan: lambda: arb.const_catalan(),
    sp.GoldenRatio: lambda: (1 + arb(5).sqrt()) / 2,
}

_DUMMY = sp.Dummy("t", real=True)


class JetEvaluator:
    """Jets of expressions at one point, each common subexpression evaluated once.

    ``values`` maps symbols to numbers (or balls); ``coordinates`` are the symbols that the jets
    differentiate by; ``data`` maps the row symbols of a ``Mean`` to their columns.

    >>> x, y = sp.symbols("x y")
    >>> jet = JetEvaluator({x: 2, y: 3}, (x, y)).jet(x**2 * y)
    >>> [float(v.mid()) for v in (jet.value, *jet.first, *jet.second)]
    [12.0, 12.0, 4.0, 6.0, 4.0, 0.0]
    """

    def __init__(
        self,
        values: Mapping[sp.Symbol, Any],
        coordinates: Sequence[sp.Symbol] = (),
        data: Mapping[sp.Symbol, Sequence[Any]] | None = None,
        precision: int = 192,
    ):
        self.precision = precision
        self.coordinates = tuple(coordinates)
        self.data = dict(data or {})
        self.values = dict(values)
        n = len(self.coordinates)
        self._memo: dict[sp.Basic, Jet] = {}
        for symbol, value in self.values.items():
            ball = value if isinstance(value, arb) else arb(exact_number(value))
            if symbol in self.coordinates:
                at = self.coordinates.index(symbol)
                first = [arb(int(k == at)) for k in range(n)]
                self._memo[symbol] = Jet(ball, first, [arb(0)] * (n * (n + 1) // 2))
            else:
                self._memo[symbol] = Jet(ball)

    def jet(self, expression: Any) -> Jet:
        """The jet of one SymPy expression."""
        with flint.ctx.workprec(self.precision):
            return self._jet(read(expression))

    def value(self, expression: Any) -> arb:
        """The value alone, as a ball."""
        return self.jet(expression).value

    def _jet(self, e: sp.Basic) -> Jet:
        known = self._memo.get(e)
        if known is None:
            known = self._memo[e] = self._compute(e)
        return known

    def _compute(self, e: Any) -> Jet:
        if e.is_Rational:
            return Jet(arb(fmpq(int(e.p), int(e.q))))
        if e.is_Float:
            return Jet(arb(exact_number(shortest_decimal(e))))
        if e in _CONSTANTS:
            return Jet(_CONSTANTS[e]())
        if e.is_Symbol:
            raise UnsupportedExpression(
                f"no value is known for the symbol {e}: give it in constants={{...}} (or data={{...}} for a row symbol)"
            )
        if e.is_Add:
            total = self._jet(e.args[0])
            for term in e.args[1:]:
                total = total + self._jet(term)
            return total
        if e.is_Mul:
            product = self._jet(e.args[0])
            for factor in e.args[1:]:
                product = product * self._jet(factor)
            return product
        if e.is_Pow:
            return self._power(e)
        if isinstance(e, sp.Piecewise):
            return self._piecewise(e)
        if hasattr(e, "variables") and hasattr(e, "expression") and type(e).__name__ == "Mean":
            return self._mean(e)
        return self._function(e)

    def _power(self, e: Any) -> Jet:
        base, exponent = e.base, e.exp
        if base is sp.E:
            return self._jet(exponent).through(_UNARY["exp"])
        if exponent.is_Integer:
            n = int(exponent)
            return self._jet(base).through(
                lambda a: (
                    a**n,
                    arb(0) if n == 0 else n * a ** (n - 1),
                    arb(0) if n in (0, 1) else n * (n - 1) * a ** (n - 2),
                )
            )
        if exponent.is_Rational and exponent.q == 2:
            p = int(exponent.p)

            def half_power(a: arb) -> tuple[arb, arb, arb]:
                root = a.sqrt()
                f = root**p
                return f, arb(p) / 2 * root ** (p - 2), arb(p * (p - 2)) / 4 * root ** (p - 4)

            return self._jet(base).through(half_power)
        power, base_jet = self._jet(exponent), self._jet(base)
        if power.first is None:
            s = power.value
            return base_jet.through(lambda a: (a**s, s * a ** (s - 1), s * (s - 1) * a ** (s - 2)))
        return (power * base_jet.through(_UNARY["log"])).through(_UNARY["exp"])

    def _piecewise(self, e: sp.Piecewise) -> Jet:
        for branch, condition in e.args:
            if self._holds(condition):
                return self._jet(branch)
        raise UnsupportedExpression(f"no branch of {e} applies at this point")

    def _holds(self, condition: Any) -> bool:
        if condition in (True, sp.true):
            return True
        if condition in (False, sp.false):
            return False
        if isinstance(condition, sp.And):
            return all(self._holds(part) for part in condition.args)
        if isinstance(condition, sp.Or):
            return any(self._holds(part) for part in condition.args)
        if isinstance(condition, sp.core.relational.Relational):
            a, b = self._jet(condition.lhs).value, self._jet(condition.rhs).value
            compare = {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, "==": a == b, "!=": a != b}
            return bool(compare[condition.rel_op])
        raise UnsupportedExpression(f"the condition {condition} cannot be decided at this point")

    def _mean(self, e: Any) -> Jet:
        rows = tuple(e.variables)
        missing = [str(s) for s in rows if s not in self.data]
        if missing:
            raise UnsupportedExpression(f"data={{...}} has no column for {', '.join(missing)}")
        length = len(self.data[rows[0]])
        total: Jet | None = None
        for k in range(length):
            values = {**self.values, **{s: self.data[s][k] for s in rows}}
            row = JetEvaluator(values, self.coordinates, self.data, self.precision)._jet(e.expression)
            total = row if total is None else total + row
        assert total is not None
        return total.scaled(1 / arb(length))

    def _function(self, e: Any) -> Jet:
        name = type(e).__name__
        if name == "polygamma" and e.args[0].is_Integer:
            return self._jet(e.args[1]).through(_polygamma(int(e.args[0])))
        if len(e.args) == 1 and name in _UNARY:
            return self._jet(e.args[0]).through(_UNARY[name])
        arguments = [self._jet(a) for a in e.args]
        if all(a.first is None for a in arguments):
            return Jet(self._leaf(e, name, [a.value for a in arguments]))
        varying = [k for k, a in enumerate(arguments) if a.first is not None]
        if len(varying) > 1:
            raise UnsupportedExpression(f"{name} with {len(varying)} varying arguments is not supported here")
        at = varying[0]
        inner = arguments[at]
        f = e.func(*(_DUMMY if k == at else a for k, a in enumerate(e.args)))
        derivatives = (f, sp.diff(f, _DUMMY), sp.diff(f, _DUMMY, 2))
        if any(d.has(sp.Derivative) for d in derivatives):
            raise UnsupportedExpression(f"no derivative is known for {name}; give the metric in elementary functions")

        def taylor(a: arb) -> tuple[arb, arb, arb]:
            local = JetEvaluator({**self.values, _DUMMY: a}, (), self.data, self.precision)
            f0, f1, f2 = (local._jet(d).value for d in derivatives)
            return f0, f1, f2

        return inner.through(taylor)

    @staticmethod
    def _leaf(e: Any, name: str, values: list[arb]) -> arb:
        if len(values) == 2 and name in _INDEXED:
            return _INDEXED[name](*values)
        if len(values) == 1 and name in _UNARY:
            return _UNARY[name](values[0])[0]
        if name in ("Max", "Min"):
            best = values[0]
            for v in values[1:]:
                best = best.max(v) if name == "Max" else best.min(v)
            return best
        raise UnsupportedExpression(
            f"the function {name} is not known to the ball arithmetic; known are {', '.join(sorted(_UNARY))}, "
            f"{', '.join(sorted(_INDEXED))}"
        )
