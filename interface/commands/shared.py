"""What `derive`, `grid` and `plot` share: the options that describe a manifold."""

from __future__ import annotations

import inspect
import math
import typing
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from chentsov.description import Description, read_file
from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.exact.reading import read_number

if TYPE_CHECKING:
    from chentsov.geometry.manifolds import RiemannianManifold

__all__ = [
    "AXIS", "CONSTANT", "DATA", "RTOL", "WIDTH", "check_rtol", "read_axis", "read_grid", "read_pair",
    "read_table",
    "with_description",
]  # fmt: skip

MOST_CELLS = 200_000_000

WIDTH = typer.Option(
    0,
    "--width",
    help="Columns in which formulas are drawn; 0: those of the terminal, and of a file or pipe any number.",
)

AXIS = typer.Option(
    [], "--axis", help="coordinate=first:last:points; may be repeated. [default: 0.1:3:64 each of two, 1 each of more]"
)
CONSTANT = typer.Option([], "--constant", help="name=value, e.g. a=2; may be repeated. Every constant needs one.")
DATA = typer.Option(
    None, "--data", help="Rows that a mean over data is taken over: a .csv, .parquet or .nc file with named columns."
)
RTOL = typer.Option(
    None, "--rtol", help="Certify every number to this relative tolerance; without it, lost digits are not seen."
)

#: Option -> its type and description; `Description` has a field of each name.
_OPTIONS: dict[str, tuple[Any, Any]] = {
    "name": (
        str | None,
        typer.Argument(
            None,
            help="A manifold of the catalogue, e.g. surfaces.torus (see `chentsov catalogue`).",
            show_default="the unit sphere",
        ),
    ),
    "metric": (str | None, typer.Option(None, help="Metric: entries by ',', rows by ';': \"1, 0; 0, sin(theta)^2\".")),
    "line": (
        str | None,
        typer.Option(None, help='Line element in the differentials of the coordinates: "dr^2 + r^2*dphi^2".'),
    ),
    "potential": (
        str | None,
        typer.Option(None, help='Potential ψ of a Hessian metric ∂ᵢ∂ⱼψ: "log(1 + exp(a) + exp(b))".'),
    ),
    "embedding": (
        str | None,
        typer.Option(None, help="Embedding in flat space, components by ',': \"u, v, u^2 + v^2\"."),
    ),
    "density": (
        str | None,
        typer.Option(None, help='Density p(x; θ), for the Fisher metric: "exp(-x/m)/m", with --variable "x=0:oo".'),
    ),
    "log_density": (str | None, typer.Option(None, help="log p instead of p.")),
    "variables": (
        list[str],
        typer.Option(
            [],
            "--variable",
            help='What is observed, with its range: "x=-oo:oo", "k=0:n:integer", "k={0, 1, 3}"; may be repeated, and '
            "a range may depend on the variables before it.",
        ),
    ),
    "covariates": (
        str,
        typer.Option("", help="Names of columns of data that the density is conditional on: a regression."),
    ),
    "coordinates": (str | None, typer.Option(None, help='Coordinates, e.g. "theta, phi".')),
    "positive": (str, typer.Option("", help='Names that are positive, e.g. "sigma".')),
    "constants": (
        str,
        typer.Option("", help='Names of constants, e.g. "a, m"; any other name in a formula is an error.'),
    ),
    "functions": (str, typer.Option("", help='Names of undefined functions, e.g. "f, h" for a metric with f(r).')),
    "conditions": (
        list[str],
        typer.Option([], "--condition", help='An inequality of the domain, e.g. "rho^2 < 1"; may be repeated.'),
    ),
}  # fmt: skip

_FILE = typer.Option(
    None, "--file", help="A TOML file with any of these by name (metric, density, variables, …); options go before it."
)


