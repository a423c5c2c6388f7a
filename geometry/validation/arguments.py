"""The right formulas on another metric, or at another point: units, parameters, rows, Jacobians, Fisher sums.

Each is a field of matrices, or the true field at points that are changed; it is differentiated numerically (fourth
order, to some ten digits) and goes through the true pipeline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations, permutations
from typing import Any

import numpy as np
import sympy as sp

from ..exact.budget import TimeBudgetExceeded, time_limit
from .cases import Case, angles_of
from .diagnosis import LEVELS, Diagnosis, distinct_numbers
from .expressions import Typed, closed_form
from .fields import Field, Reading, field_of, numeric_jets
from .gradient_sums import clipped_probabilities, gradient_readings, row_readings
from .observations import Group, Observation, group_by_dimension
from .pipeline import Array, Pipeline
from .unknowns import Unknown, fitted, formula_numbers, metric_numbers, point_numbers

__all__ = ["argument_diagnoses", "formula_typed", "number_diagnoses", "readings"]


# --- parameters -------------------------------------------------------------------------------------

#: name, what is done to the coordinate, the map and its slope
_CHANGES: tuple[tuple[str, str, Any, Any], ...] = (
    ("variance-for-standard-deviation", "is read as a variance where it is a standard deviation (its square root is "
     "taken)", np.sqrt, lambda s: 0.5 / np.sqrt(s)),
    ("standard-deviation-for-variance", "is read as a standard deviation where it is a variance (it is squared)",
     np.square, lambda s: 2 * s),
    ("rate-for-scale", "is taken as a rate where it is a scale, or the reverse (its reciprocal is used)",
     lambda s: 1 / s, lambda s: -1 / s**2),
    ("precision-for-standard-deviation", "is taken as a precision 1/σ² where it is a standard deviation",
     lambda s: s**-0.5, lambda s: -0.5 * s**-1.5),
    ("standard-deviation-for-precision", "is taken as a standard deviation where it is a precision",
     lambda s: s**-2.0, lambda s: -2 * s**-3.0),
    ("logarithm-for-parameter", "is used as the logarithm of the parameter (it is exponentiated)", np.exp, np.exp),
    ("parameter-for-logarithm", "is used as the parameter where it is its logarithm (its logarithm is taken)", np.log,
     lambda s: 1 / s),
    ("decimal-logarithm-for-parameter", "is used as a decimal logarithm (10 is raised to it)",
     lambda s: 10.0**s, lambda s: np.log(10) * 10.0**s),
    ("parameter-for-decimal-logarithm", "has its decimal logarithm taken", np.log10, lambda s: 1 / (s * np.log(10))),
    ("binary-logarithm", "has its binary logarithm taken", np.log2, lambda s: 1 / (s * np.log(2))),
    ("complement-of-probability", "is used as 1 minus itself", lambda s: 1 - s, lambda s: -1 + 0 * s),
    ("logit-for-probability", "is taken as a logit (the logistic function is applied)", lambda s: 1 / (1 + np.exp(-s)),
     lambda s: np.exp(-s) / (1 + np.exp(-s)) ** 2),
    ("probability-for-logit", "has its logit taken", lambda s: np.log(s / (1 - s)), lambda s: 1 / (s * (1 - s))),
    ("latitude-for-colatitude", "is taken as a latitude where it is a colatitude, or the reverse",
     lambda s: np.pi / 2 - s, lambda s: -1 + 0 * s),
    ("factor-two-in-coordinate", "is taken twice", lambda s: 2 * s, lambda s: 2 + 0 * s),
    ("half-in-coordinate", "is halved", lambda s: s / 2, lambda s: 0.5 + 0 * s),
    ("sign-of-coordinate", "has its sign flipped", lambda s: -s, lambda s: -1 + 0 * s),
    ("count-plus-one", "is taken one too large", lambda s: s + 1, lambda s: 1 + 0 * s),
    ("count-minus-one", "is taken one too small", lambda s: s - 1, lambda s: 1 + 0 * s),
)  # fmt: skip
_ROUNDINGS: tuple[tuple[str, Any, str], ...] = (
    ("argument-truncated", np.trunc, "cut off to integers"), ("argument-rounded-0", np.round, "rounded to integers"),
    ("argument-rounded-1", lambda x: np.round(x, 1), "rounded to one decimal"),
    ("argument-rounded-2", lambda x: np.round(x, 2), "rounded to two decimals"),
    ("argument-rounded-3", lambda x: np.round(x, 3), "rounded to three decimals"),
    ("argument-half-precision", lambda x: x.astype(np.float16).astype(float), "rounded to half precision"),
)  # fmt: skip
#: What batches do to their rows.
_BATCH: tuple[tuple[str, Any, str, str], ...] = (
    ("mean-of-batch", lambda x: np.broadcast_to(x.mean(axis=0), x.shape), "Every answer is that of the mean point of "
     "the batch.", "Evaluate row by row."),
    ("batch-statistics", lambda x: (x - x.mean(axis=0)) / np.where(x.std(axis=0) > 0, x.std(axis=0), 1),
     "The points are standardised by the mean and deviation of the batch.", "Do not normalise the parameters."),
    ("batch-mean-subtracted", lambda x: x - x.mean(axis=0), "The mean of the batch is subtracted from the points.",
     "Do not centre the parameters."),
)  # fmt: skip


def _with(rows: Array, which: Sequence[int], map_: Callable[[Array], Array]) -> Array:
    changed = np.array(rows, dtype=float)
    for k in which:
        changed[..., k] = map_(changed[..., k])
    return changed


def _slope_of_inverse(map_: Any, slope: Any, x: Array) -> Array:
    """φ′ at φ⁻¹(x), the inverse by Newton's method; NaN where it does not converge."""
    y = np.array(x, dtype=float)
    for _ in range(40):
        y = y - (map_(y) - x) / slope(y)
    return np.where(np.abs(map_(y) - x) < 1e-12 * (1 + np.abs(x)), slope(y), np.nan)


