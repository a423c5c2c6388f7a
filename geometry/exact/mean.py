"""The mean over data rows, kept symbolic.

``Mean(expression, variables)`` stands for (1/N) sum_n expression(row n).  It is linear, is
differentiated under the mean, and takes no notice of how many rows there are: a curvature becomes a
short rational function of a few means.  An integrand stays factored as it was given, because the
factored form is the one to evaluate.

In a differential field each mean is a generator.  Means whose integrands are linear combinations of
others, with coefficients that are the same in every row, are written by these; so zero stays
recognisable.  For this the integrands live in a field of their own, where they are vectors over the
row-free subfield.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import sympy as sp

from .errors import InputError
from .kinks import derivative
from .reading import read, read_symbols
from .rules import converts

if TYPE_CHECKING:
    from .elements import Element
    from .field import DifferentialField


class Mean(sp.Expr):
    r"""The mean :math:`\mathbb{E}_D[\,\cdot\,]` of an expression over the rows of a data set.

    Sums are split, factors that are the same in every row are drawn out, and the derivative of a
    mean is the mean of the derivative.

    Parameters
    ----------
    expression
        The summand of one row.
    variables
        The row symbols: one symbol, or several.  They stand for the columns of the data.

    Raises ``ValueError`` if ``variables`` holds no symbol, something else than symbols, or one twice.

    >>> import sympy as sp
    >>> from chentsov.geometry.exact import Mean
    >>> a, x, t = sp.symbols("a x t", real=True)
    >>> loss = Mean((sp.tanh(a * x) - t) ** 2, (x, t))
    >>> loss.diff(a)
    2*E_D[x*(1 - tanh(a*x)**2)*(-t + tanh(a*x))]
    >>> Mean(3, x), loss.free_symbols
    (3, {a})
    """

    is_commutative = True

    def __new__(cls, expression: Any, variables: Any) -> sp.Expr:
        expression = read(expression, "the summand of a mean")
        try:
            variables = sp.Tuple(*read_symbols(variables, "mean variable"))
        except InputError as problem:
            raise InputError(
                f"the variables of a mean must be distinct symbols, the columns of the data: {problem}"
            ) from None
        if not variables:
            raise InputError("the variables of a mean must be distinct symbols, the columns of the data; none is given")
        if not isinstance(expression, sp.Expr):
            raise InputError(f"a mean is taken of an expression, not of {type(expression).__name__}")
        if not expression.free_symbols.intersection(variables):
            return expression
        outside, inside = expression.as_independent(*variables, as_Add=False)
        if inside.is_Add:
            return sp.Add(*[outside * cls(term, variables) for term in inside.args])
        if outside is not sp.S.One:
            return outside * cls(inside, variables)
        return sp.Expr.__new__(cls, inside, variables)

    @property
    def expression(self) -> sp.Expr:
        """The summand of one row."""
        return self.args[0]

    @property
    def variables(self) -> tuple[sp.Symbol, ...]:
        """The row symbols."""
        return tuple(self.args[1])

    @property
    def bound_symbols(self) -> list[sp.Symbol]:
        return list(self.variables)

    @property
    def free_symbols(self) -> set[sp.Basic]:
        return self.expression.free_symbols - set(self.variables)

    def _eval_derivative(self, symbol: sp.Symbol) -> sp.Expr:
        if symbol in self.variables:
            return sp.S.Zero
        slope = derivative(self.expression, symbol)
        if slope.is_Add:
            slope = sp.gcd_terms(slope)
        return Mean(slope, self.variables)

    def _eval_subs(self, old: sp.Basic, new: sp.Basic) -> sp.Expr | None:
        return self if old in self.variables else None

    def _eval_is_extended_real(self) -> bool | None:
        return True if self.expression.is_extended_real else None

    def _eval_is_finite(self) -> bool | None:
        return True if self.expression.is_finite else None

    def _eval_is_extended_positive(self) -> bool | None:
        return True if self.expression.is_extended_positive else None

    def _eval_is_extended_nonnegative(self) -> bool | None:
        return True if self.expression.is_extended_nonnegative else None

    def _eval_is_extended_negative(self) -> bool | None:
        return True if self.expression.is_extended_negative else None

    def _eval_is_extended_nonpositive(self) -> bool | None:
        return True if self.expression.is_extended_nonpositive else None

    def _sympystr(self, printer: Any) -> str:
        return f"E_D[{printer._print(self.expression)}]"

    def _latex(self, printer: Any) -> str:
        return rf"\mathbb{{E}}_{{D}}\left[{printer._print(self.expression)}\right]"

    def _pretty(self, printer: Any) -> Any:
        from sympy.printing.pretty.stringpict import prettyForm

        form = prettyForm(*printer._print(self.expression).parens("[", "]"))
        return prettyForm(*form.left("E_D"))


@converts(Mean)
def _mean(field: DifferentialField, mean: Mean) -> Element:
    """The mean as an element: a known combination of means, or a generator of its own."""
    families: dict[tuple[sp.Symbol, ...], MeanFamily] = field.families.setdefault(Mean, {})  # type: ignore[assignment]
    if mean.variables not in families:
        families[mean.variables] = MeanFamily(mean.variables)
    return families[mean.variables].element(field, mean)


class MeanFamily:
    """The means over one set of row symbols that a field knows, with linearly independent integrands."""

    def __init__(self, variables: Iterable[sp.Symbol]):
        from .field import DifferentialField

        self.variables = frozenset(variables)
        self.integrands = DifferentialField(apart=self.variables, pieces=True)
        self.known: list[tuple[Any, Element]] = []

    def element(self, field: DifferentialField, mean: Mean) -> Element:
        """``mean`` in terms of the known ones; opens a generator if it is independent of them."""
        from .combinations import combination

        integrand = self.integrands(mean.expression)
        if integrand.is_zero:
            return field.zero
        basis = [self.integrands.one, *(other for _, other in self.known)]  # the mean of 1 is 1
        coefficients = combination(integrand, basis, lambda number: not self.integrands.is_apart(number))
        if coefficients is None:
            generator = _generator(mean)
            opened = field.open(generator)
            self.known.append((generator, integrand))
            return opened
        total = field(coefficients[0].as_expr())
        for (generator, _), coefficient in zip(self.known, coefficients[1:]):
            if coefficient:
                total = total + field(coefficient.as_expr()) * field.generator_element(generator.number)
        return total


def _generator(mean: Mean) -> Any:
    from .generators.base import Generator
    from .sampling import sample_symbol

    class MeanOverData(Generator):
        """``Mean(expression, variables)``, with the integrand as it was given."""

        def expression(self) -> sp.Expr:
            return mean

        def derivative(self, field: DifferentialField, symbol: sp.Symbol) -> Element:
            return field(mean.diff(symbol))

        def value(self, samples: Any, point: int) -> Any:
            return sample_symbol(mean, point)

        def sign(self, field: DifferentialField) -> int | None:
            return 1 if mean.is_nonnegative else -1 if mean.is_nonpositive else None

        def is_real(self, field: DifferentialField) -> bool:
            return True

    return MeanOverData()
