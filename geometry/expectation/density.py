"""A density as data: its logarithm on each piece, the sample variables and their bounds.

A density may consist of several pieces (disjoint regions, or parts with respect to
different base measures: an atom and a continuous part).  On each piece log p is a
SymPy expression and the sample variables are bounded by expressions that may depend
on earlier variables and on the parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from ..exact import with_named_derivatives
from ..exact.decimals import with_exact_numbers
from ..exact.errors import InputError
from ..exact.kinks import derivative
from ..exact.reading import read, read_bound, short
from .logarithms import log_density as take_log
from .logarithms import open_logs


class DensityError(InputError):
    """The density, its variables or its support cannot be used; the message says what and where."""


@dataclass(frozen=True)
class Variable:
    """One sample variable with its range; ``values`` lists a finite set that is no range."""

    symbol: sp.Symbol
    lower: sp.Expr
    upper: sp.Expr
    discrete: bool = False
    values: tuple[sp.Expr, ...] = ()

    def __str__(self) -> str:
        if self.values:
            return f"{self.symbol} in {{{', '.join(map(str, self.values))}}}"
        kind = "integer, " if self.discrete else ""
        return f"{self.symbol} ({kind}{self.lower} to {self.upper})"


@dataclass(frozen=True)
class Piece:
    """log p on one region; ``variables`` run from the outermost integral to the innermost."""

    log_density: sp.Expr
    variables: tuple[Variable, ...]

    @property
    def symbols(self) -> tuple[sp.Symbol, ...]:
        return tuple(v.symbol for v in self.variables)

    def substitute(self, rules: Mapping[Any, Any]) -> Piece:
        """The piece with symbols renamed or replaced (sample variables by symbols only)."""
        rules = dict(rules)
        renamed = tuple(
            Variable(
                rules.get(v.symbol, v.symbol),
                v.lower.xreplace(rules),
                v.upper.xreplace(rules),
                v.discrete,
                tuple(x.xreplace(rules) for x in v.values),
            )
            for v in self.variables
        )
        return Piece(self.log_density.xreplace(rules), renamed)


@dataclass(frozen=True)
class Density:
    """p(x; θ) with its coordinates θ and its other symbols, the constants."""

    pieces: tuple[Piece, ...]
    coordinates: tuple[sp.Symbol, ...]

    @property
    def constants(self) -> tuple[sp.Symbol, ...]:
        used: set[sp.Symbol] = set()
        for piece in self.pieces:
            used |= piece.log_density.free_symbols
            for v in piece.variables:
                used |= v.lower.free_symbols | v.upper.free_symbols
            used -= set(piece.symbols)
        return tuple(sorted(used - set(self.coordinates), key=lambda s: s.name))

    @property
    def integers(self) -> tuple[sp.Symbol, ...]:
        """Symbols that bound a discrete variable: numbers of trials and the like."""
        found: set[sp.Symbol] = set()
        for piece in self.pieces:
            for v in piece.variables:
                if v.discrete:
                    found |= v.lower.free_symbols | v.upper.free_symbols
        found -= {s for piece in self.pieces for s in piece.symbols}
        return tuple(sorted(found, key=lambda s: s.name))

    @property
    def moving_bounds(self) -> bool:
        """Whether the support depends on a coordinate."""
        coordinates = set(self.coordinates)
        return any(
            (v.lower.free_symbols | v.upper.free_symbols) & coordinates
            for piece in self.pieces
            for v in piece.variables
        )

    @property
    def kinks(self) -> tuple[sp.Expr, ...]:
        """Expressions at whose zeros log p is not smooth in the coordinates."""
        found: set[sp.Expr] = set()
        for piece in self.pieces:
            for e in piece.log_density.atoms(sp.Abs, sp.sign, sp.Heaviside):
                argument = e.args[0]
                if argument.free_symbols & set(piece.symbols) and argument.free_symbols & set(self.coordinates):
                    found.add(argument)
        return tuple(sorted(found, key=sp.default_sort_key))

    def score(self, piece: Piece) -> list[sp.Expr]:
        """s_i = ∂_i log p on one piece."""
        return [differentiate(piece.log_density, c) for c in self.coordinates]


def differentiate(e: sp.Expr, symbol: sp.Symbol) -> sp.Expr:
    """∂e/∂symbol away from kinks: |u|′ = sign(u) u′ and sign′ = 0; ζ′ is a function of its own.

    >>> import sympy as sp
    >>> x, m = sp.symbols("x m", real=True)
    >>> differentiate(sp.Abs(x - m), m)
    sign(m - x)
    """
    return with_named_derivatives(derivative(e, symbol))


def split_at_kinks(piece: Piece, point: Mapping[sp.Symbol, sp.Expr]) -> list[tuple[Piece, dict[Any, Any]]]:
    """A one-variable piece cut where the argument of a modulus changes sign.

    Each part comes with the rules (|g| -> ±g, sign g -> ±1) that hold on it; the order of the cuts is
    taken at ``point``.
    """
    if len(piece.variables) != 1 or piece.variables[0].discrete:
        return [(piece, {})]
    (v,) = piece.variables
    moduli = [e for e in piece.log_density.atoms(sp.Abs, sp.sign) if v.symbol in e.free_symbols]
    if not moduli:  # the point may hold balls, which have no place in expressions
        return [(piece, {})]
    roots: dict[sp.Expr, sp.Expr] = {}
    for e in moduli:
        g = e.args[0]
        slope = sp.diff(g, v.symbol)
        if v.symbol in slope.free_symbols or slope == 0:
            return [(piece, {})]
        root = sp.cancel(v.symbol - g / slope)
        value = root.subs(point)
        inside = all(
            bool(sp.N(d) > 0) for d in (value - v.lower.subs(point), v.upper.subs(point) - value) if not d.is_infinite
        )
        if inside:
            roots[root] = value
    cuts = [v.lower, *sorted(roots, key=lambda r: float(roots[r])), v.upper]
    parts = []
    for low, high in zip(cuts, cuts[1:]):
        middle = _between(low.subs(point), high.subs(point))
        rules: dict[Any, Any] = {}
        for e in moduli:
            s = sp.sign(sp.N(e.args[0].subs(point).subs(v.symbol, middle)))
            rules[e] = s * e.args[0] if isinstance(e, sp.Abs) else s
            rules[sp.Abs(e.args[0])] = s * e.args[0]
            rules[sp.sign(e.args[0])] = s
        parts.append((Piece(piece.log_density.xreplace(rules), (Variable(v.symbol, low, high),)), rules))
    return parts


def _between(low: sp.Expr, high: sp.Expr) -> sp.Expr:
    if low.is_infinite and high.is_infinite:
        return sp.S.Zero
    if low.is_infinite:
        return high - 1
    return low + 1 if high.is_infinite else (low + high) / 2


# -- reading what people write ----------------------------------------------------------------


def read_density(
    density: sp.Expr | str | None,
    variables: Mapping[sp.Symbol, Any] | None,
    coordinates: Sequence[sp.Symbol],
    *,
    log_density: sp.Expr | None = None,
    pieces: Iterable[Any] | None = None,
) -> Density:
    """Check and normalise the input of ``StatisticalManifold.from_density``."""
    coordinates = tuple(coordinates)
    for c in coordinates:
        if not isinstance(c, sp.Symbol):
            raise DensityError(f"coordinates must be SymPy symbols, but got {c!r}")
    if len(set(coordinates)) != len(coordinates) or not coordinates:
        raise DensityError("give at least one coordinate, and each one once")
    given = sum(x is not None for x in (density, log_density, pieces))
    if given != 1:
        raise DensityError("give exactly one of density, log_density= and pieces=")
    if pieces is not None:
        parts = [_read_piece(p) for p in pieces]
        if not parts:
            raise DensityError("pieces= is empty")
    else:
        if not variables:
            raise DensityError("variables must map each sample variable to its range, e.g. {x: (0, oo)}")
        log_p = _log(density) if density is not None else open_logs(_expression(log_density))
        parts = [Piece(log_p, read_variables(variables))]
    for part in parts:
        clash = set(part.symbols) & set(coordinates)
        if clash:
            raise DensityError(f"{min(map(str, clash))} is both a sample variable and a coordinate")
        for formal in part.log_density.atoms(sp.Integral, sp.Sum):
            if formal.free_symbols & set(part.symbols):
                raise DensityError(
                    f"{formal} holds a sample variable: a density may hold integrals and sums as normalising constants "
                    "only"
                )
    result = Density(tuple(parts), coordinates)
    used = set().union(*(p.log_density.free_symbols for p in parts)) | {
        s for p in parts for v in p.variables for s in (v.lower.free_symbols | v.upper.free_symbols)
    }
    known = {s.name: s for s in (*coordinates, *(s for p in parts for s in p.symbols))}
    for s in sorted(used, key=str):
        if known.get(s.name, s) != s and not isinstance(s, sp.Dummy):
            raise DensityError(
                f"two different symbols have the name {s.name}: one in the density, the other, with other assumptions, "
                "as a variable or a coordinate; define the symbol once"
            )
    missing = [c for c in coordinates if c not in used]
    if missing:
        names = ", ".join(map(str, missing))
        raise DensityError(
            f"the density does not depend on {names}: the Fisher metric would be singular in the "
            f"direction ∂/∂{missing[0]}; leave {names} out of the coordinates"
        )
    return result


def _expression(e: Any) -> sp.Expr:
    if isinstance(e, str):
        raise DensityError("densities are SymPy expressions, not strings; parse text first")
    e = read(e, "the density", DensityError)
    if not isinstance(e, sp.Expr):
        raise DensityError(f"expected a SymPy expression for the density, got {type(e).__name__}")
    if e.has(sp.nan, sp.zoo):
        raise DensityError(f"the density {e} contains nan or an infinite value")
    unknown = e.atoms(AppliedUndef)
    if unknown:
        raise DensityError(
            f"the density holds the unknown function {min(map(str, unknown))}; substitute an expression for it"
        )
    if e.has(sp.Product):
        raise DensityError("the density holds an unevaluated product; evaluate it first")
    if e.has(sp.Piecewise, sp.Max, sp.Min):
        raise DensityError(
            "write a density with several branches as pieces=[(density, variables), ...], one for each region"
        )
    return with_exact_numbers(e)


def _log(density: Any) -> sp.Expr:
    e = _expression(density)
    if e.is_zero:
        raise DensityError("the density is identically zero")
    return take_log(e)


def _read_piece(piece: Any) -> Piece:
    if isinstance(piece, Piece):
        return piece
    if isinstance(piece, Mapping):
        try:
            density, variables = piece["density"], piece["variables"]
        except KeyError as error:
            raise DensityError(f"a piece needs the entries 'density' and 'variables'; missing {error}") from None
    else:
        try:
            density, variables = piece
        except (TypeError, ValueError):
            raise DensityError("each piece is a pair (density, variables)") from None
    return Piece(_log(density), read_variables(variables) if variables else ())


def read_variables(variables: Mapping[sp.Symbol, Any]) -> tuple[Variable, ...]:
    """Ranges as tuples (lower, upper[, "discrete"]), SymPy sets, or Python ranges; sorted by dependence.

    >>> import sympy as sp
    >>> x, y = sp.symbols("x y")
    >>> [str(v) for v in read_variables({y: (x, sp.oo), x: (0, sp.oo)})]
    ['x (0 to oo)', 'y (x to oo)']
    """
    if not isinstance(variables, Mapping):
        raise DensityError(
            f"variables must map each sample variable to its range, e.g. {{x: (0, oo)}}, not {short(variables)}"
        )
    found = {}
    for symbol, given in variables.items():
        if not isinstance(symbol, sp.Symbol):
            raise DensityError(f"sample variables must be SymPy symbols, but got {short(symbol)}")
        found[symbol] = _read_range(symbol, given)
    ordered: list[Variable] = []
    waiting = dict(found)
    while waiting:
        ready = [v for v in waiting.values() if not ((v.lower.free_symbols | v.upper.free_symbols) & set(waiting))]
        if not ready:
            names = ", ".join(str(s) for s in waiting)
            raise DensityError(f"the bounds of {names} depend on each other in a circle")
        for v in ready:
            ordered.append(v)
            del waiting[v.symbol]
    return tuple(ordered)


def _read_range(symbol: sp.Symbol, given: Any) -> Variable:
    if isinstance(given, range):
        if given.step != 1 or not len(given):
            raise DensityError(f"the range of {symbol} must be non-empty with step 1")
        return Variable(symbol, sp.Integer(given[0]), sp.Integer(given[-1]), True)
    if isinstance(given, sp.Set):
        return _read_set(symbol, given)
    if isinstance(given, (tuple, list)) and len(given) in (2, 3):
        lower, upper = (read_bound(b, f"the bound {k} of {symbol}", DensityError) for k, b in enumerate(given[:2], 1))
        kind = given[2] if len(given) == 3 else "continuous"
        if kind not in ("continuous", "discrete"):
            raise DensityError(f"the kind of {symbol} must be 'continuous' or 'discrete', not {kind!r}")
        if symbol in (lower.free_symbols | upper.free_symbols):
            raise DensityError(f"the bounds of {symbol} contain {symbol} itself")
        if lower.is_comparable and upper.is_comparable or {lower, upper} & {sp.oo, -sp.oo}:
            if (
                (upper - lower).is_negative
                or lower == sp.oo
                or upper == -sp.oo
                or (lower == upper and kind == "continuous")
            ):
                raise DensityError(f"the range of {symbol} is empty: {lower} to {upper}")
        return Variable(symbol, lower, upper, kind == "discrete")
    raise DensityError(
        f"the range of {symbol} must be (lower, upper), (lower, upper, 'discrete') or a SymPy set, got {short(given)}"
    )


def _read_set(symbol: sp.Symbol, given: sp.Set) -> Variable:
    if given is sp.S.Reals:
        return Variable(symbol, -sp.oo, sp.oo)
    if given is sp.S.Naturals0:
        return Variable(symbol, sp.S.Zero, sp.oo, True)
    if given is sp.S.Naturals:
        return Variable(symbol, sp.S.One, sp.oo, True)
    if given is sp.S.Integers:
        return Variable(symbol, -sp.oo, sp.oo, True)
    if isinstance(given, sp.Range):
        if given.step != 1:
            raise DensityError(f"the range of {symbol} must have step 1")
        return Variable(symbol, given.start, given.stop - 1, True)
    if isinstance(given, sp.Interval):
        return Variable(symbol, given.start, given.end)
    if isinstance(given, sp.FiniteSet):
        values = tuple(sorted(given.args, key=sp.default_sort_key))
        if not values:
            raise DensityError(f"the range of {symbol} is empty")
        return Variable(symbol, sp.S.Zero, sp.Integer(len(values) - 1), True, values)
    if given is sp.S.EmptySet:
        raise DensityError(f"the range of {symbol} is empty")
    raise DensityError(f"cannot use the set {given} as the range of {symbol}; give (lower, upper)")
