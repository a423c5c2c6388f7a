"""How to compute a quantity in numbers: its closed form, or a contraction of the metric's jet.

A number never waits for a closed form. What a closed form would cost is estimated before any work is done, from the
number of terms and generators of the metric; where it looks cheap it is derived under a time budget of a fraction of
a second, and it is used if it is short. In all other cases the quantity is contracted point by point from the
derivatives of the metric, the fewest that its structure allows:

- where means over data occur, since the closed form of R is then a quotient of sums of products of means, which costs
  digits;
- where the closed form would be long: then the contraction is faster, and better conditioned;
- where it contains roots of sums, whose denominators it is freed of: near their false zeros digits are lost;
- where it writes out powers of a difference, x² - 2000x + 10⁶ for (x - 1000)²: near its zero all digits are lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import combinations_with_replacement, permutations, product
from math import exp, inf, log, prod
from typing import Any
from weakref import WeakKeyDictionary

import sympy as sp

from ..exact import Mean, TimeBudget, TimeBudgetExceeded
from ..exact.kinks import derivative, kink_indicator
from ..exact.reading import read
from ..kernels.contraction import contracted
from ..kernels.curvature import QUANTITIES, SPECIAL_QUANTITIES
from ..kernels.jets import Jet, general_jet, hessian_jet
from .local import Element

__all__ = [
    "closed_form",
    "geometry_of",
    "jet_entries",
    "kinks_of",
    "metric_of",
    "recipe",
    "second_recipe",
    "symbols_of_metric",
]

_SECONDS = 0.3  # for a closed form that looks cheap
_MOST_WORK = (
    2e4  # terms of the square of det g, its algebraic generators removed, up to which a closed form looks cheap
)
_TERMS = 10  # of a closed form, times the dimension squared: what the contraction of one scalar takes about
_SMALL = 4  # dimensions up to which all derivatives of a metric are looked at
_FIRST_ORDER = ("inverse_metric", "determinant", "volume_density", "christoffel", "christoffel_first", "cubic")
_decided: WeakKeyDictionary[Any, dict[tuple[str, str], bool]] = WeakKeyDictionary()
_jets: WeakKeyDictionary[Any, dict[tuple[str, bool], Jet]] = WeakKeyDictionary()


def geometry_of(source: Any) -> Any:
    """The manifold of a source: itself, or the one it carries."""
    return getattr(source, "manifold", source)


def recipe(source: Any, name: str) -> Any:
    """An expression, a contraction, or an array of either, for a named quantity."""
    manifold = geometry_of(source)
    if name == "metric" and _many_weights(manifold):
        return metric_of(source)
    if (
        name != "metric"
        and name in (QUANTITIES | SPECIAL_QUANTITIES)
        and name in getattr(manifold, "quantities", dict)()
    ):
        if _many_weights(manifold) or not closed_form_pays(manifold, name):
            if manifold.structure == "general" and _holds_means(manifold):
                return second_recipe(source, name)  # relations between means take long to find, and gain nothing here
            first_order = name in _FIRST_ORDER
            jet = _jet(manifold, "exact", first_order, lambda: manifold.jet(first_order=first_order))
            expands = _once(manifold, name, "jet", lambda: _expands(manifold, jet.components.values()))
            return second_recipe(source, name) if expands else contracted(jet, name)
        closed = source.expression_of(name)
        second = _once(manifold, name, "closed form", lambda: _loses_digits(manifold, closed))
        return second_recipe(source, name) if second else closed
    return source.expression_of(name)


def _jet(manifold: Any, way: str, first_order: bool, make: Callable[[], Jet]) -> Jet:
    """A jet of a manifold, one for all quantities."""
    made = _jets.setdefault(manifold, {})
    if (way, first_order) not in made:
        made[way, first_order] = make()
    return made[way, first_order]


def _once(manifold: Any, name: str, question: str, decide: Callable[[], bool]) -> bool:
    """What is decided about a quantity of a manifold, once."""
    decided = _decided.setdefault(manifold, {})
    if (name, question) not in decided:
        decided[name, question] = decide()
    return decided[name, question]


def closed_form(source: Any, name: str) -> Any:
    """The closed form of a quantity where it comes soon, else None."""
    manifold = geometry_of(source)
    return None if _many_weights(manifold) or not closed_form_pays(manifold, name) else source.expression_of(name)


def _loses_digits(manifold: Any, closed: Any) -> bool:
    """Whether a closed form is no good in numbers, for its false zeros or for differences that it expands."""
    entries = [closed] if isinstance(closed, sp.Expr) else sp.flatten(closed)
    return getattr(manifold, "potential", None) is None and _has_roots(entries) or _expands(manifold, entries)


def _expands(manifold: Any, entries: Iterable[sp.Expr]) -> bool:
    """Whether the metric holds a difference, of degree one, and expressions longer sums of both signs in its
    symbols.
    """
    if getattr(manifold, "potential", None) is not None or _many_weights(manifold):
        return False
    if _holds_means(manifold):
        return False
    given = {a for e in manifold.metric for a in read(e).atoms(sp.Add) if a.free_symbols and _of_both_signs(a)}
    straight = [a for a in given if all(t.as_coeff_Mul()[1].is_Symbol or t.is_number for t in a.args)]
    if not straight:
        return False
    sums = set().union(*(e.atoms(sp.Add) for e in entries)) - given
    long = [a for a in sums if len(a.args) > 2 and _of_both_signs(a)]
    return any(a.free_symbols <= b.free_symbols for a in straight for b in long)


def _holds_means(manifold: Any) -> bool:
    return any(read(e).has(Mean) for e in manifold.metric)


def _of_both_signs(a: sp.Add) -> bool:
    return len({t.as_coeff_Mul()[0].is_negative for t in a.args}) == 2


def _has_roots(entries: Iterable[sp.Expr]) -> bool:
    """Whether roots of sums occur: denominators are freed of them, and then vanish where the quantity is regular."""
    powers = set().union(*(e.atoms(sp.Pow) for e in entries))
    return any(p.base.is_Add and p.exp.is_Rational and not p.exp.is_Integer for p in powers)


def second_recipe(source: Any, name: str) -> Any:
    """The quantity contracted from what the manifold was given by, differentiated as it stands; None where it is not.

    Where a closed form is 0/0 and the metric is regular (tanh(asinh(x)/2) at 0), this has the number.
    """
    manifold = geometry_of(source)
    known = name != "metric" and name in (QUANTITIES | SPECIAL_QUANTITIES)
    if not known or name not in getattr(manifold, "quantities", dict)() or _many_weights(manifold):
        return None
    x, potential = manifold.coordinates, getattr(manifold, "potential", None)

    @cache
    def metric(i: int, j: int) -> sp.Expr:
        return manifold.metric[i, j] if potential is None else derivative(potential, x[i], x[j])

    @cache
    def first(i: int, j: int, k: int) -> sp.Expr:
        return derivative(metric(i, j), x[k])

    def make() -> Jet:
        if manifold.structure == "hessian":
            return hessian_jet(manifold.dim, metric, first)
        second = None if name in _FIRST_ORDER else lambda i, j, k, m: derivative(first(i, j, k), x[m])
        return general_jet(manifold.dim, metric, first, second)

    return contracted(_jet(manifold, "as given", name in _FIRST_ORDER, make), name)


def metric_of(source: Any) -> Any:
    """The metric as a matrix of expressions, or None; of many weights as it stands, since a canonical form takes long
    and gains nothing.
    """
    manifold = geometry_of(source)
    if not _many_weights(manifold):
        return getattr(manifold, "metric", None)
    return manifold.metric_as_it_stands


def symbols_of_metric(source: Any) -> set[sp.Basic]:
    """The symbols that the metric contains; all coordinates where there is none."""
    manifold = geometry_of(source)
    if _many_weights(manifold):
        return manifold.loss.free_symbols
    metric = metric_of(source)
    return set().union(*(e.free_symbols for e in (source.coordinates if metric is None else metric)))


def jet_entries(source: Any, names: Iterable[str]) -> list[sp.Expr]:
    """The metric's components and their derivatives, up to the order that the quantities take; none of large ones."""
    manifold = geometry_of(source)
    if getattr(manifold, "dim", inf) > _SMALL or _many_weights(manifold) or (metric := metric_of(source)) is None:
        return []
    order = max(0 if name == "metric" else 1 if name in _FIRST_ORDER else 2 for name in names)
    entries = [read(metric[i, j]) for i in range(manifold.dim) for j in range(i + 1)]
    known = list(dict.fromkeys(e for e in entries if e.free_symbols))
    for along in (a for n in range(1, order + 1) for a in combinations_with_replacement(manifold.coordinates, n)):
        entries += [derivative(e, *along) for e in known]
    return list(dict.fromkeys(entries))


