"""exp, log, distance, transport, balls and means: against closed forms, SciPy's own solvers, and laws."""

import mpmath
import numpy as np
import pytest
import sympy as sp
from chentsov import ImmersedManifold, RiemannianManifold, StatisticalManifold
from chentsov.geometry.flows.shooting import FOUND, LEAVES, OUTSIDE, Space
from chentsov.geometry.manifolds import ManifoldError
from chentsov.geometry.manifolds.closed_geodesics import closed_exponential
from chentsov.models import families, spacetimes
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_bvp
from scipy.special import polygamma

x, y, z = sp.symbols("x y z", real=True)
a = sp.Symbol("a", positive=True)
HEIGHT = sp.Symbol("h", positive=True)
HALF_PLANE = RiemannianManifold([[1 / HEIGHT**2, 0], [0, 1 / HEIGHT**2]], (x, HEIGHT))
# The half-plane in coordinates that no closed form is known of: (x, h) = (u + v²/4, eᵛ).
u, v = sp.symbols("u v", real=True)
BENT = HALF_PLANE.change_coordinates((u, v), {x: u + v**2 / 4, HEIGHT: sp.exp(v)})
SPHERE = ImmersedManifold([a * sp.sin(x) * sp.cos(y), a * sp.sin(x) * sp.sin(y), a * sp.cos(x)], (x, y))

number = st.floats(-3, 3)
point = st.tuples(number, number)


def half_plane_distance(p, q):
    """d = 2 arsinh(½ |p − q| / √(h h′)), p and q as points (x, h)."""
    (p1, h1), (p2, h2) = p, q
    return 2 * np.arcsinh(np.hypot(p1 - p2, h1 - h2) / 2 / np.sqrt(h1 * h2))


def bent(p):
    return np.array([p[0] + p[1] ** 2 / 4, np.exp(p[1])])


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(point, point)
def test_distances_of_a_bent_half_plane(p, q):
    found = BENT.distance(p, q)
    expected = half_plane_distance(bent(p), bent(q))
    assert abs(float(found) - expected) <= 1e-10
    assert abs(float(found) - expected) <= float(found.error) + 1e-15 * (1 + expected)
    assert float(BENT.distance(q, p)) == pytest.approx(float(found), abs=1e-10)


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(point, st.tuples(number, number))
def test_log_undoes_exp(p, w):
    velocity = 0.5 * np.array(w) * min(1, np.exp(p[1]))  # in these coordinates |∂_u| = e⁻ᵛ
    q = BENT.exp(p, velocity)
    assert np.allclose(BENT.log(p, q.values), velocity, atol=1e-9)


def test_arrays_of_points_broadcast():
    p = np.array([[0.0, 0.0], [1.0, 0.5], [-1.0, 2.0]])
    found = BENT.distance(p[:, None], p[None, :])
    assert found.shape == (3, 3) and np.allclose(found, found.T, atol=1e-11)
    assert np.array_equal(np.diag(found), np.zeros(3)) and float(found[0, 1]) == pytest.approx(
        half_plane_distance(bent(p[0]), bent(p[1])), abs=1e-11
    )
    by_name = BENT.distance({"u": 0.0, "v": 0.0}, {"u": p[:, 0], "v": p[:, 1]})
    assert np.array_equal(by_name, found[0])
    assert BENT.log(p[0], p).dims == ("pair", "coordinate")


def test_distances_on_a_grid():
    grid = BENT.on_grid({u: [0.0, 1.0, 2.0], v: [-0.5, 0.5]}, ["ricci_scalar"], distance_to=[0, -0.5])
    expected = [[half_plane_distance(bent((0, -0.5)), bent((s, t))) for t in (-0.5, 0.5)] for s in range(3)]
    assert grid.distance.dims == ("u", "v") and np.allclose(grid.distance, expected, atol=1e-10)
    held = families.normal().on_grid({"mu": 1.0, "sigma": [1, 2]}, distance_to={"mu": 1, "sigma": 1})
    assert np.allclose(held.distance.values.ravel(), [0, np.sqrt(2) * np.log(2)])
    with pytest.raises(ManifoldError, match="in memory"):
        BENT.on_grid({u: [0.0, 1.0], v: [0.5]}, distance_to=[0, 0], chunks=1)


