"""CPU time from density to Fisher metric, Amari–Chentsov tensor and Ricci scalar, for every family of the catalogue.

    python -m benchmarks.families.derive [name ...]

Then the densities of `densities` that are in no catalogue, with the time of R in one cell of a grid, and those that are
refused.  The first line warms SymPy up; each is then derived once, from its density, in this process.  A tensor that
has no closed form, because it does not exist or because only its numbers do, is marked by a dash.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from chentsov.models import families

from benchmarks.families.densities import DENSITIES, REFUSED


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time()
    try:
        found = work()
    except ValueError as reason:
        found = reason
    return time.process_time() - start, found


def one_cell(manifold: Any) -> Any:
    """R at the point where the density was checked."""
    point = {s: float(v) for s, v in manifold.expectation.point.items()}
    axes = {s: [point[s]] for s in manifold.coordinates}
    constants = {s: point[s] for s in manifold.density.constants}
    return manifold.on_grid(axes, ("ricci_scalar" if manifold.dim > 1 else "metric",), constants=constants)


def line(name: str, make: Callable[[], Any]) -> float:
    made, manifold = timed(make)
    steps = (lambda: one_cell(manifold), lambda: manifold.amari_chentsov, lambda: manifold.ricci_scalar)
    found = [timed(step) for step in steps]
    times = " ".join(f"{t:7.2f}s" if not isinstance(v, ValueError) else "       –" for t, v in found)
    print(f"{name:24} {made:7.2f}s {times}  {manifold.provenance}", flush=True)
    return made + sum(t for t, _ in found)


def main(*names: str) -> None:
    families.bernoulli().metric
    print(f"{'family':24} {'metric':>8} {'one cell':>8} {'T':>8} {'R':>8}  route and checks")
    known = {f.name: f.manifold for f in families.catalogue()} | DENSITIES
    total = {name: line(name, make) for name, make in known.items() if not names or name in names}
    for name, make in REFUSED.items():
        if not names or name in names:
            took, reason = timed(make)
            total[name] = took
            print(f"{name:24} {took:7.2f}s  {type(reason).__name__}: {reason}")
    if not total:
        raise SystemExit(f"no such density; known are {', '.join([*known, *REFUSED])}")
    slowest = max(total, key=lambda name: total[name])
    print(f"all {sum(total.values()):.1f} s CPU; slowest {slowest}: {total[slowest]:.1f} s")


if __name__ == "__main__":
    main(*sys.argv[1:])
