"""Submanifolds and the 3+1 split, Killing fields, index notation, Jacobi fields, line elements."""

import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.manifolds import ManifoldError, RiemannianManifold
from chentsov.models import spacetimes, surfaces

x, y, w = sp.symbols("x y w", real=True)
z, r, th, ph = sp.symbols("z r theta phi", positive=True)
a, b = sp.symbols("a b", real=True)
hyperbolic = RiemannianManifold(sp.eye(3) / z**2, (x, y, z))


# -- submanifolds ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "space, new, relations",
    [
        (hyperbolic, (a, b), {x: a, y: b, z: 1 + a**2 / 2 + a * b / 3}),
        (surfaces.sphere(3), sp.symbols("p q", real=True), None),
        (RiemannianManifold(sp.diag(1 + x**2, 1, 2 + y), (x, y, z)), (a, b), {x: a, y: b, z: a * b}),
        (RiemannianManifold(sp.diag(-1, 1, 1 + w**2), (w, x, y)), (a, b), {w: a / 3, x: a, y: b}),
    ],
)
def test_gauss_and_codazzi_in_a_curved_space(space, new, relations):
    if relations is None:
        relations = dict(zip(space.coordinates, (1 + new[0] / 5, 1 + new[1] / 4, new[0])))
    surface = space.submanifold(new, relations)
    assert surface.gauss().is_zero() is True and surface.codazzi().is_zero() is True
    assert surface.extrinsic_curvature.is_zero() is False


def test_a_surface_of_flat_space_as_the_immersion_has_it():
    space = RiemannianManifold(sp.eye(3), (x, y, z))
    graph = space.submanifold((a, b), {x: a, y: b, z: a**2 + a * b})
    first = 1 + (2 * a + b) ** 2 + a**2  # K_ab = ±∂_a∂_b f/√(1 + |∂f|²)
    assert sp.simplify(graph.extrinsic_curvature[0, 0] ** 2 - 4 / first) == 0
    assert graph.manifold.field(graph.mean_curvature**2) == sum(
        (graph.manifold.field(h**2) for h in graph.mean_curvature_vector), graph.manifold.field.zero
    )


def test_spheres_and_planes_in_curved_spaces():
    """Geodesic spheres of the unit S³ have K = ±cot χ h; the equator is totally geodesic; a torus is minimal."""
    chi = sp.Symbol("chi", positive=True)
    three = RiemannianManifold(sp.diag(1, sp.sin(chi) ** 2, sp.sin(chi) ** 2 * sp.sin(th) ** 2), (chi, th, ph))
    ball = three.submanifold((th, ph), {chi: a, th: th, ph: ph})
    assert ball.is_umbilical() and ball.manifold.field(ball.mean_curvature**2) == ball.manifold.field(
        4 / sp.tan(a) ** 2
    )
    assert three.submanifold((th, ph), {chi: sp.pi / 2, th: th, ph: ph}).is_totally_geodesic() is True
    clifford = RiemannianManifold(sp.diag(1, sp.cos(chi) ** 2, sp.sin(chi) ** 2), (chi, x, y))
    assert clifford.submanifold((x, y), {chi: sp.pi / 4, x: x, y: y}).is_minimal() is True
    curve = three.submanifold((a,), {chi: sp.pi / 2, th: sp.pi / 2, ph: a})
    assert curve.codimension == 2 and curve.is_totally_geodesic() is True
    with pytest.raises(ManifoldError, match="codimension 2"):
        _ = curve.normal


def test_the_split_of_painleve_and_of_an_expanding_universe():
    m = spacetimes.painleve_gullstrand()
    split = m.split(m.coordinates[0])
    radius, mass = m.coordinates[1], m.constants[0]
    assert split.space.is_flat() and split.lapse == 1
    assert split.space.field(split.shift[0]) == split.space.field(sp.sqrt(2 * mass / radius))
    assert split.hamiltonian == 0 and list(split.momentum) == [0, 0, 0]
    t, k = sp.symbols("t k", real=True)
    scale = sp.Function("s", positive=True)(t)
    universe = RiemannianManifold(sp.diag(-1, *[scale**2] * 3), (t, x, y, z)).split(t)
    energy = universe.space.field(6 * scale.diff(t) ** 2 / scale**2)  # 16πρ by Friedmann
    assert universe.space.field(universe.hamiltonian) == energy
    assert universe.extrinsic_curvature.contracted(0, 1)[()] == -3 * scale.diff(t) / scale


