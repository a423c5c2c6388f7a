"""Schouten, Cotton and Bach tensors, and scalars of ∇R, against second derivations and published values."""

import pytest
import sympy as sp
from chentsov.geometry.manifolds import ManifoldError, RiemannianManifold
from chentsov.models import spacetimes, surfaces

x, y, z, w = sp.symbols("x y z w", real=True)
bent = RiemannianManifold(sp.diag(1, 1 + x**2, 1 + y**2), (x, y, z))
four = RiemannianManifold(sp.diag(1, 1 + x**2, 1, 1 + x * z), (x, y, z, w))


def test_cotton_vanishes_exactly_where_a_metric_of_three_dimensions_is_conformally_flat():
    flat = RiemannianManifold(sp.eye(3), (x, y, z)).rescaled(1 / (1 + x**2 + y * z))
    assert flat.tensor("cotton").is_zero() is True and flat.is_conformally_flat()
    assert bent.tensor("cotton").is_zero() is False and not bent.is_conformally_flat()
    assert surfaces.sphere(3).tensor("cotton").is_zero() is True


def test_cotton_by_the_ricci_tensor():
    """C_ijk = ∇_k R_ij − ∇_j R_ik + (∂_jR g_ik − ∂_kR g_ij)/(2(n−1)) for n = 3, no trace, no cyclic sum."""
    ricci, g, scalar = bent.tensor("ricci"), bent.tensor("metric"), bent.tensor(bent.ricci_scalar)
    slope, rise = ricci.covariant_derivative(), (g * scalar.covariant_derivative()) * sp.Rational(1, 4)
    expected = slope - slope.transposed(0, 2, 1) + rise.transposed(0, 2, 1) - rise
    cotton = bent.tensor("cotton")
    assert cotton == expected
    assert cotton.contracted(0, 1).is_zero() and cotton.antisymmetrised().is_zero()
    assert bent.cotton[0, 1, 2] == cotton[0, 1, 2] == -cotton[0, 2, 1]


def test_divergence_of_weyl_is_the_cotton_tensor():
    """∇^l C_lijk = (3 − n)(∇_k P_ij − ∇_j P_ik), from the second Bianchi identity."""
    divergence = four.tensor("weyl").covariant_derivative().contracted(0, 4)
    assert divergence == four.tensor("cotton") * (3 - 4)
    assert four.tensor("cotton").is_zero() is False


def test_bach_by_weyl_alone():
    """B_ij = ∇^k∇^l C_ikjl + ½ R^kl C_ikjl in four dimensions (Bach 1921); free of trace and of divergence."""
    weyl, ricci = four.tensor("weyl"), four.tensor("ricci")
    second = weyl.covariant_derivative().contracted(3, 4).covariant_derivative().contracted(1, 3)
    algebraic = (weyl * ricci).contracted(1, 4).contracted(2, 3)
    bach = four.tensor("bach")
    assert bach == second + algebraic * sp.Rational(1, 2) and bach.is_zero() is False
    assert bach.contracted(0, 1).is_zero() and bach.covariant_derivative().contracted(0, 2).is_zero()


def test_bach_is_conformally_covariant():
    scaled = four.rescaled((1 + y) ** 2)
    assert all(
        scaled.field(scaled.tensor("bach")[i, j]) == scaled.field(four.bach[i, j] / (1 + y) ** 2)
        for i in range(4) for j in range(i + 1)
    )  # fmt: skip


@pytest.mark.parametrize("make", [spacetimes.schwarzschild_de_sitter, spacetimes.kerr])
def test_bach_of_einstein_metrics_vanishes(make):
    m = make()
    assert m.tensor("bach").is_zero() is True and m.tensor("cotton").is_zero() is True


def test_they_exist_from_their_dimension_on():
    sphere = surfaces.sphere(2, 1)
    with pytest.raises(ManifoldError, match="Cotton tensor exists from dimension 3 on"):
        _ = sphere.cotton
    with pytest.raises(ManifoldError, match="Bach tensor exists from dimension 4 on"):
        _ = bent.bach
    assert {"schouten", "cotton"} < set(bent.quantities()) and "bach" not in bent.quantities()


