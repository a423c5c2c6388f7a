"""Quantities beside curvature: α-connections, Fisher metric, tangent kernels, traces, compressibility, distance.

Every right program is written from the textbook's formula; every wrong one must be named.
"""

import chentsov as ch
import numpy as np
import pytest
import sympy as sp

NORMAL = ch.models.families.normal()


def alpha_normal(x, alpha=1.0):
    """Γ^(α)i_jk of N(μ, σ²) (Amari and Nagaoka, 2000, 2.3): with e = (1 + α), Γ^μ_μσ = −(1 + α)/σ, …"""
    s = x[1]
    out = np.zeros((2, 2, 2))
    out[0, 0, 1] = out[0, 1, 0] = -(1 + alpha) / s
    out[1, 0, 0] = (1 - alpha) / (2 * s)
    out[1, 1, 1] = -(1 + 2 * alpha) / s
    return out


def judged(function, manifold, quantity, **options):
    return ch.check_curvature(function, manifold, quantity=quantity, **options)


@pytest.mark.parametrize("alpha", [1, *(pytest.param(a, marks=pytest.mark.slow) for a in (-1, sp.Rational(1, 3)))])
def test_alpha_connections(alpha):
    right = judged(lambda x: alpha_normal(x, float(alpha)), NORMAL, "alpha_connection", alpha=alpha)
    assert right.passed, str(right)
    for other, name in ((-alpha, "alpha-opposite"), (0, "levi-civita-for-alpha"), (2 * alpha, "alpha-doubled")):
        wrong = judged(lambda x, a=other: alpha_normal(x, float(a)), NORMAL, "alpha_connection", alpha=alpha)
        assert wrong.diagnosis.name == name, str(wrong)


def test_which_alpha_and_of_what_is_asked():
    with pytest.raises(ValueError, match="which alpha"):
        judged(alpha_normal, NORMAL, "alpha_connection")
    with pytest.raises(ValueError, match="no α-connections"):
        judged(alpha_normal, (sp.eye(2), sp.symbols("x y")), "alpha_connection", alpha=1)
    with pytest.raises(ValueError, match="asked of a manifold or a model"):
        ch.check_curvature(alpha_normal, quantity="ntk")
    with pytest.raises(ValueError, match="unknown quantity 'nkt'"):
        judged(alpha_normal, NORMAL, "nkt")


def test_the_fisher_metric_of_a_density():
    x, mu = sp.symbols("x mu", real=True)
    s = sp.Symbol("sigma", positive=True)
    density = sp.exp(-((x - mu) ** 2) / (2 * s**2)) / (s * sp.sqrt(2 * sp.pi))
    manifold = ch.StatisticalManifold.from_density(density, {x: (-sp.oo, sp.oo)}, (mu, s))
    assert judged(lambda p: np.diag([1, 2]) / p[1] ** 2, manifold, "fisher_metric").passed
    assert not judged(lambda p: np.diag([1, 1]) / p[1] ** 2, manifold, "fisher_metric").passed


HOPFIELD = ch.models.Hopfield([[0, 1], [1, 0]], activation="tanh")


def compressibility(u, half=0.5):
    """κ = Σ_i (−1 + half · 2 (σ″/2σ′) u̇_i) with σ = tanh, σ″/σ′ = −2 tanh."""
    flow = np.array([np.tanh(u[1]) - u[0], np.tanh(u[0]) - u[1]])
    return -2 + half * np.sum(-2 * np.tanh(u) * flow)


def test_compressibility():
    assert judged(compressibility, HOPFIELD, "compressibility").passed
    for wrong, name in ((lambda u: compressibility(u, 1.0), "compressibility-dual-for-compressibility-riemannian"),
                        (lambda u: -2.0, "compressibility-primal-for-compressibility-riemannian"),
                        (lambda u: -compressibility(u), "constant-factor")):  # fmt: skip
        assert judged(wrong, HOPFIELD, "compressibility").diagnosis.name == name


