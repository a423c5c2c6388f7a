"""The catalogue of families against published closed forms, and its numbers on grids against ball arithmetic."""

import time

import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.expectation.balls import Tape, exact, precision
from chentsov.models import families

R = sp.Rational
CATALOGUE = list(families.catalogue())
NAMED = """bernoulli binomial categorical multinomial poisson geometric negative_binomial exponential gamma inverse_gamma
chi_square beta dirichlet normal log_normal multivariate_normal inverse_gaussian weibull gumbel pareto rayleigh maxwell
galton_board laplace logistic cauchy student_t von_mises von_mises_fisher generalised_normal freund mckay
multivariate_t""".split()


def test_every_family_asked_for_is_there():
    assert sorted(f.name for f in CATALOGUE) == sorted(NAMED)


@pytest.mark.parametrize("family", CATALOGUE, ids=lambda f: f.name)
def test_published_closed_forms(family):
    start = time.process_time()
    m = family.manifold()
    took = time.process_time() - start
    assert took < (2 if m.is_exponential else 15)
    equal = lambda a, b: m.field(a) == m.field(sp.sympify(b))
    known = family.closed_forms
    for i in range(m.dim):
        for j in range(m.dim):
            assert equal(m.metric[i, j], known["metric"][i][j])
    if "ricci_scalar" in known:
        assert equal(m.ricci_scalar, known["ricci_scalar"])
    if "amari_chentsov" in known:
        for i in range(m.dim):
            for j in range(i, m.dim):
                for k in range(j, m.dim):
                    assert equal(m.amari_chentsov[i, j, k], known["amari_chentsov"].get((i, j, k), 0))
    assert "∫p = 1 exactly" in m.provenance.checks[0]
    assert family.source and family.domain and set(family.sample) == set(family.domain)


@pytest.mark.parametrize("family", [f for f in CATALOGUE if f.name != "pareto"], ids=lambda f: f.name)
def test_second_opinion_on_metric_and_cubic_tensor(family):
    """E[s] = 0 identities that no route uses: ∂_k g_ij = Γ^(1)_{ki,j} + Γ^(1)_{kj,i} + T_ijk."""
    m = family.manifold()
    if m.density.kinks or m.dim > 3:
        return
    e = m.exponential_connection()
    n = range(m.dim)
    for i in n:
        for j in n:
            for k in n:
                total = sp.sympify(e[k, i, j]) + e[k, j, i] + m.amari_chentsov[i, j, k]
                assert m.field(sp.diff(m.metric[i, j], m.coordinates[k])) == m.field(total)


def grid_of(family, size, spread=0.3):
    """R on size × size points of the first two coordinates; of one coordinate, the metric on size² points."""
    m = family.manifold()
    names = list(m.coordinates)[:2]
    count = size if m.dim > 1 else size**2
    axes = {
        s: np.linspace(float(family.sample[s]) * (1 - spread), float(family.sample[s]) * (1 + spread), count)
        for s in names
    }
    constants = {s: float(v) for s, v in family.sample.items() if s not in names}
    name = "ricci_scalar" if m.dim > 1 else "metric"
    values = m.on_grid(axes, (name,), constants=constants)[name].values
    return axes, constants, (m.ricci_scalar if m.dim > 1 else m.metric[0, 0]), values.reshape([count] * len(names))


def worst_error(family, axes, constants, formula, values, points):
    """The largest relative error at random cells, against the closed form in balls."""
    symbols = [*family.coordinates, *family.constants]
    tape = Tape([formula], symbols)
    generator, worst = np.random.default_rng(5), 0.0
    for index in zip(*(generator.integers(n, size=points) for n in values.shape)):
        at = {**constants, **{s: axis[i] for (s, axis), i in zip(axes.items(), index)}}
        with precision(300):
            (truth,) = tape([exact(sp.Rational(float(at[s]))) for s in symbols])
        assert float(truth.real.rad()) <= 1e-30 * max(1.0, abs(float(truth.real.mid())))
        worst = max(worst, abs(values[index] - float(truth.real.mid())) / max(abs(float(truth.real.mid())), 1e-300))
    return worst


@pytest.mark.parametrize(
    "family",
    [
        pytest.param(f, marks=pytest.mark.slow if f.name.startswith("multivariate") else ())
        for f in CATALOGUE
        if len(f.coordinates) > 1
    ],
    ids=lambda f: f.name,
)
def test_curvature_on_grids_against_balls(family):
    assert worst_error(family, *grid_of(family, 24), points=6) <= 1e-10


@pytest.mark.slow
@pytest.mark.parametrize("family", CATALOGUE, ids=lambda f: f.name)
def test_a_million_points_in_one_call(family):
    axes, constants, formula, values = grid_of(family, 1000)
    assert values.size == 10**6 and np.isfinite(values).all()
    assert worst_error(family, axes, constants, formula, values, points=60) <= 1e-10


@pytest.mark.slow
def test_normals_in_three_dimensions():
    record = families.multivariate_normal.record(3)
    m = record.manifold()
    assert all(m.field(a) == m.field(sp.sympify(b)) for a, b in zip(m.metric, sp.Matrix(record.closed_forms["metric"])))
    assert m.ricci_scalar == -12


@pytest.mark.parametrize(
    "call",
    [
        lambda: families.categorical(1),
        lambda: families.dirichlet(1),
        lambda: families.multivariate_normal(0),
        lambda: families.multinomial(1),
    ],
)
def test_sizes_that_make_no_sense(call):
    with pytest.raises(ValueError, match="at least"):
        call()


def test_unknown_names():
    with pytest.raises(AttributeError, match="noraml"):
        families.noraml


def test_sizes_may_be_chosen():
    assert families.categorical(5).ricci_scalar == 3
    assert families.multinomial(4).constant_curvature() == 1 / (4 * sp.Symbol("n", positive=True, integer=True))
    assert families.dirichlet(2).metric.subs(
        dict(zip(families.dirichlet(2).coordinates, (2, 3)))
    ) == families.beta().metric.subs(dict(zip(families.beta().coordinates, (2, 3))))
