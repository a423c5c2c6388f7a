"""Manifolds: what they are, and what can be derived from each. Each name is loaded when it is first used."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .coordinates import ChartMap as ChartMap
    from .empirical import EmpiricalManifold as EmpiricalManifold
    from .exponential_family import ExponentialFamily as ExponentialFamily
    from .hessian import HessianManifold as HessianManifold
    from .immersed import ImmersedManifold as ImmersedManifold
    from .inputs import ManifoldError as ManifoldError
    from .inputs import SingularMetricError as SingularMetricError
    from .long_work import progress as progress
    from .quantities import Quantity as Quantity
    from .riemannian import RiemannianManifold as RiemannianManifold
    from .statistical import NotRegularError as NotRegularError
    from .statistical import StatisticalManifold as StatisticalManifold
    from .tensors import DOWN as DOWN
    from .tensors import UP as UP
    from .tensors import Tensor as Tensor

# Public name -> the module of this package that holds it.
_HOMES = {
    "ChartMap": "coordinates",
    "DOWN": "tensors",
    "EmpiricalManifold": "empirical",
    "ExponentialFamily": "exponential_family",
    "HessianManifold": "hessian",
    "ImmersedManifold": "immersed",
    "ManifoldError": "inputs",
    "NotRegularError": "statistical",
    "Quantity": "quantities",
    "RiemannianManifold": "riemannian",
    "SingularMetricError": "inputs",
    "StatisticalManifold": "statistical",
    "Tensor": "tensors",
    "UP": "tensors",
    "progress": "long_work",
}
__all__ = list(_HOMES)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted(set(globals()) | set(_HOMES))
