"""Mistakes between Γ and the scalar: the Riemann tensor, its contraction, the trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .mistake import Mistake
from .pipeline import combination, contraction, product, true_linear, true_quadratic

__all__ = ["contract_mistakes", "curve_mistakes", "trace_mistakes"]

Array = Any

# --- the Riemann tensor ------------------------------------------------------------------------


def _curve(
    linear: Callable[[Array], Array] | None, quadratic: Callable[..., Array] | None
) -> Callable[[Array, Array], Array]:
    def curve(gamma: Array, dgamma: Array) -> Array:
        total = 0 * dgamma
        if linear is not None:
            total = total + linear(dgamma)
        if quadratic is not None:
            total = total + quadratic(gamma, gamma)
        return total

    return curve


_RIEMANN = "R^i_jkl = ∂_k Γ^i_jl − ∂_l Γ^i_jk + Γ^i_km Γ^m_jl − Γ^i_lm Γ^m_jk"
_L1, _L2 = "ijlk->ijkl", "ijkl->ijkl"
_Q1, _Q2 = "ikm,mjl->ijkl", "ilm,mjk->ijkl"


def curve_mistakes() -> Iterator[Mistake]:
    L, Q = combination, product
    table: tuple[tuple[str, Any, Any, str], ...] = (
        ("riemann-quadratic-missing", true_linear, None,
            "Both ΓΓ terms are missing from the Riemann tensor: right only where ∂g = 0."),
        ("riemann-derivatives-missing", None, true_quadratic, "Both ∂Γ terms are missing from the Riemann tensor."),
        ("riemann-quadratic-sign", true_linear, Q((-1, _Q1), (1, _Q2)),
            "Both ΓΓ terms of the Riemann tensor have the wrong sign: right only where ∂g = 0."),
        ("riemann-first-quadratic-missing", true_linear, Q((-1, _Q2)),
            "The term + Γ^i_km Γ^m_jl of the Riemann tensor is missing."),
        ("riemann-second-quadratic-missing", true_linear, Q((1, _Q1)),
            "The term − Γ^i_lm Γ^m_jk of the Riemann tensor is missing."),
        ("riemann-first-quadratic-sign", true_linear, Q((-1, _Q1), (-1, _Q2)),
            "The term Γ^i_km Γ^m_jl of the Riemann tensor has the wrong sign."),
        ("riemann-second-quadratic-sign", true_linear, Q((1, _Q1), (1, _Q2)),
            "The term Γ^i_lm Γ^m_jk of the Riemann tensor has the wrong sign."),
        ("riemann-first-derivative-missing", L((-1, _L2)), true_quadratic,
            "The term ∂_k Γ^i_jl of the Riemann tensor is missing."),
        ("riemann-second-derivative-missing", L((1, _L1)), true_quadratic,
            "The term ∂_l Γ^i_jk of the Riemann tensor is missing."),
        ("riemann-first-derivative-sign", L((-1, _L1), (-1, _L2)), true_quadratic,
            "The term ∂_k Γ^i_jl of the Riemann tensor has the wrong sign."),
        ("riemann-second-derivative-sign", L((1, _L1), (1, _L2)), true_quadratic,
            "The term ∂_l Γ^i_jk of the Riemann tensor has the wrong sign."),
        ("riemann-quadratic-halved", true_linear, Q((0.5, _Q1), (-0.5, _Q2)),
            "The ΓΓ terms of the Riemann tensor carry a factor ½ too much."),
        ("riemann-quadratic-doubled", true_linear, Q((2, _Q1), (-2, _Q2)),
            "The ΓΓ terms of the Riemann tensor count twice."),
        ("riemann-derivatives-doubled", L((2, _L1), (-2, _L2)), true_quadratic,
            "The ∂Γ terms of the Riemann tensor are twice too large (a difference quotient divided by h instead of "
            "2h?)."),
        ("riemann-derivatives-halved", L((0.5, _L1), (-0.5, _L2)), true_quadratic,
            "The ∂Γ terms of the Riemann tensor are half as large as they should be (a one-sided difference divided by "
            "2h?)."),
        ("riemann-first-derivative-indices", L((1, "iklj->ijkl"), (-1, _L2)), true_quadratic,
            "The first ∂Γ term has j and k exchanged: ∂_j Γ^i_kl stands where ∂_k Γ^i_jl belongs."),
        ("riemann-second-derivative-indices", L((1, _L1), (-1, "iklj->ijkl")), true_quadratic,
            "The second ∂Γ term has its indices exchanged: ∂_j Γ^i_kl stands where ∂_l Γ^i_jk belongs."),
        ("riemann-first-quadratic-indices", true_linear, Q((1, "ijm,mkl->ijkl"), (-1, _Q2)),
            "The first ΓΓ term has j and k exchanged: Γ^i_jm Γ^m_kl stands where Γ^i_km Γ^m_jl belongs."),
        ("riemann-second-quadratic-indices", true_linear, Q((1, _Q1), (-1, "ijm,mkl->ijkl")),
            "The second ΓΓ term has its indices exchanged: Γ^i_jm Γ^m_kl stands where Γ^i_lm Γ^m_jk belongs."),
        ("riemann-quadratic-not-contracted", true_linear, Q((1, "ikm,jml->ijkl"), (-1, "ilm,jmk->ijkl")),
            "The ΓΓ terms sum over two lower indices, Γ^i_km Γ^j_ml, instead of an upper and a lower one."),
        ("riemann-derivative-axis", L((1, "iklj->ijkl"), (-1, "iljk->ijkl")), true_quadratic,
            "The derivative axis of ∂Γ is read in the wrong place ([i, k, l, j] for [i, j, l, k])."),
        ("riemann-derivative-axis-first", L((1, "jlki->ijkl"), (-1, "jkli->ijkl")), true_quadratic,
            "The derivative axis of ∂Γ is stored first and read as the last one."),
    )  # fmt: skip
    for name, linear, quadratic, sentence in table:
        yield Mistake(name, "curve", _curve(linear, quadratic), sentence, f"{_RIEMANN}.")


# --- Ricci and the scalar ----------------------------------------------------------------------


def contract_mistakes() -> Iterator[Mistake]:
    ricci = ("ricci", "ricci_scalar", "einstein", "weyl", "gaussian_curvature")
    table: tuple[tuple[str, Any, str], ...] = (
        ("ricci-last-slot", lambda r, x, g: contraction("ijki->jk", r),
            "The upper index is contracted with the last slot, Ric_jk = R^i_jki: the sign changes."),
        ("ricci-first-slot", lambda r, x, g: contraction("iikl->kl", r),
            "The upper index is contracted with the first lower slot, R^i_ikl: this is identically zero."),
        ("ricci-summed-independently", lambda r, x, g: contraction("nimj->ij", r),
            "The two contracted indices of R^n_imj are summed independently (two names, n and m, instead of one)."),
        ("ricci-lower-slots-12", lambda r, x, g: contraction("jiil->jl", r),
            "The contraction takes two lower slots (1, 2) and no inverse metric."),
        ("ricci-lower-slots-13", lambda r, x, g: contraction("jili->jl", r),
            "The contraction takes two lower slots (1, 3) and no inverse metric."),
        ("ricci-lowered-without-metric", lambda r, x, g: contraction("im,mjil->jl", g, r),
            "R_ijil is contracted with all indices down and without the inverse metric."),
        ("ricci-diagonal-only", lambda r, x, g: contraction("ijil->jl", r) * np.eye(g.shape[-1]),
            "Only the diagonal entries of the Ricci tensor are computed: right on metrics whose Ricci tensor is "
            "diagonal."),
    )  # fmt: skip
    for name, change, sentence in table:
        yield Mistake(
            name, "contract", change, sentence, "Ric_jl = R^i_jil: contract the upper index with the third slot.", ricci
        )


def _two_dimensional(scale: float) -> Callable[..., Array]:
    def trace(ricci: Array, ginv: Array, riemann: Array, g: Array) -> Array:
        lowered = contraction("im,mjkl->ijkl", g, riemann)[..., 0, 1, 0, 1]
        det = g[..., 0, 0] * g[..., 1, 1] - g[..., 0, 1] * g[..., 1, 0]
        return scale * lowered / det

    return trace


def trace_mistakes() -> Iterator[Mistake]:
    scalar = ("ricci_scalar", "einstein", "gaussian_curvature")
    table: tuple[tuple[str, Any, str, str], ...] = (
        ("scalar-without-inverse", lambda r, x, R, g: contraction("jj->", r),
            "R is the plain trace Σ Ric_jj: the inverse metric is missing in the last contraction.",
            "R = g^jl Ric_jl."),
        ("scalar-with-metric", lambda r, x, R, g: contraction("jl,jl->", g, r),
            "R is contracted with g_jl instead of g^jl.",
            "R = g^jl Ric_jl."),
        ("scalar-diagonal-only", lambda r, x, R, g: contraction("jj,jj->", x, r),
            "R sums only the diagonal, Σ g^jj Ric_jj: right on diagonal metrics only.",
            "Sum over both indices: R = Σ_jl g^jl Ric_jl."),
        ("scalar-sum-of-entries", lambda r, x, R, g: contraction("jl->", r),
            "R is the sum of all entries of the Ricci tensor.",
            "R = g^jl Ric_jl."),
        ("scalar-reciprocal-diagonal",
            lambda r, x, R, g: contraction("jj,jj->", np.asarray(1) / np.where(g == 0, 1, g), r),
            "R is Σ Ric_jj / g_jj: right on diagonal metrics only.", "Use the inverse matrix: R = g^jl Ric_jl."),
        ("scalar-entrywise-inverse",
            lambda r, x, R, g: contraction("jl,jl->", np.where(g == 0, 0, 1 / np.where(g == 0, 1, g)), r),
            "R is Σ Ric_jl / g_jl, entry by entry: g^jl is an entry of the inverse matrix, not 1/g_jl.",
            "Use the inverse matrix: R = g^jl Ric_jl."),
        ("scalar-two-dimensional", _two_dimensional(2),
            "R = 2 R_0101 / (g_00 g_11 − g_01²) is the formula for two dimensions; it is used in every dimension.",
            "R = g^ik g^jl R_ijkl."),
        ("gaussian-two-dimensional", _two_dimensional(1),
            "R_0101 / (g_00 g_11 − g_01²) is one sectional curvature (K), not the scalar R.",
            "R = g^ik g^jl R_ijkl; R = 2K in two dimensions."),
        ("component-for-curvature", lambda r, x, R, g: contraction("im,mjkl->ijkl", g, R)[..., 0, 1, 0, 1],
            "The component R_0101 is returned for the curvature: it depends on the coordinates.",
            "K = R_0101 / (g_00 g_11 − g_01²), and R = 2K in two dimensions."),
        ("twice-component-for-curvature", lambda r, x, R, g: 2 * contraction("im,mjkl->ijkl", g, R)[..., 0, 1, 0, 1],
            "2 R_0101 is returned for the curvature, without dividing by g_00 g_11 − g_01².",
            "R = 2 R_0101 / (g_00 g_11 − g_01²) in two dimensions."),
        ("mixed-component-for-curvature", lambda r, x, R, g: R[..., 0, 1, 0, 1],
            "The component R^0_101 is returned for the curvature: it depends on the coordinates.",
            "R = g^jl R^i_jil."),
    )  # fmt: skip
    for name, change, sentence, remedy in table:
        yield Mistake(name, "trace", change, sentence, remedy, scalar)
