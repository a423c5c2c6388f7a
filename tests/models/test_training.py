"""Descent on a loss: the rules written a second time, when it ends by itself, and what it says of the rows."""

import math

import numpy as np
import pytest
from chentsov.geometry.manifolds import ManifoldError
from chentsov.models import DenseNetwork, LabelledPoints, Neuron, TwoWeightNeuron, decision_boundary
from chentsov.models.training import Descent, TrainingError, descend
from hypothesis import given, settings
from hypothesis import strategies as st


def _gradient(a, b):
    return [2 * a + math.sin(b), 6 * b + math.cos(a)]


def _adam_by_hand(start, rate, steps):
    """Algorithm 1 of Kingma and Ba (2015), in plain floats."""
    theta, m, v = list(start), [0.0, 0.0], [0.0, 0.0]
    for t in range(1, steps + 1):
        for i, g in enumerate(_gradient(*theta)):
            m[i] = 0.9 * m[i] + 0.1 * g
            v[i] = 0.999 * v[i] + 0.001 * g * g
        scale = [(m[i] / (1 - 0.9**t), v[i] / (1 - 0.999**t)) for i in (0, 1)]
        theta = [w - rate * a / (math.sqrt(b) + 1e-8) for w, (a, b) in zip(theta, scale)]
    return theta


@settings(deadline=None, max_examples=25)
@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(1e-3, 0.5), st.integers(0, 60))
def test_adam_is_the_published_algorithm(a, b, rate, steps):
    path = descend(_gradient, [a, b], rate, steps, "adam")
    assert path.shape == (steps + 1, 2)
    np.testing.assert_allclose(path[-1], _adam_by_hand([a, b], rate, steps), rtol=1e-9, atol=1e-9)


@pytest.mark.slow
def test_adam_is_optax_s():
    jax, optax = pytest.importorskip("jax"), pytest.importorskip("optax")
    jax.config.update("jax_enable_x64", True)
    rule, theta = optax.adam(0.05), jax.numpy.array([0.5, -1.0])
    state = rule.init(theta)
    for _ in range(50):
        change, state = rule.update(jax.numpy.array(_gradient(*map(float, theta))), state)
        theta = optax.apply_updates(theta, change)
    np.testing.assert_allclose(descend(_gradient, [0.5, -1.0], 0.05, 50, "adam")[-1], theta, rtol=1e-6)


def test_going_on_is_the_same_path():
    for optimizer in ("gradient-descent", "adam"):
        whole, parts = (
            descend(_gradient, [1.0, 1.0], 0.01, 700, optimizer),
            Descent(_gradient, [1.0, 1.0], 0.01, optimizer),
        )
        for steps in (0, 300, 1, 399):
            parts.advance(steps)
        assert np.array_equal(whole, parts.path)


def test_training_goes_on_until_every_row_is_right():
    data = decision_boundary(60, seed=2)
    path = TwoWeightNeuron("mean_power", data=data).train()
    wrong = lambda k: int(
        (((path.theta_1.values[k] * data.x + path.theta_2.values[k] * data.y) > 0) != (data.t > 0.5)).sum()
    )
    assert path.attrs["steps"] == path.sizes["step"] - 1 > 1000 and path.attrs["steps"] % 1000 == 0
    assert wrong(1000) > 0 == wrong(-1) and path.attrs["predicted_right"] == path.attrs["rows"] == 60
    assert TwoWeightNeuron("mean_power", data=data).train(steps=1000).attrs["predicted_right"] == 60 - wrong(1000)


def test_rows_that_contradict_each_other_end_it_after_a_while():
    data = LabelledPoints([0.1, 0.9, 0.5, 0.5], [0.9, 0.1, 0.2, 0.2], [1, 0, 1, 0])
    path = TwoWeightNeuron("cross_entropy", data=data).train(quantities=["loss"])
    assert path.attrs["steps"] == 30_000 and path.attrs["predicted_right"] == 3


def test_what_is_no_class_does_not_go_on():
    neuron = Neuron(1, activation="tanh", data=([[0.1], [0.4], [0.9]], [0.3, -0.2, 0.5]))
    assert neuron.train(quantities=["loss"]).attrs["steps"] == 1000


def test_adam_on_the_neuron():
    neuron = TwoWeightNeuron("lp_norm", data=decision_boundary(60, seed=1))
    path = neuron.train(steps=200, optimizer="adam")
    assert path.attrs["optimizer"] == "adam" and float(path.loss[-1]) < float(neuron.train(steps=200).loss[-1])
    assert abs(abs(float(path.theta_1[1]) - 0.5) - neuron.default_learning_rate()) < 1e-6  # a first step of η
    assert np.isfinite(path.ricci_scalar).all()


@pytest.mark.parametrize(
    "options, words",
    [
        ({"optimizer": "sgd"}, "unknown optimizer 'sgd': choose one of gradient-descent, adam"),
        ({"optimizer": "adam", "learning_rate": -1}, "must be a positive number"),
        ({"steps": 1.5}, "whole number"),
        ({"start": (float("nan"), 0)}, "must start at finite numbers"),
        ({"start": [1]}, "it needs 2 numbers, not 1"),
        ({"start": [1, 2, 3]}, "it needs 2 numbers, not 3"),
        ({"start": "ab"}, "one number for each of theta_1, theta_2"),
        ({"start": ["a", 1]}, "the start of training"),
        ({"learning_rate": 1e300, "steps": 5}, "ran away at step 1 .*: lower the learning rate"),
    ],
)
def test_bad_training(options, words):
    with pytest.raises(TrainingError, match=words):
        TwoWeightNeuron(data=decision_boundary(5)).train(**options)


def test_a_start_may_name_its_coordinates():
    path = TwoWeightNeuron(data=decision_boundary(5)).train(start={"theta_2": 0.25, "theta_1": 1}, steps=1)
    assert (float(path.theta_1[0]), float(path.theta_2[0])) == (1.0, 0.25)


def test_a_path_that_runs_away_is_named():
    with pytest.raises(TrainingError, match="left the numbers at step 4 "):
        descend(lambda a: [a**3], [1e6], 1.0, 2000)


@pytest.mark.parametrize("start", [[0.1] * 9, [1e3] * 9])
def test_a_natural_gradient_names_a_singular_metric(start):
    network = DenseNetwork((2, 2, 1), "tanh", data=([[0.1, 0.2], [0.3, 0.4], [0.5, 0.9]], [1, 0, 1]))
    with pytest.raises(ManifoldError, match="the metric is singular at the start .* more independent rows"):
        network.training_flow(natural=True).trajectory(start, 1.0, data=network.row_values())


def test_a_loss_without_a_number_is_no_silent_path():
    """tanh leaves the interval (0, 1) where the cross-entropy is defined."""
    neuron = Neuron(inputs=1, activation="tanh", loss="cross_entropy", bias=False, data=([[1.0], [-1.0]], [1, 0]))
    with pytest.raises(TrainingError, match="no number anywhere on the path"):
        neuron.train(steps=3, quantities=["loss"])


def test_training_tells_how_far_it_is():
    model = TwoWeightNeuron(data=decision_boundary(20, seed=0))
    told, plain = [], model.train(steps=50, quantities=["loss"])
    path = model.train(steps=50, quantities=["loss"], progress=lambda done, most: told.append((done, most)))
    assert path.equals(plain) and told == [(16, 50), (32, 50), (48, 50)]
    told.clear()
    model.train(quantities=["loss"], progress=lambda done, most: told.append((done, most)))
    assert {most for _, most in told} == {30_000} and [done for done, _ in told] == sorted({done for done, _ in told})
