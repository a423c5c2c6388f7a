"""The labels of a result: what each variable is, in which conventions, made by what from what."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "quantity_attributes",
    "provenance",
    "STATUS",
    "status_attributes",
    "meanings",
    "reasons",
    "versions",
    "CONVENTIONS",
]

SINGULAR, OUTSIDE, LIMIT, NOT_CONVEX, NOT_REPRESENTABLE, KINK = 1, 2, 3, 4, 5, 6

#: Why a cell has no number, by its code in the `status` variable. All but the limit of precision are proven: no number
#: exists; the number is past the range of its type, or too small for it to hold its digits. On a kink the argument of a
#: modulus, a step, an extremum or a branch of the metric is zero, at the point or in a row of the data.
STATUS: dict[int, str] = {
    0: "ok",
    SINGULAR: "singular_metric",
    OUTSIDE: "outside_the_domain",
    LIMIT: "precision_limit",
    NOT_REPRESENTABLE: "not_representable",
    KINK: "kink",
    NOT_CONVEX: "potential_not_convex",
}

CONVENTIONS = (
    "R^i_jkl = d_k Gamma^i_jl - d_l Gamma^i_jk + Gamma^i_km Gamma^m_jl - Gamma^i_lm Gamma^m_jk; "
    "Ric_jl = R^i_jil; R = g^jl Ric_jl; the unit 2-sphere has R = +2"
)


def quantity_attributes(source: Any, name: str) -> dict[str, str]:
    """long_name, latex and units of a quantity, as far as the source tells them."""
    known = source.quantities() if hasattr(source, "quantities") else {}
    found = known.get(name) if hasattr(known, "get") else None
    attributes = {"long_name": getattr(found, "long_name", None) or name.replace("_", " ")}
    for key in ("latex", "units"):
        value = getattr(found, key, None)
        if value:
            attributes[key] = str(value)
    return attributes


def status_attributes() -> dict[str, Any]:
    """CF flags: the meanings of the codes travel with the file."""
    return {
        "long_name": "why a cell has no number",
        "flag_values": np.array(list(STATUS), np.int8),
        "flag_meanings": " ".join(STATUS.values()),
    }


def meanings(status: xr.DataArray) -> dict[int, str]:
    """Code -> reason, by the flags that a `status` carries; by the table where it has lost them."""
    if "flag_meanings" not in status.attrs:
        return STATUS
    return dict(zip(map(int, np.ravel(status.attrs["flag_values"])), str(status.attrs["flag_meanings"]).split()))


def reasons(status: xr.DataArray) -> dict[str, int]:
    """Reason, in words -> how many cells have no number for it, the most frequent first."""
    known = meanings(status)
    codes, counts = np.unique(np.asarray(status.values), return_counts=True)
    listed = {known.get(int(c), f"status {c}").replace("_", " "): int(n) for c, n in zip(codes, counts) if c}
    return dict(sorted(listed.items(), key=lambda pair: -pair[1]))


def provenance(
    source: Any,
    quantities: Sequence[str],
    constants: Mapping[Any, Any],
    data: Mapping[Any, Any],
    settings: Mapping[str, Any],
) -> dict[str, Any]:
    """What made the numbers: enough to make them again."""
    out: dict[str, Any] = {"conventions": CONVENTIONS}
    for key in ("name", "source"):
        value = getattr(source, key, None)
        if isinstance(value, str):
            out[f"manifold_{key}"] = value
    structure = getattr(getattr(source, "manifold", source), "structure", None)
    if isinstance(structure, str):
        out["structure"] = structure
    out["quantities"] = " ".join(quantities)
    if constants:
        out["constants"] = ", ".join(f"{k} = {v}" for k, v in sorted(constants.items(), key=lambda kv: str(kv[0])))
    if data:
        out["data_rows"] = int(max(np.size(v) for v in data.values()))
        out["data_sha256"] = _hash(data)
    for key, value in settings.items():
        out[key] = "none" if value is None else value
    out["versions"] = ", ".join(f"{package} {number}" for package, number in versions().items())
    return out


@cache
def versions() -> Mapping[str, str]:
    """Of the packages that make the numbers, and of Python."""
    packages = ("chentsov", "numpy", "sympy", "llvmlite", "python-flint")
    return {p: _version(p) for p in packages} | {"python": platform.python_version()}


def _hash(data: Mapping[Any, Any]) -> str:
    digest = hashlib.sha256()
    for key, column in sorted(data.items(), key=lambda kv: str(kv[0])):
        digest.update(str(key.name if isinstance(key, sp.Symbol) else key).encode() + b"\0")
        digest.update(np.ascontiguousarray(column, np.float64).tobytes())
    return digest.hexdigest()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
