"""What a family of distributions is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import sympy as sp
from chentsov.geometry.exact.reading import read, read_bound
from chentsov.geometry.manifolds import StatisticalManifold
from chentsov.geometry.manifolds.domain import Domain

from ..registry import Entry, enrol, shelf, shelf_of

__all__ = ["Family", "catalogue", "family"]


@dataclass(frozen=True)
class Family:
    """A family with its density, its domain and what the literature says of it.

    Args:
        name: the name in `chentsov.models.families`.
        title: the name in words.
        variables: {sample variable: range}, as for `StatisticalManifold.from_density`.
        domain: {coordinate or constant: (lower, upper)}, an open interval each.
        conditions: further inequalities that the domain demands.
        density, log_density, pieces: one of the three.
        closed_forms: {"metric": ..., "ricci_scalar": ..., "amari_chentsov": {(i, j, k): ...}}.
        source: where the closed forms are to be found.
        sample: a parameter point inside the domain.
    """

    name: str
    title: str
    variables: Mapping[sp.Symbol, Any]
    coordinates: tuple[sp.Symbol, ...]
    domain: Mapping[sp.Symbol, tuple]
    density: sp.Expr | None = None
    log_density: sp.Expr | None = None
    pieces: tuple[Any, ...] | None = None
    closed_forms: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    conditions: tuple[sp.Basic, ...] = ()
    sample: Mapping[sp.Symbol, sp.Expr] = field(default_factory=dict)

    def manifold(self) -> StatisticalManifold:
        """The statistical manifold, derived from the density when first asked for."""
        return self._manifold

    @cached_property
    def _manifold(self) -> StatisticalManifold:
        return StatisticalManifold.from_density(
            self.density,
            self.variables or None,
            self.coordinates,
            log_density=self.log_density,
            pieces=self.pieces,
            domain=self.domain,
            conditions=self.beyond_assumptions,
            name=self.title,
            source=self.source,
        )

    @property
    def constants(self) -> tuple[sp.Symbol, ...]:
        """Symbols of the density that are no coordinates."""
        return tuple(s for s in self.domain if s not in self.coordinates)

    @property
    def inequalities(self) -> tuple[sp.Basic, ...]:
        """The domain as inequalities.

        >>> from chentsov.models import families
        >>> families.bernoulli.record().inequalities
        (theta > 0, theta < 1)
        """
        bounds = [(s, read_bound(low), read_bound(high)) for s, (low, high) in self.domain.items()]
        lower = [sp.Gt(s, low, evaluate=False) for s, low, _ in bounds if low.is_finite]
        upper = [sp.Lt(s, high, evaluate=False) for s, _, high in bounds if high.is_finite]
        return (*lower, *upper, *self.conditions)

    @property
    def beyond_assumptions(self) -> tuple[sp.Basic, ...]:
        """Those that the assumptions of the symbols do not say already."""
        return tuple(c for c in self.inequalities if c.func(*c.args) != sp.true)


class FamilyEntry(Entry):
    """A function that makes a `Family`; calling it gives the manifold, `record` the family itself."""

    def __init__(self, make: Callable[..., Family], shelf: str) -> None:
        super().__init__(make, shelf)
        self.record = lru_cache(maxsize=None)(make)

    def __call__(self, *arguments: Any, **named: Any) -> StatisticalManifold:
        return self.record(*arguments, **named).manifold()

    @property
    def title(self) -> str:
        """The name in words."""
        return self.record().title

    @property
    def name(self) -> str:
        """The name in words."""
        return self.title

    @property
    def coordinates(self) -> tuple[sp.Symbol, ...]:
        """The parameters, without deriving anything."""
        return self.record().coordinates

    @property
    def constants(self) -> tuple[sp.Symbol, ...]:
        """The symbols of the density that are no coordinates."""
        return self.record().constants

    @property
    def domain(self) -> Domain:
        """What parameters and constants are declared to satisfy, without deriving anything."""
        record = self.record()
        return Domain((*record.coordinates, *record.constants), record.beyond_assumptions)

    @property
    def sample(self) -> dict[sp.Symbol, sp.Expr]:
        """The sample point of the record."""
        return {s: read(v) for s, v in self.record().sample.items()}


def family(make: Callable[..., Family]) -> FamilyEntry:
    """Enter a family in the catalogue."""
    made = FamilyEntry(make, shelf_of(make))
    enrol(made)
    return made


def catalogue() -> Iterator[Family]:
    """All families with their default arguments, file by file."""
    for made in list(shelf("families").values()):
        yield made.record()  # type: ignore[attr-defined]
