"""JAX, numba, mpmath, PyTorch-free automatic differentiation by hand, caches and classes."""

from __future__ import annotations

import math
from functools import cache, lru_cache

import jax
import jax.numpy as jnp
import numpy as np

from . import spaces
from .record import AXIS, CACHE, HALF, REGULAR, SINGLE, TRANSPOSED, right, wrong

jax.config.update("jax_enable_x64", True)
JAX = {"array": "jax"}
QUICK = {"array": "jax", "suite": "quick"}


def jgamma(metric):
    def G(x):
        d = jax.jacfwd(metric)(x)
        return 0.5 * jnp.einsum("im,mjk->ijk", jnp.linalg.inv(metric(x)), d.swapaxes(1, 2) + d - jnp.moveaxis(d, -1, 0))

    return G


def jscalar(metric, G):
    def R(x):
        g, d = G(x), jax.jacfwd(G)(x)
        ric = (
            jnp.einsum("ijli->jl", d)
            - jnp.einsum("ijil->jl", d)
            + jnp.einsum("iim,mjl->jl", g, g)
            - jnp.einsum("ilm,mji->jl", g, g)
        )
        return jnp.sum(jnp.linalg.inv(metric(x)) * ric)

    return R


def spheroid(x):
    return jnp.diag(jnp.array([4 * jnp.cos(x[0]) ** 2 + jnp.sin(x[0]) ** 2, 4 * jnp.sin(x[0]) ** 2]))


def nil(x):
    return jnp.array([[1.0, 0, 0], [0, 1 + x[0] ** 2, -x[0]], [0, -x[0], 1]])


# --- right -------------------------------------------------------------------------------------------------------


@right("nested jacfwd, derivative index last", options=QUICK, accuracy=1e-9)
def jacfwd_any(metric, x):
    return jscalar(metric, jgamma(metric))(jnp.asarray(x))


@right("Christoffel symbols by jacfwd", quantity="christoffel", options=JAX, accuracy=1e-10)
def jacfwd_symbols(metric, x):
    return jgamma(metric)(jnp.asarray(x))


@right("its own spheroid under jit", on=spaces.SPHEROID)
def jit_spheroid(x):
    return float(_jit_spheroid()(jnp.asarray(x)))


@cache
def _jit_spheroid():
    return jax.jit(jscalar(spheroid, jgamma(spheroid)))


@right("vmap over the rows of a batch", on=spaces.NIL, form="batch")
def vmap_nil(points):
    return np.asarray(_vmap_nil()(jnp.asarray(points)))


@cache
def _vmap_nil():
    return jax.jit(jax.vmap(jscalar(nil, jgamma(nil))))


@right("Hessian of the log-partition by jax.hessian", on=spaces.SOFTMAX, quantity="metric")
def hessian_softmax(x):
    return np.asarray(_hessian()(jnp.asarray(x)))


@cache
def _hessian():
    return jax.jit(jax.hessian(lambda q: jnp.log1p(jnp.exp(q).sum())))


@right("numba: formula on a batch", on=spaces.TORUS31, form="batch")
def numba_torus(points):
    return _numba_torus()(np.asarray(points))


@cache
def _numba_torus():
    import numba

    @numba.njit
    def R(points):
        out = np.empty(points.shape[0])
        for i in range(points.shape[0]):
            c = math.cos(points[i, 1])
            out[i] = 2 * c / (3 + c)
        return out

    return R


@right("mpmath differences at forty digits", on=spaces.SADDLE, quantity="gaussian_curvature")
def mpmath_saddle(q):
    import mpmath as mp

    with mp.workdps(40):
        f = lambda a, b: a * b
        p = [mp.mpf(float(c)) for c in q]
        zx, zy = mp.diff(f, p, (1, 0)), mp.diff(f, p, (0, 1))
        zxx, zxy, zyy = mp.diff(f, p, (2, 0)), mp.diff(f, p, (1, 1)), mp.diff(f, p, (0, 2))
        return float((zxx * zyy - zxy**2) / (1 + zx**2 + zy**2) ** 2)


