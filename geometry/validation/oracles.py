"""Four oracles for the engine's tensors, tensor by tensor, with the time each side took.

* ``"jets"``: 2-jets of the metric in ball arithmetic, contracted by the textbook formulas; no symbolic
  differentiation, no canonical form.
* ``"arb"``: the metric differentiated by SymPy, the derivatives evaluated in ball arithmetic. Agreement is
  proved: the balls of both sides overlap and are small.
* ``"jax"``: nested forward-mode automatic differentiation in float64.
* ``"einsteinpy"``: EinsteinPy's symbolic tensors (see `crosscheck`).

``crosscheck`` asks one of them about one manifold; `crosscheck_catalogue` asks about all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import flint
import numpy as np
import sympy as sp
from flint import arb
from sympy.core.function import AppliedUndef

from .cases import Case, NoUsablePoint, as_case, floats
from .jets import JetEvaluator, UnsupportedExpression
from .limits import TooSlow, time_limit
from .pipeline import Jets, Pipeline
from .suite import load_suite

__all__ = ["ORACLES", "OracleRow", "OracleTable", "ask_oracle", "crosscheck_catalogue", "crosscheck_suite"]

TENSORS = ("inverse_metric", "christoffel", "riemann", "ricci", "ricci_scalar")
_PRECISION = 256
_ABSOLUTE = 1e-40


@dataclass(frozen=True)
class OracleRow:
    """One tensor of one manifold: the worst relative difference, how it was decided, and the times.

    ``route`` is "symbolic" (equal as expressions), "proved" (overlapping balls), "numeric", or the
    reason why nothing was compared: "did not finish", "not supported".
    """

    subject: str
    quantity: str
    route: str
    points: int
    worst: float
    tolerance: float
    ours_seconds: float = 0.0
    theirs_seconds: float = 0.0
    note: str = ""

    @property
    def decided(self) -> bool:
        """Whether anything was compared."""
        return self.route in ("symbolic", "proved", "numeric")

    @property
    def passed(self) -> bool:
        """Agreement; an undecided row does not count as a failure, and is shown as such."""
        return not self.decided or self.worst <= self.tolerance


@dataclass(frozen=True)
class OracleTable:
    """Rows of comparisons with one oracle; true if none of them disagrees."""

    oracle: str
    rows: tuple[OracleRow, ...]

    @property
    def passed(self) -> bool:
        return all(r.passed for r in self.rows)

    @property
    def undecided(self) -> tuple[OracleRow, ...]:
        """Rows in which a side did not finish, or was not able to."""
        return tuple(r for r in self.rows if not r.decided)

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        head = ("manifold", "tensor", "route", "points", "worst", "allowed", "ours s", "theirs s", "")
        body = [
            (r.subject, r.quantity, r.route, str(r.points), f"{r.worst:.1e}" if r.decided else "", f"{r.tolerance:.0e}",
             f"{r.ours_seconds:.3f}", f"{r.theirs_seconds:.3f}", ("pass" if r.passed else "DIFFERS") if r.decided else r.note)
            for r in self.rows
        ]  # fmt: skip
        widths = [max(len(row[k]) for row in (head, *body)) for k in range(len(head))]
        lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths)).rstrip() for row in (head, *body)]
        wrong = sum(not r.passed for r in self.rows)
        ending = f"{len(self.rows)} tensors, {len(self.rows) - wrong - len(self.undecided)} agree, {wrong} differ, {len(self.undecided)} undecided"
        return "\n".join([f"cross-check against {self.oracle}", *lines, ending])


# --- the oracles: (case, point) -> {quantity: array} -----------------------------------------------


def _by_jets(case: Case, point: Sequence[Any], quantities: Sequence[str]) -> dict[str, Any]:
    with flint.ctx.workprec(_PRECISION):
        run = case.run(point, _PRECISION)
        return {q: run[q][0] for q in quantities}


def _by_sympy_derivatives(case: Case, point: Sequence[Any], quantities: Sequence[str]) -> dict[str, Any]:
    n, x = case.dim, case.coordinates
    evaluator = JetEvaluator({**dict(case.constants), **dict(zip(x, point))}, (), case.data, _PRECISION)
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
    with flint.ctx.workprec(_PRECISION):
        run = Pipeline().run(Jets(g, dg, ddg))
        return {q: run[q][0] for q in quantities}


def _by_jax(case: Case, point: Sequence[Any], quantities: Sequence[str]) -> dict[str, Any]:
    try:
        jax = import_module("jax")
    except ImportError as error:
        raise UnsupportedExpression("jax is not installed") from error
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    try:
        metric = case.metric_function()
        x = jax.numpy.asarray(floats(point))
        first = jax.jacfwd(metric)
        g, dg, ddg = (np.asarray(f(x))[None] for f in (metric, first, jax.jacfwd(first)))
    finally:
        jax.config.update("jax_enable_x64", before)
    run = Pipeline().run(Jets(g, dg, ddg))
    return {q: np.asarray(run[q][0]) for q in quantities}


#: Name -> (how it computes, worst relative difference that passes, what to call it).
ORACLES: dict[str, tuple[Callable[..., dict[str, Any]], float, str]] = {
    "jets": (_by_jets, 1e-25, "2-jets in ball arithmetic"),
    "arb": (_by_sympy_derivatives, 1e-25, "SymPy derivatives in ball arithmetic"),
    "jax": (_by_jax, 1e-8, "nested jacfwd of JAX, float64"),
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
    data: Mapping[Any, Any] | None = None, count: int = 3, seconds: float = 30.0, tolerance: float | None = None, name: str | None = None,
) -> OracleTable:  # fmt: skip
    """Compare the engine's tensors of one manifold with an oracle.

    Constants that are given no value get one of 3/4, 5/4, ….

    Raises:
        ValueError: an unknown oracle or quantity.
    """
    if oracle == "einsteinpy":
        return _by_einsteinpy(source, quantities, name or getattr(source, "name", None) or type(source).__name__, constants, data, count,
            seconds)
    if oracle not in ORACLES:
        raise ValueError(f"unknown oracle {oracle!r}; known are einsteinpy, {', '.join(ORACLES)}")
    compute, allowed, title = ORACLES[oracle]
    allowed = allowed if tolerance is None else tolerance
    subject = name or getattr(source, "name", None) or type(source).__name__
    rows: list[OracleRow] = []

    def undecided(route: str, note: str, ours: float = 0.0, theirs: float = 0.0) -> None:
        rows.extend(OracleRow(subject, q, route, 0, float("nan"), allowed, ours, theirs,
            note) for q in quantities if all(r.quantity != q for r in rows))

    try:
        with time_limit(seconds):
            case = _case_of(source, points, constants, data, count)
    except TooSlow:
        undecided("did not finish", f"no metric within {seconds:g} s")
        return OracleTable(title, tuple(rows))
    except (NoUsablePoint, UnsupportedExpression) as error:
        undecided("not supported", str(error))
        return OracleTable(title, tuple(rows))
    started = time.perf_counter()
    try:
        with time_limit(seconds):
            theirs = [compute(case, p, quantities) for p in case.points]
    except TooSlow:
        undecided("did not finish", f"the oracle did not finish within {seconds:g} s", theirs=seconds)
        return OracleTable(title, tuple(rows))
    except (UnsupportedExpression, NotImplementedError, NameError, TypeError, ZeroDivisionError) as error:
        undecided("not supported", str(error).splitlines()[0][:90] if str(error) else type(error).__name__)
        return OracleTable(title, tuple(rows))
    share = (time.perf_counter() - started) / max(1, len(quantities))
    for quantity in quantities:
        started = time.perf_counter()
        try:
            with time_limit(seconds):
                ours = _closed_form(source, quantity)
                worst, proved = 0.0, True
                for point, values in zip(case.points, theirs):
                    mine = _evaluated(ours, case, point)
                    difference, overlap = _difference(mine, values[quantity])
                    worst, proved = max(worst, difference) if difference == difference else float("nan"), proved and overlap
        except TooSlow:
            rows.append(OracleRow(subject, quantity, "did not finish", 0, float("nan"), allowed, seconds, share,
                f"the engine did not finish within {seconds:g} s"))
            continue
        except UnsupportedExpression as error:
            rows.append(OracleRow(subject, quantity, "not supported", 0, float("nan"), allowed, 0.0, share, str(error)[:90]))
            continue
        route = "proved" if proved and worst <= allowed else "numeric"
        rows.append(OracleRow(subject, quantity, route, len(case.points), worst, allowed, time.perf_counter() - started, share))
    return OracleTable(title, tuple(rows))


def _by_einsteinpy(source: Any, quantities: Sequence[str], subject: str, constants: Any, data: Any, count: int,
    seconds: float) -> OracleTable:
    """EinsteinPy's own closed form of every tensor, with the same table."""
    from .crosscheck import crosscheck
    from .crosscheck_einsteinpy import OracleTimeout, einsteinpy_version

    rows = []
    for quantity in quantities:
        started = time.perf_counter()
        route, used, worst, allowed, note, ours = "numeric", 0, float("nan"), 1e-20, "", 0.0
        try:
            with time_limit(seconds):
                _closed_form(source, quantity)
            ours = time.perf_counter() - started
            comparison = crosscheck(source, quantity, constants=constants, data=data, points=count, seconds=seconds).comparisons[0]
            used, worst, allowed = comparison.points, comparison.worst, comparison.tolerance
        except TooSlow:
            route, note = "did not finish", f"the engine did not finish within {seconds:g} s"
        except OracleTimeout as error:
            route, note = "did not finish", str(error)
        except Exception as error:  # EinsteinPy raises whatever its parts raise
            route, note = "not supported", f"{type(error).__name__}: {error}".splitlines()[0][:90]
        rows.append(OracleRow(subject, quantity, route, used, worst, allowed, ours, max(0.0, time.perf_counter() - started - ours), note))
    return OracleTable(f"EinsteinPy {einsteinpy_version()}", tuple(rows))


