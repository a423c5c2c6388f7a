"""Surfaces, spaces of constant curvature, homogeneous spaces and special Riemannian metrics.

Each function returns a manifold with its name and its source; constants are symbols unless
values are given. Surfaces in space are `ImmersedManifold`s.

>>> sphere(3).ricci_scalar, torus().dim
(6/a**2, 2)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sympy as sp
from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.manifolds import ImmersedManifold, RiemannianManifold

from .registry import entry, shelf

u, v, x, y, z = sp.symbols("u v x y z", real=True)
theta, phi, psi = sp.symbols("theta phi psi", real=True)
sin, cos, sinh, cosh, tanh, exp, sqrt = sp.sin, sp.cos, sp.sinh, sp.cosh, sp.tanh, sp.exp, sp.sqrt
CARMO = "M. P. do Carmo, Differential Geometry of Curves and Surfaces (1976)"
MILNOR = "J. Milnor, Adv. Math. 21, 293 (1976)"
BIANCHI = "L. Bianchi, Mem. Soc. Ital. Sci. 11, 267 (1898); Stephani et al., Exact Solutions (2003), ch. 8"


def _positive(name: str) -> sp.Symbol:
    return sp.Symbol(name, positive=True)


def _dimension(dim: int, least: int = 1) -> int:
    if not isinstance(dim, int) or dim < least:
        raise InputError(f"the dimension must be an integer of at least {least}, not {dim!r}")
    return dim


# -- constant curvature ---------------------------------------------------------------------


@entry()
def euclidean(dim: int = 3) -> RiemannianManifold:
    """Flat space in Cartesian coordinates."""
    _dimension(dim)
    coordinates = (x, y, z)[:dim] if dim <= 3 else sp.symbols(f"x1:{dim + 1}", real=True)
    return RiemannianManifold(sp.eye(dim), coordinates, name=f"E^{dim}", source="Euclid, Elements")


@entry(variants=[(3,)])
def sphere(dim: int = 2, radius: Any = _positive("a")) -> RiemannianManifold:
    """S^n in hyperspherical angles; constant curvature 1/a², R = n(n−1)/a²."""
    _dimension(dim)
    angles = (theta, phi) if dim == 2 else sp.symbols(f"theta1:{dim + 1}", real=True)
    factors = [radius**2]
    for angle in angles[:-1]:
        factors.append(factors[-1] * sin(angle) ** 2)
    return RiemannianManifold(
        sp.diag(*factors), angles, name=f"S^{dim}", source=CARMO + " for n = 2; Besse, Einstein Manifolds (1987)"
    )


@entry()
def stereographic_sphere(dim: int = 2) -> RiemannianManifold:
    """The unit sphere in stereographic coordinates: 4 |dx|²/(1 + |x|²)²."""
    xs = sp.symbols(f"x1:{_dimension(dim) + 1}", real=True)
    return RiemannianManifold(
        4 * sp.eye(dim) / (1 + sum(c**2 for c in xs)) ** 2,
        xs,
        name=f"S^{dim} (stereographic)",
        source="B. Riemann, Über die Hypothesen, welche der Geometrie zu Grunde liegen (1854), II.4",
    )


@entry(variants=[(3,)])
def hyperbolic_half_space(dim: int = 2, radius: Any = _positive("L")) -> RiemannianManifold:
    """H^n as L² |dx|²/x_n² on x_n > 0; constant curvature −1/L²."""
    _dimension(dim)
    last = _positive("y" if dim == 2 else f"x{dim}")
    xs = ((x,) if dim == 2 else sp.symbols(f"x1:{dim}", real=True)) + (last,)
    return RiemannianManifold(
        radius**2 * sp.eye(dim) / last**2,
        xs,
        name=f"H^{dim} (half-space)",
        source="H. Poincaré, Acta Math. 1, 1 (1882); do Carmo, Riemannian Geometry (1992), ch. 8",
    )


@entry(variants=[(3,)])
def hyperbolic_ball(dim: int = 2) -> RiemannianManifold:
    """H^n as 4 |dx|²/(1 − |x|²)² on the unit ball; constant curvature −1."""
    xs = sp.symbols(f"x1:{_dimension(dim) + 1}", real=True)
    return RiemannianManifold(
        4 * sp.eye(dim) / (1 - sum(c**2 for c in xs)) ** 2,
        xs,
        domain=[sum(c**2 for c in xs) < 1],
        name=f"H^{dim} (ball)",
        source="E. Beltrami, Ann. Mat. Pura Appl. 2, 232 (1868)",
    )


@entry()
def hyperboloid(radius: Any = _positive("L")) -> ImmersedManifold:
    """H² as a sheet of the hyperboloid in Minkowski space; K = −1/L²."""
    r = _positive("r")
    return ImmersedManifold(
        [radius * cosh(r), radius * sinh(r) * cos(phi), radius * sinh(r) * sin(phi)],
        (r, phi),
        signature=(-1, 1, 1),
        name="H^2 (hyperboloid)",
        source="W. Killing, J. Reine Angew. Math. 86, 72 (1879)",
    )


# -- surfaces in space ----------------------------------------------------------------------


@entry()
def torus(R: Any = _positive("R"), r: Any = _positive("r")) -> ImmersedManifold:
    """The torus of revolution; K = cos v / (r (R + r cos v))."""
    w = R + r * cos(v)
    return ImmersedManifold([w * cos(u), w * sin(u), r * sin(v)], (u, v), name="torus", source=CARMO + ", sec. 3-3")


@entry()
def clifford_torus(a: Any = _positive("a"), b: Any = _positive("b")) -> ImmersedManifold:
    """A flat torus in four-dimensional space."""
    return ImmersedManifold(
        [a * cos(u), a * sin(u), b * cos(v), b * sin(v)],
        (u, v),
        name="Clifford torus",
        source="W. K. Clifford, Proc. LMS 4, 381 (1873)",
    )


@entry()
def catenoid(c: Any = _positive("c")) -> ImmersedManifold:
    """The minimal surface of revolution; K = −1/(c² cosh⁴(v/c))."""
    w = c * cosh(v / c)
    return ImmersedManifold(
        [w * cos(u), w * sin(u), v], (u, v), name="catenoid", source="L. Euler (1744); " + CARMO + ", sec. 3-5"
    )


@entry()
def helicoid(c: Any = _positive("c")) -> ImmersedManifold:
    """The ruled minimal surface; K = −c²/(c² + v²)²."""
    return ImmersedManifold(
        [v * cos(u), v * sin(u), c * u],
        (u, v),
        name="helicoid",
        source="J. B. Meusnier (1776); " + CARMO + ", sec. 3-5",
    )


@entry()
def enneper() -> ImmersedManifold:
    """Enneper's minimal surface; K = −4/(1 + u² + v²)⁴."""
    return ImmersedManifold(
        [u - u**3 / 3 + u * v**2, v - v**3 / 3 + v * u**2, u**2 - v**2],
        (u, v),
        name="Enneper surface",
        source="A. Enneper, Z. Math. Phys. 9, 96 (1864); " + CARMO + ", sec. 3-5",
    )


