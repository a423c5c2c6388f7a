"""Contractions as loops: against the same contractions written out, the exact core, and numbers known in advance."""

import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.kernels import compile, jets
from chentsov.geometry.kernels.contraction import contracted
from chentsov.geometry.kernels.curvature import QUANTITIES
from chentsov.geometry.kernels.jets import general_jet, hessian_jet, row_jet
from chentsov.geometry.kernels.native.bilinear import WIDE, Terms
from chentsov.geometry.manifolds import RiemannianManifold
from chentsov.geometry.manifolds.empirical import EmpiricalManifold

x = sp.symbols("x1:13")


@pytest.fixture
def looped(monkeypatch):
    monkeypatch.setattr(jets, "_MOST_UNROLLED", 0)


def general_of(g, n):
    return general_jet(
        n, lambda i, j: g[i, j], lambda i, j, k: sp.diff(g[i, j], x[k]), lambda i, j, k, m: sp.diff(g[i, j], x[k], x[m])
    )


def some_metric(n):
    g = sp.zeros(n)
    for i in range(n):
        for j in range(i, n):
            g[i, j] = g[j, i] = sp.sin(x[i] + 2 * x[j]) * x[(i + j) % n] / 9 + (
                (-3 if i == 1 else 3) + x[i] ** 2 if i == j else 0
            )
    return g


def points(n, count, seed=0):
    return np.random.default_rng(seed).uniform(-0.8, 0.8, (n, count))


def flat(what):
    return list(np.ravel(what)) if isinstance(what, np.ndarray) else [what]


@pytest.mark.parametrize("quantity", QUANTITIES)
@pytest.mark.parametrize("count", [1, 45])
def test_loops_and_formulas_agree(quantity, count, monkeypatch):
    jet, at = general_of(some_metric(3), 3), points(3, count)
    written = compile(flat(contracted(jet, quantity)), x[:3])(*at)
    monkeypatch.setattr(jets, "_MOST_UNROLLED", 0)
    loops = compile(flat(contracted(jet, quantity)), x[:3])(*at)
    np.testing.assert_allclose(loops, written, rtol=1e-9, atol=1e-12)


def test_tensors_of_a_jet_are_those_of_the_exact_core():
    g = sp.Matrix([[1 + x[1] ** 2, x[0] / 3], [x[0] / 3, 2 + x[0]]])
    exact, at = RiemannianManifold(g, x[:2]), (0.25, 0.5)
    for quantity in QUANTITIES:
        known = (
            sp.flatten(exact.expression_of(quantity).tolist())
            if QUANTITIES[quantity]
            else [exact.expression_of(quantity)]
        )
        want = [float(e.subs(dict(zip(x, at)))) for e in known]
        got = compile(flat(contracted(general_of(g, 2), quantity)), x[:2])(*at)
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-14)


