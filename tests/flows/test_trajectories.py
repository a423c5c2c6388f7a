"""Trajectories: against closed solutions, SciPy, and the law that volumes change by ∫κ dt."""

import mpmath
import numpy as np
import pytest
import sympy as sp
from chentsov import Flow, HessianManifold, RiemannianManifold
from chentsov.geometry.exact import logistic
from chentsov.geometry.flows.compiled_field import UncompiledFunction, compile_field
from chentsov.geometry.flows.evaluation import evaluate
from chentsov.geometry.flows.lanes import ENDINGS, FINISHED, TOO_MANY_STEPS, integrate_lanes
from chentsov.geometry.manifolds import ManifoldError
from scipy.integrate import solve_ivp

x, y, z = sp.symbols("x y z", real=True)
k = sp.Symbol("k", real=True)
LINE = RiemannianManifold([[1]], [x])
PLANE = RiemannianManifold([[1, 0], [0, 1]], (x, y))
SPACE = RiemannianManifold([[1, 0, 0], [0, 1, 0], [0, 0, 1]], (x, y, z))
LORENZ = Flow(SPACE, [10 * (y - x), x * (28 - z) - y, x * y - sp.Rational(8, 3) * z])
TRINOMIAL = HessianManifold(sp.log(1 + sp.exp(x) + sp.exp(y)), (x, y))


