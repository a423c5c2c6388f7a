"""SymPy expressions as straight-line programs in complex ball arithmetic.

Quadrature, normalisation checks and sample points all need an expression at many
arguments to many digits.  A tape is built once (common subexpressions shared) and
then replayed with python-flint's ``acb`` numbers.  Every operation forwards the
``analytic`` flag, so that ``acb.integral`` may trust the enclosures it gets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from typing import Any

import sympy as sp
from chentsov.geometry.exact import zeta_derivative
from flint import acb, acb_series, arb, ctx, fmpq

from ..exact.decimals import shortest_decimal
from ..exact.reading import read, read_number

Ball = Any  # an acb, or an arb on a real tape


@contextmanager
def precision(bits: int):
    """Run the enclosed block with flint's working precision set to ``bits``."""
    before = ctx.prec
    ctx.prec = bits
    try:
        yield
    finally:
        ctx.prec = before


def _real_part(operation: Callable) -> Callable:
    return lambda *arguments: operation(*map(acb, arguments[:-1]), arguments[-1]).real


def _zeta_derivative(k: int, s: acb) -> acb:
    before, ctx.cap = ctx.cap, max(ctx.cap, k + 1)
    try:
        return acb_series([s, 1], k + 1).zeta()[k] * arb(k).fac()
    finally:
        ctx.cap = before


# SymPy function -> ball operation on (arguments, analytic)
_FUNCTIONS: dict[type, Callable] = {
    sp.exp: lambda x, a: x.exp(),
    sp.log: lambda x, a: x.log(analytic=a),
    sp.sin: lambda x, a: x.sin(),
    sp.cos: lambda x, a: x.cos(),
    sp.tan: lambda x, a: x.tan(),
    sp.cot: lambda x, a: x.cot(),
    sp.sec: lambda x, a: x.sec(),
    sp.csc: lambda x, a: x.csc(),
    sp.sinh: lambda x, a: x.sinh(),
    sp.cosh: lambda x, a: x.cosh(),
    sp.tanh: lambda x, a: x.tanh(),
    sp.sech: lambda x, a: x.sech(),
    sp.csch: lambda x, a: x.csch(),
    sp.coth: lambda x, a: x.coth(),
    sp.asin: lambda x, a: x.asin(),
    sp.acos: lambda x, a: x.acos(),
    sp.atan: lambda x, a: x.atan(),
    sp.asinh: lambda x, a: x.asinh(),
    sp.acosh: lambda x, a: x.acosh(),
    sp.atanh: lambda x, a: x.atanh(),
    sp.gamma: lambda x, a: x.gamma(),
    sp.loggamma: lambda x, a: x.lgamma(),
    sp.factorial: lambda x, a: (x + 1).gamma(),
    sp.erf: lambda x, a: x.erf(),
    sp.erfc: lambda x, a: x.erfc(),
    sp.zeta: lambda s, a: s.zeta(),
    zeta_derivative: lambda k, s, a: _zeta_derivative(round(float(k.real.mid())), s),
    sp.polygamma: lambda n, x, a: x.polygamma(n),
    sp.digamma: lambda x, a: x.digamma(),
    sp.beta: lambda x, y, a: x.gamma() * y.gamma() * (x + y).rgamma(),
    sp.binomial: lambda n, k, a: (n + 1).gamma() * (k + 1).rgamma() * (n - k + 1).rgamma(),
    sp.besseli: lambda n, x, a: x.bessel_i(n),
    sp.besselk: lambda n, x, a: x.bessel_k(n),
    sp.besselj: lambda n, x, a: x.bessel_j(n),
    sp.polylog: lambda s, x, a: x.polylog(s),
    sp.uppergamma: lambda s, x, a: x.gamma_upper(s),
    sp.lowergamma: lambda s, x, a: x.gamma_lower(s),
    sp.Abs: lambda x, a: x.real_abs(analytic=a),
    sp.sign: lambda x, a: x.real_sgn(analytic=a),
    sp.Heaviside: lambda x, *rest: x.real_heaviside(analytic=rest[-1]),
}

