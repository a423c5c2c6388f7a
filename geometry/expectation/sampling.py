"""Where a density can be tried out: sample points of the parameters, and the signs they imply.

Nobody writes down the whole domain of a model.  A point is acceptable if the bounds are in order
and log p is real at points inside the support; the symbols' assumptions and an optional
``domain`` narrow the search.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import product
from typing import Any

import sympy as sp

from ..exact.reading import match_symbols, read_bound, short
from .balls import Tape, exact, precision
from .density import Density, DensityError, Piece, Variable

R = sp.Rational
Point = dict[sp.Symbol, sp.Rational]

# Values tried for the symbols in turn: generic positive ones, a simplex, rising, falling, and larger ones.
_PATTERNS = (
    [R(13, 10), R(9, 10), R(17, 10), R(6, 5), R(21, 10), R(4, 5)],
    [R(1, 3), R(1, 4), R(1, 5), R(1, 11), R(1, 23), R(1, 47)],
    [R(1, 7), R(2, 5), R(11, 10), R(23, 10), R(31, 10), R(43, 10)],
    [R(23, 5), R(16, 5), R(12, 5), R(13, 10), R(2, 3), R(1, 5)],
    [R(27, 5), R(31, 5), R(37, 5), R(41, 5), R(43, 5), R(47, 5)],
)


def sample_points(density: Density, domain: Mapping[sp.Symbol, tuple] | None = None, count: int = 2) -> list[Point]:
    """Up to ``count`` parameter points at which the density is real and its support is in order.

    Raises:
        DensityError: there is none among the points tried; the message says what failed.
    """
    found: list[Point] = []
    reason = ""
    for point in _candidates(density, domain or {}):
        problem = objection(density, point)
        if problem is None:
            found.append(point)
            if len(found) == count:
                break
        else:
            reason = reason or problem
    if not found:
        raise DensityError(
            f"no parameter point was found at which the density is positive and real ({reason}); "
            "check the sign and the support, or name the domain, e.g. domain={sigma: (0, oo)}"
        )
    return found


def _candidates(density: Density, domain: Mapping[sp.Symbol, tuple]) -> Iterator[Point]:
    integers = set(density.integers)
    names = [*density.coordinates, *(c for c in density.constants)]
    free = [s for s in names if s not in integers]
    by_name = _read_domain(domain, names)

    def place(s: sp.Symbol, value: sp.Rational) -> sp.Rational:
        if s.is_integer:
            return sp.ceiling(value) + 1
        if s.name not in by_name:
            return -value if s.is_negative else value
        low, high = by_name[s.name]
        if low.is_finite and high.is_finite:
            return low + (high - low) * (value / (1 + value))
        if low.is_finite:
            return low + value
        return high - value if high.is_finite else value

    fixed = {s: sp.Integer(5) for s in integers}
    for pattern in _PATTERNS:
        yield {**fixed, **{s: place(s, pattern[i % 6] + R(i // 6, 7)) for i, s in enumerate(free)}}
    if len(free) <= 4:
        for signs in product((1, -1), repeat=len(free)):
            for pattern in _PATTERNS[:3]:
                if -1 in signs:
                    yield {**fixed, **{s: e * place(s, v) for s, e, v in zip(free, signs, pattern)}}


def _read_domain(domain: Any, names: Sequence[sp.Symbol]) -> dict[str, tuple[sp.Expr, sp.Expr]]:
    """name -> (lower, upper), numbers or ±oo."""
    found: dict[str, tuple[sp.Expr, sp.Expr]] = {}
    stranger = "domain= names {name}, which is no parameter of the density"
    for symbol, bounds in match_symbols(domain, names, "domain", DensityError, stranger=stranger).items():
        if not isinstance(bounds, (tuple, list)) or len(bounds) != 2:
            raise DensityError(f"domain= needs (lower, upper) for {symbol}, not {short(bounds)}")
        low, high = (
            read_bound(b, f"domain= needs (lower, upper) for {symbol}, but a bound", DensityError) for b in bounds
        )
        if not all(e.is_number for e in (low, high)) or not low < high:
            raise DensityError(f"domain= has no room for {symbol}: ({low}, {high})")
        found[symbol.name] = low, high
    return found


# Relative positions inside the support at which the density must be positive.
_PROBES = ((R(2, 5),), (R(7, 9), R(1, 3)), (R(1, 20), R(1, 9)), (R(19, 20), R(1, 30)))


def objection(density: Density, point: Mapping[sp.Symbol, sp.Rational]) -> str | None:
    """Why the density cannot be evaluated at a parameter point, or None."""
    for piece in density.pieces:
        whole = piece.log_density.atoms(sp.Integral, sp.Sum)  # normalising constants, which are positive if anything is
        piece = piece.substitute(dict.fromkeys(whole, sp.S.One))
        for fractions in _PROBES:
            try:
                problem = _objection(piece, point, fractions)
            except NotImplementedError:
                return None
            if problem:
                return problem
    return None


def _objection(piece: Piece, point: Mapping[sp.Symbol, sp.Expr], fractions: tuple[sp.Rational, ...]) -> str | None:
    values = dict(point)
    for i, v in enumerate(piece.variables):
        at = _inside(v, values, fractions[i % len(fractions)])
        if at is None:
            return f"{v} is empty at {_shown(point)}"
        values[v.symbol] = at
    symbols = list(values)
    with precision(80):
        result = Tape([piece.log_density], symbols)([exact(values[s]) for s in symbols])[0]
    where = _shown({**point, **{s: values[s] for s in piece.symbols}})
    if not result.is_finite():
        return f"log p is not finite at {where}"
    if not result.imag.contains(0):
        return f"the density is not positive at {where}"
    return None


def _inside(v: Variable, values: Mapping[sp.Symbol, sp.Expr], fraction: sp.Rational) -> sp.Expr | None:
    if v.values:
        return v.values[int(fraction * (len(v.values) - 1))]
    low, high = (_rational(e.subs(values)) for e in (v.lower, v.upper))
    if low.is_infinite and high.is_infinite:
        at = (2 * fraction - 1) / (fraction * (1 - fraction)) / 2
    elif high.is_infinite:
        at = low + fraction / (1 - fraction) * 2
    elif low.is_infinite:
        at = high - fraction / (1 - fraction) * 2
    elif not (low.is_real and high.is_real) or low > high or (low == high and not v.discrete):
        return None
    else:
        at = low + (high - low) * fraction
    return sp.floor(at) if v.discrete else at


def _rational(e: sp.Expr) -> sp.Expr:
    if e.is_Rational or e.is_infinite:
        return e
    number = e.evalf(20)
    return sp.Rational(str(number)) if number.is_Float else sp.nan


def _shown(point: Mapping[sp.Symbol, sp.Expr]) -> str:
    return ", ".join(f"{s} = {v}" for s, v in point.items())


def working_symbols(density: Density, point: Point, signed: bool = False) -> dict[sp.Symbol, sp.Symbol]:
    """Stand-ins with assumptions: positive unless the density also makes sense for a negative value.

    Symbols that carry assumptions of their own keep them.  With ``signed`` every other symbol gets the sign that
    it has at the point, for densities that are real but not normalised elsewhere.
    """
    stand_ins: dict[sp.Symbol, sp.Symbol] = {}
    for s in [*density.coordinates, *density.constants]:
        if s in density.integers or s.is_integer:
            # Not declared integer: SymPy would turn log Γ into log(factorial), which hides its form.
            stand_ins[s] = sp.Dummy(s.name, positive=True)
        elif s.is_positive or s.is_negative or s.is_real:
            stand_ins[s] = sp.Dummy(s.name, **s._assumptions.generator)
        elif not signed and objection(density, {**point, s: -point[s]}) is None:
            stand_ins[s] = sp.Dummy(s.name, real=True)
        else:
            sign = "positive" if point[s] > 0 else "negative"
            stand_ins[s] = sp.Dummy(s.name, **{sign: True})
    for piece in density.pieces:
        for v in piece.variables:
            positive = v.lower == 0 or any(v.lower == w.symbol and w.lower == 0 for w in piece.variables)
            positive = positive or v.lower.is_positive or stand_ins.get(v.lower, v.lower).is_positive
            if v.discrete:
                kind = {"nonnegative": True} if v.lower.is_nonnegative else {"real": True}
            else:
                kind = {"positive": True} if positive else {"real": True}
            stand_ins.setdefault(v.symbol, sp.Dummy(v.symbol.name, **kind))
    return stand_ins


class WorkingCopy:
    """A density in symbols with assumptions, the map to them, the sample point there, and signs at it."""

    def __init__(self, density: Density, point: Point, signed: bool) -> None:
        self.stand_ins = working_symbols(density, point, signed)
        pieces = [p.substitute(self.stand_ins) for p in density.pieces]
        self.density = Density(tuple(pieces), tuple(self.stand_ins[c] for c in density.coordinates))
        self.where = {self.stand_ins[s]: v for s, v in point.items() if s in self.stand_ins}

    @cached_property
    def sign_of(self) -> Callable[[sp.Expr], int]:
        return sign_at(self.where, self.density)


def working_copy(density: Density, point: Point, signed: bool = False) -> WorkingCopy:
    """The same one for the same density and point, so that what is found with its symbols serves every route."""
    return _working_copy(density, tuple(point.items()), signed)


@lru_cache(maxsize=32)
def _working_copy(density: Density, point: tuple[tuple[sp.Symbol, Any], ...], signed: bool) -> WorkingCopy:
    return WorkingCopy(density, dict(point), signed)


def sign_at(point: Mapping[sp.Symbol, sp.Expr], density: Density | None = None) -> Callable[[sp.Expr], int]:
    """The sign of an expression over the parameters, used to orient changes of variable.

    It is the sign at the sample point; zero where the density allows a parameter the other sign as well, which turns
    it.
    """
    free = [s for s in point if s.is_positive is None and s.is_negative is None]
    mirrored = {s: {**point, s: -point[s]} for s in free}
    turned = {s: at for s, at in mirrored.items() if density is not None and objection(density, at) is None}

    def sign_at_point(e: sp.Expr, where: Mapping[sp.Symbol, sp.Expr]) -> int:
        value = e.subs(where)
        return 1 if sp.N(value.subs({s: sp.S.One for s in value.free_symbols})) > 0 else -1

    def sign_of(e: sp.Expr) -> int:
        sign = sign_at_point(e, point)
        return sign if all(sign_at_point(e, w) == sign for s, w in turned.items() if s in e.free_symbols) else 0

    return sign_of
