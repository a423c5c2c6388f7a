"""From a density to its expectations: the routes, fastest exact one first.

1. exponential family: the log-partition is read off the density and differentiated;
2. table: closed forms of standard kernels, after a change of variable for group families;
3. symbolic: SymPy's integrator under a time limit;
4. quadrature: the integrals stay sums over nodes, on which everything else works unchanged.

Each route supplies E[f]; from it follow g_ij = E[s_i s_j], T_ijk = E[s_i s_j s_k],
Γ^(1)_{ij,k} = E[∂_i∂_jℓ s_k] and the cross-form −E[∂_i∂_jℓ].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sympy as sp

from chentsov.geometry.exact import DifferentialField

from .closed_form import Standard, integral, iterated, standard_forms
from .density import Density, DensityError, Piece, differentiate
from .exponential import ExponentialForm, by_promotion, expectation_parameters, recognise
from .logarithms import exp_of, reduce_gamma, tidy_log
from .quadrature import QuadratureError, expectations
from .sampling import Point, sample_points, sign_at, working_symbols
from .symbolic import integrate, within
from .table import Diverges

Functions = Sequence[sp.Expr]  # one expression for each piece of the density


class NormalisationError(DensityError):
    """∫ p is not 1; the message holds its value."""


@dataclass(frozen=True)
class Provenance:
    """Which route made a result, by which substitution or form, and what was checked how."""

    route: str
    details: str
    checks: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        return f"{self.route}: {self.details}" + "".join(f"; {c}" for c in self.checks)


class Expectation:
    """E over a density in closed form, and the tensors that follow from it.

    Subclasses supply ``mean``; the tensors below are the definitions.
    """

    route = ""

    def __init__(self, density: Density, point: Point) -> None:
        self.density = density
        self.point = point
        self.details = ""
        self.field = DifferentialField(density.coordinates)
        self._means: dict[tuple[sp.Expr, ...], sp.Expr] = {}

    # -- supplied by a route ------------------------------------------------------------------

    def _mean(self, functions: Functions) -> sp.Expr | None:
        raise NotImplementedError

    def mean(self, functions: Functions) -> sp.Expr:
        """E[f], f given on each piece.

        Raises:
            DensityError: the route has no closed form for this one.
        """
        key = tuple(functions)
        if key not in self._means:
            value = self._mean(functions)
            if value is None or value.has(sp.Integral, sp.Sum):
                raise DensityError(
                    f"the expectation of {functions[0]} has no closed form on the route '{self.route}'; "
                    "numbers come from expectation_at(...)"
                )
            self._means[key] = self.canonical(value)
        return self._means[key]

    def canonical(self, value: sp.Expr) -> sp.Expr:
        return self.field(reduce_gamma(value, plain=True)).as_expr()

    # -- scores -----------------------------------------------------------------------------------

    @cached_property
    def scores(self) -> list[list[sp.Expr]]:
        """s_i on each piece, indexed [i][piece]."""
        columns = [self.density.score(piece) for piece in self.density.pieces]
        return [list(row) for row in zip(*columns)]

    def second(self, i: int, j: int) -> list[sp.Expr]:
        """∂_i∂_j log p on each piece."""
        symbol = self.density.coordinates[max(i, j)]
        return [differentiate(s, symbol) for s in self.scores[min(i, j)]]

    def _product(self, *factors: Functions) -> Functions:
        return [sp.Mul(*parts) for parts in zip(*factors)]

    # -- tensors ------------------------------------------------------------------------------------

    def score_mean(self, i: int) -> sp.Expr:
        """E[s_i]; zero for a regular density."""
        return self.mean(self.scores[i])

    def metric(self, i: int, j: int) -> sp.Expr:
        """g_ij = E[s_i s_j]."""
        return self.mean(self._product(self.scores[i], self.scores[j]))

    def cubic(self, i: int, j: int, k: int) -> sp.Expr:
        """T_ijk = E[s_i s_j s_k]."""
        return self.mean(self._product(self.scores[i], self.scores[j], self.scores[k]))

    def exponential_connection(self, i: int, j: int, k: int) -> sp.Expr:
        """Γ^(1)_{ij,k} = E[∂_i∂_jℓ s_k]."""
        return self.mean(self._product(self.second(i, j), self.scores[k]))

    def negative_hessian(self, i: int, j: int) -> sp.Expr:
        """−E[∂_i∂_jℓ]."""
        return self.canonical(-self.mean(self.second(i, j)))

    def hessian_covariance(self, i: int, j: int, k: int, l: int) -> sp.Expr:
        """Cov(∂_i∂_jℓ, ∂_k∂_lℓ)."""
        product = self.mean(self._product(self.second(i, j), self.second(k, l)))
        return self.canonical(product - self.mean(self.second(i, j)) * self.mean(self.second(k, l)))


class ExponentialExpectation(Expectation):
    """Route 1: everything from η(θ) and μ(θ) = E[t]."""

    route = "exponential family"

    def __init__(self, density, point, form: ExponentialForm, mu: list[Any], promoted=()) -> None:
        super().__init__(density, point)
        self.form = form
        self.eta = [self.field(n) for n in form.natural]
        self.mu = [self.field(m.as_expr() if hasattr(m, "as_expr") else m) for m in mu]
        self.potential = self.field(form.log_partition)
        self.promoted = promoted
        self.details = "statistics " + ", ".join(map(str, form.statistics))
        if promoted:
            self.details += f"; means from the full family with {', '.join(map(str, promoted))} as coordinates"
        self._table: Expectation | None = None

    @cached_property
    def _partial(self) -> dict[sp.Symbol, tuple[list[Any], list[Any]]]:
        return {c: ([e.diff(c) for e in self.eta], [m.diff(c) for m in self.mu]) for c in self.density.coordinates}

    def _contract(self, left, right) -> sp.Expr:
        return sum((a * b for a, b in zip(left, right)), self.field.zero).as_expr()

    def score_mean(self, i):
        c = self.density.coordinates[i]
        slope = sum((a * b for a, b in zip(self._partial[c][0], self.mu)), self.field.zero)
        return (slope - self.potential.diff(c)).as_expr()

    def metric(self, i, j):
        ci, cj = (self.density.coordinates[k] for k in (i, j))
        return self._contract(self._partial[ci][0], self._partial[cj][1])

    def exponential_connection(self, i, j, k):
        ci, cj, ck = (self.density.coordinates[m] for m in (i, j, k))
        return self._contract([e.diff(cj) for e in self._partial[ci][0]], self._partial[ck][1])

    def mixture_connection(self, i, j, k):
        """Γ^(−1)_{ij,k} = ∂_i∂_jμ_a ∂_kη_a."""
        ci, cj, ck = (self.density.coordinates[m] for m in (i, j, k))
        return self._contract([m.diff(cj) for m in self._partial[ci][1]], self._partial[ck][0])

    def cubic(self, i, j, k):
        ci, cj, ck = (self.density.coordinates[m] for m in (i, j, k))
        mixture = sum(
            (m.diff(cj) * e for m, e in zip(self._partial[ci][1], self._partial[ck][0])), self.field.zero
        )
        exponential = sum(
            (e.diff(cj) * m for e, m in zip(self._partial[ci][0], self._partial[ck][1])), self.field.zero
        )
        return (mixture - exponential).as_expr()

    def negative_hessian(self, i, j):
        ci, cj = (self.density.coordinates[k] for k in (i, j))
        bent = sum((e.diff(cj) * m for e, m in zip(self._partial[ci][0], self.mu)), self.field.zero)
        return (self.potential.diff(ci).diff(cj) - bent).as_expr()

    def hessian_covariance(self, i, j, k, l):
        if not self.promoted and len(self.eta) == len(self.density.coordinates):
            # Cov(t_a, t_b) = ∂μ_a/∂η_b, so Cov(∂∂ℓ, ∂∂ℓ) = ∂_i∂_jη_a · (∂_mμ_a)(∂θ^m/∂η_b) · ∂_k∂_lη_b.
            from chentsov.geometry.exact import inverse

            cs = self.density.coordinates
            back = inverse([[self._partial[c][0][a] for a in range(len(self.eta))] for c in cs])
            left = [self._partial[cs[i]][0][a].diff(cs[j]) for a in range(len(self.eta))]
            right = [self._partial[cs[k]][0][a].diff(cs[l]) for a in range(len(self.eta))]
            total = self.field.zero
            for m, c in enumerate(cs):
                along = sum((left[a] * self._partial[c][1][a] for a in range(len(left))), self.field.zero)
                total = total + along * sum((back[b][m] * right[b] for b in range(len(right))), self.field.zero)
            return total.as_expr()
        return super().hessian_covariance(i, j, k, l)

    def _mean(self, functions):
        if self._table is None:
            self._table = table_route(self.density, self.point)
        if self._table is None:
            return None
        return self._table._mean(functions)


class TableExpectation(Expectation):
    """Route 2: kernels of the table, in standard form."""

    route = "closed-form integrals"

    def __init__(self, density, point, stand_ins: Mapping, parts: list[list[Standard]]) -> None:
        super().__init__(density, point)
        self.parts = parts
        self.forward = dict(stand_ins)
        self.backward = {v: k for k, v in stand_ins.items()}
        steps = [s for group in parts for part in group[:1] for s in part.steps]
        if steps:
            self.route = "group reduction"
        self.details = "; ".join(dict.fromkeys(_plain(s) for s in steps)) or "standard kernels"

    def _mean(self, functions):
        total = sp.S.Zero
        for f, group in zip(functions, self.parts):
            f = f.xreplace(self.forward)
            for part in group:
                try:
                    value = integral(f, part)
                except Diverges as reason:
                    raise DensityError(f"an expectation diverges: {str(reason).replace('_', '')}") from None
                if value is None:
                    return None
                total += value
        return total.xreplace(self.backward)

    def mass(self) -> sp.Expr:
        """∫ p."""
        total = sp.S.Zero
        for group in self.parts:
            for part in group:
                found = iterated(part.piece)
                total += exp_of(tidy_log(found.value))
        return self.canonical(total.xreplace(self.backward))


def _plain(step: str) -> str:
    return step.replace("_", "")


class SymbolicExpectation(Expectation):
    """Route 3: ``sympy.integrate`` and ``sympy.summation`` within a time limit."""

    route = "symbolic integration"

    def __init__(self, density, point, stand_ins, seconds: float) -> None:
        super().__init__(density, point)
        self.forward = dict(stand_ins)
        self.backward = {v: k for k, v in stand_ins.items()}
        self.pieces = [p.substitute(self.forward) for p in density.pieces]
        self.seconds = seconds
        self.details = f"SymPy within {seconds:g} s"

    def _mean(self, functions):
        total = sp.S.Zero
        for f, piece in zip(functions, self.pieces):
            value = within(self.seconds, integrate, f.xreplace(self.forward), piece)
            if value is None:
                return None
            total += value
        return total.xreplace(self.backward)


# -- choosing -------------------------------------------------------------------------------------


def working_copy(density: Density, point: Point, signed: bool = False) -> tuple[Density, dict, dict]:
    """The density in symbols with assumptions, the map to them, and the sample point there."""
    stand_ins = working_symbols(density, point, signed)
    pieces = [p.substitute(stand_ins) for p in density.pieces]
    copy = Density(tuple(pieces), tuple(stand_ins[c] for c in density.coordinates))
    return copy, stand_ins, {stand_ins[s]: v for s, v in point.items()}


def table_route(density: Density, point: Point) -> TableExpectation | None:
    """The first way of writing the density in standard form in which its Fisher metric is closed."""
    copy, stand_ins, where = working_copy(density, point)
    options: list[list[list[Standard]]] = [[]]
    for piece in copy.pieces:
        forms = []
        for parts in standard_forms(piece, sign_at(where)):
            forms.append(parts)
            if len(forms) == 4:
                break
        if not forms:
            return None
        options = [[*chosen, f] for chosen in options for f in forms][:8]
    for parts in options:
        candidate = TableExpectation(density, point, stand_ins, parts)
        try:
            n = len(density.coordinates)
            values = [candidate._mean(candidate._product(candidate.scores[i], candidate.scores[j]))
                      for i in range(n) for j in range(i + 1)]
        except (DensityError, NotImplementedError):
            continue
        if all(v is not None for v in values):
            return candidate
    return None


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
    copy, stand_ins, _ = working_copy(density, point)
    backward = {v: k for k, v in stand_ins.items()}
    form = recognise(copy)
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
        return ExponentialExpectation(density, point, form, mu)
    promoted = by_promotion(copy)
    if promoted is not None:
        larger, means, extra = promoted
        natural = [n.xreplace(backward) for n in larger.natural]
        statistics = tuple(t.xreplace(backward) for t in larger.statistics)
        form = ExponentialForm(tuple(natural), statistics, larger.carrier.xreplace(backward),
                               larger.log_partition.xreplace(backward))
        values = [m.as_expr().xreplace(backward) for m in means]
        return ExponentialExpectation(density, point, form, values, tuple(backward[e] for e in extra))
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
    quadrature: Callable[[Density, Point], Expectation] | None = None,
    only: str | None = None,
) -> tuple[Expectation, Provenance]:
    """The fastest route that gives the Fisher metric, with normalisation checked.

    Raises:
        DensityError: not a density (see the message), or no route finishes.
    """
    points = sample_points(density, domain)
    point = points[0]
    attempts: list[tuple[str, Callable[[], Expectation | None]]] = [
        ("exponential", lambda: exponential_route(density, point)),
        ("table", lambda: table_route(density, point)),
        ("symbolic", lambda: _symbolic_route(density, point, time_limit)),
        ("quadrature", lambda: quadrature(density, point) if quadrature else None),
    ]
    known = [name for name, _ in attempts]
    if only is not None:
        if only not in known:
            raise DensityError(f"unknown route {only!r}; known are {', '.join(known)}")
        attempts = [a for a in attempts if a[0] == only]
    checked = ""
    for name, attempt in attempts:
        if name in ("symbolic", "quadrature") and not checked:
            checked = check_numerically(density, points)  # before anything slow
        route = attempt()
        if route is not None:
            checks = (checked,) if checked else check(route, points)
            return route, Provenance(route.route, route.details, checks)
    if not checked:
        check_numerically(density, points)
    raise DensityError(
        "no route gives the Fisher metric in closed form"
        + (f" on the route {only!r}" if only else "")
        + "; tried " + ", ".join(name for name, _ in attempts)
    )


def _symbolic_route(density: Density, point: Point, seconds: float) -> SymbolicExpectation | None:
    if seconds <= 0:
        return None
    _, stand_ins, _ = working_copy(density, point)
    route = SymbolicExpectation(density, point, stand_ins, seconds)
    try:
        route.metric(0, 0)
        route.seconds = max(seconds, 4.0)
        for i in range(len(density.coordinates)):
            for j in range(i + 1):
                route.metric(i, j)
    except DensityError:
        return None
    return route


# -- checks -----------------------------------------------------------------------------------------


def check(route: Expectation, points: Sequence[Point]) -> tuple[str, ...]:
    """∫ p = 1 exactly where the table can integrate the density, otherwise to 25 digits."""
    mass = exact_mass(route)
    if mass is None:
        return (check_numerically(route.density, points),)
    if mass != 1:
        _complain_unless_one(mass, points)
        return (check_numerically(route.density, points),)
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
    if isinstance(route, TableExpectation):
        return route.mass()
    mass = None
    for signed in (False, True):
        mass = _table_mass(route, signed)
        if mass is None or mass == 1:
            break
    return mass


def _table_mass(route: Expectation, signed: bool) -> sp.Expr | None:
    copy, stand_ins, where = working_copy(route.density, route.point, signed)
    backward = {v: k for k, v in stand_ins.items()}
    total = sp.S.Zero
    for piece in copy.pieces:
        try:
            found = iterated(piece)
        except Diverges as reason:
            raise NormalisationError(f"the density cannot be normalised: {str(reason).replace('_', '')}") from None
        if found is None:
            return None
        for condition in found.conditions:
            if condition.subs(where).is_nonpositive:
                raise NormalisationError(
                    f"the density cannot be normalised: its integral converges only where "
                    f"{condition.xreplace(backward)} > 0"
                )
        total += exp_of(tidy_log(found.value))
    total = total.xreplace(backward)
    try:
        return route.canonical(total)
    except (ArithmeticError, ValueError):
        return total


def _complain_unless_one(mass: sp.Expr, points: Sequence[Point]) -> None:
    """Numbers decide where the closed form of ∫p does not reduce to 1 by itself."""
    for point in points:
        value = sp.N(mass.subs(point), 30)
        if not value.is_number or abs(value - 1) > sp.Float(10) ** -25:
            raise NormalisationError(
                f"the density is not normalised: ∫p = {mass}, which is {sp.N(value, 8)} at "
                + ", ".join(f"{s} = {v}" for s, v in point.items())
            )


def check_numerically(density: Density, points: Sequence[Point], digits: int = 25) -> str:
    """∫ p = 1 and E[s] = 0 at the sample points, by quadrature; returns what was found."""
    worst = 0.0
    moving: set[str] = set()
    for point in points[: 1 if len(density.pieces[0].variables) > 1 else 2]:
        scores = [list(row) for row in zip(*(density.score(piece) for piece in density.pieces))]
        ones: list[sp.Expr] = [sp.S.One] * len(density.pieces)
        try:
            numbers = expectations(density, [ones, *scores], point, digits)
        except NotImplementedError as reason:
            raise DensityError(f"the density cannot be evaluated to check its normalisation: {reason}") from None
        except QuadratureError as reason:
            where = ", ".join(f"{s} = {v}" for s, v in point.items())
            raise NormalisationError(f"the density could not be integrated at {where}: {reason}") from None
        mass, *means = (float((v.real - (k == 0)).mid()) for k, v in enumerate(numbers.values))
        if abs(mass) > 10.0**-digits:
            where = ", ".join(f"{s} = {v}" for s, v in point.items())
            raise NormalisationError(f"the density is not normalised: ∫p = {1 + mass:.10g} at {where}")
        worst = max(worst, abs(mass))
        for c, m in zip(density.coordinates, means):
            if abs(m) > 10.0 ** -(digits - 5):
                if not density.moving_bounds:
                    raise NormalisationError(
                        f"E[∂ log p/∂{c}] = {m:.3g}, not 0: the density is not normalised for all values of {c}"
                    )
                moving.add(str(c))
    means_text = "E[s] = 0" if not moving else f"E[s] ≠ 0 for {', '.join(sorted(moving))}: the support moves"
    return f"∫p = 1 and {means_text} to {digits} digits at sample points"


__all__ = [
    "DensityError",
    "Expectation",
    "ExponentialExpectation",
    "NormalisationError",
    "Piece",
    "Provenance",
    "TableExpectation",
    "choose",
]
