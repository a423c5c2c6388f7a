"""Text to SymPy: nothing that a person types is ever run.

A text is cut into tokens of a whitelist (numbers, names, operators); Python's ``ast`` says how they bind, and of its
tree only sums, products, powers, signs and calls of known functions are built. Names and numbers go through ``ast`` as
placeholders, so that ``lambda`` is a name like any other and a number is read exactly (``0.1`` is 1/10)::

    +  -            sums and signs
    *  /            products; a product is always written
    ^  **  x²       powers, to the right: 2^3^2 = 2^9; -2^2 = -4
    |x|             the absolute value
    f(x, y)         a function of :data:`FUNCTIONS`, or one that the caller declares

`FUNCTIONS` holds what this room knows; every row of the table of functions (`kernels.functions`) puts itself in beside
it. Length, nesting and the size of powers and integer arguments are bounded, so that a hostile string ends in an
:class:`ExpressionError` and not in a long wait.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import sympy as sp

from .errors import InputError
from .reading import nearest, short

__all__ = [
    "ExpressionError",
    "FUNCTIONS",
    "TextFunction",
    "parse_expression",
    "parse_list",
    "parse_matrix",
    "parse_names",
]

MAX_LENGTH = 20_000  # characters of one text
MAX_DEPTH = 60  # nested parentheses, signs and powers
MAX_DIGITS = 100  # of one number
MAX_EXPONENT = 64  # of a power of something symbolic
MAX_BITS = 4_096  # of a number raised to a number
MAX_ORDER = 64  # of polygamma and its like
MAX_ARGUMENT = 1_000  # of a function that grows fast: exp, gamma, ...


class ExpressionError(InputError):
    """A text that is not a formula: says what was met, where, and what would be accepted."""


@dataclass(frozen=True)
class TextFunction:
    """What the reader needs to know of a function."""

    build: Callable[..., sp.Expr]
    arity: Sequence[int]  # numbers of arguments it takes
    eager: bool = False  # can a moderate number as argument give an enormous value?
    order: bool = False  # is the first of several arguments an order, for which SymPy writes as many terms?


def _logistic(u: sp.Expr) -> sp.Expr:
    from .functions import logistic

    return logistic(u)


_PLAIN = (
    "sqrt sin cos tan cot sec csc asin acos atan acot asec acsc tanh coth sech csch asinh acosh atanh erf erfc erfi "
    "LambertW"
)

#: Every function a text may use, by name.
FUNCTIONS: dict[str, TextFunction] = {
    **{name: TextFunction(getattr(sp, name), (1,)) for name in _PLAIN.split()},
    **{name: TextFunction(getattr(sp, name), (1,), eager=True) for name in ("exp", "sinh", "cosh")},
    **{name: TextFunction(getattr(sp, name), range(2, 21)) for name in ("Max", "Min")},
    "pow": TextFunction(sp.Pow, (2,), eager=True),
    "log": TextFunction(sp.log, (1, 2)),
    "ln": TextFunction(sp.log, (1,)),
    "abs": TextFunction(sp.Abs, (1,)),
    "Abs": TextFunction(sp.Abs, (1,)),
    "sign": TextFunction(sp.sign, (1,)),
    "atan2": TextFunction(sp.atan2, (2,)),
    "logistic": TextFunction(_logistic, (1,)),
    "sigma": TextFunction(_logistic, (1,)),
    "σ": TextFunction(_logistic, (1,)),
    "gamma": TextFunction(sp.gamma, (1,), eager=True),
    "loggamma": TextFunction(sp.loggamma, (1,), eager=True),
    "digamma": TextFunction(sp.digamma, (1,), eager=True),
    "trigamma": TextFunction(sp.trigamma, (1,), eager=True),
    "polygamma": TextFunction(sp.polygamma, (2,), eager=True, order=True),
    "hurwitz": TextFunction(sp.zeta, (2,), eager=True, order=True),
    "beta": TextFunction(sp.beta, (2,), eager=True),
    "besseli": TextFunction(sp.besseli, (2,), eager=True),
    "besselj": TextFunction(sp.besselj, (2,), eager=True),
    "besselk": TextFunction(sp.besselk, (2,), eager=True),
}

_CONSTANTS = {"pi": sp.pi, "π": sp.pi, "E": sp.E}

# Names that mean something else to whoever writes them than a constant of this name: never taken for one by themselves.
_NO_CONSTANTS = {
    "e": "Euler's number is written E, its powers exp(x)",
    "I": "the imaginary unit has no place in a real formula",
    "j": "the imaginary unit has no place in a real formula",
    **dict.fromkeys(("nan", "NaN", "oo", "inf", "Inf", "infinity", "zoo"), "it is no finite number"),
}

_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_DIGIT_OF = str.maketrans(_RAISED + "⁺⁻", "0123456789+-")
_LETTER = rf"(?![{_RAISED}])"
_NAME = re.compile(rf"{_LETTER}[^\W\d](?:{_LETTER}\w)*")
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    rf"|(?P<raised>[⁺⁻]?[{_RAISED}]+)"
    rf"|(?P<name>{_LETTER}[^\W\d](?:{_LETTER}\w)*)"
    r"|(?P<sign>\*\*|[-+*/^(),;\[\]|]))"
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
    found: list[_Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise ExpressionError(f"unexpected '{text[at]}' {_where(text, at)}")
        kind = match.lastgroup or ""
        token = _Token(kind, "**" if match.group(kind) == "^" else match.group(kind), match.start(kind))
        if found and token.at == found[-1].at + len(found[-1].text) and (found[-1].kind, kind) == ("number", "name"):
            raise ExpressionError(f"'{found[-1].text}{token.text}' is no number {_where(text, found[-1].at)}; write *")
        found.append(token)
        at = match.end()
    return found


class _Parser:
    """The formulas of one text: their tokens, and what the names in them stand for."""

    def __init__(
        self,
        text: str,
        symbols: Iterable[sp.Symbol] | None,
        open_names: bool | None,
        real: bool,
        functions: Iterable[str],
    ):
        self.text, self.tokens = text, _tokens(text)
        self.symbols = {s.name: s for s in symbols or ()}
        self.open_names = symbols is None if open_names is None else open_names
        self.assumptions = {"real": True} if real else {}
        self.functions = {name: sp.Function(name, **self.assumptions) for name in functions}
        self.atoms: dict[str, _Token] = {}

    def error(self, message: str, at: int) -> ExpressionError:
        return ExpressionError(f"{message} {_where(self.text, at)}")

    # -- from tokens to Python's tree ------------------------------------------------------------------

    def split(self, tokens: Sequence[_Token], separator: str) -> list[list[_Token]]:
        """The parts between separators that stand outside of parentheses."""
        parts: list[list[_Token]] = [[]]
        depth = 0
        for token in tokens:
            depth += (token.text in "([") - (token.text in ")]") if token.kind == "sign" else 0
            if token.text == separator and depth == 0:
                parts.append([])
            else:
                parts[-1].append(token)
        return parts

    def bracketed(self, tokens: Sequence[_Token]) -> list[list[_Token]] | None:
        """The parts of ``[a, b, ...]``, or None if the tokens are no list."""
        if not tokens or tokens[0].text != "[":
            return None
        if len(tokens) < 2 or tokens[-1].text != "]":
            raise self.error("expected ']' to close this list", tokens[0].at)
        return self.split(tokens[1:-1], ",")

    def expression(self, tokens: Sequence[_Token]) -> sp.Expr:
        """One formula."""
        if not tokens:
            raise self.error("expected a number, a name or '(' but met the end", len(self.text.rstrip()))
        source, places = self.source(tokens)
        try:
            tree = ast.parse(source, mode="eval").body
        except SyntaxError as problem:
            raise self.misplaced(tokens, places, (problem.offset or 1) - 1) from None
        except (RecursionError, MemoryError):
            raise self.error("too many terms, or nested too deep", tokens[0].at) from None
        self.places = places
        return self.built(tree, 0)

    def source(self, tokens: Sequence[_Token]) -> tuple[str, list[int]]:
        """Python's way of writing it, and for each of its characters the position in the text."""
        parts: list[str] = []
        places: list[int] = []
        open_signs: list[str] = []
        run = 0  # signs and powers in a row, which nest
        before: _Token | None = None
        for token in tokens:
            operand = before is not None and (before.kind != "sign" or before.text in (")", "|end"))
            written = token.text
            if token.kind in ("number", "name"):
                written = f"{token.kind}{len(self.atoms)}"
                self.atoms[written] = token
            elif token.kind == "raised":
                if not operand:
                    raise self.error(f"the power '{token.text}' of nothing", token.at)
                written = f"**{self.exponent(token)}"
            elif token.text == "|":
                if operand and open_signs and open_signs[-1] == "|":
                    open_signs.pop()
                    written, token = ")", _Token("sign", "|end", token.at)
                else:
                    open_signs.append("|")
                    written = "bars("
            elif token.text == "(":
                open_signs.append("(")
            elif token.text == ")":
                if not open_signs or open_signs.pop() != "(":
                    raise self.error("unexpected ')'", token.at)
            elif token.text in "[];":
                raise self.error(f"unexpected '{token.text}'", token.at)
            if before is not None and before.kind == "raised" and (token.text == "**" or token.kind == "raised"):
                raise self.error("a power of a power needs parentheses: (x²)^2", token.at)
            run = 0 if token.text in ("(", "*", "/", ",") else run + (token.text in ("+", "-", "**"))
            if operand and token.text in ("+", "-"):
                run = 0
            if len(open_signs) > MAX_DEPTH or run > MAX_DEPTH:
                raise self.error(f"nested more than {MAX_DEPTH} deep", token.at)
            parts.append(written + " ")
            places += [token.at] * (len(written) + 1)
            before = token
        if open_signs:
            raise self.error(f"expected '{')' if open_signs[-1] == '(' else '|'}' but met the end", tokens[-1].at)
        return "".join(parts).rstrip(), places

    def exponent(self, token: _Token) -> str:
        value = int(token.text.translate(_DIGIT_OF)) if len(token.text) < 6 else MAX_BITS
        name = f"number{len(self.atoms)}"
        self.atoms[name] = _Token("number", str(abs(value)), token.at)
        return f"(-{name})" if value < 0 else name

    def misplaced(self, tokens: Sequence[_Token], places: Sequence[int], column: int) -> ExpressionError:
        """What Python's parser stumbled over, in words about the text."""
        for one, two in zip(tokens, tokens[1:]):
            if one.kind != "sign" and two.kind in ("number", "name") or one.text == ")" and two.kind != "sign":
                if two.kind != "raised":
                    return self.error(f"unexpected '{two.text[:40]}': write the product with '*'", two.at)
        last = tokens[-1]
        if last.kind == "sign" and last.text not in (")", "|"):
            return self.error("expected a number, a name or '(' but met the end", last.at)
        at = places[min(max(column, 0), len(places) - 1)]
        return self.error(f"unexpected '{self.text[at]}'", at)

    # -- from Python's tree to SymPy -------------------------------------------------------------------

    def place(self, node: ast.AST) -> int:
        return self.places[min(node.col_offset, len(self.places) - 1)]  # type: ignore[attr-defined]

    def built(self, node: ast.AST, depth: int) -> sp.Expr:
        if depth > 4 * MAX_DEPTH:
            raise self.error(f"nested more than {MAX_DEPTH} deep", self.place(node))
        if isinstance(node, ast.BinOp):
            if isinstance(node.op, ast.Pow):
                return self.raised(
                    self.built(node.left, depth + 1), self.built(node.right, depth + 1), self.place(node)
                )
            if isinstance(node.op, (ast.Add, ast.Sub)):
                return sp.Add(*self.chain(node, ast.Add, ast.Sub, depth))
            if isinstance(node.op, (ast.Mult, ast.Div)):
                return sp.Mul(*self.chain(node, ast.Mult, ast.Div, depth))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.UAdd, ast.USub)):
            inner = self.built(node.operand, depth + 1)
            return inner if isinstance(node.op, ast.UAdd) else -inner
        if isinstance(node, ast.Name):
            token = self.atoms[node.id]
            return self.number(token) if token.kind == "number" else self.name(token)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self.call(node.func.id, [self.built(a, depth + 1) for a in node.args], self.place(node))
        raise self.error("unexpected form of a formula", self.place(node))

    def chain(self, node: ast.BinOp, plain: type, inverse: type, depth: int) -> list[sp.Expr]:
        """The terms of a sum or the factors of a product, of any length."""
        parts: list[sp.Expr] = []
        here: ast.AST = node
        while isinstance(here, ast.BinOp) and isinstance(here.op, (plain, inverse)):
            value = self.built(here.right, depth + 1)
            if isinstance(here.op, ast.Sub):
                value = -value
            elif isinstance(here.op, ast.Div):
                if value.is_zero:
                    raise self.error("division by zero", self.place(here.right))
                value = 1 / value
            parts.append(value)
            here = here.left
        return [self.built(here, depth + 1), *reversed(parts)]

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
        return self.moderate(base**exponent, at)

    def moderate(self, value: sp.Expr, at: int) -> sp.Expr:
        """The value, if it holds no large power: (x^9)^9 becomes x^81, uppergamma(99, x) a polynomial."""
        for power in value.atoms(sp.Pow):
            largest = MAX_ARGUMENT if power.base.is_number else MAX_EXPONENT
            if power.exp.is_Rational and abs(power.exp) > largest:
                raise self.error(f"the power {power.exp} is too large: at most {largest}", at)
        return value

    def number(self, token: _Token) -> sp.Expr:
        mantissa, _, exponent = token.text.lower().partition("e")
        if len(mantissa) > MAX_DIGITS or (exponent and abs(int(exponent[:6])) > 400):
            raise self.error(
                f"the number has too many digits (at most {MAX_DIGITS}, powers of ten up to 400)", token.at
            )
        return sp.Rational(token.text)

    def name(self, token: _Token) -> sp.Expr:
        name = token.text
        if name in self.symbols:
            return self.symbols[name]
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        if name in _NO_CONSTANTS:
            raise self.error(f"unknown name '{name}': {_NO_CONSTANTS[name]}", token.at)
        if not self.open_names or name.startswith("_"):
            raise self.error(f"unknown name '{name[:40]}' ({nearest(name, sorted(self.symbols))})", token.at)
        self.symbols[name] = sp.Symbol(name, **self.assumptions)
        return self.symbols[name]

    def call(self, placeholder: str, arguments: list[sp.Expr], at: int) -> sp.Expr:
        if placeholder == "bars":
            name, function = "|x|", FUNCTIONS["abs"]
        else:
            token = self.atoms[placeholder]
            name = token.text
            if token.kind == "number":
                raise self.error(f"unexpected '(' after {name[:40]}: write the product with '*'", at)
            if name in self.functions:
                return self.functions[name](*arguments)
            found = FUNCTIONS.get(name)
            if found is None:
                hint = "write the product with '*'" if name in self.symbols else nearest(name, sorted(FUNCTIONS))
                raise self.error(f"unknown function '{name[:40]}' ({hint})", at)
            function = found
        if len(arguments) not in function.arity:
            counts = " or ".join(map(str, function.arity)) if len(function.arity) < 4 else "at least 2"
            raise self.error(f"{name} takes {counts} argument(s), not {len(arguments)}", at)
        if function.eager and any(a.is_number and not abs(a) <= MAX_ARGUMENT for a in arguments):
            raise self.error(f"an argument of {name} is larger than {MAX_ARGUMENT}", at)
        if function.order and len(arguments) > 1 and arguments[0].is_number:
            if (
                not sp.Mul(*(abs(a) for a in arguments if a.is_number)) <= MAX_BITS
                or not abs(arguments[0]) <= MAX_ORDER
            ):
                raise self.error(f"an order above {MAX_ORDER}, or too large an argument for it, of {name}", at)
        try:
            value = function.build(*arguments)
        except (AttributeError, TypeError):  # inside SymPy, which cannot order numbers that are this close or large
            raise self.error(f"{name} of {short(arguments[-1], 40)} is a number that SymPy cannot form", at) from None
        if value.has(sp.zoo, sp.nan, sp.oo, -sp.oo):
            raise self.error(f"{name} is not finite there", at)
        return self.moderate(value, at)


