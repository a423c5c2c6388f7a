"""Numbers with exponents of their own: every bound holds, however far out; checked in mpmath at 60 digits."""

import mpmath
import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.exact.errors import UnsupportedFunction
from chentsov.geometry.kernels.interpreter import run
from chentsov.geometry.kernels.lower import lower
from chentsov.geometry.kernels.scaled import SCALED, Scaled
from hypothesis import given, reject, settings
from hypothesis import strategies as st

x, y = sp.symbols("x y", real=True)
functions = st.sampled_from([sp.exp, sp.tanh, sp.Abs, lambda u: 1 / (1 + sp.exp(-u)), lambda u: sp.log(1 + sp.exp(u)),
                             lambda u: sp.sqrt(1 + u**2), lambda u: u**3, lambda u: u**-2])  # fmt: skip
leaves = st.sampled_from([x, y, x - y, 3 * x / 7, x * y, sp.Rational(1, 3), sp.pi])
formulas = st.recursive(
    leaves,
    lambda inner: (
        st.builds(lambda f, u: f(u), functions, inner)
        | st.builds(lambda op, u, v: op(u, v), st.sampled_from([sp.Add, sp.Mul]), inner, inner)
    ),
    max_leaves=6,
)
sizes = st.floats(-800, 800) | st.floats(-1e-3, 1e-3)


def exact(number):
    """The number that machine numbers m, e stand for."""
    return mpmath.ldexp(mpmath.mpf(float(number[0])), int(number[1]))


def true_value(formula, u, v):
    """By mpmath at its precision, which log(1 + e^u) as written would lose."""
    log1p = sp.Function("log1p")
    kept = formula.replace(sp.log, lambda argument: log1p(argument - 1))
    return sp.lambdify((x, y), kept, [{"log1p": mpmath.log1p}, "mpmath"])(mpmath.mpf(u), mpmath.mpf(v))


@pytest.mark.parametrize("u", [-107.0, -700.0])
def test_the_truth_keeps_its_digits(u):
    with mpmath.workdps(60):
        assert abs(true_value(sp.log(1 + sp.exp(x)), u, 0.0) / mpmath.exp(u) - 1) < mpmath.mpf(10) ** -46


@settings(max_examples=80, deadline=None)
@given(formulas, sizes, sizes)
def test_bounds_hold(formula, u, v):
    program = lower([formula], [x, y], algebra=SCALED)
    inputs = dict(zip(program.inputs, (Scaled.of(u), Scaled.of(v))))
    values = {node: inputs[node.value] for node in program.nodes() if node.op == "input"}
    try:
        with np.errstate(all="ignore"):
            run(program.nodes(), SCALED, values)
    except UnsupportedFunction:  # SymPy makes log(2 + e^x) of log(1 + e^u) at u = log(1 + e^x)
        reject()
    found = values[program.outputs[0]].rounded()
    if not np.isfinite(found.error):
        return
    with mpmath.workdps(60):
        try:
            truth = true_value(formula, u, v)
        except (ZeroDivisionError, OverflowError):
            return
        error = mpmath.ldexp(mpmath.mpf(float(found.error)), int(found.e))
        assert (
            abs(truth - exact((found.m, found.e)))
            <= error * (1 + mpmath.mpf(2) ** -20) + abs(truth) * mpmath.mpf(10) ** -55
        )


def test_far_past_the_range():
    """e^-z(1 + e^-z)^-1 at z = 3000 and 3001 beside one another: e^-6001/e^-3000 = e^-3001, to 15 digits."""
    z = Scaled.of(np.array([3000.0, 3001.0, 123456.789]))
    small = SCALED.operation_named("logistic")(-z)
    with mpmath.workdps(60):
        for k, at in enumerate((3000, 3001, mpmath.mpf(123456.789))):
            assert abs(exact((small.m[k], small.e[k])) * mpmath.exp(at) - 1) < 1e-15
            assert 0 < small.error[k] < 1e-14
    assert small.numbers()[0].tolist() == [0.0, 0.0, 0.0]


def test_a_sum_of_products_is_a_double_double():
    """The argument of an exponential keeps its digits: 0.1·x + 0.3·y of size 1e5 to 1e-27."""
    a, b, u, v = 0.1, 0.3, 7e5 + 0.1, 1e5 / 3
    total = Scaled.of(a) * Scaled.of(u) + Scaled.of(b) * Scaled.of(v)
    with mpmath.workdps(60):
        truth = mpmath.mpf(a) * mpmath.mpf(u) + mpmath.mpf(b) * mpmath.mpf(v)
        value = exact((total.m, total.e)) + exact((total.low, total.e))
        assert abs(value / truth - 1) < 1e-30 and abs(value - truth) <= exact((total.error, total.e)) < 1e-25


@pytest.mark.parametrize("bad", [Scaled.of(1.0) / Scaled.of(0.0), SCALED.operation_named("sqrt")(Scaled.of(-1.0)),
                                 SCALED.operation_named("exp")(Scaled.of(1e9))])  # fmt: skip
def test_what_has_no_number_has_no_bound(bad):
    assert not np.isfinite(bad.error)


def test_sums_of_products_are_exact_where_they_fit():
    """The determinant of two rows on one line is zero without an error; of others its error is far below it."""
    x, y = Scaled.of(np.array([0.2, 0.2])), Scaled.of(np.array([-0.1, -0.1]))
    u, v = Scaled.of(np.array([-0.8, -0.8])), Scaled.of(np.array([0.4, np.nextafter(0.4, 1)]))
    area = x * v + (-1 * u) * y + Scaled.of(0.0)
    assert area.m[0] == area.error[0] == 0
    with mpmath.workdps(60):
        truth = mpmath.mpf(0.2) * mpmath.mpf(float(np.nextafter(0.4, 1))) - mpmath.mpf(-0.8) * mpmath.mpf(-0.1)
        assert (
            abs(exact((area.m[1], area.e[1])) + exact((area.low[1], area.e[1])) - truth)
            <= exact((area.error[1], area.e[1]))
            < 1e-30 * abs(truth)
        )