def with_description(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose first argument is a `Description`, with the options that make one instead of it."""

    @wraps(command)
    def with_options(**given: Any) -> None:
        path: Path | None = given.pop("file")
        said = {key: value for key in _OPTIONS if (value := given.pop(key))}
        command(replace(Description(**(read_file(path) if path is not None else {})), **said), **given)

    hints = typing.get_type_hints(command)
    own = list(inspect.signature(command).parameters.values())[1:]
    added = {key: inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=option, annotation=kind)
             for key, (kind, option) in (_OPTIONS | {"file": (Path | None, _FILE)}).items()}  # fmt: skip
    parameters = {p.name: p.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints[p.name]) for p in own}
    every = added | parameters
    with_options.__signature__ = inspect.Signature(list(every.values()))  # type: ignore[attr-defined]
    with_options.__annotations__ = {p.name: p.annotation for p in every.values()}
    return with_options


# -- grids ------------------------------------------------------------------------------------------------------------


def read_grid(
    description: Description,
    axes: Sequence[str],
    constants: Sequence[str],
    quantities: Sequence[str],
    data: Path | None,
    limited: bool = True,
) -> tuple[RiemannianManifold, dict[str, Any], dict[str, Any]]:
    """The manifold, the axes and the options of `on_grid` that a command line asks for.

    Raises:
        InputError: an unknown quantity, coordinate or constant, a constant without a value, a grid that is too large.
    """
    if description.name is None and description.coordinates is not None and constants:
        names = (text.partition("=")[0].strip() for text in constants)
        description = replace(description, constants=" ".join((description.constants, *names)))
    manifold = description.manifold()
    known = manifold.quantities()
    if unknown := [q for q in quantities if q not in known]:
        raise InputError(f"unknown quantity '{unknown[0]}': known are {', '.join(known)}")
    grid = _axes(manifold, axes, MOST_CELLS if limited else None)
    options: dict[str, Any] = {"constants": _constants(manifold, constants)}
    if data is not None:
        options["data"] = read_table(data)
    return manifold, grid, options


def check_rtol(rtol: float | None) -> None:
    if rtol is not None and not 0 < rtol < 1:
        raise InputError(f"the relative tolerance must lie between 0 and 1, not {rtol}")


def read_pair(text: str, option: str) -> tuple[str, Any]:
    """``name=value`` as a name and a number, or the text where it is none.

    >>> read_pair("theta=0.5", "--at"), read_pair("i=phi", "--at")
    (('theta', 0.5), ('i', 'phi'))
    """
    name, equals, value = (part.strip() for part in text.partition("="))
    if not (name and equals and value):
        raise InputError(f"{option} is written name=value, not '{text[:60]}'")
    try:
        return name, float(value)
    except ValueError:
        return name, value


def read_table(path: Path) -> Any:
    """The columns of a CSV or Parquet file by the names in its first line, or of a NetCDF file.

    Raises:
        InputError: a file that cannot be read as a table.
    """
    import pandas as pd
    import xarray as xr

    if path.is_char_device() or path.is_block_device():
        raise InputError(f"cannot read the data file '{path}': it is a device, which has no end")
    try:
        if path.suffix.lower() in (".nc", ".h5"):
            return xr.load_dataset(path, engine="h5netcdf")
        return pd.read_parquet(path) if path.suffix.lower() == ".parquet" else pd.read_csv(path, skipinitialspace=True)
    except (OSError, ValueError, ImportError) as error:
        reason = (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error).splitlines()[0]
        raise InputError(f"cannot read the data file '{path}': {reason}") from None


def read_axis(text: str) -> tuple[str, Any]:
    """``name=first:last:points`` (or ``name=value``) as a name and an array.

    >>> read_axis("t=0:1:3")
    ('t', array([0. , 0.5, 1. ]))

    Raises ValueError for anything else, an empty axis, or one that is not finite.
    """
    import numpy as np

    name, equals, numbers = (part.strip() for part in text.partition("="))
    parts = numbers.split(":")
    if not equals or not name or len(parts) not in (1, 3):
        raise InputError(f"an axis is written coordinate=first:last:points, e.g. theta=0.1:3:100, not '{text[:60]}'")
    try:
        first, last = float(parts[0]), float(parts[1] if len(parts) == 3 else parts[0])
        points = int(parts[2]) if len(parts) == 3 else 1
    except ValueError:
        raise InputError(f"the axis '{text[:60]}' is not made of numbers") from None
    if not (np.isfinite(first) and np.isfinite(last)):
        raise InputError(f"the grid is not finite: axis {name} runs from {first} to {last}")
    if points < 1:
        raise InputError(f"the grid is empty: axis {name} has {points} points")
    if points > MOST_CELLS:
        raise InputError(f"the grid is too large: axis {name} has {points} points, at most {MOST_CELLS} are taken")
    return name, np.linspace(first, last, points) if points > 1 else np.array([first])


def _axes(manifold: RiemannianManifold, texts: Sequence[str], most: int | None) -> dict[str, Any]:
    names = [c.name for c in manifold.coordinates]
    given: dict[str, Any] = {}
    for name, values in map(read_axis, texts):
        if name not in names:
            raise InputError(f"'{name[:60]}' is not a coordinate: they are {', '.join(names)}")
        if name in given:
            raise InputError(f"the axis {name} is given twice")
        given[name] = values
    axes = {
        n: given[n] if n in given else read_axis(f"{n}=0.1:3:64" if len(names) <= 2 else f"{n}=1")[1] for n in names
    }
    cells = math.prod(len(a) for a in axes.values())
    if most is not None and cells > most:
        raise InputError(
            f"the grid is too large: {cells} cells, at most {most} in one file; a store holds more: --output NAME.zarr"
        )
    return axes


def _constants(manifold: RiemannianManifold, texts: Sequence[str]) -> dict[str, Any]:
    """name -> exact number; every constant of the metric exactly once."""
    names = [c.name for c in manifold.constants]
    values: dict[str, Any] = {}
    for text in texts:
        name, _, number = (part.strip() for part in text.partition("="))
        if name not in names:
            raise InputError(f"'{name[:60]}' is not a constant of this metric: they are {', '.join(names) or 'none'}")
        if name in values:
            raise InputError(f"the constant {name} is given twice")
        try:
            values[name] = read_number(number, f"the constant {name}")
        except InputError:
            raise InputError(f"a constant is written name=number, not '{text[:60]}'") from None
    if missing := [n for n in names if n not in values]:
        raise InputError(
            f"the constant{'s' * (len(missing) > 1)} {', '.join(missing)} {'has' if len(missing) == 1 else 'have'} no "
            f"value: add {' '.join(f'--constant {n}=…' for n in missing)}"
        )
    return values
