"""What a mistake is: the true pipeline with something in it replaced, with a name, a sentence and a remedy.

Its prediction is computed as the truth is, so the diagnosis is a comparison of numbers, never a guess from their look.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .pipeline import Pipeline

__all__ = ["LEVELS", "Mistake", "touches"]

#: The stages in their order. A mistake that stands behind another one can be tried on all of those before it at once.
LEVELS = {
    "prepare": 0, "invert": 1, "lower": 2, "raise_first": 3, "christoffel": 3, "linear": 4, "quadratic": 4,
    "contract": 5, "lowering": 5, "trace": 6, "einstein": 7, "squares": 7, "laplacian": 7, "laplace": 7, "returned": 8,
    "output": 9, "scale": 10,
}  # fmt: skip

_CONNECTION = ("prepare", "invert", "lower", "raise_first", "christoffel")
_RIEMANN = (*_CONNECTION, "linear", "quadratic")
_SCALAR = (*_RIEMANN, "contract", "trace")
_STAGES = {
    "metric": ("prepare",), "metric_derivative": ("prepare",), "determinant": ("prepare",),
    "inverse_metric": ("prepare", "invert"), "christoffel_first": ("prepare", "lower"), "christoffel": _CONNECTION,
    "riemann": _RIEMANN, "riemann_lowered": (*_RIEMANN, "lowering"), "sectional_curvature": (*_RIEMANN, "lowering"),
    "ricci": (*_RIEMANN, "contract"), "ricci_scalar": _SCALAR, "gaussian_curvature": _SCALAR,
    "einstein": (*_SCALAR, "einstein"), "weyl": (*_SCALAR, "lowering"), "kretschmann": (*_RIEMANN, "lowering",
    "squares"), "laplacian": (*_CONNECTION, "laplacian", "laplace"),
}  # fmt: skip


def touches(stage: str, quantity: str) -> bool:
    """Whether a stage (or place) can have an influence on a quantity.

    >>> touches("contract", "ricci"), touches("contract", "christoffel")
    (True, False)
    """
    return stage in _STAGES[quantity] or stage in ("returned", "output", "scale")


@dataclass(frozen=True)
class Mistake:
    """One way to go wrong.

    ``changes`` are fields of `Pipeline`, of which "places" and "formulas" are added to those of the pipeline;
    ``stage`` is the field or place that changes first. ``quantities`` are those that it is tried on, all that the stage
    touches if left out. ``weight`` says how far from the truth it is: one thing replaced is 1.
    """

    name: str
    stage: str
    changes: Mapping[str, Any]
    sentence: str
    remedy: str
    quantities: tuple[str, ...] = ()
    weight: float = 1.0

    @property
    def level(self) -> int:
        return LEVELS[self.stage]

    def concerns(self, quantity: str) -> bool:
        """Whether it is worth a try for this quantity."""
        return quantity in self.quantities if self.quantities else touches(self.stage, quantity)

    def apply(self, pipeline: Pipeline) -> Pipeline:
        """The pipeline with this mistake in it."""
        merged: dict[str, Any] = {
            k: {**getattr(pipeline, k), **v} if k in ("places", "formulas") else v for k, v in self.changes.items()
        }
        if "output" in merged:  # what is done to the answer comes after what is done to it already
            before, after = pipeline.output, merged["output"]
            merged["output"] = lambda output, n: after(before(output, n), n)
        return replace(pipeline, **merged)
