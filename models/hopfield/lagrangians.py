"""Lagrangians that couple the neurons: the Hessian geometry of modern Hopfield layers.

A layer is given by a convex function L of all its states x, with rates v = ∂L and metric g = ∂²L (D. Krotov, J.
Hopfield, ICLR 2021; D. Krotov, arXiv:2107.06446). A sum of functions of one state each is a flat product of lines;
these are not, and their Ricci scalars are, for n neurons (proofs in docs/goto.md),

    ghostmax         β⁻¹ log(1 + Σ e^{βx_i})            R = β n(n − 1)/4
    softmax          β⁻¹ log Σ e^{βx_i} + ½ε|x|²        R = ¼β⁴ Σ_cd p_c p_d A_cd (A_cd² − A_cc A_dd)
    spherical norm   √(ε + |x|²)                        R = −(n − 1)(n + 2) |x|²/(4ε √(ε + |x|²))
    layer norm       nγ √(ε + s²/n), s² = Σ(x_i − x̄)²   R = −(n − 2)(n + 1) s²/(4γ n^{3/2} ε √(nε + s²))

with p = softmax(βx), d_c = βp_c + ε, A_cd = δ_cd/d_c + ε/(βs d_c d_d) − 1/β, s = Σ p_c/d_c. Layer norm does not see a
shift of all states; that direction is divided out, x_n = 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy as sp
from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.exact.reading import read_expression
from chentsov.geometry.flows import Flow
from chentsov.geometry.manifolds import HessianManifold

__all__ = ["Lagrangian", "LagrangianNetwork", "ghostmax", "layer_norm", "softmax", "spherical_norm"]


@dataclass(frozen=True)
class Lagrangian:
    """A convex function of the states of a layer.

    Attributes:
        name: what it is called.
        value: L(x).
        coordinates: the states x_i.
        ricci_scalar: R as the law for n neurons, or None where none is known.

    >>> spherical_norm(3).ricci_scalar
    -5*(x1**2 + x2**2 + x3**2)/(2*epsilon*sqrt(epsilon + x1**2 + x2**2 + x3**2))
    >>> ghostmax(3).ricci_scalar, ghostmax(3).manifold.has_constant_curvature()
    (3*beta/2, True)
    """

    name: str
    value: sp.Expr
    coordinates: tuple[sp.Symbol, ...]
    ricci_scalar: sp.Expr | None = None

    @property
    def rates(self) -> tuple[sp.Expr, ...]:
        """v_i = ∂_i L."""
        return tuple(sp.diff(self.value, x) for x in self.coordinates)

    @cached_property
    def manifold(self) -> HessianManifold:
        """The Hessian manifold of L."""
        return HessianManifold(self.value, self.coordinates, name=self.name)

    def __add__(self, other: Lagrangian) -> Lagrangian:
        """Two layers beside each other: a product of manifolds, whose Ricci scalars add."""
        if shared := set(self.coordinates) & set(other.coordinates):
            raise InputError(
                f"both layers use {', '.join(sorted(map(str, shared)))}: name the states of one differently"
            )
        one, two = self.ricci_scalar, other.ricci_scalar
        scalar = None if one is None or two is None else one + two
        return Lagrangian(
            f"{self.name} + {other.name}", self.value + other.value, self.coordinates + other.coordinates, scalar
        )


def _states(count: Any, name: str, least: int = 1) -> tuple[sp.Symbol, ...]:
    if isinstance(count, bool) or not isinstance(count, (int, sp.Integer)) or count < least:
        raise InputError(f"a layer of this kind has at least {least} neurons, not {count!r}")
    return tuple(sp.Symbol(f"{name}{i + 1}", real=True) for i in range(int(count)))


def _positive(value: Any, name: str) -> sp.Expr:
    value = sp.Symbol(name, positive=True) if value is None else read_expression(value, name)
    if value.is_positive is False:
        raise InputError(f"{name} is {value}; it must be positive")
    return value


def ghostmax(count: int, beta: Any = None, *, name: str = "x") -> Lagrangian:
    """L = β⁻¹ log(1 + Σ e^{βx_i}), softmax with one more state that is held at zero.

    Its metric is 1/β times the Fisher metric of n + 1 categories with natural parameters βx, a sphere of curvature ¼:
    so R = β n(n − 1)/4.
    """
    x, b = _states(count, name), _positive(beta, "beta")
    value = sp.log(1 + sp.Add(*(sp.exp(b * u) for u in x))) / b
    return Lagrangian("ghostmax", value, x, b * count * (count - 1) / 4)


def softmax(count: int, beta: Any = None, epsilon: Any = None, *, name: str = "x") -> Lagrangian:
    """L = β⁻¹ log Σ e^{βx_i} + ½ε|x|²; the quadratic term makes the metric regular along (1, …, 1).

    R by the law for n neurons, from T_ijk = β² E_p[(e_i − p_i)(e_j − p_j)(e_k − p_k)] and the Sherman–Morrison inverse
    of g = diag(βp + ε) − βppᵀ in R = ¼(T_ijk T^ijk − T_i T^i).
    """
    x, b, e = _states(count, name), _positive(beta, "beta"), _positive(epsilon, "epsilon")
    weights = [sp.exp(b * u) for u in x]
    total = sp.Add(*weights)
    value = sp.log(total) / b + e * sp.Add(*(u**2 for u in x)) / 2
    p = [w / total for w in weights]
    d = [b * q + e for q in p]
    s = sp.Add(*(q / k for q, k in zip(p, d)))
    n = range(count)
    a = [[(1 / d[i] if i == j else 0) + e / (b * s * d[i] * d[j]) - 1 / b for j in n] for i in n]
    scalar = (
        b**4 / 4 * sp.Add(*(p[i] * p[j] * a[i][j] * (a[i][j] ** 2 - a[i][i] * a[j][j]) for i in n for j in n if i != j))
    )
    return Lagrangian("softmax", value, x, scalar)


def spherical_norm(count: int, epsilon: Any = None, *, name: str = "x") -> Lagrangian:
    """L = √(ε + |x|²), whose rates are x/√(ε + |x|²).

    The metric is a warped product ds² + f(s)² dΩ² with ds = √ε L^{−3/2} dr and f² = r²/L: so
    R = (n − 1)((n − 2)(1 − f′²)/f² − 2f″/f).
    """
    x, e = _states(count, name), _positive(epsilon, "epsilon")
    square = sp.Add(*(u**2 for u in x))
    scalar = -sp.Rational((count - 1) * (count + 2), 4) * (square / (e * sp.sqrt(e + square)))
    return Lagrangian("spherical norm", sp.sqrt(e + square), x, scalar)


def layer_norm(count: int, gain: Any = None, epsilon: Any = None, quadratic: Any = 0, *, name: str = "x") -> Lagrangian:
    """L = nγ √(ε + s²/n) + ½δ|x|², s² = Σ(x_i − x̄)²; with δ = 0 in the n − 1 states x_1 … x_{n−1}, x_n = 0.

    Without the shift it is √n γ times the spherical norm of n − 1 states with nε in place of ε.
    """
    x, g, e = _states(count, name, 2), _positive(gain, "gamma"), _positive(epsilon, "epsilon")
    q = read_expression(quadratic, "the quadratic term")
    states = [*x[:-1], x[-1] if q != 0 else sp.S.Zero]
    mean = sp.Add(*states) / count
    square = sp.expand(sp.Add(*((u - mean) ** 2 for u in states)))
    value = count * g * sp.sqrt(e + square / count) + q * sp.Add(*(u**2 for u in states)) / 2
    if q != 0:
        return Lagrangian("layer norm", value, x)
    factor = sp.Rational((count - 2) * (count + 1), 4)
    scalar = -factor * (square / (g * sp.sqrt(count) ** 3 * e * sp.sqrt(count * e + square)))
    return Lagrangian("layer norm", value, x[:-1], scalar)


class LagrangianNetwork:
    """τẋ = −x + W v + J with v = ∂L(x): a gradient flow of the metric τ∂²L where W is symmetric.

    E = x·v − L − ½vᵀWv − J·v has ∂E = ∂²L (x − Wv − J), so ẋ = −grad E, and κ = −ΔE as on every Hessian manifold.

    Args:
        lagrangian: L.
        weights: W, a square matrix.
        currents: J, one for all or one each.
        time: τ > 0.

    >>> pair = LagrangianNetwork(ghostmax(2, 1), [[0, 1], [1, 0]])
    >>> pair.flow.is_gradient(), pair.flow.dissipates()
    (True, True)
    >>> m = pair.manifold
    >>> (pair.flow.compressibility_element("riemannian") + m.field(m.laplacian(pair.energy))).is_zero     # κ = −ΔE
    True
    """

    def __init__(self, lagrangian: Lagrangian, weights: Any, currents: Any = 0, time: Any = 1) -> None:
        self.lagrangian, n = lagrangian, len(lagrangian.coordinates)
        self.weights = sp.ImmutableMatrix(weights.tolist() if hasattr(weights, "tolist") else weights)
        if self.weights.shape != (n, n):
            raise InputError(f"the weights have shape {self.weights.shape}; this layer has {n} neurons")
        given = list(currents) if isinstance(currents, Sequence) else [currents] * n
        if len(given) != n:
            raise InputError(f"{len(given)} currents for {n} neurons; give one, or one for each")
        self.currents = tuple(read_expression(j, "a current") for j in given)
        self.time = read_expression(time, "the time constant")
        if self.time.is_positive is False:
            raise InputError(f"the time constant is {self.time}; it must be positive")

    @classmethod
    def two_layers(cls, visible: Lagrangian, hidden: Lagrangian, patterns: Any, **options: Any) -> LagrangianNetwork:
        """Visible and hidden neurons with W = [[0, ξᵀ], [ξ, 0]], patterns ξ as rows: a dense associative memory."""
        xi = sp.Matrix(patterns)
        shape = (len(hidden.coordinates), len(visible.coordinates))
        if xi.shape != shape:
            raise InputError(
                f"the patterns have shape {xi.shape}; {shape[0]} hidden and {shape[1]} visible neurons need {shape}"
            )
        zero = sp.zeros(shape[1]), sp.zeros(shape[0])
        return cls(visible + hidden, sp.Matrix(sp.BlockMatrix([[zero[0], xi.T], [xi, zero[1]]])), **options)

    @property
    def coordinates(self) -> tuple[sp.Symbol, ...]:
        """The states x_i."""
        return self.lagrangian.coordinates

    @cached_property
    def manifold(self) -> HessianManifold:
        """The Hessian manifold of τL."""
        return HessianManifold(self.time * self.lagrangian.value, self.coordinates, name=self.lagrangian.name)

    @property
    def components(self) -> tuple[sp.Expr, ...]:
        """ẋ_i."""
        v = sp.Matrix(self.lagrangian.rates)
        drive = self.weights * v
        return tuple((d + j - x) / self.time for d, j, x in zip(drive, self.currents, self.coordinates))

    @property
    def energy(self) -> sp.Expr:
        """E = x·v − L − ½vᵀWv − J·v.

        Raises:
            ValueError: W is not symmetric.
        """
        if not self.weights.is_symmetric():
            raise InputError("the weights are not symmetric, so there is no energy and no gradient flow")
        v = sp.Matrix(self.lagrangian.rates)
        leak = sp.Add(*(x * r for x, r in zip(self.coordinates, v))) - self.lagrangian.value
        return leak - (v.T * self.weights * v)[0] / 2 - sp.Add(*(j * r for j, r in zip(self.currents, v)))

    @cached_property
    def flow(self) -> Flow:
        """The flow, with the energy as its potential where W is symmetric."""
        energy = self.energy if self.weights.is_symmetric() else None
        return Flow(self.manifold, self.components, potential=energy, name=f"{self.lagrangian.name} network")
