"""Elements of a differential field: fractions of polynomials in lowest terms.

An element is ``numerator / denominator`` with integer polynomials, coprime in the polynomial ring; the denominator is
no divisor of zero and has a positive leading coefficient.  Without roots of functions and signs this representation is
unique.  Those are kept as they came in numerator and denominator, so that a quotient stays short and has no poles that
were not there.  So

* an element is zero exactly when its numerator is (each sum is tested by the relations),
* two elements are equal exactly when ``a d - b c`` is zero by the relations,
* where a unique form is needed, as for the arguments of functions, ``DifferentialField.canonical`` makes it.

Sums follow Henrici: the greatest common divisor is taken of the denominators first, so that the
last division is by a small polynomial.  (P. Henrici, A subroutine for computations with rational
numbers, J. ACM 3, 1956.)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Union

import sympy as sp
from flint import fmpz_mpoly

from .budget import check_power, checkpoint
from .conjugates import in_factors
from .errors import InputError, ZeroDivision
from .rules import writer
from .stages import Stage

if TYPE_CHECKING:
    from .field import DifferentialField

Scalar = Union["Element", int, sp.Expr]


class Element:
    """A number of a :class:`DifferentialField`, with exact ``+ - * / **`` and ``==``.

    Integers and SymPy expressions are brought into the field when they meet an element.

    >>> import sympy as sp
    >>> from chentsov.geometry.exact import DifferentialField
    >>> x = sp.Symbol("x", real=True)
    >>> K = DifferentialField((x,))
    >>> a = K(sp.sin(x))
    >>> a**2 + K(sp.cos(x))**2 == 1, (a / a.diff(x)).as_expr()
    (True, sin(x)/cos(x))
    """

    __slots__ = ("field", "num", "den", "stage")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, field: DifferentialField, num: fmpz_mpoly, den: fmpz_mpoly, stage: Stage):
        self.field, self.num, self.den, self.stage = field, num, den, stage

    def __reduce__(self) -> tuple[Any, ...]:
        return _brought_in, (self.field, self.as_expr())

    # -- meeting other elements -----------------------------------------------------------------

    def _pair(self, other: Scalar) -> tuple[Element, Element]:
        if type(other) is not Element:
            other = self.field(other)
        elif other.field is not self.field:
            raise InputError("elements of two different fields cannot be combined; convert one with K(a.as_expr())")
        if self.stage is other.stage:
            return self, other
        if self.stage.number < other.stage.number:
            return self.field.lift(self, other.stage), other
        return self, self.field.lift(other, self.stage)

    # -- ring operations ------------------------------------------------------------------------

    def __add__(self, other: Scalar) -> Element:
        if type(other) is not Element and not isinstance(other, (int, sp.Expr)):
            return NotImplemented
        a, b = self._pair(other)
        return _sum(a, b.num, b.den)

    __radd__ = __add__

    def __neg__(self) -> Element:
        return Element(self.field, -self.num, self.den, self.stage)

    def __pos__(self) -> Element:
        return self

    def __sub__(self, other: Scalar) -> Element:
        if type(other) is not Element and not isinstance(other, (int, sp.Expr)):
            return NotImplemented
        a, b = self._pair(other)
        return _sum(a, -b.num, b.den)

    def __rsub__(self, other: Scalar) -> Element:
        return -self + other

    def __mul__(self, other: Scalar) -> Element:
        if type(other) is int:
            return _product(self, self.stage.constant(other), self.stage.constant(1))
        if type(other) is not Element and not isinstance(other, (int, sp.Expr)):
            return NotImplemented
        a, b = self._pair(other)
        return _product(a, b.num, b.den)

    __rmul__ = __mul__

    def __truediv__(self, other: Scalar) -> Element:
        if type(other) is not Element and not isinstance(other, (int, sp.Expr)):
            return NotImplemented
        a, b = self._pair(other)
        b = b.inverse()
        return _product(a, b.num, b.den)

    def __rtruediv__(self, other: Scalar) -> Element:
        return self.inverse() * other

    def __pow__(self, exponent: int) -> Element:
        if not isinstance(exponent, int):
            return NotImplemented
        if exponent < 0:
            return self.inverse() ** -exponent
        check_power(len(self.num), exponent)
        check_power(len(self.den), exponent)
        if exponent > 1:
            checkpoint(self.num, self.num)
            checkpoint(self.den, self.den)
        if self.stage.reduced_in(self.num, self.den) is None:
            return self.field.settled(self.num**exponent, self.den**exponent, self.stage)
        result, square = self.field.one, self
        while exponent:
            if exponent & 1:
                result = result * square
            exponent >>= 1
            if exponent:
                square = square * square
        return result

    def inverse(self) -> Element:
        """``1 / self``."""
        if self.is_zero:
            raise ZeroDivision("division by an element that is exactly zero")
        if self.stage.vanishes_on_a_part(self.num):
            raise ZeroDivision("division by a divisor of zero, an expression that vanishes on part of the domain")
        return self.field.settled(self.den, in_factors(self.stage, self.num), self.stage)

    # -- comparison -----------------------------------------------------------------------------

    @property
    def is_zero(self) -> bool:
        return self.num.is_zero()

    def __bool__(self) -> bool:
        return not self.num.is_zero()

    def __eq__(self, other: object) -> bool:
        if type(other) is not Element and not isinstance(other, (int, sp.Expr)):
            return NotImplemented
        a, b = self._pair(other)  # type: ignore[arg-type]
        if a.num == b.num and a.den == b.den:
            return True
        stage = a.stage
        if not a.field.has_powers and stage.algebraic_in(a.num, a.den, b.num, b.den) is None:
            return False
        return _sum(
            Element(a.field, a.num * b.den, stage.constant(1), stage), -b.num * a.den, stage.constant(1)
        ).is_zero

    @property
    def is_rational(self) -> bool:
        """Whether the element is a rational number."""
        return self._constant() is not None

    def rational(self) -> sp.Rational:
        """The element as a SymPy rational number; ``ValueError`` if it is none."""
        constant = self._constant()
        if constant is None:
            raise InputError(f"{self} is not a rational number")
        return constant

    def _constant(self) -> sp.Rational | None:
        """The rational number that the element is: guessed from the leading terms of its reduced polynomials, and
        proven.
        """
        num, den = self.num, self.den
        if not (num.is_constant() and den.is_constant()):
            if self.stage.algebraic_in(num, den) is None:
                return None
            num, den = self.stage.reduce(num), self.stage.reduce(den)
            if num.is_zero() or num.monoms()[0] != den.monoms()[0]:
                return None
        upper, lower = (0 if p.is_zero() else int(p.leading_coefficient()) for p in (num, den))
        return sp.Rational(upper, lower) if num * lower == den * upper else None

    # -- calculus and writing -------------------------------------------------------------------

    def diff(self, symbol: sp.Symbol) -> Element:
        """The derivative by a coordinate of the field."""
        return self.field.derivation(symbol)(self)

    def as_expr(self, by_name: bool = True) -> sp.Expr:
        """The element as a SymPy expression, written as a person would.

        Without ``by_name`` exponentials are not written by ``logistic`` and ``tanh``.
        """
        return writer()(self, by_name)

    def __repr__(self) -> str:
        return f"Element({self.as_expr()})"

    def __str__(self) -> str:
        return str(self.as_expr())

    def _sympy_(self) -> sp.Expr:
        return self.as_expr()


def total(field: DifferentialField, terms: Iterable[Element]) -> Element:
    """The sum of elements: over their common denominator, so that one division by a greatest common divisor is left.

    >>> import sympy as sp
    >>> from chentsov.geometry.exact import DifferentialField
    >>> x = sp.Symbol("x", real=True)
    >>> K = DifferentialField((x,))
    >>> total(K, [K(1 / (x - 1)), K(1 / (x + 1)), K(x / (x**2 - 1))]).as_expr()
    3*x/(x**2 - 1)
    """
    parts = [term for term in terms if term]
    stage = field.stage
    polynomials = [p for part in parts for p in (field.lift(part, stage).num, part.den)]
    if len(parts) < 3 or field.has_powers or stage.algebraic_in(*polynomials):  # roots keep the forms they came in
        return sum(parts[1:], parts[0]) if parts else field.zero
    over: dict[tuple[int, int], list[list[fmpz_mpoly]]] = {}  # numerators by denominator, which do not hash
    for part in parts:
        alike = over.setdefault((len(part.den), part.den.total_degree()), [])
        for group in alike:
            if group[0] == part.den:
                checkpoint(group[1], part.num)
                group[1] = group[1] + part.num
                break
        else:
            alike.append([part.den, part.num])
    groups = [group for alike in over.values() for group in alike]
    common = groups[0][0]
    for den, _ in groups[1:]:
        checkpoint(common, den)
        common = common * (den / common.gcd(den))
    num = stage.constant(0)
    for den, top in groups:
        checkpoint(top, common)
        num = num + top * (common / den)
    return field.settled(num, common, stage, coprime=False)


def _brought_in(field: DifferentialField, expression: sp.Expr) -> Element:
    """An element out of a pickle: its expression, read into the field's copy."""
    return field(expression)


