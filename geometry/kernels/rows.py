r"""Curvature of g_ij = E[∂_i ℓ ∂_j ℓ] from per-row derivatives, at many cells at once.

J = QR of the N x P gradients; W_ij = (1 − QQᵀ) ∂_i ∂_j ℓ by projection (twice, so that no digits are lost); in the
frame Q, II = R⁻ᵀ W R⁻¹, and R = Σ_{a<b} 2 (⟨II_aa, II_bb⟩ − ⟨II_ab, II_ab⟩): the terms a = b, which cancel, never
appear. The metric is never formed, so its condition number enters once and not squared. R itself is computed cell by
cell (`row_curvature`), tensors in matrix products, N P² numbers a cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from .algebras import resolution
from .batched import components
from .curvature import QUANTITIES
from .native.run import in_threads

__all__ = ["normal_parts", "of_rows"]


def normal_parts(vectors: np.ndarray, frame: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Vectors (…, any number, N) in an orthonormal frame (…, N, n) of tangents: their components there, and what is
    left, by projection (twice, so that no digits are lost).
    """
    tangential = vectors @ frame
    normal = vectors - tangential @ np.swapaxes(frame, -1, -2)
    return tangential, normal - (normal @ frame) @ np.swapaxes(frame, -1, -2)


def of_rows(
    n: int,
    quantity: str,
    jet: np.ndarray,
    rows: Mapping[tuple[int, ...], int],
    threads: int = 1,
    chained: bool = False,
) -> np.ndarray:
    """A quantity at many cells: components (all indices, the last one fastest) x cells; NaN where gradients are
    dependent.

    Args:
        jet: the distinct derivatives x cells x data rows.
        rows: (i,) and (i, j), i <= j -> the row of the derivative, -1 where it is zero.
        threads: how many.
        chained: whether these are derivatives of f in ℓ = L(f), with L′ and L″ in the last two rows of the jet.
    """
    if quantity == "ricci_scalar":
        return _ricci_scalars(n, jet, rows, threads, chained)[None]
    scale = jet.shape[2] ** -0.5
    i, j = np.triu_indices(n)
    gradients = _stacked(jet, [rows[k,] for k in range(n)]) * scale  # cells x n x data
    seconds = _stacked(jet, [rows[int(a), int(b)] for a, b in zip(i, j)]) * scale  # cells x pairs x data
    if chained:
        slope, bend = (jet[k][:, None] for k in (-2, -1))
        seconds = slope * seconds + bend * gradients[:, i] * gradients[:, j] / scale
        gradients = slope * gradients
    good = np.isfinite(gradients).all((1, 2)) & np.isfinite(seconds).all((1, 2)) & (jet.shape[2] >= n)
    rank = QUANTITIES[quantity]
    out = np.full((n**rank, jet.shape[1]), np.nan)
    if not good.any():
        return out
    q, r = np.linalg.qr(np.swapaxes(gradients[good], 1, 2))
    lengths = np.linalg.norm(r, axis=1)
    regular = (np.abs(np.diagonal(r, axis1=1, axis2=2)) > resolution(64) * lengths).all(1)
    good[good] = regular
    if not regular.any():
        return out
    q, r, seconds = q[regular], r[regular], seconds[good]
    tangential, normal = normal_parts(seconds, q)
    inverse = np.linalg.solve(r, np.broadcast_to(np.eye(n), r.shape))
    place = np.empty((n, n), int)
    place[i, j] = place[j, i] = np.arange(i.size)
    out[:, good] = _contracted(n, quantity, r, inverse, tangential, normal, place)
    return out


def _ricci_scalars(
    n: int, jet: np.ndarray, rows: Mapping[tuple[int, ...], int], threads: int, chained: bool
) -> np.ndarray:
    from .row_curvature import ricci_scalars

    order = _blocks(n, rows)
    firsts = np.array([rows[k,] for k in order])
    seconds = np.array([[rows[min(i, j), max(i, j)] for j in order] for i in order])
    sources, numbers = np.unique(seconds[seconds >= 0], return_inverse=True)
    seconds[seconds >= 0] = numbers
    found = np.empty(jet.shape[1])
    edges = [found.size * k // threads for k in range(threads + 1)]

    def part(low: int, high: int) -> None:
        ricci_scalars(jet, low, firsts, sources, seconds, chained, resolution(64), found[low:high])

    list(in_threads(threads, part, edges[:-1], edges[1:]))
    return found


def _blocks(n: int, rows: Mapping[tuple[int, ...], int]) -> list[int]:
    """The coordinates, those together which second derivatives connect: R does not depend on their order, and sums over
    what is before an index are shorter then.

    >>> _blocks(4, {(0, 2): 0, (0, 1): -1, (0, 3): -1, (1, 2): -1, (1, 3): -1, (2, 3): -1})
    [1, 3, 0, 2]
    """
    block = list(range(n))
    for i, j in combinations(range(n), 2):
        if rows[i, j] >= 0 and block[i] != block[j]:
            block = [block[i] if k == block[j] else k for k in block]
    return sorted(range(n), key=lambda k: (block.count(block[k]) > 1, block[k]))


def _stacked(jet: np.ndarray, rows: list[int]) -> np.ndarray:
    picked = jet[np.maximum(rows, 0)]
    picked[np.array(rows) < 0] = 0.0
    return np.ascontiguousarray(np.swapaxes(picked, 0, 1))


def _contracted(
    n: int,
    quantity: str,
    triangle: np.ndarray,
    inverse: np.ndarray,
    tangential: np.ndarray,
    normal: np.ndarray,
    place: np.ndarray,
) -> np.ndarray:
    cells = len(inverse)
    if quantity == "christoffel":  # Γ^i_jk = (R⁻¹ Qᵀ ∂_j ∂_k ℓ)^i
        return np.einsum("cia,cpa->ipc", inverse, tangential)[:, place].reshape(n**3, cells)
    if quantity == "christoffel_first":  # Γ_i,jk = (Rᵀ Qᵀ ∂_j ∂_k ℓ)_i
        return np.einsum("cai,cpa->ipc", triangle, tangential)[:, place].reshape(n**3, cells)
    products = normal @ np.swapaxes(normal, 1, 2)  # <W_ij, W_km>
    i, j, k, m = np.ix_(*[range(n)] * 4)
    lowered = products[:, place[i, k], place[j, m]] - products[:, place[i, m], place[j, k]]
    if quantity == "riemann_lowered":
        return np.moveaxis(lowered.reshape(cells, -1), 0, 1)
    h = inverse @ np.swapaxes(inverse, 1, 2)
    if quantity == "riemann":
        return np.moveaxis((h @ lowered.reshape(cells, n, -1)).reshape(cells, -1), 0, 1)
    if quantity == "ricci":
        return np.einsum("cik,cijkm->jmc", h, lowered, optimize=True).reshape(n * n, cells)
    metric = np.moveaxis(np.swapaxes(triangle, 1, 2) @ triangle, 0, 2)
    determinant = np.diagonal(triangle, axis1=1, axis2=2).prod(1) ** 2
    return components(quantity, metric, np.moveaxis(h, 0, 2), determinant, lambda *index: lowered[:, *index])
