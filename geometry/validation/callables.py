"""The metric of a case as a function of any array: NumPy, JAX, PyTorch, autograd, mpmath, lists.

Programs under judgement differentiate the metric in their own way: by differences, complex steps,
nested automatic differentiation, or in extended precision.  So the callable answers in the library
that it is asked in, keeps the number type, and broadcasts over leading axes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import sympy as sp

from ..exact.errors import InputError
from ..exact.reading import read
from ..kernels.interpreter import Evaluator
from ..kernels.libraries import MODULES, Library
from ..kernels.lower import lower
from ..kernels.program import Program

if TYPE_CHECKING:
    from .cases import Case

__all__ = ["MetricFunction", "ScalarFunction"]


def _library(point: Any) -> str:
    """The array library that a point belongs to."""
    module = type(point).__module__.split(".")[0]
    if module in ("jax", "jaxlib"):
        return "jax"
    if module in ("torch", "autograd"):
        return module
    first = point
    while isinstance(first, (list, tuple)) and first:
        first = first[0]
    if isinstance(point, np.ndarray) and point.dtype == object and point.size:
        first = point.ravel()[0]
    module = type(first).__module__.split(".")[0]
    if module in ("mpmath", "sympy", "jax", "jaxlib", "torch", "autograd"):
        return "jax" if module == "jaxlib" else module
    return "numpy"


class _Compiled:
    """A list of expressions, compiled once for every library it is called in."""

    def __init__(self, case: Case, entries: Sequence[sp.Expr]):
        self.case = case
        constants = {s: read(v, f"the constant {s}") for s, v in case.constants.items()}
        self.entries = [read(e).subs(constants) for e in entries]
        self._functions: dict[str, Callable[..., Any]] = {}
        self._programs: dict[str, Program] = {}
        self.points: list[np.ndarray] = []

    def _function(self, library: str) -> Callable[..., Any]:
        if library not in self._functions:
            algebra = Library(library)
            if library not in self._programs:
                self._programs[library] = lower(self.entries, self.case.coordinates, stabilise=False, algebra=algebra)
            program = self._programs[library]
            data = {s.name: np.asarray(v, dtype=float) for s, v in self.case.data.items() if s.name in program.rows}
            if library == "mpmath":
                data = {k: np.array([algebra.module.mpf(v) for v in column.tolist()]) for k, column in data.items()}
            run = Evaluator(program, algebra, data)

            def call(*x: Any) -> Any:
                if library == "torch" and data:
                    tensor = import_module("torch").as_tensor
                    rows = {k: tensor(v, dtype=x[0].dtype) for k, v in data.items()}
                    return Evaluator(program, algebra, rows)(dict(zip(program.inputs, x)))
                return run(dict(zip(program.inputs, x)))

            self._functions[library] = call
        return self._functions[library]

    def on_rows(self, data: Mapping[Any, Any]) -> Self:
        """The same over other rows; it is not compiled again."""
        other = copy(self)
        other.case, other._functions, other.points = replace(self.case, data=data), {}, []
        return other

    def compile_for(self, library: str) -> None:
        """Compile now, so that the first caller does not wait for it."""
        self._function(library)

    def evaluate(self, point: Any) -> tuple[str, Any, list[Any]]:
        library = _library(point)
        n = self.case.dim
        if library in ("jax", "torch", "autograd"):
            if isinstance(point, (list, tuple)) or isinstance(point, np.ndarray):
                point = self._stack(library, list(point))
        elif library == "numpy":
            point = np.asarray(point)
            if point.dtype.kind in "iub":
                point = point.astype(float)
            if point.dtype.kind in "fc" and len(self.points) < 100_000:
                self.points.append(np.array(point.real, dtype=float))
        elif isinstance(point, np.ndarray):
            point = point.tolist()
        shape = getattr(point, "shape", None)
        size = len(point) if shape is None else (shape[-1] if len(shape) else 0)
        if size != n:
            raise InputError(
                f"the metric {self.case.name} takes points of {n} coordinates on the last axis; "
                f"got shape {shape or (size,)}"
            )
        if library == "sympy":
            return library, point, [e.subs(dict(zip(self.case.coordinates, point))) for e in self.entries]
        x = list(point) if library == "mpmath" else [point[..., k] for k in range(n)]
        return library, x[0], list(self._function(library)(*x))

    @staticmethod
    def _stack(library: str, values: list[Any], axis: int = -1) -> Any:
        if library == "torch":
            return import_module("torch").stack(values, dim=axis)
        return import_module(MODULES[library][0]).stack(values, axis=axis)


class MetricFunction(_Compiled):
    """g: an array (..., n) of points to an array (..., n, n), in the library of the points.

    The float64 points at which it was evaluated are kept in ``points``: a program that takes
    differences shows its step there.

    >>> import sympy as sp
    >>> from chentsov.geometry.validation.cases import Case
    >>> t, p = sp.symbols("t p")
    >>> g = Case("sphere", sp.diag(1, sp.sin(t)**2), (t, p)).metric_function()
    >>> g([sp.pi.evalf()/2, 0.0]).tolist()
    [[1, 0], [0, 1.00000000000000]]
    >>> g(np.zeros((5, 2))).shape
    (5, 2, 2)
    """

    def __init__(self, case: Case):
        super().__init__(case, list(case.metric))

    @property
    def dim(self) -> int:
        return self.case.dim

    @property
    def coordinates(self) -> tuple[str, ...]:
        return tuple(s.name for s in self.case.coordinates)

    def __call__(self, point: Any) -> Any:
        library, x, values = self.evaluate(point)
        n = self.case.dim
        if library in ("mpmath", "sympy"):
            return np.array(values, dtype=object).reshape(n, n)
        zero = 0 * x
        with np.errstate(all="ignore"):
            flat = self._stack(library, [v + zero for v in values])
        return flat.reshape((*x.shape, n, n))

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError("the metric handed over is a function of the point, not a matrix: write metric(x)")

    def __getitem__(self, index: Any) -> Any:
        raise TypeError("the metric handed over is a function of the point, not a matrix: write metric(x)[i, j]")

    def __repr__(self) -> str:
        return f"<metric of {self.case.name}, coordinates {', '.join(self.coordinates)}>"


class ScalarFunction(_Compiled):
    """f: an array (..., n) of points to an array (...), in the library of the points."""

    def __init__(self, case: Case):
        super().__init__(case, [case.test_function])

    def __call__(self, point: Any) -> Any:
        library, x, values = self.evaluate(point)
        return values[0] if library in ("mpmath", "sympy") else values[0] + 0 * x

    def __repr__(self) -> str:
        return f"<the function {self.case.test_function}>"
