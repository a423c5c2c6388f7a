"""Gibbs measures over finitely many states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import product
from typing import Any

import sympy as sp
from chentsov.geometry.exact.reading import read
from chentsov.geometry.manifolds import ExponentialFamily, ManifoldError

from ..registry import entry

__all__ = ["gibbs_family", "spin_cluster", "two_spins"]


def gibbs_family(
    levels: Mapping[Sequence[Any], Any] | Iterable[Sequence[Any]],
    coordinates: Sequence[sp.Symbol],
    *,
    name: str | None = None,
    source: str | None = None,
) -> ExponentialFamily:
    """The family p(x) ∝ exp Σ θ_i X_i(x) of a finite state space.

    Args:
        levels: the values (X_1, …, X_k) of the collective variables: one for each state, or
            {values: number of states}.
        coordinates: the conjugate parameters θ_i.

    Raises:
        ManifoldError: no states, or values of the wrong length.
        SingularMetricError: the collective variables are linearly dependent on the states.

    >>> import sympy as sp
    >>> t = sp.Symbol("t", real=True)
    >>> coin = gibbs_family([(0,), (1,)], (t,))
    >>> coin.metric
    Matrix([[exp(t)/(exp(t) + 1)**2]])
    """
    if isinstance(levels, Mapping):
        counts = {tuple(map(read, k)): read(n, "a multiplicity") for k, n in levels.items()}
    else:
        counts = dict(Counter(tuple(map(read, k)) for k in levels))
    if not counts:
        raise ManifoldError("a Gibbs measure needs at least one state")
    if any(len(k) != len(coordinates) for k in counts):
        raise ManifoldError(f"each state needs {len(coordinates)} values, one for each of {tuple(coordinates)}")
    terms = [n * sp.exp(sp.Add(*(t * x for t, x in zip(coordinates, k)))) for k, n in counts.items()]
    return ExponentialFamily(sp.log(sp.Add(*terms)), coordinates, name=name, source=source)


def spin_cluster(bonds: Sequence[tuple[Hashable, Hashable]], name: str | None = None) -> ExponentialFamily:
    """Ising spins ±1 on the ends of the bonds, b = βJ for the bonds and h = βH for the field.

    The states are enumerated, so the cluster should have at most about 16 spins.

    >>> spin_cluster([(0, 1), (1, 2), (2, 0)]).dim
    2
    """
    sites = list(dict.fromkeys(s for bond in bonds for s in bond))
    if not sites or len(sites) > 18:
        raise ManifoldError(f"a cluster needs between 2 and 18 spins to be enumerated, not {len(sites)}")
    place = {s: i for i, s in enumerate(sites)}
    levels: Counter[tuple[int, int]] = Counter()
    for spins in product((1, -1), repeat=len(sites)):
        levels[sum(spins[place[u]] * spins[place[v]] for u, v in bonds), sum(spins)] += 1
    b, h = sp.symbols("b h", real=True)
    return gibbs_family(levels, (b, h), name=name or f"cluster of {len(sites)} Ising spins")


@entry()
def two_spins() -> ExponentialFamily:
    """Two coupled spins in a field, ψ = log(2e^{−b} + 2e^{b} cosh 2h).

    >>> two_spins().koszul_alpha.shape
    (2,)
    """
    return spin_cluster([(0, 1)], name="two Ising spins in a field")
