"""Four oracles for the engine's tensors, tensor by tensor, with the time each side took.

* ``"einsteinpy"``: EinsteinPy's expressions, one tensor made from the other.
* ``"jets"``: 2-jets of the metric in ball arithmetic, contracted by the textbook formulas; no symbolic
  differentiation, no canonical form. Agreement is proved: the balls of both sides overlap and are small.
* ``"arb"``: the metric differentiated by SymPy, the derivatives evaluated in ball arithmetic; and the equation that
  defines each tensor, with SymPy's derivatives, as an identity.
* ``"jax"``: nested forward-mode automatic differentiation in float64.

``ask_oracle`` asks one of them about one manifold; `catalogue_check` asks all of them about all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import flint
import numpy as np
import sympy as sp
from flint import arb
from sympy.core.function import AppliedUndef

from ..exact import Mean, UnsupportedFunction
from ..exact.budget import TimeBudgetExceeded, time_limit
from ..exact.errors import InputError
from ..exact.reading import match_symbols, short
from ..kernels.algebras import BALLS
from ..kernels.ball import BallProgram, as_ball, precision
from ..kernels.contraction import Contraction
from ..kernels.lower import lower
from ..manifolds import RiemannianManifold
from ..manifolds.recipes import recipe
from . import crosscheck_einsteinpy as einsteinpy
from .cases import Case, NoUsablePoint, as_case, concrete, floats, rows_of
from .comparison import Comparison, CrossCheck
from .identities import equal_in_field, field_of, holds_identically
from .jets import JetEvaluator, UnsupportedExpression
from .pipeline import QUANTITIES, Jets, Pipeline, Run
from .suite import load_suite

__all__ = ["ORACLES", "TENSORS", "ask_oracle", "crosscheck_suite"]

TENSORS = ("inverse_metric", "christoffel", "riemann", "ricci", "ricci_scalar")
_PRECISION = 256
_SECONDS = 2.0  # for the closed form of a quantity; its contraction is compared where it takes longer
_ABSOLUTE = 1e-40

# Tensor -> one array (or expression) a point.
_Found = dict[str, list[Any]]


# --- the oracles: fill quantity -> one array (or expression) a point --------------------------------


def _by_jets(case: Case, quantities: Sequence[str], bits: int, found: _Found) -> None:
    with flint.ctx.workprec(bits):
        _fill(found, quantities, [case.run(point, bits) for point in case.points])


def _by_sympy_derivatives(case: Case, quantities: Sequence[str], bits: int, found: _Found) -> None:
    with flint.ctx.workprec(bits):
        _fill(found, quantities, [Pipeline().run(_sympy_jets(case, point, bits)) for point in case.points])


def _fill(found: _Found, quantities: Sequence[str], runs: Sequence[Run]) -> None:
    for q in quantities:
        found[q] = [np.asarray(run[q][0]) for run in runs]


def _sympy_jets(case: Case, point: Sequence[Any], bits: int) -> Jets:
    n, x = case.dim, case.coordinates
    evaluator = JetEvaluator({**dict(case.constants), **dict(zip(x, point))}, (), case.data, bits)
    g, dg = np.empty((1, n, n), dtype=object), np.empty((1, n, n, n), dtype=object)
    ddg = np.empty((1, n, n, n, n), dtype=object)
    for i in range(n):
        for j in range(i + 1):
            e = case.metric[i, j]
            g[0, i, j] = g[0, j, i] = evaluator.value(e)
            for k in range(n):
                d = sp.diff(e, x[k])
                dg[0, i, j, k] = dg[0, j, i, k] = evaluator.value(d)
                for l in range(k + 1):
                    value = evaluator.value(sp.diff(d, x[l]))
                    for a, b in ((i, j), (j, i)):
                        ddg[0, a, b, k, l] = ddg[0, a, b, l, k] = value
    return Jets(g, dg, ddg)


def _by_jax(case: Case, quantities: Sequence[str], bits: int, found: _Found) -> None:
    """JAX differentiates the metric; the contractions, and the one inverse, are NumPy's: no LAPACK under JAX's own
    threads.
    """
    try:
        jax = import_module("jax")
    except ImportError as error:
        raise UnsupportedExpression("jax is not installed") from error
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    try:
        metric = case.metric_function()
        first = jax.jacfwd(metric)
        derivatives = [jax.jit(f) for f in (metric, first, jax.jacfwd(first))]
        points = [jax.numpy.asarray(floats(point)) for point in case.points]
        runs = [Pipeline().run(Jets(*(np.asarray(f(x))[None] for f in derivatives))) for x in points]
    finally:
        jax.config.update("jax_enable_x64", before)
    _fill(found, quantities, runs)


def _by_einsteinpy(case: Case, quantities: Sequence[str], bits: int, found: _Found) -> None:
    """EinsteinPy's expressions, one tensor after the other; those that are ready in time count."""
    metric = case.origin.metric if case.origin is not None else case.metric
    for quantity, expression in einsteinpy.chain(sp.Matrix(metric), case.coordinates, quantities):
        found[quantity] = [expression] * len(case.points)