def _case_of(source: Any, points: Any, constants: Mapping[Any, Any] | None, data: Mapping[Any, Any] | None, count: int) -> Case:
    rows = data if data is not None else source.row_values() if hasattr(source, "row_values") else None
    metric = sp.Matrix(source.metric).applyfunc(_concrete)
    row_symbols = {v for m in metric for e in sp.preorder_traversal(m) for v in (getattr(e, "variables", None) or ())}
    free = sorted(metric.free_symbols - set(source.coordinates) - row_symbols, key=lambda s: s.name)
    given = {str(k): v for k, v in (constants or {}).items()}
    chosen = {s: given.get(s.name, -sp.Rational(3, 4) if s.is_negative else sp.Integer(2 + k) if s.is_integer else sp.Rational(3 + 2 * k,
        4))
              for k, s in enumerate(free)}  # fmt: skip
    named = Case(str(getattr(source, "name", None) or type(source).__name__), sp.ImmutableMatrix(metric), tuple(source.coordinates))
    return as_case(named, points, constants=chosen, data=rows, count=count)


def _concrete(expression: Any) -> sp.Expr:
    """Undefined functions f(u, …) as one fixed elementary function each: both sides see the same one."""
    expression = sp.sympify(expression)
    functions = sorted({f.func for f in expression.atoms(AppliedUndef)}, key=str)
    for f in functions:
        shift = sum(map(ord, str(f))) % 7
        replacement = sp.Lambda(u := sp.Dummy("u"), 2 + sp.sin(u + shift) / 3)
        expression = expression.replace(f, lambda *a, r=replacement: r(sp.Add(*((k + 1) * v for k, v in enumerate(a)))))
    return expression.doit() if functions else expression


