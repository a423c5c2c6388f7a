"""Integrals and sums without closed form in metrics, potentials and densities, against mpmath's sums and integrals."""

import mpmath
import numpy as np
import pytest
import sympy as sp
from chentsov import HessianManifold, RiemannianManifold, StatisticalManifold
from chentsov.geometry.expectation.checks import NormalisationError
from chentsov.geometry.expectation.density import DensityError
from chentsov.geometry.expectation.formal import FormalNodes
from chentsov.geometry.expectation.formal_pieces import by_exponentials
from chentsov.geometry.expectation.quadrature import QuadratureError
from hypothesis import given, settings
from hypothesis import strategies as st

oo, R = sp.oo, sp.Rational
x, y, t = sp.symbols("x y t", real=True)
lam, nu = sp.symbols("lambda nu", positive=True)
j = sp.Symbol("j", integer=True, nonnegative=True)
n = sp.Symbol("n", integer=True, nonnegative=True)
COUNTS = sp.Sum(sp.exp(j * x) / sp.factorial(j) ** y, (j, 0, oo))


def cumulants(at_x, at_y):
    """Derivatives of log Σ e^{jx}/j!^y of orders 2 and 3: cumulants of (j, −log j!), by moments."""
    with mpmath.workdps(40):
        weight = lambda k: mpmath.exp(k * mpmath.mpf(at_x) - mpmath.mpf(at_y) * mpmath.loggamma(k + 1))
        statistic = (lambda k: mpmath.mpf(k), lambda k: -mpmath.loggamma(k + 1))
        z = mpmath.nsum(weight, [0, mpmath.inf], method="d", maxterms=400)
        mean = lambda f: mpmath.fsum(weight(k) * f(k) for k in range(200)) / z
        mu = [mean(s) for s in statistic]
        central = lambda *index: mean(lambda k: mpmath.fprod(statistic[i](k) - mu[i] for i in index))
        g = mpmath.matrix(2, 2)
        cubic = {}
        for a in range(2):
            for b in range(2):
                g[a, b] = central(a, b)
                for c in range(2):
                    cubic[a, b, c] = central(a, b, c)
        return g, cubic


def hessian_curvature(g, cubic):
    """R = −det(g; T_1; T_2)/(2 det² g) with sign by the convention of the sphere, in two dimensions."""
    rows = mpmath.matrix(
        [[g[0, 0], g[0, 1], g[1, 1]], *([cubic[0, 0, k], cubic[0, 1, k], cubic[1, 1, k]] for k in range(2))]
    )
    return -mpmath.det(rows) / (2 * mpmath.det(g) ** 2)


@pytest.fixture(scope="module")
def counts():
    return HessianManifold(sp.log(COUNTS), (x, y))


def test_a_sum_in_a_potential(counts):
    axes = {x: [0.0, 1.0], y: [1.0, 2.0]}
    grid = counts.on_grid(axes, ("metric", "ricci_scalar"))
    proven = counts.on_grid(axes, ("ricci_scalar",), rtol=1e-10)
    assert not grid["status"].any() and not proven["status"].any()
    for k, l in np.ndindex(2, 2):
        g, cubic = cumulants(axes[x][k], axes[y][l])
        right = np.array(g.tolist(), float)
        assert np.allclose(grid["metric"].values[..., k, l], right, rtol=1e-11)
        curvature = float(hessian_curvature(g, cubic))
        assert grid["ricci_scalar"].values[k, l] == pytest.approx(curvature, rel=1e-9)
        assert proven["ricci_scalar"].values[k, l] == pytest.approx(curvature, rel=1e-10)


def test_derivatives_stay_exact(counts):
    first = counts.dual_coordinates[0]
    assert counts.field(first) == counts.field(COUNTS.diff(x) / COUNTS)
    assert counts.metric[0, 1].has(sp.Sum) and not counts.metric.has(sp.Derivative, sp.Subs)


