"""The two-weight neuron: every closed form against a second derivation, and its bad input."""

import math

import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.exact import Mean
from chentsov.models import LabelledPoints, TwoWeightNeuron, decision_boundary
from chentsov.models.neuron import weight_axes
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp

CASES = [("mean_power", n) for n in (1, 2, 3, 4, 6)] + [("lp_norm", p) for p in (1, 2, 2.5, 6)] + [("cross_entropy", 2)]
POINTS = decision_boundary(12, seed=3)


def _subloss(loss, order):
    """ℓ(f, t), written a second time."""
    if loss == "cross_entropy":
        return lambda f, t: -t * mp.log(f) - (1 - t) * mp.log(1 - f)
    power = order if loss == "mean_power" else 1
    return lambda f, t: abs(f - t) ** power


def _by_hand(loss, order, theta, slope=5):
    """Loss, its gradient, metric and traces by numerical differentiation of the subloss in each weight."""
    ell = _subloss(loss, order)
    h = mp.mpf(10) ** -20

    def slopes(function):
        a, b = theta
        return mp.matrix(
            [(function(a + h, b) - function(a - h, b)) / (2 * h), (function(a, b + h) - function(a, b - h)) / (2 * h)]
        )

    found = {
        "loss": mp.mpf(0),
        "gradient": mp.zeros(2, 1),
        "metric": mp.zeros(2),
        "fisher_trace": mp.mpf(0),
        "ntk_trace": mp.mpf(0),
    }
    for row in zip(POINTS.x, POINTS.y, POINTS.t):
        x, y, t = map(mp.mpf, row)

        def output(a, b):
            return 1 / (1 + mp.exp(-slope * (a * x + b * y)))

        of_loss, of_output = slopes(lambda a, b: ell(output(a, b), t)), slopes(output)
        terms = {
            "loss": ell(output(*theta), t),
            "gradient": of_loss,
            "metric": of_loss * of_loss.T,
            "fisher_trace": (of_loss.T * of_loss)[0],
            "ntk_trace": (of_output.T * of_output)[0],
        }
        for name, term in terms.items():
            found[name] += term / len(POINTS)
    return found


_MPMATH = [{"logistic": lambda u: 1 / (1 + mp.exp(-u))}, "mpmath"]


def _value(expression, neuron, theta, points=POINTS):
    """A closed form at a point, each Mean summed row by row in mpmath."""
    with mp.workdps(50):
        at = [mp.mpf(v.p) / v.q for v in map(sp.Rational, theta)]
        rows = [[mp.mpf(float(v)) for v in row] for row in zip(points.x, points.y, points.t)]
        means = list(expression.atoms(Mean))
        arguments = [*neuron.coordinates, *neuron.rows]
        integrands = sp.lambdify(arguments, [m.expression for m in means], _MPMATH, cse=True)
        sums = [mp.fsum(column) / len(rows) for column in zip(*(integrands(*at, *row) for row in rows))]
        names = [sp.Dummy() for _ in means]
        outside = sp.lambdify([*neuron.coordinates, *names], expression.xreplace(dict(zip(means, names))), _MPMATH)
        return outside(*at, *sums)


@pytest.mark.parametrize("loss, order", CASES)
def test_closed_forms_against_numerical_differentiation(loss, order):
    neuron = TwoWeightNeuron(loss, order)
    theta = (sp.Rational(2, 5), sp.Rational(-7, 10))
    with mp.workdps(60):
        expected = _by_hand(loss, order, [mp.mpf(2) / 5, mp.mpf(-7) / 10])
        for name in ("loss", "fisher_trace", "ntk_trace"):
            assert abs(_value(neuron.expression_of(name), neuron, theta) / expected[name] - 1) < 1e-30, name
        for i in range(2):
            assert abs(_value(neuron.loss_gradient[i], neuron, theta) / expected["gradient"][i] - 1) < 1e-30
            for j in range(2):
                assert abs(_value(neuron.metric[i, j], neuron, theta) / expected["metric"][i, j] - 1) < 1e-30


@pytest.mark.parametrize("loss, order", CASES)
def test_the_neuron_is_found_to_be_hessian_with_seven_means(loss, order):
    neuron = TwoWeightNeuron(loss, order)
    assert neuron.manifold.structure == "hessian"
    assert len(neuron.ricci_scalar.atoms(Mean)) == 7
    assert len(str(neuron.ricci_scalar_of_moments)) < 200
    assert neuron.ricci_scalar_of_moments.free_symbols == set(neuron.moments)


def test_ricci_scalar_of_moments_is_the_determinant_formula():
    g = sp.symbols("g_11 g_12 g_22")
    T = sp.symbols("T_111 T_112 T_122 T_222")
    det = g[0] * g[2] - g[1] ** 2
    expected = -sp.Matrix([g, T[:3], T[1:]]).det() / (2 * det**2)
    for loss, order in CASES:
        assert sp.expand(sp.numer(sp.together(TwoWeightNeuron(loss, order).ricci_scalar_of_moments - expected))) == 0


