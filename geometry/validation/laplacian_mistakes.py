"""Mistakes in the Laplacian: the volume density, the connection term, the inverse metric."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .mistake import Mistake
from .pipeline import Jets, contraction, true_inverse

__all__ = ["laplace_mistakes"]

Array = Any


def _laplace_variant(first: float, log_density: float, inverse_slope: float) -> Callable[[Array, Array, Jets], Array]:
    """first · g^ij ∂_ij f + (log_density · ∂_i log|g| g^ij + inverse_slope · ∂_i g^ij) ∂_j f."""

    def laplace(ginv: Array, gamma: Array, jets: Jets) -> Array:
        x, dx = true_inverse(jets.g, jets.dg)
        slope = contraction("ij,ijk->k", x, jets.dg)
        total = first * contraction("ij,ij->", ginv, jets.ddf)
        total = total + log_density * contraction("i,ij,j->", slope, ginv, jets.df)
        return total + inverse_slope * contraction("iji,j->", dx, jets.df)

    return laplace


def laplace_mistakes() -> Iterator[Mistake]:
    table: tuple[tuple[str, Any, str], ...] = (
        ("laplacian-without-connection", _laplace_variant(1, 0, 0),
            "Δf = g^ij ∂_i∂_j f lacks the term − g^ij Γ^k_ij ∂_k f."),
        ("laplacian-density-missing", _laplace_variant(1, 0, 1), "Δf = ∂_i(g^ij ∂_j f) lacks the volume density √|g|."),
        ("laplacian-determinant-for-root", _laplace_variant(1, 1, 1),
            "The volume density is taken as |g| instead of √|g|."),
        ("laplacian-inverse-held-constant", _laplace_variant(1, 0.5, 0),
            "∂_i g^ij is missing: the inverse metric is held constant under the divergence."),
        ("laplacian-connection-sign", lambda x, c,
            j: 2 * contraction("ij,ij->", x, j.ddf) - _laplace_variant(1, 0.5, 1)(x, c, j),
            "The term g^ij Γ^k_ij ∂_k f has the wrong sign."),
        ("laplacian-flat", lambda x, c, j: contraction("ii->", j.ddf),
            "Δf = Σ ∂_i∂_i f is the Laplacian of Cartesian coordinates."),
        ("laplacian-connection-not-traced", lambda x, c,
            j: contraction("ij,ij->", x, j.ddf) - contraction("kii,k->", c, j.df),
            "The connection term sums Γ^k_ii without the inverse metric."),
        ("laplacian-divergence-of-plain-gradient", lambda x, c,
            j: contraction("ii->", j.ddf) + contraction("iij,j->", c, j.df),
            "The divergence is taken of ∂_i f instead of g^ij ∂_j f."),
    )  # fmt: skip
    for name, change, sentence in table:
        yield Mistake(
            name,
            "laplace",
            change,
            sentence,
            "Δf = (1/√|g|) ∂_i(√|g| g^ij ∂_j f) = g^ij ∂_i∂_j f − g^ij Γ^k_ij ∂_k f.",
            ("laplacian",),
        )