def parse_expression(
    text: str,
    symbols: Iterable[sp.Symbol] | None = None,
    *,
    open_names: bool | None = None,
    real: bool = True,
    functions: Iterable[str] = (),
) -> sp.Expr:
    """The SymPy expression that a text writes down.

    Args:
        text: the formula.
        symbols: the names that are declared. Any other is an error; without `symbols` every name becomes a symbol.
        open_names: whether further names become symbols, if that is to be said apart.
        real: whether these are real.
        functions: names of undefined functions, which may be called with any arguments.

    >>> parse_expression("sin(theta)^2 + |a|/2")
    sin(theta)**2 + Abs(a)/2
    >>> r = sp.Symbol("r", positive=True)
    >>> parse_expression("r² f(r)", [r], functions=["f"])
    Traceback (most recent call last):
      ...
    chentsov.geometry.exact.text.ExpressionError: unexpected 'f': write the product with '*' at character 4 of 'r² f(r)'
    >>> parse_expression("r² * f(r)", [r], functions=["f"])
    r**2*f(r)
    >>> parse_expression("__import__('os')")
    Traceback (most recent call last):
      ...
    chentsov.geometry.exact.text.ExpressionError: unexpected ''' at character 12 of '__import__('os')'

    Raises :class:`ExpressionError` for anything outside the grammar.
    """
    parser = _Parser(text, symbols, open_names, real, functions)
    with _arithmetic_of(text):
        return _finite(parser.expression(parser.tokens), text)


