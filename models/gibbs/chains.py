"""Spin chains with nearest-neighbour coupling, solved by their transfer matrices."""

from __future__ import annotations

import sympy as sp
from chentsov.geometry.manifolds import ExponentialFamily, ManifoldError

from ..registry import entry

__all__ = ["ising_chain", "ising_ring", "potts_chain"]

JANKE = "Janke, Johnston & Kenna, Information geometry and phase transitions, Physica A 336 (2004), cond-mat/0401092"


@entry()
def ising_chain() -> ExponentialFamily:
    """The infinite Ising chain per site, b = βJ, h = βH: R = 1 + cosh h/√(sinh²h + e^{−4b}).

    The transfer matrix [[e^{b+h}, e^{−b}], [e^{−b}, e^{b−h}]] has the larger eigenvalue
    e^b (cosh h + √(sinh²h + e^{−4b})).  R is positive, at least 2, and diverges only at zero temperature without field.
    """
    b, h = sp.symbols("b h", real=True)
    psi = b + sp.log(sp.cosh(h) + sp.sqrt(sp.sinh(h) ** 2 + sp.exp(-4 * b)))
    return ExponentialFamily(psi, (b, h), name="infinite Ising chain", source=JANKE)


@entry(example=(4,))
def ising_ring(n: int) -> ExponentialFamily:
    """A ring of n ≥ 3 Ising spins: Z = λ₊ⁿ + λ₋ⁿ, all n sites together.

    The trace of the n-th power of the transfer matrix, written without roots by Newton's recursion
    s_n = (tr) s_{n−1} − (det) s_{n−2}.
    """
    if not isinstance(n, int) or n < 3:
        raise ManifoldError(f"a ring needs at least 3 spins, not {n}")
    b, h = sp.symbols("b h", real=True)
    trace, det = sp.exp(b + h) + sp.exp(b - h), sp.exp(2 * b) - sp.exp(-2 * b)
    before, now = sp.Integer(2), trace
    for _ in range(n - 1):
        before, now = now, sp.expand(trace * now - det * before)
    return ExponentialFamily(sp.log(now), (b, h), name=f"ring of {n} Ising spins", source="transfer matrix")


@entry()
def potts_chain(q: int | sp.Symbol = 3) -> ExponentialFamily:
    """The infinite q-state Potts chain per site: coupling b on equal neighbours, field h on state 1.

    On functions that treat the other q − 1 states alike the transfer matrix is
    [[e^{b+h}, √(q−1) e^{h/2}], [√(q−1) e^{h/2}, e^b + q − 2]]; its larger eigenvalue is the partition function per site
    (Dolan, Johnston and Kenna, The information geometry of the one-dimensional Potts model, J. Phys. A 35 (2002)).

    >>> potts_chain(2).dim  # equivalent to the Ising chain
    2
    """
    if isinstance(q, int) and q < 2:
        raise ManifoldError(f"a Potts spin has at least 2 states, not {q}")
    b, h = sp.symbols("b h", real=True)
    total = sp.exp(b + h) + sp.exp(b) + q - 2
    split = sp.sqrt((sp.exp(b + h) - sp.exp(b) - q + 2) ** 2 + 4 * (q - 1) * sp.exp(h))
    return ExponentialFamily(
        sp.log((total + split) / 2), (b, h), name=f"infinite {q}-state Potts chain",
        source="Dolan, Johnston & Kenna, J. Phys. A 35 (2002), cond-mat/0207180",
    )  # fmt: skip
