"""Records of the second study: those of the first, and a group for quantities that the judge does not promise yet."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..independent.record import CACHE, DIAGONAL, HALF, REGULAR, SIGN, SINGLE, STAGES, STEP, TRANSPOSED, TWICE
from ..independent.record import Program as FirstProgram

__all__ = [
    "AXIS", "CACHE", "DIAGONAL", "GRID", "HALF", "MISSING", "REGULAR", "SIGN", "SINGLE", "STEP", "TRANSPOSED", "TWICE", "factor", "right", "wrong",
]  # fmt: skip
PROGRAMS: list[Program] = []


@dataclass(frozen=True)
class Program(FirstProgram):
    """One program; `group` is "" or "later"."""

    group: str = ""


def _told(name, **told):
    def enter(function):
        record = Program(name or function.__name__, function, **told)
        if any(p.name == record.name for p in PROGRAMS):
            raise ValueError(f"two programs are called {record.name}")
        PROGRAMS.append(record)
        return function

    return enter


def right(truth, *, name=None, **told):
    """Enter a right program: ``truth`` says why it is right."""
    return _told(name, truth=truth, **told)


def wrong(stage, truth, *says, name=None, equal=(), never=(), **told):
    """Enter a wrong program: ``truth`` says what was done, ``says`` what a right diagnosis may contain."""
    if stage not in STAGES:
        raise ValueError(f"no stage is called {stage}")
    return _told(name, truth=truth, stage=stage, says=tuple(says), equal=tuple(equal), never=tuple(never), **told)


# Alternatives that many records share.
AXIS = (
    r"axis|axes",
    r"coordinate of the derivative",
    r"wrong coordinate",
    r"derivative index",
    r"order of",
    r"∂.{0,20}(swap|exchang|transpos)",
)
GRID = (r"\bgrid", r"\bcell", r"off by one", r"shift", r"neighbour", r"displac", r"index.{0,20}(xy|ij)")
MISSING = r"(missing|without|forg\w+|lacks?|omit\w*|lost|no|dropp?\w*|left out|absent|not there|only)"


def factor(*numbers):
    """Patterns for "off by a factor": each number as a person or a program prints it."""
    out = []
    for n in numbers:
        n = re.escape(n)
        out += [
            rf"factor.{{0,40}}(?<![\d.]){n}(?!\d)",
            rf"(?<![\d.]){n}(?!\d).{{0,4}}(times|×|·|\*)",
            rf"(times|×|·|\*|multipl\w+ by|by) ?{n}(?!\d)",
        ]
    return tuple(out)
