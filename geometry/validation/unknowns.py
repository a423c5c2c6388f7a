"""Mistakes with a number in them, of programs that hold their own metric: the number is found by trying.

A constant of a formula that is another one, a term that counts otherwise, a coordinate that is shifted or scaled, a
probability that is clipped: each predicts the program's numbers once its own number is known. Many numbers are tried in
one call; the best are refined.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import sympy as sp

from .cases import Case
from .diagnosis import LEVELS, Diagnosis, distinct_numbers
from .fields import numeric_jets
from .observations import Group, Observation, group_by_dimension
from .pipeline import Array, Pipeline

__all__ = [
    "NU", "Formula", "Unknown", "fitted", "formula_numbers", "metric_numbers", "point_numbers", "through_pipeline",
]  # fmt: skip

#: What stands for the unknown number in a formula.
NU = sp.Dummy("nu", real=True)
#: How many numbers of one formula are looked for.
_MOST = 28


@dataclass(frozen=True)
class Unknown:
    """A mistake with a number: ``sentence`` holds {number}; ``tried`` are the numbers to begin with, in order.

    ``predict(numbers, group)`` is what the program would give, for each number (first axis) at each observation.
    """

    name: str
    sentence: str
    remedy: str
    tried: Array
    predict: Callable[[Array, Group], Array]
    weight: float = 1.3


def around(number: float) -> Array:
    """Numbers to try for one that should be this: 0, and a hundredth to a hundred times it, of either sign."""
    sizes = np.geomspace(1e-2, 1e2, 57) * (abs(number) or 1.0)
    return np.concatenate([-sizes[::-1], [0.0], sizes])


class Formula:
    """Expressions in the coordinates and `NU`, compiled: values at rows, for one number a row."""

    def __init__(self, case: Case, expressions: Sequence[sp.Expr]):
        flat = replace(case, metric=sp.ImmutableMatrix(list(expressions)), coordinates=(*case.coordinates, NU))
        self._compiled, self._size = flat.metric_function(), len(expressions)

    def __call__(self, rows: Array, numbers: Array) -> Array:
        _, x, values = self._compiled.evaluate(np.concatenate([rows, numbers[..., None]], axis=-1))
        return np.stack([np.asarray(v + 0 * x, dtype=float) for v in values], axis=-1)


def through_pipeline(
    field: Callable[[Array, Array], Array], quantity: str, points: Callable[[Array, Array], Array] | None = None
) -> Callable[[Array, Group], Array]:
    """What the true formulas give on a metric, or at points, that hold the number."""
    order = 0 if quantity in ("metric", "inverse_metric", "determinant") else 2

    def predict(numbers: Array, group: Group) -> Array:
        rows = np.stack([o.case.float_points[o.index] for o in group.observations])
        at, each = np.tile(rows, (len(numbers), 1)), np.repeat(numbers, len(rows))
        if points is not None:
            at = points(at, each)
        jets = numeric_jets(lambda r: field(r, np.tile(each, len(r) // len(each))), at, order)
        f = {k: np.concatenate([v] * len(numbers)) for k in ("f", "df", "ddf")
             if (v := getattr(group.jets, k)) is not None}  # fmt: skip
        values = Pipeline().run(replace(jets, **f)).output(quantity)
        return np.asarray(values).reshape(len(numbers), *group.values.shape)

    return predict


# --- which numbers -------------------------------------------------------------------------------------


def _numbered(expressions: Sequence[sp.Expr]) -> Iterator[tuple[str, str, float, tuple[sp.Expr, ...]]]:
    """One number of some formulas replaced by `NU`: (name, what is said of it, the right number, the formulas)."""
    whole = tuple(expressions)
    for e in dict.fromkeys(whole):
        if len(set(whole)) > 1 and e != 0:
            places = [k for k, other in enumerate(whole) if other == e]
            yield "entry-scaled", f"the entry {e} is {{number}} times what it should be", 1.0, tuple(
                NU * e if k in places else other for k, other in enumerate(whole)
            )  # fmt: skip
    nodes = dict.fromkeys(n for e in whole for n in sp.preorder_traversal(e) if isinstance(n, sp.Expr) and n.args)
    for node in nodes:
        for old in dict.fromkeys(a for a in node.args if isinstance(a, sp.Expr) and a.is_number and a != 0):
            if node.is_Pow and old is node.args[1] and old == -1 or len(node.free_symbols) == 0 and node.is_Number:
                continue
            new = node.func(*(NU if a is old else a for a in node.args))
            said = f"{{number}} stands where {old} belongs in {node}"
            yield "number", said, float(old), tuple(e.xreplace({node: new}) for e in whole)
        if node.is_Add:
            for a in (a for a in node.args if not a.is_number and not any(n.is_number for n in a.args if a.is_Mul)):
                said = f"the term {a} counts {{number}} times in {node}"
                yield "term-scaled", said, 1.0, tuple(e.xreplace({node: node - a + NU * a}) for e in whole)
        elif isinstance(node, sp.Function) and len(node.args) == 1 and node.args[0].free_symbols:
            u = node.args[0]
            said = f"the argument of {node} is multiplied by {{number}}"
            yield "argument-scaled", said, 1.0, tuple(e.xreplace({node: node.func(NU * u)}) for e in whole)


def _formulas(expressions: Sequence[sp.Expr]) -> list[tuple[str, str, float, tuple[sp.Expr, ...]]]:
    if sum(int(e.count_ops()) for e in expressions) > 400:
        return []
    found: dict[tuple[sp.Expr, ...], tuple[str, str, float, tuple[sp.Expr, ...]]] = {}
    for name, said, right, changed in _numbered(expressions):
        found.setdefault(changed, (name, said, right, changed))
    return list(found.values())[:_MOST]


def metric_numbers(case: Case, quantity: str) -> Iterator[Unknown]:
    """The numbers of the metric's formula."""
    n = case.dim
    for name, said, right, changed in _formulas([e.subs(dict(case.constants)) for e in case.metric]):
        formula = Formula(case, changed)
        field = lambda rows, numbers, f=formula: f(rows, numbers).reshape(*rows.shape[:-1], n, n)
        yield Unknown(f"metric-{name}", f"In the metric, {said}.", "Compare the constants, one by one.", around(right),
                      through_pipeline(field, quantity))  # fmt: skip


