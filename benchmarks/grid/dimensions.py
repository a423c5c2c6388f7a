"""Metrics of many dimensions: categorical families beside JAX, dense metrics, networks with many weights."""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
import sympy as sp
from chentsov.geometry.kernels import compile
from chentsov.geometry.kernels.contraction import contracted
from chentsov.geometry.kernels.jets import Jet, general_jet, hessian_jet, row_jet

from . import methods
from .measure import Report, interleaved

__all__ = ["categorical_section", "dense_section", "network_section", "dense_metric"]


def categorical_section(report: Report, args: argparse.Namespace) -> None:
    """Six outcomes, natural parameters: R = 5 from g and T, and by JAX from the log-partition."""
    n, cells = 5, 4096 if args.quick else 16384
    theta = sp.symbols(f"theta1:{n + 1}")
    psi = sp.log(1 + sum(sp.exp(t) for t in theta))
    jet = hessian_jet(
        n, lambda i, j: sp.diff(psi, theta[i], theta[j]), lambda i, j, k: sp.diff(psi, theta[i], theta[j], theta[k])
    )
    start = time.perf_counter()
    kernel = compile(contracted(jet, "ricci_scalar"), theta)
    points = np.random.default_rng(0).normal(size=(n, cells))
    kernel(*points)
    print(
        f"\ncategorical family, {n} dimensions: compiled (or read from the cache) in {time.perf_counter() - start:.2f} s"
    )
    runs: dict[str, Any] = {"chentsov": lambda: kernel(*points)}
    if args.jax:
        for batch in (256, 1024, 4096):
            run = methods.jax_categorical(n, points, batch)
            if run is not None:
                runs[f"JAX, nested jacfwd, batch {batch}"] = run
    errors = {name: float(np.max(np.abs(np.asarray(run()) / 5 - 1))) for name, run in runs.items()}
    times = interleaved(runs, min(5, args.repeats))
    report.table(f"R of the categorical family of {n} dimensions, {cells} points", times, errors)
    jax = [np.median(t) for name, t in times.items() if name.startswith("JAX")]
    if jax:
        report.bar(
            "categorical 5-D: JAX at its best batch / chentsov",
            float(min(jax) / np.median(times["chentsov"])),
            ">=",
            50,
        )


def dense_metric(n: int, seed: int = 0) -> tuple[Jet, tuple[sp.Symbol, ...]]:
    """A metric whose every component is a random quadratic polynomial with trigonometric terms in all coordinates."""
    rng, x = np.random.default_rng(seed), sp.symbols(f"x1:{n + 1}")

    def entry(i: int, j: int) -> sp.Expr:
        a, b, c = rng.integers(0, n, 3)
        quadratic = sum(int(rng.integers(1, 5)) * x[p] * x[q] for p in range(n) for q in range(p + 1))
        return sp.Rational(int(rng.integers(1, 9)), 200 * n) * (sp.sin(x[a] + 2 * x[b]) * x[c] + quadratic) + (
            3 + x[i] ** 2 if i == j else 0
        )

    g = {(i, j): entry(i, j) for i in range(n) for j in range(i, n)}
    first = {(*p, k): sp.diff(e, x[k]) for p, e in g.items() for k in range(n)}
    return general_jet(
        n, lambda i, j: g[i, j], lambda i, j, k: first[i, j, k], lambda i, j, k, m: sp.diff(first[i, j, k], x[m])
    ), x


def dense_section(report: Report, args: argparse.Namespace) -> None:
    print(
        f"\nR of dense random metrics (polynomial and trigonometric components)\n{'dimension':>10}{'derivatives s':>15}{'compile s':>11}{'us a cell':>11}   how"
    )
    dimensions, costs = ([4, 6, 8] if args.quick else [2, 4, 6, 8, 10, 12]), []
    for n in dimensions:
        start = time.perf_counter()
        jet, x = dense_metric(n)
        derived = time.perf_counter() - start
        points = np.random.default_rng(1).uniform(-1, 1, (n, 2000))
        start = time.perf_counter()
        kernel = compile(contracted(jet, "ricci_scalar"), x)
        kernel(*points[:, :64])
        compiled = time.perf_counter() - start
        cost = float(np.median(interleaved({"x": lambda: kernel(*points)}, 3)["x"])) / points.shape[1]
        costs.append(cost)
        print(
            f"{n:>10}{derived:>15.2f}{compiled:>11.2f}{1e6 * cost:>11.2f}   {'loops' if jet.looped else 'written out'}",
            flush=True,
        )
        report.rows.append(
            {
                "table": "dense metrics",
                "method": f"{n} dimensions",
                "median_ms": 1e3 * cost,
                "low_ms": None,
                "high_ms": None,
                "ratio": compiled,
                "error": None,
            }
        )
    report.curve("dimensions", "dense metrics", dimensions, costs, xlabel="dimension", ylabel="seconds a cell")


def network_section(report: Report, args: argparse.Namespace) -> None:
    """One hidden layer of tanh units, two weights a unit, squared residual; QR of the per-row derivatives, beside the same in NumPy, point by point."""
    from chentsov.geometry.manifolds.empirical import EmpiricalManifold

    a, t = sp.symbols("a t")
    rng = np.random.default_rng(0)
    data = {a: rng.uniform(-2, 2, 200), t: rng.normal(size=200)}
    print(
        f"\nR of the empirical Fisher metric of a network, 200 rows\n{'weights':>10}{'compile s':>11}{'us a cell':>11}{'at a point':>11}{'largest rel. difference':>26}"
    )
    weights, costs = ([4, 8] if args.quick else [4, 6, 8, 10, 12]), []
    for n in weights:
        x = sp.symbols(f"x1:{n + 1}")
        loss = (sum(x[2 * k] * sp.tanh(x[2 * k + 1] * a + k) for k in range(n // 2)) - t) ** 2 / 2
        start = time.perf_counter()
        kernel = compile(contracted(row_jet(loss, x, (a, t)), "ricci_scalar"), x, data=data)
        points = rng.uniform(0.5, 1.5, (n, 256))
        kernel(*points[:, :8])
        compiled = time.perf_counter() - start
        cost = float(np.median(interleaved({"x": lambda: kernel(*points)}, 3)["x"])) / points.shape[1]
        net = EmpiricalManifold(loss, (a, t), x)
        start = time.perf_counter()
        at_points = [net.curvature_at(points[:, k], data).ricci_scalar for k in range(4)]
        numpy_cost = (time.perf_counter() - start) / 4
        difference = float(np.max(np.abs(kernel(*points[:, :4]) / at_points - 1)))
        costs.append(cost)
        print(f"{n:>10}{compiled:>11.2f}{1e6 * cost:>11.1f}{1e6 * numpy_cost:>11.0f}{difference:>26.1e}", flush=True)
        report.rows.append(
            {
                "table": "networks",
                "method": f"{n} weights",
                "median_ms": 1e3 * cost,
                "low_ms": None,
                "high_ms": None,
                "ratio": numpy_cost / cost,
                "error": difference,
            }
        )
    report.curve("dimensions", "networks, 200 rows", weights, costs, xlabel="dimension", ylabel="seconds a cell")
