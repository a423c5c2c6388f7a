"""Zero is recognised in every family of generators: identities come out as exactly zero.

Each identity is confirmed by its values too, so that the list itself is checked; and near misses, which
hold for other signs only, must not be identities.
"""

import itertools

import pytest
import sympy as sp
from chentsov.geometry.exact import DifferentialField, logistic

x, y, nu = sp.symbols("x y nu", real=True)
p, q, k = sp.symbols("p q k", positive=True)
m, n = sp.symbols("m n", negative=True)
s, t = sp.symbols("s t")
f = sp.Function("f")
sqrt, exp, log, sin, cos, tan, Abs, pi, I = sp.sqrt, sp.exp, sp.log, sp.sin, sp.cos, sp.tan, sp.Abs, sp.pi, sp.I
third = sp.Rational(1, 3)

IDENTITIES = {
    "exponentials": [
        exp(2 * x) - exp(x) ** 2, exp(x / 2) ** 2 - exp(x), exp(x + y) - exp(x) * exp(y), exp(x + 1) - sp.E * exp(x),
        2**x * 2**x - 4**x, 6**x - 2**x * 3**x, p**x * p**y - p ** (x + y), x**p * x - x ** (p + 1), (p * q) ** x - p**x * q**x,
        exp(2 * log(p) + x) - p**2 * exp(x), exp(log(p) * x / (1 + x)) * p ** (1 / (1 + x)) - p,
        exp(x / (x + y)) * exp(y / (x + y)) - sp.E, exp(I * x) - cos(x) - I * sin(x), sqrt(exp(x)) - exp(x / 2),
    ],
    "hyperbolic": [
        sp.cosh(x) ** 2 - sp.sinh(x) ** 2 - 1, sp.tanh(x) - sp.sinh(x) / sp.cosh(x), sp.cosh(2 * x) - 2 * sp.cosh(x) ** 2 + 1,
        logistic(x) + logistic(-x) - 1, logistic(x) - 1 / (1 + exp(-x)), sp.tanh(x / 2) - 2 * logistic(x) + 1,
        sp.sech(x) ** 2 + sp.tanh(x) ** 2 - 1, sp.coth(x) * sp.tanh(x) - 1, sp.csch(x) * sp.sinh(x) - 1,
    ],
    "trigonometric": [
        sin(x) ** 2 + cos(x) ** 2 - 1, sin(2 * x) - 2 * sin(x) * cos(x), sin(x / 2) ** 2 - (1 - cos(x)) / 2,
        tan(x / 2) - sin(x) / (1 + cos(x)), cos(3 * x) - 4 * cos(x) ** 3 + 3 * cos(x), cos(x / 3 + y) - cos(y) * cos(x / 3) + sin(y) * sin(x / 3),
        tan(x + y) - (tan(x) + tan(y)) / (1 - tan(x) * tan(y)), sin(x + pi / 3) - sin(x) / 2 - sqrt(3) * cos(x) / 2,
        cos(sp.atan(x) + y) - (cos(y) - x * sin(y)) / sqrt(1 + x**2), sp.sec(x) ** 2 - 1 - tan(x) ** 2, sp.cot(x) * tan(x) - 1,
        cos(2 * sp.atan(x)) - (1 - x**2) / (1 + x**2), sp.acos(x) + sp.asin(x) - pi / 2, sp.csc(x) * sin(x) - 1,
        cos(x + I * y) - cos(x) * sp.cosh(y) + I * sin(x) * sp.sinh(y), sp.acot(x) - sp.atan(1 / x),
    ],
    "roots": [
        sqrt(2) * sqrt(3) - sqrt(6), sqrt(3 + 2 * sqrt(2)) - 1 - sqrt(2), sqrt(p * q) - sqrt(p) * sqrt(q), sqrt(m * n) - sqrt(-m) * sqrt(-n),
        sqrt(m * n) + sqrt(m) * sqrt(n), sqrt(x**2 + 2 * x + 1) - Abs(x + 1), sqrt(1 - cos(x) ** 2) - Abs(sin(x)),
        sqrt(1 + cos(x)) * sqrt(1 - cos(x)) - Abs(sin(x)), sqrt((1 + cos(x)) / 2) - Abs(cos(x / 2)), sqrt(-x) ** 2 + x,
        sqrt(exp(x) + 1) * sqrt(exp(2 * x) + exp(x)) - exp(x / 2) * (1 + exp(x)), p**third * sqrt(p) - p ** sp.Rational(5, 6),
        sp.cbrt(2) * sp.cbrt(3) - sp.cbrt(6), sp.cbrt(p * (1 + p)) - sp.cbrt(p) * sp.cbrt(1 + p), sqrt(sqrt(p)) - p ** sp.Rational(1, 4),
        sqrt(1 + sqrt(p)) * sqrt(1 + 1 / sqrt(p)) - (1 + sqrt(p)) / p ** sp.Rational(1, 4), 1 / (1 + sqrt(1 + x**2)) - (sqrt(1 + x**2) - 1) / x**2,
        p**third * q**third / sqrt(p) - q**third / p ** sp.Rational(1, 6), sqrt(p**third) - p ** sp.Rational(1, 6),
        sp.cbrt(p**third + 1) ** 3 - p**third - 1, p ** sp.Rational(7, 12) - p**third * p ** sp.Rational(1, 4),
        1 / (1 + sp.cbrt(2)) - (1 - sp.cbrt(2) + sp.cbrt(4)) / 3, sqrt(p**x) - p ** (x / 2), sqrt(-3) - I * sqrt(3), 1 / (1 + I * x) - (1 - I * x) / (1 + x**2),
        sqrt(p + sqrt(p**2 - q**2)) * sqrt(p - sqrt(p**2 - q**2)) - q, sp.GoldenRatio**2 - sp.GoldenRatio - 1,
    ],
    "signs": [
        Abs(x * y) - Abs(x) * Abs(y), sp.sign(x) * x - Abs(x), sp.Max(x, y) + sp.Min(x, y) - x - y, Abs(x) ** 2 - x**2,
        Abs(x) ** p - exp(p * log(Abs(x))), sp.sign(x) ** 2 - 1, sqrt(x**2 * p) - Abs(x) * sqrt(p),
    ],
    "logarithms": [
        log(p * q) - log(p) - log(q), log(m * n) - log(-m) - log(-n), log(8) - 3 * log(2), log(x**2) - 2 * log(Abs(x)),
        log(exp(x) + exp(2 * x)) - x - log(1 + exp(x)), log(sp.cosh(x)) - log(1 + exp(-2 * x)) - x + log(2), log(sqrt(p)) - log(p) / 2,
        log(sqrt(x**2 + 1)) - log(1 + x**2) / 2, sp.asinh(x) - log(x + sqrt(1 + x**2)), sp.asinh(x) + log(sqrt(1 + x**2) - x), log(-1) - I * pi,
        log(x) + log(1 - x) - log(x * (1 - x)), log(x**2 * y) - log(y) - 2 * log(Abs(x)), log(sqrt(p**2 + 1) - p) + log(sqrt(p**2 + 1) + p),
        sp.acosh(p + 1) - log(p + 1 + sqrt(p**2 + 2 * p)), sp.atanh(1 / (1 + p)) - log(1 + 2 / p) / 2,
    ],
    "special functions": [
        sp.gamma(k + 1) - k * sp.gamma(k), sp.gamma(k + 3) / sp.gamma(k + 1) - (k + 2) * (k + 1), sp.factorial(k) - sp.gamma(k + 1),
        sp.polygamma(1, k + 1) - sp.polygamma(1, k) + 1 / k**2, sp.loggamma(k + 2) - sp.loggamma(k) - log(k) - log(k + 1),
        sp.binomial(k, 2) - k * (k - 1) / 2, sp.beta(k, 2) - 1 / (k * (k + 1)), sp.zeta(3, k) + sp.polygamma(2, k) / 2,
        sp.polygamma(1, sp.Rational(3, 2)) - pi**2 / 2 + 4, sp.harmonic(k) - sp.harmonic(k - 1) - 1 / k,
        sp.besseli(2, x) - sp.besseli(0, x) + 2 * sp.besseli(1, x) / x, sp.besselj(3, x) - 4 * sp.besselj(2, x) / x + sp.besselj(1, x),
        sp.besseli(nu + 1, p) - sp.besseli(nu - 1, p) + 2 * nu / p * sp.besseli(nu, p), sp.besselk(2, p) - sp.besselk(0, p) - 2 * sp.besselk(1, p) / p,
        sp.besselk(1, p) * sp.besseli(0, p) + sp.besselk(0, p) * sp.besseli(1, p) - 1 / p,
        sp.besselj(1, p) * sp.bessely(0, p) - sp.besselj(0, p) * sp.bessely(1, p) - 2 / (pi * p),
        sp.erf(x) + sp.erfc(x) - 1, sp.polylog(1, -p) + log(1 + p), sp.polylog(-2, -p) + p * (1 - p) / (1 + p) ** 3,
        exp(sp.LambertW(p)) * sp.LambertW(p) - p,
    ],
    "undefined functions": [
        sp.diff(f(x) ** 2, x) - 2 * f(x) * sp.diff(f(x), x), f(x + y) - f(y + x), sp.Subs(sp.Derivative(f(s), s), s, x) - sp.Derivative(f(x), x),
    ],
}  # fmt: skip

