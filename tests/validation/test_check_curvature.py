"""How `check_curvature` calls functions, what it finds, and what it says."""

from __future__ import annotations

import json
import math
import time

import chentsov as ch
import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.validation.calling import FORMS, TooSlow, time_limit
from chentsov.geometry.validation.cases import as_case
from chentsov.geometry.validation.report import CurvatureCheckError
from chentsov.geometry.validation.suite import load_suite

theta, phi = sp.symbols("theta phi", real=True)
TORUS = (sp.diag(1, (3 + sp.cos(theta)) ** 2), (theta, phi))


def true_scalar(x):
    return 2 * math.cos(x[0]) / (3 + math.cos(x[0]))


def judge(function, **options):
    return ch.check_curvature(function, TORUS, **{"time_limit": 0.5, **options})


@pytest.mark.parametrize("function, form", [
    (true_scalar, "point"),
    (lambda points: 2 * np.cos(points[:, 0]) / (3 + np.cos(points[:, 0])), "batch"),
    (lambda theta, phi: 2 * np.cos(theta) / (3 + np.cos(theta)), "coordinates"),
    (lambda metric, x: true_scalar(x), "metric"),
    (lambda metric, points: 2 * np.cos(points[:, 0]) / (3 + np.cos(points[:, 0])), "metric-batch"),
    (lambda x, metric: true_scalar(x), "point-metric"),
], ids=["point", "batch", "coordinates", "metric", "metric-batch", "point-metric"])  # fmt: skip
def test_every_form_is_recognised(function, form):
    report = judge(function)
    assert report.passed, str(report)
    assert report.cases[0].form == form


def test_arguments_that_bear_the_names_of_the_coordinates_are_given_by_name():
    assert judge(lambda phi, theta: true_scalar((theta, phi))).passed
    assert judge(lambda p, t: true_scalar((t, p))).diagnosis.name == "coordinates-swapped"


@pytest.mark.parametrize("use", [lambda g, x: np.linalg.det(g), lambda g, x: g[0, 0], lambda g, x: g @ x])
def test_a_metric_taken_for_a_matrix_is_explained(use):
    assert (
        "function of the point" in judge(use, form="metric").findings[0].detail
        or "@" in judge(use, form="metric").findings[0].detail
    )


def test_lists_and_any_array_like():
    assert judge(lambda x: [true_scalar(x)], array="list").passed
    assert judge(lambda x: sp.Float(true_scalar(x))).passed
    assert judge(lambda x: np.float128(true_scalar(x)) if hasattr(np, "float128") else true_scalar(x)).passed
    assert judge(lambda a, b: true_scalar((a, b)), form="coordinates").passed


def test_chentsov_manifolds_constants_and_points():
    a = sp.Symbol("a", positive=True)
    sphere = ch.RiemannianManifold(sp.diag(a**2, a**2 * sp.sin(theta) ** 2), (theta, phi))
    report = ch.check_curvature(
        lambda x: 0.5, sphere, constants={"a": 2}, points=[{"theta": 1, "phi": 0}, {"theta": 2, "phi": 1}]
    )
    assert report.passed and report.cases[0].points == 2


def _simplex(p):
    """By amplitudes z = 2√p on a sphere of radius 2, with a guard; R = (n − 1)/2 · n/2 of n free outcomes."""
    last = 1 - sum(p)
    if min(*p, last) <= 0:
        raise ValueError("not a point of the simplex")
    amplitudes = 2 * np.sqrt([*p, last])
    n = len(p)
    return n * (n - 1) / float(amplitudes @ amplitudes)


def _bivariate_normal(point):
    """The metric of the mean, through a Cholesky factor of the covariance."""
    covariance = np.array([[point[2], point[3]], [point[3], point[4]]])
    factor = np.linalg.inv(np.linalg.cholesky(covariance))
    return factor.T @ factor


