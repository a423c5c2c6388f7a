"""`compile`: machine code against the reference back end and against balls; shapes; bad input."""

import warnings

import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.exact import Mean, UnsupportedFunction, logistic
from chentsov.geometry.kernels import compile, evaluate_ball
from flint import ctx
from hypothesis import given, settings
from hypothesis import strategies as st

x, y, z = sp.symbols("x y z")


def relative(a, b):
    return np.max(np.abs(np.asarray(a, float) - b) / np.maximum(np.abs(b), 1e-300))


# -- formulas of the field -----------------------------------------------------------------------

r, th, m, a = sp.symbols("r theta m a", positive=True)
rho2 = r**2 + a**2 * sp.cos(th) ** 2
KERR_KRETSCHMANN = (
    48 * m**2 * (r**2 - a**2 * sp.cos(th) ** 2) * (rho2**2 - 16 * r**2 * a**2 * sp.cos(th) ** 2) / rho2**6
)
k = sp.Symbol("k", positive=True)
GAMMA_R = (sp.polygamma(1, k) + k * sp.polygamma(2, k)) / (2 * (k * sp.polygamma(1, k) - 1) ** 2)
b, h = sp.symbols("b h", positive=True)
ISING_R = 1 + sp.cosh(h) / sp.sqrt(sp.sinh(h) ** 2 + sp.exp(-4 * b))
FORMULAS = [
    (KERR_KRETSCHMANN, (r, th, m, a), [(2.5, 6.0), (0.2, 2.9), (0.5, 1.0), (0.1, 0.4)]),
    (GAMMA_R, (k,), [(0.2, 8.0)]),
    (ISING_R, (b, h), [(0.1, 2.0), (0.1, 2.0)]),
    (sp.besseli(1, x) / sp.besseli(0, x), (x,), [(0.1, 9.0)]),
    (sp.loggamma(x) + sp.erf(y) * sp.gamma(x) ** sp.Rational(1, 3), (x, y), [(0.5, 4.0), (-1.0, 1.0)]),
    (sp.atan2(y, x) + sp.asinh(x * y) - sp.LambertW(x), (x, y), [(0.5, 2.0), (0.1, 2.0)]),
    (sp.sqrt(2) * sp.pi * x - sp.EulerGamma * y + sp.E / 7, (x, y), [(1.0, 2.0), (1.0, 2.0)]),
    (x ** sp.Rational(5, 2) + y**sp.pi + 2**x + x**y, (x, y), [(0.5, 2.0), (0.5, 2.0)]),
    (sp.Max(x, y, 1) - sp.Min(x, 2 * y) + sp.Abs(x - y) + sp.sign(x - y), (x, y), [(0.5, 2.0), (0.5, 2.0)]),
    (
        sp.Piecewise((x**2, x > y), (sp.sin(y), (x > 1) & (y < 2)), (logistic(x * y), True)),
        (x, y),
        [(0.5, 2.0), (0.5, 2.5)],
    ),
    (
        sp.sec(x) + sp.cot(y) + sp.coth(x) + sp.tan(x) * sp.floor(3 * y) - sp.ceiling(x),
        (x, y),
        [(0.2, 1.3), (0.2, 1.3)],
    ),
    (sp.Heaviside(x - 1) + sp.log(x, 2) + sp.acos(x / 3), (x,), [(0.5, 2.0)]),
]


@pytest.mark.parametrize("formula, symbols, box", FORMULAS, ids=[str(f[0])[:40] for f in FORMULAS])
def test_formulas_against_balls(formula, symbols, box):
    rng = np.random.default_rng(5)
    points = [rng.uniform(low, high, 23) for low, high in box]
    got = compile(formula, symbols)(*points)
    reference = compile(formula, symbols, backend="numpy")(*points)
    for n in range(0, 23, 3):
        truth = float(evaluate_ball(formula, {s: float(p[n]) for s, p in zip(symbols, points)}, 200))
        assert got[n] == pytest.approx(truth, rel=2e-12)
        assert reference[n] == pytest.approx(truth, rel=2e-12)
    if len(symbols) == 2:  # the same as a grid: hoisted to the axes
        grid = compile(formula, symbols)(points[0][:, None], points[1][None, :])
        np.testing.assert_allclose(np.diagonal(grid), got, rtol=1e-12)


