"""Grids of densities without closed form: numbers from enclosed integrals, and reasons where there are none."""

import mpmath
import numpy as np
import pytest
import sympy as sp
from chentsov import RiemannianManifold, StatisticalManifold
from chentsov.geometry.expectation import QuadratureError

oo, R = sp.oo, sp.Rational
x = sp.Symbol("x", real=True)
n = sp.Symbol("n")
e, s, a, b, c = sp.symbols("e s a b c", positive=True)
m = sp.Symbol("m", real=True)
bump = lambda centre: sp.exp(-((x - centre) ** 2) / 2) / sp.sqrt(2 * sp.pi)


@pytest.fixture(scope="module")
def mixture():
    return StatisticalManifold.from_density(
        e * bump(m) + (1 - e) * bump(-m), {x: (-oo, oo)}, (e, m), domain={e: (0, 1)}
    )


@pytest.mark.slow
def test_a_mixture_of_two_normals(mixture):
    assert mixture.provenance.route == "quadrature"
    axes = {e: [0.3, 1.5], m: [0.0, 1.25]}
    grid = mixture.on_grid(axes, ("metric", "ricci_scalar"), rtol=1e-10)
    assert grid["status"].values.tolist() == [[1, 0], [1, 2]]  # m = 0: e has no influence; e > 1: no density
    inside = {e: R(0.3), m: R(5, 4)}
    assert np.isnan(grid["ricci_scalar"].values).tolist() == [[True, False], [True, True]]
    metric = mixture.fisher_at(inside, 20)
    for i in range(2):
        for j in range(2):
            assert abs(float(grid["metric"][i, j, 0, 1]) / float(metric[i, j]) - 1) < 1e-10
    assert abs(float(grid["ricci_scalar"][0, 1]) / float(mixture.ricci_scalar_at(inside, 15)) - 1) < 1e-10


@pytest.mark.slow
def test_the_nodes_agree_with_what_is_proven(mixture):
    axes = {e: [0.25], m: [1.0]}
    fast, proven = (
        mixture.on_grid(axes, ("ricci_scalar", "christoffel"), **options) for options in ({}, {"rtol": 1e-9})
    )
    for name in ("ricci_scalar", "christoffel"):
        assert np.allclose(fast[name].values, proven[name].values, rtol=1e-11, atol=1e-12)
    assert proven.attrs["rtol"] == 1e-9 and not proven["status"].values.any()


def test_integrals_of_a_location_scale_family_are_enclosed_once():
    mu = sp.Symbol("mu", real=True)
    z = (x - mu) / s
    density = sp.exp(-sp.cosh(z)) / (2 * s * sp.besselk(0, 1))
    family = StatisticalManifold.from_density(density, {x: (-oo, oo)}, (mu, s), time_limit=0)
    assert family.provenance.route == "quadrature"
    steps = []
    grid = family.on_grid(
        {mu: np.linspace(-1, 1, 20), s: np.linspace(0.5, 2, 20)},
        rtol=1e-12,
        progress=lambda done, total: steps.append((done, total)),
    )
    assert not grid["status"].values.any() and steps[-1] == (400, 400)
    assert np.ptp(grid["ricci_scalar"].values) < 1e-11
    # an integrand that decays doubly exponentially by itself: it takes a finer step than most
    nodes = family.on_grid({mu: [0.0], s: [1.0]})["ricci_scalar"].values
    assert np.abs(nodes / grid["ricci_scalar"].values[:1, :1] - 1).max() < 1e-13
    assert abs(float(grid["ricci_scalar"][3, 4]) - float(family.ricci_scalar_at({mu: 0, s: 1}, 15))) < 1e-11


def test_a_support_that_moves():
    """A logistic density cut off at c: its integrals are taken over a fixed range, so that they may be differentiated."""
    u = sp.exp(-x / s)
    density = u / (s * (1 + u) ** 2) / (1 / (1 + sp.exp(-c / s)) - R(1, 2))
    family = StatisticalManifold.from_density(density, {x: (0, c)}, (s, c), time_limit=0)
    if family.provenance.route == "quadrature":
        at, step = {s: R(3, 4), c: R(6, 5)}, R(1, 10**6)
        grid = family.on_grid({s: 0.75, c: [1.0, 1.2]}, ("christoffel_first",))
        above, below = (family.fisher_at({**at, c: at[c] + h}, 20) for h in (step, -step))
        slope = (above - below) / (2 * step)
        gamma = grid["christoffel_first"].sel(c=1.2).values
        assert abs(2 * gamma[1, 1, 1] - float(slope[1, 1])) < 1e-9
        assert abs(gamma[0, 1, 1] + gamma[1, 0, 1] - float(slope[0, 1])) < 1e-9


