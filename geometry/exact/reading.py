"""The door: what people hand in, as expressions, numbers and values by symbol. Text is never run.

Every place that takes an expression, a number, a point or values by name reads it here, so that the same thing is
understood in the same way everywhere, and what is wrong with it is said in one sentence: the argument, the offending
piece, the remedy. Floats are read as the decimals that were meant (`decimals.shortest_decimal`).
"""

from __future__ import annotations

import difflib
import functools
import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from sympy.concrete.expr_with_limits import ExprWithLimits

from .decimals import shortest_decimal, with_exact_numbers
from .errors import InputError

__all__ = [
    "declaration_broken",
    "match_point",
    "match_symbols",
    "nearest",
    "read",
    "read_bound",
    "read_count",
    "read_expression",
    "read_float",
    "read_list",
    "read_made",
    "read_number",
    "read_point",
    "read_symbols",
    "read_values",
    "short",
    "takes_expressions",
]

Kind = type[InputError]

_NUMERAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_MAX_DIGITS = 5_000  # of a numeral


def short(value: Any, length: int = 60) -> str:
    """What was handed in, for a message: one line, and never longer than `length` characters."""
    try:
        text = value if isinstance(value, sp.Basic) and not isinstance(value, sp.Symbol) else repr(value)
        text = " ".join(str(text)[: 20 * length].split())
    except Exception:  # a stranger's __repr__
        text = f"a {type(value).__name__}"
    return text if len(text) <= length else f"{text[: length - 1]}…"


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the name that was probably meant, else all there are.

    >>> nearest("sigmq", ["mu", "sigma"]), nearest("t", ["mu", "sigma"])
    ("did you mean 'sigma'?", 'known: mu, sigma')
    """
    listed = list(dict.fromkeys(known))
    close = difflib.get_close_matches(name[:60], listed, 1)
    return f"did you mean '{close[0]}'?" if close else f"known: {short_list(listed)}"


def short_list(names: Sequence[str]) -> str:
    return ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "") if names else "none"


# -- expressions -------------------------------------------------------------------------------------------------------


def read(value: Any, where: str = "the expression", error: Kind = InputError) -> Any:
    """The value as SymPy has it.

    SymPy's own reading of a string evaluates it as a program. So text is refused here, and so is an object
    that SymPy would read by its text.

    Raises:
        InputError: text, or an object that is no expression; it says how text is read.

    >>> read(2), read(sp.Symbol("x") + 1)
    (2, x + 1)
    >>> read("x + 1")  # doctest: +NORMALIZE_WHITESPACE
    Traceback (most recent call last):
        ...
    chentsov.geometry.exact.errors.InputError: the expression is the text 'x + 1': read it with
        chentsov.parsing.parse_expression, which evaluates nothing
    """
    if isinstance(value, (str, bytes)):
        raise error(
            f"{where} is the text {short(value)}: read it with chentsov.parsing.parse_expression, "
            "which evaluates nothing"
        )
    # SymPy reads what containers hold without being strict about it, so their parts are read here.
    if isinstance(value, (list, tuple, set, frozenset)):
        return sp.Tuple(*(read(v, where, error) for v in value))
    if isinstance(value, Mapping):
        return sp.Dict({read(k, where, error): read(v, where, error) for k, v in value.items()})
    if isinstance(value, np.ndarray) and value.ndim:
        return sp.ImmutableDenseNDimArray([read(v, where, error) for v in value.ravel()], value.shape)
    try:
        return sp.sympify(value, strict=True)
    except (sp.SympifyError, TypeError, ValueError, AttributeError, RecursionError):
        raise error(f"{where} is {short(value)}, which is no expression") from None


def read_made(function: Callable[..., Any], arguments: Sequence[sp.Expr], where: str, error: Kind = InputError) -> Any:
    r"""What a caller's function makes of symbols, read.

    >>> import math
    >>> try:
    ...     read_made(math.log, [sp.Symbol("u")], "the activation")
    ... except InputError as problem:
    ...     print(str(problem).replace(": ", ":\n"))
    the activation cannot be called with SymPy symbols (Cannot convert expression to float):
    write it in SymPy's functions, such as sp.log
    """
    try:
        made = function(*arguments)
    except (TypeError, AttributeError) as problem:
        reason = " ".join(str(problem).split())
        raise error(
            f"{where} cannot be called with SymPy symbols ({reason:.60}): write it in SymPy's functions, such as sp.log"
        ) from problem
    return read(made, f"the value of {where}", error)


def read_bound(value: Any, where: str = "the bound", error: Kind = InputError) -> sp.Expr:
    """An exact real expression, or an infinity: the end of a range.

    >>> read_bound(0.5), read_bound(float("inf"))
    (1/2, oo)
    """
    expression = read(value, where, error)
    if not isinstance(expression, sp.Expr):
        raise error(f"{where} is {short(value)}, which is no scalar expression")
    expression = with_exact_numbers(expression)
    if expression in (sp.oo, -sp.oo):
        return expression
    return _real(_finite(expression, where, error), where, error)


def read_expression(value: Any, where: str = "the expression", error: Kind = InputError) -> sp.Expr:
    """A scalar expression of exact finite numbers; infinite ends of sums and integrals in it are no values.

    Raises:
        InputError: text, no scalar, or an infinity or NaN in it.

    >>> read_expression(0.1 * sp.Symbol("x"))
    x/10
    """
    expression = read(value, where, error)
    if not isinstance(expression, sp.Expr):
        raise error(f"{where} is {short(value)}, which is not a scalar expression")
    return with_exact_numbers(_finite(expression, where, error))


_INFINITE = (sp.nan, sp.zoo, sp.oo, -sp.oo)


def _finite(expression: sp.Expr, where: str, error: Kind) -> sp.Expr:
    if expression.has(*_INFINITE) and _holds_infinity(expression):
        raise error(f"{where} is {short(expression)}, which is not finite")
    return expression


def _holds_infinity(e: Any) -> bool:
    """Whether an infinity or NaN stands in it as a value; the range of a sum or integral is none."""
    if isinstance(e, ExprWithLimits):
        ends = [end for limit in e.limits for end in limit[1:]]
        return _holds_infinity(e.function) or any(end not in (sp.oo, -sp.oo) and _holds_infinity(end) for end in ends)
    return e in _INFINITE or any(map(_holds_infinity, e.args))


def _real(expression: sp.Expr, where: str, error: Kind) -> sp.Expr:
    if expression.is_real is False:
        raise error(f"{where} is {short(expression)}, which is not real")
    return expression


def read_list(values: Any, what: str, error: Kind = InputError) -> list[Any]:
    """The items of a sequence; text and single values are none."""
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
        raise error(f"{what} must be a sequence, not {short(values)}")
    return list(values)


# -- numbers -----------------------------------------------------------------------------------------------------------


def read_number(value: Any, where: str = "the number", error: Kind = InputError) -> sp.Expr:
    """A finite real number, exactly; a float is its shortest decimal, a numeral as text ("0.3", "2/7") what it says.

    Raises:
        InputError: other text, a symbol, an infinity or NaN, a complex number, no expression.

    >>> read_number("0.3"), read_number(2), read_number(0.1), read_number(sp.pi)
    (3/10, 2, 1/10, pi)
    """
    if isinstance(value, (str, bytes)):
        return _numeral(value, where, error)
    if isinstance(value, np.ma.core.MaskedConstant):
        raise error(f"{where} is masked, so there is no number")
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    if isinstance(value, (float, np.floating)):
        if not np.isfinite(value):
            raise error(f"{where} is {value}, which is not finite")
        return shortest_decimal(value)
    if isinstance(value, Decimal) and value.is_finite():
        return sp.Rational(Fraction(value))  # SymPy would take the double nearest to it
    if hasattr(value, "ndim") and hasattr(value, "item") and not isinstance(value, (np.generic, sp.Basic)):
        if getattr(value, "ndim", 1) == 0:  # one number of xarray or of another array library
            return read_number(value.item(), where, error)
    expression = read_expression(value, where, error)
    if not expression.is_number:
        free = ", ".join(sorted(s.name for s in expression.free_symbols)) or "symbols"
        raise error(f"{where} is {short(expression)}, which is no number: it holds {free}")
    return _real(expression, where, error)


def _numeral(text: str | bytes, where: str, error: Kind) -> sp.Rational:
    if isinstance(text, str) and text.strip().lower().lstrip("+-") in ("nan", "inf", "infinity", "oo", "zoo"):
        raise error(f"{where} is '{text.strip()}', which is not finite")
    parts = text.strip().split("/") if isinstance(text, str) else []
    if not 1 <= len(parts) <= 2 or len(text) > _MAX_DIGITS or not all(_NUMERAL.fullmatch(p.strip()) for p in parts):
        raise error(f"{where} is the text {short(text)}, which is no finite number")
    values = [Fraction(p.strip()) for p in parts]
    if len(values) == 2 and not values[1]:
        raise error(f"{where} is the text {short(text)}, which divides by zero")
    return sp.Rational(values[0] / values[1] if len(values) == 2 else values[0])


def read_float(value: Any, where: str = "the number", error: Kind = InputError) -> float:
    """A finite real number as the double nearest to it.

    Raises:
        InputError: what `read_number` refuses, and a number that no double can hold.

    >>> read_float("2/8"), read_float(sp.pi)
    (0.25, 3.141592653589793)
    """
    if type(value) is float and value - value == 0:
        return value
    number = read_number(value, where, error)
    try:
        double = int(number.p) / int(number.q) if number.is_Rational else float(number.evalf(30))
    except OverflowError:
        double = float("inf")
    except TypeError:
        raise error(f"{where} is {short(number)}, which is no real number") from None
    if not np.isfinite(double):
        raise error(f"{where} is too large, no machine number holds it: {short(value, 24)}")
    if double == 0 and not number.is_zero:
        raise error(f"{where} is too small, no machine number holds it: {short(value, 24)}")
    return double


def read_count(value: Any, where: str, least: int = 1, most: int | None = None, error: Kind = InputError) -> int:
    """A whole number of things, at least `least` and at most `most`."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer, sp.Integer)) or value < least:
        raise error(f"{where} must be a whole number from {least} on, not {short(value)}")
    if most is not None and value > most:
        raise error(f"{where} is {short(value, 24)}; at most {most} are possible here")
    return int(value)


