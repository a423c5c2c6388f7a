"""Geodesics, Jacobi fields and parallel transport as vector fields for the batch integrator.

With f_m = Γ_{m,jk} v^j v^k the acceleration of a geodesic solves g a = −f, and that of its variation (ξ, ζ)

    g δa = −(∂_l f + ∂_l g a) ξ^l − 2 Γ_{·,jk} v^j ζ^k,

the Jacobi equation in coordinates (M. P. do Carmo, Riemannian Geometry, 1992, ch. 5). Nothing is written out in closed
form: metric and derivatives are evaluated at the point, and the systems are solved there by g = L D Lᵀ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
import sympy as sp
from chentsov.geometry.exact.kinks import derivative
from chentsov.geometry.manifolds.geodesics import averages_over_data
from chentsov.geometry.manifolds.recipes import metric_of

from ..kernels import compile
from ..kernels.contraction import InProgram, Value, in_program
from ..kernels.interpreter import Straight
from ..kernels.jets import Jet, general_jet
from ..kernels.lower import lower, with_constants
from ..kernels.program import Graph, Node, Program, rebuild
from .compiled_field import compile_program, lowered
from .evaluation import sweep

if TYPE_CHECKING:
    from chentsov.geometry.manifolds import RiemannianManifold

    from ..kernels.algebras import Algebra
    from ..kernels.kernel import Kernel

__all__ = ["GeodesicField", "geodesic_field"]

_fields: WeakKeyDictionary[Any, dict[Any, GeodesicField]] = WeakKeyDictionary()


def geodesic_field(
    manifold: RiemannianManifold, constants: Mapping[sp.Symbol, float], data: Mapping[Any, Any] | None = None
) -> GeodesicField:
    """The fields of a manifold; those without data are compiled once for all values of the constants."""
    if data:
        return GeodesicField(manifold, tuple(constants), data, constants)
    kept = _fields.setdefault(manifold, {})
    key = tuple(constants)
    if key not in kept:
        kept[key] = GeodesicField(manifold, key)
    return kept[key]


class GeodesicField:
    """Lane functions of a manifold's geodesics.

    Args:
        manifold: the manifold.
        constants: the symbols whose values the lane functions take as parameters.
        data: row symbol -> numbers, for a metric of averages over data rows; they are frozen into the functions.
        values: of the constants, where there are data.

    Raises:
        ManifoldError: the metric averages over data, and there are none.
        UncompiledFunction: the metric holds a function without a compiled form.
    """

    def __init__(
        self,
        manifold: RiemannianManifold,
        constants: tuple[sp.Symbol, ...],
        data: Mapping[Any, Any] | None = None,
        values: Mapping[sp.Symbol, float] | None = None,
    ) -> None:
        self.dim, self.coordinates, self.constants = manifold.dim, manifold.coordinates, constants
        metric = metric_of(manifold)
        self.data, self.values = (data, values) if averages_over_data(metric, data) else (None, None)
        first = cache(lambda i, j, k: derivative(metric[i, j], self.coordinates[k]))
        self._metric = lambda i, j: metric[i, j]
        self._first = first
        self._second = lambda i, j, k, m: derivative(first(i, j, k), self.coordinates[m])

    @cached_property
    def plain(self) -> Callable:
        """(x, v): a geodesic."""
        return self._compiled(0, 0)

    @cached_property
    def varied(self) -> Callable:
        """(x, v, ξ_1 … ξ_n, ζ_1 … ζ_n): a geodesic with n Jacobi fields and their derivatives."""
        return self._compiled(self.dim, 0)

    @cached_property
    def carrying(self) -> Callable:
        """(x, v, w): a geodesic, and a vector that is transported along it."""
        return self._compiled(0, 1)

    def metric_at(self, points: np.ndarray, parameters: np.ndarray) -> np.ndarray:
        """g_ij at points (count, n), as an array (count, n, n)."""
        n = self.dim
        if self.data is not None:
            found = self._metric_kernel(*np.ascontiguousarray(points.T))
            return np.stack([np.broadcast_to(v, len(points)) for v in found], axis=1).reshape(-1, n, n)
        values = np.empty((len(points), n * n))
        sweep(self._metric_field, np.ascontiguousarray(points), parameters, values)
        return values.reshape(-1, n, n)

    @property
    def _entries(self) -> list[sp.Expr]:
        return [self._metric(i, j) for i in range(self.dim) for j in range(self.dim)]

    @cached_property
    def _metric_kernel(self) -> Kernel:
        kernel = compile(self._entries, self.coordinates, constants=self.values, data=self.data)
        kernel.promises = ()  # the domain is watched along the way
        return kernel

    @cached_property
    def _metric_field(self) -> Callable:
        return compile_program(lowered(self._entries, [*self.coordinates, *self.constants]), self.dim)

    def _compiled(self, variations: int, vectors: int) -> Callable:
        jet, moving = self._unknowns(variations, vectors)
        if self.data is None:
            program = lowered(jet.expressions, [*moving, *self.constants])
            return compile_program(self._equations(jet, program, variations, vectors), len(moving))
        return self._over_rows(jet, moving, variations, vectors)

    def _unknowns(self, variations: int, vectors: int) -> tuple[Jet, list[sp.Symbol]]:
        """The jet that a field takes, and a symbol for each of its components."""
        jet = general_jet(self.dim, self._metric, self._first, self._second if variations else None)
        n = self.dim
        count = 2 * n + 2 * n * variations + n * vectors
        return jet, [*self.coordinates, *(sp.Dummy(f"y{k}") for k in range(n, count))]

    def in_algebra(self, algebra: Algebra, variations: int, values: Sequence[float]) -> Straight:
        """(x, v) -> (v, a) as a function in an algebra, or, with 2n variations, -> (∂a^i/∂x^c, ∂a^i/∂v^c) by columns c.

        Args:
            algebra: of exact numbers or balls, which need no guard against rounding.
            variations: 0 or 2n.
            values: of the constants.
        """
        jet, moving = self._unknowns(variations, 0)
        program = lower(list(jet.expressions), [*moving, *self.constants], stabilise=False, algebra=algebra)
        program = self._equations(jet, program, variations, 0)
        n, keys = 2 * self.dim, program.inputs
        units = {key: sp.S.Zero for key in keys[n : len(moving)]}
        for c in range(variations):
            units[keys[n + (c // self.dim * variations + c % n) * self.dim + c % self.dim]] = sp.S.One
        held = {key: sp.Rational(v) for key, v in zip(keys[len(moving) :], values)}
        program = with_constants(program, units | held).rewritten(_without_guard)
        outputs = program.outputs[:n] if not variations else program.outputs[-variations * self.dim :]
        return Straight(Program(program.graph, outputs, keys[:n], {}), algebra)

    def _over_rows(self, jet: Jet, moving: Sequence[sp.Symbol], variations: int, vectors: int) -> Callable:
        """The same with a jet that is averaged over rows, point by point, in one loop over them."""
        kernel = compile(list(jet.expressions), self.coordinates, constants=self.values, data=self.data, threads=1)
        entries = [sp.Dummy(f"jet{k}") for k in range(len(jet.expressions))]
        program = self._equations(jet, lowered(entries, [*moving, *entries]), variations, vectors)
        return compile_program(program, len(moving), supplied=kernel.jit(), arguments=self.dim)

    def _equations(self, jet: Jet, program: Program, variations: int, vectors: int) -> Program:
        graph, n = program.graph, range(self.dim)
        at = in_program(jet, graph, program.outputs)
        inputs = [Value(graph, graph.input(key)) for key in program.inputs]
        dim = self.dim
        blocks = [inputs[dim * k : dim * (k + 1)] for k in range(2 + 2 * variations + vectors)]
        v, fields = blocks[1], blocks[2:]
        force = [at.total(at.christoffel_first(m, j, k) * v[j] * v[k] for j in n for k in n) for m in n]
        acceleration = _solved(at, [-f for f in force])
        derivatives = [v, acceleration]
        half = [[at.total(at.christoffel_first(m, j, k) * v[j] for j in n) for k in n] for m in n]
        if variations:
            slope = [[_slope(at, m, l, v, acceleration) for l in n] for m in n]
            ahead, speeds = fields[:variations], fields[variations : 2 * variations]
            derivatives += speeds
            for xi, zeta in zip(ahead, speeds):
                pulled = [at.total(-(slope[m][l] * xi[l] + 2 * half[m][l] * zeta[l]) for l in n) for m in n]
                derivatives.append(_solved(at, pulled))
        for w in fields[2 * variations :]:
            derivatives.append(_solved(at, [at.total(-(half[m][k] * w[k]) for k in n) for m in n]))
        outputs = tuple(e.node for block in derivatives for e in block)
        return Program(graph, outputs, program.inputs, program.rows)


def _without_guard(graph: Graph, node: Node, args: tuple[Node, ...]) -> Node:
    return args[1] if node.op == "select" and node.value == "guard" else rebuild(graph, node, args)


def _slope(at: InProgram, m: int, l: int, v: Sequence[Value], a: Sequence[Value]) -> Value:
    """∂_l f_m + ∂_l g_mi a^i."""
    n = range(at.dim)
    second = at.metric_second_derivative
    terms = [(second(m, k, l, j) - second(j, k, l, m) / 2) * v[j] * v[k] for j in n for k in n]
    return at.total([*terms, *(at.metric_derivative(m, i, l) * a[i] for i in n)])


def _solved(at: InProgram, right: Iterable[Value]) -> list[Value]:
    """g⁻¹ of a covector, by the frame of g = L D Lᵀ."""
    lower, weights = at.frame()
    covector = list(right)
    n = range(at.dim)
    along = [at.total(lower[a][m] * covector[m] for m in range(a + 1)) / weights[a] for a in n]
    return [at.total(lower[a][i] * along[a] for a in range(i, at.dim)) for i in n]
