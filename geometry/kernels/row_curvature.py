r"""R of g_ij = E[∂_i ℓ ∂_j ℓ] cell by cell, as one compiled function: the arithmetic of `rows` where it is wanted most.

A cell's gradients stay in the first-level cache, its second derivatives in the second; they pass it three times: into
the frame, a tile of rows at a time; onto the normal space; into the sum of squares. Vector instructions run along the
rows of data.
"""

from __future__ import annotations

import numba
import numpy as np

__all__ = ["ricci_scalars"]

#: Rows of data that are brought into the frame together; four coefficients are taken at a time.
_TILE = 32
_SIGNATURE = numba.void(
    numba.float64[:, :, ::1],
    numba.int64,
    numba.int64[::1],
    numba.int64[:, ::1],
    numba.float64,
    numba.float64[::1],
)


@numba.njit(_SIGNATURE, cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc"})
def ricci_scalars(jet, low, firsts, seconds, least, out):
    """R at many cells; NaN where gradients are dependent.

    Args:
        jet: the distinct derivatives x cells x data rows.
        low: the first of the cells.
        firsts, seconds: i and (i, j) -> the row of the derivative, -1 where it is zero.
        least: the part of a gradient that the others must leave.
        out: where to put the numbers.
    """
    n, rows = firsts.size, jet.shape[2]
    scale = 1.0 / np.sqrt(rows)
    width = -(-rows // _TILE) * _TILE
    wide = -(-n // 4) * 4  # what is beyond n, or beyond the data, is zero and stays so
    pairs = n * (n + 1) // 2
    place = np.full((wide, wide), pairs)
    source = np.empty(pairs, np.int64)
    count = 0
    for i in range(n):
        for j in range(i, n):
            place[i, j] = place[j, i] = count
            source[count] = seconds[i, j]
            count += 1
    q = np.zeros((wide, width))
    triangle = np.zeros((n, n))
    inverse = np.zeros((wide, n))
    normal = np.zeros((pairs, width))
    tile = np.zeros((pairs + 1, _TILE))
    half = np.zeros((wide, _TILE))
    trace = np.zeros(width)

    for cell in range(out.size):
        out[cell] = np.nan
        # J = QR, every vector orthogonalised twice
        regular = rows >= n
        for j in range(n):
            if firsts[j] < 0:
                regular = False
                break
            gradient = jet[firsts[j], low + cell]
            length = 0.0
            for x in range(rows):
                q[j, x] = scale * gradient[x]
                length += q[j, x] * q[j, x]
            for i in range(j):
                triangle[i, j] = 0.0
            for _ in range(2):
                for i in range(j):
                    s = 0.0
                    for x in range(width):
                        s += q[i, x] * q[j, x]
                    for x in range(width):
                        q[j, x] -= s * q[i, x]
                    triangle[i, j] += s
            left = 0.0
            for x in range(width):
                left += q[j, x] * q[j, x]
            left = np.sqrt(left)
            if not left > least * np.sqrt(length):
                regular = False
                break
            triangle[j, j] = left
            for x in range(width):
                q[j, x] *= 1.0 / left
        if not regular:
            continue
        for a in range(n):
            inverse[a, a] = 1.0 / triangle[a, a]
            for i in range(a - 1, -1, -1):
                s = 0.0
                for k in range(i + 1, a + 1):
                    s += triangle[i, k] * inverse[k, a]
                inverse[i, a] = -s / triangle[i, i]

        # the second derivatives in the frame: R⁻ᵀ H R⁻¹ of every row of data
        for start in range(0, width, _TILE):
            inside = min(_TILE, rows - start)
            for p in range(pairs):
                if source[p] >= 0:
                    second = jet[source[p], low + cell]
                    for x in range(inside):
                        tile[p, x] = scale * second[start + x]
                    for x in range(inside, _TILE):
                        tile[p, x] = 0.0
            for a in range(n):
                for j in range(n):
                    for x in range(_TILE):
                        half[j, x] = 0.0
                    for i in range(0, a + 1, 4):
                        c0, c1, c2, c3 = inverse[i, a], inverse[i + 1, a], inverse[i + 2, a], inverse[i + 3, a]
                        p0, p1, p2, p3 = place[i, j], place[i + 1, j], place[i + 2, j], place[i + 3, j]
                        for x in range(_TILE):
                            half[j, x] += c0 * tile[p0, x] + c1 * tile[p1, x] + c2 * tile[p2, x] + c3 * tile[p3, x]
                for b in range(a, n):
                    p = place[a, b]
                    for x in range(_TILE):
                        normal[p, start + x] = 0.0
                    for j in range(0, b + 1, 4):
                        c0, c1, c2, c3 = inverse[j, b], inverse[j + 1, b], inverse[j + 2, b], inverse[j + 3, b]
                        for x in range(_TILE):
                            normal[p, start + x] += (
                                c0 * half[j, x] + c1 * half[j + 1, x] + c2 * half[j + 2, x] + c3 * half[j + 3, x]
                            )

        # their normal parts, and R = Σ_{a<b} 2 (⟨II_aa, II_bb⟩ − ⟨II_ab, II_ab⟩)
        total = 0.0
        for a in range(n):
            for b in range(a, n):
                w = normal[place[a, b]]
                for c in range(0, n, 4):
                    s0 = s1 = s2 = s3 = 0.0
                    for x in range(width):
                        s0 += q[c, x] * w[x]
                        s1 += q[c + 1, x] * w[x]
                        s2 += q[c + 2, x] * w[x]
                        s3 += q[c + 3, x] * w[x]
                    for x in range(width):
                        w[x] -= s0 * q[c, x] + s1 * q[c + 1, x] + s2 * q[c + 2, x] + s3 * q[c + 3, x]
                if a != b:
                    for x in range(width):
                        total -= 2.0 * w[x] * w[x]
        for x in range(width):
            trace[x] = 0.0
        for a in range(n):
            w = normal[place[a, a]]
            s = 0.0
            for x in range(width):
                s += trace[x] * w[x]
                trace[x] += w[x]
            total += 2.0 * s
        if np.isfinite(total):
            out[cell] = total
