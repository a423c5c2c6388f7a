"""From the field to SymPy: elements written as a person would."""

from __future__ import annotations

import sympy as sp
from flint import fmpz_mpoly

from .elements import Element


def write(a: Element) -> sp.Expr:
    """The element as a SymPy expression."""
    a = a.field.lift(a)  # its generators may have been refined since it was made
    used = set(a.stage.generators_in(a.num, a.den))
    symbols = [a.field.generator_expression(k) if k in used else sp.S.One for k in a.stage.order]
    return _factored(a.num, symbols) / _factored(a.den, symbols)


def _factored(p: fmpz_mpoly, symbols: list[sp.Expr]) -> sp.Expr:
    if p.is_constant():
        return _expanded(p, symbols)
    content, factors = p.factor()
    return sp.Mul(sp.Integer(int(content)), *[_expanded(f, symbols) ** int(m) for f, m in factors])


def _expanded(p: fmpz_mpoly, symbols: list[sp.Expr]) -> sp.Expr:
    terms = []
    for monomial, coefficient in p.terms():
        powers = [s ** int(e) for s, e in zip(symbols, monomial) if e]
        terms.append(sp.Mul(sp.Integer(int(coefficient)), *powers))
    return sp.Add(*terms)
