"""The length of a curve, s = ∫ √(g_ij ẋ^i ẋ^j) dt: in closed form where SymPy finds one, and enclosed by balls.

Every number is enclosed by ``acb.integral`` (F. Johansson, Numerical integration in arbitrary-precision ball
arithmetic, 2018), or, where the speed is infinite at an end, by `expectation.rigorous`. A closed form is believed only
if its value lies in the enclosure, at the constants given or at two choices of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp
from chentsov.geometry.exact import DifferentialField, Mean
from chentsov.geometry.expectation.balls import Tape, exact, precision
from chentsov.geometry.expectation.density import DensityError, Piece, Variable
from chentsov.geometry.expectation.rigorous import Enclosure
from chentsov.geometry.expectation.symbolic import integrate
from flint import acb, arb

from ..exact.budget import time_limit
from ..exact.errors import ChentsovError
from ..exact.reading import (
    match_point,
    read_bound,
    read_expression,
    read_float,
    read_list,
    read_symbols,
    read_values,
)
from ..kernels.algebras import ANALYTIC, COMPLEX
from ..kernels.interpreter import Evaluator
from ..kernels.lower import lower
from ..kernels.reading import read_rows
from .enclosed import EnclosedNumber
from .inputs import ManifoldError
from .recipes import metric_of

if TYPE_CHECKING:
    from .domain import Domain
    from .riemannian import RiemannianManifold

__all__ = ["CurveLength", "length"]

_BITS = 80  # of the balls that enclose a length
_WIDEST = 1e-6  # radius of an enclosure, relative to the length, beyond which it is none
_EVALUATIONS, _ROWS_IN_ALL, _MOST_ROWS = 30_000, 2_000_000, 5_000  # of a speed; of its rows in all: ten seconds
_MOST_RESTS = 100_000  # intervals that are looked at for zeros of a speed
_HALVINGS, _MOST_PARTS = 45, 64  # of the interval, where a curve may jump
_JUMP = 1e-3  # the least that is called one
_SAMPLES = 513  # points of the curve that must lie in the domain


class CurveLength(EnclosedNumber):
    """How long a curve is; see `EnclosedNumber`. Its value is NaN where constants have none."""

    kind = "length"


def length(
    manifold: RiemannianManifold,
    curve: Any,
    parameter: sp.Symbol,
    interval: Sequence[Any],
    *,
    constants: Mapping[Any, Any] | None = None,
    data: Mapping[Any, Any] | None = None,
    time_limit: float = 5.0,
) -> CurveLength:
    """∫ √(g_ij ẋ^i ẋ^j) dt along a curve.

    Args:
        manifold: where.
        curve: x^i(t), in order or by coordinate (symbol or name).
        parameter: t.
        interval: the values of t at both ends, in either order.
        constants: numbers for the constants of metric and curve; left out, they stay symbols in the closed form.
        data: row symbol -> numbers, for a metric of averages over data rows.
        time_limit: seconds for SymPy's integrator; 0: numbers only.

    Raises:
        ManifoldError: the curve leaves the domain or is not space-like, it cannot be enclosed (with the reason), or
            constants have no number where no closed form is found.
    """
    (t,) = read_symbols(parameter, "parameter", "t", ManifoldError)
    time_limit = read_float(time_limit, "time_limit", ManifoldError)
    given = match_point(curve, manifold.coordinates, "curve", ManifoldError)
    time = sp.Dummy("curve parameter", real=True)  # a row of data may have the parameter's name
    images = {x: read_expression(v, f"the curve: {x}", ManifoldError).xreplace({t: time}) for x, v in given.items()}
    ends = read_list(interval, "the interval", ManifoldError)
    if len(ends) != 2:
        raise ManifoldError(f"the interval has two ends, not {len(ends)}")
    a, b = (read_bound(e, "an end of the interval", ManifoldError) for e in ends)
    if a.is_infinite or b.is_infinite:
        raise ManifoldError("the ends of the interval must be finite: reparametrise the curve")
    free = set(manifold.constants).union(*(e.free_symbols for e in (*images.values(), a, b))) - {time}
    symbols = sorted(free, key=lambda s: s.name)
    values = read_values(constants, symbols, "constants", ManifoldError) if constants or not symbols else {}
    if (backwards := (b - a).subs(values).is_negative) is not None and backwards:
        a, b = b, a
    choices = [values] if values or not symbols else _choices(symbols, manifold.domain)
    for chosen in choices:
        ends_of = (float(e.subs(chosen)) for e in (a, b))
        _refuse_jumps([x.subs(chosen) for x in images.values()], time, t.name, *ends_of)
    velocity = [sp.diff(images[x], time) for x in manifold.coordinates]

    def square(v: Sequence[sp.Expr]) -> sp.Expr:
        return _squared_norm(manifold, images, v, time, data)

    squared = square(velocity)
    domain = manifold.domain.carried((time, *symbols), images)
    problem = _Problem(squared, velocity, square, time, t.name, a, b, domain, _rows_of(squared, data))
    if (b - a).is_zero:
        return CurveLength(sp.S.Zero, 0.0, 0.0)
    enclosures = [problem.enclosed(v) for v in choices]
    closed = None
    if time_limit > 0 and not squared.has(Mean):
        closed = _closed_form(
            squared.subs(values), time, a.subs(values), b.subs(values), choices, enclosures, time_limit
        )
    if values or not symbols:
        (ball,) = enclosures
        return CurveLength.of(ball, closed)
    if closed is None:
        raise ManifoldError(
            f"no closed form of this length was found: give numbers for {', '.join(s.name for s in symbols)} in "
            "`constants`"
        )
    return CurveLength.without_value(closed)


def _squared_norm(
    manifold: RiemannianManifold, images: Mapping[sp.Symbol, sp.Expr], velocity: Sequence[sp.Expr], t: sp.Symbol,
    data: Mapping[Any, Any] | None,
) -> sp.Expr:  # fmt: skip
    """g_ij v^i v^j along a curve as a function of t: in canonical form, unless it averages over data."""
    g, n = metric_of(manifold), range(manifold.dim)
    total = sp.Add(
        *(g[i, j].subs(images, simultaneous=True) * velocity[i] * velocity[j] for i in n for j in n if g[i, j] != 0)
    )
    if total.has(Mean):
        if not data:
            rows = sorted({v.name for m in total.atoms(Mean) for v in m.variables})
            raise ManifoldError(f"the metric holds averages over data: give the rows {', '.join(rows)} in `data`")
        return total
    try:
        return sp.factor(DifferentialField((t,), pieces=True)(total).as_expr())
    except ChentsovError:  # a function without a derivative rule is none to be integrated in closed form
        return total


def _common_factor(velocity: Sequence[sp.Expr]) -> sp.Expr:
    """What all components of a velocity have in common: where it vanishes, the curve is at rest.

    >>> t = sp.Symbol("t")
    >>> _common_factor([t * sp.cos(t), 3 * t**2, sp.S.Zero])
    t
    """
    try:
        return sp.gcd_list([v for v in velocity if v != 0])
    except sp.PolynomialError:
        return sp.S.One


def _rests(factor: sp.Expr, t: sp.Symbol, a: float, b: float) -> list[tuple[float, float]]:
    """Short intervals, in order, outside of which a factor has no zero between a and b: by halving, until its ball
    leaves out 0, or that of its derivative does, and signs tell. Empty where there are too many.
    """
    run = Tape([factor, sp.diff(factor, t)], [t], real=True)

    def sign(at: float) -> int:
        value = run([arb(at)])[0]
        return (value > 0) - (value < 0)

    found: list[tuple[float, float]] = []
    parts = [(math.nextafter(a, -math.inf), math.nextafter(b, math.inf))]
    shortest = 1e-13 * max(abs(a), abs(b))
    for _ in range(_MOST_RESTS):
        if not parts:
            return sorted(found)
        low, high = parts.pop()
        middle = (low + high) / 2
        value, slope = run([arb(low).union(arb(high))])
        if not value.contains(0):
            continue
        if high - low <= shortest:
            found.append((low, high))
            continue
        if slope.is_finite() and not slope.contains(0):  # one zero, if the signs at the ends differ
            ends = sign(low), sign(high)
            if ends[0] * ends[1] > 0:
                continue
            while ends[0] * ends[1] and high - low > shortest:
                here = sign(middle := (low + high) / 2)
                if not here:  # it is the zero, to within a rounding of a ball
                    low, high = math.nextafter(middle, -math.inf), math.nextafter(middle, math.inf)
                    break
                low, high = (middle, high) if here == ends[0] else (low, middle)
            if ends[0] * ends[1] and sign(low) * sign(high) < 0:
                found.append((low, high))
                continue
            middle = (low + high) / 2
        parts += [(middle, high), (low, middle)]
    return []


def _rows_of(squared: sp.Expr, data: Mapping[Any, Any] | None) -> dict[str, np.ndarray]:
    """{row symbol: column} of the rows that a speed averages over."""
    names = {v.name: "rows" for m in squared.atoms(Mean) for v in m.variables}
    return read_rows(names, data or {}, np.dtype("float64")) if names else {}


class _Problem:
    """A speed between two ends, to be integrated at numbers for the constants."""

    def __init__(
        self, squared: sp.Expr, velocity: Sequence[sp.Expr], square: Callable[[Sequence[sp.Expr]], sp.Expr],
        t: sp.Symbol, name: str, a: sp.Expr, b: sp.Expr, domain: Domain, rows: Mapping[str, np.ndarray],
    ) -> None:  # fmt: skip
        self.squared, self.velocity, self.square = squared, velocity, square
        self.t, self.name, self.a, self.b = t, name, a, b
        self.domain, self.rows = domain, rows
        self.count = max((len(column) for column in rows.values()), default=1)

    def enclosed(self, values: Mapping[sp.Symbol, sp.Expr]) -> arb:
        """A ball that contains the length.

        Raises:
            ManifoldError: the curve leaves the domain, is not space-like, or its speed could not be enclosed.
        """
        squared = self.squared.subs(values)
        a, b = (e.subs(values) for e in (self.a, self.b))
        if self.count > _MOST_ROWS:
            raise ManifoldError(
                f"a length over {self.count} rows is not enclosed, for that takes hundreds of sums of balls over them: "
                f"hand in {_MOST_ROWS} at most, or integrate the speed that the metric on_grid gives"
            )
        self._check(squared, a, b, values)
        with precision(_BITS):
            speed, limit = self._speed(squared), min(_EVALUATIONS, _ROWS_IN_ALL // self.count)
            # the worst part first where the speed comes close to zero on the way; longer where it turns often
            for worst_first, times in ((False, 1), (True, 1), (False, 8)):
                try:
                    found = acb.integral(
                        speed, exact(a), exact(b), rel_tol=arb(2) ** -56, abs_tol=arb(2) ** -200,
                        eval_limit=times * limit, use_heap=worst_first,
                    ).real  # fmt: skip
                except ChentsovError as problem:
                    raise ManifoldError(f"the length could not be enclosed: {problem}") from problem
                if _narrow(found):
                    return found
                first = not worst_first and times == 1
                if first and (apart := self._between_rests(values, limit)) is not None and _narrow(apart):
                    return apart
                if not first and (self.rows or not found.is_finite()):
                    break
            if not self.rows:  # infinite at an end, perhaps
                x = sp.Symbol(self.name, real=True)
                piece = Piece(sp.log(squared.xreplace({self.t: x})) / 2, (Variable(x, a, b),))
                with suppress(DensityError):
                    (found,) = Enclosure(piece, [sp.S.One], [], 17)({})
                    if _narrow(found):
                        return found
        raise ManifoldError(
            f"the length of the curve could not be enclosed over {self.name} from {float(a):.6g} to {float(b):.6g}: "
            "its speed is infinite, vanishes or turns there at too many places"
            + f" for {self.count} rows" * (self.count > 1)
            + "; give pieces of the curve one by one"
        )

    def _between_rests(self, values: Mapping[sp.Symbol, sp.Expr], limit: int) -> arb | None:
        """∫ |A| √g(u, u) of a velocity A u whose factor A has zeros: between them |A| is A or −A, which is analytic."""
        velocity = [v.subs(values) for v in self.velocity]
        factor = _common_factor(velocity)
        ends = [e.subs(values) for e in (self.a, self.b)]
        rests = _rests(factor, self.t, *map(float, ends)) if factor.free_symbols else []
        if not rests:
            return None
        size = Tape([factor], [self.t])
        speed = self._speed(self.square([sp.cancel(v / factor) for v in velocity]).subs(values))

        def integrand(z: acb, analytic: bool) -> acb:
            return size([z], analytic)[0] * speed(z, analytic)

        total, (start, end) = arb(0), (exact(e) for e in ends)
        for low, high in rests:
            across = arb(low).union(arb(high))
            total += (arb(high) - low) * abs(integrand(acb(across), False)).union(0)
            if low > start.real:
                total += abs(acb.integral(integrand, start, acb(low), rel_tol=arb(2) ** -56, eval_limit=limit).real)
            start = acb(high)
        if end.real > start.real:
            total += abs(acb.integral(integrand, start, end, rel_tol=arb(2) ** -56, eval_limit=limit).real)
        return total

    def _check(self, squared: sp.Expr, a: sp.Expr, b: sp.Expr, values: Mapping[sp.Symbol, sp.Expr]) -> None:
        shares = (np.arange(_SAMPLES) + 0.5) / _SAMPLES
        low, high = float(a), float(b)
        times = low + (high - low) * shares
        held = {s: np.float64(v) for s, v in values.items()}
        inside = np.broadcast_to(self.domain.inside({self.t: times, **held}), times.shape)
        if not inside.all():
            raise ManifoldError(f"the curve leaves the domain near {self.name} = {times[np.argmin(inside)]:.6g}")
        with precision(_BITS):
            speed = self._squares(squared, COMPLEX)
            for time in times[:: _SAMPLES // 32]:
                if (found := speed(acb(float(time)))).real < 0:
                    raise ManifoldError(
                        f"the curve is not space-like near {self.name} = {time:.6g}: g(ẋ, ẋ) = "
                        f"{float(found.real.mid()):.3g} there, and it has no length"
                    )

    def _squares(self, squared: sp.Expr, algebra: Any) -> Callable[[acb], acb]:
        if not self.rows:
            tape = Tape([squared], [self.t])
            return lambda z: tape([z], algebra is ANALYTIC)[0]
        program = lower([squared], [self.t], algebra=COMPLEX)
        run, (key,) = Evaluator(program, algebra, {k: _column(v) for k, v in self.rows.items()}), program.inputs
        return lambda z: run({key: z})[0]

    def _speed(self, squared: sp.Expr) -> Callable[[acb, bool], acb]:
        kinds = {True: self._squares(squared, ANALYTIC), False: self._squares(squared, COMPLEX)}
        return lambda z, analytic: acb(kinds[bool(analytic)](z)).sqrt(analytic=bool(analytic))


def _refuse_jumps(components: Sequence[sp.Expr], t: sp.Symbol, name: str, a: float, b: float) -> None:
    """Raise where a curve jumps, which its speed does not show.

    A component is continuous on an interval over which balls find its formula analytic. What is left of the others by
    halving is so short that a component with different values at its ends jumps there.
    """
    for component in components:
        run = Tape([component.replace(sp.atan2, lambda y, x: 2 * sp.atan(y / (sp.sqrt(x**2 + y**2) + x)))], [t])
        with precision(4 * _BITS):
            for low, high in _not_analytic(run, a, b):
                width = high - low
                ends = [run([acb(end)], False)[0].real for end in (max(low - width, a), min(high + width, b))]
                bounded = all(e.is_finite() and abs(e) < 1 / _JUMP**2 for e in ends)  # poles are for the enclosure
                if bounded and abs(ends[1] - ends[0]) > _JUMP * (1 + abs(ends[0])):
                    raise ManifoldError(
                        f"the curve jumps near {name} = {low:.6g}: give its continuous pieces one by one"
                    )


def _not_analytic(run: Tape, a: float, b: float) -> list[tuple[float, float]]:
    """Short intervals inside (a, b), halved from it, over which balls do not find a formula analytic."""
    parts = [(a, b)]
    for _ in range(_HALVINGS):
        found = [p for p in parts if not _is_analytic(run, *p)][:_MOST_PARTS]
        parts = [half for low, high in found for half in ((low, (low + high) / 2), ((low + high) / 2, high))]
    return [
        (low, high) for low, high in parts if a < low and high < b
    ]  # what jumps at an end leaves the curve as it is


def _is_analytic(run: Tape, low: float, high: float) -> bool:
    middle = (arb(low) + arb(high)) / 2
    return run([acb(arb(middle, (arb(high) - arb(low)) / 2 * arb(1.001)))], True)[0].is_finite()


def _column(values: np.ndarray) -> np.ndarray:
    column = np.empty(len(values), object)
    column[:] = [acb(float(v)) for v in values]
    return column


def _narrow(ball: arb) -> bool:
    return ball.is_finite() and bool(ball.rad() <= _WIDEST * abs(ball))


def _choices(symbols: Sequence[sp.Symbol], domain: Domain) -> list[dict[sp.Symbol, sp.Expr]]:
    """Two choices of rational numbers that symbols and domain allow."""
    found: list[dict[sp.Symbol, sp.Expr]] = []
    for k in range(1, 200):
        shares = [sp.Rational((377 * k + 233 * d * k + 89 * d) % 610, 610) for d in range(len(symbols))]
        point = {
            s: sp.Integer(1 + int(4 * u)) if s.is_integer else sp.Rational(1, 8) + 2 * u if s.is_positive is not False
            else -sp.Rational(1, 8) - 2 * u
            for s, u in zip(symbols, shares)
        }  # fmt: skip
        known = {s: v for s, v in point.items() if s in domain.symbols}
        if domain.broken(known) is None:
            found.append(point)
        if len(found) == 2:
            return found
    raise ManifoldError(f"give numbers for {', '.join(s.name for s in symbols)} in `constants`")


def _closed_form(
    squared: sp.Expr, t: sp.Symbol, a: sp.Expr, b: sp.Expr, choices: Sequence[Mapping[sp.Symbol, sp.Expr]],
    enclosures: Sequence[arb], seconds: float,
) -> sp.Expr | None:  # fmt: skip
    """The integral of √squared as SymPy has it, if it lies in the enclosures."""
    x = sp.Dummy(t.name, positive=True) if a.is_nonnegative else sp.Dummy(t.name, real=True)
    speed = sp.sqrt(sp.factor(squared.xreplace({t: x})))
    middle = {x: (a + b).subs(choices[0]) / 2, **choices[0]}
    speed = speed.replace(sp.Abs, lambda u: -u if u.subs(middle).is_negative else u)
    found: sp.Expr | None = speed * (b - a)
    if x in speed.free_symbols:
        try:
            with time_limit(seconds, "the closed form of a length"):
                found = integrate(speed, Piece(sp.S.Zero, (Variable(x, a, b),)))
        except Exception:  # SymPy's, or the end of the time
            return None
    if found is None or x in found.free_symbols:
        return None
    for values, ball in zip(choices, enclosures):
        number = found.subs(values).evalf(30)
        if not (number.is_real and abs(number - sp.Float(ball.mid().str(30, radius=False), 30)) <= 1e-14 * abs(number)):
            return None
    return found
