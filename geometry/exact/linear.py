"""Determinant and inverse of square matrices of elements."""

from __future__ import annotations

from typing import Sequence

from .elements import Element


def determinant(rows: Sequence[Sequence[Element]]) -> Element:
    """The determinant, by expansion along the sparsest row."""
    n = len(rows)
    if n == 1:
        return rows[0][0]
    best = max(range(n), key=lambda i: sum(e.is_zero for e in rows[i]))
    total = rows[0][0].field.zero
    for j, entry in enumerate(rows[best]):
        if entry:
            minor = [[row[k] for k in range(n) if k != j] for i, row in enumerate(rows) if i != best]
            term = entry * determinant(minor)
            total = total + term if (best + j) % 2 == 0 else total - term
    return total


def inverse(rows: Sequence[Sequence[Element]]) -> list[list[Element]]:
    """The inverse matrix; ``ZeroDivisionError`` if the determinant is exactly zero."""
    n = len(rows)
    det = determinant(rows)
    if det.is_zero:
        raise ZeroDivisionError("the matrix is singular: its determinant is exactly zero")
    if n == 1:
        return [[det.inverse()]]
    result = [[det] * n for _ in range(n)]
    reciprocal = det.inverse()
    for i in range(n):
        for j in range(n):
            minor = [[row[k] for k in range(n) if k != i] for m, row in enumerate(rows) if m != j]
            value = determinant(minor) * reciprocal
            result[i][j] = value if (i + j) % 2 == 0 else -value
    return result
