"""What a model or a statistical manifold has beside curvature: connections, kernels, traces, distances.

The truth is the engine's closed form (of a distance: the engine's number with its error), evaluated in balls at the
points. A mistake is a rival: what the model has under another name, the same formula with another α, the length of
another curve. Single terms and numbers of the closed form are varied as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import permutations
from typing import Any

import flint
import numpy as np
import sympy as sp

from ..exact.errors import InputError
from ..exact.reading import read
from ..manifolds.recipes import geometry_of
from .cases import Case, NoUsablePoint, find_points, floats, is_tight
from .diagnosis import LEVELS, Diagnosis, distinct_numbers
from .observations import Observation, Prepared
from .pipeline import QUANTITIES, Array, Jets, contraction

__all__ = ["ALIASES", "BESIDES", "Extra", "Rival", "extra_of", "pairs_of", "prepared_extra", "rival_diagnosis"]

#: Other names of quantities, and what they need to be asked of.
ALIASES = {"fisher_metric": "metric", "geodesic_distance": "distance", "compressibility": "compressibility_riemannian"}
#: What is asked of a manifold or a model only (a model has more by name).
BESIDES = (*ALIASES, "alpha_connection", "alpha_connection_first", "amari_chentsov", "distance", "ntk", "ntk_trace")
_BITS = 108


@dataclass(frozen=True)
class Rival:
    """What is given instead: a name, a sentence, a remedy, its value at each point."""

    name: str
    sentence: str
    remedy: str
    values: Sequence[Array]


@dataclass(frozen=True)
class Extra:
    """A quantity of a case beyond its metric's: entry by entry in closed form, or as a function of the points."""

    case: Case
    quantity: str
    shape: tuple[int, ...]
    expressions: tuple[sp.Expr, ...] = ()
    numbers: Callable[[], Sequence[Array]] | None = None
    alpha: sp.Expr | None = None

    @cached_property
    def truth(self) -> tuple[Array, ...]:
        """The value at each point, in extended precision."""
        if self.numbers is not None:
            return tuple(np.asarray(v, dtype=np.longdouble) for v in self.numbers())
        return tuple(_certified(self.case, self.expressions, p).reshape(self.shape) for p in self.case.points)

    def rivals(self) -> Iterator[Rival]:
        """What is mistaken for it."""
        if self.quantity in ("alpha_connection", "alpha_connection_first"):
            yield from _other_connections(self)
        elif self.quantity == "distance":
            yield from _other_lengths(self)
        else:
            yield from _other_names(self)
        if len(self.shape) > 1 and len(set(self.shape)) == 1:
            letters = "ijkl"[: len(self.shape)]
            for order in list(permutations(range(len(self.shape))))[1:]:
                spelled = "".join(letters[k] for k in order)
                yield Rival(f"index-order-{spelled}", f"The axes are in the order [{', '.join(spelled)}].",
                            "Transpose them.", [np.transpose(v, np.argsort(order)) for v in self.truth])  # fmt: skip


def extra_of(case: Case, quantity: str, alpha: Any = None) -> Extra:
    """The quantity of that name.

    Raises:
        InputError: the case was made of nothing that has it; the message lists what there is.
    """
    source, manifold = case.origin, geometry_of(case.origin)
    if quantity == "distance":
        return _distance(case)
    if quantity in ("alpha_connection", "alpha_connection_first"):
        if not hasattr(manifold, quantity):
            raise InputError(f"{case.name} has no α-connections: give a statistical or a Hessian manifold")
        if alpha is None:
            raise InputError("the connection of which alpha? give alpha=1 (exponential), -1 (mixture), …")
        entries = getattr(manifold, quantity)(read(alpha, "alpha"))
        return _closed(case, quantity, entries, read(alpha, "alpha"))
    if quantity == "ntk":
        return _kernel(case)
    known = source.quantities() if hasattr(source, "quantities") else {}
    if quantity in known:
        return _closed(case, quantity, source.expression_of(quantity))
    if quantity == "amari_chentsov" and hasattr(manifold, quantity):
        return _closed(case, quantity, manifold.amari_chentsov)
    others = [q for q in known if q not in QUANTITIES]
    raise InputError(f"unknown quantity {quantity!r}; known are {', '.join((*QUANTITIES, *others))}")


