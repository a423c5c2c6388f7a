"""docs/sources.md, computed: each statement about the sources that a computation can decide."""

import itertools
import math

import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.validation.crosscheck_einsteinpy import ricci_scalar_of_jet
from chentsov.models import LabelledPoints, TwoWeightNeuron, decision_boundary
from mpmath import mp

theta = sp.Symbol("theta", positive=True)


def _tosses(n):
    """Fisher information of n independent coin tosses, summed over all outcomes."""
    total = 0
    for outcome in itertools.product((0, 1), repeat=n):
        p = sp.prod([theta if head else 1 - theta for head in outcome])
        total += p * sp.diff(sp.log(p), theta) ** 2
    return sp.simplify(total)


def test_information_of_independent_experiments_adds():  # (3.1.3)
    one = _tosses(1)
    for n in (2, 3):
        assert sp.simplify(_tosses(n) - n * one) == 0
        assert sp.simplify(_tosses(n) - one**n) != 0


def test_the_sum_of_n_tosses_takes_n_plus_one_values():  # section 3.1
    assert {sum(outcome) for outcome in itertools.product((0, 1), repeat=5)} == set(range(6))


def test_length_is_the_integral_of_the_root_of_the_sum():  # (3.2.13), (3.3.6)
    g, velocity = sp.eye(2), (1, 1)
    printed = sum(sp.sqrt(g[i, j] * velocity[i] * velocity[j]) for i in range(2) for j in range(2))
    assert printed == 2 and sp.sqrt(
        sum(g[i, j] * velocity[i] * velocity[j] for i in range(2) for j in range(2))
    ) == sp.sqrt(2)


def test_gauss_contraction_makes_the_sphere_positive():  # (3.2.15)-(3.2.17), with the indices put right
    t, p = x = sp.symbols("t p")
    g = sp.diag(1, sp.sin(t) ** 2)
    inv, n = g.inv(), range(2)
    gamma = [
        [
            [sum(inv[i, m] * (g[m, k].diff(x[j]) + g[m, j].diff(x[k]) - g[j, k].diff(x[m])) for m in n) / 2 for k in n]
            for j in n
        ]
        for i in n
    ]

    def riemann(i, j, k, l):
        quadratic = sum(gamma[i][m][k] * gamma[m][j][l] - gamma[i][m][l] * gamma[m][j][k] for m in n)
        return gamma[i][j][l].diff(x[k]) - gamma[i][j][k].diff(x[l]) + quadratic

    assert sp.simplify(sum(inv[i, j] * riemann(m, i, m, j) for i in n for j in n for m in n)) == 2
    # the free indices of (3.2.17), whatever they are meant to be, give another number for other choices
    assert sp.simplify(sum(inv[i, j] * riemann(0, i, 1, j) for i in n for j in n)) != 2


POINTS = decision_boundary(40, seed=0)


def _moments(loss, order, at, points=POINTS):
    """E_D[∂_iℓ ∂_jℓ] and E_D[∂_i∂_jℓ] by numerical differentiation along z."""
    with mp.workdps(60):
        h = mp.mpf(10) ** -15
        first, second = mp.zeros(2), mp.zeros(2)
        for x, y, t in zip(points.x, points.y, points.t):
            u = mp.matrix([mp.mpf(x), mp.mpf(y)])
            z = 5 * (at[0] * u[0] + at[1] * u[1])

            def ell(v):
                f = 1 / (1 + mp.exp(-v))
                return -t * mp.log(f) - (1 - t) * mp.log(1 - f) if loss == "cross_entropy" else abs(f - t) ** order

            d1, d2 = (ell(z + h) - ell(z - h)) / (2 * h), (ell(z + h) - 2 * ell(z) + ell(z - h)) / h**2
            first += 25 * d1**2 * u * u.T / len(points)
            second += 25 * d2 * u * u.T / len(points)
        return first, second


@pytest.mark.parametrize("loss, order", [("mean_power", 2), ("cross_entropy", 2), ("lp_norm", 1)])
def test_second_moment_of_the_gradient_is_not_the_mean_hessian(loss, order):  # (3.2.14) for section 3.2.5
    squares, hessian = _moments(loss, order, (0.3, -0.4))
    assert abs(squares[0, 0] - hessian[0, 0]) > 0.01 * abs(squares[0, 0])