# -- random expressions ----------------------------------------------------------------------------

leaves = st.sampled_from([x, y, z, sp.Integer(2), sp.Rational(1, 3), sp.Integer(-1)])
smooth = [
    sp.sin,
    sp.cos,
    sp.tanh,
    logistic,
    lambda u: sp.exp(-(u**2)),
    lambda u: sp.sqrt(1 + u**2),
    lambda u: 1 / (2 + sp.sin(u)),
    lambda u: sp.log(3 + u**2),
]
expressions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: p[0] + p[1]),
        st.tuples(inner, inner).map(lambda p: p[0] * p[1]),
        st.tuples(st.sampled_from(smooth), inner).map(lambda p: p[0](p[1])),
        st.tuples(inner, st.integers(2, 3)).map(lambda p: p[0] ** p[1]),
    ),
    max_leaves=9,
)
AXES = [
    np.array([-1.25, 0.5, 2.0])[:, None, None],
    np.linspace(-2, 1, 19)[None, :, None],
    np.array([0.75, -0.3])[None, None, :],
]


@settings(max_examples=40, deadline=None)
@given(expressions)
def test_random_expressions_on_a_grid(expression):
    expression = sp.sympify(expression)
    native = compile(expression, [x, y, z])(*AXES)
    assert native.shape == np.broadcast_shapes(*(v.shape for v in AXES))
    for index in [(0, 0, 0), (2, 18, 1), (1, 7, 0)]:
        point = {s: float(v.ravel()[i]) for s, v, i in zip((x, y, z), AXES, index)}
        ball = evaluate_ball(expression, point, 300)
        size = _size(expression, point)
        assert abs(float(native[index] - ball)) <= 1e-13 * size, (expression, point)


def _size(expression, point):
    """The largest number on the way: the scale that rounding errors have."""
    worst = 1.0
    for part in sp.preorder_traversal(expression):
        if isinstance(part, sp.Expr) and part.free_symbols <= set(point):
            worst = max(worst, abs(float(evaluate_ball(part, point, 100))))
    return worst**2


# -- shapes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shapes",
    [
        ((), ()),
        ((3,), (3,)),
        ((40,), ()),
        ((5, 1), (1, 7)),
        ((1, 70), (70, 1)),
        ((2, 3, 4), (4,)),
        ((1,), (1,)),
        ((6, 1, 1), (1, 33, 1)),
        ((2, 1, 3), (1, 5, 3)),
        ((0,), (1,)),
        ((17, 1), (1, 1)),
    ],
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_broadcasting(shapes, dtype):
    rng = np.random.default_rng(2)
    u, v = (rng.uniform(0.5, 2, shape) for shape in shapes)
    formula = sp.exp(x * y) + sp.sin(x) / (1 + y**2)
    got = compile(formula, [x, y], dtype=dtype)(u, v)
    want = np.exp(u * v) + np.sin(u) / (1 + v**2)
    assert np.shape(got) == want.shape and np.asarray(got).dtype == dtype
    np.testing.assert_allclose(got, want, rtol=1e-14 if dtype == "float64" else 2e-6)


def test_results_take_the_shape_of_what_was_compiled():
    u = np.linspace(0, 1, 5)
    assert compile(sp.Matrix([[x, 1], [x**2, y]]), [x, y])(u, 2.0).shape == (2, 2, 5)
    assert compile(sp.ImmutableDenseNDimArray([[[x, y]]]), [x, y])(u[:, None], u).shape == (1, 1, 2, 5, 5)
    out = compile([x, 3, y], [x, y])(u, 2.0)
    assert isinstance(out, list) and [o.tolist() for o in out] == [u.tolist(), [3.0] * 5, [2.0] * 5]
    assert compile(x + 1, ["x"])(1.5) == 2.5


def test_out_is_filled():
    u = np.linspace(0, 1, 9)
    target = np.empty((2, 9))
    assert np.shares_memory(compile([x, x**2], [x])(u, out=target)[1], target)
    np.testing.assert_array_equal(target, [u, u**2])
    for wrong in (np.empty((9, 2)), np.empty((2, 9), np.float32), np.empty((4, 9))[::2]):
        with pytest.raises(ValueError, match="out="):
            compile([x, x**2], [x])(u, out=wrong)


