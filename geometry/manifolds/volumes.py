"""The volume ∫ √|det g| dx of a region, and what it gives a family: Jeffreys' prior, and the stochastic complexity.

A region is a range for each coordinate, whose ends may hold coordinates that come before; left out, it is the domain of
the manifold, read off its inequalities. A closed form comes from the table of integrals or from SymPy, and is believed
only if its value lies in an enclosure: of one variable, or of a product of such, improper ends included
(`expectation.rigorous`); of several that do not separate, by nested ``acb.integral``.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import sympy as sp
from chentsov.geometry.exact import Mean
from chentsov.geometry.expectation.balls import Tape, exact, precision
from chentsov.geometry.expectation.closed_form import iterated
from chentsov.geometry.expectation.density import DensityError, Piece, Variable
from chentsov.geometry.expectation.logarithms import log_density
from chentsov.geometry.expectation.quadrature import QuadratureError
from chentsov.geometry.expectation.rigorous import Enclosure
from chentsov.geometry.expectation.symbolic import integrate, within
from flint import acb, arb

from ..exact.errors import ChentsovError
from ..exact.reading import match_symbols, read_bound, read_float, read_list, read_number, read_values, short
from .enclosed import EnclosedNumber
from .inputs import ManifoldError

if TYPE_CHECKING:
    from .domain import Domain
    from .riemannian import RiemannianManifold

__all__ = ["JeffreysPrior", "StochasticComplexity", "Volume", "jeffreys_prior", "stochastic_complexity", "volume"]

_BITS, _NESTED_BITS, _DIGITS = (
    80,
    53,
    17,
)  # of the balls, of those of several variables, and of an integral of one variable
_WIDEST = 1e-6  # radius of an enclosure, relative to the volume, beyond which it is none
_SECONDS = 10.0  # for an enclosure
_EVALUATIONS = (2_000, 400, 100)  # of the integrand along the first variable, the second, and each further one


class Volume(EnclosedNumber):
    """How large a region is; see `EnclosedNumber`. Infinite where that is proven, NaN where constants have no value."""

    kind: ClassVar[str] = "volume"


class StochasticComplexity(EnclosedNumber):
    """Rissanen's price of the parameters, in nats; see `EnclosedNumber`."""

    kind: ClassVar[str] = "stochastic complexity"


@dataclass(frozen=True)
class JeffreysPrior:
    """The density √det g of the parameters (H. Jeffreys 1946), which no change of coordinates alters.

    Attributes:
        density: √det g, not normalised.
        volume: its integral over the region, or None where that is neither closed nor enclosed;
        reason: then says why.

    >>> from chentsov.models import families
    >>> families.bernoulli().jeffreys_prior().normalised                                       # Beta(1/2, 1/2)
    1/(pi*sqrt(theta)*sqrt(1 - theta))
    """

    density: sp.Expr
    volume: Volume | None
    reason: str = ""

    @property
    def is_proper(self) -> bool | None:
        """Whether the integral is finite; None where that is not known."""
        return None if self.volume is None else self.volume.expression != sp.oo

    @property
    def normalised(self) -> sp.Expr:
        """The density divided by its integral, which is a number of 15 digits where it has no closed form.

        Raises:
            ManifoldError: the integral is infinite or not known.
        """
        if self.volume is None:
            raise ManifoldError(f"Jeffreys' prior is not normalised: {self.reason}")
        if not self.is_proper:
            raise ManifoldError("Jeffreys' prior is improper: its integral over the region is infinite")
        total = self.volume.expression
        return self.density / (sp.Float(self.volume.value, 15) if total is None else total)


def volume(
    manifold: RiemannianManifold, region: Any = None, *, constants: Mapping[Any, Any] | None = None,
    seconds: float = 5.0,
) -> Volume:  # fmt: skip
    """∫ √|det g| dx over a region.

    Args:
        manifold: where.
        region: {coordinate: (lower, upper)}, by symbol or name; ends may be infinite, and may hold other coordinates
            and constants. Coordinates that it leaves out have the range that the domain gives them.
        constants: numbers for the constants of metric and region; left out, they stay symbols in the closed form.
        seconds: for SymPy's integrator; 0: the table of integrals, and numbers.

    Raises:
        ManifoldError: the region cannot be read or leaves the domain, the metric averages over data, or the integral
            has no closed form and could not be enclosed, with the reason.
    """
    limit = read_float(seconds, "the seconds", ManifoldError)
    variables = _region(manifold, region)
    det = manifold.determinant
    if det.has(Mean, sp.Integral, sp.Sum):
        raise ManifoldError("the metric holds averages or integrals, of which a volume is not taken")
    free = det.free_symbols.union(*(e.free_symbols for v in variables for e in (v.lower, v.upper)))
    symbols = sorted(free - {v.symbol for v in variables}, key=lambda s: s.name)
    values = read_values(constants, symbols, "constants", ManifoldError) if constants or not symbols else {}
    variables = [_at(v, values) for v in variables]
    problem = _Problem(_made_positive(det.subs(values), variables), variables)
    if not symbols or values:
        _check_inside(manifold, problem.variables, values)
    return problem.solved(limit)


