"""Families of probability distributions as statistical manifolds.

Each function returns a `StatisticalManifold` derived from its density; ``name.record()`` tells the
density, the domain, and closed forms from the literature with their sources, and ``catalogue()``
runs over all of them.

>>> from chentsov.models import families
>>> families.beta().provenance.route
'exponential family'
>>> sorted(f.name for f in families.catalogue())[:3]
['bernoulli', 'beta', 'binomial']
"""

import lazy_loader

# The module that holds each public name; it is loaded when the name is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "record": ["Family", "catalogue"],
        "discrete": [
            "bernoulli",
            "binomial",
            "categorical",
            "multinomial",
            "poisson",
            "geometric",
            "negative_binomial",
        ],
        "gamma_kind": ["exponential", "gamma", "inverse_gamma", "chi_square", "beta", "dirichlet", "mckay"],
        "gaussian_kind": [
            "normal",
            "log_normal",
            "multivariate_normal",
            "multivariate_t",
            "inverse_gaussian",
            "rayleigh",
            "maxwell",
            "generalised_normal",
        ],
        "group_kind": ["weibull", "gumbel", "pareto", "laplace", "logistic", "cauchy", "student_t", "freund"],
        "directional": ["von_mises", "von_mises_fisher"],
    },
)
