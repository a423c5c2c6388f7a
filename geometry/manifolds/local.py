"""The metric in one chart, as elements of a differential field: g, ∂g, ∂²g, g⁻¹.

What the curvature is made of depends on the structure of the metric; the formulas are those of `kernels.curvature`,
and the classes that bind them to a field live in `curvature` and `immersed`.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterable, Sequence

import sympy as sp
from chentsov.geometry.exact import DifferentialField, Element, determinant, inverse
from chentsov.geometry.exact.elements import total
from chentsov.geometry.exact.sampling import numbers
from chentsov.geometry.kernels.curvature import Curvature, component

__all__ = ["Element", "LocalGeometry", "component", "total"]


class LocalGeometry(Curvature, ABC):
    """The jet of a metric in a differential field; abstract in what the curvature is made of.

    Args:
        field: the differential field the components live in.
        coordinates: the symbols x^i.
        metric: g_ij as a square symmetric array of elements.
    """

    def __init__(
        self, field: DifferentialField, coordinates: Sequence[sp.Symbol], metric: Sequence[Sequence[Element]]
    ) -> None:
        self.field = field
        self.coordinates = tuple(coordinates)
        super().__init__(len(self.coordinates), field.zero, metric)

    def total(self, terms: Iterable[Element]) -> Element:
        """The sum of the terms."""
        return total(self.field, terms)

    @component
    def _metric_derivative(self, i: int, j: int, k: int) -> Element:
        return self.metric(i, j).diff(self.coordinates[k])

    @component
    def _metric_second_derivative(self, i: int, j: int, k: int, l: int) -> Element:
        return self.metric_derivative(i, j, k).diff(self.coordinates[l])

    def regular_somewhere(self) -> bool:
        """Whether det g is far from zero at one of a few sample points: quick, where the determinant itself would fill
        a book.
        """
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
