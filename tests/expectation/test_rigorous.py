"""Rigorous enclosures: against closed forms and acb.integral, tails against exact ones, refusals."""

import math
import random

import mpmath
import pytest
import sympy as sp
from chentsov import StatisticalManifold
from chentsov.geometry.expectation.balls import Tape, exact, precision
from chentsov.geometry.expectation.density import Piece, Variable, read_density, read_variables
from chentsov.geometry.expectation.quadrature import QuadratureError
from chentsov.geometry.expectation.rigorous import Enclosure, enclosures, expectation_balls
from chentsov.geometry.expectation.tails import NoMajorant, Tail
from chentsov.models import families
from flint import acb, arb, ctx, fmpq

oo, R = sp.oo, sp.Rational
x, m = sp.symbols("x m", real=True)
s, k, nu, r = sp.symbols("s k nu r", positive=True)
n = sp.Symbol("n", nonnegative=True)
P = {m: R(1, 3), s: R(7, 5), k: R(5, 3), nu: R(1, 5), r: R(7, 2)}
gauss = -((x - m) ** 2) / (2 * s**2) - sp.log(2 * sp.pi * s**2) / 2
student = (
    sp.loggamma((nu + 1) / 2) - sp.loggamma(nu / 2) - sp.log(sp.pi * nu) / 2 - (nu + 1) / 2 * sp.log(1 + x**2 / nu)
)
z2, tri = (
    sp.polygamma(0, (nu + 1) / 2) - sp.polygamma(0, nu / 2),
    sp.polygamma(1, nu / 2) - sp.polygamma(1, (nu + 1) / 2),
)

KNOWN = [  # log density, range, integrand, closed form
    (gauss, {x: (-oo, oo)}, (x - m) ** 4, 3 * s**4),
    (gauss.subs({m: 1000, s: R(1, 100)}), {x: (-oo, oo)}, (x - 1000) ** 4, 3 * R(1, 100) ** 4),
    (sp.log(s / (sp.pi * (s**2 + (x - m) ** 2))), {x: (-oo, oo)}, (2 * (x - m) / (s**2 + (x - m) ** 2)) ** 2, 1 / (2 * s**2)),
    (student, {x: (-oo, oo)}, sp.log(1 + x**2 / nu) ** 2, z2**2 + tri),  # ν = 1/5: hardly a tail at all
    (-x / s - sp.log(s), {x: (0, oo)}, x**3, 6 * s**3),
    (-R(9, 10) * sp.log(x) - R(9, 10) * sp.log(1 - x), {x: (0, 1)}, sp.S.One, sp.gamma(R(1, 10)) ** 2 / sp.gamma(R(1, 5))),
    (-(x - m) / s - sp.log(s), {x: (m, oo)}, (x - m) ** 2, 2 * s**2),
    (-(m - x) / s - sp.log(s), {x: (-oo, m)}, (x - m) ** 2, 2 * s**2),
    (-((sp.log(x) - m) ** 2) / (2 * s**2) - sp.log(x * s) - sp.log(2 * sp.pi) / 2, {x: (0, oo)}, sp.log(x) ** 2, m**2 + s**2),
    (sp.log(k) + (k - 1) * sp.log(x) - x**k, {x: (0, oo)}, x ** (2 * k), sp.Integer(2)),
    (sp.log(sp.erfc(x)), {x: (0, oo)}, sp.S.One, 1 / sp.sqrt(sp.pi)),
    (n * sp.log(s) - s - sp.loggamma(n + 1), {n: (0, oo, "discrete")}, n**2, s + s**2),
    (sp.loggamma(n + r) - sp.loggamma(r) - sp.loggamma(n + 1) + n * sp.log(R(3, 4)) + r * sp.log(R(1, 4)), {n: (0, oo, "discrete")}, n, 3 * r),
    (-n * sp.log(2), {n: sp.FiniteSet(1, 3, 7)}, n, R(1, 2) + R(3, 8) + R(7, 128)),
]  # fmt: skip


@pytest.mark.parametrize(("log_density", "ranges", "f", "truth"), KNOWN, ids=[str(case[3]) for case in KNOWN])
def test_the_truth_is_inside_a_narrow_ball(log_density, ranges, f, truth):
    piece = Piece(log_density, read_variables(ranges))
    symbols = [
        q
        for q in P
        if q
        in (
            log_density.free_symbols
            | f.free_symbols
            | piece.variables[0].lower.free_symbols
            | piece.variables[0].upper.free_symbols
        )
    ]
    found, none = Enclosure(piece, [f, sp.S.Zero], symbols, 22)(P)
    with precision(200):
        at = exact(truth.subs(P)).real
        assert found.overlaps(at) and abs(found - at) < abs(at) * arb("1e-20") and found.rad() < abs(at) * arb("1e-20")
        assert none.overlaps(arb(0))