def jeffreys_prior(manifold: RiemannianManifold, region: Any = None, **options: Any) -> JeffreysPrior:
    """√det g, with its integral where that closes or is enclosed; options as for `volume`."""
    try:
        density = _root(_made_positive(manifold.determinant, _region(manifold, region)))
    except ManifoldError:  # no region
        density = manifold.volume_density
    try:
        return JeffreysPrior(density, volume(manifold, region, **options))
    except ManifoldError as problem:
        return JeffreysPrior(density, None, str(problem))


def stochastic_complexity(
    manifold: RiemannianManifold, observations: Any = None, region: Any = None, **options: Any
) -> StochasticComplexity:
    """log ∫ √det g, and with n observations (d/2) log(n/2π) more: what the parameters of a model cost.

    With −log p(x; θ̂) it is the length of the shortest code for the data, up to o(1) (J. Rissanen, Fisher information
    and stochastic complexity, IEEE Trans. Inf. Theory 42, 1996).

    Args:
        manifold: the family.
        observations: n; None for the geometric term log ∫ √det g alone.
        region, options: as for `volume`.

    Raises:
        ManifoldError: as for `volume`; the volume is infinite; n is not positive.
    """
    total = volume(manifold, region, **options)
    if total.expression == sp.oo:
        raise ManifoldError(
            "∫ √det g is infinite, and with it the stochastic complexity: give a region on which it is finite"
        )
    extra = sp.S.Zero
    if observations is not None:
        n = read_number(observations, "the number of observations", ManifoldError)
        if not n.is_positive:
            raise ManifoldError(f"the number of observations is positive, not {n}")
        extra = sp.Rational(manifold.dim, 2) * sp.log(n / (2 * sp.pi))
    closed = None if total.expression is None else sp.log(total.expression) + extra
    if math.isnan(total.value):
        return StochasticComplexity.without_value(closed)
    with precision(_BITS):
        ball = arb(total.value, total.error).log() + exact(extra).real
        if closed is not None and not closed.free_symbols:
            ball = exact(closed).real
    return StochasticComplexity.of(ball, closed)


def _made_positive(det: sp.Expr, variables: Sequence[Variable]) -> sp.Expr:
    """|det g| with factors that are positive at a point of the region."""
    point, own = next(_points(variables)), {v.symbol for v in variables}
    point |= {s: sp.Rational(3, 2) * (-1 if s.is_negative else 1) for s in det.free_symbols - set(point)}
    scale, factors = sp.S.One, []
    for base, power in (f.as_base_exp() for f in sp.Mul.make_args(sp.factor(det))):
        if base.is_number:
            scale *= sp.Abs(base**power) if base.is_negative else base**power
        elif not base.free_symbols & own:
            scale *= sp.Abs(base) ** power
        elif base.is_positive or not base.subs(point).is_negative:
            factors.append(base**power)
        else:
            factors.append((-base) ** power)
    return scale * sp.Mul(*factors)


# -- regions ---------------------------------------------------------------------------------------------------------


def _at(v: Variable, values: Mapping[sp.Symbol, sp.Expr]) -> Variable:
    return Variable(v.symbol, v.lower.subs(values), v.upper.subs(values))


def _region(manifold: RiemannianManifold, region: Any) -> list[Variable]:
    """The ranges of all coordinates, each after those that its ends hold."""
    coordinates = manifold.coordinates
    given = match_symbols(region or {}, coordinates, "the region", ManifoldError)
    ranges: dict[sp.Symbol, tuple[sp.Expr, sp.Expr]] = {}
    for x, pair in given.items():
        ends = read_list(pair, f"the region: the range of {x}", ManifoldError)
        if len(ends) != 2:
            raise ManifoldError(f"the range of {x} has two ends, not {len(ends)}")
        low, high = (read_bound(e, f"the region: an end of {x}", ManifoldError) for e in ends)
        if (high - low).is_nonpositive:
            raise ManifoldError(f"the range of {x} is empty: from {low} to {high}")
        ranges[x] = low, high
    ranges |= _natural_ranges(manifold.domain, [x for x in coordinates if x not in ranges], coordinates)
    ordered: list[Variable] = []
    left = list(coordinates)
    while left:
        ready = [x for x in left if not (ranges[x][0].free_symbols | ranges[x][1].free_symbols) & set(left)]
        if not ready:
            raise ManifoldError(f"the ends of the ranges of {', '.join(map(str, left))} hold one another")
        ordered.append(Variable(ready[0], *ranges[ready[0]]))
        left.remove(ready[0])
    return ordered


