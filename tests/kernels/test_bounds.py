"""Error bounds: sound on adversarial input, in plain and in double-double arithmetic, and not useless."""

import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.exact import Mean, logistic
from chentsov.geometry.kernels import compile, evaluate_ball
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

a, b, x, y, t = sp.symbols("a b x y t")
RNG = np.random.default_rng(11)


def check(kernel, formulas, symbols, axes, data, refined, count=14):
    """Every value is within its bound of the truth; returns values and bounds."""
    values, bounds = kernel.bounded(*axes, refined=refined)
    shape = values.shape[1:]
    cells = [np.unravel_index(n, shape) for n in np.linspace(0, int(np.prod(shape)) - 1, count).astype(int)]
    grids = np.broadcast_arrays(*axes)
    for cell in cells:
        point = {s: float(g[cell]) for s, g in zip(symbols, grids)}
        for k, formula in enumerate(formulas):
            if not np.isfinite(values[(k, *cell)]):
                assert not bounds[(k, *cell)] < np.inf
                continue
            truth = evaluate_ball(formula, point, 600, data=data)
            error = abs(arb(float(values[(k, *cell)])) - truth)
            assert error <= arb(float(bounds[(k, *cell)])) or np.isnan(bounds[(k, *cell)]), (formula, point, refined)
    return values, bounds


def neuron_moments(power):
    f = logistic(5 * a * x + 5 * b * y)
    slope = sp.diff((f - t) ** power, a) / x
    g = [Mean(sp.factor(slope**2 * m), (x, y, t)) for m in (x**2, x * y, y**2)]
    return [*g, g[0].diff(a), g[1].diff(b), (g[0] * g[2] - g[1] ** 2) / g[0], sp.sqrt(g[0])]


DATA = {
    "uniform": (RNG.uniform(size=30), RNG.uniform(size=30), (RNG.uniform(size=30) > 0.5) * 1.0),
    "one row": (np.array([0.3]), np.array([0.9]), np.array([0.25])),
    "duplicate rows": (np.full(20, 0.4), np.full(20, 0.7), np.full(20, 1.0)),
    "nearly collinear": (
        np.linspace(0.1, 1, 20),
        np.linspace(0.1, 1, 20) * (1 + 1e-9 * RNG.normal(size=20)),
        np.linspace(0, 1, 20),
    ),
    "signs and sizes": (RNG.normal(size=40) * 1e3, RNG.normal(size=40) * 1e-3, RNG.uniform(size=40)),
}


@pytest.mark.parametrize("refined", [False, True])
@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("extent", [3.0, pytest.param(60.0, marks=pytest.mark.slow), 1000.0])
def test_neuron_moments(data, extent, refined):
    formulas = neuron_moments(2)
    rows = dict(zip((x, y, t), DATA[data]))
    kernel = compile(formulas, [a, b], data=rows)
    axes = (np.array([-extent, -extent / 7, 0.1, extent])[:, None], np.linspace(-extent, extent, 9))
    check(kernel, formulas, (a, b), axes, rows, refined, count=4)


def test_bounds_are_close_enough_to_certify():
    rows = dict(zip((x, y, t), DATA["uniform"]))
    kernel = compile(neuron_moments(2), [a, b], data=rows)
    axes = np.linspace(-3, 3, 40)[:, None], np.linspace(-3, 3, 40)
    values, bounds = kernel.bounded(*axes)
    assert np.median(bounds / np.abs(values)) < 3e-13
    values, bounds = kernel.bounded(*axes, refined=True)
    assert np.max(bounds / np.abs(values)) < 1.2e-16


def test_float32_counts_the_rounding_of_its_inputs():
    formulas = [Mean(sp.exp(a * x) * y, (x, y)) * b, a / 3 + b]
    rows = {x: DATA["uniform"][0], y: DATA["uniform"][1]}
    kernel = compile(formulas, [a, b], data=rows, dtype="float32")
    axes = np.linspace(-1, 1, 7)[:, None] / 3, np.linspace(0.1, 1, 9) / 7
    values, bounds = check(kernel, formulas, (a, b), axes, rows, False)
    assert np.median(bounds / np.abs(values)) < 1e-4


