"""Numbers, symbols, sums, products and powers."""

from __future__ import annotations

from fractions import Fraction

import sympy as sp

from ..decimals import shortest_decimal
from ..elements import Element
from ..errors import InputError, UnsupportedFunction
from ..field import DifferentialField
from ..rules import converts
from .exponential import exponential
from .logarithm import logarithm
from .powers import LARGEST_ROOT, rational_power
from .roots import imaginary_unit, note_given, root


@converts(sp.Integer)
def _integer(field: DifferentialField, number: sp.Integer) -> Element:
    return field.integer(int(number))


@converts(sp.Rational)
def _rational(field: DifferentialField, number: sp.Rational) -> Element:
    stage = field.stage
    return Element(field, stage.constant(number.p), stage.constant(number.q), stage)


@converts(sp.Float)
def _float(field: DifferentialField, number: sp.Float) -> Element:
    return _rational(field, shortest_decimal(number))


@converts(sp.Symbol)
def _symbol(field: DifferentialField, symbol: sp.Symbol) -> Element:
    """A coordinate or a constant; one that only looks like a coordinate is refused, as it would count as a constant."""
    if not symbol.is_commutative:
        raise InputError(f"{symbol} is a noncommutative symbol; fields hold commuting ones")
    if symbol not in field.coordinates and not isinstance(symbol, sp.Dummy):
        for coordinate in field.coordinates:
            if coordinate.name == symbol.name:
                raise InputError(
                    f"two different symbols have the name {symbol.name}: the coordinate and one with other "
                    "assumptions, which would count as a constant; define the symbol once, with its assumptions"
                )
    return field.variable(symbol)


@converts(sp.pi.__class__, sp.EulerGamma.__class__, sp.Catalan.__class__)
def number_element(field: DifferentialField, number: sp.Expr) -> Element:
    """A transcendental number: a generator without relations."""
    return field.variable(number)


@converts(sp.GoldenRatio.__class__)
def _golden_ratio(field: DifferentialField, number: sp.Expr) -> Element:
    return field((1 + sp.sqrt(5)) / 2)


@converts(sp.UnevaluatedExpr)
def _unevaluated(field: DifferentialField, expression: sp.UnevaluatedExpr) -> Element:
    return field(expression.args[0])


@converts(sp.I.__class__)
def _imaginary_unit(field: DifferentialField, number: sp.Expr) -> Element:
    return imaginary_unit(field)


@converts(sp.Add)
def _sum(field: DifferentialField, expression: sp.Add) -> Element:
    total = field.zero
    for term in expression.args:
        total = total + field(term)
    return total


@converts(sp.Mul)
def _product(field: DifferentialField, expression: sp.Mul) -> Element:
    total = field.one
    for factor in expression.args:
        total = total * field(factor)
    return total


@converts(sp.Pow)
def _power(field: DifferentialField, expression: sp.Pow) -> Element:
    base, exponent = expression.args
    if base is sp.E:
        return field(sp.exp(exponent))
    if isinstance(exponent, sp.Float):
        exponent = shortest_decimal(exponent)
    if isinstance(exponent, sp.Integer):
        return field(base) ** int(exponent)
    if isinstance(exponent, sp.Rational):
        if exponent.q > LARGEST_ROOT:
            return rational_power(field, field(base), Fraction(int(exponent.p), int(exponent.q)))
        value = root(field, field(base), exponent.q)
        if exponent.q == 2 and base.is_Add:
            note_given(field, base, value)
        return value ** int(exponent.p)
    return exponential(field, field(exponent) * logarithm(field, field(base)))


@converts(sp.nan.__class__, sp.oo.__class__, (-sp.oo).__class__, sp.zoo.__class__)
def _infinite(field: DifferentialField, number: sp.Expr) -> Element:
    raise InputError(f"{number} is no finite number")


@converts(sp.Basic)
def _unsupported(field: DifferentialField, expression: sp.Basic) -> Element:
    raise UnsupportedFunction(
        f"{type(expression).__name__} has no place in a differential field (in {expression}); "
        "rewrite the expression without it or declare a rule with register_rule"
    )
