"""Which known mistake explains the numbers: prediction against observation, smallest explanation first.

A mistake is named only if its prediction agrees with the program's value at *every* usable point,
within a tolerance far below the distance from the truth.  Mistakes that predict the same numbers
on all points cannot be told apart by the quantity tested; they are listed together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .mistake import Mistake
from .mistakes import formula_mistakes
from .observations import Group, Observation, group_by_dimension
from .output_mistakes import output_mistakes, scale_mistakes
from .pipeline import Pipeline
from .styles import half_filled, unsymmetric, written_otherwise

__all__ = ["Diagnosis", "approximation", "distinct_numbers", "formula_diagnoses", "constant_factor", "scope_diagnosis"]

# Agreement levels: closed forms and automatic differentiation; good differences; noisy differences.
LEVELS = (1e-6, 1e-3, 2e-2)
_MARGIN = 20.0


@dataclass(frozen=True)
class Diagnosis:
    """A named explanation with its evidence.

    ``also`` names the mistakes that predict the very same numbers on these points.
    """

    name: str
    sentence: str
    remedy: str
    kind: str = "formula"
    agreement: float = 0.0
    points: int = 0
    also: tuple[str, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.name}: {self.sentence} {self.remedy}"


@dataclass(frozen=True)
class _Candidate:
    mistakes: tuple[Mistake, ...]
    pipeline: Pipeline

    @property
    def name(self) -> str:
        return " + ".join(m.name for m in self.mistakes)


def _agreement(groups: Sequence[Group], pipeline: Pipeline, quantity: str, cutoff: float) -> float:
    """The worst mismatch over all observations, or inf as soon as it exceeds the cutoff."""
    worst = 0.0
    for group in groups:
        with np.errstate(all="ignore"):
            predicted = pipeline.run(group.jets).output(quantity)
        worst = max(worst, float(np.max(group.mismatch(predicted), initial=0.0)))
        if worst > cutoff:
            return float("inf")
    return worst


def _singles(quantity: str, statistical: bool, groups: Sequence[Group]) -> Iterator[_Candidate]:
    true = Pipeline()
    for m in output_mistakes(quantity, statistical):
        yield _Candidate((m,), m.apply(true))
    for m in formula_mistakes():
        if quantity in m.quantities:
            yield _Candidate((m,), m.apply(true))
    for m in formula_mistakes():
        if quantity in m.quantities:
            if m.stage in ("lower", "raise_first", "prepare") and any(unsymmetric(m, g.jets) for g in groups):
                for other in written_otherwise(m, quantity):
                    yield _Candidate((m,), other.apply(true))


def _pairs(quantity: str, statistical: bool) -> Iterator[_Candidate]:
    true = Pipeline()
    formulas = [m for m in formula_mistakes() if quantity in m.quantities]
    outputs = scale_mistakes(quantity, statistical)[:6]
    for m, pipeline in half_filled(quantity):
        yield _Candidate((m,), pipeline)
    for m in output_mistakes(quantity, statistical):
        if m.stage == "output" and m not in outputs:
            for s in outputs:
                both = lambda output, n, m=m, s=s: s.change(m.change(output, n), n)
                yield _Candidate((m, s), replace(true, output=both))
    for m in formulas:
        for s in outputs:
            yield _Candidate((m, s), s.apply(m.apply(true)))
    for at, a in enumerate(formulas):
        for b in formulas[at + 1 :]:
            if a.stage != b.stage:
                yield _Candidate((a, b), b.apply(a.apply(true)))


def _screened(
    candidates: Iterable[_Candidate], groups: Sequence[Group], quantity: str, cutoff: float
) -> list[tuple[float, _Candidate]]:
    """The candidates that agree everywhere; two telling observations are tried first."""
    failing = [(g, k) for g in groups for k, o in enumerate(g.observations) if not o.passed]
    chosen = failing[:2]
    small = [_part(g, [k]) for g, k in chosen]
    found = []
    for candidate in candidates:
        if _agreement(small, candidate.pipeline, quantity, cutoff) <= cutoff:
            level = _agreement(groups, candidate.pipeline, quantity, cutoff)
            if level <= cutoff:
                found.append((level, candidate))
    return found


def _part(group: Group, rows: list[int]) -> Group:
    jets = type(group.jets)(**{k: None if v is None else v[rows] for k, v in vars(group.jets).items()})
    return Group(
        [group.observations[k] for k in rows], jets, group.values[rows], group.truth[rows], group.amplitude[rows]
    )


def _truth_mismatch(groups: Sequence[Group]) -> float:
    return max((float(np.max(g.mismatch(g.truth), initial=0.0)) for g in groups), default=0.0)


def formula_diagnoses(
    observations: Sequence[Observation], quantity: str, *, statistical: bool = False, pairs: bool = False
) -> list[Diagnosis]:
    """The known mistakes, or pairs of them (and half-filled metrics in every spelling), that predict the program's
    numbers everywhere.
    """
    groups = group_by_dimension(observations)
    if not groups:
        return []
    allowed = [c for c in LEVELS if c * _MARGIN <= _truth_mismatch(groups)]
    if not allowed:
        return []
    candidates: Iterable[_Candidate] = (
        _pairs(quantity, statistical) if pairs else _singles(quantity, statistical, groups)
    )
    if distinct_numbers(observations) < 4:
        # A single number (a space of constant curvature, say) is met by accident: only what agrees closely, or is
        # plain, may be named.
        plain = (_Candidate((m,), m.apply(Pipeline())) for m in scale_mistakes(quantity, statistical))
        found = _screened(candidates, groups, quantity, LEVELS[0]) or (
            [] if pairs else _screened(plain, groups, quantity, allowed[-1])
        )
    else:
        found = _screened(candidates, groups, quantity, allowed[-1])
    # The tightest level at which anything agrees decides.
    for cutoff in allowed:
        if within := [f for f in found if f[0] <= cutoff]:
            return [_as_diagnosis(within, groups)]
    return []


def distinct_numbers(observations: Sequence[Observation]) -> int:
    """How many different numbers (to three digits, zeros left out) the program gave: the weight of the evidence."""
    values = (
        np.concatenate([np.abs(np.asarray(o.value, dtype=float)).ravel() for o in observations])
        if observations
        else np.zeros(0)
    )
    return len({f"{v:.2e}" for v in values if v > 1e-9})


def _as_diagnosis(found: list[tuple[float, _Candidate]], groups: Sequence[Group]) -> Diagnosis:
    # All agree with the program to the same cutoff; one that agrees far better is the better explanation.
    best = min(level for level, _ in found)
    close = [(level, c) for level, c in found if level <= max(30 * best, 1e-9)]
    level, first = close[0]
    also = tuple(dict.fromkeys(c.name for _, c in close if c.name != first.name))
    count = sum(len(g.observations) for g in groups)
    return Diagnosis(
        first.name, " And: ".join(m.sentence for m in first.mistakes), " ".join(m.remedy for m in first.mistakes),
        agreement=level, points=count, also=also,
    )  # fmt: skip


# --- explanations that are read off the pattern of passes and failures ---------------------------


def constant_factor(observations: Sequence[Observation], quantity: str, own_metric: bool = True) -> Diagnosis | None:
    """One and the same factor between the program and the truth, at all points of all cases.

    Where the program holds its own metric (``own_metric``) the factor may be one of the metric.
    """
    ratios, spread = [], []
    for o in observations:
        if o.condition > 1e3:
            continue
        size = float(np.max(np.abs(o.truth)))
        if size == 0 or size < 1e-12 * o.amplitude:
            if o.error > 1e-3 * o.amplitude:
                return None
            continue
        at = np.unravel_index(int(np.argmax(np.abs(o.truth))), o.truth.shape) if o.truth.ndim else ()
        ratio = float(o.value[at] / o.truth[at])
        ratios.append(ratio)
        spread.append(float(np.max(np.abs(o.value - ratio * o.truth))) / size / max(abs(ratio), 1e-300))
    if len(ratios) < 2 or min(abs(r) for r in ratios) == 0:
        return None
    centre = float(np.median(ratios))
    if max(abs(r / centre - 1) for r in ratios) > 1e-3 or max(spread) > 1e-3 or abs(centre - 1) < 1e-2:
        return None
    rows = {len(next(iter(o.case.data.values()))) for o in observations if o.case.data}
    effect = {"metric": 1, "riemann_lowered": 1, "christoffel_first": 1, "metric_derivative": 1, "weyl": 1,
              "inverse_metric": -1, "ricci_scalar": -1, "gaussian_curvature": -1, "laplacian": -1,
                  "kretschmann": -2}.get(quantity)  # fmt: skip
    if own_metric and effect is not None and centre > 0:
        n = centre ** (1 / effect)
        for count, word in ((n, "times as large as"), (1 / n, "of")):
            whole = round(count)
            if whole >= 2 and abs(count / whole - 1) < 1e-3 and (not rows or whole in rows):
                how = f"{whole} {word}" if word.startswith("times") else f"1/{whole} {word}"
                return Diagnosis(
                    "fisher-off-by-n",
                    f"Every value is {centre:.6g} times the truth, as if the metric were {how} the declared one"
                    f" (for a Fisher metric: a sum over n = {whole} observations instead of their mean, or the "
                    "reverse).",
                    "Divide the Fisher matrix by the number of observations (or multiply), or declare that metric.",
                    kind="factor", points=len(ratios), details={"factor": centre, "n": whole},
                )  # fmt: skip
    return Diagnosis("constant-factor", f"Every value is {centre:.6g} times the truth.",
        "Look for a forgotten constant.",
                     kind="factor", points=len(ratios), details={"factor": centre})  # fmt: skip


def approximation(observations: Sequence[Observation]) -> Diagnosis | None:
    """Every value is right to some per cent: the formula is right, and the method approximates."""
    usable = [o for o in observations if not o.hard]
    errors = [o.relative_error for o in usable if np.any(o.truth)]
    if len(errors) < 3 or max(o.relative_error for o in usable) > 3e-2 or distinct_numbers(usable) < 3:
        return None
    # What is missed must not be the zeros: a wrong term that vanishes elsewhere is no approximation.
    missed = [bool(np.any(o.truth)) for o in usable if not o.passed]
    if not missed or sum(missed) < 0.8 * len(missed):
        return None
    typical, worst = float(np.median(errors)), max(errors)
    return Diagnosis(
        "approximation", f"The values are right to {typical:.0e} (median; worst {worst:.1e}): the method approximates, "
                         "and no formula is wrong.",
        f"Refine what it discretises, or pass rtol={10 ** np.ceil(np.log10(worst)):.0e} if that is what you want.",
        kind="numeric",
        points=len(errors), details={"median": typical, "worst": worst},
    )  # fmt: skip


def scope_diagnosis(observations: Sequence[Observation]) -> Diagnosis | None:
    """A property that all passing points have and all failing ones lack."""
    passed = [o for o in observations if o.passed]
    failed = [o for o in observations if not o.passed]
    if not passed or not failed or len({o.case.name for o in observations}) < 2:
        return None
    properties: tuple[tuple[str, Any, str, str], ...] = (
        ("only-diagonal", lambda o: o.case.metric.is_diagonal(), "Right on diagonal metrics only.",
            "Use the full inverse matrix and sum over both indices."),
        ("only-two-dimensional", lambda o: o.case.dim == 2, "Right in two dimensions only.",
            "R = g^ik g^jl R_ijkl in any dimension."),
        ("only-without-first-derivatives", lambda o: not np.any(o.prepared.jets.dg[o.index]),
            "Right only where ∂g = 0.",
            "The terms quadratic in ∂g (ΓΓ) are wrong or missing."),
        ("only-positive-definite", lambda o: "lorentzian" not in o.case.tags,
            "Right on positive definite metrics only; fails on Lorentzian ones.",
            "Use |det g| and no Cholesky factor or square root of a negative number."),
        ("only-four-dimensional", lambda o: o.case.dim == 4, "Right in four dimensions only.",
            "Look for a factor that depends on n and is written for n = 4, such as 1/(n − 2) or 1/((n − 1)(n − 2))."),
        ("only-three-dimensional-or-less", lambda o: o.case.dim <= 3, "Right up to three dimensions only.",
            "Look for a loop that ends at 3."),
        ("only-flat", lambda o: "flat" in o.case.tags,
            "Right on flat space only: zero is met, every other value is missed.",
            "Look for what vanishes with the curvature: a factor, an index, a power of det g."),
    )  # fmt: skip
    # A vanishing truth is met by accident: where there are others, those passes do not count.
    telling = [o for o in passed if np.any(o.truth)]
    for name, holds, sentence, remedy in properties:
        passing = passed if name in ("only-flat", "only-without-first-derivatives") else telling
        if passing and all(holds(o) for o in passing) and not any(holds(o) for o in failed):
            return Diagnosis(name, sentence, remedy, kind="scope", points=len(observations),
                             details={"passing": len(passed), "failing": len(failed)})  # fmt: skip
    return None
