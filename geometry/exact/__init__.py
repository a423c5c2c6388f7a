"""Exact arithmetic in differential fields: canonical fractions, derivations, SymPy in and out.

A closed form lives in a field ``Q(g_1, ..., g_n)`` whose generators are the coordinates, the
constants and the functions met on the way (exponentials, logarithms, roots, trigonometric pairs,
special functions, undefined functions, means over data).  Elements are fractions of polynomials in
canonical form, so that equality, and zero in particular, is decided exactly and no heuristic
simplifier runs.

>>> import sympy as sp
>>> from chentsov.geometry.exact import DifferentialField
>>> x, y = sp.symbols("x y", real=True)
>>> K = DifferentialField((x, y))
>>> f = K(sp.log(1 + sp.exp(x) + sp.exp(y)))
>>> f.diff(x).diff(y) == -f.diff(x) * f.diff(y)
True
"""

import lazy_loader

# The module that holds each public name; it is loaded when the name is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "field": ["DifferentialField", "canonical"],
        "mean": ["Mean"],
        "elements": ["Element"],
        "functions": ["logistic", "with_named_derivatives", "zeta_derivative"],
        "rules": ["register_rule"],
        "linear": ["determinant", "inverse"],
        "errors": ["ChentsovError", "InputError", "UnsupportedFunction"],
        "budget": ["TimeBudget", "TimeBudgetExceeded"],
    },
)
