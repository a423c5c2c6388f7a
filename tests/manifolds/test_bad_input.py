"""What does not define a manifold is refused in one clear line."""

import numpy as np
import pytest
import sympy as sp
from chentsov import ImmersedManifold, RiemannianManifold
from chentsov.geometry.exact import TimeBudget, TimeBudgetExceeded, UnsupportedFunction
from chentsov.geometry.manifolds import ChartMap, ManifoldError, SingularMetricError, progress
from chentsov.models import spacetimes

x, y, z = sp.symbols("x y z", real=True)
flat = [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    "metric, coordinates, words",
    [
        ([[1, 0]], (x, y), r"not square: its shape is \(1, 2\)"),
        ([[1, 0], [0]], (x, y), "different lengths"),
        (sp.eye(3), (x, y), "3×3, but there are 2 coordinates"),
        ([[1, x], [0, 1]], (x, y), r"not symmetric: g\[1, 0\] − g\[0, 1\] = -x"),
        (flat, (x, x), "repeated coordinate: x"),
        (flat, (x, sp.Symbol("x")), "same name x"),
        (flat, "xy", "SymPy symbols"),
        (flat, (x, 2), "coordinate 1 is 2"),
        (flat, (), "at least one coordinate"),
        ([[1, "y"], ["y", 1]], (x, y), r"g\[0, 1\] is the string 'y'"),
        ([[1, 0], [0, 3 + (-1) ** x]], (x, y), "real only where the exponent is a whole number"),
        ([[sp.nan, 0], [0, 1]], (x, y), "not finite"),
        ([[float("inf"), 0], [0, 1]], (x, y), "not finite"),
        ([[None, 0], [0, 1]], (x, y), r"g\[0, 0\] is None"),
        ([[x > 0, 0], [0, 1]], (x, y), "not a scalar expression"),
        (7, (x, y), "square matrix"),
    ],
)
def test_what_is_no_metric(metric, coordinates, words):
    with pytest.raises(ManifoldError, match=words) as caught:
        RiemannianManifold(metric, coordinates)
    assert isinstance(caught.value, ValueError) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "metric",
    [
        [[0, 0], [0, 1 / (1 - x**2) - y]],
        [[1, 1], [1, 1]],
        [
            [sp.cos(x) ** 2, sp.cos(x) * sp.sin(x)],
            [sp.sin(2 * x) / 2, 1 - sp.cos(x) ** 2],
        ],  # only after cos² + sin² = 1
        [[sp.exp(2 * x), sp.exp(x + y)], [sp.exp(x + y), sp.exp(2 * y)]],
    ],
)
def test_a_metric_that_is_singular_everywhere(metric):
    with pytest.raises(SingularMetricError, match="identically zero"):
        RiemannianManifold(metric, (x, y))


def test_a_hidden_symmetry_is_seen_exactly():
    """sin 2x = 2 sin x cos x: symmetric, though it does not look so."""
    m = RiemannianManifold([[2, sp.sin(2 * x)], [2 * sp.sin(x) * sp.cos(x), 3]], (x, y))
    assert m.dim == 2


def test_undeclared_symbols_are_constants_and_named():
    k = sp.Symbol("k")
    m = RiemannianManifold([[k, 0], [0, x**2 * z]], (x, y))
    assert "treated as constants: k, z" in repr(m)
    assert m.is_flat()
    with pytest.raises(ManifoldError, match="z is neither a coordinate nor a declared constant"):
        RiemannianManifold([[k, 0], [0, z]], (x, y), constants=[k])
    assert RiemannianManifold([[k, 0], [0, 1]], (x, y), constants=[k]).constants == (k,)


def test_a_function_without_a_rule_is_named():
    class mystery(sp.Function):
        def fdiff(self, argindex=1):
            raise sp.ArgumentIndexError(self, argindex)

        def _eval_derivative(self, s):
            raise NotImplementedError

    with pytest.raises(UnsupportedFunction, match="zeta|mystery") as caught:
        RiemannianManifold([[1 + sp.zeta(x, y) + mystery(x), 0], [0, 1]], (x, y))
    assert "rule" in str(caught.value)


def test_floats_become_rationals():
    m = RiemannianManifold(np.diag([0.5, 2.0]), (x, y))
    assert m.metric == sp.diag(sp.Rational(1, 2), 2)


def test_unknown_quantities_and_components():
    m = RiemannianManifold(flat, (x, y))
    with pytest.raises(ManifoldError, match="unknown quantity 'rici'; known are metric"):
        m.expression_of("rici")
    with pytest.raises(ManifoldError, match=r"ricci has 2 indices from 0 to 1; asked for \[0, 2\]"):
        m.component("ricci", 0, 2)
    with pytest.raises(ManifoldError, match="not Hessian"):
        _ = RiemannianManifold([[1, 0], [0, 1 + x**2]], (x, y)).cubic
    with pytest.raises(ManifoldError, match="surfaces"):
        _ = RiemannianManifold(sp.eye(3), (x, y, z)).gaussian_curvature


