"""Gradient flows of a loss over data: against closed forms, against the kernel (4.2.2), against descent by steps."""

import chentsov as ch
import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.manifolds import ManifoldError
from chentsov.models import DenseNetwork, TwoWeightNeuron, decision_boundary
from scipy.linalg import expm

X = np.array([[0.5, 1.0], [-1.0, 0.3], [0.2, -0.7], [1.5, 0.4], [-0.3, 0.9]])
T = np.array([0.3, -0.2, 0.9, 0.1, 0.5])


def test_a_linear_model_has_a_closed_form():
    """L = E(θ·x − t)²: θ(s) = θ* + exp(−2 s E[xxᵀ]) (θ₀ − θ*) plainly; naturally of the true metric 2E[xxᵀ], e^{−s}."""
    net = DenseNetwork((2, 1), bias=False, data=(X, T))
    start, gram = np.array([1.0, -2.0]), X.T @ X / len(X)
    best = np.linalg.solve(gram, X.T @ T / len(X))
    path = net.training_flow().trajectory(start, [0.0, 0.7, 2.0], data=net.row_values())
    for time, position in zip(path.t.values, path.position.values):
        np.testing.assert_allclose(position, best + expm(-2 * time * gram) @ (start - best), rtol=1e-9)
    a, b = net.coordinates
    x, y = net.inputs
    mean = [[2 * ch.Mean(p * q, (x, y)) for q in (x, y)] for p in (x, y)]
    natural = ch.Flow.gradient(ch.RiemannianManifold(mean, (a, b)), net.loss)
    path = natural.trajectory(start, [0.0, 1.5], data=net.row_values())
    np.testing.assert_allclose(path.position[-1], best + np.exp(-1.5) * (start - best), rtol=1e-9)
    np.testing.assert_allclose(path.velocity[-1], best - path.position.values[-1], rtol=1e-8)


def test_the_natural_gradient_lowers_every_loss_at_the_same_rate():
    """With as many weights as rows the losses are flat coordinates, in which the flow is straight: ℓ_n(s) = ℓ_n(0) − s."""
    x, t = np.array([[-1.5], [0.1], [0.9], [2.5]]), np.array([[2.0], [-1.5], [1.5], [-2.0]])
    net = DenseNetwork((1, 1, 1), "tanh", data=(x, t))
    start = [1.18, -0.22, 2.06, 1.37]
    flow = net.training_flow(natural=True)
    path = flow.trajectory(start, [0.0, 0.2, 0.4], data=net.row_values())
    assert path.attrs["ending"] == "reached the last time"
    w, b, v, c = path.position.values.T[:, :, None]
    losses = (v * np.tanh(w * x.T + b) + c - t.T) ** 2
    np.testing.assert_allclose(losses, losses[:1] - path.t.values[:, None], rtol=1e-7)
    np.testing.assert_allclose(path.energy, losses.mean(axis=1), rtol=1e-12)


def test_outputs_move_by_the_kernel_whatever_the_network_is():
    """(4.2.2), d f_i/dt = −Σ_j Λ_ij ∂L/∂f_j, for undefined functions f_1, f_2 of three weights and L of both."""
    theta = sp.symbols("a b c", real=True)
    f = [sp.Function(name, real=True)(*theta) for name in ("f_1", "f_2")]
    loss = sp.Function("L", real=True)
    flow = ch.Flow.gradient(ch.RiemannianManifold(sp.eye(3), theta), loss(*f))
    u = sp.symbols("u v", real=True)
    slopes = [sp.Subs(sp.Derivative(loss(*u), s), u, tuple(f)) for s in u]
    field = ch.RiemannianManifold(sp.eye(3), theta).field
    for i in range(2):
        kernel = [sum(sp.diff(f[i], w) * sp.diff(f[j], w) for w in theta) for j in range(2)]
        claim = -sum(k * s for k, s in zip(kernel, slopes))
        assert field(flow.rate(f[i]) - claim).is_zero
        assert not field(flow.rate(f[i]) - 2 * claim).is_zero