# -- what symbols promise ----------------------------------------------------------------------------------------------

# What a symbol may be declared to be, in the words of SymPy, strongest first.
_DECLARATIONS = (
    "positive",
    "negative",
    "nonnegative",
    "nonpositive",
    "nonzero",
    "even",
    "odd",
    "integer",
    "rational",
    "real",
)


def declaration_broken(symbol: sp.Symbol, number: Any) -> str | None:
    """What a symbol was declared to be and a number is not, e.g. "positive"; None where they agree.

    >>> declaration_broken(sp.Symbol("s", positive=True), sp.Integer(-1))
    'positive'
    """
    return next((d for d in _declared(symbol) if getattr(number, f"is_{d}") is False), None)


@functools.lru_cache(maxsize=1024)
def _declared(symbol: sp.Symbol) -> tuple[str, ...]:
    return tuple(d for d in _DECLARATIONS if getattr(symbol, f"is_{d}"))


def takes_expressions(build: Callable[..., Any]) -> Callable[..., Any]:
    """A function of expressions that reads what it is given: numbers, expressions, no text.

    Callables, truth values, None, whole numbers (dimensions, counts) and parameters declared as `str` are handed on as
    they are.
    """

    signature = inspect.signature(build)
    words = {name for name, p in signature.parameters.items() if p.annotation in (str, "str")}

    @functools.wraps(build)
    def built(*values: Any, **named: Any) -> Any:
        bound = signature.bind(*values, **named)
        for name, value in bound.arguments.items():
            if name not in words and value is not None and not isinstance(value, (bool, int)) and not callable(value):
                bound.arguments[name] = read_expression(value, f"{build.__name__}: {name}")
        return build(*bound.args, **bound.kwargs)

    return built


