"""Exact solutions and other standard space-times, signature (−, +, +, +), units G = c = 1.

Each function returns a `RiemannianManifold` with its name and its source; constants are
symbols unless values are given. General references: Misner, Thorne & Wheeler, Gravitation (1973);
Stephani et al., Exact Solutions of Einstein's Field Equations (2003); Griffiths & Podolský,
Exact Space-Times in Einstein's General Relativity (2009).

>>> kerr().is_ricci_flat()
True
>>> schwarzschild().kretschmann
48*m**2/r**6
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy as sp
from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.manifolds import RiemannianManifold

from .registry import entry, shelf

t, x, y, z, phi = sp.symbols("t x y z phi", real=True)
r = sp.Symbol("r", positive=True)
theta = sp.Symbol("theta", positive=True)
sin, cos, sinh, exp = sp.sin, sp.cos, sp.sinh, sp.exp


def _positive(name: str) -> sp.Symbol:
    return sp.Symbol(name, positive=True)


def _spherical(f: Any) -> sp.Matrix:
    """−f dt² + dr²/f + r² dΩ²."""
    return sp.diag(-f, 1 / f, r**2, r**2 * sin(theta) ** 2)


@entry()
def minkowski(dim: int = 4) -> RiemannianManifold:
    """Flat space-time in inertial coordinates."""
    if dim < 2:
        raise InputError(f"a space-time has at least two dimensions, not {dim}")
    space = (x, y, z) if dim == 4 else sp.symbols(f"x1:{dim}", real=True)
    return RiemannianManifold(
        sp.diag(-1, *[1] * (dim - 1)), (t, *space), name="Minkowski", source="H. Minkowski, Phys. Z. 10, 104 (1909)"
    )


@entry()
def schwarzschild(mass: Any = _positive("m")) -> RiemannianManifold:
    """The vacuum outside a spherical mass; R_ijkl R^ijkl = 48 m²/r⁶."""
    return RiemannianManifold(
        _spherical(1 - 2 * mass / r),
        (t, r, theta, phi),
        name="Schwarzschild",
        source="K. Schwarzschild, Sitzungsber. Preuss. Akad. Wiss. (1916) 189",
    )


@entry()
def painleve_gullstrand(mass: Any = _positive("m")) -> RiemannianManifold:
    """Schwarzschild's space-time in the time of observers that fall from rest at infinity."""
    flow = sp.sqrt(2 * mass / r)
    metric = sp.diag(-(1 - 2 * mass / r), 1, r**2, r**2 * sin(theta) ** 2)
    metric[0, 1] = metric[1, 0] = flow
    return RiemannianManifold(
        metric,
        (t, r, theta, phi),
        name="Painlevé–Gullstrand",
        source="P. Painlevé, C. R. Acad. Sci. 173, 677 (1921); A. Gullstrand, Ark. Mat. 16, 1 (1922)",
    )


@entry()
def eddington_finkelstein(mass: Any = _positive("m")) -> RiemannianManifold:
    """Schwarzschild's space-time in the advanced time of ingoing light."""
    v = sp.Symbol("v", real=True)
    metric = sp.diag(-(1 - 2 * mass / r), 0, r**2, r**2 * sin(theta) ** 2)
    metric[0, 1] = metric[1, 0] = 1
    return RiemannianManifold(
        metric,
        (v, r, theta, phi),
        name="Eddington–Finkelstein",
        source="A. S. Eddington, Nature 113, 192 (1924); D. Finkelstein, Phys. Rev. 110, 965 (1958)",
    )


@entry()
def reissner_nordstrom(mass: Any = _positive("m"), charge: Any = sp.Symbol("q", real=True)) -> RiemannianManifold:
    """A charged spherical mass; R = 0, R_ijkl R^ijkl = 8 (6m²r² − 12mq²r + 7q⁴)/r⁸."""
    return RiemannianManifold(
        _spherical(1 - 2 * mass / r + charge**2 / r**2),
        (t, r, theta, phi),
        name="Reissner–Nordström",
        source="H. Reissner, Ann. Phys. 355, 106 (1916); G. Nordström, Proc. K. Ned. Akad. 20, 1238 (1918)",
    )