@entry()
def pseudosphere(a: Any = _positive("a")) -> ImmersedManifold:
    """The surface of revolution of the tractrix; K = −1/a²."""
    w = _positive("u")
    return ImmersedManifold(
        [a * cos(v) / cosh(w), a * sin(v) / cosh(w), a * (w - tanh(w))],
        (w, v),
        name="pseudosphere",
        source="E. Beltrami, G. Mat. Battaglini 6, 284 (1868)",
    )


@entry()
def ellipsoid(a: Any = _positive("a"), b: Any = _positive("b"), c: Any = _positive("c")) -> ImmersedManifold:
    """The triaxial ellipsoid; K = 1 / (a² b² c² (x²/a⁴ + y²/b⁴ + z²/c⁴)²)."""
    return ImmersedManifold(
        [a * sin(theta) * cos(phi), b * sin(theta) * sin(phi), c * cos(theta)],
        (theta, phi),
        name="ellipsoid",
        source=CARMO + ", sec. 3-3",
    )


@entry()
def spheroid(a: Any = _positive("a"), c: Any = _positive("c")) -> ImmersedManifold:
    """The ellipsoid of revolution; K = c²/(a² cos²θ + c² sin²θ)²."""
    return ImmersedManifold(
        [a * sin(theta) * cos(phi), a * sin(theta) * sin(phi), c * cos(theta)],
        (theta, phi),
        name="spheroid",
        source=CARMO + ", sec. 3-3",
    )


@entry()
def surface_of_revolution(profile: Any = None) -> RiemannianManifold:
    """du² + f(u)² dv², u the length of the meridian; K = −f″/f."""
    f = sp.Function("f")(u) if profile is None else profile
    return RiemannianManifold(sp.diag(1, f**2), (u, v), name="surface of revolution", source=CARMO + ", sec. 3-3")


