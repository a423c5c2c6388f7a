"""Differential fields that grow on demand: ``K(expression)`` opens the generators it needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import sympy as sp
from flint import fmpz_mpoly

from .conjugates import cancelled, lowest, rationalised, without_constants
from .elements import Element
from .errors import InputError, UnsupportedFunction
from .generators.base import Generator, Variable
from .reading import read
from .rules import conversion_of
from .sampling import Samples
from .stages import Relation, Stage


class DifferentialField:
    """The differential field of a set of coordinates.

    Every other symbol is a constant.  ``K(expr)`` brings a SymPy expression into the field and
    opens generators for the functions in it; dependent ones (``exp(x)`` and ``exp(2*x)``, ``sinh``
    and ``exp``, ``sqrt(2)*sqrt(3)`` and ``sqrt(6)``) share generators, so that equal elements have
    equal representations.

    Symbols without assumptions stand for real numbers.

    Parameters
    ----------
    coordinates
        The symbols to differentiate by.
    apart
        Symbols that no exponential or angle shares with others: ``exp(a + x)`` is taken as
        ``exp(a)*exp(x)`` when x is one of them.  So an element is a combination of functions of these
        symbols with coefficients that are free of them wherever it can be.
    pieces
        Whether ``Piecewise`` and ``Heaviside`` are read, as functions on the pieces of the domain: right
        everywhere but where two pieces meet.

    Raises ``ValueError`` if the coordinates are no symbols or repeat.

    >>> import sympy as sp
    >>> x = sp.Symbol("x", real=True)
    >>> K = DifferentialField((x,))
    >>> (K(sp.cosh(x)) ** 2 - K(sp.sinh(x)) ** 2).as_expr()
    1
    >>> K(sp.tan(x)).diff(x) == 1 + K(sp.tan(x)) ** 2
    True
    """

    def __init__(self, coordinates: Iterable[sp.Symbol] = (), apart: Iterable[sp.Symbol] = (), pieces: bool = False):
        self.coordinates: tuple[sp.Symbol, ...] = tuple(coordinates)
        for symbol in self.coordinates:
            if not isinstance(symbol, sp.Symbol):
                raise InputError(f"coordinates must be SymPy symbols; {symbol!r} is none")
        if len(set(self.coordinates)) != len(self.coordinates):
            raise InputError(f"repeated coordinates: {self.coordinates}")
        self.apart = frozenset(apart)
        self.pieces = pieces
        self._apart: dict[int, bool] = {}
        self.generators: list[Generator] = []
        self.stages: list[Stage] = [Stage.of(0, ())]
        self.has_powers = False
        self.families: dict[type, object] = {}
        self.samples = Samples(self)
        self._dropped: set[int] = set()
        self._expressions: dict[int, sp.Expr] = {}
        self._converted: dict[sp.Expr, Element] = {}
        self._variables: dict[sp.Expr, Element] = {}
        self._derivatives: dict[tuple[int, sp.Symbol], Element] = {}
        for symbol in self.coordinates:
            self.variable(symbol)

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy starts anew: its generators are opened by the elements that come along (see `Element.__reduce__`)."""
        return DifferentialField, (self.coordinates, self.apart, self.pieces)

    # -- growth ---------------------------------------------------------------------------------

    @property
    def stage(self) -> Stage:
        """The youngest polynomial ring."""
        return self.stages[-1]

    def open(self, generator: Generator, degree: int = 0, radicand: Element | None = None) -> Element:
        """Append a generator; with ``degree`` and a polynomial ``radicand`` one with a relation."""
        number, old = len(self.generators), self.stage
        order = (number, *old.order) if degree else (*old.order, number)
        new = Stage.of(old.number + 1, order)
        if degree:
            assert radicand is not None and radicand.den.is_one()
            power = self.lift(radicand).num.project_to_context(new.context)
            constant = radicand != 1 and self.is_number(radicand)
            formal = generator.formal and not constant
            new.relations.append(Relation(number, 0, degree, new.generator(number) ** degree - power, formal, constant))
        for relation in old.relations:
            modulus = relation.modulus.project_to_context(new.context)
            position = new.position[relation.generator]
            new.relations.append(replace(relation, position=position, modulus=modulus))
        generator.number = number
        self.generators.append(generator)
        self.stages.append(new)
        return Element(self, new.generator(number), new.constant(1), new)

    def refine(self, images: dict[int, Element], drop: int | None = None) -> None:
        """Give generators a finer meaning: ``images`` holds the old ones in terms of the new ones.

        The images are made with the present generators, which then change their meaning: the caller
        says so to the generators and calls ``restore_tower`` afterwards.  With
        ``drop`` an algebraic generator gives way to its image and is used no more.
        """
        old = self.stage
        new = Stage.of(old.number + 1, old.order)
        substitution = [new.generator(k) for k in old.order]
        for number, image in images.items():
            image = self.canonical(self.lift(image, old))
            substitution[old.position[number]] = image.num
            if not image.den.is_one():
                new.denominators[old.position[number]] = image.den
        new.substitution = tuple(substitution)
        for relation in old.relations:
            if relation.generator == drop:
                continue
            modulus = relation.modulus
            if relation.generator not in images:
                w = new.context.gen(relation.position)
                power = w**relation.degree
                radicand, below = new.substitute(power - modulus)
                if not below.is_constant():
                    raise UnsupportedFunction("a nested root became reducible when an exponential or angle was refined")
                modulus = power - radicand
            new.relations.append(replace(relation, modulus=modulus))
        self.stages.append(new)
        if drop is not None:
            self.drop(drop)
        for key in [key for key in self._derivatives if key[0] in images]:
            del self._derivatives[key]
        self._expressions.clear()
        self.samples.forget()

    def drop(self, number: int) -> None:
        """Use an algebraic generator no more; a refinement by its image follows."""
        self._dropped.add(number)

    def is_dropped(self, number: int) -> bool:
        """Whether an algebraic generator has given way to other generators."""
        return number in self._dropped

    def lift(self, element: Element, stage: Stage | None = None) -> Element:
        """The element over a younger ring (the youngest by default); it is brought there for good."""
        stage = stage or self.stage
        if element.stage.number >= stage.number:
            return element
        current, num, den = element.stage, element.num, element.den
        for step in self.stages[current.number + 1 : stage.number + 1]:
            if step.substitution is None:
                continue
            before = self.stages[step.number - 1]
            if current is not before:
                num, den = num.project_to_context(before.context), den.project_to_context(before.context)
            (num, below), (den, above) = step.substitute(num), step.substitute(den)
            # no more than reduced, as the radicand of a root must not be written by that root
            num, den = lowest(step.product(num, above), step.product(den, below))
            current = step
            if den.leading_coefficient() < 0:
                num, den = -num, -den
        if current is not stage:
            num, den = num.project_to_context(stage.context), den.project_to_context(stage.context)
        element.num, element.den, element.stage = num, den, stage
        return element

    # -- making elements ------------------------------------------------------------------------

    def element(self, num: fmpz_mpoly, den: fmpz_mpoly, stage: Stage) -> Element:
        """The element ``num/den`` in lowest terms; the denominator is no divisor of zero."""
        return self.settled(num, den, stage, coprime=False)

    def settled(self, num: fmpz_mpoly, den: fmpz_mpoly, stage: Stage, coprime: bool = True) -> Element:
        """The element ``num/den``, brought to lowest terms where the relations change it or it is not yet in them."""
        if self.has_powers:
            num, coprime = self._merged(num, stage), False
        if stage.relations:
            settled = stage.settle(num)
            num, coprime = settled, coprime and settled is num
            if stage.algebraic_in(den) is not None:
                upper, lower = without_constants(stage, num, stage.reduce(den, formal=False))
                num, den, coprime = upper, lower, coprime and upper is num and lower is den
                if not den.is_constant() and not num.is_zero():
                    if not coprime:
                        num, den = lowest(num, den)
                    upper, lower = cancelled(stage, num, den)  # what is left may have a common divisor again
                    num, den, coprime = upper, lower, upper is num
        if num.is_zero():
            return Element(self, num, stage.constant(1), stage)
        if not coprime:
            num, den = lowest(num, den)
        if den.leading_coefficient() < 0:
            num, den = -num, -den
        return Element(self, num, den, stage)

    def _merged(self, polynomial: fmpz_mpoly, stage: Stage) -> fmpz_mpoly:
        """An equal polynomial that is zero only if its terms are, as far as powers of one base are concerned."""
        groups: list[tuple[Element, list[tuple[int, Fraction]]]] = []
        for generator in self.generators:
            place = stage.position.get(generator.number)
            power = generator.as_power()
            if power is None or place is None or self.is_dropped(generator.number):
                continue
            known = self.lift(power[0])
            for base, members in groups:
                if base.num == known.num and base.den == known.den:
                    members.append((place, power[1]))
                    break
            else:
                groups.append((known, [(place, power[1])]))
        for base, members in groups:
            base = self.lift(base)
            if base.stage is stage and base.den.is_one():
                polynomial = stage.merge(polynomial, base.num, members)
        return polynomial

    def unfolded(self, a: Element) -> Element:
        """The same element with reduced polynomials: by the radicands of roots, not by the powers of the roots."""
        stage = self.lift(a).stage
        return Element(self, *lowest(stage.reduce(a.num), stage.reduce(a.den)), stage) if stage.relations else a

    def canonical(self, a: Element) -> Element:
        """The same element with a reduced numerator and a denominator that is free of algebraic generators.

        That representation is unique.  The denominator is multiplied by its conjugates, which may be long and vanish
        where the element has no pole: so arithmetic does without.
        """
        a = self.lift(a)
        stage = a.stage
        if not stage.relations:
            return a
        num, den = rationalised(stage, a.num, a.den)
        if num.is_zero():
            den = stage.constant(1)
        elif den.leading_coefficient() < 0:
            num, den = -num, -den
        return Element(self, num, den, stage)

    def is_number(self, a: Element) -> bool:
        """Whether an element holds no other generators than roots of numbers."""
        stage = self.lift(a).stage
        constants = {relation.generator for relation in stage.relations if relation.constant}
        return constants.issuperset(stage.generators_in(a.num, a.den))

    def integer(self, value: int) -> Element:
        return Element(self, self.stage.constant(value), self.stage.constant(1), self.stage)

    @property
    def zero(self) -> Element:
        return self.integer(0)

    @property
    def one(self) -> Element:
        return self.integer(1)

    def variable(self, symbol: sp.Expr) -> Element:
        """The generator of a coordinate, a constant symbol or an opaque number."""
        if symbol not in self._variables:
            self._variables[symbol] = self.open(Variable(symbol))
        return self._variables[symbol]

    def generator_expression(self, number: int) -> sp.Expr:
        """A generator in SymPy, cached."""
        if number not in self._expressions:
            self._expressions[number] = self.generators[number].expression()
        return self._expressions[number]

    def is_apart(self, number: int) -> bool:
        """Whether a generator holds a symbol that is to be kept apart."""
        if number not in self._apart:
            self._apart[number] = bool(self.generator_expression(number).free_symbols & self.apart)
        return self._apart[number]

    def split(self, a: Element) -> tuple[Element, Element]:
        """``a = b + c`` where b holds the symbols to be kept apart and c does not, as far as the terms show it."""
        a = self.lift(a)
        if not self.apart or any(map(self.is_apart, a.stage.generators_in(a.den))):
            return a, self.zero
        apart = [self.is_apart(k) for k in a.stage.order]
        terms = {m: c for m, c in a.num.terms() if any(e and flag for e, flag in zip(m, apart))}
        first = self.element(a.stage.context.from_dict(terms), a.den, a.stage)
        return first, a - first

    def generator_element(self, number: int) -> Element:
        stage = self.stage
        return Element(self, stage.generator(number), stage.constant(1), stage)

    def __call__(self, expression: sp.Expr | int | Element) -> Element:
        """Bring an expression into the field.

        Raises :class:`UnsupportedFunction` for functions without a derivative rule and
        ``ValueError`` for what is no finite number.
        """
        if type(expression) is Element:
            if expression.field is self:
                return expression
            expression = expression.as_expr()
        if type(expression) is int:
            return self.integer(expression)
        if isinstance(expression, str):
            raise InputError(f"a field takes SymPy expressions, not strings such as {expression!r}; parse it first")
        expression = read(expression)
        found = self._converted.get(expression)
        if found is None:
            found = self._converted[expression] = self._convert(expression)
        return found

    def _convert(self, expression: sp.Expr) -> Element:
        rule = conversion_of(type(expression))
        if rule is None:
            raise UnsupportedFunction(
                f"no rule brings {type(expression).__name__} into a differential field (in {expression}); "
                "declare one with register_rule"
            )
        return rule(self, expression)

    # -- derivation -----------------------------------------------------------------------------

    def derivation(self, symbol: sp.Symbol) -> Derivation:
        if symbol not in self.coordinates:
            raise InputError(f"{symbol} is not a coordinate of this field, whose coordinates are {self.coordinates}")
        return Derivation(self, symbol)

    def generator_derivative(self, number: int, symbol: sp.Symbol) -> Element:
        """The derivative of a generator, cached."""
        key = (number, symbol)
        if key not in self._derivatives:
            self._derivatives[key] = self.generators[number].derivative(self, symbol)
        return self._derivatives[key]

    def __repr__(self) -> str:
        names = ", ".join(str(g.expression()) for g in self.generators)
        return f"DifferentialField(({', '.join(map(str, self.coordinates))}), generators: {names})"


