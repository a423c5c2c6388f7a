"""Mistakes in formulas, generated: every stage of the pipeline with one thing in it replaced.

A stage that is a sum of contractions is varied in each way in which sums of contractions can be miswritten: the factors
of its terms, the order of the indices of each array, an index in another one's place. Wherever g⁻¹ or g stands, each of
the matrices that people take for it is put. What the derivatives, the blocks and the symmetry of the metric can lose,
and what can be returned instead of the answer, are tables (`inputs`, `outputs`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import permutations
from itertools import product as choices
from typing import Any

import numpy as np

from .inputs import AXES, prepare_mistakes
from .mistake import Mistake
from .outputs import laplace_mistakes, output_mistakes, returned_mistakes
from .pipeline import Array, Jets, Pipeline, ShortSum, Sum, contraction, determinant, inverse, true_inverse

__all__ = ["formula_mistakes", "half_filled", "styles"]

#: The terms of a stage written otherwise, the name of the mistake, what it says, its weight.
_Variant = tuple[tuple[tuple[float, str], ...], str, str, float]

_FACTORS = {-1.0: "has the wrong sign", 0.0: "is missing", 2.0: "counts twice", 0.5: "is halved"}
_SLUGS = {-1.0: "sign", 0.0: "missing", 2.0: "twice", 0.5: "halved"}


@dataclass(frozen=True)
class Stage:
    """A sum of contractions, how its arrays are written, and what it is called.

    ``symmetric`` are the axes of each array that may be exchanged without harm; ``whole`` names what all terms have in
    common, by the factor.
    """

    field: str
    slug: str
    what: str
    formula: str
    terms: tuple[str, ...]
    kind: str
    arrays: tuple[str, ...]
    symmetric: tuple[tuple[int, int] | None, ...]
    whole: dict[float, tuple[str, str]]

    @property
    def true(self) -> Sum:
        found: Sum = getattr(Pipeline(), self.field)
        return found

    def spelled(self, indices: str) -> str:
        """A contraction as it is written on paper: "Γ^i_km Γ^m_jl"."""
        parts = indices.split("->")[0].split(",")
        return " ".join(text.format(*letters) for text, letters in zip(self.arrays, parts))

    def canonical(self, terms: Sequence[tuple[float, str]]) -> tuple[tuple[str, float], ...]:
        """Equal for sums that are equal because of the symmetry of their arrays or of the names of summed indices."""
        total: dict[str, float] = {}
        for c, indices in terms:
            inputs, output = indices.split("->")
            names = {x: x for x in output}
            for x in inputs:
                names.setdefault(x, "," if x == "," else chr(ord("p") + len(names)))
            inputs = "".join(names[x] for x in inputs)
            parts = []
            for letters, pair in zip(inputs.split(","), self.symmetric):
                swapped = list(letters)
                if pair and swapped[pair[0]] > swapped[pair[1]]:
                    swapped[pair[0]], swapped[pair[1]] = swapped[pair[1]], swapped[pair[0]]
                parts.append("".join(swapped))
            key = ",".join(parts) + "->" + output
            total[key] = total.get(key, 0.0) + c
        return tuple(sorted((k, v) for k, v in total.items() if v))


_GAMMA = "Γ^i_jk = ½ g^im (∂_j g_mk + ∂_k g_mj − ∂_m g_jk)."
_RIEMANN = "R^i_jkl = ∂_k Γ^i_jl − ∂_l Γ^i_jk + Γ^i_km Γ^m_jl − Γ^i_lm Γ^m_jk."
STAGES = (
    Stage("lower", "christoffel", "Γ", _GAMMA, ("first-term", "second-term", "third-term"), "", ("∂_{2} g_{0}{1}",),
          ((0, 1),), {2.0: ("christoffel-half-missing", "The factor ½ of Γ is missing."),
                      0.5: ("christoffel-half-twice", "Γ is half of what it should be: the factor ½ counts twice."),
                      -1.0: ("christoffel-sign", "Γ has the opposite sign throughout.")}),
    Stage("raise_first", "christoffel", "Γ", "Γ^i_jk = g^im Γ_{m,jk}.", ("raising",), "",
          ("g^{0}{1}", "Γ_({0},{1}{2})"), ((0, 1), (1, 2)), {}),
    Stage("linear", "riemann", "the Riemann tensor", _RIEMANN, ("first-derivative", "second-derivative"), "∂Γ ",
          ("∂_{3} Γ^{0}_{1}{2}",), ((1, 2),),
          {0.0: ("riemann-derivatives-missing", "Both ∂Γ terms are missing from the Riemann tensor."),
           -1.0: ("riemann-derivatives-sign", "Both ∂Γ terms of the Riemann tensor have the wrong sign."),
           2.0: ("riemann-derivatives-doubled", "The ∂Γ terms of the Riemann tensor are twice too large (a difference "
                                                "quotient divided by h instead of 2h?)."),
           0.5: ("riemann-derivatives-halved", "The ∂Γ terms of the Riemann tensor are half as large as they should be "
                                               "(a one-sided difference divided by 2h?).")}),
    Stage("quadratic", "riemann", "the Riemann tensor", _RIEMANN, ("first-quadratic", "second-quadratic"), "ΓΓ ",
          ("Γ^{0}_{1}{2}", "Γ^{0}_{1}{2}"), ((1, 2), (1, 2)),
          {0.0: ("riemann-quadratic-missing", "Both ΓΓ terms are missing from the Riemann tensor: right only where "
                                              "∂g = 0."),
           -1.0: ("riemann-quadratic-sign", "Both ΓΓ terms of the Riemann tensor have the wrong sign: right only where "
                                            "∂g = 0."),
           2.0: ("riemann-quadratic-doubled", "The ΓΓ terms of the Riemann tensor count twice."),
           0.5: ("riemann-quadratic-halved", "The ΓΓ terms of the Riemann tensor carry a factor ½ too much.")}),
    Stage("contract", "ricci", "the Ricci tensor", "Ric_jl = R^i_jil: contract the upper index with the third slot.",
          ("contraction",), "", ("R^{0}_{1}{2}{3}",), (None,), {}),
    Stage("trace", "scalar", "the scalar", "R = g^jl Ric_jl.", ("trace",), "", ("g^{0}{1}", "Ric_{0}{1}"),
          ((0, 1), (0, 1)), {}),
)  # fmt: skip

#: Names of their own for what people are known to write; everything else is named by what stands there.
_NAMES: dict[tuple[str, ...], tuple[str, str]] = {
    **{("lower", order, "all"): (name, sentence) for order, (name, sentence, _) in AXES.items()},
    ("raise_first", "jm,mik"): ("christoffel-wrong-index-raised", "The inverse metric raises the wrong index: Γ^i_jk "
        "is returned at [j, i, k]."),
    ("raise_first", "km,mij"): ("christoffel-upper-last", "The upper index of Γ is stored last, [j, k, i], and read as "
        "the first."),
    ("raise_first", "im,jmk"): ("christoffel-raised-along-derivative", "The inverse metric is contracted with the "
        "second index of Γ_{j,mk} instead of the first."),
    ("raise_first", "mm,mjk"): ("christoffel-stray-index-raised-diagonal", "Γ follows a formula with a stray index: "
        "g^mm stands where g^im belongs, so the upper index does not occur on the right."),
    ("raise_first", "jm,mjk"): ("christoffel-stray-index-raised-j", "Γ follows a formula with a stray index: g^jm "
        "stands where g^im belongs, so the upper index does not occur on the right."),
    ("raise_first", "km,mjk"): ("christoffel-stray-index-raised-k", "Γ follows a formula with a stray index: g^km "
        "stands where g^im belongs, so the upper index does not occur on the right."),
    ("raise_first", "im,mik"): ("christoffel-stray-index-upper", "Γ follows a formula with a stray index: "
        "g^im (∂_l g_mk + ∂_k g_ml − ∂_m g_kl) with the stray l read as the upper index i; j does not occur in it."),
    ("raise_first", "am,mjk"): ("christoffel-stray-index-upper-unmatched", "Γ follows a formula with a stray index: "
        "Γ^l_jk = ½ g^im (…) sums over i and m, and the upper index l does not occur on the right."),
    ("quadratic", "ikm,jml|ilm,jmk", "all"): ("riemann-quadratic-not-contracted", "The ΓΓ terms sum over two lower "
        "indices, Γ^i_km Γ^j_ml, instead of an upper and a lower one."),
    ("linear", "iklj|ijlk", "all"): ("riemann-derivative-axis", "The derivative axis of ∂Γ is read in the wrong place "
        "([i, k, l, j] for [i, j, l, k])."),
    ("linear", "jlki|jkli", "all"): ("riemann-derivative-axis-first", "The derivative axis of ∂Γ is stored first and "
        "read as the last one."),
    ("contract", "ijli"): ("ricci-last-slot", "The upper index is contracted with the last slot, Ric_jk = R^i_jki: the "
        "sign changes."),
    ("contract", "iijl"): ("ricci-first-slot", "The upper index is contracted with the first lower slot, R^i_ikl: this "
        "is identically zero."),
    ("contract", "ajil"): ("ricci-summed-independently", "The two contracted indices of R^n_imj are summed "
        "independently (two names, n and m, instead of one)."),
    ("contract", "jiil"): ("ricci-lower-slots-12", "The contraction takes two lower slots (1, 2) and no inverse "
        "metric."),
    ("contract", "jili"): ("ricci-lower-slots-13", "The contraction takes two lower slots (1, 3) and no inverse "
        "metric."),
}  # fmt: skip


def _inputs(term: tuple[float, str]) -> str:
    return term[1].split("->")[0]


def _with_inputs(term: tuple[float, str], inputs: str) -> tuple[float, str]:
    return term[0], f"{inputs}->{term[1].split('->')[1]}"


def _factors(stage: Stage) -> Iterator[_Variant]:
    """Each term, and each combination of them, with a wrong factor."""
    terms = stage.true.terms
    if len(terms) == 1:
        return
    for factors in sorted(choices((1.0, *_FACTORS), repeat=len(terms)), key=lambda f: sum(v != 1 for v in f)):
        wrong = [k for k, f in enumerate(factors) if f != 1]
        if not wrong:
            continue
        changed = tuple((c * f, indices) for f, (c, indices) in zip(factors, terms))
        if len(set(factors)) == 1 and factors[0] in stage.whole:
            yield changed, *stage.whole[factors[0]], 1.0
            continue
        names = " + ".join(f"{stage.slug}-{stage.terms[k]}-{_SLUGS[factors[k]]}" for k in wrong)
        said = " ".join(
            f"The {stage.kind}term {stage.spelled(terms[k][1])} of {stage.what} {_FACTORS[factors[k]]}." for k in wrong
        )
        yield changed, names, said, float(len(wrong))


def _orders(stage: Stage) -> Iterator[_Variant]:
    """The axes of an array read in another order: in every term, or in one."""
    terms = stage.true.terms
    ways = [list(permutations(range(len(part)))) for part in _inputs(terms[0]).split(",")]
    for orders in choices(*ways):
        moved = sum(any(a != b for b, a in enumerate(order)) for order in orders)
        if not moved:
            continue
        changed = tuple(
            _with_inputs(t, ",".join("".join(p[k] for k in o) for p, o in zip(_inputs(t).split(","), orders)))
            for t in terms
        )
        if len(terms) > 1:
            key = "|".join(_inputs(t) for t in changed)
            if stage.field == "lower":
                key = "".join("ijk"[k] for k in orders[0])
            stands = ", ".join(stage.spelled(t[1]) for t in changed)
            name, said = _NAMES.get(
                (stage.field, key, "all"),
                (f"{stage.slug}-axes-{key.replace('|', '-').replace(',', '-')}",
                 f"The axes of an array in {stage.what} are read in another order: {stands} stands where "
                 f"{', '.join(stage.spelled(t[1]) for t in terms)} belongs."),
            )  # fmt: skip
            yield changed, name, said, float(moved)
        for at, term in enumerate(terms):
            yield _one(stage, at, _inputs(changed[at])), *_named(stage, at, _inputs(changed[at]), term), float(moved)


def _one(stage: Stage, at: int, inputs: str) -> tuple[tuple[float, str], ...]:
    return tuple(_with_inputs(t, inputs) if k == at else t for k, t in enumerate(stage.true.terms))


def _named(stage: Stage, at: int, inputs: str, term: tuple[float, str]) -> tuple[str, str]:
    twin = next((k for k, t in enumerate(stage.true.terms) if _inputs(t) == inputs and k != at), None)
    tail = inputs.replace(",", "-") if twin is None else stage.terms[twin].split("-")[0]
    said = f"{stage.spelled(inputs + '->')} stands where {stage.spelled(term[1])} belongs in {stage.what}."
    return _NAMES.get((stage.field, inputs), (f"{stage.slug}-{stage.terms[at]}-indices-{tail}", said))


def _renamed(stage: Stage) -> Iterator[_Variant]:
    """The result stored with its axes in another order, and read in the right one."""
    terms, output = stage.true.terms, stage.true.terms[0][1].split("->")[1]
    for order in list(permutations(output))[1:] if len(output) == 3 else ():
        swap = str.maketrans(output, "".join(order))
        changed = tuple(_with_inputs(t, _inputs(t).translate(swap)) for t in terms)
        key = "|".join(_inputs(t) for t in changed)
        name, said = _NAMES.get((stage.field, key), (
            f"{stage.slug}-stored-{key.replace('|', '-').replace(',', '-')}",
            f"The axes of {stage.what} are stored in another order than they are read: "
            f"{', '.join(stage.spelled(t[1]) for t in changed)} stands where "
            f"{', '.join(stage.spelled(t[1]) for t in terms)} belongs."))  # fmt: skip
        yield changed, name, said, 1.2


def _strays(stage: Stage) -> Iterator[_Variant]:
    """One index in another one's place, or a name that occurs nowhere else (and is summed over)."""
    for at, term in enumerate(stage.true.terms):
        inputs = _inputs(term)
        letters = sorted(set(inputs) - {","} | set("a"))
        for place, old in enumerate(inputs):
            for new in letters:
                if old not in (",", new):
                    changed = inputs[:place] + new + inputs[place + 1 :]
                    yield _one(stage, at, changed), *_named(stage, at, changed, term), 1.5


