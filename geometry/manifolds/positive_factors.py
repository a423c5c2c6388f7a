"""Roots and logarithms of products, split into factors that are positive where it matters.

√(a²/b²) is |a|/|b| and log(ab) is log|a| + log|b|; which signs stand behind the bars cannot be told from the formula
alone. Here it is told from sample points of the domain: a factor that is negative at all of them is replaced by its
negative, and one that changes sign stays where it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy as sp

__all__ = ["with_positive_factors"]

Points = Sequence[Mapping[sp.Symbol, sp.Expr]]


def with_positive_factors(expression: sp.Expr, points: Points) -> sp.Expr:
    """The expression with its logarithms and fractional powers split into factors that are positive at the points.

    >>> import sympy as sp
    >>> x = sp.Symbol("x", real=True)
    >>> with_positive_factors(sp.log((-x - 1)/(x - 1)), [{x: sp.Rational(1, 2)}, {x: -sp.Rational(1, 3)}])
    -log(1 - x) + log(x + 1)
    >>> z = sp.Symbol("z")
    >>> with_positive_factors(sp.sqrt(z**2*(z - 1)**2), [{z: sp.Rational(1, 2)}])
    z*(1 - z)
    """
    if not expression.args:
        return expression
    arguments = [with_positive_factors(a, points) for a in expression.args]
    if isinstance(expression, sp.log):
        factors = _positive_factors(arguments[0], points)
        if factors is not None:
            return sp.Add(*(power * sp.log(f) for f, power in factors))
    if isinstance(expression, sp.Pow) and arguments[1].is_Rational and not arguments[1].is_Integer:
        factors = _positive_factors(arguments[0], points)
        if factors is not None:
            return sp.Mul(*(f ** (power * arguments[1]) for f, power in factors))
    return expression.func(*arguments)


def _positive_factors(value: sp.Expr, points: Points) -> list[tuple[sp.Expr, sp.Expr]] | None:
    """value = Π f^power with every f positive at the points; None where that cannot be seen."""
    found: dict[sp.Expr, sp.Expr] = {}
    sign = 1
    for factor in sp.Mul.make_args(sp.factor(value)):
        base, power = factor.as_base_exp()
        if base.is_Rational:
            inner = [(abs(base), sp.S.One)]
            flips = base < 0
        elif isinstance(base, (sp.Mul, sp.Pow)) and base != value:
            deeper = _positive_factors(base, points)
            if deeper is None:
                return None
            inner, flips = deeper, False
        else:
            signs = {_sign(base, point) for point in points}
            if signs not in ({1}, {-1}):
                return None
            flips = signs == {-1}
            inner = [(sp.expand(-base) if flips else base, sp.S.One)]
        if flips:
            if not power.is_Integer:
                return None
            sign *= (-1) ** int(power)
        for f, p in inner:
            if f != 1:
                found[f] = found.get(f, sp.S.Zero) + p * power
    return list(found.items()) if sign == 1 else None


def _sign(value: sp.Expr, point: Mapping[sp.Symbol, sp.Expr]) -> int:
    number = sp.N(value.subs(point), 30)
    if not number.is_number or not number.is_real or abs(number) < 1e-20:
        return 0
    return 1 if number > 0 else -1