def test_the_constraints_are_einsteins_equations():
    """2G(n, n) and −G(n, e_i) on a metric that solves nothing, with n_a = −N ∂_a t."""
    t = sp.Symbol("t", real=True)
    m = RiemannianManifold(sp.Matrix([[-1, x, 0], [x, 1 + t**2, 0], [0, 0, 2 + x * t]]), (t, x, y))
    split, einstein = m.split(t), m.tensor("einstein")
    lapse = split.lapse
    normal = m.tensor([-lapse, 0, 0], ["down"]).raised(0)
    full = (einstein * normal).contracted(1, 2)
    field = split.space.field
    assert field((full * normal).contracted(0, 1)[()]) * 2 == field(split.hamiltonian)
    assert [field(-full[i]) for i in (1, 2)] == [field(p) for p in split.momentum]
    with pytest.raises(ManifoldError, match="null"):
        spacetimes.eddington_finkelstein().split(spacetimes.eddington_finkelstein().coordinates[0])
    with pytest.raises(ManifoldError, match="no coordinate"):
        m.split(z)


# -- Killing fields -------------------------------------------------------------------------------------------


def test_killing_fields_of_the_model_spaces():
    """n(n+1)/2 of them, and none beside: R³, the sphere, the hyperbolic plane, Minkowski's space-time."""
    space = RiemannianManifold(sp.eye(3), (x, y, z)).killing_fields(1)
    assert len(space) == 6 and space.is_complete
    upper = RiemannianManifold(sp.eye(2) / z**2, (x, z)).killing_fields(2)
    assert len(upper) == 3 and upper.is_complete
    sphere = surfaces.sphere(2, 1)
    theta, phi = sphere.coordinates
    found = sphere.killing_fields(2, [sp.sin(phi), sp.cos(phi), sp.cot(theta)])
    assert len(found) == 3 and found.is_complete and all(sphere.is_killing(f) is True for f in found)
    assert len(spacetimes.minkowski().killing_fields(1)) == 10


@pytest.mark.slow
def test_killing_fields_of_kerr_and_of_nothing():
    found = spacetimes.kerr().killing_fields(1)
    assert [list(f.components) for f in found] == [[1, 0, 0, 0], [0, 0, 0, 1]] and found.at_most < 10
    bent = RiemannianManifold(sp.diag(1 + x**4 + y**2, 1 + x**2 * y**2), (x, y))
    assert len(bent.killing_fields(2)) == 0
    cylinder = RiemannianManifold(sp.diag(1, x**4 + 1), (x, y)).killing_fields(1)
    assert [list(f.components) for f in cylinder] == [[0, 1]] and cylinder.at_most == 2
    stretched = RiemannianManifold(sp.diag(1, z**2), (x, y))  # a constant in the coefficients
    assert len(stretched.killing_fields(1)) == 2 and len(stretched.killing_fields(3, [x, y, z])) >= 3
    with pytest.raises(ManifoldError, match="too many"):
        spacetimes.minkowski().killing_fields(8)


# -- index notation -------------------------------------------------------------------------------------------


def test_index_notation_says_what_the_methods_say():
    m = spacetimes.reissner_nordstrom()
    assert m.index("R_abcd R^abcd")[()] == m.kretschmann
    assert m.index("R_ab R^ab")[()] == m.invariants.ricci_squared
    assert m.index("R_ab - 1/2 g_ab R") == m.tensor("einstein") == m.index("G_ab")
    assert m.index("∇_a G^a_b").is_zero() is True
    assert m.index("R^a_bad") == m.tensor("ricci")
    assert m.index("C_abcd C^abcd")[()] == m.invariants.weyl_squared
    assert m.index("g_ab g^bc").components == sp.Array(sp.eye(4))
    u, v = m.tensor([1, 0, 2, 0], ["up"]), m.tensor([0, 1, 0, r], ["up"])
    assert m.index("u^a v^b - u^b v^a", u=u, v=v) == (u * v).antisymmetrised() * 2
    assert m.index("∇_a u^b", u=u) == u.covariant_derivative().transposed(1, 0)
    box = m.index("g^ab ∇_a ∇_b f", f=m.tensor(m.coordinates[1]))
    assert m.field(box[()]) == m.field(m.laplacian(m.coordinates[1]))
    epsilon = m.index("1/24 ε_abcd ε^abcd")
    assert epsilon[()] == -1


