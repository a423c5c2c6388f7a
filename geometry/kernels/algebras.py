"""What the operations of a program mean on each kind of number; `interpreter` runs programs in these algebras.

An algebra says what a number of the program is (`leaf`), which functions it has (`knows`) and what an operation does
(`operation`). Arithmetic is Python's own wherever the numbers have its operators.
"""

from __future__ import annotations

import math
import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from flint import acb, arb, ctx, fmpq

from ..exact import UnsupportedFunction
from .constants import CONSTANTS
from .functions import FUNCTIONS, Function
from .program import Node, nearest

__all__ = ["Algebra", "ANALYTIC", "BALLS", "COMPLEX", "Extended", "NumPy", "resolution"]

Operation = Callable[..., Any]


def _sum(*terms: Any) -> Any:
    return sum(terms[1:], terms[0])


def _product(*factors: Any) -> Any:
    return math.prod(factors[1:], start=factors[0])


#: Operations that Python's operators do, and how they are written.
INFIX = {"add": "+", "mul": "*", "product": "*", "div": "/"}
ARITHMETIC: dict[str, Operation] = {
    "add": _sum,
    "mul": _product,
    "product": _product,
    "div": operator.truediv,
    "reciprocal": lambda a: 1 / a,
}


class Algebra(ABC):
    """The meaning of a program's operations on one kind of number."""

    #: Whether an array of numbers is an object array, through which functions go entry by entry.
    boxed = True
    #: Whether the imaginary unit is a number.
    imaginary = False

    @abstractmethod
    def leaf(self, node: Node) -> Any:
        """The value of a number or a named constant."""

    @abstractmethod
    def routine(self, function: Function) -> Operation | None:
        """What a row of the table of functions does here; None where it has nothing for this algebra."""

    @abstractmethod
    def power(self, exponent: int) -> Operation:
        """a -> aⁿ."""

    @abstractmethod
    def logic(self, op: str) -> Operation | None:
        """Comparisons, "and", "or", "not" and "select"."""

    def version(self) -> Any:
        """What kept values depend on beside the numbers: the working precision of balls."""
        return None

    def knows(self, function: Function) -> bool:
        """Whether a function needs no definition by others here."""
        return self.routine(function) is not None

    def operation(self, node: Node) -> Operation:
        """What a node does with the values of its arguments.

        Raises:
            UnsupportedFunction: nothing, in this algebra.
        """
        op = node.op
        if op in ARITHMETIC:
            return ARITHMETIC[op]
        if op == "power":
            return self.power(int(node.value))
        if op == "reciprocal_root":
            root = self.operation_named("sqrt")
            return lambda a: 1 / root(a)
        if op == "exp_product":
            exp = self.operation_named("exp")
            return lambda *factors: exp(_product(*factors))
        logic = self.logic(op)
        if logic is not None:
            return logic
        routine = self.operation_named(op)
        if FUNCTIONS[op].static:
            value = node.value
            return lambda *args: routine(*args, value)
        return routine

    def operation_named(self, name: str) -> Operation:
        routine = self.routine(FUNCTIONS[name]) if name in FUNCTIONS else None
        if routine is None:
            raise UnsupportedFunction(f"{name} has no {self.name}")
        return routine

    #: What a missing function is said to lack.
    name = "value in this algebra"


# -- machine numbers ---------------------------------------------------------------------------------------


def resolution(bits: int) -> float:
    """The part of a sum that must be left for a difference to mean something: half of the digits are good then.

    `bits` is 64 or 32, or 128 for double-double.
    """
    return {32: 2.0**-17, 64: 2.0**-40, 128: 2.0**-92}[bits]


class NumPy(Algebra):
    """Arrays of float64 or float32: the reference for the machine code. Short, slow, easy to trust."""

    boxed = False
    name = "routine on arrays"
    _LOGIC: Mapping[str, Operation] = {
        "lt": np.less,
        "le": np.less_equal,
        "eq": np.equal,
        "ne": np.not_equal,
        "and": np.logical_and,
        "or": np.logical_or,
        "not": np.logical_not,
        "select": np.where,
    }

    def __init__(self, dtype: Any = np.dtype("float64")) -> None:
        self.dtype = dtype

    def leaf(self, node: Node) -> Any:
        if node.value == "resolution":
            return self.dtype.type(resolution(8 * self.dtype.itemsize))
        if node.op == "constant":
            return self.dtype.type(CONSTANTS[str(node.value)].float64)
        return self.dtype.type(nearest(node.value))

    def routine(self, function: Function) -> Operation | None:
        return function.numpy

    def power(self, exponent: int) -> Operation:
        if exponent > 0:
            return lambda a: a**exponent
        return lambda a: 1 / a**-exponent

    def logic(self, op: str) -> Operation | None:
        return self._LOGIC.get(op)