@pytest.mark.parametrize("outcomes", [3, pytest.param(5, marks=pytest.mark.slow)])
def test_points_lie_in_the_domain(outcomes):
    report = ch.check_curvature(_simplex, ch.models.families.categorical(outcomes))
    assert report.passed, str(report)
    normal = ch.models.families.multivariate_normal(2)
    mean = ch.RiemannianManifold(normal.metric, normal.coordinates, domain=normal.domain.conditions)
    points = as_case(mean).points
    for p in points:
        _bivariate_normal([float(int(v.p) / int(v.q)) for v in p])  # numpy raises where it is not positive definite
    with pytest.raises(ValueError, match="outside"):
        ch.check_curvature(_simplex, ch.models.families.categorical(3), points=[[0.7, 0.6]])


def test_data_of_a_mean():
    t, u, s = sp.symbols("t u s", real=True)
    metric = sp.diag(ch.Mean(1 + s**2 * t**2, (s,)), ch.Mean(sp.exp(s * u), (s,)))
    rows = {"s": [0.5, -1.0, 2.0]}
    assert ch.check_curvature(lambda g, x: 0.0, (metric, (t, u)), data=rows).passed
    wrong = ch.check_curvature(lambda g, x: 3 * g(x), (metric, (t, u)), data=rows, quantity="metric")
    assert wrong.diagnosis.name in ("fisher-off-by-n", "constant-factor")


# --- findings ---------------------------------------------------------------------------------


class Drifting:
    def __init__(self):
        self.calls = 0

    def __call__(self, x):
        self.calls += 1
        return true_scalar(x) + 1e-3 * self.calls


def mutating(x):
    value = true_scalar(x)
    x *= 0
    return value


def noisy(x):
    print("theta is", x[0])
    return true_scalar(x)


def raising(x):
    raise ZeroDivisionError("no such sphere")


def leaving(x):
    raise SystemExit(3)


def sleeping(x):
    time.sleep(30)


BAD = [
    ("raises", raising, "fail"), ("raises", leaving, "fail"), ("not-finite", lambda x: float("nan"), "fail"),
        ("not-finite", lambda x: np.inf, "fail"),
    ("wrong-shape", lambda x: [1.0, 2.0, 3.0], "fail"), ("wrong-shape", lambda x: [[true_scalar(x)]], "note"),
    ("wrong-dtype", lambda x: np.float32(true_scalar(x)), "note"), ("wrong-dtype", lambda x: int(true_scalar(x)), "note"),
    ("complex", lambda x: true_scalar(x) + 1j, "fail"), ("wrong-dtype", lambda x: true_scalar(x) + 0j, "note"),
    ("mutates-input", mutating, "fail"), ("too-slow", sleeping, "fail"), ("prints", noisy, "note"),
        ("not-repeatable", Drifting(), "fail"),
    ("returns-nothing", lambda x: None, "fail"), ("not-numeric", lambda x: "curved", "fail"), ("not-numeric", lambda x: object(), "fail"),
]  # fmt: skip


@pytest.mark.parametrize("name, function, severity", BAD, ids=lambda v: v if isinstance(v, str) else "")
def test_misbehaviour_is_found_by_name(name, function, severity, capsys):
    report = judge(function)
    found = report.findings_by_name()
    assert name in found, str(report)
    assert found[name][0].severity == severity and found[name][0].case == "metric" and found[name][0].point
    assert severity == "note" or not report.passed
    assert name in str(report)
    json.loads(report.to_json())
    assert capsys.readouterr().out == ""


def test_the_run_goes_on_with_the_next_manifold():
    def only_in_four_dimensions(metric, x):
        if len(x) < 4:
            raise NotImplementedError("four dimensions only")
        return 0.0

    report = ch.check_curvature(only_in_four_dimensions, suite="default", diagnose=False)
    status = {c.name: c.status for c in report.cases}
    assert status["sphere"] == "error" and status["minkowski"] == "pass" and status["dense-4d"] == "fail"
    assert "four dimensions only" in str(report) and "line" in report.findings[0].detail


def test_time_limit_leaves_an_outer_alarm_alone():
    with pytest.raises(TooSlow), time_limit(0.2), time_limit(5):
        time.sleep(2)


# --- bad arguments --------------------------------------------------------------------------------


