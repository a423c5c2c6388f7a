"""Polynomial rings that grow: one stage for each generator opened or refined.

Some generators are algebraic: they have a relation ``w**n = u``.  Roots and signs of functions are *formal*: their
powers are kept in polynomials as they are, so that common factors are found by the greatest common divisor of
polynomials, and are put in only where that is shorter or gives zero.  Sines and roots of numbers are always reduced.

A field keeps a list of stages.  Going from one stage to the next either appends a generator
(polynomials are projected into the larger ring) or refines one, as when ``exp(a)`` becomes the
square of the new ``exp(a/2)`` (polynomials are composed).  Elements remember the stage in which
they were made and are lifted when they meet a younger one.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

from flint import Ordering, fmpz_mpoly, fmpz_mpoly_ctx

# Quotients of polynomials have coefficients whose denominators divide this, in a test that only saves time.
_SMALL_DENOMINATOR = 2**64 * 3**20


@dataclass(eq=False)
class Relation:
    """The relation ``w**degree = radicand`` of an algebraic generator, as a polynomial of a stage."""

    generator: int
    position: int
    degree: int
    modulus: fmpz_mpoly
    formal: bool
    constant: bool  # a root of a number

    @property
    def radicand(self) -> fmpz_mpoly:
        return self.modulus.context().gen(self.position) ** self.degree - self.modulus

    @cached_property
    def splits(self) -> bool:
        """Whether the generator is a sign: w² = 1 cuts the domain into the parts with w = 1 and w = -1."""
        w = self.modulus.context().gen(self.position)
        return self.degree == 2 and self.modulus == w**2 - 1


@dataclass(eq=False)
class Stage:
    """A polynomial ring over the integers.

    The order of monomials is lexicographic with the algebraic generators first, the youngest in
    front, so that the remainder modulo ``w**n - u`` is the reduced form.
    """

    number: int
    context: fmpz_mpoly_ctx
    order: tuple[int, ...]
    position: dict[int, int]
    relations: list[Relation] = field(default_factory=list)
    substitution: tuple[fmpz_mpoly, ...] | None = None
    denominators: dict[int, fmpz_mpoly] = field(default_factory=dict)
    divisors: dict[str, Any] = field(default_factory=dict)
    known: list[Any] = field(default_factory=list)

    @classmethod
    def of(cls, number: int, order: tuple[int, ...]) -> Stage:
        context = fmpz_mpoly_ctx.get(tuple(f"g{k}" for k in order), Ordering.lex)
        return cls(number, context, order, {k: i for i, k in enumerate(order)})

    def generator(self, number: int) -> fmpz_mpoly:
        """The polynomial that is the generator itself."""
        return self.context.gen(self.position[number])

    def constant(self, value: int) -> fmpz_mpoly:
        return self.context.constant(value)

    def reduce(self, polynomial: fmpz_mpoly, formal: bool = True) -> fmpz_mpoly:
        """The remainder modulo all relations, or those that are not formal: degrees in algebraic generators below their
        bounds."""
        for relation in self.relations:
            if (formal or not relation.formal) and polynomial.degrees()[relation.position] >= relation.degree:
                polynomial = divmod(polynomial, relation.modulus)[1]
        return polynomial

    def settle(self, polynomial: fmpz_mpoly) -> fmpz_mpoly:
        """An equal polynomial: zero if it is one by the relations, and shorter where these are seen to help."""
        polynomial = self.reduce(polynomial, formal=False)
        if not self.formal or polynomial.is_zero():
            return polynomial
        degrees, high = polynomial.degrees(), False
        for relation in self.relations:
            if relation.formal and degrees[relation.position] >= relation.degree:
                if relation.splits:
                    polynomial = _shorter(divmod(polynomial, relation.modulus)[1], polynomial)
                high = True
        if self.folds and any(relation.formal and degrees[relation.position] for relation in self.relations):
            polynomial = _shorter(self.fold(polynomial), polynomial)
        if high and not polynomial.is_zero():
            return _shorter(self.reduce(polynomial), polynomial)
        return polynomial

    @cached_property
    def formal(self) -> bool:
        """Whether some relation is formal."""
        return any(relation.formal for relation in self.relations)

    @cached_property
    def folds(self) -> list[fmpz_mpoly]:
        """The relations of formal roots the other way, ``u - w**n``: with the root in place of a leading
        monomial of u.
        """
        formal = [relation for relation in self.relations if relation.formal and not relation.splits]
        algebraic = {relation.generator for relation in self.relations}
        order = [k for k in self.order if k not in algebraic] + [k for k in self.order if k in algebraic]
        context = fmpz_mpoly_ctx.get(tuple(f"g{k}" for k in order), Ordering.lex)
        found: list[fmpz_mpoly] = []
        for relation in formal:
            fold = relation.modulus.project_to_context(context)
            for other in found:
                fold = divmod(fold, other)[1]
            if not fold.is_zero():
                found.append(fold)
        return found

    def fold(self, polynomial: fmpz_mpoly) -> fmpz_mpoly:
        """The polynomial with powers of roots for their radicands, as far as division finds these."""
        result = polynomial.project_to_context(self.folds[0].context())
        for fold in self.folds:
            result = divmod(result, fold)[1]
        return result.project_to_context(self.context)

    def merge(self, polynomial: fmpz_mpoly, base: fmpz_mpoly, powers: list[tuple[int, Fraction]]) -> fmpz_mpoly:
        """An equal polynomial in which no two terms hold powers ``base**e`` whose exponents differ by an integer.

        ``powers`` has the places of the generators ``base**e`` and their e.  So it is zero only if all terms are.
        """
        degrees = polynomial.degrees()
        held = [(place, exponent) for place, exponent in powers if degrees[place] > 0]
        if not held or len(held) == 1 and degrees[held[0][0]] < held[0][1].denominator:
            return polynomial
        classes: dict[Fraction, dict[Fraction, dict[tuple[int, ...], Any]]] = {}
        for monomial, coefficient in polynomial.terms():
            total = sum((int(monomial[place]) * exponent for place, exponent in held), Fraction(0))
            classes.setdefault(total % 1, {}).setdefault(total, {})[monomial] = coefficient
        if not any(
            len({tuple(m[p] for p, _ in held) for part in c.values() for m in part}) > 1 for c in classes.values()
        ):
            return polynomial
        result = self.constant(0)
        for parts in classes.values():
            least = min(parts)
            kept = next(iter(parts[least]))
            for total, part in parts.items():
                moved: dict[tuple[int, ...], Any] = {}
                for monomial, coefficient in part.items():
                    image = list(monomial)
                    for place, _ in held:
                        image[place] = kept[place]
                    moved[tuple(image)] = moved.get(tuple(image), 0) + coefficient
                result = result + self.context.from_dict(moved) * base ** int(total - least)
        return result

    def may_divide(self, num: fmpz_mpoly, cofactor: fmpz_mpoly, norm: fmpz_mpoly) -> bool:
        """False only if the norm does not divide ``num * cofactor``: it does not where all other generators are
        integers.
        """
        values = self._integers
        modulus = int(norm.subs(values).leading_coefficient()) if not norm.subs(values).is_zero() else 1
        product = num.subs(values) * cofactor.subs(values)
        for relation in self.relations:
            if product.degrees()[relation.position] >= relation.degree:
                product = divmod(product, relation.modulus.subs(values))[1]
        return all(int(coefficient) * _SMALL_DENOMINATOR % modulus == 0 for coefficient in product.coeffs())

    @cached_property
    def _integers(self) -> dict[str | int, int]:
        algebraic = {relation.generator for relation in self.relations}
        draw = random.Random(self.number)
        return {f"g{k}": draw.randrange(10**3, 10**4) for k in self.order if k not in algebraic}

    def vanishes_on_a_part(self, polynomial: fmpz_mpoly) -> bool:
        """Whether a polynomial is zero for some values of the signs in it, as 1 + sign(x) is."""
        degrees = polynomial.degrees()
        for relation in self.relations:
            if degrees[relation.position] and relation.splits:
                name = self.context.names()[relation.position]
                parts = [self.settle(polynomial.subs({name: value})) for value in (1, -1)]
                return any(part.is_zero() or self.vanishes_on_a_part(part) for part in parts)
        return False

    def substitute(self, polynomial: fmpz_mpoly) -> tuple[fmpz_mpoly, fmpz_mpoly]:
        """A polynomial of the previous stage, in the refined generators: numerator and denominator."""
        assert self.substitution is not None
        below = self.constant(1)
        images = list(self.substitution)
        for position, denominator in self.denominators.items():
            # p(n/d) d^degree, by coefficients of the refined generator
            degree = int(polynomial.degrees()[position])
            variable = polynomial.context().gen(position)
            name = polynomial.context().names()[position]
            coefficients, rest = [], polynomial
            for _ in range(degree + 1):
                coefficients.append(rest.subs({name: 0}))
                rest = (rest - coefficients[-1]) / variable
            total = self.constant(0)
            for k, coefficient in enumerate(coefficients):
                total = total + coefficient.compose(*images, ctx=self.context) * images[
                    position
                ] ** k * denominator ** (degree - k)
            return self.reduce(total), denominator**degree
        return self.reduce(polynomial.compose(*images, ctx=self.context)), below

    def product(self, a: fmpz_mpoly, b: fmpz_mpoly) -> fmpz_mpoly:
        return self.reduce(a * b) if self.relations else a * b

    def algebraic_in(self, *polynomials: fmpz_mpoly) -> Relation | None:
        """The youngest algebraic generator that occurs in polynomials, or ``None``."""
        if self.relations and (degrees := [p.degrees() for p in polynomials if not p.is_constant()]):
            for relation in self.relations:
                if any(d[relation.position] for d in degrees):
                    return relation
        return None

    def reduced_in(self, *polynomials: fmpz_mpoly) -> Relation | None:
        """The youngest algebraic generator that is not formal and occurs in polynomials, or ``None``."""
        degrees = [polynomial.degrees() for polynomial in polynomials]
        for relation in self.relations:
            if not relation.formal and any(d[relation.position] for d in degrees):
                return relation
        return None

    def generators_in(self, *polynomials: fmpz_mpoly) -> list[int]:
        """The numbers of all generators that occur."""
        degrees = [p.degrees() for p in polynomials if not p.is_constant()]
        if len(degrees) == 1:  # a polynomial, or one below a number: the most frequent
            return [k for k, degree in zip(self.order, degrees[0]) if degree]
        return [k for k, column in zip(self.order, zip(*degrees)) if any(column)]


def _shorter(new: fmpz_mpoly, old: fmpz_mpoly) -> fmpz_mpoly:
    return new if len(new) < len(old) else old
