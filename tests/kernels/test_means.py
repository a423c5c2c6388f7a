"""Means over data: against plain sums in Python, for any number of tables and rows."""

import math

import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.exact import Mean, logistic
from chentsov.geometry.kernels import compile, evaluate_ball

a, b, x, y, t, u, v = sp.symbols("a b x y t u v")
RNG = np.random.default_rng(3)
ROWS = {x: RNG.normal(size=37), y: RNG.uniform(size=37), t: (RNG.uniform(size=37) > 0.5) * 1.0}
OTHER = {u: RNG.normal(size=11)}


def average(function, *columns):
    """Exactly rounded: math.fsum over the rows."""
    values = [function(*row) for row in zip(*columns)]
    return math.fsum(values) / len(values)


FORMULAS = {
    "one table": (
        Mean((sp.tanh(a * x + b * y) - t) ** 2, (x, y, t)),
        lambda p, q: average(lambda x, y, t: (math.tanh(p * x + q * y) - t) ** 2, *ROWS.values()),
    ),
    "a quotient of means": (
        Mean(sp.exp(a * x) * x, (x, y)) / Mean(sp.exp(a * x) + y**2, (x, y)) + b,
        lambda p, q: (
            average(lambda x: math.exp(p * x) * x, ROWS[x])
            / average(lambda x, y: math.exp(p * x) + y * y, ROWS[x], ROWS[y])
            + q
        ),
    ),
    "two tables": (
        Mean(sp.sin(a * x), x) * Mean(sp.cos(b * u), u) + Mean(u**2, u),
        lambda p, q: (
            average(lambda x: math.sin(p * x), ROWS[x]) * average(lambda u: math.cos(q * u), OTHER[u])
            + average(lambda u: u * u, OTHER[u])
        ),
    ),
    "a mean inside a mean": (
        Mean((a * u - Mean(sp.sin(b * x), x)) ** 2, u),
        lambda p, q: average(lambda u: (p * u - average(lambda x: math.sin(q * x), ROWS[x])) ** 2, OTHER[u]),
    ),
    "a double sum": (
        Mean(Mean(sp.exp(-a * (x - u) ** 2), x) ** 2, u) + b,
        lambda p, q: average(lambda u: average(lambda x: math.exp(-p * (x - u) ** 2), ROWS[x]) ** 2, OTHER[u]) + q,
    ),
    "no axis under the mean": (a * Mean(x * y, (x, y)), lambda p, q: p * average(lambda x, y: x * y, ROWS[x], ROWS[y])),
    "only the first axis under it": (
        Mean(logistic(a * x), x) * sp.sin(b),
        lambda p, q: average(lambda x: 1 / (1 + math.exp(-p * x)), ROWS[x]) * math.sin(q),
    ),
    "special functions of the rows": (
        Mean(sp.loggamma(a + y) * sp.erf(b * x), (x, y)),
        lambda p, q: average(lambda x, y: math.lgamma(p + y) * math.erf(q * x), ROWS[x], ROWS[y]),
    ),
    "cases of the rows": (
        Mean(sp.Piecewise((sp.exp(a * x), x > b), (y, True)), (x, y)),
        lambda p, q: average(lambda x, y: math.exp(p * x) if x > q else y, ROWS[x], ROWS[y]),
    ),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_against_plain_sums(name):
    formula, plain = FORMULAS[name]
    data = {k: v for k, v in {**ROWS, **OTHER}.items()}
    grid_a, grid_b = np.linspace(0.2, 2, 4), np.linspace(-1.5, 1.5, 21)
    for backend in ("native", "numpy"):
        got = compile(formula, [a, b], data=data, backend=backend)(grid_a[:, None], grid_b)
        for i, p in enumerate(grid_a):
            for j in range(0, 21, 4):
                assert got[i, j] == pytest.approx(plain(p, grid_b[j]), rel=3e-13, abs=1e-15), (name, backend)
    points = compile(formula, [a, b], data=data)(np.full(21, grid_a[1]), grid_b)
    np.testing.assert_allclose(points, got[1], rtol=1e-12, atol=1e-15)
    ball = evaluate_ball(
        formula,
        {a: float(grid_a[1]), b: float(grid_b[3])},
        128,
        data={s: c for s, c in data.items() if s in formula.atoms(sp.Symbol)},
    )
    assert got[1, 3] == pytest.approx(float(ball), rel=3e-13)


@pytest.mark.parametrize("rows", [1, 2, 15, 16, 17, 4096, 9001])
def test_any_number_of_rows(rows):
    column = np.cos(np.arange(rows))
    got = compile(Mean(sp.exp(a * x) + b * x, x), [a, b], data={x: column})(
        np.array([0.5, -1.0])[:, None], np.linspace(0, 1, 33)
    )
    want = [[average(lambda c: math.exp(p * c) + q * c, column) for q in np.linspace(0, 1, 33)] for p in (0.5, -1.0)]
    np.testing.assert_allclose(got, want, rtol=1e-13)


def test_two_long_tables_at_once():
    long_x, long_u = np.sin(np.arange(6000.0)), np.cos(np.arange(5000.0))
    got = compile(Mean(x * a, x) + Mean(sp.exp(u * b), u) / Mean(x**2, x), [a, b], data={x: long_x, u: long_u})(
        2.0, np.array([0.3, 0.4])
    )
    want = [2 * long_x.mean() + np.exp(long_u * q).mean() / (long_x**2).mean() for q in (0.3, 0.4)]
    np.testing.assert_allclose(got, want, rtol=1e-12)


def test_constants_and_names_given_as_text():
    got = compile(Mean(a * x + b, x), ["a"], data={"x": [1.0, 3.0]}, constants={"b": 10})(np.array([1.0, 2.0]))
    np.testing.assert_allclose(got, [12.0, 14.0])
