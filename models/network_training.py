"""Training of networks in numbers: epochs of batches, the traces after each of them, checkpoints that are gone on from.

An epoch visits the rows in an order that depends on the seed and the epoch alone, so a run that was killed and goes on
from its checkpoint makes the numbers that it would have made.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.exact.reading import read_count
from chentsov.geometry.files import read_arrays, reason, write_whole

from .numeric_network import NumericNetwork
from .training import TrainingError

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["CheckpointError", "OPTIMIZERS", "Schedule", "train_network"]

OPTIMIZERS = ("adam", "sgd")
RECORDED = ("loss", "fisher_trace", "true_fisher_trace", "ntk_trace", "fisher_trace_by_output", "predicted_right")


class CheckpointError(InputError):
    """A checkpoint of another run, or a file that is none; it is kept."""


@dataclass(frozen=True)
class Schedule:
    """How a network is trained.

    Attributes:
        optimizer: "adam" (Kingma and Ba, 2015; β = 0.9, 0.999) or "sgd", plain gradient descent on batches.
        learning_rate: η.
        epochs: passes over the rows.
        batch: rows a step; None for all of them.
        seed: of the first weights and of the order of the rows.

    Raises:
        TrainingError: an unknown optimizer, a rate that is not positive, or counts that are no counts.
    """

    optimizer: str = "adam"
    learning_rate: float = 1e-3
    epochs: int = 300
    batch: int | None = 100
    seed: int = 0

    def __post_init__(self) -> None:
        if self.optimizer not in OPTIMIZERS:
            raise TrainingError(f"unknown optimizer {self.optimizer!r}: choose one of {', '.join(OPTIMIZERS)}")
        if not (isinstance(self.learning_rate, (int, float)) and 0 < self.learning_rate < float("inf")):
            raise TrainingError(f"the learning rate must be a positive number, not {self.learning_rate!r}")
        read_count(self.epochs, "epochs")
        if self.batch is not None:
            read_count(self.batch, "batch", least=1)


def train_network(
    network: NumericNetwork,
    inputs: Any,
    targets: Any,
    schedule: Schedule = Schedule(),
    *,
    checkpoint: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[list[Any], xr.Dataset]:
    """Train on rows; the traces are of all rows, before the first epoch and after each.

    Args:
        inputs, targets: see `NumericNetwork.read_rows`.
        checkpoint: a file that keeps the run after each epoch; the same call goes on from it.
        progress: called as ``progress(epochs done, epochs in all)``.

    Returns:
        The weights, and a dataset over ``epoch``: loss, fisher_trace, true_fisher_trace (over targets that
        the network draws), ntk_trace (all per row), fisher_trace_by_output (the right side of (5.1.2)) and
        predicted_right, the share of rows whose largest output is the right one.

    Raises:
        TrainingError: the loss left the numbers, or weights passed 1/ε; the epoch is named and the last good checkpoint
            is kept.
        CheckpointError: the checkpoint belongs to another network, schedule or data.
        MissingJax: JAX or optax is not installed.

    >>> network = NumericNetwork((2, 3, 2), "tanh")
    >>> rows, classes = [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]], [0, 1, 0, 1]
    >>> weights, run = train_network(network, rows, classes, Schedule(epochs=2, batch=2))
    >>> run.loss.sizes["epoch"], bool(run.loss[2] < run.loss[0])
    (3, True)
    """
    optax = _optax()
    x, t = network.read_rows(inputs, targets)
    assert t is not None
    functions, jax = network._functions, network._functions.jax
    rule = {"adam": optax.adam, "sgd": optax.sgd}[schedule.optimizer](schedule.learning_rate)
    weights = network.initial(schedule.seed)
    state = functions.compiled(rule.init)(weights)
    identity = _identity(network, x, t, schedule)
    done, records = 0, {name: np.full(schedule.epochs + 1, np.nan) for name in RECORDED}
    if checkpoint is not None and Path(checkpoint).exists():
        done, weights, state, kept = _read(Path(checkpoint), identity, weights, state, jax)
        if done > schedule.epochs:
            raise CheckpointError(f"'{checkpoint}' is in epoch {done} already: ask for {done} epochs or more")
        for name in RECORDED:
            records[name][: done + 1] = kept[name][: done + 1]
    else:
        _record(records, 0, network, weights, x, t)
        _keep(checkpoint, identity, 0, weights, state, records, jax)

    @functions.compiled
    def step(weights: Any, state: Any, x: Any, t: Any) -> tuple[Any, Any]:
        _, gradient = functions.loss_and_gradient(weights, x, t)
        change, state = rule.update(gradient, state, weights)
        return optax.apply_updates(weights, change), state

    size = schedule.batch or len(x)
    for epoch in range(done + 1, schedule.epochs + 1):
        order = np.random.default_rng((schedule.seed, epoch)).permutation(len(x))
        for start in range(0, len(x), size):
            rows = order[start : start + size]
            weights, state = step(weights, state, x[rows], t[rows])
        _record(records, epoch, network, weights, x, t)
        largest = max(float(np.abs(v).max()) for v in jax.tree.leaves(weights))
        if not (np.isfinite(records["loss"][epoch]) and largest * np.finfo(network.dtype).eps < 1):
            fault = f"weights of {largest:.1e} have no digits left" if largest < np.inf else "the loss left the numbers"
            raise TrainingError(
                f"{fault} in epoch {epoch}"
                + (f"; {checkpoint} keeps epoch {epoch - 1}" if checkpoint is not None else "")
                + ": lower the learning rate"
            )
        _keep(checkpoint, identity, epoch, weights, state, records, jax)
        if progress is not None:
            progress(epoch, schedule.epochs)
    return jax.tree.map(np.asarray, weights), _dataset(records, network, schedule)


def _optax() -> Any:
    from chentsov.geometry.kernels.libraries import MissingJax

    try:
        import optax
    except ImportError:
        raise MissingJax("training needs optax: install it with  pip install 'chentsov[networks]'") from None
    return optax


def _record(
    records: Mapping[str, np.ndarray], epoch: int, network: NumericNetwork, weights: Any, x: Any, t: Any
) -> None:
    found = network.traces(weights, x, t)
    outputs = network.outputs(weights, x)
    if outputs.shape[1] > 1:
        right = outputs.argmax(axis=1) == t.argmax(axis=1)
    else:
        middle = (t.min() + t.max()) / 2
        right = ((outputs > middle) == (t > middle)).all(axis=1)
    values = (found.loss, found.fisher, found.true_fisher, found.ntk, found.fisher_by_output, float(right.mean()))
    for name, value in zip(RECORDED, values):
        records[name][epoch] = value


def _identity(network: NumericNetwork, x: np.ndarray, t: np.ndarray, schedule: Schedule) -> str:
    """A hash of what a run depends on, but for the number of its epochs: a longer run goes on from a shorter one."""
    digest = hashlib.sha256(np.ascontiguousarray(x).tobytes() + np.ascontiguousarray(t).tobytes()).hexdigest()
    parts = (
        RECORDED,
        network.widths,
        str(network.activation.value),
        str(network.final.value),
        str(network.subloss_of_outputs.expression),
        network.bias,
        network.slope,
        network.dtype.name,
        schedule.optimizer,
        schedule.learning_rate,
        schedule.batch,
        schedule.seed,
        digest,
    )
    return hashlib.sha256(json.dumps([str(p) for p in parts]).encode()).hexdigest()


def _keep(
    checkpoint: str | Path | None,
    identity: str,
    epoch: int,
    weights: Any,
    state: Any,
    records: Mapping[str, np.ndarray],
    jax: Any,
) -> None:
    if checkpoint is None:
        return
    leaves = {f"leaf_{k}": np.asarray(v) for k, v in enumerate(jax.tree.leaves((weights, state)))}
    arrays: dict[str, Any] = {"identity": np.array(identity), "epoch": np.array(epoch), **leaves, **records}
    content = io.BytesIO()
    np.savez(content, **arrays)
    try:
        write_whole(checkpoint, content.getvalue())
    except OSError as error:
        raise CheckpointError(f"cannot write '{checkpoint}': {reason(error)}") from error


def _read(path: Path, identity: str, weights: Any, state: Any, jax: Any) -> tuple[int, Any, Any, dict[str, np.ndarray]]:
    leaves, form = jax.tree.flatten((weights, state))
    try:
        kept = read_arrays(path, "identity", "epoch")
        same = str(kept["identity"]) == identity
        if same:
            kept |= read_arrays(path, *RECORDED, *(f"leaf_{k}" for k in range(len(leaves))))
    except ValueError as error:
        raise CheckpointError(f"'{path}' is no checkpoint ({error}): choose another file, or remove it") from None
    if not same:
        raise CheckpointError(
            f"'{path}' is the checkpoint of another run (network, rows, optimizer, rate, batch or seed): "
            "choose another file, or remove it"
        )
    weights, state = jax.tree.unflatten(form, [kept[f"leaf_{k}"] for k in range(len(leaves))])
    return int(kept["epoch"]), weights, state, {name: kept[name] for name in RECORDED}


def _dataset(records: Mapping[str, np.ndarray], network: NumericNetwork, schedule: Schedule) -> xr.Dataset:
    import xarray as xr

    names = {
        "loss": ("loss", r"\mathcal{L}"),
        "fisher_trace": ("trace of the empirical Fisher information", r"\mathrm{tr}\,I"),
        "true_fisher_trace": ("trace of the true Fisher information", r"\mathrm{tr}\,F"),
        "ntk_trace": ("trace of the neural tangent kernel, per row", r"\mathrm{tr}\,\Lambda/N"),
        "fisher_trace_by_output": (
            "right side of (5.1.2)",
            r"\mathrm{E}\,\partial_a\ell\,\partial_b\ell\,\Lambda_{ab}",
        ),
        "predicted_right": ("share of rows that are predicted right", ""),
    }
    variables = {
        name: ("epoch", records[name], {"long_name": long_name, "latex": latex, "units": "1"})
        for name, (long_name, latex) in names.items()
    }
    attributes = {
        "network": "-".join(map(str, network.widths)),
        "activation": network.activation.name,
        "loss_name": network.subloss_of_outputs.title,
        "optimizer": schedule.optimizer,
        "learning_rate": schedule.learning_rate,
        "batch": schedule.batch or 0,
        "seed": schedule.seed,
        "dtype": network.dtype.name,
    }
    return xr.Dataset(variables, coords={"epoch": np.arange(schedule.epochs + 1)}, attrs=attributes)
