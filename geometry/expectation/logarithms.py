"""Logarithms of positive expressions, taken apart into sums.

``log_of(p)`` turns a density into a sum of products, which is the form in which
exponential families and standard integrals are recognised.  All identities used
hold on the positive domain of the density (log uv = log u + log v for u, v > 0);
what is derived from them is checked by normalisation afterwards.
"""

from __future__ import annotations

from functools import lru_cache

import sympy as sp

from ..exact.reading import read


@lru_cache(maxsize=4096)
def log_of(e: sp.Expr) -> sp.Expr:
    """log e for a positive ``e``, as a sum over its factors.

    >>> import sympy as sp
    >>> x, s = sp.symbols("x s", positive=True)
    >>> log_of(sp.exp(-x/s)*x**2/s)
    -log(s) + 2*log(x) - x/s
    """
    e = read(e)
    if e == 1:
        return sp.S.Zero
    if isinstance(e, sp.Mul):
        factors = list(e.args)
        if factors[0].is_Number and factors[0].is_negative:
            rest = factors[1:]
            if factors[0] == -1 and len(rest) == 1:
                return sp.log(e)
            # log(-2 t) with t < 0: the sign stays with the first factor not known to be positive.
            pick = next((i for i, f in enumerate(rest) if f.is_negative), None)
            if pick is None:
                pick = _negative_one(rest)
            rest[pick] = -rest[pick]
            factors = [-factors[0], *rest]
        return sp.Add(*(log_of(f) for f in factors))
    if isinstance(e, sp.exp):
        return e.exp
    if isinstance(e, sp.Pow):
        if e.base is sp.E:
            return e.exp
        return e.exp * log_of(e.base)
    if isinstance(e, sp.factorial):
        return sp.loggamma(e.args[0] + 1)
    if isinstance(e, sp.gamma):
        return sp.loggamma(e.args[0])
    if isinstance(e, sp.beta):
        a, b = e.args
        return sp.loggamma(a) + sp.loggamma(b) - sp.loggamma(a + b)
    if isinstance(e, sp.binomial):
        n, k = e.args
        return sp.loggamma(n + 1) - sp.loggamma(k + 1) - sp.loggamma(n - k + 1)
    if isinstance(e, sp.RisingFactorial):
        a, n = e.args
        return sp.loggamma(a + n) - sp.loggamma(a)
    if isinstance(e, sp.Rational) and e.q != 1:
        return sp.log(e.p) - sp.log(e.q)
    if isinstance(e, (sp.cosh, sp.sech)):
        (u,) = e.args
        sign = 1 if isinstance(e, sp.cosh) else -1
        return sign * (log_of(1 + sp.exp(-2 * u)) + u - sp.log(2))
    if isinstance(e, sp.Add):
        terms = sp.factor_terms(e)
        if isinstance(terms, sp.Mul):
            return log_of(terms)
    return sp.log(e)


def _negative_one(factors: list[sp.Expr]) -> int:
    """Which factor of a positive product carries its minus sign: one that is negative near the origin.

    Logarithms come before sums, and sums before symbols, since a lone symbol is mostly a scale.
    """

    def weight(f: sp.Expr) -> int:
        base, exponent = f.as_base_exp()
        if f.is_positive or exponent.is_Integer and exponent % 2 == 0:
            return 0
        kind = 3 if isinstance(base, sp.log) else 2 if base.is_Add else 1
        return kind + 4 * _negative_near_origin(base)

    return max(range(len(factors)), key=lambda i: weight(factors[i]))


def _negative_near_origin(e: sp.Expr) -> bool:
    """Whether e < 0 at a small positive value of each symbol, where most factors of densities are positive."""
    symbols = sorted(e.free_symbols, key=str)
    value = e.subs({s: (-1 if s.is_negative else 1) * sp.Rational(1, 97 + 4 * i) for i, s in enumerate(symbols)})
    return bool(value.is_number and sp.N(value).is_negative)


