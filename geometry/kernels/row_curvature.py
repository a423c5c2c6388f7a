r"""R of g_ij = E[∂_i ℓ ∂_j ℓ] cell by cell, as one compiled function: the arithmetic of `rows` where it is wanted most.

J = QR of the gradients gives a frame, in which the second derivatives of a row are A_ab = H_ab + β φ_a φ_b: of ℓ = L(f)
the first is L′ ∂_a∂_b f, of which many vanish, and β = L″. The Gauss equation sums ⟨A_aa, A_bb⟩ − |A_ab|² over what is
normal to the frame. H is made normal before it is brought into the frame, where it is large; what is quadratic in β
cancels but for its part along the frame, T_abc = ⟨β φ_a φ_b, q_c⟩, which is symmetric:

    R = Σ_{a<b} 2 (⟨H_aa, H_bb⟩ − |H_ab|² + ⟨β, φ_a² H_bb + φ_b² H_aa − 2 φ_a φ_b H_ab⟩ − Σ_c (T_aac T_bbc − T_abc²)).

So the rows are passed once, a tile at a time, and no product β φ_a φ_b is kept. Where R is a small difference of all
that, normal parts of the products are formed as well.

All of it is linear combinations of rows of numbers and inner products of them, whose sums stay in vector registers over
a tile (`_combine`, `_dots`).
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
#: Rows whose second derivatives are in the frame at once: they stay in the first-level cache.
_BLOCK = 8 * _TILE
_DOUBLE, _INDEX = ir.DoubleType(), ir.IntType(64)
_VECTOR, _HALF = ir.VectorType(_DOUBLE, _TILE), ir.VectorType(_DOUBLE, _TILE // 2)
_FLAGS = ("contract", "reassoc")
#: How many times larger than R what it is the difference of may be: five digits are lost then.
_TRUSTED = 1e5


def _data(context: Any, builder: Any, kind: Any, array: Any) -> Any:
    return context.make_array(kind)(context, builder, array).data


def _tile(builder: Any, data: Any, at: Any, kind: Any = _VECTOR) -> Any:
    return builder.bitcast(builder.gep(data, [at]), kind.as_pointer())


def _load(builder: Any, data: Any, at: Any, kind: Any = _VECTOR) -> Any:
    return builder.load(_tile(builder, data, at, kind), align=8)


@intrinsic
def _combine(typing, out, at, fresh, source, places, first, shift, coefficients, start, count, tiles):
    """out[at + x] = Σ_k coefficients[start + k] source[places[first + k] + shift + x] for as many tiles, added to
    what is there unless fresh; returns Σ_x out[at + x]². The arrays have one axis."""
    signature = numba.float64(out, at, fresh, source, places, first, shift, coefficients, start, count, tiles)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kinds = signature.args
        into, rows, index, factors = (_data(context, builder, kinds[k], arguments[k]) for k in (0, 3, 4, 7))
        _, at, fresh, _, _, first, shift, _, start, count, tiles = arguments
        zero = ir.Constant(_VECTOR, [0.0] * _TILE)
        total, squares = cgutils.alloca_once(builder, _VECTOR), cgutils.alloca_once_value(builder, zero)
        with cgutils.for_range(builder, tiles, intp=_INDEX) as tile:
            behind = builder.mul(tile.index, ir.Constant(_INDEX, _TILE))
            here, beside = builder.add(at, behind), builder.add(shift, behind)
            builder.store(zero, total)
            with builder.if_then(builder.not_(fresh)):
                builder.store(_load(builder, into, here), total)
            with cgutils.for_range(builder, count, intp=_INDEX) as loop:
                place = builder.add(builder.load(builder.gep(index, [builder.add(first, loop.index)])), beside)
                factor = builder.load(builder.gep(factors, [builder.add(start, loop.index)]))
                product = builder.fmul(_spread(builder, factor), _load(builder, rows, place), flags=_FLAGS)
                builder.store(builder.fadd(builder.load(total), product, flags=_FLAGS), total)
            found = builder.load(total)
            builder.store(found, _tile(builder, into, here), align=8)
            square = builder.fmul(found, found, flags=_FLAGS)
            builder.store(builder.fadd(builder.load(squares), square, flags=_FLAGS), squares)
        return _summed(builder, builder.load(squares))

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
def _dots(typing, out, into, below, left, at, stride, right, other, apart, width):
    """out[into + k + m below] = Σ_x left[at + k stride + x] right[other + m apart + x] for k < 4 and m < 2."""
    signature = numba.void(out, into, below, left, at, stride, right, other, apart, width)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        found, one, two = (_data(context, builder, signature.args[k], arguments[k]) for k in (0, 3, 6))
        _, into, below, _, at, stride, _, other, apart, width = arguments
        zero = ir.Constant(_HALF, [0.0] * (_TILE // 2))
        totals = [[cgutils.alloca_once_value(builder, zero) for _ in range(4)] for _ in range(2)]
        starts = [builder.add(at, builder.mul(stride, ir.Constant(_INDEX, k))) for k in range(4)]
        halves = builder.sdiv(width, ir.Constant(_INDEX, _TILE // 2))
        with cgutils.for_range(builder, halves, intp=_INDEX) as loop:
            shift = builder.mul(loop.index, ir.Constant(_INDEX, _TILE // 2))
            lefts = [_load(builder, one, builder.add(start, shift), _HALF) for start in starts]
            for row, start in zip(totals, (other, builder.add(other, apart))):
                b = _load(builder, two, builder.add(start, shift), _HALF)
                for total, a in zip(row, lefts):
                    product = builder.fmul(a, b, flags=_FLAGS)
                    builder.store(builder.fadd(builder.load(total), product, flags=_FLAGS), total)
        for row, start in zip(totals, (into, builder.add(into, below))):
            sums = _four_sums(builder, [builder.load(total) for total in row])
            place = builder.bitcast(builder.gep(found, [start]), sums.type.as_pointer())
            builder.store(sums, place, align=8)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def _multiply(typing, out, at, fresh, one, first, two, second, tiles):
    """out[at + x] = one[first + x] two[second + x] for as many tiles; added to what is there unless fresh."""
    signature = numba.void(out, at, fresh, one, first, two, second, tiles)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        into, *data = (_data(context, builder, signature.args[k], arguments[k]) for k in (0, 3, 5))
        zero = ir.Constant(_VECTOR, [0.0] * _TILE)
        with cgutils.for_range(builder, arguments[7], intp=_INDEX) as tile:
            behind = builder.mul(tile.index, ir.Constant(_INDEX, _TILE))
            c, a, b = (builder.add(arguments[k], behind) for k in (1, 4, 6))
            product = builder.fmul(_load(builder, data[0], a), _load(builder, data[1], b), flags=_FLAGS)
            total = cgutils.alloca_once_value(builder, zero)
            with builder.if_then(builder.not_(arguments[2])):
                builder.store(_load(builder, into, c), total)
            builder.store(builder.fadd(builder.load(total), product, flags=_FLAGS), _tile(builder, into, c), align=8)
        return context.get_dummy_value()

    return signature, generate


def _spread(builder: Any, number: Any) -> Any:
    """A vector of one number."""
    lane = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), number, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(lane, lane, ir.Constant(ir.VectorType(ir.IntType(32), _TILE), [0] * _TILE))


def _summed(builder: Any, vector: Any) -> Any:
    """The sum of the lanes."""
    kind = ir.FunctionType(_DOUBLE, [_DOUBLE, _VECTOR])
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.vector.reduce.fadd.v{_TILE}f64")
    return builder.call(function, [ir.Constant(_DOUBLE, 0.0), vector], fastmath=("reassoc",))


def _four_sums(builder: Any, vectors: list[Any]) -> Any:
    """The sums of the lanes of four vectors, as a vector: halves are added, and pairs of vectors share one."""

    def picked(a: Any, b: Any, lanes: list[int]) -> Any:
        return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), lanes))

    def add(a: Any, b: Any) -> Any:
        return builder.fadd(a, b, flags=_FLAGS)

    lanes = _TILE // 2
    while lanes > 8:
        lanes //= 2
        low, high = list(range(lanes)), list(range(lanes, 2 * lanes))
        vectors = [add(picked(v, v, low), picked(v, v, high)) for v in vectors]
    even = [j for k in range(0, 8, 2) for j in (k, 8 + k)]
    one, two = (add(picked(a, b, even), picked(a, b, [k + 1 for k in even])) for a, b in (vectors[:2], vectors[2:]))
    fours = add(picked(one, two, [0, 1, 8, 9, 4, 5, 12, 13]), picked(one, two, [2, 3, 10, 11, 6, 7, 14, 15]))
    return add(picked(fours, fours, [0, 1, 2, 3]), picked(fours, fours, [4, 5, 6, 7]))


@numba.njit(error_model="numpy")
def _aligned(size):
    """Zeros that begin where a cache line does: a vector that straddles two lines is loaded twice."""
    room = np.zeros(size + 8)
    begin = (-(room.ctypes.data // 8)) % 8
    return room[begin : begin + size]


@numba.njit(error_model="numpy")
def _into_frame(out, squares, half, a, source, terms, shift, sizes, lists, reach, inverse, places, tiles):
    """Tiles of H_ab = Σ_ij R⁻¹_ia h_ij R⁻¹_jb for every b ≥ a, at `places`[b] of `out`, and Σ_x H_ab² in `squares`.

    Args:
        source, terms, shift: h_ij that are not zero, at `terms`[j, …] + shift.
        sizes, lists: how many of them have i ≤ a, and R⁻¹_ia of these, [a, j, …].
        reach: for every a the end of the j that have such an i.
        inverse: R⁻¹, transposed.
    """
    n = reach.size
    flat_inverse, flat_terms, flat_lists = inverse.reshape(-1), terms.reshape(-1), lists.reshape(-1)
    for j in range(reach[a]):
        _combine(
            half, places[j], True, source, flat_terms, j * n, shift, flat_lists, (a * n + j) * n, sizes[a, j], tiles
        )
    for b in range(a, n):
        squares[b] = _combine(
            out, places[b], True, half, places, 0, 0, flat_inverse, b * n, min(b + 1, reach[a]), tiles
        )


_SIGNATURE = numba.void(
    numba.float64[:, :, ::1],
    numba.int64,
    numba.int64[::1],
    numba.int64[::1],
    numba.int64[:, ::1],
    numba.boolean,
    numba.float64,
    numba.float64[::1],
)


@numba.njit(_SIGNATURE, cache=True, nogil=True, error_model="numpy")
def ricci_scalars(jet, low, firsts, sources, seconds, chained, least, out):
    """R at many cells; NaN where gradients are dependent.

    Args:
        jet: the distinct derivatives x cells x data rows.
        low: the first of the cells.
        firsts: for each i the row of the jet with the gradient, -1 where it is zero.
        sources: the rows of the jet that hold second derivatives.
        seconds: for each i, j which of `sources` is the second derivative, -1 where it is zero.
        chained: whether these are derivatives of f in ℓ = L(f), with L′ and L″ in the last two rows.
        least: the part of a gradient that the others must leave.
        out: where to put the numbers.
    """
    n, rows = firsts.size, jet.shape[2]
    scale = 1.0 / np.sqrt(rows)
    tiles = -(-rows // _TILE)
    width = tiles * _TILE  # beyond the data there are zeros
    block = min(_BLOCK, width)
    fours = -(-n // 4) * 4
    terms, partner = np.zeros((n, n), np.int64), np.zeros((n, n), np.int64)
    sizes, reach = np.zeros((n, n), np.int64), np.zeros(n, np.int64)
    for j in range(n):
        size = 0
        for i in range(n):
            if seconds[i, j] >= 0:
                partner[j, size] = i
                terms[j, size] = seconds[i, j] * width
                size += 1
                reach[i:] = j + 1
            sizes[i, j] = size
    lists = np.zeros((n, n, n))
    in_block, in_frame = np.arange(n) * block, np.arange(n) * width
    q = _aligned(fours * width)
    raw = _aligned(n * width)
    eased = _aligned(fours * width)  # φ, scaled gradients of f in the frame
    bent = _aligned((sources.size + 1) * width)  # h, scaled second derivatives of f times L′
    half, framed = _aligned(n * block), _aligned(n * block)
    trace, norm, cross, lean = _aligned(block), _aligned(block), _aligned(block), _aligned(block)
    pairs = _aligned((n + 1) * width)
    slope, bend, leaned = np.ones(width), _aligned(width), _aligned(width)
    triangle = np.zeros((n, n))
    inverse = np.zeros((n, n))  # transposed: a column of R⁻¹ is a row here
    flat_inverse = inverse.reshape(-1)
    factors, squares = np.empty(n), np.empty(n)
    cubic = np.zeros((n, n + 1, fours))  # T, for indices in ascending order
    flat_cubic = cubic.reshape(-1)
    sums = np.empty(2 * fours)

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
            gradient, at = jet[firsts[j], low + cell], j * width
            own = raw[at : at + rows]
            for x in range(rows):
                own[x] = scale * gradient[x]
            _multiply(q, at, True, raw, at, slope, 0, tiles)
            length = _dot(q, at, q, at, width)
            triangle[:, j] = 0.0
            for _ in range(2):
                for i in range(0, j, 4):
                    _dots(sums, i, 0, q, i * width, width, q, at, 0, width)
                for i in range(j):
                    triangle[i, j] += sums[i]
                    factors[i] = -sums[i]
                _combine(q, at, False, q, in_frame, 0, 0, factors, 0, j, tiles)
            left = np.sqrt(_dot(q, at, q, at, width))
            if not left > least * np.sqrt(length):
                regular = False
                break
            triangle[j, j] = left
            unit, inverted = q[at : at + width], 1.0 / left
            for x in range(width):
                unit[x] *= inverted
        if not regular:
            continue
        for a in range(n):
            inverse[a, a] = 1.0 / triangle[a, a]
            for i in range(a - 1, -1, -1):
                s = 0.0
                for k in range(i + 1, a + 1):
                    s += triangle[i, k] * inverse[a, k]
                inverse[a, i] = -s / triangle[i, i]
        for a in range(n):
            for j in range(n):
                for k in range(sizes[a, j]):
                    lists[a, j, k] = inverse[a, partner[j, k]]
        for p in range(sources.size):
            second, h = jet[sources[p], low + cell], bent[p * width : p * width + rows]
            for x in range(rows):
                h[x] = scale * second[x] * slope[x]
        for p in range(0, sources.size, 2):  # what is normal to the frame
            for c in range(0, n, 4):
                _dots(sums, c, fours, q, c * width, width, bent, p * width, width, width)
            for c in range(2 * fours):
                sums[c] *= -1.0
            for k in range(2):
                _combine(bent, (p + k) * width, False, q, in_frame, 0, 0, sums, k * fours, n, tiles)

        total = mass = 0.0
        if chained:
            for a in range(n):
                _combine(eased, a * width, True, raw, in_frame, 0, 0, flat_inverse, a * n, a + 1, tiles)
            for a in range(n):
                _multiply(leaned, 0, True, bend, 0, q, a * width, tiles)
                for b in range(a, n):
                    _multiply(pairs, b * width, True, leaned, 0, eased, b * width, tiles)
                for b in range(a, n, 2):
                    for c in range(b - b % 4, n, 4):
                        at = (a * (n + 1) + b) * fours + c
                        _dots(flat_cubic, at, fours, eased, c * width, width, pairs, b * width, width, width)
            # Σ_{a<b, c} (T_aac T_bbc − T_abc²): each pair of indices that are equal halves the places of the entry
            sums[:] = 0.0
            for a in range(n):
                for b in range(a, n):
                    for c in range(b, n):
                        s = cubic[a, b, c]
                        mass += (1.0 if a == c else 3.0 if a == b or b == c else 6.0) * s * s
                        if a == b:
                            sums[c] += s
                        if b == c and a != b:
                            sums[a] += s
            total = 0.5 * mass
            for c in range(n):
                total -= 0.5 * sums[c] * sums[c]

        for start in range(0, width, block):
            size = min(block, width - start)
            trace[:] = 0.0
            norm[:] = 0.0
            cross[:] = 0.0
            for a in range(n):
                _into_frame(
                    framed, squares, half, a, bent, terms, start, sizes, lists, reach, inverse, in_block, size // _TILE
                )
                at = a * block
                total += _dot(trace, 0, framed, at, size)
                mass += squares[a]
                lean[:] = 0.0
                for b in range(a + 1, n):
                    total -= squares[b]
                    mass += squares[b]
                    if chained:
                        _multiply(lean, 0, False, eased, b * width + start, framed, b * block, size // _TILE)
                h, phi = framed[at : at + size], eased[a * width + start : a * width + start + size]
                for x in range(size):
                    cross[x] += norm[x] * h[x] + phi[x] * (phi[x] * trace[x] - 2.0 * lean[x])
                    trace[x] += h[x]
                    norm[x] += phi[x] * phi[x]
            if chained:
                share = bend[start : start + size]
                for x in range(size):
                    total += share[x] * cross[x]
                    mass += abs(share[x] * cross[x])

        if chained and not mass * n < _TRUSTED * abs(total):  # too many digits are lost: form all normal parts
            total = 0.0
            for start in range(0, width, block):
                size = min(block, width - start)
                trace[:] = 0.0
                for a in range(n):
                    _into_frame(
                        framed,
                        squares,
                        half,
                        a,
                        bent,
                        terms,
                        start,
                        sizes,
                        lists,
                        reach,
                        inverse,
                        in_block,
                        size // _TILE,
                    )
                    for b in range(a, n):
                        at = b * block
                        for c in range(n):
                            i, j, k = (a, b, c) if c >= b else (a, c, b) if c >= a else (c, a, b)
                            factors[c] = -cubic[i, j, k]
                        _multiply(lean, 0, True, eased, a * width + start, eased, b * width + start, size // _TILE)
                        _multiply(framed, at, False, bend, start, lean, 0, size // _TILE)
                        s = _combine(framed, at, False, q, in_frame, 0, start, factors, 0, n, size // _TILE)
                        total += _dot(trace, 0, framed, at, size) if a == b else -s
                    h = framed[a * block : a * block + size]
                    for x in range(size):
                        trace[x] += h[x]
        if np.isfinite(total):
            out[cell] = 2.0 * total
