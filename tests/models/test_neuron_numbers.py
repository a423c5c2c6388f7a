"""The neuron's numbers: the compiled grid and path against many-digit arithmetic, for every loss."""

import numpy as np
import pytest
import sympy as sp
import xarray as xr
from chentsov.geometry.exact import Mean
from chentsov.models import LabelledPoints, TwoWeightNeuron, decision_boundary
from chentsov.models.neuron import weight_axes
from chentsov.models.training import TrainingError, descend
from mpmath import mp

LOSSES = [
    ("mean_power", 2),
    ("mean_power", 3),
    ("mean_power", 4),
    ("mean_power", 6),
    ("lp_norm", 2),
    ("cross_entropy", 2),
]
QUANTITIES = ("loss", "metric", "fisher_trace", "ntk_trace", "ricci_scalar")


class Exact:
    """Closed forms of a neuron, averaged over its rows with 50 digits."""

    def __init__(self, neuron, expressions):
        self.neuron = neuron
        self.means = sorted(set().union(*(sp.sympify(e).atoms(Mean) for e in expressions)), key=str)
        names = [sp.Dummy() for _ in self.means]
        functions = [{"logistic": lambda u: 1 / (1 + mp.exp(-u))}, "mpmath"]
        self.integrands = sp.lambdify(
            [*neuron.coordinates, *neuron.rows], [m.expression for m in self.means], functions, cse=True
        )
        outer = [e.xreplace(dict(zip(self.means, names))) for e in expressions]
        self.outer = sp.lambdify([*neuron.coordinates, *names], outer, functions)
        self.rows = [tuple(mp.mpf(float(v)) for v in row) for row in zip(neuron.data.x, neuron.data.y, neuron.data.t)]

    def __call__(self, a, b):
        with mp.workdps(75):
            at = mp.mpf(float(a)), mp.mpf(float(b))
            columns = zip(*(self.integrands(*at, *row) for row in self.rows))
            return self.outer(*at, *(mp.fsum(column) / len(self.rows) for column in columns))


def _worst_error(loss, order, count, seed):
    neuron = TwoWeightNeuron(loss, order, data=decision_boundary(200, 0))
    axes = weight_axes(256)
    values = neuron.on_grid(axes)["ricci_scalar"].values
    exact = Exact(neuron, [neuron.ricci_scalar])
    corners = [(i, j) for i in (0, 255) for j in (0, 255)]
    cells = corners + [tuple(c) for c in np.random.default_rng(seed).integers(0, 256, (count, 2))]
    with mp.workdps(50):
        return max(float(abs(values[i, j] / exact(axes["theta_1"][i], axes["theta_2"][j])[0] - 1)) for i, j in cells)


@pytest.mark.parametrize("loss, order", LOSSES)
def test_curvature_to_nine_digits_at_random_cells_and_corners(loss, order):
    assert _worst_error(loss, order, count=12, seed=1) < 1e-9


@pytest.mark.slow
@pytest.mark.parametrize("loss, order", LOSSES)
def test_curvature_to_nine_digits_at_200_random_cells_and_corners(loss, order):
    assert _worst_error(loss, order, count=200, seed=2) < 1e-9


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("loss, order", LOSSES)
def test_every_number_is_finite(loss, order, dtype):
    neuron = TwoWeightNeuron(loss, order, data=decision_boundary(200, 0))
    grid = neuron.on_grid(weight_axes(64), QUANTITIES, dtype=dtype)
    for name in QUANTITIES:
        assert grid[name].dtype == dtype and np.isfinite(grid[name].values).all(), name
    assert (grid["status"] == 0).all()


@pytest.mark.parametrize("loss, order", LOSSES)
def test_all_quantities_of_a_grid_with_odd_targets(loss, order):
    """Targets inside (0, 1), unequal axes: nothing leans on the classes being 0 and 1."""
    rng = np.random.default_rng(8)
    data = LabelledPoints(rng.normal(size=25), rng.normal(size=25), rng.random(25))
    neuron = TwoWeightNeuron(loss, order, slope=1.5, data=data)
    grid = neuron.on_grid({"theta_1": [-0.7, 0.2, 1.1], "theta_2": [0.4, 0.9]}, QUANTITIES)
    scalars = ("loss", "fisher_trace", "ntk_trace", "ricci_scalar")
    exact = Exact(neuron, [*(neuron.expression_of(n) for n in scalars), *neuron.metric])
    for a in grid["theta_1"].values:
        for b in grid["theta_2"].values:
            values = exact(a, b)
            cell = grid.sel(theta_1=a, theta_2=b)
            for name, value in zip(scalars, values):
                assert abs(float(cell[name]) - value) <= 1e-10 * abs(value), name
            matrix = cell["metric"].transpose("i", "j").values.ravel()
            assert all(abs(ours - value) <= 1e-12 * abs(value) for ours, value in zip(matrix, values[4:]))


