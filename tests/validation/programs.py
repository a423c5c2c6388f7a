"""Curvature programs as people write them, and the ways in which people get them wrong.

A broken program is a right one with an edit in its text, or one written wrong from the start;
each says which diagnosis it should receive.  ``accept`` lists names that say the same thing of
these numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import sympy as sp
from chentsov.geometry.validation.cases import Case, as_case

# --- right programs ------------------------------------------------------------------------------

LOOPS = """
import numpy as np

def christoffel(metric, x, h):
    n = len(x)
    g = metric(x)
    ginv = np.linalg.inv(g)
    dg = np.zeros((n, n, n))
    for k in range(n):
        step = np.zeros(n)
        step[k] = h
        forward = metric(x + step)
        backward = metric(x - step)
        dg[:, :, k] = (forward - backward) / (2 * h)
    gamma = np.zeros((n, n, n))
    for i in range(n):
        for j in range(n):
            for k in range(n):
                for m in range(n):
                    gamma[i, j, k] += 0.5 * ginv[i, m] * (dg[m, k, j] + dg[m, j, k] - dg[j, k, m])
    return gamma

def riemann(metric, x, h):
    n = len(x)
    gamma = christoffel(metric, x, h)
    dgamma = np.zeros((n, n, n, n))
    for l in range(n):
        step = np.zeros(n)
        step[l] = h
        dgamma[:, :, :, l] = (christoffel(metric, x + step, h) - christoffel(metric, x - step, h)) / (2 * h)
    R = np.zeros((n, n, n, n))
    for i in range(n):
        for j in range(n):
            for k in range(n):
                for l in range(n):
                    R[i, j, k, l] = dgamma[i, j, l, k] - dgamma[i, j, k, l]
                    for m in range(n):
                        R[i, j, k, l] += gamma[i, k, m] * gamma[m, j, l]
                        R[i, j, k, l] -= gamma[i, l, m] * gamma[m, j, k]
    return R

def ricci(metric, x, h):
    n = len(x)
    R = riemann(metric, x, h)
    out = np.zeros((n, n))
    for j in range(n):
        for l in range(n):
            for i in range(n):
                out[j, l] += R[i, j, i, l]
    return out

def ricci_scalar(metric, x, h=1e-4):
    ginv = np.linalg.inv(metric(x))
    Ric = ricci(metric, x, h)
    total = 0.0
    for i in range(len(x)):
        for j in range(len(x)):
            total += ginv[i, j] * Ric[i, j]
    return total
"""

# Exact derivatives of g by complex step; ∂Γ by the product rule, all in einsum.
EINSUM = """
import numpy as np

def derivatives(metric, x):
    n = len(x)
    E = 1e-30j * np.eye(n)
    g = metric(x)
    dg = np.stack([metric(x + E[k]).imag / 1e-30 for k in range(n)], axis=-1)
    s = 1e-4
    ddg = np.empty((n, n, n, n))
    for l in range(n):
        def slope(t):
            y = x.astype(complex).copy(); y[l] += t
            return np.stack([metric(y + E[k]).imag / 1e-30 for k in range(n)], axis=-1)
        ddg[..., l] = (8 * (slope(s) - slope(-s)) - (slope(2 * s) - slope(-2 * s))) / (12 * s)
    return g, dg, ddg

def lowered(dg):
    return 0.5 * (np.einsum("mkj->mjk", dg) + dg - np.einsum("jkm->mjk", dg))

def christoffel(metric, x):
    g, dg, ddg = derivatives(metric, x)
    return np.einsum("im,mjk->ijk", np.linalg.inv(g), lowered(dg))

def riemann(metric, x):
    g, dg, ddg = derivatives(metric, x)
    ginv = np.linalg.inv(g)
    dginv = -np.einsum("ia,abk,bj->ijk", ginv, dg, ginv)
    first = lowered(dg)
    gamma = np.einsum("im,mjk->ijk", ginv, first)
    dfirst = np.stack([lowered(ddg[..., l]) for l in range(len(x))], axis=-1)
    dgamma = np.einsum("iml,mjk->ijkl", dginv, first) + np.einsum("im,mjkl->ijkl", ginv, dfirst)
    curl = np.einsum("ijlk->ijkl", dgamma) - dgamma
    quad = np.einsum("ikm,mjl->ijkl", gamma, gamma) - np.einsum("ilm,mjk->ijkl", gamma, gamma)
    return curl + quad

def riemann_lowered(metric, x):
    return np.einsum("im,mjkl->ijkl", metric(x), riemann(metric, x))

def ricci(metric, x):
    return np.einsum("ijil->jl", riemann(metric, x))

