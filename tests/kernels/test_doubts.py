"""Crude bounds of a few operations a cell: what they do not doubt is right, and where numbers are regular that is all."""

import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.grids.cells import certified, proven_numbers
from chentsov.geometry.kernels import compile, evaluate_ball
from chentsov.geometry.kernels.algebras import BALLS
from chentsov.geometry.kernels.ball import precision
from chentsov.geometry.kernels.interpreter import Straight
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

x, y = sp.symbols("x y", real=True)
#: Sums that cancel below and above, in powers and roots, one way out of the range and back again.
FORMULAS = [
    48 * (x**2 - y**2) * ((x**2 + y**2) ** 2 - 16 * x**2 * y**2) / (x**2 + y**2) ** 6,
    (x * y - 1) / (x - y),
    1 / (x * y - 1) ** 2,
    (x - y) ** 3 * (x * y - 1) ** 2,
    1 / (x**2 * y**2 - 1) + 1 / (x - y),
    (x**2 - 2) / (y**2 - 2) / (x - y),
    (1 + x) ** 7 / (x - y + 1) ** 5,
    1 + sp.cosh(y) / sp.sqrt(sp.sinh(y) ** 2 + sp.exp(-4 * x)),
    (x - y) / sp.sqrt(x**2 - x * y + 1),
    1 / sp.sqrt(x - y),
    sp.exp(x - y) - sp.exp(x**2 - y**2) / (x + y),
    sp.log(x / y) * (x - 1) / (sp.log(x) - y),
    sp.sin(x * y) / (1 - sp.cos(x - y)),
    sp.tanh(x - y) * sp.atan(x * y - 1) / (x + sp.pi),
    (sp.polygamma(1, x) + x * sp.polygamma(2, x)) / (2 * (x * sp.polygamma(1, x) - 1) ** 2),
    sp.erfc(x - y) / (1 - sp.erf(x * y)),
    sp.Abs(x - y) / (x + y - 3),
    1 / (1 / x**2 + 1 / y**2),
    2 + x / sp.sqrt(1 + x**2 + y**2),
    x**5 * y**-7 - y,
    sp.cbrt(x - y) / (x - y) ** 2,
]
KERNEL = compile(FORMULAS, [x, y])
POSITIVE, ANY = st.floats(0.26, 3.8), st.one_of(st.floats(-4, 4), st.floats(-1e308, 1e308))


IN_BALLS = Straight.of(FORMULAS, [x, y], BALLS)


def assert_right(points, rtol):
    first, second = np.array(points, float).T
    values, doubts = KERNEL.doubted(first, second, rtol=rtol)
    doubts = np.zeros(values.shape, bool) if doubts is None else doubts
    with precision(400):
        for n, point in enumerate(zip(first, second)):
            truth = IN_BALLS([arb(float(v)) for v in point])
            for k in np.flatnonzero(~doubts[:, n]):
                if truth[k].rel_accuracy_bits() < 80:  # 1 - erf(16) has more zeros than that
                    continue
                error = abs(arb(float(values[k, n])) - truth[k])
                assert error <= arb(rtol) * abs(truth[k]), (FORMULAS[k], point)
    return doubts


@pytest.mark.parametrize("sizes, ends", [(POSITIVE, (0.25, 4.0)), (ANY, (-1e308, 1e308))], ids=["positive", "any"])
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_what_is_not_doubted_is_right(sizes, ends, data):
    """Also beside the zeros of what cancels: y = x and y = 1/x, and a little off. (The ends keep the ranges the same.)"""
    points = data.draw(st.lists(st.tuples(sizes, sizes), min_size=3, max_size=3))
    beside = [(a, b) for a, _ in points if 1e-9 < abs(a) < 1e9 for b in (np.nextafter(a, 9), 1 / a, a * (1 + 1e-9))]
    assert_right([*points, *beside[:6], ends, ends[::-1]], data.draw(st.floats(1e-15, 1e-11)))


