"""Every row of the table of functions, attacked: its algebras against each other, and random formulas of it.

A new row is tested here by standing in the table.
"""

import math
import zlib

import mpmath
import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.kernels import compile, evaluate_ball
from chentsov.geometry.kernels.algebras import ANALYTIC, BALLS, COMPLEX
from chentsov.geometry.kernels.ball import HighPrecision, precision
from chentsov.geometry.kernels.functions import FUNCTIONS, by_class
from chentsov.geometry.kernels.interpreter import Straight
from chentsov.geometry.kernels.lower import lower
from chentsov.geometry.kernels.numba_source import NUMBA
from flint import acb, arb
from hypothesis import given, settings
from hypothesis import strategies as st

x, y = sp.symbols("x y", real=True)
NAMES = sorted(name for name, row in FUNCTIONS.items() if row.sympy is not None)
STEPPED = {"sign", "floor", "ceil"}  # constant between their jumps


def orders(row):
    return (0, 1, 2, 3, 5) if row.name == "polygamma" else (None,)


def applied(row, arguments, order=None):
    return row.sympy(*(() if order is None else (order,)), *arguments)


def points(row, count=12):
    rng = np.random.default_rng(zlib.crc32(row.name.encode()))
    return [rng.uniform(low, high, count) for low, high in row.domain]


def units(value, truth):
    return abs(float((arb(float(value)) - truth).mid())) / np.spacing(abs(float(truth.mid())))


@pytest.mark.parametrize("name", NAMES)
def test_machine_numbers_against_balls(name):
    row = FUNCTIONS[name]
    symbols = [x, y][: len(row.domain)]
    for order in orders(row):
        formula, at = applied(row, symbols, order), points(row)
        truth = [evaluate_ball(formula, dict(zip(symbols, map(float, p))), 200) for p in zip(*at)]
        assert all(ball.is_finite() and ball.rad() < 1e-40 * (1 + abs(ball)) for ball in truth), "a poor domain"
        for backend in ("numpy", "native"):
            values = np.broadcast_to(compile(formula, symbols, backend=backend)(*at), (12,))
            worst = max(units(value, ball) for value, ball in zip(values, truth))
            assert worst < (row.ulps or 4000.0), (backend, order, worst)


def test_numba_against_balls():
    """All functions that numba has, in one module: compiling it takes most of the time."""
    rows = [FUNCTIONS[n] for n in NAMES if NUMBA.knows(FUNCTIONS[n]) and len(FUNCTIONS[n].domain) == 1]
    middle = [(low + high) / 2 + (high - low) / 2 * 0.83 * x for ((low, high),) in (row.domain for row in rows)]
    formulas = [applied(row, [u]) for row, u in zip(rows, middle)]
    at = np.linspace(-1, 1, 9)
    values = compile(formulas, [x], backend="numba")(at)
    scalar = compile(formulas, [x]).jit()
    for row, formula, column in zip(rows, formulas, values):
        for k, value in enumerate(np.broadcast_to(column, at.shape)):
            tight, loose = (evaluate_ball(formula, {x: float(at[k])}, bits) for bits in (200, 53))
            assert abs(arb(float(value)) - tight) <= 2000 * (arb(float(loose.rad())) + abs(tight) * 2.0**-53), row.name
    np.testing.assert_allclose(scalar(0.5), [np.broadcast_to(v, at.shape)[6] for v in values], rtol=1e-13)


@pytest.mark.parametrize("name", NAMES)
def test_complex_balls_extend_real_ones(name):
    row = FUNCTIONS[name]
    if row.acb is None and row.definition is None:
        pytest.skip("no function of complex balls")
    symbols = [x, y][: len(row.domain)]
    for order in orders(row):
        program = [applied(row, symbols, order)]
        runs = [Straight(lower(program, symbols, stabilise=False, algebra=a), a) for a in (BALLS, COMPLEX, ANALYTIC)]
        with precision(120):
            for point in zip(*points(row, 4)):
                real, plain, analytic = (
                    run([(arb if k == 0 else acb)(float(v)) for v in point])[0] for k, run in enumerate(runs)
                )
                assert plain.real.overlaps(real) and plain.imag.contains(0) and analytic.real.overlaps(real), point


@pytest.mark.parametrize("name", NAMES)
def test_a_ball_holds_the_values_at_its_points(name):
    """Wide balls: the value at a point inside is inside, or the ball says that it knows nothing."""
    row = FUNCTIONS[name]
    symbols = [x, y][: len(row.domain)]
    for order in orders(row):
        formula = applied(row, symbols, order)
        run = Straight(lower([formula], symbols, stabilise=False, algebra=BALLS), BALLS)
        with precision(100):
            for point in zip(*points(row, 6)):
                wide = run([arb(float(v), 0.02) for v in point])[0]
                inside = run([arb(float(v) + 0.013) for v in point])[0]
                assert not wide.is_finite() or wide.overlaps(inside)