def test_targets_drawn_from_the_model_restore_the_identity():
    """With the target averaged over p(t|x) = f^t (1 − f)^(1−t), both are f(1 − f): then it is a Fisher metric."""
    z, t = sp.symbols("z t")
    f = 1 / (1 + sp.exp(-z))
    ell = -t * sp.log(f) - (1 - t) * sp.log(1 - f)
    squares = sum((sp.diff(ell, z) ** 2).subs(t, v) * f**v * (1 - f) ** (1 - v) for v in (0, 1))
    hessian = sum(sp.diff(ell, z, 2).subs(t, v) * f**v * (1 - f) ** (1 - v) for v in (0, 1))
    assert sp.simplify(squares - f * (1 - f)) == 0 == sp.simplify(hessian - f * (1 - f))


def test_exp_of_minus_the_square_loss_is_not_normalised():
    f = sp.Symbol("f", real=True)
    total = sum(sp.exp(-((f - t) ** 2)) for t in (0, 1))
    assert sp.diff(total, f).subs(f, sp.Rational(1, 4)).evalf() != 0 and float(total.subs(f, 0)) != 1


def test_output_exceeds_one_half_where_the_sum_is_positive():  # after figure 5.3
    def output(u):
        return 1 / (1 + math.exp(-5 * u))

    assert output(0.1) > 0.5 > output(-0.1) > 0


def test_gradient_descent_goes_down():  # (5.1.4) against (2.3.6)
    def loss(w):
        return (w - 3) ** 2

    slope, rate = 2 * (1 - 3), 0.1
    assert loss(1 - rate * slope) < loss(1) < loss(1 + rate * slope)


def test_fisher_trace_bounds_the_squared_update():  # (5.1.3)-(5.1.4)
    squares, _ = _moments("mean_power", 2, (0.5, 0.5))
    trace = squares[0, 0] + squares[1, 1]
    mean = np.zeros(2)
    for x, y, t in zip(POINTS.x, POINTS.y, POINTS.t):
        f = 1 / (1 + math.exp(-5 * (0.5 * x + 0.5 * y)))
        mean += 2 * (f - t) * f * (1 - f) * 5 * np.array([x, y]) / len(POINTS)
    assert 0 < mean @ mean < trace


def test_odd_powers_without_modulus_are_no_distance():  # (5.1.6)
    assert (0.2 - 1.0) ** 3 < 0
    neuron = TwoWeightNeuron("mean_power", 3)
    at = dict(zip((*neuron.coordinates, *neuron.rows), (-1, 0, 1, 0, 1)))  # f = σ(−5), t = 1
    assert neuron.subloss.subs(at).evalf() > 0


def test_softmax_of_one_output_is_one():  # (5.1.7) with one output
    o = sp.Symbol("o")
    assert sp.exp(o) / sum([sp.exp(o)]) == 1


def test_norm_loss_traces_are_equal_up_to_the_number_of_rows():  # section 5.2.3
    neuron = TwoWeightNeuron("lp_norm", 2)
    assert neuron.manifold.field(neuron.fisher_trace - neuron.ntk_trace).is_zero


@pytest.mark.slow
def test_curvature_is_positive_at_some_weights():  # section 5.2.3: "always negative"
    neuron = TwoWeightNeuron("mean_power", 2, data=decision_boundary(200, 0))
    with mp.workdps(120):
        at_start, elsewhere = (ricci_scalar_of_jet(neuron.metric_jet(p, 20)) for p in ((0.5, 0.5), (1.3, 0.7)))
    assert at_start < 0 < elsewhere


def test_loss_as_written_is_lost_where_the_output_rounds_to_one():  # the missing cells of the heat maps
    z = np.float32(5 * (3 * 0.9 + 3 * 0.95))
    with np.errstate(divide="ignore", invalid="ignore"):
        f = np.float32(1) / (np.float32(1) + np.exp(-z))
        as_written = -np.float32(1) * np.log(f) - np.float32(0) * np.log(np.float32(1) - f)
    assert f == 1 and np.isnan(as_written)


def test_one_line_through_the_origin_has_no_metric():
    with pytest.raises(ValueError):
        TwoWeightNeuron(data=LabelledPoints([0.1, 0.2], [0.2, 0.4], [0, 1]))
