"""Differential forms against vector calculus, the laws of the exterior algebra, and Maxwell's equations."""

import pickle
from itertools import combinations

import chentsov as ch
import pytest
import sympy as sp
from chentsov.geometry.manifolds import ManifoldError, RiemannianManifold
from chentsov.models import spacetimes
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.manifolds.strategies import metrics, polynomials

quick = settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
    phases=(Phase.explicit, Phase.generate),
)
r, th, ph = sp.symbols("r theta phi", positive=True)
spherical = RiemannianManifold(sp.diag(1, r**2, r**2 * sp.sin(th) ** 2), (r, th, ph))


@st.composite
def forms(draw, m, degree):
    return m.form({i: draw(polynomials(m.coordinates, terms=1)) for i in combinations(range(m.dim), degree)}, degree)


@quick
@given(metrics(dims=(3,), dense=False), st.data())
def test_laws_of_the_exterior_algebra(m, data):
    """dd = 0, the graded Leibniz rule and commutativity, Cartan's formula, ⋆⋆, and α ∧ ⋆β = ⟨α, β⟩ vol."""
    p, q = data.draw(st.sampled_from([(0, 1), (1, 1), (1, 2), (2, 1)]))
    alpha, beta, gamma = (data.draw(forms(m, k)) for k in (p, q, p))
    x = m.tensor([data.draw(polynomials(m.coordinates, terms=1)) for _ in m.coordinates], ["up"])
    assert alpha.d().d().is_zero()
    assert (alpha ^ beta) == (beta ^ alpha) * (-1) ** (p * q)
    assert (alpha ^ beta).d() == (alpha.d() ^ beta) + (alpha ^ beta.d()) * (-1) ** p
    inside = alpha.d().interior(x)
    assert alpha.lie_derivative(x) == (alpha.interior(x).d() + inside if p else inside)
    assert alpha.interior(x).interior(x).is_zero()
    sign = m.field(m.levi_civita[0, 1, 2] ** 2 / m.determinant).as_expr()  # of det g, where a star takes it
    assert sign in (1, -1)
    assert alpha.star().star() == alpha * (sign * (-1) ** (p * (m.dim - p)))
    raised = gamma
    for slot in range(p):
        raised = raised.raised(slot)
    pairing = sum((alpha[i] * raised[i] for i in combinations(range(m.dim), p)), sp.S.Zero)
    assert (alpha ^ gamma.star()) == m.levi_civita * pairing


def test_vector_calculus_in_spherical_coordinates():
    """Griffiths, Introduction to Electrodynamics, inside front cover; v = v^r e_r + (v^θ) e_θ + … in the unit frame."""
    a, b, c = r**2 * sp.cos(th), r * sp.sin(ph), r * sp.sin(th) * sp.cos(ph)
    found = spherical.curl([a, b / r, c / (r * sp.sin(th))])
    expected = (
        (sp.diff(sp.sin(th) * c, th) - sp.diff(b, ph)) / (r * sp.sin(th)),
        (sp.diff(a, ph) / sp.sin(th) - sp.diff(r * c, r)) / r**2,
        (sp.diff(r * b, r) - sp.diff(a, th)) / r / (r * sp.sin(th)),
    )
    assert all(spherical.field(f) == spherical.field(e) for f, e in zip(found, expected))
    assert all(v == 0 for v in spherical.curl(spherical.gradient(r**3 * sp.cos(th) * sp.sin(ph))))
    flux = spherical.form(spherical.tensor([a, b / r, 0], ["up"])).star().d()
    assert spherical.field(flux[0, 1, 2]) == spherical.field(spherical.divergence([a, b / r, 0]) * r**2 * sp.sin(th))


def test_codifferential_is_minus_the_divergence_and_gives_the_laplacian():
    f = r**2 * sp.sin(th) * sp.cos(ph)
    assert spherical.field(spherical.differential(f).codifferential()[()]) == -spherical.field(spherical.laplacian(f))
    for m in (spherical, spacetimes.schwarzschild()):
        alpha = m.form({(0, 1): m.coordinates[1] ** 2, (0, 2): m.coordinates[1]})
        divergence = alpha.covariant_derivative().contracted(0, 2)
        assert alpha.codifferential() == m.form(divergence) * -1
        assert alpha.codifferential().codifferential().is_zero()
    assert spherical.form(f).codifferential().is_zero()


def test_maxwell_on_reissner_nordstrom():
    """F = q/r² dt∧dr is closed and coclosed, and 2 F_ik F_j^k − ½ g F² is its Einstein tensor."""
    m = spacetimes.reissner_nordstrom()
    t, radius = m.coordinates[:2]
    q = next(c for c in m.constants if c.name == "q")
    potential = m.differential(t) * (q / radius)
    field = potential.d()
    assert field.star().d().is_zero() and field[0, 1] == q / radius**2
    energy = (field * field.raised(1)).contracted(1, 3) * 2
    square = (field * field).contracted(0, 2).contracted(0, 1)
    assert energy - m.tensor("metric") * square[()] * sp.Rational(1, 2) == m.tensor("einstein")


def test_symmetrisation_and_the_levi_civita_tensor():
    u = (
        spherical.tensor([r, 1, th], ["up"])
        * spherical.tensor([ph, r, 1], ["up"])
        * spherical.tensor([1, r, 2], ["up"])
    )
    both = u.symmetrised(0, 1) + u.antisymmetrised(0, 1)
    assert both == u and u.antisymmetrised().symmetrised(1, 2).is_zero()
    determinant = sp.Matrix([[r, 1, th], [ph, r, 1], [1, r, 2]]).det()
    assert spherical.field(u.antisymmetrised()[0, 1, 2] * 6) == spherical.field(determinant)
    epsilon = spherical.levi_civita
    assert epsilon[1, 0, 2] == -(r**2) * sp.sin(th) and epsilon.covariant_derivative().is_zero()
    squared = (epsilon * epsilon.raised(0).raised(1).raised(2)).contracted(0, 3).contracted(0, 2).contracted(0, 1)
    assert squared[()] == 6
    with pytest.raises(ManifoldError, match="raise or lower first"):
        spherical.tensor("riemann").antisymmetrised(0, 1)


def test_forms_are_values():
    form = spherical.form({(r, th): ph, (ph, th): 2})
    assert pickle.loads(pickle.dumps(form)).increasing() == form.increasing() == {(0, 1): ph, (1, 2): -2}
    assert spherical.form([[0, ph, 0], [-ph, 0, -2], [0, 2, 0]]) == form
    assert isinstance(form * r, type(form)) and (form - form).is_zero()


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: spherical.form([[0, 1, 0], [1, 0, 0], [0, 0, 0]]), "not antisymmetric in slots 0 and 1"),
        (lambda: spherical.form({}), "give degree="),
        (lambda: spherical.form({(r, 7): 1}), "no index"),
        (lambda: spherical.form({r: 1, (r, th): 1}), "2 indices in a form of degree 1"),
        (lambda: spherical.form([1, 2, 3], degree=2), "degree 1, not 2"),
        (lambda: spherical.form(r) ^ 3, "∧ takes two forms"),
        (lambda: spacetimes.kerr().curl([1, 0, 0, 0]), "three dimensions only"),
    ],
)
def test_what_is_no_form(make, message):
    with pytest.raises(ch.ChentsovError, match=message):
        make()