def open_logs(e: sp.Expr) -> sp.Expr:
    """Every logarithm inside ``e`` replaced by the sum over its factors, products multiplied out.

    >>> import sympy as sp
    >>> a, b = sp.symbols("a b", positive=True)
    >>> open_logs(a*sp.log(a/b))
    a*log(a) - a*log(b)
    """
    if e.has(sp.log):
        e = e.replace(lambda s: isinstance(s, sp.log), lambda s: log_of(s.args[0]))
    return sp.expand(e, log=False, deep=False)


def multiplied_out(e: sp.Expr) -> sp.Expr:
    """A sum of products with every logarithm opened; exponentials and powers stay whole.

    >>> import sympy as sp
    >>> x, m, v = sp.symbols("x m v", positive=True)
    >>> multiplied_out(-(x - m)**2/v)
    -m**2/v + 2*m*x/v - x**2/v
    """
    return sp.expand(open_logs(e), log=False, power_base=False, power_exp=False)


def log_density(density: sp.Expr) -> sp.Expr:
    """log of a density with every product, power and exponential taken apart.

    >>> import sympy as sp
    >>> x, m, v = sp.symbols("x m v", positive=True)
    >>> log_density(sp.exp(-(x - m)**2/(2*v))/sp.sqrt(2*sp.pi*v))
    -log(v)/2 - log(pi)/2 - log(2)/2 - (-m + x)**2/(2*v)
    """
    return open_logs(log_of(density))


@lru_cache(maxsize=4096)
def shift_gamma(argument: sp.Expr, plain: bool = False) -> tuple[sp.Expr, int]:
    """Write ``argument`` as z + n, n integer, with the rational part of z in (0, 1].

    So z stays away from the pole when the rest is small.  With ``plain`` an argument a + n becomes a, not a + 1.
    """
    constant, rest = argument.as_coeff_Add()
    if not constant.is_Rational:
        return argument, 0
    plain = plain and not rest.could_extract_minus_sign()
    n = int(sp.floor(constant)) if plain else int(sp.ceiling(constant)) - 1
    return constant - n + rest, n


def reduce_gamma(e: sp.Expr, plain: bool = False) -> sp.Expr:
    """loggamma and polygamma with arguments shifted by the recurrence to a standard range (see `shift_gamma`).

    log Γ(z + 1) = log Γ(z) + log z;  ψ^(m)(z + 1) = ψ^(m)(z) + (−1)^m m!/z^(m+1)   (DLMF 5.5.1, 5.15.5).

    >>> import sympy as sp
    >>> a = sp.Symbol("a", positive=True)
    >>> reduce_gamma(sp.loggamma(a + 3) - sp.loggamma(a + 1)) == sp.log(a + 1) + sp.log(a + 2)
    True
    """

    def log_gamma(argument):
        if argument.is_number:
            return sp.loggamma(argument)
        z, n = shift_gamma(argument, plain)
        steps = range(n) if n > 0 else range(n, 0)
        signed = sp.Add(*(sp.log(z + k) for k in steps))
        start = sp.loggamma(z) if z != 1 else sp.S.Zero
        return start + (signed if n > 0 else -signed)

    def poly_gamma(m, argument):
        if not (m.is_Integer and m >= 0) or argument.is_number:
            return sp.polygamma(m, argument)
        z, n = shift_gamma(argument, plain)
        steps = range(n) if n > 0 else range(n, 0)
        total = sp.Add(*((z + k) ** (-m - 1) for k in steps))
        return sp.polygamma(m, z) + (1 if n > 0 else -1) * (-1) ** m * sp.factorial(m) * total

    if e.has(sp.loggamma):
        e = e.replace(sp.loggamma, log_gamma)

    def plain_gamma(argument):
        z, n = shift_gamma(argument, plain)
        if argument.is_number or n == 0 or abs(n) > 50:
            return sp.gamma(argument)
        steps = range(n) if n > 0 else range(n, 0)
        product = sp.Mul(*(z + k for k in steps))
        return sp.gamma(z) * (product if n > 0 else 1 / product)

    if e.has(sp.polygamma):
        e = e.replace(sp.polygamma, poly_gamma)
    if e.has(sp.gamma):
        e = e.replace(sp.gamma, plain_gamma)
    return e


