"""The laws of a differential field, on random expressions.

Every law has its own second derivation: values at random points by mpmath, derivatives by SymPy's
``diff``, and rewritten forms by SymPy's ``expand``, ``together`` and ``rewrite``.
"""

import mpmath
import pytest
import sympy as sp
from chentsov.geometry.exact import DifferentialField, TimeBudget, TimeBudgetExceeded, logistic
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

x, y = sp.symbols("x y", real=True)
p, q = sp.symbols("p q", positive=True)
COORDINATES = (x, y, p, q)

ELEMENTARY = [
    sp.exp, sp.sinh, sp.cosh, sp.tanh, logistic, sp.sin, sp.cos, sp.tan, sp.atan, sp.asinh, sp.erf, sp.Abs,
    lambda e: sp.sqrt(1 + e**2), lambda e: sp.log(1 + e**2), lambda e: sp.sqrt(e**2), lambda e: sp.exp(-(e**2)),
    lambda e: sp.cbrt(1 + e**2), lambda e: sp.sqrt(1 + sp.exp(e)), lambda e: p**e, lambda e: sp.sqrt(p) * e,
    lambda e: sp.exp(e / 2), lambda e: sp.cos(e / 2), lambda e: sp.log(p) + e, lambda e: sp.loggamma(1 + p + e**2),
    lambda e: sp.polygamma(1, p) * e, lambda e: sp.besseli(1, x) + e,
]  # fmt: skip


@st.composite
def expressions(draw, depth=3):
    """An expression of real functions, defined for all real x, y and positive p, q but for poles."""
    if depth == 0 or draw(st.integers(0, 6)) == 0:
        return draw(st.sampled_from([x, y, p, q, *map(sp.Rational, ("1", "-2", "3", "1/2", "-3/4"))]))
    kind = draw(st.integers(0, 9))
    if kind < 5:
        return draw(st.sampled_from(ELEMENTARY))(draw(expressions(depth - 1)))
    a, b = draw(expressions(depth - 1)), draw(expressions(depth - 1))
    if kind < 7:
        return a + b
    if kind < 9:
        return a * b
    return a / b if b != 0 else a


points = st.tuples(*[st.integers(-60, 60)] * 2, *[st.integers(1, 60)] * 2)
quick = settings(
    deadline=None,
    max_examples=40,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def at(expression, point):
    """The value at a rational point to 30 digits."""
    values = dict(zip(COORDINATES, (sp.Rational(n, d) for n, d in zip(point, (17, 19, 13, 23)))))
    value = sp.N(expression.subs(values), 30)
    assume(value.is_number and value.is_finite and abs(value) < 1e12)
    return mpmath.mpmathify(value)


def close(a, b):
    return abs(a - b) <= mpmath.mpf(10) ** -15 * (1 + abs(a))


def element(field, expression):
    assume(not expression.has(sp.zoo, sp.nan, sp.oo))
    try:
        with TimeBudget(5):
            return field(expression)
    except (ZeroDivisionError, TimeBudgetExceeded):
        assume(False)


@quick
@given(expressions(), points)
def test_an_element_has_the_value_of_its_expression(expression, point):
    a = element(DifferentialField(COORDINATES), expression)
    assert close(at(expression, point), at(a.as_expr(), point))


@quick
@given(expressions())
def test_what_is_written_is_read_back_as_the_same_element(expression):
    field = DifferentialField(COORDINATES)
    a = element(field, expression)
    assert field(a.as_expr()) == a
    rate = a.diff(x)
    assert field(rate.as_expr()) == rate


@quick
@given(expressions())
def test_rewritten_expressions_are_the_same_element(expression):
    field = DifferentialField(COORDINATES)
    a = element(field, expression)
    for form in (
        sp.expand(expression),
        sp.together(expression),
        sp.expand_trig(expression),
        expression.rewrite(sp.exp),
    ):
        if form.has(sp.I):  # complex forms name other branches of asinh and the like
            continue
        assert (element(field, form) - a).is_zero, form


@quick
@given(expressions(), points)
def test_the_derivative_is_that_of_sympy(expression, point):
    rate = element(DifferentialField(COORDINATES), expression).diff(x)
    expected = sp.diff(expression, x).subs(sp.DiracDelta(x), 0)
    assume(not expected.has(sp.DiracDelta, sp.Derivative, sp.Subs))
    assert close(at(expected, point), at(rate.as_expr(), point))


@quick
@given(expressions(2), expressions(2), expressions(2))
def test_field_axioms(e, f, g):
    field = DifferentialField(COORDINATES)
    a, b, c = (element(field, expression) for expression in (e, f, g))
    assert a + b == b + a and a * b == b * a
    assert (a + b) + c == a + (b + c)
    assert (a * b) * c == a * (b * c)
    assert a * (b + c) == a * b + a * c
    assert a - a == 0 and a + 0 == a and a * 1 == a and -(-a) == a  # noqa: B002
    try:
        assert not a or (b / a * a == b and a * a**-1 == 1 and a**-2 == 1 / (a * a))
    except ZeroDivisionError:  # a divisor of zero such as 1 + sign(x)
        assume(False)


@quick
@given(expressions(2), expressions(2))
def test_derivations(e, f):
    field = DifferentialField(COORDINATES)
    a, b = element(field, e), element(field, f)
    for z in (x, p):
        assert (a + b).diff(z) == a.diff(z) + b.diff(z)
        assert (a * b).diff(z) == a.diff(z) * b + a * b.diff(z)
    assert a.diff(x).diff(p) == a.diff(p).diff(x)
    assert (a**3).diff(x) == 3 * a**2 * a.diff(x)


@quick
@given(expressions(2), expressions(2))
def test_equality_does_not_depend_on_what_came_first(e, f):
    """Two fields that met the expressions in different orders agree about equality."""
    first, second = DifferentialField(COORDINATES), DifferentialField(COORDINATES)
    a, b = element(first, e), element(first, f)
    d, c = element(second, f), element(second, e)
    assert (a == b) == (c == d)
    assert first(c.as_expr()) == a and first(d.as_expr()) == b


@pytest.mark.slow
@settings(quick, max_examples=400)
@given(expressions(4), points)
def test_deep_expressions(expression, point):
    field = DifferentialField(COORDINATES)
    a = element(field, expression)
    assert close(at(expression, point), at(a.as_expr(), point))
    assert field(a.as_expr()) == a
