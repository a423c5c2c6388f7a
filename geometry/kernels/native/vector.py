"""Elementary functions on vectors, written once as LLVM assembly (no vector maths library is needed).

The routines are branch-free: reduce the argument, a polynomial, put the exponent back; where that is of no use (huge
angles, powers of negative numbers), the C library's function is called for the lanes it takes. Overflow gives infinity,
underflow goes through the subnormals to zero, NaN stays NaN. Accuracy, all within 1.5 units in the last place, is
measured by `python -m benchmarks.functions`.
"""

from __future__ import annotations

from collections.abc import Callable

from . import double_functions
from .double_double import DoubleDouble
from .error_function import erf, erfc
from .exponentials import exp, expm1, logistic, tanh
from .gamma import gamma, loggamma
from .hyperbolic import acosh, asinh, atanh, cosh, sinh
from .inverse import acos, asin, atan, atan2
from .logarithms import log, log1p, softplus
from .pieces import scalar_calls
from .polygamma import polygamma
from .powers import pow
from .text import Vector, Writer
from .trigonometric import sincos, tan

__all__ = ["OWN", "define"]

#: Our own routines: name -> what writes the body.
OWN: dict[str, Callable[..., str]] = {
    "acos": acos,
    "acosh": acosh,
    "asin": asin,
    "asinh": asinh,
    "atan": atan,
    "atan2": atan2,
    "atanh": atanh,
    "cosh": cosh,
    "erf": erf,
    "erfc": erfc,
    "exp": exp,
    "expm1": expm1,
    "log": log,
    "log1p": log1p,
    "gamma": gamma,
    "loggamma": loggamma,
    "logistic": logistic,
    "softplus": softplus,
    "pow": pow,
    "rational_pow": pow,  # x^(y + z)
    "sinh": sinh,
    "tan": tan,
    "tanh": tanh,
    "sin": lambda w, x: sincos(w, x, 0, "sin"),
    "cos": lambda w, x: sincos(w, x, 1, "cos"),
}

_LONG = frozenset({"gamma", "loggamma"})  # too long to stand wherever they are called


def define(name: str, vector: Vector, declared: set[str], arity: int = 1) -> str:
    """The definition of @own_<name>; the float32 one widens, calls the float64 one and rounds once."""
    if vector.bits == 32:
        return _define_narrow(name, vector, arity)
    w = Writer(vector, declared=declared)
    args = [f"%x{k}" for k in range(arity)]
    if name.startswith("pair_"):
        pairs = list(zip(args[::2], args[1::2]))
        high, low = double_functions.FUNCTIONS[name.removeprefix("pair_")](DoubleDouble(w), *pairs)
        both = f"{{{vector.type}, {vector.type}}}"
        part = w.let(f"insertvalue {both} poison, {vector.type} {high}, 0")
        whole = w.let(f"insertvalue {both} {part}, {vector.type} {low}, 1")
        lines = [*w.lines, f"  ret {both} {whole}"]
        return _function(vector, f"own_{name}_x{vector.lanes}", arity, "noinline", lines, both)
    symbol = name.removeprefix("libm:")
    if name.startswith("libm:"):
        value = scalar_calls(w, symbol, args)
    elif name.startswith("polygamma"):
        value = polygamma(w, args[0], int(name.removeprefix("polygamma")))
    else:
        value = OWN[name](w, *args)
    inline = "alwaysinline" if name in OWN and name not in _LONG else "noinline"
    return _function(vector, f"own_{symbol}_x{vector.lanes}", arity, inline, [*w.lines, f"  ret {vector.type} {value}"])


def _define_narrow(name: str, vector: Vector, arity: int) -> str:
    wide, w, symbol = Vector(64, vector.lanes), Writer(vector), name.removeprefix("libm:")
    widened = [w.let(f"fpext {vector.type} %x{k} to {wide.type}") for k in range(arity)]
    value = w.let(f"call {wide.type} @own_{symbol}_x{vector.lanes}({', '.join(f'{wide.type} {a}' for a in widened)})")
    value = w.let(f"fptrunc {wide.type} {value} to {vector.type}")
    return _function(
        vector, f"own32_{symbol}_x{vector.lanes}", arity, "alwaysinline", [*w.lines, f"  ret {vector.type} {value}"]
    )


def _function(
    vector: Vector, name: str, arity: int, attributes: str, lines: list[str], result: str | None = None
) -> str:
    parameters = ", ".join(f"{vector.type} %x{k}" for k in range(arity))
    return "\n".join(
        [f"define internal {result or vector.type} @{name}({parameters}) {attributes} {{", "entry:", *lines, "}", ""]
    )