def _surface_by_einsteinpy(case: Case, bits: int) -> list[Any]:
    """R of a surface by EinsteinPy's formula for undefined g_ij(x, y), at jets in ball arithmetic: where it knows no
    closed form.
    """
    found = []
    for point in case.points:
        with flint.ctx.workprec(bits):
            jets = case.jets(point, bits)
            pairs = ((0, 0), (0, 1), (1, 1))
            at = {(i, j): {(): jets.g[i, j], **{(k,): jets.dg[i, j, k] for k in (0, 1)},
                           **{(k, l): jets.ddg[i, j, k, l] for k, l in pairs}} for i, j in pairs}  # fmt: skip
            found.append(np.array(einsteinpy.ricci_scalar_of_jet(at), dtype=object))
    return found


@dataclass(frozen=True)
class Oracle:
    """How an oracle computes, what worst relative difference passes, and what to call it."""

    compute: Callable[[Case, Sequence[str], int, _Found], None]
    allowed: float
    title: Callable[[], str]


ORACLES: dict[str, Oracle] = {
    "einsteinpy": Oracle(_by_einsteinpy, 1e-25, lambda: f"EinsteinPy {einsteinpy.einsteinpy_version()}"),
    "jets": Oracle(_by_jets, 1e-25, lambda: "2-jets in ball arithmetic"),
    "arb": Oracle(_by_sympy_derivatives, 1e-25, lambda: "SymPy derivatives in ball arithmetic"),
    "jax": Oracle(_by_jax, 1e-8, lambda: "nested jacfwd of JAX, float64"),
}


# --- comparisons ------------------------------------------------------------------------------------


def _difference(ours: Any, theirs: Any) -> tuple[float, bool]:
    """(largest difference relative to the largest component, whether it is proved by overlapping balls)."""
    a, b = np.atleast_1d(np.asarray(ours, dtype=object)), np.atleast_1d(np.asarray(theirs))
    if b.dtype != object:
        x, y = floats(a), b.astype(float)
        scale = float(np.max(np.abs(x), initial=0.0))
        return float(np.max(np.abs(x - y), initial=0.0)) / (scale or 1.0), False
    proved = all(p.overlaps(q) for p, q in zip(a.ravel(), b.ravel()))
    # The upper end of |a − b|, radii included: disagreement cannot hide in wide balls.
    gap = max((float(abs(p - q).upper()) for p, q in zip(a.ravel(), b.ravel())), default=0.0)
    scale = max((float(abs(p).upper()) for p in b.ravel()), default=0.0)
    return (gap / scale if scale > _ABSOLUTE else gap), proved


