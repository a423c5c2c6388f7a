"""Errors of elementary functions in units in the last place, against balls of 160 bits (python-flint).

Every function is evaluated over its full range: uniform in the value, uniform in the exponent, subnormal
arguments and results, and the neighbours of the places where the argument reduction changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.special
import sympy as sp
from chentsov.geometry.exact import logistic
from chentsov.geometry.kernels.stable import expm1, log1p, softplus
from flint import arb, ctx

X = sp.Symbol("x")


@dataclass(frozen=True)
class Function:
    """Name, formula, truth, how NumPy computes it (with the C library, or as one writes it), and its range."""

    name: str
    formula: sp.Expr
    ball: Callable[[arb], arb]
    numpy: Callable[..., np.ndarray]
    low: float
    high: float


def _logistic(u: arb) -> arb:
    return 1 / (1 + (-u).exp()) if u > 0 else u.exp() / (1 + u.exp())


def _softplus(u: arb) -> arb:
    return u + (-u).exp().log1p() if u > 0 else u.exp().log1p()


def _numpy_logistic(u: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    return np.divide(1, 1 + np.exp(-u), out=out)


def _numpy_softplus(u: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    return np.logaddexp(0, u, out=out)


def _numpy_power(u: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    return np.power(u, -1.4, out=out)


def _numpy_exponential(u: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    return np.power(200.0, u, out=out)


def _numpy_atan2(u: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    return np.arctan2(u, 1.5, out=out)


FUNCTIONS = (
    Function("exp", sp.exp(X), arb.exp, np.exp, -745.0, 709.78),
    Function("expm1", expm1(X), arb.expm1, np.expm1, -745.0, 709.78),
    Function("log", sp.log(X), arb.log, np.log, 5e-324, 1.7e308),
    Function("log1p", log1p(X), arb.log1p, np.log1p, -1.0 + 2.0**-53, 1.7e308),
    Function("logistic", logistic(X), _logistic, _numpy_logistic, -745.0, 1.7e308),
    Function("softplus", softplus(X), _softplus, _numpy_softplus, -745.0, 1.7e308),
    Function("tanh", sp.tanh(X), arb.tanh, np.tanh, -1.7e308, 1.7e308),
    Function("sin", sp.sin(X), arb.sin, np.sin, -1.7e308, 1.7e308),
    Function("cos", sp.cos(X), arb.cos, np.cos, -1.7e308, 1.7e308),
    Function("tan", sp.tan(X), arb.tan, np.tan, -1.7e308, 1.7e308),
    Function("sinh", sp.sinh(X), arb.sinh, np.sinh, -710.47, 710.47),
    Function("cosh", sp.cosh(X), arb.cosh, np.cosh, -710.47, 710.47),
    Function("asin", sp.asin(X), arb.asin, np.arcsin, -1.0, 1.0),
    Function("acos", sp.acos(X), arb.acos, np.arccos, -1.0, 1.0),
    Function("atan", sp.atan(X), arb.atan, np.arctan, -1.7e308, 1.7e308),
    Function("asinh", sp.asinh(X), arb.asinh, np.arcsinh, -1.7e308, 1.7e308),
    Function("acosh", sp.acosh(X), arb.acosh, np.arccosh, 1.0, 1.7e308),
    Function("atanh", sp.atanh(X), arb.atanh, np.arctanh, -1.0 + 2.0**-53, 1.0 - 2.0**-53),
    Function("erf", sp.erf(X), arb.erf, scipy.special.erf, -1.7e308, 1.7e308),
    Function("erfc", sp.erfc(X), arb.erfc, scipy.special.erfc, -1.7e308, 27.2),
    Function("gamma", sp.gamma(X), arb.gamma, scipy.special.gamma, 1e-308, 171.62),
    Function("loggamma", sp.loggamma(X), arb.lgamma, scipy.special.gammaln, 5e-324, 2.5e305),
    Function("x^(1/3)", sp.cbrt(X), lambda u: u.root(3), np.cbrt, 5e-324, 1.7e308),
    Function("x^(-7/5)", X ** sp.Rational(-7, 5), lambda u: 1 / (u**7).root(5), _numpy_power, 1e-220, 1e220),
    Function("200^x", 200**X, lambda u: arb(200) ** u, _numpy_exponential, -140.0, 133.9),
    Function("atan2", sp.atan2(X, sp.Rational(3, 2)), lambda u: (u / arb(1.5)).atan(), _numpy_atan2, -1e300, 1e300),
)


def points(low: float, high: float, count: int, dtype: Any = np.float64, seed: int = 0) -> np.ndarray:
    """Arguments in [low, high] that are hard for somebody."""
    rng, info = np.random.default_rng(seed), np.finfo(dtype)
    widest = min(float(info.max), 1e300)
    wide = np.concatenate([rng.uniform(max(low, -w), min(high, w), count // 4) for w in (1.0, 20.0, 750.0, 1e5)])
    signs = rng.choice([-1.0, 1.0], count)
    sizes = 2.0 ** rng.uniform(np.log2(float(info.smallest_subnormal)), np.log2(widest), count) * signs
    common = 2.0 ** rng.uniform(-12, 8, count) * signs
    steps = np.concatenate([np.arange(-1100, 1100) * np.log(2) / 2, np.arange(-600, 600) * np.pi / 4])
    near = np.concatenate([np.nextafter(steps, -np.inf), steps, np.nextafter(steps, np.inf)])
    with np.errstate(over="ignore"):
        everything = np.concatenate([[low, high], wide, sizes, common, near]).astype(dtype)
    exactly = everything.astype(np.float64)
    return everything[(exactly >= low) & (exactly <= high) & np.isfinite(exactly)]


def truth(function: Function, arguments: np.ndarray) -> list[arb]:
    """The values in balls; a large argument of sin needs as many bits as its exponent has."""
    old = ctx.prec
    ctx.prec = 1300 if function.name in ("sin", "cos", "tan") else 160
    try:
        return [function.ball(arb(float(v))) for v in arguments]
    finally:
        ctx.prec = old


def errors(values: np.ndarray, exact: list[arb]) -> np.ndarray:
    """|value - truth| in units in the last place of the truth (of the least subnormal, below it)."""
    out = np.empty(len(values))
    with np.errstate(over="ignore"):
        for k, (value, ball) in enumerate(zip(values, exact)):
            nearest = values.dtype.type(float(ball.mid()))
            if not np.isfinite(value):
                out[k] = 0.0 if value == nearest else np.inf
            else:
                out[k] = float(abs(arb(float(value)) - ball).mid()) / float(np.spacing(abs(nearest)))
    return out