def prepared_extra(extra: Extra) -> Prepared:
    """Its reference at the points; errors are measured by the largest component there."""
    size = np.array([float(np.max(np.abs(v), initial=0.0)) for v in extra.truth])
    largest = float(np.max(size, initial=0.0)) or 1.0
    amplitude = np.maximum(size, 1e-3 * largest)
    n, count = extra.case.dim, len(size)
    # No formula of a metric is tried on it: the metric's place is held by δ_ij.
    jets = Jets(np.tile(np.eye(n), (count, 1, 1)), np.ones((count, n, n, n)), np.zeros((count, n, n, n, n)),
                np.zeros(count), np.zeros((count, n)), np.zeros((count, n, n)))  # fmt: skip
    return Prepared(extra.case, extra.quantity, extra.truth, amplitude, np.ones(count), jets)


def rival_diagnosis(extra: Extra, observations: Sequence[Observation]) -> list[Diagnosis]:
    """The rivals that a program's numbers are, at every point; those that are the same are listed with the first."""
    limit = LEVELS[1] if distinct_numbers(observations) >= 4 else LEVELS[0]
    found: list[tuple[float, Rival]] = []
    for rival in extra.rivals():
        gaps = []
        for o in observations:
            predicted = np.asarray(rival.values[o.index], dtype=float)
            size = max(float(np.max(np.abs(predicted), initial=0.0)), 1e-3 * o.amplitude)
            gaps.append(float(np.max(np.abs(o.value - predicted), initial=0.0)) / size)
        truth = max(float(np.max(np.abs(np.asarray(rival.values[o.index], dtype=float) - o.truth.astype(float)),
                                 initial=0.0)) / o.amplitude for o in observations)  # fmt: skip
        if max(gaps) <= min(limit, truth / 20):
            found.append((max(gaps), rival))
    if not found:
        return []
    best = min(level for level, _ in found)
    (level, first), *others = [f for f in found if f[0] <= max(30 * best, 1e-9)]
    return [Diagnosis(first.name, first.sentence, first.remedy, agreement=level, points=len(observations),
                      also=tuple(dict.fromkeys(r.name for _, r in others if r.name != first.name)))]  # fmt: skip


def _closed(case: Case, quantity: str, value: Any, alpha: sp.Expr | None = None) -> Extra:
    shape = tuple(int(n) for n in getattr(value, "shape", ()))
    entries = sp.flatten(value.tolist()) if shape else [value]
    constants = {s: read(v, f"the constant {s}") for s, v in case.constants.items()}
    return Extra(case, quantity, shape, tuple(read(e).subs(constants) for e in entries), alpha=alpha)


def _certified(case: Case, expressions: Sequence[sp.Expr], point: Any) -> Array:
    """Expressions at a point, each right to 30 digits of its own or of the largest one."""
    precision = 192
    while precision <= 4096:
        with flint.ctx.workprec(precision):
            evaluator = case.evaluator(point, precision)
            values = np.array([evaluator.jet(e).value for e in expressions], dtype=object)
            if is_tight(values, _BITS):
                found: Array = floats(values, np.longdouble)
                return found
        precision *= 2
    raise NoUsablePoint(f"{case.name}: no number at {case.describe(point)}")


def _values(case: Case, expressions: Sequence[sp.Expr], shape: tuple[int, ...] = ()) -> list[Array]:
    return [_certified(case, expressions, p).reshape(shape) for p in case.points]


# --- connections ---------------------------------------------------------------------------------------------


