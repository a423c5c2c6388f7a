"""Networks in numbers: layer products against gradients written out, training that resumes, images."""

import gzip
import pickle
import signal
import subprocess
import sys
from functools import cache

import chentsov as ch
import numpy as np
import pytest
from chentsov.command_line import run
from chentsov.models import DenseNetwork, Images, NumericNetwork, Schedule, read_images, train_network
from chentsov.models.datasets import DataError
from chentsov.models.network_training import CheckpointError
from chentsov.models.training import TrainingError

ROWS = np.random.default_rng(5).normal(size=(6, 3))
CLASSES = np.array([0, 1, 1, 0, 1, 0])
LOSSES = [("cross_entropy", None), ("lp_norm", 4)]
LOSSES += [
    pytest.param(*loss, marks=pytest.mark.slow) for loss in (("mean_power", 2), ("mean_power", 6), ("huber", None))
]


#: Of one network compiled functions are made once, whichever test uses it.
shared = cache(NumericNetwork)


def forward(weights, x, activation):
    for number, (w, b) in enumerate(weights, 1):
        x = x @ w.T + b
        x = activation(x) if number < len(weights) else x
    return x


def flat(weights):
    return np.concatenate([part.ravel() for layer in weights for part in layer])


def derivatives(function, vector, step=1e-5):
    """Central differences of a vector function: an array (values, weights)."""
    columns = []
    for k in range(vector.size):
        shift = np.zeros_like(vector)
        shift[k] = step
        columns.append((function(vector + shift) - function(vector - shift)) / (2 * step))
    return np.stack(columns, axis=-1)


def subloss(name, order, f, t):
    if name == "cross_entropy":
        return np.log(np.exp(f).sum(-1)) - (f * t).sum(-1)
    if name == "mean_power":
        return ((f - t) ** order).mean(-1)
    if name == "lp_norm":
        return (np.abs(f - t) ** order).sum(-1) ** (1 / order)
    r = np.abs(f - t)
    return np.where(r < 1, r**2 / 2, r - 0.5).mean(-1)


@pytest.mark.parametrize("loss, order", LOSSES)
def test_traces_are_those_of_gradients_by_differences(loss, order):
    network = NumericNetwork((3, 4, 2, 2), "tanh", loss=loss, order=order, dtype="float64")
    weights, t = network.initial(2), np.eye(2)[CLASSES]
    start = flat(weights)
    of_outputs = derivatives(lambda v: forward(network.from_vector(v), ROWS, np.tanh), start)
    of_loss = derivatives(lambda v: subloss(loss, order, forward(network.from_vector(v), ROWS, np.tanh), t), start)
    kernel = np.einsum("iap,jbp->iajb", of_outputs, of_outputs)
    found = network.traces(weights, ROWS, CLASSES)
    np.testing.assert_allclose(network.kernel(weights, ROWS), kernel, rtol=1e-7, atol=1e-9)
    assert found.fisher == pytest.approx((of_loss**2).sum() / len(ROWS), rel=1e-7)
    assert found.fisher == pytest.approx(found.fisher_by_output, rel=1e-12)
    np.testing.assert_allclose(found.ntk_by_output, np.einsum("iaia->a", kernel) / len(ROWS), rtol=1e-7)
    assert network.fisher_trace(weights, ROWS, CLASSES) == pytest.approx(found.fisher, rel=1e-12)
    assert found.loss == pytest.approx(subloss(loss, order, forward(weights, ROWS, np.tanh), t).mean(), rel=1e-12)


def _drawn(loss, f):
    """Targets that a row's law may draw and their probabilities; of a normal law by two nodes of Gauss and Hermite."""
    if loss == "mean_power":  # −log p of the variance A/2: t_a = f_a ± √(A/2), which is exact for squares
        steps = np.sqrt(len(f) / 2) * np.array(np.meshgrid(*[[-1, 1]] * len(f))).reshape(len(f), -1).T
        return [(f + s, 1 / len(steps)) for s in steps]
    if len(f) == 1:
        return [(np.array([1.0]), f[0]), (np.array([0.0]), 1 - f[0])]
    p = np.exp(f) / np.exp(f).sum()
    return list(zip(np.eye(len(f)), p))


