"""Verified facts: closed forms from the literature with values to 30 digits, in `facts/cases.json`.

The strings are trusted and parsed with SymPy; their domains become assumptions.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sympy as sp

CASES = Path(__file__).resolve().parent / "facts" / "cases.json"
#: Every value is checked to this many digits.
DIGITS = 25


def assumptions(domain: str) -> dict[str, bool]:
    """SymPy assumptions for a domain as the file writes it."""
    if domain.startswith("positive") or domain in ("(0,pi)", "open interval (0,1)"):
        return {"positive": True, **({"integer": True} if "integer" in domain else {})}
    for word in ("negative", "nonnegative"):
        if domain.startswith(word):
            return {word: True}
    return {"real": True}


@dataclass(frozen=True)
class Case:
    """One record: its symbols, its parsed expressions and its points."""

    record: dict[str, Any]

    @property
    def id(self) -> str:
        return self.record["id"]

    @functools.cached_property
    def symbols(self) -> dict[str, sp.Symbol]:
        declared = [*self.record["coordinates"], *self.record["constants"]]
        table = {d["name"]: sp.Symbol(d["name"], **assumptions(d["domain"])) for d in declared}
        table.setdefault("alpha", sp.Symbol("alpha", real=True))
        for variable in self.record["definition"].get("variables", []):
            table.setdefault(variable["name"], sp.Symbol(variable["name"], real=True))
        return table

    @property
    def coordinates(self) -> tuple[sp.Symbol, ...]:
        return tuple(self.symbols[c["name"]] for c in self.record["coordinates"])

    @property
    def definition(self) -> dict[str, Any]:
        return self.record["definition"]

    @property
    def expected(self) -> dict[str, Any]:
        return self.record["expected"]

    def parse(self, text: Any) -> Any:
        """A string, or a nesting of strings, as SymPy expressions over this record's symbols."""
        if isinstance(text, list):
            return [self.parse(t) for t in text]
        if isinstance(text, dict):
            return {k: self.parse(t) for k, t in text.items()}
        return sp.sympify(text, locals=dict(self.symbols))

    def points(self) -> Iterator[tuple[dict[sp.Symbol, sp.Expr], dict[str, Any]]]:
        """(symbol -> exact value, quantity -> value strings) of each tabulated point."""
        for point in self.record["points"]:
            at = {self.symbols[n]: sp.sympify(v) for n, v in point["at"].items() if n in self.symbols}
            yield at, point["values"]


def _records() -> list[dict[str, Any]]:
    return json.loads(CASES.read_text(encoding="utf-8"))["cases"]


def cases(*kinds: str, key: str | None = None) -> list[Any]:
    """Records of these kinds as pytest parameters."""
    found = [Case(r) for r in _records() if r["kind"] in kinds and (key is None or key in r["expected"])]
    return [pytest.param(c, id=f"{c.id}") for c in found]


def agrees(expression: Any, at: dict[sp.Symbol, sp.Expr], value: str, digits: int = DIGITS) -> bool:
    """Whether the expression has the tabulated value at the point, to `digits` digits."""
    number = sp.sympify(expression).subs(at).evalf(digits + 25)
    target = sp.Float(value, 35)
    return bool(abs(number - target) <= sp.Float(10) ** -digits * max(sp.Integer(1), abs(target)))
