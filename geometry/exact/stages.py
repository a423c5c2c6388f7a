"""Polynomial rings that grow: one stage for each generator opened or refined.

A field keeps a list of stages.  Going from one stage to the next either appends a generator
(polynomials are projected into the larger ring) or refines one, as when ``exp(a)`` becomes the
square of the new ``exp(a/2)`` (polynomials are composed).  Elements remember the stage in which
they were made and are lifted when they meet a younger one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from flint import Ordering, fmpz_mpoly, fmpz_mpoly_ctx


@dataclass(eq=False)
class Relation:
    """The relation ``w**degree = radicand`` of an algebraic generator, as a polynomial of a stage."""

    generator: int
    position: int
    degree: int
    modulus: fmpz_mpoly

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

    @classmethod
    def of(cls, number: int, order: tuple[int, ...]) -> Stage:
        context = fmpz_mpoly_ctx.get(tuple(f"g{k}" for k in order), Ordering.lex)
        return cls(number, context, order, {k: i for i, k in enumerate(order)})

    def generator(self, number: int) -> fmpz_mpoly:
        """The polynomial that is the generator itself."""
        return self.context.gen(self.position[number])

    def constant(self, value: int) -> fmpz_mpoly:
        return self.context.constant(value)

    def reduce(self, polynomial: fmpz_mpoly) -> fmpz_mpoly:
        """The remainder modulo all relations: degrees in algebraic generators below their bounds."""
        for relation in self.relations:
            if polynomial.degrees()[relation.position] >= relation.degree:
                polynomial = divmod(polynomial, relation.modulus)[1]
        return polynomial

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

    def algebraic_in(self, polynomial: fmpz_mpoly) -> Relation | None:
        """The youngest algebraic generator that occurs in a polynomial, or ``None``."""
        if self.relations:
            degrees = polynomial.degrees()
            for relation in self.relations:
                if degrees[relation.position] > 0:
                    return relation
        return None

    def vanishes_on_a_part(self, polynomial: fmpz_mpoly) -> bool:
        """Whether a polynomial is zero for some values of the signs in it, as 1 + sign(x) is."""
        norm, degrees = polynomial, polynomial.degrees()
        for relation in self.relations:
            if degrees[relation.position] and relation.splits:
                w = self.context.gen(relation.position)
                norm = self.product(norm, norm - 2 * w * norm.derivative(relation.position))
        return norm.is_zero()

    def generators_in(self, *polynomials: fmpz_mpoly) -> list[int]:
        """The numbers of all generators that occur."""
        highest = [max(column) for column in zip(*(p.degrees() for p in polynomials))]
        return [k for k, degree in zip(self.order, highest) if degree > 0]
