"""The competitors: NumPy by hand, C, JAX; each gives a function of no arguments that returns R on the grid."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import sympy as sp

HERE = Path(__file__).resolve().parent
FLAGS = ["-O3", "-march=native", "-ffast-math", "-fopenmp", "-shared", "-fPIC"]
Run = Callable[[], np.ndarray]

#: Name of a loss -> (loss and order for TwoWeightNeuron, -DLOSS and -DORDER for C).
LOSSES = {
    "mean power 2": (("mean_power", 2), (0, 2)),
    "mean power 4": (("mean_power", 4), (0, 4)),
    "mean power 6": (("mean_power", 6), (0, 6)),
    "L_p norm": (("lp_norm", 2), (1, 2)),
    "cross-entropy": (("cross_entropy", 1), (2, 2)),
}


def frame_curvature(g11, g12, g22, t1, t2, t3, t4):
    """R of a Hessian metric from its seven moments, in an orthogonal frame."""
    m = g12 / g11
    d = g22 - m * g12
    s1, s2, s3, s4 = t1, t2 - m * t1, t3 - m * (2 * t2 - m * t1), t4 - m * (3 * t3 - m * (3 * t2 - m * t1))
    return ((s2 * s2 - s1 * s3) / g11 + (s3 * s3 - s2 * s4) / d) / (2 * g11 * d)


def weights(loss: str, f, q, t, slope: float, second: bool = False):
    """w = (dl/dz)^2, dw/dz and, if asked for, its derivative; z = theta . x."""
    v, d = f * q, (1 - t) * f - t * q
    (kind, order), _ = LOSSES[loss]
    u = q - f
    if kind == "mean_power":
        n = order
        w = n * n * d ** (2 * n - 2) * v * v
        first = 2 * n * n * d ** (2 * n - 3) * v * v * ((n - 1) * v + d * u)
        if second:
            inner = (n - 1) * v + d * u
            rest = (2 * n - 3) * d ** (2 * n - 4) * v**3 * inner + d ** (2 * n - 3) * v * v * (
                2 * u * inner + (n - 1) * v * u + v * u - 2 * d * v
            )
            return slope**2 * w, slope**3 * first, slope**4 * 2 * n * n * rest
    elif kind == "lp_norm":
        w, first = v * v, 2 * v * v * u
        if second:
            return slope**2 * w, slope**3 * first, slope**4 * 4 * v * v * (u * u - v)
    else:
        w, first = d * d, 2 * d * v
        if second:
            return slope**2 * w, slope**3 * first, slope**4 * 2 * (v * v + d * v * u)
    return slope**2 * w, slope**3 * first


def numpy_seven(loss: str, axis: np.ndarray, data, slope: float = 5.0, batch: int = 64) -> Run:
    """Vectorised NumPy that knows the Hessian structure: seven moments by two matrix products.

    `batch` rows of the grid at a time: 64 keep the memory down, 4 also suit the cache.
    """
    x, y, t = data
    metric, cubic = (
        np.stack([x * x, x * y, y * y], 1) / len(x),
        np.stack([x**3, x * x * y, x * y * y, y**3], 1) / len(x),
    )

    def run() -> np.ndarray:
        out = np.empty((axis.size, axis.size))
        for i in range(0, axis.size, batch):
            z = slope * (axis[i : i + batch, None, None] * x + axis[None, :, None] * y)
            e = np.exp(-z)
            f = 1 / (1 + e)
            w, p = weights(loss, f, e * f, t, slope)
            out[i : i + batch] = frame_curvature(*np.moveaxis(w @ metric, -1, 0), *np.moveaxis(p @ cubic, -1, 0))
        return out

    return run


def numpy_twelve(loss: str, axis: np.ndarray, data, slope: float = 5.0, batch: int = 64) -> Run:
    """Vectorised NumPy without that insight: g, its first and its second derivatives, twelve moments."""
    x, y, t = data
    powers = [np.stack([x ** (k - j) * y**j for j in range(k + 1)], 1) / len(x) for k in (2, 3, 4)]

    def run() -> np.ndarray:
        out = np.empty((axis.size, axis.size))
        for i in range(0, axis.size, batch):
            z = slope * (axis[i : i + batch, None, None] * x + axis[None, :, None] * y)
            e = np.exp(-z)
            f = 1 / (1 + e)
            w, p, r = weights(loss, f, e * f, t, slope, second=True)
            out[i : i + batch] = jet_curvature(
                *np.moveaxis(w @ powers[0], -1, 0),
                *np.moveaxis(p @ powers[1], -1, 0),
                *np.moveaxis(r @ powers[2], -1, 0),
            )
        return out

    return run


def jet_curvature(E, F, G, E1, F1, G1, G2, E11, E12, E22, G12, G22):
    """Brioschi's formula for R = 2 K from a surface's E, F, G; derivatives named for a totally symmetric jet."""
    # E_u = E1, E_v = F_u = F1, F_v = G_u = G1, G_v = G2; E_vv = E22, F_uv = E22, G_uu = E22
    first = (-E22 / 2 + E22 - E22 / 2) * (E * G - F * F) + _minor(
        E1 / 2, F1 - F1 / 2, G1 - G1 / 2, G2 / 2, E, F, G, F1 / 2, G1 / 2
    )
    return 2 * first / (E * G - F * F) ** 2


def _minor(a, b, c, d, E, F, G, e, g):
    """The determinants of Brioschi's formula without their leading entries."""
    left = -a * (c * G - F * d) + b * (c * F - E * d)
    right = -e * (e * G - F * g) + g * (e * F - E * g)
    return left - right


