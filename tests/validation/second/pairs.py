"""Two mistakes at once. A right diagnosis names one of the two, and a complete one both."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from . import spaces
from .helpers import five, gamma, kinds, lowered, ricci, riemann, scalar, three
from .record import AXIS, CACHE, DIAGONAL, HALF, REGULAR, SIGN, SINGLE, STEP, TRANSPOSED, TWICE, factor, right, wrong

inv = np.linalg.inv
THIRD = (r"third term", r"sign.{0,60}(Γ|christoffel)", r"(Γ|christoffel).{0,60}sign")


def plus(m, y, half=0.5):
    dg = five(m, y)
    return half * np.einsum("im,mjk->ijk", inv(m(y)), np.einsum("jmk->mjk", dg) + np.einsum("kmj->mjk", dg) + dg)


@wrong(
    "christoffel", "the third term of Γ is added, and the ½ forgotten", *THIRD, r"½|half|twice", quantity="christoffel"
)
def plus_and_half(metric, x):
    return plus(metric, x, 1.0)


@wrong("christoffel", "the ½ of Γ is forgotten, and −R returned", r"½|half|twice|2", *SIGN)
def half_and_sign(metric, x):
    return -scalar(metric, x, lambda m, y: 2 * gamma(m, y))


@wrong("riemann", "ΓΓ terms missing, and R/2 returned", r"ΓΓ|product|quadratic", *HALF)
def products_and_half(metric, x):
    dG = five(lambda y: gamma(metric, y), x)
    return 0.5 * np.einsum("jl,ijil->", inv(metric(x)), np.einsum("kijl->ijkl", dG) - np.einsum("lijk->ijkl", dG))


@wrong(
    "inverse", "g for g⁻¹ in Γ, and the trace without g⁻¹", r"inverse", r"metric.{0,30}(for|instead|in place)", r"trace"
)
def inverse_and_trace(metric, x):
    return np.trace(ricci(metric, x, lambda m, y: np.einsum("im,mjk->ijk", m(y), kinds(m, y)[2])))


@wrong(
    "contraction", "the last index is contracted (−Ric), and the trace goes over the diagonal only", *SIGN, *DIAGONAL
)
def contraction_and_diagonal(metric, x):
    Ric = np.einsum("ijki->jk", riemann(metric, x))
    return sum(inv(metric(x))[i, i] * Ric[i, i] for i in range(len(x)))


@wrong("riemann", "both ΓΓ added, and Γ's ½ forgotten", r"ΓΓ|product|quadratic", r"½|half|twice")
def added_and_half(metric, x):
    G = 2 * gamma(metric, x)
    dG = five(lambda y: 2 * gamma(metric, y), x)
    R = (
        np.einsum("kijl->ijkl", dG)
        - np.einsum("lijk->ijkl", dG)
        + np.einsum("ikm,mjl->ijkl", G, G)
        + np.einsum("ilm,mjk->ijkl", G, G)
    )
    return np.einsum("jl,ijil->", inv(metric(x)), R)


@wrong("arithmetic", "float32, and R/2", *SINGLE, *HALF)
def single_and_half(metric, x):
    m = lambda y: np.asarray(metric(y), dtype=np.float32).astype(float)
    d = lambda f, w: five(f, w, 2e-2)
    return np.float32(scalar(m, x, lambda q, y: gamma(q, y, d), d) / 2)


@wrong("arithmetic", "step 0.05, and the sign", *STEP, *SIGN)
def step_and_sign(metric, x):
    d = lambda f, w: three(f, w, 0.05)
    return -scalar(metric, x, lambda m, y: gamma(m, y, d), d)


@wrong("inverse", "ridge 10⁻² in Γ, and K for R", *REGULAR, *HALF)
def ridge_and_half(metric, x):
    def symbols(m, y):
        g, _, low = kinds(m, y)
        return np.einsum("im,mjk->ijk", inv(g + 1e-2 * np.eye(len(g))), low)

    return scalar(metric, x, symbols) / 2


@wrong("scope", "diagonal part only, and |R|", *DIAGONAL, r"absolute|modul")
def diagonal_and_absolute(metric, x):
    return abs(scalar(lambda y: np.diag(np.diag(metric(y))), x))


@wrong("output", "upper index last, and all signs turned", *TRANSPOSED, r"layout|convention", *SIGN, quantity="riemann")
def layout_and_sign(metric, x):
    return -riemann(metric, x).transpose(1, 2, 3, 0)


@wrong(
    "output",
    "Γ of the first kind, and the ½ forgotten",
    r"first kind|rais|lower|inverse",
    r"½|half|twice|factor",
    quantity="christoffel",
)
def first_kind_and_half(metric, x):
    return 2 * kinds(metric, x)[2]


@wrong(
    "metric derivative",
    "the derivative's axis is last, read as first, and the third term's sign",
    *AXIS,
    *TRANSPOSED,
    *THIRD,
    quantity="christoffel",
)
def axis_and_sign(metric, x):
    d = np.moveaxis(five(metric, x), 0, -1)
    return 0.5 * np.einsum("im,mjk->ijk", inv(metric(x)), np.einsum("jmk->mjk", d) + np.einsum("kmj->mjk", d) + d)


@wrong(
    "contraction",
    "Kretschmann with indices down, and over pairs only",
    r"rais|lower|inverse|contract",
    *factor("0.25", "1/4", "¼"),
    quantity="kretschmann",
)
def down_and_pairs(metric, x):
    return np.sum(lowered(metric, x) ** 2) / 4


@wrong("scalar", "Ric + R g: the sign and the ½", r"sign|\+", r"½|half|twice|factor", quantity="einstein")
def einstein_both(metric, x):
    Ric, g = ricci(metric, x), metric(x)
    return Ric + g * np.sum(inv(g) * Ric)


@wrong("statistics", "σ² for σ, and −½ for −1", *HALF, r"σ²|variance", on=spaces.NORMAL)
def variance_and_half(q):
    return scalar(lambda w: np.diag([1 / w[1], 0.5 / w[1] ** 2]), q) / 2


@wrong(
    "statistics",
    "digamma for trigamma, and scale for rate",
    r"digamma|trigamma|ψ",
    r"scale|rate|sign",
    on=spaces.GAMMA_RATE,
    form="coordinates",
    quantity="metric",
    equal=(r"component",),
)
def digamma_and_scale(a, b):
    return np.array([[special.digamma(a), 1 / b], [1 / b, a / b**2]])


@wrong(
    "statistics",
    "summed over rows, and slope 1",
    r"\bsum|mean|rows|\bN\b",
    r"slope|gain|5",
    *factor("10"),
    on=spaces.NEURON,
    quantity="metric",
    equal=(r"metric",),
)
def sum_and_slope(w):
    g = (special.expit(spaces.ROWS @ w) - spaces.TARGETS)[:, None] * spaces.ROWS
    return g.T @ g


@wrong(
    "statistics",
    "mean of gradients squared, and targets ±1",
    r"mean|outer|rank",
    r"target|label|±1",
    on=spaces.NEURON,
    quantity="metric",
    equal=(r"metric",),
)
def mean_and_targets(w):
    f = special.expit(5 * spaces.ROWS @ w)
    m = (5 * (f - (2 * spaces.TARGETS - 1))[:, None] * spaces.ROWS).mean(axis=0)
    return np.outer(m, m)


@wrong(
    "caching",
    "first row for all, and the sign",
    *CACHE,
    r"first row|batch|row",
    *SIGN,
    on=spaces.CATENOID,
    form="batch",
)
def first_row_and_sign(points):
    return np.full(len(points), 2 / np.cosh(points[0, 1]) ** 4)


@wrong(
    "metric", "degrees, and K for R", r"degree|radian", *HALF, on=spaces.TORUS31, form="coordinates", equal=(r"metric",)
)
def degrees_and_half(theta, phi):
    c = math.cos(math.radians(phi))
    return c / (3 + c)


@wrong(
    "metric",
    "angles exchanged, and twice the value",
    *TWICE,
    r"order|swap|exchang|permut",
    on=spaces.TORUS31,
    form="coordinates",
    equal=(r"metric",),
)
def exchanged_and_twice(theta, phi):
    return 4 * math.cos(theta) / (3 + math.cos(theta))


@right("two conventions that cancel: −R^i_jkl contracted with its last index", accuracy=1e-6)
def two_signs(metric, x):
    R = -riemann(metric, x)
    return np.sum(inv(metric(x)) * np.einsum("ijki->jk", R))


@right("a factor 2 in Γ that ½ in ∂ undoes", quantity="christoffel", accuracy=1e-6)
def two_factors(metric, x):
    d = lambda f, y: np.array([(f(y + e) - f(y - e)) / 4e-5 for e in 1e-5 * np.eye(len(y))])
    return 2 * gamma(metric, x, d)
