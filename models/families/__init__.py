"""Families of probability distributions as statistical manifolds.

Each name is an entry of the registry: a call returns a `StatisticalManifold` derived from its density;
``name.record()`` tells the density, the domain, and closed forms from the literature with their sources, and
``catalogue()`` runs over all of them. A new family is a file in this folder (CONTRIBUTING.md shows one).

>>> from chentsov.models import families
>>> families.beta().provenance.route
'exponential family'
>>> sorted(f.name for f in families.catalogue())[:3]
['bernoulli', 'beta', 'binomial']
"""

from typing import Any

from ..registry import shelf
from .record import Family, catalogue, family

__all__ = ["Family", "catalogue", "family", *shelf("families")]


def __getattr__(name: str) -> Any:
    """A family whose file has come since."""
    known = {} if name.startswith("_") else shelf("families")
    if name in known:
        return known[name]
    raise AttributeError(f"there is no family called {name}; known are {', '.join(known)}")
