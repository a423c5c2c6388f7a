"""Fisher metrics over rows put together otherwise: other gradients, losses, targets, rows; clipped probabilities.

The metric of a model is E_D[∂_iℓ ∂_jℓ]. Programs take the gradient of the output for that of the loss, the expectation
over the model's own targets, another loss, a mini-batch, … Each is a metric, and is judged as one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import sympy as sp

from ..exact import Mean
from ..exact.budget import TimeBudgetExceeded, time_limit
from .cases import Case
from .fields import Field, Reading, field_of
from .unknowns import NU, Formula, Unknown, through_pipeline

__all__ = ["clipped_probabilities", "gradient_readings", "row_readings"]

_NOT_BUILT = (TimeBudgetExceeded, ValueError, ArithmeticError, NotImplementedError, AttributeError, TypeError)
_SCORES = "g_ij = E_D[∂_iℓ ∂_jℓ], with the loss and the targets of the data."


def gradient_readings(case: Case) -> Iterator[Reading]:
    """Metrics of other gradients than those of the model's loss."""
    if not case.data or getattr(case.origin, "loss", None) is None:
        return
    try:
        with time_limit(5.0):
            found = [*_of_the_mean(case), *_of_one_output(case)]
    except _NOT_BUILT:
        return
    for name, sentence, remedy, matrix in found:
        if matrix != case.metric:
            yield Reading(name, sentence, remedy, field_of(case, matrix), weight=0.8)


_Built = tuple[str, str, str, sp.ImmutableMatrix]


def _of_the_mean(case: Case) -> list[_Built]:
    gradient, n = case.origin.loss_gradient, case.dim
    if len(gradient) != n:
        return []
    outer = sp.ImmutableMatrix(n, n, lambda i, j: gradient[i] * gradient[j])
    return [
        ("covariance-of-scores", "The covariance of the scores is used: their mean is subtracted, E[s_i s_j] − E[s_i] "
         "E[s_j].", "g_ij = E[s_i s_j], the second moment.", sp.ImmutableMatrix(case.metric - outer)),
        ("square-of-mean-gradient", "The mean gradient is squared, E[s_i] E[s_j], where the mean of the squares "
         "belongs.", "g_ij = E[s_i s_j]: square row by row, then average.", outer),
    ]  # fmt: skip


def _of_one_output(case: Case) -> Iterator[_Built]:
    """Weights of ∂_i f ∂_j f other than (∂ℓ/∂f)², for a model with one output."""
    model, n = case.origin, case.dim
    if len(getattr(model, "targets", ())) != 1:
        return
    f, t, df, loss = model.output, model.targets[0], model.output_gradient, model.subloss_of_outputs
    slope, square = loss.at(loss.slope(), (f,), (t,)), model.squared_loss_slope

    def weighted(weight: Any, d: Sequence[sp.Expr] = df) -> sp.ImmutableMatrix:
        return sp.ImmutableMatrix(n, n, lambda i, j: Mean(weight * d[i] * d[j], model.rows))

    if loss.has_true_fisher:
        own = sp.Add(*(sp.diff(r, loss.outputs[0]) ** 2 for r in loss.embedding()))
        yield ("true-fisher-for-empirical", "The true Fisher metric, an expectation over targets that the model draws, "
               "stands for the empirical one, which takes the targets of the data: 1/(f (1 − f)) for (∂ℓ/∂f)² where "
               "the targets are classes.", _SCORES, weighted(loss.at(own, (f,), (t,))))  # fmt: skip
    yield ("output-gradient-for-loss", "The gradients of the output are multiplied, E[∂_i f ∂_j f] (as in the tangent "
           "kernel), where those of the loss belong.", _SCORES, weighted(sp.S.One))  # fmt: skip
    others = {
        "squared-loss": ("the squared loss (f − t)²/2", (f - t) ** 2),
        "squared-loss-doubled": ("the squared loss (f − t)²", 4 * (f - t) ** 2),
        "cross-entropy": ("cross-entropy", ((f - t) / (f * (1 - f))) ** 2),
        "fourth-power-loss": ("the loss (f − t)⁴", 16 * (f - t) ** 6),
    }
    for slug, (what, weight) in others.items():
        yield (f"{slug}-for-loss", f"The gradients are those of {what}, another loss than the model's.", _SCORES,
               weighted(weight))  # fmt: skip
    yield ("loss-slope-not-squared", "|∂ℓ/∂f| stands where its square belongs.", _SCORES, weighted(sp.Abs(slope)))
    yield ("loss-for-its-gradient", "The loss itself is the weight, E[ℓ² ∂_i f ∂_j f]: its derivative is missing.",
           _SCORES, weighted(model.subloss**2))  # fmt: skip
    h = sp.Dummy("f", real=True)
    bend = sp.diff(loss.at(loss.slope(), (h,), (t,)), h).xreplace({h: f})
    yield ("gauss-newton-for-fisher", "The Gauss–Newton matrix E[∂²ℓ/∂f² ∂_i f ∂_j f] stands for the Fisher metric.",
           _SCORES, weighted(bend))  # fmt: skip
    hessian = sp.ImmutableMatrix(n, n, lambda i, j: Mean(sp.diff(model.row_gradient[i], case.coordinates[j]),
                                                         model.rows))  # fmt: skip
    yield ("hessian-of-loss", "The Hessian of the loss, E[∂_i∂_jℓ] (the observed information), stands for the Fisher "
           "metric.", _SCORES, hessian)  # fmt: skip
    if getattr(model, "is_single_unit", False):
        yield from _of_a_unit(model, f, df, square, weighted)


