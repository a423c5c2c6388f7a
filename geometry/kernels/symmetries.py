"""Index symmetries: every component is a sign times an independent one.

A symmetry maps indices to (sign, representative); the sign is 0 where the component
vanishes by symmetry. Only representatives are derived and written.

>>> riemannian((1, 0, 0, 1))          # R_1001 = −R_0101
(-1, (0, 1, 0, 1))
>>> riemannian((2, 2, 0, 1))[0]
0
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

__all__ = ["Symmetry", "antisymmetric", "no_symmetry", "riemannian", "symmetric"]

Indices = tuple[int, ...]
Symmetry = Callable[[Indices], tuple[int, Indices]]


def no_symmetry(indices: Indices) -> tuple[int, Indices]:
    """Every component is independent."""
    return 1, indices


def symmetric(*slots: int) -> Symmetry:
    """T is unchanged when indices in these slots are exchanged."""
    return partial(_sorted, slots)


def _sorted(slots: tuple[int, ...], indices: Indices) -> tuple[int, Indices]:
    result = list(indices)
    for slot, value in zip(slots, sorted(indices[s] for s in slots)):
        result[slot] = value
    return 1, tuple(result)


def antisymmetric(first: int, second: int) -> Symmetry:
    """T changes its sign when these two indices are exchanged."""
    return partial(_ordered, first, second)


def _ordered(first: int, second: int, indices: Indices) -> tuple[int, Indices]:
    a, b = indices[first], indices[second]
    if a <= b:
        return (1 if a < b else 0), indices
    result = list(indices)
    result[first], result[second] = b, a
    return -1, tuple(result)


def riemannian(indices: Indices) -> tuple[int, Indices]:
    """R_ijkl = −R_jikl = −R_ijlk = R_klij; the first Bianchi identity is left to the formulas."""
    i, j, k, l = indices
    if i == j or k == l:
        return 0, indices
    first, second = sorted([(min(i, j), max(i, j)), (min(k, l), max(k, l))])
    return (-1 if (i > j) != (k > l) else 1), (*first, *second)
