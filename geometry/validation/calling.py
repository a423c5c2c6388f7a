"""Calling a stranger's function safely, in whatever form it comes, and naming what it does wrong.

A function may raise, hang, print, change its input or global settings, answer differently each time,
or return something that is no array of numbers.  Each is a `Finding`; the caller goes on.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import time
import traceback
import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from ..exact.budget import Interrupted, time_limit
from ..exact.budget import TimeBudgetExceeded as TooSlow
from ..exact.errors import InputError
from .answers import Finding, Outcome, first_line, read_answer, to_array
from .cases import Case, floats
from .isolation import ChildEnded, Worker, can_isolate
from .limits import settings_restored
from .observations import to_our_convention
from .pipeline import QUANTITIES

__all__ = ["FORMS", "Caller", "Finding", "Outcome", "TooSlow", "guess_form", "step_parameter", "time_limit"]

FORMS = {
    "point": "f(point) -> value",
    "batch": "f(points) -> values, one row a point",
    "coordinates": "f(x, y, ...) -> value, one number an argument (by name, if the names are those of the coordinates)",
    "metric": "f(metric, point) -> value",
    "metric-batch": "f(metric, points) -> values",
    "point-metric": "f(point, metric) -> value",
    "metric-scalar": "f(metric, function, point) -> value, for the Laplacian",
    "pair": "f(p, q) -> value, for the distance",
}
_METRIC_NAMES = (
    "metric",
    "g",
    "gfun",
    "gfunc",
    "g_fn",
    "gfn",
    "metric_fn",
    "metric_fun",
    "metric_function",
    "g_func",
    "tensor",
)
STEP_NAMES = ("h", "step", "eps", "epsilon", "dx", "delta", "step_size", "fd_step")


def _required(function: Callable[..., Any]) -> list[str] | None:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return None
    return [
        p.name for p in parameters if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]


def _order_of_coordinates(function: Callable[..., Any], case: Case) -> list[int]:
    """Which coordinate each argument is: in their order, unless the arguments have the same names in another."""
    names, symbols = _required(function) or [], [s.name for s in case.coordinates]
    return [symbols.index(n) for n in names] if sorted(names) == sorted(symbols) else list(range(case.dim))


def step_parameter(function: Callable[..., Any]) -> tuple[str, float] | None:
    """The name and default of a parameter that looks like a difference step, if there is one."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return None
    for name in STEP_NAMES:
        p = parameters.get(name)
        if p is not None and isinstance(p.default, (int, float)) and not isinstance(p.default, bool) and p.default > 0:
            return name, float(p.default)
    return None


def guess_form(function: Callable[..., Any], case: Case, quantity: str) -> list[str]:
    """The forms that the signature allows, the likeliest first.

    >>> from chentsov.geometry.validation.suite import load_suite
    >>> sphere = load_suite("quick")[0]
    >>> guess_form(lambda metric, x: 0, sphere, "ricci_scalar")
    ['metric', 'metric-batch', 'coordinates']
    >>> guess_form(lambda x: 0, sphere, "ricci_scalar")
    ['point', 'batch']
    """
    names = _required(function)
    n = case.dim
    if quantity == "distance" and (names is None or len(names) == 2):
        return ["pair"]
    if names is None:
        return ["metric", "point", "coordinates", "batch"]
    symbols = [s.name for s in case.coordinates]
    if len(names) <= 1:
        return ["point", "batch"] if n != 1 else ["point", "batch", "coordinates"]
    if quantity == "laplacian" and len(names) == 3:
        return ["metric-scalar", *(["coordinates"] if n == 3 else [])]
    lower = [name.lower() for name in names]
    if len(names) == 2:
        if lower[0] in _METRIC_NAMES or lower[0].startswith("metric"):
            return ["metric", "metric-batch", *(["coordinates"] if n == 2 else [])]
        if lower[1] in _METRIC_NAMES or lower[1].startswith("metric"):
            return ["point-metric"]
        if n == 2 and (lower == [s.lower() for s in symbols] or set(lower) & set(symbols)):
            return ["coordinates", "metric"]
        return ["metric", "metric-batch", *(["coordinates"] if n == 2 else [])]
    if len(names) == n:
        return ["coordinates"]
    raise InputError(
        f"the function takes {len(names)} required arguments ({', '.join(names)}); "
        f"known forms are: {'; '.join(FORMS.values())}. Pass form=... or wrap it"
    )


