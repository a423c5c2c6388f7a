"""The ready-made manifolds of `chentsov.models`, by name: "surfaces.torus", "spacetimes.kerr", …"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from importlib import import_module
from inspect import getdoc, isfunction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chentsov.geometry.manifolds import RiemannianManifold

__all__ = ["entries", "manifold_called"]

#: Modules of `chentsov.models` whose functions return a manifold each.
SHELVES = ("families", "gibbs", "surfaces", "spacetimes")


def entries() -> Iterator[tuple[str, Callable[[], Any], str]]:
    """Name, maker, and first line of the description of everything in the catalogue."""
    for shelf in SHELVES:
        try:
            module = import_module(f"chentsov.models.{shelf}")
        except ModuleNotFoundError as error:
            if error.name != f"chentsov.models.{shelf}":
                raise
            continue
        for name in getattr(module, "__all__", ()):
            maker = getattr(module, name)
            if isfunction(maker) and name != "catalogue" and not name.startswith("_"):
                yield f"{shelf}.{name}", maker, (getdoc(maker) or "").split("\n", 1)[0]


def manifold_called(name: str) -> RiemannianManifold:
    """The manifold of that name, with its constants as symbols.

    >>> manifold_called("surfaces.torus").dim
    2

    Raises ValueError for a name that is not in the catalogue (with the nearest ones), or that needs arguments.
    """
    from chentsov.geometry.manifolds import RiemannianManifold

    makers = {known: maker for known, maker, _ in entries()}
    short = {known.split(".", 1)[1]: known for known in makers}
    full = name if name in makers else short.get(name)
    if full is None:
        near = get_close_matches(name, [*makers, *short], n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "`chentsov catalogue` lists what there is"
        raise ValueError(f"'{name[:60]}' is not in the catalogue: {hint}")
    try:
        found = makers[full]()
    except TypeError as error:
        raise ValueError(f"{full} needs arguments; call it from Python: {error}") from error
    if not isinstance(found, RiemannianManifold):
        raise ValueError(f"{full} is not a manifold")
    return found
