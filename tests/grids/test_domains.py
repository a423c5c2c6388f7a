"""Numbers outside the domain have no value: assumptions of symbols and declared inequalities, on grids and at points."""

import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.flows import Flow
from chentsov.geometry.manifolds import ImmersedManifold, ManifoldError, RiemannianManifold
from chentsov.models import families, spacetimes
from hypothesis import given, settings
from hypothesis import strategies as st

OUTSIDE = 2
x, y, t = sp.symbols("x y t", real=True)
r, a = sp.symbols("r a", positive=True)
both = pytest.mark.parametrize("rtol", [None, 1e-10])


def disk():
    """Poincaré's disk, of curvature −1: the formula for R is −2 everywhere, the metric only inside."""
    return RiemannianManifold(sp.eye(2) * 4 / (1 - x**2 - y**2) ** 2, (x, y), domain=[x**2 + y**2 < 1])


@both
def test_families_outside_their_parameters(rtol):
    gamma = families.gamma().on_grid({"kappa": [-1.5, -0.5, 0.0, 2.0], "m": 1.0}, rtol=rtol)
    assert gamma.status.values.tolist() == [OUTSIDE] * 3 + [0]
    assert np.isnan(gamma.ricci_scalar[:3]).all() and np.isfinite(gamma.ricci_scalar[3])
    normal = families.normal().on_grid({"mu": 0.0, "sigma": [-1.0, 0.0, 1.0]}, rtol=rtol)
    assert normal.status.values.tolist() == [OUTSIDE, OUTSIDE, 0] and normal.ricci_scalar[2] == -1


@both
def test_joint_conditions(rtol):
    grid = disk().on_grid({x: [0.0, 0.8], y: [0.0, 0.8]}, rtol=rtol)
    assert grid.status.values.tolist() == [[0, 0], [0, OUTSIDE]]
    np.testing.assert_allclose(grid.ricci_scalar, [[-2, -2], [-2, np.nan]])
    normal = families.multivariate_normal(2)
    s11, s12, s22 = normal.coordinates[2:]
    fixed = {normal.coordinates[0]: 0.0, normal.coordinates[1]: 0.0, s11: 1.0, s22: 1.0}
    assert normal.on_grid({s12: [-1.5, 0.5, 2.0], **fixed}, rtol=rtol).status.values.tolist() == [OUTSIDE, 0, OUTSIDE]
    simplex = families.categorical(3)
    p1, p2 = simplex.coordinates
    assert simplex.on_grid({p1: 0.7, p2: [0.2, 0.5]}, rtol=rtol).status.values.tolist() == [0, OUTSIDE]


@both
def test_declared_symbols_keep_their_promise(rtol):
    line = RiemannianManifold([[1, 0], [0, 1 + sp.sqrt(r**2) * r]], (x, r))  # √(r²) is r by the declaration
    grid = line.on_grid({x: 0.0, r: [-3.0, 0.0, 1.0]}, rtol=rtol)
    assert grid.status.values.tolist() == [OUTSIDE, OUTSIDE, 0]
    n = sp.Symbol("n", integer=True)
    wave = RiemannianManifold([[1, 0], [0, 2 + sp.cos(2 * sp.pi * n * x)]], (x, y))
    with pytest.raises(ValueError, match="n was declared integer"):
        wave.on_grid({x: [0.1], y: 0.0}, constants={n: 0.3}, rtol=rtol)
    assert wave.on_grid({x: [0.1], y: 0.0}, constants={n: 3}, rtol=rtol).status == 0


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(["positive", "negative", "nonnegative", "nonpositive", "nonzero", "integer", "even", "odd"]),
    st.one_of(st.integers(-3, 3).map(float), st.floats(-4, 4)),
)
def test_every_assumption_as_sympy_understands_it(assumption, number):
    s = sp.Symbol("s", real=True, **{assumption: True})
    grid = RiemannianManifold([[1, 0], [0, 1 + x**2]], (x, s)).on_grid({x: 0.5, s: [number]})
    assert (grid.status.item() == 0) == bool(getattr(sp.Rational(number), f"is_{assumption}"))


