"""Curvature with null directions divided out: at, below and past the interpolation threshold."""

import numpy as np
import pytest
from chentsov.geometry.manifolds import ManifoldError
from chentsov.geometry.manifolds.gauss import LEAST_GAP, curvature_of_image
from chentsov.models import DenseNetwork, Neuron, NumericNetwork
from chentsov.models.datasets import DataError

from benchmarks.networks.reference import reference, roots_of_softmax, softplus

RNG = np.random.default_rng(11)


def _rows(widths, count, seed=0):
    draw = np.random.default_rng(seed)
    classes = draw.integers(0, widths[-1], count)
    targets = np.eye(widths[-1])[classes] if widths[-1] > 1 else draw.normal(size=(count, 1))
    return draw.normal(size=(count, widths[0])), targets


@pytest.mark.parametrize("widths, count", [((2, 2, 1), 14), ((1, 2, 1), 9), ((2, 3, 1), 20)])
def test_fifty_digits_at_full_rank(widths, count):
    x, t = _rows(widths, count)
    net = DenseNetwork(widths, "tanh", data=(x, t))
    weights = np.random.default_rng(2).normal(size=len(net.coordinates))
    known = reference(widths, weights, x, t)
    found = net.reduced_curvature_at(weights)
    assert (found.rank, found.nullity, found.reason) == (len(weights), 0, "")
    assert abs(found.ricci_scalar - known) <= found.error < 1e-3 * abs(known)
    if widths[0] > 1:  # better conditioned
        assert found.ricci_scalar == pytest.approx(known, rel=1e-8)
    assert net.curvature_at(weights).ricci_scalar == pytest.approx(known, abs=found.error)


@pytest.mark.slow
@pytest.mark.parametrize("widths", [(2, 2, 1), (2, 3, 1)])
def test_fifty_digits_on_a_slice_and_along_training(widths):
    x, t = _rows(widths, 60)
    net = DenseNetwork(widths, "tanh", data=(x, t))
    start = dict(zip((c.name for c in net.coordinates), np.random.default_rng(5).normal(size=len(net.coordinates))))
    axes = start | {name: start[name] + np.array([-0.7, 0.6]) for name in ("w1_1_1", "w2_1_1")}
    grid = net.on_grid(axes, "ricci_scalar").ricci_scalar
    for i, j in ((0, 1), (1, 0)):
        cell = grid.isel(w1_1_1=i, w2_1_1=j)
        point = list((start | {name: float(cell[name]) for name in ("w1_1_1", "w2_1_1")}).values())
        assert float(cell) == pytest.approx(reference(widths, point, x, t), rel=1e-8)
    path = net.train(list(start.values()), steps=300, quantities=("loss", "ricci_scalar"))
    for step in (0, 150, 300):
        point = [float(path[c.name][step]) for c in net.coordinates]
        assert float(path.ricci_scalar[step]) == pytest.approx(reference(widths, point, x, t), rel=1e-8)


def test_fifty_digits_past_null_directions():
    """A softmax does not notice a number added to all logits: with b of the last layer and the weights of each unit that
    number has three directions here. Holding one logit's weights fixed is a slice across them, with the same image."""
    widths, count = (1, 2, 2), 12
    x, t = _rows(widths, count)
    net = DenseNetwork(widths, "softplus", loss="cross_entropy", data=(x, t))
    weights = np.random.default_rng(4).normal(size=len(net.coordinates))
    names = [s.name for s in net.coordinates]
    chosen = [k for k, n in enumerate(names) if n not in ("w2_2_1", "w2_2_2", "b2_2")]
    known = reference(widths, weights, x, t, activation=softplus, outcome=roots_of_softmax, chosen=chosen)
    found = net.reduced_curvature_at(weights, fisher="true")
    assert (found.rank, found.nullity) == (7, 3)
    assert found.ricci_scalar == pytest.approx(known, rel=1e-7) and found.ricci_scalar < 0


@pytest.mark.parametrize("widths", [(2, 3, 1), (1, 6, 1), (2, 3, 2, 1)])
@pytest.mark.parametrize("activation", ["tanh", "logistic", "softplus"])
def test_with_as_many_independent_gradients_as_rows_a_network_is_flat(widths, activation):
    x, t = _rows(widths, 4)
    net = DenseNetwork(widths, activation)
    found = net.reduced_curvature_at(RNG.normal(size=len(net.coordinates)), x, t)
    assert (found.rank, found.ricci_scalar, found.error) == (4, 0.0, 0.0) and found.gap > LEAST_GAP


@pytest.mark.parametrize(
    "widths, count", [((2, 4, 3), 2), ((2, 4, 3), 3), ((2, 5, 4), 2), ((3, 4, 5), 2), ((2, 9, 2), 5)]
)
def test_the_true_metric_of_classes_is_a_product_of_spheres(widths, count):
    """N spheres of dimension K − 1 and radius 2/√N have R = N · (K−1)(K−2) N/4."""
    x, _ = _rows(widths, count)
    net = NumericNetwork(widths, "tanh", dtype="float64")
    found = net.reduced_curvature(net.initial(3), x, fisher="true")
    classes = widths[-1]
    assert found.rank == count * (classes - 1)
    assert found.ricci_scalar == pytest.approx(count**2 * (classes - 1) * (classes - 2) / 4, rel=1e-8, abs=1e-8)


