"""The dual coordinates where they have no closed form: functions that are known by their equation.

θ^i(η) is defined by ∂ψ(θ(η)) = η. Its derivative is the inverse metric, ∂θ^i/∂η_j = g^ij(θ(η)), which is all that
exact arithmetic needs: the dual manifold of such a potential has exact metric, cubic tensor and curvature in terms of
these functions. Their values come from Newton's method.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

import mpmath
import sympy as sp
from chentsov.geometry.exact import register_rule

from ..exact.errors import InputError
from ..kernels.ball import HighPrecision

if TYPE_CHECKING:
    from .hessian import HessianManifold

__all__ = ["implicit_inverse"]


def implicit_inverse(manifold: HessianManifold, symbols: tuple[sp.Symbol, ...]) -> dict[sp.Symbol, sp.Expr]:
    """{θ^i: Θ_i(η, constants)} with functions Θ_i made for this manifold.

    >>> import sympy as sp
    >>> from chentsov.geometry.manifolds.hessian import HessianManifold
    >>> x = sp.Symbol("x", real=True)
    >>> quartic = HessianManifold(sp.exp(x) + x**2/2, [x])
    >>> eta = sp.Symbol("eta1", real=True)
    >>> theta = implicit_inverse(quartic, (eta,))[x]
    >>> theta, theta.diff(eta), sp.N(theta.subs(eta, 1 + sp.E), 20)
    (theta_x(eta1), 1/(exp(theta_x(eta1)) + 1), 1.0000000000000000000)
    """
    arguments = (*symbols, *manifold.constants)
    made: dict[sp.Symbol, type] = {}
    solver = _Solver(manifold)

    def here(given: tuple[sp.Expr, ...]) -> dict[sp.Symbol, sp.Expr]:
        values = {x: made[x](*given) for x in manifold.coordinates}
        return values | dict(zip(manifold.constants, given[manifold.dim :]))

    def derivative_of(i: int, k: int, given: tuple[sp.Expr, ...]) -> sp.Expr:
        if k > manifold.dim:
            raise InputError("a dual coordinate is not differentiated by a constant of the potential")
        return manifold.inverse_metric[i, k - 1].subs(here(given), simultaneous=True)

    for i, x in enumerate(manifold.coordinates):
        made[x] = _function(solver, i, x, len(arguments), derivative_of)
        register_rule(made[x], lambda k, *given, i=i: derivative_of(i, k, given))
    return {x: made[x](*arguments) for x in manifold.coordinates}


def _function(solver: _Solver, i: int, x: sp.Symbol, count: int, derivative_of: Callable) -> type:
    def fdiff(self: sp.Function, argindex: int = 1) -> sp.Expr:
        return derivative_of(i, argindex, self.args)

    def evaluate(self: sp.Function, precision: int) -> sp.Expr | None:
        theta = solver(self.args, precision)
        return None if theta is None else sp.Float(theta[i], precision=precision)

    body = {"nargs": (count,), "fdiff": fdiff, "_eval_evalf": evaluate, "_eval_is_extended_real": lambda self: True}
    return type(f"theta_{x.name}", (sp.Function,), body)


def square_matrix(entries: list[mpmath.mpf]) -> mpmath.matrix:
    n = round(len(entries) ** 0.5)
    return mpmath.matrix([entries[n * i : n * i + n] for i in range(n)])


class _Solver:
    """θ(η) in the precision asked for: Newton's method from the double-precision maximum, or from what is known."""

    def __init__(self, manifold: HessianManifold) -> None:
        self.manifold = manifold
        self.known: dict[tuple, tuple[int, list[mpmath.mpf]]] = {}

    @cached_property
    def functions(self) -> tuple[HighPrecision, HighPrecision]:
        """∂ψ and ∂²ψ (by rows) in mpmath's precision, as functions of coordinates and constants."""
        symbols = [*self.manifold.coordinates, *self.manifold.constants]
        metric = HighPrecision(list(self.manifold.metric), symbols)
        return HighPrecision(self.manifold.dual_coordinates, symbols), metric

    def __call__(self, arguments: tuple[sp.Expr, ...], precision: int) -> list[mpmath.mpf] | None:
        digits, start = self.known.get(arguments, (0, None))
        if digits >= precision and start is not None:
            return start
        values = [a.evalf(int(precision / 3.3) + 10) for a in arguments]
        if not all(v.is_number for v in values):
            return None
        eta = values[: self.manifold.dim]
        rest = values[self.manifold.dim :]
        if start is None:
            constants = dict(zip(self.manifold.constants, rest))
            start = list(self.manifold.legendre.conjugate([float(e) for e in eta], constants)[0])
        point = self._newton(eta, rest, start, precision)
        self.known[arguments] = (precision, point)
        return point

    def _newton(self, eta: list[sp.Expr], rest: list[sp.Expr], start: list, precision: int) -> list[mpmath.mpf]:
        gradient, metric = self.functions
        with mpmath.workprec(precision + 20):
            target = mpmath.matrix([mpmath.mpmathify(e) for e in eta])
            constants = [mpmath.mpmathify(v) for v in rest]
            point = mpmath.matrix([mpmath.mpmathify(t) for t in start])
            for _ in range(12):
                residual = target - mpmath.matrix(gradient(*point, *constants))
                step = mpmath.lu_solve(square_matrix(metric(*point, *constants)), residual)
                point += step
                if mpmath.norm(step) <= mpmath.mpf(2) ** (-precision - 5) * (1 + mpmath.norm(point)):
                    break
            return list(point)
