"""The one table of losses: what a network's outputs cost, row by row.

A row of the table says ℓ for one output f with target t (or for the residual r = f − t alone), and for several outputs
where the literature agrees on what that is. A loss of one's own is an expression in symbols named f and t, or a
function of both.

>>> sorted(LOSSES)
['cross_entropy', 'hinge', 'huber', 'log_cosh', 'lp_norm', 'mean_power']
>>> read_loss("huber", 2, outputs=1).expression
(Abs(r) - Min(2, Abs(r))/2)*Min(2, Abs(r))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy as sp
from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.exact.kinks import derivative
from chentsov.geometry.exact.reading import read, read_made

__all__ = ["LOSSES", "Loss", "OUTPUT", "RESIDUAL", "TARGET", "read_fisher", "read_loss"]

#: What a loss of one output is written in: f and t, or their difference, taken off its zero, where |r|ⁿ of odd order
#: has a kink; the metric, an average of squares, does not notice.
OUTPUT, TARGET = sp.symbols("f t", real=True)
RESIDUAL = sp.Symbol("r", real=True, nonzero=True)


@dataclass(frozen=True)
class Loss:
    """A loss of known order, for one output or for several.

    Attributes:
        name: the name in the table, or "own".
        title: what to call it, with its order.
        order: n, p or the threshold δ; None where the loss has none.
        expression: ℓ in OUTPUT and TARGET or in RESIDUAL, for one output; in the symbols f_1, …, t_1, … for several.
        outputs, targets: these symbols.
        own_slope, own_square: ∂ℓ/∂f of one output and its square, where a better form than the derivative is known.
    """

    name: str
    title: str
    order: sp.Expr | None
    expression: sp.Expr
    outputs: tuple[sp.Symbol, ...]
    targets: tuple[sp.Symbol, ...]
    own_slope: sp.Expr | None = None
    own_square: sp.Expr | None = None

    def slope(self, a: int = 0) -> sp.Expr:
        """∂ℓ/∂f_a."""
        if self.own_slope is not None:
            return self.own_slope
        if self.expression.has(RESIDUAL):
            slope = derivative(self.expression, RESIDUAL)
            return sp.expand(slope.subs(sp.Abs(RESIDUAL), RESIDUAL * sp.sign(RESIDUAL)))
        return derivative(self.expression, self.outputs[a])

    def squared_slope(self) -> sp.Expr:
        """(∂ℓ/∂f)² of one output, free of |·| and sign where the square is."""
        return without_squared_signs(self.slope() ** 2) if self.own_square is None else self.own_square

    @cached_property
    def depends_on_differences(self) -> bool:
        """Is ℓ a function of the differences of the outputs alone, as with a softmax? Then one may be taken off all.

        It is asked at two points, to 30 digits; what is found there of an analytic ℓ holds everywhere.
        """
        if len(self.outputs) == 1:
            return False
        for start in (1, 5):
            point = {s: sp.Rational(start + 3 * k, 7 + k) for k, s in enumerate((*self.outputs, *self.targets))}
            shifted = point | {f: point[f] + 1 for f in self.outputs}
            before, after = (sp.N(self.expression.subs(p), 40) for p in (point, shifted))
            if abs(before - after) > sp.Float(10) ** -30:
                return False
        return True

    def embedding(self) -> tuple[sp.Expr, ...]:
        """Functions ρ_a of the outputs with Σ_a dρ_a² the Fisher metric of the law that ℓ is −log p of.

        The expectation is over the targets that the law itself draws. Of classes with probabilities p_a they are 2√p_a,
        which move on a sphere of radius 2; of normal targets, the outputs over the standard deviation.

        Raises:
            InputError: ℓ is not taken for such a law.

        >>> read_loss("mean_power", 2, outputs=2).embedding()
        (f_1, f_2)
        >>> read_loss("cross_entropy", outputs=1).embedding()
        (2*sqrt(f), 2*sqrt(1 - f))
        """
        if not self.has_true_fisher:
            raise InputError(
                f"the loss {self.title} is not taken for −log of a density, so it has no true Fisher metric: choose "
                "cross_entropy, or mean_power of order 2"
            )
        if self.name == "cross_entropy" and len(self.outputs) == 1:
            return 2 * sp.sqrt(OUTPUT), 2 * sp.sqrt(1 - OUTPUT)
        if self.name == "cross_entropy":
            partition = sp.log(sp.Add(*map(sp.exp, self.outputs)))
            return tuple(2 * sp.exp((f - partition) / 2) for f in self.outputs)
        # ℓ = Σ (f − t)²/A is −log p of the variance A/2
        return tuple(f * sp.sqrt(sp.Rational(2, len(self.outputs))) for f in self.outputs)

    @property
    def has_true_fisher(self) -> bool:
        """Whether ℓ is −log of a density of the targets, so that they can be drawn from the model itself."""
        return self.name == "cross_entropy" or self.name == "mean_power" and self.order == 2

    def at(self, expression: sp.Expr, outputs: Sequence[sp.Expr], targets: Sequence[sp.Expr]) -> sp.Expr:
        """An expression in the stand-ins, at these outputs and targets."""
        given = dict(zip((*self.outputs, *self.targets), (*outputs, *targets), strict=True))
        if len(outputs) == 1:
            given[RESIDUAL] = outputs[0] - targets[0]
        return expression.xreplace(given)


def without_squared_signs(expression: sp.Expr) -> sp.Expr:
    """Expanded, with sign² = 1 (a sign vanishes on a set without mass) and H² = H for a step.

    >>> step, sign = sp.Heaviside(OUTPUT), sp.sign(TARGET)
    >>> sp.expand(without_squared_signs((2 * step - 3 * sign) ** 2) - (9 + 4 * step - 12 * step * sign))
    0
    """
    found = sp.expand(expression)
    for step in found.atoms(sp.sign, sp.Heaviside):
        plain = sp.Dummy("step")
        polynomial = found.xreplace({step: plain})
        if polynomial.is_polynomial(plain):
            relation = plain**2 - (1 if isinstance(step, sp.sign) else plain)
            found = sp.rem(polynomial, relation, plain).xreplace({plain: step})
    return found


# -- the table ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Order:
    """What the order of a loss is called, and which orders there are."""

    letter: str
    default: Any
    least: Any = None
    whole: bool = False

    def read(self, loss: str, given: Any) -> sp.Expr:
        what = f"the order {self.letter} of the {loss} loss"
        try:
            value = None if isinstance(given, (bool, str)) else sp.Rational(str(given))
        except (TypeError, ValueError):
            value = None
        if value is None or not value.is_finite:
            raise InputError(f"{what} must be a number, not {given!r}")
        if self.least is None and value <= 0:
            raise InputError(f"{what} must be positive, not {given}")
        if self.least is not None and value < self.least:
            raise InputError(f"{what} must be at least {self.least}, not {given}")
        if self.whole and not value.is_Integer:
            raise InputError(f"{what} must be a whole number, not {given}")
        if value > 64:
            raise InputError(f"{what} must be at most 64, not {given}")
        return value


@dataclass(frozen=True)
class _Row:
    """A loss of the table: ℓ of one output, and of several, as functions of the order."""

    title: str
    one: Callable[[Any], sp.Expr]
    several: Callable[[Sequence[sp.Expr], Sequence[sp.Expr], Any], sp.Expr] | None = None
    order: _Order | None = None
    slope: Callable[[Any], sp.Expr | None] = lambda _: None
    square: Callable[[Any], sp.Expr | None] = lambda _: None

    def named(self, order: sp.Expr | None) -> str:
        return self.title if self.order is None else f"{self.title}, {self.order.letter} = {order}"


def _mean(term: Callable[[sp.Expr, Any], sp.Expr]) -> Callable[..., sp.Expr]:
    """The mean over the outputs of a function of the residual."""
    return lambda f, t, order: sp.Add(*(term(a - b, order) for a, b in zip(f, t))) / len(f)


def _power(r: sp.Expr, n: Any) -> sp.Expr:
    return r**n if n.is_even else sp.Abs(r) ** n


def _huber(r: sp.Expr, delta: Any) -> sp.Expr:
    near = sp.Min(sp.Abs(r), delta)
    return near * (sp.Abs(r) - near / 2)


def _softmax_cross_entropy(f: Sequence[sp.Expr], t: Sequence[sp.Expr], _: Any) -> sp.Expr:
    partition = sp.log(sp.Add(*map(sp.exp, f)))
    return sp.Add(*(b * (partition - a) for a, b in zip(f, t)))


#: Name -> the loss as a function of its order.
LOSSES: dict[str, _Row] = {
    "mean_power": _Row(
        "mean power",
        lambda n: sp.Abs(RESIDUAL) ** n,
        _mean(_power),
        _Order("n", 2, 1, whole=True),
    ),
    "lp_norm": _Row(
        "Lᵖ norm",
        lambda p: (sp.Abs(RESIDUAL) ** p) ** (1 / p),
        lambda f, t, p: sp.Add(*(_power(a - b, p) for a, b in zip(f, t))) ** (1 / p),
        _Order("p", 2, 1),
    ),
    # of one output between 0 and 1 (a probability), and of the softmax of several
    "cross_entropy": _Row(
        "cross-entropy",
        lambda _: -TARGET * sp.log(OUTPUT) - (1 - TARGET) * sp.log(1 - OUTPUT),
        _softmax_cross_entropy,
    ),
    "huber": _Row(
        "Huber",
        lambda delta: _huber(RESIDUAL, delta),
        _mean(_huber),
        _Order("δ", 1),
        slope=lambda delta: sp.Max(-delta, sp.Min(RESIDUAL, delta)),
        square=lambda delta: sp.Min(RESIDUAL**2, delta**2),
    ),
    "log_cosh": _Row("log cosh", lambda _: sp.log(sp.cosh(RESIDUAL)), _mean(lambda r, _: sp.log(sp.cosh(r)))),
    # targets ±1; of several outputs there is more than one hinge loss, and none here
    "hinge": _Row("hinge", lambda _: sp.Max(0, 1 - TARGET * OUTPUT)),
}


def read_fisher(given: Any) -> bool:
    """Is it the true Fisher metric (expectation over the model's own targets), or the empirical one (those given)?

    Raises:
        InputError: neither "true" nor "empirical".
    """
    if given not in ("empirical", "true"):
        raise InputError(f"unknown Fisher metric {given!r}: choose 'empirical' or 'true'")
    return bool(given == "true")


def read_loss(given: Any, order: Any = None, *, outputs: int, allowed: Iterable[str] | None = None) -> Loss:
    """The loss of that name, or one's own.

    Args:
        given: a name of `LOSSES`; an expression in symbols named f and t (f_1, …, t_1, … for several outputs); or a
            function of output and target (of both sequences for several outputs) that returns an expression.
        order: n, p or δ; left out, the usual one.
        outputs: how many outputs there are.
        allowed: the names to choose from, where not all of them fit.

    Raises:
        ValueError: an unknown name, an order that the loss does not have, or an expression in other symbols.
    """
    if outputs == 1:
        fs, ts = (OUTPUT,), (TARGET,)
    else:
        fs = tuple(sp.Symbol(f"f_{a + 1}", real=True) for a in range(outputs))
        ts = tuple(sp.Symbol(f"t_{a + 1}", real=True) for a in range(outputs))
    if not isinstance(given, str):
        expression = _own(given, fs, ts)
        return Loss("own", f"own loss {expression}", None, expression, fs, ts)
    name = given.strip().replace("-", "_").replace(" ", "_")
    known = [n for n in (allowed if allowed is not None else LOSSES) if outputs == 1 or LOSSES[n].several]
    if name not in known:
        own = f", or hand in an expression in {', '.join(map(str, (*fs, *ts)))}" if allowed is None else ""
        raise InputError(f"unknown loss '{given[:60]}': choose one of {', '.join(known)}{own}")
    row = LOSSES[name]
    value = row.order.read(name, row.order.default if order is None else order) if row.order else None
    if outputs == 1:
        return Loss(name, row.named(value), value, row.one(value), fs, ts, row.slope(value), row.square(value))
    assert row.several is not None
    return Loss(name, row.named(value), value, row.several(fs, ts, value), fs, ts)


def _own(given: Any, outputs: tuple[sp.Symbol, ...], targets: tuple[sp.Symbol, ...]) -> sp.Expr:
    if callable(given) and not isinstance(given, sp.Basic):
        arguments = (outputs, targets) if len(outputs) > 1 else (outputs[0], targets[0])
        expression = read_made(given, arguments, "the loss")
    else:
        expression = read(given, "the loss")
        names = {s.name: s for s in (*outputs, *targets)}
        expression = expression.xreplace({s: names[s.name] for s in expression.free_symbols if s.name in names})
    strange = sorted(s.name for s in expression.free_symbols - {*outputs, *targets} if not s.is_positive)
    if not isinstance(expression, sp.Expr) or strange or not expression.free_symbols & set(outputs):
        raise InputError(
            f"a loss is an expression in {', '.join(s.name for s in (*outputs, *targets))} (further symbols are "
            f"constants, and are declared positive), not {expression!s:.80}"
        )
    return expression
