"""A manifold as the validator sees it: a metric, points, and a metric function that any array library can call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import flint
import numpy as np
import sympy as sp
from flint import arb, fmpq
from sympy.core.function import AppliedUndef

from ..exact.decimals import with_exact_numbers
from ..exact.errors import InputError
from ..exact.reading import match_symbols, read, read_expression, read_list, read_symbols
from ..manifolds.domain import Domain
from ..manifolds.recipes import geometry_of
from .jets import JetEvaluator, UnsupportedExpression, exact_number
from .pipeline import Jets, Pipeline, Run

__all__ = ["Case", "NoUsablePoint", "as_case", "concrete"]

Array = Any
JET_FIELDS = ("g", "dg", "ddg", "f", "df", "ddf")
_GOLDEN = (
    0.7548776662466927,
    0.5698402909980532,
    0.3247179572447460,
    0.8191725133961645,
    0.6710436067037893,
    0.2360679774997897,
)


class NoUsablePoint(InputError):
    """No point was found (or given) at which the metric is finite and regular."""


@dataclass(frozen=True)
class Case:
    """One manifold to judge a program on.

    Args:
        name: short and unique in its suite.
        metric: SymPy matrix g_ij.
        coordinates: the symbols x^i.
        points: exact rational points; those of the default suite are dyadic, so float64 holds them exactly.
        grade: 0 flat … 5 near-singular; see `suite`.
        tags: words that describe it ("diagonal", "lorentzian", "statistical", "near-singular", …).
        scalar: the function f of the quantity "laplacian".
        constants, data: values for the other symbols of the metric; columns for a ``Mean``.
        embedding: Φ(x) with g = JᵀJ, J = ∂Φ/∂x, if there is one.
        impostors: wrong metrics that people use in its place, by the name of the mistake.
        known: closed-form facts, quantity -> expression, used to test the suite itself.
        source: where it comes from.
        origin: the manifold that it was made of.
    """

    name: str
    metric: sp.ImmutableMatrix
    coordinates: tuple[sp.Symbol, ...]
    points: tuple[tuple[fmpq, ...], ...] = ()
    grade: int = 3
    tags: frozenset[str] = frozenset()
    scalar: sp.Expr | None = None
    constants: Mapping[sp.Symbol, Any] = field(default_factory=dict)
    data: Mapping[sp.Symbol, Sequence[float]] = field(default_factory=dict)
    embedding: tuple[sp.Expr, ...] | None = None
    impostors: Mapping[str, sp.ImmutableMatrix] = field(default_factory=dict)
    known: Mapping[str, sp.Expr] = field(default_factory=dict)
    source: str = ""
    origin: Any = field(default=None, compare=False, repr=False)

    @property
    def dim(self) -> int:
        return len(self.coordinates)

    @cached_property
    def domain(self) -> Domain | None:
        """Where the manifold that it was made of has its points; None where nothing is known."""
        found = getattr(geometry_of(self.origin), "domain", None)
        return found if isinstance(found, Domain) else None

    def why_outside(self, point: Sequence[Any]) -> str | None:
        """What condition of the domain an exact point does not meet; None where it lies inside."""
        if self.domain is None:
            return None
        values = dict(zip(self.coordinates, (sp.Rational(int(v.p), int(v.q)) for v in point)))
        return self.domain.broken(
            {**values, **{s: with_exact_numbers(sp.sympify(v, strict=True)) for s, v in self.constants.items()}}
        )

    @cached_property
    def test_function(self) -> sp.Expr:
        """f of the quantity "laplacian": the given one, or a polynomial without symmetry."""
        if self.scalar is not None:
            return self.scalar
        x = self.coordinates
        terms = [x[i] * x[(i + 1) % len(x)] * sp.Rational(2 + i, 3) + x[i] ** 3 / (i + 2) for i in range(len(x))]
        return sp.Add(*terms, x[0] - 2 * x[-1])

    @property
    def float_points(self) -> np.ndarray:
        """The points as rows of float64, as a program receives them."""
        return floats(self.points).reshape(len(self.points), self.dim)

    # -- exact evaluation --------------------------------------------------------------------

    def evaluator(self, point: Sequence[Any], precision: int = 192) -> JetEvaluator:
        """The ball arithmetic at a point."""
        values = {**dict(self.constants), **dict(zip(self.coordinates, point, strict=True))}
        return JetEvaluator(values, self.coordinates, self.data, precision)

    def jets(
        self, point: Sequence[Any], precision: int = 192, metric: sp.Matrix | None = None, scalar: bool = True
    ) -> Jets:
        """The jets of g (or of another ``metric``) and of f at a point, as arrays of balls."""
        return jets_of(
            self.metric if metric is None else metric,
            self.evaluator(point, precision),
            self.test_function if scalar else None,
        )

    def run(self, point: Sequence[Any], precision: int = 192) -> Run:
        """The true pipeline in ball arithmetic at one point (the arrays have a leading axis of length 1)."""
        jets = self.jets(point, precision)
        lifted = Jets(*(np.asarray(getattr(jets, name), dtype=object)[None] for name in JET_FIELDS))
        return Pipeline().run(lifted)

    def certified(self, quantity: str, point: Sequence[Any], digits: int = 30) -> Array:
        """One quantity as an array of balls, each right to ``digits`` digits of its own or of the largest component.

        The working precision is doubled until that is proved.

        Raises:
            NoUsablePoint: the metric is singular or not finite there.
        """
        return self.certified_many((quantity,), point, digits)[quantity]

    def certified_many(self, quantities: Sequence[str], point: Sequence[Any], digits: int = 30) -> dict[str, Array]:
        """Several quantities at once; see `certified`."""
        bits = int(digits * 3.3219280948873626) + 8
        precision = max(128, bits + 64)
        while precision <= 8192:
            with flint.ctx.workprec(precision):
                run = self.run(point, precision)
                values: dict[str, Array] = {}
                for quantity in quantities:
                    try:
                        values[quantity] = np.asarray(run[quantity][0], dtype=object)
                    except ZeroDivisionError:
                        values[quantity] = np.array(arb.nan(), dtype=object)
                    if not is_tight(values[quantity], bits):
                        break
                else:
                    return values
            precision *= 2
        raise NoUsablePoint(f"{self.name}: {quantity} is singular, or not finite, at {self.describe(point)}")

    def describe(self, point: Any) -> str:
        """The point as text: ``x = 0.375, y = 1.5``."""
        return ", ".join(f"{s} = {float(v):.6g}" for s, v in zip(self.coordinates, np.asarray(floats(point))))

    # -- the metric as a function --------------------------------------------------------------

    def metric_function(self) -> Any:
        """g as a callable that NumPy, JAX, PyTorch, autograd, mpmath and plain lists can use."""
        from .callables import MetricFunction

        return MetricFunction(self)

    def scalar_function(self) -> Any:
        """f of the quantity "laplacian", as such a callable."""
        from .callables import ScalarFunction

        return ScalarFunction(self)


def jets_of(metric: Any, evaluator: JetEvaluator, scalar: sp.Expr | None = None) -> Jets:
    """The jets of a SymPy matrix (and a function) through one evaluator."""
    n = len(evaluator.coordinates)
    g, dg = np.empty((n, n), dtype=object), np.empty((n, n, n), dtype=object)
    ddg = np.empty((n, n, n, n), dtype=object)
    with flint.ctx.workprec(evaluator.precision):
        for i in range(n):
            for j in range(n):
                g[i, j], dg[i, j], ddg[i, j] = _unpacked(evaluator.jet(metric[i, j]), n)
        if scalar is None:
            return Jets(g, dg, ddg)
        f, df, ddf = _unpacked(evaluator.jet(scalar), n)
        return Jets(g, dg, ddg, np.array(f, dtype=object), df, ddf)


def _unpacked(jet: Any, n: int) -> tuple[Any, Any, Any]:
    zero = arb(0)
    first = np.array(jet.first if jet.first is not None else [zero] * n, dtype=object)
    second = np.full((n, n), zero, dtype=object)
    if jet.second is not None:
        upper = np.triu_indices(n)
        second[upper] = jet.second
        second.T[upper] = jet.second
    return jet.value, first, second


def is_tight(value: Array, bits: int) -> bool:
    flat = value.ravel()
    if not all(v.is_finite() for v in flat):
        return False
    largest = max((float(abs(v).upper()) for v in flat), default=0.0)
    scale = max(largest, 1e-30)
    limit = arb(scale) * arb(2) ** (-bits)
    return all(v.rel_accuracy_bits() >= bits or bool(v.rad() <= limit) for v in flat)


def floats(values: Any, dtype: Any = np.float64) -> Array:
    """Midpoints of balls (or exact numbers) as floating-point numbers, rounded once."""
    array = np.asarray(values, dtype=object)
    out = np.empty(array.shape, dtype=dtype)
    for at, v in np.ndenumerate(array):
        if isinstance(v, arb):
            middle = v.mid()
            high = float(middle)
            out[at] = (
                np.dtype(dtype).type(high) + np.dtype(dtype).type(float((middle - arb(high)).mid()))
                if np.isfinite(high)
                else high
            )
        elif isinstance(v, fmpq):
            out[at] = int(v.p) / int(v.q)
        else:
            out[at] = v
    return out


# --- making cases ----------------------------------------------------------------------------


def as_case(
    manifold: Any,
    points: Any = None,
    *,
    constants: Mapping[Any, Any] | None = None,
    data: Mapping[Any, Any] | None = None,
    scalar: Any = None,
    count: int = 6,
    seed: int = 0,
    regular: bool = True,
) -> Case:
    """A case from a `Case`, a Chentsov manifold, or a pair (metric, coordinates); its points are where the metric is
    ``regular``, or anywhere in the domain.

    Raises:
        ValueError: it is none of these, a point has the wrong length, or no usable point is found.
    """
    if isinstance(manifold, Case):
        case = manifold
    elif hasattr(manifold, "metric") and hasattr(manifold, "coordinates"):
        name = getattr(manifold, "name", None) or type(manifold).__name__
        case = Case(str(name), _metric_of(manifold.metric), read_symbols(manifold.coordinates, "coordinate"),
            tags=_tags_of(manifold),
                    embedding=_embedding_of(manifold), origin=manifold)  # fmt: skip
        own = getattr(manifold, "data", None) if data is not None else rows_of(manifold)
        if isinstance(own, Mapping):
            case = _with(case, data=dict(own))
    elif isinstance(manifold, (tuple, list)) and len(manifold) == 2:
        case = Case("metric", _metric_of(manifold[0]), read_symbols(manifold[1], "coordinate"))
    else:
        raise InputError(
            f"manifold is a Chentsov manifold, a Case or a pair (metric, coordinates), not {type(manifold).__name__}"
        )
    n = case.dim
    if case.metric.shape != (n, n):
        raise InputError(f"the metric is {case.metric.shape[0]}×{case.metric.shape[1]} for {n} coordinates")
    if constants:
        case = _with(case, constants={**case.constants, **_by_symbol(case, constants, "constants")})
    if data is not None and not isinstance(data, Mapping) and hasattr(manifold, "row_values"):
        data = manifold.row_values(data)  # as the model itself takes them: labelled points, (rows, targets), a table
    if data is not None and not (isinstance(data, Mapping) and not data):
        case = _with(case, data={**case.data, **_by_symbol(case, data, "data")})
    if scalar is not None:
        if isinstance(scalar, str):
            raise InputError("scalar is a SymPy expression in the coordinates, not text")
        case = _with(case, scalar=read_expression(scalar, "scalar"))
    if points is not None:
        case = _with(case, points=read_points(points, case))
    if not case.points:
        case = _with(case, points=find_points(case, count, seed, regular))
    return case


def _metric_of(metric: Any) -> sp.ImmutableMatrix:
    """A rectangular array of expressions."""
    rows = metric.tolist() if hasattr(metric, "tolist") else read_list(metric, "the metric")
    rows = [read_list(row, "a row of the metric") for row in rows]
    if len({len(row) for row in rows}) != 1:
        raise InputError(f"the rows of the metric have different lengths: {[len(row) for row in rows]}")
    return sp.ImmutableMatrix(
        [[read_expression(e, f"metric component g[{i}, {j}]") for j, e in enumerate(r)] for i, r in enumerate(rows)]
    )


def concrete(expression: Any) -> sp.Expr:
    """Undefined functions f(u, …) as one fixed elementary function each: both sides of a comparison see the same one.

    >>> x, f = sp.Symbol("x"), sp.Function("f")
    >>> concrete(f(x).diff(x))
    cos(x + 4)/3
    """
    expression = read(expression)
    functions = sorted({f.func for f in expression.atoms(AppliedUndef)}, key=str)
    for f in functions:
        shift = sum(map(ord, str(f))) % 7
        replacement = sp.Lambda(u := sp.Dummy("u"), 2 + sp.sin(u + shift) / 3)
        expression = expression.replace(f, lambda *a, r=replacement: r(sp.Add(*((k + 1) * v for k, v in enumerate(a)))))
    return expression.doit() if functions else expression


def rows_of(source: Any) -> Any:
    """The rows that a source's means are compared on: those it brings, or draws for that; None where it has none."""
    for name in ("rows_for_checks", "row_values"):
        if hasattr(source, name):
            return getattr(source, name)()
    return getattr(source, "data", None)