# The same on real balls, which are several times faster; where there is no entry, the real part of the complex one.
_REAL: dict[type, Callable] = {
    **{
        f: (lambda x, a, method=getattr(arb, f.__name__): method(x))
        for f in (
            sp.exp,
            sp.log,
            sp.sin,
            sp.cos,
            sp.tan,
            sp.sinh,
            sp.cosh,
            sp.tanh,
            sp.atan,
            sp.asinh,
            sp.gamma,
            sp.erf,
            sp.erfc,
        )
    },
    sp.loggamma: lambda x, a: x.lgamma(),
    sp.Abs: lambda x, a: abs(x),
}

_CONSTANTS: dict[sp.Basic, Callable[[], arb | acb]] = {
    sp.pi: lambda: arb.pi(),
    sp.E: lambda: arb.const_e(),
    sp.EulerGamma: lambda: arb.const_euler(),
    sp.Catalan: lambda: arb.const_catalan(),
    sp.GoldenRatio: lambda: (1 + arb(5).sqrt()) / 2,
    sp.I: lambda: acb(0, 1),
}


class Tape:
    """A list of ball operations that evaluates several expressions together, on ``acb``, or on ``arb`` if ``real``.

    >>> import sympy as sp
    >>> x = sp.Symbol("x")
    >>> round(float(Tape([sp.exp(x) / 2], [x])([acb(0)])[0].real), 3)
    0.5
    """

    def __init__(self, expressions: Sequence[sp.Expr], arguments: Sequence[sp.Symbol], real: bool = False) -> None:
        self._real = real
        self._constants: list[tuple[int, Callable[[], arb | acb]]] = []
        self._operations: list[tuple[int, Callable | str, tuple[int, ...]]] = []
        self._run: Callable | None = None
        self._register: dict[sp.Basic, int] = {s: i for i, s in enumerate(arguments)}
        self._size = len(self._register)
        self._arity = len(arguments)
        self._prepared: dict[int, list] = {}
        self.outputs = [self._place(read(e)) for e in expressions]

    def __call__(self, arguments: Sequence[Ball], analytic: bool = False) -> list[Ball]:
        constants = self._prepared.get(ctx.prec)
        if constants is None:
            kind = (lambda c: c.real if isinstance(c, acb) else arb(c)) if self._real else acb
            constants = self._prepared[ctx.prec] = [kind(make()) for _, make in self._constants]
        if self._run is None:
            self._run = self._compiled()
        return self._run(arguments, constants, analytic)

    def _compiled(self) -> Callable[[Sequence[Ball], list[Ball], bool], list[Ball]]:
        """The tape as one Python function; its source holds slot numbers only, no names that came from outside."""
        lines = ["def run(given, constants, analytic):"]
        if self._arity:
            lines.append("    " + ", ".join(f"r{i}" for i in range(self._arity)) + ", = given")
        if self._constants:
            lines.append("    " + ", ".join(f"r{slot}" for slot, _ in self._constants) + ", = constants")
        calls: dict[str, Callable] = {}
        for slot, operation, inputs in self._operations:
            names = [f"r{i}" for i in inputs]
            if isinstance(operation, str):
                lines.append(f"    r{slot} = {operation.format(*names)}")
            else:
                calls[f"f{slot}"] = operation
                lines.append(f"    r{slot} = f{slot}({', '.join(names)}, analytic)")
        lines.append("    return [" + ", ".join(f"r{i}" for i in self.outputs) + "]")
        exec("\n".join(lines), calls)
        return calls["run"]

    # -- building ---------------------------------------------------------------------------

    def _new(self) -> int:
        self._size += 1
        return self._size - 1

    def _emit(self, operation: Callable | str, *inputs: int) -> int:
        slot = self._new()
        self._operations.append((slot, operation, inputs))
        return slot

    def _place(self, e: sp.Basic) -> int:
        slot = self._register.get(e)
        if slot is None:
            slot = self._build(e)
            self._register[e] = slot
        return slot

    def _constant(self, make: Callable[[], arb | acb]) -> int:
        slot = self._new()
        self._constants.append((slot, make))
        return slot

    def _build(self, e: sp.Basic) -> int:
        if isinstance(e, sp.Rational):
            p, q = int(e.p), int(e.q)
            return self._constant(lambda: acb(arb(fmpq(p, q))))
        if isinstance(e, sp.Float):
            exact = shortest_decimal(e)
            return self._constant(lambda: acb(arb(fmpq(int(exact.p), int(exact.q)))))
        if e in _CONSTANTS:
            return self._constant(_CONSTANTS[e])
        if isinstance(e, sp.Add):
            if (half := _complementary(e)) is not None:
                factor, u, sign = half
                tail = self._emit("({0}).erfc()" if sign > 0 else "(-{0}).erfc()", self._place(u))
                return self._emit("{0} * {1}", self._place(factor), tail)
            return self._fold(e.args, "{0} + {1}")
        if isinstance(e, sp.Mul):
            below = [f for f in e.args if isinstance(f, sp.Pow) and f.exp.is_Rational and f.exp < 0]
            above = [f for f in e.args if f not in below]
            if below and above:
                top = self._fold(above, "{0} * {1}")
                bottom = self._fold([sp.Pow(f.base, -f.exp) for f in below], "{0} * {1}")
                return self._emit("{0} / {1}", top, bottom)
            return self._fold(e.args, "{0} * {1}")
        if isinstance(e, sp.Pow):
            if e.base is sp.E:
                return self._emit("{0}.exp()", self._place(e.exp))
            base = self._place(e.base)
            if e.exp.is_Integer:
                n = int(e.exp)
                if self._real:  # arb ** n is NaN where the base may be zero; acb ** n is not
                    plain = {1: "{0}", 2: "{0} * {0}", 3: "{0} * {0} * {0}", -1: "1 / {0}", -2: "1 / ({0} * {0})"}
                    return self._emit(plain.get(n) or (lambda x, a: (acb(x) ** n).real), base)
                return self._emit(f"{{0}} ** {n}", base)
            if e.exp == sp.Rational(1, 2):
                return self._emit("{0}.sqrt()" if self._real else "{0}.sqrt(analytic=analytic)", base)
            return self._emit(
                "{0} ** {1}" if self._real else "{0}.pow({1}, analytic=analytic)", base, self._place(e.exp)
            )
        operation = _FUNCTIONS.get(type(e))
        if operation is None:
            operation = _by_name(e)
        if self._real:
            operation = _REAL.get(type(e)) or _real_part(operation)
        return self._emit(operation, *(self._place(x) for x in e.args))

    def _fold(self, terms: Sequence[sp.Basic], operation: str) -> int:
        slot = self._place(terms[0])
        for term in terms[1:]:
            slot = self._emit(operation, slot, self._place(term))
        return slot


