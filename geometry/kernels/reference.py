"""The reference back end: a program evaluated node by node with NumPy. Short, slow, easy to trust."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from .functions import FUNCTIONS
from .program import ARITHMETIC, CONSTANTS, Node, Program, nearest

__all__ = ["evaluate", "leaf", "resolution"]

_COMPARE = {
    "lt": np.less,
    "le": np.less_equal,
    "eq": np.equal,
    "ne": np.not_equal,
    "and": np.logical_and,
    "or": np.logical_or,
}


def leaf(node: Node, dtype: Any) -> Any:
    """The value of a number or a named constant."""
    if node.value == "resolution":
        return dtype.type(resolution(8 * dtype.itemsize))
    value = CONSTANTS[str(node.value)] if node.op == "constant" else nearest(node.value)  # type: ignore[arg-type]
    return dtype.type(value)


def resolution(bits: int) -> float:
    """The part of a sum that must be left for a difference to mean something: half of the digits are good then.

    `bits` is 64 or 32, or 128 for double-double.
    """
    return {32: 2.0**-17, 64: 2.0**-40, 128: 2.0**-92}[bits]


def evaluate(
    program: Program, values: Mapping[str, np.ndarray], data: Mapping[str, np.ndarray], dtype: Any
) -> list[Any]:
    """The outputs at arrays that broadcast. Each table's rows are one more axis, after the grid's."""
    axes = max((v.ndim for v in values.values()), default=0)
    tables = sorted(set(program.rows.values()))
    place = {t: k - len(tables) for k, t in enumerate(tables)}
    found: dict[Node, Any] = {}
    for node in program.nodes():
        args = [found[a] for a in node.args]
        if node.op in ("number", "constant"):
            found[node] = leaf(node, dtype)
        elif node.op == "input":
            v = values[str(node.value)]
            found[node] = v.reshape((1,) * (axes - v.ndim) + v.shape + (1,) * len(tables))
        elif node.op == "row":
            shape = [1] * (axes + len(tables))
            shape[place[program.rows[str(node.value)]]] = -1
            found[node] = data[str(node.value)].reshape(shape)
        elif node.op == "mean":
            where = place[str(node.value)]
            rows = len(next(data[k] for k, t in program.rows.items() if t == node.value))
            column = np.asarray(args[0])
            found[node] = (
                column.mean(axis=where, keepdims=True) if column.ndim and column.shape[where] == rows else column
            )
        else:
            found[node] = operation(node, args)
    return [_without_rows(found[o], len(tables)) for o in program.outputs]


def _without_rows(value: Any, tables: int) -> Any:
    value = np.asarray(value)
    return value.reshape(value.shape[: value.ndim - tables]) if value.ndim else value


def operation(node: Node, args: list[Any]) -> Any:
    """One operation of a program on NumPy arrays."""
    op = node.op
    if op in ARITHMETIC:
        return ARITHMETIC[op](*args)
    if op == "reciprocal_root":
        return 1 / np.sqrt(args[0])
    if op == "exp_product":
        return np.exp(math.prod(args))
    if op == "power":
        n = int(node.value)  # type: ignore[call-overload]
        positive = args[0] ** abs(n)
        return 1 / positive if n < 0 else positive
    if op == "select":
        return np.where(*args)
    if op == "not":
        return np.logical_not(args[0])
    if op in _COMPARE:
        return _COMPARE[op](*args)
    function = FUNCTIONS[op].numpy
    return function(*args) if node.value is None else function(*args, node.value)
