"""The functions a kernel can evaluate: how SymPy names them and what each back end calls.

One record a function. `native` is either the name of a vector routine of our own (`vector.py`), or a
symbol of the C library ("libm:..."), or a routine of `scipy.special` ("scipy:...").
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from flint import arb, arb_series, ctx

from ..exact import logistic, zeta_derivative
from .stable import expm1, log1p, softplus

__all__ = ["Function", "FUNCTIONS", "by_class"]


@dataclass(frozen=True)
class Function:
    """A named function of one or more real arguments; `value` is a static parameter (an order)."""

    name: str
    sympy: type | None
    numpy: Callable[..., Any]
    ball: Callable[..., Any]
    native: str


def _special(name: str) -> Callable[..., Any]:
    def call(*args: Any) -> Any:
        import scipy.special

        return getattr(scipy.special, name)(*args)

    return call


def _logistic(u: Any) -> Any:
    e = np.exp(-np.abs(u))
    p = 1 / (1 + e)
    return np.where(u >= 0, p, e * p)


def _softplus(u: Any) -> Any:
    return np.maximum(u, 0) + np.log1p(np.exp(-np.abs(u)))


def _ball_logistic(u: arb) -> arb:
    e = (-abs(u)).exp()
    if u >= 0:
        return 1 / (1 + e)
    return e / (1 + e) if u < 0 else 1 / (1 + (-u).exp())


def _ball_softplus(u: arb) -> arb:
    if u > 0:
        return u + (-u).exp().log1p()
    return u.exp().log1p()


def _ball_sign(u: arb) -> arb:
    return u.sgn()


def _polygamma(x: Any, value: Any) -> Any:
    import scipy.special

    return scipy.special.psi(x) if value == 0 else scipy.special.polygamma(value, x)


def _ball_polygamma(x: arb, value: int) -> arb:
    if value == 0:
        return x.digamma()
    sign = 1 if value % 2 else -1
    return sign * arb(value).fac() * arb(value + 1).zeta(x)


_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)


def _zeta(s: Any, value: Any = 0) -> Any:
    """ζ^(k)(s) for s > 0 by Euler–Maclaurin summation (DLMF 25.2.9), differentiated as truncated Taylor series in s."""
    s = np.asarray(s, float)
    k, n = int(value), 20

    def times(a: list, b: list) -> list:
        return [sum(a[i] * b[m - i] for i in range(m + 1)) for m in range(k + 1)]

    def power(base: float, shift: Any = 0.0) -> list:  # base^(shift − s − ε)
        log = np.log(base)
        return [base ** (shift - s) * (-log) ** m / math.factorial(m) for m in range(k + 1)]

    def padded(*head: Any) -> list:
        return [*head, *[0.0] * k][: k + 1]

    total = [sum(parts) for parts in zip(*(power(float(j)) for j in range(n - 1, 1, -1)))]
    total = [t + one for t, one in zip(total, padded(1.0))]
    pole = [(-1) ** m / (s - 1) ** (m + 1) for m in range(k + 1)]
    rising = padded(s, 1.0)
    last = power(float(n))
    rest = [a * n + b / 2 for a, b in zip(times(pole, last), last)]
    factorial = 2.0
    for j, bernoulli in enumerate(_BERNOULLI, start=1):
        term = times(rising, power(float(n), 1.0 - 2 * j))
        rest = [r + bernoulli / factorial * t for r, t in zip(rest, term)]
        for shift in (2 * j - 1, 2 * j):
            rising = times(rising, padded(s + shift, 1.0))
        factorial *= (2 * j + 1) * (2 * j + 2)
    out = math.factorial(k) * (total[k] + rest[k])
    return np.where(s > 0, out, np.nan)


def _ball_zeta(s: arb, value: int = 0) -> arb:
    old, ctx.cap = ctx.cap, max(ctx.cap, value + 1)
    try:
        return arb_series([s, 1], value + 1).zeta()[value] * arb(value).fac()
    finally:
        ctx.cap = old


def _ball_lambertw(x: arb) -> arb:
    return x.lambertw()


_RECORDS = (
    Function("exp", sp.exp, np.exp, arb.exp, "exp"),
    Function("log", sp.log, np.log, arb.log, "log"),
    Function("log1p", log1p, np.log1p, arb.log1p, "log1p"),
    Function("expm1", expm1, np.expm1, arb.expm1, "expm1"),
    Function("logistic", logistic, _logistic, _ball_logistic, "logistic"),
    Function("softplus", softplus, _softplus, _ball_softplus, "softplus"),
    Function("sqrt", None, np.sqrt, arb.sqrt, "sqrt"),
    Function("sin", sp.sin, np.sin, arb.sin, "sin"),
    Function("cos", sp.cos, np.cos, arb.cos, "cos"),
    Function("tan", sp.tan, np.tan, arb.tan, "libm:tan"),
    Function("sinh", sp.sinh, np.sinh, arb.sinh, "libm:sinh"),
    Function("cosh", sp.cosh, np.cosh, arb.cosh, "libm:cosh"),
    Function("tanh", sp.tanh, np.tanh, arb.tanh, "tanh"),
    Function("asin", sp.asin, np.arcsin, arb.asin, "libm:asin"),
    Function("acos", sp.acos, np.arccos, arb.acos, "libm:acos"),
    Function("atan", sp.atan, np.arctan, arb.atan, "libm:atan"),
    Function("asinh", sp.asinh, np.arcsinh, arb.asinh, "libm:asinh"),
    Function("acosh", sp.acosh, np.arccosh, arb.acosh, "libm:acosh"),
    Function("atanh", sp.atanh, np.arctanh, arb.atanh, "libm:atanh"),
    Function("atan2", sp.atan2, np.arctan2, arb.atan2, "libm:atan2"),
    Function("abs", sp.Abs, np.abs, abs, "abs"),
    Function("sign", sp.sign, np.sign, _ball_sign, "sign"),
    Function("floor", sp.floor, np.floor, arb.floor, "floor"),
    Function("ceil", sp.ceiling, np.ceil, arb.ceil, "ceil"),
    Function("min", sp.Min, np.minimum, arb.min, "min"),
    Function("max", sp.Max, np.maximum, arb.max, "max"),
    Function("pow", None, np.power, arb.__pow__, "libm:pow"),
    Function("erf", sp.erf, _special("erf"), arb.erf, "libm:erf"),
    Function("erfc", sp.erfc, _special("erfc"), arb.erfc, "libm:erfc"),
    Function("gamma", sp.gamma, _special("gamma"), arb.gamma, "scipy:gamma"),
    Function("loggamma", sp.loggamma, _special("gammaln"), arb.lgamma, "scipy:gammaln"),
    Function("polygamma", sp.polygamma, _polygamma, _ball_polygamma, "scipy:polygamma"),
    Function("besseli", sp.besseli, _special("iv"), lambda n, x: x.bessel_i(n), "scipy:iv"),
    Function("besselj", sp.besselj, _special("jv"), lambda n, x: x.bessel_j(n), "scipy:jv"),
    Function("besselk", sp.besselk, _special("kv"), lambda n, x: x.bessel_k(n), "scipy:kv"),
    Function("bessely", sp.bessely, _special("yv"), lambda n, x: x.bessel_y(n), "scipy:yv"),
    Function("zeta", sp.zeta, _zeta, _ball_zeta, "numpy"),
    Function("lambertw", sp.LambertW, lambda x: np.real(_special("lambertw")(x)), _ball_lambertw, "numpy"),
)

#: Every function by the name it has in a program.
FUNCTIONS: dict[str, Function] = {f.name: f for f in _RECORDS}

#: The same by SymPy's class.
by_class: dict[type, Function] = {f.sympy: f for f in _RECORDS if f.sympy is not None} | {
    zeta_derivative: FUNCTIONS["zeta"]
}