NOT_IDENTITIES = [
    sqrt(s * t) - sqrt(s) * sqrt(t), sqrt(x * y) - sqrt(x) * sqrt(y), sqrt(m * n) - sqrt(m) * sqrt(n), sqrt(s**2) - s,
    log(x * y) - log(x) - log(y), log(s**2) - 2 * log(s), exp(x) - exp(2 * x), sin(x) - cos(x), f(x) - f(y),
    sqrt((1 + cos(x)) / 2) - cos(x / 2), sp.erf(x) - sp.erf(2 * x),
]  # fmt: skip

POINTS = [
    {x: "3/7", y: "-5/11", nu: "2/9", p: "5/4", q: "2/3", k: "7/3", m: "-3/8", n: "-9/5", s: "2/3", t: "3/5"},
    {x: "-8/7", y: "13/11", nu: "-1/6", p: "17/4", q: "1/3", k: "4/3", m: "-7/8", n: "-1/5", s: "5/3", t: "9/5"},
]


@pytest.mark.parametrize("expression", [e for group in IDENTITIES.values() for e in group], ids=str)
def test_identities_are_exactly_zero(expression):
    assert DifferentialField((x, y, p))(expression).is_zero
    if not expression.has(f):
        for point in POINTS:
            # p >= 1 keeps acosh and the radicands real; |x| < 1 is asked for by asin
            values = {a: sp.Rational(v) for a, v in point.items()}
            if expression.has(sp.acos) and abs(values[x]) > 1:
                continue
            assert abs(sp.N(expression.subs(values), 30, maxn=60)) < 1e-25


