"""What special functions do towards infinity, as enclosures by the terms of `tails`.

The gamma functions enter by Stirling's formula with its remainder (DLMF 5.11), erfc by its asymptotic series, whose
partial sums enclose it (DLMF 7.12).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import sympy as sp
from flint import arb, fmpq

from .tails import NoMajorant, Tail, Term, ball, collected

__all__ = ["RULES"]


@lru_cache(maxsize=512)
def _expanded(e: sp.Expr) -> sp.Expr:
    return sp.expand(e)


def _constant_or(grown: Callable) -> Callable:
    """A rule for an argument that grows like a power; one that stays bounded goes through ball arithmetic."""

    def rule(tail: Tail, e: sp.Expr) -> list[Term]:
        terms = tail.of(e.args[-1])
        if all(not t.growth and not ball(t.a) > 0 and (t.b <= 0 or t.a != 0) for t in terms):
            value = sum((ball(t.h) if t == Term(t.h) else tail._sup(t) for t in terms), arb(0))
            image = _BOUNDED[type(e)](value)
            return collected([Term(image)])
        return grown(tail, e)

    return rule


def _small_erfc(tail: Tail, z: sp.Expr, sign: int) -> list[Term]:
    """erfc(±z) where that tends to 0: exp(−z²)/(|z| √π) · [1 − 1/(2z²), 1]."""
    _, least = tail._positive(z)
    (small,) = tail._exp(tail.of(_expanded(-(z**2))))
    hull = sign * (1 - 1 / (2 * least**2)).union(1) / arb.pi().sqrt()
    return tail._times([small.scaled(hull)], tail._power(tail.of(z), fmpq(-1)))


def _erfc(tail: Tail, e: sp.Expr) -> list[Term]:
    """erfc z, or 2 − erfc(−z) for negative z."""
    up, _ = tail._positive(e.args[0])
    small = _small_erfc(tail, e.args[0], 1 if up else -1)
    return small if up else collected([Term(fmpq(2)), *(t.scaled(fmpq(-1)) for t in small)])


def _erf(tail: Tail, e: sp.Expr) -> list[Term]:
    """1 − erfc z, or erfc(−z) − 1 for negative z, so that 1 ± erf z leaves no difference of equal terms."""
    up, _ = tail._positive(e.args[0])
    sign = fmpq(1 if up else -1)
    return collected([Term(sign), *(t.scaled(-sign) for t in _small_erfc(tail, e.args[0], int(sign.p)))])


def _loggamma(tail: Tail, e: sp.Expr) -> list[Term]:
    """log Γ(z) = (z − ½) log z − z + ½ log 2π + [0, 1/(12 z)]."""
    (z,) = e.args
    up, least = tail._positive(z)
    if not up:
        raise NoMajorant(f"{e} at a negative argument")
    half = [Term(fmpq(-1, 2))]
    head = tail._times(collected([*tail.of(z), *half]), tail._log(tail.of(z)))
    rest = (2 * arb.pi()).log() / 2 + arb(0).union(1 / (12 * least))
    return collected([*head, *(t.scaled(fmpq(-1)) for t in tail.of(z)), Term(rest)])


def _polygamma(tail: Tail, e: sp.Expr) -> list[Term]:
    """ψ(z) = log z − [½, 1]/z;  (−1)^{m+1} ψ^{(m)}(z) = (m−1)!/z^m + [½, 1] m!/z^{m+1}."""
    order, z = e.args
    if not (order.is_Integer and order >= 0):
        raise NoMajorant(f"{e}: the order is no whole number")
    up, _ = tail._positive(z)
    if not up:
        raise NoMajorant(f"{e} at a negative argument")
    m, share = int(order), arb(0.5).union(1)
    if m == 0:
        return collected([*tail._log(tail.of(z)), *(t.scaled(-share) for t in tail._power(tail.of(z), fmpq(-1)))])
    sign = (-1) ** (m + 1)
    first, second = int(sp.factorial(m - 1)), int(sp.factorial(m))
    leading = [t.scaled(fmpq(sign * first)) for t in tail._power(tail.of(z), fmpq(-m))]
    return collected([*leading, *(t.scaled(sign * second * share) for t in tail._power(tail.of(z), fmpq(-m - 1)))])


def _by(rewrite: Callable[[sp.Expr], sp.Expr]) -> Callable:
    return lambda tail, e: tail.of(_rewritten(rewrite, e))


@lru_cache(maxsize=512)
def _rewritten(rewrite: Callable[[sp.Expr], sp.Expr], e: sp.Expr) -> sp.Expr:
    return rewrite(e)


def _modulus(tail: Tail, e: sp.Expr) -> list[Term]:
    t, _, _ = tail._dominant(tail.of(e.args[0]))
    sign = fmpq(1 if ball(t.h) > 0 else -1)
    return [s.scaled(sign) for s in tail.of(e.args[0])] if isinstance(e, sp.Abs) else [Term(sign)]


_to_exp = _by(lambda e: e.rewrite(sp.exp))
_logistic = _by(lambda e: 1 / (1 + sp.exp(-e.args[0])))
_logs = _by(lambda e: sp.exp(sp.loggamma(e.args[0])))
RULES: dict[Any, Callable[[Tail, sp.Expr], list[Term]]] = {
    sp.log: lambda tail, e: tail._log(tail.of(e.args[0])),
    sp.erfc: _constant_or(_erfc),
    sp.erf: _constant_or(_erf),
    sp.loggamma: _constant_or(_loggamma),
    sp.polygamma: _polygamma,
    sp.gamma: _logs,
    sp.factorial: _by(lambda e: sp.exp(sp.loggamma(e.args[0] + 1))),
    sp.binomial: _by(
        lambda e: sp.exp(
            sp.loggamma(e.args[0] + 1) - sp.loggamma(e.args[1] + 1) - sp.loggamma(e.args[0] - e.args[1] + 1)
        )
    ),
    sp.beta: _by(
        lambda e: sp.exp(sp.loggamma(e.args[0]) + sp.loggamma(e.args[1]) - sp.loggamma(e.args[0] + e.args[1]))
    ),
    sp.Abs: _modulus,
    sp.sign: _modulus,
    **dict.fromkeys((sp.cosh, sp.sinh, sp.tanh, sp.sech, sp.csch, sp.coth), _to_exp),
    "logistic": _logistic,
    **dict.fromkeys((sp.sin, sp.cos), lambda tail, e: [Term(arb(0, 1))]),
    sp.atan: lambda tail, e: [Term(arb(0, 1) * arb.pi() / 2)],
}
_BOUNDED: dict[type, Callable[[arb], arb]] = {
    sp.erfc: lambda z: z.erfc(),
    sp.erf: lambda z: z.erf(),
    sp.loggamma: lambda z: z.lgamma(),
}
