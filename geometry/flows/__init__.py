"""Vector fields: gradient flows, compressibility, trajectories by the thousand; geodesics between points."""

from .connections import (
    GeodesicBall,
    distance,
    exponential,
    frechet_mean,
    geodesic_ball,
    geodesic_between,
    logarithm,
    transport,
    with_distances,
)
from .flow import Flow

__all__ = [
    "Flow",
    "GeodesicBall",
    "distance",
    "exponential",
    "frechet_mean",
    "geodesic_ball",
    "geodesic_between",
    "logarithm",
    "transport",
    "with_distances",
]
