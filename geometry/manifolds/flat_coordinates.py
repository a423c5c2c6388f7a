"""Coordinates in which a metric, or a connection ∇^(α), is constant: found by form, and proven by derivatives.

In affine coordinates of the Levi-Civita connection g is constant, which for a family says that estimators have a
covariance that does not depend on the parameters: of one parameter the arc length, arcsin √p or 2√λ, of several only
where the curvature vanishes (P. W. Holland, Covariance stabilizing transformations, Annals of Statistics 1, 1973).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sympy as sp

from ..exact.budget import time_limit
from ..exact.errors import ChentsovError
from ..exact.reading import read
from .closed_distances import arc_of, blocks_of
from .inputs import ManifoldError
from .vanishing import vanish

if TYPE_CHECKING:
    from .alpha import AlphaManifold
    from .riemannian import RiemannianManifold

__all__ = ["FlatCoordinates", "affine_coordinates", "flat_coordinates"]

_SECONDS = 4.0


@dataclass(frozen=True)
class FlatCoordinates:
    """Functions of the coordinates in which a connection has no Christoffel symbols.

    Attributes:
        functions: φ^a.
        metric: g in them, where it is constant: g = g_ab dφ^a dφ^b.
        alpha: of the connection ∇^(α); 0 is that of Levi and Civita.
    """

    functions: tuple[sp.Expr, ...]
    metric: sp.ImmutableMatrix | None
    alpha: sp.Expr


def flat_coordinates(manifold: RiemannianManifold) -> FlatCoordinates:
    """Functions φ^a with g = Σ (dφ^a)².

    Lines, constant metrics, planes in polar coordinates and products of these are recognised; the result is proven.

    Raises:
        ManifoldError: the manifold is not flat, with its scalar curvature; or none are found in closed form.

    >>> from chentsov.models import families
    >>> families.poisson().flat_coordinates().functions
    (2*sqrt(lambda),)
    """
    if manifold.is_flat() is False:
        raise ManifoldError(
            f"the manifold is not flat (R = {manifold.ricci_scalar}), so no coordinates make the metric constant"
        )
    x = manifold.coordinates
    g = {(a, b): manifold.field(manifold.metric[i, j]).as_expr() for i, a in enumerate(x) for j, b in enumerate(x)}
    found: list[sp.Expr] = []
    for block in blocks_of(x, g):
        part = _of_block(manifold, block, g)
        if part is None:
            names = ", ".join(s.name for s in block)
            raise ManifoldError(f"no closed form of flat coordinates in place of ({names}) was found")
        found += part
    return FlatCoordinates(tuple(found), sp.ImmutableMatrix(sp.eye(manifold.dim)), sp.S.Zero)


def _of_block(manifold: RiemannianManifold, block: Sequence[sp.Symbol], g: dict) -> list[sp.Expr] | None:
    for way in (_line, _constant, _polar):
        try:
            with time_limit(_SECONDS, "flat coordinates"):
                found = way(block, g)
        except (ChentsovError, ValueError, NotImplementedError, ArithmeticError, TypeError, AttributeError):
            continue  # SymPy's integrator has many ways to fail
        if found is not None and _is_flat_chart(manifold, found, block, g):
            return found
    return None


def _is_flat_chart(
    manifold: RiemannianManifold, functions: Sequence[sp.Expr], block: Sequence[sp.Symbol], g: dict
) -> bool:
    """Whether Σ dφ² is the metric."""
    field = manifold.field
    slopes = [{x: field(f.diff(x)) for x in block} for f in functions]
    pairs = [(x, y) for i, x in enumerate(block) for y in block[: i + 1]]
    gaps = (sum((s[x] * s[y] for s in slopes), field.zero) - field(g[x, y]) for x, y in pairs)
    return vanish(gaps) is True


def _line(block: Sequence[sp.Symbol], g: dict) -> list[sp.Expr] | None:
    if len(block) != 1:
        return None
    found = arc_of(g[block[0], block[0]], block[0])
    return None if found is None else [found]


def _constant(block: Sequence[sp.Symbol], g: dict) -> list[sp.Expr] | None:
    """Lᵀx with g = L Lᵀ."""
    if any(g[x, y].free_symbols & set(block) for x in block for y in block):
        return None
    root = sp.Matrix(len(block), len(block), lambda i, j: g[block[i], block[j]]).cholesky(hermitian=False)
    return list(root.T * sp.Matrix(block))


def _polar(block: Sequence[sp.Symbol], g: dict) -> list[sp.Expr] | None:
    """(ρ cos φ, ρ sin φ) of dr² + h(r)² du² with h″ = 0: ρ = h/|h′| and φ = |h′| u."""
    if len(block) != 2:
        return None
    for r, u in (block, block[::-1]):
        if g[r, u] != 0 or u in g[r, r].free_symbols:
            continue
        factor, rest = sp.factor(g[u, u]).as_independent(u, as_Add=False)
        around = arc_of(rest, u)
        if around is None or r in rest.free_symbols:
            continue
        rate = sp.simplify(factor.diff(r) ** 2 / (4 * factor * g[r, r]))
        if rate.free_symbols & set(block) or not rate.is_positive:
            continue
        distance, angle = sp.sqrt(sp.factor(factor / rate)), sp.sqrt(rate) * around
        return [distance * sp.cos(angle), distance * sp.sin(angle)]
    return None


def affine_coordinates(manifold: AlphaManifold, alpha: Any) -> FlatCoordinates:
    """Functions φ with ∂_i∂_jφ = Γ^(α)k_ij ∂_kφ: natural parameters of α = 1, expectation parameters of α = −1.

    Raises:
        ManifoldError: ∇^(α) is not flat, or no such functions are found in closed form.

    >>> import sympy as sp
    >>> from chentsov.models import families
    >>> poisson = families.poisson()
    >>> [affine_coordinates(poisson, a).functions[0] for a in (1, -1, sp.Rational(-1, 3))]
    [log(lambda), lambda, 3*lambda**(2/3)/2]
    """
    a = read(alpha, "alpha")
    if a == 0:
        return flat_coordinates(manifold)
    for found in _candidates(manifold, a):
        if len(found) == manifold.dim and _is_affine(manifold, found, a):
            return FlatCoordinates(tuple(found), None, a)
    if manifold.dim > 1:
        curvature = [manifold.field(e) for e in sp.flatten(manifold.alpha_riemann(a))]
        if vanish(curvature) is False:
            raise ManifoldError(f"the connection of α = {a} is not flat, so it has no affine coordinates")
    raise ManifoldError(f"no closed form of affine coordinates of the connection of α = {a} was found")


def _candidates(manifold: AlphaManifold, alpha: sp.Expr) -> Iterable[Sequence[sp.Expr]]:
    yield manifold.coordinates
    if manifold.dim == 1:
        (x,) = manifold.coordinates
        gamma = manifold.alpha_connection(alpha)[0, 0, 0]
        with time_limit(_SECONDS, "affine coordinates"):
            try:
                slope = sp.exp(sp.integrate(sp.apart(gamma, x), x))
                yield [sp.integrate(sp.powsimp(sp.expand_log(slope, force=True)), x)]
            except (ChentsovError, ValueError, NotImplementedError, TypeError):
                return
    if abs(alpha) == 1:
        for name in ("exponential_form", "expectation_parameters", "dual_coordinates"):
            try:
                found = getattr(manifold, name)
            except (AttributeError, ManifoldError):
                continue
            yield getattr(found, "natural", found)


def _is_affine(manifold: AlphaManifold, functions: Sequence[sp.Expr], alpha: sp.Expr) -> bool:
    field, x, n = manifold.field, manifold.coordinates, range(manifold.dim)
    gamma = manifold.alpha_connection(alpha)
    slopes = sp.Matrix([[f.diff(s) for s in x] for f in functions])
    try:
        if field(slopes.det()).is_zero:
            return False
        gaps = [
            field(f.diff(x[i], x[j])) - sum((field(gamma[k, i, j]) * field(f.diff(x[k])) for k in n), field.zero)
            for f in functions for i in n for j in range(i + 1)
        ]  # fmt: skip
    except ChentsovError:
        return False
    return vanish(gaps) is True
