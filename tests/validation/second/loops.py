"""Routines for any metric, in NumPy: loops, einsum, differences of many kinds."""

from __future__ import annotations

import itertools
import math
from functools import cache

import numpy as np

from .helpers import five, gamma, kinds, lowered, ricci, riemann, scalar, seconds, three
from .record import (
    AXIS,
    CACHE,
    DIAGONAL,
    GRID,
    HALF,
    MISSING,
    REGULAR,
    SIGN,
    SINGLE,
    STEP,
    TRANSPOSED,
    TWICE,
    factor,
    right,
    wrong,
)

inv = np.linalg.inv
GAMMA = r"(christoffel|Γ|gamma|connection)"

# --- right -------------------------------------------------------------------------------------------------------


@right("five-point differences nested, step 2e-3", accuracy=1e-6)
def five_point(metric, x):
    return scalar(metric, x)


@right("five-point Christoffel symbols", quantity="christoffel", accuracy=1e-7)
def five_point_symbols(metric, x):
    return gamma(metric, x)


@right(
    "three-point differences of exact-looking loops, step 1e-5, first derivatives only",
    quantity="christoffel",
    accuracy=1e-6,
)
def loops_symbols(metric, x):
    n, h = len(x), 1e-5
    g, gi = metric(x), inv(metric(x))
    dg = np.zeros((n, n, n))
    for k in range(n):
        xp, xm = np.array(x, dtype=float), np.array(x, dtype=float)
        xp[k] += h
        xm[k] -= h
        dg[:, :, k] = (metric(xp) - metric(xm)) / (2 * h)
    G = np.zeros((n, n, n))
    for i in range(n):
        for j in range(n):
            for k in range(n):
                for m in range(n):
                    G[i, j, k] += 0.5 * gi[i, m] * (dg[m, j, k] + dg[m, k, j] - dg[j, k, m])
    assert g.shape == (n, n)
    return G


@right("three-point differences twice, step 3e-4: honest to about 1e-6", accuracy=1e-4)
def three_point_twice(metric, x):
    d = lambda f, y: three(f, y, 3e-4)
    return scalar(metric, x, lambda m, y: gamma(m, y, d), d)


@right("Richardson's extrapolation of central differences", accuracy=1e-6)
def richardson(metric, x):
    def d(f, y):
        coarse, fine = three(f, y, 4e-3), three(f, y, 2e-3)
        return (4 * fine - coarse) / 3

    return scalar(metric, x, lambda m, y: gamma(m, y, d), d)


@right("Richardson twice over (Romberg), Ricci tensor", quantity="ricci", accuracy=1e-6)
def romberg(metric, x):
    def d(f, y, h=1.6e-2):
        T = [three(f, y, h / 2**i) for i in range(3)]
        T = [(4 * T[1] - T[0]) / 3, (4 * T[2] - T[1]) / 3]
        return (16 * T[1] - T[0]) / 15

    return ricci(metric, x, lambda m, y: gamma(m, y, d), d)


def complex_step(f, x, h=1e-40):
    x = np.asarray(x)
    return np.array([np.imag(f(x + 1j * h * e)) / h for e in np.eye(len(x))])


@right("complex step: exact to rounding", quantity="christoffel", accuracy=1e-12)
def complex_symbols(metric, x):
    return gamma(metric, x, complex_step)


@right("complex step inside, five points outside", accuracy=1e-7)
def complex_inside(metric, x):
    return scalar(metric, x, lambda m, y: gamma(m, y, complex_step), lambda f, y: five(f, y, 2e-3))


@right("the step is halved until two answers agree", accuracy=1e-5)
def adaptive(metric, x):
    def d(f, y):
        h = 2e-2
        last = five(f, y, h)
        while h > 1e-4:
            h /= 2
            now = five(f, y, h)
            if np.max(np.abs(now - last)) < 1e-9 * (1 + np.max(np.abs(now))):
                break
            last = now
        return now

    return scalar(metric, x, lambda m, y: gamma(m, y, d), lambda f, y: five(f, y, 2e-3))


@right("steps in proportion to each coordinate's size, floored", quantity="christoffel", accuracy=1e-6)
def relative_step(metric, x):
    x = np.asarray(x, dtype=float)
    n = len(x)
    dg = np.empty((n, n, n))
    for k, h in enumerate(6e-6 * np.maximum(1.0, np.abs(x))):
        e = np.zeros(n)
        e[k] = h
        dg[k] = (metric(x + e) - metric(x - e)) / ((x + e)[k] - (x - e)[k])
    low = 0.5 * (dg.transpose(1, 0, 2) + dg.transpose(1, 2, 0) - dg)
    return np.tensordot(inv(metric(x)), low, 1)


@right("Landau & Lifshitz (92.1) with second differences", accuracy=1e-5)
def landau(metric, x):
    g, up, low = kinds(metric, x)
    G = np.einsum("im,mjk->ijk", up, low)
    dd = seconds(metric, x, 2e-3)
    R = 0.5 * (
        np.einsum("klim->iklm", dd)
        + np.einsum("imkl->iklm", dd)
        - np.einsum("kmil->iklm", dd)
        - np.einsum("ilkm->iklm", dd)
    )
    quad = np.einsum("np,nkl,pim->iklm", g, G, G)
    R = R + quad - np.swapaxes(quad, 2, 3)
    return np.einsum("il,km,iklm->", up, up, R)


@right("Ricci through log √|g|, any signature", quantity="ricci", accuracy=1e-6)
def ricci_volume(metric, x):
    G = gamma(metric, x)
    dG = five(lambda y: gamma(metric, y), x)
    logv = lambda y: 0.5 * math.log(abs(np.linalg.det(metric(y))))
    dv, ddv = five(logv, x), seconds(logv, x, 2e-3)
    return np.einsum("iijk->jk", dG) - ddv + np.einsum("ijk,i->jk", G, dv) - np.einsum("imj,mik->jk", G, G)


@right("Brioschi's formula", options={"suite": "surfaces"}, quantity="gaussian_curvature", accuracy=1e-6)
def brioschi(metric, x):
    g, d, dd = metric(x), five(metric, x), seconds(metric, x, 2e-3)
    E, F, Gg = g[0, 0], g[0, 1], g[1, 1]
    (Eu, Ev), (Fu, Fv), (Gu, Gv) = d[:, 0, 0], d[:, 0, 1], d[:, 1, 1]
    A = [
        [-dd[1, 1, 0, 0] / 2 + dd[0, 1, 0, 1] - dd[0, 0, 1, 1] / 2, Eu / 2, Fu - Ev / 2],
        [Fv - Gu / 2, E, F],
        [Gv / 2, F, Gg],
    ]
    B = [[0, Ev / 2, Gu / 2], [Ev / 2, E, F], [Gu / 2, F, Gg]]
    return (np.linalg.det(A) - np.linalg.det(B)) / (E * Gg - F * F) ** 2


@right("all four indices up and down", quantity="kretschmann", accuracy=1e-5)
def kretschmann_mixed(metric, x):
    up, low = inv(metric(x)), lowered(metric, x)
    high = low
    for axis in range(4):
        high = np.moveaxis(np.tensordot(up, high, (1, axis)), 0, axis)
    return np.sum(high * low)


@right("R^ij_kl R^kl_ij", quantity="kretschmann", accuracy=1e-5)
def kretschmann_pairs(metric, x):
    M = np.einsum("jm,imkl->ijkl", inv(metric(x)), riemann(metric, x))
    return np.einsum("ijkl,klij->", M, M)


@right("Einstein tensor", quantity="einstein", accuracy=1e-5)
def einstein(metric, x):
    Ric, g = ricci(metric, x), metric(x)
    return Ric - 0.5 * g * np.trace(np.linalg.solve(g, Ric))


