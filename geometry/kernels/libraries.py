"""Programs in the libraries that people differentiate in: JAX, PyTorch, autograd, NumPy with complex steps, mpmath.

>>> import sympy as sp
>>> x, y = sp.symbols("x y")
>>> f = jax_function([sp.exp(x) * y, x + y], [x, y])
>>> [float(v) for v in f(0.0, 2.0)]
[2.0, 2.0]
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np
import sympy as sp

from ..exact.errors import InputError
from .algebras import BALLS, Algebra, NumPy, Operation
from .ball import from_mpf, precision, to_mpf
from .functions import Function
from .interpreter import run
from .lower import lower
from .program import Node

__all__ = ["Library", "MODULES", "MissingJax", "jax_function", "jax_module", "library_function", "tensors"]

#: The modules of a library that hold its array functions, and its special ones.
MODULES = {"jax": ("jax.numpy", "jax.scipy.special"), "torch": ("torch", "torch.special"),
           "numpy": ("numpy", "scipy.special"), "autograd": ("autograd.numpy", "autograd.scipy.special"),
           "mpmath": ("mpmath", "mpmath")}  # fmt: skip
# The table's names of special functions -> SciPy's, which the others took over.
_SPECIAL = {"digamma": "digamma", "loggamma": "gammaln", "gamma": "gamma", "erf": "erf", "erfc": "erfc",
            "besseli": "iv", "besselj": "jv"}  # fmt: skip


class MissingJax(InputError, ImportError):
    """JAX is not installed."""


def jax_module() -> Any:
    """JAX itself.

    Raises:
        MissingJax: it is not installed.
    """
    try:
        return import_module("jax")
    except ImportError:
        raise MissingJax("this needs JAX: install it with  pip install 'chentsov[networks]'") from None


class Library(Algebra):
    """Numbers and arrays of a library, in its own functions under NumPy's and SciPy's names.

    Args:
        library: a key of `MODULES`.
        dtype: of the numbers in the program; without one they are Python's.
        analytic: whether σ and softplus are written out, which takes complex steps; else without overflow.
    """

    def __init__(self, library: str, dtype: Any = None, *, analytic: bool = True) -> None:
        self.library, self.dtype, self.analytic = library, dtype, analytic
        self.name = f"form for {library}"
        self.boxed = library == "mpmath"
        self.module, self.special = map(import_module, MODULES[library])

    def version(self) -> Any:
        return object()  # what is kept inside a trace of an automatic derivative must not be used outside

    def leaf(self, node: Node) -> Any:
        if self.boxed:
            with precision(self.module.mp.prec + 10):
                return to_mpf(BALLS.leaf(node))
        return float(NumPy().leaf(node)) if self.dtype is None else NumPy(np.dtype(self.dtype)).leaf(node)

    def routine(self, function: Function) -> Operation | None:
        found = self._routine(function)
        return _on_tensors(found) if found is not None and self.library == "torch" else found

    def _routine(self, function: Function) -> Operation | None:
        name, module, special = function.name, self.module, self.special
        if name == "pow":
            return operator.pow
        if name == "logistic":
            return (lambda u: 1 / (1 + module.exp(-u))) if self.analytic else special.expit
        if name == "softplus":
            return (
                (lambda u: module.log(1 + module.exp(u)))
                if self.analytic
                else lambda u: module.logaddexp(u, module.zeros_like(u))
            )
        if name == "polygamma" and hasattr(special, name):
            return lambda x, n: special.polygamma(n, x)
        if self.boxed:
            own: Any = {"abs": abs, "min": min, "max": max}.get(name) or getattr(module, name, None)
            if own is not None and not function.static:
                return own
            return partial(_by_balls, function.arb) if function.arb and function.definition is None else None
        found: Operation | None
        if isinstance(function.numpy, np.ufunc):
            found = getattr(module, function.numpy.__name__, None)
        else:
            found = getattr(special, _SPECIAL.get(name, ""), None)
        if found is None and name == "besseli" and hasattr(special, "i0"):
            return _bessel_from(special.i0, special.i1)
        if found is None and name == "gamma":
            return partial(_gamma_from, module, special.gammaln)
        if found is None and function.definition is None and self.library == "numpy":
            return function.numpy
        return found

    def power(self, exponent: int) -> Operation:
        return lambda a: a**exponent

    def logic(self, op: str) -> Operation | None:
        if op == "select":
            if self.library == "torch":
                return _on_tensors(self.module.where)
            return (lambda mask, a, b: a if mask else b) if self.boxed else self.module.where
        return _LOGIC.get(op)


_LOGIC: dict[str, Operation] = {
    "lt": operator.lt,
    "le": operator.le,
    "eq": operator.eq,
    "ne": operator.ne,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "not": lambda a: a == False,  # noqa: E712
}


def _by_balls(routine: Operation, *args: Any) -> Any:
    """A function that mpmath lacks."""
    with precision(import_module("mpmath").mp.prec + 30):
        return to_mpf(routine(*(a if isinstance(a, int) else from_mpf(a) for a in args)))


def tensors(values: Sequence[Any]) -> list[Any]:
    """PyTorch's functions take tensors alone: numbers among the values as tensors of the type of the others."""
    torch = import_module("torch")
    kind = next((v.dtype for v in values if isinstance(v, torch.Tensor) and v.is_floating_point()), torch.float64)
    return [v if isinstance(v, torch.Tensor) else torch.as_tensor(v, dtype=None if v is True or v is False else kind)
            for v in values]  # fmt: skip