@pytest.mark.parametrize("options, message", [
    (dict(quantity="torsion"), "unknown quantity 'torsion'; known are metric"), (dict(rtol=2), "rtol"),
        (dict(form="magic"), "unknown form 'magic'"),
    (dict(convention="mine"), "unknown convention 'mine'; declared are chentsov"), (dict(precision="float8"), "precision"),
        (dict(time_limit=0), "time_limit"),
    (dict(suite="quick"), "not both"), (dict(layout="ijk"), "layout"),
])  # fmt: skip
def test_bad_arguments_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        judge(true_scalar, **options)


def test_more_bad_arguments():
    with pytest.raises(ValueError, match="must be callable"):
        ch.check_curvature(3, TORUS)
    with pytest.raises(ValueError, match="points= needs manifold="):
        ch.check_curvature(true_scalar, points=[(1, 2)])
    with pytest.raises(ValueError, match="a Chentsov manifold, a Case or a pair"):
        ch.check_curvature(true_scalar, 7)
    with pytest.raises(ValueError, match="4 required arguments"):
        ch.check_curvature(lambda a, b, c, d: 0, TORUS)
    with pytest.raises(ValueError, match="singular"):
        ch.check_curvature(true_scalar, (sp.diag(1, theta**2), (theta, phi)), points=[(0, 0)])


# --- diagnosis and the smallest example -----------------------------------------------------------


def test_a_step_parameter_is_swept():
    def curvature(metric, x, h=1e-8):
        f = lambda t: np.sqrt(metric([t, x[1]])[1, 1])
        return -2 * (f(x[0] + h) - 2 * f(x[0]) + f(x[0] - h)) / h**2 / f(x[0])

    report = judge(curvature)
    found = report.diagnosis
    assert found.name == "finite-difference-noise" and found.details["parameter"] == "h"
    best = found.details["best"]
    assert 1e-6 < best < 1e-2 and found.details["errors"][f"{best:g}"] < 1e-4
    assert ch.check_curvature(lambda g, x: curvature(g, x, h=best), TORUS).passed


def test_unknown_mistakes_get_the_smallest_example_and_its_first_wrong_quantity():
    def christoffel(metric, x):
        n, h = len(x), 1e-4
        d = np.stack([(metric(x + h * e) - metric(x - h * e)) / (2 * h) for e in np.eye(n)], -1)
        gamma = 0.5 * np.einsum(
            "im,mjk->ijk", np.linalg.inv(metric(x)), np.einsum("mkj->mjk", d) + d - np.einsum("jkm->mjk", d)
        )
        gamma[0, 1, 1] *= 1.37  # a mistake that nobody has a name for
        return gamma

    def ricci(metric, x):
        n, h = len(x), 1e-4
        G = christoffel(metric, x)
        D = np.stack(
            [(christoffel(metric, x + h * e) - christoffel(metric, x - h * e)) / (2 * h) for e in np.eye(n)], -1
        )
        return (
            np.einsum("ijli->jl", D)
            - np.einsum("ijil->jl", D)
            + np.einsum("iim,mjl->jl", G, G)
            - np.einsum("ilm,mji->jl", G, G)
        )

    def inverse_metric(metric, x):
        return np.linalg.inv(metric(x))

    report = ch.check_curvature(
        ricci,
        suite="quick",
        quantity="ricci",
        intermediates={"christoffel": christoffel, "inverse_metric": inverse_metric},
    )
    assert not report.passed and report.smallest is not None
    assert report.smallest.first_wrong == "christoffel"
    assert len(report.smallest.coordinates) == 2
    shown = {i.name: i.agrees for i in report.smallest.intermediates}
    assert shown["inverse_metric"] is True and shown["ricci"] is False and shown["metric_derivative"] is None
    # Shrinking got somewhere: a diagonal metric with one simple entry.
    assert report.smallest.metric.startswith("diag(") and len(report.smallest.metric) < 30
    assert "first wrong quantity: christoffel" in str(report)


def test_a_function_may_return_its_intermediates():
    def both(metric, x):
        return {"metric": 2 * metric(x), "ricci_scalar": 17.0}

    report = ch.check_curvature(both, suite="quick")
    assert report.smallest.first_wrong == "metric"


