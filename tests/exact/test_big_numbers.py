"""Coefficients of any size: measured constants, and integers that nobody can factor."""

from fractions import Fraction

import chentsov as ch
import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.exact import DifferentialField
from hypothesis import given, settings
from hypothesis import strategies as st

x, y = sp.symbols("x y", real=True)

digits = st.integers(1, 40).flatmap(lambda n: st.integers(10 ** (n - 1), 10**n - 1))
measured = st.builds(Fraction, digits, st.sampled_from([1, 10**3, 10**6, 10**17, 10**40]))


@given(measured, measured, measured, st.fractions(1, 3, max_denominator=50))
@settings(max_examples=30, deadline=None)
def test_rational_functions_with_measured_constants(b, d, e, at):
    """diag(1, h) with h = (x + b)/(x + d) + e: R = h'^2/(2 h^2) - h''/h, in fractions."""
    metric = sp.diag(1, (x + sp.Rational(b)) / (x + sp.Rational(d)) + sp.Rational(e))
    manifold = ch.RiemannianManifold(metric, (x, y))
    h, slope, bend = (at + b) / (at + d) + e, (d - b) / (at + d) ** 2, 2 * (b - d) / (at + d) ** 3
    assert manifold.ricci_scalar.subs(x, sp.Rational(at)) == sp.Rational(slope**2 / (2 * h**2) - bend / h)
    assert manifold.christoffel[1, 0, 1].subs(x, sp.Rational(at)) == sp.Rational(slope / (2 * h))


def test_two_near_large_factors_on_a_grid():
    """h = (x + 2^31)(x + 2^31 + 1) has R = h'^2/(2 h^2) - h''/h = 1/(2 h^2)."""
    manifold = ch.RiemannianManifold(sp.diag(1, (x + 2**31) * (x + 2**31 + 1)), (x, y))
    values = manifold.on_grid({"x": [1.0, 2.0], "y": 0.0}, ["ricci_scalar"], rtol=1e-10)
    expected = [1 / (2.0 * ((v + 2**31) * (v + 2**31 + 1)) ** 2) for v in (1, 2)]
    np.testing.assert_allclose(values["ricci_scalar"].values.ravel(), expected, rtol=1e-10)


def test_the_modulus_of_a_small_decimal():
    """|h| with h = x - 10^-5: R = h'^2/(2 h^2)."""
    manifold = ch.RiemannianManifold(sp.diag(1, sp.sqrt((x - sp.Rational(1, 10**5)) ** 2)), (x, y))
    assert manifold.ricci_scalar.subs(x, 1) == sp.Rational(1, 2) / (1 - sp.Rational(1, 10**5)) ** 2


@pytest.mark.parametrize("degree", [2, 3, 5])
def test_roots_of_products_of_large_primes(degree):
    """The relations between roots of integers are found by common divisors where factoring would not end."""
    p, q, r = (sp.Integer(2) ** n - 1 for n in (127, 107, 89))
    field = DifferentialField((x,))

    def root(number):
        return field(sp.Pow(number, sp.Rational(1, degree), evaluate=False))

    assert root(p * q) * root(q ** (degree - 1) * r) * root(p ** (degree - 1) * r ** (degree - 1)) == p * q * r
    assert root(p * q) != root(p * r)


def test_a_root_that_cannot_be_factored():
    number = 10**100 + 39
    root = DifferentialField((x,))(sp.sqrt(number))
    assert root**2 == number and (root + 1) * (root - 1) == number - 1


def test_a_power_that_fills_the_memory_is_refused():
    """The sum of eight symbols to the 64th has binomial(71, 7) = 1.3e9 terms."""
    symbols = sp.symbols("a:h")
    with pytest.raises(ch.TimeBudgetExceeded, match="too large to be expanded"):
        DifferentialField(symbols)(sum(symbols[:8]) ** 64)
    assert len(DifferentialField(symbols)(sum(symbols[:3]) ** 64).num) == 66 * 65 // 2
