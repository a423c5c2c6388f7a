"""Statistical manifolds: laws, second opinions from the density, derived models, bad input."""

import pytest
import sympy as sp
from chentsov import RiemannianManifold, StatisticalManifold
from chentsov.geometry.expectation import DensityError, NormalisationError
from chentsov.geometry.manifolds import ManifoldError, NotRegularError, SingularMetricError
from chentsov.models import families

oo = sp.oo
x, y = sp.symbols("x y", real=True)
n = sp.Symbol("n")
s, t, k = sp.symbols("s t k", positive=True)
R = sp.Rational

SMALL = [
    f
    for f in families.catalogue()
    if f.name not in ("multivariate_normal", "multivariate_t", "von_mises_fisher", "generalised_normal")
]


def near(a, b, digits=20):
    return abs(sp.N(a - b, digits + 15)) < sp.Float(10) ** -digits * max(1, abs(sp.N(b)))


# -- laws on the catalogue ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "family",
    [pytest.param(f, marks=pytest.mark.slow if f.name in ("student_t", "freund", "logistic") else ()) for f in SMALL],
    ids=lambda f: f.name,
)
def test_alpha_connections_are_dual_and_the_exponential_one_is_its_definition(family):
    m = family.manifold()
    assert m.check_duality(R(2, 3))
    if not m.density.kinks and not m.density.moving_bounds:
        # E[∂∂ℓ s] from the density against Γ^LC − T/2 from metric and cubic tensor
        assert m.exponential_connection() == m.alpha_connection_first(1)


@pytest.mark.parametrize("name", ["normal", "gamma", "student_t", "categorical", "weibull"])
def test_alpha_scalar_is_the_trace_of_the_alpha_riemann_tensor(name):
    m = getattr(families, name)()
    alpha = R(2, 5)
    riemann = m.alpha_riemann(alpha)
    rng = range(m.dim)
    trace = sum(m.inverse_metric[j, l] * riemann[i, j, i, l] for i in rng for j in rng for l in rng)
    assert m.field(trace) == m.field(m.alpha_ricci_scalar(alpha))


@pytest.mark.parametrize("family", SMALL, ids=lambda f: f.name)
def test_exponential_families_are_flat_for_alpha_one(family):
    m = family.manifold()
    alpha = sp.Symbol("alpha", real=True)
    if m.is_exponential and m.dim > 1:
        assert m.field(m.alpha_ricci_scalar(alpha)) == m.field((1 - alpha**2) * m.ricci_scalar)


def test_full_exponential_families_have_no_statistical_curvature():
    assert families.normal().statistical_curvature == 0
    assert families.gamma().statistical_curvature == 0


# -- second opinions ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["student_t", "beta", "von_mises", "binomial", "weibull", pytest.param("freund", marks=pytest.mark.slow)]
)
def test_metric_against_quadrature_of_the_density(name):
    record = getattr(families, name).record()
    m = record.manifold()
    assert all(near(a, b) for a, b in zip(sp.Matrix(m.metric).subs(record.sample), m.fisher_at(record.sample, 22)))


@pytest.mark.parametrize("name", ["student_t", "beta", "gumbel"])
def test_curvature_against_the_gauss_equation_of_the_density(name):
    record = getattr(families, name).record()
    m = record.manifold()
    assert near(m.ricci_scalar.subs(record.sample), m.ricci_scalar_at(record.sample, 20), 17)


def test_rigorous_enclosures_hold_the_closed_form():
    m = families.logistic()
    balls = m.fisher_at({"mu": R(1, 3), "s": R(7, 5)}, 25, rigorous=True)
    truth = sp.N((3 + sp.pi**2) / (9 * R(49, 25)), 40)
    assert float(balls[1][1].rad()) < 1e-24
    assert abs(sp.Float(balls[1][1].mid().str(40, radius=False), 40) - truth) < sp.Float("1e-24")


def test_efron_curvature_against_its_definition_by_quadrature():
    # N(u, u²): γ² = (ν_02 − ν_11²/ν_20)/ν_20² from moments of ℓ′ and ℓ″ at u = 2
    u = sp.Symbol("u", positive=True)
    curve = families.normal().submodel((u,), (u, u))
    density = StatisticalManifold.from_density(
        sp.exp(-((x - u) ** 2) / (2 * u**2)) / (sp.sqrt(2 * sp.pi) * u), {x: (-oo, oo)}, (u,)
    )
    l1 = density.score[0]
    l2 = sp.diff(l1, u)
    v20, m2, v11, v22 = density.expectation_at([l1**2, l2, l1 * l2, l2**2], {u: 2}, 25)
    expected = (v22 - m2**2 - v11**2 / v20) / v20**2
    assert curve.statistical_curvature == density.statistical_curvature == R(2, 27)
    assert near(expected, R(2, 27))


def test_cauchy_location_has_curvature_five_halves():  # Efron 1975, section 5
    u = sp.Symbol("u", real=True)
    assert families.cauchy().submodel((u,), (u, 1)).statistical_curvature == R(5, 2)


