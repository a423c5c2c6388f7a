"""The table of integrals and sums against quadrature that shares nothing with it."""

import mpmath
import pytest
import sympy as sp
from chentsov.geometry.expectation.closed_form import integral, iterated
from chentsov.geometry.expectation.density import Piece, Variable
from chentsov.geometry.expectation.entries import ENTRIES
from chentsov.geometry.expectation.table import Diverges, log_integral

x, y = sp.symbols("x y", positive=True)
r = sp.Symbol("r", real=True)
a, b, c, s = sp.symbols("a b c s", positive=True)
oo, log, R = sp.oo, sp.log, sp.Rational
AT = {a: R(7, 3), b: R(9, 5), c: R(3, 2), s: R(4, 5)}

# (log weight, variable, lower, upper)
INTEGRALS = [
    ((a - 1) * log(x) - b * x, x, 0, oo),
    ((a - 1) * log(x) - b * x**c, x, 0, oo),
    ((-a - 1) * log(x) - b / x, x, 0, oo),
    (-b * x - a / x - 3 * log(x) / 2, x, 0, oo),
    (-b * x - a / x + log(x) / 2, x, 0, oo),
    (-b * x - a / x + s * log(x), x, 0, oo),
    ((a - 1) * log(x) + (b - 1) * log(1 - x), x, 0, 1),
    ((a - 1) * log(x) + (b - 1) * log(c - x), x, 0, c),
    ((a - 1) * log(x - s) + (b - 1) * log(c - x), x, s, c),
    ((a - 1) * log(x) - (a + b) * log(s + c * x), x, 0, oo),
    (-(a + 1) * log(x), x, c, oo),
    (-(a + 1) * log(x + s), x, c, oo),
    ((a - 1) * log(x - s) - b * x, x, s, oo),
    (-a * r**2 + b * r, r, -oo, oo),
    (a * r, r, -oo, c),
    (-b * x, x, 0, c),
    (-b * x, x, s, c),
    (-a * log(x) ** 2 + b * log(x), x, 0, oo),
    (a * log(x + s), x, 0, c),
    (a * sp.cos(r) + b * sp.sin(r), r, 0, 2 * sp.pi),
    (a * sp.cos(r - c), r, c - sp.pi, c + sp.pi),
    (log(sp.besseli(0, a * sp.sin(r))) + b * sp.cos(r) + log(sp.sin(r)), r, 0, sp.pi),
]


@pytest.mark.parametrize(("weight", "variable", "low", "high"), INTEGRALS, ids=str)
def test_integrals(weight, variable, low, high):
    low, high = sp.sympify(low), sp.sympify(high)
    found = log_integral(weight, Variable(variable, low, high))
    f = sp.lambdify(variable, sp.exp(weight.subs(AT)), "mpmath")
    with mpmath.workdps(30):
        ends = [
            mpmath.mpf(str(e)) if e.is_finite else mpmath.inf * int(sp.sign(e))
            for e in (
                low.subs(AT).evalf(30) if low.is_finite else low,
                high.subs(AT).evalf(30) if high.is_finite else high,
            )
        ]
        cuts = (
            ends
            if mpmath.isfinite(ends[0]) and mpmath.isfinite(ends[1])
            else (
                [ends[0], ends[0] + 1, ends[0] + 6, ends[1]]
                if mpmath.isfinite(ends[0])
                else [ends[0], -5, 0, 1, 5, ends[1]]
                if not mpmath.isfinite(ends[1])
                else [ends[0], ends[1] - 6, ends[1] - 1, ends[1]]
            )
        )
        number = mpmath.quad(f, cuts)
        assert abs(mpmath.mpf(str(sp.exp(found.value.subs(AT)).evalf(30))) / number - 1) < mpmath.mpf(10) ** -12
    assert all(condition.subs(AT) > 0 for condition in found.conditions)


n = sp.Symbol("n", nonnegative=True)
N = sp.Symbol("N", positive=True)
SUMS = [
    (n * log(a) - sp.loggamma(n + 1), 0, oo),
    (n * log(a) - sp.loggamma(n + 1), 1, oo),
    (-b * n, 0, oo),
    (-b * n, 2, oo),
    (sp.loggamma(n + a) - sp.loggamma(n + 1) - b * n, 0, oo),
    (-log(n) - b * n, 1, oo),
    (-(a + 2) * log(n), 1, oo),
    (b * n - sp.loggamma(n + 1) - sp.loggamma(N - n + 1), 0, N),
    (sp.loggamma(n + a) + sp.loggamma(N - n + b) - sp.loggamma(n + 1) - sp.loggamma(N - n + 1), 0, N),
    (sp.sin(n) - b * n, 0, 5),
]


