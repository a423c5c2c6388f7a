"""Vector fields: gradient flows, compressibility, trajectories by the thousand; geodesics between points."""

from .confidence import ConfidenceRegion, confidence_region
from .connections import (
    GeodesicBall,
    distance,
    exponential,
    frechet_mean,
    geodesic_ball,
    geodesic_between,
    geodesics,
    logarithm,
    transport,
    with_distances,
)
from .flow import Flow
from .langevin import Langevin

__all__ = [
    "ConfidenceRegion",
    "Flow",
    "GeodesicBall",
    "Langevin",
    "confidence_region",
    "distance",
    "exponential",
    "frechet_mean",
    "geodesic_ball",
    "geodesic_between",
    "geodesics",
    "logarithm",
    "transport",
    "with_distances",
]
