"""One-variable integrals and sums: log ∫ exp(L(x)) dx recognised by form.

L is a sum of coefficient × atom(x).  `entries` holds the normalising constants of the gamma, beta, Gaussian, inverse
Gaussian, von Mises, … kernels with *arbitrary* coefficients, so moments follow by differentiation with respect to the
coefficients and nothing is ever integrated twice.  Here a weight is taken apart and its entry found.
"""

from __future__ import annotations

from functools import lru_cache

import sympy as sp

from ..exact.errors import InputError
from .density import Variable
from .entries import LogIntegral, entry
from .logarithms import exp_of, multiplied_out, open_logs, reduce_gamma

oo = sp.oo


class Diverges(InputError):
    """The integral does not exist for any value of the parameters."""


@lru_cache(maxsize=2048)
def log_integral(weight: sp.Expr, variable: Variable) -> LogIntegral | None:
    """log ∫ exp(weight) over one variable, or None where the table has no such entry.

    >>> import sympy as sp
    >>> x, a, b = sp.symbols("x a b", positive=True)
    >>> log_integral((a - 1)*sp.log(x) - b*x, Variable(x, sp.S.Zero, sp.oo)).value
    -a*log(b) + loggamma(a)
    """
    if variable.values:
        return _finite(weight, variable)
    return _sum(weight, variable) if variable.discrete else _integral(weight, variable)


def coefficients(weight: sp.Expr, x: sp.Symbol) -> dict[sp.Expr, sp.Expr] | None:
    """weight = Σ c_k t_k(x): the map t_k -> c_k (t = 1 for the constant), or None if it does not separate."""
    terms: dict[sp.Expr, sp.Expr] = {}
    if weight.has(sp.sin, sp.cos):
        weight = sp.expand_trig(weight)
    for term in sp.Add.make_args(multiplied_out(weight)):
        c, t = term.as_independent(x, as_Add=False)
        if isinstance(t, sp.Mul) and not all(_is_atom(f, x) for f in t.args):
            return None
        if isinstance(t, sp.log) and x in t.free_symbols:
            monic = _monic(t.args[0], x)
            if monic is not None:
                lead, root_form = monic
                terms[sp.S.One] = terms.get(sp.S.One, sp.S.Zero) + c * sp.log(lead)
                t = sp.log(root_form)
        terms[t] = terms.get(t, sp.S.Zero) + c
    return {t: c for t, c in terms.items() if c != 0}


def _is_atom(f: sp.Expr, x: sp.Symbol) -> bool:
    return f == x or isinstance(f, (sp.log, sp.cos, sp.sin)) or (f.is_Pow and f.base == x)


def _monic(base: sp.Expr, x: sp.Symbol) -> tuple[sp.Expr, sp.Expr] | None:
    """a x + b -> (a, x + b/a), or (−a, −b/a − x) when a is negative."""
    if base == x:
        return None
    expanded = sp.expand(base)
    a = expanded.coeff(x, 1)
    b = expanded.coeff(x, 0)
    if a == 0 or x in a.free_symbols or sp.expand(a * x + b - expanded) != 0 or a.is_number and a in (1, -1):
        return None
    if a.could_extract_minus_sign():
        return -a, sp.expand(-b / a) - x
    return a, sp.expand(b / a) + x


# -- integrals ------------------------------------------------------------------------------


def _integral(weight: sp.Expr, variable: Variable) -> LogIntegral | None:
    x, lower, upper = variable.symbol, variable.lower, variable.upper
    if lower == -oo and upper == oo:
        terms = coefficients(weight, x)
        return None if terms is None else _line(terms, x)
    if lower == -oo:  # y = upper − x
        return _from_zero(sp.expand(weight.subs(x, upper - x)), x, oo)
    if lower != 0:
        weight = weight.subs(x, lower + x)
    return _from_zero(weight, x, oo if upper == oo else sp.expand(upper - lower))


def _line(terms: dict[sp.Expr, sp.Expr], x: sp.Symbol) -> LogIntegral | None:
    terms = dict(terms)
    constant = terms.pop(sp.S.One, sp.S.Zero)
    a = -terms.pop(x**2, sp.S.Zero)
    b = terms.pop(x, sp.S.Zero)
    if terms:
        return None
    if a == 0:
        raise Diverges(f"the integral over {x} from -oo to oo diverges")
    return entry("gaussian").at(constant, a=a, b=b)


