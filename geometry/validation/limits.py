"""A stranger's code may change global settings: they are put back."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

__all__ = ["settings_restored"]


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
