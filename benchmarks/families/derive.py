"""CPU time from density to Fisher metric, Amari–Chentsov tensor and Ricci scalar, for every family of the catalogue.

    python benchmarks/families/derive.py

The first line warms SymPy up; each family is then derived once, from its density, in this process.
"""

from __future__ import annotations

import time

from chentsov.models import families


def main() -> None:
    families.bernoulli().metric
    total = 0.0
    print(f"{'family':22} {'metric':>8} {'T and R':>8}  route and checks")
    for family in families.catalogue():
        start = time.process_time()
        manifold = family.manifold()
        first = time.process_time()
        manifold.amari_chentsov
        manifold.ricci_scalar
        last = time.process_time()
        total += last - start
        print(f"{family.name:22} {first - start:7.2f}s {last - first:7.2f}s  {manifold.provenance}")
    print(f"all {total:.1f} s CPU")


if __name__ == "__main__":
    main()
