"""What a family of distributions is, and the catalogue of those there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from typing import Any

import sympy as sp
from chentsov.geometry.manifolds import StatisticalManifold

__all__ = ["Family", "catalogue", "family"]

_KINDS = ("discrete", "gamma_kind", "gaussian_kind", "group_kind", "directional")
_BUILDERS: dict[str, Builder] = {}


@dataclass(frozen=True)
class Family:
    """A family with its density, its domain and what the literature says of it.

    Args:
        name: the name in `chentsov.models.families`.
        title: the name in words.
        variables: {sample variable: range}, as for `StatisticalManifold.from_density`.
        domain: {coordinate or constant: (lower, upper)}; further conditions in words in ``condition``.
        conditions: inequalities between the parameters that hold beside; numbers that break one are outside the domain.
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
    condition: str = ""
    conditions: tuple[Any, ...] = ()
    sample: Mapping[sp.Symbol, sp.Expr] = field(default_factory=dict)

    def manifold(self) -> StatisticalManifold:
        """The statistical manifold, derived from the density when first asked for."""
        return _manifold(id(self), self)

    @property
    def constants(self) -> tuple[sp.Symbol, ...]:
        """Symbols of the density that are no coordinates."""
        return tuple(s for s in self.domain if s not in self.coordinates)


_made: dict[int, tuple[Family, StatisticalManifold]] = {}


def _manifold(key: int, record: Family) -> StatisticalManifold:
    if key not in _made:
        made = StatisticalManifold.from_density(
            record.density,
            record.variables or None,
            record.coordinates,
            log_density=record.log_density,
            pieces=record.pieces,
            domain=record.domain,
            conditions=record.conditions,
            name=record.title,
            source=record.source,
        )
        _made[key] = (record, made)
    return _made[key][1]


class Builder:
    """A function that makes a `Family`; calling it gives the manifold."""

    def __init__(self, make: Callable[..., Family]) -> None:
        self.record = lru_cache(maxsize=None)(make)
        self.__doc__ = make.__doc__
        self.__name__ = make.__name__
        self.__module__ = make.__module__
        self.__wrapped__ = make

    def __call__(self, *arguments: Any) -> StatisticalManifold:
        return self.record(*arguments).manifold()

    def __repr__(self) -> str:
        return f"<family {self.__name__}>"


def family(make: Callable[..., Family]) -> Builder:
    """Enter a family in the catalogue."""
    builder = Builder(make)
    _BUILDERS[make.__name__] = builder
    return builder


def catalogue() -> Iterator[Family]:
    """All families with their default arguments, in the order of their files."""
    for kind in _KINDS:
        import_module(f"chentsov.models.families.{kind}")
    for builder in list(_BUILDERS.values()):
        yield builder.record()
