"""How exponentials were spelled when they came in, and so how they go out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sympy as sp
from flint import fmpz_mpoly

from .functions import logistic

if TYPE_CHECKING:
    from .elements import Element
    from .field import DifferentialField
    from .generators.exponential import Exponential


@dataclass(frozen=True)
class Hyperbolic:
    """Write symmetric factors by cosh and sinh of ``argument = ratio * exponent``."""

    argument: sp.Expr
    ratio: sp.Rational


@dataclass(frozen=True)
class Spelling:
    """How to write an exponential ``E``.

    ``substitution`` holds (a, b, c, d) of ``E = (a S + b)/(c S + d)`` for the function S called ``name``;
    ``inverted`` says to write by ``1/E``.
    """

    name: sp.Expr | None = None
    substitution: tuple[int, int, int, int] | None = None
    hyperbolic: Hyperbolic | None = None
    inverted: bool = False

    def substitute(self, num: fmpz_mpoly, den: fmpz_mpoly, position: int) -> tuple[fmpz_mpoly, fmpz_mpoly]:
        """``num/den`` with E replaced by the fraction in S, which takes the place of E."""
        assert self.substitution is not None
        a, b, c, d = self.substitution
        s = num.context().gen(position)
        upper, lower = a * s + b, c * s + d
        num, num_degree = _homogenised(num, position, upper, lower)
        den, den_degree = _homogenised(den, position, upper, lower)
        num, den = num * lower ** max(den_degree - num_degree, 0), den * lower ** max(num_degree - den_degree, 0)
        common = num.gcd(den)
        return num / common, den / common


def _homogenised(p: fmpz_mpoly, position: int, upper: fmpz_mpoly, lower: fmpz_mpoly) -> tuple[fmpz_mpoly, int]:
    """``lower**degree * p(E = upper/lower)`` and the degree of p in E."""
    degree = int(p.degrees()[position])
    context = p.context()
    parts: list[dict] = [{} for _ in range(degree + 1)]
    for monomial, coefficient in p.terms():
        parts[int(monomial[position])][monomial[:position] + (0,) + monomial[position + 1 :]] = coefficient
    total = context.constant(0)
    for k, part in enumerate(parts):
        if part:
            total = total + context.from_dict(part) * upper**k * lower ** (degree - k)
    return total, degree


def spelled(field: DifferentialField, kind: str, argument: Element) -> None:
    """Note that an exponential came in as the function ``kind`` of ``argument``."""
    known: list[tuple[str, Element]] = field.families.setdefault(Spelling, [])  # type: ignore[assignment]
    if not any(k == kind and a == argument for k, a in known):
        known.append((kind, argument))


def spelling_of(field: DifferentialField, generator: Exponential, by_name: bool = True) -> Spelling:
    """How to write an exponential generator, from the ways it was given.

    Without ``by_name`` the rational substitutions by ``logistic`` and ``tanh`` are not used, as under a
    root, whose radicand is a polynomial in the exponential.
    """
    ratios: dict[str, set[sp.Rational]] = {}
    for kind, argument in field.families.get(Spelling, []):  # type: ignore[attr-defined]
        if (ratio := _ratio(argument, generator.exponent)) is not None:
            ratios.setdefault(kind, set()).add(ratio)
    exponent, half = generator.exponent, sp.Rational(1, 2)
    if by_name and set(ratios) == {"logistic"} and ratios["logistic"] <= {1, -1}:
        if 1 in ratios["logistic"]:
            return Spelling(logistic(exponent.as_expr()), (1, 0, -1, 1))
        return Spelling(logistic((-exponent).as_expr()), (-1, 1, 1, 0))
    if by_name and set(ratios) == {"tanh"} and ratios["tanh"] <= {half, -half}:
        return Spelling(sp.tanh((exponent / 2).as_expr()), (1, 1, -1, 1))
    inverted = bool(ratios.get("exp")) and all(q < 0 for q in ratios["exp"])
    symmetric = ratios.get("hyperbolic", set()) | ratios.get("tanh", set())
    if symmetric:
        ratio = min(abs(q) for q in symmetric)
        return Spelling(hyperbolic=Hyperbolic((field(ratio) * exponent).as_expr(), ratio), inverted=inverted)
    return Spelling(inverted=inverted)


def _ratio(argument: Element, exponent: Element) -> sp.Rational | None:
    """argument/exponent where it is a rational number; an exponent such as u - sqrt(u**2) has no inverse."""
    try:
        ratio = argument / exponent
    except ZeroDivisionError:
        return sp.S.One if argument == exponent else None
    return ratio.rational() if ratio.is_rational else None
