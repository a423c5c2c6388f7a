"""The neuron's curvature beside other methods; certified, in float32, with more quantities; closed forms; start-up."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from typing import Any

import numpy as np
import sympy as sp
from chentsov.geometry.grids.cells import proven_numbers
from chentsov.geometry.kernels import compile
from chentsov.geometry.manifolds.recipes import recipe
from chentsov.models.neuron import TwoWeightNeuron, decision_boundary

from ..functions.accuracy import FUNCTIONS
from . import methods
from .measure import Report, interleaved, truth_at, worst_error


def neuron_kernel(
    loss: str, rows: int, names: tuple[str, ...] = ("ricci_scalar",), **options: Any
) -> tuple[Any, tuple[np.ndarray, ...]]:
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
    for points, loss in ((points, loss) for points in args.sizes for loss in args.losses):
        axis = np.linspace(-3, 3, points)
        kernel, data = neuron_kernel(loss, args.rows)
        runs: dict[str, Any] = {
            "chentsov": ours(kernel, axis),
            "C, factored": methods.compiled(loss, "factored", axis, data),
            "C, plain with libmvec": methods.compiled(loss, "plain", axis, data),
            "NumPy, seven moments": methods.numpy_seven(loss, axis, data),
            "NumPy, seven, cache-sized blocks": methods.numpy_seven(loss, axis, data, batch=4),
            "NumPy, twelve moments": methods.numpy_twelve(loss, axis, data),
        }
        if args.jax and points == args.points:  # the larger grids cost JAX minutes, and nothing new
            batch = best_batch(loss, axis, data)
            if batch:
                runs[f"JAX, nested jacfwd, batch {batch}"] = methods.jax_nested(loss, axis, data, batch)
        runs = {name: run for name, run in runs.items() if run is not None}
        cells, truth = truth_at(kernel, axis)
        errors = {name: worst_error(run(), cells, truth) for name, run in runs.items()}
        times = interleaved(runs, args.repeats)
        report.table(f"R, {loss}, {points} x {points}, {args.rows} rows, float64", times, errors)
        own, what = float(np.median(times["chentsov"])), f"{loss}, {points}²"
        for name, relation, limit in (
            ("C, factored", "<=", 1.1),
            ("C, plain with libmvec", ">=", 2.5),
            ("NumPy, seven moments", ">=", 90),
            ("JAX", ">=", 250),
        ):
            other = [float(np.median(t)) for n, t in times.items() if n.startswith(name)]
            if other:
                ratio = own / other[0] if relation == "<=" else other[0] / own
                report.bar(
                    f"{what}: {'chentsov / ' + name if relation == '<=' else name + ' / chentsov'}",
                    ratio,
                    relation,
                    limit,
                )


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
        grid = axis[:, None], axis[None, :]
        runs = {
            "chentsov": ours(kernel, axis),
            "with error bounds": lambda: kernel.bounded(*grid, rtol=1e-10)[0][0],
            "certified to 1e-10": lambda: proven_numbers(kernel, grid, 1e-10)[0][0],
        }
        times = interleaved(runs, args.repeats)
        report.table(f"certification, {loss}, {args.points} x {args.points}", times)
        report.bar(
            f"{loss}: certified to 1e-10 / uncertified",
            float(np.median(times["certified to 1e-10"]) / np.median(times["chentsov"])),
            "<=",
            2.5,
        )
        _, unproven, _, refined = proven_numbers(kernel, grid, 1e-10)
        report.bar(f"{loss}: share of cells certified", 1 - float(unproven.mean()), ">=", 1.0)
        print(
            f"  certified by the bounds in plain float64: {1 - refined / axis.size**2:.2%}; the rest in double-double"
        )


def together_section(report: Report, args: argparse.Namespace) -> None:
    axis = np.linspace(-3, 3, args.points)
    for loss in args.losses:
        alone, _ = neuron_kernel(loss, args.rows)
        full, _ = neuron_kernel(loss, args.rows, ("ricci_scalar", "metric", "fisher_trace", "ntk_trace"))
        times = interleaved({"chentsov": ours(alone, axis), "all together": ours(full, axis)}, args.repeats)
        report.table(f"metric, traces and R together, {loss}", times)
        report.bar(
            f"{loss}: metric, traces and R / R alone",
            float(np.median(times["all together"]) / np.median(times["chentsov"])),
            "<=",
            1.5,
        )


def float32_section(report: Report, args: argparse.Namespace) -> None:
    axis = np.linspace(-3, 3, args.points)
    for loss in args.losses:
        double, _ = neuron_kernel(loss, args.rows)
        single, _ = neuron_kernel(loss, args.rows, dtype="float32")
        cells, truth = truth_at(double, axis)
        runs = {"chentsov": ours(single, axis), "float64": ours(double, axis)}
        times = interleaved(runs, args.repeats)
        report.table(
            f"float32 against float64, {loss}", times, {n: worst_error(r(), cells, truth) for n, r in runs.items()}
        )
        report.bar(
            f"{loss}: float64 / float32", float(np.median(times["float64"]) / np.median(times["chentsov"])), ">=", 1.6
        )


def closed_forms() -> list[tuple[str, sp.Expr, tuple[sp.Symbol, ...]]]:
    """Curvatures of Kerr's spacetime, the Ising chain and the gamma family, with their coordinates."""
    r, th, k, b, h = sp.symbols("r theta k b h", positive=True)
    m, a = sp.Rational(1), sp.Rational(1, 2)
    rho2 = r**2 + a**2 * sp.cos(th) ** 2
    kerr = 48 * m**2 * (r**2 - a**2 * sp.cos(th) ** 2) * (rho2**2 - 16 * r**2 * a**2 * sp.cos(th) ** 2) / rho2**6
    gamma = (sp.polygamma(1, k) + k * sp.polygamma(2, k)) / (2 * (k * sp.polygamma(1, k) - 1) ** 2) + 0 * h
    ising = 1 + sp.cosh(h) / sp.sqrt(sp.sinh(h) ** 2 + sp.exp(-4 * b))
    return [("Kerr Kretschmann", kerr, (r, th)), ("1-D Ising R", ising, (b, h)), ("gamma family R", gamma, (k,))]