def _of_a_unit(model: Any, f: sp.Expr, df: Any, square: sp.Expr, weighted: Any) -> Iterator[_Built]:
    """The chain rule through φ(s z) cut short."""
    layer = model.layers[0]
    z = layer.arguments(sp.Matrix(model.inputs))[0]
    dz = tuple(sp.diff(z, c) for c in model.coordinates)
    yield ("activation-slope-missing", "The derivative of the activation is missing in the chain rule: (∂ℓ/∂f) x_i is "
           "taken for ∂_iℓ.", "∂_iℓ = (∂ℓ/∂f) φ′(z) ∂_i z.", weighted(square, dz))  # fmt: skip
    if layer.slope not in (1, -1):
        yield ("activation-slope-missing", f"The slope s = {layer.slope} of the activation is missing in the chain "
               "rule: every gradient lacks that factor.", "∂_i f = s φ′(s θ·x) x_i.",
               weighted(square / layer.slope**2))  # fmt: skip
        yield ("slope-twice", f"The slope s = {layer.slope} of the activation counts twice in every gradient.",
               "∂_i f = s φ′(s θ·x) x_i.", weighted(square * layer.slope**2))  # fmt: skip
    yield ("inputs-missing", "The inputs are missing in the chain rule but for their sign.", "∂_i f = s φ′(s θ·x) x_i.",
           weighted(square * (sp.diff(f, model.coordinates[0]) / df[0]) ** 2, tuple(map(sp.sign, df))))  # fmt: skip


# --- clipping ------------------------------------------------------------------------------------------


def clipped_probabilities(case: Case, quantity: str) -> Iterator[Unknown]:
    """Probabilities kept away from 0 and 1 by some ε, an ε inside logarithms or denominators, arguments cut off."""
    if not case.data or not getattr(case.origin, "is_single_unit", False):
        return
    try:
        with time_limit(5.0):
            built = list(_clipped(case.origin))
    except _NOT_BUILT:
        return
    n = case.dim
    for name, sentence, remedy, tried, entries in built:
        formula = Formula(case, entries)
        field = lambda rows, numbers, g=formula: g(rows, numbers).reshape(*rows.shape[:-1], n, n)
        yield Unknown(name, sentence, remedy, tried, through_pipeline(field, quantity), weight=0.9)


def _clipped(model: Any) -> Iterator[tuple[str, str, str, np.ndarray, list[sp.Expr]]]:
    layer, loss = model.layers[0], model.subloss_of_outputs
    f, t, h = model.output, model.targets[0], sp.Dummy("h", real=True)
    z = layer.arguments(sp.Matrix(model.inputs))[0]
    dz = [sp.diff(z, c) for c in model.coordinates]
    inner = {"logistic": h * (1 - h), "tanh": 1 - h**2}.get(layer.activation.name)  # φ′ by φ
    slope = loss.at(loss.slope(), (h,), (t,))
    small = np.geomspace(1e-10, 0.4, 61)
    entries = lambda weight: [Mean(weight * a * b, model.rows) for a in dz for b in dz]
    if inner is None:
        return
    low = 0 if layer.activation.name == "logistic" else -1
    kept = sp.Max(low + NU, sp.Min(1 - NU, f))
    said = "The output is clipped to [{number}, 1 − {number}] " if not low else "|f| is clipped to 1 − {number} "
    remedy = "Clip nothing: write 1 − f as a value of its own, and f − t for the slope of cross-entropy."
    whole = sp.cancel(slope**2 * inner**2)
    yield "clipped-output", f"{said}wherever it occurs.", remedy, small, entries(whole.xreplace({h: kept}))
    yield ("clipped-output", f"{said}in the slope of the loss.", remedy, small,
           entries((slope**2).xreplace({h: kept}) * (inner**2).xreplace({h: f})))  # fmt: skip
    inside = sp.Heaviside(f - low - NU, 0) * sp.Heaviside(1 - NU - f, 0)
    yield ("clipped-output", f"{said}and no gradient flows where it is.", remedy, small,
           entries(whole.xreplace({h: f}) * inside))  # fmt: skip
    if loss.name == "cross_entropy":
        logs = -t / (f + NU) + (1 - t) / (1 - f + NU)
        yield ("epsilon-in-logarithm", "ε = {number} is added inside the logarithms, log(f + ε).", remedy, small,
               entries(logs**2 * (inner**2).xreplace({h: f})))  # fmt: skip
        yield ("epsilon-in-denominator", "ε = {number} is added to the denominator f (1 − f).", remedy, small,
               entries(((f - t) / (f * (1 - f) + NU)) ** 2 * (inner**2).xreplace({h: f})))  # fmt: skip
    cut = f.xreplace({z: sp.Max(-NU, sp.Min(NU, z))}) if f.has(z) else None
    if cut is not None:
        yield ("clipped-argument", "The argument s θ·x is cut off at ±{number}.", "Cut nothing off.",
               np.geomspace(1e-2, 1e2, 61), entries(whole.xreplace({h: cut})))  # fmt: skip