# -- where −E[∂∂ℓ] fails -----------------------------------------------------------------------------------


def test_the_cross_form_is_refused_with_its_reason():
    with pytest.raises(NotRegularError, match="support depends on t"):
        families.pareto().cross_form
    with pytest.raises(NotRegularError, match="kink"):
        families.laplace().cross_form
    assert families.pareto().negative_mean_hessian == sp.Matrix(
        [[sp.Symbol("a", positive=True) / t**2, -1 / t], [-1 / t, sp.Symbol("a", positive=True) ** -2]]
    )
    assert "not regular" in families.laplace().regularity
    assert families.cauchy().cross_form == families.cauchy().metric


# -- several pieces, several variables ----------------------------------------------------------------------


def test_zero_inflation_mixes_an_atom_with_a_density():
    m = StatisticalManifold.from_density(
        coordinates=(t, s), pieces=[(t, {}), ((1 - t) * s * sp.exp(-s * x), {x: (0, oo)})]
    )
    assert m.metric == sp.Matrix([[1 / (t * (1 - t)), 0], [0, (1 - t) / s**2]])


def test_censored_waiting_times():
    m = StatisticalManifold.from_density(
        coordinates=(s,), pieces=[(s * sp.exp(-s * x), {x: (0, k)}), (sp.exp(-s * k), {})]
    )
    assert m.field(m.metric[0, 0]) == m.field((1 - sp.exp(-s * k)) / s**2)


def test_a_variable_ranging_over_a_finite_set():
    m = StatisticalManifold.from_density(
        sp.exp(t * n) / (sp.exp(-t) + 1 + sp.exp(4 * t)), {n: sp.FiniteSet(-1, 0, 4)}, (t,)
    )
    z = sp.exp(-t) + 1 + sp.exp(4 * t)
    assert m.field(m.metric[0, 0]) == m.field(sp.diff(sp.log(z), t, 2))


def test_a_mixed_pair_of_variables():
    a, b = sp.symbols("a b", positive=True)
    joint = a * sp.exp(-a * x) * sp.exp(-b * x) * (b * x) ** n / sp.factorial(n)
    m = StatisticalManifold.from_density(joint, {x: (0, oo), n: (0, oo, "discrete")}, (a, b))
    assert m.metric == sp.Matrix([[a**-2, 0], [0, 1 / (a * b)]])


@pytest.mark.parametrize("domain", [sp.S.Reals, sp.Interval(-oo, oo), (-oo, oo)])
def test_ways_to_write_a_range(domain):
    m = StatisticalManifold.from_density(sp.exp(-((x - t) ** 2) / 2) / sp.sqrt(2 * sp.pi), {x: domain}, (t,))
    assert m.metric == sp.Matrix([[1]])


# -- derived models --------------------------------------------------------------------------------------------


def test_information_of_independent_copies_adds():
    m = families.normal().iid(5)
    assert m.metric == 5 * families.normal().metric
    assert m.amari_chentsov == 5 * families.normal().amari_chentsov
    assert m.ricci_scalar == -R(1, 5)
    with pytest.raises(DensityError, match="does not add"):
        families.pareto().iid(2)


def test_new_parameters_transform_tensors_and_keep_scalars():
    g = families.gamma()
    kappa, m = g.coordinates
    rate = sp.Symbol("r", positive=True)
    shape = sp.Symbol("a", positive=True)
    moved = g.change_coordinates((shape, rate), {kappa: shape, m: shape / rate})
    density = StatisticalManifold.from_density(
        log_density=shape * sp.log(rate) - sp.loggamma(shape) + (shape - 1) * sp.log(x) - rate * x,
        variables={x: (0, oo)}, coordinates=(shape, rate),
    )  # fmt: skip
    assert moved.metric == density.metric
    assert moved.amari_chentsov == density.amari_chentsov
    assert moved.exponential_connection() == density.exponential_connection()
    assert density.field(moved.ricci_scalar) == density.field(density.ricci_scalar)


def test_a_metric_with_a_cubic_tensor_is_a_statistical_manifold():
    m = StatisticalManifold([[1 / s**2]], [[[2 / s**3]]], (s,))
    assert m.check_duality(R(1, 3))
    with pytest.raises(ManifoldError, match="symmetric"):
        StatisticalManifold([[1, 0], [0, 1]], [[[0, 1], [0, 0]], [[0, 0], [0, 0]]], (s, t))


# -- the routes ----------------------------------------------------------------------------------------------------


def test_routes_agree():
    density, variables = s * sp.exp(-s * x), {x: (0, oo)}
    found = {
        r: StatisticalManifold.from_density(density, variables, (s,), route=r)
        for r in ("exponential", "table", "symbolic")
    }
    assert {m.metric[0, 0] for m in found.values()} == {s**-2}
    assert {m.amari_chentsov[0, 0, 0] for m in found.values()} == {-2 / s**3}
    assert len({m.provenance.route for m in found.values()}) == 3