@pytest.mark.parametrize(
    "loss, outputs, final",
    [
        ("cross_entropy", 3, "identity"),
        pytest.param("cross_entropy", 1, "logistic", marks=pytest.mark.slow),
        pytest.param("mean_power", 2, "identity", marks=pytest.mark.slow),
    ],
)
def test_the_true_trace_is_the_mean_of_the_empirical_one_over_targets_drawn(loss, outputs, final):
    network = NumericNetwork((3, 4, outputs), "tanh", final=final, loss=loss, order=2, dtype="float64")
    weights, total = network.initial(3), 0.0
    for row, f in zip(ROWS, network.outputs(weights, ROWS)):
        total += sum(p * network.traces(weights, [row], [t]).fisher for t, p in _drawn(loss, f))
    found = network.traces(weights, ROWS, np.zeros((len(ROWS), outputs)))
    assert found.true_fisher == pytest.approx(total / len(ROWS), rel=1e-12)


def test_a_loss_that_is_no_law_has_no_true_trace():
    network = NumericNetwork((3, 4, 2), "tanh", loss="huber", dtype="float64")
    assert np.isnan(network.traces(network.initial(), ROWS, CLASSES).true_fisher)


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda n: n.initial(seed=-1), "seed must be a whole number from 0"),
        (lambda n: n.initial(seed="x"), "seed must be a whole number from 0"),
        (lambda n: n.from_vector([float("nan")] * n.size()), "weight 0 is not finite"),
        (lambda n: n.from_vector([1, 2]), "has 26 weights, not 2"),
        (lambda n: n.traces([1, 2], ROWS, CLASSES), "has 26 weights, not 2"),
        (lambda n: n.traces("ab", ROWS, CLASSES), "the weights"),
        (lambda n: n.traces(5, ROWS, CLASSES), "has 26 weights, not 1"),
        (lambda n: n.kernel(n.initial()[:1], ROWS), "have the shapes"),
        (lambda n: n.reduced_curvature([1, 2], ROWS, CLASSES), "has 26 weights, not 2"),
    ],
)
def test_weights_of_another_network_are_one_sentence(call, words):
    with pytest.raises(ch.ChentsovError, match=words):
        call(NumericNetwork((3, 4, 2), "tanh", dtype="float64"))


def test_weights_may_be_one_array():
    network = NumericNetwork((3, 4, 2), "tanh", dtype="float64")
    weights = network.initial(1)
    one, other = (network.traces(w, ROWS, CLASSES).fisher for w in (weights, flat(weights)))
    assert one == other


