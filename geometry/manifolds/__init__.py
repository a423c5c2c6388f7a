"""Manifolds: what they are, and what can be derived from each."""

from .coordinates import ChartMap
from .hessian import HessianManifold
from .immersed import ImmersedManifold
from .inputs import ManifoldError, SingularMetricError
from .progress import progress
from .quantities import Quantity
from .riemannian import RiemannianManifold
from .tensors import DOWN, UP, Tensor

__all__ = [
    "DOWN",
    "UP",
    "ChartMap",
    "HessianManifold",
    "ImmersedManifold",
    "ManifoldError",
    "Quantity",
    "RiemannianManifold",
    "SingularMetricError",
    "Tensor",
    "progress",
]
