"""Chentsov: symbolic differential geometry for the geometry of models.

SymPy expressions go in and come out; numbers on grids are xarray objects.
Each public name is loaded when it is first used.
"""

from importlib import import_module

__version__ = "0.1.0"

# Public name -> the module that holds it.
_HOMES: dict[str, str] = {
    "Flow": "chentsov.geometry.flows",
    "HessianManifold": "chentsov.geometry.manifolds",
    "Mean": "chentsov.geometry.expectation",
    "compile": "chentsov.geometry.kernels",
    "evaluate_ball": "chentsov.geometry.kernels",
    "RiemannianManifold": "chentsov.geometry.manifolds",
    "ImmersedManifold": "chentsov.geometry.manifolds",
    "EmpiricalManifold": "chentsov.geometry.manifolds",
    "ExponentialFamily": "chentsov.geometry.manifolds",
    "StatisticalManifold": "chentsov.geometry.manifolds",
    "Tensor": "chentsov.geometry.manifolds",
    "TimeBudget": "chentsov.geometry.exact",
    "TimeBudgetExceeded": "chentsov.geometry.exact",
    "progress": "chentsov.geometry.manifolds",
    "check_curvature": "chentsov.geometry.validation.check",
    "parametrize_with_manifolds": "chentsov.geometry.validation.parametrize",
    "crosscheck": "chentsov.geometry.validation.crosscheck",
    "crosscheck_grid": "chentsov.geometry.validation.crosscheck",
}


def __getattr__(name: str):
    home = _HOMES.get(name)
    if home is None:
        if name == "models":
            return import_module("chentsov.models")
        raise AttributeError(f"module 'chentsov' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted(set(globals()) | set(_HOMES) | {"models"})
