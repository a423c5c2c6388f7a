"""Denominators free of algebraic generators, by products of conjugates."""

from __future__ import annotations

from dataclasses import dataclass

from flint import fmpz_mpoly

from .factoring import factored
from .stages import Relation, Stage

# Longer denominators and factors are left alone; short products are tried at once, others after a test by values.
_LONGEST_DENOMINATOR, _LONGEST_FACTOR, _LONGEST_NORM, _HIGHEST_DEGREE = 400, 16, 400, 4
_SURELY_QUICK, _MOST_KNOWN = 200, 12


def without_constants(stage: Stage, num: fmpz_mpoly, den: fmpz_mpoly) -> tuple[fmpz_mpoly, fmpz_mpoly]:
    """``num/den`` with no imaginary unit, no number that is a root, and no single sine as a factor of the denominator.

    This neither makes a denominator long nor zero where it is not.
    """
    degrees = den.degrees()
    if not any(degrees[relation.position] for relation in stage.relations if not relation.formal):
        return num, den
    constants = [r for r in stage.relations if not r.formal and r.constant]
    if set(stage.generators_in(den)) <= {r.generator for r in constants}:
        return rationalised(stage, num, den)
    for relation in constants:
        if degrees[relation.position] and relation.radicand == -1:
            num, den = _times_conjugate(stage, num, den, relation)
    content = den.term_content().degrees()
    for relation in stage.relations:
        if content[relation.position] and not relation.formal:
            factor = stage.context.gen(relation.position) ** (relation.degree - int(content[relation.position]))
            num, den = stage.settle(num * factor), stage.settle(den * factor)
    return num, den


@dataclass
class Divisor:
    """A factor of a denominator that holds formal generators: ``factor * cofactor = norm``, which is free of them."""

    factor: fmpz_mpoly
    cofactor: fmpz_mpoly
    norm: fmpz_mpoly


def cancelled(stage: Stage, num: fmpz_mpoly, den: fmpz_mpoly) -> tuple[fmpz_mpoly, fmpz_mpoly]:
    """``num/den`` without the factors of the denominator that divide the numerator by virtue of the relations.

    ``f`` divides ``N`` exactly when the norm of f divides N times the other conjugates of f.
    """
    for divisor in _divisors(stage, den):
        while not num.is_zero() and (quotient := _quotient(stage, num, divisor)) is not None:
            rest, left = divmod(den, divisor.factor)
            if not left.is_zero():
                break
            num, den = quotient, rest
    return num, den


def in_factors(stage: Stage, polynomial: fmpz_mpoly) -> fmpz_mpoly:
    """An equal polynomial that shows the factors which stand in other denominators: they are not multiplied out."""
    if not stage.formal or not any(
        d for d, relation in zip(_degrees(stage, polynomial), stage.relations) if relation.formal
    ):
        return polynomial
    product, rest = stage.constant(1), polynomial
    for divisor in stage.known:
        while len(rest) > 1 and (quotient := _quotient(stage, rest, divisor)) is not None:
            product, rest = product * divisor.factor, quotient
    return product * rest


def _divisors(stage: Stage, den: fmpz_mpoly) -> list[Divisor]:
    if len(den) > _LONGEST_DENOMINATOR or not any(
        d for d, relation in zip(_degrees(stage, den), stage.relations) if relation.formal
    ):
        return []
    key = str(den)
    if key not in stage.divisors:
        found = [d for factor, _ in factored(den)[1] if (d := _divisor(stage, factor)) is not None]
        stage.divisors[key] = found
        for divisor in found:
            unit = divisor.norm.is_constant()  # divides everything
            if (
                not unit
                and len(stage.known) < _MOST_KNOWN
                and all(divisor.factor != other.factor for other in stage.known)
            ):
                stage.known.append(divisor)
    return stage.divisors[key]


def _degrees(stage: Stage, polynomial: fmpz_mpoly) -> list[int]:
    degrees = polynomial.degrees()
    return [int(degrees[relation.position]) for relation in stage.relations]


