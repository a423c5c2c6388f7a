"""Associative memory: patterns stored in the weights, recalled from a corrupted copy."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.exact.tables import read_times
from chentsov.geometry.manifolds.hessian_volumes import VOLUMES

from .numeric import HopfieldNumbers

__all__ = ["AssociativeMemory", "DenseAssociativeMemory", "hebbian"]


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
    """A network with Hebbian weights that recalls stored patterns.

    An activation with the image (m − h, m + h) carries the spin s = (v − m)/h, so that W s is had from weights W/h and
    currents −W m/h: every bounded activation makes a memory of patterns ±1, logistic neurons as well as tanh.

    Args:
        patterns: rows of ±1, (p, n); well below 0.138 n random patterns can be held (Amit, Gutfreund & Sompolinsky).
        gain: λ of σ(λu); the steeper, the closer the spins come to ±1. Where λ σ′(0) < h nothing is held.
        activation: a name, an `IncreasingActivation` or an expression, with a bounded image.

    Raises:
        ValueError: patterns that are not ±1, a gain that is not positive, an activation with an unbounded image.

    >>> import numpy as np
    >>> patterns = np.sign(np.random.default_rng(1).normal(size=(3, 64)))
    >>> memory = AssociativeMemory(patterns)
    >>> corrupted = memory.corrupted(0, flips=12, seed=2)
    >>> path = memory.recall(corrupted)
    >>> bool((np.sign(path.rates[-1]) == patterns[0]).all()), bool((path.energy.diff("t") <= 1e-9).all())
    (True, True)
    """

    def __init__(self, patterns: Any, gain: float = 4.0, activation: Any = "tanh") -> None:
        self.patterns = np.atleast_2d(np.asarray(patterns, dtype=float))
        from .activations import activation as read

        weights, act = hebbian(self.patterns), read(activation, gain=gain)
        low, high = act.ends
        if not (np.isfinite(low) and np.isfinite(high)):
            raise InputError(
                f"{act.name} is unbounded, so that its rates hold no pattern of ±1; take a bounded activation"
            )
        self.middle, self.half = (high + low) / 2, (high - low) / 2
        current = -weights.sum(1) * self.middle / self.half
        self.network = HopfieldNumbers.of_arrays(weights / self.half, act, current=current)

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
            ``overlap`` (t × pattern) = (1/n) Σ_i s_i ξ_i with the spins s = (v − m)/h.

        Raises:
            ValueError: a start of the wrong length.
        """
        u0 = np.asarray(start, dtype=float)
        if u0.shape != (self.network.size,):
            raise InputError(f"the start has shape {u0.shape}; this memory has {self.network.size} neurons")
        times = read_times(t, moments)
        path = self.network.trajectories(u0[None], times, rtol=rtol, atol=atol).position.values[0]
        rates = self.network.rates(path)
        kappa = np.stack([self.network.compressibility(path, v) for v in VOLUMES], axis=-1)
        return xr.Dataset(
            {
                "state": (("t", "neuron"), path),
                "rates": (("t", "neuron"), rates),
                "energy": ("t", self.network.energy(path)),
                "compressibility": (("t", "volume"), kappa),
                "overlap": (
                    ("t", "pattern"),
                    (rates - self.middle) / self.half @ self.patterns.T / self.network.size,
                ),
            },
            coords={"t": times, "volume": list(VOLUMES), "neuron": np.arange(1, self.network.size + 1)},
        )


