"""Grids of quadrature with a guarantee: every integral of every cell enclosed, or the reason why not.

The metric of a density without closed form, and what is derived from it, are expressions in Means over quadrature
nodes.  Each Mean stands for an integral; here the integrals themselves are enclosed, rigorously, for the parameters of
each cell, and the expressions are evaluated in balls.  Integrals that do not depend on the parameters of a cell, such
as all those of a location–scale family, are enclosed once.

A number passes if its ball is within rtol of it.  An integral that vanishes by a symmetry is never seen to be exactly
zero: a ball around zero whose radius is below 2^-80 of the terms that the number is the sum of passes as 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import sympy as sp
from chentsov.geometry.exact import Mean
from chentsov.geometry.expectation.density import Piece
from chentsov.geometry.expectation.formal import FormalNodes
from chentsov.geometry.expectation.nodes import NodeExpectation
from chentsov.geometry.expectation.quadrature import QuadratureError
from chentsov.geometry.expectation.rigorous import Enclosure, NoEnclosure, number
from flint import arb, ctx

from ..exact.reading import read
from ..kernels.algebras import ARITHMETIC
from ..kernels.ball import BallProgram, as_ball, determinant, number_of, precision, rounded, vanishes
from ..kernels.lower import lower
from ..kernels.reading import read_constant

__all__ = ["certified_grid"]

_FINEST = 32  # digits, at least, of the second try
_NOTHING = arb(2) ** -80  # of its terms, below which a ball around zero is zero


class _Integrals:
    """The Means of some expressions as balls, at any parameter point."""

    def __init__(self, nodes: NodeExpectation | FormalNodes, means: Sequence[Mean], digits: int) -> None:
        kinds = nodes.integrals()
        groups: dict[tuple, list[tuple[Mean, sp.Expr]]] = {}
        for mean in means:
            weight, variables = kinds[mean.variables]
            if len(variables) != 1:
                raise QuadratureError(
                    "rtol= certifies integrals over one variable, or over several that reduce to one; "
                    "without rtol the nodes are used, and checked on the corners of the grid"
                )
            integrand = mean.expression.xreplace({weight: sp.S.One})
            parameters = tuple(sorted(integrand.free_symbols - {variables[0].symbol}, key=lambda s: s.name))
            groups.setdefault((variables[0], parameters), []).append((mean, integrand))
        self.groups = [
            (
                parameters,
                [m for m, _ in members],
                Enclosure(Piece(sp.S.Zero, (variable,)), [f for _, f in members], parameters, digits),
            )
            for (variable, parameters), members in groups.items()
        ]
        self.known: dict[tuple, list[tuple[arb, arb]]] = {}

    def __call__(self, point: Mapping[sp.Symbol, Any]) -> dict[Mean, tuple[arb, arb]]:
        """Every integral, and that of its integrand's modulus, roughly."""
        found: dict[Mean, tuple[arb, arb]] = {}
        for place, (parameters, means, enclosure) in enumerate(self.groups):
            key = (place, *(point[s] for s in parameters))
            if key not in self.known:
                if len(self.known) > 4096:
                    self.known.clear()
                self.known[key] = [(value, arb(size)) for value, size in zip(enclosure(point), enclosure.scale)]
            found |= dict(zip(means, self.known[key]))
        return found

    def is_negative(self, mass: sp.Expr, point: Mapping[sp.Symbol, Any]) -> bool:
        """Whether the density, whose integral is a Mean of the mass, is negative somewhere for these parameters."""
        for parameters, means, enclosure in self.groups:
            own = [k for k, m in enumerate(means) if mass.has(m)]
            given = {s: number(point[s]) for s in parameters}
            with precision(enclosure.bits):
                for arm, u in product(enclosure.arms if own else (), range(-40, 41)):
                    found = arm.at(arb(u) / 4, given)
                    if found is not None and any(found[k] < 0 for k in own):
                        return True
        return False

    def exact_zeros(self, point: Mapping[sp.Symbol, Any]) -> set[Mean]:
        """The Means whose integrand is zero identically in the variable, at this point."""
        exact = {s: sp.Rational(v) if isinstance(v, float) else v for s, v in point.items()}
        return {
            m
            for _, means, enclosure in self.groups
            for m, f in zip(means, enclosure.functions)
            if f.xreplace(exact) == 0
        }


