"""Certified numbers and statuses at the ends of the range of numbers; right values by textbook formulas in mpmath."""

from fractions import Fraction

import chentsov as ch
import mpmath
import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.exact import Mean
from chentsov.geometry.grids import on_grid
from chentsov.geometry.manifolds import HessianManifold, RiemannianManifold
from chentsov.models.neuron import TwoWeightNeuron
from hypothesis import given, settings
from hypothesis import strategies as st

x, y, a, r = sp.symbols("x y a r", real=True)
OK, SINGULAR, OUTSIDE, LIMIT, NOT_CONVEX, NOT_REPRESENTABLE = range(6)


class Formula:
    """A quantity q over x."""

    coordinates = (x,)

    def __init__(self, formula):
        self.formula = formula

    def expression_of(self, name):
        return self.formula

    def at(self, values, **options):
        grid = on_grid(self, {x: np.asarray(values, float)}, ["q"], **options)
        return grid.q.values, grid.status.values


def curvature(f, u):
    """R = (f'^2 - 2 f f'')/(2 f^2) of dx^2 + f(x) dy^2, by mpmath."""
    with mpmath.workdps(60):
        first, second = mpmath.diff(f, u), mpmath.diff(f, u, 2)
        return (first**2 - 2 * f(u) * second) / (2 * f(u) ** 2)


# -- numbers that their type cannot hold --------------------------------------------------------------------------


def test_a_number_that_its_type_cannot_hold_is_none():
    hole = ch.models.spacetimes.schwarzschild()
    for dtype, radii in (("float64", [1e54, 1e60]), ("float32", [1e8])):
        at = {"t": 0.0, "r": [*radii, 10.0], "theta": 1.0, "phi": 0.0}
        grid = hole.on_grid(at, ["kretschmann"], constants={"m": 1}, rtol=1e-5, dtype=dtype)
        assert np.isnan(grid.kretschmann.values.ravel()[:-1]).all()
        assert (grid.status.values.ravel() == [NOT_REPRESENTABLE] * len(radii) + [OK]).all()
        assert grid.kretschmann.values.ravel()[-1] == pytest.approx(48e-6, rel=1e-5)
    values, codes = Formula(sp.exp(-1000 * x)).at([1.0, 0.1], rtol=1e-10)
    assert np.isnan(values[0]) and values[1] == pytest.approx(float(mpmath.exp(-1000 * mpmath.mpf(0.1))), rel=1e-10)
    assert codes.tolist() == [NOT_REPRESENTABLE, OK]
    assert Formula(sp.exp(1000 * x)).at([1.0])[1].tolist() == [NOT_REPRESENTABLE]


@settings(max_examples=20, deadline=None)
@given(st.integers(-340, 320), st.floats(1, 9.9), st.sampled_from(["float64", "float32"]))
def test_scales_beyond_the_range(exponent, mantissa, dtype):
    """m 10^e x at x = 3: the number to rtol, or none because it is not representable."""
    exact = Fraction(mantissa) * Fraction(10) ** exponent * 3
    formula = sp.Rational(exact.numerator, 3 * exact.denominator) * x
    (value,), (code,) = Formula(formula).at([3.0], rtol=1e-6, dtype=dtype)
    if code == OK:
        assert abs(Fraction(float(value)) - exact) <= Fraction(1, 10**6) * exact
    else:
        info = np.finfo(dtype)
        assert code == NOT_REPRESENTABLE and not float(info.tiny) < mpmath.mpf(
            exact.numerator
        ) / exact.denominator < float(info.max)


