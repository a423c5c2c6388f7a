"""R of saturated units: few rows carry all the weight, and all that is larger than R cancels.

Right values by the formula of Cauchy and Binet, which adds up triples of rows and cancels nothing: with
D = det [(g_11, g_12, g_22); (T_111, T_112, T_122); (T_112, T_122, T_222)] and R = -D/(2 det(g)^2),

    det g = Σ_{n<m} w_n w_m |x_n, x_m|²,     D = Σ_{n<m<l} det(w, w′x, w′y)_{nml} det(x², xy, y²)_{nml},

in mpmath, with w = (∂ℓ/∂z)² and w′ written out by hand.
"""

from itertools import combinations

import chentsov as ch
import mpmath
import numpy as np
import pytest
from chentsov.models import Neuron, TwoWeightNeuron

SLOPE = 5
mpf = mpmath.mpf


def curvature(theta, x, y, t, order):
    """R of the logistic neuron with the loss (f - t)^order, of an even order."""
    x, y, t = ([mpf(v) for v in column] for column in (x, y, t))
    n = range(len(x))
    weights, slopes = [], []
    for a, b, target in zip(x, y, t):
        z = SLOPE * (mpf(theta[0]) * a + mpf(theta[1]) * b)
        f, rest = 1 / (1 + mpmath.exp(-z)), 1 / (1 + mpmath.exp(z))
        miss, step = (1 - target) * f - target * rest, f * rest
        first = order * miss ** (order - 1) * step
        second = order * (order - 1) * miss ** (order - 2) * step**2 + order * miss ** (order - 1) * step * (rest - f)
        weights.append(first**2)
        slopes.append(2 * first * second)
    det = mpmath.fsum(weights[i] * weights[j] * (x[i] * y[j] - x[j] * y[i]) ** 2 for i, j in combinations(n, 2))
    total = mpmath.fsum(
        _det3([(weights[k], slopes[k] * x[k], slopes[k] * y[k]) for k in triple])
        * _det3([(x[k] ** 2, x[k] * y[k], y[k] ** 2) for k in triple])
        for triple in combinations(n, 3)
    )
    scale, size = mpf(SLOPE), len(x)
    return -(total * scale**8 / size**3) / (2 * (det * scale**4 / size**2) ** 2)


def _det3(rows):
    (a, b, c), (d, e, f), (g, h, i) = rows
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)


def rows(seed, count=8):
    random = np.random.default_rng(seed)
    return {k: random.uniform(-1, 1, count) for k in "xy"} | {"t": (random.uniform(size=count) > 0.5) * 1.0}


@pytest.mark.parametrize(
    "order, extent", [(2, 30), *(pytest.param(*case, marks=pytest.mark.slow) for case in ((2, 2000), (4, 300)))]
)
def test_few_rows_carry_the_weight(order, extent):
    data, random = rows(order), np.random.default_rng(extent)
    axes = {name: np.sort(random.uniform(-extent, extent, 4)) for name in ("theta_1", "theta_2")}
    grid = TwoWeightNeuron("mean_power", order, data=data).on_grid(axes, rtol=1e-9)
    for i, j in np.ndindex(4, 4):
        value, code = grid.ricci_scalar.values[i, j], grid.status.values[i, j]
        with mpmath.workdps(80):
            truth = curvature((axes["theta_1"][i], axes["theta_2"][j]), data["x"], data["y"], data["t"], order)
            if code == 0:
                assert abs(mpf(value) - truth) <= mpf(1e-9) * abs(truth)
            else:  # not representable
                assert code == 5 and not mpf(1e-307) < abs(truth) < mpf(1e307)


def test_a_plain_grid_has_these_numbers_too():
    data = rows(1)
    grid = TwoWeightNeuron("mean_power", 2, data=data).on_grid({"theta_1": [-13.0, 24.0], "theta_2": [17.0, 31.0]})
    with mpmath.workdps(80):
        for cell in (grid.isel(theta_1=i, theta_2=j) for i in (0, 1) for j in (0, 1)):
            at = (cell.theta_1.item(), cell.theta_2.item())
            truth = curvature(at, data["x"], data["y"], data["t"], 2)
            assert abs(mpf(cell.ricci_scalar.item()) / truth - 1) < 1e-6


def test_hardly_a_cell_is_left_to_balls():
    axis = np.linspace(-200, 200, 12)
    neuron = TwoWeightNeuron("mean_power", 2, data=ch.models.decision_boundary(200, 0))
    grid = neuron.on_grid({"theta_1": axis, "theta_2": axis}, rtol=1e-10)
    assert not grid.status.any() and grid.attrs["cells_in_balls"] <= 2


@pytest.mark.parametrize("activation", ["tanh", "logistic"])
def test_three_weights_agree_with_balls(activation):
    """A bias as the third weight; the balls share nothing with the pivots but the formula of the loss."""
    data = rows(4, 9)
    neuron = Neuron(2, bias=True, activation=activation, data=(np.array([data["x"], data["y"]]).T, data["t"]))
    axes = {"theta_1": [6.0, -21.0], "theta_2": [14.0], "b": [-3.0, 2.0]}
    from chentsov.geometry.grids.cells import Cells

    found = neuron.on_grid(axes, rtol=1e-10)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Cells, "_pivoted", None)
        balls = neuron.on_grid(axes, rtol=1e-10)
    assert balls.attrs["cells_in_balls"] > found.attrs["cells_in_balls"]
    np.testing.assert_allclose(found.ricci_scalar, balls.ricci_scalar, rtol=2e-10)


def test_rows_on_one_line_cost_no_digits():
    """Heavy rows that are multiples of a pivot leave R to rows with weights smaller by any power of ten."""
    data = {"x": [-0.6, 1.0, 0.2, -0.8, -0.6, -0.7], "y": [-0.5, -0.6, -0.1, 0.4, -0.3, 0.8], "t": [1, 1, 0, 1, 1, 1]}
    axes = {"theta_1": [0.25, 13.0], "theta_2": [-120.5, 1000.0]}
    grid = TwoWeightNeuron("mean_power", 2, data=data).on_grid(axes, rtol=1e-9)
    assert not grid.status.any()
    with mpmath.workdps(200):  # determinants of such rows are zero only with all their digits
        for i, j in np.ndindex(2, 2):
            point = axes["theta_1"][i], axes["theta_2"][j]
            truth = curvature(point, data["x"], data["y"], data["t"], 2)
            assert abs(mpf(grid.ricci_scalar.values[i, j]) - truth) <= mpf(1e-9) * abs(truth)
