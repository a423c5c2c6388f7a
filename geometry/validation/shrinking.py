"""The smallest failing example: simpler manifolds and points, as long as the program still fails on them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp
from flint import fmpq

from .calling import Caller
from .cases import Case, NoUsablePoint, floats
from .observations import Observation, prepare, to_our_convention
from .pipeline import QUANTITIES
from .report import Intermediate, SmallestExample

__all__ = ["shrink", "intermediates_at"]

_ORDER = (
    "metric", "metric_derivative", "inverse_metric", "determinant", "christoffel_first", "christoffel", "riemann",
    "riemann_lowered", "ricci", "ricci_scalar", "einstein", "weyl", "kretschmann", "laplacian",
)  # fmt: skip


def _simpler_expressions(e: sp.Expr) -> Iterator[sp.Expr]:
    """Expressions one step simpler than e, the boldest first."""
    if e.is_Number:
        if e not in (0, 1):
            yield sp.S.One
        return
    if e.is_Symbol:
        return
    if e.is_Add:
        for k in range(len(e.args)):
            yield sp.Add(*e.args[:k], *e.args[k + 1 :])
    elif e.is_Mul:
        for k in range(len(e.args)):
            yield sp.Mul(*e.args[:k], *e.args[k + 1 :])
    elif e.is_Pow and e.exp.is_Number and e.exp != 1:
        yield e.base
        if e.exp.is_Integer and e.exp > 2:
            yield e.base**2
    elif isinstance(e, sp.Function) and len(e.args) == 1:
        yield e.args[0]
    for k, a in enumerate(e.args):
        if not isinstance(a, sp.Expr) or (e.is_Pow and k == 1):
            continue
        for simpler in _simpler_expressions(a):
            yield e.func(*e.args[:k], simpler, *e.args[k + 1 :])


def _simpler_metrics(case: Case) -> Iterator[Case]:
    g, n = case.metric, case.dim
    if n > 2:
        for k in range(n):
            keep = [i for i in range(n) if i != k]
            value = case.points[0][k]
            fixed = {case.coordinates[k]: sp.Rational(int(value.p), int(value.q))}
            metric = g.extract(keep, keep).subs(fixed)
            point = tuple(case.points[0][i] for i in keep)
            yield replace(
                case,
                metric=sp.ImmutableMatrix(metric),
                coordinates=tuple(case.coordinates[i] for i in keep),
                points=(point,),
                scalar=None,
            )
    for i in range(n):
        for j in range(i):
            if g[i, j] != 0:
                yield _entry(case, i, j, sp.S.Zero)
    for i in range(n):
        if g[i, i] not in (1, -1):
            yield _entry(case, i, i, sp.S.One)
    for i in range(n):
        for j in range(i + 1):
            for simpler in _simpler_expressions(g[i, j]):
                yield _entry(case, i, j, simpler)


def _entry(case: Case, i: int, j: int, value: sp.Expr) -> Case:
    metric = sp.Matrix(case.metric)
    metric[i, j] = metric[j, i] = value
    return replace(case, metric=sp.ImmutableMatrix(metric))


def _simpler_points(case: Case) -> Iterator[Case]:
    point = case.points[0]
    for k, v in enumerate(point):
        for simple in (fmpq(0), fmpq(1), fmpq(1, 2), fmpq(-1), fmpq(2), fmpq(round(float(int(v.p) / int(v.q)) * 4), 4)):
            if simple != v and _digits(simple) < _digits(v):
                yield replace(case, points=((*point[:k], simple, *point[k + 1 :]),))


def _digits(v: fmpq) -> int:
    return abs(int(v.p)).bit_length() + int(v.q).bit_length() + (1 if v.p < 0 else 0)


def _size(case: Case) -> tuple[int, int, int]:
    # (dimension, size of the metric, size of the point): smaller is simpler, compared in this order.
    operations = sum(
        1 + int(e.count_ops()) + len(e.atoms(sp.Symbol)) if e not in (0, 1) else int(e != 0 and e != 1)
        for e in case.metric
    )
    shape = sum(e != int(i == j) for i, row in enumerate(case.metric.tolist()) for j, e in enumerate(row))
    return case.dim, operations + shape, sum(_digits(v) for v in case.points[0])


def _caller(function: Callable[..., Any], case: Case, quantity: str, form: str, options: Mapping[str, Any]) -> Caller:
    return Caller(function, case, quantity, form=form, array=options.get("array", "numpy"),
        limit=options.get("limit", 2.0),
                  keywords=options.get("keywords"), isolate=options.get("isolate", False))  # fmt: skip


class _Trial:
    """Whether the program fails on a candidate, and by how much."""

    def __init__(
        self, function: Callable[..., Any], quantity: str, form: str, threshold: float, options: Mapping[str, Any]
    ):
        self.function, self.quantity, self.form, self.threshold = function, quantity, form, threshold
        self.options = dict(options)
        self.tried = 0

    def observe(self, case: Case) -> Observation | None:
        self.tried += 1
        try:
            prepared = prepare(case, self.quantity)
            caller = _caller(self.function, case, self.quantity, self.form, self.options)
            value = caller.at(0).value
            caller.close()
        except (NoUsablePoint, ValueError, ZeroDivisionError, ArithmeticError):
            return None
        if value is None or prepared.condition[0] > 1e6:
            return None
        value = to_our_convention(value, self.quantity, self.options.get("convention"), self.options.get("layout"))
        return Observation(prepared, 0, value, prepared.tolerance(0, self.options.get("rtol", 1e-6), 2.0**-52))

    def fails(self, case: Case) -> bool:
        if self.quantity == "weyl" and case.dim < 3:
            return False
        o = self.observe(case)
        return o is not None and not o.passed and o.relative_error > self.threshold


def shrink(function: Callable[..., Any], observation: Observation, quantity: str, form: str, *, budget: float = 2.5,
           options: Mapping[str, Any] | None = None) -> tuple[Case, Observation, int]:  # fmt: skip
    """The simplest case reached from a failing observation by single simplifications that keep it failing.

    A program that holds its own metric (form "point", "batch" or "coordinates") has only its point simplified.
    """
    options = dict(options or {})
    relative = observation.relative_error
    trial = _Trial(function, quantity, form, min(0.05 * relative, 1e-2), options)
    case = replace(
        observation.case, points=(observation.case.points[observation.index],), known={}, impostors={}, embedding=None
    )
    first = trial.observe(case)
    if first is None or first.passed:
        return observation.case, observation, 0
    best, steps = first, 0
    own_metric = "metric" not in form
    deadline = time.monotonic() + budget
    progress = True
    while progress and time.monotonic() < deadline:
        progress = False
        moves = _simpler_points(case) if own_metric else _chain(_simpler_metrics(case), _simpler_points(case))
        for candidate in moves:
            if time.monotonic() > deadline:
                break
            if _size(candidate) < _size(case) and trial.fails(candidate):
                case, progress = candidate, True
                steps += 1
                break
    final = trial.observe(case)
    return case, final if final is not None else best, steps


def _chain(*iterators: Iterator[Case]) -> Iterator[Case]:
    for iterator in iterators:
        yield from iterator


def intermediates_at(case: Case, quantity: str, functions: Mapping[str, Callable[..., Any]], form: str,
    options: Mapping[str, Any],
                     own: Mapping[str, np.ndarray] | None = None) -> tuple[Intermediate, ...]:  # fmt: skip
    """Every quantity on the way to this one, reference beside the program's own where it is known."""
    end = _ORDER.index(quantity) if quantity in _ORDER else _ORDER.index("ricci_scalar")
    names = [
        n
        for n in _ORDER[: end + 1]
        if n not in ("determinant", "riemann_lowered", "einstein", "weyl", "kretschmann") or n == quantity
    ]
    if quantity == "laplacian":
        names = ["metric", "metric_derivative", "inverse_metric", "christoffel", "laplacian"]
    out = []
    reference_of = {}
    for n in names:
        with contextlib.suppress(NoUsablePoint):  # a determinant is finite where the inverse is not
            reference_of[n] = case.certified(n, case.points[0])
    layouts = options.get("layouts", {})
    for name in reference_of:
        reference = floats(reference_of[name])
        yours = None if own is None else own.get(name)
        if name in functions:
            caller = _caller(
                functions[name], case, name, "auto" if name != quantity else form, {**options, "keywords": None}
            )
            yours = caller.at(0).value
            caller.close()
        error = agrees = None
        if yours is not None and np.shape(yours) == reference.shape:
            yours = to_our_convention(
                np.asarray(yours, dtype=float), name, options.get("convention"), layouts.get(name)
            )
            error = float(np.max(np.abs(yours - reference), initial=0.0))
            agrees = error <= 1e-4 * max(float(np.max(np.abs(reference), initial=0.0)), 1e-8)
        out.append(Intermediate(name, reference, yours, error, agrees))
    return tuple(out)


