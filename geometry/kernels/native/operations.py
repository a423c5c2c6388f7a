"""The operations of a program in plain machine arithmetic, one instruction or a few each."""

from __future__ import annotations

import math
from fractions import Fraction

from ..functions import FUNCTIONS
from ..program import LEAVES, Node, nearest
from . import estimates
from .double_double import exact_constant
from .text import Writer

__all__ = ["Plain"]

_RELATIONS = {"lt": "olt", "le": "ole", "eq": "oeq", "ne": "une"}


class Plain:
    """Emits operations on vectors; `needed` collects the functions they call (name, lanes, arguments)."""

    def __init__(self, writer: Writer, needed: dict[tuple[str, int, int], None]) -> None:
        self.w, self.needed = writer, needed

    def reciprocals(self, values: list[str]) -> list[str]:
        """1/a and 1/b from one division, b/(ab) and a/(ab): dividing is eight times as dear as multiplying."""
        w, one = self.w, self.w.const(1.0)
        if len(values) == 1:
            return [w.div(one, values[0])]
        a, b = values
        both = w.div(one, w.mul(a, b))
        return [w.mul(both, b), w.mul(both, a)]

    def operation(self, node: Node, args: list[str]) -> str:
        w, op = self.w, node.op
        if op in ("add", "mul", "product", "div"):
            out = args[0]
            for a in args[1:]:
                out = w.binary("mul" if op == "product" else op, out, a)
            return out
        if op == "power":
            return self._power(args[0], int(node.value))
        if op == "sqrt":
            return w.intrinsic("sqrt", args[0])
        if op == "reciprocal_root":
            if estimates.fits(w):
                return estimates.reciprocal_root(w, args[0])
            return w.div(w.const(1.0), w.intrinsic("sqrt", args[0]))
        if op == "abs":
            return w.intrinsic("fabs", args[0])
        if op in ("floor", "ceil"):
            return w.intrinsic(op, args[0])
        if op in ("min", "max"):
            # NaN in either argument is the answer, as in NumPy
            chosen = w.select(w.compare("olt" if op == "min" else "ogt", args[0], args[1]), args[0], args[1])
            return w.select(w.compare("uno", args[0], args[0]), args[0], chosen)
        if op == "sign":
            up = w.select(w.compare("ogt", args[0], w.const(0.0)), w.const(1.0), args[0])
            return w.select(w.compare("olt", args[0], w.const(0.0)), w.const(-1.0), up)
        if op in _RELATIONS:
            return w.compare(_RELATIONS[op], *args)
        if op in ("and", "or"):
            return w.let(f"{op} {self.w.vector.mask} {args[0]}, {args[1]}")
        if op == "not":
            ones = "true" if self.w.vector.lanes == 1 else "<" + ", ".join(["i1 true"] * self.w.vector.lanes) + ">"
            return w.let(f"xor {self.w.vector.mask} {args[0]}, {ones}")
        if op == "select":
            return w.select(*args)
        if op == "exp_product":
            return self._exp_product(args)
        if op == "pow" and node.args[1].op in LEAVES:
            return self._call("rational_pow", [args[0], *self._split(node.args[1])])
        if op == "polygamma":
            return self._call(f"polygamma{node.value}", args)
        return self._function(op, args)

    def _split(self, node: Node) -> list[str]:
        """A number of the formula as two machine numbers: 1/3 as an exponent must not be rounded to one."""
        value = exact_constant(str(node.value)) if node.op == "constant" else node.value
        high = self.w.vector.rounded(nearest(value))
        low = nearest(value - Fraction(high)) if math.isfinite(high) else 0.0
        return [self.w.const(high), self.w.const(low)]

    def _exp_product(self, factors: list[str]) -> str:
        """exp(p + lost) = exp(p) + exp(p) lost, with the product p and what rounding it lost."""
        w = self.w
        p, lost = factors[0], w.const(0.0)
        for f in factors[1:]:
            exact = w.exact("mul", p, f)
            lost = w.fma(lost, f, w.fma(p, f, w.let(f"fneg {self.w.vector.type} {exact}")))
            p = exact
        e = self._function("exp", [p])
        finite = w.compare("olt", e, w.const(math.inf))
        return w.select(finite, w.fma(e, lost, e), e)

    def _power(self, base: str, n: int) -> str:
        """By repeated squaring; a negative exponent divides once."""
        w, out, square, k = self.w, "", base, abs(n)
        while k:
            if k & 1:
                out = square if not out else w.mul(out, square)
            k >>= 1
            if k:
                square = w.mul(square, square)
        return w.div(w.const(1.0), out) if n < 0 else out

    def _function(self, op: str, args: list[str]) -> str:
        native = FUNCTIONS[op].native
        return self._call(native if native is not None and native.startswith("libm:") else op, args)

    def _call(self, name: str, args: list[str]) -> str:
        self.needed[name, self.w.vector.lanes, len(args)] = None
        prefix = "own_" if self.w.vector.bits == 64 else "own32_"
        return self.w.call(f"{prefix}{name.removeprefix('libm:')}_x{self.w.vector.lanes}", *args)
