"""Published facts about the space-times of the catalogue."""

import pytest
import sympy as sp
from chentsov.models import spacetimes as st
from chentsov.models.spacetimes import r, t, theta, x, y

m, a, q, L = (
    sp.Symbol("m", positive=True),
    sp.Symbol("a", real=True),
    sp.Symbol("q", real=True),
    sp.Symbol("L", positive=True),
)


def same(manifold, ours, theirs):
    """Equality in the field of the manifold: exact."""
    return manifold.field(ours) == manifold.field(theirs)


@pytest.mark.parametrize(
    "build",
    [
        st.minkowski,
        st.schwarzschild,
        st.painleve_gullstrand,
        st.eddington_finkelstein,
        st.kerr,
        st.taub_nut,
        st.kasner,
        st.myers_perry,
    ],
    ids=lambda f: f.__name__,
)
def test_vacuum(build):
    assert build().is_ricci_flat()


def test_flatness_is_exact():
    assert st.minkowski(5).is_flat()
    assert st.schwarzschild(0).is_flat()
    assert not st.schwarzschild(sp.Rational(1, 10**9)).is_flat()
    assert st.kasner(0).is_flat()  # exponents (0, 1, 0): Taub's form of flat space-time


@pytest.mark.parametrize(
    "build, k, n",
    [
        (st.de_sitter, 1 / L**2, 4),
        (st.anti_de_sitter, -1 / L**2, 4),
        (st.anti_de_sitter_poincare, -1 / L**2, 4),
        (st.btz, -1 / L**2, 3),
    ],
    ids=lambda v: getattr(v, "__name__", ""),
)
def test_constant_curvature(build, k, n):
    manifold = build()
    assert manifold.constant_curvature() == k
    assert manifold.ricci_scalar == n * (n - 1) * k
    assert manifold.is_einstein() and manifold.is_conformally_flat()


KRETSCHMANN = [
    (st.schwarzschild, 48 * m**2 / r**6),
    (st.painleve_gullstrand, 48 * m**2 / r**6),
    (st.reissner_nordstrom, 8 * (6 * m**2 * r**2 - 12 * m * q**2 * r + 7 * q**4) / r**8),
    # R. C. Henry, Astrophys. J. 535, 350 (2000)
    (
        st.kerr,
        48
        * m**2
        * (r**2 - a**2 * sp.cos(theta) ** 2)
        * ((r**2 + a**2 * sp.cos(theta) ** 2) ** 2 - 16 * r**2 * a**2 * sp.cos(theta) ** 2)
        / (r**2 + a**2 * sp.cos(theta) ** 2) ** 6,
    ),
    (
        st.kerr_newman,
        8
        * (
            6
            * m**2
            * (
                r**6
                - 15 * a**2 * r**4 * sp.cos(theta) ** 2
                + 15 * a**4 * r**2 * sp.cos(theta) ** 4
                - a**6 * sp.cos(theta) ** 6
            )
            - 12 * m * q**2 * r * (r**4 - 10 * a**2 * r**2 * sp.cos(theta) ** 2 + 5 * a**4 * sp.cos(theta) ** 4)
            + q**4 * (7 * r**4 - 34 * a**2 * r**2 * sp.cos(theta) ** 2 + 7 * a**4 * sp.cos(theta) ** 4)
        )
        / (r**2 + a**2 * sp.cos(theta) ** 2) ** 6,
    ),
]


@pytest.mark.parametrize("build, expected", KRETSCHMANN, ids=lambda v: getattr(v, "__name__", ""))
def test_kretschmann(build, expected):
    manifold = build()
    assert manifold.ricci_scalar == 0
    assert same(manifold, manifold.kretschmann, expected)


def test_kerr_becomes_its_limits():
    assert st.kerr(m, 0).kretschmann == st.schwarzschild(m).kretschmann
    assert st.kerr(0, a).is_flat()  # flat space in spheroidal coordinates
    assert st.kerr_newman(m, a, 0).is_ricci_flat() and not st.kerr_newman().is_ricci_flat()


def test_kerr_killing_vectors_and_tensor():
    """∂_t, ∂_φ and Walker & Penrose's tensor (Commun. Math. Phys. 18, 265 (1970)): ∇_(i K_jk) = 0."""
    kerr = st.kerr()
    assert kerr.is_killing([1, 0, 0, 0]) and kerr.is_killing([0, 0, 0, 1])
    assert not kerr.is_killing([0, 1, 0, 0])
    sigma, delta = r**2 + a**2 * sp.cos(theta) ** 2, r**2 - 2 * m * r + a**2
    ingoing = sp.Matrix([(r**2 + a**2) / delta, -1, 0, a / delta])
    outgoing = sp.Matrix([(r**2 + a**2) / delta, 1, 0, a / delta])
    g = kerr.metric
    l, n = g * outgoing, g * ingoing * delta / (2 * sigma)
    killing = kerr.tensor(2 * sigma * (l * n.T + n * l.T) / 2 + r**2 * g, ["down", "down"])
    slope = killing.covariant_derivative()
    assert (slope + slope.transposed(1, 2, 0) + slope.transposed(2, 0, 1)).is_zero()
    assert not slope.is_zero()


def test_electrovacuum():
    """R_ij of Reissner–Nordström is trace free with R^i_j = (q²/r⁴) diag(−1, −1, 1, 1)."""
    rn = st.reissner_nordstrom()
    mixed = rn.tensor("ricci").raised(0)
    for i in range(4):
        for j in range(4):
            assert same(rn, mixed[i, j], (-1 if i < 2 else 1) * q**2 / r**4 if i == j else 0)


