"""The second study's programs, and its own judgement of them: that of the first study."""

from __future__ import annotations

import importlib

from ..independent.reckoning import errors, spaces_of
from .record import PROGRAMS

__all__ = ["THEMES", "errors", "programs", "spaces_of"]
THEMES = ("loops", "closed", "information", "pairs", "machines", "later")


def programs(themes=THEMES):
    """The records of these modules, in the order of their entry."""
    for theme in themes:
        importlib.import_module(f"{__package__}.{theme}")
    return list(PROGRAMS)
