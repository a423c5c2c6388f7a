"""Published facts about surfaces, homogeneous spaces and special metrics."""

from itertools import combinations

import pytest
import sympy as sp
from chentsov.models import surfaces as sf
from chentsov.models.surfaces import phi, theta, u, v

a, b, c = sp.symbols("a b c", positive=True)


def same(manifold, ours, theirs):
    return manifold.field(ours) == manifold.field(theirs)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_constant_curvature_in_every_dimension(n):
    k = 0 if n == 1 else 1
    assert sf.sphere(n, 1).constant_curvature() == k
    assert sf.stereographic_sphere(n).constant_curvature() == k
    assert sf.hyperbolic_ball(n).constant_curvature() == -k
    assert sf.hyperbolic_half_space(n, 1).constant_curvature() == -k
    assert sf.euclidean(n).is_flat()


GAUSSIAN = [
    (
        sf.torus,
        sp.cos(v)
        / (sp.Symbol("r", positive=True) * (sp.Symbol("R", positive=True) + sp.Symbol("r", positive=True) * sp.cos(v))),
    ),
    (sf.catenoid, -1 / (c**2 * sp.cosh(v / c) ** 4)),
    (sf.helicoid, -(c**2) / (c**2 + v**2) ** 2),
    (sf.enneper, -4 / (1 + u**2 + v**2) ** 4),
    (sf.pseudosphere, -1 / a**2),
    (sf.spheroid, c**2 / (a**2 * sp.cos(theta) ** 2 + c**2 * sp.sin(theta) ** 2) ** 2),
    (sf.monkey_saddle, -36 * (sf.x**2 + sf.y**2) / (1 + 9 * (sf.x**2 + sf.y**2) ** 2) ** 2),
    (sf.paraboloid, 4 * a**2 / (1 + 4 * a**2 * sp.Symbol("u", positive=True) ** 2) ** 2),
    (sf.veronese, sp.Rational(1, 3)),
    (sf.hyperboloid, -1 / sp.Symbol("L", positive=True) ** 2),
    (sf.clifford_torus, sp.S.Zero),
    (
        sf.ellipsoid,
        1
        / (
            a**2
            * b**2
            * c**2
            * (
                sp.sin(theta) ** 2 * sp.cos(phi) ** 2 / a**2
                + sp.sin(theta) ** 2 * sp.sin(phi) ** 2 / b**2
                + sp.cos(theta) ** 2 / c**2
            )
            ** 2
        ),
    ),
]


@pytest.mark.parametrize("build, expected", GAUSSIAN, ids=lambda f: getattr(f, "__name__", ""))
def test_gaussian_curvature(build, expected):
    surface = build()
    assert same(surface, surface.gaussian_curvature, expected)


@pytest.mark.parametrize("build", [sf.catenoid, sf.helicoid, sf.enneper], ids=lambda f: f.__name__)
def test_minimal_surfaces(build):
    assert build().is_minimal()
    assert not sf.torus().is_minimal()


def test_the_catenoid_is_isometric_to_the_helicoid():
    """v_helicoid = c sinh(v/c), u = u: the same metric."""
    helicoid, catenoid = sf.helicoid(), sf.catenoid()
    bent = helicoid.change_coordinates((u, v), {u: u, v: c * sp.sinh(v / c)})
    for ours, theirs in zip(bent.metric, catenoid.metric):
        assert same(bent, ours, theirs)


def test_graph_and_revolution():
    surface = sf.graph()
    h = [f for f in surface.embedding if f.has(sp.Function)][0]
    x, y = surface.coordinates
    monge = (h.diff(x, 2) * h.diff(y, 2) - h.diff(x, y) ** 2) / (1 + h.diff(x) ** 2 + h.diff(y) ** 2) ** 2
    assert same(surface, surface.gaussian_curvature, monge)
    turned = sf.surface_of_revolution()
    f = sp.Function("f")(u)
    assert same(turned, turned.gaussian_curvature, -f.diff(u, 2) / f)