@pytest.mark.parametrize("name", NAMES)
def test_derivatives_against_difference_quotients(name):
    """The derivative that jets use and the one of SymPy's class, against quotients of balls of 600 bits."""
    from chentsov.geometry.validation.jets import JetEvaluator

    row = FUNCTIONS[name]
    if row.name in ("besseli", "besselj", "besselk", "bessely", "polylog", "uppergamma", "lowergamma", "expint"):
        symbols, order = [x], (sp.Rational(3, 2),)  # not differentiable by the order in closed form
        at = points(row, 3)[1:]
    else:
        symbols, order = [x, y][: len(row.domain)], ()
        at = points(row, 3)
    indices = [(2,)] if row.name == "polygamma" else [order]
    for index in indices:
        formula = row.sympy(*index, *symbols)
        f = Straight(lower([formula], symbols, stabilise=False, algebra=BALLS), BALLS)
        for point in zip(*at):
            place = dict(zip(symbols, map(sp.Rational, point)))
            jet = JetEvaluator(place, symbols).jet(formula)
            first, second = jet.first or [arb(0)] * 3, jet.second or [arb(0)] * 3  # none where it is constant
            with precision(600):
                h, here = arb(2) ** -150, [arb(float(v)) for v in point]
                for k in range(len(symbols)):
                    ahead, behind = ([v + s * h * (i == k) for i, v in enumerate(here)] for s in (1, -1))
                    up, middle, down = f(ahead)[0], f(here)[0], f(behind)[0]
                    slope, bend = (up - down) / (2 * h), (up - 2 * middle + down) / (h * h)
                    n = len(symbols)
                    diagonal = sum(range(n, n - k, -1))
                    assert abs(first[k] - slope) < 1e-30 * (1 + abs(slope)), point
                    assert abs(second[diagonal] - bend) < 1e-25 * (1 + abs(bend)), point


@pytest.mark.parametrize("name", [n for n in NAMES if FUNCTIONS[n].definition and FUNCTIONS[n].arb])
def test_a_definition_is_the_function(name):
    row = FUNCTIONS[name]
    symbols = [x, y][: len(row.domain)]
    own, by_others = (HighPrecision([e], symbols) for e in (row.sympy(*symbols), row.definition(*symbols)))
    with mpmath.workdps(40):
        for point in zip(*points(row, 5)):
            (a,), (b,) = own(*point), by_others(*point)
            assert abs(a - b) < 1e-38 * (1 + abs(a)), point


# -- formulas drawn from the table --------------------------------------------------------------------------


def _inside(interval, u):
    """u brought into the interval, smoothly."""
    low, high = (sp.Rational(round(64 * end), 64) for end in interval)
    return (low + high) / 2 + (high - low) * sp.Rational(9, 20) * sp.sin(u)


@st.composite
def formulas(draw, depth=2):
    if depth == 0 or draw(st.integers(0, 5)) == 0:
        return draw(st.sampled_from([x, y, x * y, x - 2 * y, x / 3 + sp.Rational(1, 7)]))
    kind = draw(st.integers(0, 4))
    if kind == 0:
        return draw(formulas(depth - 1)) + draw(st.sampled_from([1, -2, sp.Rational(1, 3)])) * draw(formulas(depth - 1))
    if kind == 1 and depth > 1:
        return draw(formulas(depth - 1)) * draw(formulas(depth - 1))
    row = FUNCTIONS[draw(st.sampled_from(sorted(by.name for by in set(by_class.values()))))]
    order = (draw(st.sampled_from(orders(row))),) if row.name == "polygamma" else ()
    return row.sympy(*order, *(_inside(interval, draw(formulas(depth - 1))) for interval in row.domain))


GRID = [np.array([-1.1, 0.4, 2.3])[:, None], np.array([-0.7, 0.9, 1.6, 3.1])]


def in_balls(formula):
    run = Straight.of([formula], [x, y], BALLS)

    def value(a, b, bits):
        with precision(bits):
            return run([arb(a), arb(b)])[0]

    return value


@settings(max_examples=40, deadline=None)
@given(formulas())
def test_random_formulas_of_the_table(formula):
    """Machine code and NumPy are as near to the truth as the radius of balls of 53 bits says they may be, and a value
    with a finite bound is within it."""
    kernel = compile(formula, [x, y])
    native, reference = (np.broadcast_to(k(*GRID), (3, 4)) for k in (kernel, compile(formula, [x, y], backend="numpy")))
    ball = in_balls(formula)
    values, bounds = (a.reshape(3, 4) for a in kernel.bounded(*np.broadcast_arrays(*GRID)))
    for i, j in np.ndindex(3, 4):
        point = {x: float(GRID[0][i, 0]), y: float(GRID[1][j])}
        tight, loose = ball(*point.values(), 400), ball(*point.values(), 53)
        if not tight.is_finite() or not loose.is_finite():
            continue
        allowed = 4000 * (arb(float(loose.rad())) + abs(tight) * 2.0**-52)
        for found in (native[i, j], reference[i, j]):
            assert math.isfinite(found) and abs(arb(float(found)) - tight) <= allowed, (formula, point, found, tight)
        if math.isfinite(bounds[i, j]):
            assert abs(arb(float(values[i, j])) - tight) <= arb(float(bounds[i, j])), (formula, point)


@settings(max_examples=2, deadline=None)
@given(st.lists(formulas(), min_size=12, max_size=12))
def test_random_formulas_with_numba(chosen):
    """The portable back end against the native one; functions that numba lacks are left to the other test."""
    from chentsov.geometry.exact import UnsupportedFunction

    kept = []
    for formula in chosen:
        try:
            lower([formula], [x, y], algebra=NUMBA)
        except UnsupportedFunction:
            continue
        functions = {type(f) for f in formula.atoms(sp.Function)}
        if all(NUMBA.knows(by_class[f]) or by_class[f].definition for f in functions if f in by_class):
            kept.append(formula)
    if not kept:
        return
    found = compile(kept, [x, y], backend="numba")(*GRID)
    for formula, values in zip(kept, found):
        ball = in_balls(formula)
        for i, j in ((0, 0), (1, 2), (2, 3)):
            point = {x: float(GRID[0][i, 0]), y: float(GRID[1][j])}
            tight, loose = ball(*point.values(), 400), ball(*point.values(), 53)
            if tight.is_finite() and loose.is_finite():
                allowed = 4000 * (arb(float(loose.rad())) + abs(tight) * 2.0**-52)
                assert abs(arb(float(np.broadcast_to(values, (3, 4))[i, j])) - tight) <= allowed, (formula, point)