def test_another_point_starts_from_the_panels_of_the_last():
    both = Enclosure(Piece(gauss, (Variable(x, -oo, oo),)), [x**2, (x - m) ** 3], [m, s], 17)
    for point in ({m: 0, s: 1}, {m: R(1, 7), s: R(9, 8)}, {m: 50, s: R(1, 1000)}, {m: 0.25, s: 100.0}):
        second, third = both(point)
        truth = sp.N(sp.nsimplify(point[m]) ** 2 + sp.nsimplify(point[s]) ** 2, 30)
        assert second.overlaps(exact(truth).real) and float(second.rad()) < 1e-15 * float(truth)
        assert third.contains(0) and float(third.rad()) < 1e-13 * float(point[s]) ** 3


@pytest.mark.slow
def test_against_acb_integral():
    """The same integral over a finite interval: x = tan t removes the tails of a Cauchy law altogether."""
    d = read_density(s / (sp.pi * (s**2 + (x - m) ** 2)), {x: (-oo, oo)}, (m, s))
    score = d.score(d.pieces[0])
    t = sp.Symbol("t")
    inner = sp.simplify(
        (score[0] * score[1] ** 2 * sp.exp(d.pieces[0].log_density)).subs(P).subs(x, sp.tan(t)) / sp.cos(t) ** 2
    )
    with precision(120):
        tape = Tape([sp.simplify(inner.rewrite(sp.cos))], [t])
        half = arb.pi() / 2
        theirs = acb.integral(
            lambda u, analytic: tape([u], analytic)[0], acb(-half + fmpq(1, 10**9)), acb(half - fmpq(1, 10**9))
        )
        (ours,) = enclosures(d.pieces[0], [score[0] * score[1] ** 2], P, 20)
        assert abs(theirs.real - ours) < arb("1e-8")  # what the two slivers may hold
        assert float(ours.rad()) < 1e-18


@pytest.mark.parametrize(
    ("log_weight", "f", "start"),
    [(-(x**2) / 2, x**4, 8), (-2 * sp.log(1 + x), sp.log(x), 40), (-x, 1 / (1 + sp.exp(-x)), 20), (-x**R(3, 2) + sp.log(x), x, 12),
     (-(sp.log(x) ** 2), sp.S.One, 30), (-x**2, 1 / sp.erfc(x / 2), 8), (x * sp.log(2) - sp.loggamma(x + 1), sp.polygamma(0, x + 2) ** 2, 20),
     (-3 * sp.log(sp.sqrt(x**2 + 1) + x), sp.tanh(x), 10)],
    ids=str,
)  # fmt: skip
def test_tails_are_bounded_and_not_by_far(log_weight, f, start):
    bound = float(Tail(x, arb(start), {}).integral(log_weight, f))
    g = sp.lambdify(x, f * sp.exp(log_weight), "mpmath")
    with mpmath.workdps(20):
        truth = mpmath.quad(
            g, [start * (1 + mpmath.mpf(j) / 4) for j in range(12)] + [start * 4.0**j for j in range(2, 30, 3)]
        )
    assert truth < bound < 8 * truth


def _random_factor(rng):
    def q(low, high):
        return R(rng.randint(int(low * 12), int(high * 12)), 12)

    made = [
        lambda: x ** q(-3, 2), lambda: sp.log(x) ** rng.randint(1, 2), lambda: (x**2 + q(0, 3) * x + q(0.1, 4)) ** q(-2, 1.5),
        lambda: 1 / (1 + sp.exp(-x * q(0.2, 2))), lambda: sp.exp(-q(0.1, 2) * x ** q(0.3, 2)), lambda: sp.log(1 + x ** q(0.2, 3)),
        lambda: sp.erfc(q(0.1, 1) * x - q(0, 2)), lambda: 1 + sp.erf(x / 3 - 1), lambda: sp.tanh(x / 2) + q(0.1, 2),
        lambda: sp.polygamma(1, x + q(0.1, 2)), lambda: (sp.sqrt(x) + q(0.1, 3)) ** -2 + x,
        lambda: sp.exp(q(0.1, 1) * x) + sp.exp(-x) - q(0, 1) * x,
    ]  # fmt: skip
    return rng.choice(made)()


