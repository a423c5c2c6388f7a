"""Expectations left as sums over quadrature nodes.

Where no closed form exists, ∫ f p dx is kept as a weighted sum over nodes, which is a ``Mean`` over
rows (x, w): symbolic in the parameters, differentiable under the sum, and lowered by the kernels
to one loop over the nodes.  The density is brought to standard form first, so that location
and scale leave the nodes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import sympy as sp
from flint import acb

from ..exact import Mean
from .balls import precision
from .changes import Standard, fewest_parameters, with_fixed_ends
from .density import Density, DensityError, Piece, Variable
from .moments import Expectation
from .quadrature import QuadratureError, Rule
from .sampling import Point, working_copy


class NodeExpectation(Expectation):
    """Route 4: E[f] = Σ w f p over double-exponential nodes, as Means over rows.

    ``rows`` holds the node table {symbol: array}; its number of rows is part of the weights.
    """

    route = "quadrature"

    def __init__(self, density: Density, point: Point, check: bool = True) -> None:
        super().__init__(density, point)
        if density.integers:
            names = ", ".join(map(str, density.integers))
            raise DensityError(
                f"no closed form was found, and numbers need a number for {names}, which bounds a sum: substitute one "
                "first"
            )
        copy = working_copy(density, point)
        self.forward = copy.stand_ins
        self.backward = {v: k for k, v in copy.stand_ins.items()}
        self.where = copy.where
        self.groups = [
            [with_fixed_ends(part) for part in fewest_parameters(piece, copy.sign_of)] for piece in copy.density.pieces
        ]
        if check:
            check_finite(self)
        self.lay_at(point, check)
        steps = [s.replace("_", "") for part, _, _ in self.columns for s in part.steps]
        n = len(next(iter(self.rows.values())))
        discrete = all(v.discrete for piece in copy.density.pieces for v in piece.variables)
        self.details = f"{n} {'terms' if discrete else 'double-exponential nodes'}" + (
            f" after {'; '.join(dict.fromkeys(steps))}" if steps else ""
        )

    @property
    def nodes(self) -> NodeExpectation:
        return self

    @property
    def mass(self) -> sp.Expr:
        """∫ p as a sum over the nodes."""
        return self._mean([sp.S.One] * len(self.density.pieces))

    def integrals(self) -> dict[tuple[sp.Symbol, ...], tuple[sp.Symbol, tuple[Variable, ...]]]:
        """For each set of row symbols of a Mean: the symbol of its weights, and the variables that the other ones run
        over.
        """
        found = {}
        for part, names, weight in self.columns:
            variables = tuple(
                Variable(names[v.symbol], v.lower.xreplace(names), v.upper.xreplace(names), v.discrete, v.values)
                for v in part.piece.variables
            )
            found[*names.values(), weight] = weight, variables
        return found

    def lay_at(self, point: Mapping[sp.Symbol, sp.Expr], check: bool = True) -> None:
        """Lay the nodes out for one parameter point; the symbols of their columns stay the same.

        Raises:
            QuadratureError: the density is not integrated at this point; the nodes stay where they were.
        """
        where = {self.forward[s]: v for s, v in point.items() if s in self.forward}
        rows: dict[sp.Symbol, np.ndarray] = {}
        columns: list[tuple[Standard, dict[sp.Symbol, sp.Symbol], sp.Symbol]] = []
        for number, part in enumerate(part for group in self.groups for part in group):
            names, weight = _row_symbols(part, number)
            nodes, rows[weight] = node_table(part.piece, [where], check=check)
            rows |= {names[s]: column for s, column in zip(part.piece.symbols, nodes)}
            columns.append((part, names, weight))
        self.where, self.columns = where, columns
        self.rows = joined(rows, {weight for _, _, weight in columns})

    def _mean(self, functions: Sequence[sp.Expr]) -> sp.Expr:
        total = sp.S.Zero
        columns = iter(self.columns)
        for f, group in zip(functions, self.groups):
            for _ in group:
                part, names, weight = next(columns)
                value = part.carry(f.xreplace(self.forward))
                weight_is_free = not (part.piece.log_density.free_symbols - set(part.piece.symbols))
                if weight_is_free:
                    value = sp.expand(value)
                kernel = weight * sp.exp(part.piece.log_density)
                rows = (*names.values(), weight)
                for term in sp.Add.make_args(value):
                    total += Mean((kernel * term).xreplace(names), rows)
        return total.xreplace(self.backward)

    def canonical(self, value: sp.Expr) -> sp.Expr:
        return value


def _row_symbols(part: Standard, number: int) -> tuple[dict[sp.Symbol, sp.Symbol], sp.Symbol]:
    """The names of a part's variables among the rows, and of its weights."""
    names: dict[sp.Symbol, sp.Symbol] = {}
    for s in part.piece.symbols:  # changes of variable give the same name to several symbols; w is for the weights
        stem = "z" if s.name == "w" else s.name
        taken = sum(n.name.startswith(stem) for n in names.values())
        names[s] = sp.Symbol(f"{stem}{taken + 1 if taken else ''}_{number}", real=True)
    return names, sp.Symbol(f"w_{number}", positive=True)


