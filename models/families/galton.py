"""A Galton board with a drop-in position: how much do the slots tell about where the ball was let go?"""

from __future__ import annotations

import sympy as sp
from chentsov.geometry.exact.reading import read_count

from .record import Family, family

_MOST_PINS = 60


@family
def galton_board(pins: int = 4) -> Family:
    """A ball let go at θ between two slots, then so many rows of pins; I(½) = 4/(pins + 1).

    At θ ∈ (0, 1) the ball starts to the right with probability θ, and every row of pins sends it to the right
    with probability ½: P(x) = ((1 − θ) C(n, x) + θ C(n, x − 1))/2ⁿ = C(n + 1, x) ((n + 1)(1 − θ) + (2θ − 1) x) /
    (2ⁿ (n + 1)). Each row of pins takes information away; the normal distribution of variance (n + 1)/4 that the
    slots approach has as much about its mean.
    """
    n = read_count(pins, "the number of rows of pins", most=_MOST_PINS)
    t = sp.Symbol("theta", positive=True)
    x = sp.Symbol("x")
    left = [sp.binomial(n, k) for k in range(n + 2)]
    right = [0, *left[:-1]]
    return Family(
        "galton_board", f"Galton board with {n} rows of pins", {x: (0, n + 1, "discrete")}, (t,), {t: (0, 1)},
        density=sp.binomial(n + 1, x) * ((n + 1) * (1 - t) + (2 * t - 1) * x) / (2**n * (n + 1)),
        closed_forms={
            "metric": [[sp.Add(*((b - a) ** 2 / ((1 - t) * a + t * b) for a, b in zip(left, right))) / 2**n]]
        },
        source="Sauter, thesis, section 3.1", sample={t: sp.Rational(1, 3)},
    )  # fmt: skip