@right("Riemann tensor with its upper index", quantity="riemann", accuracy=1e-6)
def riemann_loops(metric, x):
    n = len(x)
    G = gamma(metric, x)
    dG = five(lambda y: gamma(metric, y), x)
    out = np.zeros((n,) * 4)
    for i, j, k, l in itertools.product(range(n), repeat=4):
        out[i, j, k, l] = dG[k, i, j, l] - dG[l, i, j, k]
        for m in range(n):
            out[i, j, k, l] += G[i, k, m] * G[m, j, l] - G[i, l, m] * G[m, j, k]
    return out


@right("Weyl tensor, all indices down", quantity="weyl", accuracy=1e-5)
def weyl(metric, x):
    n, g, Rm, Ric = len(x), metric(x), lowered(metric, x), ricci(metric, x)
    R = np.sum(inv(g) * Ric)
    W = Rm.copy()
    for i, j, k, l in itertools.product(range(n), repeat=4):
        W[i, j, k, l] -= (g[i, k] * Ric[j, l] + g[j, l] * Ric[i, k] - g[i, l] * Ric[j, k] - g[j, k] * Ric[i, l]) / (
            n - 2
        )
        W[i, j, k, l] += R * (g[i, k] * g[j, l] - g[i, l] * g[j, k]) / ((n - 1) * (n - 2))
    return W


@right("the divergence form of the Laplacian", quantity="laplacian", form="metric-scalar", accuracy=1e-5)
def laplacian(metric, f, x):
    def flux(y):
        g = metric(y)
        return math.sqrt(abs(np.linalg.det(g))) * np.linalg.solve(g, five(f, y))

    return np.trace(five(flux, x)) / math.sqrt(abs(np.linalg.det(metric(x))))


@right("Γ handed from a dictionary of the last point, keyed by metric and point", accuracy=1e-6)
def careful_cache(metric, x):
    store = {}

    def symbols(m, y):
        key = np.asarray(y, dtype=float).tobytes()
        if key not in store:
            store[key] = gamma(m, y)
        return store[key]

    return scalar(metric, x, symbols)


@right("derivative of Γ by the product rule from ∂g and ∂∂g", accuracy=1e-5)
def product_rule(metric, x):
    g, up, low = kinds(metric, x)
    dg, dd = five(metric, x), seconds(metric, x, 2e-3)
    G = np.einsum("im,mjk->ijk", up, low)
    dlow = 0.5 * (np.einsum("ajmk->amjk", dd) + np.einsum("akmj->amjk", dd) - dd)
    dG = np.einsum("im,amjk->aijk", up, dlow - np.einsum("amn,njk->amjk", dg, G))
    half = np.einsum("kijl->ijkl", dG) + np.einsum("ikm,mjl->ijkl", G, G)
    return np.einsum("jl,ijil->", up, half - np.swapaxes(half, 2, 3))


# --- wrong: Christoffel symbols ------------------------------------------------------------------------------------


@wrong(
    "christoffel",
    "all three terms of Γ are added: the minus of ∂_m g_jk is a plus",
    r"third term",
    rf"sign.{{0,60}}{GAMMA}",
    rf"{GAMMA}.{{0,60}}sign",
)
def all_plus(metric, x):
    def symbols(m, y):
        dg = five(m, y)
        return 0.5 * np.einsum("im,mjk->ijk", inv(m(y)), np.einsum("jmk->mjk", dg) + np.einsum("kmj->mjk", dg) + dg)

    return scalar(metric, x, symbols)


@wrong(
    "christoffel",
    "the ½ of Γ is forgotten",
    rf"{GAMMA}.{{0,60}}(½|half|1/2|0\.5|twice|factor|doubl)",
    r"½.{0,40}(Γ|christoffel)",
    *TWICE,
    quantity="christoffel",
)
def no_half(metric, x):
    g, dg = metric(x), five(metric, x)
    return np.einsum("im,mjk->ijk", inv(g), np.einsum("jmk->mjk", dg) + np.einsum("kmj->mjk", dg) - dg)


@wrong(
    "christoffel",
    "the ½ of Γ is forgotten, asked for R",
    rf"{GAMMA}.{{0,80}}(½|half|1/2|0\.5|twice|2|doubl)",
    r"½.{0,60}(Γ|christoffel)",
    rf"{MISSING}.{{0,30}}(½|half|1/2)",
)
def no_half_scalar(metric, x):
    return scalar(metric, x, lambda m, y: 2 * gamma(m, y))


@wrong(
    "christoffel",
    "½ multiplies the first term only: 0.5·a + b − c without brackets",
    r"second term twice.*third term twice",
    r"½",
    r"half",
    r"0\.5",
    r"first term",
    r"factor",
    quantity="christoffel",
)
def half_of_first(metric, x):
    n, gi, d = len(x), inv(metric(x)), five(metric, x)
    G = np.zeros((n, n, n))
    for i, j, k, m in itertools.product(range(n), repeat=4):
        G[i, j, k] += 0.5 * gi[i, m] * d[j, m, k] + gi[i, m] * d[k, m, j] - gi[i, m] * d[m, j, k]
    return G


@wrong(
    "inverse",
    "Γ is raised with g_im where g^im belongs",
    r"inverse",
    r"metric.{0,30}(for|instead|in place|not)",
    r"g_im|g_\{?im|lower",
)
def metric_for_inverse(metric, x):
    return scalar(metric, x, lambda m, y: np.einsum("im,mjk->ijk", m(y), kinds(m, y)[2]))


@wrong(
    "christoffel",
    "the third term −∂_m g_jk is not there",
    r"third term",
    r"∂_?m ?g_?jk",
    rf"{MISSING}.{{0,50}}term",
    r"term.{0,50}" + MISSING,
    quantity="christoffel",
)
def two_terms(metric, x):
    dg = five(metric, x)
    return 0.5 * np.einsum("im,mjk->ijk", inv(metric(x)), np.einsum("jmk->mjk", dg) + np.einsum("kmj->mjk", dg))


@wrong(
    "christoffel",
    "∂_j g_mk is taken twice and ∂_k g_mj never: Γ is not symmetric",
    r"second term",
    r"first term",
    r"twice",
    r"symmetr",
    r"ind(ex|ices)",
    r"permut",
    quantity="christoffel",
)
def one_term_twice(metric, x):
    dg = five(metric, x)
    low = np.einsum("jmk->mjk", dg)
    return 0.5 * np.einsum("im,mjk->ijk", inv(metric(x)), low + low - dg)


@wrong(
    "metric derivative",
    "the derivative's axis is last, but is read as the first: d[m, j, k] for ∂_k g_mj",
    *AXIS,
    *TRANSPOSED,
    r"ind(ex|ices)",
)
def derivative_axis(metric, x):
    def symbols(m, y):
        d = np.moveaxis(five(m, y), 0, -1)
        return 0.5 * np.einsum("im,mjk->ijk", inv(m(y)), np.einsum("jmk->mjk", d) + np.einsum("kmj->mjk", d) - d)

    return scalar(metric, x, symbols)


@wrong(
    "christoffel",
    "Γ of the first kind is returned: the index is not raised",
    r"first kind",
    r"not raised",
    r"raise",
    r"inverse",
    r"lower",
    quantity="christoffel",
)
def first_kind(metric, x):
    return kinds(metric, x)[2]


@wrong(
    "output",
    "Γ is right but the upper index stands last: out[j, k, i]",
    *TRANSPOSED,
    r"layout",
    r"convention",
    quantity="christoffel",
)
def upper_last(metric, x):
    return gamma(metric, x).transpose(1, 2, 0)


@wrong(
    "christoffel",
    "symmetrised over the first two indices instead of the two lower ones",
    r"symmetr",
    *TRANSPOSED,
    quantity="christoffel",
)
def symmetrised_wrongly(metric, x):
    G = gamma(metric, x)
    return (G + G.transpose(1, 0, 2)) / 2


@wrong(
    "metric derivative",
    "∂_k g_ij is made symmetric in k and i before it is used",
    r"symmetr",
    *AXIS,
    r"ind(ex|ices)",
    r"derivative",
)
def derivative_symmetrised(metric, x):
    def symbols(m, y):
        d = five(m, y)
        d = (d + d.swapaxes(0, 1)) / 2
        return 0.5 * np.einsum("im,mjk->ijk", inv(m(y)), np.einsum("jmk->mjk", d) + np.einsum("kmj->mjk", d) - d)

    return scalar(metric, x, symbols)


