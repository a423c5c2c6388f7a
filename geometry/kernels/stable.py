"""Stable forms: rewritings of a formula that are exact in exact arithmetic and keep digits in floats.

The logistic function and its complement. A polynomial in sigma = logistic(u) loses all its digits
where sigma rounds to 1. Its *Bernstein form* does not: with sigma' = logistic(-u) = 1 - sigma,

    sum_k a_k sigma^k  =  sum_k b_k sigma^k sigma'^(d-k)      (multiply a_k by (sigma + sigma')^(d-k)),

and sigma, sigma' are both known to full relative accuracy. The residual of a neuron, sigma - t, becomes
(1 - t) sigma - t sigma'; one half of it vanishes exactly where the target t is 0 or 1.

The same for tanh u = logistic(2u) - logistic(-2u) inside polynomials of degree two and more (so that
1 - tanh^2 = 4 logistic(2u) logistic(-2u)). A polynomial of high degree in cos u, such as cos 50u is in a canonical
form, has coefficients as large as 2^d that cancel; its Fourier sum over cos ku has not. And: 1/(1 + e^v) is a logistic,
log(logistic) a softplus, log(1 + a) is log1p(a), c e^v - c is c expm1(v).
"""

from __future__ import annotations

from math import comb

import sympy as sp

from ..exact import logistic
from ..exact.functions import ReadFunction
from ..exact.reading import read

__all__ = ["stable", "stable_logarithms", "explain", "softplus", "log_cosh", "log1p", "expm1"]


class softplus(ReadFunction):
    """log(1 + exp(u)), one function so that neither tail is lost."""

    nargs = (1,)

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return logistic(self.args[0])


class log_cosh(ReadFunction):
    """log(cosh(u)), without overflow far out and without cancellation near zero."""

    nargs = (1,)

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return sp.tanh(self.args[0])


class log1p(ReadFunction):
    """log(1 + u)."""

    nargs = (1,)

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return 1 / (1 + self.args[0])


class expm1(ReadFunction):
    """exp(u) - 1."""

    nargs = (1,)

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return sp.exp(self.args[0])


# A polynomial in (sigma, sigma'): exponents of the two -> coefficient.
_Bernstein = dict[tuple[int, int], sp.Expr]


_LONGEST_FACTORED = 60  # operations


def stable(expression: sp.Expr, memo: dict[sp.Basic, sp.Basic] | None = None) -> sp.Expr:
    """The same value in a form that keeps its digits; with a memo, what expressions share is rewritten once.

    >>> x, t = sp.symbols("x t")
    >>> stable(logistic(x) - 1)
    -σ(-x)
    >>> stable(1 / (1 + sp.exp(-x)) - t)
    -t*σ(-x) + (1 - t)*σ(x)
    >>> stable(1 - sp.tanh(x) ** 2)
    4*σ(-2*x)*σ(2*x)
    >>> stable(sp.log(1 + sp.exp(x))), stable(sp.exp(x) - 1), stable(sp.log(1 + x**2))
    (softplus(x), expm1(x), log1p(x**2))
    """
    return _stable(read(expression), {} if memo is None else memo)  # type: ignore[return-value]


def stable_logarithms(expression: sp.Expr) -> sp.Expr:
    """The same value with the logarithms alone in forms that neither overflow nor cancel.

    >>> x = sp.Symbol("x", real=True)
    >>> written = stable_logarithms(sp.log(sp.cosh(x)) + sp.log(1 + sp.exp(x)) + logistic(x) - 1)
    >>> written == log_cosh(x) + softplus(x) + logistic(x) - 1
    True
    """
    return expression.replace(lambda part: isinstance(part, sp.log), _log)


def explain(before: sp.Expr, after: sp.Expr) -> str:
    """Which functions the rewriting took away and which it put in their place.

    >>> x = sp.Symbol("x")
    >>> explain(1 - logistic(x), stable(1 - logistic(x)))
    'rewritten: σ(x) -> σ(-x)'
    >>> explain(x**2, x**2)
    'nothing to rewrite'
    """
    if before == after:
        return "nothing to rewrite"
    old, new = ({f for f in sp.preorder_traversal(e) if isinstance(f, (sp.Function, sp.exp))} for e in (before, after))
    gone, come = (", ".join(sorted(_short(f) for f in functions)) for functions in (old - new, new - old))
    return (
        f"rewritten: {gone} -> {come or 'no function'}"
        if gone
        else f"rewritten with {come}"
        if come
        else "terms rearranged"
    )


def _short(e: sp.Basic) -> str:
    text = str(e)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _stable(e: sp.Basic, memo: dict[sp.Basic, sp.Basic]) -> sp.Basic:
    if not e.args or isinstance(e, (sp.Number, sp.Symbol)):
        return e
    if e in memo:
        return memo[e]
    if hasattr(e, "expression") and hasattr(e, "variables"):
        args = [_stable(e.args[0], memo), *e.args[1:]]  # a Mean: its variables are names, not values
    else:
        args = [_stable(a, memo) for a in e.args]
    new = e.func(*args) if any(a is not b for a, b in zip(args, e.args)) else e
    if isinstance(new, sp.Add):
        new = _sum(new)
    elif isinstance(new, sp.Mul):
        new = _product(new)
    elif isinstance(new, sp.Pow):
        new = _power(new)
    elif isinstance(new, sp.log):
        new = _log(new)
    memo[e] = new
    return new


