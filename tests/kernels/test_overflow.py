"""Bounds where intermediate values overflow or underflow: an infinite bound, or a true one; never a wrong number."""

import mpmath
import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.exact import Mean, logistic
from chentsov.geometry.kernels import compile
from hypothesis import given, settings
from hypothesis import strategies as st

a, b, t = sp.symbols("a b t", real=True)


def _exp(u):
    """mpmath would shift numbers by e^(10^17) bits."""
    if abs(u) < 1e9:
        return mpmath.exp(u)
    if u > 0:
        raise OverflowError
    return mpmath.mpf(0)


#: Enough for what is left of 1 − e^(−u) and log(1 + u) where u = 5e-324², with forty digits of it.
DIGITS = 1500


def truth(formula, point):
    """The value to 40 digits and more, exponents unlimited, by mpmath alone."""
    with mpmath.workdps(DIGITS):
        plain = formula.replace(logistic, lambda u: 1 / (1 + sp.exp(-u)))
        run = sp.lambdify([a, b], plain, [{"exp": _exp}, "mpmath"])
        return run(*(mpmath.mpf(v) for v in point))


def test_the_truth_keeps_its_digits_where_terms_cancel():
    """1 − e^(−b) at 1e-47 has 13 digits left of 60."""
    formula = a * (1 + sp.exp(-b)) + 1 - sp.exp(-b)
    for size in (1e-47, 1e-300):
        value = truth(formula, (size, size))
        with mpmath.workdps(60):
            assert abs(value / (3 * mpmath.mpf(size)) - 1) < 1e-40


def assert_bounded(formula, points, **tier):
    """Where a number comes with a finite bound, the truth is no further away. Returns the bounds."""
    kernel = compile([formula], [a, b])
    first, second = np.array(points).T
    values, bounds = kernel.bounded(first, second, **tier)
    for n, point in enumerate(points):
        if np.isfinite(values[0, n]) and bounds[0, n] < np.inf:
            with mpmath.workdps(60):
                assert abs(mpmath.mpf(values[0, n]) - truth(formula, point)) <= mpmath.mpf(bounds[0, n]), (
                    formula,
                    point,
                )
    return bounds[0]


BACK_FROM_INFINITY = [
    (2 + a / sp.sqrt(1 + a**2 + b**2), (1.4e154, 1.4e154)),
    (1 + a / sp.sqrt(1 + a**2), (1.4e154, 1.0)),
    (1 + b * sp.exp(700 * a) / (b + sp.exp(712 * a)), (0.9978, 1.5)),
    (2 - sp.tanh(a**2 / b**2), (1e200, 1e200)),
    (1 + sp.exp(-(a**3) / b**3), (1e120, 1e120)),
    (logistic(a * a / b), (1e160, 1e320 / 1e20)),
    (sp.log(1 + sp.exp(b - a**2 / a**2)), (1e200, 0.5)),
    (sp.polygamma(1, a**2 / b), (1e200, 1e300)),
    (1 / (1 / a**2 + 1 / b**2) * 1e-300, (1e160, 1e160)),
]


def test_what_came_back_from_infinity_is_doubted():
    """Or right; the points beside have the same ranges."""
    formulas = [formula for formula, _ in BACK_FROM_INFINITY]
    points = np.array([p for _, point in BACK_FROM_INFINITY for p in (point, np.sqrt(np.abs(point)))])
    values, doubts = compile(formulas, [a, b]).doubted(*points.T, rtol=1e-3)
    for k, n in zip(*np.nonzero(~doubts)):
        if n // 2 != k:
            continue
        with mpmath.workdps(60):
            exact = truth(formulas[k], points[n])
            assert abs(mpmath.mpf(values[k, n]) - exact) <= abs(exact) / 1000, (formulas[k], points[n])


@pytest.mark.parametrize("formula, point", BACK_FROM_INFINITY, ids=lambda p: str(p)[:40])
@pytest.mark.parametrize("tier", [{}, {"refined": True}], ids=["plain", "double-double"])
def test_no_way_back_from_infinity(formula, point, tier):
    assert_bounded(formula, [point, (1.5, 2.5)], **tier)


def test_rows_that_overflow_are_noticed():
    """One row of three overflows below the bar: its share of the mean is not 0."""
    share = Mean(t**2 * a / (1 + t**2 * a * b), (t,))
    kernel = compile([share], [a, b], data={t: [1.0, 2.0, 1e200]})
    values, bounds = kernel.bounded(np.array([1.0, 2.0]), np.array([0.5, 0.25]))
    # the third term is 1/b to 400 digits
    exact = [(sum(s * p / (1 + s * p * q) for s in (1, 4)) + 1 / q) / 3 for p, q in ((1, 0.5), (2, 0.25))]
    assert (np.isinf(bounds[0]) | (np.abs(values[0] - exact) <= bounds[0] + 1e-15)).all()


@pytest.mark.parametrize("at", [3e-310, 5e-324, 2.0**-1000, 1e-290])
def test_the_root_of_tiny_numbers_in_double_double(at):
    """The residual of the root underflows below 1e-290; digits that are claimed are there."""
    root = sp.Rational(*float(truth(sp.sqrt(a), (at, 0))).as_integer_ratio())
    assert_bounded((sp.sqrt(a) - root) * 10**150, [(at, 1.0)], refined=True)


@pytest.mark.parametrize("numerator, divisor", [(1e-300, 1e-300), (3e-320, 7e-310), (1e-310, 3.0), (1.0, 3e-308)])
def test_quotients_of_tiny_numbers_in_double_double(numerator, divisor):
    exact = sp.Rational(*numerator.as_integer_ratio()) / sp.Rational(*divisor.as_integer_ratio())
    rounded = sp.Rational(*float(exact).as_integer_ratio())
    assert_bounded(a / b - rounded, [(numerator, divisor)], refined=True)


exponents = st.integers(-320, 307)
numbers = st.builds(lambda sign, m, e: sign * m * 10.0**e, st.sampled_from([1, -1]), st.floats(1, 9.9), exponents)
LEAVES = [a, b, a * b, a**2, a**2 + b**2, a / b, sp.exp(a), 1 + sp.exp(-b), a - b]
WRAP = [
    lambda p, q: p / q,
    lambda p, q: 1 + p / sp.sqrt(p**2 + q**2),
    lambda p, q: sp.tanh(p / q),
    lambda p, q: sp.exp(-(p**2)) + q,
    lambda p, q: logistic(p - q),
    lambda p, q: p / (q + p**3),
    lambda p, q: sp.sqrt(sp.Abs(p)) * q,
    lambda p, q: sp.log(1 + sp.Abs(p)) - sp.cos(q),
    lambda p, q: p * q - q,
]


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(LEAVES),
    st.sampled_from(LEAVES),
    st.sampled_from(WRAP),
    st.lists(st.tuples(numbers, numbers), min_size=8, max_size=8),
    st.booleans(),
)
def test_formulas_over_the_whole_range_of_numbers(p, q, wrap, points, refined):
    formula = 2 + wrap(p, q)
    defined = []
    for point in points:
        try:
            value = truth(formula, point)
        except (ZeroDivisionError, ValueError, OverflowError):
            continue
        if mpmath.isfinite(value) and not isinstance(value, mpmath.mpc):
            defined.append(point)
    if defined:
        assert_bounded(formula, defined, refined=refined)