def _both(stage: Stage) -> Iterator[_Variant]:
    """The indices of both terms of a difference exchanged, each in its own way."""
    if stage.field != "linear":
        return
    first, second = stage.true.terms
    for a, b in choices(map("".join, permutations("ijkl")), repeat=2):
        name, said = _NAMES.get((stage.field, f"{a}|{b}", "all"), (
            f"riemann-derivatives-indices-{a}-{b}", f"{stage.spelled(a + '->')} − {stage.spelled(b + '->')} stands "
            f"where {stage.spelled(first[1])} − {stage.spelled(second[1])} belongs in {stage.what}."))  # fmt: skip
        yield (_with_inputs(first, a), _with_inputs(second, b)), name, said, 1.9


def _stage_mistakes(stage: Stage) -> Iterator[Mistake]:
    seen = {stage.canonical(stage.true.terms)}
    written = [variant for ways in (_factors, _orders, _renamed, _strays, _both) for variant in ways(stage)]
    for terms, name, sentence, weight in sorted(written, key=lambda variant: variant[3]):
        if (key := stage.canonical(terms)) not in seen:
            seen.add(key)
            yield Mistake(name, stage.field, {stage.field: Sum(*terms)}, sentence, stage.formula, weight=weight)


def _short_sums() -> Iterator[Mistake]:
    """Loops over a summed index that begin at 1 or end one too early."""
    for stage in STAGES:
        terms = stage.true.terms
        inputs, output = terms[0][1].split("->")
        for letter in sorted(set(inputs) - set(output) - {","}):
            for missing, word, how in ((-1, "last", "ends one too early"), (0, "first", "begins one too late")):
                yield Mistake(
                    f"{stage.slug}-sum-over-{letter}-without-{word}", stage.field,
                    {stage.field: ShortSum(letter, missing, *terms)},
                    f"In {stage.what}, the sum over {letter} in {', '.join(stage.spelled(t[1]) for t in terms)} leaves "
                    f"out the {word} value: a loop that {how}.",
                    f"{stage.formula} Sum over range(n).", weight=1.15,
                )  # fmt: skip


