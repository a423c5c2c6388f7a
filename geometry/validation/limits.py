"""Bounds for a stranger's code: a time limit, and global settings put back."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

__all__ = ["TooSlow", "settings_restored", "time_limit"]


class TooSlow(BaseException):
    """The time limit for one call was reached.

    Not an `Exception`: ``except Exception`` in the code that is timed must not swallow it.
    """


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `TooSlow` in this thread after some seconds, and again if it is swallowed (where the system has signals)."""
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
    outer, _ = signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    if outer and outer < seconds:
        signal.setitimer(signal.ITIMER_REAL, outer, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if outer:
            signal.setitimer(signal.ITIMER_REAL, max(0.01, outer - (time.monotonic() - started)))


def _settings() -> list[tuple[str, Any, Callable[[Any], Any]]]:
    """(what, its value now, how to set it) of the settings that judged programs are known to change."""
    found: list[tuple[str, Any, Callable[[Any], Any]]] = [
        ("NumPy's error handling", np.geterr(), lambda v: np.seterr(**v)),
        ("NumPy's print options", {k: v for k, v in np.get_printoptions().items() if k != "override_repr"},
            lambda v: np.set_printoptions(**v)),
        ("the recursion limit", sys.getrecursionlimit(), sys.setrecursionlimit),
    ]  # fmt: skip
    with contextlib.suppress(OSError):
        found.append(("the working directory", os.getcwd(), os.chdir))
    if mpmath := sys.modules.get("mpmath"):
        found.append(("mpmath's precision", mpmath.mp.prec, lambda v: setattr(mpmath.mp, "prec", v)))
    return found


@contextlib.contextmanager
def settings_restored() -> Iterator[list[str]]:
    """Put global settings back at the end; the list then names those that were changed."""
    changed: list[str] = []
    before = _settings()
    try:
        yield changed
    finally:
        now = {what: value for what, value, _ in _settings()}
        for what, value, put_back in before:
            if now.get(what) != value:
                changed.append(what)
                with contextlib.suppress(Exception):
                    put_back(value)
