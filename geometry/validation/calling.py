"""Calling a stranger's function safely, in whatever form it comes, and naming what it does wrong.

A function may raise, hang, print, change its input, answer differently each time, or return
something that is no array of numbers.  Each is a `Finding`; the caller goes on.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import signal
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np

from .cases import Case, floats
from .pipeline import QUANTITIES

__all__ = ["FORMS", "Finding", "Outcome", "Caller", "TooSlow", "guess_form"]

FORMS = {
    "point": "f(point) -> value",
    "batch": "f(points) -> values, one row a point",
    "coordinates": "f(x, y, ...) -> value, one number an argument",
    "metric": "f(metric, point) -> value",
    "metric-batch": "f(metric, points) -> values",
    "point-metric": "f(point, metric) -> value",
    "metric-scalar": "f(metric, function, point) -> value, for the Laplacian",
}
_METRIC_NAMES = ("metric", "g", "gfun", "gfunc", "g_fn", "gfn", "metric_fn", "metric_fun", "metric_function", "g_func", "tensor")
STEP_NAMES = ("h", "step", "eps", "epsilon", "dx", "delta", "step_size", "fd_step")


class TooSlow(Exception):
    """The time limit for one call was reached."""


@dataclass(frozen=True)
class Finding:
    """Something a function did that it should not: by name, where, and what to do about it.

    ``severity`` is "fail" or "note".
    """

    name: str
    detail: str
    remedy: str = ""
    case: str = ""
    point: str = ""
    severity: str = "fail"


@dataclass
class Outcome:
    """One call: a value of the expected shape, or None."""

    value: np.ndarray | None
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0.0
    dtype: str = ""
    others: dict[str, np.ndarray] = field(default_factory=dict)


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `TooSlow` in this thread after some seconds (where the system has signals)."""
    usable = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread() and seconds > 0
    if not usable:
        yield
        return

    def ring(signum: int, frame: Any) -> None:
        if outer and time.monotonic() - started >= outer and callable(before):
            before(signum, frame)  # someone else's alarm, a test runner's perhaps, came due
        raise TooSlow

    started = time.monotonic()
    before = signal.signal(signal.SIGALRM, ring)
    outer, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
    if outer and outer < seconds:
        signal.setitimer(signal.ITIMER_REAL, outer)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if outer:
            signal.setitimer(signal.ITIMER_REAL, max(0.01, outer - (time.monotonic() - started)))


