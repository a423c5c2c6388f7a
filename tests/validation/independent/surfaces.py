"""Programs for surfaces: Brioschi, orthogonal coordinates, the second fundamental form, closed forms by hand."""

from __future__ import annotations

import math

import numpy as np
import sympy as sp

from .record import CACHE, DIAGONAL, HALF, SIGN, STEP, TRANSPOSED, TWICE, right, wrong
from .spaces import ANTI_DE_SITTER2, GRAPH, HALF_PLANE, NORMAL, PARABOLOID, POLAR, SKEW_TORUS, SPHERE, TORUS

SURF = {"suite": "surfaces"}


def partials(metric, x, h=1e-3):
    """E, F, G with first and second derivatives, five points each way."""
    c1, c2 = np.array([1, -8, 0, 8, -1]) / 12, np.array([-1, 16, -30, 16, -1]) / 12
    s = np.arange(-2, 3) * h
    at = lambda a, b: np.asarray(metric(np.array([x[0] + a, x[1] + b])))
    u = sum(c * at(a, 0) for c, a in zip(c1, s)) / h
    v = sum(c * at(0, a) for c, a in zip(c1, s)) / h
    uu = sum(c * at(a, 0) for c, a in zip(c2, s)) / h**2
    vv = sum(c * at(0, a) for c, a in zip(c2, s)) / h**2
    uv = sum(c * d * at(a, b) for c, a in zip(c1, s) for d, b in zip(c1, s) if c and d) / h**2
    return at(0, 0), u, v, uu, uv, vv


def brioschi_terms(metric, x, h=1e-3):
    g, u, v, uu, uv, vv = partials(metric, x, h)
    E, F, G = g[0, 0], g[0, 1], g[1, 1]
    Eu, Fu, Gu, Ev, Fv, Gv = u[0, 0], u[0, 1], u[1, 1], v[0, 0], v[0, 1], v[1, 1]
    A = [[-vv[0, 0] / 2 + uv[0, 1] - uu[1, 1] / 2, Eu / 2, Fu - Ev / 2], [Fv - Gu / 2, E, F], [Gv / 2, F, G]]
    B = [[0, Ev / 2, Gu / 2], [Ev / 2, E, F], [Gu / 2, F, G]]
    return np.array(A), np.array(B), E * G - F * F


@right("Brioschi's formula", quantity="gaussian_curvature", options=SURF, accuracy=1e-6)
def brioschi(metric, x):
    A, B, D = brioschi_terms(metric, x)
    return (np.linalg.det(A) - np.linalg.det(B)) / D**2


@right("twice Brioschi's formula", options=SURF, accuracy=1e-6)
def brioschi_scalar(metric, x):
    return 2 * brioschi(metric, x)


@right("Brioschi with a step given by keyword", quantity="gaussian_curvature", options=SURF, accuracy=1e-5)
def brioschi_step(metric, x, h=4e-3):
    A, B, D = brioschi_terms(metric, x, h)
    return (np.linalg.det(A) - np.linalg.det(B)) / D**2


@wrong(
    "scalar",
    "Brioschi divided by the determinant once",
    "determinant",
    "EG",
    "volume",
    "density",
    "power",
    quantity="gaussian_curvature",
    options=SURF,
)
def brioschi_undivided(metric, x):
    A, B, D = brioschi_terms(metric, x)
    return (np.linalg.det(A) - np.linalg.det(B)) / D


@wrong(
    "scalar",
    "Brioschi's determinants are added",
    "sign",
    "added",
    "second (determinant|term)",
    "quadratic",
    "ΓΓ",
    "no (known|listed)",
    quantity="gaussian_curvature",
    options=SURF,
)
def brioschi_added(metric, x):
    A, B, D = brioschi_terms(metric, x)
    return (np.linalg.det(A) + np.linalg.det(B)) / D**2


