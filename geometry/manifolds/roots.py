"""Square roots of elements as smooth functions."""

from __future__ import annotations

import sympy as sp
from chentsov.geometry.exact.sampling import POINTS, numbers

from .local import Element

__all__ = ["sign_at", "smooth_root"]


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
    if sign_at(field(denominator)) < 0:  # √((−p)/(−q)): both signs are taken out, so that each root is real
        numerator, denominator = -numerator, -denominator
    return field(outside) * field(sp.sqrt(numerator)) / field(sp.sqrt(denominator))


def sign_at(element: Element, first: int = 0) -> int:
    """The sign at the first sample point, from that number on, where the element has a real value; 0 where none has."""
    for point in range(first, POINTS):
        value = element.field.samples.value(element, point)
        if value is not None and not numbers.isnan(value) and abs(numbers.im(value)) <= abs(value) * 1e-12:
            return 1 if numbers.re(value) > 0 else -1
    return 0
