"""From the field to SymPy: elements written as a person would.

An element is written in several ways and the shortest is taken: as one fraction with factored
numerator and denominator, or as a sum over the powers of its roots; with roots of its own radicands or
of the expressions that were given.  Exponentials are written by the functions they were spelled with:
``logistic`` and ``tanh`` are put back by the inverse rational substitution, ``cosh`` and ``sinh`` where a
factor is symmetric under ``E -> 1/E``, ``exp(-x)`` where only that was given.  Every form is equal to the
element, identically.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cmp_to_key, lru_cache
from typing import Any

import sympy as sp
from flint import fmpz_mpoly

from .denominators import by_free_roots, by_radicands
from .elements import Element
from .exponents import exponential_expression
from .factoring import factored
from .generators.exponential import Exponential
from .generators.logarithm import Logarithm
from .generators.roots import Root
from .generators.signs import Branch
from .generators.trigonometric import Sine
from .hyperbolic import symmetric_form
from .positivity import MOST_SIGNS, essential_signs, on_piece, pieces, sign_generators
from .rules import writes
from .sines import by_sines
from .spelling import Hyperbolic, Spelling, spelling_of

_SMALL, _LARGE = 250, 4000
_MANY_TERMS = 40  # from which on a polynomial is put together without SymPy's rules for products

Exponents = dict[int, sp.Rational]


@writes
def write(a: Element, by_name: bool = True) -> sp.Expr:
    """The element as a SymPy expression: the shortest of its forms.

    Without ``by_name`` exponentials are not written by ``logistic`` and ``tanh``.
    """
    if a.is_rational:
        return a.rational()
    a = a.field.lift(a)
    if a.field.pieces and (form := _by_pieces(a)) is not None:
        return form
    return _shortest(a, by_name)


def _shortest(a: Element, by_name: bool = True) -> sp.Expr:
    size = len(a.num) + len(a.den)
    if size > _LARGE:
        return _Writer(a, by_name=False).expanded_fraction()
    forms = _forms(a, size, by_name, {})
    if size <= _SMALL:
        by_given, names = _by_given_logarithms(a)
        if names:
            forms += _forms(by_given, size, by_name, names)
    return min(forms, key=_length)


def _by_pieces(a: Element) -> sp.Expr | None:
    """A ``Piecewise`` over the signs of an element, where one fraction for all pieces says less.

    That is so where a part is no number on some piece that has no use for it, as in (1 + sign(x)) log(x), and where
    the denominator, which is common to all pieces, has zeros that the element has not on some of them: 1/(1 + |x|)
    is (1 - |x|)/(1 - x²).  Where the element may jump the pieces leave out where they meet.
    """
    field, stage, numbers = a.field, a.stage, sign_generators(a)
    if not 0 < len(numbers) <= MOST_SIGNS:
        return None
    unproven = {k for k in stage.generators_in(a.num, a.den) if not field.generators[k].is_real(field)}
    parts = list(pieces(a))
    if all(
        unproven <= set(value.stage.generators_in(value.num, value.den))
        and value.den.total_degree() == a.den.total_degree()
        for _, value in parts
    ):
        return None
    values: dict[sp.Expr, list[sp.Basic]] = {}
    for signs, value in parts:
        conditions = []
        for k, sign in essential_signs(field, signs).items():
            u = getattr(field.generators[k], "argument", None)
            if u is None:
                return None
            half = field.element(a.num.derivative(stage.position[k]), a.den, stage)  # of the jump at u = 0
            half = on_piece(half, {other: value for other, value in signs.items() if other != k})
            closed = divmod(half.num, field.lift(u).num)[1].is_zero()
            written = u.as_expr()
            conditions.append((written >= 0 if closed else written > 0) if sign > 0 else written < 0)
        values.setdefault(_on_piece(value, signs), []).append(sp.And(*conditions))
    return sp.Piecewise(*((value, sp.Or(*conditions)) for value, conditions in values.items()))


def _on_piece(a: Element, signs: dict[int, int]) -> sp.Expr:
    """The element where signs have the given values, in its roots as well."""
    form = a.rational() if a.is_rational else _shortest(a.field.lift(a))
    known = {a.field.generator_expression(k): value for k, value in signs.items()}
    return a.field(form.xreplace(known)).as_expr() if form.has(*known) else form


def _forms(a: Element, size: int, by_name: bool, names: dict[int, sp.Expr]) -> list[sp.Expr]:
    by_name = by_name and not any(isinstance(g, Root) and _holds_exponential(g.argument) for g in _generators(a))
    candidates = [_Writer(a, by_name, names=names).fraction(a.num, a.den)]
    if size <= _SMALL:
        if any(isinstance(g, Root) and g.given is not None for g in _generators(a)):
            candidates.append(_Writer(a, by_name, True, names).fraction(a.num, a.den))
        if a.stage.algebraic_in(a.num) is not None and not a.den.is_constant():
            candidates += [_Writer(a, by_name, given, names).sum_over_roots() for given in (False, True)]
        others = [*by_sines(a), *by_free_roots(a), *by_radicands(a)]
        candidates += [_Writer(b, by_name, names=names).fraction(b.num, b.den) for b in others]
    return candidates


def _by_given_logarithms(a: Element) -> tuple[Element, dict[int, sp.Expr]]:
    """Put ``log(given) - rest`` for each logarithm that stands for a given one: log(E^2 + 1) = log(cosh x) + x
    + log 2.
    """
    field, replaced = a.field, a
    names: dict[int, sp.Expr] = {}
    for generator in list(_generators(a)):
        if isinstance(generator, Logarithm) and generator.given is not None:
            expression, rest = generator.given
            own = field.generator_element(generator.number)
            replaced = _shifted(replaced, generator.number, own - rest)
            names[generator.number] = expression
    return replaced, names


def _shifted(a: Element, number: int, image: Element) -> Element:
    """The element with a generator replaced by another element, by Horner's rule."""
    field, stage = a.field, a.field.lift(a).stage
    position = stage.position[number]

    def horner(p: fmpz_mpoly) -> Element:
        parts: list[dict] = [{} for _ in range(int(p.degrees()[position]) + 1)]
        for monomial, coefficient in p.terms():
            parts[int(monomial[position])][monomial[:position] + (0,) + monomial[position + 1 :]] = coefficient
        total = field.zero
        for part in reversed(parts):
            total = total * image + Element(field, stage.context.from_dict(part), stage.constant(1), stage)
        return total

    return horner(a.num) / horner(a.den)


