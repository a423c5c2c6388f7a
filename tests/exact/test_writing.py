"""Elements are written as a person would: by the functions that came in, and in the shortest form."""

import pytest
import sympy as sp
from chentsov.geometry.exact import DifferentialField, canonical, logistic
from hypothesis import given, settings
from hypothesis import strategies as st

x, y, h, b, r, a, th = sp.symbols("x y h b r a theta", real=True)
p, q = sp.symbols("p q", positive=True)

WRITTEN = [
    (logistic(x) * (1 - logistic(x)), "(1 - σ(x))*σ(x)"),
    (1 / (1 + sp.exp(-x)), "1/(1 + exp(-x))"),
    (sp.tanh(x) ** 2 - 1, "tanh(x)**2 - 1"),
    (sp.cosh(x) / sp.sinh(x) ** 2, "cosh(x)/sinh(x)**2"),
    (sp.sinh(x) ** 2 + sp.exp(-4 * b), "sinh(x)**2 + exp(-4*b)"),
    (sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi), "sqrt(2)*exp(-x**2/2)/(2*sqrt(pi))"),
    (sp.exp(x + y) / sp.exp(x), "exp(y)"),
    (sp.cosh(x) + sp.sinh(x), "exp(x)"),
    (1 / sp.sin(th) ** 3, "sin(theta)**(-3)"),
    (r**2 * sp.sin(th) ** 2 + a**2 * (1 - sp.cos(th) ** 2), "(a**2 + r**2)*sin(theta)**2"),
    (r**2 + a**2 * sp.cos(th) ** 2, "a**2*cos(theta)**2 + r**2"),
    (sp.tan(x) ** 2 + sp.tan(x), "tan(x)**2 + tan(x)"),
    (sp.gamma(p) ** 2 * sp.gamma(p + 1), "p*gamma(p)**3"),
    (p**x / (1 + p**x), "p**x/(p**x + 1)"),
    (1 / (sp.cosh(x) * sp.cosh(y) + 2), "1/(cosh(x)*cosh(y) + 2)"),
    (sp.sinh(x) * sp.cosh(y) + 3 * sp.sinh(x), "(cosh(y) + 3)*sinh(x)"),
    (sp.log(sp.cosh(x)), "log(cosh(x))"),
    (sp.log(sp.cosh(x)).diff(x), "tanh(x)"),
    (sp.sinh(x) / sp.cosh(x), "tanh(x)"),
    (1 / (2 + sp.sqrt(p)), "1/(sqrt(p) + 2)"),
    (1 / (1 + sp.sqrt(1 + x**2)), "1/(sqrt(x**2 + 1) + 1)"),
    (1 / (2 + sp.sin(x)), "1/(sin(x) + 2)"),
    ((1 - sp.sqrt(p)) / (1 + sp.sqrt(p)), "(1 - sqrt(p))/(sqrt(p) + 1)"),
    (sp.asinh(x / 3), "asinh(x/3)"),
    (sp.exp(sp.log(sp.cosh(x)) ** 2) + sp.log(sp.cosh(x)), None),
    (sp.exp(y * sp.log(sp.cosh(x))) * sp.log(sp.cosh(x)), "log(cosh(x))*cosh(x)**y"),
    (sp.sqrt(1 - y**2 / p**4), "sqrt(1 - y**2/p**4)"),
    (2 - a**2 / 2, "2 - a**2/2"),
    (1 + sp.cosh(h) / sp.sqrt(sp.sinh(h) ** 2 + sp.exp(-4 * b)), "1 + cosh(h)/sqrt(sinh(h)**2 + exp(-4*b))"),
    ((x + y) ** 5 / (x - y) ** 4, "(x + y)**5/(x - y)**4"),
]


@pytest.mark.parametrize("expression, text", WRITTEN, ids=[str(e) for e, _ in WRITTEN])
def test_written_forms(expression, text):
    field = DifferentialField((x, y))
    element = field(expression)
    assert text is None or str(element.as_expr()) == text
    assert field(element.as_expr()) == element