def _power(e: sp.Pow) -> sp.Expr:
    base, exponent = e.args
    if exponent.is_Integer and exponent < 0 and isinstance(base, sp.Add) and len(base.args) == 2:
        one, other = base.args if base.args[0] == 1 else base.args[::-1]
        if one == 1 and isinstance(other, sp.exp):
            return logistic(-other.args[0]) ** (-exponent)
    return e


def _product(e: sp.Mul) -> sp.Expr:
    """e^v logistic(-v) = logistic(v), as often as both are there."""
    powers = {f.as_base_exp()[0]: f.as_base_exp()[1] for f in e.args if f.as_base_exp()[1].is_Integer}
    for factor in e.args:
        if not isinstance(factor, sp.exp):
            continue
        for base, k in powers.items():
            if isinstance(base, logistic) and k > 0:
                v = -base.args[0]
                ratio = sp.cancel(factor.args[0] / v) if v != 0 else sp.S.Zero
                if ratio.is_Integer and 0 < ratio <= k:
                    return _product_again(e / factor / base**ratio * logistic(v) ** ratio)
    return e


def _product_again(e: sp.Expr) -> sp.Expr:
    return _product(e) if isinstance(e, sp.Mul) else e


def _log(e: sp.log) -> sp.Expr:
    inner = e.args[0]
    if isinstance(inner, logistic):
        return -softplus(-inner.args[0])
    if isinstance(inner, sp.cosh):
        return log_cosh(inner.args[0])
    if isinstance(inner, sp.Add) and inner.args[0] == 1:
        rest = inner - 1
        return softplus(rest.args[0]) if isinstance(rest, sp.exp) else log1p(rest)
    return e


def complementary(e: sp.Expr) -> sp.Expr:
    """c erfc(±u) for c(1 ∓ erf u) and for c(2 − erfc u), so that no digits cancel; other sums as they are.

    >>> x = sp.Symbol("x")
    >>> complementary(3 - 3 * sp.erf(x)), complementary(2 - sp.erfc(x))
    (3*erfc(x), erfc(-x))
    """
    if not isinstance(e, sp.Add) or len(e.args) != 2 or not e.has(sp.erf, sp.erfc):
        return e
    for constant, other in (e.args, e.args[::-1]):
        factor, core = other.as_independent(sp.erf, sp.erfc, as_Add=False)
        if isinstance(core, sp.erf) and factor in (constant, -constant):
            return constant * _erfc(core.args[0] if factor == -constant else -core.args[0])
        if isinstance(core, sp.erfc) and constant == -2 * factor:
            return -factor * _erfc(-core.args[0])
    return e


def _erfc(u: sp.Expr) -> sp.Expr:
    # SymPy turns erfc(-u) into the difference that was to be avoided
    return sp.erfc(u, evaluate=False)


_HIGH_DEGREE = 8  # in cos u, from which a polynomial is looked at: lower ones lose three digits at most
_LOSS = 64  # by which the coefficients of the Fourier sum have to be smaller together


def _fourier(e: sp.Add, cosine: sp.Expr) -> sp.Expr:
    """A sum of powers of cos u over cos ku, 2^(n-1) cos^n u = sum_j C(n, j) cos (n - 2j)u (half of it), where it
    cancels.

    >>> x = sp.Symbol("x")
    >>> _fourier(sp.expand_trig(sp.cos(12 * x)).expand(), sp.cos(x))
    cos(12*x)
    """
    groups: dict[sp.Expr, dict[int, sp.Rational]] = {}
    for term in e.args:
        number, rest = term.as_coeff_Mul(rational=True)
        rest, power = rest.as_independent(cosine, as_Add=False)
        base, n = power.as_base_exp() if power != 1 else (cosine, sp.S.Zero)
        if base != cosine or not n.is_Integer or n < 0:
            return e
        group = groups.setdefault(rest, {})
        group[int(n)] = group.get(int(n), sp.S.Zero) + number
    if max(map(max, groups.values())) < _HIGH_DEGREE:
        return e
    terms: list[sp.Expr] = []
    before = after = sp.S.Zero
    for rest, powers in groups.items():
        waves: dict[int, sp.Rational] = {}
        for n, c in powers.items():
            for j in range(n + 1):
                k = abs(n - 2 * j)
                waves[k] = waves.get(k, sp.S.Zero) + c * sp.Rational(comb(n, j), 2**n)
        before, after = before + sum(map(abs, powers.values())), after + sum(map(abs, waves.values()))
        terms += [c * rest * sp.cos(k * cosine.args[0]) for k, c in waves.items()]
    return sp.Add(*terms) if before > _LOSS * after else e