def _generators(a: Element) -> Iterator[Any]:
    return (a.field.generators[k] for k in a.stage.generators_in(a.num, a.den))


def _holds_exponential(a: Element) -> bool:
    return any(
        isinstance(g, Exponential) or isinstance(g, Root) and _holds_exponential(g.argument) for g in _generators(a)
    )


@lru_cache(maxsize=1 << 14)
def _length(expression: sp.Basic) -> int:
    """How many nodes; what occurs in several forms is counted once."""
    return 1 + sum(map(_length, expression.args))


class _Writer:
    """One way of writing the elements of a stage."""

    def __init__(self, a: Element, by_name: bool, given_roots: bool = False, names: dict[int, sp.Expr] | None = None):
        self.element, self.field, self.stage, self.given_roots = a, a.field, a.stage, given_roots
        self.spellings: dict[int, Spelling] = {}
        self.names: dict[int, sp.Expr] = {}
        self.products: dict[tuple[tuple[int, sp.Rational], ...], sp.Expr] = {}
        for number in a.stage.generators_in(a.num, a.den):
            position, generator = a.stage.position[number], a.field.generators[number]
            if isinstance(generator, Exponential):
                spelling = spelling_of(a.field, generator, by_name)
                self.spellings[position] = spelling
                if spelling.name is not None:
                    self.names[position] = spelling.name
                    continue
            self.names[position] = (names or {}).get(number) or a.field.generator_expression(number)

    # -- whole elements -------------------------------------------------------------------------

    def expanded_fraction(self) -> sp.Expr:
        """Numerator and denominator as they are, for very large elements."""
        return self.polynomial(self.element.num) / self.polynomial(self.element.den)

    def sum_over_roots(self) -> sp.Expr:
        """One fraction for each power product of algebraic generators in the numerator."""
        positions = [r.position for r in self.stage.relations]
        parts: dict[tuple[int, ...], dict[tuple[int, ...], Any]] = {}
        for monomial, coefficient in self.element.num.terms():
            parts.setdefault(tuple(int(monomial[p]) for p in positions), {})[monomial] = coefficient
        terms = []
        for part in parts.values():
            num, den = self.stage.context.from_dict(part), self.element.den
            common = num.gcd(den)
            terms.append(self.fraction(num / common, den / common))
        return sp.Add(*terms)

    def fraction(self, num: fmpz_mpoly, den: fmpz_mpoly) -> sp.Expr:
        """``num/den`` with factored numerator and denominator."""
        for position, spelling in self.spellings.items():
            if spelling.substitution is not None:
                num, den = spelling.substitute(num, den, position)
        constant, exponents, factors = self._factor(num, den)
        constant = constant * self._roots_from_radicands(exponents, factors)
        factors = self._merge(factors)
        written = []
        for factor, multiplicity in factors:
            expression, unit = self.factor(factor)
            for position, exponent in unit.items():
                exponents[position] = exponents.get(position, sp.S.Zero) + exponent * multiplicity
            content, expression = expression.primitive()
            constant = constant * content**multiplicity
            written.append((expression, multiplicity))
        names = dict(self.names)
        if self.given_roots:
            constant = constant * self._given_roots(exponents)
        constant, written = _balance_signs(constant, _hyperbolic_tangents(written))
        upper = [e**m for e, m in written]
        whole = sp.Mul(constant, self.monomial(exponents), *upper)
        self.names = names  # a given root stands for the generator in a monomial only, where its ratio is put as well
        return whole

    def _factor(self, num: fmpz_mpoly, den: fmpz_mpoly) -> tuple[sp.Rational, Exponents, list[tuple[fmpz_mpoly, int]]]:
        """A rational constant, the exponents of single generators, and the other factors."""
        constant: sp.Rational = sp.S.One
        exponents: Exponents = {}
        factors: list[tuple[fmpz_mpoly, int]] = []
        for polynomial, direction in ((num, 1), (den, -1)):
            content, found = factored(polynomial)
            constant = constant * sp.Integer(int(content)) ** direction
            for factor, multiplicity in found:
                power = direction * int(multiplicity)
                if len(factor) == 1:
                    position = list(factor.monoms()[0]).index(1)
                    exponents[position] = exponents.get(position, sp.S.Zero) + power
                else:
                    factors.append((factor, power))
        return constant, exponents, factors

    def _roots_from_radicands(self, exponents: Exponents, factors: list[tuple[fmpz_mpoly, int]]) -> sp.Rational:
        """Write powers of ``1 - c**2`` by the sine, and radicands by their roots."""
        constant: sp.Rational = sp.S.One
        for relation in self.stage.relations:
            generator = self.field.generators[relation.generator]
            if relation.degree != 2 or relation.position not in self.names and not isinstance(generator, Sine):
                continue
            w = self.stage.context.gen(relation.position)
            content, parts = factored(w**2 - relation.modulus)
            present = dict.fromkeys(range(len(factors)))
            places = []
            for part, multiplicity in parts:
                place = next((i for i in present if factors[i][0] == part), None)
                places.append((place, int(multiplicity)))
            if not places or any(place is None for place, _ in places):
                continue
            powers = [factors[place][1] / sp.Integer(m) for place, m in places]  # type: ignore[index]
            if not (all(p > 0 for p in powers) or all(p < 0 for p in powers)):
                continue
            k = int(sp.sign(powers[0])) * min(int(abs(p)) for p in powers)
            if not k:
                continue
            for place, m in places:
                factor, power = factors[place]  # type: ignore[index]
                factors[place] = (factor, power - k * m)  # type: ignore[index]
            constant = constant / sp.Integer(int(content)) ** k
            exponents[relation.position] = exponents.get(relation.position, sp.S.Zero) + 2 * k
            if relation.position not in self.names:
                self.names[relation.position] = self.field.generator_expression(relation.generator)
        factors[:] = [(factor, power) for factor, power in factors if power]
        return constant

    def _given_roots(self, exponents: Exponents) -> sp.Rational:
        """Replace roots by those that were given, ``w = constant * monomial * sqrt(given)``."""
        constant: sp.Rational = sp.S.One
        for position in list(exponents):
            generator = self.field.generators[self.stage.order[position]]
            if not isinstance(generator, Root) or generator.given is None or not exponents[position]:
                continue
            expression, ratio = generator.given
            if any(isinstance(g, Branch) for g in _generators(ratio)):
                continue  # which is written by a root in turn
            ratio = self.field.lift(ratio, self.stage)
            power = exponents[position]
            if ratio.stage is not self.stage or len(ratio.num) != 1 or len(ratio.den) != 1 or not power.is_Integer:
                continue
            for polynomial, direction in ((ratio.num, 1), (ratio.den, -1)):
                ((monomial, coefficient),) = polynomial.terms()
                constant = constant * sp.Integer(int(coefficient)) ** (direction * power)
                for place, exponent in enumerate(monomial):
                    if exponent:
                        exponents[place] = exponents.get(place, sp.S.Zero) + direction * int(exponent) * power
                        if place not in self.names:
                            self.names[place] = self.field.generator_expression(self.stage.order[place])
            self.names[position] = expression
        return constant

    def _merge(self, factors: list[tuple[fmpz_mpoly, int]]) -> list[tuple[fmpz_mpoly, int]]:
        """Multiply out pairs of factors where that is shorter, or makes them symmetric: (a - b)(a + b) = a^2 - b^2."""
        merged: list[tuple[fmpz_mpoly, int]] = []
        for factor, multiplicity in factors:
            for i, (other, power) in enumerate(merged):
                if power == multiplicity and len(factor) * len(other) <= 36:
                    product, apart = factor * other, self._length(factor) + self._length(other)
                    if len(product) < len(factor) + len(other) or self._length(product) <= apart:
                        merged[i] = (product, power)
                        break
            else:
                merged.append((factor, multiplicity))
        for i, (factor, multiplicity) in enumerate(merged):
            for position, spelling in self.spellings.items():
                if multiplicity % 2 == 0 and spelling.hyperbolic is not None and factor.degrees()[position] == 1:
                    if symmetric_form(factor**2, position, spelling.hyperbolic, self.polynomial) is not None:
                        merged[i] = (factor**2, multiplicity // 2)
        return merged

    def _length(self, p: fmpz_mpoly) -> int:
        return _length(self.factor(p)[0])

    # -- parts ----------------------------------------------------------------------------------

    def factor(self, f: fmpz_mpoly) -> tuple[sp.Expr, Exponents]:
        """A factor as an expression times a monomial in exponentials, given by its exponents."""
        unit: Exponents = {}
        for position, spelling in self.spellings.items():
            degree = int(f.degrees()[position])
            if spelling.inverted and degree:
                unit[position] = sp.Integer(degree)
        symmetric = [
            (position, spelling.hyperbolic)
            for position, spelling in self.spellings.items()
            if spelling.hyperbolic is not None
            and f.degrees()[position] > 0
            and symmetric_form(f, position, spelling.hyperbolic, lambda c: sp.S.One) is not None
        ]
        if symmetric:
            for position, _ in symmetric:
                unit.pop(position, None)
            return self._symmetric(f, symmetric, unit)
        expression = self.polynomial(f, unit)
        other = self._by_sines(f)
        if other is not None and not unit:
            candidate = self.polynomial(other)
            if _length(candidate) < _length(expression):
                expression = candidate
        return expression, unit

    def _symmetric(
        self, f: fmpz_mpoly, places: list[tuple[int, Hyperbolic]], unit: Exponents
    ) -> tuple[sp.Expr, Exponents]:
        """A factor that is symmetric in several exponentials; its coefficients are so in the others, about the same
        centres.
        """
        if not places:
            return self.polynomial(f, unit), unit
        (position, spelling), *others = places
        units: Exponents = unit

        def write(coefficient: fmpz_mpoly) -> sp.Expr:
            nonlocal units
            expression, units = self._symmetric(coefficient, others, unit)
            return expression

        form = symmetric_form(f, position, spelling, write)
        assert form is not None
        return form[0], {**units, position: form[1]}

    def _by_sines(self, f: fmpz_mpoly) -> fmpz_mpoly | None:
        """The factor with ``cos**2 = 1 - sin**2`` where only even powers of cosines occur."""
        result, stage = f, self.stage
        for relation in stage.relations:
            sine = self.field.generators[relation.generator]
            if not isinstance(sine, Sine):
                continue
            cosine = stage.position[sine.cosine.number]
            degrees = result.degrees()
            if not degrees[cosine] or degrees[relation.position] or any(m[cosine] % 2 for m in result.monoms()):
                continue
            s2 = stage.constant(1) - stage.context.gen(relation.position) ** 2
            total = stage.constant(0)
            for k in range(0, int(degrees[cosine]) + 1, 2):
                part = {m[:cosine] + (0,) + m[cosine + 1 :]: c for m, c in result.terms() if m[cosine] == k}
                total = total + stage.context.from_dict(part) * s2 ** (k // 2)
            result = total
            self.names.setdefault(relation.position, self.field.generator_expression(relation.generator))
        return None if result is f else result

    def polynomial(self, p: fmpz_mpoly, unit: Exponents | None = None) -> sp.Expr:
        """A polynomial term by term, divided by the monomial with the exponents ``unit``."""
        if len(p) > _MANY_TERMS and not unit and (long := self._long_polynomial(p)) is not None:
            return long
        terms = []
        for monomial, coefficient in p.terms():
            exponents = {k: sp.Integer(int(e)) for k, e in enumerate(monomial) if e}
            for position, exponent in (unit or {}).items():
                exponents[position] = exponents.get(position, sp.S.Zero) - exponent
            terms.append(sp.Mul(sp.Integer(int(coefficient)), self.monomial(exponents)))
        return sp.Add(*terms)

    def _long_polynomial(self, p: fmpz_mpoly) -> sp.Expr | None:
        """A polynomial of many terms without SymPy's rules for products, or None where these would find something to
        do.

        Powers of distinct bases have no rules among them: they are put into SymPy's order once, and each term takes
        them from there.
        """
        degrees = p.degrees()
        used = [k for k, degree in enumerate(degrees) if degree]
        plain = []
        for k in used:
            generator = self.field.generators[self.stage.order[k]]
            if isinstance(generator, Sine) and generator.cosine.tangent_given:
                return None
            if not (isinstance(generator, Exponential) and self.spellings.get(k, _PLAIN).name is None):
                plain.append(k)
        names = [self._name(k) for k in plain]
        bases = [name.as_base_exp()[0] for name in names]
        if len(set(bases)) < len(bases) or sum(b.is_Number for b in bases) > 1:
            return None
        if not all(n.is_Symbol or n.is_Function or n.is_NumberSymbol or n.is_Pow for n in names) or sp.E in bases:
            return None
        powers = {(k, e): name**e for k, name in zip(plain, names) for e in range(1, degrees[k] + 1)}
        terms = []
        exponentials: dict[tuple[int, ...], sp.Expr] = {}
        others = [k for k in used if k not in plain]
        for monomial, coefficient in p.terms():
            raised = tuple(int(monomial[k]) for k in others)
            if any(raised) and raised not in exponentials:
                exponentials[raised] = self.monomial({k: sp.Integer(e) for k, e in zip(others, raised) if e})
            factors = [powers[k, int(monomial[k])] for k in plain if monomial[k]]
            terms.append((coefficient, [*factors, exponentials[raised]] if any(raised) else factors))
        if not all(isinstance(e, sp.exp) for e in exponentials.values()):
            return None
        if any(f.is_Number or f.is_Mul or f.is_Add for f in powers.values()):
            return None
        order = sorted({*powers.values(), *exponentials.values()}, key=cmp_to_key(sp.Basic.compare))
        rank = {factor: place for place, factor in enumerate(order)}
        found = []
        for coefficient, factors in terms:
            parts = sorted(factors, key=rank.__getitem__)
            if coefficient != 1 or not parts:
                parts.insert(0, sp.Integer(int(coefficient)))
            found.append(parts[0] if len(parts) == 1 else sp.Mul._from_args(parts, is_commutative=True))
        found.sort(key=cmp_to_key(sp.Basic.compare))  # all terms are distinct: the sum is in SymPy's order
        found.sort(key=lambda term: not term.is_Number)
        return sp.Add._from_args(found, is_commutative=True)

    def monomial(self, exponents: Exponents) -> sp.Expr:
        """A power product of generators; exponentials are collected where that is shorter."""
        powers, exponentials = [], []
        tangents = self._tangents(exponents)
        for position, exponent in exponents.items():
            if not exponent:
                continue
            generator = self.field.generators[self.stage.order[position]]
            if isinstance(generator, Exponential) and self.spellings.get(position, _PLAIN).name is None:
                exponentials.append((generator, exponent))
            else:
                powers.append(self._name(position) ** exponent)
        return sp.Mul(*powers, *tangents, self._exponentials(exponentials))

    def _name(self, position: int) -> sp.Expr:
        if position not in self.names:
            self.names[position] = self.field.generator_expression(self.stage.order[position])
        return self.names[position]

    def _exponentials(self, factors: list[tuple[Exponential, sp.Rational]]) -> sp.Expr:
        if not factors:
            return sp.S.One
        key = tuple((g.number, q) for g, q in factors)
        if key not in self.products:  # the terms of a polynomial share few products of exponentials
            self.products[key] = self._product_of_exponentials(factors)
        return self.products[key]

    def _product_of_exponentials(self, factors: list[tuple[Exponential, sp.Rational]]) -> sp.Expr:
        if len(factors) == 1:
            generator, q = factors[0]
            return exponential_expression(self.field, self.field(q) * generator.exponent)
        single = sp.Mul(*[self._exponentials([factor]) for factor in factors])
        total = self.field.zero
        for generator, q in factors:
            total = total + self.field(q) * generator.exponent
        together = exponential_expression(self.field, total)
        return together if _length(together) < _length(single) else single

    def _tangents(self, exponents: Exponents) -> list[sp.Expr]:
        """``sin**j / cos**k`` by the tangent, for angles that were given one."""
        found = []
        for position, exponent in list(exponents.items()):
            sine = self.field.generators[self.stage.order[position]]
            if not isinstance(sine, Sine) or not sine.cosine.tangent_given or not exponent:
                continue
            place = self.stage.position[sine.cosine.number]
            other = exponents.get(place, sp.S.Zero)
            if exponent * other < 0:
                k = min(abs(exponent), abs(other)) * sp.sign(exponent)
                exponents[position] -= k
                exponents[place] += k
                found.append(sp.tan(sine.cosine.angle.as_expr()) ** k)
        return found


_PLAIN = Spelling()


def _hyperbolic_tangents(factors: list[tuple[sp.Expr, int]]) -> list[tuple[sp.Expr, int]]:
    """``sinh(v)**j / cosh(v)**k`` by ``tanh(v)``."""
    powers = {expression: power for expression, power in factors}
    for expression, power in factors:
        partner = sp.cosh(*expression.args) if isinstance(expression, sp.sinh) else None
        other = powers.get(partner, 0)
        if partner is not None and power > 0 > other:
            k = min(power, -other)
            powers[expression] -= k
            powers[partner] += k
            powers[sp.tanh(*expression.args)] = k
    return [(expression, power) for expression, power in powers.items() if power]


def _balance_signs(
    constant: sp.Rational, factors: list[tuple[sp.Expr, int]]
) -> tuple[sp.Rational, list[tuple[sp.Expr, int]]]:
    """Turn factors whose terms are mostly negative, and one more to absorb a minus sign."""
    balanced: list[tuple[sp.Expr, int]] = []
    for expression, power in factors:
        if _negative_terms(expression) * 2 > len(sp.Add.make_args(expression)):
            expression = -expression
            constant = -constant if power % 2 else constant
        balanced.append((expression, power))
    if constant < 0:
        for i, (expression, power) in enumerate(balanced):
            if power % 2 and _negative_terms(expression) * 2 == len(sp.Add.make_args(expression)):
                balanced[i] = (-expression, power)
                return -constant, balanced
    return constant, balanced


def _negative_terms(expression: sp.Expr) -> int:
    terms = sp.Add.make_args(expression)
    if len(terms) > _MANY_TERMS:
        return sum(term.as_coeff_Mul(rational=True)[0].p < 0 for term in terms)
    return sum(term.could_extract_minus_sign() for term in terms)
