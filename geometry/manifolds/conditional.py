"""Conditional models p(y | x; θ): regression of a response on covariates, which are data and have no law of their own.

The Fisher metric is the mean over the rows of the covariates of the Fisher information of one response (P. McCullagh
and J. A. Nelder, Generalized Linear Models, 1989, ch. 2),

    g_ij(θ) = (1/N) Σ_n E_{y | x_n}[s_i s_j],        T_ijk(θ) = (1/N) Σ_n E_{y | x_n}[s_i s_j s_k],

with the expectation over y in closed form and the mean over x as a `Mean`.  The empirical metric, with the observed
responses in place of the expectation, stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import sympy as sp
from chentsov.geometry.exact import Mean
from chentsov.geometry.expectation.density import DensityError, read_density
from chentsov.geometry.expectation.routes import Provenance, choose

from .empirical import EmpiricalManifold
from .inputs import ManifoldError, read_coordinates
from .local import Element
from .riemannian import RiemannianManifold
from .statistical import StatisticalManifold

__all__ = ["ConditionalManifold"]


class ConditionalManifold(StatisticalManifold):
    """The parameters of p(y | x; θ) with the Fisher metric averaged over the rows of x.

    Mostly made by ``StatisticalManifold.conditional``.

    Args:
        density: p as an expression in the response, the covariates and the parameters.
        response: {y: (lower, upper)} and the like, as the ``variables`` of ``StatisticalManifold.from_density``.
        covariates: the symbols of the columns of data.
        coordinates: the parameters θ; every other symbol is a constant.
        log_density, pieces, domain, name, source: as there.

    Raises:
        DensityError: no density of y, or E over y has no closed form.
        ManifoldError: a covariate is a parameter or a response as well, or the density depends on none of them.
        SingularMetricError: a direction of the parameters changes no density.

    >>> import sympy as sp
    >>> a, b, x = sp.symbols("a b x", real=True)
    >>> y = sp.Symbol("y", integer=True)
    >>> rate = sp.exp(a + b*x)
    >>> poisson = ConditionalManifold(sp.exp(-rate)*rate**y/sp.factorial(y), {y: (0, sp.oo, "discrete")}, [x], (a, b))
    >>> poisson.metric[0, 1]
    exp(a)*E_D[x*exp(b*x)]
    """

    def __init__(
        self,
        density: Any = None,
        response: Mapping[sp.Symbol, Any] | None = None,
        covariates: Sequence[sp.Symbol] = (),
        coordinates: Sequence[sp.Symbol] = (),
        *,
        log_density: Any = None,
        pieces: Iterable[Any] | None = None,
        domain: Mapping[sp.Symbol, tuple] | None = None,
        name: str | None = None,
        source: str | None = None,
    ) -> None:
        coordinates, self.covariates = read_coordinates(coordinates), read_coordinates(covariates)
        parsed = read_density(density, response, coordinates, log_density=log_density, pieces=pieces)
        taken = {*coordinates, *(s for piece in parsed.pieces for s in piece.symbols)}
        if shared := sorted(s.name for s in taken & set(self.covariates)):
            raise ManifoldError(f"{', '.join(shared)} cannot be a covariate and a parameter or response at once")
        if idle := sorted(s.name for s in set(self.covariates) - set(parsed.constants)):
            raise ManifoldError(f"the density does not depend on the covariate {', '.join(idle)}")
        self.row, provenance = choose(parsed, domain, time_limit=0)
        if self.row.nodes is not None:
            raise DensityError("the expectation over the response has no closed form, as a conditional model needs it")
        n = range(len(coordinates))
        lower = {(i, j): self._mean(self.row.metric(i, j)) for i in n for j in n if i >= j}
        metric = [[lower[max(i, j), min(i, j)] for j in n] for i in n]
        RiemannianManifold.__init__(self, metric, coordinates, name=name, source=source)
        self.provenance = Provenance(
            provenance.route,
            f"{provenance.details}; mean over the rows of {', '.join(s.name for s in self.covariates)}",
            provenance.checks,
        )
        self._cubic_source = self._mean_cubic

    def _mean(self, value: sp.Expr) -> sp.Expr:
        return Mean(sp.expand(value), self.covariates) if value.has(*self.covariates) else value

    def _mean_cubic(self, i: int, j: int, k: int) -> Element:
        return self.field(self._mean(self.row.cubic(i, j, k)))

    @cached_property
    def empirical(self) -> EmpiricalManifold:
        """The same parameters with g_ij = (1/N) Σ_n s_i s_j at the observed responses.

        Its rows have the covariates and the response.  It is the Fisher metric in the mean over responses that the
        model itself draws, and may be far from it for others.

        Raises:
            ManifoldError: the density has several pieces, so that it does not tell which one a response belongs to.
        """
        if len(self.row.density.pieces) != 1:
            raise ManifoldError(
                "a density in pieces has no single log p of a row; write it with an indicator variable for each piece"
            )
        (piece,) = self.row.density.pieces
        return EmpiricalManifold(
            -piece.log_density, (*self.covariates, *piece.symbols), self.coordinates, name=self.name, source=self.source
        )

    def _need_density(self) -> Any:
        raise ManifoldError(
            "a conditional model has no density of its covariates: its numbers come from on_grid(..., data=...)"
        )
