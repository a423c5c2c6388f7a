"""Programs that hold their own metric: formulas by hand, SymPy, embeddings, spacetimes, batches."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import sympy as sp

from . import spaces
from .helpers import five, gamma, ricci, riemann, scalar
from .record import CACHE, DIAGONAL, GRID, HALF, SIGN, SINGLE, STEP, TWICE, factor, right, wrong

K = {"quantity": "gaussian_curvature"}
inv = np.linalg.inv


def symbolic_scalar(g, q, third=-1, products=1):
    """R by SymPy loops, as in a lecture's notebook."""
    n, up = len(q), g.inv()
    G = [
        [
            [
                sum(up[i, m] * (g[m, j].diff(q[k]) + g[m, k].diff(q[j]) + third * g[j, k].diff(q[m])) for m in range(n))
                / 2
                for k in range(n)
            ]
            for j in range(n)
        ]
        for i in range(n)
    ]
    R = 0
    for j in range(n):
        for l in range(n):
            for i in range(n):
                R += up[j, l] * (G[i][j][l].diff(q[i]) - G[i][j][i].diff(q[l]))
                R += products * up[j, l] * sum(G[i][i][m] * G[m][j][l] - G[i][l][m] * G[m][j][i] for m in range(n))
    return R


def embedded(surface):
    """K = (LN − M²)/(EG − F²) of a parametrised surface, by five-point differences."""

    def K(q):
        d = five(surface, q, 3e-3)
        dd = five(lambda y: five(surface, y, 3e-3), q, 3e-3)
        normal = np.cross(d[0], d[1])
        normal /= np.linalg.norm(normal)
        E, F, G = d[0] @ d[0], d[0] @ d[1], d[1] @ d[1]
        return (dd[0, 0] @ normal * (dd[1, 1] @ normal) - (dd[0, 1] @ normal) ** 2) / (E * G - F * F)

    return K


# --- right -------------------------------------------------------------------------------------------------------


@right("c²/(a² cos²u + c² sin²u)² of a spheroid", on=spaces.SPHEROID, **K)
def spheroid(q):
    return 1 / (4 * math.cos(q[0]) ** 2 + math.sin(q[0]) ** 2) ** 2


@right("the second fundamental form of the spheroid, numerically", on=spaces.SPHEROID, accuracy=1e-6, **K)
def spheroid_embedded(q):
    return embedded(
        lambda w: np.array([2 * np.sin(w[0]) * np.cos(w[1]), 2 * np.sin(w[0]) * np.sin(w[1]), np.cos(w[0])])
    )(q)


@right("−2/cosh⁴v for a batch", on=spaces.CATENOID, form="batch")
def catenoid(points):
    return -2 / np.cosh(points[:, 1]) ** 4


@right("Hessian of z = xy over (1 + p² + q²)²", on=spaces.SADDLE, form="coordinates", **K)
def saddle(x, y):
    zx, zy, zxx, zxy, zyy = y, x, 0.0, 1.0, 0.0
    return (zxx * zyy - zxy**2) / (1 + zx**2 + zy**2) ** 2


@cache
def _liouville():
    x, y = spaces.LIOUVILLE.coordinates
    w = 3 + sp.sin(x) + y**2
    return sp.lambdify((x, y), -(sp.log(w).diff(x, 2) + sp.log(w).diff(y, 2)) / w)


@right("R = −Δ log λ/λ, SymPy then lambdified", on=spaces.LIOUVILLE, form="coordinates")
def liouville(x, y):
    return _liouville()(x, y)


@cache
def _nil():
    return sp.lambdify(spaces.NIL.coordinates, symbolic_scalar(sp.Matrix(spaces.NIL.metric), spaces.NIL.coordinates))


@right("SymPy loops over Nil's metric", on=spaces.NIL)
def nil_symbolic(q):
    return float(_nil()(*q))


@right("Hopf coordinates: 2(n − 1)n/2 = 6", on=spaces.HOPF, form="coordinates")
def hopf(eta, phi, psi):
    return 6.0


@right("Milnor's formula in the left-invariant frame: −½", on=spaces.NIL)
def nil_milnor(q):
    l1, l2, l3 = 0.0, 0.0, 1.0
    m = [(l1 + l2 + l3) / 2 - l for l in (l1, l2, l3)]
    return 2 * (m[1] * m[2] + m[0] * m[2] + m[0] * m[1])