@wrong(
    "metric derivative",
    "F_uv is forgotten in Brioschi's formula",
    r"g_?01|F_?uv|off-diagonal|second derivative|mixed",
    *DIAGONAL,
    quantity="gaussian_curvature",
    options=SURF,
)
def brioschi_without_mixed(metric, x):
    A, B, D = brioschi_terms(metric, x)
    A[0, 0] -= partials(metric, x)[4][0, 1]
    return (np.linalg.det(A) - np.linalg.det(B)) / D**2


@wrong(
    "metric derivative",
    "the second derivative ∂²f ≈ (f₊ − 2f + f₋)/(2h²) in Brioschi's formula",
    "second derivative",
    *HALF,
    quantity="gaussian_curvature",
    options=SURF,
)
def brioschi_second_half(metric, x):
    A, B, D = brioschi_terms(metric, x)
    g, u, v, uu, uv, vv = partials(metric, x)
    A[0, 0] = -vv[0, 0] / 4 + uv[0, 1] - uu[1, 1] / 4
    return (np.linalg.det(A) - np.linalg.det(B)) / D**2


@wrong("scope", "F = 0: the formula for orthogonal coordinates", *DIAGONAL, quantity="gaussian_curvature", options=SURF)
def orthogonal_gauss(metric, x, h=1e-3):
    E, G = (lambda a, b, i=i: np.asarray(metric(np.array([a, b])))[i, i] for i in (0, 1))
    w = lambda a, b: math.sqrt(abs(E(a, b) * G(a, b)))
    d = lambda f, a, b, k: (f(a + h * (k == 0), b + h * (k == 1)) - f(a - h * (k == 0), b - h * (k == 1))) / (2 * h)
    s = d(lambda a, b: d(E, a, b, 1) / w(a, b), *x, 1) + d(lambda a, b: d(G, a, b, 0) / w(a, b), *x, 0)
    return -s / (2 * w(*x))


@wrong(
    "scope",
    "surfaces of revolution with unit speed: K = −√G″/√G",
    "revolution",
    "scope",
    "diagonal",
    "unit",
    "g_?00",
    "depend",
    "only",
    quantity="gaussian_curvature",
    options=SURF,
)
def revolution_gauss(metric, x, h=1e-3):
    f = lambda a: math.sqrt(abs(np.asarray(metric(np.array([a, x[1]])))[1, 1]))
    return -(f(x[0] + h) - 2 * f(x[0]) + f(x[0] - h)) / h**2 / f(x[0])


@right("R = 2 R_0101 / det g", options=SURF, accuracy=1e-5)
def scalar_by_component(metric, x):
    from .classical import einsum_riemann_down

    return 2 * einsum_riemann_down(metric, x)[0, 1, 0, 1] / np.linalg.det(metric(x))


@wrong("scalar", "R = R_0101 / det g", *HALF, "gauss", options=SURF)
def scalar_by_component_half(metric, x):
    return scalar_by_component(metric, x) / 2


@wrong(
    "scalar",
    "R = 2 R_0101 / |det g|: the sign is lost on indefinite surfaces",
    "absolute",
    "sign",
    "indefinite",
    "lorentz",
    "signature",
    "determinant",
    options=SURF,
    sly=True,
)
def scalar_by_component_modulus(metric, x):
    return scalar_by_component(metric, x) * np.sign(np.linalg.det(metric(x)))


# --- closed forms ------------------------------------------------------------------------------------------------


@right("sphere of radius 2 has R = 2/r² = 1/2", on=SPHERE)
def sphere_constant(x):
    return 0.5


@right("upper half plane has R = −2, from the coordinates", on=HALF_PLANE, form="coordinates")
def half_plane(x, y):
    if y <= 0:
        raise ValueError("outside the half plane")
    return -2.0


@right("torus K = cos u/(R + r cos u)", on=TORUS, quantity="gaussian_curvature", form="coordinates")
def torus_gauss(u, v, R=2.0, r=1.0):
    return math.cos(u) / (r * (R + r * math.cos(u)))


@right("the same surface in skew coordinates has the same K", on=SKEW_TORUS, quantity="gaussian_curvature")
def skew_torus_gauss(x):
    return np.cos(x[0]) / (2 + np.cos(x[0]))