@pytest.mark.parametrize("bias", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_symbols_and_numbers_are_one_network(bias):
    symbolic = DenseNetwork((2, 3, 2), "logistic", loss="cross_entropy", bias=bias)
    numeric = symbolic.numeric()
    vector = np.random.default_rng(1).normal(size=len(symbolic.coordinates))
    rows, classes = ROWS[:, :2], np.eye(2)[CLASSES]
    found = numeric.traces(numeric.from_vector(vector), rows, classes)
    np.testing.assert_allclose((found.fisher, found.ntk), symbolic.traces_at(vector, rows, classes), rtol=1e-12)


@pytest.mark.slow
def test_single_precision_and_saturated_outputs():
    network = NumericNetwork((3, 4, 2), "relu", loss="cross_entropy")
    weights = [(300 * w, b) for w, b in network.initial(0)]  # exponentials of the outputs overflow
    found = network.traces(weights, ROWS, CLASSES)
    double = NumericNetwork((3, 4, 2), "relu", loss="cross_entropy", dtype="float64").traces(weights, ROWS, CLASSES)
    assert np.isfinite(found.loss) and found.fisher == pytest.approx(double.fisher, rel=1e-4)


@pytest.mark.slow
def test_a_large_network_needs_no_symbols():
    network = NumericNetwork((784, 600, 600, 10))
    assert network.size() > 8e5
    assert network.fisher_trace(network.initial(), np.full((2, 784), 0.5), [3, 4]) > 0


def test_it_is_a_model():
    """Curvature at points, grids and descent are those of the network in symbols, slope and all."""
    network = NumericNetwork((2, 1), final="tanh", loss="mean_power", bias=False, slope=1.5, dtype="float64")
    data, weights = (ROWS[:, :2], 0.5 * CLASSES), [0.3, 0.2]
    expected = DenseNetwork((2, 1), final="tanh", bias=False, slope=1.5).curvature_at(weights, *data).ricci_scalar
    assert network.curvature_at(weights, *data).ricci_scalar == expected
    assert network.reduced_curvature(weights, *data).ricci_scalar == pytest.approx(expected, rel=1e-9)
    grid = network.on_grid({"w1_1_1": [0.3], "w1_1_2": 0.2}, ["ricci_scalar", "fisher_trace"], data=data)
    assert float(grid.ricci_scalar.squeeze()) == pytest.approx(expected, rel=1e-9)
    assert float(grid.fisher_trace.squeeze()) == pytest.approx(network.fisher_trace(weights, *data), rel=1e-12)
    assert (np.diff(network.train(steps=5, data=data).loss) < 0).all()
    assert pickle.loads(pickle.dumps(network)).name == network.name == "dense network 2-1, mean power"


@pytest.mark.parametrize(
    "call", [lambda n: n.coordinates, lambda n: n.curvature_at([0]), lambda n: n.train(), lambda n: n.on_grid({})]
)
def test_a_network_too_large_for_symbols_says_what_to_ask(call):
    with pytest.raises(ch.ChentsovError, match="too many for symbols.*traces, kernel, reduced_curvature"):
        call(NumericNetwork((784, 600, 600, 10)))


def test_training_descends_and_a_step_is_the_gradient():
    network = NumericNetwork((3, 4, 2), "tanh", loss="mean_power", dtype="float64")
    weights, run_ = train_network(network, ROWS, CLASSES, Schedule("sgd", 0.1, 1, None, seed=4))
    start = network.initial(4)
    t = np.eye(2)[CLASSES]
    gradient = derivatives(
        lambda v: subloss("mean_power", 2, forward(network.from_vector(v), ROWS, np.tanh), t).mean(keepdims=True),
        flat(start),
    )[0]
    np.testing.assert_allclose(flat(weights), flat(start) - 0.1 * gradient, atol=1e-9)
    _, longer = train_network(network, ROWS, CLASSES, Schedule("adam", 0.02, 40, 2))
    assert longer.loss[-1] < longer.loss[0] / 2 and longer.predicted_right[-1] == 1
    np.testing.assert_allclose(longer.fisher_trace, longer.fisher_trace_by_output, rtol=1e-12)


def _goes_on_from_the_third_epoch(path):
    network, schedule = shared((3, 4, 2), "tanh"), Schedule(epochs=6, batch=2)
    told = []
    resumed = train_network(network, ROWS, CLASSES, schedule, checkpoint=path, progress=lambda *n: told.append(n))
    undisturbed = train_network(network, ROWS, CLASSES, schedule)
    assert told == [(4, 6), (5, 6), (6, 6)]
    np.testing.assert_array_equal(flat(resumed[0]), flat(undisturbed[0]))
    assert resumed[1].identical(undisturbed[1])


def test_an_interrupted_run_makes_the_same_numbers_in_the_end(tmp_path):
    def progress(done, total):
        if done == 3:
            raise KeyboardInterrupt

    schedule = Schedule(epochs=6, batch=2)
    with pytest.raises(KeyboardInterrupt):
        train_network(
            shared((3, 4, 2), "tanh"),
            ROWS,
            CLASSES,
            schedule,
            checkpoint=tmp_path / "run.npz",
            progress=progress,
        )
    _goes_on_from_the_third_epoch(tmp_path / "run.npz")


@pytest.mark.slow
def test_a_killed_run_makes_the_same_numbers_in_the_end(tmp_path):
    code = """
import os, signal, sys
import numpy as np
from chentsov.models import NumericNetwork, Schedule, train_network
rows, classes = np.random.default_rng(5).normal(size=(6, 3)), [0, 1, 1, 0, 1, 0]
def progress(done, total):
    if done == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
network = NumericNetwork((3, 4, 2), "tanh")
train_network(network, rows, classes, Schedule(epochs=6, batch=2), checkpoint=sys.argv[1], progress=progress)
"""
    path = tmp_path / "run.npz"
    done = subprocess.run([sys.executable, "-c", code, str(path), "3"])
    assert done.returncode == -signal.SIGKILL
    _goes_on_from_the_third_epoch(path)


def test_checkpoints_that_will_not_do(tmp_path):
    network, path = shared((3, 4, 2), "tanh"), tmp_path / "run.npz"
    train_network(network, ROWS, CLASSES, Schedule(epochs=2), checkpoint=path)
    kept = path.read_bytes()
    for other in (Schedule(epochs=2, learning_rate=0.1), Schedule(epochs=2, seed=1), Schedule(epochs=1)):
        with pytest.raises(CheckpointError, match="another run|already"):
            train_network(network, ROWS, CLASSES, other, checkpoint=path)
    (tmp_path / "note.txt").write_text("precious")
    with pytest.raises(CheckpointError, match="no checkpoint"):
        train_network(network, ROWS, CLASSES, Schedule(epochs=2), checkpoint=tmp_path / "note.txt")
    assert path.read_bytes() == kept and (tmp_path / "note.txt").read_text() == "precious"
    path.write_bytes(kept[: len(kept) // 2])
    with pytest.raises(CheckpointError, match="no checkpoint .it is broken off"):
        train_network(network, ROWS, CLASSES, Schedule(epochs=2), checkpoint=path)


def test_a_run_that_leaves_the_numbers_stops(tmp_path):
    network = NumericNetwork((3, 4, 2), "identity", loss="mean_power", order=6)
    with pytest.raises(TrainingError, match="epoch [0-9]+; .*keeps epoch"):
        train_network(network, 9 * ROWS, CLASSES, Schedule("sgd", 10.0, 50), checkpoint=tmp_path / "run.npz")


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda n: n.traces(n.initial(), ROWS[:, :2], CLASSES), "rows of 3 numbers"),
        (lambda n: n.traces(n.initial(), ROWS * np.nan, CLASSES), "not finite"),
        (lambda n: n.traces(n.initial(), ROWS, CLASSES + 1), "from 0 to 1"),
        (lambda n: n.traces(n.initial(), ROWS, np.ones((6, 3))), "rows of 2 numbers"),
        (lambda n: n.from_vector([1.0]), "26 weights, not 1"),
        (lambda n: Schedule("magic"), "unknown optimizer"),
        (lambda n: Schedule(learning_rate=-1), "positive number"),
        (lambda n: NumericNetwork((3,)), "two widths"),
        (lambda n: NumericNetwork((10**6, 10**6)), "too many"),
        (lambda n: NumericNetwork((3, 2), dtype="int8"), "float32"),
    ],
)
def test_bad_input_is_one_sentence(make, message):
    with pytest.raises(ch.ChentsovError, match=message):
        make(NumericNetwork((3, 4, 2), "tanh"))


