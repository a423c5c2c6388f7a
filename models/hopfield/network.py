"""The Hopfield network in symbols: any number of neurons, entries symbols or numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sympy as sp
from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.exact.reading import read, read_expression, short
from chentsov.geometry.flows import Flow
from chentsov.geometry.manifolds import HessianManifold, ManifoldError
from chentsov.geometry.manifolds.domain import Domain
from chentsov.geometry.manifolds.hessian_volumes import VOLUMES
from chentsov.geometry.manifolds.quantities import Quantity

from ..model import Model, scalar
from ..registry import entry
from .activations import IncreasingActivation, activation
from .network_flow import NetworkFlow
from .reading import StatisticalReading, statistical_reading

if TYPE_CHECKING:
    import xarray as xr

    from .numeric import HopfieldNumbers

__all__ = ["Hopfield"]

#: Neurons beyond which weights are no longer made as symbols.
MOST_NEURONS = 300


class Hopfield(Model):
    """C_i u̇_i = −u_i/R_i + Σ_j W_ij σ(u_j) + J_i, and its geometry.

    Args:
        network: the number of neurons (weights W11, W12, … as symbols) or a square matrix of weights.
        activation: a name ("logistic", "tanh", "arctan", "softplus", "erf", "algebraic", "hyperbolic"), an
            `IncreasingActivation`, or an increasing SymPy expression.
        resistance, capacitance, current: R_i > 0, C_i > 0, J_i: one value for all neurons or one each. Left out, they
            are symbols R1, C1, J1, … where the weights are symbols, and 1, 1, 0 where a matrix was given.
        gain: λ in σ(λu).
        symmetric: with a number of neurons, whether W_ij and W_ji are the same symbol.

    Raises:
        ValueError: the matrix is not square; R or C not positive; an entry that is no expression; a wrong number of
            values; an activation that does not increase.

    >>> pair = Hopfield(2, "logistic", resistance=1, capacitance=1, current=0)
    >>> pair.energy
    -W11*σ(u1)**2/2 - W12*σ(u1)*σ(u2) - W22*σ(u2)**2/2 + u1*σ(u1) + u2*σ(u2) - log(exp(u1) + 1) - log(exp(u2) + 1)
    >>> pair.flow.is_gradient(), pair.flow.dissipates()
    (True, True)
    >>> Hopfield(1, "tanh", resistance=1, capacitance=1, current=0).compressibility("primal")
    W11/cosh(u1)**2 - 1
    """

    def __init__(
        self,
        network: Any,
        activation: Any = "logistic",
        resistance: Any = None,
        capacitance: Any = None,
        current: Any = None,
        *,
        gain: Any = 1,
        symmetric: bool = True,
    ) -> None:
        self.activation: IncreasingActivation = _activation(activation, gain)
        symbolic = not hasattr(network, "__len__") and not isinstance(network, sp.MatrixBase)
        self.weights = _symbolic_weights(network, symmetric) if symbolic else _weights(network)
        n = self.size = self.weights.rows
        self._coordinates = tuple(sp.Symbol(f"u{i + 1}", real=True) for i in range(n))
        self.rate_symbols: tuple[sp.Symbol, ...] = tuple(sp.Symbol(f"v{i + 1}", real=True) for i in range(n))
        default = (lambda name, number, **kind: [sp.Symbol(f"{name}{i + 1}", real=True, **kind) for i in range(n)]
                   if symbolic else [read(number)] * n)  # fmt: skip
        self.resistances = _values(resistance, n, "resistance", default("R", 1, positive=True), positive=True)
        self.capacitances = _values(capacitance, n, "capacitance", default("C", 1, positive=True), positive=True)
        self.currents = _values(current, n, "current", default("J", 0))
        own = set(self.coordinates) & self.constants_set()
        if own:
            raise InputError(
                f"{', '.join(sorted(map(str, own)))} is a coordinate: choose another name for the parameter"
            )

    # -- what it is ----------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Its size and its activation."""
        return str(self)

    @property
    def coordinates(self) -> tuple[sp.Symbol, ...]:
        """The states u_i."""
        return self._coordinates

    @property
    def domain(self) -> Domain:
        """Resistances, capacitances and a symbolic gain are declared positive."""
        return Domain((*self.coordinates, *self.constants))

    def own_quantities(self) -> tuple[Quantity, ...]:
        """The compressibilities, and of symmetric weights the energy."""
        kappa = tuple(
            Quantity(
                f"compressibility_{v}", f"compressibility, {v} volume", rf"\kappa_\mathrm{{{v}}}", "1", 0, _Kappa(v)
            )
            for v in VOLUMES
        )
        return (scalar("energy", "energy", "E"), *kappa) if self.is_symmetric else kappa

    # -- the elements -------------------------------------------------------------------------

    def constants_set(self) -> set[sp.Symbol]:
        """The symbols among weights, resistances, capacitances, currents and the gain."""
        parts = [*self.weights, *self.resistances, *self.capacitances, *self.currents]
        free = set().union(*(p.free_symbols for p in parts))
        return free | (self.activation.of(sp.S.One).free_symbols)

    @property
    def constants(self) -> tuple[sp.Symbol, ...]:
        """Those symbols, sorted by name."""
        return tuple(sorted(self.constants_set(), key=lambda s: s.name))

    @cached_property
    def is_symmetric(self) -> bool:
        """Whether W_ij = W_ji, which is what a gradient flow needs."""
        w = self.weights
        return all(
            w[i, j] == w[j, i] or sp.simplify(w[i, j] - w[j, i]) == 0 for i in range(self.size) for j in range(i)
        )

    @property
    def rates(self) -> tuple[sp.Expr, ...]:
        """v_i = σ(u_i)."""
        return tuple(self.activation.of(u) for u in self.coordinates)

    @property
    def inputs(self) -> tuple[sp.Expr, ...]:
        """C_i u̇_i = −u_i/R_i + Σ_j W_ij v_j + J_i."""
        v = self.rates
        return tuple(
            -u / r + sp.Add(*(self.weights[i, j] * v[j] for j in range(self.size))) + current
            for i, (u, r, current) in enumerate(zip(self.coordinates, self.resistances, self.currents))
        )

    @property
    def components(self) -> tuple[sp.Expr, ...]:
        """u̇_i."""
        return tuple(force / c for force, c in zip(self.inputs, self.capacitances))

    # -- the geometry ---------------------------------------------------------------------------

    @property
    def potential(self) -> sp.Expr:
        """ψ(u) = Σ C_i Ψ(u_i) with Ψ′ = σ."""
        return sp.Add(*(c * self.activation.primitive_of(u) for c, u in zip(self.capacitances, self.coordinates)))

    @cached_property
    def manifold(self) -> HessianManifold:
        """The Hessian manifold of ψ: g_ii = C_i σ′(u_i), dual coordinates η_i = C_i σ(u_i)."""
        dual = [c * v for c, v in zip(self.capacitances, self.rates)]
        return HessianManifold(self.potential, self.coordinates, dual_coordinates=dual, name=f"{self}")

    @property
    def energy(self) -> sp.Expr:
        """E(u) = −½ vᵀWv − J·v + Σ Ψ*(v_i)/R_i with v = σ(u) and Ψ*(v_i) = u_i v_i − Ψ(u_i), a primitive of σ⁻¹.

        Raises:
            ValueError: W is not symmetric, so that there is no energy.
        """
        self.check_symmetric()
        return self._energy(self.rates, [
            u * v - self.activation.primitive_of(u) for u, v in zip(self.coordinates, self.rates)
        ])  # fmt: skip

    @property
    def energy_in_rates(self) -> sp.Expr:
        """E as a function of the rates v_i.

        Raises:
            ValueError: W is not symmetric, or σ⁻¹ has no closed form.
        """
        self.check_symmetric()
        return self._energy(self.rate_symbols, [self.activation.conjugate_of(v) for v in self.rate_symbols])

    def _energy(self, v: Sequence[sp.Expr], conjugates: Sequence[sp.Expr]) -> sp.Expr:
        n, w = range(self.size), self.weights
        half = [w[i, i] * v[i] ** 2 / 2 for i in n] + [w[i, j] * v[i] * v[j] for i in n for j in range(i)]
        drive = [j * x for j, x in zip(self.currents, v)]
        leak = [c / r for c, r in zip(conjugates, self.resistances)]
        return -sp.Add(*half) - sp.Add(*drive) + sp.Add(*map(sp.expand, leak))

    def check_symmetric(self) -> None:
        """Raise ValueError, naming an entry, where W is not symmetric."""
        for i in range(self.size):
            for j in range(i):
                if self.weights[i, j] != self.weights[j, i] and not self.is_symmetric:
                    raise InputError(
                        f"the weights are not symmetric (W[{j + 1}, {i + 1}] = {self.weights[j, i]}, W[{i + 1}, "
                        f"{j + 1}] = {self.weights[i, j]}), so there is no energy and no gradient flow. What exists: "
                        "`flow` with its trajectories and compressibilities, 2κ_riemannian = κ_primal + κ_dual, fixed "
                        "points, stability"
                    )

    @cached_property
    def flow(self) -> Flow:
        """The flow in the coordinates u; with the energy as its potential where W is symmetric."""
        return NetworkFlow(self)

    @property
    def gradient_flow(self) -> Flow:
        """The same flow, on condition that it is one of a gradient.

        Raises:
            ValueError: W is not symmetric.
        """
        self.check_symmetric()
        return self.flow

    @cached_property
    def flow_in_rates(self) -> Flow:
        """The flow in the coordinates v: v̇_i = σ′(u_i) u̇_i at u = σ⁻¹(v), on the manifold of Σ C_i Ψ*(v_i).

        Raises:
            ValueError: σ⁻¹ has no closed form.
        """
        v = self.rate_symbols
        u = [self.activation.inverse_of(x) for x in v]
        potential = sp.Add(*(c * self.activation.conjugate_of(x) for c, x in zip(self.capacitances, v)))
        dual = [c * x for c, x in zip(self.capacitances, u)]
        manifold = HessianManifold(potential, v, dual_coordinates=dual, name=f"{self} in rates")
        field = manifold.field
        forces = [
            -a / r + sp.Add(*(self.weights[i, j] * v[j] for j in range(self.size))) + current
            for i, (a, r, current) in enumerate(zip(u, self.resistances, self.currents))
        ]
        # C_i u̇_i is the force and 1/σ′ the metric of this chart, so that v̇_i = force_i / (C_i ∂_vσ⁻¹).
        steps = [(field(f) / field(d).diff(x)).as_expr() for f, d, x in zip(forces, dual, v)]
        energy = self.energy_in_rates if self.is_symmetric else None
        return Flow(manifold, steps, potential=energy, name=f"{self} in rates")

    # -- compressibility, written as in a paper -----------------------------------------------------

    def compressibility(self, volume: str = "riemannian") -> sp.Expr:
        """κ as the sum over neurons that one writes by hand.

        κ_primal = Σ (−1/R_i + W_ii σ′_i)/C_i; the Riemannian volume adds ½ Σ (σ″/σ′)_i u̇_i, the dual one twice that.

        Raises:
            ManifoldError: an unknown volume.
        """
        if volume not in VOLUMES:
            raise ManifoldError(f"unknown volume {volume!r}: choose {', '.join(VOLUMES)}; for a density use `flow`")
        weight = sp.Rational(VOLUMES.index(volume), 2)
        act = self.activation
        total = [
            (-1 / r + self.weights[i, i] * act.slope_of(u)) / c
            for i, (u, r, c) in enumerate(zip(self.coordinates, self.resistances, self.capacitances))
        ]
        total += [weight * act.bend_of(u) * x for u, x in zip(self.coordinates, self.components)] if weight else []
        return sp.Add(*total)

    @property
    def jacobian(self) -> sp.ImmutableMatrix:
        """∂u̇_i/∂u_j = (−δ_ij/R_i + W_ij σ′(u_j))/C_i."""
        slopes = [self.activation.slope_of(u) for u in self.coordinates]
        return sp.ImmutableMatrix(
            self.size, self.size,
            lambda i, j: (self.weights[i, j] * slopes[j]
                          - (1 / self.resistances[i] if i == j else 0)) / self.capacitances[i],
        )  # fmt: skip

    def statistical_reading(self) -> StatisticalReading:
        """The exponential family whose log-partition function ψ is: Bernoulli (logistic) or ±1 spins (tanh).

        Raises:
            ValueError: the activation has no such reading.
        """
        return statistical_reading(self)

    # -- numbers ----------------------------------------------------------------------------------------

    def numbers(self, constants: Mapping[Any, Any] | None = None) -> HopfieldNumbers:
        """The network with a number for every symbol: fixed points, stability, fast trajectories.

        Raises:
            ManifoldError: a constant is missing; ValueError: R or C is not positive.
        """
        from .numeric import HopfieldNumbers

        return HopfieldNumbers.of(self, constants)

    def basins(self, starts: Any = None, constants: Mapping[Any, Any] | None = None, **options: Any) -> xr.Dataset:
        """Fixed points, and which of them each start comes to; see `fixed_points.find_basins`.

        >>> pair = Hopfield([[0, 3], [3, 0]], "tanh")
        >>> found = pair.basins([[1, 2], [-1, -1], [2, 1]])
        >>> [int(k) for k in found.basin.groupby(found.basin).count()]
        [1, 2]
        """
        return self.numbers(constants).basins(starts, **options)

    def __str__(self) -> str:
        return f"Hopfield network of {self.size} neurons ({self.activation.name})"

    def __repr__(self) -> str:
        return f"<{self}>"


