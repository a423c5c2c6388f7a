"""Where the closed form of an integral is 0/0 the integral has a value, and the grid has it; poles stay without."""

import mpmath
import numpy as np
import pytest
import sympy as sp
from chentsov import StatisticalManifold
from chentsov.geometry.expectation.density import DensityError
from chentsov.geometry.grids.continuation import Continuation
from chentsov.geometry.kernels.lower import lower
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

x, y = sp.symbols("x y", real=True)
a, b, t = sp.symbols("a b t", positive=True)
oo = sp.oo


def metric_by_quadrature(q):
    """E[s_a s_a], E[s_a s_b] of Kumaraswamy's family at (1, q), with u = t^a; E[s_b s_b] is 1/q²."""

    def s_a(u):
        return 1 + mpmath.log(u) - (q - 1) * u * mpmath.log(u) / (1 - u)

    def s_b(u):
        return 1 / q + mpmath.log(1 - u)

    def mean(f):
        return mpmath.quad(lambda u: f(u) * q * (1 - u) ** (q - 1), [0, 0.01, 0.5, 0.99, 1])

    return mean(lambda u: s_a(u) ** 2), mean(lambda u: s_a(u) * s_b(u))


def curvature_by_quadrature(q):
    """R of E du² + 2F du dv + G dv² with u = log a, which nothing depends on, by Brioschi's formula."""
    with mpmath.workdps(30):
        step = mpmath.mpf("0.02")
        nodes = [metric_by_quadrature(q + k * step) for k in range(-4, 5)]
        first = [mpmath.mpf(c) / 840 for c in (3, -32, 168, -672, 0, 672, -168, 32, -3)]
        second = [mpmath.mpf(c) / 5040 for c in (-9, 128, -1008, 8064, -14350, 8064, -1008, 128, -9)]
        slope = lambda k: sum(w * n[k] for w, n in zip(first, nodes)) / step
        (e, f), g = nodes[4], 1 / mpmath.mpf(q) ** 2
        e1, e2, f1, g1 = slope(0), sum(w * n[0] for w, n in zip(second, nodes)) / step**2, slope(1), -2 * g / q
        one = mpmath.det(mpmath.matrix([[-e2 / 2, 0, -e1 / 2], [f1, e, f], [g1 / 2, f, g]]))
        return float(2 * (one + (e1 / 2) ** 2 * g) / (e * g - f**2) ** 2)


@pytest.fixture(scope="module")
def kumaraswamy():
    density = a * b * t ** (a - 1) * (1 - t**a) ** (b - 1)
    return StatisticalManifold.from_density(density, {t: (0, 1)}, (a, b))


@pytest.mark.slow
def test_kumaraswamy_at_one_and_two(kumaraswamy):
    grid = kumaraswamy.on_grid({a: [0.5, 1.0], b: [1.0, 1.5, 2.0]}, ["ricci_scalar", "metric"])
    assert (grid.status == 0).all()
    for k, q in enumerate((1.0, 1.5, 2.0)):
        np.testing.assert_allclose(grid.ricci_scalar[:, k], curvature_by_quadrature(q), rtol=1e-8)
        first, second = metric_by_quadrature(q)
        np.testing.assert_allclose(grid.metric.sel(i="a", j="a", a=1.0, b=q), float(first), rtol=1e-12)
        np.testing.assert_allclose(grid.metric.sel(i="a", j="b", a=1.0, b=q), float(second), rtol=1e-12)
    assert float(grid.ricci_scalar.sel(a=1.0, b=2.0)) == pytest.approx(-0.9046487965, abs=1e-10)


def test_what_certifies_does_not_rest_on_numbers(kumaraswamy):
    grid = kumaraswamy.on_grid({a: [1.0], b: [2.0]}, ["ricci_scalar"], rtol=1e-9)
    assert np.isnan(grid.ricci_scalar).all() and (grid.status != 0).all()


def test_conditions_of_a_closed_form_are_no_conditions_of_the_integral(kumaraswamy):
    with mpmath.workdps(20):
        expected = float(metric_by_quadrature(2.0)[0])
    assert float(kumaraswamy.fisher_at({a: 1, b: 2}, 15)[0, 0]) == pytest.approx(expected, rel=1e-12)
    mu, c = sp.Symbol("mu", real=True), sp.Symbol("c", positive=True)
    peaked = c / 2 / sp.gamma(1 / c) * sp.exp(-(sp.Abs(x - mu) ** c))
    family = StatisticalManifold.from_density(peaked, {x: (-oo, oo)}, (mu, c))
    with pytest.raises(DensityError, match="diverges"):  # E[s_mu s_mu] does, for c < 1/2
        family.fisher_at({mu: 0, c: sp.Rational(2, 5)})


# -- the class: (f(x) − its Taylor polynomial at c)/(x − c)^n has the value of a Taylor coefficient at c -----------------

functions = st.sampled_from([sp.exp, sp.sin, sp.atan, sp.sinh, lambda z: sp.log(3 + z), lambda z: sp.gamma(3 + z)])


@settings(max_examples=25, deadline=None, derandomize=True)
@given(functions, st.integers(1, 3), st.integers(1, 8), st.integers(-8, 8))
def test_removable_singularities(f, order, size, shift):
    c, d = sp.Rational(size, 4), sp.Rational(shift, 4)
    z = x + y - c
    taylor = sp.Add(*(sp.diff(f(x), x, k).subs(x, 0) * z**k / sp.factorial(k) for k in range(order)))
    value = sp.N(sp.diff(f(x), x, order).subs(x, 0) / sp.factorial(order), 20)
    program = lower([(f(z) - taylor) / z**order, (f(z) - taylor + 1) / z**order], [x, y])
    found = Continuation(program)({"x": arb(float(c - d)), "y": arb(float(d))})
    assert found[0] is not None and abs(float(found[0]) - value) <= 1e-14 * max(1, abs(value))
    assert found[1] is None  # a pole


@pytest.mark.parametrize("formula", [sp.log(x) * y, sp.sqrt(x) / x, sp.exp(1 / x), sp.Abs(x) / x + y])
def test_branch_points_and_essential_singularities_have_no_value(formula):
    assert Continuation(lower([formula], [x, y]))({"x": arb(0), "y": arb(1)}) == [None]
