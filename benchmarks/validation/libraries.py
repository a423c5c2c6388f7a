"""Judges the curvature code of other libraries as it is: EinsteinPy, geomstats (autograd back end), and a plain JAX program.

    python benchmarks/validation/libraries.py [einsteinpy] [geomstats] [jax] [--limit 10] [--suite default]

Prints one report per library and quantity. Needs geomstats, autograd and jax beside Chentsov. What was
found is written up in docs/validation.md.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import chentsov as ch
import numpy as np
import sympy as sp

Routine = Callable[..., Any]


# --- EinsteinPy: symbolic; the metric is asked for in SymPy symbols -----------------------------------


def einsteinpy() -> dict[str, tuple[Routine, dict[str, Any]]]:
    from einsteinpy import symbolic

    made: dict[tuple[int, str], Any] = {}

    def tensor(metric: Any, kind: str, config: str) -> Any:
        """EinsteinPy's tensor and its symbols, once for every metric."""
        if (id(metric), kind) not in made:
            symbols = sp.symbols(" ".join(metric.coordinates), real=True)
            g = symbolic.MetricTensor(metric(list(symbols)).tolist(), symbols)
            result = getattr(symbolic, kind).from_metric(g)
            if config and result.config != config:
                result = result.change_config(config, metric=g)
            made[id(metric), kind] = (result.expr if kind == "RicciScalar" else result.tensor(), symbols)
        return made[id(metric), kind]

    def numeric(kind: str, config: str) -> Routine:
        def routine(metric: Any, x: Any) -> Any:
            expression, symbols = tensor(metric, kind, config)
            values = dict(zip(symbols, (sp.Float(v, 30) for v in x)))
            if kind == "RicciScalar":
                return float(sp.sympify(expression).subs(values))
            return np.array(expression.subs(values).tolist(), dtype=float)

        return routine

    return {
        "ricci_scalar": (numeric("RicciScalar", ""), {}),
        "ricci": (numeric("RicciTensor", "ll"), {}),
        "christoffel": (numeric("ChristoffelSymbols", "ull"), {}),
        "riemann": (numeric("RiemannCurvatureTensor", "ulll"), {}),
        "einstein": (numeric("EinsteinTensor", "ll"), {}),
        "weyl": (numeric("WeylTensor", "llll"), {}),
    }


def judge_lambdified(limit: float) -> None:
    """EinsteinPy's own way to numbers, ``tensor_lambdify``, on one family with a special function and on one with a batch."""
    from einsteinpy.symbolic import ChristoffelSymbols, MetricTensor

    k, b, theta, phi = sp.symbols("k b theta phi", positive=True)
    gamma_family = (sp.diag(sp.polygamma(1, k) - 1 / k, k / b**2), (k, b))
    sphere = (sp.diag(1, sp.sin(theta) ** 2), (theta, phi))
    for name, (metric, symbols), form in (
        ("gamma family", gamma_family, "coordinates"),
        ("sphere", sphere, "coordinates"),
        ("sphere, on a batch", sphere, "batch"),
    ):
        arguments, function = ChristoffelSymbols.from_metric(MetricTensor(metric.tolist(), symbols)).tensor_lambdify()
        order = [symbols.index(s) for s in arguments]

        def routine(*x: Any, form: str = form, order: list[int] = order, function: Any = function) -> Any:
            if form == "batch":
                return np.moveaxis(np.array(function(*(x[0][:, i] for i in order))), -1, 0)
            return function(*(x[i] for i in order))

        report = ch.check_curvature(
            routine, (metric, symbols), quantity="christoffel", form=form, time_limit=limit, shrink=False
        )
        print(f"\n### EinsteinPy, tensor_lambdify, {name}: christoffel\n{report}", flush=True)


# --- geomstats: automatic differentiation by autograd ----------------------------------------------