# -- symbols and values by symbol --------------------------------------------------------------------------------------


def read_symbols(given: Any, what: str, example: str = "x, y", error: Kind = InputError) -> tuple[sp.Symbol, ...]:
    """Distinct SymPy symbols with distinct names: one, or a sequence of them.

    Raises:
        InputError: text, none at all, something else than a symbol (with the way to make it one), a name twice.
    """
    if isinstance(given, sp.Symbol):
        given = (given,)
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise error(
            f"{what}s must be SymPy symbols, not {short(given)}; "
            f"write e.g. {example} = sympy.symbols('{example.replace(',', '')}')"
        )
    found = tuple(given)
    for position, symbol in enumerate(found):
        if not isinstance(symbol, sp.Symbol):
            raise error(f"{what} {position} is {short(symbol)}, which is not a SymPy Symbol{_instead(symbol)}")
    names = [s.name for s in found]
    for name in dict.fromkeys(n for n in names if names.count(n) > 1):
        if len({s for s in found if s.name == name}) == 1:
            raise error(f"repeated {what}: {name}")
        raise error(f"two different {what}s have the same name {name} (other assumptions); rename one of them")
    return found


def _instead(symbol: Any) -> str:
    if isinstance(symbol, (sp.Indexed, sp.Function)):
        name = re.sub(r"\W+", "", str(symbol)) or "x"
        return f"; put a Symbol in its place: expression.subs({symbol}, sympy.Symbol({name!r}, real=True))"
    return ""


