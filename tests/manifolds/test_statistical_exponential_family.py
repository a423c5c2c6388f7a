"""Exponential families: duality, divergence, geodesics, the Pythagorean relation, projections."""

import pytest
import sympy as sp
from chentsov import ExponentialFamily, HessianManifold, StatisticalManifold
from chentsov.geometry.manifolds import ManifoldError
from chentsov.models import families

R, oo = sp.Rational, sp.oo
a, b = sp.symbols("a b", real=True)
t = sp.Symbol("t", real=True)
neg = sp.Symbol("v", negative=True)


def gaussian():
    """N(μ, σ²) with θ = (μ/σ², −1/(2σ²))."""
    return ExponentialFamily(-(a**2) / (4 * neg) + sp.log(-sp.pi / neg) / 2, (a, neg), statistics=sp.symbols("x y"))


def categories():
    return ExponentialFamily(sp.log(1 + sp.exp(a) + sp.exp(b)), (a, b))


def test_it_is_both_kinds_of_manifold():
    g = gaussian()
    assert isinstance(g, HessianManifold) and isinstance(g, StatisticalManifold)
    assert g.natural_parameters == (a, neg)
    assert g.ricci_scalar == -1
    mean, second = g.expectation_parameters
    assert sp.simplify(second - mean**2 + 1 / (2 * neg)) == 0  # E[x²] − E[x]² = σ²


def test_its_tensors_are_those_of_the_density():
    x = sp.Symbol("x", real=True)
    m = StatisticalManifold.from_density(
        log_density=a * x + neg * x**2 - gaussian().log_partition, variables={x: (-oo, oo)}, coordinates=(a, neg)
    )
    g = gaussian()
    assert all(g.field(p) == g.field(q) for p, q in zip(m.metric, g.metric))
    assert all(g.field(p) == g.field(q) for p, q in zip(sp.flatten(m.amari_chentsov), sp.flatten(g.amari_chentsov)))


def test_divergence_against_the_integral():
    # KL(N(0,1) ‖ N(1,4)) = log 2 + (1 + 1)/8 − 1/2
    g = gaussian()
    found = g.kullback_leibler((0, -R(1, 2)), (R(1, 4), -R(1, 8)))
    assert abs(sp.N(found - (sp.log(2) + R(1, 4) - R(1, 2)), 30)) < 1e-25


def test_pythagorean_relation():
    m = categories()
    p, q, r = (R(1, 3), R(1, 2)), (R(1, 5), -R(1, 4)), (R(3, 4), R(1, 7))
    defect = m.kullback_leibler(p, r) - m.kullback_leibler(p, q) - m.kullback_leibler(q, r)
    assert abs(sp.N(defect - m.pythagorean_defect(p, q, r), 30)) < 1e-25
    # at the projection of p onto an e-flat submodel it vanishes for every r of the submodel
    q = m.m_projection(p, (0, 0), [(1, -1)], 30)
    assert abs(sp.N(m.pythagorean_defect(p, q, (5, -5)), 20)) < 1e-18
    assert abs(q[0] + q[1]) < 1e-25


def test_e_projection_meets_its_constraint_orthogonally():
    m = categories()
    p = (0, 0)
    q = m.e_projection(p, [(1, 0)], [R(1, 2)], 30)
    eta = [e.subs(dict(zip(m.coordinates, q))) for e in m.expectation_parameters]
    assert abs(sp.N(eta[0] - R(1, 2), 25)) < 1e-20
    other = (sp.log(4), sp.log(3))  # also has η_1 = 1/2, so KL(other‖p) = KL(other‖q) + KL(q‖p)
    assert abs(sp.N(m.pythagorean_defect(other, q, p), 25)) < 1e-18


@pytest.mark.slow
def test_geodesics_are_straight_in_their_parameters():
    m = categories()
    p, q = (R(1, 3), R(1, 2)), (R(1, 5), -R(1, 4))
    middle = [c.subs(t, R(1, 2)) for c in m.e_geodesic(p, q, t)]
    assert middle == [R(4, 15), R(1, 8)]
    curve = m.m_geodesic(p, q, t)
    for s in (0, R(1, 3), 1):
        eta = [e.subs(dict(zip(m.coordinates, [c.subs(t, s) for c in curve]))) for e in m.expectation_parameters]
        ends = [[e.subs(dict(zip(m.coordinates, z))) for e in m.expectation_parameters] for z in (p, q)]
        assert all(abs(sp.N(x - (1 - s) * y - s * z, 25)) < 1e-20 for x, y, z in zip(eta, *ends))


