"""Curvature where functions with kinks are smooth, and NaN with the status "kink" where they are not."""

import chentsov as ch
import mpmath
import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.exact import Mean
from chentsov.geometry.exact.kinks import derivative, kink_indicator
from chentsov.geometry.grids import STATUS
from hypothesis import given, settings
from hypothesis import strategies as st

x, y = sp.symbols("x y", real=True)
a, b = sp.symbols("a b", real=True)
u, v, t = sp.symbols("u v t", real=True)
KINK = next(code for code, name in STATUS.items() if name == "kink")
ROWS = np.random.default_rng(7).normal(size=(12, 3)).round(3)
DATA = {"u": ROWS[:, 0], "v": ROWS[:, 1], "t": ROWS[:, 2]}
HALF = sp.Rational(1, 2)


def hessian_curvature(weight, point, rows=ROWS):
    """R of g = Mean[w(z, t) x x'] at 40 digits: minus half det(g; T_1; T_2)/det(g)², with T = Mean[w'(z, t) x x' x''] (Duistermaat)."""
    with mpmath.workdps(40):
        g, cubic = [mpmath.mpf(0)] * 3, [mpmath.mpf(0)] * 4
        for first, second, target in rows:
            first, second, target = (mpmath.mpf(float(c)) for c in (first, second, target))
            w, slope = weight(first * mpmath.mpf(point[0]) + second * mpmath.mpf(point[1]), target)
            for k in range(3):
                g[k] += w * first ** (2 - k) * second**k / len(rows)
            for k in range(4):
                cubic[k] += slope * first ** (3 - k) * second**k / len(rows)
        table = mpmath.matrix([g, cubic[:3], cubic[1:]])
        return float(-mpmath.det(table) / (2 * (g[0] * g[2] - g[1] ** 2) ** 2))


def rectified(z, target):
    """w = l'² of l = (max(z, 0) - t)², and its derivative."""
    return (4 * (z - target) ** 2, 8 * (z - target)) if z > 0 else (mpmath.mpf(0), mpmath.mpf(0))


def huber(z, target):
    """The same of the Huber loss, with threshold 1/2, of tanh z - t."""
    f = mpmath.tanh(z)
    r, first = f - target, 1 - f * f
    second = -2 * f * first
    inside = abs(r) < 0.5
    psi = r if inside else mpmath.sign(r) / 2
    return psi**2 * first**2, 2 * psi * inside * first**3 + 2 * psi**2 * first * second


def soft(z, target):
    """Of l = |min(z, 2 z) - t|³."""
    slope = 1 if z > 0 else 2
    r = slope * z - target
    return 9 * slope**2 * r**4, 36 * slope**3 * r**3


z = a * u + b * v
r = sp.tanh(z) - t
LOSSES = {
    "rectified": ((sp.Max(z, 0) - t) ** 2, rectified),
    "huber, by branches": (sp.Piecewise((r**2 / 2, sp.Abs(r) < HALF), (sp.Abs(r) / 2 - sp.Rational(1, 8), True)), huber),
    "huber, by extrema": (sp.Min(sp.Abs(r), HALF) * (sp.Abs(r) - sp.Min(sp.Abs(r), HALF) / 2), huber),
    "rectified, by a step": ((z * sp.Heaviside(z) - t) ** 2, rectified),
    "two slopes": (sp.Abs(sp.Min(z, 2 * z) - t) ** 3, soft),
}  # fmt: skip


LONG = ("huber, by branches", "huber, by extrema", "two slopes")


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] if n in LONG else []) for n in LOSSES])
def test_neurons_with_kinks(name):
    loss, weight = LOSSES[name]
    manifold = ch.EmpiricalManifold(loss, (u, v, t), (a, b))
    axes = {a: [-0.7, 0.3, 1.1], b: [0.4, 0.9]}
    expected = np.array([[hessian_curvature(weight, (p, q)) for q in axes[b]] for p in axes[a]])
    for options in ({}, {"rtol": 1e-9}):
        found = manifold.on_grid(axes, data=DATA, **options)
        assert np.allclose(found.ricci_scalar, expected, rtol=1e-7) and not found.status.any()
    assert np.isclose(manifold.curvature_at((0.3, 0.9), DATA).ricci_scalar, expected[1, 1], rtol=1e-7)
    assert not manifold.ricci_scalar.has(sp.DiracDelta)


def test_a_network_with_a_rectified_unit():
    network = ch.models.DenseNetwork((2, 1), final=lambda s: sp.Max(s, 0), bias=False)
    found = network.curvature_at((0.3, 0.9), ROWS[:, :2], ROWS[:, 2:])
    assert np.isclose(found.ricci_scalar, hessian_curvature(rectified, (0.3, 0.9)), rtol=1e-8)


def test_a_row_on_a_kink_is_named_by_the_status():
    manifold = ch.EmpiricalManifold(LOSSES["rectified"][0], (u, v, t), (a, b))
    data = {k: np.append(c, 1.0) for k, c in DATA.items()}  # its z is a + b
    for options in ({}, {"rtol": 1e-9}):
        found = manifold.on_grid({a: [0.25, 0.5], b: [-0.5, -0.25]}, data=data, **options)
        assert found.status.values.tolist() == [[0, KINK], [KINK, 0]]
        assert np.isnan(found.ricci_scalar.values).tolist() == [[False, True], [True, False]]


