"""Rigorous enclosures of expectations: ∫ f p over one variable, as balls that contain the truth.

The range is cut where the tails, bounded by `tails`, no longer matter; no property of the density is assumed.  What
lies between is divided into panels, adaptively, and integrated by Gauss–Legendre rules.  On a panel c + r[−1, 1] the
error of the N-point rule is bounded through the ellipse with foci c ± r and half-axes r(ρ ± 1/ρ)/2: where F is
analytic there and |F| ≤ M, its Chebyshev coefficients are below 2Mρ^{−k}, the rule is exact up to degree 2N − 1, and
it maps T_k, as the integral does, to at most 2 in size, which gives

    |error| ≤ (64/15) r M ρ^{−2N} / (1 − ρ^{−2}),        N ≥ 3

(L. N. Trefethen, SIAM Review 50, 2008; F. Johansson, Numerical integration in arbitrary-precision ball arithmetic,
2018, on which ``acb.integral`` rests).  M is found by evaluating F on a box around the ellipse in ball arithmetic.
All functions share one evaluation of the density at a node, and a change of parameters starts from the panels of
the last one, which is what a grid of parameters needs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import sympy as sp
from flint import acb, arb, ctx, fmpq

from ..exact.reading import read, read_number
from .balls import Tape, exact, precision
from .density import Density, DensityError, Piece, split_at_kinks
from .formal_pieces import by_exponentials, held, range_of
from .quadrature import QuadratureError
from .tails import NoMajorant, NoRule, Tail

__all__ = ["Enclosure", "NoEnclosure", "enclosures", "expectation_balls"]


class NoEnclosure(QuadratureError):
    """The density holds a function that is not bounded towards the end of the range; the message names it."""


oo = sp.oo
_V, _Y = sp.Dummy("v", positive=True), sp.Dummy("y", positive=True)
_RHO = (8.0, 4.0, 2.2)
_MOST_NODES, _MOST_PANELS, _LONGEST_SUM = 56, 3000, 1 << 15
_FARTHEST = 12  # doublings of the logarithm of the cut, each in four steps: 2^2, 2^2.5, 2^3, 2^3.5, 2^4, 2^5, …


@lru_cache(maxsize=256)
def _legendre(n: int, bits: int) -> tuple[tuple[arb, arb], ...]:
    """Nodes and weights of the n-point Gauss–Legendre rule."""
    return tuple(arb.legendre_p_root(n, k, weight=True) for k in range(n))


def number(value: Any) -> Any:
    """An exact fraction where the value is one (floats are), else a ball."""
    if isinstance(value, arb):
        return value
    e = sp.Rational(value) if isinstance(value, (float, sp.Float)) else read_number(value, "the value")
    return fmpq(int(e.p), int(e.q)) if e.is_Rational else exact(e).real


class Enclosure:
    """E-like integrals ∫ f exp(L) of several functions f over one variable, at any number of parameter points.

    Args:
        piece: log density and its one variable; no kinks inside the range (see `split_at_kinks`).
        functions: the integrands' other factors.
        symbols: the parameters that a call gives values for.
        digits: the error aimed at, relative to ∫ |f| exp(L).

    >>> import sympy as sp
    >>> from .density import Variable
    >>> x, s = sp.symbols("x s", positive=True)
    >>> exponential = Piece(-x/s - sp.log(s), (Variable(x, sp.S.Zero, sp.oo),))
    >>> second, = Enclosure(exponential, [x**2], [s], 15)({s: 2})
    >>> second.contains(8), float(second.rad()) < 1e-14
    (True, True)
    """

    def __init__(
        self, piece: Piece, functions: Sequence[sp.Expr], symbols: Sequence[sp.Symbol], digits: int = 17
    ) -> None:
        if len(piece.variables) != 1:
            raise DensityError("rigorous enclosures are for densities of one variable")
        (self.variable,) = piece.variables
        self.symbols, self.digits, self.size = list(symbols), digits, len(functions)
        self.bits = int(digits * 3.33) + 50
        self.functions = [read(f) for f in functions]
        self.log_density = piece.log_density
        self.scale: list[float] = []  # ∫ |f| exp(L), by which tolerances are set
        self.seen: list[float] = []  # the same, as it was met on the way
        self.bounds = Tape(
            [b if b.is_finite is not False else sp.S.Zero for b in (self.variable.lower, self.variable.upper)],
            self.symbols,
        )
        self.arms = [] if self.variable.discrete else self._arms()
        self.tape = (
            Tape([self.log_density, *self.functions], [*self.symbols, self.variable.symbol])
            if self.variable.discrete
            else None
        )
        self.reach: dict[Any, int] = {}  # end -> which cut sufficed there last
        self.meeting = 0.0  # of the two arms of a finite range: the logarithm of the first one's length

    def _arms(self) -> list[_Arm]:
        v = self.variable
        if (v.lower, v.upper) == (-oo, oo):
            return [_Arm(self, _V, line=True)]
        if v.upper == oo:
            return [_Arm(self, v.lower + _V)]
        if v.lower == -oo:
            return [_Arm(self, v.upper - _V)]
        return [_Arm(self, v.lower + _V, half=True), _Arm(self, v.upper - _V, half=True)]

    def __call__(self, values: Mapping[sp.Symbol, Any]) -> list[arb]:
        """The integrals at a parameter point.

        Raises:
            QuadratureError: an integral diverges, or its tail or a singularity could not be bounded.
        """
        given = {s: number(values[s]) for s in self.symbols}
        with precision(self.bits):
            if self.variable.discrete:
                return self._sum(given)
            if not self.scale:
                self.scale = self._sizes(given)
            for _ in range(3):
                totals, used, self.seen = [arb(0)] * self.size, self.scale, [0.0] * self.size
                for arm in self.arms:
                    totals = [a + b for a, b in zip(totals, arm.integrate(given))]
                self.scale = [s if s > 0 else 1.0 for s in self.seen]
                if all(u < 16 * s or s == 0 for u, s in zip(used, self.seen)):
                    break  # else the tolerances were set too wide, for a guess or for the last parameter point
            return totals

    def _sizes(self, given: Mapping[sp.Symbol, Any]) -> list[float]:
        """∫ |f| exp(L), roughly."""
        sizes = [0.0] * self.size
        for arm in self.arms:
            for k in range(-80, 81):
                found = arm.at(arb(fmpq(k, 2)), given)
                for j, value in enumerate(found or ()):
                    size = float(abs(value).mid())
                    if math.isfinite(size) and abs(value).rel_accuracy_bits() > 8:
                        sizes[j] += size / 2
        return [s if s > 0 else 1.0 for s in sizes]

    def tail(
        self,
        key: Any,
        log_density: sp.Expr,
        functions: Sequence[sp.Expr],
        x: sp.Symbol,
        given: Mapping[sp.Symbol, Any],
        tolerances: Sequence[float],
        most: int = _FARTHEST,
    ) -> tuple[arb, list[arb]]:
        """A cut X, and bounds of ∫_X^∞ |f| exp(L) below the tolerances."""
        reason, start = "", self.reach.get(key, 0)
        for k in range(start, 4 * most + 1):
            tail = Tail(x, arb(2) ** arb(fmpq((4 + k % 4) << (k // 4), 2)), given)
            try:
                bounds = [tail.integral(log_density, f) if f != 0 else arb(0) for f in functions]
            except NoRule as problem:
                raise NoEnclosure(f"no rigorous bound for the tail of the expectation: {problem}") from None
            except NoMajorant as problem:
                reason = str(problem)
                continue
            if all(b < t for b, t in zip(bounds, tolerances)):
                self.reach[key] = k
                return tail.start, bounds
            reason = reason or "it falls too slowly"
        where = " at " * bool(given) + ", ".join(f"{s} = {_shown(n)}" for s, n in given.items())
        raise QuadratureError(
            f"the integrand could not be bounded towards the end of the range{where}: {reason}; the expectation may "
            "diverge"
        )

    # -- sums ---------------------------------------------------------------------------------------------

    def _sum(self, given: Mapping[sp.Symbol, Any]) -> list[arb]:
        v, tape = self.variable, self.tape
        assert tape is not None
        parameters = [acb(n) if isinstance(n, arb) else acb(arb(n)) for n in given.values()]

        def term(k: Any) -> list[arb]:
            p, *rest = tape([*parameters, k if isinstance(k, acb) else acb(k)])
            p = p.exp()
            return [(p * r).real for r in rest]

        low, high = (b.real for b in self.bounds(parameters))
        if v.values:
            indices: Any = [exact(x) for x in v.values]
            radii = [arb(0)] * self.size
        else:
            tolerance = [10.0**-self.digits] * self.size
            radii, ends = [arb(0)] * self.size, []
            for end, bound, sign in ((v.upper, high, 1), (v.lower, low, -1)):
                if end.is_infinite:
                    log_p, *f = (e.xreplace({v.symbol: sign * _V}) for e in (self.log_density, *self.functions))
                    cut, bounds = self.tail(sign, log_p, f, _V, given, tolerance, most=4)
                    radii = [r + b for r, b in zip(radii, bounds)]
                    ends.append(sign * math.ceil(float(cut.upper())))
                else:
                    ends.append(round(float(bound.mid())))
            indices = range(ends[1], ends[0] + 1)
            if len(indices) > _LONGEST_SUM << 2:
                raise QuadratureError(f"the sum over {v} has too many terms")
        totals, sizes = [arb(0)] * self.size, [arb(0)] * self.size
        for k in indices:
            terms = term(k)
            totals = [t + s for t, s in zip(totals, terms)]
            sizes = [t + abs(s) for t, s in zip(sizes, terms)]
        self.scale = [float(s.mid()) for s in sizes]
        return [t + arb(0, r) for t, r in zip(totals, radii)]


class _Arm:
    """One part of the range, written by v > 0: x = c ± v with v = e^u, or the whole line, x = sinh u."""

    def __init__(self, owner: Enclosure, image: sp.Expr, line: bool = False, half: bool = False) -> None:
        self.owner, self.line, self.half, self.image = owner, line, half, image
        x = owner.variable.symbol
        self.log_density, *self.functions = (e.xreplace({x: image}) for e in (owner.log_density, *owner.functions))
        self.tapes = [Tape([self.log_density, *self.functions], [*owner.symbols, _V], real) for real in (False, True)]
        self.panels: list[tuple[float, float]] = []

    def at(self, u: Any, given: Mapping[sp.Symbol, Any]) -> list[Any] | None:
        """f exp(L) dx/du at u, or None where it is not finite; where u is complex, also None where not analytic."""
        v, rate = (u.sinh(), u.cosh()) if self.line else ((e := u.exp()), e)
        real = isinstance(u, arb)
        p: Any
        p, *values = self.tapes[real]([arb(n) if real else acb(arb(n)) for n in given.values()] + [v], True)
        p = p.exp() * rate
        values = [p * f for f in values]
        return values if all(f.is_finite() for f in values) else None

    def integrate(self, given: Mapping[sp.Symbol, Any]) -> list[arb]:
        owner = self.owner
        tolerances = [10.0**-owner.digits * s / 8 for s in owner.scale]
        left, right, totals = self._range(given, tolerances)
        stack = self._start(left, right)
        accepted: list[tuple[float, float]] = []
        small = [t / 64 for t in tolerances]
        while stack:
            a, b = stack.pop()
            found = self._panel(a, b, given, small)
            if found is not None:
                accepted.append((a, b))
                totals = [t + f for t, f in zip(totals, found)]
            elif b - a < 1e-9 * max(1.0, abs(a)) or len(accepted) + len(stack) > _MOST_PANELS:
                raise QuadratureError(
                    f"the integrand could not be enclosed near {owner.variable.symbol} = {self._x(a, given)}: is it "
                    "singular there?"
                )
            else:
                middle = (a + b) / 2
                stack += [(middle, b), (a, middle)]
        self.panels = sorted(accepted)
        return totals

    def _x(self, u: float, given: Mapping[sp.Symbol, Any]) -> str:
        v = math.sinh(u) if self.line else math.exp(min(u, 700.0))
        return f"{float(self.image.subs({s: float(arb(n).mid()) for s, n in given.items()}).subs(_V, v)):.6g}"

    def _start(self, left: float, right: float) -> list[tuple[float, float]]:
        """The panels of the last parameter point, fitted to the present range."""
        inside = [(a, b) for a, b in self.panels if a >= left and b <= right]
        if not inside:
            return [(left, right)]
        ends = [(left, inside[0][0]), (inside[-1][1], right)]
        return [*inside, *((a, b) for a, b in ends if a < b)]

    def _range(self, given: Mapping[sp.Symbol, Any], tolerances: Sequence[float]) -> tuple[float, float, list[arb]]:
        """The cuts in u as floats, and the tails beyond them."""
        owner = self.owner
        radii = slivers = [arb(0)] * owner.size

        def tail(key: Any, sign_of: sp.Expr, jacobian: sp.Expr) -> arb:
            nonlocal radii
            log_p, *f = (e.xreplace({_V: sign_of}) for e in (self.log_density, *self.functions))
            x = _Y
            cut, bounds = owner.tail((id(self), key), log_p + jacobian, f, x, given, tolerances)
            radii = [r + b for r, b in zip(radii, bounds)]
            return cut

        if self.line:
            right = _above(tail("up", _Y, sp.S.Zero).asinh())
            left = -_above(tail("down", -_Y, sp.S.Zero).asinh())
        else:
            left = -_above(tail("end", 1 / _Y, -2 * sp.log(_Y)).log())
            if self.half:
                low, high = owner.bounds([acb(n) if isinstance(n, arb) else acb(arb(n)) for n in given.values()])
                middle = ((high.real - low.real) / 2).log()
                if not middle > left:
                    raise QuadratureError(f"the range of {owner.variable.symbol} is empty or too narrow")
                right = float(middle.mid())
                if self is owner.arms[0]:  # the two arms meet where this float says, exactly
                    owner.meeting = right
                else:
                    rest = (high.real - low.real) - arb(owner.meeting).exp()
                    slivers = self._sliver(right, rest.log(), given)
            else:
                right = _above(tail("far", _Y, sp.S.Zero).log())
        return left, right, [s + (arb(0, r) if r > 0 else 0) for s, r in zip(slivers, radii)]

    def _sliver(self, right: float, end: arb, given: Mapping[sp.Symbol, Any]) -> list[arb]:
        """The integrals between a float and the exact end of the range, next to it."""
        found = self.at(arb(right).union(end), given)
        if found is None:
            raise QuadratureError("the integrand is not finite in the middle of its range")
        return [(end - right) * f for f in found]

    def _panel(
        self, a: float, b: float, given: Mapping[sp.Symbol, Any], tolerances: Sequence[float]
    ) -> list[arb] | None:
        """The integrals over one panel, or None where it is to be halved."""
        centre, radius = (arb(a) + arb(b)) / 2, (arb(b) - arb(a)) / 2
        flat = self.at(arb(a).union(arb(b)), given)
        if flat is not None and all(abs(f) * radius < t for f, t in zip(flat, tolerances)):
            return [2 * radius * f for f in flat]
        if b - a > 8:
            return None
        best: tuple[int, float, list[arb]] | None = None
        for rho in _RHO:
            box = acb(centre + arb(0, radius * arb((rho + 1 / rho) / 2)), arb(0, radius * arb((rho - 1 / rho) / 2)))
            on_box = self.at(box, given)
            if on_box is None:
                continue
            factors = [abs(f).upper() * radius * fmpq(64, 15) / (1 - arb(rho) ** -2) for f in on_box]
            need = max((float((c / t).log().upper()) for c, t in zip(factors, tolerances) if c > 0), default=0.0)
            nodes = max(3, math.ceil(need / (2 * math.log(rho))))
            if best is None or nodes < best[0]:
                best = (nodes, rho, factors)
        if best is None or best[0] > _MOST_NODES:
            return None
        nodes, rho, factors = best
        totals = [arb(0)] * self.owner.size
        for x, weight in _legendre(nodes, ctx.prec):
            found = self.at(centre + radius * x, given)
            if found is None:
                return None
            totals = [t + weight * f for t, f in zip(totals, found)]
            for j, f in enumerate(found):
                self.owner.seen[j] += float(abs(f.mid()) * weight.mid() * radius)
        error = arb(rho) ** (-2 * nodes)
        return [radius * t + arb(0, (c * error).upper()) for t, c in zip(totals, factors)]


def _above(cut: arb) -> float:
    """A float not below the cut."""
    return math.nextafter(float(cut.upper()), math.inf)


def _shown(n: Any) -> str:
    return f"{n.p}/{n.q}" if isinstance(n, fmpq) and n.q < 1000 else f"{float(arb(n).mid()):.8g}"


def enclosures(
    piece: Piece, functions: Sequence[sp.Expr], point: Mapping[sp.Symbol, sp.Expr], digits: int = 25
) -> list[arb]:
    """∫ f exp(L) over one variable at one point, as balls: see `Enclosure`."""
    totals: list[arb] | None = None
    for part, rules in split_at_kinks(piece, point):
        found = Enclosure(part, [read(f).xreplace(rules) for f in functions], list(point), digits)(point)
        with precision(int(digits * 3.33) + 50):
            totals = found if totals is None else [a + b for a, b in zip(totals, found)]
    assert totals is not None
    return totals


def expectation_balls(
    density: Density, functions: Sequence[Sequence[sp.Expr]], point: Mapping[sp.Symbol, sp.Expr], digits: int = 25
) -> list[arb]:
    """Σ over pieces ∫ f p for each function, ``functions[k][piece]`` being the k-th one on a piece, as balls."""
    totals = [arb(0)] * len(functions)
    if names := held(density, functions):
        point = {**point, **{name: _value(formal, point, digits) for formal, name in names.items()}}
        density = Density(tuple(piece.substitute(names) for piece in density.pieces), density.coordinates)
        functions = [[f.xreplace(names) for f in row] for row in functions]
    for k, piece in enumerate(density.pieces):
        columns = [f[k] for f in functions]
        if piece.variables:
            found = enclosures(piece, columns, point, digits)
        else:
            with precision(int(digits * 3.33) + 50):
                p, *values = Tape([piece.log_density, *columns], list(point))(
                    [acb(arb(number(v))) for v in point.values()]
                )
                found = [(p.exp() * v).real for v in values]
        with precision(int(digits * 3.33) + 50):
            totals = [a + b for a, b in zip(totals, found)]
    return totals


def _value(formal: sp.Expr, point: Mapping[sp.Symbol, Any], digits: int) -> arb:
    """An integral or a sum at a point."""
    piece, renamed = range_of(formal)
    (value,) = enclosures(piece, [by_exponentials(formal.function.xreplace(renamed))], point, digits + 5)
    return value
