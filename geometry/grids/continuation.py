"""Numbers where a closed form is 0/0 and the function that it stands for is not.

An integral that is analytic in its parameters may have a closed form with removable singularities, as ψ(b)/(b − 2)
with a numerator that vanishes at b = 2. There the value is its mean over a circle about the point, on a complex line
that meets the singularity nowhere else nearby (Cauchy). That nothing but a removable singularity lies inside is seen by
numbers: the means over two circles agree, and the Laurent coefficients of negative order vanish.
"""

from __future__ import annotations

from collections.abc import Mapping

from flint import acb, arb, fmpq

from ..kernels.algebras import ANALYTIC
from ..kernels.ball import precision
from ..kernels.interpreter import Straight
from ..kernels.program import Graph, Node, Program, rebuild

__all__ = ["Continuation"]

_BITS, _POINTS = 320, 64
_RADII = (fmpq(1, 32), fmpq(1, 48))  # of the parameters' sizes
_POLES = 4  # orders that are looked for
_AGREE = arb(2) ** -60  # of the largest value on the circle


class Continuation:
    """A program without data, at its removable singularities.

    >>> import sympy as sp
    >>> from ..kernels.lower import lower
    >>> x, y = sp.symbols("x y")
    >>> program = lower([(sp.exp(x - y) - 1) / (x - y), 1 / (x - y)], [x, y])
    >>> found = Continuation(program)({"x": arb(2), "y": arb(2)})
    >>> float(found[0]), found[1]
    (1.0, None)
    """

    def __init__(self, program: Program) -> None:
        self.inputs = program.inputs
        self.function = Straight(program.rewritten(_without_guards), ANALYTIC)

    def __call__(self, values: Mapping[str, arb]) -> list[arb | None]:
        """The outputs at a point, None where there is more than a removable singularity."""
        with precision(_BITS):
            center = [acb(values[key]) for key in self.inputs]
            # no two parameters move alike, so that the line is in no likely place of singularities
            steps = [
                (arb(1) if c.contains(0) else abs(c)) * arb(fmpq(7 + 3 * k, 8 + 2 * k)) for k, c in enumerate(center)
            ]
            small, large = (self._means(center, steps, r) for r in _RADII)
        return [_settled(a, b) for a, b in zip(small, large)]

    def _means(self, center: list[acb], steps: list[arb], radius: fmpq) -> list[tuple[list[acb], arb]]:
        """For each output its Laurent coefficients of orders 0, −1, … times powers of the radius, and its size."""
        roots = [acb(2 * arb(n) / _POINTS).exp_pi_i() for n in range(_POINTS)]
        table = [self.function([c + s * arb(radius) * w for c, s in zip(center, steps)]) for w in roots]
        found = []
        for column in zip(*table):
            moments = [sum((f * w**k for f, w in zip(column, roots)), acb(0)) / _POINTS for k in range(_POLES + 1)]
            size = arb(0)
            for f in column:
                size = size.max(abs(f).upper())
            found.append((moments, size))
        return found


def _without_guards(graph: Graph, node: Node, args: tuple[Node, ...]) -> Node:
    return args[1] if node.op == "select" and node.value == "guard" else rebuild(graph, node, args)


def _settled(one: tuple[list[acb], arb], other: tuple[list[acb], arb]) -> arb | None:
    (first, *poles), size = one
    (second, *others), larger = other
    limit = _AGREE * size.max(larger)
    small = [first - second, acb(first.imag), *poles, *others]
    if not (limit.is_finite() and first.is_finite()) or not all(abs(v).upper() <= limit for v in small):
        return None
    return first.real.mid()
