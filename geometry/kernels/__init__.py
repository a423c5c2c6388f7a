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

import lazy_loader

# The module that holds each public name; it is loaded when the name is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "kernel": ["compile", "Kernel"],
        "ball": ["evaluate_ball"],
    },
)
