"""Mistakes in what goes into the formulas: the derivatives of the metric, its symmetry, its inverse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from .mistake import CONNECTED, CURVATURE, Mistake
from .pipeline import Jets, Pipeline, combination, contraction, inverse, true_inverse, true_lower

__all__ = ["invert_mistakes", "misread_axes", "prepare_mistakes"]

Array = Any

# --- the metric's derivatives ------------------------------------------------------------------


def _axes(order: str) -> Callable[[Jets], Jets]:
    first, second = combination((1, f"{order}->ijk")), combination((1, f"{order}l->ijkl"))
    return lambda jets: replace(jets, dg=first(jets.dg), ddg=second(jets.ddg))


def _derivatives_scaled(first: float, second: float) -> Callable[[Jets], Jets]:
    return lambda jets: replace(jets, dg=jets.dg * first, ddg=jets.ddg * second)


def _mixed(factor: float) -> Callable[[Jets], Jets]:
    return lambda jets: replace(jets, ddg=jets.ddg * (factor + (1 - factor) * np.eye(jets.dim)))


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
     "The derivatives of the metric are stored with the derivative axis first (∂_k g_ij at [k, i, j]) but read as if "
     "it were last.",
     "Move the axis: dg = np.moveaxis(dg, 0, -1), or write the formula for [k, i, j]."),
    ("ikj", "derivative-axis-last",
     "The derivatives of the metric are stored with the derivative axis last (as jacfwd and jacrev do) but read as if "
     "it were first (or it sits in the middle and is read as last).",
     "Check one entry of ∂_k g_ij by hand and move the axis: dg = np.moveaxis(dg, -1, 0), or write the formula for [i, "
     "j, k]."),
)  # fmt: skip


def misread_axes() -> Iterator[Mistake]:
    for order, name, sentence, remedy in _AXES:
        # As in `prepare_mistakes`, in a program whose ∂g⁻¹ does not come from the misread array.
        misread = combination((1, f"{order}->ijk"))
        yield Mistake(name, "lower", lambda dg, misread=misread: true_lower(misread(dg)), sentence, remedy, CONNECTED)


def prepare_mistakes() -> Iterator[Mistake]:
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
        "mixed-derivatives-missing", "prepare", _mixed(0.0),
        "The mixed second derivatives ∂_k∂_l g_ij (k ≠ l) count as 0.",
        "Fill them: (g(++) − g(+−) − g(−+) + g(−−)) / 4h².",
    )  # fmt: skip
    for factor, what, why in ((4, "four times", "divided by h²"), (2, "twice", "divided by 2h²"),
        (0.5, "half of", "divided by 8h²"),
                              (0.25, "a quarter of", "divided by 16h²")):  # fmt: skip
        yield Mistake(
            f"mixed-derivatives-scaled-{factor:g}", "prepare", _mixed(factor),
            f"The mixed second derivatives ∂_k∂_l g_ij (k ≠ l) are {what} what they should be ({why} instead of 4h²?).",
            "(g(++) − g(+−) − g(−+) + g(−−)) / 4h².",
        )  # fmt: skip
    yield Mistake(
        "inverse-metric-for-metric", "prepare", _of_inverse,
        "The inverse metric g^ij was taken for the metric g_ij (a covariance matrix for a Fisher matrix, say).",
        "Invert it first.", (*CONNECTED, "metric", "inverse_metric", "determinant"),
    )  # fmt: skip
    for first, second, what, advice in (
        (2, 4, "Every derivative of the metric is twice too large", "divide the central difference by 2h, not by h"),
        (0.5, 0.25, "Every derivative of the metric is half as large as it should be",
            "divide the one-sided difference by h, not by 2h"),
        (1, 4, "The second derivatives of the metric are four times too large",
            "divide by h², or by 4h² with the four corner points"),
        (1, 2, "The second derivatives of the metric are twice too large",
            "check the denominator of the second difference"),
        (1, 0.5, "The second derivatives of the metric are half as large as they should be",
            "check the denominator of the second difference"),
        (1, 0.25, "The second derivatives of the metric are a quarter of what they should be",
            "divide by h², not by 4h²"),
        (-1, 1, "The first derivatives of the metric have the wrong sign", "g(x + h) − g(x − h), in this order"),
    ):  # fmt: skip
        name = f"derivatives-scaled-{first:g}-{second:g}"
        quantities = CONNECTED if first != 1 else CURVATURE
        yield Mistake(
            name,
            "prepare",
            _derivatives_scaled(first, second),
            what + ".",
            advice[0].upper() + advice[1:] + ".",
            quantities,
        )


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


def invert_mistakes() -> Iterator[Mistake]:
    both = (*CONNECTED[1:], "inverse_metric")
    yield Mistake(
        "inverse-forgotten", "invert", _identity_inverse,
        "The inverse metric is missing everywhere: indices are raised and traced with δ^ij, as if coordinates were "
        "orthonormal.",
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
