"""Decimal and irrational exponents: the power is a generator, and the exponents of one base a lattice."""

from fractions import Fraction

import chentsov as ch
import mpmath
import pytest
import sympy as sp
from chentsov.geometry.exact import DifferentialField
from hypothesis import given, settings
from hypothesis import strategies as st

x, p = sp.symbols("x p", positive=True)
y = sp.Symbol("y", real=True)

EXPONENTS = ["0.35", "0.357", "0.35682", "-1.2345", "2.718281828", "1.4142135623730951"]


@pytest.mark.parametrize("e", [*map(sp.Rational, EXPONENTS), sp.sqrt(2), sp.Float(0.35682), sp.Float(2**0.5)], ids=str)
def test_the_surface_of_a_power(e):
    """h = 1 + x^e has R = -2 h''/h = 2 e (1 - e) x^(e - 2)/(1 + x^e)."""
    scalar = ch.RiemannianManifold(sp.diag(1, (1 + x**e) ** 2), (x, y)).ricci_scalar
    assert len(str(scalar)) < 200
    exponent = sp.Rational(repr(float(e))) if e.is_Float else e
    expected = 2 * exponent * (1 - exponent) * x ** (exponent - 2) / (1 + x**exponent)
    assert abs(sp.N((scalar / expected).subs(x, sp.Rational(7, 5)), 40) - 1) < 1e-38


decimals = st.builds(Fraction, st.integers(1, 10**5), st.sampled_from([100, 1000, 10**5]))


@given(decimals, decimals)
@settings(max_examples=40, deadline=None)
def test_exponents_add(e, f):
    field = DifferentialField((x,))
    e, f = sp.Rational(e), sp.Rational(f)
    one, other = field(x**e), field(x**f)
    assert one * other == field(x ** (e + f))
    assert one * field(x**-e) == 1
    assert (one / other - field(x ** (e - f))).is_zero
    assert one.diff(x) == field(e) * one / x
    assert field(sp.log(x**e)) == field(e * sp.log(x))


def test_long_relations_are_found():
    """P**1000 = x**357, though P is a generator of its own."""
    field = DifferentialField((x,))
    power = field(x ** sp.Rational(357, 1000))
    assert power**1000 == field(x**357) and (power**1000 - x**357).is_zero
    assert power**999 * x != power * x**357
    other = field((1 + x) ** sp.Rational(7, 20)) ** 20
    assert other == field((1 + x) ** 7)


@given(decimals, decimals, st.fractions(1, 3, max_denominator=20))
@settings(max_examples=20, deadline=None)
def test_two_powers_against_finite_differences(e, f, at):
    h = 2 + x ** sp.Rational(e / 100) + (1 + x) ** sp.Rational(f / 100)
    scalar = ch.RiemannianManifold(sp.diag(1, h**2), (x, y)).ricci_scalar
    with mpmath.workdps(40):
        value = sp.lambdify(x, h, "mpmath")
        exact = -2 * mpmath.diff(value, mpmath.mpf(at.numerator) / at.denominator, 2)
        exact = exact / value(mpmath.mpf(at.numerator) / at.denominator)
        ours = mpmath.mpmathify(sp.N(scalar.subs(x, sp.Rational(at)), 40))
        assert abs(ours - exact) < mpmath.mpf(10) ** -12 * (1 + abs(exact))


def test_exponentials_with_decimals_stay_short():
    """h = 1 + exp(0.357 u) + exp(u): R = -2 h''/h."""
    u, e = sp.Symbol("u", real=True), sp.Rational("0.357")
    h = 1 + sp.exp(u) + sp.exp(e * u)
    scalar = ch.RiemannianManifold(sp.diag(1, h**2), (u, y)).ricci_scalar
    assert len(str(scalar)) < 200
    assert abs(sp.N((scalar + 2 * h.diff(u, 2) / h).subs(u, sp.Rational(2, 3)), 40)) < 1e-38
