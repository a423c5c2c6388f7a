"""The known mistakes in curvature code, as data: what they change, what to say, what to do.

A mistake replaces one stage of the true `Pipeline`.  Its prediction is computed exactly as the
truth is, so the diagnosis is a comparison of numbers, never a guess from their look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from .pipeline import (
    Jets,
    Pipeline,
    Run,
    combination,
    contraction,
    inverse,
    product,
    true_inverse,
    true_linear,
    true_lower,
    true_quadratic,
)

__all__ = ["Mistake", "formula_mistakes"]

Array = Any

CURVATURE = ("riemann", "riemann_lowered", "ricci", "ricci_scalar", "gaussian_curvature", "einstein", "weyl", "kretschmann")
CONNECTED = ("christoffel_first", "christoffel", *CURVATURE, "laplacian")


@dataclass(frozen=True)
class Mistake:
    """One way to go wrong.

    ``stage`` is the field of `Pipeline` that ``change`` replaces (or ``"formulas"`` with a
    dictionary); ``quantities`` are those whose value it can touch.
    """

    name: str
    stage: str
    change: Any
    sentence: str
    remedy: str
    quantities: tuple[str, ...] = CURVATURE

    def apply(self, pipeline: Pipeline) -> Pipeline:
        """The pipeline with this mistake in it."""
        if self.stage == "formulas":
            return replace(pipeline, formulas={**pipeline.formulas, **self.change})
        return replace(pipeline, **{self.stage: self.change})


# --- the metric's derivatives ------------------------------------------------------------------


def _axes(order: str) -> Callable[[Jets], Jets]:
    first, second = combination((1, f"{order}->ijk")), combination((1, f"{order}l->ijkl"))
    return lambda jets: replace(jets, dg=first(jets.dg), ddg=second(jets.ddg))


def _derivatives_scaled(first: float, second: float) -> Callable[[Jets], Jets]:
    return lambda jets: replace(jets, dg=jets.dg * first, ddg=jets.ddg * second)


def _no_mixed(jets: Jets) -> Jets:
    return replace(jets, ddg=jets.ddg * np.eye(jets.dim))


def _masked(mask: Callable[[int], Array]) -> Callable[[Jets], Jets]:
    def change(jets: Jets) -> Jets:
        m = mask(jets.dim)
        return replace(jets, g=jets.g * m, dg=jets.dg * m[:, :, None], ddg=jets.ddg * m[:, :, None, None])

    return change


def _of_inverse(jets: Jets) -> Jets:
    x, dx = true_inverse(jets.g, jets.dg)
    ddx = -contraction("ial,abk,bj->ijkl", dx, jets.dg, x) - contraction("ia,abk,bjl->ijkl", x, jets.dg, dx)
    ddx = ddx - contraction("ia,abkl,bj->ijkl", x, jets.ddg, x)
    return replace(jets, g=x, dg=dx, ddg=ddx)


_AXES = (
    ("jki", "derivative-axis-first",
     "The derivatives of the metric are stored with the derivative axis first (∂_k g_ij at [k, i, j]) but read as if it were last.",
     "Move the axis: dg = np.moveaxis(dg, 0, -1), or write the formula for [k, i, j]."),
    ("ikj", "derivative-axis-middle",
     "The derivative axis of ∂_k g_ij sits in the middle of the array and is read as the last one (or the other way round).",
     "Check dg[i, j, k] = ∂_k g_ij on one entry by hand and move the axis."),
)  # fmt: skip


def _prepare_mistakes() -> Iterator[Mistake]:
    for order, name, sentence, remedy in _AXES:
        yield Mistake(name, "prepare", _axes(order), sentence, remedy, CONNECTED)
    yield Mistake(
        "off-diagonal-ignored", "prepare", _masked(lambda n: np.eye(n)),
        "Only the diagonal of the metric enters: the result is right on diagonal metrics only.",
        "Use the full matrix g_ij, its full inverse, and the general formula for Γ.",
            (*CONNECTED, "metric", "inverse_metric", "determinant"),
    )  # fmt: skip
    yield Mistake(
        "upper-triangle-only", "prepare", _masked(lambda n: np.triu(np.ones((n, n)))),
        "Only the upper triangle of the metric is filled; the entries below the diagonal count as 0.",
        "Mirror it: g[j, i] = g[i, j].", (*CONNECTED, "metric", "inverse_metric", "determinant"),
    )  # fmt: skip
    yield Mistake(
        "lower-triangle-only", "prepare", _masked(lambda n: np.tril(np.ones((n, n)))),
        "Only the lower triangle of the metric is filled; the entries above the diagonal count as 0.",
        "Mirror it: g[i, j] = g[j, i].", (*CONNECTED, "metric", "inverse_metric", "determinant"),
    )  # fmt: skip
    yield Mistake(
        "mixed-derivatives-missing", "prepare", _no_mixed,
        "The mixed second derivatives ∂_k∂_l g_ij (k ≠ l) count as 0.",
        "Fill them: (g(++) − g(+−) − g(−+) + g(−−)) / 4h².",
    )  # fmt: skip
    yield Mistake(
        "inverse-metric-for-metric", "prepare", _of_inverse,
        "The inverse metric g^ij was taken for the metric g_ij (a covariance matrix for a Fisher matrix, say).",
        "Invert it first.", (*CONNECTED, "metric", "inverse_metric", "determinant"),
    )  # fmt: skip
    for first, second, what, advice in (
        (2, 4, "Every derivative of the metric is twice too large", "divide the central difference by 2h, not by h"),
        (0.5, 0.25, "Every derivative of the metric is half as large as it should be", "divide the one-sided difference by h, not by 2h"),
        (1, 4, "The second derivatives of the metric are four times too large", "divide by h², or by 4h² with the four corner points"),
        (1, 2, "The second derivatives of the metric are twice too large", "check the denominator of the second difference"),
        (1, 0.5, "The second derivatives of the metric are half as large as they should be",
            "check the denominator of the second difference"),
        (1, 0.25, "The second derivatives of the metric are a quarter of what they should be", "divide by h², not by 4h²"),
        (-1, 1, "The first derivatives of the metric have the wrong sign", "g(x + h) − g(x − h), in this order"),
    ):  # fmt: skip
        name = f"derivatives-scaled-{first:g}-{second:g}"
        quantities = CONNECTED if first != 1 else CURVATURE
        yield Mistake(name, "prepare", _derivatives_scaled(first, second), what + ".", advice[0].upper() + advice[1:] + ".", quantities)


# --- the inverse metric ------------------------------------------------------------------------


def _identity_inverse(g: Array, dg: Array) -> tuple[Array, Array]:
    return np.zeros_like(g) + np.eye(g.shape[-1]), np.zeros_like(dg)


def _reciprocal_entries(g: Array, dg: Array) -> tuple[Array, Array]:
    zero = g == 0
    safe = np.where(zero, 1, g)
    x = np.where(zero, 0, 1 / safe)
    return x, -(x * x)[..., None] * dg


def _diagonal_inverse(g: Array, dg: Array) -> tuple[Array, Array]:
    x = _reciprocal_entries(g, dg)
    eye = np.eye(g.shape[-1])
    return x[0] * eye, x[1] * eye[:, :, None]


def _adjugate(g: Array, dg: Array) -> tuple[Array, Array]:
    x, dx = true_inverse(g, dg)
    det = 1 / np.asarray(Pipeline().run(Jets(x, dx, dx))["determinant"])
    ddet = det[..., None] * contraction("ij,ijk->k", x, dg)
    return x * det[..., None, None], dx * det[..., None, None, None] + contraction("ij,k->ijk", x, ddet)


def _frozen_inverse(g: Array, dg: Array) -> tuple[Array, Array]:
    return inverse(g), np.zeros_like(dg)


def _wrong_sign_inverse(g: Array, dg: Array) -> tuple[Array, Array]:
    x, dx = true_inverse(g, dg)
    return x, -dx


def _invert_mistakes() -> Iterator[Mistake]:
    both = (*CONNECTED[1:], "inverse_metric")
    yield Mistake(
        "inverse-forgotten", "invert", _identity_inverse,
        "The inverse metric is missing everywhere: indices are raised and traced with δ^ij, as if coordinates were orthonormal.",
        "Use g^ij = (g⁻¹)_ij in Γ^i_jk = g^im Γ_{m,jk} and in R = g^ij Ric_ij.", both,
    )  # fmt: skip
    yield Mistake(
        "metric-for-inverse", "invert", lambda g, dg: (g, dg),
        "The metric g_ij stands where its inverse g^ij belongs.", "Invert it: np.linalg.inv(g).", both,
    )  # fmt: skip
    yield Mistake(
        "diagonal-inverse", "invert", _diagonal_inverse,
        "The inverse metric is taken as 1/g_ii on the diagonal: right on diagonal metrics only.",
        "Invert the whole matrix: np.linalg.inv(g).", both,
    )  # fmt: skip
    yield Mistake(
        "entrywise-inverse", "invert", _reciprocal_entries,
        "The inverse metric is taken entry by entry (1/g_ij) instead of as a matrix.",
        "np.linalg.inv(g), not 1 / g or g ** -1.", both,
    )  # fmt: skip
    yield Mistake(
        "determinant-missing-in-inverse", "invert", _adjugate,
        "The inverse metric lacks its 1/det g: it is the adjugate matrix.", "Divide the adjugate by det g.", both,
    )  # fmt: skip
    yield Mistake(
        "inverse-held-constant", "invert", _frozen_inverse,
        "∂Γ is computed with g^ij held constant: the term (∂_k g^im) Γ_{m,jl} is missing.",
        "Differentiate Γ^i_jk as a whole, or add ∂_k g^im = −g^ia g^mb ∂_k g_ab.",
    )  # fmt: skip
    yield Mistake(
        "inverse-derivative-sign", "invert", _wrong_sign_inverse,
        "The derivative of the inverse metric has the wrong sign.", "∂_k g^ij = −g^ia g^jb ∂_k g_ab, with the minus.",
    )  # fmt: skip


# --- the Christoffel symbols -------------------------------------------------------------------

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


def _lower_mistakes() -> Iterator[Mistake]:
    for order, name, sentence, remedy in _AXES:
        # As in `_prepare_mistakes`, in a program whose ∂g⁻¹ does not come from the misread array.
        misread = combination((1, f"{order}->ijk"))
        yield Mistake(name, "lower", lambda dg, misread=misread: true_lower(misread(dg)), sentence, remedy, CONNECTED)
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
                    f"The {which} term of Γ has its indices exchanged: {wrong} stands where {term} belongs.", f"{_FORMULA}.", CONNECTED,
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
            "j does not occur in it.", f"{_FORMULA}. Formula (3.2.15) of Sauter's thesis is printed with slipped indices.", CONNECTED,
        )  # fmt: skip


def _first_kind_slopes(run: Run) -> Array:
    return np.stack([run.pipeline.lower(run.jets.ddg[..., l]) for l in range(run.dim)], axis=-1)


def _raise_mistakes() -> Iterator[Mistake]:
    first_kind = {"christoffel": lambda run: run["christoffel_first"], "christoffel_derivative": _first_kind_slopes}
    yield Mistake(
        "christoffel-not-raised", "formulas", first_kind,
        "Γ_{i,jk} (first kind) is used as Γ^i_jk: the inverse metric is missing in Γ.", "Γ^i_jk = g^im Γ_{m,jk}.", CONNECTED[1:],
    )  # fmt: skip
    yield Mistake(
        "christoffel-wrong-index-raised", "raise_first", product((1, "jm,mik->ijk")),
        "The inverse metric raises the wrong index: Γ^i_jk is returned at [j, i, k].", "Γ^i_jk = g^im Γ_{m,jk}, stored at [i, j, k].",
            CONNECTED[1:],
    )  # fmt: skip
    yield Mistake(
        "christoffel-upper-last", "raise_first", product((1, "km,mij->ijk")),
        "The upper index of Γ is stored last, [j, k, i], and read as the first.", "Store Γ^i_jk at [i, j, k], or permute the axes.",
            CONNECTED[1:],
    )  # fmt: skip
    yield Mistake(
        "christoffel-raised-along-derivative", "raise_first", product((1, "im,jmk->ijk")),
        "The inverse metric is contracted with the second index of Γ_{j,mk} instead of the first.", "Γ^i_jk = g^im Γ_{m,jk}.",
            CONNECTED[1:],
    )  # fmt: skip


# --- the Riemann tensor ------------------------------------------------------------------------


def _curve(linear: Callable[[Array], Array] | None, quadratic: Callable[..., Array] | None) -> Callable[[Array, Array], Array]:
    def curve(gamma: Array, dgamma: Array) -> Array:
        total = 0 * dgamma
        if linear is not None:
            total = total + linear(dgamma)
        if quadratic is not None:
            total = total + quadratic(gamma, gamma)
        return total

    return curve


_RIEMANN = "R^i_jkl = ∂_k Γ^i_jl − ∂_l Γ^i_jk + Γ^i_km Γ^m_jl − Γ^i_lm Γ^m_jk"
_L1, _L2 = "ijlk->ijkl", "ijkl->ijkl"
_Q1, _Q2 = "ikm,mjl->ijkl", "ilm,mjk->ijkl"


def _curve_mistakes() -> Iterator[Mistake]:
    L, Q = combination, product
    table: tuple[tuple[str, Any, Any, str], ...] = (
        ("riemann-quadratic-missing", true_linear, None, "Both ΓΓ terms are missing from the Riemann tensor: right only where ∂g = 0."),
        ("riemann-derivatives-missing", None, true_quadratic, "Both ∂Γ terms are missing from the Riemann tensor."),
        ("riemann-quadratic-sign", true_linear, Q((-1, _Q1), (1, _Q2)),
            "Both ΓΓ terms of the Riemann tensor have the wrong sign: right only where ∂g = 0."),
        ("riemann-first-quadratic-missing", true_linear, Q((-1, _Q2)), "The term + Γ^i_km Γ^m_jl of the Riemann tensor is missing."),
        ("riemann-second-quadratic-missing", true_linear, Q((1, _Q1)), "The term − Γ^i_lm Γ^m_jk of the Riemann tensor is missing."),
        ("riemann-first-quadratic-sign", true_linear, Q((-1, _Q1), (-1, _Q2)),
            "The term Γ^i_km Γ^m_jl of the Riemann tensor has the wrong sign."),
        ("riemann-second-quadratic-sign", true_linear, Q((1, _Q1), (1, _Q2)),
            "The term Γ^i_lm Γ^m_jk of the Riemann tensor has the wrong sign."),
        ("riemann-first-derivative-missing", L((-1, _L2)), true_quadratic, "The term ∂_k Γ^i_jl of the Riemann tensor is missing."),
        ("riemann-second-derivative-missing", L((1, _L1)), true_quadratic, "The term ∂_l Γ^i_jk of the Riemann tensor is missing."),
        ("riemann-first-derivative-sign", L((-1, _L1), (-1, _L2)), true_quadratic,
            "The term ∂_k Γ^i_jl of the Riemann tensor has the wrong sign."),
        ("riemann-second-derivative-sign", L((1, _L1), (1, _L2)), true_quadratic,
            "The term ∂_l Γ^i_jk of the Riemann tensor has the wrong sign."),
        ("riemann-quadratic-halved", true_linear, Q((0.5, _Q1), (-0.5, _Q2)),
            "The ΓΓ terms of the Riemann tensor carry a factor ½ too much."),
        ("riemann-quadratic-doubled", true_linear, Q((2, _Q1), (-2, _Q2)), "The ΓΓ terms of the Riemann tensor count twice."),
        ("riemann-derivatives-doubled", L((2, _L1), (-2, _L2)), true_quadratic,
            "The ∂Γ terms of the Riemann tensor are twice too large (a difference quotient divided by h instead of 2h?)."),
        ("riemann-derivatives-halved", L((0.5, _L1), (-0.5, _L2)), true_quadratic,
            "The ∂Γ terms of the Riemann tensor are half as large as they should be (a one-sided difference divided by 2h?)."),
        ("riemann-first-derivative-indices", L((1, "iklj->ijkl"), (-1, _L2)), true_quadratic,
            "The first ∂Γ term has j and k exchanged: ∂_j Γ^i_kl stands where ∂_k Γ^i_jl belongs."),
        ("riemann-second-derivative-indices", L((1, _L1), (-1, "iklj->ijkl")), true_quadratic,
            "The second ∂Γ term has its indices exchanged: ∂_j Γ^i_kl stands where ∂_l Γ^i_jk belongs."),
        ("riemann-first-quadratic-indices", true_linear, Q((1, "ijm,mkl->ijkl"), (-1, _Q2)),
            "The first ΓΓ term has j and k exchanged: Γ^i_jm Γ^m_kl stands where Γ^i_km Γ^m_jl belongs."),
        ("riemann-second-quadratic-indices", true_linear, Q((1, _Q1), (-1, "ijm,mkl->ijkl")),
            "The second ΓΓ term has its indices exchanged: Γ^i_jm Γ^m_kl stands where Γ^i_lm Γ^m_jk belongs."),
        ("riemann-quadratic-not-contracted", true_linear, Q((1, "ikm,jml->ijkl"), (-1, "ilm,jmk->ijkl")),
            "The ΓΓ terms sum over two lower indices, Γ^i_km Γ^j_ml, instead of an upper and a lower one."),
        ("riemann-derivative-axis", L((1, "iklj->ijkl"), (-1, "iljk->ijkl")), true_quadratic,
            "The derivative axis of ∂Γ is read in the wrong place ([i, k, l, j] for [i, j, l, k])."),
        ("riemann-derivative-axis-first", L((1, "jlki->ijkl"), (-1, "jkli->ijkl")), true_quadratic,
            "The derivative axis of ∂Γ is stored first and read as the last one."),
    )  # fmt: skip
    for name, linear, quadratic, sentence in table:
        yield Mistake(name, "curve", _curve(linear, quadratic), sentence, f"{_RIEMANN}.")


# --- Ricci and the scalar ----------------------------------------------------------------------


def _contract_mistakes() -> Iterator[Mistake]:
    ricci = ("ricci", "ricci_scalar", "einstein", "weyl", "gaussian_curvature")
    table: tuple[tuple[str, Any, str], ...] = (
        ("ricci-last-slot", lambda r, x, g: contraction("ijki->jk", r),
            "The upper index is contracted with the last slot, Ric_jk = R^i_jki: the sign changes."),
        ("ricci-first-slot", lambda r, x, g: contraction("iikl->kl", r),
            "The upper index is contracted with the first lower slot, R^i_ikl: this is identically zero."),
        ("ricci-summed-independently", lambda r, x, g: contraction("nimj->ij", r),
            "The two contracted indices of R^n_imj are summed independently (two names, n and m, instead of one)."),
        ("ricci-lower-slots-12", lambda r, x, g: contraction("jiil->jl", r),
            "The contraction takes two lower slots (1, 2) and no inverse metric."),
        ("ricci-lower-slots-13", lambda r, x, g: contraction("jili->jl", r),
            "The contraction takes two lower slots (1, 3) and no inverse metric."),
        ("ricci-lowered-without-metric", lambda r, x, g: contraction("im,mjil->jl", g, r),
            "R_ijil is contracted with all indices down and without the inverse metric."),
        ("ricci-diagonal-only", lambda r, x, g: contraction("ijil->jl", r) * np.eye(g.shape[-1]),
            "Only the diagonal entries of the Ricci tensor are computed: right on metrics whose Ricci tensor is diagonal."),
    )  # fmt: skip
    for name, change, sentence in table:
        yield Mistake(name, "contract", change, sentence, "Ric_jl = R^i_jil: contract the upper index with the third slot.", ricci)


def _two_dimensional(scale: float) -> Callable[..., Array]:
    def trace(ricci: Array, ginv: Array, riemann: Array, g: Array) -> Array:
        lowered = contraction("im,mjkl->ijkl", g, riemann)[..., 0, 1, 0, 1]
        det = g[..., 0, 0] * g[..., 1, 1] - g[..., 0, 1] * g[..., 1, 0]
        return scale * lowered / det

    return trace


def _trace_mistakes() -> Iterator[Mistake]:
    scalar = ("ricci_scalar", "einstein", "gaussian_curvature")
    table: tuple[tuple[str, Any, str, str], ...] = (
        ("scalar-without-inverse", lambda r, x, R, g: contraction("jj->", r),
            "R is the plain trace Σ Ric_jj: the inverse metric is missing in the last contraction.", "R = g^jl Ric_jl."),
        ("scalar-with-metric", lambda r, x, R, g: contraction("jl,jl->", g, r), "R is contracted with g_jl instead of g^jl.",
            "R = g^jl Ric_jl."),
        ("scalar-diagonal-only", lambda r, x, R, g: contraction("jj,jj->", x, r),
            "R sums only the diagonal, Σ g^jj Ric_jj: right on diagonal metrics only.", "Sum over both indices: R = Σ_jl g^jl Ric_jl."),
        ("scalar-sum-of-entries", lambda r, x, R, g: contraction("jl->", r), "R is the sum of all entries of the Ricci tensor.",
            "R = g^jl Ric_jl."),
        ("scalar-reciprocal-diagonal", lambda r, x, R, g: contraction("jj,jj->", np.asarray(1) / np.where(g == 0, 1, g), r),
            "R is Σ Ric_jj / g_jj: right on diagonal metrics only.", "Use the inverse matrix: R = g^jl Ric_jl."),
        ("scalar-two-dimensional", _two_dimensional(2),
            "R = 2 R_0101 / (g_00 g_11 − g_01²) is the formula for two dimensions; it is used in every dimension.",
            "R = g^ik g^jl R_ijkl."),
        ("gaussian-two-dimensional", _two_dimensional(1),
            "R_0101 / (g_00 g_11 − g_01²) is one sectional curvature (K), not the scalar R.",
            "R = g^ik g^jl R_ijkl; R = 2K in two dimensions."),
    )  # fmt: skip
    for name, change, sentence, remedy in table:
        yield Mistake(name, "trace", change, sentence, remedy, scalar)


# --- the Laplacian -----------------------------------------------------------------------------


def _laplace_variant(first: float, log_density: float, inverse_slope: float) -> Callable[[Array, Array, Jets], Array]:
    """first · g^ij ∂_ij f + (log_density · ∂_i log|g| g^ij + inverse_slope · ∂_i g^ij) ∂_j f."""

    def laplace(ginv: Array, gamma: Array, jets: Jets) -> Array:
        x, dx = true_inverse(jets.g, jets.dg)
        slope = contraction("ij,ijk->k", x, jets.dg)
        total = first * contraction("ij,ij->", ginv, jets.ddf)
        total = total + log_density * contraction("i,ij,j->", slope, ginv, jets.df)
        return total + inverse_slope * contraction("iji,j->", dx, jets.df)

    return laplace


def _laplace_mistakes() -> Iterator[Mistake]:
    table: tuple[tuple[str, Any, str], ...] = (
        ("laplacian-without-connection", _laplace_variant(1, 0, 0), "Δf = g^ij ∂_i∂_j f lacks the term − g^ij Γ^k_ij ∂_k f."),
        ("laplacian-density-missing", _laplace_variant(1, 0, 1), "Δf = ∂_i(g^ij ∂_j f) lacks the volume density √|g|."),
        ("laplacian-determinant-for-root", _laplace_variant(1, 1, 1), "The volume density is taken as |g| instead of √|g|."),
        ("laplacian-inverse-held-constant", _laplace_variant(1, 0.5, 0),
            "∂_i g^ij is missing: the inverse metric is held constant under the divergence."),
        ("laplacian-connection-sign", lambda x, c, j: 2 * contraction("ij,ij->", x, j.ddf) - _laplace_variant(1, 0.5, 1)(x, c, j),
            "The term g^ij Γ^k_ij ∂_k f has the wrong sign."),
        ("laplacian-flat", lambda x, c, j: contraction("ii->", j.ddf), "Δf = Σ ∂_i∂_i f is the Laplacian of Cartesian coordinates."),
        ("laplacian-connection-not-traced", lambda x, c, j: contraction("ij,ij->", x, j.ddf) - contraction("kii,k->", c, j.df),
            "The connection term sums Γ^k_ii without the inverse metric."),
        ("laplacian-divergence-of-plain-gradient", lambda x, c, j: contraction("ii->", j.ddf) + contraction("iij,j->", c, j.df),
            "The divergence is taken of ∂_i f instead of g^ij ∂_j f."),
    )  # fmt: skip
    for name, change, sentence in table:
        yield Mistake(name, "laplace", change, sentence, "Δf = (1/√|g|) ∂_i(√|g| g^ij ∂_j f) = g^ij ∂_i∂_j f − g^ij Γ^k_ij ∂_k f.",
            ("laplacian",))


@cache
def formula_mistakes() -> tuple[Mistake, ...]:
    """Every mistake that replaces a formula between the metric and its curvature."""
    groups = (
        _laplace_mistakes, _lower_mistakes, _raise_mistakes, _curve_mistakes, _trace_mistakes, _contract_mistakes,
        _invert_mistakes, _prepare_mistakes,
    )  # fmt: skip
    return tuple(m for group in groups for m in group())
