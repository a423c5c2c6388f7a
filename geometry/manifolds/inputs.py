"""Reading what people hand in, and saying clearly what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import sympy as sp

from ..exact import reading
from ..exact.errors import InputError
from ..exact.reading import read_symbols, short

__all__ = [
    "ManifoldError",
    "SingularMetricError",
    "read_array",
    "read_coordinates",
    "read_expression",
    "read_metric",
]


class ManifoldError(InputError):
    """Something that does not define a manifold; the message says what, where, and the remedy."""


class SingularMetricError(ManifoldError):
    """The determinant of the metric vanishes identically."""


MOST_DIGITS = 2_000  # that may be asked for


def read_coordinates(coordinates: Any) -> tuple[sp.Symbol, ...]:
    """The coordinates as a tuple of distinct symbols."""
    if isinstance(coordinates, sp.MatrixBase):
        coordinates = list(coordinates)
    found = read_symbols(coordinates, "coordinate", error=ManifoldError)
    if not found:
        raise ManifoldError("a manifold needs at least one coordinate")
    if not all(s.name.strip() for s in found):
        raise ManifoldError("a coordinate has no name; write e.g. x = sympy.Symbol('x')")
    return found


def read_expression(value: Any, where: str) -> sp.Expr:
    """A finite SymPy expression; strings are refused, because they would have to be evaluated."""
    if isinstance(value, str):
        raise ManifoldError(
            f"{where} is the string {short(value)}; hand in a SymPy expression (chentsov.parsing reads text)"
        )
    return reading.read_expression(value, where, ManifoldError)


def read_array(values: Any, dim: int, rank: int, what: str) -> sp.ImmutableDenseNDimArray:
    """An array of `rank` indices, each of `dim` values, from nested sequences or a matrix or array."""
    if isinstance(values, sp.MatrixBase) and rank == 1 and 1 in values.shape:
        values = list(values)
    shape, entries = _entries(values, what)
    if shape != (dim,) * rank:
        raise ManifoldError(f"{what} has shape {shape}; here it must be {(dim,) * rank}")
    return sp.ImmutableDenseNDimArray([read_expression(v, f"an entry of {what}") for v in entries], shape)


def _entries(values: Any, what: str) -> tuple[tuple[int, ...], list[Any]]:
    """The shape of nested sequences, and what they hold, the last index fastest."""
    if hasattr(values, "tolist"):
        values = values.tolist()
    if isinstance(values, (Mapping, set, frozenset)):
        raise ManifoldError(f"{what} must be an array or nested lists, not a {type(values).__name__}")
    if not isinstance(values, (list, tuple, sp.Tuple)):
        return (), [values]
    parts = [_entries(v, what) for v in values]
    if len({shape for shape, _ in parts}) > 1:
        raise ManifoldError(f"{what} cannot be read as an array: its rows have different shapes")
    inner = parts[0][0] if parts else ()
    return (len(parts), *inner), [e for _, entries in parts for e in entries]


def read_metric(metric: Any, coordinates: Sequence[sp.Symbol]) -> sp.ImmutableMatrix:
    """The metric as a square matrix of expressions of the right size; or a line element such as dr**2 + r**2*dphi**2.

    >>> r, phi, dr, dphi = sp.symbols("r phi dr dphi")
    >>> read_metric(dr**2 + 2*dr*dphi + r**2*dphi**2, (r, phi))
    Matrix([
    [1,    1],
    [1, r**2]])
    """
    if isinstance(metric, sp.Expr) and not isinstance(metric, (sp.MatrixExpr, sp.NDimArray)):
        metric = _of_line_element(metric, coordinates)
    if hasattr(metric, "tolist") and not isinstance(metric, sp.MatrixBase):
        metric = metric.tolist()
    if isinstance(metric, sp.MatrixExpr):
        metric = metric.as_explicit()
    try:
        if isinstance(metric, Mapping):
            raise TypeError
        rows = metric.tolist() if isinstance(metric, sp.MatrixBase) else [list(row) for row in metric]
    except TypeError:
        what = f"a {type(metric).__name__} without rows" if isinstance(metric, (list, tuple)) else type(metric).__name__
        raise ManifoldError(f"the metric must be a square matrix or a list of rows, not {what}") from None
    if len({len(row) for row in rows}) > 1:
        raise ManifoldError(f"the rows of the metric have different lengths: {[len(row) for row in rows]}")
    shape = (len(rows), len(rows[0]) if rows else 0)
    if shape[0] != shape[1]:
        raise ManifoldError(f"the metric is not square: its shape is {shape}")
    if shape[0] != len(coordinates):
        names = ", ".join(s.name for s in coordinates)
        raise ManifoldError(
            f"the metric is {shape[0]}×{shape[1]}, but there are {len(coordinates)} coordinates ({names})"
        )
    return sp.ImmutableMatrix(
        [[_real_component(v, f"metric component g[{i}, {j}]") for j, v in enumerate(r)] for i, r in enumerate(rows)]
    )


def _of_line_element(line: sp.Expr, coordinates: Sequence[sp.Symbol]) -> list[list[sp.Expr]]:
    """g_ij of ds² = g_ij dx^i dx^j, where the symbol of dx is called by the coordinate's name with a d before it."""
    named: dict[str, list[sp.Symbol]] = {}
    for symbol in line.free_symbols - set(coordinates):
        named.setdefault(symbol.name, []).append(symbol)
    steps = [named.get(f"d{x.name}", [sp.Dummy()]) for x in coordinates]
    if any(len(s) > 1 for s in steps):
        twice = next(s for s in steps if len(s) > 1)
        raise ManifoldError(f"the line element holds two symbols {twice[0].name} with different assumptions")
    d = [s[0] for s in steps]
    try:
        polynomial = sp.Poly(line, *d)
    except sp.PolynomialError:
        polynomial = None
    if polynomial is None or not polynomial.is_homogeneous or polynomial.total_degree() != 2:
        names = ", ".join(f"d{x.name}" for x in coordinates)
        raise ManifoldError(
            f"the line element {short(line)} is not a quadratic form in the differentials {names} of the coordinates"
        )
    n = len(d)

    def entry(i: int, j: int) -> sp.Expr:
        powers = [0] * n
        powers[i] += 1
        powers[j] += 1
        value = polynomial.coeff_monomial(tuple(powers))
        return value if i == j else value / 2

    return [[entry(i, j) for j in range(n)] for i in range(n)]


