"""Confidence regions of a family's parameters: geodesic balls beside the regions of the likelihood ratio.

With n observations and the maximum of the likelihood at θ̂, the likelihood ratio 2 Σ [log p(x; θ̂) − log p(x; θ)] has
asymptotically the χ² distribution with d degrees of freedom (S. S. Wilks 1938), and so has n d(θ̂, θ)². The latter does
not depend on coordinates either, and the two differ by the cubic term of the divergence, of order n^{−1/2}.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp
from chentsov.geometry.exact import Mean
from chentsov.geometry.manifolds import ManifoldError

from ..exact.reading import read_count, read_float
from ..kernels import compile
from ..kernels.reading import read_rows
from .connections import geodesic_ball, read_points
from .shooting import Space

if TYPE_CHECKING:
    import xarray as xr
    from chentsov.geometry.manifolds import StatisticalManifold

__all__ = ["ConfidenceRegion", "confidence_region"]

_FARTHEST, _SAMPLES, _HALVINGS = 4.0, 33, 40  # of the rays along which the likelihood is followed


@dataclass(frozen=True)
class ConfidenceRegion:
    """Where the parameters lie at a level of confidence.

    Attributes:
        manifold: the family.
        estimate: θ̂.
        level: such as 0.95.
        radius: of the geodesic ball, √(χ²/n).
        boundary: Dataset (direction × coordinate) of points on the same geodesics from θ̂: `geodesic`, where they are
            `radius` long, and `likelihood`, where the likelihood ratio is χ² (NaN where it is not up to four radii).
    """

    manifold: StatisticalManifold
    estimate: np.ndarray
    level: float
    radius: float
    boundary: xr.Dataset

    def plot(self, ax: Any = None) -> Any:
        """Both boundaries and the estimate in the chart; the axes are returned.

        Raises:
            ManifoldError: the family has not two parameters.
        """
        if self.manifold.dim != 2:
            raise ManifoldError(f"a confidence region is drawn of two parameters; this family has {self.manifold.dim}")
        import matplotlib.pyplot as plt

        axes = plt.subplots()[1] if ax is None else ax
        axes.plot(*self.boundary.likelihood.values.T, color="C1", label="likelihood ratio")
        axes.plot(*self.boundary.geodesic.values.T, color="C0", linestyle="--", label="geodesic radius")
        axes.plot(*self.estimate, "o", color="C3", label="estimate")
        axes.set_xlabel(f"${sp.latex(self.manifold.coordinates[0])}$")
        axes.set_ylabel(f"${sp.latex(self.manifold.coordinates[1])}$")
        axes.set_title(f"{100 * self.level:g} % confidence")
        axes.legend()
        return axes


def confidence_region(
    manifold: StatisticalManifold, estimate: Any, observations: Any = None, *, level: Any = 0.95, data: Any = None,
    constants: Mapping[Any, Any] | None = None, directions: int = 180,
) -> ConfidenceRegion:  # fmt: skip
    """The ball of radius √(χ²/n) about an estimate, and the region of the likelihood ratio along the same geodesics.

    Args:
        manifold: a family with a density, or an exponential family.
        estimate: θ̂, where the likelihood is largest.
        observations: n; the likelihood ratio is then 2n KL(θ̂‖θ), which is exact for exponential families.
        level: of confidence.
        data: what was observed, {variable: numbers}; the likelihood ratio is then that of these data.
        constants: a number for every constant.
        directions: how many geodesics.

    Raises:
        ManifoldError: neither n nor data; a level outside 0 to 1; the likelihood is larger elsewhere than at the
            estimate; KL has no closed form, where data are needed.

    >>> from chentsov.models import families
    >>> region = confidence_region(families.bernoulli(), [0.3], 50)
    >>> region.boundary.likelihood.values.ravel().round(4).tolist()                     # Wilks' interval of 15 in 50
    [0.4348, 0.1852]
    """
    from scipy.stats import chi2

    share = read_float(level, "the level", ManifoldError)
    if not 0 < share < 1:
        raise ManifoldError(f"a level of confidence lies between 0 and 1, not at {share:g}")
    space = Space(manifold, constants)
    centre = read_points(manifold, estimate, "estimate")
    deviance, count = _likelihood_ratio(manifold, space, centre, observations, data)
    threshold = float(chi2.ppf(share, manifold.dim))
    radius = float(np.sqrt(threshold / count))
    ball = geodesic_ball(
        manifold, centre, _FARTHEST * radius, constants=constants, directions=directions, radii=_SAMPLES
    )
    rays = ball.boundary.position.values
    start, ahead = np.broadcast_to(centre, rays[:, 0].shape), ball.velocities
    ratios = deviance(rays)
    if (ratios < -1e-6 * threshold).any():
        raise ManifoldError(
            f"the likelihood is larger elsewhere than at {centre.tolist()}: the estimate is not its maximum"
        )
    crossed = ratios > threshold
    first = np.argmax(crossed, axis=1)
    high = np.where(crossed.any(axis=1), first, np.nan) / (_SAMPLES - 1)
    low = high - 1 / (_SAMPLES - 1)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        ends, *_ = space.shoot(start, np.nan_to_num(middle[:, None] * ahead), np.array([0.0, 1.0]))
        above = deviance(ends[:, -1]) > threshold
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    ends, *_ = space.shoot(start, np.nan_to_num(high[:, None] * ahead), np.array([0.0, 1.0]))
    likelihood = np.where(np.isfinite(high)[:, None], ends[:, -1], np.nan)
    boundary = ball.boundary.drop_vars(["position", "ending", "reached", "radius"]).assign(
        geodesic=(("direction", "coordinate"), rays[:, (_SAMPLES - 1) // int(_FARTHEST)]),
        likelihood=(("direction", "coordinate"), likelihood),
    )
    return ConfidenceRegion(manifold, centre, share, radius, boundary)


def _likelihood_ratio(
    manifold: StatisticalManifold, space: Space, centre: np.ndarray, observations: Any, data: Any
) -> tuple[Any, int]:
    """θ -> 2 Σ [log p(x; θ̂) − log p(x; θ)], and the number of observations."""
    if (observations is None) == (data is None):
        raise ManifoldError("give the number of observations, or the data, one of them")
    x = manifold.coordinates
    if data is None:
        count = read_count(observations, "observations", error=ManifoldError)
        exact = {s: sp.Rational(v) for s, v in space.constants.items()}
        found = manifold.kullback_leibler([sp.Rational(v) for v in centre.tolist()], x)
        closed = found if isinstance(found, sp.Expr) else found.expression
        if closed is None:
            raise ManifoldError("KL has no closed form for this family: give the data")
        kernel, rows = compile([closed.subs(exact)], x), count
    else:
        density = manifold.density
        if density is None or len(density.pieces) != 1:
            raise ManifoldError("the likelihood of data needs a family with a density of one piece")
        (piece,) = density.pieces
        columns = read_rows({s.name: "rows" for s in piece.symbols}, data, np.dtype("float64"))
        rows = count = len(next(iter(columns.values())))
        mean = Mean(piece.log_density, piece.symbols)
        at = {s: float(v) for s, v in zip(x, centre)}
        kernel = compile([-mean], x, constants=space.constants, data=columns)
        top = float(kernel(*at.values())[0])
    kernel.promises = ()
    base = 0.0 if data is None else top

    def ratio(points: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            (found,) = kernel(*(np.ascontiguousarray(points[..., i]) for i in range(manifold.dim)))
        return np.where(space.inside(points), 2 * rows * (found - base), np.nan)

    return ratio, count
