"""`python -m benchmarks.grid`: R of the two-weight neuron over a grid, beside what a specialist writes by hand.

All methods in one run, interleaved, medians with the range, and the error of each against balls at 200 random
cells and the corners. Tables go to the screen and to outputs/benchmarks/grid.csv.

    python -m benchmarks.grid                       # the neuron on 256 x 256, every loss
    python -m benchmarks.grid --sections all        # everything: scaling, closed forms, float32, start-up
    python -m benchmarks.grid --points 1024 --losses "mean power 2"

JAX takes part where it is installed (`pip install jax`), C where there is a compiler.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import sympy as sp
from flint import arb, ctx

from chentsov.geometry.grids.cells import certified
from chentsov.geometry.grids.recipes import recipe
from chentsov.geometry.kernels import compile
from chentsov.geometry.kernels.ball import BallProgram
from chentsov.models.neuron import TwoWeightNeuron, decision_boundary

from . import methods

OUTPUT = Path(__file__).resolve().parent.parent.parent / "outputs" / "benchmarks" / "grid.csv"
SECTIONS = ("neuron", "certified", "together", "float32", "rows", "closed", "startup")


def interleaved(runs: dict[str, methods.Run], repeats: int) -> dict[str, np.ndarray]:
    """Wall seconds of every run, `repeats` rounds through all of them; one round first that does not count."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for round_ in range(repeats + 1):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            if round_:
                times[name].append(time.perf_counter() - start)
    return {name: np.array(t) for name, t in times.items()}


def truth_at(kernel: Any, axis: np.ndarray, count: int = 200) -> tuple[np.ndarray, list[arb]]:
    """Random cells and the corners, with R there in balls of 200 bits."""
    rng, last = np.random.default_rng(1), axis.size - 1
    cells = np.concatenate([[[0, 0], [0, last], [last, 0], [last, last]], rng.integers(0, axis.size, (count, 2))])
    program = BallProgram(kernel.program, kernel._data)
    old, ctx.prec = ctx.prec, 200
    try:
        return cells, [program(dict(zip(kernel.program.inputs, (arb(float(axis[i])), arb(float(axis[j]))))))[0] for i, j in cells]
    finally:
        ctx.prec = old


def worst_error(values: np.ndarray, cells: np.ndarray, truth: list[arb]) -> float:
    errors = []
    for (i, j), ball in zip(cells, truth):
        value = float(values[i, j])
        errors.append(float(abs((arb(value) - ball) / ball)) if np.isfinite(value) else np.inf)
    return max(errors)


class Report:
    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def table(self, title: str, times: dict[str, np.ndarray], errors: dict[str, float] | None = None, ours: str = "chentsov") -> None:
        print(f"\n{title}\n{'':<34}{'median ms':>11}{'range':>20}{'x ours':>9}{'worst rel. error':>18}")
        base = np.median(times[ours])
        for name, t in times.items():
            error = (errors or {}).get(name)
            median, low, high = (1e3 * v for v in (np.median(t), t.min(), t.max()))
            print(f"{name:<34}{median:>11.2f}{f'{low:.2f} ... {high:.2f}':>20}{np.median(t) / base:>9.2f}{'' if error is None else f'{error:.1e}':>18}", flush=True)
            self.rows.append({"table": title, "method": name, "median_ms": median, "low_ms": low, "high_ms": high, "ratio": np.median(t) / base, "error": error})

    def write(self) -> None:
        OUTPUT.parent.mkdir(parents=True, exist_ok=True)
        with OUTPUT.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(self.rows[0]))
            writer.writeheader()
            writer.writerows(self.rows)
        print(f"\nwritten: {OUTPUT}")


def neuron_kernel(loss: str, rows: int, names: tuple[str, ...] = ("ricci_scalar",), **options: Any) -> tuple[Any, tuple[np.ndarray, ...]]:
    (kind, order), _ = methods.LOSSES[loss]
    neuron = TwoWeightNeuron(kind, order, data=decision_boundary(rows, 0))
    expressions: list[Any] = []
    for name in names:
        what = recipe(neuron, name)
        expressions.extend([what[0, 0], what[0, 1], what[1, 1]] if name == "metric" else [what])
    data = neuron.row_values()
    return compile(expressions, neuron.coordinates, data=data, **options), tuple(data.values())


