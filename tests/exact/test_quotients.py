"""Quotients keep their roots and signs below: they stay short, and have no poles that were not there."""

import chentsov as ch
import mpmath
import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.exact import DifferentialField
from hypothesis import given, settings
from hypothesis import strategies as st

t, x, y, z, a = sp.symbols("t x y z a", real=True)
p, m1, m2 = sp.symbols("p m1 m2", positive=True)


def surface(h, variable=x):
    """dx^2 + h^2 dy^2, with R = -2 h''/h."""
    return ch.RiemannianManifold(sp.diag(1, h**2), (variable, y))


@pytest.mark.parametrize(
    "root_of_entry, variable, at, expected",
    [
        (1 + p ** sp.Rational(7, 20), p, [1.0], 0.2275),  # e (1 - e)
        (1 + sp.sin(x), x, [np.pi / 2], 1.0),  # 2 sin/(1 + sin)
        (1 + sp.sqrt(p), p, [4.0], 1 / 48),  # 1/(2 p^(3/2) (1 + sqrt p))
        (sp.sqrt(2 + sp.tanh(sp.asinh(x) / 2)), x, [0.0], 1 / 32),  # h = 2 + x/2 + O(x^3): (1/2)^2/(2 * 4)
    ],
)
@pytest.mark.parametrize("rtol", [None, 1e-9])
def test_no_pole_where_the_denominators_conjugate_vanishes(root_of_entry, variable, at, expected, rtol):
    grid = surface(root_of_entry, variable).on_grid({variable.name: at, "y": 0.0}, ["ricci_scalar"], rtol=rtol)
    np.testing.assert_allclose(grid["ricci_scalar"].values.ravel(), expected, rtol=1e-9)


@pytest.mark.parametrize("rtol", [None, 1e-9])
def test_a_modulus_has_no_pole_where_its_conjugate_vanishes(rtol):
    """R = h'^2/(2h^2) - h''/h with h = 1 + |x|^3: 9/8 - 3 at 1 and -1."""
    grid = surface(sp.sqrt(1 + sp.Abs(x) ** 3)).on_grid({"x": [-1.0, 1.0], "y": 0.0}, ["ricci_scalar"], rtol=rtol)
    np.testing.assert_allclose(grid["ricci_scalar"].values.ravel(), -1.875, rtol=1e-14)


@pytest.mark.parametrize("rtol", [None, 1e-9])
def test_near_the_conjugates_zero_no_digits_are_lost(rtol):
    v = 1.0000001
    grid = surface(sp.sqrt(1 + sp.Abs(x) ** 3)).on_grid({"x": [v], "y": 0.0}, ["ricci_scalar"], rtol=rtol)
    h, slope, bend = 1 + v**3, 3 * v**2, 6 * v
    np.testing.assert_allclose(grid["ricci_scalar"].values.ravel(), slope**2 / (2 * h * h) - bend / h, rtol=1e-13)


def two_centres(strength=1, squared=x**2 + y**2):
    return 1 + strength * (m1 / sp.sqrt(squared + (z - a) ** 2) + m2 / sp.sqrt(squared + (z + a) ** 2))


POINT = {x: sp.Rational(3, 7), y: sp.Rational(-2, 5), z: sp.Rational(1, 3), a: sp.Rational(5, 4), m1: 2, m2: 3}


def test_a_conformal_plane_with_two_centres():
    """U^2 (dx^2 + dz^2) has R = -2 (log U)''/U^2 with the flat Laplacian."""
    factor = two_centres(squared=x**2)
    scalar = ch.RiemannianManifold(factor**2 * sp.eye(2), (x, z)).ricci_scalar
    assert len(str(scalar)) < 450
    expected = -2 * (sp.log(factor).diff(x, 2) + sp.log(factor).diff(z, 2)) / factor**2
    assert abs(sp.N((scalar / expected).subs(POINT), 40) - 1) < 1e-38


def test_majumdar_papapetrou_is_an_electrovacuum():
    """With A = dt/U: Ric_tt = |grad U|^2/U^6, Ric_ij = -2 U_i U_j/U^2 + delta_ij |grad U|^2/U^2, R = 0."""
    potential = two_centres()
    space = (x, y, z)
    manifold = ch.RiemannianManifold(sp.diag(-1 / potential**2, *[potential**2] * 3), (t, *space))
    rates = [potential.diff(v) for v in space]
    square = sum(r**2 for r in rates)
    assert manifold.ricci_scalar == 0
    ricci = manifold.ricci
    expected = {(0, 0): square / potential**6, (0, 2): sp.S.Zero}
    for i in range(3):
        for j in range(i + 1):
            expected[i + 1, j + 1] = ((square if i == j else 0) - 2 * rates[i] * rates[j]) / potential**2
    for place, value in expected.items():
        assert abs(sp.N((ricci[place] - value).subs(POINT), 40)) < 1e-36
        assert len(str(ricci[place])) < 1500
    connection = manifold.christoffel[0, 0, 1]
    assert abs(sp.N((connection + rates[0] / potential).subs(POINT), 40)) < 1e-38


