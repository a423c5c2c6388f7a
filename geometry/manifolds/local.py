"""The metric in one chart, as elements of a differential field: g, ∂g, ∂²g, g⁻¹, Γ.

Nothing is computed before it is asked for, and every finished component stays,
so a long computation that is interrupted resumes where it stopped. What the
curvature is made of depends on the structure of the metric; the three final
classes that know it live in `curvature`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any, TypeVar

import sympy as sp
from chentsov.geometry.exact import DifferentialField, determinant, inverse
from chentsov.geometry.exact.sampling import numbers

__all__ = ["Element", "LocalGeometry", "component", "total"]

Element = Any  # an element of a DifferentialField
F = TypeVar("F", bound=Callable[..., Any])


def component(method: F) -> F:
    """Remember each component that `method(self, *indices)` returns."""
    name = method.__name__

    @wraps(method)
    def remembered(self: Any, *indices: Any) -> Any:
        key = (name, *indices)
        known = self.components
        if key not in known:
            known[key] = method(self, *indices)
        return known[key]

    return remembered  # type: ignore[return-value]


def total(field: DifferentialField, terms: Iterable[Element]) -> Element:
    """The sum of the terms."""
    result = field.zero
    for term in terms:
        result = result + term
    return result


class LocalGeometry(ABC):
    """Components of a metric and its connection in the field; abstract in the curvature.

    Args:
        field: the differential field the components live in.
        coordinates: the symbols x^i.
        metric: g_ij as a square symmetric array of elements.
    """

    structure: str

    def __init__(
        self, field: DifferentialField, coordinates: Sequence[sp.Symbol], metric: Sequence[Sequence[Element]]
    ) -> None:
        self.field = field
        self.coordinates = tuple(coordinates)
        self.dim = len(self.coordinates)
        self.components: dict[tuple[Any, ...], Any] = {}
        for i in range(self.dim):
            for j in range(i, self.dim):
                self.components["metric", i, j] = metric[i][j]

    # -- the metric and its derivatives ---------------------------------------------

    def metric(self, i: int, j: int) -> Element:
        """g_ij."""
        return self.components["metric", min(i, j), max(i, j)]

    def metric_derivative(self, i: int, j: int, k: int) -> Element:
        """∂_k g_ij."""
        return self._metric_derivative(min(i, j), max(i, j), k)

    @component
    def _metric_derivative(self, i: int, j: int, k: int) -> Element:
        return self.metric(i, j).diff(self.coordinates[k])

    def metric_second_derivative(self, i: int, j: int, k: int, l: int) -> Element:
        """∂_k ∂_l g_ij."""
        return self._metric_second_derivative(min(i, j), max(i, j), min(k, l), max(k, l))

    @component
    def _metric_second_derivative(self, i: int, j: int, k: int, l: int) -> Element:
        return self.metric_derivative(i, j, k).diff(self.coordinates[l])

    def regular_somewhere(self) -> bool:
        """Whether det g is far from zero at one of a few sample points: quick, where the determinant itself would fill a book."""
        for point in range(3):
            values = [[self.field.samples.value(e, point) for e in row] for row in self._rows()]
            if all(v is not None and not numbers.isnan(v) for row in values for v in row):
                largest = numbers.fprod(numbers.norm(row) for row in values)
                if largest and abs(numbers.det(numbers.matrix(values))) > largest * numbers.mpf(10) ** -20:
                    return True
        return False

    @component
    def determinant(self) -> Element:
        """det g."""
        return determinant(self._rows())

    @component
    def _inverse(self) -> list[list[Element]]:
        return inverse(self._rows())

    def inverse(self, i: int, j: int) -> Element:
        """g^ij."""
        return self._inverse()[i][j]

    def _rows(self) -> list[list[Element]]:
        return [[self.metric(i, j) for j in range(self.dim)] for i in range(self.dim)]

    # -- the Levi-Civita connection ---------------------------------------------------

    def christoffel_first(self, k: int, i: int, j: int) -> Element:
        """Γ_{k,ij} = ½ (∂_i g_kj + ∂_j g_ki − ∂_k g_ij)."""
        return self._christoffel_first(k, min(i, j), max(i, j))

    @component
    def _christoffel_first(self, k: int, i: int, j: int) -> Element:
        d = self.metric_derivative
        if k == i:
            return d(k, k, j) / 2 if k != j else d(k, k, k) / 2
        if k == j:
            return d(k, k, i) / 2
        return (d(k, j, i) + d(k, i, j) - d(i, j, k)) / 2

    def christoffel(self, i: int, j: int, k: int) -> Element:
        """Γ^i_jk = g^im Γ_{m,jk}."""
        return self._christoffel(i, min(j, k), max(j, k))

    @component
    def _christoffel(self, i: int, j: int, k: int) -> Element:
        return self.contract(lambda m: (self.inverse(i, m), self.christoffel_first(m, j, k)))

    def contract(self, factors: Callable[[int], tuple[Element, Element]]) -> Element:
        """Σ_m a_m b_m for `factors(m) = (a_m, b_m)`; the second factor of a zero is dropped."""
        return total(self.field, (a * b for a, b in map(factors, range(self.dim)) if a and b))

    # -- what a structure supplies ------------------------------------------------------

    @abstractmethod
    def riemann_pair(self, i: int, j: int, k: int, l: int) -> Element:
        """R_ijkl for i < j, k < l and (i, j) ≤ (k, l)."""