@entry()
def graph(height: Any = None) -> ImmersedManifold:
    """The graph z = h(x, y); K = (h_xx h_yy − h_xy²)/(1 + h_x² + h_y²)²."""
    h = sp.Function("h")(x, y) if height is None else height
    return ImmersedManifold(
        [x, y, h], (x, y), name="graph of a function", source="G. Monge (1807); " + CARMO + ", sec. 3-3"
    )


@entry()
def monkey_saddle() -> ImmersedManifold:
    """The graph of x³ − 3xy²; K = −36 (x² + y²)/(1 + 9 (x² + y²)²)²."""
    return ImmersedManifold([x, y, x**3 - 3 * x * y**2], (x, y), name="monkey saddle", source=CARMO + ", sec. 3-3")


@entry()
def paraboloid(a: Any = _positive("a")) -> ImmersedManifold:
    """The paraboloid of revolution z = a u²; K = 4a²/(1 + 4a²u²)²."""
    w = _positive("u")
    return ImmersedManifold([w * cos(v), w * sin(v), a * w**2], (w, v), name="paraboloid", source=CARMO + ", sec. 3-3")


@entry()
def veronese() -> ImmersedManifold:
    """The projective plane in five-dimensional space by quadrics on the unit sphere; K = 1/3."""
    p, q, s = sin(theta) * cos(phi), sin(theta) * sin(phi), cos(theta)
    quadrics = [q * s, s * p, p * q, (p**2 - q**2) / 2, (p**2 + q**2 - 2 * s**2) / (2 * sqrt(3))]
    return ImmersedManifold(
        [sqrt(3) * f for f in quadrics],
        (theta, phi),
        name="Veronese surface",
        source="S. S. Chern, M. do Carmo, S. Kobayashi, Minimal submanifolds of a sphere (1970)",
    )


# -- homogeneous spaces of dimension three ----------------------------------------------------


def _left_invariant(forms: Sequence[Sequence[Any]], lengths: Sequence[Any]) -> sp.Matrix:
    """Σ a_i² ω_i ⊗ ω_i."""
    metric = sp.zeros(3)
    for length, form in zip(lengths, forms):
        column = sp.Matrix(form)
        metric += length**2 * column * column.T
    return metric


