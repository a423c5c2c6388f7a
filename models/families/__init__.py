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

from importlib import import_module

_HOMES: dict[str, str] = {
    **dict.fromkeys(("Family", "catalogue"), "record"),
    **dict.fromkeys(
        ("bernoulli", "binomial", "categorical", "multinomial", "poisson", "geometric", "negative_binomial"), "discrete"
    ),
    **dict.fromkeys(("exponential", "gamma", "inverse_gamma", "chi_square", "beta", "dirichlet", "mckay"), "gamma_kind"),
    **dict.fromkeys(
        ("normal", "log_normal", "multivariate_normal", "inverse_gaussian", "rayleigh", "maxwell", "generalised_normal"),
        "gaussian_kind",
    ),
    **dict.fromkeys(
        ("weibull", "gumbel", "pareto", "laplace", "logistic", "cauchy", "student_t", "freund"), "group_kind"
    ),
    **dict.fromkeys(("von_mises", "von_mises_fisher"), "directional"),
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
