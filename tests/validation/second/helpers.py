"""What the authors of these programs have in their own libraries, and got right."""

from __future__ import annotations

import numpy as np


def three(f, x, h=1e-5):
    """∂_k f by central differences, k first."""
    x = np.asarray(x, dtype=float)
    return np.array([(np.asarray(f(x + e)) - np.asarray(f(x - e))) / (2 * h) for e in h * np.eye(len(x))])


def five(f, x, h=2e-3):
    """∂_k f by five-point differences, k first."""
    x = np.asarray(x, dtype=float)
    return np.array(
        [
            (8 * (np.asarray(f(x + e)) - np.asarray(f(x - e))) - np.asarray(f(x + 2 * e)) + np.asarray(f(x - 2 * e)))
            / (12 * h)
            for e in h * np.eye(len(x))
        ]
    )


def kinds(metric, x, d=five):
    """g, g⁻¹ and Γ_{mjk}."""
    g, dg = metric(x), d(metric, x)
    return g, np.linalg.inv(g), 0.5 * (np.einsum("jmk->mjk", dg) + np.einsum("kmj->mjk", dg) - dg)


def gamma(metric, x, d=five):
    """Γ^i_jk."""
    g, up, low = kinds(metric, x, d)
    return np.einsum("im,mjk->ijk", up, low)


def riemann(metric, x, symbols=gamma, d=five):
    """R^i_jkl = ∂_k Γ^i_jl − …"""
    G = symbols(metric, x)
    dG = d(lambda y: symbols(metric, y), x)
    half = np.einsum("kijl->ijkl", dG) + np.einsum("ikm,mjl->ijkl", G, G)
    return half - np.swapaxes(half, 2, 3)


def ricci(metric, x, symbols=gamma, d=five):
    return np.einsum("ijil->jl", riemann(metric, x, symbols, d))


def scalar(metric, x, symbols=gamma, d=five):
    return np.sum(np.linalg.inv(metric(x)) * ricci(metric, x, symbols, d))


def lowered(metric, x):
    return np.einsum("im,mjkl->ijkl", metric(x), riemann(metric, x))


def seconds(f, x, h=1e-3):
    """∂_k ∂_l f, fourth order on the diagonal by nesting the five-point rule."""
    return five(lambda y: five(f, y, h), x, h)
