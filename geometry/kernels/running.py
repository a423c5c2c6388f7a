r"""A running error bound beside every value: a transformation of programs.

With the bounds of `bounds`: positive quantities keep a relative bound (A absent) through products, quotients and sums
of equal sign, at no cost in the kernel; a node A appears where signs mix: for a + b it is |a| + |b|, and
it then follows products as |computed| >= |n| does. So the code over rows at most doubles. After a mean,
where there is one value a cell, the sharper rules |a| E_b + |b| E_a + E_a E_b are used.

The bounds hold for the operations as emitted: each is rounded once (fused operations round less often), a
sum over rows is accumulated in runs, own functions err by at most the units checked in the tests. First
order is made rigorous by inflating: every step adds a relative 2^-20 of the bound (2^-8 in float32), which
covers the products of errors as long as c stays below a quarter of that; beyond, the node counts as unknown. What
has no rule has no bound, which sends its cells to ball arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction

from .bounds import UNKNOWN, Bound, Bounds
from .counts import LEAVES_FROM_OUTSIDE
from .functions import FUNCTIONS
from .intervals import Interval
from .native.double_functions import PAIR_ULPS, REDUCTION
from .native.trigonometric import TRIG_LIMIT
from .program import LEAVES, Node, Program, nearest
from .schedule import MASKS
from .slopes import MARGIN, REACH, RULES, Writer

__all__ = ["with_bounds", "without_rule", "Running", "SMALLEST_DIVISOR", "SMALLEST_RADICAND", "Apart"]

SMALLEST_DIVISOR = 2.0**-500  # of double-doubles, so that what underflows in a quotient is 2^-568 at most
SMALLEST_RADICAND = 2.0**-960  # the residual of the root, u^2 of this, is no subnormal number
# The relative error of own functions, in units of u.
_ULPS = {row.name: row.ulps for row in FUNCTIONS.values() if row.ulps is not None}

#: Whether two functions of the data are never both different from zero in a row.
Apart = Callable[[Node, Node], bool]

_EXACT = Bound(0.0)


def with_bounds(
    program: Program,
    inputs: Mapping[str, Interval],
    rows: Mapping[str, int],
    bits: int,
    apart: Apart = lambda a, b: False,
) -> tuple[Program, frozenset[Node]]:
    """The program with one more output for each: a bound on its absolute error (infinite where none is known).

    With it, the nodes of the program as it was: with bits = 128, those to be computed in double-double.

    Args:
        program: arranged, as it will be emitted.
        inputs: the range of every input and row variable.
        rows: table -> number of rows.
        bits: 64, 32, or 128 for double-double arithmetic on machine doubles.
        apart: whether two functions of the data are never both different from zero in a row.
    """
    work = Bounds(program, inputs, rows, bits)
    work.follow(program, Running(work, apart).rule)
    own = frozenset(n for n in work.bound if n.op not in ("number", "constant", "input", "row"))
    return Program(
        program.graph, (*program.outputs, *(work.total(o) for o in program.outputs)), program.inputs, program.rows
    ), own


def without_rule(program: Program) -> list[str]:
    """The operations that only balls certify; without such, a bound is infinite only where digits are lost."""
    own = (*LEAVES, *LEAVES_FROM_OUTSIDE, *MASKS, "mean", "logistic")  # the last is written with exponentials
    return sorted(
        {n.op for n in program.nodes() if not (n.op in own or n.op in RULES or hasattr(Running, f"rule_{n.op}"))}
    )


class Running:
    """The rules of running bounds, over the bounds found so far.

    Those of the row loops are crude and cheap, one A for a value and its error; they may serve `everywhere`.
    """

    def __init__(self, work: Bounds, apart: Apart = lambda a, b: False, everywhere: bool = False) -> None:
        self.work, self.apart, self.everywhere = work, apart, everywhere
        self.ulps = PAIR_ULPS if work.bits == 128 else _ULPS

    def _cheap(self, *nodes: Node) -> bool:
        """Whether the rules of the row loops apply: everything over rows, every A at least the value."""
        here = self.everywhere or any(self.work.over_rows[n] for n in nodes)
        return here and all(self.work.bound[n].covers for n in nodes)

    # rules -------------------------------------------------------------------------------------------
    def rule(self, node: Node) -> Bound:
        """The bound of a node whose arguments have theirs."""
        w = self.work
        op, u = node.op, w.u
        if op == "number":
            if math.isinf(nearest(node.value)):  # type: ignore[arg-type]
                return UNKNOWN
            exact = _exactly(node.value, w.bits)  # type: ignore[arg-type]
            return _EXACT if exact else Bound(u, d=1.0)
        if op == "constant":
            return Bound(u) if math.isfinite(w.range[node][1]) else UNKNOWN
        if op in ("input", "row"):
            return Bound(u, d=1.0) if w.bits == 32 else _EXACT
        if any(a.op not in MASKS and w.bound[a] is UNKNOWN for a in node.args) and node.value != "guard":
            return UNKNOWN
        if op == "mean":
            return self.rule_mean(node)
        rule = getattr(self, f"rule_{op}", None)
        return rule(node) if rule is not None else self.rule_function(node) if op in RULES else UNKNOWN

    def rule_add(self, node: Node) -> Bound:
        w = self.work
        a, b = node.args
        x, y = w.bound[a], w.bound[b]
        d = x.d + y.d
        if x is _EXACT and y is _EXACT:
            return Bound(w.u)
        if (
            x.a is None
            and y.a is None
            and ((w.nonnegative(a) and w.nonnegative(b)) or (w.range[a][1] <= 0 and w.range[b][1] <= 0))
        ):
            return Bound(max(x.c, y.c) * w.inflate + w.u, d=d)
        if x.a is None and y.a is None and self._one_is_zero(a, b):
            return Bound(max(x.c, y.c), d=d)
        if self._cheap(a, b):
            (k1, a1), (k2, a2) = w.as_majorant(a), w.as_majorant(b)
            return Bound(w.u, max(k1, k2), w.raw("add", a1, a2), d)
        return Bound(w.u, 1.0, w.raw("add", w.error(a), w.error(b)), covers=False)

    def _one_is_zero(self, a: Node, b: Node) -> bool:
        """Whether a and b have factors from the data alone of which one is zero in each row: t p + (1 - t) q with t = 0
        or 1.
        """
        return self.work.bits != 32 and any(self.apart(s, t) for s in _zero_factors(a) for t in _zero_factors(b))

    def rule_mul(self, node: Node) -> Bound:
        w = self.work
        a, b = node.args
        x, y = w.bound[a], w.bound[b]
        scaling = next((n for n in (a, b) if n.op == "number" and _power_of_two(n.value)), None)  # type: ignore[arg-type]
        exactly_scaled = scaling is not None and w.magnitude(node) <= w.largest
        rounding = 0.0 if exactly_scaled else w.u
        d = _finite_product(w.magnitude(a), y.d) + _finite_product(w.magnitude(b), x.d) + 1.0 + x.d * y.d * w.eta
        c = (x.c + y.c) * w.inflate + rounding
        if x.a is None and y.a is None and math.isfinite(d):
            if node.value == "unit" and b.op == "reciprocal" and a in b.args[0].args:
                # e/(1 + e) errs by no more than e, and by three operations
                c = x.c * w.inflate + 6 * w.u
            return Bound(c, d=d)
        if self._cheap(a, b):
            if x.a is None or y.a is None:
                plain, (k, big) = (a, w.as_majorant(b)) if x.a is None else (b, w.as_majorant(a))
                return Bound(
                    w.bound[plain].c * w.inflate + rounding,
                    k * w.inflate,
                    w.raw("mul", big, w.absolute(plain)),
                    d,
                )
            (k1, a1), (k2, a2) = w.as_majorant(a), w.as_majorant(b)
            return Bound(rounding, (k1 + k2) * w.inflate, w.raw("mul", a1, a2), d)
        ea, eb = w.error(a), w.error(b)
        size_a, size_b = w.absolute(a), w.absolute(b)
        cross = w.raw("add", w.raw("mul", w.raw("add", size_a, ea), eb), w.raw("mul", size_b, ea))
        return Bound(rounding, 1.0, cross, 1.0, covers=False)

    rule_product = rule_mul

    def rule_power(self, node: Node) -> Bound:
        w = self.work
        (a,), n = node.args, int(node.value)  # type: ignore[call-overload]
        if n < 0:
            return UNKNOWN  # quotients stand in their place (`arrange`)
        x = w.bound[a]
        steps = n
        size = w.magnitude(a)
        try:
            growth = size ** (n - 1)
        except OverflowError:
            growth = math.inf
        d = _finite_product(n * growth, x.d) + steps * max(1.0, growth)
        if x.a is None and math.isfinite(d):
            return Bound((n * x.c) * w.inflate + steps * w.u, d=d)
        if self._cheap(a):
            k, big = w.as_majorant(a)
            return Bound(steps * w.u, n * k * w.inflate, w.graph_power(big, n), d)
        # |x|^n - exact: n (|a| + E)^(n-1) E
        e = w.error(a)
        return Bound(
            steps * w.u,
            float(n),
            w.raw("mul", w.graph_power(w.raw("add", w.absolute(a), e), n - 1), e),
            float(steps),
            covers=False,
        )

    def rule_div(self, node: Node) -> Bound:
        a, b = node.args
        return self._quotient(node, a, b, self.work.u)

    def rule_reciprocal(self, node: Node) -> Bound:
        w = self.work
        (b,) = node.args
        if w.bits != 128:  # two neighbouring cells share one division, by the product of their divisors
            root = math.sqrt(w.largest) / 2
            w.require_apart(node, b, 1 / root)
            if w.magnitude(b) > root:
                w.require(node, "lt", w.raw("abs", b), w.number(root))
        return self._quotient(node, None, b, 4 * w.u)

    def _quotient(self, node: Node, a: Node | None, b: Node, rounding: float) -> Bound:
        w = self.work
        x = w.bound[a] if a is not None else Bound(0.0)
        y = w.bound[b]
        apart = w.distance(b)
        w.require_finite(node, b)
        own = 1.0  # what underflows in the division itself, in units of eta
        if w.bits == 128:  # the residual a - q b underflows by eta, and is divided by b
            w.require_apart(node, b, SMALLEST_DIVISOR)
            own += 1 / max(apart, SMALLEST_DIVISOR)
        if y.a is None and x.a is None and not (y.d or x.d):
            return Bound((x.c + y.c) * w.inflate + rounding, d=own)
        if y.a is None and x.a is None and apart > 0:
            top = w.magnitude(a) if a is not None else 1.0
            d = own + _finite_product(1 / apart, x.d) + _finite_product(top / apart / apart, y.d)
            return Bound((x.c + y.c) * w.inflate + rounding, d=d * w.inflate)
        # E_q = (E_a + |q| E_b) / (|b| - E_b), nothing if the divisor's ball reaches zero
        eb = w.error(b)
        ea = w.error(a) if a is not None else w.number(0.0)
        room = w.raw("add", w.absolute(b), w.times(-1.0, eb))
        above = w.raw("add", ea, w.raw("mul", w.absolute(node), eb))
        positive = w.graph.node("lt", (w.number(0.0), room))
        value = w.raw("div", above, room)
        guarded = w.graph.node("select", (positive, value, w.graph.constant("oo")))
        w.over_rows.setdefault(guarded, w.over_rows[node])
        w.range.setdefault(guarded, (0.0, math.inf))
        return Bound(rounding, w.inflate, guarded, own, covers=False)

    def rule_mean(self, node: Node) -> Bound:
        w = self.work
        (a,) = node.args
        x = w.bound[a]
        summing = w.summing(str(node.value))
        d = 2 * x.d + 2.0
        if x.a is None and (w.nonnegative(a) or w.range[a][1] <= 0):
            return Bound(x.c * w.inflate + summing, d=d)
        if not x.covers:
            whole = w.raw("add", w.error(a), w.times(summing, w.absolute(a)))
            return Bound(
                2 * w.u,
                (1 + 2 * summing) * w.inflate,
                w.mean_of(whole, node),
                2.0,
                covers=False,
            )
        k, big = w.as_majorant(a)
        if a.op == "mul" and x.a is None and len(a.args) == 2:
            # |row factor| is a table: take the modulus there, not of the product
            big = w.raw("mul", w.absolute(a.args[0]), w.absolute(a.args[1]))
        return Bound(2 * w.u, (k + summing) * w.inflate * (1 + 2 * summing), w.mean_of(big, node), d)

    def rule_sqrt(self, node: Node) -> Bound:
        w = self.work
        (a,) = node.args
        x = w.bound[a]
        if w.bits == 128:  # the residual a - root^2 must not underflow
            w.require_apart(node, a, SMALLEST_RADICAND)
        if x.a is None and (not x.d or w.range[a][0] > 0):
            extra = x.d * w.eta / w.range[a][0] if x.d else 0.0
            return Bound((x.c + extra) * w.inflate + w.u)
        return Bound(w.u, 1.0, w.raw("div", w.error(a), node), covers=False)

    def rule_reciprocal_root(self, node: Node) -> Bound:
        """1/sqrt(x), computed within a unit in the last place: |f'| = f^3/2."""
        w = self.work
        (a,), own = node.args, 4 * w.u
        x = w.bound[a]
        w.require_finite(node, a)
        if x.a is None and (not x.d or w.range[a][0] > 0):
            extra = x.d * w.eta / w.range[a][0] if x.d else 0.0
            return Bound((x.c + extra) * w.inflate + own, d=1.0)
        e = w.error(a)
        inside = w.raw("lt", w.times(REACH, e), a)
        error = w.raw("mul", w.graph_power(node, 3), w.times(MARGIN / 2, e))
        return Bound(own, 1.0, w.raw("select", inside, error, w.graph.constant("oo")), 1.0, covers=False)

    def rule_exp(self, node: Node) -> Bound:
        w = self.work
        (a,) = node.args
        x = w.bound[a]
        own = self.ulps["exp"] * w.u
        wide = x.c * w.magnitude(a) + x.d * w.eta + (x.k * self._sup(x.a) if x.a is not None else 0.0)
        if wide <= w.largest_c:
            return Bound(wide * w.inflate + own, d=4.0)
        return self._by_slopes(node, own)

    def rule_exp_product(self, node: Node) -> Bound:
        """The product's own rounding is made good to second order; that of its factors counts."""
        w = self.work
        size = math.prod(max(w.magnitude(a), 1.0) for a in node.args)
        wide = (
            size * (sum(w.bound[a].c for a in node.args) + 64 * w.u**2 * len(node.args))
            + sum(w.bound[a].d for a in node.args) * w.eta * size
        )
        if wide > w.largest_c:
            return UNKNOWN
        return Bound(wide * w.inflate + (self.ulps["exp"] + 2) * w.u, d=4.0)

    def _sup(self, node: Node) -> float:
        """An upper bound of a node A, from the ranges of what it is made of."""
        if node.op == "add":
            return sum(self._sup(n) for n in node.args)
        if node.op == "abs":
            return self.work.magnitude(node.args[0])
        if node.op == "mul":
            return math.prod(self._sup(n) for n in node.args)
        if node.op == "number":
            return abs(nearest(node.value))  # type: ignore[arg-type]
        return self.work.magnitude(node)

    def rule_abs(self, node: Node) -> Bound:
        return self.work.bound[node.args[0]]

    def rule_select(self, node: Node) -> Bound:
        w = self.work
        mask, a, b = node.args
        if node.value == "guard":
            return w.bound[a]
        if node.value != "smooth" and not self._decided(mask):
            return UNKNOWN
        if node.value == "smooth":
            for compared in mask.args:
                w.require_finite(node, compared)
        x, y = w.bound[a], w.bound[b]
        if x.a is None and y.a is None:
            return Bound(max(x.c, y.c), d=max(x.d, y.d))
        return Bound(0.0, 1.0, w.raw("max", w.error(a), w.error(b)), covers=False)

    def _decided(self, mask: Node) -> bool:
        """Whether a comparison is between numbers without error."""
        if mask.op in MASKS:
            return all(self._decided(m) for m in mask.args)
        b = self.work.bound[mask]
        return b.c == 0 and b.a is None and b.d == 0

    def rule_function(self, node: Node) -> Bound:
        """Of a function of the table, by its own error and the slopes of `slopes`."""
        w = self.work
        rule, found = RULES[node.op], [self._of_argument(node, a) for a in node.args]
        if node.op not in self.ulps:
            return UNKNOWN
        own = self.ulps[node.op] * w.u
        if node.op == "loggamma" and w.bits == 128:
            # the logarithm of x (x + 1) ... (x + n - 1) is taken away, near the zeros from the same number
            w.require(node, "lt", w.number(0.0), node.args[0])
            return self._with_floor(self._by_slopes(node, own), 256 * own)
        if w.bits == 64 and node.op in ("sin", "cos", "tan") and w.magnitude(node.args[0]) > TRIG_LIMIT:
            w.require(node, "lt", w.absolute(node.args[0]), w.number(TRIG_LIMIT))
        if rule.needs is not None:
            w.require(node, "lt", w.number(0.0), rule.needs(Writer(w), node.args))
        if all(x.a is None for x in found) and not self._reduces(node):
            spans = [w.range[a] for a in node.args]
            c, d = sum(x.c for x in found), sum(x.d for x in found)
            c = _finite_product(rule.growth(*spans), c) if c else 0.0
            d = _finite_product(rule.steepest(*spans), d) if d else 0.0
            if c <= w.largest_c and d < math.inf:
                for a in node.args:
                    w.require_finite(node, a)
                return Bound(c * w.inflate + own, d=d * w.inflate + 4.0)
        return self._by_slopes(node, own)

    def _of_argument(self, node: Node, argument: Node) -> Bound:
        """Exponents that are numbers of the formula are not rounded (`native.operations`)."""
        return _EXACT if node.op == "pow" and argument.op in LEAVES else self.work.bound[argument]

    def _reduces(self, node: Node) -> bool:
        """Whether the reduction of an angle, in double-doubles, is an error of its own."""
        return self.work.bits == 128 and node.op in ("sin", "cos", "tan") and self.work.magnitude(node.args[0]) > 0.78

    def _by_slopes(self, node: Node, own: float) -> Bound:
        """|f'| at the computed argument times the argument's error, while that lies within the radius."""
        w = self.work
        error, inside = None, None
        for a, (slope, radius) in zip(node.args, RULES[node.op].slopes(Writer(w), node.args, node)):
            x = self._of_argument(node, a)
            if self._reduces(node):
                e = w.raw("add", w.error(a), w.number(REDUCTION))
            elif not x.c and x.a is None and not x.d:
                continue
            else:
                e = w.error(a)
            part = w.raw("mul", slope, e)
            error = part if error is None else w.raw("add", error, part)
            if radius is not None:
                near = w.raw("lt", w.times(REACH, e), radius)
                inside = near if inside is None else w.raw("and", inside, near)
        if error is None:
            return Bound(own, d=4.0)
        if inside is not None:
            error = w.raw("select", inside, error, w.graph.constant("oo"))
        return Bound(own, MARGIN, error, 4.0, covers=False)

    def rule_polygamma(self, node: Node) -> Bound:
        """For x > 0. Of an order from 1, |x psi_(m+1)(x)| < (m + 1) |psi_m(x)|, as n!/(x + k)^(n+1) summed over k shows
        term by term. The digamma function is computed as a sum of terms of at most 6 + |psi|, and has a zero.
        """
        w = self.work
        (a,), order = node.args, int(node.value)  # type: ignore[call-overload]
        x = w.bound[a]
        if order > 8 or "polygamma" not in self.ulps:
            return UNKNOWN
        w.require(node, "lt", w.number(0.0), a)
        own = self.ulps["polygamma"] * w.u
        if x.a is None and not x.d and order and w.range[a][0] > 0:
            w.require_finite(node, a)
            return Bound((order + 1) * x.c * w.inflate + own, d=4.0)
        return self._by_slopes(node, own) if order else self._with_floor(self._by_slopes(node, own), 6 * own)

    def _with_floor(self, bound: Bound, absolute: float) -> Bound:
        """The bound with an absolute error besides."""
        w = self.work
        if bound.a is None:
            return Bound(bound.c, absolute, w.number(1.0), bound.d, covers=False)
        more = w.raw("add", w.times(bound.k, bound.a), w.number(absolute))
        return Bound(bound.c, 1.0, more, bound.d, covers=False)


def _zero_factors(node: Node) -> list[Node]:
    """The factors of a product that are data, or data and an exact number added: computed, they are zero where they are
    exactly zero.
    """
    if (
        node.op == "row"
        or node.op == "add"
        and all(a.op == "row" or a.op == "number" and _exactly(a.value, 64) for a in node.args)
    ):
        return [node]
    return [f for a in node.args for f in _zero_factors(a)] if node.op in ("mul", "product") else []


def _exactly(value: Fraction, bits: int) -> bool:
    """Whether a rational number is a machine number."""
    digits = 24 if bits == 32 else 53
    d, n = value.denominator, abs(value.numerator)
    if d & (d - 1) or d.bit_length() > 100 or n.bit_length() > 120:
        return False
    return n == 0 or (n >> ((n & -n).bit_length() - 1)).bit_length() <= digits


def _power_of_two(value: Fraction) -> bool:
    n, d = abs(value.numerator), value.denominator
    return n > 0 and not n & (n - 1) and not d & (d - 1) and max(n, d).bit_length() < 60


def _finite_product(a: float, b: float) -> float:
    return 0.0 if b == 0 else a * b
