"""Our own elementary functions against balls, at the hard places of each."""

import math

import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.exact import logistic
from chentsov.geometry.kernels import compile
from chentsov.geometry.kernels.ball import precision
from chentsov.geometry.kernels.routines import ball_polygamma
from chentsov.geometry.kernels.stable import expm1, log1p, softplus
from flint import arb, ctx

x = sp.Symbol("x")
STEPS = np.concatenate([np.arange(-60, 60) * math.log(2) / 2, np.arange(-60, 60) * math.pi / 4])
SPREAD = np.concatenate([s * 2.0 ** np.linspace(-1060, 1020, 521) for s in (1, -1)])
LINE = np.linspace(-760, 760, 1201)
CLOSE = np.linspace(-3, 3, 1500)
POINTS = np.concatenate(
    [STEPS, np.nextafter(STEPS, np.inf), SPREAD, LINE, CLOSE, [0.0, -0.0, 709.782712893384, -745.1332191019411]]
)


def logistic_ball(u):
    return 1 / (1 + (-u).exp()) if u > 0 else u.exp() / (1 + u.exp())


def softplus_ball(u):
    return u + (-u).exp().log1p() if u > 0 else u.exp().log1p()


CASES = {
    "exp": (sp.exp(x), arb.exp, 1.01, (-745.0, 709.78)),
    "expm1": (expm1(x), arb.expm1, 1.1, (-745.0, 709.78)),
    "log": (sp.log(x), arb.log, 0.8, (5e-324, 1e308)),
    "log1p": (log1p(x), arb.log1p, 0.85, (-0.999, 1e308)),
    "logistic": (logistic(x), logistic_ball, 1.01, (-745.0, 745.0)),
    "softplus": (softplus(x), softplus_ball, 1.01, (-745.0, 745.0)),
    "tanh": (sp.tanh(x), arb.tanh, 0.85, (-1e300, 1e300)),
    "sin": (sp.sin(x), arb.sin, 0.85, (-1e300, 1e300)),
    "cos": (sp.cos(x), arb.cos, 0.85, (-1e300, 1e300)),
    "tan": (sp.tan(x), arb.tan, 1.0, (-1e300, 1e300)),
    "sinh": (sp.sinh(x), arb.sinh, 1.3, (-710.47, 710.47)),
    "cosh": (sp.cosh(x), arb.cosh, 0.85, (-710.47, 710.47)),
    "asin": (sp.asin(x), arb.asin, 0.7, (-1, 1)),
    "acos": (sp.acos(x), arb.acos, 0.7, (-1, 1)),
    "atan": (sp.atan(x), arb.atan, 0.75, (-1e300, 1e300)),
    "atan2": (sp.atan2(x, sp.Rational(3, 2)), lambda u: (u * 2 / 3).atan(), 0.75, (-1e300, 1e300)),
    "asinh": (sp.asinh(x), arb.asinh, 0.85, (-1e300, 1e300)),
    "acosh": (sp.acosh(x), arb.acosh, 1.0, (1, 1e300)),
    "atanh": (sp.atanh(x), arb.atanh, 0.85, (-1 + 2.0**-52, 1 - 2.0**-52)),
    "erf": (sp.erf(x), arb.erf, 0.85, (-1e300, 1e300)),
    "erfc": (sp.erfc(x), arb.erfc, 1.01, (-1e300, 27.2)),
    "gamma": (sp.gamma(x), arb.gamma, 0.85, (1e-308, 171.62)),
    "loggamma": (sp.loggamma(x), arb.lgamma, 1.6, (5e-324, 2e305)),
    "cbrt": (sp.cbrt(x), lambda u: u.root(3), 0.7, (5e-324, 1e300)),
    "power": (x ** sp.Rational(-7, 5), lambda u: 1 / (u**7).root(5), 0.7, (1e-219, 1e219)),
    "exponential": (sp.Integer(200) ** x, lambda u: arb(200) ** u, 1.01, (-140, 133.9)),
}


@pytest.mark.parametrize("name", CASES)
def test_within_units_in_the_last_place(name):
    formula, exact, allowed, (low, high) = CASES[name]
    points = POINTS[(POINTS >= low) & (POINTS <= high)]
    values = compile(formula, [x])(points)
    ctx.prec = 1300 if name in ("sin", "cos", "tan") else 160
    try:
        for point, value in zip(points, values):
            truth = exact(arb(float(point)))
            unit = np.spacing(abs(float(truth.mid())))
            assert abs(arb(float(value)) - truth) <= allowed * arb(float(unit)), (name, point, value)
    finally:
        ctx.prec = 53