class DenseAssociativeMemory:
    """Dense associative memories: E(v) = ½|v|² − L(ξv) with a steep function L of the overlaps of many patterns.

    L = β⁻¹ log Σ e^{βh_μ} is the modern Hopfield network, whose update v ← ξᵀ softmax(βξv) is attention (H. Ramsauer
    et al., ICLR 2021); L = Σ [h_μ]₊ⁿ/n is that of D. Krotov and J. Hopfield (NeurIPS 2016), which holds about n^{k−1}
    patterns of n neurons with the power k. Both are the limit of fast hidden neurons h of
    `LagrangianNetwork.two_layers`.

    Args:
        patterns: rows ξ^μ of any real numbers, (p, n).
        separation: "softmax", or a power k ≥ 2.
        beta: β of softmax.

    Raises:
        ValueError: patterns that are no finite matrix, a power below two, β that is not positive.

    >>> import numpy as np
    >>> patterns = np.sign(np.random.default_rng(3).normal(size=(40, 24)))      # far beyond 0.138 · 24
    >>> memory = DenseAssociativeMemory(patterns, beta=2.0)
    >>> start = patterns[7].copy()
    >>> start[:5] *= -1
    >>> path = memory.recall(start)
    >>> bool((np.sign(path.state[-1]) == patterns[7]).all()), bool((path.energy.diff("step") <= 1e-9).all())
    (True, True)
    """

    def __init__(self, patterns: Any, separation: Any = "softmax", beta: float = 1.0) -> None:
        self.patterns = np.atleast_2d(np.asarray(patterns, dtype=float))
        if self.patterns.ndim != 2 or self.patterns.size == 0 or not np.all(np.isfinite(self.patterns)):
            raise InputError("patterns must be rows of finite numbers")
        if separation != "softmax" and not (isinstance(separation, int) and separation >= 2):
            raise InputError(f"the separation is 'softmax' or a power of at least 2, not {separation!r}")
        if not (np.isfinite(beta) and beta > 0):
            raise InputError(f"beta is {beta}; it must be positive")
        self.separation, self.beta = separation, float(beta)

    def _states(self, v: Any) -> np.ndarray:
        v = np.asarray(v, dtype=float)
        if v.shape[-1:] != self.patterns.shape[1:] or not np.all(np.isfinite(v)):
            raise InputError(f"a state has {self.patterns.shape[1]} finite numbers; this one has the shape {v.shape}")
        return v

    def _lagrangian(self, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """L(h) and ∂L(h)."""
        if self.separation == "softmax":
            top = h.max(-1, keepdims=True)
            weights = np.exp(self.beta * (h - top))
            total = weights.sum(-1, keepdims=True)
            return (top + np.log(total) / self.beta)[..., 0], weights / total
        positive = np.maximum(h, 0.0)
        return (positive**self.separation).sum(-1) / self.separation, positive ** (self.separation - 1)

    def energy(self, v: Any) -> np.ndarray:
        """E(v) = ½|v|² − L(ξv)."""
        v = self._states(v)
        return (v**2).sum(-1) / 2 - self._lagrangian(v @ self.patterns.T)[0]

    def velocity(self, v: Any) -> np.ndarray:
        """v̇ = ξᵀ ∂L(ξv) − v = −∂E."""
        v = self._states(v)
        return self._lagrangian(v @ self.patterns.T)[1] @ self.patterns - v

    def recall(self, start: Any, steps: int = 32) -> xr.Dataset:
        """Updates v ← ξᵀ ∂L(ξv), normed to the length of the patterns for powers, from a start.

        With softmax the energy falls in every step, as the update minimises a bound that touches it (Yuille &
        Rangarajan).

        Returns:
            Dataset over ``step``: ``state`` (step × neuron), ``energy``, ``overlap`` (step × pattern) with the
            patterns.
        """
        v, size = self._states(start), np.sqrt((self.patterns**2).sum(1).mean())
        if v.ndim != 1:
            raise InputError(f"recall takes one state, not an array of shape {v.shape}")
        path = [v]
        for _ in range(steps):
            v = v + self.velocity(v)
            if self.separation != "softmax":
                v = v * size / max(float(np.linalg.norm(v)), 1e-300)
            path.append(v)
        states = np.array(path)
        overlap = states @ self.patterns.T / (self.patterns**2).sum(1)
        return xr.Dataset(
            {
                "state": (("step", "neuron"), states),
                "energy": ("step", self.energy(states)),
                "overlap": (("step", "pattern"), overlap),
            },
            coords={"step": np.arange(len(states))},
        )