def ricci_scalar(metric, x):
    return np.einsum("jl,jl->", np.linalg.inv(metric(x)), ricci(metric, x))

def einstein(metric, x):
    return ricci(metric, x) - 0.5 * ricci_scalar(metric, x) * metric(x)

def kretschmann(metric, x):
    ginv = np.linalg.inv(metric(x))
    down = riemann_lowered(metric, x)
    up = np.einsum("ai,bj,ck,dl,ijkl->abcd", ginv, ginv, ginv, ginv, down)
    return np.sum(up * down)

def laplacian(metric, f, x):
    n = len(x)
    h = 1e-3
    def flux(y):
        g = metric(y)
        df = np.array([f(y + 1e-30j * e).imag / 1e-30 for e in np.eye(n)])
        return np.sqrt(abs(np.linalg.det(g))) * np.linalg.inv(g) @ df
    total = 0.0
    for i in range(n):
        e = h * np.eye(n)[i]
        total += (8 * (flux(x + e)[i] - flux(x - e)[i]) - (flux(x + 2 * e)[i] - flux(x - 2 * e)[i])) / (12 * h)
    return total / np.sqrt(abs(np.linalg.det(metric(x))))
"""

# Gauss's own formula for surfaces (Brioschi), central differences, batched.
BRIOSCHI = """
import numpy as np

def ricci_scalar(metric, X):
    h = 2e-4
    X = np.asarray(X, dtype=float)
    eu, ev = h * np.array([1.0, 0.0]), h * np.array([0.0, 1.0])
    m0, pu, mu, pv, mv = metric(X), metric(X + eu), metric(X - eu), metric(X + ev), metric(X - ev)
    pp, pm, mp, mm = metric(X + eu + ev), metric(X + eu - ev), metric(X - eu + ev), metric(X - eu - ev)
    du, dv = (pu - mu) / (2 * h), (pv - mv) / (2 * h)
    duu, dvv = (pu - 2 * m0 + mu) / h**2, (pv - 2 * m0 + mv) / h**2
    duv = (pp - pm - mp + mm) / (4 * h**2)
    E, F, G = m0[..., 0, 0], m0[..., 0, 1], m0[..., 1, 1]
    Eu, Ev, Fu, Fv, Gu, Gv = du[..., 0, 0], dv[..., 0, 0], du[..., 0, 1], dv[..., 0, 1], du[..., 1, 1], dv[..., 1, 1]
    Evv, Fuv, Guu = dvv[..., 0, 0], duv[..., 0, 1], duu[..., 1, 1]
    row = lambda *entries: np.stack(entries, -1)
    first = np.stack([row(-Evv / 2 + Fuv - Guu / 2, Eu / 2, Fu - Ev / 2), row(Fv - Gu / 2, E, F), row(Gv / 2, F, G)], -2)
    second = np.stack([row(0 * E, Ev / 2, Gu / 2), row(Ev / 2, E, F), row(Gu / 2, F, G)], -2)
    K = (np.linalg.det(first) - np.linalg.det(second)) / (E * G - F * F) ** 2
    return 2 * K
"""

# Lists and floats only.
PLAIN = """
def inverse(a):
    n = len(a)
    m = [[float(a[i][j]) for j in range(n)] + [1.0 if i == j else 0.0 for j in range(n)] for i in range(n)]
    for c in range(n):
        p = max(range(c, n), key=lambda r: abs(m[r][c]))
        m[c], m[p] = m[p], m[c]
        d = m[c][c]
        m[c] = [v / d for v in m[c]]
        for r in range(n):
            if r != c:
                f = m[r][c]
                m[r] = [v - f * w for v, w in zip(m[r], m[c])]
    return [row[n:] for row in m]

def moved(x, k, h):
    return [v + (h if i == k else 0.0) for i, v in enumerate(x)]

def ricci(metric, x):
    x = [float(v) for v in x]
    n, h = len(x), 2e-4
    def gamma(y):
        gi = inverse(metric(y))
        d = [[[(metric(moved(y, k, h))[i][j] - metric(moved(y, k, -h))[i][j]) / (2 * h) for k in range(n)]
              for j in range(n)] for i in range(n)]
        return [[[sum(gi[i][m] * (d[m][j][k] + d[m][k][j] - d[j][k][m]) for m in range(n)) / 2 for k in range(n)]
                 for j in range(n)] for i in range(n)]
    G = gamma(x)
    P = [gamma(moved(x, l, h)) for l in range(n)]
    M = [gamma(moved(x, l, -h)) for l in range(n)]
    D = lambda l, i, j, k: (P[l][i][j][k] - M[l][i][j][k]) / (2 * h)
    return [[sum(D(i, i, j, l) - D(l, i, j, i) + sum(G[i][i][m] * G[m][j][l] - G[i][l][m] * G[m][j][i] for m in range(n)) for i in range(n))
             for l in range(n)] for j in range(n)]
