"""Checks of a density: ∫ p = 1 and E[s] = 0, exactly where the table reaches, otherwise to 25 digits."""

from __future__ import annotations

import math
from collections.abc import Sequence

import sympy as sp

from .closed_form import iterated
from .density import Density, DensityError
from .elliptical import EllipticalExpectation
from .logarithms import exp_of, tidy_log
from .moments import Expectation, TableExpectation
from .quadrature import Numbers, QuadratureError
from .sampling import Point, working_copy
from .table import Diverges

__all__ = ["NormalisationError", "check", "check_numerically", "exact_mass"]


class NormalisationError(DensityError):
    """∫ p is not 1; the message holds its value."""


def check(route: Expectation, points: Sequence[Point]) -> tuple[str, ...]:
    """∫ p = 1 exactly where the table can integrate the density, otherwise to 25 digits."""
    mass = exact_mass(route)
    if mass != 1:
        if mass is not None:
            _complain_unless_one(mass, points)
        text, route.point, _ = check_numerically(
            route.density, points, route=route if isinstance(route, EllipticalExpectation) else None
        )
        return (text,)
    means = "E[s] = 0 follows"
    if route.density.moving_bounds or route.density.kinks:
        try:
            values = [route.score_mean(i) for i in range(len(route.density.coordinates))]
            moving = [str(c) for c, v in zip(route.density.coordinates, values) if v != 0]
            means = "E[s] = 0" if not moving else f"E[s] ≠ 0 for {', '.join(moving)}: the support moves"
        except DensityError:
            means = "E[s] not checked"
    return (f"∫p = 1 exactly, {means}",)


def exact_mass(route: Expectation) -> sp.Expr | None:
    """∫ p in closed form, or None where the table has no entry."""
    if isinstance(route, (TableExpectation, EllipticalExpectation)):
        return route.mass()
    mass = None
    for signed in (False, True):
        mass = _table_mass(route, signed)
        if mass is None or mass == 1:
            break
    return mass


def _table_mass(route: Expectation, signed: bool) -> sp.Expr | None:
    copy = working_copy(route.density, route.point, signed)
    backward = {v: k for k, v in copy.stand_ins.items()}
    total = sp.S.Zero
    for piece in copy.density.pieces:
        try:
            found = iterated(piece)
        except Diverges as reason:
            raise NormalisationError(f"the density cannot be normalised: {str(reason).replace('_', '')}") from None
        if found is None:
            return None
        for condition in found.conditions:
            if condition.subs(copy.where).is_nonpositive:
                raise NormalisationError(
                    f"the density cannot be normalised: its integral converges only where "
                    f"{condition.xreplace(backward)} > 0"
                )
        total += exp_of(tidy_log(_one_sign(found.value)))
    total = total.xreplace(backward)
    try:
        return route.canonical(total)
    except (ArithmeticError, ValueError):
        return total


def _one_sign(value: sp.Expr) -> sp.Expr:
    """Logarithms of u and −u by one of them, log(−u) = log u + iπ, where the multiples of iπ then cancel.

    >>> n, p = sp.symbols("n p")
    >>> q = sp.Symbol("q")
    >>> _one_sign(n * sp.log(p - 1) - n * sp.log(1 - p) + n * sp.log(1 - q) - n * sp.log(q - 1))
    0
    """
    turned = {a: sp.log(-a.args[0]) + sp.I * sp.pi for a in value.atoms(sp.log) if a.args[0].could_extract_minus_sign()}
    oriented = sp.expand(value.xreplace(turned))
    return value if oriented.has(sp.I) else oriented


def _complain_unless_one(mass: sp.Expr, points: Sequence[Point]) -> None:
    """Numbers decide where the closed form of ∫p does not reduce to 1 by itself."""
    for point in points:
        value = sp.N(mass.subs(point), 30)
        if not value.is_number or abs(value - 1) > sp.Float(10) ** -25:
            where = ", ".join(f"{s} = {v}" for s, v in point.items())
            if value.is_number and abs(value - 1) < 1e-6:
                raise NormalisationError(f"the density is not quite normalised: {_rounded(mass, value, where)}")
            raise NormalisationError(
                f"the density is not normalised: ∫p = {mass}, which is {sp.N(value, 8)} at {where}"
            )


