"""Divergences between two members of a family: in closed form where the integrals close, else enclosed by balls.

All of them but one come from Z(t) = ∫ p^t q^{1−t}, which the table of integrals knows for most families:

    Rényi        D_a(p‖q) = log Z(a) / (a − 1),                                a → 1: Kullback–Leibler
    α            D^(α)(p‖q) = 4/(1 − α²) · (1 − Z((1 − α)/2)),                 α → −1: KL(p‖q), α → 1: KL(q‖p)
    Chernoff     −min_t log Z(t)

(S. Amari & H. Nagaoka, Methods of Information Geometry, 2000, ch. 3; T. van Erven & P. Harremoës, Rényi divergence and
Kullback–Leibler divergence, IEEE Trans. Inf. Theory 60, 2014).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import sympy as sp
from chentsov.geometry.expectation.balls import exact, precision
from chentsov.geometry.expectation.closed_form import all_cells, integral
from chentsov.geometry.expectation.density import DensityError, Piece, Variable, split_at_kinks
from chentsov.geometry.expectation.quadrature import QuadratureError
from chentsov.geometry.expectation.rigorous import Enclosure
from flint import arb

from ..exact.errors import ChentsovError
from ..exact.reading import match_point, match_symbols, read_expression, read_number
from .enclosed import EnclosedNumber
from .inputs import ManifoldError

if TYPE_CHECKING:
    from .statistical import StatisticalManifold

__all__ = ["Divergence", "alpha_divergence", "chernoff", "jensen_shannon", "kullback_leibler", "renyi"]

_BITS = 120  # of the balls
_DIGITS = 17  # of an integral that is enclosed
_STEPS = 60  # of the search for Chernoff's exponent,
_NARROW, _NARROW_IF_ENCLOSED = sp.Rational(1, 10**6), sp.Rational(1, 100)  # and the interval in which it ends


@dataclass(frozen=True, repr=False)
class Divergence(EnclosedNumber):
    """A divergence; see `EnclosedNumber`. Its value is NaN where the points hold symbols.

    Attributes:
        exponent: of Chernoff's information, the t of the minimum.
    """

    kind: ClassVar[str] = "divergence"

    exponent: float | None = None


def kullback_leibler(
    manifold: StatisticalManifold, p: Any, q: Any, constants: Mapping[Any, Any] | None = None
) -> Divergence:
    """KL(p‖q) = E_p[log p − log q].

    Args:
        manifold: a family given by a density.
        p, q: points, in order or by symbol or name; they may hold symbols where there is a closed form.
        constants: numbers for the constants of the density; left out, they stay symbols.

    Raises:
        ManifoldError: the family has no density, a point is none or outside the domain, the divergence is infinite
            (the support of p, where it moves, is not inside that of q), or an integral could not be enclosed.
    """
    return _Pair(manifold, p, q, constants).kullback_leibler()


def renyi(
    manifold: StatisticalManifold, p: Any, q: Any, order: Any, constants: Mapping[Any, Any] | None = None
) -> Divergence:
    """Rényi's divergence of an order, log ∫ p^a q^{1−a} / (a − 1); of order 1 Kullback and Leibler's."""
    pair, a = _Pair(manifold, p, q, constants), _order(order, "the order")
    if a == 1:
        return pair.kullback_leibler()
    return pair.result(lambda z: sp.log(z) / (a - 1), lambda z: z.log() / exact(a - 1).real, a)


def alpha_divergence(
    manifold: StatisticalManifold, p: Any, q: Any, alpha: Any, constants: Mapping[Any, Any] | None = None
) -> Divergence:
    """D^(α)(p‖q) = 4/(1 − α²) (1 − ∫ p^{(1−α)/2} q^{(1+α)/2}); KL(p‖q) for α = −1 and KL(q‖p) for α = 1."""
    a = _order(alpha, "α")
    if a in (-1, 1):
        ends = (p, q) if a == -1 else (q, p)
        return kullback_leibler(manifold, *ends, constants)
    factor = 4 / (1 - a**2)
    pair = _Pair(manifold, p, q, constants)
    return pair.result(lambda z: factor * (1 - z), lambda z: exact(factor).real * (1 - z), (1 - a) / 2)


def chernoff(manifold: StatisticalManifold, p: Any, q: Any, constants: Mapping[Any, Any] | None = None) -> Divergence:
    """Chernoff's information −min_t log ∫ p^t q^{1−t} over 0 ≤ t ≤ 1, with the `exponent` t of the minimum.

    log Z is convex, so the values at three points enclose its minimum between the chords that they continue.
    """
    pair = _Pair(manifold, p, q, constants)
    pair.refuse_moving("Chernoff's information")
    if pair.symbols:
        raise ManifoldError(
            "Chernoff's information is a minimum: give numbers for " + ", ".join(map(str, pair.symbols))
        )
    known: dict[sp.Rational, arb] = {sp.S.Zero: arb(0), sp.S.One: arb(0)}

    def height(t: sp.Rational) -> arb:
        if t not in known:
            with precision(_BITS):
                known[t] = pair.affinity_ball(t).log()
        return known[t]

    narrow = _NARROW if pair.affinity(sp.S.Half) is not None else _NARROW_IF_ENCLOSED
    low, middle, high = sp.S.Zero, sp.S.Half, sp.S.One
    for _ in range(_STEPS):
        left, right = (low + middle) / 2, (middle + high) / 2
        a, m, b = (float(height(t).mid()) for t in (left, middle, right))
        if a < m:
            low, middle, high = low, left, middle
        elif b < m:
            low, middle, high = middle, right, high
        else:
            low, high = left, right
        if high - low < narrow:
            break
    with precision(_BITS):
        at = {t: height(t) for t in (low, middle, high)}
        rises = [abs(at[t] - at[middle]) for t in (low, high)]
        ball = -at[middle]
        slack = max(float(r.upper()) for r in rises)  # the minimum lies below by less than the chords' rise
    return Divergence.of(ball, slack=slack, exponent=float(middle))


def jensen_shannon(
    manifold: StatisticalManifold, p: Any, q: Any, constants: Mapping[Any, Any] | None = None
) -> Divergence:
    """½ KL(p‖m) + ½ KL(q‖m) with the mixture m = (p + q)/2; at most log 2."""
    pair = _Pair(manifold, p, q, constants)
    pair.refuse_moving("the divergence of Jensen and Shannon")
    halves = [
        (Piece(near, variables), far - near)
        for variables, a, b in zip(pair.variables, pair.first, pair.second) for near, far in ((a, b), (b, a))
    ]  # fmt: skip
    closed = pair.sum_of((sp.log(1 + sp.exp(gap)), piece) for piece, gap in halves) if pair.finite else None
    if closed is not None:
        expression = sp.log(2) - closed / 2
        return pair.number(expression)
    with precision(_BITS):
        ball = arb(2).log() - pair.enclosed((sp.log(1 + sp.exp(gap)), piece) for piece, gap in halves) / 2
    return Divergence.of(ball)


class _Pair:
    """Two members of a family: their log densities, piece by piece."""

    def __init__(
        self, manifold: StatisticalManifold, p: Any, q: Any, constants: Mapping[Any, Any] | None = None
    ) -> None:
        density = manifold.density
        if density is None:
            raise ManifoldError("this family was given without a density, which a divergence integrates over")
        held = match_symbols(constants or {}, density.constants, "constants", ManifoldError)
        values = {s: read_number(v, f"the value of {s}", ManifoldError) for s, v in held.items()}
        points = []
        for name, point in (("point p", p), ("point q", q)):
            found = match_point(point, density.coordinates, name, ManifoldError)
            read = {x: read_expression(e, f"the {name}: {x}", ManifoldError) for x, e in found.items()}
            known = {x: e for x, e in {**read, **values}.items() if e.is_number}
            manifold.domain.check(known, f"the {name}")
            points.append({**read, **values})
        self.first, self.second = (
            [piece.log_density.subs(point, simultaneous=True) for piece in density.pieces] for point in points
        )
        self.variables = [piece.substitute(values).variables for piece in density.pieces]
        self.inside = {1: True, -1: True}  # whether the support of p lies in that of q, and that of q in that of p
        self.moving, self.empty = density.moving_bounds, False
        if self.moving:
            self._overlap(points)
        self.finite = all(all_cells(variables) is not None for variables in self.variables)
        own = {v.symbol for variables in self.variables for v in variables}
        free = set().union(*(e.free_symbols for e in (*self.first, *self.second))) - own
        self.symbols = sorted(free, key=lambda s: s.name)
        if not self.symbols:
            self._split_at_kinks()

    def _overlap(self, points: Sequence[Mapping[sp.Symbol, sp.Expr]]) -> None:
        """Where both densities are positive, of supports that move with the parameters."""
        if len(self.variables) != 1 or len(self.variables[0]) != 1 or self.variables[0][0].discrete:
            raise ManifoldError(
                "the support moves with the parameters, which is read for one continuous variable on one piece"
            )
        ((v,),) = self.variables
        (low_p, high_p), (low_q, high_q) = ((v.lower.subs(point), v.upper.subs(point)) for point in points)

        def exceeds(a: sp.Expr, b: sp.Expr) -> bool:
            if a == b:
                return False
            gap = a - b
            if gap.is_extended_nonnegative is None and gap.is_extended_nonpositive is None:
                raise ManifoldError(f"which end of the supports lies farther, {a} or {b}, is not known: give numbers")
            return bool(gap.is_extended_positive)

        self.inside[1] = not exceeds(low_q, low_p) and not exceeds(high_p, high_q)
        self.inside[-1] = not exceeds(low_p, low_q) and not exceeds(high_q, high_p)
        low, high = (low_p if exceeds(low_p, low_q) else low_q), (high_q if exceeds(high_p, high_q) else high_p)
        self.empty = not exceeds(high, low)
        self.variables = [(Variable(v.symbol, low, high),)]

    def refuse_infinite(self, infinite: Any) -> None:
        if infinite:
            raise ManifoldError(
                "the divergence is infinite: the support moves with the parameters, and one of p and q has mass where "
                "the other has none"
            )

    def refuse_moving(self, what: str) -> None:
        """Raise where p and q have not the same support."""
        if self.moving and not (self.inside[1] and self.inside[-1]):
            raise ManifoldError(
                f"{what} is not found where the support moves with the parameters and differs at p and q"
            )

    def _split_at_kinks(self) -> None:
        """Cut the pieces where a modulus in either density changes sign, for integrands that are smooth."""
        parts = []
        for a, b, variables in zip(self.first, self.second, self.variables):
            for part, rules in split_at_kinks(Piece(sp.Add(a, b, evaluate=False), variables), {}):
                parts.append((a.xreplace(rules), b.xreplace(rules), part.variables))
        self.first, self.second, self.variables = map(list, zip(*parts))

    def sum_of(self, integrands: Any) -> sp.Expr | None:
        """Σ ∫ f exp(L) in closed form, or None."""
        total = sp.S.Zero
        for function, piece in integrands:
            needs: set[sp.Expr] = set()
            try:
                found = integral(function, piece, needs)
            except (ChentsovError, NotImplementedError):
                return None
            if lost := [c for c in needs if c.is_number and not c.is_positive]:
                raise ManifoldError(f"the integral diverges: it needs a number that is {lost[0]} here to be positive")
            if found is None or found.has(sp.Integral, sp.Sum):
                return None
            total += found
        return total

    def enclosed(self, integrands: Any) -> arb:
        """The same as a ball, tails included."""
        if self.symbols:
            names = ", ".join(s.name for s in self.symbols)
            raise ManifoldError(f"this divergence has no closed form that is found: give numbers for {names}")
        total = arb(0)
        for function, piece in integrands:
            try:
                (found,) = Enclosure(piece, [function], [], _DIGITS)({})
            except (DensityError, QuadratureError) as problem:
                raise ManifoldError(f"the divergence could not be enclosed: {problem}") from problem
            total += found
        return total

    def kullback_leibler(self) -> Divergence:
        self.refuse_infinite(not self.inside[1])
        parts = [
            (sp.expand(a - b), Piece(a, variables))
            for a, b, variables in zip(self.first, self.second, self.variables)
        ]  # fmt: skip
        closed = self.sum_of(parts)
        if closed is not None:
            return self.number(closed)
        with precision(_BITS):
            ball = self.enclosed(parts)
        return Divergence.of(ball)

    def _mixed(self, t: sp.Expr) -> list[tuple[sp.Expr, Piece]]:
        parts = zip(self.first, self.second, self.variables)
        return [(sp.S.One, Piece(sp.expand(t * a + (1 - t) * b), variables)) for a, b, variables in parts]

    def affinity(self, t: sp.Expr) -> sp.Expr | None:
        """Z(t) in closed form, or None."""
        return self.sum_of(self._mixed(t))

    def affinity_ball(self, t: sp.Expr) -> arb:
        closed = self.affinity(t)
        return exact(closed).real if closed is not None else self.enclosed(self._mixed(t))

    def result(self, formula: Any, of_ball: Any, t: sp.Expr) -> Divergence:
        self.refuse_infinite(t > 1 and not self.inside[1] or t < 0 and not self.inside[-1])
        if self.empty:
            value = formula(sp.S.Zero)
            self.refuse_infinite(not value.is_finite)
            return self.number(value)
        closed = self.affinity(t)
        if closed is not None:
            return self.number(formula(closed))
        with precision(_BITS):
            ball = of_ball(self.enclosed(self._mixed(t)))
        return Divergence.of(ball)

    def number(self, closed: sp.Expr) -> Divergence:
        """A closed form, with its number where it is one."""
        if closed.free_symbols:
            return Divergence.without_value(closed)
        with precision(_BITS):
            ball = exact(closed).real
        return Divergence.of(ball, closed)


def _order(value: Any, what: str) -> sp.Expr:
    return read_number(value, what, ManifoldError)
