"""A vector field as machine code: SymPy components -> a lane function, eight points at a time.

The generated function reads ``y[LANES·component + lane]`` and writes ``out`` in the same order. Work that depends on constants
only is done once a call, common subexpressions once a lane. The exponential is branch-free, so the loop over the
lanes becomes vector instructions; functions without such a form (erf, arctan, …) call the scalar library.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numba
import numpy as np
import sympy as sp
from chentsov.geometry.exact import logistic
from sympy.codegen.cfunctions import log1p
from sympy.printing.pycode import PythonCodePrinter

from ..exact.errors import InputError
from ..exact.reading import read
from .lanes import FIELD_SIGNATURE, LANES


class UncompiledFunction(InputError):
    """A function that has no compiled form in a vector field."""


@numba.njit(forceinline=True, error_model="numpy", fastmath={"contract"})
def _exp(x):
    """exp(x) without a branch: x = k·log 2 + r, |r| ≤ ½ log 2, a polynomial in r, the exponent set by bits.

    The power of two comes in two halves, so that overflow ends in inf and underflow passes through the subnormals.
    """
    capped = 710.0 if x > 710.0 else x  # NaN passes both comparisons unchanged
    bounded = -746.0 if capped < -746.0 else capped
    k = np.rint(bounded * 1.4426950408889634)
    r = (bounded - k * 0.693147180369123816490) - k * 1.90821492927058770002e-10
    p = 1.6059043836821613e-10
    p = p * r + 2.08767569878681e-09
    p = p * r + 2.505210838544172e-08
    p = p * r + 2.755731922398589e-07
    p = p * r + 2.7557319223985893e-06
    p = p * r + 2.48015873015873e-05
    p = p * r + 1.984126984126984e-4
    p = p * r + 1.388888888888889e-3
    p = p * r + 8.333333333333333e-3
    p = p * r + 4.1666666666666664e-2
    p = p * r + 1.6666666666666666e-1
    p = p * r + 0.5
    exponent = np.int64(k)
    half = exponent >> 1
    scale = np.int64((half + 1023) << 52).view(np.float64)
    rest = np.int64((exponent - half + 1023) << 52).view(np.float64)
    return (1.0 + (r + r * r * p)) * scale * rest


@numba.njit(forceinline=True, error_model="numpy", fastmath={"contract"})
def _logistic(x):
    e = _exp(-abs(x))
    return (1.0 if x >= 0.0 else e) / (1.0 + e)


@numba.njit(forceinline=True, error_model="numpy", fastmath={"contract"})
def _tanh(x):
    a = abs(x)
    e = _exp(-2.0 * a)
    square = x * x
    small = a * (1.0 - square * (1.0 / 3.0 - square * (2.0 / 15.0 - square * (17.0 / 315.0))))
    value = small if a < 0.02 else (1.0 - e) / (1.0 + e)
    return value if x >= 0.0 else -value


@numba.njit(forceinline=True, error_model="numpy", fastmath={"contract"})
def _cosh(x):
    return 0.5 * (_exp(x) + _exp(-x))


@numba.njit(forceinline=True, error_model="numpy", fastmath={"contract"})
def _log1pexp(x):
    return max(x, 0.0) + math.log1p(_exp(-abs(x)))


@numba.njit(forceinline=True, error_model="numpy", fastmath={"contract"})
def _log_cosh(x):
    # log cosh x = log(1 + 2 sinh²(x/2)), which near zero keeps all digits; beyond, the exponential has the last word.
    a = abs(x)
    half = math.sinh(0.5 * min(a, 1.0))
    return math.log1p(2.0 * half * half) if a < 1.0 else a + math.log1p(_exp(-2.0 * a)) - 0.6931471805599453


class log_cosh(sp.Function):
    """log cosh x, to be evaluated without overflow and cancellation."""

    nargs = (1,)

    def _numpycode(self, printer: PythonCodePrinter, **settings: object) -> str:
        return f"log_cosh({printer._print(self.args[0])})"

    _scipycode = _numpycode


class log1pexp(sp.Function):
    """log(1 + eˣ), to be evaluated without overflow and cancellation."""

    nargs = (1,)

    def _numpycode(self, printer: PythonCodePrinter, **settings: object) -> str:
        return f"log1pexp({printer._print(self.args[0])})"

    _scipycode = _numpycode


def stable_forms(expression: sp.Expr) -> sp.Expr:
    """The expression with log(1 + eˣ) and log cosh x in forms that neither overflow nor cancel.

    >>> x = sp.Symbol("x", real=True)
    >>> stable_forms(sp.log(sp.cosh(x)) + sp.log(1 + sp.exp(x)))
    log1pexp(x) + log_cosh(x)
    """

    def softplus(e: sp.log) -> sp.Expr:
        rest = e.args[0] - 1
        if isinstance(rest, sp.exp):
            return log1pexp(rest.args[0])
        return log1p(rest) if sp.S.One in e.args[0].args else e

    def is_log_of(kind: type):
        return lambda e: isinstance(e, sp.log) and isinstance(e.args[0], kind)

    plain = expression.replace(is_log_of(sp.Add), softplus)
    return plain.replace(is_log_of(sp.cosh), lambda e: log_cosh(e.args[0].args[0]))


def numpy_log_cosh(x: np.ndarray) -> np.ndarray:
    """log cosh x on arrays, as the compiled form has it."""
    a = np.abs(x)
    near = np.log1p(2.0 * np.sinh(0.5 * np.minimum(a, 1.0)) ** 2)
    return np.where(a < 1.0, near, a + np.log1p(np.exp(-2.0 * a)) - np.log(2.0))


class _LanePrinter(PythonCodePrinter):
    """Python source for numba: own exp, logistic and tanh; `math` for the rest."""

    def _print_Rational(self, expr: sp.Rational) -> str:
        return repr(float(expr))

    def _print_Integer(self, expr: sp.Integer) -> str:
        return repr(float(expr))

    def _print_Float(self, expr: sp.Float) -> str:
        return repr(float(expr))

    def _print_Pow(self, expr: sp.Pow, rational: bool = False) -> str:
        base, exponent = expr.as_base_exp()
        text = self._print(base)
        if exponent.is_Integer and 1 <= abs(int(exponent)) <= 8:
            product = "(" + "*".join([f"({text})"] * abs(int(exponent))) + ")"
            return product if exponent > 0 else f"(1.0/{product})"
        if exponent in (sp.Rational(1, 2), sp.Rational(-1, 2)):
            root = f"math.sqrt({text})"
            return root if exponent > 0 else f"(1.0/{root})"
        return f"(({text})**({self._print(exponent)}))"

    def _print_exp(self, expr: sp.exp) -> str:
        return f"_exp({self._print(expr.args[0])})"

    def _print_ExpBase(self, expr: sp.Expr) -> str:
        return self._print_exp(expr)

    def _print_Exp1(self, expr: sp.Expr) -> str:
        return repr(math.e)

    def _print_logistic(self, expr: sp.Expr) -> str:
        return f"_logistic({self._print(expr.args[0])})"

    def _print_tanh(self, expr: sp.Expr) -> str:
        return f"_tanh({self._print(expr.args[0])})"

    def _print_log1p(self, expr: sp.Expr) -> str:
        return f"math.log1p({self._print(expr.args[0])})"

    def _print_log_cosh(self, expr: sp.Expr) -> str:
        return f"_log_cosh({self._print(expr.args[0])})"

    def _print_log1pexp(self, expr: sp.Expr) -> str:
        return f"_log1pexp({self._print(expr.args[0])})"

    def _print_cosh(self, expr: sp.Expr) -> str:
        return f"_cosh({self._print(expr.args[0])})"

    def _print_sech(self, expr: sp.Expr) -> str:
        return f"(1.0/_cosh({self._print(expr.args[0])}))"


def compile_field(
    components: Sequence[sp.Expr], coordinates: Sequence[sp.Symbol], constants: Sequence[sp.Symbol] = ()
) -> Callable:
    """Compile a vector field for `integrate_lanes`.

    Raises ValueError where a component holds a symbol that is neither a coordinate nor a constant, and
    UncompiledFunction (a ValueError) for a function that has no compiled form.

    >>> import numpy as np, sympy as sp
    >>> from chentsov.geometry.flows.lanes import integrate_lanes
    >>> x, k = sp.symbols("x k")
    >>> field = compile_field([-k * x], [x], [k])
    >>> states, *_ = integrate_lanes(field, np.array([[1.0]]), np.array([0.0, 1.0]), np.array([2.0]))
    >>> bool(abs(states[0, -1, 0] - np.exp(-2)) < 1e-8)
    True
    """
    components = [read(c) for c in components]
    unknown = set().union(*(c.free_symbols for c in components)) - set(coordinates) - set(constants)
    if unknown:
        names = ", ".join(sorted(map(str, unknown)))
        raise InputError(f"the field holds {names}: give a value for each in constants={{symbol: number}}")
    return _compiled(tuple(components), tuple(coordinates), tuple(constants))


def compile_scalar(expression: sp.Expr, variable: sp.Symbol) -> Callable:
    """A function of one number, inlined where a compiled function calls it.

    Raises:
        ValueError: a further symbol, or a function that has no compiled form.
    """
    source = _source((expression,), (variable,), ())
    # From "out[0 + lane] = …" inside the loop to a return statement.
    inner = [line.strip() for line in source.splitlines()[2:]]
    body = [line.replace("y[0 + lane]", "y").replace("out[0 + lane] =", "return") for line in inner]
    namespace = _namespace()
    exec(compile("def scalar(y):\n    " + "\n    ".join(body) + "\n", "<function>", "exec"), namespace)
    return numba.njit(forceinline=True, error_model="numpy", fastmath={"contract"})(namespace["scalar"])


def _namespace() -> dict:
    return {
        "math": math, "numba": numba, "_exp": _exp, "_logistic": _logistic, "_tanh": _tanh, "_cosh": _cosh,
        "_log1pexp": _log1pexp, "_log_cosh": _log_cosh,
    }  # fmt: skip


_CACHE: dict[tuple, Callable] = {}


def _compiled(components: tuple, coordinates: tuple, constants: tuple) -> Callable:
    key = (components, coordinates, constants)
    if key not in _CACHE:
        source = _source(components, coordinates, constants)
        namespace = _namespace()
        exec(compile(source, "<vector field>", "exec"), namespace)  # our own printed source: names are mangled
        _CACHE[key] = numba.njit(FIELD_SIGNATURE, nogil=True, error_model="numpy", fastmath={"contract"})(
            namespace["field"]
        )
    return _CACHE[key]


def _source(components: tuple, coordinates: tuple, constants: tuple) -> str:
    # Symbol names are data: only positions reach the source.
    ys = sp.symbols(f"y0:{len(coordinates)}", real=True)
    ps = sp.symbols(f"p0:{len(constants)}", real=True) if constants else ()
    renaming = dict(zip(coordinates, ys, strict=True)) | dict(zip(constants, ps, strict=True))
    renamed = [stable_forms(c.xreplace(renaming)) for c in components]
    for function in set().union(*(c.atoms(sp.Function) for c in renamed)):
        if not isinstance(function, _PRINTABLE):
            known = ", ".join(sorted(kind.__name__ for kind in _PRINTABLE))
            raise UncompiledFunction(f"{function.func} has no compiled form in a vector field; these have: {known}")
    steps, results = sp.cse(renamed, symbols=sp.numbered_symbols("t"), order="none")
    printer = _LanePrinter({"fully_qualified_modules": True})
    of_constants: set[sp.Symbol] = set(ps)
    outside, inside = [], []
    for symbol, value in steps:
        line = f"{symbol} = {printer.doprint(value)}"
        if value.free_symbols <= of_constants:
            of_constants.add(symbol)
            outside.append(line)
        else:
            inside.append(line)
    lines = ["def field(y, p, out, lanes):"]
    lines += [f"    {p} = p[{i}]" for i, p in enumerate(ps)]
    lines += [f"    {line}" for line in outside]
    lines += ["    for lane in range(lanes):"]
    lines += [f"        {y} = y[{LANES * i} + lane]" for i, y in enumerate(ys)]
    lines += [f"        {line}" for line in inside]
    lines += [f"        out[{LANES * i} + lane] = {printer.doprint(value)}" for i, value in enumerate(results)]
    return "\n".join(lines) + "\n"


_PRINTABLE = (
    log1p, log1pexp, log_cosh, sp.exp, logistic, sp.tanh, sp.cosh, sp.sech, sp.sinh, sp.log, sp.sin, sp.cos, sp.tan, sp.atan, sp.asin, sp.acos,
    sp.asinh, sp.acosh, sp.atanh, sp.erf, sp.erfc, sp.Abs, sp.sign, sp.gamma, sp.loggamma,
)  # fmt: skip
