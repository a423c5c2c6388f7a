"""Dense networks: the trace relation for several outputs, symmetries of the weights, and known special cases."""

import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.exact import DifferentialField, logistic
from chentsov.models import DenseNetwork, TwoWeightNeuron, decision_boundary

RNG = np.random.default_rng(6)
SHAPES = [((2, 2), "tanh", "tanh"), ((1, 2, 2), "tanh", "identity"), ((2, 1, 3), "logistic", "identity")]
LOSSES = [("mean_power", 2), ("mean_power", 4), ("lp_norm", 2), ("lp_norm", 4), ("cross_entropy", 2)]


def _data(net, rows=9):
    inputs = RNG.normal(size=(rows, net.widths[0]))
    classes = RNG.integers(0, net.widths[-1], rows)
    return inputs, np.eye(net.widths[-1])[classes]


def _forward(net, weights, inputs, activation, final):
    """The outputs in NumPy, from the definition."""
    at, h = 0, inputs
    for layer, (m, n) in enumerate(zip(net.widths, net.widths[1:])):
        w = weights[at : at + m * n].reshape(n, m)
        b = weights[at + m * n : at + m * n + n]
        at += m * n + n
        h = h @ w.T + b
        h = (final if layer == len(net.widths) - 2 else activation)(h)
    return h


_NUMERIC = {"tanh": np.tanh, "identity": lambda u: u, "logistic": lambda u: 1 / (1 + np.exp(-u))}


def _row_losses(net, f, t):
    if net.loss_name == "mean_power":
        return ((f - t) ** net.order).mean(axis=1)
    if net.loss_name == "lp_norm":
        return (np.abs(f - t) ** net.order).sum(axis=1) ** (1 / net.order)
    return -(t * np.log(np.exp(f) / np.exp(f).sum(axis=1, keepdims=True))).sum(axis=1)


@pytest.mark.parametrize("widths, activation, final", SHAPES)
@pytest.mark.parametrize("loss, order", LOSSES)
def test_traces_and_metric_against_finite_differences(widths, activation, final, loss, order):
    net = DenseNetwork(widths, activation, final, loss, order)
    weights = RNG.normal(size=len(net.coordinates))
    inputs, targets = _data(net)
    step = 1e-5

    def differences(function):
        moves = step * np.eye(len(weights))
        return np.stack([(function(weights + e) - function(weights - e)) / (2 * step) for e in moves])

    def outputs(w):
        return _forward(net, w, inputs, _NUMERIC[activation], _NUMERIC[final])

    of_loss = differences(lambda w: _row_losses(net, outputs(w), targets))  # weights × rows
    of_outputs = differences(outputs)  # weights × rows × outputs
    fisher, kernel = net.traces_at(weights, inputs, targets)
    assert fisher == pytest.approx((of_loss**2).sum() / len(inputs), rel=1e-7)
    assert kernel == pytest.approx((of_outputs**2).sum() / len(inputs), rel=1e-7)


@pytest.mark.parametrize("loss, order", LOSSES)
def test_fisher_trace_by_way_of_the_outputs(loss, order):
    """(5.1.2) for several outputs: exactly, row by row."""
    net = DenseNetwork((1, 2), "tanh", "identity", loss, order, bias=False)
    field = DifferentialField(net.coordinates)
    assert field(net.fisher_trace - net.fisher_trace_by_output).is_zero
    if loss == "mean_power":
        assert not field(net.fisher_trace - 2 * net.fisher_trace_by_output).is_zero


@pytest.mark.parametrize("loss, order", LOSSES)
def test_fisher_trace_by_way_of_the_outputs_with_a_hidden_layer(loss, order):
    from chentsov.geometry.kernels import compile

    net = DenseNetwork((1, 2, 2), "tanh", "identity", loss, order)
    inputs, targets = _data(net)
    both = compile(
        [net.fisher_trace, net.fisher_trace_by_output], net.coordinates, data=net.row_values(inputs, targets)
    )
    for _ in range(3):
        one, other = both(*RNG.normal(size=len(net.coordinates)))
        assert float(one) == pytest.approx(float(other), rel=1e-12)


def test_one_neuron_is_the_two_weight_neuron():
    points = decision_boundary(25, 3)
    net = DenseNetwork((2, 1), final=lambda u: logistic(5 * u), loss="mean_power", order=2, bias=False)
    neuron = TwoWeightNeuron("mean_power", 2, data=points)
    inputs = np.stack([points.x, points.y], axis=1)
    grid = neuron.on_grid(
        {"theta_1": [0.3], "theta_2": [-0.6]}, ("fisher_trace", "ntk_trace", "ricci_scalar"), rtol=1e-12
    )
    assert net.traces_at([0.3, -0.6], inputs, points.t) == pytest.approx(
        (float(grid.fisher_trace.item()), float(grid.ntk_trace.item())), rel=1e-12
    )
    assert net.curvature_at([0.3, -0.6], inputs, points.t).ricci_scalar == pytest.approx(
        float(grid.ricci_scalar.item()), rel=1e-9
    )


