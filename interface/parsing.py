"""Text to SymPy by a whitelist: nothing that a person types is ever evaluated as code.

A recursive-descent parser over this grammar, loosest binding first::

    expression := term (("+" | "-") term)*
    term       := factor (("*" | "/") factor)*
    factor     := ("+" | "-") factor | power
    power      := atom (("^" | "**") factor)?          # to the right: 2^3^2 = 2^9
    atom       := number | name | name "(" expression ("," expression)* ")" | "(" expression ")"

Decimal numbers are read exactly (``0.1`` is 1/10). A name is a coordinate or a constant; a name before a
parenthesis must be a function of :data:`FUNCTIONS`. Length, nesting and the size of powers and integer
arguments are bounded, so that a hostile string ends in an :class:`ExpressionError` and not in a long wait.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import sympy as sp
from chentsov.geometry.exact.errors import InputError

__all__ = ["ExpressionError", "FUNCTIONS", "parse_expression", "parse_list", "parse_matrix", "parse_names"]

MAX_LENGTH = 20_000  # characters of one text
MAX_DEPTH = 60  # nested parentheses, signs and powers
MAX_DIGITS = 100  # of one number
MAX_EXPONENT = 64  # of a power of something symbolic
MAX_BITS = 4_096  # of a number raised to a number
MAX_ARGUMENT = 1_000  # of a function that grows fast: exp, gamma, ...


class ExpressionError(InputError):
    """A text that is not a formula: says what was met, where, and what would be accepted."""


@dataclass(frozen=True)
class _Function:
    build: Callable[..., sp.Expr]
    arity: tuple[int, ...]  # numbers of arguments it takes
    eager: bool = False  # can a moderate number as argument give an enormous value?


def _logistic(u: sp.Expr) -> sp.Expr:
    from chentsov.geometry.exact import logistic

    return logistic(u)


#: Every function a text may use.
FUNCTIONS: Mapping[str, _Function] = {
    **{
        name: _Function(getattr(sp, name), (1,))
        for name in (
            "sqrt",
            "sin",
            "cos",
            "tan",
            "cot",
            "sec",
            "csc",
            "asin",
            "acos",
            "atan",
            "tanh",
            "coth",
            "asinh",
            "acosh",
            "atanh",
            "erf",
            "erfc",
        )
    },
    **{name: _Function(getattr(sp, name), (1,), eager=True) for name in ("exp", "sinh", "cosh")},
    "log": _Function(sp.log, (1, 2)),
    "ln": _Function(sp.log, (1,)),
    "abs": _Function(sp.Abs, (1,)),
    "sign": _Function(sp.sign, (1,)),
    "atan2": _Function(sp.atan2, (2,)),
    "logistic": _Function(_logistic, (1,)),
    "sigma": _Function(_logistic, (1,)),
    "gamma": _Function(sp.gamma, (1,), eager=True),
    "loggamma": _Function(sp.loggamma, (1,), eager=True),
    "digamma": _Function(sp.digamma, (1,), eager=True),
    "trigamma": _Function(sp.trigamma, (1,), eager=True),
    "polygamma": _Function(sp.polygamma, (2,), eager=True),
    "beta": _Function(sp.beta, (2,), eager=True),
    "besseli": _Function(sp.besseli, (2,), eager=True),
    "besselj": _Function(sp.besselj, (2,), eager=True),
    "besselk": _Function(sp.besselk, (2,), eager=True),
}

_CONSTANTS = {"pi": sp.pi, "E": sp.E}

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[^\W\d]\w*)"
    r"|(?P<sign>\*\*|[-+*/^(),;\[\]]))"
)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


def _where(text: str, at: int) -> str:
    """The neighbourhood of a position, for a message of one line."""
    start, stop = max(0, at - 20), min(len(text), at + 20)
    shown = ("…" if start else "") + text[start:stop] + ("…" if stop < len(text) else "")
    return f"at character {at + 1} of '{' '.join(shown.split())}'"


def _tokens(text: str) -> list[_Token]:
    if not isinstance(text, str):
        raise ExpressionError(f"a formula is a text, not {type(text).__name__}")
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"the formula has {len(text)} characters: at most {MAX_LENGTH} are read")
    if not text.strip():
        raise ExpressionError("the formula is empty")
    found, at, end = [], 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise ExpressionError(f"unexpected '{text[at]}' {_where(text, at)}")
        kind = match.lastgroup or ""
        found.append(_Token(kind, match.group(kind), match.start(kind)))
        at = match.end()
    found.append(_Token("end", "", end))
    return found


class _Parser:
    def __init__(self, text: str, symbols: Mapping[str, sp.Symbol], open_names: bool, assumptions: Mapping[str, bool]):
        self.text, self.tokens, self.position, self.depth = text, _tokens(text), 0, 0
        self.symbols, self.open_names, self.assumptions = dict(symbols), open_names, dict(assumptions)

    # -- reading ---------------------------------------------------------------------------
    @property
    def token(self) -> _Token:
        return self.tokens[self.position]

    def accept(self, *signs: str) -> str | None:
        token = self.token
        if token.kind == "sign" and token.text in signs:
            self.position += 1
            return token.text
        return None

    def expect(self, sign: str) -> None:
        if self.accept(sign) is None:
            met = f"'{self.token.text}'" if self.token.text else "the end"
            raise self.error(f"expected '{sign}' but met {met}")

    def error(self, message: str, at: int | None = None) -> ExpressionError:
        return ExpressionError(f"{message} {_where(self.text, self.token.at if at is None else at)}")

    def finish(self) -> None:
        if self.token.kind != "end":
            raise self.error(f"unexpected '{self.token.text}'")

    # -- the grammar -----------------------------------------------------------------------
    def expression(self) -> sp.Expr:
        parts = [self.term()]
        while sign := self.accept("+", "-"):
            term = self.term()
            parts.append(term if sign == "+" else -term)
        return sp.Add(*parts)

    def term(self) -> sp.Expr:
        parts = [self.factor()]
        while sign := self.accept("*", "/"):
            at = self.token.at
            factor = self.factor()
            if sign == "/":
                if factor.is_zero:
                    raise self.error("division by zero", at)
                factor = 1 / factor
            parts.append(factor)
        return sp.Mul(*parts)

    def factor(self) -> sp.Expr:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(f"nested more than {MAX_DEPTH} deep")
        try:
            if sign := self.accept("+", "-"):
                inner = self.factor()
                return inner if sign == "+" else -inner
            return self.power()
        finally:
            self.depth -= 1

    def power(self) -> sp.Expr:
        at = self.token.at
        base = self.atom()
        if self.accept("^", "**") is None:
            return base
        return self.raised(base, self.factor(), at)

    def raised(self, base: sp.Expr, exponent: sp.Expr, at: int) -> sp.Expr:
        if base.is_zero and exponent.is_negative:
            raise self.error("division by zero", at)
        if base.is_Rational and exponent.is_Rational:
            bits = max(int(abs(base.p)).bit_length(), int(base.q).bit_length())
            if abs(exponent.p) * bits > MAX_BITS:
                raise self.error(f"a number of more than {MAX_BITS} bits", at)
        elif base.is_number and exponent.is_number and not abs(exponent) <= MAX_ARGUMENT:
            raise self.error(f"an exponent larger than {MAX_ARGUMENT}", at)
        if exponent.is_Rational and not base.is_number and abs(exponent) > MAX_EXPONENT:
            raise self.error(f"the power {exponent} is too large: at most {MAX_EXPONENT}", at)
        result = base**exponent
        for power in result.atoms(sp.Pow):  # (x^9)^9 becomes x^81
            if power.exp.is_Rational and not power.base.is_number and abs(power.exp) > MAX_EXPONENT:
                raise self.error(f"the power {power.exp} is too large: at most {MAX_EXPONENT}", at)
        return result

    def atom(self) -> sp.Expr:
        token = self.token
        if token.kind == "number":
            self.position += 1
            return self.number(token)
        if token.kind == "name":
            self.position += 1
            if self.accept("("):
                return self.call(token)
            return self.name(token)
        if self.accept("("):
            inner = self.expression()
            self.expect(")")
            return inner
        met = f"'{token.text}'" if token.text else "the end"
        raise self.error(f"expected a number, a name or '(' but met {met}")

    def number(self, token: _Token) -> sp.Expr:
        mantissa, _, exponent = token.text.lower().partition("e")
        if len(mantissa) > MAX_DIGITS or (exponent and abs(int(exponent[:6])) > 400):
            raise self.error(
                f"the number has too many digits (at most {MAX_DIGITS}, powers of ten up to 400)", token.at
            )
        return sp.Rational(token.text)

    def name(self, token: _Token) -> sp.Expr:
        if token.text in self.symbols:
            return self.symbols[token.text]
        if token.text in _CONSTANTS:
            return _CONSTANTS[token.text]
        if not self.open_names or token.text.startswith("_"):
            known = ", ".join(sorted(self.symbols)) or "none"
            raise self.error(f"unknown name '{token.text}' (known: {known})", token.at)
        symbol = sp.Symbol(token.text, **self.assumptions)
        self.symbols[token.text] = symbol
        return symbol

    def call(self, token: _Token) -> sp.Expr:
        function = FUNCTIONS.get(token.text)
        if function is None:
            hint = (
                "write the product with '*'" if token.text in self.symbols else f"known: {', '.join(sorted(FUNCTIONS))}"
            )
            raise self.error(f"unknown function '{token.text}' ({hint})", token.at)
        arguments = [self.expression()]
        while self.accept(","):
            arguments.append(self.expression())
        self.expect(")")
        if len(arguments) not in function.arity:
            counts = " or ".join(map(str, function.arity))
            raise self.error(f"{token.text} takes {counts} argument(s), not {len(arguments)}", token.at)
        if function.eager and any(a.is_number and not abs(a) <= MAX_ARGUMENT for a in arguments):
            raise self.error(f"an argument of {token.text} is larger than {MAX_ARGUMENT}", token.at)
        value = function.build(*arguments)
        if value.has(sp.zoo, sp.nan, sp.oo, -sp.oo):
            raise self.error(f"{token.text} is not finite there", token.at)
        return value


def parse_expression(
    text: str, symbols: Iterable[sp.Symbol] = (), *, open_names: bool = True, real: bool = True
) -> sp.Expr:
    """The SymPy expression that a text writes down.

    ``symbols`` are the names already declared. Another name becomes a constant (a real symbol) when
    ``open_names``, else it is an error.

    >>> parse_expression("sin(theta)^2 + a/2")
    a/2 + sin(theta)**2
    >>> parse_expression("__import__('os')")
    Traceback (most recent call last):
      ...
    chentsov.parsing.ExpressionError: unexpected ''' at character 12 of '__import__('os')'

    Raises :class:`ExpressionError` for anything outside the grammar.
    """
    parser = _Parser(text, {s.name: s for s in symbols}, open_names, {"real": True} if real else {})
    with _arithmetic_of(text):
        result = parser.expression()
        parser.finish()
        return _finite(result, text)


def parse_matrix(
    text: str, symbols: Iterable[sp.Symbol] = (), *, open_names: bool = True, real: bool = True
) -> sp.ImmutableMatrix:
    """A square matrix: rows separated by ``;``, entries by ``,`` (or nested brackets ``[[a, b], [b, c]]``).

    >>> parse_matrix("1, 0; 0, sin(theta)^2")
    Matrix([
    [1,             0],
    [0, sin(theta)**2]])
    """
    parser = _Parser(text, {s.name: s for s in symbols}, open_names, {"real": True} if real else {})
    rows: list[list[sp.Expr]] = []
    with _arithmetic_of(text):
        if parser.accept("["):
            while True:
                parser.expect("[")
                rows.append(_row(parser))
                parser.expect("]")
                if parser.accept(",") is None:
                    break
            parser.expect("]")
        else:
            rows.append(_row(parser))
            while parser.accept(";"):
                rows.append(_row(parser))
        parser.finish()
    if any(len(row) != len(rows) for row in rows):
        lengths = ", ".join(str(len(row)) for row in rows)
        raise ExpressionError(f"a metric is a square matrix, but this one has {len(rows)} row(s) of {lengths} entries")
    return sp.ImmutableMatrix([[_finite(entry, text) for entry in row] for row in rows])


def parse_list(
    text: str, symbols: Iterable[sp.Symbol] = (), *, open_names: bool = True, real: bool = True
) -> tuple[sp.Expr, ...]:
    """Expressions separated by commas.

    >>> parse_list("u, v, u^2 + v^2")
    (u, v, u**2 + v**2)
    """
    parser = _Parser(text, {s.name: s for s in symbols}, open_names, {"real": True} if real else {})
    with _arithmetic_of(text):
        row = _row(parser)
        parser.finish()
    return tuple(_finite(entry, text) for entry in row)


def parse_names(text: str, *, real: bool = True, positive: Iterable[str] = ()) -> tuple[sp.Symbol, ...]:
    """Coordinate symbols from a list of names, separated by commas or blanks.

    >>> parse_names("mu, sigma", positive=["sigma"])
    (mu, sigma)
    """
    names = [name for name in re.split(r"[\s,]+", text.strip()) if name]
    if not names:
        raise ExpressionError("no coordinate is named: write for example 'theta, phi'")
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"the list of names has {len(text)} characters: at most {MAX_LENGTH} are read")
    for name in names:
        if not re.fullmatch(r"[^\W\d_]\w*", name):
            raise ExpressionError(f"'{name[:40]}' is not a name: letters, digits and '_' only, a letter first")
    if len(set(names)) != len(names):
        raise ExpressionError(f"a coordinate is named twice in '{text.strip()[:60]}'")
    above = set(positive)
    if unknown := above - set(names):
        raise ExpressionError(f"'{sorted(unknown)[0]}' is said to be positive but is not among {', '.join(names)}")
    return tuple(
        sp.Symbol(n, positive=True) if n in above else sp.Symbol(n, real=True if real else None) for n in names
    )


def _row(parser: _Parser) -> list[sp.Expr]:
    row = [parser.expression()]
    while parser.accept(","):
        row.append(parser.expression())
    return row


@contextmanager
def _arithmetic_of(text: str) -> Iterator[None]:
    """What SymPy itself refuses to compute becomes a message about the text."""
    try:
        yield
    except ExpressionError:
        raise
    except (ArithmeticError, RecursionError, MemoryError, TypeError, ValueError) as error:
        raise ExpressionError(f"'{text.strip()[:60]}' cannot be computed: {str(error).splitlines()[0]}") from error


def _finite(value: sp.Expr, text: str) -> sp.Expr:
    if value.has(sp.zoo, sp.nan, sp.oo, -sp.oo):
        raise ExpressionError(f"'{text.strip()[:60]}' is not finite")
    return value