"""

JAX = """
import jax
import jax.numpy as jnp
jax.config.update("jax_enable_x64", True)

def christoffel(metric, x):
    dg = jax.jacfwd(metric)(x)
    return 0.5 * jnp.einsum("im,mjk->ijk", jnp.linalg.inv(metric(x)), jnp.einsum("mkj->mjk", dg) + dg - jnp.einsum("jkm->mjk", dg))

def ricci_scalar(metric, x):
    x = jnp.asarray(x)
    gamma, dgamma = christoffel(metric, x), jax.jacfwd(lambda y: christoffel(metric, y))(x)
    R = jnp.einsum("ijlk->ijkl", dgamma) - dgamma
    R = R + jnp.einsum("ikm,mjl->ijkl", gamma, gamma) - jnp.einsum("ilm,mjk->ijkl", gamma, gamma)
    return jnp.einsum("jl,ijil->", jnp.linalg.inv(metric(x)), R)
"""

TORCH = """
import torch

def ricci_scalar(metric, x):
    x = torch.as_tensor(x, dtype=torch.float64)
    def christoffel(y):
        dg = torch.func.jacfwd(metric)(y)
        first = 0.5 * (dg.permute(0, 2, 1) + dg - dg.permute(2, 0, 1))
        return torch.einsum("im,mjk->ijk", torch.linalg.inv(metric(y)), first)
    gamma, dgamma = christoffel(x), torch.func.jacfwd(christoffel)(x)
    R = dgamma.permute(0, 1, 3, 2) - dgamma
    R = R + torch.einsum("ikm,mjl->ijkl", gamma, gamma) - torch.einsum("ilm,mjk->ijkl", gamma, gamma)
    return torch.einsum("jl,ijil->", torch.linalg.inv(metric(x)), R)
"""

# Through g_ij,kl directly (Landau & Lifshitz § 92): R_iklm, second derivatives first; Weinberg's overall sign at the end.
SECOND_ORDER = """
import numpy as np

def ricci_scalar(metric, x):
    n, h = len(x), 5e-4
    g = metric(x)
    I = h * np.eye(n)
    gi = np.linalg.inv(g)
    d = np.stack([(8 * (metric(x + e) - metric(x - e)) - metric(x + 2 * e) + metric(x - 2 * e)) / (12 * h) for e in I], -1)
    dd = np.empty((n,) * 4)
    for k in range(n):
        for l in range(n):
            a, b = I[k] + I[l], I[k] - I[l]
            dd[:, :, k, l] = (metric(x + a) - metric(x + b) - metric(x - b) + metric(x - a)) / (4 * h * h)
    G = 0.5 * (np.einsum("mkj->mjk", d) + d - np.einsum("jkm->mjk", d))
    down = 0.5 * (np.einsum("imkl->iklm", dd) + np.einsum("klim->iklm", dd) - np.einsum("ilkm->iklm", dd) - np.einsum("kmil->iklm", dd))
    down = down + np.einsum("np,nkl,pim->iklm", gi, G, G) - np.einsum("np,nkm,pil->iklm", gi, G, G)
    return SIGN * np.einsum("il,km,iklm->", gi, gi, down)
"""


@dataclass(frozen=True)
class Program:
    """A program to judge: how to make it, how to call the check, what to expect."""

    name: str
    text: str
    function: str = "ricci_scalar"
    accept: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    names: dict[str, Any] = field(default_factory=dict)
    made: Callable[..., Any] | None = None

    def load(self) -> Callable[..., Any]:
        if self.made is not None:
            return self.made
        scope: dict[str, Any] = dict(self.names)
        exec(compile(self.text, f"<{self.name}>", "exec"), scope)
        return scope[self.function]


def edit(base: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert base.count(old) == 1, (old, base.count(old))
        base = base.replace(old, new)
    return base


GEOMSTATS_LAYOUT = (
    """
from math import fsum
"""
    + EINSUM
    + """
def riemann_as_geomstats(metric, x):
    return np.einsum("ijkl->lkji", riemann(metric, x))
