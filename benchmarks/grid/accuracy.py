"""Accuracy of the kernels' own elementary functions, in units in the last place, beside the C library's.

    python benchmarks/grid/accuracy.py [points]

Every function is evaluated over its full range: uniform in the value, uniform in the exponent, and near the
places where the argument reduction changes. The truth is a ball of 120 bits (python-flint).
"""

from __future__ import annotations

import sys

import numpy as np
import sympy as sp
from flint import arb, ctx

from chentsov.geometry.exact import logistic
from chentsov.geometry.kernels import compile
from chentsov.geometry.kernels.stable import expm1, log1p, softplus

_FUNCTIONS = {
    "exp": (sp.exp, arb.exp, np.exp, (-745.0, 709.78)),
    "expm1": (expm1, arb.expm1, np.expm1, (-50.0, 709.78)),
    "log": (sp.log, arb.log, np.log, (5e-324, 1.7e308)),
    "log1p": (log1p, arb.log1p, np.log1p, (-0.9999999, 1.7e308)),
    "logistic": (logistic, lambda u: 1 / (1 + (-u).exp()), None, (-744.0, 744.0)),
    "softplus": (softplus, lambda u: u.exp().log1p() if u < 0 else u + (-u).exp().log1p(), None, (-744.0, 744.0)),
    "tanh": (sp.tanh, arb.tanh, np.tanh, (-30.0, 30.0)),
    "sin": (sp.sin, arb.sin, np.sin, (-1e5, 1e5)),
    "cos": (sp.cos, arb.cos, np.cos, (-1e5, 1e5)),
}


def points(low: float, high: float, count: int, rng: np.random.Generator) -> np.ndarray:
    """Both ends, uniform values, uniform exponents, and neighbours of multiples of ln 2 and pi/2."""
    wide = rng.uniform(max(low, -1e4), min(high, 1e4), count)
    sizes = 2.0 ** rng.uniform(-60, np.log2(min(high, 1e300)), count) * rng.choice([-1, 1], count)
    tiny = 2.0 ** rng.uniform(-1070, -900, count // 4)
    steps = np.concatenate([np.arange(-300, 300) * np.log(2) / 2, np.arange(-300, 300) * np.pi / 4])
    near = np.nextafter(steps, rng.choice([-np.inf, np.inf], steps.size))
    everything = np.concatenate([[low, high], wide, sizes, tiny, near])
    return everything[(everything >= low) & (everything <= high)]


def errors(values: np.ndarray, truth: list[arb]) -> np.ndarray:
    """|value - truth| in units in the last place of the truth (of the least subnormal, below it)."""
    out = np.empty(len(values))
    for k, (value, ball) in enumerate(zip(values, truth)):
        nearest = float(ball.mid())
        if not np.isfinite(value):
            out[k] = 0.0 if value == nearest else np.inf
        else:
            out[k] = float(abs(arb(float(value)) - ball).mid()) / np.spacing(abs(nearest))
    return out


def study(name: str, count: int, dtype: str = "float64") -> dict[str, float]:
    """Worst and mean error of our routine and of NumPy's."""
    symbolic, exact, numpy_function, (low, high) = _FUNCTIONS[name]
    x = sp.Symbol("x")
    grid = points(low, high, count, np.random.default_rng(0))
    ctx.prec = 120
    truth = [exact(arb(float(v))) for v in grid]
    own = errors(compile(symbolic(x), [x])(grid), truth)
    row = {"points": len(grid), "worst": own.max(), "mean": own.mean(), "at": grid[int(np.argmax(own))]}
    if numpy_function is not None:
        with np.errstate(all="ignore"):
            other = errors(numpy_function(grid), truth)
        row |= {"numpy_worst": other.max(), "numpy_mean": other.mean()}
    return row


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    print(f"{'function':<10}{'points':>8}{'worst ulp':>11}{'mean':>8}{'NumPy worst':>13}{'mean':>8}   worst at")
    for name in _FUNCTIONS:
        r = study(name, count)
        print(f"{name:<10}{r['points']:>8}{r['worst']:>11.2f}{r['mean']:>8.3f}{r.get('numpy_worst', float('nan')):>13.2f}"
              f"{r.get('numpy_mean', float('nan')):>8.3f}   {r['at']!r}")


if __name__ == "__main__":
    main()
