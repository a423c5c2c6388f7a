"""An activation of one's own: an increasing expression, checked, with the rest of its geometry derived."""

from __future__ import annotations

import itertools
from typing import Any

import mpmath
import sympy as sp
from chentsov.geometry.exact import UnsupportedFunction, canonical, logistic, register_rule
from chentsov.geometry.exact.budget import TimeBudgetExceeded, time_limit
from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.kernels.algebras import ANALYTIC, COMPLEX, NumPy
from chentsov.geometry.kernels.ball import HighPrecision
from chentsov.geometry.kernels.functions import Function, register
from chentsov.geometry.kernels.interpreter import Straight
from chentsov.geometry.kernels.lower import lower
from flint import acb, arb

from ..activations import IncreasingActivation, U, V, argument_of

__all__ = ["activation_from", "check_increasing", "primitive"]

_numbers = itertools.count(1)


def activation_from(expression: Any, seconds: float = 5.0) -> IncreasingActivation:
    """The activation σ given by an expression in one real symbol (further positive symbols are parameters).

    The primitive and the inverse are taken in closed form where SymPy finds one within the time and it stands a
    numerical test; else the primitive is a named function Ψ with Ψ′ = σ (exact in every identity, evaluated by
    quadrature), and the inverse is left out.

    >>> import sympy as sp
    >>> x = sp.Symbol("x", real=True)
    >>> own = activation_from(x + sp.tanh(x)/2)
    >>> own.slope_of(0), own.inverse is None
    (3/2, True)
    """
    if not isinstance(expression, sp.Expr):
        raise InputError(f"an activation is a name, an Activation or a SymPy expression, not {expression!r}")
    variable = argument_of(expression)
    value = expression.subs(variable, U)
    slope = _tidy(value.diff(U))
    check_increasing(value, slope)
    bend = _tidy(slope.diff(U) / slope)
    inverse = _inverse(value, seconds)
    psi = primitive(value, seconds)
    conjugate = None
    if inverse is not None and not isinstance(psi, sp.core.function.AppliedUndef) and not _is_named(psi):
        conjugate = sp.simplify(V * inverse - psi.subs(U, inverse))
    return IncreasingActivation(
        str(expression),
        value,
        slope,
        bend,
        psi,
        inverse,
        conjugate,
        (_limit(value, -sp.oo), _limit(value, sp.oo)),
    )


def check_increasing(value: sp.Expr, slope: sp.Expr) -> None:
    """Raise ValueError, naming a point, unless σ′ > 0 at a dense net of points of [−10⁴, 10⁴] and at the lowest
    slopes between them (parameters at sample values)."""
    parameters = sorted(slope.free_symbols - {U}, key=lambda s: s.name)
    at = {s: sp.Rational(7 + 2 * k, 5) for k, s in enumerate(parameters)}
    function = HighPrecision([slope.subs(at)], [U])
    with mpmath.workdps(30):

        def at_point(u: Any) -> Any:
            (number,) = function(u)
            if not mpmath.isfinite(number):
                raise InputError(f"the activation {value} has no finite real slope at u = {mpmath.nstr(u, 8)}")
            return number

        near = [mpmath.mpf(k) / 16 for k in range(-480, 481)]
        far = [s * mpmath.mpf(10) ** (mpmath.mpf(k) / 4) for k in range(6, 17) for s in (-1, 1)]
        net = sorted([*near, *far])
        slopes = [at_point(u) for u in net]
        # From the middle outwards, so that the point that is named is a near one.
        for k in sorted(range(len(net)), key=lambda k: abs(net[k])):
            u = net[k]
            _refuse(value, u, slopes[k])
            if 0 < k < len(net) - 1 and slopes[k] <= min(slopes[k - 1], slopes[k + 1]):
                low = _lowest(at_point, net[k - 1], net[k + 1])
                _refuse(value, low, at_point(low), slopes[k])


def _refuse(value: sp.Expr, u: Any, slope: Any, scale: Any = 0) -> None:
    # A slope that underflows 30 digits far out is saturation, not a flaw; at a minimum in the open it is.
    if slope < 0 or (slope == 0 and abs(u) < 30) or slope < 1e-18 * scale:
        raise InputError(
            f"the activation {value} does not increase strictly: its slope is {mpmath.nstr(slope, 6)} at "
            f"u = {mpmath.nstr(u, 8)}. The metric C σ′(u) needs σ′ > 0 everywhere"
        )


