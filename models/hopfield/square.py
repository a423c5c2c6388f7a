"""Two neurons on a product grid: each quantity is a matrix of rank four.

κ(u₁, u₂) = A(u₁) + B(u₂) + c₁ b(u₁) v(u₂) + c₂ v(u₁) b(u₂): everything that costs a function call depends on one
coordinate, so a P × Q grid needs P + Q evaluations of σ, σ′, σ″/σ′ and one product of a P × 4 and a 4 × Q matrix. The
Laplacian of the energy has the same shape, from the derivatives of E. Where the four terms cancel, a cell is computed
again in extended precision, so that the relative error stays small through every change of sign.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numba
import numpy as np
from chentsov.geometry.exact import UnsupportedFunction
from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.kernels.algebras import BALLS, Algebra, Extended
from chentsov.geometry.kernels.ball import precision
from chentsov.geometry.kernels.interpreter import Straight
from chentsov.geometry.manifolds.hessian_volumes import VOLUMES
from flint import arb

from .activations import IncreasingActivation, U

if TYPE_CHECKING:
    from .numeric import HopfieldNumbers

__all__ = ["compressibility_on_square", "laplacian_on_square"]

# Cells whose value is this much smaller than their terms are computed again.
_CANCELLED = 1e-3


def compressibility_on_square(
    network: HopfieldNumbers, u1: np.ndarray, u2: np.ndarray, volume: str = "riemannian", *, refine: bool = True,
    out: np.ndarray | None = None,
) -> np.ndarray:  # fmt: skip
    """κ over the product of two axes, as an array (len(u1), len(u2)).

    Args:
        network: two neurons.
        u1, u2: the axes.
        volume: "primal", "riemannian" or "dual".
        refine: recompute cells in which the terms cancel in extended precision.
        out: an array to fill; on large grids fresh memory costs more than the arithmetic.

    Raises:
        ValueError: not two neurons, an unknown volume, axes that are not one-dimensional and finite.

    >>> from chentsov.models.hopfield import HopfieldNumbers
    >>> pair = HopfieldNumbers.of_arrays([[1.0, -2.0], [-2.0, 1.0]], "logistic")
    >>> u1, u2 = np.linspace(-40, 40, 5), np.linspace(-1, 1, 3)
    >>> here = np.stack(np.meshgrid(u1, u2, indexing="ij"), axis=-1)
    >>> bool(np.allclose(compressibility_on_square(pair, u1, u2), pair.compressibility(here), rtol=1e-14))
    True
    """
    if volume not in VOLUMES:
        raise InputError(f"unknown volume {volume!r}: choose {', '.join(VOLUMES)}")
    weight = VOLUMES.index(volume) / 2

    def factors(value: Any, slope: Any, bend: Any, u: Any, w: Any, r: Any, c: Any, j: Any) -> tuple[Any, Any]:
        return (w * slope - 1 / r) / c + weight * bend * ((w * value - u / r + j) / c), weight * bend / c

    return _rank_four(network, u1, u2, factors, refine, out)


def laplacian_on_square(
    network: HopfieldNumbers, u1: np.ndarray, u2: np.ndarray, *, refine: bool = True, out: np.ndarray | None = None
) -> np.ndarray:
    """ΔE over the product of two axes, from the first and second derivatives of E (symmetric weights).

    Raises:
        ValueError: as for `compressibility_on_square`, or weights that are not symmetric.
    """
    network._check_symmetric()

    def factors(value: Any, slope: Any, bend: Any, u: Any, w: Any, r: Any, c: Any, j: Any) -> tuple[Any, Any]:
        # ∂E = σ′·inner, ∂∂E = (σ′ σ″/σ′)·inner + σ′(1/R − Wσ′); ΔE = g⁻¹(∂∂E − ½ (log g)′ ∂E) with g = Cσ′.
        inner, inverse = u / r - j - w * value, 1 / (c * slope)
        outer = (slope * bend - bend * slope / 2) * inverse
        return outer * inner + inverse * (slope * (1 / r - w * slope)), -outer

    return _rank_four(network, u1, u2, factors, refine, out)


def _rank_four(
    network: HopfieldNumbers, u1: Any, u2: Any, factors: Callable, refine: bool, out: np.ndarray | None
) -> np.ndarray:
    """A₁ ⊗ 1 + 1 ⊗ A₂ + W₁₂ b₁ ⊗ v₂ + W₂₁ v₁ ⊗ b₂ with (A_i, b_i) = factors of neuron i."""
    if network.size != 2:
        raise InputError(f"the square is for two neurons; this network has {network.size}")
    axes = [np.asarray(u, dtype=float) for u in (u1, u2)]
    if any(a.ndim != 1 or not np.all(np.isfinite(a)) for a in axes):
        raise InputError("the axes must be one-dimensional and finite")

    def parts(functions: Any, axes: Any, number: Any) -> list[tuple[Any, Any, Any]]:
        # Both axes in one call of each function.
        joined, first = np.concatenate(axes), len(axes[0])
        known = [functions[k](joined) for k in ("value", "slope", "bend")]
        found = []
        for i, u in enumerate(axes):
            value, slope, bend = (f[:first] if i == 0 else f[first:] for f in known)
            entries = network.weights[i, i], network.resistance[i], network.capacitance[i], network.current[i]
            alone, coupling = factors(value, slope, bend, u, *map(number, entries))
            found.append((alone, number(network.weights[i, 1 - i]) * coupling, value))
        return found

    (a1, b1, v1), (a2, b2, v2) = parts(network.activation.numeric, axes, float)
    shape = (len(a1), len(a2))
    if out is not None and (out.shape != shape or out.dtype != np.float64 or not out.flags.c_contiguous):
        raise InputError(f"out must be a C-contiguous float64 array of shape {shape}")
    result = np.empty(shape) if out is None else out
    counts = np.empty(len(a1), np.int64)
    _outer(a1, b1, v1, a2, b2, v2, result, counts)
    if refine and (total := int(counts.sum())):
        rows, columns = np.empty(total, np.int64), np.empty(total, np.int64)
        _cancelled(a1, b1, v1, a2, b2, v2, result, counts, rows, columns)
        wide, kind, number = _extended(network.activation)
        with precision(110):
            here = [axes[0][rows].astype(kind), axes[1][columns].astype(kind)]
            (a1, b1, v1), (a2, b2, v2) = parts(wide, here, number)
            result[rows, columns] = (a1 + a2 + b1 * v2 + v1 * b2).astype(float)
    return result


_row = numba.float64[::1]
_columns = (_row, _row, _row, _row, _row, _row, numba.float64[:, ::1])


@numba.njit(numba.void(*_columns, numba.int64[::1]), cache=True, nogil=True, fastmath={"contract"})
def _outer(a1, b1, v1, a2, b2, v2, result, counts):
    """The sum of the four terms, and for each row in how many cells they cancel."""
    for i in range(a1.size):
        a, b, v, count = a1[i], b1[i], v1[i], 0
        abs_a, abs_b, abs_v = abs(a), abs(b), abs(v)
        for k in range(a2.size):
            value = a + a2[k] + b * v2[k] + v * b2[k]
            size = abs_a + abs(a2[k]) + abs_b * abs(v2[k]) + abs_v * abs(b2[k])
            result[i, k] = value
            count += abs(value) < _CANCELLED * size
        counts[i] = count


@numba.njit(numba.void(*_columns, numba.int64[::1], numba.int64[::1], numba.int64[::1]), cache=True, nogil=True)
def _cancelled(a1, b1, v1, a2, b2, v2, result, counts, rows, columns):
    """Where the terms cancel, row by row."""
    found = 0
    for i in range(a1.size):
        if counts[i] == 0:
            continue
        for k in range(a2.size):
            size = abs(a1[i]) + abs(a2[k]) + abs(b1[i]) * abs(v2[k]) + abs(v1[i]) * abs(b2[k])
            if abs(result[i, k]) < _CANCELLED * size and found < rows.size:
                rows[found] = i
                columns[found] = k
                found += 1


@lru_cache(maxsize=32)
def _extended(act: IncreasingActivation) -> tuple[dict[str, Callable], Any, Any]:
    """σ, σ′, σ″/σ′ in 80-bit arithmetic where NumPy has it and the functions, else in balls value by value; with the
    kind of array they take and the kind of number."""

    def in_algebra(algebra: Algebra) -> dict[str, Straight]:
        return {k: Straight.of([getattr(act, k)], [U], algebra) for k in ("value", "slope", "bend")}

    if np.finfo(np.longdouble).eps < 1e-18:
        try:
            wide = in_algebra(Extended())
            return {k: lambda u, f=f: f([u])[0] for k, f in wide.items()}, np.longdouble, np.longdouble
        except UnsupportedFunction:
            pass

    def each(f: Straight) -> Callable[[np.ndarray], np.ndarray]:
        return lambda values: np.array([f([arb(v)])[0] for v in values], dtype=object)

    return {k: each(f) for k, f in in_algebra(BALLS).items()}, object, arb