@entry()
def schwarzschild_de_sitter(
    mass: Any = _positive("m"), Lambda: Any = sp.Symbol("Lambda", real=True)
) -> RiemannianManifold:
    """A mass with a cosmological constant: R_ij = Λ g_ij."""
    return RiemannianManifold(
        _spherical(1 - 2 * mass / r - Lambda * r**2 / 3),
        (t, r, theta, phi),
        name="Schwarzschild–de Sitter",
        source="F. Kottler, Ann. Phys. 361, 401 (1918)",
    )


@entry()
def kerr_newman(
    mass: Any = _positive("m"), spin: Any = sp.Symbol("a", real=True), charge: Any = sp.Symbol("q", real=True)
) -> RiemannianManifold:
    """A charged rotating black hole in Boyer–Lindquist coordinates; R = 0."""
    return _rotating(
        mass, spin, charge, "Kerr–Newman", "E. T. Newman et al., J. Math. Phys. 6, 918 (1965); MTW, eq. 33.2"
    )


@entry()
def kerr(mass: Any = _positive("m"), spin: Any = sp.Symbol("a", real=True)) -> RiemannianManifold:
    """A rotating black hole in Boyer–Lindquist coordinates; Ricci flat."""
    return _rotating(
        mass,
        spin,
        0,
        "Kerr",
        "R. P. Kerr, Phys. Rev. Lett. 11, 237 (1963); R. H. Boyer, R. W. Lindquist, J. Math. Phys. 8, 265 (1967)",
    )


def _rotating(mass: Any, spin: Any, charge: Any, name: str, source: str) -> RiemannianManifold:
    sigma = r**2 + spin**2 * cos(theta) ** 2
    delta = r**2 - 2 * mass * r + spin**2 + charge**2
    drag = 2 * mass * r - charge**2
    metric = sp.diag(
        -(1 - drag / sigma),
        sigma / delta,
        sigma,
        (r**2 + spin**2 + drag * spin**2 * sin(theta) ** 2 / sigma) * sin(theta) ** 2,
    )
    metric[0, 3] = metric[3, 0] = -drag * spin * sin(theta) ** 2 / sigma
    return RiemannianManifold(metric, (t, r, theta, phi), name=name, source=source)


@entry()
def kerr_de_sitter(
    mass: Any = _positive("m"), spin: Any = sp.Symbol("a", real=True), Lambda: Any = sp.Symbol("Lambda", real=True)
) -> RiemannianManifold:
    """A rotating black hole with a cosmological constant: R_ij = Λ g_ij."""
    sigma = r**2 + spin**2 * cos(theta) ** 2
    radial = (r**2 + spin**2) * (1 - Lambda * r**2 / 3) - 2 * mass * r
    polar = 1 + Lambda * spin**2 * cos(theta) ** 2 / 3
    scale = sigma * (1 + Lambda * spin**2 / 3) ** 2
    along, around = sp.Matrix([1, 0, 0, -spin * sin(theta) ** 2]), sp.Matrix([spin, 0, 0, -(r**2 + spin**2)])
    metric = (
        sp.diag(0, sigma / radial, sigma / polar, 0)
        - radial / scale * along * along.T
        + polar * sin(theta) ** 2 / scale * around * around.T
    )
    return RiemannianManifold(
        metric,
        (t, r, theta, phi),
        name="Kerr–de Sitter",
        source="B. Carter, Commun. Math. Phys. 10, 280 (1968); Griffiths & Podolský, eq. 11.18",
    )


