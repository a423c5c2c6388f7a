"""Time budgets: long exact work ends with a clear error instead of hanging."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import comb
from typing import Any

from .errors import ChentsovError, InputError

_active: ContextVar[TimeBudget | None] = ContextVar("time budget", default=None)

# Products of polynomials run at about this many term pairs a second; one call of the polynomial
# library cannot be interrupted, so a product that is sure to outlast the budget is not begun.
_PAIRS_PER_SECOND = 2e7
_LARGEST_POWER = 200_000


class TimeBudgetExceeded(ChentsovError, RuntimeError):
    """The time allowed for an exact computation is over; ``finished`` holds what was done by then."""

    def __init__(self, message: str, finished: dict[str, Any] | None = None):
        super().__init__(message)
        self.finished = finished or {}


class TimeBudget:
    """A limit in seconds for the exact work inside a ``with`` block.

    Callers note finished parts in ``finished``; the error carries them on.  Budgets nest: the
    tightest one counts.  Cached results survive, so the work can be taken up again.  The clock is
    looked at before each operation on polynomials; a single such operation is not interrupted.

    >>> with TimeBudget(10) as budget:
    ...     budget.finished["answer"] = 42
    >>> budget.finished
    {'answer': 42}
    """

    def __init__(self, seconds: float | None, task: str = "exact computation"):
        if seconds is not None and not seconds > 0:
            raise InputError(f"a time budget must be a positive number of seconds, not {seconds!r}")
        self.seconds, self.task = seconds, task
        self.finished: dict[str, Any] = {}
        self.deadline = float("inf")

    def __enter__(self) -> TimeBudget:
        outer = _active.get()
        if self.seconds is not None:
            self.deadline = time.monotonic() + self.seconds
        if outer is not None and outer.deadline < self.deadline:
            self.deadline, self.seconds = outer.deadline, outer.seconds
        self._token = _active.set(self)
        return self

    def __exit__(self, *exception: object) -> None:
        _active.reset(self._token)

    def remaining(self) -> float:
        return self.deadline - time.monotonic()

    def check(self) -> None:
        """Raise :class:`TimeBudgetExceeded` if the time is over."""
        if self.remaining() < 0:
            self._raise("is over")

    def _raise(self, what: str) -> None:
        done = ", ".join(self.finished) or "nothing"
        raise TimeBudgetExceeded(
            f"{self.task}: the time budget of {self.seconds or 0:g} s {what} (finished so far: {done}); "
            "allow more time, or ask for single components",
            self.finished,
        )


@contextmanager
def suspended() -> Iterator[None]:
    """No budget inside: for short steps that must not be left half done."""
    token = _active.set(None)
    try:
        yield
    finally:
        _active.reset(token)


def check_power(terms: int, exponent: int) -> None:
    """Refuse a power whose expansion would not fit in memory."""
    if terms > 1 and exponent > 64 and comb(exponent + min(terms, 8) - 1, min(terms, 8) - 1) > _LARGEST_POWER:
        raise TimeBudgetExceeded(
            f"the power {exponent} of a sum of {terms} terms is too large to be expanded; "
            "use a symbolic exponent or a smaller one"
        )


def checkpoint(*polynomials: Any) -> None:
    """Called before each operation on polynomials: the place where a budget takes effect."""
    budget = _active.get()
    if budget is None:
        return
    remaining = budget.remaining()
    if remaining < 0:
        budget._raise("is over")
    if len(polynomials) == 2 and len(polynomials[0]) * len(polynomials[1]) > _PAIRS_PER_SECOND * remaining:
        budget._raise("does not suffice for the next product")
