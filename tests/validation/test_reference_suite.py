"""The references themselves: jets against mpmath, known curvatures, published values, the export."""

from __future__ import annotations

import json
import re

import mpmath
import numpy as np
import pytest
import sympy as sp
from flint import arb, fmpq
from hypothesis import given, settings

from chentsov.geometry.validation import strategies
from chentsov.geometry.validation.cases import Case, NoUsablePoint, as_case, floats
from chentsov.geometry.validation.export import SCHEMA, export_suite, suite_as_data
from chentsov.geometry.validation.jets import JetEvaluator, UnsupportedExpression
from chentsov.geometry.validation.suite import SUITES, load_suite

x, y = sp.symbols("x y", positive=True)
POINT = {x: sp.Rational(3, 2), y: sp.Rational(5, 4)}

FUNCTIONS = (
    sp.besseli(1, x * y), sp.besselk(0, x * y), sp.polygamma(1, x + y), sp.sqrt(x * y) ** 3, x**y, sp.tanh(x * y), sp.atanh(x * y / 9),
    sp.log(sp.gamma(x * y)), sp.uppergamma(sp.Rational(1, 3), x * y), sp.acosh(1 + x * y), sp.sin(x) ** sp.Rational(1, 3),
        sp.LambertW(x * y),
    sp.erf(x - y), sp.expint(2, x * y), sp.zeta(2, x), sp.Piecewise((x**2, x < 1), (x**3 * y, True)),
        sp.exp(-x) / (1 + sp.exp(-x * y)) ** 2,
)  # fmt: skip


@pytest.mark.parametrize("f", FUNCTIONS, ids=str)
def test_jets_against_symbolic_derivatives_in_mpmath(f):
    jet = JetEvaluator(POINT, (x, y)).jet(f)
    for found, order in zip((jet.value, *jet.first, *jet.second), ((), (x,), (y,), (x, x), (x, y), (y, y))):
        expected = sp.N((sp.diff(f, *order) if order else f).subs(POINT).doit(), 40)
        with mpmath.workdps(40):
            assert abs(mpmath.mpf(found.mid().str(40, radius=False)) - mpmath.mpf(str(expected))) < mpmath.mpf(10) ** -28
            assert found.rad() < arb("1e-25")


def test_what_the_jets_cannot_do_is_named():
    with pytest.raises(UnsupportedExpression, match="no value is known for the symbol y"):
        JetEvaluator({x: 1}, (x,)).jet(x * y)
    with pytest.raises(UnsupportedExpression, match="no derivative is known for f"):
        JetEvaluator({x: 1}, (x,)).jet(sp.Function("f")(x))


@pytest.mark.parametrize("case", [c for c in load_suite() if c.known], ids=lambda c: c.name)
def test_known_curvatures_of_the_suite(case):
    for point in case.points:
        for quantity, expression in case.known.items():
            difference = case.certified(quantity, point)[()] - case.evaluator(point).value(expression)
            assert abs(float(difference.mid())) < 1e-28


@settings(max_examples=15, deadline=None, derandomize=True)
@given(strategies.constant_curvature() | strategies.products() | strategies.revolution() | strategies.conformally_flat())
def test_strategies_tell_the_curvature(case):
    found = case.certified("ricci_scalar", case.points[0])[()]
    assert abs(float((found - case.evaluator(case.points[0]).value(case.known["ricci_scalar"])).mid())) < 1e-25


@settings(max_examples=6, deadline=None, derandomize=True)
@given(strategies.random_metrics())
def test_random_metrics_are_metrics(case):
    g = floats(case.jets(case.points[0]).g)
    assert np.all(np.linalg.eigvalsh(g) > 0)
    riemann = floats(case.certified("riemann_lowered", case.points[0]))
    cyclic = riemann + np.einsum("iklj->ijkl", riemann) + np.einsum("iljk->ijkl", riemann)
    assert np.max(np.abs(cyclic)) < 1e-13  # Bianchi's first identity
    assert np.max(np.abs(riemann - np.einsum("klij->ijkl", riemann))) < 1e-13


def test_certified_means_certified():
    case = next(c for c in load_suite("singular") if c.name == "nearly-degenerate-24")
    value = case.certified("ricci_scalar", case.points[0], digits=30)[()]
    assert value.rel_accuracy_bits() >= 99
    assert value.overlaps(case.certified("ricci_scalar", case.points[0], digits=60)[()])