def _divisor(stage: Stage, factor: fmpz_mpoly) -> Divisor | None:
    inside = [r for d, r in zip(_degrees(stage, factor), stage.relations) if d]
    if not any(r.formal for r in inside) or len(factor) > _LONGEST_FACTOR:
        return None
    cofactor, norm = stage.constant(1), stage.reduce(factor)
    while (relation := stage.algebraic_in(norm)) is not None:
        if relation.degree > _HIGHEST_DEGREE or len(norm) > _LONGEST_NORM:
            return None
        conjugate = conjugate_product(stage, norm, relation)
        cofactor, norm = stage.product(cofactor, conjugate), stage.product(norm, conjugate)
        if norm.is_zero():  # on another piece of the domain the factor is zero
            return None
    content = cofactor.gcd(norm)
    return Divisor(factor, cofactor / content, norm / content)


def _quotient(stage: Stage, num: fmpz_mpoly, divisor: Divisor) -> fmpz_mpoly | None:
    """``num/factor`` if that is a polynomial."""
    if len(num) * len(divisor.cofactor) > _SURELY_QUICK and not stage.may_divide(num, divisor.cofactor, divisor.norm):
        return None
    quotient, left = divmod(stage.reduce(stage.reduce(num) * divisor.cofactor), divisor.norm)
    return stage.settle(quotient) if left.is_zero() else None


def rationalised(stage: Stage, num: fmpz_mpoly, den: fmpz_mpoly) -> tuple[fmpz_mpoly, fmpz_mpoly]:
    """``num/den`` with a reduced numerator and a denominator without algebraic generators, coprime polynomials."""
    num, den = lowest(stage.reduce(num), stage.reduce(den))
    while (relation := stage.algebraic_in(den)) is not None:
        num, den = lowest(*_times_conjugate(stage, num, den, relation))
    return num, den


def lowest(num: fmpz_mpoly, den: fmpz_mpoly) -> tuple[fmpz_mpoly, fmpz_mpoly]:
    """The fraction without the common divisor of its polynomials."""
    common = num.gcd(den)
    return (num, den) if common.is_one() else (num / common, den / common)


def _times_conjugate(
    stage: Stage, num: fmpz_mpoly, den: fmpz_mpoly, relation: Relation
) -> tuple[fmpz_mpoly, fmpz_mpoly]:
    cofactor = conjugate_product(stage, den, relation)
    return stage.product(num, cofactor), stage.product(den, cofactor)


def conjugate_product(stage: Stage, p: fmpz_mpoly, relation: Relation) -> fmpz_mpoly:
    """A polynomial whose product with ``p`` is free of the algebraic generator of ``relation``."""
    w = stage.context.gen(relation.position)
    if relation.degree == 2:
        return p - 2 * w * p.derivative(relation.position)
    return _adjugate_row(stage, p, relation)


def _adjugate_row(stage: Stage, p: fmpz_mpoly, relation: Relation) -> fmpz_mpoly:
    """The cofactor of ``p`` in ``R[w]/(w^n - u)``: solve ``p q = norm`` by Cramer's rule."""
    n, w = relation.degree, stage.context.gen(relation.position)
    u = w**n - relation.modulus
    coefficients = []
    rest = p
    for _ in range(n):
        free = rest.subs({stage.context.names()[relation.position]: 0})
        coefficients.append(free)
        rest = (rest - free) / w
    # multiplication by p: the coefficient of w^i in p * w^j
    matrix = [[coefficients[i - j] if i >= j else coefficients[i - j + n] * u for j in range(n)] for i in range(n)]
    result = stage.constant(0)
    for j in range(n):
        minor = [[row[k] for k in range(n) if k != j] for row in matrix[1:]]
        sign = -1 if j % 2 else 1
        result = result + sign * stage.reduce(_small_determinant(stage, minor)) * w**j
    return result


def _small_determinant(stage: Stage, rows: list[list[fmpz_mpoly]]) -> fmpz_mpoly:
    if len(rows) == 1:
        return rows[0][0]
    total = stage.constant(0)
    for j, entry in enumerate(rows[0]):
        if not entry.is_zero():
            minor = [[row[k] for k in range(len(rows)) if k != j] for row in rows[1:]]
            total = total + (-1) ** j * stage.product(entry, _small_determinant(stage, minor))
    return total