def match_symbols(
    given: Any,
    symbols: Sequence[sp.Symbol],
    what: str,
    error: Kind = InputError,
    *,
    known: Iterable[sp.Symbol] = (),
    stranger: str = "'{name}' is no symbol here",
    complete: str = "",
) -> dict[sp.Symbol, Any]:
    """{symbol: what was given for it} from a mapping whose keys are symbols or names.

    A symbol stands for itself and, where no other has its name, for the one of that name. Keys that are `known`
    elsewhere are left out; any other is a `stranger`, which is an error. With `complete` (the name of an argument)
    every symbol needs a value.

    Raises:
        InputError: no mapping, an unknown key (with the nearest name), a name that two symbols have, a key twice.

    >>> x, y = sp.symbols("x y", real=True)
    >>> match_symbols({"x": 1, y: 2}, (x, y), "the point")
    {x: 1, y: 2}
    """
    if given is None:
        given = {}
    if not isinstance(given, Mapping):
        raise error(f"{what} must be a mapping {{symbol or name: value}}, not {short(given)}")
    everything = dict.fromkeys([*symbols, *known])
    by_name: dict[str, list[sp.Symbol]] = {}
    for s in everything:
        by_name.setdefault(s.name, []).append(s)
    found: dict[sp.Symbol, Any] = {}
    strangers = []
    for key, value in given.items():
        if not isinstance(key, (str, sp.Symbol)):
            raise error(f"{what}: the key {short(key)} is neither a symbol nor a name")
        same = [key] if key in everything else by_name.get(getattr(key, "name", key), [])
        if not same:
            strangers.append(str(key)[:60])
            continue
        if len(same) > 1:
            raise error(f"{what}: '{key}' may be {len(same)} symbols of other assumptions; give the symbol itself")
        if same[0] in found:
            raise error(f"{what}: {same[0]} is given twice, by symbol and by name")
        found[same[0]] = value
    if complete and (missing := [s.name for s in symbols if s not in found]):
        raise error(f"give a number for {', '.join(missing)} in `{complete}`")
    for name in strangers:
        raise error(f"{what}: {stranger.format(name=name)}; {nearest(name, by_name)}")
    return {s: v for s, v in found.items() if s in set(symbols)}


def read_values(
    given: Any, symbols: Sequence[sp.Symbol], what: str, error: Kind = InputError, **options: Any
) -> dict[sp.Symbol, sp.Expr]:
    """An exact finite number for each of the symbols, from a mapping by symbol or name, in the order of the symbols.

    Raises:
        InputError: a symbol without a value, a value that is no number, and what `match_symbols` refuses.

    >>> a, b = sp.symbols("a b")
    >>> read_values({"a": 0.1, b: sp.pi}, (a, b), "constants")
    {a: 1/10, b: pi}
    """
    found = match_symbols(given, symbols, what, error, complete=what, **options)
    return {s: read_number(found[s], f"{what}: the value of {s.name}", error) for s in symbols}


def read_point(
    point: Any, coordinates: Sequence[sp.Symbol], what: str = "point", error: Kind = InputError
) -> dict[sp.Symbol, sp.Expr]:
    """An exact number for each coordinate: a mapping by symbol or name, or a sequence in their order.

    >>> x, y = sp.symbols("x y")
    >>> read_point([1, 0.5], (x, y)) == read_point({"y": 0.5, x: 1}, (x, y))
    True
    """
    found = match_point(point, coordinates, what, error)
    return {c: read_number(v, f"the {what}: {c.name}", error) for c, v in found.items()}


def match_point(
    point: Any, coordinates: Sequence[sp.Symbol], what: str = "point", error: Kind = InputError
) -> dict[sp.Symbol, Any]:
    """{coordinate: what was given for it}, from a mapping by symbol or name or a sequence in their order."""
    names = ", ".join(c.name for c in coordinates)
    if isinstance(point, Mapping):
        found = match_symbols(point, coordinates, f"the {what}", error)
        if missing := [c.name for c in coordinates if c not in found]:
            lost = ", ".join(missing)
            raise error(f"the {what} lacks a value of {lost}: the mapping has no value for {lost}")
        return {c: found[c] for c in coordinates}
    if isinstance(point, (str, bytes)) or not hasattr(point, "__len__"):
        raise error(f"the {what} must hold one number for each of {names}, not {short(point)}")
    listed = list(point)
    if len(listed) != len(coordinates):
        raise error(
            f"the {what} must hold {len(coordinates)} finite numbers, one for each of {names}: "
            f"it needs {len(coordinates)} numbers, not {len(listed)}"
        )
    return dict(zip(coordinates, listed))
