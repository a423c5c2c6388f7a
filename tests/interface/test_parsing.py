"""Text to SymPy: what is written is what is read, and nothing hostile gets through."""

import time
from contextlib import suppress

import pytest
import sympy as sp
from chentsov.geometry.kernels.functions import FUNCTIONS as ROWS
from chentsov.parsing import FUNCTIONS, ExpressionError, parse_expression, parse_matrix, parse_names
from hypothesis import given, settings
from hypothesis import strategies as st

x, y, theta = sp.symbols("x y theta", real=True)


@pytest.mark.parametrize(
    "text, value",
    [
        ("2^3^2", 512),
        ("-2^2", -4),
        ("2^-1", sp.Rational(1, 2)),
        ("1 - 2 - 3", -4),
        ("8/4/2", 1),
        ("0.1 + 0.2", sp.Rational(3, 10)),
        (".5e1", 5),
        ("--1", 1),
        ("sqrt(4)*pi", 2 * sp.pi),
        ("log(8, 2)", 3),
        ("gamma(5)", 24),
    ],
)
def test_numbers(text, value):
    assert parse_expression(text) == value


def test_names_and_functions():
    assert parse_expression("sin(theta)**2 + x*y", [theta, x, y]) == sp.sin(theta) ** 2 + x * y
    assert parse_expression("polygamma(1, x)", [x]) == sp.polygamma(1, x)
    gamma = sp.Symbol("gamma", real=True)
    assert parse_expression("gamma*gamma(x)", [gamma, x]) == gamma * sp.gamma(x)


def test_every_function_can_be_called():
    for name, function in FUNCTIONS.items():
        arguments = ", ".join("xyz"[: function.arity[0]])
        assert parse_expression(f"{name}({arguments})").free_symbols, name


@pytest.mark.parametrize("row", [row for row in ROWS.values() if row.sympy or not row.static], ids=lambda row: row.name)
def test_every_row_of_the_table_can_be_read(row):
    """By the name it has in a program, by SymPy's, and as SymPy prints it."""
    count = len(row.domain) + (row.name == "polygamma")
    arguments = [x, y][:count]
    for name in {row.name, row.sympy.__name__ if row.sympy else row.name}:
        read = parse_expression(f"{name}({', '.join(map(str, arguments))})", arguments)
        assert read.free_symbols == set(arguments)
        if row.sympy is not None:
            assert read == row.sympy(*arguments)
            assert parse_expression(str(read).replace("σ", "sigma"), arguments) == read


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_function_makes_numbers_without_end(name):
    """Every count of arguments, at the largest that are taken: whole, broken, negative, and beside a symbol."""
    for count in FUNCTIONS[name].arity[:2]:
        for text in ("1000", "-1000", "999.5", "1/1000", "99"):
            for rest in ("x", text):
                start = time.process_time()
                with suppress(ExpressionError):
                    parse_expression(f"{name}({', '.join([text, *[rest] * (count - 1)])})", [x])
                assert time.process_time() - start < 1, text


def test_logistic_is_the_engines_own():
    from chentsov.geometry.exact import logistic

    assert parse_expression("logistic(x)", [x]) == logistic(x)


def test_closed_names():
    with pytest.raises(ExpressionError, match="unknown name 'b' .known: x. at character 5 of 'x \\+ b'"):
        parse_expression("x + b", [x], open_names=False)


# Every expression SymPy prints from this small alphabet is read back to itself.
_leaves = st.sampled_from([x, y, sp.Integer(2), sp.Rational(1, 3), sp.pi])
_trees = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: p[0] + p[1]),
        st.tuples(inner, inner).map(lambda p: p[0] * p[1]),
        inner.map(lambda e: -e),
        inner.map(sp.sin),
        inner.map(sp.atan),
        st.tuples(inner, st.integers(1, 3)).map(lambda p: p[0] ** p[1]),
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=60)
@given(_trees)
def test_reads_what_sympy_prints(tree):
    assert sp.expand(parse_expression(str(tree), [x, y]) - tree) == 0


def test_matrices_both_ways():
    expected = sp.ImmutableMatrix([[1, x], [x, 2]])
    assert parse_matrix("1, x; x, 2", [x]) == expected
    assert parse_matrix("[[1, x], [x, 2]]", [x]) == expected
    with pytest.raises(ExpressionError, match="square"):
        parse_matrix("1, 2; 3")


HOSTILE = [
    "__import__('os').system('true')",
    "x.__class__",
    "().__class__",
    "lambda: 0",
    "[c for c in x]",
    "x if 1 else 2",
    "eval(x)",
    "exec(x)",
    "open(x)",
    "x = 3",
    "x; y",
    "'text'",
    "x @ y",
    "\\x00",
    "x\x00y",
    "f'{x}'",
    "_x",
    "__builtins__",
    "9^9^9^9",
    "((x^9)^9)^9",
    "(x + y)^10000",
    "gamma(10^9)",
    "beta(10^8, 10^8)",
    "E^(10^9)",
    "exp(exp(exp(100)))",
    "sign(exp(exp(exp(100))) - exp(exp(exp(99))))",
    "1e999999999",
    "1" * 5000,
    "2^(10^50)",
    "(1/3)^(10^9)",
    "(" * 5000 + "x" + ")" * 5000,
    "-" * 5000 + "x",
    "2^" * 3000 + "2",
    "sin(" * 3000 + "x" + ")" * 3000,
    "x+" * 20000 + "x",
    "polygamma(10^7, 3)",
    "besselj(10^9, 1)",
    "",
    "   ",
    "x +",
    "* x",
    "x)",
    "(x",
    "sin()",
    "sin(x, y)",
    "sin",
    "x(2)",
    "2 x",
    "1/0",
    "0^-1",
    "log(0)",
    "1/(x - x)",
    "nan",
    "zoo + oo",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda t: repr(t[:20]))
def test_hostile_or_broken_text_is_refused_quickly(text):
    start = time.process_time()
    with pytest.raises(ExpressionError) as caught:
        parse_expression(text, [x, y], open_names=False)
    assert time.process_time() - start < 2
    assert len(str(caught.value).splitlines()) == 1


def test_not_a_text():
    with pytest.raises(ExpressionError, match="not int"):
        parse_expression(3)


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "no coordinate"),
        ("x, x", "twice"),
        ("x, 2y", "not a name"),
        ("a.b", "not a name"),
        ("_a", "not a name"),
    ],
)
def test_bad_coordinate_lists(text, words):
    with pytest.raises(ExpressionError, match=words):
        parse_names(text)


def test_assumptions_on_names():
    mu, sigma = parse_names("mu sigma", positive=["sigma"])
    assert mu.is_real and mu.is_positive is None and sigma.is_positive
    with pytest.raises(ExpressionError, match="'tau' is said to be positive"):
        parse_names("mu", positive=["tau"])
