"""Lengths of curves: textbook values, a quadrature of its own, and what has no length."""

import math

import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.manifolds import ManifoldError, RiemannianManifold
from chentsov.models import TwoWeightNeuron, decision_boundary, families
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp

t = sp.Symbol("t", real=True)
x, y, theta, phi = sp.symbols("x y theta phi", real=True)
a, v = sp.symbols("a v", positive=True)
PLANE = RiemannianManifold([[1, 0], [0, 1]], (x, y))
SPHERE = RiemannianManifold([[a**2, 0], [0, a**2 * sp.sin(theta) ** 2]], (theta, phi))
HALF_PLANE = RiemannianManifold([[1 / v**2, 0], [0, 1 / v**2]], (x, v))


@pytest.mark.parametrize(
    "manifold, curve, ends, expected",
    [
        (SPHERE, [sp.pi / 3, t], (0, 2 * sp.pi), sp.sqrt(3) * sp.pi * a),  # a circle of latitude
        (SPHERE, [t, 0], (0, sp.pi), sp.pi * a),
        (PLANE, [t, t], (0, 1), sp.sqrt(2)),  # not the 2 of a sum outside the root
        (PLANE, [t, t**2], (-1, 1), sp.sqrt(5) + sp.asinh(2) / 2),
        (PLANE, [sp.cos(t), sp.sin(t)], (2 * sp.pi, 0), 2 * sp.pi),  # either way round
        (HALF_PLANE, [1, sp.exp(t)], (0, 3), sp.Integer(3)),
        (HALF_PLANE, [sp.cos(t), sp.sin(t)], (sp.pi / 4, 3 * sp.pi / 4), 2 * sp.log(1 + sp.sqrt(2))),
        (families.normal(), [0, t], (1, 3), sp.sqrt(2) * sp.log(3)),
        pytest.param(families.bernoulli(), [t], (0, 1), sp.pi, marks=pytest.mark.slow),
    ],
)
def test_closed_forms(manifold, curve, ends, expected):
    found = manifold.length(curve, t, ends, time_limit=60)  # of a machine that is busy
    assert abs(sp.N((found.expression - expected).subs(a, 3), 30)) < 1e-25
    if not expected.free_symbols:
        assert abs(sp.N(sp.Rational(found.value) - expected, 30)) <= found.error < 1e-14


def test_an_ellipse_is_enclosed():
    found = PLANE.length([3 * sp.cos(t), sp.sin(t)], t, (0, 2 * sp.pi), time_limit=0)
    with mp.workdps(30):
        truth = 12 * mp.ellipe(mp.mpf(8) / 9)
        assert found.expression is None and abs(truth - mp.mpf(found.value)) <= found.error < 1e-13


def test_where_the_speed_is_infinite_vanishes_or_jumps():
    coins = families.bernoulli().length([t], t, (0, 1), time_limit=0)  # a half circle
    assert abs(sp.N(sp.Rational(coins.value) - sp.pi, 30)) <= coins.error < 1e-14
    assert abs(float(PLANE.length([t**2, 0], t, (-1, 1))) - 2) < 1e-14
    trochoid = PLANE.length([sp.cos(t) + t, 2 * sp.sin(t)], t, (0, 2 * sp.pi), time_limit=0)  # at rest at π/2
    with mp.workdps(20):
        speed = lambda s: mp.sqrt((1 - mp.sin(s)) ** 2 + 4 * mp.cos(s) ** 2)
        truth = mp.quad(speed, [0, mp.pi / 2, mp.pi, 3 * mp.pi / 2, 2 * mp.pi])
    assert abs(truth - trochoid.value) <= trochoid.error < 1e-7
    assert PLANE.length([t, abs(t)], t, (-1, 1)).expression == 2 * sp.sqrt(2)


def test_a_curve_that_rests_many_times():
    """sin of 100 t goes to and fro: ∫ |cos| over 32 half periods less a rest."""
    found = PLANE.length([2 + sp.sin(100 * t), 1], t, (0, 1), time_limit=0)
    truth = 2 * 32 + sp.sin(100)  # 32 π is the nearest multiple, beyond 100, and so is the sine below 0
    assert abs(sp.N(sp.Rational(found.value) - truth, 30)) <= found.error < 1e-12


@settings(deadline=None, max_examples=5)
@given(st.lists(st.integers(-4, 4), min_size=3, max_size=3), st.integers(1, 5))
def test_a_change_of_chart_leaves_the_length(weights, scale):
    """A cubic of the half-plane, in the chart (x, log v) and reparametrised."""
    p, q, r = (sp.Rational(w, 3) for w in weights)
    path = p * t + q * t**2 + r * t**3
    height = sp.Rational(scale, 2) + t**2
    plain = HALF_PLANE.length([path, height], t, (0, 1), time_limit=0)
    u = sp.Symbol("u", real=True)
    chart = HALF_PLANE.change_coordinates((x, u), {x: x, v: sp.exp(u)})
    slow = {t: t**2}
    other = chart.length([path.subs(slow), sp.log(height.subs(slow))], t, (0, 1), time_limit=0)
    assert abs(plain.value - other.value) <= plain.error + other.error + 1e-15
    with mp.workdps(20):
        speed = sp.lambdify(t, sp.sqrt(sp.diff(path, t) ** 2 + sp.diff(height, t) ** 2) / height, "mpmath")
        assert abs(mp.quad(speed, mp.linspace(0, 1, 9)) - plain.value) < 1e-9