def ask_oracle(
    source: Any, quantities: Sequence[str] = TENSORS, *, oracle: str = "jets", points: Any = None,
        constants: Mapping[Any, Any] | None = None,
    data: Mapping[Any, Any] | None = None, count: int = 3, seed: int = 0, digits: int | None = None,
    seconds: float = 30.0, tolerance: float | None = None, name: str | None = None,
) -> CrossCheck:  # fmt: skip
    """Compare the engine's tensors of one manifold with an oracle.

    "arb" and "einsteinpy" decide symbolically where they can (`identities`) and compare numbers everywhere else.
    Constants that are given no value get one of 3/4, 5/4, …; data columns that are not given get five rows. Balls have
    8 bits for each of the `digits`, and 256 at the least.

    Raises:
        ValueError: an unknown oracle or quantity, or digits that JAX has not.
    """
    if oracle not in ORACLES:
        raise InputError(f"unknown oracle {oracle!r}; known are {', '.join(ORACLES)}")
    if unknown := [q for q in quantities if q not in TENSORS and q not in QUANTITIES]:
        raise InputError(f"unknown quantity {unknown[0]!r}; known are {', '.join(QUANTITIES)}")
    if oracle == "jax" and digits not in (None, 15):
        raise InputError(f"the oracle 'jax' works in float64, which has 15 digits, not {digits}: leave digits= out")
    bits = max(_PRECISION, 8 * (digits or 0))
    subject = name or getattr(source, "name", None) or type(source).__name__
    allowed = ORACLES[oracle].allowed if tolerance is None else tolerance
    asked = _Asked(source, tuple(quantities), str(subject), allowed, seconds, bits)
    try:
        with time_limit(seconds):
            case = _case_of(source, points, constants, data, count, seed)
    except TimeBudgetExceeded:
        return asked.table(oracle, note=f"no metric within {seconds:g} s", route="did not finish")
    except (NoUsablePoint, UnsupportedExpression) as error:
        return asked.table(oracle, note=str(error), route="not supported")
    theirs: dict[str, list[Any]] = {}
    started, note, route = time.perf_counter(), "", ""
    try:
        with time_limit(seconds):
            ORACLES[oracle].compute(case, quantities, bits, theirs)
    except TimeBudgetExceeded:
        route, note = "did not finish", f"the oracle did not finish within {seconds:g} s"
    except Exception as error:  # an oracle raises whatever its parts raise
        route, note = "not supported", f"{type(error).__name__}: {error}".splitlines()[0][:90]
    if oracle == "einsteinpy" and "ricci_scalar" in quantities and "ricci_scalar" not in theirs and case.dim == 2:
        with suppress(TimeBudgetExceeded, ZeroDivisionError), time_limit(seconds):
            theirs["ricci_scalar"] = _surface_by_einsteinpy(case, bits)
    share = (time.perf_counter() - started) / max(1, len(theirs))
    for quantity in quantities:
        if quantity in theirs:
            asked.compare(oracle, case, quantity, theirs[quantity], share)
        else:
            asked.rows.append(Comparison(asked.subject, quantity, route, 0, float("nan"), allowed, 0.0, share, note))
    return CrossCheck(ORACLES[oracle].title(), tuple(asked.rows))


@dataclass
class _Asked:
    """One manifold on its way through an oracle."""

    source: Any
    quantities: tuple[str, ...]
    subject: str
    allowed: float
    seconds: float
    bits: int
    rows: list[Comparison] = field(default_factory=list)

    def table(self, oracle: str, *, route: str, note: str) -> CrossCheck:
        """Nothing could be compared."""
        return CrossCheck(
            ORACLES[oracle].title(),
            tuple(
                Comparison(self.subject, q, route, 0, float("nan"), self.allowed, note=note) for q in self.quantities
            ),
        )

    def compare(self, oracle: str, case: Case, quantity: str, theirs: list[Any], share: float) -> None:
        """The row of one tensor: digits at the points, and the decision where there is one."""

        def row(route: str, points: int, worst: float, ours: float, note: str = "") -> None:
            self.rows.append(Comparison(self.subject, quantity, route, points, worst, self.allowed, ours, share, note))

        started = time.perf_counter()
        try:
            with time_limit(self.seconds):
                ours = _formula(self.source, quantity)
                seconds = time.perf_counter() - started
                worst, proved = 0.0, True
                for point, values in zip(case.points, theirs):
                    here = values if isinstance(values, np.ndarray) else _evaluated(values, case, point, self.bits)
                    difference, overlap = _difference(_evaluated(ours, case, point, self.bits), here)
                    worst = max(worst, difference) if difference == difference else float("nan")
                    proved = proved and overlap
        except TimeBudgetExceeded:
            return row(
                "did not finish", 0, float("nan"), self.seconds, f"the engine did not finish within {self.seconds:g} s"
            )
        except (UnsupportedExpression, ZeroDivisionError) as error:
            return row("not supported", 0, float("nan"), 0.0, str(error)[:90])
        expression = None if isinstance(theirs[0], np.ndarray) else theirs[0]
        if (
            worst <= self.allowed
            and not _is_contraction(ours)
            and (expression is not None or oracle == "arb")
            and self._decided(quantity, ours, expression)
        ):
            return row("symbolic", len(case.points), worst, seconds)
        row("proved" if proved and worst <= self.allowed else "numeric", len(case.points), worst, seconds)

    def _decided(self, quantity: str, ours: Any, theirs: Any) -> bool:
        """Whether equality (or, without an expression of theirs, the defining equation) holds in a differential
        field.
        """
        try:
            with time_limit(self.seconds):
                if theirs is not None:
                    return equal_in_field(ours, theirs, field_of(self.source))
                return quantity in TENSORS and holds_identically(
                    lambda name: _closed_form(self.source, name),
                    self.source.coordinates,
                    quantity,
                    field_of(self.source),
                )
        except (
            TimeBudgetExceeded,
            UnsupportedFunction,
            NotImplementedError,
            ArithmeticError,
            ValueError,
            TypeError,
        ):
            return False


