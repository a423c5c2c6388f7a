"""CPU time for every density record of the reference file: metric, Ricci scalar and Amari–Chentsov tensor from the density.

    python benchmarks/families/reference.py

The first line warms SymPy up.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from chentsov.models import families

from tests.manifolds.test_statistical_reference import manifold
from tests.reference import cases


def main() -> None:
    families.bernoulli().metric
    total, slowest, slowest_exponential = 0.0, 0.0, 0.0
    found = [c.values[0] for c in cases("density") if c.values[0] is not None]
    if not found:
        raise SystemExit("the reference file is absent")
    for case in found:
        start = time.process_time()
        m = manifold(case)
        m.metric, m.ricci_scalar, m.amari_chentsov
        took = time.process_time() - start
        total += took
        slowest = max(slowest, took)
        if m.is_exponential:
            slowest_exponential = max(slowest_exponential, took)
        print(f"{case.id:6} {took:6.2f} s  {m.provenance.route}")
    print(f"all {total:.1f} s CPU; slowest {slowest:.2f} s; slowest exponential family {slowest_exponential:.2f} s")


if __name__ == "__main__":
    main()
