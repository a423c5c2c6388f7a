"""Programs that are right in a corner: static, axially symmetric, diagonal, two-dimensional, Riemannian; and programs
on spacetimes."""

from __future__ import annotations

import math

import numpy as np

from .classical import dmetric, einsum_riemann_down, five, gamma, inv, ric, riem, scal
from .record import DIAGONAL, HALF, SIGN, TRANSPOSED, TWICE, right, wrong
from .spaces import CONFORMAL3, DENSE2, FIVE, FLRW, INDEFINITE, LINE, PP_WAVE, SCHWARZSCHILD, WORMHOLE

SCOPE = ("scope", "only", "assum", "right (on|for|where|if)")


def with_derivatives(metric, x, keep):
    """R where the derivatives along some axes are taken for zero."""

    def symbols(m, y):
        d = dmetric(m, y) * np.asarray(keep, float)[:, None, None]
        return np.einsum("im,mjk->ijk", inv(m, y), (np.einsum("jmk->mjk", d) + np.einsum("kmj->mjk", d) - d) / 2)

    G, d = symbols(metric, x), five(lambda y: symbols(metric, y), x) * np.asarray(keep, float)[:, None, None, None]
    t = np.einsum("kijl->ijkl", d) + np.einsum("ikm,mjl->ijkl", G, G)
    return np.einsum("jl,ijil", inv(metric, x), t - t.swapaxes(2, 3))


@wrong(
    "scope", "a static metric is assumed: ∂_0 = 0", "static", "station", "time", "∂_?0|∂_t|x0|first coordinate", *SCOPE
)
def assumes_static(metric, x):
    return with_derivatives(metric, x, [len(x) < 4] + [1] * (len(x) - 1))


@wrong(
    "scope",
    "an axially symmetric metric is assumed: ∂ along the last axis is zero",
    "axi|symmetr",
    "last coordinate|φ|phi",
    "∂",
    *SCOPE,
    sly=True,
)
def assumes_axisymmetric(metric, x):
    return with_derivatives(metric, x, [1] * (len(x) - 1) + [len(x) < 3])


@wrong(
    "scope",
    "the metric depends on the first coordinate only",
    "first coordinate",
    "depend",
    "revolution",
    "homogen",
    "∂",
    *SCOPE,
)
def assumes_first_coordinate(metric, x):
    return with_derivatives(metric, x, [1] + [0] * (len(x) - 1))


@wrong("scope", "off-diagonal entries of the metric are discarded", *DIAGONAL)
def assumes_diagonal(metric, x):
    return scal(lambda y: np.diag(np.diag(np.asarray(metric(y)))), x)


@wrong(
    "scope",
    "g_ti is taken for zero: no rotation",
    "off-diagonal",
    "shift",
    "static",
    "rotat",
    "diagonal",
    "g_?0|time",
    *SCOPE,
    sly=True,
)
def assumes_no_shift(metric, x):
    def g(y):
        m = np.array(metric(y))
        if len(y) == 4:
            m[0, 1:] = m[1:, 0] = 0
        return m

    return scal(g, x)


@wrong(
    "scope",
    "unit determinant: Ricci as ∂_i Γ^i_jl − Γ Γ without the log √g terms",
    "determinant",
    "unimod",
    "volume",
    "trace",
    "√|sqrt",
    "Γ\\^?i",
    "ΓΓ|∂Γ|term",
    quantity="ricci",
)
def assumes_unimodular(metric, x):
    G, d = gamma(metric, x), five(lambda y: gamma(metric, y), x)
    return np.einsum("iijl->jl", d) - np.einsum("imj,mil->jl", G, G)


@wrong(
    "scope",
    "|det g| is taken of each eigenvalue: a Riemannian signature is forced",
    "signature",
    "lorentz",
    "riemannian",
    "absolute",
    "positive",
    "eigen",
    "indefinite",
    *SCOPE,
)
def forces_riemannian(metric, x):
    w, V = np.linalg.eigh(metric(x))
    u = (V / abs(w)) @ V.T
    return np.sum(u * ric(metric, x))


@wrong(
    "scope",
    "the Einstein relation of surfaces, Ric = (R/2) g, for every n",
    "two dimensions",
    "n ?= ?2",
    "surface",
    "dimension",
    *SCOPE,
    quantity="ricci",
)
def surfaces_ricci(metric, x):
    return scal(metric, x) / 2 * np.asarray(metric(x))