@right("48m²/r⁶ − 96mq²/r⁷ + 56q⁴/r⁸", on=spaces.REISSNER, quantity="kretschmann")
def reissner(q):
    m, q2, r = 1.0, 0.5, q[1]
    return 48 * m**2 / r**6 - 96 * m * q2 / r**7 + 56 * q2**2 / r**8


@right("R = 12H² with H = ½", on=spaces.DE_SITTER, form="coordinates")
def de_sitter(t, x, y, z):
    return 12 * 0.25


@right("Friedmann's formulas 6(ä/a + ȧ²/a²)", on=spaces.DE_SITTER)
def de_sitter_friedmann(q):
    a = math.exp(q[0] / 2)
    return 6 * (a / 4 / a + (a / 2) ** 2 / a**2)


@right("Ricci tensor of dust with Λ: R_ab = u_a u_b", on=spaces.GODEL, quantity="ricci")
def godel(q):
    e = math.exp(q[1])
    low = np.array([-1, 0, -e, 0])
    return np.outer(low, low)


def painleve_metric(q):
    _, r, th, _ = q
    g = np.diag([2 / r - 1, 1, r * r, (r * np.sin(th)) ** 2])
    g[0, 1] = g[1, 0] = math.sqrt(2 / r)
    return g


@right("its own metric, five-point, Christoffel symbols", on=spaces.PAINLEVE, quantity="christoffel", accuracy=1e-7)
def painleve(q):
    return gamma(painleve_metric, q)


@right("torus: 2cos φ/(3 + cos φ)", on=spaces.TORUS31, form="coordinates")
def torus(theta, phi):
    return 2 * np.cos(phi) / (3 + np.cos(phi))


@right("two lines on a surface of revolution: −f″/f", on=spaces.HYPERBOLIC, form="coordinates", accuracy=1e-6, **K)
def revolution(r, phi):
    f, h = math.sinh, 1e-3
    return -(-f(r + 2 * h) + 16 * f(r + h) - 30 * f(r) + 16 * f(r - h) - f(r - 2 * h)) / (12 * h * h) / f(r)


@right(
    "circumference of small circles, Richardson in the radius: C = 2πρ(1 − Kρ²/6 …)",
    on=spaces.SPHERE1,
    accuracy=1e-5,
    **K,
)
def bertrand(q):
    k = []
    for rho in (0.02, 0.01):
        c = 2 * math.pi * math.sin(rho)
        k.append(3 * (2 * math.pi * rho - c) / (math.pi * rho**3))
    return (4 * k[1] - k[0]) / 3


@right("flat: Rindler's wedge is Minkowski's plane", on=spaces.RINDLER)
def rindler(q):
    return 0.0


@right("all components of Γ of the unit sphere by hand", on=spaces.SPHERE1, quantity="christoffel")
def sphere_symbols(q):
    G = np.zeros((2, 2, 2))
    G[0, 1, 1] = -math.sin(q[0]) * math.cos(q[0])
    G[1, 0, 1] = G[1, 1, 0] = 1 / math.tan(q[0])
    return G


# --- wrong -------------------------------------------------------------------------------------------------------


@wrong(
    "metric",
    "the axes a and c are exchanged",
    r"metric",
    r"factor",
    r"exchang|swap",
    on=spaces.SPHEROID,
    equal=(r"metric",),
    **K,
)
def spheroid_axes(q):
    return 16 / (math.cos(q[0]) ** 2 + 4 * math.sin(q[0]) ** 2) ** 2


@wrong(
    "metric",
    "latitude for colatitude: sin and cos of u exchanged",
    r"shift|moved|other point",
    r"metric",
    r"π/2",
    r"latitude|sin|cos",
    on=spaces.SPHEROID,
    equal=(r"metric",),
    **K,
)
def spheroid_latitude(q):
    return 1 / (4 * math.sin(q[0]) ** 2 + math.cos(q[0]) ** 2) ** 2


@wrong(
    "scalar",
    "the mean curvature squared where Gauss's is asked",
    r"mean curvature",
    r"metric|embedding",
    r"H²",
    on=spaces.SPHEROID,
    equal=(r"metric",),
    **K,
)
def spheroid_mean(q):
    w = 4 * math.cos(q[0]) ** 2 + math.sin(q[0]) ** 2
    k1, k2 = 2 / w**1.5, 1 / (2 * math.sqrt(w))
    return ((k1 + k2) / 2) ** 2


