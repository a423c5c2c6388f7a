"""Spaces of the study with what textbooks say of them, and a plain pipeline of its own: SymPy derivatives of the
metric, contracted in NumPy.  Nothing of the package takes part."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp


@dataclass(frozen=True, eq=False)
class Space:
    """A metric, its coordinates and a few points; `known` holds closed forms from textbooks."""

    name: str
    metric: Any
    coordinates: tuple
    points: tuple
    known: dict = field(default_factory=dict)
    catalogue: str = ""  # the manifold's name in chentsov.models, where it needs a declared domain
    make: Any = None  # makes what is handed to `check_curvature`, where it is neither

    @property
    def manifold(self):
        """What is handed to `check_curvature`."""
        if self.make is not None:
            return self.make()
        if not self.catalogue:
            return sp.Matrix(self.metric), self.coordinates
        import chentsov as ch

        place = ch.models
        for part in self.catalogue.split("."):
            place = getattr(place, part)
        return place() if callable(place) else place

    @cached_property
    def jets(self):
        """g, ∂g, ∂∂g as one NumPy function."""
        g, q = sp.Matrix(self.metric), self.coordinates
        n = len(q)
        d = [[[sp.diff(g[i, j], a) for j in range(n)] for i in range(n)] for a in q]
        dd = [[[[sp.diff(d[a][i][j], b) for j in range(n)] for i in range(n)] for a in range(n)] for b in q]
        return sp.lambdify(q, [g.tolist(), d, dd], modules=["scipy", "numpy"], cse=True)

    def at(self, point):
        """Every quantity at a point, in the conventions of the package."""
        g, d, dd = (np.array(a, dtype=float) for a in self.jets(*point))  # d[k,i,j] = ∂_k g_ij
        n = len(g)
        up = np.linalg.inv(g)
        low = 0.5 * (np.einsum("jmk->mjk", d) + np.einsum("kmj->mjk", d) - d)  # low[m,j,k]
        gamma = np.einsum("im,mjk->ijk", up, low)
        dlow = 0.5 * (np.einsum("ljmk->lmjk", dd) + np.einsum("lkmj->lmjk", dd) - dd)
        dup = -np.einsum("ia,lab,bj->lij", up, d, up)
        dgamma = np.einsum("lim,mjk->lijk", dup, low) + np.einsum("im,lmjk->lijk", up, dlow)  # ∂_l Γ^i_jk
        quad = np.einsum("ikm,mjl->ijkl", gamma, gamma)
        riemann = np.einsum("kijl->ijkl", dgamma) - np.einsum("lijk->ijkl", dgamma) + quad - np.swapaxes(quad, 2, 3)
        lowered = np.einsum("im,mjkl->ijkl", g, riemann)
        ricci = np.einsum("ijil->jl", riemann)
        scalar = np.einsum("jl,jl", up, ricci)
        raised = np.einsum("ia,jb,kc,ld,abcd->ijkl", up, up, up, up, lowered, optimize=True)
        weyl = None
        if n > 2:
            wedge = lambda a: (
                np.einsum("ik,jl->ijkl", a, g)
                + np.einsum("jl,ik->ijkl", a, g)
                - np.einsum("il,jk->ijkl", a, g)
                - np.einsum("jk,il->ijkl", a, g)
            )
            weyl = lowered - wedge((ricci - scalar / (2 * (n - 1)) * g) / (n - 2))
        return {
            "metric": g, "inverse_metric": up, "determinant": np.linalg.det(g), "christoffel": gamma, "christoffel_first": low,
            "riemann": riemann, "riemann_lowered": lowered, "ricci": ricci, "ricci_scalar": scalar,
            "gaussian_curvature": scalar / 2, "einstein": ricci - scalar / 2 * g, "weyl": weyl,
            "kretschmann": np.sum(raised * lowered), "metric_derivative": d,
        }  # fmt: skip

    @cached_property
    def function(self):
        """The metric as a callable, answering NumPy, complex, JAX and mpmath in kind."""
        return _metric(self)


def _metric(space):
    made = {}

    def entries(modules):
        if modules not in made:
            made[modules] = sp.lambdify(space.coordinates, sp.Matrix(space.metric).tolist(), modules=list(modules))
        return made[modules]

    def metric(x):
        first = x[0]
        if type(x).__module__.startswith(("jax", "jaxlib")):
            import jax.numpy as jnp

            return jnp.stack(
                [jnp.stack([jnp.asarray(c) * 1.0 + 0 * first for c in row]) for row in entries(("jax",))(*x)]
            )
        if type(first).__module__.startswith("mpmath"):
            return np.array(entries(("mpmath",))(*x), dtype=object)
        return np.array(entries(("scipy", "numpy"))(*x))

    return metric


t, x, y, z, u, v, r = sp.symbols("t x y z u v r", real=True)
th, ph = sp.symbols("theta phi", real=True)
mu = sp.Symbol("mu", real=True)
sigma, lam, a, b, k, m = sp.symbols("sigma lambda a b k m", positive=True)
p = sp.Symbol("p", positive=True)
rho = sp.Symbol("r", positive=True)
yp = sp.Symbol("y", positive=True)
one = sp.Integer(1)

SPHERE = Space(
    "sphere of radius 2",
    sp.diag(4, 4 * sp.sin(th) ** 2),
    (th, ph),
    ((0.7, 0.2), (1.9, 1.1)),
    {"ricci_scalar": one / 2, "gaussian_curvature": one / 4},
)
HALF_PLANE = Space(
    "upper half plane",
    sp.diag(1 / yp**2, 1 / yp**2),
    (x, yp),
    ((0.3, 0.8), (-1.2, 1.7)),
    {"ricci_scalar": -2 * one, "gaussian_curvature": -one},
)
TORUS = Space(
    "torus 2, 1",
    sp.diag(1, (2 + sp.cos(u)) ** 2),
    (u, v),
    ((0.41273, 1.0371), (2.50817, -0.3119), (-1.23456, 0.9812)),
    {"ricci_scalar": 2 * sp.cos(u) / (2 + sp.cos(u)), "gaussian_curvature": sp.cos(u) / (2 + sp.cos(u))},
)
SKEW_TORUS = Space(
    "torus, skew axes",
    sp.Matrix([[1 + (2 + sp.cos(u)) ** 2, (2 + sp.cos(u)) ** 2], [(2 + sp.cos(u)) ** 2, (2 + sp.cos(u)) ** 2]]),
    (u, v),
    ((0.4, 1.0), (2.5, -0.3)),
    {"ricci_scalar": 2 * sp.cos(u) / (2 + sp.cos(u)), "gaussian_curvature": sp.cos(u) / (2 + sp.cos(u))},
)
_h = x**2 * y / 2 + y**2
_hx, _hy = sp.diff(_h, x), sp.diff(_h, y)
_den = 1 + _hx**2 + _hy**2
GRAPH = Space(
    "graph of x²y/2 + y²", [[1 + _hx**2, _hx * _hy], [_hx * _hy, 1 + _hy**2]], (x, y), ((0.5, -0.4), (1.1, 0.6)),
    {"gaussian_curvature": (2 * y - x**2) / _den**2, "ricci_scalar": 2 * (2 * y - x**2) / _den**2},
)  # fmt: skip
PARABOLOID = Space(
    "paraboloid z = (x² + y²)/2",
    [[1 + x**2, x * y], [x * y, 1 + y**2]],
    (x, y),
    ((0.5, -0.4), (1.1, 0.6)),
    {"gaussian_curvature": 1 / (1 + x**2 + y**2) ** 2},
)
POLAR = Space("plane, polar", sp.diag(1, rho**2), (rho, ph), ((0.8, 0.3), (2.1, 1.2)), {"ricci_scalar": 0 * one})
DENSE2 = Space(
    "dense surface",
    [[2 + sp.sin(x) * sp.cos(y), sp.cos(x + 2 * y) / 2], [sp.cos(x + 2 * y) / 2, 1 + x**2 + sp.exp(y / 2)]],
    (x, y),
    ((0.4, 0.7), (-0.8, 0.3)),
)
INDEFINITE = Space(
    "indefinite surface",
    [[-(2 + sp.sin(x)), x * y / 3], [x * y / 3, 1 + x**2 + y**2]],
    (x, y),
    ((0.4, 0.7), (-0.8, 0.5)),
)
ANTI_DE_SITTER2 = Space(
    "two-dimensional anti-de Sitter space",
    sp.diag(-(sp.cosh(x) ** 2), 1),
    (t, x),
    ((0.2, 0.5), (1.0, -0.9)),
    {"ricci_scalar": -2 * one},
)
DENSE3 = Space(
    "dense, three dimensions",
    [[2 + sp.cos(y), x * z / 4, sp.sin(z) / 3], [x * z / 4, 2 + sp.exp(x / 3), y / 5], [sp.sin(z) / 3, y / 5, 2 + y**2 + z * x / 4]],
    (x, y, z), ((0.4, 0.7, -0.3), (-0.6, 0.2, 0.5)),
)  # fmt: skip
THREE_SPHERE = Space(
    "three-sphere",
    sp.diag(1, sp.sin(u) ** 2, sp.sin(u) ** 2 * sp.sin(v) ** 2),
    (u, v, r),
    ((0.9, 1.2, 0.1), (1.7, 0.5, 0.3)),
    {"ricci_scalar": 6 * one, "kretschmann": 12 * one},
)
SCHWARZSCHILD = Space(
    "Schwarzschild, m = 1",
    sp.diag(-(1 - 2 / rho), 1 / (1 - 2 / rho), rho**2, rho**2 * sp.sin(th) ** 2),
    (t, rho, th, ph),
    ((0.1, 5.0, 1.1, 0.3), (0.4, 3.5, 0.7, 1.0)),
    {"ricci_scalar": 0 * one, "kretschmann": 48 / rho**6},
)
FLRW = Space(
    "FLRW, a = t^(2/3)",
    sp.diag(-1, *[k] * 3).subs(k, t ** sp.Rational(4, 3)),
    (t, x, y, z),
    ((1.3, 0.1, 0.2, 0.3), (2.0, -0.4, 0.3, 0.2)),
    {"ricci_scalar": sp.Rational(4, 3) / t**2},
)
PP_WAVE = Space(
    "pp-wave",
    [[(x**2 - y**2) * sp.cos(u), 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
    (u, v, x, y),
    ((0.3, 0.2, 0.8, 0.4), (1.0, 0.1, -0.5, 0.9)),
    {"ricci_scalar": 0 * one, "kretschmann": 0 * one},
)
DENSE4 = Space(
    "dense, four dimensions, Lorentzian",
    [[-2 - sp.sin(x) / 2, t / 5, y * z / 6, 0.25 * sp.cos(t)], [t / 5, 2 + y**2 / 3, sp.sin(t + z) / 4, x / 6], [y * z / 6, sp.sin(t + z) / 4, 1 + sp.exp(x * t / 4), z / 5], [0.25 * sp.cos(t), x / 6, z / 5, 2 + sp.cos(y) / 2]],
    (t, x, y, z), ((0.4, 0.7, -0.3, 0.5), (-0.5, 0.2, 0.6, -0.4)),
)  # fmt: skip
WORMHOLE = Space(
    "Morris–Thorne wormhole",
    sp.diag(-1, 1, 1 + r**2, (1 + r**2) * sp.sin(th) ** 2),
    (t, r, th, ph),
    ((0.0, 0.5, 1.0, 0.2), (0.3, -1.2, 0.8, 0.4)),
    {"ricci_scalar": -2 / (1 + r**2) ** 2},
)
LINE = Space("a line", [[1 + x**2]], (x,), ((0.6,), (-1.1,)), {"ricci_scalar": 0 * one})
_w = sp.symbols("w1:6", real=True)
FIVE = Space(
    "five dimensions, warped",
    sp.diag(1, *[sp.exp(2 * _w[0]) * (1 + _w[i] ** 2 / 4) for i in range(1, 5)]),
    _w,
    ((0.2, 0.3, -0.4, 0.5, 0.1), (-0.3, 0.6, 0.2, -0.1, 0.4)),
    {"ricci_scalar": -20 * one},
)
CONFORMAL3 = Space(
    "conformally flat, three dimensions", sp.eye(3) * sp.exp(x * y + z), (x, y, z), ((0.4, 0.2, 0.1), (-0.3, 0.5, 0.2))
)
PSEUDO4 = Space(
    "negative Kretschmann scalar",
    [[-1, 0, 0, 0], [0, 1, 0, 0], [0, 0, sp.exp(2 * t * x), 0], [0, 0, 0, sp.exp(-2 * t * x)]],
    (t, x, y, z),
    ((0.5, 0.6, 0.1, 0.2), (0.9, -0.4, 0.3, 0.1)),
)

SUITE = (
    SPHERE, HALF_PLANE, TORUS, SKEW_TORUS, DENSE2, INDEFINITE, DENSE3, THREE_SPHERE, SCHWARZSCHILD, FLRW, PP_WAVE, DENSE4, LINE, FIVE, CONFORMAL3,
    PSEUDO4,
)  # fmt: skip

NORMAL = Space(
    "normal family",
    sp.diag(1 / sigma**2, 2 / sigma**2),
    (mu, sigma),
    ((0.3, 0.8), (-1.0, 1.7)),
    {"ricci_scalar": -one},
    "families.normal",
)
BERNOULLI = Space(
    "Bernoulli family",
    [[1 / (p * (1 - p))]],
    (p,),
    ((0.3,), (0.8,)),
    {"ricci_scalar": 0 * one, "metric": [[1 / (p * (1 - p))]]},
    "families.bernoulli",
)
_p1, _p2 = sp.symbols("p1 p2", positive=True)
_p3 = 1 - _p1 - _p2
CATEGORICAL = Space(
    "categorical family",
    [[1 / _p1 + 1 / _p3, 1 / _p3], [1 / _p3, 1 / _p2 + 1 / _p3]],
    (_p1, _p2),
    ((0.2, 0.5), (0.4, 0.35)),
    {"ricci_scalar": one / 2},
    "families.categorical",
)
POISSON = Space("Poisson family", [[1 / lam]], (lam,), ((0.7,), (2.5,)), {"metric": [[1 / lam]]}, "families.poisson")
GAMMA = Space(
    "gamma family, shape k and scale s",
    [[sp.polygamma(1, k), 1 / sigma], [1 / sigma, k / sigma**2]],
    (k, sigma),
    ((1.3, 0.8), (3.1, 2.0)),
)
BETA = Space(
    "beta family",
    [
        [sp.polygamma(1, a) - sp.polygamma(1, a + b), -sp.polygamma(1, a + b)],
        [-sp.polygamma(1, a + b), sp.polygamma(1, b) - sp.polygamma(1, a + b)],
    ],
    (a, b),
    ((1.3, 2.2), (3.1, 0.9)),
    {},
    "families.beta",
)
EXPONENTIAL = Space(
    "exponential waiting times",
    [[1 / lam**2]],
    (lam,),
    ((0.7,), (2.5,)),
    {"metric": [[1 / lam**2]]},
    "families.exponential",
)
WEIBULL = Space(
    "Weibull family, shape k and scale",
    [
        [(1 + sp.pi**2 / 6 + sp.EulerGamma**2 - 2 * sp.EulerGamma) / k**2, (sp.EulerGamma - 1) / lam],
        [(sp.EulerGamma - 1) / lam, k**2 / lam**2],
    ],
    (k, lam),
    ((1.4, 0.7), (0.8, 2.0)),
    {},
    "families.weibull",
)
GUMBEL = Space(
    "Gumbel family",
    sp.Matrix([[1, sp.EulerGamma - 1], [sp.EulerGamma - 1, (1 - sp.EulerGamma) ** 2 + sp.pi**2 / 6]]) / b**2,
    (mu, b),
    ((0.3, 0.8), (-1.0, 1.7)),
)
INVERSE_GAUSSIAN = Space(
    "inverse Gaussian family",
    sp.diag(lam / m**3, 1 / (2 * lam**2)),
    (m, lam),
    ((0.7, 1.2), (1.9, 0.6)),
    {"metric": [[lam / m**3, 0], [0, 1 / (2 * lam**2)]]},
)
BINOMIAL10 = Space("ten Bernoulli trials", [[10 / (p * (1 - p))]], (p,), ((0.3,), (0.8,)))

ROWS = np.array(
    [
        [0.9, 0.2],
        [-0.4, 1.1],
        [0.3, -0.8],
        [-1.2, -0.5],
        [0.7, 0.6],
        [0.1, 0.9],
        [-0.6, 0.4],
        [1.3, -0.3],
        [-0.2, -1.0],
        [0.5, 1.2],
    ]
)
TARGETS = np.array([1.0, 1, 0, 0, 1, 1, 0, 0, 0, 1])
_t1, _t2 = sp.symbols("theta_1 theta_2", real=True)


def _neuron():
    import chentsov as ch

    return ch.models.TwoWeightNeuron("cross_entropy", data=(*ROWS.T, TARGETS))


def _neuron_metric(weight):
    out = sp.zeros(2, 2)
    for row, target in zip(ROWS, TARGETS):
        c = sp.Matrix([sp.Rational(str(v)) for v in row])
        f = 1 / (1 + sp.exp(-5 * (c[0] * _t1 + c[1] * _t2)))
        out += weight(f, int(target)) * 25 * c * c.T / len(ROWS)
    return out


NEURON = Space(
    "two-weight neuron, cross-entropy, ten rows",
    _neuron_metric(lambda f, t: (f - t) ** 2),
    (_t1, _t2),
    ((0.3, -0.2), (-0.5, 0.4)),
    {},
    make=_neuron,
)
