"""What cannot be brought into a field is named, with the remedy."""

import subprocess
import sys

import pytest
import sympy as sp
from chentsov.geometry.exact import (
    DifferentialField,
    TimeBudget,
    TimeBudgetExceeded,
    UnsupportedFunction,
    register_rule,
)

x, y = sp.symbols("x y", real=True)
n = sp.Symbol("n", integer=True, positive=True)


@pytest.mark.parametrize(
    "expression, word",
    [
        (sp.Heaviside(x), "Heaviside"),
        (sp.floor(x), "floor"),
        (sp.floor(x + sp.Rational(1, 2)).diff(x), "floor"),
        (sp.ceiling(x**2).diff(x, 2), "ceiling"),
        (sp.Piecewise((x, x > 0), (0, True)), "Piecewise"),
        (sp.Product(x + n, (n, 0, 5)), "Product"),
        (x > 0, "StrictGreaterThan"),
        (sp.riemann_xi(x), "riemann_xi"),
        (sp.polygamma(x, 2), "polygamma"),
        (sp.LambertW(x, 1), "LambertW"),
        (sp.Abs(1 + sp.I * sp.exp(x), evaluate=False), "absolute value"),
        (sp.Matrix([[x]]), "Matrix"),
    ],
    ids=str,
)
def test_unsupported_functions_are_named(expression, word):
    with pytest.raises(UnsupportedFunction, match=word):
        DifferentialField((x, y))(expression)


@pytest.mark.parametrize("number", [sp.nan, sp.oo, -sp.oo, sp.zoo, sp.Float("nan")], ids=str)
def test_no_finite_number(number):
    with pytest.raises(ValueError, match="finite"):
        DifferentialField((x,))(number)


def test_logarithm_of_zero():
    with pytest.raises(ValueError, match="zero"):
        DifferentialField((x,))(sp.log(sp.sin(x) ** 2 + sp.cos(x) ** 2 - 1, evaluate=False))


def test_an_unknown_function_asks_for_a_rule():
    class bump(sp.Function):
        pass

    with pytest.raises(UnsupportedFunction, match="register_rule"):
        DifferentialField((x,))(bump(x))
    register_rule(bump, lambda k, u: -2 * u * bump(u))
    field = DifferentialField((x,))
    assert field(bump(3 * x)).diff(x) == field(-18 * x * bump(3 * x))


def test_coordinates_are_checked():
    with pytest.raises(ValueError, match="repeated"):
        DifferentialField((x, x))
    with pytest.raises(ValueError, match="symbols"):
        DifferentialField((x**2,))
    with pytest.raises(ValueError, match="not a coordinate"):
        DifferentialField((x,))(x * y).diff(y)


def test_elements_of_two_fields_do_not_mix():
    with pytest.raises(ValueError, match="two different fields"):
        DifferentialField((x,))(x) + DifferentialField((x,))(x)


def test_division_by_zero_and_by_divisors_of_zero():
    field = DifferentialField((x,))
    with pytest.raises(ZeroDivisionError):
        field.one / (field(sp.exp(x)) ** 2 - field(sp.exp(2 * x)))
    with pytest.raises(ZeroDivisionError, match="part of the domain"):
        1 / (1 + field(sp.sign(x)))


def test_floats_stand_for_their_decimals():
    assert DifferentialField()(sp.Float(0.1)) == sp.Rational(1, 10)
    assert DifferentialField((x,))(x**0.5) ** 2 == x


def test_a_time_budget_ends_long_work_and_says_what_was_done():
    symbols = sp.symbols("u:8", real=True)
    field = DifferentialField(symbols)
    terms = [field(1 / (1 + u + symbols[0])) for u in symbols]
    with pytest.raises(TimeBudgetExceeded, match="inverse metric") as error:
        with TimeBudget(0.2, task="inverse metric") as budget:
            total = field.zero
            for k in range(10**6):
                total = (total + terms[k % 8]) ** 2
                budget.finished[f"step {k}"] = total
    assert "step 0" in error.value.finished
    assert (terms[0] - terms[0]).is_zero  # the field is as usable as before


def test_budgets_nest_and_are_checked():
    with TimeBudget(100), TimeBudget(0.001) as inner:
        with pytest.raises(TimeBudgetExceeded):
            while True:
                inner.check()
    with pytest.raises(ValueError, match="positive"):
        TimeBudget(0)
    with pytest.raises(TimeBudgetExceeded, match="too large"):
        DifferentialField((x, y))((1 + x + y + x * y) ** 10**7)


def test_the_polynomial_library_is_loaded_when_first_used():
    code = "import sys, chentsov, chentsov.geometry.exact; assert 'flint' not in sys.modules and 'sympy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