# -- constants that are no machine numbers ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "constant, exact, at",
    [
        (sp.pi, lambda: mpmath.pi, float(np.pi) + 1e-12),
        (sp.Rational(1, 10), lambda: mpmath.mpf(1) / 10, 0.1 + 1e-15),
        (Fraction(1, 10), lambda: mpmath.mpf(1) / 10, 0.1 + 1e-15),
        (sp.sqrt(2), lambda: mpmath.sqrt(2), float(np.sqrt(2)) - 3e-14),
        (2**60 + 1, lambda: mpmath.mpf(2**60 + 1), 2.0**60),
        (0.1, lambda: mpmath.mpf(0.1), 0.1 + 1e-15),
        (np.float32(0.1), lambda: mpmath.mpf(float(np.float32(0.1))), 0.1),
        (np.longdouble(1) / 3, lambda: mpmath.mpf(int((np.longdouble(1) / 3) * 2**65)) / 2**65, 1 / 3 - 1e-16),
        (mpmath.mpf(3) ** -40, lambda: mpmath.mpf(mpmath.mpf(3) ** -40), 0.0),
    ],
)
def test_constants_are_exact(constant, exact, at):
    manifold = RiemannianManifold(sp.diag(1, sp.exp((x - a) ** 3)), (x, y))
    grid = manifold.on_grid({x: [at], y: 0.0}, constants={"a": constant}, rtol=1e-10)
    with mpmath.workdps(60):
        u = mpmath.mpf(at) - exact()
        truth = -(6 * u) - (3 * u**2) ** 2 / 2  # f = exp(u^3): R = -(log f)'' - (log f)'^2 / 2
        assert abs(mpmath.mpf(float(grid.ricci_scalar.item())) / truth - 1) < 1e-10 and not grid.status.any()


def test_constants_and_axes_beyond_the_range():
    class WithConstant(Formula):
        pass

    big = WithConstant(1 + x / (x + a))
    for options in ({}, {"rtol": 1e-10}):
        assert big.at([1.5e308, 1.0], constants={"a": 2**1100}, **options)[0].tolist() == [1.0, 1.0]
        assert Formula(1 + x / (x + 1)).at([1.5e308, 1.0], **options)[0] == pytest.approx([2.0, 1.5], rel=1e-15)
    wave = RiemannianManifold(sp.diag(1, sp.sin(x) ** 2 + sp.Rational(1, 10)), (x, y))
    grid = wave.on_grid({x: [1e3, 1e308], y: 0.0}, rtol=1e-10)
    with mpmath.workdps(400):
        for value, at in zip(grid.ricci_scalar.values.ravel(), (1e3, 1e308)):
            sine, cosine = mpmath.sin(mpmath.mpf(at)), mpmath.cos(mpmath.mpf(at))
            f, first, second = sine**2 + mpmath.mpf(1) / 10, 2 * sine * cosine, 2 * (cosine**2 - sine**2)
            assert abs(value / ((first**2 - 2 * f * second) / (2 * f**2)) - 1) < 1e-10


# -- zeros --------------------------------------------------------------------------------------------------------


def neuron(rows, scale=1.0):
    random = np.random.default_rng(rows)
    columns = {k: scale * random.uniform(-1, 1, rows) for k in "xy"} | {"t": (random.uniform(size=rows) > 0.5) * 1.0}
    return TwoWeightNeuron("mean_power", 2, data=columns)


def test_what_vanishes_identically_is_zero():
    """Two rows: the metric is the pull-back of a flat one by a map onto an open set."""
    axis = np.linspace(-3, 3, 40)
    grid = neuron(2).on_grid({"theta_1": axis, "theta_2": axis}, rtol=1e-10)
    assert not grid.status.any() and not grid.ricci_scalar.any()


def test_what_only_looks_like_zero_is_none():
    """R of three saturated rows is not zero, however many digits cancel."""
    grid = neuron(3).on_grid({"theta_1": [1e4], "theta_2": [-3e4]}, rtol=1e-10)
    assert np.isnan(grid.ricci_scalar.item()) and grid.status.item() in (LIMIT, NOT_REPRESENTABLE)
    # R is -1e-277949 and smaller
    saturated = RiemannianManifold(sp.diag(1, sp.coth(x + 320000)), (x, y)).on_grid({x: [0.5, 4.0], y: 0.0}, rtol=1e-10)
    assert np.isnan(saturated.ricci_scalar).all() and set(saturated.status.values.ravel()) <= {LIMIT, NOT_REPRESENTABLE}