@dataclass(frozen=True)
class _Kappa:
    """The getter of a compressibility."""

    volume: str

    def __call__(self, network: Hopfield) -> sp.Expr:
        return network.compressibility(self.volume)


@entry(variants=[("logistic",)])
def tanh_pair(activation: str = "tanh") -> Hopfield:
    """Two neurons with symbolic weights, resistances, capacitances and currents."""
    return Hopfield(2, activation)


def _activation(which: Any, gain: Any) -> IncreasingActivation:
    return activation(which, gain=gain)


def _symbolic_weights(size: Any, symmetric: bool) -> sp.ImmutableMatrix:
    if isinstance(size, bool) or not isinstance(size, (int, sp.Integer)) or size < 1:
        raise InputError(f"a network needs a positive number of neurons or a square matrix of weights, not {size!r}")
    if size > MOST_NEURONS:
        raise InputError(
            f"{size!s:.30} neurons are too many for symbols: at most {MOST_NEURONS}; `HopfieldNumbers.of_arrays` takes "
            "more"
        )
    between = "" if size < 10 else "_"

    def entry(i: int, j: int) -> sp.Symbol:
        if symmetric:
            i, j = min(i, j), max(i, j)
        return sp.Symbol(f"W{i + 1}{between}{j + 1}", real=True)

    return sp.ImmutableMatrix(int(size), int(size), entry)