@right("the same on a batch", on=TORUS, quantity="gaussian_curvature", form="batch")
def torus_batch(points):
    points = np.atleast_2d(points)
    return np.cos(points[:, 0]) / (2 + np.cos(points[:, 0]))


@right("K = (h_xx h_yy − h_xy²)/(1 + h_x² + h_y²)²", on=GRAPH, quantity="gaussian_curvature", form="coordinates")
def graph_gauss(x, y):
    hx, hy, hxx, hxy, hyy = x * y, x * x / 2 + 2 * y, y, x, 2.0
    return (hxx * hyy - hxy**2) / (1 + hx * hx + hy * hy) ** 2


@right("Gauss map: K = det II / det I from the embedding, complex step", on=PARABOLOID, quantity="gaussian_curvature")
def paraboloid_forms(q):
    h = 1e-20
    f = lambda a, b: (a * a + b * b) / 2
    fx, fy = f(q[0] + 1j * h, q[1]).imag / h, f(q[0], q[1] + 1j * h).imag / h
    return 1 / (1 + fx**2 + fy**2) ** 2


@right("plane", on=POLAR)
def plane(x):
    return np.float64(0)


@right("Christoffel symbols of the sphere by hand, a nested list", on=SPHERE, quantity="christoffel")
def sphere_symbols(x):
    s, c = math.sin(x[0]), math.cos(x[0])
    return [[[0.0, 0.0], [0.0, -s * c]], [[0.0, c / s], [c / s, 0.0]]]


@right("SymPy's closed form, lambdified", on=TORUS, form="coordinates")
def sympy_torus(u, v, made={}):  # noqa: B006
    if not made:
        s = sp.Symbol("s")
        w = 2 + sp.cos(s)
        made["f"] = sp.lambdify(s, -2 * sp.diff(w, s, 2) / w, "numpy")
    return made["f"](u)


@wrong(
    "metric",
    "the torus with the radii exchanged",
    "param",
    "radi",
    "no (known|listed)",
    "constant",
    on=TORUS,
    quantity="gaussian_curvature",
    form="coordinates",
)
def torus_radii(u, v, R=1.0, r=2.0):
    return math.cos(u) / (r * (R + r * math.cos(u)))


@wrong(
    "grid",
    "the torus reads v for u",
    *TRANSPOSED,
    "coordinate",
    on=TORUS,
    quantity="gaussian_curvature",
    form="coordinates",
)
def torus_order(a, b):
    return math.cos(b) / (2 + math.cos(b))


@wrong("metric", "angles are taken for degrees", "degree", "180", "radian", on=TORUS, quantity="gaussian_curvature")
def torus_degrees(x):
    c = np.cos(np.radians(x[0]))
    return c / (2 + c)


@wrong("scalar", "K for R on the torus", *HALF, "gauss", on=TORUS)
def torus_gauss_for_scalar(x):
    return np.cos(x[0]) / (2 + np.cos(x[0]))


@wrong("scalar", "R for K on a batch", *TWICE, "ricci scalar", on=TORUS, quantity="gaussian_curvature", form="batch")
def torus_scalar_for_gauss(points):
    return 2 * np.cos(points[:, 0]) / (2 + np.cos(points[:, 0]))


@wrong(
    "scalar",
    "|K| of the torus: wrong only on its inner side",
    "absolute",
    "modulus",
    r"\|",
    "magnitude",
    "sign",
    on=TORUS,
    quantity="gaussian_curvature",
    sly=True,
)
def torus_modulus(x):
    return abs(np.cos(x[0])) / (2 + np.cos(x[0]))


@wrong("scalar", "the sphere's r² is r: R = 2/r", *TWICE, "factor", "power", "constant", "scale", on=SPHERE)
def sphere_radius_power(x):
    return 1.0


@wrong("scalar", "the half plane with R = +2", *SIGN, on=HALF_PLANE)
def half_plane_sign(x):
    return 2.0


