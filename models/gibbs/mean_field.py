"""The Curie–Weiss magnet: every spin coupled to every other, H = −(J/2N) M² − H M."""

from __future__ import annotations

import sympy as sp
from chentsov.geometry.manifolds import ExponentialFamily, ManifoldError, SingularMetricError

from ..registry import entry
from .finite import gibbs_family

__all__ = ["curie_weiss", "curie_weiss_finite", "mean_field_metric"]


def mean_field_metric() -> tuple[sp.ImmutableMatrix, tuple[sp.Symbol, ...], sp.ImmutableMatrix]:
    """The metric per spin in the thermodynamic limit, in (β, m), and the direction it does not see.

    ψ(β, h) = max_m [βm²/2 + hm + s(m)] has the gradient (m²/2, m): both collective variables are functions of
    m alone, so the Hessian has rank one.  With h = artanh m − βm it is (1/(1 − m²) − β) dm²; it vanishes where
    the paramagnet becomes unstable, and the direction ∂/∂β at fixed m has length zero everywhere.

    >>> mean_field_metric()[0].det()
    0
    """
    beta = sp.Symbol("beta", positive=True)
    m = sp.Symbol("m", real=True)
    metric = sp.ImmutableMatrix([[0, 0], [0, 1 / (1 - m**2) - beta]])
    return metric, (beta, m), sp.ImmutableMatrix([1, 0])


def curie_weiss() -> ExponentialFamily:
    """The thermodynamic limit has no statistical manifold of dimension two.

    Raises:
        SingularMetricError: always; the message says which direction is lost and what to use instead.
    """
    raise SingularMetricError(
        "the Curie–Weiss metric per spin is singular everywhere in the thermodynamic limit: energy m²/2 and "
        "magnetisation m are functions of one another, so ∂/∂β at fixed m has length zero and R is undefined; "
        "use curie_weiss_finite(n), or mean_field_metric() for the degenerate tensor itself"
    )


@entry(example=(3,))
def curie_weiss_finite(n: int) -> ExponentialFamily:
    """n spins exactly: Z = Σ_k C(n, k) exp(β M²/(2n) + h M), M = n − 2k; J = 1.

    det g > 0 for n ≥ 2, but the smaller eigenvalue of g/n falls like 1/n: the degeneracy of the limit is approached.

    >>> curie_weiss_finite(2).dim
    2
    """
    if not isinstance(n, int) or n < 2:
        raise ManifoldError(f"a magnet needs at least 2 spins, not {n}")
    beta, h = sp.symbols("beta h", real=True)
    levels: dict[tuple, sp.Expr] = {}
    for k in range(n + 1):
        magnetisation = n - 2 * k
        key = (sp.Rational(magnetisation**2, 2 * n), sp.Integer(magnetisation))
        levels[key] = levels.get(key, 0) + sp.binomial(n, k)
    return gibbs_family(levels, (beta, h), name=f"Curie–Weiss magnet of {n} spins")