def test_float32_is_accepted_when_declared():
    cast = lambda x: np.float32(true_scalar(x)) * np.float32(1 + 2e-7)
    assert judge(cast, precision="float32").passed
    report = judge(cast)
    assert not report.passed and report.diagnosis.name == "float32"


def test_a_report_can_fail_a_test():
    report = judge(lambda x: -true_scalar(x))
    with pytest.raises(CurvatureCheckError, match="overall-sign"):
        report.raise_if_failed()
    data = json.loads(report.to_json())
    assert data["format"] == "chentsov-validation-report" and data["version"] == 1 and not data["passed"]
    assert data["diagnoses"][0]["name"] == "overall-sign"


def test_the_default_suite_is_quick_enough():
    """A NumPy function on the default suite: under 20 s (CPU seconds, so that a busy machine does not matter)."""

    def curvature(metric, x, h=1e-4):
        n = len(x)

        def christoffel(y):
            d = np.stack([(metric(y + h * e) - metric(y - h * e)) / (2 * h) for e in np.eye(n)], -1)
            return 0.5 * np.einsum(
                "im,mjk->ijk", np.linalg.inv(metric(y)), np.einsum("mkj->mjk", d) + d - np.einsum("jkm->mjk", d)
            )

        G = christoffel(x)
        D = np.stack([(christoffel(x + h * e) - christoffel(x - h * e)) / (2 * h) for e in np.eye(n)], -1)
        R = np.einsum("ijlk->ijkl", D) - D + np.einsum("ikm,mjl->ijkl", G, G) - np.einsum("ilm,mjk->ijkl", G, G)
        return np.einsum("jl,ijil->", np.linalg.inv(metric(x)), R)

    started = time.process_time()
    report = ch.check_curvature(curvature)
    assert report.passed and len(report.cases) == len(load_suite())
    assert time.process_time() - started < 20


def test_forms_are_documented():
    assert set(FORMS) >= {"point", "batch", "metric"}


def test_minus_expected_hessian_of_a_family_of_densities():
    """Pareto: the support begins at the parameter x_m, so −E[∂∂ log p] is not the Fisher metric."""
    pareto = ch.models.families.pareto()
    matrix = sp.lambdify(pareto.coordinates, pareto.negative_mean_hessian, "numpy")
    report = ch.check_curvature(lambda x: matrix(*x), pareto, quantity="metric")
    assert not report.passed
    assert report.diagnosis.name == "minus-expected-hessian"


def test_transposed_jacobian_of_an_immersed_manifold():
    a, b = sp.symbols("a b", real=True)
    chart = (a + b**2 / 3, b + a * b / 2)
    J = sp.lambdify((a, b), sp.Matrix(chart).jacobian([a, b]), "numpy")
    report = ch.check_curvature(lambda x: J(*x) @ J(*x).T, ch.ImmersedManifold(chart, (a, b)), quantity="metric")
    assert report.diagnosis.name == "transposed-jacobian"
    assert ch.check_curvature(lambda x: J(*x).T @ J(*x), ch.ImmersedManifold(chart, (a, b)), quantity="metric").passed


def test_a_single_wrong_number_is_not_explained_away():
    """On a space of constant curvature every answer is one number; among thousands of pairs of mistakes one would come near it."""
    sphere = (sp.diag(1, sp.sin(theta) ** 2), (theta, phi))
    for value in (1.9173, 0.7311, -3.0421, 17.13):
        report = ch.check_curvature(lambda x: value, sphere, shrink=False)
        assert not report.passed
        assert report.diagnosis is None or report.diagnosis.name == "constant-factor"


def test_text_is_no_function():
    with pytest.raises(ValueError, match="not text"):
        judge(true_scalar, quantity="laplacian", scalar="theta")
    with pytest.raises(ValueError, match="the Laplacian of what"):
        judge(true_scalar, quantity="laplacian")