def _sum(a: Element, num: fmpz_mpoly, den: fmpz_mpoly) -> Element:
    """``a + num/den`` for two fractions of one stage in lowest terms."""
    checkpoint(a.num, num)
    if a.num.is_zero():
        return Element(a.field, num, den, a.stage)
    if num.is_zero():
        return a
    if a.den == den:
        total = a.num + num
        if not den.is_one():
            common = total.gcd(den)
            if not common.is_one():
                total, den = total / common, den / common
    else:
        common = a.den.gcd(den)
        if common.is_one():
            total, den = a.num * den + num * a.den, a.den * den
        else:
            left, right = a.den / common, den / common
            total = a.num * right + num * left
            shared = total.gcd(common)
            if not shared.is_one():
                total, den = total / shared, den / shared
            den = left * den
    if a.stage.relations or a.field.has_powers:
        return a.field.settled(total, den, a.stage)
    return Element(a.field, total, den, a.stage)


def _product(a: Element, num: fmpz_mpoly, den: fmpz_mpoly) -> Element:
    """``a * num/den`` for two fractions of one stage in lowest terms."""
    checkpoint(a.num, num)
    stage = a.stage
    if a.num.is_zero() or num.is_zero():
        return Element(a.field, stage.constant(0), stage.constant(1), stage)
    upper, lower = a.num, a.den
    if not den.is_one():
        common = upper.gcd(den)
        if not common.is_one():
            upper, den = upper / common, den / common
    if not lower.is_one():
        common = num.gcd(lower)
        if not common.is_one():
            num, lower = num / common, lower / common
    if stage.relations or a.field.has_powers:
        return a.field.settled(upper * num, lower * den, stage)
    return Element(a.field, upper * num, lower * den, stage)