def test_regular_numbers_are_not_doubted():
    points = np.random.default_rng(0).uniform((2.0, 0.3), (2.9, 0.45), (20, 2))
    assert (assert_right(points, 1e-10).mean(axis=1) <= 0.1).all()


def test_a_number_outside_the_range_of_the_sample_is_seen():
    numbers = np.full(20000, 1.5)
    numbers[1234] = np.nextafter(3.0, 4.0)
    formula = 1 / (x - 3 + y / 10**16) + 1 / (x + 1)  # a sum of numbers of one sign, as far as the sample tells
    kernel = compile([formula], [x, y])
    values, doubts = kernel.doubted(numbers, np.ones(1), rtol=1e-14)
    assert np.flatnonzero(doubts).tolist() == [1234]
    values, unproven, exist, _ = proven_numbers(kernel, [numbers, np.ones(1)], 1e-14)
    assert not unproven.any() and exist.all()
    truth = evaluate_ball(formula, {x: numbers[1234], y: 1.0}, 400)
    assert abs(arb(float(values[0, 1234])) / truth - 1) < 1e-14


@pytest.mark.parametrize("dtype, rtol", [("float64", 1e-13), ("float64", 1e-15), ("float32", 1e-4)])
def test_proofs_are_those_of_the_bounds(dtype, rtol):
    kernel = compile(FORMULAS[:6] + [sp.Integer(2), x, sp.besselj(0, x), 1 + sp.besselj(1, y)], [x, y], dtype=dtype)
    axes = np.linspace(-2, 3, 37)[:, None], np.linspace(0.5, 3, 5)
    bounded, bounds = kernel.bounded(*axes, rtol=rtol)
    values, proven, exist = kernel.proven(*axes, rtol=rtol)
    np.testing.assert_array_equal(values, bounded)
    np.testing.assert_array_equal(proven, certified(bounded, bounds, rtol))
    np.testing.assert_array_equal(exist, bounds < np.inf)
    assert proven.any() and not proven.all()


@pytest.mark.parametrize("formula", [sp.besselj(0, x), sp.Integer(2), x / x, 2 * y, sp.airyai(y) + x])
def test_what_depends_on_less_or_has_no_bound(formula):
    """A mask is a table over what its condition depends on; without a bound everything is doubted."""
    kernel, axes = compile([formula], [x, y]), [np.linspace(0.1, 1, 160)[:, None], np.linspace(0.2, 1, 110)[None]]
    values, unproven, exist, _ = proven_numbers(kernel, axes, 1e-10)
    assert values.shape == unproven.shape == exist.shape == (1, 160, 110) and np.isfinite(values).all()
    has_rule = not formula.has(sp.besselj, sp.airyai)
    assert unproven.all() != has_rule and unproven.any() != has_rule and exist.all() == has_rule


def test_cells_that_are_doubted_are_proven_by_sharper_bounds():
    kernel = compile([FORMULAS[0]], [x, y])
    axes = [np.linspace(2, 5, 130)[:, None], np.linspace(0.2003, 6, 130)]
    doubts = kernel.doubted(*axes, rtol=2e-13)[1]
    values, unproven, exist, refined = proven_numbers(kernel, axes, 2e-13)
    assert 0 < doubts.sum() < 3000 and refined < doubts.sum() and not unproven.any() and exist.all()
    with precision(200):
        for i, j in zip(*np.nonzero(doubts[0])):
            truth = IN_BALLS([arb(float(axes[0][i, 0])), arb(float(axes[1][j]))])[0]
            assert abs(arb(float(values[0, i, j])) / truth - 1) <= 2e-13


@pytest.mark.parametrize("function", [sp.cos, sp.tan])
def test_bounds_hold_next_to_a_multiple_of_a_quarter_turn_that_is_huge(function):
    near = 6381956970095103 * 2.0**797  # the double that lies closest to an odd multiple of π/2
    with precision(1200):
        value = arb(near).cos() if function is sp.cos else arb(near).tan()
        found, bound = compile(function(x), [x]).bounded(np.array([near]))
        assert abs(arb(float(found[0, 0])) - value) <= arb(float(bound[0, 0]))