def test_at_y_1_it_is_poisson():
    grid = HessianManifold(sp.log(COUNTS.subs(y, 1)), (x,)).on_grid({x: [-1.0, 0.5, 2.0]}, ("metric",))
    assert np.allclose(grid["metric"].values[0, 0], np.exp([-1.0, 0.5, 2.0]), rtol=1e-12)


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 3), st.integers(1, 4), st.sampled_from([(0, oo), (-oo, oo), (0, 1), (-oo, 2)]))
def test_integrals_in_a_metric(power, quarters, ends):
    """∫ e^{−t² − c t⁴} t^{2m} dt over all kinds of ranges."""
    integral = sp.Integral(t ** (2 * power) * sp.exp(-(t**2) - x * t**4), (t, *ends))
    m = RiemannianManifold(sp.diag(1, integral), (x, y))
    at = quarters / 4
    grid = m.on_grid({x: [at], y: 0.0}, ("metric", "ricci_scalar"))
    with mpmath.workdps(30):
        low, high = (
            mpmath.mpf(str(e)) if e.is_finite else mpmath.mpf("inf") * (1 if e > 0 else -1) for e in map(sp.S, ends)
        )
        moment = lambda k: mpmath.quad(
            lambda s: (-(s**4)) ** k * s ** (2 * power) * mpmath.exp(-(s**2) - at * s**4), [low, min(high, 0.5), high]
        )
        f, first, second = moment(0), moment(1), moment(2)
        curvature = -second / f + (first / f) ** 2 / 2  # R = −2 (√f)″/√f
    assert float(grid["metric"].values[1, 1].squeeze()) == pytest.approx(float(f), rel=1e-11)
    assert float(grid["ricci_scalar"].squeeze()) == pytest.approx(float(curvature), rel=1e-9)


def test_an_end_that_moves():
    m = RiemannianManifold(sp.diag(1, sp.Integral(sp.exp(-(t**2)), (t, 0, x))), (x, y))
    grid = m.on_grid({x: [0.5, 1.0], y: 0.0}, ("metric", "ricci_scalar"))
    error = lambda s: sp.sqrt(sp.pi) * sp.erf(s) / 2
    exact = RiemannianManifold(sp.diag(1, error(x)), (x, y)).ricci_scalar
    for k, s in enumerate([0.5, 1.0]):
        assert float(grid["metric"].values[1, 1][k]) == pytest.approx(float(error(s)), rel=1e-12)
        assert float(grid["ricci_scalar"][k]) == pytest.approx(float(exact.subs(x, R(s))), rel=1e-10)


@pytest.mark.parametrize("odd", [t, t**3 - 7 * t, sp.sin(t)])
def test_integrals_that_vanish(odd):
    """∫ of an odd function is 0, and f = 1 + x² + 0: R = −2/(1 + x²)²."""
    zero = sp.Integral(odd * sp.exp(-(t**4) - x**2 * t**2), (t, -oo, oo))
    manifold = RiemannianManifold(sp.diag(1, 1 + x**2 + x * zero), (x, y))
    for options in ({}, {"rtol": 1e-8}):
        grid = manifold.on_grid({x: [0.5, 1.0], y: 0.0}, **options)
        assert grid.ricci_scalar.values.ravel() == pytest.approx([-1.28, -0.5], rel=1e-12) and not grid.status.any()


def test_conway_maxwell_poisson():
    z = sp.Sum(lam**n / sp.factorial(n) ** nu, (n, 0, oo))
    m = StatisticalManifold.from_density(lam**j / sp.factorial(j) ** nu / z, {j: (0, oo, "discrete")}, (lam, nu))
    assert m.provenance.route == "exponential family"
    at = {lam: R(3, 2), nu: R(5, 4)}
    g, cubic = cumulants(mpmath.log(1.5), 1.25)  # log λ and ν are affine
    right = np.array([[g[0, 0] / 1.5**2, g[0, 1] / 1.5], [g[0, 1] / 1.5, g[1, 1]]], float)
    assert np.allclose(np.array(m.fisher_at(at, 20), float), right, rtol=1e-14)
    balls = m.fisher_at(at, 20, rigorous=True)
    assert all(abs(float(balls[i][k].mid()) - right[i, k]) < 1e-15 for i in range(2) for k in range(2))
    grid = m.on_grid({lam: [1.5], nu: [1.25]}, ("metric", "ricci_scalar", "amari_chentsov"))
    assert np.allclose(grid["metric"].values[..., 0, 0], right, rtol=1e-11)
    assert float(grid["ricci_scalar"].squeeze()) == pytest.approx(float(hessian_curvature(g, cubic)), rel=1e-9)
    assert float(grid["amari_chentsov"].values[1, 1, 1].squeeze()) == pytest.approx(float(cubic[1, 1, 1]), rel=1e-9)


