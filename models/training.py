"""Descent on a loss, its path kept: gradient descent θ ← θ − η ∂L, or Adam (Kingma and Ba, 2015)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.exact.tables import read_reals

__all__ = ["OPTIMIZERS", "Descent", "TrainingError", "check_schedule", "descend"]

#: Steps beyond which training is refused: the path is kept.
MOST_STEPS = 10_000_000
#: A path whose weights grow to this, or to as many times its start, has run away.
FARTHEST = 1e12

_Vector = np.ndarray[Any, np.dtype[np.float64]]


class TrainingError(InputError):
    """Training that cannot be started, or that ran away."""


def _gradient_descent(rate: float) -> Callable[[_Vector], _Vector]:
    return lambda gradient: rate * gradient


def _adam(
    rate: float, first: float = 0.9, second: float = 0.999, epsilon: float = 1e-8
) -> Callable[[_Vector], _Vector]:
    step = 0
    mean: Any = 0.0
    square: Any = 0.0

    def change(gradient: _Vector) -> _Vector:
        nonlocal step, mean, square
        step += 1
        mean = mean + (1 - first) * (gradient - mean)
        square = square + (1 - second) * (gradient * gradient - square)
        return rate * (mean / (1 - first**step)) / (np.sqrt(square / (1 - second**step)) + epsilon)

    return change


#: Name -> learning rate -> a function from the gradient at a step to what is taken off the weights.
OPTIMIZERS: dict[str, Callable[[float], Callable[[_Vector], _Vector]]] = {
    "gradient-descent": _gradient_descent,
    "adam": _adam,
}


def check_schedule(learning_rate: float | None, steps: int | None, optimizer: str = "gradient-descent") -> None:
    """Raise `TrainingError` unless the rate is positive, the steps are a number from 0, and the optimizer is known.

    None stands for a default.
    """
    if optimizer not in OPTIMIZERS:
        raise TrainingError(f"unknown optimizer '{optimizer!s:.60}': choose one of {', '.join(OPTIMIZERS)}")
    positive = isinstance(learning_rate, (int, float)) and math.isfinite(learning_rate) and learning_rate > 0
    if learning_rate is not None and not positive:
        raise TrainingError(f"the learning rate must be a positive number, not {learning_rate}")
    if steps is None:
        return
    if isinstance(steps, bool) or not isinstance(steps, (int, np.integer)) or steps < 0:
        raise TrainingError(f"the number of training steps must be a whole number from 0, not {steps}")
    if steps > MOST_STEPS:
        raise TrainingError(f"{steps!s:.30} training steps are too many: ask for at most {MOST_STEPS}")


class Descent:
    """A path that goes down, and can be gone on with.

    Args:
        gradient: (θ₁, θ₂, …) -> the components of the gradient.
        start: the first point.
        learning_rate: η.
        optimizer: a name of `OPTIMIZERS`.

    Attributes:
        path: an array (steps + 1, parameters), the start in row 0.

    Raises:
        TrainingError: a learning rate that is not positive, an unknown optimizer, a start that is not finite numbers.

    >>> descent = Descent(lambda a: [2 * a], [1.0], learning_rate=0.25)
    >>> descent.advance(1)
    >>> descent.advance(2)
    >>> descent.path[:, 0].tolist()
    [1.0, 0.5, 0.25, 0.125]
    """

    def __init__(
        self,
        gradient: Callable[..., Any],
        start: Sequence[float],
        learning_rate: float,
        optimizer: str = "gradient-descent",
    ) -> None:
        check_schedule(learning_rate, None, optimizer)
        self.path: _Vector = read_reals([start], "the start of training", TrainingError)
        if not np.isfinite(self.path).all():
            raise TrainingError(f"training must start at finite numbers, not {', '.join(map(str, start))}")
        self._farthest = FARTHEST * max(1.0, float(np.abs(self.path).max(initial=0)))
        self._gradient, self._change = gradient, OPTIMIZERS[optimizer](learning_rate)

    def advance(self, steps: int, progress: Callable[[int], None] | None = None) -> None:
        """Take so many further steps; `progress` is called now and then with the number of all steps so far.

        Raises:
            TrainingError: the path runs away; the message says where.
        """
        done, here = len(self.path), self.path[-1]
        path = np.empty((done + steps, len(here)))
        path[:done] = self.path
        with np.errstate(over="ignore", invalid="ignore"):
            for k in range(done, done + steps):
                here = here - self._change(np.asarray(self._gradient(*here), dtype=float))
                path[k] = here
                if progress is not None and not k % 16:
                    progress(k)
                if not k % 256 and not (np.abs(here) <= self._farthest).all():
                    break
        taken = np.abs(path[: k + 1] if steps else path).max(axis=1)
        for fault, here in (("left the numbers", np.isfinite(taken)), ("ran away", taken <= self._farthest)):
            if not here.all():
                first = int(np.argmin(here))
                last = ", ".join(f"{v:.4g}" for v in path[first - 1])
                raise TrainingError(f"training {fault} at step {first} (from {last}): lower the learning rate")
        self.path = path


def descend(
    gradient: Callable[..., Any],
    start: Sequence[float],
    learning_rate: float,
    steps: int,
    optimizer: str = "gradient-descent",
) -> _Vector:
    """The path of so many steps, see `Descent`.

    >>> descend(lambda a: (2*a,), [1.0], learning_rate=0.25, steps=3)[:, 0].tolist()
    [1.0, 0.5, 0.25, 0.125]
    >>> descend(lambda a: (2*a,), [1.0], 0.25, 1, "adam")[:, 0].round(6).tolist()  # at first a step of η
    [1.0, 0.75]

    Raises:
        TrainingError: what `Descent` refuses, and a negative number of steps.
    """
    check_schedule(learning_rate, steps, optimizer)
    descent = Descent(gradient, start, learning_rate, optimizer)
    descent.advance(int(steps))
    return descent.path
