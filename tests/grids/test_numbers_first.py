"""A number never waits for a closed form: dense metrics, against a textbook derivation that shares no code."""

import random
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.kernels import compile
from chentsov.geometry.kernels.contraction import Contraction
from chentsov.geometry.manifolds import HessianManifold, RiemannianManifold
from chentsov.geometry.manifolds.recipes import recipe
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "manifolds"))
from textbook import Textbook, evaluate

X = sp.symbols("x y z w v", real=True)
x, y, z, w, v = X


def six_entries():
    a, b, d = sp.exp(-(z**2)) / 4, x * y / 10, sp.sin(x * z) / 5
    return [[2 + sp.sin(x) * sp.cos(y), a, b], [a, 2 + z**2, d], [b, d, 3 + sp.cos(x)]]


def dense(kind, dim, seed):
    """A metric all of whose entries hold two coordinates at least, and that is positive near the origin."""
    dice, g = random.Random(seed), sp.zeros(dim)
    for i in range(dim):
        for j in range(i, dim):
            a, b = dice.sample(X[:dim], 2)
            c = sp.Rational(dice.randint(1, 9), 40)
            entry = {
                "polynomial": a * b + a**2,
                "trigonometric": sp.sin(a) * sp.cos(b),
                "exponential": sp.exp(a - b / 2),
            }
            g[i, j] = g[j, i] = c * entry[kind] + (3 if i == j else 0)
    return g


def expected(metric, coordinates, at):
    """Every quantity at a point; Einstein and Weyl tensor by their definitions from the textbook's Ricci and Riemann tensors."""
    book, n = Textbook(metric, coordinates, at), range(len(coordinates))
    entries = evaluate(list(sp.Matrix(metric)), at)
    g = lambda i, j: entries[i * len(n) + j]
    ricci, low, R = book.ricci, book.riemann_lowered, book.ricci_scalar
    known = {name: getattr(book, name) for name in ("christoffel", "riemann", "riemann_lowered", "ricci")}
    known |= {"ricci_scalar": {(): R}, "kretschmann": {(): book.kretschmann}}
    known["einstein"] = {(i, j): ricci[i, j] - R * g(i, j) / 2 for i in n for j in n}
    if len(n) > 3:
        k = len(n) - 2
        known["weyl"] = {
            (a, b, c, d): low[a, b, c, d]
            - (g(a, c) * ricci[b, d] - g(a, d) * ricci[b, c] - g(b, c) * ricci[a, d] + g(b, d) * ricci[a, c]) / k
            + R * (g(a, c) * g(b, d) - g(a, d) * g(b, c)) / (k * (k + 1))
            for a, b, c, d in product(n, repeat=4)
        }
    known["determinant"] = {(): sp.Matrix(len(n), len(n), entries).det()}
    return known


def point_of(dim):
    return {s: sp.Rational(2 * k + 3, 16) for k, s in enumerate(X[:dim])}  # exact in binary


def check(metric, dim, quantities=None, rtol=None, tolerance=1e-11):
    at = point_of(dim)
    known = expected(metric, X[:dim], at)
    manifold = RiemannianManifold(metric, X[:dim])
    names = [q for q in known if quantities is None or q in quantities]
    grid = manifold.on_grid({s: [float(u)] for s, u in at.items()}, names, rtol=rtol)
    assert (grid.status == 0).all()
    for name in names:
        values = grid[name].values.reshape(grid[name].shape[: len(next(iter(known[name])))])
        scale = max(1e-3, *(abs(u) for u in known[name].values()))
        for index, value in known[name].items():
            assert abs(values[index] - value) <= tolerance * (abs(value) if rtol else max(abs(value), scale / 100))
    return manifold


def test_six_ordinary_entries_give_every_quantity():
    manifold = check(six_entries(), 3)
    for name in ("ricci_scalar", "kretschmann", "ricci", "riemann", "einstein"):
        assert all(isinstance(e, Contraction) for e in np.ravel(recipe(manifold, name)))


def test_six_ordinary_entries_certified():
    check(six_entries(), 3, ("ricci_scalar", "kretschmann", "christoffel"), rtol=1e-10, tolerance=1e-10)


@settings(max_examples=6, deadline=None)
@given(st.sampled_from(["polynomial", "trigonometric", "exponential"]), st.sampled_from([2, 3]), st.integers(0, 10**6))
def test_random_dense_metrics(kind, dim, seed):
    check(dense(kind, dim, seed), dim, tolerance=1e-10)


@pytest.mark.parametrize("kind", ["polynomial", "trigonometric"])
def test_four_dimensions(kind):
    check(dense(kind, 4, 1), 4, ("ricci_scalar", "kretschmann", "weyl", "einstein", "determinant"), tolerance=1e-10)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["polynomial", "trigonometric", "exponential"])
