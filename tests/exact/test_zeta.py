"""Riemann's zeta function and its derivatives: in fields, kernels, balls, and as the law of Zipf."""

import mpmath
import numpy as np
import pytest
import sympy as sp
from chentsov import StatisticalManifold, compile
from chentsov.geometry.exact import DifferentialField, zeta_derivative
from chentsov.geometry.kernels import evaluate_ball

s = sp.Symbol("s", positive=True)
n = sp.Symbol("n")


@pytest.mark.parametrize("order", range(5))
def test_numbers_against_mpmath(order):
    points = np.array([1e-3, 0.3, 0.9, 1.001, 1.2, 2, 3.5, 10, 40.0])
    e = zeta_derivative(order, s)
    with mpmath.workdps(40):
        truth = [mpmath.zeta(mpmath.mpf(float(p)), 1, order) for p in points]
        assert max(abs(v / t - 1) for v, t in zip(compile(e, [s])(points), truth)) < 2e-14
        for p, t in zip(points, truth):
            assert evaluate_ball(e, {s: float(p)}, 200).overlaps(evaluate_ball(sp.Float(t, 40), {}, 100))
        assert abs(sp.N(zeta_derivative(order, 3), 30) - sp.Float(mpmath.zeta(3, 1, order), 35)) < 1e-29


def test_derivatives_in_a_field():
    K = DifferentialField((s,))
    squared = K(sp.zeta(2 * s) ** 2)
    assert squared.diff(s) == 4 * K(sp.zeta(2 * s)) * K(zeta_derivative(1, 2 * s))
    assert K(zeta_derivative(1, s)).diff(s) == K(zeta_derivative(2, s))
    with pytest.raises(ValueError, match="whole number"):
        zeta_derivative(sp.Rational(1, 2), s)


@pytest.mark.slow
def test_the_law_of_zipf():
    """I(s) = (log ζ)″ = Var(log n), against the sum itself."""
    m = StatisticalManifold.from_density(
        n ** (-s) / sp.zeta(s), {n: (1, sp.oo, "discrete")}, (s,), domain={s: (1, sp.oo)}
    )
    assert m.is_exponential
    at = 9
    with mpmath.workdps(30):
        mean = lambda f: mpmath.nsum(lambda k: f(mpmath.log(k)) * k**-at, [1, mpmath.inf]) / mpmath.zeta(at)
        first, second = mean(lambda u: u), mean(lambda u: u**2)
        assert abs(sp.N(m.metric[0, 0].subs(s, at), 25) - sp.Float(second - first**2, 25)) < 1e-15
    grid = m.on_grid({s: np.linspace(1.5, 9, 4)}, ("metric",), rtol=1e-12)
    assert abs(float(grid["metric"].values.ravel()[-1]) / float(sp.N(m.metric[0, 0].subs(s, at))) - 1) < 1e-12