# --- rows -------------------------------------------------------------------------------------------------


def row_readings(case: Case) -> Iterator[Reading]:
    """The data changed: columns, targets, statistics of the batch, a part of the rows."""
    on = case.metric_function().on_rows
    columns = {s: np.asarray(c, dtype=float) for s, c in case.data.items()}
    names, count = list(columns), len(next(iter(columns.values())))
    binary = {s for s, c in columns.items() if set(np.unique(c)) <= {0.0, 1.0}}

    def reading(name: str, sentence: str, remedy: str, changes: dict[Any, Any], factor: float = 1.0) -> Reading:
        g = on({**columns, **changes})
        field: Field = g if factor == 1 else lambda rows: factor * g(rows)
        return Reading(name, sentence, remedy, field, weight=0.9)

    for a, b in combinations(names, 2):
        yield reading("columns-exchanged", f"The columns {a} and {b} of the data are exchanged.", "Check their order.",
                      {a: columns[b], b: columns[a]})  # fmt: skip
    for s, c in columns.items():
        if s in binary:
            yield reading("targets-minus-one", f"The targets {s} are taken as −1 and 1 where they are 0 and 1.",
                          "Map them: t = (t + 1) / 2.", {s: 2 * c - 1})  # fmt: skip
            yield reading("targets-inverted", f"The targets {s} are inverted (1 − t).", "Check their meaning.",
                          {s: 1 - c})  # fmt: skip
        elif set(np.unique(c)) <= {-1.0, 1.0}:
            yield reading("targets-zero-one", f"The targets {s} are taken as 0 and 1 where they are −1 and 1.",
                          "Map them: t = 2 t − 1.", {s: (c + 1) / 2})  # fmt: skip
        for what, constant in (("as 0", 0.0), ("as 1", 1.0)):
            yield reading("column-constant", f"The column {s} of the data is taken {what} in every row.",
                          "Read the column.", {s: 0 * c + constant})  # fmt: skip
    inputs = {s: c for s, c in columns.items() if s not in binary}
    if len(names) > 1:
        statistics = (
            ("standardised", lambda c: (c - c.mean()) / (c.std() or 1.0)),
            ("standardised (by n − 1)", lambda c: (c - c.mean()) / (c.std(ddof=1) or 1.0)),
            ("centred", lambda c: c - c.mean()),
            ("scaled to [0, 1]", lambda c: (c - c.min()) / (np.ptp(c) or 1.0)),
            ("scaled to [−1, 1]", lambda c: 2 * (c - c.min()) / (np.ptp(c) or 1.0) - 1),
            ("divided by the largest modulus", lambda c: c / (np.max(np.abs(c)) or 1.0)),
        )
        for what, change in statistics:
            yield reading("batch-statistics", f"The data are {what} first.", "Use the rows as they are.",
                          {s: change(c) for s, c in inputs.items()})  # fmt: skip
        norms = np.sqrt(sum((c**2 for c in inputs.values()), np.zeros(count)))
        yield reading("rows-normalised", "Every row of inputs is divided by its length.", "Use the rows as they are.",
                      {s: c / np.where(norms > 0, norms, 1) for s, c in inputs.items()})  # fmt: skip
    for said, kept in _parts(count):
        part = {s: c[kept] for s, c in columns.items()}
        size = len(next(iter(part.values())))
        name, remedy = ("row-missing" if size == count - 1 else "mini-batch"), "Use every row."
        yield reading(name, f"{said}.", remedy, part)
        yield reading(name, f"{said}, and their sum is divided by n = {count}.", remedy, part, size / count)


def _parts(count: int) -> Iterator[tuple[str, slice]]:
    """Which rows a loop that begins late, ends early or steps too far takes."""
    if count < 3:
        return
    yield "The last row of the data is left out", slice(None, -1)
    yield "The first row of the data is left out", slice(1, None)
    yield f"The first and the last row of the {count} of the data are left out", slice(1, -1)
    for size in range(1, min(count - 1, 41)):
        rows = f"{size} row{'s' * (size > 1)}"
        yield f"Only the first {rows} of the {count} of the data are used", slice(size)
        yield f"Only the last {rows} of the {count} of the data are used", slice(-size, None)
    yield "Only every second row of the data is used", slice(None, None, 2)
    yield "Only every second row of the data is used, from the second on", slice(1, None, 2)
