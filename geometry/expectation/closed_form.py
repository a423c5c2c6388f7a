"""∫ f(x) exp(L(x)) dx in closed form, for f a sum of products of powers and logarithms.

A factor x^r, exp(u) or (1 + x)^r of f only shifts the exponents of the kernel exp(L); a factor
log(1 + x)^n, or x^n under a Gaussian, is an n-th derivative with respect to a coefficient.
So every integral of the table comes with all its moments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import sympy as sp

from .density import Piece, Variable
from .logarithms import exp_of, log_of, open_logs, reduce_gamma, tidy_log
from .table import Diverges, LogIntegral, log_integral

__all__ = ["all_cells", "Monomial", "integral", "iterated", "monomials"]


def iterated(piece: Piece) -> LogIntegral | None:
    """log ∫ exp(L) over all variables of a piece by the table, innermost first.

    >>> import sympy as sp
    >>> x, y, a, c = sp.symbols("x y a c", positive=True)
    >>> inner, outer = Variable(y, x, sp.oo), Variable(x, sp.S.Zero, sp.oo)
    >>> iterated(Piece((a - 1)*sp.log(y - x) - c*y, (outer, inner))).value
    (-a - 1)*log(c) + loggamma(a)
    """
    if piece.variables and (cells := all_cells(piece.variables)) is not None:
        p = sp.exp(piece.log_density)
        return LogIntegral(sp.log(sp.Add(*(exp_of_terms(p.subs(cell, simultaneous=True)) for cell in cells))))
    for order in _orders(piece.variables):
        value, conditions = piece.log_density, ()
        for variable in reversed(order):
            found = log_integral(value, variable)
            if found is None:
                break
            value, conditions = tidy_log(found.value, shift=False), conditions + found.conditions
        else:
            return LogIntegral(value, conditions)
    return None


def _orders(variables: tuple[Variable, ...]) -> Iterator[tuple[Variable, ...]]:
    yield variables
    bounds = set().union(*(v.lower.free_symbols | v.upper.free_symbols for v in variables)) if variables else set()
    if len(variables) > 1 and not bounds & {v.symbol for v in variables}:
        yield variables[::-1]


# -- integrands ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Monomial:
    """coefficient · exp(shift) · Π t^n: how one term of an integrand acts on a kernel."""

    coefficient: sp.Expr
    shift: sp.Expr
    moments: tuple[tuple[sp.Expr, int], ...]


def monomials(f: sp.Expr, symbols: Sequence[sp.Symbol], shift_powers: bool) -> list[Monomial] | None:
    """Split an integrand into monomials, or None where a factor fits no kernel."""
    result = []
    terms, held = _multiplied_out(f, symbols)
    for term in sp.Add.make_args(terms):
        coefficient, core = term.as_independent(*symbols, *held, as_Add=False)
        shift = sp.S.Zero
        moments: dict[sp.Expr, int] = {}
        for factor in sp.Mul.make_args(core):
            if factor == 1:
                continue
            base, exponent = factor.as_base_exp()
            if base in held:
                shift -= exponent * log_of(held[base])
                continue
            natural = exponent.is_Integer and exponent > 0
            if isinstance(factor, sp.exp):
                shift += factor.exp
            elif isinstance(base, (sp.log, sp.cos, sp.sin)) and natural:
                moments[base] = moments.get(base, 0) + int(exponent)
            elif natural and base.is_Symbol and not shift_powers:
                moments[base] = moments.get(base, 0) + int(exponent)
            elif exponent.free_symbols.isdisjoint(symbols) and (base.is_Symbol or base.is_Add):
                shift += exponent * log_of(base)
            else:
                return None
        result.append(Monomial(coefficient, shift, tuple(moments.items())))
    return result


def _multiplied_out(f: sp.Expr, symbols: Sequence[sp.Symbol]) -> tuple[sp.Expr, dict[sp.Symbol, sp.Expr]]:
    """f as a sum, its denominators held as symbols d (each one standing for 1/base)."""
    if f.has(sp.log):
        f = f.replace(lambda s: isinstance(s, sp.log), lambda s: log_of(s.args[0]))
    if f.has(sp.cosh, sp.sinh, sp.tanh, sp.sech):
        f = f.rewrite(sp.exp)
    if f.has(sp.sin, sp.cos):
        f = sp.expand_trig(f)
    held: dict[sp.Expr, sp.Symbol] = {}

    def hold(p):
        result = []
        for base, n in _factored(p.base, tuple(symbols)).as_powers_dict().items():
            if base.is_Add and base.free_symbols & set(symbols):
                base = held.setdefault(base, sp.Dummy("d", positive=True))
                n = -n
            result.append(base ** (n * p.exp))
        return sp.Mul(*result)

    f = f.replace(
        lambda p: p.is_Pow and p.exp.is_Integer and p.exp < 0 and p.base.is_Add and bool(p.free_symbols & set(symbols)),
        hold,
    )
    return sp.expand(f, log=False), {d: base for base, d in held.items()}


@lru_cache(maxsize=1024)
def _factored(base: sp.Expr, symbols: Sequence[sp.Symbol]) -> sp.Expr:
    """A denominator with its constants in front, so that 2 + 2x and 1 + x are one base."""
    base = sp.factor_terms(sp.together(base))
    if base.is_Mul:
        return base
    if base.is_Add and len(symbols) == 1:
        constant, rest = base.as_independent(*symbols, as_Add=True)
        if constant != 0 and constant != 1 and rest.is_Mul:
            coefficient, core = rest.as_independent(*symbols, as_Add=False)
            if sp.cancel(coefficient / constant) == 1:
                return constant * (1 + core)
    return base


@lru_cache(maxsize=64)
def _chances(log_density: sp.Expr, cells: tuple[tuple[tuple[sp.Symbol, sp.Expr], ...], ...]) -> tuple[sp.Expr, ...]:
    """The density at each of finitely many values of the sample variables."""
    return tuple(exp_of_terms(sp.exp(log_density.xreplace(dict(cell)))) for cell in cells)


def integral(f: sp.Expr, piece: Piece, needs: set[sp.Expr] | None = None) -> sp.Expr | None:
    """∫ f exp(L) over one piece; None where some term has no closed form.

    Expressions that must be positive for every term to converge are added to ``needs``.

    >>> import sympy as sp
    >>> x, b = sp.symbols("x b", positive=True)
    >>> integral(x*sp.log(x), Piece(-b*x, (Variable(x, sp.S.Zero, sp.oo),)))
    (-log(b) - EulerGamma + 1)/b**2
    """
    if f == 0:
        return sp.S.Zero
    symbols = piece.symbols
    if (cells := all_cells(piece.variables)) is not None:
        chances = _chances(piece.log_density, tuple(tuple(cell.items()) for cell in cells))
        terms = [f.xreplace(cell) * chance for cell, chance in zip(cells, chances)]
        return sp.Add(*(map(exp_of_terms, terms) if f.has(sp.exp) else terms))
    for shift_powers in (True, False):
        parts = monomials(f, symbols, shift_powers)
        if parts is None:
            return None
        total = []
        for part in _collected(parts):
            found = _moment(part.shift, part.moments, piece)
            if found is None:
                break
            value, conditions = found
            if needs is not None:
                needs.update(conditions)
            total.append(part.coefficient * value)
        else:
            return sp.Add(*total)
    return None


def all_cells(variables: tuple[Variable, ...], most: int = 400) -> list[dict[sp.Symbol, sp.Expr]] | None:
    """All values of finitely many discrete variables, or None."""
    cells: list[dict[sp.Symbol, sp.Expr]] = [{}]
    for v in variables:
        if not v.discrete:
            return None
        longer = []
        for cell in cells:
            low, high = v.lower.subs(cell), v.upper.subs(cell)
            if not (low.is_Integer and high.is_Integer) or (high - low + 1) * len(cells) > most:
                return None
            values = v.values or [low + k for k in range(int(high - low) + 1)]
            longer += [{**cell, v.symbol: value} for value in values]
        cells = longer
    return cells


def exp_of_terms(e: sp.Expr) -> sp.Expr:
    """exp(log a + …) inside ``e`` written as products."""
    return e.replace(lambda q: isinstance(q, sp.exp), lambda q: exp_of(open_logs(reduce_gamma(q.exp))))


def _collected(parts: list[Monomial]) -> list[Monomial]:
    groups: dict[tuple, sp.Expr] = {}
    for p in parts:
        key = (p.shift, tuple(sorted(p.moments, key=str)))
        groups[key] = groups.get(key, sp.S.Zero) + p.coefficient
    return [Monomial(c, *key) for key, c in groups.items() if c != 0]


@lru_cache(maxsize=8192)
def _moment(
    shift: sp.Expr, moments: tuple[tuple[sp.Expr, int], ...], piece: Piece
) -> tuple[sp.Expr, tuple[sp.Expr, ...]] | None:
    """∫ Π t^n exp(L + shift), and what must be positive for it to converge."""
    perturbed = piece.log_density + shift
    epsilons = []
    for i, (t, n) in enumerate(moments):
        epsilon = sp.Dummy(f"e{i}", positive=True)
        perturbed += epsilon * t
        epsilons.append((epsilon, n))
    found = iterated(Piece(sp.expand(perturbed, log=False), piece.variables))
    if found is None:
        return None
    zero = {e: 0 for e, _ in epsilons}
    conditions = tuple(c for condition in found.conditions if not (c := condition.subs(zero)).is_positive)
    for condition in conditions:
        if condition.is_nonpositive:
            raise Diverges(f"the integral converges only where {condition} > 0")
    value = _derivative_of_exp(found.value, tuple(epsilons))
    return None if value.has(sp.nan, sp.zoo, sp.oo) else (value, conditions)


def _derivative_of_exp(log_value: sp.Expr, epsilons: tuple[tuple[sp.Symbol, int], ...]) -> sp.Expr:
    """∂^n exp(ψ(ε)) at ε = 0, as exp(ψ(0)) × a polynomial in derivatives of ψ."""
    zero = {e: sp.S.Zero for e, _ in epsilons}
    orders = tuple(n for _, n in epsilons)

    @cache
    def cumulant(index: tuple[int, ...]) -> sp.Expr:
        d = log_value
        for (e, _), n in zip(epsilons, index):
            for _ in range(n):
                d = sp.diff(d, e)
        return reduce_gamma(d.subs(zero))

    @cache
    def polynomial(index: tuple[int, ...]) -> sp.Expr:
        """(∂^index exp ψ)/exp ψ by the recursion of the exponential formula."""
        axis = next((k for k, n in enumerate(index) if n), None)
        if axis is None:
            return sp.S.One
        rest = tuple(n - (k == axis) for k, n in enumerate(index))
        total = sp.S.Zero
        for sub, weight in _below(rest):
            up = tuple(n + (k == axis) for k, n in enumerate(sub))
            left = tuple(n - s for n, s in zip(rest, sub))
            total += weight * cumulant(up) * polynomial(left)
        return sp.expand(total)

    return exp_of(tidy_log(log_value.subs(zero))) * polynomial(orders)


def _below(index: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], int]]:
    """All multi-indices up to ``index`` with their binomial weights."""
    if not index:
        yield (), 1
        return
    for head in range(index[0] + 1):
        for tail, weight in _below(index[1:]):
            yield (head, *tail), weight * int(sp.binomial(index[0], head))