def _required(function: Callable[..., Any]) -> list[str] | None:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return None
    return [p.name for p in parameters if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


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
    raise ValueError(
        f"the function takes {len(names)} required arguments ({', '.join(names)}); "
        f"known forms are: {'; '.join(FORMS.values())}. Pass form=... or wrap it"
    )


def _to_array(result: Any) -> np.ndarray:
    """Any array-like as NumPy, without changing its number type."""
    if hasattr(result, "detach") and hasattr(result, "cpu"):
        result = result.detach().cpu().numpy()
    elif hasattr(result, "tomatrix"):
        result = result.tomatrix()
    array = np.asarray(result)
    if array.dtype == object:
        try:
            array = np.array([complex(v) for v in array.ravel()]).reshape(array.shape)
        except (TypeError, ValueError):
            raise TypeError(f"{type(result).__name__} holds values that are not numbers") from None
        if not array.imag.any():
            array = array.real
    return array


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
            raise ValueError(f"array={kind!r} needs {kind}, which is not installed") from error
    raise ValueError(f"array is 'numpy', 'list', 'jax', 'torch' or a function, not {kind!r}")


class Caller:
    """One function on one case."""

    def __init__(self, function: Callable[..., Any], case: Case, quantity: str, *, form: str = "auto", array: Any = "numpy",
                 limit: float = 5.0, keywords: dict[str, Any] | None = None):  # fmt: skip
        self.function, self.case, self.quantity = function, case, quantity
        self.array, self.limit, self.keywords = array, limit, keywords or {}
        self.metric = case.metric_function()
        self.scalar = case.scalar_function()
        self.rows = floats(case.points).reshape(len(case.points), case.dim)
        self.shape = (case.dim,) * QUANTITIES[quantity]
        self.form = form
        self._batch: dict[int, Outcome] = {}
        if form == "auto":
            self.form = self._detect()
        elif form not in FORMS:
            raise ValueError(f"unknown form {form!r}; known are {', '.join(FORMS)}, auto")

    def _detect(self) -> str:
        candidates = guess_form(self.function, self.case, self.quantity)
        best: tuple[int, str] | None = None
        for form in candidates:
            outcome = self._batch_call(form)[0] if "batch" in form else self._call(form, self.rows[0])
            rank = 0 if outcome.value is not None and not outcome.findings else 1 if outcome.value is not None else 2
            if any(f.name == "too-slow" for f in outcome.findings):
                return form
            if best is None or rank < best[0]:
                best = (rank, form)
            if rank == 0:
                break
        assert best is not None
        # A form that works in no way is not more likely than the first.
        return best[1] if best[0] < 2 else candidates[0]

    def at(self, index: int) -> Outcome:
        """The outcome at the point of that number."""
        if "batch" in self.form:
            if not self._batch:
                self._batch = dict(enumerate(self._batch_call(self.form)))
            return self._batch[index]
        return self._call(self.form, self.rows[index])

    def at_row(self, row: np.ndarray, keywords: dict[str, Any] | None = None) -> Outcome:
        """The outcome at any point."""
        if "batch" in self.form:
            return self._batch_call(self.form, row[None], keywords)[0]
        return self._call(self.form, row, keywords)

    def _arguments(self, form: str, row: np.ndarray) -> list[Any]:
        x = _as_array_kind(row.copy(), self.array)
        if form in ("point", "batch"):
            return [x]
        if form == "coordinates":
            return [x[k] for k in range(self.case.dim)]
        if form in ("metric", "metric-batch"):
            return [self.metric, x]
        if form == "point-metric":
            return [x, self.metric]
        return [self.metric, self.scalar, x]

    def _invoke(self, form: str, row: np.ndarray, keywords: dict[str, Any] | None) -> tuple[Any, list[Finding], float]:
        arguments = self._arguments(form, row)
        where = {"case": self.case.name, "point": self._where(row)}
        findings: list[Finding] = []
        said = io.StringIO()
        started = time.perf_counter()
        result = None
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"), contextlib.redirect_stdout(said), time_limit(self.limit):
                warnings.simplefilter("ignore")
                result = self.function(*arguments, **{**self.keywords, **(keywords or {})})
        except TooSlow:
            findings.append(Finding("too-slow", f"no answer within {self.limit:g} s for one point",
                "raise time_limit=, or make it faster", **where))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            findings.append(Finding("raises", f"{type(error).__name__}: {_first_line(error)}{_place(error)}",
                "handle this point, or fix the line named", **where))
        seconds = time.perf_counter() - started
        if said.getvalue():
            findings.append(Finding("prints", f"writes to standard output: {said.getvalue().strip()[:60]!r}", "return, do not print",
                severity="note", **where))
        if form in ("point", "batch", "metric", "metric-batch", "metric-scalar", "point-metric"):
            x = arguments[0] if form in ("point", "batch", "point-metric") else arguments[-1]
            with contextlib.suppress(Exception):
                if not np.array_equal(_to_array(x), row):
                    findings.append(Finding("mutates-input", "changes the point it is given",
                        "work on a copy: x = np.array(x, dtype=float)", **where))
        return result, findings, seconds

    def _where(self, row: np.ndarray) -> str:
        return self.case.describe(row) if row.ndim == 1 else f"{len(row)} points"

    def _call(self, form: str, row: np.ndarray, keywords: dict[str, Any] | None = None) -> Outcome:
        result, findings, seconds = self._invoke(form, row, keywords)
        if any(f.name in ("too-slow", "raises") for f in findings):
            return Outcome(None, findings, seconds)
        others: dict[str, np.ndarray] = {}
        if isinstance(result, dict):
            for name, value in result.items():
                if name in QUANTITIES and name != self.quantity:
                    with contextlib.suppress(Exception):
                        others[name] = _to_array(value)
            result = result.get(self.quantity)
        outcome = self._read(result, row, self.shape)
        outcome.findings[:0] = findings
        outcome.seconds, outcome.others = seconds, others
        return outcome

    def _batch_call(self, form: str, rows: np.ndarray | None = None, keywords: dict[str, Any] | None = None) -> list[Outcome]:
        rows = self.rows if rows is None else rows
        result, findings, seconds = self._invoke(form, rows, keywords)
        if any(f.name in ("too-slow", "raises") for f in findings):
            return [Outcome(None, findings if k == 0 else [], seconds / len(rows)) for k in range(len(rows))]
        outcome = self._read(result, rows, (len(rows), *self.shape))
        outcome.findings[:0] = findings
        if outcome.value is None:
            return [Outcome(None, outcome.findings if k == 0 else [], seconds) for k in range(len(rows))]
        return [
            Outcome(value, outcome.findings if k == 0 else [], seconds / len(rows), outcome.dtype)
            for k, value in enumerate(outcome.value)
        ]

    def _read(self, result: Any, row: np.ndarray, shape: tuple[int, ...]) -> Outcome:
        where = {"case": self.case.name, "point": self._where(row)}
        if result is None:
            return Outcome(None, [Finding("returns-nothing", "returns None", "return the value", **where)])
        try:
            array = _to_array(result)
            if array.dtype.kind not in "fciub":
                raise TypeError(f"an array of dtype {array.dtype}")
        except Exception as error:
            return Outcome(None, [Finding("not-numeric", f"returns {type(result).__name__}: {_first_line(error)}", "return numbers",
                **where)])
        findings: list[Finding] = []
        dtype = str(array.dtype)
        if array.dtype.kind == "c":
            if np.any(np.abs(array.imag) > 1e-12 * np.max(np.abs(array), initial=1e-300)):
                findings.append(Finding("complex", f"returns complex numbers, imaginary part up to {np.max(np.abs(array.imag)):.2g}",
                                        "a real metric has real curvature: look for a root or logarithm of a negative number",
                                            **where))  # fmt: skip
            else:
                findings.append(Finding("wrong-dtype", f"returns {dtype} with zero imaginary part", "return .real", severity="note",
                    **where))
            array = array.real
        elif array.dtype.kind in "iub":
            findings.append(Finding("wrong-dtype", f"returns {dtype}: an integer array cuts fractions off", "compute in float",
                severity="note", **where))
        elif array.dtype.itemsize < 8:
            findings.append(Finding("wrong-dtype", f"returns {dtype}", "compute in float64", severity="note", **where))
        array = np.asarray(array, dtype=np.float64 if array.dtype.itemsize <= 8 else np.longdouble)
        if array.shape != shape:
            if array.size == int(np.prod(shape)) and tuple(s for s in array.shape if s != 1) == tuple(s for s in shape if s != 1):
                findings.append(Finding("wrong-shape", f"shape {array.shape} where {shape} is expected", "squeeze the result",
                    severity="note", **where))
                array = array.reshape(shape)
            else:
                findings.append(Finding("wrong-shape", f"shape {array.shape} where {shape} is expected",
                    f"{self.quantity} has {len(self.shape)} index axes", **where))
                return Outcome(None, findings, dtype=dtype)
        if not np.all(np.isfinite(array)):
            kind = "NaN" if np.any(np.isnan(array)) else "infinite"
            findings.append(Finding("not-finite", f"returns {kind} values", "look for 0/0, a root of a negative determinant, or overflow",
                **where))
            return Outcome(None, findings, dtype=dtype)
        return Outcome(array, findings, dtype=dtype)


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:160] if lines else ""


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if "validation/calling" not in f.filename.replace("\\", "/")]
    if not own:
        return ""
    last = own[-1]
    return f" (line {last.lineno} of {last.filename.rsplit('/', 1)[-1]}{': ' + last.line if last.line else ''})"
