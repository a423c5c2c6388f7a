"""Chentsov: symbolic differential geometry for the geometry of models.

SymPy expressions go in and come out; numbers on grids are xarray objects.
Each public name is loaded when it is first used.
"""

import lazy_loader

__version__ = "0.1.0"

# The module that holds each public name; it is loaded when the name is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["geometry", "models"],
    submod_attrs={
        "geometry.flows": ["Flow"],
        "geometry.manifolds": [
            "HessianManifold",
            "RiemannianManifold",
            "ImmersedManifold",
            "EmpiricalManifold",
            "ExponentialFamily",
            "StatisticalManifold",
            "Tensor",
            "progress",
        ],
        "geometry.grids": ["store", "sweep"],
        "geometry.kernels": ["compile", "evaluate_ball"],
        "geometry.kernels.lambdify": ["lambdify"],
        "geometry.kernels.source": ["source"],
        "geometry.exact": ["ChentsovError", "Mean", "TimeBudget", "TimeBudgetExceeded"],
        "geometry.validation.check": ["check_curvature"],
        "geometry.validation.parametrize": ["parametrize_with_manifolds"],
        "geometry.validation.crosscheck": ["crosscheck", "crosscheck_grid"],
    },
)
