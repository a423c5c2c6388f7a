"""Gases: the ideal gas at constant pressure, and van der Waals' gas with its critical point."""

from __future__ import annotations

import sympy as sp
from chentsov.geometry.manifolds import ExponentialFamily, RiemannianManifold

from ..registry import entry

__all__ = ["ideal_gas", "van_der_waals"]


@entry()
def ideal_gas() -> ExponentialFamily:
    """One particle of an ideal gas in the pressure ensemble, θ = (β, βP) as q = βP: ψ = −c log β − log q, flat.

    p ∝ exp(−βE − qV) with the states' measure E^{c−1} dE dV; c = 3/2 for a monatomic gas.  R = 0: no interaction.

    >>> ideal_gas().ricci_scalar
    0
    """
    b, q, c = sp.symbols("b q c", positive=True)
    return ExponentialFamily(
        -c * sp.log(b) - sp.log(q), (b, q), name="ideal gas at constant pressure",
        source="Brody & Hook, Information geometry in vapour-liquid equilibrium, J. Phys. A 42 (2009), arXiv:0809.1166",
    )  # fmt: skip


@entry()
def van_der_waals() -> RiemannianManifold:
    """Van der Waals' gas per volume in (T, ρ): g = (c ρ/T²) dT² + (1/(ρ(1 − bρ)²) − 2a/T) dρ².

    The density fluctuations diverge on the spinodal T = 2aρ(1 − bρ)², whose highest point is the critical point
    ρ_c = 1/(3b), T_c = 8a/(27b); R diverges there with it (Ruppeiner, Rev. Mod. Phys. 67 (1995) 605, with the sign of R
    turned round).

    >>> gas = van_der_waals()
    >>> a, b, c = gas.constants
    >>> import sympy as sp
    >>> T, rho = gas.coordinates
    >>> gas.metric[1, 1].subs({T: sp.Rational(8, 27)*a/b, rho: 1/(3*b)}).simplify()
    0
    """
    T, rho, a, b, c = sp.symbols("T rho a b c", positive=True)
    return RiemannianManifold(
        [[c * rho / T**2, 0], [0, 1 / (rho * (1 - b * rho) ** 2) - 2 * a / T]], (T, rho), domain=[b * rho < 1],
        name="van der Waals gas",
        source="Ruppeiner, Rev. Mod. Phys. 67 (1995) 605",
    )  # fmt: skip
