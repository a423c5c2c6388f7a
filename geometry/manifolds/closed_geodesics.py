r"""exp_p(v) in closed form, for products of lines κ y^p dy², constant metrics, and A dy²/y² + y^m uᵀB u.

The last is of constant curvature K = −k², k = |m|/(2√A), in horocyclic coordinates: with r = √A log y it is
dr² + h² du², h = e^{±kr}. Along a geodesic of speed s the functions h and h·(u − u₀), linear coordinates of the
hyperboloid, obey f″ = k²s² f, so with w = ks and the share ρ = ±ṙ/s of the speed that goes up,

    h/h₀ = ((1 + ρ) e^w + (1 − ρ) e^{−w})/2,        u − u₀ = u̇ (sinh w/w)/(h/h₀)        at t = 1.

Half-planes (all location–scale families) are of this kind, and hyperbolic spaces of more dimensions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from ..exact import Mean
from .closed_distances import blocks_of
from .recipes import metric_of

if TYPE_CHECKING:
    from .riemannian import RiemannianManifold

__all__ = ["closed_exponential"]

_Part = Callable[[np.ndarray, np.ndarray], np.ndarray]
_LONGEST = 700.0  # w up to which e^w is a double
_SLOWEST = 1e-290  # speed from which its parts have all their digits
_LARGEST = 12  # dimension up to which it is tried


def closed_exponential(manifold: RiemannianManifold, constants: Mapping[sp.Symbol, float]) -> _Part | None:
    """(p, v), arrays (count, n), -> exp_p(v); None where there is no formula.

    NaN where a geodesic ends before t = 1, infinite where the formula overflows.

    >>> from chentsov.models import families
    >>> up = closed_exponential(families.normal(), {})
    >>> up(np.array([[0.0, 1.0]]), np.array([[0.0, 1.0]])).round(6).tolist()                       # e: straight up
    [[0.0, 2.718282]]
    """
    metric, x = metric_of(manifold), manifold.coordinates
    if manifold.dim > _LARGEST or any(e.has(Mean, sp.Integral, sp.Piecewise, sp.Function) for e in metric):
        return None
    held = {s: sp.Rational(v) for s, v in constants.items()}
    g = {
        (a, b): sp.factor(manifold.field(metric[i, j]).as_expr().subs(held))
        for i, a in enumerate(x) for j, b in enumerate(x)
    }  # fmt: skip
    parts = []
    for block in blocks_of(x, g):
        part = _constant(block, g) or _line(block, g) or _horocyclic(block, g)
        if part is None:
            return None
        parts.append(([x.index(s) for s in block], part))

    def ends(p: np.ndarray, v: np.ndarray) -> np.ndarray:
        found = np.empty_like(p)
        with np.errstate(all="ignore"):
            for columns, part in parts:
                found[:, columns] = part(p[:, columns], v[:, columns])
        found[np.isinf(found).any(axis=1)] = np.inf
        found[np.isnan(found).any(axis=1)] = np.nan
        return found

    return ends


def _constant(block: Sequence[sp.Symbol], g: Mapping[Any, sp.Expr]) -> _Part | None:
    if any(g[a, b].free_symbols for a in block for b in block):
        return None
    return lambda p, v: p + v


def _power(e: sp.Expr, y: sp.Symbol) -> tuple[sp.Expr, sp.Expr] | None:
    """(c, m) of c y^m with numbers c and m."""
    c, rest = e.as_independent(y, as_Add=False)
    base, m = rest.as_base_exp()
    return (c, m) if c.is_number and base == y and m.is_number and y.is_positive else None


def _line(block: Sequence[sp.Symbol], g: Mapping[Any, sp.Expr]) -> _Part | None:
    """κ y^p dy², of which y^q with q = 1 + p/2, or log y, is the arc."""
    found = _power(g[block[0], block[0]], block[0]) if len(block) == 1 else None
    if found is None:
        return None
    q = float(1 + found[1] / 2)
    if q == 0:
        return lambda p, v: p * np.exp(v / p)
    # it ends at y = 0
    return lambda p, v: p * np.exp(np.log1p(np.where(q * v / p > -1, q * v / p, np.nan)) / q)


def _horocyclic(block: Sequence[sp.Symbol], g: Mapping[Any, sp.Expr]) -> _Part | None:
    for y in block:
        rest = [x for x in block if x != y]
        up = _power(g[y, y], y)
        along = {(a, b): _power(g[a, b], y) if g[a, b] != 0 else (sp.S.Zero, None) for a in rest for b in rest}
        if up is None or up[1] != -2 or any(g[y, x] != 0 for x in rest) or any(v is None for v in along.values()):
            continue
        powers = {v[1] for v in along.values() if v is not None and v[1] is not None}
        if len(powers) == 1 and not (m := powers.pop()).is_zero:
            size, fibre = float(up[0]), np.array([[float(along[a, b][0]) for b in rest] for a in rest])  # type: ignore[index]
            if size < 0:  # geodesics do not know the sign of the metric
                size, fibre = -size, -fibre
            if not np.linalg.eigvalsh(fibre)[0] > 0:
                return None  # speeds may be imaginary, and h may vanish
            return _Horocyclic(block.index(y), [block.index(x) for x in rest], size, float(m), fibre)
    return None


class _Horocyclic:
    """A dy²/y² + y^m uᵀB u."""

    def __init__(self, y: int, u: list[int], up: float, power: float, fibre: np.ndarray) -> None:
        self.y, self.u, self.up, self.power, self.fibre = y, u, up, power, fibre

    def __call__(self, p: np.ndarray, v: np.ndarray) -> np.ndarray:
        y, along = p[:, self.y], v[:, self.u]
        rise = np.sqrt(self.up) * v[:, self.y] / y * np.sign(self.power)
        largest = np.abs(along).max(axis=1)
        unit = along / np.where(largest > 0, largest, 1.0)[:, None]
        sideways = largest * y ** (self.power / 2) * np.sqrt(np.einsum("ni,ij,nj->n", unit, self.fibre, unit))
        speed = np.hypot(rise, sideways)
        w = abs(self.power) / (2 * np.sqrt(self.up)) * speed
        moves = speed > _SLOWEST
        larger = np.where(moves, 1 + np.abs(rise) / speed, 1.0)
        part = np.where(moves, sideways / speed, 1.0)  # 1 − |ρ|, which would lose digits, is part²/larger
        way = np.where(rise > 0, w, -w)
        height = (larger * np.exp(way) + (part * np.exp(-way / 2)) ** 2 / larger) / 2
        moved = np.where(w > 0, np.sinh(w) / w, 1.0) / height
        found = np.empty_like(p)
        found[:, self.y] = y * height ** (2 / self.power)
        found[:, self.u] = p[:, self.u] + along * moved[:, None]
        found[w > _LONGEST] = np.inf
        return found
