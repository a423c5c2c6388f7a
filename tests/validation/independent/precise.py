"""Programs with fifty digits, Richardson's extrapolation, splines, Chebyshev nodes and other careful arithmetic, and
some that lose it again."""

from __future__ import annotations

from functools import cache

import mpmath as mp
import numpy as np

from .classical import dmetric, five, inv
from .record import REGULAR, SIGN, SINGLE, STEP, TRANSPOSED, TWICE, right, wrong
from .spaces import FLRW, NORMAL, SPHERE, THREE_SPHERE, TORUS


def contract(g, d, dd):
    """R from g, d[k, i, j], dd[l, k, i, j]; any number type."""
    n = len(g)
    u = np.array((mp.matrix(g.tolist()) ** -1).tolist(), dtype=object).reshape(n, n)
    low = (np.einsum("jmk->mjk", d) + np.einsum("kmj->mjk", d) - d) / 2
    G = np.einsum("im,mjk->ijk", u, low)
    dlow = (np.einsum("ljmk->lmjk", dd) + np.einsum("lkmj->lmjk", dd) - dd) / 2
    du = -np.einsum("ia,lab->lib", u, d)
    du = np.einsum("lib,bj->lij", du, u)
    dG = np.einsum("lim,mjk->lijk", du, low) + np.einsum("im,lmjk->lijk", u, dlow)
    t = np.einsum("kijl->ijkl", dG) + np.einsum("ikm,mjl->ijkl", G, G)
    return u, G, t - t.swapaxes(2, 3)


