"""Conditional models: Fisher metrics of regressions by the formulas of generalised linear models, in NumPy."""

import numpy as np
import pytest
import sympy as sp
from chentsov import StatisticalManifold
from chentsov.geometry.expectation.density import DensityError
from chentsov.geometry.manifolds import ManifoldError
from hypothesis import given, settings
from hypothesis import strategies as st

oo = sp.oo
a, b, c, d, x1, x2 = sp.symbols("a b c d x1 x2", real=True)
s = sp.Symbol("sigma", positive=True)
y = sp.Symbol("y", integer=True)
t = sp.Symbol("t", real=True)
z = a + b * x1 + c * x2
conditional = StatisticalManifold.conditional
GENERATOR = np.random.default_rng(5)
ROWS = {x1: GENERATOR.normal(size=12), x2: GENERATOR.normal(size=12)}
DESIGN = np.stack([np.ones(12), ROWS[x1], ROWS[x2]], axis=1)

# y ↦ density, and the GLM weight w(η) of Xᵀ diag(w) X / N, with E|y − μ|³-like third cumulant k₃(η)
MODELS = {
    "logistic": (
        sp.exp(y * z) / (1 + sp.exp(z)),
        {y: (0, 1, "discrete")},
        lambda e: np.exp(-e) / (1 + np.exp(-e)) ** 2,
        lambda e: np.exp(-e) / (1 + np.exp(-e)) ** 2 * (1 - 2 / (1 + np.exp(-e))),
    ),
    "poisson": (
        sp.exp(y * z - sp.exp(z)) / sp.factorial(y),
        {y: (0, oo, "discrete")},
        np.exp,
        np.exp,
    ),
    "gaussian": (
        sp.exp(-((t - z) ** 2) / 2) / sp.sqrt(2 * sp.pi),
        {t: (-oo, oo)},
        np.ones_like,
        np.zeros_like,
    ),
}


@pytest.fixture(scope="module", params=MODELS)
def model(request):
    density, response, *moments = MODELS[request.param]
    return conditional(density, response, [x1, x2], (a, b, c)), moments


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(-6, 6), min_size=3, max_size=3))
def test_generalised_linear_models(model, quarters):
    m, (weight, third) = model
    theta = np.array(quarters) / 4
    grid = m.on_grid(dict(zip((a, b, c), theta)), ("metric", "amari_chentsov"), data=ROWS)
    eta = DESIGN @ theta
    assert np.allclose(grid["metric"].values.squeeze(), DESIGN.T @ (weight(eta)[:, None] * DESIGN) / 12, rtol=1e-12)
    cubic = np.einsum("n,ni,nj,nk->ijk", third(eta), DESIGN, DESIGN, DESIGN) / 12
    assert np.allclose(grid["amari_chentsov"].values.squeeze(), cubic, rtol=1e-10, atol=1e-14)


def test_gaussian_with_unknown_scale_is_hyperbolic_and_flat_directions():
    density = sp.exp(-((t - a - b * x1) ** 2) / (2 * s**2)) / (sp.sqrt(2 * sp.pi) * s)
    m = conditional(density, {t: (-oo, oo)}, [x1], (a, b, s))
    grid = m.on_grid({a: 0.3, b: [0.0, 1.0], s: 2.0}, ("metric", "ricci_scalar"), data={x1: ROWS[x1]})
    mean, square = ROWS[x1].mean(), (ROWS[x1] ** 2).mean()
    expected = np.array([[1, mean, 0], [mean, square, 0], [0, 0, 2]]) / 4
    assert np.allclose(grid["metric"].values[..., 0], expected, rtol=1e-12)
    # (|dβ|²_M + 2 dσ²)/σ² is hyperbolic 3-space of curvature −1/2: R = 6 · (−1/2)
    assert np.allclose(grid["ricci_scalar"].values, -3, rtol=1e-11)


def softmax(theta, rows):
    scores = np.stack([theta[0] * rows, theta[1] * rows + theta[2], np.zeros_like(rows)], axis=1)
    p = np.exp(scores)
    return p / p.sum(axis=1, keepdims=True)


