"""The three volume forms of a Hessian manifold, and densities of one's own.

A volume form ρ dθ enters divergences and compressibilities through ∂_i log ρ alone. Primal: the Lebesgue measure of
the affine coordinates, ρ = 1. Riemannian: ρ = √|det g|. Dual: the Lebesgue measure of the dual coordinates, and since
∂η/∂θ = g, ρ = |det g|. So their logarithmic slopes are 0, α and 2α with the first Koszul form α, and whatever is
linear in them has its Riemannian value halfway between the primal and the dual one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sympy as sp

from .inputs import ManifoldError, read_expression
from .local import Element

if TYPE_CHECKING:
    from .riemannian import RiemannianManifold

__all__ = ["VOLUMES", "log_density", "log_density_slopes"]

VOLUMES = ("primal", "riemannian", "dual")


def log_density_slopes(manifold: RiemannianManifold, volume: Any) -> list[Element]:
    """∂_i log ρ for a named volume or for a density ρ given as a SymPy expression.

    Raises:
        ManifoldError: an unknown name; the dual volume of a metric that is not Hessian in these coordinates; ρ = 0.
    """
    n, local = range(manifold.dim), manifold.local
    if isinstance(volume, str):
        if volume not in VOLUMES:
            raise ManifoldError(
                f"unknown volume {volume!r}: choose {', '.join(VOLUMES)}, or hand in a density ρ as a SymPy expression"
            )
        if volume == "primal":
            return [manifold.field.zero for _ in n]
        if volume == "dual" and manifold.structure != "hessian":
            raise ManifoldError(
                "the dual volume is the Lebesgue measure of dual coordinates, which exist where the metric is Hessian "
                "in these coordinates; this one is not. Use 'primal', 'riemannian', or a density of your own"
            )
        if manifold.structure == "hessian":
            # ∂_i log det g = g^jk T_ijk: no determinant is differentiated.
            slopes = [local.cubic_trace(i) for i in n]  # type: ignore[attr-defined]
        else:
            det = local.determinant()
            slopes = [det.diff(x) / det for x in manifold.coordinates]
        return slopes if volume == "dual" else [s / 2 for s in slopes]
    density = manifold.field(read_expression(volume, "the density"))
    if density.is_zero:
        raise ManifoldError("the density is identically zero: it is no volume")
    return [density.diff(x) / density for x in manifold.coordinates]


def log_density(manifold: RiemannianManifold, volume: Any) -> sp.Expr:
    """log ρ itself, as an expression."""
    if isinstance(volume, str):
        log_density_slopes(manifold, volume)  # refuses what has no such volume
        weight = {"primal": sp.S.Zero, "riemannian": sp.S.Half, "dual": sp.S.One}[volume]
        if not weight:
            return sp.S.Zero
        g, n = manifold.metric, range(manifold.dim)
        if all(g[i, j] == 0 for i in n for j in range(i)):
            return weight * sp.Add(*(sp.log(sp.Abs(g[i, i])) for i in n))
        return weight * sp.log(sp.Abs(manifold.determinant))
    return sp.log(read_expression(volume, "the density"))