def test_tensors():
    m, other = RiemannianManifold(flat, (x, y)), RiemannianManifold(flat, (x, y))
    vector = m.tensor([x, y], ["up"])
    with pytest.raises(ManifoldError, match="index positions"):
        m.covariant_derivative([x, y])
    with pytest.raises(ManifoldError, match="'up' or 'down'"):
        m.tensor([x, y], ["left"])
    with pytest.raises(ManifoldError, match="shape"):
        m.tensor([x, y, x], ["up"])
    with pytest.raises(ManifoldError, match="index positions differ"):
        _ = vector + vector.lowered(0)
    with pytest.raises(ManifoldError, match="another manifold"):
        other.divergence(vector)
    with pytest.raises(ManifoldError, match="slots 0 to 0"):
        vector.raised(1)
    with pytest.raises(ManifoldError, match="cannot be contracted with itself"):
        m.tensor("metric").contracted(1, 1)
    with pytest.raises(ManifoldError, match="indices from 0 to 1"):
        _ = vector[2]
    with pytest.raises(ManifoldError, match="do not span"):
        m.sectional_curvature([1, 2], [2, 4])


def test_chart_maps():
    m = RiemannianManifold(flat, (x, y))
    u, v, w = sp.symbols("u v w")
    for new, relations, words in [
        ((u, v), {x: u}, "no relation for the old coordinate y"),
        ((u, v), {u: x, v: y}, "not the other way round"),
        ((u, v), {x: u, y: v + x}, "still hold the old coordinate x"),
        ((u, v), {x: u, y: 2 * u}, "Jacobian determinant is zero"),
        ((u,), {x: u, y: 2 * u}, "use pull_back"),
        ((u, v, w), {x: u, y: v}, "3 new coordinates"),
        ((u, v), [u], "1 relations for 2"),
    ]:
        with pytest.raises(ManifoldError, match=words):
            m.change_coordinates(new, relations)
    with pytest.raises(ManifoldError, match="lower them first"):
        ChartMap(m, (u,), [u, u**2]).transform(m.tensor([x, y], ["up"]))
    with pytest.raises(ManifoldError, match="both factors use x"):
        m.product(RiemannianManifold([[1]], (x,)))


def test_immersions():
    with pytest.raises(ManifoldError, match="at least 2 functions"):
        ImmersedManifold([x], (x, y))
    with pytest.raises(ManifoldError, match="signature"):
        ImmersedManifold([x, y, x * y], (x, y), signature=(1, 1))
    with pytest.raises(SingularMetricError):
        ImmersedManifold([x + y, (x + y) ** 2, 1], (x, y))


def test_geodesics():
    half_plane = RiemannianManifold([[1 / y**2, 0], [0, 1 / y**2]], (x, y))
    for arguments, words in [
        (([0], [1, 0], 1), "must hold 2 finite numbers"),
        (([0, float("nan")], [1, 0], 1), "finite"),
        (({"x": 0}, [1, 0], 1), "no value for y"),
        (([0, 1], [1, 0], [0, 1, 1]), "rise or fall"),
        (([0, 0], [1, 0], 1), "not finite at the starting point"),
        (([0, 1], "fast", 1), "one number for each"),
    ]:
        with pytest.raises(ManifoldError, match=words):
            half_plane.geodesic(*arguments)
    with pytest.raises(ManifoldError, match="give a number for m"):
        spacetimes.schwarzschild().geodesic([0, 10, 1, 0], [1, 0, 0, 0], 1)
    with pytest.raises(ManifoldError, match="leaves the chart|singularity"):
        RiemannianManifold([[x]], (x,)).geodesic([1], [-1], 10)  # x = (1 − 3t/2)^(2/3) ends at t = 2/3


def _large():
    """Three dimensions, dense: the Ricci scalar has thousands of terms."""
    xs = sp.symbols("x1:5", real=True)
    return RiemannianManifold(
        sp.Matrix(
            4, 4, lambda i, j: (7 if i == j else 0) + sum((k + i + j) * c**2 for k, c in enumerate(xs)) + xs[i] * xs[j]
        ),
        xs,
    )


def test_a_time_budget_is_kept_and_what_is_finished_is_told():
    m = _large()
    with pytest.raises(TimeBudgetExceeded) as caught, TimeBudget(0.3):
        _ = m.riemann
    assert "independent components of 96 are finished" in str(caught.value)
    done = caught.value.finished["riemann"]
    for indices, value in list(done.items())[:3]:
        assert m.riemann_component(*indices) is value


def test_an_interruption_loses_nothing():
    m = spacetimes.kerr()
    calls = []

    def stop(what, done, count):
        calls.append((what, done, count))
        if done == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), progress(stop):
        _ = m.christoffel
    assert calls[-1] == ("Christoffel symbols of the second kind", 7, 64)
    kept = dict(m.local.components)
    assert m.christoffel[1, 0, 0] != 0
    assert all(m.local.components[k] is v for k, v in kept.items())


def test_a_single_component_does_not_compute_the_others():
    m = spacetimes.kerr()
    assert m.component("riemann_lowered", 0, 1, 0, 1) != 0
    assert sum(1 for key in m.local.components if key[0] == "_riemann_lowered") == 1
    assert (m.tensor("riemann_lowered").element(0, 1, 1, 0) + m.local.riemann_lowered(0, 1, 0, 1)).is_zero
    assert sum(1 for key in m.local.components if key[0] == "_riemann_lowered") == 1