def _misprints() -> Iterator[Mistake]:
    """Γ with a stray l in all three terms, ∂_l g_mk + ∂_k g_ml − ∂_m g_kl: a misprint that is copied."""
    for to, slug, how in (("a", "sum", "summed over"), ("k", "k", "read as k"), ("i", "m", "read as the summed m")):
        terms = [(c, indices.split("->")[0].replace("j", to) + "->ijk") for c, indices in Pipeline().lower.terms]
        yield Mistake(
            f"christoffel-stray-index-{slug}", "lower", {"lower": Sum(*terms)},
            f"Γ follows a misprint with a stray index, ∂_l g_mk + ∂_k g_ml − ∂_m g_kl, with l {how}; "
            "j does not occur in it.", f"{_GAMMA} Formula (3.2.15) of Sauter's thesis is printed with slipped indices.",
        )  # fmt: skip


# --- what stands where g⁻¹ or g belongs ----------------------------------------------------------


def _identity(g: Array, dg: Array) -> tuple[Array, Array]:
    return np.zeros_like(g) + np.eye(g.shape[-1]), np.zeros_like(dg)


def _ones(g: Array, dg: Array) -> tuple[Array, Array]:
    return np.ones_like(g), np.zeros_like(dg)


def _metric(g: Array, dg: Array) -> tuple[Array, Array]:
    return g, dg