@wrong(
    "scope",
    "constant curvature: R_ijkl = R/(n(n − 1)) (g g − g g)",
    "constant curvature",
    "space form",
    "dimension",
    "isotrop",
    "einstein",
    "weyl",
    *SCOPE,
    quantity="riemann_lowered",
)
def constant_curvature(metric, x):
    g, n = np.asarray(metric(x)), len(x)
    return scal(metric, x) / max(n * (n - 1), 1) * (np.einsum("ik,jl->ijkl", g, g) - np.einsum("il,jk->ijkl", g, g))


@wrong(
    "scope",
    "conformally flat: the Weyl part is left out (right for n ≤ 3)",
    "weyl",
    "conform",
    "n ?[≥>=]+ ?4",
    "dimension",
    *SCOPE,
    quantity="riemann_lowered",
    sly=True,
)
def conformally_flat(metric, x):
    n, g = len(x), np.asarray(metric(x))
    if n < 3:
        return einsum_riemann_down(metric, x)
    P = (ric(metric, x) - scal(metric, x) / (2 * (n - 1)) * g) / (n - 2)
    e = np.einsum
    return e("ik,jl->ijkl", P, g) + e("jl,ik->ijkl", P, g) - e("il,jk->ijkl", P, g) - e("jk,il->ijkl", P, g)


@wrong(
    "scope", "R = 2 R_0101/det g for every n", "two dimensions", "n ?= ?2", "surface", "dimension", "component", *SCOPE
)
def surfaces_scalar(metric, x):
    if len(x) == 1:
        return 0.0
    return 2 * einsum_riemann_down(metric, x)[0, 1, 0, 1] / np.linalg.det(np.asarray(metric(x))[:2, :2])


@wrong(
    "scope",
    "loops run to 4 always: a fifth coordinate is left out",
    "n ?(≥|>|=|>=)+ ?[45]",
    "dimension",
    "fifth",
    "last",
    *SCOPE,
    sly=True,
)
def loops_to_four(metric, x):
    n = min(len(x), 4)
    return np.sum(inv(metric, x)[:n, :n] * ric(metric, x)[:n, :n])


@wrong(
    "scope",
    "n = 1 has R = 1/g instead of 0",
    "n ?= ?1",
    "one.dimension",
    "1-?d",
    "line|curve",
    "dimension",
    *SCOPE,
    sly=True,
)
def wrong_in_one_dimension(metric, x):
    return scal(metric, x) if len(x) > 1 else 1 / np.asarray(metric(x))[0, 0]


@wrong("scope", "a Hessian metric is assumed: Γ = ½ g⁻¹ ∂g", "hessian", "third", "symmetric", "Γ|christoffel", *SCOPE)
def assumes_hessian(metric, x):
    u, T = inv(metric, x), dmetric(metric, x)
    v = np.einsum("ijk,jk->i", T, u)
    return 0.25 * (np.einsum("ijk,abc,ia,jb,kc", T, T, u, u, u) - v @ u @ v)


@wrong(
    "scope",
    "a linearised theory: R to first order in h = g − η",
    "linear",
    "ΓΓ",
    "quadratic",
    "flat|minkowski|weak|inverse",
    *SCOPE,
)
def linearised(metric, x):
    eta = np.diag(np.sign(np.linalg.eigvalsh(metric(x))))
    d = five(lambda y: dmetric(metric, y), x)
    box = np.einsum("ab,abjl->jl", eta, d)
    mixed = np.einsum("ab,ajbl->jl", eta, d)
    trace = np.einsum("ab,jlab->jl", eta, d)
    ricci = 0.5 * (mixed + mixed.T - box - trace)
    return np.sum(eta * ricci)


# --- spacetimes --------------------------------------------------------------------------------------------------


@right("48 m²/r⁶ with m = 1", on=SCHWARZSCHILD, quantity="kretschmann")
def schwarzschild_kretschmann(x):
    return 48 / x[1] ** 6


@right("vacuum", on=SCHWARZSCHILD, quantity="ricci")
def schwarzschild_ricci(x):
    return np.zeros((4, 4))


@right("Morris–Thorne: R = −2 b₀²/(b₀² + l²)²", on=WORMHOLE, form="coordinates")
def wormhole_scalar(t, r, theta, phi):
    return -2 / (1 + r * r) ** 2


