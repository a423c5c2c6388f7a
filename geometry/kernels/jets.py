r"""The derivatives of a metric at a point, as expressions to lower: what curvature is contracted from.

Three structures, each with the fewest derivatives that it allows (the formulas are those of `curvature`):

- general: g_ij, ∂_k g_ij and ∂_k ∂_m g_ij.
- hessian: ∂_k g_ij = T_ijk is totally symmetric, and no second derivatives are needed.
- rows: g_ij = E[∂_i ℓ ∂_j ℓ] over data rows, an immersion: first and second derivatives of ℓ, no third ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement

import sympy as sp

from ..exact import Mean
from ..exact.kinks import derivative

__all__ = ["Jet", "general_jet", "hessian_jet", "row_jet"]

_MOST_UNROLLED = 6  # up to this dimension, writing a contraction out costs about a second of compile time


@dataclass(frozen=True, eq=False)
class Jet:
    """Components of a metric and of its derivatives.

    Args:
        structure: "general", "hessian" or "rows".
        dimension: of the manifold.
        components: (indices) -> expression: (i, j) the metric, (i, j, k) its derivatives, (i, j, k, m) its second ones,
            each with i <= j and k <= m; of "rows", (i,) and (i, j) are the derivatives of ℓ.
        variables: the symbols of a row, of "rows" and of what has weights.
        chain: of "rows" where ℓ = L(f) is known to depend on the coordinates through one f alone: the derivatives of f,
            as `components`, which are fewer where many vanish; L′; and L″.
    """

    structure: str
    dimension: int
    components: dict[tuple[int, ...], sp.Expr]
    variables: tuple[sp.Symbol, ...] = ()
    chain: tuple[dict[tuple[int, ...], sp.Expr], sp.Expr, sp.Expr] | None = None
    weights: tuple[sp.Expr, sp.Expr, tuple[sp.Expr, ...]] | None = None

    @property
    def looped(self) -> bool:
        """Whether the contraction is run as compiled loops instead of being written out."""
        return self.dimension > (_MOST_UNROLLED if self.structure != "rows" else 0)

    @cached_property
    def expressions(self) -> tuple[sp.Expr, ...]:
        """What is lowered where the contraction is written out: of "rows", the means of products."""
        if self.structure != "rows":
            return tuple(self.components.values())
        return tuple(Mean(self.components[a] * self.components[b], self.variables) for a, b in self.moments)

    @cached_property
    def free_symbols(self) -> set[sp.Basic]:
        return set().union(*(e.free_symbols for e in self.components.values())) - set(self.variables)

    @cached_property
    def moments(self) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
        """Of "rows": the pairs of derivatives of ℓ whose products are averaged, in the order of `expressions`."""
        firsts = [c for c in self.components if len(c) == 1]
        seconds = [c for c in self.components if len(c) == 2]
        return [
            *combinations_with_replacement(firsts, 2),
            *((f, s) for f in firsts for s in seconds),
            *combinations_with_replacement(seconds, 2),
        ]

    def explain(self, quantities: Sequence[str]) -> str:
        """Which derivatives are used, how many the other structures would take, and how the indices are summed."""
        n = self.dimension
        pairs = n * (n + 1) // 2
        general = pairs * (1 + n + pairs)
        reason = {
            "general": "no symmetry of the derivatives is known",
            "hessian": "∂_k g_ij is totally symmetric, so second derivatives of g drop out",
            "rows": "g is an average of products of gradients, so second derivatives of the summand suffice (Gauss)",
        }[self.structure]
        how = "loops over the indices" if self.looped else "written out"
        return (
            f"{', '.join(quantities)} contracted from the jet of the metric, structure {self.structure} ({reason}): "
            f"{len(self.components)} components where a general metric of {n} dimensions takes {general}; {how}"
        )


def general_jet(
    dimension: int,
    metric: Callable[[int, int], sp.Expr],
    first: Callable[[int, int, int], sp.Expr],
    second: Callable[[int, int, int, int], sp.Expr] | None,
) -> Jet:
    """g_ij (i <= j), ∂_k g_ij = first(i, j, k) and ∂_k ∂_m g_ij = second(i, j, k, m) (k <= m).

    Without `second`, a jet of first order: for the connection, and what needs no more.
    """
    pairs = list(combinations_with_replacement(range(dimension), 2))
    made: dict[tuple[int, ...], sp.Expr] = {p: metric(*p) for p in pairs}
    made |= {(*p, k): first(*p, k) for p in pairs for k in range(dimension)}
    if second is not None:
        made |= {(*p, *q): second(*p, *q) for p in pairs for q in pairs}
    return Jet("general", dimension, made)


def hessian_jet(
    dimension: int, metric: Callable[[int, int], sp.Expr], cubic: Callable[[int, int, int], sp.Expr]
) -> Jet:
    """g_ij and T_ijk = ∂_k g_ij (called with i <= j <= k)."""
    made: dict[tuple[int, ...], sp.Expr] = {p: metric(*p) for p in combinations_with_replacement(range(dimension), 2)}
    made |= {t: cubic(*t) for t in combinations_with_replacement(range(dimension), 3)}
    return Jet("hessian", dimension, made)


def row_jet(
    loss: sp.Expr,
    coordinates: Sequence[sp.Symbol],
    variables: Sequence[sp.Symbol],
    chain: tuple[sp.Expr, sp.Expr, sp.Expr] | None = None,
) -> Jet:
    """Of g_ij = E[∂_i ℓ ∂_j ℓ] for a function ℓ of the coordinates and of a data row.

    Args:
        loss: ℓ.
        coordinates, variables: its symbols.
        chain: f, L′ and L″ where ℓ = L(f).
    """
    through = None if chain is None else (_row_derivatives(chain[0], coordinates), *chain[1:])
    return Jet("rows", len(coordinates), _row_derivatives(loss, coordinates), tuple(variables), through)


def _row_derivatives(function: sp.Expr, coordinates: Sequence[sp.Symbol]) -> dict[tuple[int, ...], sp.Expr]:
    n = range(len(coordinates))
    gradient = [derivative(function, s) for s in coordinates]
    made: dict[tuple[int, ...], sp.Expr] = {(i,): gradient[i] for i in n}
    return made | {(i, j): derivative(gradient[i], coordinates[j]) for i in n for j in n if i <= j}
