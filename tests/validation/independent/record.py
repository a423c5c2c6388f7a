"""What is written down about a program: how to call the judge with it, what is true of it, what must be said of it.

The study was written from textbooks and from memory of public code, before its writer had seen the judge, the judge's
list of mistakes or its other studies.  A record therefore has a vocabulary of its own: a stage of the computation, a
sentence, and regular expressions (case ignored) of which a fair reader would accept any in a diagnosis.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

STAGES = (
    "metric", "inverse", "metric derivative", "christoffel", "riemann", "contraction", "scalar", "statistics", "grid",
    "arithmetic", "caching", "scope", "output",
)  # fmt: skip
PROGRAMS: list[Program] = []


@dataclass(frozen=True)
class Program:
    """One program. `says` holds what the first diagnosis may say, `equal` what is the same statement on these
    numbers, `never` what would mislead. Without `stage` the program is right."""

    name: str
    function: Callable[..., Any]
    truth: str
    stage: str = ""
    says: tuple[str, ...] = ()
    equal: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    quantity: str = "ricci_scalar"
    on: Any = None  # a Space; None: the program takes a metric, and is judged on a suite
    form: str = ""  # how the study calls it; "" is metric-form without a space and point-form with one
    accuracy: float = 1e-7  # of a right program: its honest error, relative to the largest component
    sly: bool = False  # written to slip through
    factor: Any = None  # a right program in another convention: what to multiply it by; or a function of the answer
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def right(self) -> bool:
        return not self.stage

    @property
    def ruled_out(self) -> tuple[str, ...]:
        """`never`, and what misleads about any program that it is not true of."""
        out = self.never
        if not any(re.search(p, "float32 single precision") for p in self.says):
            out += (r"float32", r"single precision")
        if self.stage not in ("arithmetic", "grid", "metric derivative", "statistics"):
            out += (r"no formula is wrong",)
        return out

    def called(self, metric, point, scalar=None):
        """The program's answer at one point, called as its form says."""
        form = self.form or ("point" if self.on is not None else "metric")
        if form == "point":
            return self.function(point)
        if form == "batch":
            return self.function(point[None])[0]
        if form == "coordinates":
            return self.function(*point)
        if form == "metric-scalar":
            return self.function(metric, scalar, point)
        return self.function(metric, point)


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
SIGN = (
    r"overall.?sign",
    r"opposite sign",
    r"wrong sign",
    r"sign of (r\b|the)",
    r"negative of",
    r"minus",
    r"-1 times",
    r"sign convention",
    r"−R",
    r"-R\b",
)
HALF = (r"\bhalf\b", r"halved", r"factor.{0,20}(0\.5|1/2|½)", r"(0\.5|½|1/2) (times|of|r\b)", r"r/2", r"gauss")
TWICE = (
    r"twice",
    r"factor.{0,20}\b2\b",
    r"\b2 times",
    r"doubl",
    r"times 2",
    r"(half|½|1/2).{0,30}(missing|forg|omit|lost|lack)",
    r"(missing|without|forg\w+|lacks?|omit\w*|no|dropp?\w*).{0,25}(half|½|1/2)",
)
TRANSPOSED = (r"transpos", r"ind(ex|ices)", r"swap", r"order", r"permut", r"axis|axes")
DIAGONAL = (r"diagonal", r"off-diagonal", r"orthogonal")
STEP = (r"step", r"difference", r"truncation", r"cancellation", r"rounding")
SINGLE = (r"float32", r"single.precision", r"32.?bit")
REGULAR = (r"regulari", r"ridge", r"added to", r"epsilon", r"ε", r"jitter", r"damp", r"nugget", r"\+ ?e")
CACHE = (
    r"cache",
    r"stale",
    r"first (point|call|row)",
    r"remember",
    r"state",
    r"same (answer|value|number)",
    r"constant",
    r"does not depend",
)
