"""The whole catalogue beside every oracle, in one run: what agrees, how it was decided, what did not finish.

Each manifold is asked about in a process of its own (where the system can fork): symbolic work in native code that
outlasts its limit is ended with the process, and is a row of the table like any other.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..exact.budget import TimeBudgetExceeded, time_limit
from ..exact.errors import InputError
from .comparison import Comparison, CrossCheck
from .isolation import ChildEnded, Worker, can_isolate
from .oracles import ORACLES, TENSORS, ask_oracle

__all__ = ["CatalogueCheck", "crosscheck_catalogue"]

_MARKS = {"symbolic": "S", "proved": "P", "numeric": "n", "did not finish": "-", "not supported": "·", "not made": "·"}


@dataclass(frozen=True)
class CatalogueCheck:
    """Rows of many manifolds and oracles; true if none of them disagrees."""

    tables: dict[str, CrossCheck]
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        return all(t.passed for t in self.tables.values())

    def __bool__(self) -> bool:
        return self.passed

    def counts(self) -> dict[str, Counter[str]]:
        """Oracle -> how many tensors were decided by which route, or not; "differs" counts disagreements."""
        return {o: Counter("differs" if not r.passed else r.route for r in t.rows) for o, t in self.tables.items()}

    def _matrix(self) -> list[tuple[str, ...]]:
        subjects = dict.fromkeys(r.subject for t in self.tables.values() for r in t.rows)
        cells: dict[tuple[str, str], str] = {}
        for oracle, table in self.tables.items():
            for r in table.rows:
                cells[r.subject, oracle] = cells.get((r.subject, oracle), "") + (
                    _MARKS.get(r.route, "?") if r.passed else "X"
                )
        return [(s, *(cells.get((s, o), "") for o in self.tables)) for s in subjects]

    def __str__(self) -> str:
        quantities = dict.fromkeys(r.quantity for t in self.tables.values() for r in t.rows)
        head = ("manifold", *self.tables)
        rows = self._matrix()
        widths = [max(len(r[k]) for r in (head, *rows)) for k in range(len(head))]
        lines = ["  ".join(cell.ljust(w) for cell, w in zip(r, widths)).rstrip() for r in (head, *rows)]
        lines += ["", f"tensors, in this order: {', '.join(quantities)}",
                  "S equal as elements of a differential field, P proved by balls at the points, n numbers agree, "
                  "- did not finish, · not supported, X DIFFERS"]  # fmt: skip
        for oracle, counts in self.counts().items():
            decided = [r.worst for r in self.tables[oracle].rows if r.decided]
            worst = f"; worst relative difference {max(decided):.0e}" if decided else ""
            lines.append(
                f"{self.tables[oracle].oracle}: " + ", ".join(f"{n} {what}" for what, n in counts.most_common()) + worst
            )
        return "\n".join([*lines, *(line for t in self.tables.values() for line in t.differences())])

    def to_dict(self) -> dict[str, Any]:
        """Every row as plain data."""

        def plain(row: Comparison) -> dict[str, Any]:
            return {**asdict(row), "worst": row.worst if row.worst == row.worst else None}

        return {"format": "chentsov-crosscheck", "version": 1, "seconds": round(self.seconds, 1),
                "oracles": {o: {"title": t.oracle, "rows": [plain(r) for r in t.rows]}
                            for o, t in self.tables.items()}}  # fmt: skip


def crosscheck_catalogue(
    oracles: str | Sequence[str] = tuple(ORACLES), quantities: Sequence[str] = TENSORS, *,
    entries: Iterable[tuple[str, Any]],
    seconds: float = 10.0, echo: Callable[[str], None] | None = None, isolate: bool | None = None,
    startup: float = 20.0, **options: Any,
) -> CatalogueCheck:  # fmt: skip
    """Ask every oracle about every manifold.

    Args:
        oracles: names of `ORACLES`, or one of them.
        quantities: the tensors.
        entries: (name, manifold or a function that makes it).
        seconds: for each step of each oracle on each manifold: making it, the oracle's tensors, the engine's, the
            decision.
        echo: is told how far the run is.
        isolate: in processes of their own; by default where the system can fork.
        startup: seconds that a process may take beyond all of that before it is ended.

    Raises:
        ValueError: an unknown oracle or quantity.
    """
    names = (oracles,) if isinstance(oracles, str) else tuple(oracles)
    if unknown := [o for o in names if o not in ORACLES]:
        raise InputError(f"unknown oracle {unknown[0]!r}; known are {', '.join(ORACLES)}")
    members = list(entries)
    made = dict(members)
    started = time.perf_counter()

    def ask(name: str, oracle: str) -> tuple[Comparison, ...]:
        return _rows_of(name, made[name], oracle, quantities, seconds, options)

    worker = Worker(ask) if (can_isolate() if isolate is None else isolate) else None
    rows: dict[str, list[Comparison]] = {o: [] for o in names}
    # Every step is limited from within; what takes longer than all of them and something to start up with does not
    # return.
    last = seconds * (2 + 2 * len(quantities)) + startup
    try:
        for k, (name, _) in enumerate(members):
            if echo is not None:
                echo(f"{k + 1}/{len(members)} {name} ({time.perf_counter() - started:.0f} s)")
            for oracle in names:
                try:
                    rows[oracle] += ask(name, oracle) if worker is None else worker.ask(last, name, oracle)[0]
                except ChildEnded as end:
                    rows[oracle] += [_nothing(name, q, "did not finish", f"{end}"[:90]) for q in quantities]
    finally:
        if worker is not None:
            worker.close()
    tables = {o: CrossCheck(ORACLES[o].title(), tuple(rows[o])) for o in names}
    return CatalogueCheck(tables, time.perf_counter() - started)


def _nothing(name: str, quantity: str, route: str, note: str) -> Comparison:
    return Comparison(name, quantity, route, 0, float("nan"), 0.0, note=note)


def _rows_of(name: str, made: Any, oracle: str, quantities: Sequence[str], seconds: float,
             options: dict[str, Any]) -> tuple[Comparison, ...]:  # fmt: skip
    try:
        with time_limit(seconds):
            manifold = made() if isinstance(made, type) or not hasattr(made, "metric") else made
    except TimeBudgetExceeded:
        return tuple(_nothing(name, q, "did not finish", f"not made within {seconds:g} s") for q in quantities)
    except ValueError as error:
        return tuple(_nothing(name, q, "not made", str(error).splitlines()[0][:90]) for q in quantities)
    return ask_oracle(manifold, quantities, oracle=oracle, seconds=seconds, name=name, **options).rows
