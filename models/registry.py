"""The one registry: everything that has a name, on its shelf, with what it is, where it lives and how to make it.

A shelf is a module of `chentsov.models`, or a package of which every file is looked through. A decorated function
appears by itself in Python (`families.gamma`), in `chentsov catalogue`, in the command line's NAME arguments, in the
cross-check of the whole catalogue and in the tests that run over it.

>>> from chentsov.models import surfaces
>>> surfaces.torus.key, surfaces.torus.title, surfaces.torus().dim
('surfaces.torus', 'The torus of revolution; K = cos v / (r (R + r cos v)).', 2)
>>> isinstance(surfaces.torus, Model), surfaces.torus.coordinates
(True, (u, v))
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from importlib import import_module
from inspect import getdoc
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

import sympy as sp
from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.exact.reading import takes_expressions
from chentsov.geometry.manifolds import RiemannianManifold
from chentsov.geometry.manifolds.domain import Domain
from chentsov.geometry.manifolds.quantities import Quantity

from .model import Model

if TYPE_CHECKING:
    import numpy as np

__all__ = ["SHELVES", "Entry", "catalogue", "entry", "find", "shelf"]

#: Where entries are looked for, in the order of the catalogue.
SHELVES = ("families", "gibbs", "surfaces", "spacetimes", "neuron", "networks", "hopfield")

_ENTRIES: dict[str, dict[str, Entry]] = {}


class Entry(Model):
    """A function that makes a manifold or a model; the model, too, that it makes of its default arguments.

    Args:
        make: the function; the first line of its docstring is the title.
        shelf: the name of the module of `chentsov.models` that it belongs to.
        example: arguments to make it with where it has none by default.
        variants: further arguments, whose results the catalogue's tests look at as well.
    """

    def __init__(
        self, make: Callable[..., Any], shelf: str, example: Sequence[Any] = (), variants: Sequence[Sequence[Any]] = ()
    ) -> None:
        self.make, self.shelf, self.example, self.variants = make, shelf, tuple(example), tuple(variants)
        functools.update_wrapper(self, make)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self.make(*arguments, **named)

    def __repr__(self) -> str:
        return f"<{self.key}: {self.title}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return find, (self.key,)

    @property
    def key(self) -> str:
        """Its name in the catalogue, "shelf.function"."""
        return f"{self.shelf}.{self.make.__name__}"

    @property
    def title(self) -> str:
        """What it is, in one line."""
        return (getdoc(self.make) or "").split("\n", 1)[0]

    @functools.cached_property
    def model(self) -> Any:
        """What the function makes of its example: a manifold, or a model."""
        return self(*self.example)

    @property
    def name(self) -> str:
        """The name of what is made."""
        return str(getattr(self.model, "name", None) or self.key)

    @property
    def manifold(self) -> RiemannianManifold:
        """The manifold, with its constants as symbols."""
        return self.model.manifold if isinstance(self.model, Model) else self.model

    @property
    def coordinates(self) -> tuple[sp.Symbol, ...]:
        """The symbols of its parameters."""
        return tuple(self.model.coordinates)

    @property
    def constants(self) -> tuple[sp.Symbol, ...]:
        """Every symbol that needs a number besides the coordinates."""
        return tuple(self.model.constants)

    @property
    def domain(self) -> Domain:
        """What coordinates and constants are declared to satisfy."""
        return self.model.domain

    @property
    def rows(self) -> tuple[sp.Symbol, ...]:
        """The symbols of a data row, if the model averages over data."""
        return self.model.rows if isinstance(self.model, Model) else ()

    def row_values(self, data: Any = None, targets: Any = None) -> dict[sp.Symbol, np.ndarray[Any, Any]]:
        """{row symbol: column} of the data given, or of the model's own."""
        return (
            self.model.row_values(data, targets) if isinstance(self.model, Model) else super().row_values(data, targets)
        )

    def own_quantities(self) -> tuple[Quantity, ...]:
        """What can be asked of the model and not of its manifold."""
        own = self.model.own_quantities() if isinstance(self.model, Model) else ()
        return tuple(Quantity(q.name, q.long_name, q.latex, q.units, q.rank, _Of(self, q)) for q in own)

    def rows_for_checks(self) -> dict[sp.Symbol, np.ndarray[Any, Any]]:
        """Rows to compare formulas on: the model's own, or drawn ones where it has none."""
        return self.model.rows_for_checks() if isinstance(self.model, Model) else {}

    def members(self) -> Iterator[Any]:
        """What is made of the example, then of the variants."""
        yield self.model
        for arguments in self.variants:
            yield self(*arguments)


class _Of:
    """The getter of a quantity of the model that an entry makes."""

    def __init__(self, entry: Entry, quantity: Quantity) -> None:
        self.entry, self.quantity = entry, quantity

    def __call__(self, _: Any) -> Any:
        return self.quantity.getter(self.entry.model)


def entry(
    *, example: Sequence[Any] = (), variants: Sequence[Sequence[Any]] = ()
) -> Callable[[Callable[..., Any]], Entry]:
    """Enter a function that makes a manifold or a model in the registry, under its own name; it reads its arguments.

    Args:
        example: arguments to make it with where it has none by default.
        variants: further arguments, whose results the catalogue's tests look at as well.
    """

    def enter(make: Callable[..., Any]) -> Entry:
        return enrol(Entry(takes_expressions(make), shelf_of(make), example, variants))

    return enter


def shelf_of(make: Callable[..., Any]) -> str:
    """The module or package of `chentsov.models` that a function stands in; "families" for one of your own."""
    parts = make.__module__.split(".")
    return parts[2] if parts[:2] == ["chentsov", "models"] and len(parts) > 2 else "families"


def enrol(made: Entry) -> Entry:
    """Put an entry on its shelf; the last one of a name stays."""
    _ENTRIES.setdefault(made.shelf, {})[made.make.__name__] = made
    return made


def shelf(name: str) -> dict[str, Entry]:
    """{function name: entry} of a shelf; every file of a package is looked through.

    >>> list(shelf("gibbs"))[:2]
    ['ising_chain', 'ising_ring']
    """
    module = import_module(f"chentsov.models.{name}")
    for found in iter_modules(getattr(module, "__path__", ())):
        import_module(f"{module.__name__}.{found.name}")
    entries = _ENTRIES.get(name, {})
    for function, made in entries.items():  # a file may have the name of what it holds
        setattr(module, function, made)
    return entries


def catalogue() -> Iterator[Entry]:
    """Everything that has a name.

    >>> [e.key for e in catalogue()][0].split(".")[0]
    'families'
    """
    for name in SHELVES:
        yield from list(shelf(name).values())


def find(key: str) -> Entry:
    """The entry of that name; the shelf may be left out.

    Raises:
        InputError: there is none; the message names the nearest.

    >>> find("torus") is find("surfaces.torus")
    True
    """
    every = {e.key: e for e in catalogue()}
    short = {k.split(".", 1)[1]: k for k in every}
    full = key if key in every else short.get(key)
    if full is None:
        near = get_close_matches(str(key), [*every, *short], n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "`chentsov catalogue` lists what there is"
        raise InputError(f"'{key!s:.60}' is not in the catalogue: {hint}")
    return every[full]
