"""The registry of `chentsov.models` for the command line: "surfaces.torus", "spacetimes.kerr", …"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chentsov.geometry.manifolds import RiemannianManifold

__all__ = ["entries", "manifold_called"]


def entries() -> Iterator[tuple[str, Callable[[], Any], str]]:
    """Name, maker, and what it is in one line, of everything in the catalogue."""
    from chentsov.models.registry import catalogue

    for found in catalogue():
        yield found.key, partial(getattr, found, "model"), found.title


def manifold_called(name: str) -> RiemannianManifold:
    """The manifold of that name, with its constants as symbols.

    >>> manifold_called("surfaces.torus").dim
    2

    Raises ValueError for a name that is not in the catalogue, with the nearest ones that are.
    """
    from chentsov.models.registry import find

    return find(name).manifold