@pytest.mark.parametrize(
    "name, at, value",
    [
        ("exp", 710.0, math.inf),
        ("exp", math.inf, math.inf),
        ("exp", -746.0, 0.0),
        ("exp", -math.inf, 0.0),
        ("expm1", 710.0, math.inf),
        ("expm1", -math.inf, -1.0),
        ("expm1", -800.0, -1.0),
        ("log", 0.0, -math.inf),
        ("log", math.inf, math.inf),
        ("log", -1.0, math.nan),
        ("log", 1.0, 0.0),
        ("log1p", -1.0, -math.inf),
        ("log1p", -2.0, math.nan),
        ("log1p", math.inf, math.inf),
        ("softplus", math.inf, math.inf),
        ("softplus", -1e300, 0.0),
        ("logistic", 1e300, 1.0),
        ("logistic", -1e300, 0.0),
        ("logistic", 0.0, 0.5),
        ("log", 5e-324, -744.4400719213812),
        ("tanh", 5e-324, 5e-324),
        ("expm1", 5e-324, 5e-324),
        ("log1p", -5e-324, -5e-324),
        ("sin", 5e-324, 5e-324),
        ("cos", 5e-324, 1.0),
        ("tanh", 19.1, 1.0),
        ("logistic", math.inf, 1.0),
        ("logistic", -math.inf, 0.0),
        ("softplus", -math.inf, 0.0),
        ("softplus", 1e300, 1e300),
        ("tanh", math.inf, 1.0),
        ("tanh", -math.inf, -1.0),
        ("sin", math.inf, math.nan),
        ("cos", math.inf, math.nan),
        ("tan", math.inf, math.nan),
        ("tan", 5e-324, 5e-324),
        ("sinh", 711.0, math.inf),
        ("sinh", -math.inf, -math.inf),
        ("sinh", 5e-324, 5e-324),
        ("cosh", -711.0, math.inf),
        ("cosh", 0.0, 1.0),
        ("asin", 1.0, math.pi / 2),
        ("asin", 1.0000000000000002, math.nan),
        ("acos", 1.0, 0.0),
        ("acos", -1.0, math.pi),
        ("acos", -2.0, math.nan),
        ("atan", math.inf, math.pi / 2),
        ("atan2", -math.inf, -math.pi / 2),
        ("asinh", -math.inf, -math.inf),
        ("asinh", 5e-324, 5e-324),
        ("acosh", 1.0, 0.0),
        ("acosh", 0.9999999999999999, math.nan),
        ("acosh", math.inf, math.inf),
        ("atanh", 1.0, math.inf),
        ("atanh", -1.0, -math.inf),
        ("atanh", 1.5, math.nan),
        ("erf", math.inf, 1.0),
        ("erf", -7.0, -1.0),
        ("erfc", -math.inf, 2.0),
        ("erfc", 28.0, 0.0),
        ("gamma", 172.0, math.inf),
        ("gamma", 5e-324, math.inf),
        ("gamma", 6.0, 120.0),
        ("gamma", -2.0, math.nan),
        ("loggamma", 0.0, math.inf),
        ("loggamma", 1.0, 0.0),
        ("loggamma", 2.0, 0.0),
        ("loggamma", -0.5, math.nan),
        ("loggamma", math.inf, math.inf),
        ("cbrt", 0.0, 0.0),
        ("cbrt", -8.0, math.nan),
        ("cbrt", math.inf, math.inf),
        ("power", 0.0, math.inf),
        ("exponential", -1e300, 0.0),
        ("exponential", 1e300, math.inf),
    ],
)
def test_at_the_ends(name, at, value):
    got = compile(CASES[name][0], [x])(np.full(40, at))
    np.testing.assert_array_equal(got, np.full(40, value))


@pytest.mark.parametrize("name", CASES)
def test_nan_stays_nan_and_disturbs_no_neighbour(name):
    points = np.linspace(0.1, 3.0, 40) if CASES[name][3] != (-1, 1) else np.linspace(0.1, 0.9, 40)
    clean = compile(CASES[name][0], [x])(points)
    spoilt = points.copy()
    spoilt[7] = math.nan
    got = compile(CASES[name][0], [x])(spoilt)
    assert math.isnan(got[7])
    np.testing.assert_array_equal(np.delete(got, 7), np.delete(clean, 7))


def test_a_zero_keeps_its_sign():
    for name in "expm1 log1p tanh sin tan sinh asin atan atan2 asinh atanh erf".split():
        assert math.copysign(1, compile(CASES[name][0], [x])(-0.0)) == -1, name