@pytest.mark.slow
def test_an_atom_beside_a_density_without_closed_form():
    family = StatisticalManifold.from_density(
        coordinates=(e, m), domain={e: (0, 1)}, time_limit=0,
        pieces=[(e, {}), ((1 - e) * (bump(m) / 3 + 2 * bump(-m) / 3), {x: (-oo, oo)})],
    )  # fmt: skip
    grid = family.on_grid({e: [0.25], m: [1.0]}, ("metric",), rtol=1e-11)
    assert abs(float(grid["metric"][0, 0, 0, 0]) - 1 / (0.25 * 0.75)) < 1e-10
    assert abs(float(grid["metric"][0, 1, 0, 0])) < 1e-20  # of an atom's weight and the shape of the rest
    assert abs(float(grid["metric"][1, 1, 0, 0]) / float(family.fisher_at({e: R(1, 4), m: 1}, 18)[1, 1]) - 1) < 1e-11


def test_what_cannot_be_certified_is_refused():
    skellam = StatisticalManifold.from_density(
        sp.exp(-a - b) * (a / b) ** (n / 2) * sp.besseli(n, 2 * sp.sqrt(a * b)), {n: (-oo, oo, "discrete")}, (a, b)
    )
    with pytest.raises(QuadratureError, match="besseli.*without rtol"):
        skellam.on_grid({a: [1.0], b: [1.0]}, ("metric",), rtol=1e-8)
    found = skellam.on_grid({a: [0.5], b: [0.75]}, ("metric",))["metric"].values[..., 0, 0]
    assert np.allclose(found, np.array(skellam.fisher_at({a: R(1, 2), b: R(3, 4)}, 15), float), rtol=1e-12)


def test_enclosed_integrals_stay_in_the_domain_and_in_their_type():
    mu = sp.Symbol("mu", real=True)
    density = sp.exp(-sp.cosh((x - mu) / s)) / (2 * s * sp.besselk(0, 1))
    family = StatisticalManifold.from_density(density, {x: (-oo, oo)}, (mu, s), time_limit=0, conditions=[mu < 1])
    grid = family.on_grid({mu: [0.0, 2.0], s: [1.0, -1.0]}, ["metric"], rtol=1e-10)
    assert grid.status.values.tolist() == [[0, 2], [2, 2]] and np.isnan(grid.metric.values[0, 0]).sum() == 3
    # E[∂_μℓ²] = E[sinh² z] at s = 1, which by parts is E[cosh z] = K_1(1)/K_0(1)
    exact = sp.besselk(1, 1).evalf(30) / sp.besselk(0, 1).evalf(30)
    assert abs(float(grid.metric[0, 0, 0, 0]) / float(exact) - 1) < 1e-10
    single = family.on_grid({mu: 0.0, s: 1.0}, ["metric"], rtol=1e-6, dtype="float32").metric
    assert single.dtype == np.float32 and abs(float(single[0, 0]) / float(exact) - 1) < 1e-6
    for options in ({"rtol": 1e-12, "dtype": "float32"}, {"rtol": 0}, {"rtol": -1}, {"rtol": "a"}):
        with pytest.raises(ValueError, match="rtol"):
            family.on_grid({mu: 0.0, s: 1.0}, ["metric"], **options)


@pytest.mark.parametrize("excess, rtol", [(R(1, 10**22), 1e-3), (0, 1e-3), (R(-1, 10**9), 1e-6), (0, 1e-10)])
def test_zero_is_told_from_a_small_number(excess, rtol):
    """R of dx² + f dy² with f = 1 + c x² at x = 0 is −2c; c is 0, as twice a half less the whole, and a bit more."""
    u, v, t = sp.symbols("u v t", real=True)
    even = sp.exp(-sp.cosh(t)) * sp.cos(t)
    nothing = sp.Integral(even, (t, -1, 1)) - 2 * sp.Integral(even, (t, 0, 1))
    strip = RiemannianManifold(sp.diag(1, 1 + (nothing + excess) * u**2), (u, v))
    grid = strip.on_grid({u: [0.0], v: 0.0}, rtol=rtol)
    assert grid.status.item() == 0
    assert abs(grid.ricci_scalar.item() + 2 * float(excess)) <= rtol * 2 * abs(excess)


def test_constants_of_enclosed_integrals_are_exact_and_small_numbers_are_none():
    u, v, t, a = sp.symbols("u v t a", real=True)
    near = sp.Integral(sp.exp(-sp.cosh(t)), (t, -1, 1)) * (u - a) ** 2
    strip = RiemannianManifold(sp.diag(1, 1 + near), (u, v))
    grid = strip.on_grid({u: [0.1 + 1e-15], v: 0.0}, ["metric"], constants={a: R(1, 10)}, rtol=1e-10)
    assert grid.status.item() == 0
    far = RiemannianManifold(sp.diag(1, near), (u, v))
    grid = far.on_grid({u: [0.1 + 1e-15, 1e-170], v: 0.0}, ["metric"], constants={a: 0}, rtol=1e-10)
    assert grid.status.values.ravel().tolist() == [0, 5] and np.isnan(grid.metric[1, 1, 1])
    at = far.on_grid({u: [0.1 + 1e-15], v: 0.0}, ["metric"], constants={a: R(1, 10)}, rtol=1e-10).metric[1, 1].item()
    with mpmath.workdps(40):
        whole = mpmath.quad(lambda s: mpmath.exp(-mpmath.cosh(s)), [-1, 0, 1])
        assert abs(at / (whole * (mpmath.mpf(0.1 + 1e-15) - mpmath.mpf(1) / 10) ** 2) - 1) < 1e-10
