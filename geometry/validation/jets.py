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

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import combinations_with_replacement
from typing import Any

import flint
import numpy as np
import sympy as sp
from flint import arb, fmpq

from ..exact import Mean, UnsupportedFunction
from ..exact.errors import InputError
from ..exact.reading import read, read_number
from ..kernels.algebras import BALLS, Algebra
from ..kernels.functions import FUNCTIONS, Function
from ..kernels.interpreter import Evaluator, Straight
from ..kernels.lower import lower
from ..kernels.program import Node, Program

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
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, sp.Float):
        value = float(value)
    if isinstance(value, float) and math.isfinite(value):
        return fmpq(*value.as_integer_ratio())
    number = read_number(value, "the value")
    if not number.is_Rational:
        raise InputError(f"{number} is not a rational number")
    return fmpq(int(number.p), int(number.q))


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
        if not isinstance(other, Jet):
            return NotImplemented  # an array of jets adds itself, entry by entry
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
        if not isinstance(other, Jet):
            return NotImplemented
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

    def __truediv__(self, number: int) -> Jet:
        return self.scaled(1 / arb(number))

    def undefined(self) -> Jet:
        """No number of the same kind."""
        nan = arb.nan()
        if self.first is None or self.second is None:
            return Jet(nan)
        return Jet(nan, [nan] * len(self.first), [nan] * len(self.second))

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


# --- the algebra of jets, and its evaluator ------------------------------------------------------------


class JetAlgebra(Algebra):
    """Jets over real balls. A kink has no derivative: there the jet of `Abs`, `Max` or a piecewise formula is NaN."""

    name = "derivatives of balls"

    def version(self) -> Any:
        return flint.ctx.prec

    def leaf(self, node: Node) -> Jet:
        return Jet(BALLS.leaf(node))

    def routine(self, function: Function) -> Callable[..., Jet] | None:
        if function.name in _OWN:
            return _OWN[function.name]
        if function.taylor is not None:
            taylor = function.taylor
            if function.static:
                return lambda jet, order: jet.through(lambda a: taylor(a, order))
            return lambda jet: jet.through(taylor)
        return None if function.definition is not None else _Chained(function)

    def power(self, exponent: int) -> Callable[..., Jet]:
        n, power = exponent, BALLS.power

        def taylor(a: arb) -> tuple[arb, arb, arb]:
            slope = n * power(n - 1)(a) if n != 1 else arb(1)
            bend = n * (n - 1) * power(n - 2)(a) if n not in (1, 2) else arb(n * (n - 1))
            return power(n)(a), slope, bend

        return lambda jet: jet.through(taylor)

    def logic(self, op: str) -> Callable[..., Any] | None:
        if op == "select":
            return lambda mask, a, b: a.undefined() if mask is None else a if mask else b
        rule = BALLS.logic(op)
        if rule is None or op in ("and", "or", "not"):
            return rule
        return lambda a, b: rule(a.value, b.value)


def _general_power(base: Jet, exponent: Jet) -> Jet:
    if exponent.first is None:
        s = exponent.value
        return base.through(lambda a: (a**s, s * a ** (s - 1), s * (s - 1) * a ** (s - 2)))
    logarithm, exp = (JETS.routine(FUNCTIONS[name]) for name in ("log", "exp"))
    assert logarithm is not None and exp is not None
    return exp(exponent * logarithm(base))


def _extreme(a: Jet, b: Jet, sign: int) -> Jet:
    """The larger (sign 1) or the smaller of two: the one of them that is, and at a tie only a value."""
    difference = sign * (a.value - b.value)
    if difference > 0:
        return a
    if difference < 0:
        return b
    value = a.value.max(b.value) if sign > 0 else a.value.min(b.value)
    if a.first is None and b.first is None:
        return Jet(value)
    kink = (a if a.first is not None else b).undefined()
    return Jet(value, kink.first, kink.second)


def _constant_between(routine: Callable[[arb], arb]) -> Callable[[Jet], Jet]:
    """floor and ceil: constant but for their jumps at the whole numbers."""

    def taylor(a: arb) -> tuple[arb, arb, arb]:
        value = routine(a)
        flat = arb(0) if value.is_exact() and not a.contains(value) else arb.nan()
        return value, flat, flat

    return lambda jet: jet.through(taylor)


_OWN: dict[str, Callable[..., Jet]] = {
    "pow": _general_power,
    "max": lambda a, b: _extreme(a, b, 1),
    "min": lambda a, b: _extreme(a, b, -1),
    "floor": _constant_between(arb.floor),
    "ceil": _constant_between(arb.ceil),
}


