"""What a command shows on the terminal: stages with their times, tables, formulas."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from chentsov.geometry.exact.errors import InputError

__all__ = ["Report", "number"]


def number(value: float) -> str:
    """A number of four digits, as short as it gets.

    >>> number(0.25), number(-1234.5678), number(1e-7)
    ('0.25', '-1235', '1e-07')
    """
    return f"{value:.4g}"


class Report:
    """A console, and the stages of the work done so far with their times.

    Args:
        width: columns for formulas; 0 takes those of a terminal, and does not break them in a file or pipe.
        latex: whether formulas are written in LaTeX instead of drawn.

    Raises:
        InputError: a width that no formula fits into.
    """

    def __init__(self, width: int = 0, latex: bool = False) -> None:
        from rich.console import Console

        self.latex = latex
        if width and not 20 <= width <= 100_000:
            raise InputError(f"--width is 20 columns or more, or 0, not {width}")
        self.console = Console(highlight=False, soft_wrap=True)
        self.width = width or (self.console.width if self.console.is_terminal else 0)
        if not self.console.is_terminal:
            self.console.width = width or 120  # a file or a pipe has no width of its own
        self.times: dict[str, float] = {}
        self._progress: Any = None

    @contextmanager
    def stage(self, name: str, count: str = "") -> Iterator[Any]:
        """Show that a stage is under way, and keep its time. Yields a callback (done, total) for its progress.

        With `count`, the name of what is counted, its speed and the time that is left are shown as well.
        """
        from rich.progress import (
            BarColumn,
            Progress,
            ProgressColumn,
            SpinnerColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )
        from rich.text import Text

        class Speed(ProgressColumn):
            def render(self, task: Any) -> Text:
                return Text(f"{number(task.completed)} {count}, {number(task.speed or 0)} {count}/s, left")

        start = time.perf_counter()
        columns: list[Any] = [SpinnerColumn(), TextColumn("{task.description}"), BarColumn(24), TimeElapsedColumn()]
        if count:
            columns += [Speed(), TimeRemainingColumn()]
        with Progress(*columns, console=self.console, transient=True, disable=not self.console.is_terminal) as progress:
            task = progress.add_task(name, total=None)

            def advance(done: float, total: float, *_: Any) -> None:
                progress.update(task, completed=done, total=total)

            yield advance
        self.times[name] = time.perf_counter() - start

    def heading(self, text: str) -> None:
        self.console.print(f"\n[bold]{text}[/bold]")

    def line(self, text: str = "") -> None:
        from rich.text import Text

        self.console.print(Text(text))

    def drawn(self, expression: Any) -> str:
        """A formula drawn in two dimensions, within the width if there is one."""
        import sympy as sp

        limits: dict[str, Any] = {"num_columns": max(self.width - 2, 18)} if self.width else {"wrap_line": False}
        rows = sp.pretty(expression, use_unicode=True, **limits).splitlines()
        return "\n".join("  " + row for row in rows)

    def formula(self, name: Any, expression: Any, symbol: str | None = None) -> None:
        """`name = expression`; in LaTeX the name is `symbol`, if one is given."""
        import sympy as sp
        from chentsov.geometry.exact.notation import latex

        left = name if isinstance(name, sp.Basic) else sp.Symbol(str(name))
        if self.latex:
            self.line(f"{symbol or latex(left)} = {latex(expression)}")
        else:
            self.line(self.drawn(sp.Eq(left, expression, evaluate=False)))

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
        """Columns under a head; those in `right` are set flush right."""
        from rich import box
        from rich.table import Table
        from rich.text import Text

        table = Table(box=box.SIMPLE_HEAD, pad_edge=True)
        for k, title in enumerate(head):
            table.add_column(title, justify="right" if k in right else "left", no_wrap=k in right)
        for row in rows:
            table.add_row(
                *(Text(cell, style="red" if cell == "FAIL" else "green" if cell == "pass" else "") for cell in row)
            )
        self.console.print(table)

    def timetable(self) -> None:
        """The time of every stage, and their sum."""
        rows = [(name, f"{seconds:.2f} s") for name, seconds in self.times.items()]
        self.table(("stage", "time"), [*rows, ("all", f"{sum(self.times.values()):.2f} s")], right=(1,))