def test_gradient_of_the_curvature_of_kerr_as_published():
    """Moffat & Toth, arXiv:1404.1845, eq. 12; zero on the surfaces r² − 2mr + a² cos²θ = 0 of stationary limit."""
    m = spacetimes.kerr()
    r, theta = m.coordinates[1:3]
    a, mass = (next(c for c in m.constants if c.name == name) for name in "am")
    c = a * sp.cos(theta)
    published = 720 * mass**2 * (c**4 - 4 * c**3 * r - 6 * c**2 * r**2 + 4 * c * r**3 + r**4) * (
        c**4 + 4 * c**3 * r - 6 * c**2 * r**2 - 4 * c * r**3 + r**4
    ) * (c**2 - 2 * mass * r + r**2) / (r**2 + c**2) ** 9  # fmt: skip
    assert m.field(m.invariants.riemann_gradient_squared) == m.field(published)
    # ⋆RR = ±96 a m² r cos θ (3r² − a²c²)(r² − 3a²c²)/Σ⁶ (Ciufolini & Wheeler 1995, sec. 6.11)
    magnetic = 96 * c * mass**2 * r * (3 * r**2 - c**2) * (r**2 - 3 * c**2) / (r**2 + c**2) ** 6
    assert m.field(m.invariants.pontryagin) in (m.field(magnetic), -m.field(magnetic))


def test_gradient_of_the_curvature_by_commuting_derivatives():
    """Of Einstein metrics ∇R·∇R = ½ ΔK − R^abcd □R_abcd, and □R is of third degree in R, without derivatives:
    R^abcd □R_abcd = 2 Ric·RR − R^ab_cd R^cd_ef R^ef_ab − 4 R^a_b^c_d R^e_a^f_c R^b_e^d_f.
    """
    m = spacetimes.schwarzschild_de_sitter()
    riemann = m.tensor("riemann_lowered")
    mixed = riemann.raised(0).raised(1)
    turned = riemann.raised(0).raised(2)
    scalar = m.ricci_scalar / 4
    cubic = 0
    keys = [(i, j, k, l) for i in range(4) for j in range(4) for k in range(4) for l in range(4)]
    one = {k: mixed.element(*k) for k in keys if mixed.element(*k)}
    two = {k: turned.element(*k) for k in keys if turned.element(*k)}
    zero = m.field.zero
    cubic = sum((
        v * u * one.get((e, f, a, b), zero)
        for (a, b, c, d), v in one.items() for (c2, d2, e, f), u in one.items() if (c, d) == (c2, d2)
    ), zero)  # fmt: skip
    turned_cube = sum((
        v * u * two.get((b, e, d, f), zero)
        for (a, b, c, d), v in two.items() for (e, a2, f, c2), u in two.items() if (a, c) == (a2, c2)
    ), zero)  # fmt: skip
    box = 2 * scalar * m.field(m.kretschmann) - cubic - 4 * turned_cube
    assert m.field(m.laplacian(m.kretschmann)) / 2 - box == m.field(m.invariants.riemann_gradient_squared)


def test_scalars_by_full_contraction():
    slope = four.tensor("riemann_lowered").covariant_derivative()
    raised = slope
    for slot in range(5):
        raised = raised.raised(slot)
    keys = [(i, j, k, l, e) for i in range(4) for j in range(4) for k in range(4) for l in range(4) for e in range(4)]
    full = sum((slope.element(*k) * raised.element(*k) for k in keys if slope.element(*k)), four.field.zero)
    found = four.invariants
    assert full == four.field(found.riemann_gradient_squared)
    weyl = four.tensor("weyl")
    square = (weyl * weyl.raised(0).raised(1).raised(2).raised(3)).contracted(0, 4).contracted(0, 3)
    assert four.field(found.weyl_squared) == square.contracted(0, 2).contracted(0, 1).element()
    ricci = four.tensor("ricci")
    assert four.field(found.ricci_squared) == (ricci * ricci).contracted(0, 2).contracted(0, 1).element()
    sphere = surfaces.sphere(4, 1)
    assert sphere.invariants.euler == 24  # 32π²χ = 24 · the volume 8π²/3 with χ = 2
    two = RiemannianManifold(sp.diag(1, 1 + x**4), (x, y))  # R_ijkl R^ijkl = R², so ∇R_ijkl ∇R^ijkl = |dR|²
    slope = two.tensor("riemann").covariant_derivative()
    raised = slope.raised(1).raised(2).raised(3).raised(4)
    keys = [(i, j, k, l, 0) for i in (0, 1) for j in (0, 1) for k in (0, 1) for l in (0, 1)]
    full = sum((slope.lowered(0).element(*k) * raised.element(*k) for k in keys), two.field.zero)
    assert two.field(two.invariants.riemann_gradient_squared) == full
