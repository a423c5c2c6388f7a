"""Changes of variable that bring a density into standard form.

Group families (location–scale, powers, exponentials) become kernels without parameters by z = (x − μ)/σ,
w = exp(αx + β), w = c x^p, u = log x, and by folding x < 0 onto x > 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Any

import sympy as sp

from .closed_form import iterated
from .density import Piece, Variable
from .logarithms import log_of, open_logs
from .table import Diverges

__all__ = ["Standard", "fewest_parameters", "standard_candidates", "standard_forms", "with_fixed_ends"]

oo = sp.oo


@dataclass(frozen=True)
class Standard:
    """A piece in standard form, with the substitutions that led there."""

    piece: Piece
    rules: tuple[tuple[sp.Symbol, sp.Expr], ...] = ()  # applied to the integrand, in order
    steps: tuple[str, ...] = ()

    def carry(self, f: sp.Expr) -> sp.Expr:
        """An integrand in the old variable, written in the new one."""
        for symbol, image in self.rules:
            f = f.subs(symbol, image)
        return f


def standard_forms(piece: Piece, sign_of: Callable[[sp.Expr], int], depth: int = 4) -> Iterator[list[Standard]]:
    """Ways to write a piece as a sum of pieces whose total mass the table knows.

    ``sign_of`` tells the sign of a parameter-dependent factor on the domain, zero where it takes both.
    """
    for parts in standard_candidates(piece, sign_of, depth):
        try:
            if all(iterated(s.piece) is not None for s in parts):
                yield parts
        except Diverges:
            continue


@lru_cache(maxsize=64)
def standard_candidates(piece: Piece, sign_of: Callable[[sp.Expr], int], depth: int = 4) -> Iterable[list[Standard]]:
    """The piece itself and what chains of changes of variable make of it, simplest first; searched once."""
    return _Kept(lambda: _search(piece, sign_of, depth))


class _Kept:
    """What an iterator gives, kept for whoever asks again; one that was interrupted begins anew."""

    def __init__(self, begin: Callable[[], Iterator[list[Standard]]]) -> None:
        self.begin, self.source, self.kept = begin, begin(), list[list[Standard]]()

    def __iter__(self) -> Iterator[list[Standard]]:
        for k in count():
            while k >= len(self.kept):
                try:
                    self.kept.append(next(self.source))
                except StopIteration:
                    return
                except BaseException:
                    self.source, self.kept = self.begin(), []
                    raise
            yield self.kept[k]


def _search(piece: Piece, sign_of: Callable[[sp.Expr], int], depth: int) -> Iterator[list[Standard]]:
    seen: set[sp.Expr] = set()
    queue = [([Standard(piece)], 0)]
    while queue:
        parts, level = queue.pop(0)
        yield parts
        if level == depth or not piece.variables or len(seen) > 24:
            continue
        several = len(piece.variables) > 1
        for changed in _changes_of_one(parts[0], sign_of) if several else _changes(parts, sign_of):
            key = sp.Tuple(*(s.piece.log_density for s in changed))
            if key not in seen:
                seen.add(key)
                queue.append((changed, level + 1))


def fewest_parameters(piece: Piece, sign_of: Callable[[sp.Expr], int]) -> list[Standard]:
    """The form whose weight has no moving kink or bound, least entangled variables, the fewest parameters."""

    def cost(parts: list[Standard]) -> tuple[int, int, int, int]:
        symbols = set()
        moving = entangled = 0
        for part in parts:
            p = part.piece
            symbols |= p.log_density.free_symbols - set(p.symbols)
            moving += bool(p.log_density.atoms(sp.Abs, sp.sign))
            entangled += sum(len(a.free_symbols & set(p.symbols)) > 1 for a in p.log_density.atoms(sp.Function, sp.exp))
            for v in p.variables:
                moving += len((v.lower.free_symbols | v.upper.free_symbols) - set(p.symbols))
        return moving, entangled, len(symbols), len(parts[0].steps)

    return min(standard_candidates(piece, sign_of), key=cost)


def with_fixed_ends(part: Standard) -> Standard:
    """The part in variables whose ranges do not depend on the parameters, so that derivatives pass under the
    integral.
    """
    piece, rules, steps = part.piece, list(part.rules), list(part.steps)
    done: list[Variable] = []
    inner = list(piece.variables)
    log_density = piece.log_density
    while inner:
        v = inner.pop(0)
        if v.discrete or not (v.lower.free_symbols | v.upper.free_symbols) - {w.symbol for w in done}:
            done.append(v)
            continue
        w = sp.Dummy("v", positive=True)
        if v.upper.is_infinite:
            image, end = v.lower + w, sp.oo
        elif v.lower.is_infinite:
            image, end = v.upper - w, sp.oo
        else:
            image, end = v.lower + (v.upper - v.lower) * w, sp.S.One
        rate = sp.S.One if end == sp.oo else v.upper - v.lower
        rule = {v.symbol: image}
        log_density = log_density.xreplace(rule) + sp.log(rate)
        inner = [
            Variable(u.symbol, u.lower.xreplace(rule), u.upper.xreplace(rule), u.discrete, u.values) for u in inner
        ]
        rules.append((v.symbol, image))
        steps.append(f"{v.symbol} = {image}")
        done.append(Variable(w, sp.S.Zero, end))
    return (
        Standard(Piece(log_density, tuple(done)), tuple(rules), tuple(steps)) if len(rules) > len(part.rules) else part
    )


def _changes(parts: list[Standard], sign_of: Callable[[sp.Expr], int]) -> Iterator[list[Standard]]:
    (x,) = parts[0].piece.symbols
    for image, inverse, name in _candidates(parts[0].piece, x, sign_of):
        if image is None:  # fold the line onto the half-line
            yield [s for part in parts for s in _fold(part)]
            continue
        changed = [c for part in parts if (c := _substitute(part, image, inverse, name, sign_of)) is not None]
        if len(changed) == len(parts):
            yield changed


def _changes_of_one(part: Standard, sign_of: Callable[[sp.Expr], int]) -> Iterator[list[Standard]]:
    """Powers and scales of one variable among several, where the ranges do not depend on other variables.

    On (0, 1) a falling power becomes 1 + w; on (0, oo) a base r + x under a logarithm is divided by r, which may hold
    the other variables: so (1 + x + y)^c becomes a product.
    """
    variables = part.piece.variables
    symbols = {v.symbol for v in variables}
    if any(v.discrete or (v.lower.free_symbols | v.upper.free_symbols) & symbols for v in variables):
        return
    L = part.piece.log_density
    for k, v in enumerate(variables):
        x, w = v.symbol, sp.Dummy("w", positive=True)
        changes: list[tuple[sp.Expr, str]] = []
        if (v.lower, v.upper) == (0, 1):
            powers = {e.exp for e in L.atoms(sp.Pow) if e.base == x and not e.exp.free_symbols & symbols}
            changes = [
                ((1 + w) ** (1 / p), f"1 + w = {x**p}") for p in sorted(powers, key=sp.count_ops) if sign_of(p) < 0
            ]
        elif (v.lower, v.upper) == (0, oo):
            changes = [
                (r * w, f"w = {x}/({r})") for r in _shifted_bases(L, x) if r.free_symbols & symbols and r.is_positive
            ]
        for image, name in changes:
            rate = sp.diff(image, w)
            rate = -rate if (v.lower, v.upper) == (0, 1) else rate
            new = _factored_logs(sp.powdenest(L.subs(x, image))) + log_of(sp.powsimp(sp.factor_terms(rate)))
            piece = Piece(
                sp.expand(open_logs(new), log=False), (*variables[:k], Variable(w, sp.S.Zero, oo), *variables[k + 1 :])
            )
            yield [Standard(piece, (*part.rules, (x, image)), (*part.steps, name))]


def _factored_logs(e: sp.Expr) -> sp.Expr:
    """Every polynomial under a logarithm as a product."""
    return e.replace(
        lambda q: isinstance(q, sp.log) and q.args[0].is_Add and q.args[0].is_polynomial(*q.args[0].free_symbols),
        lambda q: log_of(sp.factor(q.args[0])),
    )


def _candidates(piece: Piece, x: sp.Symbol, sign_of: Callable[[sp.Expr], int]) -> Iterator[tuple[Any, Any, str]]:
    (variable,) = piece.variables
    L = piece.log_density
    if variable.discrete:
        return
    w = sp.Dummy("w", positive=True)
    z = sp.Dummy("z", real=True)
    affine, exponents, powers, squares, logs = set(), set(), set(), set(), False
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
            squares.add(inner)
        elif isinstance(e, sp.Function) and e.args[-1] != x and _is_affine(e.args[-1], x):
            inner = e.args[-1]
        if inner is not None and inner != x and _is_affine(inner, x):
            affine.add(inner)
    line = (variable.lower, variable.upper) == (-oo, oo)
    segment = variable.lower.is_finite is not False and variable.upper.is_finite is not False
    moving = segment and bool(variable.lower.free_symbols | variable.upper.free_symbols)
    if line or moving or (variable.lower, variable.upper) == (-oo, 0) or L.has(sp.Abs, sp.sign):
        for g in sorted(affine, key=sp.count_ops, reverse=True):
            if g != x and not (-g == x):
                root, slope = _affine_parts(g, x)
                if root != 0 or not line:
                    yield root + z / slope, slope * (x - root), f"{z.name} = {slope * (x - root)}"
        if line:
            for g in sorted(squares, key=sp.count_ops):
                if (completed := _completed_square(g, x)) is not None:
                    centre, scale = completed
                    yield centre + scale * z, (x - centre) / scale, f"{z.name} = {(x - centre) / scale}"
            for g in sorted(exponents, key=sp.count_ops):
                root, slope = _affine_parts(g, x)
                yield (root + sp.log(w) / slope), sp.exp(slope * (x - root)), f"w = exp({g})"
        if affine or L.has(sp.Abs, sp.sign) or powers:
            yield None, None, "fold"
        if not moving:
            return
    for p in sorted(powers, key=sp.count_ops):
        if p != 1:
            yield w ** (1 / p), x**p, f"w = {x**p}"
    for base in _shifted_bases(L, x):
        yield base * w, x / base, f"w = {x}/({base})"
    if (variable.lower, variable.upper) == (0, oo):
        for g in sorted(affine, key=sp.count_ops):
            root, slope = _affine_parts(g, x)
            if root == 0 and slope.free_symbols:
                size = {1: slope, -1: -slope, 0: sp.Abs(slope)}[sign_of(slope)]
                yield w / size, size * x, f"w = {size * x}"
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


def _completed_square(g: sp.Expr, x: sp.Symbol) -> tuple[sp.Expr, sp.Expr] | None:
    """(m, s) where g is a multiple of s² + (x − m)², s > 0, unless it is s² + x² with s = 1."""
    if not g.is_polynomial(x) or sp.degree(g, x) != 2:
        return None
    c, b, a = (sp.expand(g).coeff(x, k) for k in range(3))
    centre = sp.cancel(-b / (2 * a))
    square = sp.factor(sp.cancel(c / a - centre**2))
    if not square.is_positive or (centre, square) == (0, 1):
        return None
    return centre, sp.sqrt(square)


def _is_affine(g: sp.Expr, x: sp.Symbol) -> bool:
    d = sp.diff(g, x) if g.is_polynomial(x) or not g.has(sp.Function) else None
    return d is not None and d != 0 and x not in sp.expand(d).free_symbols


def _affine_parts(g: sp.Expr, x: sp.Symbol) -> tuple[sp.Expr, sp.Expr]:
    slope = sp.cancel(sp.diff(g, x))
    return sp.expand(-sp.cancel(g.subs(x, 0) / slope)), slope


def _substitute(
    part: Standard, image: sp.Expr, inverse: sp.Expr, name: str, sign_of: Callable[[sp.Expr], int]
) -> Standard | None:
    (variable,) = part.piece.variables
    x = variable.symbol
    (new,) = image.free_symbols & {s for s in image.atoms(sp.Dummy) if s.name in "wz"} - {x}
    orientation = sign_of(sp.diff(inverse, x).subs(x, sp.S.One))
    ends = _ends(inverse, variable, orientation or 1)
    if None in ends or (orientation == 0 and ends != _ends(inverse, variable, -1)):
        return None
    rate = sp.diff(image, new)
    jacobian = rate * orientation or sp.Abs(rate)
    L = _simplified(part.piece.log_density.subs(x, image)) + log_of(sp.powsimp(sp.factor_terms(jacobian)))
    piece = Piece(sp.expand(open_logs(L), log=False), (Variable(new, ends[0], ends[1]),))
    return Standard(piece, (*part.rules, (x, image)), (*part.steps, name))


def _ends(inverse: sp.Expr, variable: Variable, orientation: int) -> list[sp.Expr | None]:
    """The range of the new variable, from below, None where an end is not known."""
    x = variable.symbol
    return [_end(inverse, x, end, orientation) for end in (variable.lower, variable.upper)][::orientation]


def _end(inverse: sp.Expr, x: sp.Symbol, end: sp.Expr, orientation: int) -> sp.Expr | None:
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


def _simplified(L: sp.Expr) -> sp.Expr:
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
            (*part.steps, "split at 0"),
        )
        for image, end in halves
    ]
