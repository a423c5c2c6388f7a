"""Order parameters and the Fisher information: I_ii = β ∂φ^i/∂θ^i, and when it holds.

With A = −ψ/β and φ^i = −∂A/∂θ^i = (1/β) ∂_iψ (equation (3.4.3) of Sauter's thesis, after Prokopenko et al. 2011),
β ∂_iφ^i = ∂_i∂_iψ = I_ii holds for every θ^i that is varied at fixed β.  Along β itself the
factor 1/β is differentiated too: β ∂_βφ^β = I_ββ − (1/β) ∂_βψ.
"""

from __future__ import annotations

from typing import Any

import sympy as sp
from chentsov.geometry.exact.reading import read
from chentsov.geometry.manifolds import HessianManifold, ManifoldError

__all__ = ["fisher_identity", "order_parameter"]


def order_parameter(system: HessianManifold, coordinate: sp.Symbol, beta: Any) -> sp.Expr:
    """φ = −∂A/∂θ with A = −ψ/β, as a function of the natural parameters.

    >>> from chentsov.models.gibbs import two_spins
    >>> import sympy as sp
    >>> spins = two_spins()
    >>> b, h = spins.coordinates
    >>> order_parameter(spins, h, 1).subs(h, 0)
    0
    """
    return system.dual_coordinates[_index(system, coordinate)] / read(beta, "beta")


def fisher_identity(system: HessianManifold, coordinate: sp.Symbol, beta: Any) -> sp.Expr:
    """I_ii − β ∂φ^i/∂θ^i in canonical form: zero where the identity holds.

    >>> from chentsov.models.gibbs import ising_chain
    >>> import sympy as sp
    >>> chain = ising_chain()
    >>> b, h = chain.coordinates
    >>> fisher_identity(chain, h, b), fisher_identity(chain, b, b) == 0
    (0, False)
    """
    i = _index(system, coordinate)
    phi = order_parameter(system, coordinate, beta)
    field = system.field
    return (field(system.metric[i, i]) - field(read(beta, "beta")) * field(phi).diff(coordinate)).as_expr()


def _index(system: HessianManifold, coordinate: sp.Symbol) -> int:
    if coordinate not in system.coordinates:
        raise ManifoldError(f"{coordinate} is no coordinate of {system.name or 'this system'}: {system.coordinates}")
    return system.coordinates.index(coordinate)
