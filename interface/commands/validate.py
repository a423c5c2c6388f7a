"""``chentsov validate``: judge somebody's curvature function; export the reference suite."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import typer
from chentsov.geometry.exact.errors import InputError

__all__ = ["load_function", "register"]


def register(app: typer.Typer) -> None:
    app.command("validate")(validate)


def load_function(target: str) -> Callable[..., Any]:
    """The function that ``package.module:function`` or ``file.py:function`` names.

    The module is imported because the user named it; nothing else is executed.

    Raises:
        ValueError: no such module, file or function, or the import itself fails.
    """
    module_name, colon, path = target.rpartition(":")
    if not colon or not module_name or not path or not all(part.isidentifier() for part in path.split(".")):
        raise InputError(f"name a function as package.module:function or file.py:function, not '{target}'")
    # What the module prints while it is imported must not mix with the report.
    with contextlib.redirect_stdout(sys.stderr):
        try:
            module = _from_file(Path(module_name)) if module_name.endswith(".py") else _from_path(module_name)
        except ValueError:
            raise
        except (Exception, SystemExit) as error:
            raise InputError(f"importing '{module_name}' fails: {type(error).__name__}: {error}") from error
    found: Any = module
    for part in path.split("."):
        if not hasattr(found, part):
            known = [n for n in dir(module) if not n.startswith("_") and callable(getattr(module, n, None))]
            raise InputError(
                f"'{module_name}' has no '{path}'" + (f"; it has {', '.join(known[:12])}" if known else "")
            )
        found = getattr(found, part)
    if not callable(found):
        raise InputError(f"'{target}' is a {type(found).__name__}, not a function")
    return found  # type: ignore[no-any-return]


def _from_path(name: str) -> Any:
    if not all(part.isidentifier() for part in name.split(".")):
        raise InputError(f"'{name}' is not the name of a module")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    return importlib.import_module(name)


def _from_file(path: Path) -> Any:
    if not path.is_file():
        raise InputError(f"there is no file '{path}'")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise InputError(f"'{path}' cannot be imported")
    sys.path.insert(0, str(path.resolve().parent))
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)
    spec.loader.exec_module(module)
    return module


def validate(
    target: str | None = typer.Argument(None, help="package.module:function, or file.py:function.", show_default=False),
    quantity: str = typer.Option(
        "ricci_scalar",
        help="ricci_scalar, christoffel, riemann, riemann_lowered, ricci, einstein, weyl, kretschmann, laplacian, …; "
        "of a --manifold also fisher_metric, alpha_connection, distance, ntk, ntk_trace, compressibility, …",
    ),
    alpha: str | None = typer.Option(None, help="The α of alpha_connection, e.g. -1.", show_default=False),
    suite: str = typer.Option(
        "default", help="default, quick, surfaces, riemannian, lorentzian, statistical, singular or thorough."
    ),
    manifold: str | None = typer.Option(
        None,
        help="A manifold of the catalogue instead of a suite, for a function of the point alone.",
        show_default=False,
    ),
    metric: str | None = typer.Option(
        None, help='A metric instead of a suite, e.g. "1, 0; 0, sin(theta)^2".', show_default=False
    ),
    coordinates: str | None = typer.Option(None, help='Its coordinates, e.g. "theta, phi".', show_default=False),
    positive: str = typer.Option("", help="Names that are positive."),
    constants: str = typer.Option("", help='Values of its constants, e.g. "m=1, a=3/4".'),
    rtol: float | None = typer.Option(
        None, help="Relative tolerance; chosen by how the function differentiates if left out.", show_default=False
    ),
    form: str = typer.Option("auto", help="How the function is called: auto, point, batch, coordinates, metric, …"),
    array: str = typer.Option("numpy", help="What points are handed over as: numpy, list, jax or torch."),
    convention: str = typer.Option("chentsov", help="The function's sign convention: chentsov, weinberg, …"),
    layout: str | None = typer.Option(None, help="The order of its axes, e.g. jkli.", show_default=False),
    precision: str = typer.Option("float64", help="float64 or float32."),
    limit: float = typer.Option(10.0, "--time-limit", help="Seconds for one call."),
    isolate: bool | None = typer.Option(
        None,
        help="Call the function in a process of its own, so that native code that hangs "
        "or crashes is reported too. Left out: yes, unless its module brings JAX or PyTorch, which do not survive a "
        "fork.",
        show_default=False,
    ),
    oracle: str | None = typer.Option(
        None,
        help="Compare the engine itself with oracles instead: einsteinpy, jets, arb, jax, "
        "several of them by commas, or all.",
        show_default=False,
    ),
    catalogue: bool = typer.Option(
        False, help="On the whole catalogue of manifolds instead of a suite; --quantity all for every tensor."
    ),
    only: str = typer.Option("", help="Of the catalogue only the names that hold one of these words (by commas)."),
    as_json: bool = typer.Option(False, "--json", help="Print the report as JSON."),
    verbose: bool = typer.Option(False, help="Every manifold, and the whole metric of the smallest example."),
    export: Path | None = typer.Option(
        None, help="Write the reference suite to this JSON file (no function needed).", show_default=False
    ),
    digits: int = typer.Option(30, help="Digits of the exported numbers."),
) -> int:
    """Is this curvature function right, and if not, what is wrong with it? Exit code 0 if right, 1 if not, 2 on bad
    input.

    Without a function the engine's own curvature of every manifold of the suite is compared with certified values.
    """
    from chentsov.geometry.validation.check import check_curvature

    if export is not None:
        from chentsov.geometry.validation.export import export_suite

        typer.echo(f"wrote {export_suite(export, suite, digits)}")
        if target is None:
            return 0
    if target is None:
        about = {"--manifold": manifold, "--metric": metric, "--coordinates": coordinates, "--positive": positive,
                 "--constants": constants, "--layout": layout, "--convention": convention != "chentsov",
                 "--array": array != "numpy", "--form": form != "auto", "--precision": precision != "float64",
                 "--rtol": rtol}  # fmt: skip
        if alone := [option for option, value in about.items() if value]:
            raise InputError(
                f"{alone[0]} describes what a function is judged by, and no function is named: FILE.py:NAME"
            )
        if catalogue:
            return _whole_catalogue(oracle or "jets", quantity, limit, only, as_json)
        return _own_engine(suite, quantity, oracle or "jets", limit)
    if oracle is not None or catalogue:
        raise InputError("--oracle and --catalogue judge the engine itself: leave out the function")
    function = load_function(target)
    options: dict[str, Any] = {"rtol": rtol, "form": form, "array": array, "convention": convention, "layout": layout,
                               "precision": precision, "time_limit": limit,
                               "isolate": _may_fork() if isolate is None else isolate}  # fmt: skip
    if manifold is not None or metric is not None:
        options["constants"] = values = _values(constants)
        options["manifold"] = _manifold(manifold, metric, coordinates, positive, values)
        if alpha is not None:
            from chentsov.geometry.exact.reading import read_number

            options["alpha"] = read_number(alpha, "alpha")
    elif alpha is not None:
        raise InputError("--alpha is of the connections of a --manifold")
    elif coordinates is not None or constants:
        raise InputError("coordinates or constants without a manifold: add --metric or --manifold")
    else:
        options["suite"] = suite
    report = check_curvature(function, quantity=quantity, **options)
    typer.echo(report.to_json() if as_json else report.text(verbose))
    return 0 if report.passed else 1


def _manifold(
    name: str | None, metric: str | None, coordinates: str | None, positive: str, constants: dict[str, Any]
) -> Any:
    """What the function is judged on: of the catalogue the whole model, which brings its rows."""
    from chentsov.description import Description

    said = Description(
        name, metric, coordinates=coordinates, positive=positive, constants="" if name else " ".join(constants)
    )
    found = said.manifold()
    if name is None:
        return found
    from chentsov.models.registry import find

    return find(name).model


def _may_fork() -> bool:
    from chentsov.geometry.validation.isolation import can_isolate

    return can_isolate() and not {"jax", "torch", "tensorflow"} & set(sys.modules)


def _values(text: str) -> dict[str, Any]:
    """``"m=1, a=3/4"`` as exact numbers."""
    from chentsov.geometry.exact.reading import read_number

    values: dict[str, Any] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, equals, number = (p.strip() for p in part.partition("="))
        if not equals or not name.isidentifier():
            raise InputError(f"constants are written name=number, number, …: '{part[:40]}' is not")
        if name in values:
            raise InputError(f"the constant {name[:40]} is given twice")
        try:
            values[name] = read_number(number, f"the constant {name}")
        except InputError as problem:
            raise InputError(f"constants are written name=number, number, …: {problem}") from None
    return values


def _progress(line: str) -> None:
    typer.echo(line, err=True)


def _own_engine(suite: str, quantity: str, oracle: str, seconds: float) -> int:
    """The engine's closed forms on a suite beside an oracle's, one table."""
    from chentsov.geometry.validation.oracles import TENSORS, crosscheck_suite

    result = crosscheck_suite(
        suite, TENSORS if quantity == "all" else (quantity,), oracle=oracle, seconds=seconds, echo=_progress
    )
    typer.echo(str(result))
    return 0 if result.passed else 1


def _whole_catalogue(oracle: str, quantity: str, seconds: float, only: str, as_json: bool) -> int:
    """Every manifold and model beside every oracle."""
    import json

    from chentsov.geometry.validation.catalogue_check import crosscheck_catalogue
    from chentsov.geometry.validation.oracles import ORACLES, TENSORS

    names = tuple(ORACLES) if oracle == "all" else tuple(filter(None, (o.strip() for o in oracle.split(","))))
    words = [w.strip().lower() for w in only.split(",") if w.strip()]
    chosen = [(name, maker) for name, maker in _everything() if not words or any(w in name for w in words)]
    if not chosen:
        raise InputError(f"nothing in the catalogue holds '{only}'")
    result = crosscheck_catalogue(
        names, TENSORS if quantity == "all" else (quantity,), entries=chosen, seconds=seconds, echo=_progress
    )
    typer.echo(json.dumps(result.to_dict(), allow_nan=False) if as_json else str(result))
    return 0 if result.passed else 1


def _everything() -> Iterator[tuple[str, Callable[[], Any]]]:
    """Every entry of the registry; a model brings rows to average over."""
    from chentsov.catalogue import entries

    for name, maker, _ in entries():
        yield name, maker
