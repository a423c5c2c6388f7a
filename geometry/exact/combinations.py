"""Linear relations between elements, over the rational numbers."""

from __future__ import annotations

from fractions import Fraction
from typing import Sequence

from .elements import Element
from .field import DifferentialField


def rational_combination(field: DifferentialField, target: Element, basis: Sequence[Element]) -> list[Fraction] | None:
    """Rational q_j with ``target = sum q_j basis_j``, or ``None``; the basis is independent over Q.

    Over a common denominator the elements are vectors of integers indexed by monomials.
    """
    stage = field.stage
    elements = [field.lift(e, stage) for e in (*basis, target)]
    common = stage.constant(1)
    for e in elements:
        common = common * (e.den / common.gcd(e.den))
    columns = [dict((e.num * (common / e.den)).terms()) for e in elements]
    rows = []
    for monomial in set().union(*columns):
        rows.append([Fraction(int(column.get(monomial, 0))) for column in columns])
    return _solve(rows, len(basis))


def _solve(rows: list[list[Fraction]], unknowns: int) -> list[Fraction] | None:
    """Gauss elimination on rows ``[coefficients..., right-hand side]``."""
    pivots: list[list[Fraction]] = []
    for row in rows:
        for k, pivot in enumerate(pivots):
            lead = next(i for i, v in enumerate(pivot) if v)
            if row[lead]:
                ratio = row[lead] / pivot[lead]
                row = [a - ratio * b for a, b in zip(row, pivot)]
        if any(row[:unknowns]):
            pivots.append(row)
        elif row[unknowns]:
            return None
    solution = [Fraction(0)] * unknowns
    for pivot in reversed(pivots):
        lead = next(i for i, v in enumerate(pivot) if v)
        rest = sum((pivot[j] * solution[j] for j in range(lead + 1, unknowns)), Fraction(0))
        solution[lead] = (pivot[unknowns] - rest) / pivot[lead]
    return solution
