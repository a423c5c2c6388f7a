"""Writing LLVM assembly: typed vectors, fresh names, exact constants.

All names are made here, from numbers. Nothing that a person wrote (a symbol's name, say) ever
reaches the assembly.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field

__all__ = ["Vector", "Writer"]


@dataclass(frozen=True)
class Vector:
    """`lanes` numbers of `bits` each (1 lane: a plain scalar)."""

    bits: int
    lanes: int

    @property
    def scalar(self) -> str:
        return "double" if self.bits == 64 else "float"

    @property
    def type(self) -> str:
        return self._of(self.scalar)

    @property
    def integer(self) -> str:
        return self._of(f"i{self.bits}")

    @property
    def mask(self) -> str:
        return self._of("i1")

    @property
    def suffix(self) -> str:
        """How LLVM's overloaded intrinsics spell the type."""
        return f"f{self.bits}" if self.lanes == 1 else f"v{self.lanes}f{self.bits}"

    def _of(self, element: str) -> str:
        return element if self.lanes == 1 else f"<{self.lanes} x {element}>"

    def rounded(self, value: float) -> float:
        """To the type of the lanes."""
        return value if self.bits == 64 else _to_float32(value)

    def constant(self, value: float) -> str:
        return self._splat(self.scalar, literal(value, self.bits))

    def integer_constant(self, value: int) -> str:
        return self._splat(f"i{self.bits}", str(value))

    def _splat(self, element: str, text: str) -> str:
        return text if self.lanes == 1 else "<" + ", ".join([f"{element} {text}"] * self.lanes) + ">"


def literal(value: float, bits: int) -> str:
    """A number as LLVM reads it without loss: the bits of the double (of the float, widened)."""
    if bits == 32:
        value = _to_float32(value)
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


def _to_float32(value: float) -> float:
    if abs(value) < 3.5e38:
        return struct.unpack("<f", struct.pack("<f", value))[0]
    return math.copysign(math.inf, value)


@dataclass
class Writer:
    """Lines of one function, in static single assignment."""

    vector: Vector
    lines: list[str] = field(default_factory=list)
    declared: set[str] = field(default_factory=set)
    _count: int = 0

    def fresh(self, stem: str = "v") -> str:
        self._count += 1
        return f"%{stem}{self._count}"

    def line(self, text: str) -> None:
        self.lines.append(text)

    def let(self, text: str, stem: str = "v") -> str:
        name = self.fresh(stem)
        self.lines.append(f"  {name} = {text}")
        return name

    def label(self, name: str) -> None:
        self.lines.append(f"{name}:")

    # floating point --------------------------------------------------------------------------------
    # `contract` lets a product and a sum fuse into one rounding; nothing is reassociated.
    def binary(self, op: str, a: str, b: str) -> str:
        return self.let(f"f{op} contract {self.vector.type} {a}, {b}")

    def add(self, a: str, b: str) -> str:
        return self.binary("add", a, b)

    def sub(self, a: str, b: str) -> str:
        return self.binary("sub", a, b)

    def mul(self, a: str, b: str) -> str:
        return self.binary("mul", a, b)

    def div(self, a: str, b: str) -> str:
        return self.binary("div", a, b)

    def exact(self, op: str, a: str, b: str) -> str:
        """An operation that must not fuse with its neighbours (error-free transformations)."""
        return self.let(f"f{op} {self.vector.type} {a}, {b}")

    def const(self, value: float) -> str:
        return self.vector.constant(value)

    def intrinsic(self, name: str, *args: str) -> str:
        t = self.vector.type
        full = f"@llvm.{name}.{self.vector.suffix}"
        self.declared.add(f"declare {t} {full}({', '.join([t] * len(args))})")
        return self.let(f"call {t} {full}({', '.join(f'{t} {a}' for a in args)})")

    def fma(self, a: str, b: str, c: str) -> str:
        return self.intrinsic("fma", a, b, c)

    def call(self, function: str, *args: str) -> str:
        t = self.vector.type
        return self.let(f"call {t} @{function}({', '.join(f'{t} {a}' for a in args)})")

    def compare(self, relation: str, a: str, b: str) -> str:
        return self.let(f"fcmp {relation} {self.vector.type} {a}, {b}")

    def both(self, a: str, b: str) -> str:
        """Where both conditions hold."""
        return self.let(f"and {self.vector.mask} {a}, {b}")

    def any(self, mask: str) -> str:
        """Whether a condition holds in some lane."""
        return self._over_lanes("or", mask)

    def all(self, mask: str) -> str:
        """Whether it holds in every lane."""
        return self._over_lanes("and", mask)

    def _over_lanes(self, how: str, mask: str) -> str:
        v = self.vector
        if v.lanes == 1:
            return mask
        reduce = f"@llvm.vector.reduce.{how}.v{v.lanes}i1"
        self.declared.add(f"declare i1 {reduce}({v.mask})")
        return self.let(f"call i1 {reduce}({v.mask} {mask})")

    def select(self, mask: str, a: str, b: str) -> str:
        v = self.vector
        return self.let(f"select {v.mask} {mask}, {v.type} {a}, {v.type} {b}")

    def horner(self, x: str, coefficients: list[float]) -> str:
        """c[0] + x (c[1] + x (...)), fused."""
        out = self.const(coefficients[-1])
        for c in reversed(coefficients[:-1]):
            out = self.fma(out, x, self.const(c))
        return out

    # bits -----------------------------------------------------------------------------------------
    def bits_of(self, a: str) -> str:
        return self.let(f"bitcast {self.vector.type} {a} to {self.vector.integer}")

    def from_bits(self, a: str) -> str:
        return self.let(f"bitcast {self.vector.integer} {a} to {self.vector.type}")

    def int_op(self, op: str, a: str, b: str) -> str:
        return self.let(f"{op} {self.vector.integer} {a}, {b}")

    def int_const(self, value: int) -> str:
        return self.vector.integer_constant(value)
