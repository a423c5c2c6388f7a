"""A fact: a definition and what is known to follow from it, all written as text.

Tensor components are given by their indices as text, "k;i,j" for Γ^k_ij and "i,j" for a component of a matrix;
only those listed are claimed, except where `"rest": "0"` claims that all others vanish.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sympy as sp

__all__ = ["Fact", "density", "diagonal", "dynamics", "metric", "potential"]


@dataclass(frozen=True, eq=False)
class Fact:
    """One fact. `coordinates` and `constants` are names; a name that ends in ">0" is declared positive.

    `functions` gives undefined functions an instance for the numeric verification: {"f(r)": "1 - 2/r"}.
    `at` holds the points: assignments as "r=3, th=7/10".
    """

    kind: str
    name: str
    coordinates: str
    definition: Any
    expected: dict[str, Any]
    at: tuple[str, ...]
    source: str
    constants: str = ""
    functions: dict[str, str] = field(default_factory=dict)
    where: dict[str, str] = field(default_factory=dict)  # abbreviations, each may use those before it
    variables: tuple[tuple[str, str, str, str], ...] = ()  # (name, "continuous" | "discrete", lower, upper)
    splits: dict[str, str] = field(
        default_factory=dict
    )  # where to cut an infinite range; of three or more the outer ones end it
    slow: bool = False

    def __repr__(self) -> str:
        return f"{self.kind}: {self.name}"

    @cached_property
    def _names(self) -> dict[str, bool]:
        words = f"{self.coordinates} {self.constants}".split()
        return {w.removesuffix(">0"): w.endswith(">0") for w in words}

    def symbols(self, assumptions: bool = True) -> dict[str, Any]:
        """What the names in the text mean: symbols with the declared assumptions, or plain ones."""
        table: dict[str, Any] = {}
        for name, positive in self._names.items():
            given = {} if not assumptions else {"positive": True} if positive else {"real": True}
            table[name] = sp.Symbol(name, **given)
        for variable, kind, *_ in self.variables:
            given = {} if not assumptions else {"integer": True} if kind == "discrete" else {"real": True}
            table[variable] = sp.Symbol(variable, **given)
        for signature in self.functions:
            table[signature.partition("(")[0]] = sp.Function(signature.partition("(")[0])
        return table

    def coordinate_symbols(self, assumptions: bool = True) -> tuple[sp.Symbol, ...]:
        table = self.symbols(assumptions)
        return tuple(table[w.removesuffix(">0")] for w in self.coordinates.split())

    def read(self, text: str, assumptions: bool = True, **further: Any) -> sp.Expr:
        """The expression that the text means."""
        table = {**self.symbols(assumptions), **further}
        for short, body in self.where.items():
            table[short] = sp.sympify(body, locals=table)
        return sp.sympify(text, locals=table)

    def points(self, assumptions: bool = True) -> list[dict[sp.Symbol, sp.Rational]]:
        table = self.symbols(assumptions)
        found = []
        for text in self.at:
            pairs = (p.split("=") for p in text.split(","))
            found.append({table[n.strip()]: sp.Rational(v.strip()) for n, v in pairs})
        return found

    def instance(self, expression: sp.Expr, assumptions: bool = True) -> sp.Expr:
        """The expression with every undefined function replaced by its instance."""
        for signature, body in self.functions.items():
            applied = self.read(signature, assumptions)
            expression = expression.subs(applied.func, sp.Lambda(applied.args, self.read(body, assumptions)))
        return expression.doit()


def diagonal(*entries: str) -> list[list[str]]:
    return [[entries[i] if i == j else "0" for j in range(len(entries))] for i in range(len(entries))]


def metric(name: str, coordinates: str, rows: list[list[str]], at: Any, source: str, **rest: Any) -> Fact:
    return _fact("metric", name, coordinates, rows, at, source, rest)


def potential(name: str, coordinates: str, text: str, at: Any, source: str, **rest: Any) -> Fact:
    return _fact("potential", name, coordinates, text, at, source, rest)


def density(name: str, coordinates: str, text: Any, variables: Any, at: Any, source: str, **rest: Any) -> Fact:
    rest["variables"] = tuple(variables)
    return _fact("density", name, coordinates, text, at, source, rest)


def dynamics(
    name: str,
    coordinates: str,
    field: list[str],
    metric: list[list[str]],
    at: Any,
    source: str,
    *,
    potential: str | None = None,
    dual: list[str] | None = None,
    energy: str | None = None,
    **rest: Any,
) -> Fact:
    given = {"field": field, "metric": metric, "potential": potential, "dual": dual, "energy": energy}
    return _fact("dynamics", name, coordinates, given, at, source, rest)


def _fact(kind: str, name: str, coordinates: str, definition: Any, at: Any, source: str, rest: dict[str, Any]) -> Fact:
    known = {k: rest.pop(k) for k in ("constants", "functions", "where", "variables", "splits", "slow") if k in rest}
    points = (at,) if isinstance(at, str) else tuple(at)
    return Fact(kind, name, coordinates, definition, rest, points, source, **known)