def _subsets(n: int) -> list[tuple[int, ...]]:
    found: list[tuple[int, ...]] = [(k,) for k in range(n)]
    if n > 1:
        found.append(tuple(range(n)))
    if n == 3:
        found += list(combinations(range(3), 2))
    return found


def _changed(name: str, sentence: str, remedy: str, g: Field, which: Sequence[int], map_: Any, slope: Any,
             weight: float = 1.0) -> Iterator[Reading]:  # fmt: skip
    """A coordinate changed: in the metric with its Jacobian, in the metric alone, or where the tensor is taken."""

    def factors(rows: Array) -> Array:
        out = np.ones_like(rows)
        for k in which:
            out[..., k] = slope(rows[..., k])
        return out

    def moved(rows: Array) -> Array:
        return g(_with(rows, which, map_))

    def whole(rows: Array) -> Array:
        f = factors(rows)
        return f[..., :, None] * moved(rows) * f[..., None, :]

    def once(rows: Array) -> Array:
        return factors(rows)[..., :, None] * moved(rows)

    def inverted(rows: Array) -> Array:
        f = 1 / factors(rows)
        return f[..., :, None] * moved(rows) * f[..., None, :]

    def in_new_units(rows: Array) -> Array:  # the tensor's components by another coordinate, at the same point
        f = np.ones_like(rows)
        for k in which:
            f[..., k] = _slope_of_inverse(map_, slope, rows[..., k])
        return f[..., :, None] * g(rows) * f[..., None, :]

    yield Reading(name, sentence, remedy, whole, weight=weight)
    yield Reading(name, f"{sentence[:-1]}: the components are those in the other coordinate.", remedy, in_new_units,
                  weight=weight + 0.05)  # fmt: skip
    yield Reading(name, sentence, remedy, moved, weight=weight)
    yield Reading(f"{name}-jacobian-once", f"{sentence[:-1]}, with its Jacobian on one side only.",
                  "g′ = Jᵀ g J, on both sides.", once, weight=weight + 0.2)  # fmt: skip
    yield Reading(f"{name}-jacobian-inverted", f"{sentence[:-1]}, with the inverse of its Jacobian.",
                  "g′ = Jᵀ g J with J = ∂(old)/∂(new).", inverted, weight=weight + 0.2)  # fmt: skip
    yield Reading(name, sentence, remedy, g, lambda rows: _with(rows, which, map_), weight)