def _images(count=40):
    draw = np.random.default_rng(0)
    return draw.integers(0, 256, (count, 4, 4)).astype(np.uint8), (np.arange(count) % 10).astype(np.uint8)


def test_images_from_files(tmp_path):
    pixels, labels = _images()
    np.savez(tmp_path / "a.npz", pixels=pixels, labels=labels)
    for array, name in ((pixels, "i.idx"), (labels, "l.idx")):
        head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
        (tmp_path / name).write_bytes(head + array.tobytes())
    (tmp_path / "i.gz").write_bytes(gzip.compress((tmp_path / "i.idx").read_bytes()))
    kinds = [read_images(tmp_path / "a.npz"), read_images(tmp_path / "i.idx", tmp_path / "l.idx")]
    kinds.append(read_images(tmp_path / "i.gz", tmp_path / "l.idx"))
    for found in kinds:
        np.testing.assert_array_equal(found.pixels, pixels.reshape(40, 16).astype(np.float32) / 255)
        assert found.digest == kinds[0].digest
    half = kinds[0].balanced(20)
    assert np.bincount(half.labels).tolist() == [2] * 10
    (tmp_path / "broken.npz").write_bytes(b"PK no zip")
    for wrong in ("broken.npz", "absent.npz", "i.idx"):
        with pytest.raises(DataError, match="cannot read|labels as well"):
            read_images(tmp_path / wrong)
    with pytest.raises(DataError, match="0 to 255"):
        Images(np.full((2, 3), 300.0), np.array([0, 1]), "")


