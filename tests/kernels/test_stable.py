"""Stable forms: the same function, and no lost digits where the original form loses them."""

from fractions import Fraction

import mpmath
import pytest
import sympy as sp
from chentsov.geometry.exact import logistic
from chentsov.geometry.kernels import compile, evaluate_ball
from chentsov.geometry.kernels.stable import expm1, log1p, softplus, stable
from hypothesis import given, settings
from hypothesis import strategies as st

x, y, t = sp.symbols("x y t")
MEANING = {
    logistic: lambda u: 1 / (1 + mpmath.exp(-u)),
    softplus: lambda u: mpmath.log1p(mpmath.exp(u)),
    log1p: mpmath.log1p,
    expm1: mpmath.expm1,
}


def value(expression, point):
    """By mpmath at 60 digits, with no part of the package but the names of its functions."""
    with mpmath.workdps(60):
        names = {f.__name__: MEANING[f] for f in MEANING}
        function = sp.lambdify([x, y, t], expression, modules=[names, "mpmath"])
        return function(*(mpmath.mpf(p.numerator) / p.denominator for p in point))


s = logistic(x + 2 * y)
FORMS = [
    s - t,
    1 - s,
    1 - 2 * s,
    (s - t) * (1 - s),
    s * (1 - s) * 3 + 2 * (s - t) * (1 - 2 * s),
    s**3 - s**2,
    s**2 * (1 - s) ** 2 * (s - t) ** 3,
    s + logistic(y) - 1,
    1 / (1 + sp.exp(x)),
    sp.exp(x) / (1 + sp.exp(x)) ** 2,
    sp.exp(2 * x) / (1 + sp.exp(x)) ** 3,
    1 / (sp.exp(-x - y) + 1) - t,
    sp.log(s),
    sp.log(1 - s),
    -t * sp.log(s) - (1 - t) * sp.log(1 - s),
    sp.log(1 + sp.exp(x)),
    sp.log(1 + x**2),
    sp.exp(x) - 1,
    3 * sp.exp(x * y) - 3 + y,
    1 - sp.tanh(x) ** 2,
    sp.tanh(x) - 1,
    2 * sp.tanh(x) ** 3 - 2 * sp.tanh(x),
    x + sp.tanh(y),
    sp.tanh(x) * (1 - sp.tanh(x) ** 2) + x,
    sp.Piecewise((1 - s, x > 0), (s, True)),
]


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize(
    "point",
    [
        (Fraction(1, 3), Fraction(-2, 7), Fraction(1, 5)),
        (Fraction(-5, 2), Fraction(1, 9), Fraction(1)),
        (Fraction(7, 3), Fraction(3), Fraction(0)),
    ],
)
def test_the_same_function(form, point):
    was, now = value(form, point), value(stable(form), point)
    assert abs(was - now) <= mpmath.mpf(10) ** -50 * (1 + abs(was))


@pytest.mark.parametrize(
    "form",
    [1 - s, s * (1 - s), (s - t) ** 2, sp.log(s), s**3 - s**2, 1 - sp.tanh(x) ** 2, sp.exp(x) / (1 + sp.exp(x)) ** 2],
    ids=str,
)
def test_digits_survive_saturation(form):
    kernel = compile(form, [x, y, t])
    for point in [(40.0, 30.0, 1.0), (300.0, 10.0, 1.0), (-60.0, 5.0, 0.0), (20.0, 20.0, 1.0)]:
        truth = evaluate_ball(form, dict(zip((x, y, t), point)), 2000)
        assert abs(float((float(kernel(*point)) - truth) / truth)) < 2e-13, (form, point)


polynomials = st.lists(
    st.tuples(st.integers(-4, 4), st.integers(0, 3), st.integers(0, 2), st.booleans()), min_size=2, max_size=5
)


@settings(max_examples=25, deadline=None)
@given(polynomials)
def test_random_polynomials_of_a_logistic(terms):
    form = sp.Add(*(c * s**k * (t if with_t else 1) * (1 - s) ** m for c, k, m, with_t in terms))
    point = (Fraction(3, 4), Fraction(-1, 5), Fraction(2, 3))
    assert abs(value(form, point) - value(stable(form), point)) < mpmath.mpf(10) ** -48


@pytest.mark.parametrize("n", [12, 20, 50, 100])
def test_waves_of_high_frequency_keep_their_digits_beside_slow_ones(n):
    """A canonical form writes cos nx as a polynomial in cos 2x, with coefficients of 2^(n/2) that cancel."""
    from chentsov import RiemannianManifold

    u = sp.Symbol("u", real=True)
    metric = sp.sin(n * u) ** 2 + sp.cos(2 * u) ** 2 + 3
    points = [k / 7 - 1 for k in range(15)]
    found = RiemannianManifold([[metric]], (u,)).on_grid({u: points}, ["christoffel"]).christoffel.values.ravel()
    with mpmath.workdps(40):
        for p, value_ in zip(points, found):
            s = mpmath.mpf(p)
            slope = n * mpmath.sin(2 * n * s) - 2 * mpmath.sin(4 * s)  # of the metric; Γ = g'/2g
            size = mpmath.sin(n * s) ** 2 + mpmath.cos(2 * s) ** 2 + 3
            assert abs(value_ - slope / size / 2) < 1e-14 * n