def test_an_absolute_tolerance():
    wave = Formula(sp.sin(x) - sp.sin(2 * x) / 2 / sp.cos(x) + (sp.sqrt(x**2 + 3) - 2) * sp.Abs(x))
    values, codes = wave.at([1.0, 0.5], rtol=1e-10, atol=1e-12)
    assert abs(values[0]) <= 1e-12 and codes.tolist() == [OK, OK]
    for options, message in (
        ({"atol": 1e-3}, "rtol"),
        ({"rtol": 1e-9, "atol": -1.0}, "positive"),
        ({"rtol": 1e-9, "atol": "a"}, "number"),
    ):
        with pytest.raises(ValueError, match=message):
            wave.at([1.0], **options)


# -- statuses are proven --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"rtol": 1e-10}])
def test_a_potential_that_is_convex_is_never_called_otherwise(options):
    axis = np.linspace(-800, 800, 41)
    grid = HessianManifold(sp.log(1 + sp.exp(x) + sp.exp(y)), (x, y)).on_grid({x: axis, y: axis}, **options)
    assert not grid.status.any() and np.abs(grid.ricci_scalar - 0.5).max() < 1e-12
    chain = ch.models.gibbs.ising_chain()
    grid = chain.on_grid({"b": [0.0, 0.5], "h": [-300.0, -18.0, 0.3, 17.0, 18.0, 25.0]}, **options)
    b, h = grid.b.values[:, None], grid.h.values[None, :]
    truth = 1 + 1 / np.sqrt(np.tanh(h) ** 2 + np.exp(-4 * b) / np.cosh(h) ** 2)
    assert not grid.status.any()
    if options:  # machine numbers of a contraction lose their digits where the metric is nearly singular
        assert np.abs(grid.ricci_scalar - truth).max() < 1e-9


@pytest.mark.parametrize("options", [{}, {"rtol": 1e-10}])
def test_scales_of_data(options):
    """R does not change when rows grow and weights shrink alike."""
    plain = neuron(20).on_grid({"theta_1": [0.3], "theta_2": [0.1]}, **options).ricci_scalar.item()
    for scale in (1e8, 1e-300):
        grid = neuron(20, scale).on_grid({"theta_1": [0.3 / scale], "theta_2": [0.1 / scale]}, **options)
        assert grid.ricci_scalar.item() == pytest.approx(plain, rel=1e-9) and not grid.status.any()


def test_saturated_weights_are_not_singular():
    grid = neuron(20).on_grid({"theta_1": [-135.9], "theta_2": [-1e4]}, rtol=1e-10)
    assert grid.status.item() in (OK, LIMIT, NOT_REPRESENTABLE)


def test_statuses_that_are_true():
    flat = RiemannianManifold(sp.diag(1, x**4), (x, y))
    assert flat.on_grid({x: [0.0, 1.0], y: 0.0}, rtol=1e-10).status.values.ravel().tolist() == [SINGULAR, OK]
    assert Formula(sp.log(x)).at([-1.0, 0.0, 2.0])[1].tolist() == [OUTSIDE, OUTSIDE, OK]
    assert Formula(1 / x).at([0.0, 2.0], rtol=1e-9)[1].tolist() == [OUTSIDE, OK]
    assert Formula(sp.sqrt(x) + sp.asin(x)).at([-0.5, 0.5, 1.5])[1].tolist() == [OUTSIDE, OK, OUTSIDE]
    assert Formula(sp.sin(x) / x).at([0.0])[1].tolist() == [LIMIT]  # 0/0 is no statement
    overflow = Formula(2 + x / sp.sqrt(1 + x**2 + sp.exp(2 * x)))  # e^(2.8e154) is past the exponents of balls
    assert overflow.at([1.4e154], rtol=1e-9)[1].tolist() in ([OK], [LIMIT])
    parallel = TwoWeightNeuron("mean_power", 2)
    rows = {s: v for s, v in zip(parallel.rows, ([1.0, 2.0], [1.0, 2.0], [0.0, 1.0]))}
    metric = on_grid(parallel, {"theta_1": [0.2], "theta_2": [0.4]}, data=rows, rtol=1e-9)
    assert metric.status.item() == SINGULAR


