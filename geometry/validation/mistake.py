"""What a known mistake is: one stage of the true pipeline replaced, with a name, a sentence and a remedy.

Its prediction is computed exactly as the truth is, so the diagnosis is a comparison of numbers,
never a guess from their look.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from .pipeline import Pipeline

__all__ = ["CONNECTED", "CURVATURE", "Mistake"]

CURVATURE = (
    "riemann",
    "riemann_lowered",
    "ricci",
    "ricci_scalar",
    "gaussian_curvature",
    "einstein",
    "weyl",
    "kretschmann",
)
CONNECTED = ("christoffel_first", "christoffel", *CURVATURE, "laplacian")


@dataclass(frozen=True)
class Mistake:
    """One way to go wrong.

    ``stage`` is the field of `Pipeline` that ``change`` replaces (or ``"formulas"`` with a
    dictionary); ``quantities`` are those whose value it can touch.
    """

    name: str
    stage: str
    change: Any
    sentence: str
    remedy: str
    quantities: tuple[str, ...] = CURVATURE

    def apply(self, pipeline: Pipeline) -> Pipeline:
        """The pipeline with this mistake in it."""
        if self.stage == "formulas":
            return replace(pipeline, formulas={**pipeline.formulas, **self.change})
        return replace(pipeline, **{self.stage: self.change})
