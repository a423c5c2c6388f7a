"""The reference suite: metrics graded from flat space to nearly singular ones, each chosen to expose something.

Grades: 0 flat, Cartesian or skew axes · 1 flat or constant curvature in curvilinear coordinates ·
2 diagonal, curvature varies · 3 full metrics in two and three dimensions · 4 dense in four
dimensions and more, Lorentzian, neuron and other statistical metrics · 5 nearly singular.

All points are dyadic rationals: float64 holds them exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from types import SimpleNamespace
from typing import Any

import sympy as sp
from flint import fmpq

from ..exact import Mean
from ..exact.errors import InputError
from .cases import Case

__all__ = ["SUITES", "load_suite"]


def _q(*numbers: float) -> tuple[fmpq, ...]:
    out = []
    for v in numbers:
        p, q = float(v).as_integer_ratio()
        out.append(fmpq(p, q))
    return tuple(out)


def _case(name: str, metric: Any, coordinates: Sequence[sp.Symbol], points: Iterable[Sequence[float]], grade: int,
          tags: str = "", **more: Any) -> Case:  # fmt: skip
    words = frozenset(tags.split())
    if not words & {"near-singular", "no-first-derivatives"}:  # a few digits more, so that rounding a point shows
        shift = lambda k, d: (2 * ((5 * k + 3 * d) % 7) + 1) / 2.0**12
        points = [[v + shift(k, d) for d, v in enumerate(p)] for k, p in enumerate(points)]
    at = tuple(_q(*p) for p in points)
    return Case(name, sp.ImmutableMatrix(metric), tuple(coordinates), at, grade, words, **more)


x, y, z, w, r, t, u, v = sp.symbols("x y z w r t u v", real=True)
theta, phi, chi = sp.symbols("theta phi chi", real=True)
mu, sigma = sp.Symbol("mu", real=True), sp.Symbol("sigma", positive=True)
half = sp.Rational(1, 2)


def _pulled_back(
    metric: sp.Matrix, old: Sequence[sp.Symbol], new: Sequence[sp.Symbol], relations: Sequence[Any]
) -> sp.Matrix:
    J = sp.Matrix(relations).jacobian(list(new))
    return J.T * metric.subs(dict(zip(old, relations)), simultaneous=True) * J


def _flat() -> list[Case]:
    r_polar = (r * sp.cos(theta), r * sp.sin(theta))
    spherical = (r * sp.sin(theta) * sp.cos(phi), r * sp.sin(theta) * sp.sin(phi), r * sp.cos(theta))
    return [
        _case("euclidean-3d", sp.eye(3), (x, y, z), [(0.5, -0.25, 1.0), (2.0, 1.5, -0.75)], 0,
            "flat diagonal constant-metric",
              known={"ricci_scalar": sp.S.Zero}),
        _case("skew-axes-3d", [[2, half, -1], [half, 3, sp.Rational(1, 4)], [-1, sp.Rational(1, 4), 2]], (x, y, z),
              [(0.5, -0.25, 1.0), (2.0, 1.5, -0.75)], 0, "flat constant-metric", known={"ricci_scalar": sp.S.Zero}),
        _case("minkowski", sp.diag(-1, 1, 1, 1), (t, x, y, z), [(0.5, 0.25, -1.0, 2.0)], 0,
            "flat diagonal constant-metric lorentzian",
              known={"ricci_scalar": sp.S.Zero}),
        _case("plane-polar", sp.diag(1, r**2), (r, theta), [(1.25, 0.5), (0.75, 2.0), (3.0, -1.0)], 1, "flat diagonal",
              embedding=r_polar, known={"ricci_scalar": sp.S.Zero}),
        _case("space-spherical", sp.diag(1, r**2, r**2 * sp.sin(theta) ** 2), (r, theta, phi),
            [(1.25, 0.75, 0.5), (2.5, 2.0, -1.0)], 1,
              "flat diagonal", embedding=spherical, known={"ricci_scalar": sp.S.Zero}),
    ]  # fmt: skip


def _constant_curvature() -> list[Case]:
    conformal = 4 / (1 + x**2 + y**2) ** 2
    return [
        _case("sphere", sp.diag(1, sp.sin(theta) ** 2), (theta, phi), [(0.75, 0.5), (1.5, -1.0), (2.5, 3.0)], 1,
            "diagonal constant-curvature",
              embedding=(sp.sin(theta) * sp.cos(phi), sp.sin(theta) * sp.sin(phi), sp.cos(theta)),
              known={"ricci_scalar": sp.S(2)}),
        _case("sphere-stereographic", conformal * sp.eye(2), (x, y), [(0.25, -0.5), (1.5, 0.75)], 1,
            "diagonal constant-curvature",
              known={"ricci_scalar": sp.S(2)}),
        _case("half-plane", sp.eye(2) / y**2, (x, y), [(0.5, 0.75), (-2.0, 1.5)], 1, "diagonal constant-curvature",
            known={"ricci_scalar": sp.S(-2)}),
        _case("normal-family", sp.diag(1 / sigma**2, 2 / sigma**2), (mu, sigma), [(0.5, 0.75), (-1.0, 1.5)], 1,
              "diagonal constant-curvature statistical", known={"ricci_scalar": sp.S(-1)},
              source="Amari & Nagaoka, Methods of Information Geometry (2000), 2.2"),
        _case("three-sphere", sp.diag(1, sp.sin(chi) ** 2, sp.sin(chi) ** 2 * sp.sin(theta) ** 2), (chi, theta, phi),
              [(0.75, 1.25, 0.5), (2.0, 0.5, -1.0)], 1, "diagonal constant-curvature", known={"ricci_scalar": sp.S(6)}),
    ]  # fmt: skip


def _diagonal() -> list[Case]:
    f = 1 - 2 / r
    return [
        _case("torus", sp.diag(1, (3 + sp.cos(theta)) ** 2), (theta, phi), [(0.5, 1.0), (2.25, -0.5), (3.0, 2.0)], 2,
            "diagonal",
              known={"ricci_scalar": 2 * sp.cos(theta) / (3 + sp.cos(theta))}),
        _case("surface-of-two-slopes", sp.diag(1 + x**2 * y**2, 2 + sp.sin(x) + y**2), (x, y),
            [(0.5, 0.75), (-1.25, 0.5)], 2,
            "diagonal"),
        _case("warped-3d", sp.diag(1, sp.exp(x) + y**2, 2 + sp.cos(y) * x + z**2), (x, y, z),
            [(0.5, 0.25, -0.75), (-0.5, 1.0, 0.5)], 2,
            "diagonal"),
        _case("sphere-times-half-plane", sp.diag(1, sp.sin(theta) ** 2, 1 / y**2, 1 / y**2), (theta, phi, x, y),
            [(0.75, 0.5, 1.0, 0.75)],
            2,
              "diagonal", known={"ricci_scalar": sp.S.Zero}),
        _case("schwarzschild", sp.diag(-f, 1 / f, r**2, r**2 * sp.sin(theta) ** 2), (t, r, theta, phi),
            [(0.5, 3.0, 0.75, 1.0), (0.0, 6.0, 2.0, 0.5)],
              2, "diagonal lorentzian ricci-flat", known={"ricci_scalar": sp.S.Zero, "kretschmann": 48 / r**6}),
    ]  # fmt: skip


def _full() -> list[Case]:
    # S³ in coordinates that mix everything: constant curvature behind a dense metric.
    bent = (x + y**2 / 4, y + x * z / 4, z - x / 2 + y / 4)
    ball = 4 / (1 + u**2 + v**2 + w**2) ** 2 * sp.eye(3)
    sheared = (u + v / 2, v - u**2 / 4)
    p = [sp.exp(x), sp.exp(y), sp.exp(z), sp.S.One]
    total = sp.Add(*p)
    categorical = sp.Matrix(3, 3, lambda i, j: (p[i] / total if i == j else 0) - p[i] * p[j] / total**2)
    normal_coordinates = sp.Matrix(3, 3, lambda i, j: int(i == j)) + sp.Matrix(
        [
            [y**2 / 3 - y * z / 2, x * z / 4, -x * y / 5],
            [x * z / 4, z**2 / 2 - x**2 / 3, y * x / 3],
            [-x * y / 5, y * x / 3, x**2 / 4 + y**2 / 2],
        ]
    )
    return [
        _case("dense-2d", [[2 + x**2, x * y / 2 + y / 4], [x * y / 2 + y / 4, 1 + y**2 + sp.cos(x)]], (x, y),
              [(0.5, 0.75), (-0.75, 0.5), (1.25, -0.5)], 3),
        _case("half-plane-sheared", _pulled_back(sp.eye(2) / y**2, (x, y), (u, v), sheared), (u, v),
            [(0.5, 1.5), (-0.25, 0.75)], 3,
              "constant-curvature", known={"ricci_scalar": sp.S(-2)}),
        _case("three-sphere-bent", _pulled_back(ball, (u, v, w), (x, y, z), bent), (x, y, z),
            [(0.25, -0.5, 0.75), (0.5, 0.25, -0.25)], 3,
              "constant-curvature", known={"ricci_scalar": sp.S(6)}),
        _case("normal-coordinates", normal_coordinates, (x, y, z), [(0.0, 0.0, 0.0)], 3, "no-first-derivatives"),
        _case("dense-3d", [[2 + y**2, x * z / 4, y / 4], [x * z / 4, 1 + x**2 + z**2, x * y / 4 - z / 5],
                [y / 4, x * y / 4 - z / 5,
            2 + sp.sin(x) + y**2 / 2]],
              (x, y, z), [(0.5, 0.25, -0.75), (-0.5, 0.75, 0.5)], 3),
        _case("categorical-3d", categorical, (x, y, z), [(0.25, -0.5, 0.5), (0.75, 0.5, -0.25)], 3,
            "constant-curvature statistical",
              known={"ricci_scalar": sp.Rational(3, 2)}, source="a sphere of radius 2: Rao (1945)"),
    ]  # fmt: skip


def _large() -> list[Case]:
    c = (x, y, z, w)
    dense = sp.Matrix(4, 4, lambda i, j: (3 + c[(i + 1) % 4] ** 2 / 2) if i == j
                      else c[min(i, j)] * c[(max(i, j) + 1) % 4] / 8
                      + sp.Rational(1, 4 + i + j) * c[(i + j) % 4])  # fmt: skip
    rotating = sp.Matrix([[-1 + 1 / r, 0, 0, r * sp.sin(theta) ** 2 / 8], [0, 1 + 1 / r, sp.sin(theta) / 8, 0],
                          [0, sp.sin(theta) / 8, r**2, 0],
                          [r * sp.sin(theta) ** 2 / 8, 0, 0, r**2 * sp.sin(theta) ** 2]])  # fmt: skip
    rows = ((0.75, -0.5), (-1.0, 0.25), (0.5, 1.25), (1.5, 0.75), (-0.25, -1.5), (-0.75, 1.0))
    a, b = sp.symbols("theta1 theta2", real=True)
    neuron = sp.zeros(2, 2)
    for p, q in rows:
        e = sp.exp(-(a * sp.Rational(p) + b * sp.Rational(q)))
        slope = e / (1 + e) ** 2
        neuron += (
            slope
            * sp.Matrix([[sp.Rational(p * p), sp.Rational(p * q)], [sp.Rational(p * q), sp.Rational(q * q)]])
            / len(rows)
        )
    # The same as means over the rows: what the engine itself works with.
    inputs = sp.symbols("p q", real=True)
    e = sp.exp(-(a * inputs[0] + b * inputs[1]))
    means = sp.ImmutableMatrix(2, 2, lambda i, j: Mean(e / (1 + e) ** 2 * inputs[i] * inputs[j], inputs))
    return [
        _case("dense-4d", dense, c, [(0.5, -0.25, 0.75, 0.25), (-0.5, 0.75, 0.25, -0.5)], 4),
        _case("rotating-spacetime", rotating, (t, r, theta, phi), [(0.5, 3.0, 0.75, 1.0)], 4, "lorentzian"),
        _case("logistic-neuron", neuron, (a, b), [(0.5, -0.25), (-1.0, 1.5), (2.0, 1.0)], 4, "statistical neuron",
              data=dict(zip(inputs, zip(*rows))), origin=SimpleNamespace(metric=means, coordinates=(a, b)),
              source="Fisher metric of one logistic neuron with two weights over six inputs"),
    ]  # fmt: skip


def _signatures() -> list[Case]:
    """Lorentzian metrics that depend on time and angle, and indefinite surfaces: neither static nor axisymmetric."""
    a = 1 + t**2 / 4
    flrw = sp.diag(-1, a**2 / (1 - r**2 / 8), a**2 * r**2, a**2 * r**2 * sp.sin(theta) ** 2)
    mass = 2 * (1 + t / 4)  # Painlevé and Gullstrand's rain, onto a mass that grows
    rain = sp.Matrix([[mass / r - 1, sp.sqrt(mass / r), 0, 0], [sp.sqrt(mass / r), 1, 0, 0],
                      [0, 0, r**2, 0], [0, 0, 0, r**2 * sp.sin(theta) ** 2]])  # fmt: skip
    wave = x**2 * y * sp.cos(u) / 2 + y**2 / 4 + x**3 / 8
    profile = sp.Matrix([[wave, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    # Kerr with M = a = 1, in coordinates in which it depends on all four.
    tilted, turned = theta + sp.sin(phi) / 8, phi + r * t / 16
    sigma2, delta, s2 = r**2 + sp.cos(theta) ** 2, r**2 - 2 * r + 1, sp.sin(theta) ** 2
    kerr = sp.Matrix([
        [2 * r / sigma2 - 1, 0, 0, -2 * r * s2 / sigma2], [0, sigma2 / delta, 0, 0], [0, 0, sigma2, 0],
        [-2 * r * s2 / sigma2, 0, 0, (r**2 + 1 + 2 * r * s2 / sigma2) * s2]])  # fmt: skip
    spot = sp.cos(tilted) ** 2
    square = 48 * (r**2 - spot) * ((r**2 + spot) ** 2 - 16 * r**2 * spot) / (r**2 + spot) ** 6
    dense = sp.Matrix([[-2 - x**2 / 2, y / 4, x * z / 8, w / 8], [y / 4, 1 + z**2 + x**2 / 4, t * x / 8, z / 4],
                       [x * z / 8, t * x / 8, 2 + sp.cos(t), x * y / 4],
                       [w / 8, z / 4, x * y / 4, 1 + t**2 / 4 + y**2]]).subs(w, t + x)  # fmt: skip
    surface = [[-1 - x**2 / 4, x * y / 4 + half], [x * y / 4 + half, 1 + y**2 / 2 + x**2]]
    return [
        _case("flrw", flrw, (t, r, theta, phi), [(0.5, 1.25, 0.75, 1.0), (-1.0, 0.5, 2.0, 0.5)], 2,
              "diagonal lorentzian"),
        _case("painleve-gullstrand", rain, (t, r, theta, phi), [(0.5, 3.0, 0.75, 1.0)], 4, "lorentzian"),
        _case("pp-wave", profile, (u, v, x, y), [(0.5, -0.25, 0.75, 1.25)], 4, "lorentzian null-planes",
              known={"ricci_scalar": sp.S.Zero, "kretschmann": sp.S.Zero}),
        _case("kerr-turned", _pulled_back(kerr, (t, r, theta, phi), (t, r, theta, phi), (t, r, tilted, turned)),
              (t, r, theta, phi), [(0.5, 3.0, 0.25, 1.0)], 4, "lorentzian ricci-flat",
              known={"ricci_scalar": sp.S.Zero, "kretschmann": square},
              source="Henry, ApJ 535, 350 (2000), for the Kretschmann scalar, which is negative here"),
        _case("dense-lorentzian", dense, (t, x, y, z), [(0.5, -0.25, 0.75, 0.25)], 4, "lorentzian"),
        _case("indefinite-surface", surface, (x, y), [(0.5, 0.75), (-1.25, 0.5)], 3, "lorentzian"),
        _case("de-sitter-surface", sp.diag(-1, sp.cosh(t) ** 2), (t, phi), [(0.5, 1.0), (-0.75, 2.0)], 1,
              "diagonal lorentzian constant-curvature", known={"ricci_scalar": sp.S(2)}),
    ]  # fmt: skip


def _dimensions() -> list[Case]:
    """One dimension, five and six: what is written for two, three or four shows."""
    c = sp.symbols("x1:7", real=True)

    def dense(n: int) -> sp.Matrix:
        return sp.Matrix(n, n, lambda i, j: 2 + c[(i + 1) % n] ** 2 / 4 + sp.Rational(i, 4) if i == j
                         else c[(i + j) % n] / (6 + i + j) if abs(i - j) in (1, n - 1) else sp.S.Zero)  # fmt: skip

    conformal = sp.eye(5) * (1 + sp.Add(*(s**2 for s in c[:5])) / 8) ** -2
    return [
        _case("line", [[2 + sp.sin(x) + x**2 / 4]], (x,), [(0.5,), (-1.25,)], 1, "flat diagonal",
              known={"ricci_scalar": sp.S.Zero}),
        _case("five-sphere", conformal, c[:5], [(0.5, -0.25, 0.75, 0.25, -0.5)], 1, "diagonal constant-curvature",
              known={"ricci_scalar": sp.S(10)}),
        _case("dense-5d", dense(5), c[:5], [(0.5, -0.25, 0.75, 0.25, -0.5)], 4),
        _case("dense-6d", dense(6), c, [(0.5, -0.25, 0.75, 0.25, -0.5, 1.0)], 4),
    ]  # fmt: skip


def _nearly_singular(bits: int, name: str = "") -> list[Case]:
    """Distance 2^(−bits) to a singular metric; the sphere's pole at 2^(2 − bits)."""
    e = sp.Rational(1, 2**bits)
    near = sp.Matrix([[1 + x**2, 1 + x * y], [1 + x * y, 1 + y**2 + e * (2 + sp.cos(x + y))]])
    return [
        _case("sphere-near-pole" + name, sp.diag(1, sp.sin(theta) ** 2), (theta, phi), [(2.0 ** (2 - bits), 0.5)], 5,
              "diagonal constant-curvature near-singular", known={"ricci_scalar": sp.S(2)}),
        _case("nearly-degenerate" + name, near, (x, y), [(0.25, 0.25 + 2.0**-4), (0.5, 0.5)], 5, "near-singular"),
    ]  # fmt: skip


