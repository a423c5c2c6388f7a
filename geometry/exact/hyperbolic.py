"""Polynomials in ``E = exp(b)`` that are symmetric under ``E -> 1/E``, by cosh and sinh."""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp
from flint import fmpz_mpoly

from .spelling import Hyperbolic


def symmetric_form(
    f: fmpz_mpoly, position: int, spelling: Hyperbolic, write: Callable[[fmpz_mpoly], sp.Expr]
) -> tuple[sp.Expr, sp.Rational] | None:
    """``f = expression * E**shift`` with the expression in cosh and sinh; ``None`` if f is not symmetric.

    With d the degree of f in E, ``f/E**(d/2) = sum_k c_k E**k`` is even (``c_-k = c_k``, cosines) or odd.
    """
    coefficients = _coefficients(f, position)
    shift = sp.Rational(max(coefficients) + min(coefficients), 2)
    centred = {sp.Integer(k) - shift: c for k, c in coefficients.items()}
    steps = {k: k / spelling.ratio for k in centred}
    if not all(step.is_integer for step in steps.values()):
        return None
    for parity in (1, -1):
        if all(centred.get(-k, None) == parity * c for k, c in centred.items()):
            break
    else:
        return None
    parts = {int(steps[k]): write(c) for k, c in centred.items() if k >= 0}
    candidates = [_multiples(parts, spelling.argument, parity)]
    candidates += _powers(parts, spelling.argument, parity)
    best = min(candidates, key=lambda e: sum(1 for _ in sp.preorder_traversal(e)))
    return best, shift


def _coefficients(f: fmpz_mpoly, position: int) -> dict[int, fmpz_mpoly]:
    parts: dict[int, dict] = {}
    for monomial, coefficient in f.terms():
        rest = monomial[:position] + (0,) + monomial[position + 1 :]
        parts.setdefault(int(monomial[position]), {})[rest] = coefficient
    return {k: f.context().from_dict(part) for k, part in parts.items()}


def _multiples(parts: dict[int, sp.Expr], v: sp.Expr, parity: int) -> sp.Expr:
    """sum_n 2 c_n cosh(n v), or sinh."""
    function = sp.cosh if parity > 0 else sp.sinh
    return sp.Add(*[c if n == 0 else 2 * c * function(n * v) for n, c in parts.items()])


def _powers(parts: dict[int, sp.Expr], v: sp.Expr, parity: int) -> list[sp.Expr]:
    """The same by powers: cosh(n v) = T_n(cosh v); by sinh(v)**2 for even n; sinh(n v) = sinh(v) U_(n-1)(cosh v)."""
    if max(parts) > 12:
        return []
    t = sp.Dummy()
    c, s = sp.cosh(v), sp.sinh(v)
    parts = {n: a if n == 0 else 2 * a for n, a in parts.items()}
    if parity < 0:
        return [s * _collected({t: c}, t, [(a, sp.chebyshevu(n - 1, t)) for n, a in parts.items()])]
    forms = [_collected({t: c}, t, [(a, sp.chebyshevt(n, t)) for n, a in parts.items()])]
    if all(n % 2 == 0 for n in parts):
        forms.append(_collected({t: s}, t, [(a, sp.chebyshevt(n // 2, 1 + 2 * t**2)) for n, a in parts.items()]))
    return forms


def _collected(back: dict, t: sp.Dummy, terms: list[tuple[sp.Expr, sp.Expr]]) -> sp.Expr:
    """sum of coefficient * polynomial(t), collected by powers of t."""
    total: dict[int, sp.Expr] = {}
    for coefficient, polynomial in terms:
        for (power,), number in sp.Poly(polynomial, t).terms():
            total[power] = total.get(power, sp.S.Zero) + number * coefficient
    return sp.Add(*[sp.factor_terms(sp.expand(a)) * t**n for n, a in total.items()]).xreplace(back)
