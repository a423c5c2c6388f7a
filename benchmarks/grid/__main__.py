"""`python -m benchmarks.grid`: what the kernel compiler reaches, beside what a specialist writes by hand, in one run.

All methods interleaved, medians with the range, the error of each against balls at 200 random cells and the
corners; then the bars that the project set itself, met or missed. With `--out`, tables and plots go to a folder.

    python -m benchmarks.grid                                     # everything; half an hour and more, most of it NumPy and JAX on 1024 x 1024
    python -m benchmarks.grid --quick                             # the same on small grids, some minutes
    python -m benchmarks.grid --sections neuron closed --points 1024 --losses "mean power 2"
    python -m benchmarks.grid --out outputs/benchmarks/grid       # with grid.csv, bars.csv and plots

JAX takes part where it is installed (`pip install jax`), C where there is a compiler.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from . import methods
from .dimensions import categorical_section, dense_section, network_section
from .measure import Report
from .roofline import roofline_section
from .scaling import memory_section, rows_section, size_section
from .sections import (
    certified_section,
    closed_section,
    float32_section,
    neuron_section,
    proofs_section,
    scattered_section,
    startup_section,
    together_section,
)

SECTIONS: dict[str, Callable[[Report, argparse.Namespace], None]] = {
    "neuron": neuron_section,
    "roofline": roofline_section,
    "certified": certified_section,
    "together": together_section,
    "float32": float32_section,
    "rows": rows_section,
    "size": size_section,
    "memory": memory_section,
    "closed": closed_section,
    "scattered": scattered_section,
    "proofs": proofs_section,
    "categorical": categorical_section,
    "dense": dense_section,
    "network": network_section,
    "startup": startup_section,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.grid", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--points", type=int, nargs="+", help="grid points a side, multiples of 16 (default 256 and 1024)"
    )
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--losses", nargs="+", choices=list(methods.LOSSES), help="default: all")
    parser.add_argument("--sections", nargs="+", default=list(SECTIONS), choices=list(SECTIONS))
    parser.add_argument("--no-jax", dest="jax", action="store_false")
    parser.add_argument("--quick", action="store_true", help="small grids, two losses")
    parser.add_argument("--out", type=Path, help="a folder for the tables and plots")
    args = parser.parse_args()
    args.sizes = args.points or ([128] if args.quick else [256, 1024])
    args.points = args.sizes[0]
    args.losses = args.losses or (["mean power 2", "cross-entropy"] if args.quick else list(methods.LOSSES))
    report = Report()
    print(
        f"processors: {methods.threads()}, load {os.getloadavg()[0]:.2f} (figures are good only on a machine that does nothing else)"
    )
    for section in args.sections:
        SECTIONS[section](report, args)
    report.summary()
    if args.out is not None:
        report.write(args.out)


if __name__ == "__main__":
    main()
