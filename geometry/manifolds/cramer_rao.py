"""The least covariance of estimators, J g⁻¹ Jᵀ (C. R. Rao 1945, H. Cramér 1946)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sympy as sp

from ..exact.reading import read, read_list
from .inputs import ManifoldError, read_expression
from .local import total

if TYPE_CHECKING:
    from .statistical import StatisticalManifold

__all__ = ["cramer_rao"]


def cramer_rao(
    manifold: StatisticalManifold, functions: Any, *, bias: Any = None, observations: Any = 1
) -> sp.Expr | sp.ImmutableMatrix:
    """The lower bound J g⁻¹ Jᵀ/n of the covariance of estimators with the means τ(θ) + b(θ), J = ∂(τ + b)/∂θ.

    Args:
        manifold: a family with the Fisher metric g of one observation.
        functions: τ, one expression of the parameters, or a list of them.
        bias: b, likewise; none by default.
        observations: n independent ones, a number or a symbol.

    Returns:
        The bound of the variance of one function; of a list, the matrix that the covariance exceeds by a positive
        semidefinite one.

    Raises:
        ManifoldError: a function holds what is neither coordinate nor constant, or as many biases are needed; the
            support moves with the parameters, where the bound does not hold.

    >>> from chentsov.models import families
    >>> normal = families.normal()
    >>> mu, sigma = normal.coordinates
    >>> cramer_rao(normal, mu / sigma)                                     # the signal-to-noise ratio
    (mu**2 + 2*sigma**2)/(2*sigma**2)
    """
    single = isinstance(functions, sp.Expr) or not hasattr(functions, "__iter__")
    means = _expressions(manifold, [functions] if single else functions, "function")
    if bias is not None:
        shifts = _expressions(manifold, [bias] if single else bias, "bias")
        if len(shifts) != len(means):
            raise ManifoldError(f"{len(means)} functions need as many biases, not {len(shifts)}")
        means = [m + b for m, b in zip(means, shifts)]
    n = read(observations, "the number of observations")
    if n.is_number and not (n.is_integer and n.is_positive):
        raise ManifoldError(f"the number of observations is a positive integer, not {n}")
    density = manifold.density
    if density is not None and density.moving_bounds and manifold.expectation is not None:
        for i, c in enumerate(manifold.coordinates):
            if manifold.expectation.score_mean(i) != 0:
                raise ManifoldError(
                    f"the support moves with {c}, so that E[∂ log p/∂{c}] ≠ 0: the Cramér–Rao bound does not hold"
                )
    field, h, d = manifold.field, manifold.local.inverse, range(manifold.dim)
    slopes = [[field(m.diff(x)) for x in manifold.coordinates] for m in means]

    def entry(a: int, b: int) -> sp.Expr:
        terms = (slopes[a][i] * h(i, j) * slopes[b][j] for i in d for j in d if slopes[a][i] and slopes[b][j])
        return (total(field, terms) / field(n)).as_expr()

    size = len(means)
    return entry(0, 0) if single else sp.ImmutableMatrix(size, size, lambda a, b: entry(max(a, b), min(a, b)))


def _expressions(manifold: StatisticalManifold, given: Any, what: str) -> list[sp.Expr]:
    found = [
        read_expression(e, f"{what} {k}") for k, e in enumerate(read_list(given, f"the {what}s", ManifoldError), 1)
    ]
    names = {c.name for c in manifold.coordinates}
    for s in set().union(*(e.free_symbols for e in found)) - set(manifold.coordinates):
        if s.name in names:
            raise ManifoldError(f"a {what} holds another symbol {s.name}: take that of the manifold's coordinates")
    return found
