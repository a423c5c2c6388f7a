"""A program's numbers beside the certified ones, with the size of error that arithmetic alone explains."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..exact.errors import InputError
from .cases import JET_FIELDS, Case, floats
from .pipeline import Jets, Pipeline, Run, Sum, contraction

__all__ = ["Observation", "Group", "Prepared", "amplitude_run", "group_by_dimension", "prepare", "to_our_convention"]

Array = Any

_SIGNED = {
    "riemann": "riemann_sign", "riemann_lowered": "riemann_sign", "weyl": "riemann_sign",
    "ricci": "ricci_sign", "einstein": "ricci_sign", "ricci_scalar": "scalar_sign",
}  # fmt: skip


def to_our_convention(value: Array, quantity: str, convention: Any, layout: str | None) -> Array:
    """The value as it would be in the conventions of `chentsov.geometry.conventions.CHENTSOV`.

    ``layout`` names the axes of the given array in terms of ours: ``"jkli"`` says that R^i_jkl is
    stored at [j, k, l, i].
    """
    if layout:
        ours = "ijkl"[: len(layout)]
        if sorted(layout) != sorted(ours) or value.ndim != len(layout):
            raise InputError(f"layout for {quantity} is an order of the letters {ours!r}, not {layout!r}")
        value = np.einsum(f"{layout}->{ours}", value)
    if convention is None or quantity not in _SIGNED:
        return value
    sign = getattr(convention, _SIGNED[quantity])
    value = value * (sign() if callable(sign) else sign)
    if convention.scalar_is_gaussian and quantity == "ricci_scalar":
        value = 2 * value
    return value


# --- how large the terms are that cancel -------------------------------------------------------


def amplitude_run(jets: Jets) -> Run:
    """The pipeline with every term taken in absolute value: the size of what cancels.

    Rounding errors of a textbook evaluation are about machine precision times this size, times
    the condition number of the (scaled) metric.
    """
    true = Pipeline().run(jets)
    x, dx = true["inverses"]
    # x itself carries a relative error of the condition number, |x||g||x| ≥ |x|.
    x = np.abs(x)
    dx = contraction("ia,abk,bj->ijk", x, np.abs(jets.dg), x)
    absolute = Jets(*(None if getattr(jets, k) is None else np.abs(getattr(jets, k)) for k in JET_FIELDS))

    def einstein(run: Run) -> Array:
        return run["ricci"] + run["ricci_scalar"][..., None, None] * run.jets.g / 2

    def weyl(run: Run) -> Array:
        return run["riemann_lowered"] + Sum((2, "ik,jl->ijkl"), (2, "il,jk->ijkl"))(run["ricci"], run.jets.g)

    pipeline = Pipeline(
        invert=lambda g, dg: (x, dx),
        lower=Sum((0.5, "ikj->ijk"), (0.5, "ijk->ijk"), (0.5, "jki->ijk")),
        linear=Sum((1, "ijlk->ijkl"), (1, "ijkl->ijkl")),
        quadratic=Sum((1, "ikm,mjl->ijkl"), (1, "ilm,mjk->ijkl")),
        laplace=lambda ginv, gamma, j: (
            contraction("ij,ij->", ginv, j.ddf) + contraction("ij,kij,k->", ginv, gamma, j.df)
        ),
        formulas={
            "einstein": einstein,
            "weyl": weyl,
            "determinant": lambda run: np.prod(np.sum(run.jets.g, axis=-1), axis=-1),
            "sectional_curvature": lambda run: (
                run["riemann_lowered"].max(axis=(-1, -2)) / np.abs(_areas(jets.g, 1.0)).astype(float)
            ),
        },
    )
    return pipeline.run(absolute)


def _areas(g: Array, off_diagonal: float) -> Array:
    """g_ii g_jj − g_ij², with ``off_diagonal`` where it is 0 by itself."""
    areas = contraction("ii,jj->ij", g, g) - g * g
    return np.where(np.eye(g.shape[-1], dtype=bool) | (areas == 0), off_diagonal, areas)


def _conditioning(jets: Jets) -> Array:
    """The condition number of the metric scaled to a unit diagonal, at every point."""
    x = np.abs(Pipeline().run(jets)["inverse_metric"])
    return np.max(contraction("ij,jk->ik", x, np.abs(jets.g)).sum(axis=-1), axis=-1)


# --- prepared references -------------------------------------------------------------------------


@dataclass(frozen=True)
class Prepared:
    """One quantity of a case at its points: certified values and the sizes that judge an error."""

    case: Case
    quantity: str
    truth: tuple[np.ndarray, ...]
    amplitude: np.ndarray
    condition: np.ndarray
    jets: Jets

    def tolerance(self, index: int, rtol: float, unit: float, differences: float = 0.0) -> float:
        """What an error may be: rtol of the largest component, plus what rounding (and differences) explain.

        ``differences`` is the relative error that a difference quotient leaves in each term.
        """
        size = float(np.max(np.abs(self.truth[index]), initial=0.0))
        scale = size if size > 0 else float(self.amplitude[index])
        rounding = 32 * unit * float(self.amplitude[index]) * float(self.condition[index])
        rounding += differences * float(self.amplitude[index])
        # Fewer than two digits are not a pass, whatever explains the loss; nearly singular points cost differences all
        # but one and a half.
        allowed = rtol * scale + min(rounding, 1e-2 * scale)
        return max(allowed, 3e-2 * scale) if differences and self.strained(index) else allowed

    def strained(self, index: int) -> bool:
        """Whether a point is so close to a singular one that a difference step cannot resolve the metric."""
        size = float(np.max(np.abs(self.truth[index]), initial=0.0)) or float(self.amplitude[index])
        ratio = float(self.amplitude[index]) * float(self.condition[index]) / size
        return "near-singular" in self.case.tags or ratio > 1e3


_PREPARED: dict[tuple[int, str], Prepared] = {}


def prepare(case: Case, quantity: str) -> Prepared:
    """The references of a case for one quantity, computed once per case object."""
    key = (id(case), quantity)
    known = _PREPARED.get(key)
    if known is not None and known.case is case:
        return known
    truth = tuple(_numbers(case.certified(quantity, p)) for p in case.points)
    jets = long_jets(case)
    as_double = Jets(*(getattr(jets, k).astype(float) for k in JET_FIELDS))
    with np.errstate(all="ignore"):
        raw = np.asarray(amplitude_run(as_double)[quantity], dtype=float)
        amplitude = raw.reshape(len(case.points), -1).max(axis=1)
        if not amplitude.all():
            # A constant metric: nothing cancels, and zero is measured against a metric that varies by its own size over
            # a unit.
            varying = (
                np.asarray(amplitude_run(_varying(as_double))[quantity], dtype=float)
                .reshape(len(case.points), -1)
                .max(axis=1)
            )
            amplitude = np.where(amplitude > 0, amplitude, varying)
        condition = np.maximum(1.0, _conditioning(as_double))
    prepared = Prepared(case, quantity, truth, amplitude, condition, jets)
    if len(_PREPARED) > 512:
        _PREPARED.clear()
    _PREPARED[key] = prepared
    return prepared


def _varying(jets: Jets) -> Jets:
    n = jets.dim
    dg = jets.g[..., None] * np.ones(n)
    return Jets(
        jets.g, dg, dg[..., None] * np.ones(n), *(None if v is None else v + 1 for v in (jets.f, jets.df, jets.ddf))
    )


def _numbers(balls: Array) -> np.ndarray:
    """Balls as long doubles; one that holds 0 and is smaller than 1e-40 counts as 0."""
    values = floats(balls, np.longdouble)
    return np.where(np.abs(values) < 1e-40, np.longdouble(0), values)


def long_jets(case: Case, points: Sequence[Any] | None = None) -> Jets:
    """The jets at all points of a case, in extended precision."""
    all_jets = [case.jets(p) for p in (case.points if points is None else points)]
    return stack_jets(all_jets)


def stack_jets(all_jets: Sequence[Jets]) -> Jets:
    """Ball jets at several points as one batch in extended precision."""
    fields = []
    for name in JET_FIELDS:
        values = [getattr(j, name) for j in all_jets]
        fields.append(None if values[0] is None else np.stack([floats(v, np.longdouble) for v in values]))
    return Jets(*fields)


@dataclass
class Observation:
    """The program's value at one point of one case, beside the truth; ``asked`` as in `Outcome`."""

    prepared: Prepared
    index: int
    value: np.ndarray
    tolerance: float
    asked: int = -1

    @property
    def case(self) -> Case:
        return self.prepared.case

    @property
    def truth(self) -> np.ndarray:
        return self.prepared.truth[self.index]

    @property
    def error(self) -> float:
        """The largest componentwise error."""
        return float(np.max(np.abs(self.value - self.truth), initial=0.0))

    @property
    def relative_error(self) -> float:
        return self.error / self.scale

    @property
    def scale(self) -> float:
        size = float(np.max(np.abs(self.truth), initial=0.0))
        return size if size > 0 else max(self.amplitude, 1e-300)

    @property
    def amplitude(self) -> float:
        return float(self.prepared.amplitude[self.index])

    @property
    def condition(self) -> float:
        """How many units of rounding the textbook evaluation turns into one unit of relative error."""
        return self.amplitude * float(self.prepared.condition[self.index]) / self.scale

    @property
    def passed(self) -> bool:
        return self.error <= self.tolerance

    @property
    def hard(self) -> bool:
        """Nearly singular: too ill-conditioned to tell formulas apart."""
        return self.condition > 3e4


