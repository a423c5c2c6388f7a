"""`check_curvature`: is this curvature code right, and if not, what is wrong with it?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..exact.errors import InputError
from .accuracy import EXACT, Accuracy, measure
from .answers import Finding, Outcome
from .arguments import argument_diagnoses, formula_typed, number_diagnoses
from .calling import Caller
from .cases import Case, NoUsablePoint, as_case
from .diagnosis import (
    Diagnosis,
    approximation,
    asking_diagnosis,
    component_diagnosis,
    constant_factor,
    family_diagnoses,
    formula_diagnoses,
    partial_diagnoses,
    read_off_diagnosis,
    rounding_diagnosis,
    row_diagnosis,
    scope_diagnosis,
    varying_factor,
)
from .extras import ALIASES, BESIDES, Extra, extra_of, pairs_of, prepared_extra, rival_diagnosis
from .laws import broken_laws
from .numerics import numeric_diagnoses, rounded_argument
from .observations import Observation, Prepared, prepare
from .pipeline import QUANTITIES
from .report import CaseResult, Report
from .shrinking import smallest_example
from .suite import load_suite
from .terms import term_diagnosis

__all__ = ["check_curvature"]

_UNITS = {"float64": 2.0**-52, "float32": 2.0**-23, "longdouble": 2.0**-52}


def check_curvature(
    function: Callable[..., Any],
    manifold: Any = None,
    *,
    suite: str | Iterable[Any] | None = None,
    quantity: str = "ricci_scalar",
    points: Any = None,
    rtol: float | None = None,
    form: str = "auto",
    array: Any = "numpy",
    convention: Any = "chentsov",
    layout: str | None = None,
    constants: Mapping[Any, Any] | None = None,
    data: Mapping[Any, Any] | None = None,
    scalar: Any = None,
    alpha: Any = None,
    intermediates: Mapping[str, Callable[..., Any]] | None = None,
    precision: str = "float64",
    strict: bool = False,
    time_limit: float = 10.0,
    isolate: bool = False,
    keywords: Mapping[str, Any] | None = None,
    diagnose: bool = True,
    shrink: bool = True,
) -> Report:
    r"""Judge a numeric curvature function against certified values, and name its mistake.

    The function takes what people have: a point, a batch of points (one a row), the coordinates one
    by one, or a metric callable and a point, ``function(metric, point)``; for the Laplacian
    ``function(metric, f, point)``. The metric callable answers NumPy, JAX, PyTorch, autograd and
    mpmath arrays in kind, so that a program may differentiate it in its own way. Conventions are
    those of `chentsov.geometry.conventions`: R^i_jkl = ∂_k Γ^i_jl − …, the unit sphere has R = +2.

    How exact the program is, is measured first, at all well-conditioned points together. An error is then accepted up
    to ``rtol`` of the largest component (1e-9 for a program that is exact there, 1e-6 for one that approximates, 1e-4
    for one that takes finite differences, plus 1e-5 of the terms that cancel), plus what rounding of the textbook
    formulas explains at that point (``strict=True`` takes that allowance away). What is the same small factor or ridge
    everywhere is no accuracy, and fails.

    Args:
        function: the program to judge.
        manifold: a Chentsov manifold, or a pair (SymPy metric, coordinates). Without it the function
            must take a metric, and is judged on a suite.
        suite: a name (`load_suite`) or manifolds; the default is "default".
        quantity: one of "metric", "inverse_metric", "determinant", "metric_derivative",
            "christoffel_first", "christoffel", "riemann", "riemann_lowered", "ricci", "ricci_scalar",
            "gaussian_curvature", "sectional_curvature", "einstein", "weyl", "kretschmann", "laplacian"; of a
            manifold= also "fisher_metric", "alpha_connection" (with ``alpha``; upper index first), "amari_chentsov",
            "distance" (of a function of two points), "ntk", and what the model has by name: "ntk_trace",
            "compressibility", "loss", "energy", ….
        points: rows, or mappings coordinate -> number; chosen if left out.
        rtol: relative tolerance; chosen as above if left out.
        form: "auto" or one of `FORMS`.
        array: what the points are handed over as: "numpy", "list", "jax", "torch" or a function.
        convention: the name of a declared convention, or a `CurvatureConvention`.
        layout: the order of the axes, if it is another: "jkli" says that R^i_jkl is stored at [j, k, l, i].
        constants, data: values of the other symbols of the metric; columns for its `Mean`.
        scalar: the function f for quantity="laplacian".
        alpha: the number of quantity="alpha_connection": 1 exponential, −1 mixture.
        intermediates: your own functions of other quantities, name -> function, shown beside the reference.
        precision: "float64", or "float32" to be judged by the rounding of single precision.
        strict: give no allowance for rounding at ill-conditioned points.
        time_limit: seconds for one call. It stops Python code; native code that never returns is stopped by `isolate`.
        isolate: the function runs in a process of its own, so that native code that hangs or crashes is reported too.
            (Not for functions that share state between calls, nor where JAX or PyTorch run already: they do not survive
            a fork.)
        keywords: keyword arguments handed to the function.
        diagnose, shrink: whether to look for the mistake, and for the smallest failing example.

    Returns:
        A `Report`: true if everything passed; `.diagnosis` is the best explanation; `str()` tells all.

    Raises:
        ValueError: the arguments make no sense (an unknown quantity, suite, form or convention; a bad
            point). Whatever the judged function does is reported, never raised.

    >>> import numpy as np
    >>> def curvature(metric, x, h=1e-3):                 # right for surfaces of revolution only
    ...     w = lambda u: np.sqrt(metric([u, x[1]])[1, 1])
    ...     return 2 * (w(x[0] + h) - 2*w(x[0]) + w(x[0] - h)) / h**2 / w(x[0])      # the sign is missing
    >>> import sympy as sp
    >>> t, p = sp.symbols("t p")
    >>> torus = sp.diag(1, (2 + sp.cos(t))**2), (t, p)
    >>> report = check_curvature(curvature, torus, points=[(0.5, 0), (1, 1)], rtol=1e-4)
    >>> report.passed, report.diagnosis.name
    (False, 'overall-sign')
    """
    started = time.perf_counter()
    _check_arguments(function, quantity, manifold, rtol, precision, time_limit)
    chosen = _convention(convention)
    asked_for, quantity = quantity, ALIASES.get(quantity, quantity)
    cases = _cases(manifold, suite, quantity, points, constants, data, scalar)
    extra: Extra | None = None
    if quantity not in QUANTITIES:
        case = pairs_of(cases[0]) if quantity == "distance" else cases[0]
        extra = extra_of(case, quantity, alpha)
        cases = (case,)
    unit = 0.0 if strict else _UNITS[precision]
    options = {"array": array, "convention": chosen, "layout": layout, "limit": min(time_limit, 2.0),
        "rtol": rtol or EXACT,
               "keywords": dict(keywords or {}), "isolate": isolate,
               "layouts": {quantity: layout} if layout else {}}  # fmt: skip

    asked: list[_Asked] = []
    settled, hung, spent = form, 0, 0.0
    for case in _telling_first(cases):
        if spent > _PATIENCE:
            break
        caller = Caller(function, case, quantity, form=settled, array=array, limit=time_limit,
                        keywords=options["keywords"], isolate=isolate, convention=chosen, layout=layout,
                        shape=None if extra is None else extra.shape)  # fmt: skip
        if settled == "auto" and manifold is None and "metric" in caller.form:
            settled = caller.form
        if quantity == "laplacian" and caller.form != "metric-scalar" and case.scalar is None:
            raise InputError("the Laplacian of what? give scalar=f in the coordinates, or take f as an argument: "
                             "f(metric, function, point)")  # fmt: skip
        if manifold is None and (suite is None or isinstance(suite, str)) and "metric" not in caller.form:
            raise InputError(_needs_a_manifold(function))
        if hung >= 3 and not any(a.observations for a in asked):  # it has never answered: the others get a second each
            caller.limit = min(1.0, time_limit)
        asked.append(_ask(caller, extra, 1 if spent > _PATIENCE / 3 and len(cases) > 1 else None))
        spent += caller.spent
        hung += any(f.name == "too-slow" for f in asked[-1].findings)
        caller.close()
    asked.sort(key=lambda a: [c is a.caller.case for c in cases].index(True))

    callers = {a.caller.case.name: a.caller for a in asked}
    observations = [o for a in asked for o in a.observations]
    accuracy = measure(callers, observations)
    options["rtol"] = rtol or accuracy.tolerance
    judged = _judge_all(asked, rtol, unit, accuracy)
    hidden: list[Diagnosis] = []
    if rtol is None and accuracy.kind != "exact" and accuracy.worst > 1e-8 and all(o.passed for o in observations):
        # What is wrong by less than differences are allowed to be shows where it is the same everywhere.
        hidden = _systematic(observations, quantity, callers)
        if hidden:
            options["rtol"] = EXACT
            judged = _judge_all(asked, EXACT, unit, accuracy)
    findings = (*(f for j in judged for f in j.findings), *_left_out(asked, cases, spent))
    # Numbers that change from call to call have no other explanation.
    repeatable = not any(f.name == "not-repeatable" and f.severity == "fail" for f in findings)
    diagnoses = hidden or (_diagnose(judged, quantity, callers, extra) if diagnose and repeatable else [])
    for caller in callers.values():
        caller.close()
    smallest = None
    if diagnose and repeatable and any(not o.passed for o in observations):
        unnamed = extra is None and shrink and not any(d.kind in ("formula", "metric", "numeric") for d in diagnoses)
        if unnamed or intermediates:
            smallest = smallest_example(
                function, observations, quantity, {name: c.form for name, c in callers.items()},
                functions=dict(intermediates or {}), options=options, budget=2.5 if unnamed else 1.0,
            )  # fmt: skip
    return Report(
        getattr(function, "__qualname__", repr(function)), asked_for, options["rtol"], tuple(j.result for j in judged),
        findings,
        tuple(diagnoses), smallest, time.perf_counter() - started,
        tuple(broken_laws(observations, quantity) if repeatable else ()), str(accuracy),
    )  # fmt: skip


@dataclass(frozen=True)
class _Asked:
    """One case: the answers, the points without one (as NaN), what was found on the way."""

    caller: Caller
    prepared: Prepared
    observations: list[Observation]
    missing: list[Observation]
    findings: list[Finding]
    outcomes: list[Outcome]


@dataclass(frozen=True)
class _Judgement:
    """One case judged: what was asked, everything that was found, the summary, the number type."""

    asked: _Asked
    findings: list[Finding]
    result: CaseResult
    dtype: str

    @property
    def observations(self) -> list[Observation]:
        return self.asked.observations

    @property
    def missing(self) -> list[Observation]:
        return self.asked.missing


def _needs_a_manifold(function: Any) -> str:
    name = getattr(function, "__name__", "the function")
    return (
        f"{name} takes a point and no metric, so it holds a metric of its own: say which, manifold= (in the shell "
        "--manifold or --metric), or let it take the metric as its first argument"
    )


def _systematic(observations: Sequence[Observation], quantity: str, callers: Mapping[str, Caller]) -> list[Diagnosis]:
    """What is wrong in one and the same small way everywhere, though each error could be arithmetic."""
    own_metric = all("metric" not in c.form for c in callers.values())
    factor = constant_factor(observations, quantity, own_metric)
    # On one metric a difference quotient may be off by one factor (it is, of an eigenfunction).
    if factor is not None and not (own_metric and abs(factor.details["factor"] - 1) < 2e-5):
        return [factor]
    return [] if own_metric else family_diagnoses(observations, quantity, small=True)


def _check_arguments(
    function: Any, quantity: str, manifold: Any, rtol: float | None, precision: str, time_limit: float
) -> None:
    if not callable(function):
        raise InputError(f"function must be callable; got {type(function).__name__}")
    if quantity not in QUANTITIES and manifold is None:
        if quantity in BESIDES:
            raise InputError(f"{quantity} is asked of a manifold or a model: say which, manifold=")
        raise InputError(f"unknown quantity {quantity!r}; known are {', '.join((*QUANTITIES, *BESIDES))}")
    if rtol is not None and not 0 < rtol < 1:
        raise InputError(f"rtol lies between 0 and 1, not {rtol!r}")
    if precision not in _UNITS:
        raise InputError(f"precision is {' or '.join(map(repr, _UNITS))}, not {precision!r}")
    if not time_limit > 0:
        raise InputError(f"time_limit is a positive number of seconds, not {time_limit!r}")


def _convention(convention: Any) -> Any:
    from chentsov.geometry.conventions import CONVENTIONS

    if convention is None:
        return None
    if isinstance(convention, str):
        if convention not in CONVENTIONS:
            raise InputError(f"unknown convention {convention!r}; declared are {', '.join(CONVENTIONS)}")
        return CONVENTIONS[convention]
    if not hasattr(convention, "riemann_sign"):
        raise InputError(f"convention is a name or a CurvatureConvention, not {type(convention).__name__}")
    return convention


def _cases(
    manifold: Any, suite: Any, quantity: str, points: Any, constants: Any, data: Any, scalar: Any
) -> tuple[Case, ...]:
    if manifold is not None:
        if suite is not None:
            raise InputError("give manifold= or suite=, not both")
        regular = quantity in QUANTITIES or quantity == "distance"
        return (as_case(manifold, points, constants=constants, data=data, scalar=scalar, regular=regular),)
    if points is not None:
        raise InputError("points= needs manifold=; a suite brings its own points")
    if suite is None or isinstance(suite, str):
        cases = load_suite(suite or "default")
    else:
        cases = tuple(as_case(m, constants=constants, data=data, scalar=scalar) for m in suite)
        if not cases:
            raise InputError("the suite is empty")
        names: dict[str, int] = {}
        unique = []
        for c in cases:
            names[c.name] = names.get(c.name, 0) + 1
            if names[c.name] > 1:
                c = replace(c, name=f"{c.name}-{names[c.name]}")
            unique.append(c)
        cases = tuple(unique)
    if quantity == "gaussian_curvature":
        cases = tuple(c for c in cases if c.dim == 2)
    elif quantity == "weyl":
        cases = tuple(c for c in cases if c.dim > 2)
    elif quantity == "sectional_curvature":
        cases = tuple(c for c in cases if c.dim > 1 and "null-planes" not in c.tags)
    if not cases:
        raise InputError(f"no manifold of this suite has a {quantity}")
    return cases


#: Seconds of a function's own time on a suite after which no further manifold is taken.
_PATIENCE = 10.0


def _telling_first(cases: Sequence[Case]) -> list[Case]:
    """Curved manifolds before flat ones, two of three dimensions, two of two, two of four, …, then two more of each: a
    slow function is judged on the first ones alone.
    """
    order, ranked = (3, 2, 4, 1, 5, 6), []
    seen: dict[int, int] = {}
    for k, case in enumerate(cases):
        flat = "flat" in case.tags and case.dim > 1
        place = order.index(case.dim) if case.dim in order else case.dim
        ranked.append((flat, seen.get(case.dim, 0) // 2, place, k))
        seen[case.dim] = seen.get(case.dim, 0) + (not flat)
    return [cases[key[-1]] for key in sorted(ranked)]


def _left_out(asked: Sequence[_Asked], cases: Sequence[Case], spent: float) -> list[Finding]:
    """A note that a slow function was not asked everywhere."""
    points, every = sum(len(a.outcomes) for a in asked), sum(len(c.points) for c in cases)
    if spent < _PATIENCE / 3 or points == every:
        return []
    where = f"{points} of {every} points, on {len(asked)} of {len(cases)} manifolds"
    return [Finding("slow", f"{spent / max(points, 1):.1f} s a call: judged at {where}",
                    "make it faster, or give a smaller suite=", severity="note")]  # fmt: skip


def _ask(caller: Caller, extra: Extra | None, most: int | None = None) -> _Asked:
    """All points of one case, or the first few."""
    case, quantity = caller.case, caller.quantity
    try:
        prepared = prepare(case, quantity) if extra is None else prepared_extra(extra)
    except NoUsablePoint as error:
        raise InputError(str(error)) from error
    observations: list[Observation] = []
    missing: list[Observation] = []
    findings: list[Finding] = []
    outcomes: list[Outcome] = []
    for index in range(len(case.points))[:most]:
        outcome = caller.at(index)
        outcomes.append(outcome)
        findings.extend(outcome.findings)
        if outcome.value is None:
            missing.append(Observation(prepared, index, np.full(prepared.truth[index].shape, np.nan), 0.0))
        else:
            observations.append(Observation(prepared, index, caller.ours(outcome.value), 0.0, outcome.asked))
        if any(f.name == "too-slow" for f in outcome.findings):  # the rest of this manifold would reach the limit too
            break
    return _Asked(caller, prepared, observations, missing, findings, outcomes)


def _judge_all(asked: Sequence[_Asked], rtol: float | None, unit: float, accuracy: Accuracy) -> list[_Judgement]:
    """Every case by the tolerance given, or the one that its arithmetic deserves."""
    differences = 1e-5 if rtol is None and accuracy.kind == "differences" and not accuracy.formula else 0.0
    return [_judge(a, rtol or accuracy.tolerance, unit, differences) for a in asked]


def _judge(asked: _Asked, rtol: float, unit: float, differences: float) -> _Judgement:
    caller, case, observations, outcomes = asked.caller, asked.caller.case, asked.observations, asked.outcomes
    for o in observations:
        o.tolerance = asked.prepared.tolerance(o.index, rtol, unit, differences)
    findings = list(asked.findings)
    if observations:
        findings.extend(_repeated(caller, outcomes, observations[0]))
    failed = [o for o in observations if not o.passed]
    broken = any(o.value is None for o in outcomes)
    worst = max(observations, key=lambda o: o.relative_error, default=None)
    status = "error" if broken else "fail" if failed or any(f.severity == "fail" for f in findings) else "pass"
    result = CaseResult(
        case.name, case.dim, case.grade, status, len(case.points),
        None if worst is None else worst.relative_error,
        "" if worst is None else case.describe(case.points[worst.index]),
        None if worst is None else np.asarray(worst.value, dtype=float),
        None if worst is None else worst.truth.astype(float),
        0.0 if worst is None else worst.tolerance, sum(o.seconds for o in outcomes), caller.form,
        1.0 if worst is None else worst.condition,
    )  # fmt: skip
    return _Judgement(asked, findings, result, next((o.dtype for o in outcomes if o.dtype), ""))


def _repeated(caller: Caller, outcomes: list[Outcome], first: Observation) -> list[Finding]:
    """Ask once more at the same point: a function answers the same thing twice."""
    if "batch" in caller.form and len(outcomes) > 1:
        same = caller.batch()[first.index].value
        alone = caller.at_row(caller.rows[first.index]).value
        before = outcomes[first.index].value
        if same is not None and before is not None and alone is not None and np.array_equal(same, before):
            apart = float(np.max(np.abs(alone - before), initial=0.0))
            if apart > first.tolerance:
                detail = f"a row's answer depends on the other rows of the batch (alone it differs by {apart:.2g})"
                return [Finding("mixes-rows", detail, "evaluate row by row", caller.case.name,
                                caller.case.describe(caller.rows[first.index]))]  # fmt: skip
            return []
    again = caller.at_row(caller.rows[first.index])
    before = outcomes[first.index].value
    if again.value is None or before is None or "batch" in caller.form and again.value.shape != before.shape:
        return []
    spread = float(np.max(np.abs(again.value - before), initial=0.0))
    if spread == 0 or ("batch" in caller.form and spread <= first.tolerance):
        return []
    severity = "fail" if spread > first.tolerance else "note"
    return [Finding("not-repeatable", f"two calls at the same point differ by {spread:.2g}",
        "fix the random seed, or drop the randomness",
                    caller.case.name, caller.case.describe(caller.rows[first.index]), severity)]  # fmt: skip


def _diagnose(
    judged: Sequence[_Judgement], quantity: str, callers: Mapping[str, Caller], extra: Extra | None
) -> list[Diagnosis]:
    """The explanations in the order of their simplicity: one known mistake, a factor, arithmetic, two mistakes, a
    scope.
    """
    observations = [o for j in judged for o in j.observations]
    missing = [o for j in judged for o in j.missing]
    dtypes = {j.result.name: j.dtype for j in judged}
    if all(o.passed for o in observations):
        scope = scope_diagnosis([*observations, *missing]) if missing else None
        return [] if scope is None else [scope]
    statistical = all("statistical" in o.case.tags for o in observations)
    failing = [o for o in observations if not o.passed]
    informative = [o for o in failing if not o.hard]
    # Where the truth is nearly met the formula is right, and the digits are the question.
    nearly = all(o.relative_error < 1e-2 for o in informative)
    own_metric = all("metric" not in c.form for c in callers.values())
    for read_off in (rounding_diagnosis, row_diagnosis, read_off_diagnosis):
        if (seen := read_off(observations)) is not None:
            named = _diagnose_extra(observations, extra) if extra is not None else []
            return named if named and named[0].kind == "formula" else [seen]
    if (rounded := rounded_argument(observations, callers)) is not None:
        return [rounded]
    numeric = numeric_diagnoses(observations, callers, dtypes) if nearly else []
    if numeric:
        return numeric
    if extra is not None:
        return _diagnose_extra(observations, extra)
    found = formula_diagnoses(observations, quantity, statistical=statistical)
    if own_metric:
        found = _merged(found, argument_diagnoses(observations, quantity))
    elif not found or "always-zero" in (found[0].name, *found[0].also):
        if (silent := asking_diagnosis(observations, quantity)) is not None:
            return [silent, *found]
    vanishing = bool(found) and "always-zero" in (found[0].name, *found[0].also)
    if not found or vanishing:  # what is the truth times a tiny number is not 0
        factor = constant_factor(observations, quantity, own_metric)
        found = [factor] if factor is not None else found
    for explain in _rest(observations, missing, quantity, statistical, own_metric, nearly, callers, dtypes):
        if found:
            break
        explained = explain()
        found = explained if isinstance(explained, list) else [explained] if explained is not None else []
    return found


def _diagnose_extra(observations: Sequence[Observation], extra: Extra) -> list[Diagnosis]:
    """The explanations of a quantity that is not one of the metric's curvature."""
    for explain in (
        lambda: rival_diagnosis(extra, observations),
        lambda: constant_factor(observations, extra.quantity, own_metric=False),
        lambda: formula_typed(observations, extra.quantity, extra.expressions),
        lambda: varying_factor(observations),
        lambda: number_diagnoses(observations, extra.quantity, extra.expressions),
        lambda: component_diagnosis(observations),
        lambda: component_diagnosis(observations, constant=False),
        lambda: approximation(observations),
    ):
        explained = explain()
        if explained:
            return explained if isinstance(explained, list) else [explained]
    return []