@pytest.mark.slow
def test_no_bound_of_a_random_tail_is_too_small():
    rng = random.Random(7)
    bounded = 0
    for _ in range(300):
        f = sp.S.One
        for _ in range(rng.randint(1, 4)):
            f = f * _random_factor(rng) if rng.random() < 0.75 else f + _random_factor(rng)
        a = R(rng.randint(6, 24), 12)
        weight = rng.choice(
            [
                -(x**a),
                -(1 + a) * sp.log(x),
                -(1 + a) * sp.log(1 + x**2),
                -a * sp.log(x) ** 2,
                x * sp.log(3) - x - sp.loggamma(x + 1),
            ]
        )
        start = rng.choice([8, 30, 200])
        try:
            bound = float(Tail(x, arb(start), {}).integral(weight, f))
        except NoMajorant:
            continue
        g = sp.lambdify(x, sp.Abs(f) * sp.exp(weight), "mpmath")
        with mpmath.workdps(15):
            truth = float(
                mpmath.quad(g, [start * r for r in (1, 1.1, 1.3, 1.7, 2.5)] + [start * 4.0**j for j in range(1, 14)])
            )
        assert truth <= bound * (1 + 1e-6), f"{f} under exp({weight}) beyond {start}"
        bounded += 1
    assert bounded > 200


def test_double_exponentials_have_a_bound():
    bound = Tail(x, arb(16), {}).integral(x - sp.exp(x), x**2 * (sp.exp(x) - 1) ** 2)
    assert 0 < bound < arb("1e-60")


@pytest.mark.parametrize(
    ("log_weight", "f"),
    [
        (sp.S.Zero, 1 / x),
        (-sp.log(x), sp.S.One),
        (x, sp.S.One),
        (-x, sp.exp(x)),
        (-(x**2), sp.exp(x**2) / x),
        (-x, sp.besseli(0, x)),
    ],
)
def test_what_has_no_finite_tail_is_refused(log_weight, f):
    with pytest.raises(NoMajorant):
        Tail(x, arb(1000), {}).integral(log_weight, f)


def test_diverging_expectations_are_refused():
    d = families.cauchy().density
    with pytest.raises(QuadratureError, match="diverge"):
        enclosures(d.pieces[0], [d.pieces[0].symbols[0] ** 2], {q: 1 for q in d.coordinates}, 10)
    with pytest.raises(QuadratureError, match="diverge"):  # s² p ~ 1/(x − a)
        enclosures(Piece(sp.S.Zero, (Variable(x, sp.S.Zero, sp.S.One),)), [1 / x], {}, 10)
    with pytest.raises(QuadratureError, match="singular"):  # inside the range
        enclosures(Piece(sp.S.Zero, (Variable(x, sp.S.Zero, sp.S.One),)), [1 / (x - R(1, 3)) ** 2], {}, 10)


def test_gauss_legendre_rules_stay_below_their_bound():
    """1/(a − x) on [−1, 1]: analytic inside the ellipse through a, with |F| ≤ 1/(a − (ρ + 1/ρ)/2)."""
    ctx_bits = ctx.prec
    try:
        ctx.prec = 300
        a, rho = arb(2), arb(2.5)
        truth = ((a + 1) / (a - 1)).log()
        for count in (3, 6, 12):
            rule = sum(
                arb.legendre_p_root(count, j, weight=True)[1] / (a - arb.legendre_p_root(count, j))
                for j in range(count)
            )
            bound = arb(fmpq(64, 15)) / (a - (rho + 1 / rho) / 2) * rho ** (-2 * count) / (1 - rho**-2)
            assert abs(rule - truth) < bound < abs(rule - truth) * 10 ** (count + 2)
    finally:
        ctx.prec = ctx_bits


def test_fisher_metrics_as_balls():
    for name in ("logistic", "poisson", "laplace", "student_t", "gumbel"):
        record = getattr(families, name).record()
        metric = record.manifold().metric.subs(record.sample)
        balls = record.manifold().fisher_at(record.sample, 20, rigorous=True)
        for i in range(metric.rows):
            for j in range(metric.cols):
                with precision(120):
                    assert balls[i][j].overlaps(exact(metric[i, j]).real)
                assert float(balls[i][j].rad()) < 1e-18


def test_an_atom_is_exact():
    t = sp.Symbol("t", positive=True)
    d = StatisticalManifold.from_density(
        coordinates=(t, s), pieces=[(t, {}), ((1 - t) * s * sp.exp(-s * x), {x: (0, oo)})]
    ).density
    (mass,) = expectation_balls(d, [[sp.S.One, sp.S.One]], {t: R(1, 3), s: 2}, 20)
    assert mass.contains(1) and math.isclose(float(mass.rad()), 0, abs_tol=1e-19)