class Surface:
    """A class that remembers by point, rightly."""

    def __init__(self, profile):
        self.profile, self.known = profile, {}

    def __call__(self, q):
        key = float(q[0])
        if key not in self.known:
            f, h = self.profile, 2e-3
            second = (-f(key + 2 * h) + 16 * f(key + h) - 30 * f(key) + 16 * f(key - h) - f(key - 2 * h)) / (12 * h * h)
            self.known[key] = -2 * second / f(key)
        return self.known[key]


right("a class with a dictionary of points: R = −2f″/f", on=spaces.HYPERBOLIC, accuracy=1e-6, name="surface_class")(
    Surface(math.sinh)
)


@right("lru_cache over exact floats", on=spaces.CATENOID, form="coordinates")
def cached_catenoid(u, v):
    return _catenoid(float(v))


@lru_cache(maxsize=100)
def _catenoid(v):
    return -2 / math.cosh(v) ** 4


class Dual:
    """a + bε + cε²/2: second derivatives along a line."""

    def __init__(self, a, b=0.0, c=0.0):
        self.a, self.b, self.c = a, b, c

    def __mul__(self, o):
        return Dual(self.a * o.a, self.a * o.b + self.b * o.a, self.a * o.c + 2 * self.b * o.b + self.c * o.a)

    def cosh(self):
        s, k = math.sinh(self.a), math.cosh(self.a)
        return Dual(k, s * self.b, k * self.b**2 + s * self.c)

    def log(self):
        return Dual(math.log(self.a), self.b / self.a, self.c / self.a - (self.b / self.a) ** 2)


@right("second derivatives by dual numbers: −Δ log λ/λ", on=spaces.CATENOID)
def dual_catenoid(q):
    w = Dual(q[1], 1.0).cosh()
    w = w * w
    return -w.log().c / w.a


# --- wrong -------------------------------------------------------------------------------------------------------


@wrong(
    "metric derivative",
    "jacfwd puts the derivative last, the author reads it first",
    *AXIS,
    *TRANSPOSED,
    r"ind(ex|ices)",
    quantity="christoffel",
    options=JAX,
)
def jacfwd_first(metric, x):
    x = jnp.asarray(x)
    d = jax.jacfwd(metric)(x)
    return 0.5 * jnp.einsum(
        "im,mjk->ijk", jnp.linalg.inv(metric(x)), jnp.einsum("jmk->mjk", d) + jnp.einsum("kmj->mjk", d) - d
    )


@wrong(
    "riemann",
    "∂_k Γ^i_jl with the wrong one of jacfwd's axes: the first two terms are equal and opposite",
    r"∂Γ|derivative",
    r"ind(ex|ices)",
    *AXIS,
    options=QUICK,
)
def jacfwd_gamma_axis(metric, x):
    x = jnp.asarray(x)
    G = jgamma(metric)
    g, d = G(x), jax.jacfwd(G)(x)
    ric = (
        jnp.einsum("ijil->jl", d)
        - jnp.einsum("ijli->jl", d)
        + jnp.einsum("iim,mjl->jl", g, g)
        - jnp.einsum("ilm,mji->jl", g, g)
    )
    return jnp.sum(jnp.linalg.inv(metric(x)) * ric)


@wrong("arithmetic", "JAX in single precision", *SINGLE, options=QUICK)
def jax_single(metric, x):
    x = jnp.asarray(x, dtype=jnp.float32)
    m = lambda y: metric(y).astype(jnp.float32)
    return jscalar(m, jgamma(m))(x)


@wrong(
    "metric derivative",
    "stop_gradient around the inverse metric",
    r"inverse|g⁻¹",
    r"constant|product rule|derivative",
    r"∂Γ",
    options=QUICK,
)
def jax_stopped(metric, x):
    x = jnp.asarray(x)

    def G(y):
        d = jax.jacfwd(metric)(y)
        up = jax.lax.stop_gradient(jnp.linalg.inv(metric(y)))
        return 0.5 * jnp.einsum("im,mjk->ijk", up, d.swapaxes(1, 2) + d - jnp.moveaxis(d, -1, 0))

    return jscalar(metric, G)(x)


