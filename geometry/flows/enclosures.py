"""Geodesics enclosed by balls: where one ends, and that one joins two points.

On each step a polynomial ỹ of many digits is taken for (x, ẋ), from Picard's iteration on Chebyshev points; what is
proven of it does not depend on how it was found. Its defect D = ỹ′ − f(ỹ) is small at n + 1 Chebyshev points, and,
being analytic with |D| ≤ M on the ellipse with foci ±1 and half-axes (ρ ± 1/ρ)/2, everywhere between,

    |D| ≤ Λ_n max_j |D(s_j)| + 4 M ρ⁻ⁿ/(ρ − 1),            Λ_n ≤ 1 + (2/π) log(n + 1)

(L. N. Trefethen, Approximation Theory and Approximation Practice, 2013, theorems 8.2 and 15.2). In a tube about ỹ in
which |∂f| ≤ J, entry by entry, the error obeys |e|′ ≤ J |e| + |D| as long as it stays in the tube, so
|e| ≤ exp(tJ)(e₀ + t |D|) (Gronwall). That grows fast, and what is lost is made up for by more digits.

Two points are joined by Krawczyk's test: with C near (∂exp_p)⁻¹, the image of a box V of velocities under
v − C(exp_p(v) − q), enclosed by its value at the middle and its derivative over all of V, lies inside V; then V holds
exactly one solution. The derivative is the Jacobi fields, by Peano and Baker's series over the tube.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp
from chentsov.geometry.manifolds.enclosed import EnclosedNumber
from flint import acb, acb_poly, arb, arb_mat, arb_poly, fmpz_poly

from ..exact.errors import ChentsovError, UnsupportedFunction
from ..kernels.algebras import ANALYTIC, BALLS
from ..kernels.ball import precision
from ..kernels.interpreter import Straight
from .evaluation import sweep

if TYPE_CHECKING:
    from .shooting import Space

__all__ = ["NoCertificate", "enclose", "enclose_connection", "middle_and_error"]

_RHO = 6.0  # of the ellipse on which the defect is bounded
_DIGITS = (24, 45, 90)  # that are tried
_COARSE_BITS = 64  # where balls are wide
_LEAST_STEP = 2.0**-12
_PATIENCE = 4  # steps after a failure before a longer one is tried
_PARTS = 4  # of a step, for the derivatives over the tube,
_FINE_PARTS = (32, 256, 1024)  # and for the Jacobi fields
_TERMS = 12  # of the series of Peano and Baker
_CORRECTIONS = 8


class NoCertificate(ChentsovError):
    """Why nothing is proven."""


def middle_and_error(ball: arb) -> tuple[float, float]:
    """The middle of a ball as a double, and how far the ball reaches from it."""
    found = EnclosedNumber.of(ball)
    return found.value, found.error


class _Field:
    """(x, v) -> (v, a) in balls, and the derivatives of a."""

    def __init__(self, space: Space) -> None:
        field = space.field
        if field.data is not None:
            raise NoCertificate("the metric averages over data rows, and no geodesic of it is enclosed")
        self.dim = field.dim
        values = space.parameters.tolist()
        try:
            self.real = field.in_algebra(BALLS, 0, values)
            self.complex = field.in_algebra(ANALYTIC, 0, values)
            self.slopes = field.in_algebra(BALLS, 2 * field.dim, values)
        except UnsupportedFunction as problem:
            raise NoCertificate(f"the metric holds a function without a rule for balls: {problem}") from None
        self.machine, self.parameters = field.plain, space.parameters
        domain = space.domain
        x = space.manifold.coordinates
        held = {s: sp.Rational(v) for s, v in space.constants.items()}
        inside = [c.gts - c.lts for c in domain.conditions if not isinstance(c, sp.Ne)]
        inside += [s for s in x if s.is_positive] + [-s for s in x if s.is_negative]
        self.inside = Straight.of([e.subs(held) for e in inside], list(x), BALLS) if inside else None

    def slopes_in_machine_numbers(self, y: np.ndarray) -> np.ndarray:
        """(v, a) of columns of (x, v)."""
        found = np.empty(y.shape[::-1])
        sweep(self.machine, np.ascontiguousarray(y.T), self.parameters, found)
        return found.T

    def slopes_at(self, y: Sequence[arb]) -> arb_mat:
        """∂(v, a)/∂(x, v)."""
        n = self.dim
        found = self.slopes(y)
        rows = [[arb(int(j == n + i)) for j in range(2 * n)] for i in range(n)]
        rows += [[found[c * n + i] for c in range(2 * n)] for i in range(n)]
        return arb_mat(rows)

    def is_inside(self, y: Sequence[arb]) -> bool:
        return self.inside is None or all(e > 0 for e in self.inside(y[: self.dim]))


@lru_cache(maxsize=8)
def _rule(count: int, bits: int) -> tuple[list[arb], arb_mat, arb_mat]:
    """Chebyshev points, and of a polynomial with given values there its integrals from −1 and its coefficients."""
    degree = count - 1
    angles = [arb(degree - k) / degree for k in range(count)]
    nodes = [a.cos_pi() for a in angles]
    halves = [arb(1) / 2 if k in (0, degree) else arb(1) for k in range(count)]
    by_order = [
        [halves[k] * halves[j] * 2 / degree * (k * angles[j]).cos_pi() for k in range(count)] for j in range(count)
    ]
    orders = [fmpz_poly.chebyshev_t(k) for k in range(count)]
    powers = arb_mat([[arb(t[i]) for i in range(count)] for t in orders])
    coefficients = arb_mat(by_order) * powers
    raised = [[(s ** (i + 1) - (-1) ** (i + 1)) / (i + 1) for s in nodes] for i in range(count)]
    return nodes, (coefficients * arb_mat(raised)).mid(), coefficients.mid()


@lru_cache(maxsize=8)
def _machine_rule(count: int) -> np.ndarray:
    with precision(2 * count + 80):
        _, integrals, _ = _rule(count, 2 * count + 80)
        return np.array([[float(e) for e in row] for row in integrals.tolist()])


def _upper(ball: Any) -> arb:
    return abs(ball).upper()


class _Walk:
    """Steps of one geodesic, from t = 0 to 1."""

    def __init__(self, field: _Field, digits: int) -> None:
        self.field, self.digits = field, digits
        self.count = int(digits / math.log10(_RHO)) + 6
        self.bits = int(3.33 * digits) + 2 * self.count  # powers of s cost a bit and a quarter each
        self.size = 2 * field.dim
        self.known: dict[tuple[float, float], tuple[list[arb], Any]] = {}  # curves and defects of the last start

    def polynomial(self, start: Sequence[arb], width: float) -> list[arb_poly] | None:
        """ỹ on −1 ≤ s ≤ 1, which stands for a step of length 2·width, by Picard's iteration; None where it diverges."""
        _, integrals, coefficients = _rule(self.count, self.bits)
        here = range(self.size)
        rough = self._in_machine_numbers(start, width)
        if rough is None:
            return None
        states = [[arb(float(e)) for e in row] for row in rough]
        goal, before = arb(10) ** -self.digits, math.inf
        for _ in range(self.count):
            values = [self.field.real([states[i][j] for i in here]) for j in range(self.count)]
            slopes = arb_mat([[values[j][i].mid() * arb(width) for j in range(self.count)] for i in here])
            moved = (slopes * integrals).tolist()
            new = [[(start[i] + moved[i][j]).mid() for j in range(self.count)] for i in here]
            change = max(float(_upper(a - b)) for p, q in zip(new, states) for a, b in zip(p, q))
            if not change < min(1.0, before):
                return None
            states, before = new, change
            if change < goal:
                break
        else:
            return None
        found = []
        for i, row in enumerate((slopes * coefficients).tolist()):
            whole = arb_poly([c.mid() for c in row]).integral()
            whole = arb_poly([c.mid() for c in whole.coeffs()])
            found.append(whole + (start[i] - whole(arb(-1))).mid())
        return found

    def _in_machine_numbers(self, start: Sequence[arb], width: float) -> np.ndarray | None:
        """The values of ỹ at the points as doubles: where Picard's iteration begins."""
        integrals = _machine_rule(self.count)
        first = np.array([[float(e)] for e in start])
        states, before = np.repeat(first, self.count, axis=1), np.inf
        for _ in range(4 * self.count):
            with np.errstate(all="ignore"):
                new = first + width * self.field.slopes_in_machine_numbers(states) @ integrals
            change = np.abs(new - states).max() / (1 + np.abs(new).max())
            if not np.isfinite(change) or change > 1e6:
                return None
            if change < 1e-15 or change >= before and change < 1e-11:
                return new
            states, before = new, change
        return None

    def defect(self, curve: Sequence[arb_poly], width: float) -> list[arb] | None:
        """A bound of |dỹ/ds − width·f(ỹ)| for −1 ≤ s ≤ 1; None where f is not found analytic on the ellipse."""
        nodes, *_ = _rule(self.count, self.bits)
        rates = [p.derivative() for p in curve]
        at_nodes = [arb(0)] * self.size
        for s in nodes:
            values = self.field.real([p(s) for p in curve])
            gaps = [_upper(r(s) - arb(width) * f) for r, f in zip(rates, values)]
            at_nodes = [max(a, b, key=float) for a, b in zip(at_nodes, gaps)]
        degree = self.count - 1
        spread = 1 + 2 / arb.pi() * (arb(degree) + 1).log()
        tail = 4 * arb(_RHO) ** -degree / (_RHO - 1)
        for cells in (1, 3, 8):
            with precision(_COARSE_BITS):
                most = self._on_ellipse(curve, rates, width, cells)
            if most is not None:
                found = [(spread * a + tail * m).upper() for a, m in zip(at_nodes, most)]
                return found if all(e.is_finite() for e in found) else None
        return None

    def _on_ellipse(
        self, curve: Sequence[arb_poly], rates: Sequence[arb_poly], width: float, cells: int
    ) -> list[arb] | None:
        """The largest |D| over boxes that cover the ellipse, if D is analytic on all of them."""
        across, up = (_RHO + 1 / _RHO) / 2, (_RHO - 1 / _RHO) / 2
        most = [arb(0)] * self.size
        paths = [(acb_poly(p), acb_poly(r), acb_poly(r.derivative())) for p, r in zip(curve, rates)]
        for a in range(-cells, cells):
            for b in range(-cells, cells):
                low = [min(abs(k), abs(k + 1)) / cells for k in (a, b)]
                if cells > 1 and low[0] ** 2 + low[1] ** 2 > 1:
                    continue
                middle = acb(arb(across * (a + 0.5) / cells), arb(up * (b + 0.5) / cells))
                off = acb(arb(0, across * 0.5001 / cells), arb(0, up * 0.5001 / cells))
                box = middle + off
                y = [p(middle) + r(box) * off for p, r, _ in paths]
                slopes = [r(middle) + c(box) * off for _, r, c in paths]
                values = self.field.complex(y)
                if not all(v.is_finite() for v in values):
                    return None
                most = [max(m, _upper(s - width * v), key=float) for m, s, v in zip(most, slopes, values)]
        return most

    def pieces(self, curve: Sequence[arb_poly], parts: int, radius: Sequence[arb]) -> list[list[arb]]:
        """Balls of the tube over equal parts of a step."""
        found = []
        rates = [p.derivative() for p in curve]
        for k in range(parts):
            middle, off = arb(-1 + (2 * k + 1) / parts), arb(0, 1 / parts)
            found.append([p(middle) + r(middle + off) * off + arb(0, e) for p, r, e in zip(curve, rates, radius)])
        return found

    def curve_and_defect(self, start: Sequence[arb], done: float, width: float) -> tuple[Any, Any]:
        """ỹ and the bound of its defect, or None for either; of the same start they are found once."""
        kept = self.known.get((done, width))
        if kept is None or not all(a == b for a, b in zip(kept[0], start)):
            curve = self.polynomial(start, width)
            kept = list(start), (curve, None if curve is None else self.defect(curve, width))
            self.known[done, width] = kept
        return kept[1]

    def step(
        self, start: Sequence[arb], error: Sequence[arb], done: float, width: float
    ) -> tuple[list[arb], list[arb], Any] | None:
        """The middle of the end of a step, the bound of its error, and the curve with the radius of its tube."""
        curve, defect = self.curve_and_defect(start, done, width)
        if defect is None:
            return None
        first = [(e + _upper(p(arb(-1)) - y)).upper() for e, p, y in zip(error, curve, start)]
        largest = max((a + b for a, b in zip(first, defect)), key=float)
        radius = largest * 1e4 + arb(10) ** -self.digits
        for _ in range(3):
            grown = self._grown(curve, first, defect, width, [radius] * self.size)
            if grown is not None:
                return [p(arb(1)).mid() for p in curve], grown, (curve, radius)
            radius *= 1e4
            if radius > 0.01:
                break
        return None

    def _grown(
        self,
        curve: Sequence[arb_poly],
        error: Sequence[arb],
        defect: Sequence[arb],
        width: float,
        radius: Sequence[arb],
    ) -> list[arb] | None:
        """The error at the end of a step, if it never leaves the tube."""
        with precision(_COARSE_BITS):
            return self._grown_coarsely(curve, error, defect, width, radius)

    def _grown_coarsely(
        self,
        curve: Sequence[arb_poly],
        error: Sequence[arb],
        defect: Sequence[arb],
        width: float,
        radius: Sequence[arb],
    ) -> list[arb] | None:
        length = arb(2) / _PARTS
        bound = arb_mat([[e] for e in error])
        added = arb_mat([[d * length] for d in defect])
        for piece in self.pieces(curve, _PARTS, radius):
            slopes = self.field.slopes_at(piece)
            if not all(e.is_finite() for e in slopes.entries()) or not self.field.is_inside(piece):
                return None
            n = self.size
            growth = arb_mat(n, n, [_upper(e) * arb(width) * length for e in slopes.entries()]).exp()
            bound = growth * (bound + added)
            bound = arb_mat([[e.upper()] for e in bound.entries()])
            if not all(e < r for e, r in zip(bound.entries(), radius)):
                return None
        return list(bound.entries())

    def shot(self, start: Sequence[arb]) -> list[arb]:
        """The end at t = 1 to many digits, without a proof."""
        done, width, here = 0.0, 0.25, list(start)
        while done < 1.0:
            width = min(width, (1.0 - done) / 2)
            curve = self.polynomial(here, width)
            if curve is None:
                width /= 2
                if width < _LEAST_STEP:
                    raise NoCertificate(f"the geodesic is not followed to many digits beyond t = {done:.4g}")
                continue
            here = [p(arb(1)).mid() for p in curve]
            done += 2 * width
        return here

    def run(self, start: Sequence[arb], error: Sequence[arb]) -> tuple[list[arb], list[arb], list[Any]]:
        """The end, its error, and the steps (width, curve, radius of the tube)."""
        done, width, steps, since = 0.0, 0.25, [], 0
        here, bound = list(start), list(error)
        while done < 1.0:
            width = min(width, (1.0 - done) / 2)
            found = self.step(here, bound, done, width)
            if found is None:
                width, since = width / 2, -_PATIENCE
                if width < _LEAST_STEP:
                    raise NoCertificate(
                        f"the tube about the geodesic grows too wide, or meets the end of the domain, at t = {done:.4g}"
                    )
                continue
            here, bound, (curve, radius) = found
            steps.append((width, curve, radius))
            done += 2 * width
            since += 1
            if since > 0:
                width *= 2
        return here, bound, steps


