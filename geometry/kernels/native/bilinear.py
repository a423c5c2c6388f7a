"""Sums of products from a list: out[o] = Σ_t c_t x[x_t] y[y_t], at many cells at once.

One small machine function serves every contraction of indices: a term names a row of each of two tables, and the terms
of an output follow each other, so its sum stays in registers. `WIDE` cells go through the list together, enough
independent additions to hide their latency.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ...exact.errors import InputError
from .run import native_functions
from .text import Vector, Writer

__all__ = ["Terms", "WIDE"]

WIDE = 32


@dataclass(frozen=True)
class Terms:
    """A list of terms, sorted by output.

    >>> dot = Terms.of([0, 0], [0, 1], [0, 1], [1.0, 2.0], 1)
    >>> x, y = np.ones((2, 40)), np.arange(80.0).reshape(2, 40)
    >>> dot(x, y)[0, :3]
    array([80., 83., 86.])
    """

    edges: np.ndarray
    x: np.ndarray
    y: np.ndarray
    factor: np.ndarray

    @staticmethod
    def of(output: Any, x: Any, y: Any, factor: Any, count: int) -> Terms:
        """From one entry a term, in any order; terms with x or y below zero are left out."""
        output, x, y, factor = np.broadcast_arrays(*(np.asarray(a) for a in (output, x, y, factor)))
        output, x, y, factor = (a.ravel() for a in (output, x, y, factor))
        kept = np.flatnonzero((x >= 0) & (y >= 0) & (factor != 0))
        kept = kept[np.argsort(output[kept], kind="stable")]
        edges = np.searchsorted(output[kept], np.arange(count + 1)).astype(np.int64)
        return Terms(edges, x[kept].astype(np.int32), y[kept].astype(np.int32), factor[kept].astype(np.float64))

    def __call__(self, x: np.ndarray, y: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """Rows of sums over the cells (`WIDE` or more); added to `out`, where it is given."""
        x, y = np.ascontiguousarray(x, np.float64), np.ascontiguousarray(y, np.float64)
        cells, count = x.shape[1], self.edges.size - 1
        total = np.empty((count, cells)) if out is None else out
        if not (
            cells == y.shape[1] == total.shape[1] >= WIDE and total.dtype == np.float64 and total.flags.c_contiguous
        ):
            raise InputError(
                f"sums of products: {cells}, {y.shape[1]} and {total.shape[1]} cells; one number of them, at least "
                f"{WIDE}, is needed"
            )
        address = [a.ctypes.data for a in (self.edges, self.x, self.y, self.factor, x, y, total)]
        _function()(*address, count, cells, int(out is not None))
        return total


@cache
def _function() -> Any:
    (address,) = native_functions(_assembly(), ["bilinear"])
    return ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 7, *[ctypes.c_int64] * 3)(address)


def _assembly() -> str:
    w = Writer(Vector(64, WIDE))
    t = w.vector.type

    def element(kind: str, base: str, index: str) -> str:
        return w.let(f"getelementptr {kind}, ptr {base}, i64 {index}", "a")

    def row(base: str, table: str, term: str) -> str:
        index = w.let(f"load i32, ptr {element('i32', table, term)}")
        index = w.let(f"sext i32 {index} to i64")
        offset = w.let(f"add i64 {w.let(f'mul i64 {index}, %cells')}, %cell")
        return w.let(f"load {t}, ptr {element('double', base, offset)}, align 8")

    w.line("entry:\n  %late = sub i64 %cells, " + str(WIDE))
    w.line("  br label %strip")
    w.line("strip:\n  %first = phi i64 [ 0, %entry ], [ %following, %stripped ]")
    w.line("  %past = icmp sgt i64 %first, %late\n  %cell = select i1 %past, i64 %late, i64 %first")
    w.line("  br label %output")
    w.line("output:\n  %o = phi i64 [ 0, %strip ], [ %o_next, %stored ]")
    start = w.let(f"load i64, ptr {element('i64', '%edges', '%o')}")
    stop = w.let(f"load i64, ptr {element('i64', '%edges', w.let('add i64 %o, 1'))}")
    here = element("double", "%out", w.let(f"add i64 {w.let('mul i64 %o, %cells')}, %cell"))
    adding = w.let("icmp ne i64 %add, 0")
    some = w.let(f"icmp slt i64 {start}, {stop}")
    w.line(f"  br i1 {some}, label %term, label %summed")
    w.line(
        f"term:\n  %n = phi i64 [ {start}, %output ], [ %n_next, %term ]\n  %acc = phi {t} [ zeroinitializer, %output "
        "], [ %acc_next, %term ]"
    )
    left, right = row("%x", "%xs", "%n"), row("%y", "%ys", "%n")
    factor = w.let(f"load double, ptr {element('double', '%factors', '%n')}")
    first = w.let(f"insertelement {t} poison, double {factor}, i32 0")
    spread = w.let(f"shufflevector {t} {first}, {t} poison, <{WIDE} x i32> zeroinitializer")
    product = w.binary("mul", w.exact("mul", spread, left), right)
    w.line(f"  %acc_next = fadd contract {t} %acc, {product}")
    w.line("  %n_next = add i64 %n, 1")
    again = w.let(f"icmp slt i64 %n_next, {stop}")
    w.line(f"  br i1 {again}, label %term, label %summed")
    w.line(f"summed:\n  %sum = phi {t} [ zeroinitializer, %output ], [ %acc_next, %term ]")
    w.line(f"  br i1 {adding}, label %more, label %plain")
    w.line("more:")  # what the strip before has already added to is written back as it is
    old = w.let(f"load {t}, ptr {here}, align 8")
    lanes = ", ".join(f"i64 {k}" for k in range(WIDE))
    behind = w.let("sub i64 %first, %cell")
    one = w.let(f"insertelement <{WIDE} x i64> poison, i64 {behind}, i32 0")
    all_behind = w.let(f"shufflevector <{WIDE} x i64> {one}, <{WIDE} x i64> poison, <{WIDE} x i32> zeroinitializer")
    done = w.let(f"icmp slt <{WIDE} x i64> <{lanes}>, {all_behind}")
    added = w.exact("add", old, "%sum")
    kept = w.let(f"select <{WIDE} x i1> {done}, {t} {old}, {t} {added}")
    w.line(f"  store {t} {kept}, ptr {here}, align 8\n  br label %stored")
    w.line(f"plain:\n  store {t} %sum, ptr {here}, align 8\n  br label %stored")
    w.line("stored:\n  %o_next = add i64 %o, 1")
    w.line("  %o_more = icmp slt i64 %o_next, %count\n  br i1 %o_more, label %output, label %stripped")
    w.line(f"stripped:\n  %following = add i64 %first, {WIDE}")
    w.line("  %strips = icmp slt i64 %following, %cells\n  br i1 %strips, label %strip, label %end\nend:\n  ret void")
    arguments = ", ".join(f"ptr noalias %{a}" for a in ("edges", "xs", "ys", "factors", "x", "y", "out"))
    body = "\n".join(w.lines)
    return f"define void @bilinear({arguments}, i64 %count, i64 %cells, i64 %add) {{\n{body}\n}}\n"
