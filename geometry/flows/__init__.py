"""Vector fields: gradient flows, compressibility, trajectories one by one and by the thousand."""

from .flow import Flow

__all__ = ["Flow"]