@pytest.mark.parametrize("loss, order", CASES)
def test_fisher_trace_is_the_mean_of_squared_slope_times_ntk_diagonal(loss, order):
    neuron = TwoWeightNeuron(loss, order)
    assert neuron.trace_identity_holds()
    # the check can fail: another loss has another trace
    other = TwoWeightNeuron("mean_power", 5)
    neuron.__dict__["fisher_trace_by_output"] = other.fisher_trace_by_output
    assert not neuron.trace_identity_holds()


def test_traces_of_the_norm_loss_are_equal_and_of_the_others_are_not():
    for loss, order in CASES:
        neuron = TwoWeightNeuron(loss, order)
        same = neuron.manifold.field(neuron.fisher_trace - neuron.ntk_trace).is_zero
        assert same == (loss == "lp_norm" or order == 1), (loss, order)


def test_norm_loss_does_not_depend_on_p():
    assert TwoWeightNeuron("lp_norm", 2).metric == TwoWeightNeuron("lp_norm", 7.5).metric


def test_slope_may_be_a_symbol_and_scales_the_curvature():
    s = sp.Symbol("s", positive=True)
    symbolic = TwoWeightNeuron("cross_entropy", slope=s)
    numeric = TwoWeightNeuron("cross_entropy", slope=3)
    assert sp.expand(symbolic.metric[0, 1].subs(s, 3) - numeric.metric[0, 1]) == 0
    # θ enters as s θ only: R at (θ, slope s) is R at (s θ, slope 1)
    unit = TwoWeightNeuron("cross_entropy", slope=1)
    assert math.isclose(
        _value(numeric.ricci_scalar, numeric, (0.2, -0.1)), _value(unit.ricci_scalar, unit, (0.6, -0.3)), rel_tol=1e-14
    )


@settings(deadline=None, max_examples=10)
@given(st.floats(-1, 1), st.floats(-1, 1), st.sampled_from(CASES))
def test_exchange_of_the_inputs_is_an_isometry(a, b, case):
    """Swapping x with y in the data swaps θ₁ with θ₂ and leaves R as it is."""
    neuron = TwoWeightNeuron(*case)
    swapped = LabelledPoints(POINTS.y, POINTS.x, POINTS.t)
    one = _value(neuron.ricci_scalar, neuron, (a, b))
    other = _value(neuron.ricci_scalar, neuron, (b, a), swapped)
    assert abs(one - other) <= 1e-12 * abs(one)


# -- the model's own jets, used by the cross-check ------------------------------------------------------------


@pytest.mark.parametrize(
    "loss, order",
    [pytest.param(*c, marks=pytest.mark.slow if c[1] in (3, 4, 6) else ()) for c in CASES],
)
def test_metric_jet_agrees_with_derivatives_of_the_closed_form(loss, order):
    neuron = TwoWeightNeuron(loss, order, data=POINTS)
    theta = (sp.Rational(3, 10), sp.Rational(-1, 5))
    jet = neuron.metric_jet(theta, digits=30)
    for (i, j), values in jet.items():
        for index, number in values.items():
            expression = neuron.metric[i, j]
            for k in index:
                expression = sp.diff(expression, neuron.coordinates[k])
            with mp.workdps(50):
                assert abs(number / _value(expression, neuron, theta) - 1) <= 1e-28, (i, j, index)


def test_metric_jet_keeps_its_digits_where_the_neuron_is_saturated():
    neuron = TwoWeightNeuron("mean_power", 2, data=POINTS)
    low, high = (neuron.metric_jet((40, 40), digits) for digits in (20, 40))
    for component, values in high.items():
        for index, number in values.items():
            with mp.workdps(50):
                assert abs(low[component][index] - number) <= 1e-18 * abs(number)
    with pytest.raises(ValueError, match="not a number"):
        TwoWeightNeuron(slope=sp.Symbol("s"), data=POINTS).metric_jet((0, 0), 20)


# -- data -------------------------------------------------------------------------------------------------------


def test_decision_boundary_is_reproducible_and_right():
    one, same, other = decision_boundary(50, 1), decision_boundary(50, 1), decision_boundary(50, 2)
    assert np.array_equal(one.x, same.x) and not np.array_equal(one.x, other.x)
    assert ((0 <= one.x) & (one.x < 1) & (0 <= one.y) & (one.y < 1)).all()
    assert np.array_equal(one.t, (one.y > one.x).astype(float)) and 0 < one.t.sum() < 50
    with pytest.raises(ValueError):
        one.x[0] = 3.0  # a data set does not change under a model


