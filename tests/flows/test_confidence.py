"""Confidence regions: against Wilks' intervals found anew, and the sphere's own circles."""

import numpy as np
import pytest
from chentsov.geometry.manifolds import ManifoldError
from chentsov.models import families
from scipy.optimize import brentq
from scipy.stats import chi2


@pytest.mark.slow
def test_the_interval_of_a_coin():
    n, k, limit = 50, 15, chi2.ppf(0.9, 1)
    loss = lambda p: -2 * (k * np.log(p) + (n - k) * np.log(1 - p))
    ends = [brentq(lambda p: loss(p) - loss(0.3) - limit, *pair) for pair in ((0.3, 0.9), (0.05, 0.3))]
    coin = families.bernoulli()
    region = coin.confidence_region([0.3], n, level=0.9)
    assert np.allclose(region.boundary.likelihood.values.ravel(), ends, atol=1e-9)
    arcs = np.arcsin(np.sqrt(0.3)) + np.array([1, -1]) * np.sqrt(limit / n) / 2
    assert np.allclose(region.boundary.geodesic.values.ravel(), np.sin(arcs) ** 2, atol=1e-9)
    rows = {"x": [1] * k + [0] * (n - k)}
    assert np.allclose(coin.confidence_region([0.3], data=rows, level=0.9).boundary.likelihood.values.ravel(), ends)
    for call, words in [
        (lambda: coin.confidence_region([0.3]), "one of them"),
        (lambda: coin.confidence_region([0.3], 10, level=95), "between 0 and 1"),
        (lambda: coin.confidence_region([0.6], data=rows), "not its maximum"),
        (lambda: coin.confidence_region([0.3], 10).plot(), "two parameters"),
    ]:
        with pytest.raises(ManifoldError, match=words):
            call()


@pytest.mark.slow
def test_the_region_of_a_normal_sample():
    normal, n = families.normal(), 30
    region = normal.confidence_region([1.0, 2.0], n, directions=24)
    m, s = region.boundary.likelihood.values.T
    ratio = 2 * n * (np.log(s / 2) + (4 + (m - 1) ** 2) / (2 * s**2) - 0.5)
    assert np.allclose(ratio, chi2.ppf(0.95, 2), atol=1e-8)
    far = normal.distance([1.0, 2.0], region.boundary.geodesic.values)
    assert np.allclose(far, region.radius, atol=1e-9)
    axes = region.plot()
    assert [t.get_text() for t in axes.get_legend().get_texts()] == ["likelihood ratio", "geodesic radius", "estimate"]