@pytest.mark.parametrize("options", [{}, {"rtol": 1e-10}])
@pytest.mark.parametrize(
    "formula, at, codes",
    [
        (2 + sp.log(x), [0.0, -1.0, 1.0], [OUTSIDE, OUTSIDE, OK]),
        (2 + sp.asin(x), [-1.0, 1.0, 0.5, 1.5], [OUTSIDE, OUTSIDE, OK, OUTSIDE]),  # no derivative at the ends
        (2 + sp.acosh(x), [1.0, 0.5, 2.0], [OUTSIDE, OUTSIDE, OK]),
        (2 + sp.sqrt(x), [0.0, -1.0, 4.0], [OUTSIDE, OUTSIDE, OK]),
        (1 + sp.atanh(x) ** 2, [1.0, 0.5], [OUTSIDE, OK]),
        (1 + x ** sp.Rational(5, 2), [0.0, 1.0, -1.0], [OK, OK, OUTSIDE]),  # twice differentiable at the end
        (1 + sp.exp(-1 / x), [0.0, 1.0], [OUTSIDE, OK]),
    ],
    ids=str,
)
def test_a_metric_without_value_or_derivatives_is_outside(formula, at, codes, options):
    """R of dx^2 + f dy^2 takes f, f' and f''."""
    grid = RiemannianManifold(sp.diag(1, formula), (x, y)).on_grid({x: at, y: 0.0}, **options)
    assert grid.status.values.ravel().tolist() == codes
    assert (np.isnan(grid.ricci_scalar.values.ravel()) == np.array(codes, bool)).all()


@pytest.mark.parametrize("options", [{}, {"rtol": 1e-10}])
def test_special_functions_are_real_or_say_so(options):
    values, codes = Formula(sp.polygamma(1, x)).at([-0.5, -1.5, -2.0, 2.5], **options)
    with mpmath.workdps(30):
        truth = [mpmath.polygamma(1, u) for u in (-0.5, -1.5, 2.5)]
    assert values[[0, 1, 3]] == pytest.approx([float(t) for t in truth], rel=1e-10) and codes.tolist() == [
        OK,
        OK,
        OUTSIDE,
        OK,
    ]
    assert Formula(sp.loggamma(x)).at([-0.5, -1.5, 2.5], **options)[1].tolist() == [OUTSIDE, OUTSIDE, OK]
    assert Formula(sp.LambertW(x)).at([-1.0, -0.2], **options)[1].tolist() == [OUTSIDE, OK]


def test_a_floor_and_an_average_without_the_axis():
    assert Formula(sp.floor(x) + x**2).at([-0.5, 2.5], rtol=1e-10)[0].tolist() == [-0.75, 8.25]
    values, codes = Formula(x - Mean(r, (r,))).at([0.5, 3.0], rtol=1e-10, data={"r": [1.0, 2.0, 4.0]})
    assert values == pytest.approx([0.5 - 7 / 3, 3 - 7 / 3], rel=1e-10) and not codes.any()


@pytest.mark.parametrize("options", [{}, {"rtol": 1e-10}])
def test_removable_singularities_of_the_closed_form_are_none(options):
    """R of dx^2 + f dy^2 where a denominator that was freed of roots vanishes, and f does not."""
    half_angle = RiemannianManifold(sp.diag(1, 2 + sp.tanh(sp.asinh(x) / 2)), (x, y))
    grid = half_angle.on_grid({x: [0.0, 1e-9, 1e-5], y: 0.0}, **options)
    assert grid.ricci_scalar.values.ravel() == pytest.approx([1 / 32] * 3, rel=2e-4) and not grid.status.any()
    cone = RiemannianManifold(sp.diag(1, 1 + sp.sqrt(x**2 + y**2)), (x, y))
    near = 0.6 + np.array([0.0, 1e-3, 1e-6, 1e-9, 1e-12])
    values = cone.on_grid({x: near, y: 0.8}, **options).ricci_scalar.values.ravel()
    truth = [curvature(lambda u: 1 + mpmath.sqrt(u**2 + mpmath.mpf(0.8) ** 2), mpmath.mpf(u)) for u in near]
    assert values == pytest.approx([float(t) for t in truth], rel=1e-10)


