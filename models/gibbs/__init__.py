"""Gibbs measures p ∝ exp Σ θ_i X_i: geometry of thermodynamic systems and their phase transitions.

The log-partition function is the potential of a Hessian manifold whose metric is the covariance
of the collective variables X_i.  Where a response diverges, so do metric components, and as a rule
the scalar curvature (section 3.4 of Sauter's thesis; Janke, Johnston and Kenna 2004).

>>> from chentsov.models import gibbs
>>> gibbs.ising_chain().ricci_scalar
1 + cosh(h)/sqrt(sinh(h)**2 + exp(-4*b))
"""

from importlib import import_module

_HOMES: dict[str, str] = {
    **dict.fromkeys(("gibbs_family", "two_spins", "spin_cluster"), "finite"),
    **dict.fromkeys(("ising_chain", "ising_ring", "potts_chain"), "chains"),
    **dict.fromkeys(("curie_weiss", "curie_weiss_finite", "mean_field_metric"), "mean_field"),
    **dict.fromkeys(("ideal_gas", "van_der_waals"), "gases"),
    **dict.fromkeys(("order_parameter", "fisher_identity"), "order"),
    "IsingTorus": "torus",
}
__all__ = list(_HOMES)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(_HOMES))
