"""A formula with one thing in it changed: what people get wrong when they type in a metric, or a curvature, by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp

from ..exact.budget import TimeBudgetExceeded, time_limit
from .cases import Case
from .pipeline import Array

__all__ = ["Typed", "closed_form", "variants"]

_OTHERS: dict[Any, tuple[Any, ...]] = {
    sp.sin: (sp.cos, sp.sinh, sp.tan), sp.cos: (sp.sin, sp.cosh), sp.tan: (sp.cot, sp.tanh), sp.cot: (sp.tan,),
    sp.sinh: (sp.cosh, sp.sin), sp.cosh: (sp.sinh, sp.cos), sp.tanh: (sp.tan, sp.coth), sp.coth: (sp.tanh,),
    sp.log: (lambda x: sp.log(x) / sp.log(10), lambda x: sp.log(x) / sp.log(2)), sp.asin: (sp.acos,),
    sp.acos: (sp.asin,), sp.erf: (sp.erfc,), sp.gamma: (sp.loggamma,), sp.besseli: (sp.besselj,),
}  # fmt: skip


def _changed(node: sp.Expr) -> Iterator[tuple[str, str, sp.Expr]]:
    """One part of an expression written otherwise: (name, what is said of it, the new part)."""
    if isinstance(node, sp.Add):
        for a in node.args:
            yield "term-missing", f"the term {a} is missing from {node}", node - a
            yield "term-sign", f"the term {a} of {node} has the wrong sign", node - 2 * a
    elif isinstance(node, sp.Mul):
        for a in node.args:
            if a.free_symbols:
                yield "factor-missing", f"the factor {a} is missing in {node}", node / a
            elif a not in (1, -1):
                yield "factor-missing", f"the factor {a} is missing in {node}", node / a
                yield "factor-of-two", f"{2 * a} stands where {a} belongs in {node}", 2 * node
                yield "factor-of-two", f"{a / 2} stands where {a} belongs in {node}", node / 2
        if node.could_extract_minus_sign():
            yield "sign-missing", f"the sign of {node} is lost", -node
    elif isinstance(node, sp.Pow) and node.exp.is_Rational:
        for e in dict.fromkeys((node.exp + 1, node.exp - 1, -node.exp, 2 * node.exp, node.exp / 2, sp.S.One)):
            if e not in (node.exp, 0):
                yield "exponent", f"the exponent of {node} is {e}", node.base**e
    elif isinstance(node, sp.polygamma) and node.args[0].is_Integer:
        names = {0: "digamma", 1: "trigamma", 2: "tetragamma", 3: "pentagamma"}
        order, x = int(node.args[0]), node.args[1]
        for other in (order - 1, order + 1):
            if other >= 0:
                wrong, right = (names.get(o, "polygamma") for o in (other, order))
                said = f"the {wrong} function stands where the {right} function belongs"
                yield "function-exchanged", said, sp.polygamma(other, x)
        if order:  # Stirling's series, cut off
            u = sp.Dummy("u", positive=True)
            short = sp.diff(sp.log(u) - 1 / (2 * u), u, order).subs(u, x)
            yield "stirling", f"Stirling's approximation stands for the {names.get(order, 'polygamma')} function", short
    elif isinstance(node, sp.exp):
        yield "sign-of-exponent", f"the exponent of {node} has the wrong sign", sp.exp(-node.args[0])
    elif node.func in _OTHERS:
        for other in _OTHERS[node.func]:
            new = other(*node.args)
            yield "function-exchanged", f"{new} stands where {node} belongs", new


def variants(expressions: Sequence[sp.Expr], most: int = 160) -> Iterator[tuple[str, str, tuple[sp.Expr, ...]]]:
    """The expressions with one part changed, wherever it stands in them; entries as a whole come first.

    >>> x = sp.Symbol("x")
    >>> [(name, said) for name, said, _ in variants([sp.sin(x)])]
    [('function-exchanged', 'cos(x) stands where sin(x) belongs'), ('function-exchanged', 'sinh(x) stands where sin(x) \
belongs'), ('function-exchanged', 'tan(x) stands where sin(x) belongs')]
    """
    nodes = dict.fromkeys(node for e in expressions for node in sp.preorder_traversal(e) if isinstance(node, sp.Expr))
    count, seen = 0, {tuple(expressions)}
    for node in nodes:
        for name, said, new in _changed(node):
            changed = tuple(e.xreplace({node: new}) for e in expressions)
            if changed in seen or any(e.has(sp.nan, sp.zoo, sp.oo) for e in changed):
                continue
            seen.add(changed)
            yield name, said, changed
            count += 1
            if count >= most:
                return


class Typed:
    """All variants of some formulas of a case as one program: their values at rows, the variant first."""

    def __init__(self, case: Case, expressions: Sequence[sp.Expr]):
        self.found = list(variants(expressions)) if sum(int(e.count_ops()) for e in expressions) < 400 else []
        entries = [e for _, _, changed in self.found for e in changed]
        self._size = len(expressions)
        flat = replace(case, metric=sp.ImmutableMatrix(entries or [0]))
        self._compiled = flat.metric_function()
        self._last: tuple[bytes, Array] = (b"", None)

    def __call__(self, rows: Array) -> Array:
        """(..., variant, expression) at rows (..., n)."""
        key = np.asarray(rows).tobytes()
        if self._last[0] != key:
            _, x, values = self._compiled.evaluate(rows)
            with np.errstate(all="ignore"):
                flat = np.stack([np.asarray(v + 0 * x, dtype=float) for v in values], axis=-1)
            self._last = key, flat.reshape(*flat.shape[:-1], -1, self._size)
        return self._last[1]


def closed_form(case: Case, quantity: str) -> tuple[sp.Expr, ...] | None:
    """The engine's closed form of a quantity, entry by entry; None where it takes longer than a second or so."""
    from ..manifolds import RiemannianManifold

    if any(e.atoms(sp.Integral) or type(e).__name__ == "Mean" for entry in case.metric
           for e in sp.preorder_traversal(entry)):  # fmt: skip
        return None
    try:
        with time_limit(1.5):
            manifold = RiemannianManifold(case.metric, case.coordinates)
            name = {"gaussian_curvature": "ricci_scalar"}.get(quantity, quantity)
            value = getattr(manifold, name, None)
            entries = [] if value is None else list(sp.flatten(value.tolist())) if hasattr(value, "tolist") else [value]
            half = sp.Rational(1, 2) if quantity == "gaussian_curvature" else 1
            return tuple(half * sp.sympify(e, strict=True).subs(dict(case.constants)) for e in entries) or None
    except (TimeBudgetExceeded, ValueError, ArithmeticError, NotImplementedError, TypeError):
        return None
