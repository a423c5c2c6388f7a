"""The ready-made manifolds of `chentsov.models`, by name: "surfaces.torus", "spacetimes.kerr", …"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from importlib import import_module
from inspect import getdoc, isclass, signature
from typing import TYPE_CHECKING, Any

from chentsov.geometry.exact.errors import InputError

if TYPE_CHECKING:
    from chentsov.geometry.manifolds import RiemannianManifold

__all__ = ["entries", "manifold_called"]

#: Modules of `chentsov.models` whose functions return a manifold each.
SHELVES = ("families", "gibbs", "surfaces", "spacetimes")


def entries() -> Iterator[tuple[str, Callable[[], Any], str]]:
    """Name, maker, and what it is in one line, of everything in the catalogue that can be made without arguments."""
    for shelf in SHELVES:
        module = import_module(f"chentsov.models.{shelf}")
        for name in module.__all__:
            maker = getattr(module, name)
            if name != "catalogue" and callable(maker) and not isclass(maker) and _makes_a_manifold(maker):
                yield f"{shelf}.{name}", maker, _description(maker)


def _makes_a_manifold(maker: Callable[..., Any]) -> bool:
    """By its signature: a manifold or a family of distributions comes out, and nothing need go in."""
    form = signature(maker)
    optional = all(
        p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in form.parameters.values()
    )
    return optional and str(form.return_annotation).endswith(("Manifold", "Family"))


def _description(maker: Callable[..., Any]) -> str:
    if hasattr(maker, "record"):
        return str(maker.record().title)
    return (getdoc(maker) or "").split("\n", 1)[0]


def manifold_called(name: str) -> RiemannianManifold:
    """The manifold of that name, with its constants as symbols.

    >>> manifold_called("surfaces.torus").dim
    2

    Raises ValueError for a name that is not in the catalogue, with the nearest ones that are.
    """
    from chentsov.geometry.manifolds import RiemannianManifold

    makers = {known: maker for known, maker, _ in entries()}
    short = {known.split(".", 1)[1]: known for known in makers}
    full = name if name in makers else short.get(name)
    if full is None:
        near = get_close_matches(name, [*makers, *short], n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "`chentsov catalogue` lists what there is"
        raise InputError(f"'{name[:60]}' is not in the catalogue: {hint}")
    found = makers[full]()
    if not isinstance(found, RiemannianManifold):
        raise InputError(f"{full} is not a manifold")
    return found