def _closed_form(source: Any, quantity: str) -> Any:
    return source.expression_of(quantity) if hasattr(source, "expression_of") else getattr(source, quantity)


def _evaluated(expression: Any, case: Case, point: Sequence[Any]) -> Any:
    evaluator = JetEvaluator({**dict(case.constants), **dict(zip(case.coordinates, point))}, (), case.data, _PRECISION)
    if not hasattr(expression, "tolist"):
        return np.array(evaluator.value(_concrete(expression)), dtype=object)
    entries = np.array(expression.tolist(), dtype=object)
    out = np.empty(entries.shape, dtype=object)
    for at, e in np.ndenumerate(entries):
        out[at] = arb(0) if e == 0 else evaluator.value(_concrete(e))
    return out


def crosscheck_catalogue(
    oracle: str = "jets", quantities: Sequence[str] = ("ricci_scalar",), *, entries: Iterable[tuple[str, Any]], seconds: float = 10.0,
    echo: Callable[[str], None] | None = None, **options: Any,
) -> OracleTable:  # fmt: skip
    """One table over many manifolds: ``entries`` are (name, manifold or a function that makes it)."""
    rows: list[OracleRow] = []
    title = ORACLES[oracle][2] if oracle in ORACLES else oracle
    for name, made in entries:
        if echo is not None:
            echo(name)
        try:
            with time_limit(seconds):
                manifold = made() if isinstance(made, type) or not hasattr(made, "metric") else made
        except TooSlow:
            rows += [OracleRow(name, q, "did not finish", 0, float("nan"), 0.0, seconds, 0.0,
                f"not made within {seconds:g} s") for q in quantities]
            continue
        except ValueError as error:
            rows += [OracleRow(name, q, "not made", 0, float("nan"), 0.0, note=str(error).splitlines()[0][:90]) for q in quantities]
            continue
        rows += ask_oracle(manifold, quantities, oracle=oracle, seconds=seconds, name=name, **options).rows
    return OracleTable(title, tuple(rows))


def crosscheck_suite(suite: str | Iterable[Case] = "default", quantities: Sequence[str] = ("ricci_scalar",), *, oracle: str = "jets",
                     seconds: float = 10.0, echo: Callable[[str], None] | None = None) -> OracleTable:  # fmt: skip
    """The engine's own tensors of a suite's manifolds beside an oracle's."""
    from chentsov.geometry.manifolds import RiemannianManifold

    rows: list[OracleRow] = []
    for case in load_suite(suite) if isinstance(suite, str) else suite:
        if echo is not None:
            echo(case.name)
        points = [[sp.Rational(int(v.p), int(v.q)) for v in p] for p in case.points]
        manifold = RiemannianManifold(case.metric, case.coordinates, name=case.name)
        rows += ask_oracle(manifold, quantities, oracle=oracle, points=points, data=case.data or None, seconds=seconds).rows
    return OracleTable(ORACLES[oracle][2] if oracle in ORACLES else oracle, tuple(rows))
