"""What `derive` and `grid` share: a manifold from the command line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import typer
from chentsov.geometry.exact.errors import InputError

if TYPE_CHECKING:
    from chentsov.geometry.manifolds import RiemannianManifold

__all__ = [
    "CONSTANTS",
    "COORDINATES",
    "EMBEDDING",
    "FUNCTIONS",
    "METRIC",
    "NAME",
    "POSITIVE",
    "POTENTIAL",
    "manifold_from",
    "names_in",
]

NAME = typer.Argument(
    None, help="A manifold of the catalogue, e.g. surfaces.torus (see `chentsov catalogue`).", show_default=False
)
METRIC = typer.Option(None, help="Metric: entries by ',', rows by ';', e.g. \"1, 0; 0, sin(theta)^2\".")
POTENTIAL = typer.Option(None, help='Potential ψ of a Hessian metric ∂ᵢ∂ⱼψ, e.g. "log(1 + exp(a) + exp(b))".')
EMBEDDING = typer.Option(None, help="Embedding in flat space, components by ',', e.g. \"u, v, u^2 + v^2\".")
COORDINATES = typer.Option(None, help='Coordinates, e.g. "theta, phi".')
CONSTANTS = typer.Option("", help='Names of constants, e.g. "a, m"; any other name in a formula is an error.')
FUNCTIONS = typer.Option("", help='Names of undefined functions, e.g. "f, h" for a metric with f(r).')
POSITIVE = typer.Option("", help='Names that are positive, e.g. "sigma".')


def manifold_from(
    name: str | None,
    metric: str | None,
    potential: str | None,
    embedding: str | None,
    coordinates: str | None,
    positive: str,
    constants: Iterable[str] = (),
    functions: str = "",
) -> RiemannianManifold:
    """The manifold that the options describe; the unit sphere if they describe none.

    The names of a formula are the coordinates, the constants and what is said to be positive.

    Raises ValueError if they describe more than one, or leave something out.
    """
    from chentsov.catalogue import manifold_called
    from chentsov.geometry.manifolds import HessianManifold, ImmersedManifold, RiemannianManifold
    from chentsov.parsing import ExpressionError, parse_expression, parse_list, parse_matrix, parse_names

    ways = {"a name": name, "--metric": metric, "--potential": potential, "--embedding": embedding}
    given = [way for way, text in ways.items() if text is not None]
    if len(given) > 1:
        raise InputError(f"one manifold at a time: {' and '.join(given)} were given")
    if name is not None:
        if coordinates is not None:
            raise InputError("a manifold of the catalogue brings its coordinates: leave out --coordinates")
        return manifold_called(name)
    if not given:
        if coordinates is not None:
            raise InputError("coordinates without a manifold: add --metric, --potential or --embedding")
        metric, coordinates = "1, 0; 0, sin(theta)^2", "theta, phi"
    if coordinates is None:
        raise InputError(f'{given[0]} needs --coordinates, e.g. --coordinates "theta, phi"')
    above_zero, listed = names_in(positive), names_in(coordinates)
    symbols = parse_names(coordinates, positive=[n for n in above_zero if n in listed])
    others = [n for n in dict.fromkeys((*above_zero, *constants)) if n not in listed]
    if others:
        above = [n for n in above_zero if n in others]
        symbols_and_constants = (*symbols, *parse_names(" ".join(others), positive=above))
    else:
        symbols_and_constants = symbols
    options: dict[str, Any] = {"symbols": symbols_and_constants, "functions": names_in(functions)}
    try:
        if metric is not None:
            return RiemannianManifold(parse_matrix(metric, **options), symbols)
        if potential is not None:
            return HessianManifold(parse_expression(potential, **options), symbols)
        assert embedding is not None
        return ImmersedManifold(parse_list(embedding, **options), symbols)
    except ExpressionError as problem:
        hint = "; a constant is declared by --constants NAME" if "unknown name" in str(problem) else ""
        raise ExpressionError(f"{problem}{hint}") from None


def names_in(text: str) -> list[str]:
    """Names separated by commas or blanks.

    >>> names_in("a, b c")
    ['a', 'b', 'c']
    """
    return text.replace(",", " ").split()
