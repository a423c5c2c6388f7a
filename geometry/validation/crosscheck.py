"""A second opinion on a curvature, from an oracle that shares no code with this engine.

For a surface the oracle is asked once for the Ricci scalar of a metric with undefined components, and is then fed jets
(g, ∂g, ∂²g) that are not made by the engine either: by the model's own ``metric_jet`` where it has one, else by ball
arithmetic on the metric alone. In other dimensions, and for other tensors, it is given the metric itself.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import flint
import numpy as np
import sympy as sp
from mpmath import mp

from ..exact import Mean
from ..exact.budget import time_limit
from ..exact.errors import InputError
from ..exact.reading import match_symbols, read, read_number, short
from ..exact.tables import by_name, one_length, read_columns
from ..kernels.ball import HighPrecision
from ..kernels.contraction import Contraction
from ..manifolds.recipes import closed_form_pays, geometry_of, second_recipe
from ..manifolds.riemannian import RiemannianManifold
from . import crosscheck_einsteinpy as einsteinpy
from .cases import concrete, rows_of
from .comparison import Comparison, CrossCheck
from .identities import equal_in_field, field_of

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Comparison", "CrossCheck", "crosscheck", "crosscheck_grid"]

# Working precision in units of the digits compared: a curvature cancels most of the digits of its jet.
_SPARE = 8
_BITS = 256  # of the balls where the engine's side is a machine number


def relative_difference(ours: Any, theirs: Any) -> float:
    """|a − b| / max(|a|, |b|); 0 where both are 0, NaN where one is not a number.

    >>> relative_difference(1.0, 1.0), relative_difference(0, 0), relative_difference(1, -1)
    (0.0, 0.0, 2.0)
    """
    if ours != ours or theirs != theirs:
        return math.nan
    if ours == theirs:
        return 0.0
    return float(abs(ours - theirs) / max(abs(ours), abs(theirs)))


def _against_oracle(ours: Any, jet_at: Callable[[int], Any], digits: int) -> float:
    """The difference of R from the oracle's; NaN where det g is lost in cancellation at every number of digits tried.

    A saturated row is smaller than the others by hundreds of digits, and may be all that makes a metric regular.
    """
    for wanted in (digits, 4 * digits, 16 * digits):
        with mp.workdps(_SPARE * wanted):
            try:
                return _against_jet(ours, jet_at(wanted), wanted)
            except ZeroDivisionError:
                continue
    return math.nan


def _against_jet(ours: Any, jet: Any, digits: int) -> float:
    """The difference of R from the oracle's R of a jet; an R that vanishes is compared with the terms that cancel."""
    theirs, scale = einsteinpy.ricci_scalar_and_scale(jet)
    if abs(theirs) < scale * mp.mpf(10) ** (5 - digits):
        return float(abs(ours) / scale)
    return relative_difference(ours, theirs)


def _worst(differences: Iterable[float]) -> float:
    found = list(differences)
    return math.nan if any(d != d for d in found) else max(found, default=math.nan)


def _oracle(name: str) -> str:
    if name != "einsteinpy":
        raise InputError(f"unknown oracle '{name}': known are einsteinpy, jets, arb, jax")
    return f"EinsteinPy {einsteinpy.einsteinpy_version()}"


