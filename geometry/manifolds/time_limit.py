"""A limit in seconds for work that does not look at the clock itself (equation solving, integration)."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ..exact.errors import ChentsovError

__all__ = ["TimeLimit", "time_limit"]


class TimeLimit(ChentsovError):
    """The time is over."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `TimeLimit` inside the block after so many seconds.

    It needs the interval timer of the main thread; in other threads, where there is none, and where an outer block
    holds the timer with less time left, nothing is added.
    """
    usable = threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer")
    left = signal.getitimer(signal.ITIMER_REAL)[0] if usable else 0.0
    if not usable or 0.0 < left <= seconds:
        yield
        return

    def stop(number: int, frame: object) -> None:
        raise TimeLimit

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left)
        signal.signal(signal.SIGALRM, before)
