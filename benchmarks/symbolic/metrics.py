"""The metrics that are derived, the answers they must give, and the time they may take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp

__all__ = ["PROBLEMS", "Problem"]

Given = tuple[sp.Matrix, tuple[sp.Symbol, ...]]


@dataclass(frozen=True)
class Problem:
    """One derivation.

    Args:
        name: as it is written in the table.
        bar: CPU seconds that this package may take.
        build: () -> (metric, coordinates), in plain SymPy.
        expected: (coordinates) -> the Ricci scalar.
        also: further quantities that this package derives within the bar: "ricci", "kretschmann".
        neuron: the metric is made of means over data, which the other programs get written out over 16 rows.
    """

    name: str
    bar: float
    build: Callable[[], Given]
    expected: Callable[..., Any]
    also: tuple[str, ...] = ()
    neuron: bool = False


def _normal() -> Given:
    mu, sigma = sp.Symbol("mu", real=True), sp.Symbol("sigma", positive=True)
    return sp.diag(1 / sigma**2, 2 / sigma**2), (mu, sigma)


def _gamma() -> Given:
    k, lam = sp.symbols("kappa lambda", positive=True)
    return sp.Matrix([[sp.polygamma(1, k), -1 / lam], [-1 / lam, k / lam**2]]), (k, lam)


def _gamma_expected(k: sp.Symbol, _: sp.Symbol) -> sp.Expr:
    first, second = sp.polygamma(1, k), sp.polygamma(2, k)
    return (first + k * second) / (2 * (k * first - 1) ** 2)


def _chart() -> tuple[sp.Symbol, ...]:
    return tuple(sp.symbols("t r theta phi", real=True))


def _schwarzschild() -> Given:
    _, r, theta, _ = chart = _chart()
    f = 1 - 2 * sp.Symbol("m", positive=True) / r
    return sp.diag(-f, 1 / f, r**2, r**2 * sp.sin(theta) ** 2), chart


def _rotating(charge: Any) -> Given:
    _, r, theta, _ = chart = _chart()
    m, a = sp.symbols("m a", positive=True)
    sigma, delta = r**2 + a**2 * sp.cos(theta) ** 2, r**2 - 2 * m * r + a**2 + charge**2
    drag, sine = 2 * m * r - charge**2, sp.sin(theta) ** 2
    g = sp.diag(-(1 - drag / sigma), sigma / delta, sigma, (r**2 + a**2 + drag * a**2 * sine / sigma) * sine)
    g[0, 3] = g[3, 0] = -drag * a * sine / sigma
    return g, chart


def _categorical(dim: int) -> Given:
    xs = sp.symbols(f"a1:{dim + 1}", real=True)
    return sp.hessian(sp.log(1 + sum(sp.exp(x) for x in xs)), xs), xs


def _ising() -> Given:
    b, h = sp.Symbol("beta", positive=True), sp.Symbol("h", real=True)
    return sp.hessian(b + sp.log(sp.cosh(h) + sp.sqrt(sp.sinh(h) ** 2 + sp.exp(-4 * b))), (b, h)), (b, h)


def _ising_expected(b: sp.Symbol, h: sp.Symbol) -> sp.Expr:
    return 1 + sp.cosh(h) / sp.sqrt(sp.sinh(h) ** 2 + sp.exp(-4 * b))


def _neuron(loss: str, order: int) -> Callable[[], Given]:
    """The Fisher metric of the two-weight neuron, written out over 16 rows (the others know no mean)."""

    def build() -> Given:
        from chentsov.geometry.exact import Mean, logistic
        from chentsov.models import TwoWeightNeuron, decision_boundary

        neuron = TwoWeightNeuron(loss, order=order)
        rows = decision_boundary(16, seed=1)
        columns = [[sp.Rational(str(round(float(v), 3))) for v in c] for c in (rows.x, rows.y, rows.t)]

        def written_out(mean: Any) -> sp.Expr:
            total = sum(mean.expression.subs(dict(zip(mean.variables, row))) for row in zip(*columns))
            return total / len(columns[0])

        def plain(entry: sp.Expr) -> sp.Expr:
            sums = entry.xreplace({m: written_out(m) for m in entry.atoms(Mean)})
            return sums.replace(logistic, lambda u: 1 / (1 + sp.exp(-u)))

        return sp.Matrix(neuron.metric.applyfunc(plain)), neuron.coordinates

    return build


PROBLEMS: dict[str, Problem] = {
    p.name: p
    for p in (
        Problem("normal", 0.05, _normal, lambda *_: -1),
        Problem("schwarzschild", 0.05, _schwarzschild, lambda *_: 0),
        Problem("gamma", 0.05, _gamma, _gamma_expected),
        Problem("kerr", 0.5, lambda: _rotating(0), lambda *_: 0, also=("ricci", "kretschmann")),
        Problem(
            "kerr-newman",
            2.0,
            lambda: _rotating(sp.Symbol("q", positive=True)),
            lambda *_: 0,
            also=("ricci", "kretschmann"),
        ),
        Problem("categorical-3", 0.3, lambda: _categorical(3), lambda *_: sp.Rational(3, 2)),
        Problem("categorical-5", 20.0, lambda: _categorical(5), lambda *_: 5),
        Problem("ising-1d", 1.0, _ising, _ising_expected),
        Problem("neuron mean_power-2", 0.5, _neuron("mean_power", 2), None, neuron=True),  # type: ignore[arg-type]
        Problem("neuron mean_power-4", 0.5, _neuron("mean_power", 4), None, neuron=True),  # type: ignore[arg-type]
        Problem("neuron mean_power-6", 0.5, _neuron("mean_power", 6), None, neuron=True),  # type: ignore[arg-type]
        Problem("neuron lp_norm-2", 0.5, _neuron("lp_norm", 2), None, neuron=True),  # type: ignore[arg-type]
        Problem("neuron cross_entropy", 0.5, _neuron("cross_entropy", 2), None, neuron=True),  # type: ignore[arg-type]
    )
}