class Extended(NumPy):
    """Arrays of NumPy's longest float (80 bits where the machine has them), of the functions that take it."""

    name = "routine on extended numbers"
    _OWN = frozenset({"logistic", "softplus", "log_cosh"})

    def __init__(self) -> None:
        super().__init__(np.dtype(np.longdouble))

    def leaf(self, node: Node) -> Any:
        # numbers of a formula (a gain, √π) must not come in as doubles
        return self.dtype.type(BALLS.leaf(node).str(25, radius=False, more=True))

    def routine(self, function: Function) -> Operation | None:
        wide = isinstance(function.numpy, np.ufunc) or function.name in self._OWN
        return function.numpy if wide else None


# -- balls ----------------------------------------------------------------------------------------------------


class _Balls(Algebra):
    """What real and complex balls share."""

    name = "routine on balls"

    def version(self) -> Any:
        return ctx.prec

    def leaf(self, node: Node) -> Any:
        if node.op == "constant":
            return CONSTANTS[str(node.value)].arb()
        return arb(fmpq(node.value.numerator, node.value.denominator))

    def logic(self, op: str) -> Operation | None:
        return _LOGIC.get(op)


def _less(a: arb, b: arb) -> bool | None:
    return True if a < b else False if a >= b else None


def _at_most(a: arb, b: arb) -> bool | None:
    return True if a <= b else False if a > b else None


def _equal(a: arb, b: arb) -> bool | None:
    return True if (a.is_exact() and b.is_exact() and a == b) else False if a != b else None


def _differ(a: arb, b: arb) -> bool | None:
    equal = _equal(a, b)
    return None if equal is None else not equal


def _and(a: bool | None, b: bool | None) -> bool | None:
    return False if a is False or b is False else None if a is None or b is None else True


def _or(a: bool | None, b: bool | None) -> bool | None:
    return True if a is True or b is True else None if a is None or b is None else False


def _not(a: bool | None) -> bool | None:
    return None if a is None else not a


def _chosen(mask: bool | None, a: Any, b: Any) -> Any:
    """Of a comparison that the balls cannot decide, no number."""
    return arb.nan() if mask is None else a if mask else b


# True, False, or None where the balls overlap.
_LOGIC: dict[str, Operation] = {
    "lt": _less,
    "le": _at_most,
    "eq": _equal,
    "ne": _differ,
    "and": _and,
    "or": _or,
    "not": _not,
    "select": _chosen,
}


def real_power(a: arb, exponent: int) -> arb:
    """aⁿ; ``arb ** n`` has no value where the ball reaches zero."""
    value = a**exponent
    if value.is_finite() or not a.is_finite():
        return value
    value = (acb(a) ** exponent).real
    return value.nonnegative_part() if exponent % 2 == 0 and value.is_finite() else value


class Balls(_Balls):
    """Real balls: every result encloses the truth."""

    def routine(self, function: Function) -> Operation | None:
        return function.arb

    def power(self, exponent: int) -> Operation:
        return partial(real_power, exponent=exponent)


class Complex(_Balls):
    """Complex balls; with `analytic`, not finite where a function is not analytic on the ball."""

    imaginary = True

    def __init__(self, analytic: bool) -> None:
        self.analytic = analytic

    def leaf(self, node: Node) -> acb:
        return acb(0, 1) if node.value == "I" else acb(super().leaf(node))

    def routine(self, function: Function) -> Operation | None:
        return function.analytic or function.acb if self.analytic else function.acb

    def power(self, exponent: int) -> Operation:
        return lambda a: a**exponent

    def logic(self, op: str) -> Operation | None:
        """Comparisons are of real numbers: undecided where an imaginary part may differ from zero."""
        if op in ("lt", "le"):
            real = _LOGIC[op]
            return lambda a, b: real(a.real, b.real) if a.imag.is_zero() and b.imag.is_zero() else None
        return _LOGIC.get(op)


BALLS, COMPLEX, ANALYTIC = Balls(), Complex(False), Complex(True)