def test_softmax_true_and_empirical():
    one, two = sp.symbols("one two", integer=True)
    u, v = a * x1, b * x1 + c
    density = sp.exp(one * u + two * v) / (1 + sp.exp(u) + sp.exp(v))
    m = conditional(density, {one: (0, 1, "discrete"), two: (0, 1 - one, "discrete")}, [x1], (a, b, c))
    theta, rows = np.array([0.5, -0.25, 0.75]), ROWS[x1]
    p = softmax(theta, rows)
    jacobian = np.zeros((12, 2, 3))
    jacobian[:, 0, 0], jacobian[:, 1, 1], jacobian[:, 1, 2] = rows, rows, 1
    spread = np.einsum("nk,kl->nkl", p[:, :2], np.eye(2)) - np.einsum("nk,nl->nkl", p[:, :2], p[:, :2])
    true = np.einsum("nki,nkl,nlj->ij", jacobian, spread, jacobian) / 12
    at = dict(zip((a, b, c), theta))
    assert np.allclose(m.on_grid(at, ("metric",), data={x1: rows})["metric"].values.squeeze(), true, rtol=1e-12)
    label = GENERATOR.integers(3, size=12)
    hot = np.eye(3)[label]
    score = np.einsum("nk,nki->ni", hot[:, :2] - p[:, :2], jacobian)
    data = {x1: rows, one: hot[:, 0], two: hot[:, 1]}
    empirical = m.empirical.on_grid(at, ("metric",), data=data)["metric"].values.squeeze()
    assert np.allclose(empirical, score.T @ score / 12, rtol=1e-12)


def test_empirical_is_true_in_the_mean_over_the_model():
    m = conditional(*MODELS["logistic"][:2], [x1, x2], (a, b, c))
    theta = {a: 0.5, b: -1.0, c: 0.25}
    p = 1 / (1 + np.exp(-DESIGN @ np.array([0.5, -1.0, 0.25])))
    true = m.on_grid(theta, ("metric",), data=ROWS)["metric"].values.squeeze()
    parts = [  # each row once with either response, weighted by its probability: 24 rows of equal weight, two at a time
        m.empirical.on_grid(theta, ("metric",), data={x1: ROWS[x1][[n]], x2: ROWS[x2][[n]], y: [value]})[
            "metric"
        ].values
        * (p[n] if value else 1 - p[n])
        / 12
        for n in range(12)
        for value in (0, 1)
    ]
    assert np.allclose(sum(parts).squeeze(), true, rtol=1e-12)


def test_it_is_a_statistical_manifold():
    u, v = sp.symbols("u v", real=True)
    w = a + b * x1
    m = conditional(sp.exp(y * w) / (1 + sp.exp(w)), {y: (0, 1, "discrete")}, [x1], (a, b))
    assert isinstance(m, StatisticalManifold) and m.constants == ()
    assert "mean over the rows of x1" in str(m.provenance)
    assert m.check_duality(1)
    doubled = m.change_coordinates((u, v), {a: 2 * u, b: 2 * v})
    data = {x1: ROWS[x1]}
    same = m.on_grid({a: 0.5, b: -1.0}, ("metric", "amari_chentsov"), data=data)
    found = doubled.on_grid({u: 0.25, v: -0.5}, ("metric", "amari_chentsov"), data=data)
    assert np.allclose(found["metric"].values, 4 * same["metric"].values, rtol=1e-12)
    assert np.allclose(found["amari_chentsov"].values, 8 * same["amari_chentsov"].values, rtol=1e-11)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((MODELS["logistic"][0], MODELS["logistic"][1], [x1, a], (a, b, c)), ManifoldError, "a cannot be a covariate"),
        ((MODELS["logistic"][0], MODELS["logistic"][1], [x1, d], (a, b, c)), ManifoldError, "covariate d"),
        ((MODELS["logistic"][0], MODELS["logistic"][1], [], (a, b, c)), ManifoldError, "coordinate|covariate"),
        ((sp.exp(y * z), {y: (0, 1, "discrete")}, [x1, x2], (a, b, c)), DensityError, "normalised"),
        (
            (sp.exp(-sp.cosh(t - z)) / (2 * sp.besselk(0, 1)), {t: (-oo, oo)}, [x1, x2], (a, b, c)),
            DensityError,
            "no closed form",
        ),
    ],
)
def test_bad_models(arguments, error, words):
    with pytest.raises(error, match=words):
        conditional(*arguments)


def test_numbers_need_data():
    m = conditional(*MODELS["logistic"][:2], [x1, x2], (a, b, c))
    with pytest.raises(ManifoldError, match="on_grid"):
        m.fisher_at({a: 0, b: 0, c: 0})
    with pytest.raises(ValueError, match="x1|data"):
        m.on_grid({a: 0.0, b: 0.0, c: 0.0}, ("metric",))
