"""Gibbs measures p ∝ exp Σ θ_i X_i: geometry of thermodynamic systems and their phase transitions.

The log-partition function is the potential of a Hessian manifold whose metric is the covariance
of the collective variables X_i.  Where a response diverges, so do metric components, and as a rule
the scalar curvature (section 3.4 of Sauter's thesis; Janke, Johnston and Kenna 2004).

>>> from chentsov.models import gibbs
>>> gibbs.ising_chain().ricci_scalar
1 + cosh(h)/sqrt(sinh(h)**2 + exp(-4*b))
"""

import lazy_loader

# The module that holds each public name; it is loaded when the name is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "finite": ["gibbs_family", "two_spins", "spin_cluster"],
        "chains": ["ising_chain", "ising_ring", "potts_chain"],
        "mean_field": ["curie_weiss", "curie_weiss_finite", "mean_field_metric"],
        "gases": ["ideal_gas", "van_der_waals"],
        "order": ["order_parameter", "fisher_identity"],
        "torus": ["IsingTorus"],
    },
)
