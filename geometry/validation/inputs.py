"""Mistakes in what goes into the formulas: the metric's derivatives, its blocks, its symmetry, what is added to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import permutations
from typing import Any

import numpy as np

from .mistake import Mistake
from .pipeline import Array, Jets, Pipeline, Sum, contraction, true_inverse

__all__ = ["AXES", "FAMILIES", "Family", "prepare_mistakes"]

#: The order in which the axes of ∂_k g_ij are read -> name, sentence, remedy.
AXES = {
    "jki": ("derivative-axis-first", "The derivatives of the metric are stored with the derivative axis first (∂_k "
            "g_ij at [k, i, j]) but read as if it were last.",
            "Move the axis: dg = np.moveaxis(dg, 0, -1), or write the formula for [k, i, j]."),
    "ikj": ("derivative-axis-last", "The derivatives of the metric are stored with the derivative axis last (as jacfwd "
            "and jacrev do) but read as if it were first (or it sits in the middle and is read as last).",
            "Check one entry of ∂_k g_ij by hand and move the axis: dg = np.moveaxis(dg, -1, 0), or write the formula "
            "for [i, j, k]."),
}  # fmt: skip


def _axes(order: str) -> Callable[[Jets], Jets]:
    return lambda jets: replace(
        jets, dg=contraction(f"{order}->ijk", jets.dg), ddg=contraction(f"{order}l->ijkl", jets.ddg)
    )


def _derivatives(first: float, second: float) -> Callable[[Jets], Jets]:
    return lambda jets: replace(jets, dg=jets.dg * first, ddg=jets.ddg * second)


def _second(mixed: float, pure: float) -> Callable[[Jets], Jets]:
    return lambda jets: replace(jets, ddg=jets.ddg * (mixed + (pure - mixed) * np.eye(jets.dim)))


def _along(weight: Callable[[int], Array]) -> Callable[[Jets], Jets]:
    """Derivatives along some coordinates with another factor."""

    def change(jets: Jets) -> Jets:
        w = weight(jets.dim)
        return replace(jets, dg=jets.dg * w, ddg=jets.ddg * w[:, None] * w)

    return change


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


def _derivatives_of_inverse(jets: Jets) -> Jets:
    inverted = _of_inverse(jets)
    return replace(jets, dg=inverted.dg, ddg=inverted.ddg)


def _axis(n: int, at: int) -> Array:
    e = np.zeros(n)
    e[at] = 1.0
    return e


def _factor(block: Callable[[int], Array], factor: float) -> Callable[[int], Array]:
    return lambda n: 1 + (factor - 1) * block(n)


#: Parts of a matrix by name; each can be lost, doubled, halved, or have its sign flipped.
BLOCKS: dict[str, tuple[str, Callable[[int], Array]]] = {
    "off-diagonal": ("The off-diagonal entries of the metric", lambda n: 1 - np.eye(n)),
    "diagonal": ("The diagonal entries of the metric", lambda n: np.eye(n)),
    "first-row": ("The off-diagonal entries of the first row and column",
                  lambda n: (1 - np.eye(n)) * (_axis(n, 0)[:, None] + _axis(n, 0)).clip(max=1)),
    "last-row": ("The off-diagonal entries of the last row and column",
                 lambda n: (1 - np.eye(n)) * (_axis(n, -1)[:, None] + _axis(n, -1)).clip(max=1)),
    "first-entry": ("The first entry g_00", lambda n: np.outer(_axis(n, 0), _axis(n, 0))),
    "last-entry": ("The last diagonal entry of the metric", lambda n: np.outer(_axis(n, -1), _axis(n, -1))),
    "first-off-diagonal": ("The entry g_01 (and g_10)",
        lambda n: np.outer(_axis(n, 0), _axis(n, min(1, n - 1))) + np.outer(_axis(n, min(1, n - 1)), _axis(n, 0))),
}  # fmt: skip
_FACTORS = {0.0: ("ignored", "count as 0"), 2.0: ("doubled", "count twice"), 0.5: ("halved", "are halved"),
            -1.0: ("sign", "have the opposite sign")}  # fmt: skip
_TRIANGLES = (("upper", "below", np.triu, "g[j, i] = g[i, j]"),
              ("lower", "above", np.tril, "g[i, j] = g[j, i]"))  # fmt: skip


@cache
def prepare_mistakes() -> tuple[Mistake, ...]:
    """Everything that can happen to the jets of the metric before the first formula."""
    return tuple(_prepare())


def _prepare() -> Iterator[Mistake]:
    yield from _block_mistakes()
    for order in map("".join, permutations("ijk")):
        if order not in ("ijk", "jik"):
            name, sentence, remedy = AXES.get(order, (
                f"derivative-axes-{order}", f"The axes of ∂_k g_ij are read in the order [{', '.join(order)}].",
                "Check one entry of ∂_k g_ij by hand."))  # fmt: skip
            yield Mistake(name, "prepare", {"prepare": _axes(order)}, sentence, remedy, weight=1.3)
    yield from _derivative_mistakes()
    yield Mistake(
        "inverse-metric-for-metric", "prepare", {"prepare": _of_inverse},
        "The inverse metric g^ij was taken for the metric g_ij (a covariance matrix for a Fisher matrix, say).",
        "Invert it first.", weight=1.1,
    )  # fmt: skip
    yield Mistake(
        "derivative-of-inverse-for-metric", "prepare", {"prepare": _derivatives_of_inverse},
        "The derivatives of the inverse metric, ∂_k g^ij, stand where those of the metric, ∂_k g_ij, belong.",
        "Differentiate g_ij.", weight=1.1,
    )  # fmt: skip


def _block_mistakes() -> Iterator[Mistake]:
    for block, (what, mask) in BLOCKS.items():
        for factor, (slug, does) in _FACTORS.items():
            if block == "diagonal" and factor == 0:
                continue
            name, sentence = f"{block}-{slug}", f"{what} {does}."
            remedy = "Use every entry g_ij once, as it is."
            if name == "off-diagonal-ignored":
                sentence = "Only the diagonal of the metric enters: the result is right on diagonal metrics only."
                remedy = "Use the full matrix g_ij, its full inverse, and the general formula for Γ."
            single = block not in ("off-diagonal", "diagonal")
            if single:
                sentence = sentence.replace("count", "counts").replace("have", "has").replace(" are ", " is ") \
                    if "entry" in what else sentence  # fmt: skip
            yield Mistake(name, "prepare", {"prepare": _masked(_factor(mask, factor))}, sentence, remedy,
                          weight=1.4 if single else 1.0)  # fmt: skip
    for kept, where, half, fix in _TRIANGLES:
        yield Mistake(
            f"{kept}-triangle-only", "prepare", {"prepare": _masked(lambda n, half=half: half(np.ones((n, n))))},  # type: ignore[misc]
            f"Only the {kept} triangle of the metric is filled; the entries {where} the diagonal count as 0.",
            f"Mirror it: {fix}.",
        )  # fmt: skip


def _derivative_mistakes() -> Iterator[Mistake]:
    yield Mistake(
        "mixed-derivatives-missing", "prepare", {"prepare": _second(0.0, 1.0)},
        "The mixed second derivatives ∂_k∂_l g_ij (k ≠ l) count as 0.",
        "Fill them: (g(++) − g(+−) − g(−+) + g(−−)) / 4h².",
    )  # fmt: skip
    yield Mistake(
        "pure-second-derivatives-missing", "prepare", {"prepare": _second(1.0, 0.0)},
        "The second derivatives ∂_k² g_ij count as 0.", "Fill them: (g(+) − 2g + g(−)) / h².",
    )  # fmt: skip
    for factor, what, why in ((4, "four times", "divided by h²"), (2, "twice", "divided by 2h²"),
                              (0.5, "half of", "divided by 8h²"), (0.25, "a quarter of", "divided by 16h²"),
                              (-1, "minus", "a sign in the corners")):  # fmt: skip
        yield Mistake(
            f"mixed-derivatives-scaled-{factor:g}", "prepare", {"prepare": _second(factor, 1.0)},
            f"The mixed second derivatives ∂_k∂_l g_ij (k ≠ l) are {what} what they should be ({why} instead of 4h²?).",
            "(g(++) − g(+−) − g(−+) + g(−−)) / 4h².",
        )  # fmt: skip
        yield Mistake(
            f"pure-second-derivatives-scaled-{factor:g}", "prepare", {"prepare": _second(1.0, factor)},
            f"The second derivatives ∂_k² g_ij are {what} what they should be, the mixed ones are right.",
            "(g(+) − 2g + g(−)) / h².",
        )  # fmt: skip
    words = {
        (2, 4): ("Every derivative of the metric is twice too large", "divide the central difference by 2h, not by h"),
        (0.5, 0.25): ("Every derivative of the metric is half as large as it should be",
                      "divide the one-sided difference by h, not by 2h"),
        (1, 4): ("The second derivatives of the metric are four times too large",
                 "divide by h², or by 4h² with the four corner points"),
        (1, 2): ("The second derivatives of the metric are twice too large",
                 "check the denominator of the second difference"),
        (1, 0.5): ("The second derivatives of the metric are half as large as they should be",
                   "check the denominator of the second difference"),
        (1, 0.25): ("The second derivatives of the metric are a quarter of what they should be",
                    "divide by h², not by 4h²"),
        (1, 0): ("The second derivatives of the metric are missing", "add the terms with ∂_k∂_l g_ij"),
        (1, -1): ("The second derivatives of the metric have the wrong sign",
                  "check the sign of the second difference"),
        (-1, 1): ("The first derivatives of the metric have the wrong sign", "g(x + h) − g(x − h), in this order"),
        (2, 1): ("The first derivatives of the metric are twice too large", "divide the central difference by 2h"),
        (0.5, 1): ("The first derivatives of the metric are half as large as they should be",
                   "divide the central difference by 2h"),
    }  # fmt: skip
    for (first, second), (what, advice) in words.items():
        yield Mistake(
            f"derivatives-scaled-{first:g}-{second:g}", "prepare", {"prepare": _derivatives(first, second)},
            what + ".", advice[0].upper() + advice[1:] + ".",
        )  # fmt: skip
    for at, word, example in ((0, "first", "static metrics, if it is the time"),
                              (-1, "last", "axisymmetric metrics, if it is the angle")):  # fmt: skip
        yield Mistake(
            f"derivative-along-{word}-missing", "prepare", {"prepare": _along(lambda n, at=at: 1 - _axis(n, at))},  # type: ignore[misc]
            f"Derivatives along the {word} coordinate count as 0: right on metrics that do not depend on it "
            f"({example}).",
            "Differentiate along every coordinate.",
        )  # fmt: skip
        yield Mistake(
            f"derivative-along-{word}-sign", "prepare", {"prepare": _along(lambda n, at=at: 1 - 2 * _axis(n, at))},  # type: ignore[misc]
            f"Derivatives along the {word} coordinate have the wrong sign.", "g(x + h) − g(x − h), in this order.",
            weight=1.3,
        )  # fmt: skip
        yield Mistake(
            f"derivative-along-{word}-only", "prepare", {"prepare": _along(lambda n, at=at: _axis(n, at))},  # type: ignore[misc]
            f"Only derivatives along the {word} coordinate are taken: right on metrics that depend on it alone.",
            "Differentiate along every coordinate.",
        )  # fmt: skip


# --- mistakes with a number in them, which is found ------------------------------------------------


@dataclass(frozen=True)
class Family:
    """A mistake with a number ε in it: ``change(ε)`` is what stands at the stage or place; it is small, or ``scales``
    something.
    """

    name: str
    stage: str
    change: Callable[[float], Any]
    sentence: str
    remedy: str
    scales: bool = False

    def member(self, epsilon: float) -> Mistake:
        change = self.change(epsilon)
        field = self.stage in ("prepare", "invert", "lower")
        changes = {self.stage: change} if field else {"places": {self.stage: change}}
        return Mistake(self.name, self.stage, changes,
                       self.sentence.format(epsilon=f"{epsilon:.3g}"), self.remedy)  # fmt: skip


def _ridge(epsilon: float) -> Callable[[Jets], Jets]:
    return lambda jets: replace(jets, g=jets.g + epsilon * np.eye(jets.dim))


def _relative_ridge(epsilon: float) -> Callable[[Jets], Jets]:
    def change(jets: Jets) -> Jets:
        eye = np.eye(jets.dim)
        mean = [contraction(f"ii{z}->{z}", a)[(..., *([None] * 2), *([slice(None)] * len(z)))] / jets.dim
                for a, z in ((jets.g, ""), (jets.dg, "k"), (jets.ddg, "kl"))]  # fmt: skip
        return replace(jets, g=jets.g + epsilon * mean[0] * eye, dg=jets.dg + epsilon * mean[1] * eye[:, :, None],
                       ddg=jets.ddg + epsilon * mean[2] * eye[:, :, None, None])  # fmt: skip

    return change


def _ridge_in_inverse(epsilon: float) -> Callable[[Array, Array], tuple[Array, Array]]:
    return lambda g, dg: true_inverse(g + epsilon * np.eye(g.shape[-1]), dg)


def _ridge_on_inverse(epsilon: float) -> Callable[[Array, Array], tuple[Array, Array]]:
    def invert(g: Array, dg: Array) -> tuple[Array, Array]:
        x, dx = true_inverse(g, dg)
        return x + epsilon * np.eye(g.shape[-1]), dx

    return invert


def _spectral(of: Callable[[Array], tuple[Array, Array]]) -> Callable[[Array, Array], tuple[Array, Array]]:
    """f(g) by its eigenvalues w, with ``of(w)`` = (f, f′), and its derivative: that of f between two eigenvalues is the
    difference quotient (Daleckii and Krein, 1965).
    """

    def invert(g: Array, dg: Array) -> tuple[Array, Array]:
        with np.errstate(all="ignore"):
            w, v = np.linalg.eigh(np.asarray(g, dtype=float))
            f, slope = of(w)
            gap = w[..., :, None] - w[..., None, :]
            apart = np.abs(gap) > 1e-9 * np.max(np.abs(w), axis=-1)[..., None, None]
            quotient = (f[..., :, None] - f[..., None, :]) / np.where(apart, gap, 1)
            quotient = np.where(apart, quotient, slope[..., :, None])
            inner = contraction("ai,abk,bj->ijk", v, np.asarray(dg, dtype=float), v) * quotient[..., None]
            return contraction("ik,k,jk->ij", v, f, v), contraction("ai,ijk,bj->abk", v, inner, v)

    return invert


def _clipped(floor: float) -> Callable[[Array, Array], tuple[Array, Array]]:
    """The eigenvalues below a floor are lifted to it, as safe inverses do."""
    return _spectral(lambda w: (1 / np.maximum(w, floor), np.where(w > floor, -1 / w**2, 0)))


def _truncated(cutoff: float) -> Callable[[Array, Array], tuple[Array, Array]]:
    """The pseudo-inverse: eigenvalues below a part of the largest one count as none."""

    def of(w: Array) -> tuple[Array, Array]:
        kept = np.abs(w) > cutoff * np.max(np.abs(w), axis=-1, keepdims=True)
        f = np.where(kept, 1 / np.where(kept, w, 1), 0)
        return f, -f * f

    return _spectral(of)


FAMILIES = (
    Family("ridge-on-metric", "prepare", _ridge, "{epsilon} δ_ij is added to the metric (a ridge).",
           "Leave the ridge out: the curvature of g + εI is another one."),
    Family("ridge-in-inverse", "invert", _ridge_in_inverse, "(g + εI)⁻¹ with ε = {epsilon} is taken for the inverse "
           "metric (a ridge).", "Invert g itself."),
    Family("ridge-on-inverse", "invert", _ridge_on_inverse, "{epsilon} δ^ij is added to the inverse metric.",
           "Leave the ridge out."),
    Family("relative-ridge", "prepare", _relative_ridge, "{epsilon} times the mean of the diagonal is added to the "
           "metric's diagonal.", "Leave the ridge out."),
    Family("clipped-eigenvalues", "invert", _clipped, "Eigenvalues of the metric below {epsilon} are lifted to it "
           "before inverting.", "Invert g itself; a small eigenvalue is part of the geometry."),
    Family("pseudo-inverse-cutoff", "invert", _truncated, "The pseudo-inverse drops eigenvalues below {epsilon} of the "
           "largest one.", "Use the inverse, or a cut-off near machine precision."),
    Family("pseudo-inverse-cutoff-in-trace", "trace", _truncated, "In the last contraction the pseudo-inverse drops "
           "eigenvalues below {epsilon} of the largest one.", "Use the inverse, or a cut-off near machine precision."),
    Family("ridge-in-trace", "trace", _ridge_in_inverse, "In the last contraction (g + εI)⁻¹ with ε = {epsilon} is "
           "taken for the inverse metric (a ridge).", "Invert g itself."),
    Family("christoffel-scaled", "lower", lambda a: Sum(*((a * c, t) for c, t in Pipeline().lower.terms)), "Γ is "
           "{epsilon} times what it should be.", "Check the factor ½ and the denominator of the difference quotient.",
           True),
    Family("derivatives-scaled", "prepare", lambda a: _derivatives(a, a * a), "Every derivative of the metric is "
           "{epsilon} times what it should be.", "Check the denominator of the difference quotient, or the stencil's "
           "weights.", True),
    Family("first-derivatives-scaled", "prepare", lambda a: _derivatives(a, 1.0), "The first derivatives of the metric "
           "are {epsilon} times what they should be.", "Check the weights of the stencil: they times the offsets sum "
           "to 1.", True),
    Family("second-derivatives-scaled", "prepare", lambda a: _derivatives(1.0, a), "The second derivatives of the "
           "metric are {epsilon} times what they should be.", "Check the weights of the stencil.", True),
    Family("mixed-derivatives-scaled", "prepare", lambda a: _second(a, 1.0), "The mixed second derivatives of the "
           "metric are {epsilon} times what they should be.", "(g(++) − g(+−) − g(−+) + g(−−)) / 4h².", True),
    Family("pure-derivatives-scaled", "prepare", lambda a: _second(1.0, a), "The second derivatives ∂_k² g_ij are "
           "{epsilon} times what they should be.", "(g(+) − 2g + g(−)) / h².", True),
)  # fmt: skip
