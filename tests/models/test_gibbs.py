"""Gibbs measures: closed forms, brute-force enumeration, Onsager's sums, and the Fisher identity."""

from collections import Counter

import mpmath
import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.manifolds import ManifoldError, SingularMetricError
from chentsov.models import Model, gibbs

R = sp.Rational


def cumulants(levels, b, h):
    """Metric and R of p ∝ exp(bE + hM) by central moments, straight from the states."""
    with mpmath.workdps(60):
        w = [(mpmath.mpf(n) * mpmath.exp(b * E + h * M), E, M) for (E, M), n in levels.items()]
        z = mpmath.fsum(x for x, _, _ in w)
        e, m = (mpmath.fsum(x * v[k] for x, *v in w) / z for k in (0, 1))
        mu = lambda i, j: mpmath.fsum(x * (E - e) ** i * (M - m) ** j for x, E, M in w) / z
        det = mu(2, 0) * mu(0, 2) - mu(1, 1) ** 2
        rows = [[mu(2, 0), mu(1, 1), mu(0, 2)], [mu(3, 0), mu(2, 1), mu(1, 2)], [mu(2, 1), mu(1, 2), mu(0, 3)]]
        return (mu(2, 0), mu(1, 1), mu(0, 2)), -mpmath.det(mpmath.matrix(rows)) / (2 * det**2)


def torus_levels(width, length):
    every = np.arange(2 ** (width * length))[:, None] >> np.arange(width * length) & 1  # one row a state
    s = (1 - 2 * every).astype(np.int8).reshape(-1, length, width)
    energy = (s * np.roll(s, 1, 1) + s * np.roll(s, 1, 2)).sum((1, 2), dtype=int)
    return Counter(zip(energy.tolist(), s.sum((1, 2), dtype=int).tolist()))


# -- closed forms ---------------------------------------------------------------------------------


def test_ising_chain():
    chain = gibbs.ising_chain()
    b, h = chain.coordinates
    expected = 1 + sp.cosh(h) / sp.sqrt(sp.sinh(h) ** 2 + sp.exp(-4 * b))  # Janke, Johnston & Kenna 2004
    assert chain.field(chain.ricci_scalar) == chain.field(expected)


def test_rings_approach_the_chain():
    ring, chain = gibbs.ising_ring(8), gibbs.ising_chain()
    at = dict(zip(chain.coordinates, (R(3, 10), R(1, 2))))
    per_site = ring.metric.subs(at).evalf(20) / 8
    assert max(abs(x) for x in per_site - chain.metric.subs(at).evalf(20)) < 1e-3


def test_the_ring_is_its_enumeration():
    ring, cluster = gibbs.ising_ring(5), gibbs.spin_cluster([(i, (i + 1) % 5) for i in range(5)])
    assert all(ring.field(x) == ring.field(y) for x, y in zip(ring.metric, cluster.metric))


def test_the_two_state_potts_chain_is_the_ising_chain():
    # δ = (1 + s s′)/2 and the field acts on one state only: b_P = 2 b, h_P = 2 h
    potts, chain = gibbs.potts_chain(2), gibbs.ising_chain()
    b, h = potts.coordinates
    at = {b: R(3, 5), h: R(4, 5)}
    half = dict(zip(chain.coordinates, (R(3, 10), R(2, 5))))
    assert abs((potts.ricci_scalar.subs(at) - chain.ricci_scalar.subs(half)).evalf(25)) < 1e-20


def test_potts_transfer_matrix_against_the_full_one():
    q, b, h = 4, 0.7, 0.3
    full = np.exp(b * np.eye(q)) * np.exp(h * np.outer(*[np.eye(q)[0]] * 2) / 1.0) ** 0
    field = np.diag(np.exp(h * np.eye(q)[0] / 2))
    largest = np.linalg.eigvalsh(field @ full @ field)[-1]
    system = gibbs.potts_chain(4)
    assert abs(float(system.log_partition.subs(dict(zip(system.coordinates, (b, h))))) - np.log(largest)) < 1e-12


def test_gases():
    gas = gibbs.ideal_gas()
    b, q = gas.coordinates
    assert gas.ricci_scalar == 0 and gas.metric == sp.Matrix([[sp.Symbol("c", positive=True) / b**2, 0], [0, q**-2]])
    vdw = gibbs.van_der_waals()
    T, rho = vdw.coordinates
    a, bb, c = vdw.constants
    critical = {T: R(8, 27) * a / bb, rho: 1 / (3 * bb)}
    denominator = sp.fraction(sp.together(vdw.ricci_scalar))[1]
    assert sp.simplify(denominator.subs(critical)) == 0  # R diverges at the critical point
    ideal = sp.limit(vdw.ricci_scalar.subs({a: 0}), bb, 0)
    assert ideal == 0


