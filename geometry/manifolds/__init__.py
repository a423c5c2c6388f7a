"""Manifolds: what they are, and what can be derived from each. Each name is loaded when it is first used."""

from importlib import import_module

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
