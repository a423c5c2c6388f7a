"""Programs in JAX: the interpreter's arrays become traced ones, so that formulas can be differentiated and compiled
there.

>>> import sympy as sp
>>> x, y = sp.symbols("x y")
>>> f = jax_function([sp.exp(x) * y, x + y], [x, y])
>>> [float(v) for v in f(0.0, 2.0)]
[2.0, 2.0]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import sympy as sp

from ..exact.errors import InputError
from .algebras import NumPy, Operation
from .functions import Function
from .interpreter import run
from .lower import lower

__all__ = ["MissingJax", "jax_function"]


class MissingJax(InputError, ImportError):
    """JAX is not installed."""


def _jax() -> Any:
    try:
        import jax
    except ImportError:
        raise MissingJax("this needs JAX: install it with  pip install 'chentsov[networks]'") from None
    return jax


class _Jax(NumPy):
    """Arrays of JAX: its own functions under NumPy's names, SciPy's under theirs; all others by their definitions."""

    name = "routine in JAX"
    _SPECIAL = {"logistic": "expit", "loggamma": "gammaln", "erf": "erf", "erfc": "erfc", "gamma": "gamma"}

    def __init__(self, dtype: Any) -> None:
        super().__init__(np.dtype(dtype))
        self.jax = _jax()

    def routine(self, function: Function) -> Operation | None:
        special = self._SPECIAL.get(function.name)
        if special is not None:
            return getattr(self.jax.scipy.special, special)
        if function.name == "softplus":
            return self.jax.nn.softplus
        if isinstance(function.numpy, np.ufunc):
            return getattr(self.jax.numpy, function.numpy.__name__, None)
        return None

    def logic(self, op: str) -> Operation | None:
        plain = super().logic(op)
        return None if plain is None else getattr(self.jax.numpy, plain.__name__)


def jax_function(
    expressions: Sequence[sp.Expr], arguments: Sequence[sp.Symbol], dtype: Any = "float32"
) -> Callable[..., list[Any]]:
    """The expressions as a function of JAX arrays that broadcast, for ``jax.jit``, ``jax.grad`` and ``jax.vmap``.

    Raises:
        MissingJax: JAX is not installed.
        UnsupportedFunction: a function that JAX has not.
    """
    algebra = _Jax(dtype)
    program = lower(list(expressions), list(arguments), algebra=algebra)
    order = list(program.nodes())
    inputs = {str(n.value): n for n in order if n.op == "input"}

    def function(*values: Any) -> list[Any]:
        found = {inputs[key]: v for key, v in zip(program.inputs, values, strict=True) if key in inputs}
        run(order, algebra, found)
        return [found[o] for o in program.outputs]

    return function