def formula_numbers(case: Case, expressions: Sequence[sp.Expr]) -> Iterator[Unknown]:
    """The numbers of the quantity's own closed form."""
    for name, said, right, changed in _formulas(expressions):
        formula = Formula(case, changed)

        def predict(numbers: Array, group: Group, f: Formula = formula) -> Array:
            rows = np.stack([o.case.float_points[o.index] for o in group.observations])
            values = f(np.tile(rows, (len(numbers), 1)), np.repeat(numbers, len(rows)))
            return values.reshape(len(numbers), *group.values.shape)

        yield Unknown(f"formula-{name}", f"In the closed form, {said}.", "Compare the constants, one by one.",
                      around(right), predict)  # fmt: skip


def point_numbers(case: Case, quantity: str) -> Iterator[Unknown]:
    """Coordinates shifted or scaled by a number, where the metric or the whole answer is taken."""
    g = case.metric_function()
    true, shifts = (lambda rows, numbers: g(rows)), np.geomspace(1e-4, 4, 41)

    def moved(k: int, how: str) -> Callable[[Array, Array], Array]:
        def change(rows: Array, numbers: Array) -> Array:
            out = np.array(rows, dtype=float)
            out[..., k] = out[..., k] + numbers if how == "shifted" else out[..., k] * numbers
            return out

        return change

    for k, s in enumerate(case.coordinates):
        there = moved(k, "shifted")
        yield Unknown("point-shifted", f"The answer is that of a point at which {s} is larger by {{number}}.",
                      "Check offsets: an index that begins at 1, a cell's edge for its centre.",
                      np.concatenate([-shifts[::-1], shifts]), through_pipeline(true, quantity, there))  # fmt: skip
        there = moved(k, "scaled")
        remedy = "Check units: degrees, a slope, a scale that is divided out."
        yield Unknown("point-scaled", f"The answer is that of a point at which {s} is {{number}} times as large.",
                      remedy, around(1.0), through_pipeline(true, quantity, there))  # fmt: skip
        field = lambda rows, numbers, there=there: g(there(rows, numbers))
        yield Unknown("argument-scaled", f"In the metric, {s} is multiplied by {{number}}.", remedy, around(1.0),
                      through_pipeline(field, quantity))  # fmt: skip