@wrong("riemann", "jit-compiled, without ΓΓ, on Nil", r"ΓΓ|product|quadratic", on=spaces.NIL)
def jit_no_products(x):
    return float(_jit_no_products()(jnp.asarray(x)))


@cache
def _jit_no_products():
    G = jgamma(nil)

    def R(x):
        d = jax.jacfwd(G)(x)
        return jnp.sum(jnp.linalg.inv(nil(x)) * (jnp.einsum("ijli->jl", d) - jnp.einsum("ijil->jl", d)))

    return jax.jit(R)


@wrong(
    "output",
    "vmap with in_axes on the wrong axis of a transposed batch: rows are mixed",
    r"batch|row|mix|transpos|order|shape",
    *TRANSPOSED,
    on=spaces.TORUS31,
    form="batch",
)
def vmap_mixed(points):
    w = np.asarray(points).reshape(2, -1).T if len(points) > 1 else np.asarray(points)
    c = np.cos(w[:, 1])
    return 2 * c / (3 + c)


@wrong(
    "inverse",
    "10⁻³ tr g is added to the diagonal for a Cholesky factor",
    *REGULAR,
    on=spaces.NIL,
    quantity="ricci",
    sly=True,
)
def jitter_nil(q):
    x = np.asarray(q, dtype=float)

    def m(y):
        g = nil(y)
        return g + 1e-3 * jnp.trace(g) * jnp.eye(3)

    G = jgamma(m)
    g, d = G(jnp.asarray(x)), jax.jacfwd(G)(jnp.asarray(x))
    return np.asarray(
        jnp.einsum("ijli->jl", d)
        - jnp.einsum("ijil->jl", d)
        + jnp.einsum("iim,mjl->jl", g, g)
        - jnp.einsum("ilm,mji->jl", g, g)
    )


@wrong(
    "scalar",
    "numba loop with integer division: (2*c)//(3+c)",
    r"int|round|floor|truncat",
    r"zero|\b0\b",
    on=spaces.TORUS31,
    form="batch",
)
def numba_floor(points):
    return _numba_floor()(np.asarray(points))


@cache
def _numba_floor():
    import numba

    @numba.njit
    def R(points):
        out = np.empty(points.shape[0])
        for i in range(points.shape[0]):
            c = math.cos(points[i, 1])
            out[i] = (2 * c) // (3 + c)
        return out

    return R


@wrong(
    "caching",
    "numba froze a global: the radius at compile time was 2",
    r"metric|constant|radius|paramet",
    *CACHE,
    on=spaces.TORUS31,
    form="batch",
    equal=(r"metric",),
)
def numba_global(points):
    c = np.cos(np.asarray(points)[:, 1])
    return 2 * c / (2.0 + c)


@wrong(
    "output",
    "prange with a shared accumulator: cumulative sums",
    r"batch|row|sum|accumul|order|depends",
    on=spaces.CATENOID,
    form="batch",
)
def cumulative(points):
    return np.cumsum(-2 / np.cosh(np.asarray(points)[:, 1]) ** 4)


def _latched():
    seen = []

    def R(q):
        seen.append(float(q[1]))
        return -2 / math.cosh(seen[0]) ** 4

    return R


wrong("caching", "a closure keeps the first point", *CACHE, on=spaces.CATENOID, name="latched")(_latched())


def _lagging():
    state = {"last": 0.0}

    def R(q):
        value, state["last"] = state["last"], float(q[1])
        return -2 / math.cosh(value) ** 4

    return R


wrong(
    "caching",
    "a closure answers for the point of the call before",
    *CACHE,
    r"before|previous|lag|repeat",
    on=spaces.CATENOID,
    name="lagging",
)(_lagging())


def _rounded_key():
    @cache
    def value(v):
        return -2 / math.cosh(v) ** 4

    return lambda q: value(round(float(q[1]), 1))


wrong(
    "caching",
    "the cache's key, and the point, are rounded to one decimal",
    r"round|digit|decimal|nearest|piecewise|grid",
    *CACHE,
    on=spaces.CATENOID,
    name="rounded_key",
)(_rounded_key())