def test_brill_lindquist():
    """psi^4 delta with harmonic psi: R = 0 and Ric_ij = -2 psi_ij/psi + (6 psi_i psi_j - 2 delta_ij |grad psi|^2)/psi^2."""
    psi, space = two_centres(sp.Rational(1, 2)), (x, y, z)
    manifold = ch.RiemannianManifold(psi**4 * sp.eye(3), space)
    assert manifold.ricci_scalar == 0
    square = sum(psi.diff(v) ** 2 for v in space)
    for i, j in ((0, 0), (0, 1), (2, 1), (2, 2)):
        u, v = space[i], space[j]
        expected = -2 * psi.diff(u, v) / psi + (6 * psi.diff(u) * psi.diff(v) - 2 * (i == j) * square) / psi**2
        assert abs(sp.N((manifold.ricci[i, j] - expected).subs(POINT), 40)) < 1e-36
        assert len(str(manifold.ricci[i, j])) < 2500


def test_kerr_in_cartesian_coordinates_is_a_vacuum():
    m = sp.Symbol("m", positive=True)
    difference = x**2 + y**2 + z**2 - a**2
    r = sp.sqrt((difference + sp.sqrt(difference**2 + 4 * a**2 * z**2)) / 2)
    null = sp.Matrix([1, (r * x + a * y) / (r**2 + a**2), (r * y - a * x) / (r**2 + a**2), z / r])
    metric = sp.diag(-1, 1, 1, 1) + 2 * m * r**3 / (r**4 + a**2 * z**2) * null * null.T
    assert not any(sp.flatten(ch.RiemannianManifold(metric, (t, x, y, z)).ricci))


PIECES = st.sampled_from(
    [
        1 / (1 + sp.sqrt(1 + x**2)),
        1 / (2 + sp.sin(x)),
        1 / (3 + sp.Abs(x)),
        sp.Abs(x) ** 3,
        x * sp.sqrt(2 + x**2),
        sp.cos(x) / (3 + sp.sqrt(1 + x**2)),
        sp.sqrt(2 + sp.sqrt(1 + x**2)),
        sp.tanh(sp.asinh(x) / 2),
        (1 + x**2) ** sp.Rational(1, 3),
    ]
)


@given(PIECES, PIECES, st.integers(1, 5), st.integers(-30, 30).filter(bool))
@settings(max_examples=30, deadline=None)
def test_curvature_of_surfaces_with_roots_and_signs(f, g, c, seventh):
    """R = -2 h''/h for h = 9 + c f + f g, by derivatives in mpmath."""
    h = 9 + c * f + f * g
    at = sp.Rational(seventh, 7)
    with mpmath.workdps(40):
        value = sp.lambdify(x, h, "mpmath")
        exact = -2 * mpmath.diff(value, mpmath.mpf(seventh) / 7, 2) / value(mpmath.mpf(seventh) / 7)
        ours = mpmath.mpmathify(sp.N(surface(h).ricci_scalar.subs(x, at), 40))
        assert abs(ours - exact) < 1e-15 * (1 + abs(exact))


@given(PIECES, PIECES, st.integers(1, 5))
@settings(max_examples=30, deadline=None)
def test_equality_is_by_value(f, g, c):
    """Equal quotients in different forms, and zeros that need the relations."""
    field = DifferentialField((x,))
    u, v = field(f + 9), field(g + 9)
    w = 1 / (u + c * v)
    assert w * u + c * w * v == 1 and (w * u + c * w * v - 1).is_zero
    assert u / v == (u * (u - v)) / (v * (u - v)) if u != v else u / v == 1
    assert field.canonical(w) == w and (1 / w).diff(x) == u.diff(x) + c * v.diff(x)
    assert w.diff(x) == -(w**2) * (u + c * v).diff(x)


def test_divisors_of_zero_are_refused():
    field = DifferentialField((x,))
    with pytest.raises(ZeroDivisionError, match="vanishes on part of the domain"):
        1 / field(1 + sp.sign(x))
    with pytest.raises(ZeroDivisionError, match="vanishes on part of the domain"):
        1 / field(x + sp.Abs(x))


def test_a_quotient_of_roots_squared_and_undone_is_one():
    """√(r − 2m)/√r squared, times r/(r − 2m): the root that cancels leaves a common divisor behind."""
    r, m = sp.symbols("r m", positive=True)
    field = DifferentialField((r,))
    root = 1 / (field(sp.sqrt(r)) / field(sp.sqrt(r - 2 * m)))
    product = root * root * field(r / (r - 2 * m))
    assert product == 1 and product.as_expr() == 1 and product.is_rational