def _as_array_kind(point: np.ndarray, kind: Any) -> Any:
    if callable(kind):
        return kind(point)
    if kind == "numpy":
        return point
    if kind == "list":
        return point.tolist()
    if kind in ("jax", "torch"):
        try:
            return import_module("jax.numpy").asarray(point) if kind == "jax" else import_module("torch").tensor(point)
        except ImportError as error:
            raise InputError(f"array={kind!r} needs {kind}, which is not installed") from error
    raise InputError(f"array is 'numpy', 'list', 'jax', 'torch' or a function, not {kind!r}")


def _times(point: Any, scale: float) -> Any:
    """A point times a number, whatever kind of array it is."""
    return [_times(v, scale) for v in point] if isinstance(point, (list, tuple)) else point * scale


class Caller:
    """One function on one case; with ``isolate`` it is called in a process of its own."""

    def __init__(self, function: Callable[..., Any], case: Case, quantity: str, *, form: str = "auto",
        array: Any = "numpy",
                 limit: float = 5.0, keywords: dict[str, Any] | None = None, isolate: bool = False,
                 convention: Any = None, layout: str | None = None, shape: tuple[int, ...] | None = None):  # fmt: skip
        self.function, self.case, self.quantity = function, case, quantity
        self.array, self.limit, self.keywords = array, limit, keywords or {}
        self.convention, self.layout = convention, layout
        self.metric = case.metric_function()
        self.scalar = case.scalar_function()
        self.rows = floats(case.points).reshape(len(case.points), case.dim)
        self.shape = (case.dim,) * QUANTITIES[quantity] if shape is None else shape
        self.form = form
        self._order = _order_of_coordinates(function, case)
        self._known: dict[int, Outcome] = {}
        self.spent = 0.0  # seconds of the processor (or an eighth of those on the clock) that the function took
        if isolate and not can_isolate():
            raise InputError("isolate=True needs a system that can fork processes")
        self._worker = Worker(self._remembering_points) if isolate else None
        if form == "auto":
            self.form = self._detect()
        elif form not in FORMS:
            raise InputError(f"unknown form {form!r}; known are {', '.join(FORMS)}, auto")

    def _detect(self) -> str:
        """The form that works best at the first point; what it answered there is kept."""
        candidates = guess_form(self.function, self.case, self.quantity)
        tried: dict[str, list[Outcome]] = {}
        ranks: dict[str, int] = {}
        for form in candidates:
            tried[form] = self._answers(form, self.rows if "batch" in form else self.rows[0])
            outcome = tried[form][0]
            hangs = any(f.name == "too-slow" for f in outcome.findings)
            raised = any(f.name in ("raises", "wrong-shape") for f in outcome.findings)
            none = 3 if raised else 2
            ranks[form] = -1 if hangs else none if outcome.value is None else 1 if outcome.findings else 0
            if ranks[form] <= 0:
                break
        # The first of the best; a form that works in no way is not more likely than the first.
        chosen = min(ranks, key=lambda form: ranks[form])
        self._known = dict(enumerate(tried[chosen]))
        return chosen

    def at(self, index: int) -> Outcome:
        """The outcome at the point of that number."""
        if index not in self._known:
            if "batch" in self.form:
                self._known = dict(enumerate(self._answers(self.form, self.rows)))
            else:
                self._known[index] = self._answers(self.form, self.rows[index])[0]
        return self._known[index]

    def at_row(self, row: np.ndarray, keywords: dict[str, Any] | None = None, scale: float = 1.0) -> Outcome:
        """The outcome at any point; with ``scale`` the metric is handed over as g(scale · y) at y = x/scale."""
        return self._answers(self.form, row[None] if "batch" in self.form else row, keywords, scale)[0]

    def batch(self) -> list[Outcome]:
        """The outcomes of all points, asked for in one call."""
        return self._answers(self.form, self.rows)

    def ours(self, value: np.ndarray) -> np.ndarray:
        """A value in the conventions of this project."""
        return to_our_convention(value, self.quantity, self.convention, self.layout)

    def close(self) -> None:
        """End the process of its own, if there is one; another call starts it anew."""
        if self._worker is not None:
            self._worker.close()

    # -- here, or in another process ---------------------------------------------------------------

    def _answers(
        self, form: str, rows: np.ndarray, keywords: dict[str, Any] | None = None, scale: float = 1.0
    ) -> list[Outcome]:
        """One outcome a row (of a batch), or a single one."""
        if "metric" in form:  # compiled on our own time, not on the function's
            library = self.array if self.array in ("jax", "torch") and self._worker is None else "numpy"
            with contextlib.suppress(ImportError):
                self.metric.compile_for(library)
                if form == "metric-scalar":
                    self.scalar.compile_for(library)
        if self._worker is None:
            return self._answers_here(form, rows, keywords, scale)
        where = {"case": self.case.name, "point": self._where(rows)}
        try:
            (outcomes, seen), said = self._worker.ask(self.limit, form, rows, keywords, scale)
        except ChildEnded as end:
            name, remedy = (
                ("too-slow", "raise time_limit=, or make it faster")
                if end.hung
                else ("crashes", "find what ends the process")
            )
            outcomes, seen, said = [Outcome(None, [Finding(name, str(end), remedy, **where)])], [], ""
            outcomes += [Outcome(None) for _ in range(len(rows) - 1 if "batch" in form else 0)]
        self.metric.points.extend(seen)
        if said:
            outcomes[0].findings.append(
                Finding(
                    "prints",
                    f"writes to standard output: {said.strip()[:60]!r}",
                    "return, do not print",
                    severity="note",
                    **where,
                )
            )
        return outcomes

    def _remembering_points(
        self, form: str, rows: np.ndarray, keywords: dict[str, Any] | None, scale: float
    ) -> tuple[list[Outcome], list[np.ndarray]]:
        """The answers, and where the metric was asked for: what the child sends back."""
        self.metric.points.clear()
        self.scalar.points.clear()
        answers = self._answers_here(form, rows, keywords, scale)
        return answers, [*self.metric.points, *self.scalar.points]

    def _answers_here(
        self, form: str, rows: np.ndarray, keywords: dict[str, Any] | None = None, scale: float = 1.0
    ) -> list[Outcome]:
        call: Any = self._batch_call if "batch" in form else lambda *asked: [self._call(*asked)]
        answers: list[Outcome] = call(form, rows, keywords, scale)
        return answers

    def _arguments(self, form: str, row: np.ndarray, scale: float = 1.0) -> list[Any]:
        x = _as_array_kind(row / scale, self.array)
        if form in ("point", "batch"):
            return [x]
        if form == "coordinates":
            return [x[k] for k in self._order]
        if form == "pair":
            half = len(x) // 2
            return [x[:half], x[half:]]
        metric, scalar = self.metric, self.scalar
        if scale != 1.0:
            metric, scalar = (lambda y, f=f: f(_times(y, scale)) for f in (self.metric, self.scalar))
        if form in ("metric", "metric-batch"):
            return [metric, x]
        if form == "point-metric":
            return [x, metric]
        return [metric, scalar, x]

    def _invoke(
        self, form: str, row: np.ndarray, keywords: dict[str, Any] | None, scale: float
    ) -> tuple[Any, list[Finding], float]:
        """The result, what was found, and the seconds; a call that other processes kept from the processor for more
        than half of its time is called once more, with as much more time.
        """
        busy, began = time.process_time(), time.perf_counter()
        called = self._invoke_within(self.limit, form, row, keywords, scale)
        if any(f.name == "too-slow" for f in called[1]):
            share = (time.process_time() - busy) / (time.perf_counter() - began)
            if 0.02 < share < 0.5:
                called = self._invoke_within(min(1 / share, 10) * self.limit, form, row, keywords, scale)
        self.spent += max(time.process_time() - busy, called[2] / 8)
        return called

    def _invoke_within(
        self, limit: float, form: str, row: np.ndarray, keywords: dict[str, Any] | None, scale: float
    ) -> tuple[Any, list[Finding], float]:
        arguments = self._arguments(form, row, scale)
        where = {"case": self.case.name, "point": self._where(row)}
        findings: list[Finding] = []
        said, warned = io.StringIO(), io.StringIO()
        changed: list[str] = []
        started = time.perf_counter()
        result = None
        try:
            with (warnings.catch_warnings(), np.errstate(all="ignore"), settings_restored() as changed,
                contextlib.redirect_stdout(said),
                  contextlib.redirect_stderr(warned), time_limit(limit)):  # fmt: skip
                warnings.simplefilter("ignore")
                result = self.function(*arguments, **{**self.keywords, **(keywords or {})})
        except TooSlow:
            findings.append(
                Finding(
                    "too-slow",
                    f"no answer within {self.limit:g} s for one point",
                    "raise time_limit=, or make it faster",
                    **where,
                )
            )
        except (KeyboardInterrupt, Interrupted):
            raise
        except BaseException as error:
            findings.append(
                Finding(
                    "raises",
                    f"{type(error).__name__}: {first_line(error)}{_place(error)}",
                    "handle this point, or fix the line named",
                    **where,
                )
            )
        seconds = time.perf_counter() - started
        for stream, text in (("output", said.getvalue()), ("error", warned.getvalue())):
            if text:
                findings.append(
                    Finding(
                        "prints",
                        f"writes to standard {stream}: {text.strip()[:60]!r}",
                        "return, do not print",
                        severity="note",
                        **where,
                    )
                )
        if changed:
            findings.append(
                Finding(
                    "changes-settings",
                    f"changes {', '.join(changed)} for the whole process (put back here)",
                    "use a context manager (np.errstate, mpmath.workdps, …)",
                    severity="note",
                    **where,
                )
            )
        if form in ("point", "batch", "metric", "metric-batch", "metric-scalar", "point-metric"):
            x = arguments[0] if form in ("point", "batch", "point-metric") else arguments[-1]
            with contextlib.suppress(Exception):
                if not np.array_equal(to_array(x), row / scale):
                    findings.append(
                        Finding(
                            "mutates-input",
                            "changes the point it is given",
                            "work on a copy: x = np.array(x, dtype=float)",
                            **where,
                        )
                    )
        return result, findings, seconds

    def _where(self, row: np.ndarray) -> str:
        return self.case.describe(row) if row.ndim == 1 else f"{len(row)} points"

    def _call(self, form: str, row: np.ndarray, keywords: dict[str, Any] | None, scale: float) -> Outcome:
        before = len(self.metric.points)
        result, findings, seconds = self._invoke(form, row, keywords, scale)
        if any(f.name in ("too-slow", "raises") for f in findings):
            return Outcome(None, findings, seconds)
        others: dict[str, np.ndarray] = {}
        if isinstance(result, dict):
            for name, value in result.items():
                if name in QUANTITIES and name != self.quantity:
                    with contextlib.suppress(Exception):
                        others[name] = to_array(value)
            if self.quantity not in result:
                held = ", ".join(map(repr, list(result)[:8])) or "nothing"
                detail = f"returns a dictionary without {self.quantity!r}; it has {held}"
                findings.append(
                    Finding(
                        "returns-nothing", detail, f"add the key {self.quantity!r}", self.case.name, self._where(row)
                    )
                )
                return Outcome(None, findings, seconds)
            result = result[self.quantity]
        outcome = read_answer(
            result, self.quantity, self.shape, len(self.shape), {"case": self.case.name, "point": self._where(row)}
        )
        outcome.findings[:0] = findings
        outcome.seconds, outcome.others = seconds, others
        if "metric" in form:
            outcome.asked = sum(p.size // row.size for p in self.metric.points[before:])
        return outcome

    def _batch_call(self, form: str, rows: np.ndarray, keywords: dict[str, Any] | None, scale: float) -> list[Outcome]:
        result, findings, seconds = self._invoke(form, rows, keywords, scale)
        if any(f.name in ("too-slow", "raises") for f in findings):
            return [Outcome(None, findings if k == 0 else [], seconds / len(rows)) for k in range(len(rows))]
        outcome = read_answer(
            result,
            self.quantity,
            (len(rows), *self.shape),
            len(self.shape),
            {"case": self.case.name, "point": self._where(rows)},
        )
        outcome.findings[:0] = findings
        if outcome.value is None:
            return [Outcome(None, outcome.findings if k == 0 else [], seconds) for k in range(len(rows))]
        return [
            Outcome(value, outcome.findings if k == 0 else [], seconds / len(rows), outcome.dtype)
            for k, value in enumerate(outcome.value)
        ]


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if "validation/calling" not in f.filename.replace("\\", "/")]
    if not own:
        return ""
    last = own[-1]
    return f" (line {last.lineno} of {last.filename.rsplit('/', 1)[-1]}{': ' + last.line if last.line else ''})"
