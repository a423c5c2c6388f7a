"""How often each term of a formula counts in a program's numbers, by least squares: any factors at once.

Where the numbers are a sum of the right terms with wrong factors, the factors say which terms are wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .diagnosis import LEVELS, Diagnosis, distinct_numbers
from .observations import Group, Observation, group_by_dimension
from .pipeline import Array, Pipeline, Run, Sum, contraction

__all__ = ["term_diagnosis"]


@dataclass(frozen=True)
class Terms:
    """A quantity as Σ c_k · values(run)[k]: what they are together, and the terms by name."""

    name: str
    what: str
    names: tuple[str, ...]
    values: Callable[[Run, str], list[Array]]
    quantities: tuple[str, ...]
    remedy: str


def _each(stage: str) -> Callable[[Run, str], list[Array]]:
    """The quantity with one term of a stage alone, for every term (the quantity is linear in the stage)."""

    def values(run: Run, quantity: str) -> list[Array]:
        alone: list[dict[str, Any]] = [{stage: Sum(t)} for t in getattr(Pipeline(), stage).terms]
        return [replace(Pipeline(), **one).run(run.jets).output(quantity) for one in alone]

    return values


def _of_riemann(run: Run, quantity: str) -> list[Array]:
    """The quantity of each of the four terms of R^i_jkl alone."""
    none = Sum((0.0, "ijkl->ijkl")), Sum((0.0, "ikm,mjl->ijkl"))
    true = Pipeline()
    parts = [(Sum(t), none[1]) for t in true.linear.terms] + [(none[0], Sum(t)) for t in true.quadratic.terms]
    return [replace(true, linear=a, quadratic=b).run(run.jets).output(quantity) for a, b in parts]


def _of_laplacian(run: Run, quantity: str) -> list[Array]:
    x, gamma, jets = run["inverse_metric"], run["christoffel"], run.jets
    return [contraction("ij,ij->", x, jets.ddf), -contraction("ij,kij,k->", x, gamma, jets.df)]


#: Every invariant that two derivatives of the metric and g⁻¹ make, as (indices, of first or second derivatives).
_INVARIANTS = (
    ("g^ik g^jl ∂_k∂_l g_ij", "ac,bd,abcd->"), ("g^ij g^kl ∂_k∂_l g_ij", "ab,cd,abcd->"),
    ("g^ij g^kl g^mn ∂_k g_ij ∂_l g_mn", "ab,cd,ef,abc,efd->"), ("g^ij g^kl g^mn ∂_k g_ij ∂_m g_nl",
     "ab,cd,ef,abc,fde->"), ("g^ij g^kl g^mn ∂_j g_ik ∂_n g_ml", "ab,cd,ef,acb,edf->"),
    ("g^ij g^kl g^mn ∂_m g_ik ∂_n g_jl", "ab,cd,ef,ace,bdf->"), ("g^ij g^kl g^mn ∂_m g_ik ∂_l g_jn",
     "ab,cd,ef,ace,bfd->"),
)  # fmt: skip


def _invariants(run: Run, quantity: str) -> list[Array]:
    x, d, dd = run["inverse_metric"], run.jets.dg, run.jets.ddg
    return [
        contraction(indices, *[x] * (indices.count(",") - (1 if k < 2 else 2) + 1), *([dd] if k < 2 else [d, d]))
        for k, (_, indices) in enumerate(_INVARIANTS)
    ]


_CURVATURE = ("riemann", "riemann_lowered", "ricci", "ricci_scalar", "gaussian_curvature", "einstein", "weyl",
              "sectional_curvature")  # fmt: skip
_TERMS = (
    Terms("christoffel", "Γ^i_jk", ("g^im ∂_j g_mk / 2", "g^im ∂_k g_mj / 2", "− g^im ∂_m g_jk / 2"),
          _each("lower"), ("christoffel", "christoffel_first"),
          "Γ^i_jk = ½ g^im (∂_j g_mk + ∂_k g_mj − ∂_m g_jk)."),
    Terms("riemann", "R^i_jkl", ("∂_k Γ^i_jl", "− ∂_l Γ^i_jk", "Γ^i_km Γ^m_jl", "− Γ^i_lm Γ^m_jk"),
          _of_riemann, _CURVATURE, "R^i_jkl = ∂_k Γ^i_jl − ∂_l Γ^i_jk + Γ^i_km Γ^m_jl − Γ^i_lm Γ^m_jk."),
    Terms("laplacian", "Δf", ("g^ij ∂_i∂_j f", "− g^ij Γ^k_ij ∂_k f"), _of_laplacian, ("laplacian",),
          "Δf = g^ij ∂_i∂_j f − g^ij Γ^k_ij ∂_k f."),
    Terms("scalar", "R", tuple(name for name, _ in _INVARIANTS), _invariants,
          ("ricci_scalar",), "Compare the formula with R = g^jl R^i_jil, term by term."),
)  # fmt: skip


def term_diagnosis(observations: Sequence[Observation], quantity: str) -> Diagnosis | None:
    """The terms that count another number of times than once, where that explains every value."""
    groups = group_by_dimension(observations)
    if not groups or distinct_numbers(observations) < 8:
        return None
    for terms in _TERMS:
        if quantity in terms.quantities and (found := _fitted(terms, groups, quantity)) is not None:
            return found
    return None


def _fitted(terms: Terms, groups: Sequence[Group], quantity: str) -> Diagnosis | None:
    matrix, target, truth = map(np.concatenate, zip(*_equations(terms, groups, quantity)))
    if not (np.all(np.isfinite(matrix)) and len(matrix) > 2 * len(terms.names)):
        return None
    both, _, rank, _ = np.linalg.lstsq(matrix, np.stack([target, truth], -1), rcond=1e-9)
    if rank < len(terms.names):
        return None
    factors, right = both.T
    level = float(np.max(np.abs(matrix @ factors - target)))
    if level > LEVELS[0]:
        return None
    wrong = [
        f"{name} {_number(c)}" + (f" instead of {t:.4g}" if abs(t - 1) > 1e-4 else "")
        for name, c, t in zip(terms.names, factors, right)
        if abs(c - t) > 1e-4
    ]
    if not wrong:
        return None
    return Diagnosis(
        f"{terms.name}-terms-weighted", f"In {terms.what} these terms count another number of times than they should: "
        f"{'; '.join(wrong)}. All others are right.", terms.remedy, agreement=level,
        points=sum(len(g.observations) for g in groups), weight=2.5,
        details={"factors": dict(zip(terms.names, map(float, factors)))},
    )  # fmt: skip


def _number(value: float) -> str:
    return "0 times (missing)" if abs(value) < 1e-7 else f"{value:.6g} times"


def _equations(terms: Terms, groups: Sequence[Group], quantity: str) -> Iterator[tuple[Array, Array, Array]]:
    """A column a term, the program's numbers and the true ones, each observation relative to its size."""
    for group in groups:
        with np.errstate(all="ignore"):
            parts = terms.values(Pipeline().run(group.jets), quantity)
        count = len(group.observations)
        columns = np.stack([np.broadcast_to(p, group.values.shape).reshape(count, -1) for p in parts], -1)
        values = group.values.reshape(count, -1)
        size = np.max(np.abs(values), axis=1) + 1e-3 * group.amplitude + 1e-300
        yield (
            (columns / size[:, None, None]).reshape(-1, len(parts)),
            (values / size[:, None]).ravel(),
            (group.truth.reshape(count, -1) / size[:, None]).ravel(),
        )
