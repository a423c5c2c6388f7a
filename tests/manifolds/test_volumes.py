"""Volumes, Jeffreys' prior, stochastic complexity, Cramér–Rao bounds, flat coordinates: against textbooks and SciPy."""

from math import gamma, lgamma, log, pi

import numpy as np
import pytest
import sympy as sp
from chentsov import RiemannianManifold
from chentsov.geometry.manifolds import ManifoldError, StatisticalManifold
from chentsov.models import families
from scipy.integrate import dblquad, quad
from scipy.special import polygamma

x, y = sp.symbols("x y", real=True)
r = sp.Symbol("r", positive=True)


@pytest.mark.slow
@pytest.mark.parametrize("k, sphere", [(2, pi), (3, 2 * pi)])
def test_the_simplex_is_a_piece_of_a_sphere(k, sphere):
    """An orthant of the sphere of radius 2 in R^k: π^{k/2}/Γ(k/2)."""
    family = families.bernoulli() if k == 2 else families.categorical()
    found = family.volume()
    assert abs(found.value - sphere) <= found.error + 1e-15
    assert float(found.expression) == pytest.approx(pi ** (k / 2) / gamma(k / 2))


def test_volumes_of_regions():
    normal = families.normal()
    m, s = normal.coordinates
    assert normal.volume({m: (0, 1), s: (1, 2)}).expression == sp.sqrt(2) / 2
    assert normal.volume().expression == sp.oo


@pytest.mark.slow
def test_volumes_of_regions_with_moving_ends():
    normal = families.normal()
    m, s = normal.coordinates
    assert sp.simplify(normal.volume({m: (-s, s), s: (1, 2)}).expression - 2 * sp.sqrt(2) * sp.log(2)) == 0
    disc = RiemannianManifold([[1, 0], [0, 1]], (x, y), domain=[x**2 + y**2 < 1])
    assert disc.volume().expression == sp.pi
    a = sp.Symbol("a", positive=True)
    plane = RiemannianManifold([[1, 0], [0, a**2 * r**2]], (r, y))
    assert plane.volume({r: (0, 2), y: (0, 2 * sp.pi)}).expression == 4 * sp.pi * a


@pytest.mark.slow
def test_a_volume_without_a_closed_form():
    found = families.gamma().volume({"kappa": (1, 2), "m": (1, 3)})
    expected = quad(lambda k: np.sqrt(k * polygamma(1, k) - 1), 1, 2, epsabs=1e-14)[0] * log(3)
    assert found.expression is None and abs(found.value - expected) < 1e-12 and found.error < 1e-14


@pytest.mark.slow
def test_a_volume_of_two_variables_that_do_not_separate():
    disc = RiemannianManifold([[4 / (1 - x**2 - y**2) ** 2, 0], [0, 4 / (1 - x**2 - y**2) ** 2]], (x, y))
    found = disc.volume({x: (-0.5, 0.5), y: (-0.5, 0.5)})
    expected = dblquad(lambda u, v: 4 / (1 - u**2 - v**2) ** 2, -0.5, 0.5, -0.5, 0.5, epsabs=1e-11)[0]
    assert abs(found.value - expected) <= found.error + 1e-9 and found.error < 1e-6


def test_jeffreys_priors():
    p = families.bernoulli().coordinates[0]
    prior = families.bernoulli().jeffreys_prior()
    assert prior.is_proper and sp.simplify(prior.normalised * sp.pi * sp.sqrt(p * (1 - p))) == 1
    improper = families.normal().jeffreys_prior()
    s = families.normal().coordinates[1]
    assert improper.is_proper is False and improper.density == sp.sqrt(2) / s**2
    with pytest.raises(ManifoldError, match="improper"):
        _ = improper.normalised


def test_the_price_of_a_coin():
    """Against the normalised maximum likelihood itself, Σ_k C(n, k) (k/n)^k (1 − k/n)^{n−k}."""
    n = 400
    terms = [
        lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
        + (k * log(k / n) if k else 0) + ((n - k) * log(1 - k / n) if k < n else 0)
        for k in range(n + 1)
    ]  # fmt: skip
    exact = log(np.exp(terms).sum())
    next_order = 2 / 3 * np.sqrt(2 / (pi * n))  # (W. Szpankowski, IEEE Trans. Inf. Theory 44, 1998)
    assert float(families.bernoulli().stochastic_complexity(n)) + next_order == pytest.approx(exact, abs=1e-3)
    assert float(families.bernoulli().stochastic_complexity()) == pytest.approx(log(pi))
    with pytest.raises(ManifoldError, match="infinite"):
        families.normal().stochastic_complexity(10)