def _from_zero(weight: sp.Expr, x: sp.Symbol, upper: sp.Expr) -> LogIntegral | None:
    """Integrals from 0 to ``upper`` (possibly oo)."""
    terms = coefficients(weight, x)
    if terms is None:
        return None
    constant = terms.pop(sp.S.One, sp.S.Zero)
    A = terms.pop(sp.log(x), sp.S.Zero)
    logs: dict[sp.Expr, sp.Expr] = {}  # base -> coefficient of its logarithm
    powers: dict[sp.Expr, sp.Expr] = {}  # p -> coefficient of x^p
    for t, c in terms.items():
        if isinstance(t, sp.log):
            logs[t.args[0]] = c
        elif t == x or (t.is_Pow and t.base == x and x not in t.exp.free_symbols):
            powers[t.as_base_exp()[1]] = c
        elif t == sp.log(x) ** 2 and len(terms) == 1 and upper == oo:
            return entry("log-normal").at(constant, A=A, a=-c)
        elif isinstance(t, sp.cos) and upper == sp.pi:
            continue
        else:
            return _circular(terms, constant, A, x, upper)
    if upper == oo:
        if len(powers) == 1 and not logs:
            return _gamma(constant, A, *next(iter(powers.items())))
        if not powers and len(logs) == 1:
            return _beta_prime(constant, A, *next(iter(logs.items())), x)
        if set(powers) == {sp.S.One, sp.S.NegativeOne} and not logs:
            return _inverse_gaussian(constant, A, -powers[sp.S.One], -powers[sp.S.NegativeOne])
        if not powers and not logs:
            raise Diverges(f"the integral over {x} up to oo diverges")
        return None
    if upper == sp.pi and A == 0 and not powers:
        return _spherical(constant, logs, terms, x)
    if powers:
        if set(powers) == {sp.S.One} and not logs and A == 0:  # ∫_0^U e^{cx} dx
            c = powers[sp.S.One]
            return entry("truncated exponential").at(constant, c=c, U=upper)
        return None
    B = sp.S.Zero
    for base, c in logs.items():
        if sp.expand(upper - x - base) == 0:
            B = c
        elif A == 0 and len(logs) == 1 and sp.expand(base - x).free_symbols.isdisjoint({x}):
            r = sp.expand(base - x)  # ∫_0^U (x + r)^c dx
            return entry("truncated power").at(constant, c=c, r=r, U=upper)
        else:
            return None
    return entry("beta").at(constant, A=A, B=B, U=upper)


def _gamma(constant, A, p, c) -> LogIntegral:
    size = -p if p.could_extract_minus_sign() else p
    return entry("gamma").at(constant, s=_simple((A + 1) / p), b=-c, p=size)


def _simple(e: sp.Expr) -> sp.Expr:
    return sp.expand(sp.cancel(e)) if e.is_Mul and not e.is_number else e


def _beta_prime(constant, A, base, B, x) -> LogIntegral | None:
    r = sp.expand(base - x)
    if x in r.free_symbols:
        return None
    if A == 0:
        return entry("Pareto").at(constant, B=B, r=r)
    return entry("beta prime").at(constant, A=A, B=B, r=r)


def _inverse_gaussian(constant, A, a, b) -> LogIntegral:
    found = entry("generalised inverse Gaussian").at(constant, A=A, a=sp.factor(a), b=sp.factor(b))
    return LogIntegral(found.value.replace(sp.besselk, _bessel_k), found.conditions)


def _bessel_k(order: sp.Expr, z: sp.Expr) -> sp.Expr:
    """K_order(z), elementary where the order is half an odd number (DLMF 10.39.2, 10.49.12)."""
    if not (order.is_Rational and order.q == 2):
        return sp.besselk(order, z)
    m = int(abs(order) - sp.Rational(1, 2))
    series = sum(sp.factorial(m + k) / (sp.factorial(k) * sp.factorial(m - k)) * (2 * z) ** (-k) for k in range(m + 1))
    return sp.sqrt(sp.pi / (2 * z)) * sp.exp(-z) * series


def _circular(terms, constant, A, x, upper) -> LogIntegral | None:
    """∫_0^{2π} exp(a cos x + b sin x) dx = 2π I_0(√(a² + b²))."""
    a = terms.pop(sp.cos(x), sp.S.Zero)
    b = terms.pop(sp.sin(x), sp.S.Zero)
    if terms or A != 0 or upper != 2 * sp.pi:
        return None
    # I_0 is even: keep the square of its argument whole rather than take the root of factors of unknown sign.
    radius = sp.sqrt(sp.factor(sp.trigsimp(sp.expand(a**2 + b**2)))) if b != 0 else a
    return entry("von Mises").at(constant, R=radius)