class _Chained:
    """A function through its partial derivatives, which the table (or SymPy's class) knows as formulas.

    Only derivatives by arguments that vary are asked for: of a Bessel function none by its order.
    """

    def __init__(self, function: Function) -> None:
        self.function = function
        self.places = [sp.Dummy(f"u{k}", real=True) for k in range(len(function.domain))]
        self.derivatives: dict[tuple[int, ...], Straight] = {}

    def __call__(self, *jets: Jet) -> Jet:
        values = [jet.value for jet in jets]
        assert self.function.arb is not None
        value = self.function.arb(*values)
        varying = tuple(k for k, jet in enumerate(jets) if jet.first is not None)
        if not varying:
            return Jet(value)
        if varying not in self.derivatives:
            self.derivatives[varying] = self._formulas(varying)
        found = iter(self.derivatives[varying](values))
        slopes = {k: next(found) for k in varying}
        bends = {pair: next(found) for pair in combinations_with_replacement(varying, 2)}
        n = len(jets[varying[0]].first)  # type: ignore[arg-type]
        first = [arb(0)] * n
        second = [arb(0)] * (n * (n + 1) // 2)
        for k in varying:
            du, ddu = jets[k].first, jets[k].second
            assert du is not None and ddu is not None
            first = [t + slopes[k] * d for t, d in zip(first, du)]
            second = [t + slopes[k] * d for t, d in zip(second, ddu)]
        for (k, l), bend in bends.items():
            du, dv = jets[k].first, jets[l].first
            assert du is not None and dv is not None
            pairs = combinations_with_replacement(range(n), 2)
            products = [du[i] * dv[j] if k == l else du[i] * dv[j] + du[j] * dv[i] for i, j in pairs]
            second = [t + bend * p for t, p in zip(second, products)]
        return Jet(value, first, second)

    def _formulas(self, varying: tuple[int, ...]) -> Straight:
        slopes = [self.function.partial(k + 1, *self.places) for k in varying]
        bends = [sp.diff(slope, self.places[l]) for n, slope in enumerate(slopes) for l in varying[n:]]
        if any(d.has(sp.Derivative, sp.Subs) for d in (*slopes, *bends)):
            raise UnsupportedExpression(
                f"no derivative is known for {self.function.name}; give the metric in elementary functions"
            )
        return Straight.of([*slopes, *bends], self.places, BALLS)


JETS = JetAlgebra()


@lru_cache(maxsize=4096)
def _program(expression: sp.Expr, symbols: tuple[sp.Symbol, ...]) -> Program:
    return lower([expression], symbols, stabilise=False, algebra=JETS)


class JetEvaluator:
    """Jets of expressions at one point: their programs run in the algebra of jets.

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
        self._memo: dict[sp.Basic, Jet] = {}

    @cached_property
    def _given(self) -> list[Jet]:
        n = len(self.coordinates)
        given = []
        for symbol, value in self.values.items():
            ball = value if isinstance(value, arb) else arb(exact_number(value))
            if symbol in self.coordinates:
                at = self.coordinates.index(symbol)
                given.append(Jet(ball, [arb(int(k == at)) for k in range(n)], [arb(0)] * (n * (n + 1) // 2)))
            else:
                given.append(Jet(ball))
        return given

    @cached_property
    def _columns(self) -> dict[str, np.ndarray]:
        columns = {}
        for symbol, values in self.data.items():
            columns[symbol.name] = np.empty(len(values), object)
            columns[symbol.name][:] = [Jet(v if isinstance(v, arb) else arb(exact_number(v))) for v in values]
        return columns

    def jet(self, expression: Any) -> Jet:
        """The jet of one SymPy expression.

        Raises:
            UnsupportedExpression: a symbol without a value, a function without a value or derivative.
        """
        e = read(expression)
        if e not in self._memo:
            with flint.ctx.workprec(self.precision):
                self._memo[e] = self._jet(e)
        return self._memo[e]

    def value(self, expression: Any) -> arb:
        """The value alone, as a ball."""
        return self.jet(expression).value

    def _jet(self, e: sp.Expr) -> Jet:
        unknown = e.free_symbols - set(self.values)
        if unknown:
            raise UnsupportedExpression(
                f"no value is known for the symbol {min(unknown, key=str)}: give it in constants={{...}} "
                "(or data={...} for a row symbol)"
            )
        symbols = tuple(self.values)
        clash = {v for m in e.atoms(Mean) for v in m.variables} & set(symbols)
        symbols = tuple(s if s not in clash else sp.Dummy(f"_{s.name}") for s in symbols)
        try:
            program = _program(e, symbols)
            missing = [key for key in program.rows if key not in self._columns]
            if missing:
                raise UnsupportedExpression(f"data={{...}} has no column for {', '.join(missing)}")
            (jet,) = Evaluator(program, JETS, self._columns)(dict(zip(program.inputs, self._given)))
        except UnsupportedFunction as problem:
            raise UnsupportedExpression(f"no value and no derivative is known for {problem}") from None
        return jet
