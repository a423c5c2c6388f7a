"""Numbers of a statistical manifold straight from its density, at a point or on a grid of nodes.

The curvature comes from the embedding θ ↦ 2√p into L², an immersed manifold with metric
⟨∂_i 2√p, ∂_j 2√p⟩ = E[s_i s_j].  With b_ij = ∂_i∂_jℓ + ½ s_i s_j the Gauss equation reads

    R = |tr II|² − |II|²,   ⟨II_ij, II_kl⟩ = E[b_ij b_kl] − g^mn E[b_ij s_m] E[b_kl s_n],

which shares no step with the closed forms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sympy as sp
from chentsov.geometry.expectation.balls import as_sympy
from chentsov.geometry.expectation.density import DensityError
from chentsov.geometry.expectation.nodes import NodeExpectation
from chentsov.geometry.expectation.quadrature import QuadratureError, expectations

from ..exact.reading import match_symbols, read, read_count, read_number
from ..kernels.kernel import compile
from .box import corners
from .inputs import MOST_DIGITS, ManifoldError
from .statistical_certified import certified_grid

if TYPE_CHECKING:
    from .statistical import StatisticalManifold


__all__ = ["expectation_at", "fisher_at", "nodes_of", "on_nodes", "read_point", "ricci_scalar_at", "serving_rows"]

_STARTS = 33  # points about which nodes are laid out, one after the other


def read_point(manifold: StatisticalManifold, point: Mapping[Any, Any]) -> dict[sp.Symbol, sp.Expr]:
    """{symbol or name: number} with a value for every coordinate and constant of the density."""
    density = manifold._need_density().density
    symbols = (*density.coordinates, *density.constants)
    stranger = "'{name}' is neither a coordinate nor a constant of the density"
    found = match_symbols(point, symbols, "the point", ManifoldError, stranger=stranger)
    if missing := [s.name for s in symbols if s not in found]:
        raise ManifoldError(f"the point lacks {', '.join(missing)}")
    values = {s: read_number(v, f"the value of {s}", ManifoldError) for s, v in found.items()}
    outside = manifold.domain.broken(values)
    for condition in manifold.convergence_conditions:  # enough for each integral of a sum, and not always needed
        if condition.subs(values).is_nonpositive and (outside or not _has_metric(manifold, values)):
            raise DensityError(f"an expectation diverges at this point: it needs {condition} > 0")
    if outside:
        raise ManifoldError(outside)
    return values


def _has_metric(manifold: StatisticalManifold, values: Mapping[sp.Symbol, sp.Expr]) -> bool:
    """Whether the integrals E[s_i s_i] settle at a point."""
    e = manifold._need_density()
    try:
        e.numbers([e._product(s, s) for s in e.scores], values, 10, enough=6)
    except QuadratureError:
        return False
    return True


def expectation_at(
    manifold: StatisticalManifold, functions: Sequence[Any], point: Mapping[Any, Any], digits: int = 25
) -> list[sp.Float]:
    """E[f] for functions f of the sample variables and parameters."""
    density = manifold._need_density().density
    where, digits = read_point(manifold, point), read_count(digits, "digits", most=MOST_DIGITS)
    rows = [[read(f)] * len(density.pieces) for f in functions]
    numbers = expectations(density, rows, where, digits)
    return [as_sympy(v, digits) for v in numbers.values]


def fisher_at(manifold: StatisticalManifold, point: Mapping[Any, Any], digits: int = 25, rigorous: bool = False) -> Any:
    """E[s_i s_j] at a point: a SymPy matrix, or balls where ``rigorous``."""
    e = manifold._need_density()
    where, digits = read_point(manifold, point), read_count(digits, "digits", most=MOST_DIGITS)
    n = manifold.dim
    index = [(i, j) for i in range(n) for j in range(i + 1)]
    products = [e._product(e.scores[i], e.scores[j]) for i, j in index]
    if rigorous:
        balls = dict(zip(index, e.balls(products, where, digits)))
        return [[balls[max(i, j), min(i, j)] for j in range(n)] for i in range(n)]
    values = dict(zip(index, e.numbers(products, where, digits).values))
    return sp.ImmutableMatrix(n, n, lambda i, j: as_sympy(values[max(i, j), min(i, j)], digits))


def ricci_scalar_at(manifold: StatisticalManifold, point: Mapping[Any, Any], digits: int = 25) -> sp.Float:
    """R at a point by the Gauss equation.

    Raises:
        DensityError: log p has a kink or a moving support, where 2√p has no second derivative in L².
    """
    e = manifold._need_density()
    if e.density.kinks or e.density.moving_bounds:
        raise DensityError("2√p is not twice differentiable in L² for this density; R follows from the metric instead")
    where, digits = read_point(manifold, point), read_count(digits, "digits", most=MOST_DIGITS)
    n = range(manifold.dim)
    half = sp.Rational(1, 2)
    pairs = [(i, j) for i in n for j in n if i <= j]
    bent = {(i, j): [a + half * b * c for a, b, c in zip(e.second(i, j), e.scores[i], e.scores[j])] for i, j in pairs}
    rows = [e._product(e.scores[i], e.scores[j]) for i, j in pairs]
    rows += [e._product(bent[p], e.scores[k]) for p in pairs for k in n]
    products = [(p, q) for a, p in enumerate(pairs) for q in pairs[a:]]
    rows += [e._product(bent[p], bent[q]) for p, q in products]
    found = [as_sympy(v, digits + 10) for v in e.numbers(rows, where, digits + 5).values]
    g = sp.Matrix(manifold.dim, manifold.dim, lambda i, j: found[pairs.index((min(i, j), max(i, j)))])
    h = g.inv()
    mixed = {
        p: sp.Matrix(found[len(pairs) + a * manifold.dim : len(pairs) + (a + 1) * manifold.dim])
        for a, p in enumerate(pairs)
    }
    start = len(pairs) * (1 + manifold.dim)
    square = {pq: found[start + a] for a, pq in enumerate(products)}

    def second_form(i: int, j: int, k: int, l: int) -> sp.Expr:
        p, q = (min(i, j), max(i, j)), (min(k, l), max(k, l))
        raw = square[p, q] if (p, q) in square else square[q, p]
        return raw - (mixed[p].T * h * mixed[q])[0]

    total = sp.S.Zero
    for i in n:
        for j in n:
            for k in n:
                for l in n:
                    # g^ik g^jl R_ijkl with R_ijkl = ⟨II_ik, II_jl⟩ − ⟨II_il, II_jk⟩
                    weight = h[i, k] * h[j, l]
                    total += weight * (second_form(i, k, j, l) - second_form(i, l, j, k))
    return sp.Float(total, digits)


def on_nodes(manifold: StatisticalManifold, axes: Any, quantities: Sequence[str], **options: Any) -> Any:
    """``on_grid`` with the quadrature nodes as data, normalisation checked on the corners and in the middle.

    With ``rtol`` the integrals are enclosed cell by cell instead: see `statistical_certified`.

    Raises:
        QuadratureError: no one set of nodes integrates the density on the whole grid.
    """
    from chentsov.geometry.grids import on_grid

    e = manifold.expectation.nodes  # type: ignore[union-attr]
    assert isinstance(e, NodeExpectation)
    if options.get("rtol") is not None:
        return certified_grid(manifold, e, axes, quantities, **options)
    points = corners((*e.density.coordinates, *e.density.constants), axes, options.get("constants") or {})
    data = {**serving_rows(e, points), **dict(options.pop("data", None) or {})}
    return on_grid(manifold, axes, quantities, data=data, **options)


def nodes_of(manifold: Any) -> NodeExpectation | None:
    """The quadrature nodes that a manifold's metric is a sum over; None where it is none."""
    return getattr(getattr(manifold, "expectation", None), "nodes", None)


def serving_rows(e: NodeExpectation, points: Sequence[Mapping[sp.Symbol, Any]]) -> dict[sp.Symbol, Any]:
    """The rows of one set of quadrature nodes that integrates the density at all of the points.

    Raises:
        QuadratureError: there is none.
    """
    worst: tuple[float, Mapping[sp.Symbol, sp.Expr]] = (0.0, {})
    for start in (None, *reversed(points[-_STARTS:])):
        if start is not None:  # the present nodes do not serve: lay them out about another of the points
            e.lay_at(start)
        mass = compile(e.mass, list(points[0]), data=e.rows, backend="numpy")
        errors = [(abs(float(mass(*map(float, point.values()))) - 1), point) for point in points]
        worst = max(errors, key=lambda pair: pair[0] if pair[0] == pair[0] else float("inf"))
        if worst[0] < (1e-12 if max(len(names) for _, names, _ in e.columns) == 1 else 1e-10):
            return dict(e.rows)
    where = ", ".join(f"{k} = {float(v):.6g}" for k, v in worst[1].items())
    raise QuadratureError(
        f"one set of quadrature nodes does not serve the whole grid: ∫p is off by {worst[0]:.1e} at {where}; "
        "split it into smaller ones"
    )