def test_five_dimensions(kind):
    check(dense(kind, 5, 2), 5, ("ricci_scalar", "kretschmann", "christoffel"), tolerance=1e-10)


def test_a_geodesic_keeps_its_speed():
    manifold = RiemannianManifold(six_entries(), X[:3])
    path = manifold.geodesic([0.1, 0.2, 0.3], [0.4, -0.3, 0.5], 1.0)
    assert path.attrs["speed_drift"] < 1e-9
    # the acceleration at the start, from the textbook's Christoffel symbols
    at = {s: sp.Rational(u) for s, u in zip(X, (0.1, 0.2, 0.3))}
    gamma, push = Textbook(six_entries(), X[:3], at).christoffel, (0.4, -0.3, 0.5)
    h = 1e-4
    near = manifold.geodesic([0.1, 0.2, 0.3], push, [0.0, h, 2 * h]).position.values
    for i in range(3):
        acceleration = -sum(gamma[i, j, k] * push[j] * push[k] for j in range(3) for k in range(3))
        assert abs((near[2, i] - 2 * near[1, i] + near[0, i]) / h**2 - acceleration) < 1e-3


def test_constants_stay_constants():
    a = sp.symbols("a:12", real=True)
    metric = dense("trigonometric", 4, 3)
    some = list(a)
    for i in range(4):
        for j in range(i, 4):
            metric[i, j] = metric[j, i] = metric[i, j] * some[(3 * i + j) % 12] + (1 if i == j else 0)
    values = {s: sp.Rational(k + 5, 8) for k, s in enumerate(a)}
    at = point_of(4)
    grid = RiemannianManifold(metric, X[:4]).on_grid(
        {s: [float(u)] for s, u in at.items()},
        ["ricci_scalar"],
        constants={s: float(u) for s, u in values.items() if s in metric.free_symbols},
    )
    book = Textbook(metric.subs(values), X[:4], at)
    assert abs(grid.ricci_scalar.item() - book.ricci_scalar) < 1e-11 * abs(book.ricci_scalar)


def test_a_point_again_and_again_is_the_same_kernel():
    kernel = compile(list(np.ravel(recipe(RiemannianManifold(six_entries(), X[:3]), "christoffel"))), X[:3])
    f, rng = kernel.pointwise(), np.random.default_rng(0)
    for _ in range(5):
        place = rng.uniform(-1, 1, 3)
        np.testing.assert_allclose(f(*place), [float(u) for u in kernel(*place)], rtol=1e-14)


def test_a_gradient_flow():
    """−g⁻¹∂E and its divergence with √det g, from the textbook's Γ^i_ij = ∂_j log √det g."""
    from chentsov.geometry.flows import Flow

    energy = x**2 + y**2 + z**2 / 2
    flow = Flow.gradient(RiemannianManifold(six_entries(), X[:3]), energy)
    path = flow.trajectory([0.25, 0.5, 0.75], 0.1, volumes=["riemannian"])
    at = dict(zip(X, (sp.Rational(1, 4), sp.Rational(1, 2), sp.Rational(3, 4))))
    g = sp.Matrix(3, 3, evaluate(list(sp.Matrix(six_entries())), at))
    slope = -g.inv() * sp.Matrix([energy.diff(s) for s in X[:3]]).subs(at)
    np.testing.assert_allclose(path.velocity[0], [float(u) for u in slope], rtol=1e-12)
    # −ΔE = −g^jk (∂_j ∂_k E − Γ^i_jk ∂_i E)
    gamma, h = Textbook(six_entries(), X[:3], at).christoffel, g.inv()
    first, second = [energy.diff(s).subs(at) for s in X[:3]], [2, 2, 1]
    laplacian = sum(
        h[j, k] * ((second[j] if j == k else 0) - sum(gamma[i, j, k] * first[i] for i in range(3)))
        for j in range(3)
        for k in range(3)
    )
    assert path.compressibility[0, 0] == pytest.approx(-float(laplacian), rel=1e-11)


@pytest.mark.parametrize("quantity", ["ricci_scalar", "christoffel"])
def test_a_cross_check_is_proved_in_balls(quantity):
    from chentsov.geometry.validation.crosscheck import crosscheck

    table = crosscheck(RiemannianManifold(six_entries(), X[:3]), quantity, oracle="arb", points=2, seconds=20)
    assert table.rows[0].passed and table.rows[0].route in ("proved", "symbolic")  # the closed form may come in time


def test_short_closed_forms_are_used():
    a = sp.Symbol("a", positive=True)
    assert recipe(RiemannianManifold([[a**2, 0], [0, a**2 * sp.sin(x) ** 2]], (x, y)), "ricci_scalar") == 2 / a**2
    assert recipe(HessianManifold(-sp.log(y - x**2 / 2), (x, y)), "ricci_scalar") == sp.Rational(-1, 2)
