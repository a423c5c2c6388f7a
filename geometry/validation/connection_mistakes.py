"""Mistakes in the Christoffel symbols: signs, factors, missing terms, stray and exchanged indices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .mistake import CONNECTED, Mistake
from .pipeline import Run, combination, contraction, product

__all__ = ["lower_mistakes", "raise_mistakes"]

Array = Any

_TERMS = ((0.5, "ikj->ijk", "∂_j g_mk"), (0.5, "ijk->ijk", "∂_k g_mj"), (-0.5, "jki->ijk", "∂_m g_jk"))
_ORDINAL = ("first", "second", "third")
_FORMULA = "Γ^i_jk = ½ g^im (∂_j g_mk + ∂_k g_mj − ∂_m g_jk)"


def _lower_without(at: int, factor: float) -> Callable[[Array], Array]:
    return combination(*((c * factor if k == at else c, s) for k, (c, s, _) in enumerate(_TERMS)))


def _stray_index(to: str) -> Callable[[Array], Array]:
    """∂_l g_mk + ∂_k g_ml − ∂_m g_kl with the stray index l read as ``to`` (i is the lowered one, m)."""
    if to == "sum":

        def summed(dg: Array) -> Array:
            n = dg.shape[-1]
            row = contraction("ikl->ik", dg) + contraction("ilk->ik", dg) - contraction("kli->ik", dg)
            return contraction("ik,j->ijk", row / 2, np.ones(n))

        return summed

    def with_k(dg: Array) -> Array:  # l := k
        n = dg.shape[-1]
        row = contraction("ikk->ik", dg) * 2 - contraction("kki->ik", dg)
        return contraction("ik,j->ijk", row / 2, np.ones(n))

    def with_m(dg: Array) -> Array:  # l := m
        n = dg.shape[-1]
        row = contraction("iki->ik", dg) + contraction("iik->ik", dg) - contraction("kii->ik", dg)
        return contraction("ik,j->ijk", row / 2, np.ones(n))

    return with_k if to == "k" else with_m


def lower_mistakes() -> Iterator[Mistake]:
    for at, (_, _, term) in enumerate(_TERMS):
        which = _ORDINAL[at]
        yield Mistake(
            f"christoffel-{which}-term-sign", "lower", _lower_without(at, -1),
            f"The {which} term of Γ has the wrong sign ({term}).", f"{_FORMULA}.", CONNECTED,
        )  # fmt: skip
        yield Mistake(
            f"christoffel-{which}-term-missing", "lower", _lower_without(at, 0),
            f"The {which} term of Γ is missing ({term}).", f"{_FORMULA}.", CONNECTED,
        )  # fmt: skip
        yield Mistake(
            f"christoffel-{which}-term-twice", "lower", _lower_without(at, 2),
            f"The {which} term of Γ counts twice ({term}).", f"{_FORMULA}.", CONNECTED,
        )  # fmt: skip
        right = _TERMS[at][1]
        for k, (_, other, wrong) in enumerate(_TERMS):
            if k == at:
                continue
            terms = [(c, other if m == at else s) for m, (c, s, _) in enumerate(_TERMS)]
            if right != other:
                yield Mistake(
                    f"christoffel-{which}-term-indices-{_ORDINAL[k]}", "lower", combination(*terms),
                    f"The {which} term of Γ has its indices exchanged: {wrong} stands where {term} belongs.",
                    f"{_FORMULA}.", CONNECTED,
                )  # fmt: skip
    yield Mistake(
        "christoffel-half-missing", "lower", combination(*((2 * c, s) for c, s, _ in _TERMS)),
        "The factor ½ of Γ is missing.", f"{_FORMULA}.", CONNECTED,
    )  # fmt: skip
    yield Mistake(
        "christoffel-half-twice", "lower", combination(*((c / 2, s) for c, s, _ in _TERMS)),
        "Γ is half of what it should be: the factor ½ counts twice.", f"{_FORMULA}.", CONNECTED,
    )  # fmt: skip
    yield Mistake(
        "christoffel-sign", "lower", combination(*((-c, s) for c, s, _ in _TERMS)),
        "Γ has the opposite sign throughout.", f"{_FORMULA}.", CONNECTED,
    )  # fmt: skip
    for to, how in (("sum", "summed over"), ("k", "read as k"), ("m", "read as the summed m")):
        yield Mistake(
            f"christoffel-stray-index-{to}", "lower", _stray_index(to),
            f"Γ follows a misprint with a stray index, ∂_l g_mk + ∂_k g_ml − ∂_m g_kl, with l {how}; "
            "j does not occur in it.", f"{_FORMULA}. Formula (3.2.15) of Sauter's thesis is printed with slipped "
                                       "indices.", CONNECTED,
        )  # fmt: skip


def _first_kind_slopes(run: Run) -> Array:
    return np.stack([run.pipeline.lower(run.jets.ddg[..., l]) for l in range(run.dim)], axis=-1)


# A stray index that reaches the inverse metric: what is summed, and the axis that does not occur in it.
_STRAY_RAISED = (
    ("upper", ("im,mik->ik", "j"),
        "g^im (∂_l g_mk + ∂_k g_ml − ∂_m g_kl) with the stray l read as the upper index i; j does not occur in it"),
    ("upper-unmatched", ("am,mjk->jk", "i"),
        "Γ^l_jk = ½ g^im (…) sums over i and m, and the upper index l does not occur on the right"),
    ("raised-diagonal", ("mm,mjk->jk", "i"),
        "g^mm stands where g^im belongs, so the upper index does not occur on the right"),
    ("raised-j", ("jm,mjk->jk", "i"), "g^jm stands where g^im belongs, so the upper index does not occur on the right"),
    ("raised-k", ("km,mjk->jk", "i"), "g^km stands where g^im belongs, so the upper index does not occur on the right"),
)  # fmt: skip


def _spread(indices: str, missing: str) -> Callable[[Array, Array], Array]:
    """A contraction of g⁻¹ and Γ_{m,jk} that lacks one axis, repeated along it."""
    inputs = indices.split("->")[0]
    return lambda ginv, first: contraction(f"{inputs},{missing}->ijk", ginv, first, np.ones(first.shape[-1]))


def raise_mistakes() -> Iterator[Mistake]:
    first_kind = {"christoffel": lambda run: run["christoffel_first"], "christoffel_derivative": _first_kind_slopes}
    yield Mistake(
        "christoffel-not-raised", "formulas", first_kind,
        "Γ_{i,jk} (first kind) is used as Γ^i_jk: the inverse metric is missing in Γ.", "Γ^i_jk = g^im Γ_{m,jk}.",
        CONNECTED[1:],
    )  # fmt: skip
    for name, indices, how in _STRAY_RAISED:
        yield Mistake(
            f"christoffel-stray-index-{name}", "raise_first", _spread(*indices),
            f"Γ follows a formula with a stray index: {how}.", f"{_FORMULA}.", CONNECTED[1:],
        )  # fmt: skip
    yield Mistake(
        "christoffel-wrong-index-raised", "raise_first", product((1, "jm,mik->ijk")),
        "The inverse metric raises the wrong index: Γ^i_jk is returned at [j, i, k].",
        "Γ^i_jk = g^im Γ_{m,jk}, stored at [i, j, k].",
            CONNECTED[1:],
    )  # fmt: skip
    yield Mistake(
        "christoffel-upper-last", "raise_first", product((1, "km,mij->ijk")),
        "The upper index of Γ is stored last, [j, k, i], and read as the first.",
        "Store Γ^i_jk at [i, j, k], or permute the axes.",
            CONNECTED[1:],
    )  # fmt: skip
    yield Mistake(
        "christoffel-raised-along-derivative", "raise_first", product((1, "im,jmk->ijk")),
        "The inverse metric is contracted with the second index of Γ_{j,mk} instead of the first.",
        "Γ^i_jk = g^im Γ_{m,jk}.",
            CONNECTED[1:],
    )  # fmt: skip