def _reciprocal(g: Array, dg: Array) -> tuple[Array, Array]:
    zero = g == 0
    x = np.where(zero, 0, 1 / np.where(zero, 1, g))
    return x, -(x * x)[..., None] * dg


def _diagonal_of(pair: Callable[[Array, Array], tuple[Array, Array]]) -> Callable[[Array, Array], tuple[Array, Array]]:
    def diagonal(g: Array, dg: Array) -> tuple[Array, Array]:
        x, dx = pair(g, dg)
        eye = np.eye(g.shape[-1])
        return x * eye, dx * eye[:, :, None]

    return diagonal


def _triangle(g: Array, dg: Array) -> tuple[Array, Array]:
    x, dx = true_inverse(g, dg)
    kept = np.triu(np.ones(g.shape[-2:]))
    return x * kept, dx * kept[:, :, None]


def _doubled(g: Array, dg: Array) -> tuple[Array, Array]:
    x, dx = true_inverse(g, dg)
    weight = 2 - np.eye(g.shape[-1])
    return x * weight, dx * weight[:, :, None]


def _adjugate(g: Array, dg: Array) -> tuple[Array, Array]:
    x, dx = true_inverse(g, dg)
    det = 1 / determinant(x)
    ddet = det[..., None] * contraction("ij,ijk->k", x, dg)
    return x * det[..., None, None], dx * det[..., None, None, None] + contraction("ij,k->ijk", x, ddet)


def _frozen(g: Array, dg: Array) -> tuple[Array, Array]:
    return inverse(g), np.zeros_like(dg)


def _wrong_slope(g: Array, dg: Array) -> tuple[Array, Array]:
    x, dx = true_inverse(g, dg)
    return x, -dx


