"""Frames, null tetrads, Petrov types and connections with torsion, against textbooks."""

import pytest
import sympy as sp
from chentsov.geometry.manifolds import Connection, ManifoldError, RiemannianManifold
from chentsov.models import spacetimes, surfaces
from hypothesis import HealthCheck, Phase, given, settings

from tests.manifolds.strategies import metrics

quick = settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
    phases=(Phase.explicit, Phase.generate),
)
TYPES = {
    "Minkowski": "O", "Schwarzschild": "D", "Eddington–Finkelstein": "D", "Reissner–Nordström": "D", "Kerr": "D",
    "Taub–NUT": "D", "Vaidya": "D", "pp-wave": "N", "Friedmann–Lemaître–Robertson–Walker": "O", "de Sitter": "O",
    "Bertotti–Robinson": "O", "Gödel": "D", "Kasner": "I", "Morris–Thorne wormhole": "D",
}  # fmt: skip
MEMBERS = {m.name: m for m in spacetimes.catalogue()}


@quick
@given(metrics(dims=(3,), dense=False))
def test_structure_equations(m):
    """dθ^a = −ω^a_b ∧ θ^b, Ω^a_b = ½R^a_bcd θ^c∧θ^d, and ω_ab is antisymmetric where η is constant."""
    frame = m.frame([[1, m.coordinates[1], 0], [0, 1, 0], [0, m.coordinates[0], 2]])
    n = range(3)
    for a in n:
        torsion = frame.coframe[a].d()
        for b in n:
            torsion = torsion + (frame.connection(a, b) ^ frame.coframe[b])
        assert torsion.is_zero()
        assert frame.structure(a, 0, 1) == -frame.structure(a, 1, 0)
    riemann, omega = m.tensor("riemann"), frame.curvature(0, 1)
    assert all(frame.element(riemann, 0, 1, c, d) == frame.element(omega, c, d) for c in n for d in n)


def test_schwarzschild_by_cartan_as_in_a_textbook():
    """MTW, sec. 31.3: ω^t_r = (m/r²) dt; R^{tr}_{tr} = 2m/r³ and R^{tθ}_{tθ} = −m/r³ in the static frame."""
    m = spacetimes.schwarzschild()
    frame, (t, r, *_) = m.frame(), m.coordinates
    mass = m.constants[0]
    assert frame.is_orthonormal() and frame.metric == sp.diag(-1, 1, 1, 1)
    assert frame.connection(0, 1) == m.differential(t) * (mass / r**2) == frame.connection(1, 0)
    riemann = m.tensor("riemann_lowered")
    values = [frame.element(riemann, a, b, a, b) for a, b in [(0, 1), (0, 2), (1, 2), (2, 3)]]
    unit = mass / r**3
    assert values == [m.field(f * unit) for f in (-2, 1, -1, 2)]  # R_trtr = −R^tr_tr
    assert frame.components("einstein").tolist() == sp.zeros(4).tolist()


def test_commutators_of_the_frame_of_the_three_sphere():
    """[e_a, e_b] = 2ε_abc e_c for the left-invariant vectors of the unit S³ in Euler's angles; R_ij = 2 g_ij."""
    psi, theta, phi = sp.symbols("psi theta phi", real=True)
    g = sp.Matrix([[1, 0, sp.cos(theta)], [0, 1, 0], [sp.cos(theta), 0, 1]]) / 4
    m = RiemannianManifold(g, (psi, theta, phi))
    s, c = sp.sin, sp.cos
    rows = [
        [-2 * c(psi) * c(theta) / s(theta), -2 * s(psi), 2 * c(psi) / s(theta)],
        [-2 * s(psi) * c(theta) / s(theta), 2 * c(psi), 2 * s(psi) / s(theta)],
        [2, 0, 0],
    ]
    frame = m.frame(rows)
    assert frame.is_orthonormal() and frame.components("ricci") == sp.Array(2 * sp.eye(3))
    sign = frame.structure(2, 0, 1)
    assert abs(sign) == 2
    assert all(frame.structure(a, b, d) == sign * sp.LeviCivita(a, b, d) for a in range(3) for b, d in [(0, 1), (1, 2)])
    parallel = Connection.of_frame(frame)  # É. Cartan, É. Schouten 1926: flat, metric, with the torsion ∓2ε
    assert parallel.curvature.is_zero() and parallel.is_metric()
    assert frame.element(parallel.torsion, 2, 0, 1) == -sign
    assert Connection.with_torsion(m, parallel.torsion).coefficients == parallel.coefficients


