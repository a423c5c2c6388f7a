"""Relations between special functions: zero is recognised, in either order of meeting, and on every branch."""

import mpmath
import pytest
import sympy as sp
from chentsov.geometry.exact import DifferentialField
from chentsov.geometry.manifolds import RiemannianManifold
from hypothesis import given, settings
from hypothesis import strategies as st

x, nu = sp.symbols("x nu", real=True)
p, q = sp.symbols("p q", positive=True)
gamma, pi, sqrt, exp, log, atan, asin, psi = sp.gamma, sp.pi, sp.sqrt, sp.exp, sp.log, sp.atan, sp.asin, sp.polygamma
R = sp.Rational
half, third = R(1, 2), R(1, 3)

RECOGNISED = {
    "arctangent addition": atan(p) - atan(p / (1 + 2 * p**2)) - atan(2 * p**3 / (1 + 3 * p**2)),
    "arctangent of the reciprocal": atan(p) + atan(1 / p) - pi / 2,
    "half an arctangent": 2 * atan(p / (1 + sqrt(1 + p**2))) - atan(p),
    "arcsine as arctangent": asin(p / sqrt(1 + p**2)) - atan(p),
    "Gudermann's function": 2 * atan(sp.tanh(x / 2)) - atan(sp.sinh(x)),
    "arcsine of tanh": asin(sp.tanh(x)) - atan(sp.sinh(x)),
    "arcsine addition": asin(p / sqrt(1 + p**2)) + asin(1 / sqrt(1 + p**2)) - pi / 2,
    "Lambert W of x exp(x)": sp.LambertW(p * exp(p)) - p,
    "logarithm of Lambert W": sp.LambertW(p) + log(sp.LambertW(p)) - log(p),
    "gamma reflection": gamma(p) * gamma(1 - p) - pi / sp.sin(pi * p),
    "gamma duplication": gamma(2 * p) - 2 ** (2 * p - 1) / sqrt(pi) * gamma(p) * gamma(p + half),
    "gamma triplication": gamma(3 * p) - 3 ** (3 * p - half) / (2 * pi) * gamma(p) * gamma(p + third) * gamma(p + 2 * third),
    "gamma at thirds": gamma(third) * gamma(2 * third) - 2 * pi / sqrt(3),
    "digamma reflection": psi(0, 1 - p) - psi(0, p) - pi / sp.tan(pi * p),
    "digamma duplication": psi(0, 2 * p) - (psi(0, p) + psi(0, p + half)) / 2 - log(2),
    "trigamma reflection": psi(1, 1 - p) + psi(1, p) - pi**2 / sp.sin(pi * p) ** 2,
    "trigamma duplication": 4 * psi(1, 2 * p) - psi(1, p) - psi(1, p + half),
    "tetragamma reflection": psi(2, 1 - p) - psi(2, p) - 2 * pi**3 * sp.cos(pi * p) / sp.sin(pi * p) ** 3,
    "imaginary error function": sp.erfi(x) + sp.I * sp.erf(sp.I * x),
    "complementary error function": sp.erfc(-x) + sp.erfc(x) - 2,
    "lower incomplete gamma": sp.lowergamma(p + 1, q) - p * sp.lowergamma(p, q) + q**p * exp(-q),
    "upper incomplete gamma": sp.uppergamma(p + 1, q) - p * sp.uppergamma(p, q) - q**p * exp(-q),
    "both incomplete gammas": sp.uppergamma(p, q) + sp.lowergamma(p, q) - gamma(p),
    "incomplete gamma of order 1/2": sp.lowergamma(half, p**2) - sqrt(pi) * sp.erf(p),
    "exponential integrals": 2 * sp.expint(3, p) - exp(-p) + p * sp.expint(2, p),
    "E1 as incomplete gamma": sp.expint(1, p) - sp.uppergamma(0, p),
    "Ei and E1": sp.Ei(-p) + sp.expint(1, p),
    "logarithmic integral": sp.li(p) - sp.Ei(log(p)),
    "J of order 1/2": sp.besselj(half, p) - sqrt(2 / (pi * p)) * sp.sin(p),
    "Y of order 1/2": sp.bessely(half, p) + sqrt(2 / (pi * p)) * sp.cos(p),
    "I of order -3/2": sp.besseli(-3 * half, p) - sqrt(2 / (pi * p)) * (sp.sinh(p) - sp.cosh(p) / p),
    "K of order 5/2": sp.besselk(5 * half, p) - sqrt(pi / (2 * p)) * exp(-p) * (1 + 3 / p + 3 / p**2),
    "K is even in its order": sp.besselk(-nu, p) - sp.besselk(nu, p),
    "Airy's Wronskian": sp.airyai(x) * sp.airybiprime(x) - sp.airyaiprime(x) * sp.airybi(x) - 1 / pi,
    "dilogarithm reflection": sp.polylog(2, p / (1 + p)) + sp.polylog(2, 1 / (1 + p)) - pi**2 / 6 + log(p / (1 + p)) * log(1 / (1 + p)),
    "Landen's dilogarithm": sp.polylog(2, -p) + sp.polylog(2, p / (1 + p)) + log(1 + p) ** 2 / 2,
    "roots of squares": sqrt(x**2 * p**2) - sp.Abs(x) * sp.Abs(p),
    "a root of a product": sqrt(p * q) - sqrt(p) * sqrt(q),
}  # fmt: skip