def beta_by_collocation(p, q):
    """The geodesic's boundary problem in (log a, log b) by SciPy's collocation, the equations written down anew."""

    def right(_, state):
        s, w = np.exp(state[:2]), np.exp(state[:2]) * state[2:]
        (t1, t2, t3), (c1, c2, c3) = ([polygamma(k, e) for e in (*s, s.sum(0))] for k in (1, 2))
        f1 = (c1 * w[0] ** 2 - c3 * (w[0] + w[1]) ** 2) / 2
        f2 = (c2 * w[1] ** 2 - c3 * (w[0] + w[1]) ** 2) / 2
        det = (t1 - t3) * (t2 - t3) - t3**2
        acceleration = -np.array([(t2 - t3) * f1 + t3 * f2, t3 * f1 + (t1 - t3) * f2]) / det
        return np.vstack([state[2:], acceleration / s - state[2:] ** 2])

    ends = np.log(p), np.log(q)
    times = np.linspace(0, 1, 60)
    first = np.outer(ends[0], 1 - times) + np.outer(ends[1], times)
    slopes = np.broadcast_to((ends[1] - ends[0])[:, None], first.shape)
    solved = solve_bvp(
        right, lambda s, e: np.hstack([s[:2] - ends[0], e[:2] - ends[1]]), times, np.vstack([first, slopes]),
        tol=1e-9, max_nodes=20_000,
    )  # fmt: skip
    w = np.exp(solved.y[:2, 0]) * solved.y[2:, 0]
    t1, t2, t3 = (polygamma(1, e) for e in (*p, sum(p)))
    return np.sqrt(t1 * w[0] ** 2 + t2 * w[1] ** 2 - t3 * w.sum() ** 2)


@pytest.mark.slow
@pytest.mark.parametrize("q", [(10.0, 1.0), (10.0, 100.0), (0.05, 3.0)])
def test_distances_of_beta_distributions(q):
    found = families.beta().distance([1, 10], q)
    assert float(found) == pytest.approx(beta_by_collocation((1.0, 10.0), q), abs=2e-8)
    assert int(found.status) == FOUND and float(found.error) < 1e-10


def test_a_sphere_and_its_cut_locus():
    p, q = [1.0, 0.3], [2.0, 2.5]
    turn = np.arccos(np.cos(1) * np.cos(2) + np.sin(1) * np.sin(2) * np.cos(2.2))
    assert float(SPHERE.distance(p, q, constants={a: 3})) == pytest.approx(3 * turn, abs=1e-10)
    with pytest.raises(ManifoldError, match="give a number for a"):
        SPHERE.distance(p, q)


def test_a_geodesic_to_a_point():
    path = BENT.geodesic([0, 0], to=[1, 1], t=np.linspace(0, 1, 5))
    assert np.allclose(path.position[[0, -1]], [[0, 0], [1, 1]], atol=1e-9)
    length = half_plane_distance(bent((0, 0)), bent((1, 1)))
    assert np.allclose(path.speed, length, atol=1e-9) and path.attrs["kind"] == "space-like"
    steps = [half_plane_distance(bent(s), bent(e)) for s, e in zip(path.position.values, path.position.values[1:])]
    assert np.allclose(steps, length / 4, atol=1e-9)


def test_the_speed_is_the_speed():
    assert np.allclose(HALF_PLANE.geodesic([0, 2], [0, 6], 1.0).speed, 3)
    orbit = spacetimes.minkowski()
    kinds = {"time-like": [1, 0, 0, 0], "null": [1, 1, 0, 0], "space-like": [0, 3, 0, 0]}
    speeds = {"time-like": -1, "null": 0, "space-like": 3}
    for kind, push in kinds.items():
        path = orbit.geodesic([0, 0, 0, 0], push, 2.0)
        assert path.attrs["kind"] == kind and np.allclose(path.speed, speeds[kind])


def test_transport_is_an_isometry():
    p, q = np.array([0.2, 0.1]), np.array([1.5, -0.7])
    vectors = np.array([[1.0, 0.0], [0.3, -2.0]])
    moved = BENT.transport(vectors, (p, q)).values
    grams = [
        w @ np.array(BENT.metric.subs(dict(zip((u, v), s))), dtype=float) @ w.T for w, s in ((vectors, p), (moved, q))
    ]
    assert np.allclose(grams[0], grams[1], atol=1e-10)
    path = BENT.geodesic(p, to=q, t=[0, 0.5, 1])
    assert np.allclose(BENT.transport(path.velocity.values[0], path), path.velocity, atol=1e-8)
    assert np.allclose(BENT.transport(vectors[1], path)[-1], moved[1], atol=1e-8)


def test_a_ball_and_a_mean():
    ball = BENT.geodesic_ball([0.5, 0.2], 1.5, directions=12)
    rim = [half_plane_distance(bent((0.5, 0.2)), bent(s)) for s in ball.boundary.position.values[:, -1]]
    assert np.allclose(rim, 1.5, atol=1e-9)
    mean = BENT.frechet_mean(ball.boundary.position.values[:12, -1])
    assert np.allclose(mean, [0.5, 0.2], atol=1e-9) and mean.attrs["variance"] == pytest.approx(1.5**2)
    half_way = BENT.frechet_mean([[0, 0], [1, 1]], [3, 1])
    assert np.allclose(half_way, BENT.geodesic([0, 0], to=[1, 1], t=[0, 0.25, 1]).position[1], atol=1e-8)


