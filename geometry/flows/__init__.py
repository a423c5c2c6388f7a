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

__all__ = [
    "ConfidenceRegion",
    "Flow",
    "GeodesicBall",
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
