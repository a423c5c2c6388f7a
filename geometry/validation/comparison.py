"""What every cross-check returns, whichever oracle was asked: one comparison a tensor, and the table of them."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Comparison", "CrossCheck"]


@dataclass(frozen=True)
class Comparison:
    """One tensor at some points, beside the oracle's.

    Attributes:
        subject, quantity: the manifold or model, and the tensor.
        route: how it was decided: "symbolic" (equal in a differential field; the numbers agree as well), "proved"
            (overlapping balls at the points), "numeric", or where the jets came from that the oracle was fed with; else
            why nothing was compared: "did not finish", "not supported".
        points: at how many; 0 where nothing was compared.
        worst: the largest relative difference over points and components (0 where both are 0).
        tolerance: what `worst` passes.
        ours_seconds, theirs_seconds: what either side took, where it was measured.
        note: further words.
    """

    subject: str
    quantity: str
    route: str
    points: int
    worst: float
    tolerance: float
    ours_seconds: float = 0.0
    theirs_seconds: float = 0.0
    note: str = ""

    @property
    def decided(self) -> bool:
        """Whether anything was compared."""
        return self.points > 0

    @property
    def passed(self) -> bool:
        """Agreement; an undecided comparison does not count as a failure, and is shown as such. A NaN does not pass."""
        return not self.decided or self.worst <= self.tolerance

    def cells(self) -> tuple[str, ...]:
        """What a table of comparisons shows of it."""
        worst = f"{self.worst:.1e}" if self.decided else ""
        verdict = ("pass" if self.passed else "FAIL") if self.decided else self.note
        return self.subject, self.quantity, self.route, str(self.points), worst, f"{self.tolerance:.0e}", verdict


@dataclass(frozen=True)
class CrossCheck:
    """Comparisons with an oracle; true if none of them disagrees, a table when printed."""

    oracle: str
    comparisons: tuple[Comparison, ...]

    @property
    def rows(self) -> tuple[Comparison, ...]:
        """The comparisons."""
        return self.comparisons

    @property
    def passed(self) -> bool:
        return all(c.passed for c in self.comparisons)

    @property
    def undecided(self) -> tuple[Comparison, ...]:
        """Those in which a side did not finish, or was not able to."""
        return tuple(c for c in self.comparisons if not c.decided)

    @property
    def differing(self) -> tuple[Comparison, ...]:
        """Those that disagree."""
        return tuple(c for c in self.comparisons if not c.passed)

    def __bool__(self) -> bool:
        return self.passed

    def __add__(self, other: CrossCheck) -> CrossCheck:
        return CrossCheck(self.oracle, self.comparisons + other.comparisons)

    def __str__(self) -> str:
        timed = any(c.ours_seconds or c.theirs_seconds for c in self.comparisons)
        head: tuple[str, ...] = ("subject", "quantity", "route", "points", "worst", "allowed")
        body = [c.cells() for c in self.comparisons]
        if timed:
            head += ("ours s", "theirs s")
            body = [
                (*cells[:-1], f"{c.ours_seconds:.3f}", f"{c.theirs_seconds:.3f}", cells[-1])
                for c, cells in zip(self.comparisons, body)
            ]
        table = [(*head, ""), *body]
        widths = [max(len(row[k]) for row in table) for k in range(len(table[0]))]
        lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths)).rstrip() for row in table]
        wrong, undecided = len(self.differing), len(self.undecided)
        agree = len(self.comparisons) - wrong - undecided
        counts = f"{len(self.comparisons)} compared, {agree} agree, {wrong} differ, {undecided} undecided"
        return "\n".join([f"cross-check against {self.oracle}", *lines, counts, *self.differences()])

    def differences(self) -> list[str]:
        """A line for each comparison that disagrees."""
        return [
            f"DIFFERS: {c.subject} {c.quantity}: worst {c.worst:.1e}, allowed {c.tolerance:.0e}" for c in self.differing
        ]