def crosscheck(
    source: Any,
    quantity: str = "ricci_scalar",
    *,
    oracle: str = "einsteinpy",
    points: int = 5,
    at: Sequence[Mapping[Any, Any]] | None = None,
    constants: Mapping[Any, Any] | None = None,
    data: Mapping[Any, Any] | None = None,
    seed: int = 0,
    digits: int | None = None,
    tolerance: float | None = None,
    seconds: float | None = 60,
) -> CrossCheck:
    """Compare the engine's closed form of a quantity with the oracle's, at points and to many digits.

    The oracle "einsteinpy" works symbolically: the route is "symbolic" where both expressions are proved equal in a
    differential field, else "numeric"; the digits at the points are compared either way. "jets", "arb" and "jax" are
    those of `oracles.ask_oracle`, and tell the times of both sides (quantity="all" asks for tensor after tensor).

    Args:
        source: a manifold, or a model with `coordinates`, `expression_of` and a `metric`.
        quantity: one of christoffel, riemann, riemann_lowered, ricci, ricci_scalar, einstein, weyl.
        points: how many points to draw where `at` is not given: rationals in (1/4, 5/4) for every coordinate and
            constant.
        at: points, {coordinate or its name: number}.
        constants: values of constants, else drawn.
        data: {row variable or its name: column} for the means in the metric; a model brings its own.
        seed: of the points that are drawn.
        digits: digits of the comparison, 30 if left out; the oracle "jax" has 15 and takes no other number.
        tolerance: what worst relative difference passes; if left out, 1e-20 (1e-8 or more for means over data, where R
            is a machine number), and with the other oracles what is stated in `oracles.ORACLES`.
        seconds: how long the oracle may take symbolically.

    Raises:
        ValueError: an unknown oracle or quantity, or no point at which the quantity is finite.
        OracleTimeout: the oracle did not finish.

    >>> from chentsov.geometry.manifolds import RiemannianManifold
    >>> m, s = sp.symbols("m s", positive=True)
    >>> normal = RiemannianManifold([[1/s**2, 0], [0, 2/s**2]], (m, s), name="normal family")
    >>> crosscheck(normal, "ricci", points=2).passed
    True
    """
    if oracle in ("jets", "arb", "jax") or (quantity == "all" and oracle == "einsteinpy"):
        from .oracles import TENSORS, ask_oracle

        wanted = TENSORS if quantity == "all" else (quantity,)
        return ask_oracle(
            source, wanted, oracle=oracle, points=at, constants=constants, data=data, count=points, seed=seed,
            digits=digits, tolerance=tolerance, seconds=seconds or 3600.0,
        )  # fmt: skip
    title = _oracle(oracle)
    if not hasattr(source, "metric") or not hasattr(source, "coordinates"):
        raise InputError(f"the source is a manifold or a model with a metric, not {short(source)}")
    if quantity not in einsteinpy.TENSORS:
        raise InputError(f"the cross-check knows {', '.join(einsteinpy.TENSORS)}, not '{quantity}'")
    rows = _given_rows(data, source.metric) if data is not None else rows_of(source) or {}
    dim = len(source.coordinates)
    if rows and quantity == "ricci_scalar" and (dim > 2 or (dim == 1 and not isinstance(source, RiemannianManifold))):
        if digits is not None:
            raise InputError(
                "R of means over data in more than two coordinates is compared in machine numbers: leave digits= out"
            )
        return _at_points(source, rows, at, constants or {}, points, seed, tolerance)
    digits, tolerance = 30 if digits is None else digits, 1e-20 if tolerance is None else tolerance
    metric = sp.Matrix(source.metric)
    ours = _entries(_formula(source, quantity))
    symbols = _free_symbols([*metric, *(e for e in ours if isinstance(e, sp.Expr))], source.coordinates)
    places = _places(symbols, at, constants or {}, points, seed)
    through_jets = bool(rows) or metric.has(Mean)
    if through_jets and (quantity != "ricci_scalar" or dim != 2):
        raise InputError("a metric of means over data can be cross-checked in two dimensions, by its ricci_scalar")
    theirs = [] if through_jets else _entries(einsteinpy.symbolic(metric, source.coordinates, quantity, seconds))
    contracted = any(isinstance(e, Contraction) for e in ours)
    decided = not through_jets and not contracted and _decided(ours, theirs, source)
    if not contracted:
        ours, theirs = [concrete(e) for e in ours], [concrete(e) for e in theirs]
    differences, used = [], 0
    for place in places:
        with mp.workdps(_SPARE * digits):
            if contracted:
                mine = HighPrecision(ours, list(place))(*place.values())
            else:
                mine = [_number(e, place, rows, digits) for e in ours]
            if through_jets:
                differences.append(_against_oracle(mine[0], partial(_jet_at, source, metric, place, rows), digits))
            else:
                other = [_number(e, place, rows, digits) for e in theirs]
                if at is None and not all(mp.isfinite(v) for v in (*mine, *other)):
                    continue
                differences += [relative_difference(a, b) for a, b in zip(mine, other, strict=True)]
            used += 1
    if not used:
        raise InputError(f"{quantity} is not finite at any of the points tried; name points with at=[{{...}}]")
    route = "undefined g(x), jets" if through_jets else "symbolic" if decided else "numeric"
    name = getattr(source, "name", None) or type(source).__name__
    return CrossCheck(title, (Comparison(name, quantity, route, used, _worst(differences), tolerance),))


def _given_rows(data: Any, metric: Iterable[sp.Expr]) -> dict[sp.Symbol, Any]:
    """{row variable: its column as it was given} for the means in a metric, from columns by symbol or by name."""
    variables = sorted({v for entry in metric for mean in entry.atoms(Mean) for v in mean.variables}, key=str)
    if not variables:
        return {}
    one_length(read_columns(data, variables))
    given = by_name(data, names=[v.name for v in variables])
    return {v: given[v.name] for v in variables}


