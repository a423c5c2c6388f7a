"""The reference back end: a program run with NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .algebras import NumPy
from .interpreter import Evaluator
from .program import Program

__all__ = ["evaluate"]


def evaluate(
    program: Program, values: Mapping[str, np.ndarray], data: Mapping[str, np.ndarray], dtype: Any
) -> list[Any]:
    """The outputs at arrays that broadcast. Each table's rows are one more axis, after the grid's."""
    run = Evaluator(program, NumPy(np.dtype(dtype)), {key: data[key] for key in program.rows})
    return [np.asarray(v) for v in run({k: np.asarray(v) for k, v in values.items()})]
