"""Double-exponential quadrature, sums, and the reading of densities."""

import pytest
import sympy as sp
from chentsov.geometry.expectation.balls import Tape, as_sympy, exact, precision
from chentsov.geometry.expectation.density import (
    Density,
    DensityError,
    Piece,
    differentiate,
    read_density,
    read_variables,
    split_at_kinks,
)
from chentsov.geometry.expectation.logarithms import log_density
from chentsov.geometry.expectation.quadrature import QuadratureError, expectations
from chentsov.geometry.expectation.sampling import sample_points
from chentsov.geometry.expectation.symbolic import integrate, within

x, y, m = sp.symbols("x y m", real=True)
s, n = sp.symbols("s n", positive=True)
oo, R = sp.oo, sp.Rational


@pytest.mark.parametrize(
    ("density", "ranges", "f", "expected"),
    [
        (sp.exp(-x / s) / s, {x: (0, oo)}, x**3, 6 * s**3),
        (sp.exp(-(x**2) / (2 * s**2)) / (sp.sqrt(2 * sp.pi) * s), {x: (-oo, oo)}, x**4, 3 * s**4),
        (x ** (-R(9, 10)) / 10, {x: (0, 1)}, sp.log(x), sp.Integer(-10)),
        (s / (sp.pi * (s**2 + x**2)), {x: (-oo, oo)}, 1 / (1 + x**2 / s**2), R(1, 2)),
        (sp.exp(-s) * s**n / sp.factorial(n), {n: (0, oo, "discrete")}, n**2, s + s**2),
        (sp.exp(-x / s - y / s) / s**2, {x: (0, oo), y: (0, oo)}, x * y, s**2),
        (2 * sp.exp(-x - y), {x: (0, oo), y: (x, oo)}, y, R(3, 2)),
        (sp.exp(x / s) / s, {x: (-oo, 0)}, x, -s),
    ],
    ids=str,
)  # fmt: skip
def test_expectations_to_many_digits(density, ranges, f, expected):
    d = Density((Piece(log_density(density), read_variables(ranges)),), (s,))
    digits = 30 if len(ranges) == 1 else 14
    found = as_sympy(expectations(d, [[f]], {s: R(7, 5)}, digits).values[0], 30)
    assert abs(found - sp.N(expected.subs(s, R(7, 5)), 35)) < sp.Float(10) ** (3 - digits)


def test_kinks_cut_the_range():
    d = read_density(sp.exp(-sp.Abs(x - m) / s) / (2 * s), {x: (-oo, oo)}, (m, s))
    parts = split_at_kinks(d.pieces[0], {m: 0, s: 1})
    assert [p.variables[0].upper for p, _ in parts] == [m, oo]
    assert not any(p.log_density.has(sp.Abs) for p, _ in parts)
    assert differentiate(sp.Abs(x - m), m).subs({x: 2, m: 1}) == -1


def test_divergence_is_reported():
    d = read_density(s / (sp.pi * (s**2 + x**2)), {x: (-oo, oo)}, (s,))
    with pytest.raises(QuadratureError):
        expectations(d, [[x**2]], {s: 1}, 20)


def test_tapes_share_and_forward_the_analytic_flag():
    tape = Tape([sp.sqrt(x) + sp.exp(sp.sqrt(x)), sp.polygamma(2, x)], [x])
    with precision(120):
        first, second = tape([exact(R(9, 4))])
        assert abs(as_sympy(first, 30) - sp.N(R(3, 2) + sp.exp(R(3, 2)), 30)) < sp.Float("1e-29")
        assert abs(as_sympy(second, 30) - sp.N(sp.polygamma(2, R(9, 4)), 30)) < sp.Float("1e-29")
    from flint import acb, arb

    across = acb(arb(0, 1), arb(0, 1))
    assert not Tape([sp.log(x)], [x])([across], True)[0].is_finite()


def test_ranges_are_sorted_by_dependence():
    a, b, c = sp.symbols("a b c")
    order = read_variables({c: (a, b), b: (a, oo), a: (0, oo)})
    assert [v.symbol for v in order] == [a, b, c]


def test_sample_points_respect_simplices_signs_and_domains():
    p, q = sp.symbols("p q")
    simplex = read_density(
        p**x * q**y * (1 - p - q) ** (1 - x - y), {x: (0, 1, "discrete"), y: (0, 1 - x, "discrete")}, (p, q)
    )
    point = sample_points(simplex)[0]
    assert 0 < point[p] and 0 < point[q] and point[p] + point[q] < 1
    u, v = sp.symbols("u v")
    natural = read_density(sp.exp(u * x + v * x**2 + u**2 / (4 * v)) * sp.sqrt(-v / sp.pi), {x: (-oo, oo)}, (u, v))
    assert sample_points(natural)[0][v] < 0
    assert 5 < sample_points(natural, {u: (5, 6)})[0][u] < 6
    with pytest.raises(DensityError, match="no parameter point"):
        sample_points(read_density(-sp.exp(u * x**2), {x: (-oo, oo)}, (u,)))


def test_sympy_is_stopped_when_time_is_up():
    import time

    def forever(_):
        while True:
            pass

    start = time.time()
    assert within(0.3, forever, 1) is None
    assert time.time() - start < 5
    d = read_density(s * sp.exp(-s * x), {x: (0, oo)}, (s,))
    positive = d.pieces[0].substitute({x: sp.Symbol("x", positive=True)})
    assert integrate(positive.symbols[0], positive) == 1 / s
