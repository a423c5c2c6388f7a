"""Contractions for metrics of many dimensions: loops over the indices instead of written-out formulas.

Written out, the contraction of a 12-dimensional jet is a hundred thousand operations that a compiler works on for
minutes. Here every sum over indices is a list of terms, run by one small machine function (`native.bilinear`). Formulas
and notation as in `contraction` and `jets`; a metric that is singular, as far as machine numbers tell, gives NaN.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache, partial
from itertools import combinations_with_replacement

import numpy as np

from .algebras import resolution
from .batched import components
from .native.bilinear import Terms
from .native.run import in_threads

__all__ = ["contract", "orthogonal_frame"]

_OF_FIRST_ORDER = (
    "metric", "inverse_metric", "determinant", "volume_density", "christoffel", "christoffel_first", "cubic"
)  # fmt: skip
_STRIP = 296  # cells whose tables fit the second-level cache
Rows = Mapping[tuple[int, ...], int]  # component of the jet -> its row, -1 where it is zero


def orthogonal_frame(n: int, g: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(L^{-1}, 1/D, g^{-1}) of g = L D L^T; g has shape n x n x cells, and so have the results.

    >>> g = np.array([[2.0, 1.0], [1.0, 3.0]])[:, :, None]
    >>> (orthogonal_frame(2, g)[2][..., 0] * 5).round(12).tolist()
    [[3.0, -1.0], [-1.0, 2.0]]
    """
    lower, frame = np.zeros_like(g), np.zeros_like(g)
    weights = np.empty((n, g.shape[2]))
    for j in range(n):
        scaled = lower[j, :j] * weights[:j]
        weight = g[j, j] - np.einsum("kc,kc->c", scaled, lower[j, :j])
        weights[j] = np.where(np.abs(weight) > resolution(64) * np.abs(g[j, j]), weight, np.nan)
        lower[j + 1 :, j] = (g[j + 1 :, j] - np.einsum("kc,ikc->ic", scaled, lower[j + 1 :, :j])) / weights[j]
    for i in range(n):
        frame[i, i] = 1.0
        frame[i, :i] = -np.einsum("kc,kjc->jc", lower[i, :i], frame[:i, :i])
    inverse = np.einsum("aic,ac,ajc->ijc", frame, 1 / weights, frame, optimize=True)
    return frame, 1 / weights, inverse


