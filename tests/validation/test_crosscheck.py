"""The cross-check: it agrees where it should, and it notices where it should not."""

import json
import math
import time
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
import xarray as xr
from chentsov.geometry.exact import Mean
from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.kernels.native import cache
from chentsov.geometry.manifolds import RiemannianManifold
from chentsov.geometry.validation import crosscheck_einsteinpy as oracle
from chentsov.geometry.validation.crosscheck import crosscheck, crosscheck_grid, relative_difference
from chentsov.models import DenseNetwork, TwoWeightNeuron, decision_boundary
from mpmath import mp

a, b = sp.symbols("a b", positive=True)
INDICES = ((), (0,), (1,), (0, 0), (0, 1), (1, 1))
POINTS = decision_boundary(15, seed=5)


def _jet(metric, at, number):
    """g, ∂g, ∂²g by SymPy's own differentiation."""
    jet = {}
    for i, j in ((0, 0), (0, 1), (1, 1)):
        jet[i, j] = {
            index: number(
                sp.sympify(metric[i][j]).diff(*[(a, b)[k] for k in index]).subs(at)
                if index
                else sp.sympify(metric[i][j]).subs(at)
            )
            for index in INDICES
        }
    return jet


@pytest.mark.parametrize(
    "metric, curvature",
    [
        ([[1, 0], [0, sp.sin(a) ** 2]], 2),
        ([[1, 0], [0, a**2]], 0),
        ([[1 / b**2, 0], [0, 1 / b**2]], -2),
        ([[1 / b**2, 0], [0, 2 / b**2]], -1),
        ([[-1, 0], [0, sp.cosh(a) ** 2]], 2),  # de Sitter space of two dimensions
    ],
)
def test_the_oracles_formula_on_known_surfaces(metric, curvature):
    jet = _jet(metric, {a: sp.Rational(7, 10), b: sp.Rational(4, 3)}, lambda v: float(v))
    assert math.isclose(oracle.ricci_scalar_of_jet(jet), curvature, abs_tol=1e-13)


def test_the_oracles_formula_is_exact_in_exact_numbers():
    metric = [[1 + a**2 + b, a * b - 1], [a * b - 1, 3 + b**4 + a]]
    at = {a: sp.Rational(2, 3), b: sp.Rational(-1, 5)}
    theirs = oracle.ricci_scalar_of_jet(_jet(metric, at, lambda v: Fraction(int(v.p), int(v.q))))
    ours = RiemannianManifold(metric, (a, b)).ricci_scalar.subs(at)
    assert theirs == Fraction(int(ours.p), int(ours.q))


def test_the_formula_is_kept_as_integers_and_a_broken_file_is_made_anew(tmp_path, monkeypatch):
    monkeypatch.setenv("CHENTSOV_CACHE", str(tmp_path))
    jets = oracle._jet_symbols()
    derived = []

    def derive():
        derived.append(1)
        return (3 * jets[(0, 0), ()] - jets[(1, 1), (0, 0)]) / (2 * jets[(0, 1), ()])

    monkeypatch.setattr(oracle, "_derive_surface_formula", derive)
    fresh = oracle._surface_formula.__wrapped__
    first = fresh()
    (kept,) = cache.folder().glob("*.json")
    assert fresh() == first and len(derived) == 1
    for broken in ("", "not json", "[[]]", "[[[[1], 2]], [[[1], 2]]]", json.dumps([[[["x"] * 18, 1]], []])):
        kept.write_text(broken)
        derived.clear()
        assert fresh() == first and len(derived) == 1
    assert all(isinstance(c, int) for part in first for _, c in part)


@pytest.mark.parametrize("quantity", ["christoffel", "riemann", "riemann_lowered", "ricci", "ricci_scalar", "einstein"])
def test_symbolic_route_on_the_conventions(quantity):
    manifold = RiemannianManifold([[1 + a**2, a * b], [a * b, 1 + b**2]], (a, b), name="paraboloid")
    result = crosscheck(manifold, quantity, points=3)
    assert result and result.comparisons[0].points == 3 and "paraboloid" in str(result) and "pass" in str(result)


def test_constants_and_three_dimensions():
    x, y, z = sp.symbols("x y z", positive=True)
    k = sp.Symbol("k", positive=True)
    manifold = RiemannianManifold(sp.diag(1, k * x**2, x**2 * y), (x, y, z))
    assert crosscheck(manifold, "ricci", points=2, constants={"k": 3}).passed
    with pytest.raises(ValueError, match="'q' is not a coordinate or constant"):
        crosscheck(manifold, "ricci", constants={"q": 3})