def test_what_has_no_distance():
    slit = RiemannianManifold([[1, 0], [0, 1]], (x, y), domain=[x**2 + y**2 > 1])
    assert slit.distance([[2, 2], [-2, 0.1], [0, 0]], [[2, 3], [2, 0.1], [2, 2]]).status.values.tolist() == [
        FOUND,
        LEAVES,
        OUTSIDE,
    ]
    for call, words in [
        (lambda: slit.distance([-2, 0.1], [2, 0.1]), "leaves the domain"),
        (lambda: slit.distance([0, 0], [2, 0.1]), "the point p .* lies outside the domain"),
        (lambda: slit.log([2, 2], [0, 0]), "the point q .* lies outside the domain"),
        (lambda: slit.geodesic([2, 2], to=[2, 2]), "same point"),
        (lambda: slit.geodesic([2, 2]), "one of them"),
        (lambda: slit.distance([2, 2, 2], [2, 2]), "last axis must hold 2 numbers"),
        (lambda: slit.distance([2, float("nan")], [2, 2]), "not finite"),
        (lambda: slit.distance([[2, 2]] * 2, [[2, 2]] * 3), "do not broadcast"),
        (lambda: slit.exp([2, 0], [-2, 0]), "left the domain"),
        (lambda: slit.frechet_mean([[2, 2], [3, 3]], [1, -1]), "at least 0"),
        (lambda: slit.frechet_mean([[2, 2], [3, 3]], [1]), "need 2 weights"),
        (lambda: slit.geodesic_ball([2, 2], -1), "positive"),
        (lambda: slit.transport([1, 0], [2, 2]), "pair of points|last axis"),
        (lambda: spacetimes.minkowski().distance([0, 0, 0, 0], [1, 0, 0, 0]), r"signature \(−\+\+\+\)"),
        (lambda: RiemannianManifold([[-1, 0], [0, 1]], (a, x)).distance([-1, 0], [1, 1]), "declared positive"),
        (lambda: spacetimes.minkowski().log([0, 0, 0, 0], [1, 0, 0, 0]), "no distance"),
    ]:
        with pytest.raises(ManifoldError, match=words):
            call()
    assert float(slit.distance([2, 2], [2, 2])) == 0


@pytest.mark.slow
def test_beyond_a_conjugate_point():
    """Around an oblate spheroid the short way is over the side; a geodesic that has gone past is told from it."""
    flat = ImmersedManifold([sp.cos(y) * sp.cos(x), sp.cos(y) * sp.sin(x), sp.sin(y) / 2], (x, y))
    space = Space(flat)
    times = np.linspace(0, 1, 33)
    _, jacobi = space.shoot_varied(np.zeros((1, 2)), np.array([[np.pi, 0.0]]), times, 1e-9)
    signs = np.sign(np.linalg.det(jacobi[0, 1:]))
    first = times[1:][np.argmax(signs < 0)] * np.pi
    assert (signs < 0).any() and first == pytest.approx(np.pi / 2, abs=0.11)  # K = 4 on the equator: after π/√K
    near, far = flat.log([[0, 0], [0, 0]], [[1.2, 0.0], [2.2, 0.0]])
    assert int(near.status) == FOUND and float(near.distance) == pytest.approx(1.2)
    assert int(far.status) == FOUND and 2 < float(far.distance) < 2.19 and abs(far[1]) > 0.1  # over the side