def test_hessian_loops(looped):
    psi = sp.log(1 + sum(sp.exp(v) for v in x[:3])) + sum(v**4 for v in x[:3]) / 9
    jet = hessian_jet(3, lambda i, j: psi.diff(x[i], x[j]), lambda i, j, k: psi.diff(x[i], x[j], x[k]))
    plain = general_jet(
        3,
        lambda i, j: psi.diff(x[i], x[j]),
        lambda i, j, k: psi.diff(x[i], x[j], x[k]),
        lambda i, j, k, m: psi.diff(x[i], x[j], x[k], x[m]),
    )
    for quantity in QUANTITIES:
        one, two = (compile(flat(contracted(j, quantity)), x[:3])(*points(3, 40)) for j in (jet, plain))
        np.testing.assert_allclose(one, two, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("n", [7, pytest.param(12, marks=pytest.mark.slow)])
def test_spheres_of_many_dimensions(n):
    """Stereographic coordinates: R = n (n − 1), Ric = (n − 1) g."""
    factor = 4 / (1 + sum(v**2 for v in x[:n])) ** 2
    jet = general_of(sp.diag(*[factor] * n), n)
    at = points(n, 5) / 2
    assert jet.looped
    R = compile(contracted(jet, "ricci_scalar"), x[:n])(*at)
    np.testing.assert_allclose(R, n * (n - 1), rtol=1e-12)
    ricci = compile(flat(contracted(jet, "ricci")), x[:n])(*at)
    metric = 4 / (1 + (at**2).sum(0)) ** 2
    np.testing.assert_allclose(np.reshape(ricci, (n, n, -1)), (n - 1) * metric * np.eye(n)[:, :, None], atol=1e-11)


def test_categorical_family_of_ten_dimensions():
    psi = sp.log(1 + sum(sp.exp(v) for v in x[:10]))
    p = [sp.exp(v) / (1 + sum(sp.exp(w) for w in x[:10])) for v in x[:10]]

    def cumulant(i, j, k):
        d = lambda a, b: int(a == b)
        return (
            p[i] * d(i, j) * d(j, k)
            - p[i] * p[j] * d(j, k)
            - p[i] * p[j] * d(i, k)
            - p[i] * p[k] * d(i, j)
            + 2 * p[i] * p[j] * p[k]
        )

    jet = hessian_jet(10, lambda i, j: p[i] * (int(i == j) - p[j]), cumulant)
    assert sp.simplify(psi.diff(x[0], x[1], x[1]) - cumulant(0, 1, 1)) == 0
    np.testing.assert_allclose(compile(contracted(jet, "ricci_scalar"), x[:10])(*points(10, 4)), 10 * 9 / 4, rtol=1e-10)


def test_a_singular_metric_has_no_curvature(looped):
    g = sp.Matrix([[x[0] ** 2, 0, 0], [0, 1, 1], [0, 1, 1 + x[1]]])
    R = compile(contracted(general_of(g, 3), "ricci_scalar"), x[:3])(
        np.array([0.0, 1.0, 1.0]), np.array([1.0, 0.0, 1.0]), 0.0
    )
    assert np.isnan(R[:2]).all() and np.isfinite(R[2])


a, t = sp.symbols("a t")


def network(n):
    return sum(x[2 * k] * sp.tanh(x[2 * k + 1] * a + k) for k in range(n // 2)) - t


ROWS = {a: np.linspace(-2, 2, 30), t: np.sin(np.arange(30))}


@pytest.mark.parametrize(
    "quantity", ["ricci_scalar", *(pytest.param(q, marks=pytest.mark.slow) for q in QUANTITIES if q != "ricci_scalar")]
)
def test_rows_against_their_moments(quantity):
    """QR of the rows, and the same tensors from means of products, written out."""
    jet, at = row_jet(network(4) ** 2 / 2, x[:4], (a, t)), points(4, 6, 3) + 1
    by_rows = compile(flat(contracted(jet, quantity)), x[:4], data=ROWS)(*at)
    written = _WrittenOut(jet.structure, jet.dimension, jet.components, jet.variables)
    by_moments = compile(flat(contracted(written, quantity)), x[:4], data=ROWS)(*at)
    scale = np.max(np.abs(by_moments))
    np.testing.assert_allclose(by_rows, by_moments, rtol=1e-6, atol=1e-9 * scale)


class _WrittenOut(jets.Jet):
    looped = False  # type: ignore[assignment]


def test_rows_against_the_manifold_at_a_point():
    net = EmpiricalManifold(network(6) ** 2 / 2, (a, t), x[:6])
    at = points(6, 3, 5) + 1
    kernel = compile(contracted(row_jet(net.loss, x[:6], (a, t)), "ricci_scalar"), x[:6], data=ROWS)
    for k in range(3):
        assert kernel(*at)[k] == pytest.approx(net.curvature_at(at[:, k], ROWS).ricci_scalar, rel=1e-8)


def test_dependent_rows_have_no_curvature():
    jet = row_jet((x[0] + x[1]) * a * sp.exp(x[2] * a), x[:3], (a,))
    assert np.isnan(compile(contracted(jet, "ricci_scalar"), x[:3], data={a: ROWS[a]})(1.0, 2.0, 0.5))


def test_sums_of_products():
    rng = np.random.default_rng(0)
    for cells in (WIDE, WIDE + 1, 2 * WIDE + 11):
        left, right = rng.normal(size=(5, cells)), rng.normal(size=(6, cells))
        o, p, q, c = rng.integers(0, 4, 30), rng.integers(-1, 5, 30), rng.integers(0, 6, 30), rng.normal(size=30)
        want = np.zeros((5, cells))
        for k in range(30):
            if p[k] >= 0:
                want[o[k]] += c[k] * left[p[k]] * right[q[k]]
        terms = Terms.of(o, p, q, c, 5)
        np.testing.assert_allclose(terms(left, right), want, atol=1e-13)
        np.testing.assert_allclose(terms(left, right, np.ones((5, cells))), want + 1, atol=1e-13)
    with pytest.raises(ValueError, match="cells"):
        terms(left[:, :3], right[:, :3])


def test_mixed_outputs_grids_and_out(looped):
    jet = general_of(some_metric(2), 2)
    axes = np.linspace(0.1, 0.5, 7)[:, None], np.linspace(-0.3, 0.3, 40)
    kernel = compile([x[0] + x[1], contracted(jet, "ricci_scalar"), contracted(jet, "ricci")[0, 1]], x[:2])
    out = np.empty((3, 7, 40))
    total, R, _ = kernel(*axes, out=out)
    np.testing.assert_array_equal(total, axes[0] + axes[1])
    assert np.shares_memory(R, out)
    single = compile(contracted(jet, "ricci_scalar"), x[:2], dtype="float32")(*axes)
    np.testing.assert_allclose(single, R, rtol=1e-5)
    assert "2 dimensions" in kernel.explain()
    values, bounds = kernel.bounded(*axes)
    assert np.isinf(bounds).all() and np.allclose(values[1], R)


def test_loops_can_be_sent_to_another_process_and_run_in_threads(looped):
    import pickle

    jet, at = general_of(some_metric(3), 3), points(3, 900)
    want = compile(contracted(jet, "ricci_scalar"), x[:3], threads=1)(*at)
    kernel = compile(contracted(jet, "ricci_scalar"), x[:3], threads=3)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(kernel))(*at), want)
    np.testing.assert_allclose(kernel(at[0][:, None], at[1][:5], at[2][:5])[:5].diagonal(), want[:5], rtol=1e-11)