def test_what_is_wrong_with_a_file_of_images_is_said_in_our_words(tmp_path):
    pixels, labels = _images()
    np.savez_compressed(tmp_path / "whole.npz", pixels=pixels, labels=labels)
    whole = (tmp_path / "whole.npz").read_bytes()
    np.savez(tmp_path / "other.npz", x=pixels)
    np.savez(tmp_path / "objects.npz", pixels=np.array([{}, None]), labels=labels)
    np.save(tmp_path / "one.npy", pixels)
    changed = bytearray(whole)
    changed[100:140] = bytes(40)
    for name, content in {
        "text.npz": b"x,y,t\n0,1,1\n",
        "empty.npz": b"",
        "one.npz": (tmp_path / "one.npy").read_bytes(),
        "half.npz": whole[: len(whole) // 2],
        "changed.npz": bytes(changed),
    }.items():
        (tmp_path / name).write_bytes(content)
    for name, sentence in {
        "text.npz": "it is no .npz file",
        "empty.npz": "it is no .npz file",
        "one.npz": "it is no .npz file",
        "half.npz": "it is broken off",
        "changed.npz": "it is broken",
        "other.npz": "it has no array 'pixels' .but x.",
        "objects.npz": "it holds Python objects",
        "absent.npz": "no such file or directory$",
    }.items():
        with pytest.raises(DataError, match=f"^cannot read images from '[^']*{name}': {sentence}") as caught:
            read_images(tmp_path / name)
        assert "pickle" not in str(caught.value) and "\n" not in str(caught.value)


def test_the_command_trains(tmp_path, capsys):
    pixels, labels = _images()
    np.savez(tmp_path / "a.npz", pixels=pixels, labels=labels)
    arguments = ["mnist", "--data", str(tmp_path / "a.npz"), "--images", "40", "--width", "5", "--seeds", "1"]
    arguments += ["--loss", "lp_norm:2", "--output", str(tmp_path / "out")]
    assert run([*arguments, "--epochs", "2"]) == 0
    assert "both sides of (5.1.2) agree" in capsys.readouterr().out
    assert (tmp_path / "out" / "mnist-5.png").stat().st_size > 10_000
    assert run([*arguments, "--epochs", "1"]) == 2 and "already" in capsys.readouterr().err


@pytest.mark.slow
def test_the_command_trains_and_goes_on(tmp_path, capsys):
    import xarray as xr

    pixels, labels = _images()
    np.savez(tmp_path / "a.npz", pixels=pixels, labels=labels)
    arguments = ["mnist", "--data", str(tmp_path / "a.npz"), "--images", "40", "--width", "5", "--seeds", "2"]
    arguments += ["--loss", "lp_norm:2", "--output", str(tmp_path / "out")]
    assert run([*arguments, "--epochs", "2"]) == 0
    assert "both sides of (5.1.2) agree" in capsys.readouterr().out
    arguments += ["--loss", "cross_entropy"]
    assert run([*arguments, "--epochs", "3"]) == 0
    with xr.open_dataset(tmp_path / "out" / "mnist-5.nc", engine="h5netcdf") as study:
        assert dict(study.sizes) == {"loss_function": 2, "seed": 2, "epoch": 4}
        assert study.attrs["rows"] == 40 and bool(study.fisher_trace.notnull().all())
    assert (tmp_path / "out" / "mnist-5.png").stat().st_size > 10_000
    assert run([*arguments, "--epochs", "1"]) == 2 and "already" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("widths", "loss", "final", "squares"),
    [  # E over the network's own targets of (∂ℓ/∂f_a)(∂ℓ/∂f_b), written by hand
        ((3, 4, 3), "cross_entropy", "identity", lambda f: np.diag(p := np.exp(f) / np.exp(f).sum()) - np.outer(p, p)),
        ((3, 4, 2), "mean_power", "identity", lambda f: np.eye(2)),  # variance A/2 = 1
        ((3, 4, 1), "mean_power", "identity", lambda f: np.array([[2.0]])),  # variance ½
        ((3, 4, 1), "cross_entropy", "logistic", lambda f: 1 / (f * (1 - f))[None]),
    ],
)
def test_the_true_fisher_trace_stands_beside_the_empirical_one(widths, loss, final, squares):
    net = DenseNetwork(widths, "tanh", final, loss)
    numbers, at = net.numeric(), net.default_start()
    weights, outputs = numbers.from_vector(at), widths[-1]
    labels = np.eye(outputs)[np.arange(6) % outputs] if outputs > 1 else CLASSES[:, None]
    kernel = numbers.kernel(weights, ROWS)
    expected = np.mean([np.sum(squares(f) * kernel[i, :, i]) for i, f in enumerate(numbers.outputs(weights, ROWS))])
    found = numbers.traces(weights, ROWS, labels)
    assert found.true_fisher == pytest.approx(expected, rel=1e-12) and found.fisher != pytest.approx(expected, rel=0.01)
    symbolic = ch.geometry.kernels.compile(
        net.true_fisher_trace, net.coordinates, data=net.row_values(ROWS, labels)
    )(*at)  # fmt: skip
    assert symbolic == pytest.approx(expected, rel=1e-12)
    singular = net.reduced_curvature_at(at, ROWS, labels, fisher="true").singular_values
    assert (singular**2).sum() == pytest.approx(expected, rel=1e-12)


def test_a_loss_without_a_law_has_no_true_fisher_trace():
    network = NumericNetwork((3, 4, 2), loss="lp_norm")
    assert np.isnan(network.traces(network.initial(), ROWS, CLASSES).true_fisher)
    with pytest.raises(ValueError, match="no true Fisher metric: choose cross_entropy"):
        DenseNetwork((3, 2), loss="lp_norm").true_fisher_trace
    with pytest.raises(ValueError, match="final='logistic'"):
        DenseNetwork((3, 4, 1), loss="cross_entropy")


def test_weights_that_ran_away_are_a_divergence():
    """A rate so large that every unit is off after a step: the loss is finite, the weights have no digits."""
    with pytest.raises(TrainingError, match="no digits left in epoch 1: lower the learning rate"):
        train_network(NumericNetwork((3, 4, 2)), ROWS, CLASSES, Schedule("sgd", 1e12, epochs=3, batch=None))