@wrong(
    "scalar",
    "the normal is not normalised in L, M and N",
    r"normal",
    r"determinant|det",
    r"factor",
    on=spaces.SADDLE,
    equal=(r"metric",),
    **K,
)
def saddle_not_normalised(q):
    x, y = q
    n = np.cross([1, 0, y], [0, 1, x])
    return -((np.array([0, 0, 1]) @ n) ** 2) / (1 + x * x + y * y)


@wrong(
    "scalar",
    "divided by 1 + p² + q², not by its square",
    r"determinant|\bdet\b",
    r"square|power",
    r"R_?1212",
    on=spaces.SADDLE,
    form="coordinates",
    **K,
)
def saddle_power(x, y):
    return -1 / (1 + x * x + y * y)


@wrong(
    "metric",
    "the mixed component xy is left out of the graph's metric",
    *DIAGONAL,
    r"metric.{0,40}(0, ?1|off)",
    on=spaces.SADDLE,
)
def saddle_diagonal(q):
    return scalar(lambda w: np.diag([1 + w[1] ** 2, 1 + w[0] ** 2]), q)


@wrong(
    "scalar",
    "Δ λ/λ² in place of Δ log λ/λ",
    r"log",
    r"first.derivative",
    r"term|conformal",
    r"ΓΓ|quadratic",
    on=spaces.LIOUVILLE,
    form="coordinates",
)
def liouville_no_log(x, y):
    w = 3 + np.sin(x) + y**2
    return -(-np.sin(x) + 2) / w**2


@wrong(
    "scalar",
    "−Δ log λ without the division by λ",
    r"divi|factor|determinant|inverse|rais",
    r"λ",
    r"trace",
    on=spaces.LIOUVILLE,
    form="coordinates",
)
def liouville_not_divided(x, y):
    w = 3 + np.sin(x) + y**2
    return -((-np.sin(x) * w - np.cos(x) ** 2) / w**2 + (2 * w - 4 * y * y) / w**2)


@wrong("scalar", "K, where R = 2K is asked", *HALF, on=spaces.CATENOID, form="batch")
def catenoid_gauss(points):
    return -1 / np.cosh(points[:, 1]) ** 4


@wrong(
    "scalar",
    "the minus sign of the catenoid's curvature is lost",
    *SIGN,
    r"absolute|modul",
    on=spaces.CATENOID,
    form="batch",
)
def catenoid_sign(points):
    return 2 / np.cosh(points[:, 1]) ** 4


@wrong(
    "caching",
    "the first row of the batch is used for all",
    *CACHE,
    r"first row|batch|row",
    on=spaces.CATENOID,
    form="batch",
)
def catenoid_first_row(points):
    return np.full(len(points), -2 / np.cosh(points[0, 1]) ** 4)


@wrong(
    "output",
    "the batch is centred on its mean before the formula",
    r"batch|row|mean|cent",
    r"depends on",
    on=spaces.CATENOID,
    form="batch",
)
def catenoid_centred(points):
    w = points - points.mean(axis=0)
    return -2 / np.cosh(w[:, 1]) ** 4


@wrong("output", "the rows come back sorted", r"order|sort|permut|batch|row", on=spaces.CATENOID, form="batch")
def catenoid_sorted(points):
    return np.sort(-2 / np.cosh(points[:, 1]) ** 4)


@wrong(
    "metric",
    "the coordinates u and v are exchanged",
    r"order|swap|exchang|permut|transpos",
    r"coordinate",
    on=spaces.CATENOID,
    form="coordinates",
    equal=(r"metric",),
)
def catenoid_coordinates(u, v):
    return -2 / math.cosh(u) ** 4


@wrong(
    "metric",
    "the radius of the tube is forgotten in the formula: cos φ/(3 + cos φ) is K",
    *HALF,
    on=spaces.TORUS31,
    form="coordinates",
)
def torus_gauss(theta, phi):
    return math.cos(phi) / (3 + math.cos(phi))


@wrong(
    "metric",
    "R = 2 in place of 3 for the large radius",
    r"metric",
    r"parameter|constant|radius",
    on=spaces.TORUS31,
    equal=(r"metric",),
)
def torus_radius(q):
    return 2 * math.cos(q[1]) / (2 + math.cos(q[1]))