@pytest.mark.parametrize("options", [{}, {"rtol": 1e-10}, {"chunks": 2}], ids=str)
def test_kinks_of_coordinates(options):
    found = ch.RiemannianManifold([[1, 0], [0, 1 + sp.Abs(x)]], (x, y)).on_grid(
        {x: [-1.0, 0.0, 3.0], y: 0.0}, **options
    )
    assert found.status.values.tolist() == [0, KINK, 0]
    assert np.allclose(found.ricci_scalar, [1 / 8, np.nan, 1 / 32], equal_nan=True)  # 1/(2 (1 + |x|)²)
    smooth = ch.RiemannianManifold([[1, 0], [0, 1 + sp.Abs(x) ** 3 + sp.Max(y, 0) ** 3]], (x, y))
    assert not smooth.on_grid({x: [0.0, 1.0], y: [0.0, 1.0]}, **options).status.any()


expressions = st.recursive(
    st.sampled_from([x, y, x * y, x - 2, sp.sin(x), sp.Integer(3)]),
    lambda e: st.one_of(
        e.map(sp.Abs), e.map(sp.sign), e.map(lambda s: sp.Heaviside(s)), st.builds(sp.Max, e, e), st.builds(sp.Min, e, e),
        st.builds(sp.Mul, e, e), st.builds(sp.Add, e, e), st.builds(lambda p, q, s: sp.Piecewise((p, q < 1), (s, True)), e, e, e),
    ),
    max_leaves=4,
)  # fmt: skip


@settings(max_examples=30, deadline=None, derandomize=True)
@given(expressions, st.floats(-3, 3), st.floats(-3, 3))
def test_derivatives_are_those_of_a_small_step(e, p, q):
    """No delta function; the derivative is the slope of a secant on one piece; a kink is named by the indicator."""
    slope = derivative(sp.sympify(e), x)
    assert not slope.has(sp.DiracDelta, sp.Derivative, sp.Subs)
    h = sp.Rational(1, 10**14)
    here = {x: sp.Rational(p) + sp.Rational(1, 10007), y: sp.Rational(q) + sp.Rational(1, 10009)}
    there = {**here, x: here[x] + h}
    assert kink_indicator([e]).subs(here) == 0
    secant = sp.N((sp.sympify(e).subs(there) - sp.sympify(e).subs(here)) / h, 40)
    assert abs(secant - sp.N(slope.subs(here), 40)) < 1e-9


def test_what_is_zero_on_a_whole_piece_is_no_kink_there():
    indicator = kink_indicator([sp.Max(sp.Max(x, 0) * y, 0)])
    assert [indicator.subs({x: p, y: 2}) for p in (-1, 0, 1)] == [0, 1, 0]
    dead = kink_indicator([Mean(sp.Max(sp.Abs(sp.Max(a * u, 0) - t) - 1, 0) + sp.Abs(t), (u, t))])
    run = ch.compile([dead], [a], data={"u": [1.0, 2.0], "t": [1.0, 0.0]})  # |0 - 1| - 1 for all a < 0; 2 a - 1
    assert [float(run(s)[0]) for s in (-0.3, 0.3, 0.5)] == [0, 0, 0.5]


def test_the_indicator_sees_the_rows():
    indicator = kink_indicator([Mean(sp.Max(a * u, t), (u, t)), sp.Abs(a - 1)])
    run = ch.compile([indicator], [a], data={"u": [1.0, 2.0], "t": [3.0, 3.0]})
    assert [float(run(s)[0]) for s in (0.3, 1.0, 1.5, 3.0)] == [0, 1, 0.5, 0.5]


def test_a_cell_beside_a_kink_is_not_on_it():
    """cos(x)^2 - c is 4e-17 in truth and zero in machine numbers: certified, balls say on which side the cell lies."""
    x, y = sp.symbols("x y", real=True)
    at = 0.6471416629516
    level = sp.Rational(str(sp.N(sp.cos(sp.Rational(at)) ** 2, 40))) + sp.Rational(1, 10**19)
    grid = ch.RiemannianManifold(sp.diag(1, 1 + sp.Abs(sp.cos(x) ** 2 - level)), (x, y)).on_grid(
        {x: [at], y: 0}, rtol=1e-9
    )
    f, slope, bend = 1.0, np.sin(2 * at), 2 * np.cos(2 * at)  # below the level: 1 + c - cos(x)^2
    assert grid.status.item() == 0
    assert grid.ricci_scalar.item() == pytest.approx((slope**2 - 2 * f * bend) / 2, rel=1e-9)
    zero = ch.RiemannianManifold(sp.diag(1, 1 + sp.Abs(x)), (x, y)).on_grid({x: [0.0], y: 0}, rtol=1e-9)
    assert zero.status.item() == 6