@pytest.mark.slow
def test_outputs_move_by_the_kernel_along_a_run():
    """The derivative of the outputs along an integrated path, by differences in time, and −Λ ∂L/∂f from layer products."""
    x, classes = np.array([[0.5, 1.0], [-1.0, 0.3], [0.2, -0.7]]), np.eye(2)[[0, 1, 1]]
    net = DenseNetwork((2, 3, 2), "tanh", loss="cross_entropy", data=(x, classes))
    numbers = net.numeric()
    step = 1e-3
    times = [k + j * step for k in (0.0, 1.0, 3.0) for j in range(5)]
    start = np.random.default_rng(0).normal(size=len(net.coordinates))
    path = net.training_flow().trajectory(start, times, data=net.row_values(), rtol=1e-12, atol=1e-14)
    outputs = np.stack([numbers.outputs(numbers.from_vector(p), x) for p in path.position.values])
    for k in (0, 5, 10):
        by_time = (outputs[k] - 8 * outputs[k + 1] + 8 * outputs[k + 3] - outputs[k + 4]) / (12 * step)
        middle = numbers.from_vector(path.position.values[k + 2])
        np.testing.assert_allclose(numbers.output_velocity(middle, x, classes), by_time, rtol=1e-8, atol=1e-10)


def test_descent_comes_close_to_the_flow_as_its_steps_get_small():
    """Euler's method: half the step, half the distance (figure 4.1)."""
    neuron = TwoWeightNeuron("mean_power", 2, data=decision_boundary(40, seed=1))
    flow = neuron.training_flow().trajectory([0.5, 0.5], [0.0, 0.8], data=neuron.row_values()).position.values[-1]
    apart = []
    for steps in (40, 80):
        run = neuron.train([0.5, 0.5], 0.8 / steps, steps, quantities=["loss"])
        apart.append(np.hypot(*(float(run[c.name][-1]) - e for c, e in zip(neuron.coordinates, flow))))
    assert apart[1] < 0.05 and apart[0] / apart[1] == pytest.approx(2, abs=0.15)


def test_numbers_that_cannot_be_had():
    net = DenseNetwork((2, 1), bias=False, data=(X, T))
    flow, rows = net.training_flow(), net.row_values()
    with pytest.raises(ManifoldError, match="averages over rows of .*x_1.*: give data="):
        flow.trajectory([1, 1], 1.0)
    with pytest.raises(ManifoldError, match="no column for t_1"):
        flow.trajectory([1, 1], 1.0, data={"x_1": [1.0], "x_2": [2.0]})
    with pytest.raises(ManifoldError, match="leave `measure` out"):
        flow.trajectory([1, 1], 1.0, data=rows, measure="variational")
    with pytest.raises(ManifoldError, match="averages over rows"):
        flow.trajectories([[1, 1]], 1.0)
    a = sp.Symbol("a", real=True)
    line = ch.Flow.gradient(ch.RiemannianManifold([[1]], [a]), a**2)
    with pytest.raises(ManifoldError, match="averages over no data"):
        line.trajectory([1.0], 1.0, data=rows)
    with pytest.raises(ManifoldError, match="by its components, or by a potential"):
        ch.Flow(line.manifold, None)


def test_a_flow_ends_where_its_metric_becomes_singular():
    """g = E[(2 θ x)²] lowers θ² at an even rate, to θ = 0, where there is no metric."""
    x, w = sp.symbols("x w", real=True)
    manifold = ch.RiemannianManifold([[ch.Mean(4 * w**2 * x**2, (x,))]], (w,))
    flow = ch.Flow.gradient(manifold, w**2)  # θ̇ = −1/(2 θ E[x²]), θ² = θ₀² − s/E[x²]
    path = flow.trajectory([1.0], [0.0, 0.5, 2.0], data={"x": [1.0, -1.0]})
    assert float(path.position[1, 0]) == pytest.approx(np.sqrt(0.5), rel=1e-8)
    assert not path.attrs["finished"] and path.attrs["reached"] == pytest.approx(1.0, abs=1e-3)
    assert np.isnan(path.position[2, 0])
