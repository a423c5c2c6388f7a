"""``chentsov catalogue``: the ready-made manifolds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from chentsov.geometry.exact.errors import InputError

if TYPE_CHECKING:
    from chentsov.models.registry import Entry

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    app.command("catalogue")(catalogue)


def catalogue(
    word: str | None = typer.Argument(None, help="List only what holds this word.", show_default=False),
) -> None:
    """List the models that have a name, where they live and what they need; `chentsov derive NAME` derives one
    of them.
    """
    from chentsov.models.registry import catalogue as registered
    from chentsov.reports import Report

    found = [e for e in registered() if word is None or word.lower() in f"{e.key} {e.title}".lower()]
    if not found:
        raise InputError(f"nothing in the catalogue holds '{word}'" if word else "the catalogue is empty")
    Report().table(("name", "what it is"), [(e.key, f"{e.title}\n{_place(e)}") for e in found])


def _place(model: Entry) -> str:
    """Coordinates, constants and domain in one line."""
    names = [", ".join(s.name for s in symbols) for symbols in (model.coordinates, model.constants)]
    said = (("coordinates", names[0]), ("constants", names[1]), ("domain", ", ".join(map(str, model.inequalities))))
    return "; ".join(f"{what} {text}" for what, text in said if text)