def _transposed_slope(g: Array, dg: Array) -> tuple[Array, Array]:
    x, dx = true_inverse(g, dg)
    return x, -contraction("ia,abk->ibk", x, dg)


#: slug, what it is, what it does, remedy
_MATRICES: tuple[tuple[str, str, Any, str], ...] = (
    ("identity", "δ^ij, as if coordinates were orthonormal", _identity, "np.linalg.inv(g)"),
    ("metric", "the metric g_ij", _metric, "invert it: np.linalg.inv(g)"),
    ("reciprocal-diagonal", "1/g_ii on the diagonal (right on diagonal metrics only)", _diagonal_of(_reciprocal),
     "invert the whole matrix: np.linalg.inv(g)"),
    ("entrywise", "1/g_ij, entry by entry,", _reciprocal, "np.linalg.inv(g), not 1 / g or g ** -1"),
    ("adjugate", "the adjugate matrix (1/det g is missing)", _adjugate, "divide the adjugate by det g"),
    ("diagonal", "the diagonal g^ii alone (right on diagonal metrics only)", _diagonal_of(true_inverse),
     "sum over both indices"),
    ("ones", "1 (every entry is summed)", _ones, "weight the entries with g^ij"),
    ("upper-triangle", "its upper triangle (off-diagonal terms are counted once, not twice)", _triangle,
     "sum over both indices"),
    ("off-diagonal-doubled", "g^ij with its off-diagonal entries doubled (off-diagonal terms are counted twice)",
     _doubled, "sum over both indices, each pair once"),
)  # fmt: skip
_EVERYWHERE = {
    "identity": ("inverse-forgotten", "The inverse metric is missing everywhere: indices are raised and traced with "
        "δ^ij, as if coordinates were orthonormal."),
    "metric": ("metric-for-inverse", "The metric g_ij stands where its inverse g^ij belongs."),
    "reciprocal-diagonal": ("diagonal-inverse", "The inverse metric is taken as 1/g_ii on the diagonal: right on "
        "diagonal metrics only."),
    "entrywise": ("entrywise-inverse", "The inverse metric is taken entry by entry (1/g_ij) instead of as a matrix."),
    "adjugate": ("determinant-missing-in-inverse", "The inverse metric lacks its 1/det g: it is the adjugate matrix."),
    "diagonal": ("inverse-diagonal-only", "Only the diagonal of the inverse metric is used: right on diagonal metrics "
        "only."),
}  # fmt: skip
_AT_PLACES = {
    ("christoffel", "identity"): ("christoffel-not-raised", "Γ_{i,jk} (first kind) is used as Γ^i_jk: the inverse "
        "metric is missing in Γ."),
    ("trace", "identity"): ("scalar-without-inverse", "R is the plain trace Σ Ric_jj: the inverse metric is missing in "
        "the last contraction."),
    ("trace", "metric"): ("scalar-with-metric", "R is contracted with g_jl instead of g^jl."),
    ("trace", "diagonal"): ("scalar-diagonal-only", "R sums only the diagonal, Σ g^jj Ric_jj: right on diagonal "
        "metrics only."),
    ("trace", "reciprocal-diagonal"): ("scalar-reciprocal-diagonal", "R is Σ Ric_jj / g_jj: right on diagonal metrics "
        "only."),
    ("trace", "entrywise"): ("scalar-entrywise-inverse", "R is Σ Ric_jl / g_jl, entry by entry: g^jl is an entry of "
        "the inverse matrix, not 1/g_jl."),
    ("trace", "ones"): ("scalar-sum-of-entries", "R is the sum of all entries of the Ricci tensor."),
    ("lowering", "identity"): ("upper-for-lowered", "The first index is up: R^i_jkl is used instead of R_ijkl."),
}  # fmt: skip
_WHERE = {
    "christoffel": ("Γ", _GAMMA), "trace": ("the last contraction", "R = g^jl Ric_jl."),
    "squares": ("R_ijkl R^ijkl", "Raise all three lower indices of R^i_jkl with g^jl."),
    "laplacian": ("Δf", "Δf = g^ij ∂_i∂_j f − g^ij Γ^k_ij ∂_k f."),
    "lowering": ("R_ijkl", "R_ijkl = g_im R^m_jkl."), "einstein": ("G", "G_ij = Ric_ij − ½ R g_ij."),
}  # fmt: skip


