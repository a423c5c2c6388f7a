"""``chentsov derive``: closed forms of a metric given as text, or of a manifold of the catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer
from chentsov.geometry.exact.errors import InputError

from .shared import (
    CONSTANTS,
    COORDINATES,
    EMBEDDING,
    FUNCTIONS,
    METRIC,
    NAME,
    POSITIVE,
    POTENTIAL,
    manifold_from,
    names_in,
)

if TYPE_CHECKING:
    from chentsov.geometry.manifolds import RiemannianManifold

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    app.command("derive")(derive)


def derive(
    name: str | None = NAME,
    metric: str | None = METRIC,
    potential: str | None = POTENTIAL,
    embedding: str | None = EMBEDDING,
    coordinates: str | None = COORDINATES,
    positive: str = POSITIVE,
    constants: str = CONSTANTS,
    functions: str = FUNCTIONS,
    quantity: list[str] = typer.Option(
        ["metric", "christoffel", "ricci_scalar"], help="What to derive; may be repeated."
    ),
    latex: bool = typer.Option(False, "--latex", help="LaTeX instead of drawn formulas."),
    seconds: float = typer.Option(120, help="Time limit."),
    output: Path | None = typer.Option(None, help="Write to this file instead of the terminal."),
) -> None:
    """Closed forms: metric, connection and curvature of a metric, a potential, an embedding or a named manifold."""
    from chentsov.geometry.exact import TimeBudget
    from chentsov.outputs import save_text
    from chentsov.reports import Report

    report = Report()
    with TimeBudget(seconds, "derive", interrupt=True):
        manifold = manifold_from(
            name, metric, potential, embedding, coordinates, positive, names_in(constants), functions
        )
        known = manifold.quantities()
        if unknown := [q for q in quantity if q not in known]:
            raise InputError(f"unknown quantity '{unknown[0]}': known are {', '.join(known)}")
        texts = []
        for wanted in quantity:
            with report.stage(wanted):
                texts.append(_latex(manifold, wanted) if latex else _drawn(manifold, wanted, report.console.width))
    text = "\n\n".join(texts)
    if output is not None:
        save_text(text + "\n", output)
        report.line(f"written: {output}")
    else:
        if not latex:
            report.line(f"{manifold!r}\n")
        report.line(text)


def _latex(manifold: RiemannianManifold, name: str) -> str:
    import sympy as sp

    quantity = manifold.quantities()[name]
    value = manifold.expression_of(name)
    return f"{quantity.latex} = {sp.latex(value)}"


def _drawn(manifold: RiemannianManifold, name: str, width: int) -> str:
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
    drawn = sp.pretty(value, use_unicode=True, num_columns=max(width - 2, 60))
    return f"{quantity.long_name}\n" + "\n".join("  " + row for row in drawn.splitlines())