def test_symmetries_of_the_hidden_layer_leave_the_geometry_as_it_is():
    """Exchanging two hidden units, or changing the sign of all weights of one (tanh is odd), is an isometry."""
    net = DenseNetwork((2, 2, 1), "tanh", bias=False)
    names = [s.name for s in net.coordinates]
    weights = dict(zip(names, RNG.normal(size=len(names))))
    inputs, targets = RNG.normal(size=(30, 2)), RNG.normal(size=(30, 1))

    def geometry(w):
        at = [w[n] for n in names]
        curvature = net.curvature_at(at, inputs, targets)
        return (*net.traces_at(at, inputs, targets), curvature.ricci_scalar, np.linalg.det(curvature.metric))

    exchanged = {
        **weights,
        "w1_1_1": weights["w1_2_1"],
        "w1_2_1": weights["w1_1_1"],
        "w1_1_2": weights["w1_2_2"],
        "w1_2_2": weights["w1_1_2"],
        "w2_1_1": weights["w2_1_2"],
        "w2_1_2": weights["w2_1_1"],
    }
    turned = {**weights, **{n: -weights[n] for n in ("w1_1_1", "w1_1_2", "w2_1_1")}}
    moved = {**weights, "w2_1_1": -weights["w2_1_1"]}
    for same in (exchanged, turned):
        assert geometry(same) == pytest.approx(geometry(weights), rel=1e-8)
    assert geometry(moved) != pytest.approx(geometry(weights), rel=1e-3)


def test_traces_of_the_norm_loss_of_several_outputs_are_not_proportional():
    """For one output tr g = tr Λ/N exactly; the direction of f − t enters as soon as there are two."""
    net = DenseNetwork((1, 2), final="tanh", loss="lp_norm", bias=False)
    inputs, targets = _data(net)
    ratios = [np.divide(*net.traces_at(w, inputs, targets)) for w in ([0.5, -0.2], [-1.0, 0.4])]
    assert abs(ratios[0] / ratios[1] - 1) > 1e-3


def test_names_and_counts():
    net = DenseNetwork((2, 3, 1))
    assert len(net.coordinates) == 2 * 3 + 3 + 3 + 1 and repr(net) == "<dense network 2-3-1, mean power, 13 weights>"
    assert net.coordinates[0].name == "w1_1_1" and {s.name for s in net.outputs[0].free_symbols} >= {"x_1", "b2_1"}
    custom = DenseNetwork((1, 1), final=sp.sin, bias=False)
    assert custom.outputs[0] == sp.sin(custom.coordinates[0] * custom.inputs[0])


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"widths": (2,)}, "two layers"),
        ({"widths": (2, 0)}, "at least 1"),
        ({"widths": (2, 1.5)}, "widths"),
        ({"widths": (2, 1), "loss": "hinge"}, "unknown loss"),
        ({"widths": (2, 1), "order": 3}, "even number"),
        ({"widths": (2, 1), "loss": "cross_entropy"}, "softmax of one output is 1"),
        ({"widths": (2, 1), "activation": "relu6"}, "unknown activation"),
    ],
)
def test_bad_networks(arguments, words):
    with pytest.raises(ValueError, match=words):
        DenseNetwork(**arguments)


@pytest.mark.parametrize(
    "inputs, targets, words",
    [
        (np.zeros((3, 3)), np.zeros((3, 1)), r"inputs must have the shape \(rows, 2\)"),
        (np.zeros((3, 2)), np.zeros((4, 1)), "3 rows of inputs and 4 of targets"),
        (np.zeros((1, 2)), np.zeros((1, 1)), "at least 2"),
        (np.full((3, 2), np.nan), np.zeros(3), "not finite in row 0"),
    ],
)
def test_bad_rows(inputs, targets, words):
    with pytest.raises(ValueError, match=words):
        DenseNetwork((2, 1)).row_values(inputs, targets)


def test_wrong_number_of_weights():
    with pytest.raises(ValueError, match="has 3 weights, not 2"):
        DenseNetwork((2, 1)).traces_at([0, 0], np.zeros((2, 2)), np.zeros(2))


def test_r_along_the_path_of_many_weights():
    """R is looped along the path, not written out; at each step it is that of the per-row gradients (QR)."""
    inputs = np.random.default_rng(0).normal(size=(60, 2))
    net = DenseNetwork((2, 3, 1), data=(inputs, np.tanh(inputs[:, 0] * inputs[:, 1])))
    start = np.random.default_rng(1).normal(size=13)
    path = net.train(start, steps=2, quantities=("loss", "ricci_scalar"))
    for step in (0, 2):
        point = [float(path[w.name][step]) for w in net.coordinates]
        assert np.isclose(float(path.ricci_scalar[step]), net.curvature_at(point).ricci_scalar, rtol=1e-6)