def _place_mistakes() -> Iterator[Mistake]:
    for slug, _, matrix, remedy in _MATRICES:
        if slug in _EVERYWHERE:
            name, sentence = _EVERYWHERE[slug]
            yield Mistake(name, "invert", {"invert": matrix}, sentence, remedy[0].upper() + remedy[1:] + ".")
    for where, (text, formula) in _WHERE.items():
        down = where in ("lowering", "einstein")
        for slug, what, matrix, _ in _MATRICES:
            if down and slug in ("metric", "ones", "adjugate", "entrywise", "upper-triangle", "off-diagonal-doubled"):
                continue
            if down:
                matrix = {"reciprocal-diagonal": true_inverse, "diagonal": _diagonal_of(_metric)}.get(slug, matrix)
                slug = {"reciprocal-diagonal": "inverse"}.get(slug, slug)
                what = {"inverse": "the inverse g^ij", "diagonal": "the diagonal g_ii alone"}.get(slug, "δ_ij")
            kept = "g_ij" if down else "g^ij"
            said = f"In {text}, {what} stands where {kept} belongs."
            if slug == "metric":
                said = f"In {text}, the metric g_ij stands where its inverse g^ij belongs."
            name, sentence = _AT_PLACES.get((where, slug), (f"{where}-with-{slug}", said))
            yield Mistake(name, where, {"places": {where: matrix}}, sentence, formula,
                          weight=1.0 if slug in ("identity", "metric") else 1.2)  # fmt: skip
    for name, change, sentence, remedy in (
        ("inverse-held-constant", _frozen, "∂Γ is computed with g^ij held constant: the term (∂_k g^im) Γ_{m,jl} is "
         "missing.", "Differentiate Γ^i_jk as a whole, or add ∂_k g^im = −g^ia g^mb ∂_k g_ab."),
        ("inverse-derivative-sign", _wrong_slope, "The derivative of the inverse metric has the wrong sign.",
         "∂_k g^ij = −g^ia g^jb ∂_k g_ab, with the minus."),
        ("inverse-derivative-one-sided", _transposed_slope, "The derivative of the inverse metric is −g^ia ∂_k g_aj: "
         "the second factor g^bj is missing.", "∂_k g^ij = −g^ia g^jb ∂_k g_ab."),
    ):  # fmt: skip
        yield Mistake(name, "invert", {"invert": change}, sentence, remedy)


# --- the Riemann tensor by second derivatives of the metric ---------------------------------------------

_LANDAU = (
    "R_ijkl = ½ (∂_j∂_k g_il + ∂_i∂_l g_jk − ∂_i∂_k g_jl − ∂_j∂_l g_ik) + g^ab (Γ_{a,jk} Γ_{b,il} − Γ_{a,jl} Γ_{b,ik})."
)
_SECOND = ((0.5, "iljk->ijkl"), (0.5, "jkil->ijkl"), (-0.5, "jlik->ijkl"), (-0.5, "ikjl->ijkl"))
_PRODUCTS = ((1.0, "ab,ajk,bil->ijkl"), (-1.0, "ab,ajl,bik->ijkl"))


def _landau(factors: Sequence[float]) -> Callable[[Any], Array]:
    """R^i_jkl by that form, with a factor before each of its six terms."""
    second = Sum(*((c * f, t) for f, (c, t) in zip(factors, _SECOND)))
    products = Sum(*((c * f, t) for f, (c, t) in zip(factors[4:], _PRODUCTS)))

    def riemann(run: Any) -> Array:
        x, first = run.at("christoffel")[0], run["christoffel_first"]
        return contraction("im,mjkl->ijkl", x, second(run.jets.ddg) + products(x, first, first))

    return riemann


def _landau_mistakes() -> Iterator[Mistake]:
    words = {-1.0: ("sign", "have the wrong sign"), 0.0: ("missing", "are missing"), 2.0: ("doubled", "count twice"),
             0.5: ("halved", "are halved"), 4.0: ("four-times", "count four times"),
             0.25: ("quartered", "are a quarter of what they should be")}  # fmt: skip
    named = [
        (("second-derivatives", "The second derivatives ∂∂g"), (0, 1, 2, 3)),
        (("products", "The ΓΓ terms"), (4, 5)),
    ]
    named += [
        ((f"term-{k + 1}", f"In the sum of the terms ∂∂g and ΓΓ, those at place {k + 1}"), (k,)) for k in range(6)
    ]
    for (slug, what), places in named:
        for factor, (how, does) in words.items():
            if len(places) > 1 or factor in (-1.0, 0.0):
                factors = [factor if k in places else 1.0 for k in range(6)]
                yield Mistake(
                    f"landau-{slug}-{how}", "quadratic", {"formulas": {"riemann": _landau(factors)}},
                    f"{what} {does} in the form of the Riemann tensor by second derivatives.", _LANDAU,
                    weight=1.1 if len(places) > 1 else 1.3,
                )  # fmt: skip


# --- parts of a tensor -------------------------------------------------------------------------------


def _rule(rule: Callable[..., Any], rank: int) -> Callable[[int], Array]:
    """Where a rule holds, as an array of 0 and 1: ``rule(n, i, j, …)`` of index arrays."""
    return lambda n: np.broadcast_to(rule(n, *np.indices((n,) * rank)), (n,) * rank).astype(float)