def test_gauss_equation_agrees_with_the_intrinsic_curvature():
    """Theorema egregium: the same numbers from the embedding and from the metric alone."""
    from chentsov import RiemannianManifold

    for build in (sf.torus, sf.ellipsoid, sf.hyperboloid, sf.catenoid):
        surface = build()
        intrinsic = RiemannianManifold(surface.metric, surface.coordinates)
        assert intrinsic.structure == "general" and surface.structure == "immersed"
        assert intrinsic.local.ricci_scalar() == intrinsic.field(surface.ricci_scalar)
        assert [intrinsic.field(e) for e in surface.christoffel._array] == [
            intrinsic.field(e) for e in intrinsic.christoffel._array
        ]


# [e_2, e_3] = λ_1 e_1 and cyclic, for the coframe of each unimodular type (Milnor 1976, sec. 4).
UNIMODULAR = {"I": (0, 0, 0), "II": (1, 0, 0), "VI0": None, "VII0": (0, 1, 1), "VIII": (1, 1, -1), "IX": (1, 1, 1)}


@pytest.mark.parametrize("kind", [k for k, signs in UNIMODULAR.items() if signs])
def test_milnor_formula(kind):
    """R = 2(μ_1μ_2 + μ_2μ_3 + μ_3μ_1), μ_i = ½(λ_1+λ_2+λ_3) − λ_i, λ_1 = ±a/(bc) and cyclic for the orthonormal frame."""
    manifold = sf.bianchi(kind)
    lengths = (a, b, c)
    lam = [sign * lengths[i] ** 2 / (a * b * c) for i, sign in enumerate(UNIMODULAR[kind])]
    mu = [sum(lam) / 2 - x for x in lam]
    assert same(manifold, manifold.ricci_scalar, 2 * (mu[0] * mu[1] + mu[1] * mu[2] + mu[2] * mu[0]))


#: dω_i = Σ_{j<k} D[i][j, k] ω_j ∧ ω_k of each coframe.
STRUCTURE = {
    "I": {},
    "II": {(0, 1, 2): 1},
    "III": {(2, 0, 2): 1},
    "V": {(1, 0, 1): 1, (2, 0, 2): 1},
    "VI0": {(1, 0, 1): 1, (2, 0, 2): -1},
    "VII0": {(1, 0, 2): 1, (2, 0, 1): -1},
    "VIII": {(0, 1, 2): 1, (1, 0, 2): -1, (2, 0, 1): -1},
    "IX": {(0, 1, 2): 1, (1, 0, 2): -1, (2, 0, 1): 1},
}


@pytest.mark.parametrize("kind", sorted(STRUCTURE))
def test_structure_constants_of_the_coframes(kind):
    coordinates, forms = sf._COFRAMES[kind]
    frame = sp.Matrix(forms)
    at = dict(zip(coordinates, (sp.Rational(3, 7), sp.Rational(5, 11), sp.Rational(2, 9))))
    inverse = frame.subs(at).evalf(30).inv()
    for i in range(3):
        curl = sp.Matrix(3, 3, lambda p, q: sp.diff(frame[i, q], coordinates[p]) - sp.diff(frame[i, p], coordinates[q]))
        in_frame = inverse.T * curl.subs(at).evalf(30) * inverse
        for j, k in combinations(range(3), 2):
            assert abs(in_frame[j, k] - STRUCTURE[kind].get((i, j, k), 0)) < 1e-25


def test_homogeneous_geometries():
    assert sf.nil().ricci_scalar == -sp.Rational(1, 2)
    assert sf.sol().ricci_scalar == -2
    squash = sp.Symbol("e", positive=True)
    assert same(sf.berger_sphere(), sf.berger_sphere().ricci_scalar, 2 - squash**2 / 2)
    assert sf.berger_sphere(1).constant_curvature() == sp.Rational(1, 4)
    assert sf.bianchi("V").constant_curvature() == -1 / a**2
    assert sf.bianchi("VII0", a, b, b).is_flat()
    with pytest.raises(ValueError, match="unknown Bianchi type 'X'"):
        sf.bianchi("X")


def test_complex_projective_plane():
    """Einstein, R_ij = 6 g_ij; holomorphic planes have K = 4, totally real ones K = 1; self-dual, so not conformally flat."""
    cp2 = sf.complex_projective_plane()
    assert cp2.is_einstein() and cp2.ricci_scalar == 24 and not cp2.has_constant_curvature()
    assert cp2.sectional_curvature([1, 0, 0, 0], [0, 0, 0, 1]) == 4
    assert cp2.sectional_curvature([1, 0, 0, 0], [0, 1, 0, 0]) == 1
    assert not cp2.is_conformally_flat()


