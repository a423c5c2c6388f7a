"""The verdict: per manifold, what was found, what is wrong, and the smallest failing example."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..exact.errors import ChentsovError
from .answers import Finding
from .diagnosis import Diagnosis

__all__ = ["CaseResult", "CurvatureCheckError", "Intermediate", "Report", "SmallestExample"]


class CurvatureCheckError(ChentsovError, AssertionError):
    """Raised by `Report.raise_if_failed`; its message is the report."""


@dataclass(frozen=True)
class CaseResult:
    """One manifold: pass, fail or error, the worst relative error and where."""

    name: str
    dim: int
    grade: int
    status: str
    points: int
    worst_error: float | None
    worst_point: str
    value: Any
    truth: Any
    tolerance: float
    seconds: float
    form: str
    condition: float


@dataclass(frozen=True)
class Intermediate:
    """One quantity on the way, yours (if known) beside the reference."""

    name: str
    reference: np.ndarray
    yours: np.ndarray | None
    error: float | None
    agrees: bool | None


@dataclass(frozen=True)
class SmallestExample:
    """The simplest manifold and point found on which the program fails."""

    name: str
    metric: str
    coordinates: tuple[str, ...]
    point: tuple[float, ...]
    value: Any
    truth: Any
    intermediates: tuple[Intermediate, ...] = ()
    steps: int = 0

    @property
    def first_wrong(self) -> str | None:
        """The first intermediate quantity, in the order of computation, that is known to differ."""
        return next((i.name for i in self.intermediates if i.agrees is False), None)

    def __str__(self) -> str:
        return self.text()

    def text(self, verbose: bool = False) -> str:
        """The example in a few lines; ``verbose`` with the whole metric and every intermediate quantity."""
        metric = self.metric if verbose or len(self.metric) <= 100 else f"{self.metric[:97]}… (--verbose: all of it)"
        lines = [
            f"smallest failing example: g = {metric} in ({', '.join(self.coordinates)})"
            f" at ({', '.join(f'{v:g}' for v in self.point)})",
            f"  yours {_short(self.value)}   truth {_short(self.truth)}",
        ]
        for i in self.intermediates:
            if verbose or i.yours is not None:
                mark = {True: "agrees", False: "DIFFERS", None: ""}[i.agrees]
                yours = f"   yours {_short(i.yours)} {mark}" if i.yours is not None else ""
                lines.append(f"  {i.name:<22} reference {_short(i.reference)}{yours}")
        if self.first_wrong:
            lines.append(f"  first wrong quantity: {self.first_wrong}")
        return "\n".join(lines)


@dataclass(frozen=True)
class Report:
    """What `check_curvature` found. True if everything passed.

    ``diagnoses`` are ordered: the first is the best explanation. ``broken_laws`` are symmetries that the values lack,
    whatever is wrong with them.
    """

    function: str
    quantity: str
    rtol: float
    cases: tuple[CaseResult, ...]
    findings: tuple[Finding, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()
    smallest: SmallestExample | None = None
    seconds: float = 0.0
    broken_laws: tuple[str, ...] = ()
    accuracy: str = ""

    @property
    def passed(self) -> bool:
        """No manifold failed and nothing worse than a note was found."""
        return all(c.status == "pass" for c in self.cases) and not any(f.severity == "fail" for f in self.findings)

    def __bool__(self) -> bool:
        return self.passed

    @property
    def diagnosis(self) -> Diagnosis | None:
        """The first diagnosis."""
        return self.diagnoses[0] if self.diagnoses else None

    @property
    def worst(self) -> CaseResult | None:
        """The manifold with the largest relative error."""
        judged = [c for c in self.cases if c.worst_error is not None]
        return max(judged, key=lambda c: c.worst_error or 0.0, default=None)

    def raise_if_failed(self) -> None:
        """Raise `CurvatureCheckError` with the report as its message, for use in a test."""
        if not self.passed:
            raise CurvatureCheckError(str(self))

    def findings_by_name(self) -> dict[str, list[Finding]]:
        """Findings grouped by their names."""
        grouped: dict[str, list[Finding]] = {}
        for f in self.findings:
            grouped.setdefault(f.name, []).append(f)
        return grouped

    # -- as text --------------------------------------------------------------------------------

    def _lines(self, verbose: bool) -> Iterator[str]:
        failed = [c for c in self.cases if c.status != "pass"]
        head = "PASS" if self.passed else "FAIL"
        manifolds = f"{len(self.cases)} manifold{'s' * (len(self.cases) != 1)}"
        right = f"{len(self.cases) - len(failed)} right, {len(failed)} not"
        yield f"{head}  {self.function}: {self.quantity} on {manifolds}, {right} ({self.seconds:.1f} s)"
        yield from self._explanation()
        yield from self._table(self.cases if verbose else failed[:5], len(failed))
        for name, members in self.findings_by_name().items():
            first = members[0]
            at = f" on {first.case} at {first.point}" if first.case else ""
            more = f" (and {len(members) - 1} more)" if len(members) > 1 else ""
            kind, remedy = (
                "finding" if first.severity == "fail" else "note",
                f"; {first.remedy}" if first.remedy else "",
            )
            yield f"{kind}: {name}: {first.detail}{at}{more}{remedy}"
        if self.passed and self.accuracy:
            yield f"accuracy: {self.accuracy}"
        for law in self.broken_laws:
            yield f"broken law: {law}"
        if self.smallest is not None:
            yield self.smallest.text(verbose)

    def _explanation(self) -> Iterator[str]:
        """The mistake, its remedy, and what it rests on."""
        for k, d in enumerate(self.diagnoses):
            yield f"{'diagnosis' if k == 0 else 'or'}: {d.name}: {d.sentence}"
            yield f"  remedy: {d.remedy}"
            if d.kind in ("formula", "metric"):
                met = f"{d.points} well-conditioned point{'s' * (d.points != 1)}"
                yield f"  evidence: predicts your numbers at all {met}, to {d.agreement:.1e}"
            if d.also:
                shown = ", ".join(d.also[:6]) + (f" and {len(d.also) - 6} more" if len(d.also) > 6 else "")
                yield f"  or one of these, which no number here can tell apart: {shown}"
        if not self.passed and not self.diagnoses and any(c.status == "fail" for c in self.cases):
            random = any(f.name == "not-repeatable" and f.severity == "fail" for f in self.findings)
            yield ("no diagnosis: the numbers change from call to call" if random
                   else "no diagnosis: no mistake that is known, and no two, predict these numbers")  # fmt: skip

    def _table(self, shown: Sequence[CaseResult], failed: int) -> Iterator[str]:
        """A line a manifold, and the unit of the errors."""
        if not shown:
            return
        width = max(len(c.name) for c in shown)
        yield "  errors are relative to the largest component of the truth (of its terms, where that is 0)"
        for c in shown:
            error = "" if c.worst_error is None else f"worst error {c.worst_error:8.1e}"
            where = f"  at {c.worst_point}" if c.status != "pass" and c.worst_point else ""
            if c.status == "fail" and np.ndim(c.value) == 0:
                where += f": yours {_short(c.value)}, truth {_short(c.truth)}"
            yield f"  {c.status:<5} {c.name:<{width}} {c.dim}-D  {error}{where}"
        if failed > len(shown):
            yield f"  and {failed - len(shown)} more (--verbose, or text(verbose=True): every manifold)"

    def text(self, verbose: bool = False) -> str:
        """The report: the mistake, the evidence, the remedy; ``verbose`` with every manifold and the whole metric."""
        return "\n".join(self._lines(verbose))

    def __str__(self) -> str:
        return self.text()

    # -- as data --------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "format": "chentsov-validation-report", "version": 1,
            "function": self.function, "quantity": self.quantity, "rtol": self.rtol, "passed": self.passed,
                "seconds": round(self.seconds, 3),
            "cases": [{**vars(c), "value": _plain(c.value), "truth": _plain(c.truth),
                "condition": _plain(c.condition)} for c in self.cases],
            "findings": [vars(f) for f in self.findings],
            "diagnoses": [{**vars(d), "also": list(d.also), "details": _plain(d.details)} for d in self.diagnoses],
            "broken_laws": list(self.broken_laws), "accuracy": self.accuracy,
            "smallest": None if self.smallest is None else {
                "metric": self.smallest.metric, "coordinates": list(self.smallest.coordinates),
                "point": list(self.smallest.point),
                "value": _plain(self.smallest.value), "truth": _plain(self.smallest.truth),
                "first_wrong": self.smallest.first_wrong,
                "intermediates": [{"name": i.name, "reference": _plain(i.reference), "yours": _plain(i.yours),
                        "agrees": i.agrees}
                                  for i in self.smallest.intermediates],
            },
        }  # fmt: skip

    def to_json(self, indent: int | None = 2) -> str:
        """The report as JSON."""
        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    array = np.asarray(value)
    if array.ndim:
        return [_plain(v) for v in array]
    number = float(array)
    return number if np.isfinite(number) else str(number)


def _short(value: Any) -> str:
    if value is None:
        return "no value"
    array = np.asarray(value, dtype=float)
    if array.ndim == 0:
        return f"{float(array):.10g}"
    if array.size <= 9:
        return np.array2string(array, precision=6, suppress_small=False, separator=", ").replace("\n", "")
    entries = [(at, v) for at, v in np.ndenumerate(array) if v != 0]
    shown = ", ".join(f"[{','.join(map(str, at))}] {v:.6g}" for at, v in entries[:6])
    return f"{shown}{', …' if len(entries) > 6 else ''}" if entries else "all 0"
