"""Associative memory: patterns stored in the weights, recalled from a corrupted copy."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.manifolds.hessian_volumes import VOLUMES

from .numeric import HopfieldNumbers

__all__ = ["AssociativeMemory", "hebbian"]


def hebbian(patterns: Any) -> np.ndarray:
    """W = (1/n) Σ_μ ξ^μ ξ^μᵀ without its diagonal, for patterns ξ^μ of ±1 (D. O. Hebb; Hopfield, PNAS 79, 1982).

    Raises:
        ValueError: patterns that do not consist of ±1.

    >>> hebbian([[1, -1], [1, 1]]).tolist()
    [[0.0, 0.0], [0.0, 0.0]]
    """
    xi = np.atleast_2d(np.asarray(patterns, dtype=float))
    if xi.ndim != 2 or xi.size == 0 or not np.all(np.abs(xi) == 1):
        raise InputError("patterns must be rows of +1 and −1")
    weights = xi.T @ xi / xi.shape[1]
    np.fill_diagonal(weights, 0.0)
    return weights


class AssociativeMemory:
    """A network of tanh neurons with Hebbian weights that recalls stored patterns.

    Args:
        patterns: rows of ±1, (p, n); well below 0.138 n random patterns can be held (Amit, Gutfreund & Sompolinsky).
        gain: λ of tanh(λu); the steeper, the closer the rates come to ±1. Below λ = 1 nothing is held.

    Raises:
        ValueError: patterns that are not ±1, a gain that is not positive.

    >>> import numpy as np
    >>> patterns = np.sign(np.random.default_rng(1).normal(size=(3, 64)))
    >>> memory = AssociativeMemory(patterns)
    >>> corrupted = memory.corrupted(0, flips=12, seed=2)
    >>> path = memory.recall(corrupted)
    >>> bool((np.sign(path.rates[-1]) == patterns[0]).all()), bool((path.energy.diff("t") <= 1e-9).all())
    (True, True)
    """

    def __init__(self, patterns: Any, gain: float = 4.0) -> None:
        self.patterns = np.atleast_2d(np.asarray(patterns, dtype=float))
        from .activations import activation

        self.network = HopfieldNumbers.of_arrays(hebbian(self.patterns), activation("tanh", gain=gain))

    def corrupted(self, which: int, flips: int, seed: int = 0) -> np.ndarray:
        """A stored pattern with so many of its signs flipped at random."""
        pattern = self.patterns[which].copy()
        if not 0 <= flips <= pattern.size:
            raise InputError(f"{flips} signs cannot be flipped in a pattern of {pattern.size}")
        pattern[np.random.default_rng(seed).choice(pattern.size, flips, replace=False)] *= -1
        return pattern

    def recall(
        self, start: Any, t: Any = 20.0, *, moments: int = 101, rtol: float = 1e-9, atol: float = 1e-11
    ) -> xr.Dataset:
        """What the network makes of a start: the trajectory with its energy, compressibilities and overlaps.

        Args:
            start: initial states u (n,), for instance a corrupted pattern.
            t: the last time, or the output times.

        Returns:
            Dataset over ``t``: ``state`` and ``rates`` (t × neuron), ``energy``, ``compressibility`` (t × volume) and
            ``overlap`` (t × pattern) = (1/n) Σ_i v_i ξ_i.

        Raises:
            ValueError: a start of the wrong length.
        """
        u0 = np.asarray(start, dtype=float)
        if u0.shape != (self.network.size,):
            raise InputError(f"the start has shape {u0.shape}; this memory has {self.network.size} neurons")
        times = np.linspace(0.0, float(t), moments) if np.ndim(t) == 0 else np.asarray(t, dtype=float)
        path = self.network.trajectories(u0[None], times, rtol=rtol, atol=atol).position.values[0]
        rates = self.network.rates(path)
        kappa = np.stack([self.network.compressibility(path, v) for v in VOLUMES], axis=-1)
        return xr.Dataset(
            {
                "state": (("t", "neuron"), path),
                "rates": (("t", "neuron"), rates),
                "energy": ("t", self.network.energy(path)),
                "compressibility": (("t", "volume"), kappa),
                "overlap": (("t", "pattern"), rates @ self.patterns.T / self.network.size),
            },
            coords={"t": times, "volume": list(VOLUMES), "neuron": np.arange(1, self.network.size + 1)},
        )