@pytest.mark.parametrize("expression", NOT_IDENTITIES, ids=str)
def test_near_misses_are_not_zero(expression):
    assert not DifferentialField((x, y))(expression).is_zero


@pytest.mark.parametrize("family", IDENTITIES)
def test_identities_hold_together_in_one_field(family):
    """Generators opened by one identity do not spoil the next, in either order."""
    for order in (IDENTITIES[family], IDENTITIES[family][::-1]):
        field = DifferentialField((x, y, p))
        assert [e for e in order if not field(e).is_zero] == []


def test_families_mixed_in_one_field():
    field = DifferentialField((x, y, p))
    for group in itertools.zip_longest(*IDENTITIES.values()):
        for expression in group:
            # dozens of roots of different shapes in one tower: the deepest may stay unresolved
            if expression is not None and not expression.has(sp.Abs, sp.Pow):
                assert field(expression).is_zero, expression


def test_finer_generators_leave_old_elements_as_they_are():
    field = DifferentialField((x,))
    old = [field(e) for e in (exp(x), cos(x), sqrt(1 + cos(x)), exp(x) / (1 + exp(x)), p**x)]
    rates = [a.diff(x) for a in old]
    for finer in (exp(x / 6), cos(x / 4), p ** (x / 2)):
        field(finer)
    for a, rate in zip(old, rates):
        assert a.diff(x) == rate
        assert field(a.as_expr()) == a
    assert field(exp(x / 6)) ** 6 == old[0] and field(sqrt(2) * Abs(cos(x / 2))) == old[2]


def test_a_symbol_that_only_looks_like_a_coordinate_is_refused():
    with pytest.raises(ValueError, match="two different symbols have the name x"):
        DifferentialField((x, y))(sp.Symbol("x") - x)
    assert not DifferentialField((x, y))(sp.Dummy("x") - x).is_zero
    with pytest.raises(ValueError, match="noncommutative"):
        DifferentialField((x, y))(sp.Symbol("A", commutative=False))


def test_integrals_and_sums_stay_formal_and_are_differentiated_under_the_sign():
    u, k = sp.Symbol("u", real=True), sp.Symbol("k", integer=True, positive=True)
    field = DifferentialField((x, y))
    integral = sp.Integral(exp(-(u**2)) * sp.cosh(x * u), (u, 0, y))
    assert field(integral).diff(y) == field(exp(-(y**2)) * sp.cosh(x * y))
    assert field(integral).diff(x) == field(sp.Integral(u * exp(-(u**2)) * sp.sinh(x * u), (u, 0, y)))
    partition = sp.Sum(exp(k * x) / sp.factorial(k) ** y, (k, 1, sp.oo))
    mean = field(log(partition)).diff(x)
    assert (mean * field(partition)).as_expr() == sp.Sum(k * exp(k * x) / sp.factorial(k) ** y, (k, 1, sp.oo))


def test_roots_that_a_finer_exponential_makes_dependent():
    """sqrt(v - 1)*sqrt(v + 1) = exp(x/2) for v = sqrt(1 + exp(x)), opened before exp(x/2) is there."""
    field, v = DifferentialField((x,)), sqrt(1 + exp(x))
    product = field(sqrt(v - 1)) * field(sqrt(v + 1))
    assert product**2 == exp(x)
    assert product == exp(x / 2)
    assert field(sqrt(v + 1)) / field(exp(x / 2)) * field(sqrt(v - 1)) == 1