def kinks_of(source: Any) -> sp.Expr:
    """What is zero but where the metric has a kink, at the point or in some row of the data."""
    manifold = geometry_of(source)
    if _many_weights(manifold):
        return kink_indicator([Mean(manifold.loss, manifold.variables)])
    metric = metric_of(source)
    return sp.S.Zero if metric is None else kink_indicator(metric)


def _many_weights(manifold: Any) -> bool:
    return getattr(manifold, "many_weights", False)


# -- what a closed form costs ------------------------------------------------------------------------------------


def closed_form_pays(manifold: Any, name: str) -> bool:
    """Whether the closed form of a quantity comes soon, and is short enough to be the better way; decided once."""
    return _once(manifold, name, "cost", lambda: _pays(manifold, name))


def _pays(manifold: Any, name: str) -> bool:
    if _holds_means(manifold):
        return name != "ricci_scalar" and manifold.dim <= 2
    if _work(manifold) > _MOST_WORK:
        return False
    try:
        with TimeBudget(_SECONDS, name):
            terms = sum(len(e.num) + len(e.den) for e in _independent(manifold, name))
    except TimeBudgetExceeded:
        return False
    return terms <= _TERMS * manifold.dim**2


def _independent(manifold: Any, name: str) -> Iterator[Any]:
    """The elements that have to be derived for a quantity."""
    what = manifold.quantities()[name]
    element = manifold.local.quantity("determinant" if name == "volume_density" else name)
    for index in product(range(manifold.dim), repeat=what.rank):
        if what.symmetry(index) == (1, index):
            yield element(*index)