def test_path_follows_the_gradient_and_carries_the_quantities():
    neuron = TwoWeightNeuron("cross_entropy", data=decision_boundary(60, 4))
    path = neuron.train(steps=30, learning_rate=0.1)
    assert isinstance(path, xr.Dataset) and path.sizes["step"] == 31
    assert (float(path.theta_1[0]), float(path.theta_2[0])) == (0.5, 0.5)
    names = ("loss", "fisher_trace", "ntk_trace", "ricci_scalar")
    exact = Exact(neuron, [*neuron.loss_gradient, *(neuron.expression_of(n) for n in names)])
    for k in (0, 7, 29):
        values = exact(path.theta_1[k], path.theta_2[k])
        for theta, slope in zip((path.theta_1, path.theta_2), values):
            assert float(theta[k + 1]) == pytest.approx(float(theta[k] - 0.1 * float(slope)), rel=1e-13)
        for name, value in zip(names, values[2:]):
            assert float(path[name][k]) == pytest.approx(float(value), rel=1e-10), name


@pytest.mark.parametrize(
    "loss, order", [LOSSES[0], *(pytest.param(*case, marks=pytest.mark.slow) for case in LOSSES[1:])]
)
def test_default_training_goes_down_into_the_valley(loss, order):
    neuron = TwoWeightNeuron(loss, order, data=decision_boundary(200, 0))
    path = neuron.train()
    assert (np.diff(path.loss.values) < 0).all()
    end = float(path.theta_1[-1]), float(path.theta_2[-1])
    assert end[0] < -1 and end[1] > 1 and abs(sum(end)) < 0.1
    assert path.attrs["predicted_right"] >= 198
    assert float(path.ricci_scalar[-1]) < float(path.ricci_scalar[0]) < 0


def test_targets_below_one_half_count_as_the_other_class():
    data = LabelledPoints([0.1, 0.9], [0.9, 0.1], [0.9, 0.2])
    assert TwoWeightNeuron(slope=-5, data=data).train(start=(1, -1), steps=0).attrs["predicted_right"] == 2


@pytest.mark.parametrize(
    "options, words",
    [
        ({"learning_rate": 0}, "learning rate"),
        ({"learning_rate": -1.0}, "learning rate"),
        ({"learning_rate": float("nan")}, "learning rate"),
        ({"steps": -1}, "steps"),
        ({"steps": 2.5}, "steps"),
        ({"start": (float("inf"), 0)}, "finite"),
    ],
)
def test_bad_training(options, words):
    neuron = TwoWeightNeuron(data=decision_boundary(5, 0))
    with pytest.raises(TrainingError, match=words):
        neuron.train(**options)


def test_a_path_that_runs_away_is_an_error():
    with (
        np.errstate(over="ignore"),
        pytest.raises(TrainingError, match="left the numbers at step .* lower the learning rate"),
    ):
        descend(lambda a: (a**3,), [2.0], learning_rate=10, steps=50)


def test_saturated_weights_have_numbers_too():
    """At |z| of hundreds, 1 − f is far below the smallest step of f; the loss as written would be 0·∞."""
    neuron = TwoWeightNeuron("cross_entropy", data=decision_boundary(20, 0))
    grid = neuron.on_grid({"theta_1": [100.0], "theta_2": [100.0]}, ("loss", "fisher_trace"))
    exact = Exact(neuron, [neuron.fisher_trace])
    assert float(grid["fisher_trace"][0, 0]) == pytest.approx(float(exact(100, 100)[0]), rel=1e-12)
    z = 500 * (neuron.data.x + neuron.data.y)
    assert float(grid["loss"][0, 0]) == pytest.approx(float(np.mean(np.where(neuron.data.t > 0, 0, z))), rel=1e-12)


def test_two_rows_make_a_flat_manifold_and_the_others_have_their_numbers():
    """R vanishes identically, which is recognised; a relative tolerance alone could not tell."""
    neuron = TwoWeightNeuron(data=LabelledPoints([0.1, 0.8], [0.9, 0.3], [1, 0]))
    grid = neuron.on_grid(weight_axes(24), QUANTITIES, rtol=1e-9)
    assert (grid["ricci_scalar"] == 0).all() and (grid["status"] == 0).all()
    for name in QUANTITIES[:-1]:
        assert grid[name].notnull().all(), name