def _weights(given: Any) -> sp.ImmutableMatrix:
    try:
        rows = given.tolist() if hasattr(given, "tolist") else [list(row) for row in given]
    except TypeError:
        raise InputError("the weights must be a square matrix, one row a neuron") from None
    n = len(rows)
    if n == 0 or any(not isinstance(row, list) or len(row) != n for row in rows):
        raise InputError(
            f"the weights must be a square matrix; there are {n} rows of lengths "
            f"{sorted({len(r) for r in rows if isinstance(r, list)})}"
        )
    return sp.ImmutableMatrix(
        [[_read(v, f"W[{i + 1}, {j + 1}]") for j, v in enumerate(row)] for i, row in enumerate(rows)]
    )


def _read(value: Any, where: str) -> sp.Expr:
    if isinstance(value, str):
        raise InputError(f"{where} is the string {short(value)}; hand in a number or a SymPy expression")
    expression = read_expression(value, where)
    if expression.is_real is False:
        raise InputError(f"{where} is {short(expression)}, which is not real")
    return expression


def _values(given: Any, n: int, what: str, default: list[sp.Expr], positive: bool = False) -> tuple[sp.Expr, ...]:
    if given is None:
        values = default
    elif hasattr(given, "__len__") and not isinstance(given, str):
        values = [_read(v, f"{what} {i + 1}") for i, v in enumerate(given)]
        if len(values) != n:
            raise InputError(f"{len(values)} values of {what} for {n} neurons; give one, or one for each")
    else:
        values = [_read(given, what)] * n
    if positive:
        for i, value in enumerate(values):
            if value.is_positive is False:
                raise InputError(f"{what} {i + 1} is {value}; it must be positive")
    return tuple(values)