def smallest_example(function: Callable[..., Any], observations: list[Observation], quantity: str,
    forms: Mapping[str, str], *,
                     functions: Mapping[str, Callable[..., Any]], options: Mapping[str, Any],
                         budget: float = 2.5) -> SmallestExample | None:  # fmt: skip
    """Shrinks from the simplest well-conditioned failing observation."""
    failing = [o for o in observations if not o.passed]
    if not failing:
        return None
    start = min(failing, key=lambda o: (o.hard, o.case.dim, o.case.grade, o.index))
    form = forms[start.case.name]
    case, final, steps = shrink(function, start, quantity, form, budget=budget, options=options)
    point = tuple(float(v) for v in floats(case.points[final.index if len(case.points) > 1 else 0]))
    single = replace(case, points=(case.points[final.index if len(case.points) > 1 else 0],))
    functions = {k: f for k, f in functions.items() if k in QUANTITIES}
    own: dict[str, np.ndarray] = {}
    caller = _caller(function, single, quantity, form, options)
    own.update(caller.at(0).others)
    caller.close()
    own[quantity] = final.value
    return SmallestExample(
        single.name, _metric_text(single.metric), tuple(s.name for s in single.coordinates), point, final.value,
        final.truth,
        intermediates_at(single, quantity, functions, form,
                         options if functions else {**options, "convention": None}, own), steps,
    )  # fmt: skip


def _metric_text(metric: sp.ImmutableMatrix) -> str:
    if metric.is_diagonal():
        return "diag(" + ", ".join(str(metric[k, k]) for k in range(metric.rows)) + ")"
    return str(metric.tolist())
