"""Distances in closed form: against textbook formulas, which are written down here in other ways, and where none holds."""

import numpy as np
import pytest
import sympy as sp
from chentsov import ImmersedManifold, RiemannianManifold
from chentsov.geometry.manifolds.closed_distances import closed_distance
from chentsov.models import families
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import eigvalsh

x, y = sp.symbols("x y", real=True)
r, h = sp.symbols("r h", positive=True)
DRAW = np.random.default_rng(7)
COUNT = 50


def positive(*columns):
    return np.exp(DRAW.uniform(-2, 2, (COUNT, *columns)))


def real(*columns):
    return DRAW.normal(size=(COUNT, *columns))


def check(manifold, p, q, expected, words, constants=None, tolerance=1e-12):
    found = manifold.distance(p, q, constants=constants)
    assert words in found.attrs["method"] and "shooting" not in found.attrs["method"]
    assert (found.status == 0).all() and (found.error < tolerance).all()
    assert np.allclose(found, expected, rtol=0, atol=1e-10)
    assert (np.abs(found - expected) <= found.error + 1e-8 * (found < 1e-3) + 1e-11).all()


def half_plane(x1, y1, x2, y2):
    return np.arccosh(1 + ((x1 - x2) ** 2 + (y1 - y2) ** 2) / (2 * y1 * y2))


def test_normal_distributions():
    (m1, s1), (m2, s2) = ((real(), positive()) for _ in range(2))
    expected = np.sqrt(2) * half_plane(m1 / np.sqrt(2), s1, m2 / np.sqrt(2), s2)
    check(families.normal(), np.stack([m1, s1], 1), np.stack([m2, s2], 1), expected, "curvature -1/2")
    check(families.log_normal(), np.stack([m1, s1], 1), np.stack([m2, s2], 1), expected, "hyperbolic")


@pytest.mark.slow
def test_other_locations_and_scales():
    """Cauchy distributions: ds² = (dμ² + dγ²)/(2γ²); generalised normal ones: (c dμ² + β dα²)/α²."""
    (m1, s1), (m2, s2) = ((real(), positive()) for _ in range(2))
    p, q = np.stack([m1, s1], 1), np.stack([m2, s2], 1)
    check(families.cauchy(), p, q, half_plane(m1, s1, m2, s2) / np.sqrt(2), "hyperbolic")
    kurtosis = {"beta": 2}  # exp(−((x − μ)/α)²), normal with variance α²/2
    expected = np.sqrt(2) * half_plane(m1 / np.sqrt(2), s1 / np.sqrt(2), m2 / np.sqrt(2), s2 / np.sqrt(2))
    check(families.generalised_normal(), p, q, expected, "hyperbolic", kurtosis)


@pytest.mark.slow
def test_inverse_gaussian_distributions():
    """With u = 2/√μ and h² = 2/λ the metric λ dμ²/μ³ + dλ²/(2λ²) is 2 (du² + dh²)/h², twice a half-plane."""
    p, q = positive(2), positive(2)
    (u1, h1), (u2, h2) = ((2 / np.sqrt(s[:, 0]), np.sqrt(2 / s[:, 1])) for s in (p, q))
    check(families.inverse_gaussian(), p, q, np.sqrt(2) * half_plane(u1, h1, u2, h2), "hyperbolic")


@pytest.mark.slow
def test_categorical_distributions():
    for k in (2, 3, 5):
        p, q = (DRAW.dirichlet(np.ones(k), COUNT) for _ in range(2))
        expected = 2 * np.arccos(np.sqrt(p * q).sum(1))
        words = "arc length" if k == 2 else "spherical"
        check(families.categorical(k), p[:, 1:], q[:, 1:], expected, words)


@pytest.mark.parametrize(
    "name, arc, low, high",
    [
        ("poisson", lambda s: 2 * np.sqrt(s), 0, 9),
        pytest.param("exponential", np.log, 0, 9, marks=pytest.mark.slow),
        pytest.param("bernoulli", lambda s: 2 * np.arcsin(np.sqrt(s)), 0, 1, marks=pytest.mark.slow),
        pytest.param("geometric", lambda s: 2 * np.arctanh(np.sqrt(1 - s)), 0, 1, marks=pytest.mark.slow),
    ],
)
def test_one_parameter(name, arc, low, high):
    p, q = (DRAW.uniform(low + 1e-3, high - 1e-3, (COUNT, 1)) for _ in range(2))
    check(getattr(families, name)(), p, q, np.abs(arc(p) - arc(q))[:, 0], "arc length")