def geomstats() -> dict[str, tuple[Routine, dict[str, Any]]]:
    os.environ.setdefault("GEOMSTATS_BACKEND", "autograd")
    if os.environ["GEOMSTATS_BACKEND"] == "autograd":
        import autograd.numpy as anp

        # geomstats 2.8.0 imports a name that NumPy 2.4 has dropped; nothing that is judged here uses it.
        if not hasattr(anp, "trapz"):
            anp.trapz = anp.trapezoid
    from geomstats.geometry.riemannian_metric import RiemannianMetric

    class Space:
        """What a geomstats metric asks of its space."""

        def __init__(self, dim: int):
            self.dim, self.shape, self.point_ndim, self.default_coords_type = dim, (dim,), 1, "intrinsic"

    class OurMetric(RiemannianMetric):
        def __init__(self, metric: Any):
            super().__init__(Space(metric.dim))
            self.metric = metric

        def metric_matrix(self, base_point: Any = None) -> Any:
            return self.metric(base_point)

    def routine(method: str) -> Routine:
        def call(metric: Any, x: Any) -> Any:
            return getattr(OurMetric(metric), method)(x)

        return call

    return {
        "ricci_scalar": (routine("scalar_curvature"), {}),
        "ricci": (routine("ricci_tensor"), {}),
        "christoffel": (routine("christoffels"), {}),
        # riemann_tensor[..., i, j, k, l] = R_ijk^l, the contravariant index last.
        "riemann": (routine("riemann_tensor"), {"layout": "jkli"}),
        "riemann_lowered": (routine("covariant_riemann_tensor"), {}),
        "metric_derivative": (routine("inner_product_derivative_matrix"), {}),
        "inverse_metric": (routine("cometric_matrix"), {}),
    }


def geomstats_spaces() -> list[tuple[str, Any, Any]]:
    """Spaces with a metric of their own: (name, geomstats space, the same metric as (SymPy matrix, coordinates))."""
    from geomstats.geometry.hypersphere import Hypersphere
    from geomstats.geometry.poincare_half_space import PoincareHalfSpace
    from geomstats.information_geometry.beta import BetaDistributions
    from geomstats.information_geometry.dirichlet import DirichletDistributions
    from geomstats.information_geometry.gamma import GammaDistributions
    from geomstats.information_geometry.normal import NormalDistributions

    a, b, c, k, s = sp.symbols("a b c k s", positive=True)
    m, theta, phi = sp.symbols("m theta phi", real=True)

    def psi(u: Any) -> Any:
        return sp.polygamma(1, u)

    return [
        ("gamma family", GammaDistributions(), (sp.diag(psi(k) - 1 / k, k / b**2), (k, b))),
        ("beta family", BetaDistributions(), (sp.diag(psi(a), psi(b)) - psi(a + b) * sp.ones(2, 2), (a, b))),
        (
            "Dirichlet family",
            DirichletDistributions(3),
            (sp.diag(psi(a), psi(b), psi(c)) - psi(a + b + c) * sp.ones(3, 3), (a, b, c)),
        ),
        ("normal family", NormalDistributions(1), (sp.diag(1 / s**2, 2 / s**2), (m, s))),
        ("Poincaré half-plane", PoincareHalfSpace(2), (sp.eye(2) / s**2, (m, s))),
        ("sphere, intrinsic", Hypersphere(2, intrinsic=True), (sp.diag(1, sp.sin(theta) ** 2), (theta, phi))),
    ]


def judge_spaces(limit: float) -> None:
    methods = {
        "metric": "metric_matrix",
        "christoffel": "christoffels",
        "riemann": "riemann_tensor",
        "ricci_scalar": "scalar_curvature",
    }
    for name, space, manifold in geomstats_spaces():
        for quantity, method in methods.items():
            layout = "jkli" if quantity == "riemann" else None
            report = ch.check_curvature(
                getattr(space.metric, method),
                manifold,
                quantity=quantity,
                layout=layout,
                time_limit=limit,
                shrink=False,
            )
            print(f"\n### geomstats, {name}: {quantity}\n{report}", flush=True)


# --- JAX: the program that one writes first --------------------------------------------------------


