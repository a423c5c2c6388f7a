"""∫ f(x) exp(L(x)) dx in closed form, for f a sum of products of powers and logarithms.

A factor x^r, exp(u) or (1 + x)^r of f only shifts the exponents of the kernel exp(L); a factor
log(1 + x)^n, or x^n under a Gaussian, is an n-th derivative with respect to a coefficient.
So every integral of the table comes with all its moments.  Where the table has no entry,
changes of variable are tried that bring a group family (location–scale, power, exponential)
into standard form: z = (x − μ)/σ, w = exp(αx + β), w = c x^p, u = log x, and x < 0 folded onto x > 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import sympy as sp

from .density import Piece, Variable
from .logarithms import exp_of, log_of, open_logs, reduce_gamma, tidy_log
from .table import Diverges, LogIntegral, log_integral

oo = sp.oo


@dataclass(frozen=True)
class Standard:
    """A piece in standard form: log weight and variables, with the substitution that led there."""

    piece: Piece
    rules: tuple[tuple[sp.Symbol, sp.Expr], ...] = ()  # applied to the integrand, in order
    weight: sp.Expr = sp.S.One
    steps: tuple[str, ...] = ()

    def carry(self, f: sp.Expr) -> sp.Expr:
        """An integrand in the old variable, written in the new one."""
        for symbol, image in self.rules:
            f = f.subs(symbol, image)
        return f


def iterated(piece: Piece) -> LogIntegral | None:
    """log ∫ exp(L) over all variables of a piece by the table, innermost first.

    >>> import sympy as sp
    >>> x, y, a, c = sp.symbols("x y a c", positive=True)
    >>> inner, outer = Variable(y, x, sp.oo), Variable(x, sp.S.Zero, sp.oo)
    >>> iterated(Piece((a - 1)*sp.log(y - x) - c*y, (outer, inner))).value
    (-a - 1)*log(c) - log(a) + loggamma(a + 1)
    """
    for order in _orders(piece.variables):
        value, conditions = piece.log_density, ()
        for variable in reversed(order):
            found = log_integral(value, variable)
            if found is None:
                break
            value, conditions = tidy_log(found.value), conditions + found.conditions
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


def integral(f: sp.Expr, standard: Standard) -> sp.Expr | None:
    """∫ f exp(L) for one piece in standard form; None where some term has no closed form."""
    piece = standard.piece
    symbols = piece.symbols
    if f == 0:
        return sp.S.Zero
    if (cells := _cells(piece.variables)) is not None:
        p = f * sp.exp(piece.log_density)
        return sp.Add(*(exp_of_terms(p.subs(cell, simultaneous=True)) for cell in cells))
    f = standard.carry(f)
    for shift_powers in (True, False):
        parts = monomials(f, symbols, shift_powers)
        if parts is None:
            return None
        total = []
        for part in _collected(parts):
            value = _moment(part.shift, part.moments, piece)
            if value is None:
                break
            total.append(part.coefficient * value)
        else:
            return sp.Add(*total)
    return None


def _cells(variables: tuple[Variable, ...], most: int = 400) -> list[dict[sp.Symbol, sp.Expr]] | None:
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
def _moment(shift: sp.Expr, moments: tuple[tuple[sp.Expr, int], ...], piece: Piece) -> sp.Expr | None:
    """∫ Π t^n exp(L + shift)."""
    perturbed = piece.log_density + shift
    epsilons = []
    for i, (t, n) in enumerate(moments):
        epsilon = sp.Dummy(f"e{i}", positive=True)
        perturbed += epsilon * t
        epsilons.append((epsilon, n))
    found = iterated(Piece(sp.expand(perturbed, log=False), piece.variables))
    if found is None:
        return None
    for condition in found.conditions:
        at_zero = condition.subs({e: 0 for e, _ in epsilons})
        if at_zero.is_nonpositive:
            raise Diverges(f"the integral converges only where {at_zero} > 0")
    value = _derivative_of_exp(found.value, tuple(epsilons))
    return None if value.has(sp.nan, sp.zoo, sp.oo) else value


def _derivative_of_exp(log_value: sp.Expr, epsilons: tuple[tuple[sp.Symbol, int], ...]) -> sp.Expr:
    """∂^n exp(ψ(ε)) at ε = 0, as exp(ψ(0)) × a polynomial in derivatives of ψ."""
    zero = {e: sp.S.Zero for e, _ in epsilons}
    orders = tuple(n for _, n in epsilons)

    @lru_cache(maxsize=None)
    def cumulant(index: tuple[int, ...]) -> sp.Expr:
        d = log_value
        for (e, _), n in zip(epsilons, index):
            for _ in range(n):
                d = sp.diff(d, e)
        return reduce_gamma(d.subs(zero))

    @lru_cache(maxsize=None)
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


# -- changes of variable ---------------------------------------------------------------------------


def standard_forms(piece: Piece, sign_of: Callable[[sp.Expr], int], depth: int = 4) -> Iterator[list[Standard]]:
    """Ways to write a piece as a sum of pieces whose total mass the table knows.

    ``sign_of`` tells the sign of a parameter-dependent factor on the domain.
    """
    for parts in standard_candidates(piece, sign_of, depth):
        try:
            if all(iterated(s.piece) is not None for s in parts):
                yield parts
        except Diverges:
            continue


def standard_candidates(
    piece: Piece, sign_of: Callable[[sp.Expr], int], depth: int = 4
) -> Iterator[list[Standard]]:
    """The piece itself and what chains of changes of variable make of it, simplest first."""
    seen: set[sp.Expr] = set()
    queue = [([Standard(piece)], 0)]
    while queue:
        parts, level = queue.pop(0)
        yield parts
        if level == depth or len(piece.variables) != 1 or len(seen) > 24:
            continue
        for changed in _changes(parts, sign_of):
            key = sp.Tuple(*(s.piece.log_density for s in changed))
            if key not in seen:
                seen.add(key)
                queue.append((changed, level + 1))


def _changes(parts: list[Standard], sign_of) -> Iterator[list[Standard]]:
    (x,) = parts[0].piece.symbols
    for image, inverse, name in _candidates(parts[0].piece, x):
        if image is None:  # fold the line onto the half-line
            yield [s for part in parts for s in _fold(part)]
            continue
        changed = [_substitute(part, image, inverse, name, sign_of) for part in parts]
        if all(c is not None for c in changed):
            yield changed


def _candidates(piece: Piece, x: sp.Symbol) -> Iterator[tuple]:
    (variable,) = piece.variables
    L = piece.log_density
    if variable.discrete:
        return
    w = sp.Dummy("w", positive=True)
    z = sp.Dummy("z", real=True)
    affine, exponents, powers, logs = set(), set(), set(), False
    for e in sp.preorder_traversal(L):
        if not isinstance(e, sp.Expr) or x not in e.free_symbols:
            continue
        inner = None
        if isinstance(e, sp.exp):
            if _is_affine(e.exp, x):
                exponents.add(e.exp)
            inner = e.exp
        elif e.is_Pow and x in e.base.free_symbols and x not in e.exp.free_symbols:
            if e.base == x and e.exp != 1:
                powers.add(e.exp)
            elif _is_affine(e.base, x):
                affine.add(e.base)
                coefficient, core = e.base.as_independent(x, as_Add=False)
                if core == x:
                    powers.add(e.exp)
        elif isinstance(e, (sp.Abs, sp.sign)) and _is_affine(e.args[0], x):
            affine.add(e.args[0])
        elif isinstance(e, sp.log):
            logs = True
            inner = e.args[0]
        if inner is not None and inner != x and _is_affine(inner, x):
            affine.add(inner)
    line = (variable.lower, variable.upper) == (-oo, oo)
    if line or (variable.lower, variable.upper) == (-oo, 0) or L.has(sp.Abs, sp.sign):
        for g in sorted(affine, key=sp.count_ops, reverse=True):
            if g != x and not (-g == x):
                root, slope = _affine_parts(g, x)
                if root != 0 or not line:
                    yield root + z / slope, slope * (x - root), f"{z.name} = {slope * (x - root)}"
        if line:
            for g in sorted(exponents, key=sp.count_ops):
                root, slope = _affine_parts(g, x)
                yield (root + sp.log(w) / slope), sp.exp(slope * (x - root)), f"w = exp({g})"
        if affine or L.has(sp.Abs, sp.sign) or powers:
            yield None, None, "fold"
        return
    for p in sorted(powers, key=sp.count_ops):
        if p != 1:
            yield w ** (1 / p), x**p, f"w = {x**p}"
    for base in _shifted_bases(L, x):
        yield base * w, x / base, f"w = {x}/({base})"
    if logs and variable.lower == 0:
        yield sp.exp(z), sp.log(x), f"u = log {x}"


def _shifted_bases(L: sp.Expr, x: sp.Symbol) -> list[sp.Expr]:
    """Scales r of bases r + x (up to a factor) under a logarithm."""
    found = []
    for e in L.atoms(sp.log):
        base = e.args[0]
        if base != x and _is_affine(base, x):
            r = sp.cancel(base.subs(x, 0) / sp.diff(base, x))
            if r != 1 and r != 0 and r not in found and not r.could_extract_minus_sign():
                found.append(r)
    return found


def _is_affine(g: sp.Expr, x: sp.Symbol) -> bool:
    d = sp.diff(g, x) if g.is_polynomial(x) or not g.has(sp.Function) else None
    return d is not None and d != 0 and x not in sp.expand(d).free_symbols


def _affine_parts(g: sp.Expr, x: sp.Symbol) -> tuple[sp.Expr, sp.Expr]:
    slope = sp.cancel(sp.diff(g, x))
    return sp.expand(-sp.cancel(g.subs(x, 0) / slope)), slope


def _substitute(part: Standard, image, inverse, name, sign_of) -> Standard | None:
    (variable,) = part.piece.variables
    x = variable.symbol
    (new,) = image.free_symbols & {s for s in image.atoms(sp.Dummy) if s.name in "wz"} - {x}
    ends = []
    orientation = sign_of(sp.diff(inverse, x).subs(x, sp.S.One))
    for end in (variable.lower, variable.upper):
        value = _end(inverse, x, end, orientation, end is variable.lower)
        if value is None:
            return None
        ends.append(value)
    if orientation < 0:
        ends.reverse()
    jacobian = sp.diff(image, new) * orientation
    L = _simplified(part.piece.log_density.subs(x, image), new) + log_of(sp.powsimp(sp.factor_terms(jacobian)))
    piece = Piece(sp.expand(open_logs(L), log=False), (Variable(new, ends[0], ends[1]),))
    return Standard(piece, (*part.rules, (x, image)), part.weight, (*part.steps, name))


def _end(inverse, x, end, orientation, is_lower):
    if end in (oo, -oo):
        if inverse.is_polynomial(x):
            return oo if (orientation > 0) == (end == oo) else -oo
        if isinstance(inverse, sp.exp):
            return oo if (orientation > 0) == (end == oo) else sp.S.Zero
        if inverse.is_Pow:
            return oo if orientation > 0 else sp.S.Zero
        return oo if inverse == sp.log(x) else None
    if end == 0 and inverse.is_Pow:
        return sp.S.Zero if orientation > 0 else oo
    if end == 0 and inverse == sp.log(x):
        return -oo
    return sp.simplify(inverse.subs(x, end))


def _simplified(L: sp.Expr, new: sp.Symbol) -> sp.Expr:
    """Log weight after a substitution: powers of w combined, logarithms opened."""
    return open_logs(sp.powdenest(L))


def _fold(part: Standard) -> list[Standard]:
    """x in (−U, U), split at 0, both halves on (0, U)."""
    (variable,) = part.piece.variables
    x = variable.symbol
    y = sp.Dummy("y", positive=True)
    halves = []
    if variable.upper != 0:
        if variable.lower not in (0, -oo) and not (variable.lower.is_negative):
            return [part]
        halves.append((y, variable.upper))
    if variable.lower != 0:
        halves.append((-y, -variable.lower))
    return [
        Standard(
            Piece(open_logs(part.piece.log_density.subs(x, image)), (Variable(y, sp.S.Zero, end),)),
            (*part.rules, (x, image)),
            part.weight,
            (*part.steps, "split at 0"),
        )
        for image, end in halves
    ]