def test_what_cannot_be_used_says_so():
    geometric = HessianManifold(sp.log(sp.Sum(sp.exp(j * x), (j, 0, oo))), (x,))
    assert geometric.on_grid({x: [-1.0]}, ("metric",))["metric"].values.squeeze() == pytest.approx(
        np.exp(-1) / (1 - np.exp(-1)) ** 2, rel=1e-12
    )
    with pytest.raises(QuadratureError, match="converge"):
        geometric.on_grid({x: [-1.0, 1.0]}, ("metric",))
    wrong = sp.Sum(lam**n / sp.factorial(n), (n, 1, oo))
    with pytest.raises(NormalisationError, match="not normalised"):
        StatisticalManifold.from_density(lam**j / sp.factorial(j) / wrong, {j: (0, oo, "discrete")}, (lam,))
    with pytest.raises(DensityError, match="sample variable"):
        inner = sp.Integral(sp.exp(-(t**2) * y), (t, 0, 1))
        StatisticalManifold.from_density(lam * sp.exp(-lam * y) * inner, {y: (0, oo)}, (lam,))
    with pytest.raises(ValueError, match="no limits"):
        FormalNodes([sp.Integral(sp.exp(-x * t), t)], [x])
    with pytest.raises(ValueError, match="inside another"):
        FormalNodes([sp.Integral(sp.exp(-x * t) * COUNTS, (t, 0, 1))], [x])
    with pytest.raises(ValueError, match="number for y"):
        HessianManifold(sp.log(COUNTS), (x, y)).on_grid({x: [0.0]})


def test_factorials_are_logarithms():
    k = sp.Symbol("k")
    f = x**k * sp.log(sp.factorial(k)) ** 2 / sp.factorial(k) ** y
    assert by_exponentials(f) == x**k * sp.loggamma(k + 1) ** 2 * sp.exp(-y * sp.loggamma(k + 1))


def test_a_variable_may_be_called_as_the_weights_are():
    u, w, s = sp.symbols("u w s", real=True)
    nodes = FormalNodes([sp.Integral(sp.exp(-w * s), (w, 0, 1)), sp.Integral(u, (u, 0, s), (w, 0, 1))], [s])
    for names in nodes.integrals():
        assert len({name.name for name in names}) == len(names)


def test_a_normaliser_that_is_an_integral_has_no_kinks_to_split_at():
    """Its value at a point is a ball, which has no place in an expression."""
    from chentsov.geometry.expectation.density import Piece, Variable, split_at_kinks
    from flint import arb

    u, c = sp.symbols("u c", real=True)
    piece = Piece(-(u**4) - sp.log(c), (Variable(u, -sp.oo, sp.oo),))
    assert split_at_kinks(piece, {c: arb(1.8128)}) == [(piece, {})]


@pytest.mark.slow
def test_the_quartic_family():
    """g is the covariance of (x^4, x^2) under exp(-a x^4 - b x^2)/Z, by mpmath."""
    x, u = sp.symbols("x u", real=True)
    a, b = sp.symbols("a b", positive=True)
    total = sp.Integral(sp.exp(-a * u**4 - b * u**2), (u, -sp.oo, sp.oo))
    family = StatisticalManifold.from_density(sp.exp(-a * x**4 - b * x**2) / total, {x: (-sp.oo, sp.oo)}, (a, b))
    grid = family.on_grid({a: [1.5], b: [2.0]}, ["metric"])
    with mpmath.workdps(20):
        moment = [
            mpmath.quad(lambda v: v**n * mpmath.exp(-1.5 * v**4 - 2 * v**2), [-mpmath.inf, 0, mpmath.inf])
            for n in (0, 2, 4, 6, 8)
        ]
        m2, m4, m6, m8 = (m / moment[0] for m in moment[1:])
    want = [[m8 - m4**2, m6 - m4 * m2], [m6 - m4 * m2, m4 - m2**2]]
    np.testing.assert_allclose(grid.metric.values.reshape(2, 2), np.array(want, float), rtol=1e-10)