def _complementary(e: sp.Add) -> tuple[sp.Expr, sp.Expr, int] | None:
    """(c, u, ±1) where e is c erfc(±u), written as c(1 ∓ erf u) or c(2 − erfc u): so no digits cancel."""
    if len(e.args) != 2 or not e.has(sp.erf, sp.erfc):
        return None
    for constant, other in (e.args, e.args[::-1]):
        factor, core = other.as_independent(sp.erf, sp.erfc, as_Add=False)
        if isinstance(core, sp.erf) and factor in (constant, -constant):
            return constant, core.args[0], 1 if factor == -constant else -1
        if isinstance(core, sp.erfc) and constant == -2 * factor:
            return -factor, core.args[0], -1
    return None


def _by_name(e: sp.Basic) -> Callable:
    if type(e).__name__ == "logistic":
        return lambda x, a: 1 / (1 + (-x).exp())
    if isinstance(e, sp.Symbol):
        raise KeyError(f"symbol {e} has no value here")
    raise NotImplementedError(f"no ball arithmetic for {type(e).__name__} in {e}")


def exact(value) -> acb:
    """A number (int, float, string, SymPy number) as a ball, without rounding where it can be."""
    number = read_number(value, "the value")
    if number.is_Rational:
        return acb(arb(fmpq(int(number.p), int(number.q))))
    return Tape([number], [])([])[0]


def as_sympy(ball: acb | arb, digits: int) -> sp.Float:
    """The midpoint of a ball as a SymPy Float of ``digits`` digits."""
    real = ball.real if isinstance(ball, acb) else ball
    return sp.Float(real.mid().str(digits + 5, radius=False, more=True), digits)