def test_closed_solutions():
    path = Flow(PLANE, [-k * x, -y + x]).trajectory([1, 0], np.linspace(0, 2, 9), {"k": 3})
    t = path.t.values
    np.testing.assert_allclose(path.position[:, 0], np.exp(-3 * t), rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(path.position[:, 1], (np.exp(-t) - np.exp(-3 * t)) / 2, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(path.accumulated.sel(volume="primal"), -4 * t, rtol=1e-10)
    assert path.attrs["finished"] == 1 and "energy" not in path


def test_backwards_in_time():
    path = Flow(LINE, [x * (1 - x)]).trajectory([0.9], np.linspace(0, -3, 4))
    t = path.t.values
    np.testing.assert_allclose(path.position[:, 0], 0.9 / (0.9 + 0.1 * np.exp(-t)), rtol=1e-9)
    many = Flow(LINE, [x * (1 - x)]).trajectories([[0.9]], -3.0)
    np.testing.assert_allclose(many.position[0, -1, 0], path.position[-1, 0], rtol=1e-8)


@pytest.mark.parametrize("end", [1e308, -1e308, 1e12])
def test_a_time_without_end_ends_after_so_many_steps(end):
    """A circle is never done, whichever way round."""
    path = Flow(PLANE, [-y, x]).trajectory([1, 0], [0.0, np.sign(end), end], measure="cloud", most_steps=50)
    assert path.attrs["ending"] == ENDINGS[TOO_MANY_STEPS] and path.attrs["finished"] == 0
    reached = path.attrs["reached"]
    assert 1 < abs(reached) < 1e3 and np.sign(reached) == np.sign(end)
    np.testing.assert_allclose(path.position[1], [np.cos(1), np.sin(end / abs(end))], atol=1e-8)
    assert np.isnan(path.position[2]).all()
    polar = RiemannianManifold([[1, 0], [0, x**2]], (x, y))
    with pytest.raises(ManifoldError, match="more than 50 steps"):
        RiemannianManifold([[1, 0], [0, sp.cos(x) ** 2]], (x, y)).geodesic([0.3, 0], [0, 1], end, most_steps=50)
    assert polar.geodesic([1, 0], [1, 0], 2.0, most_steps=50).position[-1, 0] == pytest.approx(3)


def test_many_trajectories_are_those_of_scipy():
    starts = np.random.default_rng(5).normal(size=(37, 3)) * 8
    many = LORENZ.trajectories(starts, np.linspace(0, 1, 4), rtol=1e-10, atol=1e-12)

    def right(_, u):
        return [10 * (u[1] - u[0]), u[0] * (28 - u[2]) - u[1], u[0] * u[1] - 8 / 3 * u[2]]

    for row in (0, 17, 36):
        one = solve_ivp(right, (0, 1), starts[row], method="DOP853", t_eval=many.t.values, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(many.position[row], one.y.T, rtol=1e-8, atol=1e-8)
    assert (many.ending == FINISHED).all()
    alone = LORENZ.trajectories(starts[17:18], np.linspace(0, 1, 4), rtol=1e-10, atol=1e-12, threads=1)
    np.testing.assert_array_equal(alone.position[0], many.position[17])  # lanes do not see each other


def test_progress_counts_every_start():
    seen = []
    Flow(LINE, [-x]).trajectories(np.ones((1300, 1)), 1.0, progress=lambda *done: seen.append(done))
    assert seen[-1] == (1300, 1300) and len(seen) > 1 and seen == sorted(seen)


def test_the_error_follows_the_tolerance():
    pendulum = Flow(PLANE, [y, -sp.sin(x)])
    exact = pendulum.trajectories([[1.0, 0.5]], 10.0, rtol=1e-13, atol=1e-15).position[0, -1]
    errors = [
        float(np.abs(pendulum.trajectories([[1.0, 0.5]], 10.0, rtol=t, atol=t).position[0, -1] - exact).max())
        for t in (1e-5, 1e-8, 1e-11)
    ]
    assert errors[0] < 1e-3 and errors[1] < 1e-6 and errors[2] < 1e-9 and errors[2] < errors[0] / 1e3


@pytest.mark.parametrize(
    "right, time, safe", [(x**2, 0.5, -1.0), (x**3, 0.125, 0.2), (sp.exp(x), float(np.exp(-2.0)), -1.0)]
)
def test_blow_up_is_an_event(right, time, safe):
    flow = Flow(LINE, [right])
    path = flow.trajectory([2], np.linspace(0, 1, 11))
    assert path.attrs["finished"] == 0 and abs(path.attrs["reached"] - time) < 1e-3
    position = path.position.values[:, 0]
    assert (
        np.isfinite(position[path.t.values < time - 1e-3]).all()
        and np.isnan(position[path.t.values > time + 1e-3]).all()
    )
    many = flow.trajectories([[2.0], [safe], [np.nan]], np.linspace(0, 1, 11))
    assert many.ending.values[0] != FINISHED and many.ending.values[2] != FINISHED
    assert abs(float(many.reached[0]) - time) < 1e-3
    assert (many.ending.values[1] == FINISHED) and np.isfinite(many.position.values[1]).all()
    assert not np.isinf(many.position.values).any()


def test_steps_may_run_out():
    field = compile_field([-1000 * x], [x])
    _, ending, reached, steps = integrate_lanes(
        field, np.ones((2, 1)), np.array([0.0, 100.0]), np.empty(0), most_steps=20
    )
    assert (ending == TOO_MANY_STEPS).all() and (steps == 20).all() and (reached < 100).all()
    assert "number of steps" in ENDINGS[TOO_MANY_STEPS]


@pytest.mark.parametrize("method", ["cloud", "variational"])
@pytest.mark.parametrize(
    "flow, start, end",
    [
        (LORENZ, [1.0, 2.0, 20.0], 2.0),
        (Flow.gradient(TRINOMIAL, x**2 + (x - y) ** 2), [1.5, -1.0], 1.0),
        (Flow(TRINOMIAL, [-y + x / 3, x * sp.cos(y)]), [0.5, 1.0], 2.0),
    ],
    ids=["lorenz", "gradient", "rotation"],
)
def test_a_small_volume_grows_by_the_integral_of_the_compressibility(flow, start, end, method):
    path = flow.trajectory(start, np.linspace(0, end, 9), measure=method)
    assert float(np.abs(path.accumulated).max()) > 0.5
    np.testing.assert_allclose(path.log_volume, path.accumulated, atol=1e-6)
    if "energy" in path:
        assert (np.diff(path.energy) < 0).all()


def test_own_densities_are_followed():
    rho = sp.exp(x - y)
    path = Flow(PLANE, [y, -x]).trajectory([1, 0], np.linspace(0, 3, 7), volumes=["primal", rho], measure="variational")
    moved = path.position[:, 0] - path.position[:, 1]
    np.testing.assert_allclose(path.accumulated[:, 1], moved - moved[0], atol=1e-9)
    np.testing.assert_allclose(path.log_volume[:, 1], moved - moved[0], atol=1e-9)
    assert path.volume.values.tolist() == ["primal", "exp(x - y)"]


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda f: f.trajectory([1], 1), "the start has 1 values; this flow has 2"),
        (lambda f: f.trajectory([1, "a"], 1), "must hold numbers"),
        (lambda f: f.trajectory([1, np.nan], 1), "not finite"),
        (lambda f: f.trajectory({"x": 1}, 1), "no value for y"),
        (lambda f: f.trajectory([1, 1], [0, 0]), "rise or fall strictly"),
        (lambda f: f.trajectory([1, 1], [0]), "at least two"),
        (lambda f: f.trajectory([1, 1], 1, {"q": 1}), "give a number for k"),
        (lambda f: f.trajectory([1, 1], 1, {"k": 1, "q": 1}), "holds q, which the flow does not"),
        (lambda f: f.trajectory([1, 1], 1, {"k": sp.Symbol("w")}), "which is no number"),
        (lambda f: f.trajectory([0, 1], 1, {"k": 1}), "not finite at the start"),
        (lambda f: f.trajectory([1, 1], 1, {"k": 1}, measure="by eye"), "unknown way"),
        (lambda f: f.trajectory([1, 1], 1, {"k": 1}, measure="cloud", distance=0), "distance"),
        (lambda f: f.trajectories([1, 1], 1, {"k": 1}), r"\(count, 2\) is needed"),
    ],
)
def test_bad_input(call, words):
    with pytest.raises(ManifoldError, match=words):
        call(Flow(PLANE, [k / x, y]))