ROWS = np.array([[0.5, -1.0], [1.25, 0.5], [-0.75, 0.25], [0.1, 1.5], [-1.0, -0.5]])
UNIT = ch.models.TwoWeightNeuron("cross_entropy", slope=1, data=(*ROWS.T, [1.0, 0, 1, 0, 1]))


def gradients(w):
    f = 1 / (1 + np.exp(-ROWS @ w))
    return (f * (1 - f))[:, None] * ROWS


def test_the_tangent_kernel_and_its_trace():
    assert judged(lambda w: gradients(w) @ gradients(w).T, UNIT, "ntk").passed
    assert judged(lambda w: np.sum(gradients(w) ** 2) / 5, UNIT, "ntk_trace").passed
    total = judged(lambda w: np.sum(gradients(w) ** 2), UNIT, "ntk_trace")
    assert total.diagnosis.name == "sum-for-mean"
    diagonal = judged(lambda w: np.diag(np.sum(gradients(w) ** 2, axis=1)), UNIT, "ntk")
    assert diagonal.diagnosis.sentence.startswith("The off-diagonal entries are 0")
    assert judged(lambda w: gradients(w) @ gradients(w).T / 5, UNIT, "ntk").diagnosis.name == "divided-twice"


def poincare(p, q):
    return np.arccosh(1 + np.sum((p - q) ** 2) / (2 * p[1] * q[1]))


@pytest.mark.slow
def test_distances():
    x, y = sp.Symbol("x", real=True), sp.Symbol("y", positive=True)
    plane = ch.RiemannianManifold([[1 / y**2, 0], [0, 1 / y**2]], (x, y))
    assert judged(poincare, plane, "distance").passed
    for wrong, name in ((lambda p, q: poincare(p, q) ** 2, "distance-squared"),
                        (lambda p, q: np.hypot(*(p - q)) / p[1], "length-by-first-metric"),
                        (lambda p, q: np.hypot(*(p - q)), "coordinate-distance"),
                        (lambda p, q: poincare(p, q) / 2, "constant-factor")):  # fmt: skip
        assert judged(wrong, plane, "geodesic_distance").diagnosis.name == name


@pytest.mark.slow
def test_a_slow_function_is_judged_on_fewer_points():
    import time

    def slow(metric, x):
        time.sleep(0.01)
        began = time.process_time()
        while time.process_time() - began < 0.06:
            pass
        return 0.0

    from chentsov.geometry.validation import check

    before, check._PATIENCE = check._PATIENCE, 0.2
    try:
        report = ch.check_curvature(slow, suite="quick", diagnose=False)
    finally:
        check._PATIENCE = before
    (note,) = report.findings_by_name()["slow"]
    assert note.severity == "note" and "manifolds" in note.detail and len(report.cases) < 5


@pytest.mark.slow
def test_in_the_shell(tmp_path, monkeypatch, capsys):
    from chentsov.command_line import run

    (tmp_path / "mine.py").write_text(
        "def gamma(x):\n    return [[[0, -2 / x[1]], [-2 / x[1], 0]], [[0, 0], [0, -3 / x[1]]]]\n"
        "def point(point):\n    return 1.0\n"
    )
    monkeypatch.chdir(tmp_path)

    def told(*arguments):
        status = run(["validate", "--no-isolate", *arguments])
        captured = capsys.readouterr()
        return status, captured.out + captured.err

    asked = ("mine.py:gamma", "--quantity", "alpha_connection", "--manifold", "families.normal")
    assert told(*asked, "--alpha", "1")[0] == 0
    status, text = told(*asked, "--alpha=-1")
    assert status == 1 and "alpha-opposite" in text
    for bad, words in ((asked[:3], "say which, manifold="), (("mine.py:point",), "takes a point and no metric"),
                       (("--manifold", "families.normal"), "no function is named")):  # fmt: skip
        status, text = told(*bad)
        assert status == 2 and words in text