class Derivation:
    """The derivation by one coordinate."""

    def __init__(self, field: DifferentialField, symbol: sp.Symbol):
        self.field, self.symbol = field, symbol

    def __call__(self, a: Element) -> Element:
        """(N/D)' = (N' (D/g) - N (D'/g)) / (D (D/g)) with g = gcd(D, D')."""
        field = self.field
        if a.num.is_constant() and a.den.is_constant():
            return field.zero
        stage = None
        rates: dict[int, Element] = {}
        while field.lift(a).stage is not stage:  # opening a derivative may have refined generators
            stage = a.stage
            missing = set(stage.generators_in(a.num, a.den)) - set(rates)
            rates.update({k: field.generator_derivative(k, self.symbol) for k in missing})
        rates = {k: rate for k, rate in rates.items() if rate}
        if not rates:
            return field.zero
        stage = field.stage
        rates = {k: field.lift(rate, stage) for k, rate in rates.items()}
        common = stage.constant(1)
        for rate in rates.values():
            common = common * (rate.den / common.gcd(rate.den))
        weights = {stage.position[k]: rate.num * (common / rate.den) for k, rate in rates.items()}
        upper = self._of_polynomial(a.num, weights, stage)
        if a.den.is_constant():
            return field.element(upper, a.den * common, stage)
        lower = self._of_polynomial(a.den, weights, stage)
        if lower.is_zero():
            return field.element(upper, a.den * common, stage)
        shared = a.den.gcd(lower)
        rest, lower = a.den / shared, lower / shared
        num = upper * rest - a.num * lower
        return field.element(num, a.den * rest * common, stage)

    def _of_polynomial(self, p: fmpz_mpoly, weights: dict[int, fmpz_mpoly], stage: Stage) -> fmpz_mpoly:
        total = stage.constant(0)
        for position, weight in weights.items():
            partial = p.derivative(position)
            if not partial.is_zero():
                total = total + partial * weight
        return stage.settle(total) if stage.relations else total


def canonical(expression: sp.Expr, coordinates: Sequence[sp.Symbol] = ()) -> sp.Expr:
    """The canonical form of an expression, written as a person would.

    >>> import sympy as sp
    >>> x = sp.Symbol("x", real=True)
    >>> canonical((x**2 - 1) / (x + 1) - x)
    -1
    >>> canonical(sp.sinh(x) / sp.exp(x) - (1 - sp.exp(-2 * x)) / 2)
    0
    """
    return DifferentialField(coordinates)(expression).as_expr()