@entry()
def myers_perry(
    mass: Any = _positive("mu"), a: Any = sp.Symbol("a", real=True), b: Any = sp.Symbol("b", real=True)
) -> RiemannianManifold:
    """A black hole of five dimensions that rotates in two planes; Ricci flat."""
    psi = sp.Symbol("psi", real=True)
    sine, cosine = sin(theta) ** 2, cos(theta) ** 2
    sigma = r**2 + a**2 * cosine + b**2 * sine
    delta = (r**2 + a**2) * (r**2 + b**2) - mass * r**2
    form = sp.Matrix([1, 0, 0, -a * sine, -b * cosine])
    metric = (
        sp.diag(-1, r**2 * sigma / delta, sigma, (r**2 + a**2) * sine, (r**2 + b**2) * cosine)
        + mass / sigma * form * form.T
    )
    return RiemannianManifold(
        metric,
        (t, r, theta, phi, psi),
        name="Myers–Perry",
        source="R. C. Myers, M. J. Perry, Ann. Phys. 172, 304 (1986)",
    )


@entry()
def taub_nut(mass: Any = _positive("m"), nut: Any = sp.Symbol("l", positive=True)) -> RiemannianManifold:
    """The vacuum with a gravitomagnetic monopole; Ricci flat."""
    f = (r**2 - 2 * mass * r - nut**2) / (r**2 + nut**2)
    form = sp.Matrix([1, 0, 0, 2 * nut * cos(theta)])
    metric = -f * form * form.T + sp.diag(0, 1 / f, r**2 + nut**2, (r**2 + nut**2) * sin(theta) ** 2)
    return RiemannianManifold(
        metric,
        (t, r, theta, phi),
        name="Taub–NUT",
        source="A. H. Taub, Ann. Math. 53, 472 (1951); E. Newman, L. Tamburino, T. Unti, J. Math. Phys. 4, 915 (1963)",
    )


@entry()
def vaidya(mass: Any = None) -> RiemannianManifold:
    """A star that shines, in retarded time u: m = m(u); R = 0, R_uu = −2 m′/r²."""
    u = sp.Symbol("u", real=True)
    m = sp.Function("m")(u) if mass is None else mass
    metric = sp.diag(-(1 - 2 * m / r), 0, r**2, r**2 * sin(theta) ** 2)
    metric[0, 1] = metric[1, 0] = -1
    return RiemannianManifold(
        metric, (u, r, theta, phi), name="Vaidya", source="P. C. Vaidya, Proc. Indian Acad. Sci. A 33, 264 (1951)"
    )


@entry()
def pp_wave(profile: Any = None) -> RiemannianManifold:
    """A plane-fronted wave ds² = H(u, x, y) du² + 2 du dv + dx² + dy²; R_uu = −½ (H_xx + H_yy)."""
    u, v = sp.symbols("u v", real=True)
    H = sp.Function("H")(u, x, y) if profile is None else profile
    metric = sp.diag(H, 0, 1, 1)
    metric[0, 1] = metric[1, 0] = 1
    return RiemannianManifold(
        metric,
        (u, v, x, y),
        name="pp-wave",
        source="H. W. Brinkmann, Math. Ann. 94, 119 (1925); Stephani et al., ch. 24",
    )


@entry()
def flrw(scale_factor: Any = None, curvature: Any = sp.Symbol("k", real=True)) -> RiemannianManifold:
    """The homogeneous isotropic universe; R = 6 (a″/a + a′²/a² + k/a²).

    Args:
        scale_factor: an expression in t; the undefined function a(t) by default.
        curvature: k.
    """
    a = sp.Function("a")(t) if scale_factor is None else scale_factor
    metric = sp.diag(-1, a**2 / (1 - curvature * r**2), a**2 * r**2, a**2 * r**2 * sin(theta) ** 2)
    return RiemannianManifold(
        metric,
        (t, r, theta, phi),
        name="Friedmann–Lemaître–Robertson–Walker",
        source="A. Friedmann, Z. Phys. 10, 377 (1922); H. P. Robertson, Astrophys. J. 82, 284 (1935); A. G. "
        "Walker, Proc. LMS 42, 90 (1937)",
    )