class Certifier:
    """Balls of named quantities at parameter points, with the reason where there is none."""

    def __init__(
        self,
        manifold: Any,
        nodes: NodeExpectation | FormalNodes,
        quantities: Sequence[str],
        rtol: float,
        atol: float = 0.0,
    ) -> None:
        self.rtol, self.atol, self.nodes = rtol, atol, nodes
        self.names: dict[Mean, sp.Dummy] = {}
        wanted: list[Any] = []
        self.shapes: dict[str, tuple[int, ...]] = {}
        for name in quantities:
            given = self._curvature(manifold) if name == "ricci_scalar" else manifold.expression_of(name)
            self.shapes[name] = tuple(int(n) for n in getattr(given, "shape", ()))
            wanted += [self._named(e) for e in sp.flatten(given)] if self.shapes[name] else [self._named(given)]
        self.dim, self.count = manifold.dim, len(wanted)
        # where each distinct number stands first: a grid keeps the components of a symmetric tensor once
        places = {e: k for k, e in reversed(list(enumerate(wanted)))}
        self.slots = sorted(places.values())
        n = range(self.dim)
        triangle = [manifold.metric[i, j] for i in n for j in n if j <= i]
        outputs = [*wanted, *(self._named(e) for e in (nodes.mass, *triangle))]
        named = set(self.names.values())
        self.symbols = sorted(set().union(*(e.free_symbols for e in outputs)) - named, key=lambda s: s.name)
        self.program = lower(outputs, [*self.symbols, *self.names.values()])
        self.run = BallProgram(self.program, {})
        first = math.ceil(-math.log10(rtol)) + 3
        levels = (first, max(2 * first + 6, _FINEST))
        self.levels = [(d, _Integrals(self.nodes, list(self.names), d)) for d in levels]
        self.always_singular: bool | None = None

    def _curvature(self, manifold: Any) -> Any:
        """R contracted from g, ∂g and, unless the metric is Hessian, ∂²g, as the density's integrals give them."""
        from chentsov.geometry.kernels.contraction import general_ricci_scalar, hessian_ricci_scalar

        x, g = manifold.coordinates, manifold.metric

        def metric(i: int, j: int) -> sp.Expr:
            return self._named(g[i, j])

        def first(i: int, j: int, k: int) -> sp.Expr:
            return self._named(sp.diff(g[i, j], x[k]))

        def second(i: int, j: int, k: int, m: int) -> sp.Expr:
            return self._named(sp.diff(g[i, j], x[k], x[m]))

        if manifold.dim == 1:
            return sp.S.Zero
        if manifold.structure == "hessian":
            return hessian_ricci_scalar(manifold.dim, metric, first)
        return general_ricci_scalar(manifold.dim, metric, first, second)

    def _named(self, e: Any) -> Any:
        """An expression with its Means replaced by symbols; one over the single node of an atom is written out."""
        if not isinstance(e, (sp.Basic, int)):
            return e
        e = read(e)
        kinds = self.nodes.integrals()
        rules: dict[sp.Basic, sp.Basic] = {}
        for mean in sorted(e.atoms(Mean), key=sp.default_sort_key):
            weight, variables = kinds[mean.variables]
            rules[mean] = (
                self.names.setdefault(mean, sp.Dummy(f"E{len(self.names)}", real=True))
                if variables
                else mean.expression.xreplace({weight: sp.S.One})
            )
        return e.xreplace(rules)

    def __call__(self, point: Mapping[sp.Symbol, Any]) -> tuple[list[float], int]:
        """The numbers at a point, each from a ball narrow enough, or NaN; and the status of `grids.cells`."""
        from chentsov.geometry.grids.labels import LIMIT, NOT_REPRESENTABLE, OUTSIDE, SINGULAR

        before = ctx.prec
        code = LIMIT
        values = [math.nan] * self.count
        try:
            for digits, integrals in self.levels:
                ctx.prec = int(3.33 * digits) + 50
                try:
                    means = integrals(point)
                except NoEnclosure as reason:
                    raise NoEnclosure(
                        f"{reason}; without rtol= the integrals are sums over nodes, checked on the corners of the grid"
                    ) from None
                except QuadratureError:  # it may diverge, which is not proven
                    return [math.nan] * self.count, OUTSIDE if integrals.is_negative(self.nodes.mass, point) else LIMIT
                given = [as_ball(point[s]) for s in self.symbols]
                found = self.run.trace(dict(zip(self.program.inputs, [*given, *(means[m][0] for m in self.names)])))
                balls = [found[o] for o in self.program.outputs]
                if not balls[self.count].contains(1):
                    return [math.nan] * self.count, OUTSIDE
                numbers = [number_of(b, self.rtol, self.atol) for b in balls[: self.count]]
                if None in numbers and any(b.contains(0) for b in balls[: self.count]):
                    sizes = self._sizes(found, [*map(abs, given), *(means[m][1] for m in self.names)])
                    numbers = [
                        arb(0) if n is None and b.contains(0) and b.rad() < _NOTHING * size else n
                        for n, b, size in zip(numbers, balls, sizes)
                    ]
                values = [math.nan if n is None else rounded(n, self.rtol, self.atol) for n in numbers]
                if None not in numbers:
                    return values, NOT_REPRESENTABLE if any(map(math.isnan, values)) else 0
                triangle = balls[self.count + 1 :]
                if determinant(self.dim, triangle).contains(0) and self._is_singular(integrals, point, means):
                    return values, SINGULAR
            return values, code
        finally:
            ctx.prec = before

    def _sizes(self, found: Mapping[Any, arb], inputs: Sequence[arb]) -> list[arb]:
        """How large the terms are that each number is the sum of, from the sizes of the inputs."""
        size = dict(zip(self.program.inputs, inputs))
        sizes: dict[Any, arb] = {}
        for node in self.program.nodes():
            parts = [sizes[a] for a in node.args]
            if node.op == "input":
                sizes[node] = size[str(node.value)]
            elif node.op in ("add", "mul", "product"):
                sizes[node] = ARITHMETIC[node.op](*parts)
            elif node.op == "div":
                sizes[node] = parts[0] / abs(found[node.args[1]])
            elif node.op == "power" and int(node.value) > 0:
                sizes[node] = parts[0] ** int(node.value)
            else:
                sizes[node] = abs(found[node]) if isinstance(found[node], arb) else found[node]  # a comparison
        return [sizes[o] for o in self.program.outputs]

    def _is_singular(
        self, integrals: _Integrals, point: Mapping[sp.Symbol, Any], means: Mapping[Mean, tuple[arb, arb]]
    ) -> bool:
        """Whether det g is zero, everywhere or for integrands that vanish at this point."""
        if self.always_singular is None:
            self.always_singular = vanishes(self.run, lambda balls: determinant(self.dim, balls[self.count + 1 :]))
        if self.always_singular:
            return True
        zeros = integrals.exact_zeros(point)
        if not zeros:
            return False
        given = [as_ball(point[s]) for s in self.symbols]
        balls = self.run(
            dict(zip(self.program.inputs, [*given, *(arb(0) if m in zeros else means[m][0] for m in self.names)]))
        )
        return determinant(self.dim, balls[self.count + 1 :]).is_zero()


