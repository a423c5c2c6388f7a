"""To and from other programs, each tested against the program itself."""

import importlib.util
import sys
import types

import chentsov as ch
import numpy as np
import pytest
import sympy as sp
from chentsov.geometry.exact import ChentsovError
from chentsov.geometry.manifolds.exchange import from_diffgeom, to_diffgeom, to_geomstats
from sympy.diffgeom import (
    TensorProduct,
    metric_to_Christoffel_2nd,
    metric_to_Ricci_components,
    metric_to_Riemann_components,
)
from sympy.diffgeom.rn import R2_p, R3_s

x, y = sp.Symbol("x", real=True), sp.Symbol("y", positive=True)
NORMAL = ch.RiemannianManifold([[1 / y**2, 0], [0, 2 / y**2]], (x, y))
BENT = ch.RiemannianManifold([[1 + y**2, x * y], [x * y, 2 + x**2]], (x, y))


@pytest.mark.parametrize("manifold", [NORMAL, BENT], ids=["normal", "bent"])
def test_sympy_derives_the_same_tensors_from_what_it_is_given(manifold):
    form = to_diffgeom(manifold)
    functions = dict(zip(form.atoms(sp.diffgeom.CoordSystem).pop().coord_functions(), manifold.coordinates))

    def same(theirs, ours):
        for a, b in zip(sp.flatten(theirs.tolist()), sp.flatten(ours.tolist()), strict=True):
            assert manifold.field(a.xreplace(functions) - b).is_zero

    same(metric_to_Christoffel_2nd(form), manifold.christoffel)
    same(metric_to_Riemann_components(form), manifold.riemann)
    same(metric_to_Ricci_components(form), manifold.ricci)


def test_forms_come_back_and_spherical_coordinates_are_flat():
    again = from_diffgeom(to_diffgeom(BENT))
    assert again.metric == BENT.metric and again.coordinates == BENT.coordinates
    r, theta, _ = R3_s.coord_functions()
    dr, dtheta, dphi = R3_s.base_oneforms()
    square = TensorProduct(dr, dr) + r**2 * (
        TensorProduct(dtheta, dtheta) + sp.sin(theta) ** 2 * TensorProduct(dphi, dphi)
    )
    assert from_diffgeom(square).is_flat()


@pytest.mark.parametrize("wrong", [3, sp.Symbol("x"), R2_p.base_oneforms()[0], sp.sin(R2_p.coord_functions()[0])])
def test_what_is_no_metric_is_refused(wrong):
    with pytest.raises(ChentsovError):
        from_diffgeom(wrong)


def test_data_come_as_frames_and_datasets():
    """pandas and xarray are mappings of columns: the same numbers as a dictionary."""
    import pandas as pd
    import xarray as xr

    a, b, c = sp.symbols("a b c", real=True)
    n = sp.Symbol("n", integer=True, nonnegative=True)
    rate = sp.exp(a + b * c)
    poisson = ch.StatisticalManifold.conditional(
        rate**n * sp.exp(-rate) / sp.factorial(n), {n: (0, sp.oo, "discrete")}, [c], (a, b)
    )
    column = [0.0, 1.0, 2.0]
    expected = np.mean([[np.exp(0.5 * k), k * np.exp(0.5 * k)] for k in column], axis=0)
    for data in ({"c": column}, pd.DataFrame({"c": column}), xr.Dataset({"c": ("row", column)})):
        found = poisson.on_grid({a: 0.0, b: [0.5]}, ["metric"], data=data).metric.isel(i=0).values.ravel()
        np.testing.assert_allclose(found, expected, rtol=1e-13)


@pytest.fixture
def geomstats(monkeypatch):
    """geomstats, which asks NumPy for a name that newer ones have not: the door imports it all the same."""
    monkeypatch.setenv("GEOMSTATS_BACKEND", "numpy")
    if importlib.util.find_spec("geomstats") is None:
        pytest.skip("geomstats is not installed")
    before = hasattr(np, "trapz")
    to_geomstats(NORMAL)
    assert hasattr(np, "trapz") == before


def test_a_geomstats_that_is_absent_or_does_not_fit_is_named(monkeypatch):
    for found, words in ((None, "pip install geomstats"), (types.ModuleType("backend"), "does not go with this NumPy")):
        monkeypatch.setitem(sys.modules, "geomstats", types.ModuleType("geomstats"))
        monkeypatch.setitem(sys.modules, "geomstats.backend", found)
        monkeypatch.setitem(sys.modules, "geomstats.geometry", found and types.ModuleType("geometry"))
        monkeypatch.setitem(sys.modules, "geomstats.geometry.euclidean", found and types.ModuleType("euclidean"))
        with pytest.raises(ChentsovError, match=words):
            to_geomstats(NORMAL)


@pytest.mark.slow
def test_geomstats_computes_with_it(geomstats):
    from geomstats.information_geometry.normal import NormalDistributions

    metric, theirs = to_geomstats(NORMAL), NormalDistributions(sample_dim=1).metric
    points = np.array([[0.3, 1.2], [-1.0, 0.4]])
    vector = np.array([0.4, -0.3])
    np.testing.assert_allclose(metric.metric_matrix(points), theirs.metric_matrix(points), rtol=1e-13)
    np.testing.assert_allclose(metric.exp(vector, points[0]), theirs.exp(vector, points[0]), rtol=1e-4)
    np.testing.assert_allclose(metric.norm(vector, points[0]), np.sqrt(0.16 / 1.44 + 2 * 0.09 / 1.44))
    np.testing.assert_allclose(metric.scalar_curvature(points), [-1, -1], rtol=1e-12)  # contracted by geomstats
    np.testing.assert_allclose(
        metric.sectional_curvature(np.array([1.0, 0.0]), np.array([0.0, 1.0]), points[0]), -0.5, rtol=1e-12
    )
    bent = to_geomstats(BENT)
    assert bent.christoffels(points).shape == (2, 2, 2, 2)
    own = super(type(bent), bent).christoffels(points)  # geomstats's formula from the derivatives of the metric
    np.testing.assert_allclose(bent.christoffels(points), own, rtol=1e-12, atol=1e-14)


@pytest.mark.slow
def test_a_constant_needs_a_number(geomstats):
    a = sp.Symbol("a", positive=True)
    with pytest.raises(ChentsovError, match="a"):
        to_geomstats(ch.RiemannianManifold([[a]], (x,)))