@wrong(
    "metric",
    "which angle is which: cos θ instead of cos φ",
    r"order|swap|exchang|permut",
    r"coordinate",
    on=spaces.TORUS31,
    form="coordinates",
    equal=(r"metric",),
)
def torus_angles(theta, phi):
    return 2 * math.cos(theta) / (3 + math.cos(theta))


@wrong(
    "metric",
    "angles in degrees",
    r"degree|radian|π/180",
    r"unit",
    on=spaces.TORUS31,
    form="coordinates",
    equal=(r"metric",),
)
def torus_degrees(theta, phi):
    c = math.cos(math.radians(phi))
    return 2 * c / (3 + c)


@wrong(
    "scalar",
    "−f″ without the division by f",
    r"divi|factor|determinant|R_?1212|inverse|rais",
    on=spaces.HYPERBOLIC,
    form="coordinates",
    **K,
)
def revolution_not_divided(r, phi):
    return -math.sinh(r)


@wrong(
    "scalar", "hyperbolic plane with K = +1", *SIGN, r"absolute|modul", on=spaces.HYPERBOLIC, form="coordinates", **K
)
def hyperbolic_sign(r, phi):
    return 1.0


@wrong(
    "riemann",
    "SymPy loops with a plus in the third term of Γ",
    r"third term",
    r"sign.{0,60}(Γ|christoffel)",
    r"(Γ|christoffel).{0,60}sign",
    on=spaces.LIOUVILLE,
)
def liouville_symbolic_sign(q):
    return float(_liouville_plus()(*q))


@cache
def _liouville_plus():
    x, y = spaces.LIOUVILLE.coordinates
    return sp.lambdify((x, y), symbolic_scalar(sp.Matrix(spaces.LIOUVILLE.metric), (x, y), third=1))


@wrong(
    "riemann", "SymPy loops with the ΓΓ terms subtracted, on Nil", r"ΓΓ", r"product|quadratic", r"sign", on=spaces.NIL
)
def nil_products(q):
    return float(_nil_products()(*q))


@cache
def _nil_products():
    return sp.lambdify(
        spaces.NIL.coordinates, symbolic_scalar(sp.Matrix(spaces.NIL.metric), spaces.NIL.coordinates, products=-1)
    )


@wrong("metric", "Nil's metric without its off-diagonal −x", *DIAGONAL, on=spaces.NIL, equal=(r"metric",))
def nil_diagonal(q):
    return scalar(lambda w: np.diag([1, 1 + w[0] ** 2, 1.0]), q)


@wrong(
    "metric",
    "dz + x dy: the sign of one metric component, which R does not see, and ½ forgotten",
    *TWICE,
    r"factor",
    on=spaces.NIL,
)
def nil_twice(q):
    return -1.0


@wrong(
    "metric",
    "e^z for e^{2z}: square roots of the metric's components",
    r"root|square|√",
    r"metric",
    r"factor",
    *factor("0.25", "1/4", "¼"),
    on=spaces.SOL,
)
def sol_root(q):
    return -0.5


@wrong(
    "scalar",
    "Sol is taken for hyperbolic space: −6",
    r"factor|metric|constant",
    r"\b3\b",
    on=spaces.SOL,
    equal=(r"metric",),
)
def sol_hyperbolic(q):
    return -6.0


@wrong(
    "scope",
    "n = 2 is wired in: R = 2K with K = 1 for the three-sphere",
    r"dimension|n ?=",
    r"factor|third|1/3|0\.33",
    on=spaces.HOPF,
)
def hopf_two(q):
    return 2.0


@wrong(
    "contraction",
    "three sectional curvatures are summed once each: 3 instead of 6",
    *HALF,
    r"once|pairs",
    on=spaces.HOPF,
)
def hopf_once(q):
    return 3.0


@wrong(
    "scalar",
    "the term with q² has its sign wrong",
    r"metric|term|component",
    r"sign|charge",
    on=spaces.REISSNER,
    quantity="kretschmann",
    equal=(r"metric",),
)
def reissner_sign(q):
    r = q[1]
    return 48 / r**6 + 48 / r**7 + 14 / r**8