def test_a_metric_of_data():
    """The same integral with the metric summed by hand, row by row."""
    points = decision_boundary(12, seed=1)
    neuron = TwoWeightNeuron("cross_entropy", data=points)  # whose targets are called t as well
    found = neuron.manifold.length(
        [sp.Rational(1, 2) - t, sp.Rational(1, 2) + t / 2], t, (0, 1), data=neuron.row_values()
    )

    def speed(s):
        total = mp.mpf(0)
        for p, q, target in zip(points.x, points.y, points.t):
            f = 1 / (1 + mp.exp(-5 * ((0.5 - s) * p + (0.5 + s / 2) * q)))
            total += 25 * (f - target) ** 2 * (q / 2 - p) ** 2 / len(points)
        return mp.sqrt(total)

    with mp.workdps(25):
        assert abs(mp.quad(speed, [0, 1]) - found.value) < 1e-14 and found.error < 1e-14


def test_constants_may_stay_symbols_or_be_given():
    circle = [sp.pi / 2, t]
    assert SPHERE.length(circle, t, (0, 1)).expression == a
    assert math.isnan(SPHERE.length(circle, t, (0, 1)).value)
    assert float(SPHERE.length(circle, t, (0, 1), constants={"a": 0.5})) == 0.5
    radius = sp.Symbol("r", positive=True)  # one that only the curve has
    assert PLANE.length([radius * sp.cos(t), radius * sp.sin(t)], t, (0, sp.pi)).expression == sp.pi * radius


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: HALF_PLANE.length([0, t], t, (-1, 1)), "leaves the domain near t = -0.99"),
        (lambda: PLANE.length([t], t, (0, 1)), "2 numbers"),
        (lambda: PLANE.length([t, "t"], t, (0, 1)), "is the text"),
        (lambda: PLANE.length([t, 0], "t", (0, 1)), "parameters must be SymPy symbols"),
        (lambda: PLANE.length([t, 0], t, (0, 1, 2)), "two ends"),
        (lambda: PLANE.length([t, 0], t, (0, sp.oo)), "finite"),
        (lambda: PLANE.length([1 / t, 0], t, (-1, 1)), "could not be enclosed"),
        (lambda: PLANE.length([1 / t, 0], t, (0, 1)), "over t from 0 to 1: its speed is infinite, vanishes or turns"),
        (lambda: PLANE.length([t, t], t, (0, 1), time_limit="x"), "time_limit"),
        (lambda: PLANE.length([a * t, t**3], t, (0, 1), time_limit=0), "give numbers for a"),
        (
            lambda: RiemannianManifold([[-1, 0], [0, 1]], (x, y)).length([t, t / 2], t, (0, 1)),
            "not space-like",
        ),
        (
            lambda: TwoWeightNeuron().manifold.length([t, t], t, (0, 1)),
            "give the rows t, x, y",
        ),
        (
            lambda: TwoWeightNeuron().manifold.length([t, t], t, (0, 1), data=dict.fromkeys("txy", np.ones(5001))),
            "5001 rows is not enclosed, .* 5000 at most",
        ),
    ],
)
def test_what_has_no_length(call, words):
    with pytest.raises(ManifoldError, match=words):
        call()


@pytest.mark.slow
def test_the_length_of_a_geodesic_is_its_time():
    path = HALF_PLANE.geodesic([0, 1], [0.6, 0.8], np.linspace(0, 1.5, 7))
    # it is a half circle about the x-axis: centre c, radius r
    (p, q), (vx, vy) = path.position.values[0], path.velocity.values[0]
    c = p + q * vy / vx
    angles = [math.atan2(h, s - c) for s, h in path.position.values[[0, -1]]]
    r = math.hypot(p - c, q)
    found = HALF_PLANE.length([c + r * sp.cos(t), r * sp.sin(t)], t, angles)
    assert abs(float(found) - 1.5) < 1e-8


@pytest.mark.parametrize(
    "jump, where",
    [
        (lambda t: sp.Piecewise((0, t < 0), (5, True)), 0),
        (lambda t: sp.atan(1 / t), 0),
        (lambda t: sp.sqrt(t**2) / t, 0),
        (lambda t: sp.atan2(t, -1), 0),
        (lambda t: sp.floor(t + sp.Rational(1, 2)), 0.5),
        (lambda t: sp.atan(sp.tan(3 * t)), math.pi / 6),
    ],
)
def test_a_curve_that_jumps_has_no_length(jump, where):
    plane = RiemannianManifold(sp.eye(2), sp.symbols("x y", real=True))
    s = sp.Symbol("s", real=True)
    for curve in ([s, jump(s)], [jump(s), 0]):
        with pytest.raises(ManifoldError, match="the curve jumps near s = (.*):") as refused:
            plane.length(curve, s, (-sp.Rational(1, 10), sp.Rational(9, 10)), time_limit=0)
        assert abs(float(str(refused.value).split("= ")[1].split(":")[0]) - where) < 1e-5


@pytest.mark.parametrize("joined", [abs, lambda s: sp.Piecewise((s**2, s < 0), (s, True)), lambda s: sp.atan2(s, 1)])
def test_a_curve_with_corners_is_continuous(joined):
    plane = RiemannianManifold(sp.eye(2), sp.symbols("x y", real=True))
    s = sp.Symbol("s", real=True)
    found = plane.length([s, joined(s)], s, (-1, 1), time_limit=0)
    chords = np.array([[v, float(joined(sp.Float(v)))] for v in np.linspace(-1, 1, 2001)])
    assert abs(found.value - np.linalg.norm(np.diff(chords, axis=0), axis=1).sum()) < 1e-5
