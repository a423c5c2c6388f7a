"""Integrals and sums that an expression holds unevaluated, read as an integrand over a range."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import sympy as sp

from ..exact.errors import InputError
from .density import Density, Piece, Variable
from .logarithms import log_of, open_logs

__all__ = ["by_exponentials", "formals", "held", "range_of"]


def formals(expressions: Iterable[sp.Expr]) -> list[sp.Expr]:
    """The integrals and sums that the expressions hold.

    >>> k, t = sp.symbols("k t")
    >>> formals([1 + sp.Sum(t**k/sp.factorial(k), (k, 0, sp.oo))])
    [Sum(t**k/factorial(k), (k, 0, oo))]
    """
    return list(dict.fromkeys(formal for e in expressions for formal in _formals_of(e)))


@lru_cache(maxsize=1024)
def _formals_of(expression: sp.Expr) -> tuple[sp.Expr, ...]:
    return tuple(sorted(expression.atoms(sp.Integral, sp.Sum), key=sp.default_sort_key))


def held(density: Density, functions: Sequence[Sequence[sp.Expr]]) -> dict[sp.Expr, sp.Dummy]:
    """A symbol for each integral and sum in a density and in what is averaged, which are numbers at a point."""
    found = formals([*(piece.log_density for piece in density.pieces), *(f for row in functions for f in row)])
    return {formal: sp.Dummy("held", positive=True) for formal in found}


def range_of(formal: sp.Expr) -> tuple[Piece, dict[sp.Symbol, sp.Symbol]]:
    """The range as a piece of weight 1, and how the variables were renamed.

    Raises:
        InputError: there are no limits, or another integral stands inside.
    """
    if any(len(limit) != 3 for limit in formal.limits):
        raise InputError(f"{formal} has no limits; give each variable a lower and an upper one")
    if formal.function.has(sp.Integral, sp.Sum):
        raise InputError(f"{formal} holds an integral or a sum inside another; write it with several limits")
    # Not declared integers: SymPy would turn log Γ into log(factorial), which overflows.
    renamed = {limit[0]: sp.Dummy(limit[0].name, real=True) for limit in formal.limits}
    variables = tuple(
        Variable(renamed[x], low.xreplace(renamed), high.xreplace(renamed), isinstance(formal, sp.Sum))
        for x, low, high in reversed(formal.limits)
    )
    return Piece(sp.S.Zero, variables), renamed


def by_exponentials(f: sp.Expr) -> sp.Expr:
    """Factorials and their powers as exponentials of log Γ, which do not overflow.

    >>> k, t = sp.symbols("k t")
    >>> by_exponentials(t**k/sp.factorial(k))
    t**k*exp(-loggamma(k + 1))
    """
    kinds = (sp.factorial, sp.gamma, sp.binomial, sp.beta)
    f = f.replace(
        lambda e: isinstance(e, sp.log) and e.has(*kinds) or e.is_Pow and isinstance(e.base, kinds),
        lambda e: open_logs(e) if isinstance(e, sp.log) else sp.exp(e.exp * log_of(e.base)),
    )
    return f.replace(lambda e: isinstance(e, kinds), lambda e: sp.exp(log_of(e)))