@pytest.mark.parametrize("name", TYPES)
def test_petrov_types_as_published(name):
    """Stephani et al. 2003 (chapters 13 to 28 for the families); Kasner's general metric is of type I."""
    assert MEMBERS[name].petrov_type() == TYPES[name]


def test_types_two_and_three():
    """Robinson–Trautman vacua: type II with m(u) beside a K that is no constant, III for m = 0 (Stephani, 28.2.2)."""
    u, r, x, y = sp.symbols("u r x y", positive=True)
    mass = sp.Symbol("m", positive=True)
    types = []
    for m in (mass, 0):  # P = x^{3/2}: K = ΔlogP = −3x/2, ΔK = 0 … a vacuum for every m
        p = x ** sp.Rational(3, 2)
        curvature = sp.Rational(-3, 2) * x
        h = 2 * (curvature / 2 - m / r)
        g = sp.Matrix([[-h, -1, 0, 0], [-1, 0, 0, 0], [0, 0, r**2 / p**2, 0], [0, 0, 0, r**2 / p**2]])
        space = RiemannianManifold(g, (u, r, x, y))
        assert space.is_ricci_flat()
        types.append(space.petrov_type())
    assert types == ["II", "III"]


def test_weyl_scalars_of_kerr_in_kinnersleys_tetrad():
    """Ψ₂ = −m/(r − i a cos θ)³, the others zero, ρ = −1/(r − i a cos θ) (Kinnersley 1969; Chandrasekhar, sec. 56)."""
    m = spacetimes.kerr()
    r, theta = m.coordinates[1:3]
    a, mass = (next(c for c in m.constants if c.name == name) for name in "am")
    s, c = sp.sin(theta), sp.cos(theta)
    delta, sigma = r**2 - 2 * mass * r + a**2, r**2 + a**2 * c**2
    back = (r - sp.I * a * c) / (sp.sqrt(2) * sigma)  # 1/(√2 (r + i a cos θ))
    tetrad = m.null_tetrad(
        [
            [(r**2 + a**2) / delta, 1, 0, a / delta],
            [(r**2 + a**2) / (2 * sigma), -delta / (2 * sigma), 0, a / (2 * sigma)],
            [sp.I * a * s * back, 0, back, sp.I * back / s],
        ]
    )
    zeta = r - sp.I * a * c
    assert [m.field(psi) for psi in tetrad.weyl_scalars] == [m.field(v) for v in (0, 0, -mass / zeta**3, 0, 0)]
    spin = tetrad.spin_coefficients
    assert spin["kappa"] == spin["sigma"] == spin["lambda"] == spin["nu"] == 0
    assert m.field(spin["rho"]) == m.field(-1 / zeta)
    assert m.field(spin["mu"]) == m.field(-delta / (2 * sigma * zeta))


def test_schwarzschilds_spin_coefficients_and_charged_ricci_scalars():
    m = spacetimes.reissner_nordstrom()
    r, theta = m.coordinates[1:3]
    q, mass = (next(c for c in m.constants if c.name == name) for name in "qm")
    f = 1 - 2 * mass / r + q**2 / r**2
    root = sp.sqrt(2)
    tetrad = m.null_tetrad(
        [[1 / f, 1, 0, 0], [sp.S.Half, -f / 2, 0, 0], [0, 0, 1 / (root * r), sp.I / (root * r * sp.sin(theta))]]
    )
    spin, ricci = tetrad.spin_coefficients, tetrad.ricci_scalars
    expected = {"rho": -1 / r, "mu": -f / (2 * r), "gamma": f.diff(r) / 4, "epsilon": 0, "tau": 0, "pi": 0,
                "beta": sp.cos(theta) / (2 * root * r * sp.sin(theta))}  # fmt: skip
    assert all(m.field(spin[k]) == m.field(v) for k, v in expected.items()) and spin["alpha"] == -spin["beta"]
    assert m.field(ricci["Phi11"]) == m.field(q**2 / (2 * r**4)) and ricci["Lambda"] == ricci["Phi00"] == 0
    assert m.field(tetrad.weyl_scalars[2]) == m.field(-mass / r**3 + q**2 / r**4)


