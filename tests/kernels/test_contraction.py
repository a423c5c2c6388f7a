"""The contractions against the exact core's closed forms, and against a textbook computation in balls."""

from itertools import product

import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.kernels import compile, evaluate_ball
from chentsov.geometry.kernels.contraction import general_ricci_scalar, hessian_ricci_scalar
from chentsov.geometry.manifolds import RiemannianManifold

x = sp.symbols("x1:6")


def hessian_of(potential, n):
    return hessian_ricci_scalar(
        n, lambda i, j: potential.diff(x[i], x[j]), lambda i, j, k: potential.diff(x[i], x[j], x[k])
    )


def general_of(g, n):
    return general_ricci_scalar(
        n, lambda i, j: g[i, j], lambda i, j, k: g[i, j].diff(x[k]), lambda i, j, k, m: g[i, j].diff(x[k], x[m])
    )


def textbook(g, n, point):
    """R from Christoffel symbols and their derivatives, exact rational arithmetic on jets at a rational point."""
    at = dict(zip(x, point))
    r = range(n)
    g0 = g.subs(at)
    h = g0.inv()
    d = [[[g[i, j].diff(x[k]).subs(at) for k in r] for j in r] for i in r]
    dd = [[[[g[i, j].diff(x[k], x[m]).subs(at) for m in r] for k in r] for j in r] for i in r]
    low = lambda m, j, k: (d[m][j][k] + d[m][k][j] - d[j][k][m]) / 2
    dlow = lambda m, j, k, e: (dd[m][j][k][e] + dd[m][k][j][e] - dd[j][k][m][e]) / 2
    dh = lambda i, m, e: -sum(h[i, p] * d[p][q][e] * h[q, m] for p in r for q in r)
    gamma = [[[sum(h[i, m] * low(m, j, k) for m in r) for k in r] for j in r] for i in r]
    dgamma = lambda i, j, k, e: sum(dh(i, m, e) * low(m, j, k) + h[i, m] * dlow(m, j, k, e) for m in r)
    ricci = lambda j, e: sum(
        dgamma(i, j, e, i)
        - dgamma(i, j, i, e)
        + sum(gamma[i][i][m] * gamma[m][j][e] - gamma[i][e][m] * gamma[m][j][i] for m in r)
        for i in r
    )
    return sp.nsimplify(sum(h[j, e] * ricci(j, e) for j, e in product(r, r)))


def random_metric(n, seed):
    rng = np.random.default_rng(seed)
    entry = lambda: sum(sp.Rational(int(rng.integers(-4, 5)), 9) * p * q for p, q in product((1, *x[:n]), repeat=2))
    upper = {(i, j): entry() for i in range(n) for j in range(i, n)}
    signs = [-1 if seed % 2 and i == 0 else 1 for i in range(n)]
    return sp.Matrix(n, n, lambda i, j: upper[min(i, j), max(i, j)] + (5 * signs[i] if i == j else 0))


@pytest.mark.parametrize("n, seed", [(2, 1), (2, 2), (3, 3), (3, 4), pytest.param(4, 5, marks=pytest.mark.slow)])
def test_any_metric_of_either_signature(n, seed):
    g = random_metric(n, seed)
    point = [sp.Rational(k + 1, 5 + k) for k in range(n)]
    want = textbook(g, n, point)
    got = compile(general_of(g, n), x[:n])(*map(float, point))
    assert got == pytest.approx(float(want), rel=1e-11)


@pytest.mark.parametrize("n", [2, 3])
def test_the_two_contractions_agree_on_a_potential(n):
    potential = (
        sp.log(1 + sum(sp.exp((k + 1) * v) for k, v in enumerate(x[:n])))
        + sum(v**4 for v in x[:n]) / 10
        + sum(v**2 for v in x[:n])
    )
    g = sp.hessian(potential, x[:n])
    points = np.random.default_rng(n).uniform(-0.5, 0.5, (n, 20))
    one, two = compile([hessian_of(potential, n), general_of(g, n)], x[:n])(*points)
    np.testing.assert_allclose(one, two, rtol=1e-10)


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_categorical_families_are_spheres(n):
    """n + 1 outcomes: the sphere of radius 2, R = n (n - 1) / 4."""
    potential = sp.log(1 + sum(sp.exp(v) for v in x[:n]))
    points = np.random.default_rng(n).normal(size=(n, 30))
    np.testing.assert_allclose(compile(hessian_of(potential, n), x[:n])(*points), n * (n - 1) / 4, rtol=1e-12)


def test_against_the_exact_core():
    a, b = x[:2]
    potential = sp.exp(a) * sp.cosh(b) + a**2 + b**4 + a * b
    manifold = RiemannianManifold(sp.hessian(potential, (a, b)), (a, b))
    assert manifold.structure == "hessian"
    for point in [(0.5, 0.25), (-1.0, 2.0)]:
        closed = evaluate_ball(manifold.ricci_scalar, dict(zip((a, b), point)), 200)
        assert compile(hessian_of(potential, 2), (a, b))(*point) == pytest.approx(float(closed), rel=1e-12)


def test_one_dimension_is_flat():
    assert compile([hessian_of(sp.exp(x[0]), 1), general_of(sp.Matrix([[1 + x[0] ** 2]]), 1)], x[:1])(0.5) == [0.0, 0.0]
