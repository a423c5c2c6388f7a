"""The same mistake in programs that write their formulas with the indices in another order.

A right Γ is symmetric in its lower indices and a right g is symmetric, so the order is a matter of taste,
until a mistake takes the symmetry away: then Γ^i_jk and Γ^i_kj are different numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product as choices
from typing import Any

import numpy as np

from .mistake import Mistake
from .mistakes import formula_mistakes
from .pipeline import Jets, Pipeline, combination, contraction, product

__all__ = ["half_filled", "unsymmetric", "written_otherwise"]

Array = Any

# ∂_k Γ^i_jl − ∂_l Γ^i_jk, Γ^i_km − Γ^i_lm, Γ^m_jl − Γ^m_jk, each with the lower indices of Γ in either order.
_STYLES = (("ijlk", "ijkl"), ("iljk", "ikjl")), (("ikm", "ilm"), ("imk", "iml")), (("mjl", "mjk"), ("mlj", "mkj"))


def unsymmetric(mistake: Mistake, jets: Jets) -> bool:
    """Whether a mistake makes Γ^i_jk and Γ^i_kj differ."""
    gamma = mistake.apply(Pipeline()).run(jets)["christoffel"]
    return bool(np.max(np.abs(gamma - contraction("ikj->ijk", gamma)), initial=0.0) > 1e-9)


def _curves() -> Iterator[Callable[[Array, Array], Array]]:
    """The Riemann tensor of an unsymmetric Γ, in every style; the first is the one of `pipeline`."""
    for a, b, c in choices(*_STYLES):

        def curve(gamma: Array, dgamma: Array, a: Any = a, b: Any = b, c: Any = c) -> Array:
            linear = contraction(f"{a[0]}->ijkl", dgamma) - contraction(f"{a[1]}->ijkl", dgamma)
            first = contraction(f"{b[0]},{c[0]}->ijkl", gamma, gamma)
            return linear + first - contraction(f"{b[1]},{c[1]}->ijkl", gamma, gamma)

        yield curve


def written_otherwise(mistake: Mistake, quantity: str) -> Iterator[Mistake]:
    """A mistake that makes Γ unsymmetric, in programs that order its lower indices differently."""
    base = mistake.apply(Pipeline())
    if quantity == "christoffel":
        yield replace(mistake, stage="formulas", change={
            quantity: lambda run: contraction("ikj->ijk", base.run(run.jets)["christoffel"])})  # fmt: skip
    if quantity in ("christoffel", "christoffel_first"):
        return
    for curve in list(_curves())[1:]:
        yield replace(mistake, stage="formulas", change={
            "riemann": lambda run, curve=curve: curve(
                base.run(run.jets)["christoffel"], base.run(run.jets)["christoffel_derivative"])})  # fmt: skip


def half_filled(quantity: str) -> Iterator[tuple[Mistake, Pipeline]]:
    """A metric of which one triangle is filled, where every g_ij of Γ may be read as g_ji."""
    if quantity not in ("christoffel_first", "christoffel", "riemann", "ricci", "ricci_scalar"):
        return
    halves = [m for m in formula_mistakes() if m.name in ("upper-triangle-only", "lower-triangle-only")]
    first, second, third = ("ikj->ijk", "kij->ijk"), ("ijk->ijk", "jik->ijk"), ("jki->ijk", "kji->ijk")
    for m, a, b, c, raised in choices(halves, first, second, third, ("im,mjk->ijk", "mi,mjk->ijk")):
        base = replace(
            m.apply(Pipeline()), lower=combination((0.5, a), (0.5, b), (-0.5, c)), raise_first=product((1, raised))
        )
        if quantity.startswith("christoffel"):
            yield m, base
        else:
            yield from ((m, replace(base, curve=curve)) for curve in _curves())