def test_the_invariants_by_scalars_and_without_a_tetrad():
    """I = Ψ₀Ψ₄ − 4Ψ₁Ψ₃ + 3Ψ₂² and J = det, or their conjugates, of a metric of type I."""
    from chentsov.geometry.manifolds.newman_penrose import petrov_invariants

    t, x, y, z = sp.symbols("t x y z", positive=True)
    m = RiemannianManifold(sp.Matrix([[-1, 0, 0, 0], [0, t**2, 0, x], [0, 0, 1 + t, 0], [0, x, 0, 3]]), (t, x, y, z))
    first, second = petrov_invariants(m)
    at = {t: sp.Rational(3, 2), x: sp.Rational(1, 2), y: 1, z: 1}
    p0, p1, p2, p3, p4 = (complex(sp.N(v.subs(at))) for v in m.null_tetrad().weyl_scalars)
    quadratic = p0 * p4 - 4 * p1 * p3 + 3 * p2**2
    cubic = p0 * p2 * p4 + 2 * p1 * p2 * p3 - p2**3 - p0 * p3**2 - p1**2 * p4
    found = [complex(sp.N(v.subs(at))) for v in (first, second)]
    same = [abs(f - w) < 1e-12 or abs(f - w.conjugate()) < 1e-12 for f, w in zip(found, (quadratic, cubic))]
    assert all(same) and m.petrov_type() == "I"


def test_torsion_of_a_constant_screw_in_flat_space():
    """T_ijk = s ε_ijk: R = R_LC − ¼ T_ijk T^ijk, geodesics stay straight, and the Ricci tensor is −½s² g."""
    x, y, z = sp.symbols("x y z", real=True)
    s = sp.Symbol("s", real=True)
    space = RiemannianManifold(sp.eye(3), (x, y, z))
    screw = Connection.with_torsion(space, space.levi_civita * s)
    assert screw.ricci == space.tensor("metric") * (-(s**2) / 2) and screw.torsion.lowered(0) == space.levi_civita * s
    assert all(screw.element(i, j, k) == -screw.element(i, k, j) for i in range(3) for j in range(3) for k in range(3))


def test_a_connection_is_read_and_checked():
    sphere = surfaces.sphere(2, 1)
    assert Connection.levi_civita(sphere).curvature == sphere.tensor("riemann")
    assert Connection.levi_civita(sphere).torsion.is_zero() and Connection.levi_civita(sphere).ricci_scalar == 2
    flat = Connection(sphere, [[[0, 0], [0, 0]]] * 2)
    assert flat.is_metric() is False and flat.curvature.is_zero()
    with pytest.raises(ManifoldError, match="antisymmetric in j and k"):
        Connection.with_torsion(sphere, [[[1, 0], [0, 0]]] * 2)
    with pytest.raises(ManifoldError, match="linearly dependent"):
        sphere.frame([[1, 1], [2, 2]])
    with pytest.raises(ManifoldError, match="Lorentzian manifolds of dimension 4"):
        sphere.petrov_type()
    with pytest.raises(ManifoldError, match=r"l·n is 2, where"):
        spacetimes.minkowski().null_tetrad([[1, 1, 0, 0], [-1, 1, 0, 0], [0, 0, 1, sp.I]])
    with pytest.raises(ManifoldError, match="length zero"):
        RiemannianManifold([[0, 1], [1, 0]], sp.symbols("u v")).frame()
