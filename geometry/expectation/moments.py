"""E[f] in closed form and the tensors that follow from it, one class for each route.

g_ij = E[s_i s_j], T_ijk = E[s_i s_j s_k], Γ^(1)_{ij,k} = E[∂_i∂_jℓ s_k] and the cross-form −E[∂_i∂_jℓ] are
written once, by definition; an exponential family has shorter formulas for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import sympy as sp
from chentsov.geometry.exact import DifferentialField, inverse

from .changes import Standard
from .closed_form import integral, iterated
from .density import Density, DensityError, Piece, differentiate
from .exponential import ExponentialForm
from .logarithms import exp_of, reduce_gamma, tidy_log
from .quadrature import Numbers, QuadratureError, expectations
from .rigorous import expectation_balls
from .sampling import Point
from .symbolic import integrate, within
from .table import Diverges

__all__ = ["Expectation", "ExponentialExpectation", "Functions", "SymbolicExpectation", "TableExpectation"]

Functions = Sequence[sp.Expr]  # one expression for each piece of the density


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

    @property
    def nodes(self) -> Any:
        """The expectation whose quadrature nodes are the rows of the Means in the results, if there are Means."""
        return None

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

    def numbers(
        self, rows: Sequence[Functions], point: Mapping[sp.Symbol, Any], digits: int, enough: int | None = None
    ) -> Numbers:
        """E[f] for each row f at a parameter point, by quadrature; f is in the terms of ``scores`` and ``second``."""
        return expectations(self.density, rows, point, digits, enough)

    def balls(self, rows: Sequence[Functions], point: Mapping[sp.Symbol, Any], digits: int) -> list[Any]:
        """The same as balls that contain the truth, tails included."""
        return expectation_balls(self.density, rows, point, digits)

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

    def __init__(
        self, density: Density, point: Point, form: ExponentialForm, mu: list[Any], promoted: tuple[sp.Symbol, ...] = ()
    ) -> None:
        super().__init__(density, point)
        self.form = form
        self.eta = [self.field(n) for n in form.natural]
        self.mu = [self.field(m.as_expr() if hasattr(m, "as_expr") else m) for m in mu]
        self.potential = self.field(form.log_partition)
        self.promoted = promoted
        self.details = "statistics " + ", ".join(map(str, form.statistics))
        if promoted:
            self.details += f"; means from the full family with {', '.join(map(str, promoted))} as coordinates"
        self.fallback: Callable[[], Expectation | None] = lambda: None
        self._table: Expectation | None = None

    @cached_property
    def _partial(self) -> dict[sp.Symbol, tuple[list[Any], list[Any]]]:
        return {c: ([e.diff(c) for e in self.eta], [m.diff(c) for m in self.mu]) for c in self.density.coordinates}

    def _contract(self, left: Sequence[Any], right: Sequence[Any]) -> sp.Expr:
        return sum((a * b for a, b in zip(left, right)), self.field.zero).as_expr()

    def score_mean(self, i: int) -> sp.Expr:
        c = self.density.coordinates[i]
        slope = sum((a * b for a, b in zip(self._partial[c][0], self.mu)), self.field.zero)
        return (slope - self.potential.diff(c)).as_expr()

    def metric(self, i: int, j: int) -> sp.Expr:
        ci, cj = (self.density.coordinates[k] for k in (i, j))
        return self._contract(self._partial[ci][0], self._partial[cj][1])

    def exponential_connection(self, i: int, j: int, k: int) -> sp.Expr:
        ci, cj, ck = (self.density.coordinates[m] for m in (i, j, k))
        return self._contract([e.diff(cj) for e in self._partial[ci][0]], self._partial[ck][1])

    def cubic(self, i: int, j: int, k: int) -> sp.Expr:
        ci, cj, ck = (self.density.coordinates[m] for m in (i, j, k))
        mixture = sum((m.diff(cj) * e for m, e in zip(self._partial[ci][1], self._partial[ck][0])), self.field.zero)
        exponential = sum((e.diff(cj) * m for e, m in zip(self._partial[ci][0], self._partial[ck][1])), self.field.zero)
        return (mixture - exponential).as_expr()

    def negative_hessian(self, i: int, j: int) -> sp.Expr:
        ci, cj = (self.density.coordinates[k] for k in (i, j))
        bent = sum((e.diff(cj) * m for e, m in zip(self._partial[ci][0], self.mu)), self.field.zero)
        return (self.potential.diff(ci).diff(cj) - bent).as_expr()

    def hessian_covariance(self, i: int, j: int, k: int, l: int) -> sp.Expr:
        if not self.promoted and len(self.eta) == len(self.density.coordinates):
            # Cov(t_a, t_b) = ∂μ_a/∂η_b, so Cov(∂∂ℓ, ∂∂ℓ) = ∂_i∂_jη_a · (∂_mμ_a)(∂θ^m/∂η_b) · ∂_k∂_lη_b.
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

    def _mean(self, functions: Functions) -> sp.Expr | None:
        if self._table is None:
            self._table = self.fallback()
        if self._table is None:
            return None
        return self._table._mean(functions)


class TableExpectation(Expectation):
    """Route 2: kernels of the table, in standard form."""

    route = "closed-form integrals"

    def __init__(
        self, density: Density, point: Point, stand_ins: Mapping[sp.Symbol, sp.Symbol], parts: list[list[Standard]]
    ) -> None:
        super().__init__(density, point)
        self.parts = parts
        self.conditions: set[sp.Expr] = set()  # what must be positive for all integrals so far to converge
        self.forward = dict(stand_ins)
        self.backward = {v: k for k, v in stand_ins.items()}
        steps = [s for group in parts for part in group[:1] for s in part.steps]
        if steps:
            self.route = "group reduction"
        self.details = "; ".join(dict.fromkeys(_plain(s) for s in steps)) or "standard kernels"

    def _mean(self, functions: Functions) -> sp.Expr | None:
        total = sp.S.Zero
        needs: set[sp.Expr] = set()
        for f, group in zip(functions, self.parts):
            f = f.xreplace(self.forward)
            for part in group:
                try:
                    value = integral(part.carry(f), part.piece, needs)
                except Diverges as reason:
                    raise DensityError(
                        f"a term of the expectation of {functions[0]} diverges: {str(reason).replace('_', '')}"
                    ) from None
                if value is None:
                    return None
                total += value
        self._check_convergence(functions, {c.xreplace(self.backward) for c in needs})
        return total.xreplace(self.backward)

    def _check_convergence(self, functions: Functions, needs: set[sp.Expr]) -> None:
        """Where a term has no integral at the sample point the whole may still have one: quadrature decides."""
        self.conditions |= needs
        if all(c.subs(self.point).is_positive is not False for c in needs):
            return
        try:
            expectations(self.density, [list(functions)], self.point, 10, enough=6)
        except QuadratureError as reason:
            where = ", ".join(f"{s} = {v}" for s, v in self.point.items())
            raise DensityError(
                f"a term of the expectation of {functions[0]} diverges at {where}, and the whole could not be "
                f"integrated: {reason}"
            ) from None

    def mass(self) -> sp.Expr:
        """∫ p."""
        total = sp.S.Zero
        for group in self.parts:
            for part in group:
                found = iterated(part.piece)
                assert found is not None  # the forms were chosen so
                total += exp_of(tidy_log(found.value))
        return self.canonical(total.xreplace(self.backward))


def _plain(step: str) -> str:
    return step.replace("_", "")


class SymbolicExpectation(Expectation):
    """Route 3: ``sympy.integrate`` and ``sympy.summation`` within a time limit."""

    route = "symbolic integration"

    def __init__(
        self,
        density: Density,
        point: Point,
        stand_ins: Mapping[sp.Symbol, sp.Symbol],
        parts: list[list[Standard]],
        seconds: float,
    ) -> None:
        super().__init__(density, point)
        self.forward = dict(stand_ins)
        self.backward = {v: k for k, v in stand_ins.items()}
        self.parts = parts
        self.seconds = seconds
        steps = [_plain(s) for group in parts for part in group[:1] for s in part.steps]
        self.details = f"SymPy within {seconds:g} s" + (f" after {'; '.join(dict.fromkeys(steps))}" if steps else "")

    def integrands(self, functions: Functions) -> Iterator[tuple[sp.Expr, Piece]]:
        """f on each part, in its own variables."""
        for f, group in zip(functions, self.parts):
            for part in group:
                yield part.carry(f.xreplace(self.forward)), part.piece

    def _mean(self, functions: Functions) -> sp.Expr | None:
        total = sp.S.Zero
        for f, piece in self.integrands(functions):
            value = within(self.seconds, integrate, f, piece)
            if value is None:
                return None
            total += value
        return total.xreplace(self.backward)