def test_complex_hyperbolic_plane():
    ch2 = sf.complex_hyperbolic_plane()
    assert ch2.is_einstein() and ch2.ricci_scalar == -24
    assert ch2.sectional_curvature([1, 0, 0, 0], [0, 0, 0, 1]) == -4
    assert ch2.sectional_curvature([1, 0, 0, 0], [0, 1, 0, 0]) == -1


def test_sphere_times_hyperbolic_plane():
    """The classical example of a conformally flat metric that is neither flat nor of constant curvature."""
    both = sf.sphere_times_hyperbolic_plane()
    assert both.ricci_scalar == 0 and both.is_conformally_flat()
    assert not (both.is_einstein() or both.is_flat())
    other = sf.sphere(2, a).product(sf.hyperbolic_half_space(2, b))
    assert not other.is_conformally_flat()


def test_eguchi_hanson():
    instanton = sf.eguchi_hanson()
    r = instanton.coordinates[0]
    assert instanton.is_ricci_flat()
    assert same(instanton, instanton.kretschmann, 384 * a**8 / r**12)


def test_rotations_of_the_sphere():
    sphere = sf.sphere(2, 1)
    cot = sp.cos(theta) / sp.sin(theta)
    for x in ([0, 1], [sp.sin(phi), cot * sp.cos(phi)], [sp.cos(phi), -cot * sp.sin(phi)]):
        assert sphere.is_killing(x)
    assert not sphere.is_killing([1, 0])
    assert same(sphere, sphere.laplacian(sp.cos(theta)), -2 * sp.cos(theta))


def test_great_circles():
    sphere = sf.sphere(2, 1)
    path = sphere.geodesic([sp.pi / 2, 0], [0.6, 0.8], 3.0)
    height = [float(sp.cos(float(p))) for p in path.position[::20, 0]]
    expected = [-0.6 * float(sp.sin(float(s))) for s in path.t[::20]]
    assert height == pytest.approx(expected, abs=1e-9)


def test_every_entry_is_named_and_sourced():
    members = list(sf.catalogue())
    assert len({m.name for m in members}) == len(members) >= 30
    assert all(m.source for m in members)


@pytest.mark.parametrize("dim", [0, -1, 1.5])
def test_bad_dimension(dim):
    with pytest.raises(ValueError, match="dimension"):
        sf.sphere(dim)


def test_surfaces_in_numbers():
    """The Gauss equation by QR agrees with the closed form."""
    for build, point, constants in [
        (sf.torus, [0.3, 1.1], {"R": 2, "r": 0.5}),
        (sf.ellipsoid, [0.7, 0.4], {"a": 1, "b": 2, "c": 3}),
        (sf.catenoid, [0.2, -0.6], {"c": 1.5}),
        (sf.clifford_torus, [0.2, -0.6], {"a": 1.5, "b": 0.1}),
    ]:
        surface = build()
        exact = surface.ricci_scalar.subs(dict(zip(surface.coordinates, point))).subs(
            {s: constants[s.name] for s in surface.constants}
        )
        found = surface.curvature_at(point, constants)
        assert found.ricci_scalar == pytest.approx(float(exact), abs=1e-12)
        assert surface.is_minimal() == (found.mean_curvature < 1e-12)
    with pytest.raises(ValueError, match="not Euclidean"):
        sf.hyperboloid().curvature_at([1, 1], {"L": 1})
    with pytest.raises(ValueError, match="give a number for c"):
        sf.catenoid().curvature_at([1, 1])
    with pytest.raises(ValueError, match="singular at this point"):
        sf.spheroid().curvature_at([0, 1], {"a": 1, "c": 2})


def test_a_surface_is_einstein_only_with_constant_curvature():
    """R_ij = (R/2) g_ij holds on every surface; R must be constant as well."""
    assert sf.sphere().is_einstein() and sf.pseudosphere().is_einstein()
    assert not sf.torus().is_einstein() and not sf.catenoid().is_einstein()
    assert sf.euclidean(1).is_einstein()
