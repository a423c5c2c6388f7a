"""Square roots of elements as smooth functions, and the signs that they need."""

from __future__ import annotations

import sympy as sp
from chentsov.geometry.exact.sampling import POINTS, numbers

from .inputs import ManifoldError
from .local import Element, LocalGeometry

__all__ = ["negative_directions", "sign_at", "smooth_root"]


def smooth_root(element: Element, sign: int = 1) -> Element:
    """√(sign·f): of a square of a function that function itself, so that no |·| stands in the way of differentiation.

    √(r⁴ sin²θ) is r² sin θ: where sin θ turns its sign, so does the root, as an orientation does that is carried
    along smoothly.

    >>> import sympy as sp
    >>> from chentsov.geometry.exact import DifferentialField
    >>> x = sp.Symbol("x", real=True)
    >>> K = DifferentialField((x,))
    >>> smooth_root(K(4 * sp.sin(x)**2)).as_expr(), smooth_root(K(-1 - x**2), -1).as_expr()
    (2*sin(x), sqrt(x**2 + 1))
    """
    field, outside, inside = element.field, sp.S.One, []
    for factor in sp.Mul.make_args(sp.factor(element.as_expr() * sign)):
        base, power = factor.as_base_exp()
        if power.is_Integer and not power % 2:
            outside *= base ** (power / 2)
        else:
            inside.append(factor)
    rest = sp.Mul(*inside)
    numerator, denominator = rest.as_numer_denom()
    inner = field(rest)
    there = next((point for point in range(POINTS) if sign_at(inner, point) > 0), 0)
    if sign_at(field(denominator), there) < 0:  # √((−p)/(−q)): each root is to be real
        numerator, denominator = -numerator, -denominator
    return field(outside) * field(sp.sqrt(numerator)) / field(sp.sqrt(denominator))


def sign_at(element: Element, point: int) -> int:
    """The sign at a sample point; 0 where the element has no real value there."""
    value = element.field.samples.value(element, point)
    if value is None or numbers.isnan(value) or abs(numbers.im(value)) > abs(value) * 1e-12:
        return 0
    return 1 if numbers.re(value) > 0 else -1


def negative_directions(local: LocalGeometry) -> int:
    """How many minus signs the signature has: the fewest at the sample points, as a chart may go beyond a horizon.

    Raises:
        ManifoldError: the metric has real values at no sample point of the domain.
    """
    if ("negative_directions",) not in local.components:
        found = []
        for point in range(12):
            rows = [
                [local.field.samples.value(local.metric(i, j), point) for j in range(local.dim)]
                for i in range(local.dim)
            ]
            if all(v is not None and not numbers.isnan(v) and not numbers.im(v) for row in rows for v in row):
                spectrum = numbers.eigsy(numbers.matrix(rows).apply(numbers.re), eigvals_only=True)
                found.append(sum(v < 0 for v in spectrum))
        if not found:
            raise ManifoldError("the signature is not known: the metric has no real value at any sample point")
        local.components[("negative_directions",)] = min(found)
    return local.components[("negative_directions",)]
