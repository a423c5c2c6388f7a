"""Mean over data rows: linear, differentiable, canonical in a field, and the neuron's curvature."""

import itertools
import random

import mpmath
import pytest
import sympy as sp
from chentsov.geometry.exact import DifferentialField, Mean, determinant, inverse, logistic

a, b, c = sp.symbols("a b c", real=True)
x, y, t = sp.symbols("x y t", real=True)
ROWS = (x, y, t)
DATA = [tuple(random.Random(seed).uniform(-1, 1) for _ in ROWS) for seed in range(7)]


def evaluated(expression, values):
    """The value of an expression with means, row by row, to 30 digits."""
    with mpmath.workdps(30):
        means = {}
        for mean in expression.atoms(Mean):
            row_values = [
                sp.N(mean.expression.subs({**values, **dict(zip(ROWS, map(sp.Rational, row)))}), 30) for row in DATA
            ]
            means[mean] = sum(row_values) / len(DATA)
        return sp.N(expression.xreplace(means).subs(values), 30)


def test_linearity():
    assert Mean(a * x + b, x) == a * Mean(x, x) + b
    assert Mean(3 * x * (y + 1), (x, y)) == 3 * Mean(x * (y + 1), (x, y))
    assert Mean(5, x) == 5 and Mean(0, x) == 0 and Mean(a**2, x) == a**2
    assert sp.factor(Mean(a * (x + y), (x, y))) == a * (Mean(x, (x, y)) + Mean(y, (x, y)))


def test_attributes_and_substitution():
    mean = Mean(sp.exp(a * x), x)
    assert mean.expression == sp.exp(a * x) and mean.variables == (x,) and mean.free_symbols == {a}
    assert mean.subs(a, 2) == Mean(sp.exp(2 * x), x)
    assert mean.subs(x, 3) == mean  # a row symbol names a column, it takes no value
    assert mean.func(*mean.args) == mean
    assert Mean(x**2, x).is_nonnegative and Mean(sp.exp(x), x).is_positive and Mean(x, x).is_real


def test_derivative_stays_one_factored_mean():
    f = logistic(5 * (a * x + b * y))
    mean = Mean((f - t) ** 2 * f**2 * (1 - f) ** 2 * x**2, ROWS)
    derivative = mean.diff(a)
    assert len(derivative.atoms(Mean)) == 1
    assert next(iter(derivative.atoms(Mean))).expression.is_Mul
    assert mean.diff(x) == 0 and mean.diff(c) == 0
    step, at = sp.Rational(1, 10**8), {a: sp.Rational(1, 3), b: sp.Rational(-2, 7)}
    slope = (evaluated(mean, {**at, a: at[a] + step}) - evaluated(mean, {**at, a: at[a] - step})) / (2 * step)
    assert abs(evaluated(derivative, at) - slope) < 1e-10


def test_printing():
    mean = Mean(x**2, x)
    assert str(mean) == "E_D[x**2]"
    assert sp.latex(mean) == r"\mathbb{E}_{D}\left[x^{2}\right]"
    assert sp.latex(mean**2) == r"\mathbb{E}_{D}\left[x^{2}\right]^{2}"
    assert "E_D" in sp.pretty(mean)


@pytest.mark.parametrize("variables", [(), (x, x), (x**2,), (1,)])
def test_variables_must_be_distinct_symbols(variables):
    with pytest.raises(ValueError, match="distinct symbols"):
        Mean(x, variables)


def test_only_expressions_have_a_mean():
    with pytest.raises(ValueError, match="expression"):
        Mean(sp.true, x)


# -- in a differential field --------------------------------------------------------------------


