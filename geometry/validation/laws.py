"""Laws that every tensor of a metric obeys, whatever the metric: which of them a program's numbers break.

They need no reference and no known mistake, so they tell something of programs that are wrong in a way of their own:
Γ^i_jk = Γ^i_kj; R^i_jkl = −R^i_jlk and R^i_[jkl] = 0; R_ijkl = −R_jikl = R_klij; Ric, G, g symmetric; Weyl without
trace.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .observations import Observation
from .pipeline import contraction

__all__ = ["broken_laws"]

Array = Any
Law = tuple[str, Callable[[Array, Array], Array]]


def _plus(order: str) -> Callable[[Array, Array], Array]:
    """What vanishes if a permutation of the axes changes the sign."""
    return lambda a, x: a + contraction(order, a)


def _minus(order: str) -> Callable[[Array, Array], Array]:
    return lambda a, x: a - contraction(order, a)


def _cyclic(a: Array, x: Array) -> Array:
    return a + contraction("iklj->ijkl", a) + contraction("iljk->ijkl", a)


_RIEMANN: tuple[Law, ...] = (
    ("R_..kl = −R_..lk", _plus("ijlk->ijkl")),
    ("the cyclic sum over j, k, l vanishes (Bianchi)", _cyclic),
)
_LOWERED: tuple[Law, ...] = (
    *_RIEMANN,
    ("R_ijkl = −R_jikl", _plus("jikl->ijkl")),
    ("R_ijkl = R_klij", _minus("klij->ijkl")),
)
_SYMMETRIC: tuple[Law, ...] = (("it is symmetric", _minus("ji->ij")),)

LAWS: dict[str, tuple[Law, ...]] = {
    "metric": _SYMMETRIC, "inverse_metric": _SYMMETRIC, "ricci": _SYMMETRIC, "einstein": _SYMMETRIC,
    "metric_derivative": (("∂_k g_ij = ∂_k g_ji", _minus("jik->ijk")),),
    "christoffel": (("Γ^i_jk = Γ^i_kj", _minus("ikj->ijk")),),
    "christoffel_first": (("Γ_i,jk = Γ_i,kj", _minus("ikj->ijk")),),
    "riemann": (*_RIEMANN, ("R^i_ikl = 0", lambda a, x: contraction("iikl->kl", a))),
    "riemann_lowered": _LOWERED,
    "weyl": (*_LOWERED, ("its trace g^ik C_ijkl vanishes", lambda a, x: contraction("ik,ijkl->jl", x, a))),
}  # fmt: skip


def broken_laws(observations: Sequence[Observation], quantity: str) -> list[str]:
    """The laws that failing, well-conditioned values break, each with the first place: "Γ^i_jk = Γ^i_kj (by 0.5 on
    sphere at …)".

    A law is broken by more than 1e-3 of the largest component: what rounding and differences leave does not count.
    """
    found: dict[str, str] = {}
    for o in observations:
        if o.passed or o.hard:
            continue
        size = float(np.max(np.abs(o.value), initial=0.0))
        inverse = np.linalg.inv(np.asarray(o.prepared.jets.g[o.index], dtype=float)) if quantity == "weyl" else None
        for law, residual in LAWS.get(quantity, ()):
            gap = float(np.max(np.abs(residual(np.asarray(o.value, dtype=float), inverse)), initial=0.0))
            if law not in found and gap > 1e-3 * size:
                found[law] = f"{law} (off by {gap:.2g} on {o.case.name} at {o.case.describe(o.case.points[o.index])})"
    return list(found.values())
