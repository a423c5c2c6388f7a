"""The named constants, one row each: SymPy, the nearest machine number, and a ball at the working precision."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import sympy as sp
from flint import arb

__all__ = ["Constant", "CONSTANTS", "constant_name"]


@dataclass(frozen=True)
class Constant:
    """A constant by the name that a program has for it."""

    name: str
    sympy: sp.Basic | None
    float64: float
    arb: Callable[[], arb]


def _tribonacci() -> arb:
    """The real root of x³ = x² + x + 1, by Cardano's formula."""
    root = 3 * arb(33).sqrt()
    return (1 + (19 + root).root(3) + (19 - root).root(3)) / 3


#: Every constant by name. "resolution" (what must be left of a sum for a difference to mean something) is zero for
#: numbers that know their own error; machine numbers have it in `reference.resolution`.
CONSTANTS: dict[str, Constant] = {
    c.name: c
    for c in (
        Constant("pi", sp.pi, math.pi, arb.pi),
        Constant("E", sp.E, math.e, arb.const_e),
        Constant("EulerGamma", sp.EulerGamma, 0.5772156649015329, arb.const_euler),
        Constant("Catalan", sp.Catalan, 0.915965594177219, arb.const_catalan),
        Constant("GoldenRatio", sp.GoldenRatio, 1.618033988749895, lambda: (1 + arb(5).sqrt()) / 2),
        Constant("TribonacciConstant", sp.TribonacciConstant, 1.8392867552141612, _tribonacci),
        Constant("oo", sp.oo, math.inf, arb.pos_inf),
        Constant("-oo", -sp.oo, -math.inf, arb.neg_inf),
        Constant("nan", sp.nan, math.nan, arb.nan),
        Constant("resolution", None, math.nan, arb),
    )
}

_NAMES = {c.sympy: c.name for c in CONSTANTS.values() if c.sympy is not None} | {sp.zoo: "nan"}


def constant_name(expression: sp.Basic) -> str | None:
    """The name of a SymPy constant; None where it is none of the table.

    >>> constant_name(sp.EulerGamma), constant_name(sp.zoo), constant_name(sp.Symbol("x"))
    ('EulerGamma', 'nan', None)
    """
    return _NAMES.get(expression)
