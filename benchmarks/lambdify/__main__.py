"""`chentsov.lambdify` beside `sympy.lambdify`: time and largest relative error of the same formulas on the same points.

    python -m benchmarks.lambdify [--points 1000]

SymPy's functions are made with modules="scipy" and cse=True, the better of its ways on arrays. Times are the least of
nine interleaved calls over points x points values (open axes); errors are those at 300 of them against mpmath with 800
digits.
"""

import argparse
import time

import chentsov as ch
import mpmath
import numpy as np
import sympy as sp

x, y = sp.symbols("x y", real=True)

#: Name -> formula and the ranges of x and y.
FORMULAS = {
    "Gaussian exp(-(x² + y²)/2)": (sp.exp(-(x**2 + y**2) / 2), (-5, 5)),
    "exp(x) - 1 near 0": (sp.exp(x * y) - 1, (-1e-4, 1e-4)),
    "softplus log(1 + exp(x + y))": (sp.log(1 + sp.exp(x + y)), (-350, 360)),
    "1 - logistic": (1 - 1 / (1 + sp.exp(-x - y)), (0, 30)),
    "trigamma of a gamma metric": (x * sp.polygamma(1, x) - 1, (0.1, 50)),
    "curvature of a torus-like surface": (
        sp.cos(x) / (2 + sp.cos(x)) + sp.diff(sp.sin(x * y) / (2 + sp.cos(x * y)), x, 2), (-3, 3),
    ),
}  # fmt: skip


def error(function, formula, ends, rng):
    """The largest relative error at random points; infinite where a number is missing."""
    points = rng.uniform(*ends, (300, 2))
    exact = sp.lambdify((x, y), formula, "mpmath")
    with np.errstate(all="ignore"):
        got = np.array([float(function(*p)) for p in points])
    with mpmath.workdps(800):
        wanted = [exact(*map(mpmath.mpf, map(float, p))) for p in points]
        errors = [float(abs((mpmath.mpf(float(g)) - w) / w)) if np.isfinite(g) else np.inf for g, w in zip(got, wanted)]
    return max(errors)


def times(functions, axes, repeats=9):
    """The least of each function's times, taken in turns."""
    found = {name: [] for name in functions}
    for function in functions.values():
        with np.errstate(all="ignore"):
            function(*axes)
    for _ in range(repeats):
        for name, function in functions.items():
            start = time.perf_counter()
            with np.errstate(all="ignore"):
                function(*axes)
            found[name].append(time.perf_counter() - start)
    return {name: min(values) for name, values in found.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--points", type=int, default=1000)
    points = parser.parse_args().points
    print("| formula | SymPy, ms | Chentsov, ms | SymPy's error | Chentsov's error |\n| --- | --- | --- | --- | --- |")
    for name, (formula, ends) in FORMULAS.items():
        functions = {
            "sympy": sp.lambdify((x, y), formula, "scipy", cse=True),
            "chentsov": ch.lambdify((x, y), formula, "scipy", cse=True),
        }
        axis = np.linspace(*ends, points)
        took = times(functions, (axis[:, None], axis[None, :]))
        off = [error(f, formula, ends, np.random.default_rng(0)) for f in functions.values()]
        print(f"| {name} | {took['sympy'] * 1e3:.1f} | {took['chentsov'] * 1e3:.1f} | {off[0]:.1e} | {off[1]:.1e} |")


if __name__ == "__main__":
    main()
