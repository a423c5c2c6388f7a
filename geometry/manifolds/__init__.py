"""Manifolds: what they are, and what can be derived from each."""

from .coordinates import ChartMap
from .empirical import EmpiricalManifold
from .exponential_family import ExponentialFamily
from .hessian import HessianManifold
from .immersed import ImmersedManifold
from .inputs import ManifoldError, SingularMetricError
from .progress import progress
from .quantities import Quantity
from .riemannian import RiemannianManifold
from .statistical import NotRegularError, StatisticalManifold
from .tensors import DOWN, UP, Tensor

__all__ = [
    "DOWN",
    "UP",
    "ChartMap",
    "EmpiricalManifold",
    "ExponentialFamily",
    "HessianManifold",
    "ImmersedManifold",
    "ManifoldError",
    "NotRegularError",
    "Quantity",
    "RiemannianManifold",
    "SingularMetricError",
    "StatisticalManifold",
    "Tensor",
    "progress",
]
