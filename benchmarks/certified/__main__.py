"""`python -m benchmarks.certified`: certified numbers under attack.

Formulas are drawn at random from the table of functions, alone and as metrics, with parameters from 1e-12 to 1e12, at
points near poles, kinks and saturations and among the smallest and largest numbers. Of every grid a sample of the
cells, its largest and smallest numbers, and cells without a number are compared with textbook formulas at twice the
precision and more (`attack`). Ends with exit 1 if a number is wrong without a flag.

    python -m benchmarks.certified --cells 10000000
    python -m benchmarks.certified --cells 20000 --seed 7 --verbose
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
from chentsov.geometry.exact import UnsupportedFunction

from .attack import Outcome, attacked, draw


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=100_000)
    parser.add_argument("--side", type=int, help="points an axis of each grid; by default 20 to 400")
    parser.add_argument(
        "--compared", type=int, default=24, help="cells drawn at random that are compared, of each grid"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long")
    parser.add_argument("--verbose", action="store_true", help="name every formula")
    options = parser.parse_args()
    total, number, refused, crashed, start = Outcome(), 0, 0, 0, time.monotonic()
    while total.cells < options.cells and time.monotonic() - start < options.seconds:
        random = np.random.default_rng([options.seed, number])
        number += 1
        case = draw(random, options.side)
        began = time.monotonic()
        try:
            outcome, faults, lost = attacked(case, random, options.compared)
        except (UnsupportedFunction, NameError) as reason:  # a derivative without a numeric form; no mpmath name
            refused += 1
            if options.verbose:
                print(f"[{number - 1}] {case}: {str(reason)[:100]}", flush=True)
            continue
        except RecursionError:
            crashed += 1
            print(f"CRASH [{number - 1}] {case}: maximum recursion depth", flush=True)
            continue
        total += outcome
        for fault in faults:
            print(f"WRONG [{number - 1}] {fault}", flush=True)
        for cell in lost:
            print(f"no number [{number - 1}] {cell}", flush=True)
        if options.verbose:
            print(f"[{number - 1}] {time.monotonic() - began:.1f} s {case}: {outcome}", flush=True)
    took = time.monotonic() - start
    drawn = f"{number - refused - crashed} formulas and metrics ({refused} without a numeric form, {crashed} crashed)"
    print(f"{drawn} in {took:.0f} s: {total}")
    return 1 if total.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