def test_what_cannot_be_compiled_is_named():
    with pytest.raises(UncompiledFunction, match="polylog"):
        compile_field([sp.polylog(2, x)], [x])
    with pytest.raises(ValueError, match="the field holds k"):
        compile_field([k * x], [x])
    values = evaluate([sp.polylog(2, x), x], [x], np.array([[0.5], [0.25]]), {})
    np.testing.assert_allclose(
        values, [[float(sp.polylog(2, 0.5)), 0.5], [float(sp.polylog(2, 0.25)), 0.25]], rtol=1e-14
    )


FUNCTIONS = [
    sp.exp(x), logistic(x), sp.tanh(x), 1 / sp.cosh(x) ** 2, sp.log(1 + sp.exp(x)), sp.log(sp.cosh(x)), sp.atan(x),
    sp.erf(x), x / sp.sqrt(1 + x**2), sp.sinh(x), (1 + x**2) ** sp.Rational(-3, 2), sp.exp(-(x**2)), x**3 / 7 - x**-2,
]  # fmt: skip


@pytest.mark.parametrize("function", FUNCTIONS, ids=str)
def test_compiled_functions_are_accurate_where_they_saturate(function):
    """Against 400 digits, from small arguments to saturation; a rounding of the argument is forgiven."""
    points = np.concatenate([np.linspace(-45, 45, 91) + 0.37, [1e-3, -1e-3, 0.0199, -0.0201, 1e-8, 300.0, -300.0]])
    values = evaluate([function], [x], points[:, None], {})[:, 0]
    exact = sp.lambdify(x, [function, function.diff(x)], [{"logistic": lambda u: 1 / (1 + mpmath.exp(-u))}, "mpmath"])
    with mpmath.workdps(400):
        for point, value in zip(points, values):
            f, slope = exact(mpmath.mpf(float(point)))
            if abs(f) > 1e-300:
                condition = abs(point * slope / f)
                assert abs(value / f - 1) < 4e-15 + 2.3e-16 * condition, (point, value, f)
            else:
                assert abs(value) < 1e-299


def test_exponential_at_its_ends():
    ends = evaluate(
        [sp.exp(x), logistic(x), sp.tanh(x)],
        [x],
        np.array([[np.inf], [-np.inf], [np.nan], [709.7], [-744.0], [720.0]]),
        {},
    )
    np.testing.assert_array_equal(ends[:2], [[np.inf, 1, 1], [0, 0, -1]])
    assert np.isnan(ends[2]).all() and ends[5, 0] == np.inf
    np.testing.assert_allclose(ends[3:5, 0], [np.exp(709.7), np.exp(-744.0)], rtol=1e-13)


def test_a_field_on_a_dense_metric_does_not_wait_for_canonical_forms():
    """κ of √det g from det g as it stands: what log √det g gains along the way is κ without what du itself gains."""
    metric = sp.Matrix(3, 3, lambda i, j: 4 * (i == j) + sp.exp((x - y) / (2 + i + j)) + sp.exp((z * (i + j) - x) / 5))
    flow = Flow(RiemannianManifold(metric, (x, y, z)), [-y, sp.sin(x), z / 2])
    assert flow._minors is not None
    path = flow.trajectory([0.3, -0.2, 0.5], 1.0)
    ends = path.position.values[[0, -1]]
    logs = [float(sp.log(metric.subs(dict(zip((x, y, z), map(sp.Float, end)))).evalf(30).det())) for end in ends]
    primal, riemannian = path.accumulated.values[-1]
    assert primal == pytest.approx(0.5, abs=1e-10)
    assert riemannian - primal == pytest.approx((logs[1] - logs[0]) / 2, abs=1e-9)