"""
)

CORRECT: tuple[Program, ...] = (
    Program("loops with central differences", LOOPS),
    Program("einsum with complex step", EINSUM),
    Program("einsum, Riemann tensor", EINSUM, "riemann", options={"quantity": "riemann"}),
    Program("einsum, Christoffel symbols", EINSUM, "christoffel", options={"quantity": "christoffel"}),
    Program("einsum, Einstein tensor", EINSUM, "einstein", options={"quantity": "einstein"}),
    Program("einsum, Kretschmann scalar", EINSUM, "kretschmann", options={"quantity": "kretschmann"}),
    Program("divergence form of the Laplacian", EINSUM, "laplacian", options={"quantity": "laplacian"}),
    Program("Brioschi on a batch", BRIOSCHI, options={"suite": "surfaces"}),
    Program("plain lists", PLAIN, "ricci", options={"quantity": "ricci", "array": "list"}),
    Program("nested jacfwd in JAX", JAX, needs=("jax",), options={"time_limit": 60}),
    Program("torch.func", TORCH, needs=("torch",), options={"time_limit": 60}),
    Program("second derivatives, Landau & Lifshitz", SECOND_ORDER, names={"SIGN": 1}),
    Program("second derivatives, Weinberg's sign declared", SECOND_ORDER, names={"SIGN": -1}, options={"convention": "weinberg"}),
    Program("another order of axes declared", GEOMSTATS_LAYOUT, "riemann_as_geomstats",
        options={"quantity": "riemann", "layout": "lkji"}),
    Program("K declared as the scalar", edit(BRIOSCHI, ("return 2 * K", "return K")),
        options={"suite": "surfaces", "convention": "gaussian"}),
    Program("K as K", edit(BRIOSCHI, ("return 2 * K", "return K")), options={"quantity": "gaussian_curvature"}),
)  # fmt: skip


# --- broken programs ------------------------------------------------------------------------------


def _L(name: str, accept: str, *changes: tuple[str, str], **more: Any) -> Program:
    return Program(name, edit(LOOPS, *changes), accept=tuple(accept.split()), **more)


def _E(name: str, accept: str, *changes: tuple[str, str], function: str = "ricci_scalar", **more: Any) -> Program:
    options = {"quantity": function, **more.pop("options", {})}
    return Program(name, edit(EINSUM, *changes), function, tuple(accept.split()), options, **more)


_GAMMA = "(dg[m, k, j] + dg[m, j, k] - dg[j, k, m])"
_LOW = 'np.einsum("mkj->mjk", dg) + dg - np.einsum("jkm->mjk", dg)'

FORMULAS: tuple[Program, ...] = (
    _L("sign at the end", "overall-sign", ("return total", "return -total")),
    _L("K for R", "gaussian-for-scalar", ("return total", "return total / 2")),
    _L("twice R", "factor-2", ("return total", "return 2 * total")),
    _L("mean sectional curvature", "normalised-scalar", ("return total", "return total / (len(x) * (len(x) - 1))")),
    _L("n(n-1) times", "sectional-sum", ("return total", "return total * len(x) * (len(x) - 1)")),
    _L("third term +", "christoffel-third-term-sign", (_GAMMA, "(dg[m, k, j] + dg[m, j, k] + dg[j, k, m])")),
    _L("first term -", "christoffel-first-term-sign", (_GAMMA, "(-dg[m, k, j] + dg[m, j, k] - dg[j, k, m])")),
    _L("third term missing", "christoffel-third-term-missing", (_GAMMA, "(dg[m, k, j] + dg[m, j, k])")),
    _L("second term missing", "christoffel-second-term-missing", (_GAMMA, "(dg[m, k, j] - dg[j, k, m])")),
    _L("half missing", "christoffel-half-missing derivatives-scaled-2-4", ("0.5 * ginv", "ginv")),
    _L("first two terms alike", "christoffel-first-term-indices-second christoffel-second-term-indices-first",
       (_GAMMA, "(dg[m, j, k] + dg[m, j, k] - dg[j, k, m])")),
    _L("misprint of the thesis, l left over", "christoffel-stray-index-k christoffel-stray-index-sum christoffel-stray-index-m",
       (_GAMMA, "(dg[m, k, k] + dg[m, k, k] - dg[k, k, m])")),
    _L("misprint of the thesis, l summed", "christoffel-stray-index-sum",
       (_GAMMA, "sum(dg[m, k, l] + dg[m, l, k] - dg[k, l, m] for l in range(n))")),
    _L("inverse forgotten in the trace", "scalar-without-inverse",
        ("ginv = np.linalg.inv(metric(x))\n    Ric", "ginv = np.eye(len(x))\n    Ric")),
    _L("metric for its inverse in the trace", "scalar-with-metric",
        ("ginv = np.linalg.inv(metric(x))\n    Ric", "ginv = metric(x)\n    Ric")),
    _L("inverse forgotten in Γ", "christoffel-not-raised", ("ginv = np.linalg.inv(g)", "ginv = np.eye(n)")),
    _L("inverse forgotten everywhere", "inverse-forgotten", ("ginv = np.linalg.inv(g)", "ginv = np.eye(n)"),
       ("ginv = np.linalg.inv(metric(x))\n    Ric", "ginv = np.eye(len(x))\n    Ric")),
    _L("elementwise reciprocal of a diagonal", "diagonal-inverse",
       ("ginv = np.linalg.inv(g)", "ginv = np.diag(1 / np.diag(g))"),
       ("ginv = np.linalg.inv(metric(x))\n    Ric", "ginv = np.diag(1 / np.diag(metric(x)))\n    Ric")),
    _L("adjugate without determinant", "determinant-missing-in-inverse",
       ("ginv = np.linalg.inv(g)", "ginv = np.linalg.inv(g) * np.linalg.det(g)"),
       ("ginv = np.linalg.inv(metric(x))\n    Ric", "ginv = np.linalg.inv(metric(x)) * np.linalg.det(metric(x))\n    Ric")),
    _L("differences not halved", "derivatives-scaled-2-4 christoffel-half-missing",
        ("(forward - backward) / (2 * h)", "(forward - backward) / h")),
    _L("∂Γ not halved", "riemann-derivatives-doubled derivatives-scaled-1-2",
        ("christoffel(metric, x - step, h)) / (2 * h)", "christoffel(metric, x - step, h)) / h")),
    _L("derivative axis first", "derivative-axis-first", ("dg[:, :, k] = ", "dg[k, :, :] = ")),
    _L("ΓΓ terms missing", "riemann-quadratic-missing",
       ("R[i, j, k, l] += gamma[i, k, m] * gamma[m, j, l]", "pass"), ("R[i, j, k, l] -= gamma[i, l, m] * gamma[m, j, k]", "pass")),
    _L("one ΓΓ term missing", "riemann-second-quadratic-missing", ("R[i, j, k, l] -= gamma[i, l, m] * gamma[m, j, k]", "pass")),
    _L("ΓΓ sign", "riemann-second-quadratic-sign", ("R[i, j, k, l] -= gamma[i, l, m]", "R[i, j, k, l] += gamma[i, l, m]")),
    _L("∂Γ sign", "riemann-second-derivative-sign",
        ("dgamma[i, j, l, k] - dgamma[i, j, k, l]", "dgamma[i, j, l, k] + dgamma[i, j, k, l]")),
    _L("∂Γ axis", "riemann-derivative-axis", ("dgamma[i, j, l, k] - dgamma[i, j, k, l]", "dgamma[i, k, l, j] - dgamma[i, l, j, k]")),
    _L("wrong upper index in ΓΓ", "riemann-quadratic-not-contracted",
       ("gamma[i, k, m] * gamma[m, j, l]", "gamma[i, k, m] * gamma[j, m, l]"),
           ("gamma[i, l, m] * gamma[m, j, k]", "gamma[i, l, m] * gamma[j, m, k]")),
    _L("contraction with the last slot", "overall-sign ricci-last-slot", ("R[i, j, i, l]", "R[i, j, l, i]")),
    _L("contraction with the first slot", "always-zero ricci-first-slot", ("R[i, j, i, l]", "R[i, i, j, l]")),
    _L("diagonal of the trace", "scalar-diagonal-only",
        ("total += ginv[i, j] * Ric[i, j]", "total += ginv[i, j] * Ric[i, j] * (i == j)")),
    _L("every entry summed", "scalar-sum-of-entries", ("total += ginv[i, j] * Ric[i, j]", "total += Ric[i, j]")),
    _L("only two coordinates traced", "only-two-dimensional scalar-two-dimensional",
        ("    for i in range(len(x)):\n        for j in range(len(x)):\n            total",
        "    for i in range(2):\n        for j in range(2):\n            total")),
    _L("thesis (3.2.17)", "ricci-summed-independently",
       ("out[j, l] += R[i, j, i, l]", "out[j, l] += sum(R[i, j, m, l] for m in range(n))")),
    _L("sign and factor at once", "factor-minus-0.5", ("return total", "return -0.5 * total")),
    _L("two mistakes: third term and trace", "christoffel-third-term-sign+scalar-without-inverse",
       (_GAMMA, "(dg[m, k, j] + dg[m, j, k] + dg[j, k, m])"),
           ("ginv = np.linalg.inv(metric(x))\n    Ric", "ginv = np.eye(len(x))\n    Ric")),
    _L("absolute value", "absolute-value", ("return total", "return abs(total)")),
    _L("a factor of π", "constant-factor", ("return total", "return total * np.pi")),
    _E("inverse held constant in ∂Γ", "inverse-held-constant", ('np.einsum("iml,mjk->ijkl", dginv, first) + ', "")),
    _E("∂ of the inverse with a plus", "inverse-derivative-sign", ('-np.einsum("ia,abk,bj->ijk"', 'np.einsum("ia,abk,bj->ijk"')),
    _E("mixed second derivatives missing", "mixed-derivatives-missing", ("return g, dg, ddg", "return g, dg, ddg * np.eye(n)")),
    _E("upper triangle only", "upper-triangle-only", ("g = metric(x)\n    dg", "g = np.triu(metric(x))\n    dg"),
       ("return g, dg, ddg", "t = np.triu(np.ones((n, n))); return g, dg * t[:, :, None], ddg * t[:, :, None, None]"),
           function="christoffel"),
    _E("wrong index raised", "christoffel-wrong-index-raised christoffel-index-order-jik",
       ('return np.einsum("im,mjk->ijk", np.linalg.inv(g), lowered(dg))',
           'return np.einsum("jm,mik->ijk", np.linalg.inv(g), lowered(dg))'), function="christoffel"),
    _E("first kind for second", "first-kind-for-second christoffel-not-raised",
       ('return np.einsum("im,mjk->ijk", np.linalg.inv(g), lowered(dg))', "return lowered(dg)"), function="christoffel"),
    _E("upper index last", "christoffel-index-order-jki christoffel-upper-last",
       ('return np.einsum("im,mjk->ijk", np.linalg.inv(g), lowered(dg))',
           'return np.einsum("im,mjk->jki", np.linalg.inv(g), lowered(dg))'), function="christoffel"),
    _E("a term of Γ twice", "christoffel-second-term-twice", (_LOW, 'np.einsum("mkj->mjk", dg) + 2 * dg - np.einsum("jkm->mjk", dg)'),
        function="christoffel"),
    _E("last pair swapped", "overall-sign riemann-index-order-ijlk",
        ("return curl + quad", 'return np.einsum("ijkl->ijlk", curl + quad)'), function="riemann"),
    _E("middle indices swapped", "riemann-index-order-ikjl", ("return curl + quad", 'return np.einsum("ijkl->ikjl", curl + quad)'),
        function="riemann"),
    _E("lowered instead of upper", "lowered-for-upper", ("return curl + quad", 'return np.einsum("im,mjkl->ijkl", g, curl + quad)'),
        function="riemann"),
    _E("upper instead of lowered", "upper-for-lowered",
        ('return np.einsum("im,mjkl->ijkl", metric(x), riemann(metric, x))', "return riemann(metric, x)"), function="riemann_lowered"),
    _E("∂Γ terms missing", "riemann-derivatives-missing", ("return curl + quad", "return quad"), function="riemann"),
    _E("Ricci with one index up", "ricci-mixed", ('return np.einsum("ijil->jl", riemann(metric, x))',
        'return np.linalg.inv(metric(x)) @ np.einsum("ijil->jl", riemann(metric, x))'), function="ricci"),
    _E("Ricci from lowered components", "ricci-lowered-without-metric",
        ('return np.einsum("ijil->jl", riemann(metric, x))', 'return np.einsum("ijil->jl", riemann_lowered(metric, x))'),
        function="ricci"),
    _E("Ricci, half of it", "factor-0.5", ('return np.einsum("ijil->jl", riemann(metric, x))',
        'return 0.5 * np.einsum("ijil->jl", riemann(metric, x))'), function="ricci"),
    _E("Einstein without ½", "einstein-half-missing", ("- 0.5 * ricci_scalar", "- ricci_scalar"), function="einstein"),
    _E("Kretschmann without raising", "kretschmann-lowered-squares", ("np.sum(up * down)", "np.sum(down * down)"),
        function="kretschmann"),
    _E("Laplacian without √g", "laplacian-density-missing",
        ("return np.sqrt(abs(np.linalg.det(g))) * np.linalg.inv(g) @ df", "return np.linalg.inv(g) @ df"),
       ("return total / np.sqrt(abs(np.linalg.det(metric(x))))", "return total"), function="laplacian"),
    _E("Laplacian with g for √g", "laplacian-determinant-for-root",
        ("return np.sqrt(abs(np.linalg.det(g))) *", "return abs(np.linalg.det(g)) *"),
       ("return total / np.sqrt(abs(np.linalg.det(metric(x))))", "return total / abs(np.linalg.det(metric(x)))"), function="laplacian"),
    _E("Laplacian of geometers", "overall-sign", ("return total / np.sqrt", "return -total / np.sqrt"), function="laplacian"),
    _E("plain second derivatives", "laplacian-flat", ("np.linalg.inv(g) @ df", "df"),
        ("return np.sqrt(abs(np.linalg.det(g))) *", "return"),
       ("return total / np.sqrt(abs(np.linalg.det(metric(x))))", "return total"), function="laplacian"),
    _E("Lorentzian signs dropped", "only-positive-definite",
        ('return np.einsum("jl,jl->", np.linalg.inv(metric(x)), ricci(metric, x))',
        'w, V = np.linalg.eigh(metric(x)); return np.einsum("jl,jl->", (V / abs(w)) @ V.T, ricci(metric, x))')),
)  # fmt: skip


u, v = sp.symbols("u v", real=True)

# The textbook formula in float64, all derivatives by hand; E = 1, F = cos uv, G = 1 + u².
SINGULAR = """
import numpy as np