@pytest.mark.parametrize(
    "text, message",
    [
        ("R_abcd R^abce R_e", "no tensor of that name"),
        ("R_ab g_ab", "not once up and once down"),
        ("R_ab + g_ac", "different free indices"),
        ("R_a[b", "not closed"),
        ("R_ab ?", "cannot be read at place"),
        ("", "empty"),
        ("g_ab +", "before no factor"),
        ("∇_a", "before no factor"),
        ("T_ab", "no tensor of that name"),
        ("__import__('os')", "cannot be read|no tensor"),
    ],
)
def test_index_notation_that_is_none(text, message):
    with pytest.raises(ManifoldError, match=message):
        surfaces.sphere(2, 1).index(text)


# -- Jacobi fields and line elements ----------------------------------------------------------------------------


def test_jacobi_fields_of_constant_curvature():
    """|J| = sin(√K s)/√K on the sphere."""
    sphere = surfaces.sphere(2, 1)
    across = sphere.jacobi_field([np.pi / 2, 0], [0, 1], [0, 0], [1, 0], np.linspace(0, 3, 7))
    assert np.allclose(across.field.values[:, 0], np.sin(across.t.values), atol=1e-9)


@pytest.mark.slow
def test_jacobi_fields_of_the_hyperbolic_plane():
    """sinh s across, and a tangential field is (α + βs) ẋ."""
    upper = RiemannianManifold(sp.eye(2) / z**2, (x, z))
    along = upper.jacobi_field([0, 1], [0.6, 0.8], [0.6, 0.8], [1.2, 1.6], 1.5)
    assert np.allclose(along.field.values, (1 + 2 * along.t.values)[:, None] * along.velocity.values, atol=1e-8)
    across = upper.jacobi_field([0, 1], [0.6, 0.8], [0, 0], [-0.8, 0.6], 1.5)
    assert np.allclose(np.sqrt(across.square), np.sinh(across.t), atol=1e-8)


def test_a_jacobi_field_is_the_difference_of_neighbouring_geodesics():
    m = RiemannianManifold(sp.diag(1 + y**2, 1 + x**2 / 2), (x, y))
    push, h = np.array([0.3, -0.2]), 1e-5
    moved = [
        m.geodesic([0.1, 0.2], np.array([1.0, 0.5]) + s * h * push, [0.0, 1.5]).position.values[-1] for s in (1, -1)
    ]
    found = m.jacobi_field([0.1, 0.2], [1.0, 0.5], [0, 0], push, 1.5).field.values[-1]
    assert np.allclose(found, (moved[0] - moved[1]) / (2 * h), rtol=1e-6)
    equations = surfaces.sphere(2, 1).jacobi_equations()
    s = sp.Symbol("s", real=True)
    theta, phi = surfaces.sphere(2, 1).coordinates
    values = {"theta": sp.pi / 2, "phi": s, "J_theta": sp.sin(s), "J_phi": 2 + s}
    for equation in equations:
        at = {f: values[f.func.__name__] for f in equation.atoms(sp.core.function.AppliedUndef)}
        assert sp.simplify(equation.lhs.subs(at).doit()) == 0


def test_a_line_element_is_a_metric():
    dr, dphi, dt = sp.symbols("dr dphi dt")
    plane = RiemannianManifold(dr**2 + r**2 * dphi**2, (r, ph))
    assert plane.metric == sp.diag(1, r**2) and plane.is_flat()
    t = sp.Symbol("t")
    tilted = RiemannianManifold(-((dt - r * dphi) ** 2) + dr**2 + dphi**2, (t, r, ph))
    assert tilted.metric == sp.Matrix([[-1, 0, r], [0, 1, 0], [r, 0, 1 - r**2]])
    for wrong in (dr**2 + dphi, dr**2 + r, sp.sin(dr) ** 2, r):
        with pytest.raises(ManifoldError, match="not a quadratic form in the differentials dr, dphi"):
            RiemannianManifold(wrong, (r, ph))