def _lowest(function: Any, low: Any, high: Any) -> Any:
    """The minimum between two points by golden sections."""
    ratio = (mpmath.sqrt(5) - 1) / 2
    for _ in range(90):
        a, b = high - ratio * (high - low), low + ratio * (high - low)
        if function(a) <= function(b):
            high = b
        else:
            low = a
    return (low + high) / 2


def _tidy(expression: sp.Expr) -> sp.Expr:
    try:
        return canonical(expression, (U,))
    except UnsupportedFunction:
        return sp.simplify(expression)


def _agree(one: sp.Expr, other: sp.Expr, points: list) -> bool:
    parameters = (one.free_symbols | other.free_symbols) - {U}
    at = {s: sp.Rational(7, 5) + k for k, s in enumerate(sorted(parameters, key=lambda s: s.name))}
    for p in points:
        difference = sp.N((one - other).subs(at).subs(U, p), 25)
        if not difference.is_number or not abs(difference) < 1e-15 * (1 + abs(sp.N(other.subs(at).subs(U, p)))):
            return False
    return True


_POINTS = [sp.Rational(-17, 7), sp.Rational(-1, 3), sp.Rational(2, 9), sp.Rational(13, 5)]


def _inverse(value: sp.Expr, seconds: float) -> sp.Expr | None:
    try:
        with time_limit(seconds):
            plain = value.replace(logistic, lambda u: 1 / (1 + sp.exp(-u))).rewrite(sp.exp)
            found = [*sp.solve(value - V, U), *(sp.solve(plain - V, U) if plain != value else [])]
            for candidate in found:
                if not candidate.has(U, sp.I) and _agree(candidate.subs(V, value), U, _POINTS):
                    return candidate
    except (TimeBudgetExceeded, NotImplementedError, ValueError, TypeError):
        pass
    return None


def primitive(value: sp.Expr, seconds: float = 5.0) -> sp.Expr:
    """∫ value dU in closed form where SymPy finds one in time, else a named function known by its derivative."""
    try:
        with time_limit(seconds):
            found = sp.integrate(value.replace(logistic, lambda u: 1 / (1 + sp.exp(-u))), U)
            if not found.has(sp.Integral, sp.I, sp.Piecewise) and _agree(found.diff(U), value, _POINTS):
                lower([found], sorted(found.free_symbols, key=str), algebra=NumPy())  # of functions that have numbers
                return found
    except (TimeBudgetExceeded, NotImplementedError, ValueError, TypeError, AttributeError, RecursionError):
        pass
    return _named_primitive(value)(U)


def _named_primitive(value: sp.Expr) -> type:
    """A function Ψ with Ψ(0) = 0 and Ψ′ = σ, known by its derivative."""

    def fdiff(self: sp.Function, argindex: int = 1) -> sp.Expr:
        return value.subs(U, self.args[0])

    name = f"Psi{next(_numbers)}"
    made: Any = type(name, (sp.Function,), {"nargs": (1,), "fdiff": fdiff, "is_primitive": True})
    if not value.free_symbols - {U}:
        integrand = {flag: Straight.of([value], [U], algebra) for flag, algebra in ((False, COMPLEX), (True, ANALYTIC))}

        def ball(x: arb) -> arb:
            return acb.integral(lambda z, analytic: integrand[analytic]([z])[0], acb(0), acb(x)).real

        def evaluate(self: sp.Function, precision: int) -> sp.Expr:
            end = self.args[0].evalf(int(precision / 3.3) + 5)
            if not end.is_Float and not end.is_Rational:
                return self
            return sp.Float(HighPrecision([made(U)], [U])(end)[0], precision=precision)

        made._eval_evalf = evaluate
        register(Function(name, made, ((-6.0, 6.0),), arb=ball))
    register_rule(made, lambda k, u: value.subs(U, u))
    return made


def _is_named(expression: sp.Expr) -> bool:
    return any(getattr(f, "is_primitive", False) for f in expression.atoms(sp.Function))


def _limit(value: sp.Expr, where: sp.Expr) -> sp.Expr:
    try:
        with time_limit(3):
            found = sp.limit(value.replace(logistic, lambda u: 1 / (1 + sp.exp(-u))), U, where)
            if isinstance(found, sp.Expr) and not found.has(sp.Limit, sp.AccumBounds):
                return found
    except (TimeBudgetExceeded, NotImplementedError, ValueError, TypeError, AttributeError):
        pass
    return where