def test_the_domain_moves_with_the_chart():
    polar = disk().change_coordinates((r, t), {x: r * sp.cos(t), y: r * sp.sin(t)})
    assert polar.on_grid({r: [-0.5, 0.5, 1.5], t: 1.0}).status.values.tolist() == [OUTSIDE, 0, OUTSIDE]
    half = RiemannianManifold([[1, 0], [0, 1]], (x, r)).change_coordinates((x, t), {x: x, r: 1 - t})
    assert half.on_grid({x: 0.0, t: [0.0, 2.0]}).status.values.tolist() == [0, OUTSIDE]
    u, v = sp.symbols("u v", real=True)
    both_of = disk().product(RiemannianManifold([[1, 0], [0, 1]], (u, v), domain=[v > u]))
    at = {x: 0.0, y: 0.0, u: 0.0}
    assert both_of.on_grid({**at, v: [-1.0, 1.0]}).status.values.tolist() == [OUTSIDE, 0]


def test_points_and_courses():
    half = RiemannianManifold([[1, 0], [0, 1]], (x, y), domain=[y > 0])
    with pytest.raises(ManifoldError, match="the start .* y > 0"):
        half.geodesic([0, -1], [1, 0], 1.0)
    with pytest.raises(ManifoldError, match="leaves the domain at t = 1"):
        half.geodesic([0, 1], [0, -1], 3.0)
    sphere = ImmersedManifold([a * sp.cos(x) * sp.cos(y), a * sp.sin(x) * sp.cos(y), a * sp.sin(y)], (x, y))
    with pytest.raises(ManifoldError, match="a was declared positive"):
        sphere.curvature_at([0.1, 0.2], {a: -1})
    fall = Flow(half, [0, -1])
    with pytest.raises(ManifoldError, match="the start"):
        fall.trajectory([0, -1], 1.0)
    path = fall.trajectory([0, 1], 3.0)
    assert path.attrs["ending"] == "left the domain of the manifold" and path.attrs["reached"] == pytest.approx(1.0)
    paths = fall.trajectories([[0.0, 1.0], [0.0, 9.0], [0.0, -1.0]], [0.0, 0.5, 2.0])
    assert paths.ending.values.tolist() == [4, 0, 4] and paths.reached.values.tolist() == [0.5, 2.0, 0.0]
    assert np.isnan(paths.position[0, 2]).all() and np.isnan(paths.position[2]).all()


@both
def test_coordinates_that_are_held_fixed(rtol):
    hole = spacetimes.schwarzschild()
    at = {"t": 0, "r": [0.0, 4.0], "theta": 1.0, "phi": 0.0}
    grid = hole.on_grid(at, ("kretschmann",), constants={"m": 1}, rtol=rtol)
    assert np.isnan(grid.kretschmann[0]) and grid.kretschmann[1] == pytest.approx(48 / 4**6, rel=1e-12)
    # y is in the metric and not in R; the diagnosis of the singular cell needs it
    plane = RiemannianManifold([[1, 0], [0, x**2 * (1 + y**2)]], (x, y))
    assert plane.on_grid({x: [0.0, 1.0], y: 3.0}, ["christoffel"], rtol=rtol).status.values.tolist() == [1, 0]


def test_a_domain_is_made_of_inequalities_of_its_symbols():
    with pytest.raises(ManifoldError, match="neither a coordinate nor a constant"):
        RiemannianManifold([[1, 0], [0, 1]], (x, y), domain=[t > 0])
    with pytest.raises(ManifoldError, match="inequalities"):
        RiemannianManifold([[1, 0], [0, 1]], (x, y), domain=[x + y])
    with pytest.raises(ManifoldError, match="sequence"):
        RiemannianManifold([[1, 0], [0, 1]], (x, y), domain="x > 0")


def test_a_coordinate_held_fixed_is_exact_as_a_constant_is():
    """x - y at the double x next to y = 1/10; a numeral as text and a Decimal are exact, too."""
    from decimal import Decimal

    plane = RiemannianManifold(sp.diag(1, 1 + (x - y) ** 2 * 10**30 + a), (x, y))
    for tenth in (sp.Rational(1, 10), Decimal("0.1")):
        for one in ("1", Decimal(1), 1.0):
            grid = plane.on_grid({x: [0.1], y: tenth}, ["metric"], constants={"a": one}, rtol=1e-10)
            away = 10**30 * (sp.Rational(0.1) - sp.Rational(1, 10)) ** 2  # 3.1e-5
            assert grid.metric.isel(i=1, j=1).item() == pytest.approx(float(2 + away), rel=1e-10)