def test_forms_follow_the_spelling_of_the_input():
    """The same function, spelled in three ways, is written in three ways, and is one element."""
    spellings = [logistic(x), 1 / (1 + sp.exp(-x)), (1 + sp.tanh(x / 2)) / 2]
    assert [canonical(e) for e in spellings] == spellings
    field = DifferentialField()
    assert field(spellings[0]) == field(spellings[1]) == field(spellings[2])


def test_undefined_functions_are_written_as_derivatives():
    f = sp.Function("f")
    field = DifferentialField((x,))
    assert field(f(x)).diff(x).diff(x).as_expr() == f(x).diff(x, 2)
    inner = field(f(x**2)).diff(x).as_expr()
    assert sp.simplify(inner - f(x**2).diff(x)) == 0
    assert field(inner) == field(f(x**2)).diff(x)


def test_printing():
    element = DifferentialField((x,))(x**2 / 2)
    assert str(element) == "x**2/2" and repr(element) == "Element(x**2/2)"
    assert sp.sympify(element) == x**2 / 2
    assert (
        str(logistic(x)) == "σ(x)"
        and sp.latex(logistic(x)) == r"\sigma\left(x\right)"
        and sp.pretty(logistic(x)) == "σ(x)"
    )


def test_logistic_as_a_sympy_function():
    assert logistic(0) == sp.S.Half and logistic(sp.oo) == 1 and logistic(-sp.oo) == 0
    assert logistic(x).diff(x) == logistic(x) * (1 - logistic(x))
    assert logistic(x).is_positive and logistic(x).is_real
    assert abs(sp.N(logistic(sp.Rational(1, 3)), 30) - sp.N(1 / (1 + sp.exp(-sp.Rational(1, 3))), 30)) < 1e-29
    assert logistic(x).rewrite(sp.tanh) == (1 + sp.tanh(x / 2)) / 2


def test_an_exponent_without_inverse_is_written():
    """u - sqrt(u**2) vanishes on half of the line, so it cannot be divided by; it is still a fine exponent."""
    field = DifferentialField((x, r))
    for expression in (
        sp.exp(x / r - sp.sqrt(x**2 / r**2)),
        r * sp.exp(x / r) * sp.exp(-sp.sqrt(x**2 / r**2)) + sp.sqrt(r**2),
    ):
        element = field(expression)
        assert field(element.as_expr()) == element
        for at in ({x: 2, r: 3}, {x: -2, r: 3}):
            assert abs(sp.N((element.as_expr() - expression).subs(at))) < 1e-12


_RADICANDS = [
    sp.sinh(h) ** 2 + sp.exp(-4 * b),
    x**-2 + y,
    x / 2 + y**2 / 3,
    sp.exp(-x) + y**2,
    1 + y**2 / p**4,
    sp.cosh(x) + 1 / p,
]


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(st.sampled_from(_RADICANDS), st.lists(st.integers(-3, 3), min_size=3, max_size=6), st.integers(1, 3))
def test_a_root_is_the_same_in_every_part_of_a_sum(radicand, numbers, power):
    """Roots of quotients have another radicand in the field than the one that was given."""
    root = sp.sqrt(radicand)
    k, *rest = numbers
    expression = sum(c * (p + k) ** i * root**i for i, c in enumerate(rest)) / (1 + p + y + root) ** power
    point = {x: 0.7, y: 0.4, h: 0.3, b: 0.2, p: 1.3}
    for e in (expression, expression.diff(p), expression.diff(h), expression.diff(x)):
        right = e.evalf(30, subs=point)
        assert abs(canonical(e).evalf(30, subs=point) - right) <= 1e-12 * (1 + abs(right))


@pytest.mark.parametrize(
    "which", [(b, b, h), *(pytest.param(s, marks=pytest.mark.slow) for s in ((b, b, b), (b, h, h), (h, h, h)))]
)
def test_third_derivatives_of_the_ising_chain(which):
    psi = b + sp.log(sp.cosh(h) + sp.sqrt(sp.sinh(h) ** 2 + sp.exp(-4 * b)))
    field = DifferentialField([b, h])
    point = {b: sp.Rational(1, 5), h: sp.Rational(3, 10)}
    written = field(psi)
    for s in which:
        written = written.diff(s)
    assert abs(sp.N((written.as_expr() - psi.diff(*which)).subs(point), 30)) < 1e-20
