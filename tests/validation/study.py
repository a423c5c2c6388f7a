"""The mutation study: every program of `programs` and `more_programs` in one list, and what counts as named.

`test_mutations` judges a part of it on a small suite; ``python -m benchmarks.validation`` all of it on the whole one.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any


def sibling(name: str) -> ModuleType:
    """A module of this folder, which is no package."""
    key = f"curvature_{name}"
    if key not in sys.modules:
        spec = importlib.util.spec_from_file_location(key, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None and spec.loader is not None
        sys.modules[key] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[key])
    return sys.modules[key]


programs, others = sibling("programs"), sibling("more_programs")


def _written(entry: tuple[Any, ...]) -> Any:
    function, accept, options, needs = entry
    return programs.Program(
        function.__name__.replace("_", " "), "", made=function, accept=accept, options=options, needs=needs
    )


RIGHT = (*programs.CORRECT, *map(_written, others.RIGHT))
BROKEN = (*programs.FORMULAS, *programs.ARITHMETIC, *programs.OWN_METRIC, *map(_written, others.BROKEN))

#: The mistakes that the validator promises to name -> diagnoses that name them. Each has two broken programs or more.
PROMISED: dict[str, tuple[str, ...]] = {
    "overall sign": ("overall-sign",),
    "Ruppeiner's sign": ("ruppeiner-sign",),
    "K for R": ("gaussian-for-scalar",),
    "a factor 2 or ½": ("factor-2", "factor-0.5", "factor-minus-0.5"),
    "n(n−1)": ("normalised-scalar", "sectional-sum"),
    "order of the Riemann indices": (
        "riemann-index-order-ijlk",
        "riemann-index-order-ikjl",
        "riemann-index-order-lkji",
    ),
    "pairs exchanged": ("riemann-index-order-klij", "riemann-index-order-lkji"),
    "Ricci from the wrong pair": ("ricci-last-slot", "ricci-first-slot", "ricci-summed-independently"),
    "lower for upper": ("lowered-for-upper", "first-kind-for-second"),
    "Γ with two indices exchanged": (
        "christoffel-index-order-jik",
        "christoffel-index-order-jki",
        "christoffel-first-term-indices-second",
    ),
    "a term of Γ missing": ("christoffel-third-term-missing", "christoffel-second-term-missing"),
    "a term of Γ with the wrong sign": (
        "christoffel-first-term-sign",
        "christoffel-second-term-sign",
        "christoffel-third-term-sign",
    ),
    "Γ as misprinted": tuple(
        f"christoffel-stray-index-{name}" for name in ("k", "m", "sum", "upper", "upper-unmatched", "raised-diagonal")
    ),
    "inverse metric forgotten": ("inverse-forgotten", "scalar-without-inverse", "christoffel-not-raised"),
    "transposed Jacobian": ("transposed-jacobian",),
    "degrees for radians": ("degrees-for-radians",),
    "variance for standard deviation": ("variance-for-standard-deviation",),
    "rate for scale": ("rate-for-scale",),
    "Fisher metric off by n": ("fisher-off-by-n",),
    "−E[∂∂ℓ] where it is invalid": ("minus-expected-hessian",),
    "noise of finite differences": ("finite-difference-noise",),
    "float32": ("float32",),
    "cancellation": ("cancellation",),
    "right on diagonal metrics only": ("diagonal-inverse", "off-diagonal-ignored", "scalar-diagonal-only"),
    "right in two dimensions only": ("only-two-dimensional",),
    "right where ∂g = 0 only": ("riemann-quadratic-missing",),
}


def names_of(report: Any) -> tuple[str, set[str]]:
    """The first diagnosis, and all that it is not told apart from."""
    first = report.diagnosis
    name = first.name.replace(" ", "") if first is not None else ""
    return name, {name, *(first.also if first is not None else ())}
