r"""A posteriori error bounds: how much each rounding error matters for the result, by its adjoint.

A running bound (`running`) adds up absolute values at every step, and so forgets that errors which enter a
result by several ways cancel there: for the curvature of a metric made of means over data it comes out a
thousand times too large. The derivative of the result with respect to an intermediate value knows. Let a
result R be computed from means M_k by operations v = op(...) (1 + delta_v), |delta_v| <= u rho_v. By the mean value
theorem, on the segment from the computed numbers to the exact ones,

    |computed R - R|  <=  | sum_k lambda_k (computed M_k - M_k) |  +  u sum_v rho_v |lambda_v v|,

lambda_v = dR/dv the adjoint, found for all v at once by one backward sweep. On the segment it differs from the
computed adjoint by no more than the running bound of the latter, E(lambda); multiplied by another error, that is of
second order, and may be crude.

The errors of the means are correlated as well. Means with a common factor, M_k = E_D[w t_k] with t_k data
alone (a metric's components, its derivatives' components), share the error of w in each row:

    | sum_k lambda_k (computed M_k - M_k) |  <=  E_D[ error(w) |sum_k lambda_k t_k| ]
                                                + mu sum_k |lambda_k| E_D[|w t_k|],

mu for the rounding of products and sums.

That takes a second pass over the rows, with the adjoints of the cell as coefficients. Most cells do without:
error(M_k) <= kappa E_D[A max_k |t_k|], A >= |w|, is one more mean in the first pass, and only cells that it leaves
open (vectors of cells, see `schedule`) are passed a second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from .bounds import UNKNOWN, Bounds, rows_of
from .intervals import Interval
from .majorants import ARITHMETIC, Majorants, from_means
from .program import Node, Program, walk
from .running import SMALLEST_DIVISOR, SMALLEST_RADICAND, Apart

__all__ = ["with_adjoint_bounds", "Sensitivity"]

_MOST_OPERATIONS = 1500  # after the means, beyond which the running bounds are kept: the code would grow too long
_MOST_OUTPUTS = 8
_MULTIPLICATIVE = frozenset({"mul", "product", "power", "div", "reciprocal", "select", "abs"})
_TINY = Fraction(1, 2**1000)  # makes up for coefficients that underflow in the second pass


def with_adjoint_bounds(
    program: Program,
    inputs: Mapping[str, Interval],
    rows: Mapping[str, int],
    tolerance: str,
    apart: Apart = lambda a, b: False,
    sums: bool = False,
) -> tuple[Program, frozenset[Node]] | None:
    """The program with one more output for each, a bound on its absolute error in float64; None where adjoints have
    nothing to offer.

    With it, the nodes to compute in double-double arithmetic: none, or with `sums` the means and what follows.

    Args:
        program: arranged, as it will be emitted.
        inputs: the range of every input and row variable.
        rows: table -> number of rows.
        tolerance: the name of one more input: the relative error that is asked for. Cells whose first bound
            reaches it are spared the second pass.
        apart: whether two functions of the data are never both different from zero in a row.
        sums: whether means, and what is computed from them, are double-doubles. Then only the errors of the rows'
            functions are left, which are correlated, and every cell has its second pass.
    """
    follows, over_rows = from_means(program), rows_of(program)
    after_means = sum(follows[n] and not over_rows[n] and n.op != "mean" for n in program.nodes())
    if not any(follows[o] and o.op != "mean" for o in program.outputs) or after_means > _MOST_OPERATIONS:
        return None
    study = Sensitivity(program, inputs, rows, apart, sums)
    chosen = [o for o in dict.fromkeys(program.outputs) if follows[o] and study.work.bound[o] is not UNKNOWN]
    if all(o.op == "mean" for o in chosen) or len(chosen) > _MOST_OUTPUTS:
        return None
    bounds = study.certificates(chosen, program.graph.input(tolerance))
    outputs = (*program.outputs, *(bounds.get(o) or study.work.total(o) for o in program.outputs))
    return Program(program.graph, outputs, program.inputs, program.rows), frozenset(study.paired)


class Sensitivity:
    """Adjoints of outputs that are computed from means, and bounds from them, over the majorants of a program."""

    def __init__(
        self,
        program: Program,
        inputs: Mapping[str, Interval],
        rows: Mapping[str, int],
        apart: Apart,
        sums: bool = False,
    ) -> None:
        self.work = Bounds(program, inputs, rows, 64)
        self.majorants = Majorants(program, self.work, apart, sums)
        self.paired: set[Node] = set()  # nodes that are double-doubles

    # adjoints ---------------------------------------------------------------------------------------
    def adjoints(self, output: Node) -> dict[Node, Node]:
        """d output / d v for every v that it is computed from, back to means and to operations without a derivative
        here.
        """
        order = self._sources(output)
        found: dict[Node, list[Node]] = {output: [self.majorants.exact(1)]}
        total: dict[Node, Node] = {}
        for node in reversed(order):
            parts = found.get(node)
            if not parts:
                continue
            adjoint = parts[0]
            for part in parts[1:]:
                adjoint = self.majorants.derive("add", adjoint, part)
            total[node] = adjoint
            for argument, derivative in self._pulled_back(node, adjoint):
                if self._matters(argument):
                    found.setdefault(argument, []).append(derivative)
        return total

    def _sources(self, output: Node) -> list[Node]:
        """The nodes below an output in order, not below leaves."""
        order: list[Node] = []
        seen: set[Node] = set()
        stack = [(output, False)]
        while stack:
            node, ready = stack.pop()
            if ready:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                if not self._is_leaf(node):
                    stack.extend((a, False) for a in node.args if a in self.work.bound)
        return order

    def _is_leaf(self, node: Node) -> bool:
        if node.op == "select":
            return node.value != "guard"
        if node.op == "abs":
            low, high = self.work.range[node.args[0]]
            return low < 0 < high
        return node.op not in ARITHMETIC or not self.majorants.follows.get(node, True)

    def _matters(self, node: Node) -> bool:
        b = self.work.bound[node]
        return bool(b.c or b.a is not None or b.d or node.args)

    def _pulled_back(self, node: Node, adjoint: Node) -> Iterable[tuple[Node, Node]]:
        """(argument, adjoint times the derivative by it)."""
        majorants = self.majorants
        if self._is_leaf(node):
            return
        args, op = node.args, node.op
        if op == "add":
            yield from ((a, adjoint) for a in args)
        elif op in ("mul", "product"):
            a, b = args
            yield a, majorants.product(adjoint, b)
            yield b, majorants.product(adjoint, a)
        elif op == "power":
            n = int(node.value)  # type: ignore[call-overload]
            below = args[0] if n == 2 else majorants.derive("power", args[0], value=n - 1)
            yield args[0], majorants.product(majorants.product(adjoint, majorants.exact(n)), below)
        elif op == "div":
            a, b = args
            share = (
                majorants.product(adjoint, node)
                if a.op == "number" and a.value == 1
                else majorants.derive("div", adjoint, b)
            )
            yield a, share
            yield b, majorants.negative(majorants.product(share, node))
        elif op == "reciprocal":
            yield args[0], majorants.negative(majorants.product(majorants.product(adjoint, node), node))
        elif op == "sqrt":
            yield (
                args[0],
                majorants.derive("div", majorants.product(adjoint, majorants.exact(Fraction(1, 2))), node),
            )
        elif op == "select":
            yield args[1], adjoint
        elif op == "abs":
            yield args[0], adjoint if self.work.range[args[0]][0] >= 0 else majorants.negative(adjoint)

    # bounds -----------------------------------------------------------------------------------------
    def certificates(self, outputs: list[Node], tolerance: Node) -> dict[Node, Node]:
        """A bound for each output: the first one where it suffices in every output, else the one of the second pass."""
        w = self.work
        w.over_rows[tolerance], w.range[tolerance] = frozenset(), (0.0, 1.0)
        # adjoints are bounded on the whole segment, where operations have rounding errors of their own
        w.u *= 4
        swept = {o: self.adjoints(o) for o in outputs}
        w.u /= 4
        if self.majorants.sums:
            return {o: w.where_met(o, w.times(1 + 2.0**-10, self._in_pairs(swept[o]))) for o in outputs}
        first: dict[Node, Node] = {}
        second: dict[Node, tuple[Node, dict[Node, Node]]] = {}
        for o in outputs:
            common, of_means = (
                self._common(swept[o]),
                {m: e for m, e in swept[o].items() if m in self.majorants.factored and self._by_rows(m)},
            )
            first[o] = self._summed([common, *(w.raw("mul", w.absolute(e), w.error(m)) for m, e in of_means.items())])
            second[o] = common, of_means
        enough = None
        for o in outputs:
            reached = w.raw(
                "le",
                w.times(1 + 2.0**-8, first[o]),
                w.raw("mul", w.raw("mul", tolerance, w.number(1 - 2.0**-8)), w.absolute(o)),
            )
            enough = reached if enough is None else w.raw("and", enough, reached)
        assert enough is not None
        gate = w.raw("select", enough, w.number(0.0), w.number(1.0))
        spared = w.raw("lt", gate, w.number(0.5))
        out = {}
        for o in outputs:
            common, of_means = second[o]
            again = self._summed([common, *self._second_pass(of_means, gate)])
            out[o] = w.where_met(o, w.times(1 + 2.0**-10, w.raw("select", spared, first[o], again)))
        return out

    def _in_pairs(self, adjoints: dict[Node, Node]) -> Node:
        """The bound with sums and what follows in double-doubles; these nodes are noted."""
        means = {m: e for m, e in adjoints.items() if m in self.majorants.factored and self._by_rows(m)}
        self.paired.update(n for n in adjoints if not self._is_leaf(n))
        for node in adjoints:
            if node.op in ("div", "reciprocal") and not self._is_leaf(node):
                self.work.require_apart(node, node.args[-1], SMALLEST_DIVISOR)
            elif node.op == "sqrt" and not self._is_leaf(node):
                self.work.require_apart(node, node.args[0], SMALLEST_RADICAND)
        for mean in means:
            table = self.majorants.factored[mean].table
            self.paired.update((mean, mean.args[0]))
            self.paired.update(n for n in walk([table] if table is not None else []) if n.args)
            if table is None:
                self.paired.discard(mean.args[0])
        return self._summed([self._common(adjoints), *self._second_pass(means, None)])

    def _by_rows(self, mean: Node) -> bool:
        """Whether the second pass has something to say about the error of a mean."""
        w = self.work
        parts, integrand = self.majorants.factored[mean], mean.args[0]
        table_ok = parts.table is None or w.bound[parts.table].a is None
        return (
            not self.majorants.follows[integrand]
            and table_ok
            and w.bound[parts.shared].covers
            and w.bound[mean] is not UNKNOWN
        )

    def _common(self, adjoints: dict[Node, Node]) -> Node:
        """What both bounds contain: rounding after the means, whole errors of other leaves, and terms of second
        order.
        """
        w, majorants = self.work, self.majorants
        terms = []
        rounding: dict[Node, float] = {}
        users = self._users(adjoints)
        for node in reversed(adjoints):
            if not self._is_leaf(node):
                own = rounding.get(node, 0.0) + majorants.rounding(node)
                above = users[node]
                if len(above) == 1 and above[0].op in _MULTIPLICATIVE and above[0].args.count(node) == 1:
                    # lambda_v v = n lambda_w w for a factor, a divisor, a base: its error adds to that of w
                    degree = int(above[0].value) if above[0].op == "power" else 1  # type: ignore[call-overload]
                    rounding[above[0]] = rounding.get(above[0], 0.0) + degree * own * w.inflate
                    rounding[node] = 0.0
                else:
                    rounding[node] = own
        for node, adjoint in adjoints.items():
            if not self._is_leaf(node) and not rounding[node]:
                continue
            if self._is_leaf(node):
                if node in majorants.factored and self._by_rows(node):
                    terms.append(w.raw("mul", w.error(adjoint), w.error(node)))
                    d = w.bound[node].d
                    if d:
                        terms.append(w.raw("mul", w.absolute(adjoint), w.underflow(d)))
                    continue
                own_error = w.error(node)
                if majorants.sums and node.op in ("number", "constant"):
                    own_error = w.times(2.0**-100, w.absolute(node))
            else:
                # what underflows on the way to v is less than 2^-1074 |lambda_v| <= 2^-174 |lambda_w| A_w, as A_w >=
                # 2^-900 |lambda_v / lambda_w|
                own_error = w.raw(
                    "add",
                    w.times(rounding[node], w.absolute(node)),
                    w.times(2.0**-140, majorants.major(node)[1]),
                )
                if majorants.sums and node.op in ("div", "reciprocal"):
                    own_error = w.raw("add", own_error, w.number(2.0**-1060 / SMALLEST_DIVISOR))
            terms.append(w.raw("mul", w.raw("add", w.absolute(adjoint), w.error(adjoint)), own_error))
        return self._summed(terms)

    def _users(self, adjoints: Mapping[Node, Node]) -> dict[Node, list[Node]]:
        users: dict[Node, list[Node]] = {n: [] for n in adjoints}
        for node in adjoints:
            if not self._is_leaf(node):
                for a in node.args:
                    if a in users:
                        users[a].append(node)
        return users

    def _second_pass(self, adjoints: dict[Node, Node], gate: Node | None) -> list[Node]:
        """E_D[error(w) |sum lambda_k t_k| + |w| sum mu |lambda_k t_k|], a mean for every table of rows."""
        w, majorants = self.work, self.majorants
        groups: dict[tuple[Node, str], list[Node]] = {}
        for mean in adjoints:
            groups.setdefault((majorants.factored[mean].shared, str(mean.value)), []).append(mean)
        integrands: dict[str, list[Node]] = {}
        like: dict[str, Node] = {}
        for (shared, table), means in groups.items():
            k, size = w.as_majorant(shared)
            signed, moduli = [], []
            for mean in means:
                coefficient, parts = adjoints[mean], majorants.factored[mean]
                signed.append(parts.times(w, w.raw("mul", coefficient, w.number(k * w.inflate))))
                mu = w.raw(
                    "add",
                    w.times(majorants.of_products(mean) * w.inflate, w.absolute(coefficient)),
                    w.graph.number(_TINY),
                )
                moduli.append(parts.times_modulus(w, mu))
            signed_part, products = w.raw("abs", self._summed(signed)), self._summed(moduli)
            modulus = w.absolute(shared)
            pairs = (
                [(size, w.raw("add", signed_part, products))]
                if size is modulus
                else [(size, signed_part), (modulus, products)]
            )
            integrands.setdefault(table, []).extend(w.raw("mul", a, b) for a, b in pairs)
            like[table] = means[0]
        out = []
        for table, terms in integrands.items():
            integrand = self._summed(terms)
            mean = w.graph.node("mean", (integrand,) if gate is None else (integrand, gate), table)
            w.over_rows[mean], w.range[mean] = frozenset(), (0.0, float("inf"))
            out.append(mean)
        return out

    def _summed(self, terms: list[Node]) -> Node:
        out = self.work.number(0.0)
        for n, term in enumerate(terms):
            out = term if n == 0 else self.work.raw("add", out, term)
        return out