@pytest.mark.parametrize("fisher", ["empirical", "true"])
@pytest.mark.parametrize("loss, widths", [("cross_entropy", (2, 3, 3)), ("mean_power", (2, 2, 2))])
@pytest.mark.parametrize("count", [3, 30])
def test_symbols_and_numbers_agree(fisher, loss, widths, count):
    x, t = _rows(widths, count, 5)
    net = DenseNetwork(widths, "tanh", loss=loss, order=2 if loss == "mean_power" else None, data=(x, t))
    weights = np.random.default_rng(6).normal(size=len(net.coordinates))
    one = net.reduced_curvature_at(weights, fisher=fisher)
    numeric = net.numeric()
    other = numeric.reduced_curvature(numeric.from_vector(weights), x, t, fisher=fisher)
    assert one.rank == other.rank and not one.reason
    np.testing.assert_allclose(one.singular_values[: one.rank], other.singular_values[: one.rank], rtol=1e-9)
    assert one.ricci_scalar == pytest.approx(other.ricci_scalar, rel=1e-7, abs=1e-7)


def test_a_large_network_in_single_precision():
    net = NumericNetwork((20, 100, 100, 3), "relu")
    x, t = _rows((20, 3), 4)
    weights = net.initial(1)
    found = net.reduced_curvature(weights, x, t)
    assert (found.rank, found.ricci_scalar) == (4, 0.0)
    assert net.reduced_curvature(weights, x, fisher="true").ricci_scalar == pytest.approx(8.0, rel=1e-9)


def test_where_the_rank_is_not_decidable_there_is_no_number():
    """Two inputs 10⁻¹⁰ apart: whether their gradients are two or one, rounding hides."""
    x, t = np.array([[0.3, 0.1], [0.3, 0.1 + 1e-10], [-0.4, 0.8]]), np.array([[1.0], [1.0], [0.2]])
    net = DenseNetwork((2, 2, 1), "tanh")
    found = net.reduced_curvature_at(RNG.normal(size=9), x, t)
    assert np.isnan(found.ricci_scalar) and np.isnan(found.mean_curvature)
    assert found.gap < LEAST_GAP and "the rank is not decidable" in found.reason and f"{found.gap:.2g}" in found.reason


@pytest.mark.parametrize("scale", [1, 20, 40, 60])
def test_the_error_covers_what_saturation_loses(scale):
    inputs = scale * np.random.default_rng(3).normal(size=(5, 2))
    network = NumericNetwork((2, 4, 3), "tanh", dtype="float64")
    found = network.reduced_curvature(network.initial(seed=0), inputs, fisher="true")
    right = 5**2 * (3 - 1) * (3 - 2) / 4
    if scale == 60:
        assert np.isnan(found.ricci_scalar) and "no digit is left" in found.reason
    else:
        assert abs(found.ricci_scalar - right) <= found.error < 1e-2


def test_where_the_rank_is_larger_beside_the_point_there_is_no_number():
    """a tanh(b x) at b = 0: only b changes anything, though along a the tangent does not turn; a little away both do."""
    net = DenseNetwork((1, 1, 1), "tanh", bias=False)
    x, t = np.linspace(-1, 1, 7)[:, None], np.ones((7, 1))
    assert "1 at this point and 2 beside it" in net.reduced_curvature_at([0.0, 0.7], x, t).reason
    assert np.isfinite(net.reduced_curvature_at([0.4, 0.7], x, t).ricci_scalar)
    nowhere = net.reduced_curvature_at([0.0, 0.0], x, t)  # no direction changes anything
    assert nowhere.rank == 0 and nowhere.reason


def test_a_map_and_its_cone():
    """The cone over a circle is flat; a sphere with idle directions, and one that is stretched, is a sphere."""
    turn = np.array([[np.cos(0.3), -2 * np.sin(0.3)], [np.sin(0.3), 2 * np.cos(0.3)], [1.0, 0.0]])
    bend = np.zeros((2, 2, 3))
    bend[0, 1] = bend[1, 0] = [-np.sin(0.3), np.cos(0.3), 0]
    bend[1, 1] = [-2 * np.cos(0.3), -2 * np.sin(0.3), 0]
    assert abs(curvature_of_image(turn, bend).ricci_scalar) < 1e-14
    with pytest.raises(ManifoldError, match="not finite"):
        curvature_of_image(turn * np.nan, bend)


@pytest.mark.slow
def test_gradients_and_hessians_at_random_curve_negatively():
    """Independent normal gradients and Hessians: E R = −P(P−1) N/(N−P−1) (docs/interpolation.md)."""
    from chentsov.geometry.kernels.rows import of_rows

    p, n, samples = 3, 16, 12_000
    draw = np.random.default_rng(0)
    pairs = [(i, j) for i in range(p) for j in range(i, p)]
    jet = draw.normal(size=(p + len(pairs), samples, n))
    for k, (i, j) in enumerate(pairs):
        jet[p + k] *= np.sqrt(2) if i == j else 1
    rows = {(k,): k for k in range(p)} | {q: p + k for k, q in enumerate(pairs)}
    found = of_rows(p, "ricci_scalar", jet, rows)[0]
    expected = -p * (p - 1) * n / (n - p - 1)
    assert found.mean() == pytest.approx(expected, abs=5 * found.std() / np.sqrt(samples))
    assert found.std() / np.sqrt(samples) < 0.03 * abs(expected)


def test_bad_questions():
    x, t = _rows((2, 2), 3)
    net = DenseNetwork((2, 2), "tanh", loss="lp_norm", data=(x, t))
    weights = np.ones(6)
    with pytest.raises(ValueError, match="choose 'empirical' or 'true'"):
        net.reduced_curvature_at(weights, fisher="both")
    with pytest.raises(ValueError, match="has no true Fisher metric"):
        net.reduced_curvature_at(weights, fisher="true")
    numeric = NumericNetwork((2, 2))
    with pytest.raises(DataError, match="needs targets"):
        numeric.reduced_curvature(numeric.initial(), x)
    unit = Neuron(inputs=1, bias=True)
    assert unit.reduced_curvature_at([0.3, 0.1], [[0.2], [0.5], [1.0]], [1, 0, 1]).rank == 2
