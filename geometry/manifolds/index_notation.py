"""Tensor expressions in index notation: ``R_abcd R^abcd``, ``∇_a G^a_b``, ``2 R_a[bcd]``, ``g^ab T_(ab)``.

The text is read by a grammar of its own and never evaluated. A sum of products; repeated letters, one up and one down,
are summed over; [ ] and ( ) around indices of one factor (anti)symmetrise with weight one; ∇_a acts on the factor that
follows. A product is contracted factor by factor over components that are not zero, and a letter is summed out as soon
as no later factor holds it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING, Any

from .forms import volume_form
from .inputs import ManifoldError
from .local import Element, total
from .tensors import DOWN, UP, Index, Tensor, as_tensor

if TYPE_CHECKING:
    from .riemannian import RiemannianManifold

__all__ = ["in_index_notation"]

_TOKEN = re.compile(
    r"\s*(?:(?P<sign>[+-])|(?P<number>\d+(?:/\d+)?)|(?P<name>∇|[^\W\d_]+)(?P<indices>(?:[_^][a-z()\[\]]+)*))"
)
#: Names of a manifold's own tensors, by their number of indices.
_NAMES = {
    ("g", 2): "metric", ("R", 4): "riemann_lowered", ("R", 2): "ricci", ("R", 0): "ricci_scalar", ("G", 2): "einstein",
    ("C", 4): "weyl", ("P", 2): "schouten", ("C", 3): "cotton", ("B", 2): "bach",
}  # fmt: skip
MOST_LENGTH = 500


@dataclass(frozen=True)
class _Factor:
    """A tensor with the letters of its slots."""

    tensor: Tensor
    letters: tuple[str, ...]


def in_index_notation(manifold: RiemannianManifold, text: str, tensors: Mapping[str, Any] | None = None) -> Tensor:
    """The tensor that an expression in index notation stands for, its free indices in the order of the first term.

    Args:
        manifold: g, R (Riemann, Ricci or scalar by the number of indices), G, C (Weyl with four, Cotton with three),
            P (Schouten), B (Bach) and ε are its own tensors.
        text: the expression.
        tensors: further ones by name, each a Tensor or a function.

    Raises:
        ManifoldError: text that cannot be read, an unknown name, an index three times or twice at one height, terms
            with different free indices.
    """
    if not isinstance(text, str) or len(text) > MOST_LENGTH:
        raise ManifoldError(f"an expression in index notation is a text of at most {MOST_LENGTH} characters")
    terms = _read(manifold, text, {k: as_tensor(manifold, v) for k, v in (tensors or {}).items()})
    free = _free(terms[0][1])
    for _, factors in terms[1:]:
        if dict(_free(factors)) != dict(free):
            raise ManifoldError(
                f"the terms of {text!r} have different free indices: {_shown(free)} and {_shown(_free(factors))}"
            )
    order = [letter for letter, _ in free]
    values = [(c, _contracted(manifold, factors, order)) for c, factors in terms]

    def element(*indices: int) -> Element:
        parts = (found[indices] * c.numerator / c.denominator for c, found in values if indices in found)
        return total(manifold.field, parts)

    return Tensor(manifold, [position for _, position in free], element)


def _read(manifold: RiemannianManifold, text: str, own: dict[str, Tensor]) -> list[tuple[Fraction, list[_Factor]]]:
    terms: list[tuple[Fraction, list[_Factor]]] = []
    factors: list[Any] = []
    pending: list[Any] = []
    sign, coefficient, place = Fraction(1), Fraction(1), 0
    text = text.replace("*", " ").rstrip()
    if not text:
        raise ManifoldError("an expression in index notation is empty")

    def close() -> None:
        if pending or not factors:
            raise ManifoldError(f"{text!r} cannot be read: a sign or a ∇ stands before no factor at place {place}")
        terms.append((sign * coefficient, list(factors)))

    while place < len(text):
        found = _TOKEN.match(text, place)
        if not found:
            raise ManifoldError(f"{text!r} cannot be read at place {place}: {text[place : place + 12]!r}")
        place = found.end()
        if found["sign"]:
            if factors or pending or terms:
                close()
            sign, factors, coefficient = Fraction(-1 if found["sign"] == "-" else 1), [], Fraction(1)
        elif found["number"]:
            coefficient *= Fraction(found["number"])
        elif found["name"] == "∇":
            pending.append(_indices(found["indices"], text))
        else:
            factors.append(_factor(manifold, found["name"], _indices(found["indices"], text), pending, own))
            pending = []
    close()
    return terms


_Slots = tuple[list[tuple[str, Index]], list[tuple[str, list[int]]]]


def _indices(written: str, text: str) -> _Slots:
    """The letters with their positions, and the groups of slots in brackets."""
    slots: list[tuple[str, Index]] = []
    groups: list[tuple[str, list[int]]] = []
    opened: Any = None
    position = DOWN
    for character in written:
        if character in "_^":
            position = DOWN if character == "_" else UP
        elif character in "[(":
            if opened:
                raise ManifoldError(f"brackets inside brackets in {text!r}")
            opened = (character, [])
        elif character in "])":
            if opened is None or opened[0] + character not in ("[]", "()"):
                raise ManifoldError(f"a bracket in {text!r} is not closed by its own kind")
            groups.append(opened)
            opened = None
        else:
            if opened:
                opened[1].append(len(slots))
            slots.append((character, position))
    if opened:
        raise ManifoldError(f"a bracket in {text!r} is not closed")
    return slots, groups


def _factor(
    manifold: RiemannianManifold, name: str, indices: _Slots, derivatives: list[_Slots], own: dict[str, Tensor]
) -> _Factor:
    slots, groups = indices
    tensor = own.get(name)
    if tensor is None and name in ("ε", "epsilon") and len(slots) == manifold.dim:
        tensor = volume_form(manifold)
    if tensor is None and (name, len(slots)) in _NAMES:
        tensor = manifold.tensor(_NAMES[name, len(slots)])
    if tensor is None or tensor.rank != len(slots):
        known = f"with {tensor.rank} indices" if tensor is not None else "of that name and number of indices"
        raise ManifoldError(f"{name} with {len(slots)} indices: there is no tensor {known}; hand it in by its name")
    for slot, (_, position) in enumerate(slots):
        tensor = tensor.raised(slot) if position is UP else tensor.lowered(slot)
    for bracket, members in groups:
        tensor = tensor.antisymmetrised(*members) if bracket == "[" else tensor.symmetrised(*members)
    letters = [letter for letter, _ in slots]
    for (derivative, *more), _ in reversed(derivatives):  # the innermost stands last
        if more:
            raise ManifoldError("a ∇ has one index; write ∇_a∇_b for two of them")
        tensor = tensor.covariant_derivative()
        if derivative[1] is UP:
            tensor = tensor.raised(tensor.rank - 1)
        letters.append(derivative[0])
    own_slots, rank = len(slots), tensor.rank  # in the order of reading: the derivatives first
    reading = [*range(rank - 1, own_slots - 1, -1), *range(own_slots)]
    return _Factor(tensor.transposed(*reading), tuple(letters[s] for s in reading))


def _free(factors: list[_Factor]) -> list[tuple[str, Index]]:
    """The letters that occur once, with their positions, in order; every other one must occur up and down."""
    places: dict[str, list[Index]] = {}
    for factor in factors:
        for letter, position in zip(factor.letters, factor.tensor.indices):
            places.setdefault(letter, []).append(position)
    for letter, positions in places.items():
        if len(positions) > 2 or len(positions) == 2 and positions[0] is positions[1]:
            raise ManifoldError(f"the index {letter} is not once up and once down: it stands {len(positions)} times")
    return [(letter, positions[0]) for letter, positions in places.items() if len(positions) == 1]


def _shown(free: list[tuple[str, Index]]) -> str:
    return " ".join(("^" if p is UP else "_") + letter for letter, p in free) or "none"


def _contracted(
    manifold: RiemannianManifold, factors: list[_Factor], order: list[str]
) -> dict[tuple[int, ...], Element]:
    """{free indices: component} of a product, of those that are not zero."""
    partial: dict[tuple[int, ...], Element] = {(): manifold.field.one}
    held: list[str] = []
    for number, factor in enumerate(factors):
        later = {letter for f in factors[number + 1 :] for letter in f.letters} | set(order)
        letters = list(dict.fromkeys([*held, *factor.letters]))
        kept = [letter for letter in letters if letter in later]
        sums: dict[tuple[int, ...], list[Element]] = {}
        by_shared: dict[tuple[int, ...], list[tuple[dict[str, int], Element]]] = {}
        shared = [letter for letter in held if letter in factor.letters]
        for key in product(range(manifold.dim), repeat=len(factor.letters)):
            places: dict[str, int] = {}
            if any(places.setdefault(letter, k) != k for letter, k in zip(factor.letters, key)):
                continue
            if value := factor.tensor.element(*key):
                by_shared.setdefault(tuple(places[s] for s in shared), []).append((places, value))
        for key, value in partial.items():
            known = dict(zip(held, key))
            for places, other in by_shared.get(tuple(known[s] for s in shared), []):
                both = {**known, **places}
                sums.setdefault(tuple(both[k] for k in kept), []).append(value * other)
        partial = {k: s for k, terms in sums.items() if (s := total(manifold.field, terms))}
        held = kept
    return {tuple(dict(zip(held, key))[letter] for letter in order): value for key, value in partial.items()}