@wrong(
    "scalar",
    "the graph's denominator has the power 1 (mean curvature's power is 3/2, K's is 2)",
    "power",
    "determinant",
    "density",
    "volume",
    "EG",
    on=GRAPH,
    quantity="gaussian_curvature",
    form="coordinates",
)
def graph_power(x, y):
    hx, hy = x * y, x * x / 2 + 2 * y
    return (2 * y - x * x) / (1 + hx * hx + hy * hy)


@wrong(
    "scalar",
    "the mean curvature is returned",
    "mean curvature",
    "no (known|listed)",
    "root",
    "square",
    on=PARABOLOID,
    quantity="gaussian_curvature",
)
def paraboloid_mean(q):
    x, y = q
    w = 1 + x * x + y * y
    return ((1 + y * y) + (1 + x * x)) / (2 * w**1.5)


@wrong(
    "christoffel",
    "Γ^φ_θφ has the inverse, tan for cot",
    r"1.{0,6}0.{0,6}1|phi|φ",
    "component",
    "entr",
    "reciprocal",
    on=SPHERE,
    quantity="christoffel",
    never=("overall",),
)
def sphere_tangent(x):
    s, c = math.sin(x[0]), math.cos(x[0])
    return np.array([[[0, 0], [0, -s * c]], [[0, s / c], [s / c, 0]]])


@wrong(
    "christoffel",
    "Γ^θ_φφ = + sin cos",
    "0.{0,6}1.{0,6}1",
    "component",
    "entr",
    "sign",
    "theta",
    on=SPHERE,
    quantity="christoffel",
    never=("overall",),
)
def sphere_one_sign(x):
    s, c = math.sin(x[0]), math.cos(x[0])
    return np.array([[[0, 0], [0, s * c]], [[0, c / s], [c / s, 0]]])


@wrong(
    "christoffel",
    "only one of Γ^φ_θφ and Γ^φ_φθ is filled",
    "symmetr",
    "zero",
    "missing",
    "component",
    "entr",
    "triang",
    on=SPHERE,
    quantity="christoffel",
)
def sphere_one_partner(x):
    s, c = math.sin(x[0]), math.cos(x[0])
    return np.array([[[0, 0], [0, -s * c]], [[0, c / s], [0, 0]]])


@wrong(
    "arithmetic",
    "integer division truncates the answer: int(K)",
    "integer",
    "zero",
    "truncat",
    "int\\b",
    "round",
    on=HALF_PLANE,
    quantity="gaussian_curvature",
    options={"points": [(0.3, 0.8), (-1.2, 1.7)]},
)
def half_plane_integer(x):
    return int(-0.999999)


@wrong("arithmetic", "the answer is rounded to integers", "integer", "truncat", "int\\b", "round", on=TORUS)
def torus_integer(x):
    return int(20 * 2 * math.cos(x[0]) / (2 + math.cos(x[0]))) // 10


@wrong(
    "arithmetic", "the point is rounded to two decimals: a cache's key", "round", "decimal", "grid", "point", on=TORUS
)
def torus_rounded_point(x):
    u = round(float(x[0]), 2)
    return 2 * math.cos(u) / (2 + math.cos(u))


@wrong(
    "arithmetic",
    "the answer is printed with four decimals and read again",
    "round",
    "decimal",
    "digit",
    on=TORUS,
    never=("float32",),
)
def torus_rounded_answer(x):
    return float(f"{2 * math.cos(x[0]) / (2 + math.cos(x[0])):.4f}")


_REMEMBERED: dict = {}


@wrong("caching", "the first point's answer is given for ever", *CACHE, on=TORUS)
def torus_first_point(x):
    return _REMEMBERED.setdefault("R", 2 * math.cos(x[0]) / (2 + math.cos(x[0])))


@wrong("caching", "the cache's key is the first coordinate of the other axis only", *CACHE, "key", on=TORUS)
def torus_key(x, memory={}):  # noqa: B006
    key = round(float(x[1]))
    return memory.setdefault(key, 2 * math.cos(x[0]) / (2 + math.cos(x[0])))


