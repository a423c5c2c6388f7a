"""Densities off the beaten track: right values by textbook formulas or mpmath's quadrature, and true refusals."""

import mpmath
import numpy as np
import pytest
import sympy as sp
from chentsov import ExponentialFamily, StatisticalManifold, compile
from chentsov.geometry.expectation.density import DensityError
from chentsov.geometry.manifolds import ManifoldError, SingularMetricError
from chentsov.models import families
from hypothesis import given, settings
from hypothesis import strategies as st

oo, R = sp.oo, sp.Rational
x, mu = sp.symbols("x mu", real=True)
y, s, b, nu = sp.symbols("y sigma b nu", positive=True)
from_density = StatisticalManifold.from_density


def davis_metric(scale, shape):
    """w = b/x has the density w^(ν−1)/((e^w − 1) Γ(ν) ζ(ν)), an exponential family in ν with log-partition log Γ + log ζ."""
    with mpmath.workdps(30):
        v = mpmath.mpf(shape)
        mass = mpmath.gamma(v) * mpmath.zeta(v)
        second = mpmath.quad(lambda w: w ** (v + 1) * mpmath.exp(-w) / (1 - mpmath.exp(-w)) ** 3, [0, 1, 9, mpmath.inf])
        z = [mpmath.zeta(v, 1, k) for k in range(3)]
        return np.array(
            [
                [(second / mass - v**2) / scale**2, -1 / mpmath.mpf(scale)],
                [-1 / mpmath.mpf(scale), mpmath.psi(1, v) + z[2] / z[0] - (z[1] / z[0]) ** 2],
            ],
            float,
        )


@pytest.mark.slow
def test_davis():
    density = b**nu * y ** (-1 - nu) / ((sp.exp(b / y) - 1) * sp.gamma(nu) * sp.zeta(nu))
    m = from_density(density, {y: (0, oo)}, (b, nu), domain={nu: (2, 6)})
    grid = m.on_grid({b: [1.0, 2.0], nu: [2.5, 3.0]}, ("metric", "ricci_scalar"))
    for i, j in np.ndindex(2, 2):
        assert np.allclose(grid["metric"].values[..., i, j], davis_metric([1, 2][i], [2.5, 3][j]), rtol=1e-11)
    assert abs(float(grid["ricci_scalar"][0, 1]) / float(m.ricci_scalar_at({b: 1, nu: 3}, 15)) - 1) < 1e-9


@pytest.mark.slow
def test_raised_cosine():
    density = (1 + sp.cos(sp.pi * (x - mu) / s)) / (2 * s)
    m = from_density(density, {x: (mu - s, mu + s)}, (mu, s), time_limit=120)  # a busy machine is slow
    assert sp.simplify(m.metric - sp.diag(sp.pi**2, sp.pi**2 / 3 + 1) / s**2) == sp.zeros(2)
    assert sp.simplify(m.ricci_scalar + 2 / (sp.pi**2 / 3 + 1)) == 0  # (a dμ² + c dσ²)/σ² has R = −2/c


@pytest.mark.parametrize("variable", [y, sp.Symbol("y")])
def test_log_cauchy_is_cauchy(variable):
    density = s / (sp.pi * variable * (s**2 + (sp.log(variable) - mu) ** 2))
    m = from_density(density, {variable: (0, oo)}, (mu, s))
    assert sp.simplify(m.metric - sp.eye(2) / (2 * s**2)) == sp.zeros(2) and m.ricci_scalar == -4


def test_a_quadratic_is_completed_to_a_square():
    density = sp.sqrt(3 * s**2 + 2) / sp.pi / (x**2 - 2 * x * s + 4 * s**2 + 2)
    m = from_density(density, {x: (-oo, oo)}, (s,))
    # a Cauchy law at μ = σ of scale γ = √(3σ² + 2), so (μ′² + γ′²)/(2γ²)
    scale = sp.sqrt(3 * s**2 + 2)
    assert sp.simplify(m.metric[0, 0] - (1 + scale.diff(s) ** 2) / (2 * scale**2)) == 0


def test_a_tail_that_falls_like_a_logarithm_is_integrated():
    density = s * sp.log(y) ** (-s - 1) / y  # log y has a Pareto law on (1, ∞)
    m = from_density(density, {y: (sp.E, oo)}, (s,))
    assert (
        m.metric[0, 0] == 1 / s**2 or abs(float(m.on_grid({s: [2.0]}, ("metric",))["metric"][0, 0, 0]) - 0.25) < 1e-12
    )


def test_a_support_that_only_moves_has_no_fisher_metric():
    lower, upper, theta = sp.symbols("a c theta", real=True)
    for density, ends, coordinates in [
        (1 / (upper - lower), (lower, upper), (lower, upper)),
        (sp.S.One, (theta, theta + 1), (theta,)),
    ]:
        with pytest.raises(SingularMetricError, match="does not exist.*support moves"):
            from_density(density, {x: ends}, coordinates)
    with pytest.raises(SingularMetricError, match="does not change along"):
        from_density((s + b) * sp.exp(-(s + b) * y), {y: (0, oo)}, (s, b))


@pytest.mark.parametrize("constant", [0.3989422804014327, 0.398942280401433])
def test_a_rounded_constant_is_named(constant):
    with pytest.raises(DensityError, match=r"∫p − 1 = .*E-1.*sqrt\(2\)/\(2\*sqrt\(pi\)\) is exact"):
        from_density(constant * sp.exp(-((x - mu) ** 2) / 2), {x: (-oo, oo)}, (mu,))