def _natural_ranges(
    domain: Domain, wanted: Sequence[sp.Symbol], coordinates: Sequence[sp.Symbol]
) -> dict[sp.Symbol, tuple[sp.Expr, sp.Expr]]:
    """The ranges that signs and inequalities leave to coordinates: from the last one on, each is eliminated.

    An inequality that is affine in a coordinate is an end of its range; of two ends the narrower one counts, and each
    pair of them is an inequality between the others (Fourier and Motzkin). One that is quadratic, a x² + b x + c < 0
    with a > 0, gives both ends, and b² − 4 a c > 0 for the others.
    """
    signs = [x for x in coordinates if x.is_positive] + [-x for x in coordinates if x.is_negative]
    above: list[sp.Expr] = [*signs]  # what is positive
    for c in domain.conditions:
        if not isinstance(c, sp.Ne):
            above.append(c.gts - c.lts)
    found = {}
    for x in reversed(wanted):
        both: set[tuple[sp.Expr, ...]] = set()  # the two ends of one inequality
        lower: list[sp.Expr] = []
        upper: list[sp.Expr] = []
        others = [e for e in above if x not in e.free_symbols]
        for e in above:
            if x not in e.free_symbols:
                continue
            # a x² + b x + c
            a, b, c = (sp.expand(e).coeff(x, k) for k in (2, 1, 0)) if e.is_polynomial(x) else (sp.S.NaN,) * 3
            degree = sp.degree(e, x) if e.is_polynomial(x) else 0
            if degree == 1 and (b.is_positive or b.is_negative):
                (lower if b.is_positive else upper).append(sp.factor_terms(-c / b))
            elif degree == 2 and a.is_negative:
                disc = sp.factor(b**2 - 4 * a * c)
                if not disc.is_number:
                    others.append(disc)
                ends = [(-b + s * sp.sqrt(disc)) / (2 * a) for s in (1, -1)]
                lower.append(ends[0])
                upper.append(ends[1])
                both.add(tuple(ends))
            else:
                raise ManifoldError(
                    f"the domain gives {x} no range that is found ({short(e)} > 0): give {{coordinate: (lower, upper)}}"
                )
        low, high = _narrowest(lower, -1), _narrowest(upper, 1)
        if low is None or high is None:
            raise ManifoldError(
                f"which end of {x} counts depends on the other coordinates: give {{coordinate: (lower, upper)}}"
            )
        found[x] = low, high
        gaps = (high - low for low in lower for high in upper if (low, high) not in both)
        above = [*others, *(gap for gap in gaps if not gap.is_positive)]
    return found


def _narrowest(ends: Iterable[sp.Expr], side: int) -> sp.Expr | None:
    """The largest lower (side −1) or the smallest upper end; infinite where there is none, None if it is not known."""
    best: sp.Expr = side * sp.oo
    for end in ends:
        if best.is_infinite:
            best = end
        elif (gap := side * sp.expand(best - end)).is_nonnegative:
            best = end
        elif not gap.is_nonpositive:
            return None
    return best


def _points(variables: Sequence[Variable]) -> Iterator[dict[sp.Symbol, sp.Expr]]:
    """Points spread over a region."""
    for k in range(1, 33):
        point: dict[sp.Symbol, sp.Expr] = {}
        for d, v in enumerate(variables):
            share = sp.Rational((377 * k + 144 * d * k + 89 * d) % 610, 610) * sp.Rational(99, 100) + sp.Rational(
                1, 200
            )
            low, high = v.lower.subs(point), v.upper.subs(point)
            if low.is_infinite and high.is_infinite:
                point[v.symbol] = (2 * share - 1) / (share * (1 - share))
            elif low.is_infinite or high.is_infinite:
                away = share / (1 - share)
                point[v.symbol] = low + away if high.is_infinite else high - away
            else:
                point[v.symbol] = low + (high - low) * share
        yield point