# --- finding them -----------------------------------------------------------------------------------------


def _miss(unknown: Unknown, numbers: Array, group: Group) -> Array:
    """How far the prediction is from the program, for each number."""
    with np.errstate(all="ignore"):
        try:
            levels = group.mismatch(unknown.predict(np.asarray(numbers, dtype=float), group))
        except (ValueError, ArithmeticError, TypeError, np.linalg.LinAlgError):
            return np.full(len(numbers), np.inf)
    return np.max(levels.reshape(len(numbers), -1), axis=1)


def _refined(unknown: Unknown, group: Group, limit: float) -> tuple[float, float]:
    """The best number and how far it is off: the deepest dips of a first look, each looked at ever more closely."""
    tried = np.asarray(unknown.tried, dtype=float)
    levels = _miss(unknown, tried, group)
    padded = np.concatenate([[np.inf], levels, [np.inf]])
    dips = [k for k in range(len(tried)) if padded[k + 1] <= min(padded[k], padded[k + 2]) and padded[k + 1] < 2]
    best = (float("inf"), 0.0)
    for k in sorted(dips, key=lambda k: levels[k] + 1e-9 * (tried[k] < 0))[:3]:
        low, high = tried[max(k - 1, 0)], tried[min(k + 1, len(tried) - 1)]
        here = (levels[k], tried[k])
        for turn in range(16):
            inside = np.linspace(low, high, 9)
            found = _miss(unknown, inside, group)
            at = int(np.argmin(found))
            here = min(here, (found[at], inside[at]))
            low, high = inside[max(at - 1, 0)], inside[min(at + 1, 8)]
            shallow = turn > 3 and here[0] > 0.1 * levels[k]
            if shallow or not here[0] < 1 or high - low < 1e-12 * abs(here[1]):
                break
        best = min(best, here)
        if best[0] <= limit:
            break
    return best[1], float(best[0])


def fitted(unknowns: Iterable[Unknown], observations: Sequence[Observation]) -> list[Diagnosis]:
    """The first of the unknowns whose number, once found, predicts every value; for one case at a time."""
    groups = group_by_dimension(observations)
    if len({o.case.name for o in observations}) != 1 or not groups or distinct_numbers(observations) < 3:
        return []
    group, limit = groups[0], LEVELS[0]
    failing = [k for k, o in enumerate(group.observations) if not o.passed]
    if not failing or float(np.max(group.mismatch(group.truth))) < 20 * limit:
        return []
    few = group.part(failing[:3] or [0])
    for unknown in unknowns:
        number, level = _refined(unknown, few, limit)
        if not level <= limit:
            continue
        rounded = [float(f"{number:.{d}g}") for d in (2, 3, 4, 6)]
        close = [v for v in rounded if _miss(unknown, np.array([v]), few)[0] <= max(4 * level, 1e-9)]
        number = close[0] if close else number
        level = float(_miss(unknown, np.array([number]), group)[0])
        if level <= limit:
            return [Diagnosis(unknown.name, unknown.sentence.format(number=f"{number:.8g}"), unknown.remedy,
                              kind="metric", agreement=level, points=len(group.observations), weight=unknown.weight,
                              details={"number": number})]  # fmt: skip
    return []
