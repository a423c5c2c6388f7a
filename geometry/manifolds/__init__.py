"""Manifolds: what they are, and what can be derived from each. Each name is loaded when it is first used."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from .connections import Connection as Connection
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
    from .vanishing import Undecided as Undecided
    from .vanishing import UndecidedError as UndecidedError

# The module that holds each public name; it is loaded when the name is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "connections": ["Connection"],
        "coordinates": ["ChartMap"],
        "tensors": ["DOWN", "Tensor", "UP"],
        "empirical": ["EmpiricalManifold"],
        "exponential_family": ["ExponentialFamily"],
        "hessian": ["HessianManifold"],
        "immersed": ["ImmersedManifold"],
        "inputs": ["ManifoldError", "SingularMetricError"],
        "statistical": ["ConditionalManifold", "NotRegularError", "StatisticalManifold"],
        "quantities": ["Quantity"],
        "riemannian": ["RiemannianManifold"],
        "long_work": ["progress"],
        "vanishing": ["Undecided", "UndecidedError"],
    },
)