def _rounded(mass: sp.Expr, value: sp.Expr, where: str) -> str:
    """How far ∫p is from 1, and the constant that a decimal in the density stands for."""
    decimal, rest = mass.as_coeff_Mul()
    text = f"∫p − 1 = {sp.N(value - 1, 3)} at {where}"
    if decimal.is_Rational and decimal.q > 1 and set(sp.factorint(decimal.q)) <= {2, 5}:
        return f"{text}, since {sp.N(decimal, 17)} stands where {1 / rest} is exact; hand that in instead"
    return f"{text}; write its constants exactly, with sympy.pi, sqrt and Rational instead of decimals"


def check_numerically(
    density: Density, points: Sequence[Point], digits: int = 25, route: Expectation | None = None
) -> tuple[str, Point, bool]:
    """∫ p = 1 and E[s] = 0 by quadrature at one of the points; what was found, where, and whether all E[s²] are finite.

    The points are guesses: one outside the domain of the model fails, and the next is tried.  E[s] = 0 says that
    ∫ p stays 1 in the neighbourhood of the point.  A route that reduces the integrals to fewer variables may be given.

    Raises:
        NormalisationError: no point passes; the message tells of the first.
    """
    first: NormalisationError | None = None
    for point in points:
        try:
            text, finite = _check_at(density, point, digits, route)
            return text, point, finite
        except NormalisationError as reason:
            first = first or reason
    assert first is not None
    raise first


def _check_at(density: Density, point: Point, digits: int, route: Expectation | None) -> tuple[str, bool]:
    route = route or Expectation(density, point)
    several = (
        max(sum(not v.discrete for v in piece.variables) for piece in getattr(route, "reduced", density).pieces) > 1
    )
    digits = 12 if several else digits  # nodes multiply with the dimension
    ones: list[sp.Expr] = [sp.S.One] * len(density.pieces)
    where = ", ".join(f"{s} = {v}" for s, v in point.items())
    try:
        numbers, finite = _moments(route, ones, point, digits)
    except NotImplementedError as reason:
        raise DensityError(f"the density cannot be evaluated to check its normalisation: {reason}") from None
    except QuadratureError as reason:
        _blame_a_score(route, ones, point, where, digits, moving=density.moving_bounds)
        raise NormalisationError(f"the density could not be integrated at {where}: {reason}") from None
    reached = int(-math.log10(max(numbers.error, 10.0**-digits)))
    mass, *means = (float((v.real - (k == 0)).mid()) for k, v in enumerate(numbers.values[: 1 + len(route.scores)]))
    if abs(mass) > 10.0**-reached:
        if abs(mass) < 1e-6:
            raise NormalisationError(
                f"the density is not quite normalised: ∫p − 1 = {mass:.3g} at {where}; write its constants exactly, "
                "with sympy.pi, sqrt and Rational instead of decimals"
            )
        raise NormalisationError(f"the density is not normalised: ∫p = {1 + mass:.10g} at {where}")
    moving = []
    for c, m in zip(density.coordinates, means):
        if abs(m) > 10.0 ** (4 - reached):
            if not density.moving_bounds:
                raise NormalisationError(
                    f"E[∂ log p/∂{c}] = {m:.3g}, not 0: the density is not normalised for all values of {c}"
                )
            moving.append(str(c))
    means_text = f"E[s] ≠ 0 for {', '.join(moving)}: the support moves" if moving else "E[s] = 0"
    return f"∫p = 1 and {means_text} to {reached} digits at {where}", finite


def _moments(route: Expectation, ones: list[sp.Expr], point: Point, digits: int) -> tuple[Numbers, bool]:
    """∫ p and E[s], with E[s²] in the same sweep where these exist."""
    rows = [ones, *route.scores]
    try:
        return route.numbers([*rows, *(route._product(s, s) for s in route.scores)], point, digits, enough=10), True
    except QuadratureError:
        return route.numbers(rows, point, digits, enough=10), False


def _blame_a_score(
    route: Expectation, ones: list[sp.Expr], point: Point, where: str, digits: int, moving: bool
) -> None:
    """Say so where the density itself can be integrated and a score cannot.

    Raises:
        DensityError: E[s_i] could not be integrated; where it diverges, there is no Fisher metric.
    """
    try:
        route.numbers([ones], point, digits, enough=6)
    except QuadratureError:
        return
    for c, score in zip(route.density.coordinates, route.scores):
        try:
            route.numbers([score], point, digits, enough=6)
        except QuadratureError:
            raise DensityError(
                f"E[∂ log p/∂{c}] could not be integrated at {where}, although p could be"
                + (": the density is unbounded at an end of its support that moves" if moving else "")
                + "; where it diverges, the Fisher metric does not exist"
            ) from None
