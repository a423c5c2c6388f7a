"""Integrals and sums that stay formal, as rows: what a metric or a density holds unevaluated gets nodes and weights.

∫ f(x; θ) dx and Σ f(k; θ) become Σ w_n f(x_n; θ), a `Mean` over rows (x, w), which is differentiated under the sum as
the integral is under its sign.  One table of rows serves a box of parameter points: it is laid where f or one of its
first two derivatives by the parameters matters at any of the points, and compared there with quadrature to full digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import sympy as sp

from ..exact import Mean
from ..kernels.kernel import compile
from .changes import Standard, with_fixed_ends
from .density import Piece, Variable, differentiate
from .formal_pieces import by_exponentials, formals, range_of
from .nodes import joined, node_table
from .quadrature import QuadratureError, Rule

__all__ = ["FormalNodes"]

_AGREE = 1e-11  # of the largest integral of a modulus over one range, to which sums over rows must be the integrals


@dataclass
class _Range:
    """The formal integrals over one range: their variables, and the columns of rows that stand for these."""

    part: Standard
    renamed: dict[sp.Symbol, sp.Symbol]
    names: dict[sp.Symbol, sp.Symbol]
    weight: sp.Symbol
    integrands: list[sp.Expr] = field(default_factory=list)

    def carried(self, f: sp.Expr) -> sp.Expr:
        """A summand or integrand in the variables of the range, with the rate of the change of variables."""
        return self.part.carry(by_exponentials(f.xreplace(self.renamed))) * sp.exp(self.part.piece.log_density)

    def mean(self, carried: sp.Expr) -> sp.Expr:
        return Mean(self.weight * carried.xreplace(self.names), (*self.names.values(), self.weight))


class FormalNodes:
    """Rows for every integral and sum that some expressions, or derivatives of them, hold.

    Args:
        expressions: what is to be evaluated, or what it is derived from.
        coordinates: the symbols by which it is differentiated.

    Raises:
        InputError: an integral without limits, or one inside another.

    >>> k, t = sp.symbols("k t")
    >>> nodes = FormalNodes([sp.Sum(t**k/sp.factorial(k), (k, 0, sp.oo))], [t])
    >>> nodes.lay([{t: 1}])
    >>> exponential = nodes.over_rows(sp.Sum(t**k/sp.factorial(k), (k, 0, sp.oo)))
    >>> round(float(compile(exponential, [t], data=nodes.rows)(1.0)), 12)
    2.718281828459
    """

    mass = sp.S.One  # nothing here has a known total

    def __init__(self, expressions: Iterable[sp.Expr], coordinates: Sequence[sp.Symbol]) -> None:
        self.ranges: dict[tuple, _Range] = {}
        self.rows: dict[sp.Symbol, np.ndarray] = {}
        for formal in formals(expressions):
            self._range(formal).integrands.append(formal.function)
        for r in self.ranges.values():
            first = [differentiate(f, c) for f in r.integrands for c in coordinates]
            second = [differentiate(f, c) for f in first for c in coordinates]
            carried = (r.carried(f) for f in dict.fromkeys([*r.integrands, *first, *second]))
            r.integrands = [f for f in dict.fromkeys(carried) if f != 0]

    def _range(self, formal: sp.Expr) -> _Range:
        key = (formal.func, *formal.limits)
        if key not in self.ranges:
            piece, renamed = range_of(formal)
            part = with_fixed_ends(Standard(piece))
            n = len(self.ranges)
            names = {
                s: sp.Symbol(f"{'z' if s.name == 'w' else s.name}{i or ''}_{n}_", real=True)  # w is for the weights
                for i, s in enumerate(part.piece.symbols)
            }
            self.ranges[key] = _Range(part, renamed, names, sp.Symbol(f"w_{n}_", positive=True))
        return self.ranges[key]

    def lay(self, points: Sequence[Mapping[sp.Symbol, sp.Expr]]) -> None:
        """Lay the rows for the points, and whatever lies between them.

        Raises:
            QuadratureError: an integral was not found to converge at one of them, or no one table serves them all.
        """
        columns: dict[sp.Symbol, np.ndarray] = {}
        weights: set[sp.Symbol] = set()
        for r in self.ranges.values():
            piece = Piece(sp.S.Zero, r.part.piece.variables)
            nodes, weight = node_table(piece, points, functions=r.integrands)
            columns.update(zip((r.names[s] for s in piece.symbols), nodes))
            columns[r.weight] = weight
            weights.add(r.weight)
        self.rows = joined(columns, weights)
        for r in self.ranges.values():
            self._compare(r, points)

    def _compare(self, r: _Range, points: Sequence[Mapping[sp.Symbol, sp.Expr]]) -> None:
        symbols = list(points[0])
        means = [r.mean(f) for g in r.integrands for f in (g, sp.Max(g, -g, evaluate=False))]
        summed = compile(means, symbols, data=self.rows, backend="numpy")
        for point in points:
            rule = Rule(Piece(sp.S.Zero, r.part.piece.variables), r.integrands, point, 17)
            truth = np.array([float(v.real.mid()) for v in rule.converged(enough=12)[0]])
            found, sizes = np.array([float(v) for v in summed(*map(float, point.values()))]).reshape(-1, 2).T
            worst = float(np.max(abs(found - truth)) / np.max(sizes))
            if not worst < _AGREE:
                where = ", ".join(f"{s} = {float(v):.6g}" for s, v in point.items())
                raise QuadratureError(
                    f"one set of nodes does not serve the whole grid: an integral is off by {worst:.1e} at {where}; "
                    "split the grid into smaller ones"
                )

    def over_rows(self, e: sp.Basic) -> sp.Basic:
        """The expression with its integrals and sums as means over the rows."""

        def mean(formal: sp.Expr) -> sp.Expr:
            r = self._range(formal)
            return r.mean(r.carried(formal.function))

        return e.replace(lambda part: isinstance(part, (sp.Integral, sp.Sum)), mean)

    def integrals(self) -> dict[tuple[sp.Symbol, ...], tuple[sp.Symbol, tuple[Variable, ...]]]:
        """For each set of row symbols: the symbol of the weights, and the variables that the others run over."""
        found = {}
        for r in self.ranges.values():
            variables = tuple(
                Variable(r.names[v.symbol], v.lower.xreplace(r.names), v.upper.xreplace(r.names), v.discrete)
                for v in r.part.piece.variables
            )
            found[*r.names.values(), r.weight] = r.weight, variables
        return found
