r"""R of g_ij = E[∂_i ℓ ∂_j ℓ] cell by cell, as one compiled function: the arithmetic of `rows` where it is wanted most.

A cell's gradients stay in the first-level cache, its second derivatives in the second; they pass it three times: into
the frame, a tile of rows at a time; onto the normal space; into the sum of squares. All of it is linear combinations of
rows of numbers and inner products of them, whose sums stay in vector registers over a tile (`_combine`, `_dot`).
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = ["ricci_scalars"]

#: Rows of data that go through a combination together: as many sums as hide the latency of an addition.
_TILE = 32
_DOUBLE, _INDEX = ir.DoubleType(), ir.IntType(64)
_VECTOR = ir.VectorType(_DOUBLE, _TILE)
_FLAGS = ("contract", "reassoc")
#: How many times larger than R what it is the difference of may be: five digits are lost then.
_TRUSTED = 1e5


def _data(context: Any, builder: Any, kind: Any, array: Any) -> Any:
    return context.make_array(kind)(context, builder, array).data


def _tile(builder: Any, data: Any, at: Any) -> Any:
    return builder.bitcast(builder.gep(data, [at]), _VECTOR.as_pointer())


def _load(builder: Any, data: Any, at: Any) -> Any:
    return builder.load(_tile(builder, data, at), align=8)


@intrinsic
def _combine(typing, out, at, fresh, source, places, first, coefficients, start, count):
    """out[at + x] = Σ_k coefficients[start + k] source[places[first + k] + x], x < _TILE; added to what is there unless
    fresh. The arrays have one axis."""
    signature = numba.void(out, at, fresh, source, places, first, coefficients, start, count)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kinds = signature.args
        into, rows, index, factors = (_data(context, builder, kinds[k], arguments[k]) for k in (0, 3, 4, 6))
        _, at, fresh, _, _, first, _, start, count = arguments
        zero = ir.Constant(_VECTOR, [0.0] * _TILE)
        total = cgutils.alloca_once_value(builder, zero)
        with builder.if_then(builder.not_(fresh)):
            builder.store(_load(builder, into, at), total)
        with cgutils.for_range(builder, count, intp=_INDEX) as loop:
            place = builder.load(builder.gep(index, [builder.add(first, loop.index)]))
            factor = builder.load(builder.gep(factors, [builder.add(start, loop.index)]))
            lane = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), factor, ir.Constant(ir.IntType(32), 0))
            spread = builder.shuffle_vector(lane, lane, ir.Constant(ir.VectorType(ir.IntType(32), _TILE), [0] * _TILE))
            product = builder.fmul(spread, _load(builder, rows, place), flags=_FLAGS)
            builder.store(builder.fadd(builder.load(total), product, flags=_FLAGS), total)
        builder.store(builder.load(total), _tile(builder, into, at), align=8)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def _dot(typing, left, at, right, other, width):
    """Σ_x left[at + x] right[other + x], x < width, a multiple of _TILE."""
    signature = numba.float64(left, at, right, other, width)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        one, two = (_data(context, builder, signature.args[k], arguments[k]) for k in (0, 2))
        _, at, _, other, width = arguments
        total = cgutils.alloca_once_value(builder, ir.Constant(_VECTOR, [0.0] * _TILE))
        tiles = builder.sdiv(width, ir.Constant(_INDEX, _TILE))
        with cgutils.for_range(builder, tiles, intp=_INDEX) as loop:
            shift = builder.mul(loop.index, ir.Constant(_INDEX, _TILE))
            a, b = (_load(builder, data, builder.add(k, shift)) for data, k in ((one, at), (two, other)))
            builder.store(builder.fadd(builder.load(total), builder.fmul(a, b, flags=_FLAGS), flags=_FLAGS), total)
        return _summed(builder, builder.load(total))

    return signature, generate


@intrinsic
def _dots(typing, out, into, left, at, stride, right, other, width):
    """out[into + k] = Σ_x left[at + k stride + x] right[other + x] for k < 4."""
    signature = numba.void(out, into, left, at, stride, right, other, width)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        found, one, two = (_data(context, builder, signature.args[k], arguments[k]) for k in (0, 2, 5))
        _, into, _, at, stride, _, other, width = arguments
        totals = [cgutils.alloca_once_value(builder, ir.Constant(_VECTOR, [0.0] * _TILE)) for _ in range(4)]
        starts = [builder.add(at, builder.mul(stride, ir.Constant(_INDEX, k))) for k in range(4)]
        tiles = builder.sdiv(width, ir.Constant(_INDEX, _TILE))
        with cgutils.for_range(builder, tiles, intp=_INDEX) as loop:
            shift = builder.mul(loop.index, ir.Constant(_INDEX, _TILE))
            b = _load(builder, two, builder.add(other, shift))
            for total, start in zip(totals, starts):
                product = builder.fmul(_load(builder, one, builder.add(start, shift)), b, flags=_FLAGS)
                builder.store(builder.fadd(builder.load(total), product, flags=_FLAGS), total)
        for k, total in enumerate(totals):
            place = builder.gep(found, [builder.add(into, ir.Constant(_INDEX, k))])
            builder.store(_summed(builder, builder.load(total)), place)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def _add_product(typing, out, at, one, first, two, second, three, third):
    """out[at + x] += one[first + x] two[second + x] three[third + x], x < _TILE."""
    signature = numba.void(out, at, one, first, two, second, three, third)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        into, *data = (_data(context, builder, signature.args[k], arguments[k]) for k in (0, 2, 4, 6))
        a, b, c = (_load(builder, d, arguments[k]) for d, k in zip(data, (3, 5, 7)))
        product = builder.fmul(builder.fmul(a, b, flags=_FLAGS), c, flags=_FLAGS)
        total = builder.fadd(_load(builder, into, arguments[1]), product, flags=_FLAGS)
        builder.store(total, _tile(builder, into, arguments[1]), align=8)
        return context.get_dummy_value()

    return signature, generate


def _summed(builder: Any, vector: Any) -> Any:
    """The sum of the lanes."""
    kind = ir.FunctionType(_DOUBLE, [_DOUBLE, _VECTOR])
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.vector.reduce.fadd.v{_TILE}f64")
    return builder.call(function, [ir.Constant(_DOUBLE, 0.0), vector], fastmath=("reassoc",))


@numba.njit(error_model="numpy")
def _aligned(size):
    """Zeros that begin where a cache line does: a vector that straddles two lines is loaded twice."""
    room = np.zeros(size + 8)
    begin = (-(room.ctypes.data // 8)) % 8
    return room[begin : begin + size]


_SIGNATURE = numba.void(
    numba.float64[:, :, ::1],
    numba.int64,
    numba.int64[::1],
    numba.int64[:, ::1],
    numba.boolean,
    numba.float64,
    numba.float64[::1],
)


@numba.njit(_SIGNATURE, cache=True, nogil=True, error_model="numpy")
def ricci_scalars(jet, low, firsts, seconds, chained, least, out):
    """R at many cells; NaN where gradients are dependent.

    Args:
        jet: the distinct derivatives x cells x data rows.
        low: the first of the cells.
        firsts, seconds: i and (i, j) -> the row of the derivative, -1 where it is zero.
        chained: whether these are derivatives of f in ℓ = L(f), with L′ and L″ in the last two rows.
        least: the part of a gradient that the others must leave.
        out: where to put the numbers.
    """
    n, rows = firsts.size, jet.shape[2]
    scale = 1.0 / np.sqrt(rows)
    width = -(-rows // _TILE) * _TILE  # beyond the data there are zeros
    pairs, wide = n * (n + 1) // 2, -(-n // 4) * 4
    source = np.empty(pairs, np.int64)
    place = np.empty((n, n), np.int64)
    count = 0
    for i in range(n):
        for j in range(i, n):
            place[i, j] = place[j, i] = count
            source[count] = seconds[i, j]
            count += 1
    # where the terms of the sums over i of H_ij stand: those that are not zero, for every j
    held = np.empty((n, n), np.int64)
    terms = np.empty((n, n), np.int64)
    found = np.zeros(n, np.int64)
    for j in range(n):
        for i in range(n):
            if seconds[i, j] >= 0:
                held[j, found[j]] = i
                terms[j, found[j]] = place[i, j] * _TILE
                found[j] += 1
    in_half = np.arange(n) * _TILE
    in_frame = np.arange(n) * width
    q = _aligned(wide * width)
    raw = _aligned(n * width)
    eased = _aligned(n * width)  # scaled gradients of f in the frame
    curved = _aligned(pairs * width)
    tile = _aligned(pairs * _TILE)
    half = _aligned(n * _TILE)
    trace = _aligned(width)
    slope, bend = np.ones(width), _aligned(width)
    triangle = np.zeros((n, n))
    inverse = np.zeros((n, n))  # transposed: a column of R⁻¹ is a row here
    factors = np.empty(n)
    shares = np.empty(pairs * wide)  # Γ, the parts of the second derivatives along the frame
    share = np.empty(n)
    flat_inverse, flat_terms = inverse.reshape(-1), terms.reshape(-1)

    for cell in range(out.size):
        out[cell] = np.nan
        if chained:
            for x in range(rows):
                slope[x] = jet[-2, low + cell, x]
                bend[x] = jet[-1, low + cell, x] / scale
        # J = QR, every vector orthogonalised twice
        regular = rows >= n
        for j in range(n):
            if firsts[j] < 0:
                regular = False
                break
            gradient = jet[firsts[j], low + cell]
            for x in range(rows):
                raw[j * width + x] = scale * gradient[x]
                q[j * width + x] = scale * gradient[x] * slope[x]
            length = _dot(q, j * width, q, j * width, width)
            triangle[:, j] = 0.0
            for _ in range(2):
                for i in range(j):
                    s = _dot(q, i * width, q, j * width, width)
                    triangle[i, j] += s
                    factors[0] = -s
                    for x in range(0, width, _TILE):
                        in_frame[0] = i * width + x
                        _combine(q, j * width + x, False, q, in_frame, 0, factors, 0, 1)
            left = np.sqrt(_dot(q, j * width, q, j * width, width))
            if not left > least * np.sqrt(length):
                regular = False
                break
            triangle[j, j] = left
            for x in range(width):
                q[j * width + x] /= left
        if not regular:
            continue
        for a in range(n):
            inverse[a, a] = 1.0 / triangle[a, a]
            for i in range(a - 1, -1, -1):
                s = 0.0
                for k in range(i + 1, a + 1):
                    s += triangle[i, k] * inverse[a, k]
                inverse[a, i] = -s / triangle[i, i]

        # the second derivatives in the frame: R⁻ᵀ H R⁻¹ of every row of data, with H = L′ ∂∂f + L″ ∂f ∂f
        for start in range(0, width, _TILE):
            inside = min(_TILE, rows - start)
            for p in range(pairs):
                if source[p] >= 0:
                    second = jet[source[p], low + cell]
                    for x in range(inside):
                        tile[p * _TILE + x] = scale * second[start + x] * slope[start + x]
                    for x in range(inside, _TILE):
                        tile[p * _TILE + x] = 0.0
            if chained:
                for i in range(n):
                    in_frame[i] = i * width + start
                for a in range(n):
                    _combine(eased, a * width + start, True, raw, in_frame, 0, flat_inverse, a * n, a + 1)
            for a in range(n):
                for j in range(n):
                    size = 0
                    while size < found[j] and held[j, size] <= a:
                        factors[size] = inverse[a, held[j, size]]
                        size += 1
                    _combine(half, j * _TILE, True, tile, flat_terms, j * n, factors, 0, size)
                for b in range(a, n):
                    at = place[a, b] * width + start
                    _combine(curved, at, True, half, in_half, 0, flat_inverse, b * n, b + 1)
                    if chained:
                        _add_product(curved, at, bend, start, eased, a * width + start, eased, b * width + start)

        # R = Σ_{a<b} 2 (⟨II_aa, II_bb⟩ − ⟨II_ab, II_ab⟩), by Pythagoras: what H has less what it has along the frame
        total = mass = 0.0
        trace[:] = 0.0
        share[:] = 0.0
        for a in range(n):
            for b in range(a, n):
                p = place[a, b]
                at = p * width
                along = 0.0
                for c in range(0, n, 4):
                    _dots(shares, p * wide + c, q, c * width, width, curved, at, width)
                for c in range(n):
                    s = shares[p * wide + c]
                    along += s * (s if a != b else -share[c])
                whole = _dot(curved, at, curved, at, width)
                mass += whole
                total -= 2.0 * (whole - along if a != b else -_dot(trace, 0, curved, at, width) - along)
            at = place[a, a] * width
            for x in range(width):
                trace[x] += curved[at + x]
            for c in range(n):
                share[c] += shares[place[a, a] * wide + c]
        if not mass * n < _TRUSTED * abs(total):  # too many digits are lost that way: take the normal parts themselves
            total = 0.0
            trace[:] = 0.0
            for a in range(n):
                for b in range(a, n):
                    p = place[a, b]
                    for start in range(0, width, _TILE):
                        for c in range(n):
                            in_frame[c] = c * width + start
                            factors[c] = -shares[p * wide + c]
                        _combine(curved, p * width + start, False, q, in_frame, 0, factors, 0, n)
                    if a != b:
                        total -= 2.0 * _dot(curved, p * width, curved, p * width, width)
                at = place[a, a] * width
                total += 2.0 * _dot(trace, 0, curved, at, width)
                for x in range(width):
                    trace[x] += curved[at + x]
        if np.isfinite(total):
            out[cell] = total