def readings(case: Case) -> Iterator[Reading]:
    """The wrong metrics and points that people use for this one, the plainest first."""
    g: Field = case.metric_function()
    yield from _other_metrics(case, g)
    angles = angles_of(case.metric, case.coordinates)
    names = [s.name for s in case.coordinates]
    for which in dict.fromkeys([tuple(angles), *((k,) for k in angles)] if angles else []):
        text = ", ".join(names[k] for k in which)
        for factor, how in ((np.pi / 180, "degrees to radians"), (180 / np.pi, "radians to degrees")):
            yield from _changed(
                "degrees-for-radians",
                f"Degrees and radians are mixed up: {text} is converted from {how} though it is in radians.",
                "Coordinates are in radians here; drop the conversion.", g, which, lambda s, f=factor: f * s,
                lambda s, f=factor: f + 0 * s,
            )  # fmt: skip
    for name, what, map_, slope in _CHANGES:
        for which in _subsets(case.dim):
            text = ", ".join(names[k] for k in which)
            yield from _changed(
                name, f"The coordinate {text} {what}.", "Check which parametrisation the point is given in.", g, which,
                map_, slope,
            )  # fmt: skip
    if case.data:
        for c in (5.0, 0.2, 4.0, 0.25, 10.0, 0.1, 3.0, 1 / 3):
            yield from _changed(
                "slope", f"Every weight is multiplied by {c:.4g}: the activation has another slope.",
                "Use the slope of the model.", g, range(case.dim), lambda s, c=c: c * s, lambda s, c=c: c + 0 * s,
            )  # fmt: skip
    if 1 < case.dim <= 4:
        for order in permutations(range(case.dim)):
            moved = [k for k, o in enumerate(order) if k != o]
            if not moved:
                continue
            text = " and ".join((", ".join(names[k] for k in moved[:-1]), names[moved[-1]]))
            at = list(order)
            sentence = f"The coordinates {text} are exchanged in the argument."
            turned = lambda rows, at=at: g(rows)[..., at, :][..., at]
            both = lambda rows, at=at: g(rows[..., at])[..., at, :][..., at]
            argument = lambda rows, at=at: g(rows[..., at])
            elsewhere = lambda rows, at=at: rows[..., at]
            for field, points in ((argument, None), (turned, None), (both, None), (g, elsewhere)):
                yield Reading("coordinates-swapped", sentence, "Check their order.", field, points,
                              0.9 + len(moved) / 10)  # fmt: skip
    if not case.data:
        yield from _typed(case)
    for name, map_, how in _ROUNDINGS:
        yield Reading(name, f"The point is {how} before it is used.", "Use the point as it is.", g, map_)
    for name, rows_of, sentence, remedy in _BATCH:
        yield Reading(name, sentence, remedy, g, rows_of, 0.9)


def _typed(case: Case) -> Iterator[Reading]:
    """The metric with one thing in its formula changed."""
    typed = Typed(case, [e.subs(dict(case.constants)) for e in case.metric])
    n = case.dim
    for k, (name, said, _) in enumerate(typed.found):
        yield Reading(f"metric-{name}", f"In the metric, {said}.", "Compare the formula, term by term.",
                      lambda rows, k=k: typed(rows)[..., k, :].reshape(*np.shape(rows)[:-1], n, n),  # type: ignore[misc]
                      weight=1.2)  # fmt: skip


def formula_typed(
    observations: Sequence[Observation], quantity: str, known: tuple[sp.Expr, ...] | None = None
) -> list[Diagnosis]:
    """The closed form of the quantity itself (``known``, or the engine's) with one thing in it changed; for one case at
    a time.
    """
    if len({o.case.name for o in observations}) != 1 or distinct_numbers(observations) < 3 or known == ():
        return []
    case = observations[0].case
    expressions = closed_form(case, quantity) if known is None else known
    groups = group_by_dimension(observations)
    if expressions is None or not groups:
        return []
    group, typed = groups[0], Typed(case, expressions)
    if not typed.found:
        return []
    values = typed(case.float_points[[o.index for o in group.observations]])
    found = []
    for k, (name, said, _) in enumerate(typed.found):
        predicted = values[:, k].reshape(group.values.shape)
        level = float(np.max(group.mismatch(predicted)))
        if level <= LEVELS[0]:
            found.append(Diagnosis(f"formula-{name}", f"In the closed form, {said}.",
                                   "Compare the formula, term by term.", kind="metric", agreement=level,
                                   points=len(group.observations), weight=1.2))  # fmt: skip
    return [replace(found[0], also=tuple(d.name for d in found[1:4] if d.name != found[0].name))] if found else []


def _other_metrics(case: Case, g: Field) -> Iterator[Reading]:
    for name, metric in {**_cross_form(case), **case.impostors}.items():
        sentence, remedy = _IMPOSTORS.get(name, (f"The metric is another one: {name}.", "Use the declared metric."))
        yield Reading(name, sentence, remedy, field_of(case, metric), weight=0.8)
    if case.embedding is not None and len(case.embedding) == case.dim:
        J = sp.Matrix(case.embedding).jacobian(list(case.coordinates))
        yield Reading("transposed-jacobian", "The Jacobian is transposed: the metric is J Jᵀ instead of Jᵀ J, with "
                      "J = ∂Φ/∂x.", "g = J.T @ J with J[a, i] = ∂Φ_a/∂x_i.", field_of(case, J * J.T))  # fmt: skip
        yield Reading("jacobian-for-metric", "The Jacobian itself is used as the metric.", "g = J.T @ J.",
                      field_of(case, (J + J.T) / 2))  # fmt: skip
    columns = [len(c) for c in case.data.values()]
    if columns:
        n = columns[0]
        for factor, what in ((n, f"summed over the {n} rows instead of averaged"),
                             (1 / n, f"divided by the {n} rows twice"),
                             (n / max(n - 1, 0.5), f"divided by n − 1 = {n - 1} instead of n = {n}"),
                             (n / (n + 1), f"divided by n + 1 = {n + 1} instead of n = {n}")):  # fmt: skip
            yield Reading("fisher-off-by-n", f"The Fisher metric is {what}.", "g_ij = (1/n) Σ s_i s_j.",
                          lambda rows, f=factor: f * g(rows), weight=0.8)  # type: ignore[misc]  # fmt: skip
        yield from gradient_readings(case)
        yield from row_readings(case)


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