#: tensor, its rank, name of the part, what it is, where
_PARTS: tuple[tuple[str, int, str, str, Any], ...] = (
    ("christoffel", 3, "equal", "The symbols Γ^i_jj with equal lower indices", lambda n, i, j, k: j == k),
    ("christoffel", 3, "mixed", "The symbols Γ^i_jk with different lower indices", lambda n, i, j, k: j != k),
    ("christoffel", 3, "above", "The symbols Γ^i_jk with j < k", lambda n, i, j, k: j < k),
    ("christoffel", 3, "below", "The symbols Γ^i_jk with j > k", lambda n, i, j, k: j > k),
    ("christoffel", 3, "first", "The symbols Γ^0_jk", lambda n, i, j, k: i == 0),
    ("christoffel", 3, "last", "The symbols Γ^i_jk of the last i", lambda n, i, j, k: i == n - 1),
    ("christoffel", 3, "diagonal", "The symbols Γ^i_ii", lambda n, i, j, k: (i == j) & (j == k)),
    ("christoffel", 3, "all-different", "The symbols with three different indices",
     lambda n, i, j, k: (i != j) & (j != k) & (i != k)),
    ("christoffel", 3, "upper-equals-lower", "The symbols Γ^i_ik with the upper index among the lower ones",
     lambda n, i, j, k: ((i == j) | (i == k)) & (j != k)),
    ("riemann", 4, "above", "The entries R^i_jkl with k < l", lambda n, i, j, k, l: k < l),
    ("riemann", 4, "below", "The entries R^i_jkl with k > l", lambda n, i, j, k, l: k > l),
    ("riemann", 4, "last", "The entries R^i_jkl of the last i", lambda n, i, j, k, l: i == n - 1),
    ("riemann", 4, "first", "The entries R^0_jkl", lambda n, i, j, k, l: i == 0),
    ("ricci", 2, "off-diagonal", "The off-diagonal entries of the Ricci tensor", lambda n, j, l: j != l),
    ("ricci", 2, "above", "The entries of the Ricci tensor above the diagonal", lambda n, j, l: j < l),
    ("ricci", 2, "below", "The entries of the Ricci tensor below the diagonal", lambda n, j, l: j > l),
    ("ricci", 2, "last", "The last diagonal entry of the Ricci tensor", lambda n, j, l: (j == l) & (j == n - 1)),
    ("ricci", 2, "first", "The first diagonal entry of the Ricci tensor", lambda n, j, l: (j == l) & (j == 0)),
)  # fmt: skip
_DONE = {0.0: ("missing", "are missing (left at 0)"), 2.0: ("doubled", "count twice"), 0.5: ("halved", "are halved"),
         -1.0: ("sign", "have the wrong sign")}  # fmt: skip
_STAGE_OF = {"christoffel": "christoffel", "riemann": "quadratic", "ricci": "contract", "metric": "returned",
             "inverse_metric": "returned"}  # fmt: skip


def _masked(tensor: str, mask: Callable[[int], Array]) -> Callable[[Any], Array]:
    def formula(run: Any) -> Array:
        m = mask(run.dim)
        return run.computed(tensor) * (m[..., None] if tensor == "christoffel_derivative" else m)

    return formula


def _of_the_diagonal(tensor: str) -> Callable[[Any], Array]:
    """Γ (or ∂Γ) of the diagonal of the metric: the formulas of orthogonal coordinates."""

    def formula(run: Any) -> Array:
        eye = np.eye(run.dim)
        jets = Jets(run.jets.g * eye, run.jets.dg * eye[:, :, None], run.jets.ddg * eye[:, :, None, None])
        return Pipeline().run(jets)[tensor]

    return formula


def _rows_of_tensors() -> Iterator[tuple[str, int, str, str, Any]]:
    """The first and the last value of each index of each tensor: what a loop that is too short leaves out."""
    spelled = {
        "christoffel": ("Γ^{0}_{1}{2}", "ijk"), "riemann": ("R^{0}_{1}{2}{3}", "ijkl"), "ricci": ("Ric_{0}{1}", "jl"),
        "inverse_metric": ("g^{0}{1}", "ij"), "metric": ("g_{0}{1}", "ij"),
    }  # fmt: skip
    for tensor, (text, letters) in spelled.items():
        for axis, letter in enumerate(letters):
            for word, at in (("first", lambda n: 0), ("last", lambda n: n - 1)):
                where = lambda n, *index, axis=axis, at=at: index[axis] == at(n)
                what = f"The entries {text.format(*letters)} with the {word} {letter}"
                yield tensor, len(letters), f"{word}-{letter}", what, where


