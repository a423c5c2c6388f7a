"""Cohen–Grossberg and Wilson–Cowan systems as members of the class.

ẋ_i = a_i(x_i) (b_i(x_i) − Σ_j c_ij d_j(x_j)) with a > 0, d′ > 0 and c symmetric (M. Cohen, S. Grossberg, IEEE Trans.
SMC 13, 815, 1983) is the gradient flow of

    E = −Σ_i ∫ b_i d_i′ dx_i + ½ Σ_ij c_ij d_i d_j        in the metric        g_ii = d_i′/a_i,

since ∂_iE = −d_i′ (b_i − Σ_j c_ij d_j) = −g_ii ẋ_i. g_ii depends on x_i alone: a flat Hessian metric, so κ = −ΔE and
all that follows from it hold. Hopfield's network has a = 1/C, b = J − x/R, c = −W, d = σ.

v̇ = (−v + S(Wv + P))/τ (H. Wilson, J. Cowan, Biophys. J. 12, 1, 1972, without refractoriness) is in u = Wv + P
Hopfield's τu̇ = −u + P + W S(u), if W is regular. Excitatory and inhibitory populations have W_ij of both signs; where
D W is symmetric for a diagonal D of both signs, the flow is the gradient flow of an indefinite metric D_i C_i σ′ (see
`symmetriser`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import sympy as sp
from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.exact.reading import read_expression
from chentsov.geometry.flows import Flow
from chentsov.geometry.manifolds import RiemannianManifold

from .activations import U
from .network import Hopfield
from .own_activation import primitive

__all__ = ["CohenGrossberg", "indefinite_gradient_flow", "symmetriser", "wilson_cowan"]


class CohenGrossberg:
    """ẋ_i = a_i(x_i) (b_i(x_i) − Σ_j c_ij d_j(x_j)) as a gradient flow.

    Args:
        amplification: a_i > 0, expressions in x_i (one for all, as an expression in one symbol, or one each).
        self_excitation: b_i, likewise.
        weights: c, a symmetric matrix.
        output: d_i, increasing, likewise.
        coordinates: the symbols x_i.

    Raises:
        ValueError: a wrong number of functions, or a function of another state.

    >>> x, y = sp.symbols("x y", positive=True)
    >>> lotka = CohenGrossberg([x, y], [1 - x, 2 - y], [[0, 1], [1, 0]], [x, y], (x, y))    # Lotka–Volterra competition
    >>> lotka.energy, lotka.manifold.metric.tolist()
    (x**2/2 + x*y - x + y**2/2 - 2*y, [[1/x, 0], [0, 1/y]])
    >>> lotka.flow.is_gradient(), lotka.manifold.is_flat()
    (True, True)
    """

    def __init__(
        self, amplification: Any, self_excitation: Any, weights: Any, output: Any, coordinates: Sequence[sp.Symbol]
    ) -> None:
        self.coordinates = tuple(coordinates)
        n = len(self.coordinates)
        self.amplification = self._functions(amplification, "amplification")
        self.self_excitation = self._functions(self_excitation, "self-excitation")
        self.output = self._functions(output, "output")
        self.weights = sp.ImmutableMatrix(weights.tolist() if hasattr(weights, "tolist") else weights)
        if self.weights.shape != (n, n):
            raise InputError(f"the weights have shape {self.weights.shape}; there are {n} states")

    def _functions(self, given: Any, what: str) -> tuple[sp.Expr, ...]:
        if not isinstance(given, Sequence):
            formula = read_expression(given, what)
            free = formula.free_symbols - {
                s for s in formula.free_symbols if s.is_positive and s not in self.coordinates
            }
            (symbol,) = free if len(free) == 1 else (sp.Dummy(),)
            given = [formula.subs(symbol, x) for x in self.coordinates]
        read = tuple(read_expression(f, what) for f in given)
        if len(read) != len(self.coordinates):
            raise InputError(f"{len(read)} functions of {what} for {len(self.coordinates)} states")
        for f, x in zip(read, self.coordinates):
            if others := f.free_symbols & (set(self.coordinates) - {x}):
                raise InputError(f"{what} {f} belongs to {x} and holds {', '.join(map(str, others))}")
        return read

    @classmethod
    def of_hopfield(cls, network: Hopfield) -> CohenGrossberg:
        """A Hopfield network in these terms."""
        u = network.coordinates
        drive = [j - x / r for j, x, r in zip(network.currents, u, network.resistances)]
        return cls([1 / c for c in network.capacitances], drive, -network.weights, list(network.rates), u)

    @property
    def slopes(self) -> tuple[sp.Expr, ...]:
        """d_i′."""
        return tuple(sp.diff(d, x) for d, x in zip(self.output, self.coordinates))

    @cached_property
    def manifold(self) -> RiemannianManifold:
        """The space of states with g_ii = d_i′/a_i."""
        diagonal = [d / a for d, a in zip(self.slopes, self.amplification)]
        return RiemannianManifold(sp.diag(*diagonal), self.coordinates, name="Cohen–Grossberg system")

    @property
    def components(self) -> tuple[sp.Expr, ...]:
        """ẋ_i."""
        inhibition = self.weights * sp.Matrix(self.output)
        return tuple(a * (b - c) for a, b, c in zip(self.amplification, self.self_excitation, inhibition))

    @cached_property
    def energy(self) -> sp.Expr:
        """E; an integral without a closed form stays a function that is known by its derivative.

        Raises:
            ValueError: c is not symmetric.
        """
        if not self.weights.is_symmetric():
            raise InputError("the weights are not symmetric, so there is no energy and no gradient flow")
        d = sp.Matrix(self.output)
        parts = [
            primitive((b * s).subs(x, U)).subs(U, x)
            for b, s, x in zip(self.self_excitation, self.slopes, self.coordinates)
        ]
        return sp.expand((d.T * self.weights * d)[0] / 2) - sp.expand(sp.Add(*parts))

    @cached_property
    def flow(self) -> Flow:
        """The flow, with the energy as its potential where c is symmetric."""
        energy = self.energy if self.weights.is_symmetric() else None
        return Flow(self.manifold, self.components, potential=energy, name="Cohen–Grossberg system")


def wilson_cowan(weights: Any, activation: Any = "logistic", inputs: Any = 0, time: Any = 1) -> Hopfield:
    """v̇ = (−v + S(Wv + P))/τ in the inputs u = Wv + P, as the Hopfield network that it is.

    Args:
        weights: W, regular: excitatory entries positive, inhibitory ones negative.
        activation: S.
        inputs: P, one for all populations or one each.
        time: τ, one for all populations.

    Raises:
        ValueError: a singular W.
    """
    network = Hopfield(weights, activation, 1, time, inputs)
    if network.weights.det() == 0:
        raise InputError("the weights are singular, so that u = Wv + P does not determine v")
    return network


def symmetriser(network: Hopfield) -> tuple[sp.Expr, ...] | None:
    """D_i with D_i W_ij = D_j W_ji, D_1 = 1, or None where there is none.

    >>> E, I = sp.symbols("E I", positive=True)
    >>> symmetriser(Hopfield([[2, -I], [E, -1]]))
    (1, -I/E)
    """
    w, n = network.weights, network.size
    found: dict[int, sp.Expr] = {}
    for root in range(n):
        if root in found:
            continue
        found[root], pending = sp.S.One, [root]
        while pending:
            i = pending.pop()
            for j in range(n):
                if (w[i, j] == 0) != (w[j, i] == 0):
                    return None
                if w[i, j] == 0:
                    continue
                value = sp.cancel(found[i] * w[i, j] / w[j, i])
                if j not in found:
                    found[j] = value
                    pending.append(j)
                elif sp.simplify(found[j] - value) != 0:
                    return None
    return tuple(found[i] for i in range(n))


def indefinite_gradient_flow(network: Hopfield) -> Flow:
    """The flow as a gradient flow of g_ii = D_i C_i σ′(u_i), which is indefinite where D has both signs.

    E = −½ Σ D_i W_ij v_i v_j − Σ D_i J_i v_i + Σ D_i Ψ*(v_i)/R_i is a potential; it need not fall, since |u̇|² may be
    negative.

    Raises:
        ValueError: no diagonal D makes D W symmetric.
    """
    d = symmetriser(network)
    if d is None:
        raise InputError("no diagonal matrix D makes D W symmetric: the flow is no gradient flow of a diagonal metric")
    n, act, u, v = range(network.size), network.activation, network.coordinates, network.rates
    slopes = [d[i] * network.capacitances[i] * act.slope_of(u[i]) for i in n]
    energy = sp.Add(
        *(-d[i] * network.weights[i, j] * v[i] * v[j] / 2 for i in n for j in n),
        *(-d[i] * network.currents[i] * v[i] for i in n),
        *(d[i] * (u[i] * v[i] - act.primitive_of(u[i])) / network.resistances[i] for i in n),
    )
    manifold = RiemannianManifold(sp.diag(*slopes), u, name=f"{network}, indefinite")
    return Flow(manifold, network.components, potential=energy)