@pytest.mark.parametrize("build", [st.schwarzschild_de_sitter, st.kerr_de_sitter, st.nariai], ids=lambda f: f.__name__)
def test_cosmological_constant(build):
    """R_ij = Λ g_ij."""
    manifold = build()
    (Lambda,) = [s for s in manifold.constants if s.name == "Lambda"]
    assert manifold.is_einstein() and not manifold.has_constant_curvature()
    assert manifold.ricci_scalar == 4 * Lambda


def test_kerr_de_sitter_limits():
    assert st.kerr_de_sitter(m, a, 0).kretschmann == st.kerr(m, a).kretschmann
    assert st.kerr_de_sitter(0, a).has_constant_curvature()


def test_dust():
    """G_tt of Lemaître–Tolman–Bondi, by the integral 2(RE − R Ṙ²/2)′ = −2M′: M′ = ½ R² R′ G_tt (Bondi 1947)."""
    dust = st.tolman_bondi()
    R, E = sp.Function("R")(t, r), sp.Function("E")(r)
    mass = R * (R.diff(t) ** 2 - 2 * E) / 2
    assert same(dust, dust.einstein[0, 0], 2 * mass.diff(r) / (R**2 * R.diff(r)))
    assert dust.einstein[0, 1] == 0


def test_warp_drive():
    """The energy density that Eulerian observers see is −v²(f_y² + f_z²)/(32π) (Alcubierre 1994, eq. 19)."""
    bubble = st.alcubierre()
    v, f = sp.Function("v")(t), sp.Function("f")(*bubble.coordinates)
    observer = bubble.tensor([1, v * f, 0, 0], ["up"])
    density = (bubble.tensor("einstein") * observer * observer).contracted(0, 2).contracted(0, 1)
    z = bubble.coordinates[3]
    assert density.element() == bubble.field(-(v**2) * (f.diff(y) ** 2 + f.diff(z) ** 2) / 4)
    assert (bubble.tensor("metric") * observer * observer).contracted(0, 2).contracted(0, 1)[()] == -1


def test_friedmann():
    universe = st.flrw()
    scale, k = sp.Function("a")(t), sp.Symbol("k", real=True)
    first, second = scale.diff(t), scale.diff(t, 2)
    assert same(universe, universe.ricci_scalar, 6 * (second / scale + (first / scale) ** 2 + k / scale**2))
    assert same(universe, universe.einstein[0, 0], 3 * (first**2 + k) / scale**2)
    assert universe.is_conformally_flat()
    time = sp.Symbol("t", real=True)
    assert st.flrw(sp.exp(time / L), 0).constant_curvature() == 1 / L**2
    matter = st.flrw(time ** sp.Rational(1, 2), 0)  # radiation: R = 0
    assert matter.ricci_scalar == 0


def test_goedel():
    goedel = st.goedel()
    size = sp.Symbol("a", positive=True)
    assert goedel.ricci_scalar == -1 / size**2
    form = goedel.tensor([1, 0, 0, 0], ["up"]).lowered(0)
    assert goedel.tensor("ricci") == form * form * (1 / size**4)  # R_ij = u_i u_j / a² for the unit u = ∂_t / a


def test_waves_and_radiation():
    wave = st.pp_wave()
    H = [f for f in wave.metric.atoms(sp.Function)][0]
    assert same(wave, wave.ricci[0, 0], -(H.diff(x, 2) + H.diff(y, 2)) / 2)
    assert wave.ricci_scalar == 0 and wave.kretschmann == 0
    assert wave.tensor([0, 1, 0, 0], ["up"]).covariant_derivative().is_zero()  # ∂_v is parallel
    assert st.pp_wave(x * y).is_ricci_flat()
    star = st.vaidya()
    u = star.coordinates[0]
    mass = sp.Function("m")(u)
    assert same(star, star.ricci[0, 0], -2 * mass.diff(u) / r**2) and star.ricci_scalar == 0


def test_wormholes():
    ellis = st.ellis_wormhole()
    b, l = ellis.constants[0], ellis.coordinates[1]
    assert same(ellis, ellis.ricci_scalar, -2 * b**2 / (b**2 + l**2) ** 2)
    thorne = st.morris_thorne(redshift=0)  # G_tt = b′/r²
    shape = sp.Function("b")(r)
    assert same(thorne, thorne.einstein[0, 0], shape.diff(r) / r**2)


def test_bertotti_robinson():
    space = st.bertotti_robinson()
    assert space.ricci_scalar == 0 and space.is_conformally_flat() and not space.is_flat()


def test_light_and_planets():
    """A circular orbit of Schwarzschild at r = 10 m has dφ/dt = √(m/r³)."""
    orbit = st.schwarzschild(1)
    rate = (1 / 1000) ** 0.5
    energy = 1 / (1 - 3 / 10) ** 0.5
    path = orbit.geodesic([0, 10, sp.pi / 2, 0], [energy, 0, 0, rate * energy], 50.0)
    assert abs(path.position.sel(coordinate="r") - 10).max() < 1e-7
    assert float(path.position[-1, 3] / path.position[-1, 0]) == pytest.approx(rate, rel=1e-9)
    assert path.attrs["speed_drift"] < 1e-9
    assert float(path.speed[0]) == pytest.approx(-1)


def test_every_entry_is_named_and_sourced():
    members = list(st.catalogue())
    assert len({m.name for m in members}) == len(members) >= 20
    assert all(m.source for m in members)


def test_bad_dimension():
    with pytest.raises(ValueError, match="dimension"):
        st.minkowski(1)