def test_a_program_that_fails_on_lorentzian_metrics_only():
    def volume(metric, x):
        return np.prod(np.diag(np.linalg.cholesky(metric(x)))) ** 2

    report = ch.check_curvature(volume, quantity="determinant", shrink=False)
    assert not report.passed and report.diagnosis.name == "only-positive-definite"
    assert {f.case for f in report.findings_by_name()["raises"]} == {
        "minkowski", "schwarzschild", "rotating-spacetime", "flrw", "painleve-gullstrand", "pp-wave", "kerr-turned",
        "dense-lorentzian", "indefinite-surface", "de-sitter-surface",
    }  # fmt: skip


def test_a_method_that_approximates_is_told_so():
    """K from the perimeter of small geodesic circles, to second order in the radius (Bertrand & Puiseux 1848): R is off by O(r²)."""

    def rough(x, radius=0.2):
        # The torus of revolution: K(θ) averaged over a disc is K + r² ΔK / 8 + …
        K = lambda t: math.cos(t) / (3 + math.cos(t))
        second = (K(x[0] + 1e-3) - 2 * K(x[0]) + K(x[0] - 1e-3)) / 1e-6
        first = (K(x[0] + 1e-3) - K(x[0] - 1e-3)) / 2e-3
        return 2 * (K(x[0]) + radius**2 / 8 * (second - math.sin(x[0]) / (3 + math.cos(x[0])) * first))

    report = judge(rough, points=[(0.25, 0), (0.75, 0), (1, 0), (2.5, 0), (3, 0)])
    assert not report.passed and report.diagnosis.name == "approximation" and "pass rtol=" in report.diagnosis.remedy
    assert judge(rough, points=[(0.25, 0), (3, 0)], rtol=3e-2).passed


def test_random_answers_have_no_other_explanation():
    dice = np.random.default_rng(0)
    report = ch.check_curvature(lambda metric, x: dice.random(), suite="quick")
    assert not report.passed and not report.diagnoses and report.smallest is None
    assert len(report.findings_by_name()["not-repeatable"]) == 5


def test_broken_laws_are_told_whatever_the_mistake():
    """A right connection with one component lost: no known mistake, and yet something to go by."""

    def lopsided(metric, x):
        n, h = len(x), 1e-5
        d = np.stack([(metric(x + h * e) - metric(x - h * e)) / (2 * h) for e in np.eye(n)], -1)
        gamma = 0.5 * np.einsum(
            "im,mjk->ijk", np.linalg.inv(metric(x)), np.einsum("mkj->mjk", d) + d - np.einsum("jkm->mjk", d)
        )
        gamma[0, 0, 1] *= 1.25
        return gamma

    report = ch.check_curvature(lopsided, suite="quick", quantity="christoffel", shrink=False)
    assert not report.passed and report.diagnosis.kind == "scope"
    assert (
        len(report.broken_laws) == 1
        and "Γ^i_jk = Γ^i_kj (off by" in report.broken_laws[0]
        and report.broken_laws[0] in str(report)
    )
    assert report.to_dict()["broken_laws"] == list(report.broken_laws)


@pytest.mark.parametrize("quantity, change, laws", [
    ("riemann", lambda R: np.triu(R), ["R_..kl = −R_..lk"]),
    ("riemann_lowered", lambda R: np.einsum("ikjl->ijkl", R), ["R_..kl = −R_..lk", "R_ijkl = −R_jikl"]),
    ("riemann_lowered", lambda R: -R, []),
    ("ricci", lambda r: np.triu(r), ["it is symmetric"]),
])  # fmt: skip
def test_which_laws_are_broken(quantity, change, laws):
    cases = [c for c in load_suite() if c.name == "dense-4d"]
    by_point = {tuple(p): c.certified(quantity, q) for c in cases for p, q in zip(c.float_points, c.points)}
    from chentsov.geometry.validation.cases import floats

    report = ch.check_curvature(
        lambda metric, x: change(floats(by_point[tuple(x)])), suite=cases, quantity=quantity, diagnose=False
    )
    assert [law.split(" (")[0] for law in report.broken_laws][: len(laws)] == laws
    assert bool(report.broken_laws) == bool(laws)
