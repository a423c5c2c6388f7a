"""Spaces of the second study; each is a metric with points and what textbooks say of it."""

from __future__ import annotations

import sympy as sp

from ..independent.spaces import (
    BERNOULLI,
    BETA,
    CATEGORICAL,
    EXPONENTIAL,
    GUMBEL,
    NEURON,
    NORMAL,
    POISSON,
    ROWS,
    TARGETS,
    Space,
)  # fmt: skip

__all__ = [
    "BERNOULLI",
    "BETA",
    "CATEGORICAL",
    "EXPONENTIAL",
    "GUMBEL",
    "NEURON",
    "NORMAL",
    "POISSON",
    "ROWS",
    "TARGETS",
    "Space",
]

t, x, y, z, u, v = sp.symbols("t x y z u v", real=True)
th, ph, eta, psi = sp.symbols("theta phi eta psi", real=True)
mu, ell = sp.symbols("mu ell", real=True)
r, zp, s, var, a, b, k, lam, gam, p = sp.symbols("r z s v a b k lambda gamma p", positive=True)
sigma = sp.Symbol("sigma", positive=True)
one = sp.Integer(1)
H = sp.Rational(1, 2)


def surface(name, metric, q, points, K=None):
    known = {} if K is None else {"gaussian_curvature": K, "ricci_scalar": 2 * K}
    return Space(name, metric, q, points, known)


