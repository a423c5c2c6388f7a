"""Grids of quadrature with a guarantee: every integral of every cell enclosed, or the reason why not.

The metric of a density without closed form, and what is derived from it, are expressions in Means over quadrature
nodes.  Each Mean stands for an integral; here the integrals themselves are enclosed, rigorously, for the parameters of
each cell, and the expressions are evaluated in balls.  Integrals that do not depend on the parameters of a cell, such
as all those of a location–scale family, are enclosed once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp
from chentsov.geometry.exact import Mean
from chentsov.geometry.expectation.density import Piece
from chentsov.geometry.expectation.formal import FormalNodes
from chentsov.geometry.expectation.nodes import NodeExpectation
from chentsov.geometry.expectation.quadrature import QuadratureError
from chentsov.geometry.expectation.rigorous import Enclosure, NoEnclosure
from flint import arb, arb_mat, ctx

from ..exact.reading import read

__all__ = ["certified_grid"]


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
        self.known: dict[tuple, list[arb]] = {}

    def __call__(self, point: Mapping[sp.Symbol, Any]) -> dict[Mean, arb]:
        found: dict[Mean, arb] = {}
        for number, (parameters, means, enclosure) in enumerate(self.groups):
            key = (number, *(point[s] for s in parameters))
            if key not in self.known:
                if len(self.known) > 4096:
                    self.known.clear()
                self.known[key] = enclosure(point)
            found |= dict(zip(means, self.known[key]))
        return found


class Certifier:
    """Balls of named quantities at parameter points, with the reason where there is none."""

    def __init__(
        self, manifold: Any, nodes: NodeExpectation | FormalNodes, quantities: Sequence[str], rtol: float
    ) -> None:
        from chentsov.geometry.kernels.ball import BallProgram
        from chentsov.geometry.kernels.lower import lower

        self.rtol, self.nodes = rtol, nodes
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
        outputs = [*wanted, *(self._named(e) for e in (nodes.mass, *manifold.metric))]
        named = set(self.names.values())
        self.symbols = sorted(set().union(*(e.free_symbols for e in outputs)) - named, key=lambda s: s.name)
        self.program = lower(outputs, [*self.symbols, *self.names.values()])
        self.run = BallProgram(self.program, {})
        first = math.ceil(-math.log10(rtol)) + 3
        self.levels = [(d, _Integrals(self.nodes, list(self.names), d)) for d in (first, 2 * first + 6)]

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
        from chentsov.geometry.grids.cells import LIMIT, OUTSIDE, SINGULAR
        from chentsov.geometry.kernels.ball import as_ball

        before = ctx.prec
        code = LIMIT
        values: list[float] = []
        try:
            for digits, integrals in self.levels:
                ctx.prec = int(3.33 * digits) + 50
                try:
                    means = integrals(point)
                except NoEnclosure as reason:
                    raise NoEnclosure(
                        f"{reason}; without rtol= the integrals are sums over nodes, checked on the corners of the grid"
                    ) from None
                except QuadratureError:
                    return [math.nan] * self.count, OUTSIDE
                given = [*(as_ball(point[s]) for s in self.symbols), *(means[m] for m in self.names)]
                found = self.run(dict(zip(self.program.inputs, given)))
                balls, mass, metric = found[: self.count], found[self.count], found[self.count + 1 :]
                if not mass.contains(1):
                    return [math.nan] * len(balls), OUTSIDE
                narrow = [_narrow(b, self.rtol) for b in balls]
                values = [float(b.mid()) if ok else math.nan for b, ok in zip(balls, narrow)]
                if all(narrow):
                    return values, 0
                determinant = arb_mat(self.dim, self.dim, metric).det()
                code = SINGULAR if determinant.contains(0) else LIMIT
                if code == SINGULAR and determinant.rad() < arb(self.rtol):
                    break  # more digits would show more zeros
            return values, code
        finally:
            ctx.prec = before


def _narrow(ball: arb, rtol: float) -> bool:
    """Whether all of a ball is its midpoint to the tolerance; a zero within the tolerance of 1 passes as zero
    to that.
    """
    if not ball.is_finite():
        return False
    return bool(ball.rad() <= arb(rtol) / 2 * abs(ball.mid())) or bool(
        ball.contains(0) and ball.rad() <= arb(rtol) ** 2
    )


def certified_grid(
    manifold: Any,
    nodes: NodeExpectation | FormalNodes,
    axes: Mapping[Any, Any],
    quantities: Sequence[str],
    rtol: float,
    **options: Any,
) -> Any:
    """``on_grid`` where all numbers come from enclosed integrals; NaN and a status where none is narrow enough.

    Args:
        manifold: one whose metric is made of means over the rows of the nodes.
        nodes: what the means stand for.
        axes, quantities, rtol: as for ``on_grid``.
    """
    from chentsov.geometry.grids import on_grid
    from chentsov.geometry.grids.grid import tolerance

    dtype = np.dtype(options.get("dtype", "float64"))
    rtol = tolerance(rtol, dtype) / (2 if dtype == np.float32 else 1)  # the other half is for rounding
    names = [quantities] if isinstance(quantities, str) else list(quantities)
    certify = Certifier(manifold, nodes, names, rtol)
    coordinates = {c.name: c for c in (*manifold.coordinates, *certify.symbols)}
    held = {getattr(k, "name", str(k)): v for k, v in {**dict(axes), **dict(options.get("constants") or {})}.items()}
    fixed = {coordinates[k]: float(v) for k, v in held.items() if np.ndim(v) == 0 and k in coordinates}
    data = {**nodes.rows, **dict(options.pop("data", None) or {})}
    steps = [Enclosed(certify, fixed), *options.pop("steps", ())]
    return on_grid(manifold, axes, names, data=data, steps=steps, **options)


class Enclosed:
    """The numbers of a block from enclosed integrals, cell by cell: a step of `on_grid` (see `grids.study.Step`)."""

    cells = 16  # of a block, so that progress is told

    def __init__(self, certify: Certifier, fixed: Mapping[sp.Symbol, float]) -> None:
        self.certify, self.fixed = certify, dict(fixed)
        self.attributes = {"rtol": certify.rtol, "integrals": "enclosed in balls, cell by cell"}
        self.question = ("enclosed", certify.rtol)

    def __call__(
        self, symbols: Sequence[sp.Symbol], arrays: Sequence[np.ndarray], values: np.ndarray, status: np.ndarray
    ) -> None:
        from chentsov.geometry.grids.labels import OUTSIDE

        places = [np.broadcast_to(a, status.shape) for a in arrays]
        for cell in map(tuple, np.argwhere(status != OUTSIDE)):
            numbers, status[cell] = self.certify(self.fixed | {s: float(a[cell]) for s, a in zip(symbols, places)})
            values[(slice(None), *cell)] = [numbers[k] for k in self.certify.slots]