@entry()
def tolman_bondi() -> RiemannianManifold:
    """Spherical dust, −dt² + R′² dr²/(1 + 2E) + R² dΩ² with R(t, r) and E(r) undefined functions."""
    radius, energy = sp.Function("R")(t, r), sp.Function("E")(r)
    return RiemannianManifold(
        sp.diag(-1, radius.diff(r) ** 2 / (1 + 2 * energy), radius**2, radius**2 * sin(theta) ** 2),
        (t, r, theta, phi),
        name="Lemaître–Tolman–Bondi",
        source="R. C. Tolman, Proc. Natl. Acad. Sci. 20, 169 (1934); H. Bondi, MNRAS 107, 410 (1947)",
    )


@entry()
def einstein_static(radius: Any = _positive("L")) -> RiemannianManifold:
    """A static three-sphere; R = 6/L²."""
    chi = _positive("chi")
    s = radius**2 * sin(chi) ** 2
    return RiemannianManifold(
        sp.diag(-1, radius**2, s, s * sin(theta) ** 2),
        (t, chi, theta, phi),
        name="Einstein static universe",
        source="A. Einstein, Sitzungsber. Preuss. Akad. Wiss. (1917) 142",
    )


@entry()
def de_sitter(radius: Any = _positive("L")) -> RiemannianManifold:
    """Constant curvature 1/L², static patch; R = 12/L²."""
    return RiemannianManifold(
        _spherical(1 - r**2 / radius**2),
        (t, r, theta, phi),
        name="de Sitter",
        source="W. de Sitter, Mon. Not. R. Astron. Soc. 78, 3 (1917); Griffiths & Podolský, eq. 4.9",
    )


@entry()
def anti_de_sitter(radius: Any = _positive("L")) -> RiemannianManifold:
    """Constant curvature −1/L², static coordinates; R = −12/L²."""
    return RiemannianManifold(
        _spherical(1 + r**2 / radius**2),
        (t, r, theta, phi),
        name="anti-de Sitter",
        source="Hawking & Ellis, The Large Scale Structure of Space-Time (1973), sec. 5.2",
    )


@entry()
def anti_de_sitter_poincare(dim: int = 4, radius: Any = _positive("L")) -> RiemannianManifold:
    """Constant curvature −1/L² in Poincaré coordinates, in any dimension."""
    if dim < 2:
        raise InputError(f"a space-time has at least two dimensions, not {dim}")
    depth = _positive("z")
    space = (x, y) if dim == 4 else sp.symbols(f"x1:{dim - 1}", real=True)
    return RiemannianManifold(
        sp.diag(-1, *[1] * (dim - 1)) * radius**2 / depth**2,
        (t, *space, depth),
        name="anti-de Sitter (Poincaré)",
        source="Griffiths & Podolský, eq. 5.14",
    )


@entry()
def bertotti_robinson(charge: Any = _positive("q")) -> RiemannianManifold:
    """AdS₂ × S² of the same radius: a uniform electric field; R = 0, conformally flat."""
    return RiemannianManifold(
        sp.diag(-1, 1, r**2, r**2 * sin(theta) ** 2) * charge**2 / r**2,
        (t, r, theta, phi),
        name="Bertotti–Robinson",
        source="B. Bertotti, Phys. Rev. 116, 1331 (1959); I. Robinson, Bull. Acad. Pol. Sci. 7, 351 (1959)",
    )


@entry()
def nariai(Lambda: Any = _positive("Lambda")) -> RiemannianManifold:
    """dS₂ × S² of the same radius: R_ij = Λ g_ij."""
    chi = _positive("chi")
    return RiemannianManifold(
        sp.diag(-(sin(chi) ** 2), 1, 1, sin(theta) ** 2) / Lambda,
        (t, chi, theta, phi),
        name="Nariai",
        source="H. Nariai, Sci. Rep. Tohoku Univ. 34, 160 (1950)",
    )


@entry()
def alcubierre(velocity: Any = None, profile: Any = None) -> RiemannianManifold:
    """−dt² + (dx − v f dt)² + dy² + dz²: a warp bubble with velocity v(t) and profile f(t, x, y, z)."""
    v = sp.Function("v")(t) if velocity is None else velocity
    f = sp.Function("f")(t, x, y, z) if profile is None else profile
    form = sp.Matrix([-v * f, 1, 0, 0])
    return RiemannianManifold(
        sp.diag(-1, 0, 1, 1) + form * form.T,
        (t, x, y, z),
        name="Alcubierre",
        source="M. Alcubierre, Class. Quantum Grav. 11, L73 (1994), eq. 8",
    )