def _check_inside(
    manifold: RiemannianManifold, variables: Sequence[Variable], values: Mapping[sp.Symbol, sp.Expr]
) -> None:
    """Raise where points spread over the region lie outside the domain."""
    for point in _points(variables):
        if not all(e.is_number and e.is_real for e in point.values()):
            raise ManifoldError(f"the region has ends that are no real numbers, such as {short(point)}")
        for v in variables:
            low, high = v.lower.subs(point), v.upper.subs(point)
            if (high - low).is_negative:
                raise ManifoldError(f"the range of {v.symbol} is empty: from {short(low)} to {short(high)}")
        where = {x: sp.Rational(float(e)) for x, e in point.items()}
        if why := manifold.domain.broken({**where, **values}, "the region: its point"):
            raise ManifoldError(why)


# -- integrals -------------------------------------------------------------------------------------------------------


class _Problem:
    """√(a function) over ranges, with points at which the symbols that are not integrated over have numbers."""

    def __init__(self, squared: sp.Expr, variables: Sequence[Variable], samples: Sequence[Mapping] = ()) -> None:
        self.squared, self.variables = squared, list(variables)
        own = {v.symbol for v in variables}
        ends = set().union(*(v.lower.free_symbols | v.upper.free_symbols for v in variables))
        self.symbols = (squared.free_symbols | ends) - own
        either = {s for s in self.symbols - ends if s.is_positive is s.is_negative is None}  # of unknown sign
        self.moving = bool(ends & own)
        self.samples = samples or [
            {s: sp.Rational(7 + 2 * k + 3 * j, 5 + k) * (-1 if s.is_negative or k == 2 and s in either else 1)
             for j, s in enumerate(sorted(self.symbols, key=str))} for k in (1, 2)
        ]  # fmt: skip
        self.piece = Piece(log_density(squared) / 2, tuple(variables))

    def solved(self, seconds: float) -> Volume:
        several = len(self.variables) > 1
        factors = None if self.moving else _separated(self.squared, [v.symbol for v in self.variables])
        if factors is not None and (several or factors[0].free_symbols):
            return self._product(*factors, seconds)
        if several:
            *outer, last = self.variables
            points = _points(outer)
            samples = [{**next(points), **held} for held in self.samples]
            inner = _Problem(self.squared, [last], samples)._closed(seconds, None)
            if inner is not None:
                return _Problem(inner**2, outer, self.samples).solved(seconds)
        elif self._diverges():
            return Volume(sp.oo, math.inf, 0.0)
        ball, reason = (None, "") if self.symbols else self._enclosed()
        closed = self._closed(seconds, ball) if len(self.variables) == 1 else None
        if closed is not None and closed.free_symbols:
            return Volume.without_value(closed)
        if ball is not None:
            return Volume.of(ball, closed)
        if self.symbols:
            names = ", ".join(sorted(s.name for s in self.symbols))
            raise ManifoldError(f"no closed form of this volume was found: give numbers for {names} in `constants`")
        raise ManifoldError(f"the volume has no closed form that is found, and could not be enclosed: {reason}")

    def _product(self, scale: sp.Expr, factors: Mapping[sp.Symbol, sp.Expr], seconds: float) -> Volume:
        """Of a density that separates, the product of the integrals over each variable."""
        parts = [_Problem(factors[v.symbol], [v], self.samples).solved(seconds) for v in self.variables]
        if any(p.expression == sp.oo for p in parts):
            return Volume(sp.oo, math.inf, 0.0)
        root = _root(scale)
        closed = None if any(p.expression is None for p in parts) else root * sp.Mul(*(p.expression for p in parts))
        if any(math.isnan(p.value) for p in parts) or root.free_symbols:
            if closed is None:
                raise ManifoldError("no closed form of this volume was found: give numbers for its constants")
            return Volume.without_value(closed)
        with precision(_BITS):
            ball = exact(root).real
            for p in parts:
                ball *= arb(p.value, p.error)
            ball = ball if closed is None else exact(closed).real
        return Volume.of(ball, closed)

    def _closed(self, seconds: float, ball: arb | None) -> sp.Expr | None:
        """The integral over one variable by the table, or by SymPy, if it lies in the enclosure: the one at hand, or
        those at the samples.
        """
        candidates = [self._by_table]
        if seconds > 0:
            candidates.append(
                lambda: within(seconds, integrate, _root(self.squared), Piece(sp.S.Zero, self.piece.variables))
            )
        for candidate in candidates:
            try:
                found = candidate()
            except (ChentsovError, ValueError, NotImplementedError, ArithmeticError, TypeError, AttributeError):
                continue  # SymPy's integrator has many ways to fail
            if found is None or found.has(sp.I, sp.zoo, sp.nan, sp.oo, -sp.oo) or found.free_symbols - self.symbols:
                continue
            if all(self._agrees(found, held, ball) for held in (self.samples if ball is None else ({},))):
                return found
        return None

    def _by_table(self) -> sp.Expr | None:
        found = iterated(self.piece)
        if found is None or any(c.is_nonpositive for c in found.conditions):
            return None
        return sp.simplify(sp.exp(found.value))

    def _agrees(self, closed: sp.Expr, held: Mapping[sp.Symbol, sp.Expr], ball: arb | None) -> bool:
        if ball is None:
            ball, _ = _Problem(self.squared.subs(held), [_at(v, held) for v in self.variables])._enclosed()
        with precision(_BITS):
            return ball is not None and ball.overlaps(exact(closed.subs(held)).real)

    def _enclosed(self) -> tuple[arb | None, str]:
        """A ball that contains the integral, or the reason why there is none."""
        ways = [self._nested]
        if len(self.variables) == 1:  # infinite at an end, perhaps
            ways.append(lambda: Enclosure(self.piece, [sp.S.One], [], _DIGITS)({})[0])
        reason = ""
        for way in ways:
            try:
                ball = way()
            except (DensityError, QuadratureError) as problem:
                reason = str(problem)
                continue
            if ball.is_finite() and ball.rad() <= _WIDEST * abs(ball):
                return ball, ""
            reason = "the density is infinite, vanishes or turns at too many places; give a region inside"
        return None, reason

    def _nested(self) -> arb:
        own = [v.symbol for v in self.variables]
        if any(e.is_infinite for v in self.variables for e in (v.lower, v.upper)):
            raise QuadratureError("a range of several that do not separate is infinite; give finite ends")
        tape = Tape([self.squared], own)
        ends = [Tape([v.lower, v.upper], own[:k]) for k, v in enumerate(self.variables)]
        counts = [_EVALUATIONS[min(k, len(_EVALUATIONS) - 1)] for k in range(len(own))]

        def over(k: int, known: list[acb], analytic: bool) -> acb:
            if k == len(own):
                if time.monotonic() > end:
                    return acb("nan")
                return acb(tape(known, analytic)[0]).sqrt(analytic=analytic)
            a, b = (acb(e) for e in ends[k](known, analytic))
            return acb.integral(
                lambda z, flag: over(k + 1, [*known, z], bool(flag) or analytic), a, b,
                rel_tol=arb(2) ** (-50 if len(own) == 1 else -30), abs_tol=arb(2) ** -100, eval_limit=counts[k],
            )  # fmt: skip

        end = time.monotonic() + _SECONDS
        with precision(_BITS if len(own) == 1 else _NESTED_BITS):
            found = over(0, [], False)
        if not found.imag.contains(0):
            raise QuadratureError("det g changes its sign in the region: give a region where it does not")
        if time.monotonic() > end:
            raise QuadratureError(f"that takes more than {_SECONDS:g} s; give a smaller region")
        return found.real

    def _diverges(self) -> bool:
        """Whether the integral over one variable is proven infinite: |x − end| f, or |x| f, does not go to zero."""
        (v,) = self.variables
        f, x = _root(self.squared), v.symbol
        for end, side in ((v.lower, "+"), (v.upper, "-")):
            try:
                limit = sp.limit(abs(x - end) * f if end.is_finite else abs(x) * f, x, end, side)
            except (NotImplementedError, ValueError, TypeError):
                continue
            if limit.is_infinite or limit.is_positive:
                return True
        return False


def _root(squared: sp.Expr) -> sp.Expr:
    """√ of a positive function, factor by factor."""
    factors = (factor.as_base_exp() for factor in sp.Mul.make_args(squared))
    return sp.Mul(*(sp.sqrt(b**p) if p.is_even and not b.is_nonnegative else b ** (p / 2) for b, p in factors))


def _separated(f: sp.Expr, symbols: Sequence[sp.Symbol]) -> tuple[sp.Expr, dict[sp.Symbol, sp.Expr]] | None:
    """A constant and a factor in each symbol, or None where they do not separate."""
    scale, parts = sp.S.One, dict.fromkeys(symbols, sp.S.One)
    for factor in sp.Mul.make_args(f):
        own = factor.free_symbols & set(symbols)
        if len(own) > 1:
            return None
        if own:
            parts[own.pop()] *= factor
        else:
            scale *= factor
    return scale, parts