@pytest.mark.parametrize("name", CASES)
def test_float32_is_the_rounded_truth(name):
    low, high = CASES[name][3]
    points = np.linspace(max(low, 0.01), min(0.99 * high, 20 if name != "exponential" else 16), 333, dtype=np.float32)
    got = compile(CASES[name][0], [x], dtype="float32")(points)
    wide = compile(CASES[name][0], [x])(points.astype(np.float64))
    assert got.dtype == np.float32
    assert np.all(np.abs(got - wide) <= 0.51 * np.spacing(np.abs(wide).astype(np.float32)))


def test_angles_in_all_quadrants():
    y = sp.Symbol("y")
    ends = [0.0, -0.0, 1.0, -1.0, 1e-300, 1e300, -1e300, 5e-324, 1e308, math.inf, -math.inf, math.nan]
    rng = np.random.default_rng(5)
    at = np.array([*np.meshgrid(ends, ends)]).reshape(2, -1)
    at = np.concatenate([at, rng.normal(size=(2, 400)) * 10.0 ** rng.uniform(-3, 3, (2, 400))], axis=1)
    got = compile(sp.atan2(y, x), [y, x])(*at)
    np.testing.assert_array_equal(np.signbit(got), np.signbit(np.arctan2(*at)))
    np.testing.assert_allclose(got, np.arctan2(*at), rtol=3e-16)


@pytest.mark.parametrize("base", [-2.0, 0.0, -0.0, math.inf, 1.0, 0.5, -8.0, math.nan, 5e-324, 1e308])
def test_powers_of_all_bases(base):
    y = sp.Symbol("y")
    exponents = np.array([0.0, 1.0, -1.0, 2.0, 3.0, -3.0, 0.5, 1 / 3, 1e300, -1e300, math.inf, -math.inf, 1.01])
    got = compile(x**y, [x, y])(np.full(13, base), exponents)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(got, np.power(base, exponents), rtol=3e-16)


@pytest.mark.parametrize("order", [1, 2, 3, 6])
def test_polygamma(order):
    points = np.concatenate([np.geomspace(1e-6, 1e6, 90), np.linspace(0.3, 20, 60), [16.0, np.nextafter(16.0, 0)]])
    values = compile(sp.polygamma(order, x), [x])(points)
    ctx.prec = 200
    try:
        for point, value in zip(points, values):
            truth = (-1) ** (order + 1) * arb(order).fac() * arb(order + 1).zeta(arb(float(point)))
            assert abs((arb(float(value)) - truth) / truth) < 2e-15, point
    finally:
        ctx.prec = 53


def test_polygamma_at_the_ends_and_below_zero():
    trigamma = compile(sp.polygamma(1, x), [x])
    np.testing.assert_array_equal(trigamma(np.array([0.0, -3.0, np.nan, np.inf])), [np.inf, np.inf, np.nan, 0.0])
    # psi'(x) + psi'(1 - x) = pi^2 / sin^2(pi x)
    at = np.array([-0.5, -3.7, -20.25])
    np.testing.assert_allclose(trigamma(at) + trigamma(1 - at), (np.pi / np.sin(np.pi * at)) ** 2, rtol=1e-13)


def test_reciprocal_root():
    kernel = compile(1 / sp.sqrt(x), [x])
    points = np.concatenate([2.0 ** np.linspace(-1074, 1023.9, 3001), np.linspace(0.5, 4, 1500)])
    ctx.prec = 160
    try:
        for point, value in zip(points, kernel(points)):
            truth = 1 / arb(float(point)).sqrt()
            assert abs(arb(float(value)) - truth) <= 1.4 * arb(float(np.spacing(float(truth.mid())))), point
    finally:
        ctx.prec = 53
    special = np.array([0.0, -0.0, np.inf, -1.0, np.nan] * 4)
    np.testing.assert_array_equal(kernel(special)[:5], [np.inf, -np.inf, 0.0, np.nan, np.nan])
    np.testing.assert_allclose(
        compile(x ** sp.Rational(-3, 2), [x])(points[1000:1500]), points[1000:1500] ** -1.5, rtol=1e-15
    )


@pytest.mark.parametrize("order", [1, 2, 5])
@pytest.mark.parametrize("at", [-0.5, -2.25, -40.75, -1e6 + 0.5])
def test_polygamma_left_of_zero_by_recurrence(order, at):
    """ψ_n(x) = ψ_n(x + 1) + (−1)^(n+1) n!/x^(n+1), which the reflection that is used does not know."""
    with precision(200):
        here, there = ball_polygamma(arb(at), order), ball_polygamma(arb(at) + 1, order)
        step = (-1) ** (order + 1) * arb(order).fac() / arb(at) ** (order + 1)
        assert here.overlaps(there + step) and here.rad() < abs(here) * 1e-20
    assert ball_polygamma(arb(-3), order).is_nan()
