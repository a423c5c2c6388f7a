"""The Gauss equation in numbers: curvature at a point from tangent vectors and second derivatives.

With the columns of J = QR the tangent vectors ∂_iΦ, the frame Q is orthonormal, the normal
parts W_ij = (1 − QQᵀ) ∂_i∂_jΦ are taken by projection, and
in the frame, II = R⁻ᵀ W R⁻¹,

    R_abcd = ⟨II_ac, II_bd⟩ − ⟨II_ad, II_bc⟩,    R = |tr II|² − |II|².

The metric is never formed, so its condition number enters once and not squared, and the cost
grows with the number of rows N as N P², for any number P of parameters.

Where the tangent vectors are dependent, the map Φ has a rank r < P. If the rank is constant near the point, the image
of Φ is an r-dimensional manifold (constant rank theorem), which is what is left of the parameters when directions that
change nothing are divided out; the formulas above hold on it with any r parameter directions whose tangent vectors are
orthonormal. With J = U Σ Vᵀ these are v_a/σ_a. The rank cannot fall near a point, and an analytic map has its largest
rank almost everywhere: so it is constant near a point just when a point at random beside it has the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import sympy as sp
from chentsov.geometry.exact.kinks import derivative

from ..exact.reading import read_float, read_point, read_values
from ..kernels.algebras import NumPy
from ..kernels.interpreter import Straight
from ..kernels.rows import normal_parts
from .inputs import ManifoldError

__all__ = [
    "PointCurvature",
    "ReducedCurvature",
    "TangentFrame",
    "curvature_of_image",
    "curvature_of_vectors",
    "derivatives",
    "full_seconds",
    "numeric_function",
    "point_and_constants",
    "point_beside",
]


def numeric_function(arguments: Sequence[sp.Symbol], expressions: Sequence[sp.Expr]) -> Any:
    """Numbers -> the values of the expressions; names are data and never reach generated code."""
    return partial(_at_floats, Straight.of(expressions, arguments, NumPy()))


def _at_floats(function: Straight, *numbers: Any) -> Any:
    return function([np.asarray(n, dtype=float) for n in numbers])


@dataclass(frozen=True)
class PointCurvature:
    """Curvature of a manifold at one point.

    Args:
        metric: g_ij.
        ricci: R_ij.
        ricci_scalar: R.
        mean_curvature: |H| = |g^ij II_ij|, NaN where there is no immersion.
        condition: the ratio of the largest and the smallest singular value of the tangent vectors, which is the root of
            that of the metric; about log10 of it is the number of digits lost (twice that from the metric).
    """

    metric: np.ndarray
    ricci: np.ndarray
    ricci_scalar: float
    mean_curvature: float
    condition: float


class TangentFrame:
    """The orthonormal frame Q of tangent vectors J = QR, and what follows from a curvature given in it.

    Args:
        tangents: ∂_iΦ as columns, N × P.

    Raises:
        ManifoldError: tangent vectors that are linearly dependent.
    """

    def __init__(self, tangents: np.ndarray) -> None:
        rows, dim = tangents.shape
        if rows < dim:
            raise ManifoldError(
                f"the metric is singular at this point: {dim} tangent vectors in {rows} dimensions are linearly "
                f"dependent; of data, at least {dim} rows are needed"
            )
        spread = np.linalg.svd(tangents, compute_uv=False)
        if spread[-1] <= np.finfo(float).eps * max(rows, dim) * max(spread[0], np.finfo(float).tiny):
            raise ManifoldError(
                f"the metric is singular at this point: {dim} tangent vectors span fewer than {dim} dimensions "
                f"(smallest singular value {spread[-1]:.1e} of {spread[0]:.1e}, {rows} rows)"
            )
        self.tangents, self.condition = tangents, float(spread[0] / spread[-1])
        self.vectors, self.triangle = np.linalg.qr(tangents)

    def curvature(self, ricci: np.ndarray, ricci_scalar: float, mean_curvature: np.ndarray) -> PointCurvature:
        """The curvature at the point, from the Ricci tensor in the frame and the vector H."""
        return PointCurvature(
            metric=self.tangents.T @ self.tangents,
            ricci=self.triangle.T @ ricci @ self.triangle,
            ricci_scalar=float(ricci_scalar),
            mean_curvature=float(np.linalg.norm(mean_curvature)),
            condition=self.condition,
        )


def curvature_of_vectors(tangents: np.ndarray, seconds: np.ndarray) -> PointCurvature:
    """The curvature at a point.

    Args:
        tangents: ∂_iΦ as columns, N × P.
        seconds: ∂_i∂_jΦ, P × P × N.

    Raises:
        ManifoldError: numbers that are not finite, or tangent vectors that are linearly dependent.

    >>> import numpy as np
    >>> tangents, normal = np.array([[1.0, 0], [0, 1], [0, 0]]), [0.0, 0, 1]
    >>> at_pole = curvature_of_vectors(tangents, -np.einsum("ij,a->ija", np.eye(2), normal))
    >>> at_pole.ricci_scalar                      # the unit sphere
    2.0
    """
    if not (np.all(np.isfinite(tangents)) and np.all(np.isfinite(seconds))):
        raise ManifoldError("the map or its derivatives are not finite at this point")
    frame = TangentFrame(tangents)
    _, normal = normal_parts(seconds, frame.vectors)
    inverse = np.linalg.solve(frame.triangle, np.eye(tangents.shape[1]))
    second = np.einsum("ia,jb,ijn->abn", inverse, inverse, normal, optimize=True)
    trace = np.einsum("aan->n", second)
    ricci = np.einsum("n,abn->ab", trace, second) - np.einsum("acn,cbn->ab", second, second)
    return frame.curvature(ricci, trace @ trace - np.sum(second * second), trace)


#: The part of the largest singular value that rounding may leave of a zero, over √(rows or parameters).
_NOISE = 16 * np.finfo(float).eps
#: By how much the last singular value that counts must stand above the next one, and above that noise.
LEAST_GAP = 1e4
#: How far beside a point its rank is looked at, for a coordinate of size one.
_BESIDE = 1e-3


@dataclass(frozen=True)
class ReducedCurvature:
    """Curvature of the image of a map near a point: of its parameters with null directions divided out.

    Attributes:
        ricci_scalar: R of the image; NaN where the rank is not decidable or not constant.
        rank: r, how many singular values stand above the noise; the dimension of the image where it is decidable.
        nullity: P − r, how many directions change nothing.
        gap: σ_r over σ_{r+1}, or over the noise where that is larger; the rank is decided from `LEAST_GAP` on.
        singular_values: of the tangent vectors, the largest first.
        mean_curvature: |H|, NaN as R.
        error: an estimate of the absolute error of R that rounding makes.
        reason: why there is no number; empty where there is one.
    """

    ricci_scalar: float
    rank: int
    nullity: int
    gap: float
    singular_values: np.ndarray
    mean_curvature: float
    error: float
    reason: str = ""


def curvature_of_image(
    tangents: np.ndarray,
    seconds: np.ndarray | Callable[[np.ndarray, np.ndarray], np.ndarray],
    beside: Callable[[], np.ndarray] | None = None,
) -> ReducedCurvature:
    """The curvature of the image of Φ near a point, whatever the rank of dΦ.

    Args:
        tangents: ∂_iΦ as columns, N × P.
        seconds: ∂_i∂_jΦ, P × P × N; or a function of directions u, v as columns (P × k, P × m) that gives ∂_u∂_vΦ,
            k × m × N.
        beside: the tangents at a point at random near by; asked for where the rank could be larger there. Left out, the
            rank is taken to be constant.

    Raises:
        ManifoldError: numbers that are not finite.

    A sphere with an idle parameter is a sphere:

    >>> import numpy as np
    >>> tangents, normal = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 0]]), [0.0, 0, 1]
    >>> found = curvature_of_image(tangents, -np.einsum("ij,n->ijn", np.diag([1.0, 1.0, 0.0]), normal))
    >>> found.rank, found.nullity, round(found.ricci_scalar, 12)
    (2, 1, 2.0)
    """
    if not np.all(np.isfinite(tangents)):
        raise ManifoldError("the map or its derivatives are not finite at this point")
    rows, parameters = tangents.shape
    left, sigma, right = np.linalg.svd(tangents, full_matrices=False)
    rank, noise = _rank(sigma, tangents.shape)
    nullity = parameters - rank
    gap = float(sigma[rank - 1] / max([noise, *sigma[rank : rank + 1]])) if rank else 0.0

    def found(scalar: float, mean: float, error: float, reason: str = "") -> ReducedCurvature:
        return ReducedCurvature(scalar, rank, nullity, gap, sigma, mean, error, reason)

    if gap < LEAST_GAP:
        last = f" ({sigma[rank - 1]:.1e})" if rank else ""
        reason = (
            f"the rank is not decidable: {rank} of {sigma.size} singular values stand above the noise {noise:.1e}, and "
            f"the gap below the last of them{last} is {gap:.2g}, where {LEAST_GAP:.0e} is needed"
        )
        return found(np.nan, np.nan, np.inf, reason)
    if rank == rows:  # the image is open in R^N
        return found(0.0, 0.0, 0.0)

    def second(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        return seconds(u, v) if callable(seconds) else np.einsum("pi,pqn,qj->ijn", u, seconds, v, optimize=True)

    if nullity and beside is not None:
        other = np.linalg.svd(beside(), compute_uv=False)
        larger, _ = _rank(other, tangents.shape)
        if larger > rank:
            reason = (
                f"the rank is {rank} at this point and {larger} beside it, where singular value {rank + 1} is "
                f"{other[rank]:.1e}: no manifold is left of the weights here"
            )
            return found(np.nan, np.nan, np.inf, reason)

    def scalar(left: np.ndarray, sigma: np.ndarray, right: np.ndarray) -> tuple[float, float, float]:
        """R, the length of the trace of the second fundamental form, and the sum of their squares."""
        frame = right[:rank].T / sigma[:rank]
        curved = second(frame, frame)
        if not np.all(np.isfinite(curved)):
            raise ManifoldError("the second derivatives of the map are not finite at this point")
        _, curved = normal_parts(curved, left[:, :rank])
        trace = np.zeros(rows)
        total = 0.0
        for a in range(rank):  # the terms a = b, which cancel, never appear
            total += 2 * float(curved[a, a] @ trace - np.sum(curved[a, :a] ** 2))
            trace = trace + curved[a, a]
        return total, float(np.linalg.norm(trace)), float(trace @ trace + np.sum(curved**2))

    total, mean, size = scalar(left, sigma, right)
    # what the rounding of the tangents does to R is tried; it may be far more than the size of the terms tells
    eps = np.finfo(float).eps
    rounded = tangents * (1 + eps * np.random.default_rng(0).uniform(-1, 1, tangents.shape))
    change = abs(scalar(*np.linalg.svd(rounded, full_matrices=False))[0] - total)
    error = float(16 * max(change, eps * sigma[0] / sigma[rank - 1] * size))
    if error > size / 10:
        return found(np.nan, np.nan, np.inf, f"no digit is left of R: rounding changes it by about {error:.1e}")
    return found(total, mean, error)


def _rank(sigma: np.ndarray, shape: tuple[int, ...]) -> tuple[int, float]:
    """How many singular values stand above what rounding leaves of a zero, and that."""
    noise = _NOISE * np.sqrt(max(shape)) * float(sigma[0])
    return int(np.sum(sigma > noise)), noise


def point_beside(point: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """A point at random near by, at which an analytic map has its largest rank."""
    return point + _BESIDE * (1 + np.abs(point)) * draw.normal(size=point.shape)


def derivatives(
    functions: Sequence[sp.Expr], coordinates: Sequence[sp.Symbol], symbols: Sequence[sp.Symbol]
) -> tuple[Any, Any]:
    """Numeric ∂_iΦ^a (by i, then a) and ∂_i∂_jΦ^a (by i ≤ j, then a) as functions of the symbols."""
    tangents = [[derivative(f, x) for f in functions] for x in coordinates]
    seconds = [derivative(f, y) for i, row in enumerate(tangents) for y in coordinates[i:] for f in row]
    return numeric_function(symbols, [f for row in tangents for f in row]), numeric_function(symbols, seconds)


def full_seconds(upper: np.ndarray, dim: int) -> np.ndarray:
    """P × P × N from the rows of i ≤ j."""
    rows, columns = np.triu_indices(dim)
    full = np.empty((dim, dim, upper.shape[1]))
    full[rows, columns] = upper
    full[columns, rows] = upper
    return full


def point_and_constants(manifold: Any, point: Any, constants: Mapping[Any, Any] | None) -> list[float]:
    """The numbers of a point and of the constants, in the order of (coordinates, constants)."""
    where = read_point(point, manifold.coordinates, error=ManifoldError)
    values = read_values(constants, manifold.constants, "constants", ManifoldError)
    manifold.domain.check({**where, **values})
    return [read_float(v, f"the value of {s}", ManifoldError) for s, v in {**where, **values}.items()]