@entry()
def btz(
    mass: Any = _positive("M"), spin: Any = sp.Symbol("J", real=True), radius: Any = _positive("L")
) -> RiemannianManifold:
    """The rotating black hole of three dimensions; constant curvature −1/L²."""
    f = -mass + r**2 / radius**2 + spin**2 / (4 * r**2)
    metric = sp.diag(mass - r**2 / radius**2, 1 / f, r**2)
    metric[0, 2] = metric[2, 0] = -spin / 2
    return RiemannianManifold(
        metric,
        (t, r, phi),
        name="BTZ black hole",
        source="M. Bañados, C. Teitelboim, J. Zanelli, Phys. Rev. Lett. 69, 1849 (1992)",
    )


@entry()
def goedel(length: Any = _positive("a")) -> RiemannianManifold:
    """Gödel's rotating universe; R = −1/a²."""
    form = sp.Matrix([1, 0, exp(x), 0])
    metric = length**2 * (-form * form.T + sp.diag(0, 1, exp(2 * x) / 2, 1))
    return RiemannianManifold(
        metric, (t, x, y, z), name="Gödel", source="K. Gödel, Rev. Mod. Phys. 21, 447 (1949); Hawking & Ellis, sec. 5.7"
    )


@entry()
def kasner(u: Any = _positive("u")) -> RiemannianManifold:
    """The anisotropic vacuum −dt² + Σ t^(2p_i) dx_i²; Ricci flat.

    Args:
        u: the Khalatnikov–Lifshitz parameter: p₁ = −u/w, p₂ = (1+u)/w, p₃ = u(1+u)/w with
            w = 1 + u + u², so that Σp = Σp² = 1. u = 1 gives (−1/3, 2/3, 2/3).
    """
    time, w = _positive("t"), 1 + u + u**2
    exponents = [sp.cancel(p / w) for p in (-u, 1 + u, u * (1 + u))]
    return RiemannianManifold(
        sp.diag(-1, *[time ** (2 * p) for p in exponents]),
        (time, x, y, z),
        name="Kasner",
        source="E. Kasner, Am. J. Math. 43, 217 (1921); Landau & Lifshitz, The Classical Theory of Fields, §117",
    )


@entry()
def ellis_wormhole(throat: Any = _positive("b")) -> RiemannianManifold:
    """−dt² + dl² + (b² + l²) dΩ²; R = −2b²/(b² + l²)²."""
    proper = sp.Symbol("l", real=True)
    s = throat**2 + proper**2
    return RiemannianManifold(
        sp.diag(-1, 1, s, s * sin(theta) ** 2),
        (t, proper, theta, phi),
        name="Ellis wormhole",
        source="H. G. Ellis, J. Math. Phys. 14, 104 (1973); M. S. Morris, K. S. Thorne, Am. J. Phys. 56, 395 (1988)",
    )


@entry()
def morris_thorne(shape: Any = None, redshift: Any = None) -> RiemannianManifold:
    """−e^(2Φ) dt² + dr²/(1 − b/r) + r² dΩ² with shape b(r) and redshift Φ(r), by default undefined functions."""
    b = sp.Function("b")(r) if shape is None else shape
    Phi = sp.Function("Phi")(r) if redshift is None else redshift
    return RiemannianManifold(
        sp.diag(-exp(2 * Phi), 1 / (1 - b / r), r**2, r**2 * sin(theta) ** 2),
        (t, r, theta, phi),
        name="Morris–Thorne wormhole",
        source="M. S. Morris, K. S. Thorne, Am. J. Phys. 56, 395 (1988), eq. 1",
    )


def catalogue() -> Iterator[RiemannianManifold]:
    """Every space-time of this module, with symbolic constants."""
    for made in list(shelf("spacetimes").values()):
        yield from made.members()


__all__ = ["catalogue", *shelf("spacetimes")]
