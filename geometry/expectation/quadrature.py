"""Expectations as numbers: double-exponential quadrature and sums.

Integrals over finite, half-infinite and infinite ranges are mapped to the line by the
transformations of Takahasi and Mori (1974), under which the trapezoidal rule converges
exponentially, end-point singularities included.  The digits reached are judged by refinement; enclosures that
hold the truth for certain are made by `rigorous`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp
from flint import acb, arb, fmpq

from .balls import Tape, exact, precision
from .density import Density, DensityError, Piece, Variable, split_at_kinks
from .formal_pieces import by_exponentials, held, range_of
from .logarithms import open_logs

oo = sp.oo


class QuadratureError(DensityError):
    """An expectation diverges or its quadrature does not converge; the message says which."""


@dataclass(frozen=True)
class Numbers:
    """Values with an error estimate common to all of them."""

    values: list[acb]
    error: float


def expectations(
    density: Density,
    functions: Sequence[Sequence[sp.Expr]],
    point: Mapping[sp.Symbol, sp.Expr],
    digits: int = 25,
    enough: int | None = None,
) -> Numbers:
    """Σ over pieces ∫ f p, for each function; ``functions[k][piece]`` is the k-th one on a piece.

    With ``enough`` fewer digits are accepted if no more can be had; ``error`` says how many there are.

    Raises:
        QuadratureError: two refinements in a row do not agree to the digits asked for.

    >>> import sympy as sp
    >>> from .density import read_density
    >>> x, s = sp.symbols("x s", positive=True)
    >>> d = read_density(sp.exp(-x/s)/s, {x: (0, sp.oo)}, [s])
    >>> round(float(expectations(d, [[x]], {s: 2}, 12).values[0].real), 10)
    2.0
    """
    totals: list[acb] | None = None
    error = 0.0
    if names := held(density, functions):
        point = {**point, **{name: _value(formal, point, digits) for formal, name in names.items()}}
        density = Density(tuple(piece.substitute(names) for piece in density.pieces), density.coordinates)
        functions = [[f.xreplace(names) for f in row] for row in functions]
    for k, piece in enumerate(density.pieces):
        for part, rules in split_at_kinks(piece, point):
            values, gap = _integrals(part, [f[k].xreplace(rules) for f in functions], point, digits, enough)
            with precision(_bits(digits)):
                totals = values if totals is None else _add(totals, values)
            error += gap
    assert totals is not None
    return Numbers(totals, error)


def _value(formal: sp.Expr, point: Mapping[sp.Symbol, Any], digits: int) -> acb:
    """An integral or a sum at a point."""
    piece, renamed = range_of(formal)
    f = by_exponentials(formal.function.xreplace(renamed))
    ((value,), _) = _integrals(piece, [f], point, digits + 5, None)
    return value


def _integrals(
    piece: Piece, functions: Sequence[sp.Expr], point: Mapping, digits: int, enough: int | None
) -> tuple[list[acb], float]:
    """∫ f p over one piece; where p falls too slowly towards the end of a half-line, by the logarithm of the distance.

    So 1/(x log² x) falls like 1/t², which the nodes reach.
    """
    try:
        return Rule(piece, functions, point, digits).converged(enough)
    except QuadratureError:
        slow = _by_logarithm(piece)
        if slow is None:
            raise
        image, stretched = slow
        try:
            return Rule(stretched, [f.xreplace(image) for f in functions], point, digits).converged(enough)
        except QuadratureError:
            pass
        raise


def _by_logarithm(piece: Piece) -> tuple[dict[sp.Expr, sp.Expr], Piece] | None:
    """x = end ± e^t on the half-line of a single continuous variable."""
    if len(piece.variables) != 1 or piece.variables[0].discrete:
        return None
    (v,) = piece.variables
    if v.lower.is_infinite == v.upper.is_infinite:
        return None
    t = sp.Dummy("t", real=True)
    image = {v.symbol: v.lower + sp.exp(t) if v.upper.is_infinite else v.upper - sp.exp(t)}
    return image, Piece(open_logs(piece.log_density.xreplace(image)) + t, (Variable(t, -oo, oo),))


def _bits(digits: int) -> int:
    """Working precision, at which the refinements can be compared."""
    return int(digits * 3.33 * 2.6) + 60


class Rule:
    """The trapezoidal rule in transformed variables for one piece at one parameter point."""

    def __init__(self, piece: Piece, functions, point, digits: int) -> None:
        self.piece = piece
        self.digits = digits
        self.bits = _bits(digits)
        self.names = [*point, *piece.symbols]
        self.point = list(point.values())
        self.tape = Tape([piece.log_density, *functions], self.names)
        self.bounds = [
            Tape([_or_zero(v.lower), _or_zero(v.upper)], self.names[: len(point) + i])
            for i, v in enumerate(piece.variables)
        ]
        self.size = len(functions)

    def start(self) -> list[acb]:
        """The parameters as balls."""
        return [v if isinstance(v, acb) else exact(v) for v in self.point]

    def converged(self, enough: int | None = None) -> tuple[list[acb], float]:
        """The integrals with an error estimate, refined until they settle."""
        with precision(self.bits):
            start = self.start()
            if all(v.discrete for v in self.piece.variables):
                return self._over(0, start, 0.0), 10.0 ** (-self.digits - 1)
            previous = None
            deepest = {1: 9, 2: 6}.get(sum(not v.discrete for v in self.piece.variables), 5)
            gap = float("inf")
            for level in range(3, deepest + 1):
                current = self._over(0, start, 2.0**-level)
                if previous is not None:
                    gap = max(
                        float(abs((a - b).mid()).upper()) / max(1.0, float(abs(a.mid()).upper()))
                        for a, b in zip(current, previous)
                    )
                    # Halving the step nearly doubles the digits; four fifths of them settled mean all.
                    if gap < 10.0 ** (-0.8 * self.digits - 1):
                        return current, gap**1.25
                    if enough is not None and gap < 10.0**-enough and len(self.piece.variables) > 1:
                        return current, gap  # where nodes multiply, the digits asked for are not insisted on
                previous = current
            if enough is not None and previous is not None and gap < 10.0**-enough:
                return previous, gap
        raise QuadratureError(
            f"quadrature over {', '.join(map(str, self.piece.variables))} does not settle "
            f"(last change {gap:.1e}): the expectation may diverge"
        )

    def _over(self, level: int, known: list[acb], step: float) -> list[acb]:
        if level == len(self.piece.variables):
            p, *values = self.tape(known)
            p = p.exp()
            return [p * v for v in values]
        v = self.piece.variables[level]
        if v.discrete:
            return self._sum(v, level, known, step)
        low, high = self.bounds[level](known)
        node = _transformation(v, low, high)
        return self._trapezoid(lambda u: self._at(level, known, node, u, step), step)

    def _at(self, level, known, node, u, step):
        x, weight = node(u)
        return [weight * value for value in self._over(level + 1, [*known, x], step)]

    def _trapezoid(self, term: Callable, step: float) -> list[acb]:
        """Σ h f(kh) over the range where f matters, found by a coarse scan."""
        scan = {k: self._guarded(term, arb(fmpq(k, 4))) for k in range(-_REACH, _REACH + 1)}
        active = _active({k: _size(values) for k, values in scan.items()}, 10.0 ** (-self.digits - 8))
        if not active:
            return [acb(0)] * self.size
        inverse = round(1 / step)
        total = [acb(0)] * self.size
        for k in range((active[0] - 1) * inverse // 4, (active[-1] + 1) * inverse // 4 + 1):
            values = scan[k * 4 // inverse] if (k * 4) % inverse == 0 else term(arb(fmpq(k, inverse)))
            total = [a + b for a, b in zip(total, values)]
        h = arb(fmpq(1, inverse))
        return [t * h for t in total]

    def _guarded(self, term: Callable, u: arb) -> list[acb]:
        """The term, or NaN where an inner integral fails: far out, where all has underflowed, it may."""
        try:
            return term(u)
        except QuadratureError:
            return [acb(arb("nan"))] * self.size

    def span(self, level: int, known: list[acb]) -> tuple[int, int] | None:
        """Between which indices a variable matters, with the outer ones known: whole numbers, or quarters of u."""
        v = self.piece.variables[level]
        if v.discrete:
            low, high = (_whole(b) for b in self.bounds[level](known))
            first = low if v.lower != -oo else self._series_end(level, known, min(high, 0), -1)
            return first, high if v.upper != oo else self._series_end(level, known, max(first, low), 1)
        node = _transformation(v, *self.bounds[level](known))
        sizes = {
            k: _size(self._guarded(lambda u: self._at(level, known, node, u, 0.25), arb(fmpq(k, 4))))
            for k in range(-_REACH, _REACH + 1)
        }
        active = _active(sizes, 10.0 ** (-self.digits - 8))
        return (active[0] - 1, active[-1] + 1) if active else None

    def nodes(
        self, level: int, known: list[acb], step: float, span: tuple[int, int] | None = None
    ) -> Iterator[tuple[acb, acb]]:
        """Nodes and weights over one variable, with the outer ones known, in its own span or a given one."""
        v = self.piece.variables[level]
        if v.values:
            yield from ((exact(value), acb(1)) for value in v.values)
            return
        first, last = span or self.span(level, known) or (0, -1)
        if v.discrete:
            yield from ((acb(k), acb(1)) for k in range(first, last + 1))
            return
        node = _transformation(v, *self.bounds[level](known))
        inverse = round(1 / step)
        for k in range(first * inverse // 4, last * inverse // 4 + 1):
            x, weight = node(arb(fmpq(k, inverse)))
            yield x, weight / inverse

    def _series_end(self, level, known, start: int, step: int) -> int:
        """The index beyond which a series adds nothing, upwards or downwards from a start."""
        k, top = start, 0.0
        while abs(k - start) < 20000:
            size = _size(self._over(level + 1, [*known, acb(k)], 0.25))
            top = max(top, size)
            if abs(k - start) > 8 and size < top * 10.0 ** (-self.digits - 2):
                return k
            k += step
        raise QuadratureError("a series of the expectation converges too slowly for a table of nodes")

    def _sum(self, v: Variable, level, known, step) -> list[acb]:
        total = [acb(0)] * self.size
        if v.values:
            for value in v.values:
                total = _add(total, self._over(level + 1, [*known, exact(value)], step))
            return total
        low, high = self.bounds[level](known)
        first = _whole(low) if v.lower != -oo else 0
        if v.upper != oo and v.lower != -oo:
            for k in range(first, _whole(high) + 1):
                total = _add(total, self._over(level + 1, [*known, acb(k)], step))
            return total
        if v.lower == -oo:
            forward = self._series(level, known, step, range(0, 10**6))
            backward = self._series(level, known, step, range(-1, -(10**6), -1))
            return _add(forward, backward)
        return self._series(level, known, step, range(first, first + 10**6))

    def _series(self, level, known, step, indices) -> list[acb]:
        """A series summed until a geometric majorant of its tail is below the precision."""
        total = [acb(0)] * self.size
        before = None
        for count, k in enumerate(indices):
            term = self._over(level + 1, [*known, acb(k)], step)
            total = _add(total, term)
            size = _size(term)
            scale = max(_size(total), 1e-300)
            if before and count > 8 and size < before:
                ratio = size / before
                if size * ratio / (1 - ratio) < scale * 10.0 ** (-self.digits - 2) or size == 0:
                    return total
            if count > 20000:
                break
            before = size
        raise QuadratureError("a series of the expectation does not converge geometrically; it may diverge")


def _or_zero(bound: sp.Expr) -> sp.Expr:
    return sp.S.Zero if bound.is_infinite else bound


def _whole(number: acb) -> int:
    """The integer nearest to a real ball."""
    return round(float(number.real.mid()))


def _add(a: list[acb], b: list[acb]) -> list[acb]:
    return [x + y for x, y in zip(a, b)]


def _size(values: Sequence[acb]) -> float:
    sizes = [float(abs(v.mid()).upper()) for v in values]
    return float("nan") if any(s != s for s in sizes) else max(sizes)


_REACH = 32  # the scan covers |u| ≤ 8 in steps of 1/4


def _active(sizes: dict[int, float], threshold: float) -> list[int]:
    """Indices between which the integrand exceeds its maximum × threshold.

    Far out, where the density has underflowed, ∞/∞ may occur; beyond the threshold it does no harm.
    """
    finite = {k: s for k, s in sizes.items() if s == s and s != float("inf")}
    if not finite:
        raise QuadratureError("the density or the integrand is not finite inside its support")
    top = max(finite.values())
    if top == 0:
        return []
    limit = top * threshold
    peak = max(finite, key=lambda k: finite[k])
    first = last = peak
    for direction in (-1, 1):
        k, quiet = peak, 0
        while quiet < 3:
            k += direction
            if k not in sizes:
                raise QuadratureError(
                    "an integrand does not decay within reach of the nodes: it diverges or falls slowly"
                )
            if k not in finite:
                if quiet == 0:
                    raise QuadratureError(
                        "an integrand does not decay towards the end of the range: it diverges or falls slowly"
                        if abs(k) > len(sizes) // 8
                        else "the density or the integrand is not finite inside its support"
                    )
                break
            quiet = quiet + 1 if finite[k] <= limit else 0
            if not quiet:
                first, last = min(first, k), max(last, k)
    return [first, last]


def _transformation(v: Variable, low: acb, high: acb) -> Callable:
    """u -> (x, dx/du): tanh-sinh, exp-sinh or sinh-sinh by the kind of range."""
    half_pi = arb.pi() / 2
    below, above = v.lower == -oo, v.upper == oo
    if below and above:

        def line(u):
            s = half_pi * u.sinh()
            return acb(s.sinh()), s.cosh() * half_pi * u.cosh()

        return line
    if below or above:
        end, sign = (low, 1) if above else (high, -1)

        def ray(u):
            e = (half_pi * u.sinh()).exp()
            return end + sign * e, e * half_pi * u.cosh()

        return ray
    width = high - low

    def segment(u):
        # Measured from the nearer end, so that end-point singularities lose no digits.
        e = (-2 * half_pi * abs(u).sinh()).exp()
        share = e / (1 + e)
        x = low + width * share if u < 0 else high - width * share
        return x, width * share / (1 + e) * 2 * half_pi * u.cosh()

    return segment
