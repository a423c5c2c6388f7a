"""A vector field as machine code: SymPy components -> a lane function, eight points at a time.

The generated function reads ``y[LANES·component + lane]`` and writes ``out`` in the same order. Work that depends on
constants only is done once a call, common subexpressions once a lane. The exponential is branch-free, so the loop over
the lanes becomes vector instructions; functions without such a form (erf, arctan, …) call the scalar library.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numba
import numpy as np
import sympy as sp

from ..exact import UnsupportedFunction
from ..exact.errors import InputError
from ..exact.reading import read
from ..kernels.algebras import resolution
from ..kernels.arrange import arrange
from ..kernels.lower import lower
from ..kernels.numba_source import NumbaSource
from ..kernels.program import LEAVES, Node, Program
from ..kernels.stable import stable_logarithms
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
def _softplus(x):
    return max(x, 0.0) + math.log1p(_exp(-abs(x)))


@numba.njit(forceinline=True, error_model="numpy", fastmath={"contract"})
def _log_cosh(x):
    # log cosh x = log(1 + 2 sinh²(x/2)), which near zero keeps all digits; beyond, the exponential has the last word.
    a = abs(x)
    half = math.sinh(0.5 * min(a, 1.0))
    return math.log1p(2.0 * half * half) if a < 1.0 else a + math.log1p(_exp(-2.0 * a)) - 0.6931471805599453


_SHIFT = 10  # steps of the recurrence that take an argument of polygamma to where its asymptotic series serves


@lru_cache
def _polygamma(order: int) -> Callable:
    """ψ^(order)(x) for x > 0 without a branch: terms of the recurrence, then the asymptotic series.

    (-1)^(m+1) ψ^(m)(x) = (m-1)!/x^m + m!/(2 x^(m+1)) + Σ_k B_2k (2k+m-1)! / ((2k)! x^(2k+m)); of ψ itself -log x is
    the first term.
    """
    m, term = order, float(math.factorial(order))
    series = [float(sp.bernoulli(2 * k) * sp.factorial(2 * k + m - 1) / sp.factorial(2 * k)) for k in range(10, 0, -1)]
    head = "-math.log(t)" if m == 0 else f"{float(math.factorial(m - 1))!r} * " + " * ".join(["r"] * m)
    raised = " * ".join(["r"] * (m + 2))
    lines = [
        "def polygamma(x):",
        "    total = 0.0",
        f"    for k in range({_SHIFT}):",
        "        r = 1.0 / (x + k)",
        f"        total += {term!r} * " + " * ".join(["r"] * (m + 1)),
        f"    t = x + {float(_SHIFT)!r}",
        "    r = 1.0 / t",
        "    z = r * r",
        "    s = 0.0",
        *(f"    s = s * z + {c!r}" for c in series),
        f"    value = total + {head} + {term / 2!r} * " + " * ".join(["r"] * (m + 1)) + f" + s * {raised}",
        f"    return {'' if m % 2 else '-'}value if x > 0.0 else math.nan",
    ]
    namespace: dict[str, Any] = {"math": math}
    exec(compile("\n".join(lines), "<polygamma>", "exec"), namespace)
    return numba.njit(forceinline=True, error_model="numpy", fastmath={"contract"})(namespace["polygamma"])


#: Where the loop over lanes must stay free of branches: these take the place of the scalar library's.
_OWN = {
    "exp": "_exp({0})", "logistic": "_logistic({0})", "tanh": "_tanh({0})", "cosh": "_cosh({0})",
    "softplus": "_softplus({0})", "log_cosh": "_log_cosh({0})", "floor": "math.floor({0})", "ceil": "math.ceil({0})",
    "polygamma": "_polygamma{1}({0})",
}  # fmt: skip


class _Lanes(NumbaSource):
    name = "compiled form in a vector field"

    def leaf(self, node: Node) -> str:
        return repr(resolution(64)) if node.value == "resolution" else super().leaf(node)


_LANES = _Lanes(_OWN, number="({})")


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
    program = lowered((expression,), [variable])
    outside, inside, (result,) = _lines(program, {program.inputs[0]: "y"}, set(program.inputs))
    body = "".join(f"    {line}\n" for line in (*outside, *inside))
    namespace = _namespace(program)
    exec(compile(f"def scalar(y):\n{body}    return {result}\n", "<function>", "exec"), namespace)
    return numba.njit(forceinline=True, error_model="numpy", fastmath={"contract"})(namespace["scalar"])


def lowered(expressions: Sequence[sp.Expr], symbols: Sequence[sp.Symbol]) -> Program:
    """The expressions as a program of what a vector field can be compiled from; its inputs are the symbols.

    Raises:
        UncompiledFunction: a function that has no compiled form.
    """
    try:
        return lower([stable_logarithms(read(e)) for e in expressions], symbols, stabilise=False, algebra=_LANES)
    except UnsupportedFunction as problem:
        raise UncompiledFunction(str(problem)) from None


def compile_program(program: Program, moving: int, *, supplied: Callable | None = None, arguments: int = 0) -> Callable:
    """A lane function of a program: its first `moving` inputs are the components of a point.

    The others are constants, or, where `supplied` is a numba function of the first `arguments` components, its values.

    Raises:
        UncompiledFunction: a function that has no compiled form.
    """
    namespace = {**_namespace(program), "supplied": supplied}
    exec(compile(_source(program, moving, arguments if supplied else 0), "<vector field>", "exec"), namespace)
    return numba.njit(FIELD_SIGNATURE, nogil=True, error_model="numpy", fastmath={"contract"})(namespace["field"])


def _namespace(program: Program) -> dict:
    orders = {int(n.value) for n in program.nodes() if n.op == "polygamma"}
    return {
        "math": math, "np": np, "numba": numba, "_exp": _exp, "_logistic": _logistic, "_tanh": _tanh, "_cosh": _cosh,
        "_softplus": _softplus, "_log_cosh": _log_cosh, **{f"_polygamma{n}": _polygamma(n) for n in orders},
    }  # fmt: skip


@lru_cache(maxsize=512)
def _compiled(components: tuple, coordinates: tuple, constants: tuple) -> Callable:
    return compile_program(lowered(components, [*coordinates, *constants]), len(coordinates))


def _source(program: Program, moving: int, arguments: int = 0) -> str:
    names = {key: f"y{i}" if i < moving else f"p{i - moving}" for i, key in enumerate(program.inputs)}
    ys, ps = list(names.values())[:moving], list(names.values())[moving:]
    outside, inside, results = _lines(program, names, set(program.inputs if arguments else program.inputs[:moving]))
    lines = ["def field(y, p, out, lanes):"]
    lines += [] if arguments else [f"    {name} = p[{i}]" for i, name in enumerate(ps)]
    lines += [f"    {line}" for line in outside]
    lines += ["    for lane in range(lanes):"]
    lines += [f"        {name} = y[{LANES * i} + lane]" for i, name in enumerate(ys)]
    if arguments:
        call = f"supplied({', '.join(ys[:arguments])})"
        lines.append(f"        {', '.join(ps)} = {call}" if len(ps) > 1 else f"        {ps[0]} = {call}")
    lines += [f"        {line}" for line in inside]
    lines += [f"        out[{LANES * i} + lane] = {value}" for i, value in enumerate(results)]
    return "\n".join(lines) + "\n"


def _lines(program: Program, names: Mapping[str, str], moving: set[str]) -> tuple[list[str], list[str], list[str]]:
    """Assignments that depend on constants only, the others, and the results. Symbol names are data: only the given
    names and the numbers of nodes reach the source."""
    program = arrange(program, {key: frozenset({0}) if key in moving else frozenset() for key in names}, 1)
    text: dict[Node, str] = {}
    inner: set[Node] = set()
    outside: list[str] = []
    inside: list[str] = []
    for node in program.nodes():
        if node.op in LEAVES:
            text[node] = _LANES.leaf(node)
        elif node.op == "input":
            text[node] = names[str(node.value)]
            inner |= {node} if node.value in moving else set()
        else:
            text[node] = f"t{node.index}"
            try:
                line = f"{text[node]} = {_LANES.operation(node)(*(text[a] for a in node.args))}"
            except UnsupportedFunction as problem:
                raise UncompiledFunction(str(problem)) from None
            inner |= {node} if any(a in inner for a in node.args) else set()
            (inside if node in inner else outside).append(line)
    return outside, inside, [text[o] for o in program.outputs]
