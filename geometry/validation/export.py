"""The reference suite as JSON, for people who work in other languages: decimal strings of 30 certified digits."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import flint
import numpy as np
from flint import arb

from ..exact.errors import InputError
from ..files import write_whole
from .cases import Case
from .suite import load_suite

__all__ = ["QUANTITIES_EXPORTED", "SCHEMA", "VERSION", "export_suite", "suite_as_data"]

#: Of the layout below. A change that old readers would misread makes it 2.
VERSION = 1

QUANTITIES_EXPORTED = (
    "metric", "metric_derivative", "metric_second_derivative", "inverse_metric", "christoffel", "riemann", "ricci",
    "ricci_scalar",
        "kretschmann",
)  # fmt: skip

_NUMBER = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?$"}
_NESTED = {"anyOf": [{"$ref": "#/$defs/number"}, {"type": "array", "items": {"$ref": "#/$defs/tensor"}}]}

#: JSON Schema (draft 2020-12) of the file.
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Chentsov reference suite",
    "type": "object",
    "required": ["format", "version", "digits", "conventions", "cases"],
    "properties": {
        "format": {"const": "chentsov-reference-suite"},
        "version": {"const": VERSION},
        "digits": {"type": "integer", "minimum": 1},
        "conventions": {"type": "object", "additionalProperties": {"type": "string"}},
        "cases": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "grade", "dim", "coordinates", "metric", "points"],
                "properties": {
                    "name": {"type": "string"}, "grade": {"type": "integer"}, "dim": {"type": "integer", "minimum": 1},
                    "tags": {"type": "array", "items": {"type": "string"}}, "source": {"type": "string"},
                    "coordinates": {"type": "array", "items": {"type": "string"}},
                    "metric": {"type": "array", "items": {"type": "array", "items": {"type": "string"}}},
                    "points": {"type": "array", "items": {
                        "type": "object", "required": ["at", "values"],
                        "properties": {"at": {"type": "array", "items": {"$ref": "#/$defs/number"}},
                                       "values": {"type": "object",
                                           "additionalProperties": {"$ref": "#/$defs/tensor"}}},
                    }},
                },
            },
        },
    },
    "$defs": {"number": _NUMBER, "tensor": _NESTED},
}  # fmt: skip

CONVENTIONS = {
    "metric_derivative": "[i][j][k] = d_k g_ij",
    "metric_second_derivative": "[i][j][k][l] = d_k d_l g_ij",
    "christoffel": "[i][j][k] = Gamma^i_jk = 1/2 g^im (d_j g_mk + d_k g_mj - d_m g_jk)",
    "riemann": "[i][j][k][l] = R^i_jkl = d_k Gamma^i_jl - d_l Gamma^i_jk + Gamma^i_km Gamma^m_jl - Gamma^i_lm "
               "Gamma^m_jk",
    "ricci": "[j][l] = R^i_jil",
    "ricci_scalar": "g^jl Ric_jl; the unit 2-sphere has +2",
    "kretschmann": "R_ijkl R^ijkl",
    "numbers": "decimal strings, each right to the stated digits (of itself, or of the largest component where it "
               "cancels); "
    "\"0\" means proved smaller than 1e-40 in absolute value",
    "points": "exact: every coordinate is a dyadic rational, which float64 holds without rounding",
}  # fmt: skip


def _decimal(ball: arb, digits: int) -> str:
    middle = ball.mid()
    if abs(float(middle)) < 1e-40:
        return "0"
    with flint.ctx.workprec(int(digits * 3.33) + 64):
        return str(middle.str(digits, radius=False))


def _nested(array: Any, digits: int) -> Any:
    if isinstance(array, np.ndarray) and array.ndim:
        return [_nested(a, digits) for a in array]
    return _decimal(array.item() if isinstance(array, np.ndarray) else array, digits)


def _exact_decimal(number: Any) -> str:
    from decimal import Decimal

    text = format(Decimal(int(number.p) / int(number.q)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def suite_as_data(suite: str | Iterable[Case] = "default", digits: int = 30) -> dict[str, Any]:
    """The suite with its certified values, as plain data that follows `SCHEMA`.

    >>> data = suite_as_data("quick")
    >>> data["cases"][0]["name"], data["cases"][0]["points"][0]["values"]["ricci_scalar"]
    ('sphere', '2.00000000000000000000000000000')
    """
    if not 1 <= digits <= 1000:
        raise InputError(f"digits lies between 1 and 1000, not {digits}")
    cases = load_suite(suite) if isinstance(suite, str) else tuple(suite)
    out = []
    for case in cases:
        points = []
        for point in case.points:
            values = case.certified_many(QUANTITIES_EXPORTED, point, digits + 2)
            points.append(
                {"at": [_exact_decimal(v) for v in point], "values": {q: _nested(v, digits) for q, v in values.items()}}
            )
        out.append({
            "name": case.name, "grade": case.grade, "dim": case.dim, "tags": sorted(case.tags), "source": case.source,
            "coordinates": [s.name for s in case.coordinates],
            "metric": [[str(e) for e in row] for row in case.metric.tolist()], "points": points,
        })  # fmt: skip
    return {
        "format": "chentsov-reference-suite",
        "version": VERSION,
        "digits": digits,
        "conventions": dict(CONVENTIONS),
        "cases": out,
    }


def export_suite(path: str | os.PathLike[str], suite: str | Iterable[Case] = "default", digits: int = 30) -> Path:
    """Write the suite as JSON; the file appears whole or not at all.

    Raises:
        ValueError: unknown suite, bad ``digits``, or the path cannot be written to.
    """
    target = Path(path)
    text = json.dumps(suite_as_data(suite, digits), indent=1, ensure_ascii=False)
    try:
        write_whole(target, (text + "\n").encode())
    except OSError as error:
        raise InputError(f"cannot write {target}: {error.strerror or error}") from error
    return target
