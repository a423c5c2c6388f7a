"""Determinants and inverses of square matrices of elements.

A matrix is first taken apart into the blocks of its pattern of non-zero entries, so that diagonal and
block-diagonal metrics cost next to nothing.  Small blocks go by cofactors, which share their minors and
never divide; larger ones by elimination with the shortest pivot.
"""

from __future__ import annotations

from collections.abc import Sequence

from .elements import Element
from .errors import InputError

Matrix = Sequence[Sequence[Element]]
_BY_COFACTORS = 5


def determinant(rows: Matrix) -> Element:
    """The determinant of a square matrix, exactly.

    >>> import sympy as sp
    >>> from chentsov.geometry.exact import DifferentialField
    >>> x = sp.Symbol("x", real=True)
    >>> K = DifferentialField((x,))
    >>> print(determinant([[K(sp.cosh(x)), K(sp.sinh(x))], [K(sp.sinh(x)), K(sp.cosh(x))]]))
    1
    """
    _check_square(rows)
    result = rows[0][0].field.one
    for block in _blocks(rows):
        part = _determinant([[rows[i][j] for j in block] for i in block])
        if part.is_zero:
            return part
        result = result * part
    return result


def inverse(rows: Matrix) -> list[list[Element]]:
    """The inverse of a square matrix, exactly.

    Raises ``ZeroDivisionError`` if the determinant is exactly zero.

    >>> import sympy as sp
    >>> from chentsov.geometry.exact import DifferentialField
    >>> x = sp.Symbol("x", real=True)
    >>> K = DifferentialField((x,))
    >>> [[str(e) for e in row] for row in inverse([[K(x), K(1)], [K(0), K(x)]])]
    [['1/x', '-1/x**2'], ['0', '1/x']]
    """
    _check_square(rows)
    n, zero = len(rows), rows[0][0].field.zero
    result = [[zero] * n for _ in range(n)]
    for block in _blocks(rows):
        part = _inverse([[rows[i][j] for j in block] for i in block])
        for a, i in enumerate(block):
            for b, j in enumerate(block):
                result[i][j] = part[a][b]
    return result


def null_vector(rows: Matrix) -> list[Element] | None:
    """A vector v ≠ 0 with rows · v = 0, or None where there is none.

    >>> import sympy as sp
    >>> from chentsov.geometry.exact import DifferentialField
    >>> x = sp.Symbol("x", real=True)
    >>> K = DifferentialField((x,))
    >>> [str(e) for e in null_vector([[K(x), K(1)], [K(x**2), K(x)]])]
    ['-1/x', '1']
    """
    field = rows[0][0].field
    left = [list(row) for row in rows]
    pivots: list[int] = []
    for column in range(len(rows[0])):
        row = next((r for r in range(len(pivots), len(left)) if left[r][column]), None)
        if row is None:
            vector = [field.zero] * len(rows[0])
            vector[column] = field.one
            for r, pivot in enumerate(pivots):
                vector[pivot] = -left[r][column]
            return vector
        left[row], left[len(pivots)] = left[len(pivots)], left[row]
        top = left[len(pivots)] = [e / left[len(pivots)][column] for e in left[len(pivots)]]
        for r, other in enumerate(left):
            if other is not top and other[column]:
                left[r] = [e - other[column] * t for e, t in zip(other, top)]
        pivots.append(column)
    return None


def _check_square(rows: Matrix) -> None:
    if not rows or any(len(row) != len(rows) for row in rows):
        raise InputError(f"a square matrix is needed, not one with rows of lengths {[len(row) for row in rows]}")


def _blocks(rows: Matrix) -> list[list[int]]:
    """The connected components of the pattern of non-zero entries."""
    n = len(rows)
    linked = [{j for j in range(n) if rows[i][j] or rows[j][i]} for i in range(n)]
    left, blocks = set(range(n)), []
    while left:
        block, frontier = set(), {min(left)}
        while frontier:
            block |= frontier
            frontier = set().union(*(linked[i] for i in frontier)) - block
        blocks.append(sorted(block))
        left -= block
    return blocks


class _Minors:
    """Minors by expansion along their first row, each computed once."""

    def __init__(self, rows: Matrix):
        self.rows = rows
        self.known: dict[tuple[tuple[int, ...], tuple[int, ...]], Element] = {}

    def __call__(self, chosen: tuple[int, ...], columns: tuple[int, ...]) -> Element:
        if not chosen:
            return self.rows[0][0].field.one
        key = (chosen, columns)
        if key not in self.known:
            total = self.rows[0][0].field.zero
            for k, j in enumerate(columns):
                entry = self.rows[chosen[0]][j]
                if entry:
                    term = entry * self(chosen[1:], columns[:k] + columns[k + 1 :])
                    total = total - term if k % 2 else total + term
            self.known[key] = total
        return self.known[key]


def _determinant(rows: Matrix) -> Element:
    n = len(rows)
    if n <= _BY_COFACTORS:
        return _Minors(rows)(tuple(range(n)), tuple(range(n)))
    return _eliminate([list(row) for row in rows])


def _inverse(rows: Matrix) -> list[list[Element]]:
    n = len(rows)
    if n > _BY_COFACTORS:
        zero, one = rows[0][0].field.zero, rows[0][0].field.one
        augmented = [[*row, *(one if i == j else zero for j in range(n))] for i, row in enumerate(rows)]
        if _eliminate(augmented).is_zero:
            raise _singular()
        return [row[n:] for row in augmented]
    minors, every = _Minors(rows), tuple(range(n))
    det = minors(every, every)
    if det.is_zero:
        raise _singular()
    reciprocal = det.inverse()
    symmetric = all(rows[i][j] == rows[j][i] for i in range(n) for j in range(i))
    result = [[det] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1 if symmetric else n):
            cofactor = minors(every[:j] + every[j + 1 :], every[:i] + every[i + 1 :])
            result[i][j] = cofactor * (-reciprocal if (i + j) % 2 else reciprocal)
            if symmetric:
                result[j][i] = result[i][j]
    return result


def _singular() -> ZeroDivisionError:
    return ZeroDivisionError("the matrix is singular: its determinant is exactly zero")


def _eliminate(rows: list[list[Element]]) -> Element:
    """Gauss-Jordan elimination in place; returns the determinant of the leading square part."""
    n = len(rows)
    det = rows[0][0].field.one
    for k in range(n):
        candidates = [i for i in range(k, n) if rows[i][k]]
        if not candidates:
            return rows[0][0].field.zero
        pivot = min(candidates, key=lambda i: len(rows[i][k].num) + len(rows[i][k].den))
        if pivot != k:
            rows[k], rows[pivot] = rows[pivot], rows[k]
            det = -det
        det = det * rows[k][k]
        reciprocal = rows[k][k].inverse()
        rows[k] = [e * reciprocal if e else e for e in rows[k]]
        for i in range(n):
            factor = rows[i][k]
            if i != k and factor:
                rows[i] = [a - factor * b if b else a for a, b in zip(rows[i], rows[k])]
    return det
