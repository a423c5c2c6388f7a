"""A Hopfield network in numbers: values on arrays of states, trajectories by the thousand, fixed points.

The formulas are those of `network`, on NumPy arrays of shape (..., n). Where σ saturates they are evaluated in the
closed forms of `activations`, which do not cancel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.exact.tables import read_times
from chentsov.geometry.flows.compiled_field import compile_field
from chentsov.geometry.flows.evaluation import constant_values
from chentsov.geometry.flows.lanes import ENDINGS, flags, integrate_lanes
from chentsov.geometry.manifolds.hessian_volumes import VOLUMES

from .activations import IncreasingActivation, U
from .lane_kernel import network_field

if TYPE_CHECKING:
    from .network import Hopfield

__all__ = ["HopfieldNumbers"]

# Up to this size the field is compiled with the weights written out; beyond it loops read them.
_WRITTEN_OUT = 10


@dataclass(frozen=True, eq=False)
class HopfieldNumbers:
    """C_i u̇_i = −u_i/R_i + Σ_j W_ij σ(u_j) + J_i with numbers.

    Attributes:
        weights: (n, n);  resistance, capacitance, current: (n,).
        activation: without free symbols.

    >>> import numpy as np
    >>> pair = HopfieldNumbers.of_arrays(np.array([[0.0, 2.0], [2.0, 0.0]]), "tanh")
    >>> u = np.array([[0.3, -0.2], [40.0, -40.0]])
    >>> mean = (pair.compressibility(u, "primal") + pair.compressibility(u, "dual")) / 2
    >>> spread = pair.compressibility(u)
    >>> bool(np.allclose(spread, mean)), bool(np.allclose(spread, -pair.laplacian_of_energy(u)))
    (True, True)
    """

    weights: np.ndarray
    resistance: np.ndarray
    capacitance: np.ndarray
    current: np.ndarray
    activation: IncreasingActivation

    @classmethod
    def of(cls, network: Hopfield, constants: Mapping[Any, Any] | None = None) -> HopfieldNumbers:
        """The numbers of a symbolic network; see `Hopfield.numbers`."""
        values = constant_values(network.constants, constants)

        def array(entries: Any) -> np.ndarray:
            return np.array([float(e.subs(values)) for e in entries])

        n = network.size
        return cls.of_arrays(
            array(network.weights).reshape(n, n), network.activation.subs(values),
            array(network.resistances), array(network.capacitances), array(network.currents),
        )  # fmt: skip

    @classmethod
    def of_arrays(
        cls, weights: Any, activation: Any = "tanh", resistance: Any = 1.0, capacitance: Any = 1.0, current: Any = 0.0
    ) -> HopfieldNumbers:
        """From arrays; single values are taken for all neurons.

        Raises:
            ValueError: weights that are not square or not finite, R or C not positive, a wrong number of values.
        """
        from .activations import activation as named

        w = np.array(weights, dtype=float)
        if w.ndim != 2 or w.shape[0] != w.shape[1] or w.size == 0 or not np.all(np.isfinite(w)):
            raise InputError(f"the weights have shape {w.shape}; a square matrix of finite numbers is needed")
        rest = {}
        for name, given in (("resistance", resistance), ("capacitance", capacitance), ("current", current)):
            values = np.asarray(given, dtype=float)
            if values.ndim > 1 or values.shape not in ((), (len(w),)) or not np.all(np.isfinite(values)):
                raise InputError(f"{name} has shape {values.shape}; one finite number, or {len(w)}, are needed")
            rest[name] = np.broadcast_to(values, (len(w),)).copy()
            if name != "current" and np.any(rest[name] <= 0):
                k = int(np.argmin(rest[name]))
                raise InputError(f"{name} {k + 1} is {rest[name][k]:g}; it must be positive")
        return cls(w, activation=named(activation), **rest)

    @property
    def size(self) -> int:
        """The number of neurons."""
        return len(self.weights)

    @cached_property
    def is_symmetric(self) -> bool:
        """Whether W = Wᵀ exactly."""
        return bool(np.array_equal(self.weights, self.weights.T))

    def _function(self, what: str) -> Callable[[np.ndarray], np.ndarray]:
        return self.activation.numeric[what]

    # -- values at states ---------------------------------------------------------------------------

    def states(self, u: Any) -> np.ndarray:
        """u as an array (..., n); ValueError for a wrong last axis or NaN."""
        u = np.asarray(u, dtype=float)
        if u.shape[-1:] != (self.size,):
            raise InputError(f"the state has shape {u.shape}; its last axis must be the {self.size} neurons")
        if np.any(np.isnan(u)):
            raise InputError("the state holds NaN")
        return u

    def rates(self, u: Any) -> np.ndarray:
        """v = σ(u)."""
        return self._function("value")(self.states(u))

    def velocity(self, u: Any) -> np.ndarray:
        """u̇."""
        u = self.states(u)
        return (self._function("value")(u) @ self.weights.T - u / self.resistance + self.current) / self.capacitance

    def metric(self, u: Any) -> np.ndarray:
        """The diagonal g_ii = C_i σ′(u_i)."""
        return self.capacitance * self._function("slope")(self.states(u))

    def energy(self, u: Any) -> np.ndarray:
        """E(u), for symmetric weights."""
        u, v = self.states(u), self.rates(u)
        self._check_symmetric()
        leak = (u * v - self._function("primitive")(u)) / self.resistance
        return -0.5 * np.einsum("...i,ij,...j->...", v, self.weights, v) - v @ self.current + leak.sum(-1)

    def _check_symmetric(self) -> None:
        if not self.is_symmetric:
            i, j = np.unravel_index(int(np.argmax(np.abs(self.weights - self.weights.T))), self.weights.shape)
            raise InputError(
                f"the weights are not symmetric (W[{i + 1}, {j + 1}] = {self.weights[i, j]:g}, W[{j + 1}, {i + 1}] = "
                f"{self.weights[j, i]:g}), so there is no energy; trajectories, compressibilities, fixed points and "
                "their stability exist"
            )

    def compressibility(self, u: Any, volume: str = "riemannian") -> np.ndarray:
        """κ_primal = Σ(−1/R_i + W_ii σ′_i)/C_i, plus ½ Σ(σ″/σ′)_i u̇_i (riemannian) or twice that (dual)."""
        if volume not in VOLUMES:
            raise InputError(f"unknown volume {volume!r}: choose {', '.join(VOLUMES)}")
        u = self.states(u)
        primal = ((np.diag(self.weights) * self._function("slope")(u) - 1 / self.resistance) / self.capacitance).sum(-1)
        weight = 0.5 * VOLUMES.index(volume)
        return primal + weight * (self._function("bend")(u) * self.velocity(u)).sum(-1) if weight else primal

    def laplacian_of_energy(self, u: Any) -> np.ndarray:
        """ΔE = g^ii (∂_i∂_iE − ½ (∂_i log g_ii) ∂_iE), from the derivatives of E itself.

        ∂_iE = σ′_i (u_i/R_i − J_i − (Wv)_i) and ∂_i∂_iE = σ″_i (…) + σ′_i (1/R_i − W_ii σ′_i), each formed as a
        number and divided by the metric; nothing is shared with `compressibility` but σ, σ′ and σ″/σ′.
        """
        self._check_symmetric()
        u = self.states(u)
        slope, bend = self._function("slope")(u), self._function("bend")(u)
        inner = u / self.resistance - self.current - self.rates(u) @ self.weights
        first = slope * inner
        second = slope * bend * inner + slope * (1 / self.resistance - np.diag(self.weights) * slope)
        return ((second - 0.5 * bend * first) / (self.capacitance * slope)).sum(-1)

    def jacobian(self, u: Any) -> np.ndarray:
        """∂u̇_i/∂u_j, shape (..., n, n)."""
        slope = self._function("slope")(self.states(u))
        matrix = self.weights * slope[..., None, :] - np.diag(1 / self.resistance)
        return matrix / self.capacitance[:, None]

    def spectrum(self, u: Any) -> np.ndarray:
        """The eigenvalues of the Jacobian matrix, largest real part first.

        With symmetric weights it is similar to the symmetric matrix C^-½(√σ′ W √σ′ − 1/R)C^-½, so they are real.
        """
        u = self.states(u)
        if self.is_symmetric:
            half = np.sqrt(self._function("slope")(u))
            matrix = self.weights * half[..., None, :] * half[..., :, None] - np.diag(1 / self.resistance)
            scale = 1 / np.sqrt(self.capacitance)
            return np.linalg.eigvalsh(matrix * scale[:, None] * scale)[..., ::-1]
        values = np.linalg.eigvals(self.jacobian(u))
        return np.take_along_axis(values, np.argsort(-values.real, axis=-1, kind="stable"), axis=-1)

    def radius(self) -> np.ndarray:
        """b_i with |u_i| ≤ b_i in the long run for a bounded σ: R_i (Σ_j |W_ij| sup|σ| + |J_i|)."""
        top = max(map(abs, self.activation.ends))
        return self.resistance * (np.abs(self.weights).sum(1) * top + np.abs(self.current))

    # -- in time ------------------------------------------------------------------------------------------

    @cached_property
    def field(self) -> tuple[Callable, np.ndarray]:
        """The compiled lane function of the field, and its parameters."""
        import sympy as sp

        n = self.size
        if n > _WRITTEN_OUT:
            packed = np.concatenate([self.weights.ravel(), 1 / self.resistance, self.current, 1 / self.capacitance])
            return network_field(self.activation), packed
        u = sp.symbols(f"u1:{n + 1}", real=True)
        v = [self.activation.value.subs(U, x) for x in u]
        w = sp.symbols(f"w0:{n * n}", real=True)
        r, j, c = (sp.symbols(f"{letter}0:{n}", real=True) for letter in "rjc")
        components = [(sp.Add(*(w[n * i + k] * v[k] for k in range(n))) - u[i] * r[i] + j[i]) * c[i] for i in range(n)]
        packed = np.concatenate([self.weights.ravel(), 1 / self.resistance, self.current, 1 / self.capacitance])
        return compile_field(components, u, (*w, *r, *j, *c)), packed

    def trajectories(
        self, starts: Any, t: Any, *, rtol: float = 1e-8, atol: float = 1e-10, bound: float = 1e12,
        threads: int | None = None,
        progress: Callable[[int, int], object] | None = None,
    ) -> xr.Dataset:  # fmt: skip
        """Trajectories from the rows of ``starts``, compiled and vectorised; ``t`` is an end or the output times.

        ``progress`` is called as progress(starts done, starts in all).

        Returns:
            Dataset with ``position`` (start × t × neuron), ``ending``, ``reached``, ``steps`` (start).
        """
        starts = np.atleast_2d(self.states(starts))
        times = read_times(t, 2)
        field, parameters = self.field
        states, ending, reached, steps = integrate_lanes(
            field, starts, times, parameters, rtol=rtol, atol=atol, bound=bound, threads=threads, progress=progress
        )
        return xr.Dataset(
            {
                "position": (("start", "t", "neuron"), states),
                "ending": ("start", ending, flags(ENDINGS)),
                "reached": ("start", reached),
                "steps": ("start", steps),
            },
            coords={"t": times, "neuron": np.arange(1, self.size + 1)},
            attrs={"activation": self.activation.name, "rtol": rtol, "atol": atol},
        )

    def fixed_points(self, **options: Any) -> xr.Dataset:
        """The fixed points with their spectrum and stability; see `fixed_points.find_fixed_points`."""
        from .fixed_points import find_fixed_points

        return find_fixed_points(self, **options)

    def basins(self, starts: Any = None, **options: Any) -> xr.Dataset:
        """Which fixed point each start comes to, for any number of neurons; see `fixed_points.find_basins`."""
        from .fixed_points import find_basins

        return find_basins(self, starts, **options)
