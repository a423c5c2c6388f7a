"""Every family on 1000 × 1000 parameter points in one call, with errors against ball arithmetic.

The Ricci scalar, or the metric where there is one parameter only (on a line of 1000² points).

    python benchmarks/families/grid.py [size] [points]

The first two parameters run over ±30 % about the family's sample point; errors are relative, at random cells.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import sympy as sp
from chentsov.geometry.expectation.balls import Tape, exact, precision
from chentsov.models import families


def main(size: int = 1000, points: int = 50) -> None:
    generator = np.random.default_rng(0)
    print(f"{'family':22} {'first call':>10} {'second':>8} {'worst error':>12}  NaN")
    for family in families.catalogue():
        m = family.manifold()
        names = list(m.coordinates)[:2]
        axes = {
            s: np.linspace(0.7 * float(family.sample[s]), 1.3 * float(family.sample[s]), size if m.dim > 1 else size**2)
            for s in names
        }
        quantity, formula = ("ricci_scalar", m.ricci_scalar) if m.dim > 1 else ("metric", m.metric[0, 0])
        constants = {s: float(v) for s, v in family.sample.items() if s not in names}
        times = []
        for _ in range(2):
            start = time.perf_counter()
            values = m.on_grid(axes, (quantity,), constants=constants)[quantity].values.reshape(
                [len(a) for a in axes.values()]
            )
            times.append(time.perf_counter() - start)
        symbols = [*m.coordinates, *m.constants]
        tape = Tape([formula], symbols)
        worst = 0.0
        for index in zip(*(generator.integers(n, size=points) for n in values.shape)):
            at = {**constants, **{s: axes[s][i] for s, i in zip(names, index)}}
            with precision(300):
                truth = float(tape([exact(sp.Rational(float(at[s]))) for s in symbols])[0].real.mid())
            worst = max(worst, abs(values[index] - truth) / max(abs(truth), 1e-300))
        print(f"{family.name:22} {times[0]:9.3f}s {times[1]:7.3f}s {worst:12.1e}  {int(np.isnan(values).sum())}")


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:3]))
