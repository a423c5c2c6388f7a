"""Mistakes in what is returned: factors, signs, the order of indices, parts of the answer, one quantity for another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import permutations
from typing import Any

import numpy as np

from .mistake import Mistake
from .pipeline import Array, Jets, Run, contraction, determinant, true_inverse

__all__ = ["laplace_mistakes", "output_mistakes", "returned_mistakes", "scale_mistakes"]

# --- factors -------------------------------------------------------------------------------------


def _times(factor: Callable[[int], float]) -> Callable[[Array, int], Array]:
    return lambda output, n: output * factor(n)


def _power(powers: tuple[int, int, int], by: float = 1.0) -> Callable[[int], float]:
    """by · n^a (n − 1)^b (n − 2)^c, with 0 where it is infinite."""
    a, b, c = powers

    def factor(n: int) -> float:
        try:
            return by * float(n) ** a * float(n - 1) ** b * float(n - 2) ** c
        except ZeroDivisionError:
            return 0.0

    return factor


_OF_N = {
    (-1, -1, 0): ("normalised-scalar", "R/(n(n−1)), the normalised scalar curvature (mean sectional curvature)",
                  "Multiply by n(n−1)."),
    (1, 1, 0): ("sectional-sum", "n(n−1) times what it should be", "Divide by n(n−1)."),
    (-1, 0, 0): ("mean-ricci", "R/n, the mean Ricci curvature", "Multiply by n."),
    (0, -1, 0): ("divided-by-n-minus-1", "R/(n−1)", "Multiply by n − 1."),
    (1, 0, 0): ("scalar-times-n", "n times what it should be", "Divide by n."),
    (0, 1, 0): ("times-n-minus-1", "n − 1 times what it should be", "Divide by n − 1."),
    (0, 0, -1): ("divided-by-n-minus-2", "divided by n − 2", "Multiply by n − 2."),
}  # fmt: skip
_WORDS = {2.0: "twice", 0.5: "half of", 4.0: "four times", 0.25: "a quarter of"}


def _plain(value: float) -> Callable[[int], float]:
    return lambda n: value


@cache
def scale_mistakes(quantity: str, statistical: bool = False) -> tuple[Mistake, ...]:
    """Factors that depend on the dimension alone, the likely ones first."""
    scalar = quantity in ("ricci_scalar", "gaussian_curvature")
    known: list[tuple[str, Callable[[int], float], str, str]] = []
    minus = lambda n: -1.0
    if scalar and statistical:
        known.append(
            (
                "ruppeiner-sign",
                minus,
                "The scalar curvature has the opposite sign: Ruppeiner's convention of thermodynamic geometry (and "
                "Weinberg's), in which the unit sphere has R = −2.",
                'Negate it, or declare convention="weinberg".',
            )
        )
    known.append(("overall-sign", minus, "The overall sign is opposite"
        + (" (Weinberg's and Ruppeiner's sign convention: the unit sphere has R = −2)." if scalar else "."),
        "Negate it, or declare convention=\"weinberg\" if that is what you mean."))  # fmt: skip
    if quantity == "ricci_scalar":
        known.append(
            (
                "gaussian-for-scalar",
                lambda n: 0.5,
                "The result is R/2: in two dimensions the Gaussian curvature K instead of R = 2K.",
                'Multiply by 2, or ask for quantity="gaussian_curvature".',
            )
        )
        known.append(
            (
                "einstein-trace",
                lambda n: 1 - n / 2,
                "The result is the trace of the Einstein tensor, R (1 − n/2).",
                "Trace the Ricci tensor.",
            )
        )
    elif quantity == "gaussian_curvature":
        known.append(
            (
                "scalar-for-gaussian",
                lambda n: 2.0,
                "The result is R = 2K, twice the Gaussian curvature K.",
                "Divide by 2.",
            )
        )
    for value, text in _WORDS.items():
        for sign, slug, more in ((1, "", ""), (-1, "minus-", ", with the opposite sign")):
            if (sign, quantity) != (-1, "metric"):
                known.append((f"factor-{slug}{value:g}", _plain(sign * value),
                    f"The result is {text} what it should be{more}.", f"Divide by {sign * value:g}."))  # fmt: skip
    if quantity in ("ricci_scalar", "ricci", "riemann", "riemann_lowered", "einstein", "kretschmann", "laplacian"):
        for powers, (name, what, remedy) in _OF_N.items():
            if quantity != "ricci_scalar":
                what = what.replace("R/", "divided by ").split(",")[0]
            known.append((name, _power(powers), f"The result is {what}.", remedy))
            for by, slug in ((2.0, "twice"), (0.5, "half"), (-1.0, "minus")):
                known.append((f"{name}-{slug}", _power(powers, by),
                    f"The result is {slug} {what}." if by > 0 else f"The result is {what}, with the opposite sign.",
                    remedy))  # fmt: skip
    return tuple(
        Mistake(name, "scale", {"output": _times(factor)}, sentence, remedy, (quantity,),
                weight=0.5 if k < 6 else 0.9 if k < 12 else 1.5)
        for k, (name, factor, sentence, remedy) in enumerate(known)
    )  # fmt: skip


# --- the order of the axes --------------------------------------------------------------------------


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
_RANK_FOUR = ("riemann", "riemann_lowered", "weyl")


def _orders() -> Iterator[Mistake]:
    letters = "ijkl"
    moved = {p: sum(a != b for a, b in zip(p, range(4))) for p in permutations(range(4))}
    # The fewest axes moved first; of those, what needs no sign, then what has a name of its own.
    table = sorted(((p, sign) for p in moved if moved[p] for sign in (1.0, -1.0)),
                   key=lambda row: (moved[row[0]], -row[1], row[0] not in _SWAPS, row[0]))  # fmt: skip
    for order, sign in table:
        spelled = ", ".join(letters[order.index(k)] for k in range(4))
        what = _SWAPS.get(order, "the indices are in another order")
        suffix = "" if sign > 0 else ", and the sign is opposite"
        yield Mistake(
            "riemann-index-order-" + "".join(letters[k] for k in order) + ("" if sign > 0 else "-negative"), "output",
            {"output": _permuted(order, sign)},
            f"The components of the Riemann tensor sit in another place: {what}{suffix}.",
            f"R^i_jkl belongs at [i, j, k, l]; yours is at [{spelled}]. Transpose the axes, or declare "
            f"layout=\"{spelled.replace(', ', '')}\".",
            _RANK_FOUR, weight=0.8 + moved[order] / 10,
        )  # fmt: skip
    for order3, where in (((1, 0, 2), "[j, i, k]"), ((1, 2, 0), "[j, k, i]"), ((2, 1, 0), "[k, j, i]")):
        yield Mistake(
            "christoffel-index-order-" + "".join("ijk"[k] for k in order3), "output",
            {"output": _permuted(order3, 1.0)},
            f"The upper index of Γ is not the first axis: the array is indexed {where}.",
            f"Γ^i_jk belongs at [i, j, k]. Transpose the axes, or declare layout=\"{where[1:-1].replace(', ', '')}\".",
            ("christoffel", "christoffel_first"), weight=0.8,
        )  # fmt: skip
    for order3, where in (((1, 2, 0), "first"), ((0, 2, 1), "in the middle"), ((2, 0, 1), "first")):
        yield Mistake(
            f"derivative-axis-order-{''.join('ijk'[k] for k in order3)}", "output",
            {"output": _permuted(order3, 1.0)},
            f"The derivative axis of ∂_k g_ij is {where}; it belongs last.", "np.moveaxis(dg, 0, -1).",
            ("metric_derivative",),
        )  # fmt: skip


# --- another quantity ---------------------------------------------------------------------------------


def _instead(quantity: str, name: str, formula: Callable[[Run], Array], sentence: str, remedy: str,
             weight: float = 0.9) -> Mistake:  # fmt: skip
    return Mistake(name, "returned", {"returned": formula}, sentence, remedy, (quantity,), weight)


def _of(name: str, indices: str = "", *others: str) -> Callable[[Run], Array]:
    """A quantity, or a contraction of it with others: ``_of("riemann", "im,mjkl->ijkl", "metric")``."""
    if not indices:
        return lambda run: run[name]
    return lambda run: contraction(indices, *(run[o] for o in others), run[name])


def _weighted(quantity: str, power: float) -> Callable[[Run], Array]:
    return lambda run: run[quantity] * (np.abs(run["determinant"]) ** power)[(..., *[None] * _rank(quantity, run))]


def _rank(quantity: str, run: Run) -> int:
    return run[quantity].ndim - run["determinant"].ndim


def _einstein(trace: float, flat: bool = False) -> Callable[[Run], Array]:
    """Ric + trace · R g."""
    return lambda run: (
        run["ricci"] + trace * run["ricci_scalar"][..., None, None] * (np.eye(run.dim) if flat else run.jets.g)
    )


def _trace_free(run: Run) -> Array:
    return run["ricci"] - run["ricci_scalar"][..., None, None] * run.jets.g / run.dim


def _schouten(run: Run) -> Array:
    n = run.dim
    if n < 3:
        return 0 * run["ricci"]
    return (run["ricci"] - run["ricci_scalar"][..., None, None] * run.jets.g / (2 * (n - 1))) / (n - 2)


def _weyl(ricci: Callable[[int], float], scalar: Callable[[int], float]) -> Callable[[Run], Array]:
    """R_ijkl − ricci(n) · (Ric ∧ g) + scalar(n) · R (g ∧ g)."""

    def formula(run: Run) -> Array:
        n, g, ric = run.dim, run.jets.g, run["ricci"]
        mixed = (
            contraction("ik,jl->ijkl", ric, g) - contraction("il,jk->ijkl", ric, g)
            - contraction("jk,il->ijkl", ric, g) + contraction("jl,ik->ijkl", ric, g)
        )  # fmt: skip
        pure = contraction("ik,jl->ijkl", g, g) - contraction("il,jk->ijkl", g, g)
        total = run["ricci_scalar"][..., None, None, None, None]
        return run["riemann_lowered"] - ricci(n) * mixed + scalar(n) * total * pure

    return formula


def _plane(scale: float, divide: bool, lowered: bool = True) -> Callable[[Run], Array]:
    """scale · R_0101, divided by g_00 g_11 − g_01²."""

    def formula(run: Run) -> Array:
        if run.dim < 2:
            return 0 * run["determinant"]
        g = run.jets.g
        value = scale * run["riemann_lowered" if lowered else "riemann"][..., 0, 1, 0, 1]
        return value / (g[..., 0, 0] * g[..., 1, 1] - g[..., 0, 1] * g[..., 1, 0]) if divide else value

    return formula


def _alpha(alpha: float) -> Callable[[Run], Array]:
    """Γ^(α) of a Hessian metric, where T_ijk = ∂_k g_ij."""
    return lambda run: run["christoffel"] - alpha / 2 * contraction("im,mjk->ijk", run["inverse_metric"], run.jets.dg)


@cache
def returned_mistakes() -> tuple[Mistake, ...]:
    """One quantity for another."""
    return tuple(_returned())


# fmt: off
def _returned() -> Iterator[Mistake]:
    yield _instead("riemann", "lowered-for-upper", _of("riemann", "im,mjkl->ijkl", "metric"),
        "The first index is down: R_ijkl is returned instead of R^i_jkl.",
        "Raise it: R^i_jkl = g^im R_mjkl, or ask for quantity=\"riemann_lowered\".")
    yield _instead("riemann", "raised-last", _of("riemann_lowered", "lm,imkj->ijkl", "inverse_metric"),
        "Another index than the first is raised.", "R^i_jkl has its first index up.")
    yield _instead("riemann", "raised-second", _of("riemann_lowered", "jm,imkl->ijkl", "inverse_metric"),
        "The second index is raised instead of the first.", "R^i_jkl has its first index up.")
    yield _instead("riemann", "riemann-pair-raised", _of("riemann", "jm,imkl->ijkl", "inverse_metric"),
        "Two indices are up: R^ij_kl is returned instead of R^i_jkl.", "Lower the second index with g.")
    yield _instead("riemann_lowered", "upper-for-lowered", _of("riemann"),
        "The first index is up: R^i_jkl is returned instead of R_ijkl.",
        "Lower it: R_ijkl = g_im R^m_jkl, or ask for quantity=\"riemann\".")
    yield _instead("riemann_lowered", "lowered-on-second", _of("riemann", "jm,mikl->ijkl", "metric"),
        "The upper index is lowered into the second place: R_jikl, which is −R_ijkl.", "R_ijkl = g_im R^m_jkl.", 1.2)
    yield _instead("christoffel", "first-kind-for-second", _of("christoffel_first"),
        "Γ_{i,jk} (first kind) is returned instead of Γ^i_jk: lower for upper first index.",
        "Raise the first index with g^im.")
    yield _instead("christoffel_first", "second-kind-for-first", _of("christoffel"),
        "Γ^i_jk (second kind) is returned instead of Γ_{i,jk}.", "Lower the first index with g_im.")
    for alpha in (1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0):
        what = {1.0: "the exponential connection", -1.0: "the mixture connection"}.get(alpha, "an α-connection")
        yield _instead("christoffel", f"alpha-connection-{alpha:g}", _alpha(alpha),
            f"Γ^(α) with α = {alpha:g}, {what} of a Hessian metric, is returned for the Levi-Civita one.",
            "The metric connection has α = 0.", 1.1)
    for quantity in ("ricci", "einstein"):
        yield _instead(quantity, f"{quantity}-mixed", _of(quantity, "im,mj->ij", "inverse_metric"),
            "One index is up (R^i_j) where both belong down.", "Lower it with g_im.")
        yield _instead(quantity, f"{quantity}-raised",
            lambda run, q=quantity: contraction("im,mn,nj->ij", run["inverse_metric"], run[q], run["inverse_metric"]),  # type: ignore[misc]
            "Both indices are up (R^ij) where both belong down.", "Lower them with g.")
    for name, formula, sentence in (
        ("ricci-for-einstein", _einstein(0), "The Ricci tensor is returned: − ½ R g is missing."),
        ("einstein-half-missing", _einstein(-1), "The factor ½ is missing in G = Ric − ½ R g."),
        ("einstein-sign", _einstein(0.5), "G has + ½ R g instead of − ½ R g."),
        ("einstein-quarter", _einstein(-0.25), "G has ¼ R g where ½ R g belongs."),
        ("einstein-flat-metric", _einstein(-0.5, True), "G is formed with δ_ij instead of g_ij."),
        ("traceless-for-einstein", _trace_free, "The traceless part of the Ricci tensor, Ric − R g / n, is returned: "
         "n stands where 2 belongs."),
        ("schouten-for-einstein", _schouten, "The Schouten tensor is returned for the Einstein tensor."),
    ):
        yield _instead("einstein", name, formula, sentence, "G = Ric − ½ R g.")
    yield _instead("ricci", "einstein-for-ricci", _of("einstein"),
        "The Einstein tensor is returned for the Ricci tensor.", "Add ½ R g.")
    yield _instead("ricci", "traceless-ricci", _trace_free, "The traceless part of the Ricci tensor is returned.",
        "Add R g / n.")
    yield _instead("ricci", "schouten-for-ricci", _schouten, "The Schouten tensor is returned for the Ricci tensor.",
        "Ric_jl = R^i_jil.")
    yield _instead("ricci", "ricci-diagonal-only", lambda run: run["ricci"] * np.eye(run.dim),
        "Only the diagonal entries of the Ricci tensor are computed: right on metrics whose Ricci tensor is diagonal.",
        "Ric_jl = R^i_jil for every j and l.")
    for quantity in ("ricci", "ricci_scalar"):
        yield Mistake("ricci-lowered-without-metric", "contract",
            {"formulas": {"ricci": _of("riemann", "im,mjil->jl", "metric")}},
            "R_ijil is contracted with all indices down and without the inverse metric.",
            "Ric_jl = g^ik R_ijkl: contract the upper index with the third slot.", (quantity,), 1.2)
        yield Mistake("ricci-diagonal-only", "contract",
            {"formulas": {"ricci": lambda run: run.pipeline.contract(run["riemann"]) * np.eye(run.dim)}},
            "Only the diagonal entries of the Ricci tensor are computed: right on metrics whose Ricci tensor is "
            "diagonal.", "Ric_jl = R^i_jil for every j and l.", (quantity,), 1.1)
        yield Mistake("unit-determinant-only", "contract",
            {"formulas": {"ricci": lambda run: contraction("ijli->jl", run["christoffel_derivative"])
                          - contraction("ilm,mji->jl", run["christoffel"], run["christoffel"])}},
            "Ric = ∂_i Γ^i_jl − Γ^i_lm Γ^m_ij, which is right in coordinates of constant det g only: the terms with "
            "Γ^i_ij = ∂_j log √|g| are missing.",
            "Ric_jl = ∂_i Γ^i_jl − ∂_l Γ^i_ij + Γ^i_im Γ^m_jl − Γ^i_lm Γ^m_ij.", (quantity,), 1.0)
    for quantity in (*_RANK_FOUR, "ricci", "ricci_scalar", "gaussian_curvature"):
        yield Mistake("hessian-metrics-only", "lowering" if quantity in _RANK_FOUR else "contract",
            {"formulas": {"riemann": _hessian_only}},
            "R_ijkl = ¼ g^rs (T_ilr T_jks − T_ikr T_jls) with T = ∂g, which is right on Hessian metrics only (∂_k g_ij "
            "symmetric in all indices).", "Use the general formula, with second derivatives of g.", (quantity,), 1.1)
    for quantity in ("ricci_scalar", "gaussian_curvature"):
        for name, formula, sentence in (
            ("scalar-two-dimensional", _plane(2, True), "R = 2 R_0101 / (g_00 g_11 − g_01²) is the formula for two "
             "dimensions; it is used in every dimension."),
            ("gaussian-two-dimensional", _plane(1, True), "R_0101 / (g_00 g_11 − g_01²) is one sectional curvature "
             "(K), not the scalar R."),
            ("component-for-curvature", _plane(1, False), "The component R_0101 is returned for the curvature, "
             "not divided by det g = g_00 g_11 − g_01²: it depends on the coordinates."),
            ("twice-component-for-curvature", _plane(2, False), "2 R_0101 is returned for the curvature, without "
             "dividing by g_00 g_11 − g_01²."),
            ("mixed-component-for-curvature", _plane(1, False, False), "The component R^0_101 is returned for the "
             "curvature: it depends on the coordinates."),
        ):
            yield _instead(quantity, name, formula, sentence,
                           "R = g^ik g^jl R_ijkl; in two dimensions R = 2K = 2 R_0101 / (g_00 g_11 − g_01²).", 1.1)
        for name, variant, said in _GAUSS:
            yield _instead(quantity, name, _brioschi(2.0 if quantity == "ricci_scalar" else 1.0, *variant), said,
                "K = (det A − det B)/(EG − F²)² with A_00 = −½ E_vv + F_uv − ½ G_uu (Brioschi).", 1.2)
    yield _instead("ricci_scalar", "kretschmann-for-scalar", _of("kretschmann"),
        "The Kretschmann scalar is returned for R.", "R = g^jl Ric_jl.")
    yield _instead("ricci_scalar", "ricci-determinant-for-scalar", lambda run: determinant(run["ricci"]),
        "The determinant of the Ricci tensor is returned for its trace.", "R = g^jl Ric_jl.", 1.2)
    yield _instead("ricci_scalar", "determinant-for-trace",
        lambda run: determinant(run["ricci"]) / run["determinant"],
        "The determinant of g⁻¹ Ric is returned for its trace.", "R = g^jl Ric_jl.", 1.2)
    for quantity in ("ricci_scalar", "gaussian_curvature", "laplacian", "kretschmann", "ricci", "riemann_lowered",
                     "metric", "inverse_metric"):
        for name, what, power in (("determinant-too-much", "det g times", 1.0),
            ("determinant-too-little", "1/det g times", -1.0), ("root-determinant-too-much", "√|det g| times", 0.5),
            ("root-determinant-too-little", "1/√|det g| times", -0.5)):
            yield _instead(quantity, name, _weighted(quantity, power), f"The result is {what} what it should be.",
                "Count the powers of det g: those of numerator and denominator must cancel under a change of units.",
                1.2)
    for quantity in ("ricci_scalar", "gaussian_curvature", "kretschmann", "laplacian", "sectional_curvature", "ricci",
                     "riemann", "riemann_lowered", "christoffel", "metric"):
        yield _instead(quantity, "absolute-value", lambda run, q=quantity: np.abs(run[q]),  # type: ignore[misc]
            "The absolute value is returned: the sign is lost.", "Drop abs().")
        yield _instead(quantity, "squared", lambda run, q=quantity: run[q] ** 2, "The square is returned.",  # type: ignore[misc]
            "Take the root, with the sign.", 1.3)
        yield _instead(quantity, "only-positive-part", lambda run, q=quantity: np.maximum(run[q], 0),  # type: ignore[misc]
            "Negative values are cut off at 0.", "Drop max(…, 0).", 1.2)
        yield _instead(quantity, "only-negative-part", lambda run, q=quantity: np.minimum(run[q], 0),  # type: ignore[misc]
            "Positive values are cut off at 0.", "Drop min(…, 0).", 1.4)
    for name, formula, sentence in (
        ("scalar-for-kretschmann", _of("ricci_scalar"), "R is returned for the Kretschmann scalar."),
        ("scalar-squared-for-kretschmann", lambda run: run["ricci_scalar"] ** 2,
         "R² is returned for the Kretschmann scalar."),
        ("kretschmann-without-metric", lambda run: contraction("ijkl,ijkl->", run["riemann"], run["riemann"]),
         "The squares of R^i_jkl are summed without the metric."),
        ("kretschmann-lowered-squares",
         lambda run: contraction("ijkl,ijkl->", run["riemann_lowered"], run["riemann_lowered"]),
         "The squares of R_ijkl are summed without raising the indices."),
        ("kretschmann-swapped-pair",
         lambda run: contraction("ijkl,jikl->", run["riemann"], run["riemann"]),
         "R^i_jkl R^j_ikl is contracted: the last pair is not raised."),
        ("kretschmann-diagonal-inverse", lambda run: contraction(
            "ijkl,ijkl,ii,jj,kk,ll->", run["riemann_lowered"], run["riemann_lowered"], *[run["inverse_metric"]] * 4),
         "Only the diagonal entries g^ii raise the indices: right on diagonal metrics only."),
        ("ricci-squared", lambda run: contraction(
            "ij,ia,jb,ab->", run["ricci"], run["inverse_metric"], run["inverse_metric"], run["ricci"]),
         "Ric_ij Ric^ij is returned for the Kretschmann scalar."),
        ("weyl-squared", lambda run: contraction("ia,jb,kc,ld,abcd,ijkl->", *[run["inverse_metric"]] * 4, run["weyl"],
            run["weyl"]), "C_ijkl C^ijkl, the square of the Weyl tensor, is returned for that of the Riemann tensor."),
        ("kretschmann-root", lambda run: np.sqrt(np.abs(run["kretschmann"])),
         "The root of the Kretschmann scalar is returned."),
    ):
        yield _instead("kretschmann", name, formula, sentence, "R_ijkl R^ijkl, all four indices raised with g^ij.")
    for name, formula, sentence in (
        ("riemann-for-weyl", _of("riemann_lowered"), "The Riemann tensor is returned for the Weyl tensor."),
        ("only-four-dimensional", _weyl(lambda n: 1 / 2, lambda n: 1 / 6),
         "The factors 1/(n − 2) and 1/((n − 1)(n − 2)) are those of n = 4: right in four dimensions only."),
        ("weyl-of-three-dimensions", _weyl(lambda n: 1.0, lambda n: 1 / 2),
         "The factors 1/(n − 2) and 1/((n − 1)(n − 2)) are those of n = 3."),
        ("weyl-scalar-missing", _weyl(lambda n: 1 / (n - 2), lambda n: 0.0), "The term with R g g is missing."),
        ("weyl-scalar-sign", _weyl(lambda n: 1 / (n - 2), lambda n: -1 / ((n - 1) * (n - 2))),
         "The term with R g g has the wrong sign."),
        ("weyl-ricci-missing", _weyl(lambda n: 0.0, lambda n: 1 / ((n - 1) * (n - 2))),
         "The terms with Ric g are missing."),
        ("weyl-ricci-sign", _weyl(lambda n: -1 / (n - 2), lambda n: 1 / ((n - 1) * (n - 2))),
         "The terms with Ric g have the wrong sign."),
        ("weyl-without-n-minus-2", _weyl(lambda n: 1.0, lambda n: 1 / (n - 1)), "The factor 1/(n − 2) is missing."),
        ("weyl-n-for-n-minus-1", _weyl(lambda n: 1 / (n - 2), lambda n: 1 / (n * (n - 2))),
         "n stands where n − 1 belongs in the last factor."),
        ("weyl-n-minus-1-for-n-minus-2", _weyl(lambda n: 1 / (n - 1), lambda n: 1 / (n * (n - 1))),
         "The factors are 1/(n − 1) and 1/(n(n − 1)) instead of 1/(n − 2) and 1/((n − 1)(n − 2))."),
        ("weyl-scalar-doubled", _weyl(lambda n: 1 / (n - 2), lambda n: 2 / ((n - 1) * (n - 2))),
         "The term with R g g counts twice."),
        ("weyl-scalar-halved", _weyl(lambda n: 1 / (n - 2), lambda n: 0.5 / ((n - 1) * (n - 2))),
         "The term with R g g is halved."),
        ("weyl-ricci-halved", _weyl(lambda n: 0.5 / (n - 2), lambda n: 1 / ((n - 1) * (n - 2))),
         "The terms with Ric g are halved."),
        ("weyl-first-index-up", lambda run: contraction("im,mjkl->ijkl", run["inverse_metric"], run["weyl"]),
         "The first index is up: C^i_jkl is returned instead of C_ijkl."),
    ):
        yield _instead("weyl", name, formula, sentence, "C = R_ijkl − (Ric ∧ g)/(n − 2) + R (g ∧ g)/((n − 1)(n − 2)), "
                       "with the factors of your n.")
    yield _instead("determinant", "root-determinant", lambda run: np.sqrt(np.abs(run["determinant"])),
        "√|g| is returned for det g.", "Square it.")
    yield _instead("determinant", "only-positive-definite", lambda run: np.abs(run["determinant"]),
        "|det g| is returned for det g: right on positive definite metrics (and those of even index) only.",
        "Drop abs().")
    yield _instead("determinant", "permanent", lambda run: determinant(run.jets.g, signed=False),
        "The permanent is returned: the terms of det g are added without their signs (a d + b c).",
        "det g = a d − b c; expand by cofactors with alternating signs.")
    yield _instead("determinant", "inverse-determinant", lambda run: 1 / run["determinant"],
        "1/det g is returned: the determinant of the inverse.", "det g.")
    yield _instead("determinant", "product-of-the-diagonal", lambda run: np.prod(
        np.einsum("...ii->...i", run.jets.g), axis=-1), "The product of the diagonal is returned for det g: right on "
        "diagonal (and triangular) metrics only.", "np.linalg.det(g).")
    yield _instead("determinant", "trace-for-determinant", lambda run: contraction("ii->", run.jets.g),
        "The trace is returned for det g.", "np.linalg.det(g).")
    yield _instead("determinant", "log-determinant", lambda run: np.log(np.abs(run["determinant"])),
        "log |det g| is returned for det g.", "np.exp of it, with the sign.")
    yield _instead("inverse_metric", "metric-returned", lambda run: run.jets.g,
        "The metric is returned instead of its inverse.", "np.linalg.inv(g).")
    yield _instead("metric", "inverse-returned", _of("inverse_metric"),
        "The inverse metric is returned instead of the metric.", "Return g_ij.")
    for quantity in ("sectional_curvature",):
        for name, formula, sentence in (
            ("component-for-sectional", lambda run: contraction("ijij->ij", run["riemann_lowered"]),
             "R_ijij is returned without dividing by g_ii g_jj − g_ij²."),
            ("sectional-area-of-orthogonal", lambda run: contraction("ijij->ij", run["riemann_lowered"]) / contraction(
                "ii,jj->ij", run.jets.g, run.jets.g), "The area is taken as g_ii g_jj: − g_ij² is missing."),
            ("sectional-area-sign", lambda run: contraction("ijij->ij", run["riemann_lowered"]) / (contraction(
                "ii,jj->ij", run.jets.g, run.jets.g) + run.jets.g**2), "The area has + g_ij² instead of − g_ij²."),
        ):
            yield _instead(quantity, name, formula, sentence, "K_ij = R_ijij / (g_ii g_jj − g_ij²).")

# fmt: on


#: Gauss's curvature of a surface by E, F and G (Brioschi): the first determinant, the second, the power of det g, and
#: the factors of E_vv, F_uv and G_uu.
_GAUSS: tuple[tuple[str, tuple[float, ...], str], ...] = (
    ("brioschi-added", (1, 1, 2), "The two determinants of Brioschi's formula are added, not subtracted."),
    ("brioschi-second-missing", (1, 0, 2), "The second determinant of Brioschi's formula is missing."),
    ("brioschi-first-missing", (0, -1, 2), "The first determinant of Brioschi's formula is missing."),
    ("brioschi-mixed-missing", (1, -1, 2, -0.5, 0, -0.5), "F_uv is missing in Brioschi's formula."),
    ("brioschi-mixed-sign", (1, -1, 2, -0.5, -1, -0.5), "F_uv has the wrong sign in Brioschi's formula."),
    ("brioschi-halves-missing", (1, -1, 2, -1, 1, -1), "The factors ½ of E_vv and G_uu are missing in Brioschi's "
     "formula."),
    ("brioschi-second-derivative-sign", (1, -1, 2, 0.5, 1, -0.5), "E_vv has the wrong sign in Brioschi's formula."),
    ("brioschi-last-derivative-sign", (1, -1, 2, -0.5, 1, 0.5), "G_uu has the wrong sign in Brioschi's formula."),
    ("brioschi-mixed-halved", (1, -1, 2, -0.5, 0.5, -0.5), "F_uv is halved in Brioschi's formula."),
    ("brioschi-mixed-doubled", (1, -1, 2, -0.5, 2, -0.5), "F_uv counts twice in Brioschi's formula."),
)  # fmt: skip


def _brioschi(scale: float, first: float, second: float, power: float, evv: float = -0.5, fuv: float = 1.0,
              guu: float = -0.5) -> Callable[[Run], Array]:  # fmt: skip
    def formula(run: Run) -> Array:
        if run.dim != 2:
            return 0 * run["determinant"]
        g, d, dd = run.jets.g, run.jets.dg, run.jets.ddg
        e, f, h = g[..., 0, 0], g[..., 0, 1], g[..., 1, 1]
        eu, ev, fu, fv = d[..., 0, 0, 0], d[..., 0, 0, 1], d[..., 0, 1, 0], d[..., 0, 1, 1]
        gu, gv = d[..., 1, 1, 0], d[..., 1, 1, 1]
        corner = evv * dd[..., 0, 0, 1, 1] + fuv * dd[..., 0, 1, 0, 1] + guu * dd[..., 1, 1, 0, 0]
        det = lambda *rows: determinant(np.stack([np.stack(row, -1) for row in rows], -2))
        zero = 0 * e
        one = det((corner, eu / 2, fu - ev / 2), (fv - gu / 2, e, f), (gv / 2, f, h))
        two = det((zero, ev / 2, gu / 2), (ev / 2, e, f), (gu / 2, f, h))
        return scale * (first * one + second * two) / (e * h - f * f) ** power

    return formula


def _hessian_only(run: Run) -> Array:
    x, t = run["inverse_metric"], run.jets.dg
    down = contraction("rs,ilr,jks->ijkl", x, t, t) - contraction("rs,ikr,jls->ijkl", x, t, t)
    return contraction("im,mjkl->ijkl", x, down / 4)


@cache
def output_mistakes(quantity: str, statistical: bool = False) -> tuple[Mistake, ...]:
    """What is done to the answer at the end."""
    zero = Mistake("always-zero", "output", {"output": lambda output, n: 0 * output},
        "Every value is 0: an array that is never filled, a contraction over an antisymmetric pair such as R^i_ikl, or "
        "differences of remembered values (a cache with rounded keys).",
        "Print an intermediate quantity that cannot vanish, such as ∂_k g_ij.", (quantity,), 0.4)  # fmt: skip
    return (*scale_mistakes(quantity, statistical), zero, *(m for m in _orders() if m.concerns(quantity)))


# --- the Laplacian -------------------------------------------------------------------------------------


def _laplace_variant(first: float, log_density: float, slope: float) -> Callable[[Array, Array, Jets], Array]:
    """first · g^ij ∂_ij f + (log_density · ∂_i log|g| g^ij + slope · ∂_i g^ij) ∂_j f."""

    def laplace(ginv: Array, gamma: Array, jets: Jets) -> Array:
        x, dx = true_inverse(jets.g, jets.dg)
        total = first * contraction("ij,ij->", ginv, jets.ddf)
        total = total + log_density * contraction("ab,abi,ij,j->", x, jets.dg, ginv, jets.df)
        return total + slope * contraction("iji,j->", dx, jets.df)

    return laplace


_LAPLACE = "Δf = (1/√|g|) ∂_i(√|g| g^ij ∂_j f) = g^ij ∂_i∂_j f − g^ij Γ^k_ij ∂_k f."
_VARIANTS = {
    (1, 0, 0): ("laplacian-without-connection", "Δf = g^ij ∂_i∂_j f lacks the term − g^ij Γ^k_ij ∂_k f."),
    (1, 0, 1): ("laplacian-density-missing", "Δf = ∂_i(g^ij ∂_j f) lacks the volume density √|g|."),
    (1, 1, 1): ("laplacian-determinant-for-root", "The volume density is taken as |g| instead of √|g|."),
    (1, 0.5, 0): ("laplacian-inverse-held-constant", "∂_i g^ij is missing: the inverse metric is held constant under "
                  "the divergence."),
    (1, -0.5, -1): ("laplacian-connection-sign", "The term g^ij Γ^k_ij ∂_k f has the wrong sign."),
    (1, -0.5, 1): ("laplacian-density-inverted", "The volume density is taken as 1/√|g|."),
    (1, 0.25, 1): ("laplacian-root-of-root", "The volume density is taken as |g|^¼ instead of √|g|."),
    (1, 0.5, -1): ("laplacian-inverse-slope-sign", "∂_i g^ij has the wrong sign."),
    (1, 1, 2): ("laplacian-connection-twice", "The term g^ij Γ^k_ij ∂_k f counts twice."),
    (1, 0.25, 0.5): ("laplacian-connection-halved", "The term g^ij Γ^k_ij ∂_k f is halved."),
    (0, 0.5, 1): ("laplacian-second-derivatives-missing", "The term g^ij ∂_i∂_j f is missing."),
}  # fmt: skip


@cache
def laplace_mistakes() -> tuple[Mistake, ...]:
    """Mistakes in the Laplacian: the volume density, the connection term, the inverse metric."""
    specials: tuple[tuple[str, Any, str], ...] = (
        ("laplacian-flat", lambda x, c, j: contraction("ii->", j.ddf),
         "Δf = Σ ∂_i∂_i f is the Laplacian of Cartesian coordinates."),
        ("laplacian-connection-not-traced",
         lambda x, c, j: contraction("ij,ij->", x, j.ddf) - contraction("kii,k->", c, j.df),
         "The connection term sums Γ^k_ii without the inverse metric."),
        ("laplacian-divergence-of-plain-gradient",
         lambda x, c, j: contraction("ii->", j.ddf) + contraction("iij,j->", c, j.df),
         "The divergence is taken of ∂_i f instead of g^ij ∂_j f: the gradient is not raised."),
        ("laplacian-gradient-squared", lambda x, c, j: contraction("ij,i,j->", x, j.df, j.df),
         "|∇f|² is returned for Δf."),
        ("laplacian-diagonal-only",
         lambda x, c, j: contraction("ii,ii->", x, j.ddf) - contraction("ii,kii,k->", x, c, j.df),
         "Only the diagonal entries g^ii are summed: right on diagonal metrics only."),
        ("laplacian-wrong-slot", lambda x, c, j: contraction("ij,ij->", x, j.ddf) - contraction("kj,iik,j->", x, c,
         j.df), "The connection term is g^kj Γ^i_ik ∂_j f instead of g^ij Γ^k_ij ∂_k f."),
    )  # fmt: skip
    table = [*((name, _laplace_variant(*key), said) for key, (name, said) in _VARIANTS.items()), *specials]
    return tuple(
        Mistake(name, "laplace", {"laplace": change}, said, _LAPLACE, ("laplacian",)) for name, change, said in table
    )
