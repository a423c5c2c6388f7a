"""Forms with roots in the denominator, where that is shorter.

In canonical form no root stands in a denominator: 1/(2 + sqrt(x)) is kept as (2 - sqrt(x))/(4 - x), and
1/(1 + sqrt(1 + x**2)) as (sqrt(1 + x**2) - 1)/x**2.  With w = sqrt(x) as the free variable and x = w**2 the
common factor that the norm brought in cancels again; and a reciprocal may be written as one.
"""

from __future__ import annotations

from collections.abc import Iterator

from .elements import Element
from .generators.base import Variable
from .generators.roots import Root, single_generator

# The norm of a longer numerator is no short denominator, and not quickly found.
_MOST_ROOTS, _MOST_TERMS = 2, 12


def by_free_roots(a: Element) -> Iterator[Element]:
    """Forms that are equal to the element but not canonical, for writing only: ``x = w**n`` for w = x**(1/n).

    >>> import sympy as sp
    >>> from chentsov.geometry.exact import DifferentialField
    >>> x = sp.Symbol("x", positive=True)
    >>> K = DifferentialField((x,))
    >>> print(1 / K(2 + sp.sqrt(x)))
    1/(sqrt(x) + 2)
    """
    for number in a.stage.generators_in(a.num):
        generator = a.field.generators[number]
        if not isinstance(generator, Root):
            continue
        under = single_generator(generator.radicand)
        if under is None or not isinstance(a.field.generators[under], Variable):
            continue
        images = list(a.stage.context.gens())
        images[a.stage.position[under]] = a.stage.generator(number) ** generator.degree
        num, den = a.num.compose(*images, ctx=a.stage.context), a.den.compose(*images, ctx=a.stage.context)
        common = num.gcd(den)
        num, den = num / common, den / common
        if len(num) + len(den) < len(a.num) + len(a.den):
            yield Element(a.field, num, den, a.stage)


def shorter_reciprocal(a: Element) -> Element | None:
    """``1/a`` if it has no more terms than ``a`` because a norm stands in the denominator of ``a``."""
    degrees = a.num.degrees()
    roots = sum(1 for relation in a.stage.relations if degrees[relation.position])
    if not 1 <= roots <= _MOST_ROOTS or len(a.num) > _MOST_TERMS or a.den.is_constant():
        return None
    try:
        reciprocal = a.inverse()
    except ZeroDivisionError:  # a vanishes on part of the domain, as u - sqrt(u**2) does
        return None
    return reciprocal if len(reciprocal.num) + len(reciprocal.den) <= len(a.num) + len(a.den) else None