def test_cramer_rao():
    normal = families.normal()
    m, s = normal.coordinates
    n = sp.Symbol("n", positive=True, integer=True)
    # the coefficient of variation (Lehmann & Casella, Theory of Point Estimation, 1998, section 2.6)
    assert sp.simplify(normal.cramer_rao(s / m, observations=n) - s**2 * (2 * s**2 + m**2) / (2 * m**4 * n)) == 0
    both = normal.cramer_rao([m, s**2])
    assert both == sp.Matrix([[s**2, 0], [0, 2 * s**4]])
    poisson = families.poisson()
    (lam,) = poisson.coordinates
    # the shrunken mean c x is exactly as bad as its bound: c² λ
    assert poisson.cramer_rao(lam, bias=-lam / 2) == lam / 4
    t = sp.Symbol("t", positive=True)
    u = sp.Symbol("u", positive=True)
    uniform_like = StatisticalManifold.from_density(2 * u**2 / t**3 * sp.Rational(3, 2), {u: (0, t)}, (t,))
    with pytest.raises(ManifoldError, match="support moves"):
        uniform_like.cramer_rao(t)
    with pytest.raises(ManifoldError, match="positive integer"):
        poisson.cramer_rao(lam, observations=0)
    with pytest.raises(ManifoldError, match="another symbol mu"):
        normal.cramer_rao(sp.Symbol("mu", positive=True))


def test_coordinates_that_stabilise_the_variance():
    (lam,) = families.poisson().coordinates
    assert families.poisson().flat_coordinates().functions == (2 * sp.sqrt(lam),)
    plane = RiemannianManifold([[1, 0], [0, r**2]], (r, y)).flat_coordinates().functions
    assert set(plane) == {r * sp.cos(y), r * sp.sin(y)}
    with pytest.raises(ManifoldError, match=r"not flat \(R = -1\)"):
        families.normal().flat_coordinates()


@pytest.mark.slow
def test_the_arcsine_of_a_chance():
    (found,) = families.bernoulli().flat_coordinates().functions
    p = families.bernoulli().coordinates[0]
    assert all(abs(sp.N((found - 2 * sp.asin(sp.sqrt(p))).subs(p, v))) < 1e-14 for v in (0.1, 0.6))


def test_affine_coordinates_of_the_poisson_family():
    """λ^{2/3} removes the skewness and λ^{1/3} makes the likelihood normal (P. Hougaard, JRSS B 44, 1982)."""
    family = families.poisson()
    (lam,) = family.coordinates
    powers = {1: sp.log(lam), -1: lam, sp.Rational(-1, 3): lam ** sp.Rational(2, 3),
              sp.Rational(1, 3): lam ** sp.Rational(1, 3)}  # fmt: skip
    for alpha, expected in powers.items():
        (found,) = family.affine_coordinates(alpha).functions
        assert sp.simplify((found / expected).diff(lam)) == 0
    m, s = families.normal().coordinates
    assert families.normal().affine_coordinates(-1).functions == (m, m**2 + s**2)
    with pytest.raises(ManifoldError, match="not flat"):
        families.normal().affine_coordinates(sp.Rational(1, 2))


def test_efrons_curvature_of_a_normal_curve():
    """N(θ, a θ²): γ² = 2a²/(1 + 2a)³ (B. Efron, Annals of Statistics 3, 1975, for a = 1: 2/27)."""
    u, a = sp.symbols("u a", positive=True)
    curve = families.normal().submodel((u,), (u, sp.sqrt(a) * u))
    assert sp.simplify(curve.statistical_curvature - 2 * a**2 / (1 + 2 * a) ** 3) == 0


def test_volumes_where_the_sign_of_a_constant_is_not_known():
    x, a = sp.symbols("x a", real=True)
    line = RiemannianManifold([[a**2]], (x,))
    assert line.volume({x: (0, 1)}).expression == sp.Abs(a)
    assert line.volume({x: (0, 1)}, constants={a: -2}).value == 2
    assert RiemannianManifold([[a]], (x,)).volume({x: (0, 1)}, constants={a: -4}).value == 2  # √|−4|


def test_ranges_that_are_empty_for_some_constants_or_points():
    x, y, a = sp.symbols("x y a", real=True)
    with pytest.raises(ManifoldError, match="the range of x is empty: from 2 to 1"):
        RiemannianManifold([[x**2]], (x,)).volume({x: (2, a)}, constants={a: 1})
    with pytest.raises(ManifoldError, match="the range of y is empty"):
        RiemannianManifold([[1, 0], [0, 1]], (x, y)).volume({x: (-1, 1), y: (0, x)})


@pytest.mark.parametrize(
    "region, words",
    [
        ({x: (1, 0)}, "empty"),
        ({x: 3}, "must be a sequence"),
        ({x: (0, 1, 2)}, "two ends, not 3"),
        ({"z": (0, 1)}, "no symbol here"),
        ({x: (0, y), y: (0, x)}, "hold one another"),
        ({x: (0, 2), y: (0, 1)}, "lies outside the domain"),
    ],
)
def test_bad_regions(region, words):
    square = RiemannianManifold([[1, 0], [0, 1]], (x, y), domain=[x < 1])
    with pytest.raises(ManifoldError, match=words):
        square.volume(region)