def _part_mistakes() -> Iterator[Mistake]:
    yield Mistake(
        "christoffel-of-orthogonal-coordinates", "christoffel",
        {"formulas": {t: _of_the_diagonal(t) for t in ("christoffel", "christoffel_derivative")}},
        "Γ is computed by the formulas of orthogonal coordinates: right on diagonal metrics only.", _GAMMA,
    )  # fmt: skip
    for tensor, rank, part, what, rule in (*_PARTS, *_rows_of_tensors()):
        where = _rule(rule, rank)
        for factor, (slug, does) in _DONE.items():
            if tensor == "ricci" and (part, factor) == ("off-diagonal", 0.0):
                continue  # has a name of its own
            mask = lambda n, where=where, factor=factor: 1 + (factor - 1) * where(n)
            formulas = {t: _masked(t, mask) for t in (tensor, *(["christoffel_derivative"] * (rank == 3)))}
            changes = {"returned": formulas[tensor]} if _STAGE_OF[tensor] == "returned" else {"formulas": formulas}
            yield Mistake(f"{tensor}-{part}-{slug}", _STAGE_OF[tensor], changes, f"{what} {does}.",
                          "Fill every entry, once.", (tensor,) * ("returned" in changes), weight=1.3)  # fmt: skip


def _in_the_symbols() -> Iterator[Mistake]:
    """Derivatives of the metric that are wrong in Γ alone: g⁻¹ is differentiated as it is, since Γ is, as a whole."""

    def of(prepare: Callable[[Jets], Jets]) -> dict[str, Callable[[Any], Array]]:
        names = ("christoffel_first", "christoffel_first_derivative")

        def stage(name: str) -> Callable[[Any], Array]:
            return lambda run: Pipeline().run(prepare(run.jets))[name]

        return {t: stage(t) for t in names}

    for m in prepare_mistakes():
        if m.name == "derivative-of-inverse-for-metric":
            yield replace(m, stage="lower", changes={"formulas": of(m.changes["prepare"])}, weight=1.1)
    for at, word, example in ((0, "first", "static metrics, if it is the time"),
                              (-1, "last", "axisymmetric metrics, if it is the angle")):  # fmt: skip

        def still(jets: Jets, at: int = at) -> Jets:
            kept = np.ones(jets.dim)
            kept[at] = 0
            return replace(jets, dg=jets.dg * kept, ddg=jets.ddg * kept[:, None])

        yield Mistake(
            f"derivative-along-{word}-missing-in-christoffel", "lower", {"formulas": of(still)},
            f"In Γ the derivatives along the {word} coordinate count as 0: right on metrics that do not depend on it "
            f"({example}).", "Differentiate along every coordinate.",
        )  # fmt: skip


# --- the same formula in other hands ----------------------------------------------------------------

# The lower indices of each Γ in ∂_k Γ^i_jl, ∂_l Γ^i_jk and the factors of both products, in either order.
_STYLES = (("ijlk", "iljk"), ("ijkl", "ikjl"), ("ikm", "imk"), ("mjl", "mlj"), ("ilm", "iml"), ("mjk", "mkj"))


@cache
def styles() -> tuple[Mistake, ...]:
    """The Riemann tensor with the lower indices of Γ in either order: no mistake, until one before it makes Γ^i_jk and
    Γ^i_kj differ.
    """
    return tuple(
        Mistake("", "linear", {"linear": Sum((1, f"{a}->ijkl"), (-1, f"{b}->ijkl")),
                               "quadratic": Sum((1, f"{c},{d}->ijkl"), (-1, f"{e},{f}->ijkl"))}, "", "", weight=0.0)
        for a, b, c, d, e, f in list(choices(*_STYLES))[1:]
    )  # fmt: skip


@cache
def half_filled() -> tuple[Mistake, ...]:
    """A metric of which one triangle is filled, where every g_ij of Γ may be read as g_ji."""
    halves = [m for m in prepare_mistakes() if m.name in ("upper-triangle-only", "lower-triangle-only")]
    first, second, third = ("ikj->ijk", "kij->ijk"), ("ijk->ijk", "jik->ijk"), ("jki->ijk", "kji->ijk")
    return tuple(
        Mistake(m.name, "prepare", {**m.changes, "lower": Sum((0.5, a), (0.5, b), (-0.5, c)),
                                    "raise_first": Sum((1, raised))}, m.sentence, m.remedy)
        for m, a, b, c, raised in choices(halves, first, second, third, ("im,mjk->ijk", "mi,mjk->ijk"))
    )  # fmt: skip


@cache
def formula_mistakes(quantity: str, statistical: bool = False) -> tuple[Mistake, ...]:
    """Every mistake that can touch a quantity, the plainest first.

    >>> len(formula_mistakes("ricci_scalar")) > 500
    True
    """
    by_field = {s.field: tuple(_stage_mistakes(s)) for s in STAGES}
    groups = (
        output_mistakes(quantity, statistical), returned_mistakes(), laplace_mistakes(), _misprints(), _short_sums(),
        by_field["lower"], by_field["raise_first"], by_field["linear"], by_field["quadratic"], _place_mistakes(),
        by_field["trace"], by_field["contract"], prepare_mistakes(), _part_mistakes(),
        _landau_mistakes(), _in_the_symbols(),
    )  # fmt: skip
    found = [m for group in groups for m in group if m.concerns(quantity)]
    return tuple(sorted(found, key=lambda m: m.weight))