@pytest.mark.slow
def test_distances_where_the_metric_is_a_sum_over_nodes():
    """The normal family by quadrature alone: d = √2 d_hyperbolic(m/√2, c)."""
    t, m = sp.symbols("t m", real=True)
    c = sp.Symbol("c", positive=True)
    density = sp.exp(-((t - m) ** 2) / (2 * c**2)) / (sp.sqrt(2 * sp.pi) * c)
    family = StatisticalManifold.from_density(density, {t: (-sp.oo, sp.oo)}, (m, c), route="quadrature")
    ends = [(0.0, 1.0), (1.5, 0.5)]
    expected = np.sqrt(2) * half_plane_distance(*((p / np.sqrt(2), s) for p, s in ends))
    assert float(family.distance(*ends)) == pytest.approx(expected, abs=1e-9)
    grid = family.on_grid({"m": [0.0, 1.5], "c": [0.5, 1.0]}, ["metric"], distance_to=ends[0])
    assert float(grid.distance.sel(m=1.5, c=0.5)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.slow
def test_all_geodesics_of_a_sphere_and_a_torus():
    turn = np.arccos(np.cos(1) * np.cos(2) + np.sin(1) * np.sin(2) * np.cos(2.2))
    found = SPHERE.geodesics([1.0, 0.3], [2.0, 2.5], periods={y: 2 * np.pi}, constants={a: 1})
    assert np.allclose(found.distance[:2], [turn, 2 * np.pi - turn], atol=1e-9)
    assert found.winding[:2, 1].values.tolist() == [0, -1]
    torus = RiemannianManifold([[1, 0], [0, 1]], (u, v))
    images = sorted(np.hypot(1 + 3 * i, 0.5 + 2 * k) for i in (-1, 0, 1) for k in (-1, 0, 1))
    assert np.allclose(torus.geodesics([0, 0], [1, 0.5], periods={u: 3, v: 2}).distance, images)
    with pytest.raises(ManifoldError, match="only a closed geodesic"):
        torus.geodesics([0, 0], [0, 0])


def test_closed_geodesics_of_the_half_plane():
    """By the rotation about i, a Möbius map, that turns the way up into the direction."""
    rng = np.random.default_rng(1)
    starts, ahead = np.stack([rng.normal(size=50), rng.uniform(0.1, 5, 50)], axis=1), rng.normal(size=(50, 2))
    turn = -np.arctan2(*ahead.T) / 2
    lift = 1j * np.exp(np.hypot(*ahead.T) / starts[:, 1])
    image = (np.cos(turn) * lift + np.sin(turn)) / (np.cos(turn) - np.sin(turn) * lift)
    found = HALF_PLANE.exp(starts, ahead)
    assert found.attrs["method"] == "closed form"
    expected = np.stack([starts[:, 0] + starts[:, 1] * image.real, starts[:, 1] * image.imag], axis=1)
    assert np.allclose(found, expected, rtol=1e-11, atol=1e-11)


@pytest.mark.slow
def test_closed_geodesics_are_those_of_the_integrator():
    w, s, k = sp.symbols("w s k", positive=True)
    metric = sp.diag(3 / s**2, 0, 0, 1 / w)
    metric[1:3, 1:3] = sp.Matrix([[2, 1], [1, 2]]) * k / s**3
    space = RiemannianManifold(metric, (s, u, v, w))  # a hyperbolic space, and Poisson's line
    starts = np.array([[1.0, 0.5, -0.3, 2.0], [0.3, 0.0, 0.0, 1.0], [2.0, 1.0, 1.0, 0.5]])
    ahead = np.array([[0.5, 0.2, -1.0, 0.7], [-0.3, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, -0.3]])
    found = space.exp(starts, ahead, constants={k: 0.7})
    assert found.attrs["method"] == "closed form"
    shot = Space(space, {k: 0.7}).shoot(starts, ahead, np.array([0.0, 1.0]))[0][:, -1]
    assert np.allclose(found, shot, rtol=1e-10, atol=1e-11)
    assert np.allclose(space.exp(starts, 0 * ahead, constants={k: 0.7}), starts, atol=0)
    with pytest.raises(ManifoldError, match="ends before t = 1: it left"):
        space.exp(starts[0], [0, 0, 0, -10], constants={k: 0.7})  # beyond the end of the line


def test_no_closed_ends_on_half_planes_of_both_signs():
    # of imaginary speed the height is 1/(cos w − …), which was said to leave the domain
    half_plane = [HALF_PLANE.metric[k, k] for k in range(2)]
    assert closed_exponential(RiemannianManifold(sp.diag(-half_plane[0], half_plane[1]), (x, HEIGHT)), {}) is None
    negative = closed_exponential(RiemannianManifold(-sp.diag(*half_plane), (x, HEIGHT)), {})
    assert negative(np.array([[0.0, 1.0]]), np.array([[0.0, 1.0]]))[0] == pytest.approx([0, np.e])


def test_closed_ends_of_tiny_and_of_almost_vertical_velocities():
    with mpmath.workdps(700):
        for along, up in ((1e-170, 300.0), (3e-165, -300.0), (1e-120, 500.0), (1e-161, 1e-161), (1e-320, 0.0)):
            speed = mpmath.hypot(along, up)
            height = mpmath.cosh(speed) - mpmath.mpf(up) / speed * mpmath.sinh(speed)
            expected = [float(along * mpmath.sinh(speed) / speed / height), float(1 / height)]
            found = HALF_PLANE.exp([[0.0, 1.0]], [[along, up]]).values[0]
            assert found == pytest.approx(expected, rel=1e-13, abs=0)
    almost = RiemannianManifold([[HEIGHT ** (-2 + sp.Rational(2, 10**10))]], (HEIGHT,))  # h^(1e-10) is the arc, scaled
    assert float(almost.exp([2.0], [3.0])[0]) == pytest.approx(2 * np.exp(1.5), rel=1e-9)