GENERAL = [
    a / b - b / a,
    (a - b) / (a + b) ** 2,
    sp.sqrt(a**2 + b) * sp.tanh(a - b),
    sp.exp(-a * b) - 1 + a,
    sp.log(a + b) * sp.sin(a * b),
    1 / (a - b),
    logistic(a - 3 * b) - sp.Rational(1, 3),
    (a - 1) ** 7,
    sp.pi * a - sp.EulerGamma * b,
    sp.Abs(a - b) * sp.cos(b),
    sp.log(1 + a**2) - a,
    sp.gamma(a) + b,
    sp.polygamma(1, a) * b - 1,
    sp.polygamma(2, a * b) / sp.polygamma(1, a) ** 2 + a,
    sp.Piecewise((a, a > b), (b**2, True)),
    sp.Piecewise((a, a * b > 1), (b**2, True)),
    a ** sp.Rational(1, 3),
    sp.sqrt(a - b),
]


@pytest.mark.parametrize("formula", GENERAL, ids=str)
@pytest.mark.parametrize("refined", [False, True])
def test_formulas_of_all_kinds(formula, refined):
    axes = np.array([0.3, 1.0, 1.0 + 2**-40, 2.7])[:, None], np.array([0.25, 1.0, 0.9999999, 2.0, 3.5, 0.3])
    check(compile([formula], [a, b]), [formula], (a, b), axes, None, refined, count=24)


def test_families_with_polygamma_functions_are_certified_in_machine_numbers():
    formula = (sp.polygamma(1, a) + a * sp.polygamma(2, a)) / (
        2 * (a * sp.polygamma(1, a) - 1) ** 2
    )  # R of the gamma family
    values, bounds = compile([formula], [a]).bounded(np.linspace(0.2, 30, 400))
    assert (bounds <= 1e-10 * np.abs(values)).mean() > 0.99


def test_what_has_no_rule_has_no_bound():
    kernel = compile([sp.LambertW(a), sp.Piecewise((a, sp.sin(a) > 0), (1, True)), a**2], [a])
    bounds = kernel.bounded(np.linspace(1, 2, 5))[1]
    assert np.isinf(bounds[:2]).all() and np.isfinite(bounds[2]).all()


coefficients = st.fractions(min_value=-3, max_value=3, max_denominator=7)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(coefficients, st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=5), st.booleans())
def test_random_polynomials_that_cancel(terms, refined):
    polynomial = sp.Add(*(sp.Rational(c.numerator, c.denominator) * a**i * b**j for c, i, j in terms))
    formula = polynomial - polynomial.subs(a, sp.Rational(1, 3)) + sp.exp(a - b)
    check(
        compile([formula], [a, b]),
        [formula],
        (a, b),
        (np.array([1 / 3, 0.3333, -1.5])[:, None], np.linspace(-2, 2, 5)),
        None,
        refined,
    )


# -- double-double arithmetic by itself: subtracting the rounded result shows its low part --------------------


@pytest.mark.parametrize(
    "formula, at",
    [
        (sp.exp(x), 1.0),
        (sp.exp(x), -37.25),
        (sp.exp(x), 300.5),
        (sp.sqrt(x), 2.0),
        (1 / x, 3.0),
        (x**7 / 5, 1.1),
        (sp.pi * x, 1.0),
        (x / 3, 7.0),
        (sp.exp(sp.exp(x) / 7), 1.5),
        (logistic(x), -3.5),
        (logistic(x), 20.0),
        (sp.sqrt(sp.exp(x) + x), 0.1),
    ],
)
def test_double_double_has_its_digits(formula, at):
    rounded = float(evaluate_ball(formula, {x: at}, 200))
    exact = sp.Rational(*rounded.as_integer_ratio())
    values, bounds = compile([formula - exact], [x]).bounded(np.full(3, at), refined=True)
    truth = evaluate_ball(formula - exact, {x: at}, 400)
    assert abs(arb(float(values[0, 0])) - truth) <= arb(float(bounds[0, 0]))
    assert bounds[0, 0] < abs(rounded) * 2.0**-90