@dataclass
class Group:
    """Observations of one dimension, as arrays."""

    observations: list[Observation]
    jets: Jets
    values: np.ndarray
    truth: np.ndarray
    amplitude: np.ndarray

    def part(self, rows: Sequence[int]) -> Group:
        """Some of the observations."""
        at = list(rows)
        jets = Jets(*(None if (v := getattr(self.jets, k)) is None else v[at] for k in JET_FIELDS))
        return Group([self.observations[k] for k in at], jets, self.values[at], self.truth[at], self.amplitude[at])

    def mismatch(self, predicted: Array) -> np.ndarray:
        """Per observation (and mistake): the distance of the program's value from a prediction, relative to their
        size.
        """
        with np.errstate(all="ignore"):
            rank = self.values.ndim - 1
            axes = tuple(range(-rank, 0))
            distance = np.max(np.abs(self.values - predicted), axis=axes) if rank else np.abs(self.values - predicted)
            size = np.maximum(np.abs(self.values), np.abs(predicted))
            size = np.max(size, axis=axes) if rank else size
            result = distance / (size + 1e-3 * self.amplitude + 1e-300)
        return np.where(np.isfinite(result), result, np.inf).astype(float)


def group_by_dimension(observations: Iterable[Observation]) -> list[Group]:
    """The observations that can tell formulas apart, one group a dimension, the largest dimension first.

    Nearly singular ones are among them only where no other one fails: closed forms are right there too.
    """
    every = list(observations)
    usable = [o for o in every if not o.hard]
    if all(o.passed for o in usable):
        usable = [o for o in every if o.condition < 1e8]
    by_dim: dict[int, list[Observation]] = {}
    for o in usable:
        by_dim.setdefault(o.case.dim, []).append(o)
    groups = []
    for dim in sorted(by_dim, reverse=True):
        members = by_dim[dim]
        fields = {
            k: np.stack([getattr(o.prepared.jets, k)[o.index] for o in members]).astype(float) for k in JET_FIELDS
        }
        groups.append(
            Group(
                members, Jets(**fields), np.stack([o.value for o in members]).astype(float),
                np.stack([o.truth for o in members]).astype(float), np.array([o.amplitude for o in members]),
            )
        )  # fmt: skip
    return groups