def test_the_dual_of_the_dual():
    coin = ExponentialFamily(sp.log(1 + sp.exp(t)), (t,))
    eta = coin.dual().coordinates[0]
    assert sp.simplify(coin.dual_potential - (eta * sp.log(eta) + (1 - eta) * sp.log(1 - eta))) == 0


def test_maximum_entropy_of_a_die():
    """Jaynes' die: mean 4.5 fixes the exponential tilt of the uniform distribution."""
    from chentsov.models import gibbs

    die = gibbs.gibbs_family([(k,) for k in range(1, 7)], (t,))
    (tilt,) = die.e_projection((0,), [(1,)], [R(9, 2)], 25)
    weights = [sp.exp(k * tilt) for k in range(1, 7)]
    assert abs(sum(k * w for k, w in enumerate(weights, 1)) / sum(weights) - R(9, 2)) < 1e-20
    assert abs(tilt - 0.37105) < 1e-5  # Jaynes, Where do we stand on maximum entropy? (1978)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ExponentialFamily(sp.exp(a) + b**2, (a, b), statistics=(a,)), "1 sufficient statistics for 2"),
        (lambda: categories().kullback_leibler((1,), (1, 2)), "coordinates"),
        (lambda: categories().e_projection((0, 0), [(1, 0)], []), "1 constraints, but 0 values"),
        (lambda: categories().e_projection((0, 0), [(1, 0)], [2]), "converge"),
    ],
)
def test_bad_input(call, words):
    with pytest.raises(ManifoldError, match=words):
        call()


def test_catalogue_families_in_natural_parameters_agree():
    # the gamma family from its density in (κ, m) and from its log-partition in (κ − 1, −κ/m)
    u, w = sp.Symbol("u", positive=True), sp.Symbol("w", negative=True)
    natural = ExponentialFamily(sp.loggamma(u + 1) - (u + 1) * sp.log(-w), (u, w))
    kappa, m = families.gamma().coordinates
    at = {kappa: R(3, 2), m: R(4, 5)}
    there = {u: R(1, 2), w: -R(15, 8)}
    assert abs(sp.N(families.gamma().ricci_scalar.subs(at) - natural.ricci_scalar.subs(there), 25)) < 1e-20


@pytest.mark.parametrize(
    "name", ["bernoulli", "normal", "gamma", "beta", "inverse_gaussian", "multinomial", "categorical"]
)
def test_natural_parameters_of_a_density(name):
    record = getattr(families, name).record()
    m = record.manifold()
    natural = m.exponential_family()
    there = dict(zip(natural.coordinates, (e.subs(record.sample) for e in m.exponential_form.natural)))
    constants = {c: v for c, v in record.sample.items() if c in m.constants}
    jacobian = sp.Matrix(
        [[sp.diff(e, c).subs(record.sample) for c in m.coordinates] for e in m.exponential_form.natural]
    )
    pulled = jacobian.T * natural.metric.subs(constants).subs(there) * jacobian
    assert all(abs(sp.N(x, 25)) < 1e-20 for x in pulled - m.metric.subs(record.sample))
    for ours, mu in zip(natural.expectation_parameters, m.expectation_parameters):
        assert abs(sp.N(ours.subs(constants).subs(there) - mu.subs(record.sample), 25)) < 1e-20


def test_curved_and_other_families_have_no_natural_chart():
    u = sp.Symbol("u", positive=True)
    x = sp.Symbol("x", real=True)
    curved = StatisticalManifold.from_density(
        sp.exp(-((x - u) ** 2) / (2 * u**2)) / (sp.sqrt(2 * sp.pi) * u), {x: (-oo, oo)}, (u,)
    )
    with pytest.raises(ManifoldError, match="curved"):
        curved.exponential_family()
    with pytest.raises(ManifoldError, match="not recognised"):
        families.cauchy().exponential_form
