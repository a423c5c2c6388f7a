"""How exact a program is, measured from several well-conditioned points together.

A program that is handed a metric can be handed the same metric in other units, g(s·y) at y = x/s: every quantity then
changes by a known power of s, and nothing else does, but a step h that the program keeps to itself is s times as large.
So its errors tell what they are: truncation falls as s falls, rounding noise grows, and what is wrong in a formula
stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from .calling import Caller
from .observations import Observation

__all__ = ["APPROXIMATE", "DIFFERENCES", "EXACT", "Accuracy", "Stencil", "is_single", "local_noise", "measure",
           "observed_step", "rescaled_errors"]  # fmt: skip

#: Relative tolerances: for closed forms, automatic differentiation and complex steps; for what approximates without
#: taking differences (quadrature, interpolation); for finite differences.
EXACT, APPROXIMATE, DIFFERENCES = 1e-9, 1e-6, 1e-4
#: Up to this relative error (of the terms that cancel) a program counts as exact.
_REACHED = 1e-11
#: The power of s by which a quantity of g(s·y) is larger than that of g.
_POWERS = {"metric": 0, "inverse_metric": 0, "determinant": 0, "metric_derivative": 1, "christoffel_first": 1,
           "christoffel": 1, "kretschmann": 4}  # fmt: skip


@dataclass(frozen=True)
class Stencil:
    """The displacements at which a program evaluated the metric around one point."""

    step: float
    one_sided: bool
    evaluations: int


@dataclass(frozen=True)
class Accuracy:
    """What was measured: the kind of arithmetic, its errors at well-conditioned points, and how they answer to a step.

    ``errors`` are those of one or two points with the step scaled by the keys; ``formula`` says that the errors do not
    answer to it, so that they are no matter of arithmetic.
    """

    kind: str = "exact"
    median: float = 0.0
    worst: float = 0.0
    where: str = ""
    points: int = 0
    stencil: Stencil | None = None
    errors: Mapping[float, float] = field(default_factory=dict)
    formula: bool = False

    @property
    def tolerance(self) -> float:
        """The relative tolerance by which the program is judged."""
        return {"exact": EXACT, "approximate": APPROXIMATE, "differences": EXACT if self.formula else DIFFERENCES}[
            self.kind
        ]

    @property
    def best(self) -> float | None:
        """The factor by which the step should be taken, if another one is at least three times better."""
        if not self.errors:
            return None
        scale = min(self.errors, key=lambda s: self.errors[s])
        return scale if self.errors[scale] < self.errors.get(1.0, 0.0) / 3 else None

    def __str__(self) -> str:
        size = f"{self.median:.0e} (median of {self.points} points), {self.worst:.0e} at worst ({self.where})"
        if self.kind != "differences":
            return f"approximates: off by {size}" if self.kind == "approximate" else f"exact: off by {size}"
        how = "finite differences" + (f" with step {self.stencil.step:.1e}" if self.stencil else "")
        if self.best is None:
            return f"{how}: off by {size}; another step would not do much better" if self.errors else \
                f"{how}: off by {size}"  # fmt: skip
        step = f"a step of {self.stencil.step * self.best:.0e}" if self.stencil else f"{self.best:g} times the step"
        return f"{how}: off by {size}; {step} would be off by {self.errors[self.best]:.0e}"


def observed_step(caller: Caller, row: np.ndarray) -> Stencil | None:
    """The difference step, seen from where the program asked for the metric; None if it took none."""
    caller.metric.points.clear()
    caller.scalar.points.clear()
    caller.at_row(row)
    seen = [p.reshape(-1, row.size) for p in (*caller.metric.points, *caller.scalar.points)]
    if not seen:
        return None
    offsets = np.concatenate(seen) - row
    sizes = np.abs(offsets)
    # Displacements are read off the points; below the rounding of x they say nothing.
    moved = sizes > 1e-14 * np.maximum(1.0, np.abs(row))
    near = moved & (sizes < 0.7)
    if not near.any():
        return None
    least = np.min(sizes[near])
    step = float(np.median(sizes[near][sizes[near] < 1.5 * least]))
    signs = np.sign(offsets[near])
    return Stencil(step, bool(np.all(signs > 0) or np.all(signs < 0)), len(offsets))


def local_noise(caller: Caller, row: np.ndarray, count: int = 5) -> tuple[float, bool]:
    """(jitter, frozen): how far answers scatter when the point moves by some 2⁻⁴⁰, and whether they do not move
    at all.
    """
    values = []
    for k in range(count):
        moved = row + (k + 1) * (1 + 0.3 * np.arange(row.size)) * 2.0**-40 * np.maximum(np.abs(row), 2.0**-3)
        outcome = caller.at_row(moved)
        if outcome.value is None:
            return float("nan"), False
        values.append(np.asarray(outcome.value, dtype=float))
    stack = np.stack(values)
    return float(np.max(np.ptp(stack, axis=0), initial=0.0)), bool(np.all(stack == stack[0]))


def is_single(value: np.ndarray) -> bool:
    """Whether float32 holds every one of these numbers."""
    array = np.asarray(value, dtype=float)
    array = array[array != 0]
    with np.errstate(over="ignore"):
        return bool(array.size) and bool(np.all(array.astype(np.float32).astype(float) == array))


def rescaled_errors(
    callers: Mapping[str, Caller], sample: Sequence[Observation], scales: Sequence[float]
) -> dict[float, float]:
    """The worst relative error on a sample, with the metric handed over in units that make every step s times as large;
    empty for programs that are handed no metric.
    """
    errors: dict[float, float] = {}
    for s in scales:
        worst = 0.0
        for o in sample:
            caller = callers[o.case.name]
            if "metric" not in caller.form:
                return {}
            value = caller.at_row(caller.rows[o.index], scale=s).value
            if value is None:
                worst = float("inf")
                break
            power = _POWERS.get(caller.quantity, 2)
            worst = max(worst, float(np.max(np.abs(caller.ours(value) / s**power - o.truth), initial=0.0)) / o.scale)
        errors[s] = worst
    return errors


def measure(callers: Mapping[str, Caller], observations: Sequence[Observation]) -> Accuracy:
    """How exact the program is where nothing is nearly singular, and whether it takes differences."""
    curved = [o for o in observations if np.any(o.truth) and o.prepared.jets.dg[o.index].any()]
    mild = [o for o in curved if o.condition < 1e3] or curved
    if not mild:
        return Accuracy()
    relative = [o.error / max(o.amplitude, o.scale) for o in mild]
    worst = max(mild, key=lambda o: o.relative_error)
    median = float(np.median([o.relative_error for o in mild]))
    facts = Accuracy("exact", median, worst.relative_error, worst.case.name, len(mild))
    by_case: dict[str, Observation] = {}
    for o in sorted(mild, key=lambda o: (o.condition > 30, -o.relative_error)):
        by_case.setdefault(o.case.name, o)
    sample = list(by_case.values())[:3]
    if all(is_single(o.value) and not is_single(o.truth.astype(float)) for o in sample):
        return facts  # single precision: differences are the smaller worry
    stencil = next(
        (s for o in sample[:2] if (s := observed_step(callers[o.case.name], callers[o.case.name].rows[o.index]))), None
    )
    own = all("metric" not in c.form for c in callers.values())
    smooth = own and EXACT / 10 < worst.relative_error < APPROXIMATE  # a step that cannot be seen
    if stencil is None and float(np.median(relative)) < _REACHED and not smooth:
        return facts
    if stencil is None and not any(_jitters(callers[o.case.name], o) for o in sample):
        return replace(facts, kind="approximate")
    errors: dict[float, float] = {}
    formula = False
    if 1e-8 < worst.relative_error < 1e-2:
        pair = [o for o in sample if o.relative_error > 1e-9][:2]
        if errors := rescaled_errors(callers, pair, (0.25, 1.0, 4.0)):
            now = errors[1.0]
            formula = all(abs(e - now) < 0.1 * now for e in errors.values()) and now > 1e-8
    return replace(facts, kind="differences", stencil=stencil, errors=errors, formula=formula)


def _jitters(caller: Caller, o: Observation) -> bool:
    jitter, _ = local_noise(caller, caller.rows[o.index], 3)
    return bool(np.isfinite(jitter) and 1e-11 * o.scale < jitter < 1e-3 * o.scale)