def jax_program() -> dict[str, tuple[Routine, dict[str, Any]]]:
    """Nested ``jacfwd``, written with JAX's defaults: float32."""
    import jax
    import jax.numpy as jnp

    def christoffel(metric: Any, x: Any) -> Any:
        dg = jax.jacfwd(metric)(x)
        first = jnp.einsum("mkj->mjk", dg) + dg - jnp.einsum("jkm->mjk", dg)
        return 0.5 * jnp.einsum("im,mjk->ijk", jnp.linalg.inv(metric(x)), first)

    def riemann(metric: Any, x: Any) -> Any:
        gamma, dgamma = christoffel(metric, x), jax.jacfwd(lambda y: christoffel(metric, y))(x)
        quadratic = jnp.einsum("ikm,mjl->ijkl", gamma, gamma)
        return jnp.einsum("ijlk->ijkl", dgamma) - dgamma + quadratic - jnp.einsum("ijlk->ijkl", quadratic)

    def ricci_scalar(metric: Any, x: Any) -> Any:
        return jnp.einsum("jl,ijil->", jnp.linalg.inv(metric(x)), riemann(metric, x))

    jax_program.ricci_scalar_of = ricci_scalar  # type: ignore[attr-defined]
    compiled: dict[Any, Any] = {}

    def jitted(function: Routine) -> Routine:
        def call(metric: Any, x: Any) -> Any:
            key = (id(metric), function, jax.config.jax_enable_x64)
            if key not in compiled:
                compiled[key] = (jax.jit(lambda y: function(metric, y)), metric)
            return compiled[key][0](jnp.asarray(x))

        return call

    return {
        "ricci_scalar": (jitted(ricci_scalar), {}),
        "christoffel": (jitted(christoffel), {}),
        "riemann": (jitted(riemann), {}),
    }


def judge_neuron(limit: float) -> None:
    """The two-weight neuron with its loss as one writes it, log f and log(1 − f), by nested ``jacfwd`` in float64."""
    import jax
    import jax.numpy as jnp

    neuron = ch.models.TwoWeightNeuron("cross_entropy", data=ch.models.datasets.decision_boundary(200, seed=0))
    columns = [jnp.asarray(c) for c in neuron.row_values().values()]

    def metric(theta: Any) -> Any:
        def losses(w: Any) -> Any:
            x, y, t = columns
            f = 1 / (1 + jnp.exp(-5 * (w[0] * x + w[1] * y)))
            return -(t * jnp.log(f) + (1 - t) * jnp.log(1 - f))

        J = jax.jacfwd(losses)(theta)
        return J.T @ J / len(columns[0])

    routine = jax.jit(lambda theta: jax_program.ricci_scalar_of(metric, theta))  # type: ignore[attr-defined]
    rows = [(-1.0, 1.0), (-3.0, 2.0), (2.0, -1.0), (3.0, 1.0), (4.0, 4.0), (6.0, 5.0), (10.0, 8.0)]
    report = ch.check_curvature(routine, neuron, points=rows, form="point", time_limit=limit, shrink=False)
    print(f"\n### JAX, two-weight neuron with its loss as written, float64: ricci_scalar\n{report}", flush=True)


def judge(title: str, routines: dict[str, tuple[Routine, dict[str, Any]]], suite: str, limit: float) -> None:
    for quantity, (routine, options) in routines.items():
        started = time.process_time()
        report = ch.check_curvature(routine, suite=suite, quantity=quantity, time_limit=limit, shrink=False, **options)
        print(f"\n### {title}: {quantity} ({time.process_time() - started:.1f} s CPU)\n{report}", flush=True)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("libraries", nargs="*", default=["einsteinpy", "geomstats", "jax"])
    parser.add_argument("--limit", type=float, default=10.0, help="seconds for one call")
    parser.add_argument("--suite", default="default")
    parser.add_argument("--quantity", action="append", help="only these")
    chosen = parser.parse_args(arguments)

    def only(routines: dict[str, Any]) -> dict[str, Any]:
        return {q: r for q, r in routines.items() if not chosen.quantity or q in chosen.quantity}

    if "einsteinpy" in chosen.libraries:
        judge(f"EinsteinPy {importlib.metadata.version('einsteinpy')}", only(einsteinpy()), chosen.suite, chosen.limit)
        judge_lambdified(chosen.limit)
    if "geomstats" in chosen.libraries:
        routines = only(geomstats())
        title = f"geomstats {importlib.metadata.version('geomstats')}, {os.environ['GEOMSTATS_BACKEND']}"
        judge(title, routines, chosen.suite, chosen.limit)
        judge_spaces(chosen.limit)
    if "jax" in chosen.libraries:
        import jax

        for wide in (False, True):
            jax.config.update("jax_enable_x64", wide)
            judge(
                f"JAX {jax.__version__}, {'float64' if wide else 'as it starts (float32)'}",
                only(jax_program()),
                chosen.suite,
                chosen.limit,
            )
        judge_neuron(chosen.limit)


if __name__ == "__main__":
    main(sys.argv[1:])