@wrong(
    "caching", "the answer to the question before", "two calls", *CACHE, "previous", "before", "delay", "lag", on=TORUS
)
def torus_previous(x, memory=[0.1]):  # noqa: B006
    memory.append(2 * math.cos(x[0]) / (2 + math.cos(x[0])))
    return memory.pop(0)


@wrong(
    "caching",
    "the first row of a batch for all",
    "first row",
    "row",
    "batch",
    on=TORUS,
    form="batch",
    options={"form": "batch"},
    never=("random",),
)
def torus_first_row(points):
    return np.full(len(points), 2 * np.cos(points[0, 0]) / (2 + np.cos(points[0, 0])))


@wrong(
    "caching",
    "the batch's mean is subtracted, as batch normalisation does",
    "batch",
    "mean",
    "row",
    "together",
    "depends on",
    on=TORUS,
    form="batch",
    options={"form": "batch"},
    never=("random",),
)
def torus_batch_mean(points):
    R = 2 * np.cos(points[:, 0]) / (2 + np.cos(points[:, 0]))
    return R - R.mean()


@wrong(
    "caching",
    "the rows come back reversed",
    "row",
    "order",
    "revers",
    "batch",
    "permut",
    "sort",
    on=TORUS,
    form="batch",
    options={"form": "batch"},
    never=("random",),
)
def torus_reversed(points):
    return (2 * np.cos(points[:, 0]) / (2 + np.cos(points[:, 0])))[::-1]


@wrong(
    "caching",
    "the rows come back sorted",
    "row",
    "order",
    "sort",
    "batch",
    "permut",
    on=TORUS,
    form="batch",
    options={"form": "batch"},
    never=("random",),
)
def torus_sorted(points):
    return np.sort(2 * np.cos(points[:, 0]) / (2 + np.cos(points[:, 0])))


# --- grids -------------------------------------------------------------------------------------------------------
_AXIS = np.linspace(-3.2, 3.2, 641)


def _table(indexing="ij"):
    U, V = np.meshgrid(_AXIS, _AXIS[::2], indexing=indexing)
    return 2 * np.cos(U) / (2 + np.cos(U))


@wrong(
    "grid",
    "a table without interpolation: the nearest node",
    "grid",
    "nearest",
    "round",
    "table",
    "piecewise",
    "interpol",
    "point",
    on=TORUS,
)
def table_nearest(x, table=_table()):
    return table[np.abs(_AXIS - x[0]).argmin(), np.abs(_AXIS[::2] - x[1]).argmin()]


@wrong(
    "grid",
    "a table read one cell off",
    "grid",
    "cell",
    "shift",
    "off by one",
    "index",
    "displace",
    "offset",
    on=TORUS,
    options={"points": [(_AXIS[i], _AXIS[j]) for i, j in ((380, 420), (330, 300), (200, 360), (500, 340), (290, 250))]},
)
def table_off_by_one(x, table=_table()):
    i, j = np.searchsorted(_AXIS, x[0] - 1e-9), np.searchsorted(_AXIS[::2], x[1] - 1e-9)
    return table[min(i + 1, 640), j]


@wrong(
    "grid",
    "meshgrid's xy order read as ij",
    "xy",
    "ij",
    "axis",
    "axes",
    "transpos",
    "order",
    "swap",
    "exchang",
    "coordinate",
    on=TORUS,
    options={
        "points": [
            (_AXIS[2 * i], _AXIS[2 * j]) for i, j in ((190, 210), (165, 150), (100, 180), (250, 170), (145, 125))
        ]
    },
)
def table_xy(x):
    a = _AXIS[::2]
    U, V = np.meshgrid(a, a)  # rows are v
    T = 2 * np.cos(U) / (2 + np.cos(U))
    return T[np.abs(a - x[0]).argmin(), np.abs(a - x[1]).argmin()]


