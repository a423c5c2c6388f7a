"""Other flows of the class: replicator dynamics, natural-gradient flows, gradient systems with a potential of one's
own.

Each is a `Flow` on a Hessian manifold, so that the compressibilities, the Lyapunov property and trajectories come with
it. Sources: S. Shahshahani, Mem. AMS 211 (1979); A. Fujiwara & S. Amari, Physica D 80 (1995) 317; Y. Nakamura, Japan
J. Indust. Appl. Math. 10 (1993) 179; M. Harper, arXiv:0911.1383.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp
from chentsov.geometry.flows import Flow
from chentsov.geometry.manifolds import HessianManifold, ManifoldError, RiemannianManifold
from chentsov.geometry.manifolds.inputs import read_array, read_expression

__all__ = ["frequencies", "gradient_system", "likelihood_flow", "natural_gradient", "replicator"]


def frequencies(types: int) -> tuple[sp.Symbol, ...]:
    """The symbols x1, …, xn of the frequencies of n types, in which a fitness is written."""
    return tuple(sp.Symbol(f"x{i + 1}", positive=True) for i in range(types))


def replicator(fitness: Any, *, chart: str = "log_odds") -> Flow:
    """The replicator equation ẋ_i = x_i (f_i(x) − Σ_j x_j f_j(x)) on the open simplex with the Shahshahani metric.

    That metric is the Fisher metric of the categorical family. The log-odds θ_i = log(x_i/x_n) are its natural
    coordinates, in which the equation is θ̇_i = f_i − f_n; the frequencies x_i (i < n) are the dual ones.

    Args:
        fitness: the payoff matrix A (then f = Ax), or one expression f_i a type in the symbols `frequencies(n)`.
        chart: "log_odds" or "frequencies".

    Returns:
        The flow; where f is the gradient of a function V on the simplex, with the potential −V: for a symmetric
        payoff matrix V = ½ xᵀAx, for constant fitness V = f·x.

    Raises:
        ManifoldError: fewer than two types, a matrix that is not square, an unknown chart.

    >>> import sympy as sp
    >>> a = sp.Symbol("a", real=True)
    >>> hawk_dove = replicator([[-a, 2], [0, 1]], chart="frequencies")
    >>> hawk_dove.coordinates, sp.factor(hawk_dove.components[0])
    ((x1,), x1*(x1 - 1)*(a*x1 + x1 - 1))
    >>> replicator([1, 2, 0]).components
    (1, 2)
    """
    if chart not in ("log_odds", "frequencies"):
        raise ManifoldError(f"unknown chart {chart!r}: choose 'log_odds' or 'frequencies'")
    rows = fitness.tolist() if hasattr(fitness, "tolist") else list(fitness)
    n = len(rows)
    if n < 2:
        raise ManifoldError("a replicator equation needs at least two types")
    x = frequencies(n)
    if isinstance(rows[0], (list, tuple)):
        payoff = sp.Matrix(read_array(rows, n, 2, "the payoff matrix").tolist())
        f = [sp.Add(*(payoff[i, j] * x[j] for j in range(n))) for i in range(n)]
        value = (
            sp.Add(*(payoff[i, j] * x[i] * x[j] for i in range(n) for j in range(n))) / 2
            if payoff == payoff.T
            else None
        )
    else:
        f = list(read_array(rows, n, 1, "the fitness"))
        constant = not any(e.free_symbols & set(x) for e in f)
        value = sp.Add(*(e * s for e, s in zip(f, x))) if constant else None
    if chart == "log_odds":
        theta = tuple(sp.Symbol(f"theta{i + 1}", real=True) for i in range(n - 1))
        total = 1 + sp.Add(*map(sp.exp, theta))
        manifold = HessianManifold(sp.log(total), theta, name="open simplex in log-odds")
        here = {s: e / total for s, e in zip(x, [*map(sp.exp, theta), sp.S.One])}
        components = [(e - f[-1]).subs(here, simultaneous=True) for e in f[:-1]]
    else:
        last = 1 - sp.Add(*x[:-1])
        entropy = sp.Add(*(s * sp.log(s) for s in x[:-1])) + last * sp.log(last)
        manifold = HessianManifold(entropy, x[:-1], name="open simplex in frequencies")
        here = {x[-1]: last}
        mean = sp.Add(*(s * e for s, e in zip(x, f)))
        components = [(s * (e - mean)).subs(here) for s, e in zip(x[:-1], f)]
    energy = None if value is None else -value.subs(here, simultaneous=True)
    return Flow(manifold, components, potential=energy, name="replicator dynamics")


def natural_gradient(manifold: RiemannianManifold, loss: Any) -> Flow:
    """The natural-gradient flow θ̇ = −g⁻¹ ∂L of a loss on a statistical manifold (S. Amari, Neural Comput. 10, 1998)."""
    return Flow.gradient(manifold, loss, name="natural gradient")


def likelihood_flow(family: HessianManifold, mean: Sequence[Any]) -> Flow:
    """The natural-gradient flow of the negative log-likelihood ψ(θ) − θ·η̂ of an exponential family, for data of mean
    η̂.

    In dual coordinates it is linear, η̇ = η̂ − η (Fujiwara & Amari 1995), so κ_dual = −dim.

    >>> import sympy as sp
    >>> t, m = sp.symbols("t m", real=True)
    >>> flow = likelihood_flow(HessianManifold(sp.exp(t), [t]), [m])
    >>> flow.lowered, flow.compressibility("dual")
    ((m - exp(t),), -1)
    """
    target = read_array(list(mean), family.dim, 1, "the mean")
    loss = family.potential - sp.Add(*(x * e for x, e in zip(family.coordinates, target)))
    return Flow.gradient(family, loss, name="maximum likelihood")


def gradient_system(potential: Any, coordinates: Sequence[sp.Symbol], convex: Any = None) -> Flow:
    """The gradient system u̇ = −g⁻¹ ∂V of a potential V, with g the Hessian of a convex function (default ½|u|²).

    >>> import sympy as sp
    >>> x, y = sp.symbols("x y", real=True)
    >>> gradient_system((x**2 - 1)**2/4 + y**2/2, (x, y)).compressibility("primal")
    -3*x**2
    """
    energy = read_expression(potential, "the potential")
    if convex is None:
        convex = sp.Add(*(x**2 for x in coordinates)) / 2
    return Flow.gradient(HessianManifold(convex, coordinates), energy, name="gradient system")
