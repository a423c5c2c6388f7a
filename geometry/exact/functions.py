"""Functions that SymPy lacks, so that they are read and written by name: logistic, and derivatives of ζ."""

from __future__ import annotations

from typing import Any

import mpmath
import sympy as sp

from .errors import InputError
from .reading import read


class ReadFunction(sp.Function):
    """A function whose arguments are read by the door, since SymPy's own constructor runs text."""

    def __new__(cls, *arguments: Any, **options: Any) -> sp.Expr:
        return super().__new__(cls, *(read(a, f"the argument of {cls.__name__}") for a in arguments), **options)


class logistic(ReadFunction):
    r"""The logistic function :math:`\sigma(u) = 1 / (1 + e^{-u})`.

    >>> import sympy as sp
    >>> u = sp.Symbol("u")
    >>> logistic(u).diff(u)
    (1 - σ(u))*σ(u)
    >>> logistic(0), logistic(u).rewrite(sp.exp)
    (1/2, 1/(1 + exp(-u)))
    """

    nargs = (1,)

    @classmethod
    def eval(cls, u):
        if u.is_zero:
            return sp.S.Half
        if u is sp.oo:
            return sp.S.One
        if u is -sp.oo:
            return sp.S.Zero
        if u is sp.nan:
            return sp.nan
        return None

    def fdiff(self, argindex: int = 1):
        if argindex != 1:
            raise sp.function.ArgumentIndexError(self, argindex)
        return self * (1 - self)

    def inverse(self, argindex: int = 1):
        return lambda p: sp.log(p / (1 - p))

    def _eval_is_extended_positive(self):
        return True if self.args[0].is_real else None

    def _eval_is_extended_real(self):
        return True if self.args[0].is_extended_real else None

    def _eval_is_finite(self):
        return True if self.args[0].is_real else None

    def _eval_rewrite_as_exp(self, u, **hints):
        return 1 / (1 + sp.exp(-u))

    def _eval_rewrite_as_tanh(self, u, **hints):
        return (1 + sp.tanh(u / 2)) / 2

    def _eval_evalf(self, prec):
        return (1 / (1 + sp.exp(-self.args[0])))._eval_evalf(prec)

    def _sympystr(self, printer):
        return f"σ({printer._print(self.args[0])})"

    def _latex(self, printer, exp=None):
        power = "" if exp is None else f"^{{{exp}}}"
        return rf"\sigma{power}\left({printer._print(self.args[0])}\right)"

    def _pretty(self, printer):
        return printer._print_Function(self, func_name="σ")


class zeta_derivative(ReadFunction):
    r"""The k-th derivative :math:`\zeta^{(k)}(s)` of the Riemann zeta function, which SymPy has no name for.

    >>> import sympy as sp
    >>> s = sp.Symbol("s")
    >>> zeta_derivative(1, s).diff(s)
    zeta_derivative(2, s)
    >>> zeta_derivative(0, s), zeta_derivative(1, 2).n(10)
    (zeta(s), -0.9375482543)
    """

    nargs = (2,)

    @classmethod
    def eval(cls, k, s):
        if not (k.is_Integer and k >= 0):
            raise InputError(f"the derivative of the zeta function of order {k}: the order must be a whole number")
        return sp.zeta(s) if k == 0 else None

    def fdiff(self, argindex: int = 2):
        if argindex != 2:
            raise sp.function.ArgumentIndexError(self, argindex)
        return zeta_derivative(self.args[0] + 1, self.args[1])

    def _eval_is_extended_real(self):
        return True if self.args[1].is_extended_real else None

    def _eval_evalf(self, prec):
        k, s = self.args
        if not s.is_number:
            return None
        with mpmath.workprec(prec + 10):
            return sp.sympify(mpmath.zeta(s._to_mpmath(prec + 10), 1, int(k)), strict=True)._eval_evalf(prec)

    def _latex(self, printer, exp=None):
        k, s = self.args
        mark = "'" * int(k) if k < 4 else f"^{{({k})}}"
        name = rf"\zeta{mark}\left({printer._print(s)}\right)"
        return name if exp is None else rf"{{{name}}}^{{{exp}}}"


def with_named_derivatives(e: sp.Expr) -> sp.Expr:
    """Derivatives of the zeta function, which SymPy leaves as they are, by their names.

    >>> s = sp.Symbol("s")
    >>> with_named_derivatives(sp.zeta(2 * s).diff(s) + sp.zeta(s).diff(s, 2))
    2*zeta_derivative(1, 2*s) + zeta_derivative(2, s)
    """
    if not e.has(sp.Derivative):
        return e

    def named(d: sp.Derivative) -> sp.Expr:
        f = d.expr
        own = isinstance(f, sp.zeta) and len(f.args) == 1 and set(d.variables) == {f.args[0]}
        return zeta_derivative(len(d.variables), f.args[0]) if own else d

    e = e.replace(lambda d: isinstance(d, sp.Derivative), named)
    return e.replace(lambda d: isinstance(d, sp.Subs) and not d.has(sp.Derivative), lambda d: d.doit())
