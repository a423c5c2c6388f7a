"""Where the coordinates and constants of a manifold may lie: what is declared of them is a promise about every number.

A symbol's assumptions (positive, nonnegative, nonzero, integer, …) hold for the numbers that stand for it; what they
cannot say, such as |ρ| < 1 or a simplex, a manifold declares as inequalities. A number outside has no value there: on a
grid it is NaN with the status "outside the domain", at a point it is an error that names the condition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import sympy as sp

from ..exact.reading import declaration_broken, read_list, short
from ..kernels import compile
from ..kernels.reading import PROMISES
from .inputs import ManifoldError

__all__ = ["Domain"]

_COMPARE: dict[type, Callable[[Any, Any], Any]] = {
    sp.StrictLessThan: np.less,
    sp.LessThan: np.less_equal,
    sp.StrictGreaterThan: np.greater,
    sp.GreaterThan: np.greater_equal,
    sp.Unequality: np.not_equal,
}


class Domain:
    """The assumptions of symbols, and inequalities between them.

    Args:
        symbols: coordinates and constants.
        conditions: relations (<, <=, >, >=, !=) and `And`s of such; or {symbol: (lower, upper)}, an open interval each.

    Raises:
        ManifoldError: something else than an inequality of these symbols.

    >>> r, x = sp.Symbol("r", positive=True), sp.Symbol("x", real=True)
    >>> domain = Domain((r, x), [r**2 + x**2 < 1])
    >>> domain.inside({r: np.array([-0.5, 0.5, 0.5]), x: np.array([0.0, 0.5, 1.0])})
    array([False,  True, False])
    >>> domain.broken({r: sp.Rational(1, 2), x: 1})
    'the point (r = 1/2, x = 1) lies outside the domain, which demands: r**2 + x**2 < 1'
    """

    def __init__(self, symbols: Iterable[sp.Symbol], conditions: Any = ()) -> None:
        self.symbols = tuple(symbols)
        if isinstance(conditions, Mapping):
            bounds = [(s, low, high) for s, (low, high, *_) in conditions.items()]
            conditions = [sp.Gt(s, low) for s, low, _ in bounds if low != -sp.oo]
            conditions += [sp.Lt(s, high) for s, _, high in bounds if high != sp.oo]
        elif isinstance(conditions, (sp.And, sp.core.relational.Relational, sp.logic.boolalg.BooleanAtom)):
            conditions = [conditions]
        self.conditions = tuple(
            dict.fromkeys(p for c in read_list(conditions, "domain", ManifoldError) for p in _parts(c))
        )
        self._compiled: dict[Any, tuple[list[sp.Symbol], Any]] = {}
        strangers = set().union(*(c.free_symbols for c in self.conditions)) - set(self.symbols)
        if strangers:
            names = ", ".join(sorted(s.name for s in strangers))
            raise ManifoldError(f"the domain holds {names}, which is neither a coordinate nor a constant")

    def __bool__(self) -> bool:
        """Whether anything is declared."""
        return bool(self.conditions) or any(map(_promises, self.symbols))

    def listing(self) -> tuple[str, ...]:
        """What is declared, as text."""
        kinds = (f"{s.name}: {a}" for s in self.symbols for a in _promises(s))
        return *sorted(kinds), *sorted(map(str, self.conditions))

    def broken(self, values: Mapping[sp.Symbol, Any], what: str = "the point") -> str | None:
        """What is wrong with numbers (exact, some or all of them), in a sentence; None where nothing is."""
        if all(type(v) is float for v in values.values()) and self.inside(values):
            return None
        exact = {s: sp.sympify(v, strict=True) for s, v in values.items()}
        for s, value in exact.items():
            if promise := declaration_broken(s, value):
                return f"the value of {s} is {short(values[s])}, outside its domain: {s} was declared {promise}"
        for condition in self.conditions:
            if condition.subs(exact) == sp.false:
                where = ", ".join(f"{s} = {short(v, 24)}" for s, v in values.items())
                return f"{what} ({where}) lies outside the domain, which demands: {condition}"
        return None

    def check(self, values: Mapping[sp.Symbol, Any], what: str = "the point") -> None:
        """Raise ManifoldError where numbers lie outside."""
        if why := self.broken(values, what):
            raise ManifoldError(why)

    def inside(self, values: Mapping[sp.Symbol, Any]) -> np.ndarray:
        """Cell by cell, whether arrays that broadcast lie inside; conditions on symbols without values are left out."""
        found = np.asarray(True)
        for s, v in values.items():
            for name in _promises(s):
                found = found & PROMISES[name](np.asarray(v))
        for c in self.conditions:
            if c.free_symbols <= set(values):
                symbols, sides_of = self._sides(c)
                sides = sides_of(*(values[s] for s in symbols))
                # a side without a value decides nothing: the quantity itself says what is wrong there
                unknown = np.isnan(sides[0]) | np.isnan(sides[1])
                found = found & (_COMPARE[type(c)](*sides) | unknown)
        return found

    def _sides(self, condition: Any) -> tuple[list[sp.Symbol], Any]:
        """The symbols of a relation, and a function of them that gives its two sides."""
        if condition not in self._compiled:
            symbols = sorted(condition.free_symbols, key=lambda s: s.name)
            sides = compile([condition.lhs, condition.rhs], symbols, backend="numpy")
            sides.promises = ()  # numbers outside are what it is asked about
            self._compiled[condition] = symbols, sides
        return self._compiled[condition]

    def at_points(
        self, coordinates: Sequence[sp.Symbol], constants: Mapping[sp.Symbol, Any]
    ) -> Callable[[float, np.ndarray], float]:
        """(t, y) -> 1 inside and −1 outside, y being the coordinates and more: a terminal event of an integrator."""
        held = {s: np.float64(v) for s, v in constants.items()}

        def event(_: float, y: np.ndarray) -> float:
            return 1.0 if np.all(self.inside({**dict(zip(coordinates, y)), **held})) else -1.0

        event.terminal = True  # type: ignore[attr-defined]
        return event

    def carried(self, symbols: Iterable[sp.Symbol], relations: Mapping[sp.Symbol, sp.Expr]) -> Domain:
        """The domain in other symbols, of which the old ones are functions."""
        demands = {"positive": sp.Gt, "negative": sp.Lt, "nonnegative": sp.Ge, "nonpositive": sp.Le, "nonzero": sp.Ne}
        declared = [
            relation(image, 0)
            for s, image in relations.items()
            for name, relation in demands.items()
            if getattr(s, f"is_{name}")
        ]
        moved = [c.subs(relations, simultaneous=True) for c in self.conditions]
        kept = tuple(symbols)
        new = [c for c in (*declared, *moved) if c != sp.true and c != sp.false]
        return Domain(dict.fromkeys((*kept, *(s for c in new for s in c.free_symbols))), new)

    def __or__(self, other: Domain) -> Domain:
        """The conditions of both."""
        return Domain(dict.fromkeys(self.symbols + other.symbols), self.conditions + other.conditions)


@lru_cache(maxsize=1024)
def _promises(symbol: sp.Symbol) -> tuple[str, ...]:
    """What is declared of a symbol, as far as a number can break it."""
    return tuple(name for name in PROMISES if getattr(symbol, f"is_{name}"))


def _parts(condition: Any) -> Sequence[Any]:
    if condition == sp.true:
        return ()
    if isinstance(condition, sp.And):
        return [p for c in condition.args for p in _parts(c)]
    if type(condition) not in _COMPARE:
        raise ManifoldError(
            f"the domain holds {short(condition)}; inequalities (<, <=, >, >=, !=) are needed, e.g. domain=[x**2 + "
            "y**2 < 1]"
        )
    return (condition,)
