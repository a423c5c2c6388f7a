"""What a kernel is given, read and checked: expressions, symbols, constants, arrays, rows of data, shapes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from ..exact.errors import InputError
from ..exact.reading import read, read_number, short
from ..exact.tables import by_name, one_length, read_columns, read_reals
from .contraction import Contraction
from .program import nearest

__all__ = [
    "broadcast",
    "collapsed",
    "flattened",
    "read_array",
    "read_constant",
    "read_dtype",
    "read_rows",
    "read_symbols",
    "sampled_span",
    "Guard",
    "refuse_broken_promises",
    "refuse_if_too_large",
    "sign_of",
    "span",
]


#: What symbols may be declared to be, as tests of arrays.
PROMISES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "positive": lambda v: v > 0,
    "negative": lambda v: v < 0,
    "nonnegative": lambda v: v >= 0,
    "nonpositive": lambda v: v <= 0,
    "nonzero": lambda v: v != 0,
    "integer": lambda v: v == np.floor(v),
    "even": lambda v: v % 2 == 0,
    "odd": lambda v: v % 2 == 1,
}


#: Those of them that are comparisons with zero, as what breaks them: machine code asks that of numbers that it reads
#: anyway. The first that a symbol has says all.
SIGNS = {"positive": "ole", "negative": "oge", "nonnegative": "olt", "nonpositive": "ogt", "nonzero": "oeq"}


#: Comparisons with numbers that none of an input's numbers may fulfil; machine code notes it where it reads them.
Guard = tuple[tuple[str, float], ...]


def sign_of(symbol: sp.Symbol) -> str | None:
    """The comparison with zero that breaks what the symbol was declared to be, if this is all that it was declared."""
    if any(getattr(symbol, f"is_{promise}") for promise in PROMISES if promise not in SIGNS):
        return None
    return next((broken for promise, broken in SIGNS.items() if getattr(symbol, f"is_{promise}")), None)


def refuse_broken_promises(symbols: Sequence[sp.Symbol], arrays: Sequence[np.ndarray]) -> None:
    """Refuse numbers that their symbols were declared not to be: the formula was rewritten by what was declared.

    Raises:
        InputError: a number that is not positive where the symbol is, and so on for `PROMISES`; NaN passes.
    """
    for symbol, array in zip(symbols, arrays):
        for promise, holds in PROMISES.items():
            if getattr(symbol, f"is_{promise}") and not (good := holds(array) | np.isnan(array)).all():
                bad = np.ravel(array)[int(np.argmin(np.ravel(good)))]
                raise InputError(
                    f"{symbol} holds {bad}, and was declared {promise}: hand in such numbers only, or declare the "
                    "symbol without that assumption"
                )


def read_dtype(dtype: Any) -> np.dtype:
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = np.dtype(object)
    if found.name not in ("float64", "float32") or not found.isnative:
        raise InputError(f"dtype {dtype!r}: kernels run in float64 or float32")
    return found


def flattened(expressions: Any) -> tuple[list[sp.Expr], Any]:
    """Scalar expressions, and the shape to give the result: None, a tuple of components, or list."""
    if isinstance(expressions, (sp.MatrixBase, sp.NDimArray)):
        shape: Any = tuple(int(n) for n in expressions.shape)
        flat = list(sp.flatten(expressions.tolist())) if shape else [expressions[()]]
    elif isinstance(expressions, (list, tuple, sp.Tuple)):
        flat, shape = list(expressions), list
    elif isinstance(expressions, np.ndarray):
        flat, shape = list(expressions.ravel()), tuple(expressions.shape)
    else:
        flat, shape = [expressions], None
    flat = [e if isinstance(e, Contraction) else read(e) for e in flat]
    for e in flat:
        if not isinstance(e, (sp.Expr, Contraction)):
            raise InputError(f"not an expression to evaluate: {e!r} ({type(e).__name__})")
    if not flat:
        raise InputError("no expressions to compile: the list is empty")
    return flat, shape


def read_symbols(expressions: Sequence[sp.Expr], names: Sequence[sp.Symbol | str]) -> list[sp.Symbol]:
    """Symbols for names: the one of that name in the expressions, with its assumptions."""
    free: dict[str, sp.Symbol] = {}
    twice = set()
    for s in {s for e in expressions for s in e.free_symbols}:
        twice.update({s.name} & set(free))
        free[s.name] = s
    out = []
    for name in names:
        if isinstance(name, sp.Symbol):
            out.append(name)
        elif isinstance(name, str):
            if name in twice:
                raise InputError(f"two symbols of the expressions have the name {name!r}: give the symbol itself")
            out.append(free.get(name, sp.Symbol(name)))
        else:
            raise InputError(f"an argument must be a SymPy symbol or its name, not {name!r}")
    return out


def read_constant(symbol: sp.Symbol, value: Any, kind: str = "constant") -> float | sp.Expr:
    """The value of a constant: a float if it is a machine number, else (π, 1/3, 2^1100) as it is.

    Raises:
        ValueError: no real finite number.
    """
    if isinstance(value, (str, bytes, np.ma.core.MaskedConstant)):
        value = read_number(value, f"the {kind} {symbol} must be a real number; its value")
    try:
        exact = value
        if isinstance(value, (int, np.integer)):
            exact = sp.Integer(int(value))
        elif isinstance(value, (Fraction, Decimal)):
            exact = sp.Rational(Fraction(value))
        elif isinstance(value, np.longdouble):
            exact = sp.Rational(*map(int, value.as_integer_ratio()))
        elif isinstance(value, (sp.Float, mpmath.mpf)):
            exact = sp.Rational(sp.Float(value))
        if not isinstance(exact, sp.Expr):
            number = float(value)
            if math.isfinite(number):
                return number
        elif exact.is_Rational:
            number = nearest(Fraction(int(exact.p), int(exact.q)))
            return (
                number if math.isfinite(number) and Fraction(number) == Fraction(int(exact.p), int(exact.q)) else exact
            )
        elif math.isfinite(float(exact)):
            return exact
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"the {kind} {symbol} must be a real number, not {short(value)}") from None
    raise InputError(f"the {kind} {symbol} is not a finite number: {short(value)}")


def read_array(value: Any, name: str, dtype: np.dtype) -> np.ndarray:
    return read_reals(value, name, dtype=dtype, hidden=np.nan)  # what a mask hides is no number


def read_rows(tables: Mapping[str, str], data: Any, dtype: np.dtype) -> dict[str, np.ndarray]:
    """The columns of the data, checked: all there, one-dimensional, finite, as long as each other."""
    columns = read_columns(by_name(data), list(tables), dtype=dtype)
    for table in set(tables.values()):
        one_length({key: columns[key] for key in tables if tables[key] == table})
    return columns


def broadcast(shapes: Mapping[str, tuple[int, ...]]) -> tuple[int, ...]:
    """The shape that arrays broadcast to, however large."""
    rank = max((len(s) for s in shapes.values()), default=0)
    out = []
    for lengths in zip(*((1,) * (rank - len(s)) + s for s in shapes.values())):
        longer = set(lengths) - {1}
        if len(longer) > 1:
            listed = ", ".join(f"{k}: {s}" for k, s in shapes.items())
            raise InputError(f"the arguments do not broadcast against one another ({listed})")
        out.append(longer.pop() if longer else 1)
    return tuple(out)


def refuse_if_too_large(needed: int) -> None:
    from .memory import available

    if needed < 1 << 24:
        return
    limit = available()
    if needed > limit:
        raise InputError(
            f"the result needs {needed / 2**30:.1f} GiB and about {limit / 2**30:.1f} GiB are free; "
            f"evaluate it in parts, or use on_grid with chunks="
        )


def span(array: np.ndarray) -> tuple[float, float]:
    if not array.size:
        return (0.0, 0.0)
    low, high = float(np.min(array)), float(np.max(array))
    return (low, high) if np.isfinite(low) and np.isfinite(high) else (-np.inf, np.inf)


def sampled_span(array: np.ndarray) -> tuple[float, float]:
    """The range of some hundreds of the numbers, the first and the last among them."""
    flat = array.reshape(-1)
    return span(np.append(flat[:: max(1, flat.size >> 8)], flat[-1:]))


def collapsed(
    shape: tuple[int, ...], arrays: Sequence[np.ndarray]
) -> tuple[tuple[int, ...], list[frozenset[int]], list[np.ndarray]]:
    """Fewest axes: those of length one dropped, neighbours that every argument treats alike merged.

    Returns the lengths, the axes each argument depends on, and the arguments over their own axes only.
    """
    full = [a.reshape((1,) * (len(shape) - a.ndim) + a.shape) for a in arrays]
    uses = [frozenset(k for k, a in enumerate(full) if a.shape[d] > 1) for d in range(len(shape))]
    groups: list[list[int]] = []
    for d, n in enumerate(shape):
        if n == 1:
            continue
        if groups and uses[groups[-1][-1]] == uses[d]:
            groups[-1].append(d)
        else:
            groups.append([d])
    extents = tuple(math.prod(shape[d] for d in group) for group in groups)
    loops = [frozenset(g for g, group in enumerate(groups) if k in uses[group[0]]) for k in range(len(full))]
    thin = [np.ascontiguousarray(a).reshape([extents[g] for g in sorted(loops[k])]) for k, a in enumerate(full)]
    return extents, loops, thin
