"""Expectations: over a density (symbolic) and over data rows (:class:`Mean`).

>>> import sympy as sp
>>> from chentsov.geometry.expectation import Mean
>>> x, a = sp.symbols("x a", real=True)
>>> Mean(a * x + 1, x)
a*E_D[x] + 1
"""

from importlib import import_module

_HOMES = {
    "Mean": "mean",
    "Density": "density",
    "DensityError": "density",
    "NormalisationError": "checks",
    "Provenance": "routes",
    "QuadratureError": "quadrature",
}
__all__ = list(_HOMES)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(_HOMES))
