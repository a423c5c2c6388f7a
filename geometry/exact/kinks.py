"""Functions with kinks, which are differentiated where they are smooth: moduli, extrema, steps and pieces.

Away from its kinks |u|' = sign(u) u', sign and steps are locally constant, the derivative of a maximum is that of the
largest argument, and a ``Piecewise`` is differentiated branch by branch.  On a kink there is no derivative.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import combinations

import sympy as sp

__all__ = ["KINKED", "derivative", "kink_indicator"]

KINKED = (sp.Abs, sp.sign, sp.Max, sp.Min, sp.Heaviside, sp.Piecewise)


class _Modulus(sp.Function):
    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return _Sign(self.args[0])


class _Sign(sp.Function):
    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return sp.S.Zero


class _Step(sp.Function):
    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return sp.S.Zero


class _Max(sp.Function):
    def fdiff(self, argindex: int = 1) -> sp.Expr:
        chosen = self.args[argindex - 1]
        return sp.Mul(*(_Step(chosen - a) for k, a in enumerate(self.args, start=1) if k != argindex))


class _Min(sp.Function):
    def fdiff(self, argindex: int = 1) -> sp.Expr:
        chosen = self.args[argindex - 1]
        return sp.Mul(*(_Step(a - chosen) for k, a in enumerate(self.args, start=1) if k != argindex))


_STAND_INS = {sp.Abs: _Modulus, sp.sign: _Sign, sp.Heaviside: _Step, sp.Max: _Max, sp.Min: _Min}


def derivative(expression: sp.Expr, *symbols: sp.Symbol) -> sp.Expr:
    """The derivative by the symbols, one after the other, where the expression is smooth; all symbols are real.

    >>> import sympy as sp
    >>> x, y = sp.symbols("x y", real=True)
    >>> derivative(sp.Max(x, y) ** 2, x), derivative(sp.sign(x) * sp.Abs(x - y), x, y)
    (2*Heaviside(x - y)*Max(x, y), 0)
    >>> derivative(sp.Piecewise((x**2 / 2, sp.Abs(x) < 1), (sp.Abs(x) - sp.S.Half, True)), x)
    Piecewise((x, Abs(x) < 1), (sign(x), True))
    """
    if not expression.has(*KINKED):
        return sp.diff(expression, *symbols)
    for cls, stand_in in _STAND_INS.items():
        expression = expression.replace(cls, stand_in)
    expression = sp.diff(expression, *symbols)
    for cls, stand_in in _STAND_INS.items():
        expression = expression.replace(stand_in, cls)
    return expression.replace(_may_be_zero_by_zero, _where_steps_are_one)


def _may_be_zero_by_zero(e: sp.Basic) -> bool:
    """Whether a step stands beside a power of an extremum that has no value at zero, as in (√max(x, 0))′."""
    return isinstance(e, sp.Mul) and any(map(_is_step, e.args)) and any(map(_is_singular, e.args))


def _is_step(factor: sp.Expr) -> bool:
    return isinstance(factor.as_base_exp()[0], sp.Heaviside)


def _is_singular(factor: sp.Expr) -> bool:
    return isinstance(factor, sp.Pow) and not factor.exp.is_nonnegative and factor.base.has(sp.Max, sp.Min)


def _where_steps_are_one(product: sp.Mul) -> sp.Expr:
    """A product with steps as what it is on their pieces."""
    steps = [f for f in product.args if _is_step(f)]
    rest = sp.Mul(*(f for f in product.args if f not in steps))
    return sp.Piecewise((rest, sp.And(*(f.as_base_exp()[0].args[0] > 0 for f in steps))), (sp.S.Zero, True))


def kink_indicator(expressions: Iterable[sp.Expr]) -> sp.Expr:
    """An expression that is zero unless some of the expressions has a kink at the point, or in some row of a mean.

    Powers |u|**p with p > 2 count as smooth: a curvature takes two derivatives.

    >>> import sympy as sp
    >>> x = sp.Symbol("x", real=True)
    >>> kink_indicator([1 + sp.Abs(x), x**2])
    Piecewise((1, Eq(x, 0)), (0, True))
    >>> kink_indicator([1 + sp.Abs(x) ** 3])
    0
    """
    return sp.Add(*(_indicator(e, ()) for e in dict.fromkeys(expressions)))


@lru_cache(maxsize=1024)
def _indicator(expression: sp.Expr, rows: tuple[sp.Symbol, ...]) -> sp.Expr:
    """The same inside a mean over ``rows``, which are given numbers: what depends on them alone has no kinks."""
    from .mean import Mean

    means = {m: sp.Dummy() for m in expression.atoms(Mean)}
    total = sp.Add(*(Mean(_indicator(m.expression, m.variables), m.variables) for m in means))
    named = {d: m for m, d in means.items()}
    arguments = dict.fromkeys(u.xreplace(named) for u in _kinks(expression.xreplace(means)))
    conditions = [_meets_zero(u, u.free_symbols - set(rows)) for u in arguments if u.free_symbols - set(rows)]
    return total + sp.Piecewise((1, sp.Or(*conditions)), (0, True)) if conditions else total


def _meets_zero(u: sp.Expr, symbols: set[sp.Basic]) -> sp.Basic:
    """Where u is zero, but not on a whole piece, as max(z, 0) is for z < 0."""
    if not u.has(*KINKED):
        return sp.Eq(u, 0)
    return sp.And(sp.Eq(u, 0), sp.Or(*(sp.Ne(derivative(u, s), 0) for s in sorted(symbols, key=str))))


def _kinks(expression: sp.Basic) -> list[sp.Expr]:
    """The functions at whose zeros an expression may have a kink."""
    smooth = _smooth_factors(expression)
    if smooth is not None:
        return [u for a in smooth for u in _kinks(a)]
    found = [u for a in expression.args for u in _kinks(a)]
    if isinstance(expression, (sp.Abs, sp.sign, sp.Heaviside)):
        found.append(expression.args[0])
    elif isinstance(expression, (sp.Max, sp.Min)):
        found += [a - b for a, b in combinations(expression.args, 2)]
    elif isinstance(expression, sp.core.relational.Relational):
        found.append(expression.lhs - expression.rhs)
    return [u for u in found if u.free_symbols]


def _smooth_factors(product: sp.Basic) -> list[sp.Expr] | None:
    """The other factors, and u, of a product that holds a power above 2 of |u|, max(u, 0) or min(u, 0) and u in all."""
    powers = [f.as_base_exp() for f in sp.Mul.make_args(product)] if isinstance(product, (sp.Mul, sp.Pow)) else []
    for base, exponent in powers:
        u = base.args[0] if isinstance(base, sp.Abs) else None
        if isinstance(base, (sp.Max, sp.Min)) and len(base.args) == 2 and 0 in base.args:
            u = sum(base.args)
        if u is not None:
            total = exponent + sum(e for b, e in powers if b == u)
            if total.is_number and total > 2:
                return [u, *(b**e for b, e in powers if b not in (u, base))]
    return None
