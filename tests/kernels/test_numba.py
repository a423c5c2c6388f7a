"""The numba back end against the NumPy reference and the native kernels, and inside other numba functions."""

import math

import numba
import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.exact import Mean, UnsupportedFunction, logistic
from chentsov.geometry.kernels import compile

a, b, x, y, t = sp.symbols("a b x y t", real=True)
rng = np.random.default_rng(5)
ROWS = {x: rng.uniform(size=37), y: rng.uniform(size=37), t: rng.integers(0, 2, 37).astype(float)}
A, B = np.linspace(-3, 3, 9)[:, None], np.linspace(-2, 2, 11)[None, :]

u = logistic(5 * (a * x + b * y))
FORMULAS = {
    "closed form": (sp.exp(a) * sp.sin(b) / (1 + a**2) - b**7, {}),
    "branches": (sp.Max(a, b) + sp.Abs(a) * sp.sign(b) + sp.Min(a, 2 * b), {}),
    "one mean": (Mean(x**2 * u**2 * (1 - u) ** 2, (x, y, t)), ROWS),
    "means": (Mean((u - t) ** 2, (x, y, t)) / (1 + Mean(x * y, (x, y, t))) ** 2, ROWS),
    "mean along one axis": (Mean(sp.exp(-a * x) * y, (x, y, t)) + b, ROWS),
    "special": (sp.erf(a) + sp.loggamma(3 + b) + sp.atan2(a, 2 + b), {}),
    "constant": (sp.pi * sp.Rational(1, 3) + 0 * a, {}),
}


@pytest.mark.parametrize("dtype, rtol", [("float64", 2e-13), pytest.param("float32", 2e-4, marks=pytest.mark.slow)])
def test_numba_agrees_with_the_reference(dtype, rtol):
    formulas = [formula for formula, _ in FORMULAS.values()]
    kernel = compile(formulas, [a, b], data=ROWS, dtype=dtype, backend="numba")
    reference = compile(formulas, [a, b], data=ROWS, backend="numpy")
    for name, ours, theirs in zip(FORMULAS, kernel(A, B), reference(A, B)):
        assert ours.dtype == np.dtype(dtype)
        np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=rtol, err_msg=name)


def test_scattered_points_and_single_numbers():
    kernel = compile(FORMULAS["one mean"][0], [a, b], data=ROWS, backend="numba")
    native = compile(FORMULAS["one mean"][0], [a, b], data=ROWS)
    points = rng.normal(size=(2, 13))
    np.testing.assert_allclose(kernel(*points), native(*points), rtol=1e-13)
    assert math.isclose(kernel(0.3, -0.2), native(0.3, -0.2), rel_tol=1e-13)


@pytest.mark.parametrize("name", ["branches", "means", "special"])
def test_a_formula_inside_another_numba_function(name):
    formula, data = FORMULAS[name]
    inner = compile(formula, [a, b], data=data).jit()

    @numba.njit
    def outer(p, q):
        return 2.0 * inner(p, q)

    assert math.isclose(
        outer(0.7, -0.4), 2 * compile(formula, [a, b], data=data, backend="numpy")(0.7, -0.4), rel_tol=1e-12
    )


def test_constants_are_frozen_and_several_formulas_make_a_tuple():
    c = sp.Symbol("c")
    inner = compile([c * a, a + b], [a, b], constants={c: 2.5}).jit()
    assert inner(2.0, 1.0) == (5.0, 3.0)


def test_what_numba_cannot_compile_is_named():
    with pytest.raises(UnsupportedFunction, match="polygamma"):
        compile(sp.polygamma(1, a), [a], backend="numba")(np.ones(3))