def test_threads_do_not_change_a_bit():
    u, v = np.linspace(-3, 3, 300)[:, None], np.linspace(-2, 2, 257)
    rows = {"r": np.linspace(0.1, 1, 50)}
    formula = Mean(logistic(x * sp.Symbol("r") + y) ** 2, (sp.Symbol("r"),)) / (1 + x**2)
    one = compile(formula, [x, y], data=rows, threads=1)(u, v)
    three = compile(formula, [x, y], data=rows, threads=3)(u, v)
    np.testing.assert_array_equal(one, three)


def test_exponents_past_the_range_of_separated_factors():
    # exp(a) exp(b) would overflow although exp(a + b) does not
    u, v = np.array([800.0, 1000.0, -3.0])[:, None], np.array([-799.0, -1001.0, 2.0])
    got = compile(sp.exp(x + y), [x, y])(u, v)
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(got, np.exp(u + v), rtol=1e-14)
    f = compile(logistic(5 * x + 3 * y), [x, y])(u, v)
    np.testing.assert_allclose(f, compile(logistic(z), [z])(5 * u + 3 * v), rtol=1e-13)


# -- input of all kinds -----------------------------------------------------------------------------------

f = compile(x + 2 * y, [x, y])


def test_arrays_of_all_makes():
    base = np.arange(12.0).reshape(3, 4)
    frozen = base.copy()
    frozen.setflags(write=False)
    for array in (
        base.T,
        base[::-1, ::2],
        frozen,
        base.astype(int),
        base.astype(np.int8),
        base > 3,
        base.astype(np.float16),
        base.tolist(),
        np.asfortranarray(base),
        base.astype(">f8"),
    ):
        np.testing.assert_array_equal(f(array, 1.0), np.asarray(array, float) + 2)
    assert f(np.empty((0, 3)), 1.0).shape == (0, 3)


@pytest.mark.parametrize(
    "arrays, words",
    [
        ((np.ones(3, complex), 1.0), "complex"),
        ((np.array([object()]), 1.0), "object"),
        (("abc", 1.0), "text"),
        ((np.ones(3), np.ones(4)), "broadcast"),
        ((np.ones(3),), "1 arrays for 2 arguments"),
    ],
)
def test_wrong_arrays(arrays, words):
    with pytest.raises(ValueError, match=words):
        f(*arrays)


def test_a_result_larger_than_memory_is_refused_first():
    huge = np.broadcast_to(1.0, (1 << 25, 1)), np.broadcast_to(1.0, (1, 1 << 25))
    with pytest.raises(ValueError, match="GiB"):
        f(*huge)


def test_out_may_overlap_the_arguments():
    memory = np.linspace(0, 1, 100)
    want = np.exp(memory[:90])
    np.testing.assert_allclose(compile(sp.exp(x), [x])(memory[:90], out=memory[10:]), want, rtol=1e-15)
    memory = np.linspace(0, 1, 48 * 48)
    column, row = memory[:48][:, None], np.linspace(0, 1, 48)
    want = np.exp(column) * row + np.sin(column + row)
    got = compile(sp.exp(x) * y + sp.sin(x + y), [x, y])(column, row, out=memory.reshape(48, 48))
    np.testing.assert_allclose(got, want, rtol=1e-14)


def test_masked_numbers_and_exact_numbers():
    np.testing.assert_array_equal(f(np.ma.array([1.0, 2.0], mask=[False, True]), 0.0), [1.0, np.nan])
    assert f(sp.Rational(1, 2), 3) == 6.5
    with pytest.raises(ValueError, match="masked"):
        f(np.ma.array([1, 2], mask=[False, True]), 0.0)


def test_text_is_never_run(tmp_path):
    trap = f"open({str(tmp_path / 'trap')!r}, 'w')"
    for make in (lambda: compile(trap, [x]), lambda: compile([x, trap], [x]), lambda: evaluate_ball(trap, {x: 1})):
        with pytest.raises(ValueError, match="text"):
            make()
    assert not (tmp_path / "trap").exists()


