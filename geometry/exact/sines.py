"""Elements by sines instead of cosines, where that is shorter.

Polynomials are reduced by ``s**2 = 1 - c**2``: 1/(2 + s)**2 is kept as 1/(5 + 4*s - c**2). A polynomial in which all
powers of c have one parity is also one in s alone, times c or 1; with s as the free variable its factors show.
"""

from __future__ import annotations

from collections.abc import Iterator

from flint import fmpz_mpoly

from .elements import Element
from .generators.trigonometric import Cosine


def by_sines(a: Element) -> Iterator[Element]:
    """Forms of the element that are equal but not canonical: for writing only.

    >>> import sympy as sp
    >>> from chentsov.geometry.exact import DifferentialField
    >>> x = sp.Symbol("x", real=True)
    >>> K = DifferentialField((x,))
    >>> a = 1 / K(2 + sp.sin(x)) ** 2
    >>> a.den.factor()[1][0][1], [b.den.factor()[1][0][1] for b in by_sines(a)]
    (1, [2])
    """
    for number in a.stage.generators_in(a.num, a.den):
        generator = a.field.generators[number]
        if not isinstance(generator, Cosine):
            continue
        cosine, sine = a.stage.position[number], a.stage.position[generator.sine.number]
        num, den = _in_sine(a.num, cosine, sine), _in_sine(a.den, cosine, sine)
        if num is None or den is None:
            continue
        common = num.gcd(den)
        num, den = num / common, den / common
        fewer = max(num.degrees()[cosine], den.degrees()[cosine]) < max(
            a.num.degrees()[cosine], a.den.degrees()[cosine]
        )
        if fewer and len(num) + len(den) <= len(a.num) + len(a.den):  # equal powers of sines may be one factor
            shorter = Element(a.field, num, den, a.stage)
            yield shorter
            yield from by_sines(shorter)


def _in_sine(p: fmpz_mpoly, cosine: int, sine: int) -> fmpz_mpoly | None:
    """``p`` with c² replaced by 1 − s²; ``None`` where odd and even powers of c are mixed."""
    context = p.context()
    c, s = context.gen(cosine), context.gen(sine)
    parts: dict[int, dict] = {}
    for monomial, coefficient in p.terms():
        rest = monomial[:cosine] + (0,) + monomial[cosine + 1 :]
        parts.setdefault(int(monomial[cosine]), {})[rest] = coefficient
    if len({power % 2 for power in parts}) > 1:
        return None
    total = context.constant(0)
    for power, part in parts.items():
        total = total + context.from_dict(part) * (1 - s**2) ** (power // 2)
    return total * c if next(iter(parts)) % 2 else total