def _real_component(value: Any, where: str) -> sp.Expr:
    expression = read_expression(value, where)
    if not expression.is_commutative or not _may_leave_the_reals(expression):
        return expression  # (the field says what it cannot take)
    if (expression.is_real is False or expression.has(sp.I)) and _nowhere_real(expression):
        raise ManifoldError(f"{where} is {short(expression)}, which is not real; a metric has real components")
    for power in expression.atoms(sp.Pow):
        if power.base.is_number and power.base.is_negative and power.exp.is_integer is not True:
            raise ManifoldError(
                f"{where} holds {short(power)}, which is real only where the exponent is a whole number"
            )
    for part in expression.atoms(sp.Function):
        if part.is_number and not part.is_real and _nowhere_real(part):
            raise ManifoldError(f"{where} holds {short(part)} = {part.evalf(6)}, which is not real")
    return expression


#: Functions with a real value at every real argument where they have one.
_REAL = (sp.sin, sp.cos, sp.tan, sp.exp, sp.sinh, sp.cosh, sp.tanh, sp.atan, sp.asinh, sp.Abs, sp.sign, sp.Max, sp.Min)


@lru_cache(maxsize=4096)
def _may_leave_the_reals(expression: sp.Basic) -> bool:
    """Whether an expression holds an operation that may be no real number although what it is made from is real."""
    if isinstance(expression, sp.Pow):
        own = not expression.exp.is_Integer
    elif isinstance(expression, (sp.Function, sp.Max, sp.Min)):
        own = not isinstance(expression, _REAL)
    else:
        own = expression is sp.I or expression.is_Symbol and expression.is_real is False
    return own or any(map(_may_leave_the_reals, expression.args))


def _nowhere_real(expression: sp.Expr) -> bool:
    """Whether an expression has an imaginary part at each of some real points (SymPy's own answer may be wrong)."""
    symbols = sorted(expression.free_symbols, key=lambda s: s.name)
    for k in range(1, 5):
        point = {s: sp.Rational(2 * k + n + 1, 3 + n) for n, s in enumerate(symbols)}
        value = expression.doit().subs(point).evalf(20)
        if not value.is_number or abs(sp.im(value)) <= sp.Float(10) ** -12 * (1 + abs(value)):
            return False
    return True