@pytest.mark.parametrize("bounds", [(None, 1), (0, None), ([0], 1), (0, "oo"), (0, sp.nan), (0, {1})])
def test_bounds_that_are_none(bounds):
    with pytest.raises(DensityError, match="bound [12] of y"):
        from_density(s * sp.exp(-s * y), {y: bounds}, (s,))


@pytest.mark.parametrize("domain", [{s: 5}, {s: (2, 1)}, {s: ("a", "b")}, {"q": (0, 1)}, {s: (0, None)}, [0, 1]])
def test_bad_domains(domain):
    with pytest.raises(DensityError, match="domain"):
        from_density(s * sp.exp(-s * y), {y: (0, oo)}, (s,), domain=domain)


@pytest.mark.parametrize("digits", [0, -3, 2.5, 10**6, True, None, "9"])
def test_digits_are_a_bounded_whole_number(digits):
    normal = families.normal()
    family = ExponentialFamily(sp.log(1 + sp.exp(x)), (x,))
    for ask in (
        lambda: normal.fisher_at({"mu": 0, "sigma": 1}, digits=digits),
        lambda: normal.fisher_at({"mu": 0, "sigma": 1}, digits=digits, rigorous=True),
        lambda: normal.ricci_scalar_at({"mu": 0, "sigma": 1}, digits),
        lambda: normal.expectation_at([1], {"mu": 0, "sigma": 1}, digits),
        lambda: family.m_projection([0], [0], [[1]], digits),
        lambda: family.e_projection([0], [[1]], [R(1, 2)], digits),
    ):
        with pytest.raises(ValueError, match="digits (must be a whole number from 1 on|is 1000000; at most)"):
            ask()


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(["positive", "negative", "nonnegative", "integer", "nonzero"]), st.integers(-8, 8))
def test_points_keep_what_their_symbols_promise(promise, quarters):
    c = sp.Symbol("c", real=True, **{promise: True})
    m = from_density(sp.exp(-((x - c) ** 2) / 2) / sp.sqrt(2 * sp.pi), {x: (-oo, oo)}, (c,))
    value = R(quarters, 4)
    if getattr(value, f"is_{promise}"):
        assert abs(m.fisher_at({"c": value}, 10)[0, 0] - 1) < 1e-9
    else:
        with pytest.raises(ManifoldError, match=f"outside its domain: c was declared {promise}"):
            m.fisher_at({"c": value}, 10)


def test_one_point_has_one_value():
    with pytest.raises(ManifoldError, match="sigma.*twice|twice.*sigma|may be 2"):
        families.normal().fisher_at({"mu": 0, "sigma": 1, sp.Symbol("sigma"): 2})


def test_projections_along_nothing():
    p, q = sp.symbols("p q", real=True)
    pair = ExponentialFamily(sp.log(1 + sp.exp(p)) + sp.log(1 + sp.exp(q)), (p, q))
    for directions, words in [
        ([[0, 0]], "direction 0 is zero"),
        ([[1, 0], [2, 0]], "linearly dependent"),
        ([[p, 1]], "p has no value"),
    ]:
        with pytest.raises(ManifoldError, match=words):
            pair.m_projection([1, 1], [0, 0], directions)
    # on the diagonal both means are (1/(1+e^−1) + 1/(1+e^−2))/2
    with mpmath.workdps(50):
        mean = (1 / (1 + mpmath.exp(-1)) + 1 / (1 + mpmath.exp(-2))) / 2
        assert (
            abs(mpmath.mpf(str(pair.m_projection([1, 2], [0, 0], [[1, 1]], 40)[0])) - mpmath.log(mean / (1 - mean)))
            < 1e-38
        )


@pytest.mark.slow
def test_a_slope_of_both_signs_turns_no_orientation():
    """Skew normal: R is even in α, E[s_α s_α] by a quadrature of its own; a failed lay-out leaves the nodes as they were."""
    alpha, z = sp.Symbol("alpha", real=True), (x - mu) / s
    density = sp.exp(-(z**2) / 2) * (1 + sp.erf(alpha * z / sp.sqrt(2))) / sp.sqrt(2 * sp.pi) / s
    m = from_density(density, {x: (-oo, oo)}, (mu, s, alpha))
    grid = m.on_grid({"mu": 0.5, "sigma": 1.5, "alpha": [-1.0, 1.0]}, ("ricci_scalar", "metric"))
    np.testing.assert_allclose(grid["ricci_scalar"].values, -7.2818104, rtol=1e-8)
    square = mpmath.quad(lambda t: t**2 * mpmath.npdf(t) ** 3 * 2 / mpmath.ncdf(t), [-9, -4, 0, 4, 9])
    np.testing.assert_allclose(grid["metric"].isel(i=2, j=2), float(square), rtol=1e-10)
    nodes = m.expectation.nodes
    rows = dict(nodes.rows)
    with pytest.raises(ValueError):
        nodes.lay_at({mu: sp.zoo, s: sp.Integer(1), alpha: sp.Integer(1)})
    assert nodes.rows == rows and compile(nodes.mass, (mu, s, alpha), data=nodes.rows)(0.5, 1.5, -1.0) == pytest.approx(
        1
    )
