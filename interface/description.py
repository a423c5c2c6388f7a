"""A manifold in words: what the options of a command, or a TOML file, say of a metric, a family of densities, …

Every formula goes through the whitelist of `chentsov.parsing`; nothing is evaluated.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chentsov.geometry.exact.errors import InputError

if TYPE_CHECKING:
    import sympy as sp
    from chentsov.geometry.manifolds import RiemannianManifold

__all__ = ["Description", "names_in", "read_file"]

_WAYS = ("metric", "line", "potential", "embedding", "density", "log_density")
_MOST_BYTES = 1_000_000  # of a file
_NAME = r"[^\W\d]\w*"
_INFINITE = {"oo": 1, "+oo": 1, "-oo": -1, "inf": 1, "+inf": 1, "-inf": -1, "∞": 1, "+∞": 1, "-∞": -1}


@dataclass(frozen=True)
class Description:
    """What is said of a manifold; the unit sphere where nothing is.

    Args:
        name: an entry of the catalogue.
        metric, line, potential, embedding, density, log_density: formulas, of which one is given; a line element holds
            the differentials of the coordinates, "dr^2 + r^2*dphi^2".
        variables: of a density: "x=-oo:oo", "k=0:n:integer", "k={0, 1, 3}".
        covariates: names of columns of data, whose values a conditional density p(y | x; θ) is given.
        coordinates, positive, constants, functions: names.
        conditions: inequalities that bound the domain, "rho^2 < 1".
        title: what to call it.
    """

    name: str | None = None
    metric: str | None = None
    line: str | None = None
    potential: str | None = None
    embedding: str | None = None
    density: str | None = None
    log_density: str | None = None
    variables: Sequence[str] = ()
    covariates: str = ""
    coordinates: str | None = None
    positive: str = ""
    constants: str = ""
    functions: str = ""
    conditions: Sequence[str] = ()
    title: str | None = None

    def manifold(self) -> RiemannianManifold:
        """What is described.

        Raises:
            InputError: more than one manifold, something left out, or a formula that cannot be read.

        >>> density, variables = "p^k*(1 - p)^(1 - k)", ["k=0:1:integer"]
        >>> Description(density=density, variables=variables, coordinates="p", positive="p").manifold().metric
        Matrix([[1/(p*(1 - p))]])
        """
        from chentsov.catalogue import manifold_called
        from chentsov.parsing import ExpressionError

        given = [way for way in _WAYS if getattr(self, way) is not None]
        listed = [_option(way) for way in given]
        if len(given) + (self.name is not None) > 1:
            raise InputError(f"one manifold at a time: {' and '.join(['a name'] * (self.name is not None) + listed)}"
                             " were given")  # fmt: skip
        if self.name is not None:
            said = ("coordinates", "positive", "constants", "functions", "conditions", "variables", "covariates")
            if what := next((key for key in said if getattr(self, key)), None):
                option = "--" + {"conditions": "condition", "variables": "variable"}.get(what, what)
                raise InputError(f"a manifold of the catalogue brings its {what}: leave out {option}")
            return manifold_called(self.name)
        if not given:
            said = ("coordinates", "variables", "covariates", "conditions", "functions", "positive", "constants")
            if what := next((key for key in said if getattr(self, key)), None):
                raise InputError(f"{what} without a manifold: add {', '.join(map(_option, _WAYS[:4]))} or --density")
            return Description(metric="1, 0; 0, sin(theta)^2", coordinates="theta, phi").manifold()
        if self.coordinates is None:
            raise InputError(f'{listed[0]} needs --coordinates, e.g. --coordinates "theta, phi"')
        if "density" not in given[0] and (self.variables or self.covariates):
            raise InputError("--variable and --covariates belong to a --density")
        try:
            return self._built(given[0])
        except ExpressionError as problem:
            hint = "; a constant is declared by --constants NAME" if "unknown name" in str(problem) else ""
            hint = "; a function of your own by --functions NAME" if "unknown function" in str(problem) else hint
            raise ExpressionError(f"{problem}{hint}") from None

    def _built(self, way: str) -> RiemannianManifold:
        from chentsov.geometry.manifolds import HessianManifold, ImmersedManifold, RiemannianManifold
        from chentsov.parsing import parse_expression, parse_list, parse_matrix

        coordinates, others = self._symbols()
        functions = names_in(self.functions)
        self._check_every_name_is_used(way)
        symbols = (*coordinates, *others)
        conditions = [self._condition(text, symbols) for text in self.conditions]
        options: dict[str, Any] = {"symbols": symbols, "functions": functions}
        text = getattr(self, way)
        if way in ("density", "log_density"):
            return self._statistical(way, coordinates, symbols, conditions)
        named: dict[str, Any] = {"domain": conditions, "name": self.title}
        if way == "metric":
            return RiemannianManifold(parse_matrix(text, **options), coordinates, **named)
        if way == "line":
            return RiemannianManifold(self._line_element(text, coordinates, options), coordinates, **named)
        if way == "potential":
            return HessianManifold(parse_expression(text, **options), coordinates, **named)
        return ImmersedManifold(parse_list(text, **options), coordinates, **named)

    def _line_element(self, text: str, coordinates: Sequence[sp.Symbol], options: Mapping[str, Any]) -> sp.Expr:
        """ds² in the differentials d + coordinate, which are names of their own."""
        import sympy as sp
        from chentsov.parsing import parse_expression

        steps = [sp.Symbol(f"d{x.name}", real=True) for x in coordinates]
        if both := {s.name for s in steps} & {s.name for s in options["symbols"]}:
            raise InputError(f"'{min(both)}' is a differential of the line element and something else: rename one")
        return parse_expression(text, **{**options, "symbols": (*options["symbols"], *steps)})

    def _check_every_name_is_used(self, way: str) -> None:
        """What is said of a name that no formula holds is a slip of the pen.

        Raises:
            InputError: such a name among those of positive, constants and functions.
        """
        from chentsov.geometry.exact.reading import nearest

        formulas = [getattr(self, way), *self.conditions, *self.variables]
        used = set(re.findall(_NAME, " ".join(formulas))) | set(names_in(self.coordinates or ""))
        used |= set(names_in(self.covariates))
        for key in ("positive", "constants", "functions"):
            if stranger := next((n for n in names_in(getattr(self, key)) if n not in used), None):
                raise InputError(
                    f"--{key} names '{stranger[:40]}', which no formula holds ({nearest(stranger, sorted(used))})"
                )

    def _symbols(self) -> tuple[tuple[sp.Symbol, ...], tuple[sp.Symbol, ...]]:
        """Coordinates and constants, with what is said of them; what bounds an integer is a positive integer itself."""
        import sympy as sp
        from chentsov.parsing import parse_names

        above, listed = names_in(self.positive), names_in(self.coordinates or "")
        coordinates = parse_names(self.coordinates or "", positive=[n for n in above if n in listed])
        names = [v.partition("=")[0].strip() for v in self.variables]
        others = dict.fromkeys(n for n in (*above, *names_in(self.constants)) if n not in (*listed, *names))
        constants = parse_names(" ".join(others), positive=[n for n in above if n in others]) if others else ()
        ends = " ".join(v.partition("=")[2] for v in self.variables if _is_integer(v))
        counts = set(re.findall(_NAME, ends))
        return coordinates, tuple(
            sp.Symbol(s.name, integer=True, positive=True) if s.name in counts else s for s in constants
        )

    def _statistical(
        self, way: str, coordinates: tuple[sp.Symbol, ...], symbols: tuple[sp.Symbol, ...], conditions: list[Any]
    ) -> RiemannianManifold:
        import sympy as sp
        from chentsov.geometry.manifolds import StatisticalManifold
        from chentsov.parsing import parse_expression, parse_names

        if not self.variables:
            raise InputError(f'{_option(way)} needs the range of what is observed, e.g. --variable "x=-oo:oo"')
        columns = tuple(
            next((s for s in symbols if s.name == n), sp.Symbol(n, real=True)) for n in names_in(self.covariates)
        )
        symbols = tuple(dict.fromkeys((*symbols, *columns)))
        ranges: dict[sp.Symbol, Any] = {}
        for text in self.variables:
            name, equals, range_text = (part.strip() for part in text.partition("="))
            if not equals or not range_text:
                raise InputError(
                    f"a variable is written name=lower:upper, name=lower:upper:integer or name={{0, 1, 3}}, "
                    f"not '{text[:60]}'"
                )
            if any(s.name == name for s in ranges):
                raise InputError(f"the variable {name[:40]} is given twice")
            if any(s.name == name for s in symbols):
                raise InputError(f"'{name[:40]}' is a variable and something else at once: choose another name")
            (plain,) = parse_names(name)
            symbol, found = _range(plain, range_text, (*symbols, *ranges))
            ranges[symbol] = found
        known = (*symbols, *ranges)
        density = parse_expression(getattr(self, way), known, functions=names_in(self.functions))
        given: dict[str, Any] = {way: density, "name": self.title}
        if columns:
            if conditions:
                raise InputError("a density with covariates takes no --condition")
            return StatisticalManifold.conditional(given.pop("density", None), ranges, columns, coordinates, **given)
        return StatisticalManifold.from_density(
            given.pop("density", None), ranges, coordinates, conditions=conditions, **given
        )

    def _condition(self, text: str, symbols: Sequence[sp.Symbol]) -> Any:
        """An inequality: "0 < p < 1", "rho^2 <= 1", "a != b"."""
        import sympy as sp
        from chentsov.parsing import parse_expression

        parts = re.split(r"(<=|>=|!=|<|>|≤|≥|≠)", text)
        if len(parts) < 3:
            raise InputError(f'a condition is an inequality, e.g. "rho^2 < 1" or "0 < p < 1", not \'{text[:60]}\'')
        sides = [parse_expression(side, symbols) for side in parts[::2]]
        relations = [_RELATIONS[sign](a, b) for sign, a, b in zip(parts[1::2], sides, sides[1:])]
        if any(r == sp.false for r in relations):
            raise InputError(f"the condition '{text[:60]}' holds nowhere")
        return sp.And(*relations)


def _le(a: Any, b: Any) -> Any:
    return a <= b


def _lt(a: Any, b: Any) -> Any:
    return a < b


def _ne(a: Any, b: Any) -> Any:
    import sympy as sp

    return sp.Ne(a, b)


_RELATIONS: dict[str, Any] = {
    "<": _lt, "<=": _le, "≤": _le, ">": lambda a, b: _lt(b, a), ">=": lambda a, b: _le(b, a),
    "≥": lambda a, b: _le(b, a), "!=": _ne, "≠": _ne,
}  # fmt: skip


def _option(way: str) -> str:
    return f"--{way.replace('_', '-')}"


def _is_integer(variable: str) -> bool:
    return variable.rpartition(":")[2].strip() in ("integer", "integers", "discrete")


def _range(plain: sp.Symbol, text: str, symbols: Sequence[sp.Symbol]) -> tuple[sp.Symbol, Any]:
    """The variable, as positive as its range makes it, and its range for `from_density`."""
    import sympy as sp
    from chentsov.parsing import parse_expression, parse_list

    name = plain.name
    if text.startswith("{") and text.endswith("}"):
        values = parse_list(text[1:-1], symbols)
        whole = all(v.is_integer for v in values)
        return sp.Symbol(name, integer=True) if whole else plain, sp.FiniteSet(*values)
    parts = [part.strip() for part in text.split(":")]
    if len(parts) not in (2, 3) or len(parts) == 3 and not _is_integer(text):
        raise InputError(
            f"the range of {name} is written lower:upper, lower:upper:integer or {{0, 1, 3}}, not '{text[:60]}'"
        )
    lower, upper = (_INFINITE[p] * sp.oo if p in _INFINITE else parse_expression(p, symbols) for p in parts[:2])
    if len(parts) == 3:
        kind = {"positive": True} if lower.is_positive else {"nonnegative": True} if lower.is_nonnegative else {}
        return sp.Symbol(name, integer=True, **kind), (lower, upper, "discrete")
    return sp.Symbol(name, positive=True) if lower.is_nonnegative else plain, (lower, upper)


def names_in(text: str) -> list[str]:
    """Names separated by commas or blanks.

    >>> names_in("a, b c")
    ['a', 'b', 'c']
    """
    return text.replace(",", " ").split()


# -- files -------------------------------------------------------------------------------------------------------------


def read_file(path: Path) -> dict[str, Any]:
    """What a TOML file says of a manifold, by the names of `Description`.

    Lists may stand for texts: names by ',', rows of a metric by ';'. Variables may be a table {x = "-oo:oo"}.

    Raises:
        InputError: a file that cannot be read, is no TOML, or has a key that means nothing; the message names the
            nearest.
    """
    from chentsov.geometry.exact.reading import nearest

    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES + 1)
        if len(text) > _MOST_BYTES:
            raise InputError(f"'{path}' has more than {_MOST_BYTES} bytes: it describes no manifold")
        content = tomllib.loads(text.decode())
    except (OSError, UnicodeDecodeError) as error:
        reason = (error.strerror or str(error)).lower() if isinstance(error, OSError) else "it is no text in UTF-8"
        raise InputError(f"cannot read '{path}': {reason}") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"'{path}' is no TOML: {error}") from None
    known = [f.name for f in fields(Description)]
    for key in content:
        if key not in known:
            raise InputError(f"'{path}' has the key '{key[:40]}', which means nothing ({nearest(key, known)})")
    return {key: _value(path, key, value) for key, value in content.items()}


def _value(path: Path, key: str, value: Any) -> Any:
    if key in ("variables", "conditions"):
        if isinstance(value, Mapping):
            value = [f"{name}={text}" for name, text in value.items()]
        value = [value] if isinstance(value, str) else value
        if isinstance(value, list) and all(isinstance(v, str) for v in value):
            return tuple(value)
    elif isinstance(value, str):
        return value
    elif isinstance(value, list) and all(isinstance(row, list) for row in value) and key == "metric":
        return "; ".join(", ".join(map(str, row)) for row in value)
    elif isinstance(value, list) and not any(isinstance(v, (list, dict)) for v in value):
        return ", ".join(map(str, value))
    raise InputError(f"'{path}': {key} is a text or a list of texts, not {str(value)[:60]}")
