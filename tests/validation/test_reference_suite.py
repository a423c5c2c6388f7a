"""The references themselves: jets against mpmath, known curvatures, published values, the export."""

from __future__ import annotations

import json

import mpmath
import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.validation import strategies
from chentsov.geometry.validation.cases import Case, NoUsablePoint, as_case, floats
from chentsov.geometry.validation.export import SCHEMA, export_suite, suite_as_data
from chentsov.geometry.validation.jets import JetEvaluator, UnsupportedExpression
from chentsov.geometry.validation.suite import SUITES, load_suite
from flint import arb, fmpq
from hypothesis import given, settings

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
            assert (
                abs(mpmath.mpf(found.mid().str(40, radius=False)) - mpmath.mpf(str(expected))) < mpmath.mpf(10) ** -28
            )
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
@given(
    strategies.constant_curvature() | strategies.products() | strategies.revolution() | strategies.conformally_flat()
)
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


def test_the_neuron_as_a_sum_and_as_means():
    case = next(c for c in load_suite() if c.name == "logistic-neuron")
    for point in case.points:
        whole, means = case.jets(point), case.jets(point, metric=case.origin.metric)
        for name in ("g", "dg", "ddg"):
            assert all(p.overlaps(q) for p, q in zip(getattr(whole, name).ravel(), getattr(means, name).ravel()))


def test_suites_have_names():
    assert {c.name for c in load_suite("quick")} < {c.name for c in load_suite()}
    assert len({c.name for c in load_suite()}) == len(load_suite())
    for name in SUITES:
        assert load_suite(name)
    with pytest.raises(ValueError, match="unknown suite 'slow'; known are default"):
        load_suite("slow")


def test_the_export_follows_its_schema(tmp_path):
    """Asked of a validator that knows nothing of us."""
    jsonschema = pytest.importorskip("jsonschema")
    data = json.loads(export_suite(tmp_path / "suite.json", "quick").read_text())
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    validator = jsonschema.Draft202012Validator(SCHEMA)
    validator.validate(data)
    point = data["cases"][0]["points"][0]
    for broken in ({**data, "version": 2}, {k: v for k, v in data.items() if k != "digits"},
                   {**data, "cases": [{**data["cases"][0], "points": [{**point, "values": {"ricci_scalar": 2.0}}]}]},
                   {**data, "cases": [{**data["cases"][0], "points": [{**point, "at": ["0x1p-1"]}]}]}):  # fmt: skip
        assert not validator.is_valid(broken)


@pytest.mark.parametrize(
    "name",
    ["dense-3d", "nearly-degenerate", "rotating-spacetime", pytest.param("logistic-neuron", marks=pytest.mark.slow)],
)
def test_every_exported_digit_can_be_recomputed(name):
    """From the text of the metric alone, with 60 digits, SymPy's derivatives and loops: no code in common."""
    entry = suite_as_data([c for c in load_suite() if c.name == name])["cases"][0]
    names = entry["coordinates"]
    symbols = sp.symbols(names)
    metric = [[sp.sympify(e, locals=dict(zip(names, symbols))) for e in row] for row in entry["metric"]]
    n = range(len(names))
    with mpmath.workdps(60):

        def evaluated(expressions):
            at = [mpmath.mpf(v) for v in entry["points"][0]["at"]]
            return {
                k: sp.lambdify(symbols, e, "mpmath")(*at)
                if e.free_symbols
                else mpmath.mpf(sp.Rational(e).p) / sp.Rational(e).q
                for k, e in expressions.items()
            }

        g = evaluated({(i, j): metric[i][j] for i in n for j in n})
        d = evaluated({(i, j, k): sp.diff(metric[i][j], symbols[k]) for i in n for j in n for k in n})
        dd = evaluated(
            {(i, j, k, l): sp.diff(metric[i][j], symbols[k], symbols[l]) for i in n for j in n for k in n for l in n}
        )
        up = mpmath.matrix([[g[i, j] for j in n] for i in n]) ** -1
        first = {(m, j, k): (d[m, k, j] + d[m, j, k] - d[j, k, m]) / 2 for m in n for j in n for k in n}
        gamma = {(i, j, k): sum(up[i, m] * first[m, j, k] for m in n) for i in n for j in n for k in n}

        # R_ijkl = ½(∂j∂k g_il + ∂i∂l g_jk − ∂i∂k g_jl − ∂j∂l g_ik) + g^ab (Γ_a,jk Γ_b,il − Γ_a,jl Γ_b,ik), by second derivatives
        def lowered(i, j, k, l):
            second = (dd[i, l, j, k] + dd[j, k, i, l] - dd[j, l, i, k] - dd[i, k, j, l]) / 2
            return second + sum(
                up[a, b] * (first[a, j, k] * first[b, i, l] - first[a, j, l] * first[b, i, k]) for a in n for b in n
            )

        down = {(i, j, k, l): lowered(i, j, k, l) for i in n for j in n for k in n for l in n}
        riemann = {(i, *rest): sum(up[i, m] * down[m, *rest] for m in n) for i, *rest in down}
        ricci = {(j, l): sum(riemann[i, j, i, l] for i in n) for j in n for l in n}
        # one index after the other, R^a_j^c_l and so on: K = R_ijkl R^ijkl
        raised = dict(down)
        for place in range(4):
            raised = {at: sum(up[at[place], m] * raised[(*at[:place], m, *at[place + 1 :])] for m in n) for at in down}
        mine = {
            "metric": g, "metric_derivative": d, "metric_second_derivative": dd, "inverse_metric": {(i, j): up[i, j] for i in n for j in n},
            "christoffel": gamma, "riemann": riemann, "ricci": ricci,
            "ricci_scalar": {(): sum(up[i, j] * ricci[i, j] for i in n for j in n)},
            "kretschmann": {(): sum(down[at] * raised[at] for at in down)},
        }  # fmt: skip
        values = entry["points"][0]["values"]
        assert set(mine) == set(values)
        for quantity, components in mine.items():
            largest = max(abs(v) for v in components.values())
            for at, expected in components.items():
                text = values[quantity]
                for k in at:
                    text = text[k]
                error = abs(mpmath.mpf(text) - expected)
                assert error <= 5.1e-30 * abs(expected) or error <= 1e-30 * largest, (
                    quantity,
                    at,
                    text,
                    mpmath.nstr(expected, 35),
                )


def test_export_refuses_nonsense(tmp_path):
    with pytest.raises(ValueError, match="cannot write"):
        export_suite(tmp_path / "no" / "such" / "folder.json", "quick")
    with pytest.raises(ValueError, match="digits"):
        suite_as_data("quick", digits=0)
    assert not list(tmp_path.iterdir())