def ising_curvature(b, h):
    """1 + cosh h/sqrt(sinh^2 h + e^(-4b)) in mpmath."""
    b, h = mpmath.mpf(float(b)), mpmath.mpf(float(h))
    with mpmath.workdps(60):
        return 1 + mpmath.cosh(h) / mpmath.sqrt(mpmath.sinh(h) ** 2 + mpmath.exp(-4 * b))


@pytest.mark.parametrize("points", [3, pytest.param(40, marks=pytest.mark.slow)])
def test_a_contraction_without_a_tolerance_has_its_digits_or_no_number(monkeypatch, points):
    """g is nearly singular in a strong field: the contraction loses all digits there."""
    monkeypatch.setattr("chentsov.geometry.manifolds.recipes._SECONDS", 1e-6)
    h = np.random.default_rng(0).uniform(0, 40, points)
    grid = ch.models.gibbs.ising_chain().on_grid({"b": [0.0, 1.0], "h": [0.5, 10.0, 14.0, *h]})
    for i, b in enumerate(grid.b.values):
        for j, at in enumerate(grid.h.values):
            value = grid.ricci_scalar.values[i, j]
            assert abs(value / ising_curvature(b, at) - 1) < 1e-6 or (np.isnan(value) and grid.status.values[i, j])
    assert not grid.status.values[:, 0].any()


def test_stable_closed_forms_of_hyperbolic_functions_need_no_balls():
    axis = np.linspace(-40, 40, 60)
    grid = ch.models.gibbs.ising_chain().on_grid({"b": axis / 20, "h": axis}, rtol=1e-12)
    assert grid.attrs["cells_in_balls"] == 0 and not grid.status.any()
    for i, j in ((0, 0), (30, 29), (59, 3)):
        truth = ising_curvature(grid.b.values[i], grid.h.values[j])
        assert abs(grid.ricci_scalar.values[i, j] / truth - 1) < 1e-12
    for function in (sp.sinh, sp.cosh, sp.asinh, sp.atan):
        at = np.array([1e-3, 0.7, 3.0, 20.0])
        for plus in (0, 1):
            formula = function(sp.Rational(1, 3) * x) / 7 + plus
            values, codes = Formula(formula).at(at, rtol=1e-12)
            with mpmath.workdps(40):
                name = {sp.asinh: mpmath.asinh, sp.atan: mpmath.atan, sp.sinh: mpmath.sinh, sp.cosh: mpmath.cosh}[
                    function
                ]
                for value, u in zip(values, at):
                    truth = name(mpmath.mpf(float(u)) / 3) / 7 + plus
                    assert abs(value / truth - 1) < 1e-12
            assert not codes.any()


@pytest.mark.filterwarnings("error")
def test_zeta_of_huge_numbers_ends_soon_and_what_is_nan_warns_of_nothing():
    values, codes = Formula(sp.zeta(x)).at([2.0, 1e300, -1e300], rtol=1e-10)
    assert values[0] == pytest.approx(np.pi**2 / 6, rel=1e-10) and codes[0] == OK
    assert np.isnan(values[1:]).all() and (codes[1:] == LIMIT).all()
    codes = Formula(2 + x / sp.sqrt(x - x**3)).at([2.0, 0.5], rtol=1e-10)[1]
    assert codes.tolist() == [OUTSIDE, OK]


def test_a_root_beside_a_sign_is_written_to_an_end():
    """The sign of one root over another is written by a root: round and round, until the stack ended."""
    own = x / sp.sqrt(x**2 + sp.binomial(sp.Rational(27, 10), x) ** 2 + 1) + 2
    grid = RiemannianManifold(sp.diag(1, own), (x, y)).on_grid({x: [0.5, 2.0], y: 0.0}, rtol=1e-6)
    f = lambda u: u / mpmath.sqrt(u**2 + mpmath.binomial(mpmath.mpf(27) / 10, u) ** 2 + 1) + 2
    truth = [float(curvature(f, mpmath.mpf(u))) for u in (0.5, 2.0)]
    assert grid.ricci_scalar.values.ravel() == pytest.approx(truth, rel=1e-6)