def enclose(space: Space, p: np.ndarray, v: Sequence[Any], rtol: float) -> list[arb]:
    """Balls of the point exp_p(v) and of the velocity there, the point to `rtol` of its largest coordinate.

    Raises:
        NoCertificate: with the reason.
    """
    field = _Field(space)
    reason = NoCertificate("the tolerance is out of reach")
    for digits in _DIGITS:
        walk = _Walk(field, digits)
        with precision(walk.bits):
            start = [arb(float(e)) for e in p] + [e if isinstance(e, arb) else arb(float(e)) for e in v]
            try:
                end, error, _ = walk.run(start, [arb(0)] * walk.size)
            except NoCertificate as problem:
                reason = problem
                continue
            size = max((abs(e) for e in end[: field.dim]), key=float)
            if all(e <= size * rtol / 4 for e in error[: field.dim]):
                return [m + arb(0, e) for m, e in zip(end, error)]
    raise reason


def enclose_connection(
    space: Space, p: np.ndarray, q: np.ndarray, velocity: np.ndarray, rtol: float
) -> tuple[list[arb], arb]:
    """Balls of the velocity at p of a geodesic that is at q when t = 1, and of its length; one near `velocity`.

    Raises:
        NoCertificate: with the reason.
    """
    field = _Field(space)
    n = field.dim
    reason = NoCertificate("the tolerance is out of reach")
    _, jacobi = space.shoot_varied(p[None], velocity[None], np.array([0.0, 1.0]), 1e-12)
    slopes = jacobi[0, -1]
    if not np.isfinite(slopes).all() or np.linalg.matrix_rank(slopes) < n:
        raise NoCertificate("q is conjugate to p along the geodesic, as far as machine numbers tell")
    inverse = arb_mat(np.linalg.inv(slopes).tolist())
    for digits in _DIGITS:
        walk = _Walk(field, digits)
        with precision(walk.bits):
            first, goal = [arb(float(e)) for e in p], [arb(float(e)) for e in q]
            guess = [arb(float(e)) for e in velocity]
            try:
                guess, off = _corrected(walk, first, goal, guess, inverse)
                radius = [(8 * _upper(e) + arb(10) ** (-digits // 2)).upper() for e in off]
                _, _, steps = walk.run([*first, *guess], [*[arb(0)] * n, *radius])
            except NoCertificate as problem:
                reason = problem
                continue
            box = _krawczyk(walk, steps, guess, off, radius, inverse)
            length = _length(space, first, box)
            if length.is_finite() and length.rad() <= abs(length) * rtol / 4:
                return box, length
    raise reason


def _corrected(
    walk: _Walk, first: list[arb], goal: list[arb], guess: list[arb], inverse: arb_mat
) -> tuple[list[arb], list[arb]]:
    """A velocity that leads to the goal to all digits, and C(exp_p(v) − q) there, enclosed."""
    n = len(first)
    for _ in range(_CORRECTIONS):
        end = walk.shot([*first, *guess])
        step = (inverse * arb_mat([[end[i] - goal[i]] for i in range(n)])).mid().entries()
        if any(_upper(e) > max(_upper(g) for g in guess) / 10 for e in step):
            break  # this is no geodesic from p to q
        guess = [(g - e).mid() for g, e in zip(guess, step)]
        if all(_upper(e) < arb(10) ** (-walk.digits // 2) for e in step):  # the next one would be of all digits
            end, error, _ = walk.run([*first, *guess], [arb(0)] * walk.size)
            missing = arb_mat([[end[i] + arb(0, error[i]) - goal[i]] for i in range(n)])
            return guess, list((inverse * missing).entries())
    raise NoCertificate("no velocity was found that leads to q to enough digits")


def _krawczyk(
    walk: _Walk, steps: Sequence[Any], guess: list[arb], off: list[arb], radius: list[arb], inverse: arb_mat
) -> list[arb]:
    n = len(guess)
    for parts in _FINE_PARTS:
        with precision(_COARSE_BITS):
            varied = _varied(walk, steps, parts)
        if varied is None:
            continue
        rest = inverse * varied
        box = [arb(0, r) for r in radius]
        image = []
        for i in range(n):
            moved = sum(((arb(int(i == j)) - rest[i, j]) * box[j] for j in range(n)), arb(0))
            image.append(moved - off[i])
        if all(_upper(e) < r for e, r in zip(image, radius)):
            return [g + e for g, e in zip(guess, image)]
        widest = max(float(_upper(e) / r) for e, r in zip(image, radius))
        if not widest * parts / _FINE_PARTS[-1] < 1:  # the width goes with the length of the pieces
            break
    raise NoCertificate("the derivative of the geodesic's end, enclosed over the tube, is too wide for Newton's test")


def _varied(walk: _Walk, steps: Sequence[Any], parts: int) -> arb_mat | None:
    """∂x(1)/∂v(0) over the tube: the Jacobi fields, by the series of Peano and Baker piece by piece."""
    n, size = walk.field.dim, walk.size
    total = arb_mat(size, n, [int(i == n + j) for i in range(size) for j in range(n)])
    for width, curve, radius in steps:
        for piece in walk.pieces(curve, parts, [radius] * size):
            slopes = walk.field.slopes_at(piece)
            if not all(e.is_finite() for e in slopes.entries()):
                return None
            step = slopes * (arb(width) * 2 / parts)
            total = _ordered_exponential(step, total)
    return arb_mat(n, n, [total[i, j] for i in range(n) for j in range(n)])


def _ordered_exponential(step: arb_mat, on: arb_mat) -> arb_mat:
    """Σ_k A…A/k! applied, with independent members of [A] in each factor, as the ordered integrals demand."""
    total = term = on
    for k in range(1, _TERMS + 1):
        term = step * term * (arb(1) / k)
        total = total + term
    norm = max((sum((_upper(step[i, j]) for j in range(step.ncols())), arb(0)) for i in range(step.nrows())), key=float)
    largest = max((_upper(e) for e in term.entries()), key=float)
    rest = (largest * norm * norm.exp() / (_TERMS + 1)).upper()
    return arb_mat(total.nrows(), total.ncols(), [e + arb(0, rest) for e in total.entries()])


def _length(space: Space, point: Sequence[arb], velocity: Sequence[arb]) -> arb:
    """√g(v, v)."""
    n = space.dim
    held = {s: sp.Rational(v) for s, v in space.constants.items()}
    metric = Straight.of([e.subs(held) for e in space.manifold.metric], list(space.manifold.coordinates), BALLS)(point)
    return sum((metric[n * i + j] * velocity[i] * velocity[j] for i in range(n) for j in range(n)), arb(0)).sqrt()