@cache
def _default() -> tuple[Case, ...]:
    groups = (_flat(), _constant_curvature(), _diagonal(), _full(), _large(), _signatures(), _dimensions(),
              _nearly_singular(5))  # fmt: skip
    return tuple(c for group in groups for c in group)


@cache
def _singular() -> tuple[Case, ...]:
    return tuple(c for bits in (12, 16, 24) for c in _nearly_singular(bits, f"-{bits}"))


def _select(*names: str) -> tuple[Case, ...]:
    by_name = {c.name: c for c in _default()}
    return tuple(by_name[n] for n in names)


SUITES: dict[str, str] = {
    "default": "everything below: flat to dense 4-D, Lorentzian, statistical, nearly singular",
    "quick": "five manifolds that expose most mistakes",
    "surfaces": "the two-dimensional ones that are positive definite",
    "lorentzian": "indefinite metrics only, surfaces among them",
    "riemannian": "positive definite metrics only",
    "statistical": "Fisher metrics",
    "singular": "five mild manifolds, and six that come close to a singular metric in steps",
    "thorough": "the default suite with more points on every manifold",
}


def load_suite(name: str = "default", *, grades: Iterable[int] | None = None) -> tuple[Case, ...]:
    """The cases of a named suite, mildest first.

    >>> [c.name for c in load_suite("quick")]
    ['sphere', 'plane-polar', 'dense-2d', 'dense-3d', 'dense-4d']

    Raises:
        ValueError: there is no suite of that name.
    """
    if name == "quick":
        cases = _select("sphere", "plane-polar", "dense-2d", "dense-3d", "dense-4d")
    elif name == "surfaces":
        cases = tuple(c for c in _default() if c.dim == 2 and "lorentzian" not in c.tags)
    elif name == "lorentzian":
        cases = tuple(c for c in _default() if "lorentzian" in c.tags)
    elif name == "riemannian":
        cases = tuple(c for c in _default() if "lorentzian" not in c.tags)
    elif name == "statistical":
        cases = tuple(c for c in _default() if "statistical" in c.tags)
    elif name == "singular":
        cases = _select("sphere", "plane-polar", "dense-2d", "dense-3d", "dense-4d") + _singular()
    elif name == "thorough":
        from dataclasses import replace

        from .cases import find_points

        cases = tuple(replace(c, points=c.points + find_points(c, 6)) for c in _default())
    elif name == "default":
        cases = _default()
    else:
        raise InputError(f"unknown suite {name!r}; known are {', '.join(SUITES)}")
    if grades is not None:
        wanted = set(grades)
        cases = tuple(c for c in cases if c.grade in wanted)
        if not cases:
            raise InputError(f"the suite {name!r} has no case of grade {sorted(wanted)}")
    return cases
