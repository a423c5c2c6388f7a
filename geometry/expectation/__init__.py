"""Expectations: over a density (symbolic) and over data rows (:class:`Mean`).

>>> import sympy as sp
>>> from chentsov.geometry.exact import Mean
>>> x, a = sp.symbols("x a", real=True)
>>> Mean(a * x + 1, x)
a*E_D[x] + 1
"""

import lazy_loader

# The module that holds each public name; it is loaded when the name is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "density": ["Density", "DensityError"],
        "checks": ["NormalisationError"],
        "routes": ["Provenance"],
        "quadrature": ["QuadratureError"],
    },
)
