"""Identities that hold on every manifold, on random metrics and on the whole catalogue."""

from itertools import combinations

import pytest
import sympy as sp
from chentsov.geometry.manifolds import ChartMap
from chentsov.models import spacetimes, surfaces
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.manifolds.strategies import X, coordinate_changes, metrics, polynomials

MEMBERS = {m.name: m for m in (*spacetimes.catalogue(), *surfaces.catalogue())}
every_member = pytest.mark.parametrize("name", sorted(MEMBERS))
# A failure is reported as it is found: shrinking a random metric takes longer than reading it.
quick = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
    phases=(Phase.explicit, Phase.generate),
)


def cyclic(tensor, slots):
    """The sum over cyclic permutations of three slots."""
    a, b, c = slots
    order = list(range(tensor.rank))
    once, twice = order.copy(), order.copy()
    once[a], once[b], once[c] = b, c, a
    twice[a], twice[b], twice[c] = c, a, b
    return tensor + tensor.transposed(*once) + tensor.transposed(*twice)


def check_metric_compatibility(m):
    assert m.tensor("metric").covariant_derivative().is_zero()
    assert m.tensor("inverse_metric").covariant_derivative().is_zero()


def check_symmetries_of_the_formula(m):
    """Antisymmetry, pair symmetry and the first Bianchi identity of the formula itself, for any order of indices."""
    r = m.local.riemann_pair
    if m.structure == "hessian" and m.dim == 2:
        return  # there the formula is one determinant, made for the one component
    for i, j, k, l in combinations(list(range(m.dim)) * 2, 4):
        assert r(i, j, k, l) == -r(j, i, k, l) == r(k, l, i, j)
        assert (r(i, j, k, l) + r(i, k, l, j) + r(i, l, j, k)).is_zero


def check_bianchi(m):
    slope = m.tensor("riemann_lowered").covariant_derivative()
    n = range(m.dim)
    for i, j in combinations(n, 2):
        for k, l, e in combinations(n, 3):
            total = slope.element(i, j, k, l, e) + slope.element(i, j, l, e, k) + slope.element(i, j, e, k, l)
            assert total.is_zero


def check_contracted_bianchi(m):
    assert m.tensor("einstein").covariant_derivative().contracted(0, 2).is_zero()


@every_member
@pytest.mark.parametrize(
    "law",
    [check_metric_compatibility, check_symmetries_of_the_formula, check_bianchi, check_contracted_bianchi],
    ids=lambda law: law.__name__[6:],
)
def test_law_on_the_catalogue(name, law):
    law(MEMBERS[name])


@quick
@given(metrics())
def test_laws_on_random_metrics(m):
    check_metric_compatibility(m)
    check_symmetries_of_the_formula(m)
    check_contracted_bianchi(m)
    if m.dim > 2:
        check_bianchi(m)


@quick
@given(metrics(), st.data())
def test_ricci_identity(m, data):
    """∇_k∇_l V^i − ∇_l∇_k V^i = R^i_jkl V^j: the sign convention of R in one line."""
    v = m.tensor([data.draw(polynomials(m.coordinates, degree=1)) for _ in m.coordinates], ["up"])
    second = v.covariant_derivative().covariant_derivative()  # indexed [i, l, k]
    commutator = second.transposed(0, 2, 1) - second
    assert commutator == (m.tensor("riemann") * v).contracted(1, 4)


@settings(quick, max_examples=8)
@given(metrics(dims=(2,)) | metrics(dims=(3,), dense=False), st.data())
def test_invariance_under_a_change_of_coordinates(m, data):
    new, relations = data.draw(coordinate_changes(m.dim))
    chart = ChartMap(m, new, relations)
    there = chart.manifold()
    assert there.local.ricci_scalar() == there.field(m.ricci_scalar.subs(relations, simultaneous=True))
    assert chart.transform(m.tensor("ricci"), there) == there.tensor("ricci")


@pytest.mark.slow
@settings(quick, max_examples=6)
@given(metrics(dims=(3,), dense=False), st.data())
def test_tensors_with_upper_indices_transform_with_the_inverse_jacobian(m, data):
    new, relations = data.draw(coordinate_changes(m.dim))
    chart = ChartMap(m, new, relations)
    there = chart.manifold()
    assert chart.transform(m.tensor("inverse_metric"), there) == there.tensor("inverse_metric")
    function = X[0] * X[1] + X[2] ** 2
    carried = function.subs(relations, simultaneous=True)
    gradient = m.tensor(m.gradient(function), ["up"])
    assert list(chart.transform(gradient, there).components) == list(there.gradient(carried))
    assert there.field(m.laplacian(function).subs(relations, simultaneous=True)) == there.field(
        there.laplacian(carried)
    )


