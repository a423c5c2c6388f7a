"""R of small networks to fifty digits, for comparison: derivatives by second-order jets, the Gauss equation in balls.

Nothing here is shared with the product: a jet is a number with its gradient and Hessian, and the rules of sum, product
and chain are applied unit by unit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations_with_replacement
from typing import Any

from flint import arb, arb_mat, ctx

DIGITS = 50


class Jet:
    """A function of n variables to second order: its value, ∂_i and ∂_i∂_j (i ≤ j)."""

    __slots__ = ("value", "first", "second")

    def __init__(self, value: arb, first: list[arb], second: dict[tuple[int, int], arb]) -> None:
        self.value, self.first, self.second = value, first, second

    @classmethod
    def variable(cls, value: arb, k: int | None, n: int) -> Jet:
        """The k-th variable, or a constant."""
        return cls(value, [arb(int(i == k)) for i in range(n)], {p: arb(0) for p in _pairs(n)})

    def __add__(self, other: Jet) -> Jet:
        first = [a + b for a, b in zip(self.first, other.first)]
        return Jet(self.value + other.value, first, {p: a + other.second[p] for p, a in self.second.items()})

    def __mul__(self, other: Jet) -> Jet:
        a, b = self, other
        first = [a.value * v + u * b.value for u, v in zip(a.first, b.first)]
        second = {
            (i, j): a.value * b.second[i, j]
            + a.second[i, j] * b.value
            + a.first[i] * b.first[j]
            + a.first[j] * b.first[i]
            for i, j in a.second
        }
        return Jet(a.value * b.value, first, second)

    def scaled(self, factor: arb) -> Jet:
        """A multiple."""
        return Jet(
            factor * self.value, [factor * u for u in self.first], {p: factor * h for p, h in self.second.items()}
        )

    def under(self, value: arb, slope: arb, bend: arb) -> Jet:
        """φ of this, given φ, φ′ and φ″ at its value."""
        first = [slope * u for u in self.first]
        second = {(i, j): slope * h + bend * self.first[i] * self.first[j] for (i, j), h in self.second.items()}
        return Jet(value, first, second)


def _pairs(n: int) -> list[tuple[int, int]]:
    return list(combinations_with_replacement(range(n), 2))


def tanh(u: Jet) -> Jet:
    """tanh of a jet."""
    t = u.value.tanh()
    return u.under(t, 1 - t * t, -2 * t * (1 - t * t))


def softplus(u: Jet) -> Jet:
    """log(1 + exp) of a jet."""
    p = 1 / (1 + (-u.value).exp())
    return u.under((1 + u.value.exp()).log(), p, p * (1 - p))


def square_loss(outputs: Sequence[Jet], targets: Sequence[arb]) -> list[Jet]:
    """The mean of the squares of f − t."""
    n = len(outputs[0].first)
    total = None
    for f, t in zip(outputs, targets):
        r = f + Jet.variable(-t, None, n)
        total = r * r if total is None else total + r * r
    assert total is not None
    return [total.scaled(arb(1) / len(outputs))]


def roots_of_softmax(outputs: Sequence[Jet], targets: Sequence[arb]) -> list[Jet]:
    """2√p_a of the softmax: what embeds the true Fisher metric."""
    powers = [f.under(f.value.exp(), f.value.exp(), f.value.exp()) for f in outputs]
    total = powers[0]
    for p in powers[1:]:
        total = total + p
    z = total.value
    inverse = total.under(1 / z, -1 / z**2, 2 / z**3)
    found = []
    for p in powers:
        share = p * inverse
        root = share.value.sqrt()
        found.append(share.under(2 * root, 1 / root, -1 / (2 * root * share.value)))
    return found


def jets_of_rows(
    widths: Sequence[int], weights: Sequence[float], inputs: Any, targets: Any, *,
    activation: Callable[[Jet], Jet] = tanh, outcome: Callable[..., list[Jet]] = square_loss,
    chosen: Sequence[int] | None = None,
) -> list[Jet]:  # fmt: skip
    """The outcome of every row as jets in the chosen weights (all of them by default), in the order of `DenseNetwork`."""
    chosen = list(range(len(weights))) if chosen is None else list(chosen)
    place = {k: i for i, k in enumerate(chosen)}
    n = len(chosen)
    theta = [Jet.variable(arb(float(w)), place.get(k), n) for k, w in enumerate(weights)]
    found = []
    for x, t in zip(inputs, targets):
        values = [Jet.variable(arb(float(v)), None, n) for v in x]
        at = 0
        for layer, (a, b) in enumerate(zip(widths, widths[1:])):
            units = []
            for u in range(b):
                total = theta[at + a * b + u]
                for k in range(a):
                    total = total + theta[at + u * a + k] * values[k]
                units.append(activation(total) if layer < len(widths) - 2 else total)
            at += a * b + b
            values = units
        found += outcome(values, [arb(float(v)) for v in t])
    return found


def ricci_scalar(jets: Sequence[Jet], rows: int) -> arb:
    """R of the image of the jets over √rows: |g^ij II_ij|² − |II|²."""
    n, count = len(jets[0].first), len(jets)
    j = arb_mat(count, n, [u for jet in jets for u in jet.first]) * (1 / arb(rows).sqrt())
    lower = _cholesky(j.transpose() * j)
    inverse = lower.inv()
    q = j * inverse.transpose()
    in_frame = []
    for jet in jets:
        h = arb_mat(n, n, [jet.second[min(a, b), max(a, b)] for a in range(n) for b in range(n)]) * (
            1 / arb(rows).sqrt()
        )
        in_frame.append(inverse * h * inverse.transpose())
    h = arb_mat(count, n * n, [m[a, b] for m in in_frame for a in range(n) for b in range(n)])
    normal = h - q * (q.transpose() * h)
    squares = sum((v * v for v in normal.entries()), arb(0))
    traces = (sum((normal[k, a * n + a] for a in range(n)), arb(0)) for k in range(count))
    return sum((t * t for t in traces), arb(0)) - squares


def _cholesky(g: arb_mat) -> arb_mat:
    n = g.nrows()
    lower = arb_mat(n, n)
    for i in range(n):
        for k in range(i + 1):
            rest = g[i, k] - sum((lower[i, m] * lower[k, m] for m in range(k)), arb(0))
            lower[i, k] = rest.sqrt() if i == k else rest / lower[k, k]
    return lower


def reference(*arguments: Any, **options: Any) -> float:
    """R to `DIGITS` digits, as a double: arguments as for `jets_of_rows`."""
    before, worked = ctx.dps, DIGITS + 20
    try:
        while True:
            ctx.dps = worked
            found = ricci_scalar(jets_of_rows(*arguments, **options), len(arguments[2]))
            if found.rad() < (abs(found.mid()) + 1) * arb(10) ** -DIGITS:
                return float(found.mid())
            worked *= 2
    finally:
        ctx.dps = before
