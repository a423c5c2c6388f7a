"""``chentsov catalogue``: the ready-made manifolds."""

from __future__ import annotations

import typer
from chentsov.geometry.exact.errors import InputError

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    app.command("catalogue")(catalogue)


def catalogue(
    word: str | None = typer.Argument(None, help="List only what holds this word.", show_default=False),
) -> None:
    """List the manifolds that have a name; `chentsov derive NAME` derives one of them."""
    from chentsov.catalogue import entries
    from chentsov.reports import Report

    rows = [(name, text) for name, _, text in entries() if word is None or word.lower() in f"{name} {text}".lower()]
    if not rows:
        raise InputError(f"nothing in the catalogue holds '{word}'" if word else "the catalogue is empty")
    Report().table(("name", "what it is"), rows)