def closed_section(report: Report, args: argparse.Namespace) -> None:
    line = np.linspace(0.2, 3, 1000)
    for name, formula, symbols in closed_forms():
        axes = (
            (line[:, None] + 2, line[None, :])
            if len(symbols) == 2
            else (np.linspace(0.2, 30, 1000 * 1000).reshape(1000, 1000),)
        )
        kernel = compile(formula, symbols)
        by_numpy = sp.lambdify(symbols, formula, ["scipy", "numpy"], cse=True)
        mesh = np.broadcast_arrays(*axes)
        runs = {
            "chentsov": lambda: kernel(*axes),
            "lambdify(cse), on the mesh": lambda: by_numpy(*mesh),
            "lambdify(cse), broadcasting": lambda: by_numpy(*axes),
        }
        times = interleaved(runs, args.repeats)
        report.table(f"{name}, 1000 x 1000", times)
        report.bar(
            f"{name}: lambdify(cse) on the mesh / chentsov",
            float(np.median(times["lambdify(cse), on the mesh"]) / np.median(times["chentsov"])),
            ">=",
            20,
        )


def scattered_section(report: Report, args: argparse.Namespace) -> None:
    """Points that are no grid: nothing can be hoisted."""
    rng = np.random.default_rng(0)
    for name, formula, symbols in closed_forms()[:2]:
        points = [np.ascontiguousarray(rng.uniform(*ends, 1_000_000)) for ends in ((2.2, 5.0), (0.2, 3.0))]
        kernel, out = compile(formula, symbols, threads=1), np.empty(1_000_000)
        by_numpy = sp.lambdify(symbols, formula, "numpy", cse=True)
        candidates = {
            "chentsov": lambda kernel=kernel, points=points, out=out: kernel(*points, out=out),
            "C, -O3 -ffast-math, libmvec": methods.compiled_formula(formula, symbols, points),
            "heyoka": methods.heyoka_formula(formula, symbols, points),
            "lambdify(cse)": lambda by_numpy=by_numpy, points=points: by_numpy(*points),
        }
        runs: dict[str, Any] = {n: run for n, run in candidates.items() if run is not None}
        times = interleaved(runs, args.repeats)
        exact = by_numpy(*points)
        errors = {n: float(np.max(np.abs(run() / exact - 1))) for n, run in runs.items()}
        report.table(f"{name}, 10^6 scattered points, one thread", times, errors)
        for other in [n for n in runs if n[0] in "Ch" and n != "chentsov"]:
            ratio = float(np.median(times["chentsov"] / times[other]))
            report.bar(f"{name}, scattered: chentsov / {other}", ratio, "<=", 1.0)


