"""Progress and time budgets of long derivations.

A derivation is a chain of small exact steps, each stored when it is done. Between
two steps it reports where it is, and stops if the time that was granted is over:
what is finished stays finished, and the same question asked again goes on from there.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

__all__ = ["progress", "steps"]

T = TypeVar("T")
Report = Callable[[str, int, int], None]

_report: ContextVar[Report | None] = ContextVar("report", default=None)


def _print_line(what: str, done: int, count: int) -> None:
    end = "\n" if done == count else ""
    print(f"\r{what}: {done}/{count}", end=end, file=sys.stderr, flush=True)


@contextmanager
def progress(report: Report | None = None) -> Iterator[None]:
    """Show how far derivations are while the block runs.

    Args:
        report: called as `report(what, done, count)`; without it a line is written to stderr.

    >>> import sympy as sp
    >>> from chentsov.geometry.manifolds import RiemannianManifold
    >>> x, y = sp.symbols("x y", positive=True)
    >>> seen = []
    >>> with progress(lambda what, done, count: seen.append((what, done, count))):
    ...     _ = RiemannianManifold([[1, 0], [0, x**2]], (x, y)).ricci
    >>> seen[-1]
    ('Ricci tensor', 4, 4)
    """
    token = _report.set(report or _print_line)
    try:
        yield
    finally:
        _report.reset(token)


def steps(what: str, items: Iterable[T]) -> Iterator[T]:
    """The items, reporting after each one that has been worked on."""
    report = _report.get()
    if report is None:
        yield from items
        return
    known = list(items)
    for done, item in enumerate(known, 1):
        yield item
        report(what, done, len(known))
