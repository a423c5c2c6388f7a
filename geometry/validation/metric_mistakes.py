"""Mistakes in the metric itself, for programs that build their own: units, parametrisations, Jacobians, Fisher
matrices.

Each is another metric (or another point), evaluated in ball arithmetic like the true one; the
curvature follows from it by the true pipeline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import flint
import numpy as np
import sympy as sp
from flint import arb

from ..exact.budget import TimeBudgetExceeded, time_limit
from .cases import Case, angles_of
from .diagnosis import LEVELS, Diagnosis, distinct_numbers
from .jets import UnsupportedExpression
from .observations import Group, Observation, group_by_dimension, stack_jets
from .pipeline import Jets, Pipeline

__all__ = ["MetricMistake", "metric_diagnoses", "metric_mistakes_of"]


@dataclass(frozen=True)
class MetricMistake:
    """A wrong metric for one case: ``jets(case, point)`` are its jets."""

    name: str
    sentence: str
    remedy: str
    jets: Callable[[Case, Sequence[Any]], Jets]


def _with_metric(metric: sp.Matrix) -> Callable[[Case, Sequence[Any]], Jets]:
    return lambda case, point: case.jets(point, metric=metric)


def _at_other_point(change: dict[int, Callable[[arb], arb]]) -> Callable[[Case, Sequence[Any]], Jets]:
    def jets(case: Case, point: Sequence[Any]) -> Jets:
        with flint.ctx.workprec(192):
            moved = [change[k](arb(v)) if k in change else v for k, v in enumerate(point)]
        return case.jets(moved)

    return jets


def _at_swapped_point(a: int, b: int) -> Callable[[Case, Sequence[Any]], Jets]:
    def jets(case: Case, point: Sequence[Any]) -> Jets:
        moved = list(point)
        moved[a], moved[b] = moved[b], moved[a]
        return case.jets(moved)

    return jets


def _scaled(factor: sp.Rational) -> Callable[[Case, Sequence[Any]], Jets]:
    return lambda case, point: case.jets(point).scaled(arb(flint.fmpq(int(factor.p), int(factor.q))))


def _times(factor: Any) -> Callable[[Any], Any]:
    return lambda s: factor * s


_CHANGES: tuple[tuple[str, str, str, Callable[[Any], Any], Callable[[arb], arb]], ...] = (
    ("variance-for-standard-deviation", "is read as a variance where it is a standard deviation (its square root is "
                                        "taken)", "positive",
     sp.sqrt, lambda a: a.sqrt()),
    ("standard-deviation-for-variance", "is read as a standard deviation where it is a variance (it is squared)", "any",
     lambda s: s**2, lambda a: a * a),
    ("rate-for-scale", "is taken as a rate where it is a scale, or the reverse (its reciprocal is used)", "any",
     lambda s: 1 / s, lambda a: 1 / a),
    ("precision-for-standard-deviation", "is taken as a precision 1/σ² where it is a standard deviation", "positive",
     lambda s: 1 / sp.sqrt(s), lambda a: 1 / a.sqrt()),
    ("standard-deviation-for-precision", "is taken as a standard deviation where it is a precision", "positive",
     lambda s: 1 / s**2, lambda a: 1 / (a * a)),
    ("logarithm-for-parameter", "is used as the logarithm of the parameter (it is exponentiated)", "any", sp.exp,
        lambda a: a.exp()),
    ("parameter-for-logarithm", "is used as the parameter where it is its logarithm (its logarithm is taken)",
        "positive", sp.log,
        lambda a: a.log()),
    ("factor-two-in-coordinate", "is taken twice", "any", lambda s: 2 * s, lambda a: 2 * a),
    ("half-in-coordinate", "is halved", "any", lambda s: s / 2, lambda a: a / 2),
    ("sign-of-coordinate", "has its sign flipped", "any", lambda s: -s, lambda a: -a),
)  # fmt: skip


def _reparametrised(case: Case, which: Sequence[int], map_: Callable[[Any], Any], jacobian: bool) -> sp.Matrix:
    changed = {case.coordinates[k]: map_(case.coordinates[k]) for k in which}
    metric = case.metric.xreplace(changed)
    if not jacobian:
        return metric
    factors = [sp.diff(changed.get(s, s), s) for s in case.coordinates]
    return sp.Matrix(case.dim, case.dim, lambda i, j: metric[i, j] * factors[i] * factors[j])


def metric_mistakes_of(case: Case) -> Iterator[MetricMistake]:
    """The wrong metrics that people use for this one."""
    for name, metric in {**_cross_form(case), **case.impostors}.items():
        sentence, remedy = _IMPOSTORS.get(name, (f"The metric is another one: {name}.", "Use the declared metric."))
        yield MetricMistake(name, sentence, remedy, _with_metric(metric))
    if case.embedding is not None and len(case.embedding) == case.dim:
        J = sp.Matrix(case.embedding).jacobian(list(case.coordinates))
        yield MetricMistake(
            "transposed-jacobian", "The Jacobian is transposed: the metric is J Jᵀ instead of Jᵀ J, with J = ∂Φ/∂x.",
            "g = J.T @ J with J[a, i] = ∂Φ_a/∂x_i.", _with_metric(J * J.T),
        )  # fmt: skip
        yield MetricMistake(
            "jacobian-for-metric",
            "The Jacobian itself is used as the metric.",
            "g = J.T @ J.",
            _with_metric((J + J.T) / 2),
        )
    columns = [len(c) for c in case.data.values()]
    if columns:
        n = columns[0]
        for factor, what in ((n, f"summed over the {n} rows instead of averaged"),
            (sp.Rational(1, n), f"divided by the {n} rows twice"),
                             (sp.Rational(n, n - 1) if n > 1 else 2,
                                 f"divided by n − 1 = {n - 1} instead of n = {n}")):  # fmt: skip
            yield MetricMistake(
                "fisher-off-by-n", f"The Fisher metric is {what}.", "g_ij = (1/n) Σ s_i s_j.",
                _scaled(sp.Rational(factor)),
            )  # fmt: skip
    yield from _unit_mistakes(case)
    yield from _parameter_mistakes(case)


def _cross_form(case: Case) -> dict[str, sp.ImmutableMatrix]:
    """−E[∂∂ log p] of a family of densities, where it is something else than the Fisher metric."""
    try:
        with time_limit(5.0):
            form = getattr(case.origin, "negative_mean_hessian", None)
            if form is None:
                return {}
            matrix = sp.ImmutableMatrix(form() if callable(form) else form)
    except (TimeBudgetExceeded, ValueError, ArithmeticError, NotImplementedError):
        return {}
    return {} if matrix == case.metric else {"minus-expected-hessian": matrix}


_IMPOSTORS = {
    "minus-expected-hessian": (
        "The metric is −E[∂_i∂_j log p], which is not the Fisher metric here: the support depends on the parameter, or "
        "log p has a kink.",
        "Use E[s_i s_j] with s_i = ∂_i log p.",
    ),
    "observed-information": (
        "The observed information (the Hessian at data) is used for the Fisher metric.",
        "Take the expectation.",
    ),
}


def _unit_mistakes(case: Case) -> Iterator[MetricMistake]:
    angles = angles_of(case.metric, case.coordinates)
    subsets = [tuple(angles)] if angles else []
    if len(angles) > 1:
        subsets += [(k,) for k in angles]
    for which in subsets:
        names = ", ".join(case.coordinates[k].name for k in which)
        for to_radians in (True, False):
            factor = sp.pi / 180 if to_radians else 180 / sp.pi

            def ball(a: arb, to_radians: bool = to_radians) -> arb:
                return a * arb.pi() / 180 if to_radians else a * 180 / arb.pi()

            how = "degrees to radians" if to_radians else "radians to degrees"
            sentence = f"Degrees and radians are mixed up: {names} is converted from {how} though it is in radians."
            for jets in (
                _at_other_point({k: ball for k in which}),
                _with_metric(_reparametrised(case, which, _times(factor), False)),
                _with_metric(_reparametrised(case, which, _times(factor), True)),
            ):
                yield MetricMistake(
                    "degrees-for-radians", sentence, "Coordinates are in radians here; drop the conversion.", jets
                )


def _parameter_mistakes(case: Case) -> Iterator[MetricMistake]:
    n = case.dim
    subsets: list[tuple[int, ...]] = [(k,) for k in range(n)]
    if n > 1:
        subsets += [tuple(range(n))]
    if n == 3:
        subsets += list(combinations(range(3), 2))
    for name, what, _, map_, ball in _CHANGES:
        for which in subsets:
            names = ", ".join(case.coordinates[k].name for k in which)
            for jets in (
                _with_metric(_reparametrised(case, which, map_, True)),
                _with_metric(_reparametrised(case, which, map_, False)),
                _at_other_point({k: ball for k in which}),
            ):
                yield MetricMistake(
                    name, f"The coordinate {names} {what}.", "Check which parametrisation the point is given in.", jets
                )
    for a, b in combinations(range(n), 2):
        s, t = case.coordinates[a], case.coordinates[b]
        # In the metric alone, or at the point: whole tensors taken elsewhere.
        for jets in (_with_metric(case.metric.xreplace({s: t, t: s})), _at_swapped_point(a, b)):
            yield MetricMistake(
                "coordinates-swapped",
                f"The coordinates {s} and {t} are exchanged in the argument.",
                "Check their order.",
                jets,
            )


def metric_diagnoses(observations: Sequence[Observation], quantity: str) -> list[Diagnosis]:
    """The wrong metrics that predict the program's numbers at every point; for one case at a time."""
    by_case: dict[str, list[Observation]] = {}
    for o in observations:
        by_case.setdefault(o.case.name, []).append(o)
    if len(by_case) != 1:
        return []
    groups = group_by_dimension(observations)
    if not groups:
        return []
    group, case = groups[0], observations[0].case
    distance = float(np.max(group.mismatch(group.truth)))
    cutoff = LEVELS[1] if distinct_numbers(observations) >= 4 else LEVELS[0]
    found: list[tuple[float, MetricMistake]] = []
    for mistake in metric_mistakes_of(case):
        level = _level(mistake, case, group, quantity)
        if level <= cutoff and level * 20 < distance:
            found.append((level, mistake))
    if not found:
        return []
    best = min(level for level, _ in found)
    close = [(level, m) for level, m in found if level <= max(30 * best, 1e-9)]
    level, first = close[0]
    also = tuple(dict.fromkeys(m.name for _, m in close if m.name != first.name))
    return [
        Diagnosis(
            first.name,
            first.sentence,
            first.remedy,
            kind="metric",
            agreement=level,
            points=len(group.observations),
            also=also,
        )
    ]


def _level(mistake: MetricMistake, case: Case, group: Group, quantity: str) -> float:
    worst = 0.0
    # Point by point, so that a wrong one is left at once.
    for k, o in enumerate(group.observations):
        try:
            jets = stack_jets([mistake.jets(case, case.points[o.index])])
        except (ZeroDivisionError, UnsupportedExpression, ValueError, OverflowError):
            return float("inf")
        jets = replace(jets, **{name: getattr(o.prepared.jets, name)[o.index][None] for name in ("f", "df", "ddf")})
        with np.errstate(all="ignore"):
            predicted = Pipeline().run(jets).output(quantity)
        part = Group([o], jets, group.values[k : k + 1], group.truth[k : k + 1], group.amplitude[k : k + 1])
        worst = max(worst, float(part.mismatch(predicted)[0]))
        if worst > LEVELS[1]:
            return float("inf")
    return worst
