"""Functions known by their derivatives alone: each application opens a generator.

The derivative comes from a declared rule or from SymPy's ``fdiff``.  No relation between such
generators is known, except that odd and even functions have a normal form for the sign of their
argument.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import sympy as sp

from ..elements import Element
from ..errors import UnsupportedFunction
from ..field import DifferentialField
from ..positivity import proven_real
from ..ranges import Range
from ..reading import read
from ..rules import DERIVATIVES, converts
from ..sampling import Samples, numbers
from .base import Generator
from .roots import real_and_imaginary

_BOUNDED = {sp.erf: Fraction(1), sp.atan: Fraction(11, 7)}  # above pi/2
_REAL_ON_THE_LINE = (sp.erf, sp.erfi, sp.atan, sp.Si, sp.Shi, sp.fresnels, sp.fresnelc)
_ODD = (sp.erf, sp.erfi, sp.atan, sp.asin, sp.Si, sp.Shi, sp.fresnels, sp.fresnelc, sp.erfinv)


class Opaque(Generator):
    """``function(*arguments)`` with partial derivatives from a rule."""

    def __init__(self, function: Callable[..., sp.Expr], arguments: tuple[Element, ...]):
        self.function, self.arguments = function, arguments

    def expression(self) -> sp.Expr:
        return self.function(*(a.as_expr() for a in self.arguments))

    def derivative(self, field: DifferentialField, symbol: sp.Symbol) -> Element:
        total = field.zero
        for k, argument in enumerate(self.arguments, start=1):
            rate = argument.diff(symbol)
            if rate:
                total = total + field(self.partial(k)) * rate
        return total

    def partial(self, k: int) -> sp.Expr:
        """The derivative by argument number k, in SymPy."""
        places = tuple(sp.Dummy(f"u{i}", real=True) for i in range(len(self.arguments)))
        rule = DERIVATIVES.get(self.function)  # type: ignore[call-overload]
        if rule is not None:
            partial = read(rule(k, *places), "the rule's derivative")
        else:
            try:
                partial = self.function(*places).fdiff(k)
            except (sp.core.function.ArgumentIndexError, AttributeError, NotImplementedError):
                partial = None
        if partial is None or partial.has(sp.Derivative, sp.Subs, sp.Integral):
            raise UnsupportedFunction(
                f"{self.function.__name__} has no rule for the derivative by its argument number {k} "
                f"(in {self.expression()}); declare one with register_rule({self.function.__name__}, derivative)"
            )
        return partial.xreplace({place: a.as_expr() for place, a in zip(places, self.arguments)})

    def value(self, samples: Samples, point: int) -> Any:
        arguments = [samples.value(a, point) for a in self.arguments]
        if any(a is None or abs(a) > 1e6 for a in arguments):
            return None
        value = sp.N(self.function(*map(_to_sympy, arguments)), numbers.dps)
        return numbers.mpmathify(value) if value.is_number else None

    def sign(self, field: DifferentialField) -> int | None:
        expression = self.expression()
        return 1 if expression.is_nonnegative else -1 if expression.is_nonpositive else None

    def is_real(self, field: DifferentialField) -> bool:
        if self.function in _REAL_ON_THE_LINE:
            return all(map(proven_real, self.arguments))
        return bool(self.expression().is_extended_real)

    def range(self, field: DifferentialField) -> Range:
        if self.function in _BOUNDED and self.is_real(field):
            sign, bound = self.sign(field), _BOUNDED[self.function]
            return Fraction(0) if sign == 1 else -bound, Fraction(0) if sign == -1 else bound
        return super().range(field)


def _to_sympy(value: Any) -> sp.Expr:
    re, im = numbers.re(value), numbers.im(value)
    return sp.Float(re, numbers.dps) + (sp.I * sp.Float(im, numbers.dps) if im else 0)


def opaque_application(field: DifferentialField, expression: sp.Function) -> Element:
    """The generator of an application of a function."""
    function = expression.func
    if not expression.args or not all(isinstance(a, sp.Expr) for a in expression.args):
        raise UnsupportedFunction(
            f"{function.__name__} takes no plain numbers as arguments (in {expression}) and so is not supported; "
            "write the expression by elementary functions"
        )
    arguments = tuple(field(a) for a in expression.args)
    direction = 1
    if function in _ODD and arguments[0].num.leading_coefficient() < 0:
        direction, arguments = -1, (-arguments[0],)
    new = Opaque(function, arguments)
    if len(arguments) == 1 and not arguments[0].is_rational:
        new.partial(1)  # fail now rather than at the first derivative
    return direction * _opened(field, new)


@cache
def _hypergeometric(numerators: int) -> Callable[..., sp.Expr]:
    """pFq as a function of its parameters and its argument, one after the other."""
    return lambda *args: sp.hyper(args[:numerators], args[numerators:-1], args[-1])


class Hypergeometric(Opaque):
    """pFq with parameters that are constant: by them it has no derivative in closed form."""

    def partial(self, k: int) -> sp.Expr:
        f = self.expression()
        if k < len(self.arguments):
            raise UnsupportedFunction(f"{f} has no derivative by its parameters in closed form; keep them constant")
        return f.fdiff(3)


@converts(sp.hyper)
def _hyper(field: DifferentialField, expression: sp.hyper) -> Element:
    arguments = tuple(field(a) for a in (*expression.ap, *expression.bq, expression.argument))
    return _opened(field, Hypergeometric(_hypergeometric(len(expression.ap)), arguments))


def _opened(field: DifferentialField, new: Opaque) -> Element:
    """The generator that the field has for the same application, or the new one."""
    for generator in field.generators:
        if type(generator) is type(new) and generator.function == new.function and generator.arguments == new.arguments:
            return field.generator_element(generator.number)
    return field.open(new)


@converts(sp.Function)
def _function(field: DifferentialField, expression: sp.Function) -> Element:
    return opaque_application(field, expression)


@converts(sp.acos)
def _acos(field: DifferentialField, expression: sp.acos) -> Element:
    return field(sp.pi) / 2 - field(sp.asin(expression.args[0]))


@converts(sp.acot)
def _acot(field: DifferentialField, expression: sp.acot) -> Element:
    return field(sp.atan(1 / expression.args[0]))


@converts(sp.asec)
def _asec(field: DifferentialField, expression: sp.asec) -> Element:
    return field(sp.pi) / 2 - field(sp.asin(1 / expression.args[0]))


@converts(sp.acsc)
def _acsc(field: DifferentialField, expression: sp.acsc) -> Element:
    return field(sp.asin(1 / expression.args[0]))


@converts(sp.erf, sp.erfi)
def _error_function(field: DifferentialField, expression: sp.Function) -> Element:
    """erf(i x) = i erfi(x), and erfi(i x) = i erf(x)."""
    real, imaginary = real_and_imaginary(field, field(expression.args[0]))
    if imaginary is None or not real.is_zero:
        return opaque_application(field, expression)
    other = sp.erfi if isinstance(expression, sp.erf) else sp.erf
    return field(sp.I) * field(other(imaginary.as_expr()))


@converts(sp.erfc)
def _erfc(field: DifferentialField, expression: sp.erfc) -> Element:
    return 1 - field(sp.erf(expression.args[0]))


@converts(sp.asech, sp.acsch)
def _inverse_hyperbolic(field: DifferentialField, expression: sp.Function) -> Element:
    inverse = {sp.asech: sp.acosh, sp.acsch: sp.asinh}[expression.func]
    return field(inverse(1 / expression.args[0]))


@converts(sp.re, sp.im, sp.conjugate)
def _real_part(field: DifferentialField, expression: sp.Function) -> Element:
    """Of real expressions alone; SymPy's derivative of ``|x|`` holds them where x carries no assumptions."""
    value = field(expression.args[0])
    if not proven_real(value):
        return _refused(field, expression)
    return field.zero if isinstance(expression, sp.im) else value


@converts(sp.floor, sp.ceiling, sp.frac, sp.DiracDelta, sp.arg, sp.Mod)
def _refused(field: DifferentialField, expression: sp.Function) -> Element:
    raise UnsupportedFunction(
        f"{type(expression).__name__} is not a differentiable function of a differential field (in {expression}); "
        "state the problem without it, for instance separately on each part of the domain"
    )