def _other_connections(extra: Extra) -> Iterator[Rival]:
    alpha: Any = extra.alpha
    case, manifold, n = extra.case, geometry_of(extra.case.origin), extra.case.dim
    formula = "Γ^(α)_{ij,k} = Γ_{ij,k} − (α/2) T_ijk, with α = 1 the exponential and −1 the mixture connection."
    at = lambda a, name=extra.quantity: _values(case, sp.flatten(getattr(manifold, name)(a).tolist()), (n,) * 3)
    metric = at(sp.S.Zero)
    slope = [2 * (m - v) for m, v in zip(metric, at(sp.S.One))]  # T, with its indices as asked
    of = lambda a: [m - float(a) / 2 * t for m, t in zip(metric, slope)]
    yield Rival("alpha-opposite", f"Γ^(α) with α = {-alpha} is given for α = {alpha}: the dual connection, or T with "
                "the opposite sign.", formula, of(-alpha))  # fmt: skip
    yield Rival("levi-civita-for-alpha", "The Levi-Civita connection (α = 0) is given: the term with T is missing.",
                formula, metric)  # fmt: skip
    yield Rival("alpha-doubled", "The factor ½ of (α/2) T is missing.", formula, of(2 * alpha))
    for other in (1, -1, sp.Rational(1, 2), -sp.Rational(1, 2), 2, -2, 3, -3, alpha / 2, -2 * alpha, -alpha / 2):
        if other not in (alpha, -alpha, 2 * alpha):
            yield Rival(f"alpha-{other}", f"Γ^(α) with α = {other} is given for α = {alpha}.", formula, of(other))
    yield Rival("cubic-tensor-for-connection", "T alone is given for the connection.", formula, slope)
    yield Rival("alpha-half-cubic", "−(α/2) T alone is given: the Levi-Civita part is missing.", formula,
                [float(alpha) * -t / 2 for t in slope])  # fmt: skip
    g = [np.asarray(floats(case.jets(p).g), dtype=np.longdouble) for p in case.points]
    if extra.quantity == "alpha_connection":
        yield Rival("first-kind-for-second", "Γ_{i,jk} is given where Γ^i_jk belongs: the inverse metric is missing.",
                    formula, [contraction("im,mjk->ijk", m, v) for m, v in zip(g, extra.truth)])  # fmt: skip
    else:
        inverse = [np.linalg.inv(m.astype(float)) for m in g]
        yield Rival("second-kind-for-first", "Γ^k_ij is given where Γ_{ij,k} belongs.", formula,
                    [contraction("km,ijm->ijk", x, v) for x, v in zip(inverse, extra.truth)])  # fmt: skip


# --- what a model has by name -------------------------------------------------------------------------------


def _other_names(extra: Extra) -> Iterator[Rival]:
    """The other quantities of the same shape, and sums for means."""
    case, source = extra.case, extra.case.origin
    own = {q.name for q in source.own_quantities()} if hasattr(source, "own_quantities") else set()
    for name in sorted((own | {"determinant"}) - {extra.quantity}) if not extra.shape else ():
        try:
            values = _values(case, [read(source.expression_of(name)).subs(dict(case.constants))])
        except (InputError, NotImplementedError, ArithmeticError, TypeError):
            continue
        what, right = name.replace("_", " "), extra.quantity.replace("_", " ")
        yield Rival(f"{name}-for-{extra.quantity}".replace("_", "-"), f"The {what} is given for the {right}.",
                    f"Ask for {name}, or return the {right}.", values)  # fmt: skip
    if case.data:
        count = len(next(iter(case.data.values())))
        yield Rival("sum-for-mean", f"The sum over the {count} rows is given for their mean.", "Divide by it.",
                    [count * v for v in extra.truth])  # fmt: skip
        yield Rival("divided-twice", f"The mean is divided by the {count} rows once more.", "Divide once.",
                    [v / count for v in extra.truth])  # fmt: skip


def _kernel(case: Case) -> Extra:
    """Λ_{iajb} = Σ_α ∂f_a(x_i)/∂θ_α ∂f_b(x_j)/∂θ_α, indexed [i, a, j, b]; [i, j] of one output."""
    gradients = getattr(case.origin, "output_gradients", None)
    if gradients is None or not case.data:
        raise InputError(f"{case.name} has no tangent kernel: give a network with data")
    outputs, count = len(gradients), len(next(iter(case.data.values())))
    rows = [{s: read(float(c[k]), "a row") for s, c in case.data.items()} for k in range(count)]

    def numbers() -> list[Array]:
        found = []
        for p in case.points:
            flat = [d.subs(row) for row in rows for g in gradients for d in g]
            J = _certified(case, flat, p).reshape(count, outputs, case.dim)
            kernel = np.einsum("iam,jbm->iajb", J, J)
            found.append(kernel[:, 0, :, 0] if outputs == 1 else kernel)
        return found

    shape = (count, count) if outputs == 1 else (count, outputs, count, outputs)
    return Extra(case, "ntk", shape, numbers=numbers)