def proofs_section(report: Report, args: argparse.Namespace) -> None:
    """Closed forms, and functions of one variable at regular points, certified and not; one thread."""
    line, rng = np.linspace(0.2, 3, 1000), np.random.default_rng(0)
    x = sp.Symbol("x")
    cases: dict[str, tuple[sp.Expr, tuple[sp.Symbol, ...], tuple[np.ndarray, ...]]] = {}
    for name, formula, symbols in closed_forms():
        if len(symbols) == 1:
            cases[name] = formula, symbols, (np.linspace(0.2, 30, 1_000_000),)
            continue
        cases[f"{name}, axes"] = formula, symbols, (line[:, None] + 2, line[None, :])
        cases[f"{name}, scattered"] = formula, symbols, (rng.uniform(2.2, 5, 10**6), rng.uniform(0.2, 3, 10**6))
    for f in FUNCTIONS:
        low, high = max(f.low, -0.9 if f.low >= -1 else -3.0), min(f.high, 0.9 if f.high <= 1 else 3.0)
        if f.name in ("loggamma", "log", "acosh"):  # past the zeros, where no relative error is small
            low, high = 2.2, 9.0
        cases[f.name] = f.formula, (x,), (np.linspace(low + 0.1, high, 200_000),)
    for name, (formula, symbols, points) in cases.items():
        kernel = compile([formula], symbols, threads=1)
        runs = {
            "chentsov": lambda kernel=kernel, points=points: kernel(*points),
            "certified to 1e-10": lambda kernel=kernel, points=points: proven_numbers(kernel, points, 1e-10),
            "certified to 1e-12": lambda kernel=kernel, points=points: proven_numbers(kernel, points, 1e-12),
        }
        times = interleaved(runs, args.repeats)
        curvature = "," in name or " " in name
        for digits, limit in ((10, 1.3), (12, 2.0)):
            ratio = float(np.median(times[f"certified to 1e-{digits}"] / times["chentsov"]))
            report.bar(f"{name}: certified to 1e-{digits} / plain", ratio, "<=", limit if curvature else 3.0)


def startup_section(report: Report, args: argparse.Namespace) -> None:
    import tempfile

    code = (
        "import numpy as np; from chentsov.models.neuron import TwoWeightNeuron, weight_axes, decision_boundary; "
        "TwoWeightNeuron(data=decision_boundary(200, 0)).on_grid(weight_axes(256))"
    )
    with tempfile.TemporaryDirectory() as folder:
        times: dict[str, np.ndarray] = {}
        for name in ("first call, cold", "first call, cached"):
            found = []
            for k in range(max(5, args.repeats) if not args.quick else 3):
                place = os.path.join(folder, str(k) if "cold" in name else "0")
                start = time.perf_counter()
                subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "CHENTSOV_CACHE": place})
                found.append(time.perf_counter() - start)
            times[name] = np.array(found)
    report.table("a whole process, from start to R on 256 x 256", times, ours="first call, cached")
    report.bar("first call, cold (s)", float(np.median(times["first call, cold"])), "<=", 6)
    report.bar("first call, cached (s)", float(np.median(times["first call, cached"])), "<=", 1.5)
