"""The empirical Fisher metric of small networks: Gauss equation against the intrinsic formulas and against the textbook."""

import pytest
import sympy as sp
from chentsov import RiemannianManifold
from chentsov.geometry.exact import Mean
from chentsov.geometry.manifolds import ManifoldError, SingularMetricError
from chentsov.geometry.manifolds.empirical import EmpiricalManifold

from tests.manifolds.textbook import Textbook

a, b, c, x, t = sp.symbols("a b c x t", real=True)
ROWS = [(sp.Rational(i * 7 % 11 - 5, 4), sp.Rational(i * 5 % 7, 7)) for i in range(4)]
NETWORKS = {
    "two layers": ((a * sp.tanh(b * x) - t) ** 2 / 2, (a, b)),
    "with a bias": ((a * sp.exp(b * x) + c - t) ** 2 / 2, (a, b, c)),
    "regression": ((t - a * sp.exp(b * x)) ** 2, (a, b)),
}


def average(mean):
    """A mean as the sum over the rows that it stands for."""
    return sum(mean.expression.subs({x: row[0], t: row[1]}) for row in ROWS) / len(ROWS)


def number(expression, at):
    """The value at a point of the weights: every mean first, then the rational function of them."""
    means = {m: average(m).subs(at).evalf(60) for m in expression.atoms(Mean)}
    return expression.xreplace(means).subs(at).evalf(50)


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow if n != "regression" else ()) for n in NETWORKS]
)
def test_gauss_equation_of_a_network(name):
    loss, weights = NETWORKS[name]
    network = EmpiricalManifold(loss, (x, t), weights)
    assert network.structure == "immersed"
    at = {w: sp.Rational(3 + i, 7 + 2 * i) for i, w in enumerate(weights)}
    written_out = sp.Matrix(network.metric).applyfunc(lambda g: g.xreplace({m: average(m) for m in g.atoms(Mean)}))
    book = Textbook(written_out, weights, at)
    ours = number(network.ricci_scalar, at)
    assert abs(ours - book.ricci_scalar) < sp.Float(10) ** -30 * (1 + abs(book.ricci_scalar))
    for i in range(len(weights)):
        value = number(network.component("ricci", 0, i), at)
        assert abs(value - book.ricci[0, i]) < sp.Float(10) ** -30 * (1 + abs(book.ricci[0, i]))


def test_no_third_derivatives():
    """The intrinsic route meets the third derivatives of the loss; here none is taken."""
    loss, weights = NETWORKS["two layers"]
    network = EmpiricalManifold(loss, (x, t), weights)
    _ = network.ricci_scalar
    assert not any(key[0] == "_metric_second_derivative" for key in network.local.components)


def test_a_single_neuron_is_hessian_and_both_routes_agree():
    z = sp.tanh(a * x + b * t)
    network = EmpiricalManifold(z**2 + z, (x, t), (a, b))
    intrinsic = RiemannianManifold(network.metric, (a, b))
    assert intrinsic.structure == "hessian"
    at = {a: sp.Rational(2, 5), b: sp.Rational(1, 3)}
    first, second = (number(m.ricci_scalar, at) for m in (network, intrinsic))
    assert abs(first - second) < sp.Float(10) ** -30 and abs(first) > sp.Float(10) ** -6


def test_bad_input():
    with pytest.raises(ManifoldError, match="x cannot be a parameter and a variable"):
        EmpiricalManifold(a * x, (x,), (a, x))
    with pytest.raises(ManifoldError, match="does not depend on the data"):
        EmpiricalManifold(a * b, (x,), (a, b))
    with pytest.raises(SingularMetricError):
        EmpiricalManifold((a + b) * x, (x,), (a, b))
    with pytest.raises(ManifoldError, match="k is neither"):
        EmpiricalManifold(a * x * sp.Symbol("k"), (x,), (a,), constants=[])


def test_a_geodesic_in_the_space_of_weights():
    """Means are evaluated over the rows that are given; the speed is kept."""
    loss, weights = NETWORKS["regression"]
    network = EmpiricalManifold(loss, (x, t), weights)
    with pytest.raises(ManifoldError, match="give the rows in `data`, one array for each of t, x"):
        network.geodesic([1, 0.5], [0.1, 0.2], 1)
    data = {"x": [float(r[0]) for r in ROWS], "t": [float(r[1]) for r in ROWS]}
    path = network.geodesic([1, 0.5], [0.1, 0.2], 1, data=data)
    assert path.attrs["speed_drift"] < 1e-9 * float(path.speed[0])
    start = {weights[0]: 1, weights[1]: sp.Rational(1, 2)}
    g = [[float(number(network.metric[i, j], start)) for j in range(2)] for i in range(2)]
    assert float(path.speed[0]) ** 2 == pytest.approx(g[0][0] * 0.01 + 2 * g[0][1] * 0.02 + g[1][1] * 0.04, rel=1e-12)


def test_curvature_in_numbers():
    """QR of the gradients against the closed form in means, and against 50 digits."""
    loss, weights = NETWORKS["with a bias"]
    network = EmpiricalManifold(loss, (x, t), weights)
    at = {w: sp.Rational(3 + i, 7 + 2 * i) for i, w in enumerate(weights)}
    data = {"x": [float(r[0]) for r in ROWS], "t": [float(r[1]) for r in ROWS]}
    found = network.curvature_at({w.name: float(v) for w, v in at.items()}, data)
    assert found.ricci_scalar == pytest.approx(float(number(network.ricci_scalar, at)), rel=1e-9)
    for i in range(3):
        assert found.metric[0, i] == pytest.approx(float(number(network.metric[0, i], at)), rel=1e-12)
        assert found.ricci[1, i] == pytest.approx(float(number(network.component("ricci", 1, i), at)), rel=1e-8)
    assert found.condition > 1


def test_a_network_with_eighteen_weights():
    """Six hidden units: no closed form is needed, and the curvature does not change when the units are permuted."""
    import numpy as np

    u, v, w = (sp.symbols(f"{n}1:7", real=True) for n in "uvw")
    y = sp.Symbol("y", real=True)
    loss = (sum(p * sp.tanh(q * x + r * y) for p, q, r in zip(u, v, w)) - t) ** 2 / 2
    network = EmpiricalManifold(loss, (x, y, t), (*u, *v, *w), name="net")
    assert network.structure == "immersed" and "local" not in vars(network)
    rng = np.random.default_rng(5)
    data = {n: rng.uniform(-1, 1, 200) for n in "xyt"}
    point = rng.uniform(-1.5, 1.5, 18)
    found = network.curvature_at(point, data)
    order = rng.permutation(6)
    again = network.curvature_at(point.reshape(3, 6)[:, order].ravel(), data)
    assert np.isfinite(found.ricci_scalar)
    assert again.ricci_scalar == pytest.approx(found.ricci_scalar, rel=1e-4)


def test_numbers_that_cannot_be_had():
    loss, weights = NETWORKS["two layers"]
    network = EmpiricalManifold(loss, (x, t), weights)
    for data, words in [
        ({"x": [1.0, 2.0]}, "no column for t"),
        ({"x": [1.0, 2.0], "t": [1.0]}, "of one length"),
        ({"x": [1.0, float("nan")], "t": [0.0, 1.0]}, "not finite"),
        ({"x": [1.0], "t": [0.5]}, "singular at this point"),
    ]:
        with pytest.raises(ManifoldError, match=words):
            network.curvature_at([0.5, 0.5], data)
    with pytest.raises(ManifoldError, match="needs 2 numbers, not 1"):
        network.curvature_at([0.5], {"x": [1.0, 2], "t": [0, 1]})