@right(
    "a table with cubic interpolation on a fine grid: accurate to 1e-8",
    on=TORUS,
    accuracy=1e-6,
    options={"rtol": 1e-6, "points": [(0.4, 1.0), (2.5, -0.3), (-1.3, 0.2), (1.1, 0.9)]},
)
def table_cubic(x):
    from scipy.interpolate import CubicSpline

    return CubicSpline(_AXIS, 2 * np.cos(_AXIS) / (2 + np.cos(_AXIS)))(x[0])


@wrong(
    "grid",
    "np.gradient without the spacing",
    "spacing",
    "step",
    "factor",
    "h²",
    "grid",
    on=TORUS,
    quantity="gaussian_curvature",
)
def table_without_spacing(x):
    s = x[0] + 0.01 * np.arange(-4, 5)
    w = 2 + np.cos(s)
    return -np.gradient(np.gradient(w))[4] / w[4]


@right(
    "np.gradient on a fine stencil, its accuracy told by rtol",
    on=TORUS,
    quantity="gaussian_curvature",
    accuracy=1e-4,
    options={"rtol": 1e-3, "points": [(0.4, 1.0), (2.5, -0.3), (-1.1, 0.2), (1.1, 0.9)]},
)
def table_gradient(x):
    s = x[0] + 0.005 * np.arange(-4, 5)
    w = 2 + np.cos(s)
    return -np.gradient(np.gradient(w, 0.005), 0.005)[4] / w[4]


@wrong(
    "arithmetic",
    "a stencil of half a radian",
    *STEP,
    "approxim",
    "too large",
    on=TORUS,
    quantity="gaussian_curvature",
    equal=("factor",),
)
def stencil_large(x):
    w, h = lambda u: 2 + math.cos(u), 0.5
    return -(w(x[0] + h) - 2 * w(x[0]) + w(x[0] - h)) / h**2 / w(x[0])


@wrong(
    "arithmetic",
    "a second difference with step 1e-8: only noise is left",
    *STEP,
    "too small",
    "noise",
    on=TORUS,
    quantity="gaussian_curvature",
)
def stencil_small(x):
    w, h = lambda u: 2 + math.cos(u), 1e-8
    return -(w(x[0] + h) - 2 * w(x[0]) + w(x[0] - h)) / h**2 / w(x[0])


@wrong(
    "metric derivative",
    "one-sided differences",
    "one-sided",
    "forward",
    *STEP,
    on=TORUS,
    quantity="gaussian_curvature",
    equal=("approximation",),
)
def stencil_forward(x):
    w, h = lambda u: 2 + math.cos(u), 1e-3
    return -(w(x[0] + 2 * h) - 2 * w(x[0] + h) + w(x[0])) / h**2 / w(x[0])


@wrong(
    "metric derivative",
    "(f₊ − f₋)/h without the 2, twice",
    "factor.{0,20}4",
    "\\b4 times",
    "quarter",
    "2h",
    "difference",
    "derivative",
    on=TORUS,
    quantity="gaussian_curvature",
)
def stencil_without_two(x):
    w, h = lambda u: 2 + math.cos(u), 1e-4
    d = lambda f: lambda u: (f(u + h) - f(u - h)) / h
    return -d(d(w))(x[0]) / w(x[0])


@wrong(
    "scalar",
    "two-dimensional anti-de Sitter space taken for the hyperbolic plane's opposite: R = +2",
    *SIGN,
    on=ANTI_DE_SITTER2,
)
def anti_de_sitter_sign(x):
    return 2.0


@right("two-dimensional anti-de Sitter space has R = −2", on=ANTI_DE_SITTER2)
def anti_de_sitter(x):
    return -2.0


@wrong(
    "statistics",
    "the normal family taken for the half plane with σ's factor 2 forgotten: R = −2",
    *TWICE,
    "sigma|σ",
    on=NORMAL,
)
def normal_half_plane(x):
    return -2.0


@right("R = −1 of the normal family", on=NORMAL)
def normal_known(x):
    return -1


@right("R = −1 of the normal family on a batch, as a column of float64", on=NORMAL, form="batch")
def normal_batch(points):
    return -np.ones(len(points))