@quick
@given(metrics(dims=(3,)))
def test_the_trace_free_part_of_riemann_vanishes_in_three_dimensions(m):
    for q in m.local.independent_riemann():
        assert m.local._weyl(*q).is_zero  # the formula, not the shortcut of `weyl`


@settings(quick, max_examples=6)
@given(metrics(dims=(4,), dense=False), polynomials(X[:2]))
def test_weyl_is_trace_free_and_conformally_invariant(m, f):
    weyl = m.tensor("weyl")
    assert weyl.contracted(0, 2).is_zero()
    factor = 1 + f**2
    other = m.rescaled(factor)
    for q in m.local.independent_riemann():
        assert other.local.weyl(*q) == weyl.element(*q) * factor


@quick
@given(metrics(dims=(2,)), metrics(dims=(2,)))
def test_products_add_ricci_scalars(first, second):
    renamed = second.change_coordinates(sp.symbols("u v", real=True), sp.symbols("u v", real=True))
    both = first.product(renamed)
    assert both.local.ricci_scalar() == both.field(first.ricci_scalar + renamed.ricci_scalar)
    assert both.component("riemann_lowered", 0, 2, 0, 2) == 0


@quick
@given(metrics(), st.sampled_from([2, -3, sp.Rational(1, 5), sp.Symbol("c", positive=True)]))
def test_scaling(m, c):
    scaled = m.rescaled(c)
    assert scaled.local.ricci_scalar() * c == m.local.ricci_scalar()
    assert scaled.local.christoffel(0, 1, 1) == m.local.christoffel(0, 1, 1)


@quick
@given(metrics(), st.data())
def test_operators_fit_together(m, data):
    f, h = (data.draw(polynomials(m.coordinates)) for _ in range(2))
    field = m.field
    gradient, hessian = m.gradient(f), m.hessian(f)
    n = range(m.dim)
    # Δf = div grad f = tr Hess f
    assert field(m.laplacian(f)) == field(m.divergence(gradient))
    assert m.tensor(hessian, ["down", "down"]).contracted(0, 1).element() == field(m.laplacian(f))
    # div X = ∇_i X^i
    assert m.tensor(gradient, ["up"]).covariant_derivative().contracted(0, 1).element() == field(m.laplacian(f))
    # Δ(fh) = f Δh + h Δf + 2⟨grad f, grad h⟩
    inner = sum(gradient[i] * sp.diff(h, m.coordinates[i]) for i in n)
    assert field(m.laplacian(f * h)) == field(f * m.laplacian(h) + h * m.laplacian(f) + 2 * inner)
    # L_X g = ∇_i X_j + ∇_j X_i
    lowered = m.tensor(gradient, ["up"]).lowered(0).covariant_derivative()
    assert m.lie_derivative(gradient) == lowered + lowered.transposed(1, 0)


@quick
@given(metrics(dims=(3,)), st.lists(st.integers(-3, 3), min_size=6, max_size=6))
def test_sectional_curvature_depends_on_the_plane_only(m, numbers):
    u, v = numbers[:3], numbers[3:]
    try:
        k = m.sectional_curvature(u, v)
    except ValueError as problem:
        assert "do not span" in str(problem)
        return
    w = [2 * a - b for a, b in zip(u, v)]
    assert m.field(m.sectional_curvature(w, v)) == m.field(k)
    assert m.field(m.sectional_curvature(v, u)) == m.field(k)


def test_raising_and_lowering_are_inverse():
    kerr = MEMBERS["Kerr"]
    riemann = kerr.tensor("riemann_lowered")
    assert riemann.raised(0) == kerr.tensor("riemann")
    assert kerr.tensor("riemann").lowered(0) == riemann
    full = riemann.raised(0).raised(1).raised(2).raised(3)
    squares = (riemann * full).contracted(0, 4).contracted(0, 3).contracted(0, 2).contracted(0, 1)
    assert squares.element() == kerr.local.kretschmann()