def contract(n: int, structure: str, quantity: str, jet: np.ndarray, rows: Rows, threads: int = 1) -> np.ndarray:
    """A quantity at many cells: components (all indices, the last one fastest) x cells.

    Args:
        structure: "general" or "hessian".
        jet: the distinct components, a row each, over at least `native.bilinear.WIDE` cells.
    """
    count = max(1, jet.shape[1] // _STRIP)
    edges = [jet.shape[1] * k // count for k in range(count + 1)]

    items = tuple(rows.items())
    terms = (
        *_jet_terms(n, structure, items),
        None if quantity in _OF_FIRST_ORDER or quantity == "ricci_scalar" else _pair_terms(n, structure, items),
    )

    def strip(low: int, high: int) -> np.ndarray:
        return _contract(n, quantity, np.ascontiguousarray(jet[:, low:high]), rows, terms)

    return np.concatenate(list(in_threads(threads, strip, edges[:-1], edges[1:])), axis=1)


def _contract(
    n: int, quantity: str, jet: np.ndarray, rows: Rows, terms: tuple[Terms, Terms | None, Terms | None]
) -> np.ndarray:
    g = np.empty((n, n, jet.shape[1]))
    for i, j in combinations_with_replacement(range(n), 2):
        row = rows[i, j]
        g[i, j] = g[j, i] = jet[row] if row >= 0 else 0.0
    frame, inverse_weights, inverse = orthogonal_frame(n, g)
    ones = np.ones((1, jet.shape[1]))
    connection, curved, second = terms
    low = connection(jet, ones)
    h = inverse.reshape(n * n, -1)
    if quantity == "ricci_scalar":
        total = _quadratic(n, low, frame, inverse_weights)
        if curved is not None:
            # g^jm (g^ik (∂_j ∂_k g_im − ∂_i ∂_k g_jm))
            total += np.einsum("jc,jc->c", h, curved(h, jet))
        return total[None]
    first, _, place = _antisymmetric(n)
    of_lowered = partial(components, quantity, g, inverse, 1 / inverse_weights.prod(0))
    if quantity in ("metric", "inverse_metric", "determinant", "volume_density"):
        return of_lowered(None)
    raised = _raising(n)(h, low)
    if quantity == "christoffel":
        return raised[_full_symmetric(n)]
    if quantity == "christoffel_first":
        return low[_full_symmetric(n)]
    if quantity == "cubic":
        return 2 * low[_full_symmetric(n)]
    pairs = _turned(n)(low, raised)
    if second is not None:
        second(jet, ones, pairs)
    if quantity not in ("ricci", "riemann", "riemann_lowered"):
        return of_lowered(lambda i, j, k, m: pairs[place[i, j] * len(first) + place[k, m]])
    if quantity == "ricci":
        return _ricci(n)(h, pairs)
    if quantity == "riemann":
        return _riemann(n)(h, pairs)
    position, sign = _expanded(n)
    return sign[:, None] * pairs[np.maximum(position, 0)]


def _quadratic(n: int, low: np.ndarray, frame: np.ndarray, inverse_weights: np.ndarray) -> np.ndarray:
    """2 Σ_a Σ_{b<c} (Γ_abc² − Γ_abb Γ_acc) / (D_a D_b D_c), Γ in the frame."""
    e = frame.reshape(n * n, -1)
    first, second, third, squares = _frame_terms(n)
    t = third(e, second(e, first(e, low))).reshape(n, -1, low.shape[1])
    b, c = _index_pairs(n)
    scaled = t * inverse_weights[b] * inverse_weights[c]
    diagonal = t[:, b == c] * inverse_weights
    left, right = np.concatenate([t, diagonal], 1), np.concatenate([scaled, diagonal], 1)
    sums = squares(left.reshape(-1, low.shape[1]), right.reshape(-1, low.shape[1]))
    return np.einsum("ac,ac->c", inverse_weights, sums)


# -- the lists of terms, made once for each dimension --------------------------------------------------------


def _index_pairs(n: int) -> tuple[np.ndarray, np.ndarray]:
    """b <= c in the order in which symmetric pairs are kept."""
    return np.triu_indices(n)


@cache
def _place(n: int) -> np.ndarray:
    """Where the symmetric pair (b, c) is kept."""
    out = np.empty((n, n), int)
    b, c = _index_pairs(n)
    out[b, c] = out[c, b] = np.arange(b.size)
    return out


def _full_symmetric(n: int) -> np.ndarray:
    """(i, j, k) -> the row of a table that is symmetric in j and k."""
    return (np.arange(n)[:, None, None] * (n * (n + 1) // 2) + _place(n)).ravel()


@cache
def _frame_terms(n: int) -> tuple[Terms, Terms, Terms, Terms]:
    """Γ_m,jk -> Γ_a,jk -> Γ_ab,k -> Γ_abc (b <= c), and the sum over b < c."""
    place, size = _place(n), n * (n + 1) // 2
    b, c = _index_pairs(n)
    a, m, pair = np.ix_(range(n), range(n), range(size))
    first = Terms.of(a * size + pair, np.where(m <= a, a * n + m, -1), m * size + pair, 1.0, n * size)
    a, d, k, j = np.ix_(*[range(n)] * 4)
    second = Terms.of((a * n + d) * n + k, np.where(j <= d, d * n + j, -1), a * size + place[j, k], 1.0, n**3)
    a, p, k = np.ix_(range(n), range(size), range(n))
    third = Terms.of(a * size + p, np.where(k <= c[p], c[p] * n + k, -1), (a * n + b[p]) * n + k, 1.0, n * size)
    width = size + n
    a, p = np.ix_(np.arange(n), np.flatnonzero(b < c))
    squares = Terms.of(
        np.concatenate([a + 0 * p] * 2),
        np.concatenate([a * width + p, a * width + size + b[p]]),
        np.concatenate([a * width + p, a * width + size + c[p]]),
        np.concatenate([0 * (a + p) + 2.0, 0 * (a + p) - 2.0]),
        n,
    )
    return first, second, third, squares


@lru_cache(maxsize=16)
def _jet_terms(n: int, structure: str, items: tuple[tuple[tuple[int, ...], int], ...]) -> tuple[Terms, Terms | None]:
    """Γ_m,jk (j <= k) from the jet, and g^ik (∂_j ∂_k g_im − ∂_i ∂_k g_jm)."""
    metric, first, second = _tables(n, structure, items)
    j, k = _index_pairs(n)
    m, p = np.ix_(range(n), range(j.size))
    parts = [(first[m, j[p], k[p]], 0.5), (first[m, k[p], j[p]], 0.5), (first[j[p], k[p], m], -0.5)]
    out = m * j.size + p
    connection = Terms.of(
        np.stack([out] * 3),
        np.stack([x for x, _ in parts]),
        0,
        np.array([c for _, c in parts])[:, None, None],
        n * j.size,
    )
    if second is None:
        return connection, None
    i, j, k, m = np.ix_(*[range(n)] * 4)
    out, trace = j * n + m + 0 * (i + k), i * n + k + 0 * (j + m)
    curved = Terms.of(
        np.stack([out, out]),
        np.stack([trace, trace]),
        np.stack([second[i, m, j, k], second[j, m, i, k]]),
        np.array([1.0, -1.0]).reshape(2, 1, 1, 1, 1),
        n * n,
    )
    return connection, curved


def _tables(
    n: int, structure: str, items: tuple[tuple[tuple[int, ...], int], ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """The rows of g_ij, ∂_k g_ij and ∂_k ∂_m g_ij."""
    rows, r = dict(items), range(n)
    metric = np.array([[rows[min(i, j), max(i, j)] for j in r] for i in r])
    if structure == "hessian":
        return metric, np.array([[[rows[tuple(sorted((i, j, k)))] for k in r] for j in r] for i in r]), None
    place, (a, b) = _place(n), _index_pairs(n)
    first = np.array([[rows[i, j, k] for k in r] for i, j in zip(a, b)])
    second = np.array([[rows[i, j, k, m] for k, m in zip(a, b)] for i, j in zip(a, b)])
    i, j, k, m = np.ix_(*[r] * 4)
    return metric, first[place], second[place[i, j], place[k, m]]


@cache
def _raising(n: int) -> Terms:
    """Γ^i_jk = g^im Γ_m,jk."""
    size = n * (n + 1) // 2
    i, p, m = np.ix_(range(n), range(size), range(n))
    return Terms.of(i * size + p, i * n + m, m * size + p, 1.0, n * size)


@cache
def _antisymmetric(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """i > j, and where such a pair is kept (-1 for i = j) whatever the order."""
    i, j = np.tril_indices(n, -1)
    place = np.full((n, n), -1)
    place[i, j] = place[j, i] = np.arange(i.size)
    return i, j, place


@cache
def _turned(n: int) -> Terms:
    """Γ_r,jk Γ^r_im − Γ_r,jm Γ^r_ik for i > j, k > m."""
    i, j, _ = _antisymmetric(n)
    place, size = _place(n), n * (n + 1) // 2
    p, q, r = np.ix_(range(i.size), range(i.size), range(n))
    out = p * i.size + q + 0 * r
    x = [r * size + place[j[p], i[q]], r * size + place[j[p], j[q]]]
    y = [r * size + place[i[p], j[q]], r * size + place[i[p], i[q]]]
    return Terms.of(
        np.stack([out, out]), np.stack(x), np.stack(y), np.array([1.0, -1.0]).reshape(2, 1, 1, 1), i.size**2
    )


@lru_cache(maxsize=16)
def _pair_terms(n: int, structure: str, items: tuple[tuple[tuple[int, ...], int], ...]) -> Terms | None:
    """½ (∂_j ∂_k g_im + ∂_i ∂_m g_jk − ∂_i ∂_k g_jm − ∂_j ∂_m g_ik) for i > j, k > m."""
    second = _tables(n, structure, items)[2]
    if second is None:
        return None
    i, j, _ = _antisymmetric(n)
    p, q = np.ix_(range(i.size), range(i.size))
    a, b, c, d = i[p], j[p], i[q], j[q]
    rows = np.stack([second[a, d, b, c], second[b, c, a, d], second[b, d, a, c], second[a, c, b, d]])
    return Terms.of(np.stack([p * i.size + q] * 4), rows, 0, np.array([0.5, 0.5, -0.5, -0.5])[:, None, None], i.size**2)


@cache
def _expanded(n: int) -> tuple[np.ndarray, np.ndarray]:
    """All indices (i, j, k, m): where R_ijkm is kept, and with which sign (0 for i = j or k = m)."""
    first, _, place = _antisymmetric(n)
    i, j, k, m = np.ix_(*[range(n)] * 4)
    position = np.where((i != j) & (k != m), place[i, j] * first.size + place[k, m], -1)
    return position.ravel(), (np.sign(i - j) * np.sign(k - m)).ravel().astype(float)


@cache
def _ricci(n: int) -> Terms:
    """R_jm = g^ik R_ijkm."""
    position, sign = (a.reshape([n] * 4) for a in _expanded(n))
    i, j, k, m = np.ix_(*[range(n)] * 4)
    return Terms.of(j * n + m + 0 * (i + k), i * n + k + 0 * (j + m), position, sign, n * n)


@cache
def _riemann(n: int) -> Terms:
    """R^i_jkm = g^ir R_rjkm."""
    position, sign = (a.reshape([n] * 4)[None] for a in _expanded(n))
    i, r, j, k, m = np.ix_(*[range(n)] * 5)
    out = ((i * n + j) * n + k) * n + m
    return Terms.of(out + 0 * r, i * n + r + 0 * out, position, sign, n**4)
