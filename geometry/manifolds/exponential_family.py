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

from ..exact.reading import read, read_list
from .hessian import HessianManifold
from .inputs import ManifoldError, read_expression
from .local import Element
from .statistical import StatisticalManifold

__all__ = ["ExponentialFamily"]


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

    def kullback_leibler(self, p: Any, q: Any) -> sp.Expr:
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
            ManifoldError: Newton's method finds no minimum (the submodel leaves the parameter domain).

        >>> import sympy as sp
        >>> a, b = sp.symbols("a b", real=True)
        >>> pair = ExponentialFamily(sp.log(1 + sp.exp(a)) + sp.log(1 + sp.exp(b)), (a, b))
        >>> [round(float(x), 6) for x in pair.m_projection([1, 1], [0, 0], [[1, 1]])]
        [1.0, 1.0]
        """
        import mpmath

        start = self._point(base, "the base point")
        rows = [self._point(d, "a direction") for d in directions]
        target = self._point(p, "p")
        eta = sp.lambdify(self.coordinates, list(self.dual_coordinates), "mpmath")
        metric = sp.lambdify(self.coordinates, self.metric.tolist(), "mpmath")
        with mpmath.workdps(digits + 10):
            b = mpmath.matrix([mpmath.mpf(str(sp.N(v, digits + 10))) for v in start])
            d = mpmath.matrix([[mpmath.mpf(str(sp.N(v, digits + 10))) for v in row] for row in rows])
            goal = mpmath.matrix(eta(*[mpmath.mpf(str(sp.N(v, digits + 10))) for v in target]))
            u = mpmath.matrix(len(rows), 1)
            for _ in range(200):
                theta = b + d.T * u
                residual = d * (mpmath.matrix(eta(*theta)) - goal)
                step = mpmath.lu_solve(d * mpmath.matrix(metric(*theta)) * d.T, residual)
                size = mpmath.norm(step)
                if size < mpmath.mpf(10) ** (-digits - 3):
                    return tuple(sp.Float(str(v), digits) for v in theta)
                u = u - step / max(1, size)  # steps of at most unit length keep to the domain
        raise ManifoldError("the projection does not converge: the submodel may have no point of smallest divergence")

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
        import mpmath

        rows = [self._point(c, "a constraint") for c in constraints]
        if len(values) != len(rows):
            raise ManifoldError(f"{len(rows)} constraints, but {len(values)} values")
        eta = sp.lambdify(self.coordinates, list(self.dual_coordinates), "mpmath")
        metric = sp.lambdify(self.coordinates, self.metric.tolist(), "mpmath")
        with mpmath.workdps(digits + 10):
            number = lambda v: mpmath.mpf(str(sp.N(v, digits + 10)))
            theta = mpmath.matrix([number(v) for v in self._point(p, "p")])
            c = mpmath.matrix([[number(v) for v in row] for row in rows])
            goal = mpmath.matrix([number(read(v)) for v in values])
            for _ in range(200):
                residual = c * mpmath.matrix(eta(*theta)) - goal
                step = mpmath.lu_solve(c * mpmath.matrix(metric(*theta)) * c.T, residual)
                size = mpmath.norm(step)
                if size < mpmath.mpf(10) ** (-digits - 3):
                    return tuple(sp.Float(str(v), digits) for v in theta)
                theta = theta - c.T * (step / max(1, size))
        raise ManifoldError("the projection does not converge: no member of the family may satisfy the constraints")
