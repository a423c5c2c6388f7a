"""Grids of densities without closed form: sums over nodes against integrals enclosed cell by cell.

    python benchmarks/families/certified.py

CPU seconds, and the largest relative difference of R; ``rtol`` is 1e-10.
"""

from __future__ import annotations

import time

import numpy as np
import sympy as sp
from chentsov import StatisticalManifold

x, mu = sp.symbols("x mu", real=True)
e, m, s, a = sp.symbols("e m s a", positive=True)
LINE = {x: (-sp.oo, sp.oo)}


def bump(z: sp.Expr) -> sp.Expr:
    return sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)


MODELS = {
    "location–scale, exp(−cosh z)": (
        lambda: StatisticalManifold.from_density(
            sp.exp(-sp.cosh((x - mu) / s)) / (2 * s * sp.besselk(0, 1)), LINE, (mu, s)
        ),
        {mu: np.linspace(-1, 1, 40), s: np.linspace(0.5, 2, 40)},
    ),
    "mixture of two normals": (
        lambda: StatisticalManifold.from_density(
            e * bump(x - m) + (1 - e) * bump(x + m), LINE, (e, m), domain={e: (0, 1)}
        ),
        {e: np.linspace(0.2, 0.8, 4), m: np.linspace(0.8, 1.6, 4)},
    ),
    "skew normal": (
        lambda: StatisticalManifold.from_density(
            bump((x - mu) / s) / s * (1 + sp.erf(a * (x - mu) / (s * sp.sqrt(2)))), LINE, (mu, s, a)
        ),
        {mu: [0.0], s: [1.0, 1.5], a: [1.0, 2.0]},
    ),
}


def main() -> None:
    for name, (make, axes) in MODELS.items():
        times = [time.process_time()]
        manifold = make()
        times.append(time.process_time())
        fast = manifold.on_grid(axes)
        times.append(time.process_time())
        proven = manifold.on_grid(axes, rtol=1e-10)
        times.append(time.process_time())
        build, nodes, balls = np.diff(times)
        off = float(abs(fast["ricci_scalar"] / proven["ricci_scalar"] - 1).max())
        open_cells = int((proven["status"] != 0).sum())
        cells = proven["status"].size
        print(
            f"{name:30} build {build:5.1f} s, {cells} cells: nodes {nodes:5.2f} s, enclosed {balls:6.2f} s ({balls / cells:.4f} s a cell), "
            f"{open_cells} open, differ by {off:.0e}"
        )


if __name__ == "__main__":
    main()