def _on_tensors(routine: Operation) -> Operation:
    """A function of PyTorch that takes Python's numbers too; integers are orders and stay what they are."""

    def on_tensors(*args: Any) -> Any:
        lifted = iter(tensors([a for a in args if type(a) is not int]))
        return routine(*(a if type(a) is int else next(lifted) for a in args))

    return on_tensors


def _gamma_from(module: Any, gammaln: Operation, x: Any) -> Any:
    """Γ from log|Γ|, which is what PyTorch has: its sign turns at each pole."""
    return module.exp(gammaln(x)) * module.where((x < 0) & (module.floor(x) % 2 == 1), -1.0, 1.0)


def _bessel_from(i0: Callable[[Any], Any], i1: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    """I_n for integers n from I_0 and I_1, which is what JAX and PyTorch have: I_{n+1} = I_{n−1} − (2n/x) I_n."""

    def besseli(order: Any, x: Any) -> Any:
        n = abs(int(order))
        if n != abs(order):
            raise NameError(f"besseli of order {order} is not known to this library")
        low, high = i0(x), i1(x)
        for k in range(1, n + 1):
            low, high = high, low - 2 * k / x * high
        return low

    return besseli


def library_function(
    library: str, expressions: Sequence[sp.Expr], arguments: Sequence[sp.Symbol], dtype: Any = None
) -> Callable[..., list[Any]]:
    """The expressions as a function of a library's arrays that broadcast, for its derivatives and its numbers.

    Args:
        library: a key of `MODULES`.
        dtype: of the numbers in the program; without one they are Python's.

    Raises:
        InputError: the library is not installed.
        UnsupportedFunction: a function that it has not.

    >>> x = sp.Symbol("x")
    >>> import mpmath
    >>> with mpmath.workdps(30):
    ...     print(library_function("mpmath", [sp.exp(x)], [x])(mpmath.mpf(1))[0])
    2.71828182845904523536028747135
    """
    if library == "jax":
        jax_module()
    try:
        algebra = Library(library, dtype, analytic=False)
    except ImportError:
        raise InputError(f"{library} is not installed: pip install {library}") from None
    program = lower(list(expressions), list(arguments), algebra=algebra)
    order = list(program.nodes())
    inputs = {str(n.value): n for n in order if n.op == "input"}
    taken = tensors if library == "torch" else list

    def function(*given: Any) -> list[Any]:
        values = taken(given)
        found = {inputs[key]: v for key, v in zip(program.inputs, values, strict=True) if key in inputs}
        run(order, algebra, found)
        return [found[o] for o in program.outputs]

    return function


def jax_function(
    expressions: Sequence[sp.Expr], arguments: Sequence[sp.Symbol], dtype: Any = "float32"
) -> Callable[..., list[Any]]:
    """The expressions as a function of JAX arrays that broadcast, for ``jax.jit``, ``jax.grad`` and ``jax.vmap``."""
    return library_function("jax", expressions, arguments, dtype)