def crosscheck_grid(
    source: Any,
    values: xr.Dataset,
    *,
    oracle: str = "einsteinpy",
    points: int = 32,
    seed: int = 0,
    digits: int = 30,
    tolerance: float = 1e-9,
) -> CrossCheck:
    """Compare R on a grid of a two-dimensional `source` with the oracle: at the four corners and at random cells.

    `values` is what ``source.on_grid`` returned; cells without a number (and with a reason in ``status``) are left out.

    Raises ValueError if no cell holds a number.
    """
    title = _oracle(oracle)
    rows = rows_of(source) or {}
    axes = [values[c.name].values for c in source.coordinates]
    field = values["ricci_scalar"].transpose(*(c.name for c in source.coordinates)).values
    finite = np.flatnonzero(np.isfinite(field))
    if not finite.size:
        raise InputError("no cell of the grid holds a number to compare")
    corners = [cell for cell in itertools.product(*((0, len(axis) - 1) for axis in axes)) if math.isfinite(field[cell])]
    drawn = random.Random(seed).sample(range(finite.size), min(finite.size, points))
    cells = (np.unravel_index(finite[k], field.shape) for k in drawn)
    chosen = dict.fromkeys([*corners, *(tuple(map(int, cell)) for cell in cells)])
    metric = sp.Matrix(source.metric)
    differences = []
    for cell in chosen:
        place = {c: float(axis[k]) for c, axis, k in zip(source.coordinates, axes, cell)}
        ours = mp.mpf(float(field[cell]))
        differences.append(_against_oracle(ours, partial(_jet_at, source, metric, place, rows), digits))
    name = getattr(source, "name", None) or type(source).__name__
    what, route = f"ricci_scalar ({field.dtype})", "undefined g(x), jets"
    return CrossCheck(title, (Comparison(name, what, route, len(chosen), _worst(differences), tolerance),))


def _at_points(
    source: Any,
    rows: Mapping[Any, Any],
    at: Any,
    constants: Mapping[Any, Any],
    points: int,
    seed: int,
    tolerance: float | None,
) -> CrossCheck:
    """R of means over data in any number of coordinates: the engine's numbers at points, beside 2-jets of the metric in
    balls that go through the validator's own pipeline (EinsteinPy has no such metric but for surfaces)."""
    from ..manifolds.recipes import metric_of
    from .cases import Case, as_case

    metric = metric_of(source)
    symbols = _free_symbols(list(metric), source.coordinates)
    name = str(getattr(source, "name", None) or type(source).__name__)
    dice = random.Random(seed)
    differences: list[float] = []
    allowed = 1e-8 if tolerance is None else tolerance
    # Weights of both signs: equal ones make a network nearly singular, where machine numbers decide nothing.
    drawn = _places(symbols, at, constants, points if at is not None else 20 * points, seed)
    for place in drawn:
        if at is None:
            place = {
                s: v if s.is_positive or s not in source.coordinates else v * dice.choice((1, -1))
                for s, v in place.items()
            }
        fixed = {s: place[s] for s in symbols if s not in source.coordinates}
        ours = source.curvature_at([float(place[c]) for c in source.coordinates], data=rows, constants=fixed)
        if at is None and ours.condition > 1e4:
            continue
        if tolerance is None:
            allowed = max(allowed, 1e-12 * ours.condition**2)  # what rounding of the row gradients may do
        origin = Case(name, sp.ImmutableMatrix(metric), tuple(source.coordinates))
        case = as_case(origin, [[place[c] for c in source.coordinates]], constants=fixed, data=rows)
        with flint.ctx.workprec(_BITS):
            theirs = case.run(case.points[0], _BITS)["ricci_scalar"][0]
        differences.append(relative_difference(ours.ricci_scalar, float(np.asarray(theirs).item().mid())))
        if len(differences) == points:
            break
    if not differences:
        raise InputError("the metric is nearly singular at all the points tried; name points with at=[{...}]")
    compared = Comparison(name, "ricci_scalar", "2-jets in balls", len(differences), _worst(differences), allowed)
    return CrossCheck("2-jets in ball arithmetic", (compared,))