def test_normal_distributions_with_fixed_mean_or_covariance():
    family = families.multivariate_normal(2)
    s11, s12, s22 = family.coordinates[2:]
    fixed = dict(zip(family.coordinates, (1, 2, s11, s12, s22)))
    matrices = []
    for _ in range(2):
        roots = real(2, 2)
        matrices.append(roots @ roots.transpose(0, 2, 1) + np.eye(2) / 50)
    p, q = (np.stack([m[:, 0, 0], m[:, 0, 1], m[:, 1, 1]], 1) for m in matrices)
    expected = [np.sqrt(np.sum(np.log(eigvalsh(b, a)) ** 2) / 2) for a, b in zip(*matrices)]
    check(family.pull_back((s11, s12, s22), fixed), p, q, expected, "positive definite matrices")
    m1, m2 = family.coordinates[:2]
    flat = family.pull_back((m1, m2), dict(zip(family.coordinates, (m1, m2, 2, 1, 3))))
    p, q = real(2), real(2)
    precision = np.linalg.inv([[2, 1], [1, 3]])
    check(flat, p, q, np.sqrt(np.einsum("ni,ij,nj->n", p - q, precision, p - q)), "constant metric")


@pytest.mark.slow
def test_spaces_of_constant_curvature_in_polar_coordinates():
    """The laws of cosines, plane, spherical and hyperbolic."""
    p, q = DRAW.uniform(0.1, 1.5, (COUNT, 2)), DRAW.uniform(0.1, 1.5, (COUNT, 2))
    (r1, f1), (r2, f2) = p.T, q.T
    turn = np.cos(f1 - f2)
    for slope, expected in [
        (r, np.sqrt(r1**2 + r2**2 - 2 * r1 * r2 * turn)),
        (sp.sin(r), np.arccos(np.cos(r1) * np.cos(r2) + np.sin(r1) * np.sin(r2) * turn)),
        (sp.sinh(r), np.arccosh(np.cosh(r1) * np.cosh(r2) - np.sinh(r1) * np.sinh(r2) * turn)),
    ]:
        check(RiemannianManifold([[1, 0], [0, slope**2]], (r, x)), p, q, expected, "curvature")


@pytest.mark.slow
def test_hyperbolic_space_over_a_plane():
    space = RiemannianManifold(sp.eye(3) / h**2, (x, y, h))
    p, q = (np.column_stack([real(2), positive(1)]) for _ in range(2))
    away = np.hypot(*(p - q)[:, :2].T)
    check(space, p, q, half_plane(0, p[:, 2], away, q[:, 2]), "hyperbolic")


def test_products_and_formulas():
    pair = RiemannianManifold([[1 / r, 0], [0, 1 / h**2]], (r, h))
    p, q = positive(2), positive(2)
    expected = np.hypot(2 * (np.sqrt(p) - np.sqrt(q))[:, 0], np.log(p / q)[:, 1])
    check(pair, p, q, expected, "product")
    m1, m2 = sp.symbols("m1 m2", real=True)
    formula = families.normal().distance([m1, 1], [m2, 1])
    assert formula.subs({m1: 0, m2: 3}).evalf() == pytest.approx(np.sqrt(2) * half_plane(0, 1, 3 / np.sqrt(2), 1))


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.floats(-30, 30), st.floats(-30, 30))
def test_the_activations_of_hopfield_networks(a, b):
    """∫√σ′ du by hand: the logistic function, tanh, arctan."""
    for slope, arc in [
        (1 / (4 * sp.cosh(x / 2) ** 2), lambda s: 2 * np.arctan(np.tanh(s / 4))),
        (1 / sp.cosh(x) ** 2, lambda s: 2 * np.arctan(np.tanh(s / 2))),
        (1 / (1 + x**2), np.arcsinh),
    ]:
        line = LINES.setdefault(slope, RiemannianManifold([[slope]], [x]))
        assert float(line.distance([a], [b])) == pytest.approx(abs(arc(a) - arc(b)), abs=1e-13, rel=1e-12)


LINES = {}


@pytest.mark.slow
def test_where_the_formula_does_not_hold():
    """Geodesics that would leave the domain, and angles that are no angles, are not given by a formula."""
    low = RiemannianManifold([[1 / h**2, 0], [0, 1 / h**2]], (x, h), domain=[h < 2])
    assert closed_distance(low) is None
    assert low.distance([[0, 1], [0, 1]], [[1, 1], [9, 1]]).status.values.tolist() == [1, 3]
    cone = RiemannianManifold([[1, 0], [0, 4 * r**2]], (r, x))
    near, far = cone.distance([[1, 0], [1, 0]], [[1, 1], [1, 3.1]])
    assert float(near) == pytest.approx(2 * np.sin(1)) and np.isnan(far)
    sphere = RiemannianManifold([[1, 0], [0, sp.sin(x) ** 2]], (x, y))
    assert (sphere.distance([[1, 0]], [[4, 0]]).status == 2).all()  # a pole lies between: none that is the shortest
    line = RiemannianManifold([[1 / x**4]], [x])
    assert float(line.distance([1], [2])) == pytest.approx(0.5) and np.isnan(line.distance([[-1]], [[1]])).all()
    gamma = families.gamma()
    assert closed_distance(gamma) is None
    ball = ImmersedManifold([r * sp.sin(x) * sp.cos(y), r * sp.sin(x) * sp.sin(y), 2 * r * sp.cos(x)], (x, y))
    assert closed_distance(ball) is None
