"""Forms of elements with roots: equal ones, for writing only.

Powers of roots are kept in polynomials as they came.  With w = sqrt(x) as the free variable and x = w**2 factors in
common show that x hides; and with the radicands put in for powers of roots a numerator may be shorter.
"""

from __future__ import annotations

from collections.abc import Iterator

from .conjugates import lowest
from .elements import Element
from .generators.base import Variable
from .generators.roots import Root, single_generator


def by_free_roots(a: Element) -> Iterator[Element]:
    """Forms that are equal to the element but not canonical, for writing only: ``x = w**n`` for w = x**(1/n).

    >>> import sympy as sp
    >>> from chentsov.geometry.exact import DifferentialField
    >>> x = sp.Symbol("x", positive=True)
    >>> K = DifferentialField((x,))
    >>> print(1 / K(2 + sp.sqrt(x)))
    1/(sqrt(x) + 2)
    """
    for number in a.stage.generators_in(a.num, a.den):
        generator = a.field.generators[number]
        if not isinstance(generator, Root):
            continue
        under = single_generator(generator.radicand)
        if under is None or not isinstance(a.field.generators[under], Variable):
            continue
        images = list(a.stage.context.gens())
        images[a.stage.position[under]] = a.stage.generator(number) ** generator.degree
        num, den = a.num.compose(*images, ctx=a.stage.context), a.den.compose(*images, ctx=a.stage.context)
        num, den = lowest(num, den)
        if len(num) + len(den) < len(a.num) + len(a.den):
            yield Element(a.field, num, den, a.stage)


def by_radicands(a: Element) -> Iterator[Element]:
    """The element with the radicands in place of powers of roots in the numerator.

    >>> import sympy as sp
    >>> from chentsov.geometry.exact import DifferentialField
    >>> x = sp.Symbol("x", positive=True)
    >>> K = DifferentialField((x,))
    >>> w = K(sp.sqrt(1 + x**2))
    >>> [len(form.num) for form in by_radicands(w**2 + x + 1)]
    [3]
    """
    num = a.stage.reduce(a.num)
    if num != a.num:
        yield Element(a.field, *lowest(num, a.den), a.stage)
