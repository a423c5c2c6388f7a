"""Limits of time: one kind for all of the package, which nest in every combination.

A limit is asked in two ways. Exact arithmetic looks at the clock before each operation on polynomials (`checkpoint`).
Work that does not look at the clock, SymPy's or a stranger's, is interrupted where the limit is made with
`time_limit`. Limits form a stack in each thread; whichever ends first is kept, and the outermost limit that is over is
the one that is reported, whatever the inner ones were in the middle of.
"""

from __future__ import annotations

import ctypes
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import comb, inf
from types import FrameType
from typing import Any

from .errors import ChentsovError, InputError

__all__ = ["Interrupted", "TimeBudget", "TimeBudgetExceeded", "check_power", "checkpoint", "suspended", "time_limit"]

# Products of polynomials run at about this many term pairs a second; one call of the polynomial
# library cannot be interrupted, so a product that is sure to outlast the budget is not begun.
_PAIRS_PER_SECOND = 2e7
_LARGEST_POWER, _LARGEST_LOW_POWER = 200_000, 1_000_000
_AGAIN = 1.0  # seconds after which code that swallowed an interruption is interrupted again


class TimeBudgetExceeded(ChentsovError, RuntimeError):
    """The time allowed for a computation is over; ``finished`` holds what was done by then."""

    def __init__(self, message: str, finished: dict[str, Any] | None = None):
        super().__init__(message)
        self.finished = finished or {}


class Interrupted(BaseException):
    """Carries the end of a limit out to the block that set it.

    Not an `Exception`: ``except Exception`` in the code that is timed must not swallow it.
    """


class TimeBudget:
    """A limit in seconds for the work inside a ``with`` block.

    Callers note finished parts in ``finished``; the error carries them on. Budgets nest: the one that ends first
    counts. Cached results survive, so the work can be taken up again. The clock is looked at before each operation on
    polynomials; a single such operation is not interrupted.

    Args:
        seconds: the limit, or None for none.
        task: what the error says was being done.
        interrupt: stop code that does not look at the clock as well, wherever it is: in the main thread by the
            system's interval timer; in other threads between two steps of the interpreter, so that there a single long
            call of a library (or of ``time.sleep``) is stopped only when it returns.

    Raises:
        InputError: the seconds are no positive number.
        TimeBudgetExceeded: at the end of the block, if the time was over.

    >>> with TimeBudget(10) as budget:
    ...     budget.finished["answer"] = 42
    >>> budget.finished
    {'answer': 42}
    """

    def __init__(self, seconds: float | None, task: str = "exact computation", *, interrupt: bool = False):
        if seconds is not None and not seconds > 0:
            raise InputError(f"a time budget must be a positive number of seconds, not {seconds!r}")
        self.seconds, self.task, self.interrupt = seconds, task, interrupt
        self.finished: dict[str, Any] = {}
        self.deadline = inf

    def __enter__(self) -> TimeBudget:
        self.deadline = inf if self.seconds is None else time.monotonic() + self.seconds
        _limits.stack.append(self)
        _limits.arm()
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: object) -> None:
        del _limits.stack[_limits.stack.index(self) :]
        _limits.arm()
        if kind is not None and not issubclass(kind, (Interrupted, TimeBudgetExceeded)):
            return
        if _limits.over() is not None:  # an outer limit is over: it is the one to report
            if kind is not Interrupted:
                raise Interrupted from None
        elif kind is Interrupted:
            raise self._exceeded("is over") from None

    def remaining(self) -> float:
        """Seconds until this limit, or one around it, is over."""
        around = _limits.stack[: _limits.stack.index(self)] if self in _limits.stack else ()
        return min([self.deadline, *(limit.deadline for limit in around)]) - time.monotonic()

    def check(self) -> None:
        """Raise :class:`TimeBudgetExceeded` if the time is over."""
        if self.remaining() < 0:
            raise (_limits.over() or self)._exceeded("is over")

    def _exceeded(self, what: str) -> TimeBudgetExceeded:
        done = ", ".join(self.finished) or "nothing"
        return TimeBudgetExceeded(
            f"{self.task}: the time budget of {self.seconds or 0:g} s {what} (finished so far: {done}); "
            "allow more time, or ask for single components",
            self.finished,
        )


def time_limit(seconds: float | None, task: str = "the computation") -> TimeBudget:
    """A `TimeBudget` for work that does not look at the clock: it is interrupted.

    >>> import time
    >>> try:
    ...     with time_limit(0.05, "a nap"):
    ...         time.sleep(5)
    ... except TimeBudgetExceeded as late:
    ...     print(str(late)[:42])
    a nap: the time budget of 0.05 s is over (
    """
    return TimeBudget(seconds if seconds and seconds > 0 else None, task, interrupt=True)