def certified_grid(
    manifold: Any,
    nodes: NodeExpectation | FormalNodes,
    axes: Mapping[Any, Any],
    quantities: Sequence[str],
    rtol: float,
    atol: float | None = None,
    **options: Any,
) -> Any:
    """``on_grid`` where all numbers come from enclosed integrals; NaN and a status where none is narrow enough.

    Args:
        manifold: one whose metric is made of means over the rows of the nodes.
        nodes: what the means stand for.
        axes, quantities, rtol, atol: as for ``on_grid``.
    """
    from chentsov.geometry.grids import on_grid
    from chentsov.geometry.grids.grid import absolute_tolerance, tolerance

    dtype = np.dtype(options.get("dtype", "float64"))
    half = 2 if dtype == np.float32 else 1  # the other half is for rounding
    rtol = tolerance(rtol, dtype) / half
    atol = (absolute_tolerance(atol, rtol) or 0.0) / half
    names = [quantities] if isinstance(quantities, str) else list(quantities)
    certify = Certifier(manifold, nodes, names, rtol, atol)
    coordinates = {c.name: c for c in (*manifold.coordinates, *certify.symbols)}
    held = {getattr(k, "name", str(k)): v for k, v in {**dict(axes), **dict(options.get("constants") or {})}.items()}
    fixed = {
        coordinates[k]: read_constant(coordinates[k], v)
        for k, v in held.items()
        if np.ndim(v) == 0 and k in coordinates
    }
    data = {**nodes.rows, **dict(options.pop("data", None) or {})}
    steps = [Enclosed(certify, fixed), *options.pop("steps", ())]
    return on_grid(manifold, axes, names, data=data, steps=steps, **options)


class Enclosed:
    """The numbers of a block from enclosed integrals, cell by cell: a step of `on_grid` (see `grids.study.Step`)."""

    cells = 16  # of a block, so that progress is told

    def __init__(self, certify: Certifier, fixed: Mapping[sp.Symbol, Any]) -> None:
        self.certify, self.fixed = certify, dict(fixed)
        self.attributes = {"rtol": certify.rtol, "integrals": "enclosed in balls, cell by cell"}
        self.question = ("enclosed", certify.rtol, certify.atol)

    def __call__(
        self, symbols: Sequence[sp.Symbol], arrays: Sequence[np.ndarray], values: np.ndarray, status: np.ndarray
    ) -> None:
        from chentsov.geometry.grids.labels import KINK, OUTSIDE

        places = [np.broadcast_to(a, status.shape) for a in arrays]
        for cell in map(tuple, np.argwhere((status != OUTSIDE) & (status != KINK))):
            numbers, status[cell] = self.certify(self.fixed | {s: float(a[cell]) for s, a in zip(symbols, places)})
            values[(slice(None), *cell)] = [numbers[k] for k in self.certify.slots]