def mp_jets(metric, x, digits=50):
    with mp.workdps(digits):
        n, h = len(x), mp.mpf(10) ** (-digits // 4)
        q = np.array([mp.mpf(float(c)) for c in x], dtype=object)
        at = lambda *steps: np.array(
            metric(q + h * np.array([sum(s for i, s in steps if i == k) for k in range(n)], dtype=object)), dtype=object
        ).reshape(n, n)
        g = at()
        d = np.array([(at((k, 1)) - at((k, -1))) / (2 * h) for k in range(n)], dtype=object)
        dd = np.empty((n, n, n, n), dtype=object)
        for k in range(n):
            for l in range(k + 1):
                dd[k, l] = dd[l, k] = (
                    at((k, 1), (l, 1)) - at((k, 1), (l, -1)) - at((k, -1), (l, 1)) + at((k, -1), (l, -1))
                ) / (4 * h * h)
        return g, d, dd


@right("differences with 50 digits and a step of 1e-13", accuracy=1e-9)
def mp_scalar(metric, x):
    with mp.workdps(50):
        u, _, R = contract(*mp_jets(metric, x))
        return float(np.sum(u * np.einsum("ijil->jl", R)))


@right("the same, Christoffel symbols as a nested list", quantity="christoffel", accuracy=1e-9)
def mp_christoffel(metric, x):
    with mp.workdps(50):
        return contract(*mp_jets(metric, x))[1].astype(float).tolist()


@right("the same, an mpmath number for an answer", on=SPHERE)
def mp_sphere(x):
    return mp.mpf(2) / 4


@right("mpmath's own diff on the profile", on=TORUS)
def mp_torus(x):
    with mp.workdps(50):
        w = lambda s: 2 + mp.cos(s)
        s = mp.mpf(float(x[0]))
        return float(-2 * mp.diff(w, s, 2) / w(s))


@wrong("riemann", "fifty digits of the wrong sign between the derivatives", "∂Γ", "derivative", "sign")
def mp_derivatives_added(metric, x):
    with mp.workdps(50):
        g, d, dd = mp_jets(metric, x)
        u, G, R = contract(g, d, dd)
        quad = np.einsum("ikm,mjl->ijkl", G, G)
        quad = quad - quad.swapaxes(2, 3)
        dG = R - quad
        ricci = np.einsum("ijil->jl", quad) - np.einsum("ijil->jl", dG)
        return float(np.sum(u * ricci))


@wrong(
    "metric derivative",
    "mixed second derivatives are taken for zero",
    "mixed",
    "cross",
    "off-diagonal",
    "second derivative",
    "∂∂",
    "diagonal",
)
def mp_without_mixed(metric, x):
    with mp.workdps(50):
        g, d, dd = mp_jets(metric, x)
        for k in range(len(x)):
            for l in range(len(x)):
                if k != l:
                    dd[k, l] = 0 * dd[k, l]
        u, _, R = contract(g, d, dd)
        return float(np.sum(u * np.einsum("ijil->jl", R)))


@wrong("metric derivative", "second derivatives of the metric are forgotten", "second derivative", "∂Γ", "∂∂", "linear")
def mp_without_second(metric, x):
    with mp.workdps(50):
        g, d, dd = mp_jets(metric, x)
        u, _, R = contract(g, d, 0 * dd)
        return float(np.sum(u * np.einsum("ijil->jl", R)))


@wrong("output", "fifty digits are cut to single precision in the answer", *SINGLE, on=TORUS)
def mp_single(x):
    return np.float32(mp_torus(x))


@wrong(
    "arithmetic",
    "fifty digits are cut to half precision in the answer",
    "float16",
    "half.precision",
    "precision",
    "round",
    on=TORUS,
)
def mp_half(x):
    return np.float16(mp_torus(x))


# --- plain differences ---------------------------------------------------------------------------------------------


def scalar_by(diff, metric, x):
    """R through a derivative rule: diff(f, x)[k] = ∂_k f."""

    def symbols(y):
        d = diff(lambda z: np.asarray(metric(z), dtype=float), y)
        low = (np.einsum("jmk->mjk", d) + np.einsum("kmj->mjk", d) - d) / 2
        return np.einsum("im,mjk->ijk", np.linalg.inv(metric(y)), low)

    G, d = symbols(x), diff(symbols, x)
    t = np.einsum("kijl->ijkl", d) + np.einsum("ikm,mjl->ijkl", G, G)
    return np.einsum("jl,ijil", np.linalg.inv(metric(x)), t - t.swapaxes(2, 3))


def central(h):
    return lambda f, x: np.array([(f(x + e) - f(x - e)) / (2 * h) for e in h * np.eye(len(x))])


def richardson(h):
    def rule(f, x):
        a, b = central(h)(f, x), central(h / 2)(f, x)
        return (4 * b - a) / 3

    return rule


def chebyshev(radius, degree=9):
    """The derivative at the middle of the interpolating polynomial on Chebyshev nodes."""
    s = np.cos(np.pi * np.arange(degree + 1) / degree)
    V = np.vander(s, increasing=True)
    w = np.linalg.solve(V.T, np.eye(degree + 1)[1]) / radius
    return lambda f, x: np.array(
        [np.tensordot(w, np.array([f(x + radius * c * e) for c in s]), 1) for e in np.eye(len(x))]
    )


@right("three points, h = 1e-3", accuracy=2e-4)
def three_points(metric, x):
    return scalar_by(central(1e-3), metric, np.asarray(x, float))


@right("three points with the step as a parameter", accuracy=2e-4)
def three_points_parameter(metric, x, h=2e-4):
    return scalar_by(central(h), metric, np.asarray(x, float))


@right("five points, h = 1e-3", accuracy=1e-6)
def five_points(metric, x, h=1e-3):
    def rule(f, y):
        return np.array(
            [(f(y - 2 * e) - 8 * f(y - e) + 8 * f(y + e) - f(y + 2 * e)) / (12 * h) for e in h * np.eye(len(y))]
        )

    return scalar_by(rule, metric, np.asarray(x, float))


@right("Richardson's extrapolation from h = 4e-3", accuracy=1e-6)
def extrapolated(metric, x):
    return scalar_by(richardson(4e-3), metric, np.asarray(x, float))


@right("Chebyshev nodes within 0.05", accuracy=1e-6)
def chebyshev_nodes(metric, x):
    return scalar_by(chebyshev(0.02), metric, np.asarray(x, float))


@right("step scaled by the coordinate, cube root of epsilon", accuracy=2e-4, quantity="christoffel")
def scaled_step(metric, x):
    x = np.asarray(x, float)
    d = []
    for k, e in enumerate(np.eye(len(x))):
        h = np.finfo(float).eps ** (1 / 3) * max(1, abs(x[k]))
        d.append((metric(x + h * e) - metric(x - h * e)) / (2 * h))
    d = np.array(d)
    return np.einsum(
        "im,mjk->ijk", np.linalg.inv(metric(x)), (np.einsum("jmk->mjk", d) + np.einsum("kmj->mjk", d) - d) / 2
    )


@right("adaptive: halve the step until two answers agree", accuracy=1e-5)
def adaptive_step(metric, x):
    x, h = np.asarray(x, float), 0.02
    best, error = scalar_by(richardson(h), metric, x), np.inf
    for _ in range(5):
        h /= 2
        new = scalar_by(richardson(h), metric, x)
        if abs(new - best) >= error:
            break
        best, error = new, abs(new - best)
    return best


@right("complex step for the metric, Richardson for Γ", accuracy=1e-6)
def complex_and_richardson(metric, x):
    def symbols(y):
        d = dmetric(metric, y)
        return np.einsum("im,mjk->ijk", inv(metric, y), (np.einsum("jmk->mjk", d) + np.einsum("kmj->mjk", d) - d) / 2)

    x = np.asarray(x, float)
    G, d = symbols(x), richardson(3e-3)(symbols, x)
    t = np.einsum("kijl->ijkl", d) + np.einsum("ikm,mjl->ijkl", G, G)
    return np.einsum("jl,ijil", inv(metric, x), t - t.swapaxes(2, 3))


@right("second derivatives after Landau & Lifshitz, from metric values only", accuracy=1e-5)
def landau_from_values(metric, x):
    x = np.asarray(x, float)
    f = lambda y: np.asarray(metric(y), float)
    d, dd = five(f, x), five(lambda y: five(f, y), x)
    u = np.linalg.inv(f(x))
    G = np.einsum("im,mjk->ijk", u, (np.einsum("jmk->mjk", d) + np.einsum("kmj->mjk", d) - d) / 2)
    flat = (
        np.einsum("klim->iklm", dd)
        + np.einsum("imkl->iklm", dd)
        - np.einsum("kmil->iklm", dd)
        - np.einsum("ilkm->iklm", dd)
    )
    R = flat / 2 + np.einsum("np,nkl,pim->iklm", f(x), G, G) - np.einsum("np,nkm,pil->iklm", f(x), G, G)
    return np.einsum("il,km,iklm", u, u, R)


@right(
    "in an orthonormal frame from a Cholesky factor: R is a trace there (positive metrics)",
    accuracy=1e-6,
    options={"suite": "riemannian"},
)
def cholesky_frame(metric, x):
    from .classical import einsum_riemann_down

    E = np.linalg.inv(np.linalg.cholesky(metric(x))).T  # columns are the frame
    R = np.einsum("ijkl,ia,jb,kc,ld->abcd", einsum_riemann_down(metric, x), E, E, E, E, optimize=True)
    return np.einsum("abab", R)


@right("sum of sectional curvatures of a frame", accuracy=1e-6, options={"suite": "riemannian"})
def sectional_sum(metric, x):
    from .classical import einsum_riemann_down

    w, V = np.linalg.eigh(metric(x))
    R, n = einsum_riemann_down(metric, x), len(x)
    E = V / np.sqrt(w)
    K = lambda a, b: np.einsum("ijkl,i,j,k,l", R, E[:, a], E[:, b], E[:, a], E[:, b])
    return sum(K(a, b) for a in range(n) for b in range(n) if a != b)


@right("caching done right: the key is the whole point", on=TORUS)
def cached_right(x):
    return _cached(tuple(np.asarray(x).tolist()))


@cache
def _cached(q):
    return 2 * np.cos(q[0]) / (2 + np.cos(q[0]))


@right("a memory of metric values with exact keys", accuracy=1e-6)
def memoised_metric(metric, x):
    memory = {}

    def g(y):
        key = np.asarray(y).tobytes()
        if key not in memory:
            memory[key] = np.asarray(metric(y), float)
        return memory[key]

    return scalar_by(richardson(4e-3), g, np.asarray(x, float))


@right("three-sphere: R = 6", on=THREE_SPHERE)
def three_sphere_scalar(x):
    return 6.0


@right("Ricci tensor of a space of constant curvature: (n − 1) K g", on=THREE_SPHERE, quantity="ricci")
def three_sphere_ricci(q):
    s = np.sin(q[0]) ** 2
    return 2 * np.diag([1, s, s * np.sin(q[1]) ** 2])


@right("normal family: Ricci is −g/2", on=NORMAL, quantity="ricci", form="coordinates")
def normal_ricci(mu, sigma):
    return [[-0.5 / sigma**2, 0], [0, -1 / sigma**2]]


@right("R of FLRW: 6 (a″/a + a′²/a²)", on=FLRW, form="coordinates")
def flrw_scalar(t, x, y, z):
    return 6 * ((2 / 3) * (-1 / 3) + (2 / 3) ** 2) / t**2


@wrong("arithmetic", "central differences twice with h = 1e-7: rounding swamps", *STEP, "noise", "too small")
def step_too_small(metric, x):
    return scalar_by(central(1e-7), metric, np.asarray(x, float))


@wrong("arithmetic", "h = 0.3", *STEP, "too large", "approxim")
def step_too_large(metric, x):
    return scalar_by(central(0.3), metric, np.asarray(x, float))


@wrong("metric derivative", "one-sided differences, h = 1e-3", "one-sided", "forward", *STEP)
def step_one_sided(metric, x, h=1e-3):
    forward = lambda f, y: np.array([(f(y + e) - f(y)) / h for e in h * np.eye(len(y))])
    return scalar_by(forward, metric, np.asarray(x, float))


@wrong(
    "metric derivative", "(f₊ − f₋)/h everywhere", *TWICE, "derivative", "factor.{0,20}4", "\\b4 times", "difference"
)
def step_without_two(metric, x):
    return scalar_by(lambda f, y: 2 * central(1e-4)(f, y), metric, np.asarray(x, float))


@wrong(
    "metric derivative",
    "the five-point rule with divisor 12 read as 6",
    *TWICE,
    "derivative",
    "factor.{0,20}4",
    "\\b4 times",
    "difference",
)
def five_points_divisor(metric, x, h=1e-3):
    def rule(f, y):
        return np.array(
            [(f(y - 2 * e) - 8 * f(y - e) + 8 * f(y + e) - f(y + 2 * e)) / (6 * h) for e in h * np.eye(len(y))]
        )

    return scalar_by(rule, metric, np.asarray(x, float))


@wrong(
    "metric derivative",
    "the five-point rule with its signs exchanged: −∂",
    "sign",
    "derivative",
    quantity="christoffel",
)
def five_points_sign(metric, x, h=1e-3):
    x = np.asarray(x, float)
    d = np.array(
        [
            (metric(x + 2 * e) - 8 * metric(x + e) + 8 * metric(x - e) - metric(x - 2 * e)) / (12 * h)
            for e in h * np.eye(len(x))
        ]
    )
    return np.einsum(
        "im,mjk->ijk", np.linalg.inv(metric(x)), (np.einsum("jmk->mjk", d) + np.einsum("kmj->mjk", d) - d) / 2
    )


@wrong("arithmetic", "metric and point in single precision, complex-step-free jacobian by h = 1e-2", *SINGLE, *STEP)
def single_precision(metric, x):
    f = lambda y: np.asarray(metric(np.asarray(y, np.float32)), np.float32).astype(float)
    return scalar_by(richardson(2e-2), f, np.asarray(x, np.float32).astype(float))


@wrong("inverse", "a ridge of 1e-3 on the metric before inversion", *REGULAR)
def ridge(metric, x):
    return scalar_by(
        richardson(4e-3), lambda y: np.asarray(metric(y), float) + 1e-3 * np.eye(len(y)), np.asarray(x, float)
    )


@wrong(
    "inverse",
    "the smallest eigenvalue is lifted to 0.8",
    "clip",
    "eigen",
    "floor",
    "lift",
    *REGULAR,
    "inverse",
    quantity="inverse_metric",
)
def eigenvalues_clipped(metric, x):
    w, V = np.linalg.eigh(metric(x))
    return (V / np.maximum(w, 0.8)) @ V.T


@wrong(
    "inverse",
    "pinv with rcond = 0.2",
    "pinv",
    "pseudo",
    "cut",
    "small (eigen|singular)",
    "truncat",
    "rank",
    quantity="inverse_metric",
)
def pinv_cut(metric, x):
    return np.linalg.pinv(metric(x), rcond=0.2)


@wrong(
    "inverse",
    "pinv with rcond = 0.2, in the scalar",
    "pinv",
    "pseudo",
    "cut",
    "small (eigen|singular)",
    "truncat",
    "rank",
    "inverse",
)
def pinv_scalar(metric, x):
    from .classical import ric

    return np.sum(np.linalg.pinv(metric(x), rcond=0.2) * ric(metric, x))


@wrong("inverse", "ridge of 1e-4 on the inverse's eigenvalues", *REGULAR, quantity="inverse_metric")
def ridge_inverse(metric, x):
    return inv(metric, x) + 1e-4 * np.eye(len(x))


@wrong(
    "arithmetic",
    "the point is cut to integers: np.asarray(x, int)",
    "integer",
    "int\\b",
    "truncat",
    "round",
    "point",
    on=TORUS,
)
def integer_point(x):
    return mp_torus(np.asarray(x).astype(int))


@wrong("arithmetic", "the point is rounded to three decimals", "round", "decimal", "point")
def rounded_point(metric, x):
    return scalar_by(richardson(4e-3), metric, np.round(np.asarray(x, float), 3))


@wrong(
    "caching",
    "the metric is remembered by rounded coordinates: differences of nothing",
    "zero",
    "cache",
    "round",
    "step",
    "key",
    "constant",
    "difference",
)
def memoised_rounded(metric, x):
    memory = {}
    g = lambda y: memory.setdefault(tuple(np.round(y, 2)), np.asarray(metric(y), float))
    return scalar_by(central(1e-4), g, np.asarray(x, float))


@wrong(
    "christoffel",
    "sign of the connection's quadratic terms, by Richardson",
    "ΓΓ",
    "sign",
    "quadratic",
    "product",
    *SIGN,
    never=("overall",),
)
def richardson_products(metric, x):
    def symbols(y):
        d = richardson(4e-3)(lambda z: np.asarray(metric(z), float), y)
        return np.einsum(
            "im,mjk->ijk", np.linalg.inv(metric(y)), (np.einsum("jmk->mjk", d) + np.einsum("kmj->mjk", d) - d) / 2
        )

    x = np.asarray(x, float)
    G, d = symbols(x), richardson(4e-3)(symbols, x)
    t = np.einsum("kijl->ijkl", d) - np.einsum("ikm,mjl->ijkl", G, G)
    return np.einsum("jl,ijil", np.linalg.inv(metric(x)), t - t.swapaxes(2, 3))


@wrong(
    "riemann",
    "the derivative's axis is appended last by np.stack(axis=-1) and read as first",
    *TRANSPOSED,
    "∂Γ",
    "derivative",
)
def stacked_last(metric, x):
    def symbols(y):
        d = five(lambda z: np.asarray(metric(z), float), y)
        return np.einsum(
            "im,mjk->ijk", np.linalg.inv(metric(y)), (np.einsum("jmk->mjk", d) + np.einsum("kmj->mjk", d) - d) / 2
        )

    x = np.asarray(x, float)
    G, d = symbols(x), np.moveaxis(five(symbols, x), 0, -1)
    t = np.einsum("kijl->ijkl", d) + np.einsum("ikm,mjl->ijkl", G, G)
    return np.einsum("jl,ijil", np.linalg.inv(metric(x)), t - t.swapaxes(2, 3))
