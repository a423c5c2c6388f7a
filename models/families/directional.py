"""Directions: on the circle and on the sphere."""

from __future__ import annotations

import sympy as sp

from .record import Family, family

R = sp.Rational
oo = sp.oo
POSITIVE = (0, oo)


@family
def von_mises() -> Family:
    """Directions in the plane about the angle μ with concentration κ; A = I₁/I₀."""
    m, x = sp.symbols("mu x", real=True)
    k = sp.Symbol("kappa", positive=True)
    A = sp.besseli(1, k) / sp.besseli(0, k)
    return Family(
        "von_mises", "von Mises family", {x: (m - sp.pi, m + sp.pi)}, (m, k), {m: (-sp.pi, sp.pi), k: POSITIVE},
        density=sp.exp(k * sp.cos(x - m)) / (2 * sp.pi * sp.besseli(0, k)),
        closed_forms={"metric": [[k * A, 0], [0, 1 - A**2 - A / k]]},
        source="Mardia & Jupp, Directional Statistics (2000)", sample={m: R(1, 3), k: R(3, 2)},
    )  # fmt: skip


@family
def von_mises_fisher() -> Family:
    """Directions in space about (θ, φ) with concentration κ; with L = coth κ − 1/κ, g = diag(κL, κL sin²θ, L′)."""
    t, p = sp.symbols("theta phi", real=True)
    u, v = sp.symbols("u v", real=True)
    k = sp.Symbol("kappa", positive=True)
    cosine = sp.sin(t) * sp.sin(u) * sp.cos(v - p) + sp.cos(t) * sp.cos(u)
    L = sp.coth(k) - 1 / k
    return Family(
        "von_mises_fisher", "von Mises–Fisher family on the sphere", {u: (0, sp.pi), v: (0, 2 * sp.pi)}, (t, p, k),
        {t: (0, sp.pi), p: (0, 2 * sp.pi), k: POSITIVE},
        density=k / (4 * sp.pi * sp.sinh(k)) * sp.exp(k * cosine) * sp.sin(u),
        closed_forms={"metric": [[k * L, 0, 0], [0, k * L * sp.sin(t) ** 2, 0], [0, 0, k**-2 - 1 / sp.sinh(k) ** 2]]},
        source="Mardia & Jupp, Directional Statistics (2000); the metric by differentiation",
        sample={t: R(2, 3), p: R(1, 2), k: R(3, 2)},
    )  # fmt: skip