def _spherical(constant, logs, terms, x) -> LogIntegral | None:
    """∫_0^π I_0(s sin x) e^{c cos x} sin x dx = 2 sinh(R)/R, R² = s² + c²: the integral over the sphere.

    The left side is ∫ exp(c·n) dn/2π over the unit sphere after the azimuth has been integrated out.
    """
    c = terms.get(sp.cos(x), sp.S.Zero)
    rest = dict(logs)
    if rest.pop(sp.sin(x), None) != 1 or len(rest) > 1:
        return None
    square = c**2
    for base, power in rest.items():
        if not isinstance(base, sp.besseli) or power != 1 or base.args[0] != 0:
            return None
        s2 = sp.cancel(sp.expand(base.args[1] ** 2) / sp.sin(x) ** 2)
        if x in s2.free_symbols:
            return None
        square += s2
    radius = sp.sqrt(sp.factor(sp.trigsimp(sp.expand(square))))
    return entry("von Mises–Fisher").at(constant, R=radius)


# -- sums ----------------------------------------------------------------------------------------


def _sum(weight: sp.Expr, variable: Variable) -> LogIntegral | None:
    x, lower, upper = variable.symbol, variable.lower, variable.upper
    count = sp.expand(upper - lower)
    if count.is_Integer and lower.is_Integer and count < 64:
        return _finite(weight, variable)
    if lower == -oo:
        return None
    terms = coefficients(weight, x)
    if terms is None:
        return None
    constant = terms.pop(sp.S.One, sp.S.Zero)
    c = terms.pop(x, sp.S.Zero)
    up = {t.args[0]: k for t, k in terms.items() if isinstance(t, sp.loggamma)}
    logs = {t.args[0]: k for t, k in terms.items() if isinstance(t, sp.log)}
    if len(up) + len(logs) != len(terms):
        return None
    if upper == oo:
        return _infinite_sum(constant, c, up, logs, x, lower)
    if lower != 0 or logs:
        return None
    return _binomial_sum(constant, c, up, x, upper)


def _infinite_sum(constant, c, up, logs, x, lower) -> LogIntegral | None:
    z = sp.exp(c)
    if not up and not logs:
        if c == 0:
            raise Diverges(f"the sum over {x} diverges")
        return entry("geometric").at(constant + c * lower, c=c)
    if not up and len(logs) == 1 and logs.get(x) is not None and lower == 1:
        s = -logs[x]
        if c == 0:
            return entry("zeta").at(constant, s=s)
        if s == 1:
            return entry("logarithmic").at(constant, c=c)
        return entry("polylogarithm").at(constant, c=c, s=s)
    if logs:
        return None
    if up == {x + 1: -1}:
        if lower == 0:
            return entry("exponential series").at(constant, c=c)
        if lower.is_Integer and 0 < lower < 8:
            head = sum(z**k / sp.factorial(k) for k in range(int(lower)))
            return LogIntegral(constant + sp.log(sp.exp(z) - head))
    if lower == 0 and len(up) == 2 and up.get(x + 1) == -1:
        (base,) = (b for b in up if b != x + 1)
        r = sp.expand(base - x)
        if up[base] == 1 and x not in r.free_symbols:
            return entry("negative binomial").at(constant, c=c, r=r)
    return None


def _binomial_sum(constant, c, up, x, N) -> LogIntegral | None:
    """Σ_{x=0}^N e^{cx}/(x! (N−x)!) = (1 + e^c)^N / N!, and the Chu–Vandermonde sum."""
    down = [b for b, k in up.items() if k == -1]
    above = [b for b, k in up.items() if k == 1]
    if len(down) + len(above) != len(up):
        return None
    if not any(sp.expand(b - x - 1) == 0 for b in down) or not any(sp.expand(b - (N - x + 1)) == 0 for b in down):
        return None
    if len(down) == 2 and not above:
        return entry("binomial").at(constant, c=c, N=N)
    if len(down) == 2 and len(above) == 2 and c == 0:
        a = [sp.expand(b - x) for b in above if x not in sp.expand(b - x).free_symbols]
        b = [sp.expand(b - N + x) for b in above if x not in sp.expand(b - N + x).free_symbols]
        if len(a) == 1 and len(b) == 1:
            return entry("Chu–Vandermonde").at(constant, a=a[0], b=b[0], N=N)
    return None


def _finite(weight: sp.Expr, variable: Variable) -> LogIntegral:
    x = variable.symbol
    values = variable.values or [variable.lower + k for k in range(int(sp.expand(variable.upper - variable.lower)) + 1)]
    total = sp.Add(*(_exp(weight.subs(x, v)) for v in values))
    return LogIntegral(sp.log(total))


def _exp(log_value: sp.Expr) -> sp.Expr:
    return exp_of(open_logs(reduce_gamma(log_value)))
