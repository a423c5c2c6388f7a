"""Relations between algebraic numbers that no generator knows are proven, and what is off by a little is refuted."""

import pytest
import sympy as sp
from chentsov.geometry.manifolds import RiemannianManifold
from chentsov.geometry.manifolds.algebraic import algebraic, bits_to_separate
from hypothesis import assume, given, settings
from hypothesis import strategies as st

x, p = sp.Symbol("x", real=True), sp.Symbol("p", positive=True)
pi, sqrt, cos, sin, R = sp.pi, sp.sqrt, sp.cos, sp.sin, sp.Rational


def hiding(zero):
    """dp² + f² dx² with f = 1 + zero p²: flat if that vanishes."""
    return RiemannianManifold([[1, 0], [0, (1 + zero * p**2) ** 2]], (p, x))


@pytest.mark.parametrize("n", [7, 9, 11, 13])
def test_the_cosines_of_the_nth_parts_of_the_circle_add_up_to_minus_one_half(n):
    total = sp.Add(*(cos(2 * pi * k / n) for k in range(1, n // 2 + 1))) + R(1, 2)
    assert hiding(total).is_flat() is True
    assert hiding(total + R(1, 10**50)).is_flat() is False


@pytest.mark.parametrize("n", [7, 9])
def test_the_product_of_the_sines(n):
    """∏ 2 sin(πk/n) = n over k = 1 … n − 1; the sines come in equal pairs."""
    half = sp.Mul(*(2 * sin(pi * k / n) for k in range(1, n // 2 + 1)))
    assert hiding(half - sqrt(n)).is_flat() is True


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(-9, 9), st.integers(1, 5), st.sampled_from([2, 3, 5, 7]), st.sampled_from([3, 5]))
def test_roots_that_denest(a, b, d, n):
    """((a + b√d)^n)^(1/n), the power multiplied out, is a + b√d, where that is positive."""
    inner = a + b * sqrt(d)
    assume(inner > 0)
    zero = sp.expand(inner**n) ** R(1, n) - inner
    assert hiding(zero).is_flat() is True
    assert hiding(zero + R(1, 10**45)).is_flat() is False


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(-30, 30), st.integers(-30, 30), st.integers(-30, 30), st.integers(1, 12))
def test_what_is_no_zero_is_larger_than_the_bound_says(a, b, c, m):
    number = (a + b * sqrt(2) + c * sp.cbrt(3) * cos(pi / 5, evaluate=False)) / m
    bits = bits_to_separate(algebraic(number))
    value = sp.N(number, 60, maxn=400)
    assert bits is not None and (value == 0 or abs(value) > sp.Float(2) ** -bits)
