"""Three ways from a metric to its Ricci scalar. Each is run in a process of its own."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import sympy as sp

from benchmarks.symbolic.metrics import PROBLEMS, Problem

__all__ = ["METHODS"]


def _chentsov(problem: Problem) -> tuple[float, sp.Expr, tuple[sp.Symbol, ...]]:
    """This package: everything from the metric in plain SymPy to the written closed forms."""
    from chentsov import RiemannianManifold

    x, y = sp.symbols("x y", positive=True)
    _ = RiemannianManifold(
        [[1 + x**2, 0], [0, 1 + sp.exp(y)]], (x, y)
    ).ricci_scalar  # loads what is loaded on first use
    if problem.neuron:
        from chentsov.models import TwoWeightNeuron

        _, kind = problem.name.split()
        loss, _, order = kind.partition("-")
        start = time.process_time()
        neuron = TwoWeightNeuron(loss, order=int(order or 2))
        scalar = neuron.manifold.ricci_scalar
        return time.process_time() - start, scalar, neuron.coordinates
    metric, coordinates = problem.build()
    start = time.process_time()
    manifold = RiemannianManifold(metric, coordinates)
    scalar = manifold.ricci_scalar
    for name in problem.also:
        manifold.expression_of(name)
    seconds = time.process_time() - start
    if problem.name == "kerr" and not manifold.is_ricci_flat():
        raise AssertionError("Kerr is not found to be Ricci flat")
    if manifold.field(scalar) != manifold.field(problem.expected(*coordinates)):
        raise AssertionError(f"the Ricci scalar is {scalar}")
    return seconds, scalar, coordinates


def _einsteinpy(problem: Problem) -> tuple[float, sp.Expr, tuple[sp.Symbol, ...]]:
    """EinsteinPy: RicciScalar.from_metric, with its own simplification."""
    from einsteinpy.symbolic import MetricTensor, RicciScalar

    metric, coordinates = problem.build()
    start = time.process_time()
    scalar = RicciScalar.from_metric(MetricTensor(metric.tolist(), list(coordinates)))
    scalar.simplify()
    return time.process_time() - start, sp.sympify(scalar.expr), coordinates


def _factor(problem: Problem) -> tuple[float, sp.Expr, tuple[sp.Symbol, ...]]:
    """Plain SymPy as one writes it in an evening: the textbook formulas, `factor` on every component."""
    metric, x = problem.build()
    n = range(len(x))
    start = time.process_time()
    inverse = metric.inv().applyfunc(sp.factor)
    gamma = [
        [
            [
                sp.factor(
                    sum(
                        inverse[i, m]
                        * (sp.diff(metric[m, k], x[j]) + sp.diff(metric[m, j], x[k]) - sp.diff(metric[j, k], x[m]))
                        for m in n
                    )
                    / 2
                )
                for k in n
            ]
            for j in n
        ]
        for i in n
    ]

    def ricci(j: int, l: int) -> sp.Expr:
        return sp.factor(
            sum(
                sp.diff(gamma[i][j][l], x[i])
                - sp.diff(gamma[i][j][i], x[l])
                + sum(gamma[i][i][m] * gamma[m][j][l] - gamma[i][l][m] * gamma[m][j][i] for m in n)
                for i in n
            )
        )

    tensor = {(j, l): ricci(j, l) for j in n for l in n if j <= l}
    scalar = sp.factor(sum(inverse[j, l] * tensor[min(j, l), max(j, l)] for j in n for l in n))
    return time.process_time() - start, scalar, x


METHODS = {"chentsov": _chentsov, "einsteinpy": _einsteinpy, "sympy factor": _factor}


def _is_right(problem: Problem, scalar: sp.Expr, coordinates: tuple[sp.Symbol, ...]) -> bool:
    """Whether the answer agrees with the expected one at a point, to 15 digits; None where no closed form is known."""
    at = {
        s: sp.Rational(3 + 2 * i, 7 + i) for i, s in enumerate(sorted(scalar.free_symbols | set(coordinates), key=str))
    }
    difference = sp.N((scalar - problem.expected(*coordinates)).subs(at), 30)
    return bool(abs(difference) < 1e-15)


def _run(problem_name: str, method: str) -> dict[str, Any]:
    problem = PROBLEMS[problem_name]
    seconds, scalar, coordinates = METHODS[method](problem)
    right = None if problem.expected is None else _is_right(problem, scalar, coordinates)
    return {"seconds": seconds, "operations": int(sp.count_ops(scalar)), "right": right}


if __name__ == "__main__":
    print(json.dumps(_run(sys.argv[1], sys.argv[2])))