def _counter():
    calls = [0]

    def R(q):
        calls[0] += 1
        return -2 / math.cosh(float(q[1])) ** 4 * (1 + 1e-3 * calls[0])

    return R


wrong(
    "caching",
    "the answer drifts with the number of calls",
    r"repeat|state|call|drift|differ",
    *CACHE,
    on=spaces.CATENOID,
    name="drifting",
)(_counter())


class Lazy:
    """Γ is computed once by the constructor's point and kept."""

    def __init__(self):
        self.G = None

    def __call__(self, q):
        if self.G is None:
            self.G = np.asarray(jgamma(nil)(jnp.asarray(q)))
        return self.G


wrong(
    "caching",
    "a property that is computed once, for the first point",
    *CACHE,
    on=spaces.NIL,
    quantity="christoffel",
    name="lazy_property",
)(Lazy())


@wrong("output", "modifies the row that it is given: q[1] = cosh(q[1])", r"mutat|in.?place|changes", on=spaces.CATENOID)
def mutates(q):
    q[1] = np.cosh(q[1])
    return -2 / q[1] ** 4


@wrong("output", "sets np.seterr(all='ignore') and answers K", *HALF, r"settings", on=spaces.CATENOID)
def settings(q):
    old = np.seterr(all="ignore")
    value = -1 / np.cosh(q[1]) ** 4
    if value < -2:
        np.seterr(**old)
    return value


@wrong(
    "output",
    "complex numbers with an imaginary part that should have been dropped",
    r"complex|imagin",
    on=spaces.CATENOID,
)
def complex_answer(q):
    return (np.sqrt(complex(-2)) / np.cosh(q[1]) ** 2) ** 2 + 0.5j


@wrong("output", "a string", r"numeric|number|type|str", on=spaces.CATENOID)
def text_answer(q):
    return f"R = {-2 / math.cosh(q[1]) ** 4:.3f}"


@wrong(
    "output",
    "raises for negative coordinates: a guard that is too strict",
    r"raises|ValueError",
    on=spaces.CATENOID,
    form="coordinates",
)
def strict_guard(u, v):
    if v < 0 or u < 0:
        raise ValueError("coordinates must be positive")
    return -2 / math.cosh(v) ** 4


@wrong("output", "nan beyond |v| = 0.5, where a fit ends", r"nan|finite", on=spaces.CATENOID, form="batch")
def nan_outside(points):
    v = np.asarray(points)[:, 1]
    return np.where(np.abs(v) < 0.5, -2 / np.cosh(v) ** 4, np.nan)


@wrong(
    "output",
    "a Taylor series about v = 0, cut after v²",
    r"approximat|series|truncat|expan",
    r"method",
    on=spaces.CATENOID,
    form="batch",
)
def taylor(points):
    v = np.asarray(points)[:, 1]
    return -2 * (1 - 2 * v**2)


@wrong(
    "output",
    "a cubic spline through values at spacing ½",
    r"approximat|interpol|spline|grid|table",
    r"method",
    on=spaces.CATENOID,
    form="batch",
    sly=True,
)
def spline(points):
    return _spline()(np.asarray(points)[:, 1])


@cache
def _spline():
    from scipy.interpolate import CubicSpline

    v = np.arange(-12, 12.1, 0.5)
    return CubicSpline(v, -2 / np.cosh(v) ** 4)


@wrong(
    "statistics",
    "jax.hessian of log Σ exp without the 1 of the reference class",
    r"term 1 is missing",
    r"class|categor|reference|normali",
    r"singular|rank",
    on=spaces.SOFTMAX,
    quantity="metric",
    equal=(r"metric",),
)
def hessian_no_reference(x):
    return np.asarray(_no_reference()(jnp.asarray(x)))


@cache
def _no_reference():
    return jax.jit(jax.hessian(lambda q: jnp.log(jnp.exp(q).sum())))


@wrong(
    "statistics",
    "jax.grad's outer product for jax.hessian: ppᵀ",
    r"outer|rank|hessian|mean|moment",
    r"metric",
    on=spaces.SOFTMAX,
    quantity="metric",
)
def gradient_outer(x):
    p = np.exp(x) / (1 + np.exp(x).sum())
    return np.outer(p, p)