@right("vacuum of a plane wave: x² − y² is harmonic", on=PP_WAVE, quantity="ricci", form="batch")
def wave_ricci(points):
    return np.zeros((len(points), 4, 4))


@right("Kretschmann's scalar of a plane wave vanishes", on=PP_WAVE, quantity="kretschmann")
def wave_kretschmann(x):
    return 0.0


@right("warped product over a line: R = −20", on=FIVE)
def five_scalar(x):
    return -20.0


@right("a line is flat", on=LINE)
def line_scalar(x):
    return 0.0


@right("Γ = ½ (log g)′", on=LINE, quantity="christoffel")
def line_symbol(x):
    return [[[x[0] / (1 + x[0] ** 2)]]]


@right("e^{2w} δ: R = −2(n − 1)Δw − (n − 2)(n − 1)|∇w|², times e^{−2w}", on=CONFORMAL3)
def conformal_scalar(q):
    x, y, z = q
    w2 = (x * x + y * y + 1) / 4  # |∇w|², w = (xy + z)/2, Δw = 0
    return -2 * w2 * math.exp(-(x * y + z))


@wrong(
    "scalar", "Kretschmann 48 m²/r⁴", "power", "exponent", "no (known|listed)", on=SCHWARZSCHILD, quantity="kretschmann"
)
def schwarzschild_power(x):
    return 48 / x[1] ** 4


@wrong(
    "scalar",
    "12 r_s²/r⁶ with m in place of r_s: a quarter",
    "quarter",
    "1/4",
    "¼",
    "0\\.25",
    "factor",
    "pairs",
    on=SCHWARZSCHILD,
    quantity="kretschmann",
)
def schwarzschild_radius(x):
    return 12 / x[1] ** 6


@wrong(
    "metric",
    "Γ for r_s = 1 instead of 2",
    "constant",
    "param",
    "mass",
    "component",
    "no (known|listed)",
    on=SCHWARZSCHILD,
    quantity="christoffel",
)
def schwarzschild_mass(x):
    t, r, th, ph = x
    f, df, s, c = 1 - 1 / r, 1 / r**2, math.sin(th), math.cos(th)
    G = np.zeros((4, 4, 4))
    G[0, 0, 1] = G[0, 1, 0] = df / (2 * f)
    G[1, 0, 0], G[1, 1, 1], G[1, 2, 2], G[1, 3, 3] = f * df / 2, -df / (2 * f), -r * f, -r * f * s * s
    G[2, 1, 2] = G[2, 2, 1] = G[3, 1, 3] = G[3, 3, 1] = 1 / r
    G[2, 3, 3], G[3, 2, 3], G[3, 3, 2] = -s * c, c / s, c / s
    return G


def _schwarzschild(x):
    t, r, th, ph = x
    f, df, s, c = 1 - 2 / r, 2 / r**2, math.sin(th), math.cos(th)
    G = np.zeros((4, 4, 4))
    G[0, 0, 1] = G[0, 1, 0] = df / (2 * f)
    G[1, 0, 0], G[1, 1, 1], G[1, 2, 2], G[1, 3, 3] = f * df / 2, -df / (2 * f), -r * f, -r * f * s * s
    G[2, 1, 2] = G[2, 2, 1] = G[3, 1, 3] = G[3, 3, 1] = 1 / r
    G[2, 3, 3], G[3, 2, 3], G[3, 3, 2] = -s * c, c / s, c / s
    return G


@right("the nine symbols of the textbook", on=SCHWARZSCHILD, quantity="christoffel")
def schwarzschild_symbols(x):
    return _schwarzschild(x)


@wrong(
    "christoffel",
    "Γ^r_rr with the opposite sign",
    "1.{0,6}1.{0,6}1",
    "component",
    "entr",
    "sign",
    on=SCHWARZSCHILD,
    quantity="christoffel",
    never=("overall",),
)
def schwarzschild_one_sign(x):
    G = _schwarzschild(x)
    G[1, 1, 1] *= -1
    return G


@wrong(
    "christoffel",
    "Γ^θ_φφ with cos² for sin cos",
    "2.{0,6}3.{0,6}3",
    "component",
    "entr",
    on=SCHWARZSCHILD,
    quantity="christoffel",
    never=("overall",),
)
def schwarzschild_cosine(x):
    G = _schwarzschild(x)
    G[2, 3, 3] = -(math.cos(x[2]) ** 2)
    return G