@wrong(
    "inverse",
    "1/g entry by entry: right for diagonal metrics only",
    r"entr|element|component",
    *DIAGONAL,
    r"inverse",
    quantity="christoffel",
)
def reciprocal(metric, x):
    g, _, low = kinds(metric, x)
    gi = np.where(np.abs(g) > 1e-14, 1 / np.where(g == 0, 1, g), 0)
    return np.einsum("im,mjk->ijk", gi, low)


@wrong("scope", "off-diagonal components of the metric are thrown away at the start", *DIAGONAL)
def diagonal_part(metric, x):
    return scalar(lambda y: np.diag(np.diag(metric(y))), x)


@wrong(
    "scope",
    "g^im Γ_mjk is summed for m = i only: holds for diagonal metrics",
    *DIAGONAL,
    r"inverse",
    quantity="christoffel",
)
def no_sum_over_m(metric, x):
    _, up, low = kinds(metric, x)
    return np.einsum("ii,ijk->ijk", up, low)


@wrong(
    "scope",
    "the derivative by the first coordinate is taken for zero: static metrics only",
    r"static",
    r"first coordinate",
    r"time",
    r"∂_?(t|0|1)\b",
    r"coordinate 0",
    r"derivative.{0,50}(zero|missing|left out|dropped|not)",
    r"does not depend",
)
def static(metric, x):
    def d(f, y):
        out = five(f, y)
        out[0] = 0
        return out

    return scalar(metric, x, lambda m, y: gamma(m, y, d), d)


@wrong(
    "scope",
    "range(n − 1): the derivative by the last coordinate is never taken",
    r"last coordinate",
    r"axisymm|axial",
    r"cyclic",
    r"derivative.{0,50}(zero|missing|left out|dropped|not)",
    r"does not depend",
    quantity="christoffel",
)
def last_coordinate_lost(metric, x):
    n = len(x)
    d = np.zeros((n, n, n))
    for k in range(n - 1):
        e = np.zeros(n)
        e[k] = 1e-5
        d[k] = (metric(x + e) - metric(x - e)) / 2e-5
    return 0.5 * np.einsum("im,mjk->ijk", inv(metric(x)), np.einsum("jmk->mjk", d) + np.einsum("kmj->mjk", d) - d)


@wrong(
    "christoffel",
    "the loop forgets += : only the last m of the sum survives",
    r"sum",
    r"last",
    r"contraction",
    *DIAGONAL,
    r"only",
    quantity="christoffel",
)
def assignment_for_sum(metric, x):
    n, gi, d = len(x), inv(metric(x)), five(metric, x)
    G = np.zeros((n, n, n))
    for i, j, k, m in itertools.product(range(n), repeat=4):
        G[i, j, k] = 0.5 * gi[i, m] * (d[j, m, k] + d[k, m, j] - d[m, j, k])
    return G


@wrong(
    "christoffel",
    "the accumulator is not set back to zero for each component",
    r"accumul",
    r"sum",
    r"wrong",
    r"every|component",
    quantity="christoffel",
)
def running_total(metric, x):
    n, gi, d = len(x), inv(metric(x)), five(metric, x)
    G = np.zeros((n, n, n))
    total = 0.0
    for i, j, k in itertools.product(range(n), repeat=3):
        for m in range(n):
            total += 0.5 * gi[i, m] * (d[j, m, k] + d[k, m, j] - d[m, j, k])
        G[i, j, k] = total
    return G