def _work(manifold: Any) -> float:
    """About how many terms the square of det g has, block by block of the metric; the largest block counts.

    A generator with a relation (a root, the cosine beside its sine) that stands in a denominator is removed by a
    norm, which squares the number of terms.
    """
    work = 0.0
    for block in _blocks(manifold):
        elements = {(i, j): manifold.local.metric(i, j) for i in block for j in block}
        terms = {k: len(e.num) + len(e.den) - 1 if e else 0 for k, e in elements.items()}
        rows = prod(sum(terms[i, j] for j in block) for i in block)
        orders = permutations(block) if len(block) < 6 else ()
        determinant = sum(prod(terms[i, j] for i, j in zip(block, order)) for order in orders) or rows
        found = [r.generator for e in elements.values() for r in e.stage.relations if _occurs(e, r.generator)]
        work = max(work, max(2, 2 ** len(set(found))) * log(max(determinant, 1)))
    return exp(min(work, 700.0))


def _occurs(e: Element, generator: int) -> bool:
    return generator in e.stage.generators_in(e.num, e.den)


def _blocks(manifold: Any) -> list[list[int]]:
    """Sets of coordinates between which no component of the metric stands."""
    left, blocks = set(range(manifold.dim)), []
    while left:
        block, new = set(), {left.pop()}
        while new:
            block |= new
            new = {j for i in new for j in left if manifold.local.metric(i, j)}
            left -= new
        blocks.append(sorted(block))
    return blocks
