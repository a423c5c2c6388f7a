"""The two-weight neuron over many seeds, losses, optimizers and grids: computed when first asked for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import xarray as xr
from chentsov.models import TwoWeightNeuron, decision_boundary
from chentsov.models.neuron import weight_axes

__all__ = ["EXTENTS", "LOSSES", "SEEDS", "Study"]

SEEDS = range(12)
LOSSES = TwoWeightNeuron.LOSSES
EXTENTS = (1.0, 3.0, 10.0)
POINTS = 128


class Study:
    """Runs by (loss, seed); grids of R by (loss, seed, extent)."""

    def __init__(self) -> None:
        self._paths: dict[tuple[str, int, str, int | None], xr.Dataset] = {}

    @cached_property
    def neurons(self) -> dict[tuple[str, int], TwoWeightNeuron]:
        """200 rows a seed."""
        return {
            (loss, seed): TwoWeightNeuron(loss, data=decision_boundary(200, seed)) for loss in LOSSES for seed in SEEDS
        }

    def path(self, loss: str, seed: int, optimizer: str = "gradient-descent", steps: int | None = 1000) -> xr.Dataset:
        """A run of 1000 steps, or as long as the default goes on (None)."""
        key = (loss, seed, optimizer, steps)
        if key not in self._paths:
            self._paths[key] = self.neurons[loss, seed].train(optimizer=optimizer, steps=steps)
        return self._paths[key]

    def paths(
        self, loss: str | None = None, optimizer: str = "gradient-descent", steps: int | None = 1000
    ) -> Iterator[xr.Dataset]:
        """The runs of every seed, of one loss or of all."""
        return (self.path(name, seed, optimizer, steps) for name in ([loss] if loss else LOSSES) for seed in SEEDS)

    @cached_property
    def grids(self) -> dict[tuple[str, int, float], np.ndarray]:
        """R over [−extent, extent]², certified."""
        return {
            (loss, seed, extent): neuron.on_grid(
                weight_axes(POINTS, extent), ["ricci_scalar"], rtol=1e-6
            ).ricci_scalar.values
            for (loss, seed), neuron in self.neurons.items()
            for extent in EXTENTS
        }