@pytest.mark.parametrize(("weight", "low", "high"), SUMS, ids=str)
def test_sums(weight, low, high):
    at = {**AT, N: 6}
    found = log_integral(weight, Variable(n, sp.sympify(low), sp.sympify(high), True))
    f = sp.lambdify(n, sp.exp(weight.subs(at)), "mpmath")
    with mpmath.workdps(25):
        end = mpmath.inf if high is oo else int(sp.sympify(high).subs(at))
        number = mpmath.nsum(lambda k: f(mpmath.mpf(k)), [low, end])
        assert abs(mpmath.mpf(str(sp.exp(found.value.subs(at)).evalf(25))) / number - 1) < mpmath.mpf(10) ** -13


@pytest.mark.parametrize(
    ("f", "weight", "variable", "low", "high"),
    [
        (x**2 * log(x) ** 2, (a - 1) * log(x) - b * x, x, 0, oo),
        (log(x) * log(1 - x) ** 2 / x, a * log(x) + (b - 1) * log(1 - x), x, 0, 1),
        ((r - a) ** 3 * (1 + r), -b * r**2 + a * r, r, -oo, oo),
        (x / (1 + x) ** 2 * log(1 + x), (a - 1) * log(x) - (a + b) * log(1 + x), x, 0, oo),
        (sp.cos(r) ** 2 * sp.sin(r) ** 2, a * sp.cos(r) + b * sp.sin(r), r, 0, 2 * sp.pi),
    ],
    ids=str,
)
def test_moments_follow_from_the_same_entries(f, weight, variable, low, high):
    value = integral(f, Piece(weight, (Variable(variable, sp.sympify(low), sp.sympify(high)),)))
    g = sp.lambdify(variable, (f * sp.exp(weight)).subs(AT), "mpmath")
    with mpmath.workdps(30):
        cuts = {0: [0, mpmath.mpf(1) / 2, 1] if high == 1 else [0, 1, 5, 20, mpmath.inf]}.get(
            low, [-mpmath.inf, -4, 0, 4, mpmath.inf]
        )
        cuts = [0, 3, 2 * mpmath.pi] if high == 2 * sp.pi else cuts
        number = mpmath.quad(g, cuts)
        assert abs(mpmath.mpf(str(value.subs(AT).evalf(30))) / number - 1) < mpmath.mpf(10) ** -12


def test_inner_integrals_feed_outer_ones():
    # ∫∫ over 0 < x < y of McKay's density is 1
    log_p = (a + b) * log(c) + (a - 1) * log(x) + (b - 1) * log(y - x) - c * y - sp.loggamma(a) - sp.loggamma(b)
    found = iterated(Piece(log_p, (Variable(x, sp.S.Zero, oo), Variable(y, x, oo))))
    assert sp.simplify(found.value) == 0


@pytest.mark.parametrize(("weight", "low", "high"), [(a * log(x), 0, oo), (sp.S.Zero, 0, oo)])
def test_divergence(weight, low, high):
    with pytest.raises(Diverges):
        found = log_integral(weight, Variable(x, sp.sympify(low), high))
        if any(c.is_nonpositive or c.subs(AT) <= 0 for c in found.conditions):
            raise Diverges


def test_unknown_forms_are_left_to_other_routes():
    assert log_integral(-(x**4) - sp.sin(x), Variable(x, sp.S.Zero, oo)) is None


# -- the entries as data ------------------------------------------------------------------------------


@pytest.mark.parametrize("e", ENTRIES.values(), ids=ENTRIES)
def test_every_entry_against_quadrature(e):
    """exp(value) is the integral, or the sum, of exp(kernel), by mpmath."""
    (symbol,) = e.kernel.free_symbols - set(e.sample)
    at = {s: sp.S(v) for s, v in e.sample.items()}
    assert all(sp.N(c.subs(at)) > 0 for c in e.conditions) and e.source
    with mpmath.workdps(30):
        kernel = sp.lambdify(symbol, sp.exp(e.kernel.subs(at)), "mpmath")
        low, high = (
            mpmath.mpf(str(sp.N(b.subs(at), 30))) if b.is_finite is not False else b for b in (e.lower, e.upper)
        )
        low, high = (mpmath.inf * (1 if b == sp.oo else -1) if b in (sp.oo, -sp.oo) else b for b in (low, high))
        if e.discrete:
            truth = mpmath.nsum(kernel, [low, high])
        else:
            breaks = [low, *(mpmath.mpf(v) for v in (-1, 1e-3, 0.5, 1, 4, 20) if low < v < high), high]
            truth = mpmath.quad(kernel, breaks)
        found = mpmath.mpf(str(sp.N(sp.exp(e.value.subs(at)), 30)))
        assert abs(found / truth - 1) < 1e-13
        again = e.at(sp.S.Zero, **{s.name: v for s, v in at.items()})
        assert abs(mpmath.mpf(str(sp.N(sp.exp(again.value), 30))) / truth - 1) < 1e-13