UNDECIDED = {
    "Airy and Bessel": sp.airyai(p) - sqrt(p / 3) / pi * sp.besselk(third, 2 * p ** (3 * half) / 3),
    "cosines of sevenths": sp.cos(pi / 7) - sp.cos(2 * pi / 7) + sp.cos(3 * pi / 7) - half,
    "duplication of the dilogarithm": sp.polylog(2, exp(-p)) + sp.polylog(2, -exp(-p)) - sp.polylog(2, exp(-2 * p)) / 2,
}  # fmt: skip

NEAR_MISSES = [
    atan(x) + atan(1 / x) - pi / 2, gamma(p) * gamma(1 - p) - pi / sp.cos(pi * p), sp.LambertW(x * exp(x)) - x,
    gamma(2 * p) - 2 ** (2 * p) / sqrt(pi) * gamma(p) * gamma(p + half), sp.besselk(half, p) - sp.besseli(half, p),
    sp.polylog(2, x) + sp.polylog(2, 1 - x) - pi**2 / 6, sqrt(x * nu) - sqrt(x) * sqrt(nu), 2 * atan(x) - atan(2 * x / (1 - x**2)),
]  # fmt: skip


@pytest.mark.parametrize("zero", RECOGNISED.values(), ids=RECOGNISED)
def test_relations_are_recognised(zero):
    values = {x: R(3, 7), p: R(2, 5), q: R(9, 4), nu: R(5, 8)}
    assert abs(sp.N(zero.subs(values), 30, maxn=60)) < 1e-25  # the list itself
    assert DifferentialField((x, p))(zero).is_zero
    backwards = DifferentialField((x, p))
    for term in sp.Add.make_args(zero)[::-1]:
        backwards(term)
    assert backwards(zero).is_zero
    f = 1 + zero * p**2 / (1 + p)
    assert RiemannianManifold([[1, 0], [0, f**2]], (p, x)).is_flat() is True


@pytest.mark.parametrize("zero", UNDECIDED.values(), ids=UNDECIDED)
def test_what_is_not_recognised_is_never_denied(zero):
    assert RiemannianManifold([[1, 0], [0, (1 + zero * p**2) ** 2]], (p, x)).is_flat() is not False


@pytest.mark.parametrize("expression", NEAR_MISSES, ids=str)
def test_near_misses_are_not_zero(expression):
    assert not DifferentialField((x, p))(expression).is_zero


# -- classes: what a field writes has the value that it was given, on every branch --------------------------------------

real = st.integers(-60, 60).map(lambda n: R(n, 7) + R(1, 97))
angles = st.sampled_from(
    [x, 2 * x, 1 / x, x**2, (1 + x) / (1 - x), 2 * x / (1 - x**2), 3 * x - x**3, x / (1 + 2 * x**2)]
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(angles, min_size=2, max_size=4), st.integers(-2, 2), real)
def test_sums_of_arctangents(tangents, factor, point):
    total = sp.Add(*(atan(t, evaluate=False) for t in tangents)) + factor * atan(
        (tangents[0] + tangents[1]) / (1 - tangents[0] * tangents[1])
    )
    field = DifferentialField((x,))
    written = field(total).as_expr()
    assert abs(sp.N(written.subs(x, point) - total.subs(x, point), 30)) < 1e-25
    slope = field(total).diff(x)
    assert (slope - field(sp.diff(total, x))).is_zero


