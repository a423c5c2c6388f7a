"""A schedule as Python source that numba compiles: one function, every stage of the schedule a loop nest in it.

Stages become ``prange`` loops over their first axis. A summing stage runs over the rows outside its last
axis, so that the sums of a whole line of cells grow together and the inner loop is one that LLVM turns
into vector instructions. Symbol names never reach the source: values are called after their node.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction

from .algebras import INFIX, Algebra, resolution
from .constants import CONSTANTS
from .functions import Function
from .program import LEAVES, Node, nearest
from .schedule import Schedule, Stage

__all__ = ["NUMBA", "NumbaSource", "write", "literal"]


class NumbaSource(Algebra):
    """Numbers as Python source for numba: an operation on texts is a text."""

    name = "form that numba can compile"

    def __init__(self, own: Mapping[str, str] | None = None, number: str = "number({})") -> None:
        self.own = dict(own or {})
        self.number = number

    def leaf(self, node: Node) -> str:
        value = literal(node)
        if math.isfinite(value):
            return self.number.format(repr(value))
        return self.number.format("np.nan" if value != value else "np.inf" if value > 0 else "-np.inf")

    def routine(self, function: Function) -> Callable[..., str] | None:
        text = self.own.get(function.name, function.numba)
        return None if text is None else text.format

    def power(self, exponent: int) -> Callable[..., str]:
        def text(base: str) -> str:
            product = " * ".join([base] * abs(exponent)) if abs(exponent) <= 8 else f"{base} ** {abs(exponent)}"
            return f"{self.number.format(1.0)} / ({product})" if exponent < 0 else f"({product})"

        return text

    def logic(self, op: str) -> Callable[..., str] | None:
        return _LOGIC[op].format if op in _LOGIC else None

    def operation(self, node: Node) -> Callable[..., str]:
        if node.op in INFIX:
            return lambda *args: f" {INFIX[node.op]} ".join(args)
        if node.op == "reciprocal":
            return lambda a: f"{self.number.format(1.0)} / {a}"
        if node.op == "reciprocal_root":
            return lambda a: f"{self.number.format(1.0)} / math.sqrt({a})"
        if node.op == "exp_product":
            exp = self.operation_named("exp")
            return lambda *args: exp(" * ".join(args))
        return super().operation(node)


_LOGIC = {
    "lt": "{0} < {1}",
    "le": "{0} <= {1}",
    "eq": "{0} == {1}",
    "ne": "{0} != {1}",
    "and": "{0} and {1}",
    "or": "{0} or {1}",
    "not": "not {0}",
    "select": "{1} if {0} else {2}",
}

NUMBA = NumbaSource()

_HEAD = """\
import math
import numba
import numpy as np

number = np.{dtype}


@numba.njit(error_model="numpy", inline="always")
def logistic(u):
    e = math.exp(-abs(u))
    p = number(1) / (number(1) + e)
    return p if u >= 0 else e * p


@numba.njit(error_model="numpy", inline="always")
def softplus(u):
    return max(u, number(0)) + math.log1p(math.exp(-abs(u)))


@numba.njit(error_model="numpy", inline="always")
def log_cosh(u):
    a = abs(u)
    half = math.sinh(number(0.5) * min(a, number(1)))
    near = math.log1p(number(2) * half * half)
    return near if a < 1 else a + math.log1p(math.exp(number(-2) * a)) - number(0.6931471805599453)