def threads() -> int:
    """The processors that everybody here uses."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def library(source: str, defines: list[str]) -> ctypes.CDLL | None:
    """A C file of this folder, compiled here and now; None without a C compiler."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        return None
    target = Path(tempfile.mkdtemp(prefix="chentsov-benchmark-")) / "library.so"
    subprocess.run([compiler, *FLAGS, *defines, str(HERE / source), "-o", str(target), "-lm"], check=True)
    return ctypes.CDLL(str(target))


def compiled(loss: str, name: str, axis: np.ndarray, data, slope: float = 5.0) -> Run | None:
    """`factored` or `plain` of neuron.c, compiled here and now; None without a C compiler."""
    kind, order = LOSSES[loss][1]
    code = library("neuron.c", [f"-DLOSS={kind}", f"-DORDER={order}"])
    if code is None:
        return None
    function = getattr(code, name)
    count, rows = axis.size, len(data[0])
    if count % 16:
        raise ValueError("the C version wants a multiple of 16 points a side")
    columns = [np.ascontiguousarray(c, float) for c in data]
    work = [np.empty((count, count)), np.empty((count, rows)), np.empty((rows, count)), np.empty((rows, 8))]
    pointer = [ctypes.c_void_p(a.ctypes.data) for a in (axis, *columns)]
    tail = [ctypes.c_void_p(a.ctypes.data) for a in work]

    def run() -> np.ndarray:
        function(ctypes.c_int(count), ctypes.c_int(rows), *pointer, ctypes.c_double(slope), *tail)
        return work[0]

    run.keep = (axis, columns, work)  # type: ignore[attr-defined]
    return run


def compiled_formula(formula: sp.Expr, symbols: Sequence[sp.Symbol], points: Sequence[np.ndarray]) -> Run | None:
    """A formula's common subexpressions as C, over points of one thread; None without a C compiler."""
    compiler = shutil.which("gcc")
    if compiler is None:
        return None
    parts, (rest,) = sp.cse([formula])
    lines = [f"double {name} = {sp.ccode(value)};" for name, value in parts]
    lines = [f"double {s.name} = in{k}[i];" for k, s in enumerate(symbols)] + lines
    inputs = ", ".join(f"const double *restrict in{k}" for k in range(len(symbols)))
    source = (
        f"#include <math.h>\nvoid run(long n, {inputs}, double *restrict out)\n"
        f"{{ for (long i = 0; i < n; i++) {{ {' '.join(lines)} out[i] = {sp.ccode(rest)}; }} }}\n"
    )
    folder = Path(tempfile.mkdtemp(prefix="chentsov-benchmark-"))
    (folder / "formula.c").write_text(source)
    flags = ["-O3", "-ffast-math", "-march=native", "-mprefer-vector-width=512", "-shared", "-fPIC"]
    command = [compiler, *flags, str(folder / "formula.c"), "-o", str(folder / "formula.so"), "-lmvec", "-lm"]
    subprocess.run(command, check=True)
    function, out = ctypes.CDLL(str(folder / "formula.so")).run, np.empty_like(points[0])
    arguments = [ctypes.c_long(out.size), *(ctypes.c_void_p(a.ctypes.data) for a in (*points, out))]

    def run() -> np.ndarray:
        function(*arguments)
        return out

    return run