def ours(kernel: Any, axis: np.ndarray) -> methods.Run:
    return lambda: kernel(axis[:, None], axis[None, :])[0]


def neuron_section(report: Report, args: argparse.Namespace) -> None:
    for loss in args.losses:
        axis = np.linspace(-3, 3, args.points)
        kernel, data = neuron_kernel(loss, args.rows)
        runs: dict[str, Any] = {
            "chentsov": ours(kernel, axis),
            "C, factored": methods.compiled(loss, "factored", axis, data),
            "C, plain with libmvec": methods.compiled(loss, "plain", axis, data),
            "NumPy, seven moments": methods.numpy_seven(loss, axis, data),
            "NumPy, seven, cache-sized blocks": methods.numpy_seven(loss, axis, data, batch=4),
            "NumPy, twelve moments": methods.numpy_twelve(loss, axis, data),
        }
        if args.jax:
            batch = best_batch(loss, axis, data)
            if batch:
                runs[f"JAX, nested jacfwd, batch {batch}"] = methods.jax_nested(loss, axis, data, batch)
        runs = {name: run for name, run in runs.items() if run is not None}
        cells, truth = truth_at(kernel, axis)
        errors = {name: worst_error(run(), cells, truth) for name, run in runs.items()}
        report.table(f"R, {loss}, {args.points} x {args.points}, {args.rows} rows, float64", interleaved(runs, args.repeats), errors)


def best_batch(loss: str, axis: np.ndarray, data: Any) -> int | None:
    """The batch size with which JAX is fastest here."""
    found = {}
    for batch in (b for b in (64, 256, 1024, 4096, 16384) if axis.size**2 % b == 0):
        run = methods.jax_nested(loss, axis, data, batch)
        if run is None:
            return None
        run()
        start = time.perf_counter()
        run()
        found[batch] = time.perf_counter() - start
    return min(found, key=found.__getitem__)


def certified_section(report: Report, args: argparse.Namespace) -> None:
    for loss in args.losses:
        axis = np.linspace(-3, 3, args.points)
        kernel, _ = neuron_kernel(loss, args.rows)
        share = {}

        def whole(rtol: float = 1e-10) -> np.ndarray:
            values, bounds = kernel.bounded(axis[:, None], axis[None, :])
            proven = certified(values, bounds, rtol)[0]
            share["plain"] = proven.mean()
            if not proven.all():
                values, bounds = kernel.bounded(axis[:, None], axis[None, :], refined=True)
                share["all"] = certified(values, bounds, rtol).mean()
            return values[0]

        runs = {"chentsov": ours(kernel, axis), "with error bounds": lambda: kernel.bounded(axis[:, None], axis[None, :])[0][0], "certified to 1e-10": whole}
        report.table(f"certification, {loss}, {args.points} x {args.points}", interleaved(runs, args.repeats))
        print(f"  certified by the bound in plain float64: {share['plain']:.1%}; with double-double: {share.get('all', share['plain']):.1%}")


def together_section(report: Report, args: argparse.Namespace) -> None:
    axis = np.linspace(-3, 3, args.points)
    for loss in args.losses:
        alone, _ = neuron_kernel(loss, args.rows)
        full, _ = neuron_kernel(loss, args.rows, ("ricci_scalar", "metric", "fisher_trace", "ntk_trace"))
        report.table(f"metric, traces and R together, {loss}", interleaved({"chentsov": ours(alone, axis), "all together": ours(full, axis)}, args.repeats))


def float32_section(report: Report, args: argparse.Namespace) -> None:
    axis = np.linspace(-3, 3, args.points)
    for loss in args.losses:
        double, _ = neuron_kernel(loss, args.rows)
        single, _ = neuron_kernel(loss, args.rows, dtype="float32")
        cells, truth = truth_at(double, axis)
        runs = {"chentsov": ours(single, axis), "float64": ours(double, axis)}
        report.table(f"float32 against float64, {loss}", interleaved(runs, args.repeats), {n: worst_error(r(), cells, truth) for n, r in runs.items()})