#: Invariant coframes ω_1, ω_2, ω_3 in coordinates (x, y, z), or (θ, φ, ψ) for types VIII and IX.
_COFRAMES: dict[str, tuple[tuple[sp.Symbol, ...], list[list[Any]]]] = {
    "I": ((x, y, z), [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
    "II": ((x, y, z), [[1, -z, 0], [0, 1, 0], [0, 0, 1]]),
    "III": ((x, y, z), [[1, 0, 0], [0, 1, 0], [0, 0, exp(x)]]),
    "V": ((x, y, z), [[1, 0, 0], [0, exp(x), 0], [0, 0, exp(x)]]),
    "VI0": ((x, y, z), [[1, 0, 0], [0, exp(x), 0], [0, 0, exp(-x)]]),
    "VII0": ((x, y, z), [[1, 0, 0], [0, cos(x), sin(x)], [0, -sin(x), cos(x)]]),
    "VIII": (
        (theta, phi, psi),
        [[cos(psi), sin(psi) * sinh(theta), 0], [sin(psi), -cos(psi) * sinh(theta), 0], [0, cosh(theta), 1]],
    ),
    "IX": (
        (theta, phi, psi),
        [[cos(psi), sin(psi) * sin(theta), 0], [sin(psi), -cos(psi) * sin(theta), 0], [0, cos(theta), 1]],
    ),
}


@entry(variants=[(kind,) for kind in _COFRAMES if kind != "IX"])
def bianchi(
    kind: str = "IX", a: Any = _positive("a"), b: Any = _positive("b"), c: Any = _positive("c")
) -> RiemannianManifold:
    """The left-invariant metric a² ω₁² + b² ω₂² + c² ω₃² on a group of Bianchi's list.

    Args:
        kind: "I", "II", "III", "V", "VI0", "VII0", "VIII" or "IX".
        a, b, c: the lengths of the invariant frame.

    Raises:
        ValueError: there is no such type here.

    >>> bianchi("IX", 1, 1, 1).constant_curvature()
    1/4
    """
    if kind not in _COFRAMES:
        raise InputError(f"unknown Bianchi type {kind!r}; known are {', '.join(_COFRAMES)}")
    coordinates, forms = _COFRAMES[kind]
    return RiemannianManifold(_left_invariant(forms, (a, b, c)), coordinates, name=f"Bianchi {kind}", source=BIANCHI)


@entry()
def nil() -> RiemannianManifold:
    """The Heisenberg group, dx² + dy² + (dz − x dy)²; R = −1/2."""
    form = sp.Matrix([0, -x, 1])
    return RiemannianManifold(
        sp.diag(1, 1, 0) + form * form.T,
        (x, y, z),
        name="Nil",
        source="W. P. Thurston, Bull. AMS 6, 357 (1982); " + MILNOR,
    )


@entry()
def sol() -> RiemannianManifold:
    """e^(2z) dx² + e^(−2z) dy² + dz²; R = −2."""
    return RiemannianManifold(
        sp.diag(exp(2 * z), exp(-2 * z), 1),
        (x, y, z),
        name="Sol",
        source="W. P. Thurston, Bull. AMS 6, 357 (1982); " + MILNOR,
    )


@entry()
def berger_sphere(squash: Any = _positive("e")) -> RiemannianManifold:
    """S³ with its Hopf circles stretched, σ₁² + σ₂² + e² σ₃²; R = 2 − e²/2."""
    coordinates, forms = _COFRAMES["IX"]
    return RiemannianManifold(
        sp.Matrix(_left_invariant(forms, (1, 1, squash))).applyfunc(sp.trigsimp),
        coordinates,
        name="Berger sphere",
        source="M. Berger, Ann. Sc. Norm. Super. Pisa 15, 179 (1961); " + MILNOR,
    )


# -- special metrics of dimension four ----------------------------------------------------------


def _cohomogeneity_one(radial: Any, round_part: Any, hopf: Any, r: sp.Symbol) -> sp.Matrix:
    """radial dr² + round_part (dθ² + sin²θ dφ²) + hopf (dψ + cos θ dφ)²."""
    form = sp.Matrix([0, 0, cos(theta), 1])
    return sp.diag(radial, round_part, round_part * sin(theta) ** 2, 0) + hopf * form * form.T


@entry()
def complex_projective_plane() -> RiemannianManifold:
    """CP² with the Fubini–Study metric, sectional curvatures in [1, 4]; R_ij = 6 g_ij."""
    r = _positive("r")
    w = 1 + r**2
    return RiemannianManifold(
        _cohomogeneity_one(1 / w**2, r**2 / (4 * w), r**2 / (4 * w**2), r),
        (r, theta, phi, psi),
        name="CP^2 (Fubini–Study)",
        source="G. Fubini (1904), E. Study (1905); T. Eguchi, P. B. Gilkey, A. J. Hanson, Phys. Rep. 66, 213 (1980)",
    )


@entry()
def complex_hyperbolic_plane() -> RiemannianManifold:
    """CH² with the Bergman metric, sectional curvatures in [−4, −1]; R_ij = −6 g_ij."""
    r = _positive("r")
    w = 1 - r**2
    return RiemannianManifold(
        _cohomogeneity_one(1 / w**2, r**2 / (4 * w), r**2 / (4 * w**2), r),
        (r, theta, phi, psi),
        domain=[r < 1],
        name="CH^2 (Bergman)",
        source="S. Bergman (1933); W. M. Goldman, Complex Hyperbolic Geometry (1999), sec. 3.1",
    )


@entry()
def sphere_times_hyperbolic_plane(radius: Any = _positive("a")) -> RiemannianManifold:
    """S² × H² of the same radius: R = 0, conformally flat, not Einstein."""
    return sphere(2, radius).product(hyperbolic_half_space(2, radius), name="S^2 × H^2")


@entry()
def eguchi_hanson(a: Any = _positive("a")) -> RiemannianManifold:
    """The simplest gravitational instanton: Ricci flat, R_ijkl R^ijkl = 384 a⁸/r¹²."""
    r = _positive("r")
    f = 1 - a**4 / r**4
    return RiemannianManifold(
        _cohomogeneity_one(1 / f, r**2 / 4, r**2 * f / 4, r),
        (r, theta, phi, psi),
        name="Eguchi–Hanson",
        source="T. Eguchi, A. J. Hanson, Phys. Lett. B 74, 249 (1978)",
    )


def catalogue() -> Iterator[RiemannianManifold]:
    """Every manifold of this module, with symbolic constants."""
    for made in list(shelf("surfaces").values()):
        yield from made.members()


__all__ = ["catalogue", *shelf("surfaces")]
