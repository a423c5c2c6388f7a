"""``exp`` of an element in SymPy: powers for logarithms, gamma for loggamma."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

from .elements import Element

if TYPE_CHECKING:
    from .field import DifferentialField


def exponential_expression(field: DifferentialField, exponent: Element) -> sp.Expr:
    """``exp(exponent)``; ``exp(a*log(x) + b)`` is written ``x**a * exp(b)``."""
    from .generators.logarithm import Logarithm
    from .generators.special import Polygamma

    exponent = field.lift(exponent)
    stage = exponent.stage
    degrees, below = exponent.num.degrees(), exponent.den.degrees()
    powers: list[sp.Expr] = []
    rest = exponent
    for number in stage.generators_in(exponent.num):
        generator, position = field.generators[number], stage.position[number]
        if degrees[position] != 1 or below[position]:
            continue
        coefficient = field.element(exponent.num.derivative(position), exponent.den, stage)
        if isinstance(generator, Logarithm):
            base = generator.argument.as_expr()
        elif isinstance(generator, Polygamma) and generator.order == -1 and coefficient.is_rational:
            if not coefficient.rational().is_integer:
                continue
            base = sp.gamma(generator.argument.as_expr())
        else:
            continue
        if any(isinstance(field.generators[k], Logarithm) for k in stage.generators_in(coefficient.num)):
            continue
        rest = rest - coefficient * field.generator_element(number)
        powers.append(base ** coefficient.as_expr())
    return sp.Mul(*powers, sp.exp(rest.as_expr()))