def test_quadrature_serves_where_nothing_is_closed():
    e = sp.Symbol("e", positive=True)
    bump = lambda c: sp.exp(-((x - c) ** 2) / 2) / sp.sqrt(2 * sp.pi)
    m = StatisticalManifold.from_density(
        e * bump(0) + (1 - e) * bump(3), {x: (-oo, oo)}, (e,), domain={e: (0, 1)}, time_limit=0
    )
    assert m.provenance.route == "quadrature"
    grid = m.on_grid({e: [R(1, 5), R(1, 2)]}, ("metric",))
    for value, found in zip((R(1, 5), R(1, 2)), grid["metric"].values.ravel()):
        assert abs(float(found) - float(m.fisher_at({e: value}, 20)[0, 0])) < 1e-10 * abs(float(found))


# -- bad input ------------------------------------------------------------------------------------------------------

GAUSS = sp.exp(-(x**2) / (2 * s**2))


@pytest.mark.parametrize(
    ("error", "words", "arguments"),
    [
        (NormalisationError, "not normalised: ∫p = sqrt", (GAUSS, {x: (-oo, oo)}, (s,))),
        (NormalisationError, "not normalised", (sp.exp(-(x**4) / s) / s, {x: (-oo, oo)}, (s,))),
        (DensityError, "positive|normalised", (-GAUSS / s, {x: (-oo, oo)}, (s,))),
        (NormalisationError, "diverges", (s * sp.exp(-s * x), {x: (-oo, oo)}, (s,))),
        (NormalisationError, "not normalised", (s * sp.exp(-s * x), {x: (0, 1)}, (s,))),
        (DensityError, "does not depend on k", (s * sp.exp(-s * x), {x: (0, oo)}, (s, k))),
        (SingularMetricError, "∂/∂k", ((s + k) * sp.exp(-(s + k) * x), {x: (0, oo)}, (s, k))),
        (DensityError, "empty", (sp.exp(-x), {x: (1, 0)}, (s,))),
        (DensityError, "not strings", ("exp(-x)", {x: (0, oo)}, (s,))),
        (DensityError, "must map each sample variable", (s * sp.exp(-s * x), {}, (s,))),
        (DensityError, "both a sample variable and a coordinate", (s * sp.exp(-s * x), {x: (0, oo)}, (x,))),
        (DensityError, "nan", (sp.nan, {x: (0, oo)}, (s,))),
        (DensityError, "circle", (sp.exp(-s * x), {x: (y, oo), y: (x, oo)}, (s,))),
        (DensityError, "pieces", (sp.Piecewise((1, x < s), (0, True)), {x: (0, 1)}, (s,))),
        (DensityError, "ball arithmetic|unknown function", (sp.Function("f")(x) * sp.exp(-s * x), {x: (0, oo)}, (s,))),
    ],
)
def test_bad_densities(error, words, arguments):
    with pytest.raises(error, match=words):
        StatisticalManifold.from_density(*arguments)


def test_divergent_expectations_are_named():
    cauchy = families.cauchy()
    (u,) = cauchy.density.pieces[0].symbols
    with pytest.raises(DensityError, match="diverges"):
        cauchy.expectation.mean([u**2])
    with pytest.raises(DensityError):
        cauchy.expectation_at([u**2], {"mu": 0, "gamma": 1})
    with pytest.raises(DensityError, match="diverges"):  # shape below 1/2: the score of μ is not square integrable
        families.generalised_normal().fisher_at({"mu": 0, "alpha": 1, "beta": R(2, 5)})


def test_a_fisher_metric_that_does_not_exist_is_refused():
    a, b = sp.symbols("a b")
    with pytest.raises(DensityError, match="does not exist|diverges"):  # s² p ~ 1/(x − a) at the moving end
        StatisticalManifold.from_density((x - a) * (b - x) * 6 / (b - a) ** 3, {x: (a, b)}, (a, b), time_limit=0)
    assert families.generalised_normal().convergence_conditions == (2 - 1 / sp.Symbol("beta", positive=True),)
    assert families.student_t().convergence_conditions == ()


def test_sample_points_outside_the_domain_do_no_harm():
    m = sp.Symbol("m")  # Borel's distribution of the size of a queue's busy period, 0 < m < 1
    borel = sp.exp(-m * n) * (m * n) ** (n - 1) / sp.factorial(n)
    assert StatisticalManifold.from_density(borel, {n: (1, oo, "discrete")}, (m,)).metric[0, 0] == 1 / (m * (1 - m))


@pytest.mark.parametrize(
    ("point", "words"),
    [({"mu": 0}, "lacks sigma"), ({"mu": 0, "q": 1}, "neither"), ({"mu": 0, "sigma": "oo"}, "finite")],
)
def test_bad_points(point, words):
    with pytest.raises(ManifoldError, match=words):
        families.normal().fisher_at(point)


def test_it_is_a_riemannian_manifold():
    assert isinstance(families.normal(), RiemannianManifold)
