"""The flow of a network of any size."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import sympy as sp
from chentsov.geometry.flows import Flow
from chentsov.geometry.manifolds.hessian_volumes import VOLUMES
from chentsov.geometry.manifolds.vanishing import Verdict

if TYPE_CHECKING:
    from .network import Hopfield

__all__ = ["NetworkFlow"]

# Up to this size everything is derived from the definitions in the exact field. Beyond it, a canonical fraction in n
# exponentials has about 2ⁿ terms, and what is proven for every n in docs/goto.md is written down instead.
_DERIVED = 4


class NetworkFlow(Flow):
    """The flow of a `Hopfield` network in the coordinates u.

    Compressibilities come as sums over neurons, which is shorter and keeps more digits than one fraction. For more than
    four neurons the curl and the Lyapunov property are those of the theorem: the flow is a gradient flow exactly if W
    is symmetric, and then its energy falls.

    >>> import numpy as np
    >>> from chentsov.models.hopfield import Hopfield
    >>> chain = Hopfield(np.diag(np.ones(19), 1) + np.diag(np.ones(19), -1), "tanh")
    >>> chain.flow.is_gradient(), chain.flow.compressibility("primal")
    (True, -20)
    """

    def __init__(self, network: Hopfield) -> None:
        self.network = network
        energy = network.energy if network.is_symmetric else None
        super().__init__(network.manifold, network.components, potential=energy, name=f"{network}")

    @property
    def _is_derived(self) -> bool:
        return self.network.size <= _DERIVED

    def _check_potential(self) -> None:
        if self._is_derived:
            super()._check_potential()

    @cached_property
    def jacobian(self) -> sp.ImmutableMatrix:
        """∂u̇_i/∂u_j as the network writes it."""
        return self.network.jacobian

    def is_gradient(self) -> Verdict:
        """Whether W is symmetric."""
        return super().is_gradient() if self._is_derived else self.network.is_symmetric

    def check_gradient(self) -> None:
        """Raise ValueError, naming two weights, where W is not symmetric."""
        self.network.check_symmetric()

    def dissipates(self) -> Verdict:
        """Whether dE/dt = −|u̇|²; ManifoldError without an energy."""
        return super().dissipates() if self._is_derived or self.potential is None else True

    def compressibility(self, volume: Any = "riemannian") -> sp.Expr:
        """κ for a named volume, as the sum over neurons, or for a density; see `Flow.compressibility`.

        `compressibility_element` derives the same from the definition (exponentially long for many neurons).
        """
        if isinstance(volume, str) and volume in VOLUMES:
            return self.network.compressibility(volume)
        return super().compressibility(volume)