def _with(case: Case, **changes: Any) -> Case:
    from dataclasses import replace

    return replace(case, **changes)


def _by_symbol(case: Case, values: Mapping[Any, Any], what: str) -> dict[sp.Symbol, Any]:
    symbols = set(case.metric.free_symbols)
    for entry in case.metric:
        for node in sp.preorder_traversal(entry):
            symbols.update(s for s in getattr(node, "variables", ()) or () if isinstance(s, sp.Symbol))
    known = sorted(symbols | set(case.constants) | set(case.data or {}), key=lambda s: s.name)
    return match_symbols(values, known, what)


def _tags_of(manifold: Any) -> frozenset[str]:
    kinds = {c.__name__ for c in type(manifold).__mro__}
    tags = set()
    if kinds & {"StatisticalManifold", "ExponentialFamily", "HessianManifold"}:
        tags.add("statistical")
    return frozenset(tags)


def _embedding_of(manifold: Any) -> tuple[sp.Expr, ...] | None:
    embedding = getattr(manifold, "embedding", None)
    if embedding is None or callable(embedding):
        return None
    return tuple(read(e) for e in embedding)


def read_points(points: Any, case: Case) -> tuple[tuple[fmpq, ...], ...]:
    """Points as exact numbers, from rows, one row, or mappings coordinate -> value."""
    rows = [points] if isinstance(points, Mapping) else list(points)
    if rows and not isinstance(rows[0], (Mapping, Sequence, np.ndarray, sp.Tuple)):
        rows = [rows]
    out = []
    for row in rows:
        if isinstance(row, Mapping):
            named = match_symbols(row, case.coordinates, "a point")
            if missing := [s.name for s in case.coordinates if s not in named]:
                raise InputError(f"a point lacks the coordinate {', '.join(missing)}")
            row = [named[s] for s in case.coordinates]
        if len(row) != case.dim:
            raise InputError(
                f"a point has {len(row)} numbers; {case.name} has the {case.dim} coordinates {case.coordinates}"
            )
        # What the program receives is float64; the reference is taken at exactly that number.
        out.append(tuple(exact_number(float(exact_float(v))) for v in row))
        if why := case.why_outside(out[-1]):
            raise InputError(f"{case.name}: {why}")
    if not out:
        raise InputError("points is empty; leave it out to have points chosen")
    return tuple(out)


