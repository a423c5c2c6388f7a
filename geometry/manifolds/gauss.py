"""The Gauss equation in numbers: curvature at a point from tangent vectors and second derivatives.

With the columns of J = QR the tangent vectors ∂_iΦ, the frame Q is orthonormal, the normal
parts W_ij = (1 − QQᵀ) ∂_i∂_jΦ are taken by projection, and
in the frame, II = R⁻ᵀ W R⁻¹,

    R_abcd = ⟨II_ac, II_bd⟩ − ⟨II_ad, II_bc⟩,    R = |tr II|² − |II|².

The metric is never formed, so its condition number enters once and not squared, and the cost
grows with the number of rows N as N P², for any number P of parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    "TangentFrame",
    "curvature_of_vectors",
    "derivatives",
    "full_seconds",
    "numeric_function",
    "point_and_constants",
]


def numeric_function(arguments: Sequence[sp.Symbol], expressions: Sequence[sp.Expr]) -> Any:
    """Numbers -> the values of the expressions; names are data and never reach generated code."""
    function = Straight.of(expressions, arguments, NumPy())
    return lambda *numbers: function([np.asarray(n, dtype=float) for n in numbers])


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
        spread = np.linalg.svd(tangents, compute_uv=False) if rows >= dim else np.zeros(1)
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
