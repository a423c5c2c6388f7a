"""``exp`` of an element in SymPy: powers for logarithms, gamma for loggamma."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

from .elements import Element

if TYPE_CHECKING:
    from .field import DifferentialField


def exponential_expression(field: DifferentialField, exponent: Element) -> sp.Expr:
    """``exp(exponent)``; ``exp(a*log(x) + b)`` is written ``x**a * exp(b)``, by logarithms as they are or as given."""
    forms = [_by_powers(field, exponent, given) for given in (False, True)]
    return min(forms, key=lambda form: sum(1 for _ in sp.preorder_traversal(form)))


def _by_powers(field: DifferentialField, exponent: Element, given: bool) -> sp.Expr:
    rest, powers = field.lift(exponent), []
    numbers = rest.stage.generators_in(rest.num)
    for number in sorted(numbers, key=lambda k: getattr(field.generators[k], "given", None) is None):
        generator, coefficient = field.generators[number], _linear_coefficient(field, rest, number)
        if coefficient is None:
            continue
        power = generator.power_base(coefficient, given)
        if power is None:
            continue
        base, logarithm = power
        rest = rest - coefficient * logarithm
        powers.append(base ** coefficient.as_expr())
    return sp.Mul(*powers, sp.exp(rest.as_expr()))


def _linear_coefficient(field: DifferentialField, a: Element, number: int) -> Element | None:
    """c with ``a = c g + ...`` if the generator g occurs in the first power only and c is free of logarithms."""
    stage = field.lift(a).stage
    position = stage.position[number]
    if a.num.degrees()[position] != 1 or a.den.degrees()[position]:
        return None
    coefficient = field.element(a.num.derivative(position), a.den, stage)
    inside = stage.generators_in(coefficient.num)
    return None if any(field.generators[k].is_logarithm for k in inside) else coefficient
