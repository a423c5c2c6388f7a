"""Statistical manifolds: families of probability densities with the Fisher metric.

A statistical manifold is a metric with a totally symmetric cubic tensor (Lauritzen 1987).  For a
family p(x; θ) these are g_ij = E[s_i s_j] and T_ijk = E[s_i s_j s_k], s_i = ∂_i log p, the only ones
invariant under sufficient statistics (Chentsov 1972).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, partial
from operator import attrgetter, methodcaller
from typing import Any

import sympy as sp
from chentsov.geometry.exact import Mean
from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.exact.field import DifferentialField
from chentsov.geometry.exact.linear import null_vector
from chentsov.geometry.expectation.density import Density, DensityError, read_density
from chentsov.geometry.expectation.exponential import ExponentialForm
from chentsov.geometry.expectation.moments import Expectation, ExponentialExpectation, TableExpectation
from chentsov.geometry.expectation.pulled_back import Copies, PulledBack
from chentsov.geometry.expectation.routes import Provenance, choose
from sympy import ImmutableDenseNDimArray as Array

from ..exact.reading import match_point, read, read_expression
from . import divergences, statistical_numbers, volumes
from .alpha import AlphaManifold
from .coordinates import ChartMap
from .cramer_rao import cramer_rao
from .curvature import detect_structure
from .domain import Domain
from .empirical import EmpiricalManifold
from .inputs import ManifoldError, SingularMetricError, read_array, read_coordinates
from .local import Element
from .quantities import Quantity
from .riemannian import RiemannianManifold
from .volumes import JeffreysPrior

__all__ = ["ConditionalManifold", "NotRegularError", "StatisticalManifold"]


class NotRegularError(DensityError):
    """The cross-form −E[∂∂ log p] is not the Fisher metric of this density; the message says why."""


class StatisticalManifold(AlphaManifold):
    """A chart with a metric g and a totally symmetric cubic tensor T; mostly made by ``from_density``.

    Args:
        metric: g_ij.
        cubic: T_ijk, an array of expressions.
        coordinates: the symbols θ^i.
        name, source: as for `RiemannianManifold`.

    Raises:
        ManifoldError: T is not totally symmetric, or the metric is not a metric.

    >>> import sympy as sp
    >>> m, s, x = sp.symbols("m s x", real=True)
    >>> density = sp.exp(-(x - m)**2/(2*s**2))/(sp.sqrt(2*sp.pi)*s)
    >>> normal = StatisticalManifold.from_density(density, {x: (-sp.oo, sp.oo)}, (m, s))
    >>> normal.metric.tolist(), normal.ricci_scalar
    ([[s**(-2), 0], [0, 2/s**2]], -1)
    >>> normal.provenance.route
    'exponential family'
    """

    density: Density | None = None
    expectation: Expectation | None = None
    provenance: Provenance = Provenance("given", "metric and cubic tensor as handed in")

    def __init__(
        self,
        metric: Any,
        cubic: Any,
        coordinates: Sequence[sp.Symbol],
        *,
        constants: Iterable[sp.Symbol] | None = None,
        name: str | None = None,
        source: str | None = None,
    ) -> None:
        super().__init__(metric, coordinates, constants=constants, name=name, source=source)
        given = read_array(cubic, self.dim, 3, "the cubic tensor")
        elements = {(i, j, k): self.field(given[i, j, k]) for i in self._n for j in self._n for k in self._n}
        for (i, j, k), value in elements.items():
            if not value == elements[tuple(sorted((i, j, k)))]:  # type: ignore[index]
                raise ManifoldError(
                    f"the cubic tensor is not totally symmetric: T[{i}, {j}, {k}] differs from its sorted entry"
                )
        self._cubic_source: Callable[[int, int, int], Element] = partial(_entry, elements)

    @property
    def _n(self) -> range:
        return range(self.dim)

    # -- from a density ---------------------------------------------------------------------------

    @classmethod
    def from_density(
        cls,
        density: Any = None,
        variables: Mapping[sp.Symbol, Any] | None = None,
        coordinates: Sequence[sp.Symbol] = (),
        *,
        log_density: Any = None,
        pieces: Iterable[Any] | None = None,
        domain: Mapping[sp.Symbol, tuple] | None = None,
        conditions: Any = (),
        route: str | None = None,
        time_limit: float = 5.0,
        name: str | None = None,
        source: str | None = None,
    ) -> StatisticalManifold:
        """The family of densities p(x; θ) with its Fisher metric.

        Args:
            density: p as a SymPy expression in the sample variables and parameters.
            variables: {x: (lower, upper)}, {n: (lower, upper, "discrete")} or {x: a SymPy set}; bounds
                may depend on other variables and on the parameters.
            coordinates: the parameters θ; every other symbol is a constant.
            log_density: log p, instead of ``density``.
            pieces: [(density, variables), ...] for densities with branches or with atoms; the
                expectation is the sum over the pieces.
            domain: {parameter: (lower, upper)} where the sample points for the checks should lie.
            conditions: inequalities between the parameters, such as ``[rho**2 < 1]``: with the assumptions of the
                symbols they are the domain of the manifold, outside which there are no numbers.
            route: take this route only: "exponential", "elliptical", "table", "symbolic" or "quadrature".
            time_limit: seconds for SymPy's integrator before quadrature takes over.

        Raises:
            DensityError: the density is not normalised, not positive, has an impossible support, lacks a
                coordinate, or an expectation diverges; the message says which, where, and what to do.
            SingularMetricError: a direction of the parameters does not change the density, or only moves its support.

        >>> import sympy as sp
        >>> k, lam, x = sp.symbols("k lam x", positive=True)
        >>> weibull = k/lam*(x/lam)**(k - 1)*sp.exp(-(x/lam)**k)
        >>> StatisticalManifold.from_density(weibull, {x: (0, sp.oo)}, (k, lam)).ricci_scalar
        -12/pi**2
        """
        coordinates = read_coordinates(coordinates)
        parsed = read_density(density, variables, coordinates, log_density=log_density, pieces=pieces)
        expectation, provenance = choose(parsed, domain, time_limit=time_limit, only=route)
        declared = Domain((*parsed.coordinates, *parsed.constants), conditions)
        return cls._from_expectation(parsed, expectation, provenance, name, source, declared)

    @classmethod
    def conditional(
        cls,
        density: Any = None,
        response: Mapping[sp.Symbol, Any] | None = None,
        covariates: Sequence[sp.Symbol] = (),
        coordinates: Sequence[sp.Symbol] = (),
        **options: Any,
    ) -> ConditionalManifold:
        """A regression p(y | x; θ): the Fisher metric is the mean over rows of x of E[s_i s_j] over the response y.

        See `ConditionalManifold` for the arguments; ``.empirical`` is the metric of the observed responses.

        >>> import sympy as sp
        >>> a, b, x = sp.symbols("a b x", real=True)
        >>> y = sp.Symbol("y", integer=True)
        >>> z = a + b*x
        >>> density = sp.exp(y*z)/(1 + sp.exp(z))
        >>> logistic = StatisticalManifold.conditional(density, {y: (0, 1, "discrete")}, [x], (a, b))
        >>> data = {x: [-1.0, 0.0, 1.0, 2.0], y: [0, 1, 0, 1]}
        >>> at = {a: 0.0, b: [0.0, 1.0]}
        >>> logistic.on_grid(at, ["metric"], data={x: data[x]}).metric.sel(i="a", j="a").values.round(4).tolist()
        [0.25, 0.1871]
        >>> logistic.empirical.on_grid(at, ["metric"], data=data).metric.sel(i="a", j="a").values.round(4).tolist()
        [0.25, 0.2177]
        """
        return ConditionalManifold(density, response, covariates, coordinates, **options)

    @classmethod
    def _from_expectation(
        cls,
        density: Density,
        expectation: Expectation,
        provenance: Provenance,
        name: str | None,
        source: str | None,
        domain: Domain,
    ) -> StatisticalManifold:
        self = StatisticalManifold.__new__(StatisticalManifold)
        self._start(read_coordinates(density.coordinates), name, source, domain=domain)
        self.density, self.expectation, self.provenance = density, expectation, provenance
        n = range(len(density.coordinates))
        lower = {(i, j): expectation.metric(i, j) for i in n for j in n if i >= j}
        rows = [[lower[max(i, j), min(i, j)] for j in n] for i in n]
        self._given_metric = sp.ImmutableMatrix(rows)
        elements = [[self.field(v) for v in row] for row in rows]
        self._cubic_source = self._cubic_of_expectation
        try:
            self._adopt(detect_structure(self.field, self.coordinates, elements))
        except SingularMetricError:
            raise SingularMetricError(self._singular(elements)) from None
        return self

    def _cubic_of_expectation(self, i: int, j: int, k: int) -> Element:
        assert self.expectation is not None
        return self.field(self.expectation.cubic(i, j, k))

    def _singular(self, elements: list[list[Element]]) -> str:
        """Along which direction the metric vanishes, and why."""
        assert self.density is not None
        direction = [e.as_expr() for e in null_vector(elements) or ()]
        text = " + ".join(f"({v})·∂/∂{c}" for v, c in zip(direction, self.coordinates) if v != 0)
        bounds = [b for piece in self.density.pieces for v in piece.variables for b in (v.lower, v.upper)]
        rates = [sp.Add(*(v * sp.diff(b, c) for v, c in zip(direction, self.coordinates))) for b in bounds]
        if all(self.field(rate).is_zero for rate in rates):
            return (
                f"the Fisher metric is singular: the density does not change along {text}; "
                "leave out a coordinate or choose others"
            )
        moved = next(b for b, rate in zip(bounds, rates) if not self.field(rate).is_zero)
        return (
            f"the Fisher metric does not exist: along {text} the support moves (its end {moved} does), which the score "
            "∂ log p does not see, and E[s s] vanishes there although the densities differ; the family is not regular, "
            "and distances go like |dθ| instead of dθ²"
        )

    def _defining_expressions(self) -> Iterable[sp.Expr]:
        return list(self.metric)

    # -- T and what it gives -----------------------------------------------------------------------

    def _amari(self, i: int, j: int, k: int) -> Element:
        key = ("amari", *sorted((i, j, k)))
        known = self.local.components
        if key not in known:
            known[key] = self._cubic_source(*sorted((i, j, k)))
        return known[key]

    @property
    def score(self) -> tuple[sp.Expr, ...] | tuple[tuple[sp.Expr, ...], ...]:
        """s_i = ∂_i log p, reduced where that makes it shorter; a tuple over the pieces for each i where the density
        has several.

        >>> from chentsov.models import families
        >>> families.normal().score[0]
        (-mu + x)/sigma**2
        """
        density = self._need_density().density
        rows = list(zip(*(map(_reduced, density.score(piece)) for piece in density.pieces)))
        if all(len(row) == 1 for row in rows):
            return tuple(row[0] for row in rows)
        return tuple(tuple(row) for row in rows)

    def one_representation(self, vector: Any) -> sp.Expr | tuple[sp.Expr, ...]:
        """A^i ∂_iℓ, the random variable that stands for a tangent vector A: of mean 0, with E[A B] = g_ij A^i B^j.

        A tuple over the pieces where the density has several (Amari, Differential-Geometrical Methods in Statistics,
        1985, section 2.2).

        Raises:
            ManifoldError: not one component for each coordinate, or a manifold that was not made from a density.

        >>> from chentsov.models import families
        >>> coin = families.bernoulli()
        >>> theta = coin.coordinates[0]
        >>> sp.simplify(coin.one_representation([1]) * theta * (1 - theta))
        -theta + x
        """
        given = match_point(vector, self.coordinates, "vector", ManifoldError)
        parts = [read_expression(v, f"the vector: {c}", ManifoldError) for c, v in given.items()]
        pieces = [(s,) if isinstance(s, sp.Expr) else s for s in self.score]
        found = tuple(sp.Add(*(a * s for a, s in zip(parts, scores))) for scores in zip(*pieces))
        return found[0] if len(found) == 1 else found

    def _need_density(self) -> Expectation:
        if self.expectation is None:
            raise ManifoldError("this manifold was not made from a density")
        return self.expectation

    @property
    def convergence_conditions(self) -> tuple[sp.Expr, ...]:
        """Expressions that must be positive for the closed forms found so far to be the integrals they stand for.

        Empty where nothing beyond the domain of the density is needed, or on routes that do not say.

        >>> from chentsov.models import families
        >>> families.generalised_normal().convergence_conditions
        (2 - 1/beta,)
        """
        e = self.expectation
        while isinstance(e, (Copies, PulledBack)):
            e = e.base
        if not isinstance(e, TableExpectation):
            return ()
        return tuple(sorted((sp.expand(c) for c in e.conditions), key=sp.default_sort_key))

    def exponential_connection(self) -> Array:
        """Γ^(1)_{ij,k} = E[∂_i∂_jℓ s_k] from its definition, indexed [i, j, k]; equals Γ^LC − T/2."""
        e = self._need_density()
        values = {
            (i, j, k): e.exponential_connection(i, j, k) for i in self._n for j in self._n if i <= j for k in self._n
        }
        return Array(
            [values[min(i, j), max(i, j), k] for i in self._n for j in self._n for k in self._n], (self.dim,) * 3
        )

    @property
    def cross_form(self) -> sp.ImmutableMatrix:
        """−E[∂_i∂_j log p], where it is the Fisher metric.

        Raises:
            NotRegularError: it is not, since the support moves with a parameter or log p has a kink.

        >>> import sympy as sp
        >>> from chentsov.geometry.manifolds.statistical import StatisticalManifold
        >>> x, a, t = sp.symbols("x a t", positive=True)
        >>> pareto = StatisticalManifold.from_density(a*t**a/x**(a + 1), {x: (t, sp.oo)}, (t, a))
        >>> pareto.cross_form  # doctest: +NORMALIZE_WHITESPACE
        Traceback (most recent call last):
        ...
        chentsov.geometry.manifolds.statistical.NotRegularError: −E[∂_t∂_t log p] = a/t**2 but
            E[s_t s_t] = a**2/t**2: the support depends on t, so derivatives do not pass under the integral; the
            Fisher metric is E[s s]
        """
        e = self._need_density()
        matrix = self.negative_mean_hessian
        for i in self._n:
            for j in range(i + 1):
                if not self.field(matrix[i, j]) == self.local.metric(i, j):
                    a, b = self.coordinates[i], self.coordinates[j]
                    raise NotRegularError(
                        f"−E[∂_{a}∂_{b} log p] = {matrix[i, j]} but E[s_{a} s_{b}] = {self.metric[i, j]}: "
                        f"{_irregularity(e.density)}; the Fisher metric is E[s s]"
                    )
        return matrix

    @property
    def negative_mean_hessian(self) -> sp.ImmutableMatrix:
        """−E[∂_i∂_j log p], away from kinks, whether or not it is the Fisher metric."""
        e = self._need_density()
        return sp.ImmutableMatrix(self.dim, self.dim, lambda i, j: e.negative_hessian(max(i, j), min(i, j)))

    @property
    def regularity(self) -> str:
        """A sentence on whether −E[∂∂ log p] may stand for the Fisher metric, and why not."""
        try:
            self.cross_form
        except NotRegularError as reason:
            return f"not regular: {reason}"
        return "regular: −E[∂∂ log p] equals E[s s]"

    # -- products, charts, submodels ------------------------------------------------------------------

    def iid(self, n: Any) -> StatisticalManifold:
        """n independent observations: g, T and the connections of the first kind are multiplied by n.

        Raises:
            DensityError: E[s] ≠ 0 (moving support), where information does not add.
        """
        n = read(n, "the number of observations")
        if n.is_number and not (n.is_Integer and n > 0):
            raise ManifoldError(f"the number of observations must be a positive integer, not {n}")
        e = self._need_density()
        if e.density.moving_bounds:
            for i, c in enumerate(self.coordinates):
                if e.score_mean(i) != 0:
                    raise DensityError(
                        f"E[∂ log p/∂{c}] ≠ 0 since the support moves with {c}: information of independent "
                        "observations does not add"
                    )
        copies = Copies(e, n)
        provenance = Provenance(
            self.provenance.route, f"{n} independent copies; {self.provenance.details}", self.provenance.checks
        )
        return self._from_expectation(e.density, copies, provenance, self.name, self.source, self.domain)

    def change_coordinates(
        self, new: Sequence[sp.Symbol], relations: Any, name: str | None = None
    ) -> StatisticalManifold:
        """The same family in new parameters, {θ^i: θ^i(u)}; g and T transform as tensors."""
        chart = ChartMap(self, new, relations)
        if not chart.is_change:
            raise ManifoldError(
                f"a change of coordinates needs {self.dim} new coordinates, not {len(chart.new)}; use submodel"
            )
        chart.metric_elements()  # refuses a singular Jacobian
        return self._pulled_back(chart, name or self.name)

    def submodel(self, new: Sequence[sp.Symbol], relations: Any, name: str | None = None) -> StatisticalManifold:
        """The subfamily θ^i = θ^i(u), e.g. a curved exponential family, with the induced g and T.

        >>> import sympy as sp
        >>> from chentsov.models.families import normal
        >>> u = sp.Symbol("u", positive=True)
        >>> curve = normal().submodel((u,), (u, u))  # N(u, u²)
        >>> curve.metric, curve.statistical_curvature
        (Matrix([[3/u**2]]), 2/27)
        """
        return self._pulled_back(ChartMap(self, new, relations), name)

    pull_back = submodel

    def _pulled_back(self, chart: ChartMap, name: str | None) -> StatisticalManifold:
        if self.expectation is None:
            g = [[e.as_expr() for e in row] for row in chart.metric_elements()]
            old, new = self._n, range(len(chart.new))
            j = chart.jacobian
            t = [
                [
                    [
                        sp.Add(
                            *(
                                j[a, i]
                                * j[b, k]
                                * j[c, l]
                                * self.amari_chentsov[a, b, c].subs(chart.relations, simultaneous=True)
                                for a in old
                                for b in old
                                for c in old
                            )
                        )
                        for l in new
                    ]
                    for k in new
                ]
                for i in new
            ]
            return StatisticalManifold(g, t, chart.new, name=name, source=self.source)
        pulled = PulledBack(self.expectation, chart.new, chart.relations)
        provenance = Provenance(
            self.provenance.route, f"{self.provenance.details}; pulled back", self.provenance.checks
        )
        return self._from_expectation(
            pulled.density, pulled, provenance, name, self.source, self.domain.carried(chart.new, chart.relations)
        )

    @property
    def statistical_curvature(self) -> sp.Expr:
        """Efron's statistical curvature γ² = g^ik g^jl ⟨ℓ_ij^⊥, ℓ_kl^⊥⟩; zero for full exponential families.

        ℓ_ij^⊥ is the part of ∂_i∂_jℓ + g_ij orthogonal to the scores.  In one dimension it is
        γ² = (ν_02 − ν_11²/ν_20)/ν_20² (B. Efron, Annals of Statistics 3, 1975); in general the squared length
        of the exponential curvature tensor (Amari 1982).

        The trace runs as g^ik g^jl over all index pairs.
        """
        e = self._need_density()
        n, h = self._n, self.local.inverse
        total = self.field.zero
        connection = {}
        for i in n:
            for j in n:
                connection[i, j] = [self.field(e.exponential_connection(min(i, j), max(i, j), k)) for k in n]
        for i in n:
            for j in n:
                for k in n:
                    for l in n:
                        weight = h(i, k) * h(j, l)
                        if not weight:
                            continue
                        value = self.field(e.hessian_covariance(i, j, k, l))
                        for a in n:
                            for b in n:
                                value = value - h(a, b) * connection[i, j][a] * connection[k, l][b]
                        total = total + weight * value
        return total.as_expr()

    # -- what statistics asks of a metric -------------------------------------------------------------------

    def jeffreys_prior(self, region: Any = None, **options: Any) -> JeffreysPrior:
        """The density √det g of the parameters, with its integral and the normalised density; see `volumes`."""
        return volumes.jeffreys_prior(self, region, **options)

    def stochastic_complexity(self, observations: Any = None, region: Any = None, **options: Any) -> Any:
        """log ∫ √det g, and with n observations (d/2) log(n/2π) more; see `volumes.stochastic_complexity`.

        >>> from chentsov.models import families
        >>> families.bernoulli().stochastic_complexity(100).expression == sp.log(sp.pi) + sp.log(50/sp.pi)/2
        True
        """
        return volumes.stochastic_complexity(self, observations, region, **options)

    def cramer_rao(self, functions: Any, *, bias: Any = None, observations: Any = 1) -> Any:
        """The least variance of an estimator of a function of the parameters, or of a list the least covariance.

        >>> from chentsov.models import families
        >>> poisson = families.poisson()
        >>> poisson.cramer_rao(sp.exp(-poisson.coordinates[0]))                                # of the chance of a zero
        lambda*exp(-2*lambda)
        """
        return cramer_rao(self, functions, bias=bias, observations=observations)

    def confidence_region(self, estimate: Any, observations: Any = None, **options: Any) -> Any:
        """A ball of geodesic radius √(χ²/n) beside the region of the likelihood ratio, with a `plot`.

        See `flows.confidence_region` for the options (``level``, ``data``, ``constants``, ``directions``).
        """
        from chentsov.geometry.flows import confidence_region

        return confidence_region(self, estimate, observations, **options)

    # -- numbers ------------------------------------------------------------------------------------------

    def quantities(self) -> dict[str, Quantity]:
        """Those of every Riemannian manifold, the Amari–Chentsov tensor, and the α-curvature (constant α)."""
        known = super().quantities()
        known["amari_chentsov"] = Quantity(
            "amari_chentsov", "Amari–Chentsov tensor", "T_{ijk}", "", 3, attrgetter("amari_chentsov")
        )
        known["alpha_ricci_scalar"] = Quantity(
            "alpha_ricci_scalar",
            "α-Ricci scalar",
            r"R^{(\alpha)}",
            "1",
            0,
            methodcaller("alpha_ricci_scalar", sp.Symbol("alpha", real=True)),
        )
        return known

    def on_grid(
        self, axes: Any, quantities: Sequence[str] = ("ricci_scalar",), *, distance_to: Any = None, **options: Any
    ) -> Any:
        """The quantities on the grid spanned by `axes`; quadrature nodes, if there are any, come along.

        Where integrals have no closed form, `rtol` makes every number one from rigorously enclosed integrals, or NaN
        with the reason in `status` (tenths of a second a cell where the integrals depend on its parameters).  Without
        `rtol` the integrals are sums over nodes, checked on the corners of the grid.
        """
        if self.density is not None and options.get(
            "constants"
        ):  # a constant of the density may not matter for the metric
            idle = {c.name for c in self.density.constants} - {s.name for s in self.metric.free_symbols}
            options["constants"] = {k: v for k, v in options["constants"].items() if str(k) not in idle}
        if self.expectation is not None and self.expectation.nodes is not None:
            dataset = statistical_numbers.on_nodes(self, axes, quantities, **options)
            return self._with_distances(dataset, axes, distance_to, options)
        return super().on_grid(axes, quantities, distance_to=distance_to, **options)

    def expectation_at(self, functions: Sequence[Any], point: Mapping[Any, Any], digits: int = 25) -> list[sp.Float]:
        """E[f] for each f by quadrature at one parameter point, to ``digits`` digits."""
        return statistical_numbers.expectation_at(self, functions, point, digits)

    def fisher_at(self, point: Mapping[Any, Any], digits: int = 25, rigorous: bool = False) -> Any:
        """E[s_i s_j] at one point straight from the density, by quadrature: a second opinion on ``metric``.

        With ``rigorous`` the entries are balls that contain the truth for certain, tails included (one sample variable,
        continuous or discrete); see `chentsov.geometry.expectation.rigorous`.

        >>> from chentsov.models import families
        >>> ball = families.cauchy().fisher_at({"mu": 0, "gamma": 2}, 15, rigorous=True)[1][1]
        >>> bool(ball.contains(0.125)), float(ball.rad()) < 1e-14
        (True, True)
        """
        return statistical_numbers.fisher_at(self, point, digits, rigorous)

    def ricci_scalar_at(self, point: Mapping[Any, Any], digits: int = 25) -> sp.Float:
        """R at one point straight from the density: the Gauss equation of θ ↦ 2√p in L²."""
        return statistical_numbers.ricci_scalar_at(self, point, digits)

    # -- divergences ------------------------------------------------------------------------------------

    def kullback_leibler(self, p: Any, q: Any, constants: Mapping[Any, Any] | None = None) -> Any:
        """KL(p‖q) = E_p[log p − log q], a `Divergence` with `expression`, `value` and `error`.

        >>> import sympy as sp
        >>> from chentsov.models import families
        >>> m = sp.Symbol("m", real=True)
        >>> families.normal().kullback_leibler([m, 1], [0, 1]).expression
        m**2/2
        """
        return divergences.kullback_leibler(self, p, q, constants)

    def renyi(self, p: Any, q: Any, order: Any, constants: Mapping[Any, Any] | None = None) -> Any:
        """log ∫ p^a q^{1−a} / (a − 1), Rényi's divergence of order a; see `divergences.renyi`."""
        return divergences.renyi(self, p, q, order, constants)

    def alpha_divergence(self, p: Any, q: Any, alpha: Any, constants: Mapping[Any, Any] | None = None) -> Any:
        """4/(1 − α²) (1 − ∫ p^{(1−α)/2} q^{(1+α)/2}); see `divergences.alpha_divergence`."""
        return divergences.alpha_divergence(self, p, q, alpha, constants)

    def jensen_shannon(self, p: Any, q: Any, constants: Mapping[Any, Any] | None = None) -> Any:
        """½ KL(p‖m) + ½ KL(q‖m), m = (p + q)/2; see `divergences.jensen_shannon`."""
        return divergences.jensen_shannon(self, p, q, constants)

    def chernoff(self, p: Any, q: Any, constants: Mapping[Any, Any] | None = None) -> Any:
        """−min_t log ∫ p^t q^{1−t}, with the `exponent` t; see `divergences.chernoff`."""
        return divergences.chernoff(self, p, q, constants)

    # -- as an exponential family -----------------------------------------------------------------------

    @property
    def is_continued(self) -> bool:
        """Whether closed forms stand for integrals over the density: where they are 0/0, the integrals have values."""
        return self.density is not None and self.expectation is not None and self.expectation.nodes is None

    @property
    def is_exponential(self) -> bool:
        """Whether the density was recognised as a full or curved exponential family."""
        e = self.expectation
        while isinstance(e, (Copies, PulledBack)):
            e = e.base
        return isinstance(e, ExponentialExpectation)

    @property
    def exponential_form(self) -> ExponentialForm:
        """log p = Σ natural_a(θ) statistic_a(x) + carrier(x) − log_partition(θ), as found in the density.

        Raises:
            ManifoldError: the density was not recognised as an exponential family.
        """
        if not isinstance(self.expectation, ExponentialExpectation):
            raise ManifoldError(
                f"the density was not recognised as an exponential family (route: {self.provenance.route})"
            )
        return self.expectation.form

    @property
    def expectation_parameters(self) -> tuple[sp.Expr, ...]:
        """μ_a = E[t_a] of the sufficient statistics, as functions of the coordinates."""
        self.exponential_form
        return tuple(m.as_expr() for m in self.expectation.mu)  # type: ignore[union-attr]

    def exponential_family(self, symbols: Sequence[sp.Symbol] | None = None, seconds: float = 10.0) -> Any:
        """The same family in its natural parameters, as an `ExponentialFamily`.

        Args:
            symbols: names for the natural parameters; eta1, eta2, … by default.
            seconds: how long SymPy may look for the inverse of the map from coordinates to natural parameters.

        Raises:
            ManifoldError: the family is curved, or the natural parameters do not invert in closed form.

        >>> from chentsov.models import families
        >>> family = families.poisson().exponential_family()
        >>> family.log_partition, family.statistics
        (exp(eta1), (x,))
        """
        from .exponential_family import in_natural_parameters

        return in_natural_parameters(self, symbols, seconds)