def test_dependent_means_are_recognised():
    field = DifferentialField((a, b))
    f = logistic(a * x)
    identities = [
        Mean(x * f, x) + Mean(x * (1 - f), x) - Mean(x, x),
        Mean(sp.exp(a + x), x) - sp.exp(a) * Mean(sp.exp(x), x),
        Mean((x + a) ** 2, x) - Mean(x**2, x) - 2 * a * Mean(x, x) - a**2,
        Mean(sp.sin(x + a), x) - sp.cos(a) * Mean(sp.sin(x), x) - sp.sin(a) * Mean(sp.cos(x), x),
        Mean(f**2, x) - Mean(f, x) + Mean(f * (1 - f), x),
        Mean(x / (x**2 + a), x) * a + Mean(x**3 / (x**2 + a), x) - Mean(x, x),
        Mean(sp.cosh(x) ** 2, x) - Mean(sp.sinh(x) ** 2, x) - 1,
    ]
    for identity in identities:
        assert identity != 0 and field(identity).is_zero
        assert abs(evaluated(identity, {a: sp.Rational(2, 3)})) < 1e-25
    assert not field(Mean(x**2, x) - Mean(x, x) ** 2).is_zero


def test_atoms_keep_their_factored_form():
    field = DifferentialField((a,))
    mean = Mean((sp.tanh(a * x) - t) ** 6 * x**2, ROWS)
    assert field(mean).as_expr() == mean
    assert field(1 / (1 + mean)).as_expr() == 1 / (1 + mean)


def test_derivation_in_the_field_is_that_of_sympy():
    field = DifferentialField((a, b))
    expression = Mean(sp.log(1 + sp.exp(a * x + b)), ROWS) / Mean(sp.exp(a * y), ROWS)
    at = {a: sp.Rational(1, 3), b: sp.Rational(-2, 7)}
    for z in (a, b):
        rate = field(expression).diff(z)
        assert rate == field(expression.diff(z))
        assert abs(evaluated(rate.as_expr(), at) - evaluated(expression.diff(z), at)) < 1e-25


LOSSES = {
    "mean square": lambda f: (f - t) ** 2,
    "mean fourth power": lambda f: (f - t) ** 4,
    "cross-entropy": lambda f: -t * sp.log(f) - (1 - t) * sp.log(1 - f),
    "absolute value": lambda f: sp.Abs(f - t),
    "any power": lambda f: sp.Abs(f - t) ** sp.Symbol("p", positive=True),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_the_two_weight_neuron_is_a_hessian_manifold(loss):
    """g_ij = E[l_i l_j] has totally symmetric derivatives, and both formulas give one curvature."""
    z = sp.Dummy("z", real=True)
    rate = LOSSES[loss](logistic(5 * z)).diff(z).subs(z, a * x + b * y)
    field, weights = DifferentialField((a, b)), (a, b)
    metric = [[field(Mean(rate**2 * u * v, ROWS)) for u in (x, y)] for v in (x, y)]
    third = {key: metric[key[0]][key[1]].diff(weights[key[2]]) for key in itertools.product(range(2), repeat=3)}
    assert third[0, 0, 1] == third[0, 1, 0] and third[0, 1, 1] == third[1, 1, 0]
    rows = [[metric[0][0], metric[0][1], metric[1][1]]] + [
        [third[0, 0, i], third[0, 1, i], third[1, 1, i]] for i in range(2)
    ]
    scalar = -determinant(rows) / (2 * determinant(metric) ** 2)
    assert len(scalar.as_expr().atoms(Mean)) == 7
    assert scalar == _hessian_scalar(field, metric, third)


def _hessian_scalar(field, metric, third):
    """R = (|T|^2 - |tr T|^2)/4."""
    inv, span = inverse(metric), range(2)
    raised = {
        (i, j, k): sum((inv[i][m] * third[m, j, k] for m in span), field.zero)
        for i, j, k in itertools.product(span, repeat=3)
    }
    trace = [sum((raised[i, i, k] for i in span), field.zero) for k in span]
    total = field.zero
    for k, m in itertools.product(span, span):
        squares = sum((raised[i, j, k] * raised[j, i, m] for i in span for j in span), field.zero)
        total = total + inv[k][m] * (squares - trace[k] * trace[m])
    return total / 4