"""


def literal(node: Node) -> float:
    """The float64 nearest to a number or a named constant of a program."""
    if node.op == "constant":
        return CONSTANTS[str(node.value)].float64
    assert isinstance(node.value, Fraction)
    return nearest(node.value)


def write(plan: Schedule, dtype: str, *, scalar: bool = False, arguments: Sequence[str] = ()) -> str:
    """The module's source; its function is called ``kernel``.

    With `scalar`, the function takes one number for each of `arguments` (``t`` and the index of an input node)
    and returns the outputs, for use inside other numba functions; the plan has no axes then, and the other
    inputs and the columns of the data are names of the module. Otherwise it takes the length of every loop, the inputs
    over their own loops, the columns of the data and the arrays to fill.

    Raises:
        UnsupportedFunction: the program holds a function that numba cannot compile.

    >>> import sympy as sp
    >>> from chentsov.geometry.kernels.lower import lower
    >>> from chentsov.geometry.kernels.schedule import schedule
    >>> x, y = sp.symbols("x y")
    >>> plan = schedule(lower([x * sp.sin(y)], [x, y]), {"x": frozenset({0}), "y": frozenset({1})}, 2)
    >>> print(write(plan, "float64").split("def kernel")[1])
    (n0, n1, t0, t1, o0):
        t2 = np.empty((n1,), number)
        for i1 in numba.prange(n1):
            v2 = math.sin(t1[i1])
            t2[i1] = v2
        for i0 in numba.prange(n0):
            for i1 in range(n1):
                v3 = t0[i0] * t2[i1]
                o0[i0, i1] = v3
    <BLANKLINE>
    """
    return _Source(plan, dtype, scalar, arguments).text()


class _Source:
    def __init__(self, plan: Schedule, dtype: str, scalar: bool, arguments: Sequence[str]) -> None:
        self.plan, self.dtype, self.scalar, self.arguments = plan, dtype, scalar, list(arguments)
        self.lines: list[str] = []
        self.outputs = list(dict.fromkeys(o for o in plan.program.outputs if o.op not in LEAVES))
        self.given = [n for n in plan.program.nodes() if n.op in ("input", "row")]

    def text(self) -> str:
        arguments = self.arguments
        if not self.scalar:
            lengths = [f"n{k}" for k in range(self.plan.axes + len(self.plan.tables))]
            arguments = lengths + [f"t{n.index}" for n in self.given] + [f"o{k}" for k in range(len(self.outputs))]
        parallel = "parallel=True, " if self.plan.axes else ""
        # Contraction to fused multiply-add is the one liberty taken: NaN and infinity keep their meaning.
        head = f'@numba.njit({parallel}error_model="numpy", fastmath={{"contract"}}, cache={not self.scalar})\n'
        for stage in self.plan.stages:
            self.stage(stage)
        if self.scalar:
            values = [self.read(o) for o in self.plan.program.outputs]
            self.lines.append(f"    return {values[0] if len(values) == 1 else '(' + ', '.join(values) + ')'}")
        body = "\n".join(self.lines) or "    pass"
        return f"{_HEAD.format(dtype=self.dtype)}{head}def kernel({', '.join(arguments)}):\n{body}\n"

    # -- values ----------------------------------------------------------------------------------

    def array(self, node: Node) -> str:
        return (
            f"o{self.outputs.index(node)}"
            if node in self.outputs and not self.scalar and node not in self.given
            else f"t{node.index}"
        )

    def read(self, node: Node, body: Iterable[Node] = ()) -> str:
        """A value: a literal, a local name, or an entry of a table."""
        if node.value == "resolution":
            return f"number({resolution(64 if self.dtype == 'float64' else 32)!r})"
        if node.op in LEAVES:
            return NUMBA.leaf(node)
        return f"v{node.index}" if node in body else self.entry(node)

    def entry(self, node: Node) -> str:
        home = self.plan.home[node]
        if not home:
            return (
                f"{self.array(node)}[0]"
                if not self.scalar and (node in self.given or node in self.outputs)
                else self.array(node)
            )
        return f"{self.array(node)}[{', '.join(f'i{k}' for k in home)}]"

    def allocate(self, node: Node, indent: str) -> None:
        home = self.plan.home[node]
        if home and self.array(node).startswith("t"):
            shape = ", ".join(f"n{k}" if not self.scalar else self._length(k) for k in home)
            self.lines.append(f"{indent}{self.array(node)} = np.empty(({shape},), number)")

    def _length(self, loop: int) -> str:
        column = next(n for n in self.given if n.op == "row" and self.plan.home[n] == (loop,))
        return f"t{column.index}.size"

    # -- stages ----------------------------------------------------------------------------------

    def stage(self, stage: Stage) -> None:
        for node in stage.results:
            self.allocate(node, "    ")
        if stage.kind in ("map", "host"):  # what is a call to SciPy elsewhere is a function of `math` here
            inner = self.loops(stage.domain, "    ", parallel=True)
            self.body(stage, inner)
            for node in stage.results:
                self.lines.append(f"{inner}{self.entry(node)} = {self.read(node, stage.body)}")
        else:
            self.sum(stage)

    def loops(self, domain: Iterable[int], indent: str, *, parallel: bool) -> str:
        for k in domain:
            run = "numba.prange" if parallel and not self.scalar else "range"
            length = self._length(k) if self.scalar else f"n{k}"
            self.lines.append(f"{indent}for i{k} in {run}({length}):")
            indent, parallel = indent + "    ", False
        return indent

    def sum(self, stage: Stage) -> None:
        """Averages over the rows: a line of cells at a time where there are two axes or more, else cell by cell."""
        table = stage.table
        assert table is not None
        line = stage.cells[-1] if len(stage.cells) > 1 else None
        outside = self.loops([k for k in stage.cells if k != line], "    ", parallel=True)
        for node in stage.results:
            zero = f"np.zeros(n{line}, number)" if line is not None else "number(0)"
            self.lines.append(f"{outside}a{node.index} = {zero}")
        inside = self.loops([table] if line is None else [table, line], outside, parallel=False)
        self.body(stage, inside)
        at = "" if line is None else f"[i{line}]"
        for node in stage.results:
            self.lines.append(f"{inside}a{node.index}{at} += {self.read(node.args[0], stage.body)}")
        rows = self._length(table) if self.scalar else f"n{table}"
        last = outside if line is None else self.loops([line], outside, parallel=False)
        for node in stage.results:
            self.lines.append(f"{last}{self.entry(node)} = a{node.index}{at} / number({rows})")

    def body(self, stage: Stage, indent: str) -> None:
        for node in stage.body:
            value = NUMBA.operation(node)(*(self.read(a, stage.body) for a in node.args))
            self.lines.append(f"{indent}v{node.index} = {value}")
