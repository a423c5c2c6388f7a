"""Quantities that the page on validation does not name: a group of their own. Sectional curvature, α-connections, the
tangent kernel's trace, geodesic distance."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from . import spaces
from .helpers import gamma, lowered
from .record import DIAGONAL, HALF, SIGN, factor, right, wrong

SECTIONAL = {"quantity": "sectional_curvature", "group": "later"}
ALPHA = {"quantity": "alpha_connection", "group": "later"}
NTK = {"quantity": "ntk_trace", "group": "later", "on": spaces.NEURON}
DISTANCE = {"quantity": "distance", "group": "later", "form": "pair"}
X, T = spaces.ROWS, spaces.TARGETS


def slope(w):
    f = special.expit(5 * X @ w)
    return 5 * f * (1 - f)


# --- sectional curvature: f(metric, point, u, v) ----------------------------------------------------------------------


@right("R(u, v, u, v)/(|u|²|v|² − ⟨u, v⟩²)", form="plane", **SECTIONAL)
def sectional(metric, x, u, v):
    g, R = metric(x), lowered(metric, x)
    return np.einsum("ijkl,i,j,k,l->", R, u, v, u, v) / (u @ g @ u * (v @ g @ v) - (u @ g @ v) ** 2)


@wrong("scalar", "the plane's area is left out", r"area|determinant|normali|divi", form="plane", **SECTIONAL)
def sectional_not_divided(metric, x, u, v):
    return np.einsum("ijkl,i,j,k,l->", lowered(metric, x), u, v, u, v)


@wrong(
    "scalar",
    "−⟨u, v⟩² is forgotten: orthogonal vectors only",
    r"orthogonal|⟨u, ?v⟩|area|determinant|normali",
    form="plane",
    **SECTIONAL,
)
def sectional_orthogonal(metric, x, u, v):
    g = metric(x)
    return np.einsum("ijkl,i,j,k,l->", lowered(metric, x), u, v, u, v) / (u @ g @ u * (v @ g @ v))


@wrong("scalar", "R(u, v, v, u) with this Riemann tensor's order: −K", *SIGN, form="plane", **SECTIONAL)
def sectional_sign(metric, x, u, v):
    return -sectional(metric, x, u, v)


@wrong("metric", "the area is Euclidean", r"euclid|area|metric|determinant|normali", form="plane", **SECTIONAL)
def sectional_euclidean(metric, x, u, v):
    return np.einsum("ijkl,i,j,k,l->", lowered(metric, x), u, v, u, v) / (u @ u * (v @ v) - (u @ v) ** 2)


@wrong("contraction", "R^i_jkl is contracted as if it were lowered", r"lower|rais|index", form="plane", **SECTIONAL)
def sectional_not_lowered(metric, x, u, v):
    g = metric(x)
    R = np.einsum("im,mjkl->ijkl", np.linalg.inv(g), lowered(metric, x))
    return np.einsum("ijkl,i,j,k,l->", R, u, v, u, v) / (u @ g @ u * (v @ g @ v) - (u @ g @ v) ** 2)


# --- α-connections of the normal family, α = 1 -------------------------------------------------------------------------

ONE = {"on": spaces.NORMAL, "options": {"alpha": 1}, **ALPHA}


def normal_alpha(q, a):
    s, G = q[1], np.zeros((2, 2, 2))
    G[0, 0, 1] = G[0, 1, 0] = -(1 + a) / s
    G[1, 0, 0] = (1 - a) / (2 * s)
    G[1, 1, 1] = -(1 + 2 * a) / s
    return G


@right("the exponential connection of the normal family, upper index first", **ONE)
def alpha_exponential(q):
    return normal_alpha(q, 1)


@right("Levi-Civita minus half the Amari–Chentsov tensor", **ONE)
def alpha_skewness(q):
    s = q[1]
    low = np.zeros((2, 2, 2))
    low[0, 0, 1] = low[0, 1, 0] = low[1, 0, 0] = 2 / s**3
    low[1, 1, 1] = 8 / s**3
    up = np.diag([s**2, s**2 / 2])
    return gamma(lambda w: np.diag([1, 2]) / w[1] ** 2, q) - 0.5 * np.einsum("im,mjk->ijk", up, low)


@wrong("statistics", "the mixture connection: α = −1", r"α ?= ?-?−?1|mixture|sign", **ONE)
def alpha_mixture(q):
    return normal_alpha(q, -1)


@wrong("statistics", "Levi-Civita: α = 0", r"α ?= ?0|levi", **ONE)
def alpha_zero(q):
    return normal_alpha(q, 0)


@wrong("statistics", "T instead of ½T is subtracted: α = 2", r"α ?= ?2|½|half|twice", **ONE)
def alpha_two(q):
    return normal_alpha(q, 2)


@wrong("statistics", "lower indices: the connection of the first kind", r"first kind|rais|lower", **ONE)
def alpha_first_kind(q):
    return np.einsum("im,mjk->ijk", np.diag([1, 2]) / q[1] ** 2, normal_alpha(q, 1))


# --- trace of the tangent kernel of the neuron ---------------------------------------------------------------------------


@right("mean over the rows of |∇f|²", **NTK)
def ntk(w):
    return float(np.mean(slope(w) ** 2 * np.sum(X**2, axis=1)))


@wrong("statistics", "sum over rows", r"\bsum|mean|rows|\bN\b", *factor("10"), **NTK)
def ntk_sum(w):
    return 10 * ntk(w)


@wrong("statistics", "trace of the Fisher matrix of the loss", r"loss|fisher|metric", **NTK)
def ntk_loss(w):
    f = special.expit(5 * X @ w)
    return float(np.mean(25 * (f - T) ** 2 * np.sum(X**2, axis=1)))


@wrong("statistics", "|∇f| in place of |∇f|²", r"square|root|norm", **NTK)
def ntk_norm(w):
    return float(np.mean(slope(w) * np.linalg.norm(X, axis=1)))


@wrong("statistics", "|mean ∇f|²", r"mean", **NTK)
def ntk_mean(w):
    return float(np.sum((slope(w)[:, None] * X).mean(axis=0) ** 2))


@wrong("statistics", "the slope 5 is left out", r"slope|gain", *factor("25", "0.04", "1/25"), **NTK)
def ntk_slope(w):
    return ntk(w) / 25


@wrong("statistics", "all entries of the kernel are summed", r"all entries|off-diagonal|trace", *DIAGONAL, **NTK)
def ntk_all(w):
    J = slope(w)[:, None] * X
    return float((J @ J.T).sum() / len(X))


# --- geodesic distance: f(p, q) -----------------------------------------------------------------------------------------


@right("√2 arcosh of the half plane's quotient", on=spaces.NORMAL, **DISTANCE)
def normal_distance(p, q):
    d = (p[0] - q[0]) ** 2 / 2 + (p[1] - q[1]) ** 2
    return math.sqrt(2) * math.acosh(1 + d / (2 * p[1] * q[1]))


@right("great circles by the spherical law of cosines", on=spaces.SPHERE1, **DISTANCE)
def sphere_distance(p, q):
    c = math.cos(p[0]) * math.cos(q[0]) + math.sin(p[0]) * math.sin(q[0]) * math.cos(p[1] - q[1])
    return math.acos(min(1.0, max(-1.0, c)))


@right("2√2-free: arc length of two Bernoulli laws, 2|arcsin√p − arcsin√q|", on=spaces.BERNOULLI, **DISTANCE)
def bernoulli_distance(p, q):
    return 2 * abs(math.asin(math.sqrt(p[0])) - math.asin(math.sqrt(q[0])))


@wrong("scalar", "√2 is forgotten", r"√2|root|factor", *factor("0.707", "1.414"), on=spaces.NORMAL, **DISTANCE)
def normal_distance_root(p, q):
    return normal_distance(p, q) / math.sqrt(2)


@wrong("metric", "the half plane without μ/√2", r"√2|metric|half.plane|poincar", on=spaces.NORMAL, **DISTANCE)
def normal_distance_half_plane(p, q):
    d = (p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2
    return math.sqrt(2) * math.acosh(1 + d / (2 * p[1] * q[1]))


@wrong(
    "scalar",
    "√(2 KL), which is the distance to first order only",
    r"KL|kullback|diverg|local|first order|small",
    on=spaces.NORMAL,
    **DISTANCE,
)
def normal_divergence(p, q):
    kl = math.log(q[1] / p[1]) + (p[1] ** 2 + (p[0] - q[0]) ** 2) / (2 * q[1] ** 2) - 0.5
    return math.sqrt(2 * kl)


@wrong("scalar", "the square of the distance", r"square", on=spaces.NORMAL, **DISTANCE)
def normal_distance_squared(p, q):
    return normal_distance(p, q) ** 2


@wrong(
    "metric",
    "the straight line's length with the metric at its middle",
    r"straight|midpoint|middle|chord|geodesic",
    on=spaces.NORMAL,
    **DISTANCE,
)
def normal_midpoint(p, q):
    d, s = np.subtract(q, p), (p[1] + q[1]) / 2
    return math.sqrt(d[0] ** 2 + 2 * d[1] ** 2) / s


@wrong("scalar", "the chord through the ball", r"chord|euclid|straight", on=spaces.SPHERE1, **DISTANCE)
def sphere_chord(p, q):
    return 2 * math.sin(sphere_distance(p, q) / 2)


@wrong("scalar", "Hellinger's angle without Fisher's 2", *HALF, on=spaces.BERNOULLI, **DISTANCE)
def bernoulli_half(p, q):
    return bernoulli_distance(p, q) / 2


@wrong("scalar", "chart distance √(dθ² + dφ²)", r"euclid|chart|coordinate|metric", on=spaces.SPHERE1, **DISTANCE)
def sphere_chart(p, q):
    return math.hypot(p[0] - q[0], p[1] - q[1])