class _Wrong:
    """A source whose R is off by a relative amount."""

    def __init__(self, manifold, factor):
        self.manifold, self.factor = manifold, factor
        self.coordinates, self.metric, self.name = manifold.coordinates, manifold.metric, "wrong"

    def expression_of(self, name):
        return self.factor * self.manifold.expression_of(name)


@pytest.mark.parametrize("factor", [-1, 2, 1 + sp.Rational(1, 10**15)])
def test_a_wrong_curvature_is_noticed(factor):
    manifold = RiemannianManifold([[1 + a**2, a * b], [a * b, 1 + b**2]], (a, b))
    result = crosscheck(_Wrong(manifold, factor))
    assert not result.passed and "FAIL" in str(result)
    assert math.isclose(result.comparisons[0].worst, abs(factor - 1) / max(1, abs(factor)), rel_tol=1e-9)


@pytest.mark.parametrize("loss, order", [("mean_power", 2), ("mean_power", 5), ("lp_norm", 2), ("cross_entropy", 2)])
def test_the_neuron_through_jets(loss, order):
    neuron = TwoWeightNeuron(loss, order, data=POINTS)
    result = crosscheck(neuron, points=3)
    assert result.passed and result.comparisons[0].worst < 1e-28
    # and by the generic road, ball arithmetic on the metric instead of the model's own jets
    generic = crosscheck(neuron.manifold, points=2, data=neuron.row_values())
    assert generic.passed


def test_means_are_compared_in_two_dimensions_only():
    x = sp.Symbol("x", real=True)
    line = RiemannianManifold([[Mean(sp.exp(a * x), (x,))]], (a,))
    with pytest.raises(ValueError, match="two dimensions"):
        crosscheck(line, data={x: [0.1, 0.2]})


def _grid(neuron, axis):
    """R on a grid, from the oracle itself, so that the comparison starts from agreement."""
    with mp.workdps(200):
        values = [[float(oracle.ricci_scalar_of_jet(neuron.metric_jet((p, q), 25))) for q in axis] for p in axis]
    return xr.Dataset({"ricci_scalar": (("theta_1", "theta_2"), np.array(values))}, {"theta_1": axis, "theta_2": axis})


def test_a_wrong_cell_of_a_grid_is_noticed():
    neuron = TwoWeightNeuron("mean_power", 2, data=POINTS)
    grid = _grid(neuron, np.array([-1.0, 0.25, 2.0]))
    good = crosscheck_grid(neuron, grid, points=9)
    assert good.passed and good.comparisons[0].points == 9 and good.comparisons[0].worst < 1e-14
    swapped = grid.copy(deep=True)
    swapped["ricci_scalar"].values[:] = swapped["ricci_scalar"].values.T
    assert not crosscheck_grid(neuron, swapped, points=9).passed
    for cell in ((0, 0), (1, 2)):
        bad = grid.copy(deep=True)
        bad["ricci_scalar"].values[cell] *= 1 + 1e-6
        assert not crosscheck_grid(neuron, bad, points=9).passed
    holed = grid.copy(deep=True)
    holed["ricci_scalar"].values[0, 0] = np.nan
    assert crosscheck_grid(neuron, holed, points=9).comparisons[0].points == 8
    holed["ricci_scalar"].values[:] = np.nan
    with pytest.raises(ValueError, match="holds a number"):
        crosscheck_grid(neuron, holed)


def test_cells_are_drawn_among_those_with_numbers():
    neuron = TwoWeightNeuron("mean_power", 2, data=POINTS)
    axis = np.linspace(-1, 1, 9)
    values = np.full((9, 9), np.nan)
    with mp.workdps(200):
        values[3, 5] = float(oracle.ricci_scalar_of_jet(neuron.metric_jet((axis[3], axis[5]), 25)))
    grid = xr.Dataset({"ricci_scalar": (("theta_1", "theta_2"), values)}, {"theta_1": axis, "theta_2": axis})
    found = crosscheck_grid(neuron, grid, points=4)
    assert found.passed and found.comparisons[0].points == 1


def test_a_flat_manifold_of_two_rows():
    neuron = TwoWeightNeuron("cross_entropy", data=decision_boundary(2, 0))
    assert crosscheck(neuron, points=3).passed