# -- the mean field degenerates --------------------------------------------------------------------


def test_curie_weiss_in_the_limit_is_refused_by_name():
    with pytest.raises(SingularMetricError, match="∂/∂β"):
        gibbs.curie_weiss()
    metric, coordinates, null = gibbs.mean_field_metric()
    assert metric * null == sp.zeros(2, 1)
    # the same tensor from ψ(β, h) at its saddle: dη = (m dm, dm), g = dη·dθ
    beta, m = coordinates
    theta, eta = (beta, sp.atanh(m) - beta * m), (m**2 / 2, m)
    pulled = sp.Matrix(
        2, 2, lambda i, j: sum(sp.diff(t, coordinates[i]) * sp.diff(e, coordinates[j]) for t, e in zip(theta, eta))
    )
    assert sp.simplify((pulled + pulled.T) / 2 - metric) == sp.zeros(2)


def magnet_metric(n, beta, h):
    levels = {(mpmath.mpf((n - 2 * k) ** 2) / (2 * n), n - 2 * k): mpmath.binomial(n, k) for k in range(n + 1)}
    (bb, bh, hh), _ = cumulants(levels, mpmath.mpf(beta), mpmath.mpf(h))
    return np.array([[bb, bh], [bh, hh]], dtype=float)


def test_finite_magnets_approach_the_degenerate_limit():
    magnet = gibbs.curie_weiss_finite(4)
    g = np.array(magnet.metric.subs(dict(zip(magnet.coordinates, (R(1, 2), R(1, 4))))).evalf(), dtype=float)
    assert np.allclose(g, magnet_metric(4, 0.5, 0.25), rtol=1e-12)
    smaller = [np.linalg.eigvalsh(magnet_metric(n, 0.5, 0.25) / n)[0] for n in (32, 64, 128)]
    assert smaller[0] > 0 and all(1.8 < a / b < 2.2 for a, b in zip(smaller, smaller[1:]))


# -- finite tori -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "length"), [(3, 3), (3, 4), (4, 4)])
def test_tori_are_their_enumeration(width, length):
    assert gibbs.IsingTorus(width, length).levels() == dict(torus_levels(width, length))


@pytest.mark.parametrize(("width", "length"), [(3, 5), (4, 8), (5, 5), (6, 6), (4, 16)])
def test_tori_against_kaufman(width, length):
    """The partition function without field in closed form (Kaufman 1949)."""
    b = mpmath.mpf("0.37")
    with mpmath.workdps(25):
        gammas = []
        for k in range(2 * length):
            c = mpmath.cosh(2 * b) ** 2 / mpmath.sinh(2 * b) - mpmath.cos(mpmath.pi * k / length)
            g = mpmath.log(c + mpmath.sqrt(c**2 - 1))
            gammas.append(g if k else 2 * b + mpmath.log(mpmath.tanh(b)))
        half = mpmath.mpf(width) / 2
        ys = [
            mpmath.fprod(2 * f(half * g) for g in gammas[start::2])
            for start in (1, 0)
            for f in (mpmath.cosh, mpmath.sinh)
        ]
        z = (2 * mpmath.sinh(2 * b)) ** (mpmath.mpf(width * length) / 2) * sum(ys) / 2
        found = gibbs.IsingTorus(width, length).on_grid({"b": [0.37], "h": [0.0]})["log_partition"].item()
        assert abs(found - mpmath.log(z)) < 1e-11


def test_grid_against_many_digits():
    torus = gibbs.IsingTorus(4, 8)
    for b, h in ((0.1, 0.02), (0.44, 0.0), (0.44, 0.3), (0.9, 0.5), (2.0, 0.5), (3.0, 1.0), (-0.5, 0.1)):
        grid = torus.on_grid({"b": [b], "h": [h]})
        (bb, bh, hh), curvature = cumulants(torus.levels(), mpmath.mpf(b), mpmath.mpf(h))
        found = grid["metric"].values[0, 0]
        assert np.allclose(found, np.array([[bb, bh], [bh, hh]], dtype=float), rtol=1e-11, atol=1e-11)
        assert abs(grid["ricci_scalar"].item() / float(curvature) - 1) < 1e-9
        exact = sp.Float(mpmath.nstr(curvature, 30), 30)
        assert abs(torus.at(b, h, 25)["ricci_scalar"] - exact) < sp.Float("1e-18") * abs(exact)


def test_formulas_and_tables_agree():
    torus = gibbs.IsingTorus(3, 3)
    system = torus.manifold
    at = dict(zip(system.coordinates, (R(2, 5), R(1, 5))))
    many = torus.at(R(2, 5), R(1, 5))
    g = system.metric.subs(at).evalf(30)
    assert all(abs(x - many[key]) < 1e-25 for x, key in ((g[0, 0], "g_bb"), (g[0, 1], "g_bh"), (g[1, 1], "g_hh")))