def check_finite(e: Expectation) -> None:
    """Refuse a Fisher metric that does not exist: a sum over nodes would hide it.

    Raises:
        QuadratureError: a component E[s_i s_i] does not settle; the message names it.
    """
    squares = [e._product(s, s) for s in e.scores]
    try:
        e.numbers(squares, e.point, 10, enough=6)
    except QuadratureError:
        pass
    else:
        return
    for c, square in zip(e.density.coordinates, squares):  # which one?
        try:
            e.numbers([square], e.point, 10, enough=6)
        except QuadratureError as reason:
            where = ", ".join(f"{s} = {v}" for s, v in e.point.items())
            raise QuadratureError(
                f"the Fisher metric component E[s_{c} s_{c}] could not be integrated at {where}, so it may not exist: "
                f"{reason}"
            ) from None


def joined(columns: Mapping[sp.Symbol, np.ndarray], weights: set[sp.Symbol]) -> dict[sp.Symbol, np.ndarray]:
    """Columns padded to one length; the mean over N rows becomes a sum by weights N w."""
    longest = max(len(c) for c in columns.values())
    rows = {}
    for s, column in columns.items():
        padding = np.full(longest - len(column), 0.0 if s in weights else column[-1])
        rows[s] = np.concatenate([column, padding]) * (longest if s in weights else 1.0)
    return rows


def node_table(
    piece: Piece,
    points: Sequence[Mapping[sp.Symbol, sp.Expr]],
    digits: int = 17,
    check: bool = True,
    functions: Sequence[sp.Expr] = (sp.S.One,),
) -> tuple[list[np.ndarray], np.ndarray]:
    """Nodes and weights (with the Jacobian) of the rule that integrates the functions over a piece at parameter points.

    Over several variables the rule is laid for the last point.

    Raises:
        QuadratureError: with ``check``, where an integral was not found to converge at one of the points.

    >>> from .density import Piece, Variable
    >>> x = sp.Symbol("x", positive=True)
    >>> (nodes,), weights = node_table(Piece(-x, (Variable(x, sp.S.Zero, sp.oo),)), [{}])
    >>> bool(abs((weights*np.exp(-nodes)).sum() - 1) < 1e-14)
    True
    """
    rules = [Rule(piece, list(functions), dict(point), digits) for point in points]
    if check:
        for rule in rules:
            rule.converged(enough=10)  # refuses what does not converge
    found: list[tuple[list[float], float]] = []
    rule, span = rules[-1], None
    with precision(rule.bits):
        starts = [r.start() for r in rules]
        continuous = sum(not v.discrete for v in piece.variables)
        step = {0: 0.0, 2: 2.0**-4}.get(continuous, 2.0**-3)
        if continuous == 1:
            step = min(_step_on_the_line(r, start) for r, start in zip(rules, starts))
        if len(piece.variables) == 1 and not piece.variables[0].values:
            spans = [s for r, start in zip(rules, starts) if (s := r.span(0, start))]
            span = (min(s[0] for s in spans), max(s[1] for s in spans)) if spans else None
        for values, weight in _walk(rule, 0, starts[-1], step, span):
            found.append((values, weight))
    if not found or len(found) > 200_000:
        raise QuadratureError(f"{len(found)} quadrature nodes: too few or too many to work with")
    nodes = [np.array([values[k] for values, _ in found]) for k in range(len(piece.variables))]
    return nodes, np.array([w for _, w in found])


def _step_on_the_line(rule: Rule, start: list) -> float:
    """The widest step at which the integrals have settled to 22 digits, for integrands that are rougher than these."""
    step, values = 2.0**-5, rule._over(0, start, 2.0**-5)
    while step > 2.0**-9:
        finer = rule._over(0, start, step / 2)
        size = max(1e-300, *(float(abs(f).upper()) for f in finer))
        if all(float(abs(f - v).upper()) < 1e-22 * size for f, v in zip(finer, values)):
            break
        step, values = step / 2, finer
    return step


def _walk(
    rule: Rule, level: int, known: list, step: float, span: tuple[int, int] | None = None
) -> Iterator[tuple[list[float], float]]:
    variables = rule.piece.variables
    if level == len(variables):
        yield [float(x.real.mid()) for x in known[len(rule.point) :]], 1.0
        return
    for x, weight in rule.nodes(level, known, step, span):
        for values, inner in _walk(rule, level + 1, [*known, x], step):
            yield values, inner * float(acb(weight).real.mid())


__all__ = ["NodeExpectation", "check_finite", "joined", "node_table"]