def argument_diagnoses(observations: Sequence[Observation], quantity: str) -> list[Diagnosis]:
    """The wrong metrics and points that predict the program's numbers at every point, or do so times one plain factor;
    for one case at a time.
    """
    if len({o.case.name for o in observations}) != 1:
        return []
    groups = group_by_dimension(observations)
    if not groups:
        return []
    group, case = groups[0], observations[0].case
    distance = float(np.max(group.mismatch(group.truth)))
    few = distinct_numbers(observations) < 4
    cutoff = LEVELS[0] if few else LEVELS[1]
    rows = case.float_points
    at = [o.index for o in group.observations]
    found: list[tuple[float, Reading]] = []
    scaled: list[tuple[float, Reading]] = []
    try:
        for reading in readings(case):
            level, factor = _level(reading, rows, at, group, quantity)
            if level <= cutoff and level * 20 < distance:
                if factor == 1:
                    found.append((level, reading))
                elif not few and level < LEVELS[0]:
                    sentence = f"{reading.sentence} And: the result is {factor:g} times that."
                    scaled.append((level, replace(reading, name=f"{reading.name} + factor {factor:g}",
                                                  sentence=sentence, weight=reading.weight + 1)))  # fmt: skip
    except TimeBudgetExceeded:
        pass
    found = found or scaled
    if not found:
        return []
    best = min(level for level, _ in found)
    close = sorted(((level, m) for level, m in found if level <= max(30 * best, 1e-8)), key=lambda f: f[1].weight)
    level, first = close[0]
    also = tuple(dict.fromkeys(m.name for _, m in close if m.name != first.name))
    return [
        Diagnosis(first.name, first.sentence, first.remedy, kind="metric", agreement=level,
                  points=len(group.observations), also=also, weight=first.weight)
    ]  # fmt: skip


#: What a wrong metric may be multiplied by besides: the sign, K for R, a half forgotten.
_PLAIN_FACTORS = np.array([1.0, -1.0, 2.0, 0.5, -2.0, -0.5, 4.0, 0.25, -4.0, -0.25])


def _level(reading: Reading, rows: Array, at: Sequence[int], group: Group, quantity: str) -> tuple[float, float]:
    """How far the prediction, times which plain factor, is from the program; the first two observations come first."""
    order = 0 if quantity in ("metric", "inverse_metric", "determinant") else 2
    worst = np.inf
    factors = _PLAIN_FACTORS
    for chosen in ([0], list(range(len(at)))) if len(at) > 1 else ([0],):
        with np.errstate(all="ignore"):
            moved = rows if reading.points is None else np.asarray(reading.points(rows), dtype=float)
            try:
                jets = numeric_jets(reading.field, moved[[at[k] for k in chosen]], order)
                part = group.part(chosen)
                jets = replace(jets, f=part.jets.f, df=part.jets.df, ddf=part.jets.ddf)
                predicted = np.asarray(Pipeline().run(jets).output(quantity))
                each = np.multiply.outer(factors, predicted)
                levels = np.max(part.mismatch(each).reshape(len(factors), -1), axis=1)
            except (ValueError, ArithmeticError, TypeError, np.linalg.LinAlgError):
                return float("inf"), 1.0
        best = int(np.argmin(levels))
        worst, factors = float(levels[best]), factors[best : best + 1]
        if not worst <= LEVELS[1]:
            return float("inf"), 1.0
    return worst, float(factors[0])


def number_diagnoses(
    observations: Sequence[Observation], quantity: str, known: tuple[sp.Expr, ...] | None = None
) -> list[Diagnosis]:
    """The mistakes with a number in them, in the metric, in the closed form, or where they are taken; with a ``known``
    closed form in that alone.
    """
    case = observations[0].case

    def unknowns() -> Iterator[Unknown]:
        if known is not None:
            yield from formula_numbers(case, known)
            return
        yield from clipped_probabilities(case, quantity)
        yield from metric_numbers(case, quantity)
        if (expressions := closed_form(case, quantity)) is not None:
            yield from formula_numbers(case, expressions)
        yield from point_numbers(case, quantity)

    return fitted(unknowns(), observations)