@wrong(
    "metric",
    "Schwarzschild's 48m²/r⁶ for a charged hole",
    r"metric|term|charge",
    r"component|q²",
    on=spaces.REISSNER,
    quantity="kretschmann",
    equal=(r"metric",),
)
def reissner_uncharged(q):
    return 48 / q[1] ** 6


@wrong("metric", "the signature (+,−,−,−): the sign of R", *SIGN, r"signature", on=spaces.DE_SITTER)
def de_sitter_signature(q):
    return -3.0


@wrong(
    "scope",
    "time does not enter: ä and ȧ are taken for 0",
    r"static|time",
    r"zero|vanish|\b0\b",
    r"first coordinate|∂_?(t|0)|derivative",
    r"flat",
    on=spaces.DE_SITTER,
)
def de_sitter_static(q):
    def frozen(w):
        return np.diag([-1.0, *[math.exp(q[0])] * 3])

    return scalar(frozen, q)


@wrong(
    "scalar", "the acceleration is forgotten: 6ȧ²/a²", *HALF, r"factor", r"second derivative|∂∂|∂Γ", on=spaces.DE_SITTER
)
def friedmann_no_acceleration(q):
    return 6 * 0.25


@wrong(
    "output",
    "Ricci with raised indices u^a u^b",
    r"rais|lower|inverse|ind(ex|ices)",
    r"metric",
    on=spaces.GODEL,
    quantity="ricci",
)
def godel_up(q):
    u = np.array([-1.0, 0, 0, 0])
    return np.outer(u, u)


@wrong(
    "metric",
    "the ½ is read as a factor of the wrong term: +½e^{2x} in g_yy",
    r"metric|component",
    r"sign",
    r"yy|2, ?2",
    on=spaces.GODEL,
    quantity="christoffel",
)
def godel_plus(q):
    def g(w):
        e = np.exp(w[1])
        return np.array([[-1, 0, -e, 0], [0, 1, 0, 0], [-e, 0, e**2 / 2, 0], [0, 0, 0, 1.0]])

    return gamma(g, q)


@wrong(
    "metric",
    "the cross term √(2/r) stands in one corner only; inverse and ∂g see an unsymmetric matrix",
    r"symmetr",
    r"metric",
    r"off-diagonal|component|0, ?1|1, ?0",
    on=spaces.PAINLEVE,
    quantity="christoffel",
    equal=(r"diagonal",),
)
def painleve_corner(q):
    def g(w):
        out = painleve_metric(w)
        out[1, 0] = 0
        return out

    return gamma(g, q)


@wrong(
    "metric",
    "2√(2/r) of the line element is entered whole in g_tr",
    r"metric|component|off-diagonal",
    *TWICE,
    r"half|½|factor",
    r"0, ?1|t, ?r",
    on=spaces.PAINLEVE,
    quantity="christoffel",
)
def painleve_doubled(q):
    def g(w):
        out = painleve_metric(w)
        out[0, 1] = out[1, 0] = 2 * out[0, 1]
        return out

    return gamma(g, q)


@wrong(
    "christoffel",
    "cot θ for Γ^φ_θφ is filled in one order only",
    r"symmetr",
    r"component|entr",
    r"missing|zero|\b0\b",
    r"Γ\[",
    on=spaces.SPHERE1,
    quantity="christoffel",
)
def sphere_one_order(q):
    G = np.zeros((2, 2, 2))
    G[0, 1, 1] = -math.sin(q[0]) * math.cos(q[0])
    G[1, 0, 1] = 1 / math.tan(q[0])
    return G


@wrong("christoffel", "Γ^θ_φφ = +sin θ cos θ", *SIGN, r"sign", r"component", on=spaces.SPHERE1, quantity="christoffel")
def sphere_sign(q):
    G = np.zeros((2, 2, 2))
    G[0, 1, 1] = math.sin(q[0]) * math.cos(q[0])
    G[1, 0, 1] = G[1, 1, 0] = 1 / math.tan(q[0])
    return G


@wrong(
    "metric",
    "sin θ for sin² θ in the metric",
    r"metric|component",
    r"square|root|power|√",
    on=spaces.SPHERE1,
    equal=(r"metric",),
)
def sphere_sine(q):
    return scalar(lambda w: np.diag([1.0, math.sin(w[0])]), q)


