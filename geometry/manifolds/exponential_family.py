"""Exponential families p = exp(θ·t(x) + κ(x) − ψ(θ)) in their natural parameters.

The log-partition ψ is the potential of a Hessian manifold and at the same time the cumulant
generating function: g = ∂∂ψ is the Fisher metric, T = ∂∂∂ψ the Amari–Chentsov tensor, η = ∂ψ the
expectation parameters, and the Bregman divergence of ψ is the Kullback–Leibler divergence
(S. Amari and H. Nagaoka, Methods of Information Geometry, AMS 2000, ch. 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp
from chentsov.geometry.expectation.logarithms import tidy_log
from chentsov.geometry.expectation.symbolic import within

from ..exact.reading import read_count, read_list
from .hessian import HessianManifold
from .inputs import MOST_DIGITS, ManifoldError, read_coordinates, read_expression
from .local import Element
from .projections import point_with_means
from .statistical import StatisticalManifold

__all__ = ["ExponentialFamily", "in_natural_parameters"]


class ExponentialFamily(HessianManifold, StatisticalManifold):
    """A full exponential family, given by its log-partition ψ in natural parameters θ.

    Args:
        log_partition: ψ(θ).
        coordinates: the natural parameters.
        statistics: the sufficient statistics t(x), if they are to be kept with it.
        dual_coordinates, constants, name, source: as for `HessianManifold`.

    >>> import sympy as sp
    >>> t = sp.Symbol("t", real=True)
    >>> bernoulli = ExponentialFamily(sp.log(1 + sp.exp(t)), (t,))
    >>> bernoulli.kullback_leibler([0], [sp.log(3)])
    -log(2) - log(3)/2 + log(4)
    """

    def __init__(
        self,
        log_partition: Any,
        coordinates: Sequence[sp.Symbol],
        *,
        statistics: Sequence[Any] = (),
        dual_coordinates: Sequence[Any] | None = None,
        constants: Any = None,
        name: str | None = None,
        source: str | None = None,
    ) -> None:
        HessianManifold.__init__(
            self,
            log_partition,
            coordinates,
            dual_coordinates=dual_coordinates,
            constants=constants,
            name=name,
            source=source,
        )
        self.statistics = tuple(
            read_expression(t, f"the statistic {k}")
            for k, t in enumerate(read_list(statistics, "the sufficient statistics", ManifoldError), 1)
        )
        if self.statistics and len(self.statistics) != self.dim:
            raise ManifoldError(f"{len(self.statistics)} sufficient statistics for {self.dim} natural parameters")

    def _amari(self, i: int, j: int, k: int) -> Element:
        return self.local.cubic(i, j, k)

    @property
    def log_partition(self) -> sp.Expr:
        """ψ(θ)."""
        return self.potential

    @property
    def natural_parameters(self) -> tuple[sp.Symbol, ...]:
        """θ, in which the exponential connection is flat."""
        return self.coordinates

    @property
    def expectation_parameters(self) -> tuple[sp.Expr, ...]:
        """η_i = E[t_i] = ∂_iψ(θ), in which the mixture connection is flat."""
        return self.dual_coordinates

    # -- divergence ------------------------------------------------------------------------------------

    def kullback_leibler(self, p: Any, q: Any) -> sp.Expr:  # type: ignore[override]
        """KL(p‖q) = E_p[log p/q] = ψ(q) − ψ(p) − η(p)·(q − p), points by natural parameters."""
        return self.bregman(q, p)

    def pythagorean_defect(self, p: Any, q: Any, r: Any) -> sp.Expr:
        """KL(p‖r) − KL(p‖q) − KL(q‖r) = (η(p) − η(q))·(θ(q) − θ(r)).

        Zero exactly if the m-geodesic from p to q meets the e-geodesic from q to r at a right angle at q.
        """
        p, q, r = (self._point(v, name) for v, name in ((p, "p"), (q, "q"), (r, "r")))
        terms = []
        for eta, b, c in zip(self.dual_coordinates, q, r):
            at_p = eta.subs(dict(zip(self.coordinates, p)), simultaneous=True)
            at_q = eta.subs(dict(zip(self.coordinates, q)), simultaneous=True)
            terms.append((at_p - at_q) * (b - c))
        return sp.Add(*terms)

    # -- geodesics and projections ------------------------------------------------------------------------

    def e_geodesic(self, p: Any, q: Any, t: Any = sp.Symbol("t")) -> tuple:
        """θ(t) = (1 − t) θ(p) + t θ(q): densities p^{1−t} q^t, normalised."""
        return self.primal_geodesic(p, q, t)

    def m_geodesic(self, p: Any, q: Any, t: Any = sp.Symbol("t")) -> Any:
        """The curve η(t) = (1 − t) η(p) + t η(q) in natural parameters; numbers where η does not invert."""
        return self.dual_geodesic(p, q, t)

    def m_projection(self, p: Any, base: Any, directions: Sequence[Any], digits: int = 25) -> tuple[sp.Expr, ...]:
        """The point q = base + Σ u_a direction_a of an e-flat submodel with the smallest KL(p‖q).

        The maximum-likelihood estimate for an observed mean η(p): direction_a·(η(q) − η(p)) = 0.

        Raises:
            ManifoldError: a direction is zero, or they are dependent; Newton's method finds no minimum (the submodel
                leaves the parameter domain).

        >>> import sympy as sp
        >>> a, b = sp.symbols("a b", real=True)
        >>> pair = ExponentialFamily(sp.log(1 + sp.exp(a)) + sp.log(1 + sp.exp(b)), (a, b))
        >>> [round(float(x), 6) for x in pair.m_projection([1, 1], [0, 0], [[1, 1]])]
        [1.0, 1.0]
        """
        target = dict(zip(self.coordinates, self._point(p, "p")))
        rows = [self._point(d, f"direction {k}") for k, d in enumerate(read_list(directions, "the directions"))]
        eta = [e.subs(target, simultaneous=True) for e in self.dual_coordinates]
        means = [sp.Add(*(x * y for x, y in zip(row, eta))) for row in rows]
        digits = read_count(digits, "digits", most=MOST_DIGITS, error=ManifoldError)
        failure = "the submodel may have no point of smallest divergence"
        return point_with_means(self, self._point(base, "the base point"), rows, means, digits, failure)

    def e_projection(
        self, p: Any, constraints: Sequence[Any], values: Sequence[Any], digits: int = 25
    ) -> tuple[sp.Expr, ...]:
        """The point q of the m-flat set {C·η(q) = c} with the smallest KL(q‖p): q = θ(p) + Cᵀλ.

        With p uniform this is the maximum-entropy model with prescribed means.

        >>> import sympy as sp
        >>> t = sp.Symbol("t", real=True)
        >>> coin = ExponentialFamily(sp.log(1 + sp.exp(t)), (t,))
        >>> round(float(coin.e_projection([0], [[1]], [sp.Rational(3, 4)])[0]), 6) == round(float(sp.log(3)), 6)
        True
        """
        rows = [self._point(c, f"constraint {k}") for k, c in enumerate(read_list(constraints, "the constraints"))]
        if len(values) != len(rows):
            raise ManifoldError(f"{len(rows)} constraints, but {len(values)} values")
        means = [read_expression(v, f"value {k}") for k, v in enumerate(values)]
        digits = read_count(digits, "digits", most=MOST_DIGITS, error=ManifoldError)
        failure = "no member of the family may satisfy the constraints"
        return point_with_means(self, self._point(p, "p"), rows, means, digits, failure)


def in_natural_parameters(
    manifold: StatisticalManifold, symbols: Sequence[sp.Symbol] | None, seconds: float
) -> ExponentialFamily:
    """A full family that its density was recognised as; see `StatisticalManifold.exponential_family`."""
    form, dim, coordinates = manifold.exponential_form, manifold.dim, manifold.coordinates
    if len(form.natural) != dim:
        raise ManifoldError(f"a curved family: {len(form.natural)} statistics, but {dim} coordinates")
    point = manifold.expectation.point  # type: ignore[union-attr]
    signs = [sp.N(n.subs(point)) for n in form.natural]
    names = sp.symbols(f"eta1:{dim + 1}", real=True) if symbols is None else read_coordinates(symbols)
    if len(names) != dim:
        raise ManifoldError(f"{len(names)} names for {dim} natural parameters")
    stand_ins = [sp.Dummy(f"n{i}", positive=True) for i in range(dim)]
    # Solve for values of known sign, which picks the branch at the sample point.
    values = [d if s > 0 else -d for d, s in zip(stand_ins, signs)]
    solutions = within(seconds, _solve, [n - v for n, v in zip(form.natural, values)], coordinates) or []
    back = {d: (y if s > 0 else -y) for d, y, s in zip(stand_ins, names, signs)}
    there = {d: abs(s) for d, s in zip(stand_ins, signs)}
    for solution in solutions:
        if all(abs(sp.N(solution[c].subs(there).subs(point)) - point[c]) < 1e-9 for c in coordinates):
            psi = tidy_log(form.log_partition.subs(solution, simultaneous=True), shift=False).xreplace(back)
            return ExponentialFamily(psi, names, statistics=form.statistics, name=manifold.name, source=manifold.source)
    raise ManifoldError(
        "the natural parameters " + ", ".join(map(str, form.natural)) + " do not invert in closed form; "
        "write the density in natural parameters"
    )


def _solve(equations: list[sp.Expr], unknowns: Sequence[sp.Symbol]) -> list[dict[sp.Symbol, sp.Expr]]:
    return sp.solve(equations, list(unknowns), dict=True)