def test_a_singular_point_is_refused():
    case = Case("cone tip", sp.ImmutableMatrix(sp.diag(1, x**2)), (x, y), ((fmpq(0), fmpq(1)),))
    with pytest.raises(NoUsablePoint, match="singular, or not finite, at x = 0"):
        case.certified("ricci_scalar", case.points[0])


def test_points_are_chosen_where_the_metric_is_regular():
    case = as_case((sp.diag(1 / sp.log(x), sp.log(x) ** 2 + y), (x, y)))
    assert len(case.points) == 6 and len(set(case.points)) == 6
    with pytest.raises(NoUsablePoint):
        as_case((sp.Matrix([[1, 1], [1, 1]]), (x, y)))


@pytest.mark.parametrize("bad, message", [
    (dict(points=[(1, 2, 3)]), "3 numbers"), (dict(points=[{"x": 1}]), "lacks the coordinate y"), (dict(points=[]), "points is empty"),
])  # fmt: skip
def test_bad_points(bad, message):
    with pytest.raises(ValueError, match=message):
        as_case((sp.diag(1, x**2), (x, y)), **bad)


def test_suites_have_names():
    assert {c.name for c in load_suite("quick")} < {c.name for c in load_suite()}
    assert len({c.name for c in load_suite()}) == len(load_suite())
    for name in SUITES:
        assert load_suite(name)
    with pytest.raises(ValueError, match="unknown suite 'slow'; known are default"):
        load_suite("slow")


def check_schema(schema, value, root):
    """The part of JSON Schema that ours uses."""
    if "$ref" in schema:
        return check_schema(root["$defs"][schema["$ref"].rsplit("/", 1)[1]], value, root)
    if "anyOf" in schema:
        return any(check_schema(s, value, root) for s in schema["anyOf"])
    kinds = {"object": dict, "array": list, "string": str, "integer": int}
    if "type" in schema and not isinstance(value, kinds[schema["type"]]):
        return False
    if "const" in schema and value != schema["const"]:
        return False
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return False
    if isinstance(value, dict):
        if any(k not in value for k in schema.get("required", ())):
            return False
        extra = schema.get("additionalProperties", {})
        return all(check_schema(schema.get("properties", {}).get(k, extra), v, root) for k, v in value.items())
    if isinstance(value, list):
        return all(check_schema(schema.get("items", {}), v, root) for v in value)
    return True


def test_the_export_follows_its_schema_and_can_be_recomputed(tmp_path):
    path = export_suite(tmp_path / "suite.json", "quick")
    data = json.loads(path.read_text())
    assert check_schema(SCHEMA, data, SCHEMA)
    assert not check_schema(SCHEMA, {**data, "version": 2}, SCHEMA)
    entry = next(c for c in data["cases"] if c["name"] == "dense-3d")
    point = entry["points"][0]
    # R again from the exported g, ∂g, ∂²g alone, in 40 digits, by loops: no code in common.
    with mpmath.workdps(40):
        v = {k: np.array(point["values"][k], dtype=object) for k in ("metric", "metric_derivative", "metric_second_derivative")}
        g, d, dd = (np.vectorize(mpmath.mpf, otypes=[object])(v[k]) for k in v)
        inverse = np.array((mpmath.matrix(g.tolist()) ** -1).tolist(), dtype=object)
        n = range(3)

        def first(m, j, k):
            return (d[m, k, j] + d[m, j, k] - d[j, k, m]) / 2

        # R_ikjl = ½(∂k∂j g_il + ∂i∂l g_kj − ∂k∂l g_ij − ∂i∂j g_kl) + g^np (Γ_n,kj Γ_p,il − Γ_n,kl Γ_p,ij)
        def lowered(i, k, j, l):
            second = (dd[i, l, k, j] + dd[k, j, i, l] - dd[i, j, k, l] - dd[k, l, i, j]) / 2
            return second + sum(inverse[a, b] * (first(a, k, j) * first(b, i, l) - first(a, k, l) * first(b, i, j)) for a in n for b in n)

        R = sum(inverse[i, j] * inverse[k, l] * lowered(i, k, j, l) for i in n for k in n for j in n for l in n)
        assert abs(R - mpmath.mpf(point["values"]["ricci_scalar"])) < mpmath.mpf(10) ** -27


def test_export_refuses_nonsense(tmp_path):
    with pytest.raises(ValueError, match="cannot write"):
        export_suite(tmp_path / "no" / "such" / "folder.json", "quick")
    with pytest.raises(ValueError, match="digits"):
        suite_as_data("quick", digits=0)
    assert not list(tmp_path.iterdir())
