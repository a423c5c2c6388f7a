"""Adding a function is one row: the Gudermannian gd(x) = 2 atan(tanh(x/2)), which nothing in the package knows of.

It is used in a closed form, on a grid and a certified grid, in a flow, as a Hopfield and as a network's activation, under
an integral and in `check_curvature`; afterwards the row is gone.
"""

import math

import chentsov as ch
import mpmath
import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.exact import UnsupportedFunction
from chentsov.geometry.kernels import compile
from chentsov.geometry.kernels.functions import FUNCTIONS, Function, added
from chentsov.models.hopfield import HopfieldNumbers
from chentsov.parsing import ExpressionError, parse_expression
from flint import acb, arb
from scipy.integrate import solve_ivp

x, y = sp.symbols("x y", real=True)


class gd(sp.Function):
    """The Gudermannian, of which SymPy is told only the derivative."""

    nargs = (1,)

    def fdiff(self, argindex=1):
        return sp.sech(self.args[0])


LEAST = Function("gd", gd, ((-6.0, 6.0),), definition=lambda u: 2 * sp.atan(sp.tanh(u / 2)))
FULL = Function(
    "gd", gd, ((-6.0, 6.0),), lambda u: np.arctan(np.sinh(u)), lambda u: u.sinh().atan(), lambda u: u.sinh().atan(),
    numba="math.atan(math.sinh({0}))",
)  # fmt: skip


@pytest.fixture(params=[LEAST, FULL], ids=["by a definition", "with routines"])
def row(request):
    with added(request.param) as row:
        yield row
    assert "gd" not in FUNCTIONS


def exact(u):
    return mpmath.atan(mpmath.sinh(u))


def surface():
    """ds² = dx² + gd(x)² dy², with R = −2 gd″/gd = 2 sech x tanh x / gd x."""
    return ch.RiemannianManifold(sp.diag(1, gd(x) ** 2), (x, y))


def scalar(u):
    return 2 * mpmath.sech(u) * mpmath.tanh(u) / exact(u)


def test_in_a_text(row):
    assert parse_expression("gd(x)^2", [x]) == gd(x) ** 2


def test_in_a_closed_form(row):
    curvature = surface().ricci_scalar
    assert curvature.has(gd)
    for u in (0.5, 1.7):
        assert abs(float(curvature.replace(gd, lambda v: sp.atan(sp.sinh(v))).subs(x, u)) - scalar(u)) < 1e-13


def test_on_a_grid_and_on_a_certified_one(row):
    axes = {"x": np.linspace(0.2, 5.0, 9), "y": np.array([0.0])}
    for options in ({}, {"rtol": 1e-12}):
        values = surface().on_grid(axes, ["ricci_scalar"], **options).ricci_scalar.values[:, 0]
        truth = [float(scalar(u)) for u in axes["x"]]
        np.testing.assert_allclose(values, truth, rtol=1e-12)
    for backend in ("native", "numba", "numpy"):
        values = compile(gd(x), [x], backend=backend)(axes["x"])
        np.testing.assert_allclose(values, [float(exact(u)) for u in axes["x"]], rtol=1e-14)


def test_in_a_flow(row):
    plane = ch.RiemannianManifold(sp.eye(2), (x, y))
    path = ch.Flow(plane, [-gd(x), x]).trajectory([1.3, 0.2], 2.0)
    field = lambda _, u: [-math.atan(math.sinh(u[0])), u[0]]
    other = solve_ivp(field, (0, 2.0), [1.3, 0.2], method="DOP853", rtol=1e-12, atol=1e-13).y[:, -1]
    np.testing.assert_allclose(path.position.values[-1], other, rtol=1e-8)


def test_as_an_activation(row):
    pair = HopfieldNumbers.of_arrays([[0.0, 2.0], [2.0, 0.0]], gd(x))
    states = np.array([[0.3, -0.2], [4.0, -30.0]])
    np.testing.assert_allclose(pair.rates(states), np.arctan(np.sinh(states)), rtol=1e-14)
    np.testing.assert_allclose(pair.metric(states), 1 / np.cosh(states), rtol=1e-14)
    primitive = [float(mpmath.quad(exact, [0, u])) for u in (0.3, 4.0)]
    np.testing.assert_allclose(pair.activation.numeric["primitive"](np.array([0.3, 4.0])), primitive, rtol=1e-13)
    mean = (pair.compressibility(states, "primal") + pair.compressibility(states, "dual")) / 2
    np.testing.assert_allclose(pair.compressibility(states), mean, rtol=1e-13)
    assert pair.trajectories(states[:1], 1.0).ending.values.tolist() == [0]


def test_as_a_networks_activation(row):
    by_name = ch.models.DenseNetwork((2, 2, 1), activation=lambda z: gd(z))
    by_others = ch.models.DenseNetwork((2, 2, 1), activation=lambda z: sp.atan(sp.sinh(z)))
    weights = np.linspace(-0.4, 0.7, len(by_name.coordinates))
    inputs, targets = np.random.default_rng(3).normal(size=(20, 2)), np.arange(20.0)[:, None] % 2
    one, other = (n.curvature_at(weights, inputs, targets) for n in (by_name, by_others))
    np.testing.assert_allclose(one.metric, other.metric, rtol=1e-12)
    assert one.ricci_scalar == pytest.approx(other.ricci_scalar, rel=1e-6)


def test_under_an_integral(row):
    """∫₀¹ gd = 1·gd(1) − ∫ x sech x, by quadrature on both sides; with a ball that crosses the cut there is no number."""
    from chentsov.geometry.expectation.balls import Tape, precision

    tape = Tape([gd(x)], [x])
    with precision(100):
        value = acb.integral(lambda z, analytic: tape([z], analytic)[0], 0, 1).real
    with mpmath.workdps(30):
        assert abs(mpmath.mpf(value.str(28, radius=False)) - mpmath.quad(exact, [0, 1])) < 1e-25
    if row is LEAST:  # tanh has no value at iπ/2, where gd branches
        assert not tape([acb(arb(0), arb(1.57, 0.01))], True)[0].is_finite()


def test_in_a_check(row):
    manifold = surface()
    right = lambda p: 2 / np.cosh(p[0]) * np.tanh(p[0]) / np.arctan(np.sinh(p[0]))
    points = [(0.4, 0.0), (1.5, 1.0), (2.5, -1.0)]
    assert ch.check_curvature(right, manifold, points=points).passed
    assert not ch.check_curvature(lambda p: -right(p), manifold, points=points).passed


def test_the_row_is_gone():
    with pytest.raises(ExpressionError, match="unknown function 'gd'"):
        parse_expression("gd(x)", [x])
    with pytest.raises(UnsupportedFunction, match="gd"):
        compile(gd(x), [x])