def test_read_csv_with_and_without_header(tmp_path):
    plain, titled = tmp_path / "plain.csv", tmp_path / "titled.csv"
    plain.write_text("0.1,0.9,1\n0.8,0.3,0\n")
    titled.write_text("t, x, y\n1, 0.1, 0.9\n\n0, 0.8, 0.3\n")
    for path in (plain, titled):
        points = LabelledPoints.read_csv(path)
        assert (points.x.tolist(), points.y.tolist(), points.t.tolist()) == ([0.1, 0.8], [0.9, 0.3], [1, 0])
        assert path.name in points.source


def test_columns_may_be_handed_in_as_they_are():
    columns = ([0.1, 0.8], [0.9, 0.3], [1, 0])
    for data in (columns, dict(zip("xyt", columns)), np.array(columns)):
        assert TwoWeightNeuron(data=data).data.y.tolist() == [0.9, 0.3]


BAD_DATA = [
    (([0.1], [0.2], [1]), "1 row.* at least 2"),
    (([], [], []), "0 row.* at least 2"),
    (([0.1, 0.2], [0.3, 0.4], [0, 1.5]), "target in row 1 is 1.5"),
    (([0.1, 0.2], [0.3, 0.4], [-0.1, 1]), "target in row 0 is -0.1"),
    (([0.1, math.nan], [0.3, 0.4], [0, 1]), "nan in row 1, column x"),
    (([0.1, 0.2], [math.inf, 0.4], [0, 1]), "inf in row 0, column y"),
    (([0.1, 0.2, 0.3], [0.3, 0.4], [0, 1]), "differ in length: x has 3, y has 2"),
    (([[0.1, 0.2]], [0.3, 0.4], [0, 1]), "2 dimensions"),
    ((["a", "b"], [0.3, 0.4], [0, 1]), "not numeric"),
]


@pytest.mark.parametrize("columns, words", BAD_DATA)
def test_bad_data(columns, words):
    with pytest.raises(ValueError, match=words):
        LabelledPoints(*columns)


@pytest.mark.parametrize(
    "text, words",
    [
        ("0.1,0.2\n", "line 1 .* has 2 field"),
        ("x,y,t\n0.1,0.2,1\n0.3,zero,1\n", "line 3 .* not three numbers"),
        ("", "0 row"),
        ("0.1,0.2,1\n", "1 row"),
        ("0.1,0.2,1\n0.3,nan,1\n", "nan in row 1"),
    ],
)
def test_bad_csv(tmp_path, text, words):
    path = tmp_path / "rows.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=words):
        LabelledPoints.read_csv(path)
    with pytest.raises(ValueError, match="cannot read"):
        LabelledPoints.read_csv(tmp_path / "absent.csv")


@pytest.mark.parametrize("line", [(1.0, 2.0), (0.3, 0.1), (0.0, 1.0), (1 / 3, -1 / 7)])
def test_points_on_one_line_through_the_origin_make_the_metric_singular(line):
    scale = np.linspace(-1, 2, 7)
    points = LabelledPoints(scale * line[0], scale * line[1], (scale > 0).astype(float))
    with pytest.raises(ValueError, match="one line through the origin, so the metric is singular everywhere"):
        TwoWeightNeuron(data=points)
    off = LabelledPoints(np.append(points.x, 0.5), np.append(points.y, 0.51), np.append(points.t, 1))
    assert TwoWeightNeuron(data=off).data is off


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"loss": "hinge"}, "unknown loss 'hinge': choose one of mean_power, lp_norm, cross_entropy"),
        ({"order": 0}, "at least 1, not 0"),
        ({"order": -2}, "at least 1"),
        ({"order": 2.5}, "whole number, not 2.5"),
        ({"order": math.nan}, "must be a number"),
        ({"order": "2"}, "must be a number"),
        ({"order": 1000}, "at most 64"),
        ({"loss": "lp_norm", "order": 0.5}, "at least 1, not 0.5"),
        ({"slope": 0}, "slope"),
        ({"slope": math.inf}, "slope"),
        ({"slope": math.nan}, "slope"),
    ],
)
def test_bad_arguments(arguments, words):
    with pytest.raises(ValueError, match=words):
        TwoWeightNeuron(**arguments)


def test_numbers_need_data():
    neuron = TwoWeightNeuron()
    for use in (
        neuron.row_values,
        lambda: neuron.train(steps=1),
        lambda: neuron.on_grid(weight_axes(2)),
        lambda: neuron.metric_jet((0, 0)),
    ):
        with pytest.raises(ValueError, match="no data"):
            use()


@pytest.mark.parametrize(
    "points, extent, words",
    [
        (0, 3, "empty"),
        (-1, 3, "empty"),
        (10**6, 3, "too large"),
        (4, math.nan, "not finite"),
        (4, math.inf, "not finite"),
        (4, 0, "not finite"),
    ],
)
def test_bad_grid(points, extent, words):
    with pytest.raises(ValueError, match=words):
        weight_axes(points, extent)


def test_unknown_quantity_lists_the_known_ones():
    with pytest.raises(ValueError, match="unknown quantity 'curl': known are loss, fisher_trace, ntk_trace, metric"):
        TwoWeightNeuron().expression_of("curl")
