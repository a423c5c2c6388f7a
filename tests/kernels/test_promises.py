"""What symbols are declared to be holds for the numbers that stand for them; labelled arrays keep their dimensions."""

import chentsov as ch
import numpy as np
import pytest
import sympy as sp
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

x, y = sp.symbols("x y")
KINDS = {
    "positive": -1.0,
    "negative": 1.0,
    "nonnegative": -0.5,
    "nonzero": 0.0,
    "integer": 0.3,
    "even": 3.0,
    "odd": 2.0,
}
MANY: dict = {}


@settings(deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.integers(0, 4))
def test_a_broken_promise_is_refused_wherever_it_stands(kind, place):
    s = sp.Symbol("s", **{kind: True})
    good = {"negative": -2.0, "even": 2.0, "odd": 3.0}.get(kind, 1.0)
    kernel = ch.compile(sp.sqrt(s**2) + x, (s, x))
    numbers = np.full(5, good)
    assert np.isfinite(kernel(numbers, 0.0)).all()
    numbers[place] = KINDS[kind]
    with pytest.raises(ch.ChentsovError, match=f"s holds .*declared {kind}"):
        kernel(numbers, 0.0)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.integers(0, 9999), st.sampled_from(["s", "axis", "unused"]))
def test_a_broken_promise_among_many_numbers_is_refused(kind, place, form):
    s = sp.Symbol("s", **{kind: True})
    numbers = np.full(10000, {"negative": -2.0, "even": 2.0, "odd": 3.0}.get(kind, 1.0))
    numbers[-1] = np.nan
    kernel = MANY.setdefault((kind, form), ch.compile(sp.sin(x) + (s if form != "unused" else 0), (s, x)))
    shaped, other = (numbers[:, None], np.ones(2)) if form == "axis" else (numbers, np.ones(1))
    missing = 0 if form == "unused" else other.size
    assert (~np.isfinite(kernel(shaped, other))).sum() == missing
    numbers[place] = KINDS[kind]
    with pytest.raises(ch.ChentsovError, match=f"s holds .*declared {kind}"):
        kernel(shaped, other)


def test_nan_stands_for_a_missing_number():
    s = sp.Symbol("s", positive=True)
    assert np.isnan(ch.compile(s + x, (s, x))(np.nan, 1.0))


@pytest.mark.parametrize("value", [sp.LambertW(-1), sp.loggamma(sp.Rational(-1, 2)), sp.acosh(sp.Rational(1, 2))])
def test_constants_that_are_not_real_make_no_metric(value):
    with pytest.raises(ch.ChentsovError, match="not real"):
        ch.RiemannianManifold(sp.diag(1, (1 + x**2 * value) ** 2), (x, y))


def test_arrays_of_xarray_broadcast_by_name():
    u = xr.DataArray([1.0, 2.0], dims="u", coords={"u": [5, 6]})
    v = xr.DataArray([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], dims=("v", "u"), coords={"u": [5, 6]})
    product = ch.compile(x * y, (x, y))(u, v)
    assert product.dims == ("u", "v") and product.coords["u"].values.tolist() == [5, 6]
    xr.testing.assert_allclose(product, (u * v).transpose("u", "v"))
    both = ch.compile([x + y, x], (x, y))(u, 1.0)
    assert both[0].values.tolist() == [2.0, 3.0] and both[1].dims == ("u",)
    with pytest.raises(ValueError):
        ch.compile(x * y, (x, y))(u, xr.DataArray([1.0, 2.0], dims="u", coords={"u": [7, 8]}))


def test_functions_that_are_only_named_are_cross_checked():
    f = sp.Function("f")
    table = ch.crosscheck(ch.RiemannianManifold(sp.diag(1, f(x) ** 2), (x, y)))
    assert table.passed