shifts = st.integers(-4, 4)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.sampled_from([gamma, lambda z: psi(0, z), lambda z: psi(1, z), lambda z: psi(3, z)]), st.lists(shifts, min_size=2, max_size=3),
       st.sampled_from([p, 1 - p, 2 * p, p + half, third - p, 3 * p, p + third, half - 2 * p]), st.sampled_from([p, -p, 2 * p, p + half]))  # fmt: skip
def test_gamma_functions_keep_their_values(function, whole, first, second):
    terms = [function(first + whole[0]), function(second + whole[1]), function(first + whole[-1])]
    total = terms[0] * terms[1] + terms[2]
    written = DifferentialField((p,))(total).as_expr()
    point = {p: sp.Float("0.2718281828459045235360287471352662", 40)}
    given_value, value = sp.N(total.subs(point), 30), sp.N(written.subs(point), 30)
    assert abs(value - given_value) < 1e-18 * (1 + abs(given_value))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.sampled_from([sp.besselj, sp.bessely, sp.besseli, sp.besselk]),
    st.integers(-5, 5),
    st.sampled_from([p, 2 * p, p**2, 1 / p]),
)
def test_half_integer_bessel_functions_are_elementary(function, n, z):
    written = DifferentialField((p,))(function(n + half, z)).as_expr()
    assert not written.has(sp.besselj, sp.bessely, sp.besseli, sp.besselk)
    with mpmath.workdps(40):
        point = mpmath.mpf("1.37")
        routine = {
            sp.besselj: mpmath.besselj,
            sp.bessely: mpmath.bessely,
            sp.besseli: mpmath.besseli,
            sp.besselk: mpmath.besselk,
        }
        expected = routine[function](mpmath.mpf(2 * n + 1) / 2, sp.lambdify(p, z, "mpmath")(point))
        assert abs(mpmath.mpf(sp.N(written.subs(p, sp.Float(point, 40)), 30)) - expected) < mpmath.mpf(10) ** -22 * (
            1 + abs(expected)
        )


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.sampled_from([sp.lowergamma, sp.uppergamma]), st.sampled_from([q, q + 1, q - 2, R(1, 3), R(7, 3), R(5, 2), sp.S(3), sp.S(2)]),
       st.sampled_from([q, q + 2, q - 1, R(4, 3), half, sp.S(1)]))  # fmt: skip
def test_incomplete_gamma_functions_keep_their_values(function, first, second):
    total = function(first, p) + p * sp.uppergamma(second, p)
    field = DifferentialField((p,))
    point = {p: R(7, 5), q: R(22, 7)}
    for exact, given_value in ((field(total), total), (field(total).diff(p), sp.diff(total, p))):
        assert abs(sp.N(exact.as_expr().subs(point) - given_value.subs(point), 30)) < 1e-25


def test_angles_that_differ_by_turns_of_a_constant_denominator():
    b, x = sp.symbols("b x", positive=True)
    p = sp.pi
    zeros = [
        sp.sin(p * (2 * b - 1) / b) + sp.sin(p * (b - 1) / b),
        sp.cos(p * (3 * b + 2) / (2 * b)) - sp.sin(p / b),
        sp.sin(x / b + p / 3) - sp.sin(x / b) / 2 - sp.sqrt(3) / 2 * sp.cos(x / b),
        sp.gamma(2 - 1 / b) * sp.gamma(1 / b) - p * (1 - 1 / b) / sp.sin(p / b),
    ]
    for e in zeros:
        assert abs(sp.N(e.subs({b: sp.Rational(17, 5), x: sp.Rational(3, 7)}), 30)) < 1e-25
        assert DifferentialField((x, b))(e).is_zero
    field = DifferentialField((x, b))
    for q in (sp.Rational(1, 7), sp.Rational(9, 7), sp.Rational(5, 2)):  # what is written agrees in value, known or not
        e = sp.cos(p * (b + 1) / b) + sp.sin(p * q * (b - 3) / b)
        difference = field(e).as_expr() - e
        assert abs(sp.N(difference.subs(b, sp.Rational(17, 5)), 30)) < 1e-25