def _sum(e: sp.Add) -> sp.Expr:
    for f in sorted(_polynomial_in(e, sp.cos), key=sp.default_sort_key):
        e = _fourier(e, f)
        if not isinstance(e, sp.Add):
            return e
    for u in sorted({_oriented(f.args[0]) for f in _polynomial_in(e, logistic)}, key=sp.default_sort_key):
        e = _homogenised(e, logistic(u), logistic(-u), None)
        if not isinstance(e, sp.Add):
            return e
    for f in sorted(_polynomial_in(e, sp.tanh), key=sp.default_sort_key):
        u = 2 * f.args[0]
        e = _homogenised(e, logistic(u), logistic(-u), f)
        if not isinstance(e, sp.Add):
            return e
    return complementary(_expm1(e))


def _oriented(u: sp.Expr) -> sp.Expr:
    return -u if u.could_extract_minus_sign() else u


def _polynomial_in(e: sp.Add, kind: type) -> set[sp.Expr]:
    """The functions of a kind that occur as factors of a term (not inside other functions)."""
    found = set()
    for term in e.args:
        for factor in sp.Mul.make_args(term):
            base, exponent = factor.as_base_exp()
            if isinstance(base, kind) and exponent.is_Integer and exponent > 0:
                found.add(base)
    return found


def _homogenised(e: sp.Add, p: sp.Expr, q: sp.Expr, tanh: sp.Expr | None) -> sp.Expr:
    """The sum as a homogeneous polynomial in p and q, p + q = 1; as it was if it is no polynomial in them.

    With `tanh`, that function stands for p - q, and only sums with numbers for coefficients are rewritten:
    x + tanh(u) is at its best as it is.
    """
    terms = [_bernstein(t, p, q, tanh) for t in e.args]
    if any(t is None for t in terms):
        return e
    degrees = [max(a + b for a, b in t) for t in terms]  # type: ignore[union-attr]
    top = max(degrees)
    if tanh is not None:
        numeric = all(c.is_number for t in terms for c in t.values())  # type: ignore[union-attr]
        if not numeric:
            return e
    elif min(degrees) == top and all(len({a + b for a, b in t}) == 1 for t in terms):  # type: ignore[union-attr]
        return e
    total: _Bernstein = {}
    for t in terms:
        _accumulate(total, _raised(t, top))  # type: ignore[arg-type]
    if tanh is not None and sum(1 for c in total.values() if c != 0) > 1:
        return e  # no cancellation was resolved: tanh itself is the better form
    return sp.Add(*(_factored(c) * p**a * q**b for (a, b), c in total.items()))


def _factored(c: sp.Expr) -> sp.Expr:
    """A coefficient as a product, if it is short; factoring a long one can take for ever and gains nothing."""
    return sp.factor_terms(sp.factor(c)) if c.count_ops() <= _LONGEST_FACTORED else c


def _bernstein(term: sp.Expr, p: sp.Expr, q: sp.Expr, tanh: sp.Expr | None) -> _Bernstein | None:
    out: _Bernstein = {(0, 0): sp.S.One}
    for factor in sp.Mul.make_args(term):
        base, n = factor.as_base_exp()
        positive = n.is_Integer and n > 0
        if base == p and positive:
            step: _Bernstein | None = {(int(n), 0): sp.S.One}
        elif base == q and positive:
            step = {(0, int(n)): sp.S.One}
        elif tanh is not None and base == tanh and positive:
            step = {(int(n) - k, k): sp.Integer((-1) ** k * comb(int(n), k)) for k in range(int(n) + 1)}
        elif not factor.has(p, q) and (tanh is None or not factor.has(tanh)):
            step = {(0, 0): factor}
        elif isinstance(base, sp.Add) and positive and n <= 8:
            inner: _Bernstein = {}
            for t in base.args:
                part = _bernstein(t, p, q, tanh)
                if part is None:
                    return None
                _accumulate(inner, part)
            step = {(0, 0): sp.S.One}
            for _ in range(int(n)):
                step = _times(step, inner)
        else:
            step = None
        if step is None:
            return None
        out = _times(out, step)
    return out


def _times(a: _Bernstein, b: _Bernstein) -> _Bernstein:
    out: _Bernstein = {}
    for (i, j), c in a.items():
        for (k, m), d in b.items():
            out[i + k, j + m] = out.get((i + k, j + m), sp.S.Zero) + c * d
    return out


def _accumulate(total: _Bernstein, part: _Bernstein) -> None:
    for key, c in part.items():
        total[key] = total.get(key, sp.S.Zero) + c


def _raised(t: _Bernstein, degree: int) -> _Bernstein:
    """Multiplied by powers of p + q = 1 until every term has the degree."""
    out: _Bernstein = {}
    for (a, b), c in t.items():
        missing = degree - a - b
        _accumulate(out, {(a + missing - k, b + k): c * comb(missing, k) for k in range(missing + 1)})
    return out


def _expm1(e: sp.Add) -> sp.Expr:
    """c e^v + ... - c  =  c expm1(v) + ..."""
    constant = e.args[0]
    if not constant.is_Number:
        return e
    for term in e.args[1:]:
        c, rest = term.as_coeff_Mul()
        if isinstance(rest, sp.exp) and c == -constant:
            return e - constant - term + c * expm1(rest.args[0])
    return e
