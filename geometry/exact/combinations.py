"""Linear relations between elements, over the rational numbers or over a subfield.

Over a common denominator elements are polynomials, that is vectors whose entries belong to the
monomials in those generators that are not scalars.  Distinct monomials are linearly independent
over the scalars, so a relation is a system of linear equations, one a monomial.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from .elements import Element


def rational_combination(target: Element, basis: Sequence[Element]) -> list[Fraction] | None:
    """Rational q_j with ``target = sum q_j basis_j``, or ``None``; the basis is independent over Q.

    >>> import sympy as sp
    >>> from chentsov.geometry.exact import DifferentialField
    >>> x, y = sp.symbols("x y")
    >>> K = DifferentialField((x, y))
    >>> rational_combination(K(3 * x + y), [K(x + y), K(x - y)])
    [Fraction(2, 1), Fraction(1, 1)]
    """
    columns = [dict(p.terms()) for p in _numerators([*basis, target])]
    rows = [[Fraction(int(column.get(monomial, 0))) for column in columns] for monomial in set().union(*columns)]
    return solve(rows, Fraction(0))


def combination(target: Element, basis: Sequence[Element], is_scalar: Callable[[int], bool]) -> list[Element] | None:
    """Elements c_j of the subfield of the scalar generators with ``target = sum c_j basis_j``, or ``None``.

    ``is_scalar`` tells by a generator's number whether it belongs to the subfield; the basis is
    linearly independent over it.
    """
    field = target.field
    polynomials = _numerators([*basis, target])
    stage = field.stage
    scalar = [is_scalar(k) for k in stage.order]
    columns: list[dict[tuple[int, ...], Element]] = []
    for polynomial in polynomials:
        parts: dict[tuple[int, ...], dict[tuple[int, ...], Any]] = {}
        for monomial, coefficient in polynomial.terms():
            outer = tuple(0 if s else e for s, e in zip(scalar, monomial))
            inner = tuple(e if s else 0 for s, e in zip(scalar, monomial))
            parts.setdefault(outer, {})[inner] = coefficient
        columns.append(
            {m: Element(field, stage.context.from_dict(part), stage.constant(1), stage) for m, part in parts.items()}
        )
    zero = field.zero
    rows = [
        [column.get(monomial, zero) for column in columns] for monomial in dict.fromkeys(m for c in columns for m in c)
    ]
    return solve(rows, zero)


def _numerators(elements: Sequence[Element]) -> list[Any]:
    """The numerators of elements over their common denominator, in the youngest ring."""
    field = elements[0].field
    stage = field.stage
    elements = [field.canonical(e) for e in elements]
    common = stage.constant(1)
    for e in elements:
        common = common * (e.den / common.gcd(e.den))
    return [e.num * (common / e.den) for e in elements]


def solve(rows: Sequence[Sequence[Any]], zero: Any) -> list[Any] | None:
    """Gauss elimination on rows ``[coefficients..., right-hand side]``; ``None`` if they contradict.

    Unknowns that are left free are set to zero.

    >>> solve([[Fraction(2), Fraction(4)], [Fraction(1), Fraction(2)]], Fraction(0))
    [Fraction(2, 1)]
    """
    unknowns = len(rows[0]) - 1
    pivots: list[tuple[int, list[Any]]] = []
    for entries in sorted(rows, key=lambda row: sum(map(bool, row[:-1]))):  # short ones first: most hold one unknown
        row = list(entries)
        for lead, pivot in pivots:
            if row[lead]:
                ratio = row[lead] / pivot[lead]
                row = [a - ratio * b if b else a for a, b in zip(row, pivot)]
        first = next((i for i, entry in enumerate(row) if entry), None)
        if first == unknowns:
            return None
        if first is not None:
            pivots.append((first, row))
    solution = [zero] * unknowns
    for lead, pivot in reversed(pivots):
        rest = pivot[unknowns]
        for j in range(unknowns):
            if j != lead and pivot[j] and solution[j]:
                rest = rest - pivot[j] * solution[j]
        solution[lead] = rest / pivot[lead]
    return solution
