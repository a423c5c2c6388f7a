"""Roots, by their relation ``w**n = u`` of prime degree.

``sqrt`` of a rational function is split over its irreducible factors: squares come out as absolute
values, factors of a proven sign and prime numbers get a root each, and what is left, of unknown
sign, stays together under one root.  So ``sqrt(x*y)`` becomes ``sqrt(x)*sqrt(y)`` for positive x, y
and ``sqrt(-x)*sqrt(-y)`` for negative ones, but is left alone when the signs are not known.

A root of degree two opens a generator only if its radicand is no square in the tower of quadratic
extensions so far (``square_root_in_tower``), so that the tower stays a field.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy as sp
from flint import nmod
from flint.utils.flint_exceptions import DomainError

from ..combinations import solve
from ..elements import Element
from ..errors import UnsupportedFunction
from ..factoring import factored, factored_integer
from ..field import DifferentialField
from ..positivity import is_number, proven_real, proven_sign
from ..ranges import Range
from ..sampling import Samples, holds, numbers
from ..stages import Relation
from .base import Generator
from .signs import Branch, Sign, absolute_value, sign_element, support

_DEEPEST_TOWER = 12


class Root(Generator):
    """``scale * argument**(1/degree)`` (principal value), whose power ``radicand`` is a polynomial."""

    def __init__(self, radicand: Element, degree: int, argument: Element, scale: Element):
        self.radicand, self.degree, self.argument, self.scale = radicand, degree, argument, scale
        self.given: tuple[sp.Expr, Element] | None = None

    def expression(self) -> sp.Expr:
        return self.scale.as_expr() * sp.Pow(self.argument.as_expr(by_name=False), sp.Rational(1, self.degree))

    def derivative(self, field: DifferentialField, symbol: sp.Symbol) -> Element:
        """w' = u'/(n w**(n - 1))."""
        rate = self.radicand.diff(symbol)
        if rate.is_zero:
            return field.zero
        return rate / (self.degree * field.generator_element(self.number) ** (self.degree - 1))

    def value(self, samples: Samples, point: int) -> Any:
        argument, scale = samples.value(self.argument, point), samples.value(self.scale, point)
        if argument is None or scale is None:
            return None
        return scale * numbers.root(argument, self.degree) if self.degree > 2 else scale * numbers.sqrt(argument)

    def sign(self, field: DifferentialField) -> int | None:
        return 1 if self.scale == 1 and proven_sign(self.argument) == 1 else None

    @property
    def real_with_its_element(self) -> bool:  # type: ignore[override]
        return self.degree == 2

    def is_real(self, field: DifferentialField) -> bool:
        return proven_sign(self.argument) == 1 and proven_real(self.scale)

    def range(self, field: DifferentialField) -> Range:
        if self.scale == 1 and (self.degree == 2 or self.is_real(field)):
            return Fraction(0), None
        return None, None

    def root(self, field: DifferentialField, degree: int) -> Element | None:
        """``(u**(1/n))**(1/p) = u**(1/(n p))`` for n prime to p."""
        return None if self.degree == degree or self.scale != 1 else root(field, self.argument, self.degree * degree)

    def as_power(self) -> tuple[Element, Fraction] | None:
        if self.scale != 1:
            return None
        number = single_generator(self.argument)
        inner = None if number is None else self.argument.field.generators[number].as_power()
        return (inner[0], inner[1] / self.degree) if inner else (self.argument, Fraction(1, self.degree))


def root(field: DifferentialField, radicand: Element, degree: int) -> Element:
    """The principal root ``radicand**(1/degree)`` for any degree, by roots of prime degree.

    Coprime parts of the degree stand side by side, ``u**(1/6) = u**(1/2) / u**(1/3)``, and only powers of
    a prime are nested, so that the degrees over the field of ``u`` multiply. A radicand that vanishes on part of the
    domain, so that nothing is divided by it, is 1 there under the root: ``sqrt(e u) = e sqrt(e u + 1 - e)``, e = 0, 1.
    """
    radicand = field.canonical(radicand)
    where = support(field, radicand)
    if where is not None:
        return where * root(field, radicand + 1 - where, degree)
    prime, multiplicity = next(iter(sp.factorint(degree).items()), (1, 0))
    power = prime**multiplicity
    if power != degree:
        s = pow(degree // power, -1, power)
        t = (1 - s * (degree // power)) // power
        return root(field, radicand, power) ** s * root(field, radicand, degree // power) ** t
    for _ in range(multiplicity):
        radicand = _square_root(field, radicand) if prime == 2 else _prime_root(field, radicand, prime)
    return radicand


def _known_root(field: DifferentialField, factor: Element, p: int) -> Element | None:
    """The root of an exponential, a power or a root, which knows it; ``None`` for other factors."""
    number = single_generator(factor)
    return None if number is None else field.generators[number].root(field, p)


def note_given(field: DifferentialField, expression: sp.Expr, value: Element) -> None:
    """Remember that ``value = sqrt(expression)`` is a monomial times one root: a way to write the root."""
    if len(value.num) != 1 or len(value.den) != 1:
        return
    value = field.lift(value)
    roots = [g for k in value.stage.generators_in(value.num) if isinstance(g := field.generators[k], Root)]
    if len(roots) == 1 and roots[0].degree == 2 and roots[0].given is None:
        roots[0].given = (sp.sqrt(expression), field.generator_element(roots[0].number) / value)


# -- square roots -------------------------------------------------------------------------------


def _square_root(field: DifferentialField, u: Element) -> Element:
    if u.is_zero or u == 1:
        return u
    memory: list[tuple[Element, Element]] = field.families.setdefault(Root, [])  # type: ignore[assignment]
    for known, result in memory:
        if known == u:
            return result
    result = _split_square_root(field, u)
    memory.append((u, result))
    return result


def _split_square_root(field: DifferentialField, u: Element) -> Element:
    """sqrt(c prod f^e) over the factors f of ``u``: see the head of the file."""
    outside, result, rest = field.one, field.one, 1
    unknown: list[tuple[Element, int]] = []
    for factor, exponent in factors(field, u):
        half, odd = divmod(exponent, 2)
        definite = proven_sign(factor) if odd else None
        if not odd:
            outside = outside * factor**half
        elif (nested := _known_root(field, factor, 2)) is not None:
            outside, result = outside * factor**half, result * nested
        elif definite is None:
            unknown.append((factor, half))
        else:
            outside = outside * factor**half
            rest *= definite
            result = result * _simple_root(field, factor * definite)
    if len(unknown) == 1:  # the root is real where rest*f > 0, which is where |f| = rest*f
        ((factor, half),) = unknown
        result = result * (factor * rest) ** half * _simple_root(field, factor * rest)
    else:
        leftover = field.integer(rest)
        for factor, half in unknown:
            outside, leftover = outside * factor**half, leftover * factor
        result = result * _simple_root(field, leftover)
    if outside.is_rational:
        return result * (outside if outside.rational() > 0 else -outside)
    if not proven_real(outside):
        return _branch(field, u, outside * result)
    return absolute_value(field, outside) * result


def factors(field: DifferentialField, u: Element) -> list[tuple[Element, int]]:
    """Factors and exponents with product ``u``: -1, coprime integers and irreducible polynomials."""
    u = field.canonical(u)
    stage = u.stage
    found: list[tuple[Element, int]] = []
    composites: list[int] = field.families.setdefault(factored_integer, [])  # type: ignore[call-overload]
    for polynomial, direction in ((u.num, 1), (u.den, -1)):
        content, parts = factored(polynomial)
        if content < 0:
            found.append((field.integer(-1), 1))
        for base, multiplicity in factored_integer(content, composites):
            found.append((field.integer(base), direction * multiplicity))
        for part, multiplicity in parts:
            found.append((Element(field, part, stage.constant(1), stage), direction * multiplicity))
    return found


def single_generator(element: Element) -> int | None:
    """The number of the generator that the element is, if it is one."""
    element = element.field.lift(element)
    if len(element.num) != 1 or not element.den.is_one():
        return None
    ((monomial, coefficient),) = element.num.terms()
    return element.stage.order[list(monomial).index(1)] if coefficient == 1 and sum(monomial) == 1 else None


def _simple_root(field: DifferentialField, u: Element) -> Element:
    """sqrt(u) of a polynomial without square factors: known, or in the tower, or a new generator."""
    if u == 1:
        return u
    u = field.canonical(u)
    for generator in field.generators:
        if not isinstance(generator, Root) or field.is_dropped(generator.number):
            continue
        if generator.degree == 2 and generator.radicand == u:
            return field.generator_element(generator.number)
    inside = square_root_in_tower(field, u)
    if inside is None:
        return field.open(Root(u, 2, u, field.one), 2, u)
    return _branch(field, u, inside)


def _branch(field: DifferentialField, u: Element, inside: Element) -> Element:
    """sqrt(u) = +-inside: a proven sign, the value of a number, or a locally constant generator."""
    samples = field.samples
    sign = proven_sign(inside)
    if sign is not None:
        return inside * sign
    if proven_real(inside):
        return absolute_value(field, inside)

    def principal(point: int) -> Any:
        value = samples.value(u, point)
        return None if value is None else numbers.sqrt(value)

    for candidate in (inside, -inside):
        if is_number(candidate) and holds(candidate, principal):
            return candidate
    for generator in field.generators:
        if isinstance(generator, Branch) and generator.first_square == u and generator.second == inside:
            return inside * field.generator_element(generator.number)
    return inside * field.open(Branch(sp.sqrt(u.as_expr()), u, inside), 2, field.one)


def square_root_in_tower(field: DifferentialField, u: Element) -> Element | None:
    """A square root of ``u`` inside the field, or ``None`` if there is none.

    Over K(w), w^2 = r, the element a + b w is the square of x + y w exactly when the norm
    a^2 - b^2 r is a square c^2 in K and x^2 = (a + c)/2 is one for one of the two signs of c
    (then y = b/(2x)); for b = 0 either a or a/r is a square in K.  For a sign, w^2 = 1, both a + b and
    a - b are squares.
    """
    u = field.canonical(u)
    return _tower_root(field, u, _related(field, u))


def _related(field: DifferentialField, u: Element) -> list[Relation]:
    """The relations, youngest first, whose radicands are numbers or share variables with ``u``."""
    own = _variables(field, u)
    related = []
    for relation in u.stage.relations:
        if field.is_dropped(relation.generator):
            continue
        generator = field.generators[relation.generator]
        shared = _variables(field, field.generator_element(relation.generator))
        if isinstance(generator, (Sign, Branch)) or not shared or shared & own:
            related.append(relation)
    quadratic = [r for r in related if not isinstance(field.generators[r.generator], (Sign, Branch))]
    while len(quadratic) > _DEEPEST_TOWER:  # keep those that u holds, and the oldest
        held = set(u.stage.generators_in(u.num))
        victim = next((r for r in quadratic if r.generator not in held), quadratic[0])
        quadratic.remove(victim)
        related.remove(victim)
    return related


def _variables(field: DifferentialField, u: Element) -> set[int]:
    """The transcendental generators behind an element."""
    found: set[int] = set()
    for number in field.lift(u).stage.generators_in(u.num, u.den):
        generator = field.generators[number]
        if isinstance(generator, Root):
            found |= _variables(field, generator.radicand)
        elif not isinstance(generator, (Sign, Branch)):
            found.add(getattr(generator, "cosine", generator).number)
    return found


def _tower_root(field: DifferentialField, u: Element, relations: list[Relation]) -> Element | None:
    if u.is_zero:
        return u
    u = field.canonical(u)
    stage = u.stage
    if not relations:
        if stage.algebraic_in(u.num) is not None:
            return None
        try:
            return Element(field, u.num.sqrt(), u.den.sqrt(), stage)
        except DomainError:
            return None
    relation, below = relations[0], relations[1:]
    w = stage.context.gen(relation.position)
    is_sign = isinstance(field.generators[relation.generator], (Sign, Branch))
    if stage.algebraic_in(u.num) is None or u.num.degrees()[relation.position] == 0:
        found = _tower_root(field, u, below)
        if found is not None or relation.degree != 2 or is_sign:
            return found
        r = field.element(w**2 - relation.modulus, stage.constant(1), stage)
        found = _tower_root(field, u / r, below)
        return None if found is None else found * Element(field, w, stage.constant(1), stage)
    if relation.degree != 2:
        return None
    upper = u.num.derivative(relation.position)
    b = field.element(upper, u.den, stage)
    a = field.element(u.num - upper * w, u.den, stage)
    if is_sign:  # on either part of the domain by itself
        plus, minus = _tower_root(field, a + b, below), _tower_root(field, a - b, below)
        if plus is None or minus is None:
            return None
        return (plus + minus) / 2 + (plus - minus) / 2 * Element(field, w, stage.constant(1), stage)
    r = field.element(w**2 - relation.modulus, stage.constant(1), stage)
    c = _tower_root(field, a * a - b * b * r, below)
    if c is None:
        return None
    for candidate in ((a + c) / 2, (a - c) / 2):
        x = _tower_root(field, candidate, below)
        if x is not None and x:
            return x + b / (2 * x) * Element(field, w, stage.constant(1), stage)
    return None


def restore_tower(field: DifferentialField) -> None:
    """After a refinement: roots whose radicand has become a square give way to it, and signs that split to
    their parts.
    """
    for relation in reversed(field.stage.relations):
        generator = field.generators[relation.generator]
        if isinstance(generator, Sign):
            if len(factors(field, generator.argument)) > 1:
                field.refine({relation.generator: sign_element(field, generator.argument)}, drop=relation.generator)
        elif isinstance(generator, Root) and generator.degree == 2:
            u = field.lift(generator.radicand)
            if any(exponent > 1 for _, exponent in factors(field, u)):
                field.drop(relation.generator)
                image = _split_square_root(field, generator.argument)
            else:
                inside = _tower_root(field, u, [r for r in _related(field, u) if r.generator < relation.generator])
                if inside is None:
                    continue
                image = _branch(field, generator.argument, inside / generator.scale)
            field.refine({relation.generator: image * generator.scale}, drop=relation.generator)


# -- roots of odd prime degree ------------------------------------------------------------------


def _prime_root(field: DifferentialField, u: Element, p: int) -> Element:
    """u**(1/p): positive factors one by one; the others together, as ``h u**(1/p)`` with a power-free radicand."""
    if u.is_zero or u == 1:
        return u
    result, leftover, product = field.one, [], field.one
    for factor, exponent in factors(field, u):
        if proven_sign(factor) == 1:
            result = result * _positive_root(field, factor, exponent, p)
        else:
            leftover.append((factor, exponent))
            product = product * factor**exponent
    if product == 1:
        return result
    if proven_sign(product) == 1:  # then it is the product of the |f|**(e/p)
        for factor, exponent in leftover:
            result = result * _positive_root(field, absolute_value(field, factor), exponent, p)
        return result
    return result * _root_generator(field, product, p)


def _positive_root(field: DifferentialField, factor: Element, exponent: int, p: int) -> Element:
    """factor**(exponent/p) of a positive factor."""
    outside, inside = divmod(exponent, p)
    result = factor**outside
    if inside and factor != 1:
        known = _known_root(field, factor, p)
        result = result * (known or _root_generator(field, factor, p)) ** inside
    return result


def _root_generator(field: DifferentialField, u: Element, p: int) -> Element:
    """The generator w = h u**(1/p) with w**p a polynomial free of p-th powers; returns w/h."""
    u = field.canonical(u)
    for generator in field.generators:  # the same principal root
        if isinstance(generator, Root) and generator.degree == p and not field.is_dropped(generator.number):
            if generator.argument == u:
                return field.generator_element(generator.number) / generator.scale
    scale, radicand = field.one, field.one
    for factor, exponent in factors(field, u):
        outside, inside = divmod(exponent, p)
        scale = scale / factor**outside
        radicand = field.canonical(radicand * factor**inside)
    known = [g for g in field.generators if isinstance(g, Root) and g.degree == p and not field.is_dropped(g.number)]
    exponents = _relation_modulo(field, radicand, [g.radicand for g in known], p)
    if exponents is None:
        field.lift(radicand)
        return field.open(Root(radicand, p, u, scale), p, radicand) / scale
    candidate, power = field.one, radicand
    for generator, k in zip(known, exponents):
        candidate = candidate * field.generator_element(generator.number) ** k
        power = power / generator.radicand**k
    for factor, exponent in factors(field, power):
        candidate = candidate * factor ** (exponent // p)
    candidate = candidate / scale
    samples = field.samples

    def principal(point: int) -> Any:
        value = samples.value(u, point)
        return None if value is None else numbers.root(value, p)

    if proven_sign(candidate) != 1 and not (is_number(candidate) and holds(candidate, principal)):
        raise UnsupportedFunction(
            f"({u})**(1/{p}) differs from {candidate} by a root of unity that depends on signs; "
            "declare the symbols positive where they are"
        )
    return candidate


def _relation_modulo(field: DifferentialField, u: Element, basis: list[Element], p: int) -> list[int] | None:
    """Exponents k_i for which ``u / prod basis_i**k_i`` is a p-th power, from the irreducible factors."""
    table: list[tuple[Element, list[nmod]]] = []
    for column, element in enumerate((*basis, u)):
        for factor, exponent in factors(field, element):
            if factor == -1:  # its own p-th power
                continue
            for known, row in table:
                if known == factor:
                    row[column] += exponent
                    break
            else:
                row = [nmod(0, p)] * (len(basis) + 1)
                row[column] = nmod(exponent, p)
                table.append((factor, row))
    solution = solve([row for _, row in table], nmod(0, p)) if table else [nmod(0, p)] * len(basis)
    return None if solution is None else [int(k) for k in solution]


def imaginary_unit(field: DifferentialField) -> Element:
    return _simple_root(field, field.integer(-1))


def real_and_imaginary(field: DifferentialField, a: Element) -> tuple[Element, Element | None]:
    """``a = b + i c``: returns b, c, with ``None`` for c if the imaginary unit does not occur."""
    for relation in field.lift(a).stage.relations:
        generator = field.generators[relation.generator]
        if isinstance(generator, Root) and generator.degree == 2 and generator.radicand == -1:
            upper = a.num.derivative(relation.position)
            if upper.is_zero():
                break
            i = a.stage.context.gen(relation.position)
            return field.element(a.num - upper * i, a.den, a.stage), field.element(upper, a.den, a.stage)
    return a, None