@wrong(
    "arithmetic",
    "circles of radius 0.5 are not small: an honest method, a crude number",
    *STEP,
    r"factor|constant|approximat",
    on=spaces.SPHERE1,
    **K,
)
def bertrand_crude(q):
    rho = 0.5
    return 3 * (2 * math.pi * rho - 2 * math.pi * math.sin(rho)) / (math.pi * rho**3)


@wrong(
    "grid",
    "nearest cell of a table with spacing 0.1",
    *GRID,
    r"nearest|table|round|interpol|lookup|piecewise|step",
    on=spaces.SPHEROID,
    **K,
)
def spheroid_table(q):
    table = np.arange(0, 3.2, 0.1)
    u = table[np.argmin(np.abs(table - q[0]))]
    return 1 / (4 * math.cos(u) ** 2 + math.sin(u) ** 2) ** 2


@wrong(
    "grid",
    "floor instead of nearest: half a cell to the left on average",
    *GRID,
    r"nearest|table|round|interpol|lookup|floor|piecewise|step",
    on=spaces.CATENOID,
    form="coordinates",
)
def catenoid_floor(u, v):
    v = math.floor(v / 0.05) * 0.05
    return -2 / math.cosh(v) ** 4


@wrong("arithmetic", "formula in float32", *SINGLE, on=spaces.SPHEROID, form="batch", **K)
def spheroid_single(points):
    u = points[:, 0].astype(np.float32)
    return 1 / (4 * np.cos(u) ** 2 + np.sin(u) ** 2) ** 2


@wrong(
    "arithmetic",
    "π is 3.14",
    r"constant|factor|shift|rounding|π",
    r"3\.14",
    on=spaces.TORUS31,
    form="coordinates",
    equal=(r"metric",),
    sly=True,
)
def torus_pi(theta, phi):
    c = -math.cos(3.14 + phi)
    return 2 * c / (3 + c)


@wrong("scalar", "constant curvature is assumed: the value at φ = 0 everywhere", *CACHE, r"constant", on=spaces.TORUS31)
def torus_constant(q):
    return 0.5


@wrong(
    "riemann",
    "the Riemann tensor of the unit sphere with R^θ_φθφ = sin θ",
    r"exponent of sin",
    r"square|power|component|root|√",
    r"factor",
    on=spaces.SPHERE1,
    quantity="riemann",
    equal=(r"metric",),
)
def sphere_riemann(q):
    s = math.sin(q[0])
    R = np.zeros((2, 2, 2, 2))
    R[0, 1, 0, 1], R[0, 1, 1, 0], R[1, 0, 1, 0], R[1, 0, 0, 1] = s, -s, 1, -1
    return R


@wrong(
    "riemann",
    "only R^i_jkl with k < l are filled in",
    r"antisymm",
    r"half|component|missing|zero|entries",
    on=spaces.NIL,
    quantity="riemann",
)
def nil_half_filled(q):
    g = lambda w: np.array([[1, 0, 0], [0, 1 + w[0] ** 2, -w[0]], [0, -w[0], 1]])
    R = riemann(g, q)
    k, l = np.indices((3, 3))
    return R * (k < l)


@wrong(
    "metric",
    "the point is unpacked as (y, x, z)",
    r"order|swap|exchang|permut|transpos",
    r"coordinate",
    on=spaces.NIL,
    quantity="ricci",
    equal=(r"metric",),
)
def nil_unpacked(q):
    y, x, z = q
    return ricci(lambda w: np.array([[1, 0, 0], [0, 1 + w[0] ** 2, -w[0]], [0, -w[0], 1]]), np.array([x, y, z]))


@wrong(
    "metric",
    "t → −t: the scale factor e^{−t/2}",
    r"metric|sign",
    r"t.{0,10}−t",
    r"component",
    on=spaces.DE_SITTER,
    quantity="christoffel",
    equal=(r"metric",),
)
def de_sitter_reversed(q):
    return gamma(lambda w: np.diag([-1.0, *[math.exp(-w[0])] * 3]), q)


@wrong("output", "Ricci tensor comes as its n eigenvalues", r"shape", on=spaces.SOL, quantity="ricci")
def sol_eigenvalues(q):
    return np.array([0.0, 0.0, -2.0])


@wrong("output", "int(R): −0.5 becomes 0", r"int|truncat|round", r"zero|\b0\b", on=spaces.NIL)
def nil_integer(q):
    return int(-0.5)
