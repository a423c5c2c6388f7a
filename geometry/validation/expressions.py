"""A formula with one thing in it changed: what people get wrong when they type in a metric, or a curvature, by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, combinations
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
        u = sp.Dummy("u", positive=True)  # Stirling's series, cut off after any of its terms
        series = [sp.log(u), -1 / (2 * u), *(-sp.bernoulli(2 * k) / (2 * k * u ** (2 * k)) for k in (1, 2, 3, 4))]
        for terms in range(1, len(series) + 1):
            short = sp.diff(sp.Add(*series[:terms]), u, order).subs(u, x)
            said = f"{terms} term{'s' * (terms > 1)} of Stirling's series stand{'s' * (terms == 1)}"
            yield "stirling", f"{said} for the {names.get(order, 'polygamma')} function", short
        for step in (1, -1):
            moved = sp.polygamma(order, x + step)
            yield "argument-shifted", f"{moved} stands where {node} belongs", moved
    elif isinstance(node, sp.exp):
        yield "sign-of-exponent", f"the exponent of {node} has the wrong sign", sp.exp(-node.args[0])
    elif node.func in _OTHERS:
        for other in _OTHERS[node.func]:
            new = other(*node.args)
            yield "function-exchanged", f"{new} stands where {node} belongs", new
        for new in (node.func(2 * node.args[0]), node.func(node.args[0] / 2)):
            yield "argument-of-function", f"{new} stands where {node} belongs", new


def _exchanged(node: sp.Expr) -> Iterator[tuple[str, str, sp.Expr]]:
    """One symbol, or number, of a part of an expression in another one's place, or both exchanged."""
    symbols = sorted(node.free_symbols, key=str)
    numbers = sorted((a for a in node.atoms(sp.Number) if a not in (1, -1, 0)), key=float)
    for kind, values in (("symbol", symbols), ("constant", numbers)):
        for a, b in combinations(values[:4], 2):
            new = node.xreplace({a: b, b: a})
            yield f"{kind}s-exchanged", f"{a} and {b} are exchanged in {node}", new
            for old, other in ((a, b), (b, a)):
                yield f"{kind}-for-another", f"{other} stands where {old} belongs in {node}", node.xreplace(
                    {old: other}
                )  # fmt: skip


def variants(expressions: Sequence[sp.Expr], most: int = 320) -> Iterator[tuple[str, str, tuple[sp.Expr, ...]]]:
    """The expressions with one part changed, wherever it stands in them; entries as a whole come first.

    >>> x = sp.Symbol("x")
    >>> [said for name, said, _ in variants([sp.sin(x)]) if name == "function-exchanged"]
    ['cos(x) stands where sin(x) belongs', 'sinh(x) stands where sin(x) belongs', 'tan(x) stands where sin(x) belongs']
    """
    nodes = dict.fromkeys(node for e in expressions for node in sp.preorder_traversal(e) if isinstance(node, sp.Expr))
    count, seen = 0, {tuple(expressions)}
    ways = (_all_of_a_kind(expressions), _common_terms(expressions), _everywhere(nodes, expressions),
            _in_one_entry(expressions))  # fmt: skip
    for name, said, changed in chain(*ways):
        if changed in seen or any(e.has(sp.nan, sp.zoo, sp.oo) for e in changed):
            continue
        seen.add(changed)
        yield name, said, changed
        count += 1
        if count >= most:
            return


def _all_of_a_kind(expressions: Sequence[sp.Expr]) -> Iterator[tuple[str, str, tuple[sp.Expr, ...]]]:
    """A function in another one's place, wherever it occurs."""
    found = sorted({f for e in expressions for f in e.atoms(sp.Function)}, key=str)
    kinds: dict[Any, list[sp.Expr]] = {}
    for f in found:
        kinds.setdefault((f.func, f.args[0] if isinstance(f, sp.polygamma) else 0), []).append(f)
    for nodes in kinds.values():
        for changes in zip(*([c for c in _changed(f) if c[0] in ("function-exchanged", "stirling")] for f in nodes)):
            if len(nodes) > 1:
                name, said, _ = changes[0]
                new = dict(zip(nodes, (c[2] for c in changes)))
                yield name, f"{said}, and so on", tuple(e.xreplace(new) for e in expressions)


def _common_terms(expressions: Sequence[sp.Expr]) -> Iterator[tuple[str, str, tuple[sp.Expr, ...]]]:
    """A term that several entries have in common, once they are written as sums of partial fractions, left out."""
    if len(expressions) == 1 or any(not e.is_rational_function() for e in expressions):
        return
    for s in sorted({s for e in expressions for s in e.free_symbols}, key=str):
        try:
            sums = [sp.apart(e, s) for e in expressions]
        except (sp.PolynomialError, NotImplementedError):
            continue
        terms = dict.fromkeys(t for e in sums for t in sp.Add.make_args(e) if t.free_symbols)
        for t in terms:
            without = tuple(e - t if t in sp.Add.make_args(e) else e for e in sums)
            yield "term-missing", f"the term {t} is missing from every entry that has it", without


def _everywhere(
    nodes: Iterable[sp.Expr], expressions: Sequence[sp.Expr]
) -> Iterator[tuple[str, str, tuple[sp.Expr, ...]]]:
    for node in nodes:
        for name, said, new in (*_changed(node), *(_exchanged(node) if node.args else ())):
            yield name, said, tuple(e.xreplace({node: new}) for e in expressions)
    for e in dict.fromkeys(expressions):
        for name, said, new in _in_one_place(e) if len(expressions) < 5 else ():
            yield name, said, tuple(new if other == e else other for other in expressions)


def _in_one_place(e: sp.Expr) -> Iterator[tuple[str, str, sp.Expr]]:
    """A function or a symbol written otherwise in one of the factors or terms in which it occurs."""
    for node in dict.fromkeys(n for n in sp.preorder_traversal(e) if n.is_Add or n.is_Mul):
        for part in node.args:
            for inner in dict.fromkeys(n for n in sp.preorder_traversal(part) if isinstance(n, (sp.Function, sp.Pow))):
                for name, said, new in _changed(inner):
                    changed = node.func(*(a.xreplace({inner: new}) if a is part else a for a in node.args))
                    yield name, f"{said} (in the part {part} of {node} alone)", e.xreplace({node: changed})


def _in_one_entry(expressions: Sequence[sp.Expr]) -> Iterator[tuple[str, str, tuple[sp.Expr, ...]]]:
    """A change in one entry (and those equal to it) alone, or an entry that is another one."""
    entries = [e for e in dict.fromkeys(expressions) if e != 0]
    for entry in entries if len(entries) > 1 else ():
        nodes = [n for n in sp.preorder_traversal(entry) if isinstance(n, sp.Expr)]
        for name, said, (new,) in _everywhere(nodes, [entry]):
            yield name, f"{said} (in the entry {entry} alone)", tuple(new if e == entry else e for e in expressions)
    for a, b in combinations(entries, 2):
        exchanged = {a: b, b: a}
        yield "entries-exchanged", f"the entries {a} and {b} are exchanged", tuple(
            exchanged.get(e, e) for e in expressions
        )  # fmt: skip


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
