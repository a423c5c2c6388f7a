"""What a claim is: where it stands, what it says in our words, and a computation that judges it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["CLAIMS", "CONFIRMED", "IN_PART", "MISPRINT", "REFUTED", "Claim", "claim", "number"]

CONFIRMED, REFUTED, IN_PART, MISPRINT = "confirmed", "refuted", "in part", "misprint"

Finding = tuple[str, str]


@dataclass(frozen=True)
class Claim:
    """A statement of the thesis.

    Attributes:
        where: its section, equation or figure.
        statement: what it says, in our words.
        judge: a function that returns the verdict and the evidence; of the runs of `study.Study` if `runs`.
        runs: whether it looks at many training runs and grids, which takes minutes in all.
    """

    where: str
    statement: str
    judge: Callable[..., Finding]
    runs: bool

    def row(self, study: Any = None) -> str:
        """A line of the table."""
        verdict, evidence = self.judge(study) if self.runs else self.judge()
        cells = (self.where, self.statement, f"**{verdict}**", evidence)
        return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


CLAIMS: list[Claim] = []


def claim(
    where: str, statement: str, *, runs: bool = False
) -> Callable[[Callable[..., Finding]], Callable[..., Finding]]:
    """Put a judge into the table."""

    def kept(judge: Callable[..., Finding]) -> Callable[..., Finding]:
        CLAIMS.append(Claim(where, statement, judge, runs))
        return judge

    return kept


def number(value: float, digits: int = 3) -> str:
    """A number as the page shows it: so few digits that no machine shows others.

    >>> number(-1038.4), number(0.05923), number(1.2e-9), number(12)
    ('−1040', '0.0592', '1.2e-09', '12')
    """
    text = f"{float(f'{value:.{digits}g}'):g}"
    return text.replace("-", "−", 1) if value < 0 else text