def exact_float(value: Any) -> float:
    number = exact_number(value)
    return int(number.p) / int(number.q)


_PERIODIC = (sp.sin, sp.cos, sp.tan, sp.cot, sp.sec, sp.csc)


def angles_of(metric: sp.MatrixBase, coordinates: Sequence[sp.Symbol]) -> list[int]:
    """Which coordinates occur inside a periodic function."""
    inside = {
        s for entry in metric for f in entry.atoms(sp.Function) if isinstance(f, _PERIODIC) for s in f.free_symbols
    }
    return [k for k, s in enumerate(coordinates) if s in inside]


def _box(symbol: sp.Symbol, angle: bool) -> tuple[float, float]:
    if angle and not symbol.is_negative:
        return 0.25, 2.875  # within (0, π), and on both sides of π/2, where cosines change their sign
    if symbol.is_positive or symbol.is_nonnegative:
        return 0.25, 2.25
    if symbol.is_negative:
        return -2.25, -0.25
    return -1.25, 1.25


def find_points(case: Case, count: int, seed: int = 0, regular: bool = True) -> tuple[tuple[fmpq, ...], ...]:
    """Dyadic points, spread evenly, at which the metric is finite and not close to singular (unless it need not be
    ``regular``); other ones with another seed.
    """
    found: list[tuple[fmpq, ...]] = []
    angles = angles_of(case.metric, case.coordinates)
    boxes = [_box(s, k in angles) for k, s in enumerate(case.coordinates)]
    boxes = [_full_circle(case, boxes, k) if k in angles else box for k, box in enumerate(boxes)]
    boxes = [_within(box, s, case.domain) for box, s in zip(boxes, case.coordinates)]
    problem = "the metric is singular"
    for reach in (1.0, 0.25, 3.0):
        for k in range(1, 12 * count):
            point = []
            for d, (low, high) in enumerate(boxes):
                if reach != 1 and low > 0:
                    low, high = low / 2, high * reach
                elif reach != 1:
                    low, high = (0.1, 0.9) if k % 2 else (low * reach, high * reach)
                phase = (0.37 + 0.7549 * seed + k * _GOLDEN[d % len(_GOLDEN)] * (1 + d // len(_GOLDEN))) % 1
                point.append(fmpq(round((low + (high - low) * phase) * 64), 64))
            if tuple(point) in found:
                continue
            if case.why_outside(point):
                problem = "outside the domain"
                continue
            if not regular:
                found.append(tuple(point))
                if len(found) == count:
                    return tuple(found)
                continue
            try:
                jets = case.jets(point, 128)
            except UnsupportedExpression:
                raise
            except (ZeroDivisionError, ValueError) as error:
                problem = str(error) or type(error).__name__
                continue
            if all(v.is_finite() for v in (*jets.g.ravel(), *jets.ddg.ravel())) and _regular(jets.g):
                found.append(tuple(point))
            if len(found) == count:
                return tuple(found)
        if found:
            return tuple(found)
    raise NoUsablePoint(f"{case.name}: no regular point found near the origin ({problem}); give points=[...]")


def _full_circle(case: Case, boxes: Sequence[tuple[float, float]], k: int) -> tuple[float, float]:
    """The range of an angle: both signs, if the metric is regular all around."""
    low, high = boxes[k]
    if not case.coordinates[k].is_real or case.coordinates[k].is_nonnegative or not low > 0:
        return low, high
    rows = np.array([[(a + b) / 2 for a, b in boxes]] * 25)
    rows[:, k] = np.linspace(-3.1, 3.1, 25)
    try:
        with np.errstate(all="ignore"):
            volumes = np.linalg.det(case.metric_function()(rows))
    except (ValueError, ArithmeticError, TypeError, np.linalg.LinAlgError):
        return low, high
    whole = np.all(np.isfinite(volumes)) and np.min(np.abs(volumes)) > 1e-2 * np.max(np.abs(volumes))
    return (-high, high) if whole and len(set(np.sign(volumes))) == 1 else (low, high)


def _within(box: tuple[float, float], symbol: sp.Symbol, domain: Domain | None) -> tuple[float, float]:
    """The part of a range that the conditions on one coordinate alone allow, not close to its ends."""
    low, high = box
    for condition in domain.conditions if domain is not None else ():
        if condition.free_symbols == {symbol}:
            allowed = condition.as_set() if condition.is_Relational else sp.S.Reals
            if isinstance(allowed, sp.Interval):
                low, high = max(low, float(allowed.start)), min(high, float(allowed.end))
    margin = (high - low) / 10
    return (low + margin, high - margin) if (low, high) != box and margin > 0 else box


def _regular(g: Array) -> bool:
    values = floats(g)
    if not np.all(np.isfinite(values)):
        return False
    scale = np.sqrt(np.abs(np.diag(values)))
    scale[scale == 0] = 1
    return bool(np.linalg.cond(values / np.outer(scale, scale)) < 1e6)