def heyoka_formula(formula: sp.Expr, symbols: Sequence[sp.Symbol], points: Sequence[np.ndarray]) -> Run | None:
    """The formula compiled by heyoka; None without it."""
    try:
        import heyoka
    except ImportError:
        return None
    function = heyoka.cfunc([heyoka.from_sympy(formula)], [heyoka.expression(s.name) for s in symbols])
    inputs, out = np.ascontiguousarray(np.stack(points)), np.empty((1, points[0].size))
    return lambda: function(inputs, outputs=out)[0]


def _jax_ricci_scalar(metric: Callable, inverse_metric: Callable) -> Callable:
    """R at a point by nested jacfwd, as it is written in JAX."""
    import jax
    import jax.numpy as jnp

    def christoffel(theta):
        d = jax.jacfwd(metric)(theta)
        low = (jnp.einsum("mkj->mjk", d) + d - jnp.einsum("jkm->mjk", d)) / 2
        return jnp.einsum("im,mjk->ijk", inverse_metric(theta), low)

    def scalar(theta):
        gamma, d = christoffel(theta), jax.jacfwd(christoffel)(theta)
        ricci = (
            jnp.einsum("ijli->jl", d)
            - jnp.einsum("ijil->jl", d)
            + jnp.einsum("iim,mjl->jl", gamma, gamma)
            - jnp.einsum("ilm,mji->jl", gamma, gamma)
        )
        return jnp.sum(inverse_metric(theta) * ricci)

    return scalar


def jax_nested(loss: str, axis: np.ndarray, data, batch: int, slope: float = 5.0) -> Run | None:
    """R by nested jacfwd of the empirical Fisher metric of the loss as it is written; None without JAX."""
    try:
        import jax
    except ImportError:
        return None
    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp

    x, y, t = (jnp.asarray(c) for c in data)
    (kind, order), _ = LOSSES[loss]

    def subloss(theta, a, b, target):
        f = 1 / (1 + jnp.exp(-slope * (theta[0] * a + theta[1] * b)))
        if kind == "mean_power":
            return (f - target) ** order
        if kind == "lp_norm":
            return jnp.abs(f - target)
        return -target * jnp.log(f) - (1 - target) * jnp.log(1 - f)

    def metric(theta):
        s = jax.vmap(jax.jacfwd(subloss), (None, 0, 0, 0))(theta, x, y, t)
        return s.T @ s / x.size

    def inverse_metric(theta):
        # By cofactors: kinder to JAX than its LAPACK solver, which also can stall under vmap on two processors.
        g = metric(theta)
        return jnp.array([[g[1, 1], -g[0, 1]], [-g[1, 0], g[0, 0]]]) / (g[0, 0] * g[1, 1] - g[0, 1] * g[1, 0])

    scalar = _jax_ricci_scalar(metric, inverse_metric)
    points = jnp.stack(jnp.meshgrid(jnp.asarray(axis), jnp.asarray(axis), indexing="ij"), -1).reshape(-1, 2)
    grid = jax.jit(lambda p: jax.lax.map(jax.vmap(scalar), p.reshape(-1, batch, 2)))

    def run() -> np.ndarray:
        return np.asarray(grid(points).block_until_ready()).reshape(axis.size, axis.size)

    return run


def jax_categorical(dimension: int, points: np.ndarray, batch: int) -> Run | None:
    """R of the categorical family by nested jacfwd from the metric as derivatives of the log-partition; None without JAX."""
    try:
        import jax
    except ImportError:
        return None
    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp

    def metric(theta):
        p = jnp.exp(theta) / (1 + jnp.sum(jnp.exp(theta)))
        return jnp.diag(p) - jnp.outer(p, p)

    def inverse_metric(theta):
        # known in closed form: kind to JAX, whose solver can stall under vmap
        weights = jnp.exp(theta)
        total = 1 + jnp.sum(weights)
        return jnp.diag(total / weights) + total

    scalar = _jax_ricci_scalar(metric, inverse_metric)
    thetas = jnp.asarray(points.T)
    grid = jax.jit(lambda p: jax.lax.map(jax.vmap(scalar), p.reshape(-1, batch, dimension)))

    def run() -> np.ndarray:
        return np.asarray(grid(thetas).block_until_ready()).ravel()

    return run
