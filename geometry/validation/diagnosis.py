"""Which mistake explains the numbers: prediction against observation, smallest explanation first.

A mistake is named only if its prediction agrees with the program's value at *every* usable point,
within a tolerance far below the distance from the truth.  Mistakes that predict the same numbers
on all points cannot be told apart by the quantity tested; they are listed together.

Hundreds of mistakes, and pairs of them, are tried on three telling points in float64: what stands later in the pipeline
goes over a stack of everything that stands before it. What agrees there is tried everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product as choices
from typing import Any

import numpy as np

from .grammar import formula_mistakes, half_filled, styles
from .inputs import FAMILIES
from .mistake import Mistake, touches
from .observations import Group, Observation, group_by_dimension
from .outputs import scale_mistakes
from .pipeline import Array, Jets, Pipeline, Run

__all__ = [
    "LEVELS", "Diagnosis", "approximation", "asking_diagnosis", "component_diagnosis", "constant_factor",
    "distinct_numbers", "family_diagnoses", "formula_diagnoses", "partial_diagnoses",
    "read_off_diagnosis", "rounding_diagnosis", "row_diagnosis",
    "scope_diagnosis", "varying_factor",
]  # fmt: skip

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
    weight: float = 1.0
    details: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.name}: {self.sentence} {self.remedy}"


# What is known of a run before each level of `mistake.LEVELS`.
_BEFORE: tuple[tuple[str, ...], ...] = (
    (), (), ("inverses",), ("christoffel_first", "christoffel_first_derivative"),
    ("christoffel", "christoffel_derivative"), ("riemann",), ("ricci",), ("ricci_scalar", "riemann_lowered"), (),
)  # fmt: skip
#: Mistakes up to this weight are tried two at a time.
_PLAIN = 1.2


@dataclass(frozen=True)
class _Candidate:
    mistakes: tuple[Mistake, ...]

    @property
    def name(self) -> str:
        return " + ".join(m.name for m in self.mistakes if m.name)

    @property
    def weight(self) -> float:
        return sum(m.weight for m in self.mistakes)

    @property
    def pipeline(self) -> Pipeline:
        pipeline = Pipeline()
        for m in self.mistakes:
            pipeline = m.apply(pipeline)
        return pipeline


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


def _telling(groups: Sequence[Group], count: int = 3, every: bool = False) -> Group:
    """A few failing observations (or any) of one dimension, of different manifolds, three dimensions first."""
    order = {3: 0, 2: 1, 4: 2, 5: 3, 6: 4}
    found = []
    for group in groups:
        failing = [k for k, o in enumerate(group.observations) if not o.passed or every]
        names: dict[str, int] = {}
        for k in sorted(failing, key=lambda k: (-float(np.count_nonzero(group.jets.g[k])), k)):
            names.setdefault(group.observations[k].case.name, k)
        chosen = [*names.values(), *(k for k in failing if k not in names.values())][:count]
        if chosen:
            found.append((len(chosen) < 2, order.get(group.jets.dim, 9), group, chosen))
    _, _, group, chosen = min(found, key=lambda f: f[:2])
    return group.part(chosen)


class _Screen:
    """Everything that is tried on the telling observations."""

    def __init__(self, group: Group, quantity: str, mistakes: Sequence[Mistake]):
        self.group, self.quantity, self.mistakes = group, quantity, mistakes
        self.jets = group.jets
        self.base = Run(Pipeline(), self.jets)
        self.base.output(quantity)
        self.runs: dict[int, Run] = {}
        self.outputs: dict[int, Array] = {}

    def _known(self, level: int, runs: Sequence[Run]) -> dict[str, Any]:
        """What the runs have in common before a level, as a stack (of one run: as it is)."""
        names = [name for names in _BEFORE[: level + 1] for name in names if name in self.base.known]
        if len(runs) == 1:
            return {name: runs[0][name] for name in names}
        known: dict[str, Any] = {}
        for name in names:
            values = [run[name] for run in runs]
            if isinstance(values[0], tuple):
                known[name] = tuple(np.stack(v) for v in zip(*values))
            else:
                known[name] = np.stack([np.broadcast_to(v, np.shape(self.base[name])) for v in values])
        return known

    def single(self, k: int) -> float:
        """How far one mistake is from the program here."""
        m = self.mistakes[k]
        try:
            with np.errstate(all="ignore"):
                if m.level < 2:
                    run = m.apply(Pipeline()).run(self.jets)
                else:
                    run = Run(m.apply(Pipeline()), self.jets, self._known(m.level, [self.base]))
                predicted = run.output(self.quantity)
        except (np.linalg.LinAlgError, ZeroDivisionError, ValueError):
            return float("inf")
        self.runs[k], self.outputs[k] = run, predicted
        return float(np.max(self.group.mismatch(predicted)))

    def behind(self, second: Mistake, firsts: Sequence[int], known: dict[str, Any], jets: Jets) -> Array:
        """How far ``second`` after each of ``firsts`` is from the program here: one number each."""
        with np.errstate(all="ignore"):
            if "output" in second.changes:
                predicted = second.changes["output"](np.stack([self.outputs[k] for k in firsts]), self.jets.dim)
            else:
                predicted = Run(second.apply(Pipeline()), jets, known).output(self.quantity)
            predicted = np.broadcast_to(predicted, (len(firsts), *self.group.values.shape))
            return np.max(self.group.mismatch(predicted), axis=1)

    def pairs(self, seconds: Iterable[Mistake], firsts: Sequence[int], cutoff: float) -> Iterator[_Candidate]:
        """The pairs that agree with the program here; a mistake stands behind those of an earlier stage."""
        stacks: dict[int, tuple[list[int], dict[str, Any], Jets]] = {}
        for second in seconds:
            level = second.level
            if level not in stacks:
                before = [k for k in firsts if self.mistakes[k].level < level and k in self.runs]
                if level < 9:
                    before = [k for k in before if self.mistakes[k].level < 8]
                runs = [self.runs[k] for k in before]
                fields = {f: getattr(self.jets, f) for f in ("g", "dg", "ddg", "f", "df", "ddf")}
                if len(runs) > 1:
                    for f in ("g", "dg", "ddg"):
                        fields[f] = np.stack([getattr(run.jets, f) for run in runs])
                try:
                    known = self._known(level, runs) if len(runs) > 1 and level < 9 else {}
                except ValueError:
                    before, known = [], {}
                stacks[level] = before, known, Jets(**fields)
            before, known, jets = stacks[level]
            if len(before) < 2:
                continue
            try:
                levels = self.behind(second, before, known, jets)
            except (np.linalg.LinAlgError, ValueError, ZeroDivisionError):
                continue
            for at in np.flatnonzero(levels <= cutoff):
                yield _Candidate((self.mistakes[before[at]], second))


def _unsymmetric(run: Run) -> bool:
    gamma = run["christoffel"]
    return bool(np.max(np.abs(gamma - np.swapaxes(gamma, -1, -2)), initial=0.0) > 1e-9)


def _found(
    candidates: Iterable[_Candidate], groups: Sequence[Group], quantity: str, cutoff: float
) -> list[tuple[float, _Candidate]]:
    """Those that agree with the program everywhere."""
    found = []
    for candidate in candidates:
        try:
            level = _agreement(groups, candidate.pipeline, quantity, cutoff)
        except (np.linalg.LinAlgError, ValueError, ZeroDivisionError):
            continue
        if level <= cutoff:
            found.append((level, candidate))
    return found


def _truth_mismatch(groups: Sequence[Group]) -> float:
    return max((float(np.max(g.mismatch(g.truth), initial=0.0)) for g in groups), default=0.0)


def formula_diagnoses(
    observations: Sequence[Observation], quantity: str, *, statistical: bool = False, pairs: bool = False
) -> list[Diagnosis]:
    """The mistakes, or with ``pairs`` two at once (and half-filled metrics in every spelling), that predict the
    program's numbers everywhere.
    """
    groups = group_by_dimension(observations)
    groups = [g for g in groups if g.jets.dim > 1] or groups  # a line tells no loops, entries and contractions apart
    if not groups:
        return []
    allowed = [c for c in LEVELS if c * _MARGIN <= _truth_mismatch(groups)]
    if not allowed or all(o.passed for g in groups for o in g.observations):
        return []
    # A single number (a space of constant curvature, say) is met by accident: only what agrees closely, or is plain,
    # may be named.
    few = distinct_numbers(observations) < 4
    cutoff = LEVELS[0] if few else allowed[-1]
    mistakes = formula_mistakes(quantity, statistical)
    screen = _Screen(_telling(groups), quantity, mistakes)
    levels = [screen.single(k) for k in range(len(mistakes))]
    if not pairs:
        candidates = [_Candidate((mistakes[k],)) for k, level in enumerate(levels) if level <= cutoff]
        found = _found(candidates, groups, quantity, cutoff)
        if not found and "riemann" in screen.base.known:
            firsts = [k for k, run in screen.runs.items() if mistakes[k].level < 4 and _unsymmetric(run)]
            found = _found(screen.pairs(styles(), firsts, cutoff), groups, quantity, cutoff)
        if not found and few:
            plain = [_Candidate((m,)) for m in scale_mistakes(quantity, statistical)[:16]]
            found = _found(plain, groups, quantity, allowed[-1])
    else:
        halves = _Screen(screen.group, quantity, [m for m in half_filled() if m.concerns(quantity)])
        hits = [k for k in range(len(halves.mistakes)) if halves.single(k) <= cutoff]
        found = _found([_Candidate((halves.mistakes[k],)) for k in hits], groups, quantity, cutoff)
        if not found and "riemann" in halves.base.known:
            spelled = halves.pairs(styles(), list(halves.runs), cutoff)
            found = _found(spelled, groups, quantity, cutoff)
        if not found and not few:
            firsts = [k for k, m in enumerate(mistakes) if m.weight <= _PLAIN]
            seconds = [m for m in mistakes if m.weight <= _PLAIN and m.level > 1]
            both = sorted(screen.pairs(seconds, firsts, cutoff), key=lambda c: c.weight)
            found = _found(both[:200], groups, quantity, cutoff)
    # The tightest level at which anything agrees decides.
    for limit in allowed:
        if within := [f for f in found if f[0] <= limit]:
            return [_as_diagnosis(within, groups)]
    return []


def partial_diagnoses(observations: Sequence[Observation], quantity: str) -> list[Diagnosis]:
    """A mistake that is made in some dimensions, or with one signature, alone: everything else is right."""
    telling = [o for o in observations if np.any(o.truth)]
    kinds: tuple[tuple[str, Any], ...] = (
        ("in {0} dimensions", lambda o: str(o.case.dim)),
        ("on {0} metrics", lambda o: "indefinite" if "lorentzian" in o.case.tags else "positive definite"),
    )
    for words, kind in kinds:
        wrong = {kind(o) for o in telling if not o.passed}
        if not {kind(o) for o in telling} - wrong:
            continue
        there = [o for o in observations if kind(o) in wrong]
        for pairs in (False, True):
            for d in formula_diagnoses(there, quantity, pairs=pairs):
                where = words.format(" and ".join(sorted(wrong)))
                return [replace(d, sentence=f"{d.sentence} This is so {where} alone; elsewhere the answers are right.")]
    return []


def family_diagnoses(observations: Sequence[Observation], quantity: str, small: bool = False) -> list[Diagnosis]:
    """Regularisations and scaled derivatives: mistakes with a number in them, which is found by trying.

    With ``small`` only those are tried of which a small number makes a small error.
    """
    groups = group_by_dimension(observations)
    if not groups or distinct_numbers(observations) < 4 or not _truth_mismatch(groups):
        return []
    every = all(o.passed for g in groups for o in g.observations)
    screen, truth = _telling(groups, every=every), _truth_mismatch(groups)
    found: list[tuple[float, _Candidate]] = []
    scales = () if small or quantity != "ricci_scalar" else scale_mistakes(quantity)[:2]
    for second, family in choices(((), *((m,) for m in scales)), FAMILIES):
        if not touches(family.stage, quantity) or family.scales and (small or second):
            continue
        if second and found:
            break

        def miss(epsilon: float, family: Any = family, second: Any = second) -> float:
            try:
                with np.errstate(all="ignore"):
                    run = _Candidate((family.member(epsilon), *second)).pipeline.run(screen.jets)
                    return float(np.max(screen.mismatch(run.output(quantity))))
            except (np.linalg.LinAlgError, ValueError):
                return float("inf")

        exponents = np.arange(-9.0, 1.01, 0.25)
        best, width = min(exponents, key=lambda e: miss(10.0**e)), 0.25
        for _ in range(7):
            best = min(best + width * np.linspace(-1, 1, 9), key=lambda e: miss(10.0**e))
            width /= 4
        candidate = _Candidate((family.member(float(f"{10.0**best:.4g}")), *second))
        candidate = min((candidate, _Candidate((family.member(10.0**best), *second))), key=lambda c: _agreement(
            [screen], c.pipeline, quantity, np.inf))  # fmt: skip
        limit = min(LEVELS[1], truth / _MARGIN)
        if miss(10.0**best) <= limit:
            plain = [float(f"{d}e{e}") for e in range(-8, 1) for d in (1, 2, 3, 5)]  # a threshold: any on the plateau
            fits = [_Candidate((family.member(e), *second)) for e in plain if miss(e) <= limit]
            found += _found([candidate], groups, quantity, limit) or _found(fits, groups, quantity, limit)[:1]
    return [_as_diagnosis(sorted(found, key=lambda f: f[0]), groups)] if found else []


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
    named = [m for m in first.mistakes if m.name]
    return Diagnosis(
        first.name, " And: ".join(m.sentence for m in named), " ".join(dict.fromkeys(m.remedy for m in named)),
        agreement=level, points=count, also=also, weight=first.weight,
    )  # fmt: skip


# --- explanations that are read off the pattern of passes and failures ---------------------------


def constant_factor(observations: Sequence[Observation], quantity: str, own_metric: bool = True) -> Diagnosis | None:
    """One and the same factor between the program and the truth, at all points of all cases.

    Where the program holds its own metric (``own_metric``) the factor may be one of the metric.
    """
    ratios, spread = [], []
    for o in observations:
        if o.prepared.strained(o.index):
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
    scatter = np.maximum([abs(r / centre - 1) for r in ratios], spread)
    # A factor close to 1 must stand out from what the arithmetic scatters, at most of enough points.
    small = abs(centre - 1) < 1e-2
    if small and (len(ratios) < 4 or np.quantile(scatter, 0.8) > abs(centre - 1) / 20):
        return None
    if np.max(scatter) > (abs(centre - 1) if small else 1e-3):
        return None
    rows = {len(next(iter(o.case.data.values()))) for o in observations if o.case.data}
    effect = {"metric": 1, "riemann_lowered": 1, "christoffel_first": 1, "metric_derivative": 1, "weyl": 1,
              "inverse_metric": -1, "ricci_scalar": -1, "gaussian_curvature": -1, "laplacian": -1,
                  "kretschmann": -2}.get(quantity)  # fmt: skip
    if own_metric and effect is not None and centre > 0:
        n = centre ** (1 / effect)
        for count, word in ((n, "times as large as"), (1 / n, "of")):
            whole = round(count)
            if 2 <= whole <= 1000 and abs(count / whole - 1) < 1e-3 and (not rows or whole in rows):
                how = f"{whole} {word}" if word.startswith("times") else f"1/{whole} {word}"
                return Diagnosis(
                    "fisher-off-by-n",
                    f"Every value is {centre:.6g} times the truth, as if the metric were {how} the declared one"
                    f" (for a Fisher metric: a sum over n = {whole} observations instead of their mean, or the "
                    "reverse).",
                    "Divide the Fisher matrix by the number of observations (or multiply), or declare that metric.",
                    kind="factor", points=len(ratios), details={"factor": centre, "n": whole},
                )  # fmt: skip
    return Diagnosis("constant-factor", f"Every value is {centre:.8g} times the truth.",
        "Look for a forgotten constant.",
                     kind="factor", points=len(ratios), details={"factor": centre})  # fmt: skip


_ROWS: tuple[tuple[str, Any, str, str], ...] = (
    ("first-row-for-all", lambda n: [0] * n, "Every answer is that of the first point: a cache that never forgets, or "
     "the first row of a batch used for all.", "Key the cache by the point; index the row."),
    ("last-row-for-all", lambda n: [n - 1] * n, "Every answer is that of the last point.", "Index the row."),
    ("off-by-one-row", lambda n: [n - 1, *range(n - 1)], "Every answer is that of the point before, and the first that "
     "of the last: a cell off.", "Check the indices: value k belongs to point k."),
    ("off-by-one-row", lambda n: [*range(1, n), 0], "Every answer is that of the next point: a cell off.",
     "Check the indices: value k belongs to point k."),
    ("off-by-one-row", lambda n: [0, *range(n - 1)], "Every answer but the first is that of the point before: a stale "
     "cache, or a cell off.", "Key the cache by the point; check the indices."),
    ("off-by-one-row", lambda n: [*range(1, n), n - 1], "Every answer but the last is that of the next point: a cell "
     "off.", "Check the indices: value k belongs to point k."),
    ("rows-reversed", lambda n: [*range(n)][::-1], "The rows come in the reverse order.", "Keep their order."),
)  # fmt: skip


def asking_diagnosis(observations: Sequence[Observation], quantity: str) -> Diagnosis | None:
    """A program that is handed the metric, and does not ask for it where its answer is wrong."""
    failing = [o for o in observations if not o.passed]
    silent = [o for o in failing if o.asked == 0]
    if silent and len(silent) >= 0.8 * len(failing) and any(o.asked > 0 for o in observations):
        where = silent[0].case
        return Diagnosis(
            "stale-cache", f"The metric is not asked for at {len(silent)} of {len(observations)} points, and the "
            f"answer is wrong there (on {where.name} at {where.describe(where.points[silent[0].index])}, say): it is "
            "remembered from another point or another metric (a stale cache).",
            "Key the cache by the metric and by the whole point.", kind="scope", points=len(silent), weight=0.7,
        )  # fmt: skip
    few = (
        sum(o.case.dim > 1 and 1 <= o.asked <= o.case.dim for o in failing) > 0.6 * len(failing)
        and len(observations) > 1
    )
    if few and quantity not in ("metric", "inverse_metric", "determinant"):
        return Diagnosis(
            "metric-asked-too-little", "The metric is asked for at n points or fewer around most points, too few "
            "for its derivatives: differences of remembered values (a cache keyed by rounded coordinates) are 0.",
            "Differentiate the metric itself; key a cache by the exact point.", kind="scope", points=len(failing),
            weight=0.7,
        )  # fmt: skip
    return None


def row_diagnosis(observations: Sequence[Observation]) -> Diagnosis | None:
    """Every answer is right, but for another point of the same manifold: a stale cache, a cell off, one row for all."""
    by_case: dict[str, list[Observation]] = {}
    for o in observations:
        by_case.setdefault(o.case.name, []).append(o)
    several = [m for m in by_case.values() if len(m) > 1 and len(m) == len(m[0].case.points)]
    # Where one answer is as good as another, as on a space of constant curvature, the rows tell nothing.
    several = [m for m in several if not all(np.allclose(o.truth, m[0].truth, rtol=1e-3) for o in m)]
    telling = [o for members in several for o in members if not o.passed]
    if len(telling) < 2 or len(telling) < sum(not o.passed for o in observations):
        return None
    for name, order, sentence, remedy in _ROWS:
        gaps = []
        for members in several:
            for o, k in zip(members, order(len(members))):
                other = members[k].truth
                size = max(float(np.max(np.abs(other), initial=0.0)), 1e-3 * o.amplitude, 1e-300)
                gaps.append(float(np.max(np.abs(o.value - other), initial=0.0)) / size)
        if max(gaps) < LEVELS[1]:
            return Diagnosis(name, sentence, remedy, kind="scope", agreement=max(gaps), points=len(gaps), weight=0.7)
    stale = [o for o in telling if any(np.max(np.abs(o.value - other.truth), initial=0.0) < 1e-6 * other.scale
             for other in by_case[o.case.name] if other is not o and np.any(other.truth))]  # fmt: skip
    if len(stale) == len(telling) and len({f"{np.max(np.abs(o.truth)):.6g}" for o in telling}) > 1:
        return Diagnosis(
            "answer-of-another-point", "Every wrong answer is the right one of another point that was asked for: a "
            "cache whose key leaves something of the point out.", "Key the cache by the whole point.", kind="scope",
            points=len(telling), weight=0.7,
        )  # fmt: skip
    return None


def read_off_diagnosis(observations: Sequence[Observation]) -> Diagnosis | None:
    """A number is added to every answer, or every answer is cut off at a bound."""
    values = np.array([float(o.value) for o in observations if not o.truth.ndim])
    truth = np.array([float(o.truth) for o in observations if not o.truth.ndim])
    if len(values) < 4 or len({f"{t:.6g}" for t in truth}) < 3:
        return None
    added = float(np.median(values - truth))
    rest = np.abs(values - truth - added)
    if abs(added) > 1e-6 and np.all(rest <= 1e-4 * abs(added) + 1e-6 * np.abs(truth)):
        return Diagnosis("constant-added", f"{added:.8g} is added to every answer.", "Drop it.", kind="factor",
                         points=len(values), weight=0.5)  # fmt: skip
    low, high = float(values.min()), float(values.max())
    if low == high != 0:
        return Diagnosis(
            "constant-answer", f"Every answer is the same number, {low:.8g}, and the truth is not: constant curvature "
            "is assumed, or the answer of one point is kept.", "Compute it at every point; key a cache by the point.",
            kind="scope", points=len(values), weight=0.7,
        )  # fmt: skip
    cut = np.abs(np.clip(truth, low, high) - values) <= 1e-6 * (np.abs(values) + 1e-3)
    at_bounds = sum((values == low) & (truth < low - 1e-3 * abs(low)))
    at_bounds = max(at_bounds, sum((values == high) & (truth > high + 1e-3 * abs(high))))
    if np.all(cut) and at_bounds > 1 and np.any(truth != 0) and low < high:
        return Diagnosis("answer-clipped", f"Answers are clipped to the range from {low:.6g} to {high:.6g}.",
                         "Return them as they are; clip for the picture only.", kind="numeric", points=len(values),
                         weight=0.7)  # fmt: skip
    return None


def rounding_diagnosis(observations: Sequence[Observation]) -> Diagnosis | None:
    """The answer is rounded, or cut off, to some decimals."""
    values = np.concatenate([np.ravel(o.value).astype(float) for o in observations])
    truth = np.concatenate([np.ravel(o.truth).astype(float) for o in observations])
    with np.errstate(over="ignore"):
        half = np.array_equal(values.astype(np.float16).astype(float), values)
    if half and len(set(values)) > 3 and np.all(np.abs(values - truth) <= 2.0**-10 * np.abs(truth) + 1e-7):
        return Diagnosis("float16", "Half precision: every value is a float16 number, right to three digits.",
                         "Compute in float64.", kind="numeric", points=len(observations))  # fmt: skip
    for d in range(9):
        unit = 10.0**-d
        if np.max(np.abs(values / unit - np.round(values / unit)), initial=0.0) > 1e-6:
            continue
        gap = np.max(np.abs(values - truth), initial=0.0) / unit
        between = np.abs(truth / unit - np.round(truth / unit)) > 1e-3
        whole = np.round(values / unit)
        exactly = any(np.array_equal(whole, f(truth.astype(float) / unit)) for f in (np.floor, np.trunc, np.rint))
        told = len(set(values)) > 1 and len(set(np.round(truth[between], 12))) > 2
        if gap > 1.001 or not told or not exactly and np.max(np.abs(truth)) < 1.5 * unit:
            return None
        how = "rounded" if gap < 0.501 else "cut off"
        what = f"{d} decimals" if d else "a whole number"
        return Diagnosis(f"output-{'rounded' if how == 'rounded' else 'truncated'}-{d}",
                         f"The answer is {how} to {what}.", "Return it as it is, in float64.", kind="numeric",
                         points=len(observations), details={"decimals": d})  # fmt: skip
    return None


def component_diagnosis(observations: Sequence[Observation], constant: bool = True) -> Diagnosis | None:
    """Some entries exact, the others off by one factor or lost (or, unless ``constant``, in whatever way): which, and
    by what.
    """
    usable = [o for o in observations if not o.prepared.strained(o.index) and o.truth.ndim]
    if not usable or len({o.truth.ndim for o in usable}) != 1:
        return None
    wrong, right, ratios, stray = set(), set(), [], False
    for o in usable:
        allowed = max(o.tolerance, 1e-9 * o.scale)
        for at in np.ndindex(o.truth.shape):
            gap = abs(float(o.value[at] - o.truth[at]))
            vanishing = abs(float(o.truth[at])) <= max(1e-9 * o.scale, min(100 * allowed, 1e-3 * o.scale))
            if gap > allowed:
                wrong.add((o.case.dim, at))
                stray = stray or vanishing
                if not vanishing:
                    ratios.append((o, float(o.value[at] / o.truth[at])))
            elif not vanishing:
                right.add((o.case.dim, at))
    right -= wrong
    if not wrong or not right or len(usable) < 2:
        return None
    factor = float(np.median([r for _, r in ratios])) if ratios else 0.0
    one = bool(ratios) and max(abs(r - factor) for _, r in ratios) <= 1e-3 * max(1.0, abs(factor))
    if stray or not one:
        if constant or len(right) < len(wrong) or len(wrong) > 12 and len(right) < 3 * len(wrong):
            return None
        law = None if stray else _law(ratios)
        how = f"are {law} times the truth" if law else "differ from the truth by no constant factor"
    elif abs(factor) < 1e-9:
        how = "are 0"
    else:
        how = "have the opposite sign" if abs(factor + 1) < 1e-6 else f"are {factor:.6g} times the truth"
    return Diagnosis(
        "component-factor" if one and not stray else "component-wrong",
        f"{_described(wrong, right)} {how}; all others are right.", "Look at the lines that fill these entries.",
        kind="scope", points=len(usable), details={"factor": factor if one else None,
        "entries": sorted(str(list(a)) for _, a in wrong)},
    )  # fmt: skip


#: Functions of one coordinate of which a power may be lost or too much, as they are written.
_FACTORS_OF_A_COORDINATE: tuple[tuple[str, Any], ...] = (
    ("{0}", lambda x: x), ("sin({0})", np.sin), ("cos({0})", np.cos), ("(1 − {0})", lambda x: 1 - x),
    ("(1 + {0})", lambda x: 1 + x), ("(1 + {0}²)", lambda x: 1 + x * x), ("(1 − {0}²)", lambda x: 1 - x * x),
    ("exp({0})", np.exp), ("sinh({0})", np.sinh), ("cosh({0})", np.cosh), ("log({0})", np.log), ("tan({0})", np.tan),
)  # fmt: skip


def _law(ratios: Sequence[tuple[Observation, float]]) -> str | None:
    """c · u(x)^p of one coordinate x that all ratios follow, as text; None if there is none."""
    values = np.array([r for _, r in ratios])
    if len({f"{r:.6g}" for r in values}) < 3 or len({np.sign(r) for r in values}) != 1 or not np.all(values):
        return None
    case = ratios[0][0].case
    if any(o.case is not case for o, _ in ratios):
        return None
    points = np.array([case.float_points[o.index] for o, _ in ratios])
    for k, s in enumerate(case.coordinates):
        for written, u in _FACTORS_OF_A_COORDINATE:
            with np.errstate(all="ignore"):
                logs = np.log(np.abs(u(points[:, k])))
            if not np.all(np.isfinite(logs)) or np.ptp(logs) < 1e-6:
                continue
            power = np.polyfit(logs, np.log(np.abs(values)), 1)
            fit = np.polyval(power, logs)
            if np.max(np.abs(fit - np.log(np.abs(values)))) < 1e-6 and abs(2 * power[0] - round(2 * power[0])) < 1e-5:
                c, p = np.sign(values[0]) * np.exp(power[1]), round(2 * power[0]) / 2
                front = "" if abs(c - 1) < 1e-6 else f"{c:.6g} · "
                return f"{front}{written.format(s)}" + ("" if p == 1 else f"^{p:g}")
    return None


def varying_factor(observations: Sequence[Observation]) -> Diagnosis | None:
    """A power of a function of one coordinate between the program and the truth, for a program with its own metric."""
    ratios = []
    for o in observations:
        if o.prepared.strained(o.index) or not np.any(o.truth):
            continue
        at = np.unravel_index(int(np.argmax(np.abs(o.truth))), o.truth.shape) if o.truth.ndim else ()
        ratio = float(o.value[at] / o.truth[at])
        if np.max(np.abs(o.value - ratio * o.truth)) > 1e-6 * o.scale * abs(ratio):
            return None
        ratios.append((o, ratio))
    law = _law(ratios) if len(ratios) > 3 else None
    if law is None:
        return None
    return Diagnosis("coordinate-factor", f"Every value is {law} times the truth.",
                     "Look for a power of that factor that is lost or written twice.", kind="factor",
                     points=len(ratios))  # fmt: skip


def _described(wrong: set[tuple[int, tuple[int, ...]]], right: set[tuple[int, tuple[int, ...]]]) -> str:
    """A set of entries in words, if they have a rule in common that the others break; else their places."""
    rules: tuple[tuple[str, Any], ...] = (
        ("The diagonal entries", lambda n, a: len(set(a)) == 1),
        ("The off-diagonal entries", lambda n, a: len(a) == 2 and a[0] != a[1]),
        ("The entries above the diagonal", lambda n, a: len(a) == 2 and a[0] < a[1]),
        ("The entries below the diagonal", lambda n, a: len(a) == 2 and a[0] > a[1]),
        ("The entries of the first row", lambda n, a: a[0] == 0),
        ("The entries of the last row", lambda n, a: a[0] == n - 1),
        ("The entries with an index 0", lambda n, a: 0 in a),
        ("The entries with the last index n − 1", lambda n, a: n - 1 in a),
        ("The entries with equal lower indices", lambda n, a: len(a) == 3 and a[1] == a[2]),
        ("The entries with different lower indices", lambda n, a: len(a) == 3 and a[1] != a[2]),
        ("The entries with three different indices", lambda n, a: len(a) == 3 and len(set(a)) == 3),
        ("The entries with equal first two indices", lambda n, a: len(a) >= 3 and a[0] == a[1]),
    )
    for words, rule in rules:
        if all(rule(*w) for w in wrong) and not any(rule(*r) for r in right):
            return words
    places = sorted({str(list(a)) for _, a in wrong})
    dims = {n for n, _ in wrong}
    where = f" (of n = {min(dims)})" if len(dims) == 1 and len({n for n, _ in right}) > 1 else ""
    shown = ", ".join(places[:6]) + (f" and {len(places) - 6} more" if len(places) > 6 else "")
    return f"The entries {shown}{where}"


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
    if typical < worst / 300 or any(o.relative_error < 1e-9 for o in usable if np.any(o.truth)):
        return None  # exact here and off there is no approximation
    return Diagnosis(
        "approximation", f"The values are right to {typical:.0e} (median; worst {worst:.1e}) at all {len(usable)} "
                         "well-conditioned points, which looks like a method that approximates (a difference "
                         "step, a sum for an integral, samples, a small regularisation).",
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
        ("only-four-dimensional-or-less", lambda o: o.case.dim <= 4, "Right up to four dimensions only.",
            "Look for a loop that ends at 4, or a case distinction by the dimension."),
        ("not-in-one-dimension", lambda o: o.case.dim > 1, "Right but in one dimension.",
            "In one dimension there is no curvature; look for 1/(n − 1) and for shapes that are squeezed."),
        ("only-static", lambda o: o.case.dim > 1 and not np.any(o.prepared.jets.dg[o.index][..., 0]),
            "Right only where the metric does not depend on the first coordinate.", "Differentiate along it too."),
        ("only-axisymmetric", lambda o: o.case.dim > 1 and not np.any(o.prepared.jets.dg[o.index][..., -1]),
            "Right only where the metric does not depend on the last coordinate.", "Differentiate along it too."),
        ("only-constant-curvature", lambda o: "constant-curvature" in o.case.tags or "flat" in o.case.tags,
            "Right on spaces of constant curvature only.", "Use the general formula."),
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
