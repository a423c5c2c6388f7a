"""`lambdify` with SymPy's signature on compiled kernels: a program changes by one import.

>>> import sympy as sp
>>> from chentsov import lambdify
>>> x, y = sp.symbols("x y")
>>> f = lambdify((x, y), sp.Matrix([[x, sp.exp(y)], [1, x*y]]))
>>> f(2.0, 0.0)
array([[2., 1.],
       [1., 0.]])
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp
from sympy.core.function import AppliedUndef

from ..exact.errors import InputError
from ..exact.reading import read
from .kernel import Kernel, compile
from .libraries import MODULES, library_function, tensors

__all__ = ["Lambdified", "lambdify"]

_COMPILED = ("numpy", "scipy", "math")


def lambdify(
    args: Any,
    expr: Any,
    modules: Any = None,
    printer: None = None,
    use_imps: bool = True,
    dummify: bool = False,
    cse: Any = False,
    docstring_limit: int | None = 1000,
    *,
    jit: bool = False,
    dtype: Any = "float64",
    constants: Mapping[Any, Any] | None = None,
    data: Mapping[Any, Any] | None = None,
) -> Any:
    """The function of the arguments that an expression defines, compiled: ``sympy.lambdify`` by another import.

    Arguments broadcast against one another. Real numbers only. What is declared of a symbol (positive, …) is asked of
    the numbers that are handed in; SymPy's functions do not ask.

    Args:
        args: a symbol, or a list of symbols, of applied functions f(t) and derivatives, nested as it will be called.
        expr: an expression; or lists, tuples, dictionaries, matrices and arrays of them, nested in any way. Matrices
            and arrays become NumPy arrays with the components first.
        modules: None, "numpy", "scipy", "math" (all of these compile), or "jax", "torch", "mpmath", whose numbers the
            function then takes, differentiates and rounds as they do.
        printer: nothing is printed: None.
        use_imps, dummify, cse, docstring_limit: taken and without effect; subexpressions are always shared.
        jit: a numba function of numbers, to be called inside numba functions; it returns a number, a tuple of numbers
            for a list, or an array for a matrix.
        dtype, constants, data: as for `compile`.

    Raises:
        InputError: text for an expression, another module or printer, a symbol without a value.
        UnsupportedFunction: a function that cannot be evaluated, by name.

    >>> import numpy as np
    >>> t, x = sp.Symbol("t"), sp.Function("x")
    >>> lambdify([t, [x(t), x(t).diff(t)]], {"energy": x(t).diff(t)**2 / 2, "rest": [x(t), 1]})(0, [1.0, 2.0])
    {'energy': np.float64(2.0), 'rest': [np.float64(1.0), np.float64(1.0)]}
    >>> y = sp.Symbol("y")
    >>> lambdify(y, sp.log(1 + sp.exp(y)))(np.array([0.0, 40.0, 800.0])).round(3).tolist()
    [0.693, 40.0, 800.0]
    """
    if printer is not None:
        raise InputError("nothing is printed here, so there is no use for a printer: leave it out")
    structure, symbols, rules = _read_arguments(args)
    leaves = [read(e, "the expression").xreplace(rules) for e in _leaves(expr)]
    if not leaves:
        raise InputError("there is no expression to evaluate: the list is empty")
    library = _library(modules)
    if library is not None:
        if jit or constants or data:
            raise InputError(f"jit, constants and data belong to compiled functions, not to modules={library!r}")
        function = library_function(library, leaves, symbols)
        return Lambdified(structure, expr, function)
    kernel = compile(leaves, symbols, dtype=dtype, constants=constants, data=data)
    if jit:
        return _jitted(kernel, structure, expr)
    return Lambdified(structure, expr, kernel)


class Lambdified:
    """What `lambdify` returns; `kernel` is what it runs, for `explain()` and `jit()`."""

    def __init__(self, structure: Any, expression: Any, kernel: Callable[..., Any]) -> None:
        self.structure, self.expression, self.kernel = structure, expression, kernel
        self.__name__ = "lambdified"
        self.__doc__ = f"f{structure!s} = {str(expression)[:1000]}"

    def __repr__(self) -> str:
        return f"<{str(self.__doc__)[:80]}>"

    def __call__(self, *values: Any) -> Any:
        """The values at numbers or arrays that broadcast, in the form of the expression."""
        flat = list(_matched(self.structure, values, "the call"))
        return _rebuilt(self.expression, iter(self.kernel(*flat)))


def _library(modules: Any) -> str | None:
    """The library that `modules` names; None where the function is compiled."""
    names = [modules] if isinstance(modules, str) or modules is None else list(modules)
    for name in names:
        if name is None or isinstance(name, str) and name in _COMPILED:
            continue
        if isinstance(name, str) and name in MODULES and len(names) == 1:
            return str(name)
        raise InputError(
            f"modules={modules!r:.60} is not known here: choose one of {', '.join(_COMPILED)} (compiled), "
            f"{', '.join(n for n in MODULES if n not in _COMPILED)}; a function of your own is a row of the table, see "
            "chentsov.geometry.kernels.functions.register"
        )
    return None


def _read_arguments(args: Any) -> tuple[Any, list[sp.Symbol], dict[Any, sp.Symbol]]:
    """The arguments as nested tuples, flat, and the symbols that stand for those that are no symbols."""
    symbols: list[sp.Symbol] = []
    rules: dict[Any, sp.Symbol] = {}

    def one(a: Any) -> Any:
        if isinstance(a, (list, tuple, sp.Tuple, sp.MatrixBase, sp.NDimArray)):
            return tuple(one(x) for x in (a.tolist() if hasattr(a, "tolist") and not isinstance(a, sp.Tuple) else a))
        if isinstance(a, str):
            a = sp.Symbol(a) if a.isidentifier() else a
        if isinstance(a, (AppliedUndef, sp.Derivative, sp.Indexed)):
            rules[a] = sp.Dummy(str(a))
            symbols.append(rules[a])
        elif isinstance(a, sp.Symbol):
            symbols.append(a)
        else:
            raise InputError(f"an argument is a symbol, an applied function or a list of such, not {a!r:.60}")
        return a

    whole = one(args)
    structure = whole if isinstance(whole, tuple) else (whole,)
    if len(set(symbols)) < len(symbols):
        raise InputError(f"an argument is named twice among {', '.join(map(str, symbols))[:100]}")
    return structure, symbols, rules


def _matched(structure: Any, values: Sequence[Any], where: str) -> Iterator[Any]:
    """The values in the order of the symbols, taken apart as the arguments were nested."""
    if len(values) != len(structure):
        raise InputError(f"{where} takes {len(structure)} values, {str(structure)[:80]}, not {len(values)}")
    for part, value in zip(structure, values):
        if isinstance(part, tuple):
            yield from _matched(part, value, f"the argument {str(part)[:60]}")
        else:
            yield value


def _leaves(expr: Any) -> Iterator[Any]:
    if isinstance(expr, Mapping):
        for value in expr.values():
            yield from _leaves(value)
    elif isinstance(expr, (list, tuple, sp.Tuple)):
        for value in expr:
            yield from _leaves(value)
    elif isinstance(expr, (sp.MatrixBase, sp.NDimArray)):
        yield from sp.flatten(expr.tolist()) if expr.shape else [expr[()]]
    else:
        yield expr


def _rebuilt(expr: Any, values: Iterator[Any]) -> Any:
    """The values in the form of the expression."""
    if isinstance(expr, Mapping):
        return {key: _rebuilt(value, values) for key, value in expr.items()}
    if isinstance(expr, (list, tuple, sp.Tuple)):
        made = [_rebuilt(value, values) for value in expr]
        return made if isinstance(expr, list) else tuple(made)
    if isinstance(expr, (sp.MatrixBase, sp.NDimArray)) and expr.shape:
        parts = [next(values) for _ in range(int(np.prod(expr.shape)))]
        if any(type(p).__module__.split(".")[0] in ("jax", "jaxlib", "torch", "mpmath") for p in parts):
            return _stacked(parts, expr.shape)
        array = np.stack(np.broadcast_arrays(*parts)) if parts else np.empty(0)
        return array.reshape(*map(int, expr.shape), *array.shape[1:])
    return next(values)


def _stacked(parts: Sequence[Any], shape: Sequence[int]) -> Any:
    """Components of a library in an array of that library; of mpmath in a matrix or nested list of Python."""
    kinds = {type(p).__module__.split(".")[0] for p in parts}
    if kinds & {"jax", "jaxlib"}:
        from jax import numpy as library
    elif "torch" in kinds:
        import torch

        every = torch.broadcast_tensors(*tensors(parts))
        return torch.stack(every).reshape(*map(int, shape), *every[0].shape)
    else:
        import mpmath

        return mpmath.matrix(np.array(parts, dtype=object).reshape(*map(int, shape)).tolist())
    every = library.broadcast_arrays(*parts)
    return library.stack(every).reshape(*map(int, shape), *every[0].shape)


def _jitted(kernel: Kernel, structure: Any, expr: Any) -> Any:
    """A numba function of numbers: a number, a tuple for a list, an array for a matrix."""
    import numba

    if any(isinstance(part, tuple) for part in structure):
        raise InputError("jit=True takes numbers one by one: give the arguments as one list that is not nested")
    inner = kernel.jit()
    if isinstance(expr, (sp.MatrixBase, sp.NDimArray)) and expr.shape:
        shape = tuple(int(n) for n in expr.shape)
        one = int(np.prod(shape)) == 1

        @numba.njit
        def array(*numbers):  # type: ignore[no-untyped-def]
            found = inner(*numbers)
            parts = (found,) if one else found
            return np.array(parts).reshape(shape)

        return array
    if isinstance(expr, Mapping) or any(isinstance(e, (Mapping, list, tuple, sp.MatrixBase)) for e in _children(expr)):
        raise InputError("jit=True returns a number, a tuple or an array: give an expression, a flat list or a matrix")
    return inner


def _children(expr: Any) -> Sequence[Any]:
    return list(expr) if isinstance(expr, (list, tuple)) else []