def _case_of(
    source: Any,
    points: Any,
    constants: Mapping[Any, Any] | None,
    data: Mapping[Any, Any] | None,
    count: int,
    seed: int,
) -> Case:
    if not hasattr(source, "metric") or not hasattr(source, "coordinates"):
        raise InputError(f"the source is a manifold or a model with a metric, not {short(source)}")
    rows = data if data is not None else rows_of(source) or None
    metric = sp.Matrix(source.metric).applyfunc(concrete)
    row_symbols = {v for m in metric for e in sp.preorder_traversal(m) for v in (getattr(e, "variables", None) or ())}
    if row_symbols and rows is None:
        # Any rows will do: five, the same every time.
        rows = {
            v: [((3 * k + 7 * n) % 11 - 5) / 4 for n in range(5)]
            for k, v in enumerate(sorted(row_symbols, key=lambda s: s.name))
        }
    free = sorted(metric.free_symbols - set(source.coordinates) - row_symbols, key=lambda s: s.name)
    given = {s.name: v for s, v in match_symbols(constants, free, "constants").items()}
    chosen = {s: given.get(s.name, -sp.Rational(3, 4) if s.is_negative
                           else sp.Integer(2 + k) if s.is_integer else sp.Rational(3 + 2 * k, 4))
              for k, s in enumerate(free)}  # fmt: skip
    name = str(getattr(source, "name", None) or type(source).__name__)
    named = Case(name, sp.ImmutableMatrix(metric), tuple(source.coordinates), origin=source)
    return as_case(named, points, constants=chosen, data=rows, count=count, seed=seed)


def _closed_form(source: Any, quantity: str) -> Any:
    return source.expression_of(quantity) if hasattr(source, "expression_of") else getattr(source, quantity)


def _formula(source: Any, quantity: str) -> Any:
    """What the engine computes numbers from: the closed form, or a contraction where that would be long."""
    if not isinstance(source, RiemannianManifold) or any(e.has(Mean, AppliedUndef) for e in source.metric):
        return _closed_form(source, quantity)
    try:
        with time_limit(_SECONDS):
            return _closed_form(source, quantity)
    except TimeBudgetExceeded:
        return recipe(source, quantity)


def _is_contraction(formula: Any) -> bool:
    return isinstance(formula, (Contraction, np.ndarray))


def _contracted(formula: Any, case: Case, point: Sequence[Any], bits: int) -> Any:
    """Contractions in balls."""
    entries = np.array(formula, dtype=object)
    values = {**dict(case.constants), **dict(zip(case.coordinates, point))}
    program = lower(list(entries.ravel()), list(values), algebra=BALLS)
    with precision(bits):
        balls = BallProgram(program, {})(dict(zip(program.inputs, map(as_ball, values.values()))))
    out = np.empty(entries.size, dtype=object)
    out[:] = balls
    return out.reshape(entries.shape)


def _evaluated(expression: Any, case: Case, point: Sequence[Any], bits: int) -> Any:
    if _is_contraction(expression):
        return _contracted(expression, case, point, bits)
    evaluator = JetEvaluator({**dict(case.constants), **dict(zip(case.coordinates, point))}, (), case.data, bits)
    if not hasattr(expression, "tolist"):
        return np.array(evaluator.value(concrete(expression)), dtype=object)
    entries = np.array(expression.tolist(), dtype=object)
    out = np.empty(entries.shape, dtype=object)
    for at, e in np.ndenumerate(entries):
        out[at] = arb(0) if e == 0 else evaluator.value(concrete(e))
    return out


def crosscheck_suite(suite: str | Iterable[Case] = "default", quantities: Sequence[str] = ("ricci_scalar",), *,
    oracle: str = "jets",
                     seconds: float = 10.0, echo: Callable[[str], None] | None = None) -> CrossCheck:  # fmt: skip
    """The engine's own tensors of a suite's manifolds beside an oracle's."""
    from chentsov.geometry.manifolds import RiemannianManifold

    rows: list[Comparison] = []
    for case in load_suite(suite) if isinstance(suite, str) else suite:
        if echo is not None:
            echo(case.name)
        points = [[sp.Rational(int(v.p), int(v.q)) for v in p] for p in case.points]
        metric = case.metric if case.origin is None else case.origin.metric  # the same, as means over data
        manifold = RiemannianManifold(metric, case.coordinates, name=case.name)
        rows += ask_oracle(
            manifold, quantities, oracle=oracle, points=points, data=case.data or None, seconds=seconds
        ).rows
    return CrossCheck(ORACLES[oracle].title() if oracle in ORACLES else oracle, tuple(rows))
