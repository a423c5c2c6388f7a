"""Every door reads the same way: numbers exactly, values by symbol or name, columns from any table; what is wrong is one line."""

import chentsov as ch
import numpy as np
import pandas as pd
import pytest
import sympy as sp
import xarray as xr
from chentsov.geometry.exact.reading import (
    match_symbols,
    read_expression,
    read_float,
    read_number,
    read_point,
    read_values,
)
from chentsov.geometry.exact.tables import read_axis, read_columns, read_reals
from chentsov.models import LabelledPoints
from hypothesis import given, settings
from hypothesis import strategies as st

x, y, a = sp.symbols("x y a", positive=True)
u, t = sp.symbols("u t", real=True)
PLANE = ch.RiemannianManifold([[1, 0], [0, a * x**2]], (x, y))
AVERAGE = ch.RiemannianManifold([[1, 0], [0, 1 + ch.Mean(u**2, u) * x**2]], (x, y))
doubles = st.floats(allow_nan=False, allow_infinity=False, width=64)


@settings(deadline=None, max_examples=60)
@given(doubles)
def test_a_double_goes_through_every_door_bit_by_bit(value):
    assert read_float(value) == value == read_float(read_number(value))
    assert read_float(read_point([value, 0], (x, y))[x]) == value
    assert read_float(read_values({"a": value}, (a,), "constants")[a]) == value
    assert read_float(repr(value)) == value
    assert read_axis([value], "axis")[0] == value
    assert read_columns({"u": [value]}, (u,))["u"][0] == value
    assert read_reals([[value, 1]], "table")[0, 0] == value
    assert read_expression(value * sp.S.One) == sp.Rational(repr(value))


@settings(deadline=None, max_examples=40)
@given(st.dictionaries(st.sampled_from("xya"), st.integers(), min_size=3, max_size=3), st.permutations([x, y, a]))
def test_symbols_and_names_are_the_same_key(values, order):
    by_name = match_symbols(values, (x, y, a), "values")
    assert by_name == match_symbols({s: values[s.name] for s in order}, (x, y, a), "values")


def test_two_symbols_of_one_name_are_two():
    other = sp.Symbol("a")
    assert match_symbols({a: 1, other: 2}, (a, other), "values") == {a: 1, other: 2}
    assert match_symbols({other: 2}, (a,), "values") == {a: 2}
    with pytest.raises(ch.ChentsovError, match="2 symbols of other assumptions"):
        match_symbols({"a": 1}, (a, other), "values")
    assert ch.compile(other + 10 * a, [other, a])(1.0, 2.0) == 21.0
    with pytest.raises(ch.ChentsovError, match="two symbols"):
        ch.compile(other + 10 * a, ["a"])


ROWS = {"u": [1.0, 2.0, 4.0]}
TABLES = {
    "names": ROWS,
    "symbols": {u: ROWS["u"]},
    "data frame": pd.DataFrame({**ROWS, "other": ["a", "b", "c"]}),
    "dataset": xr.Dataset({"u": ("row", ROWS["u"])}),
    "coordinate": xr.Dataset(coords={"u": ("row", ROWS["u"])}),
    "data arrays": {"u": xr.DataArray(ROWS["u"], dims="row")},
    "series": {"u": pd.Series(ROWS["u"], index=[3, 4, 5])},
}


@pytest.mark.parametrize("table", TABLES)
def test_rows_come_from_any_table(table):
    """g = dx² + (1 + m x²) dy² with m the mean of u², 7: R = −2m/(1 + m x²)²."""
    grid = AVERAGE.on_grid({"x": [0.5], "y": 1.0}, data=TABLES[table])
    assert float(grid.ricci_scalar.squeeze()) == pytest.approx(-2 * 7 / (1 + 7 * 0.25) ** 2, rel=1e-13)


def test_a_plain_table_has_its_columns_in_order():
    assert read_columns(np.array([[1, 2], [3, 4]]), (u, t))["t"].tolist() == [2.0, 4.0]


def _grid(**options):
    return PLANE.on_grid(**{"axes": {"x": [1.0], "y": [1.0]}, "constants": {"a": 1}, **options})


def _named(name):
    s = sp.Symbol(name, positive=True)
    return ch.RiemannianManifold([[1, 0], [0, s**2]], (s, y)).on_grid({s: [1.0], y: [1.0]}, ("metric", "ricci_scalar"))


