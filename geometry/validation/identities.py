"""Equality of closed forms, decided in a differential field: no points, no tolerance.

Two ways in which an outside opinion can be had symbolically: another program's expression, equal to ours as an
element of the field; or the equation that defines the tensor, which must hold identically, with every derivative
taken by SymPy and none by this engine.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import sympy as sp

from ..exact import DifferentialField
from ..exact.reading import read

__all__ = ["equal_in_field", "field_of", "holds_identically"]


def field_of(source: Any) -> DifferentialField:
    """A field of its own for the coordinates of a manifold: nothing that the engine derived is in it."""
    return DifferentialField(tuple(source.coordinates), pieces=True)


def equal_in_field(ours: Any, theirs: Any, field: DifferentialField) -> bool:
    """Whether two expressions, or arrays of them, are the same elements of the field.

    >>> x = sp.Symbol("x", real=True)
    >>> equal_in_field(sp.sin(2*x), 2*sp.sin(x)*sp.cos(x), DifferentialField((x,)))
    True

    Raises UnsupportedFunction where the field has no such function.
    """
    a, b = _entries(ours), _entries(theirs)
    return len(a) == len(b) and all(p == q or field(p) == field(q) for p, q in zip(a, b))


def _entries(value: Any) -> list[sp.Expr]:
    return [read(e) for e in (sp.flatten(value.tolist()) if hasattr(value, "tolist") else [value])]


def holds_identically(tensor: Callable[[str], Any], coordinates: Any, quantity: str, field: DifferentialField) -> bool:
    """Whether the engine's tensor satisfies its defining equation, given the tensors that come before it.

    ``tensor(name)`` is the closed form of a quantity. The equations are g g⁻¹ = 1;
    2 g_im Γ^m_jk = ∂_j g_ik + ∂_k g_ij − ∂_i g_jk; R^i_jkl = ∂_k Γ^i_jl − ∂_l Γ^i_jk + Γ^i_km Γ^m_jl − Γ^i_lm Γ^m_jk;
    Ric_jl = R^i_jil; R = g^jl Ric_jl.
    """
    return _EQUATIONS[quantity](_Reader(tensor, tuple(coordinates), field))


class _Reader:
    """The engine's expressions as elements of the field, and their derivatives by SymPy."""

    def __init__(self, tensor: Callable[[str], Any], coordinates: tuple[sp.Symbol, ...], field: DifferentialField):
        self.tensor, self.coordinates, self.field = tensor, coordinates, field
        self.range = range(len(coordinates))
        self._expressions: dict[str, np.ndarray] = {}
        self._known: dict[Any, Any] = {}

    def expression(self, name: str, at: tuple[int, ...]) -> sp.Expr:
        if name not in self._expressions:
            value = self.tensor(name)
            self._expressions[name] = np.array(value.tolist() if hasattr(value, "tolist") else value, dtype=object)
        return read(self._expressions[name][at])

    def __call__(self, name: str, *at: int) -> Any:
        if (name, at) not in self._known:
            self._known[name, at] = self.field(self.expression(name, at))
        return self._known[name, at]

    def slope(self, name: str, at: tuple[int, ...], k: int) -> Any:
        """∂_k of a component, differentiated by SymPy."""
        if (name, at, k) not in self._known:
            self._known[name, at, k] = self.field(sp.diff(self.expression(name, at), self.coordinates[k]))
        return self._known[name, at, k]


def _inverse(t: _Reader) -> bool:
    return all(sum((t("metric", i, m) * t("inverse_metric", m, j) for m in t.range), t.field.zero) == int(i == j)
               for i, j in product(t.range, repeat=2))  # fmt: skip


def _christoffel(t: _Reader) -> bool:
    for i, j, k in product(t.range, repeat=3):
        lowered = sum((t("metric", i, m) * t("christoffel", m, j, k) for m in t.range), t.field.zero)
        if 2 * lowered != t.slope("metric", (i, k), j) + t.slope("metric", (i, j), k) - t.slope("metric", (j, k), i):
            return False
    return True


def _riemann(t: _Reader) -> bool:
    for i, j, k, l in product(t.range, repeat=4):
        if k > l:
            if t("riemann", i, j, k, l) != -t("riemann", i, j, l, k):
                return False
            continue
        value = t.slope("christoffel", (i, j, l), k) - t.slope("christoffel", (i, j, k), l)
        for m in t.range:
            value = (
                value
                + t("christoffel", i, k, m) * t("christoffel", m, j, l)
                - t("christoffel", i, l, m) * t("christoffel", m, j, k)
            )
        if value != t("riemann", i, j, k, l):
            return False
    return True


def _ricci(t: _Reader) -> bool:
    return all(
        sum((t("riemann", i, j, i, l) for i in t.range), t.field.zero) == t("ricci", j, l)
        for j, l in product(t.range, repeat=2)
    )


def _ricci_scalar(t: _Reader) -> bool:
    trace = sum((t("inverse_metric", j, l) * t("ricci", j, l) for j, l in product(t.range, repeat=2)), t.field.zero)
    return bool(trace == t("ricci_scalar"))


_EQUATIONS: dict[str, Callable[[_Reader], bool]] = {
    "inverse_metric": _inverse, "christoffel": _christoffel, "riemann": _riemann, "ricci": _ricci,
    "ricci_scalar": _ricci_scalar,
}  # fmt: skip
