"""The table of functions: one row a function, with everything that any room needs to know of it.

A function is evaluated in several algebras (`algebras`): machine numbers (NumPy, numba, native code), real balls,
complex balls (with and without the demand to be analytic, which quadrature makes) and jets of balls. A row says what
each of them calls; where a row has a `definition` by other functions, an algebra without a routine of its own uses
that. So the least row is a SymPy class and a definition, and the function then works in closed forms, on grids and
certified grids, in flows, quadrature, activations, validation and texts:

>>> from chentsov.geometry.kernels.functions import Function, added
>>> class versine(sp.Function):
...     nargs = (1,)
...     def fdiff(self, argindex=1):
...         return sp.sin(self.args[0])
>>> x = sp.Symbol("x")
>>> from chentsov.geometry.kernels import compile
>>> with added(Function("versine", versine, ((-3, 3),), definition=lambda u: 2 * sp.sin(u / 2) ** 2)):
...     round(float(compile(versine(x), [x])(math.pi / 2)), 12)
1.0

`register` adds a row for good.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np
import sympy as sp
from flint import acb, arb

from ..exact import logistic, register_rule, text, zeta_derivative
from ..exact.errors import InputError
from . import routines as r
from .stable import expm1, log1p, log_cosh, softplus

__all__ = ["Function", "FUNCTIONS", "added", "by_class", "register"]

Interval = tuple[float, float]
_LINE: tuple[Interval, ...] = ((-6.0, 6.0),)
_HALF: tuple[Interval, ...] = ((0.05, 6.0),)
_UNIT: tuple[Interval, ...] = ((-0.95, 0.95),)
_Jet = tuple[arb, arb, arb]


@dataclass(frozen=True)
class Function:
    """A named function of one or more real arguments.

    Attributes:
        name: what a program calls it.
        sympy: its class, or None where the lowering writes it (sqrt, pow).
        domain: for each argument an interval on which the function is real, finite and smooth; the adversarial tests
            draw their points there. Not the largest one.
        numpy: on arrays. Missing, it is made of `arb`, value by value.
        arb: on real balls; NaN where the function is not real.
        acb: on complex balls, principal branches.
        analytic: the same for integrands: not finite where the ball meets a branch cut or a kink. Missing: `acb`
            itself, of a function that has none (poles are not finite anyway).
        taylor: a -> f(a), f′(a), f″(a) on real balls, of a function of one argument. Missing, jets take the
            derivatives.
        derivative: (k, *arguments) -> the derivative by argument number k, as SymPy. Missing: the class's `fdiff`.
        native: a vector routine of our own by name, a symbol of the C library ("libm:…"), a routine that is called with
            whole arrays ("scipy:…", "numpy"); None where machine code uses the definition.
        numba: the call as Python source, ``{0}`` for the first argument; None where numba has none.
        ulps: twice what `benchmarks.functions` measures of the native routine's error, in units in the last place (of
            exp, which is wrong by 0.7 units where its value is not subnormal, 1.8 times); None where no bound is known,
            which sends certified values to balls.
        definition: the function in terms of others, as SymPy.
        static: whether an order that stands first is a whole number and part of the program, not a value.
    """

    name: str
    sympy: type | None
    domain: tuple[Interval, ...]
    numpy: Callable[..., Any] | None = None
    arb: Callable[..., Any] | None = None
    acb: Callable[..., Any] | None = None
    analytic: Callable[..., Any] | None = None
    taylor: Callable[..., _Jet] | None = None
    derivative: Callable[..., sp.Expr] | None = None
    native: str | None = None
    numba: str | None = None
    ulps: float | None = None
    definition: Callable[..., sp.Expr] | None = None
    static: bool = False

    def __post_init__(self) -> None:
        if self.definition is None and self.arb is None:
            raise InputError(
                f"the row {self.name!r} has neither a definition by other functions nor a routine on balls"
            )
        if self.numpy is None and self.arb is not None:
            object.__setattr__(self, "numpy", r.from_balls(self.arb))
        if self.native is None and self.definition is None:
            object.__setattr__(self, "native", "numpy")

    def partial(self, k: int, *arguments: sp.Expr) -> sp.Expr:
        """The derivative by argument number k (from 1), as SymPy."""
        if self.derivative is not None:
            return self.derivative(k, *arguments)
        assert self.sympy is not None
        return self.sympy(*arguments).fdiff(k)


class _ComplexColumns(TypedDict):
    acb: Callable[..., Any]
    analytic: Callable[..., Any]


class _BallColumns(TypedDict):
    arb: Callable[..., Any]
    acb: Callable[..., Any]


class _SeriesColumns(_BallColumns):
    taylor: Callable[..., Any]


def _over(f: Callable[..., sp.Expr]) -> Callable[..., sp.Expr]:
    return lambda u: 1 / f(u)


def _flagged(method: str) -> _ComplexColumns:
    """The two columns of a method of `acb` that takes the flag itself."""
    routine = getattr(acb, method)
    return {"acb": routine, "analytic": lambda *args: routine(*args, analytic=True)}


def _with_cut(routine: Callable[..., acb], crossed: Callable[[acb], bool]) -> _ComplexColumns:
    return {"acb": routine, "analytic": r.cut(routine, crossed)}


def _both(method: str) -> _BallColumns:
    """The columns of a function without cuts that both kinds of balls have under one name."""
    return {"arb": getattr(arb, method), "acb": getattr(acb, method)}


def _by_series(method: str) -> _SeriesColumns:
    return {**_both(method), "taylor": r.taylor_of_series(method)}


_BRANCH = -math.exp(-1)  # of Lambert's function
_PRODUCT = ((0.2, 4.0), (0.2, 4.0))

_ROWS = (
    # elementary functions with vector routines of our own
    Function("exp", sp.exp, _LINE, np.exp, **_by_series("exp"), native="exp", numba="math.exp({0})", ulps=2.5),
    Function("log", sp.log, _HALF, np.log, arb.log, **_flagged("log"), taylor=r.taylor_of_series("log"), native="log",
             numba="math.log({0})", ulps=4),
    Function("log1p", log1p, ((-0.9, 6.0),), np.log1p, arb.log1p, **_with_cut(acb.log1p, r.below(-1)),
             taylor=r.taylor_log1p, native="log1p", numba="math.log1p({0})", ulps=4),
    Function("expm1", expm1, _LINE, np.expm1, **_both("expm1"), taylor=r.taylor_expm1, native="expm1",
             numba="math.expm1({0})", ulps=4),
    Function("logistic", logistic, _LINE, r.logistic, r.ball_logistic, r.complex_logistic, taylor=r.taylor_logistic,
             native="logistic", numba="logistic({0})", ulps=4),
    Function("softplus", softplus, _LINE, r.softplus, r.ball_softplus, r.complex_softplus,
             lambda u: r.complex_softplus(u, True), r.taylor_softplus, native="softplus",
             numba="softplus({0})", ulps=4),
    Function("log_cosh", log_cosh, _LINE, r.log_cosh, r.ball_log_cosh,
             **_with_cut(lambda u: u.cosh().log(), lambda u: r.below(0)(u.cosh())), taylor=r.taylor_log_cosh,
             numba="log_cosh({0})",
             definition=lambda u: log1p(2 * sp.sinh(u / 2) ** 2)),
    Function("sqrt", None, _HALF, np.sqrt, arb.sqrt, **_flagged("sqrt"), taylor=r.taylor_sqrt, native="sqrt",
             numba="math.sqrt({0})", ulps=0.5),
    Function("pow", None, _PRODUCT, np.power, arb.__pow__, acb.__pow__, lambda x, y: x.pow(y, analytic=True),
             native="pow", numba="{0} ** {1}", ulps=4),
    Function("sin", sp.sin, _LINE, np.sin, **_by_series("sin"), native="sin", numba="math.sin({0})", ulps=4),
    Function("cos", sp.cos, _LINE, np.cos, **_by_series("cos"), native="cos", numba="math.cos({0})", ulps=4),
    Function("tanh", sp.tanh, _LINE, np.tanh, **_both("tanh"), taylor=r.taylor_tanh, native="tanh",
             numba="math.tanh({0})", ulps=4),
    Function("tan", sp.tan, ((-1.5, 1.5),), np.tan, **_by_series("tan"), native="tan",
             numba="math.tan({0})", ulps=4),
    Function("sinh", sp.sinh, _LINE, np.sinh, **_both("sinh"), taylor=r.taylor_sinh, native="sinh",
             numba="math.sinh({0})", ulps=4),
    Function("cosh", sp.cosh, _LINE, np.cosh, **_both("cosh"), taylor=r.taylor_cosh, native="cosh",
             numba="math.cosh({0})", ulps=4),
    Function("asin", sp.asin, _UNIT, np.arcsin, arb.asin, **_with_cut(acb.asin, r.outside),
             taylor=r.taylor_of_series("asin"), native="asin", numba="math.asin({0})", ulps=4),
    Function("acos", sp.acos, _UNIT, np.arccos, arb.acos, **_with_cut(acb.acos, r.outside),
             taylor=r.taylor_of_series("acos"), native="acos", numba="math.acos({0})", ulps=4),
    Function("atan", sp.atan, _LINE, np.arctan, arb.atan, **_with_cut(acb.atan, r.upright),
             taylor=r.taylor_of_series("atan"), native="atan", numba="math.atan({0})", ulps=4),
    Function("asinh", sp.asinh, _LINE, np.arcsinh, arb.asinh, **_with_cut(acb.asinh, r.upright), taylor=r.taylor_asinh,
             native="asinh", numba="math.asinh({0})", ulps=4),
    Function("acosh", sp.acosh, ((1.1, 6.0),), np.arccosh, arb.acosh, **_with_cut(acb.acosh, r.below(1)),
             taylor=r.taylor_acosh, native="acosh", numba="math.acosh({0})", ulps=4),
    Function("atanh", sp.atanh, _UNIT, np.arctanh, arb.atanh, **_with_cut(acb.atanh, r.outside), taylor=r.taylor_atanh,
             native="atanh", numba="math.atanh({0})", ulps=4),
    Function("atan2", sp.atan2, ((-4.0, 4.0), (0.2, 4.0)), np.arctan2, arb.atan2, native="atan2",
             numba="math.atan2({0}, {1})", ulps=4),
    Function("erf", sp.erf, _LINE, r.scipy_function("erf"), **_by_series("erf"), native="erf",
             numba="math.erf({0})", ulps=4),
    Function("erfc", sp.erfc, _LINE, r.scipy_function("erfc"), **_by_series("erfc"), native="erfc",
             numba="math.erfc({0})", ulps=26),
    # with kinks: piecewise by definition, and no number for a jet at the kink
    Function("abs", sp.Abs, ((0.1, 6.0),), np.abs, abs, **_flagged("real_abs"), taylor=r.taylor_abs, native="abs",
             numba="abs({0})"),
    Function("sign", sp.sign, ((0.1, 6.0),), np.sign, arb.sgn, **_flagged("real_sgn"), taylor=r.taylor_sign,
             native="sign", numba="np.sign({0})"),
    Function("floor", sp.floor, ((0.1, 0.9),), np.floor, arb.floor, **_flagged("real_floor"), native="floor",
             numba="number(math.floor({0}))"),
    Function("ceil", sp.ceiling, ((0.1, 0.9),), np.ceil, arb.ceil, **_flagged("real_ceil"), native="ceil",
             numba="number(math.ceil({0}))"),
    Function("min", sp.Min, ((0.1, 1.0), (1.1, 2.0)), np.minimum, arb.min, **_flagged("real_min"), native="min",
             numba="np.minimum({0}, {1})"),
    Function("max", sp.Max, ((0.1, 1.0), (1.1, 2.0)), np.maximum, arb.max, **_flagged("real_max"), native="max",
             numba="np.maximum({0}, {1})"),
    Function("heaviside", sp.Heaviside, ((0.1, 6.0), (0.1, 0.9)), np.heaviside, r.ball_heaviside,
             acb=lambda u, at_zero: u.real_heaviside(), analytic=lambda u, at_zero: u.real_heaviside(analytic=True)),
    # special functions
    Function("gamma", sp.gamma, _HALF, r.scipy_function("gamma"), **_by_series("gamma"), native="gamma",
             numba="math.gamma({0})", ulps=8),
    Function("loggamma", sp.loggamma, _HALF, r.loggamma, arb.lgamma,
             **_with_cut(acb.lgamma, r.below(0)), taylor=r.taylor_of_series("lgamma"), native="loggamma",
             numba="(math.lgamma({0}) if {0} > 0 else math.nan)", ulps=8),
    Function("polygamma", sp.polygamma, _HALF, r.polygamma, r.ball_polygamma, r.complex_polygamma,
             taylor=r.taylor_polygamma, native="scipy:polygamma", static=True, ulps=24),
    Function("zeta", sp.zeta, ((1.2, 8.0),), r.zeta, r.ball_zeta, r.ball_zeta, taylor=r.taylor_zeta, native="numpy",
             static=True),
    Function("hurwitz", None, ((1.2, 6.0), (0.2, 4.0)), r.scipy_function("zeta"), lambda s, a: s.zeta(a),
             lambda s, a: s.zeta(a), r.cut(lambda s, a: s.zeta(a), r.below(0)), native="scipy:zeta",
             derivative=lambda k, s, a: sp.Derivative(sp.zeta(s, a), s) if k == 1 else -s * sp.zeta(s + 1, a)),
    Function("besseli", sp.besseli, _PRODUCT, r.scipy_function("iv"), lambda n, x: x.bessel_i(n),
             acb=lambda n, x: x.bessel_i(n),
             analytic=r.cut_of_broken_order(lambda n, x: x.bessel_i(n)), native="scipy:iv"),
    Function("besselj", sp.besselj, _PRODUCT, r.scipy_function("jv"), lambda n, x: x.bessel_j(n),
             acb=lambda n, x: x.bessel_j(n),
             analytic=r.cut_of_broken_order(lambda n, x: x.bessel_j(n)), native="scipy:jv"),
    Function("besselk", sp.besselk, _PRODUCT, r.scipy_function("kv"), lambda n, x: x.bessel_k(n),
             **_with_cut(lambda n, x: x.bessel_k(n), r.below(0)), native="scipy:kv"),
    Function("bessely", sp.bessely, _PRODUCT, r.scipy_function("yv"), lambda n, x: x.bessel_y(n),
             **_with_cut(lambda n, x: x.bessel_y(n), r.below(0)), native="scipy:yv"),
    Function("lambertw", sp.LambertW, ((-0.3, 6.0),), r.lambertw, arb.lambertw,
             **_with_cut(acb.lambertw, r.below(_BRANCH)), taylor=r.taylor_of_series("lambertw"), native="numpy"),
    Function("polylog", sp.polylog, ((1.0, 3.0), (-4.0, 0.9)), r.polylog, r.ball_polylog,
             **_with_cut(lambda s, z: z.polylog(s), r.above(1)), native="numpy"),
    Function("uppergamma", sp.uppergamma, _PRODUCT, r.uppergamma, lambda s, x: x.gamma_upper(s),
             **_with_cut(lambda s, x: x.gamma_upper(s), r.below(0))),
    Function("lowergamma", sp.lowergamma, _PRODUCT, r.lowergamma, lambda s, x: x.gamma_lower(s),
             **_with_cut(lambda s, x: x.gamma_lower(s), r.below(0))),
    Function("expint", sp.expint, _PRODUCT, r.expint, lambda s, x: x.expint(s),
             **_with_cut(lambda s, x: x.expint(s), r.below(0))),
    Function("Ei", sp.Ei, _HALF, r.scipy_function("expi"), r.increasing(arb.ei, 0), **_with_cut(acb.ei, r.below(0)),
             taylor=r.taylor_of_series("ei"), native="scipy:expi"),
    Function("erfi", sp.erfi, ((-4.0, 4.0),), r.scipy_function("erfi"), **_by_series("erfi"), native="scipy:erfi"),
    Function("erfinv", sp.erfinv, _UNIT, r.scipy_function("erfinv"), arb.erfinv, native="scipy:erfinv"),
    Function("Si", sp.Si, _LINE, r.part("sici", 0), **_by_series("si")),
    Function("Ci", sp.Ci, _HALF, r.part("sici", 1), arb.ci, **_with_cut(acb.ci, r.below(0)),
             taylor=r.taylor_of_series("ci")),
    Function("Shi", sp.Shi, _LINE, r.part("shichi", 0), r.increasing(arb.shi), acb.shi,
             taylor=r.taylor_of_series("shi")),
    Function("Chi", sp.Chi, _HALF, r.part("shichi", 1), r.increasing(arb.chi, 0), **_with_cut(acb.chi, r.below(0)),
             taylor=r.taylor_of_series("chi")),
    Function("fresnels", sp.fresnels, ((-3.0, 3.0),), r.part("fresnel", 0), arb.fresnel_s, acb.fresnel_s),
    Function("fresnelc", sp.fresnelc, ((-3.0, 3.0),), r.part("fresnel", 1), arb.fresnel_c, acb.fresnel_c),
    Function("airyai", sp.airyai, ((-4.0, 4.0),), r.part("airy", 0), **_by_series("airy_ai")),
    Function("airybi", sp.airybi, ((-4.0, 4.0),), r.part("airy", 2), **_by_series("airy_bi")),
    Function("airyaiprime", sp.airyaiprime, ((-4.0, 4.0),), r.part("airy", 1), r.airy_slope("airy_ai"),
             r.airy_slope("airy_ai"), taylor=r.taylor_airy_slope("airy_ai")),
    Function("airybiprime", sp.airybiprime, ((-4.0, 4.0),), r.part("airy", 3), r.airy_slope("airy_bi"),
             r.airy_slope("airy_bi"), taylor=r.taylor_airy_slope("airy_bi")),
    Function("sinc", sp.sinc, _LINE, r.sinc, **_both("sinc"), taylor=r.taylor_sinc),
    Function("elliptic_k", sp.elliptic_k, ((-4.0, 0.9),), r.scipy_function("ellipk"),
             r.real_below(acb.elliptic_k, 1), **_with_cut(acb.elliptic_k, r.above(1))),
    Function("elliptic_e", sp.elliptic_e, ((-4.0, 0.9),), r.scipy_function("ellipe"),
             r.real_below(acb.elliptic_e, 1), **_with_cut(acb.elliptic_e, r.above(1))),
    Function("hyper", None, ((0.2, 2.0), (0.2, 2.0), (0.5, 3.0), (-0.9, 0.9)), r.hyper, r.ball_hyper, r.ball_hyper,
             lambda *args: acb(arb.nan()), native="numpy", static=True),
    # by other functions
    Function("cot", sp.cot, ((0.2, 2.8),), definition=_over(sp.tan), **_both("cot")),
    Function("sec", sp.sec, ((-1.4, 1.4),), definition=_over(sp.cos), **_both("sec")),
    Function("csc", sp.csc, ((0.2, 2.8),), definition=_over(sp.sin), **_both("csc")),
    Function("coth", sp.coth, ((0.2, 6.0),), definition=_over(sp.tanh), **_both("coth")),
    Function("sech", sp.sech, _LINE, definition=_over(sp.cosh), **_both("sech")),
    Function("csch", sp.csch, ((0.2, 6.0),), definition=_over(sp.sinh), **_both("csch")),
    Function("digamma", sp.digamma, _HALF, definition=lambda x: sp.polygamma(0, x)),
    Function("trigamma", sp.trigamma, _HALF, definition=lambda x: sp.polygamma(1, x)),
    Function("factorial", sp.factorial, _HALF, definition=lambda n: sp.gamma(n + 1)),
    Function("beta", sp.beta, _PRODUCT, definition=lambda x, y: sp.gamma(x) * sp.gamma(y) / sp.gamma(x + y),
             arb=lambda x, y: x.gamma() * y.gamma() * (x + y).rgamma(),
             acb=lambda x, y: x.gamma() * y.gamma() * (x + y).rgamma()),
    Function("binomial", sp.binomial, ((2.2, 4.0), (0.2, 2.0)),
             definition=lambda n, k: sp.gamma(n + 1) / (sp.gamma(k + 1) * sp.gamma(n - k + 1)),
             arb=lambda n, k: (n + 1).gamma() * (k + 1).rgamma() * (n - k + 1).rgamma(),
             acb=lambda n, k: (n + 1).gamma() * (k + 1).rgamma() * (n - k + 1).rgamma()),
)  # fmt: skip

#: Every function by the name it has in a program.
FUNCTIONS: dict[str, Function] = {f.name: f for f in _ROWS}

#: The same by SymPy's class.
by_class: dict[type, Function] = {f.sympy: f for f in _ROWS if f.sympy is not None} | {
    zeta_derivative: FUNCTIONS["zeta"]
}


def _text_names(row: Function) -> dict[str, text.TextFunction]:
    """How a text may call it: by the name that it has in a program, and by SymPy's."""
    if row.sympy is None:
        return {}
    counts = row.sympy.nargs  # type: ignore[attr-defined]
    arity = tuple(map(int, counts)) if isinstance(counts, sp.FiniteSet) else (len(row.domain),)
    eager = not isinstance(row.numpy, np.ufunc)
    read = text.TextFunction(row.sympy, arity, eager, order=eager and row.definition is None)
    return {name: read for name in (row.name, row.sympy.__name__) if name not in text.FUNCTIONS}


for _row in _ROWS:
    text.FUNCTIONS.update(_text_names(_row))


def register(row: Function) -> None:
    """Add a row: the function works everywhere from now on.

    Raises:
        ValueError: the name or the class has a row already.
    """
    if row.name in FUNCTIONS or row.sympy in by_class:
        raise InputError(f"the function {row.name!r} has a row in the table already")
    FUNCTIONS[row.name] = row
    text.FUNCTIONS.update(_text_names(row))
    if row.sympy is not None:
        by_class[row.sympy] = row
        if row.derivative is not None:
            register_rule(row.sympy, row.derivative)


@contextmanager
def added(row: Function) -> Iterator[Function]:
    """`register` for the duration of a block."""
    names = _text_names(row)
    register(row)
    try:
        yield row
    finally:
        del FUNCTIONS[row.name]
        if row.sympy is not None:
            del by_class[row.sympy]
            for name in names:
                del text.FUNCTIONS[name]
