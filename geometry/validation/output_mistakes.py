"""Mistakes in what is returned: factors, signs, the order of indices, one quantity for another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import permutations
from typing import Any

import numpy as np

from .mistake import Mistake
from .pipeline import QUANTITIES, Run, contraction

__all__ = ["output_mistakes", "scale_mistakes"]

Array = Any

ALL = tuple(QUANTITIES)


def _times(factor: Callable[[int], float]) -> Callable[[Array, int], Array]:
    return lambda output, n: output * factor(n)


def _constant(value: float) -> Callable[[int], float]:
    return lambda n: value


@cache
def scale_mistakes(quantity: str, statistical: bool = False) -> tuple[Mistake, ...]:
    """Factors that depend on the dimension alone, the likely ones first."""
    scalar = quantity in ("ricci_scalar", "gaussian_curvature")
    known: list[tuple[str, Callable[[int], float], str, str]] = []
    if scalar and statistical:
        known.append((
            "ruppeiner-sign", lambda n: -1.0,
            "The scalar curvature has the opposite sign: Ruppeiner's convention of thermodynamic geometry (and "
            "Weinberg's), in which the unit sphere has R = −2.",
            "Negate it, or declare convention=\"weinberg\".",
        ))  # fmt: skip
    known.append((
        "overall-sign", lambda n: -1.0,
        "The overall sign is opposite"
        + (" (Weinberg's and Ruppeiner's sign convention: the unit sphere has R = −2)." if scalar else "."),
        "Negate it, or declare convention=\"weinberg\" if that is what you mean.",
    ))  # fmt: skip
    if quantity == "ricci_scalar":
        known += [
            ("gaussian-for-scalar", lambda n: 0.5,
                "The result is R/2: in two dimensions the Gaussian curvature K instead of R = 2K.",
             "Multiply by 2, or ask for quantity=\"gaussian_curvature\"."),
            ("normalised-scalar", lambda n: 1 / (n * (n - 1)),
                "The result is R/(n(n−1)), the normalised scalar curvature (mean sectional curvature).",
             "Multiply by n(n−1)."),
            ("sectional-sum", lambda n: n * (n - 1.0), "The result is n(n−1) times too large.", "Divide by n(n−1)."),
            ("mean-ricci", lambda n: 1 / n, "The result is R/n, the mean Ricci curvature.", "Multiply by n."),
            ("divided-by-n-minus-1", lambda n: 1 / (n - 1), "The result is R/(n−1).", "Multiply by n − 1."),
            ("scalar-times-n", lambda n: float(n), "The result is n times too large.", "Divide by n."),
            ("einstein-trace", lambda n: 1 - n / 2, "The result is the trace of the Einstein tensor, R (1 − n/2).",
                "Trace the Ricci tensor."),
        ]  # fmt: skip
    elif quantity == "gaussian_curvature":
        known.append(("scalar-for-gaussian", lambda n: 2.0, "The result is R = 2K instead of K.", "Divide by 2."))
    for value, text in ((2, "twice"), (0.5, "half of"), (4, "four times"), (0.25, "a quarter of")):
        known.append(
            (f"factor-{value:g}", _constant(value), f"The result is {text} what it should be.", f"Divide by {value:g}.")
        )
        if quantity != "metric":
            known.append((f"factor-minus-{value:g}", _constant(-value),
                f"The result is {text} what it should be, with the opposite sign.",
                          f"Divide by −{value:g}."))  # fmt: skip
    return tuple(
        Mistake(name, "output", _times(factor), sentence, remedy, (quantity,))
        for name, factor, sentence, remedy in known
    )


def _permuted(order: tuple[int, ...], sign: float) -> Callable[[Array, int], Array]:
    rank = len(order)

    def change(output: Array, n: int) -> Array:
        lead = output.ndim - rank
        return sign * np.transpose(output, (*range(lead), *(lead + k for k in order)))

    return change


_SWAPS: dict[tuple[int, ...], str] = {
    (0, 1, 3, 2): "the last two indices are exchanged (k ↔ l)",
    (1, 0, 2, 3): "the first two indices are exchanged (i ↔ j)",
    (2, 3, 0, 1): "the two index pairs are exchanged",
    (0, 2, 1, 3): "the middle indices are exchanged (j ↔ k)",
    (0, 3, 2, 1): "the indices j and l are exchanged",
    (3, 1, 2, 0): "the first and the last index are exchanged",
    (2, 1, 0, 3): "the indices i and k are exchanged",
    (0, 2, 3, 1): "the array is indexed [i, k, l, j]",
    (0, 3, 1, 2): "the array is indexed [i, l, j, k]",
    (3, 2, 1, 0): "all four indices are in the reverse order",
    (1, 0, 3, 2): "the indices of both pairs are exchanged (i ↔ j, k ↔ l)",
}


def _permutation_mistakes() -> Iterator[Mistake]:
    letters = "ijkl"
    moved = {p: sum(a != b for a, b in zip(p, range(4))) for p in permutations(range(4))}
    # The fewest axes moved first; of those, what needs no sign, then what has a name of its own.
    table = sorted(((p, sign) for p in moved if moved[p] for sign in (1.0, -1.0)),
                   key=lambda row: (moved[row[0]], -row[1], row[0] not in _SWAPS, row[0]))  # fmt: skip
    for order, sign in table:
        back = [order.index(k) for k in range(4)]
        spelled = ", ".join(letters[k] for k in back)
        what = _SWAPS.get(order, "the indices are in another order")
        suffix = "" if sign > 0 else ", and the sign is opposite"
        yield Mistake(
            "riemann-index-order-" + "".join(letters[k] for k in order) + ("" if sign > 0 else "-negative"),
            "output", _permuted(order, sign),
            f"The components of the Riemann tensor sit in another place: {what}{suffix}.",
            f"R^i_jkl belongs at [i, j, k, l]; yours is at [{spelled}]. Transpose the axes, or declare layout=.",
            ("riemann", "riemann_lowered", "weyl"),
        )  # fmt: skip
    for order3, where in (((1, 0, 2), "[j, i, k]"), ((1, 2, 0), "[j, k, i]")):
        back = [order3.index(k) for k in range(3)]
        yield Mistake(
            "christoffel-index-order-" + "".join("ijk"[k] for k in order3), "output", _permuted(order3, 1.0),
            f"The upper index of Γ is not the first axis: the array is indexed {where}.",
            "Γ^i_jk belongs at [i, j, k]. Transpose the axes, or declare layout=.",
            ("christoffel", "christoffel_first"),
        )  # fmt: skip
    for order3, where in (((1, 2, 0), "first"), ((0, 2, 1), "in the middle"), ((2, 0, 1), "first")):
        yield Mistake(
            f"derivative-axis-order-{''.join('ijk'[k] for k in order3)}", "output", _permuted(order3, 1.0),
            f"The derivative axis of ∂_k g_ij is {where}; it belongs last.", "np.moveaxis(dg, 0, -1).",
            ("metric_derivative",),
        )  # fmt: skip


def _instead(quantity: str, name: str, formula: Callable[[Run], Array], sentence: str, remedy: str) -> Mistake:
    return Mistake(name, "returned", formula, sentence, remedy, (quantity,))


def _absolute(quantity: str) -> Callable[[Run], Array]:
    return lambda run: np.abs(run[quantity])


def _weighted(quantity: str, power: float) -> Callable[[Run], Array]:
    return lambda run: run[quantity] * np.abs(run["determinant"]) ** power


def _raised(quantity: str, indices: str) -> Callable[[Run], Array]:
    def formula(run: Run) -> Array:
        x = run["inverse_metric"]
        return contraction(indices, *(x, run[quantity], x)[: indices.count(",") + 1])

    return formula


def _substitutions() -> Iterator[Mistake]:
    yield _instead(
        "riemann", "lowered-for-upper", lambda run: contraction("im,mjkl->ijkl", run.jets.g, run["riemann"]),
        "The first index is down: R_ijkl is returned instead of R^i_jkl.",
            "Raise it: R^i_jkl = g^im R_mjkl, or ask for quantity=\"riemann_lowered\".",
    )  # fmt: skip
    yield _instead(
        "riemann_lowered", "upper-for-lowered", lambda run: run["riemann"],
        "The first index is up: R^i_jkl is returned instead of R_ijkl.",
            "Lower it: R_ijkl = g_im R^m_jkl, or ask for quantity=\"riemann\".",
    )  # fmt: skip
    yield _instead(
        "riemann_lowered", "lowered-on-second", lambda run: contraction("jm,mikl->ijkl", run.jets.g, run["riemann"]),
        "The upper index is lowered into the second place: R_jikl, which is −R_ijkl.", "R_ijkl = g_im R^m_jkl.",
    )  # fmt: skip
    yield _instead(
        "riemann", "raised-last", lambda run: contraction("lm,imkj->ijkl", run["inverse_metric"],
            run["riemann_lowered"]),
        "Another index than the first is raised.", "R^i_jkl has its first index up.",
    )  # fmt: skip
    yield _instead(
        "christoffel", "first-kind-for-second", lambda run: run["christoffel_first"],
        "Γ_{i,jk} (first kind) is returned instead of Γ^i_jk: lower for upper first index.",
        "Raise the first index with g^im.",
    )  # fmt: skip
    yield _instead(
        "christoffel_first", "second-kind-for-first", lambda run: run["christoffel"],
        "Γ^i_jk (second kind) is returned instead of Γ_{i,jk}.", "Lower the first index with g_im.",
    )  # fmt: skip
    for quantity in ("ricci", "einstein"):
        yield _instead(
            quantity,
            f"{quantity}-mixed",
            _raised(quantity, "im,mj->ij"),
            "One index is up (R^i_j) where both belong down.",
            "Lower it with g_im.",
        )
        yield _instead(
            quantity,
            f"{quantity}-raised",
            _raised(quantity, "im,mn,nj->ij"),
            "Both indices are up (R^ij) where both belong down.",
            "Lower them with g.",
        )
    yield _instead(
        "einstein",
        "ricci-for-einstein",
        lambda run: run["ricci"],
        "The Ricci tensor is returned: − ½ R g is missing.",
        "G = Ric − ½ R g.",
    )
    yield _instead(
        "einstein", "einstein-half-missing",
        lambda run: run["ricci"] - run["ricci_scalar"][..., None, None] * run.jets.g,
        "The factor ½ is missing in G = Ric − ½ R g.", "G = Ric − ½ R g.",
    )  # fmt: skip
    yield _instead(
        "einstein", "einstein-sign", lambda run: run["ricci"] + run["ricci_scalar"][..., None, None] * run.jets.g / 2,
        "G has + ½ R g instead of − ½ R g.", "G = Ric − ½ R g.",
    )  # fmt: skip
    yield _instead(
        "einstein", "einstein-flat-metric",
        lambda run: run["ricci"] - run["ricci_scalar"][..., None, None] * np.eye(run.dim) / 2,
        "G is formed with δ_ij instead of g_ij.", "G = Ric − ½ R g.",
    )  # fmt: skip
    yield _instead(
        "ricci",
        "einstein-for-ricci",
        lambda run: run["einstein"],
        "The Einstein tensor is returned for the Ricci tensor.",
        "Add ½ R g.",
    )
    yield _instead(
        "ricci", "traceless-ricci", lambda run: run["ricci"] - run["ricci_scalar"][..., None,
            None] * run.jets.g / run.dim,
        "The traceless part of the Ricci tensor is returned.", "Add R g / n.",
    )  # fmt: skip
    yield _instead(
        "ricci_scalar",
        "kretschmann-for-scalar",
        lambda run: run["kretschmann"],
        "The Kretschmann scalar is returned for R.",
        "R = g^jl Ric_jl.",
    )
    for quantity in ("ricci_scalar", "gaussian_curvature", "laplacian"):
        for name, what, power in (("determinant-too-much", "det g times", 1.0),
            ("determinant-too-little", "1/det g times", -1.0),
                                  ("root-determinant-too-much", "√|det g| times", 0.5),
                                  ("root-determinant-too-little", "1/√|det g| times", -0.5)):  # fmt: skip
            yield _instead(
                quantity,
                name,
                _weighted(quantity, power),
                f"The result is {what} what it should be.",
                "Count the powers of det g: those of numerator and denominator must cancel under a change of units.",
            )
    for quantity in ("ricci_scalar", "gaussian_curvature"):
        yield _instead(
            quantity,
            "absolute-value",
            _absolute(quantity),
            "The absolute value is returned: the sign is lost.",
            "Drop abs().",
        )
    yield _instead(
        "kretschmann",
        "scalar-for-kretschmann",
        lambda run: run["ricci_scalar"],
        "R is returned for the Kretschmann scalar.",
        "R_ijkl R^ijkl.",
    )
    yield _instead(
        "kretschmann", "kretschmann-without-metric",
        lambda run: contraction("ijkl,ijkl->", run["riemann"], run["riemann"]),
        "The squares of R^i_jkl are summed without the metric.", "Raise and lower all four indices: R_ijkl R^ijkl.",
    )  # fmt: skip
    yield _instead(
        "kretschmann", "kretschmann-lowered-squares",
            lambda run: contraction("ijkl,ijkl->", run["riemann_lowered"], run["riemann_lowered"]),
        "The squares of R_ijkl are summed without raising the indices.", "R_ijkl R^ijkl.",
    )  # fmt: skip
    yield _instead("kretschmann", "ricci-squared",
        lambda run: contraction("ij,ia,jb,ab->", run["ricci"], run["inverse_metric"],
        run["inverse_metric"], run["ricci"]),
                   "Ric_ij Ric^ij is returned for the Kretschmann scalar.", "R_ijkl R^ijkl.")  # fmt: skip
    yield _instead(
        "weyl",
        "riemann-for-weyl",
        lambda run: run["riemann_lowered"],
        "The Riemann tensor is returned for the Weyl tensor.",
        "Subtract its traces.",
    )
    yield _instead(
        "determinant",
        "root-determinant",
        lambda run: np.sqrt(np.abs(run["determinant"].astype(np.longdouble))),
        "√|g| is returned for det g.",
        "Square it.",
    )
    yield _instead(
        "inverse_metric",
        "metric-returned",
        lambda run: run.jets.g,
        "The metric is returned instead of its inverse.",
        "np.linalg.inv(g).",
    )
    yield _instead(
        "metric",
        "inverse-returned",
        lambda run: run["inverse_metric"],
        "The inverse metric is returned instead of the metric.",
        "Return g_ij.",
    )


@cache
def output_mistakes(quantity: str, statistical: bool = False) -> tuple[Mistake, ...]:
    """The mistakes in what is returned, for one quantity."""
    others = [m for m in (*_substitutions(), *_permutation_mistakes()) if quantity in m.quantities]
    scales = scale_mistakes(quantity, statistical)
    zero = _instead(quantity, "always-zero", lambda run: 0 * run[quantity],
        "Every value is 0: an array that is never filled, or a contraction over an antisymmetric pair such as R^i_ikl.",
        "Print an intermediate quantity that cannot vanish, such as ∂_k g_ij.")  # fmt: skip
    return (scales[0], zero, *others, *scales[1:])
