"""Irreducible factors of polynomials, and of integers as far as they are cheap to find."""

from __future__ import annotations

from flint import fmpq_mpoly_ctx, fmpz, fmpz_mpoly

# Up to this size an integer is factored into primes, in a fraction of a second.
_BITS, _TRIAL_PRIMES = 128, 3000


def factored(polynomial: fmpz_mpoly) -> tuple[int, list[tuple[fmpz_mpoly, int]]]:
    """The content and the irreducible factors with their multiplicities.

    >>> from flint import Ordering, fmpz_mpoly_ctx
    >>> ring = fmpz_mpoly_ctx.get(("x", "y"), Ordering.lex)
    >>> x, y = ring.gens()
    >>> factored(6 * (x + y) ** 2 * (x + 10**30) * (x + 10**31))  # doctest: +NORMALIZE_WHITESPACE
    (6, [(x + 1000000000000000000000000000000, 1), (x + 10000000000000000000000000000000, 1), (x + y, 2)])
    """
    try:
        content, factors = polynomial.factor()
    except OverflowError:  # the library orders the factors by coefficients as machine integers, rational ones exactly
        return _factor_over_the_rationals(polynomial)
    return int(content), [(part, int(multiplicity)) for part, multiplicity in factors]


def _factor_over_the_rationals(polynomial: fmpz_mpoly) -> tuple[int, list[tuple[fmpz_mpoly, int]]]:
    integral = polynomial.context()
    rational = fmpq_mpoly_ctx.get(integral.names(), integral.ordering())
    _, parts = rational.from_dict(polynomial.to_dict()).factor()
    rest, factors = polynomial, []
    for part, multiplicity in parts:
        common = fmpz(1)
        for coefficient in part.coeffs():
            common = common.lcm(coefficient.denominator)
        _, factor = integral.from_dict({m: int(c * common) for m, c in part.terms()}).primitive()
        factors.append((factor, int(multiplicity)))
        rest = rest / factor ** int(multiplicity)
    return int(rest.leading_coefficient()), factors


def factored_integer(number: int, known: list[int]) -> list[tuple[int, int]]:
    """Pairwise coprime factors, no perfect powers, with their exponents: primes unless the number is large.

    What is left of a large number stays composite. ``known`` holds such composites, pairwise coprime; it is
    refined whenever a new one shares a factor, so that all are told apart by the same parts.

    >>> factored_integer(360, [])
    [(2, 3), (3, 2), (5, 1)]
    >>> p, q, r = 2**127 - 1, 2**107 - 1, 2**89 - 1
    >>> composites = []
    >>> factored_integer(12 * p * q, composites) == [(2, 2), (3, 1), (p * q, 1)]
    True
    >>> all(len(factored_integer(n, composites)) == 2 for n in (p * r, p * q, q * r))
    True
    """
    found: list[tuple[int, int]] = []
    for factor, power_of_factor in fmpz(abs(number)).factor(trial_limit=_TRIAL_PRIMES):
        part, multiplicity = int(factor), int(power_of_factor)
        if part.bit_length() <= _BITS:
            found += [(int(p), int(m) * multiplicity) for p, m in fmpz(part).factor()]
        else:
            _refine(known, part)
            for base in known:
                power = 0
                while part % base == 0:
                    part, power = part // base, power + 1
                if power:
                    found.append((base, power * multiplicity))
    return found


def _refine(known: list[int], number: int) -> None:
    """Make ``known`` a list of pairwise coprime numbers of which ``number`` is a product as well."""
    pending = [_without_power(number)]
    while pending:
        new = pending.pop()
        if new == 1:
            continue
        for base in known:
            common = int(fmpz(base).gcd(new))
            if common != 1:
                if common == base == new:
                    break
                known.remove(base)
                pending += [common, base // common, new // common]
                break
        else:
            known.append(_without_power(new))


def _without_power(number: int) -> int:
    """The number of which this one is the highest perfect power."""
    value = fmpz(number)
    for exponent in range(value.bit_length(), 1, -1) if value.is_perfect_power() else ():
        if (base := value.root(exponent)) ** exponent == value:
            return int(base)
    return number