def test_a_torus_too_large_to_write_out_is_a_model():
    torus, point = gibbs.IsingTorus(3, 6), {"b": 0.4, "h": 0.2}
    expected = float(torus.at(0.4, 0.2)["ricci_scalar"])
    assert isinstance(torus, Model) and torus.curvature_at(point).ricci_scalar == pytest.approx(expected, rel=1e-8)
    for call, words in (
        (lambda: torus.train(), "no loss to train on"),
        (lambda: torus.curvature_at([1]), "it needs 2 numbers"),
        (lambda: torus.row_values([[1.0]]), "averages over no data"),
    ):
        with pytest.raises(ManifoldError, match=words):
            call()


@pytest.mark.slow
@pytest.mark.parametrize("length", [3, 8])
def test_what_every_model_can_do_a_torus_can(length):
    torus, axes = gibbs.IsingTorus(4 if length > 4 else 3, length), {"b": [0.3, 0.44], "h": [0.1, 0.2]}
    by_table, proven = torus.on_grid(axes), torus.on_grid(axes, ["ricci_scalar", "log_partition"], rtol=1e-9)
    assert not proven.status.any()
    for name in ("ricci_scalar", "log_partition"):
        assert np.allclose(proven[name], by_table[name], rtol=1e-9)
    assert torus.crosscheck(points=1).passed and torus.check(lambda p: torus.curvature_at(p).ricci_scalar).passed
    assert len(torus.plot({"b": [0.1, 0.2, 0.3], "h": [0.0, 0.1]}).axes) == 2


def test_the_curvature_peaks_near_the_transition():
    from chentsov.models.gibbs.torus import CRITICAL_COUPLING

    peaks = [gibbs.IsingTorus(4, length).maximum_of_curvature(points=61) for length in (4, 8)]
    assert all(abs(b - CRITICAL_COUPLING) < 0.05 for b, _ in peaks)
    assert peaks[0][1] < peaks[1][1]  # and grows with the system


@pytest.mark.slow
def test_a_grid_of_two_hundred_squared():
    grid = gibbs.IsingTorus(4, 8).on_grid({"b": np.linspace(0.05, 0.9, 200), "h": np.linspace(-0.5, 0.5, 200)})
    R_ = grid["ricci_scalar"].values
    assert R_.shape == (200, 200) and np.isfinite(R_).all()
    assert np.allclose(R_, R_[:, ::-1], rtol=1e-8)  # h -> −h


# -- order parameters ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make", [gibbs.ising_chain, gibbs.two_spins, gibbs.potts_chain, lambda: gibbs.curie_weiss_finite(4)]
)
def test_fisher_information_is_the_response_of_the_order_parameter(make):
    system = make()
    b, h = system.coordinates
    assert gibbs.fisher_identity(system, h, b) == 0
    assert gibbs.fisher_identity(system, h, sp.Symbol("beta0")) == 0
    # along β itself the factor 1/β in φ = −∂A/∂β is differentiated too
    lost = gibbs.fisher_identity(system, b, b)
    assert system.field(lost) == system.field(system.dual_coordinates[0] / b)


# -- bad input -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: gibbs.IsingTorus(2, 4), "3 to 6"),
        (lambda: gibbs.IsingTorus(6, 3), "smaller side"),
        (lambda: gibbs.IsingTorus(3, 3).on_grid({"b": [0.1]}), "b and h"),
        (lambda: gibbs.IsingTorus(3, 3).on_grid({"b": [0.1], "h": [float("nan")]}), "finite"),
        (lambda: gibbs.IsingTorus(3, 3).on_grid({"b": [], "h": [0.0]}), "non-empty"),
        (lambda: gibbs.ising_ring(2), "at least 3"),
        (lambda: gibbs.potts_chain(1), "at least 2"),
        (lambda: gibbs.curie_weiss_finite(1), "at least 2"),
        (lambda: gibbs.gibbs_family([], sp.symbols("t u")), "at least one state"),
        (lambda: gibbs.gibbs_family([(1,)], sp.symbols("t u")), "2 values"),
        (lambda: gibbs.spin_cluster([(i, i + 1) for i in range(30)]), "enumerated"),
        (lambda: gibbs.order_parameter(gibbs.two_spins(), sp.Symbol("zz"), 1), "no coordinate"),
    ],
)
def test_bad_systems(call, words):
    with pytest.raises(ManifoldError, match=words):
        call()


def test_dependent_collective_variables():
    with pytest.raises(SingularMetricError):
        gibbs.gibbs_family([(0, 0), (1, 2), (2, 4)], sp.symbols("t u"))