def _decided(ours: Sequence[sp.Expr], theirs: Sequence[sp.Expr], source: Any) -> bool:
    """Whether the two are equal as elements of a differential field; False also where that cannot be decided."""
    from ..exact import TimeBudgetExceeded, UnsupportedFunction

    try:
        with time_limit(10.0):
            return equal_in_field(sp.Array(ours), sp.Array(theirs), field_of(source))
    except (UnsupportedFunction, TimeBudgetExceeded, NotImplementedError, ZeroDivisionError):
        return False


# -- points and numbers ------------------------------------------------------------------------------------------------


def _formula(source: Any, quantity: str) -> Any:
    """The closed form where it comes at once or means occur; else contractions of the jet."""
    manifold = geometry_of(source)
    if not isinstance(manifold, RiemannianManifold) or any(e.has(Mean) for e in manifold.metric):
        return source.expression_of(quantity)
    return source.expression_of(quantity) if closed_form_pays(manifold, quantity) else second_recipe(source, quantity)


def _entries(value: Any) -> list[Any]:
    """The components of a tensor: expressions, or contractions."""
    if isinstance(value, Contraction):
        return [value]
    return list(sp.flatten(value.tolist())) if hasattr(value, "tolist") else [read(value, "the value")]


def _free_symbols(expressions: Sequence[sp.Expr], coordinates: Sequence[sp.Symbol]) -> list[sp.Symbol]:
    others = {s for e in expressions for s in e.free_symbols} - set(coordinates)
    return [*coordinates, *sorted(others, key=lambda s: s.name)]


def _places(
    symbols: Sequence[sp.Symbol],
    at: Sequence[Mapping[Any, Any]] | None,
    constants: Mapping[Any, Any],
    points: int,
    seed: int,
) -> list[dict[sp.Symbol, Any]]:
    """{symbol: number} for every point, given ones completed by random rationals."""
    if points < 1:
        raise InputError(f"at least one point is needed, not {points}")
    dice = random.Random(seed)
    listed = at if at is not None else [{}] * points
    if isinstance(listed, (str, Mapping)) or not hasattr(listed, "__len__"):
        raise InputError(f"at= holds points [{{coordinate: number}}, ...], not {short(listed)}")
    stranger = "'{name}' is not a coordinate or constant of the metric"
    held = match_symbols(constants, symbols, "constants", stranger=stranger)
    places = []
    for given in listed:
        named = {**held, **match_symbols(given, symbols, "at", stranger=stranger)}
        drawn = {s: sp.Rational(dice.randint(26, 124), 100) for s in symbols}
        places.append({s: read_number(named[s], f"the value of {s}") if s in named else drawn[s] for s in symbols})
    return places


def _number(expression: sp.Expr, place: Mapping[sp.Symbol, Any], rows: Mapping[Any, Any], digits: int) -> Any:
    """An expression at a point: by ball arithmetic, or by SymPy where it holds a function that has none."""
    from .jets import JetEvaluator, UnsupportedExpression

    for precision in (4 * digits, 16 * digits, 64 * digits):
        try:
            ball = JetEvaluator(place, (), rows, precision).value(expression)
        except UnsupportedExpression:
            return _decimal(expression.subs(place).evalf(2 * digits))
        if not ball.is_finite() or ball.rel_accuracy_bits() > 3.4 * digits:
            break
    return _decimal(ball)


def _decimal(number: Any) -> Any:
    """The midpoint of a ball, or a SymPy number, as an mpmath number."""
    if isinstance(number, sp.Basic):
        return number._to_mpmath(mp.prec) if number.is_number and number.is_real else mp.nan
    if not number.is_finite():
        return mp.nan
    mantissa, exponent = number.mid().man_exp()
    return mp.ldexp(mp.mpf(int(mantissa)), int(exponent))


def _jet_at(
    source: Any, metric: sp.Matrix, place: Mapping[sp.Symbol, Any], rows: Mapping[Any, Any], digits: int
) -> Any:
    """g, ∂g, ∂²g at a point, by the model's own derivation or by ball arithmetic on the metric."""
    if hasattr(source, "metric_jet"):
        return source.metric_jet([place[c] for c in source.coordinates], digits)
    from .jets import JetEvaluator

    evaluator = JetEvaluator(place, source.coordinates, rows, 8 * digits)
    jet = {}
    for i, j in ((0, 0), (0, 1), (1, 1)):
        ball = evaluator.jet(metric[i, j])
        zero = [0] * 3
        first, second = ball.first or zero[:2], ball.second or zero
        numbers = (ball.value, *first, *second)
        jet[i, j] = {
            k: _decimal(v) if v else mp.zero for k, v in zip(((), (0,), (1,), (0, 0), (0, 1), (1, 1)), numbers)
        }
    return jet