def parse_matrix(
    text: str,
    symbols: Iterable[sp.Symbol] | None = None,
    *,
    open_names: bool | None = None,
    real: bool = True,
    functions: Iterable[str] = (),
) -> sp.ImmutableMatrix:
    """A square matrix: rows separated by ``;``, entries by ``,`` (or nested brackets ``[[a, b], [b, c]]``).

    >>> parse_matrix("1, 0; 0, sin(theta)^2")
    Matrix([
    [1,             0],
    [0, sin(theta)**2]])
    """
    parser = _Parser(text, symbols, open_names, real, functions)
    nested = parser.bracketed(parser.tokens)
    if nested is None:
        rows = [parser.split(row, ",") for row in parser.split(parser.tokens, ";")]
    else:
        rows = [parser.bracketed(row) or [row] for row in nested]
    with _arithmetic_of(text):
        entries = [[_finite(parser.expression(entry), text) for entry in row] for row in rows]
    if any(len(row) != len(entries) for row in entries):
        lengths = ", ".join(str(len(row)) for row in entries[:20])
        raise ExpressionError(
            f"a metric is a square matrix, but this one has {len(entries)} row(s) of {lengths} entries"
        )
    return sp.ImmutableMatrix(entries)


def parse_list(
    text: str,
    symbols: Iterable[sp.Symbol] | None = None,
    *,
    open_names: bool | None = None,
    real: bool = True,
    functions: Iterable[str] = (),
) -> tuple[sp.Expr, ...]:
    """Expressions separated by commas.

    >>> parse_list("u, v, u^2 + v^2")
    (u, v, u**2 + v**2)
    """
    parser = _Parser(text, symbols, open_names, real, functions)
    with _arithmetic_of(text):
        return tuple(_finite(parser.expression(entry), text) for entry in parser.split(parser.tokens, ","))


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
        if name.startswith("_") or not _NAME.fullmatch(name):
            raise ExpressionError(
                f"'{name[:40]}' is not a name: letters, digits and '_' only, a letter first (no powers such as ²)"
            )
    if len(set(names)) != len(names):
        raise ExpressionError(f"a coordinate is named twice in '{text.strip()[:60]}'")
    above = set(positive)
    if unknown := above - set(names):
        raise ExpressionError(f"'{sorted(unknown)[0]}' is said to be positive but is not among {', '.join(names)}")
    return tuple(
        sp.Symbol(n, positive=True) if n in above else sp.Symbol(n, real=True if real else None) for n in names
    )


@contextmanager
def _arithmetic_of(text: str) -> Iterator[None]:
    """What SymPy itself refuses to compute becomes a message about the text."""
    try:
        yield
    except ExpressionError:
        raise
    except Exception as error:
        reason = (str(error) or type(error).__name__).splitlines()[0][:100]
        raise ExpressionError(f"'{text.strip()[:60]}' cannot be computed: {reason}") from error


def _finite(value: sp.Expr, text: str) -> sp.Expr:
    if value.has(sp.zoo, sp.nan, sp.oo, -sp.oo):
        raise ExpressionError(f"'{text.strip()[:60]}' is not finite")
    return value