def _rest(
    observations: Sequence[Observation], missing: Sequence[Observation], quantity: str, statistical: bool,
    own_metric: bool, nearly: bool, callers: Mapping[str, Caller], dtypes: Mapping[str, str],
) -> Iterator[Callable[[], list[Diagnosis] | Diagnosis | None]]:  # fmt: skip
    """The further explanations, in the order in which they are tried."""
    if own_metric:
        yield lambda: formula_typed(observations, quantity)
        yield lambda: varying_factor(observations)
        yield lambda: number_diagnoses(observations, quantity)
    yield lambda: family_diagnoses(observations, quantity)
    if not nearly:
        yield lambda: numeric_diagnoses(observations, callers, dtypes)
    yield lambda: component_diagnosis(observations)
    yield lambda: partial_diagnoses(observations, quantity)
    yield lambda: formula_diagnoses(observations, quantity, statistical=statistical, pairs=True)
    yield lambda: term_diagnosis(observations, quantity)
    yield lambda: approximation(observations)
    yield lambda: scope_diagnosis([*observations, *missing])
    yield lambda: component_diagnosis(observations, constant=False)


def _merged(formulas: list[Diagnosis], metrics: list[Diagnosis]) -> list[Diagnosis]:
    """What predicts the same numbers is one diagnosis: the plainer first, the other beside it."""
    if not formulas or not metrics:
        return formulas or metrics
    first, second = sorted((metrics[0], formulas[0]), key=lambda d: d.weight)
    also = tuple(dict.fromkeys((*first.also, second.name, *second.also)))
    return [replace(first, also=tuple(name for name in also if name != first.name))]