def test_a_vanishing_curvature_is_compared_with_the_size_of_its_terms():
    """At θ = 0 every row of the norm loss has f = 1/2, T = 0 and R = 0."""
    neuron = TwoWeightNeuron("lp_norm", data=POINTS)
    axis = np.zeros(1)
    for value, passed in ((0.0, True), (1e-14, True), (1e-3, False)):
        grid = xr.Dataset({"ricci_scalar": (("theta_1", "theta_2"), [[value]])}, {"theta_1": axis, "theta_2": axis})
        assert crosscheck_grid(neuron, grid, points=1).passed is passed


def test_transposed_dimensions_mean_the_same():
    neuron = TwoWeightNeuron("lp_norm", data=POINTS)
    grid = _grid(neuron, np.array([-1.0, 2.0]))
    assert crosscheck_grid(neuron, grid.transpose("theta_2", "theta_1"), points=4).passed


def test_bad_requests():
    manifold = RiemannianManifold([[1, 0], [0, a**2]], (a, b))
    with pytest.raises(ValueError, match="unknown oracle 'maxima'"):
        crosscheck(manifold, oracle="maxima")
    with pytest.raises(ValueError, match="not 'curl'"):
        crosscheck(manifold, "curl")
    with pytest.raises(ValueError, match="at least one point"):
        crosscheck(manifold, points=0)
    with pytest.raises(ValueError, match="not finite at any"):
        crosscheck(RiemannianManifold([[1, 0], [0, (1 + a**2 * sp.log(a - 9)) ** 2]], (a, b)), "christoffel", points=2)


def test_time_limit(monkeypatch):
    import einsteinpy.symbolic

    monkeypatch.setattr(einsteinpy.symbolic.RicciScalar, "from_metric", classmethod(lambda cls, metric: time.sleep(30)))
    start = time.monotonic()
    with pytest.raises(oracle.OracleTimeout, match="ricci_scalar did not finish within 0.2 s"):
        crosscheck(RiemannianManifold([[1, 0], [0, a**2]], (a, b)), seconds=0.2)
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("ours, theirs, expected", [(1, 1, 0), (0, 0, 0), (0, 1e-300, 1), (1, -1, 2), (2.0, 1.0, 0.5)])
def test_relative_difference(ours, theirs, expected):
    assert relative_difference(ours, theirs) == expected == relative_difference(theirs, ours)
    assert math.isnan(relative_difference(ours, math.nan))


@pytest.mark.parametrize("quantity", ["ricci_scalar", pytest.param("christoffel", marks=pytest.mark.slow)])
def test_a_metric_without_a_cheap_closed_form_is_compared_by_contractions(monkeypatch, quantity):
    monkeypatch.setattr("chentsov.geometry.validation.crosscheck.closed_form_pays", lambda manifold, name: False)
    manifold = RiemannianManifold([[2 + a**2, a * b / 9], [a * b / 9, 3 + b]], (a, b))
    found = crosscheck(manifold, quantity, points=2)
    assert found.passed and found.comparisons[0].route == "numeric"
    assert found.comparisons[0].worst < 1e-25


def test_data_by_name_and_by_symbol_are_the_same_data():
    model = DenseNetwork([2, 1], activation="tanh", bias=False)
    columns = {"x_1": [0.5, -1.0, 0.25], "x_2": [1.0, 0.75, -0.5], "t_1": [1.0, 0.0, 1.0]}
    by_name, by_symbol = (
        crosscheck(model, data=data, points=2) for data in (columns, {s: columns[s.name] for s in model.rows})
    )
    assert by_name.passed and by_name.rows[0].worst == by_symbol.rows[0].worst
    with pytest.raises(InputError, match="no data for the row variable t_1"):
        crosscheck(model, data={"x_1": [1.0], "x_2": [2.0]})


def test_a_determinant_lost_in_cancellation_is_computed_with_more_digits():
    """Two rows, of which one is saturated by a hundred digits more: det g ~ 1e-389 beside (tr g)² ~ 1e-252; R = 0."""
    neuron = TwoWeightNeuron("mean_power", 2, slope=5, data={"x": [10, 3], "y": [2, 4], "t": [1, 0]})
    axis = np.array([-3.0, 3.0])
    zero = xr.Dataset({"ricci_scalar": (("theta_1", "theta_2"), np.zeros((2, 2)))}, {"theta_1": axis, "theta_2": axis})
    assert crosscheck_grid(neuron, zero, points=1).passed
