"""From formulas to machine code, and to certified numbers.

expression -> stable form (`stable`) -> program (`lower`, `program`) -> exponentials by axis (`separate`)
-> shared, nested sums and products (`arrange`) -> stages (`schedule`) -> machine code (`native`), NumPy
(`reference`) or balls (`ball`).

>>> import sympy as sp
>>> from chentsov.geometry.kernels import compile
>>> x = sp.Symbol("x")
>>> compile(x**2 + 1, [x])(3.0)
np.float64(10.0)
"""

from importlib import import_module

_HOMES = {"compile": "kernel", "Kernel": "kernel", "evaluate_ball": "ball"}
__all__ = list(_HOMES)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(_HOMES))