def curvature(p):
    u, v = p
    E, F, G = 1.0, np.cos(u * v), 1 + u * u
    Fu, Fv = -v * np.sin(u * v), -u * np.sin(u * v)
    Fuv = -np.sin(u * v) - u * v * np.cos(u * v)
    Gu, Guu = 2 * u, 2.0
    first = np.linalg.det([[Fuv - Guu / 2, 0, Fu], [Fv - Gu / 2, E, F], [0, F, G]])
    second = np.linalg.det([[0, 0, Gu / 2], [0, E, F], [Gu / 2, F, G]])
    return 2 * (first - second) / (E * G - F * F) ** 2
"""

ARITHMETIC: tuple[Program, ...] = (
    _L("step 1e-7", "finite-difference-noise", ("h=1e-4", "h=1e-7")),
    _L("step 1e-8 with a hidden parameter", "finite-difference-noise", ("h=1e-4):", "*, size=1e-8):\n    h = size")),
    _L("step 0.03", "finite-difference-truncation", ("h=1e-4", "h=0.03")),
    _L("one-sided differences", "finite-difference-truncation finite-difference-noise", ("h=1e-4", "h=1e-3"),
        ("backward = metric(x - step)", "backward = g"), ("(forward - backward) / (2 * h)", "(forward - backward) / h")),
    Program("float32 in JAX style", edit(EINSUM.replace('np.linalg.inv(', 'np.linalg.inv('), ("return g, dg, ddg",
        "return g.astype(np.float32), dg.astype(np.float32), ddg.astype(np.float32)")),
            "riemann", ("float32",), {"quantity": "riemann"}),
    Program("float32 returned as float64", edit(EINSUM, ("return g, dg, ddg",
        "return g.astype(np.float32), dg.astype(np.float32), ddg.astype(np.float32)"),
            ("return curl + quad", "return (curl + quad).astype(float)")), "riemann", ("float32",), {"quantity": "riemann"}),
    Program("textbook formula near singular points", SINGULAR, "curvature", ("cancellation",), {
        "manifold": (sp.Matrix([[1, sp.cos(u * v)], [sp.cos(u * v), 1 + u**2]]), (u, v)), "strict": True, "rtol": 1e-8,
        "points": [(1, 0.75), (0.5, 1.5), (1.25, 0.5), (2.0**-12, 0.5), (2.0**-10, 0.25)]}),
)  # fmt: skip


# --- programs with a metric of their own ----------------------------------------------------------

theta, phi, r = sp.symbols("theta phi r", real=True)
mu, sigma = sp.Symbol("mu", real=True), sp.Symbol("sigma", positive=True)
scale, shape = sp.Symbol("b", positive=True), sp.Symbol("alpha", positive=True)
x_min, k = sp.Symbol("x_m", positive=True), sp.Symbol("k", positive=True)

TORUS = (sp.diag(1, (3 + sp.cos(theta)) ** 2), (theta, phi))
NORMAL = (sp.diag(1 / sigma**2, 2 / sigma**2), (mu, sigma))
a, b = sp.symbols("a b", real=True)


def _made(metric: Any, coordinates: Any, **more: Any) -> Case:
    return replace(as_case((metric, coordinates)), **more)


THERMODYNAMIC = _made(sp.Matrix([[1 + a**2, a * b], [a * b, 2 + b**2]]), (a, b), tags=frozenset({"statistical"}))
# Flat space in a bent chart; polar coordinates would give the same J Jᵀ a vanishing curvature too.
CHART = (a + b**2 / 3, b + a * b / 2)
_J = sp.Matrix(CHART).jacobian([a, b])
POLAR_CHART = _made((_J.T * _J).applyfunc(sp.expand), (a, b), embedding=CHART)
PARETO = _made(
    sp.diag(k**2 / x_min**2, 1 / k**2),
    (x_min, k),
    impostors={"minus-expected-hessian": sp.ImmutableMatrix([[k / x_min**2, -1 / x_min], [-1 / x_min, 1 / k**2]])},
)
# A gamma-like family in (shape, scale); the program below takes (shape, rate).
GAMMA_LIKE = _made(sp.Matrix([[1 + shape**2, scale], [scale, (shape + 2) * scale**2]]), (shape, scale))

OWN = (
    """