class ConditionalManifold(StatisticalManifold):
    """A regression p(y | x; θ) of a response on covariates, with the Fisher metric averaged over rows.

    The covariates are data and have no law of their own; the metric is the mean over their rows of the Fisher
    information of one response (P. McCullagh and J. A. Nelder, Generalized Linear Models, 1989, ch. 2),

        g_ij(θ) = (1/N) Σ_n E_{y | x_n}[s_i s_j],        T_ijk(θ) = (1/N) Σ_n E_{y | x_n}[s_i s_j s_k],

    with the expectation over y in closed form and the mean over x as a `Mean`.  The empirical metric, with the observed
    responses in place of the expectation, stands beside it.  Mostly made by ``StatisticalManifold.conditional``.

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


def _reduced(e: sp.Expr) -> sp.Expr:
    """The expression in canonical form, if that is shorter."""
    try:
        return min(e, DifferentialField()(e).as_expr(), key=sp.count_ops)
    except InputError:  # a function that no field knows
        return e


def _irregularity(density: Density) -> str:
    names = [
        str(c)
        for c in density.coordinates
        if any(c in (v.lower.free_symbols | v.upper.free_symbols) for p in density.pieces for v in p.variables)
    ]
    if names:
        return f"the support depends on {', '.join(names)}, so derivatives do not pass under the integral"
    if density.kinks:
        return (
            f"log p has a kink at {density.kinks[0]} = 0, where ∂∂ log p holds a delta function that the "
            "integral misses"
        )
    return "derivatives do not pass under the integral"


def _entry(elements: Mapping[tuple[int, int, int], Element], i: int, j: int, k: int) -> Element:
    return elements[i, j, k]
