"""A float is read as the shortest decimal that gives it, exactly, by one function."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from chentsov import ChentsovError, RiemannianManifold
from chentsov.geometry.exact.decimals import shortest_decimal, with_exact_numbers
from hypothesis import given, settings
from hypothesis import strategies as st

x, y = sp.symbols("x y", real=True)
doubles = st.floats(allow_nan=False, allow_infinity=False)


@settings(deadline=None)
@given(doubles)
def test_a_double_comes_back_bit_by_bit(value):
    exact = shortest_decimal(value)
    assert float(Fraction(int(exact.p), int(exact.q))) == value
    assert exact == sp.Rational(repr(value))  # repr is the shortest decimal since Python 3.1
    assert shortest_decimal(sp.Float(value)) == exact and shortest_decimal(np.float64(value)) == exact


@settings(deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=-(10**3), max_value=10**3))
def test_a_decimal_of_fifteen_digits_is_meant_as_it_is_written(decimal):
    """Up to 15 significant digits decimal → double → decimal is the identity."""
    assert shortest_decimal(float(decimal)) == sp.Rational(str(Decimal(decimal)))
    assert shortest_decimal(sp.Float(str(decimal), 40)) == sp.Rational(str(Decimal(decimal)))


def test_long_doubles_keep_their_digits():
    assert shortest_decimal(np.longdouble("0.1")) == sp.Rational(1, 10)
    assert shortest_decimal(np.longdouble(2) ** 60 + 1) == 2**60 + 1


HUGE = sp.Float((0, 1, 3_321_925))  # 2^3321925 > 10^999999, which SymPy takes a minute to read as text
NOT_FINITE = {"nan": np.nan, "inf": np.inf, "-inf": -np.inf, "Float inf": sp.Float("inf"), "huge": HUGE}


@pytest.mark.parametrize("value", NOT_FINITE.values(), ids=NOT_FINITE)
def test_what_is_no_finite_number(value):
    with pytest.raises(ChentsovError, match="finite|too large"):
        shortest_decimal(value)


@pytest.mark.parametrize(
    "given, exact",
    [
        (x**2 + 7.0000001, x**2 + sp.Rational(70000001, 10**7)),
        (x**2 + 1.00000001, x**2 + sp.Rational(100000001, 10**8)),
        (0.33333333333 * x, sp.Rational(33333333333, 10**11) * x),
        (sp.Pow(2, 0.5, evaluate=False), sp.sqrt(2)),
        (x**0.35682, x ** sp.Rational(35682, 10**5)),
        (sp.Float(2**0.5), sp.Rational("1.4142135623730951")),
        (sp.sin(0.5 * x), sp.sin(x / 2)),
    ],
)
def test_floats_inside_expressions(given, exact):
    assert with_exact_numbers(given) == exact
    assert RiemannianManifold([[given, 0], [0, 1]], (x, y)).metric[0, 0] == exact


@settings(deadline=None, max_examples=25)
@given(st.lists(st.floats(0.001, 1000), min_size=3, max_size=3))
def test_a_metric_of_decimals_holds_their_rationals(numbers):
    a, b, c = numbers
    m = RiemannianManifold([[a, 0], [0, b + c * x**2]], (x, y))
    a, b, c = (sp.Rational(repr(v)) for v in numbers)
    assert m.metric == sp.ImmutableMatrix([[a, 0], [0, b + c * x**2]])
    # g = a dx² + f² dy² with f = √(b + c x²) has R = −2 f″/(a f) = −2bc/(a (b + c x²)²)
    assert m.field(m.ricci_scalar) == m.field(-2 * b * c / (a * (b + c * x**2) ** 2))
