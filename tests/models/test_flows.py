"""Replicator dynamics, natural-gradient flows, gradient systems: against the equations in their usual form."""

import numpy as np
import pytest
import sympy as sp
from chentsov import HessianManifold
from chentsov.geometry.exact import canonical
from chentsov.geometry.manifolds import ManifoldError
from chentsov.models.flows import frequencies, gradient_system, likelihood_flow, natural_gradient, replicator
from scipy.integrate import solve_ivp

a, b, c = sp.symbols("a b c", real=True)
x, y = sp.symbols("x y", real=True)
m = sp.Symbol("m", negative=True)

SYMMETRIC = [[a, 1, 2], [1, b, -1], [2, -1, c]]
ROCK_PAPER_SCISSORS = [[0, -1, 1], [1, 0, -1], [-1, 1, 0]]


@pytest.mark.parametrize("chart", ["log_odds", "frequencies"])
def test_symmetric_games_climb_their_mean_fitness(chart):
    flow = replicator(SYMMETRIC, chart=chart)
    assert flow.is_gradient() and flow.dissipates()
    kappa = {v: flow.compressibility_element(v) for v in ("primal", "riemannian", "dual")}
    assert (2 * kappa["riemannian"] - kappa["primal"] - kappa["dual"]).is_zero
    assert canonical(flow.compressibility() + flow.manifold.laplacian(flow.potential), flow.coordinates) == 0


def test_the_two_charts_carry_the_same_equation():
    """θ̇ carried to frequencies by ∂x/∂θ is ẋ; primal and dual volumes change places."""
    game = [[1, 4, -2], [0, 2, 3], [-1, 5, 1]]
    odds, plain = replicator(game), replicator(game, chart="frequencies")
    theta = odds.coordinates
    total = 1 + sum(map(sp.exp, theta))
    here = {s: sp.exp(t) / total for s, t in zip(plain.coordinates, theta)}
    for i, s in enumerate(plain.coordinates):
        moved = sum(here[s].diff(t) * v for t, v in zip(theta, odds.components))
        assert canonical(moved - plain.components[i].subs(here), theta) == 0
    for one, other in (("primal", "dual"), ("riemannian", "riemannian"), ("dual", "primal")):
        assert canonical(odds.compressibility(one) - plain.compressibility(other).subs(here), theta) == 0


def test_rock_paper_scissors_is_no_gradient_and_keeps_the_product_of_frequencies():
    flow = replicator(ROCK_PAPER_SCISSORS)
    assert not flow.is_gradient() and flow.potential is None
    path = flow.trajectory([0.3, -0.4], np.linspace(0, 20, 41), measure="variational")
    t1, t2 = path.position.values.T
    conserved = t1 + t2 - 3 * np.log1p(np.exp(t1) + np.exp(t2))  # log(x1 x2 x3)
    np.testing.assert_allclose(conserved, conserved[0], atol=1e-8)
    np.testing.assert_allclose(path.log_volume, path.accumulated, atol=1e-6)


def test_replicator_against_its_usual_form_in_numbers():
    game = np.array([[1.0, 4, -2], [0, 2, 3], [-1, 5, 1]])

    def usual(_, p):
        f = game @ p
        return p * (f - p @ f)

    start = np.array([0.2, 0.5, 0.3])
    exact = solve_ivp(usual, (0, 3), start, method="DOP853", rtol=1e-12, atol=1e-14).y[:, -1]
    ends = (
        replicator(game)
        .trajectories([np.log(start[:2] / start[2])], 3.0, rtol=1e-11, atol=1e-13)
        .position.values[0, -1]
    )
    weights = np.append(np.exp(ends), 1)
    np.testing.assert_allclose(weights / weights.sum(), exact, rtol=1e-8)


def test_fitness_may_be_any_function_of_the_frequencies():
    p, q, r = frequencies(3)
    flow = replicator([p * q, q**2, sp.exp(r)])
    theta = flow.coordinates
    total = 1 + sp.exp(theta[0]) + sp.exp(theta[1])
    here = {p: sp.exp(theta[0]) / total, q: sp.exp(theta[1]) / total, r: 1 / total}
    assert canonical(flow.components[1] - (q**2 - sp.exp(r)).subs(here), theta) == 0


def test_maximum_likelihood_is_linear_in_the_dual_coordinates():
    family = HessianManifold(-(x**2) / (4 * m) - sp.log(-2 * m) / 2, (x, m))
    flow = likelihood_flow(family, [a, b])
    for eta, speed, target in zip(family.dual_coordinates, flow.lowered, (a, b)):
        assert canonical(speed - (target - eta), family.coordinates) == 0
        assert canonical(flow.rate(eta) - (target - eta), family.coordinates) == 0
    assert flow.compressibility("dual") == -2 and flow.dissipates()
    # The fixed point is the distribution of that mean: E x = a, E x² = b.
    path = flow.trajectory({"x": 0.0, "m": -1.0}, 30.0, {"a": 1.0, "b": 3.0})
    np.testing.assert_allclose(path.position[-1], [1 / 2, -1 / 4], rtol=1e-6)  # μ = 1, σ² = 2


def test_natural_gradient_and_gradient_systems():
    family = HessianManifold(sp.log(1 + sp.exp(x) + sp.exp(y)), (x, y))
    flow = natural_gradient(family, x**2 + y)
    metric = sp.hessian(sp.log(1 + sp.exp(x) + sp.exp(y)), (x, y))
    plain = -metric.inv() * sp.Matrix([2 * x, 1])
    assert all(canonical(s - t, (x, y)) == 0 for s, t in zip(plain, flow.components))
    well = gradient_system((x**2 - 1) ** 2 / 4 + y**2, (x, y), convex=sp.cosh(x) + y**2)
    assert well.dissipates() and canonical(well.components[0] + (x**3 - x) / sp.cosh(x), (x, y)) == 0


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: replicator([[1]]), "at least two types"),
        (lambda: replicator([[1, 2], [3]]), "payoff matrix"),
        (lambda: replicator([[1, 2, 3], [3, 4, 5]]), "payoff matrix"),
        (lambda: replicator([1, 2], chart="polar"), "unknown chart"),
        (lambda: likelihood_flow(HessianManifold(sp.exp(x), [x]), [1, 2]), "the mean"),
    ],
)
def test_bad_input(call, words):
    with pytest.raises(ManifoldError, match=words):
        call()