@lru_cache(maxsize=4096)
def _split_base(base: sp.Expr) -> tuple[tuple[sp.Expr, int], ...]:
    """A positive base as a product of primitive factors, so that equal logarithms cancel."""
    if base.is_Rational or not base.free_symbols:
        return tuple((f, k) for f, k in _number_factors(base))
    try:
        top, bottom = sp.fraction(sp.together(base))
        parts: dict[sp.Expr, int] = {}
        negative = False
        for side, sign in ((top, 1), (bottom, -1)):
            content, factors = sp.factor_list(side)
            negative ^= bool(content.is_number and content.is_negative)
            for f, k in factors:
                if _negative_near_origin(f):
                    f, negative = -f, negative ^ bool(k % 2)
                parts[f] = parts.get(f, 0) + sign * k
            for f, k in _number_factors(abs(content)):
                parts[f] = parts.get(f, 0) + sign * k
        if negative:
            odd = [f for f, k in parts.items() if k % 2 and f.free_symbols]
            if not odd:
                return ((base, 1),)
            f = odd[_negative_one(odd)]
            k = parts.pop(f)
            parts[-f] = parts.get(-f, 0) + k
        return tuple((f, k) for f, k in parts.items() if k)
    except sp.PolynomialError:
        return ((base, 1),)


def _number_factors(number: sp.Expr):
    if number.is_Rational:
        if number > 0:
            yield from ((sp.Integer(p), k) for p, k in sp.factorrat(number).items())
            return
    if number.is_Mul or number.is_Pow:
        yield from ((f, k) for f, k in number.as_powers_dict().items())
        return
    yield number, 1


def tidy_log(e: sp.Expr, shift: bool = True) -> sp.Expr:
    """A log-integral as Σ coefficient·log(primitive factor) + Σ log Γ, equal terms cancelled.

    With ``shift`` arguments of log Γ that differ by integers are brought together.

    >>> import sympy as sp
    >>> p, n = sp.symbols("p n", positive=True)
    >>> tidy_log(n*sp.log(1 + p/(1 - p)) + n*sp.log(1 - p))
    0
    """
    e = open_logs(reduce_gamma(e) if shift else e)
    if e.has(sp.log):
        e = e.replace(
            lambda s: isinstance(s, sp.log),
            lambda s: sp.Add(*(k * sp.log(f) for f, k in _split_base(s.args[0]))),
        )
    e = sp.expand(e, log=False)
    groups: dict[sp.Expr, list[sp.Expr]] = {}
    plain = []
    for term in sp.Add.make_args(e):
        logs = [f for f in sp.Mul.make_args(term) if isinstance(f, (sp.log, sp.loggamma))]
        if len(logs) == 1:
            groups.setdefault(logs[0], []).append(term / logs[0])
        else:
            plain.append(term)
    total = sp.Add(*plain)
    rational_part = _cancelled(total)
    return rational_part + sp.Add(*(_cancelled(sp.Add(*cs)) * g for g, cs in groups.items()))


def _cancelled(e: sp.Expr) -> sp.Expr:
    if e.is_Add and any(f.is_Pow and f.exp.is_negative for f in sp.preorder_traversal(e)):
        try:
            return sp.expand(sp.cancel(sp.together(e)))
        except (sp.PolynomialError, NotImplementedError):
            return e
    return e


def exp_of(log_value: sp.Expr) -> sp.Expr:
    """exp of a tidy logarithm, as a product of powers and gamma functions.

    >>> import sympy as sp
    >>> a = sp.Symbol("a", positive=True)
    >>> exp_of(2*sp.log(a) - sp.log(2))
    a**2/2
    """
    factors = []
    rest = []
    for term in sp.Add.make_args(log_value):
        coefficient, core = term.as_independent(sp.log, sp.loggamma, as_Add=False)
        if isinstance(core, sp.log):
            factors.append(sp.Pow(core.args[0], coefficient))
        elif isinstance(core, sp.loggamma) and coefficient.is_Integer:
            factors.append(sp.gamma(core.args[0]) ** coefficient)
        else:
            rest.append(term)
    return sp.Mul(*factors) * sp.exp(sp.Add(*rest))
