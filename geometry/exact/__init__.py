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

from importlib import import_module

_HOMES = {
    "DifferentialField": "field",
    "Element": "elements",
    "canonical": "field",
    "logistic": "functions",
    "zeta_derivative": "functions",
    "register_rule": "rules",
    "determinant": "linear",
    "inverse": "linear",
    "UnsupportedFunction": "errors",
    "TimeBudget": "budget",
    "TimeBudgetExceeded": "budget",
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
