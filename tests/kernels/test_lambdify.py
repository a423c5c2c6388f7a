"""`ch.lambdify` beside `sympy.lambdify`: the same calls, the same shapes, the same numbers or better ones."""

import pickle

import chentsov as ch
import mpmath
import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.exact import ChentsovError
from hypothesis import given, settings
from hypothesis import strategies as st

x, y, z = sp.symbols("x y z", real=True)


@pytest.mark.parametrize(
    "args, expr, values",
    [
        (x, x**2 + sp.sin(x), (0.7,)),
        ((x, y), [x, y * sp.exp(x)], (0.3, 2.0)),
        ([x, y], (x + y, [x - y, (x * y,)]), (0.3, 2.0)),
        ((x, y), sp.Matrix([[x, y], [x * y, 1]]), (0.3, 2.0)),
        ((x, y), sp.Array([[[x, y]], [[1, x**3]]]), (0.3, 2.0)),
        (((x, y), z), x * y + z, ((0.3, 2.0), 5.0)),
        ((x, (y, [z])), [sp.Matrix([x, z]), y], (0.3, (2.0, [5.0]))),
        ((x,), [sp.Max(x, 2), sp.Abs(x), sp.Piecewise((x, x > 1), (x**2, True))], (0.3,)),
    ],
    ids=lambda v: str(v)[:30],
)
def test_shapes_and_numbers_are_those_of_sympy(args, expr, values):
    ours, theirs = ch.lambdify(args, expr)(*values), sp.lambdify(args, expr, "numpy")(*values)

    def same(a, b):
        assert type(a) is type(b) or np.ndim(a) == np.ndim(b) == 0
        if isinstance(a, (list, tuple)):
            assert len(a) == len(b)
            for p, q in zip(a, b):
                same(p, q)
        else:
            assert np.shape(a) == np.shape(b)
            np.testing.assert_allclose(np.asarray(a, float), np.asarray(b, float), rtol=1e-14)

    same(ours, theirs)


def test_arrays_broadcast_and_components_stand_first():
    f = ch.lambdify((x, y), sp.Matrix([[x, y], [x * y, 1]]))
    a, b = np.arange(3.0)[:, None], np.arange(4.0)
    made = f(a, b)
    assert made.shape == (2, 2, 3, 4)
    np.testing.assert_array_equal(made[1, 0], a * b)
    np.testing.assert_array_equal(made[1, 1], np.ones((3, 4)))


def test_dictionaries_keep_their_keys():
    assert ch.lambdify((x, y), {"a": x, "b": [y, x / y]})(6.0, 2.0) == {"a": 6.0, "b": [2.0, 3.0]}


def test_functions_and_derivatives_are_arguments():
    t, q = sp.Symbol("t"), sp.Function("q")
    energy = q(t).diff(t) ** 2 / 2 + q(t) ** 2
    assert ch.lambdify((q(t), q(t).diff(t)), energy)(2.0, 4.0) == 12.0


@settings(deadline=None, max_examples=30)
@given(st.floats(-700, 700))
def test_more_digits_than_the_formula_as_it_stands(u):
    """log(1 + eˣ) and (eˣ − 1)/x lose digits, or overflow, in numbers as they are written."""
    f = ch.lambdify(x, [sp.log(1 + sp.exp(x)), sp.exp(x) - 1, 1 / (1 + sp.exp(x))])
    with mpmath.workdps(700):
        e = mpmath.exp(mpmath.mpf(u))
        expected = [float(v) for v in (mpmath.log(1 + e), mpmath.expm1(mpmath.mpf(u)), 1 / (1 + e))]
    np.testing.assert_allclose(f(u), expected, rtol=4e-15, atol=1e-300)


@pytest.mark.slow  # docs/lambdify.md has one in the default run
def test_numba_functions_are_called_inside_numba_code():
    import numba

    f = ch.lambdify((x, y), sp.exp(-x) * y, jit=True)
    pair = ch.lambdify((x, y), [x + y, x * y], jit=True)
    table = ch.lambdify((x, y), sp.Matrix([[x, y], [1, x * y]]), jit=True)

    @numba.njit
    def total(n):
        sum_ = 0.0
        for k in range(n):
            sum_ += f(float(k), 2.0) + pair(1.0, float(k))[1] + table(1.0, 2.0)[1, 1]
        return sum_

    assert total(3) == pytest.approx(2 * sum(np.exp(-np.arange(3.0))) + 3 + 6)


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: ch.lambdify(x, "x**2"), "text"),
        (lambda: ch.lambdify("x+1", x), "an argument is a symbol"),
        (lambda: ch.lambdify((x, x), x), "named twice"),
        (lambda: ch.lambdify(x, x, "cupy"), "not known here: choose one of numpy, scipy, math"),
        (lambda: ch.lambdify(x, x, [{"sin": np.sin}, "numpy"]), "a function of your own is a row of the table"),
        (lambda: ch.lambdify(x, x, printer=object), "no use for a printer"),
        (lambda: ch.lambdify(x, []), "the list is empty"),
        (lambda: ch.lambdify(x, x + y), "y"),
        (lambda: ch.lambdify(x, sp.Function("f")(x)), "f"),
        (lambda: ch.lambdify((x, y), x * y)(1.0), "takes 2 values"),
        (lambda: ch.lambdify(((x, y),), x * y)([1.0]), "takes 2 values"),
        (lambda: ch.lambdify(x, x)(1j), "real"),
        (lambda: ch.lambdify(((x, y),), x, jit=True), "not nested"),
        (lambda: ch.lambdify(x, [[x]], jit=True), "a flat list or a matrix"),
        (lambda: ch.lambdify(x, x, "mpmath", jit=True), "belong to compiled functions"),
    ],
)
def test_what_cannot_be_done_is_one_line(call, words):
    with pytest.raises(ChentsovError, match=words) as caught:
        call()
    assert len(str(caught.value).splitlines()) == 1


def test_it_can_be_sent_and_says_what_it_is():
    f = ch.lambdify((x, y), [x + y, x * y])
    g = pickle.loads(pickle.dumps(f))
    assert g(1.0, 2.0) == f(1.0, 2.0) == [3.0, 2.0] and "x*y" in f.__doc__


def test_numbers_of_mpmath_have_its_precision():
    with mpmath.workdps(40):
        (value,) = ch.lambdify(x, [sp.exp(x) / 3], "mpmath")(mpmath.mpf(1))
        assert abs(value - mpmath.e / 3) < mpmath.mpf(10) ** -38


@pytest.mark.slow
def test_jax_differentiates_it():
    jax = pytest.importorskip("jax")
    f = ch.lambdify((x, y), sp.Matrix([[x**2 * y, sp.polygamma(1, y)], [0, x]]), "jax")
    assert f(1.0, 2.0).shape == (2, 2)
    slope = jax.jit(jax.grad(lambda a: f(a, 2.0)[0, 0]))
    assert float(slope(3.0)) == pytest.approx(12.0)