def test_matrices_of_numpy_are_taken_as_they_are():
    assert compile(np.array([[x, y], [x * y, 1]], object), [x, y])(2.0, 3.0).tolist() == [[2.0, 3.0], [6.0, 1.0]]


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: compile(x + y, [x]), "unknown symbol 'y'"),
        (lambda: compile(x, [x, x]), "twice"),
        (lambda: compile([], [x]), "empty"),
        (lambda: compile(x, [x], dtype="int32"), "dtype"),
        (lambda: compile(x, [x], dtype="nonsense"), "dtype"),
        (lambda: compile(x, [x], backend="fortran"), "back end"),
        (lambda: compile(x, [3]), "symbol"),
        (lambda: compile(x + y, [x], constants={y: 1j}), "real number"),
        (lambda: compile(Mean(x * z, z), [x]), "no data for the row variable z"),
        (lambda: compile(Mean(x * z, z), [x], data={z: [[1.0]]}), "one-dimensional"),
        (lambda: compile(Mean(x * z, z), [x], data={z: []}), "not empty"),
        (lambda: compile(Mean(x * z, z), [x], data={z: [1.0, np.nan]}), "row 1 is not a finite number"),
        (lambda: compile(Mean(x * z * y, (y, z)), [x], data={z: [1.0], y: [1.0, 2.0]}), "rows"),
        (lambda: compile(Mean(x * z, z) * z, [x], data={z: [1.0]}), "outside the Mean"),
        (lambda: compile(Mean(x * z, z), [x, z], data={z: [1.0]}), "both an argument"),
        (lambda: compile(x, [x], threads=0), "threads"),
        (lambda: compile(x, [x], threads=2.5), "whole number"),
        (lambda: compile(x + y, [x], constants={y: "a"}), "real number"),
        (lambda: compile(x + y, [x], constants={y: 10**400}), "too large"),
        (lambda: f(10**400, 1.0), "no machine number"),
        (lambda: f([[1.0], [1.0, 2.0]], 1.0), "nested list"),
        (lambda: f(np.broadcast_to(1.0, (1 << 40, 1)), np.broadcast_to(1.0, (1, 1 << 40))), "GiB"),
    ],
)
def test_wrong_questions(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_an_unsupported_function_is_named():
    for formula in (sp.lerchphi(x, 2, 3), sp.Function("mystery")(x), sp.Integral(sp.exp(x * y), (y, 0, 1))):
        with pytest.raises(UnsupportedFunction, match=type(formula).__name__):
            compile(formula, [x])


def test_hostile_names_are_only_names():
    names = ["__import__('os').system('false')", "x; ret void }", "lambda", "%v1", "a b\n c", "x", "λ", "\0", '"']
    symbols = [sp.Symbol(n) for n in names]
    got = compile(sp.Add(*(n * s for n, s in enumerate(symbols, 1))), symbols)(*range(1, len(names) + 1))
    assert got == sum(n * n for n in range(1, len(names) + 1))
    same = sp.Symbol("x"), sp.Symbol("x", positive=True)
    assert compile(same[0] - 3 * same[1], same)(1.0, 2.0) == -5.0


def test_nan_and_infinity_pass_through_quietly():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = compile(sp.log(x) / x, [x])(np.array([np.nan, -1.0, 0.0, np.inf, 1.0] * 5))
    np.testing.assert_array_equal(got[:5], [np.nan, np.nan, -np.inf, np.nan, 0.0])


def test_numbers_are_exact_in_balls():
    ball = evaluate_ball(x / 3 + sp.Rational(1, 7), {x: 1}, 200)
    assert ball.contains(evaluate_ball(sp.Rational(10, 21), {}, 400)) and ball.rel_accuracy_bits() > 190
    assert ctx.prec == 53


def test_the_program_can_be_read():
    kernel = compile(sp.exp(x) * sp.sin(y), [x, y])
    assert "exp(x)" in str(kernel.program) and "return" in str(kernel.program)
    kernel(np.ones(3)[:, None], np.ones(4))
    assert "map over axis0:" in kernel.explain() and "map over axis0 x axis1:" in kernel.explain()


def test_a_kernel_can_be_sent_to_another_process():
    import pickle

    kernel = compile([Mean(sp.exp(x * z), (z,)), x + y], [x, y], data={z: [0.5, 1.5]})
    axes = np.linspace(0, 1, 5)[:, None], np.linspace(0, 1, 40)
    want = kernel(*axes)
    for one, two in zip(pickle.loads(pickle.dumps(kernel))(*axes), want):
        np.testing.assert_array_equal(one, two)
