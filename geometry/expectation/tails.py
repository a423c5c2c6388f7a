"""What an integrand does towards infinity: rigorous majorants of its tail.

For all x ≥ X an expression is enclosed by a sum of terms

    h x^a (log x)^b exp(Σ c x^p (log x)^q),        h in a ball,

which is closed under arithmetic, powers, exp and log, once the dominant term of a sum has been drawn out and what
is left is bounded on [X, ∞).  No assumption on the integrand is made: if the logarithmic slope x F′/F of a term's
majorant F stays below −σ < −1 on [X, ∞), then F(x) ≤ F(X) (X/x)^σ there, and

    ∫_X^∞ F dx ≤ X F(X) / (σ − 1),       Σ_{k > K} F(k) ≤ ∫_K^∞ F dx.

A finite end point is brought to infinity by y = 1/(x − end).  What functions do towards infinity is told in
`tail_rules`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp
from flint import arb, fmpq

from ..exact.errors import InputError
from .balls import exact

__all__ = ["NoMajorant", "NoRule", "Tail", "Term", "ball", "collected"]

Number = Any  # fmpq where exact, else arb
_MOST_TERMS = 64


class NoMajorant(InputError):
    """The behaviour towards the end of the range could not be bounded; the message says what stood in the way."""


class NoRule(NoMajorant):
    """A function whose behaviour at infinity is not known here."""


@dataclass(frozen=True)
class Term:
    """h x^a (log x)^b exp(Σ c x^p (log x)^q); ``growth`` lists the (p, q, c)."""

    h: Number
    a: Number = fmpq(0)
    b: int = 0
    growth: tuple[tuple[Number, int, Number], ...] = ()

    def __mul__(self, other: Term) -> Term:
        return Term(self.h * other.h, self.a + other.a, self.b + other.b, _merged((*self.growth, *other.growth)))

    def reciprocal(self) -> Term:
        return Term(1 / self.h, -self.a, -self.b, tuple((p, q, -c) for p, q, c in self.growth))

    def scaled(self, factor: Number) -> Term:
        return Term(self.h * factor, self.a, self.b, self.growth)


def _is_exact(n: Number) -> bool:
    return isinstance(n, fmpq)


def _merged(growth: Sequence[tuple[Number, int, Number]]) -> tuple[tuple[Number, int, Number], ...]:
    kept: dict[Any, tuple[Number, int, Number]] = {}
    for k, (p, q, c) in enumerate(growth):
        key = (p, q) if _is_exact(p) else k
        if key in kept:
            c = kept[key][2] + c
        kept[key] = (p, q, c)
    return tuple(g for g in kept.values() if not (_is_exact(g[2]) and g[2] == 0))


def collected(terms: Sequence[Term]) -> list[Term]:
    """Terms of one kind added up, exact zeros dropped."""
    kept: dict[Any, Term] = {}
    for k, t in enumerate(terms):
        same = _is_exact(t.a) and all(_is_exact(p) and _is_exact(c) for p, _, c in t.growth)
        key = (t.a, t.b, frozenset(t.growth)) if same else k
        kept[key] = Term(kept[key].h + t.h, t.a, t.b, t.growth) if key in kept else t
    return [t for t in kept.values() if not (_is_exact(t.h) and t.h == 0)]


def ball(n: Number) -> arb:
    return arb(n)


def _upper(n: Number) -> arb:
    return ball(n).upper()


def _above(a: Number, b: Number) -> bool:
    return bool(ball(a) > ball(b))


class Tail:
    """Enclosures of expressions for all x ≥ X, with numbers or balls for the other symbols.

    >>> import sympy as sp
    >>> x = sp.Symbol("x")
    >>> bound = Tail(x, arb(10), {}).integral(-x**2/2, x**4)       # ∫_10^∞ x⁴ exp(−x²/2) dx = 1.99e−19…
    >>> bool(2.0e-19 < bound < 2.1e-19)
    True
    """

    def __init__(self, x: sp.Symbol, start: arb, values: Mapping[sp.Symbol, Number]) -> None:
        self.x, self.start, self.log = x, start, start.log()
        self.values = values
        self._known: dict[sp.Expr, list[Term]] = {}

    def integral(self, log_weight: sp.Expr, f: sp.Expr) -> arb:
        """A bound for ∫_X^∞ |f| exp(log_weight) dx.

        Raises:
            NoMajorant: the integral may diverge, X is too small, or a function has no enclosure here.
        """
        (weight,) = self._exp(self.of(log_weight))
        total = arb(0)
        for term in self.of(f):
            term = term * weight
            sigma = -self._slope(term)
            if not sigma > 1:
                raise NoMajorant(f"the integrand does not fall faster than 1/{self.x}")
            total += self._at_start(term) * self.start / (sigma - 1)
        return total.upper()

    # -- bounds of one term -----------------------------------------------------------------------

    def _at_start(self, t: Term) -> arb:
        """An upper bound of |t| at X."""
        exponent = sum((ball(c) * self.start ** ball(p) * self.log**q for p, q, c in t.growth), arb(0))
        return (abs(ball(t.h)) * self.start ** ball(t.a) * self.log**t.b * exponent.exp()).upper()

    def _slope(self, t: Term) -> arb:
        """An upper bound of x d/dx log of the majorant of |t| on [X, ∞)."""
        flat = _upper(t.a) + (arb(t.b) / self.log if t.b > 0 else arb(0))
        steps = []
        for p, q, c in t.growth:
            steps.append((p, q, _upper(c) * p))
            if q:
                steps.append((p, q - 1, _upper(c) * q))
        if not steps:
            return flat.upper()
        falling = [s for s in steps if ball(s[2]) < 0]
        rising = [s for s in steps if not ball(s[2]) <= 0]
        if not rising and not falling:
            return flat.upper()
        for p0, q0, c0 in sorted(falling, key=lambda s: (float(ball(s[0]).mid()), s[1]), reverse=True):
            bracket = ball(c0)
            for p, q, c in rising:
                if not ball(p) - p0 + (arb(max(q - q0, 0)) / self.log) <= 0:
                    break
                bracket = bracket + c * self.start ** (ball(p) - p0) * self.log ** (q - q0)
            else:
                if bracket < 0 and not ball(p0) < 0:
                    return (flat + bracket * self.start ** ball(p0) * self.log ** max(q0, 0)).upper()
        raise NoMajorant("an exponential grows towards the end of the range, or the cut lies too far in")

    def _sup(self, t: Term) -> arb:
        """The enclosure of a term that stays bounded: the hull of 0 and its value at X."""
        if self._slope(t) > 0:
            raise NoMajorant("a term grows where it should stay bounded")
        return ball(t.h) * arb(0).union(self._at_start(Term(fmpq(1), t.a, t.b, t.growth)))

    # -- sums -----------------------------------------------------------------------------------------

    def _dominant(self, terms: list[Term]) -> tuple[Term, list[Term], arb]:
        """T, the others divided by T, and the enclosure of their sum, which is less than 1 in size."""
        if not terms:
            raise NoMajorant("a denominator or logarithm of zero")
        far = Tail(self.x, self.start**2, {})
        for t in sorted(terms, key=lambda t: _rank(far._at_start(t)), reverse=True)[:3]:
            if ball(t.h).contains(0):
                continue
            try:
                others = [s * t.reciprocal() for s in terms if s is not t]
                rest = sum((self._sup(s) for s in others), arb(0))
            except NoMajorant:
                continue
            if abs(rest) < fmpq(9, 10):
                return t, others, rest
        raise NoMajorant("no term of a sum dominates the others beyond the cut")

    def _log(self, terms: list[Term]) -> list[Term]:
        t, others, rest = self._dominant(terms)
        if t.b or not ball(t.h) > 0:
            raise NoMajorant("a logarithm of a logarithm or of a negative number")
        size = abs(rest).upper()
        secant = (1 / (1 + size)).union(1 / (1 - size))  # of log(1 + ε)/ε
        out = [Term(ball(t.h).log() if t.h != 1 else fmpq(0)), Term(t.a, b=1), *(Term(c, p, q) for p, q, c in t.growth)]
        return collected([*out, *(s.scaled(secant) for s in others)])

    def _power(self, terms: list[Term], r: Number) -> list[Term]:
        if _is_exact(r) and r.q == 1 and 0 < r.p <= 8 and len(terms) ** int(r.p) <= _MOST_TERMS:
            out = [Term(fmpq(1))]
            for _ in range(int(r.p)):
                out = self._times(out, terms)
            return out
        t, others, rest = self._dominant(terms)
        whole = _is_exact(r) and r.q == 1
        if not whole and not ball(t.h) > 0:
            raise NoMajorant("a power of a negative number")
        if t.b and not whole:
            raise NoMajorant("a broken power of a logarithm")
        raise_to = (lambda n: n ** int(r.p)) if whole else (lambda n: ball(n) ** ball(r))
        head = raise_to(t.h) * raise_to(1 + rest) if others else raise_to(t.h)
        return [Term(head, t.a * r, t.b * int(r.p) if t.b else 0, tuple((p, q, c * r) for p, q, c in t.growth))]

    def _exp(self, terms: list[Term]) -> list[Term]:
        """exp of a sum, as one term."""
        constant, a, growth, share = arb(0), fmpq(0), [], arb(1)
        for t in terms:
            if t.growth and self._grows(t):
                growth.append(self._below_exponential(t))
                share = arb(0).union(1)
            elif t.growth or ball(t.a) < 0 or (t.a == 0 and t.b < 0):
                constant += self._sup(t)
            elif t.a == 0 and t.b == 0:
                constant += t.h
            elif t.a == 0 and t.b == 1:
                a = a + t.h
            elif t.b >= 0 and (ball(t.a) > 0 or t.a == 0):
                growth.append((t.a, t.b, t.h))
            else:
                raise NoMajorant("an exponent whose growth is not clear")
        return [Term(constant.exp() * share, a, 0, _merged(growth))]

    def _grows(self, t: Term) -> bool:
        try:
            return bool(self._slope(t) > 0)
        except NoMajorant:
            return True

    def _below_exponential(self, t: Term) -> tuple[Number, int, Number]:
        """exp(h x^a e^{c x^p}), h < 0 ≤ a: at most exp(h (c x^p)^j/j!), and more than 0."""
        if len(t.growth) != 1 or not ball(t.h) < 0 or t.b < 0 or ball(t.a) < 0 or t.growth[0][1]:
            raise NoMajorant("an exponential of an exponential that grows")
        ((p, _, c),) = t.growth
        if not (ball(c) > 0 and ball(p) > 0):
            raise NoMajorant("an exponential of an exponential that grows")
        size = float((ball(c) * self.start ** ball(p)).mid())
        j = max(2, min(24, int(size)))
        return p * j, 0, ball(t.h) * ball(c) ** j / arb(j).fac()

    def _times(self, left: list[Term], right: list[Term]) -> list[Term]:
        if len(left) * len(right) > _MOST_TERMS:
            left, right = self._condensed(left), self._condensed(right)
        return collected([s * t for s in left for t in right])

    def _condensed(self, terms: list[Term]) -> list[Term]:
        """Terms that differ by a power of x only, as one with the highest power."""
        groups: dict[Any, list[Term]] = {}
        for k, t in enumerate(terms):
            exact_growth = all(_is_exact(p) and _is_exact(c) for p, _, c in t.growth)
            groups.setdefault((t.b, frozenset(t.growth)) if exact_growth else k, []).append(t)
        out = []
        for group in groups.values():
            top = max(group, key=lambda t: float(ball(t.a).mid()))
            h: Number = fmpq(0)
            for t in group:
                if t is top:
                    h = h + t.h
                elif not (difference := ball(t.a) - top.a) > 0:
                    h = h + ball(t.h) * arb(0).union(self.start**difference)
                else:
                    out.append(t)
            out.append(Term(h, top.a, top.b, top.growth))
        return out

    # -- expressions --------------------------------------------------------------------------------------

    def of(self, e: sp.Expr) -> list[Term]:
        """The terms that enclose an expression on [X, ∞)."""
        if e not in self._known:
            self._known[e] = self._read(e)
        return self._known[e]

    def _read(self, e: sp.Expr) -> list[Term]:
        if e == self.x:
            return [Term(fmpq(1), fmpq(1))]
        if e in self.values:
            return collected([Term(self.values[e])])
        if e.is_Rational:
            return collected([Term(fmpq(int(e.p), int(e.q)))])
        if e.is_number:
            return [Term(exact(e).real)]
        if e.is_Add:
            return collected([t for part in e.args for t in self.of(part)])
        if e.is_Mul:
            out = [Term(fmpq(1))]
            for part in e.args:
                out = self._times(out, self.of(part))
            return out
        if isinstance(e, sp.exp) or (e.is_Pow and e.base is sp.E):
            return self._exp(self.of(e.exp))
        if e.is_Pow:
            exponent = self.of(e.exp)
            if all(t == Term(t.h) for t in exponent):
                return self._power(self.of(e.base), sum((t.h for t in exponent), fmpq(0)))
            return self._exp(self._times(exponent, self._log(self.of(e.base))))
        from .tail_rules import RULES

        rule = RULES.get(type(e)) or RULES.get(type(e).__name__)
        if rule is None:
            raise NoRule(f"the growth of {type(e).__name__} is not known, in {e}")
        return rule(self, e)

    def _positive(self, e: sp.Expr) -> tuple[bool, arb]:
        """Whether e tends to ±∞ (and there is above 0), and a lower bound of |e| on [X, ∞)."""
        t, _, rest = self._dominant(self.of(e))
        if not (t.growth == () and ball(t.a) > 0 and t.b == 0):
            raise NoMajorant(f"{e} does not grow like a power")
        least = abs(ball(t.h)) * self.start ** ball(t.a) * (1 - abs(rest))
        return bool(ball(t.h) > 0), least.lower()


def _rank(size: arb) -> Any:
    """Sizes in their order, however large."""
    return (1, 0.0) if not size.is_finite() else (0, float(size.log().mid()) if size > 0 else float("-inf"))
