"""``chentsov derive``: closed forms of what is given as text or by name, on the terminal or as source text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from chentsov.description import Description
from chentsov.geometry.exact.errors import InputError

from .shared import WIDTH, with_description

if TYPE_CHECKING:
    from chentsov.geometry.manifolds import RiemannianManifold
    from chentsov.reports import Report

__all__ = ["register"]

_FORMATS = ("text", "latex", "json", "sympy", "c", "numpy", "jax", "torch", "mathematica")


def register(app: typer.Typer) -> None:
    app.command("derive")(with_description(derive))


def derive(
    description: Description,
    quantity: list[str] = typer.Option(
        ["metric", "christoffel", "ricci_scalar"], help="What to derive; may be repeated."
    ),
    form: str = typer.Option("text", "--format", help=f"{', '.join(_FORMATS[:-1])} or {_FORMATS[-1]}."),
    latex: bool = typer.Option(False, "--latex", help="The same as --format latex."),
    width: int = WIDTH,
    seconds: float = typer.Option(120, help="Time limit."),
    output: Path | None = typer.Option(
        None, help="Write to this file instead of the terminal.", show_default="the terminal"
    ),
) -> None:
    """Closed forms of a density, metric, potential, embedding or named manifold: metric, connection, curvature."""
    from chentsov.geometry.exact import TimeBudget
    from chentsov.outputs import save_text
    from chentsov.reports import Report

    if latex and form not in ("text", "latex"):
        raise InputError(f"one format at a time: leave out --latex or --format {form[:40]}")
    form = "latex" if latex else form
    if form not in _FORMATS:
        raise InputError(f"unknown format '{form[:40]}': choose one of {', '.join(_FORMATS)}")
    report = Report(width)
    with TimeBudget(seconds, "derive", interrupt=True):
        manifold = description.manifold()
        known = manifold.quantities()
        if unknown := [q for q in quantity if q not in known]:
            raise InputError(f"unknown quantity '{unknown[0]}': known are {', '.join(known)}")
        for wanted in quantity:
            with report.stage(wanted):
                manifold.expression_of(wanted)
        text = _written(manifold, quantity, form, report)
    if output is not None:
        save_text(text + "\n", output)
        report.line(f"written: {output}")
    else:
        if form == "text":
            report.line(f"{manifold!r}\n")
        report.line(text)


def _written(manifold: RiemannianManifold, names: Sequence[str], form: str, report: Report) -> str:
    if form == "text":
        return "\n\n".join(_drawn(manifold, name, report) for name in names)
    if form == "latex":
        from chentsov.geometry.exact.notation import latex

        known = manifold.quantities()
        return "\n\n".join(
            f"{known[n].latex} = {latex(manifold.expression_of(n))}" if known[n].rank < 3 else manifold.table(n).latex()
            for n in names
        )
    if form == "json":
        return _json(manifold, names)
    from chentsov.geometry.kernels.source import source

    values = {name: manifold.expression_of(name) for name in names}
    arguments = (*manifold.coordinates, *manifold.constants)
    title = manifold.name or repr(manifold).strip("<>")
    return source(values, arguments, form, f"{title}; made by chentsov derive")


def _json(manifold: RiemannianManifold, names: Sequence[str]) -> str:
    """Expressions as text that `derive` reads, with what they are; tensors as nested lists."""
    import json

    from chentsov.geometry.exact.notation import latex
    from chentsov.geometry.grids.labels import CONVENTIONS

    def nested(value: Any) -> Any:
        return [nested(v) for v in value] if isinstance(value, list) else str(value)

    quantities = {}
    for name in names:
        known, value = manifold.quantities()[name], manifold.expression_of(name)
        quantities[name] = {
            "long_name": known.long_name,
            "symbol": known.latex,
            "indices": list(known.indices),
            "value": nested(value.tolist() if known.rank else value),
            "latex": latex(value),
        }
    content = {
        "manifold": manifold.name or "",
        "structure": manifold.structure,
        "coordinates": [c.name for c in manifold.coordinates],
        "constants": [c.name for c in manifold.constants],
        "positive": [s.name for s in (*manifold.coordinates, *manifold.constants) if s.is_positive],
        "conditions": list(map(str, manifold.domain.conditions)),
        "conventions": CONVENTIONS,
        "quantities": quantities,
    }
    return json.dumps(content, indent=1, ensure_ascii=False)


def _drawn(manifold: RiemannianManifold, name: str, report: Report) -> str:
    """A scalar or a matrix as a drawing; of a tensor of higher rank its independent components that are not zero."""
    import sympy as sp

    quantity = manifold.quantities()[name]
    if quantity.rank > 2:
        try:
            return str(manifold.table(name))
        except ValueError:
            pass
    value = manifold.expression_of(name)
    if quantity.rank == 2:
        value = sp.Matrix(value.tolist())
    return f"{quantity.long_name}\n{report.drawn(value)}"
