"""What a grid without a tolerance promises: nothing that overflowed or underflowed on the way is taken for a number."""

import chentsov as ch
import mpmath
import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.grids import on_grid
from chentsov.geometry.kernels import compile
from chentsov.geometry.manifolds import RiemannianManifold
from chentsov.models.neuron import TwoWeightNeuron
from hypothesis import given, settings
from hypothesis import strategies as st

x, y = sp.symbols("x y", real=True)
OK, NOT_REPRESENTABLE = 0, 5


class Formula:
    """A quantity q over x and y."""

    coordinates = (x, y)

    def __init__(self, formula):
        self.formula = formula

    def expression_of(self, name):
        return self.formula

    def at(self, u, v, **options):
        grid = on_grid(self, {x: np.atleast_1d(u), y: np.atleast_1d(v)}, ["q"], **options)
        return grid.q.values, grid.status.values


def truth(formula, u, v):
    with mpmath.workdps(60):
        return sp.lambdify([x, y], formula, "mpmath")(mpmath.mpf(float(u)), mpmath.mpf(float(v)))


WAYS_BACK = [  # of infinity to numbers, with the right value
    (2 + x / sp.sqrt(1 + x**2 + y**2), 1.4e154, 1.4e154, 2 + 0.5**0.5),
    (1 + x / sp.sqrt(1 + x**2), 1.4e154, 1.0, 2.0),
    (1 + y * sp.exp(700 * x) / (y + sp.exp(712 * x)), 0.9978, 1.5, 1.0000095),
    (2 - sp.tanh(x**2 / y**2), 1e200, 1e200, 2 - np.tanh(1)),
    (2 + sp.gamma(x) / sp.gamma(x + 1) * y, 200.0, 200.0, 3.0),
    (1 + x**2 / (x**2 + y**2), 1e-170, 1e-170, 1.5),
    (1 + sp.tanh(x / sp.Integer(10) ** 40), 5e39, 0.0, 1 + np.tanh(0.5)),
]


@pytest.mark.parametrize("formula, u, v, right", WAYS_BACK, ids=lambda p: str(p)[:40])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_no_way_back_from_infinity(formula, u, v, right, dtype):
    for shape in (1, 40):  # few cells, many cells
        us, vs = np.full(shape, u), np.full(shape, v)
        us[1:], vs[1:] = 0.25, 0.75
        (values, codes) = Formula(formula).at(us, vs, dtype=dtype)
        assert codes[0, 0] != OK or values[0, 0] == pytest.approx(right, rel=2e-6)
        assert not codes[1:, 1:].any()
        if dtype == "float64":
            assert values[0, 0] == pytest.approx(right, rel=1e-7)


def test_what_underflows_is_none_and_says_so():
    hole = ch.models.spacetimes.schwarzschild()
    at = {"t": 0.0, "r": [1e54, 1e60, 10.0], "theta": 1.0, "phi": 0.0}
    grid = hole.on_grid(at, ["kretschmann"], constants={"m": 1})
    assert grid.status.values.ravel().tolist() == [NOT_REPRESENTABLE, NOT_REPRESENTABLE, OK]
    assert np.isnan(grid.kretschmann.values.ravel()[:2]).all()
    values, codes = Formula(sp.exp(-1000 * x)).at([1.0, 0.1], 0.0)
    assert codes.ravel().tolist() == [NOT_REPRESENTABLE, OK] and np.isnan(values[0])
    values, codes = Formula(1 + sp.exp(-(x**2))).at(np.linspace(-40, 40, 81), 0.0)  # harmless beside 1
    assert not codes.any() and values[0] == 1.0


def test_zeros_that_are_exact_are_zeros():
    values, codes = Formula(x * sp.exp(-y)).at([0.0, 1.0], [0.0, 1.0, 700.0])
    assert not codes.any() and not values[0].any()
    flat = RiemannianManifold(sp.diag(1, x**2), (x, y)).on_grid({x: [1e-200, 1.0], y: 0.0})
    assert not flat.ricci_scalar.any() and not flat.status.any()


@pytest.mark.parametrize("seed", [1, 2])
def test_two_rows_of_data_are_flat(seed):
    random = np.random.default_rng(seed)
    columns = {k: random.uniform(-1, 1, 2) for k in "xy"} | {"t": np.array([0.0, 1.0])}
    axis = np.linspace(-3, 3, 30)
    grid = TwoWeightNeuron("mean_power", 2, data=columns).on_grid({"theta_1": axis, "theta_2": axis})
    assert not grid.status.any() and not grid.ricci_scalar.any()


def test_what_the_processor_notes():
    kernel = compile([x**2 + y, sp.exp(-x)], [x, y])
    ordinary = np.linspace(-3, 3, 1000)
    assert kernel.noting(ordinary[:, None], ordinary)[1] == set()
    assert kernel.noting(np.array([1.0, -1e200]), 0.0)[1] == {"overflow"}
    assert kernel.noting(np.array([1.0, 800.0]), 0.0)[1] == {"underflow"}
    reference = compile([x**2 + y, sp.exp(-x)], [x, y], backend="numpy")
    assert reference.noting(np.array([1.0, 1e200]), np.zeros(1))[1] >= {"overflow"}


exponents = st.integers(-320, 307)
numbers = st.builds(lambda sign, m, e: sign * m * 10.0**e, st.sampled_from([1, -1]), st.floats(1, 9.9), exponents)
LEAVES = [x, y, x * y, x**2, x**2 + y**2, x / y, 1 / (1 + y**2)]
WRAP = [
    lambda p, q: p / q,
    lambda p, q: 1 + p**2 / (1 + p**2 + q**2),
    lambda p, q: 2 + sp.tanh(p / q),
    lambda p, q: sp.exp(-(p**2)) + q**2 / (1 + q**2),
    lambda p, q: p / (1 + q**2 + p**4),
]


@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from(LEAVES),
    st.sampled_from(LEAVES),
    st.sampled_from(WRAP),
    st.lists(numbers, min_size=3, max_size=3),
    st.lists(numbers, min_size=3, max_size=3),
)
def test_formulas_over_the_whole_range_of_numbers(p, q, wrap, us, vs):
    """Sums here have terms of one sign: only the ends of the range of numbers can spoil them."""
    formula = wrap(p, q)
    values, codes = Formula(formula).at(us, vs)
    for i, u in enumerate(us):
        for j, v in enumerate(vs):
            if codes[i, j] == OK:
                right = truth(formula, u, v)
                assert abs(mpmath.mpf(values[i, j]) - right) <= 1e-5 * abs(right), (u, v)
