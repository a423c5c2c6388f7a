"""What `derive` and `grid` share: a manifold from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from chentsov.geometry.exact.errors import InputError

if TYPE_CHECKING:
    from chentsov.geometry.manifolds import RiemannianManifold

__all__ = ["COORDINATES", "EMBEDDING", "METRIC", "NAME", "POSITIVE", "POTENTIAL", "manifold_from"]

NAME = typer.Argument(
    None, help="A manifold of the catalogue, e.g. surfaces.torus (see `chentsov catalogue`).", show_default=False
)
METRIC = typer.Option(None, help="Metric: entries by ',', rows by ';', e.g. \"1, 0; 0, sin(theta)^2\".")
POTENTIAL = typer.Option(None, help='Potential ψ of a Hessian metric ∂ᵢ∂ⱼψ, e.g. "log(1 + exp(a) + exp(b))".')
EMBEDDING = typer.Option(None, help="Embedding in flat space, components by ',', e.g. \"u, v, u^2 + v^2\".")
COORDINATES = typer.Option(None, help='Coordinates, e.g. "theta, phi". Other names are constants.')
POSITIVE = typer.Option("", help='Names that are positive, e.g. "sigma".')


def manifold_from(
    name: str | None,
    metric: str | None,
    potential: str | None,
    embedding: str | None,
    coordinates: str | None,
    positive: str,
) -> RiemannianManifold:
    """The manifold that the options describe; the unit sphere if they describe none.

    Raises ValueError if they describe more than one, or leave something out.
    """
    from chentsov.catalogue import manifold_called
    from chentsov.geometry.manifolds import HessianManifold, ImmersedManifold, RiemannianManifold
    from chentsov.parsing import parse_expression, parse_list, parse_matrix, parse_names

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
    above_zero = [n for n in positive.replace(",", " ").split() if n]
    listed = [n for n in coordinates.replace(",", " ").split() if n]
    symbols = parse_names(coordinates, positive=[n for n in above_zero if n in listed])
    others = [n for n in above_zero if n not in listed]
    known = (*symbols, *(parse_names(" ".join(others), positive=others) if others else ()))
    if metric is not None:
        return RiemannianManifold(parse_matrix(metric, known), symbols)
    if potential is not None:
        return HessianManifold(parse_expression(potential, known), symbols)
    assert embedding is not None
    return ImmersedManifold(parse_list(embedding, known), symbols)
