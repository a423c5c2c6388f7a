"""Manifolds: what they are, and what can be derived from each."""

from .inputs import ManifoldError, SingularMetricError
from .progress import progress
from .quantities import Quantity
from .riemannian import RiemannianManifold

__all__ = ["ManifoldError", "Quantity", "RiemannianManifold", "SingularMetricError", "progress"]