def rows_section(report: Report, args: argparse.Namespace) -> None:
    import resource

    axis = np.linspace(-3, 3, 64)
    times = {}
    for rows in (200, 2000, 20_000, 200_000):
        kernel, _ = neuron_kernel("mean power 2", rows)
        times[f"{rows} rows"] = interleaved({"x": ours(kernel, axis)}, max(3, args.repeats // 2))["x"]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"  {rows:>7} rows: {1e9 * np.median(times[f'{rows} rows']) / rows / axis.size**2:.3f} ns a cell and row, peak memory so far {peak:.0f} MiB", flush=True)
    report.table("cost against the number of rows, 64 x 64", times, ours="200 rows")


def closed_section(report: Report, args: argparse.Namespace) -> None:
    r, th, k, b, h = sp.symbols("r theta k b h", positive=True)
    m, a = sp.Rational(1), sp.Rational(1, 2)
    rho2 = r**2 + a**2 * sp.cos(th) ** 2
    kerr = 48 * m**2 * (r**2 - a**2 * sp.cos(th) ** 2) * (rho2**2 - 16 * r**2 * a**2 * sp.cos(th) ** 2) / rho2**6
    gamma = (sp.polygamma(1, k) + k * sp.polygamma(2, k)) / (2 * (k * sp.polygamma(1, k) - 1) ** 2) + 0 * h
    ising = 1 + sp.cosh(h) / sp.sqrt(sp.sinh(h) ** 2 + sp.exp(-4 * b))
    line = np.linspace(0.2, 3, 1000)
    for name, formula, symbols in (("Kerr Kretschmann", kerr, (r, th)), ("1-D Ising R", ising, (b, h)), ("gamma family R", gamma, (k,))):
        axes = (line[:, None] + 2, line[None, :]) if len(symbols) == 2 else (np.linspace(0.2, 30, 1000 * 1000).reshape(1000, 1000),)
        kernel = compile(formula, symbols)
        by_numpy = sp.lambdify(symbols, formula, ["scipy", "numpy"], cse=True)
        mesh = np.broadcast_arrays(*axes)
        runs = {"chentsov": lambda: kernel(*axes), "lambdify(cse), on the mesh": lambda: by_numpy(*mesh), "lambdify(cse), broadcasting": lambda: by_numpy(*axes)}
        report.table(f"{name}, 1000 x 1000", interleaved(runs, args.repeats))


def startup_section(report: Report, args: argparse.Namespace) -> None:
    import tempfile

    code = ("import numpy as np; from chentsov.models.neuron import TwoWeightNeuron, weight_axes, decision_boundary; "
            "TwoWeightNeuron(data=decision_boundary(200, 0)).on_grid(weight_axes(256))")
    with tempfile.TemporaryDirectory() as folder:
        times: dict[str, np.ndarray] = {}
        for name, repeats in (("first call, cold", 1), ("first call, cached", args.repeats)):
            found = []
            for _ in range(repeats):
                start = time.perf_counter()
                subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "CHENTSOV_CACHE": folder})
                found.append(time.perf_counter() - start)
            times[name] = np.array(found)
    report.table("a whole process, from start to R on 256 x 256", times, ours="first call, cached")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.grid", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=256, help="grid points a side, a multiple of 16")
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--losses", nargs="+", default=list(methods.LOSSES), choices=list(methods.LOSSES))
    parser.add_argument("--sections", nargs="+", default=["neuron", "certified", "startup"], choices=[*SECTIONS, "all"])
    parser.add_argument("--no-jax", dest="jax", action="store_false")
    args = parser.parse_args()
    report = Report()
    print(f"processors: {len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()}, load {os.getloadavg()[0]:.2f}")
    for section in SECTIONS if "all" in args.sections else args.sections:
        globals()[f"{section}_section"](report, args)
    report.write()


if __name__ == "__main__":
    main()