@wrong(
    "christoffel",
    "Γ^t_tr twice as large: the symmetric pair is added to one",
    *TWICE,
    "component",
    "entr",
    "0.{0,6}0.{0,6}1",
    on=SCHWARZSCHILD,
    quantity="christoffel",
    never=("overall", "every"),
)
def schwarzschild_pair(x):
    G = _schwarzschild(x)
    G[0, 0, 1] *= 2
    G[0, 1, 0] *= 2
    return G


@wrong(
    "scalar",
    "FLRW without a′²: 6 a″/a",
    "no (known|listed)",
    "ΓΓ",
    "quadratic",
    "first derivative",
    "factor|constant|times",
    on=FLRW,
)
def flrw_without_square(x):
    return 6 * (2 / 3) * (-1 / 3) / x[0] ** 2


@wrong("scalar", "FLRW with the sign of (+ − − −), undeclared", *SIGN, "signature", on=FLRW)
def flrw_sign(x):
    return -4 / 3 / x[0] ** 2


@wrong(
    "christoffel",
    "FLRW's Γ^t_xx without the factor a²: a′/a",
    "component",
    "entr",
    "0.{0,6}1.{0,6}1",
    "inverse",
    "raise",
    on=FLRW,
    quantity="christoffel",
)
def flrw_unraised(x):
    t = x[0]
    G, H = np.zeros((4, 4, 4)), 2 / (3 * t)
    for i in (1, 2, 3):
        G[0, i, i] = H
        G[i, 0, i] = G[i, i, 0] = H
    return G


@wrong(
    "grid", "coordinates are read as (r, t, θ, φ)", *TRANSPOSED, "coordinate", on=SCHWARZSCHILD, quantity="kretschmann"
)
def schwarzschild_order(x):
    return 48 / x[0] ** 6


@wrong(
    "scalar",
    "the wormhole's R with |l|: right, but r² for (1 + r²)",
    "no (known|listed)",
    "power",
    "constant|param|metric",
    on=WORMHOLE,
)
def wormhole_bare(x):
    return -2 / (0.01 + x[1] ** 2) ** 2


@wrong("scalar", "the wormhole's R is positive", *SIGN, on=WORMHOLE)
def wormhole_sign(x):
    return 2 / (1 + x[1] ** 2) ** 2


@wrong(
    "scalar",
    "conformal factor forgotten: R without e^{−2w}",
    "conform",
    "scale",
    "determinant",
    "volume",
    "density",
    "inverse",
    "trace",
    on=CONFORMAL3,
)
def conformal_factor(q):
    x, y, z = q
    return -(x * x + y * y + 1) / 2


@wrong(
    "scalar",
    "conformal formula with n = 2: −2Δw, so zero",
    "zero",
    "n ?= ?2",
    "dimension",
    "no (known|listed)",
    "vanish|flat",
    on=CONFORMAL3,
)
def conformal_two(q):
    return 0.0


@wrong("scalar", "conformal formula with half the gradient term", *HALF, on=CONFORMAL3)
def conformal_half(q):
    x, y, z = q
    return -(x * x + y * y + 1) / 4 * math.exp(-(x * y + z))


# --- written to slip through -------------------------------------------------------------------------------------


@wrong("scalar", "a factor 1 + 5e-5", "factor", "1\\.00005", "constant", "5e-0?5", sly=True)
def factor_tiny(metric, x):
    return scal(metric, x) * (1 + 5e-5)


@wrong(
    "christoffel",
    "a factor 1 + 3e-6 in Γ",
    "factor",
    "1\\.000003",
    "3e-0?6",
    "constant",
    quantity="christoffel",
    sly=True,
)
def factor_tinier(metric, x):
    return gamma(metric, x) * (1 + 3e-6)


@wrong(
    "output",
    "the last row of Riemann only, R^{n−1}, is exchanged in sign",
    "last",
    "component",
    "row",
    "entr",
    "sign",
    quantity="riemann",
    sly=True,
    never=("overall",),
)
def riemann_last_row(metric, x):
    R = riem(metric, x).copy()
    R[-1] *= -1
    return R