# --- distances ----------------------------------------------------------------------------------------------


def pairs_of(case: Case) -> Case:
    """The case of pairs of points: its coordinates are those of the first point, then those of the second."""
    points = case.points if len(case.points) > 2 else find_points(case, 7)
    first, second = ([sp.Symbol(f"{s}_{end}", real=True) for s in case.coordinates] for end in "pq")
    blocks = [case.metric.subs(dict(zip(case.coordinates, new)), simultaneous=True) for new in (first, second)]
    return replace(
        case, metric=sp.ImmutableMatrix(sp.diag(*blocks)), coordinates=(*first, *second), embedding=None, known={},
        points=tuple((*p, *q) for p, q in zip(points, points[1:])), scalar=sp.S.Zero,
    )  # fmt: skip


def _distance(case: Case) -> Extra:
    manifold = geometry_of(case.origin)
    if manifold is None or not hasattr(manifold, "distance"):
        from ..manifolds import RiemannianManifold

        half = case.dim // 2
        manifold = RiemannianManifold(case.metric[:half, :half], case.coordinates[:half])
    n = case.dim // 2
    options: dict[str, Mapping[Any, Any]] = {k: v for k in ("constants", "data") if (v := dict(getattr(case, k)))}

    def numbers() -> list[Array]:
        rows = case.float_points
        found = np.asarray(manifold.distance(rows[:, :n], rows[:, n:], **options), dtype=float)
        if not np.all(np.isfinite(found)):
            raise NoUsablePoint(f"{case.name}: no geodesic is found between the points; give other points=[…]")
        return list(found)

    return Extra(case, "distance", (), numbers=numbers)


def _other_lengths(extra: Extra) -> Iterator[Rival]:
    case, n = extra.case, extra.case.dim // 2
    g, rows = case.metric_function(), case.float_points
    step = rows[:, n:] - rows[:, :n]
    both = np.asarray(g(rows), dtype=float)
    length = lambda m: np.sqrt(np.abs(np.einsum("pi,pij,pj->p", step, m, step)))

    def between(t: float) -> Array:
        middle = rows[:, :n] + t * step
        return np.asarray(g(np.concatenate([middle, middle], axis=1)), dtype=float)[:, :n, :n]

    nodes, weights = np.polynomial.legendre.leggauss(40)
    line = sum(w / 2 * length(between((1 + t) / 2)) for t, w in zip(nodes, weights))
    energy = sum(w / 2 * length(between((1 + t) / 2)) ** 2 for t, w in zip(nodes, weights))
    true = np.array([float(v) for v in extra.truth])
    for name, what, values in (
        ("coordinate-distance", "the distance of the coordinates, √Σ Δx², without the metric", np.linalg.norm(step,
         axis=1)),
        ("length-by-first-metric", "√(Δx g(p) Δx), with the metric of the first point", length(both[:, :n, :n])),
        ("length-by-second-metric", "√(Δx g(q) Δx), with the metric of the second point", length(both[:, n:, n:])),
        ("length-by-middle-metric", "√(Δx g Δx), with the metric half-way", length(between(0.5))),
        ("length-by-mean-metric", "√(Δx g Δx), with the mean of both metrics", length((both[:, :n, :n]
         + both[:, n:, n:]) / 2)),
        ("length-of-straight-line", "the length of the straight line of the coordinates, which is no geodesic", line),
        ("energy-of-straight-line", "the energy ∫ g(ẋ, ẋ) dt of the straight line of the coordinates", energy),
        ("distance-squared", "the square of the distance", true**2),
        ("half-squared-distance", "half the square of the distance", true**2 / 2),
        ("cosh-of-distance", "cosh of the distance", np.cosh(true)),
        ("cosine-of-distance", "the cosine of the distance", np.cos(true)),
        ("chord-for-arc", "the chord 2 sin(d/2) of an arc d", 2 * np.sin(true / 2)),
        ("hyperbolic-chord", "the chord 2 sinh(d/2)", 2 * np.sinh(true / 2)),
    ):  # fmt: skip
        yield Rival(name, f"The answer is {what}.", "The distance is the length of the shortest geodesic.",
                    list(values))  # fmt: skip
