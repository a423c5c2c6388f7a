"""Signs by proof, never by trying points.

A sign is read off the terms, from the ranges of the generators over the declared domain of the symbols, from the
real roots of a polynomial in one generator (Sturm's theorem), from discriminants and from the ends of ranges; what
contains signs itself is looked at on each piece of the domain that they cut out.  Everything else is undecided.

A sign holds up to zeros: a function of sign +1 is nowhere negative where it is real.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import sympy as sp
from flint import fmpz, fmpz_mpoly

from .elements import Element
from .errors import UnsupportedFunction
from .factoring import factored
from .field import DifferentialField
from .ranges import POSITIVE, REAL, Range
from .sampling import is_real
from .stages import Stage

Ranges = dict[int, Range]  # by position in the polynomial ring

_T = sp.Dummy("t")
_DEEPEST, _MOST_TERMS, _HIGHEST, MOST_SIGNS = 3, 60, 40, 8


def proven_sign(element: Element) -> int | None:
    """+1 or -1 if the element has this sign wherever it is real, ``None`` if that is not proven."""
    element = element.field.unfolded(element)
    found = _quick_sign(element)
    if found is None and len(element.num) + len(element.den) <= _MOST_TERMS:
        found = _sign_on_pieces(element)
    return found


def proven_real(element: Element) -> bool:
    """Whether every generator of the element is proven to be real."""
    field = element.field
    stage = field.lift(element).stage
    return all(field.generators[k].is_real(field) for k in stage.generators_in(element.num, element.den))


def is_number(element: Element) -> bool:
    """Whether the element holds no symbol."""
    field = element.field
    stage = field.lift(element).stage
    held = stage.generators_in(element.num, element.den)
    return not any(_symbols(field.generator_expression(k)) for k in held)


def sign_of_number(element: Element) -> int | None:
    """The sign of a real number by its value, ``None`` if cancellation leaves too few digits."""
    value = element.field.samples.value(element, 0)
    return None if value is None or not is_real(value) else 1 if value.real > 0 else -1


def _symbols(expression: sp.Expr) -> bool:
    return bool(expression.free_symbols or expression.atoms(sp.core.function.AppliedUndef))


def signs_where_positive(condition: Element, others: Sequence[Element]) -> Iterator[tuple[int, ...]]:
    """The signs that the others may have together where the condition is positive; patterns that occur are not left
    out.
    """
    field = condition.field
    everything = [field.lift(e) for e in (condition, *others)]
    stage = field.stage
    held = stage.generators_in(*(p for e in everything for p in (e.num, e.den)))
    ranges = _ranges(condition) if len(held) == 1 else None
    if ranges is None:
        known = [proven_sign(e) for e in others]
        yield from product(*((1, -1) if sign is None else (sign,) for sign in known))
        return
    position = stage.position[held[0]]
    first, *rest = (_univariate(stage, e.num * e.den, position) for e in everything)
    for point in _points_of_cells(math.prod(rest, start=first), ranges.get(position, REAL)):
        if first.eval(point) > 0:
            yield tuple(1 if p.eval(point) > 0 else -1 for p in rest)


def sign_generators(element: Element) -> list[int]:
    """The generators in an element that take the values +1 and -1 alone."""
    stage = element.field.lift(element).stage
    held = set(stage.generators_in(element.num, element.den))
    return [r.generator for r in stage.relations if r.splits and r.generator in held]


def pieces(element: Element) -> Iterator[tuple[dict[int, int], Element]]:
    """The values of the signs in an element, and the element there; pieces that are proven empty are left out.

    Raises :class:`UnsupportedFunction` for more signs than can be looked at one by one.
    """
    numbers = sign_generators(element)
    if len(numbers) > MOST_SIGNS:
        raise UnsupportedFunction(
            f"an expression depends on {len(numbers)} signs, which are {2 ** len(numbers)} pieces of the domain; "
            f"at most {MOST_SIGNS} signs are looked at piece by piece"
        )
    for pattern in product((1, -1), repeat=len(numbers)):
        signs = dict(zip(numbers, pattern))
        if not _is_empty(element.field, signs):
            yield signs, on_piece(element, signs)


def on_piece(element: Element, signs: dict[int, int]) -> Element:
    """The element where its signs have the given values."""
    field, stage = element.field, element.field.lift(element).stage
    names = stage.context.names()
    values: dict[str | int, int] = {names[stage.position[k]]: v for k, v in signs.items()}
    return field.unfolded(field.element(element.num.subs(values), element.den.subs(values), stage))


# -- ranges of generators -----------------------------------------------------------------------


def _ranges(element: Element) -> Ranges | None:
    """The range of each generator in the element, ``None`` if one may be no real number.

    A single root or logarithm may be left unproven: elsewhere than where it is real, the element is not.
    """
    field, stage, ranges, unproven = element.field, element.stage, {}, 0
    for number in stage.generators_in(element.num, element.den):
        generator = field.generators[number]
        if not generator.is_real(field):
            unproven += 1
            if unproven > 1 or not generator.real_with_its_element:
                return None
        ranges[stage.position[number]] = _range(field, number)
    for relation in stage.relations:  # the youngest first: what the roots are made of
        if relation.position in ranges:
            radicand = stage.context.gen(relation.position) ** relation.degree - relation.modulus
            for number in stage.generators_in(radicand):
                if field.generators[number].is_real(field):
                    ranges.setdefault(stage.position[number], _range(field, number))
    return ranges


def _range(field: DifferentialField, number: int) -> Range:
    generator = field.generators[number]
    if not _symbols(field.generator_expression(number)):
        value = field.samples.generator(number, 0)
        if value is not None and not getattr(value, "imag", 0):
            middle = Fraction(*map(int, sp.Rational(str(value.real)).as_numer_denom()))
            return middle - abs(middle) / 10**25, middle + abs(middle) / 10**25
    return generator.range(field)


# -- polynomials --------------------------------------------------------------------------------


def _quick_sign(element: Element) -> int | None:
    """From the terms: all of one sign, even powers of real numbers or positive ones."""
    field = element.field
    known: dict[int, int | None] = {}  # generator -> its sign; 0 of a real number, None of any other

    def of_terms(p: fmpz_mpoly) -> int | None:
        signs = set()
        for monomial, coefficient in p.terms():
            term = 1 if coefficient > 0 else -1
            for number, exponent in zip(element.stage.order, monomial):
                if not exponent:
                    continue
                if number not in known:
                    generator = field.generators[number]
                    known[number] = generator.sign(field) or (0 if generator.is_real(field) else None)
                sign = known[number]
                if sign:
                    term *= sign ** int(exponent % 2)
                elif exponent % 2 or sign is None:
                    return None
            signs.add(term)
            if len(signs) > 1:
                return None
        return signs.pop() if signs else None

    above = of_terms(element.num)
    below = above and of_terms(element.den)
    return above * below if above and below else None


def _sign_on_pieces(element: Element) -> int | None:
    """The sign if it is the same on every piece of the domain that the signs in the element cut out."""
    if len(sign_generators(element)) > MOST_SIGNS:
        return None
    found = set()
    for signs, value in pieces(element):
        if value.is_zero:
            continue
        found.add(_sign_where(value, signs))
        if None in found or len(found) > 1:
            return None
    return found.pop() if found else None


def _sign_where(element: Element, signs: dict[int, int]) -> int | None:
    """The sign of an element without signs, where the generators ``signs`` have these values."""
    field = element.field
    arguments = [(getattr(field.generators[k], "argument", None), v) for k, v in signs.items()]
    constraints = [(field.lift(argument), value) for argument, value in arguments if argument is not None]
    element = field.lift(element)
    ranges = _ranges(element)
    if ranges is None:
        return None
    stage, polynomials, conditions = element.stage, [element.num, element.den], []
    for argument, value in constraints:
        more = _ranges(argument)
        if more is not None and argument.den.is_one():
            ranges = {**ranges, **more}
            conditions.append((argument.num, value))
    while conditions:
        (p, value), *rest = conditions
        (*polynomials, _), conditions, ranges = _constrained(stage, [*polynomials, p], rest, ranges, value)
    above, below = (_sign_of(stage, p, ranges, _DEEPEST) for p in polynomials)
    return above * below if above and below else None


def essential_signs(field: DifferentialField, signs: dict[int, int]) -> dict[int, int]:
    """The signs of a piece without those that follow from the others: x > 1 says that x > 0."""
    left = dict(signs)
    for number, value in signs.items():
        argument, others = (
            getattr(field.generators[number], "argument", None),
            {k: v for k, v in left.items() if k != number},
        )
        if argument is not None and others and _sign_where(argument, others) == value:
            left = others
    return left


def _is_empty(field: DifferentialField, signs: dict[int, int]) -> bool:
    """Whether it is proven that the arguments never have these signs together."""
    if len(signs) > 1:
        for number, value in signs.items():
            argument = getattr(field.generators[number], "argument", None)
            if (
                argument is not None
                and _sign_where(argument, {k: v for k, v in signs.items() if k != number}) == -value
            ):
                return True
    return False


Condition = tuple[fmpz_mpoly, int]  # a polynomial and its sign


def _constrained(
    stage: Stage, polynomials: list[fmpz_mpoly], conditions: list[Condition], ranges: Ranges, value: int
) -> tuple[list[fmpz_mpoly], list[Condition], Ranges]:
    """Use that the last polynomial p has the sign ``value``, where it is linear in a generator of constant slope.

    A range becomes smaller, or t > 0 takes the place of the generator v: with p = c v + r it is v = (value t - r)/c.
    """
    p = polynomials[-1]
    for position, degree in enumerate(p.degrees()):
        if degree != 1 or not p.derivative(position).is_constant():
            continue
        v, slope = stage.context.gen(position), int(p.derivative(position).leading_coefficient())
        rest, (low, high) = p - slope * v, ranges[position]
        if rest.is_constant():
            end = Fraction(-int(rest.leading_coefficient()) if rest else 0, slope)
            if value * slope > 0:
                low = end if low is None else max(low, end)
            else:
                high = end if high is None else min(high, end)
            return polynomials, conditions, {**ranges, position: (low, high)}
        if (low, high) == REAL:
            image = (v * value - rest) * (1 if slope > 0 else -1)
            return (
                [_compose(stage, q, position, image, abs(slope)) for q in polynomials],
                [(_compose(stage, q, position, image, abs(slope)), sign) for q, sign in conditions],
                {**ranges, position: POSITIVE},
            )
    return polynomials, conditions, ranges


def _compose(stage: Stage, p: fmpz_mpoly, position: int, image: fmpz_mpoly, below: int) -> fmpz_mpoly:
    """``below**degree p`` with ``image/below`` in the place of a generator."""
    total = stage.constant(0)
    coefficients = _coefficients(stage, p, position)
    for k, coefficient in enumerate(coefficients):
        total = total + coefficient * image**k * below ** (len(coefficients) - 1 - k)
    return total


def _coefficients(stage: Stage, p: fmpz_mpoly, position: int) -> list[fmpz_mpoly]:
    """The coefficients of a polynomial in one generator, constant term first."""
    found: list[dict[tuple[int, ...], int | fmpz]] = [{} for _ in range(int(p.degrees()[position]) + 1)]
    for monomial, coefficient in p.terms():
        rest = tuple(0 if i == position else int(e) for i, e in enumerate(monomial))
        found[int(monomial[position])][rest] = coefficient
    return [stage.context.from_dict(terms) for terms in found]


def _sign_of(stage: Stage, p: fmpz_mpoly, ranges: Ranges, depth: int) -> int | None:
    """The sign of a polynomial over a box, by its factors."""
    if p.is_zero():
        return None
    if len(p) > _MOST_TERMS:
        return _sign_of_bound(p, ranges)
    content, factors = factored(p)
    sign = 1 if content > 0 else -1
    for factor, multiplicity in factors:
        if multiplicity % 2:
            found = _sign_of_factor(stage, factor, ranges, depth)
            if found is None:
                return None
            sign *= found
    return sign


def _sign_of_factor(stage: Stage, p: fmpz_mpoly, ranges: Ranges, depth: int) -> int | None:
    bound = _sign_of_bound(p, ranges)
    if bound is not None:
        return bound
    held = [i for i, degree in enumerate(p.degrees()) if degree]
    if len(held) == 1:
        return _sign_by_roots(stage, p, held[0], ranges[held[0]])
    if not depth:
        return None
    for position in held:
        coefficients, (low, high) = _coefficients(stage, p, position), ranges[position]
        found = _sign_by_coefficients(stage, coefficients, ranges, depth - 1, low is not None and low >= 0)
        if found is None and len(coefficients) == 3:
            found = _sign_by_discriminant(stage, coefficients, ranges, depth - 1)
        if found is None and len(coefficients) == 2 and low is not None and high is not None:
            a, b = (
                stage.constant(0) + e.denominator * coefficients[0] + e.numerator * coefficients[1] for e in (low, high)
            )
            ends = {_sign_of(stage, q, ranges, depth - 1) for q in (a, b) if not q.is_zero()}
            found = ends.pop() if len(ends) == 1 else None
        if found is not None:
            return found
    return _sign_by_norm(stage, p, ranges, depth - 1)


def _sign_by_norm(stage: Stage, p: fmpz_mpoly, ranges: Ranges, depth: int) -> int | None:
    """a + b w with a root w = sqrt(r) >= 0 has the sign of a where a² > b² r, and that of b where a² < b² r."""
    relation = stage.algebraic_in(p)
    if relation is None or relation.degree != 2 or ranges[relation.position] != POSITIVE:
        return None
    a, b = _coefficients(stage, p, relation.position)
    w = stage.context.gen(relation.position)
    radicand = w**2 - relation.modulus
    if any(d and i not in ranges for i, d in enumerate(radicand.degrees())):
        return None
    norm = stage.reduce(a * a - b * b * radicand)
    sign = _sign_of(stage, norm, ranges, depth)
    return None if sign is None else _sign_of(stage, a if sign == 1 else b, ranges, depth)


def _sign_by_coefficients(
    stage: Stage, coefficients: list[fmpz_mpoly], ranges: Ranges, depth: int, positive: bool
) -> int | None:
    """All coefficients of one sign, of even powers or of powers of what is not negative."""
    found = set()
    for k, coefficient in enumerate(coefficients):
        if coefficient.is_zero():
            continue
        found.add(_sign_of(stage, coefficient, ranges, depth) if positive or k % 2 == 0 else None)
        if None in found or len(found) > 1:
            return None
    return found.pop()


def _sign_by_discriminant(stage: Stage, coefficients: list[fmpz_mpoly], ranges: Ranges, depth: int) -> int | None:
    """a v² + b v + c with b² <= 4 a c has the sign of a."""
    c, b, a = coefficients
    discriminant = b * b - 4 * a * c
    if discriminant.is_zero() or _sign_of(stage, discriminant, ranges, depth) == -1:
        return _sign_of(stage, a, ranges, depth)
    return None


def _sign_by_roots(stage: Stage, p: fmpz_mpoly, position: int, bounds: Range) -> int | None:
    """An irreducible polynomial in one generator changes its sign at each real root inside the range, and there
    alone.
    """
    if p.degrees()[position] > _HIGHEST:
        return None
    polynomial = _univariate(stage, p, position)
    low, high = (None if e is None else sp.Rational(e.numerator, e.denominator) for e in bounds)
    ends = [e for e in (low, high) if e is not None and polynomial.eval(e) == 0]
    if polynomial.count_roots(low, high) > len(ends):
        return None
    if low is None:
        inside = sp.S.Zero if high is None else high - 1
    else:
        inside = low + 1 if high is None else (low + high) / 2
    return 1 if polynomial.eval(inside) > 0 else -1


def _univariate(stage: Stage, p: fmpz_mpoly, position: int) -> sp.Poly:
    """A polynomial in one generator, for SymPy."""
    values = [int(c.leading_coefficient()) if c else 0 for c in _coefficients(stage, p, position)]
    return sp.Poly(values[::-1], _T)


def _points_of_cells(p: sp.Poly, bounds: Range) -> list[sp.Rational]:
    """A rational point between each two neighbouring roots of a polynomial, inside the range."""
    low, high = (None if e is None else sp.Rational(e.numerator, e.denominator) for e in bounds)
    ends = [sp.Tuple(*interval) for interval, _ in p.intervals(inf=low, sup=high)]
    edges = [*([low] if low is not None else [])]
    for a, b in ends:
        edges += [a, b]
    edges += [high] if high is not None else []
    if not edges:
        return [sp.S.Zero]
    first = [] if low is not None else [edges[0] - 1]
    last = [] if high is not None else [edges[-1] + 1]
    return first + [(a + b) / 2 for a, b in zip(edges[:-1], edges[1:])] + last


def _sign_of_bound(p: fmpz_mpoly, ranges: Ranges) -> int | None:
    """From the sum of the ranges of the terms."""
    low: Fraction | None = Fraction(0)
    high: Fraction | None = Fraction(0)
    for monomial, coefficient in p.terms():
        a, b = _range_of_term(monomial, int(coefficient), ranges)
        low = None if low is None or a is None else low + a
        high = None if high is None or b is None else high + b
        if low is None and high is None:
            return None
    return 1 if low is not None and low >= 0 else -1 if high is not None and high <= 0 else None


def _range_of_term(monomial: Any, coefficient: int, ranges: Ranges) -> Range:
    low: Fraction | None = Fraction(coefficient)
    high: Fraction | None = Fraction(coefficient)
    for position, exponent in enumerate(monomial):
        if exponent:
            low, high = _times((low, high), _power(ranges[position], int(exponent)))
    return low, high


def _power(bounds: Range, n: int) -> Range:
    low, high = bounds
    ends = (None if low is None else low**n, None if high is None else high**n)
    if n % 2 or low is not None and low >= 0:
        return ends
    if high is not None and high <= 0:
        return ends[1], ends[0]
    return Fraction(0), None if None in ends else max(ends)  # type: ignore[type-var]


def _times(a: Range, b: Range) -> Range:
    """The product of two intervals; an end None is infinite, and 0 times infinite is 0."""
    infinite = float("inf")
    left = (-infinite if a[0] is None else a[0], infinite if a[1] is None else a[1])
    right = (-infinite if b[0] is None else b[0], infinite if b[1] is None else b[1])
    products = []
    for u in left:
        for v in right:
            if isinstance(u, float) or isinstance(v, float):
                sign = ((u > 0) - (u < 0)) * ((v > 0) - (v < 0))
                products.append(sign * infinite if sign else Fraction(0))
            else:
                products.append(u * v)
    low, high = min(products), max(products)
    return None if isinstance(low, float) else low, None if isinstance(high, float) else high