@wrong(
    "christoffel", "1//2 is 0 in Python: every symbol vanishes", r"zero", r"\b0\b", r"vanish", quantity="christoffel"
)
def floor_division(metric, x):
    _, up, low = kinds(metric, x)
    return (1 // 2) * np.einsum("im,mjk->ijk", up, 2 * low)


@wrong(
    "arithmetic",
    "the array of symbols was made with integers, which cuts every value towards zero",
    r"int",
    r"truncat",
    r"round",
    r"whole number",
    quantity="christoffel",
)
def integer_array(metric, x):
    G = np.zeros((len(x),) * 3, dtype=int)
    G[...] = gamma(metric, x)
    return G.astype(float)


# --- wrong: Riemann -------------------------------------------------------------------------------------------------


@wrong(
    "riemann",
    "the ∂Γ terms are missing",
    r"∂Γ",
    r"derivative.{0,30}(Γ|christoffel|connection)",
    rf"{MISSING}.{{0,60}}(derivative|∂)",
    r"ΓΓ.{0,30}only",
)
def no_dgamma(metric, x):
    G = gamma(metric, x)
    q = np.einsum("ikm,mjl->ijkl", G, G)
    return np.einsum("jl,ijil->", inv(metric(x)), q - np.swapaxes(q, 2, 3))


@wrong("riemann", "the ΓΓ terms are missing", r"ΓΓ", r"Γ ?\* ?Γ", r"quadratic", r"product", quantity="riemann")
def linear_riemann(metric, x):
    dG = five(lambda y: gamma(metric, y), x)
    return np.einsum("kijl->ijkl", dG) - np.einsum("lijk->ijkl", dG)


@wrong(
    "riemann",
    "both ΓΓ products are added",
    r"ΓΓ",
    r"sign.{0,60}(product|quadratic|term|Γ)",
    r"fourth term",
    r"second.{0,30}product",
)
def both_products_added(metric, x):
    G = gamma(metric, x)
    dG = five(lambda y: gamma(metric, y), x)
    R = (
        np.einsum("kijl->ijkl", dG)
        - np.einsum("lijk->ijkl", dG)
        + np.einsum("ikm,mjl->ijkl", G, G)
        + np.einsum("ilm,mjk->ijkl", G, G)
    )
    return np.einsum("jl,ijil->", inv(metric(x)), R)


@wrong(
    "riemann",
    "second ΓΓ term contracts the wrong pair: Γ^i_jm Γ^m_kl",
    r"ΓΓ",
    r"pair",
    r"ind(ex|ices)",
    r"contract",
    quantity="riemann",
)
def wrong_pair(metric, x):
    G = gamma(metric, x)
    dG = five(lambda y: gamma(metric, y), x)
    return (
        np.einsum("kijl->ijkl", dG)
        - np.einsum("lijk->ijkl", dG)
        + np.einsum("ikm,mjl->ijkl", G, G)
        - np.einsum("ijm,mkl->ijkl", G, G)
    )


@wrong(
    "riemann",
    "from a notebook: the second product repeats the first one's indices, so both belong to (i, k)",
    r"ΓΓ",
    r"pair",
    r"ind(ex|ices)",
    r"product",
    r"quadratic",
    equal=(r"∂Γ",),
)
def repeated_product(metric, x):
    n, G = len(x), gamma(metric, x)
    dG = five(lambda y: gamma(metric, y), x)
    R = np.zeros((n,) * 4)
    for i, j, k, l in itertools.product(range(n), repeat=4):
        R[i, j, k, l] = dG[k, i, j, l] - dG[l, i, j, k]
        R[i, j, k, l] += sum(G[i, k, m] * G[m, j, l] - G[i, k, m] * G[m, l, j] for m in range(n))
    return np.einsum("jl,ijil->", inv(metric(x)), R)


@wrong(
    "output",
    "an old EinsteinPy: R^t_nrs is stored as [t, s, r, n], second and fourth index exchanged",
    *TRANSPOSED,
    r"layout",
    r"convention",
    quantity="riemann",
)
def old_einsteinpy(metric, x):
    n, c = len(x), gamma(metric, x)
    dc = five(lambda y: gamma(metric, y), x)
    out = np.zeros((n,) * 4)
    for t, s, r, k in itertools.product(range(n), repeat=4):
        temp = dc[r, t, s, k] - dc[s, t, r, k]
        for p in range(n):
            temp += c[p, s, k] * c[t, p, r] - c[p, r, k] * c[t, p, s]
        out[t, s, r, k] = temp
    return out


@wrong(
    "riemann",
    "the first derivative term is ∂_k Γ^i_jl, the second ∂_j Γ^i_kl: antisymmetrised in the wrong pair",
    r"ind(ex|ices)",
    r"pair",
    r"∂Γ",
    r"derivative",
    r"antisymm",
    *AXIS,
    quantity="riemann",
)
def antisymmetric_elsewhere(metric, x):
    G = gamma(metric, x)
    dG = five(lambda y: gamma(metric, y), x)
    q = np.einsum("ikm,mjl->ijkl", G, G)
    return np.einsum("kijl->ijkl", dG) - np.einsum("jikl->ijkl", dG) + q - np.swapaxes(q, 2, 3)


@wrong("riemann", "the sign convention of Weinberg is used in R^i_jkl and contracted as here: −R", *SIGN)
def weinberg(metric, x):
    R = -riemann(metric, x)
    return np.einsum("jl,ijil->", inv(metric(x)), R)


@wrong(
    "riemann",
    "all indices down, where R^i_jkl is asked for",
    r"lower",
    r"first index",
    r"raised?",
    r"all.{0,20}down",
    r"R_ijkl",
    quantity="riemann",
)
def riemann_down(metric, x):
    return lowered(metric, x)


@wrong("metric derivative", "∂(g⁻¹) comes without its minus sign", r"inverse", r"sign", r"g⁻¹|∂g\^")
def inverse_derivative_sign(metric, x):
    g, up, low = kinds(metric, x)
    dg, dd = five(metric, x), seconds(metric, x, 2e-3)
    dup = np.einsum("ia,kab,bj->kij", up, dg, up)
    dlow = 0.5 * (np.einsum("ajmk->amjk", dd) + np.einsum("akmj->amjk", dd) - dd)
    dG = np.einsum("aim,mjk->aijk", dup, low) + np.einsum("im,amjk->aijk", up, dlow)
    G = np.einsum("im,mjk->ijk", up, low)
    half = np.einsum("kijl->ijkl", dG) + np.einsum("ikm,mjl->ijkl", G, G)
    return np.einsum("jl,ijil->", up, half - np.swapaxes(half, 2, 3))


@wrong(
    "metric derivative",
    "in ∂Γ the inverse metric is treated as a constant",
    r"inverse",
    r"g⁻¹",
    r"constant",
    r"product rule",
    r"∂Γ",
)
def inverse_constant(metric, x):
    up0 = inv(metric(x))
    frozen = lambda y: np.einsum("im,mjk->ijk", up0, kinds(metric, y)[2])
    return scalar(metric, x, lambda m, y: frozen(y))


@wrong(
    "riemann",
    "Landau's formula with ¼ in place of ½ before the second derivatives",
    r"½",
    r"half",
    r"second derivative",
    r"factor",
    r"∂∂g",
    r"¼",
)
def landau_quarter(metric, x):
    g, up, low = kinds(metric, x)
    G = np.einsum("im,mjk->ijk", up, low)
    dd = seconds(metric, x, 2e-3)
    R = 0.25 * (
        np.einsum("klim->iklm", dd)
        + np.einsum("imkl->iklm", dd)
        - np.einsum("kmil->iklm", dd)
        - np.einsum("ilkm->iklm", dd)
    )
    q = np.einsum("np,nkl,pim->iklm", g, G, G)
    return np.einsum("il,km,iklm->", up, up, R + q - np.swapaxes(q, 2, 3))


@wrong("riemann", "Landau's formula with the ΓΓ terms subtracted", r"ΓΓ", r"sign", r"quadratic", r"product")
def landau_products(metric, x):
    g, up, low = kinds(metric, x)
    G = up @ low.reshape(len(x), -1)
    G = G.reshape(low.shape)
    dd = seconds(metric, x, 2e-3)
    R = 0.5 * (
        np.einsum("klim->iklm", dd)
        + np.einsum("imkl->iklm", dd)
        - np.einsum("kmil->iklm", dd)
        - np.einsum("ilkm->iklm", dd)
    )
    q = np.einsum("np,nkl,pim->iklm", g, G, G)
    return np.einsum("il,km,iklm->", up, up, R - q + np.swapaxes(q, 2, 3))


@wrong(
    "scope",
    "R_ijkl = ¼ g^rs (T T − T T) with T = ∂g: holds for Hessian metrics only",
    r"hessian",
    r"second derivative",
    equal=(r"first term indices kji",),
)
def hessian_formula(metric, x):
    T, up = five(metric, x), inv(metric(x))
    a = np.einsum("rs,ilr,jks->ijkl", up, T, T)
    b = np.einsum("rs,ikr,jls->ijkl", up, T, T)
    return np.einsum("ik,jl,ijkl->", up, up, (a - b) / 4)


# --- wrong: contractions and scalars ----------------------------------------------------------------------------------


@wrong(
    "contraction",
    "an old EinsteinPy: the determinant of g⁻¹Ric in place of its trace",
    r"determinant",
    r"\bdet\b",
    r"trace",
)
def determinant_for_trace(metric, x):
    return np.linalg.det(ricci(metric, x) @ inv(metric(x)))


@wrong(
    "contraction",
    "the trace of Ric_jl is taken without g^jl",
    r"trace",
    r"inverse",
    r"δ|identity|euclid|unit matrix",
    rf"{MISSING}.{{0,40}}(metric|raise|g\^)",
)
def plain_trace(metric, x):
    return np.trace(ricci(metric, x))


@wrong("contraction", "Ric is contracted with g_jl where g^jl belongs", r"inverse", r"contract", r"g_jl|metric")
def contracted_with_metric(metric, x):
    return np.sum(metric(x) * ricci(metric, x))


@wrong(
    "contraction",
    "the upper index is contracted with the second: R^i_ijl, always zero",
    r"zero",
    r"\b0\b",
    r"contract",
    r"trace",
    r"vanish",
    quantity="ricci",
)
def zero_contraction(metric, x):
    return np.einsum("iijl->jl", riemann(metric, x))


@wrong("contraction", "the upper index is contracted with the last: −Ric", *SIGN, r"contract", quantity="ricci")
def last_contraction(metric, x):
    return np.einsum("ijki->jk", riemann(metric, x))


@wrong(
    "contraction",
    "Ric = R_ijil with all indices down: contracted without raising",
    r"contract",
    r"inverse",
    r"rais",
    r"lower",
    r"δ|identity|trace",
    quantity="ricci",
)
def contracted_down(metric, x):
    return np.einsum("ijil->jl", lowered(metric, x))


@wrong("contraction", "only the diagonal terms g^ii Ric_ii are summed", *DIAGONAL)
def diagonal_trace(metric, x):
    return sum(inv(metric(x))[i, i] * ricci(metric, x)[i, i] for i in range(len(x)))


@wrong(
    "contraction",
    "the double sum runs over j ≤ l, so off-diagonal terms count once",
    *DIAGONAL,
    r"once",
    r"upper triang",
    r"half",
)
def upper_triangle(metric, x):
    up, Ric, s = inv(metric(x)), ricci(metric, x), 0.0
    for j in range(len(x)):
        for l in range(j, len(x)):
            s += up[j, l] * Ric[j, l]
    return s


@wrong("scalar", "R/2 is returned: Gauss's curvature where R is asked for", *HALF)
def gauss_for_ricci(metric, x):
    return scalar(metric, x) / 2


@wrong(
    "scalar",
    "R is returned where Gauss's curvature is asked for",
    *TWICE,
    r"ricci scalar",
    r"2K",
    quantity="gaussian_curvature",
    options={"suite": "surfaces"},
)
def ricci_for_gauss(metric, x):
    return scalar(metric, x)


@wrong(
    "scalar", "the mean R/n is returned", r"dimension", r"1/n", r"R/n", r"\bmean\b", r"divided by", r"n\b.{0,20}factor"
)
def mean_ricci(metric, x):
    return scalar(metric, x) / len(x)


@wrong(
    "scalar",
    "divided by n(n − 1): the mean sectional curvature",
    r"n\(n",
    r"n ?\(n",
    r"sectional",
    r"dimension",
    r"normali",
)
def mean_sectional(metric, x):
    n = len(x)
    return scalar(metric, x) / (n * (n - 1)) if n > 1 else 0.0


@wrong("scalar", "|R| is returned", r"absolute", r"\|R\|", r"modulus", r"magnitude", r"sign is lost", sly=True)
def absolute(metric, x):
    return abs(scalar(metric, x))


@wrong("scalar", "negative values are clipped to 0", r"clip", r"negative", r"max\(", r"zero where", sly=True)
def clipped_at_zero(metric, x):
    return max(scalar(metric, x), 0.0)


@wrong(
    "scalar",
    "the answer is clipped to ±1 for a nicer plot",
    r"clip",
    r"±1|\[-1",
    r"bound",
    r"satur",
    r"limit",
    sly=True,
)
def clipped_for_plot(metric, x):
    return float(np.clip(scalar(metric, x), -1, 1))


@wrong(
    "contraction",
    "R^i_jkl squared and summed: no index is raised or lowered",
    r"rais",
    r"lower",
    r"index|indices",
    r"contract",
    r"metric",
    quantity="kretschmann",
)
def kretschmann_plain(metric, x):
    return np.sum(riemann(metric, x) ** 2)


@wrong(
    "contraction",
    "R_ijkl R_ijkl, both with their indices down",
    r"rais",
    r"inverse",
    r"contract",
    r"lower",
    r"δ|identity|euclid",
    quantity="kretschmann",
)
def kretschmann_down(metric, x):
    return np.sum(lowered(metric, x) ** 2)


@wrong(
    "contraction",
    "R_ijkl R^klij taken over pairs i<j, k<l and not multiplied by 4",
    *factor("0.25", "1/4", "¼"),
    r"quarter",
    r"four",
    r"pairs",
    quantity="kretschmann",
)
def kretschmann_quarter(metric, x):
    n = len(x)
    M = np.einsum("jm,imkl->ijkl", inv(metric(x)), riemann(metric, x))
    pairs = list(itertools.combinations(range(n), 2))
    return sum(M[i, j, k, l] * M[k, l, i, j] for i, j in pairs for k, l in pairs)


@wrong("contraction", "Ricci squared in place of Riemann squared", r"ricci", r"Ric", quantity="kretschmann")
def ricci_squared(metric, x):
    mixed = np.linalg.solve(metric(x), ricci(metric, x))
    return np.trace(mixed @ mixed)


@wrong("scalar", "the square root of the Kretschmann scalar's modulus", r"root", r"sqrt|√", quantity="kretschmann")
def kretschmann_root(metric, x):
    return math.sqrt(abs(kretschmann_pairs(metric, x)))


@wrong(
    "scope",
    "Riemann squared by R² /…: the formula 2R²/(n(n − 1)) of constant curvature",
    r"scalar squared.*normalised",
    r"constant curvature",
    r"scope",
    r"only",
    r"space form",
    quantity="kretschmann",
)
def constant_curvature_only(metric, x):
    n = len(x)
    return 2 * scalar(metric, x) ** 2 / (n * (n - 1)) if n > 1 else 0.0


@wrong("scalar", "Einstein tensor without its ½: Ric − R g", *TWICE, r"½", r"half", quantity="einstein")
def einstein_no_half(metric, x):
    Ric, g = ricci(metric, x), metric(x)
    return Ric - g * np.sum(inv(g) * Ric)


@wrong(
    "scalar",
    "the trace-free Ricci tensor Ric − R g/n",
    r"traceless",
    r"1/n",
    r"trace.?free",
    r"R/n",
    r"dimension",
    r"½",
    r"half",
    quantity="einstein",
)
def traceless(metric, x):
    Ric, g = ricci(metric, x), metric(x)
    return Ric - g * np.sum(inv(g) * Ric) / len(x)


@wrong("inverse", "Ric − ½ R g^ij: the inverse metric where g_ij belongs", r"inverse", r"metric", quantity="einstein")
def einstein_inverse(metric, x):
    Ric, g = ricci(metric, x), metric(x)
    return Ric - 0.5 * np.sum(inv(g) * Ric) * inv(g)


@wrong(
    "scope",
    "Weyl's coefficients ½ and 1/6 are those of four dimensions",
    r"dimension",
    r"n ?(=|≠) ?4",
    r"four",
    r"hard",
    r"n ?− ?2",
    quantity="weyl",
)
def weyl_four(metric, x):
    g, Ric = metric(x), ricci(metric, x)
    R = np.sum(inv(g) * Ric)
    P = (
        np.einsum("ik,jl->ijkl", g, Ric)
        + np.einsum("jl,ik->ijkl", g, Ric)
        - np.einsum("il,jk->ijkl", g, Ric)
        - np.einsum("jk,il->ijkl", g, Ric)
    )
    Q = np.einsum("ik,jl->ijkl", g, g) - np.einsum("il,jk->ijkl", g, g)
    return lowered(metric, x) - P / 2 + R * Q / 6


@wrong(
    "contraction",
    "the trace part with R is subtracted where it belongs added",
    r"sign",
    r"trace|scalar|R term",
    quantity="weyl",
)
def weyl_sign(metric, x):
    n, g, Ric = len(x), metric(x), ricci(metric, x)
    R = np.sum(inv(g) * Ric)
    P = (
        np.einsum("ik,jl->ijkl", g, Ric)
        + np.einsum("jl,ik->ijkl", g, Ric)
        - np.einsum("il,jk->ijkl", g, Ric)
        - np.einsum("jk,il->ijkl", g, Ric)
    )
    Q = np.einsum("ik,jl->ijkl", g, g) - np.einsum("il,jk->ijkl", g, g)
    return lowered(metric, x) - P / (n - 2) - R * Q / ((n - 1) * (n - 2))


# --- wrong: surfaces and volume -------------------------------------------------------------------------------------------

SURFACES = {"suite": "surfaces"}


@wrong(
    "scope",
    "−(1/2√EG)(∂_v(E_v/√EG) + ∂_u(G_u/√EG)): holds for F = 0",
    *DIAGONAL,
    r"F ?= ?0",
    r"orthogonal",
    quantity="gaussian_curvature",
    options=SURFACES,
)
def orthogonal_gauss(metric, x):
    def flow(y):
        g, d = metric(y), five(metric, y)
        w = math.sqrt(abs(g[0, 0] * g[1, 1]))
        return np.array([d[0, 1, 1], d[1, 0, 0]]) / w

    g = metric(x)
    return -np.trace(five(flow, x)) / (2 * math.sqrt(abs(g[0, 0] * g[1, 1])))


@wrong(
    "metric derivative",
    "Brioschi's formula without F_uv",
    r"F_?uv",
    r"mixed",
    r"second derivative",
    *DIAGONAL,
    r"term",
    quantity="gaussian_curvature",
    options=SURFACES,
)
def brioschi_no_mixed(metric, x):
    g, d, dd = metric(x), five(metric, x), seconds(metric, x, 2e-3)
    E, F, Gg = g[0, 0], g[0, 1], g[1, 1]
    (Eu, Ev), (Fu, Fv), (Gu, Gv) = d[:, 0, 0], d[:, 0, 1], d[:, 1, 1]
    A = np.array(
        [[-dd[1, 1, 0, 0] / 2 - dd[0, 0, 1, 1] / 2, Eu / 2, Fu - Ev / 2], [Fv - Gu / 2, E, F], [Gv / 2, F, Gg]]
    )
    B = np.array([[0, Ev / 2, Gu / 2], [Ev / 2, E, F], [Gu / 2, F, Gg]])
    return (np.linalg.det(A) - np.linalg.det(B)) / np.linalg.det(g) ** 2


@wrong(
    "scalar",
    "K = R_1212/(EG): −F² is forgotten in the determinant",
    r"determinant",
    r"det",
    r"F²|g12|g_12",
    *DIAGONAL,
    quantity="gaussian_curvature",
    options=SURFACES,
)
def no_f_squared(metric, x):
    g = metric(x)
    return lowered(metric, x)[0, 1, 0, 1] / (g[0, 0] * g[1, 1])


@wrong(
    "scalar",
    "K = R_1212: not divided by the determinant at all",
    r"determinant",
    r"\bdet\b",
    r"R_?1212",
    r"lowered",
    quantity="gaussian_curvature",
    options=SURFACES,
)
def not_divided(metric, x):
    return lowered(metric, x)[0, 1, 0, 1]


@wrong(
    "scalar",
    "K = R_1212/√det g",
    r"determinant",
    r"\bdet\b",
    r"root|√|sqrt",
    quantity="gaussian_curvature",
    options=SURFACES,
)
def divided_by_root(metric, x):
    return lowered(metric, x)[0, 1, 0, 1] / math.sqrt(abs(np.linalg.det(metric(x))))


@wrong(
    "scope",
    "R = 2 R_1212/det of the first two coordinates, in any dimension",
    r"dimension",
    r"two|2-dim|n ?= ?2|surface",
    r"first two",
    r"plane",
)
def first_plane(metric, x):
    if len(x) == 1:
        return 0.0
    g = metric(x)
    return 2 * lowered(metric, x)[0, 1, 0, 1] / (g[0, 0] * g[1, 1] - g[0, 1] ** 2)


@wrong(
    "scope",
    "−Δ log λ/λ with λ = g_11: holds for conformally flat coordinates",
    r"conformal",
    r"isothermal",
    *DIAGONAL,
    r"scope",
    r"only",
    quantity="gaussian_curvature",
    options=SURFACES,
)
def conformal_only(metric, x):
    log = lambda y: math.log(abs(metric(y)[0, 0]))
    return -np.trace(seconds(log, x, 2e-3)) / (2 * metric(x)[0, 0])


@wrong(
    "scalar",
    "Ricci through log g instead of log √g: the ½ is lost",
    r"√|root|sqrt",
    r"volume",
    r"½|half",
    r"determinant|log",
    quantity="ricci",
)
def ricci_log_g(metric, x):
    G = gamma(metric, x)
    dG = five(lambda y: gamma(metric, y), x)
    logg = lambda y: math.log(abs(np.linalg.det(metric(y))))
    return (
        np.einsum("iijk->jk", dG)
        - seconds(logg, x, 2e-3)
        + np.einsum("ijk,i->jk", G, five(logg, x))
        - np.einsum("imj,mik->jk", G, G)
    )


@wrong(
    "scope",
    "unimodular coordinates: Ric = ∂_iΓ^i_jk − ΓΓ without the two volume terms",
    r"unimodular|unit determinant|det.{0,10}1",
    r"volume",
    r"determinant",
    r"scope",
    r"two.{0,20}terms?",
    r"(∂|derivative).{0,40}" + MISSING,
    quantity="ricci",
)
def unimodular(metric, x):
    G = gamma(metric, x)
    dG = five(lambda y: gamma(metric, y), x)
    return np.einsum("iijk->jk", dG) - np.einsum("imj,mik->jk", G, G)


@wrong(
    "arithmetic",
    "log₁₀ of √|g| where the natural logarithm belongs",
    r"log",
    r"base",
    *factor("0.434", "0.4343"),
    r"volume",
    quantity="ricci",
)
def common_logarithm(metric, x):
    G = gamma(metric, x)
    dG = five(lambda y: gamma(metric, y), x)
    logv = lambda y: math.log10(math.sqrt(abs(np.linalg.det(metric(y)))))
    return (
        np.einsum("iijk->jk", dG)
        - seconds(logv, x, 2e-3)
        + np.einsum("ijk,i->jk", G, five(logv, x))
        - np.einsum("imj,mik->jk", G, G)
    )


@wrong(
    "output",
    "√det g without a modulus: nan wherever the metric is Lorentzian",
    r"not.?finite",
    r"nan",
    r"indefinite|lorentz|signature",
    r"root|sqrt|√",
    quantity="ricci",
)
def root_of_negative(metric, x):
    G = gamma(metric, x)
    dG = five(lambda y: gamma(metric, y), x)
    with np.errstate(all="ignore"):
        logv = lambda y: np.log(np.sqrt(np.linalg.det(metric(y))))
        return (
            np.einsum("iijk->jk", dG)
            - seconds(logv, x, 2e-3)
            + np.einsum("ijk,i->jk", G, five(logv, x))
            - np.einsum("imj,mik->jk", G, G)
        )


@wrong(
    "contraction",
    "g^ij ∂_i∂_j f: the terms with Γ are missing",
    r"Γ|christoffel|first.derivative|connection",
    r"flat",
    r"second derivative",
    r"√|volume",
    quantity="laplacian",
    form="metric-scalar",
)
def flat_laplacian(metric, f, x):
    return np.sum(inv(metric(x)) * seconds(f, x, 2e-3))


@wrong(
    "christoffel",
    "Δf = g^ij(∂_i∂_j f + Γ^k_ij ∂_k f): the sign of Γ",
    r"sign",
    rf"{GAMMA}",
    quantity="laplacian",
    form="metric-scalar",
)
def laplacian_sign(metric, f, x):
    return np.sum(inv(metric(x)) * (seconds(f, x, 2e-3) + np.einsum("kij,k->ij", gamma(metric, x), five(f, x))))


@wrong(
    "scalar",
    "|g| where √|g| belongs in the divergence form",
    r"√|root|sqrt",
    r"determinant|volume|density",
    r"\|g\|",
    quantity="laplacian",
    form="metric-scalar",
)
def laplacian_no_root(metric, f, x):
    flux = lambda y: np.linalg.det(metric(y)) * np.linalg.solve(metric(y), five(f, y))
    return np.trace(five(flux, x)) / np.linalg.det(metric(x))


@wrong("scalar", "the geometer's Laplacian −Δ", *SIGN, quantity="laplacian", form="metric-scalar")
def geometers_laplacian(metric, f, x):
    return -laplacian(metric, f, x)


@wrong(
    "inverse",
    "the gradient is not raised: √g ∂_j f in place of √g g^ij ∂_i f",
    r"inverse",
    r"rais",
    r"gradient",
    r"metric",
    r"euclid",
    quantity="laplacian",
    form="metric-scalar",
)
def laplacian_not_raised(metric, f, x):
    v = lambda y: math.sqrt(abs(np.linalg.det(metric(y))))
    return np.trace(five(lambda y: v(y) * five(f, y), x)) / v(x)


# --- wrong: arithmetic ------------------------------------------------------------------------------------------------


@wrong("arithmetic", "forward differences with step 1e-2", *STEP, r"forward|one.?sided")
def forward(metric, x):
    d = lambda f, y: np.array([(f(y + e) - f(y)) / 1e-2 for e in 1e-2 * np.eye(len(y))])
    return scalar(metric, x, lambda m, y: gamma(m, y, d), d)


@wrong("arithmetic", "central differences with a step of 0.1: truncation", *STEP, quantity="christoffel")
def huge_step(metric, x):
    return gamma(metric, x, lambda f, y: three(f, y, 0.1))


@wrong("arithmetic", "steps of 1e-9 nested: rounding drowns the second derivative", *STEP)
def tiny_step(metric, x):
    d = lambda f, y: three(f, y, 1e-9)
    return scalar(metric, x, lambda m, y: gamma(m, y, d), d)


@wrong("arithmetic", "step 1e-12 for Γ", *STEP, quantity="christoffel")
def tiny_step_symbols(metric, x):
    return gamma(metric, x, lambda f, y: three(f, y, 1e-12))


@wrong("arithmetic", "second derivatives by (f(x+h) − 2f + f(x−h))/h² with h = 1e-7", *STEP)
def tiny_second(metric, x, h=1e-7):
    g, up, low = kinds(metric, x, three)
    n, I = len(x), h * np.eye(len(x))
    dd = np.array(
        [
            [
                (metric(x + I[k] + I[l]) - metric(x + I[k] - I[l]) - metric(x - I[k] + I[l]) + metric(x - I[k] - I[l]))
                / (4 * h * h)
                for l in range(n)
            ]
            for k in range(n)
        ]
    )
    G = np.einsum("im,mjk->ijk", up, low)
    R = 0.5 * (
        np.einsum("klim->iklm", dd)
        + np.einsum("imkl->iklm", dd)
        - np.einsum("kmil->iklm", dd)
        - np.einsum("ilkm->iklm", dd)
    )
    q = np.einsum("np,nkl,pim->iklm", g, G, G)
    return np.einsum("il,km,iklm->", up, up, R + q - np.swapaxes(q, 2, 3))


@wrong(
    "arithmetic", "central differences are divided by h, not 2h", *TWICE, *STEP, r"2h|central", quantity="christoffel"
)
def not_two_h(metric, x):
    return gamma(metric, x, lambda f, y: 2 * three(f, y, 1e-5))


@wrong(
    "arithmetic",
    "five-point weights with 10h below instead of 12h",
    *factor("1.2", "6/5"),
    *STEP,
    r"12",
    r"constant factor",
    quantity="christoffel",
)
def ten_for_twelve(metric, x):
    return gamma(metric, x, lambda f, y: five(f, y) * 12 / 10)


@wrong("arithmetic", "the metric is kept in float32", *SINGLE)
def metric_single(metric, x):
    m = lambda y: np.asarray(metric(y), dtype=np.float32).astype(float)
    return scalar(m, x, lambda q, y: gamma(q, y, lambda f, w: five(f, w, 2e-2)), lambda f, w: five(f, w, 2e-2))


@wrong("arithmetic", "Γ itself is returned as float32", *SINGLE, r"dtype", quantity="christoffel")
def symbols_single(metric, x):
    return gamma(metric, x).astype(np.float32)


@wrong(
    "arithmetic",
    "half precision for the inverse",
    r"float16|half.precision|16.?bit",
    r"precision",
    r"inverse",
    quantity="christoffel",
)
def inverse_half(metric, x):
    _, up, low = kinds(metric, x)
    return np.einsum("im,mjk->ijk", up.astype(np.float16).astype(float), low)


@wrong(
    "caching",
    "the point is rounded to two digits",
    r"round",
    r"point.{0,40}(moved|other|shift|nearest)",
    r"grid",
    r"digit",
    r"cache",
    sly=True,
)
def rounded_point(metric, x):
    return scalar(metric, np.round(np.asarray(x, dtype=float), 2))


@wrong("output", "the answer is rounded to three decimals", r"round", r"decimal", r"digit", sly=True)
def rounded_answer(metric, x):
    return round(float(scalar(metric, x)), 3)


@wrong("inverse", "10⁻³ is added to the metric's diagonal before it is inverted", *REGULAR)
def ridge(metric, x):
    def symbols(m, y):
        g, _, low = kinds(m, y)
        return np.einsum("im,mjk->ijk", inv(g + 1e-3 * np.eye(len(g))), low)

    return scalar(metric, x, symbols)


@wrong("inverse", "a ridge of 1e-2 in the last contraction only", *REGULAR)
def ridge_outside(metric, x):
    g = metric(x)
    return np.sum(inv(g + 1e-2 * np.eye(len(g))) * ricci(metric, x))


@wrong(
    "metric",
    "I + g: the regulariser of a natural-gradient code, weight 1",
    *REGULAR,
    r"identity|unit matrix",
    quantity="christoffel",
)
def plus_identity(metric, x):
    return gamma(lambda y: metric(y) + np.eye(len(y)), x)


@wrong(
    "inverse",
    "pinv with rcond = 0.1: the small eigenvalues are dropped",
    r"pinv|pseudo",
    r"cut.?off",
    r"rcond",
    r"eigenvalue",
    *REGULAR,
    quantity="christoffel",
)
def pseudo_inverse(metric, x):
    g, _, low = kinds(metric, x)
    return np.einsum("im,mjk->ijk", np.linalg.pinv(g, rcond=0.1), low)


@wrong("inverse", "eigenvalues of g below 0.5 are lifted to 0.5", r"eigenvalue", r"clip|floor|lift", *REGULAR)
def clipped_eigenvalues(metric, x):
    def m(y):
        w, V = np.linalg.eigh(metric(y))
        return (V * np.maximum(w, 0.5)) @ V.T

    g, Ric = m(x), ricci(metric, x)
    return np.sum(inv(g) * Ric)


@wrong(
    "scope",
    "eigenvalues are replaced by their moduli: right for positive metrics only",
    r"indefinite|lorentz|signature|positive|riemannian",
    r"eigenvalue",
    r"absolute|modul",
    quantity="christoffel",
)
def absolute_eigenvalues(metric, x):
    g, _, low = kinds(metric, x)
    w, V = np.linalg.eigh(g)
    return np.einsum("im,mjk->ijk", (V / np.abs(w)) @ V.T, low)


@wrong(
    "metric derivative",
    "the step is a thousandth of the coordinate, divided by a fixed 1e-3",
    r"step",
    r"coordinate",
    r"scale|relative",
    r"divid",
    r"factor",
    r"derivative",
    quantity="christoffel",
)
def step_mismatch(metric, x):
    x = np.asarray(x, dtype=float)
    d = np.array([(metric(x * (1 + e)) - metric(x * (1 - e))) / 2e-3 for e in 1e-3 * np.eye(len(x))])
    return 0.5 * np.einsum("im,mjk->ijk", inv(metric(x)), np.einsum("jmk->mjk", d) + np.einsum("kmj->mjk", d) - d)


@wrong(
    "metric",
    "angles are believed to be in degrees: the point is converted first",
    r"degree",
    r"radian",
    r"π/180|0\.01745|57\.",
    r"unit",
)
def degrees(metric, x):
    return scalar(lambda y: metric(np.deg2rad(y)), np.asarray(x, dtype=float))


@wrong(
    "metric derivative",
    "the complex step nested in itself: .imag of a real function, so ∂Γ is 0",
    r"∂Γ",
    r"zero|missing",
    r"derivative",
    r"complex",
    r"ΓΓ",
)
def complex_twice(metric, x):
    def symbols(m, y):
        y = np.real(y)
        return gamma(m, y, complex_step)

    return scalar(metric, x, symbols, lambda f, y: complex_step(f, np.asarray(y, dtype=complex)))


@wrong(
    "metric derivative",
    "x[k] += h, x[k] −= 2h and never back: later derivatives are taken beside the point",
    *STEP,
    r"point",
    r"shift|moved|drift|beside",
    r"derivative",
)
def never_back(metric, x):
    def d(f, y, h=1e-2):
        y, out = np.array(y, dtype=float), []
        for k in range(len(y)):
            y[k] += h
            plus = f(y.copy())
            y[k] -= 2 * h
            out.append((plus - f(y.copy())) / (2 * h))
        return np.array(out)

    return scalar(metric, x, lambda m, y: gamma(m, y, d))


@wrong(
    "output",
    "the caller's point is moved in place while differencing",
    r"mutat",
    r"in.?place",
    r"changes.{0,20}(input|argument|point)",
    quantity="christoffel",
)
def moves_input(metric, x):
    n, h = len(x), 1e-5
    d = np.zeros((n, n, n))
    for k in range(n):
        x[k] += h
        plus = metric(x.copy())
        x[k] -= 2 * h
        d[k] = (plus - metric(x.copy())) / (2 * h)
        x[k] += 1.5 * h
    return 0.5 * np.einsum(
        "im,mjk->ijk", inv(metric(x.copy())), np.einsum("jmk->mjk", d) + np.einsum("kmj->mjk", d) - d
    )


@wrong(
    "grid", "a local 7-point grid whose centre is read at index 4 instead of 3", *GRID, r"point", quantity="christoffel"
)
def centre_missed(metric, x):
    h, n = 1e-2, len(x)
    d = np.zeros((n, n, n))
    for k in range(n):
        line = np.array([metric(x + (j - 3) * h * np.eye(n)[k]) for j in range(7)])
        d[k] = np.gradient(line, h, axis=0, edge_order=2)[4]
    return 0.5 * np.einsum("im,mjk->ijk", inv(metric(x)), np.einsum("jmk->mjk", d) + np.einsum("kmj->mjk", d) - d)


@wrong(
    "grid",
    "np.meshgrid's default indexing 'xy': the first two axes of the grid are exchanged",
    *AXIS,
    *GRID,
    r"transpos",
    options=SURFACES,
    quantity="christoffel",
)
def meshgrid_xy(metric, x):
    h = 1e-3
    a = [np.array([c - h, c, c + h]) for c in x]
    X, Y = np.meshgrid(*a)
    field = np.array([[metric(np.array([X[i, j], Y[i, j]])) for j in range(3)] for i in range(3)])
    d = np.array([np.gradient(field, h, axis=k)[1, 1] for k in (0, 1)])
    return 0.5 * np.einsum("im,mjk->ijk", inv(metric(x)), np.einsum("jmk->mjk", d) + np.einsum("kmj->mjk", d) - d)


@wrong(
    "grid",
    "np.gradient without a spacing: it takes 1 for the step",
    r"spacing",
    *STEP,
    r"factor",
    r"scale",
    quantity="christoffel",
)
def no_spacing(metric, x):
    h = 1e-2
    d = np.array(
        [np.gradient(np.array([metric(x + j * e) for j in (-1, 0, 1)]), axis=0)[1] for e in h * np.eye(len(x))]
    )
    return 0.5 * np.einsum("im,mjk->ijk", inv(metric(x)), np.einsum("jmk->mjk", d) + np.einsum("kmj->mjk", d) - d)


@wrong(
    "grid",
    "np.roll on a short grid that is not periodic, read at its edge",
    *GRID,
    r"edge|boundar|periodic|wrap",
    r"factor",
    r"derivative",
    quantity="christoffel",
)
def rolled(metric, x):
    h = 1e-3
    d = []
    for e in h * np.eye(len(x)):
        line = np.array([metric(x + j * e) for j in range(4)])
        d.append(((np.roll(line, -1, axis=0) - np.roll(line, 1, axis=0)) / (2 * h))[0])
    d = np.array(d)
    return 0.5 * np.einsum("im,mjk->ijk", inv(metric(x)), np.einsum("jmk->mjk", d) + np.einsum("kmj->mjk", d) - d)


# --- wrong: state and output -----------------------------------------------------------------------------------------------

_first = {}


@wrong("caching", "g⁻¹ of the first point ever seen in a dimension is kept", *CACHE, r"inverse", r"repeat")
def stale_inverse(metric, x):
    up = _first.setdefault(len(x), inv(metric(x)))
    return np.sum(up * ricci(metric, x))


_answers = {}


@wrong(
    "caching",
    "the answers are remembered by the point alone, whatever the metric",
    *CACHE,
    r"metric",
    r"repeat",
    quantity="christoffel",
)
def forgets_metric(metric, x):
    key = (len(x), *np.round(x, 6))
    if key not in _answers:
        _answers[key] = gamma(metric, x)
    return _answers[key]


def _keyed():
    values = []

    @cache
    def remembered(n):
        return values[-1]

    def R(metric, x):
        values.append(float(scalar(metric, x)))
        return remembered(len(x))

    return R


wrong(
    "caching",
    "lru_cache on the dimension only: each dimension keeps its first answer",
    *CACHE,
    r"repeat",
    name="cached_by_dimension",
)(_keyed())


@wrong("output", "the scalar comes as a matrix [[R]]", r"shape", r"\(1, ?1\)")
def matrix_answer(metric, x):
    return np.array([[scalar(metric, x)]])


@wrong(
    "output",
    "a flat vector of n² components instead of a matrix",
    r"shape",
    quantity="ricci",
    options={"suite": "riemannian"},
)
def flat_answer(metric, x):
    return ricci(metric, x).ravel()


@wrong(
    "output",
    "returns inside the loop: only the first component is ever filled",
    r"only|first|zero|component",
    r"missing",
    quantity="christoffel",
)
def early_return(metric, x):
    n, G = len(x), gamma(metric, x)
    out = np.zeros_like(G)
    for i in range(n):
        out[i] = G[i]
        return out


@wrong(
    "output",
    "nan where the metric has a negative eigenvalue: a Cholesky factor that fails is caught",
    r"not.?finite",
    r"nan",
    r"indefinite|positive",
)
def cholesky_nan(metric, x):
    try:
        L = np.linalg.cholesky(metric(x))
    except np.linalg.LinAlgError:
        return float("nan")
    Li = inv(L)
    return np.trace(Li @ ricci(metric, x) @ Li.T)


@wrong(
    "arithmetic",
    "the trace is estimated with eight random normal probes of the global generator",
    r"random",
    r"not.?repeat",
    r"noise",
    r"stochastic|monte",
    r"differ",
)
def hutchinson(metric, x):
    M = np.linalg.solve(metric(x), ricci(metric, x))
    probes = np.random.randn(8, len(x))
    return float(np.mean(np.einsum("pi,ij,pj->p", probes, M, probes)))


@wrong("output", "prints its progress at each call, and gives −R", *SIGN)
def talkative(metric, x):
    value = -scalar(metric, x)
    print(f"R({x}) = {value}")
    return value


@wrong("output", "returns None where |R| is below 1e-3 (no else branch)", r"nothing|None", r"not.?numeric", r"returns")
def no_else(metric, x):
    R = scalar(metric, x)
    if abs(R) > 1e-3:
        return R


@wrong(
    "scope",
    "loops run over range(4): an IndexError for other dimensions",
    r"raises",
    r"IndexError",
    r"dimension",
    quantity="christoffel",
)
def four_dimensions(metric, x):
    gi, d, G = inv(metric(x)), five(metric, x), np.zeros((4, 4, 4))
    for i in range(4):
        for j in range(4):
            for k in range(4):
                G[i, j, k] = 0.5 * sum(gi[i, m] * (d[j, m, k] + d[k, m, j] - d[m, j, k]) for m in range(4))
    return G


@wrong(
    "scope",
    "sums run over at most three indices: wrong from four dimensions on",
    r"dimension",
    r"three",
    r"n ?(≥|>) ?3|n ?= ?4|four",
    r"sum",
    sly=True,
)
def three_dimensions(metric, x):
    G = gamma(metric, x)
    dG = five(lambda y: gamma(metric, y), x)
    up, total, n = inv(metric(x)), 0.0, len(x)
    for j, l in itertools.product(range(n), repeat=2):
        for i in range(min(n, 3)):
            total += up[j, l] * (dG[i, i, j, l] - dG[l, i, j, i])
            for m in range(n):
                total += up[j, l] * (G[i, i, m] * G[m, j, l] - G[i, l, m] * G[m, j, i])
    return total


@wrong(
    "output",
    "nan_to_num and a try: any trouble becomes 0; Lorentzian metrics answer 0",
    r"zero|\b0\b",
    r"lorentz|indefinite|signature",
    sly=True,
)
def trouble_is_zero(metric, x):
    try:
        np.linalg.cholesky(metric(x))
        return float(np.nan_to_num(scalar(metric, x)))
    except np.linalg.LinAlgError:
        return 0.0


@wrong(
    "arithmetic",
    "1.0005 R: a conversion constant that should have gone",
    r"constant factor",
    *factor("1.0005"),
    sly=True,
)
def conversion(metric, x):
    return 1.0005 * scalar(metric, x)


@wrong("scalar", "one is added: R + 1", r"constant", r"added|offset|shift", r"\+ ?1", sly=True)
def offset(metric, x):
    return scalar(metric, x) + 1
