"""From a density to its expectations: the routes, fastest exact one first.

1. exponential family: the log-partition is read off the density and differentiated;
2. elliptical: several variables that enter through one quadratic form are reduced to its value;
3. table: closed forms of standard kernels, after a change of variable for group families;
4. symbolic: SymPy's integrator under a time limit;
5. quadrature: the integrals stay sums over nodes, on which everything else works unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

import sympy as sp
from chentsov.geometry.exact import DifferentialField

from .changes import Standard, fewest_parameters, standard_forms
from .checks import check, check_numerically
from .density import Density, DensityError
from .elliptical import EllipticalExpectation, elliptical_form
from .exponential import ExponentialForm, by_promotion, expectation_parameters, recognise
from .moments import Expectation, ExponentialExpectation, SymbolicExpectation, TableExpectation
from .nodes import NodeExpectation, check_finite
from .sampling import Point, sample_points, working_copy
from .symbolic import has_a_chance

__all__ = ["Provenance", "choose", "exponential_route", "table_route"]


@dataclass(frozen=True)
class Provenance:
    """Which route made a result, by which substitution or form, and what was checked how."""

    route: str
    details: str
    checks: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        return f"{self.route}: {self.details}" + "".join(f"; {c}" for c in self.checks)


def table_route(density: Density, point: Point) -> TableExpectation | None:
    """The first way of writing the density in standard form in which its Fisher metric is closed."""
    return next((c for c in _table_candidates(density, point) if _closed(c)), None)


def _table_candidates(density: Density, point: Point) -> Iterator[TableExpectation]:
    """The ways of writing a density in standard form whose mass the table knows."""
    copy = working_copy(density, point)
    options: list[list[list[Standard]]] = [[]]
    for piece in copy.density.pieces:
        forms = []
        for parts in standard_forms(piece, copy.sign_of):
            forms.append(parts)
            if len(forms) == 4:
                break
        options = [[*before, f] for before in options for f in forms][:8]
    for chosen in options:
        yield TableExpectation(density, point, copy.stand_ins, chosen)


def _closed(route: Expectation) -> bool:
    """Whether the Fisher metric has a closed form on the route."""
    n = range(len(route.density.coordinates))
    try:
        values = [route._mean(route._product(route.scores[i], route.scores[j])) for i in n for j in range(i + 1)]
    except (DensityError, NotImplementedError):
        return False
    return all(v is not None for v in values)


def _reduction(density: Density, point: Point) -> EllipticalExpectation | None:
    """Several variables reduced to the radial one, with nothing known yet of the integrals over it."""
    form = elliptical_form(density, point)
    if form is None:
        return None
    return EllipticalExpectation(density, point, form, Expectation(form.reduced(density.coordinates), point))


def elliptical_route(reduction: EllipticalExpectation | None) -> EllipticalExpectation | None:
    """The table's integrals over the radial variable."""
    if reduction is None:
        return None
    routes = (reduction.over(inner) for inner in _table_candidates(reduction.reduced, reduction.point))
    return next((r for r in routes if _closed(r)), None)


def radial_quadrature(reduction: EllipticalExpectation, finite: bool) -> EllipticalExpectation:
    """Quadrature nodes for the radial variable; ``finite`` says that all E[s²] are known to be."""
    if not finite:
        check_finite(reduction)
    return reduction.over(NodeExpectation(reduction.reduced, reduction.point, check=False))


def harmless_bounds(density: Density, form: ExponentialForm) -> bool:
    """Whether all boundary terms t p ∂b of a moving support vanish, as on a circle."""
    if not density.moving_bounds:
        return True
    (piece,) = density.pieces
    p = sp.exp(piece.log_density)
    bounded_by = set().union(*(v.lower.free_symbols | v.upper.free_symbols for v in piece.variables))
    for v in piece.variables:
        moving = [c for c in density.coordinates if c in (v.lower.free_symbols | v.upper.free_symbols)]
        if moving and (v.discrete or v.symbol in bounded_by):
            return False
        for c in moving:
            for t in (sp.S.One, *form.statistics):
                ends = [(t * p).subs(v.symbol, end) * end.diff(c) for end in (v.upper, v.lower)]
                if sp.simplify(sp.expand_trig(ends[0] - ends[1])) != 0:
                    return False
    return True