SPHEROID = surface(
    "spheroid 2, 2, 1", sp.diag(4 * sp.cos(u) ** 2 + sp.sin(u) ** 2, 4 * sp.sin(u) ** 2), (u, v), ((0.6137, 0.4), (1.3291, -0.8)),
    1 / (4 * sp.cos(u) ** 2 + sp.sin(u) ** 2) ** 2,
)  # fmt: skip
CATENOID = surface(
    "catenoid", sp.eye(2) * sp.cosh(v) ** 2, (u, v), ((0.3, -0.7291), (1.2, 0.5137)), -1 / sp.cosh(v) ** 4
)
HELICOID = surface("helicoid", sp.diag(1, 1 + u**2), (u, v), ((0.4, 0.1), (-0.9, 1.0)), -1 / (1 + u**2) ** 2)
SADDLE = surface(
    "graph of xy", sp.Matrix([[1 + y**2, x * y], [x * y, 1 + x**2]]), (x, y), ((0.5, -0.3), (0.8, 1.1)), -1 / (1 + x**2 + y**2) ** 2
)  # fmt: skip
HYPERBOLIC = surface("hyperbolic plane, polar", sp.diag(1, sp.sinh(r) ** 2), (r, ph), ((0.7, 0.2), (1.6, 1.0)), -one)
LIOUVILLE = surface("Liouville surface", sp.eye(2) * (3 + sp.sin(x) + y**2), (x, y), ((0.4, 0.6), (-0.9, 0.3)))
SPHERE1 = surface("unit sphere", sp.diag(1, sp.sin(th) ** 2), (th, ph), ((0.8, 0.3), (2.0, 1.2)), one)
RINDLER = surface("Rindler wedge", sp.diag(-(r**2), 1), (t, r), ((0.3, 0.9), (-0.4, 1.7)), 0 * one)
DE_SITTER2 = surface("de Sitter plane", sp.diag(-1, sp.cosh(t) ** 2), (t, x), ((0.4, 0.2), (-0.8, 1.0)), one)
TORUS31 = surface(
    "torus 3, 1", sp.diag((3 + sp.cos(ph)) ** 2, 1), (th, ph), ((0.2, 0.7), (1.1, 2.4)), sp.cos(ph) / (3 + sp.cos(ph))
)  # fmt: skip
H3 = Space(
    "upper half space",
    sp.eye(3) / zp**2,
    (x, y, zp),
    ((0.2, 0.5, 0.8), (-0.6, 0.1, 1.7)),
    {"ricci_scalar": -6 * one, "kretschmann": 12 * one},
)
NIL = Space(
    "Nil", [[1, 0, 0], [0, 1 + x**2, -x], [0, -x, 1]], (x, y, z), ((0.4, 0.2, 0.6), (-0.7, 1.0, 0.1)), {"ricci_scalar": -one / 2}
)  # fmt: skip
SOL = Space(
    "Sol",
    sp.diag(sp.exp(2 * z), sp.exp(-2 * z), 1),
    (x, y, z),
    ((0.1, 0.3, 0.4), (0.7, -0.5, -0.6)),
    {"ricci_scalar": -2 * one},
)
HOPF = Space(
    "three-sphere, Hopf", sp.diag(1, sp.sin(eta) ** 2, sp.cos(eta) ** 2), (eta, ph, psi), ((0.5, 0.2, 0.9), (1.1, 1.0, 0.4)),
    {"ricci_scalar": 6 * one, "kretschmann": 12 * one},
)  # fmt: skip
_f = 1 - 2 / r + H / r**2
REISSNER = Space(
    "Reissner–Nordström, m = 1, q² = 1/2", sp.diag(-_f, 1 / _f, r**2, r**2 * sp.sin(th) ** 2), (t, r, th, ph),
    ((0.1, 4.0, 1.0, 0.3), (0.5, 3.0, 0.6, 1.1)), {"ricci_scalar": 0 * one, "kretschmann": 48 / r**6 - 48 / r**7 + 14 / r**8},
)  # fmt: skip
DE_SITTER = Space(
    "de Sitter, flat slices", sp.diag(-1, *[sp.exp(t)] * 3), (t, x, y, z), ((0.3, 0.1, 0.2, 0.4), (-0.6, 0.5, 0.3, 0.1)),
    {"ricci_scalar": 3 * one, "kretschmann": sp.Rational(3, 2)},
)  # fmt: skip
GODEL = Space(
    "Gödel", [[-1, 0, -sp.exp(x), 0], [0, 1, 0, 0], [-sp.exp(x), 0, -sp.exp(2 * x) / 2, 0], [0, 0, 0, 1]], (t, x, y, z),
    ((0.1, 0.4, 0.3, 0.2), (0.6, -0.5, 0.2, 0.7)), {"ricci_scalar": -one},
)  # fmt: skip
PAINLEVE = Space(
    "Schwarzschild after Painlevé", [[-1 + 2 / r, sp.sqrt(2 / r), 0, 0], [sp.sqrt(2 / r), 1, 0, 0], [0, 0, r**2, 0], [0, 0, 0, r**2 * sp.sin(th) ** 2]],
    (t, r, th, ph), ((0.2, 5.0, 1.1, 0.3), (0.4, 1.5, 0.7, 1.0)), {"ricci_scalar": 0 * one, "kretschmann": 48 / r**6},
)  # fmt: skip