class _Limits(threading.local):
    """The limits of a thread, outermost first, and the one alarm that is set for them."""

    def __init__(self) -> None:
        self.stack: list[TimeBudget] = []
        self.suspended = 0
        self.alarm: _SystemAlarm | _Watchdog | None = None

    def over(self) -> TimeBudget | None:
        """The outermost limit whose time is over."""
        now = time.monotonic()
        return next((limit for limit in self.stack if limit.deadline < now), None)

    def arm(self) -> None:
        """Set the alarm for whichever limit ends first, if one of them interrupts; else put it away."""
        wanted = any(limit.interrupt and limit.deadline < inf for limit in self.stack)
        if not wanted:
            if self.alarm is not None:
                self.alarm.close()
                self.alarm = None
            return
        if self.alarm is None:
            main = threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer")
            self.alarm = _SystemAlarm(self) if main else _Watchdog(self)
        self.alarm.set(min(limit.deadline for limit in self.stack))


_limits = _Limits()


class _SystemAlarm:
    """The interval timer of the main thread; an alarm of someone else's (a test runner's) is kept, and rings
    when due.
    """

    def __init__(self, limits: _Limits):
        self.limits = limits
        self.before = signal.signal(signal.SIGALRM, self.ring)
        left = signal.getitimer(signal.ITIMER_REAL)[0]
        self.foreign = time.monotonic() + left if left else inf

    def set(self, deadline: float) -> None:
        left = min(deadline, self.foreign) - time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, max(left, 1e-4), _AGAIN)

    def ring(self, number: int, frame: Any) -> None:
        if time.monotonic() >= self.foreign:
            self.foreign = inf
            if callable(self.before):
                self.before(number, frame)
        if self.limits.suspended or _own(frame):
            signal.setitimer(signal.ITIMER_REAL, 0.01, _AGAIN)
        elif self.limits.over() is not None:
            raise Interrupted
        else:
            self.limits.arm()

    def close(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self.before)
        if self.foreign < inf:
            signal.setitimer(signal.ITIMER_REAL, max(0.001, self.foreign - time.monotonic()))


class _Watchdog:
    """A timer thread that interrupts another thread between two steps of the interpreter."""

    def __init__(self, limits: _Limits):
        self.thread = threading.get_ident()
        self.lock = threading.Lock()
        self.timer: threading.Timer | None = None
        # A threading.local shows each thread its own attributes: what the timer looks at is kept here.
        self.stack, self.limits = limits.stack, limits
        self.hold = False

    def set(self, deadline: float) -> None:
        with self.lock:
            if self.timer is not None:
                self.timer.cancel()
            self._start(max(deadline - time.monotonic(), 1e-4))

    def _start(self, seconds: float) -> None:
        self.timer = threading.Timer(seconds, self.ring)
        self.timer.daemon = True
        with suppress(RuntimeError):  # a browser has no threads: there only those who look at the clock are stopped
            self.timer.start()

    def ring(self) -> None:
        with self.lock:
            if threading.current_thread() is not self.timer:
                return
            now = time.monotonic()
            over = any(limit.deadline < now for limit in list(self.stack))
            ready = over and not self.hold and not _own(sys._current_frames().get(self.thread))
            if ready:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.thread), ctypes.py_object(Interrupted))
            self._start(_AGAIN if ready else 0.01)

    def close(self) -> None:
        with self.lock:
            if self.timer is not None:
                self.timer.cancel()
                self.timer = None
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.thread), None)


def _own(frame: FrameType | None) -> bool:
    """Whether a limit is just being set or put away, which must not be left half done."""
    return frame is not None and frame.f_globals is globals()


@contextmanager
def suspended() -> Iterator[None]:
    """No limit inside: for short steps that must not be left half done."""
    _limits.suspended += 1
    if isinstance(_limits.alarm, _Watchdog):
        _limits.alarm.hold = True
    try:
        yield
    finally:
        _limits.suspended -= 1
        if isinstance(_limits.alarm, _Watchdog) and not _limits.suspended:
            _limits.alarm.hold = False


def check_power(terms: int, exponent: int) -> None:
    """Refuse a power whose expansion would not fit in memory."""
    size = comb(exponent + min(terms, 8) - 1, min(terms, 8) - 1) if terms > 1 else 1
    if size > (_LARGEST_POWER if exponent > 64 else _LARGEST_LOW_POWER):
        raise TimeBudgetExceeded(
            f"the power {exponent} of a sum of {terms} terms is too large to be expanded ({size:.0e} terms); "
            "use a symbolic exponent or a smaller one"
        )


def checkpoint(*polynomials: Any) -> None:
    """Called before each operation on polynomials: the place where a budget takes effect."""
    if not _limits.stack or _limits.suspended:
        return
    if (over := _limits.over()) is not None:
        raise over._exceeded("is over")
    first = min(_limits.stack, key=lambda limit: limit.deadline)
    remaining = first.deadline - time.monotonic()
    if len(polynomials) == 2 and len(polynomials[0]) * len(polynomials[1]) > _PAIRS_PER_SECOND * remaining:
        raise first._exceeded("does not suffice for the next product")