@wrong(
    "output",
    "the first row of Ricci is 1 + 1e-4 too large",
    "first row",
    "component",
    "row",
    "entr",
    "1\\.0001",
    "factor",
    quantity="ricci",
    sly=True,
)
def ricci_first_row(metric, x):
    R = ric(metric, x).copy()
    R[0] *= 1 + 1e-4
    return R


@wrong(
    "scope",
    "right on everything but four dimensions, there off by 5e-3",
    "n ?= ?4",
    "dimension",
    "factor",
    *SCOPE,
    sly=True,
    never=("no formula is wrong", "difference step"),
)
def four_dimensions_off(metric, x):
    return scal(metric, x) * (1.005 if len(x) == 4 else 1)


@wrong(
    "scope",
    "wrong only where the first coordinate is negative",
    "negative",
    "sign of",
    "x ?< ?0",
    "coordinate",
    "where",
    "region|absolute",
    *SCOPE,
    sly=True,
    on=DENSE2,
    form="metric",
    options={"form": "metric"},
)
def negative_arguments(metric, x):
    y = np.array(x, float)
    y[0] = abs(y[0])
    return scal(metric, y)


@wrong(
    "scope",
    "wrong only on indefinite metrics with det g < 0: R comes with the sign of det",
    "signature",
    "lorentz",
    "indefinite",
    "sign",
    "determinant",
    *SCOPE,
    sly=True,
)
def sign_of_determinant(metric, x):
    return scal(metric, x) * np.sign(np.linalg.det(metric(x)))


@wrong(
    "arithmetic",
    "R below 1e-2 is called zero",
    "zero",
    "small",
    "threshold",
    "clip",
    "cut",
    "round",
    sly=True,
    on=WORMHOLE,
    form="metric",
    options={
        "form": "metric",
        "points": [
            (0.0, 0.5, 1.0, 0.2),
            (0.3, -1.2, 0.8, 0.4),
            (0.1, 4.5, 0.8, 0.4),
            (0.2, -6.0, 1.2, 0.1),
            (0.0, 3.9, 1.4, 0.3),
        ],
    },
)
def small_is_zero(metric, x):
    R = scal(metric, x)
    return R if abs(R) > 1e-2 else 0.0


@wrong(
    "arithmetic",
    "the modulus is softened: √(R² + 1e-2) with R's sign",
    "soft",
    *("regulari", "root", "ε|epsilon", "smooth", "absolute", "modulus", "no (known|listed)"),
    sly=True,
)
def softened(metric, x):
    R = scal(metric, x)
    return math.copysign(math.sqrt(R * R + 1e-2), R)


@wrong(
    "scalar",
    "clipped to [−10, 10]",
    "clip",
    "bound",
    "cut",
    "satur",
    "limit",
    "large|maxim",
    "no (known|listed)",
    sly=True,
    on=INDEFINITE,
    form="metric",
    options={"form": "metric"},
)
def clipped_small(metric, x):
    return float(np.clip(scal(metric, x), -0.05, 0.05))


@wrong("christoffel", "two mistakes: Γ lacks its 1/2 and R its sign", "two", "second", "\\+", "sign", *TWICE)
def two_half_and_sign(metric, x):
    return -scal(metric, x, lambda m, y: 2 * gamma(m, y))


@wrong("christoffel", "two mistakes: third term plus, and K for R", "two", "third", *HALF)
def two_third_and_half(metric, x):
    def symbols(m, y):
        d = dmetric(m, y)
        return np.einsum("im,mjk->ijk", inv(m, y), (np.einsum("jmk->mjk", d) + np.einsum("kmj->mjk", d) + d) / 2)

    return scal(metric, x, symbols) / 2


@wrong("riemann", "two mistakes: ΓΓ terms missing and the scalar traced without g⁻¹", "two", "ΓΓ", "trace")
def two_linear_and_trace(metric, x):
    d = five(lambda y: gamma(metric, y), x)
    t = np.einsum("kijl->ijkl", d)
    return np.einsum("ijij", t - t.swapaxes(2, 3))


@wrong(
    "contraction",
    "two mistakes: Ricci negative and off-diagonal entries left out",
    "two",
    "off-diagonal|diagonal",
    quantity="ricci",
)
def two_sign_and_diagonal(metric, x):
    return -np.diag(np.diag(ric(metric, x)))
