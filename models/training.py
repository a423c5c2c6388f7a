"""Gradient descent θ ← θ − η ∂L/∂θ, its path kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from chentsov.geometry.exact.errors import InputError

__all__ = ["TrainingError", "check_schedule", "descend"]

#: Steps beyond which training is refused: the path is kept.
MOST_STEPS = 10_000_000


class TrainingError(InputError):
    """Training that cannot be started, or that ran away."""


def check_schedule(learning_rate: float | None, steps: int) -> None:
    """Raise `TrainingError` unless the rate is positive (or None: a default) and the steps are a number from 0."""
    positive = isinstance(learning_rate, (int, float)) and math.isfinite(learning_rate) and learning_rate > 0
    if learning_rate is not None and not positive:
        raise TrainingError(f"the learning rate must be a positive number, not {learning_rate}")
    if isinstance(steps, bool) or not isinstance(steps, (int, np.integer)) or steps < 0:
        raise TrainingError(f"the number of training steps must be a whole number from 0, not {steps}")
    if steps > MOST_STEPS:
        raise TrainingError(f"{steps!s:.30} training steps are too many: ask for at most {MOST_STEPS}")


def descend(
    gradient: Callable[..., Any], start: Sequence[float], learning_rate: float, steps: int
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The path of gradient descent: an array (steps + 1, parameters), the start in row 0.

    `gradient(θ₁, θ₂, …)` returns the components of the gradient.

    >>> descend(lambda a: (2*a,), [1.0], learning_rate=0.25, steps=3)[:, 0].tolist()
    [1.0, 0.5, 0.25, 0.125]

    Raises :class:`TrainingError` for a learning rate that is not positive, a negative number of steps, a start that
    is not finite, and a path that leaves the numbers.
    """
    check_schedule(learning_rate, steps)
    path = np.empty((int(steps) + 1, len(start)))
    path[0] = start
    if not np.isfinite(path[0]).all():
        raise TrainingError(f"training must start at finite numbers, not {', '.join(map(str, start))}")
    for k in range(steps):
        path[k + 1] = path[k] - learning_rate * np.array([float(g) for g in gradient(*path[k])])
        if not np.isfinite(path[k + 1]).all():
            raise TrainingError(
                f"training left the numbers at step {k + 1} (from {', '.join(f'{v:.4g}' for v in path[k])}): "
                "lower the learning rate"
            )
    return path
