"""Exponential families recognised from the density: log p = Σ η_a(θ) t_a(x) + κ(x) − A(θ).

Nothing is integrated where the family is full.  Since ∫ p = 1 for every θ, E[s_i] = 0 says
∂_i A = Σ_a ∂_iη_a μ_a with μ_a = E[t_a], a linear system for the expectation parameters μ.
Then, with D = ∂ in the coordinates θ (Amari and Nagaoka, Methods of Information Geometry, ch. 3),

    g_ij         = ∂_iη_a ∂_jμ_a,
    Γ^(1)_{ij,k}  = ∂_i∂_jη_a ∂_kμ_a,      Γ^(−1)_{ij,k} = ∂_i∂_jμ_a ∂_kη_a,
    T_ijk        = Γ^(−1)_{ij,k} − Γ^(1)_{ij,k}.

These hold for curved families too, as long as μ is known; if constants of the density complete
the coordinates to those of a full family, μ follows from the larger family.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp
from chentsov.geometry.exact import DifferentialField, inverse

from .density import Density, Piece
from .logarithms import log_of, open_logs

Field = Any


@dataclass(frozen=True)
class ExponentialForm:
    """log p = Σ natural_a(θ) statistic_a(x) + carrier(x) − log_partition(θ)."""

    natural: tuple[sp.Expr, ...]
    statistics: tuple[sp.Expr, ...]
    carrier: sp.Expr
    log_partition: sp.Expr

    def __str__(self) -> str:
        pairs = " + ".join(f"({n})·[{t}]" for n, t in zip(self.natural, self.statistics))
        return f"log p = {pairs} + κ(x) − ({self.log_partition})"


def recognise(density: Density, coordinates: Sequence[sp.Symbol] | None = None) -> ExponentialForm | None:
    """The exponential form of a one-piece density in the given coordinates, or None.

    >>> import sympy as sp
    >>> from .density import read_density
    >>> x, m, v = sp.symbols("x m v", positive=True)
    >>> form = recognise(read_density(sp.exp(-(x - m)**2/(2*v))/sp.sqrt(2*sp.pi*v), {x: (-sp.oo, sp.oo)}, [m, v]))
    >>> form.natural, form.statistics
    ((m/v, -1/(2*v)), (x, x**2))
    """
    if len(density.pieces) != 1:
        return None
    (piece,) = density.pieces
    theta = set(density.coordinates if coordinates is None else coordinates)
    return separate(piece, theta)


def separate(piece: Piece, theta: set[sp.Symbol]) -> ExponentialForm | None:
    """Σ η t + κ − A on one piece, or None where a term mixes parameters and sample variables."""
    sample = set(piece.symbols)
    L = piece.log_density
    if L.has(sp.sin, sp.cos):
        L = sp.expand_trig(L)
    if L.has(sp.log):
        L = L.replace(
            lambda e: isinstance(e, sp.log), lambda e: sp.log(e.args[0]) if not e.args[0].is_Mul else log_of(e.args[0])
        )
    naturals: dict[sp.Expr, sp.Expr] = {}
    carrier = constant = sp.S.Zero
    for term in sp.Add.make_args(sp.expand(open_logs(L), log=False)):
        coefficient, core = term.as_independent(*sample, as_Add=False)
        if core.free_symbols & theta:
            return None
        if core == 1:
            constant += coefficient
        else:
            naturals[core] = naturals.get(core, sp.S.Zero) + coefficient
    for t in [t for t, c in naturals.items() if not (c.free_symbols & theta)]:
        carrier += naturals.pop(t) * t
    pairs = [(c, t) for t, c in naturals.items() if c != 0]
    pairs.sort(key=lambda p: (sp.count_ops(p[1]), sp.default_sort_key(p[1])))
    natural, statistics = zip(*pairs) if pairs else ((), ())
    return ExponentialForm(natural, statistics, carrier, -constant)


def expectation_parameters(form: ExponentialForm, coordinates: Sequence[sp.Symbol], field: Field) -> list[Any] | None:
    """μ_a from ∂_i A = Σ_a ∂_iη_a μ_a, where the family is full; else None."""
    if len(form.natural) != len(coordinates):
        return None
    natural = [field(n) for n in form.natural]
    potential = field(form.log_partition)
    jacobian = [[n.diff(c) for n in natural] for c in coordinates]
    slopes = [potential.diff(c) for c in coordinates]
    try:
        inverted = inverse(jacobian)
    except ZeroDivisionError:
        return None
    return [sum((inverted[a][i] * slopes[i] for i in range(len(slopes))), field.zero) for a in range(len(natural))]


def by_promotion(density: Density) -> tuple[ExponentialForm, list[Any], tuple[sp.Symbol, ...]] | None:
    """μ of a curved family from the full family in which some constants are coordinates too.

    The mean E[t_a] does not care which symbols are called coordinates.
    """
    form = recognise(density)
    if form is None:
        return None
    missing = len(form.natural) - len(density.coordinates)
    candidates = [c for c in density.constants if c not in density.integers]
    if missing <= 0 or missing > len(candidates):
        return None
    from itertools import combinations

    for extra in combinations(candidates, missing):
        coordinates = (*density.coordinates, *extra)
        larger = recognise(density, coordinates)
        if larger is None or len(larger.natural) != len(coordinates):
            continue
        mu = expectation_parameters(larger, coordinates, DifferentialField(coordinates))
        if mu is not None:
            return larger, mu, extra
    return None