tau, base = sp.Symbol("tau"), sp.IndexedBase("b")
WRONG = {
    "unknown constant": (lambda: _grid(constants={"aa": 1, "a": 1}), "did you mean 'a'"),
    "constant twice": (lambda: _grid(constants={"a": 1, a: 2}), "a is given twice"),
    "axis twice": (lambda: _grid(axes={"x": [1.0], x: [2.0], "y": [1.0]}), "x is given twice"),
    "axis and constant": (lambda: _grid(constants={"a": 1, "x": 1}), "x is given twice"),
    "underscore": (lambda: _grid(constants={"a": "1_0"}), "no finite number"),
    "nan": (lambda: _grid(constants={"a": "nan"}), "not finite"),
    "masked constant": (lambda: _grid(constants={"a": np.ma.masked}), "masked"),
    "long text": (lambda: _grid(constants={"a": "9" * 120_000}), "no finite number"),
    "masked rows": (lambda: LabelledPoints(np.ma.array([1.0, 2.0], mask=[0, 1]), [1, 2], [0, 1]), "masked"),
    "arrays of two lengths": (
        lambda: ch.compile(x + y, [x, y])(xr.DataArray([1.0, 2.0], dims="u"), xr.DataArray([1.0], dims="u")),
        "do not fit together",
    ),
    "masked axis": (lambda: _grid(axes={"x": np.ma.array([1.0, 2.0], mask=[0, 1]), "y": 1}), "masked"),
    "2^53 + 1": (lambda: _grid(axes={"x": [2**53 + 1], "y": 1}), "no double holds 9007199254740993"),
    "3^40 on an axis": (lambda: _grid(axes={"x": [sp.Integer(3) ** 40], "y": 1}), "axis x: no double holds 12157665"),
    "long double": (lambda: _grid(axes={"x": [np.longdouble("0.1")], "y": 1}), "no double holds"),
    "big integer": (lambda: _grid(axes={"x": [10**400], "y": 1}), "no machine number"),
    "complex axis": (lambda: _grid(axes={"x": [1j], "y": 1}), "complex"),
    "text axis": (lambda: _grid(axes={"x": ["1"], "y": 1}), "text"),
    "data 5": (lambda: AVERAGE.on_grid({"x": [1.0], "y": 1}, data=5), "row variable"),
    "data text": (lambda: AVERAGE.on_grid({"x": [1.0], "y": 1}, data="u"), "row variable"),
    "data shape": (lambda: AVERAGE.on_grid({"x": [1.0], "y": 1}, data={"u": [[1.0]]}), "one-dimensional"),
    "data 10^400": (lambda: AVERAGE.on_grid({"x": [1.0], "y": 1}, data={"u": [10**400]}), "no machine number"),
    "data twice": (lambda: AVERAGE.on_grid({"x": [1.0], "y": 1}, data={"u": [1.0], u: [1.0]}), "given twice"),
    "Mean(x, 5)": (lambda: ch.Mean(x, 5), "SymPy symbols"),
    "crosscheck(5)": (lambda: ch.crosscheck(5), "a manifold or a model"),
    "at=5": (lambda: ch.crosscheck(PLANE, at=5), "points"),
    "complex metric": (lambda: ch.RiemannianManifold([[1, 0], [0, sp.I * x]], (x, y)), "not real"),
    "log(-1)": (lambda: ch.RiemannianManifold([[1, 0], [0, sp.log(-1)]], (x, y)), "not real"),
    "long entry": (lambda: ch.RiemannianManifold([["y" * 120_000, 0], [0, 1]], (x, y)), "is the string"),
    "Indexed": (lambda: ch.RiemannianManifold([[1, 0], [0, 1]], (base[0], y)), r"subs\(b\[0\], sympy.Symbol\('b0'"),
    "f(tau)": (
        lambda: ch.RiemannianManifold([[1, 0], [0, 1]], (sp.Function("f")(tau), y)),
        "put a Symbol in its place",
    ),
    "no name": (lambda: ch.RiemannianManifold([[1, 0], [0, 1]], (sp.Symbol(""), y)), "no name"),
    **{
        name: (lambda name=name: _named(name), "rename it|another name")
        for name in ("status", "metric", "ricci_scalar", "i", "a/b")
    },
    "digits": (lambda: ch.models.families.normal().fisher_at({"mu": 0, "sigma": 1}, digits=0), "digits"),
    "sigma = -1": (lambda: ch.models.families.normal().fisher_at({"mu": 0, "sigma": -1}), "outside its domain"),
    "bound None": (lambda: ch.StatisticalManifold.from_density(sp.exp(-y / x) / x, {y: (0, None)}, (x,)), "bound"),
    "complex start": (lambda: ch.Flow(PLANE, [x, -y]).trajectory([1j, 1.0], 1.0, {"a": 1}), "complex"),
    "geodesic by text": (lambda: PLANE.geodesic("11", [1, 0], 1, constants={"a": 1}), "one number for each"),
}


@pytest.mark.parametrize("case", WRONG)
def test_one_line_that_says_what_is_wrong(case):
    make, words = WRONG[case]
    with pytest.raises(ch.ChentsovError, match=words) as caught:
        make()
    assert isinstance(caught.value, ValueError) and "\n" not in str(caught.value) and len(str(caught.value)) < 500


def test_a_bound_is_no_value():
    j = sp.Symbol("j", integer=True)
    conway = ch.HessianManifold(sp.log(sp.Sum(sp.exp(j * x) / sp.factorial(j) ** y, (j, 0, sp.oo))), (x, y))
    assert conway.metric[0, 0].has(sp.Sum)
    gaussian = sp.Integral(sp.exp(-(u**2) * x), (u, -sp.oo, sp.oo))
    assert ch.RiemannianManifold([[1, 0], [0, gaussian]], (x, y)).metric[1, 1] == gaussian
    for bad in (sp.oo, x + sp.oo, sp.Integral(sp.oo * u, (u, 0, 1)), sp.nan):
        with pytest.raises(ch.ChentsovError, match="not finite"):
            read_expression(bad)


def test_integers_of_any_size_are_exact():
    big = 10**77
    m = ch.RiemannianManifold([[1, 0], [0, x**2 + big]], (x, y))
    assert m.field(m.ricci_scalar) == m.field(-2 * big / (x**2 + big) ** 2)
