"""What a function returned, as an array of numbers of the expected shape, or a finding that says why it is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["Finding", "Outcome", "first_line", "read_answer", "to_array"]


@dataclass(frozen=True)
class Finding:
    """Something a function did that it should not: by name, where, and what to do about it.

    ``severity`` is "fail" or "note".
    """

    name: str
    detail: str
    remedy: str = ""
    case: str = ""
    point: str = ""
    severity: str = "fail"


@dataclass
class Outcome:
    """One call: a value of the expected shape, or None; ``asked``: at how many NumPy points it asked for the metric."""

    value: np.ndarray | None
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0.0
    dtype: str = ""
    asked: int = -1
    others: dict[str, np.ndarray] = field(default_factory=dict)


def to_array(result: Any) -> np.ndarray:
    """Any array-like as NumPy, without changing its number type; masked entries become NaN."""
    if hasattr(result, "detach") and hasattr(result, "cpu"):
        result = result.detach().cpu().numpy()
    elif hasattr(result, "tomatrix"):
        result = result.tomatrix()
    elif isinstance(result, (list, tuple)):
        result = [to_array(v) if hasattr(v, "detach") or isinstance(v, (list, tuple)) else v for v in result]
    if isinstance(result, np.ma.MaskedArray):
        result = np.where(np.ma.getmaskarray(result), np.nan, np.ma.getdata(result))
    array = np.asarray(result)
    if array.dtype == object:
        try:
            array = np.array([complex(v) for v in array.ravel()]).reshape(array.shape)
        except (TypeError, ValueError, OverflowError) as error:
            raise TypeError("a number too large for float64" if isinstance(error, OverflowError)
                else "it holds values that are not numbers"
                            ) from None  # fmt: skip
        if not array.imag.any():
            array = array.real
    return array


def first_line(error: BaseException) -> str:
    """The first line of a message, cut to a readable length."""
    lines = str(error).strip().splitlines()
    return lines[0][:160] if lines else ""


# What people return by mistake, by the name of its type: what to do about it.
_REMEDIES = {
    "generator": "write return, not yield", "coroutine": "write def, not async def", "function": "call it: return f(…)",
    "builtin_function_or_method": "call it: return f(…)", "method": "call it: return x.f(…)",
    "str": "return the number, not its text",
    "dict": "return the value alone, or a dictionary that has it under the name of the quantity",
}  # fmt: skip


def read_answer(result: Any, quantity: str, shape: tuple[int, ...], rank: int, where: dict[str, str]) -> Outcome:
    """The outcome that a returned object amounts to."""
    kind = type(result).__name__
    if result is None:
        return Outcome(None, [Finding("returns-nothing", "returns None", "return the value", **where)])
    try:
        array = to_array(result)
        if array.dtype.kind not in "fciub":
            raise TypeError("text is no number" if array.dtype.kind in "US" else f"an array of dtype {array.dtype}")
    except Exception as error:
        if isinstance(result, (list, tuple)) and "inhomogeneous" in str(error):
            detail = f"returns a {kind} of {len(result)} things of different shapes, where shape {shape} is expected"
            return Outcome(
                None,
                [Finding("wrong-shape", detail, f"return {quantity} alone, or a dictionary name -> value", **where)],
            )
        if kind == "coroutine":
            result.close()
        detail = f"returns {kind}: {first_line(error)}"
        return Outcome(None, [Finding("not-numeric", detail, _REMEDIES.get(kind, "return numbers"), **where)])
    findings: list[Finding] = []
    dtype = str(array.dtype)
    array = _real(array, dtype, findings, where)
    if array.shape != shape:
        if array.size == int(np.prod(shape)) and _without_ones(array.shape) == _without_ones(shape):
            findings.append(
                Finding(
                    "wrong-shape",
                    f"shape {array.shape} where {shape} is expected",
                    "squeeze the result",
                    severity="note",
                    **where,
                )
            )
            array = array.reshape(shape)
        else:
            findings.append(
                Finding(
                    "wrong-shape",
                    f"shape {array.shape} where {shape} is expected",
                    f"{quantity} has {rank} index axes",
                    **where,
                )
            )
            return Outcome(None, findings, dtype=dtype)
    if not np.all(np.isfinite(array)):
        what = "NaN" if np.any(np.isnan(array)) else "infinite"
        findings.append(
            Finding(
                "not-finite",
                f"returns {what} values",
                "look for 0/0, a root of a negative determinant, or overflow",
                **where,
            )
        )
        return Outcome(None, findings, dtype=dtype)
    return Outcome(array, findings, dtype=dtype)


def _without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(s for s in shape if s != 1)


def _real(array: np.ndarray, dtype: str, findings: list[Finding], where: dict[str, str]) -> np.ndarray:
    """The numbers as float64 (or long double); what is unusual about their type is found."""
    if array.dtype.kind == "c":
        largest = float(np.max(np.abs(array.imag), initial=0.0))
        if largest > 1e-12 * np.max(np.abs(array), initial=1e-300):
            findings.append(Finding("complex", f"returns complex numbers, imaginary part up to {largest:.2g}",
                "a real metric has real curvature: look for a root or logarithm of a negative number",
                **where))  # fmt: skip
        else:
            findings.append(
                Finding(
                    "wrong-dtype", f"returns {dtype} with zero imaginary part", "return .real", severity="note", **where
                )
            )
        array = array.real
    elif array.dtype.kind in "iub":
        findings.append(
            Finding(
                "wrong-dtype",
                f"returns {dtype}: an integer array cuts fractions off",
                "compute in float",
                severity="note",
                **where,
            )
        )
    elif array.dtype.itemsize < 8:
        findings.append(Finding("wrong-dtype", f"returns {dtype}", "compute in float64", severity="note", **where))
    return np.asarray(array, dtype=np.float64 if array.dtype.itemsize <= 8 else np.longdouble)