def exponential_route(density: Density, point: Point) -> ExponentialExpectation | None:
    """Route 1, with μ from the density itself, from promoted constants, or from the table."""
    copy = working_copy(density, point)
    backward = {v: k for k, v in copy.stand_ins.items()}
    form = recognise(copy.density)
    if form is None or not form.natural:
        return None
    form = ExponentialForm(
        tuple(n.xreplace(backward) for n in form.natural),
        tuple(t.xreplace(backward) for t in form.statistics),
        form.carrier.xreplace(backward),
        form.log_partition.xreplace(backward),
    )
    if not harmless_bounds(density, form):
        return None
    mu = expectation_parameters(form, density.coordinates, DifferentialField(density.coordinates))
    if mu is not None:
        route = ExponentialExpectation(density, point, form, mu)
        route.fallback = partial(table_route, density, point)
        return route
    promoted = by_promotion(copy.density)
    if promoted is not None:
        larger, means, extra = promoted
        natural = [n.xreplace(backward) for n in larger.natural]
        statistics = tuple(t.xreplace(backward) for t in larger.statistics)
        form = ExponentialForm(
            tuple(natural), statistics, larger.carrier.xreplace(backward), larger.log_partition.xreplace(backward)
        )
        values = [m.as_expr().xreplace(backward) for m in means]
        route = ExponentialExpectation(density, point, form, values, tuple(backward[e] for e in extra))
        route.fallback = partial(table_route, density, point)
        return route
    if len(form.natural) <= len(density.coordinates):
        return None
    table = table_route(density, point)
    if table is None:
        return None
    try:
        values = [table.mean([t]) for t in form.statistics]
    except (DensityError, NotImplementedError):
        return None
    route = ExponentialExpectation(density, point, form, values)
    route._table = table
    route.details += "; means by closed-form integrals"
    return route


def choose(
    density: Density,
    domain: Mapping | None = None,
    *,
    time_limit: float = 5.0,
    only: str | None = None,
) -> tuple[Expectation, Provenance]:
    """The fastest route that gives the Fisher metric, with normalisation checked.

    Raises:
        DensityError: not a density (see the message), or no route finishes.
    """
    points = sample_points(density, domain, count=4)
    point = points[0]
    reduction = _reduction(density, point)
    attempts: list[tuple[str, Callable[[], Expectation | None]]] = [
        ("exponential", lambda: exponential_route(density, point)),
        ("elliptical", lambda: elliptical_route(reduction)),
        ("table", lambda: table_route(density, point)),
        ("symbolic", lambda: None if reduction else _symbolic_route(density, point, time_limit, only is not None)),
        (
            "quadrature",
            lambda: (
                radial_quadrature(reduction, finite) if reduction else NodeExpectation(density, point, check=not finite)
            ),
        ),
    ]
    known = [name for name, _ in attempts]
    if only is not None:
        if only not in known:
            raise DensityError(f"unknown route {only!r}; known are {', '.join(known)}")
        attempts = [a for a in attempts if a[0] == only]
    checked, finite = "", False
    for name, attempt in attempts:
        if name in ("symbolic", "quadrature") and not checked:
            checked, point, finite = check_numerically(density, points, route=reduction)  # before anything slow
            if reduction is not None:
                reduction.point = point
        route = attempt()
        if route is not None:
            checks = (checked,) if checked else check(route, points)
            return route, Provenance(route.route, route.details, checks)
    if not checked:
        check_numerically(density, points, route=reduction)
    raise DensityError(
        "no route gives the Fisher metric in closed form"
        + (f" on the route {only!r}" if only else "")
        + "; tried "
        + ", ".join(name for name, _ in attempts)
    )


def _symbolic_route(density: Density, point: Point, seconds: float, insist: bool = False) -> SymbolicExpectation | None:
    if seconds <= 0:
        return None
    copy = working_copy(density, point)
    parts = [fewest_parameters(piece, copy.sign_of) for piece in copy.density.pieces]
    route = SymbolicExpectation(density, point, copy.stand_ins, parts, seconds)
    if not insist and not all(
        has_a_chance(f * sp.exp(piece.log_density), piece.symbols)
        for s in route.scores
        for f, piece in route.integrands(route._product(s, s))
    ):
        return None
    try:
        route.metric(0, 0)
        route.seconds = max(seconds, 4.0)
        for i in range(len(density.coordinates)):
            for j in range(i + 1):
                route.metric(i, j)
    except DensityError:
        return None
    return route
