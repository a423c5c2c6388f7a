"""Projections in an exponential family: the point of a flat submodel that is nearest by Kullback and Leibler.

Projecting onto the e-flat set θ₀ + span(d_a) along m-geodesics and onto the m-flat set {d_a·η = c_a} along e-geodesics
are one problem: the point θ = θ₀ + Σ u_a d_a at which d_a·η(θ) has a given value.  Its Jacobian is the Fisher metric
between the directions, so Newton's method goes down a convex function (Amari and Nagaoka 2000, ch. 3.5).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import sympy as sp
from flint import arb, arb_mat

from ..expectation.balls import as_sympy, precision
from ..kernels.ball import BallProgram, as_ball
from ..kernels.lower import lower
from .inputs import ManifoldError

if TYPE_CHECKING:
    from .exponential_family import ExponentialFamily

__all__ = ["point_with_means"]

_MOST_STEPS = 200


def point_with_means(
    family: ExponentialFamily,
    start: Sequence[sp.Expr],
    directions: Sequence[Sequence[sp.Expr]],
    means: Sequence[sp.Expr],
    digits: int,
    failure: str,
) -> tuple[sp.Float, ...]:
    """θ in start + span(directions) with direction_a·η(θ) = means_a, to that many digits.

    Raises:
        ManifoldError: directions that are zero or dependent, points that are no numbers, or no convergence.
    """
    for k, row in enumerate(directions):
        if all(v == 0 for v in row):
            raise ManifoldError(f"direction {k} is zero: it spans nothing")
    loose = set().union(*(e.free_symbols for e in [*start, *sp.flatten(directions), *means])) | set(family.constants)
    if loose:
        raise ManifoldError(
            f"a projection is made of numbers; {', '.join(sorted(s.name for s in loose))} has no value here"
        )
    n, m = family.dim, len(directions)
    program = lower([*family.dual_coordinates, *family.metric], list(family.coordinates))
    run = BallProgram(program, {})
    with precision(int(3.33 * (digits + 10)) + 40):
        theta = arb_mat(n, 1, [as_ball(v).mid() for v in start])
        d = arb_mat(m, n, [as_ball(v) for row in directions for v in row])
        goal = arb_mat(m, 1, [as_ball(v) for v in means])
        for _ in range(_MOST_STEPS):
            found = [v.mid() for v in run(dict(zip(program.inputs, theta.entries())))]
            eta, metric = arb_mat(n, 1, found[:n]), arb_mat(n, n, found[n:])
            try:
                step = (d * metric * d.transpose()).solve(d * eta - goal)
            except ZeroDivisionError:
                raise ManifoldError("the directions are linearly dependent, or the metric is singular there") from None
            size = math.hypot(*(float(s.mid()) for s in step.entries()))
            if not math.isfinite(size):
                break
            if all(abs(s) < arb(10) ** -(digits + 3) for s in step.entries()):
                return tuple(as_sympy(t, digits) for t in theta.entries())
            shift = d.transpose() * step
            scale = max(1.0, size)  # steps of at most unit length keep to the domain
            theta = arb_mat(n, 1, [(t - s / scale).mid() for t, s in zip(theta.entries(), shift.entries())])
    raise ManifoldError(f"the projection does not converge: {failure}")