import numpy as np
"""
    + EINSUM.split("import numpy as np", 1)[1]
    + """
def JJT(x):
    J = [[1, 2 * x[1] / 3], [x[1] / 2, 1 + x[0] / 2]]
    return [[J[0][0]**2 + J[0][1]**2, J[0][0] * J[1][0] + J[0][1] * J[1][1]],
            [J[0][0] * J[1][0] + J[0][1] * J[1][1], J[1][0]**2 + J[1][1]**2]]

def own(metric_of_mine, quantity):
    def g(x):
        x = np.asarray(x)
        m = metric_of_mine(x)
        return np.array([[m[0][0] + 0 * x[0], m[0][1] + 0 * x[0]], [m[1][0] + 0 * x[0], m[1][1] + 0 * x[0]]])
    return lambda x: quantity(g, np.asarray(x, dtype=float))
"""
)


def _O(name: str, accept: str, manifold: Any, metric: str, routine: str, quantity: str = "") -> Program:
    text = OWN + f"\nmine = own(lambda x: {metric}, {routine})\n"
    return Program(name, text, "mine", tuple(accept.split()), {"manifold": manifold, "quantity": quantity or routine})


OWN_METRIC: tuple[Program, ...] = (
    _O("degrees in a torus", "degrees-for-radians", TORUS, "[[1, 0], [0, (3 + np.cos(np.pi / 180 * x[0]))**2]]", "christoffel"),
    _O("degrees in a torus, scalar", "degrees-for-radians", TORUS, "[[1, 0], [0, (3 + np.cos(np.pi / 180 * x[0]))**2]]", "ricci_scalar"),
    _O("variance for standard deviation", "variance-for-standard-deviation standard-deviation-for-variance", NORMAL,
        "[[1/x[1], 0], [0, 1/(2*x[1]**2)]]", "christoffel"),
    _O("variance for standard deviation, metric", "variance-for-standard-deviation", NORMAL, "[[1/x[1], 0], [0, 1/(2*x[1]**2)]]",
        "ricci"),
    _O("standard deviation squared", "standard-deviation-for-variance", NORMAL, "[[1/x[1]**4, 0], [0, 2/x[1]**4]]", "lambda g, x: g(x)",
        quantity="metric"),
    _O("sum over observations", "fisher-off-by-n", NORMAL, "[[25/x[1]**2, 0], [0, 50/x[1]**2]]", "ricci_scalar"),
    _O("Ruppeiner's sign", "ruppeiner-sign", THERMODYNAMIC, "[[1 + x[0]**2, x[0]*x[1]], [x[0]*x[1], 2 + x[1]**2]]",
        "lambda g, x: -ricci_scalar(g, x)",
       quantity="ricci_scalar"),
    _O("Jacobian transposed", "transposed-jacobian", POLAR_CHART, "JJT(x)", "ricci_scalar"),
    _O("Jacobian transposed, metric", "transposed-jacobian", POLAR_CHART, "JJT(x)", "lambda g, x: g(x)", quantity="metric"),
    _O("−E[∂∂ℓ] of the Pareto family", "minus-expected-hessian", PARETO, "[[x[1] / x[0]**2, -1 / x[0]], [-1 / x[0], 1 / x[1]**2]]",
        "christoffel"),
    _O("−E[∂∂ℓ] of the Pareto family, metric", "minus-expected-hessian", PARETO,
        "[[x[1] / x[0]**2, -1 / x[0]], [-1 / x[0], 1 / x[1]**2]]",
       "lambda g, x: g(x)", quantity="metric"),
    _O("rate for scale", "rate-for-scale", GAMMA_LIKE, "[[1 + x[0]**2, 1 / x[1]], [1 / x[1], x[0] / x[1]**2 + 2 / x[1]**2]]",
        "lambda g, x: g(x)", quantity="metric"),
    _O("coordinates exchanged", "coordinates-swapped", THERMODYNAMIC, "[[1 + x[1]**2, x[0]*x[1]], [x[0]*x[1], 2 + x[0]**2]]",
        "ricci_scalar"),
)  # fmt: skip