# Families.
NORMAL_LOG = Space(
    "normal family, log σ", sp.diag(sp.exp(-2 * ell), 2), (mu, ell), ((0.3, -0.4), (-1.0, 0.6)), {"ricci_scalar": -one}
)
NORMAL_VAR = Space(
    "normal family, variance",
    sp.diag(1 / var, 1 / (2 * var**2)),
    (mu, var),
    ((0.3, 0.8), (-1.0, 2.7)),
    {"ricci_scalar": -one},
)
NORMAL_NATURAL = Space(
    "normal family, natural", sp.Matrix([[1 / b, -a / b**2], [-a / b**2, a**2 / b**3 + 1 / (2 * b**2)]]), (a, b), ((0.6, 0.9), (1.3, 2.1)),
    {"ricci_scalar": -one},
)  # fmt: skip
LAPLACE = Space("Laplace family", sp.eye(2) / b**2, (mu, b), ((0.3, 0.7), (-0.8, 1.9)), {"ricci_scalar": -2 * one})
CAUCHY = Space(
    "Cauchy family", sp.eye(2) / (2 * gam**2), (mu, gam), ((0.3, 0.7), (-0.8, 1.9)), {"ricci_scalar": -4 * one}
)
LOGISTIC = Space("logistic family", sp.diag(one / 3, (3 + sp.pi**2) / 9) / s**2, (mu, s), ((0.3, 0.7), (-0.8, 1.9)))
GAMMA_RATE = Space(
    "gamma family, shape and rate", [[sp.polygamma(1, a), -1 / b], [-1 / b, a / b**2]], (a, b), ((1.3, 0.8), (3.1, 2.0))
)  # fmt: skip
_a = sp.symbols("a1:4", positive=True)
DIRICHLET = Space(
    "Dirichlet family", sp.diag(*[sp.polygamma(1, c) for c in _a]) - sp.ones(3) * sp.polygamma(1, sum(_a)), _a, ((0.8, 1.5, 2.2), (3.0, 1.1, 0.7))
)  # fmt: skip
GEOMETRIC = Space("geometric family", [[1 / (p**2 * (1 - p))]], (p,), ((0.3,), (0.7,)), {}, "families.geometric")
WEIBULL = Space(
    "Weibull family",
    [[(1 + sp.pi**2 / 6 + sp.EulerGamma**2 - 2 * sp.EulerGamma) / k**2, (sp.EulerGamma - 1) / lam], [(sp.EulerGamma - 1) / lam, k**2 / lam**2]],
    (k, lam), ((1.4, 0.7), (0.8, 2.0)), {}, "families.weibull",
)  # fmt: skip
RAYLEIGH = Space("Rayleigh family", [[4 / sigma**2]], (sigma,), ((0.6,), (1.8,)), {}, "families.rayleigh")
_m = sp.symbols("mu1 mu2", real=True)
_s11, _s22 = sp.symbols("s11 s22", positive=True)
_s12 = sp.Symbol("s12", real=True)


def _bivariate():
    inverse = sp.Matrix([[_s11, _s12], [_s12, _s22]]).inv()
    basis = [sp.Matrix([[1, 0], [0, 0]]), sp.Matrix([[0, 1], [1, 0]]), sp.Matrix([[0, 0], [0, 1]])]
    g = sp.zeros(5, 5)
    g[:2, :2] = inverse
    for i, A in enumerate(basis):
        for j, B in enumerate(basis):
            g[2 + i, 2 + j] = (inverse * A * inverse * B).trace() / 2
    return g


BIVARIATE = Space(
    "bivariate normal family", _bivariate(), (*_m, _s11, _s12, _s22), ((0.2, -0.4, 1.3, 0.4, 0.9), (1.0, 0.1, 0.8, -0.3, 1.6)), {}, "families.multivariate_normal"
)  # fmt: skip
_w = sp.symbols("w1 w2", real=True)
COVARIATES = ROWS[:6]


def _regression(weight):
    g = sp.zeros(2, 2)
    for row in COVARIATES:
        c = sp.Matrix([sp.Rational(str(e)) for e in row])
        g += weight(c[0] * _w[0] + c[1] * _w[1]) * c * c.T / len(COVARIATES)
    return g


LOGIT = Space(
    "logistic regression", _regression(lambda f: 1 / (2 + sp.exp(f) + sp.exp(-f))), _w, ((0.4, -0.7), (1.2, 0.5))
)
LOGLINEAR = Space("Poisson regression", _regression(sp.exp), _w, ((0.4, -0.7), (1.2, 0.5)))
SOFTMAX = Space(
    "categorical family, logits", sp.hessian(sp.log(1 + sp.exp(u) + sp.exp(v)), (u, v)), (u, v), ((0.3, -0.5), (1.1, 0.4)), {"ricci_scalar": one / 2}
)  # fmt: skip
_i, _j = sp.symbols("b h", real=True)
ISING = Space(
    "Ising chain", sp.hessian(sp.log(sp.exp(_i) * sp.cosh(_j) + sp.sqrt(sp.exp(2 * _i) * sp.sinh(_j) ** 2 + sp.exp(-2 * _i))), (_i, _j)), (_i, _j),
    ((0.3, 0.5), (0.6, -0.4)), {}, "gibbs.ising_chain",
)  # fmt: skip
